// The arrow from plan to assignments: groups, dates, roles, rules of the plan, and what becomes of a revision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "services/assignment/plan_to_assignments.h"
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

v1::Plan MakeTestPlan() {
  return MakePlan("p", "city", FormatDay(kDay));
}

// `task unit ROLE words` of each assignment.
std::vector<std::string> Lines(const Expansion& expansion) {
  std::vector<std::string> lines;
  for (const v1::Assignment& assignment : expansion.assignments) {
    lines.push_back(StrCat(LastSegment(assignment.task()), " ", LastSegment(assignment.unit()), " ",
                           Role::Role_Name(assignment.role()), " ", assignment.addressed_as()));
  }
  return lines;
}

std::vector<std::string> Omitted(const Expansion& expansion) {
  std::vector<std::string> lines;
  for (const Omission& omission : expansion.omissions) {
    lines.push_back(StrCat(LastSegment(omission.task), " ", OmissionName(omission.reason), " ", omission.subject));
  }
  return lines;
}

Expansion Expand(const v1::Plan& plan, const Directory& directory = MakeDirectory()) {
  return PlanToAssignments(plan, directory, ExpansionDay(plan), "city");
}

TEST(PlanToAssignmentsTest, AnAssignmentCarriesWhatTheUnitHasToKnow) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan, "2024-09-30");
  task->set_table("附件2");
  task->add_aligned_tasks("plans/up/tasks/body-7");
  Address(task, "units/finance", Role::LEAD);
  Directory directory = MakeDirectory();
  directory.units["units/finance"].set_node("district");
  const Expansion expansion = Expand(plan, directory);
  ASSERT_EQ(expansion.assignments.size(), 1u);
  const v1::Assignment& assignment = expansion.assignments[0];
  EXPECT_EQ(assignment.name(), "assignments/" + ComputedId("a-", {"plans/p/tasks/body-1", "units/finance"}));
  EXPECT_EQ(assignment.task(), "plans/p/tasks/body-1");
  EXPECT_EQ(assignment.plan_title(), "计划p");
  EXPECT_EQ(assignment.plan_revision(), 1);
  EXPECT_EQ(assignment.table(), "附件2");
  EXPECT_EQ(assignment.number(), 1);
  EXPECT_THAT(assignment.headings(), ElementsAre("一、总则"));
  EXPECT_EQ(assignment.text(), "任务1");
  EXPECT_EQ(assignment.unit_display_name(), "单位finance");
  EXPECT_EQ(assignment.unit_node(), "district");
  EXPECT_EQ(assignment.deadline().due(), "2024-09-30");
  EXPECT_EQ(assignment.year(), 2024);
  EXPECT_EQ(assignment.issuer(), "units/office");
  EXPECT_EQ(assignment.issuer_display_name(), "单位office");
  EXPECT_EQ(assignment.issuer_node(), "city");
  EXPECT_THAT(assignment.aligned_tasks(), ElementsAre("plans/up/tasks/body-7"));
  EXPECT_EQ(FromProto(assignment.issue_time()), TimeAt(kDay, 540));
  EXPECT_EQ(assignment.version(), 1);
}

TEST(PlanToAssignmentsTest, AUnitWorksAtItsNodeOrAtTheOwnerOfItsEntry) {
  v1::Unit unit = MakeUnit("a");
  EXPECT_EQ(NodeOf(unit, "city"), "city");
  unit.set_owner_node("province");
  EXPECT_EQ(NodeOf(unit, "city"), "province");
  unit.set_node("district");
  EXPECT_EQ(NodeOf(unit, "city"), "district");
}

TEST(PlanToAssignmentsTest, AGroupIsExpandedByKindAndBySuperiorAsOfTheDay) {
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

TEST(PlanToAssignmentsTest, AListedMemberCountsFromItsFirstDayToBeforeItsLast) {
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
    EXPECT_EQ(Expand(plan, directory).assignments.size(), row.member ? 2u : 1u) << row.from << ".." << row.to;
  }
}

TEST(PlanToAssignmentsTest, AUnitGetsOneAssignmentATaskWithItsStrongestRole) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "groups/streets", Role::RESPONSIBLE);
  Address(task, "units/s2", Role::LEAD);
  Address(task, "units/s3", Role::COOPERATE);
  // Named itself, `s3` keeps its own words although the group gives it the stronger role.
  EXPECT_THAT(Lines(Expand(plan)), ElementsAre("body-1 s1 RESPONSIBLE 「groups/streets」",
                                               "body-1 s2 LEAD 「units/s2」", "body-1 s3 RESPONSIBLE 「units/s3」"));
}

TEST(PlanToAssignmentsTest, ARoleThatIsNotPrintedMeansEachItsOwnShare) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1", Role::ROLE_UNSPECIFIED);
  EXPECT_THAT(Lines(Expand(plan)), ElementsAre("body-1 s1 RESPONSIBLE 「units/s1」"));
}

TEST(PlanToAssignmentsTest, AnOpenEntryAssignsNobody) {
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  Address(task, "units/s1");
  Address(task, "units/s2")->set_open(true);
  const Expansion expansion = Expand(plan);
  EXPECT_THAT(Lines(expansion), ElementsAre("body-1 s1 RESPONSIBLE 「units/s1」"));
  EXPECT_THAT(Omitted(expansion), IsEmpty());
}

