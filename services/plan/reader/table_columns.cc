#include "services/plan/reader/table_columns.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

// A header stands below at most so many rows.
constexpr size_t kMostAboveHeader = 6;

absl::Status TableTooLarge(int32_t line) {
  return UnreadableDocument(StrCat("第", line, "行开始的表格超过 ", kMaxTableColumns, " 列或 ", kMaxTableRows,
                                   " 行，不像分工方案，请检查文件"),
                            StrCat("the table at line ", line, " is wider than ", kMaxTableColumns,
                                   " columns or longer than ", kMaxTableRows, " rows; check the file"));
}

LabelMatch MatchHeader(TextView text) {
  const LabelMatch stage = MatchStageColumn(text);
  return stage.kind != FieldKind::kNone ? stage : MatchColumn(text);
}

}  // namespace

absl::StatusOr<Grid> LayOut(const SourceTable& source) {
  if (source.rows.size() > kMaxTableRows) return TableTooLarge(source.FirstLine());
  Grid grid(source.rows.size());
  size_t cells = 0;
  for (size_t r = 0; r < source.rows.size(); ++r) {
    size_t c = 0;
    for (const SourceCell& cell : source.rows[r]) {
      while (c < grid[r].size() && grid[r][c].cell != nullptr) ++c;
      const size_t columns = static_cast<size_t>(std::max(1, cell.column_span));
      const size_t rows = std::min(static_cast<size_t>(std::max(1, cell.row_span)), source.rows.size() - r);
      if (c + columns > kMaxTableColumns) return TableTooLarge(source.FirstLine());
      cells += rows * columns;
      if (cells > kMaxTableCells) return TableTooLarge(source.FirstLine());
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

FlowText CellText(const GridCell& cell) {
  FlowText flow;
  if (cell.cell == nullptr) return flow;
  for (const SourceLine& line : cell.cell->lines) flow.Append(line);
  return flow;
}

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

namespace {

// A header of two rows: the lower one names what the upper one only groups (`责任分工` over `牵头单位`, `配合单位`).
void MergeHeaderRows(const std::vector<GridCell>& lower, std::vector<LabelMatch>& columns) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (lower[c].from_above) continue;
    const LabelMatch match = MatchHeader(CellText(lower[c]).text());
    if (match.kind != FieldKind::kNone) columns[c] = match;
  }
}

// So much of a column has to look alike for it to be known by what stands in it.
constexpr double kMostOfColumn = 0.7;
// A header is at most this long, and has at least so many columns and rows below it.
constexpr size_t kLongestHeader = 12;
constexpr size_t kFewestColumns = 3;
constexpr size_t kFewestRows = 2;

// What most cells of a column are: numbers, deadlines, units, or kNone for words. `named`: the header speaks of units,
// so that names which could also be something else are some.
FieldKind ContentOf(const Grid& grid, size_t first_row, size_t c, bool named) {
  static const UnitLexicon& nothing_known = *new UnitLexicon();
  const PhraseLikeness least = named ? PhraseLikeness::kWeak : PhraseLikeness::kStrong;
  size_t filled = 0, numbers = 0, deadlines = 0, units = 0;
  for (size_t r = first_row; r < grid.size(); ++r) {
    const FlowText text = CellText(grid[r][c]);
    if (text.empty() || grid[r][c].from_left) continue;
    ++filled;
    numbers += NumberAlone(text.text()) > 0;
    deadlines += IsDeadline(text.text());
    units += LikenessOfUnits(text.text(), nothing_known) >= least;
  }
  const auto most = [&](size_t count) { return filled >= kFewestRows && count >= kMostOfColumn * filled; };
  if (most(numbers)) return FieldKind::kNumber;
  if (most(deadlines)) return FieldKind::kDeadline;
  return most(units) ? FieldKind::kUnits : FieldKind::kNone;
}

// Whether all cells of a row are short words, as a header's are.
bool MayBeHeader(const std::vector<GridCell>& row) {
  if (row.size() < kFewestColumns) return false;
  return std::all_of(row.begin(), row.end(), [](const GridCell& cell) {
    const FlowText text = CellText(cell);
    return !text.empty() && !cell.from_left && text.size() <= kLongestHeader && NumberAlone(text.text()) == 0 &&
           text.text().find_first_of(U"。;") == TextView::npos && !IsDeadline(text.text().substr(0, 1));
  });
}

// Gives columns whose headers say nothing what their cells say. One deadline and one number are enough.
void NameByContent(const Grid& grid, size_t header, std::vector<LabelMatch>& columns) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].kind != FieldKind::kNone) continue;
    const v1::Responsibility::Role role = RoleInHeader(CellText(grid[header][c]).text());
    const bool named = role != v1::Responsibility::ROLE_UNSPECIFIED;
    const FieldKind kind = ContentOf(grid, header + 1, c, named);
    if (kind == FieldKind::kUnits && !named && HasColumn(columns, kind)) {
      // Others are named as those who act: what these do is not said.
      columns[c].kind = FieldKind::kRemark;
      columns[c].purpose = FieldPurpose::kUnits;
    } else if (kind == FieldKind::kUnits) {
      columns[c].kind = kind;
      columns[c].role = named ? role : v1::Responsibility::RESPONSIBLE;
    } else if (kind != FieldKind::kNone && !HasColumn(columns, kind)) {
      columns[c].kind = kind;
    }
  }
}

