// Declines, extensions, reports taken back and remarks over two levels: both come to the same, lists and boards follow,
// and revisions of the plan leave decided things decided.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/errors.h"
#include "common/contract/issue_limits.h"
#include "common/contract/names.h"
#include "services/assignment/plan_to_orders.h"
#include "services/assignment/readdress.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using A = v1::Assignment;

// A city, and a district with two departments that the city addresses at the district's node.
class RequestsHopsTest : public ::testing::Test {
 protected:
  RequestsHopsTest() : city_("city", &clock_), district_("district", &clock_) {
    for (TestOffice* office : {&city_, &district_}) {
      office->Tell(Owned(MakeUnit("office", v1::Unit::GOVERNMENT)));
      office->Tell(Owned(MakeUnit("audit")));
      office->Tell(Owned(MakeUnit("finance")));
      office->Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "", "district")));
      office->Tell(Owned(MakeUnit("water", v1::Unit::DEPARTMENT, "", "district")));
    }
    city_.Tell(PlanFor({"roads", "finance"}));
    Flow();
  }

  // Whatever a test did: the levels agree, and what is kept is true.
  void TearDown() override {
    Flow();
    district_.ExpectAgreesWith(city_);
    for (TestOffice* office : {&city_, &district_}) office->ExpectKeptRowsAreTrue();
    for (const A& assignment : district_.List({})) {
      EXPECT_EQ(city_.Get(assignment.name()).SerializeAsString(), assignment.SerializeAsString());
    }
  }

  static v1::Unit Owned(v1::Unit unit) {
    unit.set_owner_node("city");
    return unit;
  }

  // A task for these units, and one for the first alone.
  static v1::Plan PlanFor(const std::vector<std::string>& units, int revision = 1,
                          const std::string& due = "2024-09-30") {
    v1::Plan plan = MakePlan("c", "city", "2024-03-04");
    plan.set_revision(revision);
    v1::Task* task = AddTask(plan, due);
    for (const std::string& unit : units) Address(task, StrCat("units/", unit));
    return plan;
  }

  void Flow() {
    for (int round = 0; round < 3; ++round) {
      for (TestOffice* office : {&city_, &district_}) Ok(office->FollowPlans());
      Ok(district_.Exchange(city_));
    }
  }

  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  static std::string Of(const std::string& unit) { return StrCat("plans/c/tasks/body-1/assignments/", unit); }

  A Decline(TestOffice& office, const std::string& unit) {
    v1::DeclineAssignmentRequest request;
    request.set_request_id(office.NextRequest());
    request.set_name(Of(unit));
    request.mutable_decline()->set_reason("不属于本单位职责");
    request.mutable_decline()->set_decliner("王一");
    A declined;
    Ok(office.core().DeclineAssignment(Anybody(), request, &declined));
    return declined;
  }
  v1::ReaddressAssignmentRequest ReaddressOf(const std::string& unit, const std::string& to) {
    v1::ReaddressAssignmentRequest request;
    request.set_request_id(city_.NextRequest());
    request.set_name(Of(unit));
    request.set_unit(StrCat("units/", to));
    request.set_comment("按职责分工");
    request.set_arbiter("李二");
    return request;
  }
  A Readdress(const std::string& unit, const std::string& to) {
    A readdressed;
    Ok(city_.core().ReaddressAssignment(Anybody(), ReaddressOf(unit, to), &readdressed));
    return readdressed;
  }
  v1::BindAssignmentRequest BindingOf(const std::string& unit) {
    v1::BindAssignmentRequest request;
    request.set_request_id(city_.NextRequest());
    request.set_name(Of(unit));
    request.set_comment("属于该单位职责");
    request.set_arbiter("李二");
    return request;
  }
  A Ask(const std::string& unit, const std::string& due) {
    v1::RequestExtensionRequest request;
    request.set_request_id(district_.NextRequest());
    request.set_name(Of(unit));
    request.mutable_extension()->set_reason("招标延后");
    request.mutable_extension()->set_proposed_due(due);
    request.mutable_extension()->set_requester("王一");
    A asked;
    Ok(district_.core().RequestExtension(Anybody(), request, &asked));
    return asked;
  }
  A Grant(const std::string& unit, const std::string& due = "") {
    v1::AnswerExtensionRequest request;
    request.set_request_id(city_.NextRequest());
    request.set_name(Of(unit));
    request.set_verdict(v1::ExtensionAnswer::GRANTED);
    request.set_due(due);
    request.set_answerer("李二");
    A granted;
    Ok(city_.core().AnswerExtension(Anybody(), request, &granted));
    return granted;
  }
  absl::StatusOr<A> Retract(const std::string& unit) {
    v1::RetractReportRequest request;
    request.set_request_id(district_.NextRequest());
    request.set_name(Of(unit));
    A retracted;
    DUBAN_RETURN_IF_ERROR(district_.core().RetractReport(Anybody(), request, &retracted));
    return retracted;
  }
  A MarkRead(const std::string& unit) {
    v1::MarkReportsReadRequest request;
    request.set_request_id(city_.NextRequest());
    request.set_name(Of(unit));
    request.set_reader("李二");
    A read;
    Ok(city_.core().MarkReportsRead(Anybody(), request, &read));
    return read;
  }

  // The state of each unit's at an office, as `roads DECLINED`.
  static std::vector<std::string> States(TestOffice& office) {
    std::vector<std::string> states;
    for (const A& assignment : office.List({})) {
      states.push_back(StrCat(LastSegment(assignment.unit()), " ", A::State_Name(assignment.state())));
    }
    return states;
  }
  static v1::GetBoardResponse::Row Total(TestOffice& office) {
    v1::GetBoardRequest request;
    request.set_group_by(v1::GetBoardRequest::UNIT);
    v1::GetBoardResponse board;
    Ok(office.core().GetBoard(Anybody(), request, &board));
    return board.total();
  }
  std::vector<std::string> Kinds(const std::string& unit) {
    v1::GetTimelineRequest request;
    request.set_name(Of(unit));
    v1::GetTimelineResponse timeline;
    Ok(city_.core().GetTimeline(Anybody(), request, &timeline));
    std::vector<std::string> kinds;
    for (const auto& entry : timeline.entries()) kinds.push_back(v1::TimelineEntry::Kind_Name(entry.kind()));
    return kinds;
  }

  FakeClock clock_;
  TestOffice city_, district_;
};

