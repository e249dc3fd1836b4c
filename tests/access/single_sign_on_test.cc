// Signing in with an issuer's ID token: what is believed of it, and whom it signs in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "common/access/id_token.h"
#include "common/base/digest.h"
#include "services/plan/people/people_rows.h"
#include "services/plan/people/totp.h"
#include "tests/access/people_fixture.h"
#include "tests/access/test_issuer.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::JsonObject;
using ::testing::Not;
using testing::TestIssuer;
using Claims = std::map<std::string, std::string>;

// A configuration of the test issuer, with other members where they are given.
std::string Configured(Claims members = {}) {
  Claims issuer = {{"issuer", "\"https://id.gov.example\""},
                   {"audience", "\"duban-city\""},
                   {"jwks_url", "\"https://id.gov.example/keys\""},
                   {"algorithms", "[\"ES256\",\"RS256\"]"}};
  for (auto& [name, value] : members) issuer[name] = value;
  return "{\"issuers\":[" + JsonObject(issuer) + "]}";
}

class IdTokensTest : public ::testing::Test {
 protected:
  std::string WriteFile(const std::string& name, const std::string& content) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }
  absl::StatusOr<std::unique_ptr<ConfiguredIssuers>> Open(const std::string& configuration) {
    return ConfiguredIssuers::Open(WriteFile("issuers.json", configuration), &clock_, [this](const std::string& url) {
      EXPECT_EQ(url, "https://id.gov.example/keys");
      ++fetched_;
      if (down_) return absl::StatusOr<std::string>(absl::UnavailableError("nobody answers"));
      return absl::StatusOr<std::string>(issuer_.Jwks());
    });
  }
  Claims Usual() { return TestIssuer::Claims("zhang-san", "n-1", clock_.Now()); }
  // The cause of a refusal, `id_tokens` being the usual configuration.
  std::string Refused(const std::string& token) {
    const absl::StatusOr<IdToken> read = usual_->Verify(token);
    EXPECT_TRUE(absl::IsUnauthenticated(read.status())) << read.status();
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr(token.substr(0, 20))));
    return std::string(read.status().message());
  }
  std::string RefusedWith(const std::string& claim, const std::string& value) {
    Claims claims = Usual();
    if (value.empty()) {
      claims.erase(claim);
    } else {
      claims[claim] = value;
    }
    return Refused(issuer_.Sign(claims));
  }

  const testing::TempFolder folder_;
  FakeClock clock_;
  TestIssuer issuer_;
  int fetched_ = 0;
  bool down_ = false;
  std::unique_ptr<ConfiguredIssuers> usual_ = *Open(Configured());
};

TEST_F(IdTokensTest, AreBelievedWhereAKeyOfTheIssuerSignedThem) {
  for (const auto& [kid, algorithm] : Claims{{"ec", "ES256"}, {"rsa", "RS256"}}) {
    const absl::StatusOr<IdToken> read = usual_->Verify(issuer_.Sign(Usual(), kid, algorithm));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->issuer, TestIssuer::kName);
    EXPECT_EQ(read->subject, "zhang-san");
    EXPECT_EQ(read->nonce, "n-1");
  }
  EXPECT_EQ(fetched_, 1) << "its keys are asked for once";
}

TEST_F(IdTokensTest, NoneOfTheOldTricksWorks) {
  const Claims claims = Usual();
  // No signature at all, whatever the header calls that.
  for (const std::string none : {"none", "None", "NONE", ""}) {
    const std::string header = JsonObject({{"alg", "\"" + none + "\""}, {"kid", "\"ec\""}});
    EXPECT_THAT(Refused(TestIssuer::Write(header, claims, "")), HasSubstr("algorithm that does not count")) << none;
  }
  EXPECT_THAT(Refused(TestIssuer::Write("{}", claims, "")), HasSubstr("algorithm that does not count"));
  // A MAC with what everybody knows, the public key, as its secret.
  const std::string header = R"({"alg":"HS256","kid":"rsa"})";
  const std::string text = ToBase64Url(header) + "." + ToBase64Url(JsonObject(claims));
  EXPECT_THAT(Refused(text + "." + ToBase64Url(HmacSha256(issuer_.Jwks(), text))),
              HasSubstr("algorithm that does not count"));
  // An algorithm that counts with a key that is for another.
  EXPECT_THAT(Refused(TestIssuer::Write(R"({"alg":"RS256","kid":"ec"})", claims, std::string(86, 'A'))),
              HasSubstr("another algorithm than its key is for"));
  // One that is known, and not in the list of this issuer.
  EXPECT_THAT(Refused(issuer_.Sign(claims, "rsa", "PS256")), HasSubstr("algorithm that does not count"));
  // A key that the token brings along.
  EXPECT_THAT(Refused(TestIssuer::Write(R"({"alg":"ES256","jwk":{"kty":"EC"}})", claims, std::string(86, 'A'))),
              HasSubstr("does not have"));
  EXPECT_THAT(Refused(TestIssuer::Write(R"({"alg":"ES256","kid":"ec","crit":["b64"],"b64":false})", claims,
                                        std::string(86, 'A'))),
              HasSubstr("not known here"));
}

