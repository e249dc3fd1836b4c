#include "services/plan/people/sign_in_core.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/access/sealing_keys.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/plan/people/grants.h"
#include "services/plan/people/people_rows.h"
#include "services/plan/people/standing.h"
#include "services/plan/people/totp.h"

namespace duban {
namespace {

using storage::v1::PersonSecret;
using storage::v1::SessionRecord;

constexpr std::string_view kUnknownRow = "people-unknown";
constexpr size_t kRefreshBytes = 32;
// Of each refresh token that was used so much is kept, of so many.
constexpr size_t kUsedHashBytes = 16;
constexpr int kMostUsed = 256;

// One answer for all that can be wrong.
absl::Status SignInRefused() {
  return Error(v1::NOT_AUTHENTICATED,
               "the name, the password or the code is not right, or nobody may sign in under the name now; after five "
               "failures a name is locked for 15 minutes; a security officer resets a password",
               "登录名、密码或动态口令不正确，或该登录名暂不能登录；连续5次失败锁定15分钟；忘记密码请联系安全管理员",
               {{"cause", kSignInCause}});
}

// What the audit says of a call that has no request id.
CommandInfo InfoOf(const Caller& caller, std::string_view method, const std::string& about) {
  CommandInfo info;
  info.method = StrCat("duban.v1.AccessService/", method);
  info.caller = caller.label();
  info.session = caller.session;
  info.address = caller.address;
  info.about = about;
  return info;
}

// `{person}.{session}.{secret}`, as a refresh token has them.
struct RefreshParts {
  std::string session;
  std::string secret;
};

std::string RefreshToken(const std::string& session, std::string_view secret) {
  return StrCat(LastSegment(PersonOf(session)), ".", LastSegment(session), ".", ToBase64Url(secret));
}

std::optional<RefreshParts> SplitRefreshToken(std::string_view text) {
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view person = text.substr(0, first), session = text.substr(first + 1, second - first - 1);
  RefreshParts parts{StrCat("people/", person, "/sessions/", session), ""};
  if (!IsResourceId(person) || !IsResourceId(session) || !FromBase64Url(text.substr(second + 1), &parts.secret) ||
      parts.secret.size() != kRefreshBytes) {
    return std::nullopt;
  }
  return parts;
}

bool WasUsed(const SessionRecord& record, std::string_view hash) {
  const std::string_view begin = hash.substr(0, kUsedHashBytes);
  return std::any_of(record.used_hashes().begin(), record.used_hashes().end(),
                     [&](const std::string& used) { return SameBytes(used, begin); });
}

void SetExpireTime(v1::SignedInSession& session, absl::Time now) {
  const absl::Time end = FromProto(session.create_time()) + kSessionTime;
  *session.mutable_refresh_time() = ToProto(now);
  *session.mutable_expire_time() = ToProto(std::min(now + kIdleTime, end));
}

// Whether nobody signs in under a name, however they prove themselves.
bool IsShut(const v1::Person& person, const PersonSecret& secret, absl::Time now) {
  return person.disabled() || FromProto(secret.locked_until()) > now;
}

// Whether the password is for one time, and that is over.
bool IsStale(const PersonSecret& secret, absl::Time now) {
  return secret.one_time() && FromProto(secret.password_time()) + kOneTimeAge <= now;
}

bool HasToChange(const PersonSecret& secret, absl::Time now) {
  return secret.one_time() || FromProto(secret.password_time()) + kPasswordAge <= now;
}

// Whether a call comes over the person's own certificate.
bool IsOwnCertificate(const Caller& caller, std::string_view person) {
  return caller.identity.part == Identity::Part::kPerson && StrCat("people/", caller.identity.name) == person;
}

// Whether it comes over that of somebody else.
bool IsOthersCertificate(const Caller& caller, std::string_view person) {
  return caller.identity.part == Identity::Part::kPerson && !IsOwnCertificate(caller, person);
}

void CountFailure(PersonSecret& secret, absl::Time now) {
  secret.set_failures(secret.failures() + 1);
  if (secret.failures() < kMostFailures || DUBAN_BUG("people.never_locked")) return;
  secret.set_failures(0);
  *secret.mutable_locked_until() = ToProto(now + kLockTime);
}

}  // namespace

absl::Status SignInCore::CheckCanSign() const {
  if (ports_.tokens != nullptr) return absl::OkStatus();
  return WrongState("NO_KEYS", "this node has no keys, and nobody signs in at it; start it with --keys",
                    "本节点未配置证书，不能登录；请以 --keys 启动");
}

absl::Status SignInCore::OpenSecondFactor(const std::string& person, const PersonSecret& secret, Proof* proof) const {
  if (secret.sealed_totp_key().empty() || ports_.sealer == nullptr) return absl::OkStatus();
  absl::StatusOr<std::string> key = ports_.sealer->Open(secret.sealed_totp_key(), person);
  if (!key.ok()) {
    // To whoever signs in it is a code that is not right; what to do about it is the operator's.
    Log(LogLevel::kError, "people.second_factor_unreadable",
        {{"person", person}, {"cause", std::string(ToStd(key.status().message()))}});
    return absl::OkStatus();
  }
  proof->totp_key = *std::move(key);
  proof->sealed_totp_key = secret.sealed_totp_key();
  if (ports_.sealer->IsCurrent(secret.sealed_totp_key())) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(proof->sealed_anew, ports_.sealer->Seal(proof->totp_key, person));
  return absl::OkStatus();
}

absl::StatusOr<SignInCore::Proof> SignInCore::Prove(const std::string& person, std::string_view password) const {
  absl::StatusOr<PersonSecret> secret = NeedSecret(*ports_.store->TakeSnapshot(), person);
  if (!secret.ok() && !absl::IsNotFound(secret.status())) return secret.status();
  Proof proof;
  proof.hash = secret.ok() ? secret->password_hash() : nobody_;
  proof.right = IsPasswordOf(password, proof.hash);
  if (secret.ok()) DUBAN_RETURN_IF_ERROR(OpenSecondFactor(person, *secret, &proof));
  return proof;
}

std::optional<int64_t> SignInCore::StepOf(const PersonSecret& secret, const Attempt& attempt, absl::Time now) {
  if (!secret.totp_confirmed()) return 0;
  if (attempt.code.empty() && IsOwnCertificate(*attempt.caller, attempt.person)) return 0;
  const Proof& proof = *attempt.proof;
  if (proof.totp_key.empty() || proof.sealed_totp_key != secret.sealed_totp_key()) return std::nullopt;
  return MatchTotp(proof.totp_key, attempt.code, now, secret.totp_step());
}

absl::StatusOr<SignInCore::Verdict> SignInCore::Judge(Transaction& transaction, const Attempt& attempt,
                                                      absl::Time now) const {
  DUBAN_ASSIGN_OR_RETURN(const bool vouched, StillVouched(transaction, attempt, now));
  absl::StatusOr<PersonSecret> found = NeedSecret(transaction, attempt.person);
  if (absl::IsNotFound(found.status())) {
    // As much is written as of somebody who is there.
    DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::UnknownNames> unknown,
                           transaction.GetLocal<storage::v1::UnknownNames>(kUnknownRow));
    storage::v1::UnknownNames counted = unknown.value_or(storage::v1::UnknownNames());
    counted.set_failures(counted.failures() + 1);
    transaction.PutLocal(kUnknownRow, counted);
    return Verdict::kRefused;
  }
  DUBAN_RETURN_IF_ERROR(found.status());
  PersonSecret secret = *std::move(found);
  DUBAN_ASSIGN_OR_RETURN(const Stored<v1::Person> stored, transaction.Need<v1::Person>(attempt.person));
  const Proof& proof = *attempt.proof;
  const bool shut = IsShut(stored.value, secret, now) || (!proof.of_issuer && IsStale(secret, now));
  const std::optional<int64_t> step = StepOf(secret, attempt, now);
  const bool proved = proof.right && vouched && (proof.of_issuer || proof.hash == secret.password_hash());
  const bool right = proved && step.has_value() && !shut && !IsOthersCertificate(*attempt.caller, attempt.person);
  if (!right) {
    if (!shut) CountFailure(secret, now);
    transaction.PutLocal(SecretName(attempt.person), secret);
    return Verdict::kRefused;
  }
  secret.set_failures(0);
  secret.clear_locked_until();
  if (!proof.sealed_anew.empty()) secret.set_sealed_totp_key(proof.sealed_anew);
  const bool has_to_change = !proof.of_issuer && HasToChange(secret, now);
  // Its code is for changing it.
  if (!has_to_change) secret.set_totp_step(std::max(secret.totp_step(), *step));
  transaction.PutLocal(SecretName(attempt.person), secret);
  return has_to_change ? Verdict::kHasToChange : Verdict::kRight;
}

