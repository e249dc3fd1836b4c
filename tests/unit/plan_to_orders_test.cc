// The arrow from plan to orders: groups, dates, roles, who shares a list, and what becomes of a revision.

#include "services/assignment/plan_to_orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/rpc/validate.h"
#include "services/assignment/readdress.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using Role = v1::Responsibility;

constexpr absl::CivilDay kDay(2024, 3, 4);

void Put(Directory& directory, const v1::Unit& unit) {
  directory.units[unit.name()] = unit;
}

v1::UnitGroup MakeGroup(const std::string& id) {
  v1::UnitGroup group;
  group.set_name(StrCat("groups/", id));
  group.set_display_name(StrCat("各", id));
  return group;
}

void AddMember(v1::UnitGroup& group, const std::string& unit, const std::string& from = "",
               const std::string& to = "") {
  auto* member = group.add_members();
  member->set_unit(unit);
  member->set_valid_from(from);
  member->set_valid_to(to);
}

// An office, two departments and three streets below it.
Directory MakeDirectory() {
  Directory directory;
  Put(directory, MakeUnit("office", v1::Unit::GOVERNMENT));
  Put(directory, MakeUnit("finance", v1::Unit::DEPARTMENT, "office"));
  Put(directory, MakeUnit("health", v1::Unit::DEPARTMENT, "office"));
  for (const char* street : {"s1", "s2", "s3"}) Put(directory, MakeUnit(street, v1::Unit::STREET, "office"));
  v1::UnitGroup streets = MakeGroup("streets");
  auto* selection = streets.add_selections();
  selection->set_superior("units/office");
  selection->add_kinds(v1::Unit::STREET);
  directory.groups[streets.name()] = streets;
  return directory;
}

// A group of `size` sections that nothing else has.
void AddMany(Directory& directory, int size) {
  v1::UnitGroup group = MakeGroup("many");
  group.add_selections()->set_superior("units/many");
  group.mutable_selections(0)->add_kinds(v1::Unit::SECTION);
  directory.groups[group.name()] = group;
  for (int i = 0; i < size; ++i) Put(directory, MakeUnit(StrCat("x", i), v1::Unit::SECTION, "many"));
}

v1::Plan MakeTestPlan() {
  return MakePlan("p", "city", FormatDay(kDay));
}

// `task unit ROLE words` of each assignment; of cancelled ones with a minus.
std::vector<std::string> Lines(const std::vector<AddressedOrder>& orders) {
  std::vector<std::string> lines;
  for (const AddressedOrder& addressed : orders) {
    for (const v1::Addressee& addressee : *addressed.addressees) {
      lines.push_back(StrCat(addressee.has_cancel_time() ? "-" : "", LastSegment(addressed.order.task()), " ",
                             LastSegment(addressee.unit()), " ", Role::Role_Name(addressee.role()), " ",
                             addressee.addressed_as()));
    }
  }
  return lines;
}

// The names of the assignments. Each is there once, and they are by unit.
std::set<std::string> Names(const std::vector<AddressedOrder>& orders) {
  std::set<std::string> names;
  for (const AddressedOrder& addressed : orders) {
    std::string last;
    for (const v1::Addressee& addressee : *addressed.addressees) {
      EXPECT_LT(last, addressee.unit());
      last = addressee.unit();
      names.insert(AssignmentName(addressed.order.task(), addressee.unit()));
    }
  }
  return names;
}

std::vector<std::string> Lines(const Expansion& expansion) {
  return Lines(expansion.orders);
}

size_t CountAssignments(const Expansion& expansion) {
  return Lines(expansion).size();
}

std::vector<std::string> Omitted(const Expansion& expansion) {
  std::vector<std::string> lines;
  for (const Omission& omission : expansion.omissions) {
    lines.push_back(StrCat(LastSegment(omission.task), " ", OmissionName(omission.reason), " ", omission.subject));
  }
  return lines;
}

Expansion Expand(const v1::Plan& plan, const Directory& directory = MakeDirectory()) {
  return PlanToOrders(plan, directory, ExpansionDay(plan), "city");
}

// What stands once the changes are written.
std::vector<AddressedOrder> Written(std::vector<AddressedOrder> current, const std::vector<AddressedOrder>& changes) {
  for (const AddressedOrder& change : changes) {
    const auto same = std::find_if(current.begin(), current.end(), [&](const AddressedOrder& order) {
      return order.order.name() == change.order.name();
    });
    if (same == current.end()) {
      current.push_back(change);
    } else {
      const int64_t version = same->order.version();
      *same = change;
      same->order.set_version(version + 1);
    }
  }
  return current;
}

