// What happened to an assignment, everybody's part together.

#include "services/assignment/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/assignment/state.h"
#include "tests/support/test_duty.h"

namespace duban {
namespace {

using testing::Cancel;
using testing::EditOrder;
using ::testing::ElementsAre;
using testing::Judge;
using testing::kIssueDay;
using testing::MakeDuty;
using testing::Report;
using testing::Sign;
using testing::Submit;

google::protobuf::Timestamp At(int minutes) {
  return ToProto(TimeAt(kIssueDay, 540) + absl::Minutes(minutes));
}

std::vector<v1::TimelineEntry> EntriesOf(const Duty& duty, const google::protobuf::Timestamp* delivered = nullptr) {
  v1::Assignment view = ViewOf(duty, Standing(), kIssueDay);
  if (delivered != nullptr) *view.mutable_delivery_time() = *delivered;
  return TimelineOf(view);
}

std::vector<std::string> KindsOf(const std::vector<v1::TimelineEntry>& entries) {
  std::vector<std::string> kinds;
  for (const v1::TimelineEntry& entry : entries) kinds.push_back(v1::TimelineEntry::Kind_Name(entry.kind()));
  return kinds;
}

// A duty issued at `city`, for a unit that works at `district`.
Duty DutyElsewhere() {
  Duty duty = MakeDuty();
  duty.addressee.set_unit_node("district");
  duty.execution.set_node("district");
  return duty;
}

TEST(TimelineTest, TellsEverybodysPartByTime) {
  Duty duty = DutyElsewhere();
  Sign(duty, kIssueDay + 1);
  Report(duty, kIssueDay + 2);
  duty.execution.mutable_reports(0)->set_percent(40);
  duty.execution.mutable_reports(0)->set_reporter("王一");
  Submit(duty, kIssueDay + 3);
  Judge(duty, v1::Review::RETURNED, kIssueDay + 4);
  duty.oversight.mutable_reviews(0)->set_comment("缺附件");
  duty.oversight.mutable_reviews(0)->set_reviewer("李二");
  Submit(duty, kIssueDay + 5, "2024-Q1");
  duty.execution.mutable_submissions(1)->set_text("完成");
  Judge(duty, v1::Review::ACCEPTED, kIssueDay + 6);
  Cancel(duty, kIssueDay + 7);
  std::vector<std::string> lines;
  const google::protobuf::Timestamp delivered = At(5);
  for (const v1::TimelineEntry& entry : EntriesOf(duty, &delivered)) {
    lines.push_back(
        StrCat(v1::TimelineEntry::Kind_Name(entry.kind()), " ", entry.node(), " ", entry.actor(), " ", entry.text()));
  }
  EXPECT_THAT(lines, ElementsAre("ISSUED city 市政府办 计划", "DELIVERED district 市财政局 ", "RECEIVED district 王一 ",
                                 "REPORTED district 王一 r-1（40%）：进展", "SUBMITTED district  s-1：",
                                 "RETURNED city 李二 s-1：缺附件", "SUBMITTED district  s-2（2024-Q1）：完成",
                                 "ACCEPTED city  s-2", "CANCELLED city 市政府办 计划已撤回"));
}

// A number that nobody gave would be one that fell.
TEST(TimelineTest, AReportThatSaysNothingOfHowFarItIsShowsNoNumber) {
  Duty duty = DutyElsewhere();
  Sign(duty, kIssueDay + 1);
  Report(duty, kIssueDay + 2);
  duty.execution.mutable_reports(0)->set_percent(50);
  Report(duty, kIssueDay + 3);
  duty.execution.mutable_reports(1)->clear_percent();
  std::vector<std::string> texts;
  for (const v1::TimelineEntry& entry : EntriesOf(duty)) texts.push_back(entry.text());
  EXPECT_THAT(texts, ::testing::IsSupersetOf({"r-1（50%）：进展", "r-2：进展"}));
}

TEST(TimelineTest, WhatIsNotDeliveredYetIsOnlyIssued) {
  const std::vector<v1::TimelineEntry> entries = EntriesOf(DutyElsewhere());
  EXPECT_THAT(KindsOf(entries), ElementsAre("ISSUED"));
  EXPECT_EQ(entries[0].event_time().seconds(), At(0).seconds());
}

TEST(TimelineTest, AUnitAddressedLaterWasToldLater) {
  Duty duty = DutyElsewhere();
  *duty.addressee.mutable_issue_time() = At(60);
  // The plan had been there for long.
  const google::protobuf::Timestamp delivered = At(5);
  const std::vector<v1::TimelineEntry> entries = EntriesOf(duty, &delivered);
  EXPECT_THAT(KindsOf(entries), ElementsAre("ISSUED", "DELIVERED"));
  EXPECT_EQ(entries[0].event_time().seconds(), At(60).seconds());
  EXPECT_EQ(entries[1].event_time().seconds(), At(5).seconds());
}

TEST(TimelineTest, NoEffectStandsBeforeItsCauseWhereClocksDisagree) {
  Duty duty = DutyElsewhere();
  // The unit's clock is an hour behind the issuer's.
  const google::protobuf::Timestamp delivered = At(-60);
  Sign(duty);
  *duty.execution.mutable_receipt()->mutable_receive_time() = At(-50);
  Submit(duty, kIssueDay);
  *duty.execution.mutable_submissions(0)->mutable_submit_time() = At(-40);
  Judge(duty, v1::Review::RETURNED);
  *duty.oversight.mutable_reviews(0)->mutable_review_time() = At(25);
  Submit(duty, kIssueDay);
  *duty.execution.mutable_submissions(1)->mutable_submit_time() = At(-30);
  EXPECT_THAT(KindsOf(EntriesOf(duty, &delivered)),
              ElementsAre("ISSUED", "DELIVERED", "RECEIVED", "SUBMITTED", "RETURNED", "SUBMITTED"));
}

TEST(TimelineTest, ACancellationStandsWhereItHappened) {
  Duty duty = DutyElsewhere();
  Sign(duty, kIssueDay + 1);
  Cancel(duty, kIssueDay + 2);
  // Reported before the cancellation had come down.
  Report(duty, kIssueDay + 3);
  EXPECT_THAT(KindsOf(EntriesOf(duty)), ElementsAre("ISSUED", "RECEIVED", "CANCELLED", "REPORTED"));
}

}  // namespace
}  // namespace duban
