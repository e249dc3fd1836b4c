// The commands about assignments and reminders, without a network.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/contract/names.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/support/test_cli.h"
#include "tools/cli/bulk.h"
#include "tools/cli/table.h"

namespace duban::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using A = v1::Assignment;

constexpr char kUnit[] = "jiaoyu";

std::string NameOf(int number, std::string_view unit = kUnit) {
  return StrCat("plans/p1/tasks/body-", number, "/assignments/", unit);
}

A MakeAssignment(int number, A::State state = A::ISSUED) {
  A assignment;
  assignment.set_name(NameOf(number));
  assignment.set_plan_title("二〇二四年公开工作要点");
  assignment.set_table("body");
  assignment.set_number(number);
  assignment.set_text("梳理本单位主动公开目录，每季度核对一次");
  assignment.set_unit("units/jiaoyu");
  assignment.set_unit_display_name("县教育局");
  assignment.set_role(v1::Responsibility::LEAD);
  assignment.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
  assignment.mutable_deadline()->set_printed("9月底前");
  assignment.mutable_deadline()->set_due("2024-09-30");
  assignment.set_state(state);
  assignment.set_light(A::YELLOW);
  return assignment;
}

google::protobuf::Timestamp At(int hour) {
  return ToProto(TimeAt(absl::CivilDay(2024, 5, 6), hour * 60));
}

// What a server keeps of assignments, as far as pulling and signing go.
class FakeDesk {
 public:
  explicit FakeDesk(FakeServers* servers) {
    using Pulled = absl::StatusOr<v1::PullAssignmentsResponse>;
    servers->On<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
        "AssignmentService/PullAssignments", [this](const auto& request) -> Pulled { return Pull(request); });
    servers->On<v1::ReceiveAssignmentsRequest, v1::ReceiveAssignmentsResponse>(
        "AssignmentService/ReceiveAssignments", [this](const auto& request) { return Receive(request); });
    servers->On<v1::GetAssignmentRequest, A>("AssignmentService/GetAssignment",
                                             [this](const auto& request) -> absl::StatusOr<A> {
                                               const auto at = assignments.find(request.name());
                                               if (at == assignments.end()) return NotFound(request.name());
                                               return at->second;
                                             });
  }

  void Add(const A& assignment) { assignments[assignment.name()] = assignment; }

  std::map<std::string, A> assignments;
  // Those that another pull holds, until ten.
  std::set<std::string> held;
  // Most assignments of one answer.
  int most = 500;
  std::vector<v1::PullAssignmentsRequest> pulls;
  std::vector<v1::ReceiveAssignmentsRequest> receipts;

 private:
  v1::PullAssignmentsResponse Pull(const v1::PullAssignmentsRequest& request) {
    pulls.push_back(request);
    const std::set<std::string> asked(request.names().begin(), request.names().end());
    v1::PullAssignmentsResponse response;
    for (const auto& [name, assignment] : assignments) {
      if (ParseName(name).unit() != request.unit() || (!asked.empty() && asked.count(name) == 0)) continue;
      if (assignment.state() != A::ISSUED || response.assignments_size() == most) continue;
      if (held.count(name) > 0) {
        auto* other = response.add_held();
        other->set_name(name);
        *other->mutable_lease_expire_time() = At(10);
      } else {
        *response.add_assignments() = assignment;
      }
    }
    if (asked.empty() && response.assignments_size() > 0) response.clear_held();
    if (response.assignments_size() > 0) response.set_lease_token(StrCat("lease-", pulls.size()));
    return response;
  }

  v1::ReceiveAssignmentsResponse Receive(const v1::ReceiveAssignmentsRequest& request) {
    receipts.push_back(request);
    v1::ReceiveAssignmentsResponse response;
    for (const std::string& name : request.names()) {
      v1::ActResult& result = *response.add_results();
      result.set_name(name);
      if (request.lease_token() == "old") {
        *result.mutable_error() = ToRpcStatus(Error(v1::LEASE_NOT_HELD, "no lease", "领取编号已过期"));
        continue;
      }
      assignments[name].set_state(A::RECEIVED);
      assignments[name].mutable_execution()->mutable_receipt()->set_signer(request.signer());
      *assignments[name].mutable_execution()->mutable_receipt()->mutable_receive_time() = At(9);
      result.set_state(A::RECEIVED);
    }
    return response;
  }
};

class AssignmentCommandsTest : public CliTest {
 protected:
  template <typename Response>
  Response Json() const {
    Response response;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(out(), &response).ok()) << out();
    return response;
  }

  FakeDesk desk_{&servers_};
};

// --- Pulling and signing ------------------------------------------------------------------------------------------

TEST_F(AssignmentCommandsTest, PullPrintsTheListAndTheNumberOfThePull) {
  v1::PullAssignmentsRequest seen;
  servers_.On<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      "AssignmentService/PullAssignments", [&](const auto& request) {
        seen = request;
        v1::PullAssignmentsResponse response;
        *response.add_assignments() = MakeAssignment(3);
        response.set_lease_token("tok");
        *response.mutable_lease_expire_time() = At(10);
        return response;
      });
  EXPECT_EQ(Run({"assignment", "pull", "--unit=jiaoyu", "--lease=2h", "--max=5"}), 0);
  EXPECT_EQ(seen.lease().seconds(), 7200);
  EXPECT_EQ(seen.max_assignments(), 5);
  EXPECT_EQ(out(),
            "序号  任务                                    单位      角色  期限        状态    灯  编号\n"
            "──────────────────────────────────────────────────────────────────────────────────────────────────────\n"
            "《二〇二四年公开工作要点》\n"
            "   3  梳理本单位主动公开目录，每季度核对一次  县教育局  牵头  2024-09-30  待签收  黄  p1/body-3/jiaoyu\n"
            "\n"
            "领取编号：tok  有效至 2024-05-06 10:00\n");
}

