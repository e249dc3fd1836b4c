#include "services/plan/people/password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr uint32_t kLanes = 1;
constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr size_t kEncodedBytes = 192;
constexpr size_t kLeastKinds = 3;
// A shorter name is in many a good password.
constexpr size_t kLeastNameLength = 4;
// Without 0 O 1 l I.
constexpr std::string_view kLetters = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr size_t kOneTimeLetters = 16;

size_t KindsIn(std::string_view password) {
  bool capitals = false, small = false, digits = false, others = false;
  for (const char c : password) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) {
      capitals = true;
    } else if (absl::ascii_islower(static_cast<unsigned char>(c))) {
      small = true;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      digits = true;
    } else {
      others = true;
    }
  }
  return static_cast<size_t>(capitals) + small + digits + others;
}

// Characters of UTF-8, which the request was checked to be.
size_t LengthOf(std::string_view text) {
  size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return length;
}

}  // namespace

absl::StatusOr<std::string> RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) == 1) return bytes;
  return InvariantBroken("OpenSSL has no random bytes");
}

absl::StatusOr<std::string> HashPassword(std::string_view password, const PasswordCost& cost) {
  DUBAN_ASSIGN_OR_RETURN(std::string salt, RandomBytes(kSaltBytes));
  std::string encoded(kEncodedBytes, '\0');
  const int result = argon2id_hash_encoded(cost.passes, cost.memory_kib, kLanes, password.data(), password.size(),
                                           salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK) return InvariantBroken(StrCat("Argon2: ", argon2_error_message(result)));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool IsPasswordOf(std::string_view password, const std::string& hash) {
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::string HashOfNobody(const PasswordCost& cost) {
  // Nobody finds what comes out as 32 zero bytes.
  const auto zeros = [](size_t size) {
    std::string text = absl::Base64Escape(std::string(size, '\0'));
    text.resize(text.find_last_not_of('=') + 1);
    return text;
  };
  return StrCat("$argon2id$v=19$m=", cost.memory_kib, ",t=", cost.passes, ",p=", kLanes, "$", zeros(kSaltBytes), "$",
                zeros(kHashBytes));
}

absl::Status CheckPasswordShape(std::string_view person, std::string_view password, std::string_view field) {
  if (LengthOf(password) < kLeastPasswordLength) {
    return InvalidField(field, StrCat("must have at least ", kLeastPasswordLength, " characters"),
                        StrCat("至少", kLeastPasswordLength, "个字符"));
  }
  if (KindsIn(password) < kLeastKinds) {
    return InvalidField(field, "must have three kinds among capitals, small letters, digits and others",
                        "须含大写字母、小写字母、数字、其他字符中的三种");
  }
  if (person.size() >= kLeastNameLength && absl::AsciiStrToLower(ToAbsl(password)).find(person) != std::string::npos) {
    return InvalidField(field, "must not have the name in it", "不能含有登录名");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MakeOneTimePassword() {
  std::string password;
  while (password.size() < kOneTimeLetters + kOneTimeLetters / 4 - 1) {
    if (password.size() % 5 == 4) password += '-';
    DUBAN_ASSIGN_OR_RETURN(const std::string bytes, RandomBytes(1));
    const auto byte = static_cast<unsigned char>(bytes[0]);
    // The same chance for every letter.
    if (byte < 256 / kLetters.size() * kLetters.size()) password += kLetters[byte % kLetters.size()];
  }
  return password;
}

}  // namespace duban
