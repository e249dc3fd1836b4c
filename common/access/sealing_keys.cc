#include "common/access/sealing_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <filesystem>
#include <optional>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "common/access/key_folder.h"
#include "common/access/openssl.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

namespace fs = std::filesystem;
using CipherPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr char kVersion = 1;
constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kIdBytes = 8;
constexpr size_t kMostNameBytes = 64;

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::StatusOr<std::string> Random(size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(Bytes(bytes), static_cast<int>(size)) != 1) return absl::InternalError("OpenSSL has no random bytes");
  return bytes;
}

// A key, wiped when it goes.
struct SealingKey {
  SealingKey() = default;
  SealingKey(SealingKey&&) = default;
  SealingKey& operator=(SealingKey&&) = default;
  ~SealingKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  std::string name;
  std::string bytes;
};

// The names of the keys in a folder, in the order they were made.
std::set<std::string> NamesIn(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".key") names.insert(entry.path().stem());
  }
  return names;
}

std::string PathOf(const std::string& folder, const std::string& name) {
  return StrCat(folder, "/", name, ".key");
}

absl::StatusOr<SealingKey> ReadKey(const std::string& folder, const std::string& name) {
  const std::string path = PathOf(folder, name);
  DUBAN_RETURN_IF_ERROR(CheckPrivateFile(path));
  SealingKey key;
  key.name = name;
  DUBAN_ASSIGN_OR_RETURN(key.bytes, ReadWholeFile(path));
  if (key.bytes.size() != kKeyBytes) return absl::FailedPreconditionError(StrCat(path, " is no key of 32 bytes"));
  return key;
}

absl::StatusOr<SealingKey> NewestKey(const std::string& folder) {
  const std::set<std::string> names = NamesIn(folder);
  if (names.empty()) {
    return absl::FailedPreconditionError(
        StrCat("there is no key to seal secrets with in ", folder, "; `duban keys issue` or `renew` puts it there"));
  }
  return ReadKey(folder, *names.rbegin());
}

// What is sealed, taken apart.
struct Parts {
  std::string name;
  std::string_view nonce, text, tag;
};

std::optional<Parts> Split(std::string_view sealed) {
  if (sealed.size() < 2 || sealed[0] != kVersion) return std::nullopt;
  const size_t size = static_cast<unsigned char>(sealed[1]);
  sealed.remove_prefix(2);
  if (size == 0 || size > kMostNameBytes || sealed.size() < size + kNonceBytes + kTagBytes) return std::nullopt;
  Parts parts;
  parts.name = std::string(sealed.substr(0, size));
  // It becomes a part of a path.
  if (parts.name.find_first_not_of("0123456789abcdef-") != std::string::npos) return std::nullopt;
  sealed.remove_prefix(size);
  parts.nonce = sealed.substr(0, kNonceBytes);
  parts.text = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  parts.tag = sealed.substr(sealed.size() - kTagBytes);
  return parts;
}

// Begins a cipher with what counts into the tag beside the secret: the key's name and what it is about.
bool Begin(EVP_CIPHER_CTX* cipher, const SealingKey& key, std::string_view nonce, std::string_view about, bool seals) {
  const std::string beside = StrCat(key.name, "\n", about);
  int done = 0;
  return cipher != nullptr &&
         EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key.bytes)), Bytes(nonce),
                           seals ? 1 : 0) == 1 &&
         EVP_CipherUpdate(cipher, nullptr, &done, Bytes(std::string_view(beside)), static_cast<int>(beside.size())) ==
             1;
}

}  // namespace

std::string SealingFolderOf(std::string_view folder) {
  return StrCat(folder, "/sealing");
}

absl::Status MakeSealingKey(const std::string& sealing_folder, absl::Time now) {
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(sealing_folder));
  SealingKey key;
  DUBAN_ASSIGN_OR_RETURN(key.bytes, Random(kKeyBytes));
  DUBAN_ASSIGN_OR_RETURN(const std::string id, Random(kIdBytes));
  key.name = StrCat(absl::StrFormat("%010d", absl::ToUnixSeconds(now)), "-", absl::BytesToHexString(id));
  return WritePrivateFile(PathOf(sealing_folder, key.name), key.bytes);
}

absl::Status CopySealingKeys(const std::string& from, const std::string& to) {
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(to));
  for (const std::string& name : NamesIn(from)) {
    DUBAN_ASSIGN_OR_RETURN(const SealingKey key, ReadKey(from, name));
    DUBAN_RETURN_IF_ERROR(WritePrivateFile(PathOf(to, name), key.bytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SealingKeys::Seal(std::string_view secret, std::string_view about) const {
  DUBAN_ASSIGN_OR_RETURN(const SealingKey key, NewestKey(folder_));
  DUBAN_ASSIGN_OR_RETURN(const std::string nonce, Random(kNonceBytes));
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  std::string text(secret.size(), '\0'), tag(kTagBytes, '\0');
  int done = 0, rest = 0;
  const bool sealed =
      Begin(cipher.get(), key, nonce, about, true) &&
      EVP_CipherUpdate(cipher.get(), Bytes(text), &done, Bytes(secret), static_cast<int>(secret.size())) == 1 &&
      EVP_CipherFinal_ex(cipher.get(), Bytes(text) + done, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  if (!sealed) return absl::InternalError("OpenSSL cannot seal a secret");
  return StrCat(std::string(1, kVersion), std::string(1, static_cast<char>(key.name.size())), key.name, nonce, text,
                tag);
}

absl::StatusOr<std::string> SealingKeys::Open(std::string_view sealed, std::string_view about) const {
  const std::optional<Parts> parts = Split(sealed);
  if (!parts) return absl::InvalidArgumentError("this is no sealed secret");
  absl::StatusOr<SealingKey> key = ReadKey(folder_, parts->name);
  if (!key.ok()) {
    return absl::FailedPreconditionError(StrCat(
        "the key ", parts->name, " that a secret is sealed with cannot be had: ", ToStd(key.status().message())));
  }
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  std::string secret(parts->text.size(), '\0'), tag(parts->tag);
  int done = 0, rest = 0;
  const bool opened = Begin(cipher.get(), *key, parts->nonce, about, false) &&
                      EVP_CipherUpdate(cipher.get(), Bytes(secret), &done, Bytes(parts->text),
                                       static_cast<int>(parts->text.size())) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
                      EVP_CipherFinal_ex(cipher.get(), Bytes(secret) + done, &rest) == 1;
  if (opened) return secret;
  OPENSSL_cleanse(secret.data(), secret.size());
  return absl::InvalidArgumentError("a sealed secret was altered, or is somebody else's");
}

bool SealingKeys::IsCurrent(std::string_view sealed) const {
  const std::optional<Parts> parts = Split(sealed);
  const std::set<std::string> names = NamesIn(folder_);
  return parts && !names.empty() && parts->name == *names.rbegin();
}

}  // namespace duban
