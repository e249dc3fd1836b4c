#include "services/notification/order_to_schedules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/calendar/holiday_data.h"
#include "services/notification/reminder_text.h"
#include "services/notification/schedule_planner.h"
#include "tests/support/reminder_oracle.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using testing::Assigned;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Judge;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::Not;
using testing::Sign;
using ::testing::SizeIs;
using testing::Submit;
using v1::Deadline;
using v1::Reminder;
using v1::Review;

const WorkingCalendar& BuiltIn() {
  static const auto* calendar = new WorkingCalendar(BuiltInCalendars());
  return *calendar;
}

// One reminder that an assignment asks for.
struct Planned {
  ScheduleKey key;
  absl::Time time;
  Judgement judgement;
};

storage::v1::ListedUnit Listed(const v1::Addressee& addressee, bool here) {
  storage::v1::ListedUnit unit;
  unit.set_unit("health");
  unit.set_display_name(addressee.unit_display_name());
  unit.set_role(addressee.role());
  unit.set_here(here);
  unit.set_cancelled(addressee.has_cancel_time());
  unit.set_moves(addressee.moves());
  if (addressee.has_issue_time()) unit.set_issue_micros(absl::ToUnixMicros(FromProto(addressee.issue_time())));
  return unit;
}

// What one unit's assignment comes to at a node: the schedules of its order, and the judgement of each.
std::vector<Planned> Plan(const Assigned& assigned, std::string_view node = "district",
                          const v1::ReminderPolicy& policy = DefaultReminderPolicy(),
                          const WorkingCalendar& calendar = BuiltIn()) {
  const std::string& own = assigned.addressee.unit_node();
  const bool here = node == (own.empty() ? assigned.order.issuer_node() : own);
  const storage::v1::ListedUnit unit = Listed(assigned.addressee, here);
  storage::v1::ListHead list;
  if (!unit.cancelled()) {
    list.add_issue_micros(unit.issue_micros());
    if (here) list.add_issue_micros_here(unit.issue_micros());
  }
  storage::v1::DutyActs acts;
  *acts.mutable_execution() = assigned.execution;
  *acts.mutable_oversight() = assigned.oversight;
  std::vector<Planned> reminders;
  const ScheduleContext context{.policy = policy, .calendar = calendar, .node = node};
  for (const PlannedSchedule& schedule : OrderToSchedules(assigned.order, list, context)) {
    ScheduleJudge judge(assigned.order, schedule.key, schedule.time, calendar);
    const Judgement judgement = judge(unit, acts);
    if (judgement.wanted) reminders.push_back({schedule.key, schedule.time, judgement});
  }
  return reminders;
}

// `DUE 2024-09-30`, by time.
std::vector<std::string> Lines(const std::vector<Planned>& reminders) {
  std::vector<std::string> lines;
  for (const Planned& reminder : reminders) {
    lines.push_back(StrCat(Reminder::Reason_Name(reminder.key.reason), " ", FormatDay(DayOf(reminder.time))));
  }
  return lines;
}

// The same as the service shows it, as things stand when it is issued.
std::vector<Reminder> Shown(const Assigned& assigned, std::string_view node = "district") {
  testing::TestNotifier notifier{std::string(node), FromProto(assigned.order.issue_time())};
  notifier.Follow(assigned);
  return notifier.List();
}

// What they are, without times, for messages.
std::vector<std::string> Whats(const std::vector<testing::ExpectedReminder>& reminders) {
  std::vector<std::string> whats;
  for (const testing::ExpectedReminder& reminder : reminders) whats.push_back(reminder.what);
  return whats;
}

Assigned Signed(std::string_view due) {
  Assigned assignment = MakeAssigned(due);
  Sign(assignment, Nine("2024-03-05"));
  return assignment;
}

Assigned Recurring(Deadline::Kind kind, Deadline::Frequency frequency = Deadline::FREQUENCY_UNSPECIFIED,
                   int times = 1) {
  Assigned assignment = Signed("");
  assignment.order.mutable_deadline()->set_kind(kind);
  assignment.order.mutable_deadline()->set_frequency(frequency);
  assignment.order.mutable_deadline()->set_times(kind == Deadline::PERIODIC ? times : 0);
  return assignment;
}

