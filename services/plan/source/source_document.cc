#include "services/plan/source/source_document.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/errors.h"

namespace duban {
namespace {

constexpr size_t kBmpSize = 0x10000;

bool IsCompatibilityBlock(char32_t c) {
  return (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE10 && c <= 0xFE6F) ||
         (c >= 0xFF01 && c <= 0xFFEF);
}

// The fold of every code point of the basic plane.
std::array<char16_t, kBmpSize> MakeFolds() {
  std::array<char16_t, kBmpSize> folds;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  for (size_t c = 0; c < kBmpSize; ++c) {
    folds[c] = static_cast<char16_t>(c);
    if (u_isUWhiteSpace(static_cast<UChar32>(c))) folds[c] = ' ';
    if (U_FAILURE(error) || !IsCompatibilityBlock(static_cast<char32_t>(c))) continue;
    const icu::UnicodeString folded = nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), error);
    if (U_SUCCESS(error) && folded.length() == 1) folds[c] = folded.charAt(0);
  }
  return folds;
}

bool ShowsNothing(char32_t c) {
  if (c == '\t' || c == 0x3000) return false;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

bool IsCombining(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || c == 0x3099 || c == 0x309A;
}

void Compose(std::u32string& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  const auto source =
      icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<int32_t>(text.size()));
  const icu::UnicodeString composed = nfc->normalize(source, error);
  if (U_FAILURE(error)) return;
  std::u32string out;
  for (int32_t i = 0; i < composed.length(); i = composed.moveIndex32(i, 1)) out.push_back(composed.char32At(i));
  text = std::move(out);
}

}  // namespace

absl::Status UnreadableDocument(std::string_view message_zh, std::string_view message_en) {
  return Error(v1::UNREADABLE_DOCUMENT, message_en, message_zh);
}

std::u32string FoldWidths(std::u32string_view printed) {
  static const std::array<char16_t, kBmpSize>& folds = *new std::array<char16_t, kBmpSize>(MakeFolds());
  std::u32string out(printed);
  for (char32_t& c : out) {
    if (c < kBmpSize) c = folds[c];
  }
  return out;
}

SourceLine MakeSourceLine(std::u32string_view printed, int32_t line, int32_t column) {
  SourceLine out;
  out.line = line;
  out.column = column;
  out.printed.assign(printed);
  std::erase_if(out.printed, ShowsNothing);
  if (std::any_of(out.printed.begin(), out.printed.end(), IsCombining)) Compose(out.printed);
  out.text = FoldWidths(out.printed);
  return out;
}

SourceBlock MakeLineBlock(SourceLine line) {
  SourceBlock block;
  block.line = std::move(line);
  return block;
}

int32_t SourceTable::FirstLine() const {
  for (const auto& row : rows) {
    for (const SourceCell& cell : row) {
      if (!cell.lines.empty()) return cell.lines.front().line;
    }
  }
  return 0;
}

int32_t SourceDocument::LastLine() const {
  int32_t last = 0;
  for (const SourceBlock& block : blocks) {
    last = std::max(last, block.line.line);
    for (const auto& row : block.table.rows) {
      for (const SourceCell& cell : row) {
        if (!cell.lines.empty()) last = std::max(last, cell.lines.back().line);
      }
    }
  }
  return last;
}

}  // namespace duban
