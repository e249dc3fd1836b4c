// The RPCs of the assignment service on one node: leases, signing, reports, results, reviews, lists; and every error
// that its contract lists.

#include "services/assignment/assignment_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/storage/v1/record.pb.h"
#include "services/assignment/halves.h"
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

// A city with a department of its own (`finance`) and a district that works at another node.
class AssignmentCoreTest : public ::testing::Test {
 protected:
  AssignmentCoreTest() : office_("city", &clock_) {
    office_.Tell(MakeUnit("office", v1::Unit::GOVERNMENT));
    office_.Tell(MakeUnit("finance"));
    office_.Tell(MakeUnit("health"));
    office_.Tell(MakeUnit("east", v1::Unit::GOVERNMENT, "", "district"));
  }

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

  v1::ReceiveAssignmentRequest Receipt(const std::string& name, const std::string& token) {
    v1::ReceiveAssignmentRequest request;
    request.set_request_id(office_.NextRequest());
    request.set_name(name);
    request.set_lease_token(token);
    request.set_signer("王一");
    return request;
  }

  v1::PullAssignmentsRequest PullRequest(const std::string& unit = kFinance) {
    v1::PullAssignmentsRequest request;
    request.set_request_id(office_.NextRequest());
    request.set_unit(unit);
    return request;
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
  EXPECT_EQ(all[0].execution().node(), "city");
  EXPECT_EQ(FromProto(all[0].execution().delivery_time()), clock_.Now());
  EXPECT_EQ(all[0].etag(), "1-1");
}

TEST_F(AssignmentCoreTest, APullLeasesWhatIsNotSignedForAndOthersPassOverIt) {
  Publish(3);
  v1::PullAssignmentsRequest request = PullRequest();
  request.set_max_assignments(2);
  v1::PullAssignmentsResponse first, second, third;
  ASSERT_TRUE(core().PullAssignments(request, &first).ok());
  ASSERT_EQ(first.assignments_size(), 2);
  EXPECT_EQ(first.assignments(0).number(), 1);
  EXPECT_EQ(FromProto(first.lease_expire_time()), clock_.Now() + absl::Minutes(10));
  ASSERT_TRUE(core().PullAssignments(PullRequest(), &second).ok());
  ASSERT_EQ(second.assignments_size(), 1);
  EXPECT_EQ(second.assignments(0).number(), 3);
  EXPECT_NE(second.lease_token(), first.lease_token());
  ASSERT_TRUE(core().PullAssignments(PullRequest(), &third).ok());
  EXPECT_EQ(third.assignments_size(), 0);
  EXPECT_EQ(third.lease_token(), "");
  EXPECT_FALSE(third.has_lease_expire_time());
}

TEST_F(AssignmentCoreTest, TheSameRequestIdGivesTheSameLease) {
  Publish(2);
  const v1::PullAssignmentsRequest request = PullRequest();
  v1::PullAssignmentsResponse first, again;
  ASSERT_TRUE(core().PullAssignments(request, &first).ok());
  office_.Restart();
  ASSERT_TRUE(core().PullAssignments(request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  // What was signed for since is in no lease any more.
  const std::string signed_for = first.assignments(0).name();
  ASSERT_TRUE(core().ReceiveAssignment(Receipt(signed_for, first.lease_token()), &shown_).ok());
  ASSERT_TRUE(core().PullAssignments(request, &again).ok());
  EXPECT_EQ(again.lease_token(), first.lease_token());
  ASSERT_EQ(again.assignments_size(), 1);
  EXPECT_EQ(again.assignments(0).name(), first.assignments(1).name());
  v1::PullAssignmentsRequest other = request;
  other.set_unit("units/health");
  EXPECT_EQ(ReasonOf(core().PullAssignments(other, &again)), v1::REQUEST_ID_REUSED);
}

TEST_F(AssignmentCoreTest, OnlyTheLatestLeaseCanSignAndOnlyWhileItRuns) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  v1::PullAssignmentsRequest request = PullRequest();
  request.mutable_lease()->set_seconds(60);
  v1::PullAssignmentsResponse first, second;
  ASSERT_TRUE(core().PullAssignments(request, &first).ok());
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Receipt(name, "someone-else's"), &shown_)), v1::LEASE_NOT_HELD);
  clock_.Advance(absl::Seconds(59));
  ASSERT_TRUE(core().PullAssignments(PullRequest(), &second).ok());
  EXPECT_EQ(second.assignments_size(), 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Receipt(name, first.lease_token()), &shown_)), v1::LEASE_NOT_HELD);
  ASSERT_TRUE(core().PullAssignments(PullRequest(), &second).ok());
  ASSERT_EQ(second.assignments_size(), 1);
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Receipt(name, first.lease_token()), &shown_)), v1::LEASE_NOT_HELD);
  ASSERT_TRUE(core().ReceiveAssignment(Receipt(name, second.lease_token()), &shown_).ok());
  EXPECT_EQ(office_.store()->TakeSnapshot()->GetLocal<storage::v1::AssignmentLease>(LeaseName(name))->has_value(),
            false);
  EXPECT_EQ(shown_.state(), A::RECEIVED);
  EXPECT_EQ(shown_.execution().receipt().signer(), "王一");
  EXPECT_EQ(FromProto(shown_.execution().receipt().receive_time()), clock_.Now());
}

