#include "services/plan/reader/document_parts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/printed_date.h"
#include "services/plan/phrases/unit_lexicon.h"
#include "services/plan/phrases/vocabulary.h"
#include "services/plan/reader/plan_properties.h"

namespace duban {
namespace {

TextLine MakeTextLine(const SourceLine& source) {
  TextLine line;
  line.flow.Append(source);
  line.line = source.line;
  line.has_tab = source.printed.find(U'\t') != std::u32string::npos;
  // The border of a cell that was turned to a line is none of its text.
  const size_t words = line.flow.text().find_last_not_of(U"| ") + 1;
  const bool border = words < line.flow.size() && line.flow.text().back() == '|';
  if (border) line.flow = line.flow.Slice(0, words);
  line.has_tab = line.has_tab || (border && words == 0);
  line.blank = line.flow.empty();
  if (line.blank) line.spaces = source.text.size();
  return line;
}

// `— 3 —`, `第3页`, `3/10`.
bool IsPageNumber(TextView t) {
  if (t.size() > 12) return false;
  bool digit = false;
  bool mark = false;
  for (char32_t c : t) {
    if (IsDigit(c)) {
      digit = true;
    } else if (TextView(U"-—–―·第页共/ ").find(c) != TextView::npos) {
      mark = true;
    } else {
      return false;
    }
  }
  return digit && mark;
}

// Marks without words, and the names of scripts that a saved page leaves behind.
bool IsStray(TextView t) {
  bool marks = true;
  bool letters = t.size() <= 12;
  for (char32_t c : t) {
    marks = marks && !IsHan(c) && !IsAsciiWord(c) && !(c >= 0x2460 && c <= 0x24FF) && c != '/' && c != U'—' &&
            c != U'〃' && c != '-';
    letters = letters && IsAsciiWord(c) && !IsDigit(c);
  }
  return marks || letters || (t.size() > 1 && t.find_first_not_of(U"-—") == TextView::npos);
}

// Where an annex begins: `附件1`, `附件2：清单`. Its length is returned, 0 for none; its printed name goes to `name`.
size_t MatchAnnex(TextView t, std::u32string* name = nullptr) {
  size_t n = DocumentSigns().LengthAt(t, 0, "annex");
  if (n == 0) return 0;
  if (const auto number = ReadAnyNumber(t, n); number.has_value() && number->length <= 2) n += number->length;
  if (name != nullptr) *name = t.substr(0, n);
  while (n < t.size() && (t[n] == ':' || t[n] == '.' || t[n] == ' ' || t[n] == U'、')) ++n;
  return n;
}

// Whether the rest of an annex line can be its title: it does not end the way sentences and list entries do.
bool IsAnnexTitle(TextView rest) {
  return rest.size() <= 50 && rest.find_first_of(U"。;") == TextView::npos && MatchMark(rest, 0).level == kNoLevel;
}

// A line of more characters is a page, or a paragraph; the first of a document is no title alone.
constexpr size_t kLongLine = 600;
constexpr size_t kLongFirstLine = 120;

// The blocks of a document as they are judged: a page in one line is cut up.
class BlockMaker {
 public:
  std::vector<PartBlock> Make(const SourceDocument& document) {
    for (const SourceBlock& block : document.blocks) {
      if (block.kind == SourceBlock::Kind::kTable) {
        blocks_.push_back(&block.table);
      } else {
        AddLine(MakeTextLine(block.line));
      }
    }
    return std::move(blocks_);
  }

 private:
  // A title with the headers of its table, or with the whole table, in one line: the table begins a line of its own.
  void AddLine(TextLine line) {
    const size_t at = blocks_.size() < 40 ? DocumentSigns().Find(line.flow.text(), "table") : TextView::npos;
    if (at != TextView::npos && at > 0 && at < 120 && BeginsHeaders(line.flow.text(), at)) {
      blocks_.push_back(line.Piece(0, at));
      blocks_.push_back(line.Piece(at));
      return;
    }
    if (blocks_.size() < 40 && line.flow.size() > (first_ ? kLongFirstLine : kLongLine)) return AddLongLine(line);
    first_ = first_ && line.blank;
    blocks_.push_back(std::move(line));
  }

