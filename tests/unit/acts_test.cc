// Every act in every state: done, or refused with the reason the contract gives; and what it makes of whose half.

#include "services/assignment/acts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/errors.h"
#include "services/assignment/state.h"
#include "tests/support/test_duty.h"

namespace duban {
namespace {

using testing::Cancel;
using testing::EditOrder;
using ::testing::HasSubstr;
using testing::Judge;
using testing::kIssueDay;
using testing::MakeDeadline;
using testing::MakeDuty;
using testing::Sign;
using testing::Submit;
using A = v1::Assignment;
using D = v1::Deadline;
using Day = absl::CivilDay;

const absl::Time kNow = TimeAt(kIssueDay + 1, 600);

v1::Report MakeReport(const std::string& text = "过半") {
  v1::Report report;
  report.set_text(text);
  report.set_percent(50);
  report.set_reporter("王一");
  return report;
}

v1::Submission MakeSubmission(const std::string& period = "") {
  v1::Submission submission;
  submission.set_text("完成");
  submission.set_submitter("王一");
  submission.set_period(period);
  return submission;
}

const ActingPerson kClerk = {"王一", ""};

SignAct Signing(bool lease_held = true) {
  return {kClerk, lease_held};
}

ReviewAct Reviewing(std::string_view submission = "s-1", v1::Review::Verdict verdict = v1::Review::ACCEPTED) {
  return {submission, verdict, "缺附件", {"李二", ""}};
}

// A duty as somebody reads it, with nothing wrong but its state.
Duty DutyIn(A::State state) {
  Duty duty = MakeDuty();
  if (state == A::ISSUED) return duty;
  Sign(duty);
  if (state == A::RECEIVED) return duty;
  testing::Report(duty);
  if (state == A::IN_PROGRESS) return duty;
  Submit(duty, kIssueDay);
  if (state == A::UNDER_REVIEW) return duty;
  if (state == A::DONE) Judge(duty, v1::Review::ACCEPTED);
  if (state == A::CANCELLED) Cancel(duty, kIssueDay);
  return duty;
}

absl::StatusOr<Acted> Do(const Duty& duty, const Act& act, std::string_view etag = {}, std::string_view node = "city") {
  return Perform(duty, act, {node, kNow, etag});
}

// What an act makes of a duty; the duty itself where it is refused.
Duty After(Duty duty, const Act& act) {
  const absl::StatusOr<Acted> acted = Do(duty, act);
  EXPECT_TRUE(acted.ok()) << acted.status();
  if (!acted.ok()) return duty;
  if (acted->execution.has_value()) duty.execution = *acted->execution;
  if (acted->oversight.has_value()) duty.oversight = *acted->oversight;
  return duty;
}

TEST(ActsTest, EveryActIsDoneOrRefusedByTheStateItMeets) {
  const v1::Report report = MakeReport();
  const v1::Submission submission = MakeSubmission();
  const Act sign = Signing(), tell = ReportAct{report, kClerk}, submit = SubmitAct{submission, "s-new", kClerk},
            review = Reviewing();
  constexpr char kDone[] = "";
  constexpr char kSignFirst[] = "该事项尚未签收，请先签收";
  constexpr char kSigned[] = "该事项已签收，无需再签收";
  constexpr char kInReview[] = "已申请办结，正在审核";
  constexpr char kClosed[] = "该事项已办结，不再受理";
  constexpr char kCancelled[] = "该事项已撤销，无需再办理";
  struct Row {
    const Act& act;
    A::State state;
    // What the caller reads; empty where it is done.
    const char* chinese;
  };
  const Row rows[] = {
      {sign, A::ISSUED, kDone},           {sign, A::RECEIVED, kSigned},
      {sign, A::IN_PROGRESS, kSigned},    {sign, A::UNDER_REVIEW, kSigned},
      {sign, A::DONE, kSigned},           {sign, A::CANCELLED, kCancelled},
      {tell, A::ISSUED, kSignFirst},      {tell, A::RECEIVED, kDone},
      {tell, A::IN_PROGRESS, kDone},      {tell, A::UNDER_REVIEW, kInReview},
      {tell, A::DONE, kClosed},           {tell, A::CANCELLED, kCancelled},
      {submit, A::ISSUED, kSignFirst},    {submit, A::RECEIVED, kDone},
      {submit, A::IN_PROGRESS, kDone},    {submit, A::UNDER_REVIEW, kInReview},
      {submit, A::DONE, kClosed},         {submit, A::CANCELLED, kCancelled},
      {review, A::UNDER_REVIEW, kDone},   {review, A::DONE, "该事项已办结，无需再审核"},
      {review, A::CANCELLED, kCancelled},
  };
  for (const Row& row : rows) {
    const Duty duty = DutyIn(row.state);
    const std::string state = A::State_Name(row.state);
    ASSERT_EQ(StateOf(duty), row.state);
    const absl::StatusOr<Acted> acted = Do(duty, row.act);
    const std::string where = StrCat("act ", row.act.index(), " in ", state, ": ", acted.status().ToString());
    EXPECT_EQ(acted.ok(), row.chinese[0] == '\0') << where;
    if (acted.ok()) continue;
    EXPECT_EQ(ReasonOf(acted.status()), v1::WRONG_STATE) << where;
    EXPECT_EQ(MetadataOf(acted.status()), (ErrorMetadata{{"state", state}})) << where;
    EXPECT_THAT(ChineseMessage(acted.status()), HasSubstr(row.chinese)) << where;
    EXPECT_THAT(ChineseMessage(acted.status()), HasSubstr(duty.name)) << where;
    EXPECT_THAT(std::string(acted.status().message()), HasSubstr(StrCat("`", duty.name, "` is ", state))) << where;
  }
}

TEST(ActsTest, AResultThatIsNotThereCannotBeJudged) {
  for (A::State state : {A::ISSUED, A::RECEIVED, A::IN_PROGRESS}) {
    const absl::Status status = Do(DutyIn(state), Reviewing()).status();
    EXPECT_EQ(ReasonOf(status), v1::RESOURCE_NOT_FOUND);
    EXPECT_EQ(MetadataOf(status)["name"], "plans/p/tasks/t1/assignments/finance/submissions/s-1");
  }
}

TEST(ActsTest, OnlyTheResultThatWaitsIsJudged) {
  Duty duty = DutyIn(A::UNDER_REVIEW);
  Judge(duty, v1::Review::RETURNED);
  const absl::Status before = Do(duty, Reviewing("s-1")).status();
  EXPECT_EQ(ReasonOf(before), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(before)["state"], "IN_PROGRESS");
  EXPECT_THAT(ChineseMessage(before), HasSubstr("没有待审核的办结申请"));
  Submit(duty, kIssueDay);
  const absl::Status old = Do(duty, Reviewing("s-1")).status();
  EXPECT_EQ(ReasonOf(old), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(old)["state"], "UNDER_REVIEW");
  EXPECT_THAT(ChineseMessage(old), HasSubstr("办结申请s-1已审核"));
  EXPECT_TRUE(Do(duty, Reviewing("s-2")).ok());
}

TEST(ActsTest, SigningMakesTheUnitsHalf) {
  Duty duty = MakeDuty();
  duty.addressee.set_moves(2);
  const absl::StatusOr<Acted> acted = Do(duty, Signing());
  ASSERT_TRUE(acted.ok()) << acted.status();
  EXPECT_FALSE(acted->oversight.has_value());
  const v1::Execution& execution = acted->execution.value();
  EXPECT_EQ(execution.assignment(), duty.name);
  EXPECT_EQ(execution.node(), "city");
  EXPECT_EQ(execution.moves(), 2);
  EXPECT_EQ(execution.version(), 1);
  EXPECT_EQ(execution.receipt().signer(), "王一");
  EXPECT_EQ(FromProto(execution.receipt().receive_time()), kNow);
}

TEST(ActsTest, AfterAMoveTheFirstActGoesOnFromWhatTravelledAlong) {
  Duty duty = DutyIn(A::IN_PROGRESS);
  duty.execution.set_assignment(duty.name);
  duty.execution.set_node("east");
  duty.execution.set_version(7);
  duty.addressee.set_moves(1);
  const v1::Report report = MakeReport();
  const v1::Execution next = After(duty, ReportAct{report, kClerk}).execution;
  EXPECT_EQ(next.node(), "city");
  EXPECT_EQ(next.moves(), 1);
  EXPECT_EQ(next.version(), 8);
  EXPECT_EQ(next.receipt().signer(), "王一");
  EXPECT_EQ(next.reports_size(), 2);
}

TEST(ActsTest, ReportsCountUpAndAreTimedHere) {
  v1::Report given = MakeReport();
  given.set_report_id("r-99");
  *given.mutable_report_time() = ToProto(kNow + absl::Hours(1));
  given.add_evidence()->set_title("照片");
  Duty duty = DutyIn(A::RECEIVED);
  for (int i = 1; i <= 2; ++i) duty = After(duty, ReportAct{given, kClerk});
  ASSERT_EQ(duty.execution.reports_size(), 2);
  EXPECT_EQ(duty.execution.version(), 3);
  const v1::Report& report = duty.execution.reports(1);
  EXPECT_EQ(report.report_id(), "r-2");
  EXPECT_EQ(FromProto(report.report_time()), kNow);
  EXPECT_EQ(report.text(), "过半");
  EXPECT_EQ(report.percent(), 50);
  EXPECT_EQ(report.reporter(), "王一");
  EXPECT_EQ(report.evidence(0).title(), "照片");
}

TEST(ActsTest, AResultHasTheIdItIsGivenAndIsTimedHere) {
  v1::Submission given = MakeSubmission();
  given.set_submission_id("s-mine");
  *given.mutable_submit_time() = ToProto(kNow + absl::Hours(1));
  const Duty duty = After(DutyIn(A::RECEIVED), SubmitAct{given, "s-0123456789abcdef", kClerk});
  EXPECT_EQ(StateOf(duty), A::UNDER_REVIEW);
  const v1::Submission& submission = duty.execution.submissions(0);
  EXPECT_EQ(submission.submission_id(), "s-0123456789abcdef");
  EXPECT_EQ(FromProto(submission.submit_time()), kNow);
  EXPECT_EQ(submission.text(), "完成");
  EXPECT_EQ(submission.submitter(), "王一");
}

TEST(ActsTest, AReviewMakesTheIssuersHalfAndCountsIt) {
  Duty duty = After(DutyIn(A::UNDER_REVIEW), Reviewing("s-1", v1::Review::RETURNED));
  EXPECT_EQ(StateOf(duty), A::IN_PROGRESS);
  EXPECT_EQ(duty.oversight.assignment(), duty.name);
  EXPECT_EQ(duty.oversight.node(), "city");
  EXPECT_EQ(duty.oversight.version(), 1);
  duty.oversight.mutable_carried_execution()->set_version(9);
  Submit(duty, kIssueDay);
  duty = After(duty, Reviewing("s-2"));
  EXPECT_EQ(StateOf(duty), A::DONE);
  EXPECT_EQ(duty.oversight.version(), 2);
  EXPECT_EQ(duty.oversight.carried_execution().version(), 9);
  ASSERT_EQ(duty.oversight.reviews_size(), 2);
  const v1::Review& review = duty.oversight.reviews(0);
  EXPECT_EQ(review.submission_id(), "s-1");
  EXPECT_EQ(review.verdict(), v1::Review::RETURNED);
  EXPECT_EQ(review.comment(), "缺附件");
  EXPECT_EQ(review.reviewer(), "李二");
  EXPECT_EQ(FromProto(review.review_time()), kNow);
}

// Where the node knows its people, nobody signs off their own work without saying why; names that a program says prove
// nothing, and another node's 王一 may be another person.
TEST(ActsTest, WhoAcceptsTheirOwnResultSaysWhy) {
  const std::string clerk = "王一";
  Duty duty = DutyIn(A::UNDER_REVIEW);
  duty.execution.set_node("city");
  duty.execution.mutable_submissions(0)->set_submitter(clerk);
  const auto review = [&](const ActingPerson& who, std::string_view comment, bool known = true) {
    return ReviewAct{"s-1", v1::Review::ACCEPTED, comment, who, known};
  };
  for (const ActingPerson& who : {ActingPerson{clerk, ""}, ActingPerson{"李二", clerk}, ActingPerson{clerk, "李二"}}) {
    const absl::Status refused = Do(duty, review(who, "")).status();
    EXPECT_EQ(ReasonOf(refused), v1::INVALID_FIELD);
    EXPECT_EQ(MetadataOf(refused)["field"], "comment");
    EXPECT_THAT(ChineseMessage(refused), HasSubstr("须写明理由（记入办理经过）：办结申请由王一本人提交"));
    EXPECT_EQ(After(duty, review(who, "科室只有一人")).oversight.reviews(0).comment(), "科室只有一人");
  }
  EXPECT_TRUE(Do(duty, review({"李二", ""}, "")).ok());
  EXPECT_TRUE(Do(duty, review({clerk, ""}, "", false)).ok());
  Duty elsewhere = duty;
  elsewhere.execution.set_node("district");
  EXPECT_TRUE(Do(elsewhere, review({clerk, ""}, "")).ok());
  // Who handed it in for another is as near to it.
  Duty for_another = duty;
  for_another.execution.mutable_submissions(0)->set_agent("赵六");
  for (const ActingPerson& who : {ActingPerson{"赵六", ""}, ActingPerson{"李二", "赵六"}}) {
    const absl::Status refused = Do(for_another, review(who, "")).status();
    EXPECT_EQ(ReasonOf(refused), v1::INVALID_FIELD);
    EXPECT_THAT(ChineseMessage(refused), HasSubstr("办结申请由赵六代王一提交，又由赵六审核办结"));
    EXPECT_THAT(refused.message(), HasSubstr("why 赵六, who handed the result in for 王一, is the one who accepts it"));
  }
  EXPECT_THAT(ChineseMessage(Do(for_another, review({clerk, ""}, "")).status()), HasSubstr("由王一本人提交"));
}

TEST(ActsTest, AReviewLeavesTheUnitsHalfAlone) {
  const absl::StatusOr<Acted> acted = Do(DutyIn(A::UNDER_REVIEW), Reviewing());
  ASSERT_TRUE(acted.ok());
  EXPECT_FALSE(acted->execution.has_value());
}

TEST(ActsTest, EachHalfIsChangedAtItsOwnNode) {
  const v1::Report report = MakeReport();
  const v1::Submission submission = MakeSubmission();
  Duty duty = DutyIn(A::UNDER_REVIEW);
  duty.addressee.set_unit_node("district");
  for (const Act& act : {Act(Signing()), Act(ReportAct{report, kClerk}), Act(SubmitAct{submission, "s-2", kClerk})}) {
    const absl::Status status = Do(duty, act).status();
    EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
    EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"node", "district"}}));
    EXPECT_THAT(ChineseMessage(status), HasSubstr("承办单位在“district”节点"));
    EXPECT_EQ(ReasonOf(Do(duty, act, {}, "district").status()), v1::WRONG_STATE);  // No more than that.
  }
  EXPECT_TRUE(Do(duty, Reviewing()).ok());
  const absl::Status status = Do(duty, Reviewing(), {}, "district").status();
  EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"node", "city"}}));
  EXPECT_THAT(ChineseMessage(status), HasSubstr("交办单位在“city”节点"));
}

