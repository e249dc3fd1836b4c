// How assignments look to a person. Pure but for the Printer.

#ifndef DUBAN_TOOLS_CLI_ASSIGNMENT_VIEW_H_
#define DUBAN_TOOLS_CLI_ASSIGNMENT_VIEW_H_

#include <string>

#include "duban/v1/assignment.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "google/protobuf/repeated_field.h"
#include "tools/cli/printer.h"

namespace duban::cli {

// A light as a cell: its word, behind a coloured ● where there are colours.
Cell LightCell(v1::Assignment::Light light, const Printer& printer);

enum class ListOrder { kByPlan, kByDeadline };

// Whom a table is for: a person at a screen, who sees a task's beginning, or another program, which gets all of it.
enum class TableUse { kScreen, kExport };

// A row for each, in the order given: number, task, unit, role, deadline, state, light, id. Where that is by plan, each
// plan has its title above.
Table AssignmentTable(const google::protobuf::RepeatedPtrField<v1::Assignment>& assignments, ListOrder order,
                      TableUse use, const Printer& printer);
void PrintAssignments(const google::protobuf::RepeatedPtrField<v1::Assignment>& assignments, const Phrase& nothing,
                      ListOrder order, Printer* printer);

// `附件1-3`: where a task stands.
std::string NumberWords(const v1::Assignment& assignment);
std::string UnitWords(const v1::Assignment& assignment);

// What waits for the issuer to decide: a result, a decline, a request for an extension. Empty where nothing does.
Phrase WaitsFor(const v1::Assignment& assignment);

// All that is known of one.
void PrintAssignment(const v1::Assignment& assignment, Printer* printer);

// How it stands: as its state is called, and where a revision changed what is asked, that it is to be signed again.
Phrase StateWords(const v1::Assignment& assignment);

// What revisions changed that is not signed for yet, a line for each; empty where that is nothing.
Phrase UnsignedChanges(const v1::Assignment& assignment);

// One line after a change: what happened, to which task, and how it stands now. Of an assignment without text only name
// and state are known.
Phrase ChangeWords(const Phrase& what, const v1::Assignment& assignment);

// Counts by plan, unit or heading; what the levels below made of them is indented under each row.
Table BoardTable(const v1::GetBoardResponse& board, v1::GetBoardRequest::GroupBy group_by, const Printer& printer);
// The day that a board is for.
Phrase BoardDay(const v1::GetBoardResponse& board);
void PrintBoard(const v1::GetBoardResponse& board, v1::GetBoardRequest::GroupBy group_by, Printer* printer);

void PrintTimeline(const v1::GetTimelineResponse& timeline, Printer* printer);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_ASSIGNMENT_VIEW_H_
