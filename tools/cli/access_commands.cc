// `duban access`: who may do what.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/access/decision.h"
#include "common/base/strings.h"
#include "duban/v1/access.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct KindWords {
  CallerKind kind;
  Phrase who;
  std::string certificate;
};

const std::vector<KindWords>& Kinds() {
  static const auto* const kinds = new std::vector<KindWords>{
      {CallerKind::kPeerNode, {"其他节点（及其服务）", "another node, or a service of it"}, "node/OTHER[/service/S]"},
      {CallerKind::kService, {"本节点的服务", "a service of this node"}, "node/THIS/service/S"},
      {CallerKind::kConsole,
       {"本节点的控制台（登录之前）", "the console of this node, before anybody has signed in"},
       "node/THIS/service/console"},
      {CallerKind::kThisNode, {"本节点自身", "this node itself"}, "node/THIS"},
      {CallerKind::kUnitClient, {"单位客户端", "a unit's client"}, "node/THIS/unit/U"},
      {CallerKind::kJob, {"提醒作业", "a job"}, "node/THIS/job/J"},
      {CallerKind::kPersonClient, {"本人证书（UKey）", "a person's own certificate"}, "node/THIS/person/P"},
      {CallerKind::kPerson, {"登录人员（另有授予的角色）", "a person (with what they were granted)"}, "-"},
      {CallerKind::kForeign,
       {"其他节点的客户端、作业或人员", "a client, a job or a person of another node"},
       "node/OTHER/unit/U, job/J, person/P"},
  };
  return *kinds;
}

std::string RoleWords(const Session& session, RoleSet roles) {
  std::vector<std::string> words;
  for (int role = v1::Role_MIN; role <= v1::Role_MAX; ++role) {
    const auto one = static_cast<v1::Role>(role);
    if (!v1::Role_IsValid(role) || !roles.contains(one)) continue;
    words.push_back(session.Say({std::string(RoleInChinese(one)), RoleInEnglish(one)}));
  }
  return words.empty() ? session.Say({"无", "none"}) : absl::StrJoin(words, session.Say({"、", ", "}));
}

Phrase HeldFor(const v1::AccessRule::Row& row) {
  switch (row.scope()) {
    case v1::AccessRule::UNIT:
      return row.below() ? Phrase{StrCat(row.field(), " 所指单位，或其上级"),
                                  StrCat("the unit in ", row.field(), ", or one above it")}
                         : Phrase{StrCat(row.field(), " 所指单位"), StrCat("the unit in ", row.field())};
    case v1::AccessRule::ISSUER:
      return {StrCat(row.field(), " 的下发（起草）单位"),
              StrCat("the unit that issued ", row.field(), " or drew it up")};
    case v1::AccessRule::ISSUED:
      return {StrCat("本节点，且 ", row.field(), " 已发布"), StrCat("this node, once ", row.field(), " is published")};
    case v1::AccessRule::SELF:
      return {StrCat(row.field(), " 所指的自身"), StrCat("itself, in ", row.field())};
    default:
      return {"本节点", "this node"};
  }
}

Phrase Condition(const v1::AccessRule::Row& row) {
  if (!row.also().empty())
    return {StrCat("，以及 ", row.also(), " 所指单位"), StrCat(", and the unit in ", row.also())};
  if (!row.when().empty()) return {StrCat("，", row.when(), " 为真时"), StrCat(", where ", row.when(), " is set")};
  if (!row.unless().empty()) {
    return {StrCat("，", row.unless(), " 为假时"), StrCat(", where ", row.unless(), " is not set")};
  }
  return {};
}

void PrintKinds(Session& session) {
  Table table({{session.Say({"调用方", "Caller"}), false, true},
               {session.Say({"证书中的名称", "Name in the certificate"}), false, true},
               {session.Say({"角色", "Roles"}), false, true}});
  for (const KindWords& kind : Kinds()) {
    table.Row({session.Say(kind.who), kind.certificate, RoleWords(session, RolesOf(kind.kind))});
  }
  session.printer().Show(table, {});
}

void PrintRules(Session& session, const v1::AccessTable& rules) {
  Table table({{session.Say({"接口", "Method"}), false, true},
               {session.Say({"须有的角色（其一）", "Roles, any one of"}), false, true},
               {session.Say({"针对", "Held for"}), false, true}});
  for (const v1::AccessTable::Method& method : rules.methods()) {
    std::string name = method.name().substr(method.name().rfind('.') + 1);
    for (const v1::AccessRule::Row& row : method.rule().rows()) {
      RoleSet roles;
      for (const int role : row.roles()) roles.Add(static_cast<v1::Role>(role));
      table.Row({name, RoleWords(session, roles), session.Say(HeldFor(row)) + session.Say(Condition(row))});
      name.clear();
    }
  }
  session.printer().Show(table, {});
}

absl::Status Rules(Session& session) {
  v1::AccessTable rules;
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) {
    v1::AccessTable::Method* const added = rules.add_methods();
    added->set_name(WireName(*method));
    *added->mutable_rule() = method->options().GetExtension(v1::access);
  }
  session.printer().Json(rules);
  PrintKinds(session);
  session.printer().Gap();
  PrintRules(session, rules);
  session.printer().Gap();
  session.printer().Line({"未列明的一律拒绝。无权与不存在，答复相同。",
                          "What no row allows is refused. Not allowed and not there look the same."});
  return absl::OkStatus();
}

}  // namespace

void AddAccessCommands(Command root) {
  Command access = root.Group("access", {"谁能办什么", "who may do what"});
  access.Leaf("rules", {"列出每个接口须有的角色", "list the roles that each method asks for"}, Rules);
  AddAccessGrants(access);
}

}  // namespace duban::cli
