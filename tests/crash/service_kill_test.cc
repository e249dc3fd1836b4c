// Kills a running service under load, again and again, and checks from outside that nothing it promised is lost.
//
//   service_kill_test [--cycles N] [--seed S] [--clients C] [--program PATH]
//
// Clients in this process create units over gRPC and change them with etags. Each keeps a request until it is
// answered, through as many kills as it takes, with the same request id and the same body: so a create that took
// effect and is sent again must not be told that the unit exists, nor a change that its etag is old. All the while
// they read back what was acknowledged and send old requests again, which have to be answered with what is there now.
// At the end every unit is compared with the clients' memory, and the store itself is looked through.

#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/store/store.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "services/plan/directory/indexes.h"
#include "tests/crash/child_process.h"

namespace duban {
namespace {

using testing::ChildProcess;
using Directory = v1::DirectoryService::Stub;

constexpr const char* kFailpoints[] = {"commit.before_write", "commit.after_write", "commit.after_mark"};

struct Settings {
  int cycles = 200;
  uint64_t seed = 1;
  int clients = 8;
  std::string program;
  std::string folder;
};

struct Totals {
  std::atomic<int64_t> acknowledged{0}, repeats{0}, reads{0};
  std::atomic<int64_t> lost{0}, partial{0}, other_answers{0}, refused{0}, not_opened{0};
  int64_t bad() const { return lost + partial + other_answers + refused + not_opened; }
};

void Complain(std::atomic<int64_t>& total, const std::string& what) {
  if (++total <= 5) std::fprintf(stderr, "%s\n", what.c_str());
}

// Where the server is now. Thread-safe.
class Address {
 public:
  void Set(const std::string& address) {
    ChannelOptions options;
    options.first_reconnect = absl::Milliseconds(20);
    auto channel = MakeChannel(address, options);
    MutexLock lock(&mu_);
    channel_ = std::move(channel);
    ++generation_;
  }
  void Stop() {
    MutexLock lock(&mu_);
    stopped_ = true;
  }
  // The channel of a server younger than `generation`, or of the same one after a moment; null once stopped.
  std::shared_ptr<grpc::Channel> Next(int64_t& generation) {
    MutexLock lock(&mu_);
    const auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || generation_ > generation; };
    // The first server takes as long as it takes.
    const absl::Duration moment = generation_ == 0 ? absl::InfiniteDuration() : absl::Milliseconds(100);
    RealClock().AwaitWithTimeout(&mu_, absl::Condition(&ready), moment);
    generation = generation_;
    return stopped_ ? nullptr : channel_;
  }

 private:
  Mutex mu_;
  std::shared_ptr<grpc::Channel> channel_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

// One caller. Used by one thread, and by the harness once that has ended.
class Client {
 public:
  Client(int number, uint64_t seed, Address* address, Totals* totals)
      : number_(number), dice_(seed * 1000 + static_cast<uint64_t>(number)), address_(address), totals_(totals) {}

  void Loop() {
    for (int count = 0; Step(count); ++count) {
    }
  }

  // What was acknowledged last of each unit.
  const std::map<std::string, v1::Unit>& acknowledged() const { return acknowledged_; }

 private:
  // A create, a change, a look back. False once the run is over.
  bool Step(int count) {
    const std::string id = StrCat("u-", number_, "-", count);
    v1::CreateUnitRequest create;
    create.set_request_id("create-" + id);
    create.set_unit_id(id);
    create.mutable_unit()->set_display_name(StrCat("第", number_, "组第", count, "科"));
    create.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
    v1::Unit unit;
    if (!Send(&Directory::CreateUnit, create, unit)) return false;
    creates_.emplace_back(create, unit.name());
    if (creates_.size() > 200) creates_.pop_front();

    v1::UpdateUnitRequest update;
    update.set_request_id("update-" + id);
    *update.mutable_unit() = unit;
    update.mutable_unit()->add_aliases(StrCat("别名", number_, "之", count));
    update.mutable_update_mask()->add_paths("aliases");
    v1::Unit changed;
    if (!Send(&Directory::UpdateUnit, update, changed)) return false;
    acknowledged_[changed.name()] = changed;

    // What a request made is shown as it is now, and nothing is made again.
    const auto& [old_request, name] = creates_[dice_() % creates_.size()];
    v1::Unit again;
    if (!Send(&Directory::CreateUnit, old_request, again)) return false;
    if (again.SerializeAsString() != acknowledged_[name].SerializeAsString()) {
      Complain(totals_->other_answers, old_request.request_id() + " is answered differently");
    }
    return ReadBack(name);
  }