TEST(OrderToSchedules, ADueDayBecomesWorkingDaysAroundIt) {
  struct Row {
    const char* due;
    std::vector<std::string> at_unit;
    std::string at_issuer;
    const char* why;
  };
  const Row rows[] = {
      {"2024-06-20",
       {"BEFORE_DUE 2024-06-13", "BEFORE_DUE 2024-06-19", "DUE 2024-06-20", "OVERDUE 2024-06-21", "OVERDUE 2024-06-25",
        "OVERDUE 2024-06-27"},
       "ESCALATION 2024-06-24",
       "a plain Thursday"},
      {"2024-06-15",
       {"BEFORE_DUE 2024-06-06", "BEFORE_DUE 2024-06-13", "DUE 2024-06-14", "OVERDUE 2024-06-17", "OVERDUE 2024-06-19",
        "OVERDUE 2024-06-21"},
       "ESCALATION 2024-06-18",
       "a Saturday: reminded on Friday; five days before reach over a holiday Monday"},
      {"2024-10-03",
       {"BEFORE_DUE 2024-09-24", "BEFORE_DUE 2024-09-29", "DUE 2024-09-30", "OVERDUE 2024-10-08", "OVERDUE 2024-10-10",
        "OVERDUE 2024-10-12"},
       "ESCALATION 2024-10-09",
       "in Golden Week: the worked Sunday before and the worked Saturday after count"},
      {"2024-09-29",
       {"BEFORE_DUE 2024-09-23", "BEFORE_DUE 2024-09-27", "DUE 2024-09-29", "OVERDUE 2024-09-30", "OVERDUE 2024-10-09",
        "OVERDUE 2024-10-11"},
       "ESCALATION 2024-10-08",
       "a Sunday that is worked"},
      {"2024-12-31",
       {"BEFORE_DUE 2024-12-24", "BEFORE_DUE 2024-12-30", "DUE 2024-12-31", "OVERDUE 2025-01-02", "OVERDUE 2025-01-06",
        "OVERDUE 2025-01-08"},
       "ESCALATION 2025-01-03",
       "the year's end: the next notice counts"},
  };
  for (const Row& row : rows) {
    const Assigned assignment = Signed(row.due);
    EXPECT_EQ(Lines(Plan(assignment)), row.at_unit) << row.why;
    EXPECT_THAT(Lines(Plan(assignment, "city")), ElementsAre(row.at_issuer)) << row.why;
    for (const Planned& reminder : Plan(assignment)) {
      EXPECT_EQ(FormatDay(reminder.key.day), row.due);
      EXPECT_EQ(reminder.time, TimeAt(DayOf(reminder.time), 540));
    }
  }
}

TEST(OrderToSchedules, AWholePeriodIsRemindedOfAtItsLastDay) {
  Assigned assignment = Signed("2024-12-31");
  assignment.order.mutable_deadline()->set_kind(Deadline::WHOLE_PERIOD);
  EXPECT_THAT(Lines(Plan(assignment)), ElementsAre("BEFORE_DUE 2024-12-24", "BEFORE_DUE 2024-12-30", "DUE 2024-12-31",
                                                   "OVERDUE 2025-01-02", "OVERDUE 2025-01-06", "OVERDUE 2025-01-08"));
}

TEST(OrderToSchedules, WithoutADateThereIsNothingButTheReceiptToRemindOf) {
  Assigned within = MakeAssigned("");
  within.order.mutable_deadline()->set_kind(Deadline::WORKING_DAYS);
  within.order.mutable_deadline()->set_working_days(1);
  EXPECT_THAT(Lines(Plan(within)), ElementsAre("UNSIGNED 2024-03-05", "UNSIGNED 2024-03-07"));
  EXPECT_THAT(Lines(Plan(MakeAssigned(""))), ElementsAre("UNSIGNED 2024-03-05", "UNSIGNED 2024-03-07"));
  Sign(within, Nine("2024-03-05"));
  EXPECT_THAT(Plan(within), IsEmpty());
  EXPECT_THAT(Plan(within, "city"), IsEmpty());
}

