#include "tests/simulation/reminder_log.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "google/protobuf/util/json_util.h"
#include "services/notification/reminder_rows.h"

namespace duban::simulation {
namespace {

constexpr absl::Duration kLatest = absl::Seconds(60);
// What a log has refused is tried again with pauses.
constexpr absl::Duration kHealthyAfter = absl::Minutes(5);

}  // namespace

ReminderLog::ReminderLog(World* world, std::string id, bool fails)
    : world_(*world), dice_(world->dice(StrCat("log/", id))), id_(std::move(id)), fails_(fails) {}

absl::Status ReminderLog::Append(std::string_view lines) {
  const bool fails = fails_ && dice_.Chance(0.3), before = dice_.Chance(0.5);
  if (fails) {
    world_.Count("fault.log_fails");
    failed_ = world_.now();
  }
  if (fails && before) return InvariantBroken("the log takes nothing");
  const std::vector<std::string> each =
      absl::StrSplit(absl::string_view(lines.data(), lines.size()), '\n', absl::SkipEmpty());
  for (const std::string& line : each) {
    v1::DigestMessage message;
    const bool read = google::protobuf::util::JsonStringToMessage(line, &message).ok();
    world_.Check("N2", read && message.reminders_size() > 0,
                 [&] { return StrCat(id_, " logs what is no digest: ", line); });
    for (const v1::Reminder& reminder : message.reminders()) Take(message, reminder);
  }
  if (fails) return InvariantBroken("the log does not say whether it took anything");
  return absl::OkStatus();
}

// A first attempt comes at most 60 s late, from when the reminder's time has come by a clock that nobody has set since,
// at a node that is up and a log that takes what it gets.
void ReminderLog::CheckInTime(const v1::DigestMessage& message, const v1::Reminder& reminder) {
  const std::optional<ReminderId> id = ParseReminderName(reminder.name());
  const auto since = id.has_value() ? since_.find(id->order) : since_.end();
  if (message.attempt() != 1 || reminder.attempts() != 1 || since == since_.end()) return;
  NodeClock& clock = node_->clock();
  const absl::Duration passed = clock.Now() - FromProto(reminder.remind_time());
  const absl::Time could =
      std::max({world_.now() - passed, since->second, node_->started(), clock.set(), failed_ + kHealthyAfter});
  world_.Check("N3", world_.now() - could <= kLatest, [&] {
    return StrCat(id_, " logs ", reminder.name(), " ", absl::ToInt64Seconds(world_.now() - could), " s late");
  });
}

void ReminderLog::Take(const v1::DigestMessage& message, const v1::Reminder& reminder) {
  CheckInTime(message, reminder);
  world_.Check("N2", reminder.recipient() == message.digest().recipient(),
               [&] { return StrCat(id_, " logs ", reminder.name(), " in a digest to another"); });
  world_.Count("work.log_line");
  v1::GetReminderRequest request;
  request.set_name(reminder.name());
  v1::Reminder stored;
  const absl::Status read = node_->notifications().GetReminder(Anybody(), request, &stored);
  world_.Check("N2", read.ok() && stored.state() == v1::Reminder::LEASED, [&] {
    return StrCat(id_, " logs ", reminder.name(), ", which its store has as ",
                  v1::Reminder::State_Name(stored.state()));
  });
  v1::GetAssignmentRequest asking;
  asking.set_name(reminder.assignment());
  v1::Assignment assignment;
  const absl::Status known = node_->assignments().GetAssignment(Anybody(), asking, &assignment);
  const std::string addressed = reminder.reason() == v1::Reminder::ESCALATION
                                    ? assignment.issuer()
                                    : StrCat("units/", ParseName(reminder.assignment()).id);
  world_.Check("N7", !known.ok() || reminder.recipient() == addressed, [&] {
    return StrCat(id_, " logs ", reminder.name(), " to ", reminder.recipient(), " and not to ", addressed);
  });
  // What went out by a clock that was wrong may be repeated by one that was set right.
  world_.Check(
      "N3",
      message.attempt() > 1 || reminder.attempts() > 1 || FromProto(reminder.remind_time()) <= node_->clock().Now(),
      [&] { return StrCat(id_, " logs ", reminder.name(), " before its time"); });
  world_.Check("N5", stored.state() != v1::Reminder::CONFIRMED,
               [&] { return StrCat(id_, " logs ", reminder.name(), " again after it was confirmed"); });
}

}  // namespace duban::simulation