TEST_F(RequestsHopsTest, ADeclinedTaskIsReaddressedAndBothUnitsHearOfIt) {
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Decline(district_, "roads").state(), A::DECLINED);
  EXPECT_THAT(district_.Pull("units/roads").assignments(), IsEmpty()) << "it waits for nobody below";
  Flow();
  EXPECT_EQ(Total(city_).counts().declined(), 1);
  EXPECT_EQ(Total(city_).grey(), 1);
  clock_.Advance(absl::Hours(1));
  const A cancelled = Readdress("roads", "water");
  EXPECT_EQ(cancelled.state(), A::CANCELLED);
  EXPECT_EQ(cancelled.readdressed_to(), "units/water");
  EXPECT_EQ(cancelled.cancel_reason(), "该单位申请退办，已改交单位water：按职责分工");
  Flow();
  EXPECT_THAT(States(district_), ElementsAre("roads CANCELLED", "water ISSUED"));
  const A water = district_.Get(Of("water"));
  EXPECT_EQ(water.readdressed_from(), "units/roads");
  EXPECT_EQ(FromProto(water.issue_time()), clock_.Now());
  EXPECT_EQ(water.addressed_as(), "「units/roads」");
  EXPECT_THAT(Kinds("roads"), ElementsAre("ISSUED", "DELIVERED", "DECLINED", "READDRESSED", "CANCELLED"));
  district_.SignAll("units/water");
  district_.Submit(Of("water"));
  Flow();
  EXPECT_EQ(city_.Review(Of("water"), v1::Review::ACCEPTED).state(), A::DONE);
}

