// The RPCs of the assignment service on one node: leases, signing, reports, results, reviews, the same in bulk, lists;
// and every error that its contract lists.

#include "services/assignment/assignment_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/rpc/validate.h"
#include "google/rpc/error_details.pb.h"
#include "services/assignment/desk.h"
#include "services/assignment/lists.h"
#include "services/assignment/state.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using A = v1::Assignment;

constexpr char kFinance[] = "units/finance";
// A name that could be one and is none.
constexpr char kNone[] = "plans/none/tasks/t/assignments/finance";

// A city with a department of its own (`finance`) and a district that works at another node.
class AssignmentCoreTest : public ::testing::Test {
 protected:
  AssignmentCoreTest() : office_("city", &clock_) {
    office_.Tell(MakeUnit("office", v1::Unit::GOVERNMENT));
    office_.Tell(MakeUnit("finance"));
    office_.Tell(MakeUnit("health"));
    office_.Tell(MakeUnit("east", v1::Unit::GOVERNMENT, "", "district"));
  }

  // Whatever a test did: what is kept is true.
  void TearDown() override { office_.ExpectKeptRowsAreTrue(); }

  // Publishes a plan of `tasks` tasks, each addressed to the unit.
  void Publish(int tasks, const std::string& unit = kFinance, const std::string& id = "p") {
    v1::Plan plan = MakePlan(id, "city", "2024-03-04");
    for (int i = 0; i < tasks; ++i) Address(AddTask(plan, "2024-09-30"), unit);
    Publish(plan);
  }
  void Publish(const v1::Plan& plan) {
    office_.Tell(plan);
    const absl::Status status = office_.FollowPlans();
    ASSERT_TRUE(status.ok()) << status;
  }

  // One assignment of `finance`, signed for.
  std::string Signed() {
    Publish(1);
    office_.SignAll(kFinance);
    return office_.OnlyOf(kFinance).name();
  }

  // The names of all assignments of `finance`, in list order.
  std::vector<std::string> Names() {
    v1::AssignmentFilter filter;
    filter.set_unit(kFinance);
    std::vector<std::string> names;
    for (const A& assignment : office_.List(filter)) names.push_back(assignment.name());
    return names;
  }

  AssignmentCore& core() { return office_.core(); }

  FakeClock clock_;
  TestOffice office_;
  A shown_;
};

TEST_F(AssignmentCoreTest, APublishedPlanIsDeliveredToUnitsThatWorkHere) {
  Publish(2);
  const std::vector<A> all = office_.List();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].number(), 1);
  EXPECT_EQ(all[0].state(), A::ISSUED);
  EXPECT_EQ(all[0].light(), A::GREEN);
  EXPECT_FALSE(all[0].has_execution());
  EXPECT_FALSE(all[0].has_oversight());
  EXPECT_FALSE(all[0].has_decomposition());
  EXPECT_EQ(FromProto(all[0].delivery_time()), clock_.Now());
  EXPECT_EQ(all[0].etag(), "1-0-0");
}

TEST_F(AssignmentCoreTest, APullLeasesWhatIsNotSignedForAndOthersPassOverIt) {
  Publish(3);
  v1::PullAssignmentsRequest request = office_.PullOf(kFinance);
  request.set_max_assignments(2);
  v1::PullAssignmentsResponse first, second, third;
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &first).ok());
  ASSERT_EQ(first.assignments_size(), 2);
  EXPECT_EQ(first.assignments(0).number(), 1);
  EXPECT_EQ(FromProto(first.lease_expire_time()), clock_.Now() + absl::Minutes(10));
  ASSERT_TRUE(core().PullAssignments(Anybody(), office_.PullOf(kFinance), &second).ok());
  ASSERT_EQ(second.assignments_size(), 1);
  EXPECT_EQ(second.assignments(0).number(), 3);
  EXPECT_NE(second.lease_token(), first.lease_token());
  ASSERT_TRUE(core().PullAssignments(Anybody(), office_.PullOf(kFinance), &third).ok());
  EXPECT_EQ(third.assignments_size(), 0);
  EXPECT_EQ(third.lease_token(), "");
  EXPECT_FALSE(third.has_lease_expire_time());
}

TEST_F(AssignmentCoreTest, TheSameRequestIdGivesTheSameLease) {
  Publish(2);
  const v1::PullAssignmentsRequest request = office_.PullOf(kFinance);
  v1::PullAssignmentsResponse first, again;
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &first).ok());
  office_.Restart();
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  // What was signed for since is in no lease any more.
  const std::string name = first.assignments(0).name();
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, first.lease_token()), &shown_).ok());
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &again).ok());
  EXPECT_EQ(again.lease_token(), first.lease_token());
  ASSERT_EQ(again.assignments_size(), 1);
  EXPECT_EQ(again.assignments(0).name(), first.assignments(1).name());
  v1::PullAssignmentsRequest other = request;
  other.set_unit("units/health");
  EXPECT_EQ(ReasonOf(core().PullAssignments(Anybody(), other, &again)), v1::REQUEST_ID_REUSED);
}

TEST_F(AssignmentCoreTest, OnlyTheLatestLeaseCanSignAndOnlyWhileItRuns) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  v1::PullAssignmentsRequest request = office_.PullOf(kFinance);
  request.mutable_lease()->set_seconds(60);
  v1::PullAssignmentsResponse first, second;
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &first).ok());
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, "someone-else's"), &shown_)),
            v1::LEASE_NOT_HELD);
  clock_.Advance(absl::Seconds(59));
  ASSERT_TRUE(core().PullAssignments(Anybody(), office_.PullOf(kFinance), &second).ok());
  EXPECT_EQ(second.assignments_size(), 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, first.lease_token()), &shown_)),
            v1::LEASE_NOT_HELD);
  ASSERT_TRUE(core().PullAssignments(Anybody(), office_.PullOf(kFinance), &second).ok());
  ASSERT_EQ(second.assignments_size(), 1);
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, first.lease_token()), &shown_)),
            v1::LEASE_NOT_HELD);
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, second.lease_token()), &shown_).ok());
  EXPECT_TRUE(ReadLeases(*office_.store()->TakeSnapshot(), "plans/p", kFinance)->leases().empty());
  EXPECT_EQ(shown_.state(), A::RECEIVED);
  EXPECT_EQ(shown_.execution().receipt().signer(), "王一");
  EXPECT_EQ(FromProto(shown_.execution().receipt().receive_time()), clock_.Now());
}

