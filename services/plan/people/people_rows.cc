#include "services/plan/people/people_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/access/caller.h"
#include "common/access/ended_tokens.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/feed/hop.h"
#include "services/plan/people/password.h"

namespace duban {
namespace {

constexpr std::string_view kAdministratorsRow = "people-administrators";

// Tells the services of the node which tokens ended.
absl::Status NoteEnded(Transaction& transaction, const std::string& person, std::string_view name, uint32_t rights,
                       absl::Time now) {
  const std::string entity = EndedTokensOf(person);
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::EndedTokens>(entity));
  v1::EndedTokens tokens = stored ? stored->value : v1::EndedTokens();
  AddEnded(name, rights, now, &tokens);
  return transaction.Put(entity, tokens, {ServiceAudience("assignment"), ServiceAudience("notification")}).status();
}

}  // namespace

std::string SecretName(std::string_view person) {
  return StrCat(person, "/secret");
}

std::string PersonOf(std::string_view name) {
  return std::string(ParentName(name));
}

absl::StatusOr<storage::v1::PersonSecret> NeedSecret(const ReadView& view, const std::string& person) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::PersonSecret> secret,
                         view.GetLocal<storage::v1::PersonSecret>(SecretName(person)));
  if (!secret) return NotFound(person);
  return *std::move(secret);
}

absl::StatusOr<v1::Person> ShowPerson(const ReadView& view, const std::string& person, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::Person> stored, view.Need<v1::Person>(person));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::PersonSecret secret, NeedSecret(view, person));
  v1::Person shown = std::move(stored.value);
  shown.set_has_to_change_password(secret.one_time() || FromProto(secret.password_time()) + kPasswordAge <= now);
  shown.set_second_factor(secret.totp_confirmed());
  if (FromProto(secret.locked_until()) > now) *shown.mutable_locked_until() = secret.locked_until();
  *shown.mutable_password_time() = secret.password_time();
  shown.set_etag(EtagOf(stored.sequence));
  return shown;
}

std::string SubjectRow(std::string_view issuer, std::string_view subject) {
  return StrCat("people-subjects/", absl::BytesToHexString(Sha256(StrCat(issuer, "\n", subject))));
}

absl::StatusOr<std::string> BoundTo(const ReadView& view, std::string_view issuer, std::string_view subject) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::BoundSubject> bound,
                         view.GetLocal<storage::v1::BoundSubject>(SubjectRow(issuer, subject)));
  return bound ? bound->person() : std::string();
}

absl::Status BindSubject(Transaction& transaction, const v1::Person& person, const v1::Person& next) {
  if (person.has_single_sign_on()) {
    transaction.DeleteLocal(SubjectRow(person.single_sign_on().issuer(), person.single_sign_on().subject()));
  }
  if (!next.has_single_sign_on()) return absl::OkStatus();
  const v1::ExternalSubject& subject = next.single_sign_on();
  DUBAN_ASSIGN_OR_RETURN(const std::string bound, BoundTo(transaction, subject.issuer(), subject.subject()));
  if (!bound.empty() && bound != person.name()) {
    return Error(v1::RESOURCE_EXISTS, StrCat("the subject is bound to `", bound, "` already"),
                 StrCat("该单点登录账号已绑定“", bound, "”"), {{"name", person.name()}, {"by", bound}});
  }
  storage::v1::BoundSubject row;
  row.set_person(person.name());
  transaction.PutLocal(SubjectRow(subject.issuer(), subject.subject()), row);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Grant>> GrantsOf(const ReadView& view, std::string_view person) {
  std::vector<v1::Grant> grants;
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::Grant>(StrCat(person, "/grants/"), "", [&](std::string_view, Stored<v1::Grant> grant) {
        grants.push_back(std::move(grant.value));
        return true;
      }));
  return grants;
}

absl::StatusOr<std::vector<v1::Grant>> AdministratorGrants(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::AdministratorGrants> names,
                         view.GetLocal<storage::v1::AdministratorGrants>(kAdministratorsRow));
  std::vector<v1::Grant> grants;
  if (!names) return grants;
  for (const std::string& name : names->names()) {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Grant> grant, view.Need<v1::Grant>(name));
    grants.push_back(std::move(grant.value));
  }
  return grants;
}

absl::Status PutGrant(Transaction& transaction, const v1::Grant& grant) {
  DUBAN_RETURN_IF_ERROR(transaction.Put(grant.name(), grant, {}).status());
  if (!kAdministrators.contains(grant.role())) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::AdministratorGrants> names,
                         transaction.GetLocal<storage::v1::AdministratorGrants>(kAdministratorsRow));
  storage::v1::AdministratorGrants listed = names.value_or(storage::v1::AdministratorGrants());
  auto* const list = listed.mutable_names();
  list->erase(std::remove(list->begin(), list->end(), grant.name()), list->end());
  if (grant.state() != v1::Grant::REVOKED) listed.add_names(grant.name());
  transaction.PutLocal(kAdministratorsRow, listed);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<storage::v1::SessionRecord>> SessionsOf(const ReadView& view, std::string_view person,
                                                                   absl::Time now) {
  std::vector<storage::v1::SessionRecord> sessions;
  const std::string begin = LocalKey(StrCat(person, "/sessions/"));
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    storage::v1::SessionRecord session;
    if (!session.ParseFromArray(value.data(), static_cast<int>(value.size()))) parsed = BrokenRecord(key.substr(1));
    if (FromProto(session.session().expire_time()) > now) sessions.push_back(std::move(session));
    return parsed.ok();
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  std::stable_sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
    return FromProto(a.session().create_time()) < FromProto(b.session().create_time());
  });
  return sessions;
}

absl::Status EndSession(Transaction& transaction, const std::string& session, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SessionRecord> record,
                         transaction.GetLocal<storage::v1::SessionRecord>(session));
  if (!record) return absl::OkStatus();
  transaction.DeleteLocal(session);
  return NoteEnded(transaction, PersonOf(session), session, 0, now);
}

absl::Status EndTokens(Transaction& transaction, const std::string& person, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(storage::v1::PersonSecret secret, NeedSecret(transaction, person));
  secret.set_rights(secret.rights() + 1);
  transaction.PutLocal(SecretName(person), secret);
  return NoteEnded(transaction, person, person, secret.rights(), now);
}

absl::Status EndSessions(Transaction& transaction, const std::string& person, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<storage::v1::SessionRecord> sessions,
                         SessionsOf(transaction, person, absl::InfinitePast()));
  for (const auto& session : sessions) transaction.DeleteLocal(session.session().name());
  return EndTokens(transaction, person, now);
}

}  // namespace duban
