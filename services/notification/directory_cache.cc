#include "services/notification/directory_cache.h"

#include <xxhash.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/calendar/holiday_data.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

using storage::v1::CacheVersions;
using storage::v1::CalendarSet;

uint64_t HashOf(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace

absl::Status FollowUnit(Transaction& transaction, const v1::FeedEntry& entry) {
  v1::Unit unit;
  if (!entry.withdrawn() && !entry.payload().UnpackTo(&unit)) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<v1::Unit> stored, transaction.GetLocal<v1::Unit>(entry.entity()));
  v1::Unit kept;
  kept.set_name(entry.entity());
  kept.set_display_name(unit.display_name());
  if (entry.withdrawn()) {
    if (!stored.has_value()) return absl::OkStatus();
    transaction.DeleteLocal(entry.entity());
  } else {
    if (stored.has_value() && stored->display_name() == kept.display_name()) return absl::OkStatus();
    transaction.PutLocal(entry.entity(), kept);
  }
  DUBAN_ASSIGN_OR_RETURN(CacheVersions versions, DirectoryCache::VersionsOf(transaction));
  versions.set_names(HashOf(kept.SerializeAsString(), versions.names()));
  transaction.PutLocal(kVersionsRow, versions);
  return absl::OkStatus();
}

absl::StatusOr<bool> FollowCalendar(Transaction& transaction, const v1::FeedEntry& entry) {
  v1::Calendar calendar;
  if (!entry.withdrawn() && !entry.payload().UnpackTo(&calendar)) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<CalendarSet> stored, transaction.GetLocal<CalendarSet>(kCalendarRow));
  std::map<std::string, v1::Calendar> by_name;
  if (stored.has_value()) {
    for (const v1::Calendar& other : stored->calendars()) by_name.emplace(other.name(), other);
  }
  if (entry.withdrawn()) {
    if (by_name.erase(entry.entity()) == 0) return false;
  } else {
    v1::Calendar& own = by_name[entry.entity()];
    calendar.set_name(entry.entity());
    if (own.SerializeAsString() == calendar.SerializeAsString()) return false;
    own = calendar;
  }
  CalendarSet set;
  for (auto& [name, other] : by_name) *set.add_calendars() = std::move(other);
  transaction.PutLocal(kCalendarRow, set);
  DUBAN_ASSIGN_OR_RETURN(CacheVersions versions, DirectoryCache::VersionsOf(transaction));
  versions.set_calendars(HashOf(set.SerializeAsString(), 0));
  transaction.PutLocal(kVersionsRow, versions);
  return true;
}

absl::StatusOr<CacheVersions> DirectoryCache::VersionsOf(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<CacheVersions> versions, view.GetLocal<CacheVersions>(kVersionsRow));
  return versions.value_or(CacheVersions());
}

absl::StatusOr<std::shared_ptr<const WorkingCalendar>> DirectoryCache::CalendarOf(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const CacheVersions versions, VersionsOf(view));
  {
    MutexLock lock(&mu_);
    if (calendar_ != nullptr && calendar_version_ == versions.calendars()) return calendar_;
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<CalendarSet> set, view.GetLocal<CalendarSet>(kCalendarRow));
  std::vector<v1::Calendar> calendars;
  if (set.has_value()) calendars.assign(set->calendars().begin(), set->calendars().end());
  std::set<int> years;
  for (const v1::Calendar& calendar : calendars) years.insert(calendar.year());
  for (v1::Calendar& built_in : BuiltInCalendars()) {
    if (!years.contains(built_in.year())) calendars.push_back(std::move(built_in));
  }
  auto made = std::make_shared<const WorkingCalendar>(calendars);
  MutexLock lock(&mu_);
  calendar_ = made;
  calendar_version_ = versions.calendars();
  return made;
}

absl::StatusOr<std::string> DirectoryCache::NameOf(const ReadView& view, const CacheVersions& versions,
                                                   std::string_view unit) {
  std::string key(unit);
  {
    MutexLock lock(&mu_);
    if (names_version_ != versions.names()) names_.clear();
    names_version_ = versions.names();
    if (const auto found = names_.find(key); found != names_.end()) return found->second;
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<v1::Unit> stored, view.GetLocal<v1::Unit>(unit));
  std::string name = stored.has_value() ? stored->display_name() : "";
  MutexLock lock(&mu_);
  if (names_version_ == versions.names()) names_.emplace(std::move(key), name);
  return name;
}

}  // namespace duban
