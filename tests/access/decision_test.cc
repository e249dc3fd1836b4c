#include "common/access/decision.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/feed_service.pb.h"
#include "duban/v1/plan_service.pb.h"

namespace duban {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::CivilDay kDay(2024, 3, 1);

Caller CallerAt(const std::string& path) {
  return CallerOf(*ParseIdentityPath("gov.example", path), "city");
}

MethodRule RuleOf(const std::string& method) {
  absl::StatusOr<MethodRule> rule = MethodRule::Of(*FindMethod("duban.v1." + method));
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *std::move(rule);
}

TEST(Rules, EveryMethodOfTheContractsHasOneThatMeansSomething) {
  const auto methods = ContractMethods();
  EXPECT_GE(methods.size(), 57u);
  for (const auto* method : methods) {
    const absl::Status compiled = MethodRule::Of(*method).status();
    EXPECT_TRUE(compiled.ok()) << compiled;
  }
}

// A contract with one method, which has `rule`.
class RuleOfItsOwn {
 public:
  explicit RuleOfItsOwn(const v1::AccessRule& rule, const std::string& request = "PullAssignmentsRequest") {
    google::protobuf::FileDescriptorProto file;
    file.set_name("test.proto");
    file.set_package("test");
    file.set_syntax("proto3");
    file.add_dependency("duban/v1/assignment_service.proto");
    auto* service = file.add_service();
    service->set_name("Service");
    auto* method = service->add_method();
    method->set_name("Method");
    method->set_input_type(".duban.v1." + request);
    method->set_output_type(".duban.v1.PullAssignmentsResponse");
    *method->mutable_options()->MutableExtension(v1::access) = rule;
    method_ = pool_.BuildFile(file)->service(0)->method(0);
  }
  absl::Status compiled() const { return MethodRule::Of(*method_).status(); }

 private:
  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  const google::protobuf::MethodDescriptor* method_ = nullptr;
};

v1::AccessRule OneRow(v1::Role role, v1::AccessRule::Scope scope, const std::string& field) {
  v1::AccessRule rule;
  auto* row = rule.add_rows();
  row->add_roles(role);
  row->set_scope(scope);
  row->set_field(field);
  return rule;
}

TEST(Rules, OneThatMeansNothingIsRefusedWhole) {
  EXPECT_TRUE(RuleOfItsOwn(OneRow(v1::CLERK, v1::AccessRule::UNIT, "unit")).compiled().ok());
  EXPECT_TRUE(RuleOfItsOwn(OneRow(v1::CLERK, v1::AccessRule::UNIT, "names")).compiled().ok());
  const auto refusal = [](const v1::AccessRule& rule) { return std::string(RuleOfItsOwn(rule).compiled().message()); };
  EXPECT_THAT(refusal({}), HasSubstr("is not there"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::UNIT, "units")), HasSubstr("which the request has not"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::UNIT, "unit.name")), HasSubstr("which the request has not"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::UNIT, "request_id")), HasSubstr("does not say"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::ISSUER, "unit")), HasSubstr("does not say"));
  EXPECT_THAT(refusal(OneRow(v1::PEER_NODE, v1::AccessRule::SELF, "unit")), HasSubstr("does not say"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::NODE, "unit")), HasSubstr("has no scope"));
  EXPECT_THAT(refusal(OneRow(v1::CLERK, v1::AccessRule::SCOPE_UNSPECIFIED, "unit")), HasSubstr("has no scope"));
  EXPECT_THAT(refusal(OneRow(v1::ROLE_UNSPECIFIED, v1::AccessRule::NODE, "")), HasSubstr("a role that is none"));
  v1::AccessRule nobody = OneRow(v1::CLERK, v1::AccessRule::NODE, "");
  nobody.mutable_rows(0)->clear_roles();
  EXPECT_THAT(refusal(nobody), HasSubstr("for nobody"));
  v1::AccessRule condition = OneRow(v1::CLERK, v1::AccessRule::NODE, "");
  condition.mutable_rows(0)->set_when("unit");
  EXPECT_THAT(refusal(condition), HasSubstr("no bool"));
}

