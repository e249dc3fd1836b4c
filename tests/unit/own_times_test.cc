// Reminders that one unit alone has: of urges, of due days that were granted to it, and none while a decline of it
// waits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::Assigned;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeAddressees;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::SizeIs;
using testing::TestNotifier;
using v1::Reminder;

// An order of the city to three units that work there, who signed, due on a Thursday.
class OwnTimesTest : public ::testing::Test {
 protected:
  OwnTimesTest() : notifier_("city"), order_(MakeAssigned("2024-06-20").order), list_(MakeAddressees(3)) {
    notifier_.Follow(order_, list_);
    for (int unit = 0; unit < 3; ++unit) {
      executions_[unit].mutable_receipt()->set_signer("张三");
      *executions_[unit].mutable_receipt()->mutable_receive_time() = ToProto(Nine("2024-03-05"));
      Tell(unit, executions_[unit]);
    }
  }

  // What is kept is what the records ask for, whatever a test did.
  void TearDown() override { EXPECT_EQ(notifier_.Verify(), absl::OkStatus()); }

  std::string Assignment(int unit) const { return AssignmentName(order_.task(), list_.addressees(unit).unit()); }

  void Tell(int unit, v1::Execution& execution) {
    execution.set_assignment(Assignment(unit));
    execution.set_version(execution.version() + 1);
    notifier_.Follow("assignment", ExecutionName(Assignment(unit)), execution);
  }
  void Tell(int unit, v1::Oversight& oversight) {
    oversight.set_assignment(Assignment(unit));
    oversight.set_version(oversight.version() + 1);
    notifier_.Follow("assignment", OversightName(Assignment(unit)), oversight);
  }
  void Urge(int unit, absl::Time time, const std::string& text = "请本周内报送") {
    v1::Urge& urge = *oversights_[unit].add_urges();
    urge.set_text(text);
    *urge.mutable_urge_time() = ToProto(time);
    Tell(unit, oversights_[unit]);
  }
  void Grant(int unit, const std::string& due) {
    v1::ExtensionAnswer& answer = *oversights_[unit].add_extension_answers();
    answer.set_verdict(v1::ExtensionAnswer::GRANTED);
    answer.set_due(due);
    answer.set_issued_due(order_.deadline().due());
    *answer.mutable_answer_time() = ToProto(notifier_.clock.Now());
    Tell(unit, oversights_[unit]);
  }
  void Decline(int unit) {
    v1::Decline& decline = *executions_[unit].add_declines();
    decline.set_decline_id("d-1");
    *decline.mutable_decline_time() = ToProto(notifier_.clock.Now());
    Tell(unit, executions_[unit]);
  }