TEST(ActsTest, WhoReadAnOlderVersionIsToldToReadAgain) {
  const v1::Report report = MakeReport();
  const v1::Submission submission = MakeSubmission();
  const Duty duty = DutyIn(A::RECEIVED), waiting = DutyIn(A::UNDER_REVIEW);
  const auto acts = {std::pair(&duty, Act(ReportAct{report, kClerk})),
                     std::pair(&duty, Act(SubmitAct{submission, "s-1", kClerk})),
                     std::pair(&waiting, Act(Reviewing()))};
  for (const auto& [of, act] : acts) {
    const absl::Status status = Do(*of, act, "1-0-0").status();
    EXPECT_EQ(ReasonOf(status), v1::ETAG_MISMATCH);
    EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"name", of->name}, {"etag", EtagOf(*of)}}));
    EXPECT_TRUE(Do(*of, act, EtagOf(*of)).ok());
  }
}

TEST(ActsTest, SigningAsksForTheLatestLease) {
  const absl::Status status = Do(MakeDuty(), Signing(false)).status();
  EXPECT_EQ(ReasonOf(status), v1::LEASE_NOT_HELD);
  EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"name", MakeDuty().name}}));
  // What cannot be signed for says so first.
  EXPECT_EQ(ReasonOf(Do(DutyIn(A::CANCELLED), Signing(false)).status()), v1::WRONG_STATE);
}

