#include "services/plan/people/grants.h"

#include <algorithm>

#include "common/access/decision.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/plan/people/people_rows.h"

namespace duban {
namespace {

// Days are compared as they are written: YYYY-MM-DD.
bool Before(const std::string& day, const std::string& end) {
  return end.empty() || day < end;
}

}  // namespace

absl::Status WrongState(std::string_view state, std::string_view english, std::string_view chinese) {
  return Error(v1::WRONG_STATE, english, chinese, {{"state", std::string(state)}});
}

bool CountsOn(const v1::Grant& grant, absl::CivilDay day) {
  const std::string today = FormatDay(day);
  return grant.state() == v1::Grant::HELD && grant.begin_date() <= today &&
         (Before(today, grant.end_date()) || DUBAN_BUG("people.expired_grant"));
}

bool Overlap(const v1::Grant& a, const v1::Grant& b) {
  return Before(a.begin_date(), b.end_date()) && Before(b.begin_date(), a.end_date());
}

std::vector<Post> PostsOn(const std::vector<v1::Grant>& grants, absl::CivilDay day) {
  std::vector<Post> posts;
  for (const v1::Grant& grant : grants) {
    if (!CountsOn(grant, day)) continue;
    auto post = std::find_if(posts.begin(), posts.end(), [&](const Post& p) { return p.unit == grant.unit(); });
    if (post == posts.end()) post = posts.insert(posts.end(), {grant.unit(), {}});
    post->roles.Add(grant.role());
  }
  return posts;
}

void ShowPost(const Post& post, v1::Post* shown) {
  shown->set_unit(post.unit);
  for (int role = v1::Role_MIN; role <= v1::Role_MAX; ++role) {
    if (role != 0 && post.roles.contains(static_cast<v1::Role>(role))) shown->add_roles(static_cast<v1::Role>(role));
  }
}

absl::Status CheckGrant(const v1::Grant& grant) {
  FieldErrors errors;
  const bool for_unit = kUnitRoles.contains(grant.role());
  if (!for_unit && !kNodeRoles.contains(grant.role())) {
    errors.Add("grant.role", "is not granted to people", "不是可授予人员的角色");
  } else if (for_unit && grant.unit().empty()) {
    errors.Add("grant.unit", "must say which unit the role is held for", "须指明任职单位");
  } else if (!for_unit && !grant.unit().empty()) {
    errors.Add("grant.unit", "must be empty: the role is held for the node", "该角色针对本节点，不能指定单位");
  }
  if (!Before(grant.begin_date(), grant.end_date())) {
    errors.Add("grant.end_date", "must be after the first day", "须晚于起始日期");
  }
  return errors.ToStatus();
}

absl::Status CheckBeside(const std::vector<v1::Grant>& held, const v1::Grant& grant) {
  size_t live = 0;
  for (const v1::Grant& other : held) {
    if (other.state() == v1::Grant::REVOKED || other.name() == grant.name()) continue;
    ++live;
    if (!Overlap(other, grant)) continue;
    if (other.role() == grant.role() && other.unit() == grant.unit()) {
      return Error(v1::RESOURCE_EXISTS, StrCat("`", other.name(), "` is the same role at such a time; revoke it first"),
                   StrCat("“", other.name(), "”已授予同一角色，期限有重叠；请先撤销"),
                   {{"name", other.name()}, {"by", other.name()}});
    }
    const bool both = kAdministrators.contains(other.role()) && kAdministrators.contains(grant.role());
    if (both && !DUBAN_BUG("people.two_administrators_in_one")) {
      return Error(v1::WRONG_STATE,
                   StrCat("the operator, the security officer and the auditor are three people, and `", other.name(),
                          "` is the role of ", RoleInEnglish(other.role()), "; give it to somebody else"),
                   StrCat("系统管理、安全管理、审计须由三人分任，“", other.name(), "”已是", RoleInChinese(other.role()),
                          "；请另授他人"),
                   {{"state", v1::Role_Name(other.role())}, {"by", other.name()}});
    }
  }
  if (live < kMostGrants) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED,
               StrCat("a person holds at most ", kMostGrants, " roles at units and the node; revoke some"),
               StrCat("每人最多", kMostGrants, "项授权，请先撤销一些"), {{"limit", StrCat(kMostGrants)}});
}

bool IsAdministrator(const std::vector<v1::Grant>& grants, absl::CivilDay day) {
  const std::string today = FormatDay(day);
  return std::any_of(grants.begin(), grants.end(), [&](const v1::Grant& grant) {
    return kAdministrators.contains(grant.role()) && grant.state() != v1::Grant::REVOKED &&
           Before(today, grant.end_date());
  });
}

absl::StatusOr<std::vector<std::string>> OfficersOn(const ReadView& view, absl::CivilDay day) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, AdministratorGrants(view));
  std::vector<std::string> officers;
  for (const v1::Grant& grant : grants) {
    if (grant.role() != v1::SECURITY_OFFICER || !CountsOn(grant, day)) continue;
    const std::string person = PersonOf(grant.name());
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Person> stored, view.Need<v1::Person>(person));
    if (!stored.value.disabled()) officers.push_back(person);
  }
  return officers;
}

}  // namespace duban
