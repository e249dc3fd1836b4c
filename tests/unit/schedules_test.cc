// Schedules that concern many units: how they become reminders in steps, what changes meanwhile, what it costs, and
// what is deleted in the end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/store/overlay.h"
#include "google/rpc/error_details.pb.h"
#include "services/notification/reminder_rows.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::Assigned;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using testing::MakeAddressees;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TestNotifier;
using v1::Reminder;

// An order of the city to `count` units that work there. Due on a Thursday; nothing to sign for.
class Crowd {
 public:
  explicit Crowd(int count, std::string_view task = "t3", std::string_view due = "2024-06-20")
      : order(MakeAssigned(due, task).order), list(MakeAddressees(count)) {}

  std::string Assignment(int unit) const { return AssignmentName(order.task(), list.addressees(unit).unit()); }

  // What unit number `unit` did, as an entry of the feed.
  v1::FeedEntry Signed(int unit) const {
    v1::Execution execution;
    execution.set_assignment(Assignment(unit));
    execution.set_version(1);
    execution.mutable_receipt()->set_signer("张三");
    *execution.mutable_receipt()->mutable_receive_time() = ToProto(Nine("2024-03-05"));
    return TestNotifier::Entry(ExecutionName(Assignment(unit)), execution);
  }

  v1::Order order;
  v1::AddresseeList list;
};

// Notifiers at node `city`, without rules but those named.
void OnlyOnDue(TestNotifier& notifier) {
  v1::UpdateReminderPolicyRequest request;
  request.set_request_id(notifier.NextRequest());
  request.mutable_policy()->set_name("policies/default");
  request.mutable_policy()->set_on_due(true);
  for (const char* path : {"before_due_working_days", "on_due", "overdue_working_days", "escalation_working_days",
                           "unsigned_working_days"}) {
    request.mutable_update_mask()->add_paths(path);
  }
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), request, &policy), absl::OkStatus());
}

std::multiset<std::string> Recipients(const std::vector<Reminder>& reminders) {
  std::multiset<std::string> recipients;
  for (const Reminder& reminder : reminders) recipients.insert(reminder.recipient());
  return recipients;
}

// How many rows of the store begin like this local name.
int CountRows(TestNotifier& notifier, std::string_view prefix) {
  int count = 0;
  const std::string begin = LocalKey(prefix);
  EXPECT_EQ(notifier.store->TakeSnapshot()->ScanRows(begin, PrefixEnd(begin),
                                                     [&](std::string_view, std::string_view) {
                                                       ++count;
                                                       return true;
                                                     }),
            absl::OkStatus());
  return count;
}

int CountIndex(TestNotifier& notifier, Index index) {
  int count = 0;
  EXPECT_EQ(notifier.store->TakeSnapshot()->ScanIndex(index, {},
                                                      [&](const std::vector<std::string_view>&, std::string_view) {
                                                        ++count;
                                                        return true;
                                                      }),
            absl::OkStatus());
  return count;
}

// --- Steps ---

TEST(Schedules, BecomeOneReminderForEachUnitThatIsStillOpenWhenTheirTimeHasCome) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(7);
  notifier.Follow(crowd.order, crowd.list);
  EXPECT_EQ(CountRows(notifier, kBatchRows), 0);
  notifier.clock.AdvanceTo(Nine("2024-06-20") - absl::Seconds(1));
  notifier.TendAll();
  EXPECT_EQ(CountRows(notifier, kBatchRows), 0) << "not before its time";
  // One hands in its result, one is cancelled, at the last moment.
  v1::Execution handed_in;
  handed_in.set_version(1);
  handed_in.add_submissions()->set_submission_id("s-1");
  notifier.Follow("assignment", ExecutionName(crowd.Assignment(2)), handed_in);
  Crowd fewer = crowd;
  *fewer.list.mutable_addressees(4)->mutable_cancel_time() = ToProto(notifier.clock.Now());
  notifier.Follow(fewer.order, fewer.list);
  notifier.clock.Advance(absl::Seconds(1));
  notifier.TendAll();
  EXPECT_EQ(CountRows(notifier, kBatchRows), 1);
  EXPECT_THAT(Recipients(notifier.InState(Reminder::SCHEDULED)),
              ElementsAre("units/u0", "units/u1", "units/u3", "units/u5", "units/u6"));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  EXPECT_THAT(notifier.Lease().reminders(), SizeIs(5));
}