TEST_F(AssignmentCoreTest, ALeaseOutlivesARestart) {
  Publish(1);
  const std::string token = office_.Pull(kFinance).lease_token();
  office_.Restart();
  EXPECT_EQ(office_.Pull(kFinance).assignments_size(), 0);
  EXPECT_TRUE(core().ReceiveAssignment(Receipt(office_.OnlyOf(kFinance).name(), token), &shown_).ok());
}

TEST_F(AssignmentCoreTest, APullIsForAUnitThatIsKnownAndWorksHere) {
  Publish(1, "units/east");
  v1::PullAssignmentsResponse response;
  EXPECT_EQ(ReasonOf(core().PullAssignments(PullRequest("units/nobody"), &response)), v1::RESOURCE_NOT_FOUND);
  const absl::Status elsewhere = core().PullAssignments(PullRequest("units/east"), &response);
  EXPECT_EQ(ReasonOf(elsewhere), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(elsewhere)["node"], "district");
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
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Receipt("assignments/none", token), &shown_)), v1::RESOURCE_NOT_FOUND);
  ASSERT_TRUE(core().ReceiveAssignment(Receipt(name, token), &shown_).ok());
  const absl::Status again = core().ReceiveAssignment(Receipt(name, token), &shown_);
  EXPECT_EQ(ReasonOf(again), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(again)["state"], "RECEIVED");
}

TEST_F(AssignmentCoreTest, ReceivingARequestAgainGivesTheFirstAnswer) {
  Publish(1);
  const v1::ReceiveAssignmentRequest request =
      Receipt(office_.OnlyOf(kFinance).name(), office_.Pull(kFinance).lease_token());
  A first, again;
  ASSERT_TRUE(core().ReceiveAssignment(request, &first).ok());
  clock_.Advance(absl::Hours(5));
  ASSERT_TRUE(core().ReceiveAssignment(request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
}

TEST_F(AssignmentCoreTest, AUnitElsewhereActsAtItsOwnNode) {
  Publish(1, "units/east");
  const std::string name = office_.OnlyOf("units/east").name();
  EXPECT_EQ(ReasonOf(core().ReceiveAssignment(Receipt(name, "any"), &shown_)), v1::NOT_OWNER);
  EXPECT_EQ(ReasonOf(core().ReportProgress(office_.ReportOf(name), &shown_)), v1::NOT_OWNER);
  const absl::Status status = core().SubmitResult(office_.SubmissionOf(name), &shown_);
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
    const absl::Status status = core().ReportProgress(office_.ReportOf(name), &shown_);
    EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE);
    EXPECT_EQ(MetadataOf(status)["state"], state);
  };
  EXPECT_EQ(ReasonOf(core().ReportProgress(office_.ReportOf("assignments/none"), &shown_)), v1::RESOURCE_NOT_FOUND);
  refused("ISSUED");
  office_.SignAll(kFinance);
  office_.Submit(name);
  refused("UNDER_REVIEW");
  office_.Review(name, "s-1", v1::Review::ACCEPTED);
  refused("DONE");
}

