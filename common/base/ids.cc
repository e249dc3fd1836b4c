#include "common/base/ids.h"

#include <sys/random.h>
#include <xxhash.h>

#include "absl/base/call_once.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "common/base/strings.h"

namespace duban {
namespace {

class KernelIds : public IdSource {
 public:
  uint64_t Next() override {
    uint64_t bits = 0;
    // Up to 256 bytes are never cut short once the pool is seeded (getrandom(2)).
    while (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    }
    return bits;
  }
};

}  // namespace

std::string IdSource::NextId(std::string_view prefix) {
  return absl::StrFormat("%s%016x", std::string(prefix), Next());
}

IdSource& SystemIds() {
  static KernelIds* ids = new KernelIds;
  return *ids;
}

std::string ComputedId(std::string_view prefix, std::initializer_list<std::string_view> parts) {
  std::string input;
  for (std::string_view part : parts) StrAppend(&input, part.size(), ":", std::string(part));
  const XXH128_hash_t hash = XXH3_128bits(input.data(), input.size());
  return absl::StrFormat("%s%016x%04x", std::string(prefix), hash.high64, hash.low64 & 0xffff);
}

bool IsResourceId(std::string_view text) {
  if (text.empty() || text.size() > 63 || !absl::ascii_islower(static_cast<unsigned char>(text[0]))) return false;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (!absl::ascii_islower(u) && !absl::ascii_isdigit(u) && c != '-') return false;
  }
  return text.back() != '-';
}

std::string_view LastSegment(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string_view ParentName(std::string_view name) {
  size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {};
  slash = name.rfind('/', slash - 1);
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

}  // namespace duban
