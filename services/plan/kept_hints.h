// What people said of the layouts of offices' documents, kept for the next ones: entities `keptHints/{kept_hints}`, one
// an office, in no feed. The office is the name its documents print, spaces and widths aside.
//
// Threads: functions on a Transaction run on the writer's thread. Errors: those named here, and INVARIANT_BROKEN from
// the store.

#ifndef DUBAN_SERVICES_PLAN_KEPT_HINTS_H_
#define DUBAN_SERVICES_PLAN_KEPT_HINTS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/transaction.h"
#include "duban/v1/plan.pb.h"

namespace duban {

// Offices of which hints are kept; one more, and those that were said longest ago make way.
inline constexpr size_t kMostKeptHints = 500;

// What is kept of an office; nothing where it prints no name, or nobody said anything of it.
absl::StatusOr<std::optional<v1::KeptHints>> FindKeptHints(const ReadView& view, std::string_view issuing_unit);

// Keeps what a person said of the layout of `plan`, in place of what was kept of its office. Nothing happens where
// nothing was said for this document, nothing of it can serve another one, or the plan names no office.
absl::Status KeepHints(Transaction& transaction, absl::Time now, const v1::Plan& plan);

// All that is kept, by office, with etags.
absl::StatusOr<std::vector<v1::KeptHints>> AllKeptHints(const ReadView& view);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_KEPT_HINTS_H_
