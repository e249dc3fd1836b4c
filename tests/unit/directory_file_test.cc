// Directory files: CSV, names and references, all of a file or nothing.

#include "services/plan/directory/directory_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "common/base/csv.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "services/plan/source/csv_file.h"
#include "tests/support/plan_node.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PlanNode;

constexpr char kCity[] =
    "编号,名称,类别,别名,上级,节点,联系人,电话,启用日期,停用日期,成员,按类别\n"
    "city-gov,市政府,政府,,,,,,,,,\n"
    "edu,市教育局,部门,市教委、教育局,市政府,,李明、王芳,010-1、010-2,,,,\n"
    "east,东区政府,政府,,市政府,district,,,2020-01-01,,,\n"
    "east-street,东街道,街道,,东区政府@2020-01-01~2024-01-01；市政府@2024-01-01~,,,,,,,\n"
    "counties,各区县政府,集合,,,,,,,,东区政府@2020-01-01~,\n"
    "departments,市直各单位,集合,市级各部门,,,,,,,,市政府:部门+机构\n";

class DirectoryFileTest : public ::testing::Test {
 protected:
  absl::Status Import(const std::string& csv, bool validate_only = false) {
    v1::ImportDirectoryRequest request;
    request.set_content(csv);
    request.set_validate_only(validate_only);
    return node_.Call(node_.directory(), &DirectoryCore::ImportDirectory, request, &response_);
  }

  v1::Unit GetUnit(const std::string& id) {
    v1::GetUnitRequest request;
    request.set_name("units/" + id);
    v1::Unit unit;
    EXPECT_TRUE(node_.Call(node_.directory(), &DirectoryCore::GetUnit, request, &unit).ok()) << id;
    return unit;
  }

  int CountUnits() {
    v1::ListUnitsResponse units;
    EXPECT_TRUE(node_.Call(node_.directory(), &DirectoryCore::ListUnits, v1::ListUnitsRequest(), &units).ok());
    return units.units_size();
  }

