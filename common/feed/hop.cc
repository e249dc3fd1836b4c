#include "common/feed/hop.h"

#include "common/base/strings.h"

namespace duban {

std::string ServiceAudience(std::string_view service) {
  return StrCat("service/", service);
}

std::string NodeAudience(std::string_view node) {
  return StrCat("node/", node);
}

Audiences DefaultAudiences(std::string_view follower, bool downstream) {
  if (downstream) return {NodeAudience(follower), kDownstreamAudience};
  return {ServiceAudience(follower)};
}

}  // namespace duban
