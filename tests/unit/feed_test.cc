// Feeds and hops: compacted pages, withdrawals, epochs, and exactly one effect for each change however it is sent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <variant>

#include "common/base/failpoint.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/feed/hop_runner.h"
#include "common/feed/offer_hop.h"
#include "common/feed/set_aside.h"
#include "common/store/checkpoint.h"
#include "common/store/concern.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/direct_peer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::DirectPeer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::TestStore;

absl::Status PutUnit(Store* store, const std::string& name, const std::string& display_name,
                     const Audiences& audiences) {
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    v1::Unit unit;
    unit.set_name(name);
    unit.set_display_name(display_name);
    return tx.Put(name, unit, audiences).status();
  });
}

std::vector<std::string> Names(const v1::FeedPage& page) {
  std::vector<std::string> names;
  for (const auto& entry : page.entries()) names.push_back((entry.withdrawn() ? "-" : "+") + entry.entity());
  return names;
}

v1::FeedPage Page(Store* store, const Audiences& audiences, const v1::FeedPosition& from = {},
                  int64_t max_bytes = kMaxPageBytes) {
  auto page = ReadFeedPage(*store->TakeSnapshot(), audiences, from, max_bytes);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.value_or(v1::FeedPage());
}

TEST(FeedTest, AnEntityThatChangedManyTimesIsReadOnceAtItsLatestPlace) {
  TestStore store("plan");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(PutUnit(store.get(), "units/a", std::to_string(i), {"x"}).ok());
  ASSERT_TRUE(PutUnit(store.get(), "units/b", "b", {"x"}).ok());
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "last", {"x"}).ok());
  const v1::FeedPage page = Page(store.get(), {"x"});
  EXPECT_THAT(Names(page), ElementsAre("+units/b", "+units/a"));
  EXPECT_TRUE(page.at_head());
  EXPECT_THAT(Names(Page(store.get(), {"x"}, page.to())), IsEmpty());
}

// Far enough apart for the two places not to be read together.
TEST(FeedTest, AnEntityThatChangedFarBehindIsReadOnceToo) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "first", {"x"}).ok());
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(PutUnit(store.get(), StrCat("units/b", i), "b", {"x"}).ok());
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "last", {"x"}).ok());
  const std::vector<std::string> names = Names(Page(store.get(), {"x"}));
  EXPECT_EQ(std::count(names.begin(), names.end(), "+units/a"), 1);
  EXPECT_EQ(names.back(), "+units/a");
}

TEST(FeedTest, AFollowerReadsOnlyWhatConcernsIt) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "a", {"node/d1"}).ok());
  ASSERT_TRUE(PutUnit(store.get(), "units/b", "b", {"node/d2", "downstream"}).ok());
  EXPECT_THAT(Names(Page(store.get(), {"node/d1", "downstream"})), ElementsAre("+units/a", "+units/b"));
  EXPECT_THAT(Names(Page(store.get(), {"node/d2", "downstream"})), ElementsAre("+units/b"));
}

TEST(FeedTest, LeavingAnAudienceAndDeletionAreWithdrawals) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "a", {"x", "y"}).ok());
  const v1::FeedPosition before = Page(store.get(), {"x"}).to();
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "a", {"y"}).ok());
  EXPECT_THAT(Names(Page(store.get(), {"x"}, before)), ElementsAre("-units/a"));
  EXPECT_THAT(Names(Page(store.get(), {"x", "y"}, before)), ElementsAre("+units/a"));
  ASSERT_TRUE(store->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/a"); }).ok());
  EXPECT_THAT(Names(Page(store.get(), {"y"}, before)), ElementsAre("-units/a"));
  EXPECT_THAT(Names(Page(store.get(), {"x"})), ElementsAre("-units/a"));
}

// A follower of several audiences, whose entities come and go in each of them while it reads small pages and feeds are
// merged.
TEST(FeedTest, AFollowerOfSeveralAudiencesHoldsWhatOneOfThemSees) {
  std::mt19937 random(13);
  TestStore store("plan");
  store.Close();
  store.options().merge = {2, 4, 10, 3};
  store.Open();
  const std::vector<std::string> all = {"x", "y", std::string(200, 'z'), "other"};
  const Audiences followed = {all[0], all[1], all[2]};
  // Where the follower stands, and what it holds.
  v1::FeedPosition position;
  std::map<std::string, std::string> held;
  const auto read = [&] {
    const v1::FeedPage page = Page(store.get(), followed, position, 1 + static_cast<int>(random() % 200));
    EXPECT_TRUE(CheckPage(page, position).ok());
    for (const v1::FeedEntry& entry : page.entries()) {
      v1::Unit unit;
      EXPECT_TRUE(entry.withdrawn() || entry.payload().UnpackTo(&unit));
      entry.withdrawn() ? held.erase(entry.entity())
                        : held.insert_or_assign(entry.entity(), unit.display_name()).second;
    }
    position = page.to();
    return page.at_head();
  };
  std::map<std::string, std::string> expected;
  std::string merge_at;
  for (int step = 0; step < 1500; ++step) {
    const std::string name = "units/u" + std::to_string(random() % 12), value = std::to_string(random() % 4);
    Audiences audiences;
    for (const std::string& audience : all) {
      if (random() % 3 == 0) audiences.insert(audience);
    }
    ASSERT_TRUE(PutUnit(store.get(), name, value, audiences).ok());
    audiences.erase("other");
    audiences.empty() ? expected.erase(name) : expected.insert_or_assign(name, value).second;
    if (random() % 4 == 0) read();
    if (random() % 8 == 0) store->MergeFeeds(&merge_at).IgnoreError();
    if (random() % 50 != 0) continue;
    for (int pages = 0; !read(); ++pages) ASSERT_LT(pages, 1000);
    ASSERT_EQ(held, expected) << step;
  }
}

TEST(FeedTest, APageCanEndAndBeginInsideARow) {
  TestStore store("plan");
  ASSERT_TRUE(store
                  ->Run({"test", ""},
                        [](Transaction& tx) -> absl::Status {
                          for (int i = 0; i < 10; ++i) {
                            DUBAN_RETURN_IF_ERROR(tx.Put("units/" + std::to_string(i), v1::Unit(), {"x"}).status());
                          }
                          return absl::OkStatus();
                        })
                  .ok());
  v1::FeedPosition position;
  for (int i = 0; i < 10; ++i) {
    const v1::FeedPage page = Page(store.get(), {"x"}, position, 1);
    EXPECT_THAT(Names(page), ElementsAre("+units/" + std::to_string(i)));
    position = page.to();
    // Inside the row the position has the hash of the commit.
    EXPECT_EQ(position.hash(), store->head().hash());
  }
  EXPECT_THAT(Names(Page(store.get(), {"x"}, position)), IsEmpty());
}

