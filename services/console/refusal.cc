#include "services/console/refusal.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "google/rpc/error_details.pb.h"

namespace duban::console {

absl::Status Refusal(absl::StatusCode code, std::string_view english, std::string_view chinese) {
  google::rpc::LocalizedMessage localized;
  localized.set_locale("zh-CN");
  localized.set_message(std::string(chinese));
  absl::Status status(code, ToAbsl(english));
  status.SetPayload(kLocalizedMessageUrl, absl::Cord(localized.SerializeAsString()));
  return status;
}

absl::Status TooLarge(size_t limit) {
  return Refusal(absl::StatusCode::kResourceExhausted,
                 StrCat("the message is larger than the ", limit, " bytes that are taken; send less at once"),
                 StrCat("请求超过", limit, "字节的上限，请分批提交"));
}

absl::Status NotSignedIn() {
  return Error(v1::NOT_AUTHENTICATED, "nobody is signed in, or not any more; sign in", "尚未登录或登录已过期，请登录",
               {{"cause", "SESSION"}});
}

absl::Status Busy(std::string_view lane) {
  return Error(v1::OVERLOADED,
               StrCat("the console is busy: as many ", lane, " as it takes are under way; repeat it in a second"),
               "控制台繁忙，请一秒后重试", {{"lane", std::string(lane)}});
}

absl::Status ConsoleStops() {
  return Error(v1::NOT_SERVING, "the console is stopping; repeat the call later", "控制台正在停止，请稍后重试");
}

}  // namespace duban::console
