#include "services/plan/source/docx_numbering.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/xml_stream.h"

namespace duban {
namespace {

// Word has nine levels.
constexpr int kLevels = 9;
// Chains of styles longer than this are circles.
constexpr int kMaxStyleChain = 32;

std::optional<int> NumberOf(const XmlStream& xml, std::string_view attribute = "val") {
  int number = 0;
  const std::string text = xml.Attribute(attribute);
  if (text.empty() || !ParseNumber(text, &number) || number < -1 || number > 1000000) return std::nullopt;
  return number;
}

// 一, 十一, 一百零二: how counting is written; up to 9999.
std::u32string ChineseCounting(int number) {
  static constexpr char32_t kDigits[] = U"零一二三四五六七八九";
  static constexpr char32_t kUnits[] = {0, U'十', U'百', U'千'};
  if (number <= 0 || number > 9999) return DecodeUtf8(StrCat(number));
  const std::string digits = StrCat(number);
  std::u32string out;
  bool zero = false;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[i] - '0';
    const size_t power = digits.size() - 1 - i;
    if (digit == 0) {
      zero = true;
      continue;
    }
    if (zero && !out.empty()) out.push_back(kDigits[0]);
    zero = false;
    // 十一, not 一十一.
    if (!(digit == 1 && power == 1 && out.empty())) out.push_back(kDigits[digit]);
    if (power > 0) out.push_back(kUnits[power]);
  }
  return out;
}

std::u32string Roman(int number) {
  static constexpr struct {
    int value;
    const char32_t* text;
  } kParts[] = {{1000, U"M"}, {900, U"CM"}, {500, U"D"}, {400, U"CD"}, {100, U"C"}, {90, U"XC"}, {50, U"L"},
                {40, U"XL"},  {10, U"X"},   {9, U"IX"},  {5, U"V"},    {4, U"IV"},  {1, U"I"}};
  std::u32string out;
  if (number <= 0 || number > 3999) return DecodeUtf8(StrCat(number));
  for (const auto& part : kParts) {
    for (; number >= part.value; number -= part.value) out += part.text;
  }
  return out;
}

// a, b, ..., z, aa, bb, ...
std::u32string Letters(int number, char32_t first) {
  if (number <= 0 || number > 26 * 8) return DecodeUtf8(StrCat(number));
  return std::u32string(static_cast<size_t>((number - 1) / 26 + 1), first + static_cast<char32_t>((number - 1) % 26));
}

// Number `n` of a run of characters that starts at `first` and has `size` of them; decimal outside.
std::u32string FromRun(int number, char32_t first, int size) {
  if (number < 1 || number > size) return DecodeUtf8(StrCat(number));
  return std::u32string(1, first + static_cast<char32_t>(number - 1));
}

std::u32string FromText(int number, std::u32string_view characters) {
  if (number < 1 || number > static_cast<int>(characters.size())) return DecodeUtf8(StrCat(number));
  return std::u32string(1, characters[static_cast<size_t>(number - 1)]);
}

std::u32string FullWidth(int number) {
  std::u32string out;
  for (char c : StrCat(number)) out.push_back(U'０' + static_cast<char32_t>(c - '0'));
  return out;
}

std::u32string Lower(std::u32string text) {
  for (char32_t& c : text) {
    if (c >= U'A' && c <= U'Z') c += U'a' - U'A';
  }
  return text;
}

}  // namespace

std::u32string FormatWordNumber(std::string_view format, int number) {
  if (format == "none" || format == "bullet") return {};
  if (format == "chineseCounting" || format == "chineseCountingThousand" || format == "japaneseCounting" ||
      format == "taiwaneseCounting" || format == "taiwaneseCountingThousand" || format == "ideographDigital") {
    return ChineseCounting(number);
  }
  if (format == "upperRoman") return Roman(number);
  if (format == "lowerRoman") return Lower(Roman(number));
  if (format == "upperLetter") return Letters(number, U'A');
  if (format == "lowerLetter") return Letters(number, U'a');
  if (format == "decimalZero" && number < 10) return DecodeUtf8(StrCat("0", number));
  if (format == "decimalEnclosedCircle" || format == "decimalEnclosedCircleChinese") return FromRun(number, U'①', 20);
  if (format == "decimalEnclosedParen") return FromRun(number, U'⑴', 20);
  if (format == "decimalEnclosedFullstop") return FromRun(number, U'⒈', 20);
  if (format == "decimalFullWidth" || format == "decimalFullWidth2") return FullWidth(number);
  if (format == "ideographTraditional") return FromText(number, U"甲乙丙丁戊己庚辛壬癸");
  if (format == "ideographZodiac") return FromText(number, U"子丑寅卯辰巳午未申酉戌亥");
  return DecodeUtf8(StrCat(number));
}

