// What the assignment service follows and what it takes in: plans of its own node, assignments from above, and what was
// done from below. A node takes from a neighbour only what that neighbour owns, and nothing twice.

#include "services/assignment/assignment_hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "duban/v1/calendar.pb.h"
#include "services/assignment/halves.h"
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

  // The stored halves, as they are.
  static A StoredAssignment(TestOffice& office, const std::string& name) {
    return office.store()->TakeSnapshot()->Need<A>(name)->value;
  }
  static v1::Execution StoredExecution(TestOffice& office, const std::string& name) {
    return office.store()->TakeSnapshot()->Need<v1::Execution>(ExecutionName(name))->value;
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

TEST_F(AssignmentHopsTest, AnAssignmentGoesDownIsSignedReportedAndReviewedAcrossLevels) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  A above = city_.OnlyOf("units/east");
  EXPECT_EQ(above.execution().node(), "district");
  EXPECT_TRUE(above.execution().has_delivery_time());
  EXPECT_EQ(above.state(), A::ISSUED);
  district_.SignAll("units/east");
  district_.Report(above.name());
  district_.Submit(above.name());
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").state(), A::UNDER_REVIEW);
  city_.Review(above.name(), "s-1", v1::Review::RETURNED);
  Flow();
  EXPECT_EQ(district_.OnlyOf("units/east").state(), A::IN_PROGRESS);
  EXPECT_EQ(district_.OnlyOf("units/east").reviews(0).reviewer(), "李二");
  district_.Submit(above.name());
  Flow();
  city_.Review(above.name(), "s-2", v1::Review::ACCEPTED);
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
      district_.core().ReviewSubmission(district_.ReviewOf(name, "s-1", v1::Review::ACCEPTED), &shown);
  EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(status)["node"], "city");
}

TEST_F(AssignmentHopsTest, EachHalfGoesToWhomItConcerns) {
  city_.Tell(PlanFor("c", "city", {"east", "finance"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name(), finance = city_.OnlyOf("units/finance").name();
  EXPECT_THAT(FeedOf(city_, NodeAudience("district")), ElementsAre(east));
  EXPECT_THAT(FeedOf(city_, ServiceAudience("notification")),
              ::testing::UnorderedElementsAre(east, ExecutionName(east), finance, ExecutionName(finance)));
  EXPECT_THAT(FeedOf(district_, NodeAudience("city")), ElementsAre(ExecutionName(east)));
  EXPECT_THAT(FeedOf(district_, ServiceAudience("notification")), ElementsAre(east, ExecutionName(east)));
}

TEST_F(AssignmentHopsTest, StatusComesUpByItselfOverTwoLevels) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"health", "roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district.mutable_tasks(1)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  const auto rows = [&] {
    std::vector<std::string> lines;
    const A assignment = city_.OnlyOf("units/east");
    for (const auto& row : assignment.execution().decomposition().rows()) {
      lines.push_back(
          StrCat(row.depth(), " ", row.node(), " ", LastSegment(row.unit()), " ", row.counts().ShortDebugString()));
    }
    return lines;
  };
  EXPECT_THAT(rows(), ElementsAre("1 district health issued: 1 total: 1", "1 district roads issued: 1 total: 1"));
  bureau_.SignAll("units/health");
  district_.SignAll("units/roads");
  district_.Report(district_.OnlyOf("units/roads").name());
  Flow();
  EXPECT_THAT(rows(),
              ElementsAre("1 district health received: 1 total: 1", "1 district roads in_progress: 1 total: 1"));
  EXPECT_THAT(city_.OnlyOf("units/east").execution().decomposition().plan_titles(), ElementsAre("计划d"));
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
  const int64_t version = StoredExecution(district_, name).version();
  district_.SignAll("units/roads");
  EXPECT_EQ(StoredExecution(district_, name).version(), version);
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
  bureau_.Review(pulled.assignments(0).name(), "s-1", v1::Review::ACCEPTED);
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
  ASSERT_EQ(finance.execution().decomposition().rows_size(), 1);
  EXPECT_EQ(finance.execution().decomposition().rows(0).counts().issued(), 1);
  v1::AssignmentFilter filter;
  filter.set_unit("units/budget");
  filter.set_plan("plans/c");
  EXPECT_EQ(city_.List(filter)[0].execution().decomposition().rows_size(), 0);
  city_.SignAll("units/budget");
  EXPECT_EQ(city_.OnlyOf("units/finance").execution().decomposition().rows(0).counts().received(), 1);
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
  EXPECT_EQ(both[0].execution().decomposition().rows_size(), kMaxDepth);
  EXPECT_EQ(both[1].execution().decomposition().rows_size(), kMaxDepth);
}

TEST_F(AssignmentHopsTest, ARevisionThatNoLongerTakesOnATaskIsNoLongerCountedForIt) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").execution().decomposition().rows_size(), 1);
  district.set_revision(2);
  district.mutable_tasks(0)->clear_aligned_tasks();
  district_.Tell(district);
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").execution().decomposition().rows_size(), 0);
}

