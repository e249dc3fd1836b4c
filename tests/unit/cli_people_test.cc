// `duban sign-in`, `people`, `access grant` and its like, and `node init`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/access/first_officer.h"
#include "common/access/key_folder.h"
#include "common/access/token_keys.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "services/plan/people/password.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace fs = std::filesystem;

absl::Status NotAuthenticated() {
  return Error(v1::NOT_AUTHENTICATED, "sign in again", "请重新登录", {{"cause", "SESSION"}});
}

// A server at which `zhang` signs in with `right`; tokens are numbered.
class SignInTest : public CliTest {
 protected:
  void SetUp() override {
    variables_["HOME"] = folder_.path();
    variables_["DUBAN_KEYS"] = "unused";
    servers_.On<v1::SignInRequest, v1::SignInResponse>(
        "AccessService/SignIn", [this](const v1::SignInRequest& request) -> absl::StatusOr<v1::SignInResponse> {
          if (request.person() != "people/zhang" || request.password() != right_) return NotAuthenticated();
          v1::SignInResponse response;
          response.set_needs_password_change(has_to_change_);
          if (!has_to_change_) *response.mutable_tokens() = Next();
          return response;
        });
    servers_.On<v1::ChangePasswordRequest, v1::ChangePasswordResponse>(
        "AccessService/ChangePassword",
        [this](const v1::ChangePasswordRequest& request) -> absl::StatusOr<v1::ChangePasswordResponse> {
          if (request.password() != right_) return NotAuthenticated();
          right_ = request.new_password();
          has_to_change_ = false;
          return v1::ChangePasswordResponse();
        });
    servers_.On<v1::RefreshSessionRequest, v1::SessionTokens>(
        "AccessService/RefreshSession",
        [this](const v1::RefreshSessionRequest& request) -> absl::StatusOr<v1::SessionTokens> {
          if (request.refresh_token() != StrCat("refresh-", tokens_)) return NotAuthenticated();
          return Next();
        });
    servers_.On<v1::WhoAmIRequest, v1::WhoAmIResponse>(
        "AccessService/WhoAmI", [this](const v1::WhoAmIRequest&) -> absl::StatusOr<v1::WhoAmIResponse> {
          const std::string& token = servers_.tokens.back();
          if (!token.empty() && token == refused_) return NotAuthenticated();
          v1::WhoAmIResponse who;
          who.set_caller(token.empty() ? "node/city/unit/tax" : "people/zhang");
          if (token.empty()) return who;
          who.set_display_name("张三");
          who.set_session("people/zhang/sessions/s1");
          who.set_carrier("node/city/unit/tax");
          v1::Post* const post = who.add_posts();
          post->set_unit("units/tax");
          post->add_roles(v1::CLERK);
          return who;
        });
    servers_.On<v1::SignOutRequest, v1::SignOutResponse>(
        "AccessService/SignOut", [](const v1::SignOutRequest&) { return v1::SignOutResponse(); });
  }

  v1::SessionTokens Next() {
    ++tokens_;
    v1::SessionTokens tokens;
    tokens.set_session("people/zhang/sessions/s1");
    tokens.set_access_token(StrCat("access-", tokens_));
    tokens.mutable_access_lifetime()->set_seconds(900);
    tokens.set_refresh_token(StrCat("refresh-", tokens_));
    return tokens;
  }
  std::string PasswordFile(const std::string& password) {
    const std::string path = folder_.path() + "/password";
    std::ofstream(path) << password << "\n";
    return "--password-file=" + path;
  }
  fs::path SavedFile() const { return folder_.path() + "/.config/duban/session-127.0.0.1_7100.json"; }

  const testing::TempFolder folder_;
  std::string right_ = "Correct-Horse-7";
  bool has_to_change_ = false;
  int tokens_ = 0;
  std::string refused_;
};

