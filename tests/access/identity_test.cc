#include "common/access/identity.h"

#include <gtest/gtest.h>

#include <string>

#include "common/access/certificate.h"
#include "common/base/strings.h"

namespace duban {
namespace {

TEST(Identity, NamesANodeAndWhatIsAtIt) {
  struct Row {
    const char* uri;
    Identity::Part part;
    const char* name;
  };
  for (const Row& row : {Row{"spiffe://gov.example/node/city", Identity::Part::kNode, ""},
                         Row{"spiffe://gov.example/node/city/service/plan", Identity::Part::kService, "plan"},
                         Row{"spiffe://gov.example/node/city/unit/tax-2", Identity::Part::kUnit, "tax-2"},
                         Row{"spiffe://gov.example/node/city/job/mail", Identity::Part::kJob, "mail"}}) {
    const std::optional<Identity> identity = ParseIdentity(row.uri);
    ASSERT_TRUE(identity.has_value()) << row.uri;
    EXPECT_EQ(identity->domain, "gov.example");
    EXPECT_EQ(identity->node, "city");
    EXPECT_EQ(identity->part, row.part) << row.uri;
    EXPECT_EQ(identity->name, row.name) << row.uri;
    EXPECT_EQ(identity->uri(), row.uri);
  }
}

TEST(Identity, IsExactlySuchANameOrNone) {
  const std::string long_id(63, 'a');
  EXPECT_TRUE(ParseIdentity("spiffe://a/node/" + long_id).has_value());
  EXPECT_TRUE(ParseIdentity("spiffe://0.a-b.1/node/a").has_value());
  for (const std::string& uri : {std::string(),
                                 std::string("spiffe://gov.example"),
                                 std::string("spiffe://gov.example/"),
                                 std::string("spiffe://gov.example/node"),
                                 std::string("spiffe://gov.example/node/"),
                                 std::string("spiffe://gov.example//node/city"),
                                 std::string("spiffe://gov.example/node//city"),
                                 std::string("spiffe://gov.example/node/city/"),
                                 std::string("spiffe://gov.example/node/city/unit"),
                                 std::string("spiffe://gov.example/node/city/unit/"),
                                 std::string("spiffe://gov.example/node/city/unit/a/b"),
                                 std::string("spiffe://gov.example/node/city/unit/a/job/b"),
                                 std::string("spiffe://gov.example/node/city/role/leader"),
                                 std::string("spiffe://gov.example/unit/a/node/city"),
                                 std::string("spiffe://gov.example/node/../node/city"),
                                 std::string("spiffe://gov.example/./node/city"),
                                 std::string("spiffe://gov.example/node/c%69ty"),
                                 std::string("spiffe://gov.example/node/%2e%2e"),
                                 std::string("spiffe://gov.example/node/City"),
                                 std::string("spiffe://gov.example/Node/city"),
                                 std::string("spiffe://gov.example/node/city "),
                                 std::string(" spiffe://gov.example/node/city"),
                                 std::string("spiffe://gov.example/node/city?x=1"),
                                 std::string("spiffe://gov.example/node/city#x"),
                                 std::string("spiffe://gov.example:443/node/city"),
                                 std::string("spiffe://me@gov.example/node/city"),
                                 std::string("spiffe:///node/city"),
                                 std::string("spiffe://Gov.example/node/city"),
                                 std::string("spiffe://gov..example/node/city"),
                                 std::string("spiffe://.gov/node/city"),
                                 std::string("spiffe://gov./node/city"),
                                 std::string("spiffe://-gov/node/city"),
                                 std::string("spiffe://gov-/node/city"),
                                 std::string("spiffe://g_v/node/city"),
                                 std::string("SPIFFE://gov.example/node/city"),
                                 std::string("https://gov.example/node/city"),
                                 std::string("spiffe://gov.example/node/c\xD1\x96ty"),  // Cyrillic і
                                 std::string("spiffe://gov.example/node/cit\0y", 31),
                                 std::string("spiffe://gov.example/node/city\n"),
                                 std::string("spiffe://gov.example/node/-city"),
                                 std::string("spiffe://gov.example/node/city-"),
                                 std::string("spiffe://gov.example/node/1city"),
                                 "spiffe://gov.example/node/" + long_id + "a",
                                 "spiffe://" + long_id + "a/node/city",
                                 "spiffe://" + std::string(400, 'a') + "/node/city"}) {
    EXPECT_FALSE(ParseIdentity(uri).has_value()) << uri;
  }
}

TEST(Identity, IsWorthNoMoreThanTheSubjectItStandsBeside) {
  const std::string city = "spiffe://gov.example/node/city/unit/tax";
  EXPECT_TRUE(IdentityOf(city, "CN=node/city/unit/tax,OU=city,O=gov.example", "gov.example").ok());
  EXPECT_TRUE(IdentityOf(city, "OU=city,O=gov.example", "gov.example").ok());
  for (const char* subject :
       {"CN=node/city/unit/tax,OU=district,O=gov.example", "CN=x,OU=city,O=other.example", "CN=x,O=gov.example",
        "CN=x,OU=city,OU=district,O=gov.example", "OU=city,O=gov.example,CN=x",
        "CN=x\\,OU=city,OU=district,O=gov.example", "CN=xOU=city,O=gov.example", "CN=x,OU=city,O=gov.example ", ""}) {
    EXPECT_FALSE(IdentityOf(city, subject, "gov.example").ok()) << subject;
  }
  EXPECT_FALSE(IdentityOf(city, "CN=x,OU=city,O=gov.example", "other.example").ok());
  EXPECT_FALSE(IdentityOf("spiffe://gov.example/node/city/x", "OU=city,O=gov.example", "gov.example").ok());
}

}  // namespace
}  // namespace duban
