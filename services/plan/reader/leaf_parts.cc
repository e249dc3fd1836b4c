#include "services/plan/reader/leaf_parts.h"

#include <algorithm>
#include <utility>

#include "services/plan/reader/deadline_phrase.h"
#include "services/plan/reader/findings.h"
#include "services/plan/reader/unit_phrase.h"

namespace duban {
namespace {

// A label is at most this long, colon included.
constexpr size_t kLongestLabel = 16;
// Brackets that hold units are at most this long.
constexpr size_t kLongestBracket = 320;
// Text between two labels that is shorter is no requirement of its own.
constexpr size_t kShortestText = 8;

struct FoundLabel {
  size_t begin = 0;
  LabelMatch match;
  bool in_bracket = false;
};

// The labels of a text in order. They end in a colon or box, or follow a bracket, so only those places are looked at.
std::vector<FoundLabel> FindLabels(TextView t) {
  std::vector<FoundLabel> labels;
  size_t done = 0;
  for (size_t p = 0; p < t.size(); ++p) {
    size_t from = p + 1;
    if (t[p] == ':') {
      from = std::max(done, p > kLongestLabel ? p - kLongestLabel : 0);
    } else if (t[p] == U'【' || t[p] == '[') {
      from = p;
    } else if (t[p] != '(') {
      continue;
    }
    const size_t last = t[p] == ':' ? p : from;
    for (size_t s = from; s <= last && s < t.size(); ++s) {
      const LabelMatch match = MatchLabel(t, s);
      if (match.kind == FieldKind::kNone || (t[p] == ':' && s + match.length != p + 1)) continue;
      labels.push_back({s, match, s > 0 && t[s - 1] == '('});
      done = s + match.length;
      p = std::max(p, done - 1);
      break;
    }
  }
  return labels;
}

bool IsEndMark(char32_t c) {
  return TextView(U"。;；,、.:)】]").find(c) != TextView::npos;
}

// Splits one leaf; see the header for the order of what is tried.
class LeafReader {
 public:
  LeafReader(const Leaf& leaf, const LeafLayout& layout, const UnitLexicon& lexicon)
      : leaf_(leaf), layout_(layout), lexicon_(lexicon) {
    for (const FlowText& line : leaf.lines) flow_.Append(line);
  }

  std::vector<LeafPart> Read() {
    // What stands below a squashed table is no part of its last row.
    if (layout_.squashed && layout_.has_deadline_column && leaf_.lines.size() > 1 &&
        !DeadlineSuffix(flow_.text()).has_value()) {
      Leaf upper;
      upper.lines.assign(leaf_.lines.begin(), leaf_.lines.end() - 1);
      return LeafReader(upper, layout_, lexicon_).Read();
    }
    if (layout_.squashed && (ReadSquashed(true) || ReadUnitsFirst())) return std::move(parts_);
    const std::vector<FoundLabel> labels = FindLabels(flow_.text());
    const auto labelled = [&](FieldKind kind) {
      return std::any_of(labels.begin(), labels.end(),
                         [&](const FoundLabel& label) { return label.match.kind == kind; });
    };
    // With a label for the deadline alone, the units may still stand in the same brackets without one.
    if (labelled(FieldKind::kUnits) || (labelled(FieldKind::kDeadline) && !ReadBrackets())) ReadLabels(labels);
    if (!parts_.empty()) return std::move(parts_);
    if (ReadCellLines()) return std::move(parts_);
    if (ReadBrackets()) return std::move(parts_);
    if (ReadClosingSentence()) return std::move(parts_);
    if (layout_.squashed && !ReadOddDeadline()) ReadSquashed(false);
    if (parts_.empty()) AddPart(0, flow_.size());
    return std::move(parts_);
  }

 private:
  LeafPart& AddPart(size_t begin, size_t end) {
    LeafPart part;
    part.text = TrimmedText(begin, end);
    parts_.push_back(std::move(part));
    return parts_.back();
  }

