#include "services/notification/assignment_to_reminders.h"

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
#include "services/notification/reminder_planner.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Judge;
using testing::MakeAssignment;
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

std::vector<Reminder> Plan(const v1::Assignment& assignment, std::string_view node = "district",
                           const v1::ReminderPolicy& policy = DefaultReminderPolicy(),
                           const WorkingCalendar& calendar = BuiltIn()) {
  return AssignmentToReminders(assignment, {.policy = policy, .calendar = calendar, .node = node});
}

// `DUE 2024-09-30`, by time.
std::vector<std::string> Lines(const std::vector<Reminder>& reminders) {
  std::vector<std::string> lines;
  for (const Reminder& reminder : reminders) {
    lines.push_back(
        StrCat(Reminder::Reason_Name(reminder.reason()), " ", FormatDay(DayOf(FromProto(reminder.remind_time())))));
  }
  return lines;
}

v1::Assignment Signed(std::string_view due) {
  v1::Assignment assignment = MakeAssignment(due);
  Sign(assignment, Nine("2024-03-05"));
  return assignment;
}

v1::Assignment Recurring(Deadline::Kind kind, Deadline::Frequency frequency = Deadline::FREQUENCY_UNSPECIFIED,
                         int times = 1) {
  v1::Assignment assignment = Signed("");
  assignment.mutable_deadline()->set_kind(kind);
  assignment.mutable_deadline()->set_frequency(frequency);
  assignment.mutable_deadline()->set_times(kind == Deadline::PERIODIC ? times : 0);
  return assignment;
}

TEST(AssignmentToReminders, ADueDayBecomesWorkingDaysAroundIt) {
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
    const v1::Assignment assignment = Signed(row.due);
    EXPECT_EQ(Lines(Plan(assignment)), row.at_unit) << row.why;
    EXPECT_THAT(Lines(Plan(assignment, "city")), ElementsAre(row.at_issuer)) << row.why;
    for (const Reminder& reminder : Plan(assignment)) {
      EXPECT_EQ(reminder.due(), row.due);
      EXPECT_EQ(FromProto(reminder.remind_time()), TimeAt(DayOf(FromProto(reminder.remind_time())), 540));
    }
  }
}

TEST(AssignmentToReminders, AWholePeriodIsRemindedOfAtItsLastDay) {
  v1::Assignment assignment = Signed("2024-12-31");
  assignment.mutable_deadline()->set_kind(Deadline::WHOLE_PERIOD);
  EXPECT_THAT(Lines(Plan(assignment)), ElementsAre("BEFORE_DUE 2024-12-24", "BEFORE_DUE 2024-12-30", "DUE 2024-12-31",
                                                   "OVERDUE 2025-01-02", "OVERDUE 2025-01-06", "OVERDUE 2025-01-08"));
}

TEST(AssignmentToReminders, WithoutADateThereIsNothingButTheReceiptToRemindOf) {
  v1::Assignment within = MakeAssignment("");
  within.mutable_deadline()->set_kind(Deadline::WORKING_DAYS);
  within.mutable_deadline()->set_working_days(1);
  EXPECT_THAT(Lines(Plan(within)), ElementsAre("UNSIGNED 2024-03-05", "UNSIGNED 2024-03-07"));
  EXPECT_THAT(Lines(Plan(MakeAssignment(""))), ElementsAre("UNSIGNED 2024-03-05", "UNSIGNED 2024-03-07"));
  Sign(within, Nine("2024-03-05"));
  EXPECT_THAT(Plan(within), IsEmpty());
  EXPECT_THAT(Plan(within, "city"), IsEmpty());
}

TEST(AssignmentToReminders, ReceiptsAreRecalledOnWorkingDaysAfterIssue) {
  // Issued on the evening before a holiday.
  const v1::Assignment assignment = MakeAssignment("", "a1", TimeAt(absl::CivilDay(2024, 9, 30), 20 * 60));
  EXPECT_THAT(Lines(Plan(assignment)), ElementsAre("UNSIGNED 2024-10-08", "UNSIGNED 2024-10-10"));
  EXPECT_EQ(Plan(assignment)[0].due(), "");
}

