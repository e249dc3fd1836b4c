// Columns and labels that have fields of their own in a task, and what a person says of a document's layout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tests/support/plan_lines.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Plan Read(const std::string& text, const v1::ReadingHints& hints = {}, const char* name = "plan.txt") {
  const absl::StatusOr<SourceDocument> source = ReadSource(text, name);
  EXPECT_TRUE(source.ok()) << source.status();
  ReadContext context;
  context.hints = hints;
  const absl::StatusOr<v1::Plan> plan = DocumentToPlan(*source, context);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.value_or(v1::Plan());
}

std::vector<std::string> People(const v1::Task& task) {
  std::vector<std::string> people;
  for (const v1::TaskPeople& entry : task.people()) people.push_back(entry.label() + "=" + entry.printed());
  return people;
}

std::vector<std::string> Stages(const v1::Task& task) {
  std::vector<std::string> stages;
  for (const v1::TaskStage& stage : task.stages())
    stages.push_back(DeadlineLine(stage.deadline()) + "=" + stage.text());
  return stages;
}

std::vector<std::string> Lines(const v1::Plan& plan) {
  std::vector<std::string> lines;
  for (const v1::Task& task : plan.tasks()) lines.push_back(task.text() + " " + UnitsLine(task));
  return lines;
}

TEST(DocumentFields, ColumnsOfATableHaveFieldsOfTheirOwn) {
  const v1::Plan plan = Read(
      "澄江市2024年重点任务分解表\n"
      "| 序号 | 重点任务 | 工作目标 | 责任单位 | 分管领导 | 责任人 | 完成时限 | 工作要求 | 备注 |\n"
      "|---|---|---|---|---|---|---|---|---|\n"
      "| 1 | 改造老旧小区的供水管道，更换失灵的阀门，修好漏水的接头。 | 全年改造八个小区 | 市住建局 | 王某 | "
      "李某、赵某 | 9月底前 | "
      "每月报送一次 | 去年结转 |\n"
      "| 2 | 在学校门口划出接送车道，增设护栏，安排人员疏导。 | 覆盖十所学校 | 市公安局 | 王某 | 孙某 | 6月底前 | "
      "开学前完成 | |\n");
  ASSERT_THAT(plan.tasks(), SizeIs(2));
  const v1::Task& task = plan.tasks(0);
  EXPECT_EQ(task.text(), "改造老旧小区的供水管道，更换失灵的阀门，修好漏水的接头。");
  EXPECT_EQ(task.goal(), "全年改造八个小区");
  EXPECT_EQ(task.requirement(), "每月报送一次");
  EXPECT_EQ(task.remark(), "去年结转");
  EXPECT_THAT(People(task), ElementsAre("分管领导=王某", "责任人=李某、赵某"));
  EXPECT_EQ(UnitsLine(task), "R:市住建局");
  EXPECT_THAT(task.title(), IsEmpty());
}

TEST(DocumentFields, LabelsBehindTheTextHaveThemToo) {
  const v1::Plan plan = Read(
      "澄江市2024年安全生产重点工作\n"
      "1."
      "排查老旧厂房的消防通道。\n工作目标：通道全部畅通。\n工作措施：逐户登记，限期清理。\n责任单位：市应急管理局\n责任"
      "人：钱某\n"
      "完成时限：5月底前\n"
      "2."
      "检查燃气管道的接口。\n工作目标：接口不再漏气。\n工作措施：分片检查，当场更换。\n责任单位：市住建局\n责任人：周某"
      "\n完成时限：8月底前\n");
  ASSERT_THAT(plan.tasks(), SizeIs(2));
  EXPECT_EQ(plan.tasks(0).text(), "排查老旧厂房的消防通道。");
  EXPECT_EQ(plan.tasks(0).goal(), "通道全部畅通。");
  EXPECT_EQ(plan.tasks(0).measure(), "逐户登记，限期清理。");
  EXPECT_THAT(People(plan.tasks(1)), ElementsAre("责任人=周某"));
  EXPECT_EQ(DeadlineLine(plan.tasks(1).deadline()), "BY_DATE 2024-08-31");
}