TEST_F(AssignmentCoreTest, OfTwoCallersWithOneEtagTheSecondIsToldToReadAgain) {
  const std::string name = Signed();
  const std::string etag = office_.Get(name).etag();
  v1::ReportProgressRequest report = office_.ReportOf(name);
  report.set_etag(etag);
  v1::SubmitResultRequest result = office_.SubmissionOf(name);
  result.set_etag(etag);
  ASSERT_TRUE(core().ReportProgress(report, &shown_).ok());
  report.set_request_id(office_.NextRequest());
  EXPECT_EQ(ReasonOf(core().ReportProgress(report, &shown_)), v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(core().SubmitResult(result, &shown_)), v1::ETAG_MISMATCH);
  EXPECT_EQ(office_.Get(name).execution().reports_size(), 1);
  result.set_etag(office_.Get(name).etag());
  result.set_request_id(office_.NextRequest());
  EXPECT_TRUE(core().SubmitResult(result, &shown_).ok());
}

TEST_F(AssignmentCoreTest, AReviewWithAnOldEtagIsRefused) {
  const std::string name = Signed();
  const std::string etag = office_.Get(name).etag();
  office_.Submit(name);
  v1::ReviewSubmissionRequest request = office_.ReviewOf(name, "s-1", v1::Review::ACCEPTED);
  request.set_etag(etag);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(request, &shown_)), v1::ETAG_MISMATCH);
  request.set_etag(office_.Get(name).etag());
  request.set_request_id(office_.NextRequest());
  EXPECT_TRUE(core().ReviewSubmission(request, &shown_).ok());
}

TEST_F(AssignmentCoreTest, AResultIsSentBackHandedInAgainAndAccepted) {
  const std::string name = Signed();
  office_.Report(name);
  A now = office_.Submit(name);
  EXPECT_EQ(now.state(), A::UNDER_REVIEW);
  EXPECT_EQ(now.execution().submissions(0).submission_id(), "s-1");
  now = office_.Review(name, "s-1", v1::Review::RETURNED);
  EXPECT_EQ(now.state(), A::IN_PROGRESS);
  EXPECT_EQ(now.light(), A::YELLOW);
  EXPECT_EQ(now.reviews(0).comment(), "缺少佐证材料");
  EXPECT_EQ(office_.Submit(name).execution().submissions(1).submission_id(), "s-2");
  now = office_.Review(name, "s-2", v1::Review::ACCEPTED);
  EXPECT_EQ(now.state(), A::DONE);
  EXPECT_EQ(now.light(), A::GREY);
  EXPECT_EQ(FromProto(now.reviews(1).review_time()), clock_.Now());
}

