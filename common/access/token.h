// What a person's calls carry: a short token that their node signed when they signed in, so that every service of the
// node knows them without asking (RFC 7515 and 7519: a compact JWS, ES256).
//
//   base64url({"alg":"ES256","kid":"KEY","typ":"JWT"}) . base64url(claims) . base64url(signature)
//
// One writing alone is taken: this header with these members in this order, base64url without padding whose unused
// bits are zero, 64 bytes of signature, and claims that are exactly ours. What no key of the node has signed is never
// parsed further than into these three.
//
// Pure and thread-safe. Errors: UNAUTHENTICATED with a cause that holds nothing of the token.

#ifndef DUBAN_COMMON_ACCESS_TOKEN_H_
#define DUBAN_COMMON_ACCESS_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/caller.h"

namespace duban {

// How long a token counts.
inline constexpr absl::Duration kTokenLifetime = absl::Minutes(15);
// How far the clocks of a node's machines may be apart.
inline constexpr absl::Duration kTokenSkew = absl::Seconds(60);
// The longest that is taken: what a person with the most grants has, and room.
inline constexpr size_t kMaxTokenBytes = 8192;

// What a token says.
struct Token {
  // Id of the node that signed it, for itself.
  std::string node;
  // `people/{person}` and `people/{person}/sessions/{session}`.
  std::string person;
  std::string session;
  // Whole seconds.
  absl::Time issue_time;
  absl::Time expire_time;
  // Roles of units at units, roles of the node at the node.
  std::vector<Post> posts;
  // The name that stands under what the person does.
  std::string display_name = {};
  // The path in the certificate over whose connections alone it counts; empty: over any that carries people. What the
  // certificate was a second factor for is worth nothing without it.
  std::string carrier = {};
  // Rights of the person when it was signed (storage::v1::PersonSecret).
  uint32_t rights = 0;
};

// A token taken apart, before anything of it is believed.
struct TokenParts {
  // Id of the key that is said to have signed it.
  std::string key;
  // What was signed: the first two parts and the dot between them.
  std::string_view signed_text;
  // The claims as they were written.
  std::string claims;
  // r and s, 32 bytes each.
  std::string signature;
};

// Takes a token apart; the parts refer to `text`.
absl::StatusOr<TokenParts> SplitToken(std::string_view text);

// Reads claims whose signature holds. The times are not looked at.
absl::StatusOr<Token> ReadClaims(std::string_view claims);
std::string WriteClaims(const Token& token);

// The first two parts of a token, with the dot between them.
std::string TextToSign(std::string_view key, std::string_view claims);

// OK where a token is this node's and `now` lies within its time.
absl::Status CheckToken(const Token& token, std::string_view node, absl::Time now);

// Base64url without padding (RFC 4648, 5); decoding takes one writing of each text, and returns false for others.
std::string ToBase64Url(std::string_view bytes);
bool FromBase64Url(std::string_view text, std::string* bytes);

// Whoever signs tokens of a node. Implementations are thread-safe.
class TokenSigner {
 public:
  virtual ~TokenSigner() = default;
  // Errors: FAILED_PRECONDITION where there is no key to sign with.
  virtual absl::StatusOr<std::string> Sign(const Token& token) = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_TOKEN_H_
