#include "common/access/certificate.h"

#include <openssl/pem.h>

#include <ctime>

#include "common/access/openssl.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

std::string NameText(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm broken_down = {};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return absl::InfinitePast();
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

std::string SerialText(const ASN1_INTEGER* serial) {
  const BignumPtr number(ASN1_INTEGER_to_BN(serial, nullptr));
  char* const hex = BN_bn2hex(number.get());
  std::string text(hex);
  OPENSSL_free(hex);
  return text;
}

std::vector<std::string> UrisOf(const X509* certificate) {
  std::vector<std::string> uris;
  const OpensslPtr<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_URI) continue;
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return uris;
}

absl::Status Refused(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("the certificate ", what));
}

}  // namespace

absl::StatusOr<Certificate> ReadCertificate(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr x509(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (x509 == nullptr) return Refused("cannot be read; it has to be PEM");
  Certificate certificate;
  certificate.uris = UrisOf(x509.get());
  certificate.subject = NameText(X509_get_subject_name(x509.get()));
  certificate.issuer = NameText(X509_get_issuer_name(x509.get()));
  certificate.serial = SerialText(X509_get0_serialNumber(x509.get()));
  certificate.not_before = TimeOf(X509_get0_notBefore(x509.get()));
  certificate.not_after = TimeOf(X509_get0_notAfter(x509.get()));
  certificate.authority = X509_check_ca(x509.get()) != 0;
  return certificate;
}

void ReadRevoked(std::string_view pem, std::set<std::pair<std::string, std::string>>* revoked) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const CrlPtr list(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
  if (list == nullptr) return;
  const std::string issuer = NameText(X509_CRL_get_issuer(list.get()));
  const STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list.get());
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    revoked->emplace(issuer, SerialText(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
  }
}

absl::StatusOr<Identity> IdentityOf(std::string_view uri, std::string_view subject, std::string_view domain) {
  const std::optional<Identity> identity = ParseIdentity(uri);
  if (!identity) return Refused(StrCat("has the name `", uri, "`, which says no node, service, unit or job"));
  if (identity->domain != domain) {
    return Refused(StrCat("is of the domain ", identity->domain, "; here only ", domain, " counts"));
  }
  // RFC 2253 writes the root of a subject last.
  const std::string below = StrCat("OU=", identity->node, ",O=", domain);
  if (DUBAN_BUG("access.subject_not_looked_at")) return *identity;
  if (subject != below && !subject.ends_with(StrCat(",", below))) {
    return Refused(StrCat("says `", uri, "`, but its subject `", subject, "` does not lie below `", below, "`"));
  }
  return *identity;
}

absl::StatusOr<Identity> IdentityOf(const Certificate& certificate, std::string_view domain) {
  if (certificate.authority) return Refused("is one of an authority, which signs and does not call");
  if (certificate.uris.size() != 1) {
    return Refused(StrCat("has ", certificate.uris.size(), " URI names; exactly one says who it is"));
  }
  return IdentityOf(certificate.uris[0], certificate.subject, domain);
}

}  // namespace duban
