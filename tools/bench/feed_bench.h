// The processes of `duban-bench feed`, and how the parent talks to them: a line in, a line out.

#ifndef DUBAN_TOOLS_BENCH_FEED_BENCH_H_
#define DUBAN_TOOLS_BENCH_FEED_BENCH_H_

#include <string>

#include "duban/v1/assignment.pb.h"

namespace duban {

// What a process of the benchmark is told. Every role serves on loopback, works in `folder`, and ends when its standard
// input does.
struct FeedRole {
  // `source`: a store of `entities` assignments and a real server that serves its feed.
  // `follower`: a store that follows the feed at `address`, with the real hop.
  // `raw-store`: one thread that writes the same rows to RocksDB, `page` entities a synced batch.
  // `raw-server`: a gRPC server that answers every Fetch with one and the same page of `page` entities, made
  // beforehand. `raw-client`: calls that one, one call after the other, until `entities` have come.
  std::string name;
  std::string folder;
  std::string address;
  int entities = 0;
  int page = 0;
};

// The `number`-th entity that is followed: about 300 bytes.
v1::Assignment FeedBenchEntity(int number);

// Runs a role; returns the exit code. First it says `ready PORT`, with 0 where it serves nothing. Then it answers:
// `go` with `done SECONDS WIRE_BYTES PAGES`, once the work is over and durable, and `cpu` with `cpu SECONDS`, the
// processor time of the process so far.
int RunFeedRole(const FeedRole& role);

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_FEED_BENCH_H_
