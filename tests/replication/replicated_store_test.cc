// Stores whose commits go into one log: copies of it, each a prefix of the other.

#include "common/store/replicated_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <latch>
#include <thread>
#include <tuple>

#include "absl/strings/escaping.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/store/backup.h"
#include "common/store/keys.h"
#include "duban/storage/v1/log_entry.pb.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/unit.pb.h"
#include "tests/replication/log_fixture.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"

namespace duban::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The disk, the clock and the store of one replica. Two of them begin with the same data.
class Replica {
 public:
  explicit Replica(CommitLog* log, bool threaded = false)
      : log_(log),
        memory_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
        files_(std::make_shared<FaultyFileSystem>(memory_->GetFileSystem())),
        env_(MakeEnv(files_)) {
    options_.path = "/node/plan";
    options_.service = "plan";
    options_.node = "district";
    options_.clock = &clock_;
    options_.ids = &ids_;
    options_.env = env_.get();
    options_.threaded = false;
    // As a node that had data before it became several: the same ids and the same time make the same first commits.
    const auto alone = Store::Open(options_);
    EXPECT_TRUE(alone.ok()) << alone.status();
    EXPECT_EQ(Put(**alone, "units/first"), absl::OkStatus());
    beginning_ = {(*alone)->head().sequence(), (*alone)->head().hash()};
    options_.threaded = threaded;
  }

  absl::Status Open() {
    store_.reset();
    auto opened = ReplicatedStore::Open(options_, log_, name_);
    if (opened.ok()) store_ = *std::move(opened);
    return opened.status();
  }
  // The machine loses its power, and the store what it did not sync: closing it saves nothing any more.
  void LosePower() {
    files_->FailAt(FileOp::kChange, 1, Fault::kPowerCut);
    store_.reset();
    files_->DropUnsynced();
  }
  // From now on nothing can be synced: the store fails, which this returns.
  absl::Status Fail() {
    files_->FailAt(FileOp::kSync, 1, Fault::kError, /*sticky=*/true);
    return store_->SyncCopy().status();
  }

  static absl::Status Put(Store& store, const std::string& name) {
    v1::Unit unit;
    unit.set_name(name);
    return store.Run({"test", ""},
                     [&](Transaction& transaction) { return transaction.Put(name, unit, {"downstream"}).status(); });
  }
  absl::Status Put(const std::string& name) { return Put(*store_, name); }
  bool Has(const std::string& name) {
    const auto row = store_->TakeSnapshot()->GetRow(EntityKey(name));
    EXPECT_TRUE(row.ok()) << row.status();
    return row->has_value();
  }
  // Takes what the log has until there is no more.
  void CatchUp() {
    while (true) {
      const auto more = store_->CatchUp();
      ASSERT_TRUE(more.ok()) << more.status();
      if (!*more) return;
    }
  }
  // Every row, key by key.
  std::map<std::string, std::string> Rows() {
    std::map<std::string, std::string> rows;
    EXPECT_EQ(store_->TakeSnapshot()->ScanRows("", "",
                                               [&](std::string_view key, std::string_view value) {
                                                 rows.emplace(key, value);
                                                 return true;
                                               }),
              absl::OkStatus());
    return rows;
  }
  LogPosition end() const { return {store_->head().sequence(), store_->head().hash()}; }

  ReplicatedStore* operator->() { return store_.get(); }
  const LogPosition& beginning() const { return beginning_; }
  FakeClock& clock() { return clock_; }
  StoreOptions& options() { return options_; }
  // What it is opened with.
  LogName& log_name() { return name_; }
  // Opens it as a node that stands alone.
  absl::Status OpenAlone() {
    store_.reset();
    return Store::Open(options_).status();
  }

 private:
  CommitLog* const log_;
  LogName name_ = {"/duban/district/plan/", 1};
  FakeClock clock_;
  FakeIds ids_;
  const std::unique_ptr<rocksdb::Env> memory_;
  const std::shared_ptr<FaultyFileSystem> files_;
  const std::shared_ptr<rocksdb::Env> env_;
  StoreOptions options_;
  LogPosition beginning_;
  std::unique_ptr<ReplicatedStore> store_;
};