TEST(Decision, SaysWhatIsMissingAndWhomToAsk) {
  const MethodRule rule = RuleOf("AssignmentService/PullAssignments");
  v1::PullAssignmentsRequest request;
  request.set_unit("units/tax");
  EXPECT_TRUE(rule.Decide(CallerAt("node/city/unit/tax"), request, nullptr, kDay).ok());
  const absl::Status refused = rule.Decide(CallerAt("node/city/unit/ta"), request, nullptr, kDay);
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(refused), v1::NOT_ALLOWED);
  EXPECT_EQ(
      refused.message(),
      "`node/city/unit/ta` may not do this, or there is no such thing: it is for the clerk of the unit in `unit`; "
      "ask the security officer of this node");
  EXPECT_EQ(ChineseMessage(refused),
            "“node/city/unit/ta”无权办理，或者对象不存在：须是“unit”所指单位的经办；请联系本节点的安全管理员");
  EXPECT_EQ(MetadataOf(refused)["caller"], "node/city/unit/ta");
  EXPECT_EQ(MetadataOf(refused)["roles"], "CLERK");
  EXPECT_EQ(MetadataOf(refused)["field"], "unit");
  // The same words for what is not there: nothing of the request is in them.
  request.set_unit("units/no-such-unit");
  const absl::Status absent = rule.Decide(CallerAt("node/city/unit/ta"), request, nullptr, kDay);
  EXPECT_EQ(absent.message(), refused.message());
  EXPECT_EQ(ChineseMessage(absent), ChineseMessage(refused));
  EXPECT_EQ(MetadataOf(absent), MetadataOf(refused));
}

// Whoever named nothing is told what to name, not to ask for a right that nobody can give.
TEST(Decision, WhereTheCallersFieldsAreEmptyItSaysWhichToSet) {
  const MethodRule rule = RuleOf("AssignmentService/ListAssignments");
  v1::ListAssignmentsRequest request;
  const absl::Status refused = rule.Decide(CallerAt("node/city/unit/tax"), request, nullptr, kDay);
  EXPECT_EQ(ReasonOf(refused), v1::NOT_ALLOWED);
  EXPECT_THAT(ToStd(refused.message()), EndsWith("; set `filter.unit` or `filter.plan`"));
  EXPECT_THAT(ChineseMessage(refused), EndsWith("；请填写“filter.unit”或“filter.plan”"));
  request.mutable_filter()->set_unit("units/school");
  const absl::Status another = rule.Decide(CallerAt("node/city/unit/tax"), request, nullptr, kDay);
  EXPECT_THAT(ToStd(another.message()), EndsWith("; ask the security officer of this node"));
  const absl::Status nobody = rule.Decide(CallerAt("node/city/job/mail"), v1::ListAssignmentsRequest(), nullptr, kDay);
  EXPECT_THAT(ToStd(nobody.message()), EndsWith("; ask the security officer of this node")) << "no field helps a job";
}

// Nobody issued a draft.
TEST(Decision, WhatIsOfAnIssuerMayBeADraft) {
  v1::PublishPlanRequest request;
  request.set_name("plans/p");
  const absl::Status refused =
      RuleOf("PlanService/PublishPlan").Decide(CallerAt("node/city/unit/tax"), request, nullptr, kDay);
  EXPECT_THAT(ToStd(refused.message()), HasSubstr("of the unit that issued `name` or drew it up"));
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("“name”起草或下发单位和"));
}

