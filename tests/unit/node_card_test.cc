// Nodes that introduce themselves: what does not fit is refused or shown, and both sides name both.

#include "common/feed/node_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/feed/feed_server.h"
#include "common/feed/hop_driver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TestStore;

const absl::Time kNow = TimeAt(absl::CivilDay(2026, 12, 1), 9 * 60);

v1::NodeCard Versions(int exchange, int oldest) {
  v1::NodeCard card = CardOf("edu", kNow);
  card.set_exchange(exchange);
  card.set_oldest_exchange(oldest);
  return card;
}

TEST(NodeCard, ACallForAnotherNodeIsRefusedAndNamesAllThree) {
  EXPECT_EQ(CheckCall("city", "edu", CardOf("edu", kNow), "city"), absl::OkStatus());
  EXPECT_EQ(CheckCall("city", "edu", {}, ""), absl::OkStatus()) << "one that says nothing";
  const absl::Status refused = CheckCall("haojiang", "edu", CardOf("edu", kNow), "city");
  EXPECT_EQ(ReasonOf(refused), v1::WRONG_NODE);
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("`haojiang`"), HasSubstr("`edu`"), HasSubstr("`city`")));
  EXPECT_THAT(ChineseMessage(refused), AllOf(HasSubstr("“haojiang”"), HasSubstr("“edu”"), HasSubstr("“city”")));
}

TEST(NodeCard, VersionsNeedOneInCommon) {
  EXPECT_EQ(CheckCall("city", "edu", Versions(kExchange + 5, kExchange), "city"), absl::OkStatus());
  const absl::Status newer = CheckCall("city", "edu", Versions(kExchange + 1, kExchange + 1), "city");
  EXPECT_EQ(ReasonOf(newer), v1::VERSION_TOO_FAR);
  EXPECT_THAT(std::string(newer.message()), HasSubstr("update `city`"));
  const absl::Status older = CheckAnswer("city", "edu", Versions(-1, -1));
  EXPECT_EQ(ReasonOf(older), v1::VERSION_TOO_FAR);
  EXPECT_THAT(std::string(older.message()), HasSubstr("update `edu`"));
}

TEST(NodeCard, ClocksAreShownFromMoreThanFiveMinutesOn) {
  EXPECT_FALSE(ClockNotice("city", "edu", absl::Minutes(5), kNow).has_value());
  EXPECT_FALSE(ClockNotice("city", "edu", -absl::Minutes(5), kNow).has_value());
  const auto fast = ClockNotice("city", "edu", absl::Minutes(5) + absl::Seconds(1), kNow);
  ASSERT_TRUE(fast.has_value());
  EXPECT_EQ(fast->message_zh(), "“edu”的时钟比“city”快5分钟，签收、报送时间因此不实，请校准有误的一方（timedatectl）");
  const auto slow = ClockNotice("city", "edu", -absl::Hours(75), kNow);
  ASSERT_TRUE(slow.has_value());
  EXPECT_THAT(slow->message_zh(), HasSubstr("慢3天3小时"));
  EXPECT_THAT(slow->message(), HasSubstr("behind"));
}

// A node `edu` that follows what it takes for `city`.
class IntroductionTest : public ::testing::Test {
 protected:
  void SetUp() override { Serve("city"); }

  void Serve(const std::string& name) {
    server_.reset();
    above_ = std::make_unique<TestStore>("plan", name, &above_clock_);
    ASSERT_EQ(above_->get()->Run({.method = "test", .request_id = ""},
                                 [](Transaction& transaction) {
                                   return transaction.Put("units/a", v1::NodeCard(), {"downstream"}).status();
                                 }),
              absl::OkStatus());
    server_ = std::make_unique<FeedServer>(FeedSpec{"plan", above_->get(), DefaultAudiences, nullptr}, &above_clock_);
    FollowSpec spec;
    spec.feed = "plan";
    spec.from_upstream = true;
    spec.follower = "edu";
    spec.apply = [this](Transaction&, const v1::FeedEntry&, const EntrySource&) {
      ++applied_;
      return absl::OkStatus();
    };
    driver_ = std::make_unique<HopDriver>(
        std::make_unique<FollowHop>("city_plan", "city", spec, below_.get(), &below_clock_), &below_clock_, &ids_);
  }

  v1::FetchRequest Request() { return std::get<v1::FetchRequest>(*driver_->Next().call); }
  std::vector<v1::NodeStatus::Notice> ShownAbove() {
    const auto followers = server_->followers().List(above_->get()->head(), 10);
    if (followers.empty()) return {};
    return {followers[0].notices().begin(), followers[0].notices().end()};
  }
  // As over a network: the server looks at the caller, then answers.
  absl::Status Turn() {
    const v1::FetchRequest request = Request();
    const FollowerCall call = CallOf(request, "ipv4:10.0.0.7:4711");
    const absl::Status begun = server_->followers().Begin(call);
    if (begun.ok()) {
      driver_->Take(server_->TryFetch(request));
      server_->followers().End(call, false);
    } else {
      driver_->Take(absl::StatusOr<v1::FetchResponse>(begun));
    }
    return driver_->Commit();
  }