TEST(ActsTest, OfSeveralErrorsTheFirstIsTold) {
  // Everything is wrong with it: the node, the submission, the etag, the state.
  Duty duty = DutyIn(A::CANCELLED);
  EditOrder(duty, [](v1::Order& order) { order.set_issuer_node("province"); });
  EXPECT_EQ(ReasonOf(Do(duty, Reviewing("s-9"), "0-0-0").status()), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(Do(duty, Reviewing("s-9"), "0-0-0", "province").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Do(duty, Reviewing("s-1"), "0-0-0", "province").status()), v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Do(duty, Reviewing("s-1"), {}, "province").status()), v1::WRONG_STATE);
}

// Hands in a result for a period on a day.
absl::StatusOr<Acted> SubmitOn(const Duty& duty, Day day, const std::string& period) {
  const v1::Submission submission = MakeSubmission(period);
  return Perform(duty, SubmitAct{submission, "s-new", kClerk}, {"city", TimeAt(day, 600)});
}

Duty SignedFor(const D& deadline) {
  Duty duty = MakeDuty(deadline);
  Sign(duty);
  return duty;
}

TEST(ActsTest, ADutyWithADateHasNoPeriods) {
  const absl::Status status = SubmitOn(SignedFor(MakeDeadline(D::BY_DATE, "2024-09-30")), kIssueDay, "2024").status();
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(status)["field"], "submission.period");
}

