#include "services/notification/notification_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/feed/follow_hop.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/direct_peer.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::Assigned;
using testing::DirectPeer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TestNotifier;
using testing::TestStore;
using v1::Reminder;

// `BEFORE_DUE 2024-09-23 SCHEDULED`, by time.
std::vector<std::string> Lines(const std::vector<Reminder>& reminders) {
  std::vector<std::string> lines;
  for (const Reminder& reminder : reminders) {
    lines.push_back(StrCat(Reminder::Reason_Name(reminder.reason()), " ",
                           FormatDay(DayOf(FromProto(reminder.remind_time()))), " ",
                           Reminder::State_Name(reminder.state())));
  }
  return lines;
}

Assigned Signed(std::string_view due = "2024-09-30", std::string_view task = "t3") {
  Assigned assignment = MakeAssigned(due, task);
  testing::Sign(assignment, Nine("2024-03-05"));
  return assignment;
}

TEST(NotificationCore, AFollowedAssignmentIsPlannedAndItsReminderIsLeasedAtItsTimeAndConfirmed) {
  TestNotifier notifier;
  notifier.Follow(Signed());
  EXPECT_THAT(Lines(notifier.List()), ElementsAre("BEFORE_DUE 2024-09-24 SCHEDULED", "BEFORE_DUE 2024-09-29 SCHEDULED",
                                                  "DUE 2024-09-30 SCHEDULED", "OVERDUE 2024-10-08 SCHEDULED",
                                                  "OVERDUE 2024-10-10 SCHEDULED", "OVERDUE 2024-10-12 SCHEDULED"));
  notifier.clock.AdvanceTo(Nine("2024-09-24") - absl::Seconds(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.clock.Advance(absl::Seconds(1));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  EXPECT_EQ(leased.reminders(0).state(), Reminder::LEASED);
  EXPECT_EQ(leased.reminders(0).attempts(), 1);
  EXPECT_FALSE(leased.reminders(0).late());
  EXPECT_EQ(FromProto(leased.lease_expire_time()), notifier.clock.Now() + absl::Minutes(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  const auto confirmed = notifier.Confirm(leased.reminders(0).name(), leased.lease_token());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->state(), Reminder::CONFIRMED);
  EXPECT_EQ(FromProto(confirmed->confirm_time()), notifier.clock.Now());
  EXPECT_EQ(notifier.Get(confirmed->name()).SerializeAsString(), confirmed->SerializeAsString());
  notifier.clock.Advance(absl::Hours(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
}

// --- What changes the plan ---

TEST(NotificationCore, AMovedDeadlineTakesBackWhatWaitsAndPlansTheNew) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse sent = notifier.Lease();
  ASSERT_TRUE(notifier.Confirm(sent.reminders(0).name(), sent.lease_token()).ok());
  Assigned moved = Signed("2024-10-31");
  *moved.order.mutable_deadline_change_time() = ToProto(notifier.clock.Now());
  notifier.Follow(moved);
  std::multiset<std::string> june, october;
  for (const Reminder& reminder : notifier.List()) {
    const std::string state = Reminder::State_Name(reminder.state());
    if (reminder.due() == "2024-06-20") june.insert(state);
    if (reminder.due() == "2024-10-31") october.insert(state);
  }
  EXPECT_THAT(june, ElementsAre("CONFIRMED"));
  EXPECT_THAT(october, ::testing::AllOf(SizeIs(6), ::testing::Each("SCHEDULED")));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  // And back again: what was sent stays sent, what lies ahead is planned again under its old name.
  moved = Signed("2024-06-20");
  *moved.order.mutable_deadline_change_time() = ToProto(notifier.clock.Now());
  notifier.Follow(moved);
  EXPECT_THAT(notifier.InState(Reminder::CONFIRMED), SizeIs(1));
  EXPECT_THAT(Lines(notifier.InState(Reminder::SCHEDULED)),
              ElementsAre("BEFORE_DUE 2024-06-19 SCHEDULED", "DUE 2024-06-20 SCHEDULED", "OVERDUE 2024-06-21 SCHEDULED",
                          "OVERDUE 2024-06-25 SCHEDULED", "OVERDUE 2024-06-27 SCHEDULED"));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

// Closes an assignment in one of the ways there are.
void Close(TestNotifier& notifier, Assigned assigned, std::string_view how) {
  if (how == "cancelled") *assigned.addressee.mutable_cancel_time() = ToProto(notifier.clock.Now());
  if (how == "accepted") {
    testing::Submit(assigned, "s-1", notifier.clock.Now());
    testing::Judge(assigned, "s-1", v1::Review::ACCEPTED, notifier.clock.Now());
  }
  if (how == "withdrawn") {
    notifier.Withdraw("assignment", assigned.order.name());
  } else {
    notifier.Follow(assigned);
  }
}

TEST(NotificationCore, ClosingTakesBackWhatIsNotSentYetButNotWhatAJobHolds) {
  for (const std::string how : {"cancelled", "accepted", "withdrawn"}) {
    TestNotifier notifier;
    const Assigned held = Signed("2024-06-20");
    const Assigned waiting = Signed("2024-06-20", "t4");
    notifier.Follow(held);
    notifier.clock.AdvanceTo(Nine("2024-06-13"));
    const v1::LeaseRemindersResponse leased = notifier.Lease();
    ASSERT_THAT(leased.reminders(), SizeIs(1));
    notifier.Follow(waiting);
    notifier.TendAll();
    Close(notifier, held, how);
    Close(notifier, waiting, how);
    EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), IsEmpty()) << how;
    // The job that holds it may have delivered it already.
    const auto confirmed = notifier.Confirm(leased.reminders(0).name(), leased.lease_token());
    ASSERT_TRUE(confirmed.ok()) << how << confirmed.status();
    EXPECT_EQ(confirmed->state(), Reminder::CONFIRMED) << how;
    EXPECT_THAT(notifier.Lease().reminders(), IsEmpty()) << how;
    EXPECT_THAT(Lines(notifier.InState(Reminder::CANCELLED)), ElementsAre("BEFORE_DUE 2024-06-13 CANCELLED")) << how;
    EXPECT_EQ(notifier.Verify(), absl::OkStatus()) << how;
    notifier.clock.Advance(absl::Hours(24 * 60));
    EXPECT_THAT(notifier.Lease().reminders(), IsEmpty()) << how;
    EXPECT_THAT(notifier.List(), SizeIs(2)) << how;
  }
}

TEST(NotificationCore, WhatWasDoneMayComeBeforeTheOrderAndAllMayGoAgain) {
  TestNotifier notifier;
  const Assigned assignment = Signed("2024-06-20");
  notifier.Follow("assignment", ExecutionName(assignment.name()), assignment.execution);
  EXPECT_THAT(notifier.List(), IsEmpty());
  notifier.Follow(assignment);
  // Signed already: no recall of the receipt was ever planned.
  EXPECT_THAT(notifier.List(), SizeIs(6));
  notifier.Withdraw("assignment", assignment.order.name());
  EXPECT_THAT(notifier.List(), IsEmpty());
  notifier.Withdraw("assignment", ExecutionName(assignment.name()));
  Assigned unsigned_yet = assignment;
  unsigned_yet.execution.Clear();
  notifier.Follow(unsigned_yet);
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(8));
  notifier.Follow(assignment);
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(6));
  // A withdrawal of what never came, and kinds that are not its business, change nothing.
  const int64_t commands = notifier.store->head().sequence();
  notifier.Withdraw("assignment", "plans/p9/tasks/t1/order");
  notifier.Withdraw("assignment", "plans/p9/tasks/t1/assignments/u/execution");
  notifier.Withdraw("assignment", "plans/p9/addressees/l");
  notifier.Follow("assignment", "plans/p1/deliveries/district", v1::Delivery());
  notifier.Follow("assignment", DecompositionName(assignment.name()), v1::Decomposition());
  notifier.Follow("plan", "plans/p1", v1::Plan());
  EXPECT_EQ(notifier.store->head().sequence(), commands);
  EXPECT_THAT(notifier.List(), SizeIs(6));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(NotificationCore, AnOrderThatCameBeforeItsListIsPlannedWhenTheListComes) {
  TestNotifier notifier;
  v1::AddresseeList list;
  const Assigned assignment = Signed("2024-06-20");
  *list.add_addressees() = assignment.addressee;
  const std::vector<v1::FeedEntry> entries = TestNotifier::Entries(assignment.order, list);
  ASSERT_EQ(notifier.Apply("assignment", {entries[1]}), absl::OkStatus());
  notifier.TendAll();
  EXPECT_THAT(notifier.List(), IsEmpty());
  ASSERT_EQ(notifier.Apply("assignment", {entries[0]}), absl::OkStatus());
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(8));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(NotificationCore, AnEntryThatIsAppliedAgainChangesNothing) {
  TestNotifier notifier;
  const Assigned assignment = Signed("2024-06-20");
  notifier.Follow(assignment);
  const v1::FeedPosition head = notifier.store->head();
  notifier.Follow(assignment);
  EXPECT_EQ(notifier.store->head().sequence(), head.sequence());
}

TEST(NotificationCore, UnitsGiveNamesAndARenameReachesWhatIsNotSentYet) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse sent = notifier.Lease();
  ASSERT_TRUE(notifier.Confirm(sent.reminders(0).name(), sent.lease_token()).ok());
  v1::Unit unit;
  unit.set_name("units/health");
  unit.set_display_name("区卫生健康局");
  notifier.Follow("plan", unit.name(), unit);
  // Names are looked up when somebody asks: there is nothing to do for a rename.
  EXPECT_FALSE(notifier.core->Tend().value());
  for (const Reminder& reminder : notifier.InState(Reminder::SCHEDULED)) {
    EXPECT_EQ(reminder.recipient_display_name(), "区卫生健康局");
    EXPECT_THAT(reminder.text_zh(), HasSubstr("区卫生健康局"));
  }
  notifier.Withdraw("plan", unit.name());
  notifier.TendAll();
  for (const Reminder& reminder : notifier.InState(Reminder::SCHEDULED)) {
    EXPECT_EQ(reminder.recipient_display_name(), "区卫健局");
  }
}

TEST(NotificationCore, ARenameReachesTextsToTheIssuerToo) {
  TestNotifier notifier("city");
  v1::Unit unit;
  unit.set_name("units/health");
  unit.set_display_name("区卫健局");
  notifier.Follow("plan", unit.name(), unit);
  notifier.Follow(Signed("2024-06-20"));
  unit.set_display_name("区卫生健康局");
  notifier.Follow("plan", unit.name(), unit);
  notifier.TendAll();
  const std::vector<Reminder> to_issuer = notifier.InState(Reminder::SCHEDULED);
  ASSERT_THAT(to_issuer, SizeIs(1));
  EXPECT_EQ(to_issuer[0].recipient(), "units/city-office");
  EXPECT_THAT(to_issuer[0].text_zh(), HasSubstr("区卫生健康局"));
}

TEST(NotificationCore, AnAmendedCalendarMovesWhatIsNotSentYetUnderTheSameName) {
  TestNotifier notifier;
  notifier.Follow(Signed("2027-10-03"));
  const std::vector<Reminder> before = notifier.InState(Reminder::SCHEDULED);
  ASSERT_THAT(before, SizeIs(6));
  EXPECT_EQ(Lines(before)[2], "DUE 2027-10-01 SCHEDULED");
  EXPECT_THAT(before[2].text_zh(), HasSubstr("放假安排尚未录入"));
  v1::Calendar calendar;
  calendar.set_name("calendars/y2027");
  calendar.set_year(2027);
  calendar.set_version(1);
  for (int day = 1; day <= 7; ++day) {
    v1::Calendar::Day& off = *calendar.add_days();
    off.set_date(FormatDay(absl::CivilDay(2027, 10, day)));
    off.set_kind(v1::Calendar::Day::OFF);
  }
  notifier.Follow("plan", calendar.name(), calendar);
  notifier.TendAll();
  const std::vector<Reminder> after = notifier.InState(Reminder::SCHEDULED);
  ASSERT_THAT(after, SizeIs(6));
  EXPECT_EQ(Lines(after)[2], "DUE 2027-09-30 SCHEDULED");
  EXPECT_EQ(Lines(after)[3], "OVERDUE 2027-10-08 SCHEDULED");
  EXPECT_THAT(after[2].text_zh(), ::testing::Not(HasSubstr("尚未录入")));
  EXPECT_EQ(before[2].name(), after[2].name());
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  // Gone again, weekends are all that is left; a built-in year would take its place.
  notifier.Withdraw("plan", calendar.name());
  notifier.TendAll();
  EXPECT_EQ(Lines(notifier.InState(Reminder::SCHEDULED))[2], "DUE 2027-10-01 SCHEDULED");
}

// --- Leases ---

TEST(NotificationCore, TheSameRequestIdGivesTheSameLeaseAndAnotherBodyIsRefused) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  v1::LeaseRemindersRequest request;
  request.set_request_id("same");
  v1::LeaseRemindersResponse first, again;
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &first), absl::OkStatus());
  notifier.Restart();
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &again), absl::OkStatus());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_THAT(first.reminders(), SizeIs(1));
  request.set_max_reminders(1);
  EXPECT_EQ(ReasonOf(notifier.core->LeaseReminders(Anybody(), request, &again)), v1::REQUEST_ID_REUSED);
  v1::ConfirmReminderRequest confirm;
  confirm.set_request_id("confirm");
  confirm.set_name(first.reminders(0).name());
  confirm.set_lease_token(first.lease_token());
  Reminder one, two;
  ASSERT_EQ(notifier.core->ConfirmReminder(Anybody(), confirm, &one), absl::OkStatus());
  ASSERT_EQ(notifier.core->ConfirmReminder(Anybody(), confirm, &two), absl::OkStatus());
  EXPECT_EQ(one.SerializeAsString(), two.SerializeAsString());
  confirm.set_error("no");
  EXPECT_EQ(ReasonOf(notifier.core->ConfirmReminder(Anybody(), confirm, &two)), v1::REQUEST_ID_REUSED);
  // The lease holds nothing any more: the same token, and nothing with it.
  request.clear_max_reminders();
  again.Clear();
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &again), absl::OkStatus());
  EXPECT_EQ(again.lease_token(), first.lease_token());
  EXPECT_THAT(again.reminders(), SizeIs(0));
}