  // A page in one line: its head becomes lines of its own, cut where spaces are left.
  void AddLongLine(const TextLine& line) {
    first_ = false;
    const TextView t = line.flow.text();
    size_t end = 0;
    for (; end < t.size(); ++end) {
      const bool gap = end == 0 || line.flow.GapBefore(end) || t[end - 1] == U'。';
      const OutlineMark mark = MatchMark(t, end);
      if ((gap || mark.level == kChapter) && mark.level != kNoLevel && mark.number == 1) break;
      if (MatchColumnAt(t, end).length > 1 && BeginsHeaders(t, end)) break;
    }
    if (end == t.size()) end = 0;
    size_t begin = 0;
    for (size_t i = 1; i <= end; ++i) {
      if (i < end && !line.flow.GapBefore(i)) continue;
      if (TextLine piece = line.Piece(begin, i); !piece.flow.empty()) blocks_.push_back(std::move(piece));
      begin = i;
    }
    blocks_.push_back(line.Piece(begin));
  }

  std::vector<PartBlock> blocks_;
  bool first_ = true;  // Nothing is printed in front.
};

// Finds where the head of a document ends.
class HeadFinder {
 public:
  explicit HeadFinder(const std::vector<PartBlock>& blocks) : blocks_(blocks) {}

  // The first block that is no longer the head: a number, a header of columns, a table, a label.
  size_t FirstContent() const {
    size_t headers = 0;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const TextLine* line = LineAt(i);
      if (line == nullptr) return i;
      if (line->blank) continue;
      const TextView t = line->flow.text();
      if (MatchAnnex(t) == t.size() && i > 0) return i;
      if (MatchMark(t, 0).level != kNoLevel && MatchMark(t, 0).length < t.size()) return i;
      headers = MatchColumn(t).kind != FieldKind::kNone ? headers + 1 : 0;
      if (headers >= 2) return FirstOfHeaders(i);
      if (BeginsHeaders(t, 0)) return i;
      if (NamesActors(t)) return i;
    }
    return blocks_.size();
  }

  // `责任单位：`, `X牵头`: a requirement is printed here.
  static bool NamesActors(TextView t) {
    if (t.find(U"牵头") != TextView::npos) return true;
    for (size_t at = 0; at < t.size(); ++at) {
      if (DocumentSigns().LengthAt(t, at, "actor_label") == 0) continue;
      for (size_t s = at < 6 ? 0 : at - 6; s < at; ++s) {
        if (MatchLabel(t, s).kind == FieldKind::kUnits) return true;
      }
    }
    return false;
  }

  size_t FirstOfHeaders(size_t last) const {
    size_t i = last;
    while (i > 0) {
      const TextLine* line = LineAt(i - 1);
      if (line == nullptr || !(line->blank || MatchColumn(line->flow.text()).kind != FieldKind::kNone)) break;
      --i;
    }
    return i;
  }

  // The main part begins behind the title line, so that paragraphs without numbers are kept.
  size_t HeadEnd(size_t first_content, int32_t title_line) const {
    if (title_line == 0) return 0;
    for (size_t i = 0; i < first_content; ++i) {
      const TextLine* line = LineAt(i);
      if (line != nullptr && line->line == title_line) return i + 1;
    }
    return first_content;
  }

 private:
  const TextLine* LineAt(size_t i) const { return std::get_if<TextLine>(&blocks_[i]); }

  const std::vector<PartBlock>& blocks_;
};

class DocumentSplitter {
 public:
  explicit DocumentSplitter(const SourceDocument& document)
      : document_(document), blocks_(BlockMaker().Make(document)) {}

