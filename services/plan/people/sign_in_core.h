// The part of AccessService that is about oneself: signing in and what comes of it. One method an RPC, on ports only.
// Requests have passed ValidateRequest; errors are those listed in access_service.proto.
//
// Passwords, codes and tokens are in no memo and in no log; of passwords, refresh tokens and nonces the store has
// hashes, and the keys of second factors it has sealed. What
// takes a tenth of a second, hashing, happens before the writer's turn, and whether it still holds is looked at in it.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/access/token.h"
#include "common/node/service_logic.h"
#include "duban/storage/v1/people.pb.h"
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
  absl::Status BeginSingleSignOn(const Caller& caller, const v1::BeginSingleSignOnRequest& request,
                                 v1::BeginSingleSignOnResponse* response);
  absl::Status SignInWithIdToken(const Caller& caller, const v1::SignInWithIdTokenRequest& request,
                                 v1::SignInResponse* response);
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
  // What somebody has shown before the writer's turn.
  struct Proof {
    // Whether the password was right, and of which hash; or that an issuer vouches for the person.
    bool right = false;
    std::string hash = {};
    bool of_issuer = false;
    // Of an issuer: the row that says whose the subject is.
    std::string subject = {};
    // The key of the second factor, opened; what it was opened from; and that sealed anew, where the key that seals was
    // replaced since. Empty where there is none, or it cannot be opened.
    std::string totp_key = {}, sealed_totp_key = {}, sealed_anew = {};
  };
  // Somebody signs in. What it refers to outlives it.
  struct Attempt {
    const Caller* caller;
    std::string person;
    const Proof* proof;
    std::string code;
    // Of an ID token.
    std::string nonce = {};
  };
  // What signing in comes to.
  enum class Verdict { kRefused, kHasToChange, kRight };
  // What a session is given to go on with.
  struct Given {
    v1::SignedInSession session;
    Token token;
    bool needs_second_factor = false;
  };

  // Takes as long whether there is such a person or not.
  absl::StatusOr<Proof> Prove(const std::string& person, std::string_view password) const;
  absl::Status OpenSecondFactor(const std::string& person, const storage::v1::PersonSecret& secret, Proof* proof) const;
  // The step of the code, 0 where none is asked for; nothing where it is wrong.
  static std::optional<int64_t> StepOf(const storage::v1::PersonSecret& secret, const Attempt& attempt, absl::Time now);
  // Whether an issuer's word, if it is one, still holds in the writer's turn; takes its nonce away.
  static absl::StatusOr<bool> StillVouched(Transaction& transaction, const Attempt& attempt, absl::Time now);
  // Counts a failure, or takes the count away; in the writer's turn.
  absl::StatusOr<Verdict> Judge(Transaction& transaction, const Attempt& attempt, absl::Time now) const;
  // Judges, and begins a session where that comes out right.
  absl::Status Enter(const Attempt& attempt, std::string_view method, v1::SignInResponse* response);
  // Begins a session, ends the oldest where there are too many.
  absl::StatusOr<storage::v1::SessionRecord> BeginSession(Transaction& transaction, const Caller& caller,
                                                          const std::string& person, std::string_view refresh_secret,
                                                          absl::Time now) const;
  // The token of a session, of what its person holds now: nothing where they are to have a second factor first.
  absl::StatusOr<Given> GiveOf(const ReadView& view, const storage::v1::SessionRecord& record, absl::Time now) const;
  absl::Status FillTokens(const Given& given, std::string_view refresh_secret, v1::SessionTokens* response) const;
  absl::Status CheckCanSign() const;

  const Ports ports_;
  const PasswordCost cost_;
  const std::string nobody_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_SIGN_IN_CORE_H_
