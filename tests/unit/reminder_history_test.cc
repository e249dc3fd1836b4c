// The promises N1 to N6 over random histories: assignments are issued, signed, moved, handed in, returned, closed; jobs
// take reminders, deliver, fail and die; the service restarts and the clock is set. A model that knows only the arrow
// and what a receiver has seen says what has to hold. The seed is in the test's name and in every failure.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/calendar/holiday_data.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/assignment_to_reminders.h"
#include "services/notification/indexes.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::MakeAssignment;
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
    EXPECT_GT(confirmed_.size(), 30u);
    EXPECT_GT(repeated_, 0);
  }

 private:
  void Trouble(int hours) {
    for (int hour = 0; hour < hours && !::testing::Test::HasFatalFailure(); ++hour) {
      notifier_.clock.Advance(absl::Minutes(45 + Draw(30)));
      if (Draw(4) == 0) Work();
      if (Draw(40) == 0) notifier_.Restart();
      if (Draw(60) == 0) SetClock();
      if (Draw(3) == 0) Job(/*healthy=*/false);
      if (Draw(8) == 0) {
        ASSERT_TRUE(notifier_.core->Tend().ok());
      }
    }
    CheckIndexes();
  }

  int Draw(int n) { return static_cast<int>(random_() % n); }

  // One thing happens to one assignment; one that is closed makes room for the next.
  void Work() {
    const int which = Draw(12);
    const absl::Time now = notifier_.clock.Now();
    auto found = assignments_.find(StrCat("a", which, "-", generations_[which]));
    if (found != assignments_.end() && found->second.has_cancel_time()) found = assignments_.end();
    const std::string id = StrCat("a", which, "-", found == assignments_.end() ? ++generations_[which] : 0);
    if (found == assignments_.end()) {
      v1::Assignment fresh = MakeAssignment(FormatDay(DayOf(now) + Draw(30)), id, now);
      if (which % 4 == 0) {
        fresh.mutable_deadline()->set_kind(v1::Deadline::PERIODIC);
        fresh.mutable_deadline()->set_frequency(v1::Deadline::WEEKLY);
      }
      if (which % 3 != 0) fresh.set_unit_node("city");
      found = assignments_.emplace(id, fresh).first;
    } else {
      Change(found->second, now);
    }
    notifier_.Follow(found->second);
  }

  void Change(v1::Assignment& assignment, absl::Time now) {
    const auto& submissions = assignment.execution().submissions();
    const bool waits = submissions.size() > assignment.reviews_size();
    switch (Draw(6)) {
      case 0:
        if (!assignment.execution().has_receipt()) testing::Sign(assignment, now);
        break;
      case 1:
        if (!waits) testing::Submit(assignment, StrCat("s-", submissions.size() + 1), now, "2024-W14");
        break;
      case 2:
      case 3:
        if (waits) {
          const auto verdict = Draw(8) == 0 ? v1::Review::ACCEPTED : v1::Review::RETURNED;
          testing::Judge(assignment, submissions.rbegin()->submission_id(), verdict, now);
        }
        break;
      case 4:
        assignment.mutable_deadline()->set_due(FormatDay(DayOf(now) + Draw(30)));
        *assignment.mutable_deadline_change_time() = ToProto(now);
        break;
      default:
        if (Draw(4) == 0) *assignment.mutable_cancel_time() = ToProto(now);
    }
  }

  // Up to two hours either way; the window is four days.
  void SetClock() { notifier_.clock.Step(absl::Minutes(Draw(240) - 120)); }

  std::map<std::string, Reminder> Expected() {
    std::map<std::string, Reminder> expected;
    for (const auto& [id, assignment] : assignments_) {
      for (Reminder& reminder :
           AssignmentToReminders(assignment, {.policy = policy_, .calendar = calendar_, .node = "city"})) {
        expected.emplace(reminder.name(), std::move(reminder));
      }
    }
    return expected;
  }

  // A job takes what is due and delivers it. An unhealthy one may report failure, or die before or after delivering.
  void Job(bool healthy) {
    const std::map<std::string, Reminder> expected = Expected();
    const v1::LeaseRemindersResponse leased = notifier_.Lease(healthy ? 500 : 1 + Draw(20), absl::Minutes(1));
    for (const Reminder& reminder : leased.reminders()) {
      // N3, and its way in time is that of the arrow.
      ASSERT_LE(FromProto(reminder.remind_time()), notifier_.clock.Now());
      // N4: nothing goes out that the state of this moment does not ask for.
      ASSERT_EQ(expected.count(reminder.name()), 1u) << reminder.DebugString();
      ASSERT_EQ(reminder.text_zh(), expected.at(reminder.name()).text_zh());
      // N5: nothing is repeated once it is confirmed.
      ASSERT_EQ(confirmed_.count(reminder.name()), 0u) << reminder.DebugString();
      const int fate = healthy ? 9 : Draw(10);
      if (fate == 0) continue;
      if (fate == 1) {
        ASSERT_TRUE(notifier_.Confirm(reminder.name(), leased.lease_token(), "refused").ok());
        continue;
      }
      if (!received_.insert(reminder.name()).second) ++repeated_;
      if (fate == 2) continue;
      ASSERT_TRUE(notifier_.Confirm(reminder.name(), leased.lease_token()).ok());
      confirmed_.insert(reminder.name());
    }
  }

  // Everything works again for a day: then all that was expected has been received, once per name.
  void Heal() {
    for (const Reminder& dead : notifier_.InState(Reminder::DEAD)) {
      v1::RedriveReminderRequest redrive;
      redrive.set_request_id(notifier_.NextRequest());
      redrive.set_name(dead.name());
      Reminder response;
      ASSERT_EQ(notifier_.core->RedriveReminder(redrive, &response), absl::OkStatus());
    }
    for (int hour = 0; hour < 24; ++hour) {
      notifier_.clock.Advance(absl::Hours(1));
      notifier_.TendAll();
      Job(/*healthy=*/true);
    }
    for (const auto& [name, reminder] : Expected()) {
      if (FromProto(reminder.remind_time()) > notifier_.clock.Now()) continue;
      // N1 and N6: what is asked for and past is received; or it is counted as missed, where it could not go out in
      // time because a result waited for review.
      const Reminder stored = notifier_.Get(name);
      if (stored.state() == Reminder::MISSED && ReturnedAfterWindow(stored)) continue;
      ASSERT_EQ(stored.state(), Reminder::CONFIRMED) << stored.DebugString();
      ASSERT_EQ(received_.count(name), 1u);
    }
    EXPECT_THAT(notifier_.InState(Reminder::LEASED), ::testing::IsEmpty());
    CheckIndexes();
  }

  bool ReturnedAfterWindow(const Reminder& reminder) const {
    for (const auto& [id, assignment] : assignments_) {
      if (assignment.name() != reminder.assignment()) continue;
      for (const v1::Review& review : assignment.reviews()) {
        if (FromProto(review.review_time()) - FromProto(reminder.remind_time()) > absl::Hours(96)) return true;
      }
    }
    return false;
  }

  // Every index says what the rows say, and nothing else.
  void CheckIndexes() {
    std::set<std::string> expected, found;
    const auto snapshot = notifier_.store->TakeSnapshot();
    ASSERT_EQ(snapshot->Scan<Reminder>("reminders/", {},
                                       [&](std::string_view name, Stored<Reminder> stored) {
                                         const Reminder& reminder = stored.value;
                                         const std::string nominal = TimePart(FromProto(reminder.remind_time()));
                                         if (const auto next = NextTime(reminder); next.has_value()) {
                                           expected.insert(StrCat("open ", TimePart(*next), " ", name, " ",
                                                                  reminder.state() == Reminder::LEASED));
                                         }
                                         expected.insert(StrCat("time ", nominal, " ", name));
                                         expected.insert(StrCat("to ", reminder.recipient(), " ", nominal, " ", name));
                                         return true;
                                       }),
              absl::OkStatus());
    using Parts = std::vector<std::string_view>;
    ASSERT_TRUE(snapshot
                    ->ScanIndex(kReminderByTime, {},
                                [&](const Parts& rest, std::string_view value) {
                                  storage::v1::ReminderTicket ticket;
                                  ticket.ParseFromString(std::string(value));
                                  found.insert(
                                      StrCat("open ", rest[0], " ", rest[1], " ", !ticket.lease_token().empty()));
                                  return true;
                                })
                    .ok());
    ASSERT_TRUE(snapshot
                    ->ScanIndex(kReminderByRemindTime, {},
                                [&](const Parts& rest, std::string_view) {
                                  found.insert(StrCat("time ", rest[0], " ", rest[1]));
                                  return true;
                                })
                    .ok());
    ASSERT_TRUE(snapshot
                    ->ScanIndex(kReminderByRecipient, {},
                                [&](const Parts& rest, std::string_view) {
                                  found.insert(StrCat("to ", rest[0], " ", rest[1], " ", rest[2]));
                                  return true;
                                })
                    .ok());
    ASSERT_EQ(found, expected);
  }

  std::mt19937 random_;
  TestNotifier notifier_;
  const WorkingCalendar calendar_;
  const v1::ReminderPolicy policy_ = DefaultReminderPolicy();
  std::map<std::string, v1::Assignment> assignments_;
  std::map<int, int> generations_;
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

INSTANTIATE_TEST_SUITE_P(Seeds, ReminderHistory, ::testing::Range(1, 5));

}  // namespace
}  // namespace duban
