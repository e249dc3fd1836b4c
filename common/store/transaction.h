// Writing a store: what one command does, before it is durable.

#ifndef DUBAN_COMMON_STORE_TRANSACTION_H_
#define DUBAN_COMMON_STORE_TRANSACTION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/overlay.h"
#include "common/store/view.h"

namespace duban {

// Whom a change of an entity concerns: names such as `assignment` (a service of this node), `downstream` (every node
// below), `node/district` (one node). Sorted and unique.
using Audiences = std::set<std::string>;

// The same, by name, as changes share it.
using AudienceList = std::vector<std::string>;

// One change of one entity.
struct EntityChange {
  int64_t sequence = 0;
  std::string name;
  // Who sees it now; never null.
  std::shared_ptr<const AudienceList> audiences;
  // Those that saw it before this change.
  AudienceList withdrawn_from;
};

// What one command reads and writes. It reads its own writes and those of the commands before it in the same group;
// if the command fails, all its writes are dropped. Used only on the writer's thread, while the command runs.
class Transaction : public ReadView {
 public:
  // The store beneath, rows the group has written so far, and the last sequence given out. Base and group outlive the
  // transaction.
  Transaction(const ReadView* base, const WriteSet* group, int64_t last_sequence)
      : beneath_(base, group), last_sequence_(last_sequence) {}

  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override;
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;

  // Writes an entity and gives it a place in the feed of every audience; audiences that saw it before and are not named
  // now get a withdrawal. Returns the sequence of its last change: writing what is already there changes nothing and
  // returns the old one. The rows of the feeds are made for a whole group of commands, once it is complete.
  absl::StatusOr<int64_t> Put(std::string_view name, const google::protobuf::Message& value,
                              const Audiences& audiences);

  // Deletes an entity; its audiences get a withdrawal. Nothing happens where it is not there.
  absl::Status Delete(std::string_view name);

  // Passes on that an entity is gone of which nothing was ever known here: followers in `audiences` may hold it from
  // the time before this store was lost. Nothing happens where there is, or was, one of this name.
  absl::Status PassOnWithdrawal(std::string_view name, const Audiences& audiences);

  // Writes or deletes a local message (in no feed).
  void PutLocal(std::string_view name, const google::protobuf::Message& value);
  void DeleteLocal(std::string_view name);

  void PutIndex(Index index, std::initializer_list<std::string_view> parts, std::string_view value = {});
  void DeleteIndex(Index index, std::initializer_list<std::string_view> parts);

  // Records where a hop has come to, in the same write as its effect.
  void SetPosition(std::string_view hop, const v1::FeedPosition& position);

  // For the store's own rows, and rows of an index whose key is made already.
  void PutRow(std::string key, std::string value);
  void DeleteRow(std::string key);

  // Undoes everything since `savepoint` was taken; to refuse one entry of a page and keep the rest. Costs what was
  // written since, not what was written before. A savepoint taken after the one restored is void.
  struct Savepoint {
    size_t undos;
    size_t changes;
    int64_t last_sequence;
  };
  Savepoint Save();
  void Restore(const Savepoint& savepoint);

  int64_t last_sequence() const { return last_sequence_; }
  const WriteSet& writes() const { return writes_; }
  WriteSet& mutable_writes() { return writes_; }
  // What was changed, in order of sequence.
  const std::vector<EntityChange>& changes() const { return changes_; }
  std::vector<EntityChange>& mutable_changes() { return changes_; }

 private:
  // What a key held before it was written after a savepoint.
  struct Undo {
    std::string key;
    bool existed;
    std::optional<std::string> value;
  };

  void Write(std::string key, std::optional<std::string> value);
  std::shared_ptr<const AudienceList> ListOf(const Audiences& audiences);
  // Lets exactly `change.audiences` see the entity, and fills in whom it is withdrawn from.
  absl::Status ChangeConcern(storage::v1::EntityRecord& record, EntityChange& change);
  void PutConcern(storage::v1::EntityRecord& record, const EntityChange& change, storage::v1::Concern concern);

  // The value of a key beneath, from memory where a read just before asked for the same.
  absl::StatusOr<std::optional<std::string>> GetBeneath(std::string_view key) const;

  // The store with the group's rows on it.
  const OverlayView beneath_;
  int64_t last_sequence_;
  WriteSet writes_;
  // The last reads of what lies beneath, which does not change while the command runs: what it read, it mostly writes
  // next, and a write looks at the row again.
  struct Read {
    std::string key;
    std::optional<std::string> value;
  };
  static constexpr size_t kReads = 4;
  mutable std::array<Read, kReads> reads_;
  mutable size_t next_read_ = 0;
  std::vector<EntityChange> changes_;
  // For savepoints; empty where none was taken.
  bool undoing_ = false;
  std::vector<Undo> undos_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_TRANSACTION_H_
