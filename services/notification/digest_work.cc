#include "services/notification/digest_work.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/notification/channel/digest_text.h"
#include "services/notification/contacts.h"
#include "services/notification/reminder_reader.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

using storage::v1::DigestRow;
using storage::v1::LeaseRow;
using v1::Reminder;
using v1::ReminderDelivery;

constexpr std::string_view kReminders = "reminders/";
constexpr char kLost[] = "the attempt did not come to its end";
constexpr char kNotConfigured[] = "the channel is not configured at this server";

bool IsMoreUrgent(const Reminder& a, const Reminder& b) {
  return std::make_tuple(UrgencyOf(a.reason()), std::string_view(a.due()), std::string_view(a.name())) <
         std::make_tuple(UrgencyOf(b.reason()), std::string_view(b.due()), std::string_view(b.name()));
}

bool Any(const DigestRow& row, ReminderDelivery::State state) {
  return std::any_of(row.deliveries().begin(), row.deliveries().end(),
                     [&](const DigestRow::Delivery& delivery) { return delivery.state() == state; });
}

absl::Status NotDead(std::string_view name, ReminderDelivery::State state) {
  const std::string& word = ReminderDelivery::State_Name(state);
  return Error(v1::WRONG_STATE, StrCat("`", name, "` is ", word, "; only a DEAD one can be sent again"),
               StrCat("投递“", name, "”的状态为", word, "，只有投递失败（DEAD）的可以重新投递"),
               {{"name", std::string(name)}, {"state", word}});
}

absl::Status NothingLeft(std::string_view name) {
  return Error(v1::WRONG_STATE, StrCat("nothing that `", name, "` reminds of is still to be done; leave it"),
               StrCat("投递“", name, "”所提醒的事项均已了结，无须再发"),
               {{"name", std::string(name)}, {"state", "CANCELLED"}});
}

}  // namespace

absl::StatusOr<int> DigestWork::Gather(const std::vector<std::string>& recipients, int most) {
  std::vector<std::string> tokens;
  std::vector<LeaseAsk> asks;
  while (tokens.size() < recipients.size()) tokens.push_back(runner_->ports().ids->NextId("digest-"));
  for (size_t i = 0; i < recipients.size(); ++i) {
    asks.push_back({.max = kMostInDigest, .lease = kDigestLease, .recipient = recipients[i], .token = tokens[i]});
  }
  std::vector<LeaseRow> rows;
  DUBAN_RETURN_IF_ERROR(work_.LeaseEach(asks, most, rows));
  int made = 0;
  for (size_t i = 0; i < recipients.size(); ++i) {
    if (rows[i].parts().empty()) continue;
    DUBAN_RETURN_IF_ERROR(Begin(recipients[i], tokens[i], rows[i]));
    ++made;
  }
  return made;
}

absl::StatusOr<std::string> DigestWork::NextId(std::string_view recipient) const {
  const absl::CivilDay day = DayOf(work_.moment().now);
  int number = 1;
  while (true) {
    std::string id = DigestId(day, recipient, number++);
    DUBAN_ASSIGN_OR_RETURN(const std::optional<DigestRow> there, ReadDigest(transaction_, id));
    if (!there.has_value()) return id;
  }
}

