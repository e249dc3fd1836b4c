#include "services/plan/reader/readings.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace duban {
namespace {

using Role = v1::Responsibility::Role;

// States kept at a mark.
constexpr size_t kBeam = 20;
// A run of more marks keeps fewer states, and is not asked how sure it is.
constexpr size_t kManyMarks = 60000;
constexpr size_t kNarrowBeam = 4;
constexpr int kLevels = 6;
// What a step is given for being false, in training.
constexpr float kDefiance = 1;
// A number may jump over this many that are missing.
constexpr int kMostMissing = 3;

struct State {
  Field field = Field::kOutside;
  uint8_t column = 0;
  uint8_t role = 0;
  bool bracket = false;  // A bracket that holds units is open.
  bool nested = false;   // So is one inside it, or inside a list without one.
  bool firm = false;     // The units were opened by a label, or by a bracket behind a full stop.
  uint8_t level = 0;     // Of the open item; 0: none, or one without a number.
  bool item = false;     // An item is open.
  bool units = false;    // It has units.
  uint8_t fresh = 0x3F;  // By level: numbers may begin again.
  std::array<uint16_t, kLevels> last = {};

  friend bool operator==(const State&, const State&) = default;
};

size_t HashOf(const State& s) {
  uint64_t h = static_cast<uint64_t>(s.field) | s.column << 3 | s.role << 10 | s.bracket << 12 | s.nested << 13 | s.firm << 25 |
               s.level << 14 | s.item << 17 | s.units << 18 | static_cast<uint64_t>(s.fresh) << 19;
  for (uint16_t n : s.last) h = h * 1099511628211ULL + n;
  return h * 0x9E3779B97F4A7C15ULL >> 40;
}

struct Node {
  State state;
  float score = 0;
};

// How a node was reached: kept for every mark.
struct Trace {
  uint32_t from = 0;
  Field field = Field::kOutside;
  uint8_t column = 0;
  uint8_t role = 0;
  bool starts_item = false;
  bool label = false;
  bool lost_bracket = false;
  uint8_t brackets = 0;
  uint16_t value = 0;
};

struct Edge {
  uint32_t from;
  uint32_t to;
  float score;
};

bool SameChoice(const Trace& a, const Trace& b) {
  return a.field == b.field && a.starts_item == b.starts_item && a.role == b.role && a.label == b.label;
}

// Adds up weights, and keeps the features where they are wanted.
class Tally {
 public:
  explicit Tally(const Weights& weights) : weights_(weights) {}
  Tally& operator<<(FeatureId id) {
    score_ += weights_[id];
    if (keep_) features_.push_back(id);
    return *this;
  }
  void Start(bool keep) {
    score_ = 0;
    keep_ = keep;
    features_.clear();
  }
  float score() const { return score_; }
  void set_score(float score) { score_ = score; }
  const std::vector<FeatureId>& features() const { return features_; }
  size_t size() const { return features_.size(); }
  void Shrink(size_t size) { features_.resize(size); }

 private:
  const Weights& weights_;
  float score_ = 0;
  bool keep_ = false;
  std::vector<FeatureId> features_;
};

// `333` where 33 is due: a digit was doubled; `3` where 13 is due: one was lost.
bool IsSlip(int number, int expected) {
  if (expected < 2 || number == expected) return false;
  const std::string printed = std::to_string(number);
  const std::string due = std::to_string(expected);
  const std::string& shorter = printed.size() < due.size() ? printed : due;
  const std::string& longer = printed.size() < due.size() ? due : printed;
  if (longer.size() != shorter.size() + 1) return false;
  size_t i = 0;
  while (i < shorter.size() && shorter[i] == longer[i]) ++i;
  if (shorter.substr(i) != longer.substr(i + 1)) return false;
  return printed.size() > due.size() ? number > expected + 8 : expected >= 10 && number != 1;
}

Relation RelationOf(const State& s, const Mark& mark) {
  const int level = mark.number.level;
  const int number = mark.number.number;
  if (mark.repeated && number == s.last[level]) return Relation::kRepeated;
  const bool fresh = (s.fresh >> level & 1) != 0;
  if (number == 1 && fresh) return Relation::kFirst;
  if (number == s.last[level] + 1 && s.last[level] > 0) return Relation::kNext;
  if (number == 1) return Relation::kRestart;
  if (level == kItem && IsSlip(number, s.last[level] + 1)) return Relation::kSlip;
  if (number > s.last[level] && number <= s.last[level] + 1 + kMostMissing) return Relation::kJump;
  return Relation::kStray;
}

// The moves from a state over a mark, each with its features.
template <typename Offer>
class Moves {
 public:
  Moves(const Layout& layout, Tally& tally, Offer offer) : layout_(layout), tally_(tally), offer_(offer) {}

