// Copies of a store and stores made from them: exact, in a history of their own, whole or not at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "common/base/strings.h"
#include "common/store/backup.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/faulty_file_system.h"

namespace duban {
namespace {

constexpr Index kNames{1};

using testing::Fault;
using testing::FaultyFileSystem;
using testing::FileOp;
using ::testing::HasSubstr;

constexpr char kCopy[] = "/backups/b1/plan";
using Rows = std::map<std::string, std::string>;

Rows RowsOf(const ReadView& view) {
  Rows rows;
  EXPECT_EQ(view.ScanRows("", "",
                          [&](std::string_view key, std::string_view value) {
                            rows.emplace(key, value);
                            return true;
                          }),
            absl::OkStatus());
  return rows;
}

// Without what a restore adds: the identity, and the commit that begins the epoch.
Rows WithoutHistory(Rows rows, int64_t restored_at) {
  rows.erase(IdentityKey());
  rows.erase(CommitKey(restored_at));
  return rows;
}

class StoreBackupTest : public ::testing::Test {
 protected:
  StoreBackupTest()
      : memory_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
        files_(std::make_shared<FaultyFileSystem>(memory_->GetFileSystem())),
        env_(testing::MakeEnv(files_)) {
    options_ = OptionsAt("/node/plan");
  }

  StoreOptions OptionsAt(const std::string& path) {
    StoreOptions options;
    options.path = path;
    options.service = "plan";
    options.node = "city";
    options.ids = &ids_;
    options.clock = &clock_;
    options.env = env_.get();
    options.threaded = false;
    return options;
  }

  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options) { return Store::Open(options); }

