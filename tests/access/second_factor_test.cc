// The second factor: who has to have one, what counts as one, and how its key lies in the store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "services/plan/people/people_rows.h"
#include "services/plan/people/totp.h"
#include "tests/access/people_fixture.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SecondFactor : public People {
 protected:
  // Has a person enrol in the session of `caller`; their key.
  std::string Enrol(const Caller& caller) {
    v1::BeginTotpResponse begun;
    EXPECT_EQ(Said(sign_in_.BeginTotp(caller, {}, &begun)), "");
    const std::string key = FromBase32(begun.secret());
    v1::ConfirmTotpRequest confirm;
    confirm.set_code(Code(key));
    v1::ConfirmTotpResponse confirmed;
    EXPECT_EQ(Said(sign_in_.ConfirmTotp(caller, confirm, &confirmed)), "");
    return key;
  }
  v1::WhoAmIResponse Myself(const Caller& caller) {
    v1::WhoAmIResponse response;
    EXPECT_EQ(Said(sign_in_.WhoAmI(caller, {}, &response)), "");
    return response;
  }
  std::string Code(const std::string& key) { return TotpCode(key, TotpStep(clock_.Now())); }
  // An operator, `people/wang`, who has a password alone.
  void Operator() {
    Settle("wang");
    ASSERT_EQ(Approve(node_, Grant(an_, "wang", v1::OPERATOR)->name()), "");
    ASSERT_TRUE(Grant(an_, "wang", v1::CLERK, "tax").ok());
  }
  storage::v1::PersonSecret SecretOf(const std::string& person) {
    return *NeedSecret(*store_->TakeSnapshot(), "people/" + person);
  }
  void Write(const std::string& person, const storage::v1::PersonSecret& secret) {
    ASSERT_TRUE(store_
                    ->Run({"test", ""},
                          [&](Transaction& transaction) {
                            transaction.PutLocal(SecretName("people/" + person), secret);
                            return absl::OkStatus();
                          })
                    .ok());
  }

  static std::string FromBase32(const std::string& text) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string bytes;
    uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
      bits = bits << 5 | static_cast<uint32_t>(kLetters.find(c));
      held += 5;
      if (held < 8) continue;
      held -= 8;
      bytes += static_cast<char>(bits >> held);
    }
    return bytes;
  }
};

TEST_F(SecondFactor, AnAdministratorWithoutOneHoldsNothingUntilTheyHaveEnrolled) {
  Operator();
  const absl::StatusOr<v1::SignInResponse> first = SignIn("wang", kPassword);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->tokens().needs_second_factor());
  const Caller bare = CallerWith(first->tokens());
  EXPECT_EQ(bare.roles(), RoleSet({v1::PERSON})) << "nor what they hold besides";
  EXPECT_TRUE(Myself(bare).second_factor_missing());
  EXPECT_TRUE(Refresh(first->tokens().refresh_token())->needs_second_factor()) << "refreshing is no factor";

  const v1::SignInResponse again = *SignIn("wang", kPassword);
  const std::string key = Enrol(CallerWith(again.tokens()));
  const absl::StatusOr<v1::SessionTokens> whole = Refresh(again.tokens().refresh_token());
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_FALSE(whole->needs_second_factor());
  EXPECT_EQ(CallerWith(*whole).roles(), RoleSet({v1::PERSON, v1::OPERATOR, v1::CLERK}));
  EXPECT_FALSE(Myself(CallerWith(*whole)).second_factor_missing());

  EXPECT_EQ(Said(SignIn("wang", kPassword).status()), "NOT_AUTHENTICATED") << "from then on with a code";
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(SignIn("wang", kPassword, Code(key))->tokens().needs_second_factor());
}

TEST_F(SecondFactor, NobodyElseHasToHaveOne) {
  Settle("zhang");
  ASSERT_TRUE(Grant(an_, "zhang", v1::CLERK, "tax").ok());
  const v1::SignInResponse response = *SignIn("zhang", kPassword);
  EXPECT_FALSE(response.tokens().needs_second_factor());
  EXPECT_TRUE(CallerWith(response.tokens()).roles().contains(v1::CLERK));
  EXPECT_FALSE(Myself(CallerWith(response.tokens())).second_factor_missing());
  // Made one of the three while signed in, they have to from the next token on.
  ASSERT_EQ(Approve(node_, Grant(an_, "zhang", v1::AUDITOR)->name()), "");
  const absl::StatusOr<v1::SessionTokens> next = Refresh(response.tokens().refresh_token());
  EXPECT_TRUE(next->needs_second_factor());
  EXPECT_EQ(CallerWith(*next).roles(), RoleSet({v1::PERSON}));
}

