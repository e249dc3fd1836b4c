// The limit on the metadata of a call, which every method of a server checks before anything else.
//
// gRPC has a limit of its own, but keeps it only once the client has seen the server's SETTINGS, and may close the
// connection instead of refusing the call. That one is set higher (server.cc) and protects memory; this one answers.
// Pure and thread-safe.

#ifndef DUBAN_COMMON_RPC_CALL_METADATA_H_
#define DUBAN_COMMON_RPC_CALL_METADATA_H_

#include <grpcpp/support/string_ref.h>

#include <cstddef>
#include <map>

#include "absl/status/status.h"

namespace grpc {
class ServerContextBase;
}

namespace duban {

// Most metadata a call may carry. errors.proto states it for callers.
inline constexpr size_t kMaxMetadataBytes = 16 * 1024;
// What each pair counts beside its key and value, as in HTTP/2 (RFC 9113, 6.5.2).
inline constexpr size_t kMetadataPairBytes = 32;

// What `metadata` counts: the lengths of keys and values, and kMetadataPairBytes for each pair.
size_t MetadataBytes(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

// OK, or METADATA_TOO_LARGE with `bytes` and `limit_bytes`. What the client library adds by itself, such as
// `user-agent`, counts too.
absl::Status CheckMetadata(const grpc::ServerContextBase& context);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_CALL_METADATA_H_
