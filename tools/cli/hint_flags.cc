#include "tools/cli/hint_flags.h"

#include <string_view>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::cli {
namespace {

// What may stand between the words of --columns.
constexpr std::string_view kCommas[] = {",", "，", "、"};

std::string_view TakeWord(std::string_view* text) {
  size_t end = text->size(), next = text->size();
  for (const std::string_view comma : kCommas) {
    const size_t found = text->find(comma);
    if (found < end) end = found, next = found + comma.size();
  }
  const std::string_view word = TrimSpaces(text->substr(0, end));
  text->remove_prefix(next);
  return word;
}

}  // namespace

void AddHintFlags(Command command, HintFlags* flags) {
  command
      .Text("--columns=WORDS", &flags->columns,
            {"表的栏目，从左到右，如 序号,任务,牵头单位,配合单位,时限",
             "the table's columns from left to right, such as 序号,任务,牵头单位,配合单位,时限"})
      .Choice("--layout", &flags->layout, {"prose", "cells", "rows"},
              {"排法：prose 成段文字，cells 一格一行，rows 各格连成一行",
               "how it is laid out: running text, a cell a line, or cells run together"})
      .Text("--lines=FIRST-LAST", &flags->lines,
            {"任务所在的行，如 40-210 或 40-", "the lines that hold tasks, such as 40-210 or 40-"});
}

absl::StatusOr<v1::ReadingHints> HintsOf(const HintFlags& flags) {
  v1::ReadingHints hints;
  for (std::string_view rest = flags.columns; !rest.empty();) hints.add_columns(std::string(TakeWord(&rest)));
  if (flags.layout == "prose") hints.set_layout(v1::ReadingHints::PROSE);
  if (flags.layout == "cells") hints.set_layout(v1::ReadingHints::CELLS);
  if (flags.layout == "rows") hints.set_layout(v1::ReadingHints::ROWS);
  if (flags.lines.empty()) return hints;
  const std::string_view lines = flags.lines;
  const size_t dash = lines.find('-');
  int first = 0, last = 0;
  const bool right = dash != std::string_view::npos && ParseNumber(lines.substr(0, dash), &first) && first > 0 &&
                     (dash + 1 == lines.size() || (ParseNumber(lines.substr(dash + 1), &last) && last > 0));
  if (!right) {
    return InvalidField("--lines", StrCat("is `", flags.lines, "`; write the first and last line, such as 40-210"),
                        StrCat("是“", flags.lines, "”，请写起止行号，如 40-210"));
  }
  hints.set_first_line(first);
  hints.set_last_line(last);
  return hints;
}

}  // namespace duban::cli