TEST_F(SecondFactor, AnOfficerWithOneFactorChangesNothingWhateverTheirTokenSays) {
  Caller forged = CallerWith(SignIn("an", kPassword)->tokens());
  forged.posts.push_back({"", {v1::SECURITY_OFFICER}});
  Settle("zhang");
  EXPECT_EQ(Said(Grant(forged, "zhang", v1::CLERK, "tax").status()), "NOT_ALLOWED");
  EXPECT_EQ(Said(Grant(an_, "zhang", v1::CLERK, "tax").status()), "");
}

TEST_F(SecondFactor, APersonsOwnCertificateIsOne) {
  Operator();
  const absl::StatusOr<v1::SignInResponse> response = SignInOver(CarrierAt("node/city/person/wang"), "wang", kPassword);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->tokens().needs_second_factor());
  const absl::StatusOr<Token> token = keys_.Verify(response->tokens().access_token());
  EXPECT_EQ(token->carrier, "node/city/person/wang") << "and counts over it alone";
  EXPECT_EQ(keys_.Verify(Refresh(response->tokens().refresh_token())->access_token())->carrier, token->carrier);
  EXPECT_TRUE(CallerWith(response->tokens()).roles().contains(v1::OPERATOR));
}

TEST_F(SecondFactor, TheCertificateOfSomebodyElseOrOfAnotherNodeIsNone) {
  Operator();
  Settle("zhang");
  EXPECT_EQ(Said(SignInOver(CarrierAt("node/city/person/zhang"), "wang", kPassword).status()), "NOT_AUTHENTICATED");
  EXPECT_EQ(PersonOver(CarrierAt("node/city/person/zhang"), "people/wang", "s", {}).kind, CallerKind::kForeign);
  EXPECT_EQ(PersonOver(CarrierAt("node/district/person/wang"), "people/wang", "s", {}).kind, CallerKind::kForeign);
  EXPECT_EQ(CarrierAt("node/city/person/zhang").roles(), RoleSet({v1::PERSON_CLIENT})) << "and by itself holds nothing";
}

TEST_F(SecondFactor, WhoHasEnrolledComesWithTheCodeOrTheCertificate) {
  Settle("zhang");
  const std::string key = Enrol(SignedIn("zhang"));
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(SignInOver(CarrierAt("node/city/person/zhang"), "zhang", kPassword).ok());
  EXPECT_FALSE(SignInOver(CarrierAt("node/city/person/zhang"), "zhang", kPassword, "000000").ok())
      << "a code that is given has to be right";
  const std::string code = Code(key);
  EXPECT_TRUE(SignIn("zhang", kPassword, code).ok());
  EXPECT_TRUE(SignInOver(CarrierAt("node/city/person/zhang"), "zhang", kPassword).ok());
  EXPECT_FALSE(SignIn("zhang", kPassword, code).ok()) << "each code counts once, whatever comes between";
}

TEST_F(SecondFactor, ItsKeyIsNotToBeReadInTheStore) {
  Settle("zhang");
  const std::string key = Enrol(SignedIn("zhang"));
  const auto snapshot = store_->TakeSnapshot();
  int rows = 0;
  ASSERT_TRUE(snapshot
                  ->ScanRows("", PrefixEnd("\xfe"),
                             [&](std::string_view, std::string_view value) {
                               ++rows;
                               EXPECT_EQ(value.find(key), std::string_view::npos);
                               return true;
                             })
                  .ok());
  EXPECT_GT(rows, 10);
  EXPECT_EQ(*sealing_.Open(SecretOf("zhang").sealed_totp_key(), "people/zhang"), key);
}

TEST_F(SecondFactor, AKeyThatWasMovedToSomebodyElseIsNone) {
  Settle("zhang");
  Settle("li");
  const std::string key = Enrol(SignedIn("zhang"));
  storage::v1::PersonSecret li = SecretOf("li");
  li.set_sealed_totp_key(SecretOf("zhang").sealed_totp_key());
  li.set_totp_confirmed(true);
  Write("li", li);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Said(SignIn("li", kPassword, Code(key)).status()), "NOT_AUTHENTICATED");
}

