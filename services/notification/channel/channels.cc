#include "services/notification/channel/channels.h"

#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/notification/channel/channel_settings.h"
#include "services/notification/channel/log_channel.h"
#include "services/notification/channel/mail_channel.h"
#include "services/notification/channel/webhook_channel.h"

namespace duban {

absl::StatusOr<std::unique_ptr<Channels>> Channels::Open(LineSink* log, const std::string& file, Clock* clock) {
  auto channels = std::make_unique<Channels>(clock);
  if (log != nullptr) channels->Add(std::make_unique<LogChannel>(log));
  if (file.empty()) return channels;
  DUBAN_ASSIGN_OR_RETURN(ChannelConfig config, ReadChannelSettings(file));
  if (config.mail.has_value()) channels->Add(std::make_unique<MailChannel>(*std::move(config.mail)));
  for (WebhookConfig& webhook : config.webhooks) channels->Add(std::make_unique<WebhookChannel>(std::move(webhook)));
  return channels;
}

void Channels::Add(std::unique_ptr<Channel> channel) {
  channels_.push_back(std::move(channel));
}

Channel* Channels::Find(std::string_view id) const {
  for (const auto& channel : channels_) {
    if (channel->id() == id) return channel.get();
  }
  return nullptr;
}

absl::Status Channels::Send(Channel& channel, const v1::DigestMessage& message, const std::string& address) {
  absl::Status sent = channel.Send(message, address);
  if (absl::IsCancelled(sent)) return sent;
  MutexLock lock(&mu_);
  Record& record = records_[channel.id()];
  (sent.ok() ? record.success : record.failure) = clock_->Now();
  if (!sent.ok()) record.error = std::string(ToStd(sent.message()));
  return sent;
}

v1::Channel Channels::Show(const Channel& channel) const {
  v1::Channel shown;
  shown.set_name(StrCat("channels/", channel.id()));
  shown.set_kind(channel.kind());
  shown.set_target(channel.target());
  MutexLock lock(&mu_);
  const auto known = records_.find(channel.id());
  if (known == records_.end()) return shown;
  const Record& record = known->second;
  if (record.success > absl::InfinitePast()) *shown.mutable_success_time() = ToProto(record.success);
  if (record.failure > absl::InfinitePast()) *shown.mutable_failure_time() = ToProto(record.failure);
  shown.set_last_error(record.error);
  return shown;
}

void Channels::Cancel() {
  for (const auto& channel : channels_) channel->Cancel();
}

}  // namespace duban
