#include "services/plan/directory/directory.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/feed/hop.h"
#include "duban/storage/v1/plan.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/directory/indexes.h"
#include "services/plan/directory/moved_entries.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;

// Values of kDirectoryName, by falling precedence.
constexpr std::string_view kOwn = "own";
constexpr std::string_view kLearned = "learned";
constexpr std::string_view kOther = "other";

// Local row with the version of the directory.
constexpr char kVersionName[] = "directory/version";
constexpr int kMaxAliases = 50;
constexpr int kMaxSuperiorsOfDay = 2;

// Local message with the names that only this node gives to an entry from above.
std::string LearnedName(std::string_view entry) {
  return StrCat("learned/", entry);
}

bool IsUnitName(std::string_view name) {
  return name.starts_with("units/");
}
bool IsGroupName(std::string_view name) {
  return name.starts_with("groups/");
}

// The later of two inclusive beginnings and the earlier of two exclusive ends; empty bounds are open.
std::string LaterFrom(const std::string& a, const std::string& b) {
  return std::max(a, b);
}
std::string EarlierTo(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  return std::min(a, b);
}
bool IsEmptyInterval(const std::string& from, const std::string& to) {
  return !to.empty() && from >= to;
}

template <typename Entry>
std::vector<std::string> NameKeys(const Entry& entry) {
  std::vector<std::string> keys = {NameKey(entry.display_name())};
  for (const std::string& alias : entry.aliases()) keys.push_back(NameKey(alias));
  std::erase(keys, "");
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::set<std::string> UsesOf(const v1::Unit& unit) {
  std::set<std::string> uses;
  for (const auto& superior : unit.superiors()) uses.insert(superior.unit());
  return uses;
}

std::set<std::string> UsesOf(const v1::UnitGroup& group) {
  std::set<std::string> uses;
  for (const auto& member : group.members()) uses.insert(member.unit());
  for (const auto& selection : group.selections()) uses.insert(selection.superior());
  return uses;
}

std::set<std::string> SuperiorsOf(const v1::Unit& unit) {
  return UsesOf(unit);
}
std::set<std::string> SuperiorsOf(const v1::UnitGroup&) {
  return {};
}

// The index rows of an entry.
template <typename Entry>
absl::Status RowsOf(const ReadView& view, const Entry& entry, std::string_view rank, IndexRowSink sink) {
  const auto row = [&](Index index, const std::string& part, std::string_view value) {
    sink(IndexKey(index, {part, entry.name()}), std::string(value));
  };
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> learned, view.GetLocal<v1::Unit>(LearnedName(entry.name())));
  if (learned.has_value()) {
    for (const std::string& key : NameKeys(*learned)) row(kDirectoryName, key, kLearned);
  }
  for (const std::string& key : NameKeys(entry)) row(kDirectoryName, key, rank);
  for (const std::string& used : UsesOf(entry)) row(kUnitUse, used, {});
  for (const std::string& superior : SuperiorsOf(entry)) row(kUnitBySuperior, superior, {});
  return absl::OkStatus();
}

// The index rows of all entries of a type.
template <typename Entry>
absl::Status RowsOfAll(const ReadView& view, std::string_view node, std::string_view collection, IndexRowSink sink) {
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(view.Scan<Entry>(collection, {}, [&](std::string_view, const Stored<Entry>& entry) {
    status = RowsOf(view, entry.value, entry.value.owner_node() == node ? kOwn : kOther, sink);
    return status.ok();
  }));
  return status;
}

absl::Status CountUpVersion(Transaction& transaction) {
  DUBAN_ASSIGN_OR_RETURN(const int64_t version, DirectoryVersion(transaction));
  storage::v1::DirectoryVersion next;
  next.set_version(version + 1);
  transaction.PutLocal(kVersionName, next);
  return absl::OkStatus();
}

// Adds or removes the index rows of an entry.
template <typename Entry>
absl::Status IndexEntry(Transaction& transaction, const Entry& entry, std::string_view rank, bool present) {
  return RowsOf(transaction, entry, rank, [&](std::string key, std::optional<std::string> value) {
    if (present) {
      transaction.PutRow(std::move(key), *std::move(value));
    } else {
      transaction.DeleteRow(std::move(key));
    }
  });
}

// When an entry exists.
std::pair<std::string, std::string> ValidityOf(const v1::Unit& unit) {
  return {unit.valid_from(), unit.valid_to()};
}
std::pair<std::string, std::string> ValidityOf(const v1::UnitGroup&) {
  return {};
}

template <typename Repeated>
bool SameItems(const Repeated& a, const Repeated& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& left, const auto& right) { return MessageDifferencer::Equals(left, right); });
}

// Whether papers for an entry, and for what is below or around it, go to the same nodes.
bool SamePlace(const v1::Unit& a, const v1::Unit& b) {
  return HostNode(a) == HostNode(b) && a.kind() == b.kind() && ValidityOf(a) == ValidityOf(b) &&
         SameItems(a.superiors(), b.superiors());
}
bool SamePlace(const v1::UnitGroup& a, const v1::UnitGroup& b) {
  return SameItems(a.members(), b.members()) && SameItems(a.selections(), b.selections());
}

