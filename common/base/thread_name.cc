#include "common/base/thread_name.h"

#include <pthread.h>

#include <string>

namespace duban {

void NameThread(const char* name) {
  // The kernel refuses what is longer.
  pthread_setname_np(pthread_self(), std::string(name).substr(0, 15).c_str());
}

}  // namespace duban