TEST_F(SecondFactor, IsSealedAnewWithTheNextKeyWhenItIsUsed) {
  Settle("zhang");
  const std::string key = Enrol(SignedIn("zhang"));
  const std::string before = SecretOf("zhang").sealed_totp_key();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(MakeSealingKey(SealingFolderOf(folder_.path()), clock_.Now()).ok());
  EXPECT_FALSE(sealing_.IsCurrent(before));
  EXPECT_FALSE(SignIn("zhang", "wrong", Code(key)).ok());
  EXPECT_EQ(SecretOf("zhang").sealed_totp_key(), before) << "not by who fails";
  EXPECT_TRUE(SignIn("zhang", kPassword, Code(key)).ok());
  const std::string after = SecretOf("zhang").sealed_totp_key();
  EXPECT_TRUE(sealing_.IsCurrent(after));
  EXPECT_EQ(*sealing_.Open(after, "people/zhang"), key);
}

TEST_F(SecondFactor, WithoutTheKeyThatOpensItNobodyPassesAndAResetHelps) {
  Settle("zhang");
  const std::string key = Enrol(SignedIn("zhang"));
  for (const auto& file : std::filesystem::directory_iterator(SealingFolderOf(folder_.path()))) {
    std::filesystem::remove(file.path());
  }
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Said(SignIn("zhang", kPassword, Code(key)).status()), "NOT_AUTHENTICATED");
  v1::BeginTotpResponse begun;
  Settle("li");
  EXPECT_EQ(Said(sign_in_.BeginTotp(SignedIn("li"), {}, &begun)), "WRONG_STATE") << "nor enrols";
  v1::ResetPasswordRequest reset;
  reset.set_name("people/zhang");
  v1::ResetPasswordResponse once;
  ASSERT_TRUE(core_.ResetPassword(an_, WithId(reset), &once).ok());
  EXPECT_TRUE(SignIn("zhang", once.one_time_password())->needs_password_change());
}

class Sealing : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeSealingKey(SealingFolderOf(folder_.path()), absl::FromUnixSeconds(1)).ok()); }
  std::string OnlyFile() const {
    return std::filesystem::directory_iterator(SealingFolderOf(folder_.path()))->path().string();
  }

  const testing::TempFolder folder_;
  const SealingKeys keys_{folder_.path()};
};

TEST_F(Sealing, OpensWhatItSealedAndNothingThatWasAltered) {
  const std::string sealed = *keys_.Seal("a secret", "people/zhang");
  EXPECT_EQ(*keys_.Open(sealed, "people/zhang"), "a secret");
  EXPECT_NE(sealed, *keys_.Seal("a secret", "people/zhang")) << "by another nonce each time";
  EXPECT_TRUE(absl::IsInvalidArgument(keys_.Open(sealed, "people/li").status()));
  EXPECT_THAT(sealed, Not(HasSubstr("secret")));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(keys_.Open(altered, "people/zhang").ok()) << i;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(keys_.Open(sealed.substr(0, size), "people/zhang").ok()) << size;
  }
}

TEST_F(Sealing, KeysAreTheirOwnersAlone) {
  const std::string sealed = *keys_.Seal("a secret", "x");
  std::filesystem::permissions(OnlyFile(), std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_TRUE(absl::IsFailedPrecondition(keys_.Seal("a secret", "x").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(keys_.Open(sealed, "x").status()));
}

TEST_F(Sealing, CopiesLeaveWhatIsThere) {
  const testing::TempFolder other;
  ASSERT_TRUE(MakeSealingKey(SealingFolderOf(other.path()), absl::FromUnixSeconds(2)).ok());
  const SealingKeys of_other(other.path());
  const std::string theirs = *of_other.Seal("theirs", "x");
  const std::string ours = *keys_.Seal("ours", "x");
  ASSERT_TRUE(CopySealingKeys(SealingFolderOf(folder_.path()), SealingFolderOf(other.path())).ok());
  EXPECT_EQ(*of_other.Open(theirs, "x"), "theirs");
  EXPECT_EQ(*of_other.Open(ours, "x"), "ours");
  EXPECT_TRUE(of_other.IsCurrent(theirs)) << "the newest seals";
}

}  // namespace
}  // namespace duban
