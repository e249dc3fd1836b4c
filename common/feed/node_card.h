// How nodes introduce themselves with every call and every answer, and what each side makes of it: a call for another
// node and a version with nothing in common are refused, a clock that is far off is shown.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_FEED_NODE_CARD_H_
#define DUBAN_COMMON_FEED_NODE_CARD_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "duban/v1/feed.pb.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// The version of the feeds between nodes, and the oldest that is still understood. Raised with a change that the other
// side has to know of.
inline constexpr int kExchange = 1;
inline constexpr int kOldestExchange = 1;
// Clocks that differ by more are shown.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(5);
// The reason of a notice about clocks.
inline constexpr char kClockOff[] = "CLOCK_OFF";

v1::NodeCard CardOf(std::string_view node, absl::Time now);

// How far the clock of a card is ahead; nothing where it says no time.
std::optional<absl::Duration> ClockAhead(const v1::NodeCard& card, absl::Time now);

// Whether node `here` may be called by `caller`, which takes it for `to_node`; both may say nothing. Errors:
// WRONG_NODE, VERSION_TOO_FAR; they name both nodes.
absl::Status CheckCall(std::string_view here, std::string_view caller, const v1::NodeCard& card,
                       std::string_view to_node);

// Whether an answer to `here` comes from `expected`. Errors as above.
absl::Status CheckAnswer(std::string_view here, std::string_view expected, const v1::NodeCard& card);

// What there is to be said of two clocks of which the other one is `ahead`; nothing within the tolerance.
std::optional<v1::NodeStatus::Notice> ClockNotice(std::string_view here, std::string_view other, absl::Duration ahead,
                                                  absl::Time now);
// What was refused, as a notice.
v1::NodeStatus::Notice NoticeOf(const absl::Status& refused, absl::Time now);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_NODE_CARD_H_
