// The way from a command to the servers, as a port: commands and their tests know nothing of gRPC.

#ifndef DUBAN_TOOLS_CLI_CONNECTION_H_
#define DUBAN_TOOLS_CLI_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace duban::cli {

// Which of the services a call goes to.
enum class Peer { kPlan, kAssignment, kNotification };

// `HOST:PORT` of each service; all the same where one node serves all three.
struct Addresses {
  std::string plan;
  std::string assignment;
  std::string notification;

  const std::string& of(Peer peer) const {
    return peer == Peer::kPlan ? plan : peer == Peer::kAssignment ? assignment : notification;
  }
};

// How to prove to servers who calls. One of the two.
struct Transport {
  // Folder of keys (common/access/key_folder.h); empty: none.
  std::string keys;
  // Without TLS, to this machine alone.
  bool insecure = false;
};

// Calls servers. Thread-compatible.
class Connection {
 public:
  virtual ~Connection() = default;

  // From now on calls bring this token of a person; empty: none.
  virtual void SetToken(const std::string& token) = 0;

  // Makes one unary call, and repeats it while the server is UNAVAILABLE and there is time: every request either reads
  // only or carries a request id, but for RefreshSession, whose repeat would be taken for theft. `method` is a full
  // name such as `duban.v1.PlanService/GetPlan`; `request` and `response` are of its types. Errors: what the server
  // said, with all details (common/base/errors.h); UNAVAILABLE without a reason where it was not reached; a usage error
  // where `Transport` says nothing that can be used; DEADLINE_EXCEEDED where no answer came within `timeout`, repeats
  // included.
  virtual absl::Status Call(Peer peer, std::string_view method, const google::protobuf::Message& request,
                            google::protobuf::Message* response, absl::Duration timeout) = 0;
};

// Makes a connection; nothing is dialled, and no key is read, before the first call.
using Connector = std::function<std::unique_ptr<Connection>(const Addresses& addresses, const Transport& transport)>;

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_CONNECTION_H_
