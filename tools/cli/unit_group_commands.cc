// `duban unit group`: collective addressees such as 各街道.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/directory_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct GroupFlags {
  std::string group, id, date;
  std::optional<std::string> name;
  std::vector<std::string> aliases, members, selections;
  Mutation mutation;
};

std::string MembersCell(Session& session, const v1::UnitGroup& group) {
  std::vector<std::string> parts;
  for (const auto& member : group.members()) parts.push_back(session.NameOf(member.unit()));
  for (const auto& selection : group.selections()) {
    std::vector<std::string> kinds;
    for (const int kind : selection.kinds()) kinds.push_back(session.Say(WordOf(static_cast<v1::Unit::Kind>(kind))));
    const std::string superior = session.NameOf(selection.superior());
    parts.push_back(session.Say({StrCat(superior, "下属的", absl::StrJoin(kinds, "、")),
                                 StrCat(absl::StrJoin(kinds, ", "), " under ", superior)}));
  }
  return absl::StrJoin(parts, "、");
}

Table GroupTable(Session& session) {
  return Table({{session.Say({"单位组", "Group"}), false, false},
                {session.Say({"名称", "Name"}), false, true},
                {session.Say({"又称", "Aliases"}), false, true},
                {session.Say({"成员", "Members"}), false, true}});
}

void PrintGroup(Session& session, const v1::UnitGroup& group) {
  session.printer().Json(group);
  if (session.printer().json()) return;
  Table table = GroupTable(session);
  table.Row({ShortName(group.name()), group.display_name(), absl::StrJoin(group.aliases(), "、"),
             MembersCell(session, group)});
  session.printer().Show(table, {"", ""});
  session.printer().Line({StrCat("归属节点：", group.owner_node(), "  版本：", group.etag()),
                          StrCat("owner: ", group.owner_node(), "  etag: ", group.etag())});
}

absl::Status List(Session& session) {
  v1::ListUnitGroupsRequest request;
  request.set_page_size(1000);
  v1::ListUnitGroupsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListUnitGroupsResponse>("DirectoryService/ListUnitGroups", request));
    all.mutable_groups()->MergeFrom(page.groups());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  if (session.printer().json()) return absl::OkStatus();
  Table table = GroupTable(session);
  for (const v1::UnitGroup& group : all.groups()) {
    table.Row({ShortName(group.name()), group.display_name(), absl::StrJoin(group.aliases(), "、"),
               MembersCell(session, group)});
  }
  session.printer().Show(table, {"还没有单位组", "no groups"});
  return absl::OkStatus();
}

absl::Status Show(Session& session, const GroupFlags& flags) {
  v1::GetUnitGroupRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), session.GroupName(flags.group));
  DUBAN_ASSIGN_OR_RETURN(const auto group, session.Call<v1::UnitGroup>("DirectoryService/GetUnitGroup", request));
  PrintGroup(session, group);
  return absl::OkStatus();
}

absl::Status Expand(Session& session, const GroupFlags& flags) {
  v1::ExpandUnitGroupRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), session.GroupName(flags.group));
  request.set_date(flags.date);
  DUBAN_ASSIGN_OR_RETURN(const auto members,
                         session.Call<v1::ExpandUnitGroupResponse>("DirectoryService/ExpandUnitGroup", request));
  session.printer().Json(members);
  Table table({{session.Say({"单位", "Unit"}), false, false},
               {session.Say({"名称", "Name"}), false, true},
               {session.Say({"类别", "Kind"}), false, false},
               {session.Say({"节点", "Node"}), false, false}});
  for (const v1::Unit& unit : members.units()) {
    table.Row({ShortName(unit.name()), unit.display_name(), session.Say(WordOf(unit.kind())), unit.node()});
  }
  session.printer().Show(table, {"这一天没有成员", "no members on that day"});
  return absl::OkStatus();
}

// `SUPERIOR:KIND,KIND`, such as `区政府:department,street`.
absl::Status FillSelection(Session& session, const std::string& text, v1::UnitGroup::Selection* selection) {
  const size_t colon = text.rfind(':');
  const absl::Status wrong = UsageError(
      {StrCat("--select 的“", text, "”应写成 上级:类别,类别，如 units/qu:department,street"),
       StrCat("--select `", text, "` has to be SUPERIOR:KIND,KIND, such as ", "units/qu:department,street")});
  if (colon == std::string::npos) return wrong;
  DUBAN_ASSIGN_OR_RETURN(*selection->mutable_superior(), session.UnitName(text.substr(0, colon)));
  const std::vector<std::string> kinds = absl::StrSplit(text.substr(colon + 1), ',');
  for (const std::string& kind : kinds) {
    const auto value = ParseEnum(
        v1::Unit::Kind_descriptor(), [](int k) { return WordOf(static_cast<v1::Unit::Kind>(k)); }, kind);
    if (!value.has_value()) return wrong;
    selection->add_kinds(static_cast<v1::Unit::Kind>(*value));
  }
  return absl::OkStatus();
}