TEST(OrderToSchedules, ReceiptsAreRecalledOnWorkingDaysAfterIssue) {
  // Issued on the evening before a holiday.
  const Assigned assignment = MakeAssigned("", "a1", TimeAt(absl::CivilDay(2024, 9, 30), 20 * 60));
  EXPECT_THAT(Lines(Plan(assignment)), ElementsAre("UNSIGNED 2024-10-08", "UNSIGNED 2024-10-10"));
  EXPECT_EQ(Plan(assignment)[0].key.ToString(), "u1-20240930");
}

TEST(OrderToSchedules, PeriodsAreRemindedOfBeforeTheirEnd) {
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::QUARTERLY))),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-06-21", "PERIODIC_REPORT 2024-09-24",
                          "PERIODIC_REPORT 2024-12-24"));
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::HALF_YEARLY))),
              ElementsAre("PERIODIC_REPORT 2024-06-21", "PERIODIC_REPORT 2024-12-24"));
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::YEARLY))), ElementsAre("PERIODIC_REPORT 2024-12-24"));
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::STANDING))),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-06-21", "PERIODIC_REPORT 2024-09-24",
                          "PERIODIC_REPORT 2024-12-24"));
  const std::vector<std::string> months = Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::MONTHLY)));
  EXPECT_THAT(months, SizeIs(10));
  EXPECT_EQ(months[0], "PERIODIC_REPORT 2024-03-22");
  EXPECT_EQ(months[6], "PERIODIC_REPORT 2024-09-24");
}

TEST(OrderToSchedules, AWeekIsRemindedOfOnItsFirstWorkingDayAndAHolidayWeekNotAtAll) {
  const std::vector<std::string> weeks = Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::WEEKLY)));
  // Issued on Monday 2024-03-04 at 15:00: that Monday's 09:00 had passed.
  EXPECT_EQ(weeks.front(), "PERIODIC_REPORT 2024-03-11");
  EXPECT_THAT(weeks, ::testing::Contains("PERIODIC_REPORT 2024-09-30"));
  EXPECT_THAT(weeks, ::testing::Contains("PERIODIC_REPORT 2024-10-08"));
  EXPECT_THAT(weeks, SizeIs(43));
  // The week of 2024-02-12 was a holiday from Monday to Saturday; its Sunday was worked.
  Assigned early = Recurring(Deadline::PERIODIC, Deadline::WEEKLY);
  *early.order.mutable_issue_time() = ToProto(Nine("2024-02-05") - absl::Hours(1));
  EXPECT_THAT(Lines(Plan(early)),
              ::testing::IsSupersetOf({"PERIODIC_REPORT 2024-02-05", "PERIODIC_REPORT 2024-02-18"}));
  // A daily duty is asked about once a week.
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::DAILY))), SizeIs(43));
}

