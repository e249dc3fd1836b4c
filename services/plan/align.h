// Which upstream task a task seems to take on (承接), by likeness of text. A proposal only: a person confirms it.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_ALIGN_H_
#define DUBAN_SERVICES_PLAN_ALIGN_H_

#include <cstddef>
#include <string>
#include <vector>

namespace duban {

// A task as far as its likeness goes.
struct AlignText {
  // `plans/{plan}/tasks/{task}`.
  std::string name;
  std::string text;
};

// A pair that is alike.
struct AlignMatch {
  // Places in the two lists.
  size_t task = 0;
  size_t upstream = 0;
  // Cosine of the bigram vectors, weighted by how rare a bigram is in both lists; above 0, at most 1.
  double score = 0;
};

// Pairs with a score of at least `least`, at most `most` a task: by task in the given order, best first, equal scores
// in the order of `upstream`.
std::vector<AlignMatch> MatchTasks(const std::vector<AlignText>& tasks, const std::vector<AlignText>& upstream,
                                   double least, size_t most);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_ALIGN_H_