absl::Status DigestWork::Begin(const std::string& recipient, std::string_view token, const LeaseRow& leased) {
  ReminderReader reader(transaction_, runner_->cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
  DUBAN_ASSIGN_OR_RETURN(std::vector<Reminder> reminders, reader.Leased(leased, token));
  std::sort(reminders.begin(), reminders.end(), IsMoreUrgent);
  Row row;
  row.set_recipient(recipient);
  row.set_create_micros(absl::ToUnixMicros(work_.moment().now));
  row.set_lease_token(std::string(token));
  row.set_open_micros(Steady());
  for (const Reminder& reminder : reminders) row.add_reminders(std::string(LastSegment(reminder.name())));
  DUBAN_RETURN_IF_ERROR(AddDeliveries(recipient, row));
  DUBAN_ASSIGN_OR_RETURN(const std::string id, NextId(recipient));
  WriteDigest(transaction_, id, Row(), row);
  return absl::OkStatus();
}

absl::Status DigestWork::AddDeliveries(const std::string& recipient, Row& row) const {
  const auto add = [&](std::string_view channel, const std::string& address) {
    Row::Delivery& delivery = *row.add_deliveries();
    delivery.set_channel(std::string(channel));
    delivery.set_address(address);
    const bool known = channels_.Find(channel) != nullptr;
    delivery.set_state(known ? ReminderDelivery::WAITING : ReminderDelivery::DEAD);
    delivery.set_until_micros(known ? Steady() : 0);
    if (!known) delivery.set_last_error(kNotConfigured);
  };
  if (channels_.has_log()) add(kLogChannel, "");
  DUBAN_ASSIGN_OR_RETURN(const auto contact, FindContact(transaction_, ContactName(recipient)));
  if (!contact.has_value()) return absl::OkStatus();
  for (const std::string& address : contact->value.mail_addresses()) add(kMailChannel, address);
  for (const std::string& webhook : contact->value.webhooks()) add(webhook, "");
  return absl::OkStatus();
}

absl::StatusOr<DigestRow> DigestWork::Need(const DeliveryPlace& at) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Row> row, ReadDigest(transaction_, at.digest));
  if (!row.has_value() || at.place >= row->deliveries_size()) return BrokenRecord(StrCat(kDigestRows, at.digest));
  return *std::move(row);
}

absl::StatusOr<std::vector<std::string>> DigestWork::Wanted(const Row& row) {
  std::vector<std::string> wanted;
  for (const std::string& id : row.reminders()) {
    std::string name = StrCat(kReminders, id);
    DUBAN_ASSIGN_OR_RETURN(const bool keep, work_.KeepIfWanted(name, row.lease_token()));
    if (keep) wanted.push_back(std::move(name));
  }
  return wanted;
}

bool DigestWork::IsOver(const Row& row, const Row::Delivery& delivery) const {
  return delivery.attempts() >= work_.policy().max_attempts() ||
         Steady() - row.open_micros() >= absl::ToInt64Microseconds(kDigestLife);
}

absl::Status DigestWork::MakeDead(Row& row, Row::Delivery& delivery, std::string_view error) {
  delivery.set_state(ReminderDelivery::DEAD);
  delivery.set_until_micros(0);
  delivery.set_last_error(std::string(error));
  ++dead_;
  const bool others =
      Any(row, ReminderDelivery::WAITING) || Any(row, ReminderDelivery::LEASED) || Any(row, ReminderDelivery::SENT);
  if (others && !DUBAN_BUG("digest.dead_with_the_first")) return absl::OkStatus();
  for (const std::string& id : row.reminders()) {
    DUBAN_RETURN_IF_ERROR(work_.GiveUp(StrCat(kReminders, id), row.lease_token(), error));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TakenDelivery>> DigestWork::Take(std::string_view channel, int max) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<DeliveryPlace> places,
                         DueDeliveries(transaction_, channel, work_.moment().steady, static_cast<size_t>(max)));
  std::vector<TakenDelivery> taken;
  for (const DeliveryPlace& at : places) {
    DUBAN_ASSIGN_OR_RETURN(const Row before, Need(at));
    Row row = before;
    Row::Delivery& delivery = *row.mutable_deliveries(at.place);
    if (delivery.state() == ReminderDelivery::LEASED) delivery.set_last_error(kLost);
    DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> wanted, Wanted(row));
    if (wanted.empty()) {
      delivery.set_state(ReminderDelivery::CANCELLED);
      delivery.set_until_micros(0);
    } else if (IsOver(row, delivery)) {
      DUBAN_RETURN_IF_ERROR(MakeDead(row, delivery, std::string(delivery.last_error())));
    } else {
      delivery.set_state(ReminderDelivery::LEASED);
      delivery.set_attempts(delivery.attempts() + 1);
      delivery.set_until_micros(Steady() + absl::ToInt64Microseconds(kAttemptLease));
      taken.push_back({at, delivery.attempts(), delivery.address(), std::move(wanted)});
    }
    WriteDigest(transaction_, at.digest, before, row);
  }
  work_.NoteClock();
  return taken;
}