absl::Status Fill(Session& session, const GroupFlags& flags, v1::UnitGroup* group, google::protobuf::FieldMask* mask) {
  if (flags.name.has_value()) {
    group->set_display_name(*flags.name);
    mask->add_paths("display_name");
  }
  if (!flags.aliases.empty()) {
    group->mutable_aliases()->Assign(flags.aliases.begin(), flags.aliases.end());
    mask->add_paths("aliases");
  }
  for (const std::string& member : flags.members) {
    DUBAN_ASSIGN_OR_RETURN(*group->add_members()->mutable_unit(), session.UnitName(member));
  }
  if (!flags.members.empty()) mask->add_paths("members");
  for (const std::string& selection : flags.selections) {
    DUBAN_RETURN_IF_ERROR(FillSelection(session, selection, group->add_selections()));
  }
  if (!flags.selections.empty()) mask->add_paths("selections");
  return absl::OkStatus();
}

absl::Status Create(Session& session, const GroupFlags& flags) {
  v1::CreateUnitGroupRequest request;
  google::protobuf::FieldMask unused;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_group(), &unused));
  request.set_group_id(flags.id);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto group, session.Call<v1::UnitGroup>("DirectoryService/CreateUnitGroup", request));
  PrintGroup(session, group);
  return absl::OkStatus();
}

absl::Status Update(Session& session, const GroupFlags& flags) {
  v1::UpdateUnitGroupRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_group(), request.mutable_update_mask()));
  if (request.update_mask().paths().empty()) {
    return UsageError({"没有写明要改什么；至少给出一项", "nothing to change: give at least one option"});
  }
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_group()->mutable_name(), session.GroupName(flags.group));
  request.mutable_group()->set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto group, session.Call<v1::UnitGroup>("DirectoryService/UpdateUnitGroup", request));
  PrintGroup(session, group);
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const GroupFlags& flags) {
  v1::DeleteUnitGroupRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), session.GroupName(flags.group));
  request.set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto done,
                         session.Call<v1::DeleteUnitGroupResponse>("DirectoryService/DeleteUnitGroup", request));
  session.printer().Json(done);
  session.printer().Line({StrCat("已删除 ", request.name()), StrCat("deleted ", request.name())});
  return absl::OkStatus();
}

void AddEdits(Command group) {
  const auto edit = [](Command& command, GroupFlags* flags) {
    command.Text("--name=NAME", &flags->name, {"名称，如 各街道", "name"})
        .Texts("--alias=NAME", &flags->aliases, {"又称；可多次", "another name; may be repeated"})
        .Texts("--member=UNIT", &flags->members, {"成员；可多次", "a member; may be repeated"})
        .Texts("--select=SUPERIOR:KINDS", &flags->selections,
               {"某上级直属的某类单位，如 units/qu:street；可多次",
                "all units of some kinds under a superior; may be repeated"});
  };
  auto create = std::make_shared<GroupFlags>();
  Command create_command = group.Leaf("create", {"新增单位组", "add a group"},
                                      [create](Session& session) { return Create(session, *create); });
  create_command.Text("--id=ID", &create->id, {"编号；不填则由服务器定", "id; the server's choice if left out"});
  edit(create_command, create.get());
  create_command.Changes(&create->mutation, /*with_etag=*/false);

  auto update = std::make_shared<GroupFlags>();
  Command update_command =
      group.Leaf("update", {"修改单位组；写了的项整项替换", "change a group; what is given replaces what was there"},
                 [update](Session& session) { return Update(session, *update); });
  update_command.Text("GROUP", &update->group, {"单位组", "the group"}, kRequired);
  edit(update_command, update.get());
  update_command.Changes(&update->mutation);

  auto remove = std::make_shared<GroupFlags>();
  group
      .Leaf("delete", {"删除单位组", "delete a group"}, [remove](Session& session) { return Delete(session, *remove); })
      .Text("GROUP", &remove->group, {"单位组", "the group"}, kRequired)
      .Changes(&remove->mutation);
}

}  // namespace

void AddUnitGroupCommands(Command unit) {
  Command group = unit.Group("group", {"单位组，如 各街道、区直各单位", "groups of units"});
  group.Leaf("list", {"列出单位组", "list groups"}, [](Session& session) { return List(session); });

  auto show = std::make_shared<GroupFlags>();
  group.Leaf("show", {"查看单位组", "show a group"}, [show](Session& session) { return Show(session, *show); })
      .Text("GROUP", &show->group, {"单位组：名称、别名或 groups/编号", "name, alias or groups/ID"}, kRequired);

  auto expand = std::make_shared<GroupFlags>();
  group
      .Leaf("expand", {"列出某日的成员", "list the members on a day"},
            [expand](Session& session) { return Expand(session, *expand); })
      .Text("GROUP", &expand->group, {"单位组", "the group"}, kRequired)
      .Text("--date=DATE", &expand->date, {"哪一天；默认今天", "the day; today if left out"});

  AddEdits(group);
}

}  // namespace duban::cli