  void Expand(const State& s, const Mark& mark, Evidence evidence, Before before) {
    s_ = &s;
    mark_ = &mark;
    evidence_ = evidence;
    before_ = before;
    base_ = tally_.score();
    if (layout_.has_columns()) {
      ExpandColumns();
    } else {
      ExpandFlow();
    }
  }

 private:
  bool columns() const { return layout_.has_columns(); }
  int mode() const { return layout_.kind; }

  // Hands out a move. Its features are those added since Begin.
  void Begin() {
    tally_.set_score(base_);
    tally_.Shrink(0);
  }
  void Give(const State& to, Trace trace = {}) {
    trace.field = to.field;
    trace.column = to.column;
    trace.role = to.role;
    trace.brackets = static_cast<uint8_t>(to.bracket | to.nested << 1);
    offer_(to, trace);
  }

  void EndItem(const State& s, Ending ending) {
    if (!s.item) return;
    const bool line = mark_->spacing >= Spacing::kBreak;
    tally_ << feature::EndItem(mode(), ending, s.units, s.level, line);
  }

  // The features of going on with `to` at this mark.
  void Step(const State& to) {
    const Field from = s_->field;
    tally_ << feature::Emit(mode(), to.field, evidence_) << feature::Move(mode(), from, to.field, mark_->spacing)
           << feature::Behind(mode(), from, to.field, before_);
    if (columns() && to.field == Field::kUnits && mark_->kind == MarkKind::kUnit) {
      tally_ << feature::RoleUnit(to.role, evidence_, mark_->listed);
    }
    if (from != to.field) tally_ << feature::Enter(mode(), from, to.field, evidence_);
  }

  // ---- Numbers ----

  void TakeNumber() {
    const Relation relation = RelationOf(*s_, *mark_);
    const int level = mark_->number.level;
    const int expected = s_->last[level] + 1;
    if (mark_->bare && !mark_->alone && relation != Relation::kNext && relation != Relation::kFirst && relation != Relation::kSlip) {
      return;
    }
    Begin();
    State to = *s_;
    EndItem(*s_, s_->level > 0 && level > s_->level ? Ending::kParent : Ending::kLeaf);
    tally_ << feature::TakeNumber(mode(), relation, mark_->spacing)
           << feature::TakeNumberBehind(mode(), relation, before_)
           << feature::TakeNumberLevel(mode(), relation, level)
           << feature::TakeNumberFrom(mode(), s_->field, before_);
    if (mark_->bare) tally_ << feature::BareNumber(mark_->alone, relation == Relation::kNext);
    if (s_->bracket) tally_ << feature::LostBracket();
    to.item = true;
    to.units = to.bracket = to.nested = to.firm = false;
    to.role = 0;
    to.level = static_cast<uint8_t>(level);
    to.last[level] = static_cast<uint16_t>(relation == Relation::kSlip ? expected : mark_->number.number);
    for (int l = level + 1; l < kLevels; ++l) to.fresh |= static_cast<uint8_t>(1 << l);
    to.fresh &= static_cast<uint8_t>(~(1 << level));
    to.field = Field::kText;
    if (columns()) {
      const int number = layout_.ColumnOf(FieldKind::kNumber);
      const bool own_column = mark_->bare && number >= 0;
      if (own_column) to.field = Field::kNumber;
      const bool heading = level <= kSection;
      to.column = static_cast<uint8_t>(own_column ? number : heading ? 0 : layout_.TextColumn());
    }
    Trace trace;
    trace.starts_item = true;
    trace.lost_bracket = s_->bracket;
    trace.value = to.last[level];
    Give(to, trace);
  }