TEST_F(SignInTest, EveryCallBringsTheTokenFromThenOn) {
  ASSERT_EQ(Run({"whoami", "--lang=en"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("you are: node/city/unit/tax"));
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_), "--lang=en"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "") << "signing in brings none";
  struct stat status = {};
  ASSERT_EQ(stat(SavedFile().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  ASSERT_EQ(stat(SavedFile().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700);
  ASSERT_EQ(Run({"whoami", "--lang=en"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "access-1");
  EXPECT_THAT(out(), HasSubstr("you are: people/zhang 张三"));
  EXPECT_THAT(out(), HasSubstr("over the connection of: node/city/unit/tax"));
  EXPECT_THAT(out(), HasSubstr("clerk"));
  ASSERT_EQ(Run({"whoami", "--as-keys"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "");
  ASSERT_EQ(Run({"whoami", "--insecure"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "") << "no secret goes over plain text";
  ASSERT_EQ(Run({"whoami", "--server=10.0.0.1:7100"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "") << "nor to another server";
}

TEST_F(SignInTest, NoSecretIsPrinted) {
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_), "--format=json"}), 0) << err();
  for (const std::string& secret : {right_, std::string("access-1"), std::string("refresh-1")}) {
    EXPECT_THAT(out() + err(), Not(HasSubstr(secret)));
  }
  EXPECT_THAT(out(), HasSubstr("people/zhang/sessions/s1"));
}

TEST_F(SignInTest, AWrongPasswordIsRefusedAndNothingIsKept) {
  EXPECT_EQ(Run({"sign-in", "zhang", PasswordFile("wrong"), "--lang=en"}), 1);
  EXPECT_FALSE(fs::exists(SavedFile()));
}

TEST_F(SignInTest, ATokenThatEndedIsRefreshedByItself) {
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_)}), 0) << err();
  clock_.Advance(absl::Minutes(15) - absl::Seconds(29));
  servers_.calls.clear();
  ASSERT_EQ(Run({"whoami"}), 0) << err();
  EXPECT_THAT(servers_.calls, ElementsAre("AccessService/RefreshSession", "AccessService/WhoAmI"));
  EXPECT_EQ(servers_.tokens.back(), "access-2");
  servers_.calls.clear();
  ASSERT_EQ(Run({"whoami"}), 0) << err();
  EXPECT_THAT(servers_.calls, ElementsAre("AccessService/WhoAmI"));
}

TEST_F(SignInTest, ATokenThatTheServerRefusesIsRefreshedOnce) {
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_)}), 0) << err();
  refused_ = "access-1";
  servers_.calls.clear();
  ASSERT_EQ(Run({"whoami"}), 0) << err();
  EXPECT_THAT(servers_.calls,
              ElementsAre("AccessService/WhoAmI", "AccessService/RefreshSession", "AccessService/WhoAmI"));
  refused_ = "access-2";
  ++tokens_;
  EXPECT_EQ(Run({"whoami", "--lang=en"}), 1);
  EXPECT_THAT(err(), HasSubstr("sign in again"));
  EXPECT_FALSE(fs::exists(SavedFile())) << "what does not go on is not kept";
}

TEST_F(SignInTest, APasswordForOneTimeIsChangedOnTheWay) {
  has_to_change_ = true;
  typed_ = {right_, "Another-Horse-8", "Another-Horse-8"};
  ASSERT_EQ(Run({"sign-in", "zhang", "--lang=en"}), 0) << err();
  EXPECT_THAT(prompts_, ElementsAre("password: ", HasSubstr("new password"), "once more: "));
  EXPECT_EQ(right_, "Another-Horse-8");
  EXPECT_TRUE(fs::exists(SavedFile()));
  has_to_change_ = true;
  typed_ = {right_, "Third-Horse-999", "Third-Horse-998"};
  EXPECT_EQ(Run({"sign-in", "zhang", "--lang=en"}), 2);
  EXPECT_THAT(err(), HasSubstr("not the same"));
  EXPECT_EQ(Run({"sign-in", "zhang", "--lang=en"}), 2) << "nobody is there to ask";
  EXPECT_THAT(err(), HasSubstr("--password-file"));
}

