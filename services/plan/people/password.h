// Passwords: their shape, and what is kept of them.
//
// Kept is Argon2id (RFC 9106), version 1.3, over the password and 16 random bytes: 64 MiB and three passes, as its
// second recommended option has it, in one lane, since a call has one thread; 32 bytes come out. About a tenth of a
// second each, so that they belong into a lane of their own and never into the writer's turn.
//
// Pure but for random bytes from the kernel; thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_PASSWORD_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_PASSWORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace duban {

// What a hash costs. Others than these are for tests.
struct PasswordCost {
  uint32_t memory_kib = 64 * 1024;
  uint32_t passes = 3;
};

inline constexpr size_t kLeastPasswordLength = 12;
// After this time a password has to be changed.
inline constexpr absl::Duration kPasswordAge = absl::Hours(90 * 24);
// A password for one time counts for so long.
inline constexpr absl::Duration kOneTimeAge = absl::Hours(7 * 24);

// The hash of a password, as Argon2 writes it with its parameters. Errors: INVARIANT_BROKEN where there is no memory.
absl::StatusOr<std::string> HashPassword(std::string_view password, const PasswordCost& cost);

// Whether a password is the one of a hash; takes as long as making the hash took, whether it is or not.
bool IsPasswordOf(std::string_view password, const std::string& hash);

// A hash that no password has, which costs as much to compare with.
std::string HashOfNobody(const PasswordCost& cost);

// OK where `password` may become that of `person`, an id; else INVALID_FIELD for `field`. 12 to 128 characters, three
// kinds among capitals, small letters, digits and others, and not with an id of four letters or more in it.
absl::Status CheckPasswordShape(std::string_view person, std::string_view password, std::string_view field);

// A new password for one time: 16 characters that cannot be mistaken for each other, in groups of four.
absl::StatusOr<std::string> MakeOneTimePassword();

// Random bytes from the kernel's generator. Errors: INVARIANT_BROKEN.
absl::StatusOr<std::string> RandomBytes(size_t size);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_PASSWORD_H_