TEST(Schedules, AreShownAsTheRemindersTheyWillBecomeUnderTheSameNames) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(1203);
  notifier.Follow(crowd.order, crowd.list);
  std::set<std::string> before, after;
  for (const Reminder& reminder : notifier.List()) {
    EXPECT_EQ(reminder.state(), Reminder::SCHEDULED);
    before.insert(reminder.name());
  }
  EXPECT_THAT(before, SizeIs(1203));
  EXPECT_EQ(notifier.Get(*before.begin()).state(), Reminder::SCHEDULED);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  notifier.TendAll();
  for (const Reminder& reminder : notifier.List()) after.insert(reminder.name());
  EXPECT_EQ(before, after);
}

// Whatever dies between two steps: each reminder comes into being once.
TEST(Schedules, YieldEachReminderOnceWhateverDiesBetweenTwoSteps) {
  for (const bool by_jobs : {false, true}) {
    TestNotifier notifier("city");
    OnlyOnDue(notifier);
    const Crowd crowd(5203);
    notifier.Follow(crowd.order, crowd.list);
    notifier.clock.AdvanceTo(Nine("2024-06-20"));
    std::multiset<std::string> seen;
    int commands = 0;
    while (true) {
      ++commands;
      notifier.Restart();
      ASSERT_EQ(notifier.Verify(), absl::OkStatus());
      if (by_jobs) {
        const v1::LeaseRemindersResponse leased = notifier.Lease(397);
        if (leased.reminders().empty()) break;
        for (const Reminder& reminder : leased.reminders()) seen.insert(reminder.name());
        notifier.Restart();
        ASSERT_TRUE(notifier.ConfirmAll(leased).ok());
      } else if (!notifier.core->Tend().value()) {
        break;
      }
    }
    EXPECT_THAT(commands, Gt(1));
    if (!by_jobs) {
      for (const Reminder& reminder : notifier.InState(Reminder::SCHEDULED)) seen.insert(reminder.name());
    }
    EXPECT_THAT(seen, SizeIs(5203)) << by_jobs;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 5203u) << by_jobs;
    // Done is done.
    notifier.Restart();
    notifier.TendAll();
    EXPECT_THAT(notifier.List(), SizeIs(5203));
  }
}

TEST(Schedules, AStepTakesAPageOfAddresseesAndNoMore) {
  for (const int units : {500, 501}) {
    TestNotifier notifier("city");
    OnlyOnDue(notifier);
    const Crowd crowd(units);
    notifier.Follow(crowd.order, crowd.list);
    EXPECT_EQ(CountRows(notifier, "lists/p1/"), units == 500 ? 2 : 3) << "a head and its pages";
    notifier.clock.AdvanceTo(Nine("2024-06-20"));
    EXPECT_THAT(notifier.Lease(500).reminders(), SizeIs(500));
    EXPECT_EQ(CountRows(notifier, kBatchRows), 1);
    EXPECT_EQ(CountIndex(notifier, kReminderQueue), units == 500 ? 1 : 2)
        << "the lease, and what the schedule has left";
    EXPECT_THAT(notifier.Lease(500).reminders(), SizeIs(units - 500));
    EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  }
}

// --- What changes while reminders are being made, and after ---