  bool ReadBack(const std::string& name) {
    v1::GetUnitRequest get;
    get.set_name(name);
    v1::Unit unit;
    if (!Send(&Directory::GetUnit, get, unit)) return false;
    ++totals_->reads;
    const v1::Unit& known = acknowledged_[name];
    if (unit.SerializeAsString() != known.SerializeAsString()) {
      Complain(totals_->lost, name + " is not as it was acknowledged");
    }
    return true;
  }

  // Sends a request until it is answered. False once the run is over.
  template <typename Request, typename Response>
  bool Send(GrpcMethod<Directory, Request, Response> method, const Request& request, Response& response) {
    CallOptions options;
    options.deadline = absl::Seconds(5);
    for (bool first = true;; first = false) {
      if (stub_ != nullptr) {
        auto answer = UnaryCall(*stub_, method, request, options);
        if (answer.ok()) {
          ++totals_->acknowledged;
          response = *std::move(answer);
          return true;
        }
        const bool cut = absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status()) ||
                         absl::IsCancelled(answer.status()) || absl::IsUnknown(answer.status());
        if (!cut) {
          Complain(totals_->refused, StrCat(request.ShortDebugString(), ": ", answer.status().ToString()));
          return false;
        }
        if (!first) ++totals_->repeats;
      }
      auto channel = address_->Next(generation_);
      if (channel == nullptr) return false;
      stub_ = v1::DirectoryService::NewStub(channel);
    }
  }

  const int number_;
  std::mt19937_64 dice_;
  Address* const address_;
  Totals* const totals_;
  std::unique_ptr<Directory> stub_;
  int64_t generation_ = 0;
  std::deque<std::pair<v1::CreateUnitRequest, std::string>> creates_;
  std::map<std::string, v1::Unit> acknowledged_;
};

class Harness {
 public:
  explicit Harness(Settings settings) : settings_(std::move(settings)), dice_(settings_.seed) {
    std::filesystem::create_directories(settings_.folder);
    for (int i = 0; i < settings_.clients; ++i) {
      clients_.push_back(std::make_unique<Client>(i, settings_.seed, &address_, &totals_));
    }
  }

  int Run() {
    std::vector<std::thread> threads;
    for (auto& client : clients_) threads.emplace_back([&client] { client->Loop(); });
    for (int cycle = 0; cycle < settings_.cycles && totals_.bad() == 0; ++cycle) Cycle();
    address_.Stop();
    for (std::thread& thread : threads) thread.join();
    if (totals_.not_opened == 0) Look();
    std::printf("cycles %d (at failpoints %d, before it served %d)\n", kills_, failpoint_kills_, early_kills_);
    std::printf("calls answered %lld, sent again after a kill %lld, read back %lld\n", Number(totals_.acknowledged),
                Number(totals_.repeats), Number(totals_.reads));
    std::printf("lost %lld, partial %lld, other answers %lld, refused %lld, not opened %lld\n", Number(totals_.lost),
                Number(totals_.partial), Number(totals_.other_answers), Number(totals_.refused),
                Number(totals_.not_opened));
    return totals_.bad() == 0 ? 0 : 1;
  }

 private:
  static long long Number(int64_t number) { return static_cast<long long>(number); }

