// How many calls a caller may make.

#include "common/access/call_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/access/identity.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/support/fake_clock.h"

namespace duban {
namespace {

Caller CallerNamed(const std::string& path) {
  return CallerOf(*ParseIdentityPath("office.example", path), "city");
}

class CallBudgetTest : public ::testing::Test {
 protected:
  int Taken(const Caller& caller, int calls) {
    int taken = 0;
    for (int i = 0; i < calls; ++i) taken += budget_.Take(caller).ok() ? 1 : 0;
    return taken;
  }

  FakeClock clock_;
  CallBudget budget_{&clock_, 10};
};

TEST_F(CallBudgetTest, ACallerMayMakeABurstAndThenItsRate) {
  const Caller unit = CallerNamed("node/city/unit/tax");
  EXPECT_EQ(Taken(unit, 100), 10 * kBurstSeconds);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Taken(unit, 100), 10);
  clock_.Advance(absl::Milliseconds(250));
  EXPECT_EQ(Taken(unit, 100), 2);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Taken(unit, 100), 10 * kBurstSeconds) << "what was not used does not add up";
}

TEST_F(CallBudgetTest, WhoIsRefusedHearsWhyAndHasAPlaceWithinTheSecond) {
  const Caller unit = CallerNamed("node/city/unit/tax");
  Taken(unit, 100);
  const absl::Status refused = budget_.Take(unit);
  EXPECT_EQ(ReasonOf(refused), v1::OVERLOADED) << refused;
  EXPECT_EQ(MetadataOf(refused)["caller"], "node/city/unit/tax");
  EXPECT_TRUE(refused.GetPayload(kRetryInfoUrl).has_value());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(budget_.Take(unit).ok());
  EXPECT_EQ(budget_.refused(), 100 - 10 * kBurstSeconds + 1);
}

TEST(SignInBudgetTest, AttemptsAreCountedByAddressWhoeverMakesThem) {
  FakeClock clock;
  SignInBudget budget(&clock, 3);
  const auto taken = [&](const std::string& path, const std::string& address) {
    return budget.Take(CallerNamed(path), address).ok();
  };
  EXPECT_TRUE(taken("node/city/unit/tax", "10.0.0.1"));
  EXPECT_TRUE(taken("node/city/unit/school", "10.0.0.1"));
  EXPECT_TRUE(taken("node/city/person/zhang", "10.0.0.1"));
  EXPECT_FALSE(taken("node/city/unit/water", "10.0.0.1"));
  EXPECT_TRUE(taken("node/city/unit/water", "10.0.0.2")) << "another address";
  EXPECT_TRUE(taken("node/city/service/console", "10.0.0.1")) << "services carry many people's";
  const absl::Status refused = budget.Take(CallerNamed("node/city/unit/tax"), "10.0.0.1");
  EXPECT_EQ(ReasonOf(refused), v1::OVERLOADED);
  EXPECT_EQ(MetadataOf(refused)["address"], "10.0.0.1");
  clock.Advance(absl::Seconds(20));
  EXPECT_TRUE(taken("node/city/unit/tax", "10.0.0.1")) << "three a minute";
  EXPECT_FALSE(taken("node/city/unit/tax", "10.0.0.1"));
  clock.Advance(absl::Hours(1));
  budget.Tend();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(taken("node/city/unit/tax", "10.0.0.1"));
  EXPECT_FALSE(taken("node/city/unit/tax", "10.0.0.1")) << "what was not used does not add up";
}

