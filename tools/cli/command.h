// How a command describes itself: its name, its options, and the function that runs it. Hides the parser (CLI11), so
// that a file of commands reads as a table of contents and compiles fast.
//
//   auto flags = std::make_shared<ShowFlags>();
//   plan.Leaf("show", {"查看", "show a plan"}, [flags](Session& s) { return Show(s, *flags); })
//       .Text("PLAN", &flags->plan, {"工作要点", "the plan"}, kRequired)
//       .Flag("--printed", &flags->printed, {"按原表打印", "as printed"});
//
// Names: `PLAN` is a positional argument, `--unit=UNIT` an option with the word its value has in --help. Not
// thread-safe. The targets of options outlive the parse.

#ifndef DUBAN_TOOLS_CLI_COMMAND_H_
#define DUBAN_TOOLS_CLI_COMMAND_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/words/words.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "tools/cli/session.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace duban::cli {

enum class Need { kOptional, kRequired };
inline constexpr Need kRequired = Need::kRequired;
inline constexpr Need kOptional = Need::kOptional;

// Options of commands that change something.
struct Mutation {
  std::string request_id;
  std::string etag;
};

// A command or a group of commands. A cheap handle; the parser owns what it stands for.
class Command {
 public:
  using Run = std::function<absl::Status(Session&)>;
  // Where the commands' functions are kept, by the parser's node.
  using Runs = std::vector<std::pair<const CLI::App*, Run>>;

  Command(CLI::App* app, Words words, Runs* runs) : app_(app), words_(words), runs_(runs) {}

  // A command that only has commands.
  Command Group(const std::string& name, const Phrase& description);
  // A command that does something.
  Command Leaf(const std::string& name, const Phrase& description, Run run);

  Command& Text(const std::string& name, std::string* target, const Phrase& description, Need need = kOptional);
  // Told apart from an empty text: `--remark=` clears.
  Command& Text(const std::string& name, std::optional<std::string>* target, const Phrase& description);
  // An option that may be given several times, or a positional with several values.
  Command& Texts(const std::string& name, std::vector<std::string>* target, const Phrase& description,
                 Need need = kOptional);
  // A whole number from `min` to `max`, inclusive.
  Command& Number(const std::string& name, std::optional<int>* target, int min, int max, const Phrase& description);
  // `30s`, `10m`, `2h`, `1d`; only whole seconds.
  Command& Duration(const std::string& name, std::optional<absl::Duration>* target, const Phrase& description);
  Command& Flag(const std::string& name, bool* target, const Phrase& description);
  // `--name` and `--no-name`.
  Command& Switch(const std::string& name, std::optional<bool>* target, const Phrase& description);
  // One of a few words.
  Command& Choice(const std::string& name, std::string* target, std::vector<std::string> choices,
                  const Phrase& description, Need need = kOptional);
  // A value of a contract's enum: its name (`in-progress`, `IN_PROGRESS`) or its Chinese word.
  template <typename E>
  Command& Enum(const std::string& name, E* target, const Phrase& description, Need need = kOptional) {
    return EnumOf(
        name, google::protobuf::GetEnumDescriptor<E>(), [](int value) { return WordOf(static_cast<E>(value)); },
        [target](int value) { *target = static_cast<E>(value); }, description, need);
  }
  // The same, given several times.
  template <typename E>
  Command& Enums(const std::string& name, std::vector<E>* target, const Phrase& description) {
    return EnumOf(
        name, google::protobuf::GetEnumDescriptor<E>(), [](int value) { return WordOf(static_cast<E>(value)); },
        [target](int value) { target->push_back(static_cast<E>(value)); }, description, kOptional, /*several=*/true);
  }
  // `--request-id`, and where the request has one `--etag`.
  Command& Changes(Mutation* mutation, bool with_etag = true);
  // Lines below the options in --help.
  Command& Footer(const Phrase& text);

 private:
  CLI::Option* Add(const std::string& name, std::function<std::string(const std::string&)> store,
                   const Phrase& description, Need need);
  Command& EnumOf(const std::string& name, const google::protobuf::EnumDescriptor* descriptor,
                  std::function<Phrase(int)> word, std::function<void(int)> store, const Phrase& description, Need need,
                  bool several = false);

  CLI::App* app_;
  Words words_;
  Runs* runs_;
};

// A length of time as people write it: a whole number and `s`, `m`, `h` or `d`. Nothing where it is none, or negative.
std::optional<absl::Duration> ParseDuration(std::string_view text);

// The value whose name or word `text` is; nothing where there is none. Zero values are never meant.
std::optional<int> ParseEnum(const google::protobuf::EnumDescriptor* descriptor, const std::function<Phrase(int)>& word,
                             std::string_view text);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_COMMAND_H_
