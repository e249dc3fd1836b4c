// One process a name: who is there, who is refused, and how soon a name is free again.

#include "common/feed/followers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/support/fake_clock.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FollowersTest : public ::testing::Test {
 protected:
  static FollowerCall Call(const std::string& instance, const std::string& own_epoch, const std::string& name = "d1") {
    return {name, true, instance, own_epoch, StrCat("ipv4:10.0.0.1:", instance.size())};
  }
  bool Comes(const FollowerCall& call) {
    const absl::Status begun = followers_.Begin(call);
    EXPECT_TRUE(begun.ok() || ReasonOf(begun) == v1::NODE_ID_TAKEN) << begun;
    return begun.ok();
  }

  FakeClock clock_;
  Followers followers_{"plan", "city", &clock_};
  const FollowerCall first_ = Call("i-1", "e-1");
  const FollowerCall twin_ = Call("i-2", "e-1");
  const FollowerCall stranger_ = Call("i-3", "");
};

TEST_F(FollowersTest, WhileAProcessWaitsAnotherOneOfItsNameIsRefusedHoweverLongThatTakes) {
  ASSERT_TRUE(Comes(first_));
  for (const FollowerCall& other : {twin_, stranger_}) EXPECT_FALSE(Comes(other));
  clock_.Advance(absl::Hours(1));
  for (const FollowerCall& other : {twin_, stranger_}) EXPECT_FALSE(Comes(other));
  EXPECT_TRUE(Comes(first_)) << "its own process was refused";
  EXPECT_TRUE(Comes(Call("i-2", "e-1", "d2"))) << "another name was refused";
  EXPECT_TRUE(followers_.Begin({"d1", false, "i-2", "", ""}).ok()) << "a service has the name of a node";
}

TEST_F(FollowersTest, AProcessThatStaysSilentMakesRoomSoonForOneOfItsStoreAndLaterForAnyOther) {
  ASSERT_TRUE(Comes(first_));
  followers_.End(first_, false);
  clock_.Advance(Followers::kSameStoreGone - absl::Milliseconds(1));
  EXPECT_FALSE(Comes(twin_));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(Comes(stranger_));
  EXPECT_TRUE(Comes(twin_));
  followers_.End(twin_, false);
  clock_.Advance(Followers::kGone - absl::Milliseconds(1));
  EXPECT_FALSE(Comes(stranger_));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(Comes(stranger_));
  // Whoever was there first comes second now.
  EXPECT_FALSE(Comes(first_));
}

TEST_F(FollowersTest, AProcessWhoseConnectionBrokeDuringItsOnlyCallMakesRoomAtOnce) {
  ASSERT_TRUE(Comes(first_));
  ASSERT_TRUE(Comes(first_));
  followers_.End(first_, true);
  EXPECT_FALSE(Comes(stranger_)) << "it has another call under way";
  followers_.End(first_, true);
  EXPECT_TRUE(Comes(stranger_));
  // Nobody ends a call of another process.
  followers_.End(first_, true);
  EXPECT_FALSE(Comes(first_));
}

TEST_F(FollowersTest, TheRefusedOneIsToldWhoIsThereAndTheOperatorWhoWasRefused) {
  ASSERT_TRUE(Comes(first_));
  followers_.End(first_, false);
  clock_.Advance(absl::Seconds(1));
  const absl::Status refused = followers_.Begin(twin_);
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(MetadataOf(refused)["name"], "d1");
  EXPECT_EQ(MetadataOf(refused)["heldBy"], "i-1");
  EXPECT_EQ(MetadataOf(refused)["seconds"], "1");
  EXPECT_THAT(std::string(ToStd(refused.message())), HasSubstr("`d1`"));
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("“d1”"));
  EXPECT_THAT(ChineseMessage(refused), ::testing::Not(HasSubstr("10.0.0.1"))) << "a stranger learns where it is";
  const auto listed = followers_.List({}, 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].instance(), "i-1");
  EXPECT_EQ(listed[0].refused_instance(), "i-2");
  EXPECT_EQ(listed[0].refused_address(), twin_.address);
  EXPECT_FALSE(listed[0].connected());
}

