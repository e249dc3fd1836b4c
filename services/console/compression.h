// gzip (RFC 1952), in both directions and within a limit.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_COMPRESSION_H_
#define DUBAN_SERVICES_CONSOLE_COMPRESSION_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban::console {

// Bodies smaller than this are sent as they are: compressing them costs more than it saves.
inline constexpr size_t kMinCompressedBytes = 1024;

// What a body was before it was compressed: one gzip member that ends where the body does. Stops as soon as more than
// `limit` bytes came of it. Errors: RESOURCE_EXHAUSTED where they did; INVALID_FIELD where it is no such thing.
absl::StatusOr<std::string> Gunzip(std::string_view compressed, size_t limit);

// The text as one gzip member.
std::string Gzip(std::string_view text);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_COMPRESSION_H_
