#include "services/plan/reader/marks.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/names_in_text.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

// What of a piece is looked at for a deadline at its end.
constexpr size_t kDeadlineReach = 40;
// A heading is known again by its number and this many characters.
constexpr size_t kHeadingKey = 12;
// So many names are run together at most.
constexpr size_t kMostNames = 64;

// Lines of a text that was broken to fit a page are between these widths, and this ragged.
constexpr size_t kNarrowest = 24;
constexpr size_t kWidest = 60;
constexpr size_t kRagged = 3;

// Cuts a piece between two separators into names, words about them, a deadline and other text.
class PieceCutter {
 public:
  PieceCutter(TextView text, const UnitLexicon& lexicon, std::vector<Mark>& marks)
      : t_(text), lexicon_(lexicon), names_(text, lexicon), marks_(marks) {}

  // `closed`: what stands behind the piece may end a list of units. `people`: a column of people is printed; `person`:
  // the piece may begin with one's name.
  void Cut(size_t begin, size_t end, bool closed, bool people, bool person) {
    static const WordTable& rules = WordTable::Of("rule_starts");
    if (begin >= end) return;
    if (const size_t name = person ? PersonAt(t_.substr(begin, end - begin), lexicon_) : 0; name > 0) {
      AddPerson(begin, begin + name);
      begin += name;
    }
    if (rules.At(t_, begin).length > 0) return Add(MarkKind::kRule, begin, end);
    size_t deadline = end;
    const size_t reach = end - begin > kDeadlineReach ? end - kDeadlineReach : begin;
    if (MayHoldDeadline(t_.substr(reach, end - reach))) {
      if (const auto at = DeadlineSuffix(t_.substr(reach, end - reach)); at.has_value()) deadline = reach + *at;
    }
    const size_t behind = people ? PersonBehindUnit(t_.substr(begin, deadline - begin), lexicon_) : 0;
    CutNames(begin, deadline - behind, closed || behind > 0 || deadline < end);
    if (behind > 0) AddPerson(deadline - behind, deadline);
    if (deadline < end) Add(MarkKind::kDeadline, deadline, end);
  }

 private:
  static bool MayHoldDeadline(TextView t) {
    return t.find_first_of(U"月年季日周天常长持全经即随实适次期立马当边及") != TextView::npos;
  }

  void Add(MarkKind kind, size_t begin, size_t end) {
    if (begin >= end) return;
    Mark mark;
    mark.begin = static_cast<uint32_t>(begin);
    mark.end = static_cast<uint32_t>(end);
    mark.kind = kind;
    marks_.push_back(mark);
  }

  void AddPerson(size_t begin, size_t end) {
    Add(MarkKind::kWords, begin, end);
    marks_.back().person = true;
  }

  void AddUnit(size_t begin, size_t end) {
    Add(MarkKind::kUnit, begin, end);
    Mark& mark = marks_.back();
    const TextView name = t_.substr(begin, end - begin);
    mark.likeness = LikenessOfUnit(name);
    mark.collective = IsCollectiveName(name);
    const UnitLexicon::Entry* entry = lexicon_.Find(name);
    mark.known = entry != nullptr && (entry->from_directory || entry->count > 1);
  }

