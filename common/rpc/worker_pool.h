// Threads that work for calls: so many at once, so many that wait, and no more.
//
// Threads: every method may be called from any thread. Made as they are needed, they stay until Stop. Errors: none.

#ifndef DUBAN_COMMON_RPC_WORKER_POOL_H_
#define DUBAN_COMMON_RPC_WORKER_POOL_H_

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/mutex.h"

namespace duban {

struct WorkerPoolOptions {
  // Of its threads.
  const char* name = "worker";
  // Most threads. At least 1.
  int threads = 1;
  // Most tasks that wait for one.
  int queue = 0;
  // How far its threads stand back when processors are short: 0 to 19, as `nice` has it.
  int nice = 0;
};

// A piece of work.
class Task {
 public:
  virtual ~Task() = default;
  // Does it, on a thread of the pool. Throws nothing.
  virtual void Run() = 0;
  // Tells whoever waits, once the place of the task is free: what they send next finds it so.
  virtual void Answer() = 0;
};

class WorkerPool {
 public:
  explicit WorkerPool(const WorkerPoolOptions& options) : options_(options) {}
  // Stops.
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Whether a task would find a place now.
  bool has_room() const;
  // Takes a task in; false where every place is taken or the pool has stopped.
  bool Submit(std::shared_ptr<Task> task);
  // Takes a task back that no thread has begun; false where one has, or the task is not here.
  bool Withdraw(const Task* task);
  // Lets what was taken in run to its end, then ends the threads. Takes nothing in from now on.
  void Stop();

  // Tasks under way and waiting.
  int busy() const;
  int waiting() const;

 private:
  // A thread without work, which waits for its own bell: one that rang for all would be heard by all.
  struct Sleeper {
    Mutex mu;
    bool called ABSL_GUARDED_BY(mu) = false;
  };

  bool full() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // Sees to it that somebody comes for the next task. At most one is on the way at a time, and calls the next when it
  // has come: whoever is done with a task meanwhile takes one without having slept. Returns whom to wake, or null.
  // cppcheck-suppress unknownMacro
  Sleeper* CallOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void Wake(Sleeper* sleeper);
  // The next task, or null where there is none; then `sleeper` is among the idle. `woken`: it was called for.
  std::shared_ptr<Task> Next(Sleeper* sleeper, bool woken, bool* stop);
  void Loop();

  const WorkerPoolOptions options_;
  mutable Mutex mu_;
  std::deque<std::shared_ptr<Task>> queue_ ABSL_GUARDED_BY(mu_);
  int busy_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Somebody was called and has not come yet.
  bool coming_ ABSL_GUARDED_BY(mu_) = false;
  // The one that fell asleep last is called first: its stack is still in the processor's cache.
  std::vector<Sleeper*> idle_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_WORKER_POOL_H_
