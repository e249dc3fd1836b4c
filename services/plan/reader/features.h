// What speaks for and against a reading: the named features, and their weights, which are a text table (weights.txt)
// that tools/train_reader writes.
//
// A feature is a small number; its name says what it is: `flow.move.text.units.break` is the step from text to units at
// a line break. Stateless but for the table, which is read once; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_FEATURES_H_
#define DUBAN_SERVICES_PLAN_READER_FEATURES_H_

#include <array>
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
Evidence EvidenceOf(const Mark& mark, TextView text);

// What stands in front of a mark, coarsely.
enum class Before : uint8_t { kSeparator, kStop, kClose, kUnits, kSign, kWords };
Before BeforeOf(const Mark* previous);

// How a number goes on from those before it.
enum class Relation : uint8_t { kNext, kFirst, kRestart, kRepeated, kSlip, kJump, kStray };

// How an item ends.
enum class Ending : uint8_t { kLeaf, kParent, kLast };

using FeatureId = uint32_t;

// Families of features, and what the parts of each are. All that begin with a layout are learned for each kind of it.
enum class Family {
  kEmit,              // Layout, field, evidence.
  kMove,              // Layout, from, to, spacing.
  kBehind,            // Layout, from, to, before.
  kEnter,             // Layout, from, to, evidence.
  kTakeNumber,        // Layout, relation, spacing.
  kTakeNumberBehind,  // Layout, relation, before.
  kTakeNumberLevel,   // Layout, relation, level.
  kTakeNumberFrom,    // Layout, field, before.
  kLeaveNumber,       // The same three of a number that is left in the text.
  kLeaveNumberBehind,
  kLeaveNumberLevel,
  kBareNumber,    // It is alone, it is the next.
  kEndItem,       // Layout, ending, has units, level, at a line's end.
  kTakeLabel,     // Evidence, before.
  kLeaveLabel,    // Evidence.
  kUnitBracket,   // Before, how the bracket ends.
  kPlainBracket,  // The same.
  kResume,        // The units were firm, before.
  kLostBracket,
  kLoneBracket,
  kSkipColumn,  // Kind of column, spacing.
  kNextUnits,   // Evidence, spacing, listed.
  kRoleUnit,    // Role, evidence, listed.
  kOpenRole,    // Role, evidence, spacing.
  kHint,        // The column is the one that the first pass found.
  kNextText,    // Spacing.
  kWrap,
  kLayoutKind,  // Layout.
  kFamilies
};

// A family's numbers: its first, and how many values each of its parts has.
struct FamilyShape {
  FeatureId base = 0;
  std::array<FeatureId, 5> sizes = {};
};
// Of each family; behind them the number of all features. Filled when the program is compiled.
extern const std::array<FamilyShape, static_cast<size_t>(Family::kFamilies) + 1> kFamilyShapes;

// The number of a feature: `parts` in the order in which the family lists them.
template <typename... Part>
FeatureId Feature(Family family, Part... parts) {
  const FamilyShape& shape = kFamilyShapes[static_cast<size_t>(family)];
  FeatureId id = 0;
  size_t part = 0;
  ((id = id * shape.sizes[part++] + static_cast<FeatureId>(parts)), ...);
  return shape.base + id;
}
inline FeatureId FeatureCount() {
  return kFamilyShapes.back().base;
}

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
