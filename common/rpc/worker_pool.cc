#include "common/rpc/worker_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/thread_name.h"

namespace duban {

bool WorkerPool::full() const {
  return stopping_ || busy_ + static_cast<int>(queue_.size()) >= options_.threads + options_.queue;
}

bool WorkerPool::has_room() const {
  MutexLock lock(&mu_);
  return !full();
}

WorkerPool::Sleeper* WorkerPool::CallOne() {
  if (coming_ || queue_.empty()) return nullptr;
  if (!idle_.empty()) {
    coming_ = true;
    Sleeper* const called = idle_.back();
    idle_.pop_back();
    return called;
  }
  if (static_cast<int>(threads_.size()) < options_.threads) {
    coming_ = true;
    threads_.emplace_back([this] { Loop(); });
  }
  return nullptr;
}

void WorkerPool::Wake(Sleeper* sleeper) {
  if (sleeper == nullptr) return;
  MutexLock lock(&sleeper->mu);
  sleeper->called = true;
}

bool WorkerPool::Submit(std::shared_ptr<Task> task) {
  Sleeper* called = nullptr;
  {
    MutexLock lock(&mu_);
    if (full()) return false;
    queue_.push_back(std::move(task));
    called = CallOne();
  }
  Wake(called);
  return true;
}

bool WorkerPool::Withdraw(const Task* task) {
  // Destroyed behind the lock, if it is the last to hold the task.
  std::shared_ptr<Task> taken;
  MutexLock lock(&mu_);
  auto it = std::find_if(queue_.begin(), queue_.end(), [&](const auto& queued) { return queued.get() == task; });
  if (it == queue_.end()) return false;
  taken = std::move(*it);
  queue_.erase(it);
  return true;
}

std::shared_ptr<Task> WorkerPool::Next(Sleeper* sleeper, bool woken, bool* stop) {
  Sleeper* called = nullptr;
  std::shared_ptr<Task> task;
  {
    MutexLock lock(&mu_);
    if (woken) coming_ = false;
    if (queue_.empty()) {
      *stop = stopping_;
      if (!stopping_) idle_.push_back(sleeper);
      return nullptr;
    }
    task = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    called = CallOne();
  }
  Wake(called);
  return task;
}

void WorkerPool::Loop() {
  NameThread(options_.name);
  StandBack(options_.nice);
  Sleeper self;
  bool woken = true;
  while (true) {
    bool stop = false;
    const std::shared_ptr<Task> task = Next(&self, woken, &stop);
    woken = false;
    if (stop) return;
    if (task == nullptr) {
      MutexLock lock(&self.mu);
      self.mu.Await(absl::Condition(&self.called));
      self.called = false;
      woken = true;
      continue;
    }
    task->Run();
    {
      MutexLock lock(&mu_);
      --busy_;
    }
    task->Answer();
  }
}

void WorkerPool::Stop() {
  std::vector<std::thread> threads;
  std::vector<Sleeper*> idle;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    threads.swap(threads_);
    idle.swap(idle_);
  }
  for (Sleeper* sleeper : idle) Wake(sleeper);
  for (std::thread& thread : threads) thread.join();
}

int WorkerPool::busy() const {
  MutexLock lock(&mu_);
  return busy_;
}

int WorkerPool::waiting() const {
  MutexLock lock(&mu_);
  return static_cast<int>(queue_.size());
}

}  // namespace duban