// An administrator before the second factor holds nothing; the security officer may be who asks.
TEST(Decision, WhoeverHoldsNoRoleIsToldOfTheSecondFactor) {
  const Caller officer = PersonOver(CallerAt("node/city"), "people/officer", "people/officer/sessions/s1", {});
  v1::PublishPlanRequest request;
  const absl::Status refused = RuleOf("PlanService/PublishPlan").Decide(officer, request, nullptr, kDay);
  EXPECT_THAT(ToStd(refused.message()), HasSubstr("`people/officer` holds no role in this session"));
  EXPECT_THAT(ToStd(refused.message()), HasSubstr("before the second factor is enrolled"));
  EXPECT_EQ(MetadataOf(refused)["cause"], "NO_ROLE");
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("须先启用动态口令"));
  const Caller clerk =
      PersonOver(CallerAt("node/city"), "people/zhang", "people/zhang/sessions/s1", {{"units/tax", {v1::CLERK}}});
  const absl::Status other = RuleOf("PlanService/PublishPlan").Decide(clerk, request, nullptr, kDay);
  EXPECT_THAT(ToStd(other.message()), Not(HasSubstr("second factor")));
  EXPECT_FALSE(MetadataOf(other).contains("cause"));
}

TEST(Decision, WithoutFactsNothingThatNeedsThemIsAllowed) {
  v1::ReviewSubmissionRequest review;
  review.set_name("plans/p/tasks/t/assignments/tax");
  EXPECT_EQ(ReasonOf(RuleOf("AssignmentService/ReviewSubmission")
                         .Decide(CallerAt("node/city/unit/office"), review, nullptr, kDay)),
            v1::NOT_ALLOWED);
}

// Facts that cannot be read.
class NoFacts final : public AccessFacts {
 public:
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view) const override {
    return InvariantBroken("the disk is gone");
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view, absl::CivilDay) const override {
    return InvariantBroken("the disk is gone");
  }
};

TEST(Decision, FactsThatCannotBeReadAreTheCallsErrorAndNeverAYes) {
  v1::GetAssignmentRequest request;
  request.set_name("plans/p/tasks/t/assignments/tax");
  const NoFacts facts;
  const MethodRule rule = RuleOf("AssignmentService/GetAssignment");
  EXPECT_EQ(ReasonOf(rule.Decide(CallerAt("node/city/unit/office"), request, &facts, kDay)), v1::INVARIANT_BROKEN);
  // Who needs none of them is not kept waiting for them.
  EXPECT_TRUE(rule.Decide(CallerAt("node/city/unit/tax"), request, &facts, kDay).ok());
  EXPECT_EQ(ReasonOf(rule.Decide(CallerAt("node/city/job/mail"), request, &facts, kDay)), v1::NOT_ALLOWED);
}

// A plan that `units/gov` issued, a draft of it, one of nobody in particular, and no directory.
class OnePlan final : public AccessFacts {
 public:
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    if (name.starts_with("plans/draft")) return Origin{"units/gov", false};
    if (name.starts_with("plans/old")) return Origin{"", false};
    return name.starts_with("plans/p/") ? std::optional<Origin>({"units/gov", true}) : std::nullopt;
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view, absl::CivilDay) const override {
    return std::vector<std::string>();
  }
};

TEST(Decision, OfAListEveryOneCountsAndAnEmptyOneNamesNothing) {
  v1::ReceiveAssignmentsRequest request;
  const MethodRule rule = RuleOf("AssignmentService/ReceiveAssignments");
  const Caller tax = CallerAt("node/city/unit/tax");
  EXPECT_FALSE(rule.Decide(tax, request, nullptr, kDay).ok());
  request.add_names("plans/p/tasks/t/assignments/tax");
  EXPECT_TRUE(rule.Decide(tax, request, nullptr, kDay).ok());
  request.add_names("plans/p/tasks/t2/assignments/tax");
  EXPECT_TRUE(rule.Decide(tax, request, nullptr, kDay).ok());
  request.add_names("plans/p/tasks/t/assignments/school");
  EXPECT_FALSE(rule.Decide(tax, request, nullptr, kDay).ok());
}