TEST(ActsTest, WhereAPeriodIsAYearItIsThatOfTheDay) {
  for (D::Kind kind : {D::STANDING, D::WHOLE_PERIOD, D::PERIODIC}) {
    const Duty duty = SignedFor(MakeDeadline(kind));
    for (const Day day : {Day(2024, 3, 5), Day(2024, 12, 31), Day(2025, 1, 1)}) {
      const absl::StatusOr<Acted> acted = SubmitOn(duty, day, "");
      ASSERT_TRUE(acted.ok()) << acted.status();
      EXPECT_EQ(acted->execution->submissions(0).period(), StrCat(day.year()));
    }
  }
}

TEST(ActsTest, AShorterPeriodIsNamedAndHasBegunAndIsNotBeforeTheDuty) {
  const Duty duty = SignedFor(MakeDeadline(D::PERIODIC, "", D::QUARTERLY));
  for (const char* period : {"", "2024", "2024-Q3", "2024-Q9", "2023-Q4", "2024-04"}) {
    const absl::Status status = SubmitOn(duty, Day(2024, 4, 1), period).status();
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << period;
    EXPECT_EQ(MetadataOf(status)["field"], "submission.period") << period;
    EXPECT_THAT(ChineseMessage(status), HasSubstr("“2024-Q2”")) << period;
  }
  EXPECT_TRUE(SubmitOn(duty, Day(2024, 4, 1), "2024-Q2").ok());
  // The one before, also late.
  EXPECT_TRUE(SubmitOn(duty, Day(2024, 4, 1), "2024-Q1").ok());
  EXPECT_TRUE(SubmitOn(duty, Day(2024, 6, 30), "2024-Q1").ok());
}

