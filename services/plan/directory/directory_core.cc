#include "services/plan/directory/directory_core.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/field_mask.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/calendar/holiday_data.h"
#include "services/plan/directory/directory.h"
#include "services/plan/directory/directory_file.h"
#include "services/plan/directory/indexes.h"

namespace duban {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMostPage = 1000;
constexpr int kMostAliases = 500;
constexpr size_t kNearestNames = 5;

const std::set<std::string>& UnitFields() {
  static const auto* const fields = new std::set<std::string>{"display_name", "aliases",  "kind",       "superiors",
                                                              "node",         "contacts", "valid_from", "valid_to"};
  return *fields;
}

const std::set<std::string>& GroupFields() {
  static const auto* const fields = new std::set<std::string>{"display_name", "aliases", "members", "selections"};
  return *fields;
}

template <typename Entry>
Entry WithEtag(Stored<Entry> stored) {
  stored.value.set_etag(EtagOf(stored.sequence));
  return std::move(stored.value);
}

// A request that made or changed an entry is answered again with the entry as it is then.
template <typename Entry>
const Repeat& EntryAgain() {
  static const auto* const again =
      new Repeat(RepeatByName<Entry>([](const ReadView& view, const std::string& name) -> absl::StatusOr<Entry> {
        DUBAN_ASSIGN_OR_RETURN(Stored<Entry> stored, view.Need<Entry>(name));
        return WithEtag(std::move(stored));
      }));
  return *again;
}

absl::Status Check(const v1::Unit& unit) {
  FieldErrors errors;
  CheckUnit(unit, "unit.", &errors);
  return errors.ToStatus();
}

absl::Status Check(const v1::UnitGroup& group) {
  FieldErrors errors;
  CheckGroup(group, "group.", &errors);
  return errors.ToStatus();
}

absl::Status Exists(std::string_view name) {
  return Error(v1::RESOURCE_EXISTS, StrCat("`", name, "` exists already; update it or choose another id"),
               StrCat("“", name, "”已经存在，请修改它或换一个编号"),
               {{"name", std::string(name)}, {"by", std::string(name)}});
}

// OK where this node owns the entry and the caller has read its current state.
template <typename Entry>
absl::Status CheckChangeable(const Stored<Entry>& stored, std::string_view node, std::string_view etag) {
  if (stored.value.owner_node() != node) {
    return Error(
        v1::NOT_OWNER,
        StrCat("`", stored.value.name(), "` belongs to node `", stored.value.owner_node(),
               "` and is read-only here; ask there"),
        StrCat("“", stored.value.name(), "”由节点“", stored.value.owner_node(), "”维护，本节点只读，请在那里修改"),
        {{"name", stored.value.name()}, {"owner", stored.value.owner_node()}});
  }
  return CheckEtag(stored.value.name(), etag, EtagOf(stored.sequence));
}

// The entities under `prefix` behind `cursor`, one more than `size` where there are more.
template <typename Entry>
absl::StatusOr<std::vector<Entry>> ReadPage(const ReadView& view, std::string_view prefix, std::string_view cursor,
                                            size_t size) {
  std::vector<Entry> entries;
  DUBAN_RETURN_IF_ERROR(view.Scan<Entry>(prefix, cursor, [&](std::string_view, Stored<Entry> stored) {
    entries.push_back(WithEtag(std::move(stored)));
    return entries.size() <= size;
  }));
  return entries;
}

// The units directly under `superior`, whenever they were.
absl::StatusOr<std::vector<v1::Unit>> ReadBelow(const ReadView& view, std::string_view superior,
                                                std::string_view cursor, size_t size) {
  const std::string after = cursor.empty() ? std::string() : IndexKey(kUnitBySuperior, {superior, cursor});
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(
      kUnitBySuperior, {superior},
      [&](const std::vector<std::string_view>& rest, std::string_view) {
        if (!rest.empty()) names.emplace_back(rest[0]);
        return names.size() <= size;
      },
      after));
  std::vector<v1::Unit> units;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, view.Need<v1::Unit>(name));
    units.push_back(WithEtag(std::move(unit)));
  }
  return units;
}

// Moves a page into a response and returns the token of the next one.
template <typename Entry>
std::string FillPage(std::vector<Entry> entries, size_t size, const Listing& listing,
                     google::protobuf::RepeatedPtrField<Entry>* out) {
  const bool more = entries.size() > size;
  if (more) entries.resize(size);
  for (Entry& entry : entries) *out->Add() = std::move(entry);
  return more ? MakePageToken(listing, out->rbegin()->name()) : std::string();
}

