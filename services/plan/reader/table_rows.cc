#include "services/plan/reader/table_rows.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/reader/findings.h"
#include "services/plan/reader/table_columns.h"

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
    if (column.purpose == FieldPurpose::kUnits && !text.empty()) row.notes.push_back({kColumnUnclear, text, ""});
    if (!column.has_own_field() || column.purpose == FieldPurpose::kUnits) {
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
    if (texts.size() == 1 || row.number_value > 0) texts = {row.text};
    for (FlowText& text : texts) {
      TaskRow task = row;
      task.text = std::move(text);
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

std::vector<FlowText> CellLines(const SourceCell& cell) {
  std::vector<FlowText> lines;
  for (const SourceLine& line : cell.lines) {
    FlowText flow;
    flow.Append(line);
    if (!flow.empty()) lines.push_back(std::move(flow));
  }
  return lines;
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
  if (const std::optional<SourceTable> form = FormAsTable(source); form.has_value()) {
    return ReadTableRows(*form, headings, said, columns, table);
  }
  DUBAN_ASSIGN_OR_RETURN(const Grid grid, LayOut(source));
  size_t first_row = 0;
  if (std::optional<TableColumns> found = ColumnsOf(grid, said); found.has_value()) {
    columns = std::move(found->columns);
    first_row = found->first_row;
  } else if (grid.empty() || columns.size() != grid[0].size()) {
    return false;
  }
  if (!HasColumn(columns, FieldKind::kUnits)) return false;
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
      for (const RequirementText& part : items[i].parts) {
        table.rows[r].Doubt(part.margin, part.margin_mark);
        table.rows[r].notes.insert(table.rows[r].notes.end(), part.notes.begin(), part.notes.end());
      }
    }
  }
}

}  // namespace duban
