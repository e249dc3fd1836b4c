// Backups of a node on a real disk: made while it works, whole or not there, and what a restore makes of them.

#include "common/backup/node_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "common/base/failpoint.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/store/checkpoint.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  if (!std::filesystem::exists(folder)) return names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

void FlipByte(const std::string& path, int64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file) << path;
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 0x10));
}

class NodeBackupTest : public ::testing::Test {
 protected:
  ~NodeBackupTest() override { SetFailpointHandler("backup.after_copy", nullptr); }

  StoreOptions OptionsAt(const std::string& data_dir, const std::string& service) {
    StoreOptions options;
    options.path = StrCat(data_dir, "/", service);
    options.service = service;
    options.node = "city";
    options.clock = &clock_;
    options.ids = &ids_;
    return options;
  }

  std::unique_ptr<Store> OpenIn(const std::string& data_dir, const std::string& service) {
    auto store = Store::Open(OptionsAt(data_dir, service));
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  std::unique_ptr<Store> Open(const std::string& service) { return OpenIn(data_, service); }

  // Writes a unit; returns the sequence of the change.
  static int64_t Write(Store& store, const std::string& name, const std::string& value) {
    int64_t sequence = 0;
    EXPECT_EQ(store.Run({"test", ""},
                        [&](Transaction& tx) -> absl::Status {
                          v1::Unit unit;
                          unit.set_display_name(value);
                          DUBAN_ASSIGN_OR_RETURN(sequence, tx.Put(name, unit, {"downstream"}));
                          return absl::OkStatus();
                        }),
              absl::OkStatus());
    return sequence;
  }

  BackupOptions Options(int keep = 3) { return {backups_, keep, absl::ZeroDuration(), "city", &clock_}; }

  static std::map<std::string, std::string> UnitsOf(const Store& store) {
    std::map<std::string, std::string> units;
    EXPECT_EQ(store.TakeSnapshot()->Scan<v1::Unit>("units/", "",
                                                   [&](std::string_view name, Stored<v1::Unit> unit) {
                                                     units.emplace(name, unit.value.display_name());
                                                     return true;
                                                   }),
              absl::OkStatus());
    return units;
  }

  // A store `plan` with a few rows, and a backup of it.
  std::string MakeBackup() {
    auto store = Open("plan");
    for (int i = 0; i < 20; ++i) Write(*store, StrCat("units/", i), StrCat("v", i));
    BackupKeeper keeper(Options());
    keeper.AddStore(store.get());
    auto backup = keeper.Create("r-1", &work_);
    EXPECT_TRUE(backup.ok()) << backup.status();
    return backup.ok() ? StrCat(backups_, "/", backup->folder()) : "";
  }

  absl::StatusOr<v1::Restoration> Restore(const std::vector<std::string>& folders) {
    return RestoreNode(folders, restored_, &clock_, &ids_);
  }

  TempFolder temp_;
  const std::string data_ = temp_.path() + "/data";
  const std::string backups_ = temp_.path() + "/backups";
  const std::string restored_ = temp_.path() + "/restored/city";
  FakeClock clock_;
  FakeIds ids_;
  Work work_;
};

TEST_F(NodeBackupTest, WhatAKilledBackupLeftIsNotInTheWayOfTheNext) {
  const std::string folder = MakeBackup();
  std::filesystem::rename(folder, folder + ".partial");
  std::filesystem::remove(folder + ".partial/manifest.json");
  // The clock stands still, so that the name is the same.
  EXPECT_EQ(MakeBackup(), folder);
  EXPECT_EQ(CheckBackup(folder).status(), absl::OkStatus());
  EXPECT_THAT(NamesIn(backups_), ElementsAre(std::filesystem::path(folder).filename()));
}

TEST_F(NodeBackupTest, AStoreKnowsOfItsBackupsAndMayCutOffWhatTheyHold) {
  const auto trim = [&](bool backed_up) {
    auto store = Open("plan");
    for (int i = 0; i < 3; ++i) Write(*store, StrCat("units/", i), StrCat("v", backed_up));
    clock_.Advance(kHistoryKept + absl::Hours(1));
    BackupKeeper keeper(Options());
    keeper.AddStore(store.get());
    EXPECT_TRUE(!backed_up || keeper.Create("r-1", &work_).ok());
    EXPECT_EQ(store->ExpireMemos(clock_.Now() - kMemoLifetime, 100).status(), absl::OkStatus());
    EXPECT_EQ(store->Trim(clock_.Now() - kHistoryKept, {}).status(), absl::OkStatus());
    return ReadCheckpoint(*store->TakeSnapshot())->sequence();
  };
  EXPECT_EQ(trim(false), 0);
  EXPECT_GT(trim(true), 0);
}

TEST_F(NodeBackupTest, ABackupTakenWhileWritesGoOnHoldsExactlyWhatCameBeforeItsHead) {
  auto store = Open("plan");
  struct Change {
    int64_t sequence;
    std::string name, value;
  };
  std::vector<Change> changes;
  Mutex mu;
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !stop; ++i) {
        Change change{0, StrCat("units/", writer, "-", i % 13), StrCat("v", i)};
        change.sequence = Write(*store, change.name, change.value);
        MutexLock lock(&mu);
        changes.push_back(change);
      }
    });
  }
  BackupKeeper keeper(Options());
  keeper.AddStore(store.get());
  std::vector<v1::Backup> made;
  for (int round = 0; round < 3; ++round) {
    const int64_t before = store->head().sequence();
    auto backup = keeper.Create(StrCat("r-", round), &work_);
    ASSERT_TRUE(backup.ok()) << backup.status();
    EXPECT_GE(backup->stores(0).head().sequence(), before);
    made.push_back(*backup);
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  for (const v1::Backup& backup : made) {
    std::map<std::string, std::string> expected;
    for (const Change& change : changes) {
      if (change.sequence <= backup.stores(0).head().sequence()) expected[change.name] = change.value;
    }
    const std::string there = StrCat(temp_.path(), "/", backup.folder());
    auto node = RestoreNode({StrCat(backups_, "/", backup.folder())}, there, &clock_, &ids_);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(UnitsOf(*OpenIn(there, "plan")), expected);
  }
}