class ReplicatedStores : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(a_.beginning(), b_.beginning());
    ASSERT_EQ(log_a_.Begin(a_.beginning()), absl::OkStatus());
    ASSERT_EQ(a_.Open(), absl::OkStatus());
    ASSERT_EQ(b_.Open(), absl::OkStatus());
  }

  static EtcdLogOptions Options(Etcd* etcd) {
    EtcdLogOptions options = LogOptions(etcd);
    options.append = kShortPatience;
    return options;
  }

  // Makes a replica lead, whoever did before, and returns what its store says to it.
  absl::Status TakeOver(EtcdLog& log, Replica& replica) {
    fake_.EndLeases();
    Elector elector({.node = "district", .address = "a:1", .etcd = etcd_.get()});
    const auto tenure = elector.Campaign({{"plan", replica.end()}});
    EXPECT_TRUE(tenure.ok()) << tenure.status();
    const auto head = log.Lead(*tenure);
    EXPECT_TRUE(head.ok()) << head.status();
    return replica->Lead(*head);
  }

  // The entry behind a position, with its rows changed and everything else as the leader made it.
  void ChangeRows(const LogPosition& after, const std::function<void(storage::v1::LogRows&)>& change) {
    const std::string key = keys_.Entry(after.sequence + 1);
    const auto entry = ParseEntry(*fake_.Key(key));
    ASSERT_TRUE(entry.ok()) << entry.status();
    auto commit = UnpackEntry(*entry, entry->rows());
    storage::v1::LogRows rows;
    ASSERT_TRUE(rows.ParseFromString(commit->rows));
    change(rows);
    commit->rows = rows.SerializeAsString();
    fake_.SetKey(key, PackEntry(*commit, entry->term()).entry.SerializeAsString());
  }

  FakeEtcd fake_;
  const std::unique_ptr<Etcd> etcd_ = Connect({fake_.address()});
  const LogKeys keys_{NodeKeys("district"), "plan"};
  EtcdLog log_a_{Options(etcd_.get())}, log_b_{Options(etcd_.get())};
  Replica a_{&log_a_}, b_{&log_b_};
};

TEST_F(ReplicatedStores, AreAtEveryMomentPrefixesOfOneAnother) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  std::map<int64_t, std::string> history = {{a_.beginning().sequence, a_.beginning().hash}};
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(a_.Put(StrCat("units/u", i % 7, "/n", i)), absl::OkStatus());
    history[a_.end().sequence] = a_.end().hash;
    if (i % 3 == 0) {
      ASSERT_TRUE(b_->CatchUp().ok());
    }
    ASSERT_EQ(history.at(b_.end().sequence), b_.end().hash);
  }
  b_.CatchUp();
  EXPECT_EQ(a_.Rows(), b_.Rows());
  EXPECT_EQ(b_->VerifyChain(), absl::OkStatus());
  EXPECT_EQ(b_->VerifyFeed(), absl::OkStatus());
  EXPECT_EQ(a_->epoch(), b_->epoch());
}

TEST_F(ReplicatedStores, GoOnOneAfterTheOther) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/by-a"), absl::OkStatus());
  // The other one has caught up with nothing yet: it does so before it takes commands.
  ASSERT_EQ(TakeOver(log_b_, b_), absl::OkStatus());
  EXPECT_TRUE(b_.Has("units/by-a"));
  ASSERT_EQ(b_.Put("units/by-b"), absl::OkStatus());
  // Who led before finds out when it writes, and follows.
  EXPECT_EQ(ReasonOf(a_.Put("units/too-late")), v1::NOT_SERVING);
  EXPECT_FALSE(a_->leads());
  a_.CatchUp();
  EXPECT_FALSE(a_.Has("units/too-late"));
  EXPECT_TRUE(a_.Has("units/by-b"));
  EXPECT_EQ(a_.Rows(), b_.Rows());
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  EXPECT_EQ(a_.Put("units/by-a-again"), absl::OkStatus());
}

TEST_F(ReplicatedStores, TakeNoCommandsWhileTheyFollow) {
  EXPECT_EQ(ReasonOf(a_.Put("units/u1")), v1::NOT_SERVING);
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  EXPECT_EQ(a_->CatchUp().status().code(), absl::StatusCode::kFailedPrecondition);
  a_->Follow();
  EXPECT_EQ(ReasonOf(a_.Put("units/u1")), v1::NOT_SERVING);
  EXPECT_EQ(a_.end(), a_.beginning());
}

