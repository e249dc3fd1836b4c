// `duban keys`: a small certificate authority for the offices of one domain (common/access/authority.h).

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/access/authority.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/access.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// What went wrong with files and keys, as the command's own error.
absl::Status Told(const absl::Status& status) {
  if (status.ok()) return status;
  const std::string cause(ToStd(status.message()));
  return absl::IsNotFound(status) ? NotFoundError({StrCat("证书操作未办成：", cause), cause})
                                  : UsageError({StrCat("证书操作未办成：", cause), cause});
}

void Fill(const Certificate& certificate, v1::KeyList::Key* key) {
  if (certificate.uris.size() == 1) {
    if (const std::optional<Identity> identity = ParseIdentity(certificate.uris[0])) {
      key->set_name(identity->path());
      key->set_domain(identity->domain);
    }
  }
  key->set_serial(certificate.serial);
  key->set_subject(certificate.subject);
  key->set_issuer(certificate.issuer);
  *key->mutable_begin_time() = ToProto(certificate.not_before);
  *key->mutable_expire_time() = ToProto(certificate.not_after);
}

// How many whole days are left; 0 once it has run out.
int64_t DaysLeft(const v1::KeyList::Key& key, absl::Time now) {
  return std::max<int64_t>(0, absl::ToInt64Hours(FromProto(key.expire_time()) - now) / 24);
}

void Print(Session& session, const v1::KeyList& list) {
  session.printer().Json(list);
  const absl::Time now = session.environment().clock->Now();
  Table table({{session.Say({"名称", "Name"}), false, true},
               {session.Say({"到期日", "Expires"}), false, false},
               {session.Say({"剩余天数", "Days left"}), true, false},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"序列号", "Serial"}), false, true}});
  for (const v1::KeyList::Key& key : list.keys()) {
    const bool over = FromProto(key.expire_time()) <= now;
    const Phrase state = key.revoked() ? Phrase{"已吊销", "revoked"}
                         : over        ? Phrase{"已到期", "expired"}
                                       : Phrase{"有效", "valid"};
    table.Row({key.name().empty() ? key.subject() : key.name(),
               FormatDay(DayOf(FromProto(key.expire_time()))),
               StrCat(DaysLeft(key, now)),
               {session.Say(state), key.revoked() || over ? Style::kRed : Style::kPlain},
               key.serial()});
  }
  session.printer().Show(table, {"尚未签发证书", "nothing was issued yet"});
}

struct InitFlags {
  std::string folder;
  std::string domain;
};

absl::Status Init(Session& session, const InitFlags& flags) {
  DUBAN_RETURN_IF_ERROR(Told(Authority::Init(flags.folder, flags.domain, session.environment().clock->Now())));
  session.printer().Json(v1::KeyList());
  session.printer().Line({StrCat("已建立 ", flags.domain, " 的根证书：", flags.folder, "/root.pem"),
                          StrCat("the root of ", flags.domain, " is made: ", flags.folder, "/root.pem")});
  session.printer().Hint(
      {StrCat("根密钥 ", flags.folder,
              "/root.key 只在为新节点签发时需要，请离线保管。下一步：duban keys issue "
              "node/节点 --authority=",
              flags.folder, " --out=文件夹"),
       StrCat("the root's key, ", flags.folder,
              "/root.key, is needed only when a node gets its authority: keep it offline. Next: duban keys issue "
              "node/NODE --authority=",
              flags.folder, " --out=DIR")});
  return absl::OkStatus();
}

struct IssueFlags {
  std::string name;
  std::string authority;
  std::string out;
  std::optional<int> days;
};

// Makes the folders above a key folder, which itself is for its owner alone.
absl::Status MakeParent(const std::string& folder) {
  const std::filesystem::path parent = std::filesystem::path(folder).lexically_normal().parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (!error) return absl::OkStatus();
  return UsageError(
      {StrCat("建不了文件夹 ", parent.string(), "（", error.message(), "）；请另指 --out"),
       StrCat("cannot make the folder ", parent.string(), " (", error.message(), "); name another --out")});
}

