// Which task of another version of a document is which task of a published plan: the best matching as a whole, so that
// one task that reads like two of them does not take the other's place.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_MATCH_TASKS_H_
#define DUBAN_SERVICES_PLAN_MATCH_TASKS_H_

#include <vector>

#include "duban/v1/plan.pb.h"

namespace duban {

// Below this likeness of text, two tasks that were taken for one may be two.
inline constexpr double kSureLikeness = 0.5;

// How alike the texts of two tasks are, from 0 to 1: those that are equal but for punctuation and spaces are 1.
double LikenessOf(const v1::Task& a, const v1::Task& b);

// For each of `tasks` the place of the one among `known` that it is, or -1: each known one once, so that the sum of how
// well they fit is the greatest. What fits: the text first, and the table and number where it is printed. Tasks that
// share next to nothing are never the same.
std::vector<int> MatchToKnown(const std::vector<const v1::Task*>& tasks, const std::vector<const v1::Task*>& known);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_MATCH_TASKS_H_