TEST_F(FollowersTest, ListsWhereEachFollowerStands) {
  v1::FeedPosition head, at;
  head.set_epoch("e-feed");
  head.set_sequence(50);
  at.set_epoch("e-feed");
  at.set_sequence(20);
  ASSERT_TRUE(Comes(first_));
  followers_.Found(first_, at, false);
  followers_.Found(twin_, head, true);
  auto listed = followers_.List(head, 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].feed(), "plan");
  EXPECT_EQ(listed[0].position().sequence(), 20);
  EXPECT_EQ(listed[0].behind(), 30);
  EXPECT_TRUE(listed[0].connected());
  followers_.Found(first_, at, true);
  EXPECT_EQ(followers_.List(head, 10)[0].behind(), 0) << "what came since does not concern it";
  EXPECT_THAT(followers_.List(head, 0), IsEmpty());
}

TEST_F(FollowersTest, OneThatStoppedIsBehindByWhatCameSince) {
  v1::FeedPosition head, at;
  head.set_epoch("e-feed");
  at.set_epoch("e-feed");
  at.set_sequence(69);
  head.set_sequence(73);
  ASSERT_TRUE(Comes(first_));
  followers_.Found(first_, at, true);
  followers_.End(first_, true);
  EXPECT_EQ(followers_.List(head, 10)[0].behind(), 4);
  head.set_sequence(100);
  EXPECT_EQ(followers_.List(head, 10)[0].behind(), 31);
  ASSERT_TRUE(Comes(first_));
  EXPECT_EQ(followers_.List(head, 10)[0].behind(), 0) << "it waits again";
}

TEST_F(FollowersTest, ATwinThatWentAwayIsShownNoLongerOnceTheOtherOneWasHeardWithoutIt) {
  const auto shown = [&] { return followers_.List({}, 10)[0].has_refused_time(); };
  ASSERT_TRUE(Comes(first_));
  EXPECT_FALSE(Comes(twin_));
  EXPECT_TRUE(shown());
  // It calls again sooner, as long as it is there.
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(10));
    EXPECT_FALSE(Comes(twin_));
    EXPECT_TRUE(shown());
  }
  clock_.Advance(Followers::kGone);
  EXPECT_FALSE(shown());
  EXPECT_FALSE(Comes(twin_));
  EXPECT_TRUE(shown());
  // Both stopped: nobody knows.
  followers_.End(first_, true);
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(shown());
  // The one that was refused is the one that is left.
  ASSERT_TRUE(Comes(twin_));
  EXPECT_FALSE(shown());
}

TEST_F(FollowersTest, OfTheClockOfOneThatStoppedNothingIsSaid) {
  FollowerCall off = first_;
  off.card.set_node("d1");
  *off.card.mutable_time() = ToProto(clock_.Now() - absl::Hours(72));
  ASSERT_TRUE(Comes(off));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(followers_.List({}, 10)[0].notices(), SizeIs(1)) << "it waits";
  followers_.End(off, true);
  EXPECT_THAT(followers_.List({}, 10)[0].notices(), SizeIs(1));
  clock_.Advance(Followers::kGone);
  EXPECT_THAT(followers_.List({}, 10)[0].notices(), IsEmpty());
}

TEST_F(FollowersTest, NamesBeyondTheLimitPushOutWhoIsSilentAndNobodyWhoIsThere) {
  ASSERT_TRUE(Comes(first_));
  for (size_t i = 0; i < Followers::kMostKept + 10; ++i) {
    const FollowerCall other = Call("i-9", "", StrCat("x-", i));
    ASSERT_TRUE(Comes(other));
    followers_.End(other, false);
    if (i % 1000 == 0) clock_.Advance(absl::Seconds(1));
  }
  EXPECT_LE(followers_.List({}, 2 * Followers::kMostKept).size(), Followers::kMostKept);
  EXPECT_FALSE(Comes(twin_));
}

}  // namespace
}  // namespace duban