// A header whose words are not known, over columns of which one holds units and another holds none of what is known.
std::vector<LabelMatch> HeaderByContent(const Grid& grid, size_t r) {
  if (r + kFewestRows >= grid.size() || !MayBeHeader(grid[r])) return {};
  std::vector<LabelMatch> columns;
  for (const GridCell& cell : grid[r]) columns.push_back(MatchHeader(CellText(cell).text()));
  const bool says_any = std::any_of(columns.begin(), columns.end(),
                                    [](const LabelMatch& column) { return column.kind != FieldKind::kNone; });
  NameByContent(grid, r, columns);
  const bool units = HasColumn(columns, FieldKind::kUnits);
  const bool words = HasColumn(columns, FieldKind::kNone, FieldKind::kText);
  return says_any && units && words ? columns : std::vector<LabelMatch>();
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

// Without its spans.
SourceCell OneCell(SourceCell cell) {
  cell.row_span = cell.column_span = 1;
  return cell;
}

}  // namespace

std::optional<TableColumns> ColumnsOf(const Grid& grid, const std::vector<LabelMatch>& said) {
  if (grid.empty()) return std::nullopt;
  const bool told = said.size() == grid[0].size();
  TableColumns out;
  for (size_t r = 0; r < grid.size() && r < kMostAboveHeader && out.columns.empty(); ++r) {
    out.columns = HeaderOf(grid[r]);
    if (!out.columns.empty()) out.first_row = r + 1;
  }
  for (size_t r = 0; r < grid.size() && r < kMostAboveHeader && out.columns.empty() && !told; ++r) {
    out.columns = HeaderByContent(grid, r);
    if (!out.columns.empty()) out.first_row = r + 1;
  }
  if (told) {
    out.columns = said;
  } else if (out.columns.empty()) {
    return std::nullopt;
  }
  if (const size_t r = out.first_row; r > 0 && r < grid.size() && HeaderOf(grid[r]).size() == out.columns.size()) {
    if (!told) MergeHeaderRows(grid[r], out.columns);
    ++out.first_row;
  }
  if (!told && out.first_row > 0) NameByContent(grid, out.first_row - 1, out.columns);
  SettleTextColumns(grid, out.first_row, out.columns);
  return out;
}

namespace {

// A label in a cell of a form.
LabelMatch FormLabel(const SourceCell& cell) {
  const FlowText text = CellText({&cell, false, false});
  return text.size() <= kLongestHeader ? MatchHeader(text.text()) : LabelMatch();
}

}  // namespace