TEST_F(ReplicatedStores, WhatTheLogRefusedIsInNoCopy) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.EndLeases();
  EXPECT_EQ(ReasonOf(a_.Put("units/refused")), v1::NOT_SERVING);
  EXPECT_FALSE(a_->leads());
  EXPECT_EQ(a_.end(), a_.beginning());
  ASSERT_EQ(a_.Open(), absl::OkStatus());
  EXPECT_FALSE(a_.Has("units/refused"));
  EXPECT_EQ(a_.end(), a_.beginning());
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/next"), absl::OkStatus());
  b_.CatchUp();
  EXPECT_FALSE(b_.Has("units/refused"));
}

TEST_F(ReplicatedStores, WhatNobodyKnowsIsToldSoAndMayBeThere) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.AllTxns(Fate::kLate);
  EXPECT_EQ(ReasonOf(a_.Put("units/perhaps")), v1::OUTCOME_UNKNOWN);
  EXPECT_FALSE(a_->leads());
  EXPECT_FALSE(a_.Has("units/perhaps"));
  fake_.AllTxns(Fate::kAnswered);
  fake_.ApplyLate();
  a_.CatchUp();
  EXPECT_TRUE(a_.Has("units/perhaps"));
}

TEST_F(ReplicatedStores, WithoutRoomInTheLogNothingHappensAndLeadingGoesOn) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.SetFull(true);
  EXPECT_EQ(ReasonOf(a_.Put("units/no-room")), v1::LIMIT_REACHED);
  EXPECT_TRUE(a_->leads());
  fake_.SetFull(false);
  EXPECT_EQ(a_.Put("units/room"), absl::OkStatus());
  EXPECT_FALSE(a_.Has("units/no-room"));
}

TEST_F(ReplicatedStores, AnEtcdWithTooMuchToDoIsNotFull) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.AllTxns(Fate::kTooBusy);
  EXPECT_EQ(ReasonOf(a_.Put("units/busy")), v1::NOT_SERVING);
  EXPECT_FALSE(a_->leads());
}

TEST_F(ReplicatedStores, WhatTheLogFindsTooLargeHappensNotAndLeadingGoesOn) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.NextTxns({Fate::kTooLarge});
  const absl::Status large = a_.Put("units/large");
  EXPECT_EQ(ReasonOf(large), v1::LIMIT_REACHED);
  EXPECT_THAT(std::string(large.message()), HasSubstr("too large for the log"));
  EXPECT_TRUE(a_->leads());
  EXPECT_EQ(a_.Put("units/small"), absl::OkStatus());
  EXPECT_FALSE(a_.Has("units/large"));
}

TEST_F(ReplicatedStores, AppendNothingOnceTheyFailed) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/before"), absl::OkStatus());
  const auto head = fake_.Key(keys_.Head());
  // While a command runs, the store fails.
  const absl::Status put = a_->Run({"test", ""}, [&](Transaction& transaction) {
    EXPECT_NE(a_.Fail(), absl::OkStatus());
    v1::Unit unit;
    return transaction.Put("units/after", unit, {}).status();
  });
  EXPECT_EQ(ReasonOf(put), v1::NOT_SERVING);
  EXPECT_THAT(std::string(put.message()), HasSubstr("the store takes no writes"));
  EXPECT_EQ(fake_.Key(keys_.Head()), head);
}

TEST_F(ReplicatedStores, AreToldOnceToLead) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  EXPECT_EQ(a_->Lead(a_.end()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(a_.Put("units/u1"), absl::OkStatus());
}

TEST_F(ReplicatedStores, LeadOnlyOnceTheyHoldAllOfTheLog) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  fake_.Freeze();
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  // The old view has not got it.
  EXPECT_EQ(TakeOver(log_b_, b_).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(b_->leads());
  EXPECT_EQ(ReasonOf(b_.Put("units/u2")), v1::NOT_SERVING);
  fake_.Thaw();
  ASSERT_EQ(TakeOver(log_b_, b_), absl::OkStatus());
  EXPECT_TRUE(b_.Has("units/u1"));
}

TEST_F(ReplicatedStores, DoNotLeadALogThatWasPutBack) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  a_->Follow();
  const absl::Status led = a_->Lead(a_.beginning());
  EXPECT_EQ(led.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(led.message()), HasSubstr("put back to an earlier state"));
}

TEST_F(ReplicatedStores, TellWhoListensWhatCameFromTheLog) {
  Audiences told;
  const auto listening = b_->OnCommit([&](const Audiences& touched) { told = touched; });
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  b_.CatchUp();
  EXPECT_THAT(told, ElementsAre("downstream"));
}

