// Reading a store: the same calls on a snapshot, from any thread, and on a transaction, which sees its own writes.

#ifndef DUBAN_COMMON_STORE_VIEW_H_
#define DUBAN_COMMON_STORE_VIEW_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/base/errors.h"
#include "common/store/keys.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/feed.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace duban {

// An entity as it was read.
template <typename T>
struct Stored {
  T value;
  // Sequence of its last change; the etag is made of it.
  int64_t sequence = 0;
};

// A consistent view of a store. Errors: every call can return INVARIANT_BROKEN where the store cannot be read or a
// record does not parse.
class ReadView {
 public:
  virtual ~ReadView() = default;

  // The value of a key; nothing where it is not there.
  virtual absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const = 0;

  // Visits the keys of [begin, end) in order until `visit` returns false. `visit` must not write.
  virtual absl::Status ScanRows(std::string_view begin, std::string_view end,
                                absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const = 0;

  // The entity called `name`; nothing where it never was or is deleted.
  template <typename T>
  absl::StatusOr<std::optional<Stored<T>>> Get(std::string_view name) const;

  // The entity called `name`, or RESOURCE_NOT_FOUND.
  template <typename T>
  absl::StatusOr<Stored<T>> Need(std::string_view name) const;

  // Visits the entities whose names begin with `prefix`, those after `after` only, by name, until `visit` returns
  // false. Entities of another type than T are passed over.
  template <typename T>
  absl::Status Scan(std::string_view prefix, std::string_view after,
                    absl::FunctionRef<bool(std::string_view name, Stored<T> entity)> visit) const;

  // The local message called `name` (in no feed); nothing where it is not there.
  template <typename T>
  absl::StatusOr<std::optional<T>> GetLocal(std::string_view name) const;

  // Visits an index: the parts behind `parts`, and the value, in order, starting behind the key made of `after` where
  // that is not empty, until `visit` returns false.
  absl::Status ScanIndex(
      Index index, std::initializer_list<std::string_view> parts,
      absl::FunctionRef<bool(const std::vector<std::string_view>& rest, std::string_view value)> visit,
      std::string_view after_key = {}) const;

  // The value of an index entry; nothing where it is not there.
  absl::StatusOr<std::optional<std::string>> GetIndex(Index index, std::initializer_list<std::string_view> parts) const;

  // Where a hop has come to; sequence 0 without epoch where it has not begun.
  absl::StatusOr<v1::FeedPosition> GetPosition(std::string_view hop) const;

  // The row of an entity, deleted or not; nothing where it never was.
  absl::StatusOr<std::optional<storage::v1::EntityRecord>> GetRecord(std::string_view name) const;
};

// The payload of a record as it travels.
google::protobuf::Any PayloadOf(storage::v1::EntityRecord record);

// Whether a record holds a payload of the type of `value`; then `value` is that.
bool UnpackRecord(const storage::v1::EntityRecord& record, google::protobuf::Message* value);

// The etag of something last changed at `sequence`.
std::string EtagOf(int64_t sequence);

// Makes INVARIANT_BROKEN for a record that does not parse or has another type.
absl::Status BrokenRecord(std::string_view name);

template <typename T>
absl::StatusOr<std::optional<Stored<T>>> ReadView::Get(std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, GetRecord(name));
  if (!record.has_value() || record->deleted()) return std::nullopt;
  Stored<T> stored;
  stored.sequence = record->sequence();
  if (!UnpackRecord(*record, &stored.value)) return BrokenRecord(name);
  return stored;
}

template <typename T>
absl::StatusOr<Stored<T>> ReadView::Need(std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<T>> stored, Get<T>(name));
  if (!stored.has_value()) return NotFound(name);
  return *std::move(stored);
}

template <typename T>
absl::Status ReadView::Scan(std::string_view prefix, std::string_view after,
                            absl::FunctionRef<bool(std::string_view name, Stored<T> entity)> visit) const {
  std::string begin = EntityKey(prefix);
  // An `after` outside the prefix, which a forged page token can hold, does not lead out of it.
  if (!after.empty()) begin = std::max(begin, EntityKey(after) + '\0');
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(
      ScanRows(begin, PrefixEnd(EntityKey(prefix)), [&](std::string_view key, std::string_view value) {
        storage::v1::EntityRecord record;
        if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          parsed = BrokenRecord(key.substr(1));
          return false;
        }
        if (record.deleted() || record.type() != T::descriptor()->full_name()) return true;
        Stored<T> stored;
        stored.sequence = record.sequence();
        if (!UnpackRecord(record, &stored.value)) {
          parsed = BrokenRecord(key.substr(1));
          return false;
        }
        return visit(key.substr(1), std::move(stored));
      }));
  return parsed;
}

template <typename T>
absl::StatusOr<std::optional<T>> ReadView::GetLocal(std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, GetRow(LocalKey(name)));
  if (!row.has_value()) return std::nullopt;
  T value;
  if (!value.ParseFromString(*row)) return BrokenRecord(name);
  return value;
}

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_VIEW_H_
