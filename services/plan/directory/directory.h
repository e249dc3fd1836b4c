// The directory of a node: units, groups and calendars, its own and those that came from above.
//
//   display name or alias ──Resolve──▶ units/x or groups/x ──UnitsOf──▶ units on a day ──NodesOf──▶ nodes
//
// Entries are entities `units/x`, `groups/x`, `calendars/y2024` in the feeds of the assignment service, the
// notification service and the nodes below. Each belongs to one node; elsewhere it is read-only.
//
// Names are compared by NameKey. Among the entries a node owns a name leads to one entry on any day. Two levels may use
// the same words for different things (各街道); then a node's own entry hides the one from above.
//
// Threads: functions on a Transaction run on the writer's thread; a DirectoryView belongs to one call. Errors: those
// named here, and INVARIANT_BROKEN from the store.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/feed/hop.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "common/store/view.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/plan/directory/directory_names.h"

namespace duban {

// What two spellings of a name have in common: widths and brackets folded (NFKC, all brackets round), spaces and
// control characters dropped.
std::string NameKey(std::string_view text);

// Whether a day `YYYY-MM-DD` lies in [from, to); an empty bound is open.
bool HoldsOn(std::string_view from, std::string_view to, std::string_view day);

// The node where a unit works: the node it names, else the one that owns its entry.
const std::string& HostNode(const v1::Unit& unit);

// Whom directory entries concern.
const Audiences& DirectoryAudiences();

// Who changes the directory, and when.
struct DirectoryAuthor {
  std::string node;
  absl::Time now;
};

// How often the directory was changed. While it stays, names lead where they led, and stand for whom they stood.
absl::StatusOr<int64_t> DirectoryVersion(const ReadView& view);

// The directory as of a day, for one call: reads each entry once. Not thread-safe; `view` outlives it.
class DirectoryView {
 public:
  // `names`, which outlives it, is for snapshots; without it, the names are read from the view where they are asked
  // for.
  DirectoryView(const ReadView& view, absl::CivilDay day, DirectoryNamesCache* names = nullptr);

  // The unit valid on the day, or group, that `text` leads to; empty where there is none.
  absl::StatusOr<std::string> Resolve(std::string_view text);

  // The entry; null where it is not there. Valid as long as the view.
  absl::StatusOr<const v1::Unit*> FindUnit(std::string_view name);
  absl::StatusOr<const v1::UnitGroup*> FindGroup(std::string_view name);

  // The units that `entry`, a unit or a group, stands for on the day, by name: itself or the members. Entries that are
  // not there stand for none. Never null; valid as long as the view.
  absl::StatusOr<const std::vector<std::string>*> UnitsOf(std::string_view entry);

  // Where a unit and everyone above it on the day work. A node above a unit's own passes the unit's papers down.
  absl::StatusOr<std::set<std::string>> NodesOf(std::string_view unit);

  // The display names and aliases most like `text`, best first, at most `most`; nothing that is hardly alike.
  absl::StatusOr<std::vector<std::string>> Nearest(std::string_view text, size_t most);

  // Visits the units valid on the day, then the groups, by name.
  absl::Status ForEach(absl::FunctionRef<void(const NamedEntry&)> visit);

  const std::string& day() const { return day_; }

 private:
  absl::Status ReadNames();

