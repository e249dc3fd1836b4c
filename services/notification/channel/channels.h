// The channels of a node: what it was told, and how each has been doing.
//
// Made before anything is sent; then thread-safe. What it is made of outlives it.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNELS_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNELS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/line_sink.h"
#include "common/base/mutex.h"
#include "duban/v1/digest.pb.h"
#include "services/notification/channel/channel.h"

namespace duban {

inline constexpr std::string_view kLogChannel = "log";
inline constexpr std::string_view kMailChannel = "mail";

class Channels {
 public:
  explicit Channels(Clock* clock) : clock_(clock) {}

  // The log where `log` is not null, and what the settings in `file` name where it is not empty. Errors: as
  // ReadChannelSettings.
  static absl::StatusOr<std::unique_ptr<Channels>> Open(LineSink* log, const std::string& file, Clock* clock);

  // Before the first message.
  void Add(std::unique_ptr<Channel> channel);

  const std::vector<std::unique_ptr<Channel>>& all() const { return channels_; }
  // Null where there is none of this id.
  Channel* Find(std::string_view id) const;
  bool has_log() const { return Find(kLogChannel) != nullptr; }

  // Sends over a channel of this node and notes how it went.
  absl::Status Send(Channel& channel, const v1::DigestMessage& message, const std::string& address)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Fills in what is known of a channel: all but counts.
  v1::Channel Show(const Channel& channel) const ABSL_LOCKS_EXCLUDED(mu_);
  void Cancel();

 private:
  struct Record {
    absl::Time success = absl::InfinitePast();
    absl::Time failure = absl::InfinitePast();
    std::string error;
  };

  Clock* const clock_;
  std::vector<std::unique_ptr<Channel>> channels_;
  mutable Mutex mu_;
  std::map<std::string, Record> records_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNELS_H_