  // Without brackets and commas that are left over at the borders.
  FlowText TrimmedText(size_t begin, size_t end) const {
    const TextView t = flow_.text();
    end = std::min(end, t.size());
    while (begin < end && TextView(U" 。;,、)】]").find(t[begin]) != TextView::npos) ++begin;
    while (end > begin && TextView(U" ,、(【[").find(t[end - 1]) != TextView::npos) --end;
    return flow_.Slice(begin, end);
  }

  // ---- Labels ----

  void ReadLabels(const std::vector<FoundLabel>& labels) {
    size_t text_begin = 0;
    size_t open = parts_.size();  // Parts from here on still collect fields.
    for (size_t k = 0; k < labels.size(); ++k) {
      const FoundLabel& label = labels[k];
      const size_t next = k + 1 < labels.size() ? labels[k + 1].begin : flow_.size();
      const size_t value_begin = label.begin + label.match.length;
      const FlowText text = TrimmedText(text_begin, label.begin);
      if (label.match.kind == FieldKind::kText) {
        // `任务内容：` introduces the requirement itself.
        if (text.empty() || parts_.size() > open) {
          text_begin = value_begin;
        }
        continue;
      }
      if (parts_.size() == open || text.size() >= kShortestText) {
        open = parts_.size();
        AddPart(text_begin, label.begin);
      }
      bool lost = false;
      const size_t end = ValueEnd(value_begin, next, label, lost);
      PutField(parts_.back(), label, flow_.Slice(value_begin, end), lost);
      text_begin = end;
      while (text_begin < flow_.size() && (IsEndMark(flow_.text()[text_begin]))) ++text_begin;
    }
    const FlowText rest = TrimmedText(text_begin, flow_.size());
    if (rest.size() >= kShortestText) AddPart(text_begin, flow_.size());
  }

  static bool Ends(char32_t c) { return c == U'、' || c == ',' || c == ';' || c == ':'; }

  // Where the value of a label ends, at most at `limit`.
  size_t ValueEnd(size_t begin, size_t limit, const FoundLabel& label, bool& lost) const {
    const TextView t = flow_.text();
    size_t end = begin;
    int depth = 0;
    bool closed = false;
    const bool inside = label.in_bracket || IsInsideBracket(label.begin);
    for (; end < limit; ++end) {
      if (IsOpenBracket(t[end])) ++depth;
      if (IsCloseBracket(t[end]) && depth-- == 0) {
        closed = true;
        break;
      }
      if (t[end] == U'。') break;
      const bool breaks = depth == 0 && end > begin && !inside && flow_.BreakBefore(end);
      if (breaks && !Ends(t[end - 1]) && !ContinuesList(end, limit)) break;
    }
    if (closed && label.in_bracket && label.match.kind != FieldKind::kUnits) return end;
    while (end > begin && (t[end - 1] == ' ' || IsOpenBracket(t[end - 1]) || Ends(t[end - 1]))) --end;
    if (label.match.kind != FieldKind::kUnits) {
      lost = false;
      return CutDeadline(begin, end);
    }
    if (LikenessOfUnits(t.substr(begin, end - begin), lexicon_) != PhraseLikeness::kNone) {
      lost = label.in_bracket && !closed && limit == flow_.size() && end < flow_.size();
      return end;
    }
    if (closed && label.in_bracket && end - begin < 60) return end;
    lost = true;
    return CutUnits(begin, end);
  }

  // Whether a bracket of the same sentence is open at `at`, so that a line break does not end what is in it.
  bool IsInsideBracket(size_t at) const {
    const TextView t = flow_.text();
    int depth = 0;
    for (size_t i = at; i > 0 && at - i < kLongestBracket && t[i - 1] != U'。'; --i) {
      if (IsCloseBracket(t[i - 1])) ++depth;
      if (IsOpenBracket(t[i - 1]) && depth-- == 0) return true;
    }
    return false;
  }

  // Whether the line that begins at `at` goes on with the list of units.
  bool ContinuesList(size_t at, size_t limit) const {
    size_t end = at + 1;
    while (end < limit && !flow_.BreakBefore(end)) ++end;
    const TextView line = flow_.text().substr(at, end - at);
    return LikenessOfUnits(line, lexicon_) == PhraseLikeness::kStrong ||
           (line.size() <= 8 && line.find_first_of(U"、,") != TextView::npos);
  }

