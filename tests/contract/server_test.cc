// What every server promises, whatever it serves: starting, stopping, limits, health, errors.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/edge.h"
#include "common/rpc/process.h"
#include "common/store/checkpoint.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "duban/v1/node_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/patience.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::Patience;
using testing::TestBehavior;
using testing::TestServer;

// An upper limit for what should take no time: well below the 3.5 s after which a drain cancels calls.
const absl::Duration kSoon = absl::Seconds(3);

v1::GetUnitRequest UnitCalled(std::string name) {
  v1::GetUnitRequest request;
  request.set_name(std::move(name));
  return request;
}

std::unique_ptr<v1::DirectoryService::Stub> Directory(TestServer& server) {
  return v1::DirectoryService::NewStub(MakeChannel(server.address()));
}

absl::StatusOr<v1::Unit> GetUnit(v1::DirectoryService::Stub& stub, std::string name = "units/u1",
                                 const CallOptions& options = {}) {
  return UnaryCall(stub, &v1::DirectoryService::Stub::GetUnit, UnitCalled(std::move(name)), options);
}

absl::StatusOr<v1::Unit> CreateUnit(v1::DirectoryService::Stub& stub, const std::string& id) {
  v1::CreateUnitRequest request;
  request.set_request_id("r-" + id);
  request.set_unit_id(id);
  request.mutable_unit()->set_display_name("单位" + id);
  request.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
  return UnaryCall(stub, &v1::DirectoryService::Stub::CreateUnit, request);
}

// The status the health service answers for `service`; SERVICE_UNKNOWN where it says NOT_FOUND.
HealthCheckResponse::ServingStatus HealthOf(TestServer& server, const std::string& service) {
  auto stub = Health::NewStub(MakeChannel(server.address()));
  HealthCheckRequest request;
  request.set_service(service);
  auto response = UnaryCall(*stub, &Health::Stub::Check, request);
  if (response.ok()) return response->status();
  EXPECT_EQ(response.status().code(), absl::StatusCode::kNotFound) << response.status();
  return HealthCheckResponse::SERVICE_UNKNOWN;
}

// While it lives, no file of this process can grow: every write to a log fails as on a full disk.
class NoWrites {
 public:
  NoWrites() {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoWrites() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Server, AnswersAfterStartAndStopsSoonWhenIdle) {
  TestServer server;
  auto stub = Directory(server);
  absl::StatusOr<v1::Unit> unit = GetUnit(*stub);
  ASSERT_TRUE(unit.ok()) << unit.status();
  EXPECT_EQ(unit->name(), "units/u1");
  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  EXPECT_LT(RealClock().Steady() - begin, Patience(kSoon));
}

TEST(Server, DrainEndsFiftyWaitingFetchesAndLetsASlowCallFinishWithinFiveSeconds) {
  Notification entered;
  TestBehavior behavior;
  behavior.get_unit = [&](const v1::GetUnitRequest& request, v1::Unit* unit) {
    if (request.name() != "units/slow") return absl::OkStatus();
    entered.Notify();
    Mutex mu;
    const bool never = false;
    MutexLock lock(&mu);
    RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Seconds(1));
    unit->set_display_name("done");
    return absl::OkStatus();
  };
  TestServer server(behavior);
  auto feed = v1::FeedService::NewStub(MakeChannel(server.address()));
  std::atomic<int> ended_well{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&, i] {
      v1::FetchRequest request;
      request.set_feed("plan");
      request.set_follower(StrCat("node-", i));
      request.mutable_position();
      request.mutable_wait()->set_seconds(20);
      auto response = UnaryCall(*feed, &v1::FeedService::Stub::Fetch, request);
      if (response.ok() && response->page().entries().empty()) ++ended_well;
    });
  }
  auto stub = Directory(server);
  absl::StatusOr<v1::Unit> slow;
  threads.emplace_back([&] { slow = GetUnit(*stub, "units/slow"); });
  entered.WaitForNotification();
  ASSERT_TRUE(Eventually([&] { return server->waiting_fetches() == 50; }));

  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  const absl::Duration took = RealClock().Steady() - begin;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended_well, 50);
  ASSERT_TRUE(slow.ok()) << slow.status();
  EXPECT_EQ(slow->display_name(), "done");
  EXPECT_LT(took, Patience(kSoon)) << "nothing but the slow call should be waited for";
}

