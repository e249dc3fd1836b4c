// `duban access grant, approve, revoke, list, explain`: who holds which role.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct GrantFlags {
  std::string person, name, unit, from, until;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  bool awaiting = false;
  Mutation mutation;
};

struct ExplainFlags {
  std::string person, method, carrier;
  std::vector<std::string> fields;
};

// `people/zhang/grants/g1` for that, and for `zhang/g1` as the tables write it.
std::string GrantName(const std::string& text) {
  const size_t slash = text.find('/');
  if (text.starts_with("people/") || slash == std::string::npos) return text;
  return StrCat("people/", text.substr(0, slash), "/grants/", text.substr(slash + 1));
}

std::string ShortGrant(const std::string& name) {
  const std::string rest = name.substr(name.find('/') + 1);
  return StrCat(rest.substr(0, rest.find('/')), "/", ShortName(name));
}

Table GrantTable(Session& session) {
  return Table({{session.Say({"授权", "Grant"}), false, true},
                {session.Say({"角色", "Role"}), false, false},
                {session.Say({"任职单位", "At"}), false, true},
                {session.Say({"期限", "Days"}), false, true},
                {session.Say({"状态", "State"}), false, false},
                {session.Say({"授予", "Granted by"}), false, true},
                {session.Say({"核准", "Approved by"}), false, true}});
}

void AddRow(Session& session, const v1::Grant& grant, Table& table) {
  const std::string end = grant.end_date();
  const std::string days = end.empty()
                               ? session.Say({StrCat(grant.begin_date(), " 起"), StrCat("from ", grant.begin_date())})
                               : session.Say({StrCat(grant.begin_date(), " 至 ", end, " 前"),
                                              StrCat(grant.begin_date(), ", until before ", end)});
  const Style style = grant.state() == v1::Grant::HELD      ? Style::kGreen
                      : grant.state() == v1::Grant::REVOKED ? Style::kRed
                                                            : Style::kYellow;
  table.Row({ShortGrant(grant.name()), session.Say(WordOf(grant.role())),
             grant.unit().empty() ? session.Say({"本节点", "this node"}) : ShortName(grant.unit()), days,
             Cell(session.Say(WordOf(grant.state())), style), ShortName(grant.granted_by()),
             ShortName(grant.approved_by())});
}

void Print(Session& session, const v1::Grant& grant) {
  session.printer().Json(grant);
  Table table = GrantTable(session);
  AddRow(session, grant, table);
  session.printer().Show(table, {});
  if (grant.state() != v1::Grant::AWAITING_APPROVAL) return;
  session.printer().Hint(
      {StrCat("须由另一名安全管理员核准：duban access approve ", ShortGrant(grant.name())),
       StrCat("a second security officer has to approve it: duban access approve ", ShortGrant(grant.name()))});
}

absl::Status Give(Session& session, const GrantFlags& flags) {
  v1::GrantRoleRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_person(FullName("people/", flags.person));
  request.mutable_grant()->set_role(flags.role);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_grant()->mutable_unit(), session.UnitName(flags.unit));
  request.mutable_grant()->set_begin_date(flags.from);
  request.mutable_grant()->set_end_date(flags.until);
  DUBAN_ASSIGN_OR_RETURN(const auto grant, session.Call<v1::Grant>("AccessService/GrantRole", request));
  Print(session, grant);
  return absl::OkStatus();
}

template <typename Request>
absl::Status Change(Session& session, const GrantFlags& flags, std::string_view method) {
  Request request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(GrantName(flags.name));
  DUBAN_ASSIGN_OR_RETURN(const auto grant, session.Call<v1::Grant>(method, request));
  Print(session, grant);
  return absl::OkStatus();
}

absl::Status List(Session& session, const GrantFlags& flags) {
  v1::ListGrantsRequest request;
  request.set_person(FullName("people/", flags.person));
  request.set_awaiting_approval(flags.awaiting);
  request.set_page_size(1000);
  v1::ListGrantsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListGrantsResponse>("AccessService/ListGrants", request));
    all.mutable_grants()->MergeFrom(page.grants());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  Table table = GrantTable(session);
  for (const v1::Grant& grant : all.grants()) AddRow(session, grant, table);
  session.printer().Show(table, {"没有授权", "nothing is granted"});
  return absl::OkStatus();
}