// Writes an entry and its index rows; returns it with its etag.
template <typename Entry>
absl::StatusOr<Entry> WriteEntry(Transaction& transaction, Entry entry, std::string_view rank) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction.Get<Entry>(entry.name()));
  if (old.has_value()) DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, old->value, rank, false));
  entry.clear_etag();
  if (!old.has_value() || !MessageDifferencer::Equals(old->value, entry)) {
    DUBAN_RETURN_IF_ERROR(CountUpVersion(transaction));
  }
  if (!old.has_value() || !SamePlace(old->value, entry)) {
    DUBAN_RETURN_IF_ERROR(
        NoteMoved(transaction, entry.name(), old.has_value() ? SuperiorsOf(old->value) : std::set<std::string>()));
  }
  DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, entry, rank, true));
  DUBAN_ASSIGN_OR_RETURN(int64_t sequence, transaction.Put(entry.name(), entry, DirectoryAudiences()));
  entry.set_etag(EtagOf(sequence));
  return entry;
}

absl::Status ClaimedAbove(std::string_view printed, const v1::Unit& above) {
  return Error(v1::RESOURCE_EXISTS,
               StrCat("node `", above.owner_node(), "` has `", printed, "` in its directory already (`", above.name(),
                      "`): use that one; for another unit of the same name, say `beside_upper`"),
               StrCat("节点“", above.owner_node(), "”下发的单位名录里已有“", printed, "”（", above.name(),
                      "），请直接使用；确系另一个同名单位的，请注明在其之外另设（beside_upper）"),
               {{"name", std::string(printed)}, {"by", above.name()}, {"node", above.owner_node()}});
}

absl::Status NameTaken(std::string_view entry, std::string_view printed, std::string_view by) {
  return Error(v1::RESOURCE_EXISTS,
               StrCat("the name `", printed, "` of `", entry, "` already leads to `", by,
                      "`; choose another name or change that entry"),
               StrCat("“", entry, "”的名称“", printed, "”已经属于“", by, "”，请换一个名称或者修改后者"),
               {{"name", std::string(entry)}, {"by", std::string(by)}, {"displayName", std::string(printed)}});
}

// OK unless another own entry has the name `printed` at a time of [from, to), at which `entry` exists.
absl::Status CheckNameFree(const ReadView& view, std::string_view entry, std::string_view printed,
                           const std::pair<std::string, std::string>& validity) {
  std::vector<std::string> holders;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(kDirectoryName, {NameKey(printed)},
                                       [&](const std::vector<std::string_view>& rest, std::string_view rank) {
                                         if (rank == kOwn && !rest.empty() && rest[0] != entry) {
                                           holders.emplace_back(rest[0]);
                                         }
                                         return true;
                                       }));
  for (const std::string& holder : holders) {
    if (!IsUnitName(holder)) return NameTaken(entry, printed, holder);
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> unit, view.Get<v1::Unit>(holder));
    if (!unit.has_value()) continue;
    const bool together = !IsEmptyInterval(LaterFrom(validity.first, unit->value.valid_from()),
                                           EarlierTo(validity.second, unit->value.valid_to()));
    if (together) return NameTaken(entry, printed, holder);
  }
  return absl::OkStatus();
}

// OK unless another own entry has one of the names of `entry` while both exist.
template <typename Entry>
absl::Status CheckNamesFree(const ReadView& view, const Entry& entry) {
  const std::pair<std::string, std::string> validity = ValidityOf(entry);
  DUBAN_RETURN_IF_ERROR(CheckNameFree(view, entry.name(), entry.display_name(), validity));
  for (const std::string& alias : entry.aliases()) {
    DUBAN_RETURN_IF_ERROR(CheckNameFree(view, entry.name(), alias, validity));
  }
  return absl::OkStatus();
}

template <typename Entry>
absl::StatusOr<Entry> PutOwnEntry(Transaction& transaction, const DirectoryAuthor& author, Entry entry) {
  DUBAN_RETURN_IF_ERROR(CheckNamesFree(transaction, entry));
  entry.set_owner_node(author.node);
  entry.clear_etag();
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction.Get<Entry>(entry.name()));
  *entry.mutable_update_time() = ToProto(author.now);
  if (old.has_value()) {
    // Later than before, even where the clock was set back: of two copies the later one is the newer.
    const absl::Time before = FromProto(old->value.update_time());
    if (before >= author.now) *entry.mutable_update_time() = ToProto(before + absl::Microseconds(1));
    Entry same = entry;
    *same.mutable_update_time() = old->value.update_time();
    if (MessageDifferencer::Equals(same, old->value)) entry = std::move(same);
  }
  return WriteEntry(transaction, std::move(entry), kOwn);
}