  // A heading's number that goes on where a line begins or a sentence has ended is never part of the text.
  bool MustTakeNumber() const {
    if (mark_->kind != MarkKind::kNumber) return false;
    const Relation relation = RelationOf(*s_, *mark_);
    const bool cell = mark_->alone && layout_.ColumnOf(FieldKind::kNumber) >= 0;
    if (cell && (relation == Relation::kNext || relation == Relation::kFirst)) return true;
    const bool row = layout_.kind == Layout::kCells && mark_->number.level <= kSubitem && !mark_->bare &&
                     s_->field != Field::kOther && layout_.ColumnOf(FieldKind::kNumber) < 0;
    if (mark_->number.level > kSection && !row) return false;
    const bool line = mark_->spacing >= Spacing::kBreak;
    if (relation == Relation::kRepeated || relation == Relation::kFirst) return line;
    return relation == Relation::kNext && (line || before_ == Before::kStop || before_ == Before::kClose);
  }

  // The number is part of the text.
  void LeaveNumber() {
    const Relation relation = RelationOf(*s_, *mark_);
    tally_ << feature::LeaveNumber(mode(), relation, mark_->spacing)
           << feature::LeaveNumberBehind(mode(), relation, before_)
           << feature::LeaveNumberLevel(mode(), relation, mark_->number.level);
  }

  // ---- Running text ----

  void ExpandFlow() {
    switch (mark_->kind) {
      case MarkKind::kNumber:
        TakeNumber();
        if (MustTakeNumber()) return;
        break;
      case MarkKind::kLabel:
        TakeLabel();
        break;
      case MarkKind::kOpen:
        if (ExpandOpen()) return;
        break;
      case MarkKind::kClose:
        if (ExpandClose()) return;
        break;
      case MarkKind::kStop:
      case MarkKind::kSemicolon:
        ExpandStop();
        break;
      default:
        break;
    }
    for (int f = 0; f < kFields; ++f) GoOn(static_cast<Field>(f));
  }

  void TakeLabel() {
    if (evidence_ == Evidence::kTextLabel && !s_->item) return;
    Begin();
    State to = *s_;
    to.nested = false;
    const bool opened = (before_ == Before::kSign && opened_bracket_) || mark_->bracket != BracketEnd::kNone;
    to.item = true;
    switch (mark_->label.kind) {
      case FieldKind::kUnits:
        to.field = Field::kUnits;
        to.units = true;
        to.firm = true;
        to.role = static_cast<uint8_t>(mark_->label.role);
        break;
      case FieldKind::kDeadline:
        to.field = Field::kDeadline;
        break;
      case FieldKind::kRemark:
        to.field = Field::kOther;
        break;
      default:
        to.field = Field::kText;
    }
    to.bracket = s_->bracket || opened;
    tally_ << feature::TakeLabel(evidence_, before_)
           << feature::Move(Layout::kFlow, s_->field, to.field, mark_->spacing) << feature::Emit(Layout::kFlow, to.field, evidence_);
    Trace trace;
    trace.label = true;
    Give(to, trace);
  }

  bool ExpandOpen() {
    if (s_->field == Field::kUnits || s_->field == Field::kDeadline) {
      Begin();
      State to = *s_;
      to.nested = true;
      Step(to);
      Give(to);
    }
    if (s_->item && (s_->field == Field::kText || s_->field == Field::kAfter)) {
      Begin();
      State to = *s_;
      to.field = Field::kUnits;
      to.bracket = true;
      to.nested = false;
      to.units = true;
      to.role = 0;
      Step(to);
      to.firm = before_ == Before::kStop;
      tally_ << feature::UnitBracket(before_, mark_->bracket);
      Give(to);
    }
    return s_->field == Field::kUnits || s_->field == Field::kDeadline;
  }

