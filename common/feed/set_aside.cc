#include "common/feed/set_aside.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/keys.h"

namespace duban {
namespace {

using storage::v1::SetAsideEntries;

constexpr std::string_view kRows = "set_aside/";
// Most hops of one store that are shown.
constexpr size_t kMostHopsShown = 1000;

v1::SetAside NoteOf(const v1::FeedEntry& entry, const absl::Status& why, absl::Time now) {
  v1::SetAside note;
  note.set_entity(entry.entity());
  note.set_sequence(entry.sequence());
  note.set_reason(v1::ErrorReason_Name(ReasonOf(why)));
  note.set_message(std::string(ToStd(why.message())));
  note.set_message_zh(ChineseMessage(why));
  *note.mutable_time() = ToProto(now);
  return note;
}

// The hop of a status; made where it is not turned here.
v1::NodeStatus::Hop& HopIn(v1::NodeStatus& status, std::string_view name) {
  for (v1::NodeStatus::Hop& hop : *status.mutable_hops()) {
    if (hop.name() == name) return hop;
  }
  v1::NodeStatus::Hop& hop = *status.add_hops();
  hop.set_name(std::string(name));
  hop.set_direction(v1::NodeStatus::Hop::TAKE_IN);
  return hop;
}

}  // namespace

bool IsSendersMistake(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  return reason == v1::NOT_OWNER || reason == v1::INVALID_FIELD;
}

absl::StatusOr<std::optional<v1::SetAside>> ApplyOrSetAside(Transaction& transaction, const ApplyEntry& apply,
                                                            const v1::FeedEntry& entry, const EntrySource& source,
                                                            Undoing undoing) {
  std::optional<Transaction::Savepoint> before;
  if (undoing == Undoing::kEachEntry) before = transaction.Save();
  const absl::Status applied = apply(transaction, entry, source);
  if (applied.ok()) return std::nullopt;
  if (!before.has_value() || !IsSendersMistake(applied)) return applied;
  if (!DUBAN_BUG("feed.set_aside_half_taken")) transaction.Restore(*before);
  return NoteOf(entry, applied, source.now);
}

absl::Status KeepSetAside(Transaction& transaction, const std::string& hop, const std::vector<v1::SetAside>& notes) {
  if (notes.empty() || DUBAN_BUG("feed.set_aside_in_silence")) return absl::OkStatus();
  const v1::SetAside& first = notes.front();
  Log(LogLevel::kWarning, "hop.set_aside",
      {{"hop", hop},
       {"entries", StrCat(notes.size())},
       {"first", first.entity()},
       {"reason", first.reason()},
       {"error", first.message()}});
  DUBAN_ASSIGN_OR_RETURN(SetAsideEntries kept, SetAsideOf(transaction, hop));
  kept.set_count(kept.count() + static_cast<int64_t>(notes.size()));
  for (const v1::SetAside& note : notes) *kept.add_last() = note;
  kept.mutable_last()->DeleteSubrange(0, std::max(0, kept.last_size() - kMostSetAsideKept));
  transaction.PutLocal(StrCat(kRows, hop), kept);
  return absl::OkStatus();
}

absl::Status TakePage(Store& store, const CommandInfo& info,
                      absl::FunctionRef<absl::Status(Transaction& transaction, Undoing undoing)> take) {
  const absl::Status taken =
      store.Run(info, [&](Transaction& transaction) { return take(transaction, Undoing::kNone); });
  if (!IsSendersMistake(taken)) return taken;
  return store.Run(info, [&](Transaction& transaction) { return take(transaction, Undoing::kEachEntry); });
}

absl::StatusOr<SetAsideEntries> SetAsideOf(const ReadView& view, std::string_view hop) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<SetAsideEntries> kept, view.GetLocal<SetAsideEntries>(StrCat(kRows, hop)));
  return kept.value_or(SetAsideEntries());
}

void ShowSetAside(const google::protobuf::RepeatedPtrField<v1::SetAside>& entries, v1::NodeStatus::Hop& hop) {
  google::protobuf::RepeatedPtrField<v1::SetAside> shown(entries.rbegin(), entries.rend());
  shown.MergeFrom(hop.last_set_aside());
  const int over = std::max(0, shown.size() - kMostSetAsideShown);
  shown.DeleteSubrange(shown.size() - over, over);
  *hop.mutable_last_set_aside() = std::move(shown);
}

absl::Status ShowHops(const ReadView& view, v1::NodeStatus& status) {
  size_t left = kMostHopsShown;
  const std::string taken_in = PositionKey(OfferedBy(""));
  DUBAN_RETURN_IF_ERROR(view.ScanRows(taken_in, PrefixEnd(taken_in), [&](std::string_view key, std::string_view value) {
    v1::FeedPosition position;
    if (position.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      *HopIn(status, key.substr(1)).mutable_position() = std::move(position);
    }
    return --left > 0;
  }));
  const std::string rows = LocalKey(kRows);
  return view.ScanRows(rows, PrefixEnd(rows), [&](std::string_view key, std::string_view value) {
    SetAsideEntries kept;
    if (!kept.ParseFromArray(value.data(), static_cast<int>(value.size()))) return true;
    v1::NodeStatus::Hop& hop = HopIn(status, key.substr(rows.size()));
    hop.set_set_aside(hop.set_aside() + kept.count());
    ShowSetAside(kept.last(), hop);
    return --left > 0;
  });
}

}  // namespace duban
