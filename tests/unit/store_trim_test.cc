// Cutting off old history: what has to be there to do so, what stays, and who notices.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/store/backup.h"
#include "common/store/checkpoint.h"
#include "common/store/concern.h"
#include "common/store/store.h"
#include "common/store/verification.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::TestStore;

class StoreTrimTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& value, const Audiences& audiences) {
    ASSERT_EQ(store_->Run({"test", ""},
                          [&](Transaction& tx) -> absl::Status {
                            v1::Unit unit;
                            unit.set_display_name(value);
                            return tx.Put(name, unit, audiences).status();
                          }),
              absl::OkStatus());
  }
  void Delete(const std::string& name) {
    ASSERT_EQ(store_->Run({"test", ""}, [&](Transaction& tx) { return tx.Delete(name); }), absl::OkStatus());
  }

  // Everything but the followers is as it has to be for cutting off what is old.
  void LetBackupAndMemosPass() {
    ASSERT_EQ(store_->NoteBackup(store_->head()), absl::OkStatus());
    // Memos are looked at up to where commits are old.
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = store_->ExpireMemos(clock_.Now() - kMemoLifetime, 1000);
    ASSERT_TRUE(more.ok()) << more.status();
  }
  void Follow(const std::string& name, const v1::FeedPosition& position) {
    ASSERT_EQ(store_->NoteFollowers({{name, position, clock_.Now()}}), absl::OkStatus());
  }
  // Cuts off all that may be.
  void Trim() {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = store_->Trim(clock_.Now() - kHistoryKept, offers_);
    ASSERT_TRUE(more.ok()) << more.status();
    EXPECT_EQ(store_->VerifyChain(), absl::OkStatus());
    EXPECT_EQ(store_->VerifyFeed(), absl::OkStatus());
    EXPECT_EQ(store_->VerifyFiles(), absl::OkStatus());
  }
  int64_t cut_off() { return ReadCheckpoint(*store_->TakeSnapshot())->sequence(); }
  int Rows(KeyKind kind) {
    int rows = 0;
    const std::string begin(1, static_cast<char>(kind));
    EXPECT_TRUE(store_->TakeSnapshot()
                    ->ScanRows(begin, PrefixEnd(begin),
                               [&](std::string_view, std::string_view) {
                                 ++rows;
                                 return true;
                               })
                    .ok());
    return rows;
  }

  FakeClock clock_;
  TestStore store_{"plan", "city", &clock_};
  // Hops that hand up what is here.
  std::vector<std::string> offers_ = {"offered_to_province"};
};

TEST_F(StoreTrimTest, NothingGoesBeforeItsTimeOrWithoutABackup) {
  for (int i = 0; i < 5; ++i) Put(StrCat("units/", i), "old", {"x"});
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Trim();
  EXPECT_EQ(cut_off(), 0);
  const int64_t old = store_->head().sequence();
  LetBackupAndMemosPass();
  Trim();
  EXPECT_EQ(cut_off(), old);
  const int64_t left = cut_off();
  for (int i = 0; i < 5; ++i) Put(StrCat("units/", i), "young", {"x"});
  clock_.Advance(kHistoryKept - absl::Hours(1));
  LetBackupAndMemosPass();
  Trim();
  EXPECT_EQ(cut_off(), left);
  clock_.Advance(absl::Hours(2));
  Trim();
  EXPECT_GT(cut_off(), left);
}

