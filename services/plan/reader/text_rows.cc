#include "services/plan/reader/text_rows.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "services/plan/reader/deadline_phrase.h"
#include "services/plan/reader/findings.h"
#include "services/plan/reader/leaf_parts.h"
#include "services/plan/reader/outline.h"
#include "services/plan/reader/unit_phrase.h"

namespace duban {
namespace {

// A heading is at most this long; what is longer is a requirement.
constexpr size_t kLongestHeading = 90;
// The first sentence of a paragraph is its title up to this length.
constexpr size_t kLongestTitle = 45;
// A leaf without units is reported as a requirement only from this length on.
constexpr size_t kShortestRequirement = 12;

// A numbered item with what follows it up to the next number.
struct Item {
  OutlineMark mark;
  int level = kNoLevel;
  FlowText number;
  Leaf leaf;
  // The number has no mark behind it: `49完善`.
  bool bare_number = false;
  // A column of its own prints it, without a mark.
  bool in_column = false;
};

size_t LengthOf(const Leaf& leaf) {
  size_t length = 0;
  for (const FlowText& line : leaf.lines) length += line.size();
  return length;
}

FlowText Joined(const Leaf& leaf) {
  FlowText flow;
  for (const FlowText& line : leaf.lines) flow.Append(line);
  return flow;
}

// Cuts the lines at their numbers.
class ItemCutter {
 public:
  // `number_column`: rows begin with a bare number, also the first.
  ItemCutter(const std::vector<TextLine>& lines, bool squashed, bool number_column)
      : lines_(lines), squashed_(squashed), number_column_(number_column) {}

  std::vector<Item> Cut() {
    for (const TextLine& line : lines_) {
      if (line.blank) continue;
      const OutlineMark mark = MatchMark(line.flow.text(), 0);
      if (mark.level == kItem && mark.number > 0) starts_.push_back(mark.number);
    }
    std::sort(starts_.begin(), starts_.end());
    bool after_item_line = false;
    for (const TextLine& line : lines_) {
      if (line.blank) {
        if (after_item_line && line.has_tab && !items_.empty()) items_.back().leaf.blank_cell_behind = true;
        after_item_line = false;
        continue;
      }
      if (!items_.empty()) items_.back().leaf.blank_cell_behind = false;
      CutLine(line.flow);
      after_item_line = !items_.empty() && items_.back().leaf.lines.size() == 1;
    }
    return std::move(items_);
  }

 private:
  void CutLine(const FlowText& line) {
    const TextView t = line.text();
    size_t begin = 0;
    size_t at = 0;
    while (at < t.size()) {
      OutlineMark mark;
      bool bare = false;
      if (at == 0) {
        mark = MatchMark(t, 0);
        if (mark.level == kNoLevel) {
          const size_t n = MatchBareNumber(t, 0, expected_[kItem]);
          bare = n > 0 && (expected_[kItem] > 1 || number_column_);
          if (bare) mark = {kItem, expected_[kItem], n};
        }
      } else {
        mark = InlineMark(t, at, bare);
      }
      if (mark.level == kNoLevel) {
        ++at;
        continue;
      }
      AddText(line, begin, at);
      Open(line, at, mark, bare);
      at += mark.length;
      begin = at;
    }
    AddText(line, begin, t.size());
  }

  void AddText(const FlowText& line, size_t begin, size_t end) {
    FlowText text = line.Slice(begin, end);
    if (text.empty() || items_.empty()) return;
    items_.back().leaf.lines.push_back(std::move(text));
  }

  void Open(const FlowText& line, size_t at, const OutlineMark& mark, bool bare) {
    Item item;
    item.mark = mark;
    item.level = mark.level;
    item.number = line.Slice(at, at + mark.length);
    item.bare_number = bare && !number_column_;
    item.in_column = bare && number_column_;
    if (mark.level == kItem && IsSlip(mark.number)) item.mark.number = expected_[kItem];
    expected_[mark.level] = item.mark.number + 1;
    items_.push_back(std::move(item));
    // Sections may begin anew in a chapter, and items in either; a running number goes on.
    for (int level = mark.level + 1; level <= kPoint; ++level) restarts_[level] = true;
    restarts_[mark.level] = false;
  }

