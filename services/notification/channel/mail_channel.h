// E-mail: a digest goes to one address as a plain text in Chinese, over a TLS connection to the office's mail server.
//
// Threads and ownership as in Channel.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_CHANNEL_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_CHANNEL_H_

#include <string>

#include "services/notification/channel/channel.h"
#include "services/notification/channel/channel_settings.h"
#include "services/notification/channel/transfer.h"

namespace duban {

class MailChannel final : public Channel {
 public:
  explicit MailChannel(MailConfig config);

  const std::string& id() const override;
  v1::Channel::Kind kind() const override { return v1::Channel::MAIL; }
  std::string target() const override { return config_.settings.server(); }
  absl::Status Send(const v1::DigestMessage& message, const std::string& address) override;
  void Cancel() override { transfer_.Cancel(); }

 private:
  const MailConfig config_;
  Transfer transfer_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_CHANNEL_H_
