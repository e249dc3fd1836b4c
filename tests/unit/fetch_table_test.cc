// Waiting Fetch calls, worked off step by step: who is answered when, who shares a page, and two processes of one name.

#include "common/feed/fetch_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/hop_driver.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using testing::TestStore;
using Page = std::shared_ptr<const SharedPage>;

absl::Status PutUnit(Store* store, const std::string& id, const Audiences& audiences) {
  return store->Run({"test", ""}, [&](Transaction& tx) {
    v1::Unit unit;
    unit.set_name("units/" + id);
    return tx.Put(unit.name(), unit, audiences).status();
  });
}

class FetchTableTest : public ::testing::Test {
 protected:
  FetchTableTest() {
    table_.AddFeed(&server_);
    listener_ = store_->OnCommit([this](const Audiences& touched) { table_.Touch("plan", touched); });
  }

  static v1::FetchRequest RequestOf(const std::string& follower, const v1::FeedPosition& position = {}) {
    v1::FetchRequest request;
    request.set_feed("plan");
    request.set_follower(follower);
    request.set_downstream(true);
    *request.mutable_position() = position;
    request.mutable_wait()->set_seconds(20);
    return request;
  }

  int64_t Submit(const v1::FetchRequest& request) {
    return table_.Submit(request, "", [this, follower = request.follower()](const absl::StatusOr<Page>& page) {
      answers_[follower].push_back(page);
    });
  }
  void WorkOff() {
    while (std::shared_ptr<FetchTable::Round> round = table_.Join()) {
      while (table_.Work(*round, 1)) {
      }
    }
  }
  // The only answer of a follower.
  Page AnswerOf(const std::string& follower) {
    const auto& all = answers_[follower];
    EXPECT_THAT(all, SizeIs(1)) << follower;
    if (all.size() != 1) return nullptr;
    EXPECT_TRUE(all[0].ok()) << all[0].status();
    return all[0].value_or(nullptr);
  }
  static std::vector<std::string> Names(const Page& page) {
    std::vector<std::string> names;
    for (const auto& entry : page->response().page().entries()) names.push_back(entry.entity());
    return names;
  }

  FakeClock clock_;
  TestStore store_{"plan"};
  FeedServer server_{{"plan", store_.get(), DefaultAudiences, {}}, &clock_};
  FetchTable table_{&clock_, 1000, [] {}};
  std::shared_ptr<void> listener_;
  std::map<std::string, std::vector<absl::StatusOr<Page>>> answers_;
};

TEST_F(FetchTableTest, OnePageIsReadForAllThatWaitForTheSame) {
  for (int i = 0; i < 100; ++i) Submit(RequestOf(StrCat("d-", i)));
  WorkOff();
  EXPECT_EQ(table_.waiting(), 100);
  ASSERT_TRUE(PutUnit(store_.get(), "all", {kDownstreamAudience}).ok());
  ASSERT_TRUE(PutUnit(store_.get(), "seven", {NodeAudience("d-7")}).ok());
  WorkOff();
  EXPECT_EQ(table_.waiting(), 0);
  const Page shared = AnswerOf("d-0");
  EXPECT_THAT(Names(shared), ElementsAre("units/all"));
  EXPECT_EQ(shared->bytes(), shared->response().SerializeAsString());
  for (int i = 1; i < 100; ++i) {
    if (i == 7) continue;
    EXPECT_EQ(AnswerOf(StrCat("d-", i)), shared) << i;
  }
  EXPECT_THAT(Names(AnswerOf("d-7")), ElementsAre("units/all", "units/seven"));
}

