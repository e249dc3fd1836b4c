// Where an assignment stands, computed from its two halves: states, periods, lights, the timeline.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "services/assignment/state.h"
#include "services/assignment/timeline.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using A = v1::Assignment;
using D = v1::Deadline;
using Day = absl::CivilDay;

constexpr Day kIssued(2024, 3, 4);  // A Monday.

A Issued(D::Kind kind = D::BY_DATE, const std::string& due = "2024-09-30") {
  A assignment;
  assignment.set_year(2024);
  assignment.mutable_deadline()->set_kind(kind);
  if (kind == D::BY_DATE || kind == D::WHOLE_PERIOD) assignment.mutable_deadline()->set_due(due);
  *assignment.mutable_issue_time() = ToProto(TimeAt(kIssued, 540));
  assignment.set_version(1);
  return assignment;
}

v1::Execution Delivered() {
  v1::Execution execution;
  execution.set_version(1);
  return execution;
}

void Sign(v1::Execution& execution) {
  execution.mutable_receipt()->set_signer("王一");
}

void Submit(v1::Execution& execution, Day day, const std::string& period = "") {
  auto* submission = execution.add_submissions();
  submission->set_submission_id(StrCat("s-", execution.submissions_size()));
  submission->set_period(period);
  *submission->mutable_submit_time() = ToProto(TimeAt(day, 600));
}

void Judge(A& assignment, int submission, v1::Review::Verdict verdict) {
  auto* review = assignment.add_reviews();
  review->set_submission_id(StrCat("s-", submission));
  review->set_verdict(verdict);
}

A::Light Light(const A& assignment, const v1::Execution& execution, Day day) {
  return LightOf(assignment, execution, day, WorkingCalendar());
}

TEST(StateTest, StepsFromIssueToDone) {
  A assignment = Issued();
  v1::Execution execution = Delivered();
  EXPECT_EQ(StateOf(assignment, execution), A::ISSUED);
  Sign(execution);
  EXPECT_EQ(StateOf(assignment, execution), A::RECEIVED);
  execution.add_reports();
  EXPECT_EQ(StateOf(assignment, execution), A::IN_PROGRESS);
  Submit(execution, kIssued + 9);
  EXPECT_EQ(StateOf(assignment, execution), A::UNDER_REVIEW);
  Judge(assignment, 1, v1::Review::ACCEPTED);
  EXPECT_EQ(StateOf(assignment, execution), A::DONE);
}

TEST(StateTest, SentBackStandsWhereItStoodBefore) {
  for (bool reported : {false, true}) {
    A assignment = Issued();
    v1::Execution execution = Delivered();
    Sign(execution);
    if (reported) execution.add_reports();
    Submit(execution, kIssued + 9);
    Judge(assignment, 1, v1::Review::RETURNED);
    EXPECT_EQ(StateOf(assignment, execution), reported ? A::IN_PROGRESS : A::RECEIVED);
    Submit(execution, kIssued + 10);
    EXPECT_EQ(StateOf(assignment, execution), A::UNDER_REVIEW);
    Judge(assignment, 2, v1::Review::ACCEPTED);
    EXPECT_EQ(StateOf(assignment, execution), A::DONE);
  }
}

TEST(StateTest, CancelledIsCancelledWhateverElseHappened) {
  A assignment = Issued();
  v1::Execution execution = Delivered();
  Sign(execution);
  Submit(execution, kIssued + 9);
  *assignment.mutable_cancel_time() = ToProto(TimeAt(kIssued + 1, 0));
  EXPECT_EQ(StateOf(assignment, execution), A::CANCELLED);
}

TEST(StateTest, ADutyJudgedByPeriodsIsNeverDone) {
  for (D::Kind kind : {D::WHOLE_PERIOD, D::STANDING, D::PERIODIC}) {
    A assignment = Issued(kind, "2024-12-31");
    v1::Execution execution = Delivered();
    Sign(execution);
    Submit(execution, kIssued + 9, "2024");
    EXPECT_EQ(StateOf(assignment, execution), A::UNDER_REVIEW);
    Judge(assignment, 1, v1::Review::ACCEPTED);
    EXPECT_EQ(StateOf(assignment, execution), A::RECEIVED);
    EXPECT_TRUE(PeriodClosed(assignment, execution, "2024"));
    EXPECT_FALSE(PeriodClosed(assignment, execution, "2025"));
  }
}

