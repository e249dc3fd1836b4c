#include "common/rpc/connection_guard.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(200);
constexpr int64_t kForgottenAtALook = kForgottenBytes / 5;

// The other end of a connection as gRPC writes it; empty where it has none.
std::string PeerOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return StrCat("ipv4:", text, ":", ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    return StrCat("ipv4:", text, ":", ntohs(v6.sin6_port));
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return StrCat("ipv6:%5B", text, "%5D:", ntohs(v6.sin6_port));
}

// How many bytes a connection has received; -1 once it is not there any more.
int64_t ReceivedBy(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  // Linux's numbers of the states: established, and closed by the other side but not yet by gRPC.
  constexpr int kEstablished = 1, kCloseWait = 8;
  if (info.tcpi_state != kEstablished && info.tcpi_state != kCloseWait) return -1;
  return static_cast<int64_t>(info.tcpi_bytes_received);
}

}  // namespace

void ConnectionGuard::Start() {
  // Attackers live in real time, whatever the process takes for the time.
  loop_ = std::make_unique<Loop>("guard", &RealClock(), kLookEvery, [this] {
    Look();
    return false;
  });
}

void ConnectionGuard::Stop() {
  loop_.reset();
  MutexLock lock(&mu_);
  for (const auto& [peer, connection] : connections_) close(connection.socket);
  connections_.clear();
}

bool ConnectionGuard::Accept(int socket) {
  const std::string peer = PeerOf(socket);
  const int own = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  MutexLock lock(&mu_);
  const bool full = static_cast<int>(connections_.size()) >= options_.max_connections;
  if (own < 0 || peer.empty() || full) {
    if (own >= 0) close(own);
    if (refused_++ % 1000 == 0) {
      Log(LogLevel::kWarning, "connection.refused",
          {{"reason", full ? "as many connections as --max-connections allows are open" : "it cannot be watched"},
           {"refused", StrCat(refused_.load())}});
    }
    return false;
  }
  Connection& connection = connections_[peer];
  // The kernel gives a port again only once the connection before it is gone.
  if (connection.socket >= 0) close(connection.socket);
  connection = {};
  connection.socket = own;
  connection.tally = std::make_shared<Tally>();
  return true;
}

std::shared_ptr<ConnectionGuard::Tally> ConnectionGuard::TallyOf(const std::string& peer) {
  MutexLock lock(&mu_);
  auto it = connections_.find(peer);
  return it == connections_.end() ? std::make_shared<Tally>() : it->second.tally;
}

int ConnectionGuard::connections() const {
  MutexLock lock(&mu_);
  return static_cast<int>(connections_.size());
}

void ConnectionGuard::Dropped(const std::string& peer, Tally& tally) {
  if (++tally.dropped - tally.dropped_seen != kMostDropped + 1) return;
  {
    MutexLock lock(&mu_);
    const auto found = connections_.find(peer);
    if (found == connections_.end() || found->second.tally.get() != &tally) return;
    // The next look lets go of it.
    shutdown(found->second.socket, SHUT_RDWR);
  }
  HaveCut(peer, "it begins calls and drops them", 1);
}

const char* ConnectionGuard::FaultOf(Connection& connection, int64_t received) const {
  Tally& tally = *connection.tally;
  tally.dropped_seen = tally.dropped.load();
  const int64_t bytes = tally.bytes;
  const int64_t received_now = received - std::exchange(connection.received, received);
  const int64_t explained_now = bytes - std::exchange(connection.bytes, bytes) + kForgottenAtALook;
  connection.owed = std::max<int64_t>(0, connection.owed + received_now - explained_now);
  // A body counts as received only once it is whole.
  const int64_t bodies = std::clamp<int64_t>(tally.bodies, 0, kMostBodies);
  return connection.owed > kFreeBytes + bodies * options_.max_message_bytes ? "it sends what is no call" : nullptr;
}

void ConnectionGuard::Look() {
  std::string last_peer;
  const char* last_fault = nullptr;
  int cut = 0;
  {
    MutexLock lock(&mu_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto now = it++;
      const int64_t received = ReceivedBy(now->second.socket);
      const char* const fault = received < 0 ? nullptr : FaultOf(now->second, received);
      if (fault != nullptr) {
        shutdown(now->second.socket, SHUT_RDWR);
        last_peer = now->first;
        last_fault = fault;
        ++cut;
      }
      if (received >= 0 && fault == nullptr) continue;
      close(now->second.socket);
      connections_.erase(now);
    }
  }
  if (cut > 0) HaveCut(last_peer, last_fault, cut);
}

void ConnectionGuard::HaveCut(const std::string& peer, const char* fault, int connections) {
  cut_ += connections;
  Log(LogLevel::kWarning, "connection.cut",
      {{"peer", peer}, {"reason", fault}, {"connections", StrCat(connections)}, {"total", StrCat(cut_.load())}});
}

}  // namespace duban
