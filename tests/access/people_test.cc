// People at one node: signing in, grants and administrators, on the cores as the edge calls them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/audit.h"
#include "services/plan/people/grants.h"
#include "services/plan/people/people_rows.h"
#include "services/plan/people/totp.h"
#include "tests/access/people_fixture.h"

namespace duban {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(People, TheFirstOfficerIsTakenInOnceAndHasToSetAPassword) {
  EXPECT_EQ(an_.roles(), RoleSet({v1::PERSON, v1::SECURITY_OFFICER}));
  storage::v1::FirstOfficer again;
  again.set_name("people/other");
  again.set_password_hash(*HashPassword("first-Time-2345", kCheap));
  ASSERT_TRUE(core_.LoadFirstOfficer(again).ok());
  EXPECT_FALSE(SignIn("other", "first-Time-2345").ok()) << "there was somebody already";
}

TEST_F(People, APasswordOfTheFirstOfficerThatIsDaysOldIsOver) {
  testing::TestStore empty("plan", "city", &clock_);
  Ports ports = ports_;
  ports.store = empty.get();
  storage::v1::FirstOfficer officer;
  officer.set_name("people/an");
  officer.set_password_hash(*HashPassword("first-Time-2345", kCheap));
  *officer.mutable_made_time() = ToProto(clock_.Now() - kOneTimeAge);
  PeopleCore core(ports, nullptr, kCheap);
  SignInCore sign_in(ports, kCheap);
  ASSERT_TRUE(core.LoadFirstOfficer(officer).ok());
  v1::SignInRequest request;
  request.set_person("people/an");
  request.set_password("first-Time-2345");
  v1::SignInResponse response;
  EXPECT_EQ(Said(sign_in.SignIn(console_, request, &response)), "NOT_AUTHENTICATED");
  // The node itself gives another.
  v1::ResetPasswordRequest reset;
  reset.set_name("people/an");
  v1::ResetPasswordResponse once;
  ASSERT_TRUE(core.ResetPassword(node_, WithId(reset), &once).ok());
  request.set_password(once.one_time_password());
  ASSERT_TRUE(sign_in.SignIn(console_, request, &response).ok());
  EXPECT_TRUE(response.needs_password_change());
}

TEST_F(People, SignInWithAPasswordForOneTimeAndThenWithTheirOwn) {
  const std::string once = Create("zhang");
  absl::StatusOr<v1::SignInResponse> first = SignIn("zhang", once);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->needs_password_change());
  EXPECT_FALSE(first->has_tokens());
  EXPECT_EQ(Change("zhang", "wrong", "Another-Horse-8"), "NOT_AUTHENTICATED");
  EXPECT_EQ(Change("zhang", once, once), "INVALID_FIELD");
  EXPECT_EQ(Change("zhang", once, "Another-Horse-8"), "");
  EXPECT_EQ(Said(SignIn("zhang", once).status()), "NOT_AUTHENTICATED");
  absl::StatusOr<v1::SignInResponse> own = SignIn("zhang", "Another-Horse-8");
  ASSERT_TRUE(own.ok());
  EXPECT_FALSE(own->needs_password_change());
  EXPECT_EQ(CallerWith(own->tokens()).label(), "people/zhang");
  EXPECT_EQ(CallerWith(own->tokens()).roles(), RoleSet({v1::PERSON}));
}

TEST_F(People, APasswordForOneTimeThatNobodyUsedEnds) {
  const std::string once = Create("zhang");
  clock_.Advance(kOneTimeAge);
  EXPECT_EQ(Said(SignIn("zhang", once).status()), "NOT_AUTHENTICATED");
}

TEST_F(People, AnOldPasswordHasToBeChanged) {
  Settle("zhang");
  clock_.Advance(kPasswordAge - absl::Seconds(1));
  EXPECT_FALSE(SignIn("zhang", kPassword)->needs_password_change());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(SignIn("zhang", kPassword)->needs_password_change());
  EXPECT_EQ(Change("zhang", kPassword, "Another-Horse-8"), "");
  EXPECT_TRUE(SignIn("zhang", "Another-Horse-8")->has_tokens());
}

