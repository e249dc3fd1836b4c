// Readings: what each mark of a run is taken for. A layout proposes the best path through the marks; the score of a
// path is the sum of its features' weights (features.h), found by dynamic programming over a small state: the field,
// its column and role, which numbers were the last of their kinds, whether the item has units. The states kept at a
// mark are the best few, so the work is linear in the marks.
//
// Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_READINGS_H_
#define DUBAN_SERVICES_PLAN_READER_READINGS_H_

#include <cstdint>
#include <vector>

#include "services/plan/reader/features.h"
#include "services/plan/reader/marks.h"

namespace duban {

// How a run is laid out.
struct Layout {
  // Running text; a cell a line; rows run together, each requirement ending in a full stop; the same without stops.
  enum Kind { kFlow, kCells, kSquashed, kGlued };
  Kind kind = kFlow;
  // For all but kFlow: the columns in order.
  std::vector<LabelMatch> columns;
  // Rows begin with a number; else with the first column.
  bool numbered = true;

  bool has_columns() const { return kind != kFlow; }
  int ColumnOf(FieldKind kind) const;
  // The first column of people behind `column`; -1 where there is none.
  int PeopleColumnBehind(int column) const;
  // The column that holds the requirements; 0 where none is named.
  int TextColumn() const;
};
Field FieldOf(FieldKind kind);

// What one mark is taken for.
struct Step {
  Field field = Field::kOutside;
  uint8_t column = 0;  // From 0; layouts with columns only.
  v1::Responsibility::Role role = v1::Responsibility::ROLE_UNSPECIFIED;
  bool starts_item = false;   // An accepted number, or the first cell of a row without one.
  bool label = false;         // An accepted label.
  bool lost_bracket = false;  // The units in front of it left their bracket open, or close one that was never opened.
  int value = 0;              // Of an accepted number, as understood.
  // Among brackets: what is open behind this mark. Only for FeaturesOf.
  uint8_t brackets = 0;
  // How much worse the best reading is that takes this mark for something else.
  float margin = 0;
};

struct Reading {
  Layout layout;
  std::vector<Step> steps;  // One for each mark.
  double score = 0;
};

// What training knows of a mark. Fields and roles are sets of bits.
struct Truth {
  uint8_t fields = 0xFF;
  uint8_t roles = 0xFF;
  uint8_t kinds = 0xFF;  // Of the columns it may stand in.
  int8_t number = 0;     // A number: 1: begins an item; -1: does not. A label: 1: is one.
};

// How a truth is used: nothing else is allowed; or everything else is made a little better than it is, so that what
// wins narrowly is told apart, too.
enum class TruthUse { kObey, kDefy };

// The best reading of `marks` in `layout`. `margins`: also how sure it is.
Reading ReadMarks(const std::vector<Mark>& marks, TextView text, const Layout& layout, const Weights& weights,
                  const std::vector<Truth>* truth = nullptr, TruthUse use = TruthUse::kObey, bool margins = false);

// The features of a reading that ReadMarks gave for the same arguments, as often as they occur in it.
std::vector<FeatureId> FeaturesOf(const std::vector<Mark>& marks, TextView text, const Reading& reading);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_READINGS_H_
