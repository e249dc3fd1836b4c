#include "common/base/loop.h"

#include <utility>

#include "common/base/mutex.h"
#include "common/base/thread_name.h"

namespace duban {

Loop::Loop(const char* name, Clock* clock, absl::Duration pause, Step step, int nice)
    : name_(name), clock_(clock), pause_(pause), step_(std::move(step)), nice_(nice), thread_([this] { Run(); }) {}

void Loop::Wake() {
  MutexLock lock(&mu_);
  woken_ = true;
}

void Loop::Stop() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Loop::Run() {
  NameThread(name_);
  StandBack(nice_);
  while (true) {
    const bool more = step_();
    MutexLock lock(&mu_);
    auto roused = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return this->roused(); };
    if (!more) clock_->AwaitWithTimeout(&mu_, absl::Condition(&roused), pause_);
    if (stopping_) return;
    woken_ = false;
  }
}

}  // namespace duban
