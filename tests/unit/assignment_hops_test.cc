// What the assignment service follows and what it takes in: plans of its own node, orders from above, and what was done
// from below. A node sees only who of an order's addressees works there, and takes from a neighbour only what that
// neighbour owns, and nothing twice.

#include "services/assignment/assignment_hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/feed/feed_page.h"
#include "common/node/node.h"
#include "duban/v1/calendar.pb.h"
#include "services/assignment/change.h"
#include "services/assignment/made_below.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using ::testing::UnorderedElementsAre;
using A = v1::Assignment;

// A city with a department of its own, a district and a department of the district, each level at a node of its own.
class AssignmentHopsTest : public ::testing::Test {
 protected:
  AssignmentHopsTest() : city_("city", &clock_), district_("district", &clock_), bureau_("bureau", &clock_) {
    for (TestOffice* office : {&city_, &district_, &bureau_}) {
      office->Tell(Owned(MakeUnit("office", v1::Unit::GOVERNMENT), "city"));
      office->Tell(Owned(MakeUnit("finance"), "city"));
      office->Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "district"), "city"));
      office->Tell(Owned(MakeUnit("health", v1::Unit::DEPARTMENT, "east", "bureau"), "district"));
      office->Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "district"), "district"));
      office->Tell(Owned(MakeUnit("ward", v1::Unit::SECTION, "health", "bureau"), "bureau"));
    }
  }

  // Whatever a test did: what is kept is true at every node.
  void TearDown() override {
    for (TestOffice* office : {&city_, &district_, &bureau_}) office->ExpectKeptRowsAreTrue();
  }

  // Once all is exchanged, verification finds nothing between the levels.
  void Agree() {
    Flow();
    bureau_.ExpectAgreesWith(district_);
    district_.ExpectAgreesWith(city_);
  }

  static v1::Unit Owned(v1::Unit unit, const std::string& node) {
    unit.set_owner_node(node);
    return unit;
  }

  // A plan of one task for each unit.
  static v1::Plan PlanFor(const std::string& id, const std::string& node, const std::vector<std::string>& units) {
    v1::Plan plan = MakePlan(id, node, "2024-03-04");
    for (const std::string& unit : units) Address(AddTask(plan, "2024-09-30"), StrCat("units/", unit));
    return plan;
  }

  // Lets everything flow until nothing moves.
  void Flow() {
    for (int round = 0; round < 3; ++round) {
      for (TestOffice* office : {&city_, &district_, &bureau_}) Ok(office->FollowPlans());
      Ok(bureau_.Exchange(district_));
      Ok(district_.Exchange(city_));
    }
  }

  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }

  // `entity` of an office's feed as one entry of it.
  static v1::FeedEntry Entry(const std::string& entity, const google::protobuf::Message& payload) {
    v1::FeedEntry entry;
    entry.set_entity(entity);
    entry.mutable_payload()->PackFrom(payload);
    return entry;
  }
  static v1::FeedEntry Withdrawal(const std::string& entity) {
    v1::FeedEntry entry;
    entry.set_entity(entity);
    entry.set_withdrawn(true);
    return entry;
  }

  // What is stored, as it is.
  template <typename Entity>
  static Entity StoredAt(TestOffice& office, const std::string& name) {
    const auto stored = office.store()->TakeSnapshot()->Need<Entity>(name);
    EXPECT_TRUE(stored.ok()) << office.node() << ": " << stored.status();
    return stored.ok() ? stored->value : Entity();
  }
  static v1::Order OrderOf(TestOffice& office, const std::string& assignment) {
    return StoredAt<v1::Order>(office, OrderName(ParseName(assignment).task));
  }
  static v1::Execution ExecutionOf(TestOffice& office, const std::string& assignment) {
    return StoredAt<v1::Execution>(office, ExecutionName(assignment));
  }
  static v1::Oversight OversightOf(TestOffice& office, const std::string& assignment) {
    return StoredAt<v1::Oversight>(office, OversightName(assignment));
  }

  // The units that an office sees of an order, those that are cancelled with a minus.
  static std::vector<std::string> Seen(TestOffice& office, const std::string& assignment) {
    std::vector<std::string> units;
    for (const v1::Addressee& addressee : office.AddresseesOf(OrderOf(office, assignment))) {
      units.push_back(StrCat(addressee.has_cancel_time() ? "-" : "", LastSegment(addressee.unit())));
    }
    return units;
  }

  // What is counted of the plans made out of an assignment, a line each.
  static std::vector<std::string> Below(const A& assignment) {
    std::vector<std::string> lines;
    for (const auto& row : assignment.decomposition().rows()) {
      lines.push_back(
          StrCat(row.depth(), " ", row.node(), " ", LastSegment(row.unit()), " ", row.counts().ShortDebugString()));
    }
    return lines;
  }

  // Entities in a feed of an office for an audience, withdrawn ones with a minus.
  static std::vector<std::string> FeedOf(TestOffice& office, const std::string& audience) {
    std::vector<std::string> names;
    const auto page = ReadFeedPage(*office.store()->TakeSnapshot(), {audience}, {}, 1 << 20);
    for (const auto& entry : page->entries()) names.push_back((entry.withdrawn() ? "-" : "") + entry.entity());
    return names;
  }

  FakeClock clock_;
  TestOffice city_, district_, bureau_;
};

TEST_F(AssignmentHopsTest, AnOrderGoesDownIsSignedReportedAndReviewedAcrossLevels) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  A above = city_.OnlyOf("units/east");
  EXPECT_EQ(above.unit_node(), "district");
  EXPECT_TRUE(above.has_delivery_time());
  EXPECT_EQ(above.state(), A::ISSUED);
  district_.SignAll("units/east");
  district_.Report(above.name());
  district_.Submit(above.name());
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").state(), A::UNDER_REVIEW);
  city_.Review(above.name(), v1::Review::RETURNED);
  Flow();
  EXPECT_EQ(district_.OnlyOf("units/east").state(), A::IN_PROGRESS);
  EXPECT_EQ(district_.OnlyOf("units/east").oversight().reviews(0).reviewer(), "李二");
  district_.Submit(above.name());
  Flow();
  city_.Review(above.name(), v1::Review::ACCEPTED);
  Flow();
  EXPECT_EQ(district_.OnlyOf("units/east").state(), A::DONE);
  EXPECT_EQ(city_.Get(above.name()).SerializeAsString(), district_.Get(above.name()).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, ThatAPlanIsIssuedIsSaidToWhoPublishedItAndNobodyElse) {
  const auto issuance = [&](const std::string& issuer) {
    v1::GetIssuanceRequest request;
    request.set_plan("plans/p");
    request.set_issuer(issuer);
    v1::GetIssuanceResponse response;
    Ok(city_.core().GetIssuance(Anybody(), request, &response));
    return response;
  };
  v1::Plan plan = PlanFor("p", "city", {"finance", "east"});
  Address(AddTask(plan, "2024-09-30"), "units/east");
  AddTask(plan, "2024-09-30");
  EXPECT_EQ(issuance("units/office").revision(), 0) << "not published yet";
  city_.Tell(plan);
  Flow();
  const v1::GetIssuanceResponse issued = issuance("units/office");
  EXPECT_EQ(issued.revision(), 1);
  EXPECT_EQ(issued.issuance().orders(), 3) << "a task for nobody has none";
  EXPECT_EQ(issued.issuance().assignments(), 3);
  EXPECT_EQ(issued.issuance().units(), 2);
  EXPECT_TRUE(issued.has_issue_time());
  EXPECT_EQ(issuance("units/finance").revision(), 0);
}

TEST_F(AssignmentHopsTest, TheReviewIsTheIssuersAndNobodyElses) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  A shown;
  const absl::Status status = district_.core().ReviewSubmission(
      Anybody(), district_.ReviewOf(name, district_.LastSubmission(name), v1::Review::ACCEPTED), &shown);
  EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(status)["node"], "city");
}

