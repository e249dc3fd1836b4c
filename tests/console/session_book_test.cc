#include "services/console/session_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "services/console/refusal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"

namespace duban::console {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Sessions : public ::testing::Test {
 protected:
  explicit Sessions(SessionLimits limits = {.idle = absl::Minutes(30), .sessions = 3, .calls = 4, .streams = 2})
      : book_(&clock_, &ids_, limits, [this](const std::string& token, SessionBook::Refreshed done) {
          refreshes_.emplace_back(token, std::move(done));
        }) {}

  static v1::SessionTokens Tokens(const std::string& name) {
    v1::SessionTokens tokens;
    tokens.set_access_token("access-" + name);
    tokens.set_refresh_token("refresh-" + name);
    tokens.mutable_access_lifetime()->set_seconds(900);
    return tokens;
  }
  // What using a cookie gives at once: a token, or the reason it is refused for; "waits" where nothing is given yet.
  std::string Use(const std::string& cookie, SessionUse use = SessionUse::kActs) {
    // Who waits is given it after this has returned.
    const auto given = std::make_shared<std::string>("waits");
    book_.Use(cookie, use, [given](const absl::StatusOr<std::string>& token) {
      *given = token.ok() ? *token : v1::ErrorReason_Name(ReasonOf(token.status()));
    });
    return *given;
  }
  // The same, noted in `given_` whenever it comes.
  void UseLater(const std::string& cookie) {
    book_.Use(cookie, SessionUse::kActs, [this](const absl::StatusOr<std::string>& token) {
      given_.push_back(token.ok() ? *token : v1::ErrorReason_Name(ReasonOf(token.status())));
    });
  }

  FakeClock clock_;
  FakeIds ids_;
  std::vector<std::pair<std::string, SessionBook::Refreshed>> refreshes_;
  std::vector<std::string> given_;
  SessionBook book_;
};

TEST_F(Sessions, ACookieIsTwoHundredAndFiftySixRandomBitsAndLeadsToItsTokensAlone) {
  const std::string first = book_.Begin(Tokens("a")), second = book_.Begin(Tokens("b"));
  EXPECT_EQ(first.size(), 43u);
  EXPECT_NE(first, second);
  EXPECT_EQ(Use(first), "access-a");
  EXPECT_EQ(Use(second), "access-b");
  for (const std::string& forged :
       {std::string(), std::string("x"), first + "A", first.substr(1), std::string(43, 'A')}) {
    EXPECT_EQ(Use(forged), "NOT_AUTHENTICATED") << forged;
  }
}

TEST_F(Sessions, ASessionThatIsNotUsedEndsAndOneThatIsGoesOn) {
  const std::string used = book_.Begin(Tokens("a")), idle = book_.Begin(Tokens("b"));
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Use(used), "access-a");
  clock_.Advance(absl::Minutes(20));
  EXPECT_EQ(Use(idle), "NOT_AUTHENTICATED") << "after exactly as long as it may be idle";
  EXPECT_EQ(book_.sessions(), 2u);
  book_.Tend();
  EXPECT_EQ(book_.sessions(), 1u);
}

TEST_F(Sessions, ATokenIsGotAnewBeforeItRunsOutAndNobodyWaitsForIt) {
  const std::string cookie = book_.Begin(Tokens("a"));
  clock_.Advance(absl::Minutes(12));
  EXPECT_EQ(Use(cookie), "access-a");
  EXPECT_THAT(refreshes_, IsEmpty()) << "three minutes are left";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Use(cookie), "access-a");
  EXPECT_EQ(Use(cookie), "access-a");
  ASSERT_EQ(refreshes_.size(), 1u) << "once, whoever uses it meanwhile";
  EXPECT_EQ(refreshes_[0].first, "refresh-a");
  refreshes_[0].second(Tokens("b"));
  EXPECT_EQ(Use(cookie), "access-b");
}

TEST_F(Sessions, WhoeverNeedsANewTokenWaitsForIt) {
  const std::string cookie = book_.Begin(Tokens("a"));
  clock_.Advance(absl::Minutes(15));
  UseLater(cookie);
  UseLater(cookie);
  EXPECT_THAT(given_, IsEmpty());
  ASSERT_EQ(refreshes_.size(), 1u);
  refreshes_[0].second(Tokens("b"));
  EXPECT_THAT(given_, ElementsAre("access-b", "access-b"));
}

TEST_F(Sessions, TheSessionEndsWhereTheNodeEndedIt) {
  const std::string cookie = book_.Begin(Tokens("a"));
  bool told = false;
  const auto place = book_.Take(cookie, true, [&] { told = true; });
  clock_.Advance(absl::Minutes(15));
  UseLater(cookie);
  refreshes_[0].second(Error(v1::NOT_AUTHENTICATED, "ended", "已结束", {{"cause", "SESSION"}}));
  EXPECT_THAT(given_, ElementsAre("NOT_AUTHENTICATED"));
  EXPECT_TRUE(told) << "its streams end, too";
  EXPECT_EQ(Use(cookie), "NOT_AUTHENTICATED");
}