TEST(Decision, WhatIsNotThereIsNobodysDraft) {
  v1::ReviewSubmissionRequest review;
  const MethodRule rule = RuleOf("AssignmentService/ReviewSubmission");
  const OnePlan facts;
  review.set_name("plans/p/tasks/t/assignments/tax");
  EXPECT_TRUE(rule.Decide(CallerAt("node/city/unit/gov"), review, &facts, kDay).ok());
  review.set_name("plans/none/tasks/t/assignments/tax");
  EXPECT_FALSE(rule.Decide(CallerAt("node/city/unit/gov"), review, &facts, kDay).ok());
}

TEST(Decision, ADraftIsItsOwnOfficesUntilItIsIssued) {
  const OnePlan facts;
  const Caller gov = CallerAt("node/city/unit/gov"), tax = CallerAt("node/city/unit/tax");
  v1::GetPlanRequest get;
  const MethodRule read = RuleOf("PlanService/GetPlan");
  get.set_name("plans/draft");
  EXPECT_TRUE(read.Decide(gov, get, &facts, kDay).ok());
  EXPECT_FALSE(read.Decide(tax, get, &facts, kDay).ok());
  get.set_name("plans/old");
  EXPECT_TRUE(read.Decide(tax, get, &facts, kDay).ok()) << "what no unit drew up in particular is the node's";
  v1::PublishPlanRequest publish;
  const MethodRule rule = RuleOf("PlanService/PublishPlan");
  publish.set_name("plans/draft");
  publish.set_issuer("units/gov");
  EXPECT_TRUE(rule.Decide(gov, publish, &facts, kDay).ok());
  EXPECT_FALSE(rule.Decide(tax, publish, &facts, kDay).ok());
  publish.set_issuer("units/tax");
  EXPECT_FALSE(rule.Decide(tax, publish, &facts, kDay).ok()) << "another unit's draft under one's own name";
  EXPECT_FALSE(rule.Decide(gov, publish, &facts, kDay).ok()) << "one's own draft under another unit's name";
}

TEST(Decision, AClientOfAnotherNodeIsNotTheUnitOfThatNameHere) {
  v1::PullAssignmentsRequest request;
  request.set_unit("units/tax");
  EXPECT_FALSE(RuleOf("AssignmentService/PullAssignments")
                   .Decide(CallerAt("node/district/unit/tax"), request, nullptr, kDay)
                   .ok());
}

TEST(Decision, AFollowerIsTheNodeOfItsCertificate) {
  v1::FetchRequest request;
  request.set_downstream(true);
  request.set_follower("district");
  const MethodRule rule = RuleOf("FeedService/Fetch");
  EXPECT_TRUE(rule.Decide(CallerAt("node/district"), request, nullptr, kDay).ok());
  EXPECT_TRUE(rule.Decide(CallerAt("node/district/service/plan"), request, nullptr, kDay).ok());
  EXPECT_FALSE(rule.Decide(CallerAt("node/district-2"), request, nullptr, kDay).ok());
}

TEST(Decision, ANodeCalledAsAServiceIsStillAnotherNode) {
  v1::FetchRequest request;
  request.set_follower("assignment");
  const MethodRule rule = RuleOf("FeedService/Fetch");
  EXPECT_FALSE(rule.Decide(CallerAt("node/assignment"), request, nullptr, kDay).ok());
  EXPECT_TRUE(rule.Decide(CallerAt("node/city/service/assignment"), request, nullptr, kDay).ok());
  request.set_downstream(true);
  EXPECT_TRUE(rule.Decide(CallerAt("node/assignment"), request, nullptr, kDay).ok());
  EXPECT_FALSE(rule.Decide(CallerAt("node/city/service/assignment"), request, nullptr, kDay).ok());
}

