#include "services/notification/reminder_queue.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/indexes.h"

namespace duban {
namespace {

using v1::Reminder;

// A wall clock that goes apart from steady time by more than this was set, not slewed.
constexpr absl::Duration kStep = absl::Minutes(1);

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Duration CatchUpWindow(const v1::ReminderPolicy& policy) {
  return FromProto(policy.catch_up_window());
}

// Visits open reminders whose next time is at most `until`, by that time, until `visit` returns false.
absl::Status VisitOpen(
    const ReadView& view, absl::Time until,
    absl::FunctionRef<bool(std::string_view time, std::string_view name, const storage::v1::ReminderTicket&)> visit) {
  const std::string last = TimePart(until);
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(
      view.ScanIndex(kReminderByTime, {}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
        if (rest.size() != 2 || rest[0] > last) return false;
        storage::v1::ReminderTicket ticket;
        if (!ticket.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          parsed = BrokenRecord(rest[1]);
          return false;
        }
        return visit(rest[0], rest[1], ticket);
      }));
  return parsed;
}

}  // namespace

std::string TimePart(absl::Time time) {
  const int64_t micros = std::max<int64_t>(0, absl::ToUnixMicros(time));
  return absl::StrCat(absl::Hex(micros, absl::kZeroPad16));
}

std::optional<absl::Time> NextTime(const Reminder& reminder) {
  if (reminder.state() == Reminder::LEASED && !DUBAN_BUG("notification.lease_ends_at_once")) {
    return duban::FromProto(reminder.lease_expire_time());
  }
  if (reminder.state() != Reminder::SCHEDULED) return std::nullopt;
  return duban::FromProto(reminder.has_next_attempt_time() ? reminder.next_attempt_time() : reminder.remind_time());
}

namespace {

// The index rows of a reminder; without `lease_token` the value that holds it is not known.
void RowsOf(const Reminder& reminder, std::optional<std::string_view> lease_token, IndexRowSink sink) {
  const std::string& name = reminder.name();
  const std::string nominal = TimePart(duban::FromProto(reminder.remind_time()));
  sink(IndexKey(kReminderByRemindTime, {nominal, name}), std::string());
  sink(IndexKey(kReminderByRecipient, {reminder.recipient(), nominal, name}), std::string());
  const std::optional<absl::Time> time = NextTime(reminder);
  const bool retried = reminder.state() == Reminder::SCHEDULED && reminder.has_next_attempt_time();
  if (!time.has_value() || (retried && DUBAN_BUG("notification.failed_not_retried"))) return;
  storage::v1::ReminderTicket ticket;
  ticket.set_recipient(reminder.recipient());
  ticket.set_lease_token(std::string(lease_token.value_or("")));
  ticket.set_again(retried);
  const bool known = lease_token.has_value() || reminder.state() != Reminder::LEASED;
  sink(IndexKey(kReminderByTime, {TimePart(*time), name}),
       known ? std::optional(ticket.SerializeAsString()) : std::nullopt);
}

}  // namespace

absl::StatusOr<int64_t> PutReminder(Transaction& transaction, const Reminder* before, Reminder after,
                                    std::string_view lease_token) {
  std::map<std::string, std::optional<std::string>> old;
  if (before != nullptr) {
    RowsOf(*before, std::nullopt, [&](std::string key, std::optional<std::string> value) {
      old.insert_or_assign(std::move(key), std::move(value));
    });
  }
  RowsOf(after, lease_token, [&](std::string key, std::optional<std::string> value) {
    const auto row = old.find(key);
    const bool same = row != old.end() && row->second == value;
    if (row != old.end()) old.erase(row);
    if (!same) transaction.PutRow(std::move(key), *std::move(value));
  });
  if (!DUBAN_BUG("notification.old_time_left")) {
    for (const auto& [key, value] : old) transaction.DeleteRow(key);
  }
  after.clear_etag();
  return transaction.Put(after.name(), after, {});
}

absl::Status ReminderIndexRows(const ReadView& view, std::string_view /*node*/, IndexRowSink sink) {
  return view.Scan<Reminder>("reminders/", {}, [&](std::string_view, const Stored<Reminder>& reminder) {
    RowsOf(reminder.value, std::nullopt, sink);
    return true;
  });
}

absl::StatusOr<std::string> LeaseTokenOf(const ReadView& view, const Reminder& reminder) {
  const std::optional<absl::Time> time = NextTime(reminder);
  if (reminder.state() != Reminder::LEASED || !time.has_value()) return std::string();
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> value,
                         view.GetIndex(kReminderByTime, {TimePart(*time), reminder.name()}));
  storage::v1::ReminderTicket ticket;
  if (!value.has_value() || !ticket.ParseFromString(*value)) return BrokenRecord(reminder.name());
  return ticket.lease_token();
}

