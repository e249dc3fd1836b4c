#include "services/notification/order_to_schedules.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "common/contract/agreed.h"
#include "common/contract/duty.h"

namespace duban {
namespace {

using storage::v1::DutyActs;
using storage::v1::ListedUnit;
using storage::v1::ListHead;
using v1::Deadline;
using v1::Reminder;

struct Letter {
  Reminder::Reason reason;
  char letter;
};
constexpr Letter kLetters[] = {{Reminder::UNSIGNED, 'u'}, {Reminder::BEFORE_DUE, 'b'}, {Reminder::DUE, 'd'},
                               {Reminder::OVERDUE, 'o'},  {Reminder::ESCALATION, 'e'}, {Reminder::PERIODIC_REPORT, 'p'},
                               {Reminder::URGE, 'n'}};

// The check-ins of a duty that returns, for units that were told on `issued`: its periods, with two exceptions. A daily
// duty is asked about by the week, because a reminder every day reminds nobody. A standing duty is judged once a year;
// the quarters before ask for news.
std::vector<CheckIn> CheckInsOf(const v1::Order& order, absl::CivilDay issued, const WorkingCalendar& calendar) {
  const Deadline& deadline = order.deadline();
  const int times = std::max(1, deadline.times());
  std::vector<CheckIn> check_ins;
  for (const Period& period : PeriodsOf(deadline, order.year(), issued)) {
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

// A policy may name the same number twice.
template <typename Numbers>
std::set<int> Distinct(const Numbers& numbers) {
  return std::set<int>(numbers.begin(), numbers.end());
}

absl::Time DeadlineStart(const v1::Order& order, absl::Time told) {
  return std::max(told, FromProto(order.deadline_change_time()));
}

// When whoever was told at `told` was last asked to sign: a revision that changes a duty asks again.
absl::Time AskedSince(const v1::Order& order, absl::Time told) {
  const v1::DutyChange& change = LastChangeOf(order);
  return change.plan_revision() == 0 ? told : std::max(told, FromProto(change.change_time()));
}

// One run of the arrow over one order.
class Planner {
 public:
  Planner(const v1::Order& order, const ListHead& list, const ScheduleContext& context)
      : order_(order),
        context_(context),
        here_(TimesOf(list.issue_micros_here())),
        asked_here_(TimesOf(list.asked_micros_here())),
        all_(TimesOf(list.issue_micros())) {}

  std::vector<PlannedSchedule> Plan() {
    if (!here_.empty()) PlanForUnits();
    if (!all_.empty() && !order_.issuer().empty() && context_.node == order_.issuer_node()) PlanForIssuer();
    std::sort(schedules_.begin(), schedules_.end(), [](const PlannedSchedule& a, const PlannedSchedule& b) {
      return std::make_tuple(a.time, a.key.ToString()) < std::make_tuple(b.time, b.key.ToString());
    });
    return std::move(schedules_);
  }

 private:
  std::set<absl::Time> TimesOf(const google::protobuf::RepeatedField<int64_t>& micros) const {
    std::set<absl::Time> times;
    for (const int64_t time : micros) {
      times.insert(time == 0 ? FromProto(order_.issue_time()) : absl::FromUnixMicros(time));
    }
    return times;
  }

  void PlanForUnits() {
    PlanUnsigned();
    for (const absl::Time minute : context_.own_times.urged) schedules_.push_back({UrgeKey(minute), minute});
    if (IsRecurring(order_.deadline())) return PlanPeriods();
    for (const absl::CivilDay due : DueDays()) PlanAround(due);
  }

  // The order's due day, and those that were granted instead.
  std::set<absl::CivilDay> DueDays() const {
    const std::optional<absl::CivilDay> due = DueOf(order_.deadline());
    if (!due.has_value()) return {};
    std::set<absl::CivilDay> days = {*due};
    if (order_.deadline().kind() == Deadline::BY_DATE) {
      days.insert(context_.own_times.due.begin(), context_.own_times.due.end());
    }
    return days;
  }

  void PlanAround(absl::CivilDay due) {
    const v1::ReminderPolicy& policy = context_.policy;
    const absl::Time start = DeadlineStart(order_, *here_.begin());
    const absl::CivilDay last_day = context_.calendar.WorkingDayOnOrBefore(due);
    for (const int days : Distinct(policy.before_due_working_days())) {
      Add({Reminder::BEFORE_DUE, days, due}, context_.calendar.AddWorkingDays(last_day, -days), start);
    }
    if (policy.on_due()) Add({Reminder::DUE, 0, due}, last_day, start);
    for (const int days : Distinct(policy.overdue_working_days())) {
      Add({Reminder::OVERDUE, days, due}, context_.calendar.AddWorkingDays(due, days), start);
    }
  }

  void PlanForIssuer() {
    for (const absl::CivilDay due : DueDays()) {
      for (const int days : Distinct(context_.policy.escalation_working_days())) {
        Add({Reminder::ESCALATION, days, due}, context_.calendar.AddWorkingDays(due, days),
            DeadlineStart(order_, *all_.begin()));
      }
    }
  }

  void PlanUnsigned() {
    std::set<absl::CivilDay> told;
    for (const absl::Time time : here_) {
      // Whoever was told at no time cannot be late in signing.
      if (time != absl::UnixEpoch()) told.insert(DayOf(AskedSince(order_, time)));
    }
    for (const absl::Time time : asked_here_) told.insert(DayOf(AskedSince(order_, time)));
    for (const absl::CivilDay day : told) {
      for (const int days : Distinct(context_.policy.unsigned_working_days())) {
        Add({Reminder::UNSIGNED, days, day}, context_.calendar.AddWorkingDays(day, days), absl::InfinitePast());
      }
    }
  }

  void PlanPeriods() {
    const int days = context_.policy.periodic_working_days();
    if (days == 0) return;
    const WorkingCalendar& calendar = context_.calendar;
    std::set<absl::CivilDay> planned;
    for (const absl::Time told : here_) {
      if (told == absl::UnixEpoch()) continue;
      for (const CheckIn& check_in : CheckInsOf(order_, DayOf(told), calendar)) {
        if (!planned.insert(check_in.last).second) continue;
        const absl::CivilDay first = calendar.WorkingDayOnOrAfter(check_in.first);
        if (first > check_in.last) continue;  // A holiday as long as the period.
        const absl::CivilDay last = calendar.WorkingDayOnOrBefore(check_in.last);
        Add({Reminder::PERIODIC_REPORT, 0, check_in.last}, std::max(first, calendar.AddWorkingDays(last, -days)),
            DeadlineStart(order_, told));
      }
    }
  }

  void Add(const ScheduleKey& key, absl::CivilDay day, absl::Time start) {
    const absl::Time time = TimeAt(day, context_.policy.minute_of_day());
    if (time >= start) schedules_.push_back({key, time});
  }

  const v1::Order& order_;
  const ScheduleContext& context_;
  // When units were told.
  const std::set<absl::Time> here_;
  // When single ones of them were asked to sign again.
  const std::set<absl::Time> asked_here_;
  const std::set<absl::Time> all_;
  std::vector<PlannedSchedule> schedules_;
};

// The latest review of a submission; null while it waits.
const v1::Review* ReviewOf(const v1::Oversight& oversight, const v1::Submission& submission) {
  const v1::Review* latest = nullptr;
  for (const v1::Review& review : oversight.reviews()) {
    if (review.submission_id() == submission.submission_id()) latest = &review;
  }
  return latest;
}

// The minute in which it was.
absl::Time MinuteOf(const v1::Urge& urge) {
  return absl::FromUnixSeconds(urge.urge_time().seconds() / 60 * 60);
}

// The words of one unit's urges by the minutes in which they go out. What was said before in the same minute is not
// said again; other words take the next minute that is free, so that each reaches the unit.
std::map<absl::Time, std::string_view> UrgesByMinute(const v1::Oversight& oversight) {
  std::map<absl::Time, std::string_view> urges;
  for (const v1::Urge& urge : oversight.urges()) {
    for (absl::Time minute = MinuteOf(urge);; minute += absl::Minutes(1)) {
      const auto [at, fresh] = urges.try_emplace(minute, urge.text());
      if (fresh || at->second == urge.text()) break;
    }
  }
  return urges;
}

bool IsReturned(const v1::Review* review) {
  return review != nullptr && review->verdict() == v1::Review::RETURNED;
}

}  // namespace

std::string ScheduleKey::ToString() const {
  const auto* letter =
      std::find_if(std::begin(kLetters), std::end(kLetters), [&](const Letter& l) { return l.reason == reason; });
  return absl::StrFormat("%c%s-%04d%02d%02d", letter == std::end(kLetters) ? 'x' : letter->letter,
                         days == 0 ? "" : absl::StrCat(days), day.year(), day.month(), day.day());
}

std::optional<ScheduleKey> ScheduleKey::Parse(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || text.size() != dash + 9) return std::nullopt;
  const std::optional<absl::CivilDay> day =
      ParseDay(StrCat(text.substr(dash + 1, 4), "-", text.substr(dash + 5, 2), "-", text.substr(dash + 7)));
  const auto* letter =
      std::find_if(std::begin(kLetters), std::end(kLetters), [&](const Letter& l) { return l.letter == text[0]; });
  if (!day.has_value() || letter == std::end(kLetters)) return std::nullopt;
  ScheduleKey key{letter->reason, 0, *day};
  const std::string_view days = text.substr(1, dash - 1);
  if (!days.empty() && !ParseNumber(days, &key.days)) return std::nullopt;
  // One spelling.
  return key.ToString() == text ? std::optional(key) : std::nullopt;
}

std::optional<absl::CivilDay> DueOf(const Deadline& deadline) {
  if (deadline.kind() != Deadline::BY_DATE && deadline.kind() != Deadline::WHOLE_PERIOD) return std::nullopt;
  return ParseDay(deadline.due());
}

bool IsRecurring(const Deadline& deadline) {
  return deadline.kind() == Deadline::STANDING || deadline.kind() == Deadline::PERIODIC;
}

OwnTimes OwnTimesOf(const v1::Oversight& oversight) {
  OwnTimes times;
  std::string_view last;
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
    last = std::max<std::string_view>(last, answer.due());
  }
  for (const v1::Ruling& ruling : oversight.rulings()) last = std::max<std::string_view>(last, ruling.due());
  if (const std::optional<absl::CivilDay> day = ParseDay(last)) times.due.insert(*day);
  for (const auto& [minute, words] : UrgesByMinute(oversight)) times.urged.insert(minute);
  return times;
}

ScheduleKey UrgeKey(absl::Time minute) {
  const absl::CivilDay day = DayOf(minute);
  return {Reminder::URGE, static_cast<int>((minute - TimeAt(day, 0)) / absl::Minutes(1)), day};
}

std::vector<PlannedSchedule> OrderToSchedules(const v1::Order& order, const ListHead& list,
                                              const ScheduleContext& context) {
  return Planner(order, list, context).Plan();
}

ScheduleJudge::ScheduleJudge(const v1::Order& order, const ScheduleKey& key, absl::Time time,
                             const WorkingCalendar& calendar)
    : order_(order), key_(key), time_(time), calendar_(calendar) {}

absl::Time ScheduleJudge::IssueTimeOf(const ListedUnit& unit) const {
  return unit.issue_micros() == 0 ? FromProto(order_.issue_time()) : absl::FromUnixMicros(unit.issue_micros());
}

absl::Time ScheduleJudge::AskTimeOf(const ListedUnit& unit) const {
  const absl::Time asked = AskedSince(order_, IssueTimeOf(unit));
  return unit.asked_micros() == 0 ? asked : std::max(asked, absl::FromUnixMicros(unit.asked_micros()));
}

bool ScheduleJudge::IsSigned(const ListedUnit& unit, const v1::Execution& execution) const {
  const int32_t revision = std::max(LastChangeOf(order_).plan_revision(), unit.asked_revision());
  return execution.has_receipt() && execution.receipt().plan_revision() >= revision;
}

const CheckIn* ScheduleJudge::CheckInFor(absl::CivilDay issued) {
  auto [found, fresh] = check_ins_.try_emplace(issued);
  if (fresh) {
    for (CheckIn& check_in : CheckInsOf(order_, issued, calendar_)) {
      if (check_in.last == key_.day) found->second = std::move(check_in);
    }
  }
  return found->second.has_value() ? &*found->second : nullptr;
}

bool ScheduleJudge::PeriodAsks(const CheckIn& check_in, const v1::Execution& execution,
                               const v1::Oversight& oversight) const {
  int results = 0;
  for (const v1::Submission& submission : execution.submissions()) {
    if (std::count(check_in.keys.begin(), check_in.keys.end(), submission.period()) == 0) continue;
    const v1::Review* review = ReviewOf(oversight, submission);
    if (!IsReturned(review)) {
      ++results;
    } else if (time_ < FromProto(review->review_time())) {
      return false;
    }
  }
  if (results >= check_in.results) return false;
  if (!check_in.report_serves) return true;
  return std::none_of(execution.reports().begin(), execution.reports().end(), [&](const v1::Report& report) {
    if (report.has_retract_time()) return false;
    const absl::CivilDay day = DayOf(FromProto(report.report_time()));
    return check_in.first <= day && day <= check_in.last;
  });
}

absl::Time ScheduleJudge::TakeDue(const v1::Oversight& oversight, Judgement& judgement) const {
  judgement.due = duban::DueOf(order_.deadline());
  const std::string_view granted = GrantedDue(order_.deadline(), oversight);
  if (granted.empty() || DUBAN_BUG("notification.granted_day_passed_over")) return absl::InfinitePast();
  judgement.due = ParseDay(granted);
  absl::Time since = absl::InfinitePast();
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
    if (answer.due() == granted) since = std::max(since, FromProto(answer.answer_time()));
  }
  return since;
}

