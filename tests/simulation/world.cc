#include "tests/simulation/world.h"

#include <xxhash.h>

#include <cstdlib>

#include "common/base/civil.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

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
    event.mapped()();
  }
  now_ = end;
}

uint64_t World::Random() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

absl::Duration World::Between(absl::Duration least, absl::Duration most) {
  const int64_t span = absl::ToInt64Microseconds(most - least);
  return span <= 0 ? least : least + absl::Microseconds(static_cast<int64_t>(Random() % static_cast<uint64_t>(span)));
}

void World::Trace(std::string_view line) {
  const std::string stamped = StrCat(absl::ToInt64Milliseconds(elapsed()), " ms ", line);
  trace_hash_ = XXH3_64bits_withSeed(stamped.data(), stamped.size(), trace_hash_);
  recent_.push_back(stamped);
  if (recent_.size() > kRecentLines) recent_.pop_front();
}

void World::Broken(std::string_view invariant, std::string_view what) {
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
