// The envelopes of the Connect protocol's streams: a byte of flags, four bytes of length (the highest first), a
// message.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_ENVELOPE_H_
#define DUBAN_SERVICES_CONSOLE_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban::console {

inline constexpr size_t kEnvelopeBytes = 5;
inline constexpr uint8_t kCompressedFlag = 1;
inline constexpr uint8_t kEndStreamFlag = 2;

std::string Envelope(uint8_t flags, std::string_view message);

// The one message that a call of a server stream begins with: the body is its envelope and nothing else. `gzip`:
// whether the call says that messages may be compressed so. Errors: RESOURCE_EXHAUSTED where it is larger than
// `limit`, INVALID_FIELD where it is anything else.
absl::StatusOr<std::string> OnlyMessage(std::string_view body, bool gzip, size_t limit);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_ENVELOPE_H_
