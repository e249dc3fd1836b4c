#include "services/console/console_module.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "common/base/errors.h"
#include "common/base/loop.h"
#include "common/base/strings.h"
#include "common/rpc/address.h"
#include "common/rpc/admin_server.h"
#include "common/rpc/generic_caller.h"
#include "common/rpc/transport_keys.h"
#include "common/rpc/worker_pool.h"
#include "services/console/gateway.h"
#include "services/console/http_server.h"
#include "services/console/page_files.h"

namespace duban::console {
namespace {

// Calls that are unpacked at a time, and that wait for it.
constexpr WorkerPoolOptions kUnpacking = {.name = "console-call", .threads = 2, .queue = 2048, .nice = 0};
constexpr absl::Duration kTendEvery = absl::Seconds(10);
constexpr char kConsoleService[] = "console";

// Hands what a call hears on.
class ToListener final : public GenericListener {
 public:
  explicit ToListener(std::shared_ptr<BackendListener> listener) : listener_(std::move(listener)) {}
  void OnMessage(std::string message) override { listener_->OnMessage(std::move(message)); }
  void OnDone(absl::Status status) override { listener_->OnDone(std::move(status)); }

 private:
  const std::shared_ptr<BackendListener> listener_;
};

class FromCall final : public BackendCall {
 public:
  explicit FromCall(std::shared_ptr<GenericCall> call) : call_(std::move(call)) {}
  void Start() override { call_->Start(); }
  void Next() override { call_->Next(); }
  void Cancel() override { call_->Cancel(); }

 private:
  const std::shared_ptr<GenericCall> call_;
};

// The services, each at its address.
class Services final : public BackendPort {
 public:
  Services(const ConsoleOptions& options, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    for (int i = 0; i < kBackends; ++i) {
      const auto found = options.addresses.find(static_cast<Backend>(i));
      const std::string address = found == options.addresses.end() ? options.server : found->second;
      std::unique_ptr<GenericCaller>& caller = callers_[address];
      if (caller == nullptr) caller = GenericCaller::Make({.address = address, .credentials = credentials});
      of_backends_[static_cast<size_t>(i)] = caller.get();
    }
  }

  std::shared_ptr<BackendCall> MakeCall(BackendRequest request, std::shared_ptr<BackendListener> listener) override {
    GenericRequest call;
    call.path = std::move(request.path);
    call.token = std::move(request.token);
    call.timeout = request.timeout;
    call.message = std::move(request.message);
    call.streams = request.streams;
    return std::make_shared<FromCall>(of_backends_[static_cast<size_t>(request.backend)]->MakeCall(
        std::move(call), std::make_shared<ToListener>(std::move(listener))));
  }

  // One at each address.
  std::vector<Backend> processes() const {
    std::vector<Backend> processes;
    for (int i = 0; i < kBackends; ++i) {
      const auto* const end = of_backends_.begin() + i;
      if (std::find(of_backends_.begin(), end, *end) == end) processes.push_back(static_cast<Backend>(i));
    }
    return processes;
  }

  void Stop() {
    for (const auto& [address, caller] : callers_) caller->Stop();
  }

 private:
  std::map<std::string, std::unique_ptr<GenericCaller>> callers_;
  std::array<GenericCaller*, kBackends> of_backends_{};
};

class Work final : public Task {
 public:
  explicit Work(std::function<void()> what) : what_(std::move(what)) {}
  void Run() override { what_(); }
  void Answer() override {}

 private:
  const std::function<void()> what_;
};

// The console's own keys, or the node's: nobody else's carry people whom another has signed in.
absl::StatusOr<std::shared_ptr<TransportKeys>> OpenKeys(const std::string& folder) {
  absl::StatusOr<std::shared_ptr<TransportKeys>> keys = TransportKeys::Open(folder);
  if (!keys.ok()) {
    return absl::InvalidArgumentError(StrCat("--keys=", folder, ": ", ToStd(keys.status().message())));
  }
  const Identity& who = (*keys)->identity();
  const bool console = who.part == Identity::Part::kService && who.name == kConsoleService;
  if (console || who.part == Identity::Part::kNode) return keys;
  return absl::InvalidArgumentError(StrCat("--keys=", folder, " are those of ", who.path(),
                                           ", and not of a console: issue node/", who.node, "/service/console"));
}

// Where browsers on this machine find it.
std::vector<std::string> LoopbackOrigins(int port, bool tls) {
  std::vector<std::string> origins;
  for (const char* host : {"127.0.0.1", "localhost", "[::1]"}) {
    origins.push_back(StrCat(tls ? "https://" : "http://", host, ":", port));
  }
  return origins;
}

class RunningConsole final : public Console, public HttpHandler {
 public:
  RunningConsole(const ConsoleOptions& options, Clock* clock, IdSource* ids)
      : options_(options), clock_(clock), ids_(ids) {}
  ~RunningConsole() override { Drain(absl::ZeroDuration()); }

