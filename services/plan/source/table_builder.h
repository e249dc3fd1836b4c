// Builds the blocks of a document in reading order: lines, and tables that may turn out to be page layout. Decoders of
// formats with tables share it. Not thread-safe.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_TABLE_BUILDER_H_
#define DUBAN_SERVICES_PLAN_SOURCE_TABLE_BUILDER_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Calls nest as the document does: BeginTable, BeginRow, BeginCell, AddLine..., EndCell, EndRow, EndTable. Lines are
// numbered as they come. What does not fit the limits of source_document.h makes status() an error; further calls then
// do nothing.
class BlockBuilder {
 public:
  // A line of the page, or of the innermost open cell.
  void AddLine(std::u32string_view printed);
  void BeginTable();
  void EndTable();
  void BeginRow();
  void EndRow();
  // A row span of 0 reaches to the last row of the table.
  void BeginCell(int row_span, int column_span);
  // A cell that continues the one above it in the same column (DOCX); a cell of its own where there is none.
  void ContinueCell(int column_span);
  void EndCell();
  // Columns that a row leaves out at its beginning (DOCX).
  void SkipColumns(int count);

  bool in_cell() const;
  const absl::Status& status() const { return status_; }
  // Whether anything was added yet.
  bool has_content() const { return line_ > 0 || tables_ > 0; }
  // The blocks so far; all tables have to be ended.
  std::vector<SourceBlock> Take() { return std::move(blocks_); }

 private:
  struct Cell {
    int row = 0;
    int column = 0;
    int row_span = 1;
    int column_span = 1;
    // What stands in it; a table among it makes the outer table page layout.
    std::vector<SourceBlock> blocks;
  };
  struct Table {
    std::vector<Cell> cells;
    int row = -1;
    int column = 0;
    bool cell_open = false;
    // The cell that lines go to; -1 none.
    int current = -1;
    // By column: index of the cell that reaches down into the next row and where it ends, for spans and merges.
    std::vector<int> above;
    bool layout = false;
  };

  void Refuse(std::string_view zh, std::string_view en);
  void PlaceCell(int row_span, int column_span);
  bool Taken(const Table& table, int column) const;
  std::vector<SourceBlock>& target();
  static SourceTable Finish(Table table);
  static std::vector<SourceLine> LinesOf(std::vector<SourceBlock> blocks);

  std::vector<SourceBlock> blocks_;
  std::vector<Table> open_;
  int line_ = 0;
  int tables_ = 0;
  size_t chars_ = 0;
  size_t cells_ = 0;
  absl::Status status_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_TABLE_BUILDER_H_
