#include "common/access/decision.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "duban/v1/assignment_search_service.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/audit_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/evidence_service.pb.h"
#include "duban/v1/feed_service.pb.h"
#include "duban/v1/issuer_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/plan_search_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "duban/v1/plan_source_service.pb.h"
#include "duban/v1/rules.pb.h"
#include "duban/v1/watch_service.pb.h"

namespace duban {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using Scope = v1::AccessRule;

// What a caller holds by what it is. As access.proto says to callers.
struct RolesOfKind {
  CallerKind kind;
  RoleSet roles;
};
constexpr RolesOfKind kRolesOfKinds[] = {
    {CallerKind::kAnybody, {}},  // Decide lets it through: there is nobody to tell apart.
    {CallerKind::kThisNode, {v1::SERVICE, v1::OPERATOR, v1::REGISTRAR, v1::AUDITOR, v1::THIS_NODE}},
    {CallerKind::kService, {v1::SERVICE}},
    {CallerKind::kConsole, {v1::PERSON_CLIENT}},
    {CallerKind::kUnitClient, {v1::PLANNER, v1::REVIEWER, v1::CLERK, v1::LEADER}},
    {CallerKind::kJob, {v1::JOB}},
    {CallerKind::kPersonClient, {v1::PERSON_CLIENT}},
    {CallerKind::kPeerNode, {v1::PEER_NODE}},
    {CallerKind::kForeign, {}},
    {CallerKind::kPerson, {}},  // What they were granted.
};

// Names are shorter; what is longer was refused before.
constexpr size_t kMaxAboutBytes = 300;

struct RoleWord {
  v1::Role role;
  std::string_view chinese;
};
constexpr RoleWord kRoleWords[] = {
    {v1::PLANNER, "计划管理"},
    {v1::REVIEWER, "审核"},
    {v1::CLERK, "经办"},
    {v1::LEADER, "领导"},
    {v1::REGISTRAR, "名录管理"},
    {v1::OPERATOR, "系统管理"},
    {v1::SECURITY_OFFICER, "安全管理"},
    {v1::AUDITOR, "审计"},
    {v1::JOB, "提醒作业"},
    {v1::PEER_NODE, "相邻节点"},
    {v1::SERVICE, "本节点服务"},
    {v1::PERSON, "本人"},
    {v1::THIS_NODE, "本节点自身"},
    {v1::ON_BEHALF, "代办"},
    {v1::PERSON_CLIENT, "本人证书"},
};

// The shapes that fields may have which a role is held for; requests are held against them before the decision.
constexpr std::string_view kUnitName = "units/{unit}";
constexpr std::string_view kAssignmentName = "plans/{plan}/tasks/{task}/assignments/{unit}";
constexpr std::string_view kPlanName = "plans/{plan}";
constexpr std::string_view kPersonName = "people/{person}";

// Whether a name is that of a resource, or of something in it.
bool IsOrIsIn(std::string_view name, std::string_view resource) {
  return name.starts_with(resource) && (name.size() == resource.size() || name[resource.size()] == '/');
}

bool HasShapeOf(const FieldDescriptor& field, v1::AccessRule::Scope scope) {
  const v1::FieldRules& rules = field.options().GetExtension(v1::rules);
  if (scope == Scope::SELF) {
    return rules.format() == v1::FieldRules::ID || IsOrIsIn(rules.resource(), kPersonName);
  }
  if (scope == Scope::UNIT) return rules.resource() == kUnitName || rules.resource() == kAssignmentName;
  return IsOrIsIn(rules.resource(), kPlanName);
}

// Calls `visit` with every value that a path leads to. False where there is none, or `visit` is false for one.
bool EveryValue(const Message& message, const std::vector<const FieldDescriptor*>& path, size_t at,
                absl::FunctionRef<bool(const std::string&)> visit) {
  const FieldDescriptor* const field = path[at];
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const bool last = at + 1 == path.size();
  std::string scratch;
  if (!field->is_repeated()) {
    if (!last) {
      return reflection.HasField(message, field) &&
             EveryValue(reflection.GetMessage(message, field), path, at + 1, visit);
    }
    const std::string& value = reflection.GetStringReference(message, field, &scratch);
    return !value.empty() && visit(value);
  }
  const int size = reflection.FieldSize(message, field);
  const int looked_at = DUBAN_BUG("access.first_of_list") ? std::min(size, 1) : size;
  for (int i = 0; i < looked_at; ++i) {
    const bool holds = last ? visit(reflection.GetRepeatedStringReference(message, field, i, &scratch))
                            : EveryValue(reflection.GetRepeatedMessage(message, field, i), path, at + 1, visit);
    if (!holds) return false;
  }
  return size > 0 || DUBAN_BUG("access.nothing_named_is_all");
}

// Holds the rows of a rule against one request. Several units in one call may each be allowed by another post.
class RowCheck {
 public:
  RowCheck(const Caller& caller, const AccessFacts* facts, absl::CivilDay day)
      : caller_(caller), facts_(facts), day_(day) {}

