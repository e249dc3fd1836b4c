// `duban-bench NAME [OPTIONS]`: runs one benchmark. Each prints its own table and says `--help`.

#include <cstdio>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "tools/bench/bench.h"

namespace {

struct Benchmark {
  std::string_view name;
  int (*run)(int argc, char** argv);
  const char* what;
};

constexpr Benchmark kBenchmarks[] = {
    {"access", duban::RunAccessBench, "what it costs to know who calls: TLS, certificate and decision"},
    {"document", duban::RunDocumentBench, "megabytes a second from a document to a draft, and whether it is linear"},
    {"feed", duban::RunFeedBench,
     "entities a second from one service's store into another's, beside raw RocksDB and gRPC"},
    {"office", duban::RunOfficeBench, "a whole node at an office's work, over gRPC, beside PostgreSQL and Redis"},
    {"pages", duban::RunPagesBench, "a thousand open pages: what they cost, and how soon a change reaches the last"},
    {"reminders", duban::RunReminderBench, "reminders that wait for many units, and jobs that take them in bulk"},
    {"waiting", duban::RunWaitingBench, "how soon a change reaches thousands who wait for it, beside bare gRPC"},
    {"store", duban::RunStoreBench, "commands a second through the writer, beside raw RocksDB and the bare disk"},
};

}  // namespace

int main(int argc, char** argv) {
  // As in the servers themselves (common/rpc/run_server.cc).
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc > 1) {
    for (const Benchmark& benchmark : kBenchmarks) {
      if (benchmark.name == argv[1]) return benchmark.run(argc - 1, argv + 1);
    }
  }
  const std::string_view first = argc > 1 ? argv[1] : "";
  const bool asked = first == "--help" || first == "-h";
  std::FILE* out = asked ? stdout : stderr;
  if (!asked && !first.empty()) std::fprintf(out, "duban-bench: there is no benchmark `%s`\n", argv[1]);
  std::fprintf(out, "usage: duban-bench NAME [OPTIONS]; NAME --help tells its options\n");
  for (const Benchmark& benchmark : kBenchmarks) {
    std::fprintf(out, "  %-9.*s %s\n", static_cast<int>(benchmark.name.size()), benchmark.name.data(), benchmark.what);
  }
  return asked ? 0 : 2;
}
