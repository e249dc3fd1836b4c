// What webhooks get as their body, and what their answers mean. Pure and thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_BODY_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_BODY_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "duban/v1/digest.pb.h"
#include "services/notification/channel/transfer.h"

namespace duban {

// A digest as JSON in one line, with original field names.
std::string MessageJson(const v1::DigestMessage& message);

// The body of a POST. `secret` signs where the kind is FEISHU and it is not empty.
std::string WebhookBody(v1::Channel::Kind kind, const v1::DigestMessage& message, std::string_view secret,
                        absl::Time now);

// Whether the other side took it. Errors: FAILED_PRECONDITION for an answer that stays the same however often it is
// asked (4xx but 408, 425 and 429; a robot that does not know its key, its signature or its word); else UNAVAILABLE.
absl::Status VerdictOf(v1::Channel::Kind kind, const HttpAnswer& answer);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_BODY_H_
