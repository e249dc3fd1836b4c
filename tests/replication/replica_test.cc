// Replicas of a node, each with its loops, over one etcd that loses leases and answers when it is told.

#include "common/replication/replica.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/pause.h"
#include "common/store/keys.h"
#include "duban/v1/unit.pb.h"
#include "tests/replication/log_fixture.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/patience.h"

namespace duban::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kServices[] = {"plan", "assignment"};

// The real clock of a machine that can be made to have slept.
class SleepyClock : public Clock {
 public:
  absl::Time Now() override { return RealClock().Now(); }
  absl::Duration Steady() override { return RealClock().Steady() + absl::Nanoseconds(slept_.load()); }
  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) override {
    return RealClock().AwaitWithTimeout(mu, condition, timeout);
  }
  void Sleep(absl::Duration slept) { slept_ += absl::ToInt64Nanoseconds(slept); }

 private:
  std::atomic<int64_t> slept_{0};
};

// The machine of one replica. All of them begin with the same data.
class Machine {
 public:
  Machine(std::string name, const std::string& etcd) : name_(std::move(name)), etcd_(Connect({etcd})) {
    FakeClock clock;
    FakeIds ids;
    for (StoreOptions options : Stores()) {
      options.clock = &clock;
      options.ids = &ids;
      options.threaded = false;
      const auto alone = Store::Open(options);
      EXPECT_TRUE(alone.ok()) << alone.status();
      EXPECT_EQ(Put(**alone, "units/before"), absl::OkStatus());
    }
  }
  ~Machine() { Stop(); }

  absl::Status Open() {
    ReplicaOptions options;
    options.node = "district";
    options.replica = name_;
    options.address = name_ + ":1";
    options.etcd = etcd_.get();
    options.ttl = absl::Seconds(1);
    options.clock = &clock_;
    options.poll = poll_;
    options.log_kept = absl::ZeroDuration();
    auto opened = Replica::Open(options, Stores());
    if (opened.ok()) replica_ = *std::move(opened);
    return opened.status();
  }
  void Start() {
    ASSERT_EQ(Open(), absl::OkStatus());
    replica_->Start();
  }
  void Stop() { replica_.reset(); }

  static absl::Status Put(Store& store, const std::string& name) {
    v1::Unit unit;
    unit.set_name(name);
    return store.Run({"test", ""},
                     [&](Transaction& transaction) { return transaction.Put(name, unit, {"downstream"}).status(); });
  }
  absl::Status Put(const std::string& name) { return Put(*replica_->store("plan"), name); }
  bool Has(const std::string& name) const {
    const auto row = replica_->store("plan")->TakeSnapshot()->GetRow(EntityKey(name));
    return row.ok() && row->has_value();
  }
  FaultyFileSystem& files() { return *files_; }
  void SetPoll(absl::Duration poll) { poll_ = poll; }
  // From now on the machine has slept for so long more.
  void Sleep(absl::Duration slept) { clock_.Sleep(slept); }
  bool leads() const { return replica_ != nullptr && replica_->CheckLeads().ok(); }
  const std::string& name() const { return name_; }
  Replica* operator->() const { return replica_.get(); }

  std::vector<StoreOptions> Stores() const {
    std::vector<StoreOptions> stores;
    for (const char* service : kServices) {
      StoreOptions& options = stores.emplace_back();
      options.path = StrCat("/node/", service);
      options.service = service;
      options.node = "district";
      options.env = disk_.get();
    }
    return stores;
  }

 private:
  const std::string name_;
  SleepyClock clock_;
  absl::Duration poll_ = absl::Milliseconds(100);
  const decltype(MakeMemoryEnv()) memory_ = MakeMemoryEnv();
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>(memory_->GetFileSystem());
  const decltype(MakeEnv(files_)) disk_ = MakeEnv(files_);
  const std::unique_ptr<Etcd> etcd_;
  std::unique_ptr<Replica> replica_;
};

class Replicas : public ::testing::Test {
 protected:
  void StartAll() {
    for (Machine* machine : all_) machine->Start();
  }
  // The one that leads, once there is one.
  Machine* Leader() {
    Machine* leader = nullptr;
    EXPECT_TRUE(Eventually([&] {
      for (Machine* machine : all_) {
        if (machine->leads()) leader = machine;
      }
      return leader != nullptr;
    }));
    return leader;
  }
  void ExpectAllHave(const std::string& name) {
    for (Machine* machine : all_) {
      if (machine->operator->() == nullptr) continue;
      EXPECT_TRUE(Eventually([&] { return machine->Has(name); })) << machine->name() << " lacks " << name;
    }
  }

