// What happens to digests and their deliveries, within one command.
//
// A digest holds its reminders leased while it is on its way: they are confirmed with its first delivery that arrives,
// and dead where none does. So whoever leases reminders by itself, and the built-in channels, never send the same one.
//
// One object for each command, beside the command's QueueWork, whose Save the caller calls at the end; not thread-safe.
// Errors: those of the store, and those named.

#ifndef DUBAN_SERVICES_NOTIFICATION_DIGEST_WORK_H_
#define DUBAN_SERVICES_NOTIFICATION_DIGEST_WORK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/channel/channels.h"
#include "services/notification/digest_rows.h"
#include "services/notification/queue_runner.h"

namespace duban {

// Most reminders of one digest; what is beyond goes into another one.
inline constexpr int kMostInDigest = 500;
// How long a digest holds its reminders, and tries: then its deliveries are dead, before the reminders come free.
inline constexpr absl::Duration kDigestLease = kMaxLease;
inline constexpr absl::Duration kDigestLife = absl::Hours(23);
// An attempt that says nothing for so long is lost. Longer than a channel's round of attempts takes.
inline constexpr absl::Duration kAttemptLease = absl::Minutes(5);

// A delivery that was taken, to be sent.
struct TakenDelivery {
  DeliveryPlace at;
  // Which attempt it is, from 1.
  int attempt = 0;
  std::string address;
  // Names, the most urgent first.
  std::vector<std::string> reminders;
};

class DigestWork {
 public:
  // All outlive it.
  DigestWork(Transaction& transaction, QueueWork& work, QueueRunner* runner, const Channels& channels)
      : transaction_(transaction), work_(work), runner_(runner), channels_(channels) {}

  // Leases what is due for each recipient, at most `most` reminders in all, and puts it into a digest each. Schedules
  // whose time has come have to be run before. Returns how many digests there are of it.
  absl::StatusOr<int> Gather(const std::vector<std::string>& recipients, int most);

  // Takes at most `max` deliveries of a channel whose time has come. What is not wanted any more falls out of them;
  // where nothing is left, they are CANCELLED; those that were tried often enough are DEAD.
  absl::StatusOr<std::vector<TakenDelivery>> Take(std::string_view channel, int max);

  // Notes how an attempt went; nothing happens where it is not the latest one.
  absl::Status Finish(const TakenDelivery& taken, const absl::Status& sent);

  // Puts one that is DEAD back. Errors: RESOURCE_NOT_FOUND, WRONG_STATE.
  absl::Status Redrive(std::string_view name);

  // Makes waiting deliveries over channels that are not configured any more DEAD, at most `max`. Returns how many.
  absl::StatusOr<int> DropUnknown(int max);

  int dead() const { return dead_; }

 private:
  using Row = storage::v1::DigestRow;

  absl::Status Begin(const std::string& recipient, std::string_view token, const storage::v1::LeaseRow& leased);
  absl::Status AddDeliveries(const std::string& recipient, Row& row) const;
  absl::StatusOr<std::string> NextId(std::string_view recipient) const;
  absl::StatusOr<Row> Need(const DeliveryPlace& at) const;
  // The names of what is still to be said.
  absl::StatusOr<std::vector<std::string>> Wanted(const Row& row);
  // Whether `delivery` is tried no more.
  bool IsOver(const Row& row, const Row::Delivery& delivery) const;
  absl::Status MakeDead(Row& row, Row::Delivery& delivery, std::string_view error);
  int64_t Steady() const { return absl::ToUnixMicros(work_.moment().steady); }

  Transaction& transaction_;
  QueueWork& work_;
  QueueRunner* const runner_;
  const Channels& channels_;
  int dead_ = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DIGEST_WORK_H_
