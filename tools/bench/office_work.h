// What an office does in a day, as calls of its services: the work that `duban-bench office` times. Every call that
// fails ends the program. Not thread-safe unless said.

#ifndef DUBAN_TOOLS_BENCH_OFFICE_WORK_H_
#define DUBAN_TOOLS_BENCH_OFFICE_WORK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/bench/bench_node.h"

namespace duban {

// Day on which the bench takes place, and the last day of what it asks.
inline constexpr char kBenchDay[] = "2024-03-04";
inline constexpr char kBenchDue[] = "2024-12-31";

// `units/u7` and so on, with the group of all of them (`groups/all`) under `units/office`.
void MakeUnits(BenchNode& node, int units);
std::string UnitName(int index);

// Makes a draft of `tasks` tasks, under ten headings, for all units; returns its name.
std::string Draft(BenchNode& node, const std::string& id, int tasks);
// Publishes it; returns how long it took until all of its assignments can be pulled.
absl::Duration Publish(BenchNode& node, const std::string& plan, int64_t assignments);

// An id that no request of this process has had. Thread-safe.
std::string NextRequest();

// A connection of its own on which a first call was made, which is what opens it.
std::shared_ptr<grpc::Channel> OpenConnection(BenchNode& node);

// How fast something went.
struct Rate {
  double seconds = 0;
  int64_t count = 0;
  int64_t refused = 0;
  absl::Duration processor_time;
  double per_second() const { return static_cast<double>(count) / seconds; }
};

// `workers` callers, each with a connection and units of its own and one call under way, pull and sign until nothing is
// left, or `most` are signed: `bulk` at once; 1: by the call that acts on one.
Rate PullAndSign(BenchNode& node, int units, int workers, int bulk, int64_t most);

// `workers` threads carry every duty of an office of `units` units to its end: signed for in bulk, one report each, one
// submission each, accepted. Returns how many duties there were.
int64_t CarryThrough(BenchNode& node, int units, int workers);

// The median time of `calls` calls, one after the other, and the server's processor time for each.
struct Latency {
  absl::Duration median;
  absl::Duration processor_time;
};
Latency TimeGet(BenchNode& node, int units, int calls);
Latency TimePage(BenchNode& node, const v1::AssignmentFilter& filter, int calls);
Latency TimeBoard(BenchNode& node, v1::GetBoardRequest::GroupBy group_by, int calls);

// Waits until the node's services have followed each other to the end.
void AwaitHops(BenchNode& node);

// Leases and confirms until the first reminders come; returns how many.
int64_t LeaseOnce(BenchNode& node);

// `jobs` threads lease and confirm reminders in bulk until none is due.
Rate LeaseAndConfirm(BenchNode& node, int jobs, int bulk);

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_OFFICE_WORK_H_
