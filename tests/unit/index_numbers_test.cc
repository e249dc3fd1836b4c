// The numbers of all services' indexes, as they lie on disk: fixed, and none used twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "services/assignment/indexes.h"
#include "services/notification/reminder_rows.h"
#include "services/plan/directory/indexes.h"
#include "services/plan/indexes.h"

namespace duban {
namespace {

TEST(IndexNumbersTest, AreFixedAndNoneIsUsedTwice) {
  const std::vector<std::pair<Index, int>> all = {
      {kDirectoryName, 1},  {kUnitBySuperior, 2},  {kUnitUse, 3},     {kPlanByTime, 11},       {kDesk, 12},
      {kDeskLease, 13},     {kUnitDesk, 15},       {kUnitPlan, 16},   {kOrderByAlignment, 17}, {kBelow, 18},
      {kReminderQueue, 20}, {kScheduleByTime, 21}, {kPlanOrders, 22}, {kPlanTally, 23},        {kWaiting, 24},
      {kPlanWords, 25},     {kOrderWords, 26},     {kFileNamed, 27},  {kFileDue, 28},          {kIssuerWaiting, 29},
  };
  std::set<Index> numbers;
  for (const auto& [index, number] : all) {
    EXPECT_EQ(static_cast<int>(index), number);
    EXPECT_TRUE(numbers.insert(index).second) << number;
  }
}

}  // namespace
}  // namespace duban