TEST_F(AssignmentHopsTest, APlanThatCameBeforeItsUpstreamTaskIsCountedOnceThatArrives) {
  v1::Plan district = PlanFor("d", "district", {"roads"});
  district.mutable_tasks(0)->add_aligned_tasks("plans/c/tasks/body-1");
  district_.Tell(district);
  Flow();
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  EXPECT_EQ(city_.OnlyOf("units/east").execution().decomposition().rows_size(), 1);
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
  const std::vector<A> all = city_.List();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].state(), A::CANCELLED);
  EXPECT_EQ(all[1].deadline().due(), "2024-10-31");
  EXPECT_EQ(all[1].version(), 2);
  EXPECT_EQ(all[2].state(), A::RECEIVED);
  EXPECT_EQ(all[2].version(), 1);
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
  EXPECT_TRUE(ReadCalendar(*city_.store()->TakeSnapshot())->known(2024));
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
  Flow();
  const std::string at_district = district_.Get(name).SerializeAsString(),
                    at_city = city_.Get(name).SerializeAsString();
  Ok(district_.ApplyFromAbove("city", Entry(name, StoredAssignment(city_, name))));
  Ok(city_.ApplyFromBelow("district", Entry(ExecutionName(name), StoredExecution(district_, name))));
  EXPECT_EQ(district_.Get(name).SerializeAsString(), at_district);
  EXPECT_EQ(city_.Get(name).SerializeAsString(), at_city);
}

TEST_F(AssignmentHopsTest, AnOlderHalfIsPassedOver) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  const A old_assignment = StoredAssignment(city_, name);
  const v1::Execution old_execution = StoredExecution(district_, name);
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.Review(name, "s-1", v1::Review::RETURNED);
  Flow();
  Ok(district_.ApplyFromAbove("city", Entry(name, old_assignment)));
  Ok(city_.ApplyFromBelow("district", Entry(ExecutionName(name), old_execution)));
  EXPECT_EQ(district_.Get(name).reviews_size(), 1);
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 1);
}

TEST_F(AssignmentHopsTest, AnIssuerFromAnOldBackupIsFollowedToWhatItHasNow) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  district_.Submit(name);
  Flow();
  city_.BackUp();
  city_.Review(name, "s-1", v1::Review::RETURNED);
  city_.Tell(PlanFor("lost", "city", {"east"}));
  Flow();
  EXPECT_EQ(district_.Get(name).reviews_size(), 1);
  EXPECT_EQ(district_.List().size(), 2u);
  // Its plan service is restored too: the later plan is not there.
  city_.RestoreBackup();
  city_.TellGone("plans/lost");
  Flow();
  // The review and the second assignment are lost with the issuer's store; the work below is not.
  EXPECT_EQ(district_.Get(name).reviews_size(), 0);
  EXPECT_EQ(district_.Get(name).execution().submissions_size(), 1);
  EXPECT_EQ(city_.List().size(), 1u);
  for (const A& assignment : district_.List()) {
    EXPECT_EQ(assignment.state(), assignment.name() == name ? A::UNDER_REVIEW : A::CANCELLED) << assignment.name();
  }
  // And it goes on from there: the next version it makes is taken, though the lost one had the same number.
  city_.Review(name, "s-1", v1::Review::ACCEPTED);
  Flow();
  EXPECT_EQ(district_.Get(name).state(), A::DONE);
  EXPECT_EQ(StoredAssignment(district_, name).SerializeAsString(), StoredAssignment(city_, name).SerializeAsString());
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
  city_.Review(name, "s-1", v1::Review::RETURNED);
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
  EXPECT_EQ(StoredExecution(city_, name).SerializeAsString(), StoredExecution(district_, name).SerializeAsString());
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
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 0);
  Flow();
  EXPECT_EQ(city_.Get(name).execution().submissions_size(), 1);
  EXPECT_EQ(StoredExecution(city_, name).SerializeAsString(), StoredExecution(district_, name).SerializeAsString());
}

