// What the layouts give before anything is understood: rows, each with its printed parts. Every layout (lines, prose,
// squashed rows, cells a line each, tables) ends in these; what follows is one code for all.
#ifndef DUBAN_SERVICES_PLAN_READER_PLAN_ROWS_H_
#define DUBAN_SERVICES_PLAN_READER_PLAN_ROWS_H_

#include <string>
#include <utility>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/flow_text.h"
#include "services/plan/source/source_document.h"

namespace duban {

// The words that name units, with the role their label or column gives.
struct UnitCell {
  FlowText text;
  v1::Responsibility::Role role = v1::Responsibility::ROLE_UNSPECIFIED;
  // Its borders are printed (brackets, a cell, a line of its own) and were not worked out.
  bool clean = true;
};

// A doubt that arose while a row was cut out of the document.
struct RowNote {
  std::string code;
  FlowText subject;
  std::string proposal;
};

// What a row prints in a column or behind a label, by what that says.
struct LabelledText {
  FieldPurpose purpose = FieldPurpose::kNone;
  TextView label;  // The word of the column or label; it lasts.
  FlowText text;
};

// What is printed of one requirement.
struct RequirementText {
  FlowText text;
  std::vector<UnitCell> units;
  FlowText deadline;
  FlowText remark;
  // What has fields of its own; in the order of print.
  std::vector<LabelledText> others;
  std::vector<RowNote> notes;
  // How much better the reading that was taken is than the next; large where nothing is near. `margin_mark`: the mark
  // that the next reading takes for something else.
  float margin = 1e9F;
  size_t margin_mark = 0;

  // Is no surer than a mark of it.
  void Doubt(float of_mark, size_t mark) {
    if (of_mark < margin) margin = of_mark, margin_mark = mark;
  }
};

// A task as printed.
struct TaskRow : RequirementText {
  FlowText number;       // The printed number, such as `33.`; may be empty.
  int number_value = 0;  // 0: none.
  int number_level = 0;  // Outline level of the number (outline.h); 0: none, or a column of its own.
  std::vector<FlowText> headings;
  FlowText title;
  bool several_deadlines = false;  // The last of several was taken.
  // A cell for the units is printed and blank, so the units of a neighbour must not be taken.
  bool units_blank = false;
  // The units are shared with the row before it or behind it: not printed for this row alone.
  bool units_shared = false;
  // They were taken from the row behind it.
  bool units_from_behind = false;
  // The units stand in a cell or line of their own, which may serve rows before it.
  bool cell_layout = false;
  // The next reading is near and other: what it takes for the units and the text.
  bool unsure = false;
  std::string other_units;
  std::string other_text;
};

// The rows of the main part (`body`) or of an annex.
struct RowTable {
  std::string name;
  std::vector<TaskRow> rows;
  // Printed requirements that name nobody and are no tasks: told to the person as findings.
  std::vector<FlowText> leftovers;
  // Headings whose numbering does not fit, with what was taken for the right one.
  std::vector<RowNote> notes;
};

// A line of text as the layouts look at it.
struct TextLine {
  FlowText flow;
  // White space only. With a tab in it, it is a blank cell of a table that was turned to lines.
  bool blank = false;
  bool has_tab = false;
  // How many white-space characters a blank line holds.
  size_t spaces = 0;
  int32_t line = 0;

  // A part of it.
  TextLine Piece(size_t begin, size_t end = TextView::npos) const {
    TextLine piece = *this;
    piece.flow = flow.Slice(begin, std::min(end, flow.size()));
    return piece;
  }
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_PLAN_ROWS_H_