  // What follows is about a row for these roles.
  void SetRoles(RoleSet roles) { roles_ = roles; }

  // An error of the facts, which counts as no.
  const absl::Status& failure() const { return failure_; }

  bool Holds(v1::AccessRule::Scope scope, bool below, const std::string& value) {
    switch (scope) {
      case Scope::UNIT:
        return HoldsForUnit(StrCat("units/", LastSegment(value)), below);
      case Scope::ISSUER:
        return HoldsForOrigin(value, below);
      case Scope::SELF:
        return IsSelf(value);
      case Scope::ISSUED: {
        const std::optional<Origin>& origin = OriginOf(value);
        return origin && (origin->issued || DUBAN_BUG("access.drafts_shown"));
      }
      default:
        return false;
    }
  }

 private:
  bool IsSelf(const std::string& value) const {
    if (caller_.kind == CallerKind::kThisNode || DUBAN_BUG("access.any_follower")) return true;
    if (caller_.kind == CallerKind::kPerson) return IsOrIsIn(value, caller_.person);
    return value == (caller_.kind == CallerKind::kPeerNode ? caller_.identity.node : caller_.identity.name);
  }

  bool HoldsForUnit(const std::string& unit, bool below) {
    if (IsHeldAt(unit)) return true;
    return below && IsBelow(unit);
  }

  bool HoldsForOrigin(const std::string& name, bool below) {
    const std::optional<Origin>& origin = OriginOf(name);
    if (!origin && DUBAN_BUG("access.missing_is_a_draft")) return true;
    if (!origin) return false;
    // What no unit drew up in particular is its node's.
    const bool shared = origin->unit.empty() && !origin->issued;
    return shared || HoldsForUnit(origin->unit, below);
  }

  const std::optional<Origin>& OriginOf(const std::string& name) {
    const std::string_view plan = RootName(name);
    if (plan == plan_) return origin_;
    plan_ = std::string(plan);
    origin_.reset();
    if (facts_ == nullptr) return origin_;
    absl::StatusOr<std::optional<Origin>> found = facts_->OriginOf(name);
    if (found.ok()) origin_ = *std::move(found);
    if (!found.ok()) failure_ = found.status();
    return origin_;
  }

  bool IsHeldAt(const std::string& unit) const {
    for (const Post& post : caller_.posts) {
      if (post.unit.empty() || (post.roles & roles_).empty()) continue;
      if (unit == post.unit || (DUBAN_BUG("access.unit_prefix") && unit.starts_with(post.unit))) return true;
    }
    return false;
  }

  // Whether the unit is somewhere below one that a role is held at, level by level.
  bool IsBelow(const std::string& unit) {
    if (facts_ == nullptr) return false;
    std::vector<std::string> above = {unit};
    for (size_t i = 0; i < above.size() && above.size() < kMaxUnitsAbove; ++i) {
      absl::StatusOr<std::vector<std::string>> superiors = facts_->SuperiorsOf(above[i], day_);
      if (!superiors.ok()) {
        failure_ = superiors.status();
        return false;
      }
      for (std::string& superior : *superiors) {
        if (IsHeldAt(superior)) return true;
        if (std::find(above.begin(), above.end(), superior) == above.end()) above.push_back(std::move(superior));
      }
    }
    return false;
  }

