#include "services/plan/plan_module.h"

#include <utility>
#include <vector>

#include "services/plan/plan_logic.h"

namespace duban {
namespace {

class PlanModule final : public ModuleOf<PlanLogic> {
 public:
  using ModuleOf::ModuleOf;

  std::vector<Method> methods() override {
    PlanCore* const plans = &logic().plans();
    DirectoryCore* const directory = &logic().directory();
    std::vector<Method> all = {
        Rpc("duban.v1.PlanService/ParsePlan", plans, &PlanCore::ParsePlan, Lane::kExpensive),
        Rpc("duban.v1.PlanService/ImportPlan", plans, &PlanCore::ImportPlan, Lane::kExpensive),
        Rpc("duban.v1.PlanService/ReimportPlan", plans, &PlanCore::ReimportPlan, Lane::kExpensive),
        Rpc("duban.v1.PlanService/CreatePlan", plans, &PlanCore::CreatePlan),
        Rpc("duban.v1.PlanService/GetPlan", plans, &PlanCore::GetPlan),
        Rpc("duban.v1.PlanService/ListPlans", plans, &PlanCore::ListPlans),
        Rpc("duban.v1.PlanService/UpdatePlan", plans, &PlanCore::UpdatePlan),
        Rpc("duban.v1.PlanService/UpdateTask", plans, &PlanCore::UpdateTask),
        Rpc("duban.v1.PlanService/EditPlan", plans, &PlanCore::EditPlan),
        Rpc("duban.v1.PlanService/DeletePlan", plans, &PlanCore::DeletePlan),
        Rpc("duban.v1.PlanService/SettleFindings", plans, &PlanCore::SettleFindings),
        Rpc("duban.v1.PlanService/ReopenFindings", plans, &PlanCore::ReopenFindings),
        Rpc("duban.v1.PlanService/ProposeAlignments", plans, &PlanCore::ProposeAlignments),
        Rpc("duban.v1.PlanService/AlignTasks", plans, &PlanCore::AlignTasks),
        Rpc("duban.v1.PlanService/PreviewPublication", plans, &PlanCore::PreviewPublication),
        Rpc("duban.v1.PlanService/PublishPlan", plans, &PlanCore::PublishPlan),
        Rpc("duban.v1.PlanService/ListKeptHints", plans, &PlanCore::ListKeptHints),
        Rpc("duban.v1.PlanService/DeleteKeptHints", plans, &PlanCore::DeleteKeptHints),
        Rpc("duban.v1.PlanService/RevisePlan", plans, &PlanCore::RevisePlan),
        Rpc("duban.v1.PlanService/ListPlanRevisions", plans, &PlanCore::ListPlanRevisions),
        Rpc("duban.v1.PlanService/ComparePlanRevisions", plans, &PlanCore::ComparePlanRevisions),
        Rpc("duban.v1.PlanService/WithdrawPlan", plans, &PlanCore::WithdrawPlan),
        Rpc("duban.v1.PlanSearchService/SearchPlans", plans, &PlanCore::SearchPlans),
        Rpc("duban.v1.PlanSourceService/GetPlanSource", plans, &PlanCore::GetPlanSource),
        Rpc("duban.v1.DirectoryService/GetUnit", directory, &DirectoryCore::GetUnit, Lane::kFront),
        Rpc("duban.v1.DirectoryService/ListUnits", directory, &DirectoryCore::ListUnits),
        Rpc("duban.v1.DirectoryService/CreateUnit", directory, &DirectoryCore::CreateUnit),
        Rpc("duban.v1.DirectoryService/UpdateUnit", directory, &DirectoryCore::UpdateUnit),
        Rpc("duban.v1.DirectoryService/DeleteUnit", directory, &DirectoryCore::DeleteUnit),
        Rpc("duban.v1.DirectoryService/GetUnitGroup", directory, &DirectoryCore::GetUnitGroup, Lane::kFront),
        Rpc("duban.v1.DirectoryService/ListUnitGroups", directory, &DirectoryCore::ListUnitGroups),
        Rpc("duban.v1.DirectoryService/CreateUnitGroup", directory, &DirectoryCore::CreateUnitGroup),
        Rpc("duban.v1.DirectoryService/UpdateUnitGroup", directory, &DirectoryCore::UpdateUnitGroup),
        Rpc("duban.v1.DirectoryService/DeleteUnitGroup", directory, &DirectoryCore::DeleteUnitGroup),
        Rpc("duban.v1.DirectoryService/ExpandUnitGroup", directory, &DirectoryCore::ExpandUnitGroup),
        Rpc("duban.v1.DirectoryService/ImportDirectory", directory, &DirectoryCore::ImportDirectory, Lane::kExpensive),
        Rpc("duban.v1.DirectoryService/ListAliases", directory, &DirectoryCore::ListAliases),
        Rpc("duban.v1.DirectoryService/RemoveAlias", directory, &DirectoryCore::RemoveAlias),
        Rpc("duban.v1.DirectoryService/ResolveUnit", directory, &DirectoryCore::ResolveUnit),
        Rpc("duban.v1.DirectoryService/ListCalendars", directory, &DirectoryCore::ListCalendars),
        Rpc("duban.v1.DirectoryService/UpdateCalendar", directory, &DirectoryCore::UpdateCalendar),
    };
    for (Method& method : AccessMethods()) all.push_back(std::move(method));
    return all;
  }

