#include "tools/cli/completion.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace duban::cli {
namespace {

// What can be typed after a command.
struct Place {
  // `duban plan settle`.
  std::string path;
  struct Item {
    std::string word;
    std::string description;
    // Words an option's value can be; empty where it is free.
    std::vector<std::string> values;
    bool takes_value = false;
    bool takes_file = false;
  };
  std::vector<Item> commands;
  std::vector<Item> options;
  // Values of the positional, where they are few; and whether it is a file.
  std::vector<std::string> values;
  bool file = false;
};

std::vector<std::string> ValuesOf(const std::string& type_name) {
  if (type_name.find('|') == std::string::npos) return {};
  return absl::StrSplit(type_name, '|');
}

void Collect(const CLI::App& app, const std::string& path, std::vector<Place>* places) {
  Place place;
  place.path = path;
  for (const CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (option->get_positional()) {
      if (place.values.empty()) place.values = ValuesOf(type);
      place.file |= option->get_name(true) == "FILE";
      continue;
    }
    for (const std::string& name : option->get_lnames()) {
      place.options.push_back(
          {"--" + name, option->get_description(), ValuesOf(type), option->get_expected_max() > 0, type == "FILE"});
    }
  }
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subcommands)
    place.commands.push_back({sub->get_name(), sub->get_description(), {}, false, false});
  places->push_back(std::move(place));
  for (const CLI::App* sub : subcommands) Collect(*sub, StrCat(path, " ", sub->get_name()), places);
}

std::vector<Place> Places(const CLI::App& root) {
  std::vector<Place> places;
  Collect(root, "duban", &places);
  // The options of the root are good everywhere.
  for (size_t i = 1; i < places.size(); ++i) {
    for (const Place::Item& item : places[0].options) {
      if (item.word != "--help" && item.word != "--version") places[i].options.push_back(item);
    }
  }
  return places;
}

// `'text'` for a shell.
std::string Quoted(const std::string& text) {
  return StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Patterns of all paths below `duban`, for a `case`.
std::string PathPatterns(const std::vector<Place>& places) {
  std::vector<std::string> paths;
  for (const Place& place : places) {
    if (place.path != "duban") paths.push_back(Quoted(place.path));
  }
  return absl::StrJoin(paths, " | \\\n      ");
}

// A `case` branch for each option whose values are known; `reply` writes the body of a branch.
std::string ValueBranches(const std::vector<Place>& places,
                          const std::function<std::string(const Place::Item&)>& reply) {
  std::string out;
  for (const Place& place : places) {
    for (const Place::Item& item : place.options) {
      if (!item.values.empty() || item.takes_file) {
        StrAppend(&out, "    ", Quoted(StrCat(place.path, " ", item.word)), ") ", reply(item), " return ;;\n");
      }
    }
  }
  return out;
}

// What is not an option.
std::string BashWords(const Place& place) {
  std::vector<std::string> words = place.values;
  for (const Place::Item& item : place.commands) words.push_back(item.word);
  return absl::StrJoin(words, " ");
}

// Options; those that take a value end with `=`.
std::string BashOptions(const Place& place) {
  std::vector<std::string> words;
  for (const Place::Item& item : place.options) words.push_back(item.takes_value ? item.word + "=" : item.word);
  return absl::StrJoin(words, " ");
}

std::string ZshItems(const std::vector<Place::Item>& items, bool takes_value) {
  std::string out;
  for (const Place::Item& item : items) {
    if (item.takes_value != takes_value) continue;
    StrAppend(
        &out, " ",
        Quoted(StrCat(item.word, takes_value ? "=" : "", ":", absl::StrReplaceAll(item.description, {{":", "\\:"}}))));
  }
  return out;
}

}  // namespace

std::string BashCompletion(const CLI::App& root) {
  const std::vector<Place> places = Places(root);
  std::string out = StrCat(
      "# bash completion for duban\n"
      "_duban() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} place=duban i\n"
      "  # Bash takes `=` for a word of its own.\n"
      "  if [[ $cur == = ]]; then\n    cur=\n"
      "  elif [[ $option == = ]]; then\n    option=${COMP_WORDS[COMP_CWORD - 2]}\n  fi\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$place ${COMP_WORDS[i]}\" in\n      ",
      PathPatterns(places),
      ") place+=\" ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n"
      "  case \"$place $option\" in\n",
      ValueBranches(places,
                    [](const Place::Item& item) {
                      if (item.takes_file)
                        return std::string("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\");");
                      return StrCat("mapfile -t COMPREPLY < <(compgen -W '", absl::StrJoin(item.values, " "),
                                    "' -- \"$cur\");");
                    }),
      "  esac\n  local words options\n  case $place in\n");
  for (const Place& place : places) {
    StrAppend(&out, "    ", Quoted(place.path), ")\n      words=", Quoted(BashWords(place)),
              "\n      options=", Quoted(BashOptions(place)), "\n");
    if (place.file) {
      out +=
          "      if [[ $cur != -* ]]; then\n        compopt -o filenames\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n        return\n      fi\n";
    }
    out += "      ;;\n";
  }
  out +=
      "  esac\n"
      "  if [[ $cur == -* || -z $words ]]; then words=$options; fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
      "  # What ends with `=` waits for its value.\n"
      "  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
      "}\n"
      "complete -F _duban duban\n";
  return out;
}

std::string ZshCompletion(const CLI::App& root) {
  const std::vector<Place> places = Places(root);
  std::string out = StrCat(
      "#compdef duban\n"
      "_duban() {\n"
      "  local place=duban option=${words[CURRENT - 1]} i\n"
      "  local -a commands flags valued\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case \"$place ${words[i]}\" in\n      ",
      PathPatterns(places),
      ") place+=\" ${words[i]}\" ;;\n    esac\n  done\n"
      "  if [[ $PREFIX == --*=* ]]; then\n    option=${PREFIX%%=*}\n    compset -P '*='\n  fi\n"
      "  case \"$place $option\" in\n",
      ValueBranches(places,
                    [](const Place::Item& item) {
                      if (item.takes_file) return std::string("_files;");
                      return StrCat("compadd -- ", absl::StrJoin(item.values, " "), ";");
                    }),
      "  esac\n  case $place in\n");
  for (const Place& place : places) {
    StrAppend(&out, "    ", Quoted(place.path), ")\n      commands=(", ZshItems(place.commands, false),
              ")\n      flags=(", ZshItems(place.options, false), ")\n      valued=(", ZshItems(place.options, true),
              ")\n");
    if (!place.values.empty()) StrAppend(&out, "      compadd -- ", absl::StrJoin(place.values, " "), "\n");
    if (place.file) out += "      _files\n";
    out += "      ;;\n";
  }
  out +=
      "  esac\n"
      "  (( $#commands )) && _describe -t commands command commands\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    _describe -o option flags\n"
      "    _describe -o option valued -S ''\n"
      "  fi\n"
      "}\n"
      "if [[ ${funcstack[1]} == _duban ]]; then _duban \"$@\"; else compdef _duban duban; fi\n";
  return out;
}

}  // namespace duban::cli
