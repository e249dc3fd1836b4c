// How soon a change reaches many who wait for it, and what each of them costs while it waits, beside gRPC without us.
//
// Three processes: a real server with a feed, or a bare gRPC server that holds calls and answers all with one message
// that was made before; and a client that makes all calls at once, as many connections as it is told, and notes when
// the last answer came. All read one clock. First everybody waits for one publication, then each for an entity of its
// own.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/server.h"
#include "common/store/store.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "tools/bench/bench.h"
#include "tools/bench/child.h"
#include "tools/bench/feed_bench.h"
#include "tools/bench/source_module.h"

namespace duban {
namespace {

struct Options {
  std::string role;
  std::string folder;
  std::string address;
  int followers = 10'000;
  int own = 3'000;
  int connections = 1'000;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "duban-bench waiting: %s\n", what.c_str());
  std::exit(1);
}

// Seconds of a clock that all processes share.
double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double ResidentKib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6));
  }
  return 0;
}

std::string Answer(const std::string& word, double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%s %.6f", word.c_str(), number);
  return text;
}

void Publish(Store& store, int first, const std::vector<Audiences>& audiences) {
  const absl::Status status = store.Run({"publish", ""}, [&](Transaction& transaction) -> absl::Status {
    int number = first;
    for (const Audiences& concerned : audiences) {
      const v1::Assignment entity = FeedBenchEntity(number++);
      DUBAN_RETURN_IF_ERROR(transaction.Put(entity.name(), entity, concerned).status());
    }
    return absl::OkStatus();
  });
  if (!status.ok()) Die(std::string(ToStd(status.message())));
}

int RunServer(const Options& told) {
  ServerOptions options;
  options.insecure = true;
  options.program = "duban-bench";
  options.node = "source";
  options.data_dir = told.folder;
  options.admin_listen = "";
  options.max_waiting_fetches = 2 * told.followers;
  auto server = Server::Start(options, {SourceModule::Factory()});
  if (!server.ok()) Die(std::string(ToStd(server.status().message())));
  Store& store = *(*server)->store("assignment");
  std::vector<Audiences> own;
  for (int i = 0; i < told.own; ++i) own.push_back({NodeAudience(StrCat("f-", i))});
  return Converse((*server)->port(), [&](const std::string& line) {
    if (line == "all" || line == "own") {
      const double begin = Seconds();
      line == "all" ? Publish(store, 0, {Audiences{kDownstreamAudience}}) : Publish(store, 1, own);
      return Answer("at", begin);
    }
    return line == "rss" ? Answer("kib", ResidentKib()) : Answer("waiting", (*server)->waiting_fetches());
  });
}

// Holds calls until it is told to answer them.
class BareService final : public v1::FeedService::WithCallbackMethod_Fetch<v1::FeedService::Service> {
 public:
  BareService() {
    v1::FeedEntry& entry = *answer_.mutable_page()->add_entries();
    entry.mutable_payload()->PackFrom(FeedBenchEntity(0));
  }
  grpc::ServerUnaryReactor* Fetch(grpc::CallbackServerContext* context, const v1::FetchRequest* /*request*/,
                                  v1::FetchResponse* response) override {
    MutexLock lock(&mu_);
    held_.emplace_back(context->DefaultReactor(), response);
    return held_.back().first;
  }
  int held() {
    MutexLock lock(&mu_);
    return static_cast<int>(held_.size());
  }
  void AnswerAll() {
    std::vector<std::pair<grpc::ServerUnaryReactor*, v1::FetchResponse*>> held;
    {
      MutexLock lock(&mu_);
      held.swap(held_);
    }
    for (const auto& [reactor, response] : held) {
      *response = answer_;
      reactor->Finish(grpc::Status::OK);
    }
  }

 private:
  v1::FetchResponse answer_;
  Mutex mu_;
  std::vector<std::pair<grpc::ServerUnaryReactor*, v1::FetchResponse*>> held_ ABSL_GUARDED_BY(mu_);
};

int RunBareServer() {
  BareService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("gRPC cannot start");
  const int result = Converse(port, [&](const std::string& line) {
    if (line == "rss") return Answer("kib", ResidentKib());
    if (line != "all") return Answer("waiting", service.held());
    const double begin = Seconds();
    service.AnswerAll();
    return Answer("at", begin);
  });
  service.AnswerAll();
  server->Shutdown();
  return result;
}

// A call under way.
struct Call {
  grpc::ClientContext context;
  v1::FetchResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::FetchResponse>> reader;
};

