// What unit and issuer agree about one assignment: declines, extensions, reports taken back, remarks and urges. Each
// act in every state, at its limits, and what is shown of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/base/errors.h"
#include "common/calendar/holiday_data.h"
#include "common/contract/agreed.h"
#include "services/assignment/acts.h"
#include "services/assignment/state.h"
#include "tests/support/test_duty.h"

namespace duban {
namespace {

using testing::Cancel;
using testing::EditOrder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Judge;
using testing::kIssueDay;
using testing::MakeDeadline;
using testing::MakeDuty;
using testing::Report;
using testing::Sign;
using testing::Submit;
using A = v1::Assignment;
using Day = absl::CivilDay;
using Target = ReaddressAct::Target;

const ActingPerson kClerk = {"王一", ""};
const ActingPerson kOffice = {"李二", "赵三"};
const absl::Time kNow = TimeAt(kIssueDay + 1, 600);
// Five working days behind kIssueDay, a Monday.
constexpr Day kLastDeclineDay(2024, 3, 11);
constexpr Day kDue(2024, 9, 30);

const WorkingCalendar& BuiltIn() {
  static const auto* const calendar = new WorkingCalendar(BuiltInCalendars());
  return *calendar;
}

v1::Decline MakeDecline() {
  v1::Decline decline;
  decline.set_reason("不属于本单位职责");
  return decline;
}

v1::ExtensionRequest MakeRequest(const std::string& due = "2024-10-31") {
  v1::ExtensionRequest request;
  request.set_reason("招标延后");
  request.set_proposed_due(due);
  return request;
}

const v1::Decline kDecline = MakeDecline();
const v1::ExtensionRequest kRequest = MakeRequest();

Act Declining(Day last = kLastDeclineDay) {
  return DeclineAct{kDecline, kClerk, last};
}
Act Asking(const v1::ExtensionRequest& request = kRequest) {
  return ExtensionAct{request, kClerk};
}
Act Retracting(std::string_view report = {}) {
  return RetractAct{report};
}
Act Readdressing(Target target = Target::kFree) {
  return ReaddressAct{"units/audit", "按职责分工", kOffice, target};
}
Act Binding(std::string_view due = {}) {
  return BindAct{"属于该单位职责", due, kOffice};
}
Act Granting(std::string_view due = {}, std::string_view id = {}) {
  return AnswerAct{id, v1::ExtensionAnswer::GRANTED, due, "同意", kOffice};
}
Act Refusing() {
  return AnswerAct{{}, v1::ExtensionAnswer::REFUSED, {}, "进度可控", kOffice};
}
Act Reading() {
  return ReadAct{kOffice};
}
Act Remarking() {
  return RemarkAct{"请分管领导阅处", kOffice};
}
Act Urging() {
  return UrgeAct{"请本周内报送", kOffice};
}

absl::StatusOr<Acted> Do(const Duty& duty, const Act& act, absl::Time now = kNow) {
  return Perform(duty, act, {"city", now});
}

Duty After(Duty duty, const Act& act, absl::Time now = kNow) {
  const absl::StatusOr<Acted> acted = Do(duty, act, now);
  EXPECT_TRUE(acted.ok()) << acted.status();
  if (!acted.ok()) return duty;
  if (acted->execution.has_value()) duty.execution = *acted->execution;
  if (acted->oversight.has_value()) duty.oversight = *acted->oversight;
  return duty;
}

Duty DutyIn(A::State state) {
  Duty duty = MakeDuty();
  if (state == A::ISSUED) return duty;
  if (state == A::DECLINED) return After(duty, Declining());
  Sign(duty);
  if (state == A::RECEIVED) return duty;
  Report(duty);
  if (state == A::IN_PROGRESS) return duty;
  Submit(duty, kIssueDay);
  if (state == A::UNDER_REVIEW) return duty;
  if (state == A::DONE) Judge(duty, v1::Review::ACCEPTED);
  if (state == A::CANCELLED) Cancel(duty, kIssueDay);
  return duty;
}

// The same with a request for an extension that has no answer.
Duty AskedIn(A::State state) {
  Duty duty = DutyIn(state);
  v1::ExtensionRequest& request = *duty.execution.add_extension_requests();
  request = kRequest;
  request.set_extension_id("x-1");
  duty.execution.set_version(duty.execution.version() + 1);
  return duty;
}

// What is said where it is refused; empty where it is done.
std::string Answer(const Duty& duty, const Act& act) {
  const absl::Status status = Do(duty, act).status();
  if (status.ok()) return "";
  return StrCat(v1::ErrorReason_Name(ReasonOf(status)), " ", MetadataOf(status)["state"]);
}

TEST(RequestsTest, EveryActIsDoneOrRefusedByTheStateItMeets) {
  const Act decline = Declining(), ask = Asking(), readdress = Readdressing(), bind = Binding(), grant = Granting(),
            read = Reading(), remark = Remarking(), urge = Urging();
  const std::map<std::string, std::pair<const Act*, std::vector<bool>>> table = {
      // ISSUED, RECEIVED, IN_PROGRESS, UNDER_REVIEW, DONE, DECLINED, CANCELLED.
      {"decline", {&decline, {true, true, true, false, false, false, false}}},
      {"readdress", {&readdress, {false, false, false, false, false, true, false}}},
      {"bind", {&bind, {false, false, false, false, false, true, false}}},
      {"read", {&read, {true, true, true, true, true, true, true}}},
      {"remark", {&remark, {true, true, true, true, true, true, false}}},
      {"urge", {&urge, {true, true, true, false, false, false, false}}},
  };
  const std::map<std::string, std::pair<const Act*, std::vector<bool>>> asked = {
      {"grant", {&grant, {true, true, true, true, false, false, false}}},
  };
  const auto check = [](const auto& rows, const auto& duty_in) {
    for (const auto& [name, row] : rows) {
      for (int state = A::ISSUED; state <= A::CANCELLED; ++state) {
        const auto in = static_cast<A::State>(state);
        const Duty duty = duty_in(in);
        ASSERT_EQ(StateOf(duty), in);
        const bool done = row.second[static_cast<size_t>(state) - 1];
        EXPECT_EQ(Answer(duty, *row.first), done ? "" : StrCat("WRONG_STATE ", A::State_Name(in))) << name;
      }
    }
  };
  check(table, DutyIn);
  check(asked, AskedIn);
  for (const A::State state : {A::RECEIVED, A::IN_PROGRESS}) EXPECT_EQ(Answer(DutyIn(state), ask), "");
  for (const A::State state : {A::ISSUED, A::UNDER_REVIEW, A::DONE, A::DECLINED, A::CANCELLED}) {
    EXPECT_EQ(Answer(DutyIn(state), ask), StrCat("WRONG_STATE ", A::State_Name(state)));
  }
  for (const A::State state : {A::UNDER_REVIEW, A::DONE, A::CANCELLED}) {
    EXPECT_EQ(Answer(DutyIn(state), Retracting("r-1")), StrCat("WRONG_STATE ", A::State_Name(state)));
  }
}

TEST(RequestsTest, ADeclinedOneIsWaitedForByNobody) {
  const Duty duty = DutyIn(A::DECLINED);
  EXPECT_EQ(StateOf(duty), A::DECLINED);
  const Standing standing = StandingOf(duty, BuiltIn());
  EXPECT_EQ(LightOn(standing, kDue + 100), A::GREY);
  EXPECT_EQ(standing.red_day, 0U);
  const v1::Decline& decline = duty.execution.declines(0);
  EXPECT_EQ(decline.decline_id(), "d-1");
  EXPECT_EQ(decline.reason(), "不属于本单位职责");
  EXPECT_EQ(decline.decliner(), "王一");
  EXPECT_EQ(FromProto(decline.decline_time()), kNow);
  // The unit waits for the issuer.
  const v1::Report report;
  EXPECT_EQ(Answer(duty, ReportAct{report, kClerk}), "WRONG_STATE DECLINED");
  EXPECT_EQ(Answer(duty, SignAct{kClerk, true}), "WRONG_STATE DECLINED");
}

TEST(RequestsTest, ItIsDeclinedWithinFiveWorkingDaysAndNotOneLater) {
  EXPECT_EQ(LastDeclineDay(MakeDuty(), BuiltIn()), kLastDeclineDay);
  Duty duty = MakeDuty();
  EditOrder(duty, [](v1::Order& order) { order.set_decline_working_days(1); });
  EXPECT_EQ(LastDeclineDay(duty, BuiltIn()), kIssueDay + 1);
  // A week of holidays lies between.
  *duty.addressee.mutable_issue_time() = ToProto(TimeAt(Day(2024, 9, 30), 540));
  EXPECT_EQ(LastDeclineDay(duty, BuiltIn()), Day(2024, 10, 8));
  // What was changed for everybody is asked anew.
  Duty revised = MakeDuty();
  EditOrder(revised, [](v1::Order& order) {
    v1::DutyChange& change = *order.add_duty_changes();
    change.set_plan_revision(2);
    *change.mutable_change_time() = ToProto(TimeAt(Day(2024, 4, 1), 540));
  });
  EXPECT_EQ(LastDeclineDay(revised, BuiltIn()), Day(2024, 4, 9)) << "two days of Qingming and a Sunday that is worked";
  EXPECT_TRUE(Do(MakeDuty(), Declining(), TimeAt(kLastDeclineDay, 1439)).ok());
  const absl::Status late = Do(MakeDuty(), Declining(), TimeAt(kLastDeclineDay + 1, 0)).status();
  EXPECT_EQ(ReasonOf(late), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(late), (ErrorMetadata{{"state", "LATE"}, {"lastDay", "2024-03-11"}}));
  EXPECT_THAT(ChineseMessage(late), HasSubstr("申请退办的期限为2024-03-11，现已超过"));
}

TEST(RequestsTest, WhatIsBindingStandsWhereItStoodAndIsNotDeclinedAgain) {
  for (const A::State state : {A::ISSUED, A::RECEIVED, A::IN_PROGRESS}) {
    const Duty declined = After(DutyIn(state), Declining());
    const Duty bound = After(declined, Binding(), kNow + absl::Hours(30));
    EXPECT_EQ(StateOf(bound), state);
    EXPECT_EQ(StandingOf(bound, BuiltIn()), StandingOf(DutyIn(state), BuiltIn())) << "the days are not added";
    EXPECT_EQ(Answer(bound, Declining()), "WRONG_STATE BOUND");
    const v1::Ruling& ruling = bound.oversight.rulings(0);
    EXPECT_EQ(ruling.decline_id(), "d-1");
    EXPECT_EQ(ruling.decision(), v1::Ruling::BINDING);
    EXPECT_EQ(ruling.comment(), "属于该单位职责");
    EXPECT_EQ(ruling.arbiter(), "李二");
    EXPECT_EQ(ruling.agent(), "赵三");
  }
}

TEST(RequestsTest, BindingCanNameAnotherDueDay) {
  const Duty declined = DutyIn(A::DECLINED);
  const Duty bound = After(declined, Binding("2024-10-15"));
  EXPECT_EQ(BindingDue(bound), "2024-10-15");
  EXPECT_EQ(StandingOf(bound, BuiltIn()).red_day, DayNumber(Day(2024, 10, 16)));
  EXPECT_EQ(ReasonOf(Do(declined, Binding("2024-09-30")).status()), v1::INVALID_FIELD);
  Duty standing = MakeDuty(MakeDeadline(v1::Deadline::STANDING));
  EXPECT_EQ(Answer(After(standing, Declining()), Binding("2024-10-15")), "WRONG_STATE NO_DUE_DAY");
}

TEST(RequestsTest, ReaddressingNamesWhoHasItNow) {
  const absl::StatusOr<Acted> acted = Do(DutyIn(A::DECLINED), Readdressing());
  ASSERT_TRUE(acted.ok()) << acted.status();
  EXPECT_FALSE(acted->execution.has_value());
  EXPECT_EQ(acted->oversight->rulings(0).unit(), "units/audit");
  EXPECT_EQ(acted->oversight->rulings(0).decision(), v1::Ruling::READDRESSED);
  EXPECT_EQ(Answer(DutyIn(A::DECLINED), Readdressing(Target::kUnknown)), "RESOURCE_NOT_FOUND ");
  EXPECT_EQ(Answer(DutyIn(A::DECLINED), Readdressing(Target::kHasTask)), "RESOURCE_EXISTS ");
  EXPECT_EQ(Answer(DutyIn(A::DECLINED), Readdressing(Target::kNoRoom)), "LIMIT_REACHED ");
}

TEST(RequestsTest, AGrantedDayIsTheDueDay) {
  const Duty asked = After(DutyIn(A::RECEIVED), Asking());
  const v1::ExtensionRequest& request = asked.execution.extension_requests(0);
  EXPECT_EQ(request.extension_id(), "x-1");
  EXPECT_EQ(request.requester(), "王一");
  EXPECT_EQ(BindingDue(asked), "2024-09-30") << "asked is not granted";
  EXPECT_EQ(BindingDue(After(asked, Refusing())), "2024-09-30");
  const Duty granted = After(asked, Granting());
  EXPECT_EQ(BindingDue(granted), "2024-10-31");
  const Duty other = After(asked, Granting("2024-10-10", "x-1"));
  EXPECT_EQ(BindingDue(other), "2024-10-10");
  const Standing standing = StandingOf(other, BuiltIn());
  EXPECT_EQ(standing.yellow_day, DayNumber(Day(2024, 10, 3)));
  EXPECT_EQ(standing.red_day, DayNumber(Day(2024, 10, 11)));
  const A shown = ViewOf(other, standing, kDue + 1);
  EXPECT_EQ(shown.deadline().due(), "2024-10-10");
  EXPECT_EQ(shown.issued_due(), "2024-09-30");
  EXPECT_EQ(shown.light(), A::GREEN);
  EXPECT_EQ(Answer(other, Granting({}, "x-1")), "WRONG_STATE ANSWERED");
  EXPECT_EQ(Answer(other, Granting()), "RESOURCE_NOT_FOUND ");
  EXPECT_EQ(Answer(other, Granting({}, "x-9")), "RESOURCE_NOT_FOUND ");
}

TEST(RequestsTest, OneRequestIsOpenAtATimeAndLaterOnesGoOnFromTheDayGranted) {
  Duty duty = After(DutyIn(A::RECEIVED), Asking());
  EXPECT_EQ(Answer(duty, Asking()), "WRONG_STATE OPEN");
  duty = After(duty, Granting());
  EXPECT_EQ(ReasonOf(Do(duty, Asking(kRequest)).status()), v1::INVALID_FIELD) << "it is due that day already";
  const v1::ExtensionRequest later = MakeRequest("2024-11-30");
  duty = After(duty, Asking(later), TimeAt(Day(2024, 10, 30), 600));
  EXPECT_EQ(BindingDue(duty), "2024-10-31");
  EXPECT_EQ(BindingDue(After(duty, Granting(), TimeAt(Day(2024, 11, 5), 600))), "2024-11-30");
}

TEST(RequestsTest, ItIsAskedForBeforeTheDueDayAndGrantedAlsoAfterIt) {
  const Duty duty = DutyIn(A::RECEIVED);
  const Duty asked = After(duty, Asking(), TimeAt(kDue - 1, 1439));
  const absl::Status on_the_day = Do(duty, Asking(), TimeAt(kDue, 0)).status();
  EXPECT_EQ(MetadataOf(on_the_day)["state"], "PAST");
  EXPECT_THAT(ChineseMessage(on_the_day), HasSubstr("办理时限2024-09-30已到"));
  EXPECT_TRUE(Do(asked, Granting(), TimeAt(kDue + 9, 600)).ok());
  const absl::Status over = Do(asked, Granting("2024-10-08"), TimeAt(kDue + 9, 600)).status();
  EXPECT_EQ(ReasonOf(over), v1::INVALID_FIELD) << "a day that has passed helps nobody";
  EXPECT_EQ(MetadataOf(over)["field"], "due");
}

TEST(RequestsTest, ADueDayIsPutOffByAYearAtMost) {
  const Duty duty = DutyIn(A::RECEIVED);
  const v1::ExtensionRequest most = MakeRequest("2025-10-01"), more = MakeRequest("2025-10-02");
  EXPECT_TRUE(Do(duty, Asking(most)).ok());
  const absl::Status status = Do(duty, Asking(more)).status();
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(status)["field"], "extension.proposed_due");
  EXPECT_THAT(ChineseMessage(status), HasSubstr("应在2024-10-01至2025-10-01之间，当前时限为2024-09-30"));
}

TEST(RequestsTest, OnlyADateCanBePutOff) {
  for (const auto kind : {v1::Deadline::STANDING, v1::Deadline::WHOLE_PERIOD, v1::Deadline::WORKING_DAYS}) {
    Duty duty = MakeDuty(MakeDeadline(kind, kind == v1::Deadline::WHOLE_PERIOD ? "2024-12-31" : ""));
    Sign(duty);
    EXPECT_EQ(Answer(duty, Asking()), "WRONG_STATE NO_DUE_DAY");
  }
}

TEST(RequestsTest, ARevisionThatNamesAnotherDayIsTheIssuersLaterWord) {
  Duty duty = After(After(DutyIn(A::RECEIVED), Asking()), Granting());
  EditOrder(duty, [](v1::Order& order) { order.mutable_deadline()->set_due("2024-08-31"); });
  EXPECT_EQ(BindingDue(duty), "2024-08-31");
  EditOrder(duty, [](v1::Order& order) { order.mutable_deadline()->set_due("2024-09-30"); });
  EXPECT_EQ(BindingDue(duty), "2024-10-31");
}

TEST(RequestsTest, TwentyRequestsAreTakenAndNotOneMore) {
  Duty duty = DutyIn(A::RECEIVED);
  for (int i = 0; i < kMaxExtensionRequests; ++i) duty = After(After(duty, Asking()), Refusing());
  EXPECT_EQ(Answer(duty, Asking()), "LIMIT_REACHED ");
}

TEST(RequestsTest, AReportIsTakenBackUntilItIsRead) {
  Duty duty = DutyIn(A::IN_PROGRESS);
  Report(duty);
  const Duty once = After(duty, Retracting());
  EXPECT_TRUE(once.execution.reports(1).has_retract_time());
  EXPECT_FALSE(once.execution.reports(0).has_retract_time()) << "the last one, where none is named";
  EXPECT_EQ(Answer(once, Retracting("r-2")), "WRONG_STATE RETRACTED");
  EXPECT_EQ(Answer(once, Retracting("r-3")), "RESOURCE_NOT_FOUND ");
  EXPECT_EQ(StateOf(once), A::IN_PROGRESS);
  const Duty twice = After(once, Retracting());
  EXPECT_EQ(StateOf(twice), A::RECEIVED);
  EXPECT_EQ(Answer(twice, Retracting()), "RESOURCE_NOT_FOUND ");
  const Duty read = After(once, Reading());
  EXPECT_THAT(read.oversight.readings(0).report_ids(), ElementsAre("r-1"));
  EXPECT_EQ(Answer(read, Retracting("r-1")), "WRONG_STATE READ");
  EXPECT_THAT(ChineseMessage(Do(read, Retracting("r-1")).status()), HasSubstr("交办单位已阅进展r-1，不能撤回"));
}

TEST(RequestsTest, WhatIsReadAtTheSameTimeStays) {
  // The issuer read it before it heard that the unit took it back, and the unit took it back before it heard of that.
  const Duty duty = DutyIn(A::IN_PROGRESS);
  Duty both = After(duty, Retracting());
  both.oversight = After(duty, Reading()).oversight;
  EXPECT_EQ(StateOf(both), A::IN_PROGRESS);
  const A shown = ViewOf(both, StandingOf(both, BuiltIn()), kIssueDay);
  EXPECT_EQ(shown.execution().reports(0).text(), "进展");
  EXPECT_FALSE(shown.execution().reports(0).has_retract_time());
  const Duty unread = After(duty, Retracting());
  const A hidden = ViewOf(unread, StandingOf(unread, BuiltIn()), kIssueDay);
  EXPECT_EQ(hidden.execution().reports(0).text(), "");
  EXPECT_TRUE(hidden.execution().reports(0).has_retract_time());
  // Once it is known to be taken back it is not read any more.
  EXPECT_EQ(After(unread, Reading()).oversight.readings_size(), 0);
}

TEST(RequestsTest, WhatIsReadAlreadyIsNotNotedAgain) {
  const Duty read = After(DutyIn(A::IN_PROGRESS), Reading());
  const absl::StatusOr<Acted> again = Do(read, Reading());
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->oversight.has_value());
  EXPECT_FALSE(again->execution.has_value());
}

