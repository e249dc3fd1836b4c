// What a machine finds when its power comes back: the folder of a killed victim that ran under the shim, rolled back to
// what it had made durable.
//
// Not thread-safe. No process may use the folder meanwhile.

#ifndef DUBAN_TESTS_CRASH_POWER_CUT_H_
#define DUBAN_TESTS_CRASH_POWER_CUT_H_

#include <random>
#include <set>
#include <string>

namespace duban::testing {

// How much of what was not synced is there after all.
enum class Luck {
  // None of it: neither bytes nor names.
  kNone,
  // The first few changed names, as journalling file systems keep their order; of each file a tail up to any byte.
  kInOrder,
  // The first few changed names; of each file any of its sectors of 512 bytes, and any size, zeros between.
  kAnySectors,
};

// Paths of all files and folders under `folder`, itself included: what is durable when a victim starts.
std::set<std::string> NamesIn(const std::string& folder);

// Rolls `folder` back. `before` is NamesIn(folder) when the victim started, `shadow` what the shim kept. Returns how
// many names and files lost something.
int CutPower(const std::string& folder, const std::set<std::string>& before, const std::string& shadow, Luck luck,
             std::mt19937_64& dice);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_POWER_CUT_H_
