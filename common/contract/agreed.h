// What issuer and unit have agreed about one assignment, each in its own half: declines and what was decided, due days
// that were put off, reports that were taken back. Each is decided by both halves together, so that every node that has
// them says the same, in whatever order they came.
//
// Pure and thread-safe. What is returned points into the arguments.

#ifndef DUBAN_COMMON_CONTRACT_AGREED_H_
#define DUBAN_COMMON_CONTRACT_AGREED_H_

#include <string_view>

#include "common/contract/duty.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/deadline.pb.h"

namespace duban {

// The decline that waits for a decision; null where none does.
const v1::Decline* OpenDecline(const v1::Execution& execution, const v1::Oversight& oversight);

// Whether an earlier decline was judged binding: the unit's word is not asked again.
bool IsBound(const v1::Oversight& oversight);

// The request for an extension that has no answer yet; null where there is none.
const v1::ExtensionRequest* OpenExtension(const v1::Execution& execution, const v1::Oversight& oversight);

// The day, `YYYY-MM-DD`, that the issuer granted this unit instead of the due day of `deadline`, which is the order's;
// empty where it granted none. What was granted holds as long as the order names the day that was put off: a revision
// that names another one is the issuer's later word.
std::string_view GrantedDue(const v1::Deadline& deadline, const v1::Oversight& oversight);

// The due day that binds the unit, `YYYY-MM-DD`; empty where it has none.
std::string_view BindingDue(const Duty& duty);

// The order's deadline as it binds the unit.
v1::Deadline DeadlineOf(const Duty& duty);

// Whether the issuer has read a report.
bool IsRead(const v1::Oversight& oversight, std::string_view report_id);

// Whether a report waits for the issuer to read it: it was neither read nor taken back.
bool IsUnread(const v1::Report& report, const v1::Oversight& oversight);

// Whether a report counts as taken back: the unit did so, and the issuer has not read it.
bool IsRetracted(const v1::Report& report, const v1::Oversight& oversight);

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_AGREED_H_
