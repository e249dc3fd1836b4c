#include "services/plan/reader/plan_properties.h"

#include <algorithm>

#include "common/base/text.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/printed_date.h"
#include "services/plan/phrases/unit_lexicon.h"
#include "services/plan/phrases/vocabulary.h"
#include "services/plan/reader/document_parts.h"

namespace duban {
namespace {

constexpr size_t kLongestTitleLine = 90;

// Words a plan calls itself.
bool NamesAPlan(TextView t) {
  static const WordTable& words = WordTable::Of("plan_words");
  return words.In(t);
}

// Whether a year is printed at `at` as one: 2022年, 二〇二二年, 2022-.
bool IsYear(TextView t, size_t at) {
  if (YearAt(t, at) == 0 || at + 4 >= t.size()) return false;
  const char32_t next = t[at + 4];
  return next == U'年' || (IsDigit(t[at]) && (next == '-' || next == U'—'));
}

int FirstYear(TextView t) {
  for (size_t i = 0; i < t.size(); ++i) {
    if (i > 0 && IsDigit(t[i]) && IsDigit(t[i - 1])) continue;
    if (IsYear(t, i)) return YearAt(t, i);
  }
  return 0;
}

const WordTable& Words() {
  static const WordTable& words = WordTable::Of("property_words");
  return words;
}

// `汕濠府办函〔2021〕70号` in a line of its own or behind 文号; with 〔〕.
std::string DocumentNumber(TextView t) {
  if (const size_t at = Words().Find(t, "number"); at != TextView::npos) {
    t = t.substr(at + Words().LengthAt(t, at, "number"));
    t.remove_prefix(std::min(t.find_first_not_of(U": 】"), t.size()));
  }
  size_t open = 0;
  while (open < t.size() && (IsHan(t[open]) || IsAsciiWord(t[open]))) ++open;
  if (open < 2 || open > 14 || open >= t.size() || !IsOpenBracket(t[open])) return "";
  const auto year = ReadDigits(t, open + 1);
  if (!year.has_value() || year->length != 4 || open + 5 >= t.size() || !IsCloseBracket(t[open + 5])) return "";
  size_t i = open + 6;
  if (i < t.size() && t[i] == U'第') ++i;
  const auto number = ReadDigits(t, i);
  if (!number.has_value() || i + number->length >= t.size() || t[i + number->length] != U'号') return "";
  return EncodeUtf8(t.substr(0, open)) + "〔" + EncodeUtf8(t.substr(open + 1, 4)) + "〕" +
         EncodeUtf8(t.substr(i, number->length)) + "号";
}

// The end of the unit's name a title begins with: `临湖区2023年……` has 3.
size_t IssuerInTitle(TextView t) {
  size_t limit = std::min(Words().Find(t, "about"), t.size());
  for (size_t i = 0; i < limit; ++i) {
    if (IsYear(t, i)) limit = i;
  }
  // What the year, or a word that begins the subject, closes is the name; else its own ending does.
  const TextView name = t.substr(0, limit);
  const TextView ends = U"省市州盟区县旗镇乡道局委办厅府会院室社队科处馆校中心";
  if (!name.empty() && ends.find(name.back()) != TextView::npos && limit < t.size()) return limit;
  size_t best = 0;
  for (size_t i = 2; i <= name.size() && i <= 24; ++i) {
    const TextView part = name.substr(0, i);
    const bool whole = LikenessOfUnit(part) != UnitLikeness::kNone && ends.find(part.back()) != TextView::npos;
    const bool topic = Words().Starts(t.substr(i), "subject");
    // `数字政府` is a subject; a government has a place in its name.
    const bool placed = !EndsWith(part, U"政府") || part.find_first_of(U"省市州盟区县旗镇乡") != TextView::npos;
    if (whole && topic && placed) best = i;
  }
  return best;
}

// What the head says of the title, and of the notice that sends the plan out.
struct HeadTitle {
  std::u32string text;  // Folded; also where the title is quoted in a notice or comes from the format.
  std::string printed;
  int32_t line = 0;
  std::u32string notice_unit;
  std::u32string notice_title;
  // First and last line of the notice's title; 0 and -1 where there is none.
  int32_t notice_line = 0;
  int32_t notice_end = -1;
};

class TitleReader {
 public:
  TitleReader(const std::vector<TextLine>& head, const std::u32string& format_title)
      : head_(head), format_title_(format_title) {}

  HeadTitle Read() {
    ReadNotice();
    ReadTitle();
    return std::move(out_);
  }

