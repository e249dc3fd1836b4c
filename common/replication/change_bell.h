// Rings when a key in etcd changed, and every so often in case nobody said so.
//
// Threads: the listener is called on one thread of the bell's own, never twice at a time. The bell may be destroyed by
// any other thread; that waits for a call under way. Ownership: etcd and clock outlive it. Errors: none.

#ifndef DUBAN_COMMON_REPLICATION_CHANGE_BELL_H_
#define DUBAN_COMMON_REPLICATION_CHANGE_BELL_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/loop.h"
#include "common/replication/etcd.h"

namespace duban {

class ChangeBell {
 public:
  // Rings at once for the first time.
  ChangeBell(Etcd* etcd, const std::string& key, Clock* clock, absl::Duration poll, std::function<void()> listener)
      : loop_("log-bell", clock, poll,
              [listener = std::move(listener)] {
                listener();
                return false;
              }),
        watch_(etcd->Watch(key, [this] { loop_.Wake(); })) {}

 private:
  Loop loop_;
  // Last: it wakes the loop.
  const std::shared_ptr<void> watch_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_CHANGE_BELL_H_