  FakeClock above_clock_{kNow}, below_clock_{kNow};
  FakeIds ids_;
  TestStore below_{"plan", "edu", &below_clock_};
  std::unique_ptr<TestStore> above_;
  std::unique_ptr<FeedServer> server_;
  std::unique_ptr<HopDriver> driver_;
  int applied_ = 0;
};

TEST_F(IntroductionTest, NodesThatFitShowEachOthersCard) {
  ASSERT_EQ(Turn(), absl::OkStatus());
  EXPECT_EQ(applied_, 1);
  EXPECT_EQ(driver_->status().peer().node(), "city");
  EXPECT_THAT(driver_->status().notices(), IsEmpty());
  const auto followers = server_->followers().List(above_->get()->head(), 10);
  ASSERT_THAT(followers, SizeIs(1));
  EXPECT_EQ(followers[0].card().node(), "edu");
  EXPECT_THAT(ShownAbove(), IsEmpty());
}

TEST_F(IntroductionTest, AnotherNodeThanConfiguredGivesNothingAndIsShownOnBothSides) {
  Serve("haojiang");
  EXPECT_EQ(ReasonOf(Turn()), v1::WRONG_NODE);
  EXPECT_EQ(applied_, 0);
  EXPECT_THAT(driver_->status().error_zh(), AllOf(HasSubstr("haojiang"), HasSubstr("city"), HasSubstr("edu")));
  EXPECT_EQ(driver_->status().failures(), 1);
  ASSERT_THAT(ShownAbove(), SizeIs(1));
  EXPECT_EQ(ShownAbove()[0].reason(), "WRONG_NODE");
  above_clock_.Advance(Followers::kShownFor);
  EXPECT_THAT(ShownAbove(), IsEmpty()) << "until nobody calls so any more";
}

TEST_F(IntroductionTest, AnAnswerOfAnotherNodeIsNotTakenEither) {
  Serve("haojiang");
  // A server from before there were cards does not look whom a call is for.
  driver_->Take(server_->TryFetch(Request()));
  EXPECT_EQ(ReasonOf(driver_->Commit()), v1::WRONG_NODE);
  EXPECT_EQ(applied_, 0);
  EXPECT_EQ(driver_->status().position().sequence(), 0);
}

TEST_F(IntroductionTest, AClockThatIsOffIsShownOnBothSidesUntilItIsRight) {
  below_clock_.Step(-absl::Hours(72));
  ASSERT_EQ(Turn(), absl::OkStatus()) << "work goes on";
  ASSERT_THAT(driver_->status().notices(), SizeIs(1));
  EXPECT_EQ(driver_->status().notices(0).reason(), kClockOff);
  EXPECT_EQ(driver_->status().peer_clock_ahead().seconds(), 72 * 3600);
  ASSERT_THAT(ShownAbove(), SizeIs(1));
  EXPECT_EQ(ShownAbove()[0].reason(), kClockOff);
  below_clock_.Step(absl::Hours(72));
  ASSERT_EQ(Turn(), absl::OkStatus());
  EXPECT_THAT(driver_->status().notices(), IsEmpty());
  EXPECT_THAT(ShownAbove(), IsEmpty());
}

TEST_F(IntroductionTest, AVersionWithNothingInCommonGetsNothing) {
  v1::FetchRequest fetch = Request();
  *fetch.mutable_card() = Versions(kExchange + 1, kExchange + 1);
  EXPECT_EQ(ReasonOf(server_->followers().Begin(CallOf(fetch, "ipv4:10.0.0.7:4711"))), v1::VERSION_TOO_FAR);
  v1::OfferRequest offer;
  offer.set_node("edu");
  *offer.mutable_card() = fetch.card();
  v1::OfferResponse response;
  EXPECT_EQ(ReasonOf(server_->ServeOffer(offer, "ipv4:10.0.0.7:4711", &response)), v1::VERSION_TOO_FAR);
  ASSERT_THAT(ShownAbove(), SizeIs(1));
  EXPECT_EQ(ShownAbove()[0].reason(), "VERSION_TOO_FAR");
}

TEST_F(IntroductionTest, AnOfferToAnotherNodeIsRefused) {
  FeedServer taker({"assignment", above_->get(), DefaultAudiences,
                    [](Transaction&, const v1::FeedEntry&, const EntrySource&) { return absl::OkStatus(); }},
                   &above_clock_);
  TestStore offering("assignment", "edu", &below_clock_);
  OfferHop hop("assignment", "edu", "province", offering.get());
  v1::OfferRequest request = **hop.Prepare();
  v1::OfferResponse response;
  EXPECT_EQ(ReasonOf(taker.ServeOffer(request, "ipv4:10.0.0.7:4711", &response)), v1::WRONG_NODE);
  request.set_to_node("city");
  EXPECT_EQ(taker.ServeOffer(request, "ipv4:10.0.0.7:4711", &response), absl::OkStatus());
  EXPECT_EQ(response.card().node(), "city");
}

}  // namespace
}  // namespace duban