 private:
  // `X关于印发Y的通知` on top of the document.
  void ReadNotice() {
    for (size_t i = 0; i < head_.size(); ++i) {
      const TextLine& line = head_[i];
      FlowText joined = line.flow;
      // The title of a notice is often printed over two or three lines.
      size_t last = i;
      while (joined.text().find(U"关于") != TextView::npos && !EndsWith(joined.text(), U"通知") &&
             last + 1 < head_.size() && last < i + 2 && !head_[last + 1].blank && joined.size() < kLongestTitleLine) {
        joined.Append(head_[++last].flow);
      }
      const TextView t = joined.text();
      const size_t about = t.find(U"关于印发");
      const size_t send = about == TextView::npos ? t.find(U"关于") : about;
      if (send == TextView::npos || !EndsWith(t, U"通知") || t.size() > 150) continue;
      out_.notice_unit = Trim(t.substr(0, send));
      if (about == TextView::npos) {
        // `关于落实《X》重点工作分工的通知` sends nothing out: it is the plan.
        if (NamesAPlan(t))
          out_.text = t.substr(send), out_.printed = joined.Printed(send), out_.line = head_[last].line;
        continue;
      }
      TextView title = t.substr(about + 4);
      title.remove_suffix(2);
      if (EndsWith(title, U"的")) title.remove_suffix(1);
      if (StartsWith(title, U"《") && EndsWith(title, U"》")) title = title.substr(1, title.size() - 2);
      out_.notice_title = title;
      out_.notice_line = line.line;
      out_.notice_end = head_[last].line;
    }
  }

  static bool MayBeTitle(const TextLine& line) {
    if (line.blank || line.flow.size() > kLongestTitleLine || line.flow.size() < 4) return false;
    const TextView t = line.flow.text();
    if (t[0] == '(' || IsFurniture(t) || DocumentSigns().Starts(t, "appendix") ||
        t.find_first_of(U"。:;") != TextView::npos)
      return false;
    // A sentence of the preamble that was broken into lines.
    const bool sentence = t.find(',') != TextView::npos && (t.find(U'《') != TextView::npos || t.size() > 40);
    if (sentence || Words().Starts(t, "opening")) return false;
    return !EndsWith(t, U"通知") && !StartsWith(t, U"《") && NamesAPlan(t);
  }

  void ReadTitle() {
    for (size_t i = head_.size(); i-- > 0;) {
      if (!MayBeTitle(head_[i]) || (head_[i].line >= out_.notice_line && head_[i].line <= out_.notice_end)) continue;
      FlowText title = head_[i].flow;
      // A title over several lines: the lines right above that are no sentence.
      for (size_t k = i; k > 0 && title.size() < kLongestTitleLine; --k) {
        const TextLine& above = head_[k - 1];
        if (above.blank || !IsTitlePiece(above) || FirstYear(title.text()) > 0) break;
        FlowText joined = above.flow;
        joined.Append(title);
        title = std::move(joined);
      }
      out_.line = head_[i].line;
      // Its last characters went to the next line: `……分工方` + `案`.
      if (i + 1 < head_.size() && !head_[i + 1].blank && head_[i + 1].flow.size() <= 4 && IsTitlePiece(head_[i + 1]) &&
          head_[i + 1].flow.text()[0] != '(' && NumberAlone(head_[i + 1].flow.text()) == 0 &&
          MatchColumn(head_[i + 1].flow.text()).kind == FieldKind::kNone) {
        title.Append(head_[i + 1].flow);
        out_.line = head_[i + 1].line;
      }
      out_.printed = title.Printed();
      out_.text = title.text();
      return;
    }
    if (!out_.text.empty()) return;
    if (!out_.notice_title.empty()) {
      out_.text = out_.notice_title;
      out_.printed = EncodeUtf8(out_.text);
      out_.line = out_.notice_end;
    } else {
      ReadFallbackTitle();
    }
  }

  static bool IsTitlePiece(const TextLine& line) {
    const TextView t = line.flow.text();
    return t.size() <= 40 && !IsFurniture(t) && t.find_first_of(U"。:;,") == TextView::npos && DateLine(t).empty() &&
           DocumentNumber(t).empty() && !EndsWith(t, U"通知") && !EndsWith(t, U"文件");
  }

