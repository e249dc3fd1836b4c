// The keys that a node signs tokens with, as they lie in the key folders of its processes (key_folder.h):
//
//   FOLDER/tokens/signing.pem              the key that signs, 0600; where the plan service runs
//   FOLDER/tokens/public/{time}-{id}.pem   public halves: of the key that signs, and of those before it
//
// {time} is when a key was made, in seconds of Unix time, {id} the first 16 hex digits of SHA-256 over the public half;
// both together are the key's name in tokens. An earlier key's tokens count until they are past; what it signed after
// its successor was made does not, so that a key that got lost is worth nothing once it is replaced.
//
// A change counts within two seconds, without a restart.

#ifndef DUBAN_COMMON_ACCESS_TOKEN_KEYS_H_
#define DUBAN_COMMON_ACCESS_TOKEN_KEYS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/token.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

// Where they lie in a key folder, and in the part of a node in the folder of an authority.
std::string TokenFolderOf(std::string_view folder);

// Makes the next signing key in a token folder, beside the public halves of those before it; halves whose successor is
// a day old go. Programs that read the folder see the new half before anything is signed with it.
absl::Status MakeTokenKey(const std::string& token_folder, absl::Time now);

// Makes `to` hold the public halves that `from` holds, and with `signing` the key that signs.
absl::Status CopyTokenKeys(const std::string& from, const std::string& to, bool signing);

// Signs and verifies tokens of a node. Thread-safe. The clock outlives it.
class TokenKeys final : public TokenSigner {
 public:
  // `folder`: a key folder; there need be no token keys in it yet.
  TokenKeys(std::string folder, std::string node, Clock* clock);
  ~TokenKeys() override;

  absl::StatusOr<std::string> Sign(const Token& token) override ABSL_LOCKS_EXCLUDED(mu_);

  // What a token says that a key of this node has signed and whose time it is. Errors: UNAUTHENTICATED with the cause.
  absl::StatusOr<Token> Verify(std::string_view text) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Key;

  // Reads the folder again where it is time to.
  void Refresh(absl::Duration at_most_every) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckSignature(const TokenParts& parts, std::shared_ptr<const Key> key) const;
  // Null where there is none of that name.
  std::shared_ptr<const Key> Find(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string folder_;
  const std::string node_;
  Clock* const clock_;

  Mutex mu_;
  absl::Duration loaded_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  // By name, so in the order they were made.
  std::map<std::string, std::shared_ptr<const Key>> keys_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const Key> signing_ ABSL_GUARDED_BY(mu_);
  // Tokens whose signatures held: most calls come with one that came before.
  absl::flat_hash_map<std::string, Token> verified_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_TOKEN_KEYS_H_
