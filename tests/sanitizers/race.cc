// Wrong on purpose: two threads count in one place, and only one of them takes the lock.

#include <cstdio>
#include <thread>

#include "common/base/mutex.h"

int main() {
  duban::Mutex mu;
  int count = 0;
  std::thread careful([&] {
    for (int i = 0; i < 100'000; ++i) {
      duban::MutexLock lock(&mu);
      ++count;
    }
  });
  std::thread careless([&] {
    for (int i = 0; i < 100'000; ++i) ++count;
  });
  careful.join();
  careless.join();
  std::printf("%d\n", count);
  return 0;
}