absl::StatusOr<SessionRecord> SignInCore::BeginSession(Transaction& transaction, const Caller& caller,
                                                       const std::string& person, std::string_view refresh_secret,
                                                       absl::Time now) const {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<SessionRecord> all, SessionsOf(transaction, person, absl::InfinitePast()));
  size_t left = all.size();
  for (const SessionRecord& old : all) {
    const bool over = FromProto(old.session().expire_time()) <= now;
    if (!over && left < kMostSessions) continue;
    DUBAN_RETURN_IF_ERROR(EndSession(transaction, old.session().name(), now));
    --left;
  }
  DUBAN_ASSIGN_OR_RETURN(const PersonSecret secret, NeedSecret(transaction, person));
  SessionRecord record;
  v1::SignedInSession& session = *record.mutable_session();
  session.set_name(StrCat(person, "/sessions/", ports_.ids->NextId("s")));
  *session.mutable_create_time() = ToProto(now);
  session.set_carrier(caller.carrier());
  record.set_bound_to_carrier(IsOwnCertificate(caller, person));
  session.set_second_factor(secret.totp_confirmed() || record.bound_to_carrier());
  SetExpireTime(session, now);
  record.set_refresh_hash(Sha256(refresh_secret));
  transaction.PutLocal(session.name(), record);
  return record;
}