TEST(AssignmentToReminders, PeriodsAreRemindedOfBeforeTheirEnd) {
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

TEST(AssignmentToReminders, AWeekIsRemindedOfOnItsFirstWorkingDayAndAHolidayWeekNotAtAll) {
  const std::vector<std::string> weeks = Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::WEEKLY)));
  // Issued on Monday 2024-03-04 at 15:00: that Monday's 09:00 had passed.
  EXPECT_EQ(weeks.front(), "PERIODIC_REPORT 2024-03-11");
  EXPECT_THAT(weeks, ::testing::Contains("PERIODIC_REPORT 2024-09-30"));
  EXPECT_THAT(weeks, ::testing::Contains("PERIODIC_REPORT 2024-10-08"));
  EXPECT_THAT(weeks, SizeIs(43));
  // The week of 2024-02-12 was a holiday from Monday to Saturday; its Sunday was worked.
  v1::Assignment early = Recurring(Deadline::PERIODIC, Deadline::WEEKLY);
  *early.mutable_issue_time() = ToProto(Nine("2024-02-05") - absl::Hours(1));
  EXPECT_THAT(Lines(Plan(early)),
              ::testing::IsSupersetOf({"PERIODIC_REPORT 2024-02-05", "PERIODIC_REPORT 2024-02-18"}));
  // A daily duty is asked about once a week.
  EXPECT_THAT(Lines(Plan(Recurring(Deadline::PERIODIC, Deadline::DAILY))), SizeIs(43));
}

