#include "tests/support/memory_file_system.h"

#include <rocksdb/env.h>

namespace duban::testing {

std::shared_ptr<rocksdb::Env> MakeMemoryEnv() {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

}  // namespace duban::testing
