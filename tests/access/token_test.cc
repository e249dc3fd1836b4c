#include "common/access/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "common/access/key_folder.h"
#include "common/access/token_keys.h"
#include "common/base/strings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

using ::testing::HasSubstr;

// The key folder of a node's plan service, and that of another of its services.
class Tokens : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(Folder("authority"));
    Rotate();
  }
  std::string Folder(const std::string& name) const { return folder_.path() + "/" + name; }
  // A new key, handed out to both.
  void Rotate() {
    ASSERT_TRUE(MakeTokenKey(TokenFolderOf(Folder("authority")), clock_.Now()).ok());
    for (const char* name : {"plan", "assignment"}) {
      std::filesystem::create_directory(Folder(name));
      const auto copied =
          CopyTokenKeys(TokenFolderOf(Folder("authority")), TokenFolderOf(Folder(name)), name == std::string("plan"));
      ASSERT_TRUE(copied.ok()) << copied;
    }
  }
  Token TokenOf(const std::string& person) {
    const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now()));
    return {"city", "people/" + person,   "people/" + person + "/sessions/s1",
            now,    now + kTokenLifetime, {{"units/tax", {v1::CLERK, v1::LEADER}}, {"", {v1::REGISTRAR}}}};
  }
  std::string Signed(const std::string& person = "zhang") {
    absl::StatusOr<std::string> text = plan_.Sign(TokenOf(person));
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? *text : "";
  }
  std::string Refusal(const std::string& text) {
    const absl::Status refused = assignment_.Verify(text).status();
    EXPECT_TRUE(refused.ok() || absl::IsUnauthenticated(refused)) << refused;
    return std::string(refused.message());
  }

  testing::TempFolder folder_;
  FakeClock clock_;
  TokenKeys plan_{Folder("plan"), "city", &clock_};
  TokenKeys assignment_{Folder("assignment"), "city", &clock_};
};

TEST_F(Tokens, SayWhoAndWhatToEveryServiceOfTheNode) {
  const absl::StatusOr<Token> token = assignment_.Verify(Signed());
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->person, "people/zhang");
  EXPECT_EQ(token->session, "people/zhang/sessions/s1");
  EXPECT_EQ(token->posts, TokenOf("zhang").posts);
  EXPECT_EQ(token->expire_time - token->issue_time, absl::Minutes(15));
}

TEST_F(Tokens, OnlyWhoHasTheKeySigns) {
  EXPECT_TRUE(absl::IsFailedPrecondition(assignment_.Sign(TokenOf("zhang")).status()));
  std::filesystem::permissions(Folder("plan") + "/tokens/signing.pem", std::filesystem::perms(0644));
  TokenKeys readable(Folder("plan"), "city", &clock_);
  EXPECT_TRUE(absl::IsFailedPrecondition(readable.Sign(TokenOf("zhang")).status()));
}

TEST_F(Tokens, OneThatWasAlteredIsRefused) {
  const std::string text = Signed();
  for (size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(assignment_.Verify(altered).ok()) << "at " << i;
  }
  // Another's claims under one's own signature.
  const std::string other = Signed("li");
  const size_t first = text.find('.'), last = text.rfind('.');
  EXPECT_THAT(Refusal(text.substr(0, first) + other.substr(first, other.rfind('.') - first) + text.substr(last)),
              HasSubstr("altered"));
}

TEST_F(Tokens, CountFromTheirTimeUntilItIsPast) {
  const std::string text = Signed();
  clock_.Advance(absl::Minutes(15) - absl::Seconds(1));
  EXPECT_EQ(Refusal(text), "");
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Refusal(text), HasSubstr("expired"));
  // Not only those that were looked at before.
  EXPECT_THAT(std::string(plan_.Verify(text).status().message()), HasSubstr("expired"));
  Token early = TokenOf("zhang");
  early.issue_time += kTokenSkew + absl::Seconds(1);
  early.expire_time = early.issue_time + kTokenLifetime;
  EXPECT_THAT(Refusal(*plan_.Sign(early)), HasSubstr("not valid yet"));
}