  // `附表：X` on top of a document that is only that table.
  bool ReadAnnexTitle(const TextLine& line) {
    const TextView t = line.flow.text();
    if (!DocumentSigns().Starts(t, "appendix")) return false;
    const size_t colon = t.find(':');
    if (colon == TextView::npos || colon > 6 || !NamesAPlan(t.substr(colon)) || t.size() > kLongestTitleLine)
      return false;
    const FlowText title = line.flow.Slice(colon + 1);
    out_.text = title.text();
    out_.printed = title.Printed();
    return true;
  }

  void ReadFallbackTitle() {
    for (const TextLine& line : head_) {
      if (!line.blank && ReadAnnexTitle(line)) return;
    }
    for (const TextLine& line : head_) {
      if (line.blank || !IsTitlePiece(line) || line.flow.size() < 4) continue;
      out_.text = line.flow.text();
      out_.printed = line.flow.Printed();
      out_.line = line.line;
      return;
    }
    out_.text = FoldWidths(format_title_);
    out_.printed = EncodeUtf8(format_title_);
  }

  const std::vector<TextLine>& head_;
  const std::u32string& format_title_;
  HeadTitle out_;
};

class PropertyReader {
 public:
  PropertyReader(const std::vector<TextLine>& head, const std::vector<TextLine>& ends,
                 const std::u32string& format_title)
      : head_(head), ends_(ends), title_(TitleReader(head, format_title).Read()) {}

  PlanProperties Read() {
    out_.plan.set_title(title_.printed);
    out_.title_line = title_.line;
    ReadStage();
    ReadLabels();
    ReadSignature();
    ReadIssuingUnit();
    ReadYear();
    ReadImplements();
    return std::move(out_);
  }

 private:
  v1::Plan& plan() { return out_.plan; }

  void ReadStage() {
    plan().set_stage(v1::Plan::FINAL);
    const auto judge = [&](TextView t) {
      if (DocumentSigns().In(t, "draft") && t.size() < 120) plan().set_stage(v1::Plan::CONSULTATION);
      if (DocumentSigns().In(t, "trial") && plan().stage() == v1::Plan::FINAL) plan().set_stage(v1::Plan::TRIAL);
    };
    judge(title_.text);
    for (const TextLine& line : head_) {
      const TextView t = line.flow.text();
      if (!line.blank && t.size() <= 10 && t[0] == '(') judge(t);
      if (line.line == out_.title_line || line.line == title_.notice_line) judge(t);
    }
  }

  // `发布时间:2022-09-09`, `成文日期`, `文号`.
  void ReadLabels() {
    for (size_t i = 0; i < head_.size(); ++i) {
      if (head_[i].blank) continue;
      // A page in columns prints the value below its label.
      std::u32string with_value(head_[i].flow.text());
      if (with_value.back() == ':' && i + 1 < head_.size()) with_value += head_[i + 1].flow.text();
      const TextView t = with_value;
      if (plan().document_number().empty()) plan().set_document_number(DocumentNumber(t));
      if (plan().post_date().empty()) plan().set_post_date(DateBehind(t, "posted"));
      if (plan().issue_date().empty()) plan().set_issue_date(DateBehind(t, "issued"));
    }
  }

  static std::string DateBehind(TextView t, std::string_view label) {
    const size_t at = Words().Find(t, label);
    if (at == TextView::npos) return "";
    const auto date = ReadDate(t, t.find_first_not_of(U": ", at + Words().LengthAt(t, at, label)));
    return date.has_value() ? date->first : "";
  }

  // The date under the notice or at the end of the document, with the unit above it.
  void ReadSignature() {
    if (FindSignature(head_)) return;
    const size_t from = ends_.size() > 60 ? ends_.size() - 60 : 0;
    FindSignature(std::vector<TextLine>(ends_.begin() + static_cast<ptrdiff_t>(from), ends_.end()));
  }

  bool FindSignature(const std::vector<TextLine>& lines) {
    for (size_t i = lines.size(); i-- > 0;) {
      if (lines[i].blank) continue;
      const std::string date = DateLine(lines[i].flow.text());
      if (date.empty()) continue;
      if (plan().issue_date().empty()) plan().set_issue_date(date);
      for (size_t k = i; k-- > 0;) {
        if (lines[k].blank) continue;
        if (LikenessOfUnit(lines[k].flow.text()) == UnitLikeness::kStrong) signature_unit_ = lines[k].flow.text();
        break;
      }
      return true;
    }
    return false;
  }

