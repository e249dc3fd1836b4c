#include "services/plan/reader/item_rows.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "services/plan/phrases/vocabulary.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

// A heading is at most this long; what is longer is a requirement.
constexpr size_t kLongestHeading = 90;
// The first sentence of a paragraph is its title up to this length.
constexpr size_t kLongestTitle = 45;
// A leaf without units is reported as a requirement only from this length on.
constexpr size_t kShortestRequirement = 12;
// Text behind the units of a requirement that is shorter is none of its own.
constexpr size_t kShortestText = 8;

// Whether a space alone stands between two names: where columns of units stand side by side, it may be their border.
bool HasBareGap(const FlowText& units) {
  const TextView t = units.text();
  constexpr TextView kSeparators = U"、,;/";
  for (size_t i = 2; i + 1 < t.size(); ++i) {
    if (!units.GapBefore(i) || kSeparators.find(t[i - 1]) != TextView::npos) continue;
    const size_t from = t.substr(0, i).find_last_of(kSeparators);
    const size_t begin = std::max(from == TextView::npos ? 0 : from + 1, units.GapUpTo(i));
    size_t end = std::min(t.find_first_of(kSeparators, i), t.size());
    for (size_t k = i + 1; k < end; ++k) end = units.GapBefore(k) ? k : end;
    if (LikenessOfUnit(t.substr(begin, i - begin)) != UnitLikeness::kNone &&
        LikenessOfUnit(t.substr(i, end - i)) != UnitLikeness::kNone) {
      return true;
    }
  }
  return false;
}

// Puts the marks of a reading together to items.
class ItemBuilder {
 public:
  ItemBuilder(const TextRun& run, const std::vector<Mark>& marks, const Reading& reading)
      : run_(run), marks_(marks), reading_(reading) {
    const auto units = std::count_if(reading.layout.columns.begin(), reading.layout.columns.end(),
                                     [](const LabelMatch& column) { return column.kind == FieldKind::kUnits; });
    several_units_ = units > 1 && reading.layout.kind != Layout::kCells;
  }

  std::vector<Item> Build() {
    for (size_t i = 0; i < marks_.size(); ++i) {
      const Step& step = reading_.steps[i];
      if (step.starts_item) Open(i);
      if (items_.empty()) continue;
      if (step.lost_bracket && !step.starts_item) NoteLost();
      Take(i);
    }
    Close();
    // A label over nothing is none of a task.
    std::erase_if(items_, [](const Item& item) { return item.led && item.TextLength() < kShortestText; });
    return std::move(items_);
  }

 private:
  // What is being put together.
  struct Piece {
    Field field = Field::kAfter;
    uint8_t column = 0;
    v1::Responsibility::Role role = v1::Responsibility::ROLE_UNSPECIFIED;
    size_t begin = 0;
    size_t end = 0;
    bool glued = false;
    bool labelled = false;
    LabelMatch of = {};  // Its label or column.
  };

  void Open(size_t i) {
    if (!items_.empty()) {
      if (reading_.steps[i].lost_bracket) NoteLost();
      Close();
      items_.back().blank_cell_behind = marks_[i].blank_cell && !items_.back().HasUnits();
    }
    Item item;
    item.parts.emplace_back();
    item.cells.resize(reading_.layout.columns.size());
    const Mark& mark = marks_[i];
    item.led = mark.kind == MarkKind::kLabel;
    if (mark.kind == MarkKind::kNumber) {
      item.mark = mark.number;
      item.mark.number = reading_.steps[i].value;
      item.level = mark.number.level;
      item.number = run_.flow.Slice(mark.begin, mark.end);
      item.in_column = reading_.steps[i].field == Field::kNumber;
      item.bare_number = mark.bare && !item.in_column;
    }
    items_.push_back(std::move(item));
  }

