#include "common/feed/hop.h"

#include <algorithm>

#include "common/base/errors.h"
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

std::string StartedOverName(std::string_view hop) {
  return StrCat("started_over/", hop);
}

std::string ServiceAudience(std::string_view service) {
  return StrCat("service/", service);
}

std::string NodeAudience(std::string_view node) {
  return StrCat("node/", node);
}

bool PlausibleVersion(int64_t given, int64_t own) {
  if (given < 0) return false;
  return given <= own || given - std::max<int64_t>(own, 0) <= kMostVersionLeap;
}

absl::Status ImplausibleVersion(std::string_view name, int64_t given, int64_t own) {
  return InvalidField("version",
                      StrCat("`", name, "` is sent in version ", given, ", and version ", own,
                             " is here: nobody made so many changes; the sender's store is damaged"),
                      StrCat("“", name, "”的版本号", given, "与本级的", own, "相差过大，来源数据可能已损坏"));
}

absl::StatusOr<TakenBack> CompareVersions(std::string_view name, int64_t given, int64_t own, bool same_content) {
  if (given != own) return given > own ? TakenBack::kTaken : TakenBack::kOlder;
  if (same_content) return TakenBack::kSame;
  return InvariantBroken(StrCat("`", name,
                                "` is held by a neighbour with other content than here, in the same version ", own,
                                "; this store has gone on after it was lost"));
}

Audiences DefaultAudiences(std::string_view follower, bool downstream) {
  if (downstream) return {NodeAudience(follower), kDownstreamAudience};
  return {ServiceAudience(follower)};
}

}  // namespace duban