TEST(ActsTest, AUnitAddressedLaterHasTheYearsPeriodsAndNoneOfTheYearBefore) {
  Duty duty = SignedFor(MakeDeadline(D::PERIODIC, "", D::QUARTERLY));
  *duty.addressee.mutable_issue_time() = ToProto(TimeAt(Day(2025, 2, 1), 540));
  EXPECT_EQ(ReasonOf(SubmitOn(duty, Day(2025, 2, 3), "2024-Q4").status()), v1::INVALID_FIELD);
  EXPECT_TRUE(SubmitOn(duty, Day(2025, 2, 3), "2025-Q1").ok());
}

TEST(ActsTest, AClosedPeriodTakesNoMore) {
  Duty duty = SignedFor(MakeDeadline(D::PERIODIC, "", D::QUARTERLY, 2));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(SubmitOn(duty, kIssueDay, "2024-Q1").ok());
    Submit(duty, kIssueDay, "2024-Q1");
    Judge(duty, v1::Review::ACCEPTED);
  }
  const absl::Status status = SubmitOn(duty, kIssueDay, "2024-Q1").status();
  EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"state", "CLOSED"}, {"period", "2024-Q1"}}));
  EXPECT_TRUE(SubmitOn(duty, Day(2024, 4, 1), "2024-Q2").ok());
}