  // A deadline without a bracket ends where its words end.
  size_t CutDeadline(size_t begin, size_t end) const {
    const TextView value = flow_.text().substr(begin, end - begin);
    if (value.size() <= 24 || IsDeadline(value)) return end;
    for (size_t size = 24; size >= 2; --size) {
      if (IsDeadline(value.substr(0, size))) return begin + size;
    }
    return end;
  }

  // The units ran into the text behind them: where the last name ends.
  size_t CutUnits(size_t begin, size_t end) const {
    const TextView t = flow_.text();
    size_t entry = begin;
    while (entry < end) {
      size_t stop = entry;
      int depth = 0;
      while (stop < end && !(depth == 0 && (Ends(t[stop]) || t[stop] == U'。'))) {
        if (IsOpenBracket(t[stop])) ++depth;
        if (IsCloseBracket(t[stop])) --depth;
        ++stop;
      }
      if (LikenessOfUnits(t.substr(entry, stop - entry), lexicon_) == PhraseLikeness::kNone) {
        return CutEntry(entry, stop);
      }
      entry = stop + 1;
    }
    return end;
  }

  size_t CutEntry(size_t begin, size_t end) const {
    const TextView t = flow_.text();
    if (const auto known = lexicon_.EndOfEntryStartingAt(t.substr(0, end), begin); known.has_value()) {
      return WithRoleWord(*known, end);
    }
    for (size_t stop = begin + 3; stop < end; ++stop) {
      const TextView name = t.substr(begin, stop - begin);
      const TextView rest = t.substr(stop, end - stop);
      if (LikenessOfUnit(name) == UnitLikeness::kStrong && LikenessOfUnit(rest) == UnitLikeness::kNone &&
          !StartsWith(rest, U"公室") && !StartsWith(rest, U"员会") && !IsCloseBracket(rest[0]) && rest[0] != '(') {
        return WithRoleWord(stop, end);
      }
    }
    return end;
  }

  size_t WithRoleWord(size_t at, size_t end) const {
    const size_t n = MatchAny(flow_.text(), at, {U"牵头", U"负责", U"配合", U"按职责分工负责", U"等单位", U"等部门"});
    return std::min(end, at + n);
  }

  void PutField(LeafPart& part, const FoundLabel& label, FlowText value, bool lost) {
    if (label.match.kind == FieldKind::kDeadline) {
      part.deadline = std::move(value);
    } else if (label.match.kind == FieldKind::kRemark) {
      part.remark.Append(value);
    } else if (label.match.kind == FieldKind::kUnits) {
      if (lost) part.notes.push_back({kLostParenthesis, value, ""});
      part.units.push_back({std::move(value), label.match.role, !lost});
    }
  }

  // ---- Lines of their own ----

  bool IsUnitLine(size_t i) const {
    const TextView t = leaf_.lines[i].text();
    if (t.empty() || t.back() == U'。') return false;
    const PhraseLikeness likeness = LikenessOfUnits(t, lexicon_);
    return likeness == PhraseLikeness::kStrong || (likeness == PhraseLikeness::kWeak && lexicon_.Find(t) != nullptr);
  }

  // `区民政局牵头，各街道` + `负责`: two lines that only together are a phrase of units.
  bool BreaksInsideUnits(size_t i) const {
    if (i < 2 || leaf_.lines[i].size() > 30) return false;
    FlowText joined = leaf_.lines[i - 1];
    if (joined.size() > 60 || LikenessOfUnits(FirstEntry(joined.text()), lexicon_) != PhraseLikeness::kStrong)
      return false;
    joined.Append(leaf_.lines[i]);
    return joined.text().back() != U'。' && LikenessOfUnits(joined.text(), lexicon_) == PhraseLikeness::kStrong;
  }