TEST(Schedules, AUnitThatIsAddedAfterwardsIsCaughtUpWithAndTheOthersAreNotToldTwice) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  Crowd crowd(3);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  const v1::LeaseRemindersResponse first = notifier.Lease();
  ASSERT_THAT(first.reminders(), SizeIs(3));
  ASSERT_TRUE(notifier.ConfirmAll(first).ok());
  // Told a minute before nine, as the issuer says; it comes here late.
  crowd.list = MakeAddressees(4);
  *crowd.list.mutable_addressees(3)->mutable_issue_time() = ToProto(Nine("2024-06-20") - absl::Minutes(1));
  notifier.clock.Advance(absl::Hours(2));
  notifier.Follow(crowd.order, crowd.list);
  const v1::LeaseRemindersResponse second = notifier.Lease();
  ASSERT_THAT(second.reminders(), SizeIs(1));
  EXPECT_EQ(second.reminders(0).recipient(), "units/u3");
  EXPECT_TRUE(second.reminders(0).late());
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  // Told after nine: that time was not its own.
  crowd.list = MakeAddressees(5);
  *crowd.list.mutable_addressees(4)->mutable_issue_time() = ToProto(notifier.clock.Now());
  notifier.Follow(crowd.order, crowd.list);
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  // Behind the window nobody is looked for any more.
  crowd.list = MakeAddressees(6);
  notifier.clock.Advance(absl::Hours(96));
  notifier.Follow(crowd.order, crowd.list);
  notifier.TendAll();
  EXPECT_THAT(notifier.List(), SizeIs(4));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, WhatHasBegunGoesOnWithTheNewListEvenBehindTheWindow) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  Crowd crowd(1203);
  notifier.Follow(crowd.order, crowd.list);
  const std::string old_list = TestNotifier::Entries(crowd.order, crowd.list)[0].entity();
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  ASSERT_TRUE(notifier.ConfirmAll(notifier.Lease(500)).ok());
  // Nothing runs for five days; then the list is another one, and the old one goes.
  notifier.clock.Advance(absl::Hours(24 * 5));
  crowd.list.mutable_addressees(7)->set_unit_display_name("第七街道");
  notifier.Follow(crowd.order, crowd.list);
  notifier.Withdraw("assignment", old_list);
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::CONFIRMED), SizeIs(500));
  EXPECT_THAT(notifier.InState(Reminder::MISSED), SizeIs(703));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, ManyThatAreAddedAmongOthersMakeBatchesOfTheirOwn) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  Crowd crowd(450);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  const v1::LeaseRemindersResponse first = notifier.Lease(450);
  ASSERT_THAT(first.reminders(), SizeIs(450));
  crowd.list = MakeAddressees(1700);
  notifier.Follow(crowd.order, crowd.list);
  notifier.TendAll();
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(1250));
  // Leased before the batch was cut: the same request still finds all of it, and its holder confirms all of it.
  const auto confirmed = notifier.ConfirmAll(first);
  ASSERT_TRUE(confirmed.ok());
  for (const auto& result : confirmed->results()) EXPECT_EQ(result.state(), Reminder::CONFIRMED);
  std::multiset<std::string> told = Recipients(notifier.InState(Reminder::CONFIRMED));
  for (int i = 0; i < 3; ++i) {
    const v1::LeaseRemindersResponse more = notifier.Lease(500);
    ASSERT_TRUE(notifier.ConfirmAll(more).ok());
    for (const Reminder& reminder : more.reminders()) told.insert(reminder.recipient());
  }
  EXPECT_EQ(told.size(), 1700u);
  EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), 1700u);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, ALeaseThatComesByOneScheduleTwiceHoldsEachReminderOnce) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  Crowd crowd(5);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  notifier.TendAll();
  // Five wait already; its schedule begins once more for those that were added around it.
  crowd.list = MakeAddressees(20);
  notifier.Follow(crowd.order, crowd.list);
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  EXPECT_THAT(leased.reminders(), SizeIs(20));
  const auto recipients = Recipients({leased.reminders().begin(), leased.reminders().end()});
  EXPECT_EQ(std::set<std::string>(recipients.begin(), recipients.end()).size(), 20u);
}

TEST(Schedules, AnOrderThatGoesAndComesBackGoesOnWhereItWas) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(4);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  const v1::LeaseRemindersResponse two = notifier.Lease(2);
  ASSERT_TRUE(notifier.ConfirmAll(two).ok());
  notifier.Withdraw("assignment", crowd.order.name());
  EXPECT_THAT(notifier.InState(Reminder::CONFIRMED), SizeIs(2));
  EXPECT_THAT(notifier.InState(Reminder::CANCELLED), SizeIs(2));
  for (const Reminder& reminder : notifier.List()) EXPECT_EQ(reminder.text_zh(), "") << "nothing is known of the order";
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  notifier.Follow(crowd.order, crowd.list);
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(2));
  EXPECT_THAT(notifier.Lease().reminders(), SizeIs(2));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

// --- Leases and bulk confirmations ---