TEST(NotificationCore, AJobThatDiesLosesNothingAndOnlyTheLatestTokenConfirms) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse first = notifier.Lease(0, absl::Minutes(5));
  notifier.clock.Advance(absl::Minutes(5) - absl::Seconds(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(notifier.Confirm(first.reminders(0).name(), first.lease_token()).status()), v1::LEASE_NOT_HELD);
  const v1::LeaseRemindersResponse second = notifier.Lease();
  ASSERT_THAT(second.reminders(), SizeIs(1));
  EXPECT_EQ(second.reminders(0).name(), first.reminders(0).name());
  EXPECT_EQ(second.reminders(0).attempts(), 2);
  EXPECT_NE(second.lease_token(), first.lease_token());
  EXPECT_EQ(ReasonOf(notifier.Confirm(first.reminders(0).name(), first.lease_token()).status()), v1::LEASE_NOT_HELD);
  EXPECT_TRUE(notifier.Confirm(first.reminders(0).name(), second.lease_token()).ok());
}

TEST(NotificationCore, LeasesTakeTheEarliestFirstUpToTheirLimitAndOnlyTheRecipientsOwn) {
  TestNotifier notifier("city");
  for (int i = 0; i < 5; ++i) {
    Assigned assignment = Signed("2024-06-20", StrCat("t", i));
    assignment.addressee.set_unit_node("city");
    if (i % 2 == 1) assignment.addressee.set_unit("units/works");
    notifier.Follow(assignment);
  }
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  EXPECT_THAT(notifier.Lease(0, absl::Minutes(1), "units/nobody").reminders(), IsEmpty());
  const v1::LeaseRemindersResponse works = notifier.Lease(0, absl::Minutes(1), "units/works");
  EXPECT_THAT(works.reminders(), SizeIs(4));
  for (const Reminder& reminder : works.reminders()) EXPECT_EQ(reminder.recipient(), "units/works");
  const v1::LeaseRemindersResponse two = notifier.Lease(2);
  EXPECT_THAT(two.reminders(), SizeIs(2));
  EXPECT_EQ(two.reminders(0).reason(), Reminder::BEFORE_DUE);
  const v1::LeaseRemindersResponse rest = notifier.Lease();
  EXPECT_THAT(rest.reminders(), SizeIs(4));
  for (int i = 1; i < rest.reminders_size(); ++i) {
    EXPECT_LE(FromProto(rest.reminders(i - 1).remind_time()), FromProto(rest.reminders(i).remind_time()));
  }
  EXPECT_EQ(notifier.Lease().lease_token(), "");
}