  bool ExpandClose() {
    const bool listed = s_->field == Field::kUnits || s_->field == Field::kDeadline || s_->field == Field::kOther;
    if (!listed) return false;
    Begin();
    State to = *s_;
    Trace trace;
    if (s_->nested) {
      to.nested = false;
      Step(to);
    } else {
      to.field = Field::kAfter;
      if (!s_->bracket) {
        tally_ << feature::LoneBracket();
        trace.lost_bracket = s_->field == Field::kUnits;
      }
      to.bracket = false;
      Step(to);
    }
    Give(to, trace);
    return s_->bracket || s_->nested;
  }

  void ExpandStop() {
    const bool listed = s_->field == Field::kUnits || s_->field == Field::kDeadline || s_->field == Field::kOther;
    if (!listed) return;
    Begin();
    State to = *s_;
    to.field = Field::kAfter;
    // A semicolon in a bracket only parts its lists, and a rule may stand behind a stop.
    if (s_->bracket && (mark_->kind == MarkKind::kSemicolon || mark_->inside)) return;
    Trace trace;
    if (s_->bracket) {
      tally_ << feature::LostBracket();
      trace.lost_bracket = true;
    }
    to.bracket = to.nested = false;
    Step(to);
    Give(to, trace);
  }

  // Goes on as `field`.
  void GoOn(Field field) {
    const Field from = s_->field;
    if (!May(from, field)) return;
    Begin();
    State to = *s_;
    to.field = field;
    Trace trace;
    if (from != field) {
      to.nested = false;
      if (field == Field::kUnits) {
        to.role = 0;
        to.units = true;
        to.firm = before_ == Before::kStop || mark_->spacing >= Spacing::kBreak;
      }
      if (field == Field::kText && from != Field::kOutside) tally_ << feature::Resume(s_->firm, before_);
      const bool leaves = field == Field::kText || field == Field::kOutside || field == Field::kAfter;
      if (leaves && s_->bracket) {
        tally_ << feature::LostBracket();
        trace.lost_bracket = true;
        to.bracket = false;
      }
      if (field == Field::kOutside) {
        EndItem(*s_, Ending::kLast);
        to.item = false;
        to.level = 0;
      }
      if (field == Field::kText && from == Field::kOutside) {
        to.item = trace.starts_item = true;
        to.level = 0;
        to.units = false;
      }
    }
    if (mark_->kind == MarkKind::kOpen && field == Field::kText) {
      tally_ << feature::PlainBracket(before_, mark_->bracket);
    }
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    if (mark_->kind == MarkKind::kLabel) tally_ << feature::LeaveLabel(evidence_);
    Step(to);
    Give(to, trace);
  }

  bool May(Field from, Field to) const {
    const bool line = mark_->spacing >= Spacing::kBreak;
    const bool gap = mark_->spacing != Spacing::kNone;
    const bool words = mark_->kind == MarkKind::kWords || mark_->kind == MarkKind::kUnit ||
                       mark_->kind == MarkKind::kRole || mark_->kind == MarkKind::kDeadline ||
                       mark_->kind == MarkKind::kRule || mark_->kind == MarkKind::kNumber ||
                       mark_->kind == MarkKind::kOpen || mark_->kind == MarkKind::kLabel;
    if (from == to) return from != Field::kAfter || !words;
    if (!words) return false;
    switch (to) {
      case Field::kText:
        return from != Field::kOutside || (line && s_->level == 0 && !Numbered());
      case Field::kUnits:
        return s_->item && mark_->kind == MarkKind::kUnit && from != Field::kOutside && from != Field::kOther &&
               (line || before_ != Before::kSeparator) && (from == Field::kUnits || !opened_bracket_);
      case Field::kDeadline:
        return s_->item && mark_->kind == MarkKind::kDeadline && from != Field::kOutside && from != Field::kOther && line;
      case Field::kOutside:
        return gap;
      case Field::kOther:
        return line && (from == Field::kUnits || from == Field::kDeadline || from == Field::kAfter);
      default:
        return false;
    }
  }

