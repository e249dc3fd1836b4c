// What speaks for and against a reading: the named features, and their weights, which are a text table (weights.txt)
// that tools/train_reader writes.
//
// A feature is a small number; its name says what it is: `flow.move.text.units.break` is the step from text to units at
// a line break. Stateless but for the table, which is read once; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_FEATURES_H_
#define DUBAN_SERVICES_PLAN_READER_FEATURES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/plan/reader/marks.h"

namespace duban {

// What a mark is read as.
enum class Field : uint8_t {
  kOutside,  // Nothing of the plan: a preamble, closing words, what a page prints.
  kText,     // Headings and requirements.
  kUnits,
  kDeadline,
  kOther,   // A requirement, measure or remark behind the units.
  kAfter,   // Between the units of one requirement and whatever follows.
  kNumber,  // The number's own column.
};
inline constexpr int kFields = 7;

// A mark by its evidence.
enum class Evidence : uint8_t {
  kShortWords,
  kSomeWords,
  kManyWords,
  kSentenceStart,
  kDated,  // Words that begin with a date: 12月底前通车.
  kUnitWeak,
  kUnitStrong,
  kUnitKnown,
  kCollective,
  kRole,
  kRule,
  kSeparator,
  kSemicolon,
  kStop,
  kColon,
  kOpen,
  kClose,
  kNumber,
  kUnitLabel,
  kDeadlineLabel,
  kTextLabel,
  kOtherLabel,
  kDeadline,
  kClosing,  // How closing paragraphs and what a page prints behind them begin.
};
inline constexpr int kEvidences = 24;
Evidence EvidenceOf(const Mark& mark, TextView text);

// What stands in front of a mark, coarsely.
enum class Before : uint8_t { kSeparator, kStop, kClose, kUnits, kSign, kWords };
inline constexpr int kBefores = 6;
Before BeforeOf(const Mark* previous);

// How a number goes on from those before it.
enum class Relation : uint8_t { kNext, kFirst, kRestart, kRepeated, kSlip, kJump, kStray };
inline constexpr int kRelations = 7;

// How an item ends.
enum class Ending : uint8_t { kLeaf, kParent, kLast };

using FeatureId = uint32_t;

// The numbers of features. `mode`: the kind of layout they are learned for.
namespace feature {
FeatureId Emit(int mode, Field field, Evidence evidence);
FeatureId Move(int mode, Field from, Field to, Spacing spacing);
FeatureId Behind(int mode, Field from, Field to, Before before);
FeatureId Enter(int mode, Field from, Field to, Evidence evidence);
FeatureId TakeNumber(int mode, Relation relation, Spacing spacing);
FeatureId TakeNumberBehind(int mode, Relation relation, Before before);
FeatureId TakeNumberLevel(int mode, Relation relation, int level);
FeatureId TakeNumberFrom(int mode, Field field, Before before);
FeatureId LeaveNumber(int mode, Relation relation, Spacing spacing);
FeatureId LeaveNumberBehind(int mode, Relation relation, Before before);
FeatureId LeaveNumberLevel(int mode, Relation relation, int level);
FeatureId BareNumber(bool alone, bool next);
FeatureId EndItem(int mode, Ending ending, bool units, int level, bool at_line);
FeatureId TakeLabel(Evidence evidence, Before before);
FeatureId LeaveLabel(Evidence evidence);
FeatureId UnitBracket(Before before, BracketEnd end);
FeatureId PlainBracket(Before before, BracketEnd end);
FeatureId Resume(bool firm, Before before);
FeatureId LostBracket();
FeatureId LoneBracket();
FeatureId SkipColumn(FieldKind kind, Spacing spacing);
FeatureId NextUnits(Evidence evidence, Spacing spacing, bool listed);
FeatureId RoleUnit(int role, Evidence evidence, bool listed);
FeatureId OpenRole(int role, Evidence evidence, Spacing spacing);
FeatureId Hint(bool same);
FeatureId NextText(Spacing spacing);
FeatureId Wrap();
FeatureId LayoutKind(int kind);
FeatureId Count();
}  // namespace feature

// `flow.emit.units.role`: for the table.
std::string FeatureName(FeatureId id);

// weights.txt, compiled in.
std::string_view WeightsFile();

// A weight for every feature.
class Weights {
 public:
  // Those of weights.txt.
  static const Weights& Learned();
  // From a table of lines `name weight`; unknown names are passed over.
  static Weights FromText(std::string_view text);
  explicit Weights(std::vector<float> values) : values_(std::move(values)) {}

  float operator[](FeatureId id) const { return values_[id]; }
  const std::vector<float>& values() const { return values_; }
  // A row whose second-best reading is nearer than this is not sure.
  float least_margin() const { return least_margin_; }
  void set_least_margin(float margin) { least_margin_ = margin; }

 private:
  std::vector<float> values_;
  float least_margin_ = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_FEATURES_H_
