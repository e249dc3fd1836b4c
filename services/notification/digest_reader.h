// Digests and deliveries as callers and channels see them.
//
// One object for each call, on a view that outlives it; not thread-safe. Errors: those of the store, and those named.

#ifndef DUBAN_SERVICES_NOTIFICATION_DIGEST_READER_H_
#define DUBAN_SERVICES_NOTIFICATION_DIGEST_READER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/digest.pb.h"
#include "services/notification/digest_work.h"
#include "services/notification/reminder_reader.h"

namespace duban {

class DigestReader {
 public:
  DigestReader(const ReadView& view, DirectoryCache* cache) : view_(view), cache_(cache), reminders_(view, cache) {}

  absl::Status Begin(const ClockReading& clock);

  // A digest without its words, and without the names of its reminders where `whole` is not set.
  absl::StatusOr<v1::Digest> Show(std::string_view id, const storage::v1::DigestRow& row, bool whole);
  // With its words. Errors: RESOURCE_NOT_FOUND.
  absl::StatusOr<v1::Digest> Need(std::string_view name);
  absl::StatusOr<v1::ReminderDelivery> ShowDelivery(const DeliveryPlace& at, const storage::v1::DigestRow& row);
  // What is sent of a delivery that was taken.
  absl::StatusOr<v1::DigestMessage> MessageOf(const TakenDelivery& taken, absl::Time now);
  // What the directory calls a unit; empty where it does not know it.
  absl::StatusOr<std::string> UnitName(std::string_view unit);

 private:
  const ReadView& view_;
  DirectoryCache* const cache_;
  ReminderReader reminders_;
  storage::v1::CacheVersions versions_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DIGEST_READER_H_