  bool Numbered() const {
    return std::any_of(s_->last.begin(), s_->last.end(), [](uint16_t n) { return n > 0; });
  }

  // ---- Columns ----

  void ExpandColumns() {
    if (mark_->kind == MarkKind::kNumber) TakeNumber();
    if (MustTakeNumber()) return;
    const bool moves = layout_.kind != Layout::kCells || mark_->spacing >= Spacing::kBreak;
    const bool open = s_->field != Field::kOutside;
    StayInColumn();
    if (moves && open) {
      for (size_t c = s_->column + 1; c < layout_.columns.size(); ++c) ToColumn(c, false);
      LeaveColumns();
    }
    if (!layout_.numbered && (moves || !open)) {
      for (size_t c = 0; c < layout_.columns.size() && (!open || c <= s_->column); ++c) ToColumn(c, true);
    }
  }

  void StayInColumn() {
    if (s_->field == Field::kNumber && mark_->kind != MarkKind::kNumber) return;
    Begin();
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    Step(*s_);
    Give(*s_);
  }

  void ToColumn(size_t column, bool wraps) {
    const Field field = FieldOf(layout_.columns[column].kind);
    if (field == Field::kNumber || (mark_->kind == MarkKind::kNumber && field != Field::kText)) return;
    // Where cells are not told apart, only a name can begin the units.
    if (field == Field::kUnits && layout_.kind != Layout::kCells && mark_->kind != MarkKind::kUnit) return;
    const bool sign = mark_->kind == MarkKind::kSeparator || mark_->kind == MarkKind::kStop ||
                      mark_->kind == MarkKind::kSemicolon || mark_->kind == MarkKind::kClose;
    if (sign) return;
    // A list that a separator or a bracket holds together goes on in its column.
    const bool held = before_ == Before::kSeparator || before_ == Before::kSign;
    if (s_->field == Field::kUnits && field == Field::kUnits && held) return;
    // Nor does one begin in the middle of an enumeration.
    const bool line = mark_->spacing >= Spacing::kBreak;
    if (s_->field == Field::kText && field == Field::kUnits && before_ == Before::kSeparator && !line) return;
    // A title is no sentence, and is whole.
    const bool whole = before_ != Before::kStop && before_ != Before::kSeparator;
    if (s_->field == Field::kText && field == Field::kText && !wraps && !whole) return;
    Begin();
    State to = *s_;
    Trace trace;
    size_t first = s_->column + 1;
    if (wraps) {
      EndItem(*s_, Ending::kLeaf);
      if (s_->field != Field::kOutside) {
        for (size_t c = first; c < layout_.columns.size(); ++c) Skip(c, Spacing::kNone);
      }
      tally_ << feature::Wrap();
      first = 0;
      to.item = trace.starts_item = true;
      to.units = false;
      to.level = 0;
    }
    for (size_t c = first; c < column; ++c) Skip(c, mark_->spacing);
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    to.column = static_cast<uint8_t>(column);
    to.field = field;
    to.role = static_cast<uint8_t>(layout_.columns[column].role);
    if (field == Field::kUnits) {
      to.units = true;
      if (s_->field == Field::kUnits) tally_ << feature::NextUnits(evidence_, mark_->spacing, mark_->listed);
      tally_ << feature::OpenRole(to.role, evidence_, mark_->spacing);
      if (mark_->column_hint > 0) tally_ << feature::Hint(mark_->column_hint == column + 1);
    }
    if (s_->field == Field::kText && field == Field::kText && !wraps) tally_ << feature::NextText(std::min(mark_->spacing, Spacing::kBreak));
    Step(to);
    Give(to, trace);
  }

