// `duban node init`: an office from nothing.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/access/authority.h"
#include "common/access/first_officer.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "duban/storage/v1/people.pb.h"
#include "duban/v1/access_service.pb.h"
#include "services/plan/people/password.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct InitFlags {
  std::string folder, node, domain, listen, officer, name;
};

absl::Status Told(const absl::Status& status) {
  if (status.ok()) return status;
  const std::string cause(ToStd(status.message()));
  return UsageError({StrCat("节点未建成：", cause), StrCat("the node is not made: ", cause)});
}

// What a folder of a node holds.
struct Layout {
  explicit Layout(const std::string& folder)
      : authority(folder + "/authority"),
        keys(folder + "/keys"),
        data(folder + "/data"),
        backups(folder + "/backups"),
        configuration(folder + "/node.conf") {}
  std::string authority, keys, data, backups, configuration;
};

absl::Status CheckFlags(const InitFlags& flags) {
  if (!IsResourceId(flags.node) || !IsResourceId(flags.officer)) {
    return UsageError({"节点编号和登录名须为小写字母开头的字母、数字、连字符",
                       "ids of nodes and people are small letters, digits and hyphens, with a letter first"});
  }
  std::error_code error;
  if (!std::filesystem::exists(flags.folder, error) || std::filesystem::is_empty(flags.folder, error)) {
    return absl::OkStatus();
  }
  return UsageError({StrCat(flags.folder, " 不是空文件夹，不动它；请另指一处"),
                     StrCat(flags.folder, " is not empty and is left as it is; name another folder")});
}

// Whole paths, since the server is started from anywhere.
std::string Configuration(const InitFlags& flags, const Layout& at) {
  return StrCat(
      "# 由 duban node init 生成。每行是一个参数（去掉前面的两横）；全部参数见 duban-node --help。\n"
      "# Made by `duban node init`. Every line is a flag without its dashes; `duban-node --help` lists all.\n",
      "node = \"", flags.node, "\"\nlisten = \"", flags.listen, "\"\nkeys = \"", at.keys, "\"\ndata-dir = \"", at.data,
      "\"\n# 备份存放处，最好在另一块盘：这块盘坏了，盘上的都没了。\n# Best on another disk: whoever loses this one "
      "loses what is in it.\nbackup-dir = \"",
      at.backups, "\"\n");
}

absl::Status MakeKeys(const InitFlags& flags, const Layout& at, absl::Time now) {
  DUBAN_RETURN_IF_ERROR(Authority::Init(at.authority, flags.domain, now));
  DUBAN_ASSIGN_OR_RETURN(const Authority authority, Authority::Open(at.authority));
  const Identity node{flags.domain, flags.node, Identity::Part::kNode, ""};
  DUBAN_ASSIGN_OR_RETURN(const KeySet set, authority.Issue(node, kCertificateDays, now));
  DUBAN_RETURN_IF_ERROR(InstallKeySet(at.keys, set));
  return authority.GiveTokenKeys(node, at.keys, now);
}

absl::StatusOr<std::string> MakeOfficer(const InitFlags& flags, const Layout& at, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::string password, MakeOneTimePassword());
  storage::v1::FirstOfficer officer;
  officer.set_name(StrCat("people/", flags.officer));
  officer.set_display_name(flags.name);
  *officer.mutable_made_time() = ToProto(now);
  DUBAN_ASSIGN_OR_RETURN(*officer.mutable_password_hash(), HashPassword(password, PasswordCost()));
  DUBAN_RETURN_IF_ERROR(WriteFirstOfficer(at.keys, officer));
  return password;
}

void Print(Session& session, const InitFlags& flags, const Layout& at, const std::string& password) {
  v1::CreatePersonResponse made;
  made.mutable_person()->set_name(StrCat("people/", flags.officer));
  made.mutable_person()->set_display_name(flags.name);
  made.set_one_time_password(password);
  session.printer().Json(made);
  session.printer().Line({StrCat("节点 ", flags.node, " 已建成：", at.configuration),
                          StrCat("the node ", flags.node, " is made: ", at.configuration)});
  const std::string server = StrCat(flags.node, ".", flags.domain);
  session.printer().Line(
      {StrCat("证书中的服务器名：", server, "；会核对主机名的客户端须按此名核对"),
       StrCat("name in the server's certificate: ", server, "; clients that check host names have to be told it")});
  session.printer().Line({StrCat("首任安全管理员：", flags.officer, "，一次性密码：", password),
                          StrCat("first security officer: ", flags.officer, ", password for one time: ", password)},
                         Style::kBold);
  session.printer().Line({"接下来：", "next:"});
  const auto line = [&](const std::string& command) { session.printer().Line({command, command}); };
  line(StrCat("  duban-node --config=", at.configuration));
  line(StrCat("  export DUBAN_SERVER=", flags.listen, " DUBAN_KEYS=", at.keys));
  line(StrCat("  duban sign-in ", flags.officer));
  line("  duban second-factor begin");
  session.printer().Line({"  duban people create 登录名 --name=姓名", "  duban people create PERSON --name=NAME"});
  session.printer().Hint(
      {StrCat("请把 ", at.authority, "/root.key 离线保管"), StrCat("keep ", at.authority, "/root.key offline")});
}

absl::Status Init(Session& session, InitFlags flags) {
  DUBAN_RETURN_IF_ERROR(CheckFlags(flags));
  std::error_code error;
  flags.folder = std::filesystem::absolute(flags.folder, error).lexically_normal().string();
  const Layout at(flags.folder);
  std::filesystem::create_directories(flags.folder, error);
  const absl::Time now = session.environment().clock->Now();
  DUBAN_RETURN_IF_ERROR(Told(MakeKeys(flags, at, now)));
  absl::StatusOr<std::string> password = MakeOfficer(flags, at, now);
  if (!password.ok()) return Told(password.status());
  DUBAN_RETURN_IF_ERROR(Told(MakePrivateFolder(at.data)));
  DUBAN_RETURN_IF_ERROR(Told(WritePrivateFile(at.configuration, Configuration(flags, at))));
  Print(session, flags, at, *password);
  return absl::OkStatus();
}

}  // namespace

void AddNodeInit(Command node) {
  const auto flags = std::make_shared<InitFlags>();
  flags->domain = "duban.internal";
  flags->listen = "127.0.0.1:7100";
  flags->officer = "officer";
  node.Leaf("init",
            {"从零建立一个节点：证书、配置、首任安全管理员",
             "make a node from nothing: keys, configuration, first security officer"},
            [flags](Session& session) { return Init(session, *flags); })
      .Text("DIR", &flags->folder, {"存放处，须为空", "where it goes; has to be empty"}, kRequired)
      .Text("--node=NODE", &flags->node, {"节点编号，以后不变", "id of the node, the same for ever"}, kRequired)
      .Text("--domain=DOMAIN", &flags->domain, {"域名；默认 duban.internal", "duban.internal if left out"})
      .Text("--listen=HOST:PORT", &flags->listen, {"监听地址；默认 127.0.0.1:7100", "127.0.0.1:7100 if left out"})
      .Text("--officer=PERSON", &flags->officer,
            {"首任安全管理员的登录名；默认 officer",
             "name the first security officer signs in with; officer if left out"})
      .Text("--name=NAME", &flags->name, {"其姓名", "their name"});
}

}  // namespace duban::cli
