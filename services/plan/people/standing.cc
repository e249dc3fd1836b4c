#include "services/plan/people/standing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/people/grants.h"
#include "services/plan/people/people_rows.h"

namespace duban {
namespace {

// The session of a person's call; nothing where it has ended.
absl::StatusOr<std::optional<storage::v1::SessionRecord>> FindSession(const ReadView& view, const Caller& caller,
                                                                      absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::SessionRecord> session,
                         view.GetLocal<storage::v1::SessionRecord>(caller.session));
  if (session && FromProto(session->session().expire_time()) <= now) session.reset();
  return session;
}

}  // namespace

absl::Status SessionOver() {
  return Error(v1::NOT_AUTHENTICATED, "the session has ended, or there is none; sign in again",
               "登录已失效或不存在，请重新登录", {{"cause", "SESSION"}});
}

absl::Status NotForCaller(const Caller& caller, std::string_view english, std::string_view chinese) {
  return Error(v1::NOT_ALLOWED, StrCat("`", caller.label(), "` may not do this: ", english),
               StrCat("“", caller.label(), "”无权办理：", chinese), {{"caller", caller.label()}});
}

absl::Status CheckSession(const ReadView& view, const Caller& caller, absl::Time now) {
  if (caller.kind != CallerKind::kPerson) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SessionRecord> session, FindSession(view, caller, now));
  return session ? absl::OkStatus() : SessionOver();
}

bool HoldsAdministrator(const std::vector<Post>& posts) {
  return std::any_of(posts.begin(), posts.end(),
                     [](const Post& post) { return !(post.roles & kAdministrators).empty(); });
}

absl::StatusOr<bool> MissesSecondFactor(const ReadView& view, const Caller& caller, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SessionRecord> session, FindSession(view, caller, now));
  if (!session || session->session().second_factor()) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(view, caller.person));
  return HoldsAdministrator(PostsOn(grants, DayOf(now)));
}

absl::Status CheckOfficer(const ReadView& view, const Caller& caller, absl::Time now) {
  if (caller.kind != CallerKind::kPerson) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SessionRecord> session, FindSession(view, caller, now));
  if (!session) return SessionOver();
  if (!session->session().second_factor()) {
    return NotForCaller(caller, "administrators sign in with a second factor", "三员须使用两种方式登录");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(view, caller.person));
  for (const Post& post : PostsOn(grants, DayOf(now))) {
    if (post.roles.contains(v1::SECURITY_OFFICER)) return absl::OkStatus();
  }
  return NotForCaller(caller, "the role of security officer was taken away", "安全管理员角色已被撤销");
}

}  // namespace duban
