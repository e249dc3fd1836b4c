#include "tools/train_reader/reader_truth.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "services/plan/reader/document_parts.h"
#include "services/plan/source/read_source.h"

namespace duban {
namespace {

constexpr uint8_t Bit(Field field) {
  return static_cast<uint8_t>(1 << static_cast<int>(field));
}

bool IsBare(char32_t c) {
  return c > ' ' && TextView(U"。.,、;:()“”\"'﹝﹞〔〕[]《》").find(c) == TextView::npos;
}

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

// Lays a golden table over a run of text.
class Aligner {
 public:
  Aligner(const MarkedRegion& region, const GoldenPlan& golden, const std::string& table)
      : region_(region), golden_(golden), table_(table), truth_(region.marks.size()) {
    const TextView t = region.run.flow.text();
    for (size_t i = 0; i < t.size(); ++i) {
      if (!IsBare(t[i])) continue;
      bare_.push_back(t[i]);
      places_.push_back(i);
    }
  }

  std::vector<Truth> Align() {
    std::vector<std::pair<const GoldenTask*, Range>> found;
    size_t cursor = 0;
    for (const GoldenTask& task : golden_.tasks) {
      if (task.table != table_) continue;
      const auto range = FindText(task, cursor);
      if (!range.has_value()) continue;
      found.emplace_back(&task, *range);
      cursor = range->end;
    }
    for (size_t k = 0; k < found.size(); ++k) {
      const size_t next = k + 1 < found.size() ? found[k + 1].second.begin : bare_.size();
      const size_t before = k > 0 ? ends_.back() : 0;
      MarkTask(*found[k].first, found[k].second, before, next);
    }
    Settle();
    return std::move(truth_);
  }

 private:
  std::optional<Range> Find(const std::u32string& what, size_t from, size_t to) const {
    if (what.empty() || from >= to) return std::nullopt;
    const size_t at = TextView(bare_).substr(0, to).find(what, from);
    if (at == std::u32string::npos) return std::nullopt;
    return Range{at, at + what.size()};
  }

  std::optional<Range> FindText(const GoldenTask& task, size_t from) const {
    std::optional<Range> best;
    for (const std::string& text : task.texts) {
      const auto range = Find(BareText(text), from, bare_.size());
      if (range.has_value() && (!best.has_value() || range->begin < best->begin)) best = range;
    }
    return best;
  }

  // In offsets of the run.
  Range Place(Range bare) const { return {places_[bare.begin], places_[bare.end - 1] + 1}; }

  void MarkTask(const GoldenTask& task, Range text, size_t before, size_t next) {
    MarkHeadings(task, before, text.begin);
    const Range place = Place(text);
    Say(place, Bit(Field::kText), true);
    SayKind(place, 1 << static_cast<int>(FieldKind::kText));
    StartItem(task, place.begin);
    Range units{text.end, text.end};
    const size_t limit = next;
    bool any = false;
    for (const GoldenUnit& unit : task.units) {
      std::optional<Range> range;
      // The table may say the level that the print leaves out.
      const std::u32string name = BareText(unit.printed);
      for (size_t cut = 0; cut < 3 && cut + 1 < name.size() && !range.has_value(); ++cut) {
        if (UnitsFirst()) range = Find(name.substr(cut), before, text.begin);
        if (!range.has_value()) range = Find(name.substr(cut), units.end, limit);
        if (!range.has_value()) range = Find(name.substr(cut), text.end, limit);
        if (!range.has_value()) range = Find(name.substr(cut), before, text.begin);
      }
      if (!range.has_value()) continue;
      Say(Place(*range), Bit(Field::kUnits), false, unit.role);
      if (range->begin >= text.end) {
        if (!any) units.begin = range->begin;
        any = true;
        units.end = std::max(units.end, range->end);
      }
    }
    if (any) free_.push_back(Loosen(Place({units.begin, units.end})));
    MarkDeadline(task, before, text, limit);
    ends_.push_back(std::max(text.end, units.end));
  }

  // What stands behind the last unit up to the end of its sentence or bracket may be words about the list, and rules.
  Range Loosen(Range range) const {
    const Mark* previous = nullptr;
    int depth = 0;
    for (const Mark& mark : region_.marks) {
      if (mark.begin < range.end) continue;
      const bool ends = mark.kind == MarkKind::kStop || mark.kind == MarkKind::kNumber ||
                        mark.kind == MarkKind::kLabel || (mark.spacing >= Spacing::kBreak && previous != nullptr);
      depth += (mark.kind == MarkKind::kOpen) - (mark.kind == MarkKind::kClose);
      if (ends || depth < 0 || mark.begin - range.end > 80) break;
      if (previous == nullptr && mark.spacing == Spacing::kNone && mark.kind == MarkKind::kWords) break;
      range.end = mark.end;
      previous = &mark;
    }
    return range;
  }

