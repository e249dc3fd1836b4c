#include "services/notification/reminder_planner.h"

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/mutex.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/calendar/holiday_data.h"
#include "duban/storage/v1/rebuild.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/notification/assignment_to_reminders.h"
#include "services/notification/reminder_queue.h"

namespace duban {
namespace {

using storage::v1::AssignmentCopy;
using v1::Reminder;

constexpr std::string_view kAssignments = "assignments/";
constexpr std::string_view kExecution = "/execution";
constexpr std::string_view kUnits = "units/";
constexpr std::string_view kCalendars = "calendars/";
constexpr std::string_view kCalendarRow = "calendars";
constexpr std::string_view kReplanningRow = "replanning";
constexpr std::string_view kRebuiltRow = "rebuilt";
constexpr int kReplanStep = 100;
// Columns of a task's text that are kept; a reminder quotes fewer.
constexpr size_t kKeptColumns = 200;

// Leaves of an execution what reminders depend on.
v1::Execution Trimmed(const v1::Execution& execution) {
  v1::Execution kept;
  kept.set_assignment(execution.assignment());
  kept.set_node(execution.node());
  kept.set_version(execution.version());
  if (execution.has_receipt()) *kept.mutable_receipt() = execution.receipt();
  for (const v1::Report& report : execution.reports()) {
    *kept.add_reports()->mutable_report_time() = report.report_time();
  }
  for (const v1::Submission& submission : execution.submissions()) {
    v1::Submission& own = *kept.add_submissions();
    own.set_submission_id(submission.submission_id());
    own.set_period(submission.period());
    *own.mutable_submit_time() = submission.submit_time();
  }
  return kept;
}

// The same for the issuer's half; without execution.
v1::Assignment Trimmed(const v1::Assignment& assignment) {
  v1::Assignment kept = assignment;
  kept.set_text(Ellipsize(assignment.text(), kKeptColumns));
  kept.clear_headings();
  kept.clear_aligned_tasks();
  kept.clear_former_nodes();
  kept.clear_execution();
  if (assignment.has_carried_execution()) {
    *kept.mutable_carried_execution() = Trimmed(assignment.carried_execution());
  }
  for (v1::Review& review : *kept.mutable_reviews()) {
    review.clear_comment();
    review.clear_reviewer();
  }
  return kept;
}

// Up to when reminders count as sent; the distant past where the store was never rebuilt.
absl::StatusOr<absl::Time> AliveUntil(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::Rebuilt> rebuilt,
                         view.GetLocal<storage::v1::Rebuilt>(kRebuiltRow));
  return rebuilt.has_value() ? FromProto(rebuilt->alive_until()) : absl::InfinitePast();
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The assignment that an entity of its feed is a half of: `assignments/a1` of `assignments/a1/execution`.
std::string_view AssignmentOf(std::string_view name) {
  const bool executed = name.size() > kExecution.size() && name.substr(name.size() - kExecution.size()) == kExecution;
  return executed ? name.substr(0, name.size() - kExecution.size()) : name;
}

// The stored reminders of a copy, by name.
absl::StatusOr<std::map<std::string, Reminder>> StoredReminders(const ReadView& view, const AssignmentCopy& copy) {
  std::map<std::string, Reminder> reminders;
  for (const std::string& name : copy.reminders()) {
    DUBAN_ASSIGN_OR_RETURN(Stored<Reminder> stored, view.Need<Reminder>(name));
    reminders.emplace(name, std::move(stored.value));
  }
  return reminders;
}

// Takes back what was not delivered.
absl::Status Cancel(Transaction& transaction, const Reminder& stored) {
  if (stored.state() != Reminder::SCHEDULED && stored.state() != Reminder::LEASED && stored.state() != Reminder::DEAD) {
    return absl::OkStatus();
  }
  Reminder cancelled = stored;
  cancelled.set_state(Reminder::CANCELLED);
  cancelled.clear_lease_expire_time();
  cancelled.clear_next_attempt_time();
  return PutReminder(transaction, &stored, cancelled).status();
}

}  // namespace

v1::ReminderPolicy DefaultReminderPolicy() {
  v1::ReminderPolicy policy;
  policy.set_name(kDefaultPolicy);
  for (const int days : {5, 1}) policy.add_before_due_working_days(days);
  policy.set_on_due(true);
  for (const int days : {1, 3, 5}) policy.add_overdue_working_days(days);
  policy.add_escalation_working_days(2);
  for (const int days : {1, 3}) policy.add_unsigned_working_days(days);
  policy.set_periodic_working_days(5);
  policy.set_minute_of_day(9 * 60);
  policy.set_max_attempts(8);
  policy.mutable_first_backoff()->set_seconds(60);
  // Four days: what fell due on a Friday still goes out after the weekend.
  policy.mutable_catch_up_window()->set_seconds(4 * 24 * 3600);
  return policy;
}

absl::StatusOr<std::optional<Stored<v1::ReminderPolicy>>> FindPolicy(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> stored, view.Get<v1::ReminderPolicy>(name));
  if (!stored.has_value() && name == kDefaultPolicy) stored = {DefaultReminderPolicy(), 0};
  return stored;
}