  void ReadIssuingUnit() {
    std::u32string unit = title_.notice_unit;
    if (unit.empty()) unit = signature_unit_;
    if (unit.empty()) unit = title_.text.substr(0, IssuerInTitle(title_.text));
    if (unit.empty() && IsYear(title_.text, 0)) {
      // `2022年临湖区……`: the name stands behind the year.
      const bool long_form = title_.text.size() > 5 && title_.text[5] == U'度';
      const TextView rest = TextView(title_.text).substr(long_form ? 6 : 5);
      unit = rest.substr(0, IssuerInTitle(rest));
      if (unit.empty()) unit = PlaceAtStart(rest);
    }
    plan().set_issuing_unit(EncodeUtf8(unit));
  }

  static std::u32string PlaceAtStart(TextView t) {
    for (size_t i = 2; i <= 8 && i <= t.size(); ++i) {
      if (TextView(U"省市州区县旗镇").find(t[i - 1]) != TextView::npos) return std::u32string(t.substr(0, i));
    }
    return U"";
  }

  void ReadYear() {
    int year = FirstYear(title_.text);
    if (year == 0) year = FirstYear(title_.notice_title);
    for (const std::string& date : {plan().issue_date(), plan().post_date()}) {
      if (year == 0 && !date.empty()) year = std::stoi(date.substr(0, 4));
    }
    for (const TextLine& line : head_) {
      if (year == 0) year = FirstYear(line.flow.text());
    }
    plan().set_year(year);
  }

  // `贯彻落实Y分工方案` in the title, else `根据《Y》` in front of the tasks.
  void ReadImplements() {
    const TextView title = title_.text;
    if (const size_t at = Words().Find(title, "carries_out"); at != TextView::npos) {
      TextView rest = title.substr(at + Words().LengthAt(title, at, "carries_out"));
      if (StartsWith(rest, U"《")) rest = rest.substr(1, rest.find(U'》') - 1);
      const size_t tail = Words().Before(rest, rest.size(), "tail").length;
      if (rest.size() > tail + 4 && NamesAPlan(rest.substr(0, rest.size() - tail))) rest.remove_suffix(tail);
      if (NamesAPlan(rest)) return plan().set_implements(EncodeUtf8(rest));
    }
    for (const std::vector<TextLine>* lines : {&head_, &ends_}) {
      for (const TextLine& line : *lines) {
        const std::u32string name = QuotedPlan(line.flow.text());
        if (!name.empty()) return plan().set_implements(EncodeUtf8(name));
      }
    }
  }

  // The first plan in 《》 behind 根据, 按照 or 贯彻落实; not the plan itself.
  std::u32string QuotedPlan(TextView t) const {
    const bool preamble = Words().Starts(t, "opening") || StartsWith(t, U"各");
    if (!preamble && !ContainsAny(t, {U"制定本", U"制定如下"})) return U"";
    for (size_t open = t.find(U'《'); open != TextView::npos; open = t.find(U'《', open + 1)) {
      const size_t close = t.find(U'》', open);
      if (close == TextView::npos) break;
      const TextView name = t.substr(open + 1, close - open - 1);
      const TextView before = t.substr(open > 16 ? open - 16 : 0, std::min<size_t>(open, 16));
      if (Words().In(before, "carries_out") && NamesAPlan(name) && name != TextView(title_.text))
        return std::u32string(StripNotice(name));
    }
    return U"";
  }

  // `X关于印发Y的通知` quoted as a whole: Y.
  static TextView StripNotice(TextView name) {
    const size_t at = name.find(U"关于印发");
    if (at == TextView::npos || !EndsWith(name, U"的通知")) return name;
    name = name.substr(at + 4);
    name.remove_suffix(3);
    while (!name.empty() && (name.front() == U'〈' || name.front() == '<')) name.remove_prefix(1);
    while (!name.empty() && (name.back() == U'〉' || name.back() == '>')) name.remove_suffix(1);
    return name;
  }

  const std::vector<TextLine>& head_;
  const std::vector<TextLine>& ends_;
  const HeadTitle title_;
  PlanProperties out_;
  std::u32string signature_unit_;
};

}  // namespace

PlanProperties ReadProperties(const std::vector<TextLine>& head, const std::vector<TextLine>& ends,
                              const std::u32string& format_title) {
  return PropertyReader(head, ends, format_title).Read();
}

void TakeAnnexTitle(const FlowText& title, v1::Plan& plan) {
  const TextView t = title.text();
  if (t.empty() || t.size() > kLongestTitleLine || !NamesAPlan(t) || NamesAPlan(DecodeUtf8(plan.title()))) return;
  plan.set_title(title.Printed());
  if (const int year = FirstYear(t); year > 0) plan.set_year(year);
}

}  // namespace duban