TEST_F(IdTokensTest, WhatWasAlteredOrSignedByOthersIsRefused) {
  const std::string token = issuer_.Sign(Usual());
  const size_t dot = token.rfind('.');
  Claims other = Usual();
  other["sub"] = "\"li-si\"";
  const std::string others = issuer_.Sign(other);
  EXPECT_THAT(Refused(others.substr(0, others.rfind('.')) + token.substr(dot)), HasSubstr("altered"));
  std::string altered = token;
  altered[dot + 5] = altered[dot + 5] == 'A' ? 'B' : 'A';
  EXPECT_THAT(Refused(altered), HasSubstr("altered"));
  TestIssuer stranger;
  EXPECT_THAT(Refused(stranger.Sign(Usual())), HasSubstr("altered"));
  EXPECT_THAT(Refused(stranger.Sign(Usual(), "rsa", "RS256")), HasSubstr("altered"));
  for (const std::string& text : {std::string(), std::string("x"), std::string("a.b"), token + ".x", token + "=",
                                  std::string(kMaxIdTokenBytes + 1, 'a'), "." + token, token.substr(0, dot)}) {
    EXPECT_TRUE(absl::IsUnauthenticated(usual_->Verify(text).status())) << text.substr(0, 40);
  }
}

TEST_F(IdTokensTest, IssuerAudienceTimesAndNonceHaveToBeRight) {
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  EXPECT_THAT(RefusedWith("iss", "\"https://id.gov.example.org\""), HasSubstr("not trusted here"));
  EXPECT_THAT(RefusedWith("iss", ""), HasSubstr("not trusted here"));
  EXPECT_THAT(RefusedWith("aud", "\"duban-district\""), HasSubstr("for somebody else"));
  EXPECT_THAT(RefusedWith("aud", ""), HasSubstr("for somebody else"));
  EXPECT_THAT(RefusedWith("aud", R"(["duban-city","shop"])"), HasSubstr("for somebody else")) << "given to whom?";
  EXPECT_THAT(RefusedWith("azp", "\"shop\""), HasSubstr("given to somebody else"));
  EXPECT_THAT(RefusedWith("exp", StrCat(now - 60)), HasSubstr("expired"));
  EXPECT_THAT(RefusedWith("exp", ""), HasSubstr("no time `exp`"));
  EXPECT_THAT(RefusedWith("exp", "\"never\""), HasSubstr("no time `exp`"));
  EXPECT_THAT(RefusedWith("exp", "1e300"), HasSubstr("no time `exp`"));
  EXPECT_THAT(RefusedWith("iat", StrCat(now + 61)), HasSubstr("not valid yet"));
  EXPECT_THAT(RefusedWith("iat", StrCat(now - 601)), HasSubstr("too long ago"));
  EXPECT_THAT(RefusedWith("iat", ""), HasSubstr("no time `iat`"));
  EXPECT_THAT(RefusedWith("nbf", StrCat(now + 61)), HasSubstr("not valid yet"));
  EXPECT_THAT(RefusedWith("nonce", ""), HasSubstr("no nonce"));
  EXPECT_THAT(RefusedWith("sub", ""), HasSubstr("names nobody"));
  EXPECT_THAT(RefusedWith("sub", "\"" + std::string(256, 'a') + "\""), HasSubstr("names nobody"));

  Claims edge = Usual();
  edge["aud"] = R"(["duban-city","shop"])";
  edge["azp"] = "\"duban-city\"";
  edge["exp"] = StrCat(now - 59);
  edge["iat"] = StrCat(now - 600);
  edge["sub"] = "\"" + std::string(255, 'a') + "\"";
  EXPECT_TRUE(usual_->Verify(issuer_.Sign(edge)).ok());
}

