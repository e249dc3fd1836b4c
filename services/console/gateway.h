// What a browser asks, answered: a page from memory, or a call of a service, in the name of whoever is signed in.
//
//   HttpRequest ── guard ──┬── a page ─────────────────────────────── HttpResponse
//                          └── Connect ── message ── session ── call ── message ── HttpResponse, whole or a stream
//
// The gateway is a client of the services like any other: what may be done is for them to decide. Nothing of a
// browser's headers goes on to them: a call carries the token of its session, or none where it is one of those that
// people sign in by, and a deadline.
//
// Thread-safe. The ports outlive it. To be destroyed once the server is stopped and Drain has been called.

#ifndef DUBAN_SERVICES_CONSOLE_GATEWAY_H_
#define DUBAN_SERVICES_CONSOLE_GATEWAY_H_

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/call_budget.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "services/console/backend.h"
#include "services/console/browser_guard.h"
#include "services/console/call.h"
#include "services/console/http.h"
#include "services/console/routes.h"
#include "services/console/session_book.h"
#include "services/console/static_pages.h"

namespace duban::console {

struct GatewayPorts {
  Clock* clock = nullptr;
  IdSource* ids = nullptr;
  BackendPort* backend = nullptr;
  // One of each process that there is.
  std::vector<Backend> processes = {Backend::kPlan};
  // Runs something on another thread, soon; false where there are too many that wait.
  std::function<bool(std::function<void()>)> execute;
};

// What the gateway has done, for the page of metrics.
struct GatewayCounts {
  // Calls that have ended, by their code (absl::StatusCode as a number).
  std::array<int64_t, 17> calls{};
  int64_t pages = 0;
  size_t sessions = 0;
  size_t under_way = 0;
};

class Gateway final : public HttpHandler {
 public:
  Gateway(const GatewayOptions& options, const GatewayPorts& ports, Routes routes, BrowserGuard guard,
          StaticPages pages);
  ~Gateway() override;

  void Handle(HttpRequest request, std::shared_ptr<HttpExchange> exchange) override;
  HttpResponse Refuse(int status) override;

  // Ends sessions that are not used. To be called now and then.
  void Tend();
  // Refuses calls from now on, and ends streams.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);
  GatewayCounts counts() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Answer(const HttpRequest& request, HttpResponse response, HttpExchange& exchange) const;
  void HandlePage(const HttpRequest& request, HttpExchange& exchange);
  void RefreshTokens(const std::string& refresh_token, SessionBook::Refreshed done);
  // Takes a call in; false where the console stops.
  bool Enter(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(mu_);
  void Leave(const std::shared_ptr<Call>& call, absl::StatusCode code) ABSL_LOCKS_EXCLUDED(mu_);

  const GatewayOptions options_;
  const GatewayPorts ports_;
  const Routes routes_;
  const BrowserGuard guard_;
  const StaticPages pages_;
  SignInBudget sign_ins_;
  SessionBook sessions_;
  std::array<std::atomic<int64_t>, 17> calls_{};
  std::atomic<int64_t> pages_sent_{0};
  mutable Mutex mu_;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::set<std::shared_ptr<Call>> under_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_GATEWAY_H_