  void Take(size_t i) {
    const Step& step = reading_.steps[i];
    const Mark& mark = marks_[i];
    const bool number = step.starts_item && mark.kind == MarkKind::kNumber;
    if (step.field != Field::kOutside) items_.back().parts.back().Doubt(step.margin, i);
    if (number) return;
    if (step.field == Field::kOutside || step.field == Field::kAfter || step.field == Field::kNumber) return Close();
    const bool enters = piece_.field != step.field || piece_.column != step.column || piece_.role != step.role;
    const bool bracket = mark.kind == MarkKind::kOpen && step.field == Field::kUnits && enters;
    if (step.label || bracket) {
      Close();
      const bool numbered = i > 0 && reading_.steps[i - 1].starts_item && marks_[i - 1].kind == MarkKind::kNumber;
      if (step.label && numbered) items_.back().field = mark.label;
      piece_ = {step.field, step.column, step.role, mark.end, mark.end, false, step.label};
      if (step.label) piece_.of = mark.label;
      if (step.label && step.field == Field::kText && items_.back().HasUnits()) {
        items_.back().measures = true;
        items_.back().measure_label = mark.label;
      }
      return;
    }
    if (enters) {
      Close();
      const bool words = i > 0 && mark.spacing == Spacing::kNone && marks_[i - 1].kind == MarkKind::kWords;
      piece_ = {step.field, step.column, step.role, mark.begin, mark.end, words && !BeginsSurely(mark), false};
      if (reading_.layout.has_columns() && step.field == Field::kOther) {
        piece_.of = reading_.layout.columns[step.column];
      }
    }
    piece_.end = mark.end;
  }

  // Whether a name that runs on from the text begins where it seems to: it is known, or its level or 各 says so.
  bool BeginsSurely(const Mark& mark) const {
    const TextView name = run_.flow.text().substr(mark.begin, mark.end - mark.begin);
    const bool usual = IsLevelCharacter(name[0]) && BeginOfUsualName(name, name.size()) == size_t{0};
    return mark.known || usual || mark.collective;
  }

  // Ends the piece that is open.
  void Close() {
    const Piece piece = std::exchange(piece_, Piece());
    if (piece.end <= piece.begin || items_.empty()) return;
    Item& item = items_.back();
    const FlowText text = Trimmed(piece.begin, piece.end, piece.field == Field::kText);
    if (text.empty()) return;
    if (!item.cells.empty()) item.cells[piece.column].Append(text);
    RequirementText& part = item.parts.back();
    if (piece.of.purpose == FieldPurpose::kUnits) {
      part.notes.push_back({kColumnUnclear, text, ""});
    } else if (HasOwnField(piece, part)) {
      part.others.push_back({piece.of.purpose, piece.of.word, text});
      return;
    }
    // What a label names behind the units belongs to the same requirement.
    const bool measure = piece.labelled && !part.units.empty();
    if (piece.field == Field::kText && measure) return part.remark.Append(text);
    if (piece.field == Field::kText) return AddText(item, text);
    switch (piece.field) {
      case Field::kUnits:
        if (piece.glued) part.notes.push_back({kUnitBoundaryUnclear, text, ""});
        if (several_units_ && HasBareGap(text)) part.notes.push_back({kRoleUnclear, text, ""});
        part.units.push_back({text, piece.role, !piece.glued});
        break;
      case Field::kDeadline:
        part.deadline.Append(text);
        break;
      default:
        part.remark.Append(text);
    }
  }

  // Whether the piece says besides what is to be reached, how, by whom; where there is no other text, it is the text.
  static bool HasOwnField(const Piece& piece, const RequirementText& part) {
    if (!piece.of.has_own_field()) return false;
    return piece.field == Field::kOther || (piece.field == Field::kText && (!part.text.empty() || !part.units.empty()));
  }

  static void AddText(Item& item, const FlowText& text) {
    RequirementText& part = item.parts.back();
    // Units may also lead their text.
    const bool closed = (!part.units.empty() || !part.deadline.empty()) && !(part.text.empty() && item.led);
    if (closed && text.size() >= kShortestText) {
      RequirementText next;
      next.Doubt(part.margin, part.margin_mark);
      item.parts.push_back(std::move(next));
    } else if (closed) {
      return;
    }
    item.parts.back().text.Append(text);
  }

