// The built-in log: each digest becomes a line of a file, for an office that lets another program pass it on.
//
// One JSON object a line: a v1.DigestMessage, with original field names. The attempt is made durable before the line is
// written, the line before the delivery counts as sent. A crash in between repeats the line once the attempt counts as
// lost, with the same name of the digest and of its reminders: at least once.
//
// Threads and ownership as in Channel.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_LOG_CHANNEL_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_LOG_CHANNEL_H_

#include <string>

#include "common/base/line_sink.h"
#include "services/notification/channel/channel.h"

namespace duban {

// The log outlives it.
class LogChannel final : public Channel {
 public:
  explicit LogChannel(LineSink* log) : log_(log) {}

  const std::string& id() const override;
  v1::Channel::Kind kind() const override { return v1::Channel::LOG; }
  std::string target() const override { return log_->where(); }
  absl::Status Send(const v1::DigestMessage& message, const std::string& address) override;
  // A line takes no time.
  void Cancel() override {}

 private:
  LineSink* const log_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_LOG_CHANNEL_H_