  void Skip(size_t column, Spacing spacing) { tally_ << feature::SkipColumn(layout_.columns[column].kind, std::min(spacing, Spacing::kBreak)); }

  void LeaveColumns() {
    if (mark_->spacing == Spacing::kNone) return;
    Begin();
    State to = *s_;
    EndItem(*s_, Ending::kLast);
    to.field = Field::kOutside;
    to.item = to.units = false;
    to.level = 0;
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    Step(to);
    Give(to);
  }

 public:
  // Whether the mark before this one is an opening bracket.
  void set_opened(bool opened) { opened_bracket_ = opened; }

 private:
  const Layout& layout_;
  Tally& tally_;
  Offer offer_;
  const State* s_ = nullptr;
  const Mark* mark_ = nullptr;
  Evidence evidence_ = Evidence::kSomeWords;
  Before before_ = Before::kWords;
  bool opened_bracket_ = false;
  float base_ = 0;
};

bool Allows(const Truth& truth, const Mark& mark, const Trace& trace, const Layout& layout) {
  if (mark.kind == MarkKind::kNumber && truth.number != 0 && (truth.number > 0) != trace.starts_item) return false;
  if (mark.kind == MarkKind::kLabel && truth.number > 0 && !trace.label && !layout.has_columns()) return false;
  if (layout.has_columns() && trace.field != Field::kOutside && !trace.starts_item &&
      (truth.kinds >> static_cast<int>(layout.columns[trace.column].kind) & 1) == 0) {
    return false;
  }
  if ((truth.fields >> static_cast<int>(trace.field) & 1) == 0) return false;
  return trace.field != Field::kUnits || (truth.roles >> trace.role & 1) != 0;
}

// Finds the best path.
class PathFinder {
 public:
  PathFinder(const std::vector<Mark>& marks, TextView text, const Layout& layout, const Weights& weights,
             const std::vector<Truth>* truth, TruthUse use, bool margins)
      : marks_(marks),
        text_(text),
        layout_(layout),
        weights_(weights),
        truth_(truth),
        use_(use),
        margins_(margins && marks.size() <= kManyMarks),
        beam_(marks.size() > kManyMarks ? kNarrowBeam : kBeam),
        tally_(weights) {}

  Reading Find() {
    Node start;
    start.score = weights_[feature::LayoutKind(layout_.kind)];
    nodes_ = {start};
    first_trace_.push_back(0);
    for (size_t i = 0; i < marks_.size(); ++i) Advance(i);
    return Best();
  }

  // The features of a path that was found, by going along it again.
  std::vector<FeatureId> Features(const Reading& reading) {
    std::vector<FeatureId> all = {feature::LayoutKind(layout_.kind)};
    State state;
    for (size_t i = 0; i < marks_.size(); ++i) {
      const Step& step = reading.steps[i];
      LookAt(i);
      State next = state;
      std::vector<FeatureId> features;
      tally_.Start(true);
      Expand(state, i, [&](const State& to, const Trace& trace) {
        const bool same = trace.field == step.field && trace.column == step.column && trace.role == step.role &&
                          trace.starts_item == step.starts_item && trace.label == step.label &&
                          trace.brackets == step.brackets && trace.lost_bracket == step.lost_bracket;
        if (!same) return;
        next = to;
        features = tally_.features();
      });
      all.insert(all.end(), features.begin(), features.end());
      state = next;
    }
    tally_.Start(true);
    Finish(state);
    all.insert(all.end(), tally_.features().begin(), tally_.features().end());
    return all;
  }

 private:
  template <typename Offer>
  void Expand(const State& state, size_t i, Offer offer) {
    Moves<Offer> moves(layout_, tally_, offer);
    moves.set_opened(i > 0 && marks_[i - 1].kind == MarkKind::kOpen);
    moves.Expand(state, marks_[i], evidence_, before_);
  }

  void Finish(const State& state) {
    if (!state.item) return;
    tally_ << feature::EndItem(layout_.kind, Ending::kLast, state.units, state.level, true);
    if (state.bracket) tally_ << feature::LostBracket();
  }

