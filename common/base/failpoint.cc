#include "common/base/failpoint.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/mutex.h"

namespace duban {
namespace {

struct Kill {
  std::string name;
  std::atomic<int> left;
};

// Parsed once: `name=kill:N`.
Kill* KillFromEnvironment() {
  const char* text = std::getenv("DUBAN_FAILPOINT");
  if (text == nullptr) return nullptr;
  const std::vector<std::string> parts = absl::StrSplit(text, absl::ByAnyChar("=:"));
  int count = 0;
  if (parts.size() != 3 || parts[1] != "kill" || !absl::SimpleAtoi(parts[2], &count) || count < 1) return nullptr;
  auto* kill = new Kill;
  kill->name = parts[0];
  kill->left = count;
  return kill;
}

struct Handlers {
  Mutex mu;
  std::atomic<int> count{0};
  std::map<std::string, std::function<void()>, std::less<>> by_name ABSL_GUARDED_BY(mu);
};

Handlers& AllHandlers() {
  static Handlers* handlers = new Handlers;
  return *handlers;
}

}  // namespace

void SetFailpointHandler(std::string_view name, std::function<void()> handler) {
  Handlers& handlers = AllHandlers();
  MutexLock lock(&handlers.mu);
  if (handler) {
    handlers.by_name[std::string(name)] = std::move(handler);
  } else {
    handlers.by_name.erase(std::string(name));
  }
  handlers.count = static_cast<int>(handlers.by_name.size());
}

void ReachFailpoint(std::string_view name) {
  static Kill* const kill = KillFromEnvironment();
  // SIGKILL, not abort(): nothing may be flushed or unwound, as in a power cut of the process.
  if (kill != nullptr && kill->name == name && kill->left.fetch_sub(1) == 1) std::raise(SIGKILL);
  Handlers& handlers = AllHandlers();
  if (handlers.count.load(std::memory_order_relaxed) == 0) return;
  std::function<void()> handler;
  {
    MutexLock lock(&handlers.mu);
    auto it = handlers.by_name.find(name);
    if (it != handlers.by_name.end()) handler = it->second;
  }
  if (handler) handler();
}

}  // namespace duban