absl::Status ReminderPlanner::ApplyAssignment(Transaction& transaction, const v1::FeedEntry& entry) {
  std::string_view name = entry.entity();
  if (!StartsWith(name, kAssignments)) return absl::OkStatus();
  const bool executed = name.size() > AssignmentOf(name).size();
  name = AssignmentOf(name);
  DUBAN_ASSIGN_OR_RETURN(std::optional<AssignmentCopy> stored, transaction.GetLocal<AssignmentCopy>(name));
  AssignmentCopy copy = stored.value_or(AssignmentCopy());
  v1::Assignment& assignment = *copy.mutable_assignment();
  if (executed) {
    v1::Execution execution;
    if (entry.withdrawn()) {
      assignment.clear_execution();
    } else if (entry.payload().UnpackTo(&execution)) {
      *assignment.mutable_execution() = Trimmed(execution);
    } else {
      return absl::OkStatus();
    }
  } else {
    v1::Assignment other;
    if (!entry.withdrawn() && !entry.payload().UnpackTo(&other)) return absl::OkStatus();
    other = Trimmed(other);
    if (assignment.has_execution()) *other.mutable_execution() = assignment.execution();
    assignment = std::move(other);
  }
  if (!stored.has_value() && entry.withdrawn()) return absl::OkStatus();
  if (stored.has_value() && stored->SerializeAsString() == copy.SerializeAsString()) return absl::OkStatus();
  transaction.PutLocal(name, copy);
  return absl::OkStatus();
}

absl::Status ReminderPlanner::FinishAssignments(Transaction& transaction, const std::set<std::string>& names,
                                                absl::Time now) {
  std::set<std::string_view> assignments;
  for (const std::string& name : names) {
    if (StartsWith(name, kAssignments)) assignments.insert(AssignmentOf(name));
  }
  DUBAN_ASSIGN_OR_RETURN(const bool replanning, IsReplanning(transaction));
  for (const std::string_view name : assignments) {
    // What came again as it was is planned already, unless something went wrong; a replanning comes to it by itself.
    const bool changed = transaction.writes().contains(LocalKey(name));
    if (!changed && replanning) continue;
    DUBAN_ASSIGN_OR_RETURN(std::optional<AssignmentCopy> copy, transaction.GetLocal<AssignmentCopy>(name));
    const Past past = changed ? Past::kCatchUp : Past::kDrop;
    if (copy.has_value()) DUBAN_RETURN_IF_ERROR(Plan(transaction, name, *copy, now, past));
  }
  return absl::OkStatus();
}

absl::Status ReminderPlanner::ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry) {
  if (StartsWith(entry.entity(), kUnits)) return ApplyUnit(transaction, entry);
  if (StartsWith(entry.entity(), kCalendars)) return ApplyCalendar(transaction, entry);
  return absl::OkStatus();
}

absl::Status ReminderPlanner::ApplyUnit(Transaction& transaction, const v1::FeedEntry& entry) {
  v1::Unit unit;
  if (!entry.withdrawn() && !entry.payload().UnpackTo(&unit)) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> stored, transaction.GetLocal<v1::Unit>(entry.entity()));
  if (entry.withdrawn()) {
    transaction.DeleteLocal(entry.entity());
  } else {
    v1::Unit kept;
    kept.set_name(unit.name());
    kept.set_display_name(unit.display_name());
    unit = std::move(kept);
    if (!stored.has_value() || stored->display_name() != unit.display_name()) {
      transaction.PutLocal(entry.entity(), unit);
    }
  }
  const std::string before = stored.has_value() ? stored->display_name() : "";
  if (before == unit.display_name()) return absl::OkStatus();
  // A name that was known may stand in any text, also in those to the issuer. One that is new differs only where the
  // unit was renamed since the assignment was issued.
  bool differs = stored.has_value();
  absl::Status read;
  const auto compare = [&](const std::vector<std::string_view>& rest, std::string_view) {
    auto reminder = transaction.Get<Reminder>(rest.back());
    read = reminder.status();
    differs =
        reminder.ok() && reminder->has_value() && (*reminder)->value.recipient_display_name() != unit.display_name();
    return read.ok() && !differs;
  };
  if (!differs) {
    DUBAN_RETURN_IF_ERROR(transaction.ScanIndex(Index::kReminderByRecipient, {entry.entity()}, compare));
  }
  DUBAN_RETURN_IF_ERROR(read);
  if (differs) StartReplanning(transaction);
  return absl::OkStatus();
}

