#include "services/plan/reader/findings.h"

#include <algorithm>

namespace duban {

const std::vector<FindingRule>& FindingRules() {
  static const auto& rules = *new std::vector<FindingRule>{
      {kHintsApplied, false, AnswerKind::kNone, "按以前说明的排法读取", "read by what was said of the office's layout"},
      {kNoTasks, true, AnswerKind::kNone, "没有读出任务", "no task found"},
      {kNoYear, true, AnswerKind::kNone, "没有年份", "no year"},
      {kNumberRepaired, false, AnswerKind::kNumber, "序号已修复", "number repaired"},
      {kNumberOutOfOrder, false, AnswerKind::kNumber, "序号不连续", "number out of order"},
      {kHeadingOutOfPlace, false, AnswerKind::kNone, "标题编号不对", "heading out of place"},
      {kNotATask, false, AnswerKind::kNone, "没有列为任务的要求", "requirement that names nobody, not a task"},
      {kNoUnit, true, AnswerKind::kUnitList, "没有责任单位", "no responsible unit"},
      {kSharedCell, false, AnswerKind::kUnitList, "共用责任单位", "units shared with another task"},
      {kLostParenthesis, true, AnswerKind::kUnitList, "可能漏了括号", "possible lost parenthesis"},
      {kReadingUnsure, true, AnswerKind::kUnitList, "可有两种读法", "another reading is as likely"},
      {kUnitBoundaryUnclear, true, AnswerKind::kUnitList, "责任单位与正文连在一起", "units run together with the text"},
      {kRoleUnclear, true, AnswerKind::kUnitList, "牵头与配合不清", "role unclear"},
      {kColumnUnclear, true, AnswerKind::kUnitList, "一栏单位没有说明分工", "column of units that says no role"},
      {kBrokenUnit, true, AnswerKind::kUnitName, "单位名称残缺", "broken unit name"},
      {kUnknownUnit, true, AnswerKind::kUnitName, "单位名录里没有的单位", "unit not in the directory"},
      {kEmptyGroup, true, AnswerKind::kUnitName, "单位组没有成员", "group without members"},
      {kUnitNotUnderstood, true, AnswerKind::kUnitName, "不像单位名称", "does not read as a unit"},
      {kOpenUnit, true, AnswerKind::kUnitName, "单位不明确", "unit left open"},
      {kOpenList, false, AnswerKind::kUnitList, "单位没有列全", "list of units left open"},
      {kDuplicateUnit, false, AnswerKind::kNone, "单位重复", "unit printed twice"},
      {kInheritedPrefix, false, AnswerKind::kUnitName, "按前一个单位补上层级", "level taken from the unit before"},
      {kDeadlineNotUnderstood, true, AnswerKind::kDeadline, "时限看不懂", "deadline not understood"},
      {kDeadlinePastAtIssue, true, AnswerKind::kDeadline, "时限早于印发", "deadline past at issue"},
      {kDeadlineContradiction, true, AnswerKind::kDeadline, "正文与时限不一致", "text and deadline contradict"},
      {kDeadlineAmbiguous, false, AnswerKind::kDeadline, "时限可有两种理解", "deadline can be read in two ways"},
      {kDeadlineWithoutDay, false, AnswerKind::kDeadline, "时限没有日期", "deadline without a day"},
      {kDeadlineInText, true, AnswerKind::kDeadline, "时限只写在正文里", "deadline in the text only"},
      {kDeadlinePassed, true, AnswerKind::kDeadline, "时限已过", "deadline before today"},
      {kNoDeadlines, true, AnswerKind::kDeadline, "没有时限", "no deadlines"},
      {kPlanRuleFound, false, AnswerKind::kNone, "适用全文的规定", "rule for the whole document"},
  };
  return rules;
}

const FindingRule* FindFindingRule(std::string_view code) {
  const std::vector<FindingRule>& rules = FindingRules();
  const auto it = std::find_if(rules.begin(), rules.end(), [&](const FindingRule& rule) { return rule.code == code; });
  return it == rules.end() ? nullptr : &*it;
}

}  // namespace duban
