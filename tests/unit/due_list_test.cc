// Lists by the day by which the next thing is due: the order, its pages, and what they are bound to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/errors.h"
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

class DueListTest : public ::testing::Test {
 protected:
  DueListTest() : office_("city", &clock_) {
    for (const char* unit : {"office", "finance", "audit"}) office_.Tell(MakeUnit(unit));
    v1::Plan plan = MakePlan("p", "city", "2024-03-04");
    for (const char* due : {"2024-09-30", "", "2024-05-31", "2024-05-31", "2024-12-31"}) {
      v1::Task* task = AddTask(plan, due);
      Address(task, "units/finance");
      Address(task, "units/audit");
    }
    v1::Deadline& quarterly = *AddTask(plan)->mutable_deadline();
    quarterly.set_kind(v1::Deadline::PERIODIC);
    quarterly.set_frequency(v1::Deadline::QUARTERLY);
    Address(plan.mutable_tasks(5), "units/finance");
    office_.Tell(plan);
    EXPECT_TRUE(office_.FollowPlans().ok());
  }

  v1::ListAssignmentsRequest Asked(const std::string& order_by = "due") {
    v1::ListAssignmentsRequest request;
    request.mutable_filter()->set_unit("units/finance");
    request.set_order_by(order_by);
    return request;
  }

  // The numbers of the tasks, page after page.
  std::vector<int> Numbers(v1::ListAssignmentsRequest request) {
    std::vector<int> numbers;
    for (int pages = 0; pages < 20; ++pages) {
      v1::ListAssignmentsResponse page;
      const absl::Status status = office_.core().ListAssignments(Anybody(), request, &page);
      EXPECT_TRUE(status.ok()) << status;
      for (const A& assignment : page.assignments()) numbers.push_back(assignment.number());
      if (page.next_page_token().empty()) break;
      request.set_page_token(page.next_page_token());
    }
    return numbers;
  }

  std::string Field(const v1::ListAssignmentsRequest& request) {
    v1::ListAssignmentsResponse page;
    return MetadataOf(office_.core().ListAssignments(Anybody(), request, &page))["field"];
  }

  FakeClock clock_;
  TestOffice office_;
};

TEST_F(DueListTest, TheNearestComeFirstAndWhatHasNoDayLast) {
  // The quarter's end, the end of May twice, of September, of the year; nothing.
  EXPECT_THAT(Numbers(Asked()), ElementsAre(6, 3, 4, 1, 5, 2));
  EXPECT_THAT(Numbers(Asked("due desc")), ElementsAre(5, 1, 3, 4, 6, 2));
}

TEST_F(DueListTest, PagesOfAnySizeAreTheSameList) {
  for (int size = 1; size <= 7; ++size) {
    v1::ListAssignmentsRequest request = Asked();
    request.set_page_size(size);
    EXPECT_THAT(Numbers(request), ElementsAre(6, 3, 4, 1, 5, 2)) << size;
  }
  v1::ListAssignmentsRequest plan = Asked();
  plan.mutable_filter()->clear_unit();
  plan.mutable_filter()->set_plan("plans/p");
  plan.set_page_size(4);
  // Of one day by unit, then by number.
  EXPECT_THAT(Numbers(plan), ElementsAre(6, 3, 4, 3, 4, 1, 1, 5, 5, 2, 2));
}

TEST_F(DueListTest, WhatWaitsForReviewKeepsItsPlace) {
  office_.SignAll("units/finance");
  office_.Submit("plans/p/tasks/body-1/assignments/finance");
  office_.Submit("plans/p/tasks/body-3/assignments/finance");
  v1::ListAssignmentsRequest request = Asked();
  request.mutable_filter()->set_state(A::UNDER_REVIEW);
  EXPECT_THAT(Numbers(request), ElementsAre(3, 1));
  EXPECT_THAT(Numbers(Asked()), ElementsAre(6, 3, 4, 1, 5, 2));
}

TEST_F(DueListTest, SeveralStatesAreListedAndCountedTogether) {
  office_.SignAll("units/finance");
  office_.Report("plans/p/tasks/body-4/assignments/finance");
  office_.Submit("plans/p/tasks/body-1/assignments/finance");
  v1::ListAssignmentsRequest request = Asked();
  request.mutable_filter()->add_states(A::UNDER_REVIEW);
  request.mutable_filter()->add_states(A::IN_PROGRESS);
  EXPECT_THAT(Numbers(request), ElementsAre(4, 1));
  request.clear_order_by();
  EXPECT_THAT(Numbers(request), ElementsAre(1, 4));
  request.mutable_filter()->set_state(A::RECEIVED);
  EXPECT_THAT(Numbers(request), ElementsAre(1, 2, 3, 4, 5, 6));
  v1::GetBoardRequest board;
  board.set_group_by(v1::GetBoardRequest::UNIT);
  board.mutable_filter()->add_states(A::ISSUED);
  board.mutable_filter()->add_states(A::UNDER_REVIEW);
  v1::GetBoardResponse counted;
  ASSERT_TRUE(office_.core().GetBoard(Anybody(), board, &counted).ok());
  EXPECT_EQ(counted.total().counts().total(), 6);
  board.mutable_filter()->set_extension_open(true);
  EXPECT_EQ(MetadataOf(office_.core().GetBoard(Anybody(), board, &counted))["field"], "filter.extension_open");
}

TEST_F(DueListTest, AnOrderThatIsNoneAndATokenOfAnotherListAreRefused) {
  EXPECT_EQ(Field(Asked("deadline")), "order_by");
  v1::ListAssignmentsRequest all = Asked();
  all.clear_filter();
  EXPECT_EQ(Field(all), "order_by");
  v1::ListAssignmentsRequest request = Asked();
  request.set_page_size(1);
  v1::ListAssignmentsResponse page;
  ASSERT_TRUE(office_.core().ListAssignments(Anybody(), request, &page).ok());
  request.set_page_token(page.next_page_token());
  EXPECT_EQ(Field(request), "");
  for (const char* other : {"", "due desc"}) {
    v1::ListAssignmentsRequest wrong = request;
    wrong.set_order_by(other);
    EXPECT_EQ(Field(wrong), "page_token") << other;
  }
  v1::ListAssignmentsRequest wrong = request;
  wrong.mutable_filter()->add_states(A::ISSUED);
  EXPECT_EQ(Field(wrong), "page_token");
}

}  // namespace
}  // namespace duban
