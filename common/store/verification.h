// Looking a store over from one end to the other, at work or at rest, without writing to it. Thread-safe.

#ifndef DUBAN_COMMON_STORE_VERIFICATION_H_
#define DUBAN_COMMON_STORE_VERIFICATION_H_

#include <string>
#include <vector>

#include "common/base/work.h"
#include "common/store/indexes.h"
#include "common/store/store.h"
#include "duban/v1/verification.pb.h"

namespace duban {

// Checks a store while it works: files, mark, chain, feed, records, indexes, and what is kept beside it (kept_files.h).
// `rows` says what its service makes them of; null: they are not looked at. Where the files are damaged, it stops
// serving (Store::VerifyFiles). `work` advances by checks; once it is stopped, only those that were made are returned.
// Null: nobody watches.
std::vector<v1::NodeCheck> VerifyStore(Store& store, IndexRows rows, Work* work = nullptr);

// How many checks VerifyStore makes of a sound store.
int ChecksOfStore(IndexRows rows);

// The same for the folder of a store that no process has open. `env` is null for the machine's file system. A folder
// that is not one of a store, or whose database does not open, gives one check that says so.
std::vector<v1::NodeCheck> VerifyStoreFolder(rocksdb::Env* env, const std::string& path, IndexRows rows);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_VERIFICATION_H_