  const Caller& caller_;
  const AccessFacts* const facts_;
  const absl::CivilDay day_;
  RoleSet roles_;
  absl::Status failure_;
  // Of the last name looked at: names of one call are mostly of one plan.
  std::string plan_;
  std::optional<Origin> origin_;
};

// What a row asks for, in words.
std::string RowInEnglish(const v1::AccessRule::Row& row) {
  std::vector<std::string> roles;
  for (const int role : row.roles()) roles.push_back(RoleInEnglish(static_cast<v1::Role>(role)));
  const std::string any = absl::StrJoin(roles, " or ");
  switch (row.scope()) {
    case Scope::UNIT:
      return StrCat(any, " of the unit in `", row.field(), "`", row.below() ? " or of one above it" : "");
    case Scope::ISSUER:
      return StrCat(any, " of the unit that issued `", row.field(), "` or drew it up",
                    row.also().empty() ? "" : StrCat(" and of the one in `", row.also(), "`"));
    case Scope::SELF:
      return StrCat(any, " that `", row.field(), "` names");
    case Scope::ISSUED:
      return StrCat(any, " of this node, once `", row.field(), "` is published");
    default:
      return StrCat(any, " of this node");
  }
}

std::string RowInChinese(const v1::AccessRule::Row& row) {
  std::vector<std::string> roles;
  for (const int role : row.roles()) roles.emplace_back(RoleInChinese(static_cast<v1::Role>(role)));
  const std::string any = absl::StrJoin(roles, "或");
  switch (row.scope()) {
    case Scope::UNIT:
      return StrCat("“", row.field(), "”所指单位", row.below() ? "或其上级" : "", "的", any);
    case Scope::ISSUER:
      return StrCat("“", row.field(), "”起草或下发单位",
                    row.also().empty() ? "" : StrCat("和“", row.also(), "”所指单位"), "的", any);
    case Scope::SELF:
      return StrCat("“", row.field(), "”所指的", any);
    case Scope::ISSUED:
      return StrCat("“", row.field(), "”发布后本节点的", any);
    default:
      return StrCat("本节点的", any);
  }
}

// What whoever was refused can do about it. Nothing of the request is in it but which fields it leaves empty: what is
// not there looks like what is not for the caller.
struct Advice {
  std::string english;
  std::string chinese;
  // Goes into metadata where there is one.
  std::string cause;
};

const Advice& AskTheOfficer() {
  static const auto& advice = *new Advice{"ask the security officer of this node", "请联系本节点的安全管理员", ""};
  return advice;
}

Advice SetOneOf(const std::vector<std::string>& fields) {
  return {StrCat("set `", absl::StrJoin(fields, "` or `"), "`"), StrCat("请填写“", absl::StrJoin(fields, "”或“"), "”"),
          ""};
}

Advice EnrolFirst(const Caller& caller) {
  return {
      StrCat("`", caller.label(),
             "` holds no role in this session: an operator, security officer or auditor holds none before the second "
             "factor is enrolled; anybody else asks the security officer of this node"),
      StrCat("“", caller.label(),
             "”本次登录没有任何角色：系统管理员、安全管理员、审计管理员须先启用动态口令；其他人员请联系本节点的安全管理"
             "员"),
      "NO_ROLE"};
}

// Whether a request says something in the field at the end of a path such as `filter.unit`.
bool IsSet(const Message& request, const std::string& path) {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Descriptor* message = request.GetDescriptor();
  for (const auto part : absl::StrSplit(path, '.')) {
    fields.push_back(message->FindFieldByName(std::string(part)));
    message = fields.back()->message_type();
  }
  bool set = false;
  EveryValue(request, fields, 0, [&set](const std::string& value) {
    set = set || !value.empty();
    return true;
  });
  return set;
}

// The fields that rows for the caller's roles ask for, where the request sets none of them; else none: then it is not
// that something was left out.
std::vector<std::string> UnsetFields(const v1::AccessRule& rule, const Caller& caller, const Message& request) {
  std::vector<std::string> unset;
  for (const v1::AccessRule::Row& row : rule.rows()) {
    RoleSet roles;
    for (const int role : row.roles()) roles.Add(static_cast<v1::Role>(role));
    if ((caller.roles() & roles).empty()) continue;
    if (row.field().empty() || IsSet(request, row.field())) return {};
    if (std::find(unset.begin(), unset.end(), row.field()) == unset.end()) unset.push_back(row.field());
  }
  return unset;
}

absl::Status Refused(const v1::AccessRule& rule, const Caller& caller, const Advice& advice) {
  std::vector<std::string> english, chinese, roles, fields;
  for (const v1::AccessRule::Row& row : rule.rows()) {
    english.push_back(RowInEnglish(row));
    chinese.push_back(RowInChinese(row));
    for (const int role : row.roles()) roles.push_back(v1::Role_Name(role));
    for (const std::string* field : {&row.field(), &row.also()}) {
      if (!field->empty()) fields.push_back(*field);
    }
  }
  std::sort(roles.begin(), roles.end());
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  ErrorMetadata metadata = {
      {"caller", caller.label()}, {"roles", absl::StrJoin(roles, ",")}, {"field", absl::StrJoin(fields, ",")}};
  if (!advice.cause.empty()) metadata["cause"] = advice.cause;
  return Error(v1::NOT_ALLOWED,
               StrCat("`", caller.label(), "` may not do this, or there is no such thing: it is for the ",
                      absl::StrJoin(english, ", or for the "), "; ", advice.english),
               StrCat("“", caller.label(), "”无权办理，或者对象不存在：须是", absl::StrJoin(chinese, "，或"), "；",
                      advice.chinese),
               metadata);
}

absl::Status BadRule(const MethodDescriptor& method, std::string_view what) {
  return InvariantBroken(StrCat("the access rule of ", method.full_name(), " ", what));
}

}  // namespace

