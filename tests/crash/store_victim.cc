// The process that store_kill_test and duban-torture kill: opens a store, and writes to it.
//
//   store_victim FOLDER ROUND THREADS COMMANDS [REPEATED...]
//
// With COMMANDS 0 it writes from several threads until it is killed; else it runs so many commands one after the other,
// reads back between them, closes and opens the store a few times on the way, and ends.
//
// Reports on descriptor 3, a line each: `open`; `i ID` before a command, then `a ID ANSWER` (acknowledged), `u ID`
// (outcome unknown) or `n ID` (refused); `w ID` where reading shows something else than was acknowledged; `failed
// NANOS` (CLOCK_BOOTTIME) when the store stops serving. REPEATED are ids of rounds before, sent again with the same
// bodies first. A command counts one up and writes two entities that belong together. Its id says all:
// `ROUND-THREAD-NUMBER`. Exit codes: 0 done, 4 not opened; a store that stopped serving is closed and opened again.

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/crash/child_process.h"

namespace duban {
namespace {

void Report(const std::string& line) {
  const std::string text = line + "\n";
  // One write of less than PIPE_BUF bytes: lines of several threads never mix.
  if (write(testing::ChildProcess::kReportDescriptor, text.data(), text.size()) < 0) _exit(3);
}

// Two entities and one of a few counters. The answer is the counter's new value. Returns whether it was acknowledged.
bool RunOne(Store* store, const std::string& id) {
  Report("i " + id);
  v1::Unit request, answer;
  request.set_name("units/a-" + id);
  request.set_display_name(std::string(id.size() % 7 * 50 + 20, 'x'));
  const std::string counter = StrCat("units/counter-", static_cast<int>(id.back() - '0') % 3);
  const absl::Status status =
      store->Request({Anybody(), "Count", "r-" + id, request}, &answer, [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(auto stored, transaction.Get<v1::Unit>(counter));
        int64_t value = 0;
        if (stored.has_value() && !ParseNumber(stored->value.display_name(), &value)) return BrokenRecord(counter);
        answer.set_display_name(StrCat(value + 1));
        DUBAN_RETURN_IF_ERROR(transaction.Put(counter, answer, {"downstream"}).status());
        request.set_etag(answer.display_name());
        DUBAN_RETURN_IF_ERROR(transaction.Put("units/a-" + id, request, {"downstream"}).status());
        return transaction.Put("units/b-" + id, request, {"service/assignment"}).status();
      });
  if (status.ok()) {
    Report(StrCat("a ", id, " ", answer.display_name()));
  } else {
    Report((ReasonOf(status) == v1::OUTCOME_UNKNOWN ? "u " : "n ") + id);
  }
  return status.ok();
}

std::unique_ptr<Store> Open(const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.service = "plan";
  options.node = "city";
  auto store = Store::Open(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    std::exit(4);
  }
  (*store)->OnFailure(
      [](const absl::Status& /*cause*/) { Report(StrCat("failed ", absl::ToInt64Nanoseconds(RealClock().Steady()))); });
  Report("open");
  return *std::move(store);
}

void RunForever(Store* store, const std::string& round, int count) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < count; ++thread) {
    threads.emplace_back([&, thread] {
      for (int number = 0;; ++number) RunOne(store, StrCat(round, "-", thread, "-", number));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A unit that is acknowledged is there, or the store says that it cannot be read.
void ReadBack(Store* store, const std::string& id) {
  const auto unit = store->TakeSnapshot()->Get<v1::Unit>("units/a-" + id);
  if (unit.ok() && !unit->has_value()) Report("w " + id);
}

void RunSome(const std::string& path, std::unique_ptr<Store> store, const std::string& round, int count) {
  constexpr int kOpenings = 5;
  std::vector<std::string> acknowledged;
  for (int number = 0; number < count; ++number) {
    if (number % (count / kOpenings + 1) == 0 && number > 0) {
      store.reset();
      store = Open(path);
    }
    const std::string id = StrCat(round, "-0-", number);
    if (RunOne(store.get(), id)) acknowledged.push_back(id);
    for (size_t i = 0; i < acknowledged.size(); i += acknowledged.size() / 3 + 1)
      ReadBack(store.get(), acknowledged[i]);
  }
}

int Main(int argc, char** argv) {
  const std::string path = argv[1];
  std::unique_ptr<Store> store = Open(path);
  for (int i = 5; i < argc; ++i) RunOne(store.get(), argv[i]);
  const int commands = std::atoi(argv[4]);
  if (commands > 0) {
    RunSome(path, std::move(store), argv[2], commands);
  } else {
    RunForever(store.get(), argv[2], std::atoi(argv[3]));
  }
  return 0;
}

}  // namespace
}  // namespace duban

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: store_victim FOLDER ROUND THREADS COMMANDS [REPEATED...]\n");
    return 2;
  }
  return duban::Main(argc, argv);
}