// The revision of a plan that is published on a later day.
void Revise(v1::Plan& plan, absl::CivilDay day) {
  plan.set_revision(plan.revision() + 1);
  *plan.mutable_publish_time() = ToProto(TimeAt(day, 600));
}

const v1::Addressee& OnlyAddressee(const AddressedOrder& order) {
  EXPECT_EQ(order.addressees->size(), 1u);
  return order.addressees->front();
}

TEST(PlanToOrdersTest, AnOrderCarriesWhatUnitsHaveToKnow) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan, "2024-09-30");
  task->set_table("附件2");
  task->add_aligned_tasks("plans/up/tasks/body-7");
  Address(task, "units/finance", Role::LEAD);
  Directory directory = MakeDirectory();
  directory.units["units/finance"].set_node("district");
  const Expansion expansion = Expand(plan, directory);
  ASSERT_EQ(expansion.orders.size(), 1u);
  const v1::Order& order = expansion.orders[0].order;
  EXPECT_EQ(order.name(), "plans/p/tasks/body-1/order");
  EXPECT_EQ(order.task(), "plans/p/tasks/body-1");
  EXPECT_EQ(order.plan_title(), "计划p");
  EXPECT_EQ(order.plan_revision(), 1);
  EXPECT_EQ(order.table(), "附件2");
  EXPECT_EQ(order.number(), 1);
  EXPECT_THAT(order.headings(), ElementsAre("一、总则"));
  EXPECT_EQ(order.text(), "任务1");
  EXPECT_EQ(order.deadline().due(), "2024-09-30");
  EXPECT_EQ(order.year(), 2024);
  EXPECT_EQ(order.issuer(), "units/office");
  EXPECT_EQ(order.issuer_display_name(), "单位office");
  EXPECT_EQ(order.issuer_node(), "city");
  EXPECT_THAT(order.aligned_tasks(), ElementsAre("plans/up/tasks/body-7"));
  EXPECT_EQ(FromProto(order.issue_time()), TimeAt(kDay, 540));
  EXPECT_FALSE(order.has_deadline_change_time());
  EXPECT_EQ(order.version(), 1);
  const v1::Addressee& addressee = OnlyAddressee(expansion.orders[0]);
  EXPECT_EQ(addressee.unit(), "units/finance");
  EXPECT_EQ(addressee.unit_display_name(), "单位finance");
  EXPECT_EQ(addressee.unit_node(), "district");
  EXPECT_EQ(addressee.role(), Role::LEAD);
  EXPECT_EQ(addressee.addressed_as(), "「units/finance」");
  EXPECT_FALSE(addressee.has_issue_time()) << "it is that of the order";
  EXPECT_EQ(addressee.moves(), 0);
}

TEST(PlanToOrdersTest, TheYearIsThePlansOrThatOfThePublishingDay) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  plan.set_year(2025);
  EXPECT_EQ(Expand(plan).orders[0].order.year(), 2025);
  plan.clear_year();
  EXPECT_EQ(Expand(plan).orders[0].order.year(), 2024);
}

TEST(PlanToOrdersTest, AnIssuerThatTheDirectoryDoesNotHaveIsCalledAsPrinted) {
  v1::Plan plan = MakeTestPlan();
  plan.set_issuer("units/elsewhere");
  plan.set_issuing_unit("某市人民政府");
  Address(AddTask(plan), "units/s1");
  EXPECT_EQ(Expand(plan).orders[0].order.issuer_display_name(), "某市人民政府");
}

TEST(PlanToOrdersTest, AUnitWorksAtItsNodeOrAtTheOwnerOfItsEntry) {
  v1::Unit unit = MakeUnit("a");
  EXPECT_EQ(NodeOf(unit, "city"), "city");
  unit.set_owner_node("province");
  EXPECT_EQ(NodeOf(unit, "city"), "province");
  unit.set_node("district");
  EXPECT_EQ(NodeOf(unit, "city"), "district");
}

