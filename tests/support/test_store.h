// The one way to make a store, and the ports of a core, in a test: in memory, without a thread, with ids from a seed.

#ifndef DUBAN_TESTS_SUPPORT_TEST_STORE_H_
#define DUBAN_TESTS_SUPPORT_TEST_STORE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "common/store/store.h"
#include "tests/support/fake_ids.h"
#include "tests/support/memory_file_system.h"

namespace duban::testing {

// A store in memory that can be closed and opened again. Not thread-safe.
class TestStore {
 public:
  explicit TestStore(std::string service, std::string node = "city", Clock* clock = &RealClock())
      : env_(MakeMemoryEnv()) {
    options_.path = "/store";
    options_.service = std::move(service);
    options_.node = std::move(node);
    options_.clock = clock;
    options_.ids = &ids_;
    options_.env = env_.get();
    options_.threaded = false;
    Open();
  }
  ~TestStore() { store_.reset(); }

  Store* get() { return store_.get(); }
  Store* operator->() { return store_.get(); }
  FakeIds* ids() { return &ids_; }
  StoreOptions& options() { return options_; }

  void Close() { store_.reset(); }
  void Open() {
    auto opened = Store::Open(options_);
    // A test has nothing to go on with.
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) std::abort();
    store_ = *std::move(opened);
  }
  // Closes and opens: everything that is not on disk is forgotten.
  void Restart() {
    Close();
    Open();
  }

 private:
  std::shared_ptr<rocksdb::Env> env_;
  FakeIds ids_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_STORE_H_
