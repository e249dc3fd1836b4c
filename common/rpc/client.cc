#include "common/rpc/client.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "google/rpc/error_details.pb.h"

namespace duban {
namespace {

constexpr absl::Duration kLongestPause = absl::Seconds(5);

void Pause(Clock& clock, absl::Duration pause) {
  Mutex mu;
  MutexLock lock(&mu);
  bool never = false;
  clock.AwaitWithTimeout(&mu, absl::Condition(&never), pause);
}

// What the server asks for, if it does.
absl::Duration RetryDelayOf(const absl::Status& status) {
  auto payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return absl::ZeroDuration();
  return absl::Seconds(info.retry_delay().seconds()) + absl::Nanoseconds(info.retry_delay().nanos());
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(options.keepalive)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.first_reconnect)));
  // Whatever its name says: the least time for an attempt, a slow line's handshake included. Pauses are the others'.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.connect_within)));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.longest_reconnect)));
  // Repeats are ours alone, so that each has a fresh deadline and is counted.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Addresses are of offices' own machines: a proxy of the environment must not get between.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.shared_connection) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto credentials = options.credentials == nullptr ? grpc::InsecureChannelCredentials() : options.credentials;
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

absl::Status CallWithRetry(const CallOptions& options, absl::FunctionRef<GrpcAttempt> attempt) {
  const absl::Duration end = options.clock->Steady() + options.deadline;
  absl::Duration pause = options.first_pause;
  for (int attempts = 1;; ++attempts) {
    grpc::ClientContext context;
    // The wire carries a deadline as real time.
    const absl::Duration left = end - options.clock->Steady();
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + left));
    const absl::Status status = FromGrpcStatus(attempt(&context));
    if (!absl::IsUnavailable(status) || !options.repeatable || attempts >= options.max_attempts) return status;
    const double part = 0.5 + 0.5 * static_cast<double>(options.ids->Next() % 1000) / 1000.0;
    const absl::Duration wait = std::max(pause * part, std::min(RetryDelayOf(status), kLongestPause));
    if (options.clock->Steady() + wait >= end) return status;
    Pause(*options.clock, wait);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace duban
