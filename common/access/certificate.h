// X.509 certificates as far as they say who somebody is. OpenSSL behind them stays in the .cc files of this folder.
//
// Thread-safe. Errors are for operators: INVALID_ARGUMENT or FAILED_PRECONDITION that says what is wrong with which
// file.

#ifndef DUBAN_COMMON_ACCESS_CERTIFICATE_H_
#define DUBAN_COMMON_ACCESS_CERTIFICATE_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/identity.h"

namespace duban {

// What a certificate says.
struct Certificate {
  // Every URI among its subject alternative names; whose it is where that is exactly one.
  std::vector<std::string> uris;
  // As RFC 2253 writes it: `CN=node/district,OU=district,O=gov.example`.
  std::string subject;
  std::string issuer;
  // Hex digits.
  std::string serial;
  absl::Time not_before;
  absl::Time not_after;
  // It may sign others, and is nobody's.
  bool authority = false;
};

// The first certificate in a PEM text.
absl::StatusOr<Certificate> ReadCertificate(std::string_view pem);

// Adds what a revocation list in PEM revokes, as issuer and serial. Nothing where it is none.
void ReadRevoked(std::string_view pem, std::set<std::pair<std::string, std::string>>* revoked);

// Whose certificate it is: that of its one name. Refused are an authority, another number of names, a name that is none
// of ours, one of another domain, and a subject that does not lie below `O=DOMAIN,OU=NODE`: what an authority may sign
// is limited by its own certificate to subjects of its node, and a name is worth no more than that.
absl::StatusOr<Identity> IdentityOf(const Certificate& certificate, std::string_view domain);

// The last two checks by themselves, where a name and a subject are known and no certificate.
absl::StatusOr<Identity> IdentityOf(std::string_view uri, std::string_view subject, std::string_view domain);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_CERTIFICATE_H_
