// Page tokens of List methods: opaque to callers, and refused where they were altered or belong to another listing.
//
// A token holds where the next page begins and a check over that and the listing's scope (method and filters). It is
// no secret and grants nothing; the check only turns a mistake into a clear error. Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_PAGE_TOKEN_H_
#define DUBAN_COMMON_BASE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban {

// The token of a page that begins behind `cursor`. `scope` names the listing: its method and every filter, joined so
// that two listings never share one. `cursor` is not empty.
std::string MakePageToken(std::string_view scope, std::string_view cursor);

// The cursor of a token; empty for an empty token (the first page). Errors: INVALID_FIELD for `page_token` where the
// token was altered or was made for another scope.
absl::StatusOr<std::string> ReadPageToken(std::string_view scope, std::string_view token);

// The size to use: `preset` where the caller gave 0, never more than `most`. `given` is not negative.
int32_t PageSize(int32_t given, int32_t preset, int32_t most);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_PAGE_TOKEN_H_
