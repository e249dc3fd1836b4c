// Watches what each commit of a store changes, entity by entity: moves along the graph of states, versions that only
// rise, what is published or final and stays as it is. A3, A8, P1, P2, N6.
//
// Not thread-safe. The world outlives it.

#ifndef DUBAN_TESTS_SIMULATION_COMMIT_WATCH_H_
#define DUBAN_TESTS_SIMULATION_COMMIT_WATCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/contract/duty.h"
#include "common/store/store.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/plan.pb.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// Bytes of what is published for good: a plan without what a withdrawal and a later reading change in it.
std::string Lasting(v1::Plan plan);

// Every result that was ever seen at any node, in any history of it. A8. Not thread-safe; the world outlives it.
class SubmissionBook {
 public:
  explicit SubmissionBook(World* world) : world_(*world) {}
  void See(const std::string& assignment, const v1::Execution& execution);

 private:
  World& world_;
  // By assignment and id: the bytes.
  std::map<std::pair<std::string, std::string>, std::string> seen_;
};

class CommitWatch {
 public:
  // How often a node went on from a backup without what it had done since, or, where `relayed`, one of those did over
  // which its entities come here, too. What such a node says is older than what it said before, once each time.
  using Forgot = std::function<int(const std::string& node, bool relayed)>;
  // Told of every order whose schedules were changed, by its key in the names of reminders.
  using Scheduled = std::function<void(const std::string& order)>;
  // `where` is for reports. The book outlives it.
  CommitWatch(World* world, std::string where, SubmissionBook* book, Forgot forgot, Scheduled scheduled)
      : world_(*world),
        where_(std::move(where)),
        book_(*book),
        forgot_(std::move(forgot)),
        scheduled_(std::move(scheduled)) {}

  // Looks at what has changed since the last call, at the state it has now.
  void Look(const Store& store);

 private:
  std::set<std::string> ChangedSince(const Snapshot& snapshot, int64_t after);
  void See(const Snapshot& snapshot, const std::string& name);
  // Assignments of an order: all of them, or that of one unit.
  void SeeDuties(const Snapshot& snapshot, std::string_view task, std::string_view unit);
  void SeeDuty(const Duty& duty);
  void CheckKept(const Duty& before, const Duty& duty);
  void SeePlan(const v1::Plan& plan);
  // Rows of the notification service, which are in no audit.
  void SeeQueue(const Snapshot& snapshot);
  void SeeBatch(std::string_view row, std::string_view value);
  void SeeReminder(const std::string& name, const storage::v1::Standing& standing);
  // Whether an entity of `owner` may be older than it was, as it was seen last.
  bool MayGoBack(const std::string& entity, const std::string& owner, bool relayed);

  World& world_;
  const std::string where_;
  SubmissionBook& book_;
  const Forgot forgot_;
  const Scheduled scheduled_;
  // By entity: how often its owner had gone on from a backup when the entity was seen to go back.
  std::map<std::string, int> back_;
  std::string epoch_;
  int64_t seen_ = 0;
  std::map<std::string, v1::Plan> plans_;
  std::map<std::string, Duty> duties_;
  // Orders with their schedules and batches of reminders, as they lie in the store; and how each reminder stands.
  std::map<std::string, std::string> rows_;
  std::map<std::string, storage::v1::Standing> reminders_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_COMMIT_WATCH_H_