  void CutNames(size_t begin, size_t end, bool closed) {
    if (begin >= end) return;
    const TextView piece = t_.substr(begin, end - begin);
    // `A会同B负责`.
    if (const size_t joint = piece.find(U"会同"); joint != TextView::npos && joint > 1 && joint <= kLongestName &&
                                                  LikenessOfUnit(piece.substr(0, joint)) == UnitLikeness::kStrong) {
      AddNames(begin, begin + joint);
      Add(MarkKind::kRole, begin + joint, begin + joint + 2);
      return CutNames(begin + joint + 2, end, closed);
    }
    const size_t core = begin + StripListWords(piece).first;
    if (core == begin) return Add(MarkKind::kRole, begin, end);
    size_t name_end = core;
    // `A等`, `A等和`: the open list.
    if (const size_t open = OpenListAt(begin, core); open < core) name_end = open;
    if (name_end == begin) return Add(MarkKind::kRole, begin, end);
    const size_t first = names_.RunsOn(begin, name_end) ? name_end : names_.FirstName(begin, name_end);
    if (first < name_end && (closed || first == begin || name_end < end)) {
      const size_t prefix = first > begin ? PrefixNames(begin, first) : begin;
      Add(MarkKind::kWords, prefix, first);
      AddNames(first, name_end);
      Add(MarkKind::kRole, name_end, end);
      return;
    }
    // `A负责法制审查工作`: a unit with its special part.
    const size_t part = piece.find(U"负责");
    if (part != TextView::npos && part <= kLongestName &&
        LikenessOfUnit(piece.substr(0, part)) == UnitLikeness::kStrong) {
      AddNames(begin, begin + part);
      return Add(MarkKind::kRole, begin + part, end);
    }
    const size_t prefix = PrefixNames(begin, end);
    Add(MarkKind::kWords, prefix, end);
  }

  // Where 等 begins that ends a list, at most `end`.
  size_t OpenListAt(size_t begin, size_t end) const {
    const size_t in_piece = t_.substr(begin, end - begin).rfind(U'等');
    if (in_piece == TextView::npos || in_piece == 1) return end;
    const size_t at = begin + in_piece;
    TextView rest = t_.substr(at + 1, end - at - 1);
    while (!rest.empty() && (IsDigit(rest[0]) || IsChineseNumeral(rest[0]) || rest[0] == U'个' || rest[0] == U'家')) {
      rest.remove_prefix(1);
    }
    static const WordTable& ends = WordTable::Of("list_ends");
    return rest.empty() || ends.LengthAt(rest, 0) == rest.size() ? at : end;
  }

  // Adds the names that are run together in [begin, end).
  void AddNames(size_t begin, size_t end) {
    const size_t first = begin;
    for (const size_t cut : GluedNames(t_.substr(begin, end - begin), lexicon_)) {
      AddUnit(begin, first + cut);
      begin = first + cut;
    }
    AddUnit(begin, end);
  }

  // Adds the names the piece begins with; returns where the rest begins.
  size_t PrefixNames(size_t begin, size_t end) {
    for (size_t names = 0; names < kMostNames; ++names) {
      const size_t stop = names_.NameStartingAt(begin, end);
      if (stop == begin) break;
      AddUnit(begin, stop);
      begin = stop;
    }
    return begin;
  }

  const TextView t_;
  const UnitLexicon& lexicon_;
  const NameFinder names_;
  std::vector<Mark>& marks_;
};

// Brackets that hold units are at most this long; those that hold less than this only explain a word.
constexpr uint32_t kLongestBracket = 320;
constexpr uint32_t kShortBracket = 6;

// Says of each opening bracket what stands behind its partner.
void MatchBrackets(std::vector<Mark>& marks) {
  std::vector<size_t> open;
  for (size_t i = 0; i < marks.size(); ++i) {
    if (i > 0) {
      marks[i - 1].listed = marks[i].kind == MarkKind::kSeparator;
      marks[i - 1].inside = marks[i].kind == MarkKind::kRule || marks[i].kind == MarkKind::kClose;
    }
    if (marks[i].kind == MarkKind::kOpen) open.push_back(i);
    if (marks[i].kind == MarkKind::kStop || marks[i].kind == MarkKind::kNumber) {
      // A bracket that holds whole sentences is none that units stand in, but for rules behind them.
      while (!open.empty() && marks[i].begin - marks[open.back()].begin > kLongestBracket) open.pop_back();
    }
    if (marks[i].kind != MarkKind::kClose || open.empty()) continue;
    const Mark* next = i + 1 < marks.size() ? &marks[i + 1] : nullptr;
    const bool ends = next == nullptr || next->spacing >= Spacing::kBreak || next->kind == MarkKind::kStop ||
                      next->kind == MarkKind::kSemicolon || next->kind == MarkKind::kNumber;
    marks[open.back()].bracket = ends                                                         ? BracketEnd::kCloses
                                 : next->spacing != Spacing::kNone                            ? BracketEnd::kGap
                                 : marks[i].begin - marks[open.back()].begin <= kShortBracket ? BracketEnd::kShort
                                                                                              : BracketEnd::kGoesOn;
    open.pop_back();
  }
}

