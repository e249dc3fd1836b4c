#include "services/notification/channel/webhook_channel.h"

#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "services/notification/channel/webhook_body.h"
#include "services/notification/channel/webhook_signature.h"

namespace duban {

WebhookChannel::WebhookChannel(WebhookConfig config) : config_(std::move(config)), transfer_(config_.authorities) {}

absl::Status WebhookChannel::Send(const v1::DigestMessage& message, const std::string& /*address*/) {
  // What is signed says when the attempt was made: receivers refuse what is old.
  const absl::Time now = FromProto(message.timestamp());
  const std::string body = WebhookBody(kind(), message, config_.secret, now);
  Transfer::Headers headers = {{"Content-Type", "application/json; charset=utf-8"}, {"User-Agent", "duban"}};
  std::string url = config_.settings.url();
  if (kind() == v1::Channel::STANDARD) {
    const std::string id(LastSegment(message.digest().name()));
    const int64_t seconds = absl::ToUnixSeconds(now);
    headers.emplace_back("webhook-id", id);
    headers.emplace_back("webhook-timestamp", StrCat(seconds));
    headers.emplace_back("webhook-signature", StandardSignature(config_.secret, id, seconds, body));
  }
  if (kind() == v1::Channel::DINGTALK && !config_.secret.empty()) {
    url += DingTalkParameters(config_.secret, absl::ToUnixMillis(now));
  }
  DUBAN_ASSIGN_OR_RETURN(const HttpAnswer answer, transfer_.Post(url, headers, body));
  return VerdictOf(kind(), answer);
}

}  // namespace duban
