// The working-day calendar and the names of units, kept in memory between calls.
//
// What is kept was read at a version that lies in the store (storage.v1.CacheVersions, made of what was read), and is
// used only by who reads the same version. Versions change with FollowCalendar and FollowUnit alone. Thread-safe.
// Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_DIRECTORY_CACHE_H_
#define DUBAN_SERVICES_NOTIFICATION_DIRECTORY_CACHE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/calendar/working_calendar.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/feed.pb.h"

namespace duban {

// Takes in an entry of the plan feed about a unit: its name.
absl::Status FollowUnit(Transaction& transaction, const v1::FeedEntry& entry);
// Takes in one about a calendar. Returns whether working days changed.
absl::StatusOr<bool> FollowCalendar(Transaction& transaction, const v1::FeedEntry& entry);

class DirectoryCache {
 public:
  // The calendar of all notices that are known where `view` looks; years without one are built in, as far as they are.
  absl::StatusOr<std::shared_ptr<const WorkingCalendar>> CalendarOf(const ReadView& view);

  // What the directory calls a unit (`units/{unit}`) today; empty: it does not know it.
  absl::StatusOr<std::string> NameOf(const ReadView& view, const storage::v1::CacheVersions& versions,
                                     std::string_view unit);

  static absl::StatusOr<storage::v1::CacheVersions> VersionsOf(const ReadView& view);

 private:
  Mutex mu_;
  uint64_t calendar_version_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<const WorkingCalendar> calendar_ ABSL_GUARDED_BY(mu_);
  uint64_t names_version_ ABSL_GUARDED_BY(mu_) = 0;
  // Those that were asked for since.
  absl::flat_hash_map<std::string, std::string> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DIRECTORY_CACHE_H_
