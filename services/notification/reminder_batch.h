// Reminders of one schedule to neighbouring addressees, kept in one row: the one way to read and to write them, which
// keeps their places in the queue true.
//
// A Batch is a value that belongs to one command or view; not thread-safe. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_BATCH_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_BATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/reminder_queue.h"
#include "services/notification/reminder_rows.h"

namespace duban {

// Most reminders of a batch.
inline constexpr int kMostInBatch = 500;

// A job holds it, or it rests after a failure: until `until_micros`.
bool IsHeld(const storage::v1::Standing& standing);
// It waits for a job.
bool IsFree(const storage::v1::Standing& standing);

class Batch {
 public:
  // One that is not stored yet, of reminders for `time`; all to `recipient`, or, where that is empty, each to its unit.
  Batch(BatchId id, absl::Time time, std::string_view recipient);

  // The batch `id`; nothing where there is none.
  static absl::StatusOr<std::optional<Batch>> Read(const ReadView& view, const BatchId& id);
  // The batch of a schedule that a reminder about `unit` is in, if there is one.
  static absl::StatusOr<std::optional<Batch>> ReadAround(const ReadView& view, std::string_view order,
                                                         std::string_view schedule, uint64_t unit);
  // Those that hold units with keys from `first` to `last`, both included, and perhaps others; at most `max`.
  static absl::StatusOr<std::vector<Batch>> ReadBetween(const ReadView& view, std::string_view order,
                                                        std::string_view schedule, uint64_t first, uint64_t last,
                                                        size_t max);

  const BatchId& id() const { return id_; }
  absl::Time time() const { return absl::FromUnixMicros(record_.remind_micros()); }
  const std::string& recipient() const { return record_.recipient(); }
  int size() const { return record_.keys_size(); }
  uint64_t key(int i) const { return record_.keys(i); }
  // Its id.
  const std::string& unit(int i) const { return record_.units(i); }
  const storage::v1::Standing& standing(int i) const {
    return record_.standings(static_cast<int>(record_.standing_of(i)));
  }
  // Where the reminder about a unit is.
  std::optional<int> Find(uint64_t unit) const;

  void Set(int i, storage::v1::Standing standing);
  // Adds a reminder about a unit that has none. REQUIRES: `unit` is not behind the batch's end.
  void Insert(uint64_t key, std::string_view unit, storage::v1::Standing standing);

  // Whether it is other than it is stored.
  bool changed() const { return changed_; }
  // Writes what changed, with its places in the queue. A batch that has grown too large is written as several.
  void Save(Queue& queue);

  // Deletes its row and its places in the queue.
  void Drop(Transaction& transaction) const;

  // The rows of the queue that a stored batch asks for.
  static std::map<std::string, std::string> QueueRows(const BatchId& id, const storage::v1::ReminderBatch& record);

 private:
  Batch(BatchId id, storage::v1::ReminderBatch record);
  // The place of an equal standing, which is added where there is none.
  uint32_t Intern(storage::v1::Standing standing);
  // Forgets standings that nothing stands like.
  void Tidy();
  void Write(Queue& queue);

  BatchId id_;
  storage::v1::ReminderBatch record_;
  bool changed_ = false;
  // Its rows in the queue as stored.
  std::map<std::string, std::string> stored_rows_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_BATCH_H_
