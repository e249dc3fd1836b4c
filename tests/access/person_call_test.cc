#include "common/rpc/person_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

class PersonCall : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeTokenKey(TokenFolderOf(folder_.path()), clock_.Now()).ok());
    Token token{"city",
                "people/zhang",
                "people/zhang/sessions/s1",
                clock_.Now(),
                clock_.Now() + kTokenLifetime,
                {{"units/tax", {v1::CLERK}}},
                "张三"};
    token_ = keys_.Sign(token).value();
    header_ = "Bearer " + token_;
  }
  static Caller CarrierAt(const std::string& path) { return CallerOf(*ParseIdentityPath("gov.example", path), "city"); }
  // Expects a refusal; what it says.
  std::string Refused(const Metadata& metadata, const std::string& carrier = "node/city/service/console") {
    const absl::Status refused = CallerOfCall(CarrierAt(carrier), metadata, &keys_).status();
    EXPECT_EQ(ReasonOf(refused), v1::NOT_AUTHENTICATED) << refused;
    EXPECT_EQ(MetadataOf(refused)["cause"], "TOKEN");
    EXPECT_THAT(std::string(refused.message()), Not(HasSubstr(token_.substr(token_.size() - 20))));
    return std::string(refused.message());
  }

  const testing::TempFolder folder_;
  FakeClock clock_;
  TokenKeys keys_{folder_.path(), "city", &clock_};
  std::string token_, header_;
};

TEST_F(PersonCall, ATokenSaysWhoCalls) {
  const absl::StatusOr<Caller> caller =
      CallerOfCall(CarrierAt("node/city/unit/tax"), {{"authorization", header_}, {"user-agent", "x"}}, &keys_);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, CallerKind::kPerson);
  EXPECT_EQ(caller->label(), "people/zhang");
  EXPECT_EQ(caller->display_name, "张三");
  EXPECT_EQ(caller->session, "people/zhang/sessions/s1");
  EXPECT_EQ(caller->roles(), RoleSet({v1::PERSON, v1::CLERK}));
}

TEST_F(PersonCall, WithoutOneItIsTheCarrier) {
  const absl::StatusOr<Caller> caller = CallerOfCall(CarrierAt("node/city/unit/tax"), {}, &keys_);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->kind, CallerKind::kUnitClient);
}

TEST_F(PersonCall, NothingElseOfTheMetadataIsBelieved) {
  const Metadata metadata = {{"duban-role", "7"}, {"duban-person", "people/an"}, {"x-forwarded-user", "an"}};
  const absl::StatusOr<Caller> caller = CallerOfCall(CarrierAt("node/city/unit/tax"), metadata, &keys_);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->posts, CarrierAt("node/city/unit/tax").posts);
}

TEST_F(PersonCall, WhatIsNoTokenIsRefusedAndNeverTakenForTheCarrier) {
  Refused({{"authorization", "Bearer "}});
  Refused({{"authorization", "bearer " + token_}});
  Refused({{"authorization", "Basic emhhbmc6MQ=="}});
  Refused({{"authorization", token_}});
  Refused({{"authorization", ""}});
  Refused({{"authorization", header_ + " "}});
  Refused({{"authorization", header_}, {"authorization", header_}});
  clock_.Advance(kTokenLifetime);
  Refused({{"authorization", header_}});
}

TEST_F(PersonCall, APeerNodeAndAJobCarryNobody) {
  for (const char* carrier :
       {"node/district", "node/district/service/plan", "node/district/unit/tax", "node/city/job/j"}) {
    EXPECT_THAT(Refused({{"authorization", header_}}, carrier), HasSubstr("carries no people"));
  }
}

TEST_F(PersonCall, OneThatBelongsToACertificateCountsOverThatAlone) {
  Token token{"city",
              "people/zhang",
              "people/zhang/sessions/s1",
              clock_.Now(),
              clock_.Now() + kTokenLifetime,
              {{"units/tax", {v1::CLERK}}},
              "张三",
              "node/city/person/zhang",
              7};
  const std::string header = "Bearer " + keys_.Sign(token).value();
  const absl::StatusOr<Caller> caller =
      CallerOfCall(CarrierAt("node/city/person/zhang"), {{"authorization", header}}, &keys_);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->rights, 7u);
  EXPECT_EQ(caller->roles(), RoleSet({v1::PERSON, v1::CLERK}));
  for (const char* other : {"node/city/person/li", "node/city/service/console", "node/city", "node/city/unit/tax",
                            "node/district/person/zhang"}) {
    EXPECT_EQ(ReasonOf(CallerOfCall(CarrierAt(other), {{"authorization", header}}, &keys_).status()),
              v1::NOT_AUTHENTICATED)
        << other;
  }
}

// A service that carries a person, and a node that would have it carry them: both have to pass.
TEST_F(PersonCall, AServiceThatCarriesAPersonGetsTheirRolesAndNotItsOwn) {
  const absl::StatusOr<Caller> caller =
      CallerOfCall(CarrierAt("node/city/service/assignment"), {{"authorization", header_}}, &keys_);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->roles(), RoleSet({v1::PERSON, v1::CLERK})) << "not SERVICE: what it may follow is no person's";
  EXPECT_EQ(caller->label(), "people/zhang");
  EXPECT_EQ(caller->carrier(), "node/city/service/assignment");
}

TEST_F(PersonCall, APortWithoutTlsTakesNone) {
  EXPECT_EQ(ReasonOf(CallerOfCall(Anybody(), {{"authorization", header_}}, nullptr).status()), v1::NOT_AUTHENTICATED);
  EXPECT_EQ(CallerOfCall(Anybody(), {}, nullptr)->kind, CallerKind::kAnybody);
}

}  // namespace
}  // namespace duban
