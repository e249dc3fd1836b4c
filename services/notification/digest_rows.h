// Rows of digests and the places of their deliveries in the queue (reminder_rows.h draws the keys); names of both.
//
// Functions on a view or a transaction. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_DIGEST_ROWS_H_
#define DUBAN_SERVICES_NOTIFICATION_DIGEST_ROWS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"

namespace duban {

// A delivery, by the id of its digest and its place in the row.
struct DeliveryPlace {
  std::string digest;
  int place = 0;
};

// `d-20261201-{key of the recipient}-001`: byte order is the order of days. `number` counts from 1.
std::string DigestId(absl::CivilDay day, std::string_view recipient, int number);
// The beginning of the ids of a day: `d-20261201-`.
std::string DigestIdsOf(absl::CivilDay day);
// The day an id names; nothing where it is none of a digest.
std::optional<absl::CivilDay> DayOfDigest(std::string_view id);

// `digests/{id}`.
std::string DigestName(std::string_view id);
// `digests/{id}/deliveries/{channel}-{number}`, the number counting from 1.
std::string DeliveryName(std::string_view id, std::string_view channel, int place);
std::optional<DeliveryPlace> ParseDeliveryName(std::string_view name);

absl::StatusOr<std::optional<storage::v1::DigestRow>> ReadDigest(const ReadView& view, std::string_view id);
// Writes a row with the places of its deliveries in the queue. `before`: as it is stored; default where it is new.
void WriteDigest(Transaction& transaction, std::string_view id, const storage::v1::DigestRow& before,
                 const storage::v1::DigestRow& after);
// Deletes at most `max` digests of days before `day`; returns whether there may be more.
absl::StatusOr<bool> PurgeDigests(Transaction& transaction, absl::CivilDay day, size_t max);
absl::StatusOr<bool> HasDigestBefore(const ReadView& view, absl::CivilDay day);

// Deliveries of a channel that wait or are under way, those whose time comes first, with times up to `until` (steady);
// at most `max`.
absl::StatusOr<std::vector<DeliveryPlace>> DueDeliveries(const ReadView& view, std::string_view channel,
                                                         absl::Time until, size_t max);

// Deliveries that wait or are under way over channels that are not `known`, at most `max`. Reads these, and a row for
// each channel.
absl::StatusOr<std::vector<DeliveryPlace>> DeliveriesOfOthers(const ReadView& view,
                                                              absl::FunctionRef<bool(std::string_view channel)> known,
                                                              size_t max);

// Visits the deliveries that are not over: DEAD ones, then those that wait or are under way. `key` is their place in
// the order, `after` a key behind which to begin.
absl::Status VisitDeliveries(const ReadView& view, std::string_view after,
                             absl::FunctionRef<bool(const std::string& key, const DeliveryPlace& place)> visit);

// How many deliveries of a channel wait or are under way, and how many are dead; counted up to `most`.
struct DeliveryCounts {
  int waiting = 0;
  int dead = 0;
};
absl::StatusOr<DeliveryCounts> CountDeliveries(const ReadView& view, std::string_view channel, int most);

// The index rows that digests ask for.
absl::Status DigestIndexRows(const ReadView& view, IndexRowSink sink);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DIGEST_ROWS_H_
