// Deadlines, units and targets in the office's words, each as a table of phrase and meaning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/text_targets.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/reader/findings.h"
#include "tests/support/plan_lines.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Meaning(std::string_view phrase, int year = 2022) {
  const DeadlinePhrase read = ParseDeadline(phrase, DeadlineContext{year});
  EXPECT_EQ(read.deadline.printed(), phrase);
  if (!read.understood) return "?";
  return DeadlineLine(read.deadline) + (read.ambiguous ? " ambiguous" : "") + (read.lacks_year ? " without year" : "");
}

TEST(DeadlinePhrase, DatesNameTheLastDayOnTime) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"12月底前", "BY_DATE 2022-12-31"},
      {"2025年前", "BY_DATE 2024-12-31"},
      {"2022年底前", "BY_DATE 2022-12-31"},
      {"2022 年 11 月底前", "BY_DATE 2022-11-30"},
      {"年底前", "BY_DATE 2022-12-31"},
      {"年内", "BY_DATE 2022-12-31"},
      {"9月", "BY_DATE 2022-09-30"},
      {"９月份", "BY_DATE 2022-09-30"},
      {"九月底", "BY_DATE 2022-09-30"},
      {"十二月底前", "BY_DATE 2022-12-31"},
      {"2月底前", "BY_DATE 2022-02-28"},
      {"2024年2月底前", "BY_DATE 2024-02-29"},
      {"9月30日前", "BY_DATE 2022-09-30"},
      {"6月15日", "BY_DATE 2022-06-15"},
      {"6月中旬", "BY_DATE 2022-06-20"},
      {"6月下旬前", "BY_DATE 2022-06-30"},
      {"上半年", "BY_DATE 2022-06-30"},
      {"三季度", "BY_DATE 2022-09-30"},
      {"第4季度末", "BY_DATE 2022-12-31"},
      {"1-6月", "BY_DATE 2022-06-30"},
      {"2022.6.30", "BY_DATE 2022-06-30"},
      {"2022-06", "BY_DATE 2022-06-30"},
      {"2022年至2024年", "BY_DATE 2024-12-31"},
      {"明年3月底前", "BY_DATE 2023-03-31"},
      {"二〇二二年底前", "BY_DATE 2022-12-31"},
      {"9月底前完成", "BY_DATE 2022-09-30"},
      {"第三季度前", "BY_DATE 2022-06-30 ambiguous"},
      {"9月前", "BY_DATE 2022-08-31 ambiguous"},
      {"6月底前启动，12月底前完成", "BY_DATE 2022-12-31 ambiguous"}};
  for (const auto& [phrase, meaning] : rows) EXPECT_EQ(Meaning(phrase), meaning) << phrase;
}

TEST(DeadlinePhrase, DutiesWithoutADateKeepTheirKind) {
  const std::vector<std::pair<const char*, const char*>> rows = {{"全年", "WHOLE_PERIOD 2022-12-31"},
                                                                 {"1—12月", "WHOLE_PERIOD 2022-12-31"},
                                                                 {"常态化开展", "STANDING"},
                                                                 {"长期", "STANDING"},
                                                                 {"长期坚持", "STANDING"},
                                                                 {"持续推进", "STANDING"},
                                                                 {"每季度", "PERIODIC QUARTERLY 1"},
                                                                 {"按月", "PERIODIC MONTHLY 1"},
                                                                 {"每年至少一次", "PERIODIC YEARLY 1"},
                                                                 {"每年至少召开两次", "PERIODIC YEARLY 2"},
                                                                 {"每半年一次", "PERIODIC HALF_YEARLY 1"},
                                                                 {"一季度一次", "PERIODIC QUARTERLY 1"},
                                                                 {"每周3次", "PERIODIC WEEKLY 3"},
                                                                 {"1个工作日", "WORKING_DAYS 1"},
                                                                 {"收到后5个工作日内", "WORKING_DAYS 5"},
                                                                 {"", ""},
                                                                 {"—", ""}};
  for (const auto& [phrase, meaning] : rows) EXPECT_EQ(Meaning(phrase), meaning) << phrase;
}

