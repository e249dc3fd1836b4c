// `duban unit`: the directory.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/directory_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// `content` of ImportDirectory.
constexpr size_t kMaxDirectoryFile = 2097152;

struct ListFlags {
  std::string superior;
};

std::string SuperiorsCell(Session& session, const v1::Unit& unit) {
  std::vector<std::string> names;
  for (const auto& superior : unit.superiors()) names.push_back(session.NameOf(superior.unit()));
  return absl::StrJoin(names, "、");
}

Table UnitTable(Session& session) {
  return Table({{session.Say({"编号", "Id"}), false, false},
                {session.Say({"名称", "Name"}), false, true},
                {session.Say({"又称", "Aliases"}), false, true},
                {session.Say({"类别", "Kind"}), false, false},
                {session.Say({"上级", "Superiors"}), false, true},
                {session.Say({"节点", "Node"}), false, false}});
}

void AddUnitRow(Session& session, const v1::Unit& unit, Table* table) {
  table->Row({ShortName(unit.name()), unit.display_name(), absl::StrJoin(unit.aliases(), "、"),
              session.Say(WordOf(unit.kind())), SuperiorsCell(session, unit), unit.node()});
}

absl::Status List(Session& session, const ListFlags& flags) {
  v1::ListUnitsRequest request;
  request.set_page_size(1000);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_superior(), session.UnitName(flags.superior));
  v1::ListUnitsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListUnitsResponse>("DirectoryService/ListUnits", request));
    all.mutable_units()->MergeFrom(page.units());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  if (session.printer().json()) return absl::OkStatus();
  for (const v1::Unit& unit : all.units()) session.KnowName(unit.name(), unit.display_name());
  Table table = UnitTable(session);
  for (const v1::Unit& unit : all.units()) AddUnitRow(session, unit, &table);
  session.printer().Show(
      table, {"单位名录是空的。用 duban unit import 文件 导入", "no units; load them: duban unit import FILE"});
  return absl::OkStatus();
}

void PrintUnit(Session& session, const v1::Unit& unit) {
  Printer& printer = session.printer();
  if (printer.json()) return;
  const auto line = [&](const Phrase& label, const std::string& value) {
    if (!value.empty()) printer.Line({StrCat(label.zh, "：", value), StrCat(label.en, ": ", value)});
  };
  printer.Line({unit.display_name(), unit.display_name()}, Style::kBold);
  line({"编号", "name"}, unit.name());
  line({"类别", "kind"}, session.Say(WordOf(unit.kind())));
  line({"又称", "aliases"}, absl::StrJoin(unit.aliases(), "、"));
  for (const auto& superior : unit.superiors()) {
    const bool dated = !superior.valid_from().empty() || !superior.valid_to().empty();
    const std::string name = session.NameOf(superior.unit());
    line({"上级", "superior"},
         dated ? StrCat(name, "  [", superior.valid_from(), ", ", superior.valid_to(), ")") : name);
  }
  line({"节点", "node"}, unit.node());
  for (const auto& contact : unit.contacts()) {
    line({"联系人", "contact"}, StrCat(contact.person(), " ", contact.phone(), " ", contact.email()));
  }
  if (!unit.valid_from().empty() || !unit.valid_to().empty()) {
    line({"有效期", "valid"}, StrCat("[", unit.valid_from(), ", ", unit.valid_to(), ")"));
  }
  line({"归属节点", "owner"}, unit.owner_node());
  line({"版本", "etag"}, unit.etag());
}

absl::Status Show(Session& session, const std::string& text) {
  v1::GetUnitRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), session.UnitName(text));
  DUBAN_ASSIGN_OR_RETURN(const v1::Unit unit, session.Call<v1::Unit>("DirectoryService/GetUnit", request));
  session.printer().Json(unit);
  PrintUnit(session, unit);
  return absl::OkStatus();
}

struct ImportFlags {
  std::string file;
  bool check = false;
  Mutation mutation;
};

absl::Status Import(Session& session, const ImportFlags& flags) {
  v1::ImportDirectoryRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_content(), session.ReadFile(flags.file, kMaxDirectoryFile));
  request.set_validate_only(flags.check);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto done,
                         session.Call<v1::ImportDirectoryResponse>("DirectoryService/ImportDirectory", request));
  session.printer().Json(done);
  session.printer().Line(
      {StrCat(flags.check ? "核对通过（未写入）：" : "已导入：", "单位新增 ", done.units_created(), "、更新 ",
              done.units_updated(), "；单位组新增 ", done.groups_created(), "、更新 ", done.groups_updated()),
       StrCat(flags.check ? "checked, nothing stored: " : "imported: ", done.units_created(), " units created, ",
              done.units_updated(), " updated; ", done.groups_created(), " groups created, ", done.groups_updated(),
              " updated")});
  return absl::OkStatus();
}

