// The queue of schedules and batches by time, of which only the front is ever looked at.
//
// Rows that were taken off the front leave gaps that RocksDB walks through for a while; so the queue knows keys before
// which nothing lies (floors), and begins there.
//
// Functions on a transaction or a view; a Queue belongs to one command and its thread. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/queue_clock.h"
#include "services/notification/reminder_rows.h"

namespace duban {

// The parts of the queue, each ordered by its own time.
enum class QueuePart : char {
  // Schedules, by nominal time.
  kSchedules = 's',
  // Batches with reminders that wait for a job, by nominal time.
  kDue = 'd',
  // Batches with reminders that a job holds or that rest, by the steady time at which the first of them ends.
  kHeld = 'h',
  // Batches with reminders whose every attempt failed, by nominal time: they wait for a person.
  kDead = 'x',
};

// A place in the queue. `id.end` is 0 for a schedule.
struct QueuePlace {
  absl::Time time;
  BatchId id;
};
std::string QueueKey(QueuePart part, const QueuePlace& place);

struct QueueEntry {
  QueuePlace place;
  storage::v1::ReminderTicket ticket;
};

// The first `max` entries of a part whose time has come, by time.
absl::StatusOr<std::vector<QueueEntry>> QueueFront(const ReadView& view, const storage::v1::QueueState& state,
                                                   QueuePart part, absl::Time until, size_t max);

// The same from a time on.
absl::StatusOr<std::vector<QueueEntry>> QueueBetween(const ReadView& view, const storage::v1::QueueState& state,
                                                     QueuePart part, absl::Time from, absl::Time until, size_t max);

absl::StatusOr<storage::v1::QueueState> ReadQueueState(const ReadView& view);

// The queue within one command. Call Finish before the command ends.
class Queue {
 public:
  static absl::StatusOr<Queue> Open(Transaction& transaction);

  // Notes that this is the moment: what was seen of the clocks is written with the command.
  void Observe(const ClockReading& reading, absl::Duration catch_up_window);

  absl::StatusOr<std::vector<QueueEntry>> Front(QueuePart part, absl::Time until, size_t max);
  // The same from a time on.
  absl::StatusOr<std::vector<QueueEntry>> Between(QueuePart part, absl::Time from, absl::Time until, size_t max) const;
  // Writes or deletes the row of a key made by QueueKey.
  void Put(std::string key, std::string value);
  void Delete(std::string key);
  void Finish();

  const storage::v1::QueueState& state() const { return state_; }
  Transaction& transaction() const { return *transaction_; }

 private:
  Queue(Transaction* transaction, storage::v1::QueueState state)
      : transaction_(transaction), stored_(state.SerializeAsString()), state_(std::move(state)) {}

  Transaction* transaction_;
  std::string stored_;
  storage::v1::QueueState state_;
};

// Units of a batch, as a Bloom filter over their keys: about 1 in 100 others is taken for one of them.
std::string UnitFilter(const google::protobuf::RepeatedField<uint64_t>& keys);
// Whether `ticket` may be for `recipient` (`units/{unit}`).
bool MayConcern(const storage::v1::ReminderTicket& ticket, std::string_view recipient);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_
