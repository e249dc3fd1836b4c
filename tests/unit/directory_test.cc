// The directory as functions: names, groups with dated members, what comes from above, learned aliases.

#include "services/plan/directory/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "services/plan/directory/moved_entries.h"
#include "tests/support/plan_node.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PlanNode;
using ::testing::UnorderedElementsAre;

v1::Unit MakeUnit(const std::string& id, const std::string& display_name, v1::Unit::Kind kind = v1::Unit::DEPARTMENT) {
  v1::Unit unit;
  unit.set_name("units/" + id);
  unit.set_display_name(display_name);
  unit.set_kind(kind);
  return unit;
}

v1::UnitGroup MakeGroup(const std::string& id, const std::string& display_name) {
  v1::UnitGroup group;
  group.set_name("groups/" + id);
  group.set_display_name(display_name);
  return group;
}

void AddSuperior(v1::Unit& unit, const std::string& superior, const std::string& from = "",
                 const std::string& to = "") {
  auto* added = unit.add_superiors();
  added->set_unit("units/" + superior);
  added->set_valid_from(from);
  added->set_valid_to(to);
}

std::vector<std::string> FieldsOf(const FieldErrors& errors) {
  std::vector<std::string> fields;
  const absl::Status status = errors.ToStatus();
  const std::string text(status.message().data(), status.message().size());
  return status.ok() ? fields : std::vector<std::string>{text};
}

class DirectoryTest : public ::testing::Test {
 protected:
  absl::Status Run(absl::FunctionRef<absl::Status(Transaction&)> body) {
    return node_.store()->Run({"test", ""}, body);
  }

  absl::Status Put(v1::Unit unit) {
    return Run([&](Transaction& transaction) { return PutUnit(transaction, author_, unit).status(); });
  }
  absl::Status Put(v1::UnitGroup group) {
    return Run([&](Transaction& transaction) { return PutGroup(transaction, author_, group).status(); });
  }

  std::string Resolve(const std::string& text, absl::CivilDay day = absl::CivilDay(2024, 3, 4)) {
    const auto snapshot = node_.store()->TakeSnapshot();
    return DirectoryView(*snapshot, day).Resolve(text).value();
  }
  std::vector<std::string> UnitsOf(const std::string& entry, absl::CivilDay day = absl::CivilDay(2024, 3, 4)) {
    const auto snapshot = node_.store()->TakeSnapshot();
    return *DirectoryView(*snapshot, day).UnitsOf(entry).value();
  }

  // Who names what moved; then nothing has moved any more.
  std::set<std::string> TakeMoved() {
    const auto snapshot = node_.store()->TakeSnapshot();
    const std::vector<MovedEntry> moved = MovedEntries(*snapshot, 1000).value();
    EXPECT_TRUE(Run([&](Transaction& transaction) {
                  for (const MovedEntry& one : moved) EXPECT_TRUE(ForgetMoved(transaction, one).ok());
                  return absl::OkStatus();
                }).ok());
    return duban::UsersOf(*snapshot, moved).value();
  }

  PlanNode node_{"city"};
  int units_ = 0;
  const DirectoryAuthor author_{"city", TimeAt(absl::CivilDay(2024, 3, 4), 9 * 60)};
};

TEST(NameKeyTest, FoldsWidthsBracketsAndSpaces) {
  EXPECT_EQ(NameKey("市委改革办（市政务办）"), "市委改革办(市政务办)");
  EXPECT_EQ(NameKey("市委改革办﹝市政务办﹞"), "市委改革办(市政务办)");
  EXPECT_EQ(NameKey("市委改革办〔市政务办〕"), "市委改革办(市政务办)");
  EXPECT_EQ(NameKey(" 市 教育局\t"), "市教育局");
  EXPECT_EQ(NameKey("１２３４５热线"), "12345热线");
  EXPECT_EQ(NameKey(std::string_view("\0\x01", 2)), "");
}