TEST(DeadlinePhrase, WhatIsNotUnderstoodIsNeverGuessed) {
  for (const char* phrase : {"汛期前", "按上级要求", "适当时候", "13月底前", "12345热线", "第六季度"}) {
    EXPECT_EQ(Meaning(phrase), "?") << phrase;
  }
  EXPECT_EQ(Meaning("9月底前", 0), "BY_DATE without year");
}

TEST(DeadlinePhrase, RunningTextStatesOnlyWhatSaysItIsAnEnd) {
  const auto found = [](TextView text) {
    std::vector<std::string> lines;
    for (const FoundDeadline& deadline : FindDeadlines(text, DeadlineContext{2022})) {
      lines.push_back(EncodeUtf8(text.substr(deadline.begin, deadline.end - deadline.begin)));
    }
    return lines;
  };
  EXPECT_THAT(found(U"2022年政务公开工作,12345热线,第6版,26个领域"), IsEmpty());
  EXPECT_THAT(found(U"各区6月底前建成,年底前公布"), ElementsAre("6月底前", "年底前"));
  EXPECT_THAT(found(U"每年组织培训不少于1次,按月监测"), ElementsAre("每年组织培训不少于1次", "按月"));
  EXPECT_THAT(found(U"简单事项1个工作日答复"), ElementsAre("1个工作日"));
}

std::string Units(std::string_view phrase, v1::Responsibility::Role role = v1::Responsibility::ROLE_UNSPECIFIED) {
  v1::Task task;
  for (const v1::Responsibility& unit : ParseUnits(phrase, role, UnitLexicon()).responsibilities) {
    *task.add_responsibilities() = unit;
  }
  return UnitsLine(task);
}

TEST(UnitPhrase, RoleWordsCloseTheListBeforeThem) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"区财政局、区教育局", "R:区财政局、区教育局"},
      {"区财政局牵头，区教育局、各街道按职责分工负责", "L:区财政局 R:区教育局、各街道*"},
      {"区财政局、区审计局牵头，区教育局", "L:区财政局、区审计局 R:区教育局"},
      {"区财政局牵头，区教育局配合", "L:区财政局 C:区教育局"},
      {"区财政局牵头，区教育局负责，各街道配合", "L:区财政局 R:区教育局 C:各街道*"},
      {"由区财政局牵头负责，区教育局等单位协助", "L:区财政局 C:区教育局"},
      {"区财政局牵头区教育局配合", "L:区财政局 C:区教育局"},
      {"牵头单位：区财政局；配合单位：区教育局、区司法局", "L:区财政局 C:区教育局、区司法局"},
      {"县工商局、县住建局分别负责", "R:县工商局、县住建局"},
      {"各县（市、区）局，办公室", "R:各县（市、区）局*、办公室"},
      {"市财政局和各区政府", "R:市财政局、各区政府*"},
      {"市人力资源和社会保障局", "R:市人力资源和社会保障局"}};
  for (const auto& [phrase, units] : rows) EXPECT_EQ(Units(phrase), units) << phrase;
  EXPECT_EQ(Units("区财政局、区教育局", v1::Responsibility::LEAD), "L:区财政局、区教育局");
  EXPECT_EQ(Units("区财政局、区教育局负责", v1::Responsibility::LEAD), "L:区财政局、区教育局");
}

TEST(UnitPhrase, ALevelPrintedOnceServesTheEntriesThatHaveNone) {
  EXPECT_EQ(Units("区卫生健康局、政务服务数据管理局、市生态环境局东港分局"),
            "R:区卫生健康局、区政务服务数据管理局、市生态环境局东港分局");
  EXPECT_EQ(Units("区发展改革局、市场监督管理局"), "R:区发展改革局、区市场监督管理局");
  EXPECT_EQ(Units("市委宣传部、网信办、公安局"), "R:市委宣传部、市委网信办、市公安局");
  EXPECT_EQ(Units("市交通运输局、国网东港供电公司"), "R:市交通运输局、国网东港供电公司");
  EXPECT_EQ(Units("办公室、政策法规科，市局各有关科室"), "R:办公室、政策法规科、市局各有关科室*");
}

