#include "services/plan/reader/table_rows.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/unit_phrase.h"

namespace duban {
namespace {

// What one row has in one column.
struct ColumnCell {
  std::vector<FlowText> lines;
  // It is the same printed cell as in the row above (a merged cell).
  bool shared = false;

  FlowText Joined() const {
    FlowText flow;
    for (const FlowText& line : lines) flow.Append(line);
    return flow;
  }
  bool blank() const { return lines.empty(); }
};
using ColumnRow = std::vector<ColumnCell>;

FlowText WithoutMark(const FlowText& flow, OutlineMark mark) {
  return mark.level == kNoLevel ? flow : flow.Slice(mark.length);
}

// Turns rows of cells into task rows.
class ColumnReader {
 public:
  ColumnReader(const std::vector<LabelMatch>& columns, std::vector<FlowText> headings, RowTable& table)
      : columns_(columns),
        table_headings_(std::move(headings)),
        table_(table),
        column_headings_(columns.size()),
        last_units_(columns.size()) {}

  void Read(const ColumnRow& cells) {
    if (ReadHeadingRow(cells)) return;
    TaskRow row;
    for (size_t c = 0; c < cells.size(); ++c) ReadCell(c, cells[c], row);
    if (row.text.empty() && task_cell_ != nullptr && task_cell_->blank() && !row.title.empty()) {
      std::swap(row.text, row.title);
    }
    AddTasks(std::move(row));
    task_cell_ = nullptr;
  }

 private:
  // A row of which only one cell is filled, with a heading in it: `一、……` across the table.
  bool ReadHeadingRow(const ColumnRow& cells) {
    const ColumnCell* only = nullptr;
    for (const ColumnCell& cell : cells) {
      if (cell.blank() || cell.shared) continue;
      if (only != nullptr) return false;
      only = &cell;
    }
    if (only == nullptr) return true;
    FlowText text = only->Joined();
    const OutlineMark mark = MatchMark(text.text(), 0);
    if (mark.level == kNoLevel || mark.level > kSection || text.size() > 100) {
      // Without a number, a short line across the whole table is a heading, too, once there is a header above it.
      const bool across = only == &cells.front() && text.size() <= 40 && text.text().find(U'。') == TextView::npos &&
                          cells.size() > 2 && columns_[0].kind != FieldKind::kText;
      if (!across || NumberAlone(text.text()) > 0) return false;
    }
    const int level = mark.level == kNoLevel ? kChapter : mark.level;
    std::erase_if(row_headings_, [&](const auto& heading) { return heading.first >= level; });
    row_headings_.emplace_back(level, std::move(text));
    return true;
  }

  void ReadCell(size_t c, const ColumnCell& cell, TaskRow& row) {
    switch (columns_[c].kind) {
      case FieldKind::kNumber:
        row.number = cell.Joined();
        row.number_value = NumberAlone(row.number.text());
        if (row.number_value == 0) row.number_value = MatchMark(row.number.text(), 0).number;
        break;
      case FieldKind::kHeading:
        if (!cell.blank()) {
          column_headings_[c] = cell.Joined();
          // A new outer heading ends the inner ones.
          if (!cell.shared) {
            for (size_t k = c + 1; k < columns_.size(); ++k) column_headings_[k] = FlowText();
          }
        }
        break;
      case FieldKind::kTitle:
        row.title.Append(cell.Joined());
        break;
      case FieldKind::kText:
        task_cell_ = &cell;
        row.text.Append(cell.Joined());
        break;
      case FieldKind::kUnits:
        ReadUnitCell(c, cell, row);
        break;
      case FieldKind::kDeadline:
        row.deadline.Append(cell.Joined());
        break;
      default:
        AddOther(columns_[c], cell.Joined(), row);
    }
  }

  static void AddOther(const LabelMatch& column, FlowText text, TaskRow& row) {
    if (column.purpose == FieldPurpose::kNone || column.purpose == FieldPurpose::kProblem) {
      row.remark.Append(text);
    } else if (!text.empty()) {
      row.others.push_back({column.purpose, column.word, std::move(text)});
    }
  }

