#include "common/store/keys.h"

#include <cstdlib>

#include "common/base/digest.h"
#include "common/base/log.h"

namespace duban {
namespace {

std::string Begin(KeyKind kind) {
  return std::string(1, static_cast<char>(kind));
}

void AppendNumber(std::string& key, int64_t number) {
  key.append(BigEndian(static_cast<uint64_t>(number)));
}

void AppendString(std::string& key, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    Log(LogLevel::kError, "store.key_with_zero_byte");
    std::abort();
  }
  key.append(text);
  key.push_back('\0');
}

}  // namespace

std::string IdentityKey() {
  return Begin(KeyKind::kIdentity);
}

std::string CommitKey(int64_t sequence) {
  std::string key = Begin(KeyKind::kCommit);
  AppendNumber(key, sequence);
  return key;
}

std::string EntityKey(std::string_view name) {
  return Begin(KeyKind::kEntity).append(name);
}

std::string FeedKey(std::string_view audience, int64_t sequence) {
  std::string key = Begin(KeyKind::kFeed);
  AppendString(key, audience);
  AppendNumber(key, sequence);
  return key;
}

std::string MemoKey(std::string_view caller, std::string_view request_id) {
  std::string key = Begin(KeyKind::kMemo);
  AppendString(key, caller);
  return key.append(request_id);
}

std::string PositionKey(std::string_view hop) {
  return Begin(KeyKind::kPosition).append(hop);
}

std::string IndexKey(Index index, std::initializer_list<std::string_view> parts) {
  std::string key = Begin(KeyKind::kIndex);
  key.push_back(static_cast<char>(index));
  for (std::string_view part : parts) AppendString(key, part);
  return key;
}

std::string LocalKey(std::string_view name) {
  return Begin(KeyKind::kLocal).append(name);
}

std::string ConcernKey(std::string_view name) {
  return Begin(KeyKind::kConcern).append(name);
}

std::string CheckpointKey() {
  return Begin(KeyKind::kCheckpoint);
}

int64_t SequenceOfKey(std::string_view key) {
  uint64_t number = 0;
  for (char c : key.substr(key.size() - 8)) number = (number << 8) | static_cast<unsigned char>(c);
  return static_cast<int64_t>(number);
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace duban
