// The plan service as a node hosts it, without gRPC: its cores and its hops.

#ifndef DUBAN_SERVICES_PLAN_PLAN_LOGIC_H_
#define DUBAN_SERVICES_PLAN_PLAN_LOGIC_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/node/service_logic.h"
#include "services/plan/directory/directory_core.h"
#include "services/plan/people/people_core.h"
#include "services/plan/people/sign_in_core.h"
#include "services/plan/plan_core.h"
#include "services/plan/plan_facts.h"

namespace duban {

// What the indexes of a plan store are made of: the directory and the list of plans.
absl::Status PlanIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink);

// Threads as in ServiceLogic; the cores may be called from any thread.
class PlanLogic final : public ServiceLogic {
 public:
  explicit PlanLogic(const Ports& ports)
      : ports_(ports),
        plans_(ports, &names_),
        directory_(ports, &names_),
        facts_(ports.store),
        people_(ports, &facts_),
        sign_in_(ports) {}

  std::string name() const override { return "plan"; }
  HopSpecs hops() override;
  const AccessFacts* facts() const override { return &facts_; }
  IndexRows index_rows() const override { return PlanIndexRows; }
  // Puts in the calendars the software came with, where there are none, and the first security officer, where there is
  // nobody.
  void Begin() override;
  // Follows the directory with the audiences of published plans; indexes the words of those that are not yet.
  std::vector<Chore> chores() override;

  PlanCore& plans() { return plans_; }
  DirectoryCore& directory() { return directory_; }
  PeopleCore& people() { return people_; }
  SignInCore& sign_in() { return sign_in_; }

 private:
  bool FollowDirectory();
  bool IndexWords();

  const Ports ports_;
  DirectoryNamesCache names_;
  PlanCore plans_;
  DirectoryCore directory_;
  const PlanFacts facts_;
  PeopleCore people_;
  SignInCore sign_in_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_LOGIC_H_
