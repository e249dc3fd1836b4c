#include "tests/crash/victims.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/crash/child_process.h"

namespace duban::testing {
namespace {

using Directory = v1::DirectoryService::Stub;
using grpc::health::v1::Health;

// A victim that neither ends nor gets on by then is broken; far longer than the slowest machine takes.
constexpr absl::Duration kPatience = absl::Seconds(60);

int64_t SizeOfFile(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::string WordsFrom(const std::string& path, int64_t begin) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(begin);
  return {std::istreambuf_iterator<char>(file), {}};
}

class StoreVictim final : public Victim {
 public:
  explicit StoreVictim(Programs programs) : programs_(std::move(programs)) {}

  Ended Run(const Round& round) override {
    std::vector<std::string> command = {programs_.victim(), store(round.folder), StrCat(round.number),
                                        StrCat(round.threads), StrCat(round.commands)};
    command.insert(command.end(), round.repeated.begin(), round.repeated.end());
    const int64_t words = SizeOfFile(round.log);
    const absl::Duration start = RealClock().Steady();
    ChildProcess child(command, round.environment, round.log);
    Ended ended;
    bool alive = true;
    absl::Duration end = start + std::min(round.early, kPatience);
    while (alive && RealClock().Steady() < end) {
      alive = child.Read(end - RealClock().Steady(), ended.reports);
      if (ended.opened || ended.reports.find("open\n") == std::string::npos) continue;
      ended.opened = true;
      end = std::min(end, RealClock().Steady() + round.time);
    }
    ended.status = alive ? child.Kill() : child.Wait();
    while (alive) alive = child.Read(kPatience, ended.reports);
    ended.opened = ended.reports.find("open\n") != std::string::npos;
    ended.words = WordsFrom(round.log, words);
    const size_t failed = ended.reports.find("failed ");
    if (failed != std::string::npos) ended.failed_nanos = std::atoll(ended.reports.c_str() + failed + 7);
    return ended;
  }
  std::string store(const std::string& folder) const override { return folder + "/data/plan"; }
  Writer writer() const override { return Writer::kStoreVictim; }

 private:
  const Programs programs_;
};

// Reports of several threads, as one text.
class Reports {
 public:
  void Add(const std::string& line) {
    MutexLock lock(&mu_);
    StrAppend(&text_, line, "\n");
  }
  std::string Take() {
    MutexLock lock(&mu_);
    return std::move(text_);
  }

 private:
  Mutex mu_;
  std::string text_ ABSL_GUARDED_BY(mu_);
};

// The outcome of a call in one letter. An error that the server made itself says whether it did anything.
char OutcomeOf(const absl::Status& status) {
  if (status.ok()) return 'a';
  switch (ReasonOf(status)) {
    case v1::NOT_SERVING:
    case v1::OVERLOADED:
    case v1::LIMIT_REACHED:
    case v1::INVARIANT_BROKEN:
      return 'n';
    default:
      return 'u';
  }
}

// Calls a server and notes what it says.
class Caller {
 public:
  Caller(std::shared_ptr<grpc::Channel> channel, Reports* reports)
      : channel_(std::move(channel)), stub_(v1::DirectoryService::NewStub(channel_)), reports_(reports) {
    options_.deadline = absl::Seconds(20);
  }

  // Returns the outcome; 'u' where the server is no longer there.
  char Create(const std::string& id) {
    v1::CreateUnitRequest create;
    create.set_request_id("create-" + id);
    create.set_unit_id(id);
    create.mutable_unit()->set_display_name("单位" + id);
    create.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
    reports_->Add("i " + id);
    const auto answer = UnaryCall(*stub_, &Directory::CreateUnit, create, options_);
    const char outcome = OutcomeOf(answer.status());
    reports_->Add(outcome == 'a' ? StrCat("a ", id, " ", answer->etag()) : StrCat(std::string(1, outcome), " ", id));
    return outcome;
  }

  void ReadBack(const std::string& id) {
    v1::GetUnitRequest get;
    get.set_name("units/" + id);
    const auto unit = UnaryCall(*stub_, &Directory::GetUnit, get, options_);
    const bool wrong =
        unit.ok() ? unit->display_name() != "单位" + id : ReasonOf(unit.status()) == v1::RESOURCE_NOT_FOUND;
    if (wrong) reports_->Add("w " + id);
  }

