// A source that was restored from an old backup: followers lose what it no longer has, and can be compared with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "common/base/strings.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "common/store/backup.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestStore;
using Units = std::map<std::string, std::string>;

// Answers from whichever source it is pointed at, an entry a page.
class SmallPages : public FeedPeer {
 public:
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    if (server == nullptr) return absl::UnavailableError("nobody is there");
    v1::FetchRequest small = request;
    small.set_max_bytes(1);
    return server->TryFetch(small);
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest&) override {
    return absl::UnimplementedError("");
  }
  void Cancel() override {}

  FeedServer* server = nullptr;
};

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() { Serve(source_.get()); }

  static void Put(Store* store, const std::string& name, const std::string& value, const Audiences& audiences) {
    ASSERT_EQ(store->Run({"test", ""},
                         [&](Transaction& tx) -> absl::Status {
                           v1::Unit unit;
                           unit.set_display_name(value);
                           return tx.Put(name, unit, audiences).status();
                         }),
              absl::OkStatus());
  }
  static void PutSource(Store* store, const std::string& name, const std::string& value) {
    Put(store, name, value, {ServiceAudience("assignment")});
  }

  static Units UnitsOf(Store* store) {
    Units units;
    EXPECT_EQ(store->TakeSnapshot()->Scan<v1::Unit>("units/", "",
                                                    [&](std::string_view name, Stored<v1::Unit> unit) {
                                                      units.emplace(name, unit.value.display_name());
                                                      return true;
                                                    }),
              absl::OkStatus());
    return units;
  }

  void Serve(Store* store) {
    server_ = std::make_unique<FeedServer>(FeedSpec{"plan", store, DefaultAudiences, {}}, &RealClock());
    peer_.server = server_.get();
  }

  std::unique_ptr<FollowHop> MakeHop() {
    FollowSpec spec;
    spec.feed = "plan";
    spec.follower = "assignment";
    spec.apply = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
      if (entry.withdrawn()) return tx.Delete(entry.entity());
      v1::Unit unit;
      if (!entry.payload().UnpackTo(&unit)) return InvariantBroken("payload");
      return tx.Put(entry.entity(), unit, {"downstream"}).status();
    };
    // What begins with `own` did not come from the source.
    spec.held = [](const ReadView& view, const EntrySource&, absl::FunctionRef<bool(std::string_view)> visit) {
      return view.Scan<v1::Unit>("units/", "", [&](std::string_view name, const Stored<v1::Unit>&) {
        return name.starts_with("units/own") || visit(name);
      });
    };
    return std::make_unique<FollowHop>("plan_to_assignment", "city", spec, target_.get(), &RealClock());
  }

  // Follows to the head; each page by a hop that knows nothing but the store, as after a crash.
  void Follow() {
    for (bool at_head = false; !at_head;) {
      auto hop = MakeHop();
      auto request = hop->Prepare(absl::ZeroDuration());
      ASSERT_TRUE(request.ok()) << request.status();
      auto delivered = hop->Deliver(peer_.Fetch(*request));
      ASSERT_TRUE(delivered.ok()) << delivered.status();
      at_head = hop->at_head();
    }
  }

  // The source, restored from the copy; served from now on.
  std::unique_ptr<Store> Restore() {
    StoreOptions options = source_.options();
    options.path = "/restored";
    EXPECT_TRUE(RestoreStore(options, "/copy").ok());
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    Serve(store->get());
    return *std::move(store);
  }

  // Has the source, as a node below, offer what it has to another store, until that has everything.
  void OfferAll(Store* from) {
    FeedSpec spec{"plan", target_.get(), DefaultAudiences, MakeHop()->spec().apply};
    spec.held_from_below = MakeHop()->spec().held;
    FeedServer server(spec, &RealClock());
    OfferHop hop("plan", "district", "city", from);
    for (int calls = 0; calls < 10; ++calls) {
      const auto request = hop.Prepare();
      ASSERT_TRUE(request.ok()) << request.status();
      if (!request->has_value()) return;
      v1::OfferResponse response;
      const absl::Status offered = server.Offer(**request, &response);
      ASSERT_TRUE(offered.ok()) << offered;
      ASSERT_TRUE(hop.Deliver(response).ok());
    }
    ADD_FAILURE() << "it never has offered everything";
  }

  TestStore source_{"plan"};
  TestStore target_{"assignment"};
  std::unique_ptr<FeedServer> server_;
  SmallPages peer_;
};

