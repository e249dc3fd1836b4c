#include "common/store/indexes.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/store/keys.h"

namespace duban {
namespace {

// Rows are compared in so many parts, by a hash of their keys, by a sum of hashes each. Only parts that differ are
// looked into, as many at once as have about so many bytes.
constexpr size_t kParts = 1 << 16;
constexpr int64_t kBytesAtOnce = 16 << 20;

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

size_t PartOf(std::string_view key) {
  return XXH3_64bits(key.data(), key.size()) % kParts;
}

// One side's rows, in whatever order they come.
struct Side {
  void Add(std::string_view key, std::string_view value) {
    const uint64_t row = XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
    sums[PartOf(key)] += row | 1;
    ++count;
    bytes += static_cast<int64_t>(key.size() + value.size());
  }

  std::vector<uint64_t> sums = std::vector<uint64_t>(kParts);
  int64_t count = 0;
  int64_t bytes = 0;
};

class Comparison {
 public:
  Comparison(const ReadView& view, std::string_view node, IndexRows rows) : view_(view), node_(node), rows_(rows) {}

  absl::StatusOr<int64_t> Run() {
    Side asked, kept;
    absl::Status read;
    DUBAN_RETURN_IF_ERROR(rows_(view_, node_, [&](std::string key, std::optional<std::string> value) {
      if (!value.has_value()) value = ValueOf(key, read);
      // No row has a value like that.
      asked.Add(key, value.has_value() ? *value : StrCat("missing ", key));
    }));
    DUBAN_RETURN_IF_ERROR(read);
    DUBAN_RETURN_IF_ERROR(ScanKept([&](std::string_view key, std::string_view value) {
      kept.Add(key, value);
      return true;
    }));
    std::vector<size_t> differing;
    for (size_t part = 0; part < kParts; ++part) {
      if (asked.sums[part] != kept.sums[part]) differing.push_back(part);
    }
    const int64_t bytes_each = 1 + std::max(asked.bytes, kept.bytes) / static_cast<int64_t>(kParts);
    const size_t at_once = static_cast<size_t>(1 + kBytesAtOnce / bytes_each);
    for (size_t first = 0; first < differing.size(); first += at_once) {
      const auto begin = differing.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = differing.begin() + static_cast<std::ptrdiff_t>(std::min(first + at_once, differing.size()));
      DUBAN_RETURN_IF_ERROR(LookInto({begin, end}));
    }
    return kept.count;
  }

 private:
  std::optional<std::string> ValueOf(std::string_view key, absl::Status& read) const {
    absl::StatusOr<std::optional<std::string>> row = view_.GetRow(key);
    if (row.ok()) return *std::move(row);
    read = row.status();
    return std::nullopt;
  }

  absl::Status ScanKept(absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
    const std::string begin(1, static_cast<char>(KeyKind::kIndex));
    return view_.ScanRows(begin, PrefixEnd(begin), visit);
  }

  // Compares the rows of some parts one by one. They can be the same after all: where a key was asked for twice.
  absl::Status LookInto(const std::set<size_t>& parts) const {
    std::map<std::string, std::optional<std::string>, std::less<>> asked;
    DUBAN_RETURN_IF_ERROR(rows_(view_, node_, [&](std::string key, std::optional<std::string> value) {
      if (parts.contains(PartOf(key))) asked.insert_or_assign(std::move(key), std::move(value));
    }));
    std::string problem;
    auto next = asked.begin();
    const auto missing = [](std::string_view key) {
      return StrCat("a record asks for ", Describe(key), ": not there");
    };
    DUBAN_RETURN_IF_ERROR(ScanKept([&](std::string_view key, std::string_view value) {
      if (!parts.contains(PartOf(key))) return true;
      if (next != asked.end() && next->first < key) {
        problem = missing(next->first);
      } else if (next == asked.end() || next->first != key) {
        problem = StrCat("no record asks for ", Describe(key));
      } else if (next->second.has_value() && *next->second != value) {
        problem = StrCat(Describe(key), " does not say what its record says");
      } else {
        ++next;
      }
      return problem.empty();
    }));
    if (problem.empty() && next != asked.end()) problem = missing(next->first);
    return problem.empty() ? absl::OkStatus() : absl::DataLossError(problem);
  }

  const ReadView& view_;
  const std::string_view node_;
  const IndexRows rows_;
};

}  // namespace

absl::StatusOr<int64_t> VerifyIndexes(const ReadView& view, std::string_view node, IndexRows rows) {
  return Comparison(view, node, rows).Run();
}

}  // namespace duban