// What a listener was told of one change.
using Told = std::tuple<int64_t, std::string, std::vector<std::string>, std::vector<std::string>>;

std::shared_ptr<void> Listen(Replica& replica, std::vector<Told>& told) {
  return replica->OnChange([&told](const std::vector<EntityChange>& changes) {
    for (const EntityChange& change : changes) {
      told.push_back({change.sequence, change.name, *change.audiences, change.withdrawn_from});
    }
  });
}

TEST_F(ReplicatedStores, TellWhoListensWhatChangedAsTheLeaderDoes) {
  std::vector<Told> by_leader, by_follower;
  const auto leader = Listen(a_, by_leader), follower = Listen(b_, by_follower);
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  Audiences many;
  for (int i = 0; i < 50; ++i) many.insert(StrCat("node/district-", i));
  const auto put = [&](const std::string& name, const std::string& text, const Audiences& audiences) {
    v1::Unit unit;
    unit.set_name(text);
    ASSERT_EQ(a_->Run({"test", ""},
                      [&](Transaction& transaction) { return transaction.Put(name, unit, audiences).status(); }),
              absl::OkStatus());
  };
  put("units/u1", "1", {"downstream", "node/east"});
  put("units/u1", "2", {"downstream"});
  // Whom it concerns lies in a row of its own, which the second change does not write.
  put("units/wide", "1", many);
  put("units/wide", "2", many);
  ASSERT_EQ(a_->Run({"test", ""}, [&](Transaction& transaction) { return transaction.Delete("units/u1"); }),
            absl::OkStatus());
  b_.CatchUp();
  EXPECT_EQ(by_leader.size(), 5u);
  EXPECT_EQ(by_follower, by_leader);
}

TEST_F(ReplicatedStores, TakeNoOtherRowsThanTheLeaderMade) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  const LogPosition before = b_.end();
  ChangeRows(before, [](storage::v1::LogRows& rows) { rows.mutable_rows(0)->mutable_value()->append("x"); });
  const auto taken = b_->CatchUp();
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr("its rows are others"));
  EXPECT_EQ(b_.end(), before);
}

TEST_F(ReplicatedStores, TakeNoRecordThatWasAltered) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  ChangeRows(b_.end(), [](storage::v1::LogRows& rows) {
    auto* last = rows.mutable_rows(rows.rows_size() - 1);
    storage::v1::CommitRecord record;
    ASSERT_TRUE(record.ParseFromString(last->value()));
    record.mutable_audits(0)->set_caller("somebody else");
    last->set_value(record.SerializeAsString());
  });
  EXPECT_THAT(std::string(b_->CatchUp().status().message()), HasSubstr("its record was altered"));
}

void ExpectCommitTimesRise(Replica& replica) {
  absl::Time last = absl::InfinitePast();
  for (const auto& [key, value] : replica.Rows()) {
    if (key[0] != static_cast<char>(KeyKind::kCommit)) continue;
    storage::v1::CommitRecord record;
    ASSERT_TRUE(record.ParseFromString(value));
    EXPECT_LE(last, FromProto(record.commit_time()));
    last = FromProto(record.commit_time());
  }
}

TEST_F(ReplicatedStores, CommitTimesNeverRunBackwards) {
  a_.clock().Step(absl::Hours(1));
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  ASSERT_EQ(TakeOver(log_b_, b_), absl::OkStatus());
  ASSERT_EQ(b_.Put("units/u2"), absl::OkStatus());
  ExpectCommitTimesRise(b_);
}

TEST_F(ReplicatedStores, NorAfterARestartWithAnotherClock) {
  a_.clock().Step(absl::Hours(1));
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  a_.clock().Step(-absl::Hours(1));
  ASSERT_EQ(a_.Open(), absl::OkStatus());
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/u2"), absl::OkStatus());
  ExpectCommitTimesRise(a_);
}

TEST_F(ReplicatedStores, FindBehindTheirMarkWhatTheyLost) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_.Put("units/synced"), absl::OkStatus());
  const auto synced = a_->SyncCopy();
  ASSERT_TRUE(synced.ok()) << synced.status();
  EXPECT_EQ(*synced, a_.end().sequence);
  ASSERT_EQ(a_.Put("units/not-synced"), absl::OkStatus());
  const LogPosition end = a_.end();
  a_.LosePower();
  ASSERT_EQ(a_.Open(), absl::OkStatus());
  EXPECT_TRUE(a_.Has("units/synced"));
  EXPECT_FALSE(a_.Has("units/not-synced"));
  a_.CatchUp();
  EXPECT_TRUE(a_.Has("units/not-synced"));
  EXPECT_EQ(a_.end(), end);
}