TEST_F(AssignmentHopsTest, EachPartGoesToWhomItConcerns) {
  city_.Tell(PlanFor("c", "city", {"east", "finance"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name(), finance = city_.OnlyOf("units/finance").name();
  const std::string order = OrderName(ParseName(east).task), own = OrderName(ParseName(finance).task);
  const std::string list = OrderOf(city_, east).addressee_list(), own_list = OrderOf(city_, finance).addressee_list();
  // Issued: the order and its list to the unit's node, and to the notification service; delivered: to the issuer.
  EXPECT_THAT(FeedOf(city_, NodeAudience("district")), ElementsAre(list, order));
  EXPECT_THAT(FeedOf(city_, ServiceAudience("notification")), UnorderedElementsAre(list, order, own_list, own));
  EXPECT_THAT(FeedOf(district_, NodeAudience("city")), ElementsAre(DeliveryName("plans/c", "district")));
  EXPECT_THAT(FeedOf(district_, ServiceAudience("notification")), ElementsAre(list, order));
  // Done: up; judged: down. Both to the notification services.
  district_.SignAll("units/east");
  district_.Submit(east);
  Flow();
  city_.Review(east, v1::Review::RETURNED);
  Flow();
  const std::string execution = ExecutionName(east), oversight = OversightName(east);
  EXPECT_THAT(FeedOf(district_, NodeAudience("city")), ElementsAre(DeliveryName("plans/c", "district"), execution));
  EXPECT_THAT(FeedOf(city_, NodeAudience("district")), ElementsAre(list, order, oversight));
  for (TestOffice* office : {&city_, &district_}) {
    EXPECT_THAT(FeedOf(*office, ServiceAudience("notification")), ::testing::IsSupersetOf({execution, oversight}));
  }
}

// An order to many units is stored once at the issuer's, and at each node below with that node's own units only.
TEST_F(AssignmentHopsTest, ANodeSeesOnlyWhoWorksThere) {
  v1::Plan plan = MakePlan("c", "city", "2024-03-04");
  for (int i = 0; i < 2; ++i) {
    v1::Task* task = AddTask(plan, "2024-09-30");
    for (const char* unit : {"units/east", "units/finance", "units/health", "units/roads"}) Address(task, unit);
  }
  city_.Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "district"), "district"));
  city_.Tell(plan);
  Flow();
  Ok(bureau_.Exchange(city_));
  const std::string name = AssignmentName("plans/c/tasks/body-1", "units/east");
  EXPECT_THAT(Seen(city_, name), ElementsAre("east", "finance", "health", "roads"));
  EXPECT_THAT(Seen(district_, name), ElementsAre("east", "roads"));
  EXPECT_THAT(Seen(bureau_, name), ElementsAre("health"));
  EXPECT_EQ(city_.Stored<v1::AddresseeList>().size(), 1u);
  EXPECT_EQ(district_.Stored<v1::AddresseeList>().size(), 1u);
  EXPECT_EQ(OrderOf(district_, name).SerializeAsString(), OrderOf(city_, name).SerializeAsString());
  EXPECT_EQ(district_.List().size(), 4u);
  A shown;
  v1::GetAssignmentRequest others;
  others.set_name(AssignmentName("plans/c/tasks/body-1", "units/finance"));
  EXPECT_EQ(ReasonOf(district_.core().GetAssignment(Anybody(), others, &shown)), v1::RESOURCE_NOT_FOUND);
  // What the bureau's unit does is not the district's to see.
  bureau_.SignAll("units/health");
  Ok(bureau_.Exchange(city_));
  Flow();
  EXPECT_EQ(city_.Get(AssignmentName("plans/c/tasks/body-1", "units/health")).state(), A::RECEIVED);
  EXPECT_THAT(district_.Stored<v1::Execution>(), IsEmpty());
  Agree();
}

TEST_F(AssignmentHopsTest, ADeliveryIsSaidOnceForAPlanAndANode) {
  city_.Tell(PlanFor("c", "city", {"east", "east", "finance"}));
  Ok(city_.FollowPlans());
  EXPECT_FALSE(city_.List()[0].has_delivery_time());
  EXPECT_TRUE(city_.OnlyOf("units/finance").has_delivery_time());
  clock_.Advance(absl::Hours(1));
  const google::protobuf::Timestamp delivered = ToProto(clock_.Now());
  Flow();
  clock_.Advance(absl::Hours(1));
  v1::Plan more = PlanFor("c", "city", {"east", "east", "finance", "east"});
  more.set_revision(2);
  city_.Tell(more);
  Flow();
  v1::AssignmentFilter filter;
  filter.set_unit("units/east");
  ASSERT_EQ(city_.List(filter).size(), 3u);
  for (TestOffice* office : {&city_, &district_}) {
    for (const A& assignment : office->List(filter)) {
      EXPECT_EQ(assignment.delivery_time().ShortDebugString(), delivered.ShortDebugString());
    }
  }
  EXPECT_EQ(district_.Stored<v1::Delivery>().size(), 1u);
  Agree();
}

TEST_F(AssignmentHopsTest, StatusComesUpByItselfOverTwoLevels) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"health", "roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district.mutable_tasks(1)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  const auto rows = [&] { return Below(city_.OnlyOf("units/east")); };
  EXPECT_THAT(rows(), ElementsAre("1 district health issued: 1 total: 1", "1 district roads issued: 1 total: 1"));
  bureau_.SignAll("units/health");
  district_.SignAll("units/roads");
  district_.Report(district_.OnlyOf("units/roads").name());
  Flow();
  EXPECT_THAT(rows(),
              ElementsAre("1 district health received: 1 total: 1", "1 district roads in_progress: 1 total: 1"));
  EXPECT_THAT(city_.OnlyOf("units/east").decomposition().plan_titles(), ElementsAre("计划d"));
  district.set_state(v1::Plan::WITHDRAWN);
  district_.Tell(district);
  Flow();
  EXPECT_THAT(rows(), ElementsAre("1 district health cancelled: 1", "1 district roads cancelled: 1"));
  Agree();
}

TEST_F(AssignmentHopsTest, NothingMoreIsCountedForWhatIsCancelled) {
  v1::Plan city = PlanFor("c", "city", {"east"});
  city_.Tell(city);
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  city.set_state(v1::Plan::WITHDRAWN);
  city_.Tell(city);
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  const auto version = [&] { return StoredAt<v1::Decomposition>(district_, DecompositionName(name)).version(); };
  const int64_t before = version();
  district_.SignAll("units/roads");
  EXPECT_EQ(version(), before);
  Agree();
}

TEST_F(AssignmentHopsTest, AUnitWithTwoSuperiorsAnswersToEachForWhatItIssued) {
  TestOffice line("line", &clock_);
  line.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "district"), "city"));
  line.Tell(PlanFor("l", "line", {"east"}));
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  Ok(line.FollowPlans());
  Ok(district_.Exchange(line));
  district_.SignAll("units/east");
  district_.Report(line.OnlyOf("units/east").name());
  Flow();
  Ok(district_.Exchange(line));
  EXPECT_EQ(line.OnlyOf("units/east").state(), A::IN_PROGRESS);
  EXPECT_EQ(city_.OnlyOf("units/east").state(), A::RECEIVED);
  EXPECT_EQ(district_.List().size(), 2u);
}

TEST_F(AssignmentHopsTest, StatusComesUpByItselfOverThreeLevels) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"health"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  v1::Plan bureau = PlanFor("b", "bureau", {"ward", "ward"});
  for (int i = 0; i < 2; ++i) bureau.mutable_tasks(i)->add_aligned_tasks("plans/d/tasks/body-1");
  bureau_.Tell(bureau);
  Flow();
  const v1::PullAssignmentsResponse pulled = bureau_.Pull("units/ward");
  bureau_.Receive(pulled.assignments(0).name(), pulled.lease_token());
  bureau_.Submit(pulled.assignments(0).name());
  bureau_.Review(pulled.assignments(0).name(), v1::Review::ACCEPTED);
  Flow();
  v1::GetBoardRequest request;
  request.set_group_by(v1::GetBoardRequest::UNIT);
  v1::GetBoardResponse board;
  Ok(city_.core().GetBoard(Anybody(), request, &board));
  std::vector<std::string> lines;
  for (const auto& row : board.total().below()) {
    lines.push_back(
        StrCat(row.depth(), " ", row.node(), " ", row.unit_display_name(), " ", row.counts().ShortDebugString()));
  }
  EXPECT_THAT(lines,
              ElementsAre("1 district 单位health issued: 1 total: 1", "2 bureau 单位ward issued: 1 done: 1 total: 2"));
  Agree();
}

