// Calls of any method of a server, as bytes, without a thread that waits: what a gateway needs.
//
// A unary call and a server stream are made alike: one message goes out, any number come back, one at a time, each when
// it is asked for. What is not asked for stays at the server, whose window for it is small.
//
// Connections are several: unary calls take turns over a few, so that one that is cut takes few of them along, and
// streams have others, as many as there are streams for: a server takes so many at a time over each.
//
// Thread-safe. Listeners are called on threads of gRPC and must not block for long.

#ifndef DUBAN_COMMON_RPC_GENERIC_CALLER_H_
#define DUBAN_COMMON_RPC_GENERIC_CALLER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class ChannelCredentials;
}

namespace duban {

struct GenericRequest {
  // `/duban.v1.PlanService/GetPlan`.
  std::string path;
  // Of a person, for `authorization`; empty: none.
  std::string token;
  // Not set: as long as it takes.
  std::optional<absl::Duration> timeout;
  std::string message;
  // A stream, which may last.
  bool streams = false;
};

// Hears of one call, one thing at a time.
class GenericListener {
 public:
  virtual ~GenericListener() = default;
  virtual void OnMessage(std::string message) = 0;
  // Last of all; with the payloads of the server's error.
  virtual void OnDone(absl::Status status) = 0;
};

class GenericCall {
 public:
  virtual ~GenericCall() = default;
  // Begins it, once, and asks for the first message.
  virtual void Start() = 0;
  // Asks for the next one. REQUIRES: the last has come.
  virtual void Next() = 0;
  // OnDone follows, unless it was called already.
  virtual void Cancel() = 0;
};

struct GenericCallerOptions {
  // HOST:PORT.
  std::string address;
  // Null: no TLS, for loopback alone.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // Largest answer.
  int max_message_bytes = 64 << 20;
};

class GenericCaller {
 public:
  static std::unique_ptr<GenericCaller> Make(const GenericCallerOptions& options);
  // Stops.
  virtual ~GenericCaller() = default;

  // Makes a call ready. From Start to OnDone it keeps itself and the listener.
  virtual std::shared_ptr<GenericCall> MakeCall(GenericRequest request, std::shared_ptr<GenericListener> listener) = 0;
  // Calls that have started and are not done.
  virtual int under_way() const = 0;
  // Cancels what is under way, and waits until it is done; what starts later is done at once.
  virtual void Stop() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_GENERIC_CALLER_H_
