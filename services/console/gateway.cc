#include "services/console/gateway.h"

#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

constexpr char kRefreshPath[] = "/duban.v1.AccessService/RefreshSession";
constexpr absl::Duration kRefreshTime = absl::Seconds(20);

// Waits for the one message of a unary call.
class OneAnswer final : public BackendListener {
 public:
  explicit OneAnswer(std::function<void(absl::StatusOr<std::string>)> done) : done_(std::move(done)) {}
  void OnMessage(std::string message) override { message_ = std::move(message); }
  void OnDone(absl::Status status) override {
    if (status.ok()) return done_(std::move(message_));
    done_(std::move(status));
  }

 private:
  const std::function<void(absl::StatusOr<std::string>)> done_;
  std::string message_;
};

HttpResponse NotHere(const absl::Status& why) {
  HttpResponse response;
  response.status = 421;
  response.headers.Add("content-type", "text/plain; charset=utf-8");
  response.SetBody(StrCat(ChineseMessage(why), "\n", ToStd(why.message()), "\n"));
  return response;
}

HttpResponse NotAllowed(std::string_view allowed) {
  HttpResponse response;
  response.status = 405;
  response.headers.Add("allow", std::string(allowed));
  return response;
}

}  // namespace

Gateway::Gateway(const GatewayOptions& options, const GatewayPorts& ports, Routes routes, BrowserGuard guard,
                 StaticPages pages)
    : options_(options),
      ports_(ports),
      routes_(std::move(routes)),
      guard_(std::move(guard)),
      pages_(std::move(pages)),
      sign_ins_(ports.clock, options.sign_ins_per_minute),
      sessions_(ports.clock, ports.ids, options.sessions,
                [this](const std::string& refresh_token, SessionBook::Refreshed done) {
                  RefreshTokens(refresh_token, std::move(done));
                }) {}

Gateway::~Gateway() = default;

void Gateway::RefreshTokens(const std::string& refresh_token, SessionBook::Refreshed done) {
  v1::RefreshSessionRequest request;
  request.set_refresh_token(refresh_token);
  auto listener = std::make_shared<OneAnswer>([done = std::move(done)](absl::StatusOr<std::string> answer) {
    v1::SessionTokens tokens;
    if (!answer.ok()) return done(answer.status());
    if (!tokens.ParseFromString(*answer)) return done(InvariantBroken("RefreshSession answered something else"));
    done(std::move(tokens));
  });
  ports_.backend
      ->MakeCall({.backend = Backend::kPlan,
                  .path = kRefreshPath,
                  .token = "",
                  .timeout = kRefreshTime,
                  .message = request.SerializeAsString(),
                  .streams = false},
                 std::move(listener))
      ->Start();
}

void Gateway::Answer(const HttpRequest& request, HttpResponse response, HttpExchange& exchange) const {
  AddSecurityHeaders(guard_.IsSecure(request), &response.headers);
  exchange.Respond(std::move(response));
}

void Gateway::HandlePage(const HttpRequest& request, HttpExchange& exchange) {
  if (request.method != "GET" && request.method != "HEAD") return Answer(request, NotAllowed("GET, HEAD"), exchange);
  ++pages_sent_;
  Answer(request, pages_.Answer(request), exchange);
}

void Gateway::Handle(HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
  if (const absl::Status here = guard_.CheckHost(request); !here.ok()) return Answer(request, NotHere(here), *exchange);
  const Route* const route = routes_.Find(request.path());
  if (route == nullptr && !IsCallPath(request)) return HandlePage(request, *exchange);
  HttpHeaders security;
  AddSecurityHeaders(guard_.IsSecure(request), &security);
  const CallPorts ports = {&options_, ports_.backend, &ports_.processes, &sessions_, &sign_ins_};
  auto call = std::make_shared<Call>(ports, route, std::move(security), std::move(exchange));
  if (route == nullptr) return call->RefuseUnknown();
  if (request.method != "POST" && !(request.method == "GET" && route->by_get)) {
    return call->RefuseMethod(route->by_get ? "GET, POST" : "POST");
  }
  call->OnOver([this, call = std::weak_ptr<Call>(call)](absl::StatusCode code) {
    if (const std::shared_ptr<Call> over = call.lock()) Leave(over, code);
  });
  if (!Enter(call)) return call->Refuse(request, ConsoleStops());
  const absl::Status origin = DUBAN_BUG("console.any_origin") ? absl::OkStatus() : guard_.CheckOrigin(request);
  if (!origin.ok()) return call->Refuse(request, origin);
  const std::string client = guard_.ClientOf(request);
  // What has to be unpacked can be large: not on the thread that looks after all connections.
  auto shared = std::make_shared<HttpRequest>(std::move(request));
  if (!ports_.execute([call, shared, client] { call->Begin(std::move(*shared), client); })) {
    call->Refuse(*shared, Busy("calls"));
  }
}

HttpResponse Gateway::Refuse(int status) {
  HttpResponse response;
  response.status = status;
  AddSecurityHeaders(false, &response.headers);
  response.headers.Add("cache-control", "no-store");
  // Only calls have bodies that are too large, or for which there is no room.
  if (status == 413 || status == 503) {
    response.headers.Add("content-type", "application/json");
    response.SetBody(ErrorJson(status == 413 ? TooLarge(options_.max_message_bytes) : Busy("bodies")));
  }
  if (status == 503) response.headers.Add("retry-after", "1");
  return response;
}

void Gateway::Tend() {
  sessions_.Tend();
  sign_ins_.Tend();
}

bool Gateway::Enter(const std::shared_ptr<Call>& call) {
  MutexLock lock(&mu_);
  under_way_.insert(call);
  return !draining_;
}

void Gateway::Leave(const std::shared_ptr<Call>& call, absl::StatusCode code) {
  ++calls_[static_cast<size_t>(code) % calls_.size()];
  MutexLock lock(&mu_);
  under_way_.erase(call);
}

void Gateway::Drain() {
  std::set<std::shared_ptr<Call>> under_way;
  {
    MutexLock lock(&mu_);
    draining_ = true;
    under_way = under_way_;
  }
  for (const std::shared_ptr<Call>& call : under_way) {
    if (call->streams()) call->EndWith(ConsoleStops());
  }
}

GatewayCounts Gateway::counts() const {
  GatewayCounts counts;
  for (size_t i = 0; i < calls_.size(); ++i) counts.calls[i] = calls_[i];
  counts.pages = pages_sent_;
  counts.sessions = sessions_.sessions();
  MutexLock lock(&mu_);
  counts.under_way = under_way_.size();
  return counts;
}

}  // namespace duban::console
