// What it costs to know who calls: the same calls to two nodes, one with TLS, certificates, a person's token and
// decisions, one with nothing of it; the decision by itself; and what others notice of many who sign in.
//
// Both nodes do the same work; calls go to one and the other by turns, so that whatever else the machine does meets
// both alike.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/access/authority.h"
#include "common/access/decision.h"
#include "common/access/token_keys.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/transport_keys.h"
#include "duban/v1/access_service.grpc.pb.h"
#include "tools/bench/bench.h"
#include "tools/bench/bench_node.h"
#include "tools/bench/office_work.h"

namespace duban {
namespace {

constexpr char kDomain[] = "bench.example";
constexpr double kMostTimesSlower = 1.25;

struct Options {
  int calls = 2'000;
  int sign_ins = 0;
  bool check = false;
};

// Certificates for a node called `bench`.
class BenchKeys {
 public:
  explicit BenchKeys(std::string folder) : folder_(std::move(folder)) {
    const absl::Status made = Authority::Init(folder_, kDomain, RealClock().Now());
    if (!made.ok()) BenchDie(std::string(made.message()));
  }
  // The key folder of somebody at the node, such as `/unit/u0`; empty: the node itself.
  std::string Issue(const std::string& part) const {
    const std::string out = StrCat(folder_, "-", part.empty() ? "node" : part.substr(part.rfind('/') + 1));
    const auto name = ParseIdentityPath(kDomain, StrCat("node/bench", part));
    auto set = Authority::Open(folder_)->Issue(*name, kCertificateDays, RealClock().Now());
    if (!set.ok() || !InstallKeySet(out, *set).ok()) BenchDie(StrCat("no keys for ", part));
    return out;
  }
  // Of the node, with what it signs tokens with.
  std::string IssueNode() const {
    const std::string out = Issue("");
    const absl::Status given =
        Authority::Open(folder_)->GiveTokenKeys(*ParseIdentityPath(kDomain, "node/bench"), out, RealClock().Now());
    if (!given.ok()) BenchDie(std::string(given.message()));
    return out;
  }
  std::shared_ptr<grpc::ChannelCredentials> As(const std::string& part) const {
    auto keys = TransportKeys::Open(Issue(part));
    if (!keys.ok()) BenchDie(std::string(keys.status().message()));
    return (*keys)->ForCalling("bench");
  }

