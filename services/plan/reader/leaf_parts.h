// What stands in one numbered item: the requirement, the units, the deadline. Tries, in this order, labels, lines of
// their own, brackets, a closing sentence, and (in squashed rows) the end of the line. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_LEAF_PARTS_H_
#define DUBAN_SERVICES_PLAN_READER_LEAF_PARTS_H_

#include <optional>
#include <vector>

#include "services/plan/reader/document_words.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/reader/unit_lexicon.h"

namespace duban {

// The contents of an item, line by line, without its number.
struct Leaf {
  std::vector<FlowText> lines;
  // A blank cell was printed right behind it.
  bool blank_cell_behind = false;
};

// One requirement of a leaf; prose may hold several, each closed by its units.
struct LeafPart {
  FlowText text;
  FlowText title;
  std::vector<UnitCell> units;
  FlowText deadline;
  FlowText remark;
  bool cell_layout = false;
  std::vector<RowNote> notes;
};

// How the rows of the document are written, which decides what is tried.
struct LeafLayout {
  bool squashed = false;
  bool has_deadline_column = false;
  // The role of the units column, where there is one.
  v1::Responsibility::Role column_role = v1::Responsibility::ROLE_UNSPECIFIED;
  // The roles of all units columns, in order.
  std::vector<v1::Responsibility::Role> unit_columns;
  // Columns say the units stand in front of the requirement.
  bool units_first = false;
};

// The parts of a leaf, at least one; the last may have no units.
std::vector<LeafPart> SplitLeaf(const Leaf& leaf, const LeafLayout& layout, const UnitLexicon& lexicon);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_LEAF_PARTS_H_