  // `333.` where 33 is due: a digit was doubled; `3.` where 13 is due and no 13 follows: one was lost.
  bool IsSlip(int number) const {
    const int expected = expected_[kItem];
    if (number == expected || expected < 2) return false;
    const std::string printed = std::to_string(number);
    const std::string due = std::to_string(expected);
    const bool doubled = printed.size() == due.size() + 1 && LacksOneDigit(due, printed) && number > expected + 8;
    const bool lost = expected >= 10 && due.size() == printed.size() + 1 && LacksOneDigit(printed, due) &&
                      number != 1 && !std::binary_search(starts_.begin(), starts_.end(), expected) &&
                      std::binary_search(starts_.begin(), starts_.end(), expected + 1);
    return doubled || lost;
  }

  static bool LacksOneDigit(const std::string& shorter, const std::string& longer) {
    size_t i = 0;
    while (i < shorter.size() && shorter[i] == longer[i]) ++i;
    return shorter.substr(i) == longer.substr(i + 1);
  }

  bool MayBe(const OutlineMark& mark) const {
    return mark.number == expected_[mark.level] || (mark.number == 1 && restarts_[mark.level]);
  }

  // A number inside a line: only the one that is expected next, and not where a line of its own begins with it.
  OutlineMark InlineMark(TextView t, size_t at, bool& bare) const {
    const char32_t c = t[at];
    if ((ClassOf(c) & kMarkChar) == 0) return OutlineMark();
    const bool digit = IsDigit(c);
    // A chapter's number has its mark right behind it.
    if (IsChineseNumeral(c) && at + 1 < t.size() && t[at + 1] != U'、' && t[at + 1] != '.' &&
        !IsChineseNumeral(t[at + 1])) {
      return OutlineMark();
    }
    const char32_t before = t[at - 1];
    if (IsAsciiWord(before) || TextView(U"第.-/~—–至表图《“〔").find(before) != TextView::npos) return OutlineMark();
    OutlineMark mark = MatchMark(t, at);
    if (mark.level != kNoLevel && IsChineseNumeral(before)) return OutlineMark();
    if (mark.level == kItem) {
      const bool has_line = std::binary_search(starts_.begin(), starts_.end(), mark.number);
      const bool fits = MayBe(mark) || (IsSlip(mark.number) && mark.number > expected_[kItem]);
      return fits && !has_line && InlineItemFits(t, at) ? mark : OutlineMark();
    }
    if (mark.level == kSection || mark.level == kChapter) {
      return MayBe(mark) && (squashed_ || before == U'。' || IsCloseBracket(before)) ? mark : OutlineMark();
    }
    if (mark.level == kNoLevel && digit && squashed_ && expected_[kItem] > 1) {
      const size_t n = MatchBareNumber(t, at, expected_[kItem]);
      if (n > 0 && DeadlineSuffix(t.substr(0, at)).has_value()) {
        bare = true;
        return {kItem, expected_[kItem], n};
      }
    }
    return OutlineMark();
  }

  // In prose a number in the middle begins an item only behind a heading or a full stop; in squashed rows anywhere.
  bool InlineItemFits(TextView t, size_t at) const {
    if (squashed_) return true;
    const bool behind_stop = t[at - 1] == U'。' || IsCloseBracket(t[at - 1]) || t[at - 1] == ';';
    const bool behind_heading = !items_.empty() && items_.back().level < kItem && items_.back().leaf.lines.empty();
    return behind_stop || behind_heading;
  }

  const std::vector<TextLine>& lines_;
  const bool squashed_;
  const bool number_column_;
  std::vector<int> starts_;
  std::vector<Item> items_;
  std::array<int, 6> expected_ = {0, 1, 1, 1, 1, 1};
  std::array<bool, 6> restarts_ = {true, true, true, true, true, true};
};

// Turns items into rows.
class RowMaker {
 public:
  RowMaker(std::vector<Item> items, const LeafLayout& layout, const UnitLexicon& lexicon, RowTable& table)
      : items_(std::move(items)), layout_(layout), lexicon_(lexicon), table_(table) {}