  DocumentParts Split() {
    const HeadFinder finder(blocks_);
    const size_t begin = finder.FirstContent();
    std::vector<TextLine> head, ends;
    for (size_t i = 0; i < begin; ++i) {
      if (const TextLine* line = LineAt(i)) head.push_back(*line);
    }
    // A signature stands at the end, a quoted plan near the beginning.
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const bool near_end = i < kEndLines || i + kEndLines >= blocks_.size();
      if (const TextLine* line = LineAt(i); near_end && line != nullptr) ends.push_back(*line);
    }
    PlanProperties properties = ReadProperties(head, ends, document_.format_title);
    out_.properties = std::move(properties.plan);
    CutParts(finder.HeadEnd(begin, properties.title_line));
    NamePlainAnnex();
    return std::move(out_);
  }

 private:
  static constexpr size_t kEndLines = 60;

  const TextLine* LineAt(size_t i) const { return std::get_if<TextLine>(&blocks_[i]); }

  void CutParts(size_t begin) {
    out_.parts.push_back({"body", FlowText(), {}});
    bool annex_list = false;
    for (size_t i = begin; i < blocks_.size(); ++i) {
      const TextLine* line = LineAt(i);
      if (line == nullptr) {
        out_.parts.back().blocks.push_back(std::move(blocks_[i]));
        annex_list = false;
        continue;
      }
      if (!line->blank) {
        if (StartAnnex(i, annex_list)) continue;
        if (annex_list) {
          annex_list = ListGoesOn(line->flow.text());
          if (annex_list) continue;
        }
        if (IsFurniture(line->flow.text()) || DropSignature(i)) continue;
      }
      // Only lines further down are looked at from here on.
      out_.parts.back().blocks.push_back(std::move(blocks_[i]));
    }
  }

  // A date that is a signature and not a deadline: the issuing unit stands above it, or nothing else follows. The unit
  // that was taken for a line of the plan is taken back.
  bool DropSignature(size_t i) {
    if (DateLine(LineAt(i)->flow.text()).empty()) return false;
    std::vector<PartBlock>& blocks = out_.parts.back().blocks;
    size_t above = blocks.size();
    while (above > 0 && std::holds_alternative<TextLine>(blocks[above - 1]) &&
           std::get<TextLine>(blocks[above - 1]).blank) {
      --above;
    }
    const auto* unit = above > 0 ? std::get_if<TextLine>(&blocks[above - 1]) : nullptr;
    const bool unit_like = unit != nullptr && LikenessOfUnit(unit->flow.text()) == UnitLikeness::kStrong;
    if (!unit_like) return NothingFollows(i);
    const std::string name = unit->flow.Printed();
    const auto* over = above > 1 ? std::get_if<TextLine>(&blocks[above - 2]) : nullptr;
    const bool alone = over != nullptr && over->blank && !over->has_tab && NothingFollows(i);
    const bool signs =
        alone || name == out_.properties.issuing_unit() || DocumentSigns().In(unit->flow.text(), "office");
    if (signs) blocks.resize(above - 1);
    return signs;
  }

  bool NothingFollows(size_t i) const {
    for (size_t k = i + 1; k < blocks_.size(); ++k) {
      const TextLine* line = LineAt(k);
      if (line == nullptr) return false;
      if (!line->blank && MatchAnnex(line->flow.text()) > 0) return true;
      if (!line->blank && !IsFurniture(line->flow.text())) return false;
    }
    return true;
  }

  static bool ListGoesOn(TextView t) {
    const OutlineMark mark = MatchMark(t, 0);
    return mark.level == kItem && t.size() <= 60 && t.find(U'。') == TextView::npos;
  }

  // Handles a line that names an annex: it starts one, or it is an entry of the list of annexes.
  bool StartAnnex(size_t i, bool& annex_list) {
    const FlowText& flow = LineAt(i)->flow;
    const TextView t = flow.text();
    std::u32string name;
    const size_t n = MatchAnnex(t, &name);
    if (n == 0) return false;
    if (n == t.size() && !NextIsAnnexOrList(i)) {
      Begin(name, FlowText());
      annex_list = false;
      return true;
    }
    if (!IsAnnexTitle(t.substr(n)) || NextIsAnnexOrList(i) || !ContentFollows(i)) {
      annex_list = n < t.size() && t.size() <= 80;
      return annex_list;
    }
    Begin(name, flow.Slice(n));
    return true;
  }