TEST_F(AssignmentCommandsTest, PullSaysWhoElseHoldsWhatIsLeft) {
  desk_.Add(MakeAssignment(1));
  desk_.held = {NameOf(1)};
  EXPECT_EQ(Run({"assignment", "pull", "--unit=jiaoyu"}), 0);
  EXPECT_EQ(out(), "没有可领取的交办事项\n已被另一次领取占用，至 2024-05-06 10:00：p1/body-1/jiaoyu\n");
}

TEST_F(AssignmentCommandsTest, ReceiveAllSignsOneLeaseACallUntilNothingIsLeft) {
  for (int number = 1; number <= 5; ++number) desk_.Add(MakeAssignment(number));
  desk_.most = 3;
  EXPECT_EQ(Run({"assignment", "receive", "--all", "--unit=jiaoyu"}), 0) << err();
  ASSERT_THAT(desk_.receipts, SizeIs(2));
  EXPECT_THAT(desk_.receipts[0].names(), ElementsAre(NameOf(1), NameOf(2), NameOf(3)));
  EXPECT_EQ(desk_.receipts[0].lease_token(), "lease-1");
  EXPECT_EQ(desk_.receipts[0].signer(), "王敏");
  EXPECT_THAT(desk_.receipts[1].names(), ElementsAre(NameOf(4), NameOf(5)));
  EXPECT_EQ(desk_.pulls[0].max_assignments(), 500);
  EXPECT_THAT(out(),
              StartsWith("已签收：第 1 项 梳理本单位主动公开目录，每季度核对一次（县教育局，当前状态：已签收）\n"));
  EXPECT_THAT(out(), EndsWith("\n共签收 5 项\n"));
  EXPECT_THAT(out(), Not(HasSubstr("lease-")));
}

TEST_F(AssignmentCommandsTest, ReceiveAllTellsWhatItLeftOutAndWhy) {
  for (int number = 1; number <= 3; ++number) desk_.Add(MakeAssignment(number));
  desk_.held = {NameOf(2)};
  const std::vector<std::string> command = {"assignment", "receive", "--all", "--unit=jiaoyu"};
  EXPECT_EQ(Run(command), 4);
  EXPECT_THAT(out(), EndsWith("未办成 p1/body-2/jiaoyu：已被另一次领取占用，至 2024-05-06 10:00；"
                              "请用那次的领取编号签收，或等它到期\n"
                              "共签收 2 项\n"));
  EXPECT_EQ(err(),
            "错误：共 3 项，1 项未办成，原因见各行\n"
            "  原因代码：LEASE_NOT_HELD\n"
            "  下一步：重新领取后再试；已被别处领取的，待其到期\n");
  desk_.held.clear();
  EXPECT_EQ(Run(command), 0);
  EXPECT_EQ(Run(command), 0);
  EXPECT_EQ(out(), "没有待签收的交办事项\n共签收 0 项\n");
}

TEST_F(AssignmentCommandsTest, OneIsPulledAndSignedByItsId) {
  desk_.Add(MakeAssignment(1));
  desk_.Add(MakeAssignment(2));
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-2/jiaoyu"}), 0) << err();
  ASSERT_THAT(desk_.pulls, SizeIs(1));
  EXPECT_EQ(desk_.pulls[0].unit(), "units/jiaoyu");
  EXPECT_THAT(desk_.pulls[0].names(), ElementsAre(NameOf(2)));
  EXPECT_EQ(desk_.assignments[NameOf(1)].state(), A::ISSUED);
  EXPECT_EQ(desk_.assignments[NameOf(2)].state(), A::RECEIVED);
  EXPECT_EQ(out(),
            "已签收：第 2 项 梳理本单位主动公开目录，每季度核对一次（县教育局，当前状态：已签收）\n共签收 1 项\n");
}

TEST_F(AssignmentCommandsTest, WhatCannotBeSignedForIsExplained) {
  desk_.Add(MakeAssignment(1));
  desk_.Add(MakeAssignment(2));
  desk_.held = {NameOf(1)};
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-1/jiaoyu"}), 4);
  EXPECT_THAT(err(), StartsWith("错误：已被另一次领取占用，至 2024-05-06 10:00；请用那次的领取编号签收，或等它到期\n"));
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-2/jiaoyu", "--by=赵云"}), 0);
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-2/jiaoyu"}), 4);
  EXPECT_THAT(err(), StartsWith("错误：无需签收，当前状态：已签收，赵云 已于 2024-05-06 09:00 签收\n"));
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-9/jiaoyu"}), 5);
  EXPECT_THAT(err(), HasSubstr("“p1/body-9/jiaoyu”不存在"));
}