  const ReadView& view_;
  const std::string day_;
  std::map<std::string, std::string, std::less<>> resolved_;
  std::map<std::string, std::optional<v1::Unit>, std::less<>> units_;
  std::map<std::string, std::optional<v1::UnitGroup>, std::less<>> groups_;
  std::map<std::string, std::vector<std::string>, std::less<>> expanded_;
  DirectoryNamesCache* const cache_;
  std::shared_ptr<const DirectoryNames> names_;  // Null until they are asked for.
};

// Notes what is wrong with an entry by itself: an empty or doubled name, dates out of order, more than two superiors on
// one day, a unit that is its own superior, a group without members. `prefix` goes before the field, such as `unit.`.
void CheckUnit(const v1::Unit& unit, std::string_view prefix, FieldErrors* errors);
void CheckGroup(const v1::UnitGroup& group, std::string_view prefix, FieldErrors* errors);
void CheckCalendar(const v1::Calendar& calendar, std::string_view prefix, FieldErrors* errors);

// Writes an entry that this node owns, checked as above, and returns it with its etag. What is already there changes
// nothing. Errors:
// - ALREADY_EXISTS (RESOURCE_EXISTS): another own entry has the name or an alias; metadata has `by`.
absl::StatusOr<v1::Unit> PutUnit(Transaction& transaction, const DirectoryAuthor& author, v1::Unit unit);
absl::StatusOr<v1::UnitGroup> PutGroup(Transaction& transaction, const DirectoryAuthor& author, v1::UnitGroup group);

// OK where every unit that the entry names is there; else RESOURCE_NOT_FOUND.
absl::Status CheckReferences(const ReadView& view, const v1::Unit& unit);
absl::Status CheckReferences(const ReadView& view, const v1::UnitGroup& group);

// OK unless on some day a unit would be above itself; then WRONG_STATE. `unit` is already written.
absl::Status CheckNoCircle(const ReadView& view, std::string_view unit);

// OK unless an entry that came from another node has the name or an alias of `unit`, which is to be a new one of this
// node while both exist. Errors: RESOURCE_EXISTS, which names that entry and its node.
absl::Status CheckNotAbove(const ReadView& view, const v1::Unit& unit);

// Takes the names of an entry that is about to be written again out of the way, so that names can move between entries
// in one command. Nothing happens where it is not there.
absl::Status ForgetNames(Transaction& transaction, std::string_view name);

// Deletes an entry. Errors:
// - FAILED_PRECONDITION (STILL_IN_USE): a unit, a group or a published plan names it; metadata has `by`.
absl::Status DeleteEntry(Transaction& transaction, std::string_view name);

// Makes `alias` lead to an entry from now on: as an alias of an own entry; for one from above, as a name only this node
// knows. Nothing happens where an own entry has the name, or the entry is not there.
absl::Status LearnAlias(Transaction& transaction, const DirectoryAuthor& author, std::string_view entry,
                        std::string_view alias);

// Takes an alias back, from the entry of this node that has it, else from the one from above that only this node gives
// it to; returns that entry. Errors:
// - NOT_FOUND (RESOURCE_NOT_FOUND): nothing has the alias.
// - PERMISSION_DENIED (NOT_OWNER): it comes from above.
absl::StatusOr<std::string> ForgetAlias(Transaction& transaction, const DirectoryAuthor& author,
                                        std::string_view alias);

// Every alias of the directory, by alias and entry.
absl::StatusOr<std::vector<v1::Alias>> AllAliases(const ReadView& view);

// The index row that keeps an entry which a published plan names from being deleted.
std::string UseKey(std::string_view entry, std::string_view plan);

// The index rows that the entries of the directory of `node` ask for, as IndexRows has them.
absl::Status DirectoryRows(const ReadView& view, std::string_view node, IndexRowSink sink);

// Puts in the calendar of a year as this node's own, counting its version up where something changed; returns it with
// its etag. Errors:
// - ABORTED (ETAG_MISMATCH): the calendar has an etag, and what is there has another.
absl::StatusOr<v1::Calendar> PutCalendar(Transaction& transaction, std::string_view node, v1::Calendar calendar);

// Whether the calendar that the software came with should be put in: none of its year is there, or an older version of
// the software's own.
absl::StatusOr<bool> WantsDefaultCalendar(const ReadView& view, const v1::Calendar& calendar);

// Puts it in, as nobody's own.
absl::Status PutDefaultCalendar(Transaction& transaction, v1::Calendar calendar);

// Takes in an entry that came from above. What this node owns is never changed: returns false, and true else.
absl::StatusOr<bool> TakeUnit(Transaction& transaction, std::string_view node, const v1::Unit& unit);
absl::StatusOr<bool> TakeGroup(Transaction& transaction, std::string_view node, const v1::UnitGroup& group);
absl::StatusOr<bool> TakeCalendar(Transaction& transaction, std::string_view node, const v1::Calendar& calendar);

// Drops an entry that is gone above, whatever still names it, and passes on that it is gone, even where it is not known
// here: nodes below may have it from before this node lost its disk. What this node owns stays: returns false.
absl::StatusOr<bool> DropTaken(Transaction& transaction, std::string_view node, std::string_view name);

// Writes an own entry as a neighbour gave it back, after the store was lost or restored. Of two units or groups the one
// with the later `update_time` is newer, of two calendars the one with the higher version. Errors: INVARIANT_BROKEN for
// the same version with other content.
absl::StatusOr<TakenBack> TakeBackUnit(Transaction& transaction, const v1::Unit& unit);
absl::StatusOr<TakenBack> TakeBackGroup(Transaction& transaction, const v1::UnitGroup& group);
absl::StatusOr<TakenBack> TakeBackCalendar(Transaction& transaction, const v1::Calendar& calendar);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_H_