TEST(PlanToOrdersTest, AGroupIsExpandedByKindAndBySuperiorAsOfTheDay) {
  Directory directory = MakeDirectory();
  directory.units["units/s2"].mutable_superiors(0)->set_valid_to("2024-03-04");    // Left on the day itself.
  directory.units["units/s3"].mutable_superiors(0)->set_valid_from("2024-03-05");  // Comes a day later.
  Put(directory, MakeUnit("s4", v1::Unit::STREET, "office"));
  directory.units["units/s4"].set_valid_to("2024-03-04");  // No longer exists on the day.
  Put(directory, MakeUnit("s5", v1::Unit::STREET, "other"));
  Put(directory, MakeUnit("s6", v1::Unit::STREET, "other"));
  directory.units["units/s6"].add_superiors()->set_unit("units/office");  // Two superiors.
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  EXPECT_THAT(Lines(Expand(plan, directory)),
              ElementsAre("body-1 s1 RESPONSIBLE 「groups/streets」", "body-1 s6 RESPONSIBLE 「groups/streets」"));
}

TEST(PlanToOrdersTest, AListedMemberCountsFromItsFirstDayToBeforeItsLast) {
  struct Row {
    std::string from, to;
    bool member;
  };
  for (const Row& row : std::vector<Row>{{"", "", true},
                                         {"2024-03-04", "", true},
                                         {"2024-03-05", "", false},
                                         {"", "2024-03-04", false},
                                         {"", "2024-03-05", true},
                                         {"2023-01-01", "2025-01-01", true}}) {
    Directory directory = MakeDirectory();
    v1::UnitGroup group = MakeGroup("listed");
    AddMember(group, "units/health", row.from, row.to);
    AddMember(group, "units/s1");
    directory.groups[group.name()] = group;
    v1::Plan plan = MakeTestPlan();
    Address(AddTask(plan), "groups/listed");
    EXPECT_EQ(CountAssignments(Expand(plan, directory)), row.member ? 2u : 1u) << row.from << ".." << row.to;
  }
}

TEST(PlanToOrdersTest, AUnitGetsOneAssignmentATaskWithItsStrongestRole) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "groups/streets", Role::RESPONSIBLE);
  Address(task, "units/s2", Role::LEAD);
  Address(task, "units/s3", Role::COOPERATE);
  // Named itself, `s3` keeps its own words although the group gives it the stronger role.
  EXPECT_THAT(Lines(Expand(plan)), ElementsAre("body-1 s1 RESPONSIBLE 「groups/streets」",
                                               "body-1 s2 LEAD 「units/s2」", "body-1 s3 RESPONSIBLE 「units/s3」"));
}

TEST(PlanToOrdersTest, AnOpenEntryAssignsNobody) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "units/s1");
  Address(task, "units/s2")->set_open(true);
  const Expansion expansion = Expand(plan);
  EXPECT_THAT(Lines(expansion), ElementsAre("body-1 s1 RESPONSIBLE 「units/s1」"));
  EXPECT_THAT(Omitted(expansion), IsEmpty());
}

TEST(PlanToOrdersTest, WhatReachesNobodyIsReported) {
  Directory directory = MakeDirectory();
  directory.units["units/s1"].set_valid_to("2024-03-04");
  directory.units["units/s2"].set_valid_from("2024-03-05");
  directory.groups["groups/empty"] = MakeGroup("empty");
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "units/s1");
  Address(task, "units/s2");
  Address(task, "units/unheard-of");
  Address(task, "groups/empty");
  const Expansion expansion = Expand(plan, directory);
  EXPECT_THAT(Lines(expansion), IsEmpty());
  EXPECT_THAT(Omitted(expansion),
              ElementsAre("body-1 ended units/s1", "body-1 not_yet units/s2", "body-1 unknown_name units/unheard-of",
                          "body-1 empty_group groups/empty", "body-1 nobody body-1"));
}

// Names are resolved at publishing; the arrow guesses none.
TEST(PlanToOrdersTest, ANameThatIsNotResolvedReachesNobody) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "units/s1");
  Address(task, "单位s2")->clear_resolved();
  const Expansion expansion = Expand(plan);
  EXPECT_THAT(Lines(expansion), ElementsAre("body-1 s1 RESPONSIBLE 「units/s1」"));
  EXPECT_THAT(Omitted(expansion), ElementsAre("body-1 unknown_name 单位s2"));
}

// They are applied at publishing: here they are text.
TEST(PlanToOrdersTest, RulesOfThePlanAddNobodyASecondTime) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/finance", Role::LEAD);
  v1::PlanRule* rule = plan.add_plan_rules();
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  rule->set_unit("各streets");
  EXPECT_THAT(Lines(Expand(plan)), ElementsAre("body-1 finance LEAD 「units/finance」"));
}