TEST(DocumentFields, LabelsThatFollowEachOtherInOneLineHaveThemToo) {
  const v1::Plan plan = Read(
      "澄江区2024年安全整改清单\n"
      "1."
      "问题：消防通道堵塞。整改目标：10月底前全面畅通。整改措施：一是清理杂物；二是划线标识。责任单位：区消防救援大队。"
      "责任人：王建国。完成时限：一季度完成排查；二季度完成整改；年底前验收。\n"
      "2.问题：台账不全。整改目标：台账齐全。整改措施：补齐台账，专人管理。责任单位：区应急管理局。责任人：李明。"
      "完成时限：一季度摸底；三季度前补齐；12月底前验收。\n"
      "3.推进道路建设。目标：新建道路20公里。措施：成立专班，每周调度。责任人：张晓华。牵头单位：区交通局；"
      "配合单位：区财政局。完成时限：上半年开工；12月底前通车。\n");
  EXPECT_THAT(Lines(plan), ElementsAre("消防通道堵塞。 R:区消防救援大队", "台账不全。 R:区应急管理局",
                                       "推进道路建设。 L:区交通局 C:区财政局"));
  EXPECT_EQ(plan.tasks(0).goal(), "10月底前全面畅通。");
  EXPECT_EQ(plan.tasks(0).measure(), "一是清理杂物；二是划线标识。");
  EXPECT_EQ(plan.tasks(2).measure(), "成立专班，每周调度。");
  EXPECT_THAT(People(plan.tasks(1)), ElementsAre("责任人=李明"));
  EXPECT_THAT(People(plan.tasks(2)), ElementsAre("责任人=张晓华"));
  EXPECT_THAT(Stages(plan.tasks(1)),
              ElementsAre("BY_DATE 2024-03-31=摸底", "BY_DATE 2024-06-30=补齐", "BY_DATE 2024-12-31=验收"));
  EXPECT_THAT(Stages(plan.tasks(2)), ElementsAre("BY_DATE 2024-06-30=开工", "BY_DATE 2024-12-31=通车"));
}

TEST(DocumentFields, AGoalOfSeveralDatesSaysTheStagesAndTheDeadline) {
  const v1::Plan plan = Read(
      "澄江区2024年民生实事任务分解\n"
      "1.新建社区食堂10个\n阶段目标：一季度完成选址；二季度开工建设；12月底前投入使用。\n责任单位：区民政局\n"
      "2.改造老旧小区20个\n阶段目标：上半年完成设计；11月底前竣工验收。\n责任单位：区住建局\n");
  EXPECT_THAT(Lines(plan), ElementsAre("新建社区食堂10个 R:区民政局", "改造老旧小区20个 R:区住建局"));
  EXPECT_THAT(Stages(plan.tasks(0)),
              ElementsAre("BY_DATE 2024-03-31=完成选址", "BY_DATE 2024-06-30=开工建设", "BY_DATE 2024-12-31=投入使用"));
  EXPECT_EQ(DeadlineLine(plan.tasks(1).deadline()), "BY_DATE 2024-11-30");
}

TEST(DocumentFields, SeveralDatesInACellAreStagesAndTheLastIsTheDeadline) {
  const v1::Plan plan = Read(
      "澄江市2024年重点项目\n| 序号 | 工作任务 | 责任单位 | 完成时限 |\n|---|---|---|---|\n"
      "| 1 | 新建一座便民停车楼。 | 市城投公司 | 3月底前完成方案；6月底前开工，12月底前主体封顶 |\n"
      "| 2 | 修缮文化馆。 | 市文化旅游局 | 一季度：完成招标；二季度：进场施工 |\n"
      "| 3 | 整理档案。 | 市档案馆 | 9月底前 |\n");
  ASSERT_THAT(plan.tasks(), SizeIs(3));
  EXPECT_THAT(Stages(plan.tasks(0)),
              ElementsAre("BY_DATE 2024-03-31=完成方案", "BY_DATE 2024-06-30=开工", "BY_DATE 2024-12-31=主体封顶"));
  EXPECT_EQ(DeadlineLine(plan.tasks(0).deadline()), "BY_DATE 2024-12-31");
  EXPECT_EQ(plan.tasks(0).deadline().printed(), "3月底前完成方案；6月底前开工，12月底前主体封顶");
  EXPECT_THAT(Stages(plan.tasks(1)), ElementsAre("BY_DATE 2024-03-31=完成招标", "BY_DATE 2024-06-30=进场施工"));
  EXPECT_THAT(plan.tasks(2).stages(), IsEmpty());
  EXPECT_THAT(plan.findings(), IsEmpty());
}

