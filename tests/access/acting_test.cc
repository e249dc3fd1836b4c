// In whose name things are done.

#include "common/access/acting.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/errors.h"

namespace duban {
namespace {

Caller Person(const std::vector<Post>& posts) {
  const Caller carrier = CallerOf(*ParseIdentityPath("gov.example", "node/city/service/console"), "city");
  Caller person = PersonOver(carrier, "people/zhang", "people/zhang/sessions/s1", posts);
  person.display_name = "张三";
  return person;
}

const ActingAs kClerkOfTax = {v1::CLERK, "units/tax"};

TEST(Acting, APersonActsInTheirOwnName) {
  const Caller zhang = Person({{"units/tax", {v1::CLERK}}});
  for (const char* said : {"", "张三"}) {
    const auto who = InWhoseName(zhang, kClerkOfTax, said, "signer");
    ASSERT_TRUE(who.ok()) << who.status();
    EXPECT_EQ(who->name, "张三");
    EXPECT_EQ(who->agent, "");
  }
}

TEST(Acting, InAnothersOnlyWhereThatIsAllowedAndThenBothNamesAreKept) {
  const absl::Status refused =
      InWhoseName(Person({{"units/tax", {v1::CLERK}}}), kClerkOfTax, "李四", "signer").status();
  EXPECT_EQ(ReasonOf(refused), v1::NOT_ALLOWED) << refused;
  EXPECT_EQ(MetadataOf(refused)["field"], "signer");
  const auto who = InWhoseName(Person({{"units/tax", {v1::CLERK, v1::ON_BEHALF}}}), kClerkOfTax, "李四", "signer");
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->name, "李四");
  EXPECT_EQ(who->agent, "张三");
}

TEST(Acting, ItIsHeldForTheUnitAndBesideTheRoleOfTheAct) {
  const std::vector<std::vector<Post>> others = {
      {{"units/tax", {v1::CLERK}}, {"units/water", {v1::CLERK, v1::ON_BEHALF}}},
      {{"units/tax", {v1::REVIEWER, v1::ON_BEHALF}}},
      {{"units/tax", {v1::CLERK}}, {"", {v1::REGISTRAR}}},
  };
  for (const std::vector<Post>& posts : others) {
    EXPECT_EQ(ReasonOf(InWhoseName(Person(posts), kClerkOfTax, "李四", "signer").status()), v1::NOT_ALLOWED);
  }
  EXPECT_TRUE(InWhoseName(Person(others[1]), {v1::REVIEWER, ""}, "李四", "reviewer").ok());
}

TEST(Acting, AUnitsOwnProgramSaysWhoseActItBrings) {
  const Caller unit = CallerOf(*ParseIdentityPath("gov.example", "node/city/unit/tax"), "city");
  for (const Caller& caller : {unit, Anybody()}) {
    const auto who = InWhoseName(caller, kClerkOfTax, "李四", "signer");
    ASSERT_TRUE(who.ok()) << who.status();
    EXPECT_EQ(who->name, "李四");
    EXPECT_EQ(who->agent, "");
    const absl::Status nobody = InWhoseName(caller, kClerkOfTax, "", "signer").status();
    EXPECT_EQ(ReasonOf(nobody), v1::INVALID_FIELD);
    EXPECT_EQ(MetadataOf(nobody)["field"], "signer");
  }
}

}  // namespace
}  // namespace duban