TEST(NotificationCore, FailuresRestTwiceAsLongEachTimeAndEndDeadUntilRedriven) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  std::string name;
  const int pauses[] = {60, 120, 240, 480, 960, 1920, 3600};
  for (int attempt = 1; attempt <= 8; ++attempt) {
    const v1::LeaseRemindersResponse leased = notifier.Lease();
    ASSERT_THAT(leased.reminders(), SizeIs(1)) << attempt;
    name = leased.reminders(0).name();
    EXPECT_EQ(leased.reminders(0).attempts(), attempt);
    const auto failed = notifier.Confirm(name, leased.lease_token(), StrCat("refused ", attempt));
    ASSERT_TRUE(failed.ok()) << failed.status();
    EXPECT_EQ(failed->last_error(), StrCat("refused ", attempt));
    if (attempt == 8) break;
    EXPECT_EQ(failed->state(), Reminder::SCHEDULED);
    EXPECT_EQ(FromProto(failed->next_attempt_time()), notifier.clock.Now() + absl::Seconds(pauses[attempt - 1]));
    notifier.clock.Advance(absl::Seconds(pauses[attempt - 1] - 1));
    EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
    notifier.clock.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(notifier.Get(name).state(), Reminder::DEAD);
  EXPECT_THAT(notifier.InState(Reminder::DEAD), SizeIs(1));
  notifier.clock.Advance(absl::Hours(3));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  v1::RedriveReminderRequest redrive;
  redrive.set_request_id("redrive");
  redrive.set_name(name);
  Reminder redriven, again;
  ASSERT_EQ(notifier.core->RedriveReminder(Anybody(), redrive, &redriven), absl::OkStatus());
  EXPECT_EQ(redriven.state(), Reminder::SCHEDULED);
  EXPECT_EQ(redriven.attempts(), 0);
  ASSERT_EQ(notifier.core->RedriveReminder(Anybody(), redrive, &again), absl::OkStatus());
  EXPECT_EQ(redriven.SerializeAsString(), again.SerializeAsString());
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  EXPECT_TRUE(leased.reminders(0).late());
  EXPECT_TRUE(notifier.Confirm(name, leased.lease_token()).ok());
}