int RunClient(const Options& told) {
  std::vector<std::unique_ptr<v1::FeedService::Stub>> stubs;
  for (int i = 0; i < told.connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(told.address, grpc::InsecureChannelCredentials(), arguments);
    // Nobody polls while calls are begun: what is not connected then does not reach the server.
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20))) {
      Die("the server does not answer");
    }
    stubs.push_back(v1::FeedService::NewStub(channel));
  }
  grpc::CompletionQueue queue;
  std::vector<v1::FeedPosition> positions(static_cast<size_t>(told.followers));
  std::vector<std::unique_ptr<Call>> calls(static_cast<size_t>(told.followers));
  return Converse(0, [&](const std::string& line) {
    const int count = line == "call-own" || line == "collect-own" ? told.own : told.followers;
    if (line.starts_with("call")) {
      for (int i = 0; i < count; ++i) {
        const auto at = static_cast<size_t>(i);
        v1::FetchRequest request;
        request.set_feed("assignment");
        request.set_follower(StrCat("f-", i));
        request.set_downstream(true);
        *request.mutable_position() = positions[at];
        request.mutable_wait()->set_seconds(20);
        calls[at] = std::make_unique<Call>();
        calls[at]->reader = stubs[at % stubs.size()]->AsyncFetch(&calls[at]->context, request, &queue);
        calls[at]->reader->Finish(&calls[at]->response, &calls[at]->status, reinterpret_cast<void*>(at));
      }
      return Answer("calling", count);
    }
    double last = 0;
    for (int i = 0; i < count; ++i) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue.Next(&tag, &ok) || !ok) Die("a call was lost");
      last = Seconds();
      const auto at = reinterpret_cast<size_t>(tag);
      if (!calls[at]->status.ok()) Die(calls[at]->status.error_message());
      if (calls[at]->response.page().entries().empty()) Die("a wait was over before anything was published");
      positions[at] = calls[at]->response.page().to();
    }
    return Answer("last", last);
  });
}

void Await(Child& server, int count) {
  while (server.Ask("waiting", "waiting").at(0) < count) std::this_thread::yield();
}

// What one kind of server came to.
void Measure(const char* what, const Options& options, bool bare) {
  const std::vector<std::string> numbers = {StrCat("--followers=", options.followers), StrCat("--own=", options.own),
                                            StrCat("--connections=", options.connections)};
  const auto words = [&](std::vector<std::string> first) {
    first.insert(first.end(), numbers.begin(), numbers.end());
    return first;
  };
  Child server("server", words({"waiting", bare ? "--role=bare" : "--role=server", "--dir=" + options.folder}));
  Child client("client", words({"waiting", "--role=client", StrCat("--address=127.0.0.1:", server.port())}));
  const double before = server.Ask("rss", "kib").at(0);
  client.Ask("call", "calling");
  Await(server, options.followers);
  const double kib = (server.Ask("rss", "kib").at(0) - before) / options.followers;
  const double begin = server.Ask("all", "at").at(0);
  const double last = client.Ask("collect", "last").at(0);
  std::printf("%-14s %8d wait %6.1f KiB each; one publication for all reaches the last in %5.0f ms, CPU %.0f ms\n",
              what, options.followers, kib, 1e3 * (last - begin), 1e3 * server.Cpu());
  std::fflush(stdout);
  if (bare || options.own == 0) return;
  client.Ask("call-own", "calling");
  Await(server, options.own);
  const double own_begin = server.Ask("own", "at").at(0);
  const double own_last = client.Ask("collect-own", "last").at(0);
  std::printf("%-14s %8d wait; an entity of its own for each reaches the last in %5.0f ms\n", what, options.own,
              1e3 * (own_last - own_begin));
  std::fflush(stdout);
}

}  // namespace

int RunWaitingBench(int argc, char** argv) {
  Options options;
  options.folder = std::filesystem::temp_directory_path();
  CLI::App app("How soon a change reaches many who wait for it, and what each costs, beside bare gRPC",
               "duban-bench waiting");
  app.add_option("--dir", options.folder, "Folder on the disk to measure")->capture_default_str();
  app.add_option("--followers", options.followers, "Who wait for one publication")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--own", options.own, "Who wait for an entity of their own; 0: not measured")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--connections", options.connections, "Connections that they share")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  // Between the processes of the benchmark; nobody else's business.
  app.add_option("--role", options.role)->group("");
  app.add_option("--address", options.address)->group("");
  CLI11_PARSE(app, argc, argv);
  options.own = std::min(options.own, options.followers);
  SetLogLevel(LogLevel::kError);
  if (options.role == "server") return RunServer(options);
  if (options.role == "bare") return RunBareServer();
  if (options.role == "client") return RunClient(options);
  // A process that ended is told by the message about it.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string folder = StrCat(options.folder, "/duban-bench-", getpid());
  std::filesystem::create_directories(folder);
  options.folder = folder;
  Measure("duban", options, false);
  Measure("bare gRPC", options, true);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace duban
