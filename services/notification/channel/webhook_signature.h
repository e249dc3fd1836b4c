// How webhooks are signed: as Standard Webhooks says, and as the robots of 钉钉 and 飞书 want it. Pure and thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_SIGNATURE_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_SIGNATURE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace duban {

// The header `webhook-signature`: `v1,` and base64 of HMAC-SHA-256 over `{id}.{timestamp}.{body}` (Standard Webhooks
// 1.0.0). `key` is the secret's bytes; the timestamp in seconds since 1970.
std::string StandardSignature(std::string_view key, std::string_view id, int64_t seconds, std::string_view body);

// `&timestamp={milliseconds}&sign={signature}`, to be put behind a 钉钉 robot's address: base64 of HMAC-SHA-256 over
// `{milliseconds}\n{secret}` under the secret, percent-encoded.
std::string DingTalkParameters(std::string_view secret, int64_t milliseconds);

// The field `sign` of a 飞书 robot's body: base64 of HMAC-SHA-256 over nothing under `{seconds}\n{secret}`.
std::string FeishuSignature(std::string_view secret, int64_t seconds);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_SIGNATURE_H_