absl::Status ReminderPlanner::ApplyCalendar(Transaction& transaction, const v1::FeedEntry& entry) {
  v1::Calendar calendar;
  if (!entry.withdrawn() && !entry.payload().UnpackTo(&calendar)) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::CalendarSet> stored,
                         transaction.GetLocal<storage::v1::CalendarSet>(kCalendarRow));
  std::map<std::string, v1::Calendar> by_name;
  if (stored.has_value()) {
    for (const v1::Calendar& other : stored->calendars()) by_name.emplace(other.name(), other);
  }
  if (entry.withdrawn()) {
    if (by_name.erase(entry.entity()) == 0) return absl::OkStatus();
  } else {
    v1::Calendar& own = by_name[entry.entity()];
    if (own.SerializeAsString() == calendar.SerializeAsString()) return absl::OkStatus();
    own = calendar;
    own.set_name(entry.entity());
  }
  storage::v1::CalendarSet set;
  for (auto& [name, other] : by_name) *set.add_calendars() = std::move(other);
  transaction.PutLocal(kCalendarRow, set);
  StartReplanning(transaction);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const WorkingCalendar>> ReminderPlanner::CalendarOf(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(LocalKey(kCalendarRow)));
  const std::string bytes = row.value_or("");
  MutexLock lock(&mu_);
  if (calendar_ != nullptr && bytes == calendar_bytes_) return calendar_;
  storage::v1::CalendarSet set;
  if (!set.ParseFromString(bytes)) return BrokenRecord(kCalendarRow);
  std::set<int> years;
  std::vector<v1::Calendar> calendars(set.calendars().begin(), set.calendars().end());
  for (const v1::Calendar& calendar : calendars) years.insert(calendar.year());
  for (v1::Calendar& built_in : BuiltInCalendars()) {
    if (years.count(built_in.year()) == 0) calendars.push_back(std::move(built_in));
  }
  calendar_ = std::make_shared<const WorkingCalendar>(calendars);
  calendar_bytes_ = bytes;
  return calendar_;
}

void ReminderPlanner::StartReplanning(Transaction& transaction) {
  transaction.PutLocal(kReplanningRow, storage::v1::Replanning());
}

absl::StatusOr<bool> ReminderPlanner::IsReplanning(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(LocalKey(kReplanningRow)));
  return row.has_value();
}

absl::Status ReminderPlanner::ContinueReplanning(Transaction& transaction, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::Replanning> replanning,
                         transaction.GetLocal<storage::v1::Replanning>(kReplanningRow));
  if (!replanning.has_value()) return absl::OkStatus();
  const std::string all = LocalKey(kAssignments);
  const std::string begin = replanning->after().empty() ? all : LocalKey(replanning->after()) + '\0';
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(all), [&](std::string_view key, std::string_view) {
    names.emplace_back(key.substr(1));
    return names.size() < kReplanStep;
  }));
  for (const std::string& name : names) DUBAN_RETURN_IF_ERROR(Replan(transaction, name, now));
  if (names.size() < kReplanStep) {
    transaction.DeleteLocal(kReplanningRow);
    return absl::OkStatus();
  }
  replanning->set_after(names.back());
  transaction.PutLocal(kReplanningRow, *replanning);
  return absl::OkStatus();
}

absl::Status ReminderPlanner::Rebuilt(Transaction& transaction, absl::Time alive_until) {
  storage::v1::Rebuilt rebuilt;
  *rebuilt.mutable_alive_until() = ToProto(alive_until);
  transaction.PutLocal(kRebuiltRow, rebuilt);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> waiting,
                         DueReminders(transaction, alive_until, {}, std::numeric_limits<size_t>::max()));
  for (const std::string& name : waiting) {
    DUBAN_ASSIGN_OR_RETURN(const Stored<Reminder> stored, transaction.Need<Reminder>(name));
    Reminder missed = stored.value;
    missed.set_state(Reminder::MISSED);
    missed.clear_lease_expire_time();
    missed.clear_next_attempt_time();
    missed.set_last_error("the store was restored from a backup; whether it was sent is not known");
    DUBAN_RETURN_IF_ERROR(PutReminder(transaction, &stored.value, missed).status());
  }
  return absl::OkStatus();
}

absl::Status ReminderPlanner::Replan(Transaction& transaction, std::string_view assignment, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<AssignmentCopy> copy, transaction.GetLocal<AssignmentCopy>(assignment));
  if (!copy.has_value()) return absl::OkStatus();
  return Plan(transaction, assignment, *copy, now, Past::kDrop);
}