TEST_F(RequestsHopsTest, ARequestThatComesAgainReaddressesOnce) {
  Decline(district_, "roads");
  Flow();
  const v1::ReaddressAssignmentRequest request = ReaddressOf("roads", "water");
  A first, again;
  Ok(city_.core().ReaddressAssignment(Anybody(), request, &first));
  Ok(city_.core().ReaddressAssignment(Anybody(), request, &again));
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(city_.List({}).size(), 3u);
}

TEST_F(RequestsHopsTest, WhoCannotHaveItIsSaidAndNothingChanges) {
  A response;
  EXPECT_EQ(ReasonOf(city_.core().ReaddressAssignment(Anybody(), ReaddressOf("roads", "water"), &response)),
            v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(city_.core().BindAssignment(Anybody(), BindingOf("roads"), &response)), v1::WRONG_STATE);
  Decline(district_, "roads");
  Flow();
  EXPECT_EQ(ReasonOf(city_.core().ReaddressAssignment(Anybody(), ReaddressOf("roads", "nobody"), &response)),
            v1::RESOURCE_NOT_FOUND);
  for (const char* unit : {"finance", "roads"}) {
    EXPECT_EQ(ReasonOf(city_.core().ReaddressAssignment(Anybody(), ReaddressOf("roads", unit), &response)),
              v1::RESOURCE_EXISTS);
  }
  v1::Unit ended = Owned(MakeUnit("water"));
  ended.set_valid_to("2024-03-04");
  city_.Tell(ended);
  Ok(city_.FollowPlans());
  EXPECT_EQ(ReasonOf(city_.core().ReaddressAssignment(Anybody(), ReaddressOf("roads", "water"), &response)),
            v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(States(city_), ElementsAre("finance ISSUED", "roads DECLINED"));
}

TEST_F(RequestsHopsTest, WhatIsBindingGoesOn) {
  district_.SignAll("units/roads");
  Decline(district_, "roads");
  Flow();
  A bound;
  Ok(city_.core().BindAssignment(Anybody(), BindingOf("roads"), &bound));
  EXPECT_EQ(bound.state(), A::RECEIVED);
  Flow();
  EXPECT_EQ(district_.Report(Of("roads")).state(), A::IN_PROGRESS);
  v1::DeclineAssignmentRequest again;
  again.set_request_id(district_.NextRequest());
  again.set_name(Of("roads"));
  again.mutable_decline()->set_reason("仍不属于本单位");
  again.mutable_decline()->set_decliner("王一");
  EXPECT_EQ(MetadataOf(district_.core().DeclineAssignment(Anybody(), again, &bound))["state"], "BOUND");
}

TEST_F(RequestsHopsTest, ARevisionLeavesItWhereItIsAndFollowsTheUnitItAsks) {
  Decline(district_, "roads");
  Flow();
  Readdress("roads", "water");
  city_.Tell(PlanFor({"roads", "finance"}, 2));
  Flow();
  EXPECT_THAT(States(city_), ElementsAre("finance ISSUED", "roads CANCELLED", "water ISSUED"));
  // On to a third one, and back.
  Decline(district_, "water");
  Flow();
  Readdress("water", "audit");
  EXPECT_EQ(city_.Get(Of("audit")).readdressed_from(), "units/roads");
  Decline(city_, "audit");
  Readdress("audit", "roads");
  city_.Tell(PlanFor({"roads", "finance"}, 3));
  Flow();
  EXPECT_THAT(States(city_), ElementsAre("audit CANCELLED", "finance ISSUED", "roads ISSUED", "water CANCELLED"));
  EXPECT_EQ(city_.Get(Of("roads")).readdressed_from(), "");
  // Whom the plan asks no more has it no more.
  city_.Tell(PlanFor({"finance"}, 4));
  Flow();
  EXPECT_EQ(city_.Get(Of("roads")).state(), A::CANCELLED);
}

TEST_F(RequestsHopsTest, WhoStandsInIsAskedAsLongAsThePlanAsksTheOther) {
  Decline(district_, "roads");
  Flow();
  Readdress("roads", "water");
  city_.Tell(PlanFor({"finance"}, 2));
  Flow();
  EXPECT_EQ(district_.Get(Of("water")).state(), A::CANCELLED);
  city_.Tell(PlanFor({"roads", "finance"}, 3));
  Flow();
  EXPECT_EQ(district_.Get(Of("water")).state(), A::ISSUED);
  EXPECT_EQ(district_.Get(Of("roads")).state(), A::CANCELLED);
  city_.Tell(PlanFor({"water", "finance"}, 4));
  Flow();
  EXPECT_EQ(district_.Get(Of("water")).readdressed_from(), "") << "the plan asks it itself";
}

TEST_F(RequestsHopsTest, AGrantedDayIsTheDueDayOnBothLevels) {
  district_.SignAll("units/roads");
  city_.SignAll("units/finance");
  Ask("roads", "2024-10-31");
  Flow();
  v1::AssignmentFilter open;
  open.set_extension_open(true);
  ASSERT_EQ(city_.List(open).size(), 1u);
  EXPECT_EQ(Grant("roads", "2024-10-15").deadline().due(), "2024-10-15");
  EXPECT_THAT(city_.List(open), IsEmpty());
  Flow();
  clock_.AdvanceTo(TimeAt(absl::CivilDay(2024, 10, 5), 600));
  for (TestOffice* office : {&city_, &district_}) {
    EXPECT_EQ(office->Get(Of("roads")).deadline().due(), "2024-10-15");
    EXPECT_EQ(office->Get(Of("roads")).light(), A::GREEN);
  }
  EXPECT_EQ(city_.Get(Of("finance")).light(), A::RED);
  EXPECT_EQ(Total(city_).red(), 1);
  clock_.AdvanceTo(TimeAt(absl::CivilDay(2024, 10, 16), 600));
  EXPECT_EQ(Total(city_).red(), 2);
  EXPECT_EQ(Total(district_).red(), 1);
}

TEST_F(RequestsHopsTest, AReportThatIsReadOnOneLevelWhileTheOtherTakesItBackStays) {
  district_.SignAll("units/roads");
  district_.Report(Of("roads"));
  Flow();
  ASSERT_TRUE(Retract("roads").ok());
  EXPECT_EQ(district_.Get(Of("roads")).state(), A::RECEIVED) << "as far as is known there";
  MarkRead("roads");
  Flow();
  for (TestOffice* office : {&city_, &district_}) {
    EXPECT_EQ(office->Get(Of("roads")).state(), A::IN_PROGRESS);
    EXPECT_EQ(office->Get(Of("roads")).execution().reports(0).text(), "已完成一半");
  }
  EXPECT_EQ(MetadataOf(Retract("roads").status())["state"], "READ");
  clock_.Advance(absl::Minutes(1));
  district_.Report(Of("roads"));
  ASSERT_TRUE(Retract("roads").ok());
  Flow();
  EXPECT_EQ(city_.Get(Of("roads")).execution().reports(1).text(), "");
  MarkRead("roads");
  EXPECT_THAT(Kinds("roads"), ElementsAre("ISSUED", "DELIVERED", "RECEIVED", "REPORTED", "REPORTS_READ", "REPORTED",
                                          "REPORT_RETRACTED"));
}

TEST_F(RequestsHopsTest, RemarksAndUrgesGoDown) {
  v1::AddRemarkRequest remark;
  remark.set_request_id(city_.NextRequest());
  remark.set_name(Of("roads"));
  remark.set_text("请分管领导阅处");
  remark.set_author("李二");
  A response;
  Ok(city_.core().AddRemark(Anybody(), remark, &response));
  v1::UrgeAssignmentsRequest urge;
  urge.set_request_id(city_.NextRequest());
  urge.set_text("请本周内签收");
  urge.set_author("李二");
  for (const char* unit : {"roads", "nobody", "finance"}) urge.add_items()->set_name(Of(unit));
  v1::UrgeAssignmentsResponse urged;
  Ok(city_.core().UrgeAssignments(Anybody(), urge, &urged));
  ASSERT_EQ(urged.results_size(), 3);
  EXPECT_FALSE(urged.results(0).has_error());
  EXPECT_EQ(ReasonOf(FromRpcStatus(urged.results(1).error())), v1::RESOURCE_NOT_FOUND);
  EXPECT_FALSE(urged.results(2).has_error());
  Flow();
  const A roads = district_.Get(Of("roads"));
  EXPECT_EQ(roads.oversight().remarks(0).text(), "请分管领导阅处");
  EXPECT_EQ(roads.oversight().urges(0).text(), "请本周内签收");
  urge.add_items()->set_name(Of("roads"));
  urge.set_request_id(city_.NextRequest());
  EXPECT_EQ(MetadataOf(city_.core().UrgeAssignments(Anybody(), urge, &urged))["field"], "items[3].name");
}

TEST_F(RequestsHopsTest, ARefusalSaysWhyAndAGrantNamesADay) {
  v1::AnswerExtensionRequest request;
  request.set_request_id(city_.NextRequest());
  request.set_name(Of("roads"));
  request.set_verdict(v1::ExtensionAnswer::REFUSED);
  request.set_answerer("李二");
  A response;
  EXPECT_EQ(MetadataOf(city_.core().AnswerExtension(Anybody(), request, &response))["field"], "comment");
  request.set_comment("进度可控");
  request.set_due("2024-10-31");
  EXPECT_EQ(MetadataOf(city_.core().AnswerExtension(Anybody(), request, &response))["field"], "due");
  request.clear_due();
  EXPECT_EQ(ReasonOf(city_.core().AnswerExtension(Anybody(), request, &response)), v1::RESOURCE_NOT_FOUND);
}

// Every act on one assignment, each with a request that is right but for where, on what and by which version it is
// done.
class EveryRequestTest : public RequestsHopsTest {
 protected:
  enum class Who { kUnit, kIssuer };
  struct Call {
    const char* name;
    Who who;
    std::function<absl::Status(TestOffice& office, const std::string& assignment, const std::string& etag)> make;
  };

  template <typename Request>
  static Request Right(TestOffice& office, const std::string& assignment, const std::string& etag) {
    Request request;
    request.set_request_id(office.NextRequest());
    request.set_name(assignment);
    request.set_etag(etag);
    return request;
  }

  static std::vector<Call> UnitsCalls() {
    return {{"decline", Who::kUnit,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::DeclineAssignmentRequest>(office, assignment, etag);
               request.mutable_decline()->set_reason("不属于本单位职责");
               request.mutable_decline()->set_decliner("王一");
               A response;
               return office.core().DeclineAssignment(Anybody(), request, &response);
             }},
            {"extend", Who::kUnit,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::RequestExtensionRequest>(office, assignment, etag);
               request.mutable_extension()->set_reason("招标延后");
               request.mutable_extension()->set_proposed_due("2024-10-31");
               request.mutable_extension()->set_requester("王一");
               A response;
               return office.core().RequestExtension(Anybody(), request, &response);
             }},
            {"retract", Who::kUnit, [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::RetractReportRequest>(office, assignment, etag);
               A response;
               return office.core().RetractReport(Anybody(), request, &response);
             }}};
  }

  static std::vector<Call> Rulings() {
    return {{"readdress", Who::kIssuer,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::ReaddressAssignmentRequest>(office, assignment, etag);
               request.set_unit("units/water");
               request.set_arbiter("李二");
               A response;
               return office.core().ReaddressAssignment(Anybody(), request, &response);
             }},
            {"bind", Who::kIssuer,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::BindAssignmentRequest>(office, assignment, etag);
               request.set_comment("属于该单位职责");
               request.set_arbiter("李二");
               A response;
               return office.core().BindAssignment(Anybody(), request, &response);
             }},
            {"answer", Who::kIssuer, [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::AnswerExtensionRequest>(office, assignment, etag);
               request.set_extension_id("x-1");
               request.set_verdict(v1::ExtensionAnswer::GRANTED);
               request.set_answerer("李二");
               A response;
               return office.core().AnswerExtension(Anybody(), request, &response);
             }}};
  }

  static std::vector<Call> IssuersWords() {
    return {{"read", Who::kIssuer,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::MarkReportsReadRequest>(office, assignment, etag);
               request.set_reader("李二");
               A response;
               return office.core().MarkReportsRead(Anybody(), request, &response);
             }},
            {"remark", Who::kIssuer,
             [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               auto request = Right<v1::AddRemarkRequest>(office, assignment, etag);
               request.set_text("请分管领导阅处");
               request.set_author("李二");
               A response;
               return office.core().AddRemark(Anybody(), request, &response);
             }},
            {"urge", Who::kIssuer, [](TestOffice& office, const std::string& assignment, const std::string& etag) {
               v1::UrgeAssignmentsRequest request;
               request.set_request_id(office.NextRequest());
               request.set_text("请本周内报送");
               request.set_author("李二");
               request.add_items()->set_name(assignment);
               request.mutable_items(0)->set_etag(etag);
               v1::UrgeAssignmentsResponse response;
               const absl::Status status = office.core().UrgeAssignments(Anybody(), request, &response);
               return status.ok() ? FromRpcStatus(response.results(0).error()) : status;
             }}};
  }

  static std::vector<Call> Calls() {
    std::vector<Call> all = UnitsCalls();
    for (Call& call : Rulings()) all.push_back(std::move(call));
    for (Call& call : IssuersWords()) all.push_back(std::move(call));
    return all;
  }

  // Something of everything: signed, reported, an extension asked for.
  void Prepare() {
    district_.SignAll("units/roads");
    district_.Report(Of("roads"));
    Ask("roads", "2024-10-31");
    Flow();
  }
};