absl::StatusOr<absl::CivilDay> DayOrToday(const std::string& date, Clock* clock) {
  if (date.empty()) return DayOf(clock->Now());
  const std::optional<absl::CivilDay> day = ParseDay(date);
  if (!day.has_value()) return InvalidField("date", "is not a date YYYY-MM-DD", "不是 YYYY-MM-DD 形式的日期");
  return *day;
}

}  // namespace

absl::Status DirectoryCore::GetUnit(const Caller&, const v1::GetUnitRequest& request, v1::Unit* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, snapshot->Need<v1::Unit>(request.name()));
  *response = WithEtag(std::move(unit));
  return absl::OkStatus();
}

absl::Status DirectoryCore::ListUnits(const Caller& caller, const v1::ListUnitsRequest& request,
                                      v1::ListUnitsResponse* response) const {
  const Listing listing{ports_.page_key, caller.label(), StrCat("ListUnits/", request.superior())};
  DUBAN_ASSIGN_OR_RETURN(std::string cursor, ReadPageToken(listing, request.page_token()));
  const size_t size = static_cast<size_t>(PageSize(request.page_size(), kDefaultPage, kMostPage));
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Unit> units, request.superior().empty()
                                                          ? ReadPage<v1::Unit>(*snapshot, "units/", cursor, size)
                                                          : ReadBelow(*snapshot, request.superior(), cursor, size));
  response->set_next_page_token(FillPage(std::move(units), size, listing, response->mutable_units()));
  return absl::OkStatus();
}

absl::Status DirectoryCore::CreateUnit(const Caller& caller, const v1::CreateUnitRequest& request, v1::Unit* response) {
  return ports_.store->Request(
      {caller, "duban.v1.DirectoryService/CreateUnit", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        v1::Unit unit;
        CopyFields(request.unit(), UnitFields(), &unit);
        const std::string id = request.unit_id().empty() ? ports_.ids->NextId("u") : request.unit_id();
        unit.set_name(StrCat("units/", id));
        DUBAN_RETURN_IF_ERROR(Check(unit));
        DUBAN_RETURN_IF_ERROR(CheckReferences(transaction, unit));
        DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> old, transaction.Get<v1::Unit>(unit.name()));
        if (old.has_value()) return Exists(unit.name());
        if (!request.beside_upper()) DUBAN_RETURN_IF_ERROR(CheckNotAbove(transaction, unit));
        DUBAN_ASSIGN_OR_RETURN(*response, PutUnit(transaction, {ports_.node, ports_.clock->Now()}, std::move(unit)));
        return absl::OkStatus();
      },
      EntryAgain<v1::Unit>());
}

absl::Status DirectoryCore::UpdateUnit(const Caller& caller, const v1::UpdateUnitRequest& request, v1::Unit* response) {
  DUBAN_ASSIGN_OR_RETURN(std::set<std::string> fields,
                         FieldsToChange(request.unit(), request.update_mask(), UnitFields()));
  return ports_.store->Request(
      {caller, "duban.v1.DirectoryService/UpdateUnit", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> stored, transaction.Need<v1::Unit>(request.unit().name()));
        DUBAN_RETURN_IF_ERROR(CheckChangeable(stored, ports_.node, request.unit().etag()));
        v1::Unit unit = stored.value;
        CopyFields(request.unit(), fields, &unit);
        DUBAN_RETURN_IF_ERROR(Check(unit));
        DUBAN_RETURN_IF_ERROR(CheckReferences(transaction, unit));
        DUBAN_ASSIGN_OR_RETURN(*response, PutUnit(transaction, {ports_.node, ports_.clock->Now()}, std::move(unit)));
        return CheckNoCircle(transaction, response->name());
      },
      EntryAgain<v1::Unit>());
}

absl::Status DirectoryCore::DeleteUnit(const Caller& caller, const v1::DeleteUnitRequest& request,
                                       v1::DeleteUnitResponse* response) {
  return ports_.store->Request({caller, "duban.v1.DirectoryService/DeleteUnit", request}, response,
                               [&](Transaction& transaction) -> absl::Status {
                                 DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> stored,
                                                        transaction.Need<v1::Unit>(request.name()));
                                 DUBAN_RETURN_IF_ERROR(CheckChangeable(stored, ports_.node, request.etag()));
                                 return DeleteEntry(transaction, request.name());
                               });
}

absl::Status DirectoryCore::GetUnitGroup(const Caller&, const v1::GetUnitGroupRequest& request,
                                         v1::UnitGroup* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::UnitGroup> group, snapshot->Need<v1::UnitGroup>(request.name()));
  *response = WithEtag(std::move(group));
  return absl::OkStatus();
}

