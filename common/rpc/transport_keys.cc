#include "common/rpc/transport_keys.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr unsigned int kLookAgainSeconds = 2;
// Certificates that are remembered; beyond these all are looked at anew.
constexpr size_t kMostPeers = 4096;

// This gRPC takes TLS 1.2 too, and has no option against it. Its ciphers of TLS 1.2 can be chosen, by this variable,
// which it reads once: one that needs a shared secret, which nobody has, leaves no way to speak it. Those of TLS 1.3
// are a list of their own. Set before there are threads.
const bool kOnlyTls13 = setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1) == 0;

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

// Looks, once a connection is made and before anything goes over it, whether the other side is who it has to be.
class PeerVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  // `node`: the one that is called; empty: any, at a server, where each call says who may make it.
  PeerVerifier(std::string domain, std::string node) : domain_(std::move(domain)), node_(std::move(node)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* result) override {
    const absl::Status checked = Check(View(request->peer_cert()));
    *result = checked.ok() ? grpc::Status::OK
                           : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(checked.message()));
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Check(std::string_view pem) const {
    DUBAN_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(pem));
    if (node_.empty()) {
      return certificate.authority ? absl::UnauthenticatedError("an authority does not call") : absl::OkStatus();
    }
    DUBAN_ASSIGN_OR_RETURN(Identity peer, IdentityOf(certificate, domain_));
    const bool serves = peer.part == Identity::Part::kNode || peer.part == Identity::Part::kService;
    if (serves && peer.node == node_) return absl::OkStatus();
    return absl::UnauthenticatedError(StrCat("`", peer.uri(), "` answers there, and not the node ", node_));
  }

  const std::string domain_;
  const std::string node_;
};

absl::Status NotAuthenticated(std::string_view english) {
  return Error(v1::NOT_AUTHENTICATED,
               StrCat("nobody can tell who calls: ", english, "; have a certificate issued by the office of this node"),
               "无法确认调用方身份：所用证书不符合要求，请向本节点的主管单位申领证书",
               {{"cause", std::string(english)}});
}

// The one value of a property; empty where there is none or more than one.
std::string_view OnlyValue(const grpc::AuthContext& peer, const char* property) {
  const std::vector<grpc::string_ref> values = peer.FindPropertyValues(property);
  return values.size() == 1 ? View(values[0]) : std::string_view();
}

}  // namespace

absl::StatusOr<std::shared_ptr<TransportKeys>> TransportKeys::Open(const std::string& folder) {
  if (!kOnlyTls13) return absl::InternalError("cannot limit TLS to version 1.3");
  DUBAN_ASSIGN_OR_RETURN(KeyFolder opened, OpenKeyFolder(folder));
  return std::shared_ptr<TransportKeys>(new TransportKeys(folder, std::move(opened)));
}

TransportKeys::TransportKeys(const std::string& path, KeyFolder folder)
    : path_(path),
      folder_(std::move(folder)),
      provider_(std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          KeyFileOf(path), CertificateFileOf(path), AuthorityFileOf(path), kLookAgainSeconds)),
      revoked_(CrlFolderOf(path), &RealClock()) {}

absl::StatusOr<absl::Time> TransportKeys::ExpireTime() const {
  DUBAN_ASSIGN_OR_RETURN(std::string pem, ReadWholeFile(CertificateFileOf(path_)));
  DUBAN_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(pem));
  return certificate.not_after;
}

std::shared_ptr<grpc::ServerCredentials> TransportKeys::ForServer() const {
  grpc::experimental::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PeerVerifier>(identity().domain, ""));
  options.set_check_call_host(false);
  options.set_crl_directory(CrlFolderOf(path_));
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TransportKeys::ForCalling(const std::string& node) const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PeerVerifier>(identity().domain, node));
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);
  options.set_crl_directory(CrlFolderOf(path_));
  return grpc::experimental::TlsCredentials(options);
}

absl::StatusOr<std::shared_ptr<const TransportKeys::Peer>> TransportKeys::ReadPeer(const grpc::AuthContext& peer,
                                                                                   std::string_view pem) const {
  // gRPC has it only where the certificate has exactly one URI, and that begins as such a name does.
  const std::string_view uri = OnlyValue(peer, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  if (uri.empty()) {
    return NotAuthenticated("the certificate has not exactly one name of a node, unit, service, job or person");
  }
  absl::StatusOr<Certificate> certificate = ReadCertificate(pem);
  if (!certificate.ok()) return NotAuthenticated(ToStd(certificate.status().message()));
  absl::StatusOr<Identity> identity =
      IdentityOf(uri, OnlyValue(peer, GRPC_X509_SUBJECT_PROPERTY_NAME), this->identity().domain);
  if (!identity.ok()) return NotAuthenticated(ToStd(identity.status().message()));
  auto read = std::make_shared<Peer>();
  read->certificate = *std::move(certificate);
  read->caller = duban::CallerOf(*std::move(identity), this->identity().node);
  return read;
}

absl::StatusOr<Caller> TransportKeys::CallerOf(const grpc::AuthContext& peer, absl::Time now) {
  // A connection that goes on from an earlier one is made without a look at the certificate: not whether it still
  // holds, nor whether it was revoked since.
  if (OnlyValue(peer, GRPC_SSL_SESSION_REUSED_PROPERTY) != "false") {
    return NotAuthenticated("the connection resumes an earlier TLS session; connect without resuming");
  }
  const std::string_view pem = OnlyValue(peer, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  std::shared_ptr<const Peer> known;
  {
    MutexLock lock(&mu_);
    const auto found = peers_.find(ToAbsl(pem));
    if (found != peers_.end()) known = found->second;
  }
  if (known == nullptr) {
    DUBAN_ASSIGN_OR_RETURN(known, ReadPeer(peer, pem));
    MutexLock lock(&mu_);
    if (peers_.size() >= kMostPeers) peers_.clear();
    peers_.emplace(std::string(pem), known);
  }
  if (known->certificate.not_after <= now)
    return NotAuthenticated("the certificate has run out; connect with a new one");
  if (revoked_.Contains(known->certificate)) return NotAuthenticated("the certificate was revoked");
  return known->caller;
}

}  // namespace duban