TEST(ActsTest, AUnitsHalfTakesAThousandEntriesAndNotOneMore) {
  const v1::Report report = MakeReport();
  const v1::Submission submission = MakeSubmission();
  for (bool submitted : {false, true}) {
    Duty duty = DutyIn(submitted ? A::UNDER_REVIEW : A::IN_PROGRESS);
    if (submitted) Judge(duty, v1::Review::RETURNED);
    while (duty.execution.reports_size() + duty.execution.submissions_size() < kMaxExecutionEntries - 1) {
      testing::Report(duty);
    }
    EXPECT_TRUE(Do(duty, SubmitAct{submission, "s-new", kClerk}).ok());
    duty = After(duty, ReportAct{report, kClerk});
    for (const Act& act : {Act(ReportAct{report, kClerk}), Act(SubmitAct{submission, "s-new", kClerk})}) {
      const absl::Status status = Do(duty, act).status();
      EXPECT_EQ(ReasonOf(status), v1::LIMIT_REACHED);
      EXPECT_EQ(MetadataOf(status), (ErrorMetadata{{"name", duty.name}}));
    }
  }
}

TEST(ActsTest, AUnitsHalfTakesAMebibyteAndNotOneByteMore) {
  Duty duty = DutyIn(A::RECEIVED);
  const v1::Report large = MakeReport(std::string(10000, 'x'));
  const auto size_with = [](const Duty& of, const v1::Report& report) {
    return static_cast<int64_t>(After(of, ReportAct{report, kClerk}).execution.ByteSizeLong());
  };
  while (size_with(duty, large) + 20000 < kMaxExecutionBytes) duty = After(duty, ReportAct{large, kClerk});
  // All texts from here on take three bytes to say how long they are, so each letter more is a byte more.
  const int64_t base = size_with(duty, MakeReport(std::string(16384, 'x')));
  const auto fitting = static_cast<size_t>(kMaxExecutionBytes - base) + 16384;
  ASSERT_EQ(size_with(duty, MakeReport(std::string(fitting, 'x'))), kMaxExecutionBytes);
  const v1::Report too_large = MakeReport(std::string(fitting + 1, 'x'));
  EXPECT_EQ(ReasonOf(Do(duty, ReportAct{too_large, kClerk}).status()), v1::LIMIT_REACHED);
  v1::Submission submission = MakeSubmission();
  submission.set_text(std::string(fitting + 100, 'x'));
  EXPECT_EQ(ReasonOf(Do(duty, SubmitAct{submission, "s-new", kClerk}).status()), v1::LIMIT_REACHED);
}

TEST(ActsTest, AnActChangesNothingByItself) {
  const Duty duty = DutyIn(A::UNDER_REVIEW);
  const std::string before = duty.execution.SerializeAsString() + duty.oversight.SerializeAsString();
  ASSERT_TRUE(Do(duty, Reviewing()).ok());
  EXPECT_EQ(duty.execution.SerializeAsString() + duty.oversight.SerializeAsString(), before);
}

}  // namespace
}  // namespace duban
