#include "services/notification/digest_rows.h"

#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

using storage::v1::DigestRow;
using v1::ReminderDelivery;

constexpr std::string_view kDeliveriesOf = "/deliveries/";
constexpr std::string_view kIdBegin = "d-";
constexpr size_t kDayDigits = 8;
constexpr char kWaits[] = "w";
constexpr char kDead[] = "x";

std::string PlacePart(int place) {
  return absl::StrFormat("%02d", place);
}

// The row of the queue that a delivery asks for; nothing where it is over.
std::optional<std::string> QueueRow(std::string_view id, const DigestRow::Delivery& delivery, int place) {
  const std::string part = PlacePart(place);
  if (delivery.state() == ReminderDelivery::DEAD) return IndexKey(kDeliveries, {kDead, delivery.channel(), id, part});
  const bool waits = delivery.state() == ReminderDelivery::WAITING || delivery.state() == ReminderDelivery::LEASED;
  if (!waits) return std::nullopt;
  const std::string time = TimePart(absl::FromUnixMicros(delivery.until_micros()));
  return IndexKey(kDeliveries, {kWaits, delivery.channel(), time, id, part});
}

std::set<std::string> QueueRows(std::string_view id, const DigestRow& row) {
  std::set<std::string> rows;
  for (int place = 0; place < row.deliveries_size(); ++place) {
    std::optional<std::string> key = QueueRow(id, row.deliveries(place), place);
    if (key.has_value()) rows.insert(*std::move(key));
  }
  return rows;
}

std::optional<DeliveryPlace> PlaceOf(std::string_view id, std::string_view number) {
  DeliveryPlace place{std::string(id), 0};
  if (!ParseNumber(number, &place.place) || place.place < 0) return std::nullopt;
  return place;
}

std::string DigestRowName(std::string_view id) {
  return StrCat(kDigestRows, id);
}

// The parts of what stands behind the beginning of an index row's key; each ends with a zero.
std::vector<std::string_view> PartsOf(std::string_view rest) {
  std::vector<std::string_view> parts;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

}  // namespace

std::string DigestIdsOf(absl::CivilDay day) {
  return absl::StrFormat("d-%04d%02d%02d-", day.year(), day.month(), day.day());
}

std::string DigestId(absl::CivilDay day, std::string_view recipient, int number) {
  return StrCat(DigestIdsOf(day), HexKey(UnitKey(recipient)), "-", absl::StrFormat("%03d", number));
}

std::optional<absl::CivilDay> DayOfDigest(std::string_view id) {
  if (!id.starts_with(kIdBegin) || id.size() < kIdBegin.size() + kDayDigits) return std::nullopt;
  const std::string_view digits = id.substr(kIdBegin.size(), kDayDigits);
  return ParseDay(StrCat(digits.substr(0, 4), "-", digits.substr(4, 2), "-", digits.substr(6)));
}

std::string DigestName(std::string_view id) {
  return StrCat("digests/", id);
}

std::string DeliveryName(std::string_view id, std::string_view channel, int place) {
  return StrCat(DigestName(id), kDeliveriesOf, channel, "-", place + 1);
}

std::optional<DeliveryPlace> ParseDeliveryName(std::string_view name) {
  const size_t deliveries = name.find(kDeliveriesOf);
  const size_t dash = name.rfind('-');
  if (!name.starts_with("digests/") || deliveries == std::string_view::npos || dash < deliveries) return std::nullopt;
  std::optional<DeliveryPlace> place = PlaceOf(LastSegment(name.substr(0, deliveries)), name.substr(dash + 1));
  if (!place.has_value() || place->place-- == 0) return std::nullopt;
  return place;
}

absl::StatusOr<std::optional<DigestRow>> ReadDigest(const ReadView& view, std::string_view id) {
  return view.GetLocal<DigestRow>(DigestRowName(id));
}

void WriteDigest(Transaction& transaction, std::string_view id, const DigestRow& before, const DigestRow& after) {
  const std::set<std::string> old_rows = QueueRows(id, before), new_rows = QueueRows(id, after);
  for (const std::string& key : old_rows) {
    if (!new_rows.contains(key)) transaction.DeleteRow(key);
  }
  for (const std::string& key : new_rows) {
    if (!old_rows.contains(key)) transaction.PutRow(key, "");
  }
  transaction.PutLocal(DigestRowName(id), after);
}

absl::StatusOr<bool> HasDigestBefore(const ReadView& view, absl::CivilDay day) {
  bool found = false;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(LocalKey(kDigestRows), LocalKey(DigestRowName(DigestIdsOf(day))),
                                      [&](std::string_view, std::string_view) {
                                        found = true;
                                        return false;
                                      }));
  return found;
}

