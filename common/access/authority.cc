#include "common/access/authority.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/access/openssl.h"
#include "common/access/sealing_keys.h"
#include "common/access/token_keys.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

namespace fs = std::filesystem;

constexpr int kRootDays = 20 * 365;
constexpr int kNodeAuthorityDays = 5 * 365;
// Clocks of offices are not all right.
constexpr absl::Duration kBackdated = absl::Minutes(1);

using NamePtr = OpensslPtr<X509_NAME, X509_NAME_free>;

absl::Status Failed(std::string_view what) {
  return absl::InternalError(StrCat("OpenSSL cannot ", what));
}

absl::Status Refused(std::string_view what) {
  return absl::FailedPreconditionError(ToAbsl(what));
}

// Whatever OpenSSL says of one step; the steps of making a certificate fail together.
class Steps {
 public:
  Steps& operator&=(int result) {
    ok_ = ok_ && result == 1;
    return *this;
  }
  bool ok() const { return ok_; }

 private:
  bool ok_ = true;
};

// What signs: a certificate and its key. Of a root to be, no certificate yet.
struct Signer {
  std::string folder;
  X509Ptr certificate;
  KeyPtr key;
};

struct Subject {
  std::string domain;
  // Empty: the root.
  std::string node;
  std::string common_name;
};

NamePtr NameOf(const Subject& subject) {
  NamePtr name(X509_NAME_new());
  const auto add = [&](const char* field, const std::string& text) {
    if (text.empty()) return;
    X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  };
  add("O", subject.domain);
  add("OU", subject.node);
  add("CN", subject.common_name);
  return name;
}

