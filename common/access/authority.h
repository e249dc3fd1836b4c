// A small certificate authority for the offices of one domain: a root, and below it one authority a node, which can
// sign for that node and for nobody else.
//
//   FOLDER/root.pem  root.key       the root; its key is needed only where a node gets its authority
//   FOLDER/issued/{serial}.pem      authorities of nodes that the root has signed
//   FOLDER/nodes/{node}/ca.pem  ca.key  issued/{serial}.pem
//   FOLDER/nodes/{node}/tokens/     the keys that the node signs tokens with (token_keys.h)
//   FOLDER/nodes/{node}/sealing/    the keys that it seals secrets with (sealing_keys.h)
//   FOLDER/.../revoked  crl.pem     serials and times, a line each; the last list of them
//   FOLDER/crls/                    revocation lists to hand out, as key folders have them (key_folder.h)
//
// An office below is given FOLDER with its own node's part and root.pem, and signs for itself from then on. All keys
// are EC P-256, and readable by their owner alone. One process at a time; the
// class itself is thread-compatible. Errors: those of the files, and
// FAILED_PRECONDITION or INVALID_ARGUMENT that says what to do.

#ifndef DUBAN_COMMON_ACCESS_AUTHORITY_H_
#define DUBAN_COMMON_ACCESS_AUTHORITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/key_folder.h"

namespace duban {

// How long certificates of nodes, services, clients and jobs hold where nothing else is asked for.
inline constexpr int kCertificateDays = 90;

class Authority {
 public:
  // Makes the root of `domain` in a folder that has none yet.
  static absl::Status Init(const std::string& folder, std::string_view domain, absl::Time now);
  static absl::StatusOr<Authority> Open(const std::string& folder);

  const std::string& domain() const { return domain_; }

  // A new key with a certificate for a name, which holds from a minute before `now` for `days`, 1 to 398. Makes the
  // authority of its node at the first one. Errors: FAILED_PRECONDITION where neither that nor the root's key is here.
  absl::StatusOr<KeySet> Issue(const Identity& identity, int days, absl::Time now) const;

  // Puts the keys that the identity's node signs tokens with into a key folder: the public halves for a service, the
  // signing key, and those that secrets are sealed with (sealing_keys.h), for the plan service and for the node itself;
  // nothing for others. Makes them at the first one.
  absl::Status GiveTokenKeys(const Identity& identity, const std::string& folder, absl::Time now) const;
  // Makes a node's next signing key; GiveTokenKeys hands it out.
  absl::Status RotateTokenKey(const std::string& node, absl::Time now) const;
  // The same of the key that seals; those before it go on opening.
  absl::Status RotateSealingKey(const std::string& node, absl::Time now) const;

  // Revokes what was issued under a serial, writes the new list of its issuer to crls/ and returns it. Again: the same
  // list anew.
  absl::StatusOr<std::string> Revoke(const std::string& serial, absl::Time now) const;

  // One certificate that was issued.
  struct Issued {
    Certificate certificate;
    bool revoked = false;
  };
  // All of them, authorities of nodes included, by issuer and serial.
  absl::StatusOr<std::vector<Issued>> List() const;

  std::string crl_folder() const { return folder_ + "/crls"; }

 private:
  Authority(std::string folder, std::string domain) : folder_(std::move(folder)), domain_(std::move(domain)) {}
  std::string FolderOf(std::string_view node) const;
  absl::Status MakeNodeAuthority(const std::string& node, absl::Time now) const;
  // Folders of the root and of all nodes whose authority is here.
  std::vector<std::string> Issuers() const;

  std::string folder_;
  std::string domain_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_AUTHORITY_H_