TEST(PlanToAssignmentsTest, WhatReachesNobodyIsReported) {
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

TEST(PlanToAssignmentsTest, ANameThatIsNotResolvedIsLookedUpInTheDirectory) {
  Directory directory = MakeDirectory();
  directory.units["units/s1"].add_aliases("一街道");
  v1::Plan plan = MakeTestPlan();
  v1::Task* task = AddTask(plan);
  for (const char* name : {"一街道", "单位s2", "各streets"}) {
    v1::Responsibility* entry = task->add_responsibilities();
    entry->set_printed(name);
    entry->set_unit(name);
  }
  EXPECT_THAT(
      Lines(Expand(plan, directory)),
      ElementsAre("body-1 s1 RESPONSIBLE 一街道", "body-1 s2 RESPONSIBLE 单位s2", "body-1 s3 RESPONSIBLE 各streets"));
}

TEST(PlanToAssignmentsTest, AnAddedUnitIsAddressedByEveryTaskFromTheFirstItBinds) {
  v1::Plan plan = MakeTestPlan();
  for (int i = 0; i < 3; ++i) Address(AddTask(plan), "units/finance", Role::LEAD);
  v1::PlanRule* rule = plan.add_plan_rules();
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  rule->set_unit("各streets");
  rule->set_role(Role::COOPERATE);
  rule->set_from_task("body-3");
  EXPECT_THAT(Lines(Expand(plan)),
              ElementsAre("body-1 finance LEAD 「units/finance」", "body-2 finance LEAD 「units/finance」",
                          "body-3 finance LEAD 「units/finance」", "body-3 s1 COOPERATE 各streets",
                          "body-3 s2 COOPERATE 各streets", "body-3 s3 COOPERATE 各streets"));
  plan.mutable_tasks(2)->set_table("body");
  Address(AddTask(plan), "units/finance", Role::LEAD);
  plan.mutable_tasks(3)->set_table("附件1");
  EXPECT_EQ(Expand(plan).assignments.size(), 7u) << "the annex is a table of its own";
  plan.mutable_tasks()->RemoveLast();
  plan.mutable_plan_rules(0)->clear_from_task();
  EXPECT_EQ(Expand(plan).assignments.size(), 12u);
  plan.mutable_plan_rules(0)->set_kind(v1::PlanRule::NOTE);
  EXPECT_EQ(Expand(plan).assignments.size(), 3u);
}

TEST(PlanToAssignmentsTest, AnIncludedUnitIsAddressedWhereverTheNameIs) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets", Role::LEAD)->set_unit("各streets");
  Address(AddTask(plan), "units/finance");
  Address(AddTask(plan), "groups/streets")->set_unit("各streets");
  v1::PlanRule* rule = plan.add_plan_rules();
  rule->set_kind(v1::PlanRule::INCLUDE_UNIT);
  rule->set_subject("各streets");
  rule->set_unit("单位health");
  rule->set_from_task("body-2");
  EXPECT_THAT(Lines(Expand(plan)),
              ElementsAre("body-1 s1 LEAD 「groups/streets」", "body-1 s2 LEAD 「groups/streets」",
                          "body-1 s3 LEAD 「groups/streets」", "body-2 finance RESPONSIBLE 「units/finance」",
                          "body-3 health RESPONSIBLE 「groups/streets」", "body-3 s1 RESPONSIBLE 「groups/streets」",
                          "body-3 s2 RESPONSIBLE 「groups/streets」", "body-3 s3 RESPONSIBLE 「groups/streets」"));
}

TEST(PlanToAssignmentsTest, AnAddedNameBringsWhomTheRulesIncludeInIt) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/finance");
  v1::PlanRule* include = plan.add_plan_rules();
  include->set_kind(v1::PlanRule::INCLUDE_UNIT);
  include->set_subject("单位s1");
  include->set_unit("单位health");
  v1::PlanRule* add = plan.add_plan_rules();
  add->set_kind(v1::PlanRule::ADD_UNIT);
  add->set_unit("单位s1");
  EXPECT_THAT(Lines(Expand(plan)), ElementsAre("body-1 finance RESPONSIBLE 「units/finance」",
                                               "body-1 health RESPONSIBLE 单位s1", "body-1 s1 RESPONSIBLE 单位s1"));
}

TEST(PlanToAssignmentsTest, ARuleThatCannotBeAppliedIsReported) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/finance");
  v1::PlanRule* rule = plan.add_plan_rules();
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  rule->set_unit("没有这个单位");
  v1::PlanRule* unbound = plan.add_plan_rules();
  unbound->set_kind(v1::PlanRule::ADD_UNIT);
  unbound->set_unit("单位s1");
  unbound->set_from_task("body-9");
  const Expansion expansion = Expand(plan);
  EXPECT_EQ(expansion.assignments.size(), 1u);
  EXPECT_THAT(Omitted(expansion), ElementsAre(" rule_without_task body-9", "body-1 unknown_name 没有这个单位"));
}

