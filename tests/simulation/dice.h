// Random choices from a seed: the same on every compiler and machine. Not thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_DICE_H_
#define DUBAN_TESTS_SIMULATION_DICE_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace duban::simulation {

// SplitMix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // From 0 to `count` - 1. REQUIRES: `count` > 0.
  int Below(int count) { return static_cast<int>(Next() % static_cast<uint64_t>(count)); }
  bool Chance(double probability) { return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability; }
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    const int64_t span = absl::ToInt64Microseconds(most - least);
    return span <= 0 ? least : least + absl::Microseconds(static_cast<int64_t>(Next() % static_cast<uint64_t>(span)));
  }
  // One of several. REQUIRES: there is one.
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Below(static_cast<int>(from.size())))];
  }

 private:
  uint64_t state_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DICE_H_