TEST(PlanToOrdersTest, TasksThatPrintTheSameListShareItsAddressees) {
  v1::Plan plan = MakeTestPlan();
  for (int i = 0; i < 3; ++i) {
    v1::Task* task = AddTask(plan);
    Address(task, "groups/streets");
    Address(task, "units/finance", i == 1 ? Role::LEAD : Role::COOPERATE);
  }
  // An open entry addresses nobody, so it makes no other list.
  Address(plan.mutable_tasks(2), "units/health")->set_open(true);
  const Expansion expansion = Expand(plan);
  ASSERT_EQ(expansion.orders.size(), 3u);
  EXPECT_EQ(expansion.orders[0].addressees, expansion.orders[2].addressees);
  EXPECT_NE(expansion.orders[0].addressees, expansion.orders[1].addressees);
}

TEST(PlanToOrdersTest, AnOmissionIsReportedForEachTaskThatPrintsTheSameList) {
  Directory directory = MakeDirectory();
  directory.units["units/s1"].set_valid_to("2024-03-04");
  v1::Plan plan = MakeTestPlan();
  for (int i = 0; i < 2; ++i) {
    v1::Task* task = AddTask(plan);
    Address(task, "units/s1");
    Address(task, "units/s2");
  }
  EXPECT_THAT(Omitted(Expand(plan, directory)), ElementsAre("body-1 ended units/s1", "body-2 ended units/s1"));
}

TEST(PlanToOrdersTest, TheSamePlanGivesTheSameOrdersWhateverTheOrderOfItsEntries) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  for (const char* unit : {"units/s3", "units/finance", "units/s1", "units/health"}) Address(task, unit);
  const std::vector<std::string> lines = Lines(Expand(plan));
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    auto& entries = *task->mutable_responsibilities();
    std::shuffle(entries.pointer_begin(), entries.pointer_end(), random);
    EXPECT_EQ(Lines(Expand(plan)), lines);
  }
}

TEST(PlanToOrdersTest, DraftsAndWithdrawnPlansGiveNone) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/finance");
  for (v1::Plan::State state : {v1::Plan::STATE_UNSPECIFIED, v1::Plan::DRAFT, v1::Plan::WITHDRAWN}) {
    plan.set_state(state);
    EXPECT_THAT(Expand(plan).orders, IsEmpty());
  }
}

// At the limit and one above, with lists shared as they are in real plans: the orders are few, their assignments many.
TEST(PlanToOrdersTest, APlanHasAtMostAMillionAssignments) {
  constexpr int kUnits = 1000;
  Directory directory = MakeDirectory();
  AddMany(directory, kUnits);
  v1::Plan plan = MakeTestPlan();
  for (size_t i = 0; i < kMaxAssignments / kUnits; ++i) Address(AddTask(plan), "groups/many");
  const auto count = [](const Expansion& expansion) {
    size_t all = 0;
    for (const AddressedOrder& order : expansion.orders) all += order.addressees->size();
    return all;
  };
  Expansion expansion = Expand(plan, directory);
  EXPECT_EQ(count(expansion), kMaxAssignments);
  EXPECT_THAT(Omitted(expansion), IsEmpty());
  // One more: the last task does not fit any more, as a whole.
  const int tasks = plan.tasks_size();
  Address(plan.mutable_tasks(0), "units/s1");
  expansion = Expand(plan, directory);
  EXPECT_EQ(count(expansion), kMaxAssignments - kUnits + 1);
  const std::string last = StrCat("body-", tasks);
  EXPECT_THAT(Omitted(expansion), ElementsAre(StrCat(last, " too_many ", last)));
  // What comes behind and is small enough is left out all the same: how far a plan goes is plain to see.
  Address(AddTask(plan), "units/s2");
  expansion = Expand(plan, directory);
  EXPECT_EQ(count(expansion), kMaxAssignments - kUnits + 1);
  EXPECT_EQ(expansion.omissions.size(), 2u);
}