TEST(FeedTest, AWithdrawalOfWhatWasNeverHereIsPassedOn) {
  TestStore store("plan", "city");
  const auto pass_on = [&] {
    return store->Run({"test", ""},
                      [](Transaction& tx) { return tx.PassOnWithdrawal("units/gone", {kDownstreamAudience}); });
  };
  ASSERT_TRUE(pass_on().ok());
  const v1::FeedPage first = Page(store.get(), {kDownstreamAudience});
  EXPECT_THAT(Names(first), ElementsAre("-units/gone"));
  // Whoever has heard of it does not hear of it again.
  ASSERT_TRUE(pass_on().ok());
  EXPECT_THAT(Names(Page(store.get(), {kDownstreamAudience}, first.to())), IsEmpty());
  ASSERT_TRUE(PutUnit(store.get(), "units/gone", "again", {kDownstreamAudience}).ok());
  EXPECT_THAT(Names(Page(store.get(), {kDownstreamAudience}, first.to())), ElementsAre("+units/gone"));
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

// Shows a node below the display names that begin with its id, without what follows; another service everything.
absl::StatusOr<std::optional<google::protobuf::Any>> OwnPart(const ReadView& /*view*/, std::string_view /*name*/,
                                                             const google::protobuf::Any& payload,
                                                             std::string_view follower, bool downstream) {
  if (!downstream) return payload;
  v1::Unit unit;
  if (!payload.UnpackTo(&unit)) return InvariantBroken("payload");
  if (!unit.display_name().starts_with(follower)) return std::nullopt;
  unit.set_display_name(std::string(follower));
  google::protobuf::Any part;
  part.PackFrom(unit);
  return part;
}

TEST(FeedTest, AFollowerSeesWhatItsViewShowsOfAnEntity) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "d1 and more", {kDownstreamAudience, "service/s"}).ok());
  ASSERT_TRUE(PutUnit(store.get(), "units/b", "d2 and more", {kDownstreamAudience, "service/s"}).ok());
  FeedServer server({"plan", store.get(), DefaultAudiences, {}, {}, OwnPart}, &RealClock());
  const auto fetch = [&](const std::string& follower, bool downstream) {
    v1::FetchRequest request;
    request.set_follower(follower);
    request.set_downstream(downstream);
    absl::StatusOr<v1::FetchResponse> answer = server.TryFetch(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->page().to().sequence(), store->head().sequence());
    std::vector<std::string> seen;
    for (const v1::FeedEntry& entry : answer->page().entries()) {
      v1::Unit unit;
      EXPECT_TRUE(entry.payload().UnpackTo(&unit));
      seen.push_back(entry.entity() + "=" + unit.display_name());
    }
    return seen;
  };
  EXPECT_THAT(fetch("d1", true), ElementsAre("units/a=d1"));
  EXPECT_THAT(fetch("d2", true), ElementsAre("units/b=d2"));
  EXPECT_THAT(fetch("d3", true), IsEmpty());
  EXPECT_THAT(fetch("s", false), ElementsAre("units/a=d1 and more", "units/b=d2 and more"));
}

TEST(FeedTest, AWithdrawalIsPassedOnWhateverTheViewShows) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "d1", {"node/d1"}).ok());
  ASSERT_TRUE(store->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/a"); }).ok());
  const auto nothing = [](std::string_view, const google::protobuf::Any&) {
    return absl::StatusOr<std::optional<google::protobuf::Any>>(std::nullopt);
  };
  auto page = ReadFeedPage(*store->TakeSnapshot(), {"node/d1"}, {}, kMaxPageBytes, nothing);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(Names(*page), ElementsAre("-units/a"));
}

TEST(FeedTest, APositionOfAnotherHistoryIsRefused) {
  TestStore store("plan"), other("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "a", {"x"}).ok());
  const v1::FeedPosition good = Page(store.get(), {"x"}).to();
  const auto read = [&](const v1::FeedPosition& from) {
    return ReasonOf(ReadFeedPage(*store->TakeSnapshot(), {"x"}, from).status());
  };
  EXPECT_EQ(read(good), v1::ERROR_REASON_UNSPECIFIED);
  v1::FeedPosition bad = good;
  bad.set_epoch("e-other");
  EXPECT_EQ(read(bad), v1::FEED_MISMATCH);
  bad = good;
  bad.set_sequence(good.sequence() + 1);
  EXPECT_EQ(read(bad), v1::FEED_MISMATCH);
  bad = good;
  bad.set_hash("12345678");
  EXPECT_EQ(read(bad), v1::FEED_MISMATCH);
}

// Copies units and counts how often each entry took effect.
struct Copier {
  std::map<std::string, int> applied;
  ApplyEntry apply = [this](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
    ++applied[entry.entity() + "@" + std::to_string(entry.sequence())];
    if (entry.withdrawn()) return tx.Delete(entry.entity());
    v1::Unit unit;
    if (!entry.payload().UnpackTo(&unit)) return InvariantBroken("payload");
    return tx.Put(entry.entity(), unit, {}).status();
  };
};

std::map<std::string, std::string> Units(Store* store, const std::string& audience) {
  std::map<std::string, std::string> units;
  auto snapshot = store->TakeSnapshot();
  EXPECT_TRUE(snapshot
                  ->Scan<v1::Unit>("units/", "",
                                   [&](std::string_view name, Stored<v1::Unit> unit) {
                                     bool wanted = audience.empty();
                                     const auto record = snapshot->GetRecord(name);
                                     const auto concern = ReadConcern(*snapshot, name, **record);
                                     for (const auto& seeing : concern->audiences()) wanted |= seeing == audience;
                                     if (wanted) units[std::string(name)] = unit.value.display_name();
                                     return true;
                                   })
                  .ok());
  return units;
}

// A source whose history can be cut off, and a follower of its feed.
// What came while it was away counts where it concerns it.
TEST(FeedTest, AFollowerThatIsAwayIsBehindByThePresentHeadOnceSomethingConcernsIt) {
  FakeClock clock;
  TestStore store("plan", "city", &clock);
  FeedServer server({"plan", store.get(), DefaultAudiences, {}}, &clock);
  const auto behind = [&] {
    const auto list = server.ListFollowers(10);
    EXPECT_EQ(list.size(), 1u);
    return list.empty() ? -1 : list[0].behind();
  };
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "a", {NodeAudience("edu")}).ok());
  const FollowerCall call = {"edu", true, "i-1", "e-1", ""};
  ASSERT_TRUE(server.followers().Begin(call).ok());
  server.followers().Found(call, store->head(), true);
  server.followers().End(call, true);
  ASSERT_TRUE(PutUnit(store.get(), "units/b", "b", {NodeAudience("other")}).ok());
  EXPECT_EQ(behind(), 0) << "it concerns another one";
  ASSERT_TRUE(PutUnit(store.get(), "units/c", "c", {NodeAudience("edu")}).ok());
  EXPECT_GE(behind(), 2);
  // After a restart the store alone knows of it.
  ASSERT_TRUE(server.NoteFollowers(absl::ZeroDuration()).ok());
  const FeedServer anew({"plan", store.get(), DefaultAudiences, {}}, &clock);
  const auto list = anew.ListFollowers(10);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_GE(list[0].behind(), 2);
}

class CutOffTest : public ::testing::Test {
 protected:
  static constexpr char kFollower[] = "assignment";