TEST_F(AssignmentHopsTest, WhatTheIssuerWithdrawsIsCancelledAndTheWorkIsKept) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string name = city_.OnlyOf("units/east").name();
  district_.SignAll("units/east");
  Ok(district_.ApplyFromAbove("city", Withdrawal(name)));
  A now = district_.Get(name);
  EXPECT_EQ(now.state(), A::CANCELLED);
  EXPECT_EQ(now.cancel_reason(), "交办单位已撤回或已改由其他节点办理");
  EXPECT_EQ(now.execution().receipt().signer(), "王一");
  const std::string before = now.SerializeAsString();
  clock_.Advance(absl::Hours(1));
  Ok(district_.ApplyFromAbove("city", Withdrawal(name)));
  EXPECT_EQ(district_.Get(name).SerializeAsString(), before);
  Ok(district_.ApplyFromAbove("city", Withdrawal("assignments/never-seen")));
  // It comes back into scope: the issuer's half counts again.
  Ok(district_.ApplyFromAbove("city", Entry(name, StoredAssignment(city_, name))));
  EXPECT_EQ(district_.Get(name).state(), A::RECEIVED);
}

TEST_F(AssignmentHopsTest, FromAboveOnlyItsIssuersOwnHalfIsTaken) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  district_.Tell(PlanFor("d", "district", {"roads"}));
  Flow();
  const std::string from_city = city_.OnlyOf("units/east").name(), own = district_.OnlyOf("units/roads").name();
  const A east = StoredAssignment(city_, from_city), roads = StoredAssignment(district_, own);
  const auto changed = [](A assignment, const std::function<void(A&)>& change) {
    change(assignment);
    assignment.set_version(9);
    return assignment;
  };
  const std::string other = "assignments/a-other";
  const std::vector<std::pair<std::string, v1::FeedEntry>> refused = {
      {"issued by another node", Entry(from_city, changed(east, [](A& a) { a.set_issuer_node("province"); }))},
      {"for a unit of another node", Entry(from_city, changed(east, [](A& a) { a.set_unit_node("west"); }))},
      {"issued by this node", Entry(own, roads)},
      {"in the place of one of this node's own", Entry(own, changed(roads, [](A& a) { a.set_issuer_node("city"); }))},
      {"withdrawing one of this node's own", Withdrawal(own)},
      {"what a unit did", Entry(ExecutionName(from_city), StoredExecution(district_, from_city))},
      {"forgetting what a unit did", Withdrawal(ExecutionName(from_city))},
  };
  const std::string before = district_.Get(own).SerializeAsString() + district_.Get(from_city).SerializeAsString();
  for (const auto& [what, entry] : refused) {
    EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", entry)), v1::NOT_OWNER) << what;
  }
  // A second upstream does not own what the first issued.
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("province", Entry(from_city, east))), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove(
                "province", Entry(from_city, changed(east, [](A& a) { a.set_issuer_node("province"); })))),
            v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("province", Withdrawal(from_city))), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", Entry(other, east))), v1::INVARIANT_BROKEN);
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", Entry(other, MakeUnit("x")))), v1::INVARIANT_BROKEN);
  EXPECT_EQ(district_.Get(own).SerializeAsString() + district_.Get(from_city).SerializeAsString(), before);
  EXPECT_EQ(district_.List().size(), 2u);
  Ok(district_.ApplyFromAbove("city", Entry("news/1", MakeUnit("x"))));  // Kinds of a later version are passed over.
}