TEST(Server, DrainIsOverInFiveSecondsWhenACallWaitsForItsCancellation) {
  TestBehavior behavior;
  Notification entered, released;
  behavior.get_unit = [&](const v1::GetUnitRequest&, v1::Unit*) {
    entered.Notify();
    released.WaitForNotification();
    return absl::OkStatus();
  };
  TestServer server(behavior);
  auto stub = Directory(server);
  absl::Duration took;
  std::thread caller([&] {
    // The caller hears of the cancellation although the code behind it still runs.
    EXPECT_EQ(ReasonOf(GetUnit(*stub, "units/u1", {.repeatable = false}).status()), v1::OUTCOME_UNKNOWN);
    released.Notify();
  });
  entered.WaitForNotification();
  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  took = RealClock().Steady() - begin;
  caller.join();
  EXPECT_LT(took, kDrainTime + Patience(kSoon)) << "the call was not cancelled";
  EXPECT_GT(took, absl::Seconds(3)) << "calls get the time there is";
}

// Whether the SIGTERM sent to this process was taken by its sigwait.
bool SignalTaken() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 0;
}

// Where the process that dies has its files, so that the one that started it can remove them.
std::string DeathFolder(pid_t parent) {
  return (std::filesystem::temp_directory_path() / StrCat("duban_death_", parent)).string();
}

// Runs a server whose only call never returns, calls it, and sends `signals` SIGTERMs.
void RunAndStop(int signals) {
  // As the first thread of a server program does; the threads made here inherit it.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const std::string folder = DeathFolder(getppid());
  std::filesystem::create_directories(folder);
  TestBehavior behavior;
  Notification entered, never;
  behavior.get_unit = [&](const v1::GetUnitRequest&, v1::Unit*) {
    entered.Notify();
    never.WaitForNotification();
    return absl::OkStatus();
  };
  ServerOptions options;
  options.insecure = true;
  options.program = "test";
  options.node = "city";
  options.data_dir = folder + "/data";
  options.port_file = folder + "/port";
  std::thread caller([&] {
    int port = 0;
    while (!(std::ifstream(options.port_file) >> port)) std::this_thread::yield();
    auto stub = v1::DirectoryService::NewStub(MakeChannel(StrCat("127.0.0.1:", port)));
    std::thread call([&] { (void)GetUnit(*stub); });
    entered.WaitForNotification();
    for (int i = 0; i < signals; ++i) {
      kill(getpid(), SIGTERM);
      // Signals of one number that are not taken yet are one signal.
      while (i + 1 < signals && !SignalTaken()) std::this_thread::yield();
    }
    call.join();
  });
  RunServer(options, {TestServer::Factory(&behavior)});
}

TEST(ServerDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(RunAndStop(2), ::testing::ExitedWithCode(128 + SIGTERM), "server.killed");
  std::filesystem::remove_all(DeathFolder(getpid()));
}

TEST(ServerDeathTest, ADrainThatHangsIsAbortedAfterTenSeconds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const absl::Duration begin = RealClock().Steady();
  EXPECT_EXIT(RunAndStop(1), ::testing::KilledBySignal(SIGABRT), "server.aborted");
  std::filesystem::remove_all(DeathFolder(getpid()));
  EXPECT_GE(RealClock().Steady() - begin, kWatchdogTime);
  EXPECT_LT(RealClock().Steady() - begin, kWatchdogTime + Patience(absl::Seconds(10)));
}

