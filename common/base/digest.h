// SHA-256 (FIPS 180-4), and a MAC with it, of bytes in memory: where somebody who may choose the bytes must not be able
// to choose the hash. What only has to tell accidents apart uses XXH3. Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_DIGEST_H_
#define DUBAN_COMMON_BASE_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace duban {

inline constexpr size_t kDigestBytes = 32;

// kDigestBytes bytes.
std::string Sha256(std::string_view bytes);

// HMAC (RFC 2104) with SHA-256: kDigestBytes bytes that nobody makes without the key.
std::string HmacSha256(std::string_view key, std::string_view bytes);

// Compares two secrets in a time that does not depend on where they differ.
bool SameBytes(std::string_view a, std::string_view b);

// A number as eight bytes, the highest first: in keys, where byte order is number order, and in what is hashed.
std::string BigEndian(uint64_t number);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_DIGEST_H_
