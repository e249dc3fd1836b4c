// How many files a node asks others for, for whoever watches it: counted a bounded part at a time.
//
// Thread-safe. Errors: those of the store.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASKED_FILES_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASKED_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/store/view.h"

namespace duban {

class AskedFiles {
 public:
  // What `node` asks for; what others ask of it is theirs to count.
  explicit AskedFiles(std::string node) : node_(std::move(node)) {}

  struct Counts {
    // On its way, or answered with: no such file.
    int64_t coming = 0;
    int64_t missing = 0;
  };
  // Reads at most 1,000 rows. Where there are more, a round over them takes several calls, and the answer is what the
  // last round found; before the first one is over, as far as that has come.
  absl::StatusOr<Counts> Count(const ReadView& view);

 private:
  struct Round {
    // The key it has come to.
    std::string behind;
    Counts counts;
  };
  // Goes on with a round. Returns whether there may be more.
  absl::StatusOr<bool> GoOn(const ReadView& view, Round* round) const;

  const std::string node_;
  Mutex mutex_;
  Round round_ ABSL_GUARDED_BY(mutex_);
  // What the round before found.
  std::optional<Counts> before_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASKED_FILES_H_