TEST(PlanToOrdersTest, AnOrderHasAtMostTenThousandAddressees) {
  Directory directory = MakeDirectory();
  AddMany(directory, static_cast<int>(kMaxAddressees));
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/many");
  Expansion expansion = Expand(plan, directory);
  ASSERT_EQ(expansion.orders.size(), 1u);
  EXPECT_EQ(expansion.orders[0].addressees->size(), kMaxAddressees);
  EXPECT_TRUE(ValidateRequest(ListOf("plans/p", kIssuedList, *expansion.orders[0].addressees, "city")).ok());
  Address(plan.mutable_tasks(0), "units/s1");
  Address(AddTask(plan), "units/s2");
  expansion = Expand(plan, directory);
  // That one as a whole, and nothing else.
  EXPECT_THAT(Lines(expansion), ElementsAre("body-2 s2 RESPONSIBLE 「units/s2」"));
  EXPECT_THAT(Omitted(expansion), ElementsAre("body-1 too_many body-1"));
}

TEST(PlanToOrdersTest, ThePublishingDayIsTheDateOrTheTimeInShanghai) {
  v1::Plan plan = MakeTestPlan();
  EXPECT_EQ(ExpansionDay(plan), kDay);
  plan.clear_publish_date();
  *plan.mutable_publish_time() = ToProto(absl::FromCivil(absl::CivilSecond(2024, 3, 4, 16, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(ExpansionDay(plan), absl::CivilDay(2024, 3, 5));
}

TEST(PlanToOrdersTest, AListIsNamedByWhatItHolds) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  Address(AddTask(plan), "units/s2");
  const Expansion expansion = Expand(plan);
  const auto name = [](std::string_view of, std::string_view prefix, const AddressedOrder& order,
                       std::string_view node) { return ListOf(of, prefix, *order.addressees, node).name(); };
  std::set<std::string> names;
  for (const AddressedOrder& order : expansion.orders) {
    names.insert(name("plans/p", kIssuedList, order, "city"));
    names.insert(name("plans/q", kIssuedList, order, "city"));
    names.insert(name("plans/p", "k-", order, "city"));
    names.insert(name("plans/p", kIssuedList, order, "district"));
    EXPECT_EQ(name("plans/p", kIssuedList, order, "city"), name("plans/p", kIssuedList, order, "city"));
  }
  EXPECT_EQ(names.size(), 8u);
  const v1::AddresseeList list = ListOf("plans/p", kIssuedList, *expansion.orders[0].addressees, "city");
  EXPECT_TRUE(list.name().starts_with("plans/p/addressees/l-")) << list.name();
  EXPECT_EQ(list.addressees_size(), 1);
  EXPECT_EQ(list.issuer_node(), "city");
}

TEST(PlanToOrdersTest, AMoveRemembersWhereItMayStillComeUpFrom) {
  v1::Addressee addressee;
  addressee.set_unit_node("district");
  MoveAddressee("bureau", "city", addressee);
  EXPECT_EQ(addressee.unit_node(), "bureau");
  EXPECT_EQ(addressee.moves(), 1);
  EXPECT_THAT(addressee.former_nodes(), ElementsAre("district"));
  // The issuer's own node hands up nothing; who comes back is no former node any more.
  MoveAddressee("city", "city", addressee);
  EXPECT_THAT(addressee.former_nodes(), ElementsAre("district", "bureau"));
  MoveAddressee("district", "city", addressee);
  EXPECT_THAT(addressee.former_nodes(), ElementsAre("bureau"));
  MoveAddressee("bureau", "city", addressee);
  EXPECT_THAT(addressee.former_nodes(), ElementsAre("district"));
  EXPECT_EQ(addressee.moves(), 4);
}

TEST(ReconcileOrdersTest, TheSamePlanAgainChangesNothing) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  const Expansion expansion = Expand(plan);
  EXPECT_EQ(ReconcileOrders({}, expansion, plan, "city").size(), 1u);
  EXPECT_THAT(ReconcileOrders(expansion.orders, expansion, plan, "city"), IsEmpty());
  // A revision that leaves a task as it is leaves the order, with the revision it came from.
  Revise(plan, kDay + 30);
  EXPECT_THAT(ReconcileOrders(expansion.orders, Expand(plan), plan, "city"), IsEmpty());
}

TEST(ReconcileOrdersTest, AWithdrawnPlanCancelsAllOnce) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  std::vector<AddressedOrder> current = Expand(plan).orders;
  plan.set_state(v1::Plan::WITHDRAWN);
  plan.set_withdraw_reason("机构改革");
  *plan.mutable_withdraw_time() = ToProto(TimeAt(kDay + 1, 600));
  current = Written(current, ReconcileOrders(current, Expand(plan), plan, "city"));
  ASSERT_EQ(current.size(), 1u);
  ASSERT_EQ(current[0].addressees->size(), 3u);
  for (const v1::Addressee& addressee : *current[0].addressees) {
    EXPECT_EQ(addressee.cancel_reason(), "机构改革");
    EXPECT_EQ(FromProto(addressee.cancel_time()), TimeAt(kDay + 1, 600));
  }
  EXPECT_THAT(ReconcileOrders(current, Expand(plan), plan, "city"), IsEmpty());
}