TEST(StateTest, APeriodIsClosedByAsManyResultsAsItAsksFor) {
  A assignment = Issued(D::PERIODIC);
  assignment.mutable_deadline()->set_times(2);
  v1::Execution execution = Delivered();
  for (int i = 1; i <= 2; ++i) {
    EXPECT_FALSE(PeriodClosed(assignment, execution, "2024"));
    Submit(execution, kIssued + i, "2024");
    Judge(assignment, i, v1::Review::ACCEPTED);
  }
  EXPECT_TRUE(PeriodClosed(assignment, execution, "2024"));
}

TEST(PeriodsTest, NamesFollowTheFrequency) {
  struct Row {
    D::Frequency frequency;
    Day day;
    Period period;
  };
  const std::vector<Row> rows = {
      {D::YEARLY, Day(2024, 3, 5), {"2024", Day(2024, 1, 1), Day(2024, 12, 31)}},
      {D::HALF_YEARLY, Day(2024, 6, 30), {"2024-H1", Day(2024, 1, 1), Day(2024, 6, 30)}},
      {D::HALF_YEARLY, Day(2024, 7, 1), {"2024-H2", Day(2024, 7, 1), Day(2024, 12, 31)}},
      {D::QUARTERLY, Day(2024, 9, 30), {"2024-Q3", Day(2024, 7, 1), Day(2024, 9, 30)}},
      {D::MONTHLY, Day(2024, 2, 29), {"2024-02", Day(2024, 2, 1), Day(2024, 2, 29)}},
      {D::MONTHLY, Day(2023, 2, 1), {"2023-02", Day(2023, 2, 1), Day(2023, 2, 28)}},
      {D::WEEKLY, Day(2024, 12, 31), {"2025-W01", Day(2024, 12, 30), Day(2025, 1, 5)}},
      {D::WEEKLY, Day(2021, 1, 3), {"2020-W53", Day(2020, 12, 28), Day(2021, 1, 3)}},
      {D::DAILY, Day(2024, 3, 5), {"2024-03-05", Day(2024, 3, 5), Day(2024, 3, 5)}},
  };
  for (const Row& row : rows) {
    const Period period = PeriodAt(row.frequency, row.day);
    EXPECT_EQ(period, row.period) << period.key;
    EXPECT_EQ(ParsePeriod(row.frequency, row.period.key), row.period) << row.period.key;
  }
}

TEST(PeriodsTest, ANameOfAnotherFrequencyIsNone) {
  for (const char* key : {"", "2024", "2024-Q5", "2024-Q0", "2024-3", "2024-03", "Q3", "24-Q3", "2024-Q33"}) {
    EXPECT_EQ(ParsePeriod(D::QUARTERLY, key), std::nullopt) << key;
  }
  EXPECT_EQ(ParsePeriod(D::WEEKLY, "2024-W53"), std::nullopt);
}

TEST(PeriodsTest, AreThoseOfTheYearThatHadNotEndedAtIssue) {
  A assignment = Issued(D::PERIODIC);
  assignment.mutable_deadline()->set_frequency(D::QUARTERLY);
  *assignment.mutable_issue_time() = ToProto(TimeAt(Day(2024, 8, 20), 540));
  std::vector<Period> periods = PeriodsOf(assignment);
  ASSERT_EQ(periods.size(), 2u);
  EXPECT_EQ(periods[0].key, "2024-Q3");
  EXPECT_EQ(periods[1].key, "2024-Q4");
  assignment.set_year(2025);  // Issued before its year begins.
  EXPECT_EQ(PeriodsOf(assignment).size(), 4u);
  EXPECT_EQ(PeriodsOf(assignment)[0].key, "2025-Q1");
  assignment.set_year(2022);  // Issued after its year is over.
  EXPECT_EQ(PeriodsOf(assignment)[0].key, "2024-Q3");
  assignment = Issued(D::WHOLE_PERIOD, "2024-11-30");
  EXPECT_THAT(PeriodsOf(assignment), ElementsAre(Period{"2024", Day(2024, 1, 1), Day(2024, 11, 30)}));
  EXPECT_TRUE(PeriodsOf(Issued()).empty());
}

TEST(LightTest, FollowsTheDueDay) {
  struct Row {
    Day day;
    A::Light light;
  };
  v1::Execution execution = Delivered();
  Sign(execution);
  for (const Row& row : std::vector<Row>{{Day(2024, 9, 22), A::GREEN},
                                         {Day(2024, 9, 23), A::YELLOW},
                                         {Day(2024, 9, 30), A::YELLOW},
                                         {Day(2024, 10, 1), A::RED}}) {
    EXPECT_EQ(Light(Issued(), execution, row.day), row.light) << row.day;
  }
  EXPECT_EQ(Light(Issued(D::WORKING_DAYS), execution, Day(2030, 1, 1)), A::GREEN);
  EXPECT_EQ(Light(Issued(D::KIND_UNSPECIFIED), execution, Day(2030, 1, 1)), A::GREEN);
}

