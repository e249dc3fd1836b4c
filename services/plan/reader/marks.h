// Everything in a piece of a document that could mean something: numbers, labels, brackets, names of units, words about
// lists of units, deadlines, stops. Found once, in linear time, each with where it stands and what speaks for it. A
// mark decides nothing; readings.h does.
//
// Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_MARKS_H_
#define DUBAN_SERVICES_PLAN_READER_MARKS_H_

#include <cstdint>
#include <vector>

#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/unit_lexicon.h"
#include "services/plan/reader/plan_rows.h"

namespace duban {

enum class MarkKind : uint8_t {
  kWords,      // Text between other marks.
  kUnit,       // What may be the name of a unit.
  kRole,       // 牵头, 按职责分工负责, 等单位: words about a list of units.
  kRule,       // 以下均需…, 列第一位者为…: a sentence for the whole document.
  kSeparator,  // 、，/
  kSemicolon,
  kStop,  // 。
  kColon,
  kOpen,
  kClose,
  kNumber,
  kLabel,
  kDeadline,
};

// What is printed just in front of a mark.
enum class Spacing : uint8_t { kNone, kGap, kBreak, kBlank };

// What an opening bracket's partner is followed by.
enum class BracketEnd : uint8_t {
  kNone,    // It has none near.
  kCloses,  // A stop, a new line or a number: the bracket closes a requirement.
  kGap,     // A space.
  kShort,   // The sentence goes on, and little stands in the bracket.
  kGoesOn,
};

struct Mark {
  uint32_t begin = 0;
  uint32_t end = 0;
  MarkKind kind = MarkKind::kWords;
  Spacing spacing = Spacing::kNone;
  // A blank cell (a line that holds a tab or spaces only) is printed in front of it.
  bool blank_cell = false;
  // kUnit: how sure; kStrong where the name is known besides (`known`).
  UnitLikeness likeness = UnitLikeness::kNone;
  bool known = false;
  bool collective = false;
  // kWords: the name of a person, where a column of people is printed.
  bool person = false;
  // kUnit: a separator stands behind it.
  bool listed = false;
  // kUnit: the column, from 1, that the first pass found it in most; 0: none.
  uint8_t column_hint = 0;
  // kNumber. `bare`: without a sign behind it, as a column prints it; `alone`: nothing else stands in its line.
  OutlineMark number;
  bool bare = false;
  bool alone = false;
  // kNumber: it and what follows was printed before, as a page prints a heading again.
  bool repeated = false;
  // kLabel.
  LabelMatch label;
  // kStop: what follows still belongs to its bracket: a rule, or the bracket's end.
  bool inside = false;
  // kOpen; also a label whose box it opens, `【责任单位：`.
  BracketEnd bracket = BracketEnd::kNone;
};

// A run of lines as one text.
struct TextRun {
  FlowText flow;
  // Blank lines in front of the line that begins at an offset.
  struct Blank {
    uint32_t at = 0;
    bool cell = false;
  };
  std::vector<Blank> blanks;
  // Offsets in front of which a line was broken only to fit the page, rising.
  std::vector<uint32_t> soft_breaks;
};

TextRun JoinLines(const std::vector<TextLine>& lines);

// `number_column`: bare numbers begin rows. `people_column`: names of people are looked for.
std::vector<Mark> FindMarks(const TextRun& run, const UnitLexicon& lexicon, bool number_column, bool people_column);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_MARKS_H_