TEST_F(People, WhateverIsWrongIsSaidInTheSameWords) {
  Settle("zhang");
  const absl::Status wrong = SignIn("zhang", "wrong").status();
  const absl::Status nobody = SignIn("nobody", kPassword).status();
  EXPECT_EQ(ReasonOf(wrong), v1::NOT_AUTHENTICATED);
  const auto same = [&](const absl::Status& other) {
    return other.message() == wrong.message() && ChineseMessage(other) == ChineseMessage(wrong) &&
           MetadataOf(other) == MetadataOf(wrong);
  };
  EXPECT_TRUE(same(nobody)) << nobody;
  for (int i = 1; i < kMostFailures; ++i) EXPECT_TRUE(same(SignIn("zhang", "wrong").status()));
  EXPECT_TRUE(same(SignIn("zhang", kPassword).status())) << "locked";
  v1::DisablePersonRequest disable;
  disable.set_name("people/zhang");
  v1::Person person;
  ASSERT_TRUE(core_.DisablePerson(an_, WithId(disable), &person).ok());
  clock_.Advance(kLockTime);
  EXPECT_TRUE(same(SignIn("zhang", kPassword).status())) << "disabled";
}

TEST_F(People, AsMuchIsWrittenForANameThatNobodyHas) {
  Settle("zhang");
  const auto commits = [&] { return store_->group_stats().commands; };
  const int64_t before = commits();
  EXPECT_FALSE(SignIn("zhang", "wrong").ok());
  const int64_t between = commits();
  EXPECT_FALSE(SignIn("nobody", "wrong").ok());
  EXPECT_EQ(between - before, commits() - between);
  EXPECT_GT(between, before);
}

TEST_F(People, FiveFailuresLockANameForAQuarterOfAnHour) {
  Settle("zhang");
  for (int i = 0; i < kMostFailures - 1; ++i) EXPECT_FALSE(SignIn("zhang", "wrong").ok());
  EXPECT_TRUE(SignIn("zhang", kPassword).ok()) << "a success takes the count away";
  for (int i = 0; i < kMostFailures; ++i) EXPECT_FALSE(SignIn("zhang", "wrong").ok());
  EXPECT_FALSE(SignIn("zhang", kPassword).ok());
  EXPECT_EQ(Change("zhang", kPassword, "Another-Horse-8"), "NOT_AUTHENTICATED") << "no way around it";
  clock_.Advance(kLockTime - absl::Seconds(1));
  EXPECT_FALSE(SignIn("zhang", kPassword).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(SignIn("zhang", kPassword).ok());
}

TEST_F(People, ASessionGoesOnWithRefreshTokensThatCountOnce) {
  Settle("zhang");
  const v1::SessionTokens first = SignIn("zhang", kPassword)->tokens();
  clock_.Advance(absl::Minutes(14));
  const absl::StatusOr<v1::SessionTokens> second = Refresh(first.refresh_token());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->session(), first.session());
  EXPECT_NE(second->refresh_token(), first.refresh_token());
  // The old one again: it was stolen, or the new one was. Nobody goes on.
  EXPECT_EQ(Said(Refresh(first.refresh_token()).status()), "NOT_AUTHENTICATED");
  EXPECT_EQ(Said(Refresh(second->refresh_token()).status()), "NOT_AUTHENTICATED");
}

TEST_F(People, OneLongUsedEndsTheSessionAsWell) {
  Settle("zhang");
  const std::string first = SignIn("zhang", kPassword)->tokens().refresh_token();
  std::string last = first;
  for (int i = 0; i < 20; ++i) last = Refresh(last)->refresh_token();
  EXPECT_FALSE(Refresh(first).ok());
  EXPECT_FALSE(Refresh(last).ok());
}

TEST_F(People, AWrongRefreshTokenEndsNothing) {
  Settle("zhang");
  const std::string token = SignIn("zhang", kPassword)->tokens().refresh_token();
  std::string other = token;
  other[token.size() - 10] = other[token.size() - 10] == 'A' ? 'B' : 'A';
  for (const std::string& wrong : {other, std::string("x"), std::string(".."), token + "A", "li" + token.substr(5)}) {
    EXPECT_EQ(Said(Refresh(wrong).status()), "NOT_AUTHENTICATED") << wrong;
  }
  EXPECT_TRUE(Refresh(token).ok());
}

TEST_F(People, ASessionEndsAfterHalfAnHourWithoutRefreshAndAfterTwelveHours) {
  Settle("zhang");
  std::string token = SignIn("zhang", kPassword)->tokens().refresh_token();
  clock_.Advance(kIdleTime - absl::Seconds(1));
  token = Refresh(token)->refresh_token();
  clock_.Advance(kIdleTime);
  EXPECT_FALSE(Refresh(token).ok());
  const absl::Time begun = clock_.Now();
  token = SignIn("zhang", kPassword)->tokens().refresh_token();
  while (clock_.Now() < begun + kSessionTime - absl::Minutes(20)) {
    clock_.Advance(absl::Minutes(20));
    const absl::StatusOr<v1::SessionTokens> next = Refresh(token);
    ASSERT_TRUE(next.ok()) << next.status();
    token = next->refresh_token();
    EXPECT_LE(FromProto(next->access_expire_time()), begun + kSessionTime);
  }
  clock_.Advance(absl::Minutes(20));
  EXPECT_FALSE(Refresh(token).ok());
}

