// Where an assignment stands: states, closed periods, lights on any day, and what callers are shown of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "common/calendar/holiday_data.h"
#include "common/calendar/periods.h"
#include "services/assignment/state.h"
#include "tests/support/test_duty.h"

namespace duban {
namespace {

using testing::Cancel;
using testing::EditOrder;
using testing::Judge;
using testing::kIssueDay;
using testing::MakeDeadline;
using testing::MakeDuty;
using testing::Report;
using testing::Sign;
using testing::Submit;
using A = v1::Assignment;
using D = v1::Deadline;
using Day = absl::CivilDay;

const WorkingCalendar& BuiltIn() {
  static const auto* const calendar = new WorkingCalendar(BuiltInCalendars());
  return *calendar;
}

A::Light Light(const Duty& duty, Day day, const WorkingCalendar& calendar = BuiltIn()) {
  return LightOn(StandingOf(duty, calendar), day);
}

Duty Signed(const D& deadline = MakeDeadline(D::BY_DATE, "2024-09-30")) {
  Duty duty = MakeDuty(deadline);
  Sign(duty);
  return duty;
}

D Daily(int times = 1) {
  return MakeDeadline(D::PERIODIC, "", D::DAILY, times);
}

TEST(StateTest, StepsFromIssueToDone) {
  Duty duty = MakeDuty();
  EXPECT_EQ(StateOf(duty), A::ISSUED);
  Sign(duty);
  EXPECT_EQ(StateOf(duty), A::RECEIVED);
  Report(duty);
  EXPECT_EQ(StateOf(duty), A::IN_PROGRESS);
  Submit(duty, kIssueDay + 9);
  EXPECT_EQ(StateOf(duty), A::UNDER_REVIEW);
  Judge(duty, v1::Review::ACCEPTED);
  EXPECT_EQ(StateOf(duty), A::DONE);
}

TEST(StateTest, SentBackStandsWhereItStoodBefore) {
  for (bool reported : {false, true}) {
    Duty duty = Signed();
    if (reported) Report(duty);
    Submit(duty, kIssueDay + 9);
    Judge(duty, v1::Review::RETURNED);
    EXPECT_EQ(StateOf(duty), reported ? A::IN_PROGRESS : A::RECEIVED);
    Submit(duty, kIssueDay + 10);
    EXPECT_EQ(StateOf(duty), A::UNDER_REVIEW);
    Judge(duty, v1::Review::ACCEPTED);
    EXPECT_EQ(StateOf(duty), A::DONE);
  }
}

TEST(StateTest, CancelledIsCancelledWhateverElseHappened) {
  Duty duty = Signed();
  Submit(duty, kIssueDay + 9);
  Judge(duty, v1::Review::ACCEPTED);
  Cancel(duty, kIssueDay + 10);
  EXPECT_EQ(StateOf(duty), A::CANCELLED);
}

TEST(StateTest, ADutyJudgedByPeriodsIsNeverDone) {
  for (D::Kind kind : {D::WHOLE_PERIOD, D::STANDING, D::PERIODIC}) {
    Duty duty = Signed(MakeDeadline(kind, kind == D::WHOLE_PERIOD ? "2024-12-31" : ""));
    Submit(duty, kIssueDay + 9, "2024");
    EXPECT_EQ(StateOf(duty), A::UNDER_REVIEW);
    Judge(duty, v1::Review::ACCEPTED);
    EXPECT_EQ(StateOf(duty), A::RECEIVED);
    EXPECT_TRUE(PeriodClosed(duty, "2024"));
    EXPECT_FALSE(PeriodClosed(duty, "2025"));
  }
}

TEST(StateTest, APeriodIsClosedByAsManyAcceptedResultsAsItAsksFor) {
  Duty duty = Signed(MakeDeadline(D::PERIODIC, "", D::YEARLY, 2));
  for (v1::Review::Verdict verdict : {v1::Review::ACCEPTED, v1::Review::RETURNED, v1::Review::ACCEPTED}) {
    EXPECT_FALSE(PeriodClosed(duty, "2024"));
    Submit(duty, kIssueDay + 1, "2024");
    EXPECT_FALSE(PeriodClosed(duty, "2024"));
    Judge(duty, verdict);
  }
  EXPECT_TRUE(PeriodClosed(duty, "2024"));
}

TEST(StateTest, AVerdictIsFoundWhereverItStands) {
  Duty duty = Signed();
  for (int i = 0; i < 3; ++i) Submit(duty, kIssueDay + 1);
  const auto judge = [&](const char* submission, v1::Review::Verdict verdict) {
    v1::Review& review = *duty.oversight.add_reviews();
    review.set_submission_id(submission);
    review.set_verdict(verdict);
  };
  judge("s-9", v1::Review::ACCEPTED);  // Of what is not there.
  judge("s-3", v1::Review::RETURNED);
  EXPECT_EQ(StateOf(duty), A::RECEIVED);
  judge("s-1", v1::Review::ACCEPTED);
  EXPECT_EQ(StateOf(duty), A::DONE);
  judge("s-1", v1::Review::RETURNED);  // The last word counts.
  EXPECT_EQ(StateOf(duty), A::RECEIVED);
  EXPECT_EQ(VerdictOn(duty.oversight, "s-1"), v1::Review::RETURNED);
  EXPECT_EQ(VerdictOn(duty.oversight, "s-2"), v1::Review::VERDICT_UNSPECIFIED);
}

TEST(LightTest, FollowsTheDueDay) {
  const Duty duty = Signed();
  EXPECT_EQ(Light(duty, Day(2024, 9, 22)), A::GREEN);
  EXPECT_EQ(Light(duty, Day(2024, 9, 23)), A::YELLOW);
  EXPECT_EQ(Light(duty, Day(2024, 9, 30)), A::YELLOW);
  EXPECT_EQ(Light(duty, Day(2024, 10, 1)), A::RED);
  EXPECT_EQ(Light(Signed(MakeDeadline(D::WORKING_DAYS)), Day(2030, 1, 1)), A::GREEN);
  EXPECT_EQ(Light(Signed(MakeDeadline(D::KIND_UNSPECIFIED)), Day(2030, 1, 1)), A::GREEN);
}

TEST(LightTest, TurnsYellowWhenNotSignedForInThreeWorkingDays) {
  EXPECT_EQ(Light(MakeDuty(), kIssueDay + 3), A::GREEN);
  EXPECT_EQ(Light(MakeDuty(), kIssueDay + 4), A::YELLOW);
  EXPECT_EQ(Light(Signed(), kIssueDay + 4), A::GREEN);
  Duty friday = MakeDuty();
  EditOrder(friday, [](v1::Order& order) { *order.mutable_issue_time() = ToProto(TimeAt(kIssueDay + 4, 540)); });
  EXPECT_EQ(Light(friday, kIssueDay + 9), A::GREEN);  // The next Wednesday.
  EXPECT_EQ(Light(friday, kIssueDay + 10), A::YELLOW);
  // A unit that was addressed later has its own days.
  *friday.addressee.mutable_issue_time() = ToProto(TimeAt(kIssueDay + 7, 540));
  EXPECT_EQ(Light(friday, kIssueDay + 10), A::GREEN);
  EXPECT_EQ(Light(friday, kIssueDay + 11), A::YELLOW);
}

TEST(LightTest, KnowsHolidaysFromTheNotices) {
  v1::Calendar calendar;
  calendar.set_year(2024);
  for (const char* day : {"2024-03-05", "2024-03-06"}) {
    auto* off = calendar.add_days();
    off->set_date(day);
    off->set_kind(v1::Calendar::Day::OFF);
  }
  EXPECT_EQ(Light(MakeDuty(), kIssueDay + 5, WorkingCalendar({calendar})), A::GREEN);
  EXPECT_EQ(Light(MakeDuty(), kIssueDay + 8, WorkingCalendar({calendar})), A::YELLOW);
}

TEST(LightTest, AResultHandedInOnTimeIsNotOverdueWhileItWaits) {
  Duty duty = Signed();
  Submit(duty, Day(2024, 9, 30));
  EXPECT_EQ(Light(duty, Day(2024, 10, 8)), A::GREEN);
  Judge(duty, v1::Review::RETURNED);
  EXPECT_EQ(Light(duty, Day(2024, 10, 8)), A::RED);
  EXPECT_EQ(Light(duty, Day(2024, 5, 1)), A::YELLOW);  // Sent back long before it is due.
  Submit(duty, Day(2024, 10, 9));
  EXPECT_EQ(Light(duty, Day(2024, 10, 9)), A::RED);
  Judge(duty, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(duty, Day(2024, 10, 9)), A::GREY);
}

TEST(LightTest, CancelledIsGrey) {
  Duty duty = MakeDuty();
  Cancel(duty, kIssueDay + 1);
  EXPECT_EQ(StandingOf(duty, BuiltIn()), (Standing{A::CANCELLED, 0, 0}));
  EXPECT_EQ(Light(duty, Day(2030, 1, 1)), A::GREY);
}

TEST(LightTest, APeriodicDutyIsJudgedPeriodByPeriod) {
  Duty duty = Signed(MakeDeadline(D::PERIODIC, "", D::QUARTERLY));
  EXPECT_EQ(Light(duty, Day(2024, 3, 23)), A::GREEN);
  EXPECT_EQ(Light(duty, Day(2024, 3, 24)), A::YELLOW);
  EXPECT_EQ(Light(duty, Day(2024, 4, 1)), A::RED);
  Submit(duty, Day(2024, 4, 2), "2024-Q1");
  Judge(duty, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(duty, Day(2024, 4, 2)), A::GREEN);
  EXPECT_EQ(Light(duty, Day(2024, 6, 25)), A::YELLOW);
  Submit(duty, Day(2024, 6, 25), "2024-Q2");
  EXPECT_EQ(Light(duty, Day(2024, 7, 5)), A::GREEN);  // Waits for the issuer.
  EXPECT_EQ(Light(duty, Day(2024, 10, 1)), A::RED);   // The third quarter.
}

TEST(LightTest, AStandingDutyIsInOrderUntilItsYearIsOver) {
  Duty duty = Signed(MakeDeadline(D::STANDING));
  EXPECT_EQ(Light(duty, Day(2024, 12, 23)), A::GREEN);
  EXPECT_EQ(Light(duty, Day(2024, 12, 24)), A::YELLOW);
  EXPECT_EQ(Light(duty, Day(2025, 1, 1)), A::RED);
  Submit(duty, Day(2025, 1, 1), "2024");
  Judge(duty, v1::Review::ACCEPTED);
  EXPECT_EQ(Light(duty, Day(2025, 1, 2)), A::GREEN);
}

TEST(LightTest, AWeeklyDutyIsNearlyDueOnItsLastDayOnly) {
  const Duty duty = Signed(MakeDeadline(D::PERIODIC, "", D::WEEKLY));
  EXPECT_EQ(Light(duty, kIssueDay + 5), A::GREEN);
  EXPECT_EQ(Light(duty, kIssueDay + 6), A::YELLOW);
  EXPECT_EQ(Light(duty, kIssueDay + 7), A::RED);
}

TEST(LightTest, ADailyDutyAsksNothingOfDaysThatAreNotWorked) {
  Duty duty = Signed(Daily());
  for (int i = 0; i < 5; ++i) {  // From Monday to Friday.
    EXPECT_EQ(Light(duty, kIssueDay + i), A::YELLOW) << i;
    EXPECT_EQ(Light(duty, kIssueDay + i + 1), A::RED) << i;
    Submit(duty, kIssueDay + i, FormatDay(kIssueDay + i));
    EXPECT_EQ(Light(duty, kIssueDay + i), A::GREEN) << i;
    Judge(duty, v1::Review::ACCEPTED);
  }
  EXPECT_EQ(Light(duty, kIssueDay + 5), A::GREEN);   // Saturday.
  EXPECT_EQ(Light(duty, kIssueDay + 6), A::GREEN);   // Sunday.
  EXPECT_EQ(Light(duty, kIssueDay + 7), A::YELLOW);  // Monday: today's.
  EXPECT_EQ(Light(duty, kIssueDay + 8), A::RED);
}

TEST(LightTest, ADailyDutyRestsInHolidaysAndNotOnDaysWorkedForThem) {
  const auto issued_on = [](Day day) {
    Duty duty = MakeDuty(Daily());
    EditOrder(duty, [&](v1::Order& order) { *order.mutable_issue_time() = ToProto(TimeAt(day, 540)); });
    Sign(duty);
    return StandingOf(duty, BuiltIn());
  };
  // Golden Week; the first working day after it is Tuesday, the 8th.
  EXPECT_EQ(issued_on(Day(2024, 10, 1)).yellow_day, DayNumber(Day(2024, 10, 8)));
  EXPECT_EQ(issued_on(Day(2024, 10, 1)).red_day, DayNumber(Day(2024, 10, 9)));
  // A Sunday worked for it.
  EXPECT_EQ(issued_on(Day(2024, 9, 28)).yellow_day, DayNumber(Day(2024, 9, 29)));
}

TEST(LightTest, AWeekendAloneLeavesADailyDutyGreenForEver) {
  Duty duty = MakeDuty(Daily());
  EditOrder(duty, [](v1::Order& order) { *order.mutable_issue_time() = ToProto(TimeAt(Day(2022, 12, 31), 540)); });
  duty.addressee.clear_issue_time();
  EditOrder(duty, [](v1::Order& order) { order.set_year(2022); });
  Sign(duty);
  EXPECT_EQ(StandingOf(duty, BuiltIn()), (Standing{A::RECEIVED, 0, 0}));
}

TEST(LightTest, ADayBeforeAllCountingHasTurnedAlready) {
  EXPECT_EQ(DayNumber(Day(1970, 1, 2)), 1u);
  EXPECT_EQ(DayNumber(Day(1970, 1, 1)), 1u);
  EXPECT_EQ(DayNumber(Day(1949, 10, 1)), 1u);
  EXPECT_EQ(DayNumber(Day(2024, 3, 4)), 19786u);
  EXPECT_EQ(Light(Signed(MakeDeadline(D::BY_DATE, "1949-10-01")), kIssueDay), A::RED);
}

// Duties at random, which the oracle below judges a day at a time.
class RandomDuties {
 public:
  explicit RandomDuties(uint32_t seed) : random_(seed) {}

