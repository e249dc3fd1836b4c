// The promises N1 to N6 over random histories: orders are issued to several units, signed for, moved, handed in, sent
// back, closed, addressed to more units; jobs take reminders one by one and in bulk, deliver, fail and die; the service
// restarts and the clock is set. A model that knows only the rules, unit by unit, and what a receiver has seen says
// what has to hold. The seed is in the test's name and in every failure.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/calendar/holiday_data.h"
#include "tests/support/reminder_oracle.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::Assigned;
using testing::MakeAssigned;
using testing::TestNotifier;
using v1::Reminder;

class History {
 public:
  explicit History(int seed) : random_(seed), notifier_("city"), calendar_(BuiltInCalendars()) {}

  // Each phase is trouble, then a healthy day after which everything has to be in order.
  void Run(int phases, int hours) {
    for (int phase = 0; phase < phases && !::testing::Test::HasFatalFailure(); ++phase) {
      Trouble(hours);
      Heal();
    }
    // A history in which nothing happened proves nothing.
    EXPECT_GT(confirmed_.size(), 40u);
    EXPECT_GT(repeated_, 0);
    EXPECT_GT(added_, 0);
  }

 private:
  // One order and everybody it is addressed to.
  using Duties = std::vector<Assigned>;

  int Draw(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  void Trouble(int hours) {
    for (int hour = 0; hour < hours && !::testing::Test::HasFatalFailure(); ++hour) {
      notifier_.clock.Advance(absl::Minutes(45 + Draw(30)));
      if (Draw(2) == 0) Work();
      if (Draw(40) == 0) notifier_.Restart();
      if (Draw(60) == 0) SetClock();
      if (Draw(3) == 0) Job(/*healthy=*/false);
      if (Draw(8) == 0) {
        ASSERT_TRUE(notifier_.core->Tend().ok());
      }
    }
    ASSERT_EQ(notifier_.Verify(), absl::OkStatus());
  }

  // One thing happens to one order, or to one unit's part of it.
  void Work() {
    const int which = Draw(10);
    const absl::Time now = notifier_.clock.Now();
    Duties& duties = orders_[which];
    if (duties.empty() || Draw(60) == 0) {
      Issue(duties, which, now);
    } else if (Draw(3) == 0) {
      Revise(duties, now);
    } else {
      Act(duties[static_cast<size_t>(Draw(static_cast<int>(duties.size())))], now);
    }
    Follow(duties);
  }

  // A new order; the one before it is withdrawn.
  void Issue(Duties& duties, int which, absl::Time now) {
    if (!duties.empty()) notifier_.Withdraw("assignment", duties[0].order.name());
    duties.clear();
    Assigned first = MakeAssigned(FormatDay(DayOf(now) + Draw(30)), StrCat("t", which * 1000 + ++issued_), now);
    if (which % 4 == 0) {
      first.order.mutable_deadline()->set_kind(which % 8 == 0 ? v1::Deadline::STANDING : v1::Deadline::PERIODIC);
      first.order.mutable_deadline()->set_frequency(v1::Deadline::WEEKLY);
    }
    for (int unit = 0; unit < 1 + Draw(5); ++unit) Address(duties, first);
  }

  void Address(Duties& duties, Assigned duty) {
    duty.addressee.set_unit(StrCat("units/u", duties.size()));
    duty.addressee.set_unit_node(Draw(4) == 0 ? "district" : "city");
    duty.execution.Clear();
    duty.oversight.Clear();
    duties.push_back(duty);
  }

  // The issuer changes the order for all.
  void Revise(Duties& duties, absl::Time now) {
    const int what = Draw(4);
    if (what == 0 && duties.size() < 12) {
      Address(duties, duties[0]);
      duties.back().addressee.clear_cancel_time();
      // Up to a day ago, as it may come down late.
      *duties.back().addressee.mutable_issue_time() =
          ToProto(std::max(FromProto(duties[0].order.issue_time()), now - absl::Hours(Draw(24))));
      ++added_;
    } else if (what == 1) {
      Assigned& duty = duties[static_cast<size_t>(Draw(static_cast<int>(duties.size())))];
      *duty.addressee.mutable_cancel_time() = ToProto(now);
    } else {
      for (Assigned& duty : duties) {
        if (what == 2) {
          duty.order.set_text(StrCat("改写", absl::ToUnixSeconds(now)));
        } else {
          duty.order.mutable_deadline()->set_due(FormatDay(DayOf(now) + what + Draw(1)));
          *duty.order.mutable_deadline_change_time() = ToProto(now);
        }
      }
    }
  }

  void Act(Assigned& duty, absl::Time now) {
    const auto& submissions = duty.execution.submissions();
    const bool waits = submissions.size() > duty.oversight.reviews_size();
    switch (Draw(5)) {
      case 0:
        if (!duty.execution.has_receipt()) testing::Sign(duty, now);
        break;
      case 1:
        if (!waits) testing::Submit(duty, StrCat("s-", submissions.size() + 1), now, PeriodOf(now));
        break;
      case 2:
        testing::Report(duty, now);
        break;
      default:
        if (waits) {
          const auto verdict = Draw(8) == 0 ? v1::Review::ACCEPTED : v1::Review::RETURNED;
          testing::Judge(duty, submissions.rbegin()->submission_id(), verdict, now);
        }
    }
  }

  static std::string PeriodOf(absl::Time now) { return PeriodAt(v1::Deadline::WEEKLY, DayOf(now)).key; }

  void Follow(const Duties& duties) {
    v1::AddresseeList list;
    for (const Assigned& duty : duties) *list.add_addressees() = duty.addressee;
    std::vector<v1::FeedEntry> entries = TestNotifier::Entries(duties[0].order, list);
    for (const Assigned& duty : duties) {
      if (duty.execution.version() > 0) {
        entries.push_back(TestNotifier::Entry(ExecutionName(duty.name()), duty.execution));
      }
      if (duty.oversight.version() > 0) {
        entries.push_back(TestNotifier::Entry(OversightName(duty.name()), duty.oversight));
      }
    }
    ASSERT_EQ(notifier_.Apply("assignment", entries), absl::OkStatus());
  }

  // Up to two hours either way; the window is four days.
  void SetClock() { notifier_.clock.Step(absl::Minutes(Draw(240) - 120)); }

  static std::string KeyOf(std::string_view assignment, Reminder::Reason reason, absl::Time time) {
    return StrCat(assignment, " ", Reminder::Reason_Name(reason), " ", absl::ToUnixSeconds(time));
  }
  static std::string KeyOf(const Reminder& reminder) {
    return KeyOf(reminder.assignment(), reminder.reason(), FromProto(reminder.remind_time()));
  }

  // What the rules ask for now: when it goes out.
  std::map<std::string, absl::Time> Expected() {
    std::map<std::string, absl::Time> expected;
    for (const auto& [which, duties] : orders_) {
      for (const Assigned& duty : duties) {
        for (const auto& reminder : testing::ReminderOracle(duty, policy_, calendar_, "city").Expected()) {
          expected.emplace(KeyOf(duty.name(), reminder.reason, reminder.time), reminder.time);
        }
      }
    }
    return expected;
  }

  // A job takes what is due and delivers it. An unhealthy one may report failure, or die before or after delivering.
  void Job(bool healthy) {
    const std::map<std::string, absl::Time> expected = Expected();
    const v1::LeaseRemindersResponse leased = notifier_.Lease(healthy ? 500 : 1 + Draw(20), absl::Minutes(1));
    v1::ConfirmRemindersRequest bulk;
    bulk.set_lease_token(leased.lease_token());
    for (const Reminder& reminder : leased.reminders()) {
      // N3, and its way in time is that of the rules.
      ASSERT_LE(FromProto(reminder.remind_time()), notifier_.clock.Now());
      // N4: nothing goes out that the state of this moment does not ask for.
      ASSERT_EQ(expected.count(KeyOf(reminder)), 1u) << reminder.DebugString();
      ASSERT_FALSE(reminder.text_zh().empty());
      // N5: nothing is repeated once it is confirmed.
      ASSERT_EQ(confirmed_.count(reminder.name()), 0u) << reminder.DebugString();
      const int fate = healthy ? 9 : Draw(10);
      if (fate == 0) continue;
      if (fate != 1 && !received_.insert(reminder.name()).second) ++repeated_;
      if (fate == 2) continue;
      auto& item = *bulk.add_items();
      item.set_name(reminder.name());
      if (fate == 1) item.set_error("refused");
      if (fate != 1) confirmed_.insert(reminder.name());
    }
    if (bulk.items().empty()) return;
    bulk.set_request_id(notifier_.NextRequest());
    v1::ConfirmRemindersResponse response;
    ASSERT_EQ(notifier_.core->ConfirmReminders(Anybody(), bulk, &response), absl::OkStatus());
    for (const auto& result : response.results()) ASSERT_FALSE(result.has_error()) << result.DebugString();
  }

  // Everything works again for a day: then all that was expected has been received, once per name.
  void Heal() {
    for (const Reminder& dead : notifier_.InState(Reminder::DEAD)) {
      v1::RedriveReminderRequest redrive;
      redrive.set_request_id(notifier_.NextRequest());
      redrive.set_name(dead.name());
      Reminder response;
      ASSERT_EQ(notifier_.core->RedriveReminder(Anybody(), redrive, &response), absl::OkStatus());
    }
    for (int hour = 0; hour < 24; ++hour) {
      notifier_.clock.Advance(absl::Hours(1));
      notifier_.TendAll();
      Job(/*healthy=*/true);
    }
    std::map<std::string, Reminder> listed;
    for (const Reminder& reminder : notifier_.List()) {
      ASSERT_TRUE(listed.emplace(KeyOf(reminder), reminder).second) << "twice: " << reminder.DebugString();
    }
    for (const auto& [key, time] : Expected()) {
      const auto found = listed.find(key);
      ASSERT_NE(found, listed.end()) << key;
      // N1 and N6: what is asked for and past is received; what lies ahead waits.
      const bool past = time <= notifier_.clock.Now();
      ASSERT_EQ(found->second.state(), past ? Reminder::CONFIRMED : Reminder::SCHEDULED) << found->second.DebugString();
      if (past) {
        ASSERT_EQ(received_.count(found->second.name()), 1u);
      }
    }
    EXPECT_THAT(notifier_.InState(Reminder::LEASED), ::testing::IsEmpty());
    ASSERT_EQ(notifier_.Verify(), absl::OkStatus());
  }

  std::mt19937 random_;
  TestNotifier notifier_;
  const WorkingCalendar calendar_;
  const v1::ReminderPolicy policy_ = DefaultReminderPolicy();
  std::map<int, Duties> orders_;
  int issued_ = 0;
  int added_ = 0;
  // Names a receiver has seen, and those it saw confirmed.
  std::set<std::string> received_;
  std::set<std::string> confirmed_;
  // Deliveries that a receiver dropped as doubles.
  int repeated_ = 0;
};

class ReminderHistory : public ::testing::TestWithParam<int> {};

TEST_P(ReminderHistory, SendsWhatIsExpectedOnceAndNothingElse) {
  SCOPED_TRACE(GetParam());
  History(GetParam()).Run(5, 100);
}

int Seeds() {
  const char* wished = std::getenv("DUBAN_SEEDS");  // Any number on demand.
  return wished == nullptr ? 4 : std::max(1, std::atoi(wished));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReminderHistory, ::testing::Range(1, Seeds() + 1));

}  // namespace
}  // namespace duban