template <typename Entry>
absl::StatusOr<bool> TakeEntry(Transaction& transaction, std::string_view node, const Entry& entry) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction.Get<Entry>(entry.name()));
  if (entry.owner_node() == node || (old.has_value() && old->value.owner_node() == node)) return false;
  DUBAN_RETURN_IF_ERROR(WriteEntry(transaction, entry, kOther).status());
  return true;
}

template <typename Entry>
absl::StatusOr<bool> DropTakenEntry(Transaction& transaction, std::string_view node, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction.Get<Entry>(name));
  if (!old.has_value()) {
    DUBAN_RETURN_IF_ERROR(transaction.PassOnWithdrawal(name, {std::string(kDownstreamAudience)}));
    return true;
  }
  if (old->value.owner_node() == node) return false;
  DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, old->value, kOther, false));
  DUBAN_RETURN_IF_ERROR(CountUpVersion(transaction));
  DUBAN_RETURN_IF_ERROR(NoteMoved(transaction, name, SuperiorsOf(old->value)));
  transaction.DeleteLocal(LearnedName(name));
  DUBAN_RETURN_IF_ERROR(transaction.Delete(name));
  return true;
}

void CheckNames(std::string_view display_name, const google::protobuf::RepeatedPtrField<std::string>& aliases,
                std::string_view prefix, FieldErrors* errors) {
  std::set<std::string> keys;
  const auto check = [&](const std::string& field, std::string_view name) {
    const std::string key = NameKey(name);
    if (key.empty()) errors->Add(field, "has no visible character", "没有可见的字符");
    if (!key.empty() && !keys.insert(key).second)
      errors->Add(field, "repeats a name of this entry", "与本条目的另一名称重复");
  };
  check(StrCat(prefix, "display_name"), display_name);
  for (int i = 0; i < aliases.size(); ++i) check(StrCat(prefix, "aliases[", i, "]"), aliases[i]);
}

void CheckInterval(const std::string& from, const std::string& to, const std::string& field, FieldErrors* errors) {
  if (from.empty() || !IsEmptyInterval(from, to)) return;
  errors->Add(field, "is not after the beginning", "不晚于起始日期");
}

// Days on which the number of superiors can rise are the beginnings.
bool HasTooManySuperiors(const v1::Unit& unit) {
  for (const auto& beginning : unit.superiors()) {
    std::set<std::string> holding;
    for (const auto& other : unit.superiors()) {
      if (HoldsOn(other.valid_from(), other.valid_to(), beginning.valid_from())) holding.insert(other.unit());
    }
    if (holding.size() > kMaxSuperiorsOfDay) return true;
  }
  return false;
}

}  // namespace

std::string NameKey(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  auto folded = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  if (U_SUCCESS(error)) folded = nfkc->normalize(folded, error);
  icu::UnicodeString key;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR || u_charType(c) == U_FORMAT_CHAR) continue;
    if (u_charType(c) == U_START_PUNCTUATION) {
      key.append(static_cast<char16_t>('('));
    } else if (u_charType(c) == U_END_PUNCTUATION) {
      key.append(static_cast<char16_t>(')'));
    } else {
      key.append(c);
    }
  }
  std::string out;
  key.toUTF8String(out);
  return out;
}

bool HoldsOn(std::string_view from, std::string_view to, std::string_view day) {
  return from <= day && (to.empty() || day < to);
}

absl::StatusOr<int64_t> DirectoryVersion(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::DirectoryVersion> version,
                         view.GetLocal<storage::v1::DirectoryVersion>(kVersionName));
  return version.has_value() ? version->version() : 0;
}

const std::string& HostNode(const v1::Unit& unit) {
  return unit.node().empty() ? unit.owner_node() : unit.node();
}

const Audiences& DirectoryAudiences() {
  static const auto* const audiences =
      new Audiences{ServiceAudience("assignment"), ServiceAudience("notification"), std::string(kDownstreamAudience)};
  return *audiences;
}

DirectoryView::DirectoryView(const ReadView& view, absl::CivilDay day, DirectoryNamesCache* names)
    : view_(view), day_(FormatDay(day)), cache_(names) {}

absl::StatusOr<std::string> DirectoryView::Resolve(std::string_view text) {
  const std::string key = NameKey(text);
  if (key.empty()) return std::string();
  if (auto found = resolved_.find(key); found != resolved_.end()) return found->second;
  std::vector<std::pair<int, std::string>> candidates;
  DUBAN_RETURN_IF_ERROR(
      view_.ScanIndex(kDirectoryName, {key}, [&](const std::vector<std::string_view>& rest, std::string_view rank) {
        const int place = rank == kOwn ? 0 : rank == kLearned ? 1 : 2;
        if (!rest.empty()) candidates.emplace_back(place, rest[0]);
        return true;
      }));
  std::sort(candidates.begin(), candidates.end());
  std::string match;
  for (const auto& [rank, entry] : candidates) {
    if (IsUnitName(entry)) {
      DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, FindUnit(entry));
      if (unit == nullptr || !HoldsOn(unit->valid_from(), unit->valid_to(), day_)) continue;
    }
    match = entry;
    break;
  }
  resolved_.emplace(key, match);
  return match;
}