TEST_F(FetchTableTest, EveryoneGetsWhatItWouldGetAlone) {
  std::mt19937 random(5);
  std::map<std::string, v1::FeedPosition> positions;
  for (int step = 0; step < 300; ++step) {
    const std::string node = StrCat("d-", random() % 6);
    const Audiences all[] = {
        {kDownstreamAudience}, {NodeAudience(node)}, {kDownstreamAudience, NodeAudience(node)}, {}};
    ASSERT_TRUE(store_
                    ->Run({"test", ""},
                          [&](Transaction& tx) -> absl::Status {
                            for (int i = 0; i < 3; ++i) {
                              v1::Unit unit;
                              unit.set_name(StrCat("units/u", random() % 15));
                              unit.set_display_name(StrCat(step));
                              DUBAN_RETURN_IF_ERROR(tx.Put(unit.name(), unit, all[random() % 4]).status());
                            }
                            return absl::OkStatus();
                          })
                    .ok());
    answers_.clear();
    std::map<std::string, v1::FetchRequest> asked;
    for (int i = 0; i < 6; ++i) {
      if (random() % 2 == 0) continue;
      v1::FetchRequest request = RequestOf(StrCat("d-", i), positions[StrCat("d-", i)]);
      request.set_max_bytes(random() % 3 == 0 ? 60 : 0);
      asked[request.follower()] = request;
      Submit(request);
    }
    WorkOff();
    for (const auto& [follower, request] : asked) {
      const auto alone = server_.TryFetch(request);
      ASSERT_TRUE(alone.ok()) << alone.status();
      if (answers_[follower].empty()) {
        EXPECT_TRUE(alone->page().entries().empty() && alone->page().at_head()) << follower << " was not told";
        continue;
      }
      EXPECT_EQ(AnswerOf(follower)->response().SerializeAsString(), alone->SerializeAsString()) << follower;
      positions[follower] = alone->page().to();
    }
    table_.FailFeed("plan");
  }
}

TEST_F(FetchTableTest, FollowersThatSeeDifferentThingsShareNoPage) {
  FeedSpec spec{"plan", store_.get(), DefaultAudiences, {}};
  spec.view = [](const ReadView&, std::string_view name, const google::protobuf::Any&, std::string_view follower,
                 bool) -> absl::StatusOr<std::optional<google::protobuf::Any>> {
    v1::Unit unit;
    unit.set_name(std::string(name));
    unit.set_display_name(std::string(follower));
    google::protobuf::Any seen;
    seen.PackFrom(unit);
    return seen;
  };
  FeedServer server(spec, &clock_);
  FetchTable table(&clock_, 10, [] {});
  table.AddFeed(&server);
  std::map<std::string, std::string> seen;
  for (const char* follower : {"d-1", "d-2"}) {
    table.Submit(RequestOf(follower), "", [&seen, follower](const absl::StatusOr<Page>& page) {
      v1::Unit unit;
      (*page)->response().page().entries(0).payload().UnpackTo(&unit);
      seen[follower] = unit.display_name();
    });
  }
  ASSERT_TRUE(PutUnit(store_.get(), "all", {kDownstreamAudience}).ok());
  while (std::shared_ptr<FetchTable::Round> round = table.Join()) table.Work(*round, 10);
  EXPECT_THAT(seen, ElementsAre(std::pair("d-1", "d-1"), std::pair("d-2", "d-2")));
}

TEST_F(FetchTableTest, FollowersShareAPageThatNobodySeesDifferently) {
  FeedSpec spec{"plan", store_.get(), DefaultAudiences, {}};
  spec.view = [](const ReadView&, std::string_view name, const google::protobuf::Any& payload,
                 std::string_view follower, bool) -> absl::StatusOr<std::optional<google::protobuf::Any>> {
    if (name != "units/own") return payload;
    if (follower == "d-2") return std::nullopt;
    return payload;
  };
  spec.view_differs = [](std::string_view name) { return name == "units/own"; };
  FeedServer server(spec, &clock_);
  FetchTable table(&clock_, 10, [] {});
  table.AddFeed(&server);
  std::map<std::string, Page> pages;
  const auto ask = [&](const v1::FeedPosition& from) {
    pages.clear();
    for (const char* follower : {"d-1", "d-2"}) {
      table.Submit(RequestOf(follower, from), "",
                   [&pages, follower](const absl::StatusOr<Page>& page) { pages[follower] = page.value_or(nullptr); });
    }
    while (std::shared_ptr<FetchTable::Round> round = table.Join()) table.Work(*round, 10);
  };
  ASSERT_TRUE(PutUnit(store_.get(), "all", {kDownstreamAudience}).ok());
  ask({});
  ASSERT_THAT(pages, SizeIs(2));
  EXPECT_EQ(pages["d-1"], pages["d-2"]);
  ASSERT_TRUE(PutUnit(store_.get(), "own", {kDownstreamAudience}).ok());
  ask({});
  ASSERT_THAT(pages, SizeIs(2));
  EXPECT_THAT(Names(pages["d-1"]), ElementsAre("units/all", "units/own"));
  EXPECT_THAT(Names(pages["d-2"]), ElementsAre("units/all"));
}

