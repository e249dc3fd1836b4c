// The bytes of a fuzz input, read as choices: what is missing reads as zero, so that every input means something.
//
// Not thread-safe. The bytes outlive the reader.

#ifndef DUBAN_TESTS_FUZZ_BYTES_H_
#define DUBAN_TESTS_FUZZ_BYTES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace duban::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // From 0 to `count` - 1. REQUIRES: 0 < `count` <= 256.
  int Below(int count) { return Byte() % count; }
  uint64_t Number() {
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | Byte();
    return number;
  }
  // A text of up to 255 bytes, its length first.
  std::string Text() { return Take(Byte()); }
  // A text of up to 65,535 bytes, its length first.
  std::string LongText() {
    const size_t high = Byte();
    return Take(high << 8 | Byte());
  }
  std::string Rest() { return Take(rest_.size()); }

 private:
  std::string Take(size_t size) {
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(std::min(size, rest_.size()));
    return taken;
  }

  std::string_view rest_;
};

}  // namespace duban::fuzz

#endif  // DUBAN_TESTS_FUZZ_BYTES_H_