bool ScheduleJudge::Wants(const ListedUnit& unit, const v1::Execution& execution, const v1::Oversight& oversight,
                          absl::Time start, Judgement& judgement) {
  switch (key_.reason) {
    case Reminder::UNSIGNED:
      return !judgement.signed_for && DayOf(AskTimeOf(unit)) == key_.day && time_ >= start;
    case Reminder::PERIODIC_REPORT: {
      const CheckIn* check_in = CheckInFor(DayOf(IssueTimeOf(unit)));
      return check_in != nullptr && time_ >= start && PeriodAsks(*check_in, execution, oversight);
    }
    case Reminder::ESCALATION:
      return time_ >= start && judgement.due == key_.day;
    case Reminder::URGE: {
      const std::map<absl::Time, std::string_view> urges = UrgesByMinute(oversight);
      const auto words = urges.find(time_);
      if (words != urges.end()) judgement.urge = words->second;
      return !judgement.urge.empty() && !judgement.under_review;
    }
    default:
      return time_ >= start && judgement.due == key_.day && !judgement.under_review;
  }
}

Judgement ScheduleJudge::operator()(const ListedUnit& unit, const DutyActs& acts) {
  v1::Addressee addressee;
  addressee.set_moves(unit.moves());
  const v1::Oversight& oversight = acts.oversight();
  const v1::Execution execution = EffectiveExecution(addressee, oversight, acts.execution());
  Judgement judgement;
  judgement.signed_for = IsSigned(unit, execution);
  bool accepted = false;
  absl::Time start = std::max(DeadlineStart(order_, IssueTimeOf(unit)), TakeDue(oversight, judgement));
  for (const v1::Submission& submission : execution.submissions()) {
    const v1::Review* review = ReviewOf(oversight, submission);
    // Only the latest result can still wait.
    judgement.under_review = review == nullptr;
    accepted = accepted || (review != nullptr && review->verdict() == v1::Review::ACCEPTED);
    // What comes back about one period says nothing about the others, and nothing to the issuer.
    if (!IsReturned(review) || key_.reason == Reminder::PERIODIC_REPORT || key_.reason == Reminder::ESCALATION)
      continue;
    start = std::max(start, FromProto(review->review_time()));
  }
  // Signing is asked for by when the unit was told, whatever became of the deadline.
  if (key_.reason == Reminder::UNSIGNED) start = absl::InfinitePast();
  // What would have gone out while a decline waited is not made up for.
  for (const v1::Ruling& ruling : oversight.rulings()) start = std::max(start, FromProto(ruling.rule_time()));
  const bool closed = unit.cancelled() || (accepted && !IsRecurring(order_.deadline()));
  if (closed && !DUBAN_BUG("notification.closed_still_reminds")) return judgement;
  const bool declined = OpenDecline(execution, oversight) != nullptr;
  if (declined && !DUBAN_BUG("notification.declined_still_reminds")) return judgement;
  judgement.wanted = Wants(unit, execution, oversight, start, judgement);
  return judgement;
}

}  // namespace duban