absl::StatusOr<SignInCore::Given> SignInCore::GiveOf(const ReadView& view, const SessionRecord& record,
                                                     absl::Time now) const {
  Given given{record.session(), {}, false};
  Token& token = given.token;
  token.node = ports_.node;
  token.session = given.session.name();
  token.person = PersonOf(token.session);
  if (record.bound_to_carrier()) token.carrier = given.session.carrier();
  token.issue_time = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  token.expire_time =
      std::min(token.issue_time + kTokenLifetime, FromProto(given.session.create_time()) + kSessionTime);
  DUBAN_ASSIGN_OR_RETURN(const Stored<v1::Person> person, view.Need<v1::Person>(token.person));
  token.display_name = person.value.display_name();
  DUBAN_ASSIGN_OR_RETURN(const PersonSecret secret, NeedSecret(view, token.person));
  token.rights = secret.rights();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(view, token.person));
  token.posts = PostsOn(grants, DayOf(now));
  given.needs_second_factor = !given.session.second_factor() && HoldsAdministrator(token.posts);
  if (given.needs_second_factor && !DUBAN_BUG("people.one_factor_is_enough")) token.posts.clear();
  return given;
}

absl::Status SignInCore::FillTokens(const Given& given, std::string_view refresh_secret,
                                    v1::SessionTokens* response) const {
  const Token& token = given.token;
  absl::StatusOr<std::string> text = ports_.tokens->Sign(token);
  if (absl::IsFailedPrecondition(text.status())) {
    const std::string cause(ToStd(text.status().message()));
    return WrongState("NO_KEYS", cause, StrCat("本节点不能签发登录凭证：", cause));
  }
  DUBAN_RETURN_IF_ERROR(text.status());
  response->set_session(token.session);
  response->set_access_token(*std::move(text));
  *response->mutable_access_expire_time() = ToProto(token.expire_time);
  response->mutable_access_lifetime()->set_seconds(absl::ToInt64Seconds(token.expire_time - token.issue_time));
  response->set_refresh_token(RefreshToken(token.session, refresh_secret));
  *response->mutable_refresh_expire_time() = given.session.expire_time();
  response->set_needs_second_factor(given.needs_second_factor);
  return absl::OkStatus();
}