  void ReadUnitCell(size_t c, const ColumnCell& cell, TaskRow& row) {
    FlowText text = cell.Joined();
    if (text.text() == U"同上" || text.text() == U"〃") {
      text = last_units_[c];
      row.units_shared = true;
    }
    last_units_[c] = text;
    const bool dash = !text.empty() && text.text().find_first_not_of(U"-—–/无") == TextView::npos;
    if (!text.empty() && !dash) row.units.push_back({std::move(text), columns_[c].role});
    row.units_shared = row.units_shared || (cell.shared && !cell.blank());
  }

  // One cell may hold several numbered requirements, which then share the row's units.
  void AddTasks(TaskRow row) {
    row.headings = table_headings_;
    for (const FlowText& heading : column_headings_) {
      if (!heading.empty()) row.headings.push_back(heading);
    }
    for (const auto& [level, heading] : row_headings_) row.headings.push_back(heading);
    if (row.deadline.empty()) row.deadline = DeadlineOf(column_headings_);
    row.units_blank = row.units.empty();
    if (task_cell_ == nullptr || task_cell_->lines.empty()) {
      if (row.text.empty()) std::swap(row.text, row.title);
      if (row.text.empty()) return;
      TakeMark(row);
      table_.rows.push_back(std::move(row));
      return;
    }
    std::vector<FlowText> texts;
    for (const FlowText& line : task_cell_->lines) {
      const OutlineMark mark = MatchMark(line.text(), 0);
      const bool begins = mark.level == kItem || (mark.level > kItem && !texts.empty() && row.number_value == 0 &&
                                                  MatchMark(texts.front().text(), 0).level == mark.level);
      if (texts.empty() || begins) {
        texts.push_back(line);
      } else {
        texts.back().Append(line);
      }
    }
    const bool one = texts.size() == 1 || row.number_value > 0;
    if (one) {
      TakeMark(row);
      table_.rows.push_back(std::move(row));
      return;
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      TaskRow task = row;
      task.text = texts[i];
      task.units_shared = task.units_shared || texts.size() > 1;
      TakeMark(task);
      table_.rows.push_back(std::move(task));
    }
  }

  // `一季度前，集中消除……`: the deadline that a heading opens with.
  static FlowText DeadlineOf(const std::vector<FlowText>& headings) {
    for (const FlowText& heading : headings) {
      const size_t comma = heading.text().find(',');
      if (comma != TextView::npos && IsDeadline(heading.text().substr(0, comma))) return heading.Slice(0, comma);
    }
    return FlowText();
  }

  // Whether the next number of its kind follows in the text: it is a list.
  static bool CountsOn(const FlowText& text, OutlineMark first) {
    for (size_t i = first.length; i < text.size(); ++i) {
      const OutlineMark mark = MatchMark(text.text(), i);
      if (mark.level == first.level && mark.number == first.number + 1) return true;
    }
    return false;
  }

  // The number in front of the requirement, where no column has it.
  static void TakeMark(TaskRow& row) {
    const OutlineMark mark = MatchMark(row.text.text(), 0);
    // The requirement may print the number of its column again.
    if (row.number_value > 0 && mark.level == kItem && mark.number == row.number_value && !CountsOn(row.text, mark)) {
      row.text = WithoutMark(row.text, mark);
    }
    if (row.number_value > 0 || mark.level == kNoLevel) return;
    row.number = row.text.Slice(0, mark.length);
    row.number_value = mark.number;
    row.number_level = mark.level;
    row.text = WithoutMark(row.text, mark);
  }