TEST_F(People, SignOutEndsASessionAndTheOldestOfTooManyEnds) {
  Settle("zhang");
  const v1::SessionTokens out = SignIn("zhang", kPassword)->tokens();
  v1::SignOutResponse gone;
  ASSERT_TRUE(sign_in_.SignOut(CallerWith(out), {}, &gone).ok());
  EXPECT_FALSE(Refresh(out.refresh_token()).ok());
  // The token still stands at the other services, but not where it matters most.
  v1::WhoAmIResponse who;
  EXPECT_EQ(Said(sign_in_.WhoAmI(CallerWith(out), {}, &who)), "NOT_AUTHENTICATED");
  const std::string oldest = SignIn("zhang", kPassword)->tokens().refresh_token();
  std::string token;
  for (size_t i = 0; i < kMostSessions; ++i) {
    clock_.Advance(absl::Seconds(1));
    token = SignIn("zhang", kPassword)->tokens().refresh_token();
  }
  EXPECT_FALSE(Refresh(oldest).ok());
  EXPECT_TRUE(Refresh(token).ok());
  v1::ListSessionsRequest list;
  list.set_person("people/zhang");
  v1::ListSessionsResponse sessions;
  ASSERT_TRUE(sign_in_.ListSessions(an_, list, &sessions).ok());
  EXPECT_THAT(sessions.sessions(), SizeIs(kMostSessions));
  EXPECT_EQ(sessions.sessions(0).carrier(), "node/city/service/console");
  v1::RevokeSessionRequest revoke;
  revoke.set_name(sessions.sessions(0).name());
  v1::RevokeSessionResponse revoked;
  ASSERT_TRUE(sign_in_.RevokeSession(an_, revoke, &revoked).ok());
  sessions.Clear();
  ASSERT_TRUE(sign_in_.ListSessions(an_, list, &sessions).ok());
  EXPECT_THAT(sessions.sessions(), SizeIs(kMostSessions - 1));
}

TEST_F(People, ANewPasswordEndsAllSessions) {
  Settle("zhang");
  const std::string token = SignIn("zhang", kPassword)->tokens().refresh_token();
  ASSERT_EQ(Change("zhang", kPassword, "Another-Horse-8"), "");
  EXPECT_FALSE(Refresh(token).ok());
}

TEST_F(People, ASecondFactorIsAskedForOnceACodeWasSeenAndEachCodeCountsOnce) {
  Settle("zhang");
  const Caller zhang = SignedIn("zhang");
  v1::ConfirmTotpRequest confirm;
  confirm.set_code("000000");
  v1::ConfirmTotpResponse confirmed;
  EXPECT_EQ(Said(sign_in_.ConfirmTotp(zhang, confirm, &confirmed)), "WRONG_STATE");
  v1::BeginTotpResponse begun;
  ASSERT_TRUE(sign_in_.BeginTotp(zhang, {}, &begun).ok());
  EXPECT_TRUE(SignIn("zhang", kPassword).ok()) << "not before a code was seen";
  const std::string key = *sealing_.Open(
      store_->TakeSnapshot()->GetLocal<storage::v1::PersonSecret>("people/zhang/secret").value()->sealed_totp_key(),
      "people/zhang");
  EXPECT_EQ(begun.secret(), ToBase32(key));
  EXPECT_THAT(begun.uri(), HasSubstr("otpauth://totp/Duban%20city:zhang?secret=" + begun.secret()));
  const auto code = [&](int64_t steps = 0) { return TotpCode(key, TotpStep(clock_.Now()) + steps); };
  confirm.set_code(code(5));
  EXPECT_EQ(Said(sign_in_.ConfirmTotp(zhang, confirm, &confirmed)), "INVALID_FIELD");
  confirm.set_code(code());
  ASSERT_EQ(Said(sign_in_.ConfirmTotp(zhang, confirm, &confirmed)), "");
  EXPECT_EQ(Said(sign_in_.BeginTotp(zhang, {}, &begun)), "WRONG_STATE");
  EXPECT_FALSE(SignIn("zhang", kPassword).ok());
  EXPECT_FALSE(SignIn("zhang", kPassword, code()).ok()) << "used to confirm";
  EXPECT_FALSE(SignIn("zhang", kPassword, code(2)).ok());
  EXPECT_TRUE(SignIn("zhang", kPassword, code(1)).ok()) << "a clock that is ahead";
  EXPECT_FALSE(SignIn("zhang", kPassword, code(1)).ok());
  clock_.Advance(absl::Seconds(60));
  EXPECT_FALSE(SignIn("zhang", "wrong", code()).ok());
  EXPECT_TRUE(SignIn("zhang", kPassword, code()).ok()) << "a code beside a wrong password is not used";
  clock_.Advance(absl::Minutes(2));
  EXPECT_TRUE(SignIn("zhang", kPassword, code(-1)).ok()) << "a clock that is behind";
  v1::ResetPasswordRequest reset;
  reset.set_name("people/zhang");
  v1::ResetPasswordResponse once;
  ASSERT_TRUE(core_.ResetPassword(an_, WithId(reset), &once).ok());
  EXPECT_FALSE(once.person().second_factor());
  EXPECT_TRUE(SignIn("zhang", once.one_time_password())->needs_password_change());
}