absl::Status IssueTo(Session& session, const Authority& authority, const Identity& identity, const std::string& out,
                     int days) {
  const absl::Time now = session.environment().clock->Now();
  absl::StatusOr<KeySet> set = authority.Issue(identity, days, now);
  if (!set.ok()) return Told(set.status());
  DUBAN_RETURN_IF_ERROR(MakeParent(out));
  DUBAN_RETURN_IF_ERROR(Told(InstallKeySet(out, *set)));
  DUBAN_RETURN_IF_ERROR(Told(authority.GiveTokenKeys(identity, out, now)));
  v1::KeyList list;
  DUBAN_ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(set->certificate));
  Fill(certificate, list.add_keys());
  Print(session, list);
  return absl::OkStatus();
}

absl::Status Issue(Session& session, const IssueFlags& flags) {
  absl::StatusOr<Authority> authority = Authority::Open(flags.authority);
  if (!authority.ok()) return Told(authority.status());
  const std::optional<Identity> identity = ParseIdentityPath(authority->domain(), flags.name);
  if (!identity) {
    return UsageError({StrCat("“", flags.name,
                              "”不是证书名称；应为 node/节点，后可接 /service/服务、/unit/单位 或 "
                              "/job/作业"),
                       StrCat("`", flags.name,
                              "` is no name; write node/NODE, alone or with /service/NAME, /unit/NAME or /job/NAME")});
  }
  return IssueTo(session, *authority, *identity, flags.out, flags.days.value_or(kCertificateDays));
}

struct RenewFlags {
  std::string folder;
  std::string authority;
  std::optional<int> days;
  std::optional<int> within;
};

absl::Status Renew(Session& session, const RenewFlags& flags) {
  absl::StatusOr<KeyFolder> folder = OpenKeyFolder(flags.folder);
  if (!folder.ok()) return Told(folder.status());
  const absl::Duration left = folder->certificate.not_after - session.environment().clock->Now();
  if (flags.within && left > absl::Hours(24 * *flags.within)) {
    v1::KeyList list;
    Fill(folder->certificate, list.add_keys());
    Print(session, list);
    session.printer().Hint({"尚未临近到期，未更换", "far from its end: left as it is"});
    return absl::OkStatus();
  }
  absl::StatusOr<Authority> authority = Authority::Open(flags.authority);
  if (!authority.ok()) return Told(authority.status());
  return IssueTo(session, *authority, folder->identity, flags.folder, flags.days.value_or(kCertificateDays));
}

struct RevokeFlags {
  std::string serial;
  std::string authority;
  std::vector<std::string> into;
};

absl::Status Revoke(Session& session, const RevokeFlags& flags) {
  absl::StatusOr<Authority> authority = Authority::Open(flags.authority);
  if (!authority.ok()) return Told(authority.status());
  absl::StatusOr<std::string> crl = authority->Revoke(flags.serial, session.environment().clock->Now());
  if (!crl.ok()) return Told(crl.status());
  for (const std::string& folder : flags.into) DUBAN_RETURN_IF_ERROR(Told(InstallCrl(CrlFolderOf(folder), *crl)));
  session.printer().Json(v1::KeyList());
  session.printer().Line({StrCat("已吊销 ", flags.serial, "；吊销列表在 ", authority->crl_folder()),
                          StrCat(flags.serial, " is revoked; the list is in ", authority->crl_folder())});
  session.printer().Hint(
      {"请把吊销列表复制到各节点证书文件夹的 crls 下；新连接随即拒绝该证书，已有连接最迟在连接更新时断开",
       "copy the list to crls/ of every node's key folder: new connections with the certificate are refused at once, "
       "open ones end when connections are renewed"});
  return absl::OkStatus();
}

struct RotateFlags {
  std::string node;
  std::string authority;
  std::vector<std::string> into;
};

