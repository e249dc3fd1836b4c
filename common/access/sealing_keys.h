// Keys that secrets are sealed with before they go into a store, so that whoever reads a store, or a backup of it, does
// not have them. They lie in the key folder of the process that opens them (key_folder.h):
//
//   FOLDER/sealing/{time}-{id}.key    32 bytes, 0600; {time} is when it was made, in seconds of Unix time, {id} 16 hex
//                                     digits of chance
//
// The newest one seals, all of them open. Sealed is as `1`, the length of the key's name, the name, 12 bytes of nonce,
// what AES-256-GCM makes of the secret, and its tag of 16 bytes. What the secret is about, whose it is, counts into the
// tag: a secret that was moved to another person's row does not open.
//
// Thread-safe. Errors: FAILED_PRECONDITION where there is no such key, or others can read it.

#ifndef DUBAN_COMMON_ACCESS_SEALING_KEYS_H_
#define DUBAN_COMMON_ACCESS_SEALING_KEYS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace duban {

// Where they lie in a key folder, and in the part of a node in the folder of an authority.
std::string SealingFolderOf(std::string_view folder);

// Makes the next key in a sealing folder, beside those before it.
absl::Status MakeSealingKey(const std::string& sealing_folder, absl::Time now);

// Makes `to` hold the keys that `from` holds. What else is in `to` stays: it may be what something there is sealed
// with.
absl::Status CopySealingKeys(const std::string& from, const std::string& to);

// Whoever seals secrets. Implementations are thread-safe.
class Sealer {
 public:
  virtual ~Sealer() = default;
  virtual absl::StatusOr<std::string> Seal(std::string_view secret, std::string_view about) const = 0;
  // What was sealed. Errors: also INVALID_ARGUMENT where it was altered, or sealed about something else.
  virtual absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view about) const = 0;
  // Whether it is sealed with the key that seals now.
  virtual bool IsCurrent(std::string_view sealed) const = 0;
};

// With the keys of a folder, which are read anew each time.
class SealingKeys final : public Sealer {
 public:
  // `folder`: a key folder; there need be no such keys in it.
  explicit SealingKeys(std::string_view folder) : folder_(SealingFolderOf(folder)) {}

  absl::StatusOr<std::string> Seal(std::string_view secret, std::string_view about) const override;
  absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view about) const override;
  bool IsCurrent(std::string_view sealed) const override;

 private:
  const std::string folder_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_SEALING_KEYS_H_