  void NoteLost() {
    Close();
    RequirementText& part = items_.back().parts.back();
    if (part.units.empty()) return;
    part.units.back().clean = false;
    part.notes.push_back({kLostParenthesis, part.units.back().text, ""});
  }

  // Without brackets and commas that are left over at the borders; a text keeps its full stop.
  FlowText Trimmed(size_t begin, size_t end, bool text) const {
    const TextView t = run_.flow.text();
    while (begin < end && TextView(U" 。;,、)】]:").find(t[begin]) != TextView::npos) ++begin;
    while (end > begin && TextView(U" ,、(【[—–→").find(t[end - 1]) != TextView::npos) --end;
    while (!text && end > begin && TextView(U"。;:").find(t[end - 1]) != TextView::npos) --end;
    return run_.flow.Slice(begin, end);
  }

  const TextRun& run_;
  const std::vector<Mark>& marks_;
  const Reading& reading_;
  bool several_units_ = false;  // Columns of units stand side by side in a line.
  std::vector<Item> items_;
  Piece piece_;
};

// Where the title ends that a text opens with; nothing where it opens with none.
std::optional<size_t> TitleEnd(const FlowText& text) {
  const size_t stop = text.text().find(U'。');
  if (stop != TextView::npos && stop <= kLongestTitle && stop + 1 < text.size()) return stop + 1;
  for (size_t i = 4; i < text.size() && i <= kLongestTitle; ++i) {
    if (text.GapBefore(i)) return i;
  }
  return std::nullopt;
}

// Where a heading ends that runs into the text behind it: `……工作任务|根据……`; its length where it does not.
size_t GluedHeadingEnd(TextView t) {
  static const WordTable& words = WordTable::Of("heading_ends");
  for (size_t i = 4; i < t.size() && i <= kLongestTitle; ++i) {
    if (words.Before(t, i).length > 0 && words.Before(t, i).tag.empty() && words.LengthAt(t, i, "start") > 0) return i;
  }
  return t.size();
}

// Whether a heading stands over what opens (`tag` "open") or closes a plan and is no task.
bool IsPreamble(TextView heading, std::string_view tag = "") {
  static const WordTable& words = WordTable::Of("preamble_words");
  const OutlineMark mark = MatchMark(heading, 0);
  const TextView t = heading.substr(mark.length);
  return words.Starts(t, tag) || (t.size() <= 12 && words.Ends(t, tag));
}

// What an item with others under it says as their heading.
FlowText HeadingOf(const Item& item) {
  FlowText heading = item.number;
  FlowText text = item.Text();
  // A page break may print it twice.
  if (const size_t again = text.text().find(item.number.text());
      again != TextView::npos && again > 3 &&
      StartsWith(text.text().substr(again + item.number.size()), text.text().substr(0, 4))) {
    text = text.Slice(0, again);
  }
  const auto title = TitleEnd(text);
  if (title.has_value() && (text.size() > kLongestTitle || text.text()[*title - 1] == U'。')) {
    text = text.Slice(0, *title);
  } else if (text.size() > kLongestTitle) {
    text = text.Slice(0, GluedHeadingEnd(text.text()));
  }
  if (!text.empty()) heading.Append(text);
  return heading;
}

void NoteHeading(const Item& item, RowTable& table) {
  FlowText heading = item.number;
  heading.Append(item.Text());
  table.notes.push_back({kHeadingOutOfPlace, heading.Slice(0, kLongestHeading), ""});
}

// Puts items right before they are read: what pages repeat, measures, slips in the numbering of headings.
class ItemCleaner {
 public:
  ItemCleaner(std::vector<Item> items, RowTable& table) : items_(std::move(items)), table_(table) {}

  std::vector<Item> Clean() {
    DropRepeatedHeadings();
    FoldFields();
    TakeMeasures();
    MoveMisnumberedSections();
    return std::move(items_);
  }

