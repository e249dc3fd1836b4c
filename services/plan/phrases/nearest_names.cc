#include "services/plan/phrases/nearest_names.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

// Names less alike than this are no help to a person.
constexpr double kLeastLikeness = 0.25;
// What a short form counts at least.
constexpr double kShortForm = 0.9;
constexpr size_t kShortestForm = 3;

// Whether the characters of `shorter` stand in `longer` in the same order.
bool KeepsOrder(std::u32string_view shorter, std::u32string_view longer) {
  size_t kept = 0;
  for (const char32_t c : longer) kept += kept < shorter.size() && shorter[kept] == c ? 1 : 0;
  return kept == shorter.size();
}

}  // namespace

void NearestNames::Add(std::string_view folded) {
  const auto number = static_cast<uint32_t>(names_.size());
  names_.push_back({DecodeUtf8(folded), BigramsOf(folded, true)});
  const std::vector<Bigram>& bigrams = names_.back().bigrams;
  for (size_t i = 0; i < bigrams.size(); ++i) {
    if (i == 0 || bigrams[i] != bigrams[i - 1]) holders_[bigrams[i]].push_back(number);
  }
}

std::vector<size_t> NearestNames::Find(std::string_view folded, size_t most,
                                       absl::FunctionRef<bool(size_t number)> wanted) const {
  const Name name = {DecodeUtf8(folded), BigramsOf(folded, true)};
  std::vector<uint32_t> candidates;
  for (size_t i = 0; i < name.bigrams.size(); ++i) {
    if (i > 0 && name.bigrams[i] == name.bigrams[i - 1]) continue;
    const auto holders = holders_.find(name.bigrams[i]);
    if (holders != holders_.end()) candidates.insert(candidates.end(), holders->second.begin(), holders->second.end());
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::vector<std::pair<double, size_t>> scored;
  for (const uint32_t number : candidates) {
    const Name& other = names_[number];
    double likeness = Likeness(name.bigrams, other.bigrams);
    if (name.text.size() >= kShortestForm && KeepsOrder(name.text, other.text)) {
      likeness = std::max(likeness, kShortForm);
    }
    if (likeness >= kLeastLikeness) scored.emplace_back(likeness, number);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<size_t> nearest;
  for (const auto& [likeness, number] : scored) {
    if (nearest.size() >= most) break;
    if (wanted(number)) nearest.push_back(number);
  }
  return nearest;
}

}  // namespace duban