TEST(NotificationCore, AReminderThatKillsItsJobEndsDeadToo) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  for (int attempt = 1; attempt <= 8; ++attempt) {
    ASSERT_THAT(notifier.Lease().reminders(), SizeIs(1)) << attempt;
    notifier.clock.Advance(absl::Minutes(1));
  }
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  const std::vector<Reminder> dead = notifier.InState(Reminder::DEAD);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_THAT(dead[0].last_error(), HasSubstr("lease ran out"));
}

TEST(NotificationCore, ADeadReminderOfAClosedAssignmentCannotBeRedriven) {
  TestNotifier notifier;
  Assigned assignment = Signed("2024-06-20");
  notifier.Follow(assignment);
  v1::UpdateReminderPolicyRequest policy;
  policy.set_request_id("policy");
  policy.mutable_policy()->set_name("policies/default");
  policy.mutable_policy()->set_max_attempts(1);
  v1::ReminderPolicy updated;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), policy, &updated), absl::OkStatus());
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_TRUE(notifier.Confirm(leased.reminders(0).name(), leased.lease_token(), "refused").ok());
  ASSERT_THAT(notifier.InState(Reminder::DEAD), SizeIs(1));
  *assignment.addressee.mutable_cancel_time() = ToProto(notifier.clock.Now());
  notifier.Follow(assignment);
  v1::RedriveReminderRequest redrive;
  redrive.set_request_id("redrive");
  redrive.set_name(leased.reminders(0).name());
  Reminder response;
  EXPECT_EQ(ReasonOf(notifier.core->RedriveReminder(Anybody(), redrive, &response)), v1::WRONG_STATE);
}

// --- Time ---

TEST(NotificationCore, AfterDowntimeWhatIsInTheWindowIsLateAndTheRestMissedAndCounted) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20", "t1"));
  notifier.Follow(Signed("2024-06-26", "t2"));
  // Down from here. The window is four days.
  notifier.store.Close();
  notifier.core.reset();
  notifier.clock.AdvanceTo(Nine("2024-06-24") + absl::Hours(2));
  notifier.Restart();
  notifier.TendAll();
  EXPECT_THAT(Lines(notifier.InState(Reminder::MISSED)),
              ElementsAre("BEFORE_DUE 2024-06-13 MISSED", "BEFORE_DUE 2024-06-19 MISSED",
                          "BEFORE_DUE 2024-06-19 MISSED", "DUE 2024-06-20 MISSED"));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  EXPECT_EQ(leased.reminders(0).reason(), Reminder::OVERDUE);
  EXPECT_TRUE(leased.reminders(0).late());
  // Once missed, always missed: no second chance, no second count.
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::MISSED), SizeIs(4));
}