TEST_F(SignInTest, SignOutForgetsTheSession) {
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_)}), 0) << err();
  ASSERT_EQ(Run({"sign-out", "--lang=en"}), 0) << err();
  EXPECT_EQ(servers_.tokens.back(), "access-1");
  EXPECT_FALSE(fs::exists(SavedFile()));
  servers_.calls.clear();
  ASSERT_EQ(Run({"sign-out"}), 0) << err();
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(SignInTest, ASessionThatOthersCanReadIsNotUsed) {
  ASSERT_EQ(Run({"sign-in", "zhang", PasswordFile(right_)}), 0) << err();
  fs::permissions(SavedFile(), fs::perms(0644));
  EXPECT_EQ(Run({"whoami", "--lang=en"}), 2);
  EXPECT_THAT(err(), HasSubstr("others can read"));
}

TEST_F(CliTest, GrantsAreGivenApprovedListedAndRevoked) {
  v1::GrantRoleRequest asked;
  servers_.On<v1::GrantRoleRequest, v1::Grant>("AccessService/GrantRole", [&](const v1::GrantRoleRequest& request) {
    asked = request;
    v1::Grant grant = request.grant();
    grant.set_name(request.person() + "/grants/g1");
    grant.set_state(v1::Grant::AWAITING_APPROVAL);
    return grant;
  });
  ASSERT_EQ(Run({"access", "grant", "zhang", "clerk", "--unit=tax", "--from=2024-03-01", "--until=2024-06-01"}), 0)
      << err();
  EXPECT_EQ(asked.person(), "people/zhang");
  EXPECT_EQ(asked.grant().unit(), "units/tax");
  EXPECT_EQ(asked.grant().role(), v1::CLERK);
  EXPECT_EQ(asked.grant().end_date(), "2024-06-01");
  ASSERT_EQ(Run({"access", "grant", "zhang", "审计", "--lang=en"}), 0) << err();
  EXPECT_EQ(asked.grant().role(), v1::AUDITOR);
  EXPECT_THAT(err(), HasSubstr("duban access approve zhang/g1"));
  EXPECT_EQ(Run({"access", "grant", "zhang", "king"}), 2);
  std::string approved;
  servers_.On<v1::ApproveGrantRequest, v1::Grant>("AccessService/ApproveGrant",
                                                  [&](const v1::ApproveGrantRequest& request) {
                                                    approved = request.name();
                                                    v1::Grant grant;
                                                    grant.set_name(request.name());
                                                    grant.set_state(v1::Grant::HELD);
                                                    return grant;
                                                  });
  ASSERT_EQ(Run({"access", "approve", "zhang/g1", "--lang=en"}), 0) << err();
  EXPECT_EQ(approved, "people/zhang/grants/g1");
  EXPECT_THAT(out(), HasSubstr("held"));
}

TEST_F(CliTest, ExplainSaysWhyInTheWordsOfTheDecision) {
  v1::ExplainAccessRequest asked;
  servers_.On<v1::ExplainAccessRequest, v1::ExplainAccessResponse>("AccessService/ExplainAccess",
                                                                   [&](const v1::ExplainAccessRequest& request) {
                                                                     asked = request;
                                                                     v1::ExplainAccessResponse why;
                                                                     why.set_english("it is for the clerk");
                                                                     why.set_chinese("须是经办");
                                                                     why.add_posts()->add_roles(v1::PERSON);
                                                                     return why;
                                                                   });
  ASSERT_EQ(
      Run({"access", "explain", "zhang", "PlanService/GetPlan", "--field=name=plans/p1", "--over=tax", "--lang=en"}), 0)
      << err();
  EXPECT_EQ(asked.method(), "duban.v1.PlanService/GetPlan");
  EXPECT_EQ(asked.fields(0).path(), "name");
  EXPECT_EQ(asked.fields(0).value(), "plans/p1");
  EXPECT_EQ(asked.carrier_unit(), "units/tax");
  EXPECT_THAT(out(), HasSubstr("it is for the clerk"));
  EXPECT_THAT(out(), HasSubstr("person at this node"));
  EXPECT_EQ(Run({"access", "explain", "zhang", "PlanService/GetPlan", "--field=name"}), 2);
}

