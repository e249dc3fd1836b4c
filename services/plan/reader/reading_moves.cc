#include "services/plan/reader/reading_moves.h"

#include <algorithm>
#include <string>

namespace duban {
namespace {

// A number may jump over this many that are missing.
constexpr int kMostMissing = 3;

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

// What steps in all layouts share.
class StepMaker {
 public:
  StepMaker(const Layout& layout, const State& state, const MarkView& view, Tally& tally, OfferStep offer)
      : layout_(layout),
        s_(&state),
        mark_(view.mark),
        evidence_(view.evidence),
        before_(view.before),
        opened_bracket_(view.opened),
        opened_line_(view.opened_line),
        tally_(tally),
        offer_(offer),
        base_(tally.score()) {}

 protected:
  bool columns() const { return layout_.has_columns(); }
  int mode() const { return layout_.kind; }

  // Begins a move: the state it starts from. Its features are those that are added from here on.
  State Begin() {
    tally_.set_score(base_);
    tally_.Shrink(0);
    return *s_;
  }
  void Give(const State& to, Trace trace = {}) { GiveAs(to.field, to, trace); }
  // The mark is taken for `field`, whatever the path goes on with.
  void GiveAs(Field field, const State& to, Trace trace = {}) {
    trace.field = field;
    trace.column = to.column;
    trace.role = to.role;
    trace.brackets = static_cast<uint8_t>(to.bracket | to.nested << 1);
    offer_(to, trace);
  }

  void EndItem(const State& s, Ending ending) {
    if (!s.item) return;
    const bool line = mark_->spacing >= Spacing::kBreak;
    tally_ << Feature(Family::kEndItem, mode(), ending, s.units, s.level, line);
  }

  // The features of going on with `to` at this mark.
  void Step(const State& to) {
    const Field from = s_->field;
    tally_ << Feature(Family::kEmit, mode(), to.field, evidence_)
           << Feature(Family::kMove, mode(), from, to.field, mark_->spacing)
           << Feature(Family::kBehind, mode(), from, to.field, before_);
    if (columns() && to.field == Field::kUnits && mark_->kind == MarkKind::kUnit) {
      tally_ << Feature(Family::kRoleUnit, to.role, evidence_, mark_->listed);
    }
    if (from != to.field) tally_ << Feature(Family::kEnter, mode(), from, to.field, evidence_);
  }

  // ---- Numbers ----

  void TakeNumber() {
    const Relation relation = RelationOf(*s_, *mark_);
    const int level = mark_->number.level;
    const int expected = s_->last[level] + 1;
    if (mark_->bare && !mark_->alone && relation != Relation::kNext && relation != Relation::kFirst &&
        relation != Relation::kSlip) {
      return;
    }
    State to = Begin();
    EndItem(*s_, s_->level > 0 && level > s_->level ? Ending::kParent : Ending::kLeaf);
    tally_ << Feature(Family::kTakeNumber, mode(), relation, mark_->spacing)
           << Feature(Family::kTakeNumberBehind, mode(), relation, before_)
           << Feature(Family::kTakeNumberLevel, mode(), relation, level)
           << Feature(Family::kTakeNumberFrom, mode(), s_->field, before_);
    if (mark_->bare) tally_ << Feature(Family::kBareNumber, mark_->alone, relation == Relation::kNext);
    if (s_->bracket) tally_ << Feature(Family::kLostBracket);
    to.item = true;
    to.units = to.bracket = to.nested = to.firm = to.led = false;
    to.role = 0;
    to.level = static_cast<uint8_t>(level);
    to.last[level] = static_cast<uint16_t>(relation == Relation::kSlip ? expected : mark_->number.number);
    for (int l = level + 1; l < kOutlineLevels; ++l) to.fresh |= static_cast<uint8_t>(1 << l);
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
    tally_ << Feature(Family::kLeaveNumber, mode(), relation, mark_->spacing)
           << Feature(Family::kLeaveNumberBehind, mode(), relation, before_)
           << Feature(Family::kLeaveNumberLevel, mode(), relation, mark_->number.level);
  }

  const Layout& layout_;
  const State* const s_;
  const Mark* const mark_;
  const Evidence evidence_;
  const Before before_;
  const bool opened_bracket_;
  const bool opened_line_;
  Tally& tally_;

 private:
  const OfferStep offer_;
  const double base_;
};

// What running text allows at a mark.
class FlowRules : public StepMaker {
 public:
  using StepMaker::StepMaker;

 protected:
  // A label where a line, a sentence, a bracket or a list begins, or behind a field, is no part of a sentence.
  bool MustTakeLabel() const {
    if (!s_->item) return false;
    const bool line = mark_->spacing >= Spacing::kBreak;
    if (evidence_ == Evidence::kTextLabel) return line;
    return line || opened_bracket_ || before_ == Before::kStop || s_->field != Field::kText;
  }