  // The line above the units is the beginning of the same list: `安吉县政府、市` + `自然资源局`.
  bool HoldsUnitAndGoesOn(size_t above, size_t below) const {
    FlowText joined = leaf_.lines[above];
    const TextView t = joined.text();
    if (t.size() > 60 || t.find_first_of(U"、,") == TextView::npos || t.find(U'。') != TextView::npos) return false;
    if (LikenessOfUnits(FirstEntry(t), lexicon_) != PhraseLikeness::kStrong) return false;
    joined.Append(leaf_.lines[below]);
    return LikenessOfUnits(joined.text(), lexicon_) == PhraseLikeness::kStrong;
  }

  static TextView FirstEntry(TextView t) { return t.substr(0, t.find_first_of(U"、,;")); }

  // The last lines are units, and perhaps a deadline and a remark.
  bool ReadCellLines() {
    size_t end = leaf_.lines.size();
    LeafPart part;
    std::vector<size_t> units;
    while (end > 1) {
      const FlowText& line = leaf_.lines[end - 1];
      if (part.deadline.empty() && IsDeadline(line.text())) {
        part.deadline = line;
      } else if (IsUnitLine(end - 1) || (!units.empty() && Ends(line.text().back()) && line.size() < 40 &&
                                         LikenessOfUnits(line.text(), lexicon_) != PhraseLikeness::kNone)) {
        units.push_back(end - 1);
      } else if (BreaksInsideUnits(end - 1)) {
        units.push_back(end - 1);
        units.push_back(end - 2);
        --end;
      } else {
        break;
      }
      --end;
    }
    while (!units.empty() && end > 1 && HoldsUnitAndGoesOn(end - 1, units.back())) units.push_back(--end);
    if (units.empty() && (part.deadline.empty() || !layout_.has_deadline_column)) return ReadInnerCellLines();
    for (size_t i = 0; i < end; ++i) part.text.Append(leaf_.lines[i]);
    FlowText phrase;
    for (auto it = units.rbegin(); it != units.rend(); ++it) phrase.Append(leaf_.lines[*it]);
    if (!phrase.empty()) part.units.push_back({std::move(phrase), layout_.column_role});
    part.cell_layout = true;
    parts_.push_back(std::move(part));
    return true;
  }

  // The units are followed by a remark, or by what stands below the table.
  bool ReadInnerCellLines() {
    for (size_t i = leaf_.lines.size(); i-- > 1;) {
      if (!IsUnitLine(i)) continue;
      Leaf upper;
      upper.lines.assign(leaf_.lines.begin(), leaf_.lines.begin() + static_cast<ptrdiff_t>(i) + 1);
      LeafReader reader(upper, layout_, lexicon_);
      if (!reader.ReadCellLines()) return false;
      parts_ = std::move(reader.parts_);
      for (size_t k = i + 1; k < leaf_.lines.size(); ++k) parts_.back().remark.Append(leaf_.lines[k]);
      return true;
    }
    return false;
  }

  // ---- Brackets ----

  static bool MayHoldUnits(TextView inside) {
    return inside.size() >= 3 && inside.size() <= 300 &&
           (ContainsAny(inside, {U"牵头", U"负责", U"配合", U"落实", U"职责"}) ||
            LikenessOfUnit(inside.substr(0, inside.find_first_of(U"、,;"))) == UnitLikeness::kStrong);
  }

  // The partner of the bracket at `open`; npos where it has none before a full stop.
  size_t ClosingOf(size_t open) {
    const TextView t = flow_.text();
    // Found once for all brackets before it.
    if (next_close_ <= open) next_close_ = std::min(t.find_first_of(U")]〕】}", open), t.size());
    if (next_close_ >= open + kLongestBracket) return TextView::npos;
    int depth = 0;
    const size_t limit = std::min(t.size(), open + kLongestBracket);
    for (size_t i = open; i < limit; ++i) {
      if (IsOpenBracket(t[i])) ++depth;
      if (IsCloseBracket(t[i]) && --depth == 0) return i;
      if (t[i] == U'。' && !(i + 1 < t.size() && IsCloseBracket(t[i + 1]))) break;
    }
    return TextView::npos;
  }

