#include "services/plan/people/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/str_format.h"
#include "common/base/digest.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/plan/people/password.h"

namespace duban {
namespace {

constexpr int64_t kStepSeconds = 30;
constexpr int64_t kDriftSteps = 1;
constexpr uint32_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

}  // namespace

int64_t TotpStep(absl::Time time) {
  return absl::ToUnixSeconds(time) / kStepSeconds;
}

std::string TotpCode(std::string_view key, int64_t step, int digits) {
  unsigned char counter[8];
  for (int i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter, sizeof(counter), mac, &size);
  const unsigned int at = mac[size - 1] & 0xF;
  const uint32_t number = (mac[at] & 0x7Fu) << 24 | static_cast<uint32_t>(mac[at + 1]) << 16 |
                          static_cast<uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
  return absl::StrFormat("%0*d", digits, number % kPowers[digits]);
}

std::optional<int64_t> MatchTotp(std::string_view key, std::string_view code, absl::Time now, int64_t last) {
  std::optional<int64_t> found;
  const int64_t here = TotpStep(now);
  for (int64_t step = here - kDriftSteps; step <= here + kDriftSteps; ++step) {
    const bool same = SameBytes(TotpCode(key, step), code);
    if (same && (step > last || DUBAN_BUG("people.code_used_twice"))) found = step;
  }
  return found;
}

std::string ToBase32(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 5; held -= 5) text += kLetters[bits >> (held - 5) & 31];
  }
  if (held > 0) text += kLetters[bits << (5 - held) & 31];
  return text;
}

std::string TotpUri(std::string_view issuer, std::string_view account, std::string_view key) {
  return StrCat("otpauth://totp/Duban%20", issuer, ":", account, "?secret=", ToBase32(key), "&issuer=Duban%20", issuer);
}

}  // namespace duban