// `由县林业局牵头，县公安局配合，4月10日前完成。`: a sentence that only says who acts. What stands in front of the
// first name is their label.
LabelMatch MatchSentenceOfUnits(TextView t, size_t at) {
  static const UnitLexicon& nothing_known = *new UnitLexicon();
  constexpr size_t kLongest = 120;
  static const WordTable& agents = WordTable::Of("agent_words");
  static const WordTable& roles = WordTable::Of("header_roles");
  const size_t n = agents.LengthAt(t, at);
  const size_t end = n == 0 ? at : std::min(t.find_first_of(U"。;", at), t.size());
  if (end <= at + n || end - at > kLongest) return LabelMatch();
  const TextView sentence = t.substr(at + n, end - at - n);
  if (!roles.In(sentence) || LikenessOfUnits(sentence, nothing_known) != PhraseLikeness::kStrong) return LabelMatch();
  return {FieldKind::kUnits, v1::Responsibility::RESPONSIBLE, n};
}

// Labels behind gaps, those among them that no table knows but that stand before units again and again.
class LabelFinder {
 public:
  explicit LabelFinder(const TextRun& run) : t_(run.flow.text()) {
    static const UnitLexicon& nothing_known = *new UnitLexicon();
    for (size_t at = 0; at < t_.size(); ++at) {
      if (at > 0 && !run.flow.GapBefore(at)) continue;
      const size_t colon = Colon(at);
      if (colon == 0) continue;
      const LabelMatch known = MatchLabelBehindGap(t_, at);
      units_named_ = units_named_ || known.kind == FieldKind::kUnits;
      if (known.kind != FieldKind::kNone) continue;
      const size_t begin = at + colon + 1;
      size_t end = std::min({t_.find_first_of(U"。;", begin), t_.size(), begin + kLongestList});
      for (size_t i = begin + 1; i < end; ++i) end = run.flow.GapBefore(i) ? i : end;
      const bool units = LikenessOfUnits(t_.substr(begin, end - begin), nothing_known) == PhraseLikeness::kStrong;
      if (units) ++own_[std::u32string(t_.substr(at, colon))];
    }
  }

  LabelMatch BehindGap(size_t at) const {
    const LabelMatch known = MatchLabelBehindGap(t_, at);
    const size_t colon = known.kind == FieldKind::kNone && !own_.empty() ? Colon(at) : 0;
    const auto own = colon > 0 ? own_.find(std::u32string(t_.substr(at, colon))) : own_.end();
    if (own == own_.end() || own->second < 2) return known;
    const v1::Responsibility::Role role = RoleInHeader(own->first);
    if (role != v1::Responsibility::ROLE_UNSPECIFIED) return {FieldKind::kUnits, role, colon + 1};
    // What these do is not said: where others are named as those who act, they are none of them.
    return {units_named_ ? FieldKind::kRemark : FieldKind::kUnits, v1::Responsibility::RESPONSIBLE, colon + 1,
            FieldPurpose::kUnits};
  }

 private:
  static constexpr size_t kLongestList = 80;

