// The way from the gateway to the services, as a port: calls of any method, as bytes.
//
// A unary call is a stream of one message; nobody here tells the two apart.

#ifndef DUBAN_SERVICES_CONSOLE_BACKEND_H_
#define DUBAN_SERVICES_CONSOLE_BACKEND_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/console/routes.h"

namespace duban::console {

struct BackendRequest {
  Backend backend = Backend::kPlan;
  // `/duban.v1.PlanService/GetPlan`.
  std::string path;
  // Of the person who calls; empty: the console itself.
  std::string token;
  // Not set: as long as it takes.
  std::optional<absl::Duration> timeout;
  std::string message;
  bool streams = false;
};

// Hears of one call, from any thread, one thing at a time.
class BackendListener {
 public:
  virtual ~BackendListener() = default;
  // One more message, which was asked for.
  virtual void OnMessage(std::string message) = 0;
  // Last of all.
  virtual void OnDone(absl::Status status) = 0;
};

// One call. Thread-safe.
class BackendCall {
 public:
  virtual ~BackendCall() = default;
  // Begins it, once; the first message is asked for by that.
  virtual void Start() = 0;
  // Asks for the next message, once the last one is there.
  virtual void Next() = 0;
  // Ends it: OnDone follows.
  virtual void Cancel() = 0;
};

// Thread-safe.
class BackendPort {
 public:
  virtual ~BackendPort() = default;
  // Makes a call ready. From Start to OnDone it keeps itself and the listener.
  virtual std::shared_ptr<BackendCall> MakeCall(BackendRequest request, std::shared_ptr<BackendListener> listener) = 0;
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_BACKEND_H_