TEST(SignInBudgetTest, OfIpv6ANetworkCountsAsOneAddress) {
  EXPECT_EQ(AddressCounted("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressCounted("2001:DB8:1:2::"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressCounted("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(AddressCounted("::ffff:10.1.2.3"), "10.1.2.3");
  for (const char* const kept : {"10.1.2.3", "", "unix:/run/duban", "2001:db8::1::2"}) {
    EXPECT_EQ(AddressCounted(kept), kept);
  }
  FakeClock clock;
  SignInBudget budget(&clock, 3);
  const auto taken = [&](const std::string& address) {
    return budget.Take(CallerNamed("node/city/unit/tax"), address).ok();
  };
  for (int host = 1; host <= 3; ++host) EXPECT_TRUE(taken(StrCat("2001:db8:1:2::", host)));
  EXPECT_FALSE(taken("2001:db8:1:2:ffff:ffff:ffff:ffff")) << "another address of the same network";
  EXPECT_TRUE(taken("2001:db8:1:3::1")) << "another network";
  const absl::Status refused = budget.Take(CallerNamed("node/city/unit/tax"), "2001:db8:1:2::9");
  EXPECT_EQ(MetadataOf(refused)["address"], "2001:db8:1:2::/64");
}

TEST_F(CallBudgetTest, OneCallerTakesNothingFromAnother) {
  EXPECT_EQ(Taken(CallerNamed("node/city/unit/tax"), 100), 10 * kBurstSeconds);
  EXPECT_EQ(Taken(CallerNamed("node/city/unit/water"), 5), 5);
  EXPECT_EQ(Taken(CallerNamed("node/city/job/mail"), 5), 5);
}

TEST_F(CallBudgetTest, APersonIsCountedByTheirNameWhoeverCarriesThem) {
  const auto over = [](const char* path, const char* person) {
    return PersonOver(CallerNamed(path), person, StrCat(person, "/sessions/s"), {});
  };
  EXPECT_EQ(Taken(over("node/city/service/console", "people/zhang"), 100), 10 * kBurstSeconds);
  EXPECT_EQ(Taken(over("node/city/unit/tax", "people/zhang"), 100), 0);
  EXPECT_EQ(Taken(over("node/city/service/console", "people/li"), 5), 5);
}

TEST_F(CallBudgetTest, WhatIsDearCountsForMany) {
  CallBudget budget(&clock_, 200);
  const Caller unit = CallerNamed("node/city/unit/tax");
  int signed_in = 0;
  for (int i = 0; i < 100; ++i) signed_in += budget.Take(unit, kSignInCalls).ok() ? 1 : 0;
  EXPECT_EQ(signed_in, 15);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(budget.Take(unit, kSignInCalls).ok());
  // Where it costs more than anybody may do at once, it can still be done after a pause.
  EXPECT_TRUE(budget_.Take(unit, kSignInCalls).ok());
  EXPECT_FALSE(budget_.Take(unit, kSignInCalls).ok());
  clock_.Advance(absl::Seconds(kBurstSeconds));
  EXPECT_TRUE(budget_.Take(unit, kSignInCalls).ok());
}

TEST_F(CallBudgetTest, NeighboursServicesAndWhoeverIsNotKnownHaveNoBudget) {
  for (const char* path : {"node/district", "node/district/service/plan", "node/city", "node/city/service/plan"}) {
    EXPECT_EQ(Taken(CallerNamed(path), 1000), 1000) << path;
  }
  EXPECT_EQ(Taken(Anybody(), 1000), 1000);
  // A client of another node is refused whatever it asks, and may not ask without end.
  EXPECT_EQ(Taken(CallerNamed("node/district/unit/tax"), 1000), 10 * kBurstSeconds);
}

TEST_F(CallBudgetTest, WhoHasAllItsCallsLeftIsForgotten) {
  Taken(CallerNamed("node/city/unit/tax"), 30);
  Taken(CallerNamed("node/city/unit/water"), 5);
  EXPECT_EQ(budget_.callers(), 2);
  clock_.Advance(absl::Milliseconds(600));
  budget_.Tend();
  EXPECT_EQ(budget_.callers(), 1);
  clock_.Advance(absl::Hours(1));
  budget_.Tend();
  EXPECT_EQ(budget_.callers(), 0);
}

}  // namespace
}  // namespace duban
