// Lists and boards, in a city in which everything has happened: whatever is asked, they say what a count by hand says,
// and every number equals the length of the list it opens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/base/strings.h"
#include "services/assignment/board.h"
#include "services/assignment/lists.h"
#include "tests/support/board_by_hand.h"
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

constexpr Request::GroupBy kGroups[] = {Request::PLAN, Request::UNIT, Request::HEADING};

v1::GetBoardResponse BoardOf(TestOffice& office, Request::GroupBy group_by, const v1::AssignmentFilter& filter = {}) {
  Request request;
  request.set_group_by(group_by);
  *request.mutable_filter() = filter;
  v1::GetBoardResponse board;
  const absl::Status status = office.core().GetBoard(Anybody(), request, &board);
  EXPECT_TRUE(status.ok()) << status;
  return board;
}

// A city in which everything possible has happened, decided by a seed: two plans of the office, and one of unit `a`,
// which takes on tasks of theirs and so makes numbers below.
class RandomCity {
 public:
  explicit RandomCity(uint32_t seed) : random_(seed), office_("city", &clock_) {
    for (const char* unit : {"office", "a", "b", "c"}) office_.Tell(MakeUnit(unit));
    office_.Tell(MakeUnit("far", v1::Unit::GOVERNMENT, "", "district"));
    for (const char* plan : {"p", "q"}) office_.Tell(RandomPlan(plan));
    v1::Plan below = RandomPlan("r");
    below.set_issuer("units/a");
    for (v1::Task& task : *below.mutable_tasks()) {
      task.add_aligned_tasks(StrCat("plans/", Chance(2) ? "p" : "q", "/tasks/body-", 1 + random_() % 6));
    }
    office_.Tell(below);
    EXPECT_TRUE(office_.FollowPlans().ok());
    for (const char* unit : {"units/a", "units/b", "units/c"}) {
      if (!Chance(4)) office_.SignAll(unit);
    }
    for (const A& assignment : office_.List()) {
      if (assignment.state() == A::RECEIVED) Act(assignment.name());
    }
    Revise();
    clock_.Advance(absl::Hours(24 * (random_() % 300)));
  }

  TestOffice& office() { return office_; }
  absl::CivilDay today() { return DayOf(clock_.Now()); }

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
    while (Chance(2)) {
      A after;
      if (!office_.core().SubmitResult(Anybody(), office_.SubmissionOf(name), &after).ok() || Chance(3)) return;
      office_.Review(name, Chance(2) ? v1::Review::ACCEPTED : v1::Review::RETURNED);
    }
  }

  // A revision moves tasks to other headings, drops some and adds others; or the plan is withdrawn.
  void Revise() {
    v1::Plan plan = RandomPlan("q");
    plan.set_revision(2);
    if (Chance(3)) plan.set_state(v1::Plan::WITHDRAWN);
    office_.Tell(plan);
    EXPECT_TRUE(office_.FollowPlans().ok());
  }

  std::mt19937 random_;
  FakeClock clock_;
  TestOffice office_;
};

TEST(BoardTest, EveryBoardAndEveryListSaysWhatACountByHandSays) {
  const std::vector<v1::AssignmentFilter> filters = testing::AllFilters(
      {{"plans/p", "plans/q", "plans/none"}, {"units/b", "units/far", "units/none"}, {"标题1", "没有这个标题"}});
  std::set<A::State> states;
  std::set<A::Light> lights;
  int below = 0;
  for (uint32_t seed = 1; seed <= 6 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    RandomCity city(seed);
    city.office().ExpectKeptRowsAreTrue();
    const std::vector<A> all = city.office().All();
    for (const v1::AssignmentFilter& filter : filters) {
      SCOPED_TRACE(filter.ShortDebugString());
      for (const Request::GroupBy group_by : kGroups) {
        Request request;
        request.set_group_by(group_by);
        *request.mutable_filter() = filter;
        const v1::GetBoardResponse board = BoardOf(city.office(), group_by, filter);
        below += board.total().below_size();
        ASSERT_EQ(testing::NumbersOf(board), testing::NumbersOf(testing::BoardByHand(all, request, city.today())));
      }
      std::set<std::string> listed, meant;
      for (const A& assignment : city.office().List(filter)) {
        EXPECT_TRUE(listed.insert(assignment.SerializeAsString()).second);
      }
      for (const A& assignment : all) {
        states.insert(assignment.state());
        lights.insert(assignment.light());
        if (testing::Means(filter, assignment)) meant.insert(assignment.SerializeAsString());
      }
      ASSERT_EQ(listed, meant);
    }
  }
  // The cities have what there is to be counted; nothing can be declined yet.
  EXPECT_EQ(states.size(), static_cast<size_t>(A::State_ARRAYSIZE - 2));
  EXPECT_EQ(lights.size(), static_cast<size_t>(A::Light_ARRAYSIZE - 1));
  EXPECT_GT(below, 0);
}

