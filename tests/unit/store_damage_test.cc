// Damaged, lost, stale and swapped files: each is harmless or refused by name, and nothing is opened below the mark.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_ids.h"
#include "tests/support/faulty_file_system.h"

namespace duban {
namespace {

using ::testing::AnyOf;
using testing::FaultyFileSystem;
using ::testing::HasSubstr;

constexpr char kPath[] = "/node/plan";
constexpr char kMark[] = "/node/plan/high_water";
using Image = std::map<std::string, std::string>;

// A store whose files can be taken out, changed and put back.
class DamagedStoreTest : public ::testing::Test {
 protected:
  DamagedStoreTest() {
    options_.path = kPath;
    options_.service = "plan";
    options_.node = "city";
    options_.ids = &ids_;
    options_.threaded = false;
    NewDisk();
    // Two openings, so that there is a table beside the log.
    Write(0, 20);
    early_ = TakeImage();
    Write(20, 40);
    image_ = TakeImage();
  }

  void NewDisk() {
    memory_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    files_ = std::make_shared<FaultyFileSystem>(memory_->GetFileSystem());
    env_ = testing::MakeEnv(files_);
    options_.env = env_.get();
    for (const char* folder : {"/node", kPath, "/node/plan/db"}) {
      EXPECT_TRUE(files_->CreateDirIfMissing(folder, {}, nullptr).ok());
    }
  }

  void Write(int first, int last) {
    auto store = Store::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = first; i < last; ++i) {
      ASSERT_EQ((*store)->Run({"test", ""},
                              [&](Transaction& tx) -> absl::Status {
                                v1::Unit unit;
                                unit.set_display_name(StrCat("单位", i));
                                return tx.Put(StrCat("units/", i), unit, {"downstream"}).status();
                              }),
                absl::OkStatus());
    }
  }

  Image TakeImage() {
    Image image;
    for (const std::string folder : {"/node/plan", "/node/plan/db"}) {
      std::vector<std::string> names;
      EXPECT_TRUE(files_->GetChildren(folder, {}, &names, nullptr).ok());
      for (const std::string& name : names) {
        bool is_folder = false;
        files_->IsDirectory(folder + "/" + name, {}, &is_folder, nullptr).PermitUncheckedError();
        if (!is_folder && name != "LOCK" && name != "db")
          image[folder + "/" + name] = files_->ReadAll(folder + "/" + name);
      }
    }
    return image;
  }

  // Opens what is in `image`, on a disk of its own. If it opens, everything acknowledged has to be there.
  absl::Status Open(const Image& image, int acknowledged = 40) {
    NewDisk();
    for (const auto& [path, bytes] : image) files_->WriteAll(path, bytes);
    auto store = Store::Open(options_);
    if (!store.ok()) return store.status();
    const auto snapshot = (*store)->TakeSnapshot();
    for (int i = 0; i < acknowledged; ++i) {
      auto unit = snapshot->Get<v1::Unit>(StrCat("units/", i));
      // A row that cannot be read says so; one that is not there is a silent loss.
      if (!unit.ok()) return unit.status();
      EXPECT_TRUE(unit->has_value()) << "silently lost: " << i;
    }
    // What opens and serves is whole: nobody else looks.
    for (const absl::Status& found : {(*store)->VerifyChain(), (*store)->VerifyFeed()}) {
      if (found.ok()) continue;
      EXPECT_NE((*store)->serving(), absl::OkStatus()) << "opened, and not whole: " << found;
      return found;
    }
    return absl::OkStatus();
  }

  // Opens a store with a table in which a block of entities does not have its checksum any more.
  absl::StatusOr<std::unique_ptr<Store>> OpenWithADamagedEntity() {
    NewDisk();
    Write(0, 400);
    // Opening moves the log into a table.
    Write(400, 401);
    image_ = TakeImage();
    const std::string table = Named(".sst").front();
    const auto open = [&](size_t at) {
      Image damaged = image_;
      damaged[table][at] = static_cast<char>(damaged[table][at] ^ 1);
      NewDisk();
      for (const auto& [path, bytes] : damaged) files_->WriteAll(path, bytes);
      return Store::Open(options_);
    };
    // Not every block holds it, and some are read at opening.
    for (size_t at = 100; at < image_[table].size(); at += 500) {
      auto probe = open(at);
      if (!probe.ok() || (*probe)->TakeSnapshot()->Get<v1::Unit>("units/200").ok()) continue;
      probe->reset();
      return open(at);
    }
    return absl::NotFoundError("no block holds it");
  }