  // How many characters in front of a colon could be a label; 0 for none.
  size_t Colon(size_t at) const {
    const size_t colon = t_.substr(at, 9).find(':');
    const bool words =
        colon != TextView::npos && colon > 2 &&
        std::all_of(t_.begin() + static_cast<ptrdiff_t>(at), t_.begin() + static_cast<ptrdiff_t>(at + colon), IsHan);
    return words && !StartsWithDate(t_.substr(at)) ? colon : 0;
  }

  const TextView t_;
  bool units_named_ = false;
  absl::flat_hash_map<std::u32string, int> own_;
};

class MarkFinder {
 public:
  MarkFinder(const TextRun& run, const UnitLexicon& lexicon, bool number_column, bool people_column)
      : run_(run),
        t_(run.flow.text()),
        number_column_(number_column),
        people_column_(people_column),
        labels_(run),
        cutter_(t_, lexicon, marks_) {}

  std::vector<Mark> Find() {
    size_t begin = 0;
    size_t i = 0;
    while (i < t_.size()) {
      if (i > begin && GapAt(i) && t_[i - 1] != ' ') begin = Flush(begin, i, true);
      const size_t length = MarkAt(i, begin);
      if (length == 0) {
        ++i;
        continue;
      }
      i += length;
      begin = i;
    }
    Flush(begin, t_.size(), true);
    Space();
    MatchBrackets(marks_);
    return std::move(marks_);
  }

 private:
  size_t Flush(size_t begin, size_t end, bool closed) {
    while (begin < end && t_[begin] == ' ') ++begin;
    cutter_.Cut(begin, end, closed, people_column_, people_column_ && MayBePerson(begin));
    return end;
  }

  // People stand in cells of their own: behind a gap, a sentence, or another one.
  bool MayBePerson(size_t begin) const {
    if (begin == 0 || begin >= t_.size() || GapAt(begin) || t_[begin - 1] == U'。' || t_[begin - 1] == ' ') return true;
    return marks_.size() > 1 && marks_.back().kind == MarkKind::kSeparator && marks_[marks_.size() - 2].person;
  }

  // Adds the mark at `at`, and the piece from `begin` in front of it; returns its length, 0 where there is none.
  size_t MarkAt(size_t at, size_t begin) {
    if (const OutlineMark number = NumberAt(at); number.level != kNoLevel) {
      Flush(begin, at, true);
      AddNumber(at, number);
      return number.length;
    }
    const bool boxed = t_[at] == U'【' || t_[at] == '[' || t_[at] == U'〔';
    if (const MarkKind kind = Punctuation(at);
        kind != MarkKind::kWords && !(boxed && LabelAt(at).kind != FieldKind::kNone)) {
      Flush(begin, at, kind != MarkKind::kColon);
      Push(kind, at, 1);
      return 1;
    }
    if (const LabelMatch label = LabelAt(at); label.kind != FieldKind::kNone) {
      Flush(begin, at, true);
      Push(MarkKind::kLabel, at, label.length);
      marks_.back().label = label;
      const bool opens =
          IsOpenBracket(t_[at]) && !IsCloseBracket(t_[at + label.length - 1]) && t_[at + label.length - 2] != U'】';
      if (opens) marks_.back().bracket = BracketEnd::kCloses;
      return label.length;
    }
    return 0;
  }

  void Push(MarkKind kind, size_t at, size_t length) {
    Mark mark;
    mark.begin = static_cast<uint32_t>(at);
    mark.end = static_cast<uint32_t>(at + length);
    mark.kind = kind;
    marks_.push_back(mark);
  }

  MarkKind Punctuation(size_t at) const {
    const char32_t c = t_[at];
    switch (c) {
      case U'、':
      case ',':
      case '/':
        return MarkKind::kSeparator;
      case ';':
        return MarkKind::kSemicolon;
      case U'。':
      case '!':
      case '?':
        return MarkKind::kStop;
      case ':':
        return MarkKind::kColon;
      default:
        if (IsOpenBracket(c)) return MarkKind::kOpen;
        return IsCloseBracket(c) ? MarkKind::kClose : MarkKind::kWords;
    }
  }

