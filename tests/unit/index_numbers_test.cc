// The numbers of all services' indexes, as they lie on disk: fixed, and none used twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "services/assignment/indexes.h"
#include "services/notification/indexes.h"
#include "services/plan/indexes.h"

namespace duban {
namespace {

TEST(IndexNumbersTest, AreFixedAndNoneIsUsedTwice) {
  const std::vector<std::pair<Index, int>> all = {
      {kDirectoryName, 1},        {kUnitBySuperior, 2},        {kUnitUse, 3},          {kAssignmentByUnit, 4},
      {kAssignmentByPlan, 5},     {kAssignmentByAlignment, 6}, {kAssignmentByTask, 7}, {kReminderByTime, 8},
      {kReminderByRemindTime, 9}, {kReminderByRecipient, 10},  {kPlanByTime, 11},
  };
  std::set<Index> numbers;
  for (const auto& [index, number] : all) {
    EXPECT_EQ(static_cast<int>(index), number);
    EXPECT_TRUE(numbers.insert(index).second) << number;
  }
}

}  // namespace
}  // namespace duban