  FakeEtcd fake_;
  Machine a_{"a", fake_.address()}, b_{"b", fake_.address()}, c_{"c", fake_.address()};
  const std::vector<Machine*> all_ = {&a_, &b_, &c_};
  const LogKeys keys_{NodeKeys("district"), "plan"};
  int count_ = 0;
};

TEST_F(Replicas, OneLeadsAndTheOthersFollow) {
  StartAll();
  Machine* const leader = Leader();
  ASSERT_TRUE((*leader)->AwaitLeading());
  ASSERT_EQ(leader->Put("units/u1"), absl::OkStatus());
  ExpectAllHave("units/u1");
  for (Machine* machine : all_) {
    if (machine == leader) continue;
    EXPECT_TRUE(Eventually([&] { return (*machine)->leader_address() == leader->name() + ":1"; }));
    const absl::Status refused = (*machine)->CheckLeads();
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(MetadataOf(refused)["leader"], leader->name() + ":1");
    EXPECT_EQ(machine->Put("units/u2").code(), absl::StatusCode::kUnavailable);
  }
}

TEST_F(Replicas, WhenTheLeaderStopsAnotherGoesOnAtOnce) {
  StartAll();
  Machine* const first = Leader();
  ASSERT_EQ(first->Put("units/u1"), absl::OkStatus());
  first->Stop();
  Machine* const second = Leader();
  ASSERT_NE(second, first);
  EXPECT_TRUE(second->Has("units/u1"));
  ASSERT_EQ(second->Put("units/u2"), absl::OkStatus());
  ExpectAllHave("units/u2");
  // And comes back as one who follows.
  first->Start();
  ExpectAllHave("units/u2");
}

TEST_F(Replicas, WhoLosesTheLeaseFollowsWithoutARestart) {
  StartAll();
  Machine* const first = Leader();
  ASSERT_EQ(first->Put("units/u1"), absl::OkStatus());
  fake_.EndLeases();
  (*first)->AwaitNotLeading();
  EXPECT_FALSE(first->leads());
  EXPECT_EQ(first->Put("units/too-late").code(), absl::StatusCode::kUnavailable);
  // It does not lead again before whoever worked on its stores says so.
  Machine* const second = Leader();
  ASSERT_NE(second, first);
  ASSERT_EQ(second->Put("units/u2"), absl::OkStatus());
  ExpectAllHave("units/u2");
  EXPECT_FALSE(first->Has("units/too-late"));
  (*first)->Release();
  for (Machine* machine : all_) {
    if (machine != first) machine->Stop();
  }
  ASSERT_EQ(Leader(), first);
  EXPECT_EQ(first->Put("units/u3"), absl::OkStatus());
}

TEST_F(Replicas, NobodyLeadsWithStoresThatOthersStillWorkOn) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  fake_.EndLeases();
  a_->AwaitNotLeading();
  for (int i = 0; i < 20; ++i) {
    Pause(RealClock(), absl::Milliseconds(50));
    ASSERT_EQ(fake_.Key(NodeKeys("district").Leader()), std::nullopt);
  }
  a_->Release();
  EXPECT_EQ(Leader(), &a_);
}

TEST_F(Replicas, AnAnswerThatNeverComesEndsLeading) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  fake_.AllTxns(Fate::kLost);
  EXPECT_EQ(ReasonOf(a_.Put("units/perhaps")), v1::OUTCOME_UNKNOWN);
  a_->AwaitNotLeading();
  a_->Release();
  fake_.AllTxns(Fate::kAnswered);
  // It leads again, in another tenure.
  ASSERT_EQ(Leader(), &a_);
  EXPECT_EQ(a_.Put("units/u1"), absl::OkStatus());
  EXPECT_FALSE(a_.Has("units/perhaps"));
}

TEST_F(Replicas, EachSaysWhatItHasOnDisk) {
  StartAll();
  Machine* const leader = Leader();
  ASSERT_EQ(leader->Put("units/u1"), absl::OkStatus());
  const int64_t head = (*leader)->store("plan")->head().sequence();
  for (Machine* machine : all_) {
    EXPECT_TRUE(Eventually([&] {
      const auto synced = fake_.Key(keys_.Synced(machine->name()));
      return synced.has_value() && NumberOf(*synced) >= head;
    })) << machine->name();
  }
}

TEST_F(Replicas, WhatAMajorityHasIsCutOff) {
  StartAll();
  Machine* const leader = Leader();
  // Each commit at a moment of its own, so that there are places to cut at.
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(leader->Put(StrCat("units/u", ++count_)), absl::OkStatus());
    storage::v1::LogTrimmed trimmed;
    return trimmed.ParseFromString(*fake_.Key(keys_.Trimmed())) && trimmed.sequence() > 10;
  }));
  ExpectAllHave(StrCat("units/u", count_));
}

