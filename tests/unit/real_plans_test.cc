// The four real documents of ../shared/plans, held against tables that were written by reading them: numbers, units,
// roles, the numbering of headings, deadlines. They are skipped, visibly, where the documents are absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tests/support/plan_lines.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsSupersetOf;
using ::testing::Not;

// The document whose name begins with `number`; nothing where ../shared is absent.
std::string RealDocument(const std::string& number) {
  const std::filesystem::path folder = std::filesystem::path(SourceFolder()) / ".." / "shared" / "plans";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().substr(0, 3) != number) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  return "";
}

v1::Plan Read(const std::string& bytes) {
  const absl::StatusOr<SourceDocument> source = ReadSource(bytes, "plan.txt");
  EXPECT_TRUE(source.ok()) << source.status();
  absl::StatusOr<v1::Plan> plan = DocumentToPlan(*source, ReadContext());
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

// `11-14 | ...` stands for four tasks with the same line.
std::vector<std::string> Expand(const std::vector<std::string>& rows) {
  std::vector<std::string> lines;
  for (const std::string& row : rows) {
    const size_t space = row.find(' ');
    const std::string numbers = row.substr(0, space);
    const size_t dash = numbers.find('-');
    const int first = std::stoi(numbers);
    const int last = dash == std::string::npos ? first : std::stoi(numbers.substr(dash + 1));
    for (int number = first; number <= last; ++number) lines.push_back(std::to_string(number) + row.substr(space));
  }
  return lines;
}

#define SKIP_WITHOUT(bytes)                                                                      \
  if ((bytes).empty()) {                                                                         \
    GTEST_SKIP() << "NOTICE: ../shared/plans is absent, so the real documents were not checked"; \
  }

TEST(RealPlans, DistrictOf2022HasFiftyTasksWithMergedCellsServingAllOfThem) {
  const std::string bytes = RealDocument("000");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  EXPECT_EQ(plan.title(), "汕头市濠江区贯彻落实汕头市人民政府办公室2022年政务公开工作要点分工方案");
  EXPECT_EQ(plan.issuing_unit(), "汕头市濠江区");
  EXPECT_EQ(plan.document_number(), "") << "the number inside task 26 is another document's";
  EXPECT_EQ(plan.year(), 2022);
  EXPECT_EQ(plan.stage(), v1::Plan::FINAL);
  EXPECT_EQ(plan.implements(), "汕头市人民政府办公室2022年政务公开工作要点");
  const std::string all = "R:各街道*、区直各单位*";
  const std::string office = "L:区政府办公室、区政务服务数据管理局 R:各街道*、区直相关单位*";
  EXPECT_THAT(TaskLines(plan, "body"),
              ElementsAreArray(Expand({
                  "1 | 一、/(一) | R:区政府办公室、区司法局",
                  "2 | 一、/(一) | " + all,
                  "3-4 | 一、/(二) | " + all,
                  "5 | 一、/(二) | R:各街道*、相关单位* |  | BY_DATE 2022-12-31",
                  "6-7 | 一、/(三) | " + all,
                  "8 | 一、/(三) | R:区司法局",
                  "9 | 一、/(四) | " + all,
                  "10 | 一、/(四) | R:区政府办公室",
                  "11-14 | 二、/(一) | L:区卫生健康局、区政务服务数据管理局 " + all,
                  "15 | 二、/(二) | L:区发展改革局 " + all,
                  "16-17 | 二、/(二) | " + all,
                  "18 | 二、/(二) | R:区税务局",
                  "19-21 | 二、/(三) | " + all,
                  "22 | 二、/(四) | L:区人力资源社会保障局 R:区直相关单位*",
                  "23 | 二、/(四) | R:区教育局",
                  "24 | 二、/(四) | R:区卫生健康局",
                  "25 | 二、/(五) | R:区教育局、区住房城乡建设局（交通运输局）、区卫生健康局、市生态环境局濠江分局",
                  "26-29 | 三、/(1) | " + all,
                  "30-31 | 三、/(二) | " + office,
                  "32 | 三、/(三) | " + all,
                  "33 | 三、/(三)",
                  "34-36 | 四、/(一) | " + all,
                  "37-38 | 四、/(二) | R:区政府办公室、各街道*、区直各单位*",
                  "39-40 | 四、/(三) | " + all,
                  "41 | 四、/(四) | R:区自然资源局",
                  "42-43 | 四、/(四) | R:区政府办公室",
                  "44-45 | 五、 | " + all + " |  | PERIODIC YEARLY 1",
                  "46-50 | 五、 | " + all,
              })));
  EXPECT_THAT(FindingLines(plan, {"NO_UNIT"}), ElementsAre("NO_UNIT body-33"));
  EXPECT_THAT(FindingLines(plan, {"OPEN_LIST"}), ElementsAre("OPEN_LIST body-25"));
  EXPECT_THAT(FindingLines(plan), Contains("HEADING_OUT_OF_PLACE"));
  const v1::Task& task = plan.tasks(32);
  EXPECT_EQ(task.span().line(), 156);
  EXPECT_EQ(plan.tasks(49).text().find("抄送"), std::string::npos);
}

TEST(RealPlans, CityOf2022HasTwentyFiveTasksInProse) {
  const std::string bytes = RealDocument("001");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  EXPECT_EQ(plan.title(), "2022年湖州市政务公开工作要点");
  EXPECT_EQ(plan.issuing_unit(), "湖州市人民政府办公室");
  EXPECT_EQ(plan.issue_date(), "2022-07-18");
  EXPECT_EQ(plan.post_date(), "2022-09-09");
  EXPECT_EQ(plan.year(), 2022);
  EXPECT_EQ(plan.tasks_size(), 60);
  EXPECT_THAT(TaskLines(plan, "body"),
              ElementsAreArray(std::vector<std::string>({
                  "1 | 一、/(一) | L:市发展改革委、各区县政府*",
                  "2 | 一、/(一) | L:市财政局",
                  "3 | 一、/(二) | L:市发展改革委、市建设局、市委改革办(市政务办)",
                  "4 | 一、/(二) | L:市市场监管局",
                  "5 | 一、/(二) | L:市税务局",
                  "6 | 一、/(三) | L:市政府办公室",
                  "7 | 一、/(三) | L:市人力社保局",
                  "8 | 一、/(三) | "
                  "L:市政府办公室、市教育局、市卫生健康委、市建设局、市生态环境局、市交通运输局、国网湖州供电公司",
                  "9 | 一、/(四) | L:市卫生健康委、市新闻传媒中心",
                  "10 | 二、/(五) | L:市政府办公室、市经信局、市新闻传媒中心、市大数据局",
                  "11 | 二、/(六) | L:市政府办公室、市信访局 |  | WORKING_DAYS 1",
                  "12 | 二、/(六) | L:市委网信办",
                  "13 | 二、/(七) | L:长兴县政府、市级各部门*",
                  "14 | 二、/(七) | L:市司法局",
                  "15 | 二、/(七) | L:市政府办公室、市司法局",
                  "16 | 二、/(八) | L:市政府办公室、市委改革办(市政务办)、市大数据局",
                  "17 | 三、/(九) | L:市政府办公室、市司法局、市级有关部门*",
                  "18 | 三、/(九) | L:市级各部门*",
                  "19 | 三、/(十) | L:市大数据局 |  | PERIODIC MONTHLY 1",
                  "20 | 三、/(十) | L:市政府办公室、各区县政府* |  | BY_DATE 2022-06-30",
                  "21 | 三、/(十一) | L:各区县政府* |  | BY_DATE 2022-07-31、BY_DATE 2022-12-31",
                  "22 | 三、/(十一) | L:安吉县政府、市自然资源和规划局",
                  "23 | 三、/(十一) | L:各区县政府*",
                  "24 | 三、/(十一) | L:吴兴区政府",
                  "25 | 三、/(十二) | L:市大数据局",
              })));
}

TEST(RealPlans, CityOf2022HasAnnexesWithDeadlines) {
  const std::string bytes = RealDocument("001");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  const std::string year = " | WHOLE_PERIOD 2022-12-31";
  const std::string office = "市政府办公室、";
  EXPECT_THAT(
      TaskLines(plan, "附件1"),
      ElementsAreArray(std::vector<std::string>({
          "1 |  | L:市发展改革委" + year,
          "2 |  | L:市发展改革委" + year,
          "3 |  | L:市财政局 | BY_DATE 2022-12-31",
          "4 |  | L:市发展改革委、市建设局、市委改革办(市政务办) | BY_DATE 2022-09-30",
          "5 |  | L:市市场监管局" + year,
          "6 |  | L:市税务局 | BY_DATE 2022-10-31",
          "7 |  | L:市政府办公室" + year,
          "8 |  | L:市人力社保局" + year,
          "9 |  | L:" + office +
              "市教育局、市卫生健康委、市建设局、市生态环境局、市交通运输局、国网湖州供电公司 | BY_DATE 2022-09-30",
          "10 |  | L:市卫生健康委、市新闻传媒中心" + year,
          "11 |  | L:" + office + "市经信局、市大数据局 | BY_DATE 2022-10-31",
          "12 |  | L:" + office + "市经信局、市新闻传媒中心" + year,
          "13 |  | L:" + office + "市信访局 | BY_DATE 2022-09-30",
          "14 |  | L:长兴县政府、市级各部门* | BY_DATE 2022-06-30",
          "15 |  | L:市司法局 | BY_DATE 2022-06-30",
          "16 |  | L:" + office + "市委改革办(市政务办)、市大数据局" + year,
          "17 |  | L:" + office + "市司法局、市级有关部门*" + year,
          "18 |  | L:市大数据局" + year + " | PERIODIC MONTHLY 1",
          "19 |  | L:各区县政府* | BY_DATE 2022-06-30",
          "20 |  | L:各区县政府* | BY_DATE 2022-07-31",
          "21 |  | L:各区县政府* | BY_DATE 2022-12-31",
          "22 |  | L:安吉县政府、市自然资源和规划局 | BY_DATE 2022-12-31",
          "23 |  | L:各区县政府*" + year,
          "24 |  | L:吴兴区政府 | BY_DATE 2022-10-31",
          "25 |  | L:市大数据局 | BY_DATE 2022-12-31",
      })));
  EXPECT_THAT(
      TaskLines(plan, "附件2"),
      ElementsAreArray(std::vector<std::string>({
          "1 |  | L:" + office +
              "市教育局、市生态环境局、市建设局、市卫生健康委、市交通运输局、国网湖州供电公司 | BY_DATE 2022-09-30",
          "2 |  | L:" + office + "市经信局 | BY_DATE 2022-10-31",
          "3 |  | L:" + office + "市委改革办(市政务办) | BY_DATE 2022-09-30",
          "4 |  | L:" + office + "市信访局 | BY_DATE 2022-11-30 | WORKING_DAYS 1",
          "5 |  | L:" + office + "市司法局" + year,
      })));
  EXPECT_THAT(TaskLines(plan, "附件3"),
              ElementsAre("1 |  | R:吴兴区 | BY_DATE 2022-12-31", "2 |  | R:南浔区 | BY_DATE 2022-11-30",
                          "3 |  | R:德清县 | BY_DATE 2022-12-31", "4 |  | R:长兴县 | BY_DATE 2022-12-31",
                          "5 |  | R:安吉县 | BY_DATE 2022-11-30"));
}

TEST(RealPlans, CityOf2022KeepsItsRulesTargetsAndDoubts) {
  const std::string bytes = RealDocument("001");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  ASSERT_EQ(plan.plan_rules_size(), 2);
  EXPECT_EQ(plan.plan_rules(0).kind(), v1::PlanRule::ADD_UNIT);
  EXPECT_EQ(plan.plan_rules(0).unit(), "各区县政府");
  EXPECT_EQ(plan.plan_rules(0).from_task(), "body-2");
  EXPECT_EQ(plan.plan_rules(1).kind(), v1::PlanRule::INCLUDE_UNIT);
  EXPECT_EQ(plan.plan_rules(1).subject(), "各区县政府");
  EXPECT_EQ(plan.plan_rules(1).unit(), "南太湖新区管委会");
  EXPECT_THAT(
      FindingLines(plan, {"LOST_PARENTHESIS", "BROKEN_UNIT", "DEADLINE_PAST_AT_ISSUE"}),
      // Where a label without brackets runs into the text, the names are known from elsewhere, so nothing is in doubt.
      ElementsAre("LOST_PARENTHESIS body-3", "DEADLINE_PAST_AT_ISSUE body-20", "DEADLINE_PAST_AT_ISSUE annex1-14",
                  "DEADLINE_PAST_AT_ISSUE annex1-15", "DEADLINE_PAST_AT_ISSUE annex1-19", "BROKEN_UNIT annex1-22"));
  const v1::Task& data = plan.tasks(24);
  ASSERT_EQ(data.targets_size(), 3);
  EXPECT_EQ(data.targets(0).subject(), "数据集总量");
  EXPECT_EQ(data.targets(0).value(), 1000);
  EXPECT_EQ(data.targets(1).value(), 12000);
  EXPECT_EQ(data.targets(1).relation(), ">=");
  EXPECT_EQ(data.targets(2).value(), 30);
}

TEST(RealPlans, CountyDraftOf2018HasFiftySevenTasksWithLeadAndResponsibleUnits) {
  const std::string bytes = RealDocument("002");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  EXPECT_EQ(plan.title(), "翁源县2018年政务公开工作要点分工方案");
  EXPECT_EQ(plan.issuing_unit(), "翁源县");
  EXPECT_EQ(plan.year(), 2018);
  EXPECT_EQ(plan.stage(), v1::Plan::CONSULTATION);
  const std::string both = "各镇（场）政府*、县直各部门*";
  const std::string service = "县行政服务中心、县信息中心";
  EXPECT_THAT(TaskLines(plan, "body"),
              ElementsAreArray(Expand({
                  "1 | 一、/(一) | R:县府办、各镇（场）政府办公室*",
                  "2 | 一、/(一) | L:县府办 R:" + both,
                  "3 | 一、/(一) | L:县编办 R:" + both,
                  "4 | 一、/(一) | R:县府办、" + both,
                  "5 | 一、/(一) | R:县发改局、县经信局、县工商局",
                  "6 | 一、/(一) | R:各镇（场）政府*、县直各有关行政执法部门*",
                  "7 | 一、/(二) | L:县府办 R:" + both,
                  "8 | 一、/(二) | L:县财政局 R:县直各部门*",
                  "9 | 一、/(二) | R:县财政局",
                  "10 | 一、/(二) | R:县信息中心、县直各部门*",
                  "11 | 一、/(二) | R:县国土资源局、市公共资源交易中心翁源分中心",
                  "12-13 | 一、/(二) | R:市公共资源交易中心翁源分中心",
                  "14 | 一、/(二) | R:县扶贫办、县民政局、县食药监局、县环保局",
                  "15 | 一、/(二) | R:县直各部门*",
                  "16-17 | 一、/(三) | R:" + both,
                  "18 | 一、/(三) | R:县直各部门*",
                  "19 | 一、/(三) | R:县公安局、县财政局、县金融办、县扶贫办、县民政局、县环保局",
                  "20 | 一、/(四) | R:县委宣传部、" + both,
                  "21 | 一、/(四) | R:县教育局、县卫计局、县住建局、县安监局、县国土局、县水务局、县食药监局、县民政局",
                  "22 | 一、/(四) | R:县府办、县信息中心、县公安局",
                  "23 | 一、/(四) | R:县委宣传部、" + both,
                  "24 | 一、/(四) | R:县委宣传部、县府办",
                  "25-26 | 二、/(五) | R:" + service + "、" + both,
                  "27 | 二、/(五) | R:" + service + "、县直各部门*",
                  "28 | 二、/(五) | R:" + both,
                  "29 | 二、/(六) | R:县行政服务中心、县直各部门*、各镇（场）政府*",
                  "30 | 二、/(六) | R:县编办、县行政服务中心、县工商局、县信息中心",
                  "31 | 二、/(六) | R:县行政服务中心、" + both,
                  "32 | 二、/(七) | L:县编办、" + service + " R:" + both,
                  "33 | 二、/(七) | R:县工商局、县住建局",
                  "34 | 二、/(七) | L:县编办 R:" + both,
                  "35 | 二、/(七) | L:县编办、县行政服务中心 R:" + both + " |  | WORKING_DAYS 1",
                  "36 | 二、/(七) | L:" + service + " R:" + both,
                  "37-38 | 三、/(八) | L:县府办 R:县信息中心、县直各部门*",
                  "39 | 三、/(八) | R:县信息中心、县直各部门*",
                  "40-41 | 三、/(八) | L:县信息中心 R:" + both,
                  "42-44 | 三、/(九) | L:县信息中心 R:" + both,
                  "45-46 | 三、/(十) | L:县行政服务中心 R:县直各部门*",
                  "47 | 三、/(十) | L:县行政服务中心 R:" + both,
                  "48 | 三、/(十一) | L:县府办 R:县信息中心、县直各部门*",
                  "49 | 三、/(十一) | L:县府办 R:" + both,
                  "50-51 | 四、/(十二) | L:县府办 R:" + both,
                  "52 | 四、/(十二) | L:县委宣传部 R:县府办、" + both,
                  "53-54 | 四、/(十三) | R:" + both,
                  "55 | 四、/(十四) | L:县府办 R:" + both,
                  "56 | 四、/(十五) | R:县教育局、县环保局、县文广新局、县旅游局、县卫计局、县住建局、县民政局",
                  "57 | 四、/(十五) | L:县府办 R:县直各部门*",
              })));
  EXPECT_THAT(FindingLines(plan, {"NUMBER_REPAIRED", "DUPLICATE_UNIT", "NO_UNIT", "HEADING_OUT_OF_PLACE"}),
              ElementsAre("NUMBER_REPAIRED body-49", "DUPLICATE_UNIT body-52"));
}

TEST(RealPlans, DepartmentOf2024HasThirtyFourSquashedRows) {
  const std::string bytes = RealDocument("003");
  SKIP_WITHOUT(bytes);
  const v1::Plan plan = Read(bytes);
  EXPECT_EQ(plan.title(), "汕尾市市场监督管理局政务公开工作要点分工方案(2024年版)");
  EXPECT_EQ(plan.issuing_unit(), "汕尾市市场监督管理局");
  EXPECT_EQ(plan.issue_date(), "") << "the day it was posted is not the day it was signed";
  EXPECT_EQ(plan.post_date(), "2024-08-20");
  EXPECT_EQ(plan.year(), 2024);
  const std::string all = "市局各有关科室*";
  const std::string counties = "各县(市、区)局*";
  const std::string law = "办公室、政策法规科、" + all;
  const std::string standing = " | STANDING";
  const std::string due = " | BY_DATE 2024-12-31";
  EXPECT_THAT(
      TaskLines(plan, "body"),
      ElementsAreArray(Expand({
          "1 | 一、/(一) | R:" + law + standing,
          "2 | 一、/(一) | R:政策法规科、办公室、" + all + standing + " | BY_DATE 2022-11-30、BY_DATE 2022-12-31",
          "3 | 一、/(一) | R:政策法规科、办公室" + standing,
          "4 | 一、/(一) | R:" + all + standing,
          "5 | 一、/(二) | R:办公室、许可注册科、" + counties + standing,
          "6 | 一、/(三) | R:办公室、" + counties + standing,
          "7 | 一、/(三) | R:政策法规科、" + all + standing,
          "8 | 一、/(四) | R:办公室" + standing,
          "9 | 二、/(一) | R:科信科、许可注册科、" + all + due,
          "10 | 二、/(一) | R:办公室、综合规划科、许可注册科、" + all + due,
          "11 | 二、/(一) | R:价监竞争科、执法监督科" + due,
          "12 | 二、/(二) | R:许可注册科、信用风险科、价监竞争科、" + all + due,
          "13 | 三、/(一) | R:" + law + "、" + counties + standing,
          "14 | 三、/(一) | R:办公室、" + all + standing + " | PERIODIC QUARTERLY 1",
          "15-16 | 三、/(一) | R:" + law + standing,
          "17 | 三、/(二) | R:办公室、技术服务中心" + due,
          "18-19 | 三、/(三) | R:办公室、" + all + due,
          "20 | 四、/(一) | R:办公室、机关党办" + standing,
          "21 | 四、/(一) | R:办公室" + standing,
          "22 | 四、/(一) | R:办公室、技术服务中心" + due + " | BY_DATE 2022-12-31",
          "23 | 四、/(一) | R:办公室、" + all + due,
          "24 | 四、/(二) | R:办公室、" + all + due,
          "25 | 四、/(二) | R:办公室、许可注册科、" + all + due,
          "26 | 四、/(二) | "
          "R:办公室、协调应急科、食品经营科、食品生产科、特殊食品科、药品监管科、执法监督科、信用风险科" +
              due,
          "27 | 四、/(三) | R:办公室、" + all + standing,
          "28 | 四、/(三) | R:" + law + standing,
          "29 | 四、/(三) | R:办公室" + standing,
          "30-31 | 五、/(四) | R:办公室" + standing + " | PERIODIC YEARLY 1",
          "32 | 五、/(四) | R:办公室、财务科、" + counties + due,
          "33 | 五、/(四) | R:办公室" + due,
          "34 | 五、/(五) | R:办公室" + due,
      })));
  EXPECT_THAT(FindingLines(plan, {"NUMBER_REPAIRED", "HEADING_OUT_OF_PLACE", "UNIT_BOUNDARY_UNCLEAR"}),
              ElementsAre("HEADING_OUT_OF_PLACE", "NUMBER_REPAIRED body-33"));
  EXPECT_EQ(plan.tasks(32).printed_number(), "333.");
  EXPECT_THAT(FindingLines(plan), IsSupersetOf({"DEADLINE_PAST_AT_ISSUE body-2", "DEADLINE_PAST_AT_ISSUE body-22",
                                                "DEADLINE_CONTRADICTION body-22"}));
  EXPECT_THAT(FindingLines(plan), Not(Contains("NO_UNIT body-34")));
}

}  // namespace
}  // namespace duban