TEST_F(EveryRequestTest, IsMadeAtItsOwnersNodeOrSaysWhereThatIs) {
  Prepare();
  for (const Call& call : UnitsCalls()) {
    const absl::Status status = call.make(city_, Of("roads"), "");
    EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER) << call.name;
    EXPECT_EQ(MetadataOf(status)["node"], "district") << call.name;
  }
  for (const std::vector<Call>& calls : {Rulings(), IssuersWords()}) {
    for (const Call& call : calls) {
      const absl::Status status = call.make(district_, Of("roads"), "");
      EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER) << call.name;
      EXPECT_EQ(MetadataOf(status)["node"], "city") << call.name;
    }
  }
}

TEST_F(EveryRequestTest, IsAboutWhatIsThere) {
  for (const Call& call : Calls()) {
    EXPECT_EQ(ReasonOf(call.make(city_, Of("nobody"), "")), v1::RESOURCE_NOT_FOUND) << call.name;
  }
}

TEST_F(EveryRequestTest, IsRefusedWhereItWasReadBefore) {
  Prepare();
  for (const Call& call : Calls()) {
    TestOffice& own = call.who == Who::kUnit ? district_ : city_;
    EXPECT_EQ(ReasonOf(call.make(own, Of("roads"), "0-0-0")), v1::ETAG_MISMATCH) << call.name;
  }
}