TEST_F(IdTokensTest, AKeyThatIsNotKnownIsAskedForNowAndThen) {
  ASSERT_TRUE(usual_->Verify(issuer_.Sign(Usual())).ok());
  issuer_.Replace("new");
  EXPECT_THAT(Refused(issuer_.Sign(Usual(), "new")), HasSubstr("does not have"));
  EXPECT_EQ(fetched_, 1) << "not again at once";
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(usual_->Verify(issuer_.Sign(Usual(), "new")).ok());
  EXPECT_EQ(fetched_, 2);
  // One that was taken back counts no more once they are asked for again.
  Claims lasting = Usual();
  lasting["exp"] = StrCat(absl::ToUnixSeconds(clock_.Now()) + 3600);
  const std::string old = issuer_.Sign(lasting, "ec");
  issuer_.Replace("ec");
  clock_.Advance(absl::Minutes(9));
  EXPECT_TRUE(usual_->Verify(old).ok()) << "they are kept for ten minutes";
  const std::string late = issuer_.Sign(Usual(), "new");
  const absl::Time then = clock_.Now();
  clock_.Advance(absl::Minutes(1));
  Claims fresh = TestIssuer::Claims("zhang-san", "n-1", then);
  EXPECT_THAT(Refused(old), HasSubstr("altered"));
  EXPECT_TRUE(usual_->Verify(late).ok());
  EXPECT_TRUE(usual_->Verify(issuer_.Sign(fresh, "ec")).ok());
}

TEST_F(IdTokensTest, WhereItsKeysCannotBeHadNothingIsBelieved) {
  down_ = true;
  EXPECT_THAT(Refused(issuer_.Sign(Usual())), HasSubstr("nobody answers"));
  down_ = false;
  EXPECT_THAT(Refused(issuer_.Sign(Usual())), HasSubstr("does not have")) << "nor is the issuer asked again at once";
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(usual_->Verify(issuer_.Sign(Usual())).ok());
}

TEST_F(IdTokensTest, KeysMayLieInAFileAndTheSubjectInAnotherClaim) {
  const std::string keys = WriteFile("jwks.json", issuer_.Jwks());
  const auto of_file = Open(Configured(
      {{"jwks_url", "\"\""}, {"jwks_file", "\"" + keys + "\""}, {"subject_claim", "\"preferred_username\""}}));
  ASSERT_TRUE(of_file.ok()) << of_file.status();
  Claims claims = Usual();
  EXPECT_FALSE((*of_file)->Verify(issuer_.Sign(claims)).ok()) << "it has no such claim";
  claims["preferred_username"] = "\"zhang\"";
  const absl::StatusOr<IdToken> read = (*of_file)->Verify(issuer_.Sign(claims));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->subject, "zhang");
}

TEST_F(IdTokensTest, AConfigurationThatWouldBelieveTooMuchIsRefused) {
  const auto said = [&](const std::string& configuration) {
    return std::string(Open(configuration).status().message());
  };
  for (const std::string algorithm : {"none", "HS256", "HS512", "RS1", "es256"}) {
    EXPECT_THAT(said(Configured({{"algorithms", "[\"" + algorithm + "\"]"}})), HasSubstr("has " + algorithm));
  }
  EXPECT_THAT(said(Configured({{"algorithms", "[]"}})), HasSubstr("`algorithms` of"));
  EXPECT_THAT(said(Configured({{"audience", "\"\""}})), HasSubstr("`audience` of"));
  EXPECT_THAT(said(Configured({{"issuer", "\"http://id.gov.example\""}})), HasSubstr("no https address"));
  EXPECT_THAT(said(Configured({{"jwks_url", "\"http://id.gov.example/keys\""}})), HasSubstr("no https address"));
  EXPECT_THAT(said(Configured({{"jwks_file", "\"/keys\""}})), HasSubstr("give one of"));
  EXPECT_THAT(said(Configured({{"jwks_url", "\"\""}})), HasSubstr("give one of"));
  EXPECT_THAT(said(Configured({{"subject_claim", "\"email\""}})), HasSubstr("neither sub nor"));
  EXPECT_THAT(said(Configured({{"trust_everybody", "true"}})), HasSubstr("not as it should be"));
  EXPECT_THAT(said("{}"), HasSubstr("names no issuer"));
  EXPECT_FALSE(ConfiguredIssuers::Open("/no/such/file", &clock_).ok());
}