TEST(Server, RefusesNewCallsWhileDraining) {
  TestBehavior behavior;
  Notification entered, released;
  behavior.get_unit = [&](const v1::GetUnitRequest& request, v1::Unit*) {
    if (request.name() != "units/slow") return absl::OkStatus();
    entered.Notify();
    released.WaitForNotification();
    return absl::OkStatus();
  };
  TestServer server(behavior);
  auto stub = Directory(server);
  std::thread caller([&] { EXPECT_TRUE(GetUnit(*stub, "units/slow").ok()); });
  entered.WaitForNotification();
  std::thread drain([&] { server->Drain(); });
  absl::Status refused;
  EXPECT_TRUE(Eventually([&] {
    refused = GetUnit(*stub).status();
    return !refused.ok();
  }));
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  released.Notify();
  caller.join();
  drain.join();
}

TEST(Server, ASecondServerOnTheSamePortFailsClearly) {
  TestServer first;
  const testing::TempFolder folder;
  ServerOptions options = first.options();
  options.data_dir = folder.path();
  options.listen = first.address();
  const TestBehavior behavior;
  absl::StatusOr<std::unique_ptr<Server>> second = Server::Start(options, {TestServer::Factory(&behavior)});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("cannot listen on " + first.address()));

  options.listen = "127.0.0.1:0";
  options.admin_listen = StrCat("127.0.0.1:", first->admin_port());
  second = Server::Start(options, {TestServer::Factory(&behavior)});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("admin page"));
}

TEST(Server, AStoreOfAnotherNodeIsNotOpened) {
  const testing::TempFolder folder;
  const TestBehavior behavior;
  ServerOptions options;
  options.insecure = true;
  options.node = "city";
  options.data_dir = folder.path();
  ASSERT_TRUE(Server::Start(options, {TestServer::Factory(&behavior)}).ok());
  options.node = "district";
  absl::StatusOr<std::unique_ptr<Server>> second = Server::Start(options, {TestServer::Factory(&behavior)});
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.status().GetPayload(kStoreFailureUrl).has_value());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(folder.path()));
}

TEST(Server, ErrorsReachTheCallerWithAllDetails) {
  TestBehavior behavior;
  behavior.get_unit = [](const v1::GetUnitRequest&, v1::Unit*) {
    return Error(v1::STILL_IN_USE, "in use", "仍在使用", {{"by", "groups/各街道"}});
  };
  TestServer server(behavior);
  auto stub = Directory(server);
  const absl::Status status = GetUnit(*stub).status();
  EXPECT_EQ(status, Error(v1::STILL_IN_USE, "in use", "仍在使用", {{"by", "groups/各街道"}}));
}

TEST(Server, TheLargestErrorReachesTheCaller) {
  TestServer server;
  auto stub = Directory(server);
  v1::CreateUnitRequest request;
  for (int i = 0; i < 40; ++i) request.mutable_unit()->add_aliases(std::string(61, 'a'));
  const absl::Status status = UnaryCall(*stub, &v1::DirectoryService::Stub::CreateUnit, request).status();
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << status;
  EXPECT_EQ(MetadataOf(status)["count"], "43");
  EXPECT_EQ(MetadataOf(status)["field"], "request_id");
}