absl::Status SignInCore::Enter(const Attempt& attempt, std::string_view method, v1::SignInResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const std::string refresh_secret, RandomBytes(kRefreshBytes));
  const absl::Time now = ports_.clock->Now();
  Verdict verdict = Verdict::kRefused;
  Given given;
  CommandInfo info = InfoOf(*attempt.caller, method, attempt.person);
  DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(verdict, Judge(transaction, attempt, now));
    if (verdict == Verdict::kRefused) info.refused = v1::NOT_AUTHENTICATED;
    if (verdict != Verdict::kRight) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const SessionRecord record,
                           BeginSession(transaction, *attempt.caller, attempt.person, refresh_secret, now));
    DUBAN_ASSIGN_OR_RETURN(given, GiveOf(transaction, record, now));
    info.session = given.session.name();
    return absl::OkStatus();
  }));
  if (verdict == Verdict::kRefused) return SignInRefused();
  response->set_needs_password_change(verdict == Verdict::kHasToChange);
  if (verdict == Verdict::kHasToChange) return absl::OkStatus();
  return FillTokens(given, refresh_secret, response->mutable_tokens());
}

absl::Status SignInCore::SignIn(const Caller& caller, const v1::SignInRequest& request, v1::SignInResponse* response) {
  DUBAN_RETURN_IF_ERROR(CheckCanSign());
  DUBAN_ASSIGN_OR_RETURN(const Proof proof, Prove(request.person(), request.password()));
  return Enter({&caller, request.person(), &proof, request.code()}, "SignIn", response);
}

absl::Status SignInCore::RefreshSession(const Caller& caller, const v1::RefreshSessionRequest& request,
                                        v1::SessionTokens* response) {
  DUBAN_RETURN_IF_ERROR(CheckCanSign());
  const std::optional<RefreshParts> parts = SplitRefreshToken(request.refresh_token());
  if (!parts) return SessionOver();
  DUBAN_ASSIGN_OR_RETURN(const std::string refresh_secret, RandomBytes(kRefreshBytes));
  const std::string hash = Sha256(parts->secret);
  const absl::Time now = ports_.clock->Now();
  bool goes_on = false;
  Given given;
  CommandInfo info = InfoOf(caller, "RefreshSession", parts->session);
  DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(std::optional<SessionRecord> record, transaction.GetLocal<SessionRecord>(parts->session));
    if (!record || FromProto(record->session().expire_time()) <= now) return absl::OkStatus();
    if (WasUsed(*record, hash) && !DUBAN_BUG("people.refresh_token_reused")) {
      info.refused = v1::NOT_AUTHENTICATED;
      return EndSession(transaction, parts->session, now);
    }
    goes_on = SameBytes(record->refresh_hash(), hash) || DUBAN_BUG("people.refresh_token_reused");
    if (!goes_on) return absl::OkStatus();
    record->add_used_hashes(hash.substr(0, kUsedHashBytes));
    if (record->used_hashes_size() > kMostUsed) record->mutable_used_hashes()->DeleteSubrange(0, 1);
    record->set_refresh_hash(Sha256(refresh_secret));
    SetExpireTime(*record->mutable_session(), now);
    transaction.PutLocal(parts->session, *record);
    DUBAN_ASSIGN_OR_RETURN(given, GiveOf(transaction, *record, now));
    return absl::OkStatus();
  }));
  if (!goes_on) return SessionOver();
  return FillTokens(given, refresh_secret, response);
}

