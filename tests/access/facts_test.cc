// What decisions know of units, plans and orders, asked of real stores.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/contract/names.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/assignment_facts.h"
#include "services/assignment/desk.h"
#include "services/assignment/plan_to_orders.h"
#include "services/plan/plan_facts.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestStore;

void Put(TestStore& store, const std::string& name, const google::protobuf::Message& value) {
  ASSERT_TRUE(store->Run({"test", ""}, [&](Transaction& tx) { return tx.Put(name, value, {}).status(); }).ok());
}

TEST(Facts, SuperiorsHoldFromTheirFirstDayToTheOneBeforeTheirLast) {
  TestStore store("plan");
  v1::Unit unit;
  unit.set_name("units/street");
  auto* east = unit.add_superiors();
  east->set_unit("units/east");
  east->set_valid_to("2024-07-01");
  auto* west = unit.add_superiors();
  west->set_unit("units/west");
  west->set_valid_from("2024-07-01");
  west->set_valid_to("2025-01-01");
  unit.add_superiors()->set_unit("units/line");
  Put(store, unit.name(), unit);
  const PlanFacts facts(store.get());
  const auto on = [&](int year, int month, int day) {
    return facts.SuperiorsOf("units/street", absl::CivilDay(year, month, day)).value();
  };
  EXPECT_THAT(on(2024, 6, 30), ElementsAre("units/east", "units/line"));
  EXPECT_THAT(on(2024, 7, 1), ElementsAre("units/west", "units/line"));
  EXPECT_THAT(on(2024, 12, 31), ElementsAre("units/west", "units/line"));
  EXPECT_THAT(on(2025, 1, 1), ElementsAre("units/line"));
  EXPECT_THAT(facts.SuperiorsOf("units/nobody", absl::CivilDay(2024, 1, 1)).value(), IsEmpty());
}

TEST(Facts, APlanIsOfItsIssuerAndADraftOfWhoDrewItUp) {
  TestStore store("plan");
  v1::Plan plan;
  plan.set_name("plans/p");
  plan.set_title("2024年工作要点");
  for (int i = 0; i < 300; ++i) plan.add_tasks()->set_text(std::string(1000, 'x'));
  Put(store, "plans/draft", plan);
  plan.set_issuer("units/gov");
  plan.set_owner_node("city");
  Put(store, "plans/p", plan);
  Put(store, "plans/gone", plan);
  ASSERT_TRUE(store->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("plans/gone"); }).ok());
  plan.clear_issuer();
  plan.set_drafter("units/tax");
  Put(store, "plans/own", plan);
  const PlanFacts facts(store.get());
  for (const char* name : {"plans/p", "plans/p/tasks/t1"}) {
    EXPECT_EQ(facts.OriginOf(name).value()->unit, "units/gov");
    EXPECT_TRUE(facts.OriginOf(name).value()->issued);
  }
  EXPECT_EQ(facts.OriginOf("plans/own").value()->unit, "units/tax");
  EXPECT_FALSE(facts.OriginOf("plans/own").value()->issued);
  EXPECT_EQ(facts.OriginOf("plans/draft").value()->unit, "");
  EXPECT_FALSE(facts.OriginOf("plans/draft").value()->issued);
  EXPECT_FALSE(facts.OriginOf("plans/gone").value().has_value());
  EXPECT_FALSE(facts.OriginOf("plans/none").value().has_value());
}

TEST(Facts, AnAssignmentIsOfTheIssuerOfItsOrder) {
  TestStore store("assignment");
  const AssignmentRecords records("city");
  v1::Order order;
  order.set_name("plans/p/tasks/t1/order");
  order.set_task("plans/p/tasks/t1");
  order.set_issuer("units/gov");
  const v1::AddresseeList list = ListOf("plans/p", kIssuedList, {}, "city");
  order.set_addressee_list(list.name());
  ASSERT_TRUE(store
                  ->Run({"test", ""},
                        [&](Transaction& tx) -> absl::Status {
                          DUBAN_RETURN_IF_ERROR(tx.Put(list.name(), list, {}).status());
                          DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, tx.Put(order.name(), order, {}));
                          Desk desk(tx, records);
                          DUBAN_RETURN_IF_ERROR(desk.PutOrder(order, sequence));
                          return desk.Flush();
                        })
                  .ok());
  v1::Order nobodys = order;
  nobodys.clear_issuer();
  Put(store, "plans/odd/tasks/t1/order", nobodys);
  const AssignmentFacts facts(store.get(), &records);
  for (const char* name : {"plans/p/tasks/t1/assignments/tax", "plans/p"}) {
    EXPECT_EQ(facts.OriginOf(name).value()->unit, "units/gov");
    EXPECT_TRUE(facts.OriginOf(name).value()->issued);
  }
  EXPECT_FALSE(facts.OriginOf("plans/p/tasks/t2/assignments/tax").value().has_value());
  EXPECT_FALSE(facts.OriginOf("plans/none").value().has_value());
  // There are no drafts here: an order without an issuer is no reason to let anybody in.
  EXPECT_FALSE(facts.OriginOf("plans/odd/tasks/t1/assignments/tax").value().has_value());
}

}  // namespace
}  // namespace duban
