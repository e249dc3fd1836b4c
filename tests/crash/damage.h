// Damage to the files of a store that nobody uses: what disks, people and careless restores do.
//
// Not thread-safe.

#ifndef DUBAN_TESTS_CRASH_DAMAGE_H_
#define DUBAN_TESTS_CRASH_DAMAGE_H_

#include <random>
#include <string>

namespace duban::testing {

// Damages one file of the store in `folder` (which holds `db` and `high_water`), drawn from its logs, tables, manifest,
// CURRENT, OPTIONS, IDENTITY and high-water mark: a bit flipped, a byte changed, a block zeroed, two sectors exchanged,
// the end cut off, the file gone, or changed for another one; or brings back older files from `earlier`, a copy of the
// store from before it acknowledged its last work. Returns in words what was done.
std::string Damage(const std::string& folder, const std::string& earlier, std::mt19937_64& dice);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_DAMAGE_H_