  LabelMatch LabelAt(size_t at) const {
    const bool begins = at == 0 || LineStart(at) || TextView(U"。;").find(t_[at - 1]) != TextView::npos;
    if (begins) {
      if (const LabelMatch by = MatchSentenceOfUnits(t_, at); by.length > 0) return by;
    }
    const bool gap = begins || GapAt(at);
    if (!gap && !MayBeginFieldWord(t_[at]) && !IsOpenBracket(t_[at])) return LabelMatch();
    const LabelMatch label = gap ? labels_.BehindGap(at) : MatchLabel(t_, at);
    // A label inside a longer word is none: 主要责任单位.
    if (label.kind != FieldKind::kNone && label.length < 3) return LabelMatch();
    return label;
  }

  // A line that was only broken to fit the page begins nothing.
  bool IsSoft(size_t at) const {
    return std::binary_search(run_.soft_breaks.begin(), run_.soft_breaks.end(), static_cast<uint32_t>(at));
  }
  bool LineStart(size_t at) const { return at == 0 || (run_.flow.BreakBefore(at) && !IsSoft(at)); }
  bool GapAt(size_t at) const {
    return run_.flow.GapBefore(at) && !IsSoft(at) && !(InsideDate(at) && !run_.flow.BreakBefore(at));
  }
  // `2023 年 10 月`.
  bool InsideDate(size_t at) const {
    return at > 0 && at < t_.size() &&
           ((IsDigit(t_[at - 1]) && TextView(U"年月日").find(t_[at]) != TextView::npos) ||
            (IsDigit(t_[at]) && TextView(U"年月").find(t_[at - 1]) != TextView::npos));
  }

  OutlineMark NumberAt(size_t at) const {
    if ((ClassOf(t_[at]) & kMarkChar) == 0 && t_[at] != U'第') return OutlineMark();
    const bool gap = at == 0 || GapAt(at);
    const char32_t before = at > 0 ? t_[at - 1] : U'。';
    if (!gap && (IsAsciiWord(before) || TextView(U"第.-/~—–至表图《“〔").find(before) != TextView::npos)) {
      return OutlineMark();
    }
    if (t_[at] == U'第' && !gap && before != U'。') return OutlineMark();
    OutlineMark number = MatchMark(t_, at);
    if (number.level == kNoLevel && LineStart(at)) number = NumberBeforeDigits(at);
    if (number.level != kNoLevel && number.level == kChapter && IsChineseNumeral(before) && !gap) return OutlineMark();
    if (number.level == kChapter && !gap && (before == U'、' || before == ',')) return OutlineMark();
    if (number.level != kNoLevel) return number;
    if (!IsDigit(t_[at]) || !(number_column_ || LineStart(at))) return number;
    // Digits of the next cell are none of it.
    size_t end = at + 1;
    while (end < t_.size() && IsDigit(t_[end]) && !GapAt(end)) ++end;
    const auto digits = ReadDigits(t_.substr(0, end), at);
    if (!digits.has_value() || digits->length > 3 || digits->value == 0) return number;
    const bool alone = LineStart(at) && (end == t_.size() || LineStart(end));
    const bool cell = gap && (end == t_.size() || run_.flow.GapBefore(end));
    if (alone || (cell && number_column_) || MatchBareNumber(t_, at, digits->value) > 0) {
      return {kItem, digits->value, digits->length};
    }
    return number;
  }

  // `11.121工程`: at the beginning of a line figures may follow the number.
  OutlineMark NumberBeforeDigits(size_t at) const {
    const auto digits = ReadDigits(t_, at);
    if (!digits.has_value() || digits->length > 2 || digits->value == 0) return OutlineMark();
    const size_t point = at + digits->length;
    if (point + 1 >= t_.size() || t_[point] != '.' || !IsDigit(t_[point + 1])) return OutlineMark();
    const auto behind = ReadDigits(t_, point + 1);
    const bool decimal = !behind.has_value() || behind->length < 2;
    return decimal ? OutlineMark() : OutlineMark{kItem, digits->value, digits->length + 1};
  }