absl::Status SignInCore::SignOut(const Caller& caller, const v1::SignOutRequest&, v1::SignOutResponse*) {
  if (caller.kind != CallerKind::kPerson) return SessionOver();
  return ports_.store->Run(InfoOf(caller, "SignOut", caller.session), [&](Transaction& transaction) {
    return EndSession(transaction, caller.session, ports_.clock->Now());
  });
}

absl::Status SignInCore::ListSessions(const Caller& caller, const v1::ListSessionsRequest& request,
                                      v1::ListSessionsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  const absl::Time now = ports_.clock->Now();
  DUBAN_RETURN_IF_ERROR(CheckSession(*snapshot, caller, now));
  DUBAN_ASSIGN_OR_RETURN(const std::vector<SessionRecord> sessions, SessionsOf(*snapshot, request.person(), now));
  for (const SessionRecord& record : sessions) *response->add_sessions() = record.session();
  return absl::OkStatus();
}

absl::Status SignInCore::RevokeSession(const Caller& caller, const v1::RevokeSessionRequest& request,
                                       v1::RevokeSessionResponse*) {
  return ports_.store->Run(InfoOf(caller, "RevokeSession", request.name()),
                           [&](Transaction& transaction) -> absl::Status {
                             const absl::Time now = ports_.clock->Now();
                             DUBAN_RETURN_IF_ERROR(CheckSession(transaction, caller, now));
                             return EndSession(transaction, request.name(), now);
                           });
}

absl::Status SignInCore::ChangePassword(const Caller& caller, const v1::ChangePasswordRequest& request,
                                        v1::ChangePasswordResponse*) {
  DUBAN_RETURN_IF_ERROR(CheckPasswordShape(LastSegment(request.person()), request.new_password(), "new_password"));
  if (request.new_password() == request.password()) {
    return InvalidField("new_password", "must not be the old one", "不能与原密码相同");
  }
  DUBAN_ASSIGN_OR_RETURN(const Proof proof, Prove(request.person(), request.password()));
  DUBAN_ASSIGN_OR_RETURN(const std::string hash, HashPassword(request.new_password(), cost_));
  const absl::Time now = ports_.clock->Now();
  Verdict verdict = Verdict::kRefused;
  CommandInfo info = InfoOf(caller, "ChangePassword", request.person());
  DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
    const Attempt attempt{&caller, request.person(), &proof, request.code()};
    DUBAN_ASSIGN_OR_RETURN(verdict, Judge(transaction, attempt, now));
    if (verdict == Verdict::kRefused) info.refused = v1::NOT_AUTHENTICATED;
    if (verdict == Verdict::kRefused) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(PersonSecret secret, NeedSecret(transaction, request.person()));
    secret.set_password_hash(hash);
    *secret.mutable_password_time() = ToProto(now);
    secret.set_one_time(false);
    // Judge leaves the code of one who has to change it; it is used now.
    if (const auto step = StepOf(secret, attempt, now)) secret.set_totp_step(std::max(secret.totp_step(), *step));
    transaction.PutLocal(SecretName(request.person()), secret);
    return EndSessions(transaction, request.person(), now);
  }));
  return verdict == Verdict::kRefused ? SignInRefused() : absl::OkStatus();
}

