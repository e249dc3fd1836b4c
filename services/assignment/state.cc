#include "services/assignment/state.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "common/contract/agreed.h"

namespace duban {
namespace {

using Assignment = v1::Assignment;
using Review = v1::Review;

// A light that is on whatever the day. Not the day of the act that lit it: the clocks of two nodes may disagree.
constexpr uint32_t kAlways = 1;

// The verdicts on a duty's submissions, in their order. One pass, however many there are: a daily duty has hundreds.
std::vector<Review::Verdict> VerdictsOf(const Duty& duty) {
  const auto& submissions = duty.execution.submissions();
  std::vector<Review::Verdict> verdicts(static_cast<size_t>(submissions.size()), Review::VERDICT_UNSPECIFIED);
  int next = 0;
  for (const Review& review : duty.oversight.reviews()) {
    // One is judged before the next is handed in, so that the place is nearly always the next one.
    for (int tried = 0; tried < submissions.size(); ++tried) {
      const int place = (next + tried) % submissions.size();
      if (submissions[place].submission_id() != review.submission_id()) continue;
      verdicts[static_cast<size_t>(place)] = review.verdict();
      next = place + 1;
      break;
    }
  }
  return verdicts;
}

// What became of a duty's submissions.
struct Results {
  explicit Results(const Duty& duty) : verdicts(VerdictsOf(duty)) {
    if (verdicts.empty()) return;
    if (verdicts.back() == Review::VERDICT_UNSPECIFIED) waiting = &*duty.execution.submissions().rbegin();
    sent_back = verdicts.back() == Review::RETURNED;
    accepted = std::count(verdicts.begin(), verdicts.end(), Review::ACCEPTED) > 0;
  }