// The sentence of the contract, by the calls that a reader makes.
TEST(BoardTest, EveryNumberEqualsTheListItOpens) {
  RandomCity city(7);
  TestOffice& office = city.office();
  for (const Request::GroupBy group_by : kGroups) {
    const v1::GetBoardResponse board = BoardOf(office, group_by);
    for (const auto& row : board.rows()) {
      v1::AssignmentFilter filter;
      if (group_by == Request::PLAN) filter.set_plan(row.key());
      if (group_by == Request::UNIT) filter.set_unit(row.key());
      if (group_by == Request::HEADING) filter.set_heading(row.key());
      if (group_by == Request::HEADING && row.key().empty()) filter.set_without_heading(true);
      const auto listed = [&](A::State state, A::Light light) {
        v1::AssignmentFilter narrowed = filter;
        narrowed.set_state(state);
        narrowed.set_light(light);
        return static_cast<int64_t>(office.List(narrowed).size());
      };
      EXPECT_EQ(row.counts().issued(), listed(A::ISSUED, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.counts().received(), listed(A::RECEIVED, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.counts().in_progress(), listed(A::IN_PROGRESS, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.counts().under_review(), listed(A::UNDER_REVIEW, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.counts().done(), listed(A::DONE, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.counts().cancelled(), listed(A::CANCELLED, A::LIGHT_UNSPECIFIED));
      EXPECT_EQ(row.green(), listed(A::STATE_UNSPECIFIED, A::GREEN));
      EXPECT_EQ(row.yellow(), listed(A::STATE_UNSPECIFIED, A::YELLOW));
      EXPECT_EQ(row.red(), listed(A::STATE_UNSPECIFIED, A::RED));
      EXPECT_EQ(row.grey(), listed(A::STATE_UNSPECIFIED, A::GREY));
    }
  }
}

// Days go by and nobody does anything: the lights turn by themselves, on the board as on every assignment.
TEST(BoardTest, OnEveryLaterDayTheBoardSaysWhatTheAssignmentsSay) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a", "b"}) office.Tell(MakeUnit(unit));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  const auto add = [&](v1::Deadline::Kind kind, v1::Deadline::Frequency frequency, const std::string& due) {
    v1::Task* task = AddTask(plan, due);
    task->mutable_deadline()->set_kind(kind);
    task->mutable_deadline()->set_frequency(frequency);
    for (const char* unit : {"units/a", "units/b"}) Address(task, unit);
  };
  add(v1::Deadline::BY_DATE, v1::Deadline::FREQUENCY_UNSPECIFIED, "2024-03-20");
  add(v1::Deadline::BY_DATE, v1::Deadline::FREQUENCY_UNSPECIFIED, "2024-04-09");
  add(v1::Deadline::PERIODIC, v1::Deadline::MONTHLY, "");
  add(v1::Deadline::PERIODIC, v1::Deadline::DAILY, "");
  add(v1::Deadline::STANDING, v1::Deadline::FREQUENCY_UNSPECIFIED, "");
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  office.SignAll("units/a");
  std::set<std::string> boards;
  for (int day = 0; day < 60; ++day) {
    Request request;
    request.set_group_by(Request::UNIT);
    const v1::GetBoardResponse board = BoardOf(office, Request::UNIT);
    ASSERT_EQ(testing::NumbersOf(board),
              testing::NumbersOf(testing::BoardByHand(office.All(), request, DayOf(clock.Now()))));
    boards.insert(board.total().SerializeAsString());
    clock.Advance(absl::Hours(24));
  }
  EXPECT_GT(boards.size(), 5u);
}

TEST(BoardTest, RowsAreByPlanUnitOrInnermostHeading) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const char* unit : {"office", "a", "b"}) office.Tell(MakeUnit(unit));
  const auto add = [](v1::Plan& plan, const std::string& unit, const std::vector<std::string>& headings) {
    v1::Task* task = AddTask(plan);
    task->mutable_headings()->Assign(headings.begin(), headings.end());
    Address(task, StrCat("units/", unit));
  };
  v1::Plan q = MakePlan("q", "city", "2024-03-04"), p = MakePlan("p", "city", "2024-03-04");
  add(q, "b", {"总", "二"});
  add(q, "a", {"二"});
  add(p, "b", {});
  add(p, "a", {"二", "一"});
  office.Tell(q);
  office.Tell(p);
  ASSERT_TRUE(office.FollowPlans().ok());
  const auto keys = [&](Request::GroupBy group_by) {
    std::vector<std::string> lines;
    const v1::GetBoardResponse board = BoardOf(office, group_by);
    for (const auto& row : board.rows()) {
      lines.push_back(StrCat(row.key(), "=", row.display_name(), ":", row.counts().issued()));
    }
    return lines;
  };
  EXPECT_THAT(keys(Request::PLAN), ElementsAre("plans/p=计划p:2", "plans/q=计划q:2"));
  EXPECT_THAT(keys(Request::UNIT), ElementsAre("units/a=单位a:2", "units/b=单位b:2"));
  EXPECT_THAT(keys(Request::HEADING), ElementsAre("=:1", "一=一:1", "二=二:2"));
}

TEST(BoardTest, AnEmptyBoardHasItsDayAndZeros) {
  FakeClock clock;
  TestOffice office("city", &clock);
  for (const Request::GroupBy group_by : kGroups) {
    const v1::GetBoardResponse board = BoardOf(office, group_by);
    EXPECT_EQ(board.as_of(), "2024-03-04");
    EXPECT_EQ(board.rows_size(), 0);
    EXPECT_TRUE(board.total().has_counts());
    EXPECT_EQ(board.total().counts().total(), 0);
  }
}

// A unit is called on the board what the directory calls it, and not what it was called when a plan came out.
TEST(BoardTest, ARenamedUnitStandsUnderItsNameOfToday) {
  FakeClock clock;
  TestOffice office("city", &clock);
  office.Tell(MakeUnit("office"));
  office.Tell(MakeUnit("a"));
  for (const char* id : {"q", "p"}) {
    v1::Plan plan = MakePlan(id, "city", "2024-03-04");
    Address(AddTask(plan), "units/a");
    office.Tell(plan);
    ASSERT_TRUE(office.FollowPlans().ok());
    v1::Unit renamed = MakeUnit("a");
    renamed.set_display_name(StrCat("改名", id));
    office.Tell(renamed);
    ASSERT_TRUE(office.FollowPlans().ok());
    office.ExpectKeptRowsAreTrue();
    EXPECT_EQ(BoardOf(office, Request::UNIT).rows(0).display_name(), StrCat("改名", id));
  }
  v1::AssignmentFilter filter;
  filter.set_plan("plans/q");
  EXPECT_EQ(BoardOf(office, Request::UNIT, filter).rows(0).display_name(), "改名p");
  office.SignAll("units/a");
  EXPECT_EQ(BoardOf(office, Request::UNIT).rows(0).display_name(), "改名p");
  office.ExpectKeptRowsAreTrue();
}

TEST(BoardTest, AShortPageHasANextOneUntilAllIsListed) {
  RandomCity city(5);
  for (const v1::AssignmentFilter& filter : testing::AllFilters({{"plans/p"}, {"units/b"}, {"标题1"}})) {
    std::vector<std::string> whole;
    for (const A& assignment : city.office().List(filter)) whole.push_back(assignment.name());
    for (const int size : {1, 3}) {
      std::vector<std::string> paged;
      v1::ListAssignmentsRequest request;
      *request.mutable_filter() = filter;
      request.set_page_size(size);
      do {
        v1::ListAssignmentsResponse response;
        ASSERT_TRUE(city.office().core().ListAssignments(Anybody(), request, &response).ok());
        ASSERT_LE(response.assignments_size(), size);
        for (const A& assignment : response.assignments()) paged.push_back(assignment.name());
        request.set_page_token(response.next_page_token());
      } while (!request.page_token().empty());
      ASSERT_EQ(paged, whole) << filter.ShortDebugString();
    }
  }
}

TEST(BoardTest, APageLooksAtFiveThousandRowsAndHasANextOne) {
  FakeClock clock;
  TestOffice office("city", &clock);
  v1::UnitGroup group;
  group.set_name("groups/all");
  group.add_selections()->set_superior("units/office");
  group.mutable_selections(0)->add_kinds(v1::Unit::SECTION);
  office.Tell(group);
  for (int i = 0; i <= kMaxRowsLookedAt; ++i) {
    office.Tell(MakeUnit(StrCat("u", 100'000 + i), v1::Unit::SECTION, "office"));
  }
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  Address(AddTask(plan), "groups/all");
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  const std::string last = StrCat("units/u", 100'000 + kMaxRowsLookedAt);
  office.SignAll(last);
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_state(A::RECEIVED);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(office.core().ListAssignments(Anybody(), request, &response).ok());
  EXPECT_EQ(response.assignments_size(), 0);
  ASSERT_NE(response.next_page_token(), "");
  request.set_page_token(response.next_page_token());
  response.Clear();
  ASSERT_TRUE(office.core().ListAssignments(Anybody(), request, &response).ok());
  ASSERT_EQ(response.assignments_size(), 1);
  EXPECT_EQ(response.assignments(0).unit(), last);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST(BoardTest, APageHoldsAboutAMebibyte) {
  FakeClock clock;
  TestOffice office("city", &clock);
  office.Tell(MakeUnit("office"));
  office.Tell(MakeUnit("a"));
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 40; ++i) {
    v1::Task* task = AddTask(plan);
    task->set_text(std::string(60'000, 'x'));
    Address(task, "units/a");
  }
  office.Tell(plan);
  ASSERT_TRUE(office.FollowPlans().ok());
  v1::ListAssignmentsRequest request;
  int pages = 0, listed = 0;
  do {
    v1::ListAssignmentsResponse response;
    ASSERT_TRUE(office.core().ListAssignments(Anybody(), request, &response).ok());
    EXPECT_LE(response.ByteSizeLong(), static_cast<size_t>(kMaxListBytes) + 1000);
    listed += response.assignments_size();
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, 40);
  EXPECT_EQ(pages, 3);
}

}  // namespace
}  // namespace duban
