#include "common/rpc/admin_server.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4";

void Answer(const absl::Status& status, httplib::Response& response) {
  response.status = status.ok() ? 200 : 503;
  response.set_content(status.ok() ? "ok\n" : StrCat(ToStd(status.message()), "\n"), kPlainText);
}

class HttpAdminServer final : public AdminServer {
 public:
  explicit HttpAdminServer(AdminPages pages) : pages_(std::move(pages)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(4); };
    // The library's own choice, SO_REUSEPORT, would let a second server share the port in silence.
    server_.set_socket_options([](int socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.set_read_timeout(5);
    server_.set_write_timeout(5);
    // One request a connection: an idle one would hold one of the few threads.
    server_.set_keep_alive_max_count(1);
    server_.set_payload_max_length(1024);
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(pages_.metrics(), kPrometheusText);
    });
    server_.Get("/livez",
                [this](const httplib::Request&, httplib::Response& response) { Answer(pages_.live(), response); });
    server_.Get("/readyz",
                [this](const httplib::Request&, httplib::Response& response) { Answer(pages_.ready(), response); });
  }
  ~HttpAdminServer() override { Stop(); }

  bool Listen(const std::string& host, int port) {
    port_ = port == 0 ? server_.bind_to_any_port(host.c_str()) : server_.bind_to_port(host.c_str(), port) ? port : -1;
    if (port_ <= 0) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A stop before the loop runs would be lost.
    Mutex mu;
    MutexLock lock(&mu);
    bool never = false;
    while (!server_.is_running()) RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Milliseconds(1));
    return true;
  }

  int port() const override { return port_; }

  void Stop() override {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

 private:
  const AdminPages pages_;
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& host, int port, AdminPages pages) {
  auto server = std::make_unique<HttpAdminServer>(std::move(pages));
  if (!server->Listen(host, port)) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", host, ":", port, " for the admin page; is another server running there?"));
  }
  return server;
}

}  // namespace duban
