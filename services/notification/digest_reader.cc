#include "services/notification/digest_reader.h"

#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "services/notification/channel/digest_text.h"

namespace duban {
namespace {

using storage::v1::DigestRow;

constexpr char kMessageType[] = "reminders.digest";

void PutWords(const v1::DigestMessage& message, v1::Digest* digest) {
  digest->set_subject_zh(DigestSubjectZh(message));
  digest->set_subject_en(DigestSubjectEn(message));
  digest->set_text_zh(DigestTextZh(message, kMostMailBytes));
  digest->set_text_en(DigestTextEn(message, kMostMailBytes));
}

}  // namespace

absl::Status DigestReader::Begin(const ClockReading& clock) {
  DUBAN_ASSIGN_OR_RETURN(versions_, DirectoryCache::VersionsOf(view_));
  return reminders_.Begin(clock);
}

absl::StatusOr<std::string> DigestReader::UnitName(std::string_view unit) {
  return cache_->NameOf(view_, versions_, unit);
}

absl::StatusOr<v1::ReminderDelivery> DigestReader::ShowDelivery(const DeliveryPlace& at, const DigestRow& row) {
  const DigestRow::Delivery& delivery = row.deliveries(at.place);
  v1::ReminderDelivery shown;
  shown.set_name(DeliveryName(at.digest, delivery.channel(), at.place));
  shown.set_channel(StrCat("channels/", delivery.channel()));
  shown.set_address(delivery.address());
  shown.set_state(delivery.state());
  shown.set_attempts(delivery.attempts());
  if (delivery.until_micros() > 0) {
    *shown.mutable_next_attempt_time() =
        ToProto(reminders_.moment().WallAt(absl::FromUnixMicros(delivery.until_micros())));
  }
  if (delivery.sent_micros() > 0) *shown.mutable_sent_time() = ToProto(absl::FromUnixMicros(delivery.sent_micros()));
  shown.set_last_error(delivery.last_error());
  shown.set_recipient(row.recipient());
  DUBAN_ASSIGN_OR_RETURN(*shown.mutable_recipient_display_name(), UnitName(row.recipient()));
  shown.set_reminder_count(row.reminders_size());
  return shown;
}

absl::StatusOr<v1::Digest> DigestReader::Show(std::string_view id, const DigestRow& row, bool whole) {
  v1::Digest digest;
  digest.set_name(DigestName(id));
  const absl::Time created = absl::FromUnixMicros(row.create_micros());
  digest.set_day(FormatDay(DayOfDigest(id).value_or(DayOf(created))));
  digest.set_recipient(row.recipient());
  DUBAN_ASSIGN_OR_RETURN(*digest.mutable_recipient_display_name(), UnitName(row.recipient()));
  *digest.mutable_create_time() = ToProto(created);
  digest.set_reminder_count(row.reminders_size());
  for (int place = 0; place < row.deliveries_size(); ++place) {
    DUBAN_ASSIGN_OR_RETURN(*digest.add_deliveries(), ShowDelivery({std::string(id), place}, row));
  }
  if (!whole) return digest;
  for (const std::string& reminder : row.reminders()) digest.add_reminders(StrCat("reminders/", reminder));
  return digest;
}

absl::StatusOr<v1::Digest> DigestReader::Need(std::string_view name) {
  const std::string id(LastSegment(name));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<DigestRow> row, ReadDigest(view_, id));
  if (!row.has_value()) return NotFound(name);
  DUBAN_ASSIGN_OR_RETURN(v1::Digest digest, Show(id, *row, true));
  v1::DigestMessage message;
  *message.mutable_digest() = digest;
  for (const std::string& reminder : digest.reminders()) {
    absl::StatusOr<v1::Reminder> read = reminders_.Need(reminder);
    // What was said of an order that is gone is gone with it.
    if (ReasonOf(read.status()) == v1::RESOURCE_NOT_FOUND) continue;
    DUBAN_RETURN_IF_ERROR(read.status());
    *message.add_reminders() = *std::move(read);
  }
  PutWords(message, &digest);
  return digest;
}

absl::StatusOr<v1::DigestMessage> DigestReader::MessageOf(const TakenDelivery& taken, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<DigestRow> row, ReadDigest(view_, taken.at.digest));
  if (!row.has_value()) return NotFound(DigestName(taken.at.digest));
  v1::DigestMessage message;
  message.set_type(kMessageType);
  *message.mutable_timestamp() = ToProto(now);
  message.set_attempt(taken.attempt);
  DUBAN_ASSIGN_OR_RETURN(*message.mutable_digest(), Show(taken.at.digest, *row, false));
  message.mutable_digest()->clear_deliveries();
  message.mutable_digest()->set_reminder_count(static_cast<int32_t>(taken.reminders.size()));
  for (const std::string& name : taken.reminders) {
    DUBAN_ASSIGN_OR_RETURN(*message.add_reminders(), reminders_.Need(name));
  }
  if (message.digest().recipient_display_name().empty() && !message.reminders().empty()) {
    message.mutable_digest()->set_recipient_display_name(message.reminders(0).recipient_display_name());
  }
  PutWords(message, message.mutable_digest());
  return message;
}

}  // namespace duban
