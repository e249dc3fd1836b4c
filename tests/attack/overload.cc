// Many more callers than a server takes: what those get that it serves, and how soon the others hear.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/attack/attack.h"
#include "tests/attack/load.h"
#include "tests/attack/victim.h"

namespace duban::testing {
namespace {

void Print(const char* name, const LoadResult& result, double cpu_seconds) {
  std::printf(
      "%-16s %7.0f/s  p50 %7.2f  p99 %7.2f ms  refused %7zu  p50 %7.2f  p99 %7.2f ms  with RetryInfo %ld"
      "  CPU %.0f us a call\n",
      name, result.goodput(), Quantile(result.served, 0.5), Quantile(result.served, 0.99), result.refused.size(),
      Quantile(result.refused, 0.5), Quantile(result.refused, 0.99), static_cast<long>(result.with_retry_info),
      1e6 * cpu_seconds / static_cast<double>(result.served.size() + result.refused.size()));
  for (const auto& [code, count] : result.codes) std::printf("    %-40s %ld\n", code.c_str(), static_cast<long>(count));
}

}  // namespace

int RunOverload(int argc, char** argv) {
  int few = 16, many = 640, seconds = 3;
  std::vector<std::string> flags;
  CLI::App app("Few callers, many callers, few again.");
  app.add_option("--few", few)->capture_default_str();
  app.add_option("--many", many)->capture_default_str();
  app.add_option("--seconds", seconds)->capture_default_str();
  app.add_option("--server-flag", flags, "Repeat for several");
  CLI11_PARSE(app, argc, argv);
  Victim victim(flags);
  LoadOptions options;
  options.address = victim.address();
  options.time = absl::Seconds(seconds);
  const auto run = [&](const char* name, int callers, bool heed) {
    options.callers = callers;
    options.heed = heed;
    const double cpu = victim.cpu_seconds();
    LoadResult result = RunLoad(options);
    Print(name, result, victim.cpu_seconds() - cpu);
    return result;
  };
  run("warming up", few, true);
  const LoadResult before = run("few", few, true);
  run("64", 64, true);
  const LoadResult during = run("many", many, true);
  run("many, heedless", many, false);
  run("few again", few, true);
  std::printf("goodput ratio %.2f, peak %ld MiB\n", during.goodput() / before.goodput(),
              static_cast<long>(victim.peak_mib()));
  return 0;
}

}  // namespace duban::testing