std::string_view RootName(std::string_view name) {
  const size_t slash = name.find('/');
  return slash == std::string_view::npos ? name : name.substr(0, name.find('/', slash + 1));
}

RoleSet RolesOf(CallerKind kind) {
  for (const RolesOfKind& row : kRolesOfKinds) {
    if (row.kind == kind) return row.roles;
  }
  return {};
}

std::string_view RoleInChinese(v1::Role role) {
  for (const RoleWord& word : kRoleWords) {
    if (word.role == role) return word.chinese;
  }
  return "";
}

std::string RoleInEnglish(v1::Role role) {
  std::string word = absl::AsciiStrToLower(v1::Role_Name(role));
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::vector<const MethodDescriptor*> ContractMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const google::protobuf::Descriptor* of_file :
       {v1::GetPlanRequest::descriptor(), v1::GetUnitRequest::descriptor(), v1::GetAssignmentRequest::descriptor(),
        v1::GetEvidenceFileRequest::descriptor(), v1::GetReminderRequest::descriptor(), v1::FetchRequest::descriptor(),
        v1::GetNodeStatusRequest::descriptor(), v1::ExportAuditRequest::descriptor(), v1::SignInRequest::descriptor(),
        v1::SearchPlansRequest::descriptor(), v1::SearchAssignmentsRequest::descriptor(),
        v1::GetPlanSourceRequest::descriptor(), v1::ListIssuerItemsRequest::descriptor(),
        v1::WatchRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *of_file->file();
    for (int s = 0; s < file.service_count(); ++s) {
      for (int m = 0; m < file.service(s)->method_count(); ++m) methods.push_back(file.service(s)->method(m));
    }
  }
  return methods;
}

std::string WireName(const MethodDescriptor& method) {
  return StrCat(method.service()->full_name(), "/", method.name());
}

const MethodDescriptor* FindMethod(std::string_view name) {
  for (const MethodDescriptor* method : ContractMethods()) {
    if (WireName(*method) == name) return method;
  }
  return nullptr;
}

absl::StatusOr<MethodRule::Path> MethodRule::CompilePath(const MethodDescriptor& method, const std::string& name,
                                                         v1::AccessRule::Scope scope) {
  Path path;
  const google::protobuf::Descriptor* message = method.input_type();
  for (const absl::string_view part : absl::StrSplit(name, '.')) {
    const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(std::string(part));
    if (field == nullptr) return BadRule(method, StrCat("names `", name, "`, which the request has not"));
    path.push_back(field);
    message = field->message_type();
  }
  if (HasShapeOf(*path.back(), scope)) return path;
  return BadRule(method, StrCat("names `", name, "`, whose own rule does not say that it is such a name"));
}