TEST_F(AssignmentCoreTest, ALeaseOutlivesARestart) {
  Publish(1);
  const std::string token = office_.Pull(kFinance).lease_token();
  office_.Restart();
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 0);
  EXPECT_TRUE(
      core().ReceiveAssignment(Anybody(), office_.ReceiptOf(office_.OnlyOf(kFinance).name(), token), &shown_).ok());
}

TEST_F(AssignmentCoreTest, APullIsForAUnitThatIsKnownAndWorksHere) {
  Publish(1, "units/east");
  v1::PullAssignmentsResponse response;
  EXPECT_EQ(ReasonOf(core().PullAssignments(Anybody(), office_.PullOf("units/nobody"), &response)),
            v1::RESOURCE_NOT_FOUND);
  const absl::Status elsewhere = core().PullAssignments(Anybody(), office_.PullOf("units/east"), &response);
  EXPECT_EQ(ReasonOf(elsewhere), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(elsewhere)["node"], "district");
}

TEST_F(AssignmentCoreTest, APullTakesPlansByNameAndTasksByTheirPlace) {
  v1::Plan plan = MakePlan("q", "city", "2024-03-04");
  for (const char* table : {"附件1", "body"}) {
    v1::Task* task = AddTask(plan);
    task->set_table(table);
    Address(task, kFinance);
  }
  Publish(plan);
  Publish(2, kFinance, "p");
  std::vector<std::string> lines;
  for (int i = 0; i < 5; ++i) {
    const v1::PullAssignmentsResponse pulled = office_.Pull(kFinance, 1);
    for (const A& assignment : pulled.assignments()) {
      lines.push_back(StrCat(assignment.plan_title(), " ", assignment.table(), " ", assignment.number()));
    }
  }
  EXPECT_THAT(lines, ElementsAre("计划p body 1", "计划p body 2", "计划q body 2", "计划q 附件1 1"));
}

TEST_F(AssignmentCoreTest, APullTakesFiftyUnlessItAsksForMore) {
  Publish(kDefaultPull + 501);
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), kDefaultPull);
  EXPECT_EQ(office_.Pull(kFinance, 500).assignments_size(), 500);
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 1);
  v1::PullAssignmentsRequest request = office_.PullOf(kFinance, 500);
  request.mutable_lease()->set_seconds(604800);
  EXPECT_TRUE(ValidateRequest(request).ok());
  request.set_max_assignments(501);
  EXPECT_EQ(MetadataOf(ValidateRequest(request))["field"], "max_assignments");
  request.set_max_assignments(-1);
  EXPECT_EQ(MetadataOf(ValidateRequest(request))["field"], "max_assignments");
  request.set_max_assignments(1);
  for (const int64_t seconds : {0, 604801}) {
    request.mutable_lease()->set_seconds(seconds);
    EXPECT_EQ(MetadataOf(ValidateRequest(request))["field"], "lease") << seconds;
  }
}

TEST_F(AssignmentCoreTest, APullCanNameWhatItWants) {
  Publish(3);
  const std::vector<std::string> names = Names();
  v1::PullAssignmentsRequest request = office_.PullOf(kFinance);
  for (const int i : {2, 0, 2}) request.add_names(names[static_cast<size_t>(i)]);
  request.add_names(kNone);
  v1::PullAssignmentsResponse pulled;
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &pulled).ok());
  ASSERT_EQ(pulled.assignments_size(), 2);
  EXPECT_EQ(pulled.assignments(0).name(), names[0]);
  EXPECT_EQ(pulled.assignments(1).name(), names[2]);
  EXPECT_EQ(pulled.held_size(), 0);
  // The others are left to others; what is signed for is passed over.
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(names[2], pulled.lease_token()), &shown_).ok());
  request.set_request_id(office_.NextRequest());
  v1::PullAssignmentsResponse again;
  ASSERT_TRUE(core().PullAssignments(Anybody(), request, &again).ok());
  EXPECT_EQ(again.assignments_size(), 0);
  ASSERT_EQ(again.held_size(), 1);
  EXPECT_EQ(again.held(0).name(), names[0]);
  EXPECT_EQ(FromProto(again.held(0).lease_expire_time()), clock_.Now() + absl::Minutes(10));
  ASSERT_EQ(office_.Pull(kFinance).assignments_size(), 1);

  request.set_request_id(office_.NextRequest());
  request.add_names("plans/p/tasks/t1/assignments/health");
  const absl::Status wrong = core().PullAssignments(Anybody(), request, &again);
  EXPECT_EQ(ReasonOf(wrong), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(wrong)["field"], "names[4]");
}

TEST_F(AssignmentCoreTest, APullThatFindsNothingSaysWhatOthersHold) {
  Publish(3);
  const v1::PullAssignmentsResponse first = office_.Pull(kFinance, 1);
  clock_.Advance(absl::Minutes(1));
  const v1::PullAssignmentsResponse second = office_.Pull(kFinance);
  EXPECT_EQ(second.assignments_size(), 2);
  EXPECT_EQ(second.held_size(), 0);
  const v1::PullAssignmentsResponse third = office_.Pull(kFinance);
  ASSERT_EQ(third.held_size(), 3);
  EXPECT_EQ(third.held(0).name(), first.assignments(0).name());
  EXPECT_EQ(FromProto(third.held(0).lease_expire_time()), FromProto(first.lease_expire_time()));
  EXPECT_EQ(FromProto(third.held(2).lease_expire_time()), FromProto(second.lease_expire_time()));
  ASSERT_TRUE(
      core()
          .ReceiveAssignment(Anybody(), office_.ReceiptOf(second.assignments(0).name(), second.lease_token()), &shown_)
          .ok());
  clock_.Advance(absl::Minutes(9));
  // The first lease has run out: it is pulled, and nobody asks what is held.
  const v1::PullAssignmentsResponse fourth = office_.Pull(kFinance);
  ASSERT_EQ(fourth.assignments_size(), 1);
  EXPECT_EQ(fourth.assignments(0).name(), first.assignments(0).name());
  EXPECT_EQ(fourth.held_size(), 0);
  EXPECT_EQ(office_.Pull(kFinance).held_size(), 2);
}

