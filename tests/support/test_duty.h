// Duties as tests want them, made by hand: what a unit and its issuer did, without asking whether they could.

#ifndef DUBAN_TESTS_SUPPORT_TEST_DUTY_H_
#define DUBAN_TESTS_SUPPORT_TEST_DUTY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/time/civil_time.h"
#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/contract/duty.h"

namespace duban::testing {

// A Monday.
inline constexpr absl::CivilDay kIssueDay(2024, 3, 4);

inline v1::Deadline MakeDeadline(v1::Deadline::Kind kind, const std::string& due = "",
                                 v1::Deadline::Frequency frequency = v1::Deadline::FREQUENCY_UNSPECIFIED,
                                 int times = 0) {
  v1::Deadline deadline;
  deadline.set_kind(kind);
  deadline.set_due(due);
  deadline.set_frequency(frequency);
  deadline.set_times(times);
  return deadline;
}

// A duty of `units/finance`, which works at node `city`; `office` issued it at node `city` too, on kIssueDay.
inline Duty MakeDuty(const v1::Deadline& deadline = MakeDeadline(v1::Deadline::BY_DATE, "2024-09-30")) {
  v1::Order order;
  order.set_name("plans/p/tasks/t1/order");
  order.set_task("plans/p/tasks/t1");
  order.set_plan_title("计划");
  order.set_year(2024);
  *order.mutable_deadline() = deadline;
  order.set_issuer("units/office");
  order.set_issuer_display_name("市政府办");
  order.set_issuer_node("city");
  *order.mutable_issue_time() = ToProto(TimeAt(kIssueDay, 540));
  order.set_version(1);
  Duty duty;
  duty.name = "plans/p/tasks/t1/assignments/finance";
  duty.order = std::make_shared<const v1::Order>(std::move(order));
  duty.addressee.set_unit("units/finance");
  duty.addressee.set_unit_display_name("市财政局");
  duty.addressee.set_unit_node("city");
  return duty;
}

// Changes the order of a duty, which no other duty shares any more then.
template <typename Edit>
void EditOrder(Duty& duty, Edit edit) {
  v1::Order order = *duty.order;
  edit(order);
  duty.order = std::make_shared<const v1::Order>(std::move(order));
}

inline void Sign(Duty& duty, absl::CivilDay day = kIssueDay) {
  duty.execution.set_version(duty.execution.version() + 1);
  duty.execution.mutable_receipt()->set_signer("王一");
  *duty.execution.mutable_receipt()->mutable_receive_time() = ToProto(TimeAt(day, 560));
}

inline void Report(Duty& duty, absl::CivilDay day = kIssueDay) {
  duty.execution.set_version(duty.execution.version() + 1);
  v1::Report& report = *duty.execution.add_reports();
  report.set_report_id(StrCat("r-", duty.execution.reports_size()));
  report.set_text("进展");
  *report.mutable_report_time() = ToProto(TimeAt(day, 580));
}

// Hands in a result, the n-th as `s-n`.
inline void Submit(Duty& duty, absl::CivilDay day, const std::string& period = "") {
  duty.execution.set_version(duty.execution.version() + 1);
  v1::Submission& submission = *duty.execution.add_submissions();
  submission.set_submission_id(StrCat("s-", duty.execution.submissions_size()));
  submission.set_period(period);
  *submission.mutable_submit_time() = ToProto(TimeAt(day, 600));
}

// Judges the last result.
inline void Judge(Duty& duty, v1::Review::Verdict verdict, absl::CivilDay day = kIssueDay) {
  duty.oversight.set_version(duty.oversight.version() + 1);
  v1::Review& review = *duty.oversight.add_reviews();
  review.set_submission_id(duty.execution.submissions().rbegin()->submission_id());
  review.set_verdict(verdict);
  *review.mutable_review_time() = ToProto(TimeAt(day, 620));
}

inline void Cancel(Duty& duty, absl::CivilDay day, const std::string& reason = "计划已撤回") {
  *duty.addressee.mutable_cancel_time() = ToProto(TimeAt(day, 0));
  duty.addressee.set_cancel_reason(reason);
}

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_DUTY_H_