  void LookAt(size_t i) {
    evidence_ = EvidenceOf(marks_[i], text_);
    before_ = BeforeOf(i > 0 ? &marks_[i - 1] : nullptr);
  }

  void Advance(size_t i) {
    LookAt(i);
    next_.clear();
    traces_of_next_.clear();
    slots_.assign(kSlots, 0);
    const size_t first_edge = edges_.size();
    for (uint32_t n = 0; n < nodes_.size(); ++n) {
      tally_.Start(false);
      tally_.set_score(nodes_[n].score);
      Expand(nodes_[n].state, i, [&](const State& to, Trace trace) {
        const bool false_step = truth_ != nullptr && !Allows((*truth_)[i], marks_[i], trace, layout_);
        if (false_step && use_ == TruthUse::kObey) return;
        trace.from = n;
        Keep(to, trace, tally_.score() + (false_step ? kDefiance : 0));
      });
    }
    // What is not allowed in any way is let pass.
    if (next_.empty()) {
      for (uint32_t n = 0; n < nodes_.size(); ++n) {
        Trace trace;
        trace.from = n;
        trace.field = nodes_[n].state.field;
        trace.column = nodes_[n].state.column;
        trace.role = nodes_[n].state.role;
        Keep(nodes_[n].state, trace, nodes_[n].score - 1);
      }
    }
    Prune(first_edge);
  }

  void Keep(const State& to, const Trace& trace, float score) {
    size_t slot = HashOf(to) % kSlots;
    while (slots_[slot] != 0 && !(next_[slots_[slot] - 1].state == to)) slot = (slot + 1) % kSlots;
    if (slots_[slot] == 0) {
      if (next_.size() + 1 >= kSlots) return;
      next_.push_back({to, score});
      traces_of_next_.push_back(trace);
      slots_[slot] = static_cast<uint16_t>(next_.size());
    } else if (score > next_[slots_[slot] - 1].score) {
      next_[slots_[slot] - 1].score = score;
      traces_of_next_[slots_[slot] - 1] = trace;
    }
    if (margins_) edges_.push_back({trace.from, static_cast<uint32_t>(slots_[slot] - 1), score});
  }

