// How fast changed entities get from one service's store into another's, over loopback, beside what RocksDB and gRPC do
// without us.
//
// Every side is a process of its own, so that its processor time can be told apart. The source is a real server with a
// store of changed entities; the follower runs the real hop: it fetches pages by gRPC, applies each entity, and commits
// effect and position in one synced write. The raw sides do one half each: RocksDB writes the same rows in synced
// batches of as many entities as the follower's pages had, and gRPC carries pages of as many entities, made beforehand,
// one call after the other. They run in the same run, after the follower, with the other processes idle.

#include "tools/bench/feed_bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
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

namespace duban {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "duban-bench feed: %s\n", what.c_str());
  std::exit(1);
}

// A role in a process of its own. Ends with the object.
class Child {
 public:
  explicit Child(const FeedRole& role) : name_(role.name) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) Die("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::vector<std::string> words = {"duban-bench",
                                      "feed",
                                      "--role=" + role.name,
                                      "--dir=" + role.folder,
                                      StrCat("--entities=", role.entities),
                                      StrCat("--page=", role.page)};
    if (!role.address.empty()) words.push_back("--address=" + role.address);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (failed != 0) Die(StrCat("cannot start the process of ", name_));
    to_ = in[1];
    from_ = fdopen(out[0], "r");
    port = static_cast<int>(Numbers("ready").at(0));
  }
  ~Child() {
    close(to_);
    std::fclose(from_);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  struct Work {
    double seconds, wire_bytes, pages;
  };
  Work Go() {
    Say("go\n");
    const std::vector<double> numbers = Numbers("done");
    return {numbers.at(0), numbers.at(1), numbers.at(2)};
  }
  double Cpu() {
    Say("cpu\n");
    return Numbers("cpu").at(0);
  }

  int port = 0;

 private:
  void Say(const std::string& line) {
    if (write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) Die(StrCat(name_, " has ended"));
  }
  std::vector<double> Numbers(const std::string& first) {
    char line[256];
    if (std::fgets(line, sizeof line, from_) == nullptr) Die(StrCat(name_, " has ended"));
    std::vector<double> numbers(3);
    char word[16];
    const int read = std::sscanf(line, "%15s %lf %lf %lf", word, &numbers[0], &numbers[1], &numbers[2]);
    if (read < 2 || word != first) Die(StrCat(name_, " said: ", line));
    return numbers;
  }

  const std::string name_;
  pid_t pid_ = 0;
  int to_ = -1;
  std::FILE* from_ = nullptr;
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
  Child source({"source", folder + "/source", "", entities, 0});
  Child follower({"follower", folder + "/follower", StrCat("127.0.0.1:", source.port), entities, 0});
  const double source_before = source.Cpu(), follower_before = follower.Cpu();
  const Child::Work work = follower.Go();
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
  Child raw({"raw-store", folder + "/raw", "", entities, page});
  const double before = raw.Cpu();
  const double seconds = raw.Go().seconds;
  char text[64];
  std::snprintf(text, sizeof text, "CPU %.1f us an entity", 1e6 * (raw.Cpu() - before) / entities);
  PrintRow("raw RocksDB", entities, seconds, text);
  return seconds;
}

double MeasureRawCalls(const std::string& folder, int entities, int page) {
  Child server({"raw-server", folder, "", entities, page});
  Child client({"raw-client", folder, StrCat("127.0.0.1:", server.port), entities, page});
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