TEST(Schedules, ALeaseForOneRecipientFindsItAmongManyAndTakesNoOther) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  for (int i = 0; i < 30; ++i) {
    const Crowd crowd(i % 3 == 0 ? 700 : 5, StrCat("t", i));
    notifier.Follow(crowd.order, crowd.list);
  }
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  notifier.TendAll();
  // Number 650 is addressed by every third order.
  std::set<std::string> assignments;
  for (int round = 0; round < 3; ++round) {
    const v1::LeaseRemindersResponse leased = notifier.Lease(4, absl::Hours(1), "units/u650");
    for (const Reminder& reminder : leased.reminders()) {
      EXPECT_EQ(reminder.recipient(), "units/u650");
      assignments.insert(reminder.assignment());
    }
  }
  EXPECT_THAT(assignments, SizeIs(10));
  EXPECT_THAT(notifier.Lease(0, absl::Minutes(1), "units/nobody").reminders(), IsEmpty());
  EXPECT_EQ(notifier.InState(Reminder::SCHEDULED).size(), 10u * 700 + 20u * 5 - 10);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, ABulkConfirmationSaysOfEachItemWhatCameOfItAndSaysSoAgain) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(6);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  const v1::LeaseRemindersResponse before = notifier.Lease(1);
  ASSERT_TRUE(notifier.ConfirmAll(before).ok());
  const v1::LeaseRemindersResponse other = notifier.Lease(1);
  const v1::LeaseRemindersResponse leased = notifier.Lease(3);
  v1::ConfirmRemindersRequest request;
  request.set_request_id("bulk");
  request.set_lease_token(leased.lease_token());
  const auto add = [&](const std::string& name, const std::string& error = "") {
    request.add_items()->set_name(name);
    request.mutable_items()->rbegin()->set_error(error);
  };
  add(leased.reminders(0).name());
  add("reminders/none");
  add(leased.reminders(1).name(), "refused");
  add(before.reminders(0).name());
  add(other.reminders(0).name());
  add(leased.reminders(2).name());
  for (int time = 0; time < 2; ++time) {
    v1::ConfirmRemindersResponse response;
    ASSERT_EQ(notifier.core->ConfirmReminders(Anybody(), request, &response), absl::OkStatus());
    ASSERT_THAT(response.results(), SizeIs(6));
    std::vector<std::string> lines;
    for (const auto& result : response.results()) {
      EXPECT_EQ(result.name(), request.items(static_cast<int>(lines.size())).name());
      google::rpc::ErrorInfo info;
      for (const auto& detail : result.error().details()) detail.UnpackTo(&info);
      lines.push_back(StrCat(Reminder::State_Name(result.state()), " ", info.reason()));
    }
    EXPECT_THAT(lines, ElementsAre("CONFIRMED ", "STATE_UNSPECIFIED RESOURCE_NOT_FOUND", "SCHEDULED ",
                                   "CONFIRMED WRONG_STATE", "LEASED LEASE_NOT_HELD", "CONFIRMED "));
    // The second time a confirmed one stays as it was answered, whatever became of it.
    notifier.Restart();
  }
  EXPECT_THAT(notifier.InState(Reminder::CONFIRMED), SizeIs(3));
  EXPECT_EQ(notifier.Get(leased.reminders(1).name()).last_error(), "refused");
  request.set_request_id("bulk2");
  request.add_items()->set_name(leased.reminders(0).name());
  v1::ConfirmRemindersResponse response;
  EXPECT_EQ(MetadataOf(notifier.core->ConfirmReminders(Anybody(), request, &response))["field"], "items[6].name");
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, ARepeatedLeaseGivesWhatOfItIsNotConfirmedYet) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(4);
  notifier.Follow(crowd.order, crowd.list);
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  v1::LeaseRemindersRequest request;
  request.set_request_id("same");
  v1::LeaseRemindersResponse first;
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &first), absl::OkStatus());
  ASSERT_THAT(first.reminders(), SizeIs(4));
  ASSERT_TRUE(notifier.Confirm(first.reminders(0).name(), first.lease_token()).ok());
  v1::LeaseRemindersResponse again;
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &again), absl::OkStatus());
  EXPECT_EQ(again.lease_token(), first.lease_token());
  EXPECT_THAT(again.reminders(), SizeIs(3));
  // Run out, and taken by another.
  notifier.clock.Advance(absl::Minutes(1));
  ASSERT_THAT(notifier.Lease().reminders(), SizeIs(3));
  again.Clear();
  ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), request, &again), absl::OkStatus());
  EXPECT_THAT(again.reminders(), IsEmpty());
}

