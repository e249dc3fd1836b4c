// `duban-bench NAME [OPTIONS]`: runs one benchmark. Each prints its own table and says `--help`.

#include <cstdio>
#include <string_view>

#include "tools/bench/bench.h"

namespace {

struct Benchmark {
  std::string_view name;
  int (*run)(int argc, char** argv);
  const char* what;
};

constexpr Benchmark kBenchmarks[] = {
    {"document", duban::RunDocumentBench, "megabytes a second from a document to a draft, and whether it is linear"},
    {"store", duban::RunStoreBench, "commands a second through the writer, beside raw RocksDB and the bare disk"},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    for (const Benchmark& benchmark : kBenchmarks) {
      if (benchmark.name == argv[1]) return benchmark.run(argc - 1, argv + 1);
    }
  }
  std::fprintf(stderr, "usage: duban-bench NAME [OPTIONS]\n");
  for (const Benchmark& benchmark : kBenchmarks) {
    std::fprintf(stderr, "  %-8.*s %s\n", static_cast<int>(benchmark.name.size()), benchmark.name.data(),
                 benchmark.what);
  }
  return 2;
}
