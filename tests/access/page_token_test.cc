// Page tokens: whose they are, and of which listing.

#include "common/base/page_token.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

const Listing& Usual() {
  static const auto* const listing = new Listing{"a key", "people/zhang", "ListPlans/units/tax"};
  return *listing;
}

std::string Refused(const Listing& listing, const std::string& token) {
  return MetadataOf(ReadPageToken(listing, token).status())["field"];
}

TEST(PageTokens, LeadWhereTheyWereMade) {
  EXPECT_EQ(*ReadPageToken(Usual(), MakePageToken(Usual(), "plans/p1")), "plans/p1");
  EXPECT_EQ(*ReadPageToken(Usual(), ""), "");
}

TEST(PageTokens, AreOfOneCallerOneListingAndOneKey) {
  const std::string token = MakePageToken(Usual(), "plans/p1");
  EXPECT_EQ(Refused({"a key", "people/li", "ListPlans/units/tax"}, token), "page_token");
  EXPECT_EQ(Refused({"a key", "people/zhang", "ListPlans/units/school"}, token), "page_token");
  EXPECT_EQ(Refused({"b key", "people/zhang", "ListPlans/units/tax"}, token), "page_token");
  // Nor do a caller and a listing run into each other.
  EXPECT_EQ(Refused({"a key", "people/zhangL", "istPlans/units/tax"}, token), "page_token");
  EXPECT_EQ(Refused({"a key", "people/zhang", "ListPlans/units/taxp"}, token), "page_token");
}

TEST(PageTokens, AnyOtherWritingIsNone) {
  const std::string token = MakePageToken(Usual(), "plans/p1");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(Refused(Usual(), altered), "page_token") << i;
  }
  for (const std::string& other : {token + "=", token.substr(0, token.size() - 1), token + "A", std::string("x")}) {
    EXPECT_EQ(Refused(Usual(), other), "page_token") << other;
  }
}

// RFC 4231, test cases 1, 2 and 6.
TEST(Hmac, IsThatOfTheRfc) {
  const auto hex = [](const std::string& bytes) {
    std::string text;
    for (const unsigned char byte : bytes) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  };
  EXPECT_EQ(hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_TRUE(SameBytes("abc", "abc"));
  EXPECT_FALSE(SameBytes("abc", "abd"));
  EXPECT_FALSE(SameBytes("abc", "ab"));
}

}  // namespace
}  // namespace duban