TEST_F(AssignmentHopsTest, AnOfficeWithoutANodeHasItsOwnPlansCountedAtItsSuperiors) {
  city_.Tell(Owned(MakeUnit("budget", v1::Unit::SECTION, "finance"), "city"));
  city_.Tell(PlanFor("c", "city", {"finance", "budget"}));
  v1::Plan own = PlanFor("f", "city", {"budget"});
  own.set_issuer("units/finance");
  own.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  own.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-2");  // Of another unit: not finance's to take on.
  city_.Tell(own);
  Flow();
  const A finance = city_.OnlyOf("units/finance");
  ASSERT_EQ(finance.decomposition().rows_size(), 1);
  EXPECT_EQ(finance.decomposition().rows(0).counts().issued(), 1);
  v1::AssignmentFilter filter;
  filter.set_unit("units/budget");
  filter.set_plan("plans/c");
  EXPECT_EQ(city_.List(filter)[0].decomposition().rows_size(), 0);
  city_.SignAll("units/budget");
  EXPECT_EQ(city_.OnlyOf("units/finance").decomposition().rows(0).counts().received(), 1);
}

TEST_F(AssignmentHopsTest, PlansThatTakeOnEachOtherComeToRest) {
  for (const auto& [id, other] : {std::pair("x", "y"), std::pair("y", "x")}) {
    v1::Plan plan = PlanFor(id, "city", {"finance"});
    plan.set_issuer("units/finance");
    plan.mutable_tasks(0)->add_aligned_tasks(StrCat("plans/", other, "/tasks/body-1"));
    city_.Tell(plan);
  }
  Flow();
  city_.SignAll("units/finance");
  const std::vector<A> both = city_.List();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].decomposition().rows_size(), kMaxDepth);
  EXPECT_EQ(both[1].decomposition().rows_size(), kMaxDepth);
}

// Every task of two plans takes on every task of the other one: a circle with more ways around than could ever be gone.
TEST_F(AssignmentHopsTest, HoweverManyWaysACircleHasItComesToRest) {
  for (const auto& [id, other] : {std::pair("x", "y"), std::pair("y", "x")}) {
    v1::Plan plan = PlanFor(id, "city", std::vector<std::string>(12, "finance"));
    plan.set_issuer("units/finance");
    for (v1::Task& task : *plan.mutable_tasks()) {
      for (int i = 1; i <= 12; ++i) task.add_aligned_tasks(StrCat("plans/", other, "/tasks/body-", i));
    }
    city_.Tell(plan);
  }
  Flow();
  const v1::PullAssignmentsResponse pulled = city_.Pull("units/finance", 500);
  city_.Receive(pulled.assignments(0).name(), pulled.lease_token());
  for (const A& assignment : city_.List()) {
    const auto& rows = assignment.decomposition().rows();
    ASSERT_EQ(rows.size(), kMaxDepth);
    int64_t ways = 12;
    for (const auto& row : rows) {
      EXPECT_EQ(row.counts().total(), ways) << row.depth();
      ways *= 12;
    }
  }
}

// What a node hands up has a limit; what is deepest is left out, and what is near still counts.
TEST_F(AssignmentHopsTest, OfTooManyRowsTheDeepestAreLeftOut) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"health"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  const std::string below = district_.OnlyOf("units/health").name();
  v1::Decomposition made;
  made.set_assignment(below);
  made.set_node("bureau");
  made.set_version(1);
  const auto add = [&] {
    v1::Decomposition::Row& row = *made.add_rows();
    row.set_unit(StrCat("units/u", 100'000 + made.rows_size()));
    row.set_node("bureau");
    row.set_depth(1);
    row.mutable_counts()->set_issued(1);
    row.mutable_counts()->set_total(1);
  };
  for (int i = 0; i < kMaxRows; ++i) add();
  Ok(district_.ApplyFromBelow("bureau", Entry(DecompositionName(below), made)));
  const auto rows = [](TestOffice& office) {
    const A assignment = office.OnlyOf("units/east");
    return std::pair(assignment.decomposition().rows_size(),
                     assignment.decomposition().rows(0).counts().ShortDebugString());
  };
  const std::pair<int, std::string> issued(kMaxRows, "issued: 1 total: 1"),
      signed_for(kMaxRows, "received: 1 total: 1");
  EXPECT_EQ(rows(district_), issued);
  Flow();
  EXPECT_EQ(rows(city_), issued);
  bureau_.SignAll("units/health");
  Flow();
  EXPECT_EQ(rows(city_), signed_for);
  add();
  made.set_version(2);
  EXPECT_EQ(ReasonOf(district_.ApplyFromBelow("bureau", Entry(DecompositionName(below), made))), v1::INVALID_FIELD);
}

TEST_F(AssignmentHopsTest, ARevisionThatNoLongerTakesOnATaskIsNoLongerCountedForIt) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").decomposition().rows_size(), 1);
  district.set_revision(2);
  district.mutable_tasks(0)->clear_aligned_tasks();
  district_.Tell(district);
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").decomposition().rows_size(), 0);
  Agree();
}

TEST_F(AssignmentHopsTest, APlanThatCameBeforeItsUpstreamTaskIsCountedOnceThatArrives) {
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").decomposition().rows_size(), 1);
}

TEST_F(AssignmentHopsTest, APlanWaitsForTheHeadOfTheFeedWhereItsUnitsStand) {
  // The plan stands before a unit that changed later; pages of one entry each.
  TestOffice office("city", &clock_);
  v1::UnitGroup group;
  group.set_name("groups/all");
  group.add_selections()->set_superior("units/office");
  group.mutable_selections(0)->add_kinds(v1::Unit::DEPARTMENT);
  office.Tell(group);
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  Address(AddTask(plan), "groups/all");
  office.Tell(plan);
  office.Tell(MakeUnit("a", v1::Unit::DEPARTMENT, "office"));
  office.Tell(MakeUnit("b", v1::Unit::DEPARTMENT, "office"));
  Ok(office.FollowPlans(1));
  EXPECT_EQ(office.List().size(), 2u);
}

TEST_F(AssignmentHopsTest, AChangedDirectoryChangesNoPublishedPlan) {
  v1::UnitGroup group;
  group.set_name("groups/all");
  group.add_members()->set_unit("units/finance");
  city_.Tell(group);
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  Address(AddTask(plan), "groups/all");
  city_.Tell(plan);
  Flow();
  group.add_members()->set_unit("units/east");
  city_.Tell(group);
  plan.set_title("换了标题");  // The same revision again, as after a restored plan store.
  city_.Tell(plan);
  Flow();
  ASSERT_EQ(city_.List().size(), 1u);
  EXPECT_EQ(city_.List()[0].plan_title(), "计划p");
}

TEST_F(AssignmentHopsTest, ARevisionCancelsChangesAndLeaves) {
  v1::Plan plan = PlanFor("p", "city", {"finance", "finance", "east"});
  city_.Tell(plan);
  Flow();
  district_.SignAll("units/east");
  Flow();
  plan.set_revision(2);
  plan.mutable_tasks()->erase(plan.mutable_tasks()->begin());
  plan.mutable_tasks(0)->mutable_deadline()->set_due("2024-10-31");
  city_.Tell(plan);
  Flow();
  const std::string task = "plans/p/tasks/body-";
  const A dropped = city_.Get(AssignmentName(task + "1", "units/finance"));
  const A changed = city_.Get(AssignmentName(task + "2", "units/finance"));
  const A left = city_.OnlyOf("units/east");
  EXPECT_EQ(dropped.state(), A::CANCELLED);
  EXPECT_EQ(changed.deadline().due(), "2024-10-31");
  EXPECT_TRUE(changed.has_deadline_change_time());
  EXPECT_EQ(OrderOf(city_, changed.name()).version(), 2);
  EXPECT_EQ(left.state(), A::RECEIVED);
  EXPECT_EQ(OrderOf(city_, left.name()).version(), 1);
  EXPECT_EQ(left.plan_revision(), 1);
  Agree();
}

// A list that no order names any more is gone, at every node; one that still is named stays.
TEST_F(AssignmentHopsTest, AListGoesWithTheLastOrderThatNamesIt) {
  v1::Plan plan = PlanFor("p", "city", {"east", "east", "east"});
  city_.Tell(plan);
  Flow();
  const std::string list = OrderOf(city_, city_.List()[0].name()).addressee_list();
  const auto lists = [](TestOffice& office) {
    std::vector<std::string> names;
    for (const v1::AddresseeList& stored : office.Stored<v1::AddresseeList>()) names.push_back(stored.name());
    return names;
  };
  EXPECT_THAT(lists(city_), ElementsAre(list));
  for (int i = 0; i < 3; ++i) {
    plan.set_revision(plan.revision() + 1);
    Address(plan.mutable_tasks(i), "units/finance");
    city_.Tell(plan);
    Flow();
    for (TestOffice* office : {&city_, &district_}) {
      const std::vector<std::string> left = lists(*office);
      EXPECT_EQ(left.size(), i < 2 ? 2u : 1u) << office->node();
      EXPECT_EQ(std::count(left.begin(), left.end(), list), i < 2 ? 1 : 0) << office->node();
    }
  }
  Agree();
}

