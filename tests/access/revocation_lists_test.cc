// Revoked certificates, as a process finds them while it runs.

#include "common/access/revocation_lists.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "common/access/authority.h"
#include "common/base/strings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

class RevocationListsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Authority::Init(folder_.path() + "/authority", "gov.example", clock_.Now()).ok());
  }
  Authority Office() { return *Authority::Open(folder_.path() + "/authority"); }
  Certificate Issue(const std::string& path) {
    return *ReadCertificate(Office().Issue(*ParseIdentityPath("gov.example", path), 90, clock_.Now())->certificate);
  }
  // Revokes a certificate and puts the list where the process looks.
  void Revoke(const Certificate& certificate) {
    ASSERT_TRUE(InstallCrl(crls_, *Office().Revoke(certificate.serial, clock_.Now())).ok());
  }

  const testing::TempFolder folder_;
  FakeClock clock_;
  const std::string crls_ = folder_.path() + "/crls";
  RevocationLists lists_{crls_, &clock_};
};

TEST_F(RevocationListsTest, AreLookedAtAgainEveryTwoSeconds) {
  const Certificate tax = Issue("node/city/unit/tax"), school = Issue("node/city/unit/school");
  EXPECT_FALSE(lists_.Contains(tax)) << "nor is there a folder yet";
  Revoke(tax);
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(lists_.Contains(tax));
  EXPECT_FALSE(lists_.Contains(school));
  Revoke(school);
  EXPECT_FALSE(lists_.Contains(school)) << "not yet";
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(lists_.Contains(school)) << "the second list of its issuer";
  EXPECT_TRUE(lists_.Contains(tax));
}

TEST_F(RevocationListsTest, AreOfOneIssuerEach) {
  const Certificate tax = Issue("node/city/unit/tax");
  Certificate other = Issue("node/district/unit/tax");
  Revoke(tax);
  clock_.Advance(absl::Seconds(2));
  other.serial = tax.serial;
  EXPECT_FALSE(lists_.Contains(other)) << "the same number of another authority";
}

TEST_F(RevocationListsTest, WhatIsNoListRevokesNothing) {
  const Certificate tax = Issue("node/city/unit/tax");
  Revoke(tax);
  std::ofstream(crls_ + "/00000000.r0") << "no list";
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(lists_.Contains(tax));
}

}  // namespace
}  // namespace duban