 private:
  // A heading that a page break repeats, and the same heading printed several times for a merged cell.
  void DropRepeatedHeadings() {
    std::array<std::u32string, 6> open;
    std::vector<Item> kept;
    for (size_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
      if (item.level > kNoLevel && item.level <= kSection) {
        const FlowText joined = item.Text();
        const std::u32string text = std::u32string(item.number.text()) + std::u32string(joined.text());
        const bool short_one = item.TextLength() <= kLongestHeading && !item.HasUnits();
        if (text == open[item.level] && short_one && i + 1 < items_.size()) continue;
        open[item.level] = text;
        if (item.level == kChapter) open[kSection].clear();
      }
      kept.push_back(std::move(item));
    }
    items_ = std::move(kept);
  }

  // `（一）整改目标：…（四）责任单位：…`: numbered labels are fields of the item they stand under, with the numbers
  // below them. Units among several say that they are.
  void FoldFields() {
    std::vector<Item> kept;
    for (size_t i = 0; i < items_.size(); ++i) {
      const size_t end = FieldsEnd(i + 1);
      kept.push_back(std::move(items_[i]));
      if (!AreFields(i + 1, end, kept.back().level)) continue;
      for (size_t k = i + 1; k < end; ++k) FoldField(items_[k], kept.back());
      i = end - 1;
    }
    items_ = std::move(kept);
  }

  // Behind the fields of one level that begin at `begin`, and what is numbered below them.
  size_t FieldsEnd(size_t begin) const {
    size_t end = begin;
    while (end < items_.size() && (items_[end].level > items_[begin].level ||
                                   (items_[end].level == items_[begin].level && IsField(items_[end])))) {
      ++end;
    }
    return end;
  }

  static bool IsField(const Item& item) { return item.field.kind != FieldKind::kNone; }

  bool AreFields(size_t begin, size_t end, int parent) const {
    if (begin >= end || items_[begin].level <= parent || !IsField(items_[begin])) return false;
    size_t fields = 0;
    bool units = false;
    for (size_t k = begin; k < end; ++k) {
      fields += IsField(items_[k]);
      units = units || items_[k].field.kind == FieldKind::kUnits;
    }
    return fields >= 2 && units;
  }

  static void FoldField(Item& item, Item& parent) {
    RequirementText& into = parent.parts.back();
    const FlowText text = item.Text();
    if (!IsField(item) && !into.others.empty()) {
      into.others.back().text.Append(item.number);
      into.others.back().text.Append(text);
    } else if (item.field.has_own_field()) {
      into.others.push_back({item.field.purpose, item.field.word, text});
    } else {
      into.text.Append(text);
    }
    for (RequirementText& part : item.parts) {
      into.units.insert(into.units.end(), part.units.begin(), part.units.end());
      into.others.insert(into.others.end(), part.others.begin(), part.others.end());
      into.deadline.Append(part.deadline);
      into.remark.Append(part.remark);
    }
  }

  // Numbered measures under a requirement that has its units already are no requirements of their own.
  void TakeMeasures() {
    std::vector<Item> kept;
    for (Item& item : items_) {
      const bool measure = !kept.empty() && kept.back().measures && item.level > kept.back().level && !item.HasUnits();
      if (!measure) {
        kept.push_back(std::move(item));
        continue;
      }
      RequirementText& part = kept.back().parts.back();
      const LabelMatch& label = kept.back().measure_label;
      const bool own = label.has_own_field();
      const bool opened = own && !part.others.empty() && part.others.back().purpose == label.purpose;
      if (own && !opened) part.others.push_back({label.purpose, label.word, FlowText()});
      FlowText& text = own ? part.others.back().text : part.remark;
      text.Append(item.number);
      text.Append(item.Text());
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
      if (item.level != kSubitem || item_open || !items_follow || item.TextLength() > kLongestHeading) continue;
      item.level = kSection;
      NoteHeading(item, table_);
    }
  }

  std::vector<Item> items_;
  RowTable& table_;
};