// The node below was away while a list went out of use and its order changed once more: it reads of the end of the list
// before it reads of the order that still names it.
TEST_F(AssignmentHopsTest, AListThatWentBeforeItsOrderWasReadIsNotLeftBehind) {
  v1::Plan plan = PlanFor("p", "city", {"east"});
  city_.Tell(plan);
  Flow();
  for (int revision = 2; revision <= 3; ++revision) {
    plan.set_revision(revision);
    if (revision == 2) Address(plan.mutable_tasks(0), "units/finance");
    plan.mutable_tasks(0)->set_text(StrCat("第", revision, "版"));
    city_.Tell(plan);
    Ok(city_.FollowPlans());
  }
  Flow();
  EXPECT_EQ(district_.OnlyOf("units/east").text(), "第3版");
  EXPECT_EQ(district_.Stored<v1::AddresseeList>().size(), 1u);
  // And if it is used again, it comes again.
  plan.set_revision(4);
  plan.mutable_tasks(0)->mutable_responsibilities()->RemoveLast();
  *AddTask(plan, "2024-09-30") = plan.tasks(0);
  plan.mutable_tasks(1)->set_task_id("body-2");
  plan.mutable_tasks(1)->set_name("plans/p/tasks/body-2");
  city_.Tell(plan);
  Flow();
  EXPECT_EQ(district_.List().size(), 2u);
  for (const A& assignment : city_.List()) {
    if (assignment.unit_node() == "district") {
      EXPECT_EQ(district_.Get(assignment.name()).SerializeAsString(), assignment.SerializeAsString());
    }
  }
  Agree();
}

TEST_F(AssignmentHopsTest, ARevisionThatRenumbersListsEachTaskOnceInItsNewPlace) {
  v1::Plan plan = PlanFor("p", "city", {"finance", "finance"});
  city_.Tell(plan);
  Flow();
  plan.set_revision(2);
  plan.mutable_tasks(0)->set_number(5);
  city_.Tell(plan);
  Flow();
  for (const char* unit : {"", "units/finance"}) {
    v1::AssignmentFilter filter;
    filter.set_unit(unit);
    std::vector<int> numbers;
    for (const A& assignment : city_.List(filter)) numbers.push_back(assignment.number());
    EXPECT_THAT(numbers, ElementsAre(2, 5));
  }
}

TEST_F(AssignmentHopsTest, DraftsAndPlansOfOtherNodesAreNotExpanded) {
  v1::Plan draft = PlanFor("draft", "city", {"finance"});
  draft.set_state(v1::Plan::DRAFT);
  city_.Tell(draft);
  city_.Tell(PlanFor("above", "province", {"finance"}));
  Flow();
  EXPECT_THAT(city_.List(), IsEmpty());
}

TEST_F(AssignmentHopsTest, APlanThatLeavesTheFeedIsWithdrawn) {
  city_.Tell(PlanFor("p", "city", {"finance"}));
  Flow();
  city_.TellGone("plans/p");
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/finance").state(), A::CANCELLED);
}

TEST_F(AssignmentHopsTest, APlanIsIssuedInStepsWhateverStopsBetweenThem) {
  city_.IssueInStepsOf(2);
  city_.Tell(PlanFor("p", "city", {"finance", "east", "finance", "east", "finance"}));
  v1::GetIssuanceRequest request;
  request.set_plan("plans/p");
  request.set_issuer("units/office");
  const auto issued = [&] {
    v1::GetIssuanceResponse response;
    Ok(city_.core().GetIssuance(Anybody(), request, &response));
    return response.issuance().assignments();
  };
  std::vector<size_t> standing;
  for (bool more = true; more; city_.Restart()) {
    const absl::StatusOr<bool> moved = city_.FollowPlansOnce();
    Ok(moved.status());
    more = *moved;
    standing.push_back(city_.List().size());
    EXPECT_EQ(issued(), standing.back() < 5 ? 0 : 5) << "it is said once all stand";
    // While more is left than one step of the hop does, nobody can say.
    const v1::NodeCheck check = city_.ComparePlans();
    EXPECT_EQ(check.result(), standing.back() < 3 ? v1::NodeCheck::UNKNOWN : v1::NodeCheck::GOOD)
        << check.ShortDebugString();
    city_.ExpectKeptRowsAreTrue();
  }
  EXPECT_THAT(standing, ElementsAre(2, 4, 5));
  Flow();
  EXPECT_EQ(district_.List().size(), 2u);
  Agree();
}

TEST_F(AssignmentHopsTest, AStepIssuesAtLeastOne) {
  NodeOptions options;
  NodePorts ports;
  ports.issue_step = 0;
  EXPECT_EQ(Node::Open(options, ports, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AssignmentHopsTest, APlanThatChangesBetweenItsStepsIsIssuedAsItIsThen) {
  v1::Plan plan = PlanFor("p", "city", {"finance", "finance", "east", "east"});
  city_.IssueInStepsOf(1);
  city_.Tell(plan);
  Ok(city_.FollowPlansOnce().status());
  plan.set_revision(2);
  plan.mutable_tasks()->erase(plan.mutable_tasks()->begin());
  city_.Tell(plan);
  Flow();
  EXPECT_EQ(city_.Get(AssignmentName("plans/p/tasks/body-1", "units/finance")).state(), A::CANCELLED);
  EXPECT_EQ(city_.List().size(), 4u);
  // And once more, in as many steps as there are orders.
  plan.set_revision(3);
  for (v1::Task& task : *plan.mutable_tasks()) task.mutable_deadline()->set_due("2024-10-31");
  city_.Tell(plan);
  Flow();
  for (int task = 2; task <= 4; ++task) {
    const v1::Order order = city_.Stored<v1::Order>(StrCat("plans/p/tasks/body-", task)).at(0);
    EXPECT_EQ(order.version(), 2) << order.name();
    EXPECT_EQ(order.deadline().due(), "2024-10-31");
  }
  Agree();
}

TEST_F(AssignmentHopsTest, APlanThatGoesBetweenItsStepsLeavesNothingOpen) {
  v1::Plan withdrawn = PlanFor("p", "city", {"finance", "finance", "finance"});
  city_.IssueInStepsOf(1);
  city_.Tell(withdrawn);
  city_.Tell(PlanFor("q", "city", {"finance", "finance"}));
  // A step of the first, so that both wait.
  Ok(city_.FollowPlansOnce().status());
  ASSERT_EQ(city_.List().size(), 1u);
  withdrawn.set_state(v1::Plan::WITHDRAWN);
  city_.Tell(withdrawn);
  Flow();
  ASSERT_EQ(city_.List().size(), 3u);
  EXPECT_EQ(city_.Get(AssignmentName("plans/p/tasks/body-1", "units/finance")).state(), A::CANCELLED);
  // One that leaves the feed altogether.
  city_.Tell(PlanFor("r", "city", {"finance", "finance"}));
  Ok(city_.FollowPlansOnce().status());
  city_.TellGone("plans/r");
  Flow();
  EXPECT_EQ(city_.Get(AssignmentName("plans/r/tasks/body-1", "units/finance")).state(), A::CANCELLED);
  EXPECT_EQ(city_.List().size(), 4u);
}

TEST_F(AssignmentHopsTest, APlanWithdrawnBeforeItWasSeenIssuesNothing) {
  v1::Plan plan = PlanFor("p", "city", {"finance"});
  plan.set_state(v1::Plan::WITHDRAWN);
  city_.Tell(plan);
  city_.TellGone("plans/unseen");
  Flow();
  EXPECT_THAT(city_.List(), IsEmpty());
}

TEST_F(AssignmentHopsTest, TheDirectoryAndCalendarsAreKeptInNoFeed) {
  v1::Calendar calendar;
  calendar.set_name("calendars/y2024");
  calendar.set_year(2024);
  city_.Tell(calendar.name(), calendar);
  Ok(city_.FollowPlans());
  EXPECT_TRUE(city_.store()->TakeSnapshot()->Need<v1::Unit>("units/finance").ok());
  EXPECT_TRUE((*AssignmentRecords("city").Calendar(*city_.store()->TakeSnapshot()))->known(2024));
  EXPECT_THAT(FeedOf(city_, ServiceAudience("notification")), IsEmpty());
  city_.TellGone("units/ward");
  Ok(city_.FollowPlans());
  EXPECT_FALSE(city_.store()->TakeSnapshot()->Get<v1::Unit>("units/ward")->has_value());
}

TEST_F(AssignmentHopsTest, AnEntryThatIsNotWhatItsNameSaysStopsTheHop) {
  city_.Tell("units/finance", PlanFor("p", "city", {}));
  EXPECT_EQ(ReasonOf(city_.FollowPlans()), v1::INVARIANT_BROKEN);
}

TEST_F(AssignmentHopsTest, TheSamePageTwiceChangesNothing) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.Review(name, v1::Review::RETURNED);
  Flow();
  const std::string at_district = district_.Get(name).SerializeAsString(),
                    at_city = city_.Get(name).SerializeAsString();
  const v1::Order order = OrderOf(city_, name);
  const auto seen = StoredAt<v1::AddresseeList>(district_, order.addressee_list());
  const int64_t heads = city_.store()->head().sequence() + district_.store()->head().sequence();
  Ok(district_.ApplyFromAbove("city", Entry(order.addressee_list(), seen)));
  Ok(district_.ApplyFromAbove("city", Entry(order.name(), order)));
  Ok(district_.ApplyFromAbove("city", Entry(OversightName(name), OversightOf(city_, name))));
  Ok(city_.ApplyFromBelow("district", Entry(ExecutionName(name), ExecutionOf(district_, name))));
  const std::string delivery = DeliveryName("plans/c", "district");
  Ok(city_.ApplyFromBelow("district", Entry(delivery, StoredAt<v1::Delivery>(district_, delivery))));
  EXPECT_EQ(district_.Get(name).SerializeAsString(), at_district);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), at_city);
  EXPECT_EQ(city_.store()->head().sequence() + district_.store()->head().sequence(), heads);
}