TEST(Server, AnExceptionInAMethodIsABrokenPromiseAndNotTheEnd) {
  TestBehavior behavior;
  behavior.get_unit = [](const v1::GetUnitRequest& request, v1::Unit*) -> absl::Status {
    if (request.name() == "units/bad") throw std::runtime_error("surprise");
    if (request.name() == "units/worse") throw 42;
    if (request.name() == "units/plain") return absl::UnknownError("no reason");
    return absl::OkStatus();
  };
  TestServer server(behavior);
  auto stub = Directory(server);
  for (const char* name : {"units/bad", "units/worse", "units/plain"}) {
    const absl::Status status = GetUnit(*stub, name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << name;
    EXPECT_EQ(ReasonOf(status), v1::INVARIANT_BROKEN) << name;
  }
  EXPECT_TRUE(GetUnit(*stub).ok());
}

TEST(Server, CallsThatTakeTooLongAreGivenUpWhateverTheCallerSaid) {
  TestBehavior behavior;
  Notification released;
  behavior.get_unit = [&](const v1::GetUnitRequest&, v1::Unit*) {
    released.WaitForNotification();
    return absl::OkStatus();
  };
  TestServer server(behavior, [](ServerOptions& options) { options.max_call_time = absl::Seconds(1); });
  auto stub = Directory(server);
  const absl::Duration begin = RealClock().Steady();
  const absl::Status status = GetUnit(*stub, "units/u1", {.deadline = absl::Minutes(5)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("same request id"));
  EXPECT_LT(RealClock().Steady() - begin, Patience(absl::Seconds(20)));
  released.Notify();
}

// A server whose GetUnit of `units/held` waits until it is let go, and the calls that are held there.
class HeldServer {
 public:
  explicit HeldServer(const std::function<void(ServerOptions&)>& adjust, ServerPorts ports = {})
      : server_(Behavior(), adjust, ports), stub_(Directory(server_)) {}
  ~HeldServer() {
    Release();
    for (std::thread& caller : callers_) caller.join();
  }

  TestServer& server() { return server_; }
  v1::DirectoryService::Stub& stub() { return *stub_; }

  // Adds so many held calls, and waits until the method has begun all that it can.
  void Hold(int calls, int begun) {
    for (int i = 0; i < calls; ++i) {
      callers_.emplace_back([this] {
        const absl::Status status = GetUnit(*stub_, "units/held", {.deadline = Patience(absl::Seconds(60))}).status();
        if (status.ok()) ++served_;
      });
    }
    EXPECT_TRUE(Eventually([&] { return begun_ == begun; })) << begun_;
  }
  void Release() {
    if (!released_.HasBeenNotified()) released_.Notify();
  }
  // How many held calls were served in the end.
  int Join() {
    Release();
    for (std::thread& caller : callers_) caller.join();
    callers_.clear();
    return served_;
  }

 private:
  TestBehavior Behavior() {
    TestBehavior behavior;
    behavior.get_unit = [this](const v1::GetUnitRequest& request, v1::Unit*) {
      if (request.name() != "units/held") return absl::OkStatus();
      ++begun_;
      released_.WaitForNotification();
      return absl::OkStatus();
    };
    return behavior;
  }

  std::atomic<int> begun_{0}, served_{0};
  Notification released_;
  TestServer server_;
  std::unique_ptr<v1::DirectoryService::Stub> stub_;
  std::vector<std::thread> callers_;
};

TEST(Overload, AsManyCallsAgainWaitAndTheNextIsRefusedWithATimeToRepeat) {
  HeldServer held([](ServerOptions& options) { options.threads = 4; });
  held.Hold(8, 4);
  absl::Status refused;
  // Those that wait are on their way.
  EXPECT_TRUE(Eventually([&] {
    refused = GetUnit(held.stub(), "units/u1", {.deadline = absl::Milliseconds(200)}).status();
    return !absl::IsDeadlineExceeded(refused);
  }));
  EXPECT_EQ(ReasonOf(refused), v1::OVERLOADED) << refused;
  EXPECT_TRUE(refused.GetPayload(kRetryInfoUrl).has_value());
  EXPECT_EQ(MetadataOf(refused)["lane"], "ordinary");
  EXPECT_EQ(held.Join(), 8) << "a call that had a place lost it";
  EXPECT_TRUE(GetUnit(held.stub()).ok());
}

TEST(Overload, LeavesHealthNeighboursAndOperatorsAlone) {
  HeldServer held([](ServerOptions& options) { options.threads = 4; });
  held.Hold(30, 4);
  EXPECT_EQ(HealthOf(held.server(), ""), HealthCheckResponse::SERVING);
  auto node = v1::NodeService::NewStub(MakeChannel(held.server().address()));
  EXPECT_TRUE(UnaryCall(*node, &v1::NodeService::Stub::GetNodeStatus, v1::GetNodeStatusRequest()).ok());
  auto feed = v1::FeedService::NewStub(MakeChannel(held.server().address()));
  v1::GiveBackRequest give_back;
  give_back.set_feed("plan");
  give_back.set_node("district");
  EXPECT_TRUE(UnaryCall(*feed, &v1::FeedService::Stub::GiveBack, give_back).ok());
}

absl::StatusOr<v1::UnitGroup> GetUnitGroup(TestServer& server) {
  auto stub = Directory(server);
  v1::GetUnitGroupRequest request;
  request.set_name("groups/g1");
  return UnaryCall(*stub, &v1::DirectoryService::Stub::GetUnitGroup, request);
}

TEST(Overload, WhatIsAnsweredWhereItComesInNeedsNoPlace) {
  HeldServer held([](ServerOptions& options) { options.threads = 4; });
  held.Hold(8, 4);
  const auto group = GetUnitGroup(held.server());
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ(group->name(), "groups/g1");
}

// Calls of one method whose bodies never come, on as many connections as they need.
class BodilessCalls {
 public:
  BodilessCalls(TestServer& server, const std::string& method, int calls) {
    constexpr int kPerConnection = 200;
    for (int i = 0; i < calls; ++i) {
      if (i % kPerConnection == 0) {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        stubs_.push_back(std::make_unique<grpc::GenericStub>(
            grpc::CreateCustomChannel(server.address(), grpc::InsecureChannelCredentials(), arguments)));
      }
      Begun& call = *calls_.emplace_back(std::make_unique<Begun>());
      call.stream = stubs_.back()->PrepareCall(&call.context, method, &queue_);
      call.stream->StartCall(nullptr);
      call.stream->Finish(&call.status, &call);
      ++open_;
    }
  }
  ~BodilessCalls() {
    for (const auto& call : calls_) call->context.TryCancel();
    while (open_ > 0) Next().IgnoreError();
    queue_.Shutdown();
  }

  // How the next call that ends has ended.
  absl::Status Next() {
    void* tag = nullptr;
    bool ok = false;
    do {
      EXPECT_TRUE(queue_.Next(&tag, &ok));
    } while (tag == nullptr);
    --open_;
    return FromGrpcStatus(static_cast<Begun*>(tag)->status);
  }

 private:
  struct Begun {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::Status status;
  };

  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<std::unique_ptr<Begun>> calls_;
  int open_ = 0;
};

TEST(Overload, ACallWhoseBodyNeverComesMakesWayForOneTooMany) {
  TestServer server;
  for (const char* method : {"/duban.v1.DirectoryService/GetUnit", "/duban.v1.DirectoryService/GetUnitGroup"}) {
    BodilessCalls calls(server, method, kMaxReadingCalls + 1);
    const absl::Status evicted = calls.Next();
    EXPECT_EQ(ReasonOf(evicted), v1::OVERLOADED) << method << ": " << evicted;
    EXPECT_TRUE(GetUnitGroup(server).ok()) << method;
  }
}

TEST(Overload, ACallerWhoHangsUpGivesItsPlaceBack) {
  HeldServer held([](ServerOptions& options) { options.threads = 4; });
  held.Hold(4, 4);
  // Four more wait; one after the other hangs up, and there is room for the next each time.
  for (int i = 0; i < 40; ++i) {
    const absl::Status status = GetUnit(held.stub(), "units/u1", {.deadline = absl::Milliseconds(20)}).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  }
}

TEST(Overload, ACallThatIsWrongInEveryWayGetsTheReasonThatStandsFirst) {
  HeldServer held([](ServerOptions& options) { options.threads = 4; });
  held.Hold(8, 4);
  const auto call = [&](size_t metadata) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Seconds(20)));
    context.AddMetadata("x-large", std::string(metadata, 'x'));
    v1::Unit unit;
    return ReasonOf(FromGrpcStatus(held.stub().GetUnit(&context, UnitCalled("no name"), &unit)));
  };
  EXPECT_TRUE(Eventually([&] { return call(0) == v1::OVERLOADED; })) << "all places are taken by now";
  EXPECT_EQ(call(20'000), v1::METADATA_TOO_LARGE);
  std::thread drain([&] { held.server()->Drain(); });
  EXPECT_TRUE(Eventually([&] { return call(0) == v1::NOT_SERVING; }));
  EXPECT_EQ(call(20'000), v1::METADATA_TOO_LARGE);
  EXPECT_LT(v1::METADATA_TOO_LARGE, v1::NOT_SERVING);
  EXPECT_LT(v1::NOT_SERVING, v1::OVERLOADED);
  EXPECT_LT(v1::OVERLOADED, v1::INVALID_FIELD);
  held.Release();
  drain.join();
}

TEST(Server, AMessageAtTheLimitPassesAndOneBeyondIsRefused) {
  TestServer server({}, [](ServerOptions& options) { options.max_message_bytes = 65536; });
  auto stub = Directory(server);
  v1::GetUnitRequest request;
  for (const int64_t size : {65536, 65537}) {
    request.set_name(std::string(static_cast<size_t>(size) - 4, 'x'));
    ASSERT_EQ(static_cast<int64_t>(request.ByteSizeLong()), size);
    const absl::Status status = UnaryCall(*stub, &v1::DirectoryService::Stub::GetUnit, request).status();
    // At the limit it is the method's own rules that refuse it.
    EXPECT_EQ(status.code(), size == 65536 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kResourceExhausted)
        << status;
  }
}

TEST(Server, BytesThatAreNoRequestAreRefusedWithAReason) {
  TestServer server;
  grpc::GenericStub stub(MakeChannel(server.address()));
  // Field 1 with a length that the message does not have.
  const grpc::Slice slice(std::string("\x0A\x7F", 2));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  grpc::Status status;
  Notification done;
  stub.UnaryCall(&context, "/duban.v1.DirectoryService/GetUnit", {}, &request, &response, [&](grpc::Status ended) {
    status = std::move(ended);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(ReasonOf(FromGrpcStatus(status)), v1::INVALID_FIELD) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("GetUnitRequest"));
}

TEST(Server, AnUnknownMethodIsUnimplemented) {
  TestServer server;
  auto stub = Directory(server);
  EXPECT_EQ(UnaryCall(*stub, &v1::DirectoryService::Stub::ListUnits, v1::ListUnitsRequest()).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(Server, ForgetsAnswersToRequestsThatAreOlderThanPromised) {
  FakeClock clock;
  ServerPorts ports;
  ports.clock = &clock;
  TestServer server({}, {}, ports);
  Store* store = server->store("plan");
  // Whether the id, with another body, is taken for a new request.
  const auto is_new = [&](const std::string& name) {
    v1::Unit request, response;
    request.set_name(name);
    return store->Request({Anybody(), "Make", "r-1", request}, &response, [&](Transaction& tx) -> absl::Status {
      return tx.Put("units/" + name, request, {}).status();
    });
  };
  ASSERT_TRUE(is_new("a").ok());
  EXPECT_EQ(ReasonOf(is_new("b")), v1::REQUEST_ID_REUSED);
  clock.Advance(kMemoLifetime);
  const absl::Duration end = RealClock().Steady() + Patience(absl::Seconds(30));
  absl::Status again = is_new("c");
  // Again and again: the server's own loop may be on its way into its pause, and waits for the time behind that.
  while (!again.ok() && RealClock().Steady() < end) {
    clock.Advance(absl::Hours(2));
    again = is_new("c");
  }
  EXPECT_TRUE(again.ok()) << again;
}

TEST(Server, CutsOffHistoryThatIsOldAndBackedUp) {
  FakeClock clock;
  ServerPorts ports;
  ports.clock = &clock;
  TestServer server(
      {}, [](ServerOptions& options) { options.history_days = 365; }, ports);
  Store* store = server->store("plan");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        store->Run({"test", ""}, [&](Transaction& tx) { return tx.Put(StrCat("units/u", i), v1::Unit(), {}).status(); })
            .ok());
  }
  const int64_t old = store->head().sequence();
  ASSERT_TRUE(store->NoteBackup(store->head()).ok());
  const auto cut_off = [&] { return ReadCheckpoint(*store->TakeSnapshot())->sequence(); };
  const absl::Time begin = clock.Now();
  const absl::Duration end = RealClock().Steady() + Patience(absl::Seconds(30));
  clock.Advance(absl::Hours(360 * 24));
  // Again and again: as above.
  while (cut_off() < old && RealClock().Steady() < end) clock.Advance(absl::Hours(2));
  EXPECT_GE(cut_off(), old);
  EXPECT_GT(clock.Now() - begin, absl::Hours(365 * 24));
  EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
}

TEST(Server, TellsHowItIs) {
  TestServer server;
  auto directory = Directory(server);
  ASSERT_TRUE(CreateUnit(*directory, "u1").ok());
  auto stub = v1::NodeService::NewStub(MakeChannel(server.address()));
  auto status = UnaryCall(*stub, &v1::NodeService::Stub::GetNodeStatus, v1::GetNodeStatusRequest());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->node(), "city");
  EXPECT_EQ(status->version(), DUBAN_VERSION);
  EXPECT_FALSE(status->pretended_time());
  ASSERT_EQ(status->stores_size(), 1);
  EXPECT_EQ(status->stores(0).service(), "plan");
  EXPECT_TRUE(status->stores(0).serving());
  EXPECT_EQ(status->stores(0).head().sequence(), server->store("plan")->head().sequence());
  EXPECT_GT(status->stores(0).head().sequence(), 0);
  EXPECT_EQ(status->stores(0).format_version(), kFormatVersion);
}

TEST(Health, KnowsEachServiceAndTheWhole) {
  TestServer server;
  for (const char* service :
       {"", "duban.v1.DirectoryService", "duban.v1.FeedService", "duban.v1.WatchService", "duban.v1.NodeService"}) {
    EXPECT_EQ(HealthOf(server, service), HealthCheckResponse::SERVING) << service;
  }
  EXPECT_EQ(HealthOf(server, "duban.v1.PlanService"), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST(Offer, ToAStoreThatFailsIsOutcomeUnknownAndThenRefused) {
  TestServer server;
  auto stub = v1::FeedService::NewStub(MakeChannel(server.address()));
  v1::OfferRequest request;
  request.set_feed("plan");
  request.set_node("district");
  request.mutable_page()->mutable_from()->set_epoch("e1");
  request.mutable_page()->mutable_to()->set_epoch("e1");
  request.mutable_page()->mutable_to()->set_sequence(1);
  v1::FeedEntry* entry = request.mutable_page()->add_entries();
  entry->set_entity("units/below");
  entry->set_sequence(1);
  entry->mutable_payload()->PackFrom(v1::Unit());
  {
    const NoWrites no_writes;
    EXPECT_EQ(ReasonOf(UnaryCall(*stub, &v1::FeedService::Stub::Offer, request).status()), v1::OUTCOME_UNKNOWN);
  }
  EXPECT_EQ(ReasonOf(UnaryCall(*stub, &v1::FeedService::Stub::Offer, request).status()), v1::NOT_SERVING);
  v1::GiveBackRequest give_back;
  give_back.set_feed("plan");
  give_back.set_node("district");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub, &v1::FeedService::Stub::GiveBack, give_back).status()), v1::NOT_SERVING);
}

TEST(Health, IsNotGreenWhileNothingIsAnswered) {
  FakeClock clock;
  ServerPorts ports;
  ports.clock = &clock;
  HeldServer held([](ServerOptions& options) { options.threads = 4; }, ports);
  TestServer& server = held.server();
  httplib::Client admin("127.0.0.1", server->admin_port());
  held.Hold(1, 1);
  // The server looks once a second, and may be on its way into its pause.
  const auto turns = [&](HealthCheckResponse::ServingStatus status) {
    return Eventually([&] {
      clock.Advance(absl::Seconds(2));
      return HealthOf(server, "duban.v1.DirectoryService") == status;
    });
  };
  // Others are answered: one slow call says nothing.
  for (int i = 0; i < 20; ++i) {
    clock.Advance(absl::Seconds(1));
    EXPECT_TRUE(GetUnit(held.stub()).ok());
  }
  EXPECT_EQ(HealthOf(server, ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(admin.Get("/readyz")->status, 200);
  EXPECT_TRUE(turns(HealthCheckResponse::NOT_SERVING));
  EXPECT_EQ(HealthOf(server, ""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(server, "duban.v1.NodeService"), HealthCheckResponse::SERVING);
  EXPECT_EQ(admin.Get("/readyz")->status, 503);
  EXPECT_EQ(admin.Get("/livez")->status, 200) << "a restart would lose what the call is doing";
  held.Release();
  EXPECT_TRUE(turns(HealthCheckResponse::SERVING));
  EXPECT_EQ(admin.Get("/readyz")->status, 200);
}

TEST(Health, FollowsTheFailureOfAStore) {
  TestServer server;
  auto stub = Directory(server);
  ASSERT_TRUE(CreateUnit(*stub, "u1").ok());
  auto health = Health::NewStub(MakeChannel(server.address()));
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("duban.v1.DirectoryService");
  auto watch = health->Watch(&context, request);
  HealthCheckResponse said;
  ASSERT_TRUE(watch->Read(&said));
  EXPECT_EQ(said.status(), HealthCheckResponse::SERVING);
  {
    const NoWrites no_writes;
    EXPECT_EQ(ReasonOf(CreateUnit(*stub, "u2").status()), v1::OUTCOME_UNKNOWN);
  }
  ASSERT_TRUE(watch->Read(&said));
  EXPECT_EQ(said.status(), HealthCheckResponse::NOT_SERVING);
  context.TryCancel();
  watch->Finish();
  EXPECT_EQ(HealthOf(server, "duban.v1.DirectoryService"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(server, ""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(server, "duban.v1.NodeService"), HealthCheckResponse::SERVING);
  EXPECT_EQ(ReasonOf(GetUnit(*stub).status()), v1::NOT_SERVING);
  auto node = v1::NodeService::NewStub(MakeChannel(server.address()));
  auto status = UnaryCall(*node, &v1::NodeService::Stub::GetNodeStatus, v1::GetNodeStatusRequest());
  ASSERT_TRUE(status.ok());
  EXPECT_FALSE(status->stores(0).serving());
  EXPECT_NE(status->stores(0).failure(), "");
}

TEST(Health, WatchSaysNotServingAndEndsAtADrainWithoutHoldingItUp) {
  TestServer server;
  auto health = Health::NewStub(MakeChannel(server.address()));
  grpc::ClientContext context, unknown_context;
  HealthCheckRequest request;
  auto watch = health->Watch(&context, request);
  HealthCheckResponse said;
  ASSERT_TRUE(watch->Read(&said));
  EXPECT_EQ(said.status(), HealthCheckResponse::SERVING);
  request.set_service("nothing");
  auto unknown = health->Watch(&unknown_context, request);
  ASSERT_TRUE(unknown->Read(&said));
  EXPECT_EQ(said.status(), HealthCheckResponse::SERVICE_UNKNOWN);

  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  EXPECT_LT(RealClock().Steady() - begin, Patience(kSoon));
  ASSERT_TRUE(watch->Read(&said));
  EXPECT_EQ(said.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&said));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace duban
