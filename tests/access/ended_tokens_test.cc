// Tokens that count no more before their time: what ends them, and what the other services of the node hear of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/feed/feed_page.h"
#include "common/feed/hop.h"
#include "services/plan/people/people_rows.h"
#include "tests/access/people_fixture.h"

namespace duban {
namespace {

using ::testing::SizeIs;

class TokensEnd : public People {
 protected:
  void SetUp() override {
    People::SetUp();
    Settle("zhang");
    grant_ = Grant(an_, "zhang", v1::CLERK, "tax")->name();
    tokens_ = SignIn("zhang", kPassword)->tokens();
    zhang_ = CallerWith(tokens_);
    ASSERT_TRUE(Counts(zhang_));
  }

  std::string grant_;
  v1::SessionTokens tokens_;
  Caller zhang_;
};

TEST_F(TokensEnd, WhereTheSessionIsSignedOutOfAndThatOneAlone) {
  const Caller other = CallerWith(SignIn("zhang", kPassword)->tokens());
  v1::SignOutResponse gone;
  ASSERT_TRUE(sign_in_.SignOut(zhang_, {}, &gone).ok());
  EXPECT_FALSE(Counts(zhang_));
  EXPECT_TRUE(Counts(other));
}

TEST_F(TokensEnd, WhereTheSessionIsRevoked) {
  v1::RevokeSessionRequest revoke;
  revoke.set_name(zhang_.session);
  v1::RevokeSessionResponse revoked;
  ASSERT_TRUE(sign_in_.RevokeSession(an_, revoke, &revoked).ok());
  EXPECT_FALSE(Counts(zhang_));
}

TEST_F(TokensEnd, WhereARefreshTokenComesAgain) {
  const Caller next = CallerWith(*Refresh(tokens_.refresh_token()));
  EXPECT_TRUE(Counts(zhang_)) << "the one before runs out by itself";
  EXPECT_FALSE(Refresh(tokens_.refresh_token()).ok());
  EXPECT_FALSE(Counts(zhang_));
  EXPECT_FALSE(Counts(next));
}

TEST_F(TokensEnd, WhereARoleIsTakenAwayAndTheNextSaysWhatIsLeft) {
  ASSERT_EQ(Revoke(an_, grant_), "");
  EXPECT_FALSE(Counts(zhang_));
  const Caller next = CallerWith(*Refresh(tokens_.refresh_token()));
  EXPECT_TRUE(Counts(next)) << "in the same second";
  EXPECT_EQ(next.roles(), RoleSet({v1::PERSON}));
}

TEST_F(TokensEnd, WhereTheirPersonIsDisabledOrGetsAnotherPassword) {
  v1::DisablePersonRequest disable;
  disable.set_name("people/zhang");
  v1::Person person;
  ASSERT_TRUE(core_.DisablePerson(an_, WithId(disable), &person).ok());
  EXPECT_FALSE(Counts(zhang_));

  Settle("li");
  const Caller li = CallerWith(SignIn("li", kPassword)->tokens());
  ASSERT_EQ(Change("li", kPassword, "Another-Horse-8"), "");
  EXPECT_FALSE(Counts(li));
  const Caller again = CallerWith(SignIn("li", "Another-Horse-8")->tokens());
  EXPECT_TRUE(Counts(again));
  v1::ResetPasswordRequest reset;
  reset.set_name("people/li");
  v1::ResetPasswordResponse once;
  ASSERT_TRUE(core_.ResetPassword(an_, WithId(reset), &once).ok());
  EXPECT_FALSE(Counts(again));
  EXPECT_FALSE(Counts(li)) << "nor the one before that";
}

TEST_F(TokensEnd, WhereASessionMakesRoomForAnother) {
  for (size_t i = 0; i < kMostSessions; ++i) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(SignIn("zhang", kPassword).ok());
  }
  EXPECT_FALSE(Counts(zhang_));
}

TEST_F(TokensEnd, AndAreForgottenOnceTheyArePast) {
  v1::EndedTokens tokens;
  const absl::Time now = clock_.Now();
  AddEnded("people/zhang/sessions/a", 0, now, &tokens);
  AddEnded("people/zhang", 3, now + absl::Minutes(1), &tokens);
  AddEnded("people/zhang", 4, now + absl::Minutes(2), &tokens);
  EXPECT_THAT(tokens.ended(), SizeIs(2)) << "of a person the last alone";
  AddEnded("people/li", 1, now + kTokenLifetime + kTokenSkew, &tokens);
  EXPECT_THAT(tokens.ended(), SizeIs(2));
  EXPECT_EQ(tokens.ended(0).rights(), 4u);
}

// The services of the node, and nobody else, follow them.
TEST_F(TokensEnd, AndTheServicesOfTheNodeHearOfIt) {
  ASSERT_EQ(Revoke(an_, grant_), "");
  const std::string entity = EndedTokensOf("people/zhang");
  const auto hears = [&](const std::string& follower, bool downstream) {
    const absl::StatusOr<v1::FeedPage> page =
        ReadFeedPage(*store_->TakeSnapshot(), DefaultAudiences(follower, downstream), {}, 1 << 20);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const v1::FeedEntry& entry : page->entries()) {
      if (entry.entity() == entity) return true;
    }
    return false;
  };
  EXPECT_TRUE(hears("assignment", false));
  EXPECT_TRUE(hears("notification", false));
  EXPECT_FALSE(hears("district", true));
}

}  // namespace
}  // namespace duban
