#include "common/rpc/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "tests/support/fake_ids.h"

namespace duban {
namespace {

// A clock on which waiting takes no time, and which keeps the waits.
class JumpingClock : public Clock {
 public:
  absl::Time Now() override { return absl::UnixEpoch() + steady_; }
  absl::Duration Steady() override { return steady_; }
  bool AwaitWithTimeout(Mutex* /*mu*/, const absl::Condition& condition, absl::Duration timeout) override {
    waits.push_back(timeout);
    steady_ += timeout;
    return condition.Eval();
  }
  std::vector<absl::Duration> waits;

 private:
  absl::Duration steady_ = absl::Seconds(100);
};

// Ids that make every pause as long as it can be: 999 of 1,000 parts.
class LongPauses : public IdSource {
 public:
  uint64_t Next() override { return 999; }
};

struct Calls {
  JumpingClock clock;
  LongPauses ids;
  CallOptions options;
  int attempts = 0;

  Calls() {
    options.clock = &clock;
    options.ids = &ids;
    options.repeatable = true;
  }
  // Fails with `status` for the first `failures` attempts.
  absl::Status Run(const absl::Status& status, int failures) {
    return CallWithRetry(options, [&](grpc::ClientContext*) {
      return ++attempts <= failures ? ToGrpcStatus(status) : grpc::Status::OK;
    });
  }
};

// A server that takes connections and says nothing over them.
class SilentServer {
 public:
  SilentServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~SilentServer() { close(listener_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  const std::string& address() const { return address_; }

 private:
  const int listener_;
  std::string address_;
};

// Whether connecting is given up within `limit`.
bool GivesUp(const ChannelOptions& options, absl::Duration limit) {
  SilentServer server;
  const auto channel = MakeChannel(server.address(), options);
  const auto end = absl::ToChronoTime(absl::Now() + limit);
  EXPECT_EQ(channel->GetState(true), GRPC_CHANNEL_IDLE);
  for (auto state = GRPC_CHANNEL_IDLE; state != GRPC_CHANNEL_TRANSIENT_FAILURE; state = channel->GetState(false)) {
    if (!channel->WaitForStateChange(state, end)) return false;
  }
  return true;
}

TEST(MakeChannel, GivesASlowHandshakeItsTimeHoweverShortThePauses) {
  ChannelOptions options;
  options.first_reconnect = absl::Milliseconds(100);
  EXPECT_FALSE(GivesUp(options, absl::Seconds(1)));
  options.connect_within = absl::Milliseconds(100);
  EXPECT_TRUE(GivesUp(options, absl::Seconds(20)));
}

TEST(CallWithRetry, RepeatsWhatWasUnavailableWithDoubledPauses) {
  Calls calls;
  EXPECT_TRUE(calls.Run(absl::UnavailableError("away"), 4).ok());
  EXPECT_EQ(calls.attempts, 5);
  const double part = 0.9995;
  EXPECT_EQ(calls.clock.waits,
            (std::vector<absl::Duration>{absl::Milliseconds(200) * part, absl::Milliseconds(400) * part,
                                         absl::Milliseconds(800) * part, absl::Milliseconds(1600) * part}));
}

TEST(CallWithRetry, GivesUpAfterItsAttemptsWithTheLastError) {
  Calls calls;
  EXPECT_EQ(calls.Run(absl::UnavailableError("away"), 99), absl::UnavailableError("away"));
  EXPECT_EQ(calls.attempts, 5);
}

TEST(CallWithRetry, WaitsAsLongAsTheServerAsks) {
  Calls calls;
  EXPECT_TRUE(calls.Run(Error(v1::NOT_SERVING, "starting", "正在启动"), 1).ok());
  EXPECT_EQ(calls.clock.waits, std::vector<absl::Duration>{absl::Seconds(1)});
}

TEST(CallWithRetry, NeverRepeatsWhatMayHaveHappenedAndHasNoKey) {
  Calls calls;
  calls.options.repeatable = false;
  EXPECT_EQ(calls.Run(absl::UnavailableError("away"), 1), absl::UnavailableError("away"));
  EXPECT_EQ(calls.attempts, 1);
}

TEST(CallWithRetry, NeverRepeatsAnAnswer) {
  for (const absl::StatusCode code : {absl::StatusCode::kInvalidArgument, absl::StatusCode::kAborted,
                                      absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kResourceExhausted}) {
    Calls calls;
    EXPECT_EQ(calls.Run(absl::Status(code, "no"), 1).code(), code);
    EXPECT_EQ(calls.attempts, 1);
  }
}

TEST(CallWithRetry, DoesNotBeginAPauseThatOutlastsTheDeadline) {
  Calls calls;
  calls.options.deadline = absl::Milliseconds(500);
  EXPECT_EQ(calls.Run(absl::UnavailableError("away"), 99), absl::UnavailableError("away"));
  EXPECT_EQ(calls.attempts, 2);
}

TEST(CallWithRetry, EveryAttemptHasWhatIsLeftOfTheDeadline) {
  Calls calls;
  calls.options.deadline = absl::Seconds(10);
  std::vector<absl::Duration> left;
  (void)CallWithRetry(calls.options, [&](grpc::ClientContext* context) {
    left.push_back(absl::FromChrono(context->deadline()) - RealClock().Now());
    return ToGrpcStatus(left.size() < 3 ? absl::UnavailableError("away") : absl::OkStatus());
  });
  ASSERT_EQ(left.size(), 3u);
  EXPECT_GT(left[0], absl::Seconds(9));
  EXPECT_LE(left[0], absl::Seconds(10));
  EXPECT_LE(left[2], absl::Seconds(10) - calls.clock.waits[0] - calls.clock.waits[1]);
}

}  // namespace
}  // namespace duban