TEST(Schedules, TheDeadAreFoundWithoutLookingAtTheLiving) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  for (int i = 0; i < 700; ++i) {
    const Crowd crowd(3, StrCat("t", i));
    notifier.Follow(crowd.order, crowd.list);
  }
  v1::UpdateReminderPolicyRequest once;
  once.set_request_id(notifier.NextRequest());
  once.mutable_policy()->set_name("policies/default");
  once.mutable_policy()->set_max_attempts(1);
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier.core->UpdateReminderPolicy(Anybody(), once, &policy), absl::OkStatus());
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  notifier.TendAll();
  // The last of them, by name.
  v1::LeaseRemindersResponse leased = notifier.Lease(500);
  for (int i = 0; i < 4; ++i) leased = notifier.Lease(i < 3 ? 500 : 100);
  ASSERT_THAT(leased.reminders(), SizeIs(100));
  const std::string name = leased.reminders(99).name();
  EXPECT_EQ(notifier.Confirm(name, leased.lease_token(), "refused")->state(), Reminder::DEAD);
  v1::ListRemindersRequest request;
  request.set_state(Reminder::DEAD);
  v1::ListRemindersResponse response;
  ASSERT_EQ(notifier.core->ListReminders(Anybody(), request, &response), absl::OkStatus());
  ASSERT_THAT(response.reminders(), SizeIs(1)) << "on the first page";
  EXPECT_EQ(response.next_page_token(), "");
  EXPECT_EQ(response.reminders(0).name(), name);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  v1::RedriveReminderRequest redrive;
  redrive.set_request_id("redrive");
  redrive.set_name(name);
  Reminder redriven;
  ASSERT_EQ(notifier.core->RedriveReminder(Anybody(), redrive, &redriven), absl::OkStatus());
  EXPECT_THAT(notifier.InState(Reminder::DEAD), IsEmpty());
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

// Real threads: sixteen jobs lease in bulk and one by one, at once.
TEST(Schedules, TwoJobsNeverHoldOneReminder) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  for (int i = 0; i < 4; ++i) {
    const Crowd crowd(900, StrCat("t", i));
    notifier.Follow(crowd.order, crowd.list);
  }
  notifier.clock.AdvanceTo(Nine("2024-06-20"));
  notifier.store.options().threaded = true;
  notifier.Restart();
  std::vector<std::vector<std::string>> held(16);
  std::vector<std::thread> jobs;
  for (size_t job = 0; job < held.size(); ++job) {
    jobs.emplace_back([&, job] {
      for (int round = 0;; ++round) {
        v1::LeaseRemindersRequest lease;
        lease.set_request_id(StrCat("lease-", job, "-", round));
        lease.set_max_reminders(job % 2 == 0 ? 100 : 7);
        v1::LeaseRemindersResponse leased;
        ASSERT_EQ(notifier.core->LeaseReminders(Anybody(), lease, &leased), absl::OkStatus());
        if (leased.reminders().empty()) return;
        v1::ConfirmRemindersRequest confirm;
        confirm.set_request_id(StrCat("confirm-", job, "-", round));
        confirm.set_lease_token(leased.lease_token());
        for (const Reminder& reminder : leased.reminders()) {
          held[job].push_back(reminder.name());
          confirm.add_items()->set_name(reminder.name());
        }
        v1::ConfirmRemindersResponse confirmed;
        ASSERT_EQ(notifier.core->ConfirmReminders(Anybody(), confirm, &confirmed), absl::OkStatus());
        for (const auto& result : confirmed.results()) ASSERT_EQ(result.state(), Reminder::CONFIRMED);
      }
    });
  }
  for (std::thread& job : jobs) job.join();
  std::multiset<std::string> all;
  for (const std::vector<std::string>& names : held) all.insert(names.begin(), names.end());
  EXPECT_THAT(all, SizeIs(3600));
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 3600u);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

// --- Cost ---