absl::Status Explain(Session& session, const ExplainFlags& flags) {
  v1::ExplainAccessRequest request;
  request.set_person(FullName("people/", flags.person));
  request.set_method(flags.method.starts_with("duban.v1.") ? flags.method : StrCat("duban.v1.", flags.method));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_carrier_unit(), session.UnitName(flags.carrier));
  for (const std::string& text : flags.fields) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return UsageError({StrCat("“", text, "”应写成 字段=值，如 unit=units/tax"),
                         StrCat("`", text, "` has to be FIELD=VALUE, such as unit=units/tax")});
    }
    auto* const field = request.add_fields();
    field->set_path(text.substr(0, equals));
    field->set_value(text.substr(equals + 1));
  }
  DUBAN_ASSIGN_OR_RETURN(const auto why,
                         session.Call<v1::ExplainAccessResponse>("AccessService/ExplainAccess", request));
  session.printer().Json(why);
  if (why.allowed()) {
    session.printer().Line({"可以办理", "allowed"}, Style::kGreen);
  } else {
    session.printer().Line({why.chinese(), why.english()}, Style::kRed);
  }
  for (const v1::Post& post : why.posts()) {
    std::vector<std::string> roles;
    for (const int role : post.roles()) roles.push_back(session.Say(WordOf(static_cast<v1::Role>(role))));
    const std::string at = post.unit().empty() ? session.Say({"本节点", "this node"}) : ShortName(post.unit());
    const std::string held = absl::StrJoin(roles, session.Say({"、", ", "}));
    session.printer().Line({StrCat("今日任职：", at, " ", held), StrCat("holds today: ", held, " at ", at)});
  }
  return absl::OkStatus();
}

void AddGive(Command access) {
  const auto flags = std::make_shared<GrantFlags>();
  access.Leaf("grant", {"授予角色", "grant a role"}, [flags](Session& session) { return Give(session, *flags); })
      .Text("PERSON", &flags->person, {"登录名", "the person"}, kRequired)
      .Enum("ROLE", &flags->role, {"角色，如 clerk 或 经办", "the role, such as clerk"}, kRequired)
      .Text("--unit=UNIT", &flags->unit,
            {"任职单位；节点的角色不填", "the unit it is held for; left out for the node's roles"})
      .Text("--from=DATE", &flags->from, {"起始日期；默认今天", "the first day; today if left out"})
      .Text("--until=DATE", &flags->until, {"终止日期（不含当日）；默认无", "the day after the last; none if left out"})
      .Changes(&flags->mutation, /*with_etag=*/false);
}

}  // namespace

void AddAccessGrants(Command access) {
  AddGive(access);
  const auto change = [&access](const char* name, const Phrase& description,
                                absl::Status (*run)(Session&, const GrantFlags&)) {
    const auto flags = std::make_shared<GrantFlags>();
    access.Leaf(name, description, [flags, run](Session& session) { return run(session, *flags); })
        .Text("GRANT", &flags->name, {"授权，见 access list，如 zhang/g1", "the grant, as `access list` has it"},
              kRequired)
        .Changes(&flags->mutation, /*with_etag=*/false);
  };
  change("approve", {"核准他人授予的管理员角色", "approve an administrator's role that another officer granted"},
         [](Session& session, const GrantFlags& flags) {
           return Change<v1::ApproveGrantRequest>(session, flags, "AccessService/ApproveGrant");
         });
  change("revoke", {"撤销角色", "take a role away"}, [](Session& session, const GrantFlags& flags) {
    return Change<v1::RevokeRoleRequest>(session, flags, "AccessService/RevokeRole");
  });
  const auto list = std::make_shared<GrantFlags>();
  access.Leaf("list", {"列出授权", "list grants"}, [list](Session& session) { return List(session, *list); })
      .Text("PERSON", &list->person, {"登录名；默认所有人", "the person; everybody if left out"})
      .Flag("--awaiting", &list->awaiting, {"只列待核准的", "only those that await approval"});
  const auto explain = std::make_shared<ExplainFlags>();
  access
      .Leaf("explain", {"某人能否调用某接口，为什么", "why somebody may, or may not, make a call"},
            [explain](Session& session) { return Explain(session, *explain); })
      .Text("PERSON", &explain->person, {"登录名", "the person"}, kRequired)
      .Text("METHOD", &explain->method, {"接口，如 PlanService/GetPlan", "such as PlanService/GetPlan"}, kRequired)
      .Texts("--field=FIELD=VALUE", &explain->fields,
             {"请求字段，如 unit=units/tax；可多次", "a field of the request; may be repeated"})
      .Text("--over=UNIT", &explain->carrier,
            {"经由哪个单位的客户端；默认经由本节点的服务",
             "over which unit's client; a service of the node if left out"});
}

}  // namespace duban::cli