  void MarkDeadline(const GoldenTask& task, size_t before, Range text, size_t limit) {
    if (task.printed_deadline.empty()) return;
    std::optional<Range> range;
    if (UnitsFirst()) range = Find(BareText(task.printed_deadline), before, text.begin);
    if (!range.has_value()) range = Find(BareText(task.printed_deadline), text.end, limit);
    if (!range.has_value()) range = Find(BareText(task.printed_deadline), before, text.begin);
    // A list in running text may hold its deadline; a column of its own may not.
    const bool column = region_.layouts.front().ColumnOf(FieldKind::kDeadline) >= 0;
    const auto fields = static_cast<uint8_t>(Bit(Field::kDeadline) | (column ? 0 : Bit(Field::kUnits)));
    if (range.has_value()) Say(Place(*range), fields, false);
  }

  // The headings of a task that stand between the task before it and its text.
  void MarkHeadings(const GoldenTask& task, size_t before, size_t end) {
    size_t from = before;
    for (const std::string& heading : task.headings) {
      const auto range = Find(BareText(heading), from, end);
      if (!range.has_value()) continue;
      from = range->end;
      const Range place = Place(*range);
      Say(place, Bit(Field::kText), false);
      if (MatchMark(region_.run.flow.text(), place.begin).level == kNoLevel) {
        SayKind(place, 1 << static_cast<int>(FieldKind::kTitle) | 1 << static_cast<int>(FieldKind::kHeading));
      }
      for (size_t i = 0; i < region_.marks.size(); ++i) {
        const Mark& mark = region_.marks[i];
        if (mark.kind == MarkKind::kNumber && mark.begin < place.end && mark.end > place.begin) {
          truth_[i].number = mark.begin <= place.begin ? 1 : -1;
        }
      }
    }
  }

  // The number in front of the text.
  void StartItem(const GoldenTask& task, size_t begin) {
    if (task.number.empty()) return;
    for (size_t i = region_.marks.size(); i-- > 0;) {
      const Mark& mark = region_.marks[i];
      if (mark.begin >= begin) continue;
      if (mark.kind != MarkKind::kNumber) {
        if (begin - mark.begin > 60) break;
        continue;
      }
      if (std::to_string(mark.number.number) == task.number && begin - mark.end < 60) truth_[i].number = 1;
      break;
    }
  }

  // Says what the marks in a range are. `text`: no number in it begins an item.
  void Say(Range range, uint8_t fields, bool text, int role = 0) {
    for (size_t i = 0; i < region_.marks.size(); ++i) {
      const Mark& mark = region_.marks[i];
      if (mark.end <= range.begin || mark.begin >= range.end) continue;
      const bool inside = mark.begin >= range.begin && mark.end <= range.end;
      if (mark.kind == MarkKind::kNumber) {
        if (text && mark.begin >= range.begin) truth_[i].number = -1;
        continue;
      }
      said_[i] = true;
      if (!inside && mark.kind != MarkKind::kUnit) continue;
      truth_[i].fields = fields;
      if (role > 0 && HasRoles()) truth_[i].roles = static_cast<uint8_t>(1 << role);
    }
  }

  // Says in which column of text a range stands, where there are several.
  void SayKind(Range range, int kinds) {
    const std::vector<LabelMatch>& columns = region_.layouts.front().columns;
    const bool title = std::any_of(columns.begin(), columns.end(), [](const LabelMatch& column) {
      return column.kind == FieldKind::kTitle || column.kind == FieldKind::kHeading;
    });
    if (!title || region_.layouts.front().ColumnOf(FieldKind::kNumber) < 0) return;
    for (size_t i = 0; i < region_.marks.size(); ++i) {
      const Mark& mark = region_.marks[i];
      if (mark.begin >= range.begin && mark.end <= range.end) truth_[i].kinds = static_cast<uint8_t>(kinds);
    }
  }

  bool UnitsFirst() const {
    const Layout& layout = region_.layouts.front();
    const int units = layout.ColumnOf(FieldKind::kUnits);
    return units >= 0 && units < layout.TextColumn();
  }

  // Whether there are several columns of units, so that the role says in which one a name stands.
  bool HasRoles() const {
    const std::vector<LabelMatch>& columns = region_.layouts.front().columns;
    return std::count_if(columns.begin(), columns.end(),
                         [](const LabelMatch& column) { return column.kind == FieldKind::kUnits; }) > 1;
  }