std::string PemOf(const std::function<int(BIO*)>& write) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (write(out.get()) != 1) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}
std::string PemOf(X509* certificate) {
  return PemOf([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}
std::string PemOf(EVP_PKEY* key) {
  return PemOf(
      [&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

absl::StatusOr<X509Ptr> ReadX509(const std::string& path) {
  DUBAN_ASSIGN_OR_RETURN(std::string pem, ReadWholeFile(path));
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return Refused(StrCat(path, " is no certificate in PEM"));
  return certificate;
}

absl::StatusOr<KeyPtr> ReadKey(const std::string& path) {
  DUBAN_ASSIGN_OR_RETURN(std::string pem, ReadWholeFile(path));
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  if (key == nullptr) return Refused(StrCat(path, " is no key in PEM"));
  return key;
}

absl::StatusOr<Signer> OpenSigner(const std::string& folder, const std::string& name) {
  Signer signer;
  signer.folder = folder;
  DUBAN_ASSIGN_OR_RETURN(signer.certificate, ReadX509(StrCat(folder, "/", name, ".pem")));
  DUBAN_ASSIGN_OR_RETURN(signer.key, ReadKey(StrCat(folder, "/", name, ".key")));
  return signer;
}

// 16 random bytes, positive.
bool SetRandomSerial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  const BignumPtr number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

int AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const OpensslPtr<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension == nullptr ? 0 : X509_add_ext(certificate, extension.get(), -1);
}

bool Permit(NAME_CONSTRAINTS* constraints, int type, ASN1_STRING* text) {
  GENERAL_SUBTREE* const subtree = GENERAL_SUBTREE_new();
  GENERAL_NAME_set0_value(subtree->base, type, text);
  return sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree) > 0;
}

// What an authority of a node may sign: subjects below its own `O=DOMAIN,OU=NODE`, names of its domain, and the host
// name `NODE.DOMAIN`. The path within a name cannot be limited by X.509: that is why IdentityOf holds it against the
// subject, which can.
int AddNameConstraints(X509* certificate, const Subject& subject) {
  const OpensslPtr<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> constraints(NAME_CONSTRAINTS_new());
  constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
  const auto text = [](const std::string& value) {
    ASN1_STRING* const string = ASN1_STRING_type_new(V_ASN1_IA5STRING);
    ASN1_STRING_set(string, value.data(), static_cast<int>(value.size()));
    return string;
  };
  if (!Permit(constraints.get(), GEN_URI, text(subject.domain))) return 0;
  if (!Permit(constraints.get(), GEN_DNS, text(StrCat(subject.node, ".", subject.domain)))) return 0;
  GENERAL_SUBTREE* const directory = GENERAL_SUBTREE_new();
  GENERAL_NAME_set0_value(directory->base, GEN_DIRNAME, NameOf({subject.domain, subject.node, ""}).release());
  if (sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, directory) <= 0) return 0;
  // Not critical, against RFC 5280 (4.2.1.10): OpenSSL, which nodes check callers with, holds to it all the same, while
  // clients in Go know no constraint on a subject and would refuse every node. They do hold to that on the host name.
  constexpr int kCritical = 0;
  return X509_add1_ext_i2d(certificate, NID_name_constraints, constraints.get(), kCritical, 0);
}

// A certificate as far as all kinds are alike; unsigned.
struct Draft {
  X509Ptr certificate;
  KeyPtr key;
};
absl::StatusOr<Draft> MakeDraft(const Subject& subject, int days, absl::Time now, const X509* issuer) {
  Draft draft;
  draft.key.reset(EVP_EC_gen("P-256"));
  draft.certificate.reset(X509_new());
  if (draft.key == nullptr || draft.certificate == nullptr) return Failed("make a key");
  X509* const x509 = draft.certificate.get();
  const NamePtr name = NameOf(subject);
  Steps steps;
  steps &= X509_set_version(x509, X509_VERSION_3);
  steps &= SetRandomSerial(x509) ? 1 : 0;
  steps &= X509_set_subject_name(x509, name.get());
  steps &= X509_set_issuer_name(x509, issuer == nullptr ? name.get() : X509_get_subject_name(issuer));
  steps &= X509_set_pubkey(x509, draft.key.get());
  ASN1_TIME_set(X509_getm_notBefore(x509), absl::ToTimeT(now - kBackdated));
  ASN1_TIME_set(X509_getm_notAfter(x509), absl::ToTimeT(now + absl::Hours(24 * days)));
  if (!steps.ok()) return Failed("fill in a certificate");
  return draft;
}

absl::Status Sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  Steps steps;
  steps &= AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  steps &= AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (!steps.ok() || X509_sign(certificate, key, EVP_sha256()) <= 0) return Failed("sign a certificate");
  return absl::OkStatus();
}

absl::StatusOr<std::string> NoteIssued(const std::string& folder, X509* certificate) {
  const std::string pem = PemOf(certificate);
  DUBAN_ASSIGN_OR_RETURN(Certificate read, ReadCertificate(pem));
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder + "/issued"));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(StrCat(folder, "/issued/", read.serial, ".pem"), pem));
  return read.serial;
}