TEST(Schedules, WaitInFewRowsHoweverManyUnitsTheyConcern) {
  TestNotifier notifier("city");
  for (int i = 0; i < 50; ++i) {
    const Crowd crowd(600, StrCat("t", i));
    notifier.Follow(crowd.order, crowd.list);
  }
  // Two about signing, six around the due day, one to the issuer: each a row in the queue and one by time.
  EXPECT_EQ(CountIndex(notifier, kReminderQueue), 50 * 9);
  EXPECT_EQ(CountIndex(notifier, kScheduleByTime), 50 * 9);
  EXPECT_EQ(CountRows(notifier, kOrderRows), 50);
  EXPECT_EQ(CountRows(notifier, "lists/"), 3) << "one list for all, in two pages";
  EXPECT_EQ(CountRows(notifier, kActRows), 0);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, APageOfActsOfOneUnitTouchesFewRowsAndNoSchedule) {
  TestNotifier notifier("city");
  std::vector<v1::FeedEntry> acts;
  for (int i = 0; i < 500; ++i) {
    const Crowd crowd(3, StrCat("t", i));
    if (i % 10 == 0) notifier.Follow(crowd.order, crowd.list);
    acts.push_back(crowd.Signed(1));
  }
  const auto snapshot = notifier.store->TakeSnapshot();
  const WriteSet nothing;
  Transaction transaction(snapshot.get(), &nothing, 0);
  const HopSpecs hops = notifier.core->hops();
  for (const v1::FeedEntry& entry : acts) {
    ASSERT_EQ(hops.follows[0].apply(transaction, entry, {.node = "city", .hop = "test", .now = notifier.clock.Now()}),
              absl::OkStatus());
  }
  EXPECT_THAT(transaction.writes(), SizeIs(Le(8u))) << "64 tasks a row";
  for (const auto& [key, value] : transaction.writes()) {
    EXPECT_EQ(key.substr(1, kActRows.size()), kActRows);
    EXPECT_LT(value->size(), 64u * 40) << "receipts alone";
  }
}

// --- What is kept is what is asked for ---

// Comparing the two ends of a hop applies entries to a transaction that is never committed, on another thread than the
// hop itself.
TEST(Schedules, ComparingBesideTheHopLosesNothing) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(3);
  const std::vector<v1::FeedEntry> entries = TestNotifier::Entries(crowd.order, crowd.list);
  const HopSpecs hops = notifier.core->hops();
  const EntrySource source{.node = "city", .hop = "test", .now = notifier.clock.Now()};
  const auto snapshot = notifier.store->TakeSnapshot();
  const WriteSet nothing;
  Transaction aside(snapshot.get(), &nothing, 0);
  ASSERT_EQ(notifier.store->Run({.method = "test", .request_id = ""},
                                [&](Transaction& transaction) -> absl::Status {
                                  for (const v1::FeedEntry& entry : entries) {
                                    DUBAN_RETURN_IF_ERROR(hops.follows[0].apply(aside, entry, source));
                                    DUBAN_RETURN_IF_ERROR(hops.follows[0].apply(transaction, entry, source));
                                  }
                                  return absl::OkStatus();
                                }),
            absl::OkStatus());
  EXPECT_THAT(notifier.InState(Reminder::SCHEDULED), SizeIs(3));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  EXPECT_EQ(hops.follows[0].finish_page, nullptr) << "nothing waits in memory for the end of a page";
}

TEST(Schedules, VerificationFindsASchedulesThatWasLostAndOneTooMany) {
  for (const bool lost : {true, false}) {
    TestNotifier notifier("city");
    OnlyOnDue(notifier);
    const Crowd crowd(3);
    notifier.Follow(crowd.order, crowd.list);
    ASSERT_EQ(notifier.Verify(), absl::OkStatus());
    ASSERT_EQ(notifier.store->Run({.method = "test", .request_id = ""},
                                  [&](Transaction& transaction) -> absl::Status {
                                    const std::string order = OrderKey(crowd.order.task());
                                    DUBAN_ASSIGN_OR_RETURN(auto plan, ReadOrder(transaction, order));
                                    const storage::v1::Schedule schedule = plan->schedules(0);
                                    if (lost) {
                                      // As if it had never been planned: neither its row nor its places are there.
                                      ScheduleRows(order, schedule, [&](std::string key, std::optional<std::string>) {
                                        transaction.DeleteRow(std::move(key));
                                      });
                                      plan->clear_schedules();
                                    } else {
                                      plan->clear_order();
                                    }
                                    transaction.PutLocal(OrderRow(order), *plan);
                                    return absl::OkStatus();
                                  }),
              absl::OkStatus());
    EXPECT_EQ(notifier.Verify().code(), absl::StatusCode::kDataLoss) << lost;
  }
}