TEST_F(AssignmentCommandsTest, NamesOfSeveralUnitsArePulledUnitByUnitAndAnswerLargeOrSmall) {
  for (int number = 1; number <= 3; ++number) desk_.Add(MakeAssignment(number));
  A other = MakeAssignment(1);
  other.set_name(NameOf(1, "wenhua"));
  desk_.Add(other);
  desk_.most = 2;
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-1/jiaoyu", "p1/body-1/wenhua", "p1/body-2/jiaoyu",
                 "p1/body-3/jiaoyu", "p1/body-2/jiaoyu", "--format=json"}),
            0)
      << err();
  EXPECT_THAT(Json<v1::ReceiveAssignmentsResponse>().results(), SizeIs(4));
  for (const auto& [name, assignment] : desk_.assignments) EXPECT_EQ(assignment.state(), A::RECEIVED) << name;
}

TEST_F(AssignmentCommandsTest, ANodeThatAUnitDoesNotWorkAtSaysSoOfEachAssignmentAndOthersAreSigned) {
  desk_.Add(MakeAssignment(1));
  servers_.On<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      "AssignmentService/PullAssignments", [&](const auto& request) -> absl::StatusOr<v1::PullAssignmentsResponse> {
        if (request.unit() != "units/jiaoyu") return Error(v1::NOT_OWNER, "elsewhere", "请到“zhen”节点办理");
        v1::PullAssignmentsResponse response;
        *response.add_assignments() = MakeAssignment(1);
        response.set_lease_token("t");
        return response;
      });
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-1/a", "p1/body-2/a", "p1/body-1/jiaoyu"}), 1);
  EXPECT_THAT(out(), AllOf(HasSubstr("未办成 p1/body-1/a：请到“zhen”节点办理\n"),
                           HasSubstr("未办成 p1/body-2/a：请到“zhen”节点办理\n"), EndsWith("共签收 1 项\n")));
}

TEST_F(AssignmentCommandsTest, WithAnEarlierPullFiveHundredAreSignedInACall) {
  std::vector<std::string> command = {"assignment", "receive", "--lease-token=t", "--request-id=r1", "--format=json"};
  for (int number = 1; number <= 501; ++number) command.push_back(StrCat("p1/body-", number, "/jiaoyu"));
  EXPECT_EQ(Run(command), 0) << err();
  EXPECT_THAT(desk_.pulls, IsEmpty());
  ASSERT_THAT(desk_.receipts, SizeIs(2));
  EXPECT_EQ(desk_.receipts[0].names_size(), 500);
  EXPECT_EQ(desk_.receipts[1].names_size(), 1);
  EXPECT_NE(desk_.receipts[0].request_id(), desk_.receipts[1].request_id());
  // Repeated with its id, the command makes the same calls.
  EXPECT_EQ(Run(command), 0);
  EXPECT_EQ(desk_.receipts[2].request_id(), desk_.receipts[0].request_id());
  EXPECT_EQ(desk_.receipts[3].request_id(), desk_.receipts[1].request_id());
}

TEST_F(AssignmentCommandsTest, EveryRefusalIsInTheJsonWithItsReason) {
  desk_.Add(MakeAssignment(1));
  EXPECT_EQ(
      Run({"assignment", "receive", "p1/body-1/jiaoyu", "p1/body-2/jiaoyu", "--lease-token=old", "--format=json"}), 4);
  const auto response = Json<v1::ReceiveAssignmentsResponse>();
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(ReasonOf(FromRpcStatus(response.results(1).error())), v1::LEASE_NOT_HELD);
  EXPECT_THAT(err(), HasSubstr("\"reason\":\"LEASE_NOT_HELD\""));
  EXPECT_EQ(Run({"assignment", "receive", "p1/body-9/jiaoyu", "--format=json"}), 5);
  EXPECT_EQ(ReasonOf(FromRpcStatus(Json<v1::ReceiveAssignmentsResponse>().results(0).error())), v1::RESOURCE_NOT_FOUND);
}

TEST_F(AssignmentCommandsTest, WhatWentThroughBeforeTheServerWasLostIsTold) {
  for (int number = 1; number <= 4; ++number) desk_.Add(MakeAssignment(number));
  desk_.most = 2;
  bool lost = true;
  servers_.On<v1::ReceiveAssignmentsRequest, v1::ReceiveAssignmentsResponse>(
      "AssignmentService/ReceiveAssignments",
      [&](const auto& request) -> absl::StatusOr<v1::ReceiveAssignmentsResponse> {
        if (lost && desk_.pulls.size() == 2) return absl::UnavailableError("down");
        v1::ReceiveAssignmentsResponse response;
        for (const std::string& name : request.names()) {
          desk_.assignments[name].set_state(A::RECEIVED);
          response.add_results()->set_name(name);
        }
        return response;
      });
  EXPECT_EQ(Run({"assignment", "receive", "--all", "--unit=jiaoyu", "--request-id=mine"}), 3);
  EXPECT_THAT(out(), EndsWith("共签收 2 项\n"));
  EXPECT_THAT(err(), HasSubstr("--request-id=mine，不会重复办理"));
}

TEST_F(AssignmentCommandsTest, ReceiveRefusesAnUnclearCommand) {
  EXPECT_EQ(Run({"assignment", "receive"}), 2);
  EXPECT_EQ(Run({"assignment", "receive", "--all"}), 2);
  EXPECT_EQ(Run({"assignment", "receive", "--all", "--unit=jiaoyu", "p1/body-1/jiaoyu"}), 2);
  EXPECT_THAT(servers_.calls, IsEmpty());
}

// --- Names --------------------------------------------------------------------------------------------------------