absl::Status DigestWork::Finish(const TakenDelivery& taken, const absl::Status& sent) {
  DUBAN_ASSIGN_OR_RETURN(const Row before, Need(taken.at));
  Row row = before;
  Row::Delivery& delivery = *row.mutable_deliveries(taken.at.place);
  if (delivery.state() != ReminderDelivery::LEASED || delivery.attempts() != taken.attempt) return absl::OkStatus();
  const std::string error = std::string(CutUtf8(ToStd(sent.message()), 1000));
  if (sent.ok()) {
    delivery.set_state(ReminderDelivery::SENT);
    delivery.set_until_micros(0);
    delivery.set_sent_micros(absl::ToUnixMicros(work_.moment().now));
    for (const std::string& id : row.reminders()) {
      // One that is not this digest's any more needs no confirmation.
      const absl::Status confirmed = work_.Confirm(StrCat(kReminders, id), row.lease_token(), "");
      const bool refused = ReasonOf(confirmed) == v1::LEASE_NOT_HELD || ReasonOf(confirmed) == v1::WRONG_STATE ||
                           ReasonOf(confirmed) == v1::RESOURCE_NOT_FOUND;
      if (!confirmed.ok() && !refused) return confirmed;
    }
  } else if (absl::IsCancelled(sent)) {
    delivery.set_state(ReminderDelivery::WAITING);
    delivery.set_attempts(delivery.attempts() - 1);
    delivery.set_until_micros(Steady());
  } else if (absl::IsFailedPrecondition(sent) || IsOver(row, delivery)) {
    DUBAN_RETURN_IF_ERROR(MakeDead(row, delivery, error));
  } else {
    delivery.set_state(ReminderDelivery::WAITING);
    delivery.set_last_error(error);
    const absl::Duration pause = BackoffAfter(delivery.attempts(), work_.policy());
    delivery.set_until_micros(Steady() + absl::ToInt64Microseconds(pause));
  }
  WriteDigest(transaction_, taken.at.digest, before, row);
  work_.NoteClock();
  return absl::OkStatus();
}

absl::Status DigestWork::Redrive(std::string_view name) {
  const std::optional<DeliveryPlace> at = ParseDeliveryName(name);
  if (!at.has_value()) return NotFound(name);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Row> before, ReadDigest(transaction_, at->digest));
  const bool there = before.has_value() && at->place < before->deliveries_size() &&
                     DeliveryName(at->digest, before->deliveries(at->place).channel(), at->place) == name;
  if (!there) return NotFound(name);
  Row row = *before;
  Row::Delivery& delivery = *row.mutable_deliveries(at->place);
  if (delivery.state() != ReminderDelivery::DEAD) return NotDead(name, delivery.state());
  int left = 0;
  for (const std::string& id : row.reminders()) {
    const std::string reminder = StrCat(kReminders, id);
    DUBAN_ASSIGN_OR_RETURN(const bool resumed, work_.Resume(reminder, row.lease_token(), kDigestLease));
    DUBAN_ASSIGN_OR_RETURN(const bool kept, work_.KeepIfWanted(reminder, row.lease_token()));
    left += resumed || kept ? 1 : 0;
  }
  if (left == 0) return NothingLeft(name);
  delivery.set_state(ReminderDelivery::WAITING);
  delivery.set_attempts(0);
  delivery.set_until_micros(Steady());
  row.set_open_micros(Steady());
  WriteDigest(transaction_, at->digest, *before, row);
  work_.NoteClock();
  return absl::OkStatus();
}

absl::StatusOr<int> DigestWork::DropUnknown(int max) {
  const auto known = [&](std::string_view channel) { return channels_.Find(channel) != nullptr; };
  DUBAN_ASSIGN_OR_RETURN(const std::vector<DeliveryPlace> unknown,
                         DeliveriesOfOthers(transaction_, known, static_cast<size_t>(max)));
  for (const DeliveryPlace& at : unknown) {
    DUBAN_ASSIGN_OR_RETURN(const Row before, Need(at));
    Row row = before;
    DUBAN_RETURN_IF_ERROR(MakeDead(row, *row.mutable_deliveries(at.place), kNotConfigured));
    WriteDigest(transaction_, at.digest, before, row);
  }
  return static_cast<int>(unknown.size());
}

}  // namespace duban
