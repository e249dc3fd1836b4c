// Every act on an assignment, in one table: what it asks, whose half it changes, and how. Single calls, bulk calls and
// tests all come through Perform.
//
// Pure: data in, data out; no clock, no disk, no RPC, no log. Thread-safe.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ACTS_H_
#define DUBAN_SERVICES_ASSIGNMENT_ACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/acting.h"
#include "common/contract/duty.h"
#include "duban/v1/assignment.pb.h"

namespace duban {

// Most entries (reports and submissions together) and bytes of an execution. Inclusive.
inline constexpr int kMaxExecutionEntries = 1000;
inline constexpr int64_t kMaxExecutionBytes = 1 << 20;

// 签收. `lease_held`: the token given is that of the latest lease, which has not run out.
struct SignAct {
  ActingPerson who;
  bool lease_held = false;
};
// 进展报送.
struct ReportAct {
  const v1::Report& report;
  ActingPerson who;
};
// 申请办结. `id` becomes the submission's id: `s-` and what no other submission has.
struct SubmitAct {
  const v1::Submission& submission;
  std::string id;
  ActingPerson who;
};
// 审核.
struct ReviewAct {
  std::string_view submission_id;
  v1::Review::Verdict verdict;
  std::string_view comment;
  ActingPerson who;
};
using Act = std::variant<SignAct, ReportAct, SubmitAct, ReviewAct>;

// Who acts, where and when.
struct Acting {
  // The node at which the call came in.
  std::string_view node;
  absl::Time now;
  // The etag the caller decided by; empty: whatever it is.
  std::string_view etag = {};
};

// What an act makes of the half it changes; the other is unset. Its version is counted up already.
struct Acted {
  std::optional<v1::Execution> execution;
  std::optional<v1::Oversight> oversight;
};

// Does one act, or says why not: changes nothing by itself. Errors, the first that holds:
// - NOT_OWNER: that half belongs to another node; metadata has `node`.
// - RESOURCE_NOT_FOUND: no such submission.
// - ETAG_MISMATCH: changed since it was read.
// - WRONG_STATE: its state, or that of the period or submission it is about, does not allow it; metadata has `state`.
// - LEASE_NOT_HELD: signing without the latest lease.
// - INVALID_FIELD: a period that is none of this duty.
// - LIMIT_REACHED: no more fits.
absl::StatusOr<Acted> Perform(const Duty& duty, const Act& act, const Acting& acting);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ACTS_H_