TEST(UnitPhrase, DoubtsAreNoted) {
  const auto doubts = [](std::string_view phrase, const UnitLexicon& lexicon) {
    std::vector<std::pair<PhraseDoubt, std::string>> notes;
    for (const PhraseNote& note : ParseUnits(phrase, v1::Responsibility::ROLE_UNSPECIFIED, lexicon).notes) {
      notes.emplace_back(note.doubt, note.proposal);
    }
    return notes;
  };
  UnitLexicon none;
  EXPECT_THAT(doubts("各街道、区直各单位", none), IsEmpty());
  EXPECT_THAT(doubts("区财政局、区财政局", none), ElementsAre(std::pair(PhraseDoubt::kDuplicateUnit, "区财政局")));
  EXPECT_THAT(doubts("各街道，相关单位", none), ElementsAre(std::pair(PhraseDoubt::kOpenUnit, "")));
  EXPECT_THAT(doubts("区财政局会同各街道负责", none),
              ElementsAre(std::pair(PhraseDoubt::kRoleUnclear, "区财政局牵头，各街道配合")));
  UnitLexicon directory;
  directory.AddKnown(U"区卫生健康局", {U"区卫健局"}, "units/weijian", false);
  directory.AddKnown(U"区自然资源局", {}, "units/ziran", false);
  EXPECT_THAT(doubts("区卫健局", directory), IsEmpty());
  EXPECT_THAT(doubts("区卫生健委", directory), ElementsAre(std::pair(PhraseDoubt::kUnknownUnit, "区卫生健康局")));
  EXPECT_THAT(doubts("区自 资源局", directory), ElementsAre(std::pair(PhraseDoubt::kBrokenUnit, "区自然资源局")));
  const UnitPhrase read = ParseUnits("区卫健局", v1::Responsibility::LEAD, directory);
  ASSERT_THAT(read.responsibilities, SizeIs(1));
  EXPECT_EQ(read.responsibilities[0].resolved(), "units/weijian");
  EXPECT_EQ(read.responsibilities[0].unit(), "区卫生健康局");
  EXPECT_EQ(read.responsibilities[0].printed(), "区卫健局");
}

TEST(TextTargets, AFigureIsATargetOnlyWhereItIsToBeReached) {
  const auto targets = [](TextView text) {
    std::vector<std::string> lines;
    for (const v1::Target& target : FindTargets(text)) {
      lines.push_back(target.subject() + target.relation() + std::to_string(static_cast<int64_t>(target.value())) +
                      target.measure());
    }
    return lines;
  };
  EXPECT_THAT(targets(U"新增停车位800个,绿化率不低于35%"), ElementsAre("停车位=800个", "绿化率>=35%"));
  EXPECT_THAT(targets(U"实现归集数据1.2万项以上"), ElementsAre("数据>=12000项"));
  EXPECT_THAT(targets(U"不合格率控制在3%以内"), ElementsAre("不合格率<=3%"));
  EXPECT_THAT(targets(U"对照26个领域指引,用好12345热线,2022年每年培训1次,5个工作日内办结"), IsEmpty());
}

TEST(Findings, TheTableStatesEachCodeOnce) {
  std::vector<std::string_view> seen;
  for (const FindingRule& rule : FindingRules()) {
    EXPECT_EQ(std::count(seen.begin(), seen.end(), rule.code), 0) << rule.code;
    seen.push_back(rule.code);
    EXPECT_FALSE(rule.title_zh.empty());
    EXPECT_FALSE(rule.title_en.empty());
    EXPECT_EQ(FindFindingRule(rule.code), &rule);
  }
  EXPECT_EQ(FindFindingRule("NO_SUCH_CODE"), nullptr);
}

}  // namespace
}  // namespace duban
