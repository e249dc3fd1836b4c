#include "services/plan/directory/moved_entries.h"

#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "duban/v1/unit.pb.h"

namespace duban {
namespace {

constexpr std::string_view kMoved = "moved/";

std::string MovedName(std::string_view entry) {
  return StrCat(kMoved, entry);
}

bool IsUnit(std::string_view name) {
  return name.starts_with("units/");
}
bool IsGroup(std::string_view name) {
  return name.starts_with("groups/");
}

// Walks from entries to whoever names them; used once.
class UserWalk {
 public:
  explicit UserWalk(const ReadView& view) : view_(view) {}

  absl::Status From(const MovedEntry& moved) {
    waiting_.push_back(moved.name);
    for (const std::string& superior : moved.note.former_superiors()) DUBAN_RETURN_IF_ERROR(GroupsBelow(superior));
    while (!waiting_.empty()) {
      const std::string name = std::move(waiting_.back());
      waiting_.pop_back();
      if (seen_.insert(name).second) DUBAN_RETURN_IF_ERROR(Visit(name));
    }
    return absl::OkStatus();
  }

  std::set<std::string> TakeUsers() { return std::move(users_); }

 private:
  // A unit names its superior and a group its members, so the walk leads to all below and all around them.
  absl::Status Visit(const std::string& name) {
    DUBAN_RETURN_IF_ERROR(ForUsers(name, [&](std::string_view user) {
      if (IsUnit(user) || IsGroup(user)) {
        waiting_.emplace_back(user);
      } else {
        users_.emplace(user);
      }
    }));
    if (!IsUnit(name)) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> unit, view_.Get<v1::Unit>(name));
    if (!unit.has_value()) return absl::OkStatus();
    for (const auto& superior : unit->value.superiors()) DUBAN_RETURN_IF_ERROR(GroupsBelow(superior.unit()));
    return absl::OkStatus();
  }

  // Groups choose units by kind directly under a superior, and name only the superior.
  absl::Status GroupsBelow(const std::string& superior) {
    if (!superiors_.insert(superior).second) return absl::OkStatus();
    return ForUsers(superior, [&](std::string_view user) {
      if (IsGroup(user)) waiting_.emplace_back(user);
    });
  }

  absl::Status ForUsers(const std::string& entry, absl::FunctionRef<void(std::string_view user)> visit) {
    return view_.ScanIndex(Index::kUnitUse, {entry}, [&](const std::vector<std::string_view>& rest, std::string_view) {
      if (!rest.empty()) visit(rest[0]);
      return true;
    });
  }

  const ReadView& view_;
  std::set<std::string> seen_, superiors_, users_;
  std::vector<std::string> waiting_;
};

}  // namespace

absl::Status NoteMoved(Transaction& transaction, std::string_view name, const std::set<std::string>& superiors) {
  const std::string row = MovedName(name);
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::MovedEntry> noted,
                         transaction.GetLocal<storage::v1::MovedEntry>(row));
  storage::v1::MovedEntry note = noted.value_or(storage::v1::MovedEntry());
  std::set<std::string> former(note.former_superiors().begin(), note.former_superiors().end());
  former.insert(superiors.begin(), superiors.end());
  note.mutable_former_superiors()->Assign(former.begin(), former.end());
  note.set_moves(note.moves() + 1);
  transaction.PutLocal(row, note);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MovedEntry>> MovedEntries(const ReadView& view, size_t most) {
  std::vector<MovedEntry> all;
  absl::Status parsed;
  const std::string begin = LocalKey(kMoved);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    if (all.size() == most) return false;
    MovedEntry moved;
    moved.name = key.substr(begin.size());
    if (!moved.note.ParseFromArray(value.data(), static_cast<int>(value.size()))) parsed = BrokenRecord(moved.name);
    all.push_back(std::move(moved));
    return parsed.ok();
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return all;
}

absl::Status ForgetMoved(Transaction& transaction, const MovedEntry& moved) {
  const std::string row = MovedName(moved.name);
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::MovedEntry> noted,
                         transaction.GetLocal<storage::v1::MovedEntry>(row));
  if (noted.has_value() && noted->moves() == moved.note.moves()) transaction.DeleteLocal(row);
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> UsersOf(const ReadView& view, const std::vector<MovedEntry>& moved) {
  UserWalk walk(view);
  for (const MovedEntry& one : moved) DUBAN_RETURN_IF_ERROR(walk.From(one));
  return walk.TakeUsers();
}

}  // namespace duban