absl::StatusOr<const v1::Unit*> DirectoryView::FindUnit(std::string_view name) {
  if (!IsUnitName(name)) return nullptr;
  auto found = units_.find(name);
  if (found == units_.end()) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> unit, view_.Get<v1::Unit>(name));
    found = units_.emplace(name, unit.has_value() ? std::make_optional(std::move(unit->value)) : std::nullopt).first;
  }
  return found->second.has_value() ? &*found->second : nullptr;
}

absl::StatusOr<const v1::UnitGroup*> DirectoryView::FindGroup(std::string_view name) {
  if (!IsGroupName(name)) return nullptr;
  auto found = groups_.find(name);
  if (found == groups_.end()) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::UnitGroup>> group, view_.Get<v1::UnitGroup>(name));
    found = groups_.emplace(name, group.has_value() ? std::make_optional(std::move(group->value)) : std::nullopt).first;
  }
  return found->second.has_value() ? &*found->second : nullptr;
}

absl::StatusOr<const std::vector<std::string>*> DirectoryView::UnitsOf(std::string_view entry) {
  if (auto found = expanded_.find(entry); found != expanded_.end()) return &found->second;
  std::set<std::string> wanted;
  if (IsUnitName(entry)) wanted.emplace(entry);
  DUBAN_ASSIGN_OR_RETURN(const v1::UnitGroup* group, FindGroup(entry));
  if (group != nullptr) {
    for (const auto& member : group->members()) {
      if (HoldsOn(member.valid_from(), member.valid_to(), day_)) wanted.insert(member.unit());
    }
    for (const auto& selection : group->selections()) {
      std::vector<std::string> below;
      DUBAN_RETURN_IF_ERROR(view_.ScanIndex(kUnitBySuperior, {selection.superior()},
                                            [&](const std::vector<std::string_view>& rest, std::string_view) {
                                              if (!rest.empty()) below.emplace_back(rest[0]);
                                              return true;
                                            }));
      for (const std::string& name : below) {
        DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, FindUnit(name));
        if (unit == nullptr ||
            std::find(selection.kinds().begin(), selection.kinds().end(), unit->kind()) == selection.kinds().end()) {
          continue;
        }
        const auto holds = [&](const v1::Unit::Superior& superior) {
          return superior.unit() == selection.superior() && HoldsOn(superior.valid_from(), superior.valid_to(), day_);
        };
        if (std::any_of(unit->superiors().begin(), unit->superiors().end(), holds)) wanted.insert(name);
      }
    }
  }
  std::vector<std::string> units;
  for (const std::string& name : wanted) {
    DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, FindUnit(name));
    if (unit != nullptr && HoldsOn(unit->valid_from(), unit->valid_to(), day_)) units.push_back(name);
  }
  return &expanded_.emplace(entry, std::move(units)).first->second;
}

absl::StatusOr<std::set<std::string>> DirectoryView::NodesOf(std::string_view unit) {
  std::set<std::string> nodes, seen;
  std::vector<std::string> waiting = {std::string(unit)};
  while (!waiting.empty()) {
    const std::string name = std::move(waiting.back());
    waiting.pop_back();
    if (!seen.insert(name).second) continue;
    DUBAN_ASSIGN_OR_RETURN(const v1::Unit* found, FindUnit(name));
    if (found == nullptr) continue;
    nodes.insert(HostNode(*found));
    for (const auto& superior : found->superiors()) {
      if (HoldsOn(superior.valid_from(), superior.valid_to(), day_)) waiting.push_back(superior.unit());
    }
  }
  return nodes;
}

absl::Status DirectoryView::ReadNames() {
  if (names_ != nullptr) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(names_, cache_ == nullptr ? DirectoryNames::Read(view_) : cache_->At(view_));
  return absl::OkStatus();
}

