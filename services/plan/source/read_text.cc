// Text: lines, and the tables people draw in it with pipes, box characters or tabs.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/text_encoding.h"

namespace duban {
namespace {

constexpr std::u32string_view kPipes = U"|│┃｜║";
constexpr std::u32string_view kRules = U"-=+:─━┄┈┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬═│┃|｜║ \t\u3000";

bool IsPipe(char32_t c) {
  return kPipes.find(c) != std::u32string_view::npos;
}

bool IsBlank(std::u32string_view text) {
  return text.find_first_not_of(U' ') == std::u32string_view::npos;
}

// A line drawn between rows: `|---|---|`, `+----+`, `├──┼──┤`.
bool IsRule(const SourceLine& line) {
  size_t strokes = 0;
  for (char32_t c : line.printed) {
    if (kRules.find(c) == std::u32string_view::npos) return false;
    strokes += c == '-' || c == '=' || (c >= 0x2500 && c <= 0x257F && !IsPipe(c));
  }
  return strokes >= 3;
}

size_t CountPipes(const SourceLine& line) {
  return std::count_if(line.printed.begin(), line.printed.end(), IsPipe);
}

// Part of a line as a line of its own, without the spaces around it.
SourceLine Slice(const SourceLine& line, size_t begin, size_t end) {
  while (begin < end && line.text[begin] == ' ') ++begin;
  while (end > begin && line.text[end - 1] == ' ') --end;
  SourceLine out;
  out.line = line.line;
  out.column = line.column + static_cast<int32_t>(begin);
  out.printed = line.printed.substr(begin, end - begin);
  out.text = line.text.substr(begin, end - begin);
  return out;
}

// The cells of a row, cut at every character `is_separator` accepts.
template <typename IsSeparator>
std::vector<SourceCell> CutCells(const SourceLine& line, IsSeparator is_separator) {
  std::vector<SourceCell> cells;
  size_t begin = 0;
  for (size_t i = 0; i <= line.printed.size(); ++i) {
    if (i < line.printed.size() && !is_separator(line.printed[i])) continue;
    SourceCell cell;
    SourceLine piece = Slice(line, begin, i);
    if (!piece.text.empty()) cell.lines.push_back(std::move(piece));
    cells.push_back(std::move(cell));
    begin = i + 1;
  }
  return cells;
}

std::vector<SourceCell> PipeCells(const SourceLine& line) {
  std::vector<SourceCell> cells = CutCells(line, IsPipe);
  const size_t first = line.text.find_first_not_of(U' ');
  const size_t last = line.text.find_last_not_of(U' ');
  if (last != std::u32string::npos && IsPipe(line.printed[last])) cells.pop_back();
  if (first != std::u32string::npos && IsPipe(line.printed[first]) && !cells.empty()) cells.erase(cells.begin());
  return cells;
}

absl::Status TooWide(int32_t line) {
  return UnreadableDocument(
      StrCat("第", line, "行的表格超过 ", kMaxTableColumns, " 列，不像分工方案，请检查文件"),
      StrCat("the table at line ", line, " has more than ", kMaxTableColumns, " columns; check the file"));
}

// Turns the lines of a text into blocks, tables where it finds them.
class TextBlocks {
 public:
  explicit TextBlocks(std::vector<SourceLine> lines) : lines_(std::move(lines)) {}

  absl::StatusOr<std::vector<SourceBlock>> Make() {
    for (size_t i = 0; i < lines_.size();) {
      size_t end = PipeTableEnd(i);
      if (end > i) {
        DUBAN_RETURN_IF_ERROR(AddPipeTable(i, end));
      } else if (end = TabTableEnd(i); end > i) {
        DUBAN_RETURN_IF_ERROR(AddTabTable(i, end));
      } else {
        blocks_.push_back(MakeLineBlock(std::move(lines_[i])));
        end = i + 1;
      }
      i = end;
    }
    return std::move(blocks_);
  }

 private:
  // Just behind the pipe table that starts at `begin`; `begin` where none does. One blank line inside is allowed.
  size_t PipeTableEnd(size_t begin) const {
    size_t rows = 0;
    size_t end = begin;
    for (size_t i = begin; i < lines_.size(); ++i) {
      if (IsBlank(lines_[i].text)) {
        if (i == begin || IsBlank(lines_[i - 1].text)) break;
        continue;
      }
      const bool rule = IsRule(lines_[i]);
      if (!rule && CountPipes(lines_[i]) < 2) break;
      rows += !rule;
      end = i + 1;
    }
    return rows >= 2 ? end : begin;
  }

  // Just behind the run of lines with tabs between cells that starts at `begin`; `begin` where none does.
  size_t TabTableEnd(size_t begin) const {
    size_t rows = 0;
    size_t end = begin;
    for (size_t i = begin; i < lines_.size(); ++i) {
      if (InnerTabs(lines_[i]) == 0) {
        const bool heading_row =
            i > begin && !IsBlank(lines_[i].text) && i + 1 < lines_.size() && InnerTabs(lines_[i + 1]) > 0;
        if (!heading_row) break;
        continue;
      }
      ++rows;
      end = i + 1;
    }
    return rows >= 2 ? end : begin;
  }

