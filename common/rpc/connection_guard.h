// Watches the connections of a server from beside gRPC, and hangs up on those that cost more than they ask for.
//
// This gRPC bounds what one call may hold, but not how many a connection begins and drops (rapid reset), nor how long a
// header grows (its limits wait for the client to acknowledge them): either way one connection fills the memory of the
// process. What gRPC does not say the kernel does: the bytes a socket has received, to be held against the calls that
// have come of them.
//
// Thread-safe. Owns a thread. Sockets are held by descriptors of its own, so that a number used again is never
// mistaken.

#ifndef DUBAN_COMMON_RPC_CONNECTION_GUARD_H_
#define DUBAN_COMMON_RPC_CONNECTION_GUARD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/loop.h"
#include "common/base/mutex.h"

namespace duban {

struct ConnectionGuardOptions {
  // One more is closed at once.
  int max_connections = 4096;
  // Largest body of a call.
  int64_t max_message_bytes = 4 << 20;
};

// What a connection may have sent beyond its calls: settings, pings, headers on their way.
inline constexpr int64_t kFreeBytes = 256 << 10;
// So much of that is forgotten in a second.
inline constexpr int64_t kForgottenBytes = 8 << 10;
// What a call takes on the wire beside its metadata and its body.
inline constexpr int64_t kCallBytes = 512;
// What comes of a body before its sender hears that nobody reads it: the window of a stream.
inline constexpr int64_t kUnreadBytes = 64 << 10;
// Bodies on their way that are allowed for at a time, each at its largest.
inline constexpr int kMostBodies = 16;
// So many calls given up by the caller between two looks, and the connection goes, at once: what it began until the
// next look would fill the memory.
inline constexpr int64_t kMostDropped = 200;

class ConnectionGuard {
 public:
  // What the calls of one connection have come to. Counted by whoever takes calls in.
  struct Tally {
    // Bytes they explain: metadata and bodies, with what frames add. What is not used up by the next look is void.
    std::atomic<int64_t> bytes{0};
    // Calls whose body is on its way.
    std::atomic<int64_t> bodies{0};
    // Calls that the caller gave up, and how many of them the last look has seen.
    std::atomic<int64_t> dropped{0}, dropped_seen{0};
  };

  explicit ConnectionGuard(const ConnectionGuardOptions& options) : options_(options) {}
  ~ConnectionGuard() { Stop(); }
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

  void Start();
  // Ends the thread and lets go of the sockets, without closing a connection.
  void Stop();

  // Takes a connection in; false where it is one too many, or no descriptor is left to watch it by: close it then.
  bool Accept(int socket);
  // The tally of a connection, by its other end as gRPC writes it (`ipv4:127.0.0.1:34756`); one that counts for nothing
  // where the connection is not known.
  std::shared_ptr<Tally> TallyOf(const std::string& peer);

  // Notes that the caller of a connection gave a call up. Hangs up at once where it does nothing else.
  void Dropped(const std::string& peer, Tally& tally);

  int connections() const;
  // Connections hung up on, and not taken in.
  int64_t cut() const { return cut_; }
  int64_t refused() const { return refused_; }

 private:
  struct Connection {
    int socket = -1;
    std::shared_ptr<Tally> tally;
    // At the last look: bytes received, and those of the tally.
    int64_t received = 0;
    int64_t bytes = 0;
    // Bytes that no call explains so far.
    int64_t owed = 0;
  };

  // Why a connection has to go; null where it need not.
  const char* FaultOf(Connection& connection, int64_t received) const;
  void Look();
  void HaveCut(const std::string& peer, const char* fault, int connections);

  const ConnectionGuardOptions options_;
  std::atomic<int64_t> cut_{0}, refused_{0};
  mutable Mutex mu_;
  // By the other end.
  absl::flat_hash_map<std::string, Connection> connections_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Loop> loop_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_CONNECTION_GUARD_H_