  // The broken fields of an error.
  static std::vector<std::string> Fields(const absl::Status& status) {
    std::vector<std::string> fields;
    google::rpc::BadRequest bad;
    const auto payload = status.GetPayload(kBadRequestUrl);
    if (payload.has_value() && bad.ParseFromString(std::string(*payload))) {
      for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }

  PlanNode node_{"city"};
  v1::ImportDirectoryResponse response_;
};

TEST(CsvTest, ReadsQuotesLineBreaksAndLineEnds) {
  const auto records = ReadCsv(
      "\xEF\xBB\xBF"
      "a,\"b,\"\"c\"\"\nd\"\r\n,,\r\n e ,f");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ(records->at(0).line, 1);
  EXPECT_THAT(records->at(0).cells, ElementsAre("a", "b,\"c\"\nd"));
  EXPECT_EQ(records->at(1).line, 4);
  EXPECT_THAT(records->at(1).cells, ElementsAre("e", "f"));
}

TEST(CsvTest, RefusesAnOpenQuoteAndTextBehindAClosedOne) {
  EXPECT_THAT(std::string(ReadCsv("a\n\"b").status().message()), HasSubstr("line 2"));
  EXPECT_THAT(std::string(ReadCsv("a\nb\n\"c\"d").status().message()), HasSubstr("line 3"));
}

TEST(CsvTest, SplitsListsAtChineseSeparators) {
  EXPECT_THAT(SplitList("甲、乙；丙;　丁　\n、"), ElementsAre("甲", "乙", "丙", "丁"));
  EXPECT_THAT(SplitList(""), IsEmpty());
}

TEST_F(DirectoryFileTest, LoadsUnitsGroupsContactsAndDatedSuperiors) {
  ASSERT_TRUE(Import(kCity).ok());
  EXPECT_EQ(response_.units_created(), 4);
  EXPECT_EQ(response_.groups_created(), 2);
  const v1::Unit edu = GetUnit("edu");
  EXPECT_EQ(edu.display_name(), "市教育局");
  EXPECT_THAT(edu.aliases(), ElementsAre("市教委", "教育局"));
  EXPECT_EQ(edu.superiors(0).unit(), "units/city-gov");
  ASSERT_EQ(edu.contacts_size(), 2);
  EXPECT_EQ(edu.contacts(1).person(), "王芳");
  EXPECT_EQ(edu.contacts(1).phone(), "010-2");
  EXPECT_EQ(edu.owner_node(), "city");
  const v1::Unit street = GetUnit("east-street");
  ASSERT_EQ(street.superiors_size(), 2);
  EXPECT_EQ(street.superiors(0).unit(), "units/east");
  EXPECT_EQ(street.superiors(0).valid_to(), "2024-01-01");
  EXPECT_EQ(street.superiors(1).valid_from(), "2024-01-01");
  EXPECT_EQ(GetUnit("east").node(), "district");
}

TEST_F(DirectoryFileTest, GroupsExpandAsTheFileSays) {
  ASSERT_TRUE(Import(kCity).ok());
  const auto expand = [&](const std::string& group) {
    v1::ExpandUnitGroupRequest request;
    request.set_name(group);
    v1::ExpandUnitGroupResponse expanded;
    EXPECT_TRUE(node_.Call(node_.directory(), &DirectoryCore::ExpandUnitGroup, request, &expanded).ok());
    std::vector<std::string> names;
    for (const v1::Unit& unit : expanded.units()) names.push_back(unit.name());
    return names;
  };
  EXPECT_THAT(expand("groups/counties"), ElementsAre("units/east"));
  EXPECT_THAT(expand("groups/departments"), ElementsAre("units/edu"));
}

TEST_F(DirectoryFileTest, TheSameFileAgainChangesNothing) {
  ASSERT_TRUE(Import(kCity).ok());
  const std::string etag = GetUnit("edu").etag();
  ASSERT_TRUE(Import(kCity).ok());
  EXPECT_EQ(response_.units_created() + response_.units_updated(), 0);
  EXPECT_EQ(response_.groups_created() + response_.groups_updated(), 0);
  EXPECT_EQ(GetUnit("edu").etag(), etag);
}

TEST_F(DirectoryFileTest, AColumnThatIsLeftOutLeavesWhatIsStored) {
  ASSERT_TRUE(Import(kCity).ok());
  ASSERT_TRUE(Import("编号,名称,类别,联系人\nedu,市教育局,部门,赵强\n").ok());
  EXPECT_EQ(response_.units_updated(), 1);
  const v1::Unit edu = GetUnit("edu");
  EXPECT_THAT(edu.aliases(), ElementsAre("市教委", "教育局"));
  ASSERT_EQ(edu.contacts_size(), 1);
  EXPECT_EQ(edu.contacts(0).person(), "赵强");
}

TEST_F(DirectoryFileTest, WithoutAnIdTheNameDecides) {
  ASSERT_TRUE(Import("名称,类别\n市财政局,部门\n").ok());
  EXPECT_EQ(response_.units_created(), 1);
  ASSERT_TRUE(Import("名称,类别,别名\n市财政局,部门,市财局\n").ok());
  EXPECT_EQ(response_.units_updated(), 1);
  EXPECT_EQ(CountUnits(), 1);
}

TEST_F(DirectoryFileTest, NamesCanMoveBetweenEntriesOfAFile) {
  ASSERT_TRUE(Import("编号,名称,类别\na,甲局,部门\nb,乙局,部门\n").ok());
  ASSERT_TRUE(Import("编号,名称,类别\na,乙局,部门\nb,甲局,部门\n").ok());
  EXPECT_EQ(GetUnit("a").display_name(), "乙局");
  EXPECT_EQ(GetUnit("b").display_name(), "甲局");
}

TEST_F(DirectoryFileTest, ReadsGb18030) {
  // `名称,类别` and `市税务局,部门` in GB18030.
  const std::string csv = "\xC3\xFB\xB3\xC6,\xC0\xE0\xB1\xF0\r\n\xCA\xD0\xCB\xB0\xCE\xF1\xBE\xD6,\xB2\xBF\xC3\xC5\r\n";
  ASSERT_TRUE(Import(csv).ok());
  v1::ListUnitsResponse units;
  ASSERT_TRUE(node_.Call(node_.directory(), &DirectoryCore::ListUnits, v1::ListUnitsRequest(), &units).ok());
  ASSERT_EQ(units.units_size(), 1);
  EXPECT_EQ(units.units(0).display_name(), "市税务局");
}

TEST_F(DirectoryFileTest, ErrorsNameLineAndColumnAndNothingIsStored) {
  const absl::Status status = Import(
      "编号,名称,类别,上级,启用日期,按类别\n"
      "a,甲局,部门,,,\n"
      "B,,没有,,2024-13-01,\n"
      "c,丙局,部门,不存在局,,\n"
      "g,各局,集合,,,甲局:没有\n");
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD);
  EXPECT_THAT(Fields(status), ElementsAre("content[3].启用日期", "content[3].编号", "content[3].名称",
                                          "content[3].类别", "content[5].按类别", "content[5].按类别"));
  EXPECT_EQ(CountUnits(), 0);
  const absl::Status unknown = Import("编号,名称,类别,上级\na,甲局,部门,\nc,丙局,部门,不存在局\n");
  EXPECT_THAT(Fields(unknown), ElementsAre("content[3].上级"));
  EXPECT_EQ(CountUnits(), 0);
}

