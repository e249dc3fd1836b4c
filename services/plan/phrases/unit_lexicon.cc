#include "services/plan/phrases/unit_lexicon.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

// Whether `longer` is `shorter` with one character more.
bool LacksOneCharacter(TextView shorter, TextView longer) {
  if (longer.size() != shorter.size() + 1) return false;
  size_t i = 0;
  while (i < shorter.size() && shorter[i] == longer[i]) ++i;
  return shorter.substr(i) == longer.substr(i + 1);
}

uint64_t Pair(char32_t first, char32_t second) {
  return (static_cast<uint64_t>(first) << 32) | second;
}

}  // namespace

void UnitLexicon::NoteEnds(TextView key) {
  if (key.size() < 2) return;
  heads_.insert(Pair(key[0], key[1]));
  tails_.insert(Pair(key[key.size() - 2], key.back()));
}

size_t UnitLexicon::IndexOf(const std::u32string& key) {
  const auto [it, added] = index_.try_emplace(key, entries_.size());
  if (added) {
    entries_.emplace_back();
    NoteEnds(key);
  }
  return it->second;
}

void UnitLexicon::AddKnown(TextView name, const std::vector<std::u32string>& aliases, const std::string& resolved,
                           bool group) {
  has_directory_ = true;
  const size_t index = IndexOf(UnitKey(name));
  Entry& entry = entries_[index];
  entry.name = std::u32string(name);
  entry.resolved = resolved;
  entry.group = group;
  entry.from_directory = true;
  for (const std::u32string& alias : aliases) {
    index_.try_emplace(UnitKey(alias), index);
    NoteEnds(UnitKey(alias));
  }
}

void UnitLexicon::Learn(TextView folded_name, TextView printed_name) {
  if (folded_name.size() < 2 || folded_name.size() > kLongestName + 16) return;
  Entry& entry = entries_[IndexOf(UnitKey(folded_name))];
  ++entry.count;
  if (entry.from_directory) return;
  const int count = ++spellings_[std::u32string(printed_name)];
  if (entry.name.empty() || (entry.name != printed_name && count > spellings_[entry.name])) entry.name = printed_name;
}

const UnitLexicon::Entry* UnitLexicon::Find(TextView name) const {
  const auto it = index_.find(UnitKey(name));
  return it == index_.end() ? nullptr : &entries_[it->second];
}

std::optional<size_t> UnitLexicon::BeginOfEntryEndingAt(TextView text, size_t end) const {
  if (end < 2 || !tails_.contains(Pair(text[end - 2], text[end - 1]))) return std::nullopt;
  for (size_t length = std::min(end, kLongestName); length >= 2; --length) {
    const char32_t first = text[end - length];
    const bool may = heads_.contains(Pair(first, text[end - length + 1]));
    if (may && Find(text.substr(end - length, length)) != nullptr) return end - length;
  }
  return std::nullopt;
}

std::optional<size_t> UnitLexicon::EndOfEntryStartingAt(TextView text, size_t begin) const {
  if (begin + 2 > text.size() || !heads_.contains(Pair(text[begin], text[begin + 1]))) return std::nullopt;
  for (size_t length = std::min(text.size() - begin, kLongestName); length >= 2; --length) {
    const char32_t last = text[begin + length - 1];
    const bool may = IsCloseBracket(last) || tails_.contains(Pair(text[begin + length - 2], last));
    if (may && Find(text.substr(begin, length)) != nullptr) return begin + length;
  }
  return std::nullopt;
}

std::vector<const UnitLexicon::Entry*> UnitLexicon::Nearest(TextView name, size_t limit) const {
  for (size_t i = nearest_.size(); i < entries_.size(); ++i) nearest_.Add(EncodeUtf8(UnitKey(entries_[i].name)));
  const std::u32string key = UnitKey(name);
  std::vector<const Entry*> nearest;
  nearest_.Find(EncodeUtf8(key), limit, [&](size_t number) {
    const Entry& entry = entries_[number];
    const bool wanted = (entry.from_directory || !has_directory_) && UnitKey(entry.name) != key;
    if (wanted) nearest.push_back(&entry);
    return wanted;
  });
  return nearest;
}

const UnitLexicon::Entry* UnitLexicon::WithLostCharacters(TextView name, std::optional<size_t> gap) const {
  const Entry* found = nullptr;
  const std::u32string key = UnitKey(name);
  for (const Entry& entry : entries_) {
    const std::u32string other = UnitKey(entry.name);
    bool fits = false;
    if (gap.has_value() && name.size() == key.size()) {
      fits = other.size() > key.size() && other.size() <= key.size() + 2 &&
             StartsWith(other, TextView(key).substr(0, *gap)) && EndsWith(other, TextView(key).substr(*gap));
    } else {
      fits = LacksOneCharacter(key, other);
    }
    if (!fits) continue;
    if (found != nullptr && found->name != entry.name) return nullptr;
    found = &entry;
  }
  return found;
}

}  // namespace duban
