// Addresses as flags have them: HOST:PORT.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_RPC_ADDRESS_H_
#define DUBAN_COMMON_RPC_ADDRESS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace duban {

// HOST:PORT, [HOST]:PORT for IPv6, taken apart; INVALID_ARGUMENT where the text is neither.
absl::StatusOr<std::pair<std::string, int>> SplitAddress(std::string_view address);

// Whether a host only reaches this machine: 127.0.0.0/8, ::1 or `localhost`.
bool IsLoopback(std::string_view host);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_ADDRESS_H_
