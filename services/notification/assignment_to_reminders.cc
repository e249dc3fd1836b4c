#include "services/notification/assignment_to_reminders.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "services/notification/reminder_text.h"

namespace duban {
namespace {

using v1::Deadline;
using v1::Reminder;

// Half-open: [begin, end).
struct Span {
  absl::Time begin;
  absl::Time end;
};

// A period at whose end a reminder asks for something.
struct CheckIn {
  absl::CivilDay first;
  absl::CivilDay last;
  // Results about these periods of the duty serve it, as many as `results`.
  std::vector<std::string> keys;
  int results = 1;
  // A report of its days serves it too: nothing is judged yet.
  bool report_serves = false;
};

// The check-ins of a duty that returns: its periods, with two exceptions. A daily duty is asked about by the week,
// because a reminder every day reminds nobody. A standing duty is judged once a year; the quarters before ask for news.
std::vector<CheckIn> CheckInsOf(const v1::Assignment& assignment, const WorkingCalendar& calendar) {
  const Deadline& deadline = assignment.deadline();
  const int times = std::max(1, deadline.times());
  std::vector<CheckIn> check_ins;
  for (const Period& period : PeriodsOf(assignment)) {
    if (deadline.kind() == Deadline::STANDING) {
      for (int quarter = 1; quarter <= 4; ++quarter) {
        const Period part = PeriodAt(Deadline::QUARTERLY, absl::CivilDay(period.first.year(), quarter * 3, 1));
        check_ins.push_back({part.first, part.last, {period.key}, 1, quarter < 4});
      }
    } else if (FrequencyOf(deadline) == Deadline::DAILY) {
      const Period week = PeriodAt(Deadline::WEEKLY, period.first);
      if (check_ins.empty() || check_ins.back().last != week.last) check_ins.push_back({week.first, week.last, {}, 0});
      if (!calendar.IsWorkingDay(period.first)) continue;
      check_ins.back().keys.push_back(period.key);
      check_ins.back().results += times;
    } else {
      check_ins.push_back({period.first, period.last, {period.key}, times});
    }
  }
  return check_ins;
}

// One run of the arrow over one assignment.
class Planner {
 public:
  Planner(const v1::Assignment& assignment, const ReminderContext& context)
      : assignment_(assignment),
        context_(context),
        start_(FromProto(assignment.issue_time())),
        deadline_start_(std::max(start_, FromProto(assignment.deadline_change_time()))) {
    unit_name_ = std::string(context.unit_display_name);
    if (unit_name_.empty()) unit_name_ = assignment.unit_display_name();
    if (unit_name_.empty()) unit_name_ = assignment.unit();
    issuer_name_ = std::string(context.issuer_display_name);
    if (issuer_name_.empty()) issuer_name_ = assignment.issuer_display_name();
    if (issuer_name_.empty()) issuer_name_ = assignment.issuer();
    ReadSubmissions();
  }

  std::vector<Reminder> Plan() {
    if (Closed()) return {};
    if (!assignment_.unit().empty() && context_.node == UnitNode()) PlanForUnit();
    if (!assignment_.issuer().empty() && context_.node == assignment_.issuer_node()) PlanForIssuer();
    std::sort(reminders_.begin(), reminders_.end(), [](const Reminder& a, const Reminder& b) {
      return std::forward_as_tuple(FromProto(a.remind_time()), a.name()) <
             std::forward_as_tuple(FromProto(b.remind_time()), b.name());
    });
    return std::move(reminders_);
  }

 private:
  // A unit without a node of its own works at its issuer's.
  const std::string& UnitNode() const {
    return assignment_.unit_node().empty() ? assignment_.issuer_node() : assignment_.unit_node();
  }

  bool Recurring() const {
    return assignment_.deadline().kind() == Deadline::STANDING || assignment_.deadline().kind() == Deadline::PERIODIC;
  }

