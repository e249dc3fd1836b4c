// Ids in a known order: 1, 2, 3... Thread-safe. Errors: none.

#ifndef DUBAN_TESTS_SUPPORT_FAKE_IDS_H_
#define DUBAN_TESTS_SUPPORT_FAKE_IDS_H_

#include <atomic>
#include <cstdint>

#include "common/base/ids.h"

namespace duban {

class FakeIds : public IdSource {
 public:
  uint64_t Next() override { return ++last_; }

 private:
  std::atomic<uint64_t> last_{0};
};

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_FAKE_IDS_H_
