#include "common/rpc/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr int kBacklog = 1024;
constexpr rlim_t kReserve = 1024;
// Out of descriptors all the same: the next look is so much later.
constexpr int kPauseMillis = 100;

int FirstReserved() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > (1 << 20))
    return (1 << 20) - static_cast<int>(kReserve);
  return static_cast<int>(limit.rlim_cur - std::min(kReserve, limit.rlim_cur / 2));
}

// A listening socket at the first address of `host`, or -1 with errno.
int Bind(const std::string& host, int port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (getaddrinfo(host.c_str(), StrCat(port).c_str(), &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  const int made = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // A port that was in use a moment ago can be taken; one that somebody listens on cannot.
  const int yes = 1;
  const bool bound = made >= 0 && setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                     bind(made, found->ai_addr, found->ai_addrlen) == 0 && listen(made, kBacklog) == 0;
  const int cause = errno;
  freeaddrinfo(found);
  if (bound) return made;
  if (made >= 0) close(made);
  errno = cause;
  return -1;
}

int PortOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const std::string& host, int port) {
  const int socket = Bind(host, port);
  if (socket < 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", host, ":", port, ": ", strerror(errno), "; is another server running there?"));
  }
  return std::unique_ptr<Listener>(new Listener(socket, PortOf(socket)));
}

Listener::Listener(int socket, int port) : socket_(socket), port_(port), first_reserved_(FirstReserved()) {}

Listener::~Listener() {
  Stop();
  close(socket_);
}

void Listener::Start(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  if (pipe2(wake_, O_CLOEXEC) != 0) return;
  thread_ = std::thread([this] { Loop(); });
}

void Listener::Stop() {
  if (!thread_.joinable()) return;
  close(wake_[1]);
  thread_.join();
  close(wake_[0]);
}

void Listener::Loop() {
  pollfd watched[2] = {{socket_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
  while (true) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) {
      Log(LogLevel::kError, "listener.failed", {{"cause", strerror(errno)}, {"do", "restart the process"}});
      return;
    }
    if (watched[1].revents != 0) return;
    if (watched[0].revents != 0) Accept();
  }
}

void Listener::Accept() {
  const int connection = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) {
    // The connection waits in the queue; without a pause the loop would spin.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pollfd wake = {wake_[0], POLLIN, 0};
      poll(&wake, 1, kPauseMillis);
    }
    return;
  }
  // The kernel gives the lowest free number, so the number says how many are open.
  if (connection >= first_reserved_) {
    close(connection);
    if (refused_++ % 1000 == 0) {
      Log(LogLevel::kWarning, "listener.refused",
          {{"reason", "too many connections for the limit of open files"}, {"refused", StrCat(refused_.load())}});
    }
    return;
  }
  const int yes = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  on_connection_(socket_, connection);
}

}  // namespace duban