std::optional<SourceTable> FormAsTable(const SourceTable& source) {
  std::vector<std::pair<const SourceCell*, const SourceCell*>> fields;
  bool units = false;
  for (const auto& row : source.rows) {
    if (row.size() == 1 && fields.empty()) continue;  // A title across the form.
    if (row.empty() || row.size() % 2 != 0) return std::nullopt;
    for (size_t c = 0; c < row.size(); c += 2) {
      const LabelMatch label = FormLabel(row[c]);
      if (label.kind == FieldKind::kNone || FormLabel(row[c + 1]).kind != FieldKind::kNone) return std::nullopt;
      units = units || label.kind == FieldKind::kUnits;
      fields.emplace_back(&row[c], &row[c + 1]);
    }
  }
  if (fields.size() < kFewestColumns || !units) return std::nullopt;
  SourceTable table;
  table.rows.emplace_back();
  std::vector<std::u32string> labels;
  for (const auto& [label, value] : fields) {
    const std::u32string word(CellText({label, false, false}).text());
    const auto column = static_cast<size_t>(std::find(labels.begin(), labels.end(), word) - labels.begin());
    if (column == labels.size()) {
      labels.push_back(word);
      table.rows[0].push_back(OneCell(*label));
    }
    // The first label again begins the next task.
    if (table.rows.size() == 1 || column == 0) table.rows.emplace_back();
    if (table.rows.back().size() <= column) table.rows.back().resize(column + 1);
    table.rows.back()[column] = OneCell(*value);
  }
  return table;
}

std::vector<std::vector<LabelMatch>> ColumnReadings(const std::vector<LabelMatch>& columns) {
  std::vector<LabelMatch> known = columns;
  // A column whose header is not understood names the units where no other does; else it is a title.
  const bool units_named = HasColumn(columns, FieldKind::kUnits);
  for (LabelMatch& column : known) {
    if (column.kind != FieldKind::kNone) continue;
    column.kind = units_named ? FieldKind::kTitle : FieldKind::kUnits;
    if (!units_named) column.role = v1::Responsibility::RESPONSIBLE;
  }
  // Text behind the units is a requirement, measure or remark where another column of text stands in front of them.
  const auto is_text = [](const LabelMatch& column) {
    return column.kind == FieldKind::kText || column.kind == FieldKind::kTitle || column.kind == FieldKind::kHeading;
  };
  const auto units = std::find_if(known.begin(), known.end(),
                                  [](const LabelMatch& column) { return column.kind == FieldKind::kUnits; });
  if (std::any_of(known.begin(), units, is_text)) {
    for (auto column = units; column != known.end(); ++column) {
      if (is_text(*column)) column->kind = FieldKind::kRemark;
    }
  }
  // Of several columns of text the last is the requirement; the others name what it belongs to.
  bool last = true;
  for (auto column = known.rbegin(); column != known.rend(); ++column) {
    if (column->kind == FieldKind::kText && !std::exchange(last, false)) column->kind = FieldKind::kTitle;
  }
  const auto at = [&](FieldKind kind) {
    return std::find_if(columns.begin(), columns.end(), [&](const LabelMatch& column) { return column.kind == kind; }) -
           columns.begin();
  };
  std::vector<LabelMatch> plain = known, wider = known;
  if (HasColumn(columns, FieldKind::kText)) {
    if (HasColumn(known, FieldKind::kTitle)) return {plain};
    wider.insert(wider.begin() + at(FieldKind::kText), {FieldKind::kTitle, v1::Responsibility::ROLE_UNSPECIFIED, 0});
  } else if (HasColumn(columns, FieldKind::kTitle)) {
    plain[at(FieldKind::kTitle)].kind = FieldKind::kText;
    wider.insert(wider.begin() + at(FieldKind::kTitle) + 1,
                 {FieldKind::kText, v1::Responsibility::ROLE_UNSPECIFIED, 0});
  } else {
    return {plain};
  }
  return {plain, wider};
}

}  // namespace duban