  std::vector<std::string> Named(const std::string& part) const {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : image_) {
      if (path.find(part) != std::string::npos && !bytes.empty()) names.push_back(path);
    }
    return names;
  }

  // An error that a person can act on: it names the folder or the file, and says what to do.
  static void ExpectHelpful(const absl::Status& status) {
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr("/node/plan")) << status;
    EXPECT_THAT(message, AnyOf(HasSubstr("duban node restore"), HasSubstr("cannot be read"))) << status;
  }

  FakeIds ids_;
  StoreOptions options_;
  std::unique_ptr<rocksdb::Env> memory_;
  std::shared_ptr<FaultyFileSystem> files_;
  std::shared_ptr<rocksdb::Env> env_;
  Image early_, image_;
};

TEST_F(DamagedStoreTest, UntouchedItOpens) {
  EXPECT_EQ(Open(image_), absl::OkStatus());
}

TEST_F(DamagedStoreTest, AFlippedBitInAnyFileIsHarmlessOrRefused) {
  std::mt19937_64 dice(7);
  std::map<std::string, std::pair<int, int>> outcomes;
  for (const std::string part : {".log", ".sst", "MANIFEST", "CURRENT", "high_water", "OPTIONS", "IDENTITY"}) {
    for (const std::string& path : Named(part)) {
      for (int flip = 0; flip < 25 && !HasFailure(); ++flip) {
        Image damaged = image_;
        std::string& bytes = damaged[path];
        const uint64_t at = dice() % (bytes.size() * 8);
        bytes[at / 8] = static_cast<char>(bytes[at / 8] ^ (1 << (at % 8)));
        SCOPED_TRACE(StrCat("bit ", at, " of ", path));
        const absl::Status status = Open(damaged);
        status.ok() ? ++outcomes[part].first : ++outcomes[part].second;
        if (!status.ok()) ExpectHelpful(status);
      }
    }
  }
  // The log's every bit matters: it holds what was acknowledged last.
  EXPECT_EQ(outcomes[".log"].first, 0);
  EXPECT_GT(outcomes[".log"].second, 0);
  // Two slots: one flip never costs the mark.
  EXPECT_EQ(outcomes["high_water"].second, 0);
}

TEST_F(DamagedStoreTest, ATruncatedLogIsRefused) {
  std::mt19937_64 dice(8);
  ASSERT_FALSE(Named(".log").empty());
  for (const std::string& path : Named(".log")) {
    for (int cut = 0; cut < 25 && !HasFailure(); ++cut) {
      Image damaged = image_;
      damaged[path].resize(dice() % image_[path].size());
      SCOPED_TRACE(StrCat(path, " cut to ", damaged[path].size()));
      const absl::Status status = Open(damaged);
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      ExpectHelpful(status);
    }
  }
}

TEST_F(DamagedStoreTest, AListOfFilesThatIsCutAnywhereIsRefusedOrHarmless) {
  const std::string manifest = Named("MANIFEST").back();
  int refused = 0;
  for (size_t size = 0; size < image_[manifest].size() && !HasFailure(); size += 3) {
    Image damaged = image_;
    damaged[manifest].resize(size);
    SCOPED_TRACE(StrCat(manifest, " cut to ", size));
    const absl::Status status = Open(damaged);
    if (status.ok()) continue;
    ++refused;
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    ExpectHelpful(status);
    // RocksDB would have removed the tables that it no longer knows of.
    for (const auto& [path, bytes] : damaged) EXPECT_EQ(files_->ReadAll(path), bytes) << path;
  }
  EXPECT_GT(refused, 0);
}

TEST_F(DamagedStoreTest, ALogThatIsGoneIsNoticed) {
  for (const std::string& path : Named(".log")) {
    Image damaged = image_;
    damaged.erase(path);
    const absl::Status status = Open(damaged);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << path << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("acknowledged"));
    ExpectHelpful(status);
  }
}

