// Keeps the schedules of orders equal to what the arrow expects: follows orders, lists, acts, units and calendars, and
// writes the difference in the same command. Acts and names change no schedule: who is still to be told, and what he is
// called, is looked at when the time has come.
//
// Threads: every method but the constructor runs where its transaction runs; nothing is carried from one command to the
// next. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_SCHEDULE_PLANNER_H_
#define DUBAN_SERVICES_NOTIFICATION_SCHEDULE_PLANNER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/contract/names.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/feed.pb.h"
#include "duban/v1/reminder.pb.h"
#include "services/notification/directory_cache.h"
#include "services/notification/order_to_schedules.h"
#include "services/notification/reminder_queue.h"

namespace duban {

inline constexpr char kDefaultPolicy[] = "policies/default";

// The policy of a node that never changed its own.
v1::ReminderPolicy DefaultReminderPolicy();

// The policy called `name`; `policies/default` always exists. Sequence 0 where it was never changed.
absl::StatusOr<std::optional<Stored<v1::ReminderPolicy>>> FindPolicy(const ReadView& view, std::string_view name);
// `policies/default`.
absl::StatusOr<v1::ReminderPolicy> PolicyInForce(const ReadView& view);

// Up to when reminders count as sent; the distant past where the store was never rebuilt.
absl::StatusOr<absl::Time> AliveUntil(const ReadView& view);

// An order by its key; nothing where nothing is known of it.
absl::StatusOr<std::optional<storage::v1::OrderPlan>> ReadOrder(const ReadView& view, std::string_view order);
// One of its schedules; null where it has none of this key.
storage::v1::Schedule* FindSchedule(storage::v1::OrderPlan& plan, std::string_view key);
const storage::v1::Schedule* FindSchedule(const storage::v1::OrderPlan& plan, std::string_view key);
absl::Time TimeOf(const storage::v1::Schedule& schedule);
// Whether it waits for its time or has more to give.
bool IsQueued(const storage::v1::Schedule& schedule);
// Whether it is asked for: by an order that is there and a policy that is in force.
bool IsAsked(const storage::v1::OrderPlan& plan, const storage::v1::Schedule& schedule);

// The index rows that one schedule of an order asks for.
void ScheduleRows(std::string_view order, const storage::v1::Schedule& schedule, IndexRowSink sink);

// Visits orders by key, those behind `after` only, until `visit` returns false.
absl::Status VisitOrders(const ReadView& view, std::string_view after,
                         absl::FunctionRef<bool(std::string_view order, storage::v1::OrderPlan plan)> visit);

class SchedulePlanner {
 public:
  // The cache outlives it.
  SchedulePlanner(std::string node, DirectoryCache* cache) : node_(std::move(node)), cache_(cache) {}

  // Takes in an entry of the assignment feed: keeps what reminders depend on, and plans the order it is. Entries of
  // other kinds are passed over.
  absl::Status ApplyAssignment(Transaction& transaction, const v1::FeedEntry& entry, absl::Time now);

  // Takes in an entry of the plan feed: units give names, calendars working days. What moves a schedule starts a
  // replanning.
  absl::Status ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry);

  // Plans every order anew from now on, in steps.
  static void StartReplanning(Transaction& transaction);
  static absl::StatusOr<bool> IsReplanning(const ReadView& view);

  // One step: the next 100 orders. Nothing happens where nothing is being replanned.
  absl::Status ContinueReplanning(Transaction& transaction, absl::Time now);

  // Plans an order anew that a replanning under way has not come to yet, before something of it goes out.
  absl::Status ReplanAhead(Transaction& transaction, std::string_view order, absl::Time now);

  // After the store was lost or restored, before anything is planned: reminders of a time up to `alive_until` count as
  // sent. New ones are dropped; those that wait, of which a restored store does not know what became, are MISSED.
  static absl::Status Rebuilt(Transaction& transaction, absl::Time alive_until);

  // The schedules that a stored order asks for now.
  static absl::StatusOr<std::vector<PlannedSchedule>> Expected(const ReadView& view, const storage::v1::OrderPlan& plan,
                                                               std::string_view node, const WorkingCalendar& calendar);

 private:
  // What a change means for schedules whose time has passed already.
  enum class Past {
    // The order itself brings them: they are caught up with, or counted as missed.
    kCatchUp,
    // A new policy or calendar invents them: they are noted as dropped, and nothing comes of them.
    kDrop,
  };

  absl::Status ApplyOrder(Transaction& transaction, const ParsedName& name, const v1::FeedEntry& entry, absl::Time now);
  // Keeps what was done about an assignment, and plans its order anew where its unit was given times of its own.
  absl::Status ApplyActs(Transaction& transaction, const ParsedName& name, const v1::FeedEntry& entry, absl::Time now);
  // Makes the schedules of `plan` those that the arrow expects, and writes it. What has come of those that are no
  // longer asked for stays. `concerns`: times that have come to concern one more unit; schedules of theirs that have
  // begun look for it.
  absl::Status Plan(Transaction& transaction, std::string_view order, storage::v1::OrderPlan plan, absl::Time now,
                    Past past, const OwnTimes& concerns = {});

  const std::string node_;
  DirectoryCache* const cache_;
};

// The index rows that orders and batches ask for, as IndexRows has them: schedules as the arrow expects them of what is
// kept of orders, and the places of batches. Errors besides those of reading: DATA_LOSS where a unit stands in two
// batches of a schedule.
absl::Status ReminderIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_SCHEDULE_PLANNER_H_
