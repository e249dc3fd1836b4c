// How a plan looks to a person: its properties, its tasks by heading, its findings. Pure but for the Printer.

#ifndef DUBAN_TOOLS_CLI_PLAN_VIEW_H_
#define DUBAN_TOOLS_CLI_PLAN_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/printer.h"

namespace duban::cli {

// `kOpenInShort`: of many open ones of one code the first, and how many more there are.
enum class Findings { kOpen, kOpenInShort, kAll };

// Title, office, number, dates; name, state and etag where the plan is stored. `issuer`: what people call the unit that
// published it.
void PrintPlanProperties(const v1::Plan& plan, const std::string& issuer, Printer* printer);

// A table of the tasks under their headings. `task_id`: only that task; empty: all. `ids`: with their ids, for commands
// on tasks.
void PrintPlanTasks(const v1::Plan& plan, std::string_view task_id, bool ids, Printer* printer);

// The plan as the document printed it, to be held beside the original.
void PrintPlanAsPrinted(const v1::Plan& plan, Printer* printer);

// A table of the findings with line and proposal, and before it their number.
void PrintPlanFindings(const v1::Plan& plan, Findings which, Printer* printer);

// A draft that was just made: what it is, what is open in it, and what comes next.
void TellDraft(const v1::Plan& plan, Printer* printer);

// What differs between two revisions: a row for each task that is not the same, and how many are.
void PrintPlanDifferences(const v1::ComparePlanRevisionsResponse& compared, Printer* printer);

// Findings that nobody has settled, in the plan's order.
std::vector<const v1::Finding*> OpenFindings(const v1::Plan& plan);

// How many of the open findings block publishing.
int OpenBlocking(const v1::Plan& plan);

// What a person calls a task: `附件1 第4项`, `第33项`; its id where the plan has no such task.
Phrase TaskWords(const v1::Plan& plan, std::string_view task_id);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_PLAN_VIEW_H_