// Turns items into rows.
class RowMaker {
 public:
  RowMaker(std::vector<Item> items, bool cells, RowTable& table)
      : items_(std::move(items)), cells_(cells), table_(table) {}

  void Make() {
    items_ = ItemCleaner(std::move(items_), table_).Clean();
    leaf_.resize(items_.size());
    for (size_t i = 0; i < items_.size(); ++i) {
      leaf_[i] = items_[i].level == kNoLevel || i + 1 >= items_.size() || items_[i + 1].level <= items_[i].level;
    }
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
  // Whether paragraphs open with a title of their own, and whether they hold several requirements each.
  void FindMode() {
    size_t titled = 0;
    size_t paragraphs = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!leaf_[i]) continue;
      const auto closed = std::count_if(items_[i].parts.begin(), items_[i].parts.end(),
                                        [](const RequirementText& part) { return !part.units.empty(); });
      any_units_ = any_units_ || closed > 0;
      if (closed == 0 || items_[i].level == kNoLevel || items_[i].level > kSection) continue;
      ++paragraphs;
      titled += TitleEnd(items_[i].parts.front().text).has_value();
      segments_ = segments_ || closed >= 2;
    }
    titled_ = titled * 2 >= paragraphs && titled > 0;
  }

  void PushHeading(int level, FlowText heading, std::vector<UnitCell> units) {
    while (!path_.empty() && path_.back().level >= level) path_.pop_back();
    path_.push_back({level, std::move(heading), std::move(units)});
  }

  void OpenHeading(size_t i) {
    const Item& item = items_[i];
    CheckHeadingNumber(item);
    const bool units = item.HasUnits() && item.parts.front().text.size() <= kLongestHeading && item.level >= kSection;
    PushHeading(item.level, HeadingOf(item), units ? item.parts.front().units : std::vector<UnitCell>());
  }

  // Sections count from one in every chapter, chapters through the document.
  void CheckHeadingNumber(const Item& item) {
    if (item.level == kNoLevel || item.level > kSection) return;
    int& last = last_heading_[item.level];
    const bool restarts = item.level == kSection && item.mark.number == 1;
    const bool goes_on = item.level == kSection && chapter_is_new_ && item.mark.number != 1 && sections_restart_;
    if ((item.mark.number != last + 1 && !restarts && last > 0) || goes_on) NoteHeading(item, table_);
    if (restarts && last > 0) sections_restart_ = true;
    chapter_is_new_ = item.level == kChapter;
    last = item.mark.number;
  }

  void AddRows(size_t i) {
    Item& item = items_[i];
    const bool paragraph = item.level != kNoLevel && item.level <= kSection;
    if (!item.HasUnits() && !IsTask(i)) return AddLeftover(i);
    if (paragraph) CheckHeadingNumber(item);
    while (!path_.empty() && path_.back().level >= item.level) path_.pop_back();
    const size_t depth = path_.size();
    bool own_number = true;
    if (paragraph && (segments_ || titled_)) own_number = !TakeTitle(item);
    AddParts(item, own_number);
    if (path_.size() > depth) path_.resize(depth);
  }

  // Makes the title of a paragraph the innermost heading. False where it opens with none.
  bool TakeTitle(Item& item) {
    FlowText& first = item.parts.front().text;
    const auto title = TitleEnd(first);
    if (!title.has_value()) return false;
    FlowText heading = item.number;
    heading.Append(first.Slice(0, *title));
    first = first.Slice(*title);
    PushHeading(item.level, std::move(heading), {});
    return true;
  }

  void AddParts(Item& item, bool own_number) {
    const bool several = std::count_if(item.parts.begin(), item.parts.end(),
                                       [](const RequirementText& part) { return !part.units.empty(); }) > 1;
    bool first = true;
    for (size_t k = 0; k < item.parts.size(); ++k) {
      RequirementText& part = item.parts[k];
      if (part.units.empty() && k > 0) {
        if (part.text.size() >= kShortestRequirement) table_.leftovers.push_back(std::move(part.text));
        continue;
      }
      TaskRow row;
      static_cast<RequirementText&>(row) = std::move(part);
      if (own_number && first && !several) {
        row.number = item.number;
        row.number_value = item.mark.number;
        row.number_level = item.in_column ? 0 : item.level;
      }
      first = false;
      row.units_blank = item.blank_cell_behind;
      for (const Heading& heading : path_) row.headings.push_back(heading.text);
      row.cell_layout = cells_;
      if (row.units.empty()) InheritFromHeading(row);
      table_.rows.push_back(std::move(row));
    }
  }

  // Whether an item without units is a task that lacks them.
  bool IsTask(size_t i) const {
    const Item& item = items_[i];
    if (!any_units_ || item.level == kNoLevel) return false;
    const bool preamble = !path_.empty() && IsPreamble(path_.front().text.text()) && path_.front().level < item.level;
    if (item.level > kSection) {
      return !preamble || OthersHaveUnits(i, path_.front().level, std::numeric_limits<int>::max());
    }
    return item.level == kSection && item.TextLength() > kLongestHeading && !preamble &&
           OthersHaveUnits(i, item.level - 1, item.level);
  }

  // Whether another item around names units: of all that stand under the same heading of level `top`, those of levels
  // up to `deepest`.
  bool OthersHaveUnits(size_t i, int top, int deepest) const {
    const auto has = [&](size_t k) { return items_[k].level <= deepest && items_[k].HasUnits(); };
    for (size_t k = i; k-- > 0 && items_[k].level > top;) {
      if (has(k)) return true;
    }
    for (size_t k = i + 1; k < items_.size() && items_[k].level > top; ++k) {
      if (has(k)) return true;
    }
    return false;
  }

  void AddLeftover(size_t i) {
    const Item& item = items_[i];
    CheckHeadingNumber(item);
    if (item.level != kNoLevel) PushHeading(item.level, HeadingOf(item), {});
    // Aims and principles open a plan; nobody expects them to be tasks.
    const bool preamble = !path_.empty() && IsPreamble(path_.front().text.text(), "open");
    if (item.TextLength() >= kShortestRequirement && any_units_ && !preamble && !IsIntroduction(i)) {
      FlowText text = item.number;
      text.Append(item.Text());
      table_.leftovers.push_back(std::move(text));
    }
  }

  // Text without a number in front of the first that has one.
  bool IsIntroduction(size_t i) const {
    return items_[i].level == kNoLevel &&
           std::any_of(items_.begin(), items_.end(), [](const Item& item) { return item.level != kNoLevel; });
  }

  void InheritFromHeading(TaskRow& row) const {
    for (auto it = path_.rbegin(); it != path_.rend(); ++it) {
      if (it->units.empty()) continue;
      row.units = it->units;
      row.units_shared = true;
      return;
    }
  }

  struct Heading {
    int level;
    FlowText text;
    std::vector<UnitCell> units;
  };

  std::vector<Item> items_;
  const bool cells_;
  RowTable& table_;
  std::vector<char> leaf_;
  std::vector<Heading> path_;
  std::array<int, 6> last_heading_ = {};
  bool segments_ = false;
  bool titled_ = false;
  bool any_units_ = false;
  bool chapter_is_new_ = false;
  bool sections_restart_ = false;
};

}  // namespace

bool Item::HasUnits() const {
  return std::any_of(parts.begin(), parts.end(), [](const RequirementText& part) { return !part.units.empty(); });
}

size_t Item::TextLength() const {
  size_t length = 0;
  for (const RequirementText& part : parts) length += part.text.size();
  return length;
}

FlowText Item::Text() const {
  FlowText text;
  for (const RequirementText& part : parts) text.Append(part.text);
  return text;
}

std::vector<Item> ItemsOf(const TextRun& run, const std::vector<Mark>& marks, const Reading& reading) {
  return ItemBuilder(run, marks, reading).Build();
}

void AddItemRows(std::vector<Item> items, bool cells, RowTable& table) {
  RowMaker(std::move(items), cells, table).Make();
}

}  // namespace duban