  void Put(const std::string& name, const Audiences& audiences = {ServiceAudience(kFollower)}) {
    ASSERT_TRUE(PutUnit(source_.get(), name, name, audiences).ok());
  }
  void Delete(const std::string& name) {
    ASSERT_TRUE(source_->Run({"test", ""}, [&](Transaction& tx) { return tx.Delete(name); }).ok());
  }
  // Follows to the head; pages hold an entry each.
  void Follow() {
    for (int calls = 0;; ++calls) {
      ASSERT_LT(calls, 100);
      auto request = hop_.Prepare(absl::ZeroDuration());
      request->set_max_bytes(1);
      ASSERT_TRUE(hop_.Deliver(peer_.Fetch(*request)).ok());
      if (hop_.at_head()) return;
    }
  }
  // As a node keeps house.
  void KeepHouse() {
    ASSERT_TRUE(source_->NoteBackup(source_->head()).ok());
    ASSERT_TRUE(server_.NoteFollowers(absl::Hours(24)).ok());
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = source_->ExpireMemos(clock_.Now() - kMemoLifetime, 1000);
    ASSERT_TRUE(more.ok()) << more.status();
    for (more = true; more.ok() && *more;) more = source_->Trim(clock_.Now() - kHistoryKept, {});
    ASSERT_TRUE(more.ok()) << more.status();
  }
  int64_t cut_off() { return ReadCheckpoint(*source_->TakeSnapshot())->sequence(); }

  FakeClock clock_;
  TestStore source_{"plan", "city", &clock_}, target_{"assignment", "city", &clock_};
  FeedServer server_{{"plan", source_.get(), DefaultAudiences, {}}, &clock_};
  DirectPeer peer_{&server_};
  Copier copier_;
  FollowSpec spec_{"plan",
                   false,
                   kFollower,
                   copier_.apply,
                   {},
                   [](const ReadView& view, const EntrySource&, absl::FunctionRef<bool(std::string_view)> visit) {
                     return view.Scan<v1::Unit>(
                         "units/", "", [&](std::string_view name, const Stored<v1::Unit>&) { return visit(name); });
                   }};
  FollowHop hop_{"plan_to_assignment", "city", spec_, target_.get(), &clock_};
};

TEST_F(CutOffTest, AFollowerThatWasAwayForTooLongStartsOverAndDropsWhatIsGone) {
  Put("units/stays");
  Put("units/goes");
  Follow();
  ASSERT_EQ(Units(target_.get(), "").size(), 2u);
  Delete("units/goes");
  Put("units/new");
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Put("units/late");
  // Nobody waits for a follower that was not heard of for that long: it was noted before, or never.
  KeepHouse();
  ASSERT_GT(cut_off(), 0);
  ASSERT_FALSE(source_->TakeSnapshot()->GetRecord("units/goes")->has_value());
  const absl::Status refused = peer_.Fetch(*hop_.Prepare(absl::ZeroDuration())).status();
  EXPECT_EQ(ReasonOf(refused), v1::FEED_MISMATCH);
  EXPECT_EQ(MetadataOf(refused)["cutOffAt"], std::to_string(cut_off()));
  Follow();
  EXPECT_EQ(Units(target_.get(), ""), Units(source_.get(), ServiceAudience(kFollower)));
}

TEST_F(CutOffTest, AFollowerThatIsHeardOfIsWaitedForAlsoAfterAStart) {
  for (int i = 0; i < 4; ++i) Put("units/" + std::to_string(i));
  auto request = hop_.Prepare(absl::ZeroDuration());
  request->set_max_bytes(1);
  ASSERT_TRUE(hop_.Deliver(peer_.Fetch(*request)).ok());
  const int64_t stands = hop_.position().sequence();
  Put("units/x");
  clock_.Advance(kHistoryKept - absl::Hours(1));
  ASSERT_TRUE(peer_.Fetch(*hop_.Prepare(absl::ZeroDuration())).ok());
  ASSERT_TRUE(server_.NoteFollowers(absl::Hours(24)).ok());
  source_.Restart();
  FeedServer anew({"plan", source_.get(), DefaultAudiences, {}}, &clock_);
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(source_->NoteBackup(source_->head()).ok());
  ASSERT_TRUE(source_->ExpireMemos(clock_.Now() - kMemoLifetime, 1000).ok());
  ASSERT_TRUE(source_->Trim(clock_.Now() - kHistoryKept, {}).ok());
  EXPECT_LE(cut_off(), stands);
  EXPECT_TRUE(DirectPeer(&anew).Fetch(*hop_.Prepare(absl::ZeroDuration())).ok());
}

TEST_F(CutOffTest, AFollowerThatStandsWhereHistoryBeginsGoesOnAndANewOneReadsAllOfIt) {
  for (int i = 0; i < 4; ++i) Put("units/" + std::to_string(i));
  Follow();
  clock_.Advance(kHistoryKept + absl::Hours(1));
  ASSERT_TRUE(peer_.Fetch(*hop_.Prepare(absl::ZeroDuration())).ok());
  Put("units/late");
  KeepHouse();
  ASSERT_EQ(cut_off(), hop_.position().sequence());
  Follow();
  for (const auto& [change, count] : copier_.applied) EXPECT_EQ(count, 1) << change;
  EXPECT_EQ(Units(target_.get(), "").size(), 5u);
  // Page by page through what has no commits any more.
  v1::FeedPosition position;
  std::vector<std::string> names;
  for (bool more = true; more;) {
    const v1::FeedPage page = Page(source_.get(), {ServiceAudience(kFollower)}, position, 1);
    for (const std::string& name : Names(page)) names.push_back(name);
    position = page.to();
    more = !page.at_head();
    ASSERT_LT(names.size(), 10u);
  }
  EXPECT_THAT(names, ElementsAre("+units/0", "+units/1", "+units/2", "+units/3", "+units/late"));
}

absl::Status SetPosition(Store* store, const std::string& hop, const v1::FeedPosition& position) {
  return store->Run({"test", ""}, [&](Transaction& tx) {
    tx.SetPosition(hop, position);
    return absl::OkStatus();
  });
}

// Makes a node above what it was at an old position, when it held what has been deleted since, and nothing newer.
absl::Status GoBack(Store* above, const v1::FeedPosition& old) {
  DUBAN_RETURN_IF_ERROR(SetPosition(above, "offered_by_district", old));
  DUBAN_RETURN_IF_ERROR(PutUnit(above, "units/goes", "units/goes", {}));
  return above->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    DUBAN_RETURN_IF_ERROR(tx.Delete("units/new"));
    return tx.Delete("units/late");
  });
}