TEST(FetchHttps, GoesNowhereElse) {
  for (const char* url : {"http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/"}) {
    EXPECT_TRUE(absl::IsUnavailable(FetchHttps(url).status())) << url;
  }
}

class SingleSignOn : public People {
 protected:
  void SetUp() override {
    People::SetUp();
    const std::string file = folder_.path() + "/issuers.json";
    std::ofstream(file) << Configured();
    id_tokens_ = *ConfiguredIssuers::Open(
        file, &clock_, [this](const std::string&) -> absl::StatusOr<std::string> { return issuer_.Jwks(); });
    Ports ports = ports_;
    ports.id_tokens = id_tokens_.get();
    core_of_issuer_ = std::make_unique<SignInCore>(ports, kCheap);
    Settle("zhang");
  }
  std::string Nonce(const std::string& issuer = "") {
    v1::BeginSingleSignOnRequest request;
    request.set_issuer(issuer);
    v1::BeginSingleSignOnResponse response;
    const absl::Status begun = core_of_issuer_->BeginSingleSignOn(console_, request, &response);
    EXPECT_TRUE(begun.ok()) << begun;
    EXPECT_EQ(response.audience(), TestIssuer::kAudience);
    return response.nonce();
  }
  absl::StatusOr<v1::SignInResponse> Bring(const std::string& token, const std::string& code = "") {
    v1::SignInWithIdTokenRequest request;
    request.set_id_token(token);
    request.set_code(code);
    v1::SignInResponse response;
    DUBAN_RETURN_IF_ERROR(core_of_issuer_->SignInWithIdToken(console_, request, &response));
    return response;
  }
  std::string TokenFor(const std::string& subject, const std::string& nonce) {
    return issuer_.Sign(TestIssuer::Claims(subject, nonce, clock_.Now()));
  }
  std::string Bind(const Caller& officer, const std::string& person, const std::string& subject) {
    v1::UpdatePersonRequest request;
    request.mutable_person()->set_name("people/" + person);
    if (!subject.empty()) {
      request.mutable_person()->mutable_single_sign_on()->set_issuer(TestIssuer::kName);
      request.mutable_person()->mutable_single_sign_on()->set_subject(subject);
    }
    request.mutable_update_mask()->add_paths("single_sign_on");
    v1::Person person_now;
    return Said(core_.UpdatePerson(officer, WithId(request), &person_now));
  }

  TestIssuer issuer_;
  std::unique_ptr<ConfiguredIssuers> id_tokens_;
  std::unique_ptr<SignInCore> core_of_issuer_;
};

