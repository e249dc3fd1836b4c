// `duban people`: who signs in at the node.

#include <memory>
#include <string>

#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// Passwords are compared a few at a time, and an office that arrives in the morning waits its turn.
constexpr absl::Duration kSignInTime = absl::Seconds(60);

struct PeopleFlags {
  std::string person, name, issuer, subject;
  Mutation mutation;
};

Table PeopleTable(Session& session) {
  return Table({{session.Say({"登录名", "Person"}), false, false},
                {session.Say({"姓名", "Name"}), false, true},
                {session.Say({"状态", "State"}), false, true},
                {session.Say({"动态口令", "Second factor"}), false, false},
                {session.Say({"单点登录账号", "Single sign-on"}), false, true},
                {session.Say({"密码设于", "Password set"}), false, false}});
}

Cell StateOf(Session& session, const v1::Person& person) {
  if (person.disabled()) return {session.Say({"已停用", "disabled"}), Style::kRed};
  if (person.has_locked_until()) {
    const std::string until = TimeWords(person.locked_until());
    return {session.Say({StrCat("锁定至 ", until), StrCat("locked until ", until)}), Style::kRed};
  }
  if (person.has_to_change_password()) return {session.Say({"须改密码", "has to change the password"}), Style::kYellow};
  return {session.Say({"正常", "in use"}), Style::kGreen};
}

void AddRow(Session& session, const v1::Person& person, Table& table) {
  table.Row({ShortName(person.name()), person.display_name(), StateOf(session, person),
             session.Say(person.second_factor() ? Phrase{"有", "yes"} : Phrase{"无", "no"}),
             person.single_sign_on().subject(), TimeWords(person.password_time())});
}

void Print(Session& session, const v1::Person& person) {
  Table table = PeopleTable(session);
  AddRow(session, person, table);
  session.printer().Show(table, {});
}

void PrintPassword(Session& session, const std::string& password) {
  if (password.empty()) {
    session.printer().Hint({"同一请求不再给出密码；如未记下：duban people reset",
                            "a repeated request gives no password; where it was not noted: duban people reset"});
    return;
  }
  session.printer().Line({StrCat("一次性密码：", password), StrCat("password for one time: ", password)}, Style::kBold);
  session.printer().Hint(
      {"请当面交给本人，7 天内首次登录时须修改；此密码不再显示",
       "hand it over in person; the first sign-in, within 7 days, changes it; it is not shown again"});
}

absl::Status List(Session& session) {
  v1::ListPeopleRequest request;
  request.set_page_size(1000);
  v1::ListPeopleResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListPeopleResponse>("AccessService/ListPeople", request));
    all.mutable_people()->MergeFrom(page.people());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  Table table = PeopleTable(session);
  for (const v1::Person& person : all.people()) AddRow(session, person, table);
  session.printer().Show(table, {"没有人员", "nobody"});
  return absl::OkStatus();
}

absl::Status Create(Session& session, const PeopleFlags& flags) {
  v1::CreatePersonRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_person_id(flags.person);
  request.mutable_person()->set_display_name(flags.name);
  DUBAN_ASSIGN_OR_RETURN(const auto made,
                         session.Call<v1::CreatePersonResponse>("AccessService/CreatePerson", request, kSignInTime));
  session.printer().Json(made);
  Print(session, made.person());
  PrintPassword(session, made.one_time_password());
  return absl::OkStatus();
}

absl::Status Reset(Session& session, const PeopleFlags& flags) {
  v1::ResetPasswordRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("people/", flags.person));
  DUBAN_ASSIGN_OR_RETURN(const auto done,
                         session.Call<v1::ResetPasswordResponse>("AccessService/ResetPassword", request, kSignInTime));
  session.printer().Json(done);
  Print(session, done.person());
  PrintPassword(session, done.one_time_password());
  return absl::OkStatus();
}

