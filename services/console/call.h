// One call of a browser: read, made in the name of its session, and answered, whatever method it is of.
//
// Thread-safe: the server, the services and the session may all have their say at once. A call keeps itself alive while
// a service works for it.

#ifndef DUBAN_SERVICES_CONSOLE_CALL_H_
#define DUBAN_SERVICES_CONSOLE_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/call_budget.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/console/backend.h"
#include "services/console/connect_protocol.h"
#include "services/console/http.h"
#include "services/console/routes.h"
#include "services/console/session_book.h"

namespace duban::console {

// The cookie's name; browsers take one that begins so only with Secure, Path=/ and no Domain.
inline constexpr char kCookieName[] = "__Host-duban";

struct GatewayOptions {
  // The services know no callers (`--insecure`): no sessions, everybody may do everything.
  bool insecure = false;
  // Largest message, before it was compressed and after.
  size_t max_message_bytes = 4 << 20;
  // Of one browser's address.
  int sign_ins_per_minute = kSignInsPerMinute;
  SessionLimits sessions;
};

// Deadline of a call that has none of its own: a little more than a server gives by itself. Streams have none.
inline constexpr absl::Duration kCallTime = absl::Seconds(65);

// What calls are made with. All outlive them.
struct CallPorts {
  const GatewayOptions* options;
  BackendPort* backend;
  const std::vector<Backend>* processes;
  SessionBook* sessions;
  SignInBudget* sign_ins;
};

// Whether a path is that of a call, known or not: `/PACKAGE.SERVICE/METHOD`.
bool IsCallPath(const HttpRequest& request);

class Call final : public BackendListener, public std::enable_shared_from_this<Call> {
 public:
  // `route`: null where there is no such method. `security`: headers that every answer carries.
  Call(const CallPorts& ports, const Route* route, HttpHeaders security, std::shared_ptr<HttpExchange> exchange)
      : ports_(ports), route_(route), security_(std::move(security)), exchange_(std::move(exchange)) {}

  bool streams() const { return route_ != nullptr && route_->streams; }
  // Is told, once, how it ended. To be set before anything else is called.
  void OnOver(std::function<void(absl::StatusCode)> over) { over_ = std::move(over); }

  // There is no such method, or it is not called by this method of HTTP.
  void RefuseUnknown();
  void RefuseMethod(std::string_view allowed);
  // Before it begins.
  void Refuse(const HttpRequest& request, const absl::Status& why);

  // Reads the request and makes the call. `client`: the address of the browser.
  void Begin(HttpRequest request, const std::string& client);
  // Ends it from outside.
  void EndWith(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  void OnMessage(std::string message) override ABSL_LOCKS_EXCLUDED(mu_);
  void OnDone(absl::Status status) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Whether the content type is one that the method is called with, and what it says.
  bool TakesType(const HttpRequest& request);
  void RefuseType();
  // The request as the protocol has it, its message as bytes into `message_`.
  absl::Status Read(const HttpRequest& request);
  absl::Status ReadMessage(std::string_view body);
  // Which process is asked; all of them where the route says so and the request does not.
  absl::StatusOr<std::vector<Backend>> ProcessesOf(const HttpRequest& request) const;
  absl::Status TakeSignIn(const std::string& client);
  // Makes the call, with the token of the session where it takes one.
  void AsPerson();
  void Make(std::string token) ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<BackendCall> MakeBackendCall();
  // Whether the node refused the token before it looked at the call, which goes again with the next one.
  bool GoesAgain(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  // What the answers of signing in and out are turned into before browsers see them.
  absl::StatusOr<std::string> TakeTokens(std::string answer, HttpHeaders* headers);
  void AnswerOne(std::string message);
  void SendPiece(std::string message);
  void Fail(const absl::Status& status);
  HttpHeaders Headers() const;
  void Over(absl::StatusCode code) ABSL_LOCKS_EXCLUDED(mu_);

  const CallPorts ports_;
  const Route* const route_;
  const HttpHeaders security_;
  const std::shared_ptr<HttpExchange> exchange_;
  std::function<void(absl::StatusCode)> over_;

  // Of one thread at a time: who reads the request, then whoever the service's answers come on.
  ConnectCall connect_;
  std::string cookie_;
  SessionUse use_ = SessionUse::kActs;
  std::vector<Backend> processes_;
  std::string message_;
  std::string token_;
  std::string answer_;
  bool begun_stream_ = false;
  bool tried_again_ = false;

  Mutex mu_;
  std::shared_ptr<BackendCall> call_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<SessionBook::Place> place_ ABSL_GUARDED_BY(mu_);
  // Why it was ended from outside.
  absl::Status ended_ ABSL_GUARDED_BY(mu_);
  bool over_said_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_CALL_H_