TEST(NotificationCore, TheWindowEndsWhereThePolicySays) {
  for (const int seconds : {0, 1}) {
    TestNotifier notifier;
    notifier.Follow(Signed("2024-06-20"));
    notifier.clock.AdvanceTo(Nine("2024-06-13") + absl::Hours(96) + absl::Seconds(seconds));
    EXPECT_THAT(notifier.Lease().reminders(), SizeIs(seconds == 0 ? 1 : 0));
    notifier.TendAll();
    EXPECT_THAT(notifier.InState(Reminder::MISSED), SizeIs(seconds == 0 ? 0 : 1));
  }
}

TEST(NotificationCore, AJobIsNotKeptWaitingByWhatWasMissedWhileNothingRan) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  EXPECT_THAT(notifier.Lease().reminders(), Not(IsEmpty()));
  EXPECT_THAT(notifier.InState(Reminder::MISSED), IsEmpty()) << "a job is not the one to write it down";
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::MISSED), Not(IsEmpty()));
}

TEST(NotificationCore, LateMeansMoreThanAnHourAfterTheNominalTime) {
  for (const int seconds : {0, 1}) {
    TestNotifier notifier;
    notifier.Follow(Signed("2024-06-20"));
    notifier.clock.AdvanceTo(Nine("2024-06-13") + absl::Hours(1) + absl::Seconds(seconds));
    const v1::LeaseRemindersResponse leased = notifier.Lease();
    ASSERT_THAT(leased.reminders(), SizeIs(1));
    EXPECT_EQ(leased.reminders(0).late(), seconds == 1);
  }
}

TEST(NotificationCore, AClockSetForwardSkipsNothing) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.TendAll();
  notifier.clock.Step(absl::Hours(24 * 365));
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::MISSED), IsEmpty());
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  EXPECT_THAT(leased.reminders(), SizeIs(6));
  for (const Reminder& reminder : leased.reminders()) EXPECT_TRUE(reminder.late());
}

TEST(NotificationCore, AClockSetForwardGivesTheWindowAgainAndNoMore) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.TendAll();
  notifier.clock.Step(absl::Hours(24 * 365));
  notifier.TendAll();
  notifier.clock.Advance(absl::Hours(96));
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::MISSED), SizeIs(6));
}

TEST(NotificationCore, AClockSetBackRepeatsNothingAndKeepsNoLeaseForLonger) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-19"));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  ASSERT_TRUE(notifier.Confirm(leased.reminders(0).name(), leased.lease_token()).ok());
  notifier.clock.Advance(absl::Hours(24));
  const v1::LeaseRemindersResponse held = notifier.Lease();
  ASSERT_THAT(held.reminders(), SizeIs(1));
  notifier.clock.Step(-absl::Hours(24 * 30));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  EXPECT_EQ(notifier.Get(leased.reminders(0).name()).state(), Reminder::CONFIRMED);
  // The lease of a minute still lasts a minute; its holder can still confirm.
  EXPECT_EQ(FromProto(notifier.Get(held.reminders(0).name()).lease_expire_time()),
            notifier.clock.Now() + absl::Minutes(1));
  notifier.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(ReasonOf(notifier.Confirm(held.reminders(0).name(), held.lease_token()).status()), v1::LEASE_NOT_HELD);
  // It comes again, but not before its time.
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.TendAll();
  notifier.clock.AdvanceTo(Nine("2024-06-20") - absl::Seconds(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.clock.Advance(absl::Seconds(1));
  const v1::LeaseRemindersResponse again = notifier.Lease();
  ASSERT_THAT(again.reminders(), SizeIs(1));
  EXPECT_EQ(again.reminders(0).name(), held.reminders(0).name());
  EXPECT_EQ(again.reminders(0).attempts(), 2);
  EXPECT_EQ(notifier.Get(leased.reminders(0).name()).state(), Reminder::CONFIRMED);
}

TEST(NotificationCore, AClockSetBackLeavesALeaseToItsHolder) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse held = notifier.Lease(0, absl::Minutes(10));
  notifier.clock.Advance(absl::Minutes(9));
  notifier.clock.Step(-absl::Hours(2));
  EXPECT_TRUE(notifier.Confirm(held.reminders(0).name(), held.lease_token()).ok());
}

TEST(NotificationCore, AClockSetBackKeepsNoPauseForLonger) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-19") + absl::Hours(10));
  const v1::LeaseRemindersResponse held = notifier.Lease();
  ASSERT_THAT(held.reminders(), SizeIs(1));
  ASSERT_TRUE(notifier.Confirm(held.reminders(0).name(), held.lease_token(), "refused").ok());
  notifier.clock.Step(-absl::Hours(9));
  notifier.TendAll();
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.clock.Advance(absl::Minutes(1));
  EXPECT_THAT(notifier.Lease().reminders(), SizeIs(1));
}

TEST(NotificationCore, AClockSetBackWhileDownKeepsNoLeaseForLonger) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-19"));
  const v1::LeaseRemindersResponse held = notifier.Lease();
  ASSERT_THAT(held.reminders(), SizeIs(1));
  notifier.clock.Step(-absl::Hours(24 * 30));
  notifier.Restart();
  notifier.TendAll();
  EXPECT_EQ(FromProto(notifier.Get(held.reminders(0).name()).lease_expire_time()),
            notifier.clock.Now() + absl::Minutes(1));
  notifier.clock.Advance(absl::Minutes(1));
  notifier.TendAll();
  EXPECT_EQ(notifier.Get(held.reminders(0).name()).state(), Reminder::SCHEDULED);
}

// --- Policies ---