absl::Status DirectoryView::ForEach(absl::FunctionRef<void(const NamedEntry&)> visit) {
  DUBAN_RETURN_IF_ERROR(ReadNames());
  names_->ForEach(day_, visit);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> DirectoryView::Nearest(std::string_view text, size_t most) {
  DUBAN_RETURN_IF_ERROR(ReadNames());
  return names_->Nearest(text, most, day_);
}

void CheckUnit(const v1::Unit& unit, std::string_view prefix, FieldErrors* errors) {
  CheckNames(unit.display_name(), unit.aliases(), prefix, errors);
  CheckInterval(unit.valid_from(), unit.valid_to(), StrCat(prefix, "valid_to"), errors);
  for (int i = 0; i < unit.superiors_size(); ++i) {
    const auto& superior = unit.superiors(i);
    const std::string field = StrCat(prefix, "superiors[", i, "].");
    CheckInterval(superior.valid_from(), superior.valid_to(), StrCat(field, "valid_to"), errors);
    if (superior.unit() == unit.name()) errors->Add(StrCat(field, "unit"), "is the unit itself", "是该单位自身");
  }
  if (HasTooManySuperiors(unit)) {
    errors->Add(StrCat(prefix, "superiors"), "has more than two superiors on one day", "同一天有两个以上的上级");
  }
}

void CheckGroup(const v1::UnitGroup& group, std::string_view prefix, FieldErrors* errors) {
  CheckNames(group.display_name(), group.aliases(), prefix, errors);
  for (int i = 0; i < group.members_size(); ++i) {
    CheckInterval(group.members(i).valid_from(), group.members(i).valid_to(),
                  StrCat(prefix, "members[", i, "].valid_to"), errors);
  }
  if (group.members().empty() && group.selections().empty()) {
    errors->Add(StrCat(prefix, "members"), "and `selections` are both empty", "与“按类别”都为空，集合没有成员");
  }
}

void CheckCalendar(const v1::Calendar& calendar, std::string_view prefix, FieldErrors* errors) {
  if (!calendar.name().empty() && calendar.name() != StrCat("calendars/y", calendar.year())) {
    errors->Add(StrCat(prefix, "name"), "has to be `calendars/y` and the year", "应为“calendars/y”加年份");
  }
  std::set<std::string> seen;
  for (int i = 0; i < calendar.days_size(); ++i) {
    const auto& day = calendar.days(i);
    const std::string field = StrCat(prefix, "days[", i, "].");
    const std::optional<absl::CivilDay> date = ParseDay(day.date());
    // A notice can name days of the December before its year.
    const bool december = date.has_value() && date->year() == calendar.year() - 1 && date->month() == 12;
    if (!date.has_value() || (date->year() != calendar.year() && !december)) {
      errors->Add(StrCat(field, "date"), "is no day of the calendar's year or the December before",
                  "不是该年或上一年 12 月的日期");
      continue;
    }
    if (!seen.insert(day.date()).second) errors->Add(StrCat(field, "date"), "is named twice", "重复出现");
    const absl::Weekday weekday = absl::GetWeekday(*date);
    if (day.kind() == v1::Calendar::Day::WORK && weekday != absl::Weekday::saturday &&
        weekday != absl::Weekday::sunday) {
      errors->Add(StrCat(field, "kind"), "is WORK on a day that is worked anyway", "在本来就上班的日子标为调休上班");
    }
  }
}

absl::StatusOr<v1::Unit> PutUnit(Transaction& transaction, const DirectoryAuthor& author, v1::Unit unit) {
  return PutOwnEntry(transaction, author, std::move(unit));
}

absl::StatusOr<v1::UnitGroup> PutGroup(Transaction& transaction, const DirectoryAuthor& author, v1::UnitGroup group) {
  return PutOwnEntry(transaction, author, std::move(group));
}

absl::Status CheckReferences(const ReadView& view, const v1::Unit& unit) {
  for (const std::string& used : UsesOf(unit)) DUBAN_RETURN_IF_ERROR(view.Need<v1::Unit>(used).status());
  return absl::OkStatus();
}

absl::Status CheckReferences(const ReadView& view, const v1::UnitGroup& group) {
  for (const std::string& used : UsesOf(group)) DUBAN_RETURN_IF_ERROR(view.Need<v1::Unit>(used).status());
  return absl::OkStatus();
}

absl::Status CheckNotAbove(const ReadView& view, const v1::Unit& unit) {
  std::vector<std::string> printed = {unit.display_name()};
  printed.insert(printed.end(), unit.aliases().begin(), unit.aliases().end());
  for (const std::string& name : printed) {
    std::vector<std::string> holders;
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(kDirectoryName, {NameKey(name)},
                                         [&](const std::vector<std::string_view>& rest, std::string_view rank) {
                                           if (rank == kOther && !rest.empty()) holders.emplace_back(rest[0]);
                                           return true;
                                         }));
    for (const std::string& holder : holders) {
      if (!IsUnitName(holder)) continue;
      DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::Unit>> above, view.Get<v1::Unit>(holder));
      if (!above.has_value()) continue;
      const bool together = !IsEmptyInterval(LaterFrom(unit.valid_from(), above->value.valid_from()),
                                             EarlierTo(unit.valid_to(), above->value.valid_to()));
      if (together) return ClaimedAbove(name, above->value);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNoCircle(const ReadView& view, std::string_view unit) {
  // A place above the unit, and when the way there holds.
  using Step = std::tuple<std::string, std::string, std::string>;
  std::set<Step> seen;
  std::vector<Step> waiting = {{std::string(unit), "", ""}};
  while (!waiting.empty()) {
    const Step step = std::move(waiting.back());
    waiting.pop_back();
    if (!seen.insert(step).second) continue;
    const auto& [name, from, to] = step;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> found, view.Get<v1::Unit>(name));
    if (!found.has_value()) continue;
    for (const auto& superior : found->value.superiors()) {
      Step next = {superior.unit(), LaterFrom(from, superior.valid_from()), EarlierTo(to, superior.valid_to())};
      if (IsEmptyInterval(std::get<1>(next), std::get<2>(next))) continue;
      if (superior.unit() == unit) {
        return Error(v1::WRONG_STATE, StrCat("`", unit, "` would be above itself; choose another superior"),
                     StrCat("“", unit, "”的上级关系成了环，请另选上级"),
                     {{"name", std::string(unit)}, {"state", "CIRCLE"}});
      }
      waiting.push_back(std::move(next));
    }
  }
  return absl::OkStatus();
}

absl::Status ForgetNames(Transaction& transaction, std::string_view name) {
  if (IsUnitName(name)) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> unit, transaction.Get<v1::Unit>(name));
    return unit.has_value() ? IndexEntry(transaction, unit->value, kOwn, false) : absl::OkStatus();
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::UnitGroup>> group, transaction.Get<v1::UnitGroup>(name));
  return group.has_value() ? IndexEntry(transaction, group->value, kOwn, false) : absl::OkStatus();
}