absl::Status DirectoryCore::ListUnitGroups(const Caller& caller, const v1::ListUnitGroupsRequest& request,
                                           v1::ListUnitGroupsResponse* response) const {
  const Listing listing{ports_.page_key, caller.label(), "ListUnitGroups"};
  DUBAN_ASSIGN_OR_RETURN(std::string cursor, ReadPageToken(listing, request.page_token()));
  const size_t size = static_cast<size_t>(PageSize(request.page_size(), kDefaultPage, kMostPage));
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::UnitGroup> groups,
                         ReadPage<v1::UnitGroup>(*snapshot, "groups/", cursor, size));
  response->set_next_page_token(FillPage(std::move(groups), size, listing, response->mutable_groups()));
  return absl::OkStatus();
}

absl::Status DirectoryCore::CreateUnitGroup(const Caller& caller, const v1::CreateUnitGroupRequest& request,
                                            v1::UnitGroup* response) {
  return ports_.store->Request(
      {caller, "duban.v1.DirectoryService/CreateUnitGroup", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        v1::UnitGroup group;
        CopyFields(request.group(), GroupFields(), &group);
        const std::string id = request.group_id().empty() ? ports_.ids->NextId("g") : request.group_id();
        group.set_name(StrCat("groups/", id));
        DUBAN_RETURN_IF_ERROR(Check(group));
        DUBAN_RETURN_IF_ERROR(CheckReferences(transaction, group));
        DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::UnitGroup>> old, transaction.Get<v1::UnitGroup>(group.name()));
        if (old.has_value()) return Exists(group.name());
        DUBAN_ASSIGN_OR_RETURN(*response, PutGroup(transaction, {ports_.node, ports_.clock->Now()}, std::move(group)));
        return absl::OkStatus();
      },
      EntryAgain<v1::UnitGroup>());
}

absl::Status DirectoryCore::UpdateUnitGroup(const Caller& caller, const v1::UpdateUnitGroupRequest& request,
                                            v1::UnitGroup* response) {
  DUBAN_ASSIGN_OR_RETURN(std::set<std::string> fields,
                         FieldsToChange(request.group(), request.update_mask(), GroupFields()));
  return ports_.store->Request(
      {caller, "duban.v1.DirectoryService/UpdateUnitGroup", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::UnitGroup> stored, transaction.Need<v1::UnitGroup>(request.group().name()));
        DUBAN_RETURN_IF_ERROR(CheckChangeable(stored, ports_.node, request.group().etag()));
        v1::UnitGroup group = std::move(stored.value);
        CopyFields(request.group(), fields, &group);
        DUBAN_RETURN_IF_ERROR(Check(group));
        DUBAN_RETURN_IF_ERROR(CheckReferences(transaction, group));
        DUBAN_ASSIGN_OR_RETURN(*response, PutGroup(transaction, {ports_.node, ports_.clock->Now()}, std::move(group)));
        return absl::OkStatus();
      },
      EntryAgain<v1::UnitGroup>());
}

absl::Status DirectoryCore::DeleteUnitGroup(const Caller& caller, const v1::DeleteUnitGroupRequest& request,
                                            v1::DeleteUnitGroupResponse* response) {
  return ports_.store->Request({caller, "duban.v1.DirectoryService/DeleteUnitGroup", request}, response,
                               [&](Transaction& transaction) -> absl::Status {
                                 DUBAN_ASSIGN_OR_RETURN(Stored<v1::UnitGroup> stored,
                                                        transaction.Need<v1::UnitGroup>(request.name()));
                                 DUBAN_RETURN_IF_ERROR(CheckChangeable(stored, ports_.node, request.etag()));
                                 return DeleteEntry(transaction, request.name());
                               });
}

absl::Status DirectoryCore::ExpandUnitGroup(const Caller&, const v1::ExpandUnitGroupRequest& request,
                                            v1::ExpandUnitGroupResponse* response) const {
  DUBAN_ASSIGN_OR_RETURN(absl::CivilDay day, DayOrToday(request.date(), ports_.clock));
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_RETURN_IF_ERROR(snapshot->Need<v1::UnitGroup>(request.name()).status());
  DirectoryView directory(*snapshot, day);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(request.name()));
  for (const std::string& name : *units) {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, snapshot->Need<v1::Unit>(name));
    *response->add_units() = WithEtag(std::move(unit));
  }
  return absl::OkStatus();
}