TEST(HoldsOnTest, BeginsInclusiveAndEndsExclusive) {
  EXPECT_TRUE(HoldsOn("", "", "2024-01-01"));
  EXPECT_TRUE(HoldsOn("2024-01-01", "2025-01-01", "2024-01-01"));
  EXPECT_FALSE(HoldsOn("2024-01-01", "2025-01-01", "2025-01-01"));
  EXPECT_FALSE(HoldsOn("2024-01-01", "", "2023-12-31"));
}

TEST_F(DirectoryTest, FindsAUnitByNameAndAliasWhateverTheBrackets) {
  v1::Unit unit = MakeUnit("reform", "市委改革办（市政务办）");
  unit.add_aliases("市政务办");
  ASSERT_TRUE(Put(unit).ok());
  EXPECT_EQ(Resolve("市委改革办(市政务办)"), "units/reform");
  EXPECT_EQ(Resolve("市政务办"), "units/reform");
  EXPECT_EQ(Resolve("市教育局"), "");
}

TEST_F(DirectoryTest, ARenamedUnitIsNotFoundByItsOldName) {
  ASSERT_TRUE(Put(MakeUnit("econ", "市经信委")).ok());
  ASSERT_TRUE(Put(MakeUnit("econ", "市经信局")).ok());
  EXPECT_EQ(Resolve("市经信委"), "");
  EXPECT_EQ(Resolve("市经信局"), "units/econ");
}

TEST_F(DirectoryTest, ANameLeadsToOneOwnEntry) {
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育局")).ok());
  v1::Unit other = MakeUnit("edu2", "市教委");
  other.add_aliases("市教育局 ");
  const absl::Status status = Put(other);
  EXPECT_EQ(ReasonOf(status), v1::RESOURCE_EXISTS);
  EXPECT_EQ(MetadataOf(status).at("by"), "units/edu");
  EXPECT_EQ(Resolve("市教委"), "");
}

TEST_F(DirectoryTest, ANameCanPassToASuccessorOnTheDayThePredecessorEnds) {
  v1::Unit before = MakeUnit("commerce-old", "市商务局");
  before.set_valid_to("2024-01-01");
  v1::Unit after = MakeUnit("commerce", "市商务局");
  after.set_valid_from("2024-01-01");
  ASSERT_TRUE(Put(before).ok());
  ASSERT_TRUE(Put(after).ok());
  EXPECT_EQ(Resolve("市商务局", absl::CivilDay(2023, 12, 31)), "units/commerce-old");
  EXPECT_EQ(Resolve("市商务局", absl::CivilDay(2024, 1, 1)), "units/commerce");
}