absl::Status SignInCore::BeginTotp(const Caller& caller, const v1::BeginTotpRequest&, v1::BeginTotpResponse* response) {
  if (caller.kind != CallerKind::kPerson) return SessionOver();
  if (ports_.sealer == nullptr) return CheckCanSign();
  DUBAN_ASSIGN_OR_RETURN(const std::string key, RandomBytes(kTotpKeyBytes));
  const absl::StatusOr<std::string> sealed = ports_.sealer->Seal(key, caller.person);
  if (absl::IsFailedPrecondition(sealed.status())) {
    const std::string cause(ToStd(sealed.status().message()));
    return WrongState("NO_KEYS", cause, StrCat("本节点不能保存动态口令密钥：", cause));
  }
  DUBAN_RETURN_IF_ERROR(sealed.status());
  DUBAN_RETURN_IF_ERROR(
      ports_.store->Run(InfoOf(caller, "BeginTotp", caller.person), [&](Transaction& transaction) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckSession(transaction, caller, ports_.clock->Now()));
        DUBAN_ASSIGN_OR_RETURN(PersonSecret secret, NeedSecret(transaction, caller.person));
        if (secret.totp_confirmed()) {
          return WrongState("SECOND_FACTOR", "there is a second factor already; a security officer takes it away",
                            "已启用动态口令；如需更换，请联系安全管理员重置");
        }
        secret.set_sealed_totp_key(*sealed);
        transaction.PutLocal(SecretName(caller.person), secret);
        return absl::OkStatus();
      }));
  response->set_secret(ToBase32(key));
  response->set_uri(TotpUri(ports_.node, LastSegment(caller.person), key));
  return absl::OkStatus();
}

absl::Status SignInCore::ConfirmTotp(const Caller& caller, const v1::ConfirmTotpRequest& request,
                                     v1::ConfirmTotpResponse*) {
  if (caller.kind != CallerKind::kPerson) return SessionOver();
  const absl::Time now = ports_.clock->Now();
  Proof proof;
  {
    const absl::StatusOr<PersonSecret> secret = NeedSecret(*ports_.store->TakeSnapshot(), caller.person);
    if (secret.ok()) DUBAN_RETURN_IF_ERROR(OpenSecondFactor(caller.person, *secret, &proof));
  }
  return ports_.store->Run(InfoOf(caller, "ConfirmTotp", caller.person), [&](Transaction& transaction) -> absl::Status {
    DUBAN_RETURN_IF_ERROR(CheckSession(transaction, caller, now));
    DUBAN_ASSIGN_OR_RETURN(PersonSecret secret, NeedSecret(transaction, caller.person));
    if (secret.sealed_totp_key().empty() || secret.totp_confirmed()) {
      return WrongState(secret.totp_confirmed() ? "SECOND_FACTOR" : "NO_SECOND_FACTOR",
                        "no second factor awaits its first code; begin with BeginTotp",
                        "没有待确认的动态口令，请先申领");
    }
    std::optional<int64_t> step;
    if (proof.sealed_totp_key == secret.sealed_totp_key()) {
      step = MatchTotp(proof.totp_key, request.code(), now, secret.totp_step());
    }
    if (!step) return InvalidField("code", "is not the code of this time", "动态口令不正确");
    secret.set_totp_confirmed(true);
    secret.set_totp_step(*step);
    transaction.PutLocal(SecretName(caller.person), secret);
    // Its person has shown both factors.
    DUBAN_ASSIGN_OR_RETURN(std::optional<SessionRecord> record, transaction.GetLocal<SessionRecord>(caller.session));
    if (!record) return SessionOver();
    record->mutable_session()->set_second_factor(true);
    transaction.PutLocal(caller.session, *record);
    return absl::OkStatus();
  });
}

absl::Status SignInCore::WhoAmI(const Caller& caller, const v1::WhoAmIRequest&, v1::WhoAmIResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_RETURN_IF_ERROR(CheckSession(*snapshot, caller, ports_.clock->Now()));
  response->set_caller(caller.label());
  if (caller.kind != CallerKind::kAnybody) response->set_carrier(caller.carrier());
  for (const Post& post : caller.posts) ShowPost(post, response->add_posts());
  if (caller.kind != CallerKind::kPerson) return absl::OkStatus();
  response->set_session(caller.session);
  DUBAN_ASSIGN_OR_RETURN(const Stored<v1::Person> person, snapshot->Need<v1::Person>(caller.person));
  response->set_display_name(person.value.display_name());
  DUBAN_ASSIGN_OR_RETURN(const bool missing, MissesSecondFactor(*snapshot, caller, ports_.clock->Now()));
  response->set_second_factor_missing(missing);
  return absl::OkStatus();
}

}  // namespace duban