TEST(OrderToSchedules, APeriodIsServedByItsResultsAsOftenAsItAsks) {
  Assigned assignment = Recurring(Deadline::PERIODIC, Deadline::QUARTERLY, 2);
  Submit(assignment, "s-1", Nine("2024-04-10"), "2024-Q2");
  EXPECT_THAT(Lines(Plan(assignment)), SizeIs(4));
  Judge(assignment, "s-1", Review::ACCEPTED, Nine("2024-04-11"));
  Submit(assignment, "s-2", Nine("2024-05-10"), "2024-Q2");
  EXPECT_THAT(Lines(Plan(assignment)),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-09-24", "PERIODIC_REPORT 2024-12-24"));
  // Sent back, it no longer counts.
  Judge(assignment, "s-2", Review::RETURNED, Nine("2024-05-12"));
  EXPECT_THAT(Lines(Plan(assignment)), SizeIs(4));
}

TEST(OrderToSchedules, AStandingDutyIsAskedForNewsByTheQuarterAndForItsResultAtTheEnd) {
  Assigned assignment = Recurring(Deadline::STANDING);
  testing::Report(assignment, Nine("2024-05-10"));
  testing::Report(assignment, Nine("2024-11-10"));
  EXPECT_THAT(Lines(Plan(assignment)),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-09-24", "PERIODIC_REPORT 2024-12-24"));
  Assigned taken_back = assignment;
  *taken_back.execution.mutable_reports(0)->mutable_retract_time() = ToProto(Nine("2024-05-11"));
  EXPECT_THAT(Lines(Plan(taken_back)), SizeIs(4)) << "a report that was taken back tells nothing";
  Submit(assignment, "s-1", Nine("2024-11-11"), "2024");
  EXPECT_THAT(Plan(assignment), IsEmpty());
}

TEST(OrderToSchedules, NothingIsPlannedForWhatIsClosed) {
  Assigned cancelled = MakeAssigned();
  *cancelled.addressee.mutable_cancel_time() = ToProto(Nine("2024-03-06"));
  Assigned done = Signed("2024-09-30");
  Submit(done, "s-1", Nine("2024-08-01"));
  Judge(done, "s-1", Review::ACCEPTED, Nine("2024-08-02"));
  Assigned standing = Recurring(Deadline::STANDING);
  *standing.addressee.mutable_cancel_time() = ToProto(Nine("2024-03-06"));
  for (const Assigned& assignment : {cancelled, done, standing}) {
    EXPECT_THAT(Plan(assignment), IsEmpty());
    EXPECT_THAT(Plan(assignment, "city"), IsEmpty());
  }
}

TEST(OrderToSchedules, WhileAResultWaitsOnlyTheIssuerIsRemindedAndOfTheReview) {
  Assigned assignment = Signed("2024-09-30");
  Submit(assignment, "s-1", Nine("2024-09-25"));
  EXPECT_THAT(Plan(assignment), IsEmpty());
  const std::vector<Planned> to_issuer = Plan(assignment, "city");
  ASSERT_THAT(to_issuer, SizeIs(1));
  EXPECT_TRUE(to_issuer[0].judgement.under_review);
  const Reminder shown = Shown(assignment, "city").front();
  EXPECT_THAT(shown.text_zh(), HasSubstr("请尽快审核"));
  EXPECT_THAT(shown.text_en(), HasSubstr("waits for your review"));
}

TEST(OrderToSchedules, AReturnedResultBringsBackWhatLiesAhead) {
  Assigned assignment = Signed("2024-09-30");
  Submit(assignment, "s-1", Nine("2024-09-25"));
  Judge(assignment, "s-1", Review::RETURNED, Nine("2024-09-30") + absl::Hours(1));
  EXPECT_THAT(Lines(Plan(assignment)), ElementsAre("OVERDUE 2024-10-08", "OVERDUE 2024-10-10", "OVERDUE 2024-10-12"));
  // The issuer's own reminders do not depend on it.
  EXPECT_THAT(Lines(Plan(assignment, "city")), ElementsAre("ESCALATION 2024-10-09"));
}

TEST(OrderToSchedules, AReturnedResultOfAPeriodBringsBackThatPeriodOnly) {
  Assigned assignment = Recurring(Deadline::PERIODIC, Deadline::QUARTERLY);
  Submit(assignment, "s-1", Nine("2024-06-20"), "2024-Q2");
  EXPECT_THAT(Lines(Plan(assignment)), SizeIs(3));
  Judge(assignment, "s-1", Review::RETURNED, Nine("2024-06-21") - absl::Minutes(1));
  EXPECT_THAT(Lines(Plan(assignment)), SizeIs(4));
  assignment.oversight.Clear();
  Judge(assignment, "s-1", Review::RETURNED, Nine("2024-06-21") + absl::Minutes(1));
  EXPECT_THAT(Lines(Plan(assignment)),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-09-24", "PERIODIC_REPORT 2024-12-24"));
}

TEST(OrderToSchedules, NothingIsPlannedForTimesBeforeIssueOrBeforeTheDeadlineWasChanged) {
  Assigned late = Signed("2024-09-30");
  *late.order.mutable_issue_time() = ToProto(Nine("2024-09-29") + absl::Hours(2));
  EXPECT_THAT(Lines(Plan(late)),
              ElementsAre("DUE 2024-09-30", "OVERDUE 2024-10-08", "OVERDUE 2024-10-10", "OVERDUE 2024-10-12"));
  Assigned moved = Signed("2024-09-30");
  *moved.order.mutable_deadline_change_time() = ToProto(Nine("2024-09-29") + absl::Hours(2));
  EXPECT_EQ(Lines(Plan(moved)), Lines(Plan(late)));
  // Due already when it is issued: what lies behind is not made up for.
  Assigned past = Signed("2024-02-29");
  EXPECT_THAT(Lines(Plan(past)), ElementsAre("OVERDUE 2024-03-05", "OVERDUE 2024-03-07"));
}

TEST(OrderToSchedules, EachNodePlansOnlyItsOwn) {
  const Assigned assignment = MakeAssigned();
  for (const Reminder& reminder : Shown(assignment, "district")) {
    EXPECT_NE(reminder.reason(), Reminder::ESCALATION);
    EXPECT_EQ(reminder.recipient(), "units/health");
    EXPECT_EQ(reminder.recipient_display_name(), "区卫健局");
  }
  for (const Reminder& reminder : Shown(assignment, "city")) {
    EXPECT_EQ(reminder.reason(), Reminder::ESCALATION);
    EXPECT_EQ(reminder.recipient(), "units/city-office");
    EXPECT_EQ(reminder.recipient_display_name(), "市政府办公室");
    EXPECT_EQ(reminder.assignment(), "plans/p1/tasks/t3/assignments/health");
  }
  EXPECT_THAT(Plan(assignment, "department"), IsEmpty());
  // An office without a node of its own works at its issuer's, which then plans both.
  Assigned client = assignment;
  client.addressee.set_unit_node("city");
  EXPECT_EQ(Plan(client, "city").size(), Plan(assignment, "district").size() + Plan(assignment, "city").size());
  client.addressee.clear_unit_node();
  EXPECT_EQ(Plan(client, "city").size(), Plan(assignment, "district").size() + Plan(assignment, "city").size());
}

TEST(OrderToSchedules, AUnitThatWasToldLaterHasItsOwnTimes) {
  Assigned later = MakeAssigned();
  *later.addressee.mutable_issue_time() = ToProto(Nine("2024-09-26"));
  EXPECT_THAT(Lines(Plan(later)),
              ElementsAre("UNSIGNED 2024-09-27", "BEFORE_DUE 2024-09-29", "DUE 2024-09-30", "UNSIGNED 2024-09-30",
                          "OVERDUE 2024-10-08", "OVERDUE 2024-10-10", "OVERDUE 2024-10-12"));
  // With others that were told at once there are more schedules, of which each unit has its own.
  storage::v1::ListHead both;
  for (const int64_t micros : {int64_t{0}, absl::ToUnixMicros(Nine("2024-09-26"))}) both.add_issue_micros_here(micros);
  const v1::ReminderPolicy policy = DefaultReminderPolicy();
  const ScheduleContext context{.policy = policy, .calendar = BuiltIn(), .node = "district"};
  const std::vector<PlannedSchedule> schedules = OrderToSchedules(later.order, both, context);
  EXPECT_THAT(schedules, SizeIs(10));
  int wanted_later = 0;
  int wanted_at_once = 0;
  for (const PlannedSchedule& schedule : schedules) {
    ScheduleJudge judge(later.order, schedule.key, schedule.time, BuiltIn());
    wanted_later += judge(Listed(later.addressee, true), {}).wanted ? 1 : 0;
    wanted_at_once += judge(Listed(MakeAssigned().addressee, true), {}).wanted ? 1 : 0;
  }
  EXPECT_EQ(wanted_later, 7);
  EXPECT_EQ(wanted_at_once, 8);
}

TEST(OrderToSchedules, AUnitToldInALaterYearIsAskedForThatYearsPeriods) {
  Assigned later = Recurring(Deadline::PERIODIC, Deadline::HALF_YEARLY);
  *later.addressee.mutable_issue_time() = ToProto(Nine("2025-02-10"));
  EXPECT_THAT(Lines(Plan(later)), ElementsAre("PERIODIC_REPORT 2025-06-23", "PERIODIC_REPORT 2025-12-24"));
}

TEST(OrderToSchedules, AMoveToAnotherNodeTakesAlongWhatTheUnitDid) {
  Assigned moved = Signed("2024-06-20");
  moved.addressee.set_moves(1);
  // What came from the old node counts no more; what the issuer says does, until the new node speaks.
  EXPECT_THAT(Lines(Plan(moved)), SizeIs(8));
  *moved.oversight.mutable_carried_execution() = moved.execution;
  EXPECT_THAT(Lines(Plan(moved)), SizeIs(6));
  moved.execution.Clear();
  moved.execution.set_version(1);
  moved.execution.set_moves(1);
  EXPECT_THAT(Lines(Plan(moved)), SizeIs(8));
}

std::set<std::string> Names(const Assigned& assignment) {
  std::set<std::string> names;
  for (const Reminder& reminder : Shown(assignment)) names.insert(reminder.name());
  return names;
}

TEST(OrderToSchedules, NamesDependOnTaskRuleDueDayAndUnitAndOnNothingElse) {
  const std::set<std::string> plain = Names(MakeAssigned());
  EXPECT_THAT(plain, SizeIs(8));
  Assigned reworded = MakeAssigned();
  reworded.order.set_text("其他");
  reworded.order.set_version(7);
  EXPECT_EQ(Names(reworded), plain);
  // Literal, because receivers drop doubles by it.
  EXPECT_THAT(plain, ::testing::Contains("reminders/m-d9fa33dae6a560670ca4-b1-20240930-873bf7dcad48b338"));
  std::vector<std::string> shared;
  const std::set<std::string> moved = Names(MakeAssigned("2024-10-31"));
  std::set_intersection(plain.begin(), plain.end(), moved.begin(), moved.end(), std::back_inserter(shared));
  EXPECT_THAT(shared, SizeIs(2)) << "the two about signing";
  const std::set<std::string> other_task = Names(MakeAssigned("2024-09-30", "t4"));
  Assigned to_works = MakeAssigned();
  to_works.addressee.set_unit("units/works");
  for (const std::string& name : Names(to_works)) EXPECT_EQ(plain.count(name) + other_task.count(name), 0u) << name;
  for (const std::string& name : other_task) EXPECT_EQ(plain.count(name), 0u) << name;
}

TEST(ScheduleKey, HasOneSpelling) {
  for (const char* text : {"u1-20240304", "b60-20240930", "d-20240930", "o3-20240930", "e2-20240930", "p-20240331"}) {
    const std::optional<ScheduleKey> key = ScheduleKey::Parse(text);
    ASSERT_TRUE(key.has_value()) << text;
    EXPECT_EQ(key->ToString(), text);
  }
  for (const char* text : {"", "-", "x1-20240304", "o3", "o3-2024093", "o3-20240931", "o03-20240930", "o-3-20240930",
                           "o3-20240930 ", "o99999999999-20240930", "3-20240930"}) {
    EXPECT_FALSE(ScheduleKey::Parse(text).has_value()) << text;
  }
}

TEST(OrderToSchedules, AnEmptyPolicyPlansNothingAndDoubleNumbersCountOnce) {
  v1::ReminderPolicy policy;
  policy.set_minute_of_day(540);
  EXPECT_THAT(Plan(MakeAssigned(), "district", policy), IsEmpty());
  EXPECT_THAT(Plan(Recurring(Deadline::STANDING), "district", policy), IsEmpty());
  for (const int days : {2, 2, 7}) policy.add_before_due_working_days(days);
  EXPECT_THAT(Lines(Plan(Signed("2024-06-20"), "district", policy)),
              ElementsAre("BEFORE_DUE 2024-06-11", "BEFORE_DUE 2024-06-18"));
}

TEST(OrderToSchedules, TextsSayWhatForWhomByWhenAndWhatToDoNext) {
  const std::vector<Reminder> reminders = Shown(MakeAssigned("2024-10-03"));
  auto text = [&](Reminder::Reason reason) {
    return *std::find_if(reminders.begin(), reminders.end(), [&](const Reminder& r) { return r.reason() == reason; });
  };
  EXPECT_EQ(
      text(Reminder::BEFORE_DUE).text_zh(),
      "【临期提醒】区卫健局：贵单位牵头的“建成社区服务站十个”（《2024年重点工作》第3项）应于2024年10月3日（周四）前"
      "（含当日）办结。请先签收，再抓紧办理，及时报送进展，完成后申请办结。");
  EXPECT_EQ(
      text(Reminder::BEFORE_DUE).text_en(),
      "[Due soon] 区卫健局 leads \"建成社区服务站十个\" (plan 《2024年重点工作》, item 3). It is due on 2024-10-03 "
      "(Thursday). Next: sign for it, then report progress; submit the result when done.");
  EXPECT_THAT(text(Reminder::DUE).text_zh(), HasSubstr("此前最后一个工作日为2024年9月30日（周一）"));
  EXPECT_THAT(text(Reminder::DUE).text_en(), HasSubstr("the last working day before is 2024-09-30 (Monday)"));
  EXPECT_THAT(text(Reminder::OVERDUE).text_zh(), HasSubstr("现已逾期"));
  EXPECT_THAT(text(Reminder::UNSIGNED).text_zh(), HasSubstr("办理时限为2024年10月3日（周四）。请尽快签收"));
  const Reminder to_issuer = Shown(MakeAssigned("2024-10-03"), "city").front();
  EXPECT_EQ(to_issuer.text_zh(),
            "【逾期报告】市政府办公室：贵单位交办、区卫健局牵头的“建成社区服务站十个”（《2024年重点工作》第3项）应于"
            "2024年10月3日（周四）前（含当日）办结，现已逾期，且至今尚未签收。请督促办理，或调整时限。");
  const Reminder standing = Shown(Recurring(Deadline::STANDING)).front();
  EXPECT_THAT(standing.text_zh(), HasSubstr("为常态化工作，本期截至2024年3月31日（周日）。请在此之前报送本期进展"));
  EXPECT_THAT(standing.text_en(), HasSubstr("this period ends on 2024-03-31 (Sunday)"));
}

TEST(OrderToSchedules, ALongTaskIsQuotedShortAndAnAnnexIsNamed) {
  Assigned assignment = Signed("2024-06-20");
  std::string text = "第一行\n";
  for (int i = 0; i < 500; ++i) text += "长";
  assignment.order.set_text(text);
  assignment.order.set_table("附件1");
  EXPECT_THAT(Shown(assignment).front().text_zh(), HasSubstr("…”（"));
  Assigned sentence = Signed("2024-06-20");
  sentence.order.set_text("建成社区服务站十个。");
  EXPECT_THAT(Shown(sentence).front().text_zh(), HasSubstr("“建成社区服务站十个”（"));
  const Reminder reminder = Shown(assignment).front();
  EXPECT_THAT(reminder.text_zh(), HasSubstr("“第一行 长"));
  EXPECT_THAT(reminder.text_zh(), HasSubstr("附件1第3项"));
  EXPECT_LT(reminder.text_zh().size(), 600u);
}

TEST(OrderToSchedules, ADayFoundByWeekendsAloneSaysSo) {
  Assigned assignment = Signed("2027-10-03");
  *assignment.order.mutable_issue_time() = ToProto(Nine("2027-03-01"));
  const Reminder due = Shown(assignment)[2];
  EXPECT_EQ(FormatDay(DayOf(FromProto(due.remind_time()))), "2027-10-01");
  EXPECT_THAT(due.text_zh(), HasSubstr("放假安排尚未录入"));
  EXPECT_THAT(due.text_en(), HasSubstr("No holiday notice"));
  EXPECT_THAT(Shown(Signed("2024-10-03"))[2].text_zh(), Not(HasSubstr("尚未录入")));
}

// Over random assignments: schedules and judgements together come to what the rules say of each unit by itself, on
// working days, at the policy's minute, each once; and the same input gives the same output.
TEST(OrderToSchedules, ComesToWhatTheRulesSayOfEachUnit) {
  std::mt19937 random(7);
  auto draw = [&](int n) { return static_cast<int>(random() % n); };
  const absl::CivilDay start(2023, 1, 1);
  int compared = 0;
  for (int round = 0; round < 3000; ++round) {
    const absl::Time issued = TimeAt(start + draw(1000), draw(1440));
    Assigned assignment = MakeAssigned(FormatDay(start + draw(1400)), StrCat("t", round), issued);
    Deadline& deadline = *assignment.order.mutable_deadline();
    deadline.set_kind(static_cast<Deadline::Kind>(draw(6)));
    deadline.set_frequency(static_cast<Deadline::Frequency>(draw(7)));
    deadline.set_times(draw(3));
    assignment.order.set_year(2023 + draw(3));
    if (draw(4) == 0) *assignment.order.mutable_deadline_change_time() = ToProto(issued + absl::Hours(draw(5000)));
    if (draw(4) == 0) *assignment.addressee.mutable_issue_time() = ToProto(issued + absl::Hours(draw(9000)));
    if (draw(2) == 0) Sign(assignment, issued + absl::Hours(draw(100)));
    if (draw(3) == 0) testing::Report(assignment, issued + absl::Hours(draw(5000)));
    for (int i = draw(4); i > 0; --i) {
      const absl::Time handed_in = issued + absl::Hours(draw(5000));
      const std::string period =
          deadline.kind() == Deadline::PERIODIC ? PeriodAt(FrequencyOf(deadline), DayOf(handed_in)).key : "2024";
      Submit(assignment, StrCat("s-", i), handed_in, period);
      if (draw(4) != 0) {
        Judge(assignment, StrCat("s-", i), draw(5) == 0 ? Review::ACCEPTED : Review::RETURNED,
              handed_in + absl::Hours(draw(500)));
      }
    }
    if (draw(20) == 0) *assignment.addressee.mutable_cancel_time() = ToProto(issued);
    v1::ReminderPolicy policy = DefaultReminderPolicy();
    policy.set_minute_of_day(draw(1440));
    policy.set_periodic_working_days(draw(20));
    for (const char* node : {"city", "district"}) {
      std::vector<testing::ExpectedReminder> found;
      for (const Planned& reminder : Plan(assignment, node, policy)) {
        ASSERT_TRUE(BuiltIn().IsWorkingDay(DayOf(reminder.time)));
        ASSERT_EQ(reminder.time, TimeAt(DayOf(reminder.time), policy.minute_of_day()));
        const ScheduleKey& key = reminder.key;
        found.push_back({StrCat(Reminder::Reason_Name(key.reason), "/", key.days, " of ", FormatDay(key.day)),
                         key.reason, reminder.time});
      }
      std::sort(found.begin(), found.end(),
                [](const auto& a, const auto& b) { return std::tie(a.time, a.what) < std::tie(b.time, b.what); });
      const auto expected = testing::ReminderOracle(assignment, policy, BuiltIn(), node).Expected();
      ASSERT_EQ(Whats(found), Whats(expected)) << round << " at " << node << "\n" << assignment.order.DebugString();
      ASSERT_EQ(found, expected);
      compared += static_cast<int>(found.size());
    }
  }
  EXPECT_GT(compared, 10000);
}

}  // namespace
}  // namespace duban