absl::Status DocxNumbering::ReadNumbering(std::string_view bytes) {
  XmlStream xml(bytes, "word/numbering.xml");
  int abstract = -1, num = -1, level = -1;
  while (xml.Next()) {
    if (xml.kind() != XmlStream::Kind::kStart) continue;
    const std::string_view name = xml.name();
    if (name == "abstractNum") {
      abstract = NumberOf(xml, "abstractNumId").value_or(-1);
      num = -1;
    } else if (name == "num") {
      num = NumberOf(xml, "numId").value_or(-1);
      abstract = -1;
    } else if (name == "abstractNumId" && num >= 0) {
      instances_[num].abstract = NumberOf(xml).value_or(-1);
    } else if (name == "lvl" || name == "lvlOverride") {
      level = std::clamp(NumberOf(xml, "ilvl").value_or(0), 0, kLevels - 1);
    } else if (name == "startOverride" && num >= 0) {
      instances_[num].start_overrides[level] = NumberOf(xml).value_or(1);
    } else if (abstract >= 0 && level >= 0) {
      Level& target = abstracts_[abstract].levels[level];
      if (name == "start") target.start = NumberOf(xml).value_or(1);
      if (name == "numFmt") target.format = xml.Attribute("val");
      if (name == "lvlText") target.text = xml.Attribute("val");
      if (name == "suff") target.suffix = xml.Attribute("val");
      if (name == "pStyle") target.style = xml.Attribute("val");
      if (name == "isLgl") target.legal = xml.Attribute("val") != "0";
    }
  }
  return xml.status();
}

absl::Status DocxNumbering::ReadStyles(std::string_view bytes) {
  XmlStream xml(bytes, "word/styles.xml");
  std::string style;
  while (xml.Next()) {
    if (xml.kind() == XmlStream::Kind::kEnd && xml.name() == "style") style.clear();
    if (xml.kind() != XmlStream::Kind::kStart) continue;
    if (xml.name() == "style" && xml.Attribute("type") == "paragraph") {
      style = xml.Attribute("styleId");
      styles_[style];
      if (xml.Attribute("default") == "1") default_style_ = style;
    }
    if (style.empty()) continue;
    if (xml.name() == "basedOn") styles_[style].based_on = xml.Attribute("val");
    if (xml.name() == "numId") styles_[style].reference.num = NumberOf(xml);
    if (xml.name() == "ilvl") styles_[style].reference.level = NumberOf(xml);
  }
  return xml.status();
}

DocxNumbering::Reference DocxNumbering::Resolve(const std::string& style, const Reference& own) const {
  Reference found = own;
  std::string current = style.empty() ? default_style_ : style;
  for (int i = 0; i < kMaxStyleChain && !current.empty() && !found.num.has_value(); ++i) {
    const auto it = styles_.find(current);
    if (it == styles_.end()) break;
    found.num = it->second.reference.num;
    if (found.num.has_value() && !found.level.has_value()) found.level = it->second.reference.level;
    if (found.num.has_value() && !found.level.has_value()) {
      // The level names its style instead of the style its level.
      const auto instance = instances_.find(*found.num);
      const auto abstract =
          instance == instances_.end() ? abstracts_.end() : abstracts_.find(instance->second.abstract);
      if (abstract != abstracts_.end()) {
        for (const auto& [level, properties] : abstract->second.levels) {
          if (properties.style == current) found.level = level;
        }
      }
    }
    current = it->second.based_on;
  }
  return found;
}

std::u32string DocxNumbering::Label(const Abstract& abstract, const std::vector<int>& counters, int level) const {
  const auto properties = abstract.levels.find(level);
  if (properties == abstract.levels.end() || properties->second.format == "bullet") return {};
  const std::u32string pattern = DecodeUtf8(properties->second.text);
  std::u32string label;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool place = pattern[i] == U'%' && i + 1 < pattern.size() && pattern[i + 1] >= U'1' && pattern[i + 1] <= U'9';
    if (!place) {
      label.push_back(pattern[i]);
      continue;
    }
    const int part = static_cast<int>(pattern[++i] - U'1');
    const auto of_part = abstract.levels.find(part);
    const std::string format = of_part == abstract.levels.end() ? "decimal" : of_part->second.format;
    label += FormatWordNumber(properties->second.legal ? "decimal" : format, counters[static_cast<size_t>(part)]);
  }
  // Behind a Chinese mark such as 、 Word's tab looks like nothing; behind `1.` it looks like a space.
  if (!label.empty() && properties->second.suffix != "nothing" && label.back() < 0x80) label.push_back(U' ');
  return label;
}

std::u32string DocxNumbering::NextLabel(const std::string& style, const Reference& own) {
  const Reference reference = Resolve(style, own);
  if (!reference.num.has_value() || *reference.num <= 0) return {};
  const auto instance = instances_.find(*reference.num);
  if (instance == instances_.end()) return {};
  const auto abstract = abstracts_.find(instance->second.abstract);
  if (abstract == abstracts_.end()) return {};
  const int level = std::clamp(reference.level.value_or(0), 0, kLevels - 1);
  const auto start_of = [&](int of_level) {
    const auto properties = abstract->second.levels.find(of_level);
    return properties == abstract->second.levels.end() ? 1 : properties->second.start;
  };
  auto [counters, fresh] = counters_.try_emplace(instance->second.abstract);
  if (fresh) {
    for (int i = 0; i < kLevels; ++i) counters->second.push_back(start_of(i) - 1);
  }
  if (!instance->second.begun) {
    instance->second.begun = true;
    for (const auto& [of_level, start] : instance->second.start_overrides) {
      if (of_level >= 0 && of_level < kLevels) counters->second[static_cast<size_t>(of_level)] = start - 1;
    }
  }
  ++counters->second[static_cast<size_t>(level)];
  for (int below = level + 1; below < kLevels; ++below) {
    counters->second[static_cast<size_t>(below)] = start_of(below) - 1;
  }
  // A level that was never counted but is printed shows its start.
  for (int above = 0; above < level; ++above) {
    int& count = counters->second[static_cast<size_t>(above)];
    count = std::max(count, start_of(above));
  }
  return Label(abstract->second, counters->second, level);
}

}  // namespace duban