TEST_F(ReplicatedStores, AreSyncedByThemselvesAfterSomeMebibytes) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  const int64_t before = a_.end().sequence;
  const std::string large(3 << 20, 'x');
  for (int i = 0; i < 2; ++i) {
    const absl::Status put = a_->Run({"test", ""}, [&](Transaction& transaction) {
      v1::Unit unit;
      unit.set_name(large);
      transaction.PutLocal(StrCat("large/", i), unit);
      return absl::OkStatus();
    });
    ASSERT_EQ(put, absl::OkStatus());
  }
  a_.LosePower();
  ASSERT_EQ(a_.Open(), absl::OkStatus());
  EXPECT_EQ(a_.end().sequence, before + 2);
}

TEST_F(ReplicatedStores, DoNotBeginEmpty) {
  const auto memory = MakeMemoryEnv();
  StoreOptions options;
  options.path = "/node/plan";
  options.service = "plan";
  options.node = "district";
  options.env = memory.get();
  const auto opened = ReplicatedStore::Open(options, &log_a_, {});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("begins with a copy of another one"));
  // Nothing is begun there, either.
  EXPECT_TRUE(memory->FileExists(options.path).IsNotFound());
}

TEST_F(ReplicatedStores, SayWhichLogTheyGoOnFrom) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  EXPECT_FALSE(a_->names_its_log());
  ASSERT_EQ(a_->NameLog(), absl::OkStatus());
  const LogPosition named = a_.end();
  ASSERT_EQ(a_->NameLog(), absl::OkStatus());
  EXPECT_EQ(a_.end(), named);
  // Followers learn of it as of anything else.
  EXPECT_FALSE(b_->names_its_log());
  b_.CatchUp();
  EXPECT_TRUE(b_->names_its_log());
}

TEST_F(ReplicatedStores, AreNotOpenedAloneOrWithAnotherLog) {
  ASSERT_EQ(b_.OpenAlone(), absl::OkStatus()) << "it goes on from no log yet";
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_->NameLog(), absl::OkStatus());
  const absl::Status alone = a_.OpenAlone();
  EXPECT_EQ(alone.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(alone.message()), HasSubstr("is a copy of the log /duban/district/plan/"));
  EXPECT_EQ(a_.Open(), absl::OkStatus());
  a_.log_name().cluster_id = 2;
  const absl::Status elsewhere = a_.Open();
  EXPECT_EQ(elsewhere.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(elsewhere.message()), HasSubstr("of the etcd cluster 1, not of"));
}

TEST_F(ReplicatedStores, ARestoredStoreIsOfNoLog) {
  ASSERT_EQ(TakeOver(log_a_, a_), absl::OkStatus());
  ASSERT_EQ(a_->NameLog(), absl::OkStatus());
  const auto copied = CopyStore(*a_.operator->(), "/copy");
  ASSERT_TRUE(copied.ok()) << copied.status();
  StoreOptions restored = a_.options();
  restored.path = "/restored";
  const auto made = RestoreStore(restored, "/copy");
  ASSERT_TRUE(made.ok()) << made.status();
  const auto alone = Store::Open(restored);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ((*alone)->VerifyChain(), absl::OkStatus());
}

// Every row of a store, and its mark, in a few bytes.
std::string DigestOf(const Store& store, rocksdb::Env* env) {
  std::string all;
  const auto add = [&all](std::string_view bytes) { all.append(StrCat(bytes.size(), ":")).append(bytes); };
  EXPECT_EQ(store.TakeSnapshot()->ScanRows("", "",
                                           [&](std::string_view key, std::string_view value) {
                                             add(key);
                                             add(value);
                                             return true;
                                           }),
            absl::OkStatus());
  std::string mark;
  EXPECT_TRUE(rocksdb::ReadFileToString(env, store.options().path + "/high_water", &mark).ok());
  add(mark);
  return absl::BytesToHexString(ToAbsl(Sha256(all)));
}

