// The groups of commands. Each adds its own to the program; each lives in a file of its own. Not thread-safe.

#ifndef DUBAN_TOOLS_CLI_COMMANDS_H_
#define DUBAN_TOOLS_CLI_COMMANDS_H_

#include <string>

#include "tools/cli/command.h"

namespace duban::cli {

void AddPlanCommands(Command root);
void AddUnitCommands(Command root);
void AddCalendarCommands(Command root);
void AddAssignmentCommands(Command root);
void AddTodoCommands(Command root);
void AddEvidenceCommands(Command root);
void AddReminderCommands(Command root);
void AddNodeCommands(Command root);
void AddSignInCommands(Command root);
void AddPeopleCommands(Command root);
void AddAccessCommands(Command root);
void AddKeysCommands(Command root);
void AddAuditCommands(Command root);
void AddDoctor(Command root);
void AddReviewDialogue(Command root);
void AddSearchCommand(Command root);

// Commands that stand in two places.
void AddSigningCommand(Command group, const std::string& name);
void AddReportCommand(Command group, const std::string& name);
void AddSubmitCommand(Command group, const std::string& name);
void AddDeclineCommand(Command group, const std::string& name);
void AddExtendCommand(Command group, const std::string& name);
void AddRetractCommand(Command group, const std::string& name);

// Parts of a group that fill a file.
void AddPlanParse(Command plan);
void AddPlanCreate(Command plan);
void AddPlanSettle(Command plan);
void AddPlanAlign(Command plan);
void AddPlanUpdate(Command plan);
void AddPlanEdit(Command plan);
void AddPlanHints(Command plan);
void AddPlanPublish(Command plan);
void AddPlanRevise(Command plan);
void AddUnitAliasCommands(Command unit);
void AddUnitGroupCommands(Command unit);
void AddUnitPropose(Command unit);
void AddAssignmentSigning(Command assignment);
void AddAssignmentReview(Command assignment);
void AddAssignmentRulings(Command assignment);
void AddAssignmentDesk(Command assignment);
void AddAssignmentReads(Command assignment);
void AddReminderDelivery(Command reminder);
void AddReminderPolicy(Command reminder);
void AddAccessGrants(Command access);
void AddNodeInit(Command node);
void AddNodeBackup(Command node);
void AddNodeVerify(Command node);
void AddNodeJobs(Command node);
void AddNodeRebuild(Command node);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_COMMANDS_H_
