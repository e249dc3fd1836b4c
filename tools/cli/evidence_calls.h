// Files of evidence as the commands send and fetch them: piece by piece, with progress, and compared with their
// SHA-256.

#ifndef DUBAN_TOOLS_CLI_EVIDENCE_CALLS_H_
#define DUBAN_TOOLS_CLI_EVIDENCE_CALLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/evidence.pb.h"
#include "google/protobuf/repeated_field.h"
#include "tools/cli/session.h"

namespace duban::cli {

// Puts a file of the machine in for `units/{unit}`; `-` is no file. Error: a usage error where it cannot be read, is
// empty or has more than 25 MiB.
absl::StatusOr<v1::EvidenceFile> PutFileIn(Session& session, const std::string& unit, const std::string& path);

// Fills `out` with what `--evidence=TITLE=REF` says: a file of the machine is put in for `units/{unit}` and named by
// its SHA-256; anything else is a reference; a title alone is one.
absl::Status FillEvidence(Session& session, const std::vector<std::string>& texts, const std::string& unit,
                          google::protobuf::RepeatedPtrField<v1::Evidence>* out);

// Reads the whole of a file that an assignment names; waits at most so long for one that comes from another node.
// Errors: those of the server; INVARIANT_BROKEN where the bytes have another SHA-256.
absl::StatusOr<std::string> ReadWholeEvidence(Session& session, const std::string& assignment,
                                              const std::string& sha256, absl::Duration wait);

// What of an assignment's evidence is a file, with what is known of each; what cannot be asked is left out.
std::vector<v1::EvidenceFile> FilesOf(Session& session, const v1::Assignment& assignment);

// `2.4 MiB`, `812 B`.
std::string SizeWords(int64_t bytes);
// Where it is: `已在本级 2.4 MiB`.
Phrase FileWords(const v1::EvidenceFile& file);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_EVIDENCE_CALLS_H_