  absl::Status Begin();

  int port() const override { return http_ == nullptr ? 0 : http_->port(); }
  int admin_port() const override { return admin_ == nullptr ? 0 : admin_->port(); }
  std::vector<Sample> Samples() const override;
  void Drain(absl::Duration time) override;

  // Browsers that come before everything is in place are told so.
  void Handle(HttpRequest request, std::shared_ptr<HttpExchange> exchange) override {
    serving_ ? gateway_->Handle(std::move(request), std::move(exchange)) : exchange->Respond(Refuse(503));
  }
  HttpResponse Refuse(int status) override {
    if (serving_) return gateway_->Refuse(status);
    HttpResponse response;
    response.status = status;
    return response;
  }

 private:
  HttpServerOptions HttpOptions() const;
  absl::Status MakeGateway(PageFiles pages);
  absl::Status StartAdmin();

  const ConsoleOptions options_;
  Clock* const clock_;
  IdSource* const ids_;
  std::shared_ptr<TransportKeys> keys_;
  WorkerPool workers_{kUnpacking};
  std::unique_ptr<Services> services_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<Loop> tend_;
  std::atomic<bool> serving_{false};
  std::atomic<bool> drained_{false};
};

HttpServerOptions RunningConsole::HttpOptions() const {
  HttpServerOptions http;
  // Checked before.
  std::tie(http.host, http.port) = *SplitAddress(options_.listen);
  http.tls_certificate = options_.tls_certificate;
  http.tls_key = options_.tls_key;
  // A message of the largest size in its envelope.
  http.max_body_bytes = static_cast<size_t>(options_.max_message_bytes) + 64;
  http.max_connections = options_.max_connections;
  http.max_connections_of_address = options_.connections_of_address;
  http.uncounted = options_.proxies;
  http.max_memory_bytes = static_cast<size_t>(options_.memory_mib) << 20;
  return http;
}

absl::Status RunningConsole::MakeGateway(PageFiles pages) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<ServedService> served, ServicesOfContracts());
  DUBAN_ASSIGN_OR_RETURN(Routes routes, Routes::Of(served));
  const std::vector<std::string> origins =
      options_.origins.empty() ? LoopbackOrigins(http_->port(), !options_.tls_certificate.empty()) : options_.origins;
  DUBAN_ASSIGN_OR_RETURN(BrowserGuard guard, BrowserGuard::Of(origins, options_.proxies));
  GatewayOptions gateway;
  gateway.insecure = options_.insecure;
  gateway.max_message_bytes = static_cast<size_t>(options_.max_message_bytes);
  gateway.sign_ins_per_minute = options_.sign_ins_per_minute;
  gateway.sessions.idle = options_.idle;
  gateway.sessions.sessions = static_cast<size_t>(options_.max_sessions);
  GatewayPorts ports;
  ports.clock = clock_;
  ports.ids = ids_;
  ports.backend = services_.get();
  ports.processes = services_->processes();
  ports.execute = [this](std::function<void()> what) {
    return workers_.Submit(std::make_shared<Work>(std::move(what)));
  };
  gateway_ = std::make_unique<Gateway>(gateway, ports, std::move(routes), std::move(guard), StaticPages(pages));
  return absl::OkStatus();
}