TEST_F(DamagedStoreTest, RefusingLeavesTheFilesForWhoeverRepairsThem) {
  const std::string log = Named(".log").back();
  Image damaged = image_;
  damaged[log][damaged[log].size() / 3] ^= 1;
  ASSERT_EQ(Open(damaged).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(files_->ReadAll(log), damaged[log]);
  // Repaired, it opens.
  files_->WriteAll(log, image_[log]);
  EXPECT_TRUE(Store::Open(options_).ok());
}

TEST_F(DamagedStoreTest, ADatabaseThatIsGoneIsNotTakenForANewOne) {
  Image damaged;
  damaged[kMark] = image_[kMark];
  const absl::Status status = Open(damaged);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  ExpectHelpful(status);
}

TEST_F(DamagedStoreTest, ADatabaseWithoutCurrentIsRefusedAndItsTablesStay) {
  for (const bool mark_is_gone_too : {false, true}) {
    Image damaged = image_;
    damaged.erase("/node/plan/db/CURRENT");
    if (mark_is_gone_too) damaged.erase(kMark);
    const absl::Status status = Open(damaged);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    ExpectHelpful(status);
    // RocksDB would have removed them. With CURRENT put back everything is there.
    for (const auto& [path, bytes] : damaged) EXPECT_EQ(files_->ReadAll(path), bytes) << path;
  }
}

TEST_F(DamagedStoreTest, AReadThatMeetsDamageStopsTheStore) {
  auto store = OpenWithADamagedEntity();
  ASSERT_TRUE(store.ok()) << store.status();
  absl::Status told;
  (*store)->OnFailure([&](const absl::Status& cause) { told = cause; });
  const auto read = (*store)->TakeSnapshot()->Get<v1::Unit>("units/200");
  EXPECT_EQ(ReasonOf(read.status()), v1::INVARIANT_BROKEN) << read.status();
  EXPECT_EQ(ReasonOf((*store)->serving()), v1::NOT_SERVING);
  EXPECT_EQ(told.code(), absl::StatusCode::kDataLoss) << told;
  ExpectHelpful(told);
  EXPECT_EQ(ReasonOf((*store)->Run({"test", ""}, [](Transaction&) { return absl::OkStatus(); })), v1::NOT_SERVING);
}

TEST_F(DamagedStoreTest, VerifyFilesFindsATableOrAMarkThatIsDamagedOrGone) {
  for (const bool mark : {false, true}) {
    SCOPED_TRACE(mark ? "the mark" : "a table");
    if (mark) {
      NewDisk();
      Write(0, 20);
    }
    auto store = mark ? Store::Open(options_) : OpenWithADamagedEntity();
    ASSERT_TRUE(store.ok()) << store.status();
    if (mark) {
      EXPECT_EQ((*store)->VerifyFiles(), absl::OkStatus());
      ASSERT_TRUE(files_->DeleteFile(kMark, {}, nullptr).ok());
    }
    const absl::Status status = (*store)->VerifyFiles();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    ExpectHelpful(status);
    EXPECT_EQ(ReasonOf((*store)->serving()), v1::NOT_SERVING);
  }
}

TEST_F(DamagedStoreTest, AnOldDatabaseBesideTheNewMarkIsRefused) {
  Image damaged = early_;
  damaged[kMark] = image_[kMark];
  const absl::Status status = Open(damaged);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("acknowledged"));
  ExpectHelpful(status);
}

TEST_F(DamagedStoreTest, AnOldMarkBesideTheNewDatabaseIsHarmless) {
  Image damaged = image_;
  damaged[kMark] = early_[kMark];
  EXPECT_EQ(Open(damaged), absl::OkStatus());
}

TEST_F(DamagedStoreTest, AMarkThatIsGoneEmptyOrDamagedInBothSlotsIsRefused) {
  std::string both = image_[kMark];
  both[40] = static_cast<char>(both[40] ^ 1);
  both[4096 + 40] = static_cast<char>(both[4096 + 40] ^ 1);
  for (const std::string& mark : {std::string("gone"), std::string(), std::string(4160, '\0'), both}) {
    Image damaged = image_;
    mark == "gone" ? (void)damaged.erase(kMark) : (void)(damaged[kMark] = mark);
    const absl::Status status = Open(damaged);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(kMark));
    ExpectHelpful(status);
  }
}

TEST_F(DamagedStoreTest, TheMarkOfAnotherStoreIsRefused) {
  const Image mine = image_;
  NewDisk();
  Write(0, 40);
  Image mixed = mine;
  mixed[kMark] = TakeImage()[kMark];
  const absl::Status status = Open(mixed);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("another history"));
}

TEST_F(DamagedStoreTest, AStoreInUseIsNotOpenedTwice) {
  NewDisk();
  auto first = Store::Open(options_);
  ASSERT_TRUE(first.ok());
  const absl::Status second = Store::Open(options_).status();
  EXPECT_FALSE(second.ok());
}

}  // namespace
}  // namespace duban
