// The one bridge between absl::Status and grpc::Status; nothing else builds a grpc::Status.
//
// Payloads travel as the details of a google.rpc.Status in the trailer `grpc-status-details-bin`, and come back as
// payloads. Pure and thread-safe.

#ifndef DUBAN_COMMON_RPC_GRPC_STATUS_H_
#define DUBAN_COMMON_RPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstddef>

#include "absl/status/status.h"

namespace duban {

// Most bytes of the details in a trailer. A client drops trailers over 8 KiB, and with them the real error; base64 and
// the message need the rest.
inline constexpr size_t kMaxDetailBytes = 4096;

// The status as the wire has it, with all payloads as details. Where they are larger than kMaxDetailBytes, the last
// field violations go first, then the translation, then the metadata; code, reason and message always stay.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The status a call returned, its details as payloads. Details that do not parse or name another code are dropped.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_GRPC_STATUS_H_