v1::UpdateReminderPolicyRequest PolicyRequest(TestNotifier& notifier) {
  v1::UpdateReminderPolicyRequest request;
  request.set_request_id(notifier.NextRequest());
  request.mutable_policy()->set_name("policies/default");
  return request;
}

TEST(NotificationPolicy, TheDefaultExistsFromTheStartAndAnUnknownOneDoesNot) {
  TestNotifier notifier;
  v1::GetReminderPolicyRequest request;
  v1::ReminderPolicy policy;
  request.set_name("policies/default");
  ASSERT_EQ(notifier.core->GetReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
  EXPECT_THAT(policy.before_due_working_days(), ElementsAre(5, 1));
  EXPECT_EQ(policy.minute_of_day(), 540);
  EXPECT_NE(policy.etag(), "");
  request.set_name("policies/other");
  EXPECT_EQ(ReasonOf(notifier.core->GetReminderPolicy(Anybody(), request, &policy)), v1::RESOURCE_NOT_FOUND);
  v1::UpdateReminderPolicyRequest update = PolicyRequest(notifier);
  update.mutable_policy()->set_name("policies/other");
  EXPECT_EQ(ReasonOf(notifier.core->UpdateReminderPolicy(Anybody(), update, &policy)), v1::RESOURCE_NOT_FOUND);
}

TEST(NotificationPolicy, ARepeatedChangeShowsThePolicyAsItIsNow) {
  TestNotifier notifier;
  v1::UpdateReminderPolicyRequest first = PolicyRequest(notifier);
  first.mutable_policy()->set_max_attempts(3);
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), first, &policy), absl::OkStatus());
  v1::UpdateReminderPolicyRequest second = PolicyRequest(notifier);
  second.mutable_policy()->set_max_attempts(4);
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), second, &policy), absl::OkStatus());
  const std::string etag = policy.etag();
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), first, &policy), absl::OkStatus());
  EXPECT_EQ(policy.max_attempts(), 4);
  EXPECT_EQ(policy.etag(), etag);
}

TEST(NotificationPolicy, AChangePlansAllOpenRemindersAnewAndInventsNothingForThePast) {
  TestNotifier notifier;
  for (int i = 0; i < 250; ++i) notifier.Follow(Signed("2024-06-20", StrCat("t", i)));
  notifier.clock.AdvanceTo(Nine("2024-06-13") - absl::Hours(1));
  v1::UpdateReminderPolicyRequest request = PolicyRequest(notifier);
  for (const int days : {2, 10}) request.mutable_policy()->add_before_due_working_days(days);
  request.mutable_policy()->set_minute_of_day(600);
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
  EXPECT_THAT(policy.before_due_working_days(), ElementsAre(2, 10));
  EXPECT_THAT(policy.overdue_working_days(), ElementsAre(1, 3, 5));
  std::map<std::string, int> counts;
  for (const Reminder& reminder : notifier.List()) {
    if (reminder.reason() == Reminder::UNSIGNED) continue;
    const absl::Time time = FromProto(reminder.remind_time());
    ++counts[StrCat(Reminder::Reason_Name(reminder.reason()), " ", FormatDay(DayOf(time)), " ",
                    Reminder::State_Name(reminder.state()))];
    if (reminder.state() == Reminder::SCHEDULED) {
      EXPECT_EQ(time, TimeAt(DayOf(time), 600));
    }
  }
  const std::map<std::string, int> expected = {{"BEFORE_DUE 2024-06-18 SCHEDULED", 250},
                                               {"DUE 2024-06-20 SCHEDULED", 250},
                                               {"OVERDUE 2024-06-21 SCHEDULED", 250},
                                               {"OVERDUE 2024-06-25 SCHEDULED", 250},
                                               {"OVERDUE 2024-06-27 SCHEDULED", 250}};
  EXPECT_EQ(counts, expected);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  // A later change of the order does not bring back what was not sent.
  Assigned reworded = Signed("2024-06-20", "t7");
  reworded.order.set_text("建成社区服务站二十个");
  notifier.Follow(reworded);
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
}

TEST(NotificationPolicy, ALeaseNeverSendsWhatTheNewPolicyDoesNotAskForEvenWhilePlanningGoesOn) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  // The policy is durable, the planning has not begun.
  ASSERT_EQ(notifier.store->Run({.method = "test", .request_id = ""},
                                [&](Transaction& transaction) -> absl::Status {
                                  v1::ReminderPolicy policy = DefaultReminderPolicy();
                                  policy.clear_before_due_working_days();
                                  SchedulePlanner::StartReplanning(transaction);
                                  return transaction.Put(policy.name(), policy, {}).status();
                                }),
            absl::OkStatus());
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.Restart();
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(4));
}

