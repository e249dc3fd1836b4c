#include "tests/access/test_issuer.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/access/token.h"
#include "common/base/strings.h"

// Behind the others: it declares C functions without a namespace.
#include <cjose/cjose.h>

namespace duban::testing {
namespace {

constexpr size_t kRsaBits = 2048;

struct JwkDeleter {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
struct JwsDeleter {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
struct HeaderDeleter {
  void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};

std::string Quoted(std::string_view text) {
  return StrCat("\"", text, "\"");
}

}  // namespace

struct TestIssuer::Key {
  std::unique_ptr<cjose_jwk_t, JwkDeleter> jwk;
};

std::string JsonObject(const std::map<std::string, std::string>& members) {
  return StrCat("{",
                absl::StrJoin(members, ",",
                              [](std::string* out, const auto& member) {
                                StrAppend(out, Quoted(member.first), ":", member.second);
                              }),
                "}");
}

TestIssuer::TestIssuer() {
  Replace("ec");
  Replace("rsa");
}

TestIssuer::~TestIssuer() = default;

void TestIssuer::Replace(const std::string& kid) {
  cjose_err error = {};
  auto key = std::make_unique<Key>();
  key->jwk.reset(kid == "rsa" ? cjose_jwk_create_RSA_random(kRsaBits, nullptr, 0, &error)
                              : cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
  if (key->jwk == nullptr || !cjose_jwk_set_kid(key->jwk.get(), kid.data(), kid.size(), &error)) std::abort();
  keys_[kid] = std::move(key);
}

std::string TestIssuer::Jwks() const {
  std::string keys;
  for (const auto& [kid, key] : keys_) {
    cjose_err error = {};
    char* const json = cjose_jwk_to_json(key->jwk.get(), false, &error);
    StrAppend(&keys, keys.empty() ? "" : ",", std::string(json));
    cjose_get_dealloc()(json);
  }
  return StrCat("{\"keys\":[", keys, "]}");
}

std::map<std::string, std::string> TestIssuer::Claims(const std::string& subject, const std::string& nonce,
                                                      absl::Time now) {
  const int64_t seconds = absl::ToUnixSeconds(now);
  return {{"iss", Quoted(kName)},   {"aud", Quoted(kAudience)}, {"sub", Quoted(subject)},
          {"nonce", Quoted(nonce)}, {"iat", StrCat(seconds)},   {"exp", StrCat(seconds + 300)}};
}

std::string TestIssuer::Sign(const std::map<std::string, std::string>& claims, const std::string& kid,
                             const std::string& algorithm) const {
  cjose_err error = {};
  const std::unique_ptr<cjose_header_t, HeaderDeleter> header(cjose_header_new(&error));
  cjose_header_set(header.get(), CJOSE_HDR_ALG, algorithm.c_str(), &error);
  if (!kid.empty()) cjose_header_set(header.get(), CJOSE_HDR_KID, kid.c_str(), &error);
  const std::string text = JsonObject(claims);
  const std::unique_ptr<cjose_jws_t, JwsDeleter> jws(
      cjose_jws_sign(keys_.at(kid.empty() ? "ec" : kid)->jwk.get(), header.get(),
                     reinterpret_cast<const uint8_t*>(text.data()), text.size(), &error));
  const char* compact = nullptr;
  if (jws == nullptr || !cjose_jws_export(jws.get(), &compact, &error)) std::abort();
  return compact;
}

std::string TestIssuer::Write(const std::string& header, const std::map<std::string, std::string>& claims,
                              const std::string& signature) {
  return StrCat(ToBase64Url(header), ".", ToBase64Url(JsonObject(claims)), ".", signature);
}

}  // namespace duban::testing