// A node above that goes on from a backup so old that what it was offered since is not kept here any more.
TEST(OfferCutOffTest, AnUpstreamThatStandsBeforeWhatIsKeptIsOfferedEverythingAnewOnce) {
  FakeClock clock;
  TestStore below("assignment", "district", &clock), above("assignment", "city", &clock);
  Copier copier;
  FeedSpec spec{"assignment", above.get(), DefaultAudiences, copier.apply};
  spec.held_from_below = [](const ReadView& view, const EntrySource&, absl::FunctionRef<bool(std::string_view)> visit) {
    return view.Scan<v1::Unit>("units/", "",
                               [&](std::string_view name, const Stored<v1::Unit>&) { return visit(name); });
  };
  FeedServer server(spec, &clock);
  DirectPeer peer(&server);
  OfferHop hop("assignment", "district", "city", below.get());
  const auto offer_all = [&] {
    for (int calls = 0; calls < 10; ++calls) {
      auto request = hop.Prepare();
      ASSERT_TRUE(request.ok()) << request.status();
      if (!request->has_value()) return;
      ASSERT_TRUE(hop.Deliver(peer.Offer(**request)).ok());
    }
    FAIL() << "the offers have no end";
  };
  const auto put = [&](const std::string& name) {
    ASSERT_TRUE(PutUnit(below.get(), name, name, {NodeAudience("city")}).ok());
  };
  put("units/stays");
  put("units/goes");
  offer_all();
  const v1::FeedPosition old = hop.position();
  ASSERT_TRUE(below->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/goes"); }).ok());
  put("units/new");
  offer_all();
  ASSERT_EQ(Units(above.get(), "").size(), 2u);
  clock.Advance(kHistoryKept + absl::Hours(1));
  put("units/late");
  offer_all();
  ASSERT_TRUE(below->NoteBackup(below->head()).ok());
  ASSERT_TRUE(below->ExpireMemos(clock.Now() - kMemoLifetime, 1000).ok());
  ASSERT_TRUE(below->Trim(clock.Now() - kHistoryKept, {}).ok());
  ASSERT_GT(ReadCheckpoint(*below->TakeSnapshot())->sequence(), old.sequence());
  // Its new history makes this side offer from the beginning.
  ASSERT_TRUE(GoBack(above.get(), old).ok());
  ASSERT_TRUE(SetPosition(below.get(), "offered_to_city", {}).ok());
  auto first = hop.Prepare();
  ASSERT_TRUE(first->has_value());
  ASSERT_TRUE(hop.Deliver(peer.Offer(**first)).ok());
  auto anew = hop.Prepare();
  ASSERT_TRUE(anew->has_value());
  EXPECT_EQ((*anew)->instead_of().sequence(), old.sequence());
  ASSERT_TRUE(hop.Deliver(peer.Offer(**anew)).ok());
  EXPECT_EQ(Units(above.get(), ""), Units(below.get(), NodeAudience("city")));
  // Doubled, it changes nothing.
  const int64_t head = above->head().sequence();
  ASSERT_TRUE(peer.Offer(**anew).ok());
  EXPECT_EQ(above->head().sequence(), head);
  EXPECT_FALSE(hop.Prepare()->has_value());
}

// Marks of what is gone are let go of here and at the source at different times.
TEST_F(CutOffTest, AMarkOfWhatIsGoneThatIsNotHereAnyMoreIsNoDifference) {
  spec_.apply = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
    if (entry.withdrawn()) {
      DUBAN_RETURN_IF_ERROR(tx.PassOnWithdrawal(entry.entity(), {kDownstreamAudience}));
      return tx.Delete(entry.entity());
    }
    v1::Unit unit;
    if (!entry.payload().UnpackTo(&unit)) return InvariantBroken("payload");
    return tx.Put(entry.entity(), unit, {kDownstreamAudience}).status();
  };
  FollowHop hop("plan_to_assignment", "city", spec_, target_.get(), &clock_);
  const auto follow = [&] { ASSERT_TRUE(hop.Deliver(peer_.Fetch(*hop.Prepare(absl::ZeroDuration()))).ok()); };
  Put("units/stays");
  Put("units/goes");
  follow();
  Delete("units/goes");
  follow();
  EXPECT_EQ(hop.Compare(peer_).result(), v1::NodeCheck::GOOD);
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Put("units/late");
  follow();
  ASSERT_TRUE(target_->NoteBackup(target_->head()).ok());
  ASSERT_TRUE(target_->ExpireMemos(clock_.Now() - kMemoLifetime, 1000).ok());
  ASSERT_TRUE(target_->Trim(clock_.Now() - kHistoryKept, {}).ok());
  ASSERT_FALSE(target_->TakeSnapshot()->GetRecord("units/goes")->has_value());
  ASSERT_TRUE(source_->TakeSnapshot()->GetRecord("units/goes")->has_value());
  const v1::NodeCheck check = hop.Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.ShortDebugString();
  // What is really only on one side still is one.
  ASSERT_TRUE(target_->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/stays"); }).ok());
  EXPECT_EQ(hop.Compare(peer_).result(), v1::NodeCheck::BAD);
}

// New units that concern nobody, in one commit.
void PutUnseen(Store* store, int64_t count) {
  const std::string prefix = "units/" + std::to_string(store->head().sequence()) + "-";
  ASSERT_TRUE(store
                  ->Run({"test", ""},
                        [&](Transaction& tx) -> absl::Status {
                          for (int64_t i = 0; i < count; ++i) {
                            DUBAN_RETURN_IF_ERROR(tx.Put(prefix + std::to_string(i), v1::Unit(), {}).status());
                          }
                          return absl::OkStatus();
                        })
                  .ok());
}

TEST_F(CutOffTest, AFollowerThatNothingConcernsIsNoReasonToKeepHistory) {
  Put("units/a");
  Follow();
  const int64_t written = target_->head().sequence();
  PutUnseen(source_.get(), kWorthAWrite - 10);
  Follow();
  EXPECT_EQ(target_->head().sequence(), written) << "a position alone was written";
  PutUnseen(source_.get(), 10);
  Follow();
  EXPECT_EQ(hop_.position().sequence(), source_->head().sequence());
  EXPECT_TRUE(SamePosition(target_->TakeSnapshot()->GetPosition("plan_to_assignment").value(), hop_.position()));
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Follow();
  KeepHouse();
  EXPECT_EQ(cut_off(), hop_.position().sequence());
  Put("units/b");
  Follow();
  for (const auto& [change, count] : copier_.applied) EXPECT_EQ(count, 1) << change;
  EXPECT_EQ(Units(target_.get(), "").size(), 2u);
}

TEST(OfferCutOffTest, WhereNothingConcernsTheUpstreamThePositionMovesAllTheSame) {
  TestStore below("assignment", "district"), above("assignment", "city");
  Copier copier;
  FeedServer server({"assignment", above.get(), DefaultAudiences, copier.apply}, &RealClock());
  DirectPeer peer(&server);
  OfferHop hop("assignment", "district", "city", below.get());
  ASSERT_TRUE(PutUnit(below.get(), "units/a", "a", {NodeAudience("city")}).ok());
  const auto offer = [&] {
    auto request = hop.Prepare();
    if (!request->has_value()) return false;
    EXPECT_TRUE(hop.Deliver(peer.Offer(**request)).ok());
    return true;
  };
  ASSERT_TRUE(offer());
  PutUnseen(below.get(), kWorthAWrite - 10);
  EXPECT_FALSE(offer());
  PutUnseen(below.get(), 10);
  const int64_t head = below->head().sequence();
  EXPECT_TRUE(offer());
  EXPECT_EQ(below->TakeSnapshot()->GetPosition("offered_to_city")->sequence(), head);
  EXPECT_EQ(above->TakeSnapshot()->GetPosition("offered_by_district")->sequence(), head);
  EXPECT_FALSE(offer());
}

TEST_F(CutOffTest, AFollowerThatBeginsAgainIsNotCutOffUnderWay) {
  for (int i = 0; i < 4; ++i) Put("units/" + std::to_string(i));
  Follow();
  clock_.Advance(kHistoryKept + absl::Hours(1));
  Follow();
  Put("units/late");
  KeepHouse();
  const int64_t begins = cut_off();
  ASSERT_GT(begins, 0);
  clock_.Advance(absl::Minutes(59));
  // It was noted at the head within the hour; now a copy of it on an empty disk reads from the beginning, page by page.
  v1::FetchRequest request = hop_.PrepareBehind(v1::FeedPage());
  request.set_max_bytes(1);
  for (int page = 0; page < 2; ++page) {
    const auto answer = peer_.Fetch(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    *request.mutable_position() = answer->page().to();
  }
  ASSERT_LT(request.position().sequence(), begins);
  // What is old goes on growing.
  Put("units/later");
  clock_.Advance(kHistoryKept - absl::Hours(1));
  ASSERT_TRUE(peer_.Fetch(request).ok());
  clock_.Advance(absl::Hours(2));
  KeepHouse();
  EXPECT_EQ(cut_off(), begins);
  EXPECT_TRUE(peer_.Fetch(request).ok());
}

TEST_F(CutOffTest, AFollowerIsNotedOnceADay) {
  Put("units/a");
  Follow();
  ASSERT_TRUE(server_.NoteFollowers(absl::Hours(24)).ok());
  const int64_t noted = source_->head().sequence();
  const auto fetch_and_note = [&] {
    ASSERT_TRUE(peer_.Fetch(*hop_.Prepare(absl::ZeroDuration())).ok());
    ASSERT_TRUE(server_.NoteFollowers(absl::Hours(24)).ok());
  };
  clock_.Advance(absl::Hours(23));
  fetch_and_note();
  EXPECT_EQ(source_->head().sequence(), noted);
  // A server that was started since looks at the note first.
  FeedServer anew({"plan", source_.get(), DefaultAudiences, {}}, &clock_);
  ASSERT_TRUE(DirectPeer(&anew).Fetch(*hop_.Prepare(absl::ZeroDuration())).ok());
  ASSERT_TRUE(anew.NoteFollowers(absl::Hours(24)).ok());
  EXPECT_EQ(source_->head().sequence(), noted);
  clock_.Advance(absl::Hours(2));
  fetch_and_note();
  EXPECT_GT(source_->head().sequence(), noted);
}

TEST(HopTest, AFollowerThatIsStoppedAnywhereRepeatsNothingAndSkipsNothing) {
  std::mt19937 random(7);
  TestStore source("plan");
  TestStore target("assignment");
  FeedServer server({"plan", source.get(), DefaultAudiences, {}}, &RealClock());
  Copier copier;
  const FollowSpec spec{"plan", false, "assignment", copier.apply, {}};
  const std::string audience = ServiceAudience("assignment");
  auto hop = std::make_unique<FollowHop>("plan_to_assignment", "city", spec, target.get(), &RealClock());
  for (int step = 0; step < 600; ++step) {
    const std::string name = "units/u" + std::to_string(random() % 20);
    if (random() % 10 == 0) {
      ASSERT_TRUE(source->Run({"test", ""}, [&](Transaction& tx) { return tx.Delete(name); }).ok());
    } else {
      const Audiences audiences = random() % 4 == 0 ? Audiences{} : Audiences{audience};
      ASSERT_TRUE(PutUnit(source.get(), name, std::to_string(random() % 5), audiences).ok());
    }
    if (random() % 3 != 0) continue;
    auto request = hop->Prepare(absl::ZeroDuration());
    ASSERT_TRUE(request.ok());
    request->set_max_bytes(1 + static_cast<int>(random() % 500));
    auto answer = server.TryFetch(*request);
    switch (random() % 6) {
      case 0:  // The answer is lost, and the follower with it.
        hop = std::make_unique<FollowHop>("plan_to_assignment", "city", spec, target.get(), &RealClock());
        break;
      case 1:  // The process ends right after the commit.
        ASSERT_TRUE(hop->Deliver(answer).ok());
        target.Restart();
        hop = std::make_unique<FollowHop>("plan_to_assignment", "city", spec, target.get(), &RealClock());
        break;
      case 2: {  // The answer comes twice.
        ASSERT_TRUE(hop->Deliver(answer).ok());
        const bool again_ok = hop->Deliver(answer).ok();
        EXPECT_TRUE(!again_ok || answer->page().to().sequence() == answer->page().from().sequence() ||
                    answer->page().entries().empty());
        break;
      }
      default:
        ASSERT_TRUE(hop->Deliver(answer).ok());
    }
  }
  for (int i = 0; i < 100 && !hop->at_head(); ++i) {
    ASSERT_TRUE(hop->Deliver(server.TryFetch(*hop->Prepare(absl::ZeroDuration()))).ok());
  }
  EXPECT_EQ(Units(target.get(), ""), Units(source.get(), audience));
  for (const auto& [change, count] : copier.applied) EXPECT_EQ(count, 1) << change;
}

// Its driver asks with a wait; whoever answers it with nothing, however often, makes it write nothing.
TEST(HopTest, PagesThatBringNothingWriteNothing) {
  TestStore source("plan"), target("assignment");
  FeedServer server({"plan", source.get(), DefaultAudiences, {}}, &RealClock());
  Copier copier;
  FollowSpec spec{"plan", false, "assignment", copier.apply,
                  [](Transaction&, bool, const EntrySource&) { return true; }};
  ASSERT_TRUE(PutUnit(source.get(), "units/a", "a", {ServiceAudience("assignment")}).ok());
  FollowHop hop("plan_to_assignment", "city", spec, target.get(), &RealClock());
  ASSERT_TRUE(hop.Deliver(server.TryFetch(*hop.Prepare(absl::ZeroDuration()))).ok());
  // What does not concern it moves the head of the feed.
  ASSERT_TRUE(PutUnit(source.get(), "units/b", "b", {"service/other"}).ok());
  const int64_t before = target->head().sequence();
  for (int restarts = 0; restarts < 3; ++restarts) {
    FollowHop again("plan_to_assignment", "city", spec, target.get(), &RealClock());
    for (int i = 0; i < 3; ++i) {
      const absl::StatusOr<bool> moved = again.Deliver(server.TryFetch(*again.Prepare(absl::ZeroDuration())));
      ASSERT_TRUE(moved.ok()) << moved.status();
      EXPECT_FALSE(*moved);
    }
  }
  EXPECT_EQ(target->head().sequence(), before);
}

TEST(HopTest, AFeedOfAnotherEpochIsFollowedFromItsBeginning) {
  TestStore old_source("plan"), target("assignment");
  FeedServer old_server({"plan", old_source.get(), DefaultAudiences, {}}, &RealClock());
  Copier copier;
  const std::string audience = ServiceAudience("assignment");
  FollowHop hop("plan_to_assignment", "city", {"plan", false, "assignment", copier.apply, {}}, target.get(),
                &RealClock());
  ASSERT_TRUE(PutUnit(old_source.get(), "units/a", "old", {audience}).ok());
  ASSERT_TRUE(hop.Deliver(old_server.TryFetch(*hop.Prepare(absl::ZeroDuration()))).ok());

  TestStore new_source("plan");
  // Another epoch: these ids start elsewhere.
  new_source.Close();
  FakeIds other_ids;
  for (int i = 0; i < 100; ++i) other_ids.Next();
  auto env = testing::MakeMemoryEnv();
  StoreOptions options = new_source.options();
  options.ids = &other_ids;
  options.env = env.get();
  auto restored = Store::Open(options);
  ASSERT_TRUE(restored.ok());
  ASSERT_NE((*restored)->epoch(), old_source->epoch());
  ASSERT_TRUE(PutUnit(restored->get(), "units/a", "new", {audience}).ok());
  FeedServer new_server({"plan", restored->get(), DefaultAudiences, {}}, &RealClock());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(hop.Deliver(new_server.TryFetch(*hop.Prepare(absl::ZeroDuration()))).ok());
  }
  EXPECT_EQ(Units(target.get(), "")["units/a"], "new");
  restored->reset();
  new_source.Open();
}

TEST(HopTest, OffersAreTakenInOnceAndHealAfterLoss) {
  std::mt19937 random(11);
  TestStore below("assignment", "district"), above("assignment", "city");
  Copier copier;
  FeedServer server({"assignment", above.get(), DefaultAudiences, copier.apply}, &RealClock());
  DirectPeer peer(&server);
  const std::string audience = NodeAudience("city");
  auto hop = std::make_unique<OfferHop>("assignment", "district", "city", below.get());
  for (int step = 0; step < 400; ++step) {
    const std::string name = "units/u" + std::to_string(random() % 10);
    ASSERT_TRUE(PutUnit(below.get(), name, std::to_string(random() % 7), {audience}).ok());
    if (random() % 2 == 0) continue;
    auto request = hop->Prepare();
    ASSERT_TRUE(request.ok());
    if (!request->has_value()) continue;
    auto answer = peer.Offer(**request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    if (random() % 3 == 0) {  // The answer is lost, or the offering process with it.
      if (random() % 2 == 0) hop = std::make_unique<OfferHop>("assignment", "district", "city", below.get());
      continue;
    }
    ASSERT_TRUE(hop->Deliver(answer).ok());
  }
  for (int i = 0; i < 10; ++i) {
    auto request = hop->Prepare();
    if (!request->has_value()) break;
    ASSERT_TRUE(hop->Deliver(peer.Offer(**request)).ok());
  }
  EXPECT_EQ(Units(above.get(), ""), Units(below.get(), audience));
  for (const auto& [change, count] : copier.applied) EXPECT_EQ(count, 1) << change;
}

TEST(HopTest, ANodeTakesNothingInFromItselfNorAPageOfTwoHistories) {
  TestStore above("assignment", "city");
  Copier copier;
  FeedServer server({"assignment", above.get(), DefaultAudiences, copier.apply}, &RealClock());
  v1::OfferRequest request;
  request.set_feed("assignment");
  request.set_node("city");
  request.mutable_page()->mutable_to()->set_epoch("e-1");
  request.mutable_page()->mutable_to()->set_sequence(3);
  v1::OfferResponse response;
  EXPECT_EQ(ReasonOf(server.Offer(request, &response)), v1::NOT_OWNER);
  request.set_node("district");
  request.mutable_page()->mutable_from()->set_epoch("e-2");
  EXPECT_EQ(ReasonOf(server.Offer(request, &response)), v1::INVALID_FIELD);
  EXPECT_EQ(above->TakeSnapshot()->GetPosition("offered_by_district")->sequence(), 0);
}

// Takes units, but nothing that is foreign, and notes it half-written before it says so.
absl::Status TakeOwn(Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) {
  v1::Unit unit;
  entry.payload().UnpackTo(&unit);
  DUBAN_RETURN_IF_ERROR(tx.Put(entry.entity(), unit, {"x"}).status());
  if (entry.entity().starts_with("units/foreign")) return Error(v1::NOT_OWNER, "not yours", "不归你");
  return entry.entity() == "units/broken" ? InvariantBroken("cannot be") : absl::OkStatus();
}

storage::v1::SetAsideEntries SetAsideIn(TestStore& store, const std::string& hop) {
  return SetAsideOf(*store->TakeSnapshot(), hop).value();
}

TEST(HopTest, WhatANodeOffersAndDoesNotOwnIsSetAsideAndTheRestIsTaken) {
  TestStore below("assignment", "district"), above("assignment", "city");
  FeedServer server({"assignment", above.get(), DefaultAudiences, TakeOwn}, &RealClock());
  FakeIds ids;
  HopDriver driver(std::make_unique<OfferHop>("assignment", "district", "city", below.get()), &RealClock(), &ids);
  for (const char* name : {"units/a", "units/foreign", "units/b"}) {
    ASSERT_TRUE(PutUnit(below.get(), name, name, {"node/city"}).ok());
  }
  DirectPeer peer(&server);
  const int64_t offered = below->head().sequence();
  driver.Take(peer.Offer(std::get<v1::OfferRequest>(*driver.Next().call)));
  EXPECT_TRUE(driver.Commit().ok());
  EXPECT_THAT(Units(above.get(), ""), ElementsAre(Pair("units/a", "units/a"), Pair("units/b", "units/b")));
  EXPECT_EQ(above->TakeSnapshot()->GetPosition("offered_by_district")->sequence(), offered);
  // It stands here, and the owner is told.
  const auto kept = SetAsideIn(above, "offered_by_district");
  EXPECT_EQ(kept.count(), 1);
  ASSERT_EQ(kept.last_size(), 1);
  EXPECT_EQ(kept.last(0).entity(), "units/foreign");
  EXPECT_EQ(kept.last(0).reason(), "NOT_OWNER");
  EXPECT_EQ(kept.last(0).message_zh(), "不归你");
  EXPECT_EQ(driver.status().set_aside(), 1);
  EXPECT_EQ(driver.status().last_set_aside(0).entity(), "units/foreign");
  EXPECT_EQ(driver.status().error(), "");
}

TEST(HopTest, WhatASourceSendsAndDoesNotOwnIsSetAsideAndTheRestIsFollowed) {
  TestStore source("plan", "city"), target("plan", "district");
  FeedServer server({"plan", source.get(), DefaultAudiences, {}}, &RealClock());
  const FollowSpec spec{"plan", true, "district", TakeOwn, {}};
  FollowHop hop("city_plan", "city", spec, target.get(), &RealClock());
  for (const char* name : {"units/a", "units/foreign", "units/b"}) {
    ASSERT_TRUE(PutUnit(source.get(), name, name, {kDownstreamAudience}).ok());
  }
  ASSERT_TRUE(hop.Deliver(server.TryFetch(*hop.Prepare(absl::ZeroDuration()))).ok());
  EXPECT_THAT(Units(target.get(), ""), ElementsAre(Pair("units/a", "units/a"), Pair("units/b", "units/b")));
  EXPECT_EQ(SetAsideIn(target, "city_plan").count(), 1);
  EXPECT_TRUE(hop.at_head());
  EXPECT_EQ(target->VerifyFeed(), absl::OkStatus());
}

TEST(HopTest, OfWhatIsSetAsideTheLastHundredAreKeptAndTheLastTenShown) {
  TestStore above("assignment", "city");
  FeedServer server({"assignment", above.get(), DefaultAudiences, TakeOwn}, &RealClock());
  v1::OfferRequest request;
  request.set_feed("assignment");
  request.set_node("district");
  v1::FeedPage& page = *request.mutable_page();
  page.mutable_to()->set_epoch("e-1");
  page.mutable_to()->set_sequence(130);
  for (int i = 1; i <= 130; ++i) {
    v1::FeedEntry& entry = *page.add_entries();
    entry.set_entity("units/foreign-" + std::to_string(i));
    entry.set_sequence(i);
    entry.mutable_payload()->PackFrom(v1::Unit());
  }
  v1::OfferResponse response;
  ASSERT_EQ(server.Offer(request, &response), absl::OkStatus());
  EXPECT_EQ(response.set_aside_count(), 130);
  EXPECT_EQ(response.set_aside_size(), kMostSetAsideKept);
  const auto kept = SetAsideIn(above, "offered_by_district");
  EXPECT_EQ(kept.count(), 130);
  ASSERT_EQ(kept.last_size(), kMostSetAsideKept);
  EXPECT_EQ(kept.last(0).sequence(), 31);
  v1::NodeStatus status;
  ASSERT_EQ(ShowHops(*above->TakeSnapshot(), status), absl::OkStatus());
  ASSERT_EQ(status.hops_size(), 1);
  EXPECT_EQ(status.hops(0).name(), "offered_by_district");
  EXPECT_EQ(status.hops(0).direction(), v1::NodeStatus::Hop::TAKE_IN);
  EXPECT_EQ(status.hops(0).position().sequence(), 130);
  EXPECT_EQ(status.hops(0).set_aside(), 130);
  ASSERT_EQ(status.hops(0).last_set_aside_size(), kMostSetAsideShown);
  EXPECT_EQ(status.hops(0).last_set_aside(0).sequence(), 130) << "the newest comes first";
}

TEST(HopTest, ABrokenPromiseStopsAHopAndNothingOfItsPageIsKept) {
  TestStore below("assignment", "district"), above("assignment", "city");
  FeedServer server({"assignment", above.get(), DefaultAudiences, TakeOwn}, &RealClock());
  OfferHop hop("assignment", "district", "city", below.get());
  for (const char* name : {"units/a", "units/foreign", "units/broken"}) {
    ASSERT_TRUE(PutUnit(below.get(), name, name, {"node/city"}).ok());
  }
  DirectPeer peer(&server);
  EXPECT_EQ(ReasonOf(hop.Deliver(peer.Offer(**hop.Prepare()))), v1::INVARIANT_BROKEN);
  EXPECT_THAT(Units(above.get(), ""), IsEmpty());
  EXPECT_EQ(above->TakeSnapshot()->GetPosition("offered_by_district")->sequence(), 0);
  EXPECT_EQ(SetAsideIn(above, "offered_by_district").count(), 0);
}

TEST(HopTest, AnOfferOutOfOrderIsTheCallersFaultAndNamesTheEntry) {
  TestStore above("assignment", "city");
  Copier copier;
  FeedServer server({"assignment", above.get(), DefaultAudiences, copier.apply}, &RealClock());
  const auto offer = [&](const std::vector<int64_t>& sequences, int64_t to) {
    v1::OfferRequest request;
    request.set_feed("assignment");
    request.set_node("district");
    request.mutable_page()->mutable_to()->set_epoch("e-1");
    request.mutable_page()->mutable_to()->set_sequence(to);
    for (const int64_t sequence : sequences) {
      v1::FeedEntry& entry = *request.mutable_page()->add_entries();
      entry.set_entity("units/u" + std::to_string(sequence));
      entry.set_sequence(sequence);
      entry.mutable_payload()->PackFrom(v1::Unit());
    }
    v1::OfferResponse response;
    const absl::Status status = server.Offer(request, &response);
    EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
    return MetadataOf(status)["field"];
  };
  EXPECT_EQ(offer({3, 2}, 5), "page.entries[1].sequence");
  EXPECT_EQ(offer({2, 2}, 5), "page.entries[1].sequence");
  EXPECT_EQ(offer({0, 2}, 5), "page.entries[0].sequence");
  EXPECT_EQ(offer({2, 6}, 5), "page.entries[1].sequence");
  EXPECT_EQ(offer({std::numeric_limits<int64_t>::max(), 6}, 5), "page.entries[0].sequence");
  EXPECT_EQ(offer({}, -1), "page.to.sequence");
  EXPECT_EQ(above->TakeSnapshot()->GetPosition("offered_by_district")->sequence(), 0);
  EXPECT_EQ(offer({2, 5}, 5), "");
}

// Somebody else has offered in the node's name, and the node above stands where the node has never been.
TEST(HopTest, AnUpstreamThatStandsAtNoPlaceOfTheOffererIsOfferedEverythingAgain) {
  TestStore below("assignment", "district"), above("assignment", "city");
  Copier copier;
  FeedServer server({"assignment", above.get(), DefaultAudiences, copier.apply}, &RealClock());
  DirectPeer peer(&server);
  ASSERT_TRUE(PutUnit(below.get(), "units/a", "a", {"node/city"}).ok());
  OfferHop hop("assignment", "district", "city", below.get());
  v1::OfferRequest forged = **hop.Prepare();
  const v1::OfferRequest late = forged;
  forged.mutable_page()->clear_entries();
  forged.mutable_page()->mutable_to()->set_sequence(77);
  ASSERT_TRUE(peer.Offer(forged).ok());
  for (int calls = 0; !hop.taken(); ++calls) {
    ASSERT_LT(calls, 5) << "it never heals";
    ASSERT_TRUE(hop.Deliver(peer.Offer(**hop.Prepare())).ok());
  }
  EXPECT_EQ(Units(above.get(), ""), Units(below.get(), ""));
  EXPECT_FALSE(hop.Prepare()->has_value());
  // A page from the beginning that comes late is none to begin anew with.
  ASSERT_TRUE(PutUnit(below.get(), "units/b", "b", {"node/city"}).ok());
  const int64_t offered = below->head().sequence();
  ASSERT_TRUE(hop.Deliver(peer.Offer(**hop.Prepare())).ok());
  EXPECT_EQ(peer.Offer(late)->position().sequence(), offered);
}

TEST(HopTest, AVersionThatNobodyCanHaveReachedIsImplausible) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(PlausibleVersion(0, 0));
  EXPECT_TRUE(PlausibleVersion(kMostVersionLeap, 0));
  EXPECT_FALSE(PlausibleVersion(kMostVersionLeap + 1, 0));
  EXPECT_TRUE(PlausibleVersion(7 + kMostVersionLeap, 7));
  EXPECT_FALSE(PlausibleVersion(8 + kMostVersionLeap, 7));
  EXPECT_TRUE(PlausibleVersion(3, 7)) << "an older one is only passed over";
  EXPECT_FALSE(PlausibleVersion(kMost, 0));
  EXPECT_FALSE(PlausibleVersion(-1, 0));
  EXPECT_FALSE(PlausibleVersion(std::numeric_limits<int64_t>::min(), kMost));
  EXPECT_TRUE(PlausibleVersion(kMost, kMost));
  EXPECT_TRUE(PlausibleVersion(5, -3));
  EXPECT_EQ(MetadataOf(ImplausibleVersion("assignments/a1/execution", kMost, 3))["field"], "version");
}

// Units that left one audience of the follower and changed in the other since: the later place speaks for the earlier.
// Where a node above has a new history, what it was offered may be lost too.
TEST(HopTest, AnUpstreamWithANewHistoryIsOfferedEverythingAgain) {
  TestStore below("assignment", "district"), above("assignment", "city"), above_anew("assignment", "city");
  above_anew.ids()->Next();
  above_anew.Close();
  above_anew.options().path = "/anew";
  above_anew.Open();
  ASSERT_NE(above->epoch(), above_anew->epoch());
  const auto take = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
    v1::Unit unit;
    entry.payload().UnpackTo(&unit);
    return tx.Put(entry.entity(), unit, {}).status();
  };
  FeedServer old_server({"assignment", above.get(), DefaultAudiences, take}, &RealClock());
  FeedServer new_server({"assignment", above_anew.get(), DefaultAudiences, take}, &RealClock());
  ASSERT_TRUE(PutUnit(below.get(), "units/a", "a", {"node/city"}).ok());
  ASSERT_TRUE(PutUnit(above.get(), "units/down", "b", {kDownstreamAudience}).ok());
  FollowSpec spec;
  spec.feed = "assignment";
  spec.from_upstream = true;
  spec.follower = "district";
  spec.apply = take;
  FollowHop follow("city_assignment", "city", spec, below.get(), &RealClock());
  OfferHop offer("assignment", "district", "city", below.get());
  DirectPeer old_peer(&old_server), new_peer(&new_server);
  ASSERT_TRUE(follow.Deliver(old_peer.Fetch(*follow.Prepare(absl::ZeroDuration()))).ok());
  ASSERT_TRUE(offer.Deliver(old_peer.Offer(**offer.Prepare())).ok());
  ASSERT_FALSE(offer.Prepare()->has_value());
  // One more is under way to the old history when the new one is met.
  ASSERT_TRUE(PutUnit(below.get(), "units/c", "c", {"node/city"}).ok());
  const absl::StatusOr<v1::OfferResponse> late = old_peer.Offer(**offer.Prepare());
  ASSERT_TRUE(follow.Deliver(new_peer.Fetch(*follow.Prepare(absl::ZeroDuration()))).ok());
  ASSERT_TRUE(offer.Deliver(late).ok());
  const auto again = offer.Prepare();
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ((*again)->page().entries_size(), 2);
  ASSERT_TRUE(offer.Deliver(new_peer.Offer(**again)).ok());
  EXPECT_FALSE(offer.Prepare()->has_value());
  EXPECT_TRUE((*above_anew->TakeSnapshot()->Get<v1::Unit>("units/a")).has_value());
}