TEST_F(AssignmentCoreTest, APullNamesAssignmentsOfItsUnit) {
  Publish(1);
  Publish(1, "units/health", "q");
  v1::PullAssignmentsRequest request = office_.PullOf(kFinance);
  request.add_names(Names()[0]);
  request.add_names(office_.OnlyOf("units/health").name());
  v1::PullAssignmentsResponse response;
  const absl::Status status = core().PullAssignments(Anybody(), request, &response);
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << status;
  EXPECT_EQ(MetadataOf(status)["field"], "names[1]");
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 1) << "nothing was leased";
  for (int i = request.names_size(); i < 500; ++i) request.add_names(Names()[0]);
  EXPECT_TRUE(ValidateRequest(request).ok());
  request.add_names(Names()[0]);
  EXPECT_EQ(MetadataOf(ValidateRequest(request))["field"], "names");
}

// A lease of an assignment that was cancelled, or came back, in the meantime.
TEST_F(AssignmentCoreTest, ALeaseDoesNotOutliveItsAssignment) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  const std::string token = office_.Pull(kFinance).lease_token();
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  plan.set_revision(2);
  Publish(plan);
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, token), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(office_.Get(name).state(), A::CANCELLED);
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 0);
}

TEST_F(AssignmentCoreTest, APullHoldsNoMoreThanOneMessageCarries) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 60; ++i) {
    v1::Task* task = AddTask(plan);
    task->set_text(std::string(60000, 'x'));
    Address(task, kFinance);
  }
  Publish(plan);
  std::set<std::string> names;
  int pulls = 0;
  while (true) {
    const v1::PullAssignmentsResponse response = office_.Pull(kFinance);
    if (response.assignments().empty()) break;
    ++pulls;
    EXPECT_LT(response.ByteSizeLong(), 2u << 20);
    for (const A& assignment : response.assignments()) EXPECT_TRUE(names.insert(assignment.name()).second);
  }
  EXPECT_EQ(names.size(), 60u);
  EXPECT_GT(pulls, 2);
}

TEST_F(AssignmentCoreTest, ReceivingNeedsAnAssignmentThatIsThereAndUnsigned) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  const std::string token = office_.Pull(kFinance).lease_token();
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(kNone, token), &shown_)),
            v1::RESOURCE_NOT_FOUND);
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, token), &shown_).ok());
  const absl::Status again = core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, token), &shown_);
  EXPECT_EQ(ReasonOf(again), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(again)["state"], "RECEIVED");
}

TEST_F(AssignmentCoreTest, ReceivingARequestAgainGivesTheFirstAnswer) {
  Publish(1);
  const v1::ReceiveAssignmentRequest request =
      office_.ReceiptOf(office_.OnlyOf(kFinance).name(), office_.Pull(kFinance).lease_token());
  A first, again;
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), request, &first).ok());
  clock_.Advance(absl::Hours(5));
  ASSERT_TRUE(core().ReceiveAssignment(Anybody(), request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
}

TEST_F(AssignmentCoreTest, AUnitElsewhereActsAtItsOwnNode) {
  Publish(1, "units/east");
  const std::string name = office_.OnlyOf("units/east").name();
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Anybody(), office_.ReceiptOf(name, "any"), &shown_)), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), office_.ReportOf(name), &shown_)), v1::NOT_OWNER);
  const absl::Status status = core().SubmitResult(Anybody(), office_.SubmissionOf(name), &shown_);
  EXPECT_EQ(ReasonOf(status), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(status)["node"], "district");
}

TEST_F(AssignmentCoreTest, ReportsCountUpAndBringItIntoProgress) {
  const std::string name = Signed();
  office_.Report(name, 30);
  const A after = office_.Report(name, 60);
  EXPECT_EQ(after.state(), A::IN_PROGRESS);
  ASSERT_EQ(after.execution().reports_size(), 2);
  EXPECT_EQ(after.execution().reports(0).report_id(), "r-1");
  EXPECT_EQ(after.execution().reports(1).report_id(), "r-2");
  EXPECT_EQ(after.execution().reports(1).percent(), 60);
  EXPECT_EQ(FromProto(after.execution().reports(1).report_time()), clock_.Now());
}

TEST_F(AssignmentCoreTest, ReportsAreRefusedBeforeSigningUnderReviewAndWhenDone) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  const auto refused = [&](const char* state) {
    const absl::Status status = core().ReportProgress(Anybody(), office_.ReportOf(name), &shown_);
    EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE);
    EXPECT_EQ(MetadataOf(status)["state"], state);
  };
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), office_.ReportOf(kNone), &shown_)), v1::RESOURCE_NOT_FOUND);
  refused("ISSUED");
  office_.SignAll(kFinance);
  office_.Submit(name);
  refused("UNDER_REVIEW");
  office_.Review(name, v1::Review::ACCEPTED);
  refused("DONE");
}

TEST_F(AssignmentCoreTest, OfTwoCallersWithOneEtagTheSecondIsToldToReadAgain) {
  const std::string name = Signed();
  const std::string etag = office_.Get(name).etag();
  v1::ReportProgressRequest report = office_.ReportOf(name);
  report.set_etag(etag);
  v1::SubmitResultRequest result = office_.SubmissionOf(name);
  result.set_etag(etag);
  ASSERT_TRUE(core().ReportProgress(Anybody(), report, &shown_).ok());
  report.set_request_id(office_.NextRequest());
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), report, &shown_)), v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), result, &shown_)), v1::ETAG_MISMATCH);
  EXPECT_EQ(office_.Get(name).execution().reports_size(), 1);
  result.set_etag(office_.Get(name).etag());
  result.set_request_id(office_.NextRequest());
  EXPECT_TRUE(core().SubmitResult(Anybody(), result, &shown_).ok());
}