// Serials and times of what an issuer has revoked.
std::vector<std::pair<std::string, int64_t>> RevokedBy(const std::string& folder) {
  std::vector<std::pair<std::string, int64_t>> revoked;
  absl::StatusOr<std::string> lines = ReadWholeFile(folder + "/revoked");
  if (!lines.ok()) return revoked;
  for (const absl::string_view line : absl::StrSplit(*lines, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    int64_t seconds = 0;
    if (ParseNumber(parts.second, &seconds)) revoked.emplace_back(parts.first, seconds);
  }
  return revoked;
}

bool IsRevoked(const std::string& folder, const std::string& serial) {
  const auto revoked = RevokedBy(folder);
  return std::any_of(revoked.begin(), revoked.end(), [&](const auto& one) { return one.first == serial; });
}

int AddRevoked(X509_CRL* crl, const std::string& serial, int64_t seconds) {
  BIGNUM* number = nullptr;
  if (BN_hex2bn(&number, serial.c_str()) == 0) return 0;
  const BignumPtr owned(number);
  const OpensslPtr<ASN1_INTEGER, ASN1_INTEGER_free> integer(BN_to_ASN1_INTEGER(number, nullptr));
  const OpensslPtr<ASN1_TIME, ASN1_TIME_free> time(ASN1_TIME_set(nullptr, static_cast<time_t>(seconds)));
  X509_REVOKED* const revoked = X509_REVOKED_new();
  Steps steps;
  steps &= X509_REVOKED_set_serialNumber(revoked, integer.get());
  steps &= X509_REVOKED_set_revocationDate(revoked, time.get());
  steps &= X509_CRL_add0_revoked(crl, revoked);
  return steps.ok() ? 1 : 0;
}

std::string LastCrlOf(const std::string& folder) {
  return folder + "/crl.pem";
}

// Of several lists OpenSSL takes the one with the latest time, in whole seconds, and none whose time is still to come:
// so they are dated a day back, and each a second behind the last.
constexpr absl::Duration kCrlBackdated = absl::Hours(24);
absl::Time NextCrlTime(const std::string& folder, absl::Time now) {
  const absl::Time time = now - kCrlBackdated;
  const absl::StatusOr<std::string> last = ReadWholeFile(LastCrlOf(folder));
  if (!last.ok()) return time;
  const BioPtr in(BIO_new_mem_buf(last->data(), static_cast<int>(last->size())));
  const CrlPtr crl(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
  std::tm broken_down = {};
  if (crl == nullptr || ASN1_TIME_to_tm(X509_CRL_get0_lastUpdate(crl.get()), &broken_down) != 1) return time;
  return std::max(time, absl::FromTM(broken_down, absl::UTCTimeZone()) + absl::Seconds(1));
}

// Holds as long as its issuer: a list that ran out would lock everybody out.
absl::StatusOr<std::string> MakeCrl(const Signer& signer, absl::Time now) {
  const CrlPtr crl(X509_CRL_new());
  const auto revoked = RevokedBy(signer.folder);
  const time_t made = absl::ToTimeT(NextCrlTime(signer.folder, now));
  const OpensslPtr<ASN1_TIME, ASN1_TIME_free> time(ASN1_TIME_set(nullptr, made));
  Steps steps;
  steps &= X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  steps &= X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(signer.certificate.get()));
  steps &= X509_CRL_set1_lastUpdate(crl.get(), time.get());
  steps &= X509_CRL_set1_nextUpdate(crl.get(), X509_get0_notAfter(signer.certificate.get()));
  for (const auto& [serial, seconds] : revoked) steps &= AddRevoked(crl.get(), serial, seconds);
  X509_CRL_sort(crl.get());
  if (!steps.ok() || X509_CRL_sign(crl.get(), signer.key.get(), EVP_sha256()) <= 0) {
    return Failed("sign a revocation list");
  }
  return PemOf([&](BIO* out) { return PEM_write_bio_X509_CRL(out, crl.get()); });
}

// How a folder's own certificate and key are called.
std::string SignerNameIn(const std::string& folder) {
  return fs::exists(folder + "/root.pem") ? "root" : "ca";
}

}  // namespace

absl::Status Authority::Init(const std::string& folder, std::string_view domain, absl::Time now) {
  if (!IsTrustDomain(domain)) {
    return absl::InvalidArgumentError(StrCat("`", domain,
                                             "` is no domain; write lower-case labels between dots, such "
                                             "as duban.chaozhou.gov.cn"));
  }
  if (fs::exists(folder + "/root.pem")) {
    return Refused(StrCat(folder, " has a root already; with another one nothing it has signed would hold"));
  }
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder));
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder + "/nodes"));
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder + "/crls"));
  DUBAN_ASSIGN_OR_RETURN(Draft draft, MakeDraft({std::string(domain), "", "root"}, kRootDays, now, nullptr));
  X509* const root = draft.certificate.get();
  Steps steps;
  steps &= AddExtension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:1");
  steps &= AddExtension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!steps.ok()) return Failed("fill in the root");
  DUBAN_RETURN_IF_ERROR(Sign(root, root, draft.key.get()));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(folder + "/root.key", PemOf(draft.key.get())));
  return WritePrivateFile(folder + "/root.pem", PemOf(root));
}

