// How fast changed entities get from one service's store into another's, over loopback, beside what RocksDB and gRPC do
// without us.
//
// Every side is a process of its own, so that its processor time can be told apart. The source is a real server with a
// store of changed entities; the follower runs the real hop: it fetches pages by gRPC, applies each entity, and commits
// effect and position in one synced write. The raw sides do one half each: RocksDB writes the same rows in synced
// batches of as many entities as the follower's pages had, and gRPC carries pages of as many entities, made beforehand,
// one call after the other. They run in the same run, after the follower, with the other processes idle.

#include "tools/bench/feed_bench.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "tools/bench/bench.h"
#include "tools/bench/child.h"

namespace duban {
namespace {

// A role in a process of its own.
class RoleProcess {
 public:
  explicit RoleProcess(const FeedRole& role) : child_(role.name, Arguments(role)) {}

  struct Work {
    double seconds, wire_bytes, pages;
  };
  Work Go() {
    const std::vector<double> numbers = child_.Ask("go", "done");
    return {numbers.at(0), numbers.at(1), numbers.at(2)};
  }
  double Cpu() { return child_.Cpu(); }
  int port() const { return child_.port(); }

 private:
  static std::vector<std::string> Arguments(const FeedRole& role) {
    std::vector<std::string> words = {"feed", "--role=" + role.name, "--dir=" + role.folder,
                                      StrCat("--entities=", role.entities), StrCat("--page=", role.page)};
    if (!role.address.empty()) words.push_back("--address=" + role.address);
    return words;
  }

  Child child_;
};

void PrintRow(const char* what, double entities, double seconds, const std::string& rest) {
  std::printf("%-26s %12.0f %10.2f  %s\n", what, entities / seconds, seconds, rest.c_str());
  std::fflush(stdout);
}

std::string Cpu(double sender, double taker, double entities) {
  char text[128];
  std::snprintf(text, sizeof text, "CPU %.1f us an entity at the source, %.1f at the follower", 1e6 * sender / entities,
                1e6 * taker / entities);
  return text;
}

// What the real hop did, so that the raw sides do the same.
struct Followed {
  double seconds;
  int page;
};

Followed MeasureFollow(const std::string& folder, int entities) {
  std::printf("filling the source with %d entities\n", entities);
  std::fflush(stdout);
  RoleProcess source({"source", folder + "/source", "", entities, 0});
  RoleProcess follower({"follower", folder + "/follower", StrCat("127.0.0.1:", source.port()), entities, 0});
  const double source_before = source.Cpu(), follower_before = follower.Cpu();
  const RoleProcess::Work work = follower.Go();
  const double source_cpu = source.Cpu() - source_before, follower_cpu = follower.Cpu() - follower_before;
  double payload = 0;
  for (int i = 0; i < entities; ++i) payload += static_cast<double>(FeedBenchEntity(i).ByteSizeLong());
  std::printf("%-26s %12s %10s\n", "", "entities/s", "seconds");
  PrintRow("followed and durable", entities, work.seconds, Cpu(source_cpu, follower_cpu, entities));
  std::printf("%-26s %.3f wire bytes a payload byte (%.0f bytes an entity), %.0f pages of %.0f entities\n", "",
              work.wire_bytes / payload, payload / entities, work.pages, entities / work.pages);
  return {work.seconds, std::max(1, static_cast<int>(entities / work.pages + 0.5))};
}

double MeasureRawStore(const std::string& folder, int entities, int page) {
  RoleProcess raw({"raw-store", folder + "/raw", "", entities, page});
  const double before = raw.Cpu();
  const double seconds = raw.Go().seconds;
  char text[64];
  std::snprintf(text, sizeof text, "CPU %.1f us an entity", 1e6 * (raw.Cpu() - before) / entities);
  PrintRow("raw RocksDB", entities, seconds, text);
  return seconds;
}

double MeasureRawCalls(const std::string& folder, int entities, int page) {
  RoleProcess server({"raw-server", folder, "", entities, page});
  RoleProcess client({"raw-client", folder, StrCat("127.0.0.1:", server.port()), entities, page});
  const double server_before = server.Cpu(), client_before = client.Cpu();
  const double seconds = client.Go().seconds;
  PrintRow("raw gRPC", entities, seconds, Cpu(server.Cpu() - server_before, client.Cpu() - client_before, entities));
  return seconds;
}

}  // namespace

int RunFeedBench(int argc, char** argv) {
  std::string parent = std::filesystem::temp_directory_path();
  FeedRole role;
  role.entities = 1'000'000;
  CLI::App app("Entities a second from one service's store into another's over loopback, beside raw RocksDB and gRPC",
               "duban-bench feed");
  app.add_option("--dir", parent, "Folder on the disk to measure")->capture_default_str();
  app.add_option("--entities", role.entities, "Changed entities to follow")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  // Between the processes of the benchmark; nobody else's business.
  app.add_option("--role", role.name)->group("");
  app.add_option("--address", role.address)->group("");
  app.add_option("--page", role.page)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!role.name.empty()) {
    role.folder = parent;
    return RunFeedRole(role);
  }
  // A process that ended is told by the message about it.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string folder = StrCat(parent, "/duban-bench-", getpid());
  std::filesystem::create_directories(folder);
  const Followed followed = MeasureFollow(folder, role.entities);
  const double store = MeasureRawStore(folder, role.entities, followed.page);
  const double calls = MeasureRawCalls(folder, role.entities, followed.page);
  std::printf("of raw RocksDB: %.2f; of raw gRPC: %.2f; of the two one after the other: %.2f\n",
              store / followed.seconds, calls / followed.seconds, (store + calls) / followed.seconds);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace duban
