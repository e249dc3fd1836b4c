// What a revision of the plan makes of a duty that was issued: to be signed for again, with nothing lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/errors.h"
#include "services/assignment/acts.h"
#include "services/assignment/state.h"
#include "services/assignment/timeline.h"
#include "tests/support/test_duty.h"

namespace duban {
namespace {

using testing::Cancel;
using testing::EditOrder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Judge;
using testing::kIssueDay;
using testing::MakeDeadline;
using testing::MakeDuty;
using testing::Report;
using testing::Sign;
using testing::Submit;
using A = v1::Assignment;

// A revision names another deadline.
void Revise(Duty& duty, int revision, absl::CivilDay day, const std::string& due) {
  EditOrder(duty, [&](v1::Order& order) {
    v1::DutyChange& change = *order.add_duty_changes();
    change.set_plan_revision(revision);
    change.add_fields("deadline");
    change.set_reason("时限有误");
    *change.mutable_deadline_before() = order.deadline();
    *change.mutable_change_time() = ToProto(TimeAt(day, 540));
    order.mutable_deadline()->set_due(due);
    order.set_plan_revision(revision);
    order.set_version(order.version() + 1);
  });
}

Duty SignAgain(Duty duty, absl::CivilDay day) {
  const auto acted = Perform(duty, SignAct{{"王二", ""}, true}, {"city", TimeAt(day, 600)});
  EXPECT_TRUE(acted.ok()) << acted.status();
  if (acted.ok()) duty.execution = *acted->execution;
  return duty;
}

std::vector<int> RevisionsToSign(const Duty& duty) {
  std::vector<int> revisions;
  const A view = ViewOf(duty, Standing(), kIssueDay);
  for (const v1::DutyChange& change : view.duty_changes()) {
    revisions.push_back(change.plan_revision());
  }
  return revisions;
}

TEST(DutyRevisionTest, AChangedDutyIsSignedForAgainAndThenStandsWhereItStood) {
  Duty signed_for = MakeDuty();
  Sign(signed_for);
  Duty reported = signed_for;
  Report(reported);
  Duty handed_in = reported;
  Submit(handed_in, kIssueDay + 1);
  for (const auto& [before, state] : std::vector<std::pair<Duty, A::State>>{
           {signed_for, A::RECEIVED}, {reported, A::IN_PROGRESS}, {handed_in, A::UNDER_REVIEW}}) {
    Duty duty = before;
    EXPECT_EQ(StateOf(duty), state);
    Revise(duty, 2, kIssueDay + 2, "2024-10-31");
    EXPECT_EQ(StateOf(duty), A::ISSUED);
    EXPECT_THAT(RevisionsToSign(duty), ElementsAre(2));
    duty = SignAgain(duty, kIssueDay + 3);
    EXPECT_EQ(StateOf(duty), state);
    EXPECT_THAT(RevisionsToSign(duty), IsEmpty());
    EXPECT_EQ(duty.execution.receipt().signer(), "王二");
    EXPECT_EQ(duty.execution.receipt().plan_revision(), 2);
    ASSERT_EQ(duty.execution.earlier_receipts_size(), 1);
    EXPECT_EQ(duty.execution.earlier_receipts(0).signer(), "王一");
    EXPECT_EQ(duty.execution.reports_size(), before.execution.reports_size());
    EXPECT_EQ(duty.execution.submissions_size(), before.execution.submissions_size());
  }
}

TEST(DutyRevisionTest, WhatIsDoneStaysDone) {
  Duty duty = MakeDuty();
  Sign(duty);
  Submit(duty, kIssueDay + 1);
  Judge(duty, v1::Review::ACCEPTED, kIssueDay + 2);
  Revise(duty, 2, kIssueDay + 3, "2024-10-31");
  EXPECT_EQ(StateOf(duty), A::DONE);
}

TEST(DutyRevisionTest, AReceiptForWhatWasAskedBeforeDoesNotCount) {
  // Signed below while the revision was on its way down.
  Duty duty = MakeDuty();
  Revise(duty, 2, kIssueDay + 1, "2024-10-31");
  duty = SignAgain(duty, kIssueDay + 2);
  EXPECT_EQ(StateOf(duty), A::RECEIVED);
  Revise(duty, 3, kIssueDay + 3, "2024-11-30");
  EXPECT_EQ(StateOf(duty), A::ISSUED);
  EXPECT_THAT(RevisionsToSign(duty), ElementsAre(3));
}

TEST(DutyRevisionTest, WhoNeverSignedSeesWhatChangedSinceTheyWereTold) {
  Duty duty = MakeDuty();
  Revise(duty, 2, kIssueDay + 1, "2024-10-31");
  EXPECT_EQ(StateOf(duty), A::ISSUED);
  EXPECT_THAT(RevisionsToSign(duty), ElementsAre(2));
  // Told with the revision: nothing is new to them.
  *duty.addressee.mutable_issue_time() = ToProto(TimeAt(kIssueDay + 1, 540));
  EXPECT_THAT(RevisionsToSign(duty), IsEmpty());
}

TEST(DutyRevisionTest, AnotherPartIsAnotherDutyForThatUnitAlone) {
  Duty duty = MakeDuty();
  Sign(duty);
  v1::DutyChange& change = *duty.addressee.mutable_duty_change();
  change.set_plan_revision(2);
  change.add_fields("role");
  change.set_role_before(v1::Responsibility::COOPERATE);
  *change.mutable_change_time() = ToProto(TimeAt(kIssueDay + 1, 540));
  EXPECT_EQ(StateOf(duty), A::ISSUED);
  duty = SignAgain(duty, kIssueDay + 2);
  EXPECT_EQ(StateOf(duty), A::RECEIVED);
}

TEST(DutyRevisionTest, ActsWaitForTheNewReceiptAndSayWhy) {
  Duty duty = MakeDuty();
  Sign(duty);
  Submit(duty, kIssueDay + 1);
  Revise(duty, 2, kIssueDay + 2, "2024-10-31");
  v1::Report report;
  report.set_text("过半");
  const auto refused = Perform(duty, ReportAct{report, {"王一", ""}}, {"city", TimeAt(kIssueDay + 3, 0)});
  EXPECT_EQ(ReasonOf(refused.status()), v1::WRONG_STATE);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("sign for it again"));
  const auto review =
      Perform(duty, ReviewAct{"s-1", v1::Review::ACCEPTED, "", {"李二", ""}}, {"city", TimeAt(kIssueDay + 3, 0)});
  EXPECT_EQ(ReasonOf(review.status()), v1::WRONG_STATE);
  EXPECT_THAT(std::string(review.status().message()), HasSubstr("wait until the unit has signed again"));
}

TEST(DutyRevisionTest, ADeadlineThatWasPutOffTurnsTheLightBack) {
  Duty duty = MakeDuty(MakeDeadline(v1::Deadline::BY_DATE, "2024-03-01"));
  Sign(duty);
  EXPECT_EQ(StandingOf(duty, WorkingCalendar()).red_day, DayNumber(absl::CivilDay(2024, 3, 2)));
  Revise(duty, 2, absl::CivilDay(2024, 3, 5), "2024-06-30");
  const Standing standing = StandingOf(duty, WorkingCalendar());
  EXPECT_EQ(standing.red_day, DayNumber(absl::CivilDay(2024, 7, 1)));
  // Three working days from the day of the revision, a Tuesday, to sign for it.
  EXPECT_EQ(standing.yellow_day, DayNumber(absl::CivilDay(2024, 3, 9)));
}

TEST(DutyRevisionTest, TheTimelineHasBothReceiptsAndWhatChangedBetweenThem) {
  Duty duty = MakeDuty();
  Sign(duty, kIssueDay + 1);
  Revise(duty, 2, kIssueDay + 2, "2024-10-31");
  duty = SignAgain(duty, kIssueDay + 3);
  // The unit's clock is two days slow: what it signed for still stands behind what it is for.
  *duty.execution.mutable_receipt()->mutable_receive_time() = ToProto(TimeAt(kIssueDay + 1, 600));
  A view = ViewOf(duty, Standing(), kIssueDay);
  for (const v1::DutyChange& change : ChangesOf(duty)) *view.add_duty_changes() = change;
  std::vector<std::string> lines;
  for (const v1::TimelineEntry& entry : TimelineOf(view)) {
    lines.push_back(StrCat(v1::TimelineEntry::Kind_Name(entry.kind()), " ", entry.text()));
  }
  EXPECT_THAT(lines,
              ElementsAre("ISSUED 计划", "RECEIVED ", "REVISED 第2次发布修订了时限（原为2024-09-30）。原因：时限有误",
                          "RECEIVED 第2次发布的内容"));
}

}  // namespace
}  // namespace duban