  // Tabs that stand behind something printed and before something printed.
  static size_t InnerTabs(const SourceLine& line) {
    const size_t first = line.text.find_first_not_of(U' ');
    if (first == std::u32string::npos) return 0;
    const size_t last = line.text.find_last_not_of(U' ');
    return std::count(line.printed.begin() + static_cast<ptrdiff_t>(first),
                      line.printed.begin() + static_cast<ptrdiff_t>(last), U'\t');
  }

  absl::Status AddPipeTable(size_t begin, size_t end) {
    size_t rules = 0;
    for (size_t i = begin; i < end; ++i) rules += IsRule(lines_[i]);
    // With a rule between every two rows, the lines between rules are one row.
    const bool ruled = rules >= 3;
    SourceTable table;
    bool continues = false;
    for (size_t i = begin; i < end; ++i) {
      if (IsBlank(lines_[i].text)) continue;
      if (IsRule(lines_[i])) {
        continues = false;
        continue;
      }
      std::vector<SourceCell> cells = PipeCells(lines_[i]);
      if (cells.size() > kMaxTableColumns) return TooWide(lines_[i].line);
      if (ruled && continues && cells.size() == table.rows.back().size()) {
        for (size_t c = 0; c < cells.size(); ++c) {
          auto& into = table.rows.back()[c].lines;
          into.insert(into.end(), cells[c].lines.begin(), cells[c].lines.end());
        }
      } else {
        table.rows.push_back(std::move(cells));
      }
      continues = true;
    }
    AddTable(std::move(table));
    return absl::OkStatus();
  }

  absl::Status AddTabTable(size_t begin, size_t end) {
    SourceTable table;
    for (size_t i = begin; i < end; ++i) {
      std::vector<SourceCell> cells = CutCells(lines_[i], [](char32_t c) { return c == '\t'; });
      if (cells.size() > kMaxTableColumns) return TooWide(lines_[i].line);
      table.rows.push_back(std::move(cells));
    }
    JoinBrokenRows(table);
    // An indentation that every row has is no column.
    const auto blank_first = [](const auto& row) { return row.size() > 1 && row[0].lines.empty(); };
    if (std::all_of(table.rows.begin(), table.rows.end(), blank_first)) {
      for (auto& row : table.rows) row.erase(row.begin());
    }
    AddTable(std::move(table));
    return absl::OkStatus();
  }

  // A cell with a line break in it breaks its row in two: both are shorter than the header, and together as long.
  static void JoinBrokenRows(SourceTable& table) {
    const size_t width = table.rows.front().size();
    std::vector<std::vector<SourceCell>> joined;
    for (auto& row : table.rows) {
      const bool continues = !joined.empty() && joined.back().size() < width && row.size() < width &&
                             joined.back().size() + row.size() - 1 == width;
      if (!continues) {
        joined.push_back(std::move(row));
        continue;
      }
      std::vector<SourceCell>& upper = joined.back();
      upper.back().lines.insert(upper.back().lines.end(), row.front().lines.begin(), row.front().lines.end());
      upper.insert(upper.end(), std::make_move_iterator(row.begin() + 1), std::make_move_iterator(row.end()));
    }
    table.rows = std::move(joined);
  }

  void AddTable(SourceTable table) {
    SourceBlock block;
    block.kind = SourceBlock::Kind::kTable;
    block.table = std::move(table);
    blocks_.push_back(std::move(block));
  }

  std::vector<SourceLine> lines_;
  std::vector<SourceBlock> blocks_;
};

std::vector<SourceLine> SplitLines(std::u32string_view text) {
  std::vector<SourceLine> lines;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char32_t c = i < text.size() ? text[i] : U'\n';
    const bool ends = c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (!ends) continue;
    if (i == text.size() && begin == i && !lines.empty()) break;
    lines.push_back(MakeSourceLine(text.substr(begin, i - begin), static_cast<int32_t>(lines.size()) + 1));
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    begin = i + 1;
  }
  return lines;
}

}  // namespace

absl::StatusOr<SourceDocument> ReadText(std::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument("文本超过 3 MB 的上限，请只保存方案正文和附件后再导入",
                              "the text is above the limit of 3 MB; save only the plan and its annexes");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::u32string text, DecodeText(bytes));
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c <= ' ' || c == 0x3000 || c == 0xA0; })) {
    return UnreadableDocument("文件里没有文字，请检查后重新导入", "the file holds no text; check it and import again");
  }
  if (static_cast<size_t>(std::count(text.begin(), text.end(), U'\n')) > kMaxDocumentLines) {
    return UnreadableDocument(StrCat("文件超过 ", kMaxDocumentLines, " 行，请只保存方案正文和附件后再导入"),
                              StrCat("the text has more than ", kMaxDocumentLines, " lines; save only the plan"));
  }
  SourceDocument document;
  DUBAN_ASSIGN_OR_RETURN(document.blocks, TextBlocks(SplitLines(text)).Make());
  return document;
}

}  // namespace duban