TEST(HopTest, PagesThatHoldNothingForTheFollowerAreBehindItOnceTheyAreRead) {
  TestStore source("plan"), target("assignment");
  const std::string audience = ServiceAudience("assignment");
  const int units = kMaxPageEntries + 10;
  const auto put_all = [&](const std::string& display_name, const Audiences& audiences) {
    return source->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
      for (int i = 0; i < units; ++i) {
        v1::Unit unit;
        unit.set_name("units/u" + std::to_string(i));
        unit.set_display_name(display_name);
        DUBAN_RETURN_IF_ERROR(tx.Put(unit.name(), unit, audiences).status());
      }
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(put_all("first", {"early", audience}).ok());
  ASSERT_TRUE(put_all("second", {audience}).ok());
  ASSERT_TRUE(put_all("third", {audience}).ok());
  FeedSpec spec{"plan", source.get(), [&](std::string_view, bool) { return Audiences{"early", audience}; }, {}};
  FeedServer server(spec, &RealClock());
  Copier copier;
  FollowHop hop("plan_to_assignment", "city", {"plan", false, "assignment", copier.apply, {}}, target.get(),
                &RealClock());
  for (int calls = 0; !hop.at_head(); ++calls) {
    ASSERT_LT(calls, 20) << "stuck at " << hop.position().sequence();
    ASSERT_TRUE(hop.Deliver(server.TryFetch(*hop.Prepare(absl::ZeroDuration()))).ok());
  }
  EXPECT_EQ(Units(target.get(), "").size(), static_cast<size_t>(units));
}

// Serves one entry a page, and tells how many pages were asked for.
class OnePagePeer final : public FeedPeer {
 public:
  explicit OnePagePeer(FeedServer* server) : server_(*server) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    v1::FetchRequest small = request;
    small.set_max_bytes(1);
    absl::StatusOr<v1::FetchResponse> page = server_.TryFetch(small);
    MutexLock lock(&mu_);
    asked_.push_back(request.position().sequence());
    const auto cancelled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return cancelled_; };
    if (page.ok() && page->page().entries().empty()) mu_.Await(absl::Condition(&cancelled));
    return page;
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest&) override {
    return absl::UnimplementedError("");
  }
  void Cancel() override {
    MutexLock lock(&mu_);
    cancelled_ = true;
  }
  // Waits until `count` pages were asked for; false where nobody does.
  bool AwaitAsked(size_t count) {
    MutexLock lock(&mu_);
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return asked_.size() >= count; };
    return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20));
  }
  std::vector<int64_t> asked() {
    MutexLock lock(&mu_);
    return asked_;
  }

 private:
  FeedServer& server_;
  Mutex mu_;
  std::vector<int64_t> asked_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

