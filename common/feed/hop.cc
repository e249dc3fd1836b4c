#include "common/feed/hop.h"

#include "common/base/strings.h"

namespace duban {

std::string FollowedFrom(std::string_view upstream, std::string_view feed) {
  return StrCat(upstream, "_", feed);
}

std::string OfferedTo(std::string_view upstream) {
  return StrCat("offered_to_", upstream);
}

std::string OfferedBy(std::string_view downstream) {
  return StrCat("offered_by_", downstream);
}

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