  // `（A牵头。以下各项均由B配合）`: a sentence about other things follows in the same brackets. Takes it as a remark;
  // returns where the brackets close, `close` where they do not.
  size_t TakeRemark(size_t close, LeafPart& part) {
    const TextView t = flow_.text();
    const TextView rest = t.substr(close, 80);
    const size_t length = rest.find(')');
    if (length == TextView::npos || rest.find('(') < length) return close;
    const size_t end = close + length;
    part.remark = flow_.Slice(close + 1, end);
    return end;
  }

  bool EndsSentence(size_t at) const {
    const TextView t = flow_.text();
    return at >= t.size() || t[at] == U'。' || t[at] == ';' || flow_.BreakBefore(at);
  }

  // Requirements closed by their units in brackets: `……。（X牵头，A、B配合，9月底前完成）`.
  bool ReadBrackets() {
    const TextView t = flow_.text();
    size_t text_begin = 0;
    for (size_t i = 0; i < t.size(); ++i) {
      if (!IsOpenBracket(t[i])) continue;
      size_t close = ClosingOf(i);
      const bool lost = close == TextView::npos;
      if (lost) close = std::min(i + t.substr(i, kLongestBracket).find(U'。'), t.size());
      if (close < i) close = t.size();
      const TextView inside = t.substr(i + 1, close - i - 1);
      const bool after_stop = i > 0 && (t[i - 1] == U'。' || t[i - 1] == ';');
      const bool placed = after_stop || EndsSentence(close + 1) || lost;
      const bool units = placed && MayHoldUnits(inside) &&
                         (!lost || ContainsAny(inside, {U"牵头", U"负责", U"配合"})) &&
                         LikenessOfUnits(inside, lexicon_) != PhraseLikeness::kNone;
      if (!units) {
        if (!lost && !MayHoldUnits(inside)) i = close;
        continue;
      }
      LeafPart& part = AddPart(text_begin, i);
      FlowText phrase = flow_.Slice(i + 1, close);
      const size_t stop = lost ? TakeRemark(close, part) : close;
      if (lost && stop == close) part.notes.push_back({kLostParenthesis, phrase, ""});
      close = stop;
      part.units.push_back({std::move(phrase), v1::Responsibility::ROLE_UNSPECIFIED, !lost});
      text_begin = std::min(close + 1, t.size());
      i = close;
    }
    if (parts_.empty()) return false;
    if (TrimmedText(text_begin, t.size()).size() >= kShortestText) AddPart(text_begin, t.size());
    return true;
  }

  // ---- A closing sentence without brackets ----

  bool ReadClosingSentence() {
    const TextView t = flow_.text();
    size_t end = t.size();
    while (end > 0 && (t[end - 1] == U'。' || t[end - 1] == ' ')) --end;
    const bool lone_close = end > 0 && IsCloseBracket(t[end - 1]);
    const size_t stop = end == 0 ? TextView::npos : t.substr(0, end).find_last_of(U"。;");
    if (stop == TextView::npos) return false;
    const TextView sentence = t.substr(stop + 1, end - stop - 1);
    if (!ContainsAny(sentence, {U"牵头", U"负责", U"配合", U"落实"}) && !lone_close) return false;
    if (LikenessOfUnits(sentence, lexicon_) != PhraseLikeness::kStrong) return false;
    LeafPart& part = AddPart(0, stop + 1);
    FlowText phrase = flow_.Slice(stop + 1, end);
    part.notes.push_back({kLostParenthesis, phrase, ""});
    part.units.push_back({std::move(phrase), v1::Responsibility::ROLE_UNSPECIFIED, true});
    return true;
  }

  // ---- Squashed rows ----

