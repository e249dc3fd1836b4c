#include "common/base/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kMacBytes = 16;

// Every part with its length: no two listings are written alike.
std::string MacOf(const Listing& listing, std::string_view cursor) {
  const std::string caller = DUBAN_BUG("access.page_token_of_anybody") ? std::string() : listing.caller;
  const std::string text = StrCat(caller.size(), ":", caller, listing.scope.size(), ":", listing.scope, cursor);
  return HmacSha256(listing.key, text).substr(0, kMacBytes);
}

}  // namespace

std::string MakePageToken(const Listing& listing, std::string_view cursor) {
  return absl::WebSafeBase64Escape(StrCat(MacOf(listing, cursor), cursor));
}

absl::StatusOr<std::string> ReadPageToken(const Listing& listing, std::string_view token) {
  if (token.empty()) return std::string();
  std::string decoded;
  if (absl::WebSafeBase64Unescape(ToAbsl(token), &decoded) && decoded.size() > kMacBytes) {
    std::string cursor = decoded.substr(kMacBytes);
    // Comparing the whole token also refuses other spellings of the same bytes; in a time that says nothing of where
    // the two differ.
    if (SameBytes(MakePageToken(listing, cursor), token)) return cursor;
  }
  return InvalidField("page_token", "is not a token of this listing; start again without one and keep the filters",
                      "不是本次列表给出的翻页标记，请去掉它并保持筛选条件不变，从第一页重新开始");
}

int32_t PageSize(int32_t given, int32_t preset, int32_t most) {
  return given <= 0 ? preset : std::min(given, most);
}

}  // namespace duban
