// An issuer of ID tokens (OpenID Connect) for tests, with keys that are made on the fly.

#ifndef DUBAN_TESTS_ACCESS_TEST_ISSUER_H_
#define DUBAN_TESTS_ACCESS_TEST_ISSUER_H_

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace duban::testing {

class TestIssuer {
 public:
  // With one key of each kind: `ec` (P-256) and `rsa` (2048 bits).
  TestIssuer();
  ~TestIssuer();

  static constexpr const char* kName = "https://id.gov.example";
  static constexpr const char* kAudience = "duban-city";

  // What lies at its jwks_uri.
  std::string Jwks() const;
  // Replaces the key of that name with another one.
  void Replace(const std::string& kid);

  // Claims of a token for `subject`, whose values are JSON.
  static std::map<std::string, std::string> Claims(const std::string& subject, const std::string& nonce,
                                                   absl::Time now);
  // A token with such claims, signed by a key of that name. `header`: other members than alg and kid, as JSON.
  std::string Sign(const std::map<std::string, std::string>& claims, const std::string& kid = "ec",
                   const std::string& algorithm = "ES256") const;
  // What anybody can write: a header as it is, the claims, and whatever signature.
  static std::string Write(const std::string& header, const std::map<std::string, std::string>& claims,
                           const std::string& signature);

 private:
  struct Key;
  std::map<std::string, std::unique_ptr<Key>> keys_;
};

// An object of JSON.
std::string JsonObject(const std::map<std::string, std::string>& members);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ACCESS_TEST_ISSUER_H_