class NodeInitTest : public CliTest {
 protected:
  const testing::TempFolder folder_;
  const std::string office_ = folder_.path() + "/office";
};

TEST_F(NodeInitTest, MakesAnOfficeFromNothing) {
  ASSERT_EQ(Run({"node", "init", office_, "--node=district", "--officer=an", "--name=安一", "--lang=en"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("duban-node --config=" + office_ + "/node.conf"));
  EXPECT_THAT(out(),
              HasSubstr("export DUBAN_SERVER=127.0.0.1:7100 DUBAN_KEYS=" + office_ + "/keys\n  duban sign-in an\n"));
  EXPECT_THAT(out(), HasSubstr("duban people create"));
  EXPECT_THAT(out(), HasSubstr("name in the server's certificate: district.duban.internal;"));
  // An officer with a password alone may do nothing, so that comes first.
  EXPECT_LT(out().find("duban second-factor begin"), out().find("duban people create"));
  EXPECT_EQ(OpenKeyFolder(office_ + "/keys")->identity.path(), "node/district");
  const auto officer = ReadFirstOfficer(office_ + "/keys");
  ASSERT_TRUE(officer.ok() && officer->has_value()) << officer.status();
  EXPECT_EQ((*officer)->name(), "people/an");
  const std::string mark = "password for one time: ";
  const std::string password = out().substr(out().find(mark) + mark.size(), 19);
  EXPECT_TRUE(IsPasswordOf(password, (*officer)->password_hash())) << password;
  TokenKeys keys(office_ + "/keys", "district", &RealClock());
  EXPECT_TRUE(
      keys.Sign({"district", "people/an", "people/an/sessions/s", RealClock().Now(), RealClock().Now(), {}}).ok());
  EXPECT_EQ(Run({"node", "init", office_, "--node=district", "--lang=en"}), 2);
  EXPECT_THAT(err(), HasSubstr("not empty"));
  EXPECT_EQ(Run({"node", "init", folder_.path() + "/other", "--node=District"}), 2);
  EXPECT_FALSE(fs::exists(folder_.path() + "/other"));
}

TEST_F(NodeInitTest, TheKeyThatSignsTokensGoesWhereItBelongs) {
  ASSERT_EQ(Run({"node", "init", office_, "--node=city"}), 0) << err();
  const std::string authority = "--authority=" + office_ + "/authority";
  const auto issued = [&](const std::string& part) {
    const std::string out = folder_.path() + "/" + std::to_string(part.size());
    EXPECT_EQ(Run({"keys", "issue", "node/city" + part, authority, "--out=" + out}), 0) << err();
    return out;
  };
  const std::string plan = issued("/service/plan"), assignment = issued("/service/assignment"),
                    unit = issued("/unit/a");
  const auto halves = [](const std::string& folder) {
    return std::distance(fs::directory_iterator(folder + "/tokens/public"), fs::directory_iterator());
  };
  EXPECT_TRUE(fs::exists(plan + "/tokens/signing.pem"));
  EXPECT_FALSE(fs::exists(assignment + "/tokens/signing.pem"));
  EXPECT_EQ(halves(assignment), 1);
  EXPECT_FALSE(fs::exists(unit + "/tokens"));
  clock_.Advance(absl::Hours(1));
  ASSERT_EQ(
      Run({"keys", "rotate-tokens", "city", authority, "--into=" + plan, "--into=" + assignment, "--into=" + unit}), 0)
      << err();
  EXPECT_EQ(halves(plan), 2);
  EXPECT_EQ(halves(assignment), 2);
  EXPECT_EQ(halves(office_ + "/keys"), 1);
  ASSERT_EQ(Run({"keys", "renew", office_ + "/keys", authority}), 0) << err();
  EXPECT_EQ(halves(office_ + "/keys"), 2);
  EXPECT_FALSE(fs::exists(unit + "/tokens"));
}

}  // namespace
}  // namespace duban::cli