 private:
  const std::string folder_;
};

// One of the two nodes, and what the calls are about.
struct Side {
  std::unique_ptr<BenchNode> node;
  std::unique_ptr<v1::AssignmentService::Stub> unit;
  // Of a person, as metadata has it; empty: the unit's client calls for itself.
  std::string authorization;
  std::vector<std::string> names;
  std::string lease_token;
  std::vector<absl::Duration> times;
};

template <typename Request, typename Response>
Response Call(const Side& side,
              grpc::Status (v1::AssignmentService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  grpc::ClientContext context;
  if (!side.authorization.empty()) context.AddMetadata("authorization", side.authorization);
  Response response;
  const grpc::Status status = (*side.unit.*method)(&context, request, &response);
  if (!status.ok()) BenchDie(status.error_message());
  return response;
}

// A clerk of the unit, who signed in when the node's day began.
std::string SignedIn(const std::string& keys) {
  const absl::Time begin = TimeAt(*ParseDay(kBenchDay), 8 * 60);
  TokenKeys signer(keys, "bench", &RealClock());
  const absl::StatusOr<std::string> token = signer.Sign({"bench",
                                                         "people/wang",
                                                         "people/wang/sessions/s1",
                                                         begin,
                                                         begin + kTokenLifetime,
                                                         {{UnitName(0), {v1::CLERK}}},
                                                         "王敏"});
  if (!token.ok()) BenchDie(std::string(token.status().message()));
  return StrCat("Bearer ", *token);
}

// A plan of as many tasks as the unit has receipts to sign, pulled by it.
Side Begin(const std::string& folder, const BenchKeys* keys, int tasks) {
  Side side;
  const auto as = [&](const std::string& part) { return keys == nullptr ? nullptr : keys->As(part); };
  const std::string own = keys == nullptr ? "" : keys->IssueNode();
  side.node =
      std::make_unique<BenchNode>(folder, kBenchDay, std::vector<std::string>{"--calls-per-second=100000"},
                                  BenchCallers{own, as("/unit/office"), as(""), as("/unit/u0"), as("/job/mail")});
  MakeUnits(*side.node, 1);
  side.unit = v1::AssignmentService::NewStub(side.node->Connect(as("/unit/u0")));
  for (int done = 0; done < tasks; done += 500) {
    const std::string plan = Draft(*side.node, StrCat("p", done), std::min(500, tasks - done));
    v1::PublishPlanRequest publish;
    publish.set_request_id(StrCat("publish-", done));
    publish.set_name(plan);
    publish.set_issuer("units/office");
    const auto published = UnaryCall(side.node->plans(), &v1::PlanService::Stub::PublishPlan, publish);
    if (!published.ok()) BenchDie(std::string(published.status().message()));
  }
  if (keys != nullptr) side.authorization = SignedIn(own);
  v1::PullAssignmentsRequest pull;
  pull.set_unit(UnitName(0));
  pull.set_max_assignments(500);
  pull.mutable_lease()->set_seconds(3600);
  for (int64_t attempts = 0; static_cast<int>(side.names.size()) < tasks; ++attempts) {
    pull.set_request_id(StrCat("pull-", attempts));
    const auto pulled = Call(side, &v1::AssignmentService::Stub::PullAssignments, pull);
    for (const v1::Assignment& assignment : pulled.assignments()) side.names.push_back(assignment.name());
    if (!pulled.lease_token().empty()) side.lease_token = pulled.lease_token();
  }
  return side;
}

// Medians of `call` at both sides, by turns.
struct Medians {
  absl::Duration plain, proved;
  double times_slower() const { return absl::FDivDuration(proved, plain); }
};
Medians ByTurns(Side& plain, Side& proved, int calls, const std::function<void(Side&, int)>& call) {
  for (Side* side : {&plain, &proved}) side->times.clear();
  for (int i = 0; i < calls; ++i) {
    for (Side* side : {&plain, &proved}) {
      const absl::Duration begin = RealClock().Steady();
      call(*side, i);
      side->times.push_back(RealClock().Steady() - begin);
    }
  }
  const auto median = [](std::vector<absl::Duration>& times) {
    std::nth_element(times.begin(), times.begin() + static_cast<int64_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
  };
  return {median(plain.times), median(proved.times)};
}

void Get(Side& side, int i) {
  v1::GetAssignmentRequest request;
  request.set_name(side.names[static_cast<size_t>(i) % side.names.size()]);
  Call(side, &v1::AssignmentService::Stub::GetAssignment, request);
}

void Sign(Side& side, int i) {
  v1::ReceiveAssignmentRequest request;
  request.set_request_id(StrCat("sign-", i));
  request.set_name(side.names[static_cast<size_t>(i)]);
  request.set_lease_token(side.lease_token);
  request.set_signer("王敏");
  Call(side, &v1::AssignmentService::Stub::ReceiveAssignment, request);
}

// Nanoseconds that a decision about a unit's own assignment takes.
double DecisionNanos() {
  constexpr int kRounds = 200'000;
  const MethodRule rule = *MethodRule::Of(*FindMethod("duban.v1.AssignmentService/GetAssignment"));
  const Caller caller = CallerOf(*ParseIdentityPath(kDomain, "node/bench/unit/u0"), "bench");
  v1::GetAssignmentRequest request;
  request.set_name("plans/p0/tasks/body-1/assignments/u0");
  const absl::Duration begin = RealClock().Steady();
  for (int i = 0; i < kRounds; ++i) {
    if (!rule.Decide(caller, request, nullptr, absl::CivilDay(2024, 3, 4)).ok()) BenchDie("not allowed");
  }
  return absl::ToDoubleNanoseconds(RealClock().Steady() - begin) / kRounds;
}

// The median and the 99th of a hundred times of `call`, one after the other.
struct Times {
  absl::Duration median, late;
};
Times Measured(const std::function<void()>& call, const std::function<bool()>& goes_on) {
  std::vector<absl::Duration> times;
  while (times.size() < 200 || goes_on()) {
    const absl::Duration begin = RealClock().Steady();
    call();
    times.push_back(RealClock().Steady() - begin);
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[times.size() * 99 / 100]};
}

// What somebody notices who reads assignments while so many try to sign in, 64 at a time.
void MeasureSignIns(Side& side, const BenchKeys& keys, int sign_ins) {
  constexpr int kAtOnce = 64;
  const auto read = [&] { Get(side, 0); };
  const Times quiet = Measured(read, [] { return false; });
  std::atomic<int> left{sign_ins}, compared{0}, working{kAtOnce};
  const std::shared_ptr<grpc::ChannelCredentials> console = keys.As("/service/console");
  std::vector<std::thread> crowd;
  for (int i = 0; i < kAtOnce; ++i) {
    crowd.emplace_back([&] {
      auto stub = v1::AccessService::NewStub(side.node->Connect(console));
      v1::SignInRequest request;
      request.set_person("people/nobody");
      request.set_password("Wrong-Horse-999");
      while (--left >= 0) {
        grpc::ClientContext context;
        v1::SignInResponse response;
        if (stub->SignIn(&context, request, &response).error_code() == grpc::StatusCode::UNAUTHENTICATED) ++compared;
      }
      --working;
    });
  }
  const absl::Duration begin = RealClock().Steady();
  const Times beside = Measured(read, [&] { return working > 0; });
  const double seconds = absl::ToDoubleSeconds(RealClock().Steady() - begin);
  for (std::thread& one : crowd) one.join();
  std::printf(
      "%d sign-ins, %d passwords compared in %.1f s; GetAssignment beside them: median %.0f us (%.0f us alone), "
      "99th %.0f us (%.0f us)\n",
      sign_ins, compared.load(), seconds, absl::ToDoubleMicroseconds(beside.median),
      absl::ToDoubleMicroseconds(quiet.median), absl::ToDoubleMicroseconds(beside.late),
      absl::ToDoubleMicroseconds(quiet.late));
}

int Run(const Options& options, const std::string& folder) {
  const BenchKeys keys(folder + "/keys");
  // Of one lease, because the token of the latest signs.
  const int receipts = std::min(options.calls, 500);
  Side plain = Begin(folder + "/plain", nullptr, receipts);
  Side proved = Begin(folder + "/proved", &keys, receipts);
  ByTurns(plain, proved, 100, Get);
  const Medians get = ByTurns(plain, proved, options.calls, Get);
  const Medians sign = ByTurns(plain, proved, receipts, Sign);
  std::printf("                     without     with TLS, certificate, token and decision\n");
  const auto print = [](const char* what, const Medians& medians) {
    std::printf("%-18s %7.0f us %7.0f us   %.2f times\n", what, absl::ToDoubleMicroseconds(medians.plain),
                absl::ToDoubleMicroseconds(medians.proved), medians.times_slower());
  };
  print("GetAssignment", get);
  print("ReceiveAssignment", sign);
  std::printf("a decision by itself: %.0f ns\n", DecisionNanos());
  if (options.sign_ins > 0) MeasureSignIns(proved, keys, options.sign_ins);
  const bool good = get.times_slower() <= kMostTimesSlower && sign.times_slower() <= kMostTimesSlower;
  if (!good) std::printf("more than %.2f times slower\n", kMostTimesSlower);
  return good || !options.check ? 0 : 1;
}

}  // namespace

int RunAccessBench(int argc, char** argv) {
  Options options;
  CLI::App app("What it costs to know who calls, in medians of calls by turns.", "duban-bench access");
  app.add_option("--calls", options.calls, "Calls of each kind at each node; at most 500 of them are receipts")
      ->check(CLI::Range(100, 100'000))
      ->capture_default_str();
  app.add_option("--sign-ins", options.sign_ins, "Attempts to sign in beside which reads are measured, too")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_flag("--check", options.check, "Ends with 1 where it is more than 1.25 times slower");
  CLI11_PARSE(app, argc, argv);
  const std::string folder = std::filesystem::temp_directory_path() / StrCat("duban-bench-access-", getpid());
  std::filesystem::create_directories(folder);
  const int code = Run(options, folder);
  std::filesystem::remove_all(folder);
  return code;
}

}  // namespace duban