TEST_F(NodeBackupTest, WhatFollowsIsCopiedBeforeWhatItFollows) {
  auto plan = Open("plan");
  auto notification = Open("notification");
  auto assignment = Open("assignment");
  BackupKeeper keeper(Options());
  for (Store* store : {plan.get(), assignment.get(), notification.get()}) keeper.AddStore(store);
  std::vector<std::string> copied;
  // Between the copies the upstream goes on.
  SetFailpointHandler("backup.after_copy", [&] {
    Write(*plan, "units/late", StrCat(copied.size()));
    copied.push_back("");
  });
  auto backup = keeper.Create("r-1", &work_);
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->folder(), "city-20240304-090000");
  EXPECT_EQ(backup->node(), "city");
  std::vector<std::string> order;
  for (const auto& store : backup->stores()) order.push_back(store.service());
  EXPECT_THAT(order, ElementsAre("notification", "assignment", "plan"));
  EXPECT_EQ(NamesIn(StrCat(backups_, "/", backup->folder())),
            (std::vector<std::string>{"assignment", "manifest.json", "notification", "plan"}));
  auto node = Restore({StrCat(backups_, "/", backup->folder())});
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->node(), "city");
  EXPECT_EQ(UnitsOf(*OpenIn(restored_, "plan"))["units/late"], "1");
  EXPECT_EQ(NamesIn(restored_), (std::vector<std::string>{"assignment", "notification", "plan"}));
}

TEST_F(NodeBackupTest, WhatARequestMadeIsFoundAndTheOldestGo) {
  auto store = Open("plan");
  BackupKeeper keeper(Options(2));
  keeper.AddStore(store.get());
  EXPECT_EQ(*keeper.Find("r-1"), std::nullopt);
  auto first = keeper.Create("r-1", &work_);
  auto found = keeper.Find("r-1");
  ASSERT_TRUE(first.ok() && found.ok() && found->has_value());
  EXPECT_EQ(first->folder(), (*found)->folder());
  EXPECT_EQ(first->folder(), "city-plan-20240304-090000");
  // What a crash left, and what is none of this process's business.
  std::filesystem::create_directories(StrCat(backups_, "/city-plan-20240101-000000.partial/plan"));
  std::filesystem::create_directories(StrCat(backups_, "/city-assignment-20240101-000000.partial"));
  std::filesystem::create_directories(StrCat(backups_, "/other"));
  auto second = keeper.Create("r-2", &work_);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->folder(), "city-plan-20240304-090000-2");
  // However the clock is set, the newest is the one made last.
  clock_.Step(-absl::Hours(48));
  auto third = keeper.Create("r-3", &work_);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(NamesIn(backups_), (std::vector<std::string>{"city-assignment-20240101-000000.partial", third->folder(),
                                                         second->folder(), "other"}));
  auto listed = keeper.List();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].folder(), second->folder());
  EXPECT_EQ((*listed)[0].stores(0).files_size(), 0);
  EXPECT_GT((*listed)[0].stores(0).size_bytes(), 0);
}

