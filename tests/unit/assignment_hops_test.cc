// What the assignment service follows and what it takes in: plans of its own node, orders from above, and what was done
// from below. A node sees only who of an order's addressees works there, and takes from a neighbour only what that
// neighbour owns, and nothing twice.

#include "services/assignment/assignment_hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/feed/feed_page.h"
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
using ::testing::UnorderedElementsAre;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
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
}

TEST_F(AssignmentHopsTest, TheReviewIsTheIssuersAndNobodyElses) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  A shown;
  const absl::Status status =
      district_.core().ReviewSubmission(district_.ReviewOf(name, district_.LastSubmission(name), v1::Review::ACCEPTED), &shown);
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
  EXPECT_EQ(ReasonOf(district_.core().GetAssignment(others, &shown)), v1::RESOURCE_NOT_FOUND);
  // What the bureau's unit does is not the district's to see.
  bureau_.SignAll("units/health");
  Ok(bureau_.Exchange(city_));
  Flow();
  EXPECT_EQ(city_.Get(AssignmentName("plans/c/tasks/body-1", "units/health")).state(), A::RECEIVED);
  EXPECT_THAT(district_.Stored<v1::Execution>(), IsEmpty());
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
  Ok(city_.core().GetBoard(request, &board));
  std::vector<std::string> lines;
  for (const auto& row : board.total().below()) {
    lines.push_back(
        StrCat(row.depth(), " ", row.node(), " ", row.unit_display_name(), " ", row.counts().ShortDebugString()));
  }
  EXPECT_THAT(lines,
              ElementsAre("1 district 单位health issued: 1 total: 1", "2 bureau 单位ward issued: 1 done: 1 total: 2"));
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

