// The file of --channels: which mail server and which webhooks a node may call. Addresses that the node calls come from
// here and from nowhere else.
//
// JSON of storage.v1.ChannelSettings, for its owner's eyes alone (0600), as are the files of secrets that it names.
// Errors: INVALID_ARGUMENT, which names the file, the place in it, and what to do. Reads files; thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_SETTINGS_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_SETTINGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "duban/storage/v1/notification.pb.h"

namespace duban {

// Most webhooks of a node.
inline constexpr int kMostWebhooks = 32;

// A mail server, with its secret.
struct MailConfig {
  storage::v1::ChannelSettings::Mail settings;
  std::string password;
  // Whole path; empty: the machine's.
  std::string authorities;
};

// A webhook, with its secret: the bytes that sign.
struct WebhookConfig {
  storage::v1::ChannelSettings::Webhook settings;
  std::string secret;
  std::string authorities;
  // Host and port of its address.
  std::string target;
};

struct ChannelConfig {
  std::optional<MailConfig> mail;
  std::vector<WebhookConfig> webhooks;
};

absl::StatusOr<ChannelConfig> ReadChannelSettings(const std::string& file);

// Whether a text is `local@domain` as mail servers take it, without quotes, comments or anything that ends a line.
bool IsMailAddress(std::string_view text);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_SETTINGS_H_