TEST(DocumentFields, ColumnsOfQuartersAreStages) {
  const v1::Plan plan = Read(
      "序号,项目,建设内容,责任单位,一季度,二季度,三季度,四季度\n"
      "1,停车楼,新建一座三层的便民停车楼,市城投公司,完成方案,开工,主体封顶,投用\n"
      "2,文化馆,修缮文化馆的屋顶和展厅,市文化旅游局,招标,施工,验收,\n",
      {}, "2024年清单.csv");
  ASSERT_THAT(plan.tasks(), SizeIs(2));
  EXPECT_THAT(plan.tasks(1).stages(), SizeIs(3));
  EXPECT_EQ(plan.tasks(0).stages(3).text(), "投用");
  EXPECT_EQ(plan.tasks(0).stages(3).deadline().printed(), "四季度");
}

// Rows whose cells are run together, people among them.
TEST(DocumentFields, PeopleInRowsThatAreRunTogetherAreNoUnits) {
  const v1::Plan plan = Read(
      "澄江市2024年民生实事分工表\n序号工作任务分管领导责任单位责任人完成时限\n"
      "1改造农贸市场4处，清理占道摊点。王建国市商务局、各街道李明9月底前\n"
      "2新增社区养老床位300张，培训护理人员。张晓华市民政局陈立12月底前\n"
      "3疏通积水路段11处，更换破损井盖。王建国市住建局赵志强6月底前\n");
  EXPECT_THAT(Lines(plan), ElementsAre("改造农贸市场4处，清理占道摊点。 R:市商务局、各街道*",
                                       "新增社区养老床位300张，培训护理人员。 R:市民政局",
                                       "疏通积水路段11处，更换破损井盖。 R:市住建局"));
  ASSERT_THAT(plan.tasks(), SizeIs(3));
  EXPECT_THAT(People(plan.tasks(0)), ElementsAre("分管领导=王建国", "责任人=李明"));
  EXPECT_THAT(People(plan.tasks(1)), ElementsAre("分管领导=张晓华", "责任人=陈立"));
  EXPECT_EQ(DeadlineLine(plan.tasks(2).deadline()), "BY_DATE 2024-06-30");
}

// What is said of columns by what stands in them.
TEST(DocumentFields, ColumnsWhoseHeadersAreNotKnownAreKnownByTheirCells) {
  const v1::Plan plan = Read(
      "徐庙镇2024年安全检查安排\n月份\t行业\t检查重点\t牵头站所\t配合单位\n"
      "3月\t烟花爆竹\t查存放条件，清退无证摊点。\t镇应急办\t镇派出所\n"
      "7月\t游泳场馆\t检查救生员持证情况。\t镇文化站\t镇卫生院\n");
  EXPECT_THAT(Lines(plan), ElementsAre("查存放条件，清退无证摊点。 L:镇应急办 C:镇派出所",
                                       "检查救生员持证情况。 L:镇文化站 C:镇卫生院"));
  EXPECT_EQ(DeadlineLine(plan.tasks(1).deadline()), "BY_DATE 2024-07-31");
}

TEST(DocumentFields, AColumnOfUnitsThatSaysNoRoleIsAskedAbout) {
  const v1::Plan plan = Read(
      "澄江市2024年重点任务表\n序号\t任务\t责任单位\t挂点\t时限\n"
      "1\t改造农贸市场。\t市商务局\t市财政局\t9月底\n2\t建设口袋公园。\t市住建局\t市审计局\t6月底\n");
  EXPECT_THAT(Lines(plan), ElementsAre("改造农贸市场。 R:市商务局", "建设口袋公园。 R:市住建局"));
  EXPECT_THAT(FindingLines(plan), ElementsAre("COLUMN_UNCLEAR body-1", "COLUMN_UNCLEAR body-2"));
}