TEST_F(AssignmentCommandsTest, AnAssignmentIsNamedInShortOrInFull) {
  servers_.On<v1::ResolveUnitRequest, v1::ResolveUnitResponse>("DirectoryService/ResolveUnit", [](const auto&) {
    v1::ResolveUnitResponse response;
    response.set_match("units/jiaoyu");
    return response;
  });
  desk_.Add(MakeAssignment(1));
  for (const char* text : {"plans/p1/tasks/body-1/assignments/jiaoyu", "p1/tasks/body-1/assignments/jiaoyu",
                           "p1/body-1/jiaoyu", "p1/body-1/县教育局"}) {
    EXPECT_EQ(Run({"assignment", "show", text}), 0) << text << err();
  }
  servers_.calls.clear();
  for (const char* text : {"assignments/a1", "p1/body-1", "p1/body-1/", "p1/body 1/jiaoyu", "P1/body-1/jiaoyu"}) {
    EXPECT_EQ(Run({"assignment", "show", text}), 2) << text;
  }
  EXPECT_EQ(err(),
            "错误：“P1/body-1/jiaoyu”不是交办事项的编号：应为 计划/任务/单位，如 p2024/body-3/jiaoyu；可先用 duban "
            "assignment list 查看\n");
  EXPECT_THAT(servers_.calls, IsEmpty());
}

// --- Handing in and reviewing -------------------------------------------------------------------------------------

TEST_F(AssignmentCommandsTest, WhatIsReportedCanComeFromStandardInput) {
  v1::ReportProgressRequest seen;
  servers_.On<v1::ReportProgressRequest, A>("AssignmentService/ReportProgress", [&](const auto& request) {
    seen = request;
    return A();
  });
  in_.str("已完成招标，\n正在施工。\n");
  EXPECT_EQ(Run({"assignment", "report", "p1/body-1/jiaoyu", "--text=-"}), 0) << err();
  EXPECT_EQ(seen.report().text(), "已完成招标，\n正在施工。");
}

TEST_F(AssignmentCommandsTest, SeveralResultsAreHandedInAtOnce) {
  v1::SubmitResultsRequest seen;
  servers_.On<v1::SubmitResultsRequest, v1::SubmitResultsResponse>(
      "AssignmentService/SubmitResults", [&](const auto& request) {
        seen = request;
        v1::SubmitResultsResponse response;
        for (const auto& item : request.items()) {
          v1::ActResult& result = *response.add_results();
          result.set_name(item.name());
          result.set_state(A::UNDER_REVIEW);
        }
        *response.mutable_results(1)->mutable_error() =
            ToRpcStatus(Error(v1::WRONG_STATE, "sign first", "该事项尚未签收，请先签收"));
        return response;
      });
  EXPECT_EQ(Run({"assignment", "submit", "p1/body-1/jiaoyu", "p1/body-2/jiaoyu", "p1/body-3/jiaoyu", "--text=完成",
                 "--evidence=清单=ref:qd.docx", "--period=2024-Q3"}),
            4);
  ASSERT_EQ(seen.items_size(), 3);
  EXPECT_EQ(seen.items(2).submission().text(), "完成");
  EXPECT_EQ(seen.items(2).submission().submitter(), "王敏");
  EXPECT_EQ(seen.items(2).submission().period(), "2024-Q3");
  EXPECT_EQ(seen.items(2).submission().evidence(0).reference(), "qd.docx");
  EXPECT_EQ(out(),
            "已申请办结，等待审核：p1/body-1/jiaoyu（当前状态：待审核）\n"
            "已申请办结，等待审核：p1/body-3/jiaoyu（当前状态：待审核）\n"
            "未办成 p1/body-2/jiaoyu：该事项尚未签收，请先签收\n");
  EXPECT_THAT(err(), StartsWith("错误：共 3 项，1 项未办成，原因见各行\n  原因代码：WRONG_STATE\n"));
  EXPECT_EQ(Run({"assignment", "submit", "p1/body-1/jiaoyu", "p1/body-3/jiaoyu", "--text=x", "--etag=e"}), 2);
  EXPECT_EQ(Run({"assignment", "submit", "--text=x"}), 2);
}

TEST_F(AssignmentCommandsTest, LongResultsGoInSeveralCalls) {
  std::vector<int> sizes;
  servers_.On<v1::SubmitResultsRequest, v1::SubmitResultsResponse>(
      "AssignmentService/SubmitResults", [&](const auto& request) {
        sizes.push_back(request.items_size());
        EXPECT_LT(request.ByteSizeLong(), kMaxBytesPerCall + 50000);
        v1::SubmitResultsResponse response;
        for (const auto& item : request.items()) response.add_results()->set_name(item.name());
        return response;
      });
  std::vector<std::string> command = {"assignment", "submit", "--text=" + std::string(30000, 'x')};
  for (int number = 1; number <= 50; ++number) command.push_back(StrCat("p1/body-", number, "/jiaoyu"));
  EXPECT_EQ(Run(command), 0) << err();
  EXPECT_THAT(sizes, ElementsAre(35, 15));
}

// An assignment with one submission sent back and one that waits.
A UnderReview(int number) {
  A assignment = MakeAssignment(number, A::UNDER_REVIEW);
  assignment.set_etag("now");
  assignment.mutable_execution()->add_submissions()->set_submission_id("s-1");
  assignment.mutable_execution()->add_submissions()->set_submission_id(StrCat("s-2", number));
  assignment.mutable_oversight()->add_reviews()->set_submission_id("s-1");
  return assignment;
}

