#include "services/notification/channel/log_channel.h"

#include "common/base/strings.h"
#include "services/notification/channel/channels.h"
#include "services/notification/channel/webhook_body.h"

namespace duban {

const std::string& LogChannel::id() const {
  static const auto* id = new std::string(kLogChannel);
  return *id;
}

absl::Status LogChannel::Send(const v1::DigestMessage& message, const std::string& /*address*/) {
  return log_->Append(StrCat(MessageJson(message), "\n"));
}

}  // namespace duban