TEST_F(SweepTest, WhatARestoredSourceNoLongerHasIsWithdrawnAtItsHead) {
  for (int i = 0; i < 5; ++i) PutSource(source_.get(), StrCat("units/", i), "old");
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  PutSource(source_.get(), "units/1", "new");
  PutSource(source_.get(), "units/late", "late");
  Put(target_.get(), "units/own", "mine", {});
  Follow();
  ASSERT_EQ(UnitsOf(target_.get()).size(), 7u);
  auto restored = Restore();
  Follow();
  Units expected = UnitsOf(restored.get());
  EXPECT_EQ(expected.size(), 5u);
  expected["units/own"] = "mine";
  EXPECT_EQ(UnitsOf(target_.get()), expected);
  // Its own followers hear of it.
  const auto record = target_->TakeSnapshot()->GetRecord("units/late");
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->concern().withdrawals_size(), 1);
  EXPECT_EQ((*record)->concern().audiences_size(), 0);
  // Of the pass nothing is left but that there was one, and what comes next is followed as ever.
  std::vector<std::string> rows;
  ASSERT_TRUE(target_->TakeSnapshot()
                  ->ScanRows(LocalKey(""), PrefixEnd(LocalKey("")),
                             [&](std::string_view key, std::string_view) {
                               rows.emplace_back(key);
                               return true;
                             })
                  .ok());
  EXPECT_THAT(rows, ElementsAre(LocalKey(StartedOverName("plan_to_assignment"))));
  PutSource(restored.get(), "units/next", "next");
  Follow();
  EXPECT_EQ(UnitsOf(target_.get())["units/next"], "next");
  EXPECT_EQ(target_->VerifyFeed(), absl::OkStatus());
}

TEST_F(SweepTest, ASourceThatLostNothingWithdrawsNothing) {
  for (int i = 0; i < 5; ++i) PutSource(source_.get(), StrCat("units/", i), "old");
  Follow();
  const Units before = UnitsOf(target_.get());
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  auto restored = Restore();
  Follow();
  EXPECT_EQ(UnitsOf(target_.get()), before);
}

TEST_F(SweepTest, ASourceFromAnEmptyBackupWithdrawsEverythingThatCameFromIt) {
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  PutSource(source_.get(), "units/1", "one");
  Put(target_.get(), "units/own", "mine", {});
  Follow();
  auto restored = Restore();
  Follow();
  EXPECT_EQ(UnitsOf(target_.get()), (Units{{"units/own", "mine"}}));
}

TEST_F(SweepTest, WhatARestoredNodeBelowDoesNotOfferAgainIsWithdrawnOnceItHasOfferedEverything) {
  Put(source_.get(), "units/1", "old", {NodeAudience("city")});
  OfferAll(source_.get());
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  Put(source_.get(), "units/1", "new", {NodeAudience("city")});
  Put(source_.get(), "units/late", "late", {NodeAudience("city")});
  Put(target_.get(), "units/own", "mine", {});
  OfferAll(source_.get());
  ASSERT_EQ(UnitsOf(target_.get()), (Units{{"units/1", "new"}, {"units/late", "late"}, {"units/own", "mine"}}));
  auto restored = Restore();
  OfferAll(restored.get());
  EXPECT_EQ(UnitsOf(target_.get()), (Units{{"units/1", "old"}, {"units/own", "mine"}}));
}

// It offers nothing any more, and says so once.
TEST_F(SweepTest, ANodeBelowFromABackupOfBeforeItsFirstOfferIsHeardToo) {
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  Put(source_.get(), "units/1", "one", {NodeAudience("city")});
  OfferAll(source_.get());
  auto restored = Restore();
  OfferAll(restored.get());
  EXPECT_EQ(UnitsOf(target_.get()), Units());
  const int64_t head = target_->head().sequence();
  OfferAll(restored.get());
  EXPECT_EQ(target_->head().sequence(), head);
}

TEST_F(SweepTest, NothingIsWithdrawnForANodeBelowOfAnotherHistory) {
  Put(source_.get(), "units/1", "one", {NodeAudience("city")});
  OfferAll(source_.get());
  TestStore other("plan", "elsewhere");
  other.Close();
  for (int i = 0; i < 100; ++i) other.ids()->Next();
  other.options().path = "/other";
  other.Open();
  OfferAll(other.get());
  EXPECT_EQ(UnitsOf(target_.get()), (Units{{"units/1", "one"}}));
}

// The source may have been started on an empty disk by mistake: then what is held here is all that is left.
TEST_F(SweepTest, NothingIsWithdrawnForASourceOfAnotherHistory) {
  PutSource(source_.get(), "units/1", "one");
  Follow();
  TestStore other("plan", "city");
  // Its ids are those of another machine.
  other.Close();
  for (int i = 0; i < 100; ++i) other.ids()->Next();
  other.options().path = "/other";
  other.Open();
  PutSource(other.get(), "units/2", "two");
  Serve(other.get());
  Follow();
  EXPECT_EQ(UnitsOf(target_.get()), (Units{{"units/1", "one"}, {"units/2", "two"}}));
  EXPECT_EQ(target_->TakeSnapshot()->GetRow(LocalKey("sweep/plan_to_assignment"))->has_value(), false);
}