TEST_F(AssignmentCoreTest, AReviewWithAnOldEtagIsRefused) {
  const std::string name = Signed();
  const std::string etag = office_.Get(name).etag();
  office_.Submit(name);
  v1::ReviewSubmissionRequest request = office_.ReviewOf(name, office_.LastSubmission(name), v1::Review::ACCEPTED);
  request.set_etag(etag);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(Anybody(), request, &shown_)), v1::ETAG_MISMATCH);
  request.set_etag(office_.Get(name).etag());
  request.set_request_id(office_.NextRequest());
  EXPECT_TRUE(core().ReviewSubmission(Anybody(), request, &shown_).ok());
}

TEST_F(AssignmentCoreTest, AResultIsSentBackHandedInAgainAndAccepted) {
  const std::string name = Signed();
  office_.Report(name);
  A now = office_.Submit(name);
  EXPECT_EQ(now.state(), A::UNDER_REVIEW);
  EXPECT_THAT(now.execution().submissions(0).submission_id(), ::testing::MatchesRegex("s-[0-9a-f]{16}"));
  now = office_.Review(name, v1::Review::RETURNED);
  EXPECT_EQ(now.state(), A::IN_PROGRESS);
  EXPECT_EQ(now.light(), A::YELLOW);
  EXPECT_EQ(now.oversight().reviews(0).comment(), "缺少佐证材料");
  EXPECT_EQ(now.oversight().node(), "city");
  now = office_.Submit(name);
  EXPECT_NE(now.execution().submissions(1).submission_id(), now.execution().submissions(0).submission_id());
  now = office_.Review(name, v1::Review::ACCEPTED);
  EXPECT_EQ(now.state(), A::DONE);
  EXPECT_EQ(now.light(), A::GREY);
  EXPECT_EQ(FromProto(now.oversight().reviews(1).review_time()), clock_.Now());
}

TEST_F(AssignmentCoreTest, AResultIsHandedInOnceAndAfterSigning) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), office_.SubmissionOf(kNone), &shown_)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  office_.SignAll(kFinance);
  office_.Submit(name);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(office_.Get(name).execution().submissions_size(), 1);
}

TEST_F(AssignmentCoreTest, AReviewNamesTheSubmissionThatWaits) {
  const std::string name = Signed();
  const auto review = [&](const std::string& of, const std::string& submission) {
    return ReasonOf(
        core().ReviewSubmission(Anybody(), office_.ReviewOf(of, submission, v1::Review::RETURNED), &shown_));
  };
  EXPECT_EQ(review(kNone, "s-1"), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(review(name, "s-1"), v1::RESOURCE_NOT_FOUND);
  office_.Submit(name);
  const std::string first = office_.LastSubmission(name);
  office_.Review(name, v1::Review::RETURNED);
  EXPECT_EQ(review(name, first), v1::WRONG_STATE);
  office_.Submit(name);
  EXPECT_EQ(review(name, first), v1::WRONG_STATE);
  EXPECT_EQ(review(name, office_.LastSubmission(name)), v1::ERROR_REASON_UNSPECIFIED);
  office_.Submit(name);
  office_.Review(name, v1::Review::ACCEPTED);
  EXPECT_EQ(review(name, office_.LastSubmission(name)), v1::WRONG_STATE);
}

TEST_F(AssignmentCoreTest, SendingBackNeedsAComment) {
  const std::string name = Signed();
  office_.Submit(name);
  v1::ReviewSubmissionRequest request = office_.ReviewOf(name, office_.LastSubmission(name), v1::Review::RETURNED);
  request.clear_comment();
  const absl::Status status = core().ReviewSubmission(Anybody(), request, &shown_);
  EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(status)["field"], "comment");
  EXPECT_EQ(office_.Get(name).state(), A::UNDER_REVIEW);
}

TEST_F(AssignmentCoreTest, AWithdrawnPlanCancelsAndNothingMoreIsTaken) {
  Publish(2);
  office_.SignAll(kFinance);
  const std::string name = office_.List()[0].name();
  office_.Submit(name);
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  plan.set_state(v1::Plan::WITHDRAWN);
  plan.set_withdraw_reason("机构改革");
  Publish(plan);
  const A cancelled = office_.Get(name);
  EXPECT_EQ(cancelled.state(), A::CANCELLED);
  EXPECT_EQ(cancelled.cancel_reason(), "机构改革");
  EXPECT_EQ(cancelled.execution().submissions_size(), 1);
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), office_.ReportOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(
                Anybody(), office_.ReviewOf(name, office_.LastSubmission(name), v1::Review::ACCEPTED), &shown_)),
            v1::WRONG_STATE);
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 0);
}

TEST_F(AssignmentCoreTest, AStandingDutyIsHandedInByItsPeriod) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  v1::Task* task = AddTask(plan);
  task->mutable_deadline()->set_kind(v1::Deadline::STANDING);
  Address(task, kFinance);
  Publish(plan);
  office_.SignAll(kFinance);
  const std::string name = office_.OnlyOf(kFinance).name();
  EXPECT_EQ(office_.Submit(name).execution().submissions(0).period(), "2024");
  EXPECT_EQ(office_.Review(name, v1::Review::ACCEPTED).state(), A::RECEIVED);
  v1::SubmitResultRequest again = office_.SubmissionOf(name);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), again, &shown_)), v1::WRONG_STATE);  // 2024 is closed.
  again.set_request_id(office_.NextRequest());
  again.mutable_submission()->set_period("2025");
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), again, &shown_)), v1::INVALID_FIELD);  // 2025 has not begun.
}

