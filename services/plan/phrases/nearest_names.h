// The names most like a given one, among many: what a person may have meant.
//
// Alike are names that share pairs of neighbouring characters (likeness.h), and a short form that keeps the order of
// the characters: 区卫健局 of 区卫生健康局. A search looks at the names that share a pair, not at all.
//
// Built by one thread; const calls from any thread. Errors: none.

#ifndef DUBAN_SERVICES_PLAN_PHRASES_NEAREST_NAMES_H_
#define DUBAN_SERVICES_PLAN_PHRASES_NEAREST_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "services/plan/phrases/likeness.h"

namespace duban {

class NearestNames {
 public:
  // Adds a name, folded as its caller compares names. Names get the numbers 0, 1, 2, ... in this order.
  void Add(std::string_view folded);
  size_t size() const { return names_.size(); }

  // The numbers of the names most like `folded`, best first and then in order of number, of those that `wanted` takes
  // when it is asked, best first; at most `most`.
  std::vector<size_t> Find(std::string_view folded, size_t most, absl::FunctionRef<bool(size_t number)> wanted) const;

 private:
  struct Name {
    std::u32string text;
    std::vector<Bigram> bigrams;
  };

  std::vector<Name> names_;
  // The names that hold a bigram, by rising number, each once.
  absl::flat_hash_map<Bigram, std::vector<uint32_t>> holders_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_NEAREST_NAMES_H_
