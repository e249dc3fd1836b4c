#include "tools/cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/strings.h"

namespace duban::cli {
namespace {

// Values of one positional: as many as a command line holds.
constexpr int kMostValues = 1 << 20;

// Splits `--unit=UNIT` into the option's name and the word for its value.
std::pair<std::string, std::string> SplitName(const std::string& name) {
  const size_t equals = name.find('=');
  if (equals == std::string::npos) return {name, ""};
  return {name.substr(0, equals), name.substr(equals + 1)};
}

std::string OptionName(const google::protobuf::EnumValueDescriptor* value) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(value->name()), {{"_", "-"}});
}

}  // namespace

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  absl::Duration unit;
  switch (text.back()) {
    case 's':
      unit = absl::Seconds(1);
      break;
    case 'm':
      unit = absl::Minutes(1);
      break;
    case 'h':
      unit = absl::Hours(1);
      break;
    case 'd':
      unit = absl::Hours(24);
      break;
    default:
      return std::nullopt;
  }
  int32_t count = 0;
  const std::string_view digits = text.substr(0, text.size() - 1);
  const bool plain = std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!plain || !ParseNumber(digits, &count)) return std::nullopt;
  return count * unit;
}

std::optional<int> ParseEnum(const google::protobuf::EnumDescriptor* descriptor, const std::function<Phrase(int)>& word,
                             std::string_view text) {
  const std::string folded = absl::StrReplaceAll(absl::AsciiStrToLower(ToAbsl(text)), {{"_", "-"}});
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto* value = descriptor->value(i);
    if (value->number() == 0) continue;
    // 街道 is enough for 街道（乡镇）.
    const std::string chinese = word(value->number()).zh;
    const bool said = text == chinese || text == chinese.substr(0, chinese.find("（"));
    if (folded == OptionName(value) || said) return value->number();
  }
  return std::nullopt;
}

Command Command::Group(const std::string& name, const Phrase& description) {
  Command group = Leaf(name, description, nullptr);
  group.app_->require_subcommand(1);
  return group;
}

Command Command::Leaf(const std::string& name, const Phrase& description, Run run) {
  CLI::App* app = app_->add_subcommand(name, words_(description));
  app->get_help_ptr()->group(app->option_defaults()->get_group());
  if (run != nullptr) runs_->emplace_back(app, std::move(run));
  return Command(app, words_, runs_);
}

// `store` takes one value and returns what is wrong with it, empty where nothing is.
CLI::Option* Command::Add(const std::string& name, std::function<std::string(const std::string&)> store,
                          const Phrase& description, Need need) {
  const std::string option_name = SplitName(name).first;
  const std::string value_name = SplitName(name).second;
  CLI::callback_t callback = [store = std::move(store), shown = option_name](const CLI::results_t& results) {
    for (const std::string& result : results) {
      const std::string wrong = store(result);
      if (!wrong.empty()) throw CLI::ValidationError(shown, wrong);
    }
    return true;
  };
  CLI::Option* option = app_->add_option(option_name, std::move(callback), words_(description));
  option->type_name(value_name.empty() ? "" : value_name)->expected(1);
  if (need == kRequired) option->required();
  return option;
}

Command& Command::Text(const std::string& name, std::string* target, const Phrase& description, Need need) {
  Add(
      name,
      [target](const std::string& text) {
        *target = text;
        return std::string();
      },
      description, need);
  return *this;
}

Command& Command::Text(const std::string& name, std::optional<std::string>* target, const Phrase& description) {
  Add(
      name,
      [target](const std::string& text) {
        *target = text;
        return std::string();
      },
      description, kOptional);
  return *this;
}

