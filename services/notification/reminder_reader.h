// Reminders as callers see them: what is stored of them, joined with their order, the directory and what was done; and
// those that wait in a schedule, which are stored nowhere.
//
// One object for each call, on a view that outlives it; not thread-safe. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_READER_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/calendar/working_calendar.h"
#include "common/store/view.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/reminder.pb.h"
#include "services/notification/directory_cache.h"
#include "services/notification/duty_copies.h"
#include "services/notification/order_to_schedules.h"
#include "services/notification/queue_clock.h"
#include "services/notification/reminder_batch.h"

namespace duban {

// One reminder, before it is put into words.
struct ReminderItem {
  uint64_t key = 0;
  // The id of the unit it is about.
  std::string unit;
  v1::Reminder::State state = v1::Reminder::STATE_UNSPECIFIED;
  // Default where it waits in its schedule.
  storage::v1::Standing standing;
  absl::Time time;
  // `units/{unit}`, where it goes to the issuer.
  std::string issuer = {};
  Judgement judgement = {};
  // As the order addresses it; nothing where it does so no more.
  std::optional<storage::v1::ListedUnit> listed = {};
};

class ReminderReader {
 public:
  ReminderReader(const ReadView& view, DirectoryCache* cache) : view_(view), cache_(cache) {}

  absl::Status Begin(const ClockReading& clock);
  const Moment& moment() const { return *moment_; }

  // The reminder called `name`, or RESOURCE_NOT_FOUND.
  absl::StatusOr<v1::Reminder> Need(std::string_view name);

  // What a lease still holds, by nominal time, then by name.
  absl::StatusOr<std::vector<v1::Reminder>> Leased(const storage::v1::LeaseRow& row, std::string_view token);

  // Reminders of one schedule about units with keys from `first` to `last`, both included, by key: a stretch of at
  // most some hundred. Where it ends comes back through `end`.
  absl::StatusOr<std::vector<ReminderItem>> Items(const storage::v1::OrderPlan& plan,
                                                  const storage::v1::Schedule& schedule, uint64_t first, uint64_t last,
                                                  uint64_t* end);

  // An item of a schedule in words.
  absl::StatusOr<v1::Reminder> Show(const storage::v1::OrderPlan& plan, const storage::v1::Schedule& schedule,
                                    const ReminderItem& item);

 private:
  // Adds what a lease holds of one schedule, between two units.
  absl::Status AddLeased(const std::string& order, const std::string& key, std::pair<uint64_t, uint64_t> range,
                         std::string_view token, std::vector<v1::Reminder>& reminders);
  // The stretch of a schedule that begins at `first`: to the end of a page of addressees or of a batch.
  absl::StatusOr<uint64_t> EndOfStretch(const storage::v1::OrderPlan& plan, const storage::v1::Schedule& schedule,
                                        uint64_t first, uint64_t last) const;
  absl::StatusOr<std::string> NameOf(std::string_view unit, std::string_view otherwise);

  const ReadView& view_;
  DirectoryCache* const cache_;
  storage::v1::QueueState observed_;
  v1::ReminderPolicy policy_;
  std::optional<Moment> moment_;
  std::shared_ptr<const WorkingCalendar> calendar_;
  storage::v1::CacheVersions versions_;
  // What reminders quote of this task.
  std::string quoted_task_;
  std::string quoted_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_READER_H_
