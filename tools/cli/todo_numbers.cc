#include "tools/cli/todo_numbers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"

namespace duban::cli {
namespace {

// Where programs keep such things of a person; empty where there is no such place.
std::string StateFolder(const Session& session) {
  const auto variable = session.environment().variable;
  if (const std::string own = variable("DUBAN_STATE"); !own.empty()) return own;
  if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) return StrCat(state, "/duban");
  const std::string home = variable("HOME");
  return home.empty() ? "" : StrCat(home, "/.local/state/duban");
}

}  // namespace

TodoNumbers TodoNumbers::Read(const Session& session) {
  TodoNumbers numbers;
  numbers.folder_ = StateFolder(session);
  if (numbers.folder_.empty()) return numbers;
  numbers.file_ = StrCat(numbers.folder_, "/", ComputedId("todo-", {session.Servers().assignment}));
  std::ifstream file(numbers.file_);
  int number = 0;
  std::string name;
  while (file >> number >> name) {
    if (number < 1 || ParseName(name).noun != Noun::kAssignment) continue;
    numbers.numbers_[name] = number;
    numbers.last_ = std::max(numbers.last_, number);
  }
  return numbers;
}

bool TodoNumbers::Update(const std::string& unit, const std::vector<std::string>& owed) {
  const std::set<std::string> names(owed.begin(), owed.end());
  std::erase_if(numbers_,
                [&](const auto& kept) { return ParseName(kept.first).unit() == unit && !names.contains(kept.first); });
  if (numbers_.empty()) last_ = 0;
  for (const std::string& name : owed) {
    if (numbers_.try_emplace(name, last_ + 1).second) ++last_;
  }
  return Write();
}

int TodoNumbers::Of(const std::string& name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second;
}

std::optional<std::string> TodoNumbers::NameOf(int number) const {
  for (const auto& [name, its_number] : numbers_) {
    if (its_number == number) return name;
  }
  return std::nullopt;
}

bool TodoNumbers::Write() const {
  if (file_.empty()) return false;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string next = file_ + ".new";
  {
    std::ofstream file(next, std::ios::trunc);
    for (const auto& [name, number] : numbers_) file << number << ' ' << name << '\n';
    if (!file.flush()) return false;
  }
  std::filesystem::rename(next, file_, error);
  return !error;
}

}  // namespace duban::cli
