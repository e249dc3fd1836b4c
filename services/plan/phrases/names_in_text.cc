#include "services/plan/phrases/names_in_text.h"

#include <algorithm>
#include <optional>

#include "services/plan/phrases/unit_names.h"
#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

// So many names are run together at most.
constexpr size_t kMostNames = 64;
// Names of places in front of a level are at most this long: 平潭综合实验|区.
constexpr size_t kLongestPlace = 6;

}  // namespace

bool NameFinder::RunsOn(size_t begin, size_t end) const {
  const TextView piece = t_.substr(begin, end - begin);
  if (piece.size() > kLongestName || LikenessOfUnit(piece) != UnitLikeness::kWeak) return false;
  const size_t stop = NameStartingAt(begin, end);
  return stop > begin && stop < end && StartsLikeSentence(t_.substr(stop, end - stop));
}

size_t NameFinder::FirstName(size_t begin, size_t end) const {
  const TextView piece = t_.substr(begin, end - begin);
  if (lexicon_.Find(piece) != nullptr) return begin;
  if (piece.size() <= kLongestName && LikenessOfUnit(piece) != UnitLikeness::kNone && !HoldsName(begin, end)) {
    return begin;
  }
  size_t first = end;
  for (size_t names = 0; names < kMostNames && first > begin; ++names) {
    const size_t before = NameEndingAt(begin, first);
    if (before == first) break;
    first = before;
  }
  return first;
}

size_t NameFinder::NameStartingAt(size_t begin, size_t end) const {
  const TextView t = t_.substr(0, end);
  if (begin >= end || StartsLikeSentence(t.substr(begin))) return begin;
  if (const auto known = lexicon_.EndOfEntryStartingAt(t, begin); known.has_value()) return *known;
  if (auto usual = EndOfUsualName(t, begin); usual.has_value() && *usual <= end) {
    // `区管委会办公室|政策法规处`: a section of it.
    const auto section = *usual < end && !IsLevelCharacter(t[*usual]) ? EndOfUsualName(t, *usual) : std::nullopt;
    return section.has_value() && *section <= end ? *section : *usual;
  }
  static const WordTable& suffixes = WordTable::Of("unit_suffixes");
  for (size_t stop = begin + 3; stop < end && stop <= begin + kLongestName; ++stop) {
    if (suffixes.Before(t, stop, "strong").length == 0) continue;
    const TextView name = t.substr(begin, stop - begin);
    const bool goes_on = suffixes.Before(t, stop + 1, "strong").length > 1 ||
                         suffixes.Before(t, stop + 2, "strong").length > 2 || StartsWith(t.substr(stop), U"公室");
    const bool starts = StartsLikeSentence(t.substr(stop)) || IsLevelCharacter(t[stop]) || t[stop] == U'各' ||
                        t[stop] == U'“' || t[stop] == U'《';
    if (!goes_on && starts && LikenessOfUnit(name) == UnitLikeness::kStrong) return stop;
  }
  return begin;
}

bool NameFinder::HoldsName(size_t begin, size_t end) const {
  const auto usual = BeginOfUsualName(t_.substr(0, end), end);
  const TextView t = t_.substr(0, end);
  if (const auto known = lexicon_.BeginOfEntryEndingAt(t, end); known.has_value() && *known > begin + 1) {
    return LikenessOfUnit(t.substr(begin, *known - begin)) == UnitLikeness::kNone && !IsLevelCharacter(t[*known - 1]);
  }
  if (!usual.has_value() || *usual <= begin + kLongestPlace) return false;
  static const WordTable& suffixes = WordTable::Of("unit_suffixes");
  return IsLevelCharacter(t_[*usual]) ||
         (!IsLevelCharacter(t_[*usual - 1]) && suffixes.Before(t_, *usual, "strong").length == 0);
}

size_t NameFinder::NameEndingAt(size_t begin, size_t end) const {
  const TextView t = t_.substr(0, end);
  size_t best = end;
  if (const auto known = lexicon_.BeginOfEntryEndingAt(t, end); known.has_value() && *known >= begin) best = *known;
  if (const auto usual = BeginOfUsualName(t, end); usual.has_value() && *usual >= begin) {
    best = std::min(best, *usual);
  }
  if (best < end) return best;
  // A level, or 各, shows where it begins.
  const size_t from = end - begin > kLongestName ? end - kLongestName : begin;
  for (size_t i = end - 1; i-- > from;) {
    const bool level = IsLevelCharacter(t[i]) || t[i] == U'各';
    if (!level || end - i < 3) continue;
    const TextView name = t.substr(i, end - i);
    if (LikenessOfUnit(name) == UnitLikeness::kStrong && (LevelPrefix(name) == 1 || IsCollectiveName(name))) {
      // `区直各有关单位`, `省级各部门`.
      const bool qualified = t[i] == U'各' && i >= from + 2 && IsLevelCharacter(t[i - 2]) &&
                             TextView(U"直级属内辖").find(t[i - 1]) != TextView::npos;
      if (qualified) return i - 2;
      if (i > from && t[i - 1] == U'各') continue;
      const bool place = i > from && t[i] != U'各' && MayBePlace(t, from, i);
      return place ? from : i;
    }
  }
  return end;
}

bool NameFinder::MayBePlace(TextView t, size_t from, size_t level) {
  return level - from <= 3 && !StartsLikeSentence(t.substr(from, level - from)) && IsHan(t[from]);
}

size_t PersonAt(TextView piece, const UnitLexicon& lexicon) {
  static const WordTable& surnames = WordTable::Of("surnames");
  const size_t surname = surnames.LengthAt(piece, 0);
  if (surname == 0) return 0;
  const auto is_name = [&](size_t length) {
    const TextView name = piece.substr(0, length);
    return length <= piece.size() && std::all_of(name.begin(), name.end(), IsHan) &&
           LikenessOfUnit(name) == UnitLikeness::kNone && !StartsLikeSentence(name);
  };
  for (const size_t length : {surname + 1, surname + 2}) {
    if (length == piece.size() && is_name(length)) return length;
    const bool level = length < piece.size() && (IsLevelCharacter(piece[length]) || piece[length] == U'各');
    if (level && is_name(length)) return length;
  }
  for (const size_t length : {surname + 2, surname + 1}) {
    const bool unit = length < piece.size() && (lexicon.EndOfEntryStartingAt(piece, length).has_value() ||
                                                EndOfUsualName(piece, length).has_value());
    if (unit && is_name(length)) return length;
  }
  return 0;
}

size_t PersonBehindUnit(TextView piece, const UnitLexicon& lexicon) {
  for (const size_t length : {3, 2, 4}) {
    if (piece.size() < length + 2) continue;
    const size_t at = piece.size() - length;
    if (PersonAt(piece.substr(at), lexicon) == length && LikenessOfUnit(piece.substr(0, at)) == UnitLikeness::kStrong) {
      return length;
    }
  }
  return 0;
}

}  // namespace duban
