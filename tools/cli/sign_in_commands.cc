// `duban sign-in`, `sign-out`, `whoami`, `second-factor`: who one is.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// Passwords are compared a few at a time, and an office that arrives in the morning waits its turn.
constexpr absl::Duration kSignInTime = absl::Seconds(60);

struct SignInFlags {
  std::string person, code, password_file, new_password_file;
};

absl::Status CannotKeep() {
  return UsageError({"不能保存登录信息：须用证书连接（--keys），并有 HOME 目录，且未加 --as-keys",
                     "the session cannot be kept: connect with --keys, have a HOME, and leave out --as-keys"});
}

// The new password: of the file, or typed twice.
absl::StatusOr<std::string> NewPassword(Session& session, const std::string& file) {
  const Phrase first = {"新密码（12 位以上，含大小写字母、数字、其他字符中的三种）：",
                        "new password (12 characters or more, three kinds of them): "};
  DUBAN_ASSIGN_OR_RETURN(std::string password, session.Secret(file, first));
  if (!file.empty()) return password;
  DUBAN_ASSIGN_OR_RETURN(const std::string again, session.Secret("", {"再输一次：", "once more: "}));
  if (again == password) return password;
  return UsageError({"两次输入不一致，请重来", "the two are not the same; begin again"});
}

absl::StatusOr<std::string> ChangePassword(Session& session, const SignInFlags& flags, const std::string& password) {
  session.printer().Hint({"须先修改密码", "the password has to be changed first"});
  v1::ChangePasswordRequest request;
  request.set_person(FullName("people/", flags.person));
  request.set_password(password);
  request.set_code(flags.code);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_new_password(), NewPassword(session, flags.new_password_file));
  DUBAN_RETURN_IF_ERROR(
      session.Call<v1::ChangePasswordResponse>("AccessService/ChangePassword", request, kSignInTime).status());
  return request.new_password();
}

// Keeps what signing in gave, and says so.
absl::Status Keep(Session& session, const SessionFile& file, const v1::SessionTokens& tokens) {
  DUBAN_RETURN_IF_ERROR(file.Write(tokens, session.environment().clock->Now()));
  const std::string person(ParentName(tokens.session()));
  // What programs get says who, and no secret.
  v1::WhoAmIResponse who;
  who.set_caller(person);
  who.set_session(tokens.session());
  session.printer().Json(who);
  session.printer().Line({StrCat("已登录：", ShortName(person)), StrCat("signed in: ", ShortName(person))});
  if (tokens.needs_second_factor()) {
    session.printer().Hint(
        {"三员须先启用第二种登录方式才能办事：duban second-factor begin；或改用本人证书（--keys）登录",
         "an administrator has to have a second factor before anything else: duban second-factor "
         "begin; or sign in with your own certificate (--keys)"});
  }
  return absl::OkStatus();
}

absl::Status SignIn(Session& session, const SignInFlags& flags) {
  const std::optional<SessionFile> file = session.SignedIn();
  if (!file) return CannotKeep();
  v1::SignInRequest request;
  request.set_person(FullName("people/", flags.person));
  request.set_code(flags.code);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_password(), session.Secret(flags.password_file, {"密码：", "password: "}));
  DUBAN_ASSIGN_OR_RETURN(v1::SignInResponse response,
                         session.Call<v1::SignInResponse>("AccessService/SignIn", request, kSignInTime));
  if (response.needs_password_change()) {
    DUBAN_ASSIGN_OR_RETURN(*request.mutable_password(), ChangePassword(session, flags, request.password()));
    DUBAN_ASSIGN_OR_RETURN(response, session.Call<v1::SignInResponse>("AccessService/SignIn", request, kSignInTime));
  }
  return Keep(session, *file, response.tokens());
}

struct SingleSignOnFlags {
  std::string issuer, id_token_file, code;
};

absl::Status BeginSingleSignOn(Session& session, const SingleSignOnFlags& flags) {
  v1::BeginSingleSignOnRequest request;
  request.set_issuer(flags.issuer);
  DUBAN_ASSIGN_OR_RETURN(const auto begun,
                         session.Call<v1::BeginSingleSignOnResponse>("AccessService/BeginSingleSignOn", request));
  session.printer().Json(begun);
  session.printer().Line({StrCat("签发方：", begun.issuer()), StrCat("issuer: ", begun.issuer())});
  session.printer().Line({StrCat("client_id：", begun.audience()), StrCat("client_id: ", begun.audience())});
  session.printer().Line({StrCat("nonce：", begun.nonce()), StrCat("nonce: ", begun.nonce())}, Style::kBold);
  session.printer().Hint({"请在 10 分钟内以此向签发方登录，再：duban single-sign-on finish --id-token-file=文件",
                          "sign in with the issuer by these within 10 minutes, then: duban single-sign-on finish "
                          "--id-token-file=FILE"});
  return absl::OkStatus();
}

absl::Status FinishSingleSignOn(Session& session, const SingleSignOnFlags& flags) {
  const std::optional<SessionFile> file = session.SignedIn();
  if (!file) return CannotKeep();
  v1::SignInWithIdTokenRequest request;
  request.set_code(flags.code);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_id_token(), session.Secret(flags.id_token_file, {"ID 凭证：", "ID token: "}));
  DUBAN_ASSIGN_OR_RETURN(const auto response,
                         session.Call<v1::SignInResponse>("AccessService/SignInWithIdToken", request, kSignInTime));
  return Keep(session, *file, response.tokens());
}