struct EditFlags {
  bool beside_upper = false;
  std::string unit, id, valid_from, valid_to;
  std::optional<std::string> name, node, contact, phone, email;
  std::vector<std::string> aliases, superiors;
  v1::Unit::Kind kind = v1::Unit::KIND_UNSPECIFIED;
  bool no_aliases = false;
  Mutation mutation;
};

// What the flags say about a unit; `paths`, where it is not null, gets the fields they touch.
absl::Status Fill(Session& session, const EditFlags& flags, v1::Unit* unit, google::protobuf::FieldMask* mask) {
  const auto text = [&](const std::optional<std::string>& value, std::string* field, const char* path) {
    if (!value.has_value()) return;
    *field = *value;
    mask->add_paths(path);
  };
  text(flags.name, unit->mutable_display_name(), "display_name");
  text(flags.node, unit->mutable_node(), "node");
  if (!flags.valid_from.empty()) text(flags.valid_from, unit->mutable_valid_from(), "valid_from");
  if (!flags.valid_to.empty()) text(flags.valid_to, unit->mutable_valid_to(), "valid_to");
  if (flags.kind != v1::Unit::KIND_UNSPECIFIED) {
    unit->set_kind(flags.kind);
    mask->add_paths("kind");
  }
  if (!flags.aliases.empty() || flags.no_aliases) {
    unit->mutable_aliases()->Assign(flags.aliases.begin(), flags.aliases.end());
    mask->add_paths("aliases");
  }
  for (const std::string& superior : flags.superiors) {
    DUBAN_ASSIGN_OR_RETURN(*unit->add_superiors()->mutable_unit(), session.UnitName(superior));
  }
  if (!flags.superiors.empty()) mask->add_paths("superiors");
  if (flags.contact.has_value() || flags.phone.has_value() || flags.email.has_value()) {
    auto* contact = unit->add_contacts();
    contact->set_person(flags.contact.value_or(""));
    contact->set_phone(flags.phone.value_or(""));
    contact->set_email(flags.email.value_or(""));
    mask->add_paths("contacts");
  }
  return absl::OkStatus();
}

absl::Status Create(Session& session, const EditFlags& flags) {
  v1::CreateUnitRequest request;
  google::protobuf::FieldMask unused;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_unit(), &unused));
  request.set_unit_id(flags.id);
  request.set_beside_upper(flags.beside_upper);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const v1::Unit unit, session.Call<v1::Unit>("DirectoryService/CreateUnit", request));
  session.printer().Json(unit);
  PrintUnit(session, unit);
  return absl::OkStatus();
}

absl::Status Update(Session& session, const EditFlags& flags) {
  v1::UpdateUnitRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_unit(), request.mutable_update_mask()));
  if (request.update_mask().paths().empty()) {
    return UsageError({"没有写明要改什么；至少给出一项", "nothing to change: give at least one option"});
  }
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit()->mutable_name(), session.UnitName(flags.unit));
  request.mutable_unit()->set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const v1::Unit unit, session.Call<v1::Unit>("DirectoryService/UpdateUnit", request));
  session.printer().Json(unit);
  PrintUnit(session, unit);
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const EditFlags& flags) {
  v1::DeleteUnitRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), session.UnitName(flags.unit));
  request.set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto done, session.Call<v1::DeleteUnitResponse>("DirectoryService/DeleteUnit", request));
  session.printer().Json(done);
  session.printer().Line({StrCat("已删除 ", request.name()), StrCat("deleted ", request.name())});
  return absl::OkStatus();
}

struct ResolveFlags {
  std::string text, date;
};

absl::Status Resolve(Session& session, const ResolveFlags& flags) {
  v1::ResolveUnitRequest request;
  request.set_text(flags.text);
  request.set_date(flags.date);
  DUBAN_ASSIGN_OR_RETURN(const auto found,
                         session.Call<v1::ResolveUnitResponse>("DirectoryService/ResolveUnit", request));
  session.printer().Json(found);
  if (!found.match().empty()) {
    session.printer().Line({found.match(), found.match()});
    return absl::OkStatus();
  }
  // Programs get the answer as it is; people get told that it is none.
  if (session.printer().json()) return absl::OkStatus();
  const std::string nearest = absl::StrJoin(found.nearest(), "、");
  return NotFoundError(
      {StrCat("单位名录里没有“", flags.text, "”", nearest.empty() ? "" : "，相近的有：", nearest),
       StrCat("the directory has no `", flags.text, "`", nearest.empty() ? "" : "; near to it: ", nearest)});
}