absl::StatusOr<MethodRule::Row> MethodRule::Compile(const MethodDescriptor& method, const v1::AccessRule::Row& row) {
  Row compiled;
  compiled.scope = row.scope();
  compiled.below = row.below();
  for (const int role : row.roles()) {
    if (RoleInChinese(static_cast<v1::Role>(role)).empty()) return BadRule(method, "names a role that is none");
    compiled.roles.Add(static_cast<v1::Role>(role));
  }
  if (compiled.roles.empty()) return BadRule(method, "has a row for nobody");
  for (const auto& [name, flag] : {std::make_pair(&row.when(), &compiled.when), {&row.unless(), &compiled.unless}}) {
    if (name->empty()) continue;
    *flag = method.input_type()->FindFieldByName(*name);
    if (*flag == nullptr || (*flag)->type() != FieldDescriptor::TYPE_BOOL || (*flag)->is_repeated()) {
      return BadRule(method, StrCat("asks for `", *name, "`, which is no bool of the request"));
    }
  }
  if (!row.also().empty()) {
    DUBAN_ASSIGN_OR_RETURN(compiled.also, CompilePath(method, row.also(), Scope::UNIT));
  }
  if (row.scope() == Scope::NODE && row.field().empty()) return compiled;
  if (row.scope() == Scope::NODE || row.scope() == Scope::SCOPE_UNSPECIFIED) return BadRule(method, "has no scope");
  DUBAN_ASSIGN_OR_RETURN(compiled.field, CompilePath(method, row.field(), row.scope()));
  return compiled;
}

absl::StatusOr<MethodRule> MethodRule::Of(const MethodDescriptor& method) {
  MethodRule rule;
  rule.contract_ = &method.options().GetExtension(v1::access);
  if (rule.contract_->rows().empty()) return BadRule(method, "is not there");
  for (const v1::AccessRule::Row& row : rule.contract_->rows()) {
    DUBAN_ASSIGN_OR_RETURN(Row compiled, Compile(method, row));
    rule.roles_ = rule.roles_ | compiled.roles;
    rule.rows_.push_back(std::move(compiled));
  }
  return rule;
}

absl::Status MethodRule::Decide(const Caller& caller, const Message& request, const AccessFacts* facts,
                                absl::CivilDay day) const {
  DUBAN_ASSIGN_OR_RETURN(const bool allowed, Allows(caller, request, facts, day));
  if (allowed) return absl::OkStatus();
  const std::vector<std::string> unset = UnsetFields(*contract_, caller, request);
  if (!unset.empty()) return Refused(*contract_, caller, SetOneOf(unset));
  // Signed in, and no role beside that of a person: the security officer may be who asks.
  const bool no_role = caller.kind == CallerKind::kPerson && caller.roles() == RoleSet({v1::PERSON});
  return no_role ? Refused(*contract_, caller, EnrolFirst(caller)) : Refuse(caller);
}

absl::StatusOr<bool> MethodRule::Allows(const Caller& caller, const Message& request, const AccessFacts* facts,
                                        absl::CivilDay day) const {
  if (caller.kind == CallerKind::kAnybody) return true;
  const RoleSet held = caller.roles();
  if ((held & roles_).empty()) return false;
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  RowCheck check(caller, facts, day);
  for (const Row& row : rows_) {
    if ((held & row.roles).empty()) continue;
    if (row.when != nullptr && !reflection.GetBool(request, row.when)) continue;
    if (row.unless != nullptr && reflection.GetBool(request, row.unless)) continue;
    if (row.scope == Scope::NODE) return true;
    check.SetRoles(row.roles);
    const auto holds = [&](const std::string& value) { return check.Holds(row.scope, row.below, value); };
    const auto own = [&](const std::string& value) { return check.Holds(Scope::UNIT, row.below, value); };
    if (EveryValue(request, row.field, 0, holds) && (row.also.empty() || EveryValue(request, row.also, 0, own))) {
      return true;
    }
    DUBAN_RETURN_IF_ERROR(check.failure());
  }
  return false;
}

std::string MethodRule::About(const Message& request) const {
  std::string about;
  const auto first = [&about](const std::string& value) {
    about = value.substr(0, kMaxAboutBytes);
    return false;
  };
  for (const Row& row : rows_) {
    if (about.empty() && !row.field.empty()) EveryValue(request, row.field, 0, first);
  }
  return about;
}

absl::Status MethodRule::Refuse(const Caller& caller) const {
  return Refused(*contract_, caller, AskTheOfficer());
}

}  // namespace duban
