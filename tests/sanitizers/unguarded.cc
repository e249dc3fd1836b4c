// Wrong on purpose: must not compile with clang's -Werror=thread-safety, and must without. In no build.

#include "common/base/mutex.h"

namespace duban {

class Counter {
 public:
  void Add() { ++count_; }  // Without the lock.

 private:
  Mutex mu_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

void Use() {
  Counter counter;
  counter.Add();
}

}  // namespace duban
