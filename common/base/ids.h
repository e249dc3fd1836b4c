// Identifiers: random ones from a port, and computed ones that are the same wherever they are computed.

#ifndef DUBAN_COMMON_BASE_IDS_H_
#define DUBAN_COMMON_BASE_IDS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace duban {

// A source of random identifiers. Implementations are thread-safe.
class IdSource {
 public:
  virtual ~IdSource() = default;
  // 64 random bits.
  virtual uint64_t Next() = 0;
  // `prefix` and 16 lower-case hex digits: a valid resource id where `prefix` begins with a letter.
  std::string NextId(std::string_view prefix);
};

// From the kernel's generator. Lives for ever.
IdSource& SystemIds();

// `prefix` and 20 hex digits of XXH3-128 over the parts, each with its length. The same parts give the same id at
// every node and in every run, which is what makes an expansion safe to repeat.
std::string ComputedId(std::string_view prefix, std::initializer_list<std::string_view> parts);

// Whether `text` is a resource id: `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`.
bool IsResourceId(std::string_view text);

// The last part of a resource name: `t1` of `plans/p1/tasks/t1`.
std::string_view LastSegment(std::string_view name);

// The name without its last collection and id: `plans/p1` of `plans/p1/tasks/t1`; empty where there is none.
std::string_view ParentName(std::string_view name);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_IDS_H_