absl::Status SignOut(Session& session) {
  const std::optional<SessionFile> file = session.SignedIn();
  if (!file) return CannotKeep();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SavedSession> saved, file->Read());
  v1::SignOutRequest request;
  if (saved) {
    const absl::Status ended = session.Call<v1::SignOutResponse>("AccessService/SignOut", request).status();
    // A session that has ended already is what was wanted.
    if (!ended.ok() && ReasonOf(ended) != v1::NOT_AUTHENTICATED) return ended;
    file->Remove();
  }
  session.printer().Json(v1::SignOutResponse());
  session.printer().Line({"已退出登录", "signed out"});
  return absl::OkStatus();
}

absl::Status WhoAmI(Session& session) {
  v1::WhoAmIRequest request;
  DUBAN_ASSIGN_OR_RETURN(const auto who, session.Call<v1::WhoAmIResponse>("AccessService/WhoAmI", request));
  session.printer().Json(who);
  const std::string name = who.display_name().empty() ? "" : StrCat(" ", who.display_name());
  session.printer().Line({StrCat("身份：", who.caller(), name), StrCat("you are: ", who.caller(), name)}, Style::kBold);
  if (!who.session().empty()) {
    session.printer().Line({StrCat("经由：", who.carrier()), StrCat("over the connection of: ", who.carrier())});
  }
  Table table({{session.Say({"任职单位", "At"}), false, true}, {session.Say({"角色", "Roles"}), false, true}});
  for (const v1::Post& post : who.posts()) {
    std::vector<std::string> roles;
    for (const int role : post.roles()) roles.push_back(session.Say(WordOf(static_cast<v1::Role>(role))));
    table.Row({post.unit().empty() ? session.Say({"本节点", "this node"}) : ShortName(post.unit()),
               absl::StrJoin(roles, session.Say({"、", ", "}))});
  }
  session.printer().Show(table, {"没有任何角色", "no role at all"});
  return absl::OkStatus();
}

absl::Status BeginSecondFactor(Session& session) {
  v1::BeginTotpRequest request;
  DUBAN_ASSIGN_OR_RETURN(const auto begun, session.Call<v1::BeginTotpResponse>("AccessService/BeginTotp", request));
  session.printer().Json(begun);
  session.printer().Line({StrCat("密钥：", begun.secret()), StrCat("secret: ", begun.secret())}, Style::kBold);
  session.printer().Line({begun.uri(), begun.uri()});
  session.printer().Hint({"录入身份验证器后：duban second-factor confirm 六位口令；此后登录须用 --code",
                          "put it into an authenticator, then: duban second-factor confirm CODE; from then on sign in "
                          "with --code"});
  return absl::OkStatus();
}

absl::Status ConfirmSecondFactor(Session& session, const std::string& code) {
  v1::ConfirmTotpRequest request;
  request.set_code(code);
  DUBAN_ASSIGN_OR_RETURN(const auto done, session.Call<v1::ConfirmTotpResponse>("AccessService/ConfirmTotp", request));
  // What the person holds counts from the next token on, which the next command gets.
  if (const std::optional<SessionFile> file = session.SignedIn()) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::SavedSession> saved, file->Read());
    if (saved) {
      saved->mutable_tokens()->clear_access_lifetime();
      DUBAN_RETURN_IF_ERROR(file->Write(saved->tokens(), session.environment().clock->Now()));
    }
  }
  session.printer().Json(done);
  session.printer().Line({"动态口令已启用", "the second factor counts from now on"});
  return absl::OkStatus();
}

}  // namespace

void AddSignInCommands(Command root) {
  const auto flags = std::make_shared<SignInFlags>();
  root.Leaf("sign-in", {"登录", "sign in"}, [flags](Session& session) { return SignIn(session, *flags); })
      .Text("PERSON", &flags->person, {"登录名", "the name to sign in with"}, kRequired)
      .Text("--code=CODE", &flags->code, {"动态口令（六位）", "the six digits of the second factor"})
      .Text("--password-file=FILE", &flags->password_file,
            {"密码所在文件；默认在终端输入", "file with the password; typed if left out"})
      .Text("--new-password-file=FILE", &flags->new_password_file,
            {"须改密码时，新密码所在文件", "file with the new password, where it has to be changed"});
  root.Leaf("sign-out", {"退出登录", "sign out"}, SignOut);
  root.Leaf("whoami", {"查看当前身份和角色", "show who one is, and with which roles"}, WhoAmI);
  Command external = root.Group("single-sign-on", {"单点登录", "signing in with an issuer's ID token"});
  const auto begin = std::make_shared<SingleSignOnFlags>();
  external
      .Leaf("begin", {"取得向签发方登录所需的参数", "get what the issuer has to be asked with"},
            [begin](Session& session) { return BeginSingleSignOn(session, *begin); })
      .Text("--issuer=URL", &begin->issuer, {"签发方；默认第一个", "which issuer; the first if left out"});
  const auto finish = std::make_shared<SingleSignOnFlags>();
  external
      .Leaf("finish", {"用签发方给的 ID 凭证登录", "sign in with the ID token it gave"},
            [finish](Session& session) { return FinishSingleSignOn(session, *finish); })
      .Text("--id-token-file=FILE", &finish->id_token_file,
            {"ID 凭证所在文件；默认在终端输入", "file with the token; typed if left out"})
      .Text("--code=CODE", &finish->code, {"动态口令（六位）", "the six digits of the second factor"});
  Command second = root.Group("second-factor", {"动态口令（RFC 6238）", "a second factor (RFC 6238)"});
  second.Leaf("begin", {"申领密钥", "get a secret"}, BeginSecondFactor);
  const auto code = std::make_shared<std::string>();
  second
      .Leaf("confirm", {"用一个口令确认启用", "confirm it by a code"},
            [code](Session& session) { return ConfirmSecondFactor(session, *code); })
      .Text("CODE", code.get(), {"六位口令", "the six digits"}, kRequired);
}

}  // namespace duban::cli