TEST_F(StoreTrimTest, WhatAFollowerOrABackupHasNotStays) {
  Put("units/a", "1", {"x"});
  const v1::FeedPosition slow = store_->head();
  Put("units/a", "2", {"x"});
  const v1::FeedPosition backed_up = store_->head();
  Put("units/a", "3", {"x"});
  const v1::FeedPosition offered = store_->head();
  Put("units/a", "4", {"x"});
  const v1::FeedPosition fast = store_->head();
  Put("units/a", "5", {"x"});
  // What is offered to a node above is read here as well.
  ASSERT_EQ(store_->Run({"test", ""},
                        [&](Transaction& tx) {
                          tx.SetPosition("offered_to_province", offered);
                          return absl::OkStatus();
                        }),
            absl::OkStatus());
  clock_.Advance(kHistoryKept + absl::Hours(1));
  absl::StatusOr<bool> more = true;
  while (*more) more = store_->ExpireMemos(clock_.Now() - kMemoLifetime, 1000);
  ASSERT_EQ(store_->NoteBackup(backed_up), absl::OkStatus());
  Follow("node/slow", slow);
  Follow("node/fast", fast);
  Trim();
  EXPECT_EQ(cut_off(), slow.sequence());
  Follow("node/slow", fast);
  Trim();
  EXPECT_EQ(cut_off(), backed_up.sequence());
  ASSERT_EQ(store_->NoteBackup(store_->head()), absl::OkStatus());
  // An older backup that is noted late says nothing new.
  ASSERT_EQ(store_->NoteBackup(slow), absl::OkStatus());
  Trim();
  EXPECT_EQ(cut_off(), offered.sequence());
  // The province is no upstream any more, though its position is still there.
  offers_.clear();
  Trim();
  EXPECT_EQ(cut_off(), fast.sequence());
}

TEST_F(StoreTrimTest, AFollowerThatIsNotHeardOfAnyMoreIsNotWaitedForAndForgotten) {
  Put("units/a", "1", {"x"});
  Follow("node/gone", store_->head());
  Put("units/a", "2", {"x"});
  const int64_t old = store_->head().sequence();
  clock_.Advance(kHistoryKept - absl::Hours(1));
  LetBackupAndMemosPass();
  Trim();
  EXPECT_EQ(cut_off(), 0);
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(store_->NotedFollower("node/gone")->has_value());
  Trim();
  EXPECT_EQ(cut_off(), old);
  EXPECT_FALSE(store_->NotedFollower("node/gone")->has_value());
}

TEST_F(StoreTrimTest, TombstonesAndWithdrawalsGoWithTheirCommits) {
  const std::string wide = StrCat("node/", std::string(300, 'w'));
  Put("units/gone", "1", {"x", wide});
  Put("units/left", "1", {"x", wide});
  Put("units/stays", "1", {"x"});
  Delete("units/gone");
  Put("units/left", "1", {"x"});
  Put("units/late", "1", {"x"});
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Delete("units/late");
  LetBackupAndMemosPass();
  ASSERT_EQ(Rows(KeyKind::kConcern), 2);
  Trim();
  std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
  EXPECT_FALSE(snapshot->GetRecord("units/gone")->has_value());
  EXPECT_EQ(Rows(KeyKind::kConcern), 0);
  const auto left = *snapshot->GetRecord("units/left");
  EXPECT_EQ(left->concern().withdrawals_size(), 0);
  EXPECT_EQ(left->concern().audiences_size(), 1);
  // What was deleted lately is still told.
  EXPECT_TRUE(snapshot->GetRecord("units/late")->has_value());
  EXPECT_EQ(snapshot->Need<v1::Unit>("units/stays")->value.display_name(), "1");
  snapshot.reset();
  // Places that are left of them are merged away.
  store_.Close();
  store_.options().merge = {2, 100, 100, 0};
  store_.Open();
  std::string audience;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = store_->MergeFeeds(&audience);
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(store_->VerifyFeed(), absl::OkStatus());
  // A new one of the same name is another one.
  Put("units/gone", "2", {"x"});
  EXPECT_EQ(store_->VerifyFeed(), absl::OkStatus());
}