absl::StatusOr<std::vector<Reminder>> ReminderPlanner::Expected(const ReadView& view,
                                                                const v1::Assignment& assignment) {
  if (assignment.name().empty()) return std::vector<Reminder>();
  const std::string policy_name = assignment.reminder_policy().empty() ? kDefaultPolicy : assignment.reminder_policy();
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> policy, FindPolicy(view, policy_name));
  // The issuer's policy need not be known at this node.
  if (!policy.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(policy, FindPolicy(view, kDefaultPolicy));
  }
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<const WorkingCalendar> calendar, CalendarOf(view));
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> unit, view.GetLocal<v1::Unit>(assignment.unit()));
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> issuer, view.GetLocal<v1::Unit>(assignment.issuer()));
  const std::string unit_name = unit.has_value() ? unit->display_name() : "";
  const std::string issuer_name = issuer.has_value() ? issuer->display_name() : "";
  const ReminderContext context{.policy = policy->value,
                                .calendar = *calendar,
                                .node = node_,
                                .unit_display_name = unit_name,
                                .issuer_display_name = issuer_name};
  if (assignment.has_execution() || !assignment.has_carried_execution()) {
    return AssignmentToReminders(assignment, context);
  }
  // The unit has moved; its new node's half is not here yet and begins with the old one.
  v1::Assignment joined = assignment;
  *joined.mutable_execution() = assignment.carried_execution();
  return AssignmentToReminders(joined, context);
}

absl::Status ReminderPlanner::Plan(Transaction& transaction, std::string_view row, AssignmentCopy& copy, absl::Time now,
                                   Past past) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<Reminder> expected, Expected(transaction, copy.assignment()));
  DUBAN_ASSIGN_OR_RETURN(auto stored, StoredReminders(transaction, copy));
  std::set<std::string> dropped(copy.dropped().begin(), copy.dropped().end());
  DUBAN_ASSIGN_OR_RETURN(const absl::Time alive_until, AliveUntil(transaction));
  for (const Reminder& reminder : expected) {
    auto found = stored.find(reminder.name());
    const bool fresh = found == stored.end();
    const bool passed = FromProto(reminder.remind_time()) < now;
    if (!passed) dropped.erase(reminder.name());
    if (passed && past == Past::kDrop && (fresh || found->second.state() == Reminder::CANCELLED)) {
      dropped.insert(reminder.name());
    }
    // The node that was lost has sent it, as far as can be known.
    if (fresh && FromProto(reminder.remind_time()) <= alive_until) dropped.insert(reminder.name());
    if (dropped.count(reminder.name()) == 0) {
      DUBAN_RETURN_IF_ERROR(PlanOne(transaction, fresh ? nullptr : &found->second, reminder));
      if (fresh) copy.add_reminders(reminder.name());
    }
    if (!fresh) stored.erase(found);
  }
  copy.mutable_dropped()->Assign(dropped.begin(), dropped.end());
  for (const auto& [name, reminder] : stored) {
    if (!DUBAN_BUG("notification.closed_still_reminds")) DUBAN_RETURN_IF_ERROR(Cancel(transaction, reminder));
  }
  const bool empty = copy.assignment().name().empty() && !copy.assignment().has_execution() && copy.reminders().empty();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> before, transaction.GetRow(LocalKey(row)));
  if (empty) {
    if (before.has_value()) transaction.DeleteLocal(row);
  } else if (before != copy.SerializeAsString()) {
    transaction.PutLocal(row, copy);
  }
  return absl::OkStatus();
}

absl::Status ReminderPlanner::PlanOne(Transaction& transaction, const Reminder* stored, const Reminder& expected) {
  if (stored == nullptr) {
    Reminder fresh = expected;
    fresh.set_state(Reminder::SCHEDULED);
    return PutReminder(transaction, nullptr, fresh).status();
  }
  const bool again = stored->state() == Reminder::CANCELLED ||
                     (stored->state() == Reminder::CONFIRMED && DUBAN_BUG("notification.confirmed_comes_back"));
  if (stored->state() != Reminder::SCHEDULED && !again) return absl::OkStatus();
  Reminder changed = *stored;
  changed.set_recipient_display_name(expected.recipient_display_name());
  *changed.mutable_remind_time() = expected.remind_time();
  changed.set_text_zh(expected.text_zh());
  changed.set_text_en(expected.text_en());
  if (again) {
    changed.set_state(Reminder::SCHEDULED);
    changed.set_attempts(0);
    changed.clear_last_error();
  }
  if (changed.SerializeAsString() == stored->SerializeAsString()) return absl::OkStatus();
  return PutReminder(transaction, stored, changed).status();
}

}  // namespace duban
