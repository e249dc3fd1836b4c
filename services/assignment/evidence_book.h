// What the assignment service's store says of files: which there are, who put them in, which assignments name them, and
// what this node asks the nodes below for. The bytes lie beside the store (common/store/kept_files.h).
//
// A holder is the id of the unit that put a file in. Rows beside those of kept_files.h:
//   entity  wanted/{assignment}    v1.EvidenceRequest; of the issuer's, to the nodes it asks, which keep it as it came
//
// Pure functions of a view, or parts of one command. Errors: those of the store, unless others are named.

#ifndef DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_BOOK_H_
#define DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_BOOK_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/contract/duty.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/evidence.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/evidence.pb.h"

namespace duban {

// What one unit may have at a node.
inline constexpr int64_t kMaxFilesOfUnit = 20'000;
inline constexpr int64_t kMaxBytesOfUnit = int64_t{2} << 30;
// A file that nothing names stays so long after it was put in last.
inline constexpr absl::Duration kUnnamedKept = absl::Hours(7 * 24);
// Most files of one assignment that are asked for at once.
inline constexpr int kMaxWanted = 100;
// A file that the unit's node did not have is asked for again so much later.
inline constexpr absl::Duration kAskAgainAfter = absl::Minutes(1);

// The files that reports and submissions of a duty name by their SHA-256, those of reports taken back left out: what
// can be read.
std::set<std::string> FilesNamedBy(const Duty& duty);
// Those of reports taken back, too: what is kept, and handed up where the issuer asks. The issuer may have read a
// report before it was taken back; then it stays.
std::set<std::string> FilesMentionedIn(const v1::Execution& execution);

// Keeps the index of who mentions what true where an execution changes; either can be an empty one.
void NameFiles(Transaction& transaction, std::string_view assignment, const v1::Execution& before,
               const v1::Execution& now);

// Whether an assignment of a holder mentions a file.
absl::StatusOr<bool> IsNamed(const ReadView& view, std::string_view sha256, std::string_view holder);

// A file that was put in.
struct PutFile {
  std::string sha256;
  std::string holder;
  int64_t size_bytes = 0;
  std::string media_type;
  std::string file_name;
};

// OK where a holder may have one more file of this size. Errors: LIMIT_REACHED.
absl::Status CheckMayHold(const ReadView& view, std::string_view holder, int64_t size_bytes);

// What the units have at this node together; a file of two counts twice.
absl::StatusOr<storage::v1::HeldFiles> AllHeld(const ReadView& view);

// Writes the row of a file whose bytes are kept; one that is there already is put in anew. Errors: as CheckMayHold.
absl::Status NoteFile(Transaction& transaction, const PutFile& file, const std::vector<std::string>& piece_hashes,
                      absl::Time now);

// A file that was put in long enough ago to be looked at: does something name it?
struct DueFile {
  std::string sha256;
  std::string holder;
};
// The first of those that were put in before `before`.
absl::StatusOr<std::optional<DueFile>> FirstDue(const ReadView& view, absl::Time before);
// Looks at it: one that is named stays for good; the row of another one goes. Returns whether it went.
absl::StatusOr<bool> ForgetUnnamed(Transaction& transaction, const DueFile& file, absl::Time before);

// The index rows that files and executions ask for, as part of IndexRows.
absl::Status EvidenceIndexRows(const ReadView& view, IndexRowSink sink);

inline constexpr std::string_view kWantedPrefix = "wanted/";
std::string WantedName(std::string_view assignment);

// What is asked of a file; null where it is not asked for.
const v1::EvidenceRequest::Item* FindItem(const v1::EvidenceRequest& request, std::string_view sha256);

// Whether asking for the file, at `now`, would change nothing: it is asked for, or was a moment ago and nobody had it.
bool IsAskedFor(const v1::EvidenceRequest& request, std::string_view sha256, absl::Time now);

// Asks for a file of an assignment, in the name of `node`: the first of `holders`, which are nodes and at least one;
// again, where it is long enough ago that none had it. Errors: LIMIT_REACHED.
absl::Status AskFor(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                    const std::string& node, const std::vector<std::string>& holders, absl::Time now);
// Notes that the node `from` has no such file: the one behind it in `holders` is asked now, if there is one.
absl::Status NoteMissing(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                         const std::string& from, const std::vector<std::string>& holders, absl::Time now);
// Notes that it is here, and not asked for any more.
absl::Status NoteCome(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                      const std::vector<std::string>& holders);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_BOOK_H_
