// The options by which a person says how a document is laid out: --columns, --layout, --lines.
#ifndef DUBAN_TOOLS_CLI_HINT_FLAGS_H_
#define DUBAN_TOOLS_CLI_HINT_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "duban/v1/plan.pb.h"
#include "tools/cli/command.h"

namespace duban::cli {

struct HintFlags {
  std::string columns;
  std::string layout;
  std::string lines;
};

// Adds the options to a command. `flags` outlive it.
void AddHintFlags(Command command, HintFlags* flags);

// The hints that were given. Errors: INVALID_FIELD that names the option.
absl::StatusOr<v1::ReadingHints> HintsOf(const HintFlags& flags);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_HINT_FLAGS_H_
