// A webhook: a digest is POSTed as JSON, signed, to one configured address.
//
// Threads and ownership as in Channel.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_CHANNEL_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_CHANNEL_H_

#include <string>

#include "services/notification/channel/channel.h"
#include "services/notification/channel/channel_settings.h"
#include "services/notification/channel/transfer.h"

namespace duban {

class WebhookChannel final : public Channel {
 public:
  explicit WebhookChannel(WebhookConfig config);

  const std::string& id() const override { return config_.settings.id(); }
  v1::Channel::Kind kind() const override { return config_.settings.kind(); }
  std::string target() const override { return config_.target; }
  absl::Status Send(const v1::DigestMessage& message, const std::string& address) override;
  void Cancel() override { transfer_.Cancel(); }

 private:
  const WebhookConfig config_;
  Transfer transfer_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_WEBHOOK_CHANNEL_H_