TEST(ReconcileOrdersTest, WithoutAReasonOrATimeTheCancellationStillSaysWhyAndWhen) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  const std::vector<AddressedOrder> current = Expand(plan).orders;
  plan.set_state(v1::Plan::WITHDRAWN);
  *plan.mutable_update_time() = ToProto(TimeAt(kDay + 2, 600));
  const std::vector<AddressedOrder> changes = ReconcileOrders(current, {}, plan, "city");
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(OnlyAddressee(changes[0]).cancel_reason(), "计划已撤回");
  EXPECT_EQ(FromProto(OnlyAddressee(changes[0]).cancel_time()), TimeAt(kDay + 2, 600));
}

TEST(ReconcileOrdersTest, ARevisionCancelsWhatItDroppedChangesWhatItChangedAndLeavesTheRest) {
  v1::Plan plan = MakeTestPlan();
  for (const char* unit : {"units/s1", "units/s2", "units/s3", "units/finance"}) Address(AddTask(plan), unit);
  const std::vector<AddressedOrder> current = Expand(plan).orders;
  Revise(plan, kDay + 30);
  plan.mutable_tasks(1)->set_text("改写的任务");
  plan.mutable_tasks(2)->mutable_responsibilities(0)->set_resolved("units/health");
  plan.mutable_tasks()->RemoveLast();
  const std::vector<AddressedOrder> changes = ReconcileOrders(current, Expand(plan), plan, "city");
  EXPECT_THAT(Lines(changes),
              ElementsAre("body-2 s2 RESPONSIBLE 「units/s2」", "body-3 health RESPONSIBLE 「units/s3」",
                          "-body-3 s3 RESPONSIBLE 「units/s3」", "-body-4 finance RESPONSIBLE 「units/finance」"));
  EXPECT_EQ(changes[0].order.text(), "改写的任务");
  EXPECT_EQ(changes[0].order.plan_revision(), 2);
  EXPECT_EQ(FromProto(changes[0].order.issue_time()), TimeAt(kDay, 540));
  EXPECT_FALSE(OnlyAddressee(changes[0]).has_issue_time());
  // Who is addressed for the first time is told now; the order itself is as it was.
  EXPECT_EQ(changes[1].order.plan_revision(), 1);
  EXPECT_EQ(FromProto(changes[1].addressees->at(0).issue_time()), TimeAt(kDay + 30, 600));
  EXPECT_EQ(changes[1].addressees->at(1).cancel_reason(), "第2次发布的计划已不再将此项任务交办该单位");
  EXPECT_EQ(FromProto(changes[1].addressees->at(1).cancel_time()), TimeAt(kDay + 30, 600));
  EXPECT_EQ(changes[2].order.SerializeAsString(), current[3].order.SerializeAsString());
}

TEST(ReconcileOrdersTest, ADeadlineThatARevisionChangesSaysSince) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan, "2024-09-30"), "units/s1");
  std::vector<AddressedOrder> current = Expand(plan).orders;
  Revise(plan, kDay + 10);
  plan.mutable_tasks(0)->mutable_deadline()->set_due("2024-10-31");
  current = Written(current, ReconcileOrders(current, Expand(plan), plan, "city"));
  EXPECT_EQ(FromProto(current[0].order.deadline_change_time()), TimeAt(kDay + 10, 600));
  // A later change of something else keeps it.
  Revise(plan, kDay + 20);
  plan.mutable_tasks(0)->set_text("改写的任务");
  current = Written(current, ReconcileOrders(current, Expand(plan), plan, "city"));
  EXPECT_EQ(FromProto(current[0].order.deadline_change_time()), TimeAt(kDay + 10, 600));
  EXPECT_EQ(current[0].order.plan_revision(), 3);
}

