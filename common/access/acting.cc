#include "common/access/acting.h"

#include <algorithm>

#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

bool MayActForOthers(const Caller& caller, const ActingAs& as) {
  return std::any_of(caller.posts.begin(), caller.posts.end(), [&](const Post& post) {
    return post.roles.contains(as.role) && post.roles.contains(v1::ON_BEHALF) &&
           (as.unit.empty() || post.unit == as.unit);
  });
}

}  // namespace

absl::StatusOr<ActingPerson> InWhoseName(const Caller& caller, const ActingAs& as, const std::string& said,
                                         const std::string& field) {
  if (caller.kind != CallerKind::kPerson) {
    if (said.empty()) return InvalidField(field, "must be set", "必须填写");
    return ActingPerson{said, ""};
  }
  if (said.empty() || said == caller.display_name) return ActingPerson{caller.display_name, ""};
  if (MayActForOthers(caller, as) || DUBAN_BUG("access.anyone_acts_for_others")) {
    return ActingPerson{said, caller.display_name};
  }
  return Error(v1::NOT_ALLOWED,
               StrCat("`", field, "` names ", said, ", and ", caller.display_name,
                      " may not act for others; leave it out, or ask a security officer for the role ",
                      RoleInEnglish(v1::ON_BEHALF)),
               StrCat("“", field, "”填的是", said, "，而", caller.display_name, "没有“",
                      std::string(RoleInChinese(v1::ON_BEHALF)), "”角色，不能代他人办理；请留空，或联系安全管理员授权"),
               {{"field", field}, {"roles", v1::Role_Name(v1::ON_BEHALF)}, {"caller", caller.label()}});
}

}  // namespace duban
