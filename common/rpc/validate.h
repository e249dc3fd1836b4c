// Checks a request against the (duban.v1.rules) options of its fields, by reflection, nested messages included.
//
// Knows no gRPC, so that cores, tests and the simulator can use it too. Pure and thread-safe.

#ifndef DUBAN_COMMON_RPC_VALIDATE_H_
#define DUBAN_COMMON_RPC_VALIDATE_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace duban {

// Messages nested deeper than this are refused. The request itself is level 1.
inline constexpr int kMaxMessageDepth = 32;
// Checking stops after this many broken rules; the error shows the first ones and their number.
inline constexpr int kMaxReportedViolations = 100;
// Most paths of a field mask.
inline constexpr int kMaxMaskPaths = 100;

// OK, or INVALID_FIELD that names every field that breaks a rule, such as `task.responsibilities[2].unit`.
//
// Beyond the rules: strings are UTF-8 without control characters other than tab and newline; enum values are known, and
// not zero where required or in a list; Duration and Timestamp are well formed; without a rule a string has at most
// 4,096 code points, `bytes` at most 65,536 bytes, a list at most 1,000 elements. The value of an Any is not looked
// into. Where the request has an `update_mask` with paths, each must name a field of the resource beside it, and
// resource fields outside the mask may be unset even where a rule requires them; the resource's name may not.
absl::Status ValidateRequest(const google::protobuf::Message& request);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_VALIDATE_H_
