// Every key of a store, as a grammar. Numbers are big-endian, so that byte order is number order; strings inside a key
// end with a zero byte and hold none. Kinds and index numbers are part of the format on disk: never change or reuse
// one. tests/unit/keys_test.cc holds the literal bytes.
//
//   key      = kind rest
//   0x01     identity                                  StoreIdentity
//   0x02     commit     sequence:be64                  CommitRecord; the last sequence of the commit
//   0x03     entity     name:bytes                     EntityRecord; name such as `plans/p1`, to the end of the key
//   0x04     feed       audience:str sequence:be64     places (feed_rows.h); sequence is that of the last of them
//   0x05     memo       caller:str request_id:bytes    RequestMemo
//   0x06     position   hop:bytes                      v1::FeedPosition
//   0x07     index      number:u8 part:str...          value of the index, often empty
//   0x08     local      name:bytes                     v1 or storage message; like an entity, but in no feed
//   0x09     concern    name:bytes                     Concern of an entity, where it is not in the entity's own row
//   0x0A     checkpoint                                Checkpoint, once older commits were cut off
//
// Threads: pure functions. Errors: none; a string with a zero byte is a broken promise of the caller (names are
// checked at the edge) and stops the process.

#ifndef DUBAN_COMMON_STORE_KEYS_H_
#define DUBAN_COMMON_STORE_KEYS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace duban {

// Layout of keys and records. A store that says another number is not opened. Nothing turns a store of format 1 to 4
// into one of format 5: no node had one to keep.
inline constexpr int kFormatVersion = 5;

enum class KeyKind : uint8_t {
  kIdentity = 1,
  kCommit = 2,
  kEntity = 3,
  kFeed = 4,
  kMemo = 5,
  kPosition = 6,
  kIndex = 7,
  kLocal = 8,
  kConcern = 9,
  kCheckpoint = 10,
};

// The number of an index. Each service names its own in its folder (`indexes.h`); no two of all services are the same,
// and 4 to 10 and 14 are those of earlier formats.
enum class Index : uint8_t {};

std::string IdentityKey();
std::string CommitKey(int64_t sequence);
std::string EntityKey(std::string_view name);
std::string FeedKey(std::string_view audience, int64_t sequence);
std::string MemoKey(std::string_view caller, std::string_view request_id);
std::string PositionKey(std::string_view hop);
std::string IndexKey(Index index, std::initializer_list<std::string_view> parts);
std::string LocalKey(std::string_view name);
std::string ConcernKey(std::string_view name);
std::string CheckpointKey();

// Sequence of a commit or feed key: its last eight bytes.
int64_t SequenceOfKey(std::string_view key);

// First key behind all keys that begin with `prefix`.
std::string PrefixEnd(std::string_view prefix);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_KEYS_H_