TEST(NotificationPolicy, MaskEtagAndRangesAreKept) {
  TestNotifier notifier;
  v1::ReminderPolicy policy;
  v1::UpdateReminderPolicyRequest request = PolicyRequest(notifier);
  request.mutable_update_mask()->add_paths("on_due");
  request.mutable_policy()->set_minute_of_day(1);
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
  EXPECT_FALSE(policy.on_due());
  EXPECT_EQ(policy.minute_of_day(), 540);
  const std::string etag = policy.etag();

  request = PolicyRequest(notifier);
  request.mutable_policy()->set_minute_of_day(541);
  request.mutable_policy()->set_etag(etag);
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
  request.set_request_id(notifier.NextRequest());
  request.mutable_policy()->set_minute_of_day(542);
  EXPECT_EQ(ReasonOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy)), v1::ETAG_MISMATCH);

  for (const char* path : {"name", "etag", "nothing", "first_backoff.seconds", ""}) {
    request = PolicyRequest(notifier);
    request.mutable_update_mask()->add_paths(path);
    EXPECT_EQ(MetadataOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy))["field"],
              "update_mask.paths[0]")
        << path;
  }
  request = PolicyRequest(notifier);
  request.mutable_update_mask()->add_paths("max_attempts");
  EXPECT_EQ(MetadataOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy))["field"],
            "policy.max_attempts");
  request = PolicyRequest(notifier);
  request.mutable_update_mask()->add_paths("*");
  EXPECT_EQ(MetadataOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy))["count"], "3");
  request = PolicyRequest(notifier);
  request.mutable_policy()->add_overdue_working_days(61);
  EXPECT_EQ(MetadataOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy))["field"],
            "policy.overdue_working_days[0]");
  request = PolicyRequest(notifier);
  for (int i = 1; i <= 11; ++i) request.mutable_policy()->add_unsigned_working_days(i);
  EXPECT_EQ(MetadataOf(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy))["field"],
            "policy.unsigned_working_days");
  v1::GetReminderPolicyRequest get;
  get.set_name("policies/default");
  ASSERT_EQ(notifier.core->GetReminderPolicy(Anybody(), get, &policy), absl::OkStatus());
  EXPECT_EQ(policy.minute_of_day(), 541);
}

TEST(NotificationPolicy, AnEmptyListTurnsARuleOff) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  v1::UpdateReminderPolicyRequest request = PolicyRequest(notifier);
  request.mutable_update_mask()->add_paths("overdue_working_days");
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
  EXPECT_THAT(policy.overdue_working_days(), IsEmpty());
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(3));
}

// --- Reading and errors ---

TEST(NotificationCore, ListsByTimeWithFiltersInPagesThatAddUp) {
  TestNotifier notifier("city");
  for (int i = 0; i < 30; ++i) {
    Assigned assignment = Signed(FormatDay(absl::CivilDay(2024, 6, 3) + i), StrCat("t", i));
    assignment.addressee.set_unit_node("city");
    if (i % 3 == 0) assignment.addressee.set_unit("units/works");
    notifier.Follow(assignment);
  }
  notifier.Withdraw("assignment", "plans/p1/tasks/t5/order");
  // Something in every state.
  notifier.clock.AdvanceTo(Nine("2024-06-12"));
  notifier.TendAll();
  const v1::LeaseRemindersResponse leased = notifier.Lease(15);
  ASSERT_THAT(leased.reminders(), SizeIs(15));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(notifier.Confirm(leased.reminders(i).name(), leased.lease_token(), i % 2 == 0 ? "" : "refused").ok());
  }
  Assigned closed = Signed("2024-06-12", "t9");
  closed.addressee.set_unit("units/works");
  closed.addressee.set_unit_node("city");
  Close(notifier, closed, "accepted");
  notifier.TendAll();
  const std::vector<Reminder> all = notifier.List();
  EXPECT_THAT(all, SizeIs(::testing::Gt(150u)));
  const auto by_time = [](const Reminder& a, const Reminder& b) {
    return std::make_pair(FromProto(a.remind_time()), a.name()) < std::make_pair(FromProto(b.remind_time()), b.name());
  };
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), by_time));
  v1::ListRemindersRequest small;
  small.set_page_size(7);
  std::vector<std::string> names, small_names;
  for (const Reminder& reminder : all) names.push_back(reminder.name());
  for (const Reminder& reminder : notifier.List(small)) small_names.push_back(reminder.name());
  EXPECT_EQ(names, small_names);
  for (const std::string recipient : {"", "units/works", "units/city-office"}) {
    for (const std::string assignment :
         {"", "plans/p1/tasks/t3/assignments/works", "plans/p1/tasks/t4/assignments/works"}) {
      for (const Reminder::State state : {Reminder::STATE_UNSPECIFIED, Reminder::SCHEDULED, Reminder::CONFIRMED}) {
        v1::ListRemindersRequest request;
        request.set_recipient(recipient);
        request.set_assignment(assignment);
        request.set_state(state);
        request.set_page_size(4);
        std::vector<std::string> expected, listed;
        for (const Reminder& reminder : all) {
          if (!recipient.empty() && reminder.recipient() != recipient) continue;
          if (!assignment.empty() && reminder.assignment() != assignment) continue;
          if (state != Reminder::STATE_UNSPECIFIED && reminder.state() != state) continue;
          expected.push_back(reminder.name());
        }
        for (const Reminder& reminder : notifier.List(request)) listed.push_back(reminder.name());
        EXPECT_EQ(listed, expected) << recipient << " " << assignment << " " << state;
      }
    }
  }
}