// --- Time ---

TEST(Schedules, ALeapOfTheClockIsRememberedOverARestart) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd crowd(3);
  notifier.Follow(crowd.order, crowd.list);
  notifier.TendAll();
  notifier.clock.Step(absl::Hours(24 * 365));
  notifier.TendAll();
  notifier.Restart();
  notifier.TendAll();
  EXPECT_THAT(notifier.InState(Reminder::MISSED), IsEmpty());
  EXPECT_THAT(notifier.Lease().reminders(), SizeIs(3));
}

TEST(Schedules, OldRemindersAreDeletedInStepsAndNotMadeAgain) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  for (int i = 0; i < 600; ++i) {
    const Crowd crowd(2, StrCat("t", i), i < 599 ? "2024-06-20" : "2024-06-21");
    notifier.Follow(crowd.order, crowd.list);
  }
  notifier.clock.AdvanceTo(Nine("2024-06-21"));
  notifier.TendAll();
  ASSERT_TRUE(notifier.ConfirmAll(notifier.Lease(500)).ok());
  EXPECT_THAT(notifier.List(), SizeIs(1200));
  notifier.clock.AdvanceTo(Nine("2024-06-20") + kReminderLifetime);
  EXPECT_TRUE(notifier.core->Purge().ok());
  EXPECT_THAT(notifier.List(), SizeIs(1200)) << "to the day";
  EXPECT_EQ(CountRows(notifier, kLeaseRows), 0) << "leases are long over";
  notifier.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(notifier.core->Purge().value()) << "in steps";
  while (notifier.core->Purge().value()) {
  }
  EXPECT_THAT(notifier.List(), SizeIs(2));
  EXPECT_EQ(CountRows(notifier, kBatchRows), 1);
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
  // Neither a new policy nor a revision brings them back, not even as missed ones.
  Crowd revised(2, "t0");
  revised.order.set_text("修订");
  notifier.Follow(revised.order, revised.list);
  ASSERT_EQ(notifier.store->Run({.method = "test", .request_id = ""},
                                [](Transaction& transaction) {
                                  SchedulePlanner::StartReplanning(transaction);
                                  return absl::OkStatus();
                                }),
            absl::OkStatus());
  notifier.TendAll();
  EXPECT_THAT(notifier.List(), SizeIs(2));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

TEST(Schedules, WhatTheLostNodeHasSentIsNotSentAgain) {
  TestNotifier notifier("city");
  OnlyOnDue(notifier);
  const Crowd known(3, "t1");
  notifier.Follow(known.order, known.list);
  const v1::LeaseRemindersResponse none = notifier.Lease();
  EXPECT_THAT(none.reminders(), IsEmpty());
  // The backup is of the morning; the node was seen alive until half past nine.
  notifier.clock.AdvanceTo(Nine("2024-06-20") + absl::Hours(1));
  const absl::Time alive_until = Nine("2024-06-20") + absl::Minutes(30);
  const HopSpecs hops = notifier.core->hops();
  ASSERT_EQ(notifier.store->Run({.method = "rebuild", .request_id = ""},
                                [&](Transaction& transaction) {
                                  return hops.rebuild.finish(transaction,
                                                             {.now = notifier.clock.Now(), .alive_until = alive_until});
                                }),
            absl::OkStatus());
  const Crowd fresh(3, "t2");
  notifier.Follow(fresh.order, fresh.list);
  const Crowd later(3, "t3", "2024-06-21");
  notifier.Follow(later.order, later.list);
  notifier.TendAll();
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  // Of those that waited nobody knows what became of them; of the others nothing is said.
  EXPECT_THAT(notifier.InState(Reminder::MISSED), SizeIs(3));
  for (const Reminder& missed : notifier.InState(Reminder::MISSED)) {
    EXPECT_THAT(missed.assignment(), StartsWith(known.order.task()));
    EXPECT_THAT(missed.last_error(), HasSubstr("restored from a backup"));
  }
  notifier.clock.AdvanceTo(Nine("2024-06-21"));
  EXPECT_THAT(notifier.Lease().reminders(), SizeIs(3));
  EXPECT_EQ(notifier.Verify(), absl::OkStatus());
}

}  // namespace
}  // namespace duban