  // Starts the service, lets the clients work, kills it.
  void Cycle() {
    const std::string port_file = settings_.folder + "/port";
    std::filesystem::remove(port_file);
    std::vector<std::string> environment;
    const bool at_failpoint = dice_() % 4 == 0;
    if (at_failpoint) {
      environment.push_back(StrCat("DUBAN_FAILPOINT=", kFailpoints[dice_() % 3], "=kill:", 1 + dice_() % 10));
    }
    ChildProcess server({settings_.program, "--node=city", "--data-dir=" + settings_.folder + "/data",
                         "--listen=127.0.0.1:0", "--insecure", "--admin-listen=none", "--port-file=" + port_file},
                        environment, settings_.folder + "/log");
    const bool early = !at_failpoint && dice_() % 16 == 0;
    const absl::Duration start = RealClock().Steady();
    const absl::Duration patience = early ? absl::Milliseconds(dice_() % 80) : absl::Seconds(30);
    std::string port;
    std::string ignored;
    bool alive = true;
    while (alive && port.empty() && RealClock().Steady() - start < patience) {
      alive = server.Read(absl::Milliseconds(2), ignored);
      std::ifstream(port_file) >> port;
    }
    if (!port.empty()) {
      address_.Set("127.0.0.1:" + port);
      const absl::Duration served = RealClock().Steady();
      const absl::Duration time = absl::Milliseconds(at_failpoint ? 3000 : 5 + dice_() % 120);
      while (alive && RealClock().Steady() - served < time) alive = server.Read(absl::Milliseconds(2), ignored);
    } else {
      ++early_kills_;
    }
    const int ended = server.Kill();
    ++kills_;
    if (at_failpoint && !alive) ++failpoint_kills_;
    if (WIFEXITED(ended)) {
      Complain(totals_.not_opened,
               StrCat("the service ended by itself with ", WEXITSTATUS(ended), "; see ", settings_.folder, "/log"));
    }
  }

  // Compares the store with what the clients remember.
  void Look() {
    StoreOptions options;
    options.path = settings_.folder + "/data/plan";
    options.service = "plan";
    options.node = "city";
    auto store = Store::Open(options);
    if (!store.ok()) return Complain(totals_.not_opened, store.status().ToString());
    for (const absl::Status& status : {(*store)->VerifyChain(), (*store)->VerifyFeed()}) {
      if (!status.ok()) Complain(totals_.partial, status.ToString());
    }
    auto snapshot = (*store)->TakeSnapshot();
    size_t units = 0;
    for (const auto& client : clients_) {
      for (const auto& [name, known] : client->acknowledged()) {
        ++units;
        auto unit = snapshot->Get<v1::Unit>(name);
        if (!unit.ok() || !unit->has_value() || (*unit)->value.display_name() != known.display_name() ||
            (*unit)->value.aliases_size() != 1) {
          Complain(totals_.lost, name + " was acknowledged and is lost");
        }
        auto by_name = snapshot->GetIndex(kDirectoryName, {known.display_name(), name});
        if (!by_name.ok() || !by_name->has_value()) Complain(totals_.partial, name + " is not in the index by name");
      }
    }
    if (units == 0) Complain(totals_.lost, "no unit was ever acknowledged");
  }

  const Settings settings_;
  std::mt19937_64 dice_;
  Address address_;
  Totals totals_;
  std::vector<std::unique_ptr<Client>> clients_;
  int kills_ = 0;
  int failpoint_kills_ = 0;
  int early_kills_ = 0;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.program = (std::filesystem::path(argv[0]).parent_path() / "duban-plan").string();
  std::string parent =
      std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path().string();
  CLI::App app("Kills a running service under load and checks what is left");
  app.add_option("--cycles", settings.cycles, "Kills")->check(CLI::Range(1, 100'000'000))->capture_default_str();
  app.add_option("--seed", settings.seed, "Of what is drawn")->capture_default_str();
  app.add_option("--clients", settings.clients, "Concurrent clients")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--program", settings.program, "duban-plan or duban-node")->capture_default_str();
  app.add_option("--dir", parent, "Where the stores lie. Memory will do: a kill takes nothing from it")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  settings.folder = StrCat(parent, "/duban-service-kill-", getpid());
  std::printf("service_kill_test --cycles %d --seed %llu --clients %d --program %s\n", settings.cycles,
              static_cast<unsigned long long>(settings.seed), settings.clients, settings.program.c_str());
  const int result = Harness(settings).Run();
  if (result == 0) {
    std::filesystem::remove_all(settings.folder);
  } else {
    std::printf("stores and log are kept in %s\n", settings.folder.c_str());
  }
  return result;
}

}  // namespace
}  // namespace duban

int main(int argc, char** argv) {
  return duban::Main(argc, argv);
}
