// Codes of a second factor: TOTP (RFC 6238) with HMAC-SHA-1, six digits and steps of 30 seconds, which every
// authenticator has.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_TOTP_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_TOTP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace duban {

// Bytes of a key, as RFC 4226 recommends.
inline constexpr size_t kTotpKeyBytes = 20;

// The step that a time lies in.
int64_t TotpStep(absl::Time time);

// The code of a step, with `digits` digits, at most 8.
std::string TotpCode(std::string_view key, int64_t step, int digits = 6);

// The step whose code this is: that of `now`, or of the one before or behind it, where it is later than `last`, the
// last one that was used. Nothing where it is none of these.
std::optional<int64_t> MatchTotp(std::string_view key, std::string_view code, absl::Time now, int64_t last);

// Base32 without padding (RFC 4648).
std::string ToBase32(std::string_view bytes);

// As authenticators read a key. `issuer` is the node, `account` the person's id.
std::string TotpUri(std::string_view issuer, std::string_view account, std::string_view key);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_TOTP_H_