TEST(DocumentFields, ColumnsOfUnitsThatSpacesAlonePartAreAskedAboutWhereTheyMayBePartedOtherwise) {
  const v1::Plan plan = Read(
      "柳林县2024年为民办实事任务表\n序号 实事内容 牵头单位 配合单位 完成时限\n"
      "1 新建城区口袋公园6处，改造公厕15座。 县城管局 县财政局 县住建局 10月底前\n"
      "2 安装残疾人家庭无障碍设施260户。 县残联 各乡镇 9月底前\n"
      "3 更新新能源公交车20辆，优化线路5条。 县交通局 县公交公司 8月底前\n");
  EXPECT_THAT(Lines(plan), ElementsAre("新建城区口袋公园6处，改造公厕15座。 L:县城管局 C:县财政局、县住建局",
                                       "安装残疾人家庭无障碍设施260户。 L:县残联 C:各乡镇*",
                                       "更新新能源公交车20辆，优化线路5条。 L:县交通局 C:县公交公司"));
  EXPECT_THAT(FindingLines(plan), ElementsAre("ROLE_UNCLEAR body-1", "READING_UNSURE body-1"));
}

TEST(DocumentFields, LabelsBeforeUnitsThatNoTableKnowsAreAskedAbout) {
  const v1::Plan plan = Read(
      "澄江区2024年民生实事分工\n1."
      "新建停车场3处。\n责任单位：区城管局\n督查组室：区委督查室、区政府办\n完成时限：9月底前\n"
      "2.改造农贸市场2个。\n责任单位：区商务局\n督查组室：区政府办\n完成时限：10月底前\n");
  EXPECT_THAT(Lines(plan), ElementsAre("新建停车场3处。 R:区城管局", "改造农贸市场2个。 R:区商务局"));
  EXPECT_EQ(plan.tasks(0).remark(), "区委督查室、区政府办");
  EXPECT_THAT(FindingLines(plan), ElementsAre("COLUMN_UNCLEAR body-1", "COLUMN_UNCLEAR body-2"));
  EXPECT_EQ(DeadlineLine(plan.tasks(1).deadline()), "BY_DATE 2024-10-31");
}

TEST(DocumentFields, ALabelThatNoTableKnowsMaySayTheRoleAllTheSame) {
  const v1::Plan plan = Read(
      "澄江区2024年民生实事分工\n1.新建停车场3处。\n落实主体：区城管局、各街道\n完成时限：9月底前\n"
      "2.改造农贸市场2个。\n落实主体：区商务局\n完成时限：10月底前\n");
  EXPECT_THAT(Lines(plan), ElementsAre("新建停车场3处。 R:区城管局、各街道*", "改造农贸市场2个。 R:区商务局"));
  EXPECT_THAT(plan.findings(), IsEmpty());
}

TEST(DocumentFields, AFormIsATaskForEachOfItsRecords) {
  const v1::Plan plan = Read(
      "澄江市2024年整改表\n问题名称\t渣土车撒漏。\t责任人\t汪涛\n整改措施\t设卡检查。\t责任单位\t渣土管理处\n"
      "问题名称\t中转站异味扰民。\t责任人\t田野\n整改措施\t加装除臭设备。\t责任单位\t环境卫生管理处\n");
  EXPECT_THAT(Lines(plan), ElementsAre("设卡检查。 R:渣土管理处", "加装除臭设备。 R:环境卫生管理处"));
  EXPECT_EQ(plan.tasks(1).title(), "中转站异味扰民。");
  EXPECT_THAT(People(plan.tasks(1)), ElementsAre("责任人=田野"));
}

TEST(DocumentFields, ASentenceThatOnlySaysWhoActsIsNoText) {
  const v1::Plan plan = Read(
      "澄江市2024年森林防火分工\n1.设卡62处，严禁带火种进山。由市林业局牵头，市公安局、各乡镇配合，4月10日前完成。\n"
      "2.由主管部门牵头会商，形成会议纪要。由市应急局负责，6月底前完成。\n");
  EXPECT_THAT(Lines(plan), ElementsAre("设卡62处，严禁带火种进山。 L:市林业局 C:市公安局、各乡镇*",
                                       "由主管部门牵头会商，形成会议纪要。 R:市应急局"));
  EXPECT_EQ(DeadlineLine(plan.tasks(0).deadline()), "BY_DATE 2024-04-10");
}

TEST(DocumentFields, UnitsThatResponsibleUnitsLeadOrHelpSayTheirRole) {
  const v1::Plan plan = Read(
      "澄江市2024年整改清单\n1.补齐台账。\n牵头责任单位：市教育局\n配合责任单位：市市场监管局\n督办单位：市纪委\n"
      "2.配齐设备。\n牵头责任单位：市卫健委\n配合责任单位：市财政局\n督办单位：市纪委\n");
  EXPECT_THAT(Lines(plan), ElementsAre("补齐台账。 L:市教育局 C:市市场监管局", "配齐设备。 L:市卫健委 C:市财政局"));
}

