// The name in a certificate: `spiffe://DOMAIN/node/NODE`, alone or with `/service/NAME`, `/unit/NAME`, `/job/NAME` or
// `/person/NAME`.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_ACCESS_IDENTITY_H_
#define DUBAN_COMMON_ACCESS_IDENTITY_H_

#include <optional>
#include <string>
#include <string_view>

namespace duban {

struct Identity {
  // What the node's name is followed by.
  enum class Part { kNode, kService, kUnit, kJob, kPerson };

  // Lower-case labels of letters, digits and `-` between dots: `duban.chaozhou.gov.cn`.
  std::string domain;
  // Id of the node that vouches for the name.
  std::string node;
  Part part = Part::kNode;
  // Id of the service, unit, job or person; empty for a node.
  std::string name;

  // The name without scheme and domain: `node/district/unit/tax-bureau`.
  std::string path() const;
  // The whole name.
  std::string uri() const;

  friend bool operator==(const Identity& a, const Identity& b) = default;
};

// The longest name that is taken, as SPIFFE has it for the domain (255), and three ids.
inline constexpr size_t kMaxIdentityBytes = 512;

// The name taken apart; nothing where it is anything but exactly such a name: no other scheme, port, user, query,
// fragment, escape, upper case, empty or further segment, and every id is one of resources (IsResourceId).
std::optional<Identity> ParseIdentity(std::string_view uri);

// The same of a path, as Identity::path has it.
std::optional<Identity> ParseIdentityPath(std::string_view domain, std::string_view path);

// Whether a text can be the domain of names.
bool IsTrustDomain(std::string_view text);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_IDENTITY_H_
