#include "common/search/search_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <xxhash.h>

#include <algorithm>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

constexpr char32_t kBlank = U' ';
constexpr size_t kBefore = 20;

// Most of what is searched is these, and folding leaves them as they are.
bool IsPlainHan(char32_t c) {
  return c >= 0x4E00 && c <= 0x9FFF;
}

// Counts by itself, without its neighbours.
bool IsSingle(char32_t c) {
  if (IsPlainHan(c)) return true;
  if (c < 0x1100) return false;
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(c), &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
      return true;
    default:
      return false;
  }
}

// Part of a word: a letter, its mark, or a digit.
bool IsJoined(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  const auto point = static_cast<UChar32>(c);
  return !IsSingle(c) && (u_isalnum(point) || (U_GET_GC_MASK(point) & U_GC_M_MASK) != 0);
}

const icu::Normalizer2& Folding() {
  static const icu::Normalizer2* const folding = [] {
    UErrorCode error = U_ZERO_ERROR;
    // Part of ICU's own data; where that is missing nothing of ICU works.
    return icu::Normalizer2::getNFKCCasefoldInstance(error);
  }();
  return *folding;
}

void AddFolded(char32_t c, uint32_t origin, FoldedText* out) {
  out->characters.push_back(IsSingle(c) || IsJoined(c) ? c : kBlank);
  out->origins.push_back(origin);
}

// Folds code points that have to be looked at together: what begins one does not change what stands before it.
void FoldTogether(std::u32string_view part, uint32_t origin, FoldedText* out) {
  const auto* points = reinterpret_cast<const UChar32*>(part.data());
  const icu::UnicodeString text = icu::UnicodeString::fromUTF32(points, static_cast<int32_t>(part.size()));
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString folded = Folding().normalize(text, error);
  for (int32_t i = 0; i < folded.length();) {
    const UChar32 point = folded.char32At(i);
    AddFolded(static_cast<char32_t>(point), origin, out);
    i += U16_LENGTH(point);
  }
}

uint32_t HashOfWord(std::u32string_view word) {
  return static_cast<uint32_t>(XXH3_64bits(word.data(), word.size() * sizeof(char32_t)) >> 32);
}

// Of one character, and of two; most of a text's grams, so it is made of few steps (the multipliers are those of
// SplitMix64).
uint32_t HashOf(char32_t first, char32_t second = 0) {
  uint64_t mixed = (static_cast<uint64_t>(first) << 32 | second) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ mixed >> 31) * 0x94D049BB133111EBu;
  return static_cast<uint32_t>(mixed >> 32);
}

// Calls `visit` with every run of one kind between blanks: a word of letters and digits, or characters that count one
// by one.
template <typename Visit>
void VisitRuns(std::u32string_view text, const Visit& visit) {
  for (size_t at = 0; at < text.size();) {
    if (text[at] == kBlank) {
      ++at;
      continue;
    }
    const bool single = IsSingle(text[at]);
    size_t end = at + 1;
    while (end < text.size() && text[end] != kBlank && IsSingle(text[end]) == single) ++end;
    visit(text.substr(at, end - at), single);
    at = end;
  }
}

// Whether a word that stands at [begin, end) does not go on: `5` is not in `50`.
bool IsWhole(std::u32string_view text, size_t begin, size_t end) {
  const bool goes_on_before = begin > 0 && IsJoined(text[begin]) && IsJoined(text[begin - 1]);
  const bool goes_on_behind = end < text.size() && IsJoined(text[end - 1]) && IsJoined(text[end]);
  return !goes_on_before && !goes_on_behind;
}

size_t FindWord(std::u32string_view text, std::u32string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != std::u32string_view::npos; at = text.find(word, at + 1)) {
    if (IsWhole(text, at, at + word.size())) return at;
  }
  return std::u32string_view::npos;
}

}  // namespace

FoldedText Fold(std::string_view text) {
  const std::u32string points = DecodeUtf8(text);
  FoldedText out;
  out.characters.reserve(points.size());
  out.origins.reserve(points.size());
  for (size_t at = 0; at < points.size();) {
    size_t end = at + 1;
    const auto begins = [&](char32_t c) { return c < 0x300 || IsPlainHan(c); };
    while (end < points.size() && !begins(points[end]) &&
           !Folding().hasBoundaryBefore(static_cast<UChar32>(points[end]))) {
      ++end;
    }
    const auto origin = static_cast<uint32_t>(at);
    const char32_t first = points[at];
    if (end == at + 1 && IsPlainHan(first)) {
      AddFolded(first, origin, &out);
    } else if (end == at + 1 && first < 0x80) {
      AddFolded(first >= 'A' && first <= 'Z' ? first + ('a' - 'A') : first, origin, &out);
    } else {
      FoldTogether(std::u32string_view(points).substr(at, end - at), origin, &out);
    }
    at = end;
  }
  return out;
}

