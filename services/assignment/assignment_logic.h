// The assignment service as a node hosts it, without gRPC: its core, its hops, and what it does of itself.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_LOGIC_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_LOGIC_H_

#include <string>
#include <vector>

#include "common/node/service_logic.h"
#include "services/assignment/assignment_core.h"
#include "services/assignment/assignment_facts.h"
#include "services/assignment/evidence_core.h"
#include "services/assignment/restand.h"

namespace duban {

// What the assignment service follows and offers. The ports outlive the hops.
HopSpecs AssignmentHops(const Ports& ports);

// Threads as in ServiceLogic; the core may be called from any thread.
class AssignmentLogic final : public ServiceLogic {
 public:
  explicit AssignmentLogic(const Ports& ports)
      : ports_(ports), core_(ports), evidence_(ports), records_(ports.node), facts_(ports.store, &records_) {}

  std::string name() const override { return "assignment"; }
  HopSpecs hops() override { return AssignmentHops(ports_); }
  const AccessFacts* facts() const override { return &facts_; }
  IndexRows index_rows() const override { return AssignmentIndexRows; }
  // Has what waits for issuers counted, in a store from before that was kept.
  void Begin() override;
  // Looks again at how assignments stand, where the calendar has changed; indexes the words of orders that are not yet;
  // removes files that nothing names, and hands up what nodes above ask for.
  std::vector<Chore> chores() override;

  // How assignments stand, by light; files of evidence.
  std::vector<Gauge> gauges() override;

  AssignmentCore& core() { return core_; }
  EvidenceCore& evidence() { return evidence_; }

 private:
  bool Restand();
  bool IndexWords();
  void AddFileGauges(std::vector<Gauge>& gauges);

  const Ports ports_;
  AssignmentCore core_;
  EvidenceCore evidence_;
  const AssignmentRecords records_;
  const AssignmentFacts facts_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_LOGIC_H_
