// What names of units look like in general, whoever the units are. Text is folded. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_UNIT_NAMES_H_
#define DUBAN_SERVICES_PLAN_PHRASES_UNIT_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>

#include "services/plan/phrases/chinese_text.h"

namespace duban {

// No name is longer.
inline constexpr size_t kLongestName = 24;

// How much a piece of text looks like the name of a unit.
enum class UnitLikeness {
  kNone,
  kWeak,    // Ends in a word that also ends other things: 组, 室, 台.
  kStrong,  // 局, 委, 办公室, 各街道.
};

UnitLikeness LikenessOfUnit(TextView name);
// `各街道`, `区直各单位`, `市级有关部门`: a collective and not one unit.
bool IsCollectiveName(TextView name);
// `相关单位`, `市级有关部门`: it leaves open who is meant.
bool IsOpenName(TextView name);
// Length of the level a name begins with, which a list may print once for all: `区` of 区教育局, `市委` of 市委宣传部,
// the place of 濠江区教育局; 0 where it has none (市场监管局 has none).
size_t LevelPrefix(TextView name);
bool IsLevelCharacter(char32_t c);
bool StartsLikeSentence(TextView text);

// Where a usual name (财政局, 文化和旅游局, 总工会, with its level in front) begins that ends at `end`, or ends that
// begins at `begin`, whatever stands around it; nothing where none does.
std::optional<size_t> BeginOfUsualName(TextView text, size_t end);
std::optional<size_t> EndOfUsualName(TextView text, size_t begin);

// The key by which names are compared: without brackets, widths and spaces.
std::u32string UnitKey(TextView name);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_UNIT_NAMES_H_
