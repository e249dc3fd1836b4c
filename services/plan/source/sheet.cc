#include "services/plan/source/sheet.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

#include "common/base/errors.h"
#include "common/base/text.h"

namespace duban {
namespace {

// Merged cells of a sheet cover at most so many rows in all; those of real ones do not overlap.
constexpr size_t kMostMergedRows = 1000000;

// A row that holds something.
struct Row {
  int number = 0;
  int last = 0;                           // The last number that its merged cells cover.
  bool shares = false;                    // A merged cell covers another row, too.
  std::vector<const SheetCell*> cells;    // In the order of columns.
  std::vector<const SheetMerge*> merges;  // That cover places of it, in the order of columns.
};

class SheetLayout {
 public:
  SheetLayout(const Sheet& sheet, BlockBuilder& builder) : sheet_(sheet), builder_(builder) {}

  absl::Status Add() {
    DUBAN_RETURN_IF_ERROR(FindRows());
    for (size_t begin = 0; begin < rows_.size() && builder_.status().ok();) {
      size_t end = begin + 1;
      for (int last = rows_[begin].last; end < rows_.size() && rows_[end].number <= last + 1; ++end) {
        last = std::max(last, rows_[end].last);
      }
      AddPart(begin, end);
      begin = end;
    }
    return builder_.status();
  }

 private:
  absl::Status FindRows() {
    std::map<int, Row> rows;
    for (const SheetCell& cell : sheet_.cells) {
      rows[cell.row].cells.push_back(&cell);
      left_ = std::min(left_, cell.column);
      right_ = std::max(right_, cell.column + 1);
    }
    size_t covered = 0;
    for (const SheetMerge& merge : sheet_.merges) {
      // Merged cells with nothing in them are borders somebody drew.
      const auto first = rows.find(merge.first_row);
      if (first == rows.end() || !Holds(first->second, merge.first_column)) continue;
      right_ = std::max(right_, merge.last_column + 1);
      // Rows that only it reaches into show nothing, and are none.
      const auto end = rows.upper_bound(merge.last_row);
      for (auto row = first; row != end; ++row) {
        if (++covered > kMostMergedRows) {
          return UnreadableDocument("表格的合并单元格互相重叠，请取消合并后另存再导入",
                                    "merged cells of the sheet overlap; unmerge them, save and import again");
        }
        row->second.merges.push_back(&merge);
        row->second.shares = row->second.shares || std::next(first) != end;
        row->second.last = std::max(row->second.last, merge.last_row);
      }
    }
    for (auto& [number, row] : rows) {
      row.number = number;
      row.last = std::max(row.last, number);
      std::sort(row.merges.begin(), row.merges.end(),
                [](const SheetMerge* a, const SheetMerge* b) { return a->first_column < b->first_column; });
      rows_.push_back(std::move(row));
    }
    return absl::OkStatus();
  }

  static bool Holds(const Row& row, int column) {
    return std::any_of(row.cells.begin(), row.cells.end(),
                       [&](const SheetCell* cell) { return cell->column == column; });
  }

  // Whether only one cell shows in the row.
  static bool IsLine(const Row& row) { return row.cells.size() == 1 && !row.shares; }

  bool IsClosingLine(const Row& row) const {
    if (!IsLine(row) || row.merges.empty()) return IsLine(row) && row.cells.front()->column == left_;
    return row.merges.front()->first_column == left_ && row.merges.front()->last_column + 1 == right_;
  }

  void AddPart(size_t begin, size_t end) {
    while (begin < end && IsLine(rows_[begin])) AddText(rows_[begin++].cells.front()->text);
    size_t table_end = end;
    while (table_end > begin && IsClosingLine(rows_[table_end - 1])) --table_end;
    if (table_end > begin) AddTable(begin, table_end);
    for (size_t i = table_end; i < end; ++i) AddText(rows_[i].cells.front()->text);
  }

  void AddText(std::string_view text) {
    for (;;) {
      const size_t end = text.find('\n');
      builder_.AddLine(DecodeUtf8(text.substr(0, end)));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void AddTable(size_t begin, size_t end) {
    builder_.BeginTable();
    for (size_t i = begin; i < end && builder_.status().ok(); ++i) AddRow(i, end);
    builder_.EndTable();
  }

  void AddRow(size_t i, size_t end) {
    const Row& row = rows_[i];
    builder_.BeginRow();
    auto cell = row.cells.begin();
    auto merge = row.merges.begin();
    for (int column = left_; column < right_ && builder_.status().ok();) {
      while (merge != row.merges.end() && (*merge)->last_column < column) ++merge;
      const bool merged = merge != row.merges.end() && (*merge)->first_column <= column;
      if (merged && (*merge)->first_row < row.number) {
        // The builder passes over places that a cell above covers.
        column = (*merge)->last_column + 1;
        continue;
      }
      int width = 1;
      int height = 1;
      if (merged) {
        width = (*merge)->last_column - column + 1;
        for (size_t k = i + 1; k < end && rows_[k].number <= (*merge)->last_row; ++k) ++height;
      }
      builder_.BeginCell(height, width);
      while (cell != row.cells.end() && (*cell)->column < column) ++cell;
      if (cell != row.cells.end() && (*cell)->column == column) AddText((*cell)->text);
      builder_.EndCell();
      column += width;
    }
    builder_.EndRow();
  }

  const Sheet& sheet_;
  BlockBuilder& builder_;
  std::vector<Row> rows_;
  int left_ = std::numeric_limits<int>::max();
  int right_ = 0;
};

}  // namespace

absl::Status AddSheet(const Sheet& sheet, BlockBuilder& builder) {
  return SheetLayout(sheet, builder).Add();
}

}  // namespace duban