// What a node without replicas has on disk is, byte for byte, what it had before there were any.
TEST(StoreAlone, HasNoByteOfLogs) {
  const auto memory = MakeMemoryEnv();
  FakeClock clock;
  FakeIds ids;
  StoreOptions options;
  options.path = "/node/plan";
  options.service = "plan";
  options.node = "district";
  options.env = memory.get();
  options.clock = &clock;
  options.ids = &ids;
  options.threaded = false;
  auto store = Store::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(Replica::Put(**store, "units/u1"), absl::OkStatus());
  // Alone, commit times are what the clock says.
  clock.Step(-absl::Hours(1));
  ASSERT_EQ(Replica::Put(**store, "units/u2"), absl::OkStatus());
  store->reset();
  store = Store::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  clock.Step(-absl::Hours(1));
  ASSERT_EQ((*store)->Run({"test", ""}, [&](Transaction& transaction) { return transaction.Delete("units/u1"); }),
            absl::OkStatus());
  EXPECT_EQ(DigestOf(**store, memory.get()), "29af2179baafec76ce747ac4fbb20661bd581f0e486d91b992bf0a040630faa0");
}

// A log in memory whose second append waits for the test, and is refused.
class SlowLog : public CommitLog {
 public:
  AppendResult Append(const LoggedCommit& commit) override {
    if (++appended_ != 2) return {Appended::kDurable, absl::OkStatus()};
    arrived_.count_down();
    go_on_.wait();
    return {Appended::kRefused, absl::FailedPreconditionError("another leads")};
  }
  absl::StatusOr<std::vector<LoggedCommit>> Read(const LogPosition&) override { return std::vector<LoggedCommit>(); }
  absl::StatusOr<LogPosition> Head() override { return absl::NotFoundError("none"); }
  absl::Status Trim(int64_t) override { return absl::OkStatus(); }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }

  void WaitForAppend() { arrived_.wait(); }
  void GoOn() { go_on_.count_down(); }

 private:
  std::latch arrived_{1}, go_on_{1};
  int appended_ = 0;
};

// A command that says when it runs, and goes on when it is told.
absl::Status PutInSteps(Replica& replica, const std::string& name, std::latch& running, std::latch* go_on) {
  return replica->Run({"test", ""}, [&](Transaction& transaction) {
    v1::Unit unit;
    unit.set_name(name);
    const absl::Status put = transaction.Put(name, unit, {}).status();
    running.count_down();
    if (go_on != nullptr) go_on->wait();
    return put;
  });
}

TEST(ReplicatedStoreWriter, WhatFormedOnTopOfARefusedGroupIsRefusedWithIt) {
  SlowLog log;
  Replica replica(&log, /*threaded=*/true);
  replica.options().max_queue = 2;
  ASSERT_EQ(replica.Open(), absl::OkStatus());
  ASSERT_EQ(replica->Lead(replica.end()), absl::OkStatus());
  // While one command keeps the writer, two more queue: with nobody to share with, a command would be written alone,
  // and nothing would form on top of it. A third one has no room and says so.
  std::latch running(1), go_on(1), queue_is_full(1);
  std::thread first([&] { EXPECT_EQ(PutInSteps(replica, "units/first", running, &go_on), absl::OkStatus()); });
  running.wait();
  absl::Status in_flight[3];
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&, i] {
      in_flight[i] = replica.Put(StrCat("units/in-flight-", i));
      if (ReasonOf(in_flight[i]) == v1::OVERLOADED) queue_is_full.count_down();
    });
  }
  queue_is_full.wait();
  go_on.count_down();
  log.WaitForAppend();
  std::latch formed_ran(1);
  absl::Status formed;
  std::thread on_top([&] { formed = PutInSteps(replica, "units/formed", formed_ran, nullptr); });
  formed_ran.wait();
  log.GoOn();
  for (std::thread& caller : callers) caller.join();
  for (const absl::Status& status : in_flight) {
    EXPECT_TRUE(ReasonOf(status) == v1::NOT_SERVING || ReasonOf(status) == v1::OVERLOADED) << status;
  }
  replica->Follow();
  ASSERT_EQ(replica->Lead(replica.end()), absl::OkStatus());
  EXPECT_EQ(replica.Put("units/next"), absl::OkStatus());
  first.join();
  on_top.join();
  EXPECT_EQ(ReasonOf(formed), v1::NOT_SERVING);
  EXPECT_FALSE(replica.Has("units/formed"));
  EXPECT_EQ(replica->VerifyChain(), absl::OkStatus());
}

}  // namespace
}  // namespace duban::testing