TEST(LightTest, TurnsYellowWhenNotSignedForInThreeWorkingDays) {
  const v1::Execution execution = Delivered();
  EXPECT_EQ(Light(Issued(), execution, kIssued + 3), A::GREEN);
  EXPECT_EQ(Light(Issued(), execution, kIssued + 4), A::YELLOW);
  A friday = Issued();
  *friday.mutable_issue_time() = ToProto(TimeAt(kIssued + 4, 540));
  EXPECT_EQ(Light(friday, execution, kIssued + 9), A::GREEN);  // The next Wednesday.
  EXPECT_EQ(Light(friday, execution, kIssued + 10), A::YELLOW);
}

TEST(LightTest, KnowsHolidaysFromTheNotices) {
  v1::Calendar calendar;
  calendar.set_year(2024);
  for (const char* day : {"2024-03-05", "2024-03-06"}) {
    auto* off = calendar.add_days();
    off->set_date(day);
    off->set_kind(v1::Calendar::Day::OFF);
  }
  EXPECT_EQ(LightOf(Issued(), Delivered(), kIssued + 5, WorkingCalendar({calendar})), A::GREEN);
  EXPECT_EQ(LightOf(Issued(), Delivered(), kIssued + 8, WorkingCalendar({calendar})), A::YELLOW);
}

TEST(LightTest, AResultHandedInOnTimeIsNotOverdueWhileItWaits) {
  A assignment = Issued();
  v1::Execution execution = Delivered();
  Sign(execution);
  Submit(execution, Day(2024, 9, 30));
  EXPECT_EQ(Light(assignment, execution, Day(2024, 10, 8)), A::GREEN);
  Judge(assignment, 1, v1::Review::RETURNED);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 10, 8)), A::RED);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 5, 1)), A::YELLOW);  // Sent back long before it is due.
  Submit(execution, Day(2024, 10, 9));
  EXPECT_EQ(Light(assignment, execution, Day(2024, 10, 9)), A::RED);
  Judge(assignment, 2, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 10, 9)), A::GREY);
}

TEST(LightTest, CancelledIsGrey) {
  A assignment = Issued();
  *assignment.mutable_cancel_time() = ToProto(TimeAt(kIssued + 1, 0));
  EXPECT_EQ(Light(assignment, Delivered(), Day(2030, 1, 1)), A::GREY);
}

TEST(LightTest, APeriodicDutyIsJudgedPeriodByPeriod) {
  A assignment = Issued(D::PERIODIC);
  assignment.mutable_deadline()->set_frequency(D::QUARTERLY);
  v1::Execution execution = Delivered();
  Sign(execution);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 3, 23)), A::GREEN);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 3, 24)), A::YELLOW);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 4, 1)), A::RED);
  Submit(execution, Day(2024, 4, 2), "2024-Q1");
  Judge(assignment, 1, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 4, 2)), A::GREEN);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 6, 25)), A::YELLOW);
  Submit(execution, Day(2024, 6, 25), "2024-Q2");
  EXPECT_EQ(Light(assignment, execution, Day(2024, 7, 5)), A::GREEN);  // Waits for the issuer.
  EXPECT_EQ(Light(assignment, execution, Day(2024, 10, 1)), A::RED);   // The third quarter.
}

TEST(LightTest, AStandingDutyIsInOrderUntilItsYearIsOver) {
  A assignment = Issued(D::STANDING);
  v1::Execution execution = Delivered();
  Sign(execution);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 12, 23)), A::GREEN);
  EXPECT_EQ(Light(assignment, execution, Day(2024, 12, 24)), A::YELLOW);
  EXPECT_EQ(Light(assignment, execution, Day(2025, 1, 1)), A::RED);
  Submit(execution, Day(2025, 1, 1), "2024");
  Judge(assignment, 1, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(assignment, execution, Day(2025, 1, 2)), A::GREEN);
}

TEST(LightTest, AWeeklyDutyIsNearlyDueOnItsLastDayOnly) {
  A assignment = Issued(D::PERIODIC);
  assignment.mutable_deadline()->set_frequency(D::WEEKLY);
  v1::Execution execution = Delivered();
  Sign(execution);
  EXPECT_EQ(Light(assignment, execution, kIssued + 5), A::GREEN);
  EXPECT_EQ(Light(assignment, execution, kIssued + 6), A::YELLOW);
  EXPECT_EQ(Light(assignment, execution, kIssued + 7), A::RED);
}

