// Looking a store over: a sound one is found sound, at work and at rest, and each kind of damage by its check.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "common/base/strings.h"
#include "common/store/verification.h"
#include "common/store/watched_view.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_ids.h"
#include "tests/support/faulty_file_system.h"

namespace duban {
namespace {

constexpr Index kNames{1};
constexpr Index kOthers{11};

using testing::FaultyFileSystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// One row by the name of each unit.
absl::Status RowsOfUnits(const ReadView& view, std::string_view node, IndexRowSink sink) {
  EXPECT_EQ(node, "city");
  return view.Scan<v1::Unit>("units/", {}, [&](std::string_view name, const Stored<v1::Unit>& unit) {
    sink(IndexKey(kNames, {unit.value.display_name(), name}), "own");
    return true;
  });
}

class StoreVerificationTest : public ::testing::Test {
 protected:
  StoreVerificationTest()
      : memory_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
        files_(std::make_shared<FaultyFileSystem>(memory_->GetFileSystem())),
        env_(testing::MakeEnv(files_)) {
    options_.path = "/node/plan";
    options_.service = "plan";
    options_.node = "city";
    options_.ids = &ids_;
    options_.env = env_.get();
  }

  std::unique_ptr<Store> Open() {
    auto store = Store::Open(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static absl::Status PutUnit(Transaction& tx, const std::string& name, const v1::Unit& unit) {
    DUBAN_ASSIGN_OR_RETURN(const auto old, tx.Get<v1::Unit>(name));
    if (old.has_value()) tx.DeleteIndex(kNames, {old->value.display_name(), name});
    tx.PutIndex(kNames, {unit.display_name(), name}, "own");
    return tx.Put(name, unit, {"downstream"}).status();
  }

  static void Write(Store& store, int first, int last) {
    for (int i = first; i < last; ++i) {
      v1::Unit request, response;
      request.set_display_name(StrCat("单位", i));
      ASSERT_EQ(store.Request({Anybody(), "Create", StrCat("r-", i), request}, &response,
                              [&](Transaction& tx) -> absl::Status {
                                tx.SetPosition("hop", v1::FeedPosition());
                                tx.PutLocal("local", request);
                                response = request;
                                return PutUnit(tx, StrCat("units/", i % 7), request);
                              }),
                absl::OkStatus());
    }
  }

  // The checks that found something, and what.
  static std::map<v1::NodeCheck::What, std::string> Bad(const std::vector<v1::NodeCheck>& checks) {
    std::map<v1::NodeCheck::What, std::string> bad;
    for (const v1::NodeCheck& check : checks) {
      EXPECT_EQ(check.service(), "plan");
      if (check.result() != v1::NodeCheck::GOOD) bad[check.what()] = check.finding();
    }
    return bad;
  }

  // Puts a row past everything that keeps rows sound.
  std::map<v1::NodeCheck::What, std::string> WithRow(const std::string& key, const std::optional<std::string>& value) {
    auto store = Open();
    EXPECT_EQ(store->Run({"test", ""},
                         [&](Transaction& tx) {
                           value.has_value() ? tx.PutRow(key, *value) : tx.DeleteRow(key);
                           return absl::OkStatus();
                         }),
              absl::OkStatus());
    auto online = Bad(VerifyStore(*store, RowsOfUnits));
    store.reset();
    EXPECT_EQ(Bad(VerifyStoreFolder(env_.get(), options_.path, RowsOfUnits)), online);
    return online;
  }

  FakeIds ids_;
  StoreOptions options_;
  std::unique_ptr<rocksdb::Env> memory_;
  std::shared_ptr<FaultyFileSystem> files_;
  std::shared_ptr<rocksdb::Env> env_;
};

TEST_F(StoreVerificationTest, ASoundStoreIsFoundSoundAtWorkAndAtRest) {
  auto store = Open();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) Write(*store, i, i + 1);
  });
  for (int round = 0; round < 10; ++round) {
    const auto checks = VerifyStore(*store, RowsOfUnits);
    EXPECT_EQ(checks.size(), 6u);
    EXPECT_THAT(Bad(checks), IsEmpty());
  }
  stop = true;
  writer.join();
  store.reset();
  const auto checks = VerifyStoreFolder(env_.get(), options_.path, RowsOfUnits);
  EXPECT_EQ(checks.size(), 6u);
  EXPECT_THAT(Bad(checks), IsEmpty());
}

TEST_F(StoreVerificationTest, EachKindOfRowHasToBeWhatItSays) {
  Write(*Open(), 0, 20);
  const std::map<std::string, std::string> broken = {
      {EntityKey("units/x"), "\xFF\xFF"}, {MemoKey("anybody", "r-x"), "\xFF"}, {PositionKey("hop2"), "\xFF\xFF"},
      {FeedKey("downstream", 3), ""},     {ConcernKey("units/x"), "\xFF"},     {std::string("\x07\x01x"), ""},
      {std::string("\x0Ax"), ""}};
  for (const auto& [key, value] : broken) {
    const auto bad = WithRow(key, value);
    EXPECT_TRUE(bad.contains(v1::NodeCheck::RECORDS)) << static_cast<int>(key[0]);
    EXPECT_TRUE(WithRow(key, std::nullopt).empty()) << static_cast<int>(key[0]);
  }
}

TEST_F(StoreVerificationTest, AnIndexHasToHoldWhatItsRecordsAskFor) {
  Write(*Open(), 0, 20);
  const std::string row = IndexKey(kNames, {"单位19", "units/5"});
  const auto found = [&](const std::string& key, const std::optional<std::string>& value) {
    return WithRow(key, value)[v1::NodeCheck::INDEXES];
  };
  EXPECT_EQ(found(row, std::nullopt), "a record asks for index 1, 单位19, units/5: not there");
  EXPECT_EQ(found(row, "other"), "index 1, 单位19, units/5 does not say what its record says");
  EXPECT_EQ(found(row, "own"), "");
  // Before the first, after the last, and of a unit that has another name.
  for (const std::string& left :
       {IndexKey(kNames, {"", "units/5"}), IndexKey(kOthers, {"x"}), IndexKey(kNames, {"单位12", "units/5"})}) {
    EXPECT_THAT(found(left, "own"), StartsWith("no record asks for index "));
    EXPECT_EQ(found(left, std::nullopt), "");
  }
}

TEST_F(StoreVerificationTest, AMissingPlaceAndALostMarkAreFound) {
  Write(*Open(), 0, 20);
  auto store = Open();
  const auto record = store->TakeSnapshot()->GetRecord("units/1");
  const std::string place = FeedKey("downstream", (*record)->sequence());
  const std::string row = **store->TakeSnapshot()->GetRow(place);
  store.reset();
  EXPECT_TRUE(WithRow(place, std::nullopt).contains(v1::NodeCheck::FEED));
  EXPECT_THAT(WithRow(place, row), IsEmpty());
  const std::string mark = files_->ReadAll("/node/plan/high_water");
  Write(*Open(), 20, 30);
  // An old mark is behind, but of this history; one that was wiped says nothing.
  files_->WriteAll("/node/plan/high_water", std::string(mark.size(), '\0'));
  EXPECT_TRUE(Bad(VerifyStoreFolder(env_.get(), options_.path, RowsOfUnits)).contains(v1::NodeCheck::HIGH_WATER));
  files_->WriteAll("/node/plan/high_water", mark);
  EXPECT_THAT(Bad(VerifyStoreFolder(env_.get(), options_.path, RowsOfUnits)), IsEmpty());
}

TEST_F(StoreVerificationTest, AFolderThatIsNoStoreSaysSo) {
  const auto checks = VerifyStoreFolder(env_.get(), "/nothing/plan", RowsOfUnits);
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].result(), v1::NodeCheck::BAD);
  EXPECT_THAT(checks[0].finding(), HasSubstr("/nothing/plan"));
}

TEST_F(StoreVerificationTest, StopsInTheMiddleAndSaysOnlyWhatItHasLookedAt) {
  auto store = Open();
  Write(*store, 0, 20);
  Work all;
  EXPECT_EQ(VerifyStore(*store, RowsOfUnits, &all).size(), static_cast<size_t>(ChecksOfStore(RowsOfUnits)));
  EXPECT_EQ(all.done(), ChecksOfStore(RowsOfUnits));
  Work stopped;
  stopped.Stop();
  EXPECT_THAT(VerifyStore(*store, RowsOfUnits, &stopped), IsEmpty());
  // In the middle of a scan, too.
  Work work;
  int rows = 0;
  const auto snapshot = store->TakeSnapshot();
  const absl::Status scanned = WatchedView(snapshot.get(), &work).ScanRows("", "", [&](auto, auto) {
    if (++rows == 3) work.Stop();
    return true;
  });
  EXPECT_EQ(scanned.code(), absl::StatusCode::kCancelled) << scanned;
  EXPECT_EQ(rows, 3);
}

}  // namespace
}  // namespace duban