TEST_F(Sessions, ItGoesOnWhereTheNodeWasNotReached) {
  const std::string cookie = book_.Begin(Tokens("a"));
  clock_.Advance(absl::Minutes(15));
  UseLater(cookie);
  refreshes_[0].second(absl::UnavailableError("failed to connect"));
  EXPECT_THAT(given_, ElementsAre("ERROR_REASON_UNSPECIFIED")) << "as it was said: unavailable";
  UseLater(cookie);
  ASSERT_EQ(refreshes_.size(), 2u) << "it is tried again";
  refreshes_[1].second(Tokens("b"));
  EXPECT_EQ(Use(cookie), "access-b");
}

TEST_F(Sessions, ItEndsWhereNobodyKnowsWhetherTheTokenWasUsed) {
  const std::string cookie = book_.Begin(Tokens("a"));
  clock_.Advance(absl::Minutes(15));
  UseLater(cookie);
  refreshes_[0].second(Error(v1::OUTCOME_UNKNOWN, "stopped at work", "结果未知"));
  EXPECT_THAT(given_, ElementsAre("NOT_AUTHENTICATED"));
  EXPECT_EQ(Use(cookie), "NOT_AUTHENTICATED");
}

TEST_F(Sessions, RenewGetsAnotherTokenOnceForTheOneThatIsMeant) {
  const std::string cookie = book_.Begin(Tokens("a"));
  book_.Renew(cookie, "access-older");
  EXPECT_EQ(Use(cookie), "access-a");
  book_.Renew(cookie, "access-a");
  UseLater(cookie);
  ASSERT_EQ(refreshes_.size(), 1u);
  refreshes_[0].second(Tokens("b"));
  EXPECT_THAT(given_, ElementsAre("access-b"));
  book_.Renew(cookie, "access-a");
  EXPECT_EQ(Use(cookie), "access-b");
}

TEST_F(Sessions, ThereAreSoManyAndTheOneNotUsedForTheLongestGoes) {
  std::vector<std::string> cookies;
  for (const char* name : {"a", "b", "c"}) {
    cookies.push_back(book_.Begin(Tokens(name)));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Use(cookies[0]), "access-a");
  const std::string one_more = book_.Begin(Tokens("d"));
  EXPECT_EQ(book_.sessions(), 3u);
  EXPECT_EQ(Use(cookies[1]), "NOT_AUTHENTICATED");
  EXPECT_EQ(Use(cookies[0]), "access-a");
  EXPECT_EQ(Use(one_more), "access-d");
}

TEST_F(Sessions, ASessionHasSoManyCallsAndStreamsAtATime) {
  const std::string cookie = book_.Begin(Tokens("a"));
  std::vector<std::unique_ptr<SessionBook::Place>> places;
  const auto take = [&](bool stream) {
    auto place = book_.Take(cookie, stream, [] {});
    if (place.ok()) places.push_back(*std::move(place));
    return place.ok() ? v1::ERROR_REASON_UNSPECIFIED : ReasonOf(place.status());
  };
  EXPECT_EQ(take(true), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(take(true), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(take(true), v1::OVERLOADED);
  EXPECT_EQ(take(false), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(take(false), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(take(false), v1::OVERLOADED);
  places.clear();
  EXPECT_EQ(take(true), v1::ERROR_REASON_UNSPECIFIED) << "places come back";
}

TEST_F(Sessions, APageThatOnlyWatchesKeepsNoSessionGoing) {
  const std::string cookie = book_.Begin(Tokens("a"));
  int told = 0;
  const auto place = book_.Take(cookie, true, [&] { ++told; });
  for (int i = 0; i < 2; ++i) {
    clock_.Advance(absl::Minutes(10));
    EXPECT_NE(Use(cookie, SessionUse::kWatches), "NOT_AUTHENTICATED");
  }
  ASSERT_EQ(refreshes_.size(), 1u) << "its token is kept fresh meanwhile";
  refreshes_[0].second(Tokens("b"));
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Use(cookie, SessionUse::kWatches), "NOT_AUTHENTICATED");
  book_.Tend();
  EXPECT_EQ(told, 1) << "its stream ends with it";
}

TEST_F(Sessions, WhoeverSignsOutIsOutAndTheirStreamsEnd) {
  const std::string cookie = book_.Begin(Tokens("a")), other = book_.Begin(Tokens("b"));
  int told = 0;
  const auto place = book_.Take(cookie, true, [&] { ++told; });
  const auto others = book_.Take(other, true, [&] { told += 100; });
  book_.End(cookie);
  book_.End(cookie);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Use(cookie), "NOT_AUTHENTICATED");
  EXPECT_EQ(Use(other), "access-b");
}

}  // namespace
}  // namespace duban::console
