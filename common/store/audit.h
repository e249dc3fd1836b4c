// The audit of a store: who did what, kept in the commits themselves (storage::v1::AuditRecord), so that a change and
// its entry are one write, and the chain of commits is its proof.
//
// Thread-safe: functions of a view.

#ifndef DUBAN_COMMON_STORE_AUDIT_H_
#define DUBAN_COMMON_STORE_AUDIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "duban/v1/audit.pb.h"
#include "duban/v1/audit_service.pb.h"

namespace duban {

// Most entities of an entry that are shown.
inline constexpr int kMaxShownEntities = 100;
// Most sequences that one page looks at, whether its filter takes them or not.
inline constexpr int64_t kMaxSequencesLookedAt = 20'000;

// A place between entries: behind all of the commits that end before a sequence, and behind the first few of the one
// that ends there.
struct AuditPlace {
  int64_t commit = 0;
  int entries = 0;
};

// What an auditor asks for.
struct AuditQuery {
  v1::ListAuditEntriesRequest::Filter filter;
  // Only entries before this place.
  AuditPlace before;
  // Most entries of the answer, at least 1.
  int most = 1;
};

struct AuditPage {
  // The latest first.
  std::vector<v1::AuditEntry> entries;
  // Where to go on; nothing: that is all.
  std::optional<AuditPlace> next;
};

// The latest entries before a place that a filter takes, of about kMaxSequencesLookedAt. Fields that say where they
// were found, such as the service, are the caller's to fill in.
absl::StatusOr<AuditPage> ReadAudit(const ReadView& view, const AuditQuery& query);

// The commits behind `after`, of at most `max_bytes` but at least one, with where they begin and where `snapshot` ends.
// Errors: WRONG_STATE where no commit ends at `after`, or not any more.
absl::StatusOr<v1::AuditExport> ExportAudit(const Store& store, const Snapshot& snapshot, int64_t after,
                                            int64_t max_bytes);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_AUDIT_H_