  Duty Next() {
    const auto kind = static_cast<D::Kind>(Below(D::Kind_ARRAYSIZE));
    const bool periodic = kind == D::PERIODIC;
    D deadline = MakeDeadline(kind);
    if (periodic) deadline.set_frequency(static_cast<D::Frequency>(Below(D::Frequency_ARRAYSIZE)));
    if (periodic) deadline.set_times(Below(4));
    if (kind == D::BY_DATE || kind == D::WHOLE_PERIOD || Below(20) == 0) {
      deadline.set_due(Below(10) == 0 ? "" : FormatDay(SomeDay()));
    }
    Duty duty = MakeDuty(deadline);
    issued_ = SomeDay();
    EditOrder(duty, [&](v1::Order& order) {
      order.set_year(2023 + Below(3));
      *order.mutable_issue_time() = ToProto(TimeAt(issued_, 540));
    });
    if (Below(4) == 0) {
      issued_ += Below(60);
      *duty.addressee.mutable_issue_time() = ToProto(TimeAt(issued_, 540));
    }
    Act(duty);
    if (Below(12) == 0) Cancel(duty, SomeDay());
    return duty;
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }
  Day SomeDay() { return Day(2023, 6, 1) + Below(700); }

  void Act(Duty& duty) {
    if (Below(5) == 0) return;
    Sign(duty, issued_ + Below(20));
    if (Below(2) == 0) Report(duty, issued_ + Below(60));
    const D& deadline = duty.order->deadline();
    // Most serve the periods in their order, as people do; some do not.
    std::vector<Period> periods = PeriodsOf(deadline, duty.order->year(), issued_);
    const int submissions = Below(2) == 0 ? Below(4) : Below(static_cast<int>(periods.size()) + 4);
    for (int i = 0; i < submissions; ++i) {
      std::string key;
      const size_t next = Below(6) == 0 ? random_() : static_cast<size_t>(i) / (Below(5) == 0 ? 2u : 1u);
      if (!periods.empty()) key = periods[next % periods.size()].key;
      Submit(duty, issued_ + Below(400), key);
      if (i + 1 == submissions && Below(2) == 0) return;
      Judge(duty, Below(5) == 0 ? v1::Review::RETURNED : v1::Review::ACCEPTED);
    }
  }