TEST(AssignmentToReminders, APeriodIsServedByItsResultsAsOftenAsItAsks) {
  v1::Assignment assignment = Recurring(Deadline::PERIODIC, Deadline::QUARTERLY, 2);
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

TEST(AssignmentToReminders, AStandingDutyIsAskedForNewsByTheQuarterAndForItsResultAtTheEnd) {
  v1::Assignment assignment = Recurring(Deadline::STANDING);
  *assignment.mutable_execution()->add_reports()->mutable_report_time() = ToProto(Nine("2024-05-10"));
  *assignment.mutable_execution()->add_reports()->mutable_report_time() = ToProto(Nine("2024-11-10"));
  EXPECT_THAT(Lines(Plan(assignment)),
              ElementsAre("PERIODIC_REPORT 2024-03-22", "PERIODIC_REPORT 2024-09-24", "PERIODIC_REPORT 2024-12-24"));
  Submit(assignment, "s-1", Nine("2024-11-11"), "2024");
  EXPECT_THAT(Plan(assignment), IsEmpty());
}

TEST(AssignmentToReminders, NothingIsPlannedForWhatIsClosed) {
  v1::Assignment cancelled = MakeAssignment();
  *cancelled.mutable_cancel_time() = ToProto(Nine("2024-03-06"));
  v1::Assignment done = Signed("2024-09-30");
  Submit(done, "s-1", Nine("2024-08-01"));
  Judge(done, "s-1", Review::ACCEPTED, Nine("2024-08-02"));
  v1::Assignment standing = Recurring(Deadline::STANDING);
  *standing.mutable_cancel_time() = ToProto(Nine("2024-03-06"));
  for (const v1::Assignment& assignment : {cancelled, done, standing}) {
    EXPECT_THAT(Plan(assignment), IsEmpty());
    EXPECT_THAT(Plan(assignment, "city"), IsEmpty());
  }
}

TEST(AssignmentToReminders, WhileAResultWaitsOnlyTheIssuerIsRemindedAndOfTheReview) {
  v1::Assignment assignment = Signed("2024-09-30");
  Submit(assignment, "s-1", Nine("2024-09-25"));
  EXPECT_THAT(Plan(assignment), IsEmpty());
  const std::vector<Reminder> to_issuer = Plan(assignment, "city");
  ASSERT_THAT(to_issuer, SizeIs(1));
  EXPECT_THAT(to_issuer[0].text_zh(), HasSubstr("请尽快审核"));
  EXPECT_THAT(to_issuer[0].text_en(), HasSubstr("waits for your review"));
}

TEST(AssignmentToReminders, AReturnedResultRestoresWhatDidNotPassWhileItWaited) {
  v1::Assignment assignment = Signed("2024-09-30");
  Submit(assignment, "s-1", Nine("2024-09-25"));
  Judge(assignment, "s-1", Review::RETURNED, Nine("2024-09-30") + absl::Hours(1));
  EXPECT_THAT(Lines(Plan(assignment)),
              ElementsAre("BEFORE_DUE 2024-09-24", "OVERDUE 2024-10-08", "OVERDUE 2024-10-10", "OVERDUE 2024-10-12"));
}

TEST(AssignmentToReminders, NothingIsPlannedForTimesBeforeIssueOrBeforeTheDeadlineWasChanged) {
  v1::Assignment late = Signed("2024-09-30");
  *late.mutable_issue_time() = ToProto(Nine("2024-09-29") + absl::Hours(2));
  EXPECT_THAT(Lines(Plan(late)),
              ElementsAre("DUE 2024-09-30", "OVERDUE 2024-10-08", "OVERDUE 2024-10-10", "OVERDUE 2024-10-12"));
  v1::Assignment moved = Signed("2024-09-30");
  *moved.mutable_deadline_change_time() = ToProto(Nine("2024-09-29") + absl::Hours(2));
  EXPECT_EQ(Lines(Plan(moved)), Lines(Plan(late)));
  // Due already when it is issued: what lies behind is not made up for.
  v1::Assignment past = Signed("2024-02-29");
  EXPECT_THAT(Lines(Plan(past)), ElementsAre("OVERDUE 2024-03-05", "OVERDUE 2024-03-07"));
}

TEST(AssignmentToReminders, EachNodePlansOnlyItsOwn) {
  const v1::Assignment assignment = MakeAssignment();
  for (const Reminder& reminder : Plan(assignment, "district")) {
    EXPECT_NE(reminder.reason(), Reminder::ESCALATION);
    EXPECT_EQ(reminder.recipient(), "units/health");
    EXPECT_EQ(reminder.recipient_display_name(), "区卫健局");
  }
  for (const Reminder& reminder : Plan(assignment, "city")) {
    EXPECT_EQ(reminder.reason(), Reminder::ESCALATION);
    EXPECT_EQ(reminder.recipient(), "units/city-office");
    EXPECT_EQ(reminder.recipient_display_name(), "市政府办公室");
  }
  EXPECT_THAT(Plan(assignment, "department"), IsEmpty());
  // An office without a node of its own works at its issuer's, which then plans both.
  v1::Assignment client = assignment;
  client.set_unit_node("city");
  EXPECT_EQ(Plan(client, "city").size(), Plan(assignment, "district").size() + Plan(assignment, "city").size());
  client.clear_unit_node();
  EXPECT_EQ(Plan(client, "city").size(), Plan(assignment, "district").size() + Plan(assignment, "city").size());
}

TEST(AssignmentToReminders, NamesDependOnAssignmentRuleDueDayAndRecipientAndOnNothingElse) {
  const std::vector<Reminder> plain = Plan(MakeAssignment());
  v1::Assignment reworded = MakeAssignment();
  reworded.set_text("其他");
  reworded.set_version(7);
  v1::ReminderPolicy later = DefaultReminderPolicy();
  later.set_minute_of_day(600);
  const std::vector<Reminder> same = Plan(reworded, "district", later, WorkingCalendar());
  std::set<std::string> names, same_names;
  for (const Reminder& reminder : plain) names.insert(reminder.name());
  for (const Reminder& reminder : same) same_names.insert(reminder.name());
  EXPECT_EQ(names.size(), plain.size());
  EXPECT_EQ(names, same_names);
  // Literal, because receivers drop doubles by it.
  EXPECT_EQ(plain[0].name(), "reminders/m-2283ac0ba92f6edcc0de");
  for (const Reminder& reminder : Plan(MakeAssignment("2024-10-31"))) {
    EXPECT_EQ(names.count(reminder.name()), reminder.reason() == Reminder::UNSIGNED ? 1u : 0u);
  }
  for (const Reminder& reminder : Plan(MakeAssignment("2024-09-30", "a2"))) {
    EXPECT_EQ(names.count(reminder.name()), 0u);
  }
}

TEST(AssignmentToReminders, AnEmptyPolicyPlansNothingAndDoubleNumbersCountOnce) {
  v1::ReminderPolicy policy;
  policy.set_minute_of_day(540);
  EXPECT_THAT(Plan(MakeAssignment(), "district", policy), IsEmpty());
  EXPECT_THAT(Plan(Recurring(Deadline::STANDING), "district", policy), IsEmpty());
  for (const int days : {2, 2, 7}) policy.add_before_due_working_days(days);
  EXPECT_THAT(Lines(Plan(Signed("2024-06-20"), "district", policy)),
              ElementsAre("BEFORE_DUE 2024-06-11", "BEFORE_DUE 2024-06-18"));
}

TEST(AssignmentToReminders, TextsSayWhatForWhomByWhenAndWhatToDoNext) {
  const std::vector<Reminder> reminders = Plan(MakeAssignment("2024-10-03"));
  auto text = [&](Reminder::Reason reason) {
    return *std::find_if(reminders.begin(), reminders.end(), [&](const Reminder& r) { return r.reason() == reason; });
  };
  EXPECT_EQ(
      text(Reminder::BEFORE_DUE).text_zh(),
      "【临期提醒】区卫健局：贵单位牵头的“建成社区服务站十个”（《2024年重点工作》第3项）应于2024年10月3日（周四）前"
      "（含当日）办结。请先签收，再抓紧办理，及时报送进展，完成后报结。");
  EXPECT_EQ(
      text(Reminder::BEFORE_DUE).text_en(),
      "[Due soon] 区卫健局 leads \"建成社区服务站十个\" (plan 《2024年重点工作》, item 3). It is due on 2024-10-03 "
      "(Thursday). Next: sign for it, then report progress; submit the result when done.");
  EXPECT_THAT(text(Reminder::DUE).text_zh(), HasSubstr("此前最后一个工作日为2024年9月30日（周一）"));
  EXPECT_THAT(text(Reminder::DUE).text_en(), HasSubstr("the last working day before is 2024-09-30 (Monday)"));
  EXPECT_THAT(text(Reminder::OVERDUE).text_zh(), HasSubstr("现已逾期"));
  EXPECT_THAT(text(Reminder::UNSIGNED).text_zh(), HasSubstr("办理时限为2024年10月3日（周四）。请尽快签收"));
  const Reminder to_issuer = Plan(MakeAssignment("2024-10-03"), "city").front();
  EXPECT_EQ(to_issuer.text_zh(),
            "【逾期报告】市政府办公室：贵单位交办、区卫健局牵头的“建成社区服务站十个”（《2024年重点工作》第3项）应于"
            "2024年10月3日（周四）前（含当日）办结，现已逾期，且至今尚未签收。请督促办理，或调整时限。");
  const Reminder standing = Plan(Recurring(Deadline::STANDING)).front();
  EXPECT_THAT(standing.text_zh(), HasSubstr("为常态化工作，本期截至2024年3月31日（周日）。请在此之前报送本期进展"));
  EXPECT_THAT(standing.text_en(), HasSubstr("this period ends on 2024-03-31 (Sunday)"));
}

TEST(AssignmentToReminders, ALongTaskIsQuotedShortAndAnAnnexIsNamed) {
  v1::Assignment assignment = Signed("2024-06-20");
  std::string text = "第一行\n";
  for (int i = 0; i < 500; ++i) text += "长";
  assignment.set_text(text);
  assignment.set_table("附件1");
  EXPECT_THAT(Plan(assignment).front().text_zh(), HasSubstr("…”（"));
  v1::Assignment sentence = Signed("2024-06-20");
  sentence.set_text("建成社区服务站十个。");
  EXPECT_THAT(Plan(sentence).front().text_zh(), HasSubstr("“建成社区服务站十个”（"));
  const Reminder reminder = Plan(assignment).front();
  EXPECT_THAT(reminder.text_zh(), HasSubstr("“第一行 长"));
  EXPECT_THAT(reminder.text_zh(), HasSubstr("附件1第3项"));
  EXPECT_LT(reminder.text_zh().size(), 600u);
}

TEST(AssignmentToReminders, TheDirectorysNamesWinOverThoseAtIssue) {
  const v1::Assignment assignment = MakeAssignment();
  const std::vector<Reminder> reminders = AssignmentToReminders(assignment, {.policy = DefaultReminderPolicy(),
                                                                             .calendar = BuiltIn(),
                                                                             .node = "district",
                                                                             .unit_display_name = "区卫生健康局"});
  EXPECT_EQ(reminders[0].recipient_display_name(), "区卫生健康局");
  EXPECT_THAT(reminders[0].text_zh(), HasSubstr("区卫生健康局：贵单位"));
}

TEST(AssignmentToReminders, ADayFoundByWeekendsAloneSaysSo) {
  v1::Assignment assignment = Signed("2027-10-03");
  *assignment.mutable_issue_time() = ToProto(Nine("2027-03-01"));
  const Reminder due = Plan(assignment)[2];
  EXPECT_EQ(FormatDay(DayOf(FromProto(due.remind_time()))), "2027-10-01");
  EXPECT_THAT(due.text_zh(), HasSubstr("放假安排尚未录入"));
  EXPECT_THAT(due.text_en(), HasSubstr("No holiday notice"));
  EXPECT_THAT(Plan(Signed("2024-10-03"))[2].text_zh(), Not(HasSubstr("尚未录入")));
}

// N1 and N8 over random assignments: every reminder is on a working day at the policy's minute, not before issue, once,
// to the one recipient its node answers for; and the same input gives the same output.
TEST(AssignmentToReminders, HoldsItsPromisesForRandomAssignments) {
  std::mt19937 random(7);
  auto draw = [&](int n) { return static_cast<int>(random() % n); };
  const absl::CivilDay start(2023, 1, 1);
  for (int round = 0; round < 3000; ++round) {
    const absl::Time issued = TimeAt(start + draw(1000), draw(1440));
    v1::Assignment assignment = MakeAssignment(FormatDay(start + draw(1400)), StrCat("a", round), issued);
    assignment.mutable_deadline()->set_kind(static_cast<Deadline::Kind>(draw(6)));
    assignment.mutable_deadline()->set_frequency(static_cast<Deadline::Frequency>(draw(7)));
    assignment.set_year(2023 + draw(3));
    if (draw(2) == 0) Sign(assignment, issued + absl::Hours(draw(100)));
    if (draw(4) == 0) {
      Submit(assignment, "s-1", issued + absl::Hours(200), "2024");
      if (draw(2) == 0) Judge(assignment, "s-1", static_cast<Review::Verdict>(1 + draw(2)), issued + absl::Hours(300));
    }
    v1::ReminderPolicy policy = DefaultReminderPolicy();
    policy.set_minute_of_day(draw(1440));
    policy.set_periodic_working_days(draw(20));
    for (const char* node : {"city", "district"}) {
      const std::vector<Reminder> reminders = Plan(assignment, node, policy);
      std::set<std::string> names;
      for (const Reminder& reminder : reminders) {
        const absl::Time time = FromProto(reminder.remind_time());
        ASSERT_TRUE(BuiltIn().IsWorkingDay(DayOf(time))) << reminder.DebugString();
        ASSERT_EQ(time, TimeAt(DayOf(time), policy.minute_of_day()));
        ASSERT_GE(time, issued);
        ASSERT_TRUE(names.insert(reminder.name()).second) << reminder.DebugString();
        ASSERT_EQ(reminder.reason() == Reminder::ESCALATION, std::string_view(node) == "city");
        ASSERT_EQ(reminder.recipient(), std::string_view(node) == "city" ? "units/city-office" : "units/health");
        ASSERT_FALSE(reminder.text_zh().empty() || reminder.text_en().empty());
      }
      const std::vector<Reminder> again = Plan(assignment, node, policy);
      ASSERT_EQ(again.size(), reminders.size());
      for (size_t i = 0; i < again.size(); ++i) {
        ASSERT_EQ(again[i].SerializeAsString(), reminders[i].SerializeAsString());
        const Reminder& before = again[i == 0 ? 0 : i - 1];
        ASSERT_LE(FromProto(before.remind_time()), FromProto(again[i].remind_time()));
      }
    }
  }
}

}  // namespace
}  // namespace duban