  std::vector<Review::Verdict> verdicts;
  // The one that waits for review; null where none does.
  const v1::Submission* waiting = nullptr;
  // The last one was.
  bool sent_back = false;
  // Any one was.
  bool accepted = false;
};

Assignment::State StateWith(const Duty& duty, const Results& results) {
  if (duty.addressee.has_cancel_time()) return Assignment::CANCELLED;
  if (results.accepted && !IsJudgedByPeriods(duty.order->deadline())) return Assignment::DONE;
  if (OpenDecline(duty.execution, duty.oversight) != nullptr) return Assignment::DECLINED;
  // What was signed for before a revision changed it is not signed for.
  const bool asked_anew = duty.execution.has_receipt() && !IsSigned(duty);
  if (asked_anew && !DUBAN_BUG("assignment.changed_duty_stays_signed")) return Assignment::ISSUED;
  if (results.waiting != nullptr) return Assignment::UNDER_REVIEW;
  if (results.sent_back && DUBAN_BUG("assignment.returned_is_received")) return Assignment::RECEIVED;
  const auto& reports = duty.execution.reports();
  const bool reported = std::any_of(reports.begin(), reports.end(),
                                    [&](const v1::Report& report) { return !IsRetracted(report, duty.oversight); });
  if (reported) return Assignment::IN_PROGRESS;
  return duty.execution.has_receipt() ? Assignment::RECEIVED : Assignment::ISSUED;
}

// A result that waits for review counts as in time if it was handed in by the last day: the wait is the issuer's.
bool HandedInBy(const Results& results, absl::CivilDay last) {
  return results.waiting != nullptr && DayOf(FromProto(results.waiting->submit_time())) <= last;
}

// The first days on which what is due turns the light YELLOW and RED; 0: never.
struct Turns {
  uint32_t yellow_day = 0;
  uint32_t red_day = 0;
};

Turns TurnsOfDate(const Duty& duty, const Results& results) {
  const std::optional<absl::CivilDay> due = ParseDay(BindingDue(duty));
  if (!due.has_value() || HandedInBy(results, *due)) return {};
  return {DayNumber(*due - kNearDays), DayNumber(*due + 1)};
}

// The first days of the periods that accepted results are about, in order; one for each result.
std::vector<absl::CivilDay> ServedPeriods(const Duty& duty, const Results& results) {
  std::vector<absl::CivilDay> served;
  const v1::Deadline::Frequency frequency = FrequencyOf(duty.order->deadline());
  for (size_t i = 0; i < results.verdicts.size(); ++i) {
    if (results.verdicts[i] != Review::ACCEPTED) continue;
    const std::string& key = duty.execution.submissions(static_cast<int>(i)).period();
    if (const std::optional<absl::CivilDay> first = FirstDayOf(frequency, key)) served.push_back(*first);
  }
  // They nearly always are in order.
  if (!std::is_sorted(served.begin(), served.end())) std::sort(served.begin(), served.end());
  return served;
}

// Those of the first period that lacks a result: later ones turn later.
Turns TurnsOfPeriods(const Duty& duty, const Results& results, const WorkingCalendar& calendar) {
  const v1::Deadline& deadline = duty.order->deadline();
  const bool by_days = FrequencyOf(deadline) == v1::Deadline::DAILY && !DUBAN_BUG("assignment.day_off_judged");
  const int times = std::max(1, deadline.times());
  const std::vector<absl::CivilDay> served = ServedPeriods(duty, results);
  const std::optional<absl::CivilDay> waits_for =
      results.waiting == nullptr ? std::nullopt : FirstDayOf(FrequencyOf(deadline), results.waiting->period());
  auto place = served.begin();
  Turns turns;
  const auto in_order = [&](absl::CivilDay first, absl::CivilDay last) {
    place = std::find_if(place, served.end(), [&](absl::CivilDay day) { return day >= first; });
    const auto behind = std::find_if(place, served.end(), [&](absl::CivilDay day) { return day > first; });
    if (behind - place >= times) return true;
    if (waits_for == first && HandedInBy(results, last)) return true;
    if (by_days && !calendar.IsWorkingDay(first)) return true;
    turns = {DayNumber(std::max(first, last - NearDays(first, last))), DayNumber(last + 1)};
    return false;
  };
  WalkPeriods(deadline, duty.order->year(), DayOf(FromProto(IssueTimeOf(duty))), in_order);
  return turns;
}

// What the unit did, as it is shown: what it took back in time without its content.
v1::Execution ShownExecution(const Duty& duty) {
  v1::Execution shown = duty.execution;
  for (v1::Report& report : *shown.mutable_reports()) {
    if (!report.has_retract_time()) continue;
    if (IsRetracted(report, duty.oversight)) {
      report.clear_text();
      report.clear_percent();
      report.clear_evidence();
    } else {
      report.clear_retract_time();
    }
  }
  return shown;
}

// The earlier of two days, of which 0 is never.
uint32_t Earlier(uint32_t a, uint32_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

}  // namespace

uint32_t DayNumber(absl::CivilDay day) {
  return static_cast<uint32_t>(std::max<absl::civil_diff_t>(day - absl::CivilDay(1970, 1, 1), 1));
}

bool IsGrey(Assignment::State state) {
  return state == Assignment::DONE || state == Assignment::DECLINED || state == Assignment::CANCELLED;
}

v1::Review::Verdict VerdictOn(const v1::Oversight& oversight, std::string_view submission_id) {
  const auto& reviews = oversight.reviews();
  const auto last = std::find_if(reviews.rbegin(), reviews.rend(),
                                 [&](const Review& review) { return review.submission_id() == submission_id; });
  return last == reviews.rend() ? Review::VERDICT_UNSPECIFIED : last->verdict();
}

Assignment::State StateOf(const Duty& duty) {
  return StateWith(duty, Results(duty));
}

bool PeriodClosed(const Duty& duty, std::string_view key) {
  const std::vector<Review::Verdict> verdicts = VerdictsOf(duty);
  int accepted = 0;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const v1::Submission& submission = duty.execution.submissions(static_cast<int>(i));
    if (verdicts[i] == Review::ACCEPTED && submission.period() == key) ++accepted;
  }
  return accepted >= std::max(1, duty.order->deadline().times());
}

absl::CivilDay LastDeclineDay(const Duty& duty, const WorkingCalendar& calendar) {
  const int days = duty.order->decline_working_days();
  return calendar.AddWorkingDays(DayOf(AskTimeOf(duty)), days > 0 ? days : kDeclineWorkingDays);
}

Standing StandingOf(const Duty& duty, const WorkingCalendar& calendar) {
  const Results results(duty);
  Standing standing;
  standing.state = StateWith(duty, results);
  if (IsGrey(standing.state)) return standing;
  const bool by_periods = IsJudgedByPeriods(duty.order->deadline());
  const Turns turns = by_periods ? TurnsOfPeriods(duty, results, calendar) : TurnsOfDate(duty, results);
  standing.red_day = turns.red_day;
  standing.yellow_day = turns.yellow_day;
  if (results.sent_back) standing.yellow_day = kAlways;
  if (standing.state == Assignment::ISSUED) {
    const absl::CivilDay asked = DayOf(AskTimeOf(duty));
    const absl::CivilDay unsigned_day = calendar.AddWorkingDays(asked, kSigningWorkingDays) + 1;
    standing.yellow_day = Earlier(standing.yellow_day, DayNumber(unsigned_day));
  }
  return standing;
}

Assignment::Light LightOn(const Standing& standing, absl::CivilDay day) {
  if (IsGrey(standing.state)) return Assignment::GREY;
  const uint32_t number = DayNumber(day);
  if (standing.red_day != 0 && standing.red_day <= number) return Assignment::RED;
  return standing.yellow_day != 0 && standing.yellow_day <= number ? Assignment::YELLOW : Assignment::GREEN;
}

std::string EtagOf(const Duty& duty) {
  // An addressee never changes under its order's version: its list would be another one, which the order then names.
  return StrCat(duty.order->version(), "-", duty.oversight.version(), "-", duty.execution.version());
}

Assignment ViewOf(const Duty& duty, const Standing& standing, absl::CivilDay today) {
  const v1::Order& order = *duty.order;
  const v1::Addressee& addressee = duty.addressee;
  Assignment view;
  view.set_name(duty.name);
  view.set_task(order.task());
  view.set_plan_title(order.plan_title());
  view.set_plan_revision(order.plan_revision());
  view.set_table(order.table());
  view.set_number(order.number());
  *view.mutable_headings() = order.headings();
  view.set_text(order.text());
  view.set_unit(addressee.unit());
  view.set_unit_display_name(addressee.unit_display_name());
  view.set_unit_node(addressee.unit_node());
  view.set_role(addressee.role());
  view.set_addressed_as(addressee.addressed_as());
  if (order.has_deadline()) *view.mutable_deadline() = DeadlineOf(duty);
  if (view.deadline().due() != order.deadline().due()) view.set_issued_due(order.deadline().due());
  view.set_readdressed_to(addressee.readdressed_to());
  view.set_readdressed_from(addressee.readdressed_from());
  view.set_year(order.year());
  view.set_issuer(order.issuer());
  view.set_issuer_display_name(order.issuer_display_name());
  view.set_issuer_node(order.issuer_node());
  *view.mutable_aligned_tasks() = order.aligned_tasks();
  *view.mutable_issue_time() = IssueTimeOf(duty);
  if (order.has_deadline_change_time()) *view.mutable_deadline_change_time() = order.deadline_change_time();
  if (addressee.has_cancel_time()) *view.mutable_cancel_time() = addressee.cancel_time();
  view.set_cancel_reason(addressee.cancel_reason());
  if (duty.oversight.version() > 0) {
    *view.mutable_oversight() = duty.oversight;
    // What travelled along stands in the execution, or has given way to what came after it.
    view.mutable_oversight()->clear_carried_execution();
  }
  if (duty.execution.version() > 0) *view.mutable_execution() = ShownExecution(duty);
  for (v1::DutyChange& change : ChangesToSign(duty)) *view.add_duty_changes() = std::move(change);
  view.set_state(standing.state);
  view.set_light(LightOn(standing, today));
  view.set_etag(EtagOf(duty));
  return view;
}

}  // namespace duban