TEST_F(AssignmentHopsTest, AnOlderVersionIsPassedOver) {
  v1::Plan plan = PlanFor("c", "city", {"east"});
  city_.Tell(plan);
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  const v1::Order old_order = OrderOf(city_, name);
  district_.SignAll("units/east");
  const v1::Execution old_execution = ExecutionOf(district_, name);
  district_.Submit(name);
  Flow();
  city_.Review(name, v1::Review::RETURNED);
  const v1::Oversight old_oversight = OversightOf(city_, name);
  Flow();
  district_.Submit(name);
  Flow();
  city_.Review(name, v1::Review::RETURNED);
  plan.set_revision(2);
  plan.mutable_tasks(0)->set_text("改写的任务");
  city_.Tell(plan);
  Flow();
  const std::string at_district = district_.Get(name).SerializeAsString(),
                    at_city = city_.Get(name).SerializeAsString();
  Ok(district_.ApplyFromAbove("city", Entry(old_order.name(), old_order)));
  Ok(district_.ApplyFromAbove("city", Entry(OversightName(name), old_oversight)));
  Ok(city_.ApplyFromBelow("district", Entry(ExecutionName(name), old_execution)));
  EXPECT_EQ(district_.Get(name).SerializeAsString(), at_district);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), at_city);
  EXPECT_EQ(district_.Get(name).oversight().reviews_size(), 2);
  EXPECT_EQ(district_.Get(name).text(), "改写的任务");
}

TEST_F(AssignmentHopsTest, AnIssuerFromAnOldBackupIsFollowedToWhatItHasNow) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.BackUp();
  city_.Review(name, v1::Review::RETURNED);
  city_.Tell(PlanFor("lost", "city", {"east"}));
  Flow();
  EXPECT_EQ(district_.Get(name).oversight().reviews_size(), 1);
  EXPECT_EQ(district_.List().size(), 2u);
  // Its plan service is restored too: the later plan is not there.
  city_.RestoreBackup();
  city_.TellGone("plans/lost");
  Flow();
  // The review and the second assignment are lost with the issuer's store; the work below is not.
  EXPECT_FALSE(district_.Get(name).has_oversight());
  EXPECT_EQ(district_.Get(name).execution().submissions_size(), 1);
  EXPECT_EQ(city_.List().size(), 1u);
  for (const A& assignment : district_.List()) {
    EXPECT_EQ(assignment.state(), assignment.name() == name ? A::UNDER_REVIEW : A::CANCELLED) << assignment.name();
  }
  // And it goes on from there: the next version it makes is taken, though the lost one had the same number.
  city_.Review(name, v1::Review::ACCEPTED);
  Flow();
  EXPECT_EQ(district_.Get(name).state(), A::DONE);
  EXPECT_EQ(district_.Get(name).SerializeAsString(), city_.Get(name).SerializeAsString());
  Agree();
}

// A review that the backup had, and a later one that it had not.
TEST_F(AssignmentHopsTest, AnIssuerFromAnOldBackupIsBelievedInOlderVersions) {
  v1::Plan plan = PlanFor("c", "city", {"east"});
  city_.Tell(plan);
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  const auto judged = [&] {
    district_.Submit(name);
    Flow();
    city_.Review(name, v1::Review::RETURNED);
    Flow();
  };
  judged();
  city_.BackUp();
  judged();
  plan.set_revision(2);
  plan.mutable_tasks(0)->set_text("改写的任务");
  Address(plan.mutable_tasks(0), "units/roads");
  city_.Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "district"), "district"));
  city_.Tell(plan);
  Flow();
  EXPECT_EQ(district_.Get(name).oversight().reviews_size(), 2);
  EXPECT_THAT(Seen(district_, name), ElementsAre("east", "roads"));
  city_.RestoreBackup();
  plan = PlanFor("c", "city", {"east"});
  city_.Tell(plan);
  Flow();
  EXPECT_EQ(district_.Get(name).oversight().reviews_size(), 1);
  EXPECT_EQ(district_.Get(name).text(), "任务1");
  EXPECT_THAT(Seen(district_, name), ElementsAre("east", "-roads"));
  EXPECT_EQ(district_.Get(name).SerializeAsString(), city_.Get(name).SerializeAsString());
  Agree();
}

// Not only while it sends everything once: its versions stay behind those that are known above for as long as it takes.
TEST_F(AssignmentHopsTest, AUnitsNodeFromAnOldBackupIsBelievedWhateverItsVersions) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  Flow();
  district_.BackUp();
  district_.Submit(name);
  Flow();
  city_.Review(name, v1::Review::RETURNED);
  Flow();
  district_.Submit(name);
  Flow();
  ASSERT_EQ(city_.Get(name).execution().submissions_size(), 2);
  district_.RestoreBackup();
  Flow();
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 0);
  district_.Submit(name);
  Flow();
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 1);
  EXPECT_EQ(ExecutionOf(city_, name).SerializeAsString(), ExecutionOf(district_, name).SerializeAsString());
  Agree();
}

// The backup is older than the order: the issuer passes over what was done about it until it has issued it again.
TEST_F(AssignmentHopsTest, AnIssuerThatForgotItsOrderHearsOfItOnceItIsIssuedAgain) {
  city_.BackUp();
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.RestoreBackup();
  Ok(district_.Exchange(city_));
  EXPECT_THAT(city_.List(), IsEmpty());
  EXPECT_EQ(district_.Get(name).state(), A::CANCELLED);
  Flow();
  EXPECT_EQ(city_.Get(name).state(), A::UNDER_REVIEW);
  EXPECT_THAT(Below(city_.Get(name)), ElementsAre("1 district roads issued: 1 total: 1"));
  EXPECT_EQ(city_.Get(name).SerializeAsString(), district_.Get(name).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, WhatAUnitsNodeFromAnOldBackupDoesNotKnowOfIsForgottenAbove) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.BackUp();
  district_.SignAll("units/east");
  district_.Report(name);
  Flow();
  ASSERT_EQ(city_.Get(name).state(), A::IN_PROGRESS);
  district_.RestoreBackup();
  Flow();
  EXPECT_EQ(city_.Get(name).state(), A::ISSUED);
  EXPECT_FALSE(city_.Get(name).has_execution());
  EXPECT_EQ(city_.Get(name).delivery_time().SerializeAsString(),
            district_.Get(name).delivery_time().SerializeAsString());
  district_.SignAll("units/east");
  Flow();
  EXPECT_EQ(ExecutionOf(city_, name).SerializeAsString(), ExecutionOf(district_, name).SerializeAsString());
}