TEST(PlanToAssignmentsTest, DraftsAndWithdrawnPlansGiveNone) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/finance");
  for (v1::Plan::State state : {v1::Plan::STATE_UNSPECIFIED, v1::Plan::DRAFT, v1::Plan::WITHDRAWN}) {
    plan.set_state(state);
    EXPECT_THAT(Expand(plan).assignments, IsEmpty());
  }
}

TEST(PlanToAssignmentsTest, APlanHasAtMostFiftyThousandAssignments) {
  Directory directory = MakeDirectory();
  v1::UnitGroup group = MakeGroup("many");
  group.add_selections()->set_superior("units/many");
  group.mutable_selections(0)->add_kinds(v1::Unit::SECTION);
  directory.groups[group.name()] = group;
  for (int i = 0; i < 1000; ++i) Put(directory, MakeUnit(StrCat("x", i), v1::Unit::SECTION, "many"));
  v1::Plan plan = MakeTestPlan();
  for (int i = 0; i < 50; ++i) Address(AddTask(plan), "groups/many");
  Expansion expansion = Expand(plan, directory);
  EXPECT_EQ(expansion.assignments.size(), kMaxAssignments);
  EXPECT_THAT(Omitted(expansion), IsEmpty());
  Address(plan.mutable_tasks(0), "units/s1");
  expansion = Expand(plan, directory);
  EXPECT_EQ(expansion.assignments.size(), kMaxAssignments);
  EXPECT_THAT(Omitted(expansion), ElementsAre("body-50 too_many units/x999"));
}

TEST(PlanToAssignmentsTest, ThePublishingDayIsTheDateOrTheTimeInShanghai) {
  v1::Plan plan = MakeTestPlan();
  EXPECT_EQ(ExpansionDay(plan), kDay);
  plan.clear_publish_date();
  *plan.mutable_publish_time() = ToProto(absl::FromCivil(absl::CivilSecond(2024, 3, 4, 16, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(ExpansionDay(plan), absl::CivilDay(2024, 3, 5));
}

TEST(ReconcileTest, TheSamePlanAgainChangesNothing) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  const Expansion expansion = Expand(plan);
  EXPECT_EQ(ReconcileAssignments({}, expansion, plan).size(), 3u);
  EXPECT_THAT(ReconcileAssignments(expansion.assignments, expansion, plan), IsEmpty());
}

TEST(ReconcileTest, AWithdrawnPlanCancelsAllOnce) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "groups/streets");
  std::vector<v1::Assignment> current = Expand(plan).assignments;
  plan.set_state(v1::Plan::WITHDRAWN);
  plan.set_withdraw_reason("机构改革");
  *plan.mutable_withdraw_time() = ToProto(TimeAt(kDay + 1, 600));
  current = ReconcileAssignments(current, Expand(plan), plan);
  ASSERT_EQ(current.size(), 3u);
  for (const v1::Assignment& assignment : current) {
    EXPECT_EQ(assignment.cancel_reason(), "机构改革");
    EXPECT_EQ(FromProto(assignment.cancel_time()), TimeAt(kDay + 1, 600));
  }
  EXPECT_THAT(ReconcileAssignments(current, Expand(plan), plan), IsEmpty());
}

TEST(ReconcileTest, ARevisionCancelsWhatItDroppedChangesWhatItChangedAndLeavesTheRest) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  Address(AddTask(plan), "units/s2");
  Address(AddTask(plan), "units/s3");
  std::vector<v1::Assignment> current = Expand(plan).assignments;
  current[1].add_reviews()->set_submission_id("s-1");
  plan.set_revision(2);
  *plan.mutable_publish_time() = ToProto(TimeAt(kDay + 30, 600));
  plan.mutable_tasks(1)->set_text("改写的任务");
  plan.mutable_tasks(2)->mutable_responsibilities(0)->set_resolved("units/health");
  const std::vector<v1::Assignment> changes = ReconcileAssignments(current, Expand(plan), plan);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].text(), "改写的任务");
  EXPECT_EQ(changes[0].plan_revision(), 2);
  EXPECT_EQ(changes[0].reviews_size(), 1);
  EXPECT_EQ(FromProto(changes[0].issue_time()), TimeAt(kDay, 540));
  EXPECT_EQ(changes[1].unit(), "units/health");
  EXPECT_EQ(changes[2].unit(), "units/s3");
  EXPECT_TRUE(changes[2].has_cancel_time());
}

TEST(ReconcileTest, ATaskThatComesBackIsNoLongerCancelled) {
  v1::Plan plan = MakeTestPlan();
  Address(AddTask(plan), "units/s1");
  v1::Assignment cancelled = Expand(plan).assignments[0];
  cancelled.set_cancel_reason("x");
  *cancelled.mutable_cancel_time() = plan.publish_time();
  plan.set_revision(3);
  const std::vector<v1::Assignment> changes = ReconcileAssignments({cancelled}, Expand(plan), plan);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_FALSE(changes[0].has_cancel_time());
  EXPECT_EQ(changes[0].cancel_reason(), "");
}

}  // namespace
}  // namespace duban
