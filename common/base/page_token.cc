#include "common/base/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Length of ComputedId("", ...).
constexpr size_t kCheckLength = 20;

}  // namespace

std::string MakePageToken(std::string_view scope, std::string_view cursor) {
  return absl::WebSafeBase64Escape(StrCat(ComputedId("", {scope, cursor}), cursor));
}

absl::StatusOr<std::string> ReadPageToken(std::string_view scope, std::string_view token) {
  if (token.empty()) return std::string();
  std::string decoded;
  if (absl::WebSafeBase64Unescape(ToAbsl(token), &decoded) && decoded.size() > kCheckLength) {
    std::string cursor = decoded.substr(kCheckLength);
    // Comparing the whole token also refuses other spellings of the same bytes.
    if (MakePageToken(scope, cursor) == token) return cursor;
  }
  return InvalidField("page_token", "is not a token of this listing; start again without one and keep the filters",
                      "不是本次列表给出的翻页标记，请去掉它并保持筛选条件不变，从第一页重新开始");
}

int32_t PageSize(int32_t given, int32_t preset, int32_t most) {
  return given <= 0 ? preset : std::min(given, most);
}

}  // namespace duban