TEST_F(AssignmentHopsTest, WhatAUnitsNodeFromAnOldBackupMadeOfADutyIsForgottenAbove) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.BackUp();
  v1::Plan below = PlanFor("d", "district", {"roads"});
  below.mutable_tasks(0)->add_aligned_tasks(city_.Get(name).task());
  district_.Tell(below);
  Flow();
  ASSERT_EQ(Below(city_.Get(name)).size(), 1u);
  district_.RestoreBackup();
  district_.TellGone("plans/d");
  Flow();
  EXPECT_FALSE(city_.Get(name).has_decomposition());
}

TEST_F(AssignmentHopsTest, AnIssuerFromAnOldBackupHearsAgainWhatWasDone) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  city_.BackUp();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.RestoreBackup();
  EXPECT_FALSE(city_.Get(name).has_execution());
  Flow();
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 1);
  EXPECT_EQ(ExecutionOf(city_, name).SerializeAsString(), ExecutionOf(district_, name).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, WhatTheIssuerWithdrawsIsCancelledAndTheWorkIsKept) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  const v1::Order order = OrderOf(city_, name);
  const auto seen = StoredAt<v1::AddresseeList>(district_, order.addressee_list());
  district_.SignAll("units/east");
  const auto withdraw = [&] {
    Ok(district_.ApplyFromAbove("city", Withdrawal(order.name())));
    Ok(district_.ApplyFromAbove("city", Withdrawal(order.addressee_list())));
    Ok(district_.ApplyFromAbove("city", Withdrawal(OversightName(name))));
  };
  withdraw();
  const A now = district_.Get(name);
  EXPECT_EQ(now.state(), A::CANCELLED);
  EXPECT_EQ(now.cancel_reason(), kWithdrawnAbove);
  EXPECT_EQ(now.execution().receipt().signer(), "王一");
  EXPECT_EQ(district_.Stored<v1::AddresseeList>().size(), 1u) << "its own";
  const std::string before = now.SerializeAsString();
  clock_.Advance(absl::Hours(1));
  withdraw();
  EXPECT_EQ(district_.Get(name).SerializeAsString(), before);
  Ok(district_.ApplyFromAbove("city", Withdrawal("plans/never/tasks/seen/order")));
  Ok(district_.ApplyFromAbove("city", Withdrawal("plans/never/addressees/l-seen")));
  // It comes back into scope: the issuer's word counts again.
  Ok(district_.ApplyFromAbove("city", Entry(order.addressee_list(), seen)));
  Ok(district_.ApplyFromAbove("city", Entry(order.name(), order)));
  EXPECT_EQ(district_.Get(name).state(), A::RECEIVED);
  EXPECT_EQ(district_.Stored<v1::AddresseeList>().size(), 1u);
}

// Of an order to several units of one node one leaves: it is cancelled there, and the others go on.
TEST_F(AssignmentHopsTest, AUnitThatLeavesANodeIsCancelledThereAndTheOthersGoOn) {
  city_.Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "district"), "district"));
  v1::Plan plan = PlanFor("c", "city", {"east"});
  Address(plan.mutable_tasks(0), "units/roads");
  city_.Tell(plan);
  Flow();
  const std::string task = "plans/c/tasks/body-1";
  const std::string east = AssignmentName(task, "units/east"), roads = AssignmentName(task, "units/roads");
  district_.SignAll("units/roads");
  district_.Submit(roads);
  Flow();
  city_.Review(roads, v1::Review::RETURNED);
  Flow();
  city_.Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "bureau"), "district"));
  Flow();
  Ok(bureau_.Exchange(city_));
  EXPECT_THAT(Seen(district_, east), ElementsAre("east", "-roads"));
  EXPECT_EQ(district_.Get(roads).cancel_reason(), kWithdrawnAbove);
  EXPECT_EQ(district_.Get(roads).oversight().reviews_size(), 1) << "what happened here stays here";
  EXPECT_EQ(district_.Get(east).state(), A::ISSUED);
  EXPECT_THAT(Seen(bureau_, roads), ElementsAre("roads"));
  EXPECT_EQ(bureau_.Get(roads).SerializeAsString(), city_.Get(roads).SerializeAsString());
  district_.SignAll("units/east");
  bureau_.Submit(roads);
  Ok(bureau_.Exchange(city_));
  Flow();
  EXPECT_EQ(city_.Get(east).state(), A::RECEIVED);
  EXPECT_EQ(city_.Get(roads).state(), A::UNDER_REVIEW);
  EXPECT_EQ(city_.Get(roads).execution().submissions_size(), 2);
  Agree();
}

// A value with one thing about it changed.
template <typename Value, typename Change>
Value Changed(Value value, const Change& change) {
  change(value);
  return value;
}

TEST_F(AssignmentHopsTest, FromAboveOnlyItsIssuersOwnPartIsTaken) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  district_.Tell(PlanFor("d", "district", {"roads"}));
  Flow();
  district_.SignAll("units/roads");
  const std::string name = city_.OnlyOf("units/east").name(), own = district_.OnlyOf("units/roads").name();
  district_.SignAll("units/east");
  district_.Submit(own);
  district_.Review(own, v1::Review::RETURNED);
  const v1::Order theirs = OrderOf(city_, name), ours = OrderOf(district_, own);
  const auto their_list = StoredAt<v1::AddresseeList>(district_, theirs.addressee_list());
  const auto our_list = StoredAt<v1::AddresseeList>(district_, ours.addressee_list());
  const auto by_city = [](auto& value) { value.set_issuer_node("city"); };
  const auto by_province = [](auto& value) { value.set_issuer_node("province"); };
  const auto newer = [](auto& value) { value.set_version(9); };
  v1::Oversight oversight;
  oversight.set_assignment(own);
  oversight.set_node("city");
  oversight.set_version(9);
  const std::string decomposition = DecompositionName(name), delivery = DeliveryName("plans/c", "district");
  const std::vector<std::pair<std::string, v1::FeedEntry>> refused = {
      {"an order of another node", Entry(theirs.name(), Changed(theirs, by_province))},
      {"an order of this node", Entry(ours.name(), Changed(ours, newer))},
      {"in the place of an order of this node", Entry(ours.name(), Changed(Changed(ours, by_city), newer))},
      {"withdrawing an order of this node", Withdrawal(ours.name())},
      {"a list of another node", Entry(their_list.name(), Changed(their_list, by_province))},
      {"in the place of a list of this node", Entry(our_list.name(), Changed(our_list, by_city))},
      {"withdrawing a list of this node", Withdrawal(our_list.name())},
      {"a list with a unit of another node",
       Entry(their_list.name(),
             Changed(their_list, [](auto& list) { list.mutable_addressees(0)->set_unit_node("west"); }))},
      {"what this node's own issuer did", Entry(OversightName(own), OversightOf(district_, own))},
      {"in the place of what this node's own issuer did", Entry(OversightName(own), oversight)},
      {"what a unit did", Entry(ExecutionName(name), ExecutionOf(district_, name))},
      {"forgetting what a unit did", Withdrawal(ExecutionName(name))},
      {"what was made of it", Entry(decomposition, v1::Decomposition())},
      {"forgetting what was made of it", Withdrawal(decomposition)},
      {"that it was delivered", Entry(delivery, StoredAt<v1::Delivery>(district_, delivery))},
      {"that it was not delivered", Withdrawal(delivery)},
  };
  const auto everything = [&] {
    std::string all;
    for (const A& assignment : district_.All()) all += assignment.SerializeAsString();
    return all + StrCat(district_.Stored<v1::AddresseeList>().size());
  };
  const std::string before = everything();
  for (const auto& [what, entry] : refused) {
    const absl::Status status = district_.ApplyFromAbove("city", entry);
    EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER) << what << ": " << status;
  }
  // Withdrawing what this node's own issuer did changes nothing either.
  Ok(district_.ApplyFromAbove("city", Withdrawal(OversightName(own))));
  // A second upstream does not own what the first issued.
  const auto from_province = [&](const v1::FeedEntry& entry) {
    return ReasonOf(district_.ApplyFromAbove("province", entry));
  };
  EXPECT_EQ(from_province(Entry(theirs.name(), Changed(theirs, newer))), v1::NOT_OWNER);
  EXPECT_EQ(from_province(Entry(theirs.name(), Changed(Changed(theirs, by_province), newer))), v1::NOT_OWNER);
  EXPECT_EQ(from_province(Withdrawal(theirs.name())), v1::NOT_OWNER);
  EXPECT_EQ(from_province(Withdrawal(their_list.name())), v1::NOT_OWNER);
  oversight.set_assignment(name);
  oversight.set_node("province");
  EXPECT_EQ(from_province(Entry(OversightName(name), oversight)), v1::NOT_OWNER);
  EXPECT_EQ(everything(), before);
}