absl::Status Rotate(Session& session, const RotateFlags& flags) {
  absl::StatusOr<Authority> authority = Authority::Open(flags.authority);
  if (!authority.ok()) return Told(authority.status());
  const absl::Time now = session.environment().clock->Now();
  DUBAN_RETURN_IF_ERROR(Told(authority->RotateTokenKey(flags.node, now)));
  // First those that only verify: what the plan service signs with the new key they know by then.
  for (const bool signing : {false, true}) {
    for (const std::string& path : flags.into) {
      const absl::StatusOr<KeyFolder> folder = OpenKeyFolder(path);
      if (!folder.ok()) return Told(folder.status());
      const Identity& who = folder->identity;
      const bool signs = who.part == Identity::Part::kNode || who.name == "plan";
      if (signs == signing) DUBAN_RETURN_IF_ERROR(Told(authority->GiveTokenKeys(who, path, now)));
    }
  }
  session.printer().Json(v1::KeyList());
  session.printer().Line({StrCat("节点 ", flags.node, " 已换用新的签发密钥"),
                          StrCat("the node ", flags.node, " signs tokens with a new key")});
  session.printer().Hint({"未用 --into 写入的证书文件夹，请用 keys renew 更新；旧凭证 15 分钟内自然失效",
                          "key folders that --into did not name get it by `keys renew`; old tokens are past in 15 "
                          "minutes"});
  return absl::OkStatus();
}

// Nothing that is sealed is lost: keys before it go on opening, and what people use is sealed anew.
absl::Status RotateSealing(Session& session, const RotateFlags& flags) {
  absl::StatusOr<Authority> authority = Authority::Open(flags.authority);
  if (!authority.ok()) return Told(authority.status());
  DUBAN_RETURN_IF_ERROR(Told(authority->RotateSealingKey(flags.node, session.environment().clock->Now())));
  for (const std::string& path : flags.into) {
    const absl::StatusOr<KeyFolder> folder = OpenKeyFolder(path);
    if (!folder.ok()) return Told(folder.status());
    DUBAN_RETURN_IF_ERROR(Told(authority->GiveTokenKeys(folder->identity, path, session.environment().clock->Now())));
  }
  session.printer().Json(v1::KeyList());
  session.printer().Line({StrCat("节点 ", flags.node, " 已换用新的封存密钥"),
                          StrCat("the node ", flags.node, " seals secrets with a new key")});
  session.printer().Hint({"旧密钥仍用于开启；各人下次用动态口令登录时即改用新密钥封存",
                          "the keys before it go on opening; a person's second factor is sealed anew when they sign in "
                          "with it"});
  return absl::OkStatus();
}

struct ShowFlags {
  std::string folder;
};

absl::Status Show(Session& session, const ShowFlags& flags) {
  v1::KeyList list;
  if (absl::StatusOr<Authority> authority = Authority::Open(flags.folder); authority.ok()) {
    absl::StatusOr<std::vector<Authority::Issued>> issued = authority->List();
    if (!issued.ok()) return Told(issued.status());
    for (const Authority::Issued& one : *issued) {
      v1::KeyList::Key* const key = list.add_keys();
      Fill(one.certificate, key);
      key->set_revoked(one.revoked);
    }
  } else {
    absl::StatusOr<KeyFolder> folder = OpenKeyFolder(flags.folder);
    if (!folder.ok()) return Told(folder.status());
    Fill(folder->certificate, list.add_keys());
  }
  Print(session, list);
  return absl::OkStatus();
}

constexpr int kMostDays = 398;

}  // namespace

