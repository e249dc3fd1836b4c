#include "services/plan/people/people_core.h"

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/field_mask.h"
#include "common/base/ids.h"
#include "common/base/page_token.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/v1/unit.pb.h"
#include "services/plan/people/example_request.h"
#include "services/plan/people/grants.h"
#include "services/plan/people/people_rows.h"
#include "services/plan/people/standing.h"

namespace duban {
namespace {

using storage::v1::PersonSecret;

constexpr int kDefaultPage = 100;
constexpr int kMostPage = 1000;

// A request that comes again gets the person as they are then, and no password: that is in no memo.
template <typename Response>
Repeat PersonAgain(Clock* clock) {
  return RepeatOf<Response>(
      [](const Response& response, Response* kept) { kept->mutable_person()->set_name(response.person().name()); },
      [clock](const ReadView& view, Response* response) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(*response->mutable_person(), ShowPerson(view, response->person().name(), clock->Now()));
        return absl::OkStatus();
      });
}

const Repeat& GrantAgain() {
  static const auto* const again = new Repeat(
      RepeatByName<v1::Grant>([](const ReadView& view, const std::string& name) -> absl::StatusOr<v1::Grant> {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Grant> grant, view.Need<v1::Grant>(name));
        return std::move(grant.value);
      }));
  return *again;
}

PersonSecret OneTimeSecret(std::string hash, absl::Time now) {
  PersonSecret secret;
  secret.set_password_hash(std::move(hash));
  *secret.mutable_password_time() = ToProto(now);
  secret.set_one_time(true);
  return secret;
}

// Of the last officer nothing is taken: nobody could give it back.
absl::Status CheckNotLastOfficer(const ReadView& view, const std::string& person, absl::CivilDay day) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> officers, OfficersOn(view, day));
  if (officers != std::vector<std::string>{person}) return absl::OkStatus();
  return WrongState("LAST_OFFICER",
                    StrCat("`", person, "` is the last security officer; have another one approved first"),
                    StrCat("“", person, "”是唯一的安全管理员，请先授予另一人"));
}

}  // namespace

template <typename Request>
absl::Status PeopleCore::ChangePerson(const Caller& caller, std::string_view method, const Request& request,
                                      const std::string& name,
                                      absl::FunctionRef<absl::Status(Transaction&, Stored<v1::Person>&)> change,
                                      v1::Person* response) {
  const absl::Time now = ports_.clock->Now();
  return ports_.store->Request(
      {caller, method, request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckOfficer(transaction, caller, now));
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Person> person, transaction.Need<v1::Person>(name));
        DUBAN_RETURN_IF_ERROR(change(transaction, person));
        DUBAN_RETURN_IF_ERROR(transaction.Put(name, person.value, {}).status());
        DUBAN_ASSIGN_OR_RETURN(*response, ShowPerson(transaction, name, now));
        return absl::OkStatus();
      },
      RepeatByName<v1::Person>([this](const ReadView& view, const std::string& again) {
        return ShowPerson(view, again, ports_.clock->Now());
      }));
}

template <typename Request>
absl::Status PeopleCore::ChangeGrant(const Caller& caller, std::string_view method, const Request& request,
                                     absl::FunctionRef<absl::StatusOr<v1::Grant>(Transaction&)> change,
                                     v1::Grant* response) {
  return ports_.store->Request(
      {caller, method, request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckOfficer(transaction, caller, ports_.clock->Now()));
        DUBAN_ASSIGN_OR_RETURN(*response, change(transaction));
        return PutGrant(transaction, *response);
      },
      GrantAgain());
}

