// A file system in memory, for stores that tests make by the hundred.

#ifndef DUBAN_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
#define DUBAN_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_

#include <memory>

namespace rocksdb {
class Env;
}

namespace duban::testing {

// Owned by the caller; outlives the stores on it. What a store wrote is there when it is opened again.
std::shared_ptr<rocksdb::Env> MakeMemoryEnv();

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
