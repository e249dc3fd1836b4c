// The board: every number equals the length of the list it opens, whatever happened.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/base/strings.h"
#include "services/assignment/board.h"
#include "services/assignment/decompose.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using A = v1::Assignment;
using Request = v1::GetBoardRequest;

// A city in which everything possible has happened, decided by a seed.
class RandomCity {
 public:
  explicit RandomCity(uint32_t seed) : random_(seed), office_("city", &clock_) {
    for (const char* unit : {"office", "a", "b", "c"}) office_.Tell(MakeUnit(unit));
    office_.Tell(MakeUnit("far", v1::Unit::GOVERNMENT, "", "district"));
    for (const char* plan : {"p", "q"}) office_.Tell(RandomPlan(plan));
    EXPECT_TRUE(office_.FollowPlans().ok());
    for (const char* unit : {"units/a", "units/b", "units/c"}) office_.SignAll(unit);
    for (const A& assignment : office_.List()) {
      if (assignment.unit_node() == "city") Act(assignment.name());
    }
    v1::Plan plan = RandomPlan("q");
    if (Chance(3)) {
      plan.set_state(v1::Plan::WITHDRAWN);
      office_.Tell(plan);
      EXPECT_TRUE(office_.FollowPlans().ok());
    }
    clock_.Advance(absl::Hours(24 * (random_() % 300)));
  }

  TestOffice& office() { return office_; }

 private:
  bool Chance(int of) { return random_() % of == 0; }

  v1::Plan RandomPlan(const std::string& id) {
    v1::Plan plan = MakePlan(id, "city", "2024-03-04");
    const int tasks = 1 + static_cast<int>(random_() % 12);
    for (int i = 0; i < tasks; ++i) {
      v1::Task* task = AddTask(plan);
      task->clear_headings();
      for (uint32_t h = random_() % 3; h > 0; --h) task->add_headings(StrCat("标题", random_() % 3));
      task->mutable_deadline()->set_kind(static_cast<v1::Deadline::Kind>(random_() % 6));
      if (task->deadline().kind() == v1::Deadline::BY_DATE || task->deadline().kind() == v1::Deadline::WHOLE_PERIOD) {
        task->mutable_deadline()->set_due(StrCat("2024-", 10 + random_() % 3, "-15"));
      }
      for (const char* unit : {"units/a", "units/b", "units/c", "units/far"}) {
        if (Chance(2)) Address(task, unit);
      }
    }
    return plan;
  }

  void Act(const std::string& name) {
    if (Chance(2)) office_.Report(name);
    for (int i = 1; Chance(2); ++i) {
      v1::SubmitResultRequest request = office_.SubmissionOf(name);
      A after;
      if (!office_.core().SubmitResult(request, &after).ok() || Chance(3)) return;
      office_.Review(name, StrCat("s-", i), Chance(2) ? v1::Review::ACCEPTED : v1::Review::RETURNED);
    }
  }

  std::mt19937 random_;
  FakeClock clock_;
  TestOffice office_;
};

// The length of the list for a filter with a state or a light in addition.
template <typename Set>
int64_t Listed(TestOffice& office, v1::AssignmentFilter filter, Set set) {
  set(filter);
  return static_cast<int64_t>(office.List(filter).size());
}