absl::StatusOr<Authority> Authority::Open(const std::string& folder) {
  DUBAN_ASSIGN_OR_RETURN(X509Ptr root, ReadX509(folder + "/root.pem"));
  char domain[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(root.get()), NID_organizationName, domain, sizeof domain);
  if (!IsTrustDomain(domain)) return Refused(StrCat(folder, "/root.pem was not made by `duban keys init`"));
  return Authority(folder, domain);
}

std::string Authority::FolderOf(std::string_view node) const {
  return StrCat(folder_, "/nodes/", node);
}

absl::Status Authority::MakeNodeAuthority(const std::string& node, absl::Time now) const {
  if (!fs::exists(folder_ + "/root.key")) {
    return Refused(StrCat(folder_, " has no authority of the node ", node, " and no key of the root to make one; have ",
                          "it issued where the root is"));
  }
  DUBAN_ASSIGN_OR_RETURN(Signer root, OpenSigner(folder_, "root"));
  const Subject subject = {domain_, node, "authority"};
  DUBAN_ASSIGN_OR_RETURN(Draft draft, MakeDraft(subject, kNodeAuthorityDays, now, root.certificate.get()));
  X509* const x509 = draft.certificate.get();
  Steps steps;
  steps &= AddExtension(x509, root.certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  steps &= AddExtension(x509, root.certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  steps &= AddNameConstraints(x509, subject);
  if (!steps.ok()) return Failed("fill in an authority");
  DUBAN_RETURN_IF_ERROR(Sign(x509, root.certificate.get(), root.key.get()));
  DUBAN_RETURN_IF_ERROR(NoteIssued(folder_, x509).status());
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(FolderOf(node)));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(FolderOf(node) + "/ca.key", PemOf(draft.key.get())));
  return WritePrivateFile(FolderOf(node) + "/ca.pem", PemOf(x509));
}