TEST_F(People, NoSecretLiesInTheStore) {
  const std::string once = Create("zhang");
  const absl::StatusOr<v1::SignInResponse> change = SignIn("zhang", once);
  ASSERT_EQ(Change("zhang", once, kPassword), "");
  const v1::SessionTokens tokens = SignIn("zhang", kPassword)->tokens();
  const std::string secret = tokens.refresh_token().substr(tokens.refresh_token().rfind('.') + 1);
  std::string raw;
  ASSERT_TRUE(FromBase64Url(secret, &raw));
  std::string all;
  ASSERT_TRUE(store_->TakeSnapshot()
                  ->ScanRows("", std::string(1, '\x7f'),
                             [&](std::string_view key, std::string_view value) {
                               StrAppend(&all, key, value);
                               return true;
                             })
                  .ok());
  EXPECT_THAT(all, HasSubstr("$argon2id$v=19$m=64,t=1,p=1$"));
  for (const std::string& one : {once, std::string(kPassword), tokens.access_token(), secret, raw}) {
    EXPECT_THAT(all, Not(HasSubstr(one)));
  }
}

TEST_F(People, ARequestThatComesAgainGetsNoPasswordASecondTime) {
  v1::CreatePersonRequest request;
  request.set_request_id("once");
  request.set_person_id("zhang");
  request.mutable_person()->set_display_name("张三");
  v1::CreatePersonResponse first, second;
  ASSERT_TRUE(core_.CreatePerson(an_, request, &first).ok());
  ASSERT_TRUE(core_.CreatePerson(an_, request, &second).ok());
  EXPECT_EQ(first.one_time_password().size(), 19u);
  EXPECT_EQ(second.one_time_password(), "");
  EXPECT_EQ(second.person().SerializeAsString(), first.person().SerializeAsString());
  request.set_request_id("twice");
  EXPECT_EQ(Said(core_.CreatePerson(an_, request, &second)), "RESOURCE_EXISTS");
}

TEST_F(People, AreListedAndChangedByOfficers) {
  for (const char* id : {"wu", "zhang", "li"}) {
    Settle(id);
    ASSERT_TRUE(Grant(an_, id, v1::CLERK, "tax").ok());
  }
  v1::ListPeopleRequest list;
  list.set_page_size(3);
  v1::ListPeopleResponse page;
  ASSERT_TRUE(core_.ListPeople(an_, list, &page).ok());
  std::vector<std::string> names;
  for (const v1::Person& person : page.people()) names.push_back(person.name());
  EXPECT_THAT(names, ElementsAre("people/an", "people/li", "people/wu"));
  list.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(core_.ListPeople(an_, list, &page).ok());
  ASSERT_THAT(page.people(), SizeIs(1));
  EXPECT_EQ(page.next_page_token(), "");
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name("people/zhang");
  update.mutable_person()->set_display_name("张三丰");
  update.mutable_person()->set_etag("old");
  v1::Person person;
  EXPECT_EQ(Said(core_.UpdatePerson(an_, WithId(update), &person)), "ETAG_MISMATCH");
  update.mutable_person()->set_etag(page.people(0).etag());
  ASSERT_TRUE(core_.UpdatePerson(an_, WithId(update), &person).ok());
  EXPECT_EQ(person.display_name(), "张三丰");
  update.mutable_person()->set_name("people/nobody");
  EXPECT_EQ(Said(core_.UpdatePerson(an_, WithId(update), &person)), "RESOURCE_NOT_FOUND");
}