void ExpectNumbersOpenTheirLists(TestOffice& office, const v1::AssignmentFilter& filter,
                                 const v1::GetBoardResponse::Row& row) {
  const auto by_state = [&](A::State state) {
    return Listed(office, filter, [&](v1::AssignmentFilter& f) { f.set_state(state); });
  };
  const auto by_light = [&](A::Light light) {
    return Listed(office, filter, [&](v1::AssignmentFilter& f) { f.set_light(light); });
  };
  EXPECT_EQ(row.counts().issued(), by_state(A::ISSUED));
  EXPECT_EQ(row.counts().received(), by_state(A::RECEIVED));
  EXPECT_EQ(row.counts().in_progress(), by_state(A::IN_PROGRESS));
  EXPECT_EQ(row.counts().under_review(), by_state(A::UNDER_REVIEW));
  EXPECT_EQ(row.counts().done(), by_state(A::DONE));
  EXPECT_EQ(row.counts().declined(), by_state(A::DECLINED));
  EXPECT_EQ(row.counts().cancelled(), by_state(A::CANCELLED));
  EXPECT_EQ(row.green(), by_light(A::GREEN));
  EXPECT_EQ(row.yellow(), by_light(A::YELLOW));
  EXPECT_EQ(row.red(), by_light(A::RED));
  EXPECT_EQ(row.grey(), by_light(A::GREY));
  const int64_t all = static_cast<int64_t>(office.List(filter).size());
  EXPECT_EQ(row.counts().total() + row.counts().cancelled(), all);
  EXPECT_EQ(row.green() + row.yellow() + row.red() + row.grey(), all);
}

TEST(BoardTest, EveryNumberEqualsTheListItOpens) {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    RandomCity city(seed);
    for (Request::GroupBy group_by : {Request::PLAN, Request::UNIT, Request::HEADING}) {
      for (const char* unit : {"", "units/b"}) {
        Request request;
        request.set_group_by(group_by);
        request.mutable_filter()->set_unit(unit);
        v1::GetBoardResponse board;
        ASSERT_TRUE(city.office().core().GetBoard(request, &board).ok());
        ExpectNumbersOpenTheirLists(city.office(), request.filter(), board.total());
        for (const auto& row : board.rows()) {
          v1::AssignmentFilter filter = request.filter();
          if (group_by == Request::PLAN) filter.set_plan(row.key());
          if (group_by == Request::UNIT) filter.set_unit(row.key());
          if (group_by == Request::HEADING) filter.set_heading(row.key());
          if (group_by == Request::HEADING && row.key().empty()) filter.set_without_heading(true);
          ExpectNumbersOpenTheirLists(city.office(), filter, row);
        }
      }
    }
  }
}

TEST(BoardTest, AFilterHoldsForEveryRow) {
  RandomCity city(3);
  Request request;
  request.set_group_by(Request::UNIT);
  request.mutable_filter()->set_state(A::ISSUED);
  v1::GetBoardResponse board;
  ASSERT_TRUE(city.office().core().GetBoard(request, &board).ok());
  EXPECT_EQ(board.total().counts().total(), board.total().counts().issued());
  EXPECT_GT(board.total().counts().issued(), 0);
  for (const auto& row : board.rows()) EXPECT_EQ(row.counts().total(), row.counts().issued());
}

A View(const std::string& plan, const std::string& unit, const std::string& heading) {
  A view;
  view.set_task(StrCat("plans/", plan, "/tasks/t1"));
  view.set_plan_title(StrCat("计划", plan));
  view.set_unit(StrCat("units/", unit));
  view.set_unit_display_name(StrCat("单位", unit));
  if (!heading.empty()) view.add_headings(heading);
  view.set_state(A::ISSUED);
  view.set_light(A::GREEN);
  return view;
}

std::vector<std::string> Keys(Request::GroupBy group_by, const std::vector<A>& views) {
  Board board(group_by);
  for (const A& view : views) board.Add(view);
  std::vector<std::string> keys;
  const v1::GetBoardResponse response = board.Build(absl::CivilDay(2024, 3, 4));
  for (const auto& row : response.rows()) {
    keys.push_back(StrCat(row.key(), "=", row.display_name(), ":", row.counts().issued()));
  }
  return keys;
}

TEST(BoardTest, RowsAreByPlanUnitOrInnermostHeading) {
  const std::vector<A> views = {View("q", "b", "二"), View("p", "b", ""), View("p", "a", "一"), View("q", "a", "二")};
  EXPECT_THAT(Keys(Request::PLAN, views), ElementsAre("plans/p=计划p:2", "plans/q=计划q:2"));
  EXPECT_THAT(Keys(Request::UNIT, views), ElementsAre("units/a=单位a:2", "units/b=单位b:2"));
  EXPECT_THAT(Keys(Request::HEADING, views), ElementsAre("二=二:2", "=:1", "一=一:1"));
}

