#include "tools/cli/plan_csv.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "tools/cli/printer.h"

namespace duban::cli {
namespace {

using R = v1::Responsibility;

// Puts a cell into a task; returns what is wrong with it, empty where nothing is.
using Put = Phrase (*)(const std::string& cell, v1::Task* task);

// As the contract has it (plan.proto).
constexpr size_t kMostTasks = 2000;
constexpr int kMostNumber = 100'000;
constexpr int kMostHeadings = 10;

// A cell that goes into a field as it is, of at most so many characters.
template <std::string* (v1::Task::*field)(), size_t most>
Phrase PutText(const std::string& cell, v1::Task* task) {
  if (CodePoints(cell).value_or(most + 1) > most) {
    return {StrCat("超过 ", most, " 个字"), StrCat("has more than ", most, " characters")};
  }
  *(task->*field)() = cell;
  return {};
}

Phrase PutNumber(const std::string& cell, v1::Task* task) {
  int number = 0;
  if (!ParseNumber(cell, &number) || number < 1 || number > kMostNumber) {
    return {StrCat("“", cell, "”不是序号，应为 1 到 ", kMostNumber, " 的数"),
            StrCat("`", cell, "` is no number from 1 to ", kMostNumber)};
  }
  task->set_number(number);
  return {};
}

// A blank between `>`: a heading and the one inside it.
Phrase PutHeadings(const std::string& cell, v1::Task* task) {
  for (size_t at = 0; at <= cell.size();) {
    const size_t end = std::min(cell.find('>', at), cell.size());
    const std::string_view heading = TrimSpaces(std::string_view(cell).substr(at, end - at));
    if (heading.empty()) return {"有一级标题是空的", "has an empty heading"};
    task->add_headings(std::string(heading));
    at = end + 1;
  }
  if (task->headings_size() <= kMostHeadings) return {};
  return {StrCat("超过 ", kMostHeadings, " 级标题"), StrCat("has more than ", kMostHeadings, " headings")};
}

template <R::Role role>
Phrase PutUnits(const std::string& cell, v1::Task* task) {
  for (const std::string& unit : SplitList(cell)) {
    if (CodePoints(unit).value_or(0) > 60)
      return {StrCat("“", unit, "”超过 60 个字"), "has a name of more than 60 characters"};
    R& responsibility = *task->add_responsibilities();
    responsibility.set_unit(unit);
    responsibility.set_role(role);
  }
  return {};
}

Phrase PutDeadline(const std::string& cell, v1::Task* task) {
  if (CodePoints(cell).value_or(201) > 200) return {"超过 200 个字", "has more than 200 characters"};
  task->mutable_deadline()->set_printed(cell);
  return {};
}

struct PlanColumn {
  std::string_view zh;
  std::string_view en;
  Put put;
  std::string_view says_zh;
  std::string_view says_en;
};

constexpr PlanColumn kColumns[] = {
    {"序号", "number", PutNumber, "不填则顺次编号", "running if left out"},
    {"标题", "headings", PutHeadings, "由外到内，用 > 隔开", "outermost first, with > between them"},
    {"任务", "text", PutText<&v1::Task::mutable_text, 20'000>, "必填", "needed"},
    {"任务名称", "title", PutText<&v1::Task::mutable_title, 500>, "", ""},
    {"牵头单位", "lead", PutUnits<R::LEAD>, "全称，用、隔开", "full names, with 、 or ; between them"},
    {"责任单位", "responsible", PutUnits<R::RESPONSIBLE>, "同上", "likewise"},
    {"配合单位", "cooperate", PutUnits<R::COOPERATE>, "同上", "likewise"},
    {"时限", "deadline", PutDeadline, "如 9月底前、全年、每季度、长期坚持", "such as 9月底前, 全年, 每季度, 长期坚持"},
    {"目标", "goal", PutText<&v1::Task::mutable_goal, 5'000>, "", ""},
    {"措施", "measure", PutText<&v1::Task::mutable_measure, 20'000>, "", ""},
    {"要求", "requirement", PutText<&v1::Task::mutable_requirement, 20'000>, "", ""},
    {"备注", "remark", PutText<&v1::Task::mutable_remark, 2'000>, "", ""},
};

Phrase ColumnNames() {
  Phrase names;
  for (const PlanColumn& column : kColumns) {
    StrAppend(&names.zh, names.zh.empty() ? "" : "、", column.zh);
    StrAppend(&names.en, names.en.empty() ? "" : ", ", column.en);
  }
  return names;
}

absl::Status Wrong(const std::string& file, int line, std::string_view column, const Phrase& what) {
  const bool in_column = !column.empty();
  return UsageError({StrCat(file, " 第 ", line, " 行", in_column ? StrCat("“", column, "”栏") : "", "：", what.zh),
                     StrCat(file, ", line ", line, in_column ? StrCat(", column `", column, "`") : "", ": ", what.en)});
}

// Which column each cell of the first line names.
absl::StatusOr<std::vector<const PlanColumn*>> ReadHead(const CsvRecord& head, const std::string& file) {
  std::vector<const PlanColumn*> columns;
  for (const std::string& cell : head.cells) {
    const std::string lower = absl::AsciiStrToLower(ToAbsl(cell));
    const auto* const found = std::find_if(std::begin(kColumns), std::end(kColumns), [&](const PlanColumn& column) {
      return column.zh == cell || column.en == lower;
    });
    if (found == std::end(kColumns)) {
      const Phrase names = ColumnNames();
      return Wrong(file, head.line, cell,
                   {StrCat("不认识这一栏；可用的有：", names.zh), StrCat("is not known; there are: ", names.en)});
    }
    if (std::find(columns.begin(), columns.end(), found) != columns.end()) {
      return Wrong(file, head.line, cell, {"重复了", "stands twice"});
    }
    columns.push_back(found);
  }
  const auto is_text = [](const PlanColumn* column) { return column->en == "text"; };
  if (std::none_of(columns.begin(), columns.end(), is_text)) {
    return Wrong(file, head.line, "",
                 {"没有“任务”栏；第一行写各栏的名称", "has no column `text`; the first line names the columns"});
  }
  return columns;
}

absl::StatusOr<v1::Task> ReadRow(const CsvRecord& record, const std::vector<const PlanColumn*>& columns,
                                 const std::string& file) {
  if (record.cells.size() > columns.size()) {
    return Wrong(file, record.line, "",
                 {StrCat("有 ", record.cells.size(), " 格，表头只有 ", columns.size(), " 栏"),
                  StrCat("has ", record.cells.size(), " cells for ", columns.size(), " columns")});
  }
  v1::Task task;
  for (size_t i = 0; i < record.cells.size(); ++i) {
    if (record.cells[i].empty()) continue;
    const Phrase wrong = columns[i]->put(record.cells[i], &task);
    if (!wrong.zh.empty()) return Wrong(file, record.line, columns[i]->zh, wrong);
  }
  if (task.text().empty())
    return Wrong(file, record.line, "任务", {"是空的，请写明任务内容", "is empty; say what is to be done"});
  return task;
}

}  // namespace

absl::StatusOr<std::vector<v1::Task>> TasksFromCsv(const std::vector<CsvRecord>& records, const std::string& file) {
  if (records.size() < 2) {
    return UsageError({StrCat(file, " 里没有任务：第一行写各栏的名称，以下每行一项任务"),
                       StrCat(file, " has no task: the first line names the columns, each line below is a task")});
  }
  if (records.size() - 1 > kMostTasks) {
    return UsageError(
        {StrCat(file, " 有 ", records.size() - 1, " 项任务，超过 ", kMostTasks, " 项，请分成几个计划"),
         StrCat(file, " has ", records.size() - 1, " tasks, more than ", kMostTasks, "; split it into several plans")});
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<const PlanColumn*> columns, ReadHead(records.front(), file));
  std::vector<v1::Task> tasks;
  for (size_t i = 1; i < records.size(); ++i) {
    DUBAN_ASSIGN_OR_RETURN(v1::Task task, ReadRow(records[i], columns, file));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

Phrase CsvColumnsHelp() {
  Phrase help = {
      "表格的第一行写各栏的名称，以下每行一项任务；UTF-8 或 GB18030 编码。可用的栏：\n",
      "The table's first line names its columns, each line below is a task; in UTF-8 or GB18030. Columns:\n"};
  for (const PlanColumn& column : kColumns) {
    const bool says = !column.says_zh.empty();
    StrAppend(&help.zh, "  ", column.zh, "（", column.en, "）", says ? "：" : "", column.says_zh, "\n");
    StrAppend(&help.en, "  ", column.en, " (", column.zh, ")", says ? ": " : "", column.says_en, "\n");
  }
  return help;
}

}  // namespace duban::cli