TEST(Decision, TheConsoleByItselfLetsPeopleSignInAndNothingElse) {
  const Caller console = CallerAt("node/city/service/console");
  EXPECT_EQ(console.kind, CallerKind::kConsole);
  EXPECT_EQ(console.roles(), RoleSet({v1::PERSON_CLIENT}));
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) {
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    if (const auto* follower = method->input_type()->FindFieldByName("follower")) {
      request->GetReflection()->SetString(request.get(), follower, "console");
    }
    const bool allowed = MethodRule::Of(*method)->Decide(console, *request, nullptr, kDay).ok();
    static const std::set<std::string> kBefore = {"SignIn",         "BeginSingleSignOn", "SignInWithIdToken",
                                                  "RefreshSession", "ChangePassword",    "WhoAmI"};
    EXPECT_EQ(allowed, kBefore.contains(method->name())) << method->full_name();
  }
  EXPECT_EQ(CallerAt("node/district/service/console").kind, CallerKind::kPeerNode) << "another node's is a neighbour";
}

TEST(Decision, WhoeverSignedInHoldsOverTheConsoleWhatTheyWereGranted) {
  const Caller person = PersonOver(CallerAt("node/city/service/console"), "people/zhang", "people/zhang/sessions/s1",
                                   {{"units/tax", {v1::CLERK}}});
  EXPECT_EQ(person.kind, CallerKind::kPerson);
  EXPECT_EQ(person.roles(), RoleSet({v1::PERSON, v1::CLERK})) << "and nothing of the console's own";
  const Caller elsewhere = PersonOver(CallerAt("node/district/service/console"), "people/zhang", "", {});
  EXPECT_EQ(elsewhere.kind, CallerKind::kForeign) << "another node's console carries nobody";
}

TEST(Decision, WithoutTlsThereIsNobodyToRefuse) {
  v1::PullAssignmentsRequest request;
  EXPECT_TRUE(RuleOf("AssignmentService/PullAssignments").Decide(Anybody(), request, nullptr, kDay).ok());
  EXPECT_EQ(Anybody().label(), "anybody");
}

// Facts that count how often they are asked.
class CountedFacts final : public AccessFacts {
 public:
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    ++asked;
    if (name.starts_with("plans/issued")) return Origin{"units/gov", true};
    if (name.starts_with("plans/draft")) return Origin{"units/gov", false};
    return std::nullopt;
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view, absl::CivilDay) const override {
    ++asked;
    return std::vector<std::string>();
  }
  mutable int asked = 0;
};

// What is said, and how often the facts were asked for it.
using Refusal = std::tuple<std::string, std::string, ErrorMetadata, int>;

// As much is asked, and the same is said, whether what a stranger may not have is there or not.
TEST(Decision, WhatIsNotThereIsRefusedLikeWhatIsNotForTheCaller) {
  const CountedFacts facts;
  int compared = 0;
  for (const auto* method : ContractMethods()) {
    const auto* const name = method->input_type()->FindFieldByName("name");
    if (name == nullptr || name->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) continue;
    const MethodRule rule = *MethodRule::Of(*method);
    const auto* const prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
    const auto refused = [&](const std::string& plan) {
      const std::unique_ptr<google::protobuf::Message> request(prototype->New());
      const bool of_assignment = WireName(*method).find("AssignmentService") != std::string::npos;
      request->GetReflection()->SetString(request.get(), name,
                                          of_assignment ? plan + "/tasks/t1/assignments/gov" : plan);
      facts.asked = 0;
      const absl::Status said = rule.Decide(CallerAt("node/city/unit/stranger"), *request, &facts, kDay);
      // Empty: it is allowed.
      return said.ok() ? Refusal{}
                       : Refusal{std::string(said.message()), ChineseMessage(said), MetadataOf(said), facts.asked};
    };
    const auto absent = refused("plans/none");
    if (absent == Refusal{}) continue;
    EXPECT_EQ(refused("plans/draft"), absent) << WireName(*method);
    // Once issued a plan is for whoever is at the node, and what is done to it is not.
    const auto issued = refused("plans/issued");
    EXPECT_TRUE(issued == Refusal{} || issued == absent) << WireName(*method);
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

}  // namespace
}  // namespace duban
