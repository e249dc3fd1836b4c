#include "common/rpc/admin_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/listener.h"

namespace duban {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4";
// A request is a line and a few headers.
constexpr size_t kMaxRequestBytes = 8192;
// What a connection may take in all, from its first byte to its last.
constexpr absl::Duration kConnectionTime = absl::Seconds(5);
// One more, and the oldest goes.
constexpr size_t kMaxConnections = 256;

std::string Response(std::string_view status, const char* type, const std::string& body) {
  return StrCat("HTTP/1.1 ", status, "\r\nContent-Type: ", type, "\r\nContent-Length: ", body.size(),
                "\r\nConnection: close\r\n\r\n", body);
}

std::string Verdict(const absl::Status& status) {
  if (status.ok()) return Response("200 OK", kPlainText, "ok\n");
  return Response("503 Service Unavailable", kPlainText, StrCat(ToStd(status.message()), "\n"));
}

// One connection: reads a request, writes the answer, waits for the other side to hang up.
struct Connection {
  int socket = -1;
  std::string request;
  std::string response;
  size_t sent = 0;
  // Everything is said; what still comes is thrown away, so that closing does not take the answer with it.
  bool said = false;
  // Steady time.
  absl::Duration end;
};

// All connections on one thread: one that is idle or slow costs a descriptor for a few seconds, and nothing else. (A
// library with a thread a connection lets forty idle ones stop the page.)
class PollingAdminServer final : public AdminServer {
 public:
  PollingAdminServer(AdminPages pages, std::unique_ptr<Listener> listener)
      : pages_(std::move(pages)), listener_(std::move(listener)) {}
  ~PollingAdminServer() override { Stop(); }

  bool Begin() {
    if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    thread_ = std::thread([this] { Loop(); });
    listener_->Start([this](int /*listener*/, int connection) {
      MutexLock lock(&mu_);
      arrived_.push_back(connection);
      Wake();
    });
    return true;
  }

  int port() const override { return listener_->port(); }

  void Stop() override {
    listener_->Stop();
    if (!thread_.joinable()) return;
    {
      MutexLock lock(&mu_);
      stopping_ = true;
      Wake();
    }
    thread_.join();
    close(wake_[0]);
    close(wake_[1]);
  }

 private:
  void Wake() {
    const ssize_t written = write(wake_[1], "x", 1);
    (void)written;  // A full pipe wakes as well.
  }

  std::string Answer(const std::string& request) const {
    const std::string line = request.substr(0, request.find("\r\n"));
    const auto asks = [&](std::string_view path) { return line.starts_with(StrCat("GET ", path, " HTTP/1.")); };
    if (asks("/metrics")) return Response("200 OK", kPrometheusText, pages_.metrics());
    if (asks("/livez")) return Verdict(pages_.live());
    if (asks("/readyz")) return Verdict(pages_.ready());
    return Response("404 Not Found", kPlainText, "GET /metrics, /livez or /readyz\n");
  }

  // Takes in what has arrived; false once the connection is over.
  bool Read(Connection& connection) const {
    char bytes[4096];
    const ssize_t got = recv(connection.socket, bytes, sizeof bytes, 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (!connection.response.empty()) return true;
    connection.request.append(bytes, static_cast<size_t>(got));
    if (connection.request.find("\r\n\r\n") != std::string::npos) {
      connection.response = Answer(connection.request);
      return Write(connection);
    }
    return connection.request.size() <= kMaxRequestBytes;
  }

  // Sends what there is room for; false where the other side is gone.
  static bool Write(Connection& connection) {
    while (connection.sent < connection.response.size()) {
      const ssize_t sent = send(connection.socket, connection.response.data() + connection.sent,
                                connection.response.size() - connection.sent, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      connection.sent += static_cast<size_t>(sent);
    }
    if (!std::exchange(connection.said, true)) shutdown(connection.socket, SHUT_WR);
    return true;
  }

  // Takes over what the listener accepted; false once the server stops.
  bool TakeArrived() {
    char bytes[64];
    while (read(wake_[0], bytes, sizeof bytes) > 0) {
    }
    std::vector<int> arrived;
    bool stopping = false;
    {
      MutexLock lock(&mu_);
      arrived.swap(arrived_);
      stopping = stopping_;
    }
    for (const int socket : arrived) {
      connections_.push_back({});
      connections_.back().socket = socket;
      connections_.back().end = RealClock().Steady() + kConnectionTime;
      if (connections_.size() > kMaxConnections) Drop(connections_.begin());
    }
    return !stopping;
  }

  std::list<Connection>::iterator Drop(std::list<Connection>::iterator connection) {
    close(connection->socket);
    return connections_.erase(connection);
  }

  void Loop() {
    while (TakeArrived()) {
      std::vector<pollfd> watched = {{wake_[0], POLLIN, 0}};
      for (const Connection& connection : connections_) {
        const bool sends = !connection.response.empty() && !connection.said;
        watched.push_back({connection.socket, static_cast<short>(sends ? POLLIN | POLLOUT : POLLIN), 0});
      }
      // The oldest is the first whose time is over.
      int timeout = -1;
      if (!connections_.empty()) {
        const absl::Duration left = connections_.front().end - RealClock().Steady();
        timeout = static_cast<int>(std::max<int64_t>(0, absl::ToInt64Milliseconds(left) + 1));
      }
      if (poll(watched.data(), watched.size(), timeout) < 0 && errno != EINTR) break;
      Serve(watched);
    }
    while (!connections_.empty()) Drop(connections_.begin());
  }

  void Serve(const std::vector<pollfd>& watched) {
    const absl::Duration now = RealClock().Steady();
    size_t place = 1;
    for (auto it = connections_.begin(); it != connections_.end(); ++place) {
      const short events = watched[place].revents;
      bool goes_on = it->end > now && (events & (POLLERR | POLLNVAL)) == 0;
      if (goes_on && (events & (POLLIN | POLLHUP)) != 0) goes_on = Read(*it);
      if (goes_on && (events & POLLOUT) != 0) goes_on = Write(*it);
      it = goes_on ? std::next(it) : Drop(it);
    }
  }

  const AdminPages pages_;
  const std::unique_ptr<Listener> listener_;
  // Written to when there is something for the thread.
  int wake_[2] = {-1, -1};
  Mutex mu_;
  std::vector<int> arrived_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // The thread's, oldest first.
  std::list<Connection> connections_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& host, int port, AdminPages pages) {
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Open(host, port);
  if (!listener.ok()) {
    return absl::UnavailableError(StrCat("the admin page: ", ToStd(listener.status().message())));
  }
  auto server = std::make_unique<PollingAdminServer>(std::move(pages), *std::move(listener));
  if (!server->Begin())
    return absl::UnavailableError("the admin page gets no descriptors; raise the limit of open files");
  return server;
}

}  // namespace duban
