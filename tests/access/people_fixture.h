// A plan service with people, on the cores as the edge calls them.

#ifndef DUBAN_TESTS_ACCESS_PEOPLE_FIXTURE_H_
#define DUBAN_TESTS_ACCESS_PEOPLE_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "common/access/ended_tokens.h"
#include "common/access/sealing_keys.h"
#include "common/access/token_keys.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/validate.h"
#include "services/plan/people/people_core.h"
#include "services/plan/people/sign_in_core.h"
#include "services/plan/plan_logic.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_store.h"

namespace duban {

// Milliseconds instead of a tenth of a second.
inline constexpr PasswordCost kCheap = {.memory_kib = 64, .passes = 1};
inline constexpr const char* kPassword = "Correct-Horse-7";

// A plan service with a first officer `people/an`, who has signed in.
class People : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeTokenKey(TokenFolderOf(folder_.path()), clock_.Now()).ok());
    ASSERT_TRUE(MakeSealingKey(SealingFolderOf(folder_.path()), clock_.Now()).ok());
    storage::v1::FirstOfficer officer;
    officer.set_name("people/an");
    officer.set_display_name("安一");
    officer.set_password_hash(*HashPassword("first-Time-2345", kCheap));
    *officer.mutable_made_time() = ToProto(clock_.Now());
    ASSERT_TRUE(core_.LoadFirstOfficer(officer).ok());
    ASSERT_EQ(Change("an", "first-Time-2345", kPassword), "");
    an_ = SignedIn("an");
    for (const char* unit : {"tax", "school"}) {
      v1::Unit made;
      made.set_name(StrCat("units/", unit));
      ASSERT_TRUE(
          store_->Run({"test", ""}, [&](Transaction& tx) { return tx.Put(made.name(), made, {}).status(); }).ok());
    }
  }

  static Caller CarrierAt(const std::string& path) { return CallerOf(*ParseIdentityPath("gov.example", path), "city"); }
  static std::string Said(const absl::Status& status) {
    return status.ok() ? "" : v1::ErrorReason_Name(ReasonOf(status));
  }
  template <typename Request>
  Request WithId(Request request) {
    if (request.request_id().empty()) request.set_request_id(StrCat("r", ++requests_));
    EXPECT_TRUE(ValidateRequest(request).ok()) << ValidateRequest(request);
    return request;
  }

  absl::StatusOr<v1::SignInResponse> SignIn(const std::string& person, const std::string& password,
                                            const std::string& code = "") {
    return SignInOver(console_, person, password, code);
  }
  absl::StatusOr<v1::SignInResponse> SignInOver(const Caller& carrier, const std::string& person,
                                                const std::string& password, const std::string& code = "") {
    v1::SignInRequest request;
    request.set_person("people/" + person);
    request.set_password(password);
    request.set_code(code);
    v1::SignInResponse response;
    DUBAN_RETURN_IF_ERROR(sign_in_.SignIn(carrier, request, &response));
    return response;
  }
  std::string Change(const std::string& person, const std::string& old, const std::string& next,
                     const std::string& code = "") {
    v1::ChangePasswordRequest request;
    request.set_person("people/" + person);
    request.set_password(old);
    request.set_new_password(next);
    request.set_code(code);
    v1::ChangePasswordResponse response;
    return Said(sign_in_.ChangePassword(console_, request, &response));
  }
  absl::StatusOr<v1::SessionTokens> Refresh(const std::string& token) {
    v1::RefreshSessionRequest request;
    request.set_refresh_token(token);
    v1::SessionTokens response;
    DUBAN_RETURN_IF_ERROR(sign_in_.RefreshSession(console_, request, &response));
    return response;
  }
  // Who the edge would say calls with a token, over the console or the certificate it belongs to.
  Caller CallerWith(const v1::SessionTokens& tokens) {
    const absl::StatusOr<Token> token = keys_.Verify(tokens.access_token());
    EXPECT_TRUE(token.ok()) << token.status();
    const Caller carrier = token->carrier.empty() ? console_ : CarrierAt(token->carrier);
    Caller caller = PersonOver(carrier, token->person, token->session, token->posts);
    caller.rights = token->rights;
    return caller;
  }
  // Signs in over the person's own certificate, which is a second factor.
  Caller SignedIn(const std::string& person) {
    const absl::StatusOr<v1::SignInResponse> response =
        SignInOver(CarrierAt("node/city/person/" + person), person, kPassword);
    EXPECT_TRUE(response.ok()) << response.status();
    return CallerWith(response->tokens());
  }
  // Whether the edge of a service that has the plan service's feed lets a person's token pass.
  bool Counts(const Caller& caller) {
    const auto ended = store_->TakeSnapshot()->Get<v1::EndedTokens>(EndedTokensOf(caller.person));
    EXPECT_TRUE(ended.ok()) << ended.status();
    return !*ended || !IsEnded((*ended)->value, caller);
  }
  std::string Create(const std::string& person) {
    v1::CreatePersonRequest request;
    request.set_person_id(person);
    request.mutable_person()->set_display_name("某人");
    v1::CreatePersonResponse response;
    const absl::Status created = core_.CreatePerson(an_, WithId(request), &response);
    EXPECT_TRUE(created.ok()) << created;
    return response.one_time_password();
  }
  // Takes somebody in who has set their own password.
  void Settle(const std::string& person) { ASSERT_EQ(Change(person, Create(person), kPassword), ""); }
  absl::StatusOr<v1::Grant> Grant(const Caller& officer, const std::string& person, v1::Role role,
                                  const std::string& unit = "", const std::string& from = "",
                                  const std::string& to = "") {
    v1::GrantRoleRequest request;
    request.set_person("people/" + person);
    request.mutable_grant()->set_role(role);
    if (!unit.empty()) request.mutable_grant()->set_unit("units/" + unit);
    request.mutable_grant()->set_begin_date(from);
    request.mutable_grant()->set_end_date(to);
    v1::Grant response;
    DUBAN_RETURN_IF_ERROR(core_.GrantRole(officer, WithId(request), &response));
    return response;
  }
  std::string Approve(const Caller& officer, const std::string& grant) {
    v1::ApproveGrantRequest request;
    request.set_name(grant);
    v1::Grant response;
    return Said(core_.ApproveGrant(officer, WithId(request), &response));
  }
  std::string Revoke(const Caller& officer, const std::string& grant) {
    v1::RevokeRoleRequest request;
    request.set_name(grant);
    v1::Grant response;
    return Said(core_.RevokeRole(officer, WithId(request), &response));
  }
  // Makes a second officer, `people/bo`, who has signed in.
  Caller SecondOfficer() {
    Settle("bo");
    EXPECT_EQ(Approve(node_, Grant(an_, "bo", v1::SECURITY_OFFICER)->name()), "");
    return SignedIn("bo");
  }
  v1::ListGrantsResponse Grants(const std::string& person, bool awaiting = false, int page = 0,
                                const std::string& token = "") {
    v1::ListGrantsRequest request;
    if (!person.empty()) request.set_person("people/" + person);
    request.set_awaiting_approval(awaiting);
    request.set_page_size(page);
    request.set_page_token(token);
    v1::ListGrantsResponse response;
    const absl::Status listed = core_.ListGrants(an_, request, &response);
    EXPECT_TRUE(listed.ok()) << listed;
    return response;
  }

  const testing::TempFolder folder_;
  FakeClock clock_;
  testing::TestStore store_{"plan", "city", &clock_};
  TokenKeys keys_{folder_.path(), "city", &clock_};
  const SealingKeys sealing_{folder_.path()};
  const Ports ports_ = [this] {
    Ports ports{store_.get(), &clock_, store_.ids(), "city"};
    ports.tokens = &keys_;
    ports.sealer = &sealing_;
    ports.page_key = "a key of the test";
    return ports;
  }();
  PlanFacts facts_{store_.get()};
  PeopleCore core_{ports_, &facts_, kCheap};
  SignInCore sign_in_{ports_, kCheap};
  const Caller console_ = CarrierAt("node/city/service/console");
  const Caller node_ = CarrierAt("node/city");
  Caller an_;
  int requests_ = 0;
};

}  // namespace duban

#endif  // DUBAN_TESTS_ACCESS_PEOPLE_FIXTURE_H_