TEST_F(AssignmentCoreTest, APeriodicDutyNamesItsPeriod) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  v1::Task* task = AddTask(plan);
  task->mutable_deadline()->set_kind(v1::Deadline::PERIODIC);
  task->mutable_deadline()->set_frequency(v1::Deadline::QUARTERLY);
  Address(task, kFinance);
  Publish(plan);
  office_.SignAll(kFinance);
  const std::string name = office_.OnlyOf(kFinance).name();
  for (const char* period : {"", "2024", "2024-Q2", "2024-Q9", "2023-Q4"}) {
    v1::SubmitResultRequest request = office_.SubmissionOf(name);
    request.mutable_submission()->set_period(period);
    const absl::Status status = core().SubmitResult(Anybody(), request, &shown_);
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << period;
    EXPECT_EQ(MetadataOf(status)["field"], "submission.period");
  }
  EXPECT_EQ(office_.Submit(name, "2024-Q1").state(), A::UNDER_REVIEW);
}

TEST_F(AssignmentCoreTest, ATaskWithADateHasNoPeriods) {
  const std::string name = Signed();
  v1::SubmitResultRequest request = office_.SubmissionOf(name);
  request.mutable_submission()->set_period("2024");
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), request, &shown_)), v1::INVALID_FIELD);
}

TEST_F(AssignmentCoreTest, TheHalfOfAUnitTakesAThousandEntriesAndNotOneMore) {
  const std::string name = Signed();
  for (int i = 0; i < kMaxExecutionEntries; ++i) office_.Report(name);
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), office_.ReportOf(name), &shown_)), v1::LIMIT_REACHED);
  EXPECT_EQ(ReasonOf(core().SubmitResult(Anybody(), office_.SubmissionOf(name), &shown_)), v1::LIMIT_REACHED);
  EXPECT_EQ(office_.Get(name).execution().reports_size(), kMaxExecutionEntries);
}

TEST_F(AssignmentCoreTest, TheHalfOfAUnitTakesAMebibyteAndNotOneByteMore) {
  const std::string name = Signed();
  v1::ReportProgressRequest request = office_.ReportOf(name);
  request.mutable_report()->set_text(std::string(30000, 'x'));
  while (office_.Get(name).execution().ByteSizeLong() + 60000 < kMaxExecutionBytes) {
    request.set_request_id(office_.NextRequest());
    ASSERT_TRUE(core().ReportProgress(Anybody(), request, &shown_).ok());
  }
  // The last report that fits to the byte, and one byte more. A repeat with a new id is another request.
  const auto size_with = [&](size_t text) {
    v1::Execution execution = office_.Get(name).execution();
    v1::Report& report = *execution.add_reports();
    report = request.report();
    report.set_text(std::string(text, 'x'));
    report.set_report_id(StrCat("r-", execution.reports_size()));
    *report.mutable_report_time() = ToProto(clock_.Now());
    return static_cast<int64_t>(execution.ByteSizeLong());
  };
  const size_t fitting = 40000 + static_cast<size_t>(kMaxExecutionBytes - size_with(40000));
  ASSERT_EQ(size_with(fitting), kMaxExecutionBytes);
  request.set_request_id(office_.NextRequest());
  request.mutable_report()->set_text(std::string(fitting + 1, 'x'));
  EXPECT_EQ(ReasonOf(core().ReportProgress(Anybody(), request, &shown_)), v1::LIMIT_REACHED);
  request.set_request_id(office_.NextRequest());
  request.mutable_report()->set_text(std::string(fitting, 'x'));
  EXPECT_TRUE(core().ReportProgress(Anybody(), request, &shown_).ok());
}

// What a call that acts on several answered, a line each: state, or why not.
template <typename Response>
std::vector<std::string> Lines(const Response& response) {
  std::vector<std::string> lines;
  for (const v1::ActResult& result : response.results()) {
    const std::string& code = absl::StatusCodeToString(static_cast<absl::StatusCode>(result.error().code()));
    lines.push_back(result.has_error() ? code : A::State_Name(result.state()));
  }
  return lines;
}

// The reason an item was refused for.
v1::ErrorReason WhyNot(const v1::ActResult& result) {
  google::rpc::ErrorInfo info;
  for (const auto& detail : result.error().details()) {
    if (detail.UnpackTo(&info)) break;
  }
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  v1::ErrorReason_Parse(info.reason(), &reason);
  return reason;
}

TEST_F(AssignmentCoreTest, AUnitSignsForAllOfALeaseInOneCommand) {
  Publish(3);
  Publish(2, kFinance, "q");
  const std::string token = office_.Pull(kFinance).lease_token();
  const int64_t commands = office_.store()->group_stats().commands;
  v1::ReceiveAssignmentsResponse response;
  ASSERT_TRUE(core().ReceiveAssignments(Anybody(), office_.ReceiptsOf(Names(), token), &response).ok());
  EXPECT_EQ(office_.store()->group_stats().commands, commands + 1);
  EXPECT_THAT(Lines(response), ElementsAre("RECEIVED", "RECEIVED", "RECEIVED", "RECEIVED", "RECEIVED"));
  for (int i = 0; i < response.results_size(); ++i) {
    const A now = office_.Get(Names()[static_cast<size_t>(i)]);
    EXPECT_EQ(response.results(i).name(), now.name());
    EXPECT_EQ(response.results(i).etag(), now.etag());
    EXPECT_EQ(now.execution().receipt().signer(), "王一");
  }
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 0);
}