absl::Status PeopleCore::CreatePerson(const Caller& caller, const v1::CreatePersonRequest& request,
                                      v1::CreatePersonResponse* response) {
  constexpr std::string_view kMethod = "duban.v1.AccessService/CreatePerson";
  const Repeat again = PersonAgain<v1::CreatePersonResponse>(ports_.clock);
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, kMethod, request}, response, again));
  if (known) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::string password, MakeOneTimePassword());
  DUBAN_ASSIGN_OR_RETURN(const std::string hash, HashPassword(password, cost_));
  const std::string name = StrCat("people/", request.person_id());
  const absl::Time now = ports_.clock->Now();
  return ports_.store->Request(
      {caller, kMethod, request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckOfficer(transaction, caller, now));
        DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::Person>> old, transaction.Get<v1::Person>(name));
        if (old) {
          return Error(v1::RESOURCE_EXISTS, StrCat("`", name, "` exists already; choose another id"),
                       StrCat("“", name, "”已经存在，请换一个编号"), {{"name", name}, {"by", name}});
        }
        v1::Person person;
        person.set_name(name);
        person.set_display_name(request.person().display_name());
        *person.mutable_create_time() = ToProto(now);
        DUBAN_RETURN_IF_ERROR(transaction.Put(name, person, {}).status());
        transaction.PutLocal(SecretName(name), OneTimeSecret(hash, now));
        DUBAN_ASSIGN_OR_RETURN(*response->mutable_person(), ShowPerson(transaction, name, now));
        response->set_one_time_password(password);
        return absl::OkStatus();
      },
      again);
}

absl::Status PeopleCore::ListPeople(const Caller& caller, const v1::ListPeopleRequest& request,
                                    v1::ListPeopleResponse* response) const {
  const Listing listing{ports_.page_key, caller.label(), "ListPeople"};
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(listing, request.page_token()));
  const size_t size = static_cast<size_t>(PageSize(request.page_size(), kDefaultPage, kMostPage));
  const auto snapshot = ports_.store->TakeSnapshot();
  const absl::Time now = ports_.clock->Now();
  DUBAN_RETURN_IF_ERROR(CheckOfficer(*snapshot, caller, now));
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(snapshot->Scan<v1::Person>("people/", cursor, [&](std::string_view name, Stored<v1::Person>) {
    names.emplace_back(name);
    return names.size() <= size;
  }));
  if (names.size() > size) {
    names.resize(size);
    response->set_next_page_token(MakePageToken(listing, names.back()));
  }
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(*response->add_people(), ShowPerson(*snapshot, name, now));
  }
  return absl::OkStatus();
}

// Who says whom a subject is can make somebody sign in as them.
absl::Status PeopleCore::CheckMayBind(const ReadView& view, const Caller& caller, const std::string& person) const {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(view, person));
  if (person != caller.person && !IsAdministrator(grants, DayOf(ports_.clock->Now()))) return absl::OkStatus();
  return NotForCaller(caller,
                      "nobody binds themselves or one of the three administrators to single sign-on; bind the "
                      "person before the role is granted",
                      "不能为自己或三员绑定单点登录账号；请在授予角色之前绑定");
}

absl::Status PeopleCore::UpdatePerson(const Caller& caller, const v1::UpdatePersonRequest& request,
                                      v1::Person* response) {
  static const auto* const kFields = new std::set<std::string>{"display_name", "single_sign_on"};
  DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> fields,
                         FieldsToChange(request.person(), request.update_mask(), *kFields));
  return ChangePerson(
      caller, "duban.v1.AccessService/UpdatePerson", request, request.person().name(),
      [&](Transaction& transaction, Stored<v1::Person>& person) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckEtag(person.value.name(), request.person().etag(), EtagOf(person.sequence)));
        if (fields.contains("single_sign_on")) {
          DUBAN_RETURN_IF_ERROR(CheckMayBind(transaction, caller, person.value.name()));
          DUBAN_RETURN_IF_ERROR(BindSubject(transaction, person.value, request.person()));
        }
        CopyFields(request.person(), fields, &person.value);
        return absl::OkStatus();
      },
      response);
}

absl::Status PeopleCore::DisablePerson(const Caller& caller, const v1::DisablePersonRequest& request,
                                       v1::Person* response) {
  return ChangePerson(
      caller, "duban.v1.AccessService/DisablePerson", request, request.name(),
      [&](Transaction& transaction, Stored<v1::Person>& person) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckNotLastOfficer(transaction, request.name(), DayOf(ports_.clock->Now())));
        person.value.set_disabled(true);
        return EndSessions(transaction, request.name(), ports_.clock->Now());
      },
      response);
}

