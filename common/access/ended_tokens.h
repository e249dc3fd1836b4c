// Tokens that count no more although their time is not over: sessions that ended, and people from whom something was
// taken. The plan service writes them down with what ended them, the other services of the node follow its feed, and
// the edge of each looks at its own store's copy at every call of a person.
//
// They lie in 64 entities, `ended-tokens/{number}`, each of which has some people's: what one change writes, and what
// one call reads, stays small however many end. Pure and thread-safe.

#ifndef DUBAN_COMMON_ACCESS_ENDED_TOKENS_H_
#define DUBAN_COMMON_ACCESS_ENDED_TOKENS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/access/caller.h"
#include "duban/v1/person.pb.h"

namespace duban {

// Where all of them lie.
inline constexpr std::string_view kEndedTokens = "ended-tokens/";

// The entity that has those of `people/{person}`.
std::string EndedTokensOf(std::string_view person);

// Adds a session, or a person whose tokens of less than `rights` count no more, and leaves out what is past at `now`.
void AddEnded(std::string_view name, uint32_t rights, absl::Time now, v1::EndedTokens* tokens);

// Whether the token of a person who calls is one of them.
bool IsEnded(const v1::EndedTokens& tokens, const Caller& caller);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_ENDED_TOKENS_H_