void AddKeysCommands(Command root) {
  Command keys = root.Group("keys", {"证书的签发、更换与吊销", "certificates: issue, renew, revoke"});
  const auto init = std::make_shared<InitFlags>();
  keys.Leaf("init", {"建立一个域的根证书", "make the root of a domain"},
            [init](Session& session) { return Init(session, *init); })
      .Text("DIR", &init->folder, {"存放处", "where it goes"}, kRequired)
      .Text("--domain=DOMAIN", &init->domain, {"域名，如 duban.chaozhou.gov.cn", "such as duban.chaozhou.gov.cn"},
            kRequired);
  const auto issue = std::make_shared<IssueFlags>();
  keys.Leaf("issue", {"签发证书", "issue a certificate"}, [issue](Session& session) { return Issue(session, *issue); })
      .Text("NAME", &issue->name,
            {"node/节点，后可接 /service/服务、/unit/单位、/job/作业 或 /person/登录名",
             "node/NODE, alone or with /service/NAME, /unit/NAME, /job/NAME or /person/NAME"},
            kRequired)
      .Text("--authority=DIR", &issue->authority, {"keys init 建立的文件夹", "the folder that `keys init` made"},
            kRequired)
      .Text("--out=DIR", &issue->out, {"证书文件夹，供 --keys 使用", "the key folder, for --keys"}, kRequired)
      .Number("--days=DAYS", &issue->days, 1, kMostDays, {"有效天数；默认 90", "how long it holds; 90 if left out"});
  const auto renew = std::make_shared<RenewFlags>();
  keys.Leaf("renew", {"换发证书，不需重启", "issue anew under the same name; no restart is needed"},
            [renew](Session& session) { return Renew(session, *renew); })
      .Text("DIR", &renew->folder, {"证书文件夹", "the key folder"}, kRequired)
      .Text("--authority=DIR", &renew->authority, {"keys init 建立的文件夹", "the folder that `keys init` made"},
            kRequired)
      .Number("--days=DAYS", &renew->days, 1, kMostDays, {"有效天数；默认 90", "how long it holds; 90 if left out"})
      .Number("--within=DAYS", &renew->within, 1, kMostDays,
              {"只在剩余天数不多于此时换发", "only where no more days than this are left"});
  const auto revoke = std::make_shared<RevokeFlags>();
  keys.Leaf("revoke", {"吊销证书", "revoke a certificate"},
            [revoke](Session& session) { return Revoke(session, *revoke); })
      .Text("SERIAL", &revoke->serial, {"序列号，见 keys show", "its serial, as `keys show` has it"}, kRequired)
      .Text("--authority=DIR", &revoke->authority, {"keys init 建立的文件夹", "the folder that `keys init` made"},
            kRequired)
      .Texts("--into=DIR", &revoke->into, {"同时写入这些证书文件夹", "key folders that get the list at once"});
  const auto rotate = std::make_shared<RotateFlags>();
  keys.Leaf("rotate-tokens",
            {"更换签发登录凭证的密钥，不需重启", "sign people's tokens with a new key; no restart is needed"},
            [rotate](Session& session) { return Rotate(session, *rotate); })
      .Text("NODE", &rotate->node, {"节点编号", "id of the node"}, kRequired)
      .Text("--authority=DIR", &rotate->authority, {"keys init 建立的文件夹", "the folder that `keys init` made"},
            kRequired)
      .Texts("--into=DIR", &rotate->into, {"同时写入这些证书文件夹", "key folders that get it at once"});
  const auto seal = std::make_shared<RotateFlags>();
  keys.Leaf(
          "rotate-sealing",
          {"更换封存动态口令密钥的密钥，不需重启", "seal people's second factors with a new key; no restart is needed"},
          [seal](Session& session) { return RotateSealing(session, *seal); })
      .Text("NODE", &seal->node, {"节点编号", "id of the node"}, kRequired)
      .Text("--authority=DIR", &seal->authority, {"keys init 建立的文件夹", "the folder that `keys init` made"},
            kRequired)
      .Texts("--into=DIR", &seal->into, {"同时写入这些证书文件夹", "key folders that get it at once"});
  const auto show = std::make_shared<ShowFlags>();
  keys.Leaf("show", {"查看已签发的证书，或一个证书文件夹", "show what was issued, or a key folder"},
            [show](Session& session) { return Show(session, *show); })
      .Text("DIR", &show->folder,
            {"keys init 建立的文件夹，或证书文件夹", "the folder of an authority, or a key folder"}, kRequired);
}

}  // namespace duban::cli