absl::Status PeopleCore::EnablePerson(const Caller& caller, const v1::EnablePersonRequest& request,
                                      v1::Person* response) {
  return ChangePerson(
      caller, "duban.v1.AccessService/EnablePerson", request, request.name(),
      [&](Transaction&, Stored<v1::Person>& person) {
        person.value.set_disabled(false);
        return absl::OkStatus();
      },
      response);
}

absl::Status PeopleCore::ResetPassword(const Caller& caller, const v1::ResetPasswordRequest& request,
                                       v1::ResetPasswordResponse* response) {
  constexpr std::string_view kMethod = "duban.v1.AccessService/ResetPassword";
  const Repeat again = PersonAgain<v1::ResetPasswordResponse>(ports_.clock);
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, kMethod, request}, response, again));
  if (known) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::string password, MakeOneTimePassword());
  DUBAN_ASSIGN_OR_RETURN(const std::string hash, HashPassword(password, cost_));
  const absl::Time now = ports_.clock->Now();
  return ports_.store->Request(
      {caller, kMethod, request}, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_RETURN_IF_ERROR(CheckOfficer(transaction, caller, now));
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Person> person, transaction.Need<v1::Person>(request.name()));
        DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(transaction, request.name()));
        if (caller.kind == CallerKind::kPerson && IsAdministrator(grants, DayOf(now))) {
          return WrongState("ADMINISTRATOR",
                            StrCat("`", request.name(),
                                   "` is one of the three administrators, and who knows their "
                                   "password could act as them; reset it at the node's machine, with the node's keys"),
                            StrCat("“", request.name(), "”是三员之一，须在节点服务器上用节点证书重置"));
        }
        DUBAN_ASSIGN_OR_RETURN(const PersonSecret old, NeedSecret(transaction, request.name()));
        PersonSecret secret = OneTimeSecret(hash, now);
        secret.set_rights(old.rights());
        transaction.PutLocal(SecretName(request.name()), secret);
        // A change of the person, so that the audit names them.
        *person.value.mutable_password_time() = ToProto(now);
        DUBAN_RETURN_IF_ERROR(transaction.Put(request.name(), person.value, {}).status());
        DUBAN_RETURN_IF_ERROR(EndSessions(transaction, request.name(), now));
        DUBAN_ASSIGN_OR_RETURN(*response->mutable_person(), ShowPerson(transaction, request.name(), now));
        response->set_one_time_password(password);
        return absl::OkStatus();
      },
      again);
}

absl::Status PeopleCore::GrantRole(const Caller& caller, const v1::GrantRoleRequest& request, v1::Grant* response) {
  if (request.person() == caller.person) {
    return InvalidField("person", "is the caller; another officer has to grant it",
                        "不能给自己授权，须由另一名安全管理员授予");
  }
  const absl::Time now = ports_.clock->Now();
  return ChangeGrant(
      caller, "duban.v1.AccessService/GrantRole", request,
      [&](Transaction& transaction) -> absl::StatusOr<v1::Grant> {
        v1::Grant grant;
        CopyFields(request.grant(), {"role", "unit", "begin_date", "end_date"}, &grant);
        if (grant.begin_date().empty()) grant.set_begin_date(FormatDay(DayOf(now)));
        DUBAN_RETURN_IF_ERROR(CheckGrant(grant));
        DUBAN_RETURN_IF_ERROR(transaction.Need<v1::Person>(request.person()).status());
        if (!grant.unit().empty()) DUBAN_RETURN_IF_ERROR(transaction.Need<v1::Unit>(grant.unit()).status());
        grant.set_name(StrCat(request.person(), "/grants/", ports_.ids->NextId("g")));
        DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> held, GrantsOf(transaction, request.person()));
        DUBAN_RETURN_IF_ERROR(CheckBeside(held, grant));
        const bool alone = kAdministrators.contains(grant.role()) && !DUBAN_BUG("people.one_officer_is_enough");
        grant.set_state(alone ? v1::Grant::AWAITING_APPROVAL : v1::Grant::HELD);
        grant.set_granted_by(caller.label());
        *grant.mutable_create_time() = ToProto(now);
        return grant;
      },
      response);
}

