#include "services/notification/notification_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeAssignment;
using testing::Nine;
using ::testing::SizeIs;
using testing::TestNotifier;
using v1::Reminder;

// `BEFORE_DUE 2024-09-23 SCHEDULED`, by time.
std::vector<std::string> Lines(const std::vector<Reminder>& reminders) {
  std::vector<std::string> lines;
  for (const Reminder& reminder : reminders) {
    lines.push_back(StrCat(Reminder::Reason_Name(reminder.reason()), " ",
                           FormatDay(DayOf(FromProto(reminder.remind_time()))), " ",
                           Reminder::State_Name(reminder.state())));
  }
  return lines;
}

v1::Assignment Signed(std::string_view due = "2024-09-30", std::string_view id = "a1") {
  v1::Assignment assignment = MakeAssignment(due, id);
  testing::Sign(assignment, Nine("2024-03-05"));
  return assignment;
}

TEST(NotificationCore, AFollowedAssignmentIsPlannedAndItsReminderIsLeasedAtItsTimeAndConfirmed) {
  TestNotifier notifier;
  notifier.Follow(Signed());
  EXPECT_THAT(Lines(notifier.List()), ElementsAre("UNSIGNED 2024-03-05 CANCELLED", "UNSIGNED 2024-03-07 CANCELLED",
                                                  "BEFORE_DUE 2024-09-24 SCHEDULED", "BEFORE_DUE 2024-09-29 SCHEDULED",
                                                  "DUE 2024-09-30 SCHEDULED", "OVERDUE 2024-10-08 SCHEDULED",
                                                  "OVERDUE 2024-10-10 SCHEDULED", "OVERDUE 2024-10-12 SCHEDULED"));
  notifier.clock.AdvanceTo(Nine("2024-09-24") - absl::Seconds(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  notifier.clock.Advance(absl::Seconds(1));
  const v1::LeaseRemindersResponse leased = notifier.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  EXPECT_EQ(leased.reminders(0).state(), Reminder::LEASED);
  EXPECT_EQ(leased.reminders(0).attempts(), 1);
  EXPECT_FALSE(leased.reminders(0).late());
  EXPECT_EQ(FromProto(leased.lease_expire_time()), notifier.clock.Now() + absl::Minutes(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
  const auto confirmed = notifier.Confirm(leased.reminders(0).name(), leased.lease_token());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->state(), Reminder::CONFIRMED);
  EXPECT_EQ(FromProto(confirmed->confirm_time()), notifier.clock.Now());
  EXPECT_EQ(notifier.Get(confirmed->name()).SerializeAsString(), confirmed->SerializeAsString());
  notifier.clock.Advance(absl::Hours(1));
  EXPECT_THAT(notifier.Lease().reminders(), IsEmpty());
}

}  // namespace
}  // namespace duban