TEST_F(DirectoryTest, WritingTheSameAgainKeepsEtagAndTime) {
  v1::Unit first, second;
  ASSERT_TRUE(Run([&](Transaction& transaction) -> absl::Status {
                DUBAN_ASSIGN_OR_RETURN(first, PutUnit(transaction, author_, MakeUnit("edu", "市教育局")));
                return absl::OkStatus();
              }).ok());
  const DirectoryAuthor later{"city", author_.now + absl::Hours(1)};
  ASSERT_TRUE(Run([&](Transaction& transaction) -> absl::Status {
                DUBAN_ASSIGN_OR_RETURN(second, PutUnit(transaction, later, MakeUnit("edu", "市教育局")));
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(first.etag(), second.etag());
  EXPECT_EQ(first.update_time().seconds(), second.update_time().seconds());
}

TEST_F(DirectoryTest, AGroupHasTheMembersOfTheDay) {
  for (const char* id : {"east", "west", "north"}) ASSERT_TRUE(Put(MakeUnit(id, id, v1::Unit::GOVERNMENT)).ok());
  v1::UnitGroup group;
  group.set_name("groups/counties");
  group.set_display_name("各区县政府");
  group.add_members()->set_unit("units/east");
  auto* west = group.add_members();
  west->set_unit("units/west");
  west->set_valid_to("2024-01-01");
  auto* north = group.add_members();
  north->set_unit("units/north");
  north->set_valid_from("2024-01-01");
  ASSERT_TRUE(Put(group).ok());
  EXPECT_EQ(Resolve("各区县政府"), "groups/counties");
  EXPECT_THAT(UnitsOf("groups/counties", absl::CivilDay(2023, 12, 31)), ElementsAre("units/east", "units/west"));
  EXPECT_THAT(UnitsOf("groups/counties", absl::CivilDay(2024, 1, 1)), ElementsAre("units/east", "units/north"));
}

TEST_F(DirectoryTest, AMemberThatDoesNotExistOnTheDayIsLeftOut) {
  v1::Unit east = MakeUnit("east", "东区");
  east.set_valid_to("2024-01-01");
  ASSERT_TRUE(Put(east).ok());
  v1::UnitGroup group;
  group.set_name("groups/g");
  group.set_display_name("各区");
  group.add_members()->set_unit("units/east");
  ASSERT_TRUE(Put(group).ok());
  EXPECT_THAT(UnitsOf("groups/g", absl::CivilDay(2023, 12, 31)), ElementsAre("units/east"));
  EXPECT_THAT(UnitsOf("groups/g", absl::CivilDay(2024, 1, 1)), IsEmpty());
}

TEST_F(DirectoryTest, ASelectionTakesTheKindsDirectlyBelowOnTheDay) {
  ASSERT_TRUE(Put(MakeUnit("gov", "区政府", v1::Unit::GOVERNMENT)).ok());
  v1::Unit street = MakeUnit("street1", "一街道", v1::Unit::STREET);
  AddSuperior(street, "gov", "2020-01-01", "2024-01-01");
  ASSERT_TRUE(Put(street).ok());
  v1::Unit newer = MakeUnit("street2", "二街道", v1::Unit::STREET);
  AddSuperior(newer, "gov", "2024-01-01");
  ASSERT_TRUE(Put(newer).ok());
  v1::Unit bureau = MakeUnit("bureau", "区教育局");
  AddSuperior(bureau, "gov");
  ASSERT_TRUE(Put(bureau).ok());
  v1::Unit section = MakeUnit("section", "区教育局办公室", v1::Unit::STREET);
  AddSuperior(section, "bureau");
  ASSERT_TRUE(Put(section).ok());
  v1::UnitGroup group;
  group.set_name("groups/streets");
  group.set_display_name("各街道");
  auto* selection = group.add_selections();
  selection->set_superior("units/gov");
  selection->add_kinds(v1::Unit::STREET);
  ASSERT_TRUE(Put(group).ok());
  EXPECT_THAT(UnitsOf("groups/streets", absl::CivilDay(2023, 6, 1)), ElementsAre("units/street1"));
  EXPECT_THAT(UnitsOf("groups/streets", absl::CivilDay(2024, 6, 1)), ElementsAre("units/street2"));
}

TEST_F(DirectoryTest, TwoSuperiorsOnADayAreAllowedAndThreeAreNot) {
  v1::Unit unit = MakeUnit("u", "u");
  AddSuperior(unit, "a", "", "2024-01-01");
  AddSuperior(unit, "b");
  AddSuperior(unit, "c", "2024-01-01");
  FieldErrors two;
  CheckUnit(unit, "unit.", &two);
  EXPECT_THAT(FieldsOf(two), IsEmpty());
  unit.mutable_superiors(2)->set_valid_from("2023-12-31");
  FieldErrors three;
  CheckUnit(unit, "unit.", &three);
  ASSERT_EQ(FieldsOf(three).size(), 1u);
  EXPECT_THAT(FieldsOf(three)[0], ::testing::HasSubstr("unit.superiors"));
}

TEST_F(DirectoryTest, SuperiorsThatFormACircleOnSomeDayAreRefused) {
  v1::Unit a = MakeUnit("a", "a");
  v1::Unit b = MakeUnit("b", "b");
  ASSERT_TRUE(Put(a).ok());
  AddSuperior(b, "a", "", "2024-01-01");
  ASSERT_TRUE(Put(b).ok());
  AddSuperior(a, "b", "2024-01-01");
  ASSERT_TRUE(Put(a).ok());
  // One way round until the end of 2023, the other from then on: no day has both.
  EXPECT_TRUE(CheckNoCircle(*node_.store()->TakeSnapshot(), "units/a").ok());
  a.mutable_superiors(0)->set_valid_from("2023-12-31");
  ASSERT_TRUE(Put(a).ok());
  EXPECT_EQ(ReasonOf(CheckNoCircle(*node_.store()->TakeSnapshot(), "units/a")), v1::WRONG_STATE);
}

TEST_F(DirectoryTest, WhatIsNamedCannotBeDeleted) {
  ASSERT_TRUE(Put(MakeUnit("a", "a")).ok());
  v1::Unit b = MakeUnit("b", "b");
  AddSuperior(b, "a");
  ASSERT_TRUE(Put(b).ok());
  const auto remove = [&](const std::string& name) {
    return Run([&](Transaction& transaction) { return DeleteEntry(transaction, name); });
  };
  const absl::Status used = remove("units/a");
  EXPECT_EQ(ReasonOf(used), v1::STILL_IN_USE);
  EXPECT_EQ(MetadataOf(used).at("by"), "units/b");
  EXPECT_TRUE(remove("units/b").ok());
  EXPECT_TRUE(remove("units/a").ok());
  EXPECT_EQ(Resolve("a"), "");
}

TEST_F(DirectoryTest, NearestNamesComeBestFirstAndEachEntryOnce) {
  v1::Unit reform = MakeUnit("reform", "市委改革办（市政务办）");
  reform.add_aliases("市委改革办");
  ASSERT_TRUE(Put(reform).ok());
  ASSERT_TRUE(Put(MakeUnit("develop", "市发展改革委")).ok());
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育局")).ok());
  const auto snapshot = node_.store()->TakeSnapshot();
  DirectoryView directory(*snapshot, absl::CivilDay(2024, 3, 4));
  EXPECT_THAT(directory.Nearest("市委改革办公室", 5).value(), ElementsAre("市委改革办", "市发展改革委"));
  EXPECT_THAT(directory.Nearest("发展改革委", 1).value(), ElementsAre("市发展改革委"));
  EXPECT_THAT(directory.Nearest("税务", 5).value(), IsEmpty());
}

TEST_F(DirectoryTest, AShortFormIsNearestToItsName) {
  for (const char* name : {"区卫生健康局", "区卫星局", "区发展和改革局", "区健身局"}) {
    ASSERT_TRUE(Put(MakeUnit("u" + std::to_string(++units_), name)).ok());
  }
  const auto snapshot = node_.store()->TakeSnapshot();
  DirectoryView directory(*snapshot, absl::CivilDay(2024, 3, 4));
  EXPECT_THAT(directory.Nearest("区卫健局", 1).value(), ElementsAre("区卫生健康局"));
  EXPECT_THAT(directory.Nearest("区发改局", 1).value(), ElementsAre("区发展和改革局"));
}

TEST_F(DirectoryTest, NamesInMemoryAreThoseOfTheVersionAndTheDay) {
  v1::Unit ended = MakeUnit("reform", "市委改革办");
  ended.set_valid_to("2024-03-04");
  ASSERT_TRUE(Put(ended).ok());
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育局")).ok());
  DirectoryNamesCache names;
  const auto nearest = [&](const std::string& text, absl::CivilDay day) {
    const auto snapshot = node_.store()->TakeSnapshot();
    return DirectoryView(*snapshot, day, &names).Nearest(text, 3).value();
  };
  EXPECT_THAT(nearest("市委改革", absl::CivilDay(2024, 3, 3)), ElementsAre("市委改革办"));
  EXPECT_THAT(nearest("市委改革", absl::CivilDay(2024, 3, 4)), IsEmpty());
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育体育局")).ok());
  EXPECT_THAT(nearest("市体育局", absl::CivilDay(2024, 3, 4)), ElementsAre("市教育体育局"));
}

TEST_F(DirectoryTest, WhoNamesAnythingBelowOrAroundAUnitIsFoundWhenItMoves) {
  v1::UnitGroup offices = MakeGroup("offices", "各科室");
  auto* selection = offices.add_selections();
  selection->set_superior("units/party");
  selection->add_kinds(v1::Unit::SECTION);
  v1::UnitGroup named = MakeGroup("named", "有关单位");
  named.add_members()->set_unit("units/edu");
  ASSERT_TRUE(Put(MakeUnit("gov", "市政府", v1::Unit::GOVERNMENT)).ok());
  ASSERT_TRUE(Put(MakeUnit("party", "市委")).ok());
  v1::Unit edu = MakeUnit("edu", "市教育局");
  AddSuperior(edu, "gov");
  ASSERT_TRUE(Put(edu).ok());
  v1::Unit section = MakeUnit("section", "教育科", v1::Unit::SECTION);
  AddSuperior(section, "edu");
  AddSuperior(section, "party");
  ASSERT_TRUE(Put(section).ok());
  ASSERT_TRUE(Put(MakeUnit("far", "远方局")).ok());
  ASSERT_TRUE(Put(offices).ok());
  ASSERT_TRUE(Put(named).ok());
  ASSERT_TRUE(Run([&](Transaction& transaction) {
                for (const char* entry :
                     {"units/gov", "units/edu", "units/section", "units/far", "groups/offices", "groups/named"}) {
                  transaction.PutRow(UseKey(entry, "plans/" + std::string(entry).substr(6)), "");
                }
                return absl::OkStatus();
              }).ok());
  TakeMoved();

  edu.add_contacts()->set_person("李明");
  edu.add_aliases("市教委");
  ASSERT_TRUE(Put(edu).ok());
  EXPECT_THAT(TakeMoved(), IsEmpty()) << "it is where it was";
  edu.set_node("school");
  ASSERT_TRUE(Put(edu).ok());
  EXPECT_THAT(TakeMoved(), ElementsAre("plans//named", "plans//offices", "plans/edu", "plans/section"));
  // It leaves the group by leaving the superior.
  section.mutable_superiors()->RemoveLast();
  ASSERT_TRUE(Put(section).ok());
  EXPECT_THAT(TakeMoved(), ElementsAre("plans//named", "plans//offices", "plans/section"));
  ASSERT_TRUE(Put(named).ok());
  EXPECT_THAT(TakeMoved(), IsEmpty());
}

TEST_F(DirectoryTest, ANoteStaysWhereTheEntryMovedAgainAfterItWasRead) {
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育局")).ok());
  const std::vector<MovedEntry> read = MovedEntries(*node_.store()->TakeSnapshot(), 10).value();
  ASSERT_EQ(read.size(), 1U);
  v1::Unit edu = MakeUnit("edu", "市教育局");
  edu.set_node("school");
  ASSERT_TRUE(Put(edu).ok());
  ASSERT_TRUE(Run([&](Transaction& transaction) { return ForgetMoved(transaction, read[0]); }).ok());
  EXPECT_EQ(MovedEntries(*node_.store()->TakeSnapshot(), 10)->size(), 1U);
}

TEST_F(DirectoryTest, WhatComesFromAboveIsFoundButNeverReplacesWhatIsOwned) {
  ASSERT_TRUE(Put(MakeUnit("own", "各街道办")).ok());
  v1::Unit above = MakeUnit("own", "改名");
  above.set_owner_node("province");
  v1::Unit other = MakeUnit("other", "省教育厅");
  other.set_owner_node("province");
  bool own_taken = true, other_taken = false;
  ASSERT_TRUE(Run([&](Transaction& transaction) -> absl::Status {
                DUBAN_ASSIGN_OR_RETURN(own_taken, TakeUnit(transaction, "city", above));
                DUBAN_ASSIGN_OR_RETURN(other_taken, TakeUnit(transaction, "city", other));
                return absl::OkStatus();
              }).ok());
  EXPECT_FALSE(own_taken);
  EXPECT_TRUE(other_taken);
  EXPECT_EQ(Resolve("各街道办"), "units/own");
  EXPECT_EQ(Resolve("改名"), "");
  EXPECT_EQ(Resolve("省教育厅"), "units/other");
}

TEST_F(DirectoryTest, AnOwnNameHidesTheSameWordsFromAbove) {
  v1::UnitGroup above;
  above.set_name("groups/province-streets");
  above.set_display_name("各街道");
  above.set_owner_node("province");
  ASSERT_TRUE(Run([&](Transaction& transaction) { return TakeGroup(transaction, "city", above).status(); }).ok());
  EXPECT_EQ(Resolve("各街道"), "groups/province-streets");
  ASSERT_TRUE(Put(MakeUnit("east", "东街道")).ok());
  v1::UnitGroup own;
  own.set_name("groups/streets");
  own.set_display_name("各街道");
  own.add_members()->set_unit("units/east");
  ASSERT_TRUE(Put(own).ok());
  EXPECT_EQ(Resolve("各街道"), "groups/streets");
  ASSERT_TRUE(Run([&](Transaction& transaction) { return DeleteEntry(transaction, "groups/streets"); }).ok());
  EXPECT_EQ(Resolve("各街道"), "groups/province-streets");
}

TEST_F(DirectoryTest, ALearnedAliasStaysWhenTheEntryFromAboveChanges) {
  v1::Unit above = MakeUnit("edu", "省教育厅");
  above.set_owner_node("province");
  const auto take = [&] {
    return Run([&](Transaction& transaction) { return TakeUnit(transaction, "city", above).status(); });
  };
  ASSERT_TRUE(take().ok());
  ASSERT_TRUE(
      Run([&](Transaction& transaction) { return LearnAlias(transaction, author_, "units/edu", "省教厅"); }).ok());
  EXPECT_EQ(Resolve("省教厅"), "units/edu");
  above.set_display_name("省教育委员会");
  ASSERT_TRUE(take().ok());
  EXPECT_EQ(Resolve("省教厅"), "units/edu");
  EXPECT_EQ(Resolve("省教育厅"), "");
  ASSERT_TRUE(Run([&](Transaction& transaction) { return DropTaken(transaction, "city", "units/edu").status(); }).ok());
  EXPECT_EQ(Resolve("省教厅"), "");
}

TEST_F(DirectoryTest, ALearnedAliasOfAnOwnUnitBecomesOneOfItsAliases) {
  ASSERT_TRUE(Put(MakeUnit("edu", "市教育局")).ok());
  ASSERT_TRUE(
      Run([&](Transaction& transaction) { return LearnAlias(transaction, author_, "units/edu", "市教局"); }).ok());
  EXPECT_THAT(node_.store()->TakeSnapshot()->Need<v1::Unit>("units/edu")->value.aliases(), ElementsAre("市教局"));
}

TEST_F(DirectoryTest, AUnitsNodesAreItsOwnAndThoseAboveIt) {
  v1::Unit district = MakeUnit("district-gov", "区政府", v1::Unit::GOVERNMENT);
  district.set_node("district");
  ASSERT_TRUE(Put(MakeUnit("city-gov", "市政府", v1::Unit::GOVERNMENT)).ok());
  AddSuperior(district, "city-gov");
  ASSERT_TRUE(Put(district).ok());
  v1::Unit bureau = MakeUnit("bureau", "区市场监管局");
  bureau.set_node("department");
  AddSuperior(bureau, "district-gov");
  ASSERT_TRUE(Put(bureau).ok());
  const auto snapshot = node_.store()->TakeSnapshot();
  DirectoryView directory(*snapshot, absl::CivilDay(2024, 3, 4));
  EXPECT_THAT(directory.NodesOf("units/bureau").value(), UnorderedElementsAre("department", "district", "city"));
}

v1::Calendar MakeCalendar(int year, const std::string& date) {
  v1::Calendar calendar;
  calendar.set_name("calendars/y" + std::to_string(year));
  calendar.set_year(year);
  auto* day = calendar.add_days();
  day->set_date(date);
  day->set_kind(v1::Calendar::Day::OFF);
  return calendar;
}

TEST_F(DirectoryTest, ACalendarOfThisNodeIsNotReplacedFromAboveAndADefaultIs) {
  const auto stored = [&](int year) {
    return node_.store()->TakeSnapshot()->Need<v1::Calendar>("calendars/y" + std::to_string(year))->value;
  };
  v1::Calendar above = MakeCalendar(2024, "2024-05-02");
  above.set_owner_node("province");
  v1::Calendar above_2025 = MakeCalendar(2025, "2025-05-02");
  above_2025.set_owner_node("province");
  ASSERT_TRUE(Run([&](Transaction& transaction) -> absl::Status {
                DUBAN_RETURN_IF_ERROR(PutDefaultCalendar(transaction, MakeCalendar(2024, "2024-05-01")));
                DUBAN_RETURN_IF_ERROR(PutCalendar(transaction, "city", MakeCalendar(2025, "2025-05-01")).status());
                DUBAN_RETURN_IF_ERROR(TakeCalendar(transaction, "city", above).status());
                return TakeCalendar(transaction, "city", above_2025).status();
              }).ok());
  EXPECT_EQ(stored(2024).owner_node(), "province");
  EXPECT_EQ(stored(2024).days(0).date(), "2024-05-02");
  EXPECT_EQ(stored(2025).owner_node(), "city");
  EXPECT_EQ(stored(2025).days(0).date(), "2025-05-01");
}

TEST_F(DirectoryTest, ANewerDefaultCalendarReplacesAnOlderOneAndNothingElse) {
  v1::Calendar second = MakeCalendar(2024, "2024-05-02");
  second.set_version(2);
  v1::Calendar first = MakeCalendar(2024, "2024-05-01");
  first.set_version(1);
  const auto wants = [&](const v1::Calendar& calendar) {
    return WantsDefaultCalendar(*node_.store()->TakeSnapshot(), calendar).value();
  };
  EXPECT_TRUE(wants(first));
  ASSERT_TRUE(Run([&](Transaction& transaction) { return PutDefaultCalendar(transaction, first); }).ok());
  EXPECT_FALSE(wants(first));
  EXPECT_TRUE(wants(second));
  ASSERT_TRUE(Run([&](Transaction& transaction) { return PutDefaultCalendar(transaction, second); }).ok());
  // Older software above does not bring the older one back.
  ASSERT_TRUE(Run([&](Transaction& transaction) { return TakeCalendar(transaction, "city", first).status(); }).ok());
  EXPECT_EQ(node_.store()->TakeSnapshot()->Need<v1::Calendar>("calendars/y2024")->value.version(), 2);
  ASSERT_TRUE(Run([&](Transaction& transaction) {
                return PutCalendar(transaction, "city", MakeCalendar(2024, "2024-05-03")).status();
              }).ok());
  second.set_version(99);
  EXPECT_FALSE(wants(second));
}

TEST_F(DirectoryTest, ACalendarCountsItsVersionsUpWhereSomethingChanged) {
  const auto put = [&](const std::string& date) {
    int64_t version = 0;
    EXPECT_TRUE(Run([&](Transaction& transaction) -> absl::Status {
                  DUBAN_ASSIGN_OR_RETURN(v1::Calendar calendar,
                                         PutCalendar(transaction, "city", MakeCalendar(2024, date)));
                  version = calendar.version();
                  return absl::OkStatus();
                }).ok());
    return version;
  };
  EXPECT_EQ(put("2024-05-01"), 1);
  EXPECT_EQ(put("2024-05-01"), 1);
  EXPECT_EQ(put("2024-05-02"), 2);
}

TEST(CheckCalendarTest, ADayOfAnotherYearOrAMakeUpDayInTheWeekIsRefused) {
  v1::Calendar calendar = MakeCalendar(2024, "2023-12-31");
  FieldErrors fine;
  CheckCalendar(calendar, "", &fine);
  EXPECT_TRUE(fine.empty());
  calendar.mutable_days(0)->set_date("2023-11-30");
  FieldErrors other_year;
  CheckCalendar(calendar, "", &other_year);
  EXPECT_FALSE(other_year.empty());
  calendar.mutable_days(0)->set_date("2024-05-06");
  calendar.mutable_days(0)->set_kind(v1::Calendar::Day::WORK);
  FieldErrors monday;
  CheckCalendar(calendar, "", &monday);
  EXPECT_FALSE(monday.empty());
}

}  // namespace
}  // namespace duban