TEST_F(Replicas, ACopyBelongsToOneLog) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  a_.Stop();
  for (const StoreOptions& options : a_.Stores()) {
    const auto alone = Store::Open(options);
    EXPECT_EQ(alone.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(alone.status().message()), HasSubstr("is a copy of the log"));
  }
  fake_.SetClusterId(2);
  EXPECT_EQ(a_.Open().code(), absl::StatusCode::kFailedPrecondition);
  fake_.SetClusterId(1);
  for (const std::string& key : fake_.KeysBegin("/duban/")) fake_.RemoveKey(key);
  const absl::Status gone = a_.Open();
  EXPECT_EQ(gone.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(gone.message()), HasSubstr("is not in etcd any more"));
  EXPECT_THAT(fake_.KeysBegin("/duban/"), IsEmpty());
}

TEST_F(Replicas, WhoSleptPastItsLeaseAnswersNothing) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  ASSERT_TRUE(a_->CheckLeads().ok());
  // Before anybody could tell it that the lease has ended.
  a_.Sleep(absl::Seconds(1));
  EXPECT_EQ(a_->CheckLeads().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Replicas, NotEachCommitIsSyncedAndNoted) {
  a_.SetPoll(absl::Hours(1));
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  const int64_t before = fake_.txns();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(a_.Put(StrCat("units/u", i)), absl::OkStatus());
  EXPECT_EQ(fake_.txns() - before, 50);
}

TEST_F(Replicas, ADiskThatFailsEndsLeadingForGood) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  ASSERT_EQ(a_.Put("units/u1"), absl::OkStatus());
  b_.Start();
  ASSERT_TRUE(Eventually([&] { return b_.Has("units/u1"); }));
  a_.files().FailAt(FileOp::kWrite, 1, Fault::kError, /*sticky=*/true, "/plan/db");
  // The log has it, and so its caller is told; the copy on that disk is worth nothing any more.
  EXPECT_EQ(a_.Put("units/u2"), absl::OkStatus());
  a_->AwaitNotLeading();
  a_->Release();
  ASSERT_EQ(Leader(), &b_);
  EXPECT_TRUE(b_.Has("units/u2"));
  EXPECT_EQ(a_->Live().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Replicas, WhoGivesUpNeverLeadsAgain) {
  a_.Start();
  ASSERT_EQ(Leader(), &a_);
  a_->GiveUp(absl::InternalError("the port is gone"));
  a_->AwaitNotLeading();
  a_->Release();
  b_.Start();
  EXPECT_EQ(Leader(), &b_);
}

TEST(TrimPlan, TimeHasToPassAndTheLastStays) {
  TrimPlan plan(absl::Minutes(10), 1000);
  plan.Note(absl::Minutes(0), 5, 10);
  plan.Note(absl::Minutes(1), 7, 20);
  EXPECT_EQ(plan.UpTo(absl::Minutes(9), 7), 0);
  EXPECT_EQ(plan.UpTo(absl::Minutes(10), 7), 5);
  EXPECT_EQ(plan.UpTo(absl::Minutes(20), 7), 5) << "nothing comes behind 7";
  plan.Note(absl::Minutes(21), 9, 30);
  EXPECT_EQ(plan.UpTo(absl::Minutes(21), 9), 7);
  EXPECT_EQ(plan.UpTo(absl::Minutes(21), 6), 5) << "a majority has no more";
  plan.Trimmed(7);
  EXPECT_EQ(plan.UpTo(absl::Minutes(21), 9), 0);
}

TEST(TrimPlan, OrBytes) {
  TrimPlan plan(absl::Minutes(10), 1000);
  plan.Note(absl::Minutes(0), 5, 0);
  plan.Note(absl::Minutes(0), 7, 600);
  plan.Note(absl::Minutes(0), 9, 1100);
  EXPECT_EQ(plan.UpTo(absl::Minutes(0), 9), 5);
}

TEST(TrimPlan, KeepsNoMoreThanItNeeds) {
  TrimPlan plan(absl::Minutes(10), 1 << 30);
  for (int i = 1; i <= 100'000; ++i) plan.Note(absl::Seconds(i), i, i);
  const int64_t through = plan.UpTo(absl::Seconds(100'000), 100'000);
  EXPECT_LE(through, 100'000 - 600);
  EXPECT_GT(through, 50'000);
}

}  // namespace
}  // namespace duban::testing
