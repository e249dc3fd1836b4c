#include "services/plan/phrases/likeness.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstddef>

namespace duban {

std::vector<Bigram> BigramsOf(std::string_view text, bool ends) {
  const auto decoded = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  std::vector<Bigram> bigrams;
  bigrams.reserve(static_cast<size_t>(decoded.length()) + 1);
  constexpr char16_t kEnd = 1;
  char16_t before = ends ? kEnd : 0;
  const auto add = [&](char16_t now) {
    if (before != 0) bigrams.push_back(static_cast<Bigram>(before) << 16 | now);
    before = now;
  };
  for (int32_t i = 0; i < decoded.length(); ++i) {
    const char16_t now = decoded.charAt(i);
    if (u_isUWhiteSpace(now) || u_ispunct(now)) continue;
    add(now);
  }
  if (ends && before != kEnd) add(kEnd);
  std::sort(bigrams.begin(), bigrams.end());
  return bigrams;
}

double Likeness(const std::vector<Bigram>& a, const std::vector<Bigram>& b) {
  if (a.empty() || b.empty()) return 0;
  size_t shared = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      ++shared, ++i, ++j;
    } else if (a[i] < b[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return 2.0 * static_cast<double>(shared) / static_cast<double>(a.size() + b.size());
}

}  // namespace duban
