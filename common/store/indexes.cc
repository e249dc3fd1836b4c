#include "common/store/indexes.h"

#include <map>
#include <utility>

#include "common/base/strings.h"
#include "common/store/keys.h"

namespace duban {
namespace {

// A key for people: `index 4, units/a, plans/p`.
std::string Describe(std::string_view key) {
  if (key.size() < 2) return "an index without a number";
  std::string words = StrCat("index ", static_cast<int>(key[1]));
  for (std::string_view rest = key.substr(2); !rest.empty();) {
    const size_t end = rest.find('\0');
    StrAppend(&words, ", ", rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return words;
}

}  // namespace

absl::StatusOr<int64_t> VerifyIndexes(const ReadView& view, std::string_view node, IndexRows rows) {
  std::map<std::string, std::optional<std::string>, std::less<>> expected;
  DUBAN_RETURN_IF_ERROR(rows(view, node, [&](std::string key, std::optional<std::string> value) {
    expected.insert_or_assign(std::move(key), std::move(value));
  }));
  std::string problem;
  int64_t count = 0;
  auto next = expected.begin();
  const auto missing = [](std::string_view key) { return StrCat("a record asks for ", Describe(key), ": not there"); };
  const std::string begin(1, static_cast<char>(KeyKind::kIndex));
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    ++count;
    if (next != expected.end() && next->first < key) {
      problem = missing(next->first);
    } else if (next == expected.end() || next->first != key) {
      problem = StrCat("no record asks for ", Describe(key));
    } else if (next->second.has_value() && *next->second != value) {
      problem = StrCat(Describe(key), " does not say what its record says");
    } else {
      ++next;
    }
    return problem.empty();
  }));
  if (problem.empty() && next != expected.end()) problem = missing(next->first);
  if (!problem.empty()) return absl::DataLossError(problem);
  return count;
}

}  // namespace duban