TEST_F(NodeBackupTest, ABackupThatFailsLeavesNothingBehind) {
  auto store = Open("plan");
  Write(*store, "units/1", "one");
  BackupKeeper keeper(Options());
  keeper.AddStore(store.get());
  // The disk of the backups gives back other bytes than it was given.
  SetFailpointHandler("backup.after_copy", [&] {
    const std::string folder = StrCat(backups_, "/city-plan-20240304-090000.partial/plan");
    for (const std::string& name : NamesIn(folder)) {
      if (name.ends_with(".log")) FlipByte(StrCat(folder, "/", name), 40);
    }
  });
  auto failed = keeper.Create("r-1", &work_);
  EXPECT_EQ(ReasonOf(failed.status()), v1::INVARIANT_BROKEN) << failed.status();
  EXPECT_THAT(NamesIn(backups_), IsEmpty());
  SetFailpointHandler("backup.after_copy", nullptr);
  EXPECT_TRUE(keeper.Create("r-1", &work_).ok());
  EXPECT_EQ(NamesIn(backups_).size(), 1u);
}

TEST_F(NodeBackupTest, StoppingEndsABackupThatIsUnderWayAndLeavesNothingBehind) {
  auto plan = Open("plan");
  auto assignment = Open("assignment");
  BackupKeeper keeper(Options());
  keeper.AddStore(plan.get());
  keeper.AddStore(assignment.get());
  SetFailpointHandler("backup.after_copy", [&] { work_.Stop(); });
  const absl::Status stopped = keeper.Create("r-1", &work_).status();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kCancelled) << stopped;
  EXPECT_THAT(NamesIn(backups_), IsEmpty());
}

TEST_F(NodeBackupTest, SaysHowFarItHasCome) {
  auto store = Open("plan");
  for (int i = 0; i < 2500; ++i) Write(*store, StrCat("units/", i), "v");
  BackupKeeper keeper(Options());
  keeper.AddStore(store.get());
  int64_t copied = 0;
  SetFailpointHandler("backup.after_copy", [&] { copied = work_.done(); });
  ASSERT_TRUE(keeper.Create("r-1", &work_).ok());
  // Each row of the 2,500 changes, their places and commits once; and read back.
  EXPECT_GE(copied, 5000);
  EXPECT_GE(work_.total(), 2 * 5000);
  EXPECT_GE(work_.done(), 2 * 5000);
  EXPECT_EQ(work_.subject(), "plan");
}

TEST_F(NodeBackupTest, SevenBackupsInAHurryDoNotDriveAGoodOneOut) {
  auto store = Open("plan");
  BackupOptions options = Options(/*keep=*/2);
  options.interval = absl::Minutes(30);
  BackupKeeper keeper(options);
  keeper.AddStore(store.get());
  ASSERT_EQ(keeper.CheckMayBegin(), absl::OkStatus());
  auto good = keeper.Create("r-good", &work_);
  ASSERT_TRUE(good.ok());
  for (int i = 0; i < 7; ++i) {
    const absl::Status refused = keeper.CheckMayBegin();
    EXPECT_EQ(ReasonOf(refused), v1::WRONG_STATE) << refused;
    EXPECT_EQ(MetadataOf(refused)["backup"], good->folder());
    EXPECT_THAT(std::string(refused.message()), HasSubstr("2024-03-04 09:30:00"));
    EXPECT_THAT(ChineseMessage(refused), HasSubstr("2024-03-04 09:30:00"));
  }
  clock_.Step(absl::Minutes(30) - absl::Seconds(1));
  EXPECT_FALSE(keeper.CheckMayBegin().ok());
  clock_.Step(absl::Seconds(1));
  EXPECT_EQ(keeper.CheckMayBegin(), absl::OkStatus());
  // One of the future, from before the clock was set back, holds nothing up.
  clock_.Step(-absl::Hours(24));
  EXPECT_EQ(keeper.CheckMayBegin(), absl::OkStatus());
}

TEST_F(NodeBackupTest, WithoutAFolderThereAreNoBackups) {
  BackupOptions options = Options();
  options.folder.clear();
  BackupKeeper keeper(options);
  EXPECT_EQ(ReasonOf(keeper.Create("r-1", &work_).status()), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(keeper.CheckMayBegin()), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(keeper.Find("r-1").status()), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(keeper.List().status()), v1::WRONG_STATE);
}

