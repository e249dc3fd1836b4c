// A way for digests to leave the node, as a port: the log, a mail server, a webhook.
//
// Threads: Send runs on one thread at a time, Cancel on any. Ownership: whoever made a channel keeps it until nothing
// sends any more.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "duban/v1/digest.pb.h"

namespace duban {

// How long one attempt may take in all.
inline constexpr absl::Duration kSendTime = absl::Seconds(20);

class Channel {
 public:
  virtual ~Channel() = default;

  // `log`, `mail`, or the id of a webhook.
  virtual const std::string& id() const = 0;
  virtual v1::Channel::Kind kind() const = 0;
  // What it calls, for people: host and port, or a file. Never a path or a key.
  virtual std::string target() const = 0;

  // Sends one message to `address`, where the channel has addresses, and returns once the other side has taken it, or
  // after kSendTime at the latest. The same digest can be sent again: its name is the key by which receivers drop
  // doubles. Errors: CANCELLED after Cancel; FAILED_PRECONDITION where no further attempt helps before somebody changes
  // something; anything else may pass by itself. The message says what the other side said.
  virtual absl::Status Send(const v1::DigestMessage& message, const std::string& address) = 0;

  // Ends the Send under way soon, and every later one at once: the node stops.
  virtual void Cancel() = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_CHANNEL_H_
