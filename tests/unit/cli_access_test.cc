// `duban access` and `duban keys`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/access/key_folder.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CliTest, AccessRulesReadLikeTheDecision) {
  ASSERT_EQ(Run({"access", "rules", "--lang=zh", "--width=200"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("单位客户端"));
  EXPECT_THAT(out(), HasSubstr("AssignmentService/PullAssignments"));
  EXPECT_THAT(out(), HasSubstr("name 所指单位，或其上级"));
  EXPECT_THAT(out(), HasSubstr("name 的下发（起草）单位，以及 issuer 所指单位"));
  EXPECT_THAT(out(), HasSubstr("未列明的一律拒绝"));
  ASSERT_EQ(Run({"access", "rules", "--lang=en", "--width=200"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("the unit in name, or one above it"));
  EXPECT_THAT(out(), HasSubstr("itself, in follower, where downstream is not set"));
  ASSERT_EQ(Run({"access", "rules", "--format=json"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\"duban.v1.FeedService/Fetch\""));
  EXPECT_THAT(out(), Not(HasSubstr("调用方")));
}

class KeysTest : public CliTest {
 protected:
  const testing::TempFolder folder_;
  const std::string authority_ = folder_.path() + "/authority";
  const std::string keys_ = folder_.path() + "/keys";
};

TEST_F(KeysTest, AreIssuedShownRenewedAndRevoked) {
  ASSERT_EQ(Run({"keys", "init", authority_, "--domain=gov.example"}), 0) << err();
  // The folder of a node below need not be there yet.
  ASSERT_EQ(Run({"keys", "issue", "node/city", "--authority=" + authority_, "--out=" + keys_ + "/of/city"}), 0)
      << err();
  ASSERT_EQ(Run({"keys", "issue", "node/city", "--authority=" + authority_, "--out=" + keys_, "--lang=en"}), 0)
      << err();
  EXPECT_THAT(out(), HasSubstr("node/city"));
  EXPECT_THAT(out(), HasSubstr("90"));
  const std::string first = OpenKeyFolder(keys_)->certificate.serial;
  // Not yet.
  ASSERT_EQ(Run({"keys", "renew", keys_, "--authority=" + authority_, "--within=30", "--lang=en"}), 0) << err();
  EXPECT_THAT(err(), HasSubstr("left as it is"));
  EXPECT_EQ(OpenKeyFolder(keys_)->certificate.serial, first);
  ASSERT_EQ(Run({"keys", "renew", keys_, "--authority=" + authority_, "--within=90", "--days=30"}), 0) << err();
  EXPECT_NE(OpenKeyFolder(keys_)->certificate.serial, first);
  EXPECT_EQ(OpenKeyFolder(keys_)->identity.path(), "node/city");
  ASSERT_EQ(Run({"keys", "revoke", first, "--authority=" + authority_, "--into=" + keys_, "--lang=en"}), 0) << err();
  EXPECT_FALSE(std::filesystem::is_empty(CrlFolderOf(keys_)));
  ASSERT_EQ(Run({"keys", "show", authority_, "--lang=en"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("revoked"));
  EXPECT_THAT(out(), HasSubstr("OU=city,O=gov.example"));
  ASSERT_EQ(Run({"keys", "show", keys_, "--format=json"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\"domain\":\"gov.example\""));
}

TEST_F(KeysTest, WhatCannotBeIssuedIsSaidInBothLanguages) {
  EXPECT_EQ(Run({"keys", "init", authority_, "--domain=Gov"}), 2);
  EXPECT_THAT(err(), HasSubstr("证书操作未办成"));
  ASSERT_EQ(Run({"keys", "init", authority_, "--domain=gov.example"}), 0) << err();
  EXPECT_EQ(Run({"keys", "issue", "city", "--authority=" + authority_, "--out=" + keys_}), 2);
  EXPECT_THAT(err(), HasSubstr("应为 node/节点"));
  EXPECT_EQ(Run({"keys", "issue", "node/City", "--authority=" + authority_, "--out=" + keys_, "--lang=en"}), 2);
  EXPECT_THAT(err(), HasSubstr("write node/NODE"));
  EXPECT_EQ(Run({"keys", "issue", "node/city", "--authority=" + authority_, "--out=" + keys_, "--days=399"}), 2);
  EXPECT_EQ(Run({"keys", "revoke", "00", "--authority=" + authority_}), 5);
  EXPECT_EQ(Run({"keys", "show", folder_.path()}), 2);
  EXPECT_FALSE(std::filesystem::exists(keys_));
}

}  // namespace
}  // namespace duban::cli