// Runs a hop over five units to its head; `apply` sees each entry.
struct RunnerRun {
  explicit RunnerRun(std::function<absl::Status(OnePagePeer&, const v1::FeedEntry&)> apply) {
    for (int i = 0; i < 5; ++i) {
      const std::string name = "units/u" + std::to_string(i);
      EXPECT_TRUE(PutUnit(source.get(), name, name, {ServiceAudience("assignment")}).ok());
    }
    FollowSpec spec{"plan", false, "assignment",
                    [this, apply](Transaction& tx, const v1::FeedEntry& entry, const EntrySource& from) {
                      const absl::Status status = apply(*peer, entry);
                      return status.ok() ? copier.apply(tx, entry, from) : status;
                    },
                    [](Transaction&, bool, const EntrySource&) { return true; }};
    HopRunner runner(&RealClock(), &SystemIds());
    runner.Add(std::make_unique<FollowHop>("plan_to_assignment", "city", spec, target.get(), &RealClock()), peer);
    runner.Start();
    const absl::Duration end = RealClock().Steady() + absl::Seconds(30);
    while (!runner.Status()[0].at_head() && RealClock().Steady() < end) peer->AwaitAsked(peer->asked().size() + 1);
    EXPECT_TRUE(runner.Status()[0].at_head());
    runner.Stop();
  }