TEST_F(AssignmentHopsTest, FromAboveWhatIsNotWhatItsNameSaysStopsTheHop) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name(), before = district_.Get(name).SerializeAsString();
  const v1::Order theirs = OrderOf(city_, name);
  const auto their_list = StoredAt<v1::AddresseeList>(district_, theirs.addressee_list());
  const auto newer = [](auto& value) { value.set_version(9); };
  const auto from_city = [&](const v1::FeedEntry& entry) { return ReasonOf(district_.ApplyFromAbove("city", entry)); };
  EXPECT_EQ(from_city(Entry("plans/c/tasks/other/order", theirs)), v1::INVARIANT_BROKEN);
  EXPECT_EQ(from_city(Entry("plans/c/addressees/l-other", their_list)), v1::INVARIANT_BROKEN);
  EXPECT_EQ(from_city(Entry(theirs.name(), MakeUnit("x"))), v1::INVARIANT_BROKEN);
  EXPECT_EQ(from_city(Entry(their_list.name(), theirs)), v1::INVARIANT_BROKEN);
  EXPECT_EQ(from_city(Entry(OversightName(name), theirs)), v1::INVARIANT_BROKEN);
  // So does what breaks the rules of a field: a name with a control character would be no key of ours.
  EXPECT_EQ(from_city(Entry(theirs.name(), Changed(Changed(theirs, newer),
                                                   [](auto& order) { order.add_headings(std::string("a\0b", 3)); }))),
            v1::INVALID_FIELD);
  EXPECT_EQ(from_city(Entry(their_list.name(),
                            Changed(their_list, [](auto& list) { list.mutable_addressees(0)->set_unit("units/"); }))),
            v1::INVALID_FIELD);
  // And an order whose list has not come, and a list that is not by unit.
  EXPECT_EQ(from_city(Entry(theirs.name(),
                            Changed(Changed(theirs, newer),
                                    [](auto& order) { order.set_addressee_list("plans/c/addressees/l-never-came"); }))),
            v1::INVARIANT_BROKEN);
  EXPECT_EQ(from_city(Entry("plans/c/addressees/l-unsorted", Changed(their_list,
                                                                     [](auto& list) {
                                                                       list.set_name("plans/c/addressees/l-unsorted");
                                                                       *list.add_addressees() = list.addressees(0);
                                                                     }))),
            v1::INVARIANT_BROKEN);
  EXPECT_EQ(district_.Get(name).SerializeAsString(), before);
  Ok(district_.ApplyFromAbove("city", Entry("news/1", MakeUnit("x"))));  // Kinds of a later version are passed over.
}

// What somebody says that a unit did, or made of its duty.
v1::Execution ForgedExecution(const std::string& assignment, const std::string& node) {
  v1::Execution value;
  value.set_assignment(assignment);
  value.set_node(node);
  value.set_version(9);
  value.mutable_receipt()->set_signer("冒名");
  return value;
}

v1::Decomposition ForgedDecomposition(const std::string& assignment, const std::string& node, int depth,
                                      int64_t issued) {
  v1::Decomposition value;
  value.set_assignment(assignment);
  value.set_node(node);
  value.set_version(9);
  v1::Decomposition::Row& row = *value.add_rows();
  row.set_unit("units/x");
  row.set_depth(depth);
  row.mutable_counts()->set_issued(issued);
  return value;
}

TEST_F(AssignmentHopsTest, FromBelowOnlyWhatItsOwnUnitsDidIsTaken) {
  city_.Tell(PlanFor("c", "city", {"east", "finance"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name(), finance = city_.OnlyOf("units/finance").name();
  v1::Order forged = OrderOf(city_, east);
  forged.set_version(9);
  forged.set_text("改写的任务");
  v1::AddresseeList list = StoredAt<v1::AddresseeList>(city_, forged.addressee_list());
  v1::Oversight oversight;
  oversight.set_assignment(east);
  oversight.set_node("city");
  v1::Delivery delivery;
  delivery.set_plan("plans/c");
  delivery.set_node("city");
  const auto everything = [&] { return city_.Get(east).SerializeAsString() + city_.Get(finance).SerializeAsString(); };
  const std::string before = everything();
  const std::string of_east = ExecutionName(east), of_finance = ExecutionName(finance);
  const std::string made_of_east = DecompositionName(east);
  const std::vector<std::pair<std::string, v1::FeedEntry>> refused = {
      {"for a unit of this node", Entry(of_finance, ForgedExecution(finance, "district"))},
      {"in another node's name", Entry(of_east, ForgedExecution(east, "city"))},
      {"under another's name", Entry(of_finance, ForgedExecution(east, "district"))},
      {"made of what a unit of this node has",
       Entry(DecompositionName(finance), ForgedDecomposition(finance, "district", 1, 1))},
      {"made in another node's name", Entry(made_of_east, ForgedDecomposition(east, "city", 1, 1))},
      {"made under another's name", Entry(DecompositionName(finance), ForgedDecomposition(east, "district", 1, 1))},
      {"made at no depth", Entry(made_of_east, ForgedDecomposition(east, "district", 0, 1))},
      {"made too deep", Entry(made_of_east, ForgedDecomposition(east, "district", kMaxDepth + 1, 1))},
      {"less than nothing made", Entry(made_of_east, ForgedDecomposition(east, "district", 1, -1))},
      {"another node's delivery", Entry(DeliveryName("plans/c", "city"), delivery)},
      {"a delivery under another's name", Entry(DeliveryName("plans/c", "district"), delivery)},
      {"the issuer's order", Entry(forged.name(), forged)},
      {"the issuer's list", Entry(list.name(), list)},
      {"what the issuer did", Entry(OversightName(east), oversight)},
      {"a unit", Entry("units/x", MakeUnit("x"))},
  };
  for (const auto& [what, entry] : refused) {
    const absl::Status status = city_.ApplyFromBelow("district", entry);
    EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER) << what << ": " << status;
  }
  EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("west", Entry(of_east, ForgedExecution(east, "west")))), v1::NOT_OWNER);
  v1::Execution impossible = ForgedExecution(east, "district");
  v1::Report& report = *impossible.add_reports();
  report.set_text("进展");
  report.set_reporter("经办人");
  report.set_percent(101);
  EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", Entry(of_east, impossible))), v1::INVALID_FIELD);
  // What this node does not know (it may have been restored from an old backup) is passed over.
  const std::string unknown = AssignmentName("plans/x/tasks/t", "units/east");
  Ok(city_.ApplyFromBelow("district", Entry(ExecutionName(unknown), ForgedExecution(unknown, "district"))));
  Ok(city_.ApplyFromBelow("district",
                          Entry(DecompositionName(unknown), ForgedDecomposition(unknown, "district", 1, 1))));
  // Nothing that was handed up is taken back.
  district_.SignAll("units/east");
  Flow();
  const std::string signed_for = everything();
  EXPECT_NE(signed_for, before);
  Ok(city_.ApplyFromBelow("district", Withdrawal(of_east)));
  EXPECT_EQ(everything(), signed_for);
  // A node below that this node issued nothing to: it does not own what the city issued, whoever it says it is.
  EXPECT_EQ(ReasonOf(district_.ApplyFromBelow("bureau", Entry(of_east, ForgedExecution(east, "bureau")))),
            v1::NOT_OWNER);
}

