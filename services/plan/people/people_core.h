// The part of AccessService that is about others: people, and what they are granted. One method an RPC, on ports only.
// Requests have passed ValidateRequest, and the rule of the method allows the caller; errors are those listed in
// access_service.proto.
//
// Thread-safe. The ports and the facts outlive it.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_CORE_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_CORE_H_

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/access/caller.h"
#include "common/access/decision.h"
#include "common/node/service_logic.h"
#include "duban/storage/v1/people.pb.h"
#include "duban/v1/access_service.pb.h"
#include "services/plan/people/password.h"

namespace duban {

class PeopleCore {
 public:
  // `facts`: what ExplainAccess decides by.
  PeopleCore(Ports ports, const AccessFacts* facts, const PasswordCost& cost = {})
      : ports_(std::move(ports)), facts_(facts), cost_(cost) {}

  absl::Status CreatePerson(const Caller& caller, const v1::CreatePersonRequest& request,
                            v1::CreatePersonResponse* response);
  absl::Status ListPeople(const Caller& caller, const v1::ListPeopleRequest& request,
                          v1::ListPeopleResponse* response) const;
  absl::Status UpdatePerson(const Caller& caller, const v1::UpdatePersonRequest& request, v1::Person* response);
  absl::Status DisablePerson(const Caller& caller, const v1::DisablePersonRequest& request, v1::Person* response);
  absl::Status EnablePerson(const Caller& caller, const v1::EnablePersonRequest& request, v1::Person* response);
  absl::Status ResetPassword(const Caller& caller, const v1::ResetPasswordRequest& request,
                             v1::ResetPasswordResponse* response);

  absl::Status GrantRole(const Caller& caller, const v1::GrantRoleRequest& request, v1::Grant* response);
  absl::Status ApproveGrant(const Caller& caller, const v1::ApproveGrantRequest& request, v1::Grant* response);
  absl::Status RevokeRole(const Caller& caller, const v1::RevokeRoleRequest& request, v1::Grant* response);
  absl::Status ListGrants(const Caller& caller, const v1::ListGrantsRequest& request,
                          v1::ListGrantsResponse* response) const;
  absl::Status ExplainAccess(const Caller& caller, const v1::ExplainAccessRequest& request,
                             v1::ExplainAccessResponse* response) const;

  // Takes in the first security officer, where there is nobody yet. Called when the service starts.
  absl::Status LoadFirstOfficer(const storage::v1::FirstOfficer& officer);

 private:
  // Runs a request of an officer that changes a person and answers with it.
  template <typename Request>
  absl::Status ChangePerson(const Caller& caller, std::string_view method, const Request& request,
                            const std::string& name,
                            absl::FunctionRef<absl::Status(Transaction&, Stored<v1::Person>&)> change,
                            v1::Person* response);
  // Runs a request of an officer that answers with a grant.
  template <typename Request>
  absl::Status ChangeGrant(const Caller& caller, std::string_view method, const Request& request,
                           absl::FunctionRef<absl::StatusOr<v1::Grant>(Transaction&)> change, v1::Grant* response);
  absl::Status CheckMayBind(const ReadView& view, const Caller& caller, const std::string& person) const;
  absl::Status CheckMayApprove(const ReadView& view, const Caller& caller, const v1::Grant& grant) const;

  const Ports ports_;
  const AccessFacts* const facts_;
  const PasswordCost cost_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_PEOPLE_CORE_H_
