#include "services/plan/reader/region_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/plan/reader/item_rows.h"
#include "services/plan/reader/table_columns.h"
#include "services/plan/reader/table_rows.h"

namespace duban {
namespace {

std::vector<Layout> LayoutsOf(const Region& region, const std::vector<Mark>& marks) {
  if (region.columns.empty()) return {Layout()};
  std::vector<Layout> layouts;
  const auto items = std::count_if(marks.begin(), marks.end(), [](const Mark& mark) {
    return mark.kind == MarkKind::kNumber && mark.number.level >= kItem;
  });
  for (std::vector<LabelMatch>& columns : ColumnReadings(region.columns)) {
    Layout layout;
    layout.kind = region.squashed ? Layout::kSquashed : Layout::kCells;
    layout.columns = std::move(columns);
    layout.numbered = items > 0;
    layouts.push_back(layout);
    layout.kind = Layout::kGlued;
    if (region.squashed) layouts.push_back(std::move(layout));
  }
  return layouts;
}

// So many unsure rows of a region are read again.
constexpr size_t kMostUnsure = 24;
// In all, this many marks are looked at again.
constexpr size_t kMostReread = 60000;

std::u32string NameOf(const TextRun& run, const Mark& mark) {
  return std::u32string(run.flow.text().substr(mark.begin, mark.end - mark.begin));
}

void AddRows(const MarkedRegion& region, const Reading& reading, RowTable& table) {
  std::vector<Item> items = ItemsOf(region.run, region.marks, reading);
  const bool own_column = std::any_of(items.begin(), items.end(), [](const Item& item) { return item.in_column; });
  if (reading.layout.has_columns() && (own_column || !reading.layout.numbered)) {
    AddColumnRows(items, reading.layout.columns, table);
  } else {
    AddItemRows(std::move(items), reading.layout.has_columns(), table);
  }
}

// The units of a row as printed, with their roles: `A牵头；B`.
std::string UnitsOf(const TaskRow& row) {
  std::string units;
  for (const UnitCell& cell : row.units) {
    const bool lead = cell.role == v1::Responsibility::LEAD;
    const bool help = cell.role == v1::Responsibility::COOPERATE;
    units += (units.empty() ? "" : "；") + cell.text.Printed() + (lead ? "牵头" : help ? "配合" : "");
  }
  return units;
}

// What else a mark may be than a step takes it for.
std::vector<Truth> OthersThan(const Step& step, const Mark& mark, const Layout& layout) {
  Truth other;
  if (mark.kind == MarkKind::kNumber) {
    other.number = step.starts_item ? -1 : 1;
    return {other};
  }
  const auto field = static_cast<uint8_t>(1 << static_cast<int>(step.field));
  other.fields = static_cast<uint8_t>(~field);
  if (step.field != Field::kUnits || !layout.has_columns()) return {other};
  // Or the unit of another column of units.
  return {other, {.fields = field, .roles = static_cast<uint8_t>(~(1 << step.role))}};
}

// The best reading that takes mark `at` for something else than `reading` does.
Reading NextReading(const MarkedRegion& region, const Reading& reading, const Weights& weights, size_t at) {
  std::optional<Reading> next;
  for (const Truth& other : OthersThan(reading.steps[at], region.marks[at], reading.layout)) {
    std::vector<Truth> truth(region.marks.size());
    truth[at] = other;
    Reading read = ReadMarks(region.marks, region.run.flow.text(), reading.layout, weights, &truth);
    if (!next.has_value() || read.score > next->score) next = std::move(read);
  }
  return *std::move(next);
}

// Reads again with the row's least certain mark taken for something else, and keeps what that says of the row.
void FindOtherReading(const MarkedRegion& region, const Reading& reading, const Weights& weights, TaskRow& row) {
  RowTable table;
  AddRows(region, NextReading(region, reading, weights, row.margin_mark), table);
  const v1::SourceSpan place = row.text.SpanOf();
  for (const TaskRow& other : table.rows) {
    const v1::SourceSpan span = other.text.SpanOf();
    if (span.line() != place.line() || span.column() != place.column()) continue;
    row.unsure = UnitsOf(other) != UnitsOf(row) || other.text.text() != row.text.text();
    row.other_units = UnitsOf(other);
    row.other_text = other.text.Printed();
    return;
  }
  row.unsure = true;
}

}  // namespace

MarkedRegion MarkRegion(const Region& region, const Learned& learned) {
  MarkedRegion marked;
  marked.run = JoinLines(region.lines);
  const bool number_column = HasColumn(region.columns, FieldKind::kNumber);
  const bool people_column = std::any_of(region.columns.begin(), region.columns.end(), [](const LabelMatch& column) {
    return column.purpose == FieldPurpose::kPeople;
  });
  marked.marks = FindMarks(marked.run, learned.lexicon, number_column, people_column);
  for (Mark& mark : marked.marks) {
    if (mark.kind != MarkKind::kUnit || learned.columns.empty()) continue;
    const auto it = learned.columns.find(NameOf(marked.run, mark));
    if (it == learned.columns.end()) continue;
    const auto most = std::max_element(it->second.begin(), it->second.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    // What was read once confirms only itself.
    if (most->second > 1) mark.column_hint = static_cast<uint8_t>(most->first);
  }
  marked.layouts = LayoutsOf(region, marked.marks);
  return marked;
}

Reading BestReading(const MarkedRegion& region, const Weights& weights, bool margins, const std::vector<Truth>* truth,
                    TruthUse use) {
  const TextView text = region.run.flow.text();
  const Layout* best = &region.layouts.front();
  double best_score = 0;
  for (const Layout& layout : region.layouts) {
    if (region.layouts.size() == 1) break;
    const double score = ReadMarks(region.marks, text, layout, weights, truth, use).score;
    if (best == &layout || score > best_score) best = &layout, best_score = score;
  }
  return ReadMarks(region.marks, text, *best, weights, truth, use, margins);
}

void AddReadingRows(const MarkedRegion& region, const Reading& reading, const Weights* weights, RowTable& table) {
  const size_t first = table.rows.size();
  AddRows(region, reading, table);
  if (weights == nullptr) return;
  // Each is as much work as reading the region once.
  const size_t most = std::min(kMostUnsure, kMostReread / (region.marks.size() + 1));
  size_t asked = 0;
  for (size_t r = first; r < table.rows.size() && asked < most; ++r) {
    if (table.rows[r].margin >= weights->least_margin()) continue;
    ++asked;
    FindOtherReading(region, reading, *weights, table.rows[r]);
  }
}

void CountColumns(const MarkedRegion& region, const Reading& reading, NameColumns& columns) {
  if (!reading.layout.has_columns()) return;
  for (size_t i = 0; i < region.marks.size(); ++i) {
    const Mark& mark = region.marks[i];
    if (mark.kind != MarkKind::kUnit || reading.steps[i].field != Field::kUnits) continue;
    ++columns[NameOf(region.run, mark)][reading.steps[i].column + 1];
  }
}

}  // namespace duban
