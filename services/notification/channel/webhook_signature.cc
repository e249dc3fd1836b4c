#include "services/notification/channel/webhook_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "common/base/strings.h"

namespace duban {
namespace {

std::string Hmac(std::string_view key, std::string_view bytes) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), mac, &size);
  return absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(mac), size));
}

// Base64 in a query.
std::string PercentEncoded(std::string_view base64) {
  std::string encoded;
  for (const char c : base64) {
    if (c == '+') {
      encoded += "%2B";
    } else if (c == '/') {
      encoded += "%2F";
    } else if (c == '=') {
      encoded += "%3D";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

}  // namespace

std::string StandardSignature(std::string_view key, std::string_view id, int64_t seconds, std::string_view body) {
  return StrCat("v1,", Hmac(key, StrCat(id, ".", seconds, ".", body)));
}

std::string DingTalkParameters(std::string_view secret, int64_t milliseconds) {
  const std::string signature = Hmac(secret, StrCat(milliseconds, "\n", secret));
  return StrCat("&timestamp=", milliseconds, "&sign=", PercentEncoded(signature));
}

std::string FeishuSignature(std::string_view secret, int64_t seconds) {
  return Hmac(StrCat(seconds, "\n", secret), "");
}

}  // namespace duban
