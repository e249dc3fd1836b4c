#include "common/base/thread_name.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace duban {

void NameThread(const char* name) {
  // The kernel refuses what is longer.
  pthread_setname_np(pthread_self(), std::string(name).substr(0, 15).c_str());
}

void StandBack(int nice) {
  // On Linux each thread has its own.
  if (nice != 0) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
}

}  // namespace duban
