// Connections that cost more than they ask for, on real sockets.

#include "common/rpc/connection_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/base/strings.h"

namespace duban {
namespace {

// Both ends of a connection over loopback.
class Connection {
 public:
  Connection() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    sockaddr_in from{};
    size = sizeof from;
    server_ = accept(listener, reinterpret_cast<sockaddr*>(&from), &size);
    EXPECT_GE(server_, 0);
    peer_ = StrCat("ipv4:127.0.0.1:", ntohs(from.sin_port));
    close(listener);
  }
  ~Connection() {
    close(client_);
    close(server_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int server() const { return server_; }
  const std::string& peer() const { return peer_; }
  // The other end has hung up.
  bool ended() const {
    char byte = 0;
    return recv(client_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int client_ = -1, server_ = -1;
  std::string peer_;
};

TEST(ConnectionGuard, TakesAsManyConnectionsAsItIsToldAndNoneBeyond) {
  ConnectionGuard guard({.max_connections = 2});
  const Connection first, second, third;
  EXPECT_TRUE(guard.Accept(first.server()));
  EXPECT_TRUE(guard.Accept(second.server()));
  EXPECT_FALSE(guard.Accept(third.server()));
  EXPECT_EQ(guard.connections(), 2);
  EXPECT_EQ(guard.refused(), 1);
}

TEST(ConnectionGuard, HangsUpAtOnceOnWhoDropsMoreCallsThanAllowedAndOnNobodyElse) {
  ConnectionGuard guard({.max_connections = 2});
  const Connection bad, good;
  ASSERT_TRUE(guard.Accept(bad.server()));
  ASSERT_TRUE(guard.Accept(good.server()));
  const auto tally = guard.TallyOf(bad.peer());
  for (int64_t i = 0; i < kMostDropped; ++i) guard.Dropped(bad.peer(), *tally);
  EXPECT_FALSE(bad.ended());
  EXPECT_EQ(guard.cut(), 0);
  guard.Dropped(bad.peer(), *tally);
  EXPECT_TRUE(bad.ended());
  guard.Dropped(bad.peer(), *tally);
  EXPECT_EQ(guard.cut(), 1);
  EXPECT_FALSE(good.ended());
}

TEST(ConnectionGuard, CountsForNothingWhatComesFromAConnectionThatIsNotKnown) {
  ConnectionGuard guard({});
  const Connection other;
  const auto tally = guard.TallyOf(other.peer());
  for (int64_t i = 0; i <= kMostDropped; ++i) guard.Dropped(other.peer(), *tally);
  EXPECT_EQ(guard.cut(), 0);
  EXPECT_FALSE(other.ended());
}

}  // namespace
}  // namespace duban