TEST_F(AssignmentCoreTest, OfSeveralReceiptsEachIsJudgedByItself) {
  Publish(4);
  Publish(1, "units/east", "q");
  const std::vector<std::string> names = Names();
  const std::string token = office_.Pull(kFinance, 3).lease_token();  // Not of the fourth.
  office_.Receive(names[1], token);
  const std::string east = office_.OnlyOf("units/east").name();
  v1::ReceiveAssignmentsResponse response;
  ASSERT_TRUE(core()
                  .ReceiveAssignments(Anybody(),
                                      office_.ReceiptsOf({names[0], names[1], kNone, names[3], east, names[2]}, token),
                                      &response)
                  .ok());
  EXPECT_THAT(Lines(response), ElementsAre("RECEIVED", "FAILED_PRECONDITION", "NOT_FOUND", "FAILED_PRECONDITION",
                                           "PERMISSION_DENIED", "RECEIVED"));
  EXPECT_EQ(WhyNot(response.results(1)), v1::WRONG_STATE);
  EXPECT_EQ(WhyNot(response.results(2)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(WhyNot(response.results(3)), v1::LEASE_NOT_HELD);
  EXPECT_EQ(WhyNot(response.results(4)), v1::NOT_OWNER);
  EXPECT_EQ(response.results(2).name(), kNone);
  // Each says how things stand, done or not.
  for (const v1::ActResult& result : response.results()) {
    if (result.name() == kNone) {
      EXPECT_EQ(result.state(), A::STATE_UNSPECIFIED);
      EXPECT_EQ(result.etag(), "");
    } else {
      EXPECT_EQ(result.state(), office_.Get(result.name()).state());
      EXPECT_EQ(result.etag(), office_.Get(result.name()).etag());
    }
  }
  EXPECT_EQ(office_.Get(names[3]).state(), A::ISSUED);
  EXPECT_EQ(office_.Get(names[1]).etag(), "1-0-1") << "what was refused changes nothing";
}

TEST_F(AssignmentCoreTest, SeveralResultsAreHandedInAndJudgedInOneCommandEach) {
  Publish(4);
  const std::vector<std::string> names = Names();
  const std::string token = office_.Pull(kFinance, 3).lease_token();
  for (int i = 0; i < 3; ++i) office_.Receive(names[i], token);
  office_.Submit(names[1]);
  v1::SubmitResultsRequest submit = office_.SubmissionsOf({names[0], names[1], names[2], names[3], kNone});
  submit.mutable_items(2)->set_etag("1-0-9");
  int64_t commands = office_.store()->group_stats().commands;
  v1::SubmitResultsResponse submitted;
  ASSERT_TRUE(core().SubmitResults(Anybody(), submit, &submitted).ok());
  EXPECT_EQ(office_.store()->group_stats().commands, commands + 1);
  EXPECT_THAT(Lines(submitted),
              ElementsAre("UNDER_REVIEW", "FAILED_PRECONDITION", "ABORTED", "FAILED_PRECONDITION", "NOT_FOUND"));
  EXPECT_EQ(WhyNot(submitted.results(2)), v1::ETAG_MISMATCH);
  EXPECT_EQ(submitted.results(0).etag(), office_.Get(names[0]).etag());

  v1::ReviewSubmissionsRequest review = office_.ReviewsOf({names[0], names[1], names[2]}, v1::Review::ACCEPTED);
  review.mutable_items(1)->set_verdict(v1::Review::RETURNED);
  review.mutable_items(1)->set_comment("缺少佐证材料");
  review.mutable_items(2)->set_submission_id("s-none");
  commands = office_.store()->group_stats().commands;
  v1::ReviewSubmissionsResponse reviewed;
  ASSERT_TRUE(core().ReviewSubmissions(Anybody(), review, &reviewed).ok());
  EXPECT_EQ(office_.store()->group_stats().commands, commands + 1);
  EXPECT_THAT(Lines(reviewed), ElementsAre("DONE", "RECEIVED", "NOT_FOUND"));
  EXPECT_EQ(office_.Get(names[1]).oversight().reviews(0).comment(), "缺少佐证材料");
  EXPECT_EQ(office_.Get(names[0]).oversight().reviews(0).reviewer(), "李二");
}

// Of a person who signed in the node knows who it is; of a name that a unit's program says it does not.
TEST_F(AssignmentCoreTest, InEitherCallAKnownPersonSaysWhyTheyAcceptTheirOwnResult) {
  const Caller unit = CallerOf(Identity{"duban.example", "city", Identity::Part::kUnit, "finance"}, "city");
  ASSERT_EQ(unit.kind, CallerKind::kUnitClient);
  Caller known = unit;
  known.kind = CallerKind::kPerson;
  known.person = "people/wang";
  known.display_name = "王一";
  struct Case {
    Caller caller;
    const char* comment;
    bool done;
  };
  const std::vector<Case> cases = {
      {known, "", false}, {known, "科室只有一人", true}, {unit, "", true}, {Anybody(), "", true}};
  Publish(2 * static_cast<int>(cases.size()));
  office_.SignAll(kFinance);
  const std::vector<std::string> names = Names();
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string& one = names[2 * i];
    const std::string& other = names[2 * i + 1];
    for (const std::string& name : {one, other}) office_.Submit(name);
    v1::ReviewSubmissionRequest single = office_.ReviewOf(one, office_.LastSubmission(one), v1::Review::ACCEPTED);
    single.set_reviewer("王一");
    single.set_comment(cases[i].comment);
    const absl::Status status = core().ReviewSubmission(cases[i].caller, single, &shown_);
    EXPECT_EQ(ReasonOf(status), cases[i].done ? v1::ERROR_REASON_UNSPECIFIED : v1::INVALID_FIELD) << i << status;
    EXPECT_EQ(MetadataOf(status)["field"], cases[i].done ? "" : "comment") << i;
    v1::ReviewSubmissionsRequest bulk = office_.ReviewsOf({other}, v1::Review::ACCEPTED);
    bulk.set_reviewer("王一");
    bulk.mutable_items(0)->set_comment(cases[i].comment);
    v1::ReviewSubmissionsResponse judged;
    ASSERT_TRUE(core().ReviewSubmissions(cases[i].caller, bulk, &judged).ok());
    EXPECT_EQ(WhyNot(judged.results(0)), cases[i].done ? v1::ERROR_REASON_UNSPECIFIED : v1::INVALID_FIELD) << i;
    for (const std::string& name : {one, other}) {
      EXPECT_EQ(office_.Get(name).state(), cases[i].done ? A::DONE : A::UNDER_REVIEW) << i;
    }
  }
}

TEST_F(AssignmentCoreTest, ACallThatActsOnSeveralSaysTheSameWhenItIsRepeated) {
  Publish(3);
  const std::vector<std::string> names = Names();
  const std::string token = office_.Pull(kFinance, 2).lease_token();
  const v1::ReceiveAssignmentsRequest receive = office_.ReceiptsOf(names, token);
  const auto twice = [&](auto method, const auto& request, auto response) {
    ASSERT_TRUE((core().*method)(Anybody(), request, &response).ok());
    const auto first = response;
    const std::string before = office_.All()[0].SerializeAsString();
    clock_.Advance(absl::Hours(1));
    office_.Restart();
    response.Clear();
    ASSERT_TRUE((core().*method)(Anybody(), request, &response).ok());
    EXPECT_EQ(Lines(response), Lines(first));
    for (int i = 0; i < first.results_size(); ++i) {
      EXPECT_EQ(response.results(i).name(), first.results(i).name());
      EXPECT_EQ(response.results(i).etag(), first.results(i).etag());
      EXPECT_EQ(WhyNot(response.results(i)), WhyNot(first.results(i)));
    }
    EXPECT_EQ(office_.All()[0].SerializeAsString(), before);
  };
  twice(&AssignmentCore::ReceiveAssignments, receive, v1::ReceiveAssignmentsResponse());
  twice(&AssignmentCore::SubmitResults, office_.SubmissionsOf(names), v1::SubmitResultsResponse());
  twice(&AssignmentCore::ReviewSubmissions, office_.ReviewsOf(names, v1::Review::RETURNED),
        v1::ReviewSubmissionsResponse());
  // The id belongs to its body.
  v1::ReceiveAssignmentsRequest other = receive;
  other.mutable_names()->RemoveLast();
  v1::ReceiveAssignmentsResponse response;
  EXPECT_EQ(ReasonOf(core().ReceiveAssignments(Anybody(), other, &response)), v1::REQUEST_ID_REUSED);
}

TEST_F(AssignmentCoreTest, ACallThatActsOnSeveralNamesEachOnce) {
  Publish(2);
  office_.SignAll(kFinance);
  const std::vector<std::string> names = Names();
  const std::vector<std::string> doubled = {names[0], names[1], names[0]};
  const std::string before = office_.Get(names[0]).SerializeAsString();
  const auto expect_field = [&](const absl::Status& status, const std::string& field) {
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << status;
    EXPECT_EQ(MetadataOf(status)["field"], field);
  };
  v1::ReceiveAssignmentsResponse received;
  expect_field(core().ReceiveAssignments(Anybody(), office_.ReceiptsOf(doubled, "t"), &received), "names[2]");
  v1::SubmitResultsResponse submitted;
  expect_field(core().SubmitResults(Anybody(), office_.SubmissionsOf(doubled), &submitted), "items[2].name");
  v1::ReviewSubmissionsResponse reviewed;
  v1::ReviewSubmissionsRequest review = office_.ReviewsOf(doubled, v1::Review::ACCEPTED);
  expect_field(core().ReviewSubmissions(Anybody(), review, &reviewed), "items[2].name");
  // And says what is missing where a result goes back.
  review = office_.ReviewsOf(names, v1::Review::RETURNED);
  review.mutable_items(1)->clear_comment();
  expect_field(core().ReviewSubmissions(Anybody(), review, &reviewed), "items[1].comment");
  EXPECT_EQ(office_.Get(names[0]).SerializeAsString(), before);
}

TEST_F(AssignmentCoreTest, ACallThatActsOnSeveralTakesFiveHundredAndNotOneMore) {
  constexpr int kMost = 500;
  Publish(kMost + 1);
  v1::ListAssignmentsRequest list;
  std::vector<std::string> names = Names();
  ASSERT_EQ(names.size(), kMost + 1u);
  const std::string token = office_.Pull(kFinance, kMost).lease_token();
  const auto expect_refused = [](const google::protobuf::Message& request, const std::string& field) {
    const absl::Status status = ValidateRequest(request);
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << status;
    EXPECT_EQ(MetadataOf(status)["field"], field);
  };
  for (const auto* request : std::initializer_list<const google::protobuf::Message*>{
           &v1::ReceiveAssignmentsRequest::default_instance(), &v1::SubmitResultsRequest::default_instance(),
           &v1::ReviewSubmissionsRequest::default_instance()}) {
    EXPECT_EQ(ReasonOf(ValidateRequest(*request)), v1::INVALID_FIELD);
  }
  expect_refused(office_.ReceiptsOf(names, token), "names");
  expect_refused(office_.SubmissionsOf(names), "items");
  expect_refused(office_.ReviewsOf(std::vector<std::string>(501, names[0]), v1::Review::RETURNED), "items");
  names.pop_back();
  const v1::ReceiveAssignmentsRequest receive = office_.ReceiptsOf(names, token);
  ASSERT_TRUE(ValidateRequest(receive).ok());
  v1::ReceiveAssignmentsResponse received;
  ASSERT_TRUE(core().ReceiveAssignments(Anybody(), receive, &received).ok());
  EXPECT_THAT(Lines(received), ::testing::AllOf(::testing::SizeIs(kMost), ::testing::Each("RECEIVED")));
  const v1::SubmitResultsRequest submit = office_.SubmissionsOf(names);
  ASSERT_TRUE(ValidateRequest(submit).ok());
  v1::SubmitResultsResponse submitted;
  ASSERT_TRUE(core().SubmitResults(Anybody(), submit, &submitted).ok());
  EXPECT_THAT(Lines(submitted), ::testing::AllOf(::testing::SizeIs(kMost), ::testing::Each("UNDER_REVIEW")));
  const v1::ReviewSubmissionsRequest review = office_.ReviewsOf(names, v1::Review::ACCEPTED);
  ASSERT_TRUE(ValidateRequest(review).ok());
  v1::ReviewSubmissionsResponse reviewed;
  ASSERT_TRUE(core().ReviewSubmissions(Anybody(), review, &reviewed).ok());
  EXPECT_THAT(Lines(reviewed), ::testing::AllOf(::testing::SizeIs(kMost), ::testing::Each("DONE")));
}

TEST_F(AssignmentCoreTest, ARestartForgetsNothing) {
  const std::string name = Signed();
  office_.Report(name);
  office_.Submit(name);
  office_.Review(name, v1::Review::RETURNED);
  const std::string before = office_.Get(name).SerializeAsString();
  office_.Restart();
  EXPECT_EQ(office_.Get(name).SerializeAsString(), before);
  ASSERT_TRUE(office_.FollowPlans().ok());
  EXPECT_EQ(office_.Get(name).SerializeAsString(), before);
}

TEST_F(AssignmentCoreTest, WhatIsNotThereCannotBeShown) {
  v1::GetAssignmentRequest get;
  get.set_name(kNone);
  EXPECT_EQ(ReasonOf(core().GetAssignment(Anybody(), get, &shown_)), v1::RESOURCE_NOT_FOUND);
  v1::GetTimelineRequest timeline;
  timeline.set_name(kNone);
  v1::GetTimelineResponse response;
  EXPECT_EQ(ReasonOf(core().GetTimeline(Anybody(), timeline, &response)), v1::RESOURCE_NOT_FOUND);
}

TEST_F(AssignmentCoreTest, TheTimelineTellsWhatHappenedInOrder) {
  const std::string name = Signed();
  clock_.Advance(absl::Hours(1));
  office_.Submit(name);
  clock_.Advance(absl::Hours(1));
  office_.Review(name, v1::Review::ACCEPTED);
  v1::GetTimelineRequest request;
  request.set_name(name);
  v1::GetTimelineResponse response;
  ASSERT_TRUE(core().GetTimeline(Anybody(), request, &response).ok());
  std::vector<std::string> kinds;
  for (const auto& entry : response.entries()) kinds.push_back(v1::TimelineEntry::Kind_Name(entry.kind()));
  EXPECT_THAT(kinds, ElementsAre("ISSUED", "DELIVERED", "RECEIVED", "SUBMITTED", "ACCEPTED"));
}

TEST_F(AssignmentCoreTest, ListsAreOrderedByPlanUnitTableAndNumber) {
  v1::Plan second = MakePlan("q", "city", "2024-03-04");
  for (const char* table : {"附件10", "附件2", "body", "投诉清单", "附件"}) {
    v1::Task* task = AddTask(second);
    task->set_table(table);
    Address(task, kFinance);
    Address(task, "units/east");
  }
  second.mutable_tasks(2)->set_number(12);
  Publish(second);
  Publish(1, kFinance, "p");
  std::vector<std::string> lines;
  for (const A& assignment : office_.List()) {
    lines.push_back(StrCat(assignment.plan_title(), " ", LastSegment(assignment.unit()), " ", assignment.table(), " ",
                           assignment.number()));
  }
  EXPECT_THAT(lines, ElementsAre("计划p finance body 1",                            //
                                 "计划q east body 12", "计划q east 附件2 2",        //
                                 "计划q east 附件10 1", "计划q east 附件 5",        //
                                 "计划q east 投诉清单 4",                           //
                                 "计划q finance body 12", "计划q finance 附件2 2",  //
                                 "计划q finance 附件10 1", "计划q finance 附件 5",  //
                                 "计划q finance 投诉清单 4"));
}

TEST_F(AssignmentCoreTest, PagesAddUpToTheListWhateverTheFilter) {
  Publish(7);
  Publish(3, "units/health", "q");
  for (const char* unit : {"", kFinance, "units/health", "units/nobody"}) {
    for (const char* plan : {"", "plans/p", "plans/q"}) {
      v1::ListAssignmentsRequest request;
      request.mutable_filter()->set_unit(unit);
      request.mutable_filter()->set_plan(plan);
      std::vector<std::string> whole, paged;
      for (const A& assignment : office_.List(request.filter())) whole.push_back(assignment.name());
      request.set_page_size(2);
      do {
        v1::ListAssignmentsResponse response;
        ASSERT_TRUE(core().ListAssignments(Anybody(), request, &response).ok());
        EXPECT_LE(response.assignments_size(), 2);
        for (const A& assignment : response.assignments()) paged.push_back(assignment.name());
        request.set_page_token(response.next_page_token());
      } while (!request.page_token().empty());
      EXPECT_EQ(paged, whole) << unit << " " << plan;
    }
  }
}

TEST_F(AssignmentCoreTest, AFullLastPageHasNoNextToken) {
  Publish(4);
  v1::ListAssignmentsRequest request;
  request.set_page_size(4);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(core().ListAssignments(Anybody(), request, &response).ok());
  EXPECT_EQ(response.assignments_size(), 4);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(AssignmentCoreTest, APageTokenBelongsToItsFilter) {
  Publish(3);
  v1::ListAssignmentsRequest request;
  request.set_page_size(1);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(core().ListAssignments(Anybody(), request, &response).ok());
  request.set_page_token(response.next_page_token());
  request.mutable_filter()->set_unit(kFinance);
  EXPECT_EQ(ReasonOf(core().ListAssignments(Anybody(), request, &response)), v1::INVALID_FIELD);
  request.clear_filter();
  for (const char* token : {"x", ".", "a-1.b", "plans/p\nunits/finance\nx"}) {
    request.set_page_token(token);
    EXPECT_EQ(ReasonOf(core().ListAssignments(Anybody(), request, &response)), v1::INVALID_FIELD) << token;
  }
}

TEST_F(AssignmentCoreTest, APageHoldsAtMostFiveHundred) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 501; ++i) Address(AddTask(plan), kFinance);
  Publish(plan);
  v1::ListAssignmentsRequest request;
  request.set_page_size(1000);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(core().ListAssignments(Anybody(), request, &response).ok());
  EXPECT_EQ(response.assignments_size(), 500);
  EXPECT_NE(response.next_page_token(), "");
}

}  // namespace
}  // namespace duban