TEST(BoardTest, AnEmptyBoardHasItsDayAndZeros) {
  const v1::GetBoardResponse board = Board(Request::PLAN).Build(absl::CivilDay(2024, 3, 4));
  EXPECT_EQ(board.as_of(), "2024-03-04");
  EXPECT_EQ(board.rows_size(), 0);
  EXPECT_TRUE(board.total().has_counts());
  EXPECT_EQ(board.total().counts().total(), 0);
}

v1::Decomposition::Row Below(int depth, const std::string& unit, int issued) {
  v1::Decomposition::Row row;
  row.set_depth(depth);
  row.set_unit(unit);
  row.set_node("n");
  row.mutable_counts()->set_issued(issued);
  row.mutable_counts()->set_total(issued);
  return row;
}

TEST(BoardTest, WhatIsBelowIsAddedUpByUnitAndDepth) {
  A first = View("p", "a", ""), second = View("p", "b", "");
  *first.mutable_execution()->mutable_decomposition()->add_rows() = Below(1, "units/x", 2);
  *first.mutable_execution()->mutable_decomposition()->add_rows() = Below(2, "units/x", 1);
  *second.mutable_execution()->mutable_decomposition()->add_rows() = Below(1, "units/x", 3);
  Board board(Request::PLAN);
  board.Add(first);
  board.Add(second);
  const v1::GetBoardResponse response = board.Build(absl::CivilDay(2024, 3, 4));
  ASSERT_EQ(response.rows(0).below_size(), 2);
  EXPECT_EQ(response.rows(0).below(0).counts().issued(), 5);
  EXPECT_EQ(response.rows(0).below(1).counts().issued(), 1);
  EXPECT_EQ(response.total().below_size(), 2);
}

TEST(DecomposeTest, CountsOwnAtDepthOneAndWhatTheySayOneDeeper) {
  std::vector<IssuedBelow> issued(3);
  for (int i = 0; i < 3; ++i) {
    issued[i].assignment = View(i == 2 ? "q" : "p", i == 1 ? "b" : "a", "");
    issued[i].execution.set_version(1);
  }
  issued[0].execution.mutable_receipt()->set_signer("x");
  *issued[0].execution.mutable_decomposition()->add_rows() = Below(1, "units/x", 2);
  *issued[1].execution.mutable_decomposition()->add_rows() = Below(1, "units/x", 1);
  *issued[2].execution.mutable_decomposition()->add_rows() = Below(kMaxDepth, "units/deep", 1);
  const v1::Decomposition decomposition = Decompose(issued, "here");
  std::vector<std::string> lines;
  for (const auto& row : decomposition.rows()) {
    lines.push_back(StrCat(row.depth(), " ", row.unit(), " ", row.node(), " ", row.counts().ShortDebugString()));
  }
  EXPECT_THAT(lines, ElementsAre("1 units/a here issued: 1 received: 1 total: 2", "1 units/b here issued: 1 total: 1",
                                 "2 units/x n issued: 3 total: 3"));
  EXPECT_THAT(decomposition.plan_titles(), ElementsAre("计划p", "计划q"));
}

TEST(DecomposeTest, OfACancelledAssignmentNothingBelowCounts) {
  std::vector<IssuedBelow> issued(1);
  issued[0].assignment = View("p", "a", "");
  *issued[0].assignment.mutable_cancel_time() = ToProto(TimeAt(absl::CivilDay(2024, 3, 4), 0));
  *issued[0].execution.mutable_decomposition()->add_rows() = Below(1, "units/x", 2);
  const v1::Decomposition decomposition = Decompose(issued, "here");
  ASSERT_EQ(decomposition.rows_size(), 1);
  EXPECT_EQ(decomposition.rows(0).counts().ShortDebugString(), "cancelled: 1");
}

}  // namespace
}  // namespace duban
