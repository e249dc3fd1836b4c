// The program `duban`, as a function: arguments and a world in, an exit code out.
//
// Not thread-safe. What the environment points to outlives the call.

#ifndef DUBAN_TOOLS_CLI_CLI_H_
#define DUBAN_TOOLS_CLI_CLI_H_

#include <string>
#include <vector>

#include "tools/cli/session.h"

namespace duban::cli {

// Runs one command. `arguments` are without the program's name. The result is an ExitCode (printer.h).
int RunCli(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_CLI_H_