  bool Closed() const {
    if (assignment_.has_cancel_time() || !assignment_.cancel_reason().empty()) return true;
    return accepted_ && !Recurring();
  }

  // The latest verdict on a result; VERDICT_UNSPECIFIED while it waits.
  v1::Review::Verdict VerdictOn(const v1::Submission& submission, absl::Time* when = nullptr) const {
    v1::Review::Verdict verdict = v1::Review::VERDICT_UNSPECIFIED;
    for (const v1::Review& review : assignment_.reviews()) {
      if (review.submission_id() != submission.submission_id()) continue;
      verdict = review.verdict();
      if (when != nullptr) *when = FromProto(review.review_time());
    }
    return verdict;
  }

  void ReadSubmissions() {
    for (const v1::Submission& submission : assignment_.execution().submissions()) {
      absl::Time reviewed;
      const v1::Review::Verdict verdict = VerdictOn(submission, &reviewed);
      // Only the latest result can still wait.
      under_review_ = verdict == v1::Review::VERDICT_UNSPECIFIED;
      if (verdict == v1::Review::ACCEPTED) accepted_ = true;
      if (verdict == v1::Review::RETURNED) waited_.push_back({FromProto(submission.submit_time()), reviewed});
    }
  }

  std::optional<absl::CivilDay> Due() const {
    const Deadline& deadline = assignment_.deadline();
    if (deadline.kind() != Deadline::BY_DATE && deadline.kind() != Deadline::WHOLE_PERIOD) return std::nullopt;
    return ParseDay(deadline.due());
  }

  absl::Time NominalTime(absl::CivilDay day) const { return TimeAt(day, context_.policy.minute_of_day()); }

  void PlanForUnit() {
    if (!assignment_.execution().has_receipt() && assignment_.has_issue_time()) PlanUnsigned();
    if (Recurring()) return PlanPeriods();
    const std::optional<absl::CivilDay> due = Due();
    if (!due.has_value() || under_review_) return;
    const v1::ReminderPolicy& policy = context_.policy;
    const absl::CivilDay last_day = context_.calendar.WorkingDayOnOrBefore(*due);
    for (const int days : Distinct(policy.before_due_working_days())) {
      AddToUnit(Reminder::BEFORE_DUE, days, *due, context_.calendar.AddWorkingDays(last_day, -days));
    }
    if (policy.on_due()) AddToUnit(Reminder::DUE, 0, *due, last_day);
    for (const int days : Distinct(policy.overdue_working_days())) {
      AddToUnit(Reminder::OVERDUE, days, *due, context_.calendar.AddWorkingDays(*due, days));
    }
  }

  void PlanForIssuer() {
    const std::optional<absl::CivilDay> due = Due();
    if (Recurring() || !due.has_value()) return;
    for (const int days : Distinct(context_.policy.escalation_working_days())) {
      const absl::CivilDay day = context_.calendar.AddWorkingDays(*due, days);
      if (NominalTime(day) < deadline_start_) continue;
      Add(Reminder::ESCALATION, days, FormatDay(*due), *due, day);
    }
  }

  // The id holds the day of issue where other reminders have their due day.
  void PlanUnsigned() {
    const absl::CivilDay issued = DayOf(start_);
    for (const int days : Distinct(context_.policy.unsigned_working_days())) {
      const absl::CivilDay day = context_.calendar.AddWorkingDays(issued, days);
      Add(Reminder::UNSIGNED, days, FormatDay(issued), Due().value_or(issued), day);
    }
  }

  void PlanPeriods() {
    const int days = context_.policy.periodic_working_days();
    if (days == 0 || !assignment_.has_issue_time()) return;
    const WorkingCalendar& calendar = context_.calendar;
    for (const CheckIn& check_in : CheckInsOf(assignment_, calendar)) {
      if (Served(check_in)) continue;
      const absl::CivilDay first = calendar.WorkingDayOnOrAfter(check_in.first);
      if (first > check_in.last) continue;  // A holiday as long as the period.
      const absl::CivilDay last = calendar.WorkingDayOnOrBefore(check_in.last);
      AddToUnit(Reminder::PERIODIC_REPORT, 0, check_in.last, std::max(first, calendar.AddWorkingDays(last, -days)));
    }
  }