absl::StatusOr<KeySet> Authority::Issue(const Identity& identity, int days, absl::Time now) const {
  if (days < 1 || days > 398) return absl::InvalidArgumentError("a certificate holds for 1 to 398 days");
  if (identity.domain != domain_) return absl::InvalidArgumentError(StrCat("this is the authority of ", domain_));
  const std::string folder = FolderOf(identity.node);
  if (!fs::exists(folder + "/ca.pem")) DUBAN_RETURN_IF_ERROR(MakeNodeAuthority(identity.node, now));
  DUBAN_ASSIGN_OR_RETURN(Signer signer, OpenSigner(folder, "ca"));
  const Subject subject = {domain_, identity.node, identity.path().substr(0, 64)};
  DUBAN_ASSIGN_OR_RETURN(Draft draft, MakeDraft(subject, days, now, signer.certificate.get()));
  X509* const x509 = draft.certificate.get();
  // Only nodes and their services are called; a unit's client that listened under a stolen address would be refused.
  const bool serves = identity.part == Identity::Part::kNode || identity.part == Identity::Part::kService;
  const std::string host = serves ? StrCat(",DNS:", identity.node, ".", domain_) : "";
  Steps steps;
  steps &= AddExtension(x509, signer.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  steps &= AddExtension(x509, signer.certificate.get(), NID_key_usage, "critical,digitalSignature");
  steps &=
      AddExtension(x509, signer.certificate.get(), NID_ext_key_usage, serves ? "serverAuth,clientAuth" : "clientAuth");
  steps &= AddExtension(x509, signer.certificate.get(), NID_subject_alt_name, StrCat("URI:", identity.uri(), host));
  if (!steps.ok()) return Failed("fill in a certificate");
  DUBAN_RETURN_IF_ERROR(Sign(x509, signer.certificate.get(), signer.key.get()));
  KeySet set;
  DUBAN_ASSIGN_OR_RETURN(set.serial, NoteIssued(folder, x509));
  DUBAN_ASSIGN_OR_RETURN(set.root, ReadWholeFile(folder_ + "/root.pem"));
  set.key = PemOf(draft.key.get());
  set.certificate = PemOf(x509) + PemOf(signer.certificate.get());
  return set;
}

std::vector<std::string> Authority::Issuers() const {
  std::vector<std::string> issuers;
  std::error_code ignored;
  for (const auto& node : fs::directory_iterator(folder_ + "/nodes", ignored)) issuers.push_back(node.path().string());
  std::sort(issuers.begin(), issuers.end());
  issuers.insert(issuers.begin(), folder_);
  return issuers;
}

absl::Status Authority::RotateTokenKey(const std::string& node, absl::Time now) const {
  if (!fs::exists(FolderOf(node) + "/ca.pem")) return Refused(StrCat("the authority of node ", node, " is not here"));
  return MakeTokenKey(TokenFolderOf(FolderOf(node)), now);
}

absl::Status Authority::RotateSealingKey(const std::string& node, absl::Time now) const {
  if (!fs::exists(FolderOf(node) + "/ca.pem")) return Refused(StrCat("the authority of node ", node, " is not here"));
  return MakeSealingKey(SealingFolderOf(FolderOf(node)), now);
}

absl::Status Authority::GiveTokenKeys(const Identity& identity, const std::string& folder, absl::Time now) const {
  const bool node = identity.part == Identity::Part::kNode;
  if (!node && identity.part != Identity::Part::kService) return absl::OkStatus();
  const std::string tokens = TokenFolderOf(FolderOf(identity.node));
  if (!fs::exists(tokens)) DUBAN_RETURN_IF_ERROR(RotateTokenKey(identity.node, now));
  const bool signs = node || identity.name == "plan";
  DUBAN_RETURN_IF_ERROR(CopyTokenKeys(tokens, TokenFolderOf(folder), signs));
  if (!signs) return absl::OkStatus();
  const std::string sealing = SealingFolderOf(FolderOf(identity.node));
  if (!fs::exists(sealing)) DUBAN_RETURN_IF_ERROR(RotateSealingKey(identity.node, now));
  return CopySealingKeys(sealing, SealingFolderOf(folder));
}

absl::StatusOr<std::string> Authority::Revoke(const std::string& serial, absl::Time now) const {
  for (const std::string& folder : Issuers()) {
    if (serial.find('/') != std::string::npos || !fs::exists(StrCat(folder, "/issued/", serial, ".pem"))) continue;
    DUBAN_ASSIGN_OR_RETURN(Signer signer, OpenSigner(folder, SignerNameIn(folder)));
    if (!IsRevoked(folder, serial)) {
      absl::StatusOr<std::string> lines = ReadWholeFile(folder + "/revoked");
      const std::string before = lines.ok() ? *lines : "";
      DUBAN_RETURN_IF_ERROR(
          WritePrivateFile(folder + "/revoked", StrCat(before, serial, " ", absl::ToUnixSeconds(now), "\n")));
    }
    DUBAN_ASSIGN_OR_RETURN(std::string crl, MakeCrl(signer, now));
    DUBAN_RETURN_IF_ERROR(WritePrivateFile(LastCrlOf(folder), crl));
    DUBAN_RETURN_IF_ERROR(InstallCrl(crl_folder(), crl));
    return crl;
  }
  return absl::NotFoundError(StrCat("nothing was issued here under the serial ", serial, "; `duban keys show` lists"));
}

absl::StatusOr<std::vector<Authority::Issued>> Authority::List() const {
  std::vector<Issued> all;
  for (const std::string& folder : Issuers()) {
    std::error_code ignored;
    std::vector<std::string> paths;
    for (const auto& file : fs::directory_iterator(folder + "/issued", ignored)) paths.push_back(file.path().string());
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
      DUBAN_ASSIGN_OR_RETURN(std::string pem, ReadWholeFile(path));
      Issued issued;
      DUBAN_ASSIGN_OR_RETURN(issued.certificate, ReadCertificate(pem));
      issued.revoked = IsRevoked(folder, issued.certificate.serial);
      all.push_back(std::move(issued));
    }
  }
  return all;
}

}  // namespace duban