  const std::vector<LabelMatch>& columns_;
  const std::vector<FlowText> table_headings_;
  RowTable& table_;
  std::vector<FlowText> column_headings_;
  std::vector<FlowText> last_units_;  // By column, for `同上`.
  std::vector<std::pair<int, FlowText>> row_headings_;
  const ColumnCell* task_cell_ = nullptr;
};

// ---- Real tables ----

struct GridCell {
  const SourceCell* cell = nullptr;
  bool from_above = false;
  bool from_left = false;
};
using Grid = std::vector<std::vector<GridCell>>;

absl::Status TableTooLarge(int32_t line) {
  return UnreadableDocument(StrCat("第", line, "行开始的表格超过 ", kMaxTableColumns, " 列或 ", kMaxTableRows,
                                   " 行，不像分工方案，请检查文件"),
                            StrCat("the table at line ", line, " is wider than ", kMaxTableColumns,
                                   " columns or longer than ", kMaxTableRows, " rows; check the file"));
}

int32_t FirstLine(const SourceTable& table) {
  for (const auto& row : table.rows) {
    for (const SourceCell& cell : row) {
      if (!cell.lines.empty()) return cell.lines.front().line;
    }
  }
  return 0;
}

// Lays the cells out, spans filled in.
absl::StatusOr<Grid> LayOut(const SourceTable& source) {
  if (source.rows.size() > kMaxTableRows) return TableTooLarge(FirstLine(source));
  Grid grid(source.rows.size());
  size_t cells = 0;
  for (size_t r = 0; r < source.rows.size(); ++r) {
    size_t c = 0;
    for (const SourceCell& cell : source.rows[r]) {
      while (c < grid[r].size() && grid[r][c].cell != nullptr) ++c;
      const size_t columns = static_cast<size_t>(std::max(1, cell.column_span));
      const size_t rows = std::min(static_cast<size_t>(std::max(1, cell.row_span)), source.rows.size() - r);
      if (c + columns > kMaxTableColumns) return TableTooLarge(FirstLine(source));
      cells += rows * columns;
      if (cells > kMaxTableCells) return TableTooLarge(FirstLine(source));
      for (size_t i = 0; i < rows; ++i) {
        if (grid[r + i].size() < c + columns) grid[r + i].resize(c + columns);
        for (size_t k = 0; k < columns; ++k) grid[r + i][c + k] = {&cell, i > 0, k > 0};
      }
      c += columns;
    }
  }
  size_t width = 0;
  for (const auto& row : grid) width = std::max(width, row.size());
  for (auto& row : grid) row.resize(width);
  return grid;
}

std::vector<FlowText> CellLines(const SourceCell& cell) {
  std::vector<FlowText> lines;
  for (const SourceLine& line : cell.lines) {
    FlowText flow;
    flow.Append(line);
    if (!flow.empty()) lines.push_back(std::move(flow));
  }
  return lines;
}

FlowText CellText(const GridCell& cell) {
  FlowText flow;
  if (cell.cell == nullptr) return flow;
  for (const SourceLine& line : cell.cell->lines) flow.Append(line);
  return flow;
}

LabelMatch MatchHeader(TextView text) {
  const LabelMatch stage = MatchStageColumn(text);
  return stage.kind != FieldKind::kNone ? stage : MatchColumn(text);
}

// The columns a row of headers names; empty where it is no header.
std::vector<LabelMatch> HeaderOf(const std::vector<GridCell>& row) {
  std::vector<LabelMatch> columns;
  size_t named = 0;
  bool units = false;
  bool other = false;
  for (const GridCell& cell : row) {
    const FlowText text = CellText(cell);
    const LabelMatch match = text.size() <= 16 ? MatchHeader(text.text()) : LabelMatch();
    if (!text.empty() && match.kind == FieldKind::kNone && text.size() > 16) return {};
    named += match.kind != FieldKind::kNone && !cell.from_left;
    units = units || match.kind == FieldKind::kUnits || match.kind == FieldKind::kDeadline;
    other = other || (match.kind != FieldKind::kUnits && match.kind != FieldKind::kNone);
    columns.push_back(match);
  }
  return named >= 2 && units && other ? columns : std::vector<LabelMatch>();
}

// A header of two rows: the lower one names what the upper one only groups (`责任分工` over `牵头单位`, `配合单位`).
void MergeHeaderRows(const std::vector<GridCell>& lower, std::vector<LabelMatch>& columns) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (lower[c].from_above) continue;
    const LabelMatch match = MatchHeader(CellText(lower[c]).text());
    if (match.kind != FieldKind::kNone) columns[c] = match;
  }
}