absl::Status PeopleCore::CheckMayApprove(const ReadView& view, const Caller& caller, const v1::Grant& grant) const {
  if (grant.granted_by() == caller.label()) {
    return NotForCaller(caller, "whoever granted it does not approve it; a second officer does",
                        "授予人不能自行核准，须由另一名安全管理员核准");
  }
  if (PersonOf(grant.name()) == caller.person) {
    return NotForCaller(caller, "nobody approves what they get", "被授予人不能自行核准");
  }
  if (caller.kind == CallerKind::kPerson) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> officers, OfficersOn(view, DayOf(ports_.clock->Now())));
  const std::set<std::string> people(officers.begin(), officers.end());
  if (people.size() < 2) return absl::OkStatus();
  return NotForCaller(caller, "there are two security officers, and one of them approves it",
                      "已有两名安全管理员，须由其中一人核准");
}

absl::Status PeopleCore::ApproveGrant(const Caller& caller, const v1::ApproveGrantRequest& request,
                                      v1::Grant* response) {
  return ChangeGrant(
      caller, "duban.v1.AccessService/ApproveGrant", request,
      [&](Transaction& transaction) -> absl::StatusOr<v1::Grant> {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Grant> stored, transaction.Need<v1::Grant>(request.name()));
        v1::Grant grant = std::move(stored.value);
        DUBAN_RETURN_IF_ERROR(CheckMayApprove(transaction, caller, grant));
        if (grant.state() != v1::Grant::AWAITING_APPROVAL) {
          return WrongState(v1::Grant::State_Name(grant.state()),
                            StrCat("`", grant.name(), "` does not await approval"),
                            StrCat("“", grant.name(), "”不在待核准状态"));
        }
        DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> held, GrantsOf(transaction, PersonOf(grant.name())));
        DUBAN_RETURN_IF_ERROR(CheckBeside(held, grant));
        grant.set_state(v1::Grant::HELD);
        grant.set_approved_by(caller.label());
        return grant;
      },
      response);
}

absl::Status PeopleCore::RevokeRole(const Caller& caller, const v1::RevokeRoleRequest& request, v1::Grant* response) {
  return ChangeGrant(
      caller, "duban.v1.AccessService/RevokeRole", request,
      [&](Transaction& transaction) -> absl::StatusOr<v1::Grant> {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Grant> stored, transaction.Need<v1::Grant>(request.name()));
        v1::Grant grant = std::move(stored.value);
        if (grant.state() == v1::Grant::REVOKED) return grant;
        const absl::CivilDay day = DayOf(ports_.clock->Now());
        if (grant.role() == v1::SECURITY_OFFICER && CountsOn(grant, day)) {
          DUBAN_RETURN_IF_ERROR(CheckNotLastOfficer(transaction, PersonOf(grant.name()), day));
        }
        const bool held = grant.state() == v1::Grant::HELD;
        grant.set_state(v1::Grant::REVOKED);
        grant.set_revoked_by(caller.label());
        if (held) DUBAN_RETURN_IF_ERROR(EndTokens(transaction, PersonOf(grant.name()), ports_.clock->Now()));
        return grant;
      },
      response);
}

absl::Status PeopleCore::ListGrants(const Caller& caller, const v1::ListGrantsRequest& request,
                                    v1::ListGrantsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_RETURN_IF_ERROR(CheckSession(*snapshot, caller, ports_.clock->Now()));
  if (request.awaiting_approval()) {
    // Few, and all of one kind.
    DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, AdministratorGrants(*snapshot));
    for (const v1::Grant& grant : grants) {
      const bool asked = request.person().empty() || PersonOf(grant.name()) == request.person();
      if (asked && grant.state() == v1::Grant::AWAITING_APPROVAL) *response->add_grants() = grant;
    }
    return absl::OkStatus();
  }
  const Listing listing{ports_.page_key, caller.label(), StrCat("ListGrants/", request.person())};
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kDefaultPage, kMostPage);
  const std::string prefix = request.person().empty() ? "people/" : StrCat(request.person(), "/grants/");
  return snapshot->Scan<v1::Grant>(prefix, cursor, [&](std::string_view, Stored<v1::Grant> grant) {
    if (response->grants_size() == size) {
      response->set_next_page_token(MakePageToken(listing, response->grants(size - 1).name()));
      return false;
    }
    *response->add_grants() = std::move(grant.value);
    return true;
  });
}

