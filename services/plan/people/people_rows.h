// How people lie in the plan service's store, in no feed but for the last:
//
//   entity  people/{person}                    v1::Person: name, display name, disabled, when taken in
//   entity  people/{person}/grants/{grant}     v1::Grant
//   local   people/{person}/secret             PersonSecret
//   local   people/{person}/sessions/{id}      SessionRecord; gone once it has ended
//   local   people-administrators              names of the grants of administrators' roles that are not revoked
//   local   people-unknown                     failures to sign in under names that nobody has
//   local   people-subjects/{hash}             BoundSubject: who a subject of an issuer is
//   local   people-nonces                      SignOnNonces
//   entity  ended-tokens/{number}              v1::EndedTokens (ended_tokens.h); in the feed, to the node's services
//
// Pure functions of a view or a transaction.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_ROWS_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_ROWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/transaction.h"
#include "common/store/view.h"
#include "duban/storage/v1/people.pb.h"
#include "duban/v1/person.pb.h"

namespace duban {

// Most sessions of a person; one more ends the oldest. Most grants that are not revoked.
inline constexpr size_t kMostSessions = 10;
inline constexpr size_t kMostGrants = 48;

std::string SecretName(std::string_view person);
// `people/{person}` of a grant or a session.
std::string PersonOf(std::string_view name);

// The secret of a person; RESOURCE_NOT_FOUND where there is none.
absl::StatusOr<storage::v1::PersonSecret> NeedSecret(const ReadView& view, const std::string& person);

// A person as callers see them at `now`. Errors: RESOURCE_NOT_FOUND.
absl::StatusOr<v1::Person> ShowPerson(const ReadView& view, const std::string& person, absl::Time now);

// The row that says who a subject of an issuer is.
std::string SubjectRow(std::string_view issuer, std::string_view subject);
// Who it is; empty: nobody.
absl::StatusOr<std::string> BoundTo(const ReadView& view, std::string_view issuer, std::string_view subject);
// Binds the subject that `next` has to its person, and what `person` has no more. Errors: RESOURCE_EXISTS where it is
// somebody else's.
absl::Status BindSubject(Transaction& transaction, const v1::Person& person, const v1::Person& next);

// All grants of a person, revoked ones included.
absl::StatusOr<std::vector<v1::Grant>> GrantsOf(const ReadView& view, std::string_view person);
absl::Status PutGrant(Transaction& transaction, const v1::Grant& grant);

// Grants of administrators' roles that are not revoked, of everybody.
absl::StatusOr<std::vector<v1::Grant>> AdministratorGrants(const ReadView& view);

// Sessions of a person that have not ended at `now`, the oldest first.
absl::StatusOr<std::vector<storage::v1::SessionRecord>> SessionsOf(const ReadView& view, std::string_view person,
                                                                   absl::Time now);
// Ends a session that there is, and its token.
absl::Status EndSession(Transaction& transaction, const std::string& session, absl::Time now);
// Has tokens that a person has by now count no more: the next ones say what the person holds then.
absl::Status EndTokens(Transaction& transaction, const std::string& person, absl::Time now);
// Ends all sessions of a person, and their tokens.
absl::Status EndSessions(Transaction& transaction, const std::string& person, absl::Time now);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_ROWS_H_