  std::mt19937 random_;
  Day issued_;
};

// Assignment.Light, as the contract words it, for one day after the other.
class Oracle {
 public:
  Oracle(const Duty& duty, const WorkingCalendar& calendar) : duty_(duty), calendar_(calendar), state_(StateOf(duty)) {
    const D& deadline = duty.order->deadline();
    const auto& submissions = duty.execution.submissions();
    if (!submissions.empty()) last_ = &submissions.Get(submissions.size() - 1);
    if (last_ != nullptr) last_verdict_ = VerdictOn(duty.oversight, last_->submission_id());
    issued_ = DayOf(FromProto(IssueTimeOf(duty)));
    if (!IsJudgedByPeriods(deadline)) {
      const std::optional<Day> due = ParseDay(deadline.due());
      if (due.has_value() && !HandedIn(*due)) owed_.push_back({Day(1900, 1, 1), *due - 7, *due});
      return;
    }
    for (const Period& period : PeriodsOf(deadline, duty.order->year(), issued_)) {
      if (PeriodClosed(duty, period.key)) continue;
      if (last_ != nullptr && last_->period() == period.key && HandedIn(period.last)) continue;
      if (FrequencyOf(deadline) == D::DAILY && !calendar.IsWorkingDay(period.first)) continue;
      const bool is_short = period.last - period.first + 1 <= 7;
      owed_.push_back({period.first, period.last - (is_short ? 0 : 7), period.last});
    }
  }

