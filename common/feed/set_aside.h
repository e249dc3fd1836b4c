// Entries of a neighbour that cannot be taken in: they are set aside with their reason, and the rest goes on.
//
// What the sender does not own, or what breaks a rule of its fields, is the sender's mistake. Holding its hop up for it
// would keep everything else back for good. It is noted in a local row, the last ones in full, and shown in the node's
// status; it comes again when the sender changes the entity. A promise of our own that is broken, or a store that
// cannot write, still stops the hop.
//
// Threads: the functions run where their transaction or view may be used.

#ifndef DUBAN_COMMON_FEED_SET_ASIDE_H_
#define DUBAN_COMMON_FEED_SET_ASIDE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/feed/hop.h"
#include "duban/storage/v1/hop.pb.h"
#include "duban/v1/feed.pb.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// So many entries of a hop are kept in full, and so many are shown.
inline constexpr int kMostSetAsideKept = 100;
inline constexpr int kMostSetAsideShown = 10;

// Whether an entry that fails so is the sender's mistake: NOT_OWNER, INVALID_FIELD.
bool IsSendersMistake(const absl::Status& status);

// How the entries of a page are applied. Undoing one entry costs something at every write, and nearly every page has
// nothing to undo: so a page is first applied without, and with it once an entry was refused.
enum class Undoing { kNone, kEachEntry };

// Applies an entry; one that is the sender's mistake leaves nothing behind, and the note about it is returned. With
// Undoing::kNone a mistake is an error like any other, and the command has to fail with it.
absl::StatusOr<std::optional<v1::SetAside>> ApplyOrSetAside(Transaction& transaction, const ApplyEntry& apply,
                                                            const v1::FeedEntry& entry, const EntrySource& source,
                                                            Undoing undoing);

// Keeps the notes of a page, if there are any.
absl::Status KeepSetAside(Transaction& transaction, const std::string& hop, const std::vector<v1::SetAside>& notes);

// Runs `take`, a command that applies a page, without and, where an entry is the sender's mistake, with undoing.
absl::Status TakePage(Store& store, const CommandInfo& info,
                      absl::FunctionRef<absl::Status(Transaction& transaction, Undoing undoing)> take);

// What was set aside of a hop.
absl::StatusOr<storage::v1::SetAsideEntries> SetAsideOf(const ReadView& view, std::string_view hop);

// Adds to a node's status what one of its stores knows of its hops: what was set aside, and who below offers its
// entries. The hops that are turned here are in it already.
absl::Status ShowHops(const ReadView& view, v1::NodeStatus& status);

// Puts entries in front of the last ones shown.
void ShowSetAside(const google::protobuf::RepeatedPtrField<v1::SetAside>& entries, v1::NodeStatus::Hop& hop);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_SET_ASIDE_H_