TEST_F(EveryRequestTest, EndsAtItsLimit) {
  city_.SignAll("units/finance");
  const std::string finance = Of("finance");
  const std::vector<Call> units = UnitsCalls(), words = IssuersWords();
  for (int i = 0; i < 20; ++i) {
    Ok(units[1].make(city_, finance, ""));
    v1::AnswerExtensionRequest refusal;
    refusal.set_request_id(city_.NextRequest());
    refusal.set_name(finance);
    refusal.set_verdict(v1::ExtensionAnswer::REFUSED);
    refusal.set_comment("进度可控");
    refusal.set_answerer("李二");
    A response;
    Ok(city_.core().AnswerExtension(Anybody(), refusal, &response));
    Ok(words[1].make(city_, finance, ""));
    Ok(words[2].make(city_, finance, ""));
  }
  // RequestExtension, AddRemark, UrgeAssignments.
  for (const Call* call : {&units[1], &words[1], &words[2]}) {
    EXPECT_EQ(ReasonOf(call->make(city_, finance, "")), v1::LIMIT_REACHED) << call->name;
  }
  // DeclineAssignment: what a unit did holds a thousand entries.
  while (city_.Get(finance).execution().reports_size() < 980) {
    for (int i = 0; i < 140; ++i) city_.Report(finance);
  }
  EXPECT_EQ(ReasonOf(units[0].make(city_, finance, "")), v1::LIMIT_REACHED);
}