  // Text, units and deadline run together: the deadline is read from the end, the units before it. `clear`: only where
  // a full stop shows where the units begin.
  bool ReadSquashed(bool clear) {
    const TextView t = flow_.text();
    size_t end = t.size();
    const std::optional<size_t> deadline = DeadlineSuffix(t);
    if (deadline.has_value()) end = *deadline;
    while (end > 0 && TextView(U" ,;").find(t[end - 1]) != TextView::npos) --end;
    if (end == 0) return false;
    size_t begin = TextView::npos;
    bool unclear = false;
    const size_t stop = t.substr(0, end).rfind(U'。');
    if (stop != TextView::npos && stop + 1 < end &&
        LikenessOfUnits(t.substr(stop + 1, end - stop - 1), lexicon_) != PhraseLikeness::kNone) {
      begin = stop + 1;
    } else if (stop != TextView::npos && layout_.unit_columns.size() > 1 && IsColumns(stop + 1, end)) {
      begin = stop + 1;
    } else if (const size_t gap = UnitsBehindGap(end); gap > 0) {
      begin = gap;
    } else if (clear) {
      return false;
    } else {
      begin = UnitsBegin(stop == TextView::npos ? 0 : stop + 1, end);
      unclear = true;
    }
    if (begin == TextView::npos && !deadline.has_value()) return false;
    LeafPart& part = AddPart(0, begin == TextView::npos ? end : begin);
    part.cell_layout = true;
    if (deadline.has_value()) part.deadline = flow_.Slice(*deadline);
    if (begin == TextView::npos) return true;
    if (unclear) part.notes.push_back({kUnitBoundaryUnclear, flow_.Slice(begin, end), ""});
    AddColumns(part, begin, end, !unclear);
    return true;
  }

  // Spaces were left between the cells: where the stretch of units that ends at `end` begins; 0 where there is none.
  size_t UnitsBehindGap(size_t end) const {
    size_t begin = 0;
    for (size_t stop = end; stop > 0;) {
      const size_t gap = flow_.GapUpTo(stop);
      if (gap == 0 || stop - gap > 80) break;
      if (LikenessOfUnits(flow_.text().substr(gap, stop - gap), lexicon_) != PhraseLikeness::kStrong) break;
      begin = gap;
      stop = gap;
    }
    return begin;
  }

  // Several columns of units run together: each but the last ends where a name ends and another begins with its level.
  void AddColumns(LeafPart& part, size_t begin, size_t end, bool clean) {
    bool guessed = false;
    for (size_t column = 0; column + 1 < layout_.unit_columns.size(); ++column) {
      const size_t gap = ColumnGap(begin, end);
      const size_t cut = gap > 0 ? gap : ColumnCut(begin, end);
      if (cut == end) break;
      guessed = guessed || gap == 0;
      part.units.push_back({flow_.Slice(begin, cut), layout_.unit_columns[column], false});
      begin = cut;
    }
    const size_t column = part.units.size();
    if (guessed) part.notes.push_back({kRoleUnclear, flow_.Slice(begin, end), ""});
    const auto role = column < layout_.unit_columns.size() ? layout_.unit_columns[column] : layout_.column_role;
    part.units.push_back({flow_.Slice(begin, end), role, clean && column == 0});
  }

  // A space that was left between two columns of units; 0 where there is none.
  size_t ColumnGap(size_t begin, size_t end) const {
    const TextView t = flow_.text();
    for (size_t gap = flow_.GapUpTo(end); gap > begin; gap = flow_.GapUpTo(gap)) {
      if (!Ends(t[gap - 1]) && LikenessOfUnits(t.substr(begin, gap - begin), lexicon_) != PhraseLikeness::kNone &&
          LikenessOfUnits(t.substr(gap, end - gap), lexicon_) != PhraseLikeness::kNone) {
        return gap;
      }
    }
    return 0;
  }

  bool IsColumns(size_t begin, size_t end) const {
    const size_t cut = ColumnCut(begin, end);
    const TextView t = flow_.text();
    return cut < end && LikenessOfUnits(t.substr(begin, cut - begin), lexicon_) != PhraseLikeness::kNone &&
           LikenessOfUnits(t.substr(cut, end - cut), lexicon_) != PhraseLikeness::kNone;
  }

