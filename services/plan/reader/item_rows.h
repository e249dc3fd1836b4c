// From a reading to rows: numbered items with their parts, headings over them, and what is a task and what is none.
// Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_ITEM_ROWS_H_
#define DUBAN_SERVICES_PLAN_READER_ITEM_ROWS_H_

#include <vector>

#include "services/plan/reader/marks.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/reader/readings.h"

namespace duban {

// A numbered item with what follows it up to the next number; or a row without a number.
struct Item {
  OutlineMark mark;
  int level = kNoLevel;
  FlowText number;
  // The number has no mark behind it: `49完善`.
  bool bare_number = false;
  // A column of its own prints it, without a mark.
  bool in_column = false;
  // A label behind its units says that measures follow, 整改措施：, and what it calls them.
  bool measures = false;
  LabelMatch measure_label;
  // It began with the label of its units.
  bool led = false;
  // The label right behind its number: （四）责任单位：. It is a field of the item over it.
  LabelMatch field;
  // A blank cell was printed right behind its text.
  bool blank_cell_behind = false;
  // Its requirements, at least one, each closed by its units.
  std::vector<RequirementText> parts;
  // By column, for layouts with columns.
  std::vector<FlowText> cells;

  bool HasUnits() const;
  size_t TextLength() const;
  FlowText Text() const;
};

// The items a reading has.
std::vector<Item> ItemsOf(const TextRun& run, const std::vector<Mark>& marks, const Reading& reading);

// Turns items into rows of `table`.
void AddItemRows(std::vector<Item> items, bool cells, RowTable& table);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_ITEM_ROWS_H_