  // `责任单位：区财政局。完善办事指南。`: where nothing is numbered, units may lead what they are to do, line by line.
  bool LeadsItem() const {
    const bool begins = mark_->spacing >= Spacing::kBreak || opened_line_;
    if (!begins || mark_->label.kind != FieldKind::kUnits || Numbered()) return false;
    return s_->field == Field::kOutside || (s_->led && (s_->field == Field::kText || opened_line_));
  }

  bool May(Field from, Field to) const {
    const bool line = mark_->spacing >= Spacing::kBreak;
    const bool gap = mark_->spacing != Spacing::kNone;
    const bool words = mark_->kind == MarkKind::kWords || mark_->kind == MarkKind::kUnit ||
                       mark_->kind == MarkKind::kRole || mark_->kind == MarkKind::kDeadline ||
                       mark_->kind == MarkKind::kRule || mark_->kind == MarkKind::kNumber ||
                       mark_->kind == MarkKind::kOpen || mark_->kind == MarkKind::kLabel;
    // A rule in brackets that hold units stands among them.
    if (mark_->kind == MarkKind::kRule && s_->bracket && to != from) return false;
    if (from == to) return from != Field::kAfter || !words;
    if (!words) return false;
    switch (to) {
      case Field::kText:
        return from != Field::kOutside || (line && s_->level == 0 && !Numbered());
      case Field::kUnits:
        return s_->item && mark_->kind == MarkKind::kUnit && from != Field::kOutside && from != Field::kOther &&
               (line || before_ != Before::kSeparator) && (from == Field::kUnits || !opened_bracket_);
      case Field::kDeadline:
        return s_->item && mark_->kind == MarkKind::kDeadline && from != Field::kOutside && from != Field::kOther &&
               line;
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
};

class FlowSteps : public FlowRules {
 public:
  using FlowRules::FlowRules;

  void Offer() {
    switch (mark_->kind) {
      case MarkKind::kNumber:
        TakeNumber();
        if (MustTakeNumber()) return;
        break;
      case MarkKind::kLabel:
        TakeLabel();
        if (MustTakeLabel()) return;
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

 private:
  void TakeLabel() {
    if (evidence_ == Evidence::kTextLabel && !s_->item) return;
    State to = Begin();
    to.nested = false;
    Trace trace;
    if (LeadsItem()) {
      EndItem(*s_, Ending::kLeaf);
      to.led = trace.starts_item = true;
      to.bracket = false;
      to.level = 0;
    }
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
    tally_ << Feature(Family::kTakeLabel, evidence_, before_)
           << Feature(Family::kMove, Layout::kFlow, s_->field, to.field, mark_->spacing)
           << Feature(Family::kEmit, Layout::kFlow, to.field, evidence_);
    trace.label = true;
    Give(to, trace);
  }

  bool ExpandOpen() {
    if (s_->field == Field::kUnits || s_->field == Field::kDeadline) {
      State to = Begin();
      to.nested = true;
      Step(to);
      Give(to);
    }
    if (s_->item && (s_->field == Field::kText || s_->field == Field::kAfter)) {
      State to = Begin();
      to.field = Field::kUnits;
      to.bracket = true;
      to.nested = false;
      to.units = true;
      to.role = 0;
      Step(to);
      to.firm = before_ == Before::kStop;
      tally_ << Feature(Family::kUnitBracket, before_, mark_->bracket);
      Give(to);
    }
    return s_->field == Field::kUnits || s_->field == Field::kDeadline;
  }

  bool ExpandClose() {
    const bool listed = s_->field == Field::kUnits || s_->field == Field::kDeadline || s_->field == Field::kOther;
    if (!listed) return false;
    State to = Begin();
    Trace trace;
    if (s_->nested) {
      to.nested = false;
      Step(to);
    } else {
      to.field = Field::kAfter;
      if (!s_->bracket) {
        tally_ << Feature(Family::kLoneBracket);
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
    State to = Begin();
    to.field = Field::kAfter;
    // A semicolon in a bracket only parts its lists, and a rule may stand behind a stop.
    if (s_->bracket && (mark_->kind == MarkKind::kSemicolon || mark_->inside)) return;
    Trace trace;
    if (s_->bracket) {
      tally_ << Feature(Family::kLostBracket);
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
    State to = Begin();
    to.field = field;
    Trace trace;
    if (from != field) {
      to.nested = false;
      if (field == Field::kUnits) {
        to.role = 0;
        to.units = true;
        to.firm = before_ == Before::kStop || mark_->spacing >= Spacing::kBreak;
      }
      if (field == Field::kText && from != Field::kOutside) tally_ << Feature(Family::kResume, s_->firm, before_);
      const bool leaves = field == Field::kText || field == Field::kOutside || field == Field::kAfter;
      if (leaves && s_->bracket) {
        tally_ << Feature(Family::kLostBracket);
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
      tally_ << Feature(Family::kPlainBracket, before_, mark_->bracket);
    }
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    if (mark_->kind == MarkKind::kLabel) tally_ << Feature(Family::kLeaveLabel, evidence_);
    Step(to);
    Give(to, trace);
  }
};

class ColumnSteps : public StepMaker {
 public:
  using StepMaker::StepMaker;

  void Offer() {
    if (mark_->kind == MarkKind::kNumber) TakeNumber();
    if (MustTakeNumber()) return;
    if (mark_->person && ToPeople()) return;
    const bool moves = layout_.kind != Layout::kCells || mark_->spacing >= Spacing::kBreak;
    const bool open = s_->field != Field::kOutside;
    StayInColumn();
    // Where rows are numbered, a chapter or section is a heading, and no other cell stands beside it.
    const bool heading = layout_.numbered && s_->item && s_->level > kNoLevel && s_->level <= kSection;
    if (heading && mark_->spacing < Spacing::kBreak) return;
    if (moves && open) {
      for (size_t c = s_->column + 1; c < layout_.columns.size(); ++c) ToColumn(c, false);
      LeaveColumns();
    }
    if (!layout_.numbered && (moves || !open)) {
      for (size_t c = 0; c < layout_.columns.size() && (!open || c <= s_->column); ++c) ToColumn(c, true);
    }
  }

 private:
  bool AmongPeople() const { return layout_.columns[s_->column].purpose == FieldPurpose::kPeople; }

  // The name of a person goes to the next column of people, or stays in it; false where none is left in the row. The
  // column says all that is to be said of it: the path goes on as if it were not there.
  bool ToPeople() {
    if (s_->field == Field::kOutside) return false;
    const int next = layout_.PeopleColumnBehind(s_->column);
    const bool stays = AmongPeople() && (next < 0 || before_ == Before::kSeparator);
    if (!stays && next < 0) return false;
    State to = Begin();
    if (!stays) to.column = static_cast<uint8_t>(next);
    GiveAs(Field::kOther, to);
    return true;
  }

  void StayInColumn() {
    if (AmongPeople()) {
      if (mark_->kind != MarkKind::kSeparator) return;
      Begin();
      return GiveAs(Field::kOther, *s_);
    }
    if (s_->field == Field::kNumber && mark_->kind != MarkKind::kNumber) return;
    // A sentence that has ended is not gone on with by a line that lists units, wherever their names break.
    const bool lists_units = mark_->kind == MarkKind::kUnit && mark_->listed && mark_->spacing >= Spacing::kBreak &&
                             before_ == Before::kStop;
    if (layout_.kind == Layout::kCells && s_->field == Field::kText && lists_units) return;
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
    State to = Begin();
    Trace trace;
    size_t first = s_->column + 1;
    if (wraps) {
      EndItem(*s_, Ending::kLeaf);
      if (s_->field != Field::kOutside) {
        for (size_t c = first; c < layout_.columns.size(); ++c) Skip(c, Spacing::kNone);
      }
      tally_ << Feature(Family::kWrap);
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
      if (s_->field == Field::kUnits) tally_ << Feature(Family::kNextUnits, evidence_, mark_->spacing, mark_->listed);
      tally_ << Feature(Family::kOpenRole, to.role, evidence_, mark_->spacing);
      if (mark_->column_hint > 0) tally_ << Feature(Family::kHint, mark_->column_hint == column + 1);
    }
    if (s_->field == Field::kText && field == Field::kText && !wraps)
      tally_ << Feature(Family::kNextText, std::min(mark_->spacing, Spacing::kBreak));
    Step(to);
    Give(to, trace);
  }

  void Skip(size_t column, Spacing spacing) {
    tally_ << Feature(Family::kSkipColumn, layout_.columns[column].kind, std::min(spacing, Spacing::kBreak));
  }

  void LeaveColumns() {
    if (mark_->spacing == Spacing::kNone) return;
    State to = Begin();
    EndItem(*s_, Ending::kLast);
    to.field = Field::kOutside;
    to.item = to.units = false;
    to.level = 0;
    if (mark_->kind == MarkKind::kNumber) LeaveNumber();
    Step(to);
    Give(to);
  }
};

}  // namespace

void OfferSteps(const Layout& layout, const State& state, const MarkView& view, Tally& tally, OfferStep offer) {
  if (layout.has_columns()) {
    ColumnSteps(layout, state, view, tally, offer).Offer();
  } else {
    FlowSteps(layout, state, view, tally, offer).Offer();
  }
}

void EndPath(const Layout& layout, const State& state, Tally& tally) {
  if (!state.item) return;
  tally << Feature(Family::kEndItem, layout.kind, Ending::kLast, state.units, state.level, true);
  if (state.bracket) tally << Feature(Family::kLostBracket);
}

}  // namespace duban
