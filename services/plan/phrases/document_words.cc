#include "services/plan/phrases/document_words.h"

#include <algorithm>

#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

using v1::Responsibility;

// Length of a word that names who acts, such as `牵头单位`, `配合/责任单位`; its role goes to `role`.
size_t MatchActor(TextView t, size_t at, Responsibility::Role& role) {
  static const WordTable& words = WordTable::Of("actor_words");
  bool lead = false, share = false, help = false;
  // Nearly every place begins none.
  if (words.LengthAt(t, at) == 0) return 0;
  size_t i = at + words.LengthAt(t, at, "front");
  size_t count = 0, joint = 0;
  for (; count < 4; ++count) {
    WordTable::Match word;
    for (std::string_view tag : {"LEAD", "RESPONSIBLE", "COOPERATE"}) {
      if (const WordTable::Match match = words.At(t, i, tag); match.length > word.length) word = match;
    }
    if (word.length == 0) break;
    // `牵头责任单位` leads, `配合责任单位` helps: right behind another word 责任 says nothing.
    const bool says_nothing = count > 0 && joint == 0 && word.word == U"责任";
    lead = lead || word.tag == "LEAD";
    share = share || (word.tag == "RESPONSIBLE" && !says_nothing);
    help = help || word.tag == "COOPERATE";
    i += word.length;
    joint = words.LengthAt(t, i, "joint");
    i += joint;
  }
  if (count == 0) return 0;
  if (i < t.size() && t[i - 1] != '(' && t[i] == '(') ++i;
  const size_t noun = words.LengthAt(t, i, "noun");
  if (noun == 0) return 0;
  role = lead && !share && !help   ? Responsibility::LEAD
         : help && !lead && !share ? Responsibility::COOPERATE
                                   : Responsibility::RESPONSIBLE;
  return i + noun - at;
}

// The longest word at `at` of every kind. `columns`: also the words that are only used in headers.
LabelMatch MatchWord(TextView t, size_t at, bool columns) {
  static const WordTable& words = WordTable::Of("field_words");
  LabelMatch match;
  const auto offer = [&](FieldKind kind, size_t length, Responsibility::Role role = Responsibility::ROLE_UNSPECIFIED) {
    if (length > match.length) match = {kind, role, length};
  };
  Responsibility::Role role = Responsibility::ROLE_UNSPECIFIED;
  const size_t actor = MatchActor(t, at, role);
  offer(FieldKind::kUnits, actor, role);
  if (actor == 0 && words.LengthAt(t, at) == 0 && columns) return match;
  offer(FieldKind::kDeadline, words.LengthAt(t, at, "DEADLINE"));
  offer(FieldKind::kRemark, words.LengthAt(t, at, "REMARK"));
  offer(FieldKind::kUnits, words.LengthAt(t, at, "ACTOR"), Responsibility::RESPONSIBLE);
  offer(FieldKind::kText, words.LengthAt(t, at, "TEXT"));
  offer(columns ? FieldKind::kTitle : FieldKind::kText, words.LengthAt(t, at, "PROBLEM"));
  if (!columns) {
    offer(FieldKind::kUnits, MatchAny(t, at, {U"牵头"}), Responsibility::LEAD);
    offer(FieldKind::kUnits, MatchAny(t, at, {U"配合", U"协办"}), Responsibility::COOPERATE);
    offer(FieldKind::kUnits, MatchAny(t, at, {U"责任"}), Responsibility::RESPONSIBLE);
    return match;
  }
  offer(FieldKind::kNumber, words.LengthAt(t, at, "NUMBER"));
  offer(FieldKind::kTitle, words.LengthAt(t, at, "TITLE"));
  offer(FieldKind::kHeading, words.LengthAt(t, at, "HEADING"));
  offer(FieldKind::kUnits, words.LengthAt(t, at, "column"), Responsibility::RESPONSIBLE);
  return match;
}

// Adds to a match what its word, the beginning of `t`, says besides.
void AddPurpose(TextView t, LabelMatch& match) {
  static const WordTable& words = WordTable::Of("field_purposes");
  const WordTable::Match word = words.At(t.substr(0, match.length), 0);
  if (word.length == 0 || word.length != match.length) return;
  match.purpose = word.tag == "PEOPLE"        ? FieldPurpose::kPeople
                  : word.tag == "GOAL"        ? FieldPurpose::kGoal
                  : word.tag == "MEASURE"     ? FieldPurpose::kMeasure
                  : word.tag == "REQUIREMENT" ? FieldPurpose::kRequirement
                  : word.tag == "STAGE"       ? FieldPurpose::kStage
                                              : FieldPurpose::kProblem;
  match.word = word.word;
}

}  // namespace

bool MayBeginFieldWord(char32_t c) {
  static const WordTable& actors = WordTable::Of("actor_words");
  static const WordTable& fields = WordTable::Of("field_words");
  return actors.MayBegin(c) || fields.MayBegin(c);
}