  static std::unique_ptr<Store> MustOpen(const StoreOptions& options) {
    auto opened = Store::Open(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  // Requests that write an entity, an index entry, a position and a memo each.
  static void Write(Store& store, int first, int last) {
    for (int i = first; i < last; ++i) {
      v1::Unit request, response;
      request.set_display_name(StrCat("单位", i));
      ASSERT_EQ(store.Request({Anybody(), "Create", StrCat("r-", i), request}, &response,
                              [&](Transaction& tx) -> absl::Status {
                                v1::FeedPosition position;
                                position.set_sequence(i);
                                tx.SetPosition("hop", position);
                                tx.PutIndex(kNames, {request.display_name(), "units/1"}, "own");
                                return tx.Put(StrCat("units/", i % 7), request, {"downstream"}).status();
                              }),
                absl::OkStatus());
    }
  }

  // A store with two openings' worth of writes, and a copy of it. What a copy writes at once ends before the last rows:
  // those that nothing but the end of the copy vouches for.
  void MakeCopy() {
    Write(*MustOpen(options_), 0, 20);
    auto store = MustOpen(options_);
    ASSERT_EQ(store->Run({"test", ""},
                         [](Transaction& tx) -> absl::Status {
                           v1::Unit large;
                           large.set_display_name(std::string(1 << 20, 'x'));
                           tx.PutLocal("a", large);
                           tx.PutLocal("b", v1::Unit());
                           return absl::OkStatus();
                         }),
              absl::OkStatus());
    Write(*store, 20, 40);
    rows_ = RowsOf(*store->TakeSnapshot());
    auto copy = CopyStore(*store, kCopy);
    ASSERT_TRUE(copy.ok()) << copy.status();
    copy_ = *copy;
  }

  // What became of a restore that did not come to its end: refused, or as if it had never begun.
  void ExpectNothingOrWhole(const StoreOptions& options) {
    auto store = Open(options);
    if (!store.ok()) {
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
      return;
    }
    if ((*store)->head().sequence() == 1) return;
    ++whole_;
    EXPECT_EQ((*store)->VerifyChain(), absl::OkStatus());
    EXPECT_EQ((*store)->VerifyFeed(), absl::OkStatus());
    EXPECT_EQ(WithoutHistory(RowsOf(*(*store)->TakeSnapshot()), copy_.head.sequence() + 1), WithoutHistory(rows_, 0));
  }

  FakeIds ids_;
  FakeClock clock_;
  std::unique_ptr<rocksdb::Env> memory_;
  std::shared_ptr<FaultyFileSystem> files_;
  std::shared_ptr<rocksdb::Env> env_;
  StoreOptions options_;
  Rows rows_;
  StoreCopy copy_;
  int whole_ = 0;
};

TEST_F(StoreBackupTest, ACopyHoldsWhatWasAcknowledgedAndNothingLater) {
  auto store = MustOpen(options_);
  Write(*store, 0, 30);
  const v1::FeedPosition head = store->head();
  const Rows rows = RowsOf(*store->TakeSnapshot());
  auto copy = CopyStore(*store, kCopy);
  ASSERT_TRUE(copy.ok()) << copy.status();
  Write(*store, 30, 60);
  auto checked = CheckCopy(env_.get(), kCopy);
  ASSERT_TRUE(checked.ok()) << checked.status();
  for (const StoreCopy& facts : {*copy, *checked}) {
    EXPECT_EQ(facts.service, "plan");
    EXPECT_EQ(facts.node, "city");
    EXPECT_EQ(facts.head.SerializeAsString(), head.SerializeAsString());
    EXPECT_EQ(facts.head_time, clock_.Now());
  }
  auto restored = RestoreStore(OptionsAt("/restored/plan"), kCopy);
  ASSERT_TRUE(restored.ok()) << restored.status();
  auto again = MustOpen(OptionsAt("/restored/plan"));
  EXPECT_EQ(WithoutHistory(RowsOf(*again->TakeSnapshot()), head.sequence() + 1), WithoutHistory(rows, 0));
}

TEST_F(StoreBackupTest, ARestoredStoreGoesOnInAnEpochOfItsOwn) {
  MakeCopy();
  auto old = MustOpen(options_);
  auto restored = RestoreStore(OptionsAt("/restored/plan"), kCopy);
  ASSERT_TRUE(restored.ok()) << restored.status();
  auto store = MustOpen(OptionsAt("/restored/plan"));
  EXPECT_NE(store->epoch(), old->epoch());
  EXPECT_EQ(store->head().SerializeAsString(), restored->head.SerializeAsString());
  EXPECT_EQ(store->head().sequence(), old->head().sequence() + 1);
  // The same numbers, other content, told apart by the epoch.
  Write(*old, 40, 50);
  Write(*store, 50, 60);
  EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  // What was answered before is answered again.
  v1::Unit request, response;
  request.set_display_name("单位4");
  const auto refuse = [](Transaction&) { return absl::InternalError("it runs again"); };
  EXPECT_EQ(store->Request({Anybody(), "Create", "r-4", request}, &response, refuse), absl::OkStatus());
}

TEST_F(StoreBackupTest, AStoreCanBeRestoredFromTheCopyOfARestoredOne) {
  MakeCopy();
  std::set<std::string> epochs = {copy_.head.epoch()};
  std::string copy = kCopy;
  for (int round = 0; round < 3; ++round) {
    const StoreOptions options = OptionsAt(StrCat("/restored", round, "/plan"));
    ASSERT_TRUE(RestoreStore(options, copy).ok());
    auto store = MustOpen(options);
    EXPECT_TRUE(epochs.insert(store->epoch()).second);
    Write(*store, 100 + 10 * round, 105 + 10 * round);
    EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
    copy = StrCat("/backups/again", round, "/plan");
    ASSERT_TRUE(CopyStore(*store, copy).ok());
    auto checked = CheckCopy(env_.get(), copy);
    ASSERT_TRUE(checked.ok()) << checked.status();
    EXPECT_EQ(checked->head.SerializeAsString(), store->head().SerializeAsString());
  }
}

TEST_F(StoreBackupTest, ACopyIsTakenWhileWritesGoOn) {
  options_.threaded = true;
  auto store = MustOpen(options_);
  std::vector<std::thread> writers;
  std::atomic<bool> stop = false;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 1000 * writer; !stop; ++i) Write(*store, i, i + 1);
    });
  }
  for (int round = 0; round < 5; ++round) {
    const std::string folder = StrCat("/backups/", round);
    const int64_t before = store->head().sequence();
    auto copy = CopyStore(*store, folder);
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_GE(copy->head.sequence(), before);
    EXPECT_LE(copy->head.sequence(), store->head().sequence());
    auto checked = CheckCopy(env_.get(), folder);
    ASSERT_TRUE(checked.ok()) << checked.status();
    EXPECT_EQ(checked->head.SerializeAsString(), copy->head.SerializeAsString());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_F(StoreBackupTest, NothingIsWrittenOverWhatIsThere) {
  MakeCopy();
  auto again = CopyStore(*MustOpen(options_), kCopy);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition) << again.status();
  EXPECT_TRUE(CheckCopy(env_.get(), kCopy).ok());
  auto over = RestoreStore(options_, kCopy);
  EXPECT_EQ(over.status().code(), absl::StatusCode::kFailedPrecondition) << over.status();
  EXPECT_THAT(std::string(over.status().message()), HasSubstr("/node/plan is not empty"));
  EXPECT_EQ(RowsOf(*MustOpen(options_)->TakeSnapshot()), rows_);
}

TEST_F(StoreBackupTest, ACopyOfAnotherServiceOrNodeIsRefused) {
  MakeCopy();
  StoreOptions other = OptionsAt("/other/plan");
  other.service = "assignment";
  EXPECT_EQ(RestoreStore(other, kCopy).status().code(), absl::StatusCode::kFailedPrecondition);
  other.service = "plan";
  other.node = "district";
  const absl::Status refused = RestoreStore(other, kCopy).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("of node `city`"));
  // Nothing was left: the right one can still go there.
  other.node = "city";
  EXPECT_TRUE(RestoreStore(other, kCopy).ok());
}