  // What stands behind a label of people, or of another field that is no text, belongs to it up to the next sign.
  void SayFields() {
    for (size_t i = 0; i < region_.marks.size(); ++i) {
      const Mark& label = region_.marks[i];
      if (label.kind != MarkKind::kLabel || label.label.kind != FieldKind::kRemark || said_[i]) continue;
      if (label.label.purpose == FieldPurpose::kNone) continue;
      for (size_t k = i + 1; k < region_.marks.size() && !said_[k]; ++k) {
        const Mark& mark = region_.marks[k];
        const bool ends = mark.kind == MarkKind::kLabel || mark.kind == MarkKind::kStop ||
                          mark.kind == MarkKind::kSemicolon || mark.kind == MarkKind::kClose ||
                          mark.kind == MarkKind::kNumber || mark.spacing >= Spacing::kBreak;
        if (ends) break;
        said_[k] = true;
        truth_[k].fields = Bit(Field::kOther);
      }
    }
  }

  // What no task claims holds no units.
  void Settle() {
    SayFields();
    for (size_t i = 0; i < region_.marks.size(); ++i) {
      const Mark& mark = region_.marks[i];
      const bool field =
          mark.label.kind == FieldKind::kUnits || mark.label.kind == FieldKind::kDeadline || mark.label.has_own_field();
      if (mark.kind == MarkKind::kLabel && field && !said_[i]) truth_[i].number = 1;
      if (mark.kind == MarkKind::kNumber && mark.repeated && !said_[i] && truth_[i].number == 0) truth_[i].number = 1;
      if (said_[i] || (mark.kind != MarkKind::kWords && mark.kind != MarkKind::kUnit)) continue;
      const bool free = std::any_of(free_.begin(), free_.end(), [&](const Range& range) {
        return mark.begin >= range.begin && mark.end <= range.end;
      });
      const bool open =
          mark.kind == MarkKind::kUnit && IsOpenName(region_.run.flow.text().substr(mark.begin, mark.end - mark.begin));
      if (free || open) continue;
      truth_[i].fields = static_cast<uint8_t>(0xFF & ~Bit(Field::kUnits) & ~Bit(Field::kDeadline));
      // What is neither text nor heading stands in the column of remarks; where titles have a column, they are not
      // always told.
      const Layout& layout = region_.layouts.front();
      const bool remarks =
          layout.ColumnOf(FieldKind::kRemark) >= 0 && layout.ColumnOf(FieldKind::kTitle) < 0 && !ends_.empty();
      if (remarks) truth_[i].fields &= static_cast<uint8_t>(~Bit(Field::kText));
    }
  }

  const MarkedRegion& region_;
  const GoldenPlan& golden_;
  const std::string table_;
  std::vector<Truth> truth_;
  std::vector<char> said_ = std::vector<char>(truth_.size());
  std::u32string bare_;
  std::vector<size_t> places_;
  std::vector<Range> free_;
  std::vector<size_t> ends_;
};

std::vector<TextLine> LinesOf(const DocumentPart& part) {
  std::vector<TextLine> lines;
  for (const PartBlock& block : part.blocks) {
    if (const auto* line = std::get_if<TextLine>(&block)) lines.push_back(*line);
  }
  return lines;
}

}  // namespace

std::vector<Example> ExamplesOf(const GoldenPlan& golden) {
  std::vector<Example> examples;
  const absl::StatusOr<SourceDocument> source = ReadSource(golden.bytes, golden.name);
  if (!source.ok()) return examples;
  const DocumentParts parts = SplitDocument(*source);
  Learned learned;
  for (int pass = 0; pass < 2; ++pass) {
    NameColumns columns;
    for (const DocumentPart& part : parts.parts) {
      for (const Region& region : CutRegions(LinesOf(part))) {
        Example example{MarkRegion(region, learned), {}};
        if (example.region.marks.empty()) continue;
        example.truth = Aligner(example.region, golden, part.name).Align();
        CountColumns(example.region, BestReading(example.region, Weights::Learned(), false, &example.truth), columns);
        examples.push_back(std::move(example));
      }
    }
    learned.columns = std::move(columns);
    for (const GoldenTask& task : golden.tasks) {
      for (const GoldenUnit& unit : task.units)
        learned.lexicon.Learn(FoldWidths(DecodeUtf8(unit.printed)), DecodeUtf8(unit.printed));
    }
  }
  return examples;
}

}  // namespace duban
