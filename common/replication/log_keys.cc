#include "common/replication/log_keys.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/base/strings.h"

namespace duban {

std::string NumberValue(int64_t number) {
  return absl::StrFormat("%016x", number);
}

std::optional<int64_t> NumberOf(std::string_view value) {
  int64_t number = 0;
  if (value.size() != 16 || !absl::SimpleHexAtoi(ToAbsl(value), &number) || NumberValue(number) != value) return {};
  return number;
}

NodeKeys::NodeKeys(std::string_view node) : prefix_(StrCat("/duban/", node, "/")) {}

LogKeys::LogKeys(const NodeKeys& node, std::string_view service) : prefix_(StrCat(node.prefix(), service, "/")) {}

std::string LogKeys::Entry(int64_t first_sequence) const {
  return StrCat(prefix_, "log/", NumberValue(first_sequence));
}

std::string LogKeys::Part(int64_t first_sequence, std::string_view hash, int index) const {
  return StrCat(PartsFrom(first_sequence), absl::BytesToHexString(ToAbsl(hash)), "/", NumberValue(index));
}

std::string LogKeys::PartsFrom(int64_t first_sequence) const {
  return StrCat(prefix_, "part/", NumberValue(first_sequence), "/");
}

std::string LogKeys::Synced(std::string_view replica) const {
  return StrCat(prefix_, "synced/", replica);
}

}  // namespace duban
