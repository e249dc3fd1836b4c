#include "common/access/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/temp_folder.h"

namespace duban {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class AuthorityTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Authority::Init(root_, "gov.example", kNow).ok()); }
  Authority Open() const { return *Authority::Open(root_); }
  static Identity Name(const std::string& path) { return *ParseIdentityPath("gov.example", path); }
  KeySet Issue(const std::string& path) const {
    absl::StatusOr<KeySet> set = Open().Issue(Name(path), 90, kNow);
    EXPECT_TRUE(set.ok()) << set.status();
    return *std::move(set);
  }

  const testing::TempFolder folder_;
  const std::string root_ = folder_.path() + "/authority";
};

TEST_F(AuthorityTest, IssuesCertificatesThatSayWhoTheyAreOfAndForHowLong) {
  const KeySet set = Issue("node/city/unit/tax");
  const Certificate certificate = ReadCertificate(set.certificate).value();
  EXPECT_EQ(IdentityOf(certificate, "gov.example").value(), Name("node/city/unit/tax"));
  EXPECT_EQ(certificate.serial, set.serial);
  EXPECT_EQ(certificate.not_before, kNow - absl::Minutes(1));
  EXPECT_EQ(certificate.not_after, kNow + absl::Hours(24 * 90));
  EXPECT_FALSE(IdentityOf(certificate, "other.example").ok());
  // Behind it stands the authority of its node, which is nobody's own.
  const std::string authority = set.certificate.substr(set.certificate.find("-----END CERTIFICATE-----") + 25);
  EXPECT_EQ(ReadCertificate(authority)->subject, "CN=authority,OU=city,O=gov.example");
  EXPECT_FALSE(IdentityOf(ReadCertificate(authority).value(), "gov.example").ok());
}

TEST_F(AuthorityTest, RefusesWhatItCannotStandFor) {
  EXPECT_FALSE(Open().Issue(*ParseIdentityPath("other.example", "node/city"), 90, kNow).ok());
  EXPECT_FALSE(Open().Issue(Name("node/city"), 0, kNow).ok());
  EXPECT_FALSE(Open().Issue(Name("node/city"), 399, kNow).ok());
  EXPECT_TRUE(Open().Issue(Name("node/city"), 398, kNow).ok());
  EXPECT_THAT(std::string(Authority::Init(root_, "gov.example", kNow).message()), HasSubstr("has a root already"));
  EXPECT_FALSE(Authority::Init(folder_.path() + "/x", "Gov.example", kNow).ok());
  EXPECT_FALSE(Authority::Open(folder_.path() + "/nowhere").ok());
}

TEST_F(AuthorityTest, ADistrictThatHasOnlyItsOwnPartSignsForItselfAlone) {
  Issue("node/district");
  Issue("node/city");
  const std::string given = folder_.path() + "/given";
  fs::create_directories(given + "/nodes");
  fs::copy(root_ + "/root.pem", given + "/root.pem");
  fs::copy(root_ + "/nodes/district", given + "/nodes/district", fs::copy_options::recursive);
  const Authority district = *Authority::Open(given);
  EXPECT_TRUE(district.Issue(Name("node/district/unit/tax"), 90, kNow).ok());
  EXPECT_THAT(std::string(district.Issue(Name("node/city"), 90, kNow).status().message()),
              HasSubstr("no key of the root"));
}

TEST_F(AuthorityTest, KeysAreForTheirOwnerAlone) {
  ASSERT_TRUE(InstallKeySet(folder_.path() + "/keys", Issue("node/city")).ok());
  int keys = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder_.path())) {
    if (!file.is_regular_file() || file.is_symlink()) continue;
    struct stat status = {};
    ASSERT_EQ(stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file.path();
    keys += file.path().extension() == ".key" || file.path().filename() == "key.pem" ? 1 : 0;
  }
  EXPECT_EQ(keys, 3);
}

TEST_F(AuthorityTest, AKeyFolderIsTakenOnlyWhole) {
  const std::string keys = folder_.path() + "/keys";
  EXPECT_FALSE(OpenKeyFolder(keys).ok());
  ASSERT_TRUE(InstallKeySet(keys, Issue("node/city")).ok());
  EXPECT_EQ(OpenKeyFolder(keys)->identity, Name("node/city"));
  fs::permissions(KeyFileOf(keys), fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(std::string(OpenKeyFolder(keys).status().message()), HasSubstr("mode 0640"));
  fs::permissions(KeyFileOf(keys), fs::perms::group_read, fs::perm_options::remove);
  ASSERT_TRUE(WritePrivateFile(KeyFileOf(keys), Issue("node/city").key).ok());
  EXPECT_THAT(std::string(OpenKeyFolder(keys).status().message()), HasSubstr("is not the key of"));
  // A new set takes the place of the old one whole.
  ASSERT_TRUE(InstallKeySet(keys, Issue("node/district")).ok());
  EXPECT_EQ(OpenKeyFolder(keys)->identity, Name("node/district"));
  fs::remove_all(CrlFolderOf(keys));
  EXPECT_THAT(std::string(OpenKeyFolder(keys).status().message()), HasSubstr("/crls"));
}

TEST_F(AuthorityTest, RevocationListsStandBehindEachOtherAndAreNotDoubled) {
  const KeySet first = Issue("node/city"), second = Issue("node/city/job/mail");
  const std::string one = Open().Revoke(first.serial, kNow).value();
  const std::string two = Open().Revoke(second.serial, kNow).value();
  EXPECT_NE(one, two);
  const std::string crls = folder_.path() + "/crls";
  for (const std::string& list : {one, one, two, two}) ASSERT_TRUE(InstallCrl(crls, list).ok());
  int lists = 0;
  for (const auto& file : fs::directory_iterator(crls)) {
    EXPECT_THAT(file.path().extension().string(), ::testing::AnyOf(".r0", ".r1"));
    ++lists;
  }
  EXPECT_EQ(lists, 2);
  EXPECT_FALSE(Open().Revoke("../../root", kNow).ok());
  EXPECT_FALSE(Open().Revoke("00", kNow).ok());
  int revoked = 0;
  for (const Authority::Issued& issued : Open().List().value()) revoked += issued.revoked ? 1 : 0;
  EXPECT_EQ(revoked, 2);
  EXPECT_EQ(Open().List()->size(), 3u) << "the authority of the node among them";
}

}  // namespace
}  // namespace duban
