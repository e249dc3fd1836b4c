#include "services/plan/source/table_builder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/strings.h"

namespace duban {
namespace {

// Tables inside tables deeper than this are no plan.
constexpr size_t kMaxNesting = 16;
// A plan has its annexes in tables; a document of more tables is no plan, and reading it would take too long.
constexpr int kMaxTables = 500;

bool IsBlank(const SourceLine& line) {
  return std::all_of(line.text.begin(), line.text.end(), [](char32_t c) { return c == U' '; });
}

}  // namespace

void BlockBuilder::Refuse(std::string_view zh, std::string_view en) {
  if (status_.ok()) status_ = UnreadableDocument(zh, en);
}

bool BlockBuilder::in_cell() const {
  return !open_.empty() && open_.back().cell_open;
}

std::vector<SourceBlock>& BlockBuilder::target() {
  // Text between the rows of a table stands in front of the table on the page.
  for (auto table = open_.rbegin(); table != open_.rend(); ++table) {
    if (table->cell_open) return table->cells[table->current].blocks;
  }
  return blocks_;
}

void BlockBuilder::AddLine(std::u32string_view printed) {
  if (!status_.ok()) return;
  chars_ += printed.size() + 1;
  if (chars_ > kMaxDocumentChars) {
    Refuse("文档的文字过多，超过300万字，请拆分后导入", "the document has more than 3 million characters; split it");
    return;
  }
  if (static_cast<size_t>(line_) >= kMaxDocumentLines) {
    Refuse(StrCat("文档超过", kMaxDocumentLines, "行，请拆分后导入"),
           StrCat("the document has more than ", kMaxDocumentLines, " lines; split it"));
    return;
  }
  target().push_back(MakeLineBlock(MakeSourceLine(printed, ++line_)));
}

void BlockBuilder::BeginTable() {
  if (!status_.ok()) return;
  if (++tables_ > kMaxTables) {
    Refuse(StrCat("文档中的表格超过", kMaxTables, "个，请拆分后导入"),
           StrCat("the document has more than ", kMaxTables, " tables; split it"));
    return;
  }
  if (open_.size() >= kMaxNesting) {
    Refuse("表格嵌套过深，请展开后导入", "tables are nested too deeply; unfold them");
    return;
  }
  if (in_cell()) {
    for (Table& table : open_) table.layout = true;
  }
  open_.emplace_back();
}

void BlockBuilder::BeginRow() {
  if (!status_.ok() || open_.empty()) return;
  Table& table = open_.back();
  if (++table.row >= kMaxTableRows) Refuse("表格行数过多，请拆分后导入", "a table has too many rows; split it");
  table.column = 0;
}

bool BlockBuilder::Taken(const Table& table, int column) const {
  if (column >= static_cast<int>(table.above.size()) || table.above[column] < 0) return false;
  const Cell& cell = table.cells[table.above[column]];
  return cell.row < table.row && (cell.row_span == 0 || cell.row + cell.row_span > table.row);
}

void BlockBuilder::PlaceCell(int row_span, int column_span) {
  Table& table = open_.back();
  if (table.row < 0) table.row = 0;
  while (Taken(table, table.column)) ++table.column;
  if (column_span < 1 || table.column + column_span > kMaxTableColumns || row_span > kMaxTableRows) {
    Refuse(StrCat("表格列数或合并单元格过大（最多", kMaxTableColumns, "列），请调整后导入"),
           StrCat("a table has more than ", kMaxTableColumns, " columns or a span that is too long; mend it"));
    return;
  }
  if (++cells_ > static_cast<size_t>(kMaxTableCells)) {
    Refuse("表格单元格过多，请拆分后导入", "the document has too many table cells; split it");
    return;
  }
  const int index = static_cast<int>(table.cells.size());
  table.above.resize(std::max(table.above.size(), static_cast<size_t>(table.column + column_span)), -1);
  for (int i = 0; i < column_span; ++i) table.above[table.column + i] = index;
  Cell cell;
  cell.row = table.row;
  cell.column = table.column;
  cell.row_span = row_span;
  cell.column_span = column_span;
  table.cells.push_back(std::move(cell));
  table.column += column_span;
  table.current = index;
  table.cell_open = true;
}

void BlockBuilder::BeginCell(int row_span, int column_span) {
  if (!status_.ok() || open_.empty()) return;
  PlaceCell(row_span, column_span);
}

void BlockBuilder::ContinueCell(int column_span) {
  if (!status_.ok() || open_.empty()) return;
  Table& table = open_.back();
  const int column = table.column;
  const int above = column < static_cast<int>(table.above.size()) ? table.above[column] : -1;
  if (above < 0 || table.cells[above].row + table.cells[above].row_span != table.row) {
    PlaceCell(1, column_span);
    return;
  }
  ++table.cells[above].row_span;
  table.column += std::max(column_span, 1);
  table.current = above;
  table.cell_open = true;
}

void BlockBuilder::EndCell() {
  if (!status_.ok() || open_.empty()) return;
  open_.back().cell_open = false;
}

void BlockBuilder::EndRow() {
  if (!status_.ok() || open_.empty()) return;
  open_.back().cell_open = false;
}

void BlockBuilder::SkipColumns(int count) {
  if (!status_.ok() || open_.empty()) return;
  open_.back().column += std::clamp(count, 0, kMaxTableColumns);
}

std::vector<SourceLine> BlockBuilder::LinesOf(std::vector<SourceBlock> blocks) {
  std::vector<SourceLine> lines;
  for (SourceBlock& block : blocks) lines.push_back(std::move(block.line));
  while (!lines.empty() && IsBlank(lines.back())) lines.pop_back();
  const auto first = std::find_if_not(lines.begin(), lines.end(), IsBlank);
  lines.erase(lines.begin(), first);
  return lines;
}

SourceTable BlockBuilder::Finish(Table table) {
  SourceTable finished;
  finished.rows.resize(static_cast<size_t>(std::max(table.row + 1, 0)));
  for (Cell& cell : table.cells) {
    SourceCell made;
    const int left = table.row + 1 - cell.row;
    made.row_span = cell.row_span == 0 ? left : std::min(cell.row_span, left);
    made.column_span = cell.column_span;
    made.lines = LinesOf(std::move(cell.blocks));
    finished.rows[cell.row].push_back(std::move(made));
  }
  std::erase_if(finished.rows, [](const auto& row) { return row.empty(); });
  return finished;
}

void BlockBuilder::EndTable() {
  if (!status_.ok() || open_.empty()) return;
  Table table = std::move(open_.back());
  open_.pop_back();
  std::vector<SourceBlock>& into = target();
  if (table.layout) {
    for (Cell& cell : table.cells) {
      into.insert(into.end(), std::make_move_iterator(cell.blocks.begin()), std::make_move_iterator(cell.blocks.end()));
    }
    return;
  }
  if (table.cells.empty()) return;
  SourceBlock block;
  block.kind = SourceBlock::Kind::kTable;
  block.table = Finish(std::move(table));
  into.push_back(std::move(block));
}

}  // namespace duban