LabelMatch MatchLabel(TextView t, size_t at) {
  // Most places are settled without comparing words: no colon, no box, no bracket in front.
  constexpr size_t kLongestLabel = 20;
  const bool after_bracket = at > 0 && t[at - 1] == '(';
  if (!after_bracket && t.substr(at, kLongestLabel).find_first_of(U":】]〕") == TextView::npos) return LabelMatch();
  size_t i = at;
  const bool boxed = i < t.size() && (t[i] == U'【' || t[i] == '[' || t[i] == U'〔');
  i += boxed;
  LabelMatch match = MatchWord(t, i, false);
  if (match.kind == FieldKind::kNone) return match;
  AddPurpose(t.substr(i), match);
  i += match.length;
  bool closed = false;
  if (boxed) {
    if (i >= t.size() || !IsCloseBracket(t[i])) {
      if (i >= t.size() || t[i] != ':') return LabelMatch();
    } else {
      ++i;
    }
    closed = true;
  }
  if (i < t.size() && t[i] == ':') {
    ++i;
    closed = true;
  }
  // Behind an opening bracket the colon is sometimes left out; a short word (`牵头`) then is no label but a role.
  const bool in_bracket = after_bracket && match.length >= 4 && match.kind == FieldKind::kUnits;
  if (!closed && !in_bracket) return LabelMatch();
  match.length = i - at;
  return match;
}

v1::Responsibility::Role RoleInHeader(TextView t) {
  static const WordTable& words = WordTable::Of("header_roles");
  if (words.In(t, "LEAD")) return v1::Responsibility::LEAD;
  if (words.In(t, "COOPERATE")) return v1::Responsibility::COOPERATE;
  return words.In(t, "RESPONSIBLE") ? v1::Responsibility::RESPONSIBLE : v1::Responsibility::ROLE_UNSPECIFIED;
}

LabelMatch MatchLabelBehindGap(TextView t, size_t at) {
  LabelMatch match = MatchLabel(t, at);
  if (match.kind != FieldKind::kNone) return match;
  constexpr size_t kMostNarrowing = 4;
  constexpr size_t kLongestLabel = 12;
  const TextView near = t.substr(at, kLongestLabel);
  const size_t colon = near.find(':');
  if (colon == TextView::npos || !std::all_of(near.begin(), near.begin() + static_cast<ptrdiff_t>(colon), IsHan)) {
    return LabelMatch();
  }
  for (size_t words = 1; words <= kMostNarrowing && words + 2 < colon; ++words) {
    match = MatchLabel(t, at + words);
    if (match.kind == FieldKind::kNone || words + match.length != colon + 1) continue;
    match.length = colon + 1;
    return match;
  }
  return LabelMatch();
}

LabelMatch MatchColumnAt(TextView t, size_t at) {
  if (at >= t.size() || !MayBeginFieldWord(t[at])) return LabelMatch();
  LabelMatch match = MatchWord(t, at, true);
  AddPurpose(t.substr(at), match);
  return match;
}

size_t MatchHeaderRun(TextView t, size_t at, std::vector<LabelMatch>& columns) {
  size_t end = at;
  bool names_units = false;
  bool names_others = false;
  columns.clear();
  while (end < t.size()) {
    const LabelMatch match = MatchColumnAt(t, end);
    if (match.kind == FieldKind::kNone) break;
    columns.push_back(match);
    names_units = names_units || match.kind == FieldKind::kUnits || match.kind == FieldKind::kDeadline;
    names_others = names_others || match.kind != FieldKind::kUnits;
    end += match.length;
    while (end < t.size() && t[end] == ' ') ++end;
  }
  return columns.size() >= 3 && names_units && names_others ? end - at : 0;
}

LabelMatch MatchStageColumn(TextView t) {
  t = Trim(t);
  LabelMatch match{FieldKind::kRemark, v1::Responsibility::ROLE_UNSPECIFIED, t.size()};
  AddPurpose(t, match);
  return match.purpose == FieldPurpose::kStage ? match : LabelMatch();
}

LabelMatch MatchColumn(TextView t) {
  t = Trim(t);
  // Too short to be looked for inside a line.
  if (t == U"区" || t == U"县" || t == U"市" || t == U"镇") {
    return {FieldKind::kUnits, Responsibility::RESPONSIBLE, t.size()};
  }
  LabelMatch match = MatchColumnAt(t, 0);
  if (match.length == t.size()) return match;
  // `重点任务(2022年)`, `完成时限(月)`: a note behind the word.
  if (match.kind != FieldKind::kNone && t[match.length] == '(' && t.back() == ')') return match;
  // `2022年重点任务`, `主要责任领导`: words in front of it.
  for (size_t i = 1; i < t.size() && t.size() <= 12; ++i) {
    match = MatchColumnAt(t, i);
    if (match.kind != FieldKind::kNone && i + match.length == t.size() && match.length >= 2 &&
        (match.kind != FieldKind::kUnits || match.length >= 4)) {
      return match;
    }
  }
  return LabelMatch();
}

}  // namespace duban
