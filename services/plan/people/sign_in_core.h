// The part of AccessService that is about oneself: signing in and what comes of it. One method an RPC, on ports only.
// Requests have passed ValidateRequest; errors are those listed in access_service.proto.
//
// Passwords, codes and tokens are in no memo and in no log; of passwords and refresh tokens the store has hashes. What
// takes a tenth of a second, hashing, happens before the writer's turn, and whether it still holds is looked at in it.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/access/token.h"
#include "common/node/service_logic.h"
#include "duban/v1/access_service.pb.h"
#include "services/plan/people/password.h"

namespace duban {

inline constexpr int kMostFailures = 5;
inline constexpr absl::Duration kLockTime = absl::Minutes(15);
// A session ends this long after its last refresh, and after it began.
inline constexpr absl::Duration kIdleTime = absl::Minutes(30);
inline constexpr absl::Duration kSessionTime = absl::Hours(12);

class SignInCore {
 public:
  explicit SignInCore(Ports ports, const PasswordCost& cost = {})
      : ports_(std::move(ports)), cost_(cost), nobody_(HashOfNobody(cost)) {}

  absl::Status SignIn(const Caller& caller, const v1::SignInRequest& request, v1::SignInResponse* response);
  absl::Status RefreshSession(const Caller& caller, const v1::RefreshSessionRequest& request,
                              v1::SessionTokens* response);
  absl::Status SignOut(const Caller& caller, const v1::SignOutRequest& request, v1::SignOutResponse* response);
  absl::Status ListSessions(const Caller& caller, const v1::ListSessionsRequest& request,
                            v1::ListSessionsResponse* response) const;
  absl::Status RevokeSession(const Caller& caller, const v1::RevokeSessionRequest& request,
                             v1::RevokeSessionResponse* response);
  absl::Status ChangePassword(const Caller& caller, const v1::ChangePasswordRequest& request,
                              v1::ChangePasswordResponse* response);
  absl::Status BeginTotp(const Caller& caller, const v1::BeginTotpRequest& request, v1::BeginTotpResponse* response);
  absl::Status ConfirmTotp(const Caller& caller, const v1::ConfirmTotpRequest& request,
                           v1::ConfirmTotpResponse* response);
  absl::Status WhoAmI(const Caller& caller, const v1::WhoAmIRequest& request, v1::WhoAmIResponse* response) const;

 private:
  // Whether a password was right when it was looked at, and of which hash.
  struct Proof {
    bool right = false;
    std::string hash;
  };
  // What signing in comes to.
  enum class Verdict { kRefused, kHasToChange, kRight };

  // Takes as long whether there is such a person or not.
  absl::StatusOr<Proof> Prove(const std::string& person, std::string_view password) const;
  // Counts a failure, or takes the count away; in the writer's turn.
  absl::StatusOr<Verdict> Judge(Transaction& transaction, const std::string& person, const Proof& proof,
                                std::string_view code, absl::Time now) const;
  // Begins a session, ends the oldest where there are too many.
  absl::StatusOr<v1::SignedInSession> BeginSession(Transaction& transaction, const Caller& caller,
                                                   const std::string& person, std::string_view refresh_secret,
                                                   absl::Time now) const;
  // The token of a session, of what its person holds now.
  absl::StatusOr<Token> TokenOf(const ReadView& view, const v1::SignedInSession& session, absl::Time now) const;
  absl::Status FillTokens(const v1::SignedInSession& session, const Token& token, std::string_view refresh_secret,
                          v1::SessionTokens* response) const;
  absl::Status CheckCanSign() const;

  const Ports ports_;
  const PasswordCost cost_;
  const std::string nobody_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_
