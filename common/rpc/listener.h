// Accepts connections for a server, and knows when to refuse them.
//
// gRPC's own acceptor stops for good once the process is out of file descriptors (CVE-2023-4785 in this version), so
// that anybody can silence a server; and a store that gets no descriptor fails its write, which is final. This one
// keeps descriptors in reserve: a connection that would take one of them is closed at once.
//
// Thread-safe. Owns a thread.

#ifndef DUBAN_COMMON_RPC_LISTENER_H_
#define DUBAN_COMMON_RPC_LISTENER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace duban {

class Listener {
 public:
  // Takes over the descriptor of a connection; called on the listener's thread.
  using OnConnection = std::function<void(int listener, int connection)>;

  // Binds HOST and port; 0 takes a free one. Connections queue up until Start. Errors: UNAVAILABLE where the port
  // cannot be taken; a port that another server listens on is never shared.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& host, int port);
  // Stops.
  ~Listener();

  int port() const { return port_; }
  void Start(OnConnection on_connection);
  // No more connections after it returns.
  void Stop();
  // Connections closed because descriptors ran short.
  int64_t refused() const { return refused_; }
  // Descriptors below this number are given to connections: the process's limit less half of it, at most 1,024.
  int first_reserved() const { return first_reserved_; }

 private:
  Listener(int socket, int port);
  void Loop();
  void Accept();

  const int socket_;
  const int port_;
  const int first_reserved_;
  // Written to for stopping.
  int wake_[2] = {-1, -1};
  OnConnection on_connection_;
  std::atomic<int64_t> refused_{0};
  std::thread thread_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_LISTENER_H_