TEST_F(AssignmentHopsTest, FromBelowOnlyWhatItsOwnUnitsDidIsTaken) {
  city_.Tell(PlanFor("c", "city", {"east", "finance"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name(), finance = city_.OnlyOf("units/finance").name();
  const auto execution = [](const std::string& assignment, const std::string& node) {
    v1::Execution value;
    value.set_assignment(assignment);
    value.set_node(node);
    value.set_version(9);
    value.mutable_receipt()->set_signer("冒名");
    return value;
  };
  A forged = StoredAssignment(city_, east);
  forged.set_version(9);
  forged.set_text("改写的任务");
  const std::string before = city_.Get(east).SerializeAsString() + city_.Get(finance).SerializeAsString();
  const std::vector<std::pair<std::string, v1::FeedEntry>> refused = {
      {"for a unit of this node", Entry(ExecutionName(finance), execution(finance, "district"))},
      {"in another node's name", Entry(ExecutionName(east), execution(east, "city"))},
      {"the issuer's half", Entry(east, forged)},
      {"a unit", Entry("units/x", MakeUnit("x"))},
  };
  for (const auto& [what, entry] : refused) {
    EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", entry)), v1::NOT_OWNER) << what;
  }
  EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("west", Entry(ExecutionName(east), execution(east, "west")))), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", Entry(ExecutionName(finance), execution(east, "district")))),
            v1::NOT_OWNER);
  v1::Execution impossible = execution(east, "district");
  v1::Report& report = *impossible.add_reports();
  report.set_text("进展");
  report.set_reporter("经办人");
  report.set_percent(101);
  EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", Entry(ExecutionName(east), impossible))), v1::INVALID_FIELD);
  // What this node does not know (it may have been restored from an old backup) is passed over.
  Ok(city_.ApplyFromBelow("district", Entry("assignments/x/execution", execution("assignments/x", "district"))));
  // The district hands on nothing of what came to it from above.
  city_.Tell(PlanFor("c2", "city", {"east"}));
  Ok(city_.ApplyFromBelow("district", Withdrawal(ExecutionName(east))));
  EXPECT_EQ(city_.Get(east).SerializeAsString() + city_.Get(finance).SerializeAsString(), before);
}

// It would keep out every true one for good.
TEST_F(AssignmentHopsTest, AVersionThatNobodyCanHaveReachedIsRefused) {
  city_.Tell(PlanFor("c", "city", {"east"}));
  Flow();
  const std::string east = city_.OnlyOf("units/east").name();
  v1::Execution leapt;
  leapt.set_assignment(east);
  leapt.set_node("district");
  A issued = StoredAssignment(city_, east);
  for (const int64_t version : {std::numeric_limits<int64_t>::max(), kMostVersionLeap + 100, int64_t{-1}}) {
    leapt.set_version(version);
    EXPECT_EQ(ReasonOf(city_.ApplyFromBelow("district", Entry(ExecutionName(east), leapt))), v1::INVALID_FIELD);
    issued.set_version(version);
    EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("city", Entry(east, issued))), v1::INVALID_FIELD);
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
  v1::Unit unit = Owned(MakeUnit("finance", v1::Unit::DEPARTMENT, "", "finance"), "city");
  city_.Tell(unit);
  finance.Tell(unit);
  Flow();
  Ok(finance.FollowPlans());
  Ok(finance.Exchange(city_));
  EXPECT_EQ(finance.Get(name).state(), A::IN_PROGRESS);
  EXPECT_EQ(finance.Get(name).execution().node(), "finance");
  A shown;
  EXPECT_EQ(ReasonOf(city_.core().ReportProgress(city_.ReportOf(name), &shown)), v1::NOT_OWNER);
  finance.Submit(name);
  Ok(finance.Exchange(city_));
  EXPECT_EQ(city_.Get(name).state(), A::UNDER_REVIEW);
  EXPECT_EQ(city_.Get(name).execution().reports_size(), 1);
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
  EXPECT_EQ(city_.Get(name).execution().node(), "city");
  Ok(district_.Exchange(city_));
  EXPECT_EQ(district_.Get(name).state(), A::CANCELLED);
  EXPECT_EQ(city_.Report(name).state(), A::IN_PROGRESS);
  // And back again: the old node goes on from where the issuer's node stood.
  city_.Tell(Owned(MakeUnit("east", v1::Unit::GOVERNMENT, "office", "district"), "city"));
  Flow();
  EXPECT_EQ(district_.Get(name).state(), A::IN_PROGRESS);
  district_.Submit(name);
  Flow();
  EXPECT_EQ(city_.Get(name).state(), A::UNDER_REVIEW);
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
