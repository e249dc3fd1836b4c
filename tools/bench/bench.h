// The benchmarks of `duban-bench`, one function each. They return the exit code: 0, 1 where a target was missed (with
// --check), 2 for a wrong call. Each uses a temporary folder of its own and removes it. Not thread-safe.

#ifndef DUBAN_TOOLS_BENCH_BENCH_H_
#define DUBAN_TOOLS_BENCH_BENCH_H_

namespace duban {

// `duban-bench access`: calls with TLS, certificates and decisions beside the same ones without. Starts processes of
// `duban-node`, which has to stand beside this program.
int RunAccessBench(int argc, char** argv);

// `duban-bench store`: commands a second through the writer beside raw RocksDB and the bare disk. argv[0] is `store`.
int RunStoreBench(int argc, char** argv);

// `duban-bench document`: megabytes a second of squashed text read into a draft, and whether the time grows with the
// size.
int RunDocumentBench(int argc, char** argv);

// `duban-bench feed`: entities a second from one service's store into another's, beside raw RocksDB and raw gRPC.
// Starts processes of this same program.
int RunFeedBench(int argc, char** argv);

// `duban-bench waiting`: how soon a change reaches thousands who wait for it, and what each of them costs, beside bare
// gRPC. Starts processes of this same program.
int RunWaitingBench(int argc, char** argv);
// `duban-bench office`: a whole node at an office's work, over gRPC, beside PostgreSQL and Redis where asked. Starts
// processes of `duban-node`, which has to stand beside this program.
int RunOfficeBench(int argc, char** argv);
// `duban-bench pages`: what many open pages cost at the console, and how soon a change reaches the last. Starts
// processes of `duban-node` and `duban-console`, which have to stand beside this program.
int RunPagesBench(int argc, char** argv);
// `duban-bench reminders`: reminders of many units that wait, and jobs that take them in bulk, over the core alone.
int RunReminderBench(int argc, char** argv);

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_BENCH_H_
