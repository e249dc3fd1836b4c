// The process that store_kill_test kills: opens a store, and writes to it from several threads until it is killed.
//
//   store_victim FOLDER ROUND THREADS [REPEATED...]
//
// Reports on descriptor 3, a line each: `open`; `i ID` before a command, then `a ID ANSWER` (acknowledged), `u ID`
// (outcome unknown) or `n ID` (refused). REPEATED are ids of rounds before, sent again with the same bodies first.
// A command counts one up and writes two entities that belong together. Its id says all: `ROUND-THREAD-NUMBER`.

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

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

// Two entities and one of a few counters. The answer is the counter's new value.
void RunOne(Store* store, const std::string& id) {
  Report("i " + id);
  v1::Unit request, answer;
  request.set_name("units/a-" + id);
  request.set_display_name(std::string(id.size() % 7 * 50 + 20, 'x'));
  const std::string counter = StrCat("units/counter-", static_cast<int>(id.back() - '0') % 3);
  const absl::Status status =
      store->Request("Count", "r-" + id, request, &answer, [&](Transaction& transaction) -> absl::Status {
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
}

int Main(int argc, char** argv) {
  StoreOptions options;
  options.path = argv[1];
  options.service = "plan";
  options.node = "city";
  auto store = Store::Open(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 4;
  }
  Report("open");
  for (int i = 4; i < argc; ++i) RunOne(store->get(), argv[i]);
  const std::string round = argv[2];
  std::vector<std::thread> threads;
  for (int thread = 0; thread < std::atoi(argv[3]); ++thread) {
    threads.emplace_back([&, thread] {
      for (int number = 0;; ++number) RunOne(store->get(), StrCat(round, "-", thread, "-", number));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace duban

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: store_victim FOLDER ROUND THREADS [REPEATED...]\n");
    return 2;
  }
  return duban::Main(argc, argv);
}