absl::Status DeleteEntry(Transaction& transaction, std::string_view name) {
  std::string by;
  DUBAN_RETURN_IF_ERROR(
      transaction.ScanIndex(kUnitUse, {name}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        if (!rest.empty()) by = rest[0];
        return false;
      }));
  if (!by.empty()) {
    return Error(v1::STILL_IN_USE, StrCat("`", name, "` is still named by `", by, "`; end its validity instead"),
                 StrCat("“", name, "”仍被“", by, "”引用，不能删除；请改为填写停用日期"),
                 {{"name", std::string(name)}, {"by", by}});
  }
  DUBAN_RETURN_IF_ERROR(CountUpVersion(transaction));
  if (IsUnitName(name)) {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, transaction.Need<v1::Unit>(name));
    DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, unit.value, kOwn, false));
    // A group may have chosen it by its kind.
    DUBAN_RETURN_IF_ERROR(NoteMoved(transaction, name, SuperiorsOf(unit.value)));
  } else {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::UnitGroup> group, transaction.Need<v1::UnitGroup>(name));
    DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, group.value, kOwn, false));
  }
  return transaction.Delete(name);
}

namespace {

// Learns an alias for an entry of either type.
template <typename Entry>
absl::Status LearnAliasOf(Transaction& transaction, const DirectoryAuthor& author, std::string_view name,
                          std::string_view alias) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> entry, transaction.Get<Entry>(name));
  if (!entry.has_value()) return absl::OkStatus();
  const std::vector<std::string> known = NameKeys(entry->value);
  if (std::find(known.begin(), known.end(), NameKey(alias)) != known.end()) return absl::OkStatus();
  if (entry->value.owner_node() == author.node) {
    if (entry->value.aliases_size() >= kMaxAliases) return absl::OkStatus();
    Entry wider = entry->value;
    wider.add_aliases(std::string(alias));
    if (ReasonOf(CheckNamesFree(transaction, wider)) == v1::RESOURCE_EXISTS) return absl::OkStatus();
    return PutOwnEntry(transaction, author, std::move(wider)).status();
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> learned, transaction.GetLocal<v1::Unit>(LearnedName(name)));
  v1::Unit wider = learned.value_or(v1::Unit());
  wider.set_name(std::string(name));
  const std::vector<std::string> learned_keys = NameKeys(wider);
  const bool again = std::find(learned_keys.begin(), learned_keys.end(), NameKey(alias)) != learned_keys.end();
  if (again || wider.aliases_size() >= kMaxAliases) return absl::OkStatus();
  wider.add_aliases(std::string(alias));
  transaction.PutLocal(LearnedName(name), wider);
  DUBAN_RETURN_IF_ERROR(CountUpVersion(transaction));
  return IndexEntry(transaction, entry->value, kOther, true);
}

}  // namespace

absl::Status LearnAlias(Transaction& transaction, const DirectoryAuthor& author, std::string_view entry,
                        std::string_view alias) {
  if (NameKey(alias).empty()) return absl::OkStatus();
  return IsUnitName(entry) ? LearnAliasOf<v1::Unit>(transaction, author, entry, alias)
                           : LearnAliasOf<v1::UnitGroup>(transaction, author, entry, alias);
}

namespace {

// Takes the alias whose key is `key` out of a list; false where it is not in it.
bool TakeOut(const std::string& key, google::protobuf::RepeatedPtrField<std::string>* aliases) {
  const auto found =
      std::find_if(aliases->begin(), aliases->end(), [&](const std::string& alias) { return NameKey(alias) == key; });
  if (found == aliases->end()) return false;
  aliases->erase(found);
  return true;
}

// False where the entry has no such alias of its own.
template <typename Entry>
absl::StatusOr<bool> ForgetOwn(Transaction& transaction, const DirectoryAuthor& author, const std::string& name,
                               const std::string& key) {
  DUBAN_ASSIGN_OR_RETURN(Stored<Entry> entry, transaction.Need<Entry>(name));
  if (!TakeOut(key, entry.value.mutable_aliases())) return false;
  DUBAN_RETURN_IF_ERROR(PutOwnEntry(transaction, author, std::move(entry.value)).status());
  return true;
}

template <typename Entry>
absl::StatusOr<bool> ForgetLearned(Transaction& transaction, const std::string& name, const std::string& key) {
  DUBAN_ASSIGN_OR_RETURN(const Stored<Entry> entry, transaction.Need<Entry>(name));
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Unit> learned, transaction.GetLocal<v1::Unit>(LearnedName(name)));
  if (!learned.has_value() || !TakeOut(key, learned->mutable_aliases())) return false;
  DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, entry.value, kOther, false));
  if (learned->aliases().empty()) {
    transaction.DeleteLocal(LearnedName(name));
  } else {
    transaction.PutLocal(LearnedName(name), *learned);
  }
  DUBAN_RETURN_IF_ERROR(CountUpVersion(transaction));
  DUBAN_RETURN_IF_ERROR(IndexEntry(transaction, entry.value, kOther, true));
  return true;
}

