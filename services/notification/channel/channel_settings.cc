#include "services/notification/channel/channel_settings.h"

#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/access/key_folder.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "google/protobuf/util/json_util.h"
#include "services/notification/channel/transfer.h"

namespace duban {
namespace {

using storage::v1::ChannelSettings;

constexpr std::string_view kSecretPrefix = "whsec_";
// As Standard Webhooks asks.
constexpr size_t kShortestSecret = 24;
constexpr size_t kLongestSecret = 64;

// Collects where it looks, for messages.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  absl::StatusOr<ChannelConfig> Read() const {
    DUBAN_ASSIGN_OR_RETURN(const ChannelSettings settings, Parse());
    ChannelConfig config;
    if (settings.has_mail()) {
      DUBAN_ASSIGN_OR_RETURN(config.mail, ReadMail(settings.mail()));
    }
    if (settings.webhooks_size() > kMostWebhooks) return Wrong("webhooks", StrCat("at most ", kMostWebhooks));
    std::set<std::string> ids;
    for (const ChannelSettings::Webhook& webhook : settings.webhooks()) {
      DUBAN_ASSIGN_OR_RETURN(WebhookConfig read, ReadWebhook(webhook));
      if (!ids.insert(webhook.id()).second) return Wrong(StrCat("webhooks: ", webhook.id()), "is there twice");
      config.webhooks.push_back(std::move(read));
    }
    return config;
  }

 private:
  absl::Status Wrong(std::string_view place, std::string_view what) const {
    return absl::InvalidArgumentError(StrCat("--channels=", file_, ": ", place, ": ", what));
  }

  // What only its owner may read, whole.
  absl::StatusOr<std::string> ReadPrivate(const std::string& path, std::string_view place) const {
    const absl::Status closed = CheckPrivateFile(path);
    if (!closed.ok()) return Wrong(place, ToStd(closed.message()));
    absl::StatusOr<std::string> content = ReadWholeFile(path);
    if (!content.ok()) return Wrong(place, ToStd(content.status().message()));
    return content;
  }

  absl::StatusOr<ChannelSettings> Parse() const {
    DUBAN_ASSIGN_OR_RETURN(const std::string json, ReadPrivate(file_, "the file"));
    ChannelSettings settings;
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, &settings);
    if (!parsed.ok()) return Wrong("is no such JSON", std::string(parsed.message()));
    return settings;
  }

  std::string Beside(const std::string& name) const {
    return (std::filesystem::path(file_).parent_path() / name).string();
  }

  // A secret in one line.
  absl::StatusOr<std::string> ReadSecret(const std::string& name, std::string_view place) const {
    DUBAN_ASSIGN_OR_RETURN(std::string secret, ReadPrivate(Beside(name), place));
    absl::StripTrailingAsciiWhitespace(&secret);
    if (secret.empty()) return Wrong(place, StrCat(Beside(name), " is empty"));
    return secret;
  }

  absl::StatusOr<std::string> Authorities(const std::string& name, std::string_view place) const {
    if (name.empty()) return "";
    const absl::StatusOr<std::string> content = ReadWholeFile(Beside(name));
    if (!content.ok()) return Wrong(place, ToStd(content.status().message()));
    return Beside(name);
  }

  absl::StatusOr<MailConfig> ReadMail(const ChannelSettings::Mail& mail) const {
    const std::optional<Place> place = ParsePlace(StrCat("smtp://", mail.server()));
    if (!place.has_value() || !place->path.empty()) return Wrong("mail.server", "write HOST:PORT");
    if (mail.security() == ChannelSettings::Mail::SECURITY_UNSPECIFIED) {
      return Wrong("mail.security", "write TLS (port 465) or STARTTLS (port 587); mail never leaves in the clear");
    }
    if (!IsMailAddress(mail.sender())) return Wrong("mail.sender", "write local@domain");
    if (mail.user().empty() != mail.password_file().empty()) {
      return Wrong("mail.user", "comes with mail.passwordFile, or neither");
    }
    MailConfig config;
    config.settings = mail;
    if (!mail.password_file().empty()) {
      DUBAN_ASSIGN_OR_RETURN(config.password, ReadSecret(mail.password_file(), "mail.passwordFile"));
    }
    DUBAN_ASSIGN_OR_RETURN(config.authorities, Authorities(mail.authorities_file(), "mail.authoritiesFile"));
    return config;
  }

  absl::StatusOr<WebhookConfig> ReadWebhook(const ChannelSettings::Webhook& webhook) const {
    const std::string at = StrCat("webhooks: ", webhook.id());
    if (!IsResourceId(webhook.id()) || webhook.id() == "log" || webhook.id() == "mail") {
      return Wrong(StrCat(at, ": id"), "1 to 63 of a-z, 0-9 and `-`, beginning with a letter; not `log`, not `mail`");
    }
    if (webhook.kind() < v1::Channel::STANDARD) {
      return Wrong(StrCat(at, ": kind"), "write STANDARD, WECOM, DINGTALK or FEISHU");
    }
    const std::optional<Place> place = ParsePlace(webhook.url());
    const bool allowed =
        place.has_value() && (place->scheme == "https" || (place->scheme == "http" && place->loopback));
    if (!allowed) return Wrong(StrCat(at, ": url"), "write https://HOST/..., or http:// on this machine");
    WebhookConfig config;
    config.settings = webhook;
    config.target = place->host_and_port;
    DUBAN_ASSIGN_OR_RETURN(config.secret, ReadKey(webhook, StrCat(at, ": secretFile")));
    DUBAN_ASSIGN_OR_RETURN(config.authorities,
                           Authorities(webhook.authorities_file(), StrCat(at, ": authoritiesFile")));
    return config;
  }

  absl::StatusOr<std::string> ReadKey(const ChannelSettings::Webhook& webhook, const std::string& place) const {
    const bool wanted = webhook.kind() == v1::Channel::STANDARD;
    if (webhook.secret_file().empty()) {
      if (wanted) return Wrong(place, "a STANDARD webhook is signed: name the file of its secret");
      return "";
    }
    if (webhook.kind() == v1::Channel::WECOM) return Wrong(place, "a WECOM robot has no secret but its address");
    DUBAN_ASSIGN_OR_RETURN(std::string secret, ReadSecret(webhook.secret_file(), place));
    if (!wanted) return secret;
    std::string key;
    const bool read = secret.starts_with(kSecretPrefix) &&
                      absl::Base64Unescape(ToAbsl(std::string_view(secret).substr(kSecretPrefix.size())), &key);
    if (!read || key.size() < kShortestSecret || key.size() > kLongestSecret) {
      return Wrong(place, "the secret is `whsec_` and 24 to 64 bytes in base64");
    }
    return key;
  }

  const std::string& file_;
};

}  // namespace

absl::StatusOr<ChannelConfig> ReadChannelSettings(const std::string& file) {
  return Reader(file).Read();
}

bool IsMailAddress(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 254) return false;
  if (text.find('@', at + 1) != std::string_view::npos || text.front() == '-') return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = absl::ascii_isalnum(byte) || std::string_view("@.!#$%&'*+-/=?^_`{|}~").find(c) != text.npos;
    if (!plain) return false;
  }
  const std::string_view domain = text.substr(at + 1);
  return domain.front() != '.' && domain.back() != '.' && domain.find("..") == std::string_view::npos;
}

}  // namespace duban