  void Make() {
    DropRepeatedHeadings();
    MoveMisnumberedSections();
    parts_.resize(items_.size());
    leaf_.resize(items_.size());
    for (size_t i = 0; i < items_.size(); ++i) leaf_[i] = IsLeaf(i);
    for (size_t i = 0; i < items_.size(); ++i) parts_[i] = SplitLeaf(items_[i].leaf, layout_, lexicon_);
    FindMode();
    for (size_t i = 0; i < items_.size(); ++i) {
      if (leaf_[i]) {
        AddRows(i);
      } else {
        OpenHeading(i);
      }
    }
  }

 private:
  bool HasUnits(size_t i) const {
    return std::any_of(parts_[i].begin(), parts_[i].end(), [](const LeafPart& part) { return !part.units.empty(); });
  }

  // A heading that a page break repeats, and the same heading printed several times for a merged cell.
  void DropRepeatedHeadings() {
    std::array<std::u32string, 6> open;
    std::vector<Item> kept;
    for (size_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
      const bool followed = i + 1 < items_.size();
      if (item.level <= kSection) {
        const FlowText joined = Joined(item.leaf);
        const std::u32string text = std::u32string(item.number.text()) + std::u32string(joined.text());
        if (text == open[item.level] && LengthOf(item.leaf) <= kLongestHeading && followed) continue;
        open[item.level] = text;
        if (item.level == kChapter) open[kSection].clear();
      }
      kept.push_back(std::move(item));
    }
    items_ = std::move(kept);
  }

  // `（1）` in place of `（一）`: a short item of the fourth level right under a chapter, with items under it.
  void MoveMisnumberedSections() {
    bool item_open = false;
    for (size_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
      if (item.level <= kSection) item_open = false;
      if (item.level == kItem) item_open = true;
      const bool items_follow = i + 1 < items_.size() && items_[i + 1].level == kItem;
      if (item.level != kSubitem || item_open || !items_follow || LengthOf(item.leaf) > kLongestHeading) continue;
      item.level = kSection;
      FlowText heading = item.number;
      heading.Append(Joined(item.leaf));
      table_.notes.push_back({kHeadingOutOfPlace, std::move(heading), ""});
    }
  }

  bool IsLeaf(size_t i) const { return i + 1 >= items_.size() || items_[i + 1].level <= items_[i].level; }

  // Whether prose holds several requirements in one paragraph: then each is closed by its units, and what none closes
  // is no task.
  void FindMode() {
    size_t with_units = 0;
    size_t leaves = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!leaf_[i]) continue;
      ++leaves;
      with_units += HasUnits(i);
      const auto closed =
          std::count_if(parts_[i].begin(), parts_[i].end(), [](const LeafPart& part) { return !part.units.empty(); });
      segments_ = segments_ || closed >= 2;
      cells_ =
          cells_ || std::any_of(parts_[i].begin(), parts_[i].end(), [](const auto& part) { return part.cell_layout; });
    }
    any_units_ = with_units > 0;
  }

  // The heading of an item: its own line, without the units printed in it.
  FlowText HeadingOf(size_t i, size_t text_end) const {
    const Item& item = items_[i];
    FlowText heading = item.number;
    FlowText text = Joined(item.leaf);
    text = text.Slice(0, text_end);
    if (text.size() > kLongestHeading && !item.leaf.lines.empty()) {
      text = item.leaf.lines[0];
      const size_t stop = text.text().find(U'。');
      if (text.size() > kLongestHeading && stop != TextView::npos) text = text.Slice(0, stop + 1);
    }
    if (!text.empty()) heading.Append(text);
    return heading;
  }

  void PushHeading(int level, FlowText heading, std::vector<UnitCell> units) {
    while (!path_.empty() && path_.back().level >= level) path_.pop_back();
    path_.push_back({level, std::move(heading), std::move(units)});
  }

  void OpenHeading(size_t i) {
    const Item& item = items_[i];
    CheckHeadingNumber(item);
    std::vector<UnitCell> units;
    FlowText heading;
    if (HasUnits(i) && parts_[i].front().text.size() <= kLongestHeading && item.level >= kSection) {
      units = parts_[i].front().units;
      heading = item.number;
      heading.Append(parts_[i].front().text);
    } else {
      heading = HeadingOf(i, std::u32string::npos);
    }
    PushHeading(item.level, std::move(heading), std::move(units));
  }