class ReviewCommandTest : public AssignmentCommandsTest {
 protected:
  ReviewCommandTest() {
    servers_.On<v1::ReviewSubmissionsRequest, v1::ReviewSubmissionsResponse>(
        "AssignmentService/ReviewSubmissions", [this](const auto& request) {
          seen_.push_back(request);
          v1::ReviewSubmissionsResponse response;
          for (const auto& item : request.items()) {
            v1::ActResult& result = *response.add_results();
            result.set_name(item.name());
            result.set_state(item.verdict() == v1::Review::ACCEPTED ? A::DONE : A::IN_PROGRESS);
          }
          return response;
        });
  }

  std::vector<v1::ReviewSubmissionsRequest> seen_;
};

TEST_F(ReviewCommandTest, FindsTheSubmissionThatWaits) {
  desk_.Add(UnderReview(1));
  EXPECT_EQ(Run({"assignment", "review", "p1/body-1/jiaoyu", "--return", "--comment=缺少附件"}), 0) << err();
  ASSERT_THAT(seen_, SizeIs(1));
  EXPECT_EQ(seen_[0].reviewer(), "王敏");
  EXPECT_EQ(seen_[0].items(0).submission_id(), "s-21");
  EXPECT_EQ(seen_[0].items(0).verdict(), v1::Review::RETURNED);
  EXPECT_EQ(seen_[0].items(0).comment(), "缺少附件");
  EXPECT_EQ(seen_[0].items(0).etag(), "");
  EXPECT_EQ(out(), "已退回：第 1 项 梳理本单位主动公开目录，每季度核对一次（县教育局，当前状态：进行中）\n");
  EXPECT_EQ(Run({"assignment", "review", "p1/body-1/jiaoyu", "--accept", "--submission=s-1", "--etag=e"}), 0);
  EXPECT_EQ(seen_[1].items(0).submission_id(), "s-1");
  EXPECT_EQ(seen_[1].items(0).etag(), "e");
}