TEST_F(FetchTableTest, ACommitBetweenCollectingAndReadingIsNotMissed) {
  Submit(RequestOf("d-1"));
  Submit(RequestOf("d-2"));
  std::shared_ptr<FetchTable::Round> round = table_.Join();
  table_.Work(*round, 1);
  ASSERT_TRUE(PutUnit(store_.get(), "late", {NodeAudience("d-1"), NodeAudience("d-2")}).ok());
  table_.Work(*round, 1);
  round.reset();
  WorkOff();
  EXPECT_THAT(Names(AnswerOf("d-1")), ElementsAre("units/late"));
  EXPECT_THAT(Names(AnswerOf("d-2")), ElementsAre("units/late"));
}

TEST_F(FetchTableTest, NoSnapshotIsHeldOnceARoundIsOver) {
  Submit(RequestOf("d-1"));
  WorkOff();
  ASSERT_TRUE(PutUnit(store_.get(), "a", {kDownstreamAudience}).ok());
  WorkOff();
  listener_.reset();
  // A store cannot be closed while a snapshot is held: the test stops here where one is.
  store_.Restart();
}

TEST_F(FetchTableTest, AWaitThatIsOverIsAnsweredWithTheHead) {
  ASSERT_TRUE(PutUnit(store_.get(), "other", {"service/x"}).ok());
  Submit(RequestOf("d-1"));
  WorkOff();
  EXPECT_EQ(table_.UntilNextEnd(), absl::Seconds(20));
  clock_.Advance(absl::Seconds(20) - absl::Milliseconds(1));
  WorkOff();
  EXPECT_EQ(table_.waiting(), 1);
  clock_.Advance(absl::Milliseconds(1));
  WorkOff();
  const v1::FeedPage& page = AnswerOf("d-1")->response().page();
  EXPECT_TRUE(page.at_head());
  EXPECT_EQ(page.to().sequence(), store_->head().sequence());
  EXPECT_EQ(table_.UntilNextEnd(), absl::InfiniteDuration());
}

TEST_F(FetchTableTest, APositionOfAnotherHistoryIsRefusedAtOnceThoughNothingIsNew) {
  v1::FeedPosition foreign;
  foreign.set_epoch("e-other");
  foreign.set_sequence(1);
  Submit(RequestOf("d-1", foreign));
  WorkOff();
  ASSERT_THAT(answers_["d-1"], SizeIs(1));
  EXPECT_EQ(ReasonOf(answers_["d-1"][0].status()), v1::FEED_MISMATCH);
}