absl::StatusOr<bool> ForgetAliasOf(Transaction& transaction, const DirectoryAuthor& author, const std::string& name,
                                   std::string_view rank, const std::string& key) {
  if (rank == kOwn) {
    return IsUnitName(name) ? ForgetOwn<v1::Unit>(transaction, author, name, key)
                            : ForgetOwn<v1::UnitGroup>(transaction, author, name, key);
  }
  return IsUnitName(name) ? ForgetLearned<v1::Unit>(transaction, name, key)
                          : ForgetLearned<v1::UnitGroup>(transaction, name, key);
}

template <typename Entry>
absl::Status AddAliases(const ReadView& view, std::string_view collection, std::vector<v1::Alias>* aliases) {
  absl::Status status;
  const auto add = [&](const Entry& entry, const std::string& alias, bool only_here) {
    v1::Alias& one = aliases->emplace_back();
    one.set_alias(alias);
    one.set_entry(entry.name());
    one.set_entry_display_name(entry.display_name());
    one.set_only_here(only_here);
  };
  DUBAN_RETURN_IF_ERROR(view.Scan<Entry>(collection, {}, [&](std::string_view name, const Stored<Entry>& entry) {
    for (const std::string& alias : entry.value.aliases()) add(entry.value, alias, false);
    const auto learned = view.GetLocal<v1::Unit>(LearnedName(name));
    status = learned.status();
    if (!status.ok()) return false;
    if (!learned->has_value()) return true;
    for (const std::string& alias : (*learned)->aliases()) add(entry.value, alias, true);
    return true;
  }));
  return status;
}

}  // namespace

absl::StatusOr<std::string> ForgetAlias(Transaction& transaction, const DirectoryAuthor& author,
                                        std::string_view alias) {
  const std::string key = NameKey(alias);
  // By rank: what this node owns hides what it learned, and that what comes from above.
  std::map<int, std::vector<std::string>> holders;
  DUBAN_RETURN_IF_ERROR(transaction.ScanIndex(
      kDirectoryName, {key}, [&](const std::vector<std::string_view>& rest, std::string_view rank) {
        if (!rest.empty()) holders[rank == kOwn ? 0 : rank == kLearned ? 1 : 2].emplace_back(rest[0]);
        return true;
      }));
  for (const int rank : {0, 1}) {
    for (const std::string& name : holders[rank]) {
      DUBAN_ASSIGN_OR_RETURN(const bool forgotten,
                             ForgetAliasOf(transaction, author, name, rank == 0 ? kOwn : kLearned, key));
      if (forgotten) return name;
    }
  }
  if (holders[2].empty()) {
    return Error(v1::RESOURCE_NOT_FOUND,
                 StrCat("no unit or group has the alias `", alias, "`; list to see what is there"),
                 StrCat("没有单位或单位组有别名“", alias, "”，请先列出再选择"), {{"name", std::string(alias)}});
  }
  return Error(v1::NOT_OWNER, StrCat("`", alias, "` is a name that `", holders[2][0], "` has from above; ask there"),
               StrCat("“", alias, "”是上级单位名录中“", holders[2][0], "”的名称，请在上级修改"),
               {{"name", holders[2][0]}});
}

absl::StatusOr<std::vector<v1::Alias>> AllAliases(const ReadView& view) {
  std::vector<v1::Alias> aliases;
  DUBAN_RETURN_IF_ERROR(AddAliases<v1::Unit>(view, "units/", &aliases));
  DUBAN_RETURN_IF_ERROR(AddAliases<v1::UnitGroup>(view, "groups/", &aliases));
  std::sort(aliases.begin(), aliases.end(), [](const v1::Alias& a, const v1::Alias& b) {
    return std::tie(a.alias(), a.entry()) < std::tie(b.alias(), b.entry());
  });
  return aliases;
}

std::string UseKey(std::string_view entry, std::string_view plan) {
  return IndexKey(kUnitUse, {entry, plan});
}

absl::Status DirectoryRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  DUBAN_RETURN_IF_ERROR(RowsOfAll<v1::Unit>(view, node, "units/", sink));
  return RowsOfAll<v1::UnitGroup>(view, node, "groups/", sink);
}