TEST_F(DirectoryFileTest, TheHeaderHasToBeKnownAndComplete) {
  EXPECT_THAT(Fields(Import("名称,类型\n甲,部门\n")), ElementsAre("content[1].类型", "content[1].类别"));
  EXPECT_THAT(Fields(Import("名称,类别,名称\n")), ElementsAre("content[1].名称"));
  EXPECT_THAT(Fields(Import("\n")), ElementsAre("content"));
}

TEST_F(DirectoryFileTest, ATakenNameACircleAndADoubledEntryAreRefusedWithTheirLines) {
  EXPECT_THAT(Fields(Import("编号,名称,类别,别名\na,甲局,部门,\nb,乙局,部门,甲局\n")), ElementsAre("content[3].名称"));
  EXPECT_THAT(Fields(Import("编号,名称,类别,上级\na,甲局,部门,乙局\nb,乙局,部门,甲局\n")),
              ElementsAre("content[2].上级", "content[3].上级"));
  EXPECT_THAT(Fields(Import("编号,名称,类别\na,甲局,部门\na,乙局,部门\n")), ElementsAre("content[3].编号"));
  EXPECT_EQ(CountUnits(), 0);
}

TEST_F(DirectoryFileTest, TheLimitsOfTheContractHoldForLines) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "长";
  EXPECT_TRUE(Import("编号,名称,类别\na," + name + ",部门\n").ok());
  EXPECT_THAT(Fields(Import("编号,名称,类别\nb," + name + "长,部门\n")), ElementsAre("content[2].display_name"));
}

TEST_F(DirectoryFileTest, AFileHasAtMostTwentyThousandLinesAndAHundredColumns) {
  std::string lines = "名称,类别\n";
  for (size_t i = 0; i < kMaxDirectoryLines; ++i) lines += "甲局,部门\n";
  EXPECT_EQ(ReadDirectoryFile(lines)->lines.size(), kMaxDirectoryLines);
  EXPECT_EQ(ReasonOf(ReadDirectoryFile(lines + "甲局,部门\n").status()), v1::INVALID_FIELD);
  std::string cells = "a";
  for (size_t i = 1; i < kMaxCsvColumns; ++i) cells += ",a";
  EXPECT_EQ(ReadCsv(cells)->at(0).cells.size(), kMaxCsvColumns);
  EXPECT_EQ(ReasonOf(ReadCsv(cells + ",a").status()), v1::INVALID_FIELD);
}

TEST_F(DirectoryFileTest, CheckingOnlyCountsAndStoresNothing) {
  ASSERT_TRUE(Import(kCity, true).ok());
  EXPECT_EQ(response_.units_created(), 4);
  EXPECT_EQ(CountUnits(), 0);
}

TEST_F(DirectoryFileTest, ALineMayRepeatAnEntryFromAboveButNotChangeIt) {
  PlanNode district("district");
  ASSERT_TRUE(Import(kCity).ok());
  ASSERT_TRUE(district.Follow(node_).ok());
  v1::ImportDirectoryRequest request;
  v1::ImportDirectoryResponse response;
  request.set_content("编号,名称,类别\neast,东区政府,政府\neast-edu,东区教育局,部门\n");
  ASSERT_TRUE(district.Call(district.directory(), &DirectoryCore::ImportDirectory, request, &response).ok());
  EXPECT_EQ(response.units_created(), 1);
  EXPECT_EQ(response.units_updated(), 0);
  request.set_content("编号,名称,类别\neast,东区人民政府,政府\n");
  const absl::Status status = district.Call(district.directory(), &DirectoryCore::ImportDirectory, request, &response);
  EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(status).at("line"), "2");
}

// The samples that come with the project.
TEST(SampleDirectoryTest, TheSamplesOfTheThreeLevelsLoadInOrder) {
  PlanNode city("city"), district("district"), department("department");
  const auto read = [](const std::string& name) {
    std::ifstream file(SourceFolder() + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  for (const std::string& base :
       {std::string("deploy/samples/directory-"), std::string("tests/samples/shared-directory-")}) {
    PlanNode city("city"), district("district"), department("department");
    city.Load(read(base + "city.csv"));
    ASSERT_TRUE(district.Follow(city).ok());
    district.Load(read(base + "district.csv"));
    ASSERT_TRUE(department.Follow(district).ok());
    department.Load(read(base + "department.csv"));
  }
}

}  // namespace
}  // namespace duban
