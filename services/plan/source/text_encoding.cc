#include "services/plan/source/text_encoding.h"

#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

// Share of characters an office document is made of, below which a decoding is held to be wrong.
constexpr double kPlausible = 0.9;

struct Utf8Check {
  bool valid = false;
  bool cut_off = false;    // Valid but for a character that lacks its end at the end of the file.
  size_t multibyte = 0;    // Well-formed characters of several bytes.
  size_t broken = 0;       // Ill-formed bytes.
  size_t broken_line = 0;  // Line of the first, from 1.
};

Utf8Check CheckUtf8(std::string_view text) {
  Utf8Check check;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  size_t line = 1;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    UChar32 c;
    U8_NEXT(bytes, i, text.size(), c);
    if (c >= 0) {
      if (c == '\n') ++line;
      check.multibyte += i - begin > 1;
      continue;
    }
    // The beginning of a character, up to the end of the file.
    if (check.broken == 0 && i == text.size() && i - begin <= static_cast<size_t>(U8_COUNT_TRAIL_BYTES(bytes[begin]))) {
      check.cut_off = true;
      check.broken_line = line;
      return check;
    }
    if (check.broken++ == 0) check.broken_line = line;
    i = begin + 1;
  }
  check.valid = check.broken == 0;
  return check;
}

// Strict decoding by ICU; nothing where a byte sequence is not of the charset or the charset is unknown.
std::optional<std::u32string> Convert(std::string_view bytes, const char* charset) {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(charset, &error), &ucnv_close);
  if (U_FAILURE(error)) return std::nullopt;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  std::vector<UChar> units(bytes.size() + 1);
  const int32_t length = ucnv_toUChars(converter.get(), units.data(), static_cast<int32_t>(units.size()), bytes.data(),
                                       static_cast<int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) return std::nullopt;
  std::u32string out;
  out.reserve(length);
  for (int32_t i = 0; i < length;) {
    UChar32 c;
    U16_NEXT(units.data(), i, length, c);
    out.push_back(static_cast<char32_t>(c));
  }
  return out;
}

bool IsPlausible(char32_t c) {
  if (c < 0x80) return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v';
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFFEF) ||
         (c >= 0x2010 && c <= 0x2040) || (c >= 0x2460 && c <= 0x24FF) || (c >= 0x2500 && c <= 0x257F) || c == 0xB7 ||
         c == 0xA0 || c == 0xD7 || (c >= 0x2160 && c <= 0x217F) || (c >= 0xFE30 && c <= 0xFE6F) || c == 0xFEFF ||
         (c >= 0x3220 && c <= 0x3229) || (c >= 0x2190 && c <= 0x22FF) || (c >= 0x25A0 && c <= 0x25FF) || c == 0x3007;
}

double Plausibility(const std::u32string& text) {
  if (text.empty()) return 0;
  const auto good = std::count_if(text.begin(), text.end(), IsPlausible);
  return static_cast<double>(good) / static_cast<double>(text.size());
}

bool SameCharset(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

absl::Status Damaged(const Utf8Check& check) {
  if (check.cut_off) {
    return UnreadableDocument(
        StrCat("文件在第", check.broken_line, "行末尾被截断，最后一个字不完整，请重新取得完整的文件"),
        StrCat("the file is cut off inside a character at line ", check.broken_line, "; get the whole file again"));
  }
  return UnreadableDocument(
      StrCat("第", check.broken_line, "行有损坏的字节，不是完好的 UTF-8 文本，请重新保存为 UTF-8 文本"),
      StrCat("line ", check.broken_line, " has broken bytes; save the text as UTF-8 again"));
}

absl::Status NotText() {
  return UnreadableDocument("这不是文本文件（或者编码无法识别），请另存为 UTF-8 编码的 .txt 或 .docx 再导入",
                            "this is no text, or its encoding is unknown; save it as .txt in UTF-8 or as .docx");
}

// UTF-16 and GB18030 without a mark: the one that reads as office Chinese.
absl::StatusOr<std::u32string> Guess(std::string_view bytes, const Utf8Check& utf8) {
  std::optional<std::u32string> best;
  double best_score = kPlausible;
  for (const char* charset : {"gb18030", "utf-16le", "utf-16be"}) {
    if (charset[0] == 'u' && bytes.size() % 2 != 0) continue;
    std::optional<std::u32string> text = Convert(bytes, charset);
    if (!text.has_value()) continue;
    const double score = Plausibility(*text);
    if (score > best_score) {
      best_score = score;
      best = std::move(text);
    }
  }
  const bool nearly_utf8 = utf8.multibyte > 20 * utf8.broken && utf8.multibyte > 0;
  if (nearly_utf8 || (utf8.cut_off && utf8.multibyte > 3)) return Damaged(utf8);
  if (best.has_value()) return *std::move(best);
  return utf8.cut_off && utf8.multibyte > 0 ? Damaged(utf8) : NotText();
}

}  // namespace

absl::StatusOr<std::u32string> DecodeText(std::string_view bytes, std::string_view declared) {
  const auto mark = [&](std::string_view bom) { return bytes.substr(0, bom.size()) == bom; };
  if (mark("\xFF\xFE") || mark("\xFE\xFF")) {
    const char* charset = mark("\xFF\xFE") ? "utf-16le" : "utf-16be";
    std::optional<std::u32string> text = Convert(bytes.substr(2), charset);
    if (!text.has_value() || Plausibility(*text) < kPlausible) {
      return UnreadableDocument("文件标明是 UTF-16，但内容不完整或已损坏，请重新保存",
                                "the file is marked as UTF-16 but is cut off or broken; save it again");
    }
    return *std::move(text);
  }
  if (mark("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const Utf8Check utf8 = CheckUtf8(bytes);
  if (utf8.valid) {
    // UTF-16 of ASCII text is valid UTF-8 full of zero bytes.
    if (bytes.find('\0') == std::string_view::npos) return DecodeUtf8(bytes);
    return Guess(bytes, utf8);
  }
  const bool declares_gb =
      SameCharset(declared, "gb2312") || SameCharset(declared, "gbk") || SameCharset(declared, "gb18030");
  if (declares_gb) {
    std::optional<std::u32string> text = Convert(bytes, "gb18030");
    if (text.has_value()) return *std::move(text);
  }
  return Guess(bytes, utf8);
}

}  // namespace duban