  void AddNumber(size_t at, const OutlineMark& number) {
    Push(MarkKind::kNumber, at, number.length);
    Mark& mark = marks_.back();
    mark.number = number;
    const size_t end = at + number.length;
    mark.bare = IsDigit(t_[end - 1]);
    mark.alone = LineStart(at) && (end == t_.size() || run_.flow.BreakBefore(end));
    if (number.level <= kSection) {
      mark.repeated = !headings_.insert(std::u32string(t_.substr(at, number.length + kHeadingKey))).second;
    }
  }

  // Fills in what is printed in front of each mark.
  void Space() {
    size_t blank = 0;
    for (Mark& mark : marks_) {
      if (LineStart(mark.begin)) {
        mark.spacing = Spacing::kBreak;
      } else if (GapAt(mark.begin) || t_[mark.begin - 1] == ' ') {
        mark.spacing = Spacing::kGap;
      }
      while (blank < run_.blanks.size() && run_.blanks[blank].at <= mark.begin) {
        mark.spacing = Spacing::kBlank;
        mark.blank_cell = mark.blank_cell || run_.blanks[blank].cell;
        ++blank;
      }
    }
  }

  const TextRun& run_;
  const TextView t_;
  const bool number_column_;
  const bool people_column_;
  const LabelFinder labels_;
  std::vector<Mark> marks_;
  PieceCutter cutter_;
  absl::flat_hash_set<std::u32string> headings_;
};

}  // namespace

// The width at which lines are broken; 0 where they are not, which is when few end just short of the longest.
size_t WrapWidth(const std::vector<TextLine>& lines) {
  size_t widest = 0;
  for (const TextLine& line : lines) widest = std::max(widest, line.flow.size());
  if (widest < kNarrowest || widest > kWidest) return 0;
  const auto full = std::count_if(lines.begin(), lines.end(),
                                  [&](const TextLine& line) { return line.flow.size() + kRagged >= widest; });
  return full >= 3 ? widest - kRagged : 0;
}

// `安吉县政府、市`: a list that breaks off behind the level of its next name.
bool EndsInsideName(TextView t) {
  return t.size() > 2 && t[t.size() - 2] == U'、' && IsLevelCharacter(t.back()) && t.size() < kWidest;
}

TextRun JoinLines(const std::vector<TextLine>& lines) {
  TextRun run;
  const size_t width = WrapWidth(lines);
  const TextLine* above = nullptr;
  bool cut = false;
  for (const TextLine& line : lines) {
    if (line.blank) {
      run.blanks.push_back({static_cast<uint32_t>(run.flow.size()), line.has_tab});
      above = nullptr;
      continue;
    }
    const size_t before = run.flow.size();
    run.flow.Append(line.flow);
    if (cut) {
      run.soft_breaks.push_back(static_cast<uint32_t>(before));
      while (!run.blanks.empty() && run.blanks.back().at == before) run.blanks.pop_back();
      cut = EndsInsideName(line.flow.text());
      above = &line;
      continue;
    }
    cut = EndsInsideName(line.flow.text());
    if (above != nullptr && width > 0 && above->flow.size() >= width && above->flow.text().back() != U'。' &&
        MatchMark(line.flow.text(), 0).level == kNoLevel && MatchLabel(line.flow.text(), 0).kind == FieldKind::kNone) {
      run.soft_breaks.push_back(static_cast<uint32_t>(before));
    }
    above = &line;
  }
  return run;
}

std::vector<Mark> FindMarks(const TextRun& run, const UnitLexicon& lexicon, bool number_column, bool people_column) {
  return MarkFinder(run, lexicon, number_column, people_column).Find();
}

}  // namespace duban
