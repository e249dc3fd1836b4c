// The keys of a process on the wire: TLS 1.3 with certificates on both sides, for what it serves and what it calls.
//
// Keys, certificates, roots and revocation lists are looked at again every two seconds; connections made from then on
// use the new ones, those that are open stay until their certificate has run out or is revoked. A peer is known by the
// one name in its certificate (identity.h), never by an address.
//
// Thread-safe. Shared by the server and the channels of a process.

#ifndef DUBAN_COMMON_RPC_TRANSPORT_KEYS_H_
#define DUBAN_COMMON_RPC_TRANSPORT_KEYS_H_

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/access/key_folder.h"
#include "common/access/revocation_lists.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

class TransportKeys {
 public:
  // Takes the keys of a folder (key_folder.h). Errors: what is wrong with it, for the operator.
  static absl::StatusOr<std::shared_ptr<TransportKeys>> Open(const std::string& folder);

  // Whose keys they are.
  const Identity& identity() const { return folder_.identity; }
  // When the certificate that is in the folder now runs out.
  absl::StatusOr<absl::Time> ExpireTime() const;

  // Lets in who has a certificate of ours; who that is says CallerOf.
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  // For calling `node`, or a service of it: another peer is hung up on.
  std::shared_ptr<grpc::ChannelCredentials> ForCalling(const std::string& node) const;

  // Who is at the other end of a connection that ForServer let in, asked at every call: a certificate that has run out
  // or was revoked since the connection was made counts no more. Errors: NOT_AUTHENTICATED.
  absl::StatusOr<Caller> CallerOf(const grpc::AuthContext& peer, absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  TransportKeys(const std::string& path, KeyFolder folder);

  const std::string path_;
  const KeyFolder folder_;
  const std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
  RevocationLists revoked_;

  // A certificate that was looked at, and what it came to.
  struct Peer {
    Certificate certificate;
    Caller caller;
  };
  absl::StatusOr<std::shared_ptr<const Peer>> ReadPeer(const grpc::AuthContext& peer, std::string_view pem) const;

  Mutex mu_;
  // By the PEM of the certificate: each connection's is looked at once.
  absl::flat_hash_map<std::string, std::shared_ptr<const Peer>> peers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_TRANSPORT_KEYS_H_