absl::StatusOr<v1::Calendar> PutCalendar(Transaction& transaction, std::string_view node, v1::Calendar calendar) {
  calendar.set_name(StrCat("calendars/y", calendar.year()));
  calendar.set_owner_node(std::string(node));
  std::sort(calendar.mutable_days()->begin(), calendar.mutable_days()->end(),
            [](const v1::Calendar::Day& a, const v1::Calendar::Day& b) { return a.date() < b.date(); });
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Calendar>> old, transaction.Get<v1::Calendar>(calendar.name()));
  const std::string etag = old.has_value() ? EtagOf(old->sequence) : "";
  DUBAN_RETURN_IF_ERROR(CheckEtag(calendar.name(), calendar.etag(), etag));
  calendar.clear_etag();
  const int64_t version = old.has_value() ? old->value.version() : 0;
  calendar.set_version(version);
  if (!old.has_value() || !MessageDifferencer::Equals(calendar, old->value)) calendar.set_version(version + 1);
  DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, transaction.Put(calendar.name(), calendar, DirectoryAudiences()));
  calendar.set_etag(EtagOf(sequence));
  return calendar;
}

absl::StatusOr<bool> WantsDefaultCalendar(const ReadView& view, const v1::Calendar& calendar) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Calendar>> old, view.Get<v1::Calendar>(calendar.name()));
  return !old.has_value() || (old->value.owner_node().empty() && old->value.version() < calendar.version());
}

absl::Status PutDefaultCalendar(Transaction& transaction, v1::Calendar calendar) {
  calendar.clear_owner_node();
  return transaction.Put(calendar.name(), calendar, DirectoryAudiences()).status();
}

absl::StatusOr<bool> TakeUnit(Transaction& transaction, std::string_view node, const v1::Unit& unit) {
  return TakeEntry(transaction, node, unit);
}

absl::StatusOr<bool> TakeGroup(Transaction& transaction, std::string_view node, const v1::UnitGroup& group) {
  return TakeEntry(transaction, node, group);
}

absl::StatusOr<bool> TakeCalendar(Transaction& transaction, std::string_view node, const v1::Calendar& calendar) {
  if (calendar.owner_node() == node) return false;
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Calendar>> old, transaction.Get<v1::Calendar>(calendar.name()));
  if (old.has_value() && old->value.owner_node() == node) return false;
  if (calendar.owner_node().empty()) {
    // What the software above came with says less than what somebody put in, or than newer software here.
    DUBAN_ASSIGN_OR_RETURN(bool wanted, WantsDefaultCalendar(transaction, calendar));
    if (!wanted) return true;
  }
  DUBAN_RETURN_IF_ERROR(transaction.Put(calendar.name(), calendar, DirectoryAudiences()).status());
  return true;
}

absl::StatusOr<bool> DropTaken(Transaction& transaction, std::string_view node, std::string_view name) {
  if (IsUnitName(name)) return DropTakenEntry<v1::Unit>(transaction, node, name);
  if (IsGroupName(name)) return DropTakenEntry<v1::UnitGroup>(transaction, node, name);
  // A calendar stays: the year's working days are better known than unknown.
  return true;
}

namespace {

template <typename Entry>
absl::StatusOr<TakenBack> TakeBackEntry(Transaction& transaction, const Entry& entry) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<Entry>> old, transaction.Get<Entry>(entry.name()));
  if (old.has_value()) {
    const auto order = [](const Entry& one) { return absl::ToUnixNanos(FromProto(one.update_time())); };
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome, CompareVersions(entry.name(), order(entry), order(old->value),
                                                                    MessageDifferencer::Equals(entry, old->value)));
    if (outcome != TakenBack::kTaken) return outcome;
  }
  DUBAN_RETURN_IF_ERROR(WriteEntry(transaction, entry, kOwn).status());
  return TakenBack::kTaken;
}

}  // namespace

absl::StatusOr<TakenBack> TakeBackUnit(Transaction& transaction, const v1::Unit& unit) {
  return TakeBackEntry(transaction, unit);
}

absl::StatusOr<TakenBack> TakeBackGroup(Transaction& transaction, const v1::UnitGroup& group) {
  return TakeBackEntry(transaction, group);
}

absl::StatusOr<TakenBack> TakeBackCalendar(Transaction& transaction, const v1::Calendar& calendar) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Calendar>> old, transaction.Get<v1::Calendar>(calendar.name()));
  // What the software came with, or another level put in, is no version of ours.
  if (old.has_value() && old->value.owner_node() == calendar.owner_node()) {
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome,
                           CompareVersions(calendar.name(), calendar.version(), old->value.version(),
                                           MessageDifferencer::Equals(calendar, old->value)));
    if (outcome != TakenBack::kTaken) return outcome;
  }
  DUBAN_RETURN_IF_ERROR(transaction.Put(calendar.name(), calendar, DirectoryAudiences()).status());
  return TakenBack::kTaken;
}

}  // namespace duban