  void Begin(const std::u32string& name, FlowText title) {
    out_.parts.push_back({EncodeUtf8(name), std::move(title), {}});
  }

  bool NextIsAnnexOrList(size_t i) const {
    for (size_t k = i + 1; k < blocks_.size(); ++k) {
      const TextLine* line = LineAt(k);
      if (line == nullptr) return false;
      if (line->blank) continue;
      const TextView t = line->flow.text();
      if (MatchAnnex(t) > 0) return true;
      const OutlineMark mark = MatchMark(t, 0);
      return mark.level == kItem && mark.number == 2 && t.size() <= 60;
    }
    return true;
  }

  // Whether something to read stands behind an annex line that has its title on the same line.
  bool ContentFollows(size_t i) const {
    size_t lines = 0;
    for (size_t k = i + 1; k < blocks_.size() && lines < 4; ++k) {
      const TextLine* line = LineAt(k);
      if (line == nullptr) return true;
      if (line->blank) continue;
      const TextView t = line->flow.text();
      if (MatchAnnex(t) > 0) return false;
      if (!DateLine(t).empty()) return false;
      if (MatchColumn(t).kind != FieldKind::kNone || BeginsHeaders(t, 0)) return true;
      ++lines;
    }
    return lines >= 4;
  }

  // A covering notice whose only annex is the plan: the annex is the main part.
  void NamePlainAnnex() {
    if (out_.parts.size() != 2) return;
    const bool body_has_content =
        std::any_of(out_.parts[0].blocks.begin(), out_.parts[0].blocks.end(), [](const PartBlock& block) {
          const auto* line = std::get_if<TextLine>(&block);
          return line == nullptr || (!line->blank && MatchMark(line->flow.text(), 0).level != kNoLevel) ||
                 (!line->blank && DocumentSigns().In(line->flow.text(), "unit_label"));
        });
    if (body_has_content) return;
    out_.parts.erase(out_.parts.begin());
    out_.parts[0].name = "body";
    TakeAnnexTitle(TitleOf(out_.parts[0]), out_.properties);
  }

  // On the line of the word 附件, or the first line below it.
  static FlowText TitleOf(const DocumentPart& annex) {
    if (!annex.title.text().empty()) return annex.title;
    for (const PartBlock& block : annex.blocks) {
      const auto* line = std::get_if<TextLine>(&block);
      if (line == nullptr) break;
      if (!line->blank) return line->flow;
    }
    return FlowText();
  }

  const SourceDocument& document_;
  std::vector<PartBlock> blocks_;
  DocumentParts out_;
};

}  // namespace

bool IsFurniture(TextView t) {
  if (IsPageNumber(t) || IsStray(t)) return true;
  // `某某办公室 2025年3月1日印发`: the last line of a printed document.
  if (DocumentSigns().Ends(t, "printed") && t.size() <= 60 && t.find(U'月') != TextView::npos &&
      t.find(U'日') != TextView::npos)
    return true;
  const auto arrows = std::count_if(t.begin(), t.end(), [](char32_t c) { return c == '>' || c == U'»' || c == U'›'; });
  if (arrows >= 1 && t.size() <= 60 && t.find(U'。') == TextView::npos) return true;
  static const WordTable& words = WordTable::Of("furniture");
  if (const size_t label = words.LengthAt(t, 0, "label"); label > 0) {
    const TextView rest = t.substr(label);
    // `时间` and `主办单位` are also said of what a plan holds.
    const bool office = Contains(t.substr(0, label), U"办单位");
    if (rest.empty() || rest[0] == ':' || rest[0] == U'】') return !office || Contains(t, U"网");
  }
  return t.size() <= 80 && words.LengthAt(t, 0, "start") > 0;
}

DocumentParts SplitDocument(const SourceDocument& document) {
  return DocumentSplitter(document).Split();
}

}  // namespace duban
