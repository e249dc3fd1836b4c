// Flags of server programs, with CLI11: each can stand in the environment and in a file, too, and says in both
// languages what it is. A flag wins over the environment (DUBAN_NODE for --node), the environment over the file.
//
// Thread-compatible.

#ifndef DUBAN_COMMON_RPC_FLAGS_H_
#define DUBAN_COMMON_RPC_FLAGS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/strings.h"

namespace duban {

// `--data-dir` is DUBAN_DATA_DIR in the environment.
std::string EnvironmentName(std::string_view flag);

// What --help says, in both languages.
struct Help {
  const char* chinese;
  const char* english;
};

// Adds the flag `--NAME`; of a bool, one without a value.
template <typename Value>
CLI::Option* AddFlag(CLI::App& app, const std::string& name, Value& value, const Help& both) {
  const std::string help = StrCat(both.chinese, "\n", both.english);
  if constexpr (std::is_same_v<Value, bool>) {
    return app.add_flag("--" + name, value, help)->envname(EnvironmentName(name));
  } else {
    return app.add_option("--" + name, value, help)->envname(EnvironmentName(name))->capture_default_str();
  }
}

// Lets flags stand in a file, `--config`, and has the app say its version.
void AddFile(CLI::App& app, std::string_view program);

// What to print, and the exit code: 0 after --help and --version.
struct ParseFailure {
  std::string message;
  int exit_code = 0;
};
// Parses a command line; nothing where there is nothing to say.
std::optional<ParseFailure> ParseFlags(CLI::App& app, std::string_view program, int argc, const char* const* argv);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FLAGS_H_
