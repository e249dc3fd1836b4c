#include "services/notification/log_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/failpoint.h"
#include "common/base/line_sink.h"
#include "google/protobuf/util/json_util.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TestNotifier;
using v1::Reminder;

class LogChannelTest : public ::testing::Test {
 protected:
  LogChannelTest() : path_(folder_.path() + "/reminders.jsonl"), log_(path_) {
    testing::Assigned assignment = MakeAssigned("2024-06-20");
    testing::Sign(assignment, Nine("2024-03-05"));
    notifier_.Follow(assignment);
    notifier_.clock.AdvanceTo(Nine("2024-06-13"));
  }

  absl::StatusOr<int> Deliver() {
    return LogChannel(Anybody(), notifier_.core.get(), notifier_.store.ids(), &notifier_.clock, &log_).DeliverBatch();
  }

  std::vector<std::string> Lines() const {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  testing::TempFolder folder_;
  const std::string path_;
  LineFile log_;
  TestNotifier notifier_;
};

TEST_F(LogChannelTest, WritesWhatIsDueAsOneJsonObjectALineAndConfirmsIt) {
  EXPECT_EQ(Deliver().value(), 1);
  const std::vector<Reminder> confirmed = notifier_.InState(Reminder::CONFIRMED);
  ASSERT_THAT(confirmed, SizeIs(1));
  ASSERT_THAT(Lines(), SizeIs(1));
  const std::string line = Lines()[0];
  const std::string head = "{\"sent_time\":\"2024-06-13T09:00:00+08:00\",\"reminder\":";
  ASSERT_THAT(line, StartsWith(head));
  Reminder written;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(line.substr(head.size(), line.size() - head.size() - 1), &written)
          .ok())
      << line;
  EXPECT_EQ(written.name(), confirmed[0].name());
  EXPECT_EQ(written.text_zh(), confirmed[0].text_zh());
  EXPECT_EQ(written.state(), Reminder::LEASED);
  // Original field names, as everywhere in the project.
  EXPECT_THAT(line, HasSubstr("\"recipient_display_name\":"));
}

TEST_F(LogChannelTest, WithNothingDueNeitherFileNorStoreIsTouched) {
  EXPECT_EQ(Deliver().value(), 1);
  const int64_t commands = notifier_.store->group_stats().commands;
  EXPECT_EQ(Deliver().value(), 0);
  EXPECT_EQ(notifier_.store->group_stats().commands, commands);
  EXPECT_THAT(Lines(), SizeIs(1));
}

TEST_F(LogChannelTest, AStopBetweenLineAndConfirmationRepeatsTheSameReminderName) {
  struct Stopped {};
  for (const char* place : {"log_channel.before_append", "log_channel.after_append"}) {
    SetFailpointHandler(place, [] { throw Stopped(); });
    EXPECT_THROW((void)Deliver(), Stopped);
    SetFailpointHandler(place, {});
    notifier_.Restart();
    EXPECT_EQ(Deliver().value(), 0) << "the lease holds";
    notifier_.clock.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(Deliver().value(), 1);
  const std::vector<Reminder> confirmed = notifier_.InState(Reminder::CONFIRMED);
  ASSERT_THAT(confirmed, SizeIs(1));
  EXPECT_EQ(confirmed[0].attempts(), 3);
  ASSERT_THAT(Lines(), SizeIs(2));
  for (const std::string& line : Lines()) EXPECT_THAT(line, HasSubstr(confirmed[0].name()));
}

TEST_F(LogChannelTest, AFileThatCannotBeWrittenIsAFailedAttemptThatSaysWhy) {
  const std::string missing = folder_.path() + "/none/reminders.jsonl";
  LineFile nowhere(missing);
  LogChannel channel(Anybody(), notifier_.core.get(), notifier_.store.ids(), &notifier_.clock, &nowhere);
  EXPECT_EQ(channel.DeliverBatch().value(), 1);
  const std::vector<Reminder> waiting = notifier_.InState(Reminder::SCHEDULED);
  EXPECT_THAT(waiting[0].last_error(), HasSubstr(missing));
  EXPECT_THAT(waiting[0].last_error(), HasSubstr("No such file"));
  EXPECT_EQ(FromProto(waiting[0].next_attempt_time()), notifier_.clock.Now() + absl::Minutes(1));
  notifier_.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Deliver().value(), 1);
  EXPECT_THAT(notifier_.InState(Reminder::CONFIRMED), SizeIs(1));
}

TEST_F(LogChannelTest, ALineThatWasCutOffDoesNotSwallowTheNext) {
  std::ofstream(path_) << "{\"sent_time\":\"2024-";
  EXPECT_EQ(Deliver().value(), 1);
  ASSERT_THAT(Lines(), SizeIs(2));
  EXPECT_THAT(Lines()[1], StartsWith("{\"sent_time\":\"2024-06-13T"));
}

}  // namespace
}  // namespace duban