  // Whether enough came in: results that were not returned, or a report where that is enough.
  bool Served(const CheckIn& check_in) const {
    int results = 0;
    for (const v1::Submission& submission : assignment_.execution().submissions()) {
      if (VerdictOn(submission) == v1::Review::RETURNED) continue;
      results += std::count(check_in.keys.begin(), check_in.keys.end(), submission.period()) > 0 ? 1 : 0;
    }
    if (results >= check_in.results) return true;
    if (!check_in.report_serves) return false;
    const auto& reports = assignment_.execution().reports();
    return std::any_of(reports.begin(), reports.end(), [&](const v1::Report& report) {
      const absl::CivilDay day = DayOf(FromProto(report.report_time()));
      return check_in.first <= day && day <= check_in.last;
    });
  }

  // A policy may name the same number twice.
  template <typename Numbers>
  static std::set<int> Distinct(const Numbers& numbers) {
    return std::set<int>(numbers.begin(), numbers.end());
  }

  void AddToUnit(Reminder::Reason reason, int days, absl::CivilDay due, absl::CivilDay day) {
    const absl::Time time = NominalTime(day);
    if (time < deadline_start_) return;
    for (const Span& span : waited_) {
      // A result of one period says nothing about the others.
      if (!Recurring() && span.begin <= time && time < span.end) return;
    }
    Add(reason, days, FormatDay(due), due, day);
  }

  // `version` tells apart what the same rule gives for another due day.
  void Add(Reminder::Reason reason, int days, const std::string& version, absl::CivilDay due, absl::CivilDay day) {
    const bool to_issuer = reason == Reminder::ESCALATION;
    const bool is_unsigned = reason == Reminder::UNSIGNED;
    Reminder& reminder = reminders_.emplace_back();
    reminder.set_assignment(assignment_.name());
    reminder.set_reason(reason);
    reminder.set_recipient(to_issuer ? assignment_.issuer() : assignment_.unit());
    reminder.set_recipient_display_name(to_issuer ? issuer_name_ : unit_name_);
    const std::string rule = StrCat(Reminder::Reason_Name(reason), "/", days);
    reminder.set_name(
        StrCat("reminders/", ComputedId("m-", {reminder.assignment(), rule, version, reminder.recipient()})));
    if (!is_unsigned) reminder.set_due(FormatDay(due));
    *reminder.mutable_remind_time() = ToProto(NominalTime(day));
    const ReminderFacts facts{.assignment = assignment_,
                              .reason = reason,
                              .unit_display_name = unit_name_,
                              .issuer_display_name = issuer_name_,
                              .due = due,
                              .has_due = !is_unsigned || Due().has_value(),
                              .day = day,
                              .signed_for = assignment_.execution().has_receipt(),
                              .under_review = under_review_,
                              .calendar_known = context_.calendar.KnownBetween(day, is_unsigned ? day : due)};
    reminder.set_text_zh(ReminderTextZh(facts));
    reminder.set_text_en(ReminderTextEn(facts));
  }

  const v1::Assignment& assignment_;
  const ReminderContext& context_;
  const absl::Time start_;
  const absl::Time deadline_start_;
  std::string unit_name_;
  std::string issuer_name_;
  bool accepted_ = false;
  bool under_review_ = false;
  // When returned results waited for their review.
  std::vector<Span> waited_;
  std::vector<Reminder> reminders_;
};

}  // namespace

std::vector<v1::Reminder> AssignmentToReminders(const v1::Assignment& assignment, const ReminderContext& context) {
  return Planner(assignment, context).Plan();
}

}  // namespace duban