TEST_F(People, WhoIsDisabledIsOutAtOnceWhereItMattersAndComesBackOnlyByAnOfficer) {
  Settle("zhang");
  const v1::SessionTokens tokens = SignIn("zhang", kPassword)->tokens();
  v1::DisablePersonRequest disable;
  disable.set_name("people/zhang");
  v1::Person person;
  ASSERT_TRUE(core_.DisablePerson(an_, WithId(disable), &person).ok());
  EXPECT_TRUE(person.disabled());
  EXPECT_FALSE(Refresh(tokens.refresh_token()).ok());
  EXPECT_FALSE(SignIn("zhang", kPassword).ok());
  v1::EnablePersonRequest enable;
  enable.set_name("people/zhang");
  ASSERT_TRUE(core_.EnablePerson(an_, WithId(enable), &person).ok());
  EXPECT_TRUE(SignIn("zhang", kPassword).ok());
  disable.set_name("people/an");
  EXPECT_EQ(Said(core_.DisablePerson(an_, WithId(disable), &person)), "WRONG_STATE") << "the last officer";
}

TEST_F(People, GrantsCountOnTheirDaysAlone) {
  Settle("zhang");
  // 2024-03-04 is today.
  ASSERT_TRUE(Grant(an_, "zhang", v1::CLERK, "tax", "2024-03-05", "2024-03-07").ok());
  ASSERT_TRUE(Grant(an_, "zhang", v1::LEADER, "tax").ok());
  ASSERT_TRUE(Grant(an_, "zhang", v1::CLERK, "school").ok());
  ASSERT_TRUE(Grant(an_, "zhang", v1::REGISTRAR).ok());
  const auto posts = [&] {
    std::vector<std::string> shown;
    for (const Post& post : SignedIn("zhang").posts) {
      shown.push_back(StrCat(
          post.unit, post.roles.contains(v1::CLERK) ? " clerk" : "", post.roles.contains(v1::LEADER) ? " leader" : "",
          post.roles.contains(v1::REGISTRAR) ? " registrar" : "", post.roles.contains(v1::PERSON) ? " person" : ""));
    }
    return std::set<std::string>(shown.begin(), shown.end());
  };
  EXPECT_THAT(posts(), ElementsAre(" person", " registrar", "units/school clerk", "units/tax leader"));
  clock_.AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 5), 0));
  EXPECT_THAT(posts(), ElementsAre(" person", " registrar", "units/school clerk", "units/tax clerk leader"));
  clock_.AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 6), 23 * 60));
  EXPECT_THAT(posts(), ElementsAre(" person", " registrar", "units/school clerk", "units/tax clerk leader"));
  clock_.AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 7), 0));
  EXPECT_THAT(posts(), ElementsAre(" person", " registrar", "units/school clerk", "units/tax leader"));
}

TEST_F(People, ARefreshTakesWhatIsHeldThen) {
  Settle("zhang");
  const absl::StatusOr<v1::Grant> grant = Grant(an_, "zhang", v1::CLERK, "tax");
  const v1::SessionTokens tokens = SignIn("zhang", kPassword)->tokens();
  EXPECT_TRUE(CallerWith(tokens).roles().contains(v1::CLERK));
  ASSERT_EQ(Revoke(an_, grant->name()), "");
  EXPECT_EQ(Revoke(an_, grant->name()), "") << "again: nothing happens";
  EXPECT_FALSE(CallerWith(*Refresh(tokens.refresh_token())).roles().contains(v1::CLERK));
}

