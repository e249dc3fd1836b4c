// A plan as a few plain lines, so that a test can hold what it expects as a table that people can lay beside a
// document.
//
//   11 | 一、/(一) | L:区卫生健康局、区政务服务数据管理局 R:各街道*、区直各单位* | BY_DATE 2022-12-31 | 按月
//
// Number; numbering of the headings; units by role (L, R, C), `*` for a collective; deadline; deadlines in the text.
// Parts that are empty at the end of a line are left out. Header only; pure.
#ifndef DUBAN_TESTS_SUPPORT_PLAN_LINES_H_
#define DUBAN_TESTS_SUPPORT_PLAN_LINES_H_

#include <string>
#include <vector>

#include "common/base/text.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/source/source_document.h"

namespace duban {

inline std::string UnitsLine(const v1::Task& task) {
  std::string line;
  for (const auto& [role, letter] : {std::pair(v1::Responsibility::LEAD, "L:"),
                                     {v1::Responsibility::RESPONSIBLE, "R:"},
                                     {v1::Responsibility::COOPERATE, "C:"}}) {
    std::string units;
    for (const v1::Responsibility& unit : task.responsibilities()) {
      if (unit.role() != role) continue;
      units += (units.empty() ? letter : "、") + unit.unit() + (unit.collective() ? "*" : "");
    }
    if (!units.empty()) line += (line.empty() ? "" : " ") + units;
  }
  return line;
}

inline std::string DeadlineLine(const v1::Deadline& deadline) {
  using v1::Deadline;
  if (deadline.kind() == Deadline::KIND_UNSPECIFIED) return "";
  std::string line = Deadline::Kind_Name(deadline.kind());
  if (!deadline.due().empty()) line += " " + deadline.due();
  if (deadline.kind() == Deadline::PERIODIC) {
    line += " " + Deadline::Frequency_Name(deadline.frequency()) + " " + std::to_string(deadline.times());
  }
  if (deadline.kind() == Deadline::WORKING_DAYS) line += " " + std::to_string(deadline.working_days());
  return line;
}

inline std::string HeadingsLine(const v1::Task& task) {
  std::string line;
  for (const std::string& heading : task.headings()) {
    const std::u32string text = FoldWidths(DecodeUtf8(heading));
    const OutlineMark mark = MatchMark(text, 0);
    line += (line.empty() ? "" : "/") + (mark.length > 0 ? EncodeUtf8(text.substr(0, mark.length)) : heading);
  }
  return line;
}

// The line of one task.
inline std::string TaskLine(const v1::Task& task) {
  std::string text_deadlines;
  for (const v1::Deadline& deadline : task.text_deadlines()) {
    text_deadlines += (text_deadlines.empty() ? "" : "、") + DeadlineLine(deadline);
  }
  std::string line = std::to_string(task.number()) + " | " + HeadingsLine(task) + " | " + UnitsLine(task) + " | " +
                     DeadlineLine(task.deadline()) + " | " + text_deadlines;
  while (!line.empty() && (line.back() == ' ' || line.back() == '|')) line.pop_back();
  return line;
}

// The lines of all tasks of one table.
inline std::vector<std::string> TaskLines(const v1::Plan& plan, const std::string& table) {
  std::vector<std::string> lines;
  for (const v1::Task& task : plan.tasks()) {
    if (task.table() == table) lines.push_back(TaskLine(task));
  }
  return lines;
}

// `CODE task`, in order, for the codes of interest; all where none is named.
inline std::vector<std::string> FindingLines(const v1::Plan& plan, const std::vector<std::string>& codes = {}) {
  std::vector<std::string> lines;
  for (const v1::Finding& finding : plan.findings()) {
    bool wanted = codes.empty();
    for (const std::string& code : codes) wanted = wanted || code == finding.code();
    if (wanted) lines.push_back(finding.code() + (finding.task().empty() ? "" : " " + finding.task()));
  }
  return lines;
}

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_PLAN_LINES_H_