TEST(RequestsTest, RemarksAndUrgesAreKeptAndBounded) {
  Duty duty = DutyIn(A::RECEIVED);
  for (int i = 0; i < kMaxRemarks; ++i) duty = After(duty, Remarking());
  for (int i = 0; i < kMaxUrges; ++i) duty = After(duty, Urging());
  EXPECT_EQ(Answer(duty, Remarking()), "LIMIT_REACHED ");
  EXPECT_EQ(Answer(duty, Urging()), "LIMIT_REACHED ");
  EXPECT_EQ(duty.oversight.remarks(0).text(), "请分管领导阅处");
  EXPECT_EQ(duty.oversight.remarks(0).author(), "李二");
  EXPECT_EQ(duty.oversight.urges(0).text(), "请本周内报送");
  EXPECT_EQ(FromProto(duty.oversight.urges(0).urge_time()), kNow);
}

TEST(RequestsTest, EachHalfIsChangedAtItsOwnNode) {
  Duty duty = AskedIn(A::IN_PROGRESS);
  duty.addressee.set_unit_node("district");
  for (const Act& act : {Declining(), Asking(), Retracting()}) {
    EXPECT_EQ(ReasonOf(Do(duty, act).status()), v1::NOT_OWNER);
  }
  EditOrder(duty, [](v1::Order& order) { order.set_issuer_node("province"); });
  for (const Act& act : {Readdressing(), Binding(), Granting(), Reading(), Remarking(), Urging()}) {
    EXPECT_EQ(ReasonOf(Do(duty, act).status()), v1::NOT_OWNER);
  }
}

}  // namespace
}  // namespace duban