 private:
  std::vector<Method> AccessMethods() {
    PeopleCore* const people = &logic().people();
    SignInCore* const sign_in = &logic().sign_in();
    return {
        Rpc("duban.v1.AccessService/SignIn", sign_in, &SignInCore::SignIn, Lane::kSignIn),
        Rpc("duban.v1.AccessService/BeginSingleSignOn", sign_in, &SignInCore::BeginSingleSignOn),
        Rpc("duban.v1.AccessService/SignInWithIdToken", sign_in, &SignInCore::SignInWithIdToken, Lane::kSignIn),
        Rpc("duban.v1.AccessService/RefreshSession", sign_in, &SignInCore::RefreshSession),
        Rpc("duban.v1.AccessService/SignOut", sign_in, &SignInCore::SignOut),
        Rpc("duban.v1.AccessService/ListSessions", sign_in, &SignInCore::ListSessions),
        Rpc("duban.v1.AccessService/RevokeSession", sign_in, &SignInCore::RevokeSession),
        Rpc("duban.v1.AccessService/ChangePassword", sign_in, &SignInCore::ChangePassword, Lane::kSignIn),
        Rpc("duban.v1.AccessService/BeginTotp", sign_in, &SignInCore::BeginTotp),
        Rpc("duban.v1.AccessService/ConfirmTotp", sign_in, &SignInCore::ConfirmTotp),
        Rpc("duban.v1.AccessService/WhoAmI", sign_in, &SignInCore::WhoAmI),
        Rpc("duban.v1.AccessService/CreatePerson", people, &PeopleCore::CreatePerson, Lane::kSignIn),
        Rpc("duban.v1.AccessService/ListPeople", people, &PeopleCore::ListPeople),
        Rpc("duban.v1.AccessService/UpdatePerson", people, &PeopleCore::UpdatePerson),
        Rpc("duban.v1.AccessService/DisablePerson", people, &PeopleCore::DisablePerson),
        Rpc("duban.v1.AccessService/EnablePerson", people, &PeopleCore::EnablePerson),
        Rpc("duban.v1.AccessService/ResetPassword", people, &PeopleCore::ResetPassword, Lane::kSignIn),
        Rpc("duban.v1.AccessService/GrantRole", people, &PeopleCore::GrantRole),
        Rpc("duban.v1.AccessService/ApproveGrant", people, &PeopleCore::ApproveGrant),
        Rpc("duban.v1.AccessService/RevokeRole", people, &PeopleCore::RevokeRole),
        Rpc("duban.v1.AccessService/ListGrants", people, &PeopleCore::ListGrants),
        Rpc("duban.v1.AccessService/ExplainAccess", people, &PeopleCore::ExplainAccess),
    };
  }
};

}  // namespace

std::unique_ptr<Module> MakePlanModule(const Ports& ports) {
  return std::make_unique<PlanModule>(ports);
}

}  // namespace duban