  TestStore source{"plan"}, target{"assignment"};
  Copier copier;
  FeedServer server{{"plan", source.get(), DefaultAudiences, {}}, &RealClock()};
  std::shared_ptr<OnePagePeer> peer = std::make_shared<OnePagePeer>(&server);
};

TEST(HopRunnerTest, TheNextPageIsUnderWayWhileOneIsCommitted) {
  size_t applied = 0;
  RunnerRun run([&](OnePagePeer& peer, const v1::FeedEntry&) -> absl::Status {
    // The last entry has no page behind it.
    if (++applied < 5 && !peer.AwaitAsked(applied + 1)) return absl::InternalError("nobody asked for the next page");
    return absl::OkStatus();
  });
  EXPECT_EQ(applied, 5);
  EXPECT_EQ(Units(run.target.get(), "").size(), 5);
}

TEST(HopRunnerTest, APageFetchedBehindOneThatFailedIsDropped) {
  int failures = 0;
  RunnerRun run([&](OnePagePeer&, const v1::FeedEntry& entry) -> absl::Status {
    if (entry.entity() == "units/u2" && failures++ < 2) return absl::InternalError("not now");
    return absl::OkStatus();
  });
  EXPECT_EQ(failures, 3);
  EXPECT_EQ(Units(run.target.get(), "").size(), 5);
  // Asked for: what failed, and the page behind it, three times each; nothing else again.
  std::map<int64_t, int> times;
  for (const int64_t position : run.peer->asked()) ++times[position];
  std::vector<int> counts;
  for (const auto& [position, count] : times) counts.push_back(count);
  EXPECT_THAT(counts, ElementsAre(1, 1, 3, 3, 1, 1));
  for (const auto& [change, count] : run.copier.applied) EXPECT_EQ(count, 1) << change;
}

}  // namespace
}  // namespace duban
