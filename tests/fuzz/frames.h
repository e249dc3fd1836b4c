// An input as a list of messages, and a mutator that changes messages instead of bytes: bytes that libFuzzer makes up
// seldom pass a parser, and never a validator.
//
// Form of an input, again and again: kind:u8 length:be16 message. Not thread-safe.

#ifndef DUBAN_TESTS_FUZZ_FRAMES_H_
#define DUBAN_TESTS_FUZZ_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace duban::fuzz {

struct Frame {
  uint8_t kind = 0;
  std::string message;
};

// Most frames of an input that are looked at.
inline constexpr size_t kMaxFrames = 12;

std::vector<Frame> ReadFrames(const uint8_t* data, size_t size);
std::string WriteFrames(const std::vector<Frame>& frames);

// The type of the message of a kind.
using PrototypeOf = std::function<const google::protobuf::Message*(uint8_t kind)>;

// Changes one thing in `data`, as libFuzzer's custom mutators do: a field of one message, or which messages there are.
// Strings are drawn from `words` and from what is at the edge of the rules. Returns the new size, at most `max_size`;
// the same seed makes the same change.
size_t MutateFrames(uint8_t* data, size_t size, size_t max_size, unsigned seed, const PrototypeOf& prototype_of,
                    const std::vector<std::string>& words);

}  // namespace duban::fuzz

#endif  // DUBAN_TESTS_FUZZ_FRAMES_H_