TEST_F(SingleSignOn, SignsInWhomAnOfficerBound) {
  EXPECT_EQ(Said(Bring(TokenFor("z-3", Nonce())).status()), "NOT_AUTHENTICATED") << "bound to nobody";
  ASSERT_EQ(Bind(an_, "zhang", "z-3"), "");
  const absl::StatusOr<v1::SignInResponse> response = Bring(TokenFor("z-3", Nonce(TestIssuer::kName)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(CallerWith(response->tokens()).label(), "people/zhang");
  EXPECT_EQ(Said(Bring(TokenFor("zhang", Nonce())).status()), "NOT_AUTHENTICATED") << "a name is no subject";
  v1::ListPeopleResponse people;
  ASSERT_TRUE(core_.ListPeople(an_, {}, &people).ok());
  EXPECT_EQ(people.people_size(), 2) << "nobody was taken in by it";
  ASSERT_EQ(Bind(an_, "zhang", ""), "");
  EXPECT_EQ(Said(Bring(TokenFor("z-3", Nonce())).status()), "NOT_AUTHENTICATED") << "no more";
}

TEST_F(SingleSignOn, ANonceIsOurOwnAndCountsOnceForTenMinutes) {
  ASSERT_EQ(Bind(an_, "zhang", "z-3"), "");
  EXPECT_FALSE(Bring(TokenFor("z-3", "made-up")).ok());
  const std::string token = TokenFor("z-3", Nonce());
  EXPECT_TRUE(Bring(token).ok());
  EXPECT_FALSE(Bring(token).ok()) << "a token that was copied";
  const std::string late = Nonce();
  clock_.Advance(absl::Minutes(10));
  EXPECT_FALSE(Bring(TokenFor("z-3", late)).ok());
  // One that was brought with a wrong token is used up, too.
  const std::string wasted = Nonce();
  EXPECT_FALSE(Bring(TokenFor("nobody", wasted)).ok());
  EXPECT_FALSE(Bring(TokenFor("z-3", wasted)).ok());
}

TEST_F(SingleSignOn, WhateverIsWrongIsSaidInTheSameWordsAsOfPasswords) {
  ASSERT_EQ(Bind(an_, "zhang", "z-3"), "");
  const absl::Status usual = SignIn("zhang", "wrong").status();
  Claims expired = TestIssuer::Claims("z-3", Nonce(), clock_.Now() - absl::Hours(1));
  for (const std::string& token : {issuer_.Sign(expired), TokenFor("z-3", "made-up"), TokenFor("nobody", Nonce()),
                                   std::string("x.y.z"), TestIssuer().Sign(expired)}) {
    const absl::Status refused = Bring(token).status();
    EXPECT_EQ(refused.message(), usual.message());
    EXPECT_EQ(MetadataOf(refused), MetadataOf(usual));
  }
}

TEST_F(SingleSignOn, ALockADisabledNameAndASecondFactorHoldForItToo) {
  ASSERT_EQ(Bind(an_, "zhang", "z-3"), "");
  for (int i = 0; i < kMostFailures; ++i) EXPECT_FALSE(SignIn("zhang", "wrong").ok());
  EXPECT_FALSE(Bring(TokenFor("z-3", Nonce())).ok());
  clock_.Advance(kLockTime);
  const absl::StatusOr<v1::SignInResponse> signed_in = Bring(TokenFor("z-3", Nonce()));
  ASSERT_TRUE(signed_in.ok()) << signed_in.status();
  const Caller zhang = CallerWith(signed_in->tokens());
  v1::BeginTotpResponse begun;
  ASSERT_TRUE(sign_in_.BeginTotp(zhang, {}, &begun).ok());
  const auto code = [&] {
    const auto secret = NeedSecret(*store_->TakeSnapshot(), "people/zhang");
    return TotpCode(*sealing_.Open(secret->sealed_totp_key(), "people/zhang"), TotpStep(clock_.Now()));
  };
  v1::ConfirmTotpRequest confirm;
  confirm.set_code(code());
  v1::ConfirmTotpResponse confirmed;
  ASSERT_TRUE(sign_in_.ConfirmTotp(zhang, confirm, &confirmed).ok());
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(Bring(TokenFor("z-3", Nonce())).ok());
  EXPECT_TRUE(Bring(TokenFor("z-3", Nonce()), code()).ok());
  v1::DisablePersonRequest disable;
  disable.set_name("people/zhang");
  v1::Person person;
  ASSERT_TRUE(core_.DisablePerson(an_, WithId(disable), &person).ok());
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(Bring(TokenFor("z-3", Nonce()), code()).ok());
}

TEST_F(SingleSignOn, ASubjectIsOnePersonsAndNeverAnAdministratorsToGive) {
  Settle("li");
  ASSERT_EQ(Bind(an_, "zhang", "z-3"), "");
  EXPECT_EQ(Bind(an_, "li", "z-3"), "RESOURCE_EXISTS");
  EXPECT_EQ(Bind(an_, "zhang", "z-4"), "");
  EXPECT_EQ(Bind(an_, "li", "z-3"), "") << "it was given up";
  EXPECT_EQ(Bind(an_, "an", "me"), "NOT_ALLOWED") << "nobody binds themselves";
  const Caller bo = SecondOfficer();
  EXPECT_EQ(Bind(bo, "an", "me"), "NOT_ALLOWED") << "nor one of the three";
}

TEST_F(SingleSignOn, WithoutIssuersThereIsNone) {
  v1::BeginSingleSignOnResponse begun;
  EXPECT_EQ(Said(sign_in_.BeginSingleSignOn(console_, {}, &begun)), "WRONG_STATE");
  v1::SignInWithIdTokenRequest request;
  request.set_id_token("x");
  v1::SignInResponse response;
  EXPECT_EQ(Said(sign_in_.SignInWithIdToken(console_, request, &response)), "WRONG_STATE");
  v1::BeginSingleSignOnRequest other;
  other.set_issuer("https://elsewhere.example");
  EXPECT_EQ(Said(core_of_issuer_->BeginSingleSignOn(console_, other, &begun)), "INVALID_FIELD");
}

}  // namespace
}  // namespace duban