TEST_F(Tokens, NoneCountsLongerThanOursDoWhateverItSays) {
  Token endless = TokenOf("zhang");
  endless.expire_time += absl::Hours(10'000);
  const std::string text = *plan_.Sign(endless);
  EXPECT_EQ(Refusal(text), "");
  clock_.Advance(kTokenLifetime);
  EXPECT_THAT(Refusal(text), HasSubstr("expired"));
}

TEST_F(Tokens, OneOfAnotherNodeIsRefusedThoughTheKeyBeOurs) {
  Token other = TokenOf("zhang");
  other.node = "district";
  EXPECT_THAT(Refusal(*plan_.Sign(other)), HasSubstr("another node's"));
}

TEST_F(Tokens, OneSignedWithAKeyOfSomebodyElseIsRefused) {
  std::filesystem::create_directory(Folder("thief"));
  ASSERT_TRUE(MakeTokenKey(TokenFolderOf(Folder("thief")), clock_.Now()).ok());
  TokenKeys thief(Folder("thief"), "city", &clock_);
  std::string text = *thief.Sign(TokenOf("zhang"));
  EXPECT_THAT(Refusal(text), HasSubstr("a key that this node does not have"));
  // Under the name of ours.
  const TokenParts ours = *SplitToken(Signed());
  const TokenParts theirs = *SplitToken(text);
  text = StrCat(TextToSign(ours.key, theirs.claims), ".", ToBase64Url(theirs.signature));
  EXPECT_THAT(Refusal(text), HasSubstr("altered"));
}

TEST_F(Tokens, NoOtherAlgorithmAndNoOtherWritingIsTaken) {
  const std::string text = Signed();
  const TokenParts parts = *SplitToken(text);
  const std::string tail = text.substr(text.find('.'));
  const auto with_header = [&](const std::string& header) { return ToBase64Url(header) + tail; };
  const std::string header = StrCat(R"({"alg":"ES256","kid":")", parts.key, R"(","typ":"JWT"})");
  ASSERT_EQ(with_header(header), text);
  for (const char* alg : {"none", "None", "NONE", "HS256", "RS256", "ES384", "es256", ""}) {
    const std::string other = absl::StrReplaceAll(header, {{"ES256", alg}});
    EXPECT_THAT(Refusal(with_header(other)), HasSubstr("another kind or algorithm")) << alg;
    EXPECT_FALSE(assignment_.Verify(StrCat(ToBase64Url(other), ".", ToBase64Url(parts.claims), ".")).ok());
  }
  for (const std::string& other :
       {std::string("{}"), std::string(), header + " ", " " + header,
        absl::StrReplaceAll(header, {{":\"JWT", ": \"JWT"}}),
        absl::StrReplaceAll(header, {{"\"typ", "\"crit\":[\"x\"],\"typ"}}),
        absl::StrReplaceAll(header, {{"\"typ", "\"jwk\":{},\"typ"}}),
        absl::StrReplaceAll(header, {{parts.key, "../../key"}}), absl::StrReplaceAll(header, {{parts.key, ""}})}) {
    EXPECT_FALSE(assignment_.Verify(with_header(other)).ok()) << other;
  }
  const std::string signature = text.substr(text.rfind('.') + 1), body = text.substr(0, text.rfind('.') + 1);
  for (const std::string& other : {text + "=", text + ".", text + " ", " " + text, text.substr(1), std::string("a.b"),
                                   std::string(), std::string(".."), body, body + signature.substr(0, 80),
                                   absl::StrReplaceAll(text, {{"_", "/"}, {"-", "+"}}) + "=="}) {
    EXPECT_FALSE(assignment_.Verify(other).ok()) << other;
  }
  // 64 bytes leave four bits of the last letter unused: one of sixteen writings is taken.
  const char last = signature.back();
  for (const char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    EXPECT_TRUE(c == last || !assignment_.Verify(text.substr(0, text.size() - 1) + c).ok()) << c;
  }
  EXPECT_EQ(Refusal(text), "");
}

TEST_F(Tokens, AreBounded) {
  EXPECT_THAT(Refusal(std::string(kMaxTokenBytes + 1, 'a')), HasSubstr("too long"));
  EXPECT_THAT(Refusal(std::string(kMaxTokenBytes, 'a')), HasSubstr("three parts"));
  Token rich = TokenOf("zhang");
  rich.posts.resize(1000, {"units/" + std::string(63, 'u'), {v1::CLERK}});
  EXPECT_TRUE(absl::IsFailedPrecondition(plan_.Sign(rich).status()));
}

TEST(Claims, ThatMakeNoSenseAreRefusedWhoeverSignedThem) {
  const std::string good =
      R"({"iss":"city","aud":"city","sub":"zhang","sid":"s1","iat":1700000000,"exp":1700000900,"posts":[)"
      R"({"unit":"tax","roles":[3]},{"roles":[7]}]})";
  ASSERT_TRUE(ReadClaims(good).ok()) << ReadClaims(good).status();
  EXPECT_EQ(WriteClaims(*ReadClaims(good)), good);
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"aud\":\"city\"", "\"aud\":\"district\""},
                                                        {"\"sub\":\"zhang\"", "\"sub\":\"zhang/../li\""},
                                                        {"\"sub\":\"zhang\"", "\"sub\":\"\""},
                                                        {"\"sid\":\"s1\"", "\"sid\":\"S1\""},
                                                        {"\"iat\":1700000000", "\"iat\":-1"},
                                                        {"\"unit\":\"tax\"", "\"unit\":\"units/tax\""},
                                                        {"[3]", "[7]"},   // A node's role at a unit.
                                                        {"[7]", "[3]"},   // A unit's role at the node.
                                                        {"[7]", "[11]"},  // Nobody is granted these.
                                                        {"[7]", "[99]"},
                                                        {"[7]", "[-1]"},
                                                        {"[7]", "[40]"},
                                                        {"[7]", "[]"},
                                                        {"\"posts\"", "\"roles\""},
                                                        {"}]}", "}]"}}) {
    EXPECT_FALSE(ReadClaims(absl::StrReplaceAll(good, {{from, to}})).ok()) << to;
  }
}