TEST(ReaddressLimitTest, ATaskHasTenThousandUnitsAndNotOneMore) {
  FakeClock clock;
  TestOffice office("city", &clock);
  v1::UnitGroup all;
  all.set_name("groups/all");
  all.set_display_name("各单位");
  office.Tell(MakeUnit("office", v1::Unit::GOVERNMENT));
  for (const char* unit : {"extra", "last"}) office.Tell(MakeUnit(unit));
  for (size_t i = 0; i + 1 < kMaxAddressees; ++i) {
    const v1::Unit unit = MakeUnit(StrCat("u", i));
    office.Tell(unit);
    all.add_members()->set_unit(unit.name());
  }
  all.add_members()->set_unit("units/last");
  office.Tell(all);
  v1::Plan plan = MakePlan("c", "city", "2024-03-04");
  Address(AddTask(plan, "2024-09-30"), all.name());
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans(1 << 20).ok());
  const std::string name = "plans/c/tasks/body-1/assignments/last";
  v1::DeclineAssignmentRequest decline;
  decline.set_request_id(office.NextRequest());
  decline.set_name(name);
  decline.mutable_decline()->set_reason("不属于本单位职责");
  decline.mutable_decline()->set_decliner("王一");
  A response;
  ASSERT_TRUE(office.core().DeclineAssignment(Anybody(), decline, &response).ok());
  v1::ReaddressAssignmentRequest readdress;
  readdress.set_request_id(office.NextRequest());
  readdress.set_name(name);
  readdress.set_unit("units/extra");
  readdress.set_arbiter("李二");
  EXPECT_EQ(ReasonOf(office.core().ReaddressAssignment(Anybody(), readdress, &response)), v1::LIMIT_REACHED);
}

TEST_F(RequestsHopsTest, OrdersThatNeighboursGiveBackAreNotAskedOfWhoStoodAside) {
  Decline(city_, "finance");
  Readdress("finance", "water");
  Flow();
  // The district holds its own addressees only; what the city's own unit had done is lost with the city.
  const v1::Order order = district_.Stored<v1::Order>().front();
  Expansion expansion;
  v1::Addressee finance, roads;
  finance.set_unit("units/finance");
  roads.set_unit("units/roads");
  expansion.orders.push_back(
      {order, std::make_shared<const std::vector<v1::Addressee>>(std::vector<v1::Addressee>{finance, roads})});
  const std::vector<v1::Addressee> given = district_.AddresseesOf(order);
  const auto whole = CompleteOrders({{order, std::make_shared<const std::vector<v1::Addressee>>(given)}}, expansion);
  ASSERT_EQ(whole.size(), 1u);
  std::vector<std::string> units;
  for (const v1::Addressee& addressee : *whole[0].addressees) {
    units.push_back(StrCat(addressee.has_cancel_time() ? "-" : "", LastSegment(addressee.unit())));
  }
  EXPECT_THAT(units, ElementsAre("-finance", "roads", "water"));
}

}  // namespace
}  // namespace duban