// The second restore comes before the first one's head was seen.
TEST_F(SweepTest, APassThatIsBrokenOffByAnotherRestoreLeavesNoMarks) {
  for (int i = 0; i < 3; ++i) PutSource(source_.get(), StrCat("units/", i), "old");
  ASSERT_TRUE(CopyStore(*source_.get(), "/copy").ok());
  Follow();
  auto restored = Restore();
  ASSERT_TRUE(restored->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/2"); }).ok());
  ASSERT_TRUE(CopyStore(*restored, "/second").ok());
  PutSource(restored.get(), "units/late", "late");
  for (int i = 0; i < 5; ++i) {
    auto hop = MakeHop();
    ASSERT_TRUE(hop->Deliver(peer_.Fetch(*hop->Prepare(absl::ZeroDuration()))).ok());
    if (UnitsOf(target_.get()).contains("units/late")) break;
  }
  ASSERT_TRUE(UnitsOf(target_.get()).contains("units/late"));
  StoreOptions options = source_.options();
  options.path = "/again";
  ASSERT_TRUE(RestoreStore(options, "/second").ok());
  auto again = Store::Open(options);
  ASSERT_TRUE(again.ok()) << again.status();
  Serve(again->get());
  Follow();
  EXPECT_EQ(UnitsOf(target_.get()), UnitsOf(again->get()));
}

TEST_F(SweepTest, ComparingFindsWhatIsOtherWhatIsMissingAndWhatIsLeft) {
  for (int i = 0; i < 5; ++i) PutSource(source_.get(), StrCat("units/", i), "old");
  Follow();
  v1::NodeCheck check = MakeHop()->Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  EXPECT_EQ(check.count(), 5);
  EXPECT_NE(check.source_digest(), 0u);
  EXPECT_EQ(check.source_digest(), check.held_digest());
  // What is on its way is no difference, here or gone there.
  PutSource(source_.get(), "units/1", "changed");
  PutSource(source_.get(), "units/new", "new");
  ASSERT_TRUE(source_->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/2"); }).ok());
  check = MakeHop()->Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  Follow();
  Put(target_.get(), "units/3", "tampered", {"downstream"});
  Put(target_.get(), "units/ghost", "left", {"downstream"});
  ASSERT_TRUE(target_->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/4"); }).ok());
  const std::string head = target_->head().SerializeAsString();
  check = MakeHop()->Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::BAD);
  EXPECT_THAT(check.entities(), ElementsAre("units/3", "units/4", "units/ghost"));
  EXPECT_NE(check.source_digest(), check.held_digest());
  EXPECT_EQ(target_->head().SerializeAsString(), head) << "it wrote";
}

TEST_F(SweepTest, WhatIsLaterHereIsADifferenceWhereItCameFromTheSourceAlone) {
  FollowSpec spec;
  spec.feed = "plan";
  spec.follower = "assignment";
  spec.apply = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
    v1::Calendar given;
    if (!entry.payload().UnpackTo(&given)) return InvariantBroken("payload");
    DUBAN_ASSIGN_OR_RETURN(const auto here, tx.Get<v1::Calendar>(entry.entity()));
    const bool later = here.has_value() && here->value.version() > given.version();
    return later ? absl::OkStatus() : tx.Put(entry.entity(), given, {}).status();
  };
  // Somebody put the other one in here.
  spec.held = [](const ReadView&, const EntrySource&, absl::FunctionRef<bool(std::string_view)> visit) {
    visit("calendars/theirs");
    return absl::OkStatus();
  };
  FollowHop hop("plan_to_assignment", "city", spec, target_.get(), &RealClock());
  const auto put = [](Store* store, const std::string& name, int64_t version) {
    v1::Calendar calendar;
    calendar.set_version(version);
    return store->Run({"test", ""}, [&](Transaction& tx) {
      return tx.Put(name, calendar, {ServiceAudience("assignment")}).status();
    });
  };
  for (const char* name : {"calendars/theirs", "calendars/own"}) {
    ASSERT_EQ(put(source_.get(), name, 1), absl::OkStatus());
  }
  while (!hop.at_head()) ASSERT_TRUE(hop.Deliver(peer_.Fetch(*hop.Prepare(absl::ZeroDuration()))).ok());
  ASSERT_EQ(put(target_.get(), "calendars/own", 2), absl::OkStatus());
  v1::NodeCheck check = hop.Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  ASSERT_EQ(put(target_.get(), "calendars/theirs", 2), absl::OkStatus());
  check = hop.Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::BAD);
  EXPECT_THAT(check.entities(), ElementsAre("calendars/theirs"));
}

TEST_F(SweepTest, ASourceThatIsNotReachedLeavesTheQuestionOpen) {
  PutSource(source_.get(), "units/1", "one");
  Follow();
  peer_.server = nullptr;
  const v1::NodeCheck check = MakeHop()->Compare(peer_);
  EXPECT_EQ(check.result(), v1::NodeCheck::UNKNOWN);
  EXPECT_THAT(check.finding(), HasSubstr("nobody is there"));
}

}  // namespace
}  // namespace duban