  // What can be leased now, as `u0 DUE 2024-06-20`, confirmed at once.
  std::vector<std::string> TakeDue() {
    const v1::LeaseRemindersResponse leased = notifier_.Lease(100);
    std::vector<std::string> lines;
    for (const Reminder& reminder : leased.reminders()) {
      lines.push_back(StrCat(LastSegment(reminder.assignment()), " ", Reminder::Reason_Name(reminder.reason()),
                             reminder.due().empty() ? "" : " ", reminder.due()));
    }
    if (!lines.empty()) {
      EXPECT_TRUE(notifier_.ConfirmAll(leased).ok());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  TestNotifier notifier_;
  const v1::Order order_;
  const v1::AddresseeList list_;
  v1::Execution executions_[3];
  v1::Oversight oversights_[3];
};

TEST_F(OwnTimesTest, AnUrgeIsAReminderAtOnceToThatUnitAlone) {
  const absl::Time now = notifier_.clock.Now() + absl::Seconds(20);
  notifier_.clock.AdvanceTo(now);
  Urge(1, now);
  const v1::LeaseRemindersResponse leased = notifier_.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  const Reminder& reminder = leased.reminders(0);
  EXPECT_EQ(reminder.assignment(), Assignment(1));
  EXPECT_EQ(reminder.reason(), Reminder::URGE);
  EXPECT_EQ(reminder.due(), "");
  EXPECT_FALSE(reminder.late());
  EXPECT_EQ(FromProto(reminder.remind_time()), now - absl::Seconds(20));
  EXPECT_THAT(reminder.text_zh(), HasSubstr("【催办】第1街道：贵单位负责的"));
  EXPECT_THAT(reminder.text_zh(), HasSubstr("交办单位催办：“请本周内报送”。办理时限为2024年6月20日（周四）。"));
  EXPECT_THAT(reminder.text_en(), HasSubstr("The issuer urges: \"请本周内报送\"."));
  EXPECT_THAT(reminder.name(), HasSubstr("-n900-20240304-"));
}

TEST_F(OwnTimesTest, UrgesOfOneMinuteReachEachUnitOnceHoweverTheyCome) {
  const absl::Time now = notifier_.clock.Now();
  Urge(0, now);
  EXPECT_THAT(TakeDue(), ElementsAre("u0 URGE"));
  Urge(1, now + absl::Seconds(5));
  Urge(0, now + absl::Seconds(6));
  EXPECT_THAT(TakeDue(), ElementsAre("u1 URGE"));
  notifier_.clock.Advance(absl::Minutes(2));
  Urge(0, notifier_.clock.Now());
  EXPECT_THAT(TakeDue(), ElementsAre("u0 URGE"));
  notifier_.Restart();
  EXPECT_THAT(TakeDue(), IsEmpty());
}

// What is said in one minute after the first reminder has gone out reaches the unit as well, where it says more.
TEST_F(OwnTimesTest, OtherWordsWithinAMinuteAreAReminderOfTheirOwn) {
  const absl::Time now = notifier_.clock.Now();
  const auto words = [&] {
    std::vector<std::string> said;
    const v1::LeaseRemindersResponse leased = notifier_.Lease();
    for (const Reminder& reminder : leased.reminders()) {
      const std::string& text = reminder.text_en();
      const std::string before = "The issuer urges: \"";
      const size_t begin = text.find(before) + before.size();
      said.push_back(text.substr(begin, text.find('"', begin) - begin));
    }
    if (!said.empty()) {
      EXPECT_TRUE(notifier_.ConfirmAll(leased).ok());
    }
    return said;
  };
  Urge(0, now, "请签收");
  EXPECT_THAT(words(), ElementsAre("请签收"));
  Urge(0, now + absl::Seconds(5), "请报送进展");
  Urge(0, now + absl::Seconds(10), "请签收");
  Urge(0, now + absl::Seconds(15), "请附照片");
  EXPECT_THAT(words(), IsEmpty()) << "they wait for their minute";
  notifier_.clock.Advance(absl::Minutes(1));
  EXPECT_THAT(words(), ElementsAre("请报送进展"));
  notifier_.clock.Advance(absl::Minutes(1));
  EXPECT_THAT(words(), ElementsAre("请附照片"));
  notifier_.clock.Advance(absl::Minutes(5));
  EXPECT_THAT(words(), IsEmpty());
}

TEST_F(OwnTimesTest, AGrantedDayMovesTheUnitsRemindersAndNobodyElses) {
  Grant(1, "2024-07-25");
  notifier_.clock.AdvanceTo(Nine("2024-06-20"));
  EXPECT_THAT(TakeDue(), ElementsAre("u0 BEFORE_DUE 2024-06-20", "u0 DUE 2024-06-20", "u2 BEFORE_DUE 2024-06-20",
                                     "u2 DUE 2024-06-20"));
  notifier_.clock.AdvanceTo(Nine("2024-06-24"));
  EXPECT_THAT(TakeDue(), ElementsAre("u0 ESCALATION 2024-06-20", "u0 OVERDUE 2024-06-20", "u2 ESCALATION 2024-06-20",
                                     "u2 OVERDUE 2024-06-20"));
  notifier_.clock.AdvanceTo(Nine("2024-07-25"));
  EXPECT_THAT(TakeDue(), ::testing::Contains("u1 DUE 2024-07-25"));
  notifier_.clock.AdvanceTo(Nine("2024-07-29"));
  EXPECT_THAT(TakeDue(), ElementsAre("u1 ESCALATION 2024-07-25", "u1 OVERDUE 2024-07-25"));
}

TEST_F(OwnTimesTest, AGrantedDayTakesBackWhatWaitsToBeSent) {
  notifier_.clock.AdvanceTo(Nine("2024-06-20"));
  notifier_.TendAll();
  Grant(1, "2024-07-25");
  for (const std::string& line : TakeDue()) EXPECT_THAT(line, ::testing::Not(HasSubstr("u1")));
}

TEST_F(OwnTimesTest, TwoUnitsThatAreGrantedOneDayAtDifferentTimesAreBothReminded) {
  Grant(0, "2024-07-25");
  notifier_.clock.AdvanceTo(Nine("2024-07-24"));
  TakeDue();
  notifier_.clock.AdvanceTo(Nine("2024-07-25"));
  EXPECT_THAT(TakeDue(), ElementsAre("u0 DUE 2024-07-25"));
  // It was granted before, and the word of it comes late.
  v1::ExtensionAnswer& answer = *oversights_[1].add_extension_answers();
  answer.set_verdict(v1::ExtensionAnswer::GRANTED);
  answer.set_due("2024-07-25");
  answer.set_issued_due("2024-06-20");
  *answer.mutable_answer_time() = ToProto(Nine("2024-06-18"));
  notifier_.clock.AdvanceTo(Nine("2024-07-25") + absl::Minutes(30));
  Tell(1, oversights_[1]);
  EXPECT_THAT(TakeDue(), ::testing::Contains("u1 DUE 2024-07-25"));
}

TEST_F(OwnTimesTest, WhatIsSaidBeforeTheOrderComesIsNotLost) {
  v1::Order later = MakeAssigned("2024-06-20", "t9").order;
  const std::string assignment = AssignmentName(later.task(), list_.addressees(0).unit());
  v1::Oversight oversight;
  oversight.set_assignment(assignment);
  oversight.set_version(1);
  v1::Urge& urge = *oversight.add_urges();
  urge.set_text("请尽快签收");
  *urge.mutable_urge_time() = ToProto(notifier_.clock.Now());
  notifier_.Follow("assignment", OversightName(assignment), oversight);
  EXPECT_THAT(TakeDue(), IsEmpty());
  EXPECT_EQ(notifier_.Verify(), absl::OkStatus());
  notifier_.Follow(later, list_);
  EXPECT_THAT(TakeDue(), ElementsAre("u0 URGE"));
}

TEST_F(OwnTimesTest, NothingGoesOutWhileADeclineWaitsAndWhatWasPassedIsNotMadeUpFor) {
  Decline(1);
  notifier_.clock.AdvanceTo(Nine("2024-06-20"));
  for (const std::string& line : TakeDue()) EXPECT_THAT(line, ::testing::Not(HasSubstr("u1")));
  notifier_.clock.Advance(absl::Hours(1));
  v1::Ruling& ruling = *oversights_[1].add_rulings();
  ruling.set_decline_id("d-1");
  ruling.set_decision(v1::Ruling::BINDING);
  *ruling.mutable_rule_time() = ToProto(notifier_.clock.Now());
  Tell(1, oversights_[1]);
  EXPECT_THAT(TakeDue(), IsEmpty());
  notifier_.clock.AdvanceTo(Nine("2024-06-21"));
  EXPECT_THAT(TakeDue(), ElementsAre("u0 OVERDUE 2024-06-20", "u1 OVERDUE 2024-06-20", "u2 OVERDUE 2024-06-20"));
}

TEST_F(OwnTimesTest, AnUrgeIsDroppedWhereAResultWaits) {
  Urge(1, notifier_.clock.Now());
  executions_[1].add_submissions()->set_submission_id("s-1");
  Tell(1, executions_[1]);
  EXPECT_THAT(TakeDue(), IsEmpty());
}

TEST_F(OwnTimesTest, WhatIsForgottenIsPlannedNoMore) {
  Grant(1, "2024-07-25");
  notifier_.Withdraw("assignment", OversightName(Assignment(1)));
  EXPECT_EQ(notifier_.Verify(), absl::OkStatus());
  notifier_.clock.AdvanceTo(Nine("2024-06-20"));
  EXPECT_THAT(TakeDue(), ::testing::Contains("u1 DUE 2024-06-20"));
}

}  // namespace
}  // namespace duban