void VisitGrams(std::string_view text, absl::FunctionRef<void(uint32_t gram)> visit) {
  const FoldedText folded = Fold(text);
  VisitRuns(folded.characters, [&](std::u32string_view run, bool single) {
    if (!single) return visit(HashOfWord(run));
    for (size_t i = 0; i < run.size(); ++i) {
      visit(HashOf(run[i]));
      if (i + 1 < run.size()) visit(HashOf(run[i], run[i + 1]));
    }
  });
}

absl::StatusOr<SearchQuery> SearchQuery::Of(std::string_view query) {
  SearchQuery parsed;
  const std::u32string folded = Fold(query).characters;
  for (size_t at = 0; at < folded.size();) {
    const size_t end = std::min(folded.find(kBlank, at), folded.size());
    if (end > at) parsed.words_.push_back(folded.substr(at, end - at));
    at = end + 1;
  }
  if (parsed.words_.empty()) {
    return InvalidField("query", "has no word to look for; name words of the text",
                        "没有可检索的词，请写出正文中的词语");
  }
  if (parsed.words_.size() > kMaxQueryWords) {
    return InvalidField("query", StrCat("has more than ", kMaxQueryWords, " words; leave some out"),
                        StrCat("超过 ", kMaxQueryWords, " 个词，请减少"));
  }
  for (const std::u32string& word : parsed.words_) {
    VisitRuns(word, [&](std::u32string_view run, bool single) {
      if (!single) return parsed.grams_.push_back(HashOfWord(run));
      if (run.size() == 1) return parsed.grams_.push_back(HashOf(run[0]));
      for (size_t i = 0; i + 1 < run.size(); ++i) parsed.grams_.push_back(HashOf(run[i], run[i + 1]));
    });
  }
  return parsed;
}

std::optional<v1::SearchMatch> SearchQuery::Find(const std::vector<SearchField>& fields) const {
  std::vector<bool> seen(words_.size());
  size_t missing = words_.size();
  // What is shown: of the place that completes the words, the first field with one of them.
  std::optional<v1::SearchMatch> shown;
  for (const SearchField& field : fields) {
    const FoldedText folded = Fold(field.text);
    std::vector<Occurrence> found;
    for (size_t i = 0; i < words_.size(); ++i) {
      size_t at = FindWord(folded.characters, words_[i], 0);
      if (at != std::u32string::npos && !seen[i]) {
        seen[i] = true;
        --missing;
      }
      for (; at != std::u32string::npos; at = FindWord(folded.characters, words_[i], at + words_[i].size())) {
        found.push_back({folded.origins[at], folded.origins[at + words_[i].size() - 1] + 1});
      }
    }
    if (found.empty()) continue;
    if (!shown.has_value() || shown->place() != field.place) shown = MakeMatch(field, found);
    if (missing == 0) return shown;
  }
  return std::nullopt;
}

v1::SearchMatch SearchQuery::MakeMatch(const SearchField& field, const std::vector<Occurrence>& found) {
  std::vector<Occurrence> spans = found;
  std::sort(spans.begin(), spans.end(), [](const Occurrence& a, const Occurrence& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::u32string text = DecodeUtf8(field.text);
  for (char32_t& c : text) c = c < 0x20 ? kBlank : c;
  size_t begin = 0;
  if (text.size() > kSnippetLength && spans.front().begin > kBefore) {
    begin = std::min(spans.front().begin - kBefore, text.size() - kSnippetLength);
  }
  const size_t end = std::min(text.size(), begin + kSnippetLength);
  v1::SearchMatch match;
  match.set_place(field.place);
  match.set_snippet(StrCat(begin > 0 ? "…" : "", EncodeUtf8(std::u32string_view(text).substr(begin, end - begin)),
                           end < text.size() ? "…" : ""));
  const size_t shift = begin > 0 ? 1 : 0;
  size_t covered = begin;
  for (const Occurrence& span : spans) {
    const size_t first = std::max(span.begin, covered);
    const size_t last = std::min(span.end, end);
    if (first >= last) continue;
    v1::SearchMatch::Span& added = *match.add_spans();
    added.set_begin(static_cast<int32_t>(first - begin + shift));
    added.set_end(static_cast<int32_t>(last - begin + shift));
    covered = last;
  }
  return match;
}

}  // namespace duban