absl::Status Rename(Session& session, const PeopleFlags& flags) {
  v1::UpdatePersonRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.mutable_person()->set_name(FullName("people/", flags.person));
  request.mutable_person()->set_display_name(flags.name);
  request.mutable_person()->set_etag(flags.mutation.etag);
  request.mutable_update_mask()->add_paths("display_name");
  DUBAN_ASSIGN_OR_RETURN(const auto person, session.Call<v1::Person>("AccessService/UpdatePerson", request));
  session.printer().Json(person);
  Print(session, person);
  return absl::OkStatus();
}

// Without a subject: nobody's any more.
absl::Status Bind(Session& session, const PeopleFlags& flags) {
  v1::UpdatePersonRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.mutable_person()->set_name(FullName("people/", flags.person));
  request.mutable_person()->set_etag(flags.mutation.etag);
  if (!flags.subject.empty()) {
    request.mutable_person()->mutable_single_sign_on()->set_issuer(flags.issuer);
    request.mutable_person()->mutable_single_sign_on()->set_subject(flags.subject);
  }
  request.mutable_update_mask()->add_paths("single_sign_on");
  DUBAN_ASSIGN_OR_RETURN(const auto person, session.Call<v1::Person>("AccessService/UpdatePerson", request));
  session.printer().Json(person);
  Print(session, person);
  return absl::OkStatus();
}

template <typename Request>
absl::Status Switch(Session& session, const PeopleFlags& flags, std::string_view method) {
  Request request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("people/", flags.person));
  DUBAN_ASSIGN_OR_RETURN(const auto person, session.Call<v1::Person>(method, request));
  session.printer().Json(person);
  Print(session, person);
  return absl::OkStatus();
}

}  // namespace

void AddPeopleCommands(Command root) {
  Command people = root.Group("people", {"人员", "people who sign in"});
  people.Leaf("list", {"列出人员", "list people"}, List);
  const auto leaf = [&people](const char* name, const Phrase& description, bool with_etag,
                              absl::Status (*run)(Session&, const PeopleFlags&), bool named) {
    const auto flags = std::make_shared<PeopleFlags>();
    Command command = people.Leaf(name, description, [flags, run](Session& session) { return run(session, *flags); });
    command.Text("PERSON", &flags->person, {"登录名", "the name to sign in with"}, kRequired);
    if (named) command.Text("--name=NAME", &flags->name, {"姓名", "their name"}, kRequired);
    command.Changes(&flags->mutation, with_etag);
  };
  leaf("create", {"新增人员，给出一次性密码", "take somebody in; gives a password for one time"}, false, Create, true);
  leaf("rename", {"修改姓名", "change a name"}, true, Rename, true);
  const auto bound = std::make_shared<PeopleFlags>();
  people
      .Leaf("bind", {"绑定单点登录账号", "say who somebody is at an issuer of single sign-on"},
            [bound](Session& session) { return Bind(session, *bound); })
      .Text("PERSON", &bound->person, {"登录名", "the name to sign in with"}, kRequired)
      .Text("--issuer=URL", &bound->issuer, {"签发方，如其凭证 iss 所写", "as `iss` in its tokens has it"}, kRequired)
      .Text("--subject=SUBJECT", &bound->subject, {"该人员在签发方的账号", "who they are there"}, kRequired)
      .Changes(&bound->mutation, true);
  leaf("unbind", {"取消绑定单点登录账号", "take the binding to single sign-on away"}, true, Bind, false);
  leaf("reset", {"重置密码，取消动态口令", "give another password for one time, take the second factor away"}, false,
       Reset, false);
  leaf(
      "disable", {"停用", "let somebody sign in no more"}, false,
      [](Session& session, const PeopleFlags& flags) {
        return Switch<v1::DisablePersonRequest>(session, flags, "AccessService/DisablePerson");
      },
      false);
  leaf(
      "enable", {"恢复", "let somebody sign in again"}, false,
      [](Session& session, const PeopleFlags& flags) {
        return Switch<v1::EnablePersonRequest>(session, flags, "AccessService/EnablePerson");
      },
      false);
}

}  // namespace duban::cli