TEST_F(FetchTableTest, PlacesThatLaterOnesSpeakForDoNotKeepAFollowerWaiting) {
  const auto put_all = [&](const std::string& display_name, const Audiences& audiences) {
    return store_->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
      for (int i = 0; i < kMaxPageEntries + 10; ++i) {
        v1::Unit unit;
        unit.set_display_name(display_name);
        DUBAN_RETURN_IF_ERROR(tx.Put(StrCat("units/u", i), unit, audiences).status());
      }
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(put_all("first", {kDownstreamAudience, NodeAudience("d-1")}).ok());
  ASSERT_TRUE(put_all("second", {NodeAudience("d-1")}).ok());
  ASSERT_TRUE(put_all("third", {NodeAudience("d-1")}).ok());
  v1::FeedPosition position;
  for (int calls = 0;; ++calls) {
    ASSERT_LT(calls, 30);
    answers_.clear();
    Submit(RequestOf("d-1", position));
    WorkOff();
    ASSERT_EQ(table_.waiting(), 0) << "it waits at " << position.sequence();
    const v1::FeedPage& page = AnswerOf("d-1")->response().page();
    position = page.to();
    if (page.at_head()) break;
  }
}

// A follower turned by events against the table, in the clock's time.
class Incarnation {
 public:
  Incarnation(FetchTable* table, FakeClock* clock, const std::string& instance)
      : table_(*table), clock_(*clock), driver_(MakeHop(clock, instance), clock, &ids_) {}

  // Does what is due.
  void Step() {
    if (answer_.has_value()) {
      const auto behind = driver_.Take(*std::exchange(answer_, std::nullopt));
      driver_.Commit().IgnoreError();
      calling_ = false;
      if (behind.has_value()) Call(*behind);
    }
    if (calling_ || clock_.Steady() < until_) return;
    const HopDriver::Step step = driver_.Next();
    if (!step.call.has_value()) {
      until_ = clock_.Steady() + step.pause;
    } else {
      Call(std::get<v1::FetchRequest>(*step.call));
    }
  }
  void HangUp() { table_.Cancel(number_); }
  int64_t head() { return store_->head().sequence(); }
  const v1::NodeStatus::Hop& status() const { return driver_.status(); }
  int calls() const { return calls_; }

 private:
  std::unique_ptr<FollowHop> MakeHop(FakeClock* clock, const std::string& instance) {
    FollowSpec spec;
    spec.feed = "plan";
    spec.from_upstream = true;
    spec.follower = "district";
    spec.apply = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) {
      v1::Unit unit;
      entry.payload().UnpackTo(&unit);
      return tx.Put(entry.entity(), unit, {}).status();
    };
    spec.finish_page = [](Transaction&, bool, const EntrySource&) { return true; };
    return std::make_unique<FollowHop>("city_plan", "city", spec, store_.get(), clock, instance);
  }
  void Call(const v1::FetchRequest& request) {
    ++calls_;
    calling_ = true;
    number_ = table_.Submit(request, "", [this](const absl::StatusOr<Page>& page) {
      using Fetched = absl::StatusOr<v1::FetchResponse>;
      answer_ = page.ok() ? Fetched((*page)->response()) : Fetched(page.status());
    });
  }

  FetchTable& table_;
  FakeClock& clock_;
  FakeIds ids_;
  // Two of them have the same epoch: one is a copy of the other.
  TestStore store_{"plan", "district"};
  HopDriver driver_;
  std::optional<absl::StatusOr<v1::FetchResponse>> answer_;
  bool calling_ = false;
  absl::Duration until_;
  int64_t number_ = 0;
  int calls_ = 0;
};

TEST_F(FetchTableTest, OfTwoProcessesOfOneNameOneFollowsAndTheOtherIsToldAndNeitherWritesForNothing) {
  ASSERT_TRUE(PutUnit(store_.get(), "a", {kDownstreamAudience}).ok());
  Incarnation first(&table_, &clock_, "i-1"), second(&table_, &clock_, "i-2");
  const auto run = [&](absl::Duration time) {
    for (const absl::Duration end = clock_.Steady() + time; clock_.Steady() < end;) {
      first.Step();
      second.Step();
      WorkOff();
      clock_.Advance(absl::Milliseconds(20));
    }
  };
  const int64_t nothing = second.head();
  run(absl::Seconds(1));
  const int64_t followed = first.head();
  run(absl::Minutes(10));
  EXPECT_TRUE(first.status().connected() && first.status().at_head());
  EXPECT_FALSE(second.status().connected());
  EXPECT_THAT(second.status().error(), ::testing::HasSubstr("district"));
  EXPECT_THAT(second.status().error_zh(), ::testing::HasSubstr("district"));
  EXPECT_GT(followed, nothing);
  EXPECT_EQ(first.head(), followed) << "more than the entity and its position";
  EXPECT_EQ(second.head(), nothing);
  // A wait of 15 s each; pauses of up to 10 s.
  EXPECT_LT(first.calls(), 50);
  EXPECT_LT(second.calls(), 140);
  const auto listed = server_.followers().List(store_->head(), 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].instance(), "i-1");
  EXPECT_EQ(listed[0].refused_instance(), "i-2");
}

}  // namespace
}  // namespace duban