TEST_F(AssignmentCoreTest, AResultIsHandedInOnceAndAfterSigning) {
  Publish(1);
  const std::string name = office_.OnlyOf(kFinance).name();
  EXPECT_EQ(ReasonOf(core().SubmitResult(office_.SubmissionOf("assignments/none"), &shown_)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(core().SubmitResult(office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  office_.SignAll(kFinance);
  office_.Submit(name);
  EXPECT_EQ(ReasonOf(core().SubmitResult(office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(office_.Get(name).execution().submissions_size(), 1);
}

TEST_F(AssignmentCoreTest, AReviewNamesTheSubmissionThatWaits) {
  const std::string name = Signed();
  const auto review = [&](const std::string& of, const std::string& submission) {
    return ReasonOf(core().ReviewSubmission(office_.ReviewOf(of, submission, v1::Review::RETURNED), &shown_));
  };
  EXPECT_EQ(review("assignments/none", "s-1"), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(review(name, "s-1"), v1::RESOURCE_NOT_FOUND);
  office_.Submit(name);
  office_.Review(name, "s-1", v1::Review::RETURNED);
  EXPECT_EQ(review(name, "s-1"), v1::WRONG_STATE);
  office_.Submit(name);
  EXPECT_EQ(review(name, "s-1"), v1::WRONG_STATE);
  EXPECT_EQ(review(name, "s-2"), v1::ERROR_REASON_UNSPECIFIED);
}

TEST_F(AssignmentCoreTest, ReviewSubmissionSaysWhichErrors) {
  // The contract's list for ReviewSubmission: RESOURCE_NOT_FOUND, WRONG_STATE; ETAG_MISMATCH and NOT_OWNER stand in
  // tests of their own.
  const std::string name = Signed();
  v1::ReviewSubmissionRequest request = office_.ReviewOf(name, "s-7", v1::Review::ACCEPTED);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(request, &shown_)), v1::RESOURCE_NOT_FOUND);
  office_.Submit(name);
  office_.Review(name, "s-1", v1::Review::ACCEPTED);
  request = office_.ReviewOf(name, "s-1", v1::Review::ACCEPTED);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(request, &shown_)), v1::WRONG_STATE);
}

TEST_F(AssignmentCoreTest, SendingBackNeedsAComment) {
  const std::string name = Signed();
  office_.Submit(name);
  v1::ReviewSubmissionRequest request = office_.ReviewOf(name, "s-1", v1::Review::RETURNED);
  request.clear_comment();
  const absl::Status status = core().ReviewSubmission(request, &shown_);
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
  EXPECT_EQ(ReasonOf(core().ReportProgress(office_.ReportOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(core().SubmitResult(office_.SubmissionOf(name), &shown_)), v1::WRONG_STATE);
  EXPECT_EQ(ReasonOf(core().ReviewSubmission(office_.ReviewOf(name, "s-1", v1::Review::ACCEPTED), &shown_)),
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
  EXPECT_EQ(office_.Review(name, "s-1", v1::Review::ACCEPTED).state(), A::RECEIVED);
  v1::SubmitResultRequest again = office_.SubmissionOf(name);
  EXPECT_EQ(ReasonOf(core().SubmitResult(again, &shown_)), v1::WRONG_STATE);  // 2024 is closed.
  again.set_request_id(office_.NextRequest());
  again.mutable_submission()->set_period("2025");
  EXPECT_EQ(ReasonOf(core().SubmitResult(again, &shown_)), v1::INVALID_FIELD);  // 2025 has not begun.
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
    const absl::Status status = core().SubmitResult(request, &shown_);
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << period;
    EXPECT_EQ(MetadataOf(status)["field"], "submission.period");
  }
  EXPECT_EQ(office_.Submit(name, "2024-Q1").state(), A::UNDER_REVIEW);
}

TEST_F(AssignmentCoreTest, ATaskWithADateHasNoPeriods) {
  const std::string name = Signed();
  v1::SubmitResultRequest request = office_.SubmissionOf(name);
  request.mutable_submission()->set_period("2024");
  EXPECT_EQ(ReasonOf(core().SubmitResult(request, &shown_)), v1::INVALID_FIELD);
}

TEST_F(AssignmentCoreTest, TheHalfOfAUnitTakesAThousandEntriesAndNotOneMore) {
  const std::string name = Signed();
  for (int i = 0; i < kMaxExecutionEntries; ++i) office_.Report(name);
  EXPECT_EQ(ReasonOf(core().ReportProgress(office_.ReportOf(name), &shown_)), v1::LIMIT_REACHED);
  EXPECT_EQ(ReasonOf(core().SubmitResult(office_.SubmissionOf(name), &shown_)), v1::LIMIT_REACHED);
  EXPECT_EQ(office_.Get(name).execution().reports_size(), kMaxExecutionEntries);
}

TEST_F(AssignmentCoreTest, TheHalfOfAUnitTakesAMebibyteAndNotOneByteMore) {
  const std::string name = Signed();
  v1::ReportProgressRequest request = office_.ReportOf(name);
  request.mutable_report()->set_text(std::string(30000, 'x'));
  while (office_.Get(name).execution().ByteSizeLong() + 60000 < kMaxExecutionBytes) {
    request.set_request_id(office_.NextRequest());
    ASSERT_TRUE(core().ReportProgress(request, &shown_).ok());
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
  EXPECT_EQ(ReasonOf(core().ReportProgress(request, &shown_)), v1::LIMIT_REACHED);
  request.set_request_id(office_.NextRequest());
  request.mutable_report()->set_text(std::string(fitting, 'x'));
  EXPECT_TRUE(core().ReportProgress(request, &shown_).ok());
}

TEST_F(AssignmentCoreTest, ARestartForgetsNothing) {
  const std::string name = Signed();
  office_.Report(name);
  office_.Submit(name);
  office_.Review(name, "s-1", v1::Review::RETURNED);
  const std::string before = office_.Get(name).SerializeAsString();
  office_.Restart();
  EXPECT_EQ(office_.Get(name).SerializeAsString(), before);
  ASSERT_TRUE(office_.FollowPlans().ok());
  EXPECT_EQ(office_.Get(name).SerializeAsString(), before);
}

TEST_F(AssignmentCoreTest, WhatIsNotThereCannotBeShown) {
  v1::GetAssignmentRequest get;
  get.set_name("assignments/none");
  EXPECT_EQ(ReasonOf(core().GetAssignment(get, &shown_)), v1::RESOURCE_NOT_FOUND);
  v1::GetTimelineRequest timeline;
  timeline.set_name("assignments/none");
  v1::GetTimelineResponse response;
  EXPECT_EQ(ReasonOf(core().GetTimeline(timeline, &response)), v1::RESOURCE_NOT_FOUND);
}

TEST_F(AssignmentCoreTest, TheTimelineTellsWhatHappenedInOrder) {
  const std::string name = Signed();
  clock_.Advance(absl::Hours(1));
  office_.Submit(name);
  clock_.Advance(absl::Hours(1));
  office_.Review(name, "s-1", v1::Review::ACCEPTED);
  v1::GetTimelineRequest request;
  request.set_name(name);
  v1::GetTimelineResponse response;
  ASSERT_TRUE(core().GetTimeline(request, &response).ok());
  std::vector<std::string> kinds;
  for (const auto& entry : response.entries()) kinds.push_back(v1::TimelineEntry::Kind_Name(entry.kind()));
  EXPECT_THAT(kinds, ElementsAre("ISSUED", "DELIVERED", "RECEIVED", "SUBMITTED", "ACCEPTED"));
}

TEST_F(AssignmentCoreTest, ListsAreOrderedByPlanTableNumberAndUnit) {
  v1::Plan second = MakePlan("q", "city", "2024-03-04");
  for (const char* table : {"附件10", "附件2", "body", "投诉清单"}) {
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
    lines.push_back(StrCat(assignment.plan_title(), " ", assignment.table(), " ", assignment.number(), " ",
                           LastSegment(assignment.unit())));
  }
  EXPECT_THAT(lines, ElementsAre("计划p body 1 finance", "计划q body 12 east", "计划q body 12 finance",
                                 "计划q 附件2 2 east", "计划q 附件2 2 finance", "计划q 附件10 1 east",
                                 "计划q 附件10 1 finance", "计划q 投诉清单 4 east", "计划q 投诉清单 4 finance"));
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
        ASSERT_TRUE(core().ListAssignments(request, &response).ok());
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
  ASSERT_TRUE(core().ListAssignments(request, &response).ok());
  EXPECT_EQ(response.assignments_size(), 4);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(AssignmentCoreTest, APageTokenBelongsToItsFilter) {
  Publish(3);
  v1::ListAssignmentsRequest request;
  request.set_page_size(1);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(core().ListAssignments(request, &response).ok());
  request.set_page_token(response.next_page_token());
  request.mutable_filter()->set_unit(kFinance);
  EXPECT_EQ(ReasonOf(core().ListAssignments(request, &response)), v1::INVALID_FIELD);
  request.clear_filter();
  for (const char* token : {"x", ".", "a-1.b", "assignments/x.y"}) {
    request.set_page_token(token);
    EXPECT_EQ(ReasonOf(core().ListAssignments(request, &response)), v1::INVALID_FIELD) << token;
  }
}

TEST_F(AssignmentCoreTest, APageHoldsAtMostFiveHundred) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < 501; ++i) Address(AddTask(plan), kFinance);
  Publish(plan);
  v1::ListAssignmentsRequest request;
  request.set_page_size(1000);
  v1::ListAssignmentsResponse response;
  ASSERT_TRUE(core().ListAssignments(request, &response).ok());
  EXPECT_EQ(response.assignments_size(), 500);
  EXPECT_NE(response.next_page_token(), "");
}

}  // namespace
}  // namespace duban