// Statistics of a column of text, to tell headings from titles and requirements.
struct ColumnShape {
  size_t filled = 0;
  size_t merged = 0;
  size_t blank_below = 0;  // Blank cells below one that is filled: a merged cell, in formats that know none.
  size_t chapters = 0;
  size_t length = 0;
};

// Whether only one cell of the row is filled, which heads those below it.
bool IsOneCell(const std::vector<GridCell>& row) {
  const SourceCell* only = nullptr;
  for (const GridCell& cell : row) {
    if (cell.cell == nullptr || cell.cell == only || CellText(cell).empty()) continue;
    if (only != nullptr) return false;
    only = cell.cell;
  }
  return true;
}

ColumnShape ShapeOf(const Grid& grid, size_t first_row, size_t c) {
  ColumnShape shape;
  for (size_t r = first_row; r < grid.size(); ++r) {
    const FlowText text = CellText(grid[r][c]);
    if (text.empty()) {
      shape.blank_below += shape.filled > 0 && !IsOneCell(grid[r]);
      continue;
    }
    ++shape.filled;
    shape.merged += grid[r][c].from_above;
    const OutlineMark mark = MatchMark(text.text(), 0);
    shape.chapters += mark.level == kChapter || mark.level == kSection;
    shape.length += text.size();
  }
  return shape;
}

// Whether a column that is not the text has a field of its own in a task. A goal over several rows heads them.
bool HasOwnField(FieldPurpose purpose, bool heading) {
  return purpose == FieldPurpose::kMeasure || purpose == FieldPurpose::kRequirement ||
         (purpose == FieldPurpose::kGoal && !heading);
}

// Of all columns that hold text, one is the requirement; what stands for several rows is a heading, the rest titles.
void SettleTextColumns(const Grid& grid, size_t first_row, std::vector<LabelMatch>& columns) {
  size_t best = columns.size();
  double best_score = -1;
  std::vector<ColumnShape> shapes(columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    const FieldKind kind = columns[c].kind;
    if (kind != FieldKind::kText && kind != FieldKind::kTitle && kind != FieldKind::kHeading &&
        kind != FieldKind::kNone) {
      continue;
    }
    shapes[c] = ShapeOf(grid, first_row, c);
    if (shapes[c].filled == 0) continue;
    double score = static_cast<double>(shapes[c].length) / static_cast<double>(shapes[c].filled);
    if (kind == FieldKind::kText) score *= 1.5;
    // What is wrong is no task where another column says what is done about it.
    if (columns[c].purpose == FieldPurpose::kProblem) score *= 0.2;
    if (kind == FieldKind::kHeading) score *= 0.3;
    if (shapes[c].merged * 2 > shapes[c].filled) score *= 0.2;
    if (shapes[c].chapters * 2 > shapes[c].filled && shapes[c].merged > 0) score *= 0.2;
    if (score > best_score) best_score = score, best = c;
  }
  if (best == columns.size()) return;
  for (size_t c = 0; c < columns.size(); ++c) {
    const FieldKind kind = columns[c].kind;
    if (c == best) {
      columns[c].kind = FieldKind::kText;
    } else if (kind == FieldKind::kHeading && c > best && columns[c].purpose == FieldPurpose::kRequirement) {
      columns[c].kind = FieldKind::kRemark;
    } else if (kind == FieldKind::kText || kind == FieldKind::kTitle || kind == FieldKind::kNone) {
      const bool heading = shapes[c].merged > 0 || shapes[c].chapters * 2 > shapes[c].filled ||
                           (c < best && shapes[c].blank_below > 0 && shapes[c].filled > 0);
      if (HasOwnField(columns[c].purpose, heading)) {
        columns[c].kind = FieldKind::kRemark;
        continue;
      }
      if (kind != FieldKind::kNone || c < best) columns[c].kind = heading ? FieldKind::kHeading : FieldKind::kTitle;
      if (kind == FieldKind::kNone && c > best) columns[c].kind = FieldKind::kRemark;
    }
  }
}