absl::Status DirectoryCore::ImportDirectory(const Caller& caller, const v1::ImportDirectoryRequest& request,
                                            v1::ImportDirectoryResponse* response) {
  constexpr std::string_view kMethod = "duban.v1.DirectoryService/ImportDirectory";
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, kMethod, request}, response));
  if (known) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(DirectoryFile file, ReadDirectoryFile(request.content()));
  return ports_.store->Request({caller, kMethod, request}, response, [&](Transaction& transaction) -> absl::Status {
    Transaction::Savepoint before = transaction.Save();
    DUBAN_ASSIGN_OR_RETURN(*response, ApplyDirectoryFile(transaction, {ports_.node, ports_.clock->Now()}, file));
    if (request.validate_only()) transaction.Restore(before);
    return absl::OkStatus();
  });
}

absl::Status DirectoryCore::ListAliases(const Caller& caller, const v1::ListAliasesRequest& request,
                                        v1::ListAliasesResponse* response) const {
  const Listing listing{ports_.page_key, caller.label(), "ListAliases"};
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kDefaultPage, kMostAliases);
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Alias> aliases, AllAliases(*ports_.store->TakeSnapshot()));
  const auto place = [](const v1::Alias& alias) { return StrCat(alias.alias(), "\n", alias.entry()); };
  for (v1::Alias& alias : aliases) {
    if (!cursor.empty() && place(alias) <= cursor) continue;
    if (response->aliases_size() == size) {
      response->set_next_page_token(MakePageToken(listing, place(response->aliases(size - 1))));
      break;
    }
    *response->add_aliases() = std::move(alias);
  }
  return absl::OkStatus();
}

absl::Status DirectoryCore::RemoveAlias(const Caller& caller, const v1::RemoveAliasRequest& request,
                                        v1::RemoveAliasResponse* response) {
  return ports_.store->Request({caller, "duban.v1.DirectoryService/RemoveAlias", request}, response,
                               [&](Transaction& transaction) -> absl::Status {
                                 DUBAN_ASSIGN_OR_RETURN(
                                     *response->mutable_entry(),
                                     ForgetAlias(transaction, {ports_.node, ports_.clock->Now()}, request.alias()));
                                 return absl::OkStatus();
                               });
}

absl::Status DirectoryCore::ResolveUnit(const Caller&, const v1::ResolveUnitRequest& request,
                                        v1::ResolveUnitResponse* response) const {
  DUBAN_ASSIGN_OR_RETURN(absl::CivilDay day, DayOrToday(request.date(), ports_.clock));
  const auto snapshot = ports_.store->TakeSnapshot();
  DirectoryView directory(*snapshot, day, names_);
  DUBAN_ASSIGN_OR_RETURN(*response->mutable_match(), directory.Resolve(request.text()));
  if (!response->match().empty()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> nearest, directory.Nearest(request.text(), kNearestNames));
  response->mutable_nearest()->Assign(nearest.begin(), nearest.end());
  return absl::OkStatus();
}

absl::Status DirectoryCore::ListCalendars(const Caller&, const v1::ListCalendarsRequest&,
                                          v1::ListCalendarsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  return snapshot->Scan<v1::Calendar>("calendars/", "", [&](std::string_view, Stored<v1::Calendar> calendar) {
    *response->add_calendars() = WithEtag(std::move(calendar));
    return true;
  });
}

absl::Status DirectoryCore::UpdateCalendar(const Caller& caller, const v1::UpdateCalendarRequest& request,
                                           v1::Calendar* response) {
  FieldErrors errors;
  CheckCalendar(request.calendar(), "calendar.", &errors);
  DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  return ports_.store->Request(
      {caller, "duban.v1.DirectoryService/UpdateCalendar", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(*response, PutCalendar(transaction, ports_.node, request.calendar()));
        return absl::OkStatus();
      },
      EntryAgain<v1::Calendar>());
}

absl::Status DirectoryCore::LoadDefaultCalendars() {
  std::vector<v1::Calendar> wanted;
  {
    const auto snapshot = ports_.store->TakeSnapshot();
    for (const v1::Calendar& calendar : BuiltInCalendars()) {
      DUBAN_ASSIGN_OR_RETURN(bool wants, WantsDefaultCalendar(*snapshot, calendar));
      if (wants) wanted.push_back(calendar);
    }
  }
  if (wanted.empty()) return absl::OkStatus();
  return ports_.store->Run({"start/calendars", ""}, [&](Transaction& transaction) -> absl::Status {
    for (const v1::Calendar& calendar : wanted) {
      DUBAN_ASSIGN_OR_RETURN(bool wants, WantsDefaultCalendar(transaction, calendar));
      if (wants) DUBAN_RETURN_IF_ERROR(PutDefaultCalendar(transaction, calendar));
    }
    return absl::OkStatus();
  });
}

}  // namespace duban
