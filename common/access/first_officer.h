// The first security officer of a node: a file that `duban node init` leaves in the key folder, and that the plan
// service takes in where it knows nobody yet. Afterwards it does nothing.
//
// Thread-safe.

#ifndef DUBAN_COMMON_ACCESS_FIRST_OFFICER_H_
#define DUBAN_COMMON_ACCESS_FIRST_OFFICER_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "duban/storage/v1/people.pb.h"

namespace duban {

// `first_officer.json` of a key folder; nothing where there is none. Errors: FAILED_PRECONDITION where others can read
// it, or it cannot be understood.
absl::StatusOr<std::optional<storage::v1::FirstOfficer>> ReadFirstOfficer(const std::string& folder);
absl::Status WriteFirstOfficer(const std::string& folder, const storage::v1::FirstOfficer& officer);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_FIRST_OFFICER_H_