  // Sections count from one in every chapter, chapters through the document.
  void CheckHeadingNumber(const Item& item) {
    if (item.level > kSection) return;
    int& last = last_heading_[item.level];
    const bool restarts = item.level == kSection && item.mark.number == 1;
    if (item.mark.number != last + 1 && !restarts) {
      FlowText heading = item.number;
      heading.Append(Joined(item.leaf));
      table_.notes.push_back({kHeadingOutOfPlace, heading.Slice(0, kLongestHeading), ""});
    } else if (item.level == kSection && chapter_is_new_ && item.mark.number != 1 && sections_restart_) {
      FlowText heading = item.number;
      heading.Append(Joined(item.leaf));
      table_.notes.push_back({kHeadingOutOfPlace, heading.Slice(0, kLongestHeading), ""});
    }
    if (item.level == kSection && item.mark.number == 1 && last > 0) sections_restart_ = true;
    chapter_is_new_ = item.level == kChapter;
    last = item.mark.number;
  }

  void AddRows(size_t i) {
    if (segments_) return AddSegments(i);
    Item& item = items_[i];
    if (item.level <= kSection && !HasUnits(i)) {
      // A heading with nothing under it, or a closing paragraph.
      const bool is_task =
          item.level == kSection && any_units_ && LengthOf(item.leaf) > kLongestHeading && SiblingsHaveUnits(i);
      if (!is_task) return AddLeftover(i);
    }
    if (item.level <= kSection) CheckHeadingNumber(item);
    while (!path_.empty() && path_.back().level >= item.level) path_.pop_back();
    TaskRow row;
    row.number = item.number;
    row.number_value = item.mark.number;
    row.number_level = item.in_column ? 0 : item.level;
    row.units_blank = item.leaf.blank_cell_behind;
    FillRow(row, parts_[i].front());
    for (size_t k = 1; k < parts_[i].size(); ++k) {
      row.text.Append(parts_[i][k].text);
    }
    if (row.units.empty()) InheritFromHeading(row);
    table_.rows.push_back(std::move(row));
  }

  // Whether another item under the same heading names units, so that this one is a task that lacks them.
  bool SiblingsHaveUnits(size_t i) const {
    const int level = items_[i].level;
    for (size_t k = i; k-- > 0 && items_[k].level >= level;) {
      if (items_[k].level == level && HasUnits(k)) return true;
    }
    for (size_t k = i + 1; k < items_.size() && items_[k].level >= level; ++k) {
      if (items_[k].level == level && HasUnits(k)) return true;
    }
    return false;
  }

  void AddLeftover(size_t i) {
    const Item& item = items_[i];
    CheckHeadingNumber(item);
    PushHeading(item.level, HeadingOf(i, std::u32string::npos), {});
    // Aims and principles open a plan; nobody expects them to be tasks.
    const FlowText& heading = path_.empty() ? item.number : path_.front().text;
    const bool preamble = ContainsAny(heading.text(), {U"总体要求", U"总体目标", U"指导思想", U"基本原则", U"工作目标",
                                                       U"主要目标", U"目标要求", U"工作思路", U"总体思路"});
    if (LengthOf(item.leaf) >= kShortestRequirement && any_units_ && !preamble) {
      FlowText text = item.number;
      text.Append(Joined(item.leaf));
      table_.leftovers.push_back(std::move(text));
    }
  }

  void FillRow(TaskRow& row, LeafPart& part) {
    for (const Heading& heading : path_) row.headings.push_back(heading.text);
    row.text = std::move(part.text);
    row.title = std::move(part.title);
    row.units = std::move(part.units);
    row.deadline = std::move(part.deadline);
    row.remark = std::move(part.remark);
    row.cell_layout = part.cell_layout || cells_;
    row.notes = std::move(part.notes);
  }

  void InheritFromHeading(TaskRow& row) {
    for (auto it = path_.rbegin(); it != path_.rend(); ++it) {
      if (it->units.empty()) continue;
      row.units = it->units;
      row.units_shared = true;
      return;
    }
  }

