// Which reminders one unit's assignment asks for, written down once more and unit by unit, as the contract says it and
// without looking at how the service does it: what schedules come to is compared with this. Pure.

#ifndef DUBAN_TESTS_SUPPORT_REMINDER_ORACLE_H_
#define DUBAN_TESTS_SUPPORT_REMINDER_ORACLE_H_

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "common/calendar/working_calendar.h"
#include "duban/v1/reminder.pb.h"
#include "tests/support/test_notifier.h"

namespace duban::testing {

// `OVERDUE/3 of 2024-09-30` and its time.
struct ExpectedReminder {
  std::string what;
  v1::Reminder::Reason reason;
  absl::Time time;

  friend bool operator==(const ExpectedReminder&, const ExpectedReminder&) = default;
};

class ReminderOracle {
 public:
  ReminderOracle(const Assigned& assigned, const v1::ReminderPolicy& policy, const WorkingCalendar& calendar,
                 std::string_view node)
      : assigned_(assigned), policy_(policy), calendar_(calendar), node_(node) {
    const v1::Order& order = assigned.order;
    issued_ = FromProto(assigned.addressee.has_issue_time() ? assigned.addressee.issue_time() : order.issue_time());
    start_ = std::max(issued_, FromProto(order.deadline_change_time()));
  }

  std::vector<ExpectedReminder> Expected() {
    const v1::Order& order = assigned_.order;
    if (assigned_.addressee.has_cancel_time() || (Accepted() && !Recurs())) return {};
    const std::string& node = assigned_.addressee.unit_node();
    if (node_ == (node.empty() ? order.issuer_node() : node)) ToUnit();
    if (node_ == order.issuer_node() && !Recurs() && Due().has_value()) {
      for (const int days : Days(policy_.escalation_working_days())) {
        Add(v1::Reminder::ESCALATION, days, *Due(), calendar_.AddWorkingDays(*Due(), days), start_);
      }
    }
    std::sort(expected_.begin(), expected_.end(), [](const ExpectedReminder& a, const ExpectedReminder& b) {
      return std::tie(a.time, a.what) < std::tie(b.time, b.what);
    });
    return expected_;
  }

 private:
  using Deadline = v1::Deadline;

  bool Recurs() const {
    return assigned_.order.deadline().kind() == Deadline::STANDING ||
           assigned_.order.deadline().kind() == Deadline::PERIODIC;
  }

  std::optional<absl::CivilDay> Due() const {
    const Deadline& deadline = assigned_.order.deadline();
    const bool dated = deadline.kind() == Deadline::BY_DATE || deadline.kind() == Deadline::WHOLE_PERIOD;
    return dated ? ParseDay(deadline.due()) : std::nullopt;
  }

  std::optional<v1::Review> ReviewOf(const v1::Submission& submission) const {
    std::optional<v1::Review> latest;
    for (const v1::Review& review : assigned_.oversight.reviews()) {
      if (review.submission_id() == submission.submission_id()) latest = review;
    }
    return latest;
  }

  bool Accepted() const {
    return std::any_of(assigned_.execution.submissions().begin(), assigned_.execution.submissions().end(),
                       [&](const v1::Submission& submission) {
                         const auto review = ReviewOf(submission);
                         return review.has_value() && review->verdict() == v1::Review::ACCEPTED;
                       });
  }

  // The last time at which a result was sent back, of those about one of `periods`, or of all where there are none.
  absl::Time LastReturn(const std::set<std::string>& periods) const {
    absl::Time last = absl::InfinitePast();
    for (const v1::Submission& submission : assigned_.execution.submissions()) {
      const auto review = ReviewOf(submission);
      if (!periods.empty() && !periods.contains(submission.period())) continue;
      if (review.has_value() && review->verdict() == v1::Review::RETURNED) {
        last = std::max(last, FromProto(review->review_time()));
      }
    }
    return last;
  }

  template <typename Numbers>
  static std::set<int> Days(const Numbers& numbers) {
    return std::set<int>(numbers.begin(), numbers.end());
  }

  void Add(v1::Reminder::Reason reason, int days, absl::CivilDay about, absl::CivilDay day, absl::Time start) {
    const absl::Time time = TimeAt(day, policy_.minute_of_day());
    if (time < start) return;
    expected_.push_back({StrCat(v1::Reminder::Reason_Name(reason), "/", days, " of ", FormatDay(about)), reason, time});
  }