ColumnRow RowCells(const std::vector<GridCell>& row, const std::vector<GridCell>* above) {
  ColumnRow cells(row.size());
  for (size_t c = 0; c < row.size(); ++c) {
    if (row[c].cell == nullptr || row[c].from_left) continue;
    cells[c].lines = CellLines(*row[c].cell);
    cells[c].shared = row[c].from_above && above != nullptr && (*above)[c].cell == row[c].cell;
  }
  return cells;
}

}  // namespace

std::vector<std::vector<LabelMatch>> ColumnReadings(const std::vector<LabelMatch>& columns) {
  std::vector<std::vector<LabelMatch>> readings;
  const auto at = [&](FieldKind kind) {
    return std::find_if(columns.begin(), columns.end(), [&](const LabelMatch& column) { return column.kind == kind; }) -
           columns.begin();
  };
  const auto size = static_cast<ptrdiff_t>(columns.size());
  const ptrdiff_t text = at(FieldKind::kText);
  const ptrdiff_t title = at(FieldKind::kTitle);
  std::vector<LabelMatch> plain = columns;
  // A column whose header is not understood names the units where no other does; else it is a title.
  for (LabelMatch& column : plain) {
    if (column.kind != FieldKind::kNone) continue;
    const bool units = at(FieldKind::kUnits) == size;
    column.kind = units ? FieldKind::kUnits : FieldKind::kTitle;
    if (units) column.role = v1::Responsibility::RESPONSIBLE;
  }
  // Of several columns of text the last is the requirement; the others name what it belongs to.
  ptrdiff_t texts = 0;
  // Text behind the units is a requirement, measure or remark where another column of text stands in front of them.
  const auto units = std::find_if(plain.begin(), plain.end(),
                                  [](const LabelMatch& column) { return column.kind == FieldKind::kUnits; });
  const bool text_before = std::any_of(plain.begin(), units, [](const LabelMatch& column) {
    return column.kind == FieldKind::kText || column.kind == FieldKind::kTitle || column.kind == FieldKind::kHeading;
  });
  for (auto column = units; text_before && column != plain.end(); ++column) {
    const FieldKind kind = column->kind;
    if (kind == FieldKind::kText || kind == FieldKind::kTitle || kind == FieldKind::kHeading) {
      column->kind = FieldKind::kRemark;
    }
  }
  texts = std::count_if(plain.begin(), plain.end(),
                        [](const LabelMatch& column) { return column.kind == FieldKind::kText; });
  for (LabelMatch& column : plain) {
    if (column.kind == FieldKind::kText && texts > 1) column.kind = FieldKind::kTitle, --texts;
  }
  const std::vector<LabelMatch> known = plain;
  if (text == size && title != size) plain[title].kind = FieldKind::kText;
  if (text == size && title == size) {
    const ptrdiff_t heading = at(FieldKind::kHeading);
    if (heading != size) plain[heading].kind = FieldKind::kText;
  }
  readings.push_back(plain);
  std::vector<LabelMatch> wider = known;
  const bool titled = std::any_of(known.begin(), known.end(),
                                  [](const LabelMatch& column) { return column.kind == FieldKind::kTitle; });
  if (text != size && !titled) {
    wider.insert(wider.begin() + text, {FieldKind::kTitle, v1::Responsibility::ROLE_UNSPECIFIED, 0});
    readings.push_back(wider);
  } else if (text == size && title != size) {
    wider.insert(wider.begin() + title + 1, {FieldKind::kText, v1::Responsibility::ROLE_UNSPECIFIED, 0});
    readings.push_back(wider);
  }
  return readings;
}

