// All names of a directory in memory, as of one version of it: what reading a document and guessing at a name need, and
// what would take reading every entry at each call.
//
// DirectoryNames is immutable: any thread. DirectoryNamesCache looks after itself. Errors: INVARIANT_BROKEN from the
// store.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_NAMES_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/store/view.h"
#include "services/plan/phrases/nearest_names.h"

namespace duban {

// What is known of one entry by name.
struct NamedEntry {
  std::string name;  // `units/x` or `groups/x`.
  std::string display_name;
  std::vector<std::string> aliases;
  // When it exists, as `YYYY-MM-DD`: from inclusive, to exclusive, empty where open.
  std::string valid_from, valid_to;
};

class DirectoryNames {
 public:
  // Reads every entry.
  static absl::StatusOr<std::shared_ptr<const DirectoryNames>> Read(const ReadView& view);

  // Visits the units that exist on the day `YYYY-MM-DD`, then the groups, by name.
  void ForEach(std::string_view day, absl::FunctionRef<void(const NamedEntry&)> visit) const;

  // The names of entries that exist on the day most like `text`, as printed, best first, each entry once, at most
  // `most`; nothing that is hardly alike.
  std::vector<std::string> Nearest(std::string_view text, size_t most, std::string_view day) const;

 private:
  struct Spelling {
    size_t entry;
    std::string printed;
  };

  void Add(NamedEntry entry);

  std::vector<NamedEntry> entries_;
  std::vector<Spelling> spellings_;
  NearestNames nearest_;  // By number of the spelling.
};

// Keeps the names of the version that was asked for last.
class DirectoryNamesCache {
 public:
  // The names as a snapshot has them. Not for a transaction: what it has written may never be.
  absl::StatusOr<std::shared_ptr<const DirectoryNames>> At(const ReadView& snapshot);

 private:
  Mutex mu_;
  int64_t version_ ABSL_GUARDED_BY(mu_) = -1;
  std::shared_ptr<const DirectoryNames> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_NAMES_H_
