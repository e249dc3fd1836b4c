#include "tests/simulation/world.h"

#include <xxhash.h>

#include <cstdlib>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "tests/simulation/invariants.h"

namespace duban::simulation {
namespace {

constexpr size_t kRecentLines = 60;
constexpr size_t kBrokenLines = 20;

}  // namespace

void World::RunUntil(absl::Time end) {
  while (!queue_.empty() && queue_.begin()->first.first <= end) {
    auto event = queue_.extract(queue_.begin());
    now_ = event.key().first;
    ++events_;
    // What it holds goes with it, before anybody looks.
    std::exchange(event.mapped(), nullptr)();
    if (after_event_) after_event_();
  }
  now_ = end;
}

Dice& World::dice(const std::string& purpose) {
  return dice_.try_emplace(purpose, XXH3_64bits_withSeed(purpose.data(), purpose.size(), seed_)).first->second;
}

void World::Trace(std::string_view line) {
  const std::string stamped = StrCat(absl::ToInt64Milliseconds(elapsed()), " ms ", line);
  trace_hash_ = XXH3_64bits_withSeed(stamped.data(), stamped.size(), trace_hash_);
  recent_.push_back(stamped);
  if (recent_.size() > kRecentLines) recent_.pop_front();
}

void World::Check(std::string_view invariant, bool holds, absl::FunctionRef<std::string()> what) {
  Count(StrCat("check.", invariant));
  if (!holds) Broken(invariant, what());
}

void World::Broken(std::string_view invariant, std::string_view what) {
  if (!IsChecked(invariant)) {
    Log(LogLevel::kError, "simulation.no_such_invariant", {{"name", std::string(invariant)}});
    std::abort();
  }
  Trace(StrCat("BROKEN ", invariant, ": ", what));
  if (broken_.size() < kBrokenLines) {
    broken_.push_back(StrCat(invariant, " at ", absl::ToInt64Milliseconds(elapsed()), " ms: ", what));
  }
}

bool NodeClock::AwaitWithTimeout(Mutex*, const absl::Condition&, absl::Duration) {
  Log(LogLevel::kError, "simulation.waited_on_a_clock");
  std::abort();
}

}  // namespace duban::simulation
