// Signing in with an issuer's ID token: the nonces that are given for it, and whose subject it is.

#include <algorithm>
#include <optional>
#include <utility>

#include "common/access/id_token.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/plan/people/grants.h"
#include "services/plan/people/people_rows.h"
#include "services/plan/people/sign_in_core.h"

namespace duban {
namespace {

using storage::v1::SignOnNonces;

constexpr std::string_view kNoncesRow = "people-nonces";
constexpr size_t kNonceBytes = 24;
constexpr absl::Duration kNonceTime = absl::Minutes(10);
// Beyond these the oldest counts no more: whoever began it begins anew.
constexpr int kMostNonces = 1024;

absl::Status NoIssuer() {
  return WrongState("NO_ISSUER",
                    "this node takes no ID tokens; sign in with a password, or start it with "
                    "--single-sign-on",
                    "本节点未启用单点登录，请用密码登录；如需启用，请以 --single-sign-on 启动");
}

// Takes a nonce away; whether it was there and its time not over.
absl::StatusOr<bool> TakeNonce(Transaction& transaction, std::string_view nonce, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<SignOnNonces> given, transaction.GetLocal<SignOnNonces>(kNoncesRow));
  if (!given) return false;
  const std::string hash = Sha256(nonce);
  bool found = false;
  auto* const list = given->mutable_nonces();
  list->erase(std::remove_if(list->begin(), list->end(),
                             [&](const SignOnNonces::Nonce& one) {
                               const bool over = FromProto(one.expire_time()) <= now;
                               const bool same = one.hash() == hash;
                               found = found || (same && !over);
                               return over || (same && !DUBAN_BUG("people.nonce_counts_twice"));
                             }),
              list->end());
  transaction.PutLocal(kNoncesRow, *given);
  return found;
}

}  // namespace

absl::Status SignInCore::BeginSingleSignOn(const Caller& caller, const v1::BeginSingleSignOnRequest& request,
                                           v1::BeginSingleSignOnResponse* response) {
  if (ports_.id_tokens == nullptr) return NoIssuer();
  const storage::v1::SingleSignOn::Issuer* const issuer = ports_.id_tokens->Find(request.issuer());
  if (issuer == nullptr) {
    return InvalidField("issuer", "is none that this node takes ID tokens of", "不是本节点认可的签发方");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string bytes, RandomBytes(kNonceBytes));
  const std::string nonce = ToBase64Url(bytes);
  const absl::Time now = ports_.clock->Now();
  const google::protobuf::Timestamp end = ToProto(now + kNonceTime);
  CommandInfo info;
  info.method = "duban.v1.AccessService/BeginSingleSignOn";
  info.caller = caller.label();
  info.address = caller.address;
  DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(std::optional<SignOnNonces> given, transaction.GetLocal<SignOnNonces>(kNoncesRow));
    SignOnNonces nonces = given.value_or(SignOnNonces());
    auto* const list = nonces.mutable_nonces();
    list->erase(std::remove_if(list->begin(), list->end(),
                               [&](const SignOnNonces::Nonce& one) { return FromProto(one.expire_time()) <= now; }),
                list->end());
    if (list->size() >= kMostNonces) list->DeleteSubrange(0, 1);
    SignOnNonces::Nonce* const one = list->Add();
    one->set_hash(Sha256(nonce));
    *one->mutable_expire_time() = end;
    transaction.PutLocal(kNoncesRow, nonces);
    return absl::OkStatus();
  }));
  response->set_issuer(issuer->issuer());
  response->set_audience(issuer->audience());
  response->set_nonce(nonce);
  *response->mutable_expire_time() = end;
  return absl::OkStatus();
}

absl::Status SignInCore::SignInWithIdToken(const Caller& caller, const v1::SignInWithIdTokenRequest& request,
                                           v1::SignInResponse* response) {
  DUBAN_RETURN_IF_ERROR(CheckCanSign());
  if (ports_.id_tokens == nullptr) return NoIssuer();
  absl::StatusOr<IdToken> token = ports_.id_tokens->Verify(request.id_token());
  if (!token.ok()) {
    Log(LogLevel::kWarning, "people.id_token_refused",
        {{"caller", caller.label()}, {"cause", std::string(ToStd(token.status().message()))}});
  }
  // Whose it is, and what they have as a second factor, before the writer's turn; a nonce is taken in it.
  Attempt attempt{&caller, "", nullptr, request.code(), token.ok() ? token->nonce : ""};
  Proof proof;
  attempt.proof = &proof;
  if (token.ok()) {
    const auto snapshot = ports_.store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(attempt.person, BoundTo(*snapshot, token->issuer, token->subject));
    proof = {.right = true, .hash = {}, .of_issuer = true};
    proof.subject = SubjectRow(token->issuer, token->subject);
    const absl::StatusOr<storage::v1::PersonSecret> secret = NeedSecret(*snapshot, attempt.person);
    if (secret.ok()) DUBAN_RETURN_IF_ERROR(OpenSecondFactor(attempt.person, *secret, &proof));
  }
  return Enter(attempt, "SignInWithIdToken", response);
}

absl::StatusOr<bool> SignInCore::StillVouched(Transaction& transaction, const Attempt& attempt, absl::Time now) {
  if (!attempt.proof->of_issuer) return true;
  DUBAN_ASSIGN_OR_RETURN(const bool fresh, TakeNonce(transaction, attempt.nonce, now));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::BoundSubject> bound,
                         transaction.GetLocal<storage::v1::BoundSubject>(attempt.proof->subject));
  return fresh && bound && bound->person() == attempt.person;
}

}  // namespace duban