TEST(ReconcileOrdersTest, ATaskThatComesBackBeginsAnewForItsUnits) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  const v1::Plan with_task = plan;
  std::vector<AddressedOrder> current = Expand(plan).orders;
  Revise(plan, kDay + 10);
  plan.clear_tasks();
  current = Written(current, ReconcileOrders(current, Expand(plan), plan, "city"));
  ASSERT_TRUE(OnlyAddressee(current[0]).has_cancel_time());
  Revise(plan, kDay + 20);
  *plan.mutable_tasks() = with_task.tasks();
  current = Written(current, ReconcileOrders(current, Expand(plan), plan, "city"));
  EXPECT_FALSE(OnlyAddressee(current[0]).has_cancel_time());
  EXPECT_EQ(OnlyAddressee(current[0]).cancel_reason(), "");
  EXPECT_EQ(FromProto(OnlyAddressee(current[0]).issue_time()), TimeAt(kDay + 20, 600));
  // And that stays so.
  Revise(plan, kDay + 30);
  EXPECT_THAT(ReconcileOrders(current, Expand(plan), plan, "city"), IsEmpty());
}

TEST(ReconcileOrdersTest, WhoeverStoodAsideIsNotAskedAgainWhereNobodyGaveThatBack) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  AddressedOrder order = Expand(plan).orders[0];
  v1::Addressee to;
  to.set_unit("units/s2");
  to.set_unit_node("district");
  auto readdressed = Readdressed(*order.addressees, "units/s1", to, "改交", ToProto(TimeAt(kDay + 1, 600)), "city");
  ASSERT_EQ(readdressed.size(), 2u);
  // The store is lost in the second revision, and only the stand-in works at a node that gives it back.
  Revise(plan, kDay + 10);
  order.addressees =
      std::make_shared<const std::vector<v1::Addressee>>(std::vector<v1::Addressee>{std::move(readdressed[1])});
  const std::vector<AddressedOrder> changes = ReconcileOrders({order}, Expand(plan), plan, "city");
  ASSERT_EQ(changes.size(), 1u);
  const std::vector<v1::Addressee>& all = *changes[0].addressees;
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].readdressed_to(), "units/s2");
  EXPECT_EQ(FromProto(all[0].cancel_time()), TimeAt(kDay + 1, 600));
  EXPECT_FALSE(all[1].has_cancel_time());
  EXPECT_EQ(all[1].readdressed_from(), "units/s1");
  EXPECT_THAT(ReconcileOrders(Written({order}, changes), Expand(plan), plan, "city"), IsEmpty());
}

TEST(ReconcileOrdersTest, AUnitThatMovedSinceIssueMovesWithTheRevision) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  Directory directory = MakeDirectory();
  directory.units["units/s1"].set_node("district");
  std::vector<AddressedOrder> current = Expand(plan, directory).orders;
  directory.units["units/s1"].set_node("bureau");
  Revise(plan, kDay + 10);
  current = Written(current, ReconcileOrders(current, Expand(plan, directory), plan, "city"));
  const v1::Addressee& moved = OnlyAddressee(current[0]);
  EXPECT_EQ(moved.unit_node(), "bureau");
  EXPECT_EQ(moved.moves(), 1);
  EXPECT_THAT(moved.former_nodes(), ElementsAre("district"));
  Revise(plan, kDay + 20);
  EXPECT_THAT(ReconcileOrders(current, Expand(plan, directory), plan, "city"), IsEmpty());
}

// Whatever revisions follow one another: what is written is what the last one asks for, nobody is lost, and written
// once more nothing changes.
TEST(ReconcileOrdersTest, AfterAnyRevisionsTheOrdersAskWhatTheLastOneAsks) {
  const std::vector<std::string> units = {"units/finance", "units/health", "units/s1", "units/s2", "units/s3"};
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<AddressedOrder> current;
    std::set<std::string> ever;
    v1::Plan plan = MakeTestPlan();
    for (int revision = 1; revision <= 6; ++revision) {
      if (revision > 1) Revise(plan, kDay + revision);
      plan.clear_tasks();
      for (int i = 0; i < 4; ++i) {
        v1::Task* task = AddTask(plan, random() % 2 == 0 ? "2024-09-30" : "2024-10-31");
        for (const std::string& unit : units) {
          if (random() % 2 == 0) Address(task, unit, random() % 2 == 0 ? Role::LEAD : Role::COOPERATE);
        }
      }
      if (random() % 3 == 0) plan.mutable_tasks()->erase(plan.mutable_tasks()->begin() + random() % 4);
      const Expansion expansion = Expand(plan);
      current = Written(current, ReconcileOrders(current, expansion, plan, "city"));
      std::vector<std::string> open, asked = Lines(expansion);
      for (const std::string& line : Lines(current)) {
        if (!line.starts_with("-")) open.push_back(line);
      }
      std::sort(open.begin(), open.end());
      std::sort(asked.begin(), asked.end());
      EXPECT_EQ(open, asked);
      EXPECT_THAT(ReconcileOrders(current, expansion, plan, "city"), IsEmpty());
      const std::set<std::string> now = Names(current);
      EXPECT_TRUE(std::includes(now.begin(), now.end(), ever.begin(), ever.end()));
      ever = now;
    }
  }
}

