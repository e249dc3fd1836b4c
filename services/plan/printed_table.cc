#include "services/plan/printed_table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/text.h"

namespace duban {
namespace {

constexpr size_t kNarrowest = 40;
constexpr size_t kGap = 2;
constexpr size_t kColumns = 6;
// The requirement takes what the others leave; they take at most this.
constexpr std::array<size_t, kColumns> kWidest = {8, 24, 0, 34, 22, 16};
constexpr size_t kText = 2;

using Row = std::array<std::string, kColumns>;

// The text in lines of at most `width` columns. A closing mark may stand out by one character instead of beginning a
// line.
std::vector<std::string> Wrap(const std::string& text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  size_t used = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t length = CharacterBytes(text, i);
    const std::string character = text.substr(i, length);
    const size_t columns = DisplayWidth(character);
    if (used + columns > width && !line.empty()) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    }
    line += character;
    used += columns;
    i += length;
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

Row RowOf(const v1::Task& task) {
  return {task.printed_number(),     task.title(), task.text(), task.printed_units(),
          task.deadline().printed(), task.remark()};
}

std::array<size_t, kColumns> WidthsOf(const std::vector<Row>& rows, size_t width) {
  std::array<size_t, kColumns> widths = {};
  size_t others = 0;
  for (size_t c = 0; c < kColumns; ++c) {
    if (c == kText) continue;
    for (const Row& row : rows) widths[c] = std::max(widths[c], std::min(DisplayWidth(row[c]), kWidest[c]));
    others += widths[c] == 0 ? 0 : widths[c] + kGap;
  }
  // A narrow page still leaves the requirement a readable column; lines are then longer than the page.
  widths[kText] = std::max(width > others ? width - others : 0, kNarrowest / 2);
  return widths;
}

void AppendRow(const Row& row, const std::array<size_t, kColumns>& widths, std::string* out) {
  std::array<std::vector<std::string>, kColumns> cells;
  size_t height = 1;
  for (size_t c = 0; c < kColumns; ++c) {
    if (widths[c] > 0) cells[c] = Wrap(row[c], widths[c]);
    height = std::max(height, cells[c].size());
  }
  for (size_t r = 0; r < height; ++r) {
    std::string line;
    size_t column = 0;
    for (size_t c = 0; c < kColumns; ++c) {
      if (widths[c] == 0) continue;
      if (r < cells[c].size()) {
        line.append(column - std::min(column, DisplayWidth(line)), ' ');
        line += cells[c][r];
      }
      column += widths[c] + kGap;
    }
    *out += line + "\n";
  }
}

}  // namespace

std::string PrintedTable(const v1::Plan& plan, size_t width) {
  width = std::max(width, kNarrowest);
  std::string out;
  if (!plan.title().empty()) out += plan.title() + "\n";
  if (!plan.document_number().empty()) out += plan.document_number() + "\n";
  for (int begin = 0; begin < plan.tasks_size();) {
    int end = begin;
    std::vector<Row> rows;
    while (end < plan.tasks_size() && plan.tasks(end).table() == plan.tasks(begin).table()) {
      rows.push_back(RowOf(plan.tasks(end++)));
    }
    const std::array<size_t, kColumns> widths = WidthsOf(rows, width);
    out += "\n";
    if (plan.tasks(begin).table() != "body") out += plan.tasks(begin).table() + "\n";
    std::vector<std::string> open;
    for (int i = begin; i < end; ++i) {
      const v1::Task& task = plan.tasks(i);
      for (int h = 0; h < task.headings_size(); ++h) {
        const auto level = static_cast<size_t>(h);
        if (level < open.size() && open[level] == task.headings(h)) continue;
        open.resize(level);
        open.push_back(task.headings(h));
        out += std::string(level * kGap, ' ') + task.headings(h) + "\n";
      }
      AppendRow(rows[static_cast<size_t>(i - begin)], widths, &out);
    }
    begin = end;
  }
  return out;
}

}  // namespace duban
