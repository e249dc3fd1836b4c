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

// Most entries (of all kinds together) and bytes of an execution. Inclusive.
inline constexpr int kMaxExecutionEntries = 1000;
inline constexpr int64_t kMaxExecutionBytes = 1 << 20;
// Most requests for an extension, remarks and urges of one assignment. Inclusive.
inline constexpr int kMaxExtensionRequests = 20;
inline constexpr int kMaxRemarks = 20;
inline constexpr int kMaxUrges = 20;
// Most days by which one extension, or one decision, puts a due day off. Inclusive.
inline constexpr int kMaxExtensionDays = 366;

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
  // Whether the node knows who it is: a person who signed in, and not a name that somebody's program says.
  bool known_person = false;
};
// 退办. `last_day`: the last one on which the unit may (LastDeclineDay).
struct DeclineAct {
  const v1::Decline& decline;
  ActingPerson who;
  absl::CivilDay last_day = {};
};
// 申请延期.
struct ExtensionAct {
  const v1::ExtensionRequest& extension;
  ActingPerson who;
};
// 撤回进展; of the last report where `report_id` is empty.
struct RetractAct {
  std::string_view report_id;
};
// 改交.
struct ReaddressAct {
  std::string_view unit;
  std::string_view comment;
  ActingPerson who;
  // What the directory says of that unit, and the order of whom it is addressed to.
  enum class Target { kUnknown, kHasTask, kNoRoom, kFree };
  Target target = Target::kUnknown;
};
// 维持原交办. `due`: empty where the due day stays.
struct BindAct {
  std::string_view comment;
  std::string_view due;
  ActingPerson who;
};
// 准予或不予延期, of the open request where `extension_id` is empty; `due` empty: as proposed.
struct AnswerAct {
  std::string_view extension_id;
  v1::ExtensionAnswer::Verdict verdict;
  std::string_view due;
  std::string_view comment;
  ActingPerson who;
};
// 已阅.
struct ReadAct {
  ActingPerson who;
};
// 批示.
struct RemarkAct {
  std::string_view text;
  ActingPerson who;
};
// 催办.
struct UrgeAct {
  std::string_view text;
  ActingPerson who;
};
using Act = std::variant<SignAct, ReportAct, SubmitAct, ReviewAct, DeclineAct, ExtensionAct, RetractAct, ReaddressAct,
                         BindAct, AnswerAct, ReadAct, RemarkAct, UrgeAct>;

// Who acts, where and when.
struct Acting {
  // The node at which the call came in.
  std::string_view node;
  absl::Time now;
  // The etag the caller decided by; empty: whatever it is.
  std::string_view etag = {};
};

// What an act makes of the half it changes; the other is unset, and both where nothing is to be changed. Its version is
// counted up already. What readdressing makes of the order is not in here (readdress.h).
struct Acted {
  std::optional<v1::Execution> execution;
  std::optional<v1::Oversight> oversight;
};

// Does one act, or says why not: changes nothing by itself. Errors, the first that holds:
// - NOT_OWNER: that half belongs to another node; metadata has `node`.
// - RESOURCE_NOT_FOUND: no such submission, report, request or unit.
// - RESOURCE_EXISTS: the unit that is to have it has it.
// - ETAG_MISMATCH: changed since it was read.
// - WRONG_STATE: its state, or that of the period or submission it is about, does not allow it; metadata has `state`.
// - LEASE_NOT_HELD: signing without the latest lease.
// - INVALID_FIELD: a period that is none of this duty, a due day that is none to put it off to; no comment where a
//   person accepts what they handed in themselves.
// - LIMIT_REACHED: no more fits.
absl::StatusOr<Acted> Perform(const Duty& duty, const Act& act, const Acting& acting);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ACTS_H_
