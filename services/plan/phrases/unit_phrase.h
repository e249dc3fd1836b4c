// Who has to act, in the office's own words: `区卫生健康局、政务服务数据管理局牵头，各街道、区直各单位按职责分工落实`.
// Pure parsers, usable on their own: the document reader uses them for cells, labels and brackets, the plan service for
// the answer a person gives to a finding.
//
// The rules (DESIGN.md section 7): entries are split at 、 and ，, not inside brackets; `牵头` closes the whole list
// before it (LEAD); what follows is RESPONSIBLE, and with `配合` COOPERATE; a list without such a word has the role of
// its label or column, else RESPONSIBLE. `分别负责`, `按职责分工落实`, `等单位` are words about the list. A level that
// is printed once
// (`区卫生健康局、政务服务数据管理局`) serves the entries behind it that have none.
//
// Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_UNIT_PHRASE_H_
#define DUBAN_SERVICES_PLAN_PHRASES_UNIT_PHRASE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/flow_text.h"
#include "services/plan/phrases/unit_lexicon.h"

namespace duban {

// What a phrase leaves unclear; a finding of the reader for each.
enum class PhraseDoubt {
  kBrokenUnit,       // A name that lost a character; the repaired reading was taken.
  kDuplicateUnit,    // Printed twice; taken once.
  kUnknownUnit,      // Not in the directory.
  kNotAUnit,         // Does not read as the name of a unit; kept as printed.
  kOpenUnit,         // `相关单位`: nobody is named.
  kOpenList,         // `等单位`: others are meant, too.
  kRoleUnclear,      // `会同`, and other words that do not say who leads.
  kInheritedPrefix,  // The level was taken from an entry before.
};

struct PhraseNote {
  PhraseDoubt doubt;
  size_t begin = 0;  // Where it stands in the phrase.
  size_t end = 0;
  std::string subject;   // The printed words.
  std::string proposal;  // What the reader took, or the nearest names separated by `、`; may be empty.
};

// A phrase as understood.
struct UnitPhrase {
  std::vector<v1::Responsibility> responsibilities;
  std::vector<PhraseNote> notes;
  // Deadlines and document-wide rules that stood between the units: offsets in the phrase.
  struct Part {
    size_t begin = 0;
    size_t end = 0;
  };
  std::vector<Part> deadlines;
  std::vector<Part> rules;
  // Names that are explained, `各区县政府（含南太湖新区管委会，下同）`: the entry's name and the explanation.
  struct Inclusion {
    std::string name;
    Part explanation;
  };
  std::vector<Inclusion> inclusions;
  // `同上`: it repeats the units of the task before.
  bool same_as_above = false;
};

// Reads a whole phrase. `default_role` is that of its label or column; ROLE_UNSPECIFIED: none.
UnitPhrase ParseUnits(const FlowText& phrase, v1::Responsibility::Role default_role, const UnitLexicon& lexicon);
// The same for text a person typed.
UnitPhrase ParseUnits(std::string_view utf8, v1::Responsibility::Role default_role, const UnitLexicon& lexicon);

// Whether the whole text reads as a phrase of units: every entry is the name of one, or words about the list.
enum class PhraseLikeness { kNone, kWeak, kStrong };
PhraseLikeness LikenessOfUnits(TextView folded, const UnitLexicon& lexicon);

// Takes words about the list and about roles (按职责分工负责, 牵头) off the end of a piece of a phrase: how long the
// rest is, and the role they give.
std::pair<size_t, v1::Responsibility::Role> StripListWords(TextView piece);

// Where names begin that are run together with the one before them: 5 in 区财政局|区教育局... Offsets in `text`.
std::vector<size_t> GluedNames(TextView text, const UnitLexicon& lexicon);

// The names in a phrase that is known to be one, as it prints them, for UnitLexicon::Learn.
std::vector<std::u32string> UnitNamesIn(const FlowText& phrase);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_UNIT_PHRASE_H_