absl::StatusOr<bool> PurgeDigests(Transaction& transaction, absl::CivilDay day, size_t max) {
  std::vector<std::string> ids;
  const std::string begin = LocalKey(kDigestRows);
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, LocalKey(DigestRowName(DigestIdsOf(day))),
                                             [&](std::string_view key, std::string_view) {
                                               ids.emplace_back(key.substr(begin.size()));
                                               return ids.size() < max;
                                             }));
  for (const std::string& id : ids) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<DigestRow> row, ReadDigest(transaction, id));
    if (!row.has_value()) return BrokenRecord(DigestRowName(id));
    WriteDigest(transaction, id, *row, DigestRow());
    transaction.DeleteLocal(DigestRowName(id));
  }
  return ids.size() == max;
}

absl::StatusOr<std::vector<DeliveryPlace>> DueDeliveries(const ReadView& view, std::string_view channel,
                                                         absl::Time until, size_t max) {
  std::vector<DeliveryPlace> places;
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(
      view.ScanIndex(kDeliveries, {kWaits, channel}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        const std::optional<absl::Time> time = rest.size() == 3 ? ParseTimePart(rest[0]) : std::nullopt;
        std::optional<DeliveryPlace> place = time.has_value() ? PlaceOf(rest[1], rest[2]) : std::nullopt;
        if (!place.has_value()) {
          parsed = BrokenRecord("deliveries");
          return false;
        }
        if (*time > until || places.size() == max) return false;
        places.push_back(*std::move(place));
        return true;
      }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return places;
}

absl::StatusOr<std::vector<DeliveryPlace>> DeliveriesOfOthers(const ReadView& view,
                                                              absl::FunctionRef<bool(std::string_view channel)> known,
                                                              size_t max) {
  std::vector<DeliveryPlace> places;
  absl::Status parsed;
  const std::string all = IndexKey(kDeliveries, {kWaits});
  std::string begin = all;
  // From channel to channel: those that are known are passed over at a step each.
  while (!begin.empty() && places.size() < max) {
    std::string next;
    DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(all), [&](std::string_view key, std::string_view) {
      const std::vector<std::string_view> parts = PartsOf(key.substr(all.size()));
      std::optional<DeliveryPlace> place = parts.size() == 4 ? PlaceOf(parts[2], parts[3]) : std::nullopt;
      if (!place.has_value()) {
        parsed = BrokenRecord("deliveries");
        return false;
      }
      if (known(parts[0])) {
        next = PrefixEnd(IndexKey(kDeliveries, {kWaits, parts[0]}));
        return false;
      }
      places.push_back(*std::move(place));
      return places.size() < max;
    }));
    DUBAN_RETURN_IF_ERROR(parsed);
    begin = std::move(next);
  }
  return places;
}

absl::Status VisitDeliveries(const ReadView& view, std::string_view after,
                             absl::FunctionRef<bool(const std::string& key, const DeliveryPlace& place)> visit) {
  bool more = true;
  absl::Status parsed;
  for (const char* part : {kDead, kWaits}) {
    const std::string prefix = IndexKey(kDeliveries, {part});
    // Dead ones come first, though their letter sorts behind.
    const bool behind = !after.empty() && !after.starts_with(prefix) && part == kDead;
    if (behind || !more) continue;
    const std::string begin = after.starts_with(prefix) ? std::string(after) + '\0' : prefix;
    DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
      const std::vector<std::string_view> parts = PartsOf(key.substr(prefix.size()));
      const std::optional<DeliveryPlace> place =
          parts.size() < 3 ? std::nullopt : PlaceOf(parts[parts.size() - 2], parts.back());
      if (!place.has_value()) {
        parsed = BrokenRecord("deliveries");
        return more = false;
      }
      return more = visit(std::string(key), *place);
    }));
    DUBAN_RETURN_IF_ERROR(parsed);
  }
  return absl::OkStatus();
}

absl::StatusOr<DeliveryCounts> CountDeliveries(const ReadView& view, std::string_view channel, int most) {
  DeliveryCounts counts;
  for (const auto& [part, count] : {std::make_pair(kWaits, &counts.waiting), std::make_pair(kDead, &counts.dead)}) {
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(
        kDeliveries, {part, channel},
        [&, counted = count](const std::vector<std::string_view>&, std::string_view) { return ++*counted < most; }));
  }
  return counts;
}

absl::Status DigestIndexRows(const ReadView& view, IndexRowSink sink) {
  const std::string begin = LocalKey(kDigestRows);
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    DigestRow row;
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    for (const std::string& place : QueueRows(key.substr(begin.size()), row)) sink(place, "");
    return true;
  }));
  return parsed;
}

}  // namespace duban
