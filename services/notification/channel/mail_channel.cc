#include "services/notification/channel/mail_channel.h"

#include <utility>

#include "services/notification/channel/channels.h"
#include "services/notification/channel/mail_message.h"

namespace duban {

MailChannel::MailChannel(MailConfig config) : config_(std::move(config)), transfer_(config_.authorities) {}

const std::string& MailChannel::id() const {
  static const auto* id = new std::string(kMailChannel);
  return *id;
}

absl::Status MailChannel::Send(const v1::DigestMessage& message, const std::string& address) {
  const storage::v1::ChannelSettings::Mail& settings = config_.settings;
  const Mail mail{.sender = settings.sender(),
                  .recipient = address,
                  .text = MailText(message, settings.sender(), settings.sender_name(), address)};
  return transfer_.Send(mail, settings.server(), settings.security() == storage::v1::ChannelSettings::Mail::TLS,
                        settings.user(), config_.password);
}

}  // namespace duban
