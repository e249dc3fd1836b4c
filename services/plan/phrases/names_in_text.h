// Names that running text holds without a border: those of units at the ends of a piece, those of people beside them.
// Text is folded. Stateless but for the lexicon, which has to outlive a finder; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_NAMES_IN_TEXT_H_
#define DUBAN_SERVICES_PLAN_PHRASES_NAMES_IN_TEXT_H_

#include <cstddef>

#include "services/plan/phrases/chinese_text.h"
#include "services/plan/phrases/unit_lexicon.h"

namespace duban {

// Looks for names of units at the ends of a piece of text. Offsets are those of the whole text.
class NameFinder {
 public:
  NameFinder(TextView text, const UnitLexicon& lexicon) : t_(text), lexicon_(lexicon) {}

  // `平潭综合实验区利用政府网站`: a sentence that begins with a name, and only its last word could end one.
  bool RunsOn(size_t begin, size_t end) const;

  // Where the names begin that the piece ends with; `end` where it ends with none.
  size_t FirstName(size_t begin, size_t end) const;

  // Where the name ends that begins at `begin` and that other text follows; `begin` where none is seen.
  size_t NameStartingAt(size_t begin, size_t end) const;

 private:
  // Whether the end of a piece is a name of its own, and what stands in front of it is longer than a place.
  bool HoldsName(size_t begin, size_t end) const;

  // Where the name begins that ends at `end`; `end` where none is seen.
  size_t NameEndingAt(size_t begin, size_t end) const;

  // `安吉|县政府`: what is left of the piece in front of the level is its place.
  static bool MayBePlace(TextView t, size_t from, size_t level);

  const TextView t_;
  const UnitLexicon& lexicon_;
};

// The length of the name of a person that a piece begins with; 0 where it begins with none. The piece ends with it, or
// a unit follows: 何海平|区民政局.
size_t PersonAt(TextView piece, const UnitLexicon& lexicon);

// The length of the name of a person that stands right behind a unit and ends the piece: 市民政局|陈立; 0 for none.
size_t PersonBehindUnit(TextView piece, const UnitLexicon& lexicon);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_NAMES_IN_TEXT_H_
