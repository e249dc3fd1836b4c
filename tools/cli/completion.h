// Shell completion, written from what the commands say of themselves. The scripts are static: they never call a server.
// Pure and thread-safe.

#ifndef DUBAN_TOOLS_CLI_COMPLETION_H_
#define DUBAN_TOOLS_CLI_COMPLETION_H_

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace duban::cli {

// To be sourced by bash 4.4 or later.
std::string BashCompletion(const CLI::App& root);

// To be sourced by zsh, or put into its fpath as `_duban`.
std::string ZshCompletion(const CLI::App& root);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_COMPLETION_H_
