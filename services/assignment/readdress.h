// Readdressing (改交): what an order is addressed to once another unit has it in a declining unit's place, and what a
// later revision of the plan makes of that.
//
// Pure: data in, data out. Thread-safe. Errors: none.

#ifndef DUBAN_SERVICES_ASSIGNMENT_READDRESS_H_
#define DUBAN_SERVICES_ASSIGNMENT_READDRESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "duban/v1/order.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace duban {

// What a unit reads that declined a task which another one, `to`, has now; `words` say why.
std::string ReaddressedReason(std::string_view to, std::string_view words);

// Whether a unit among `addressees` has the task now.
bool HasTask(const std::vector<v1::Addressee>& addressees, std::string_view unit);

// `addressees`, by unit, with `to` in the place of `from`, which is cancelled with `reason`. `to` says unit, name and
// node; what it is asked, and in which words, is what `from` was asked. Where it had the task before and was cancelled,
// where it worked since stays known. `node` is the issuer's. REQUIRES: `from` is there and not cancelled; HasTask is
// false for `to`.
std::vector<v1::Addressee> Readdressed(std::vector<v1::Addressee> addressees, std::string_view from,
                                       const v1::Addressee& to, const std::string& reason,
                                       const google::protobuf::Timestamp& now, std::string_view node);

// Those that a plan asks, `asked`, with those in the place of whom another unit has it now, as `current` says,
// exchanged for that unit. Both by unit; so is the answer.
std::vector<v1::Addressee> WithStandIns(const std::vector<v1::Addressee>& asked,
                                        const std::vector<v1::Addressee>& current);

// `known`, with those that a plan asks who stood aside for one of them and are not known themselves, cancelled: after a
// store was lost, neighbours give back orders of which each knows its own units. Both by unit; so is the answer.
std::vector<v1::Addressee> WithThoseWhoStoodAside(const std::vector<v1::Addressee>& known,
                                                  const std::vector<v1::Addressee>& asked);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_READDRESS_H_