  // Keeps the best states, and the edges that lead to them.
  void Prune(size_t first_edge) {
    std::vector<uint32_t> order(next_.size());
    for (uint32_t n = 0; n < order.size(); ++n) order[n] = n;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return next_[a].score > next_[b].score; });
    if (order.size() > beam_) order.resize(beam_);
    std::vector<uint32_t> place(next_.size(), UINT32_MAX);
    std::vector<Node> kept;
    for (uint32_t n = 0; n < order.size(); ++n) {
      place[order[n]] = n;
      kept.push_back(next_[order[n]]);
      traces_.push_back(traces_of_next_[order[n]]);
    }
    first_trace_.push_back(traces_.size());
    if (margins_) {
      size_t to = first_edge;
      for (size_t e = first_edge; e < edges_.size(); ++e) {
        if (place[edges_[e].to] == UINT32_MAX) continue;
        edges_[to] = edges_[e];
        edges_[to].score -= nodes_[edges_[e].from].score;
        edges_[to++].to = place[edges_[e].to];
      }
      edges_.resize(to);
      first_edge_.push_back(first_edge);
      scores_.emplace_back();
      for (const Node& node : kept) scores_.back().push_back(node.score);
    }
    nodes_ = std::move(kept);
  }

  const Trace& TraceOf(size_t mark, uint32_t node) const { return traces_[first_trace_[mark] + node]; }

  Reading Best() {
    std::vector<float> last;
    for (const Node& node : nodes_) {
      tally_.Start(false);
      tally_.set_score(node.score);
      Finish(node.state);
      last.push_back(tally_.score());
    }
    uint32_t best = static_cast<uint32_t>(std::max_element(last.begin(), last.end()) - last.begin());
    Reading reading;
    reading.layout = layout_;
    reading.score = last[best];
    reading.steps.resize(marks_.size());
    std::vector<uint32_t> path(marks_.size());
    for (size_t i = marks_.size(); i-- > 0;) {
      path[i] = best;
      const Trace& trace = TraceOf(i, best);
      reading.steps[i] = {trace.field, trace.column, static_cast<Role>(trace.role), trace.starts_item, trace.label,
                          trace.lost_bracket, trace.value, trace.brackets, 0};
      best = trace.from;
    }
    if (margins_) FindMargins(last, path, reading);
    return reading;
  }

  // The best score of all paths through each state, from both sides.
  void FindMargins(std::vector<float> behind, const std::vector<uint32_t>& path, Reading& reading) {
    constexpr float kNever = -1e9F;
    for (size_t n = 0; n < behind.size(); ++n) behind[n] -= scores_.empty() ? 0 : scores_.back()[n];
    for (size_t i = marks_.size(); i-- > 0;) {
      float other = kNever;
      const Trace& chosen = TraceOf(i, path[i]);
      for (uint32_t n = 0; n < scores_[i].size(); ++n) {
        if (!SameChoice(TraceOf(i, n), chosen)) other = std::max(other, scores_[i][n] + behind[n]);
      }
      reading.steps[i].margin = static_cast<float>(reading.score) - other;
      if (i == 0) break;
      std::vector<float> before(scores_[i - 1].size(), kNever);
      const size_t end = i + 1 < first_edge_.size() ? first_edge_[i + 1] : edges_.size();
      for (size_t e = first_edge_[i]; e < end; ++e) {
        before[edges_[e].from] = std::max(before[edges_[e].from], edges_[e].score + behind[edges_[e].to]);
      }
      behind = std::move(before);
    }
  }

  static constexpr size_t kSlots = 1024;

  const std::vector<Mark>& marks_;
  const TextView text_;
  const Layout& layout_;
  const Weights& weights_;
  const std::vector<Truth>* truth_;
  const TruthUse use_;
  const bool margins_;
  const size_t beam_;
  Tally tally_;
  // Of the mark that is looked at.
  Evidence evidence_ = Evidence::kSomeWords;
  Before before_ = Before::kWords;
  std::vector<Node> nodes_;
  std::vector<Node> next_;
  std::vector<Trace> traces_of_next_;
  std::vector<uint16_t> slots_;
  // Of all marks, one behind the other.
  std::vector<Trace> traces_;
  std::vector<size_t> first_trace_;
  std::vector<Edge> edges_;
  std::vector<size_t> first_edge_;
  std::vector<std::vector<float>> scores_;
};

}  // namespace

int Layout::ColumnOf(FieldKind wanted) const {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].kind == wanted) return static_cast<int>(c);
  }
  return -1;
}

int Layout::TextColumn() const {
  for (FieldKind wanted : {FieldKind::kText, FieldKind::kTitle, FieldKind::kHeading}) {
    if (const int column = ColumnOf(wanted); column >= 0) return column;
  }
  return 0;
}

Field FieldOf(FieldKind kind) {
  switch (kind) {
    case FieldKind::kNumber:
      return Field::kNumber;
    case FieldKind::kUnits:
      return Field::kUnits;
    case FieldKind::kDeadline:
      return Field::kDeadline;
    case FieldKind::kRemark:
      return Field::kOther;
    default:
      return Field::kText;
  }
}

Reading ReadMarks(const std::vector<Mark>& marks, TextView text, const Layout& layout, const Weights& weights,
                  const std::vector<Truth>* truth, TruthUse use, bool margins) {
  return PathFinder(marks, text, layout, weights, truth, use, margins).Find();
}

std::vector<FeatureId> FeaturesOf(const std::vector<Mark>& marks, TextView text, const Reading& reading) {
  static const Weights& none = *new Weights(std::vector<float>(feature::Count(), 0));
  return PathFinder(marks, text, reading.layout, none, nullptr, TruthUse::kObey, false).Features(reading);
}

}  // namespace duban