// Rows that say nothing of what is what: a cell a line, without headers.
constexpr char kBareRows[] =
    "澄江市2024年便民服务工作要点分工\n说明：下面各项按月报送。\n1\n完善办事指南，公布收费清单。\n市财政局\n市教育局\n9"
    "月底前\n"
    "2\n开设综合窗口，培训窗口人员。\n市民政局\n市司法局\n长期坚持\n3\n回访不满意的办件。\n市审计局\n市教育局\n6月底前"
    "\n";

TEST(ReadingHints, APersonSaysWhatTheColumnsAre) {
  v1::ReadingHints hints;
  for (const char* column : {"序号", "任务", "牵头单位", "配合单位", "时限"}) hints.add_columns(column);
  hints.set_layout(v1::ReadingHints::CELLS);
  hints.set_first_line(3);
  const v1::Plan plan = Read(kBareRows, hints);
  EXPECT_THAT(Lines(plan), ElementsAre("完善办事指南，公布收费清单。 L:市财政局 C:市教育局",
                                       "开设综合窗口，培训窗口人员。 L:市民政局 C:市司法局",
                                       "回访不满意的办件。 L:市审计局 C:市教育局"));
  EXPECT_EQ(DeadlineLine(plan.tasks(2).deadline()), "BY_DATE 2024-06-30");
  EXPECT_THAT(plan.reading_hints().columns(), SizeIs(5));
}

TEST(ReadingHints, TheColumnsOfATableAreThoseAPersonNames) {
  const std::string table =
      "某市2024年分工\n| 号 | 甲 | 乙 | 丙 |\n|---|---|---|---|\n| 1 | 完善办事指南。 | 市财政局 | 市教育局 |\n| 2 | "
      "开设窗口。 | "
      "市民政局 | 市司法局 |\n";
  v1::ReadingHints hints;
  for (const char* column : {"序号", "任务", "配合单位", "牵头单位"}) hints.add_columns(column);
  hints.set_first_line(4);
  EXPECT_THAT(Lines(Read(table, hints)), IsEmpty()) << "the table begins in line 2";
  hints.set_first_line(2);
  const v1::Plan plan = Read(table, hints);
  ASSERT_THAT(plan.tasks(), SizeIs(::testing::Ge(2)));
  EXPECT_EQ(Lines(plan).back(), "开设窗口。 L:市司法局 C:市民政局");
}

TEST(ReadingHints, LinesOutsideAreNotRead) {
  const std::string text =
      "某市2024年工作要点\n1.完善办事指南。（责任单位：市财政局）\n2.开设窗口。（责任单位：市民政局）\n3."
      "培训人员。（责任单位：市司法局）\n";
  v1::ReadingHints hints;
  hints.set_first_line(3);
  hints.set_last_line(3);
  EXPECT_THAT(Lines(Read(text, hints)), ElementsAre("开设窗口。 R:市民政局"));
}

TEST(ReadingHints, AHintThatSaysNothingIsNamed) {
  const absl::StatusOr<SourceDocument> source = ReadSource(kBareRows, "plan.txt");
  ASSERT_TRUE(source.ok());
  const auto field = [&](const v1::ReadingHints& hints) {
    ReadContext context;
    context.hints = hints;
    const absl::Status status = DocumentToPlan(*source, context).status();
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << status;
    return MetadataOf(status)["field"];
  };
  v1::ReadingHints hints;
  for (const char* column : {"任务", "牵头单位", "天气"}) hints.add_columns(column);
  EXPECT_EQ(field(hints), "hints.columns[2]");
  hints.mutable_columns()->RemoveLast();
  hints.set_layout(v1::ReadingHints::PROSE);
  EXPECT_EQ(field(hints), "hints.columns");
  hints.set_layout(v1::ReadingHints::CELLS);
  hints.mutable_columns()->RemoveLast();
  EXPECT_EQ(field(hints), "hints.columns") << "no units";
  v1::ReadingHints lines;
  lines.set_first_line(40);
  EXPECT_EQ(field(lines), "hints.first_line");
  lines.set_last_line(30);
  EXPECT_EQ(field(lines), "hints.last_line");
}

}  // namespace
}  // namespace duban