  void ToUnit() {
    const absl::CivilDay day_of_issue = DayOf(issued_);
    if (!assigned_.execution.has_receipt()) {
      for (const int days : Days(policy_.unsigned_working_days())) {
        Add(v1::Reminder::UNSIGNED, days, day_of_issue, calendar_.AddWorkingDays(day_of_issue, days), issued_);
      }
    }
    if (Recurs()) return ToUnitByPeriods(day_of_issue);
    const auto& submissions = assigned_.execution.submissions();
    if (!Due().has_value() || (!submissions.empty() && !ReviewOf(*submissions.rbegin()).has_value())) return;
    const absl::Time start = std::max(start_, LastReturn({}));
    const absl::CivilDay last = calendar_.WorkingDayOnOrBefore(*Due());
    for (const int days : Days(policy_.before_due_working_days())) {
      Add(v1::Reminder::BEFORE_DUE, days, *Due(), calendar_.AddWorkingDays(last, -days), start);
    }
    if (policy_.on_due()) Add(v1::Reminder::DUE, 0, *Due(), last, start);
    for (const int days : Days(policy_.overdue_working_days())) {
      Add(v1::Reminder::OVERDUE, days, *Due(), calendar_.AddWorkingDays(*Due(), days), start);
    }
  }

  // A stretch of days at whose end something is asked for: the periods it is about, and how many results.
  struct Ask {
    absl::CivilDay first, last;
    std::set<std::string> periods;
    int results = 0;
    bool report_is_enough = false;
  };

  std::vector<Ask> Asks(absl::CivilDay day_of_issue) const {
    const Deadline& deadline = assigned_.order.deadline();
    const int times = std::max(1, deadline.times());
    std::vector<Ask> asks;
    for (const Period& period : PeriodsOf(deadline, assigned_.order.year(), day_of_issue)) {
      if (deadline.kind() == Deadline::STANDING) {
        for (const int month : {3, 6, 9, 12}) {
          const Period quarter = PeriodAt(Deadline::QUARTERLY, absl::CivilDay(period.first.year(), month, 1));
          asks.push_back({quarter.first, quarter.last, {period.key}, 1, month < 12});
        }
        continue;
      }
      const bool daily = FrequencyOf(deadline) == Deadline::DAILY;
      const Period stretch = daily ? PeriodAt(Deadline::WEEKLY, period.first) : period;
      if (asks.empty() || asks.back().last != stretch.last) asks.push_back({stretch.first, stretch.last, {}, 0, false});
      if (daily && !calendar_.IsWorkingDay(period.first)) continue;
      asks.back().periods.insert(period.key);
      asks.back().results += times;
    }
    return asks;
  }

  void ToUnitByPeriods(absl::CivilDay day_of_issue) {
    const int days = policy_.periodic_working_days();
    if (days == 0) return;
    for (const Ask& ask : Asks(day_of_issue)) {
      int results = 0;
      for (const v1::Submission& submission : assigned_.execution.submissions()) {
        const auto review = ReviewOf(submission);
        const bool returned = review.has_value() && review->verdict() == v1::Review::RETURNED;
        if (!returned && ask.periods.contains(submission.period())) ++results;
      }
      bool served = results >= ask.results;
      for (const v1::Report& report : assigned_.execution.reports()) {
        const absl::CivilDay day = DayOf(FromProto(report.report_time()));
        served = served || (ask.report_is_enough && ask.first <= day && day <= ask.last);
      }
      const absl::CivilDay first = calendar_.WorkingDayOnOrAfter(ask.first);
      if (served || first > ask.last) continue;
      const absl::CivilDay back = calendar_.AddWorkingDays(calendar_.WorkingDayOnOrBefore(ask.last), -days);
      const absl::Time returned = ask.periods.empty() ? absl::InfinitePast() : LastReturn(ask.periods);
      Add(v1::Reminder::PERIODIC_REPORT, 0, ask.last, std::max(first, back), std::max(start_, returned));
    }
  }

  const Assigned& assigned_;
  const v1::ReminderPolicy& policy_;
  const WorkingCalendar& calendar_;
  const std::string_view node_;
  absl::Time issued_;
  absl::Time start_;
  std::vector<ExpectedReminder> expected_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_REMINDER_ORACLE_H_
