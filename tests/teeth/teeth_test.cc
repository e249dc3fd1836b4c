// Every planted bug is found, and what finds it finds nothing where none is planted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "tests/support/tree.h"
#include "tests/teeth/hunt.h"
#include "tests/teeth/plant.h"
#include "tests/teeth/planted_bugs.h"

namespace duban::teeth {

// For names of tests.
static void PrintTo(const PlantedBug& bug, std::ostream* out) {
  *out << bug.name;
}

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<PlantedBug> BugsBy(bool simulator) {
  std::vector<PlantedBug> bugs;
  for (const PlantedBug& bug : PlantedBugs()) {
    if (bug.command.empty() == simulator) bugs.push_back(bug);
  }
  return bugs;
}

std::string TestName(const ::testing::TestParamInfo<PlantedBug>& info) {
  return absl::StrReplaceAll(absl::string_view(info.param.name.data(), info.param.name.size()), {{".", "_"}});
}

class SimulatorTeethTest : public ::testing::TestWithParam<PlantedBug> {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kError); }
};

TEST_P(SimulatorTeethTest, FindsTheBugAndNothingWithoutIt) {
  const auto recorded = ReadRecorded();
  const auto known = recorded.find(std::string(GetParam().name));
  std::optional<Found> found;
  if (known != recorded.end()) found = FoundIn(GetParam(), known->second);
  // The simulator or the logic has changed since the seed was recorded: another one must do.
  if (!found.has_value()) {
    found = Hunt(GetParam(), HuntOptions{.seeds = 30});
    std::printf("the recorded seed of %s does not show it any more: run tools/teeth --record\n",
                GetParam().name.data());
  }
  ASSERT_TRUE(found.has_value()) << GetParam().name << " is not found: " << GetParam().wrong;
  EXPECT_THAT(simulation::Simulate(OptionsOf(found->run)).broken, IsEmpty())
      << "seed " << found->run.seed << ", " << found->run.minutes << " virtual minutes, with no bug planted";
}

INSTANTIATE_TEST_SUITE_P(Bugs, SimulatorTeethTest, ::testing::ValuesIn(BugsBy(true)), TestName);

class CommandTeethTest : public ::testing::TestWithParam<PlantedBug> {};

TEST_P(CommandTeethTest, FindsTheBug) {
  const Ended planted = RunCommand(GetParam().command, GetParam().name);
  EXPECT_TRUE(planted.found) << planted.output;
}

INSTANTIATE_TEST_SUITE_P(Bugs, CommandTeethTest, ::testing::ValuesIn(BugsBy(false)), TestName);

// Many bugs share a command, and one run says of it that it finds nothing where nothing is planted.
class CommandTest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(CommandTest, FindsNothingWithoutABug) {
  const Ended ordinary = RunCommand(GetParam(), "");
  EXPECT_TRUE(ordinary.clean) << ordinary.output;
}

std::set<std::string_view> Commands() {
  std::set<std::string_view> commands;
  for (const PlantedBug& bug : BugsBy(false)) commands.insert(bug.command);
  return commands;
}

// Its letters and digits.
std::string CommandName(const ::testing::TestParamInfo<std::string_view>& info) {
  std::string name(info.param);
  for (char& c : name) c = absl::ascii_isalnum(c) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Commands, CommandTest, ::testing::ValuesIn(Commands()), CommandName);

TEST(PlantedBugsTest, AreInNoOrdinaryProgram) {
  const std::string program = Contents(BuildFolder() + "/bin/duban-node");
  // A text of the same file as some bugs, to show that texts can be found.
  ASSERT_NE(program.find("store.batch_refused"), std::string::npos);
  for (const PlantedBug& bug : PlantedBugs()) EXPECT_EQ(program.find(bug.name), std::string::npos) << bug.name;
}

TEST(PlantedBugsTest, AreManyAndEachSaysWhatIsWrong) {
  std::set<std::string_view> names;
  for (const PlantedBug& bug : PlantedBugs()) {
    EXPECT_TRUE(names.insert(bug.name).second) << bug.name << " is listed twice";
    EXPECT_FALSE(bug.wrong.empty() || bug.breaks.empty()) << bug.name;
  }
}

TEST(PlantedBugsTest, AnUnknownNameIsRefused) {
  EXPECT_EXIT(Plant("store.no_such_bug"), ::testing::ExitedWithCode(2), HasSubstr("there is no planted bug"));
}

}  // namespace
}  // namespace duban::teeth