TEST_F(People, AGrantMeansSomethingOrIsRefused) {
  Settle("zhang");
  const auto said = [&](v1::Role role, const std::string& unit, const std::string& from = "",
                        const std::string& to = "") {
    return Said(Grant(an_, "zhang", role, unit, from, to).status());
  };
  EXPECT_EQ(said(v1::CLERK, ""), "INVALID_FIELD");
  EXPECT_EQ(said(v1::REGISTRAR, "tax"), "INVALID_FIELD");
  for (const v1::Role role : {v1::JOB, v1::PEER_NODE, v1::SERVICE, v1::PERSON, v1::THIS_NODE}) {
    EXPECT_EQ(said(role, ""), "INVALID_FIELD");
    EXPECT_EQ(said(role, "tax"), "INVALID_FIELD");
  }
  EXPECT_EQ(said(v1::CLERK, "no-such-unit"), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(said(v1::CLERK, "tax", "2024-03-05", "2024-03-05"), "INVALID_FIELD");
  EXPECT_EQ(said(v1::CLERK, "tax", "2024-03-05", "2024-03-06"), "");
  EXPECT_EQ(said(v1::CLERK, "tax", "2024-03-05"), "RESOURCE_EXISTS");
  EXPECT_EQ(said(v1::CLERK, "tax", "2024-03-06"), "");
  EXPECT_EQ(Said(Grant(an_, "nobody", v1::REGISTRAR).status()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(Said(Grant(an_, "an", v1::REGISTRAR).status()), "INVALID_FIELD") << "nobody grants themselves anything";
}

TEST_F(People, HaveAMostOfRoles) {
  Settle("zhang");
  for (size_t i = 0; i < kMostGrants; ++i) {
    const std::string day = FormatDay(absl::CivilDay(2025, 1, 1) + static_cast<int>(i));
    const std::string next = FormatDay(absl::CivilDay(2025, 1, 2) + static_cast<int>(i));
    ASSERT_EQ(Said(Grant(an_, "zhang", v1::CLERK, "tax", day, next).status()), "");
  }
  EXPECT_EQ(Said(Grant(an_, "zhang", v1::CLERK, "school").status()), "LIMIT_REACHED");
}

TEST_F(People, AnAdministratorsRoleTakesTwoOfficers) {
  Settle("wang");
  const std::string first = Grant(an_, "wang", v1::OPERATOR)->name();
  EXPECT_EQ(SignedIn("wang").roles(), RoleSet({v1::PERSON})) << "not before it is approved";
  EXPECT_THAT(Grants("", true).grants(), SizeIs(1));
  EXPECT_EQ(Approve(an_, first), "NOT_ALLOWED") << "whoever granted it";
  const Caller bo = SecondOfficer();
  EXPECT_EQ(Approve(node_, first), "NOT_ALLOWED") << "there are two officers now";
  EXPECT_EQ(Approve(bo, first), "");
  EXPECT_EQ(Approve(bo, first), "WRONG_STATE");
  EXPECT_EQ(SignedIn("wang").roles(), RoleSet({v1::PERSON, v1::OPERATOR}));
  EXPECT_THAT(Grants("", true).grants(), IsEmpty());
  EXPECT_EQ(Grants("wang").grants(0).granted_by(), "people/an");
  EXPECT_EQ(Grants("wang").grants(0).approved_by(), "people/bo");
}

TEST_F(People, WhileThereIsOneOfficerTheNodeItselfApproves) {
  Settle("wang");
  const std::string grant = Grant(an_, "wang", v1::AUDITOR)->name();
  EXPECT_EQ(Approve(node_, grant), "");
  EXPECT_EQ(Grants("wang").grants(0).approved_by(), "node/city");
}

TEST_F(People, ThreeAdministratorsAreThreePeople) {
  const Caller bo = SecondOfficer();
  Settle("wang");
  ASSERT_EQ(Approve(bo, Grant(an_, "wang", v1::OPERATOR, "", "", "2024-06-01")->name()), "");
  EXPECT_EQ(Said(Grant(an_, "wang", v1::AUDITOR).status()), "WRONG_STATE");
  EXPECT_EQ(Said(Grant(an_, "wang", v1::SECURITY_OFFICER).status()), "WRONG_STATE");
  EXPECT_EQ(Said(Grant(an_, "bo", v1::OPERATOR).status()), "WRONG_STATE");
  // One after the other is no two at once.
  EXPECT_EQ(Said(Grant(an_, "wang", v1::AUDITOR, "", "2024-06-01").status()), "");
  EXPECT_EQ(Said(Grant(an_, "wang", v1::REGISTRAR).status()), "");
}

TEST_F(People, TheLastOfficerStaysOne) {
  const std::string own = Grants("an").grants(0).name();
  EXPECT_EQ(Revoke(an_, own), "WRONG_STATE");
  const Caller bo = SecondOfficer();
  EXPECT_EQ(Revoke(bo, own), "");
  // Whose token still says so is no officer any more.
  EXPECT_EQ(Said(Grant(an_, "bo", v1::REGISTRAR).status()), "NOT_ALLOWED");
  v1::ListGrantsRequest request;
  request.set_person("people/bo");
  v1::ListGrantsResponse response;
  ASSERT_TRUE(core_.ListGrants(bo, request, &response).ok());
  EXPECT_EQ(Revoke(bo, response.grants(0).name()), "WRONG_STATE");
}

TEST_F(People, AnAdministratorsPasswordIsResetAtTheMachineAlone) {
  const Caller bo = SecondOfficer();
  v1::ResetPasswordRequest reset;
  reset.set_name("people/bo");
  v1::ResetPasswordResponse response;
  EXPECT_EQ(Said(core_.ResetPassword(an_, WithId(reset), &response)), "WRONG_STATE");
  EXPECT_EQ(response.one_time_password(), "");
  ASSERT_TRUE(core_.ResetPassword(node_, WithId(reset), &response).ok());
  v1::WhoAmIResponse who;
  EXPECT_EQ(Said(sign_in_.WhoAmI(bo, {}, &who)), "NOT_AUTHENTICATED");
}

TEST_F(People, GrantsAreListedPageByPage) {
  for (const char* id : {"li", "zhang"}) {
    Settle(id);
    ASSERT_TRUE(Grant(an_, id, v1::CLERK, "tax").ok());
    ASSERT_TRUE(Grant(an_, id, v1::LEADER, "school").ok());
  }
  std::vector<std::string> names;
  std::string token;
  do {
    const v1::ListGrantsResponse page = Grants("", false, 2, token);
    EXPECT_LE(page.grants_size(), 2);
    for (const v1::Grant& grant : page.grants()) names.push_back(grant.name());
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_THAT(names, SizeIs(5));
  EXPECT_THAT(Grants("li").grants(), SizeIs(2));
}

TEST_F(People, WhyACallWouldBeRefusedIsSaidByTheDecisionItself) {
  Settle("zhang");
  ASSERT_TRUE(Grant(an_, "zhang", v1::CLERK, "tax").ok());
  v1::ExplainAccessRequest request;
  request.set_person("people/zhang");
  request.set_method("duban.v1.AssignmentService/PullAssignments");
  auto* const field = request.add_fields();
  field->set_path("unit");
  field->set_value("units/tax");
  v1::ExplainAccessResponse why;
  ASSERT_TRUE(core_.ExplainAccess(an_, request, &why).ok());
  EXPECT_TRUE(why.allowed());
  EXPECT_THAT(why.posts(), SizeIs(2));
  EXPECT_EQ(why.rule().rows(0).field(), "unit");
  const auto asked = [&](const std::string& path, const std::string& value) {
    field->set_path(path);
    field->set_value(value);
    why.Clear();
    return Said(core_.ExplainAccess(an_, request, &why));
  };
  EXPECT_EQ(asked("unit", "units/school"), "");
  EXPECT_FALSE(why.allowed());
  EXPECT_THAT(why.english(), HasSubstr("it is for the clerk of the unit in `unit`"));
  EXPECT_THAT(why.chinese(), HasSubstr("须是“unit”所指单位的经办"));
  EXPECT_EQ(asked("no_such_field", "x"), "INVALID_FIELD");
  EXPECT_EQ(asked("max", "x"), "INVALID_FIELD");
  field->set_path("unit");
  field->set_value("units/tax");
  request.set_carrier_unit("units/school");
  why.Clear();
  ASSERT_TRUE(core_.ExplainAccess(an_, request, &why).ok());
  EXPECT_FALSE(why.allowed()) << "over the connection of another unit's client";
  request.set_method("duban.v1.AssignmentService/ListAssignments");
  request.clear_carrier_unit();
  EXPECT_EQ(asked("filter.unit", "units/tax"), "");
  EXPECT_TRUE(why.allowed());
  request.set_method("duban.v1.AssignmentService/ReceiveAssignments");
  EXPECT_EQ(asked("names", "plans/p/tasks/t/assignments/tax"), "");
  EXPECT_TRUE(why.allowed());
  request.set_method("duban.v1.NoService/Method");
  EXPECT_EQ(asked("unit", "units/tax"), "INVALID_FIELD");
  request.set_method("duban.v1.AccessService/WhoAmI");
  request.set_person("people/nobody");
  request.clear_fields();
  EXPECT_EQ(Said(core_.ExplainAccess(an_, request, &why)), "RESOURCE_NOT_FOUND");
}

TEST_F(People, WhatIsDoneAboutThemIsInTheAuditByWhomAndHowItEnded) {
  Settle("zhang");
  EXPECT_FALSE(SignIn("zhang", "wrong").ok());
  const v1::SessionTokens tokens = SignIn("zhang", kPassword)->tokens();
  ASSERT_TRUE(Refresh(tokens.refresh_token()).ok());
  EXPECT_FALSE(Refresh(tokens.refresh_token()).ok());
  ASSERT_TRUE(Grant(an_, "zhang", v1::CLERK, "tax").ok());
  v1::ResetPasswordRequest reset;
  reset.set_name("people/zhang");
  v1::ResetPasswordResponse once;
  ASSERT_TRUE(core_.ResetPassword(an_, WithId(reset), &once).ok());
  AuditQuery query;
  query.filter.set_entity("people/zhang");
  query.before.commit = store_->head().sequence() + 1;
  query.most = 50;
  const absl::StatusOr<AuditPage> page = ReadAudit(*store_->TakeSnapshot(), query);
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<std::string> told;
  for (const v1::AuditEntry& entry : page->entries) {
    const bool refused = entry.outcome() == v1::AuditEntry::REFUSED;
    told.push_back(StrCat(entry.method().substr(entry.method().rfind('/') + 1), " by ", entry.caller(),
                          entry.session() == tokens.session() ? " in it" : "", refused ? " refused" : ""));
  }
  const std::string console = " by node/city/service/console";
  EXPECT_THAT(
      told, ElementsAre("ResetPassword by people/an", "GrantRole by people/an", "RefreshSession" + console + " refused",
                        "RefreshSession" + console, "SignIn" + console + " in it", "SignIn" + console + " refused",
                        "ChangePassword" + console, "CreatePerson by people/an"));
}

TEST_F(People, WithoutKeysNobodySignsIn) {
  Ports bare = ports_;
  bare.tokens = nullptr;
  SignInCore core(bare, kCheap);
  v1::SignInRequest request;
  request.set_person("people/an");
  request.set_password(kPassword);
  v1::SignInResponse response;
  EXPECT_EQ(Said(core.SignIn(console_, request, &response)), "WRONG_STATE");
}

TEST_F(People, TheStoreStaysWhole) {
  const Caller bo = SecondOfficer();
  Settle("zhang");
  ASSERT_EQ(Revoke(bo, Grant(an_, "zhang", v1::CLERK, "tax")->name()), "");
  EXPECT_TRUE(store_->VerifyFeed().ok()) << store_->VerifyFeed();
  EXPECT_TRUE(store_->VerifyChain().ok());
}

TEST(Passwords, HaveAShape) {
  const auto said = [](const std::string& password) {
    return std::string(CheckPasswordShape("zhang", password, "new_password").message());
  };
  EXPECT_EQ(said("Correct-Hors"), "");
  EXPECT_THAT(said("Correct-Hor"), HasSubstr("12 characters"));
  EXPECT_THAT(said("correct-horse"), HasSubstr("three kinds"));
  EXPECT_THAT(said("CORRECThorse"), HasSubstr("three kinds"));
  EXPECT_EQ(said("CORRECThorse1"), "");
  EXPECT_EQ(said("一条很长的口令Ab3四五"), "") << "letters are counted, not bytes";
  EXPECT_THAT(said("一条口令Ab3"), HasSubstr("12 characters"));
  EXPECT_THAT(said("My-ZHANG-Horse-7"), HasSubstr("the name"));
  EXPECT_TRUE(CheckPasswordShape("an", "Another-Horse-8", "new_password").ok());
}

TEST(Passwords, AreKeptAsTheRfcHasIt) {
  const std::string hash = *HashPassword(kPassword, {});
  EXPECT_THAT(hash, HasSubstr("$argon2id$v=19$m=65536,t=3,p=1$"));
  EXPECT_TRUE(IsPasswordOf(kPassword, hash));
  EXPECT_FALSE(IsPasswordOf("Correct-Horse-8", hash));
  EXPECT_NE(*HashPassword(kPassword, kCheap), *HashPassword(kPassword, kCheap)) << "salted";
  EXPECT_FALSE(IsPasswordOf("", HashOfNobody(kCheap)));
  EXPECT_FALSE(IsPasswordOf(kPassword, HashOfNobody(kCheap)));
}

TEST(Passwords, ForOneTimeAreAllDifferentAndHaveTheShape) {
  std::set<std::string> made;
  for (int i = 0; i < 200; ++i) {
    const std::string password = *MakeOneTimePassword();
    EXPECT_TRUE(made.insert(password).second);
    EXPECT_EQ(password.size(), 19u);
    EXPECT_EQ(password.find_first_of("0O1lI"), std::string::npos);
  }
}

// RFC 6238, appendix B, the rows of SHA-1.
TEST(Totp, IsThatOfTheRfc) {
  const std::string key = "12345678901234567890";
  const std::vector<std::pair<int64_t, std::string>> vectors = {{59, "94287082"},         {1111111109, "07081804"},
                                                                {1111111111, "14050471"}, {1234567890, "89005924"},
                                                                {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [seconds, code] : vectors) {
    EXPECT_EQ(TotpCode(key, TotpStep(absl::FromUnixSeconds(seconds)), 8), code) << seconds;
    EXPECT_EQ(TotpCode(key, TotpStep(absl::FromUnixSeconds(seconds))), code.substr(2)) << seconds;
  }
}

// RFC 4648, section 10.
TEST(Totp, Base32IsThatOfTheRfc) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "MY"},
                                                                    {"fo", "MZXQ"},
                                                                    {"foo", "MZXW6"},
                                                                    {"foob", "MZXW6YQ"},
                                                                    {"fooba", "MZXW6YTB"},
                                                                    {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(ToBase32(bytes), text);
}

}  // namespace
}  // namespace duban