TEST(ViewTest, TheEtagChangesWithEitherHalf) {
  A assignment = Issued();
  v1::Execution execution = Delivered();
  const std::string before = EtagOfHalves(assignment, execution);
  execution.set_version(2);
  const std::string between = EtagOfHalves(assignment, execution);
  assignment.set_version(2);
  EXPECT_NE(before, between);
  EXPECT_NE(between, EtagOfHalves(assignment, execution));
  EXPECT_NE(before, EtagOfHalves(assignment, execution));
}

TEST(ViewTest, WhatIsComputedIsClearedBeforeItIsStored) {
  const A assignment = Issued();
  A view = ViewOf(assignment, Delivered(), kIssued, WorkingCalendar());
  EXPECT_EQ(view.state(), A::ISSUED);
  EXPECT_EQ(view.light(), A::GREEN);
  EXPECT_EQ(view.execution().version(), 1);
  ClearComputed(view);
  EXPECT_EQ(view.SerializeAsString(), assignment.SerializeAsString());
}

TEST(TimelineTest, MergesBothHalvesByTime) {
  A assignment = Issued();
  assignment.set_issuer_display_name("市政府办");
  assignment.set_unit_display_name("区政府");
  assignment.set_issuer_node("city");
  assignment.set_plan_title("计划");
  v1::Execution execution = Delivered();
  execution.set_node("district");
  const auto at = [](int days) { return ToProto(TimeAt(kIssued + days, 540)); };
  *execution.mutable_delivery_time() = at(0);
  Sign(execution);
  *execution.mutable_receipt()->mutable_receive_time() = at(1);
  auto* report = execution.add_reports();
  report->set_report_id("r-1");
  report->set_percent(40);
  report->set_text("过半");
  *report->mutable_report_time() = at(2);
  Submit(execution, kIssued + 3);
  Judge(assignment, 1, v1::Review::RETURNED);
  *assignment.mutable_reviews(0)->mutable_review_time() = at(4);
  assignment.mutable_reviews(0)->set_comment("缺附件");
  Submit(execution, kIssued + 5);
  Judge(assignment, 2, v1::Review::ACCEPTED);
  *assignment.mutable_reviews(1)->mutable_review_time() = at(6);
  *assignment.mutable_cancel_time() = at(7);
  assignment.set_cancel_reason("计划已撤回");
  std::vector<std::string> lines;
  for (const v1::TimelineEntry& entry : TimelineOf(assignment, execution)) {
    lines.push_back(StrCat(v1::TimelineEntry::Kind_Name(entry.kind()), " ", entry.node(), " ", entry.text()));
  }
  EXPECT_THAT(lines,
              ElementsAre("ISSUED city 计划", "DELIVERED district ", "RECEIVED district ",
                          "REPORTED district r-1（40%）：过半", "SUBMITTED district s-1：", "RETURNED city s-1：缺附件",
                          "SUBMITTED district s-2：", "ACCEPTED city s-2", "CANCELLED city 计划已撤回"));
}

TEST(TimelineTest, NoEffectStandsBeforeItsCauseWhereClocksDisagree) {
  A assignment = Issued();
  v1::Execution execution = Delivered();
  // The unit's clock is an hour behind the issuer's.
  const auto at = [](int minutes) { return ToProto(TimeAt(kIssued, 540 + minutes)); };
  *assignment.mutable_issue_time() = at(0);
  *execution.mutable_delivery_time() = at(-60);
  Sign(execution);
  *execution.mutable_receipt()->mutable_receive_time() = at(-50);
  Submit(execution, kIssued);
  *execution.mutable_submissions(0)->mutable_submit_time() = at(-40);
  Judge(assignment, 1, v1::Review::RETURNED);
  *assignment.mutable_reviews(0)->mutable_review_time() = at(25);
  Submit(execution, kIssued);
  *execution.mutable_submissions(1)->mutable_submit_time() = at(-30);
  std::vector<std::string> kinds;
  for (const v1::TimelineEntry& entry : TimelineOf(assignment, execution)) {
    kinds.push_back(v1::TimelineEntry::Kind_Name(entry.kind()));
  }
  EXPECT_THAT(kinds, ElementsAre("ISSUED", "DELIVERED", "RECEIVED", "SUBMITTED", "RETURNED", "SUBMITTED"));
}

}  // namespace
}  // namespace duban
