#include "services/assignment/state.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"

namespace duban {
namespace {

using Assignment = v1::Assignment;

// The submission that waits for review; null where none does.
const v1::Submission* Waiting(const Assignment& assignment, const v1::Execution& execution) {
  if (execution.submissions().empty()) return nullptr;
  const v1::Submission& last = *execution.submissions().rbegin();
  return VerdictOn(assignment, last.submission_id()) == v1::Review::VERDICT_UNSPECIFIED ? &last : nullptr;
}

// A result that waits for review counts as in time if it was handed in by the last day: the wait is the issuer's.
bool HandedInBy(const v1::Submission* waiting, absl::CivilDay last) {
  return waiting != nullptr && DayOf(FromProto(waiting->submit_time())) <= last;
}

// How a deadline stands on a day.
enum class Timing { kInOrder, kNear, kOver };

Timing TimingOf(absl::CivilDay last, int near_days, bool handed_in, absl::CivilDay today) {
  if (handed_in) return Timing::kInOrder;
  if (today > last) return Timing::kOver;
  return last - today <= near_days ? Timing::kNear : Timing::kInOrder;
}

Timing TimingOfPeriods(const Assignment& assignment, const v1::Execution& execution, absl::CivilDay today) {
  const v1::Submission* waiting = Waiting(assignment, execution);
  Timing worst = Timing::kInOrder;
  for (const Period& period : PeriodsOf(assignment)) {
    if (period.first > today) break;
    if (PeriodClosed(assignment, execution, period.key)) continue;
    const bool handed_in = HandedInBy(waiting, period.last) && waiting->period() == period.key;
    worst = std::max(worst, TimingOf(period.last, NearDays(period), handed_in, today));
  }
  return worst;
}

Timing TimingOfDeadline(const Assignment& assignment, const v1::Execution& execution, absl::CivilDay today) {
  if (IsJudgedByPeriods(assignment.deadline())) return TimingOfPeriods(assignment, execution, today);
  const std::optional<absl::CivilDay> due = ParseDay(assignment.deadline().due());
  if (!due.has_value()) return Timing::kInOrder;
  return TimingOf(*due, kNearDays, HandedInBy(Waiting(assignment, execution), *due), today);
}

bool SentBack(const Assignment& assignment, const v1::Execution& execution) {
  if (execution.submissions().empty()) return false;
  return VerdictOn(assignment, execution.submissions().rbegin()->submission_id()) == v1::Review::RETURNED;
}

}  // namespace

v1::Review::Verdict VerdictOn(const Assignment& assignment, std::string_view submission_id) {
  v1::Review::Verdict verdict = v1::Review::VERDICT_UNSPECIFIED;
  for (const v1::Review& review : assignment.reviews()) {
    if (review.submission_id() == submission_id) verdict = review.verdict();
  }
  return verdict;
}

Assignment::State StateOf(const Assignment& assignment, const v1::Execution& execution) {
  if (assignment.has_cancel_time()) return Assignment::CANCELLED;
  if (!IsJudgedByPeriods(assignment.deadline())) {
    for (const v1::Submission& submission : execution.submissions()) {
      if (VerdictOn(assignment, submission.submission_id()) == v1::Review::ACCEPTED) return Assignment::DONE;
    }
  }
  if (Waiting(assignment, execution) != nullptr) return Assignment::UNDER_REVIEW;
  if (DUBAN_BUG("assignment.returned_is_received") && SentBack(assignment, execution)) return Assignment::RECEIVED;
  if (!execution.reports().empty()) return Assignment::IN_PROGRESS;
  return execution.has_receipt() ? Assignment::RECEIVED : Assignment::ISSUED;
}

bool PeriodClosed(const Assignment& assignment, const v1::Execution& execution, std::string_view key) {
  int accepted = 0;
  for (const v1::Submission& submission : execution.submissions()) {
    if (submission.period() != key) continue;
    if (VerdictOn(assignment, submission.submission_id()) == v1::Review::ACCEPTED) ++accepted;
  }
  return accepted >= std::max(1, assignment.deadline().times());
}

Assignment::Light LightOf(const Assignment& assignment, const v1::Execution& execution, absl::CivilDay today,
                          const WorkingCalendar& calendar) {
  const Assignment::State state = StateOf(assignment, execution);
  if (state == Assignment::DONE || state == Assignment::DECLINED || state == Assignment::CANCELLED) {
    return Assignment::GREY;
  }
  const Timing timing = TimingOfDeadline(assignment, execution, today);
  if (timing == Timing::kOver) return Assignment::RED;
  if (timing == Timing::kNear || SentBack(assignment, execution)) return Assignment::YELLOW;
  if (state == Assignment::ISSUED) {
    const absl::CivilDay issued = DayOf(FromProto(assignment.issue_time()));
    if (today > calendar.AddWorkingDays(issued, kSigningWorkingDays)) return Assignment::YELLOW;
  }
  return Assignment::GREEN;
}

std::string EtagOfHalves(const Assignment& assignment, const v1::Execution& execution) {
  return StrCat(assignment.version(), "-", execution.version());
}

Assignment ViewOf(Assignment assignment, const v1::Execution& execution, absl::CivilDay today,
                  const WorkingCalendar& calendar) {
  assignment.set_state(StateOf(assignment, execution));
  assignment.set_light(LightOf(assignment, execution, today, calendar));
  assignment.set_etag(EtagOfHalves(assignment, execution));
  if (execution.version() > 0) *assignment.mutable_execution() = execution;
  assignment.clear_carried_execution();
  return assignment;
}

void ClearComputed(Assignment& assignment) {
  assignment.clear_execution();
  assignment.clear_state();
  assignment.clear_light();
  assignment.clear_etag();
}

std::string_view StateInChinese(Assignment::State state) {
  switch (state) {
    case Assignment::ISSUED:
      return "待签收";
    case Assignment::RECEIVED:
      return "已签收";
    case Assignment::IN_PROGRESS:
      return "办理中";
    case Assignment::UNDER_REVIEW:
      return "待审核";
    case Assignment::DONE:
      return "已办结";
    case Assignment::DECLINED:
      return "已退件";
    case Assignment::CANCELLED:
      return "已取消";
    default:
      return "未知";
  }
}

}  // namespace duban