  // The first place inside an entry where both sides are lists of units; `end` where there is none.
  size_t ColumnCut(size_t begin, size_t end) const {
    const TextView t = flow_.text();
    for (size_t cut = begin + 2; cut + 2 <= end; ++cut) {
      if (TextView(U"市区县镇乡各省州").find(t[cut]) == TextView::npos || Ends(t[cut - 1])) continue;
      const size_t stop = std::min(t.find_first_of(U"、,;", cut), end);
      size_t start = cut;
      while (start > begin && !Ends(t[start - 1])) --start;
      const TextView left = t.substr(start, cut - start);
      const TextView right = t.substr(cut, stop - cut);
      const bool names = LikenessOfUnit(left) != UnitLikeness::kNone && LikenessOfUnit(right) != UnitLikeness::kNone;
      if (names && (LevelPrefix(right) > 0 || IsCollectiveName(right)) && !EndsWith(left, U"市") && left.size() > 2)
        return cut;
    }
    return end;
  }

  // The deadline is no deadline that is understood (`世界水日前`): what stands behind the last name of the list.
  bool ReadOddDeadline() {
    if (!layout_.has_deadline_column) return false;
    const TextView t = flow_.text();
    const size_t stop = t.rfind(U'。');
    if (stop == TextView::npos || stop + 1 >= t.size()) return false;
    const size_t cut = CutUnits(stop + 1, t.size());
    if (cut >= t.size() || t.size() - cut > 12) return false;
    if (LikenessOfUnits(t.substr(stop + 1, cut - stop - 1), lexicon_) == PhraseLikeness::kNone) return false;
    LeafPart& part = AddPart(0, stop + 1);
    part.cell_layout = true;
    part.deadline = flow_.Slice(cut);
    part.units.push_back({flow_.Slice(stop + 1, cut), layout_.column_role, false});
    return true;
  }

  // Where the list of units that ends at `end` begins, not before `from`: whole entries backwards, then the longest
  // known name at the end of what is left.
  size_t UnitsBegin(size_t from, size_t end) const {
    const TextView t = flow_.text();
    size_t begin = TextView::npos;
    size_t stop = end;
    while (stop > from) {
      size_t entry = stop;
      int depth = 0;
      while (entry > from) {
        const char32_t c = t[entry - 1];
        if (IsCloseBracket(c)) ++depth;
        if (IsOpenBracket(c)) --depth;
        if (depth == 0 && (c == U'、' || c == ',' || c == ';')) break;
        --entry;
      }
      const TextView name = t.substr(entry, stop - entry);
      const bool known = lexicon_.Find(name) != nullptr;
      const UnitLikeness likeness = LikenessOfUnit(name);
      const bool short_name = likeness == UnitLikeness::kStrong && name.size() <= 8 && entry > from;
      if (known || short_name) {
        begin = entry;
        if (entry == from) return begin;
        stop = entry - 1;
        continue;
      }
      const auto tail = lexicon_.BeginOfEntryEndingAt(t.substr(0, stop), stop);
      if (tail.has_value() && *tail >= entry) begin = *tail;
      return begin;
    }
    return begin;
  }

  // `市发展改革委高水平推进……全年`: the units stand in front.
  bool ReadUnitsFirst() {
    if (!layout_.units_first) return false;
    const TextView t = flow_.text();
    size_t end = t.size();
    const std::optional<size_t> deadline = DeadlineSuffix(t);
    if (deadline.has_value()) end = *deadline;
    const size_t cut = CutUnits(0, std::min(end, std::min(t.find(U'。'), t.size())));
    if (cut == 0 || LikenessOfUnits(t.substr(0, cut), lexicon_) == PhraseLikeness::kNone) return false;
    LeafPart& part = AddPart(cut, end);
    part.cell_layout = true;
    if (deadline.has_value()) part.deadline = flow_.Slice(*deadline);
    FlowText phrase = flow_.Slice(0, cut);
    part.notes.push_back({kUnitBoundaryUnclear, phrase, ""});
    part.units.push_back({std::move(phrase), layout_.column_role, false});
    return true;
  }

  const Leaf& leaf_;
  const LeafLayout& layout_;
  const UnitLexicon& lexicon_;
  FlowText flow_;
  size_t next_close_ = 0;
  std::vector<LeafPart> parts_;
};

}  // namespace

std::vector<LeafPart> SplitLeaf(const Leaf& leaf, const LeafLayout& layout, const UnitLexicon& lexicon) {
  return LeafReader(leaf, layout, lexicon).Read();
}

}  // namespace duban