absl::Status RunningConsole::StartAdmin() {
  if (options_.admin_listen.empty()) return absl::OkStatus();
  const std::pair<std::string, int> address = *SplitAddress(options_.admin_listen);
  AdminPages pages;
  pages.metrics = [this, metrics = std::make_shared<Metrics>()] {
    std::vector<Sample> samples = ProcessSamples();
    samples.push_back(BuildInfo("program", options_.program));
    for (Sample& sample : Samples()) samples.push_back(std::move(sample));
    return metrics->Text(samples);
  };
  pages.live = [] { return absl::OkStatus(); };
  pages.ready = [this] { return serving_ ? absl::OkStatus() : absl::UnavailableError("starting or stopping"); };
  absl::StatusOr<std::unique_ptr<AdminServer>> admin =
      AdminServer::Start(address.first, address.second, std::move(pages));
  if (!admin.ok()) return admin.status();
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

absl::Status RunningConsole::Begin() {
  DUBAN_RETURN_IF_ERROR(CheckConsoleOptions(options_));
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (!options_.insecure) {
    DUBAN_ASSIGN_OR_RETURN(keys_, OpenKeys(options_.keys));
    credentials = keys_->ForCalling(keys_->identity().node);
  }
  PageFiles pages;
  if (!options_.pages.empty()) {
    DUBAN_ASSIGN_OR_RETURN(pages, ReadPageFiles(options_.pages));
  }
  services_ = std::make_unique<Services>(options_, credentials);
  // The port first: loopback's origins have it in them.
  DUBAN_ASSIGN_OR_RETURN(http_, HttpServer::Start(HttpOptions(), this, clock_));
  DUBAN_RETURN_IF_ERROR(MakeGateway(std::move(pages)));
  DUBAN_RETURN_IF_ERROR(StartAdmin());
  tend_ = std::make_unique<Loop>("console-tend", clock_, kTendEvery, [this] {
    gateway_->Tend();
    return false;
  });
  serving_ = true;
  Log(LogLevel::kInfo, "console.serving", {{"port", StrCat(port())}, {"admin_port", StrCat(admin_port())}});
  return absl::OkStatus();
}

std::vector<Sample> RunningConsole::Samples() const {
  std::vector<Sample> samples;
  if (gateway_ == nullptr) return samples;
  const GatewayCounts gateway = gateway_->counts();
  const HttpServerCounts http = http_->counts();
  const auto add = [&](const char* name, const char* help, bool counter, double value) {
    samples.push_back({name, help, counter, {}, value});
  };
  add("duban_console_connections", "Open connections of browsers.", false, http.connections);
  add("duban_console_connections_turned_away_total", "Connections closed at once because there were too many.", true,
      static_cast<double>(http.turned_away));
  add("duban_console_connections_late_total", "Connections closed because their time was over.", true,
      static_cast<double>(http.late));
  add("duban_console_requests_without_room_total", "Requests refused for the memory they would have taken.", true,
      static_cast<double>(http.no_room));
  add("duban_console_memory_bytes", "Memory of what comes and goes.", false, static_cast<double>(http.memory_bytes));
  add("duban_console_sessions", "People who are signed in.", false, static_cast<double>(gateway.sessions));
  add("duban_console_calls_under_way", "Calls under way, streams among them.", false,
      static_cast<double>(gateway.under_way));
  add("duban_console_pages_total", "Pages and their parts that were asked for.", true,
      static_cast<double>(gateway.pages));
  for (size_t i = 0; i < gateway.calls.size(); ++i) {
    const auto code = static_cast<absl::StatusCode>(i);
    const std::string name = i == 0 ? "ok" : std::string(CodeName(code));
    samples.push_back({"duban_console_calls_total",
                       "Calls that have ended, by their code.",
                       true,
                       {{"code", name}},
                       static_cast<double>(gateway.calls[i])});
  }
  return samples;
}

void RunningConsole::Drain(absl::Duration time) {
  if (drained_.exchange(true)) return;
  serving_ = false;
  if (gateway_ != nullptr) gateway_->Drain();
  if (tend_ != nullptr) tend_->Stop();
  if (http_ != nullptr) http_->Drain(time);
  // No browser is left: what services still work on is for nobody.
  workers_.Stop();
  if (services_ != nullptr) services_->Stop();
  if (admin_ != nullptr) admin_->Stop();
  Log(LogLevel::kInfo, "console.stopped");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Console>> Console::Start(const ConsoleOptions& options, Clock* clock, IdSource* ids) {
  auto console = std::make_unique<RunningConsole>(options, clock, ids);
  if (absl::Status begun = console->Begin(); !begun.ok()) return begun;
  return console;
}

}  // namespace duban::console