// The options of `create` and `update`.
void AddEditOptions(Command& command, EditFlags* flags) {
  command.Enum("--kind", &flags->kind, {"类别", "kind"})
      .Texts("--alias=NAME", &flags->aliases, {"又称；可多次", "another name; may be repeated"})
      .Texts("--superior=UNIT", &flags->superiors, {"上级单位；可多次（条块）", "superior; may be repeated"})
      .Text("--node=NODE", &flags->node, {"在哪个节点办公", "the node where it works"})
      .Text("--contact=PERSON", &flags->contact, {"联系人", "contact person"})
      .Text("--phone=NUMBER", &flags->phone, {"电话", "phone"})
      .Text("--email=ADDRESS", &flags->email, {"邮箱", "e-mail"})
      .Text("--valid-from=DATE", &flags->valid_from, {"自此日起存在（含）", "first day it exists"})
      .Text("--valid-to=DATE", &flags->valid_to, {"自此日起不存在", "first day it no longer exists"});
}

void AddEdits(Command unit) {
  auto create = std::make_shared<EditFlags>();
  Command create_command =
      unit.Leaf("create", {"新增单位", "add a unit"}, [create](Session& session) { return Create(session, *create); });
  create_command.Text("--name=NAME", &create->name, {"全称", "full name"})
      .Text("--id=ID", &create->id, {"编号；不填则由服务器定", "id; the server's choice if left out"})
      .Flag("--beside-upper", &create->beside_upper,
            {"上级单位名录已有同名单位，仍另建一个", "make one though a node above has a unit of this name"});
  AddEditOptions(create_command, create.get());
  create_command.Changes(&create->mutation, /*with_etag=*/false);

  auto update = std::make_shared<EditFlags>();
  Command update_command =
      unit.Leaf("update", {"修改单位；写了的项整项替换", "change a unit; what is given replaces what was there"},
                [update](Session& session) { return Update(session, *update); });
  update_command.Text("UNIT", &update->unit, {"单位", "the unit"}, kRequired)
      .Text("--name=NAME", &update->name, {"全称", "full name"})
      .Flag("--no-aliases", &update->no_aliases, {"清除又称", "no other names"});
  AddEditOptions(update_command, update.get());
  update_command.Changes(&update->mutation);

  auto remove = std::make_shared<EditFlags>();
  unit.Leaf("delete", {"删除无人使用的单位", "delete a unit that nothing names"},
            [remove](Session& session) { return Delete(session, *remove); })
      .Text("UNIT", &remove->unit, {"单位", "the unit"}, kRequired)
      .Changes(&remove->mutation);
}

}  // namespace

void AddUnitCommands(Command root) {
  Command unit = root.Group("unit", {"单位名录：单位、别名、单位组", "the directory: units, aliases, groups"});
  auto list = std::make_shared<ListFlags>();
  unit.Leaf("list", {"列出单位", "list units"}, [list](Session& session) { return List(session, *list); })
      .Text("--superior=UNIT", &list->superior, {"只列其直接下级", "only units directly under this one"});

  auto show = std::make_shared<std::string>();
  unit.Leaf("show", {"查看单位", "show a unit"}, [show](Session& session) { return Show(session, *show); })
      .Text("UNIT", show.get(), {"单位：名称、别名或 units/编号", "name, alias or units/ID"}, kRequired);

  auto import = std::make_shared<ImportFlags>();
  unit.Leaf("import", {"从文件导入（CSV，全部成功或全不写入）", "load a file (CSV): all of it or nothing"},
            [import](Session& session) { return Import(session, *import); })
      .Text("FILE", &import->file, {"文件；- 为标准输入", "the file; - is standard input"}, kRequired)
      .Flag("--check", &import->check, {"只核对，不写入", "check only, store nothing"})
      .Changes(&import->mutation, /*with_etag=*/false);

  AddEdits(unit);

  auto resolve = std::make_shared<ResolveFlags>();
  unit.Leaf("resolve", {"按名称找单位或单位组", "find a unit or a group by name"},
            [resolve](Session& session) { return Resolve(session, *resolve); })
      .Text("TEXT", &resolve->text, {"名称或别名", "name or alias"}, kRequired)
      .Text("--date=DATE", &resolve->date, {"按此日的有效名称；默认今天", "as of this day; today if left out"});

  AddUnitAliasCommands(unit);
  AddUnitGroupCommands(unit);
  AddUnitPropose(unit);
}

}  // namespace duban::cli