namespace {

// A chapter or section between the rows.
FlowText HeadingOf(const Item& item) {
  FlowText heading = item.number;
  for (const FlowText& cell : item.cells) {
    if (!cell.empty()) heading.Append(cell);
  }
  return heading;
}

// A title that some rows lack stands for the rows below it, too: it was one merged cell.
void TitlesToHeadings(const std::vector<ColumnRow>& rows, std::vector<LabelMatch>& columns) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].kind != FieldKind::kTitle) continue;
    // Where a row has no other text, its title is the requirement.
    size_t blank = 0, filled = 0;
    for (const ColumnRow& row : rows) {
      bool text = false;
      for (size_t k = 0; k < columns.size(); ++k)
        text = text || (columns[k].kind == FieldKind::kText && !row[k].blank());
      blank += text && row[c].blank();
      filled += text && !row[c].blank();
    }
    if (blank > 0 && filled > 0) columns[c].kind = FieldKind::kHeading;
  }
}

}  // namespace

absl::StatusOr<bool> ReadTableRows(const SourceTable& source, const std::vector<FlowText>& headings,
                                   const std::vector<LabelMatch>& said, std::vector<LabelMatch>& columns,
                                   RowTable& table) {
  DUBAN_ASSIGN_OR_RETURN(const Grid grid, LayOut(source));
  size_t header = grid.size();
  std::vector<LabelMatch> found;
  for (size_t r = 0; r < grid.size() && r < 6 && found.empty(); ++r) {
    found = HeaderOf(grid[r]);
    if (!found.empty()) header = r;
  }
  size_t first_row = 0;
  if (!found.empty()) {
    const bool told = said.size() == grid[0].size();
    if (told) found = said;
    first_row = header + 1;
    if (first_row < grid.size() && HeaderOf(grid[first_row]).size() == found.size()) {
      if (!told) MergeHeaderRows(grid[first_row], found);
      ++first_row;
    }
    columns = std::move(found);
    SettleTextColumns(grid, first_row, columns);
  } else if (!grid.empty() && said.size() == grid[0].size()) {
    columns = said;
    SettleTextColumns(grid, first_row, columns);
  } else if (grid.empty() || columns.size() != grid[0].size()) {
    return false;
  }
  const bool has_units = std::any_of(columns.begin(), columns.end(),
                                     [](const LabelMatch& column) { return column.kind == FieldKind::kUnits; });
  if (!has_units) return false;
  ColumnReader reader(columns, headings, table);
  for (size_t r = first_row; r < grid.size(); ++r) {
    // The header is printed again on the next page.
    if (!HeaderOf(grid[r]).empty()) continue;
    reader.Read(RowCells(grid[r], r > first_row ? &grid[r - 1] : nullptr));
  }
  return true;
}

void AddColumnRows(const std::vector<Item>& items, const std::vector<LabelMatch>& columns, RowTable& table) {
  std::vector<ColumnRow> rows;
  for (const Item& item : items) {
    ColumnRow row(columns.size());
    if (item.level != kNoLevel && item.level <= kSection) {
      row.front().lines.push_back(HeadingOf(item));
      rows.push_back(std::move(row));
      continue;
    }
    for (size_t c = 0; c < columns.size(); ++c) {
      if (columns[c].kind == FieldKind::kNumber) {
        if (!item.number.empty()) row[c].lines.push_back(item.number);
      } else if (!item.cells[c].empty()) {
        row[c].lines.push_back(item.cells[c]);
      }
    }
    rows.push_back(std::move(row));
  }
  std::vector<LabelMatch> settled = columns;
  TitlesToHeadings(rows, settled);
  ColumnReader reader(settled, {}, table);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t first = table.rows.size();
    reader.Read(rows[i]);
    for (size_t r = first; r < table.rows.size(); ++r) {
      for (const ItemPart& part : items[i].parts) {
        if (part.margin < table.rows[r].margin) {
          table.rows[r].margin = part.margin;
          table.rows[r].margin_mark = part.margin_mark;
        }
        table.rows[r].notes.insert(table.rows[r].notes.end(), part.notes.begin(), part.notes.end());
      }
    }
  }
}

}  // namespace duban