  A::Light On(Day day) const {
    if (state_ == A::DONE || state_ == A::DECLINED || state_ == A::CANCELLED) return A::GREY;
    bool near = last_verdict_ == v1::Review::RETURNED;
    for (const Owed& owed : owed_) {
      if (day > owed.last) return A::RED;
      near = near || (day >= owed.begins && day >= owed.near);
    }
    const bool unsigned_too_long =
        state_ == A::ISSUED && day > issued_ && calendar_.WorkingDaysBetween(issued_ + 1, day) >= kSigningWorkingDays;
    return near || unsigned_too_long ? A::YELLOW : A::GREEN;
  }

 private:
  // Something that no result is there for.
  struct Owed {
    Day begins;
    Day near;
    Day last;
  };

  bool HandedIn(Day by) const {
    if (last_ == nullptr || last_verdict_ != v1::Review::VERDICT_UNSPECIFIED) return false;
    return DayOf(FromProto(last_->submit_time())) <= by;
  }

  const Duty& duty_;
  const WorkingCalendar& calendar_;
  const A::State state_;
  const v1::Submission* last_ = nullptr;
  v1::Review::Verdict last_verdict_ = v1::Review::VERDICT_UNSPECIFIED;
  Day issued_;
  std::vector<Owed> owed_;
};

TEST(LightTest, IsOnEveryDayWhatTheContractSaysOfThatDay) {
  RandomDuties duties(20240304);
  std::set<std::pair<int, int>> seen;
  for (int round = 0; round < 1500; ++round) {
    const Duty duty = duties.Next();
    const Standing standing = StandingOf(duty, BuiltIn());
    const Oracle oracle(duty, BuiltIn());
    ASSERT_EQ(standing.state, StateOf(duty));
    ASSERT_TRUE(standing.red_day == 0 || standing.yellow_day <= standing.red_day) << round;
    ASSERT_TRUE(standing.red_day == 0 || standing.yellow_day != 0) << round;
    ASSERT_TRUE(!IsGrey(standing.state) || (standing.red_day == 0 && standing.yellow_day == 0)) << round;
    A::Light before = A::GREEN;
    for (Day day(2023, 7, 1); day < Day(2025, 7, 1); ++day) {
      const A::Light light = LightOn(standing, day);
      ASSERT_EQ(light, oracle.On(day)) << round << " on " << day << ": " << duty.order->deadline().ShortDebugString()
                                       << "\n"
                                       << duty.execution.ShortDebugString();
      ASSERT_GE(light, before) << round << " on " << day;
      before = light;
      seen.emplace(duty.order->deadline().kind(), light);
    }
  }
  // Every kind of deadline in every light: 6 times 4.
  EXPECT_EQ(seen.size(), 24u);
}

TEST(ViewTest, TheEtagChangesWithEveryPart) {
  Duty duty = Signed();
  Submit(duty, kIssueDay + 1);
  std::set<std::string> etags = {EtagOf(duty)};
  EXPECT_EQ(EtagOf(duty), "1-0-2");
  Judge(duty, v1::Review::RETURNED);
  EXPECT_TRUE(etags.insert(EtagOf(duty)).second);
  Report(duty);
  EXPECT_TRUE(etags.insert(EtagOf(duty)).second);
  // Cancelled, moved, or addressed by other words: another list of addressees, so another version of the order.
  EditOrder(duty, [](v1::Order& order) {
    order.set_addressee_list("plans/p/addressees/other");
    order.set_version(order.version() + 1);
  });
  EXPECT_TRUE(etags.insert(EtagOf(duty)).second);
  EXPECT_EQ(EtagOf(duty), "2-1-3");
}

TEST(ViewTest, AnEtagFitsItsField) {
  Duty duty = MakeDuty();
  EditOrder(duty, [](v1::Order& order) { order.set_version(std::numeric_limits<int64_t>::max()); });
  duty.oversight.set_version(std::numeric_limits<int64_t>::max());
  duty.execution.set_version(std::numeric_limits<int64_t>::max());
  EXPECT_LE(EtagOf(duty).size(), 64u);
}

TEST(ViewTest, JoinsOrderAddresseeOversightAndExecution) {
  Duty duty = Signed();
  EditOrder(duty, [](v1::Order& order) {
    order.set_plan_revision(2);
    order.set_table("body");
    order.set_number(7);
    order.add_headings("一、重点");
    order.set_text("完成");
    order.add_aligned_tasks("plans/up/tasks/t9");
    *order.mutable_deadline_change_time() = ToProto(TimeAt(kIssueDay + 2, 0));
    order.add_duty_changes()->set_plan_revision(2);
  });
  duty.addressee.set_role(v1::Responsibility::LEAD);
  duty.addressee.set_addressed_as("各部门");
  Submit(duty, kIssueDay + 1);
  Judge(duty, v1::Review::RETURNED);
  Cancel(duty, kIssueDay + 3);
  duty.addressee.set_readdressed_to("units/audit");
  duty.addressee.set_readdressed_from("units/roads");
  v1::ExtensionAnswer& granted = *duty.oversight.add_extension_answers();
  granted.set_verdict(v1::ExtensionAnswer::GRANTED);
  granted.set_due("2024-10-31");
  granted.set_issued_due("2024-09-30");
  *duty.oversight.mutable_carried_execution() = duty.execution;
  const A view = ViewOf(duty, StandingOf(duty, BuiltIn()), kIssueDay);
  const v1::Order& order = *duty.order;
  EXPECT_EQ(view.name(), duty.name);
  EXPECT_EQ(view.task(), order.task());
  EXPECT_EQ(view.unit(), "units/finance");
  EXPECT_EQ(view.role(), v1::Responsibility::LEAD);
  EXPECT_EQ(view.state(), A::CANCELLED);
  EXPECT_EQ(view.light(), A::GREY);
  EXPECT_EQ(view.etag(), EtagOf(duty));
  EXPECT_EQ(view.execution().SerializeAsString(), duty.execution.SerializeAsString());
  EXPECT_EQ(view.oversight().reviews_size(), 1);
  EXPECT_FALSE(view.oversight().has_carried_execution());
  // Every field is filled in but the two that are kept elsewhere.
  std::vector<const google::protobuf::FieldDescriptor*> filled;
  view.GetReflection()->ListFields(view, &filled);
  EXPECT_EQ(static_cast<int>(filled.size()), view.GetDescriptor()->field_count() - 2);
  EXPECT_FALSE(view.has_delivery_time());
  EXPECT_FALSE(view.has_decomposition());
}

TEST(ViewTest, WhatNobodyHasDoneIsNotThere) {
  const Duty duty = MakeDuty();
  const A view = ViewOf(duty, StandingOf(duty, BuiltIn()), kIssueDay);
  EXPECT_FALSE(view.has_oversight());
  EXPECT_FALSE(view.has_execution());
  EXPECT_EQ(view.state(), A::ISSUED);
  EXPECT_EQ(view.light(), A::GREEN);
  EXPECT_EQ(ViewOf(duty, StandingOf(duty, BuiltIn()), kIssueDay + 4).light(), A::YELLOW);
}

TEST(ViewTest, AUnitIsToldWhenItWasAddressed) {
  Duty duty = MakeDuty();
  EXPECT_EQ(ViewOf(duty, Standing(), kIssueDay).issue_time().seconds(), duty.order->issue_time().seconds());
  *duty.addressee.mutable_issue_time() = ToProto(TimeAt(kIssueDay + 5, 0));
  EXPECT_EQ(ViewOf(duty, Standing(), kIssueDay).issue_time().seconds(), duty.addressee.issue_time().seconds());
}

TEST(DutyTest, WhatWasDoneBeforeAMoveCountsOnlyWhereItTravelledAlong) {
  v1::Addressee addressee;
  v1::Oversight oversight;
  v1::Execution stored;
  EXPECT_EQ(EffectiveExecution(addressee, oversight, stored).version(), 0);
  stored.set_version(5);
  EXPECT_EQ(EffectiveExecution(addressee, oversight, stored).version(), 5);
  addressee.set_moves(1);
  EXPECT_EQ(EffectiveExecution(addressee, oversight, stored).version(), 0);
  oversight.mutable_carried_execution()->set_version(4);
  EXPECT_EQ(EffectiveExecution(addressee, oversight, stored).version(), 4);
  stored.set_moves(1);
  EXPECT_EQ(EffectiveExecution(addressee, oversight, stored).version(), 5);
}

}  // namespace
}  // namespace duban