TEST_F(Tokens, AKeyIsReplacedByFileAndItsTokensCountUntilTheyArePast) {
  const std::string before = Signed();
  EXPECT_EQ(Refusal(before), "");
  clock_.Advance(absl::Minutes(5));
  Rotate();
  clock_.Advance(absl::Seconds(2));
  const std::string after = Signed();
  EXPECT_NE(SplitToken(before)->key, SplitToken(after)->key);
  EXPECT_EQ(Refusal(after), "");
  EXPECT_EQ(Refusal(before), "");
  clock_.Advance(absl::Minutes(10));
  EXPECT_THAT(Refusal(before), HasSubstr("expired"));
  // Days later the half that nobody needs is gone.
  clock_.Advance(absl::Hours(48));
  Rotate();
  clock_.Advance(absl::Seconds(2));
  EXPECT_THAT(Refusal(before), HasSubstr("does not have"));
}

TEST_F(Tokens, WhatAReplacedKeySignsLaterIsRefused) {
  // Somebody has a copy of the first key.
  std::filesystem::copy(Folder("plan"), Folder("copy"), std::filesystem::copy_options::recursive);
  TokenKeys thief(Folder("copy"), "city", &clock_);
  clock_.Advance(absl::Minutes(5));
  Rotate();
  clock_.Advance(kTokenSkew + absl::Seconds(2));
  EXPECT_THAT(Refusal(*thief.Sign(TokenOf("zhang"))), HasSubstr("replaced"));
}

TEST_F(Tokens, AKeyUnderAnothersNameIsNotRead) {
  const std::string halves = TokenFolderOf(Folder("assignment")) + "/public/";
  const std::string name = SplitToken(Signed())->key;
  std::filesystem::rename(halves + name + ".pem", halves + "1700000000-0123456789abcdef.pem");
  EXPECT_THAT(Refusal(Signed()), HasSubstr("does not have"));
}

// Of the words of RFC 7515, appendix A.3: the parts that are ours, beside a writing that is not.
TEST(Token, Base64UrlIsThatOfTheRfc) {
  EXPECT_EQ(ToBase64Url(std::string_view("\x03\xec\xff\xe0\xc1", 5)), "A-z_4ME");
  std::string bytes;
  EXPECT_TRUE(FromBase64Url("A-z_4ME", &bytes));
  EXPECT_EQ(bytes, std::string_view("\x03\xec\xff\xe0\xc1", 5));
  for (const char* other : {"A-z_4ME=", "A+z/4ME", "A-z_4MF", "A-z _4ME", "A-z_4MEA="}) {
    EXPECT_FALSE(FromBase64Url(other, &bytes)) << other;
  }
}

TEST(PersonOver, OnlyRolesAtTheUnitCountOverTheConnectionOfItsClient) {
  const auto carrier = [](const char* path) { return CallerOf(*ParseIdentityPath("gov.example", path), "city"); };
  const std::vector<Post> posts = {{"units/tax", {v1::CLERK}}, {"units/school", {v1::LEADER}}, {"", {v1::AUDITOR}}};
  const auto over = [&](const char* path) {
    return PersonOver(carrier(path), "people/zhang", "people/zhang/sessions/s1", posts);
  };
  EXPECT_EQ(over("node/city/unit/tax").roles(), RoleSet({v1::PERSON, v1::CLERK}));
  EXPECT_EQ(over("node/city/unit/ta").roles(), RoleSet({v1::PERSON}));
  EXPECT_EQ(over("node/city/service/console").roles(), RoleSet({v1::PERSON, v1::CLERK, v1::LEADER, v1::AUDITOR}));
  EXPECT_EQ(over("node/city").roles(), RoleSet({v1::PERSON, v1::CLERK, v1::LEADER, v1::AUDITOR}));
  for (const char* path :
       {"node/district", "node/district/service/plan", "node/district/unit/tax", "node/city/job/j"}) {
    EXPECT_EQ(over(path).kind, CallerKind::kForeign) << path;
    EXPECT_TRUE(over(path).posts.empty()) << path;
  }
  EXPECT_EQ(over("node/city/unit/tax").label(), "people/zhang");
  EXPECT_EQ(over("node/city/unit/tax").carrier(), "node/city/unit/tax");
}

}  // namespace
}  // namespace duban