TEST_F(StoreBackupTest, ADamagedCopyIsRefusedOrHarmless) {
  MakeCopy();
  std::vector<std::string> names;
  ASSERT_TRUE(files_->GetChildren(kCopy, {}, &names, nullptr).ok());
  std::mt19937_64 dice(11);
  int refused = 0;
  int damages = 0;
  const auto check = [&](const std::string& what) {
    ++damages;
    auto checked = CheckCopy(env_.get(), kCopy);
    if (checked.ok()) {
      EXPECT_EQ(checked->head.SerializeAsString(), copy_.head.SerializeAsString()) << what;
      return;
    }
    ++refused;
    EXPECT_EQ(checked.status().code(), absl::StatusCode::kDataLoss) << what << ": " << checked.status();
    EXPECT_THAT(std::string(checked.status().message()), HasSubstr(kCopy)) << what;
    const StoreOptions there = OptionsAt("/restored/plan");
    EXPECT_FALSE(RestoreStore(there, kCopy).ok()) << what;
    EXPECT_FALSE(files_->FileExists("/restored/plan/high_water", {}, nullptr).ok()) << what;
  };
  for (const std::string& name : names) {
    const std::string path = StrCat(kCopy, "/", name);
    bool folder = false;
    files_->IsDirectory(path, {}, &folder, nullptr).PermitUncheckedError();
    if (folder || name == "LOCK") continue;
    const std::string whole = files_->ReadAll(path);
    if (whole.empty()) continue;
    for (int flip = 0; flip < 20; ++flip) {
      std::string bytes = whole;
      const uint64_t at = dice() % (bytes.size() * 8);
      bytes[at / 8] = static_cast<char>(bytes[at / 8] ^ (1 << (at % 8)));
      files_->WriteAll(path, bytes);
      check(StrCat("bit ", at, " of ", name));
    }
    files_->WriteAll(path, whole.substr(0, whole.size() / 2));
    check(StrCat("half of ", name));
    files_->WriteAll(path, whole);
  }
  EXPECT_TRUE(CheckCopy(env_.get(), kCopy).ok());
  EXPECT_GT(refused, damages / 4);
}

TEST_F(StoreBackupTest, ThePowerFailsAtEveryStepOfARestore) {
  MakeCopy();
  std::mt19937_64 dice(12);
  bool done = false;
  for (int64_t nth = 1; !done && !HasFailure(); ++nth) {
    const StoreOptions options = OptionsAt(StrCat("/restored", nth, "/plan"));
    files_->Heal();
    files_->FailAt(FileOp::kChange, nth, Fault::kPowerCut);
    const bool restored = RestoreStore(options, kCopy).ok();
    done = !files_->struck();
    SCOPED_TRACE(StrCat("step ", nth));
    files_->DropUnsynced(nth % 2 == 0 ? nullptr : &dice);
    EXPECT_TRUE(!restored || Open(options).ok());
    ExpectNothingOrWhole(options);
  }
  EXPECT_GE(whole_, 1);
}

TEST_F(StoreBackupTest, TheDiskFailsAtEveryStepOfARestore) {
  MakeCopy();
  for (const Fault fault : {Fault::kError, Fault::kNoSpace}) {
    bool done = false;
    for (int64_t nth = 1; !done && !HasFailure(); ++nth) {
      const StoreOptions options = OptionsAt(StrCat("/restored", static_cast<int>(fault), "-", nth, "/plan"));
      files_->Heal();
      files_->FailAt(FileOp::kChange, nth, fault);
      const bool restored = RestoreStore(options, kCopy).ok();
      done = !files_->struck();
      files_->Heal();
      SCOPED_TRACE(StrCat("step ", nth));
      EXPECT_TRUE(!restored || Open(options).ok());
      ExpectNothingOrWhole(options);
    }
  }
}

TEST_F(StoreBackupTest, ThePowerFailsAtEveryStepOfACopy) {
  MakeCopy();
  auto store = MustOpen(options_);
  std::mt19937_64 dice(13);
  bool done = false;
  int whole = 0;
  for (int64_t nth = 1; !done && !HasFailure(); ++nth) {
    const std::string folder = StrCat("/backups/cut", nth);
    files_->Heal();
    files_->FailAt(FileOp::kChange, nth, Fault::kPowerCut);
    const bool copied = CopyStore(*store, folder).ok();
    done = !files_->struck();
    store.reset();
    files_->DropUnsynced(nth % 2 == 0 ? nullptr : &dice);
    auto checked = CheckCopy(env_.get(), folder);
    EXPECT_TRUE(checked.ok() || !copied) << checked.status();
    if (checked.ok()) {
      ++whole;
      EXPECT_EQ(checked->head.SerializeAsString(), copy_.head.SerializeAsString());
      const StoreOptions restored = OptionsAt(StrCat("/restored", nth, "/plan"));
      EXPECT_TRUE(RestoreStore(restored, folder).ok());
      EXPECT_EQ(WithoutHistory(RowsOf(*MustOpen(restored)->TakeSnapshot()), copy_.head.sequence() + 1),
                WithoutHistory(rows_, 0));
    }
    store = MustOpen(options_);
  }
  EXPECT_GE(whole, 1);
}

TEST_F(StoreBackupTest, ACopyThatIsStoppedIsNoCopy) {
  auto store = MustOpen(options_);
  Write(*store, 0, 20);
  Work work;
  work.Stop();
  EXPECT_EQ(CopyStore(*store, kCopy, &work).status().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(CheckCopy(env_.get(), kCopy).ok());
}

}  // namespace
}  // namespace duban