absl::Status PeopleCore::ExplainAccess(const Caller& caller, const v1::ExplainAccessRequest& request,
                                       v1::ExplainAccessResponse* response) const {
  const google::protobuf::MethodDescriptor* const method = FindMethod(request.method());
  if (method == nullptr) {
    return InvalidField("method", "is no method of the contracts; write SERVICE/METHOD, such as PlanService/GetPlan",
                        "不是本系统的接口，请按“服务/方法”填写，如 PlanService/GetPlan");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<google::protobuf::Message> example, ExampleRequest(*method, request));
  DUBAN_ASSIGN_OR_RETURN(const MethodRule rule, MethodRule::Of(*method));
  const absl::Time now = ports_.clock->Now();
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_RETURN_IF_ERROR(CheckOfficer(*snapshot, caller, now));
  DUBAN_RETURN_IF_ERROR(snapshot->Need<v1::Person>(request.person()).status());
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Grant> grants, GrantsOf(*snapshot, request.person()));
  Identity carrier{"", ports_.node, Identity::Part::kService, "console"};
  if (!request.carrier_unit().empty()) {
    carrier.part = Identity::Part::kUnit;
    carrier.name = std::string(LastSegment(request.carrier_unit()));
  }
  const Caller asked =
      PersonOver(CallerOf(std::move(carrier), ports_.node), request.person(), "", PostsOn(grants, DayOf(now)));
  const absl::Status decided = rule.Decide(asked, *example, facts_, DayOf(now));
  if (!decided.ok() && ReasonOf(decided) != v1::NOT_ALLOWED) return decided;
  response->set_allowed(decided.ok());
  response->set_english(std::string(ToStd(decided.message())));
  if (!decided.ok()) response->set_chinese(ChineseMessage(decided));
  for (const Post& post : asked.posts) ShowPost(post, response->add_posts());
  *response->mutable_rule() = rule.contract();
  return absl::OkStatus();
}

absl::Status PeopleCore::LoadFirstOfficer(const storage::v1::FirstOfficer& officer) {
  const absl::Time now = ports_.clock->Now();
  const auto anybody = [](const ReadView& view) -> absl::StatusOr<bool> {
    bool any = false;
    DUBAN_RETURN_IF_ERROR(view.Scan<v1::Person>("people/", "", [&](std::string_view, const Stored<v1::Person>&) {
      any = true;
      return false;
    }));
    return any;
  };
  DUBAN_ASSIGN_OR_RETURN(const bool begun, anybody(*ports_.store->TakeSnapshot()));
  if (begun) return absl::OkStatus();
  return ports_.store->Run({"start/first_officer", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const bool anyone, anybody(transaction));
    if (anyone) return absl::OkStatus();
    v1::Person person;
    person.set_name(officer.name());
    person.set_display_name(officer.display_name());
    *person.mutable_create_time() = ToProto(now);
    DUBAN_RETURN_IF_ERROR(transaction.Put(person.name(), person, {}).status());
    // Counted from when it was made: a file that lies there for long, beside a store that was lost, lets nobody in.
    transaction.PutLocal(SecretName(person.name()),
                         OneTimeSecret(officer.password_hash(), FromProto(officer.made_time())));
    v1::Grant grant;
    grant.set_name(StrCat(person.name(), "/grants/", ports_.ids->NextId("g")));
    grant.set_role(v1::SECURITY_OFFICER);
    grant.set_begin_date(FormatDay(DayOf(now)));
    grant.set_state(v1::Grant::HELD);
    grant.set_granted_by(StrCat("node/", ports_.node));
    *grant.mutable_create_time() = ToProto(now);
    return PutGrant(transaction, grant);
  });
}

}  // namespace duban