TEST_F(StoreTrimTest, ItGoesInStepsThatARestartDoesNotMindAndABackupTakesWhatIsLeft) {
  for (int i = 0; i < 1200; ++i) Put(StrCat("units/", i % 10), StrCat(i), {"x"});
  const int64_t old = store_->head().sequence();
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Put("units/a", "young", {"x"});
  LetBackupAndMemosPass();
  int steps = 0;
  for (absl::StatusOr<bool> more = true; *more; ++steps) {
    more = store_->Trim(clock_.Now() - kHistoryKept, {});
    ASSERT_TRUE(more.ok()) << more.status();
    store_.Restart();
    EXPECT_EQ(store_->VerifyChain(), absl::OkStatus());
  }
  EXPECT_GE(steps, 3);
  EXPECT_EQ(cut_off(), old);
  EXPECT_LT(Rows(KeyKind::kCommit), 20);
  for (const v1::NodeCheck& check : VerifyStore(*store_.get(), nullptr)) {
    EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  }
  // Copied, restored, opened in an epoch of its own; and trimmed again there.
  ASSERT_TRUE(CopyStore(*store_.get(), "/copy").ok());
  ASSERT_TRUE(CheckCopy(store_.options().env, "/copy").ok());
  StoreOptions options = store_.options();
  options.path = "/restored";
  ASSERT_TRUE(RestoreStore(options, "/copy").ok());
  auto restored = Store::Open(options);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)->VerifyChain(), absl::OkStatus());
  EXPECT_NE((*restored)->epoch(), store_->epoch());
  clock_.Advance(2 * kHistoryKept);
  ASSERT_EQ((*restored)->NoteBackup((*restored)->head()), absl::OkStatus());
  absl::StatusOr<bool> more = true;
  while (*more) more = (*restored)->ExpireMemos(clock_.Now() - kMemoLifetime, 1000);
  ASSERT_TRUE((*restored)->Trim(clock_.Now() - kHistoryKept, {}).ok());
  restored->reset();
  // The commit that began the epoch is cut off too.
  restored = Store::Open(options);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)->VerifyChain(), absl::OkStatus());
  ASSERT_TRUE(CopyStore(**restored, "/second").ok());
  EXPECT_TRUE(CheckCopy(options.env, "/second").ok());
}

TEST_F(StoreTrimTest, ACheckpointThatWasAlteredAndCommitsThatAreMissingBehindItAreFound) {
  for (int i = 0; i < 5; ++i) Put("units/a", StrCat(i), {"x"});
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Put("units/a", "young", {"x"});
  LetBackupAndMemosPass();
  Trim();
  const auto with = [&](const std::string& key, const std::optional<std::string>& value) {
    EXPECT_EQ(store_->Run({"test", ""},
                          [&](Transaction& tx) {
                            value.has_value() ? tx.PutRow(key, *value) : tx.DeleteRow(key);
                            return absl::OkStatus();
                          }),
              absl::OkStatus());
    return store_->VerifyChain();
  };
  storage::v1::Checkpoint checkpoint = *ReadCheckpoint(*store_->TakeSnapshot());
  const std::string sound = checkpoint.SerializeAsString();
  checkpoint.set_sequence(checkpoint.sequence() + 1);
  EXPECT_THAT(std::string(with(CheckpointKey(), checkpoint.SerializeAsString()).message()), HasSubstr("was altered"));
  SealCheckpoint(checkpoint);
  EXPECT_TRUE(absl::IsDataLoss(with(CheckpointKey(), checkpoint.SerializeAsString())));
  EXPECT_TRUE(absl::IsDataLoss(with(CheckpointKey(), std::nullopt)));
  EXPECT_EQ(with(CheckpointKey(), sound), absl::OkStatus());
  // The first commit that is left.
  std::string key, value;
  ASSERT_TRUE(store_->TakeSnapshot()
                  ->ScanRows(CommitKey(0), PrefixEnd(CommitKey(0).substr(0, 1)),
                             [&](std::string_view k, std::string_view v) {
                               key = k;
                               value = v;
                               return false;
                             })
                  .ok());
  EXPECT_TRUE(absl::IsDataLoss(with(key, std::nullopt)));
  EXPECT_EQ(with(key, value), absl::OkStatus());
}

}  // namespace
}  // namespace duban