  bool Serving() {
    const auto health = Health::NewStub(channel_);
    const auto answer = UnaryCall(*health, &Health::Stub::Check, grpc::health::v1::HealthCheckRequest(), options_);
    return answer.ok() && answer->status() == grpc::health::v1::HealthCheckResponse::SERVING;
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Directory> stub_;
  Reports* const reports_;
  CallOptions options_;
};

class ServiceVictim final : public Victim {
 public:
  ServiceVictim(Programs programs, std::string program)
      : programs_(std::move(programs)), program_(std::move(program)) {}

  Ended Run(const Round& round) override {
    const std::string port_file = round.folder + ".port";
    std::filesystem::remove(port_file);
    const int64_t words = SizeOfFile(round.log);
    ChildProcess child({programs_.folder + "/" + program_, "--node=city", "--data-dir=" + round.folder + "/data",
                        "--listen=127.0.0.1:0", "--insecure", "--admin-listen=none", "--port-file=" + port_file},
                       round.environment, round.log);
    Ended ended;
    bool alive = true;
    std::string port;
    const absl::Duration start = RealClock().Steady();
    const absl::Duration end = start + std::min(round.early, kPatience);
    std::string ignored;
    while (alive && port.empty() && RealClock().Steady() < end) {
      alive = child.Read(absl::Milliseconds(1), ignored);
      std::ifstream(port_file) >> port;
    }
    ended.opened = !port.empty();
    if (ended.opened && alive) {
      Round rest = round;
      rest.time = std::min(round.time, start + round.early - RealClock().Steady());
      Serve(rest, "127.0.0.1:" + port, child, ended);
    } else if (alive) {
      child.Signal(SIGKILL);
    }
    ended.status = child.Wait();
    ended.words = WordsFrom(round.log, words);
    return ended;
  }
  std::string store(const std::string& folder) const override { return folder + "/data/plan"; }
  Writer writer() const override { return Writer::kPlanService; }

 private:
  // Calls until the time is over or the commands are done, and ends the server.
  void Serve(const Round& round, const std::string& address, ChildProcess& child, Ended& ended) const {
    ChannelOptions quick;
    quick.first_reconnect = absl::Milliseconds(20);
    const auto channel = MakeChannel(address, quick);
    Reports reports;
    std::atomic<bool> over{false};
    std::vector<std::thread> callers;
    for (int i = 0; i < (round.commands > 0 ? 1 : round.threads); ++i) {
      callers.emplace_back([&, i] {
        Caller caller(channel, &reports);
        if (i == 0) {
          for (const std::string& id : round.repeated) caller.Create(id);
        }
        for (int number = 0; !over && (round.commands == 0 || number < round.commands); ++number) {
          if (round.between) round.between(number, caller.Serving());
          const std::string id = StrCat("v", round.number, "-", i, "-", number);
          const char outcome = caller.Create(id);
          if (number % 4 == 0 && outcome == 'a') caller.ReadBack(id);
          if (outcome == 'u' && round.commands == 0) break;
        }
        if (round.commands > 0) over = true;
      });
    }
    Watch(round, channel, child, over, ended);
    // A fixed workload ends as an operator ends it.
    child.Signal(round.commands > 0 ? SIGTERM : SIGKILL);
    over = true;
    for (std::thread& caller : callers) caller.join();
    ended.reports = reports.Take();
  }

  // Waits for the end, and for the moment in which the server says that it no longer serves.
  static void Watch(const Round& round, const std::shared_ptr<grpc::Channel>& channel, ChildProcess& child,
                    const std::atomic<bool>& over, Ended& ended) {
    Reports nowhere;
    Caller caller(channel, &nowhere);
    const absl::Duration end = RealClock().Steady() + std::min(round.time, kPatience);
    std::string ignored;
    while (!over && RealClock().Steady() < end && child.Read(absl::Milliseconds(2), ignored)) {
      const bool struck = round.shim != nullptr && round.shim->struck_nanos.load() != 0;
      if (struck && ended.failed_nanos == 0 && !caller.Serving()) {
        ended.failed_nanos = absl::ToInt64Nanoseconds(RealClock().Steady());
      }
    }
  }

  const Programs programs_;
  const std::string program_;
};

}  // namespace

int Ended::code() const {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::unique_ptr<Victim> MakeStoreVictim(const Programs& programs) {
  return std::make_unique<StoreVictim>(programs);
}

std::unique_ptr<Victim> MakeServiceVictim(const Programs& programs, const std::string& program) {
  return std::make_unique<ServiceVictim>(programs, program);
}

}  // namespace duban::testing