absl::StatusOr<std::vector<std::string>> LeasedReminders(const ReadView& view, absl::Time expire_time,
                                                         std::string_view token) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(
      kReminderByTime, {TimePart(expire_time)}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
        storage::v1::ReminderTicket ticket;
        const bool held =
            ticket.ParseFromArray(value.data(), static_cast<int>(value.size())) && ticket.lease_token() == token;
        if (held) names.emplace_back(rest[0]);
        return true;
      }));
  return names;
}

absl::Duration ClockWatch::Observe(absl::Time now, absl::Duration steady, absl::Duration catch_up_window) {
  const absl::Duration drift = started_ ? (now - wall_) - (steady - steady_) : absl::ZeroDuration();
  if (drift > kStep) {
    // What was still within its window before the leap is excused too.
    const absl::Time begin = wall_ - catch_up_window;
    begin_ = steady < until_ ? std::min(begin_, begin) : begin;
    end_ = now;
    until_ = steady + catch_up_window;
  }
  started_ = true;
  wall_ = now;
  steady_ = steady;
  return drift < -kStep ? -drift : absl::ZeroDuration();
}

bool IsMissed(absl::Time time, const Moment& moment) {
  return moment.now - time > CatchUpWindow(moment.policy) && !moment.watch.Excuses(time);
}

absl::StatusOr<std::vector<std::string>> DueReminders(const ReadView& view, absl::Time now, std::string_view recipient,
                                                      size_t max) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(VisitOpen(
      view, now, [&](std::string_view time, std::string_view name, const storage::v1::ReminderTicket& ticket) {
        if (recipient.empty() || ticket.recipient() == recipient) names.emplace_back(name);
        return names.size() < max;
      }));
  return names;
}

absl::StatusOr<std::vector<std::string>> StaleReminders(const ReadView& view, const Moment& moment, size_t max) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(VisitOpen(
      view, moment.now, [&](std::string_view time, std::string_view name, const storage::v1::ReminderTicket& ticket) {
        int64_t micros = 0;
        const bool missed =
            absl::SimpleHexAtoi(ToAbsl(time), &micros) && IsMissed(absl::FromUnixMicros(micros), moment);
        if (missed || !ticket.lease_token().empty()) names.emplace_back(name);
        return names.size() < max;
      }));
  return names;
}

absl::StatusOr<std::optional<Reminder>> Settle(Transaction& transaction, std::string_view name, const Moment& moment) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Reminder>> stored, transaction.Get<Reminder>(name));
  if (!stored.has_value()) return std::nullopt;
  const Reminder& before = stored->value;
  const std::optional<absl::Time> time = NextTime(before);
  if (!time.has_value() || *time > moment.now) return before;
  Reminder after = before;
  if (before.state() == Reminder::LEASED) {
    after.clear_lease_expire_time();
    after.set_last_error("the lease ran out without an answer");
    *after.mutable_next_attempt_time() = before.lease_expire_time();
    after.set_state(before.attempts() >= moment.policy.max_attempts() ? Reminder::DEAD : Reminder::SCHEDULED);
  }
  if (after.state() == Reminder::SCHEDULED && IsMissed(*time, moment)) after.set_state(Reminder::MISSED);
  if (after.state() == before.state()) return before;
  DUBAN_RETURN_IF_ERROR(PutReminder(transaction, &before, after).status());
  return after;
}

absl::StatusOr<int> Rebase(Transaction& transaction, absl::Time now, absl::Duration shift) {
  std::vector<std::string> names;
  const std::string now_part = TimePart(now);
  DUBAN_RETURN_IF_ERROR(
      VisitOpen(transaction, absl::InfiniteFuture(),
                [&](std::string_view time, std::string_view name, const storage::v1::ReminderTicket& ticket) {
                  // Most wait for their nominal time, which no clock moves.
                  if (time > now_part && (ticket.again() || !ticket.lease_token().empty())) names.emplace_back(name);
                  return true;
                }));
  int changed = 0;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Reminder>> stored, transaction.Get<Reminder>(name));
    if (!stored.has_value()) continue;
    const Reminder& before = stored->value;
    const bool leased = before.state() == Reminder::LEASED;
    if (!leased && !before.has_next_attempt_time()) continue;
    const absl::Time time = *NextTime(before);
    const absl::Time moved = std::max(now, std::min(time - shift, now + (leased ? kMaxLease : kMaxBackoff)));
    if (moved == time) continue;
    Reminder after = before;
    *(leased ? after.mutable_lease_expire_time() : after.mutable_next_attempt_time()) = ToProto(moved);
    DUBAN_ASSIGN_OR_RETURN(const std::string token, LeaseTokenOf(transaction, before));
    DUBAN_RETURN_IF_ERROR(PutReminder(transaction, &before, after, token).status());
    ++changed;
  }
  return changed;
}

absl::Duration BackoffAfter(int attempts, const v1::ReminderPolicy& policy) {
  absl::Duration pause = FromProto(policy.first_backoff());
  for (int i = 1; i < attempts && pause < kMaxBackoff; ++i) pause *= 2;
  return std::min(pause, kMaxBackoff);
}

}  // namespace duban