TEST(NotificationCore, PagesHoldWhatTheContractSaysAndTheLastHasNoToken) {
  TestNotifier notifier;
  for (int i = 0; i < 101; ++i) notifier.Follow(MakeAssigned("", StrCat("t", i)));
  v1::ListRemindersRequest request;
  v1::ListRemindersResponse response;
  ASSERT_EQ(notifier.core->ListReminders(Anybody(), request, &response), absl::OkStatus());
  EXPECT_EQ(response.reminders_size(), 100);
  request.set_page_size(202);
  response.Clear();
  ASSERT_EQ(notifier.core->ListReminders(Anybody(), request, &response), absl::OkStatus());
  EXPECT_EQ(response.reminders_size(), 202);
  EXPECT_EQ(response.next_page_token(), "");
  request.set_page_size(201);
  response.Clear();
  ASSERT_EQ(notifier.core->ListReminders(Anybody(), request, &response), absl::OkStatus());
  EXPECT_NE(response.next_page_token(), "");
  request.set_page_token(response.next_page_token());
  request.set_recipient("units/health");
  EXPECT_EQ(MetadataOf(notifier.core->ListReminders(Anybody(), request, &response))["field"], "page_token");
  for (int i = 101; i < 251; ++i) notifier.Follow(MakeAssigned("", StrCat("t", i)));
  request.Clear();
  request.set_page_size(10000);
  response.Clear();
  ASSERT_EQ(notifier.core->ListReminders(Anybody(), request, &response), absl::OkStatus());
  EXPECT_EQ(response.reminders_size(), 500);
}

TEST(NotificationCore, WhatDoesNotExistIsNotFound) {
  TestNotifier notifier;
  v1::GetReminderRequest get;
  get.set_name("reminders/none");
  v1::RedriveReminderRequest redrive;
  redrive.set_request_id("r");
  redrive.set_name("reminders/none");
  Reminder response;
  EXPECT_EQ(ReasonOf(notifier.core->GetReminder(Anybody(), get, &response)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(notifier.core->RedriveReminder(Anybody(), redrive, &response)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(notifier.Confirm("reminders/none", "t").status()), v1::RESOURCE_NOT_FOUND);
}

TEST(NotificationCore, ConfirmingAndRedrivingInAWrongStateNamesTheState) {
  TestNotifier notifier;
  notifier.Follow(Signed("2024-06-20"));
  const std::string name = notifier.InState(Reminder::SCHEDULED).front().name();
  EXPECT_EQ(ReasonOf(notifier.Confirm(name, "never leased").status()), v1::LEASE_NOT_HELD);
  v1::RedriveReminderRequest redrive;
  redrive.set_request_id("r");
  redrive.set_name(name);
  Reminder response;
  const absl::Status status = notifier.core->RedriveReminder(Anybody(), redrive, &response);
  EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(status)["state"], "SCHEDULED");
  EXPECT_THAT(ChineseMessage(status), HasSubstr(name));
  notifier.clock.AdvanceTo(Nine("2024-06-13"));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_TRUE(notifier.Confirm(name, leased.lease_token()).ok());
  EXPECT_EQ(MetadataOf(notifier.Confirm(name, leased.lease_token()).status())["state"], "CONFIRMED");
  EXPECT_EQ(notifier.Get(name).state(), Reminder::CONFIRMED);
}

// A feed with one order, and the notifier's hop that follows it.
struct Followed {
  Followed() {
    const Assigned assigned = MakeAssigned();
    v1::AddresseeList list;
    list.set_name("plans/p1/addressees/l1");
    *list.add_addressees() = assigned.addressee;
    v1::Order order = assigned.order;
    order.set_addressee_list(list.name());
    EXPECT_EQ(source->Run({"test", ""},
                          [&](Transaction& transaction) -> absl::Status {
                            const Audiences audiences = {ServiceAudience("notification")};
                            DUBAN_RETURN_IF_ERROR(transaction.Put(list.name(), list, audiences).status());
                            return transaction.Put(order.name(), order, audiences).status();
                          }),
              absl::OkStatus());
    for (FollowSpec& follow : notifier.core->hops().follows) {
      if (follow.feed == "assignment") spec = std::move(follow);
    }
  }
  FollowHop MakeHop(const FollowSpec& follow) {
    return FollowHop("assignment_to_notification", "district", follow, notifier.store.get(), &notifier.clock);
  }
  // Follows to the head, and returns what is stored then, but for commits and position, which depend on the time.
  std::map<std::string, std::string> Follow(const FollowSpec& follow) {
    FollowHop hop = MakeHop(follow);
    const absl::StatusOr<bool> moved = hop.Deliver(peer.Fetch(*hop.Prepare(absl::ZeroDuration())));
    EXPECT_TRUE(moved.ok()) << moved.status();
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(notifier.store->TakeSnapshot()
                    ->ScanRows(EntityKey(""), "\xff",
                               [&](std::string_view key, std::string_view value) {
                                 rows.emplace(key, value);
                                 return true;
                               })
                    .ok());
    EXPECT_EQ(rows.erase(PositionKey("assignment_to_notification")), 1u);
    return rows;
  }

  TestNotifier notifier;
  TestStore source{"assignment", "district"};
  FeedServer server{{"assignment", source.get(), DefaultAudiences, {}}, &notifier.clock};
  DirectPeer peer{&server};
  FollowSpec spec;
};

// Verifying a node applies its feeds anew beside the hops, at any moment: it may take nothing out of a page under way.
TEST(NotificationCore, AComparisonInTheMiddleOfAPageTakesNoReminderFromIt) {
  Followed f, alone;
  const FollowHop beside = f.MakeHop(f.spec);
  FollowSpec interrupted = f.spec;
  int comparisons = 0;
  interrupted.apply = [&](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    const absl::Status applied = f.spec.apply(transaction, entry, source);
    EXPECT_EQ(beside.Compare(f.peer).result(), v1::NodeCheck::GOOD);
    ++comparisons;
    return applied;
  };
  EXPECT_EQ(f.Follow(interrupted), alone.Follow(alone.spec));
  EXPECT_EQ(comparisons, 2);
  EXPECT_EQ(beside.Compare(f.peer).result(), v1::NodeCheck::GOOD);
}

}  // namespace
}  // namespace duban