// It would keep out every true one for good.
TEST_F(AssignmentHopsTest, AVersionThatNobodyCanHaveReachedIsRefused) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name();
  v1::Execution leapt;
  leapt.set_assignment(east);
  leapt.set_node("district");
  v1::Order order = OrderOf(city_, east);
  v1::Oversight oversight;
  oversight.set_assignment(east);
  oversight.set_node("city");
  for (const int64_t version : {std::numeric_limits<int64_t>::max(), kMostVersionLeap + 100, int64_t{-1}}) {
    leapt.set_version(version);
    EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", Entry(ExecutionName(east), leapt))), v1::INVALID_FIELD);
    order.set_version(version);
    EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", Entry(order.name(), order))), v1::INVALID_FIELD);
    oversight.set_version(version);
    EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", Entry(OversightName(east), oversight))), v1::INVALID_FIELD);
  }
  district_.SignAll("units/east");
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").state(), A::RECEIVED);
}

TEST_F(AssignmentHopsTest, AnOrderFromBelowIsPassedOverAndHoldsUpNothing) {
  // A district's plan names a city department; what its own units did still comes up.
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"finance"});
  district_.Tell(district);
  Flow();
  district_.SignAll("units/east");
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").state(), A::RECEIVED);
  EXPECT_EQ(city_.List().size(), 1u);
}

TEST_F(AssignmentHopsTest, AUnitThatGetsANodeOfItsOwnTakesItsWorkAlong) {
  city_.Tell(PlanFor("c", "city", {"finance"}));
  Flow();
  city_.SignAll("units/finance");
  const std::string name = city_.OnlyOf("units/finance").name();
  city_.Report(name);
  TestOffice finance("finance", &clock_);
  const v1::Unit unit = Owned(MakeUnit("finance", v1::Unit::DEPARTMENT, "", "finance"), "city");
  city_.Tell(unit);
  finance.Tell(unit);
  Flow();
  Ok(finance.FollowPlans());
  Ok(finance.Exchange(city_));
  EXPECT_EQ(finance.Get(name).state(), A::IN_PROGRESS);
  EXPECT_EQ(finance.Get(name).SerializeAsString(), city_.Get(name).SerializeAsString());
  A shown;
  EXPECT_EQ(ReasonOf(city_.core().ReportProgress(Anybody(), city_.ReportOf(name), &shown)), v1::NOT_OWNER);
  finance.Submit(name);
  Ok(finance.Exchange(city_));
  EXPECT_EQ(city_.Get(name).state(), A::UNDER_REVIEW);
  EXPECT_EQ(city_.Get(name).execution().reports_size(), 1);
  EXPECT_EQ(city_.Get(name).execution().node(), "finance");
  finance.ExpectKeptRowsAreTrue();
}

// A result that was handed in before the move is judged after it: the verdict reaches the new node.
TEST_F(AssignmentHopsTest, AResultHandedInBeforeAMoveIsJudgedBehindIt) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  for (TestOffice* office : {&city_, &bureau_}) {
    office->Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "bureau"), "city"));
  }
  Flow();
  Ok(bureau_.Exchange(city_));
  EXPECT_EQ(bureau_.Get(name).state(), A::UNDER_REVIEW);
  city_.Review(name, v1::Review::RETURNED);
  Ok(bureau_.Exchange(city_));
  Flow();
  EXPECT_EQ(bureau_.Get(name).state(), A::RECEIVED);
  EXPECT_FALSE(bureau_.Get(name).oversight().has_carried_execution()) << "what travelled along is the execution";
  EXPECT_EQ(district_.Get(name).state(), A::CANCELLED);
  bureau_.Submit(name);
  Ok(bureau_.Exchange(city_));
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 2);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), bureau_.Get(name).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, AUnitThatLosesItsNodeWorksAtTheIssuersAgain) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  Flow();
  city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "city"), "city"));
  Ok(city_.FollowPlans());
  // What the old node still sends is passed over; there it is cancelled.
  district_.Report(name);
  Ok(district_.OfferTo(city_));
  EXPECT_EQ(city_.Get(name).state(), A::RECEIVED);
  EXPECT_EQ(city_.Get(name).unit_node(), "city");
  Ok(district_.Exchange(city_));
  EXPECT_EQ(district_.Get(name).state(), A::CANCELLED);
  EXPECT_EQ(city_.Report(name).state(), A::IN_PROGRESS);
  EXPECT_EQ(city_.Get(name).execution().reports_size(), 1);
  // And back again: the old node goes on from where the issuer's node stood.
  city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "district"), "city"));
  Flow();
  EXPECT_EQ(district_.Get(name).state(), A::IN_PROGRESS);
  EXPECT_EQ(district_.Get(name).execution().reports_size(), 1);
  district_.Submit(name);
  Flow();
  EXPECT_EQ(city_.Get(name).state(), A::UNDER_REVIEW);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), district_.Get(name).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, AUnitMovedAwayAndBackGoesOnFromTheIssuersWord) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");  // Never handed up: the unit moves before that, and back.
  for (const char* node : {"city", "district"}) {
    city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", node), "city"));
    Ok(city_.FollowPlans());
  }
  Flow();
  EXPECT_EQ(city_.Get(name).SerializeAsString(), district_.Get(name).SerializeAsString());
  EXPECT_EQ(district_.Get(name).state(), A::ISSUED);
  district_.SignAll("units/east");
  Flow();
  EXPECT_EQ(city_.Get(name).state(), A::RECEIVED);
  Agree();
}

// A directory entry that changes in anything but the node moves nothing.
TEST_F(AssignmentHopsTest, OnlyAnotherNodeIsAMove) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  v1::Unit renamed = Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "district"), "city");
  renamed.set_display_name("东城区");
  city_.Tell(renamed);
  Flow();
  EXPECT_EQ(OrderOf(city_, name).version(), 1);
  EXPECT_EQ(city_.Get(name).unit_display_name(), "单位east") << "as it was addressed";
}

TEST_F(AssignmentHopsTest, AUnitThatMovedWhileItsDutyWasCancelledFindsItWhenItComesBack) {
  v1::Plan plan = PlanFor("c", "city", {"finance", "east"});
  city_.Tell(plan);
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  plan.set_revision(2);
  const v1::Task dropped = plan.tasks(1);
  plan.mutable_tasks()->RemoveLast();
  city_.Tell(plan);
  Flow();
  city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "bureau"), "city"));
  bureau_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "bureau"), "city"));
  plan.set_revision(3);
  *plan.add_tasks() = dropped;
  city_.Tell(plan);
  Flow();
  Ok(bureau_.Exchange(city_));
  bureau_.SignAll("units/east");
  Ok(bureau_.Exchange(city_));
  EXPECT_EQ(city_.Get(name).state(), A::RECEIVED);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), bureau_.Get(name).SerializeAsString());
  Agree();
}

TEST_F(AssignmentHopsTest, ANodeThatWasStoppedCatchesUpInOneExchange) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  for (int i = 0; i < 5; ++i) district_.Report(name, 10 * i);
  city_.Tell(PlanFor("c2", "city", {"east"}));
  Ok(city_.FollowPlans());
  district_.Restart();
  city_.Restart();
  Flow();
  EXPECT_EQ(city_.Get(name).execution().reports_size(), 5);
  EXPECT_EQ(district_.List().size(), 2u);
  Agree();
}

// However the pages are cut: a list is there before the order that names it, and what travels along before the order
// that says where to.
TEST_F(AssignmentHopsTest, PagesOfOneEntryComeToTheSame) {
  city_.Tell(Owned(MakeUnit("roads", v1::Unit::DEPARTMENT, "east", "district"), "district"));
  v1::Plan plan = PlanFor("c", "city", {"east", "roads"});
  Address(plan.mutable_tasks(0), "units/roads");
  city_.Tell(plan);
  Flow();
  district_.SignAll("units/east");
  Flow();
  for (const char* node : {"bureau", "district"}) {
    city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", node), "city"));
    Ok(city_.FollowPlans());
    Ok(district_.Exchange(city_, 1));
    Ok(bureau_.Exchange(city_, 1));
  }
  for (const A& assignment : city_.All()) {
    EXPECT_EQ(district_.Get(assignment.name()).SerializeAsString(), assignment.SerializeAsString());
  }
  TestOffice fresh("district", &clock_);
  Ok(fresh.FollowOrders(city_, 1));
  fresh.ExpectKeptRowsAreTrue();
  EXPECT_EQ(fresh.List().size(), 3u);
}

TEST_F(AssignmentHopsTest, APullWorksBeforeTheDirectoryHasComeDown) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Ok(city_.FollowPlans());
  TestOffice fresh("district", &clock_);
  Ok(fresh.Exchange(city_));
  EXPECT_EQ(fresh.Pull("units/east").assignments_size(), 1);
}

}  // namespace
}  // namespace duban
