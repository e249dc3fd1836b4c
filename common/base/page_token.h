// Page tokens of List methods: opaque to callers, and refused where they were altered or belong to another listing or
// another caller.
//
// A token holds where the next page begins and a MAC (HMAC-SHA-256, 16 bytes of it) over that, the caller and the
// listing's scope (method and filters), by a key of the process: what was altered, swapped between callers or made up
// is told from what was given. Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_PAGE_TOKEN_H_
#define DUBAN_COMMON_BASE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban {

// What a token belongs to.
struct Listing {
  // Whoever has it can make tokens.
  std::string_view key;
  // As Caller::label has it.
  std::string caller;
  // The listing: its method and every filter, joined so that two listings never share one.
  std::string scope;
};

// The token of a page that begins behind `cursor`, which is not empty.
std::string MakePageToken(const Listing& listing, std::string_view cursor);

// The cursor of a token; empty for an empty token (the first page). Errors: INVALID_FIELD for `page_token` where the
// token was altered or was made for another listing or caller.
absl::StatusOr<std::string> ReadPageToken(const Listing& listing, std::string_view token);

// The size to use: `preset` where the caller gave 0, never more than `most`. `given` is not negative.
int32_t PageSize(int32_t given, int32_t preset, int32_t most);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_PAGE_TOKEN_H_