TEST_F(NodeBackupTest, EveryDamagedMissingOrForeignFileIsNamed) {
  const std::string folder = MakeBackup();
  auto manifest = CheckBackup(folder);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const std::string store = folder + "/plan";
  for (const std::string& name : NamesIn(store)) {
    const std::string path = StrCat(store, "/", name);
    const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
    if (size > 0) {
      FlipByte(path, size / 2);
      const absl::Status flipped = Restore({folder}).status();
      EXPECT_EQ(ReasonOf(flipped), v1::UNREADABLE_DOCUMENT) << flipped;
      EXPECT_THAT(std::string(flipped.message()), AllOf(HasSubstr(folder), HasSubstr(StrCat("plan/", name))));
      EXPECT_THAT(ChineseMessage(flipped), HasSubstr(StrCat("plan/", name)));
      FlipByte(path, size / 2);
    }
    std::filesystem::rename(path, temp_.path() + "/away");
    EXPECT_THAT(std::string(CheckBackup(folder).status().message()), HasSubstr(StrCat("plan/", name)));
    std::filesystem::rename(temp_.path() + "/away", path);
  }
  std::ofstream(store + "/000099.log") << "x";
  EXPECT_THAT(std::string(CheckBackup(folder).status().message()), HasSubstr("plan/000099.log is not in the manifest"));
  std::filesystem::remove(store + "/000099.log");
  EXPECT_TRUE(CheckBackup(folder).ok());
  EXPECT_FALSE(std::filesystem::exists(restored_));
  std::filesystem::remove(folder + "/manifest.json");
  EXPECT_EQ(ReasonOf(Restore({folder}).status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(NodeBackupTest, AManifestThatSaysOtherwiseThanItsCopyIsRefusedAndNothingIsLeft) {
  const std::string folder = MakeBackup();
  std::ifstream in(folder + "/manifest.json");
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"\"sequence\": \"", "\"sequence\": \"9"},
                                          {"\"node\": \"city\"", "\"node\": \"town\""},
                                          {"\"service\": \"plan\"", "\"service\": \"../plan\""}}) {
    std::string altered = whole;
    ASSERT_NE(altered.find(from), std::string::npos) << whole;
    altered.replace(altered.find(from), from.size(), to);
    std::ofstream(folder + "/manifest.json") << altered;
    const absl::Status refused = Restore({folder}).status();
    EXPECT_EQ(ReasonOf(refused), v1::UNREADABLE_DOCUMENT) << to << ": " << refused;
    EXPECT_THAT(NamesIn(restored_), IsEmpty()) << to;
  }
}

TEST_F(NodeBackupTest, NothingIsRestoredOverWhatIsThere) {
  const std::string folder = MakeBackup();
  std::filesystem::create_directories(restored_);
  ASSERT_TRUE(Restore({folder}).ok());
  const absl::Status full = Restore({folder}).status();
  EXPECT_EQ(ReasonOf(full), v1::WRONG_STATE);
  EXPECT_THAT(std::string(full.message()), HasSubstr("not empty"));
  EXPECT_EQ(CheckNotRestoring(restored_), absl::OkStatus());
  // What a restore that was cut off leaves is neither restored over nor served.
  std::filesystem::create_directories(restored_ + "/.restoring/plan");
  EXPECT_EQ(CheckNotRestoring(restored_).code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Restore({folder}).status().message()), HasSubstr("did not come to its end"));
}

TEST_F(NodeBackupTest, ServicesApartAreRestoredTogetherFromABackupOfEach) {
  auto plan = Open("plan");
  auto assignment = Open("assignment");
  Write(*plan, "units/1", "plan");
  Write(*assignment, "units/1", "assignment");
  std::vector<std::string> folders;
  for (Store* store : {assignment.get(), plan.get()}) {
    BackupKeeper keeper(Options());
    keeper.AddStore(store);
    auto backup = keeper.Create("r-1", &work_);
    ASSERT_TRUE(backup.ok()) << backup.status();
    folders.push_back(StrCat(backups_, "/", backup->folder()));
  }
  EXPECT_EQ(ReasonOf(Restore({folders[0], folders[1], folders[0]}).status()), v1::WRONG_STATE);
  auto node = Restore(folders);
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->stores_size(), 2);
  EXPECT_EQ(UnitsOf(*OpenIn(restored_, "plan"))["units/1"], "plan");
  EXPECT_EQ(UnitsOf(*OpenIn(restored_, "assignment"))["units/1"], "assignment");
}

}  // namespace
}  // namespace duban