TEST_F(ReviewCommandTest, WhoeverAcceptsWhatTheirOwnNameHandedInIsTold) {
  A own = UnderReview(1);
  own.mutable_execution()->mutable_submissions(1)->set_submitter("王敏");
  desk_.Add(own);
  desk_.Add(UnderReview(2));
  EXPECT_EQ(Run({"assignment", "review", "p1/body-1/jiaoyu", "p1/body-2/jiaoyu", "--accept"}), 0) << err();
  EXPECT_THAT(err(), HasSubstr("其中 1 项的办结申请也署名“王敏”，相当于自报自审"));
  EXPECT_EQ(Run({"assignment", "review", "p1/body-2/jiaoyu", "--accept"}), 0);
  EXPECT_EQ(err(), "");
  EXPECT_EQ(Run({"assignment", "review", "p1/body-1/jiaoyu", "--return", "--comment=缺少附件"}), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(ReviewCommandTest, WhatWasNotHandedInHasToWaitAndTheOthersAreReviewed) {
  desk_.Add(UnderReview(1));
  desk_.Add(MakeAssignment(2));
  EXPECT_EQ(Run({"assignment", "review", "p1/body-2/jiaoyu", "--accept"}), 4);
  EXPECT_THAT(err(), HasSubstr("没有待审核的办结申请"));
  EXPECT_THAT(seen_, IsEmpty());
  EXPECT_EQ(Run({"assignment", "review", "p1/body-2/jiaoyu", "p1/body-9/jiaoyu", "p1/body-1/jiaoyu", "--accept",
                 "--format=json"}),
            5);
  ASSERT_THAT(seen_, SizeIs(1));
  EXPECT_EQ(seen_[0].items_size(), 1);
  EXPECT_EQ(Json<v1::ReviewSubmissionsResponse>().results_size(), 3);
}

// The answer to the first attempt can have been lost: then nothing waits any more.
TEST_F(ReviewCommandTest, RepeatedWithItsIdItMeansWhatItJudged) {
  desk_.Add(UnderReview(1));
  const std::vector<std::string> command = {"assignment", "review", "p1/body-1/jiaoyu", "--accept", "--request-id=r1"};
  EXPECT_EQ(Run(command), 0);
  desk_.assignments[NameOf(1)].mutable_oversight()->add_reviews()->set_submission_id("s-21");
  EXPECT_EQ(Run(command), 0);
  ASSERT_THAT(seen_, SizeIs(2));
  EXPECT_EQ(seen_[0].SerializeAsString(), seen_[1].SerializeAsString());
}

TEST_F(ReviewCommandTest, AllThatWaitInAPlanAreReviewedTogether) {
  servers_.On<v1::ListAssignmentsRequest, v1::ListAssignmentsResponse>(
      "AssignmentService/ListAssignments", [](const auto& request) {
        EXPECT_EQ(request.filter().plan(), "plans/p1");
        EXPECT_EQ(request.filter().unit(), "units/jiaoyu");
        EXPECT_EQ(request.filter().state(), A::UNDER_REVIEW);
        v1::ListAssignmentsResponse page;
        *page.add_assignments() = UnderReview(request.page_token().empty() ? 1 : 2);
        if (request.page_token().empty()) page.set_next_page_token("2");
        return page;
      });
  EXPECT_EQ(Run({"assignment", "review", "--all-waiting", "--plan=p1", "--unit=jiaoyu", "--accept"}), 0) << err();
  ASSERT_THAT(seen_, SizeIs(1));
  ASSERT_EQ(seen_[0].items_size(), 2);
  EXPECT_EQ(seen_[0].items(1).submission_id(), "s-22");
  EXPECT_THAT(out(), EndsWith("审核通过：第 2 项 梳理本单位主动公开目录，每季度核对一次（县教育局，当前状态：办结）\n"
                              "共审核 2 项\n"));
}

TEST_F(ReviewCommandTest, RefusesAnUnclearCommand) {
  const std::vector<std::vector<std::string>> wrong = {{"p1/body-1/jiaoyu"},
                                                       {"p1/body-1/jiaoyu", "--accept", "--return"},
                                                       {"p1/body-1/jiaoyu", "--return"},
                                                       {"--accept"},
                                                       {"--accept", "--all-waiting"},
                                                       {"p1/body-1/jiaoyu", "--accept", "--plan=p1"},
                                                       {"p1/a/x", "p1/b/x", "--accept", "--submission=s-1"},
                                                       {"p1/a/x", "p1/b/x", "--accept", "--etag=e"}};
  for (const auto& more : wrong) {
    std::vector<std::string> arguments = {"assignment", "review"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), 2) << ::testing::PrintToString(more);
  }
  EXPECT_THAT(servers_.calls, IsEmpty());
}

// --- Reading ------------------------------------------------------------------------------------------------------

TEST_F(AssignmentCommandsTest, ShowTellsBothHalvesAndTheLight) {
  A assignment = UnderReview(1);
  assignment.set_addressed_as("各部门");
  *assignment.mutable_delivery_time() = At(8);
  assignment.mutable_execution()->mutable_receipt()->set_signer("王敏");
  *assignment.mutable_execution()->mutable_receipt()->mutable_receive_time() = At(9);
  v1::Review& review = *assignment.mutable_oversight()->mutable_reviews(0);
  review.set_verdict(v1::Review::RETURNED);
  review.set_comment("缺少附件");
  review.set_reviewer("李强");
  assignment.mutable_decomposition()->add_plan_titles("教育局要点");
  desk_.Add(assignment);
  EXPECT_EQ(Run({"assignment", "show", "p1/body-1/jiaoyu"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("状态：待审核  黄灯\n"), HasSubstr("送达：2024-05-06 08:00\n"),
                           HasSubstr("签收：王敏  2024-05-06 09:00\n"), HasSubstr("原文所列：各部门\n")));
  EXPECT_THAT(out(), AllOf(HasSubstr("申请办结 s-1"), HasSubstr("    审核：退回：缺少附件  李强\n"),
                           HasSubstr("    审核：待审核\n"), HasSubstr("由本单位计划承接：教育局要点\n")));
  assignment.set_state(A::DONE);
  assignment.set_light(A::GREY);
  desk_.Add(assignment);
  EXPECT_EQ(Run({"assignment", "show", "p1/body-1/jiaoyu"}), 0);
  EXPECT_THAT(out(), HasSubstr("状态：办结（不再督办）\n"));
}

v1::GetBoardResponse MakeBoard() {
  v1::GetBoardResponse board;
  board.set_as_of("2024-10-08");
  auto* row = board.add_rows();
  row->set_key("plans/p1");
  row->set_display_name("二〇二四年公开工作要点");
  row->mutable_counts()->set_received(2);
  row->mutable_counts()->set_done(1);
  row->mutable_counts()->set_total(3);
  row->set_red(1);
  row->set_green(2);
  auto* below = row->add_below();
  below->set_unit("units/jiaoyu");
  below->set_unit_display_name("县教育局");
  below->set_node("xian");
  below->set_depth(1);
  below->mutable_counts()->set_in_progress(4);
  below->mutable_counts()->set_total(4);
  *board.mutable_total() = *row;
  return board;
}

TEST_F(AssignmentCommandsTest, TheBoardShowsCountsTheWorstLightAndTheLevelsBelowIndented) {
  servers_.On<v1::GetBoardRequest, v1::GetBoardResponse>("AssignmentService/GetBoard",
                                                         [](const auto&) { return MakeBoard(); });
  EXPECT_EQ(Run({"assignment", "board"}), 0);
  EXPECT_EQ(out(),
            "计划                    待签收  已签收  进行中  待审核  办结  逾期  合计  灯\n"
            "────────────────────────────────────────────────────────────────────────────\n"
            "二〇二四年公开工作要点       0       2       0       0     1     1     3  红\n"
            "  下一级 xian\n"
            "    县教育局                 0       0       4       0     0           4\n"
            "截至 2024-10-08\n");
  terminal_ = true;
  width_ = 80;
  EXPECT_EQ(Run({"assignment", "board"}), 0);
  EXPECT_THAT(out(), HasSubstr("\x1b[31m● 红\x1b[0m"));
  variables_["NO_COLOR"] = "1";
  EXPECT_EQ(Run({"assignment", "board"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b[")));
}

TEST_F(AssignmentCommandsTest, AReportThatSaysNothingOfHowFarItIsShowsNoNumber) {
  A assignment = MakeAssignment(1, A::IN_PROGRESS);
  for (const int percent : {50, 0}) {
    v1::Report& report = *assignment.mutable_execution()->add_reports();
    report.set_report_id(StrCat("r-", assignment.execution().reports_size()));
    report.set_percent(percent);
    report.set_reporter("王敏");
    *report.mutable_report_time() = At(9);
  }
  desk_.Add(assignment);
  EXPECT_EQ(Run({"assignment", "show", "p1/body-1/jiaoyu"}), 0);
  EXPECT_THAT(out(), HasSubstr("进展 r-1 50%  王敏"));
  EXPECT_THAT(out(), HasSubstr("进展 r-2  王敏"));
}

class ListCommandTest : public AssignmentCommandsTest {
 protected:
  ListCommandTest() {
    servers_.On<v1::ListAssignmentsRequest, v1::ListAssignmentsResponse>(
        "AssignmentService/ListAssignments", [this](const auto& request) {
          requests_.push_back(request);
          if (pages_.empty()) return v1::ListAssignmentsResponse();
          v1::ListAssignmentsResponse page = pages_[requests_.size() - 1];
          if (requests_.size() < pages_.size()) page.set_next_page_token("more");
          return page;
        });
    servers_.On<v1::GetBoardRequest, v1::GetBoardResponse>("AssignmentService/GetBoard", [this](const auto& request) {
      return request.filter().plan() == "plans/issued" ? MakeBoard() : v1::GetBoardResponse();
    });
    servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan",
                                              [](const auto& request) -> absl::StatusOr<v1::Plan> {
                                                if (request.name() == "plans/draft") return v1::Plan();
                                                return NotFound(request.name());
                                              });
    servers_.On<v1::GetUnitRequest, v1::Unit>("DirectoryService/GetUnit",
                                              [](const auto& request) -> absl::StatusOr<v1::Unit> {
                                                if (request.name() == "units/jiaoyu") return v1::Unit();
                                                return NotFound(request.name());
                                              });
  }

  void AddPage(const std::vector<A>& assignments) {
    v1::ListAssignmentsResponse& page = pages_.emplace_back();
    for (const A& assignment : assignments) *page.add_assignments() = assignment;
  }

  std::vector<v1::ListAssignmentsResponse> pages_;
  std::vector<v1::ListAssignmentsRequest> requests_;
};

A Due(int number, const std::string& day) {
  A assignment = MakeAssignment(number);
  assignment.mutable_deadline()->set_due(day);
  return assignment;
}

// Who may not see everything at once sees their own unit's, or hears what to add in this program's words.
TEST_F(ListCommandTest, WhoMayNotSeeEverythingSeesTheirUnitsOrHearsWhatToAdd) {
  std::vector<std::string> units;
  const auto refuse = [&](const v1::AssignmentFilter& filter) {
    units.push_back(filter.unit());
    if (!filter.unit().empty()) return absl::OkStatus();
    return Error(v1::NOT_ALLOWED, "it is for the unit that `filter.unit` names", "须是 filter.unit 所写单位",
                 {{"field", "filter.plan,filter.unit"}});
  };
  servers_.On<v1::GetBoardRequest, v1::GetBoardResponse>(
      "AssignmentService/GetBoard", [&](const auto& request) -> absl::StatusOr<v1::GetBoardResponse> {
        if (const absl::Status refused = refuse(request.filter()); !refused.ok()) return refused;
        return MakeBoard();
      });
  servers_.On<v1::ListAssignmentsRequest, v1::ListAssignmentsResponse>(
      "AssignmentService/ListAssignments", [&](const auto& request) -> absl::StatusOr<v1::ListAssignmentsResponse> {
        if (const absl::Status refused = refuse(request.filter()); !refused.ok()) return refused;
        v1::ListAssignmentsResponse response;
        *response.add_assignments() = MakeAssignment(1);
        return response;
      });
  for (const char* command : {"board", "list"}) {
    variables_.erase("DUBAN_UNIT");
    EXPECT_EQ(Run({"assignment", command}), 1) << command;
    EXPECT_THAT(err(), HasSubstr("--unit=单位 或 --plan=计划")) << command;
    EXPECT_THAT(err(), Not(HasSubstr("filter."))) << command;
    variables_["DUBAN_UNIT"] = "jiaoyu";
    units.clear();
    EXPECT_EQ(Run({"assignment", command}), 0) << command << err();
    EXPECT_THAT(units, ElementsAre("", "units/jiaoyu")) << command;
    EXPECT_THAT(err(), HasSubstr("units/jiaoyu")) << command;
  }
}

TEST_F(ListCommandTest, StopsAtItsLimit) {
  for (int page = 1; page <= 3; ++page) AddPage({MakeAssignment(page)});
  EXPECT_EQ(Run({"assignment", "list", "--limit=2", "--state=进行中"}), 0);
  ASSERT_THAT(requests_, SizeIs(2));
  EXPECT_EQ(requests_[0].filter().state(), A::IN_PROGRESS);
  EXPECT_EQ(requests_[0].page_size(), 2);
  EXPECT_EQ(requests_[1].page_size(), 1);
  EXPECT_THAT(err(), HasSubstr("只列出了前 2 项"));
}

TEST_F(ListCommandTest, TheNearestDeadlineStandsFirstWhereAsked) {
  AddPage({Due(1, "2024-12-31"), Due(2, "")});
  AddPage({Due(3, "2024-09-30"), Due(4, "2024-12-31")});
  EXPECT_EQ(Run({"assignment", "list", "--sort=deadline", "--limit=3", "--format=json"}), 0);
  const auto listed = Json<v1::ListAssignmentsResponse>();
  ASSERT_EQ(listed.assignments_size(), 3);
  EXPECT_EQ(listed.assignments(0).number(), 3);
  EXPECT_EQ(listed.assignments(1).number(), 1);
  EXPECT_EQ(listed.assignments(2).number(), 4);
  requests_.clear();
  EXPECT_EQ(Run({"assignment", "list", "--sort=deadline"}), 0);
  EXPECT_LT(out().find("2024-09-30"), out().find("2024-12-31"));
  EXPECT_THAT(out(), Not(HasSubstr("《")));
}

TEST_F(ListCommandTest, AListOfAPlanOrAUnitThatIsNotThereIsAnError) {
  EXPECT_EQ(Run({"assignment", "list", "--plan=nothere"}), 5);
  EXPECT_THAT(err(), StartsWith("错误：“plans/nothere”不存在"));
  EXPECT_EQ(out(), "");
  EXPECT_EQ(Run({"assignment", "list", "--unit=nothere"}), 5);
  EXPECT_EQ(Run({"assignment", "board", "--plan=nothere"}), 5);
  EXPECT_EQ(Run({"assignment", "review", "--all-waiting", "--accept", "--plan=nothere"}), 5);
  for (const char* there : {"--plan=draft", "--plan=issued", "--unit=jiaoyu"}) {
    EXPECT_EQ(Run({"assignment", "list", there, "--light=red"}), 0) << there;
    EXPECT_EQ(out(), "没有符合条件的交办事项\n");
  }
}

TEST_F(ListCommandTest, LongTextsDoNotMakeAPipedListWide) {
  A assignment = MakeAssignment(1);
  for (int i = 0; i < 20; ++i) assignment.mutable_text()->append("梳理本单位主动公开目录，每季度核对一次；");
  AddPage({assignment});
  EXPECT_EQ(Run({"assignment", "list"}), 0);
  for (const std::string& line : Wrap(out(), 0)) EXPECT_LE(DisplayWidth(line), kPipedWidth) << line;
}

// --- Reminders ----------------------------------------------------------------------------------------------------

TEST_F(CliTest, DeliveriesAreConfirmedTogetherAndEachIsTold) {
  v1::ConfirmRemindersRequest seen;
  servers_.On<v1::ConfirmRemindersRequest, v1::ConfirmRemindersResponse>(
      "NotificationService/ConfirmReminders", [&](const auto& request) {
        seen = request;
        v1::ConfirmRemindersResponse response;
        for (const auto& item : request.items()) {
          auto& result = *response.add_results();
          result.set_name(item.name());
          result.set_state(item.error().empty() ? v1::Reminder::CONFIRMED : v1::Reminder::SCHEDULED);
          if (item.name() != "reminders/m3") continue;
          *result.mutable_error() = ToRpcStatus(Error(v1::WRONG_STATE, "confirmed", "该提醒已确认"));
        }
        return response;
      });
  EXPECT_EQ(Run({"reminder", "confirm", "m1", "m2", "--lease-token=t"}), 0);
  EXPECT_EQ(seen.lease_token(), "t");
  EXPECT_EQ(seen.items(1).name(), "reminders/m2");
  EXPECT_EQ(out(), "已确认送达：m1（已送达）\n已确认送达：m2（已送达）\n");
  EXPECT_EQ(Run({"reminder", "confirm", "m1", "m3", "--lease-token=t", "--error=没人接"}), 4);
  EXPECT_EQ(seen.items(0).error(), "没人接");
  EXPECT_EQ(out(), "已登记未送达：m1（待发）\n未办成 m3：该提醒已确认\n");
  EXPECT_EQ(servers_.calls.size(), 2u);
}

TEST_F(CliTest, DeadRemindersAreTriedAgain) {
  std::vector<std::string> ids;
  servers_.On<v1::ListRemindersRequest, v1::ListRemindersResponse>("NotificationService/ListReminders",
                                                                   [](const auto& request) {
                                                                     EXPECT_EQ(request.state(), v1::Reminder::DEAD);
                                                                     v1::ListRemindersResponse response;
                                                                     response.add_reminders()->set_name("reminders/m1");
                                                                     response.add_reminders()->set_name("reminders/m2");
                                                                     return response;
                                                                   });
  servers_.On<v1::RedriveReminderRequest, v1::Reminder>("NotificationService/RedriveReminder",
                                                        [&](const auto& request) {
                                                          ids.push_back(request.request_id());
                                                          v1::Reminder reminder;
                                                          reminder.set_name(request.name());
                                                          reminder.set_state(v1::Reminder::SCHEDULED);
                                                          reminder.set_recipient_display_name("县教育局");
                                                          reminder.set_reason(v1::Reminder::DUE);
                                                          reminder.set_text_zh("今天到期");
                                                          return reminder;
                                                        });
  EXPECT_EQ(Run({"reminder", "redrive", "--all-dead", "--request-id=again"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("县教育局  到期  待发  今天到期\n"), HasSubstr("m2\n")));
  EXPECT_EQ(Run({"reminder", "redrive", "m1", "m2", "--request-id=again"}), 0);
  ASSERT_THAT(ids, SizeIs(4));
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_EQ(ids[1], ids[3]);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(Run({"reminder", "redrive"}), 2);
}

// --- Bulk ---------------------------------------------------------------------------------------------------------

TEST(BulkTest, DetailsOfANewerServerDoNotSpoilTheJson) {
  google::rpc::Status error = ToRpcStatus(Error(v1::WRONG_STATE, "no", "否"));
  const int known = error.details_size();
  error.add_details()->set_type_url("type.googleapis.com/duban.v9.Unheard");
  error.add_details()->set_type_url("no-slash");
  DropUnknownDetails(&error);
  EXPECT_EQ(error.details_size(), known);
  EXPECT_EQ(ReasonOf(FromRpcStatus(error)), v1::WRONG_STATE);
}

}  // namespace
}  // namespace duban::cli