Command& Command::Texts(const std::string& name, std::vector<std::string>* target, const Phrase& description,
                        Need need) {
  CLI::Option* option = Add(
      name,
      [target](const std::string& text) {
        target->push_back(text);
        return std::string();
      },
      description, need);
  // A positional takes all that follows; an option takes one value each time, so that it swallows no positional.
  if (option->get_positional()) {
    option->expected(1, kMostValues)->allow_extra_args();
  } else {
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  return *this;
}

Command& Command::Number(const std::string& name, std::optional<int>* target, int min, int max,
                         const Phrase& description) {
  const Words words = words_;
  Add(
      name,
      [target, min, max, words](const std::string& text) {
        int number = 0;
        if (!ParseNumber(text, &number) || number < min || number > max) {
          return words({StrCat("“", text, "”应为 ", min, " 到 ", max, " 的整数"),
                        StrCat("`", text, "` has to be a whole number from ", min, " to ", max)});
        }
        *target = number;
        return std::string();
      },
      description, kOptional);
  return *this;
}

Command& Command::Duration(const std::string& name, std::optional<absl::Duration>* target, const Phrase& description) {
  const Words words = words_;
  Add(
      name,
      [target, words](const std::string& text) {
        const auto duration = ParseDuration(text);
        if (!duration.has_value()) {
          return words({StrCat("“", text, "”不是时长，请写成 30s、10m、2h 或 1d"),
                        StrCat("`", text, "` is no length of time; write 30s, 10m, 2h or 1d")});
        }
        *target = *duration;
        return std::string();
      },
      description, kOptional);
  return *this;
}

Command& Command::Flag(const std::string& name, bool* target, const Phrase& description) {
  app_->add_flag(name, *target, words_(description));
  return *this;
}

Command& Command::Switch(const std::string& name, std::optional<bool>* target, const Phrase& description) {
  const std::string bare = name.substr(2);
  app_->add_flag_callback(
      name, [target] { *target = true; }, words_(description));
  app_->add_flag_callback(
      StrCat("--no-", bare), [target] { *target = false; },
      words_({StrCat("与 --", bare, " 相反"), StrCat("the opposite of --", bare)}));
  return *this;
}

Command& Command::Choice(const std::string& name, std::string* target, std::vector<std::string> choices,
                         const Phrase& description, Need need) {
  const Words words = words_;
  const std::string all = absl::StrJoin(choices, "|");
  Add(
      StrCat(SplitName(name).first, "=", all),
      [target, words, all, choices = std::move(choices)](const std::string& text) {
        if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
          return words({StrCat("“", text, "”应为 ", all, " 之一"), StrCat("`", text, "` has to be one of ", all)});
        }
        *target = text;
        return std::string();
      },
      description, need);
  return *this;
}

Command& Command::EnumOf(const std::string& name, const google::protobuf::EnumDescriptor* descriptor,
                         std::function<Phrase(int)> word, std::function<void(int)> store, const Phrase& description,
                         Need need, bool several) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() != 0) names.push_back(OptionName(descriptor->value(i)));
  }
  const Words words = words_;
  const std::string all = absl::StrJoin(names, "|");
  CLI::Option* option = Add(
      StrCat(SplitName(name).first, "=", all),
      [descriptor, word = std::move(word), store = std::move(store), words, all](const std::string& text) {
        const auto value = ParseEnum(descriptor, word, text);
        if (!value.has_value()) {
          return words({StrCat("“", text, "”应为 ", all, " 之一"), StrCat("`", text, "` has to be one of ", all)});
        }
        store(*value);
        return std::string();
      },
      description, need);
  if (several) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Command& Command::Changes(Mutation* mutation, bool with_etag) {
  Text("--request-id=ID", &mutation->request_id,
       {"请求编号；不填则随机生成。重复同一编号，只办理一次",
        "request id; random if left out. The same id takes effect once"});
  if (with_etag) {
    Text("--etag=ETAG", &mutation->etag,
         {"上次看到的版本；期间若有人改过则拒绝", "the version last seen; refused if somebody changed it since"});
  }
  return *this;
}

Command& Command::Footer(const Phrase& text) {
  app_->footer(words_(text));
  return *this;
}

}  // namespace duban::cli