  void AddSegments(size_t i) {
    Item& item = items_[i];
    if (item.level <= kSection) CheckHeadingNumber(item);
    const bool closes = HasUnits(i);
    FlowText& first = parts_[i].front().text;
    const size_t stop = first.text().find(U'。');
    const bool titled = stop != TextView::npos && stop <= kLongestTitle && stop + 1 < first.size();
    FlowText heading = item.number;
    if (titled) {
      heading.Append(first.Slice(0, stop + 1));
      first = first.Slice(stop + 1);
    } else if (!closes) {
      heading = HeadingOf(i, kLongestTitle);
    }
    if (titled || !closes) PushHeading(item.level, std::move(heading), {});
    for (LeafPart& part : parts_[i]) {
      if (part.units.empty()) {
        if (part.text.size() >= kShortestRequirement) table_.leftovers.push_back(std::move(part.text));
        continue;
      }
      TaskRow row;
      FillRow(row, part);
      table_.rows.push_back(std::move(row));
    }
  }

  struct Heading {
    int level;
    FlowText text;
    std::vector<UnitCell> units;
  };

  std::vector<Item> items_;
  const LeafLayout& layout_;
  const UnitLexicon& lexicon_;
  RowTable& table_;
  std::vector<std::vector<LeafPart>> parts_;
  std::vector<char> leaf_;
  std::vector<Heading> path_;
  std::array<int, 6> last_heading_ = {};
  bool segments_ = false;
  bool cells_ = false;
  bool any_units_ = false;
  bool chapter_is_new_ = false;
  bool sections_restart_ = false;
};

// Lines without any number: each line, or each stretch closed by its units, is a requirement.
void ReadUnnumbered(const std::vector<TextLine>& lines, const LeafLayout& layout, const UnitLexicon& lexicon,
                    RowTable& table) {
  Leaf leaf;
  const auto flush = [&] {
    if (leaf.lines.empty()) return;
    for (LeafPart& part : SplitLeaf(leaf, layout, lexicon)) {
      if (part.units.empty()) {
        if (part.text.size() >= kShortestRequirement && !table.rows.empty()) table.leftovers.push_back(part.text);
        continue;
      }
      TaskRow row;
      row.text = std::move(part.text);
      row.title = std::move(part.title);
      row.units = std::move(part.units);
      row.deadline = std::move(part.deadline);
      row.remark = std::move(part.remark);
      row.cell_layout = part.cell_layout;
      row.notes = std::move(part.notes);
      table.rows.push_back(std::move(row));
    }
    leaf = Leaf();
  };
  for (const TextLine& line : lines) {
    if (line.blank) continue;
    // A new paragraph begins a new requirement unless it is only the units or the deadline of the one before.
    const TextView t = line.flow.text();
    const bool belongs = MatchLabel(t, 0).kind != FieldKind::kNone ||
                         (t[0] == '(' && MatchLabel(t, 1).kind != FieldKind::kNone) || IsDeadline(t) ||
                         LikenessOfUnits(t, lexicon) == PhraseLikeness::kStrong;
    if (!belongs) flush();
    leaf.lines.push_back(line.flow);
  }
  flush();
}

}  // namespace

void ReadTextRows(const std::vector<TextLine>& lines, const TextLayout& layout, const UnitLexicon& lexicon,
                  RowTable& table) {
  LeafLayout leaf_layout;
  leaf_layout.squashed = layout.squashed;
  bool text_seen = false;
  bool number_column = false;
  for (const LabelMatch& column : layout.columns) {
    if (column.kind == FieldKind::kText) text_seen = true;
    if (column.kind == FieldKind::kDeadline) leaf_layout.has_deadline_column = true;
    number_column = number_column || column.kind == FieldKind::kNumber;
    if (column.kind != FieldKind::kUnits) continue;
    leaf_layout.unit_columns.push_back(column.role);
    if (leaf_layout.column_role == v1::Responsibility::ROLE_UNSPECIFIED) leaf_layout.column_role = column.role;
    if (!text_seen) leaf_layout.units_first = true;
  }
  std::vector<Item> items = ItemCutter(lines, layout.squashed, layout.squashed && number_column).Cut();
  if (items.empty()) return ReadUnnumbered(lines, leaf_layout, lexicon, table);
  RowMaker(std::move(items), leaf_layout, lexicon, table).Make();
}

}  // namespace duban