TEST(CompleteOrdersTest, WhatCameBackStaysAndWhoIsMissingIsAdded) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  Address(AddTask(plan), "units/finance");
  const Expansion expansion = Expand(plan);
  // A neighbour gave the first order back, with its own unit and what happened since; the plan has been revised.
  AddressedOrder given = expansion.orders[0];
  given.order.set_version(7);
  given.order.set_text("原来的任务");
  v1::Addressee known = given.addressees->at(1);
  known.set_moves(2);
  given.addressees = std::make_shared<const std::vector<v1::Addressee>>(1, known);
  const std::vector<AddressedOrder> changes = CompleteOrders({given}, expansion);
  EXPECT_THAT(Lines(changes),
              ElementsAre("body-1 s1 RESPONSIBLE 「groups/streets」", "body-1 s2 RESPONSIBLE 「groups/streets」",
                          "body-1 s3 RESPONSIBLE 「groups/streets」", "body-2 finance RESPONSIBLE 「units/finance」"));
  EXPECT_EQ(changes[0].order.SerializeAsString(), given.order.SerializeAsString());
  EXPECT_EQ(changes[0].addressees->at(1).moves(), 2);
  EXPECT_EQ(changes[1].order.version(), 1);
  // Once it is whole, nothing is left to do.
  EXPECT_THAT(CompleteOrders(changes, expansion), IsEmpty());
}

// A neighbour knows of addressees that the plan, as it is now, does not ask any more: they are not lost.
TEST(CompleteOrdersTest, WhomOnlyTheNeighbourKnowsStays) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  const AddressedOrder given = Expand(plan).orders[0];
  plan.clear_tasks();
  Address(AddTask(plan), "units/finance");
  const std::vector<AddressedOrder> changes = CompleteOrders({given}, Expand(plan));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].addressees->size(), 4u);
}

// A revision that went with the disk left its traces at the units' nodes, each of which tells.
TEST(HeardOfLaterTest, WhatARevisionChangedAddedOrDroppedTellsOfIt) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  Address(plan.mutable_tasks(0), "units/s2");
  const std::vector<AddressedOrder> first = Expand(plan).orders;
  EXPECT_FALSE(HeardOfLater({}, plan));
  EXPECT_FALSE(HeardOfLater(first, plan));
  v1::Plan changed = plan, added = plan, dropped = plan;
  changed.mutable_tasks(0)->set_text("改写的任务");
  Address(added.mutable_tasks(0), "units/s3");
  dropped.mutable_tasks(0)->mutable_responsibilities()->RemoveLast();
  for (v1::Plan* later : {&changed, &added, &dropped}) {
    Revise(*later, kDay + 30);
    const std::vector<AddressedOrder> given = ReconcileOrders(first, Expand(*later), *later, "city");
    ASSERT_EQ(given.size(), 1u);
    EXPECT_TRUE(HeardOfLater(given, plan)) << given[0].order.ShortDebugString();
    // It becomes again what the plan says, and is issued as that.
    const std::vector<AddressedOrder> again = ReconcileOrders(given, Expand(plan), plan, "city");
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].order.text(), first[0].order.text());
    EXPECT_FALSE(again[0].addressees->at(0).has_cancel_time());
    EXPECT_FALSE(again[0].addressees->at(1).has_cancel_time());
    EXPECT_EQ(again[0].addressees->size() == 3, later == &added);
  }
}

TEST(HeardOfLaterTest, ATaskInOtherHandsIsOfNoRevision) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  AddressedOrder given = Expand(plan).orders[0];
  v1::Addressee to;
  to.set_unit("units/s2");
  to.set_unit_node("city");
  given.addressees = std::make_shared<const std::vector<v1::Addressee>>(
      Readdressed(*given.addressees, "units/s1", to, "改交", ToProto(TimeAt(kDay + 1, 600)), "city"));
  EXPECT_FALSE(HeardOfLater({given}, plan));
}

}  // namespace
}  // namespace duban
