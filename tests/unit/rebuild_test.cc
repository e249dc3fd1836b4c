// A node that lost its disk, or goes on from an old backup, gets back from the levels above and below what they hold of
// it: in one go, after being killed at any call, and with a neighbour that is down.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/contract/names.h"
#include "tests/support/test_levels.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestLevel;
using testing::TestLevels;
using A = v1::Assignment;
using Entities = std::map<std::string, std::string>;

// Calls a core, with the next request id where the request has one; what it refuses fails the test.
int requests = 0;
template <typename Core, typename Request, typename Response>
Response Do(Core& core, absl::Status (Core::*method)(const Caller&, const Request&, Response*), Request request) {
  if constexpr (requires { request.request_id(); }) request.set_request_id(StrCat("request-", ++requests));
  Response response;
  const absl::Status status = (core.*method)(Anybody(), request, &response);
  EXPECT_TRUE(status.ok()) << status << " " << request.ShortDebugString();
  return response;
}

void LoadDirectory(TestLevel& level, const std::string& rows) {
  v1::ImportDirectoryRequest request;
  request.set_content(StrCat("编号,名称,类别,上级,节点,成员\n", rows));
  Do(level.directory(), &DirectoryCore::ImportDirectory, request);
}

// A draft with a task for each unit, due in May.
v1::Plan Draft(TestLevel& level, const std::string& id, const std::vector<std::string>& units,
               const std::string& takes_on = "") {
  v1::CreatePlanRequest request;
  request.set_plan_id(id);
  request.mutable_plan()->set_title(StrCat("2024年", id, "工作要点"));
  request.mutable_plan()->set_year(2024);
  for (const std::string& unit : units) {
    v1::Task* task = request.mutable_plan()->add_tasks();
    task->set_text(StrCat("请", unit, "做好", id, "工作"));
    task->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task->mutable_deadline()->set_due("2024-03-08");
    task->mutable_deadline()->set_printed("3月8日前");
    auto* responsibility = task->add_responsibilities();
    responsibility->set_unit(unit);
    responsibility->set_role(v1::Responsibility::LEAD);
  }
  v1::Plan plan = Do(level.plans(), &PlanCore::CreatePlan, request);
  if (takes_on.empty()) return plan;
  v1::AlignTasksRequest align;
  align.set_name(plan.name());
  for (const v1::Task& task : plan.tasks()) {
    auto* alignment = align.add_alignments();
    alignment->set_task(task.name());
    alignment->add_upstream_tasks(takes_on);
  }
  return Do(level.plans(), &PlanCore::AlignTasks, align);
}

v1::Plan Publish(TestLevel& level, const std::string& id, const std::string& issuer,
                 const std::vector<std::string>& units, const std::string& takes_on = "") {
  const v1::Plan draft = Draft(level, id, units, takes_on);
  v1::PublishPlanRequest request;
  request.set_name(draft.name());
  request.set_issuer(issuer);
  return Do(level.plans(), &PlanCore::PublishPlan, request);
}

std::vector<A> List(TestLevel& level, const std::string& unit = "") {
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_unit(unit);
  const auto response = Do(level.assignments(), &AssignmentCore::ListAssignments, request);
  return {response.assignments().begin(), response.assignments().end()};
}

void SignAll(TestLevel& level, const std::string& unit) {
  v1::PullAssignmentsRequest pull;
  pull.set_unit(unit);
  const auto pulled = Do(level.assignments(), &AssignmentCore::PullAssignments, pull);
  for (const A& assignment : pulled.assignments()) {
    v1::ReceiveAssignmentRequest receive;
    receive.set_name(assignment.name());
    receive.set_lease_token(pulled.lease_token());
    receive.set_signer("王一");
    Do(level.assignments(), &AssignmentCore::ReceiveAssignment, receive);
  }
}

void Report(TestLevel& level, const A& assignment, const std::string& text) {
  v1::ReportProgressRequest request;
  request.set_name(assignment.name());
  request.mutable_report()->set_text(text);
  request.mutable_report()->set_reporter("王一");
  Do(level.assignments(), &AssignmentCore::ReportProgress, request);
}

void Submit(TestLevel& level, const A& assignment) {
  v1::SubmitResultRequest request;
  request.set_name(assignment.name());
  request.mutable_submission()->set_text("已完成");
  request.mutable_submission()->set_submitter("王一");
  Do(level.assignments(), &AssignmentCore::SubmitResult, request);
}

void Review(TestLevel& level, const A& assignment, v1::Review::Verdict verdict) {
  v1::ReviewSubmissionRequest request;
  request.set_name(assignment.name());
  request.set_submission_id(assignment.execution().submissions().rbegin()->submission_id());
  request.set_verdict(verdict);
  request.set_comment("缺少材料");
  request.set_reviewer("李二");
  Do(level.assignments(), &AssignmentCore::ReviewSubmission, request);
}

// Lines that only one side has, for a readable failure.
std::vector<std::string> Differences(const Entities& before, const Entities& after) {
  std::vector<std::string> lines;
  for (const auto& [name, bytes] : before) {
    const auto found = after.find(name);
    if (found == after.end()) lines.push_back(StrCat("gone ", name));
    if (found != after.end() && found->second != bytes) lines.push_back(StrCat("changed ", name));
  }
  for (const auto& [name, bytes] : after) {
    if (!before.contains(name)) lines.push_back(StrCat("new ", name));
  }
  return lines;
}

class RebuildTest : public ::testing::Test {
 protected:
  // City, district and bureau; everything that happens at the district is known above or below.
  RebuildTest() {
    LoadDirectory(city(), "office,市政府办,部门,,,\neast,东区政府,政府,,district,\n");
    levels_.Settle();
    LoadDirectory(district(),
                  "d-office,区政府办,部门,,,\nd-health,区卫生局,部门,,bureau,\nward,一街道,街道,,,\n"
                  "all,各部门,集合,,,区卫生局\n");
    levels_.Settle();
    LoadDirectory(bureau(), "b-section,医政科,科室,,,\n");
    const v1::Plan above = Publish(city(), "city1", "units/office", {"东区政府", "市政府办"});
    levels_.Settle();
    Tick();
    SignAll(district(), "units/east");
    Publish(district(), "district1", "units/d-office", {"各部门"}, above.tasks(0).name());
    levels_.Settle();
    Tick();
    SignAll(bureau(), "units/d-health");
    Report(bureau(), List(bureau(), "units/d-health").at(0), "过半");
    Submit(bureau(), List(bureau(), "units/d-health").at(0));
    levels_.Settle();
    Tick();
    Review(district(), List(district(), "units/d-health").at(0), v1::Review::RETURNED);
    Report(district(), List(district(), "units/east").at(0), "正在办");
    levels_.Settle();
    Tick();
  }

  // Whatever happened: once nothing moves any more, every store is sound, and so are both ends of every hop.
  void TearDown() override {
    if (city_.up() && district_.up() && bureau_.up()) ExpectSound();
  }

  void ExpectSound() {
    levels_.Settle();
    for (const TestLevel* level : {&city_, &district_, &bureau_}) {
      const std::vector<v1::NodeCheck> checks = levels_.Verify(level->id());
      EXPECT_EQ(checks.size(), level == &city_ ? 3 * 6 + 3u : 3 * 6 + 3u + 3u);
      for (const v1::NodeCheck& check : checks) {
        EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << level->id() << ": " << check.ShortDebugString();
      }
    }
  }

  TestLevel& city() { return city_; }
  TestLevel& district() { return district_; }
  TestLevel& bureau() { return bureau_; }
  void Tick() { levels_.clock().Advance(absl::Minutes(7)); }

  // Everything at all levels but the district's reminders, which nobody else has.
  Entities All() {
    Entities all;
    for (TestLevel* level : {&city_, &district_, &bureau_}) {
      for (auto& [name, bytes] : level->Entities()) {
        const bool only_here = level == &district_ && name.starts_with("notification ");
        if (!only_here) all[StrCat(level->id(), " ", name)] = std::move(bytes);
      }
    }
    return all;
  }

  void Lose() {
    district_.Close();
    district_.LoseDisk();
    Tick();
  }
  v1::RebuildReport MustRun(int most_calls = 1 << 20, int page_bytes = 0,
                            const std::vector<std::string>& given_up = {}) {
    const auto report = levels_.RunRebuild("district", kNeighbours, most_calls, page_bytes, given_up);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::RebuildReport());
  }
  void Reopen() {
    const absl::Status opened = district_.Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }

  // Both sides of every assignment say the same.
  void ExpectBothSidesAgree() {
    for (TestLevel* above : {&city_, &district_}) {
      TestLevel& below = above == &city_ ? district_ : bureau_;
      for (const A& assignment : List(*above)) {
        if (assignment.unit_node() != below.id()) continue;
        const std::vector<A> same = List(below, assignment.unit());
        EXPECT_TRUE(std::any_of(same.begin(), same.end(), [&](const A& other) {
          return other.ShortDebugString() == assignment.ShortDebugString();
        })) << assignment.ShortDebugString();
      }
    }
  }

  const std::vector<Rebuild::Neighbour> kNeighbours = {{"city", true}, {"bureau", false}};
  TestLevels levels_;
  TestLevel& city_ = levels_.Add("city", {});
  TestLevel& district_ = levels_.Add("district", {"city"});
  TestLevel& bureau_ = levels_.Add("bureau", {"district"});
};

std::map<std::string, int64_t> Taken(const v1::RebuildReport& report) {
  std::map<std::string, int64_t> taken;
  for (const auto& neighbour : report.neighbours()) {
    for (const auto& count : neighbour.counts()) {
      if (count.taken() > 0) taken[StrCat(neighbour.node(), " ", count.kind())] += count.taken();
      EXPECT_EQ(count.refused(), 0) << count.kind();
    }
  }
  return taken;
}

TEST_F(RebuildTest, ALostNodeIsAsItWasAndNobodyElseChanges) {
  const Entities before = All();
  Lose();
  const v1::RebuildReport report = MustRun();
  EXPECT_TRUE(report.finished());
  const std::map<std::string, int64_t> taken = Taken(report);
  EXPECT_EQ(taken.at("city executions"), 1);
  EXPECT_EQ(taken.at("bureau plans"), 1);
  EXPECT_EQ(taken.at("bureau units"), 3);
  EXPECT_EQ(taken.at("bureau groups"), 1);
  EXPECT_EQ(taken.at("bureau orders"), 1);
  EXPECT_EQ(taken.at("bureau addressees"), 1);
  EXPECT_EQ(taken.at("bureau oversights"), 1);
  EXPECT_EQ(taken.at("city deliveries"), 1);
  EXPECT_EQ(taken.at("city decompositions"), 1);
  // Execution and delivery.
  EXPECT_EQ(taken.at("bureau below"), 2);
  Reopen();
  levels_.Settle();
  EXPECT_THAT(Differences(before, All()), IsEmpty());
}

TEST_F(RebuildTest, WorkGoesOnWithoutDoubles) {
  Lose();
  MustRun();
  Reopen();
  levels_.Settle();
  Report(district(), List(district(), "units/east").at(0), "办妥");
  Submit(district(), List(district(), "units/east").at(0));
  Submit(bureau(), List(bureau(), "units/d-health").at(0));
  levels_.Settle();
  Review(district(), List(district(), "units/d-health").at(0), v1::Review::ACCEPTED);
  Review(city(), List(city(), "units/east").at(0), v1::Review::ACCEPTED);
  Publish(district(), "district2", "units/d-office", {"区卫生局"});
  levels_.Settle();
  ExpectBothSidesAgree();
  const A above = List(city(), "units/east").at(0);
  EXPECT_EQ(above.state(), A::DONE);
  EXPECT_EQ(above.execution().reports_size(), 2);
  EXPECT_EQ(above.decomposition().rows(0).counts().done(), 1);
  EXPECT_EQ(List(bureau(), "units/d-health").size(), 2u);
  v1::GetTimelineRequest request;
  request.set_name(above.name());
  const auto timeline = Do(district().assignments(), &AssignmentCore::GetTimeline, request);
  int receipts = 0;
  for (const auto& entry : timeline.entries()) receipts += entry.kind() == v1::TimelineEntry::RECEIVED ? 1 : 0;
  EXPECT_EQ(receipts, 1);
}

TEST_F(RebuildTest, ANodeStartedOnAnEmptyDiskByMistakeTakesNothingFromItsNeighbours) {
  const Entities before = All();
  Lose();
  ASSERT_TRUE(district_.Open().ok());
  levels_.Settle();
  Tick();
  district_.Close();
  district_.LoseDisk();
  MustRun();
  Reopen();
  levels_.Settle();
  EXPECT_THAT(Differences(before, All()), IsEmpty());
}

TEST_F(RebuildTest, KilledAfterAnyCallItGoesOnWhereItWas) {
  const Entities before = All();
  Lose();
  int runs = 0;
  while (!MustRun(1, 1).finished()) ASSERT_LT(++runs, 100);
  EXPECT_GT(runs, 10);
  Reopen();
  levels_.Settle();
  EXPECT_THAT(Differences(before, All()), IsEmpty());
}

TEST_F(RebuildTest, WithANeighbourDownItWaitsAndNothingStarts) {
  const Entities before = All();
  Lose();
  bureau_.Close();
  const v1::RebuildReport first = MustRun();
  EXPECT_FALSE(first.finished());
  for (const auto& neighbour : first.neighbours()) {
    EXPECT_EQ(neighbour.error().empty(), neighbour.node() == "city") << neighbour.ShortDebugString();
  }
  const absl::Status refused = district_.Open();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_THAT(std::string(ToStd(refused.message())), HasSubstr("duban node rebuild"));
  ASSERT_TRUE(bureau_.Open().ok());
  EXPECT_TRUE(MustRun().finished());
  Reopen();
  levels_.Settle();
  EXPECT_THAT(Differences(before, All()), IsEmpty());
}

TEST_F(RebuildTest, ANeighbourThatIsGivenUpIsWaitedForNoLonger) {
  Lose();
  bureau_.Close();
  const v1::RebuildReport report = MustRun(1 << 20, 0, {"bureau"});
  EXPECT_TRUE(report.finished());
  EXPECT_EQ(Taken(report).at("city executions"), 1);
  Reopen();
  levels_.Settle();
  EXPECT_EQ(List(district(), "units/east").at(0).state(), A::IN_PROGRESS);
}

TEST_F(RebuildTest, ARestoredNodeGetsWhatHappenedSinceTheBackup) {
  district_.BackUp();
  Tick();
  Report(district(), List(district(), "units/east").at(0), "备份之后");
  Submit(bureau(), List(bureau(), "units/d-health").at(0));
  levels_.Settle();
  Tick();
  Review(district(), List(district(), "units/d-health").at(0), v1::Review::ACCEPTED);
  LoadDirectory(district(),
                "d-office,区政府办公室,部门,,,\nd-health,区卫生局,部门,,bureau,\nd-new,新设局,部门,,bureau,\n");
  Publish(district(), "district2", "units/d-office", {"新设局"});
  levels_.Settle();
  const Entities before = All();
  district_.Close();
  district_.Restore();
  const v1::RebuildReport report = MustRun();
  EXPECT_TRUE(report.finished());
  EXPECT_EQ(report.stores(0).state(), v1::RebuildReport::RESTORED);
  EXPECT_EQ(Taken(report).at("bureau units"), 2);
  Reopen();
  levels_.Settle();
  EXPECT_THAT(Differences(before, All()), IsEmpty());
}

// The node above holds the count, but nobody the plan.
TEST_F(RebuildTest, WhatWasMadeByAPlanThatDoesNotComeBackIsNotCountedAnyMore) {
  const v1::Plan above = Publish(city(), "city2", "units/office", {"东区政府"});
  levels_.Settle();
  district_.BackUp();
  Tick();
  Publish(district(), "district2", "units/d-office", {"一街道"}, above.tasks(0).name());
  levels_.Settle();
  const std::string name = StrCat(above.tasks(0).name(), "/assignments/east");
  const auto made = [&](TestLevel& level) {
    for (const A& assignment : List(level, "units/east")) {
      if (assignment.name() == name) return assignment.decomposition().rows_size();
    }
    return -1;
  };
  ASSERT_EQ(made(city()), 1);
  district_.Close();
  district_.Restore();
  MustRun();
  Reopen();
  levels_.Settle();
  EXPECT_EQ(made(district()), 0);
  EXPECT_EQ(made(city()), 0);
  ExpectBothSidesAgree();
}

TEST_F(RebuildTest, WhatIsNewerHereStays) {
  Report(district(), List(district(), "units/east").at(0), "未及上报");
  district_.BackUp();
  district_.Close();
  district_.Restore();
  const v1::RebuildReport report = MustRun();
  EXPECT_TRUE(report.finished());
  Reopen();
  levels_.Settle();
  EXPECT_EQ(List(city(), "units/east").at(0).execution().reports_size(), 2);
}

TEST_F(RebuildTest, OneVersionWithTwoContentsIsALoudError) {
  district_.BackUp();
  Report(district(), List(district(), "units/east").at(0), "一种说法");
  levels_.Settle();
  district_.Close();
  district_.Restore();
  ASSERT_TRUE(district_.Open().ok());
  Report(district(), List(district(), "units/east").at(0), "另一种说法");
  district_.BackUp();
  district_.Close();
  district_.Restore();
  const auto report = levels_.RunRebuild("district", kNeighbours);
  EXPECT_EQ(ReasonOf(report.status()), v1::INVARIANT_BROKEN) << report.status();
}

TEST_F(RebuildTest, WhatTheNodeAboveHoldsOtherwiseIsFound) {
  const auto offered = [&] {
    for (const v1::NodeCheck& check : levels_.Verify("district")) {
      if (check.what() == v1::NodeCheck::OFFERED) return check;
    }
    ADD_FAILURE() << "nothing is said of what was offered";
    return v1::NodeCheck();
  };
  v1::NodeCheck check = offered();
  EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  EXPECT_EQ(check.hop(), "offered_to_city");
  // An execution, a decomposition and a delivery.
  EXPECT_EQ(check.count(), 3);
  EXPECT_NE(check.source_digest(), 0u);
  EXPECT_EQ(check.source_digest(), check.held_digest());
  // What was not offered yet is no difference.
  const A assignment = List(district(), "units/east").at(0);
  Report(district(), assignment, "尚未上报");
  EXPECT_EQ(offered().result(), v1::NodeCheck::GOOD);
  levels_.Settle();
  // The node above holds something else, or nothing.
  const std::string name = StrCat(assignment.name(), "/execution");
  Store& above = *city().store("assignment");
  const v1::Execution held = above.TakeSnapshot()->Need<v1::Execution>(name)->value;
  const auto put = [&](const v1::Execution& execution) {
    ASSERT_TRUE(above.Run({"test", ""}, [&](Transaction& tx) { return tx.Put(name, execution, {}).status(); }).ok());
  };
  v1::Execution other = held;
  other.mutable_reports(0)->set_text("篡改");
  put(other);
  check = offered();
  EXPECT_EQ(check.result(), v1::NodeCheck::BAD);
  EXPECT_THAT(check.entities(), ElementsAre(name));
  EXPECT_NE(check.source_digest(), check.held_digest());
  ASSERT_TRUE(above.Run({"test", ""}, [&](Transaction& tx) { return tx.Delete(name); }).ok());
  check = offered();
  EXPECT_EQ(check.finding(), "1 entities are other here than at the node above, 1 of them are only on one side");
  put(held);
  EXPECT_EQ(offered().result(), v1::NodeCheck::GOOD);
  // A node that goes on from an old backup does not know what it had handed up since.
  district_.BackUp();
  Report(district(), assignment, "备份之后");
  levels_.Settle();
  district_.Close();
  district_.Restore();
  ASSERT_TRUE(district_.Open().ok());
  check = offered();
  EXPECT_EQ(check.result(), v1::NodeCheck::BAD);
  EXPECT_THAT(check.entities(), ElementsAre(name));
  district_.Close();
  // It is not asked where nobody answers.
  district_.LoseDisk();
  MustRun();
  Reopen();
  levels_.Settle();
  EXPECT_EQ(offered().result(), v1::NodeCheck::GOOD);
  city_.Close();
  EXPECT_EQ(offered().result(), v1::NodeCheck::UNKNOWN);
  ASSERT_TRUE(city_.Open().ok());
}

TEST_F(RebuildTest, AStoreInUseIsRefused) {
  district_.Close();
  EXPECT_EQ(MetadataOf(levels_.RunRebuild("district", kNeighbours).status())["state"], "IN_USE");
  district_.LoseDisk();
  EXPECT_TRUE(MustRun().finished());
  EXPECT_EQ(MetadataOf(levels_.RunRebuild("district", kNeighbours).status())["state"], "FINISHED");
}

TEST_F(RebuildTest, NeighboursAreCheckedByName) {
  Lose();
  for (const std::vector<Rebuild::Neighbour>& wrong :
       {std::vector<Rebuild::Neighbour>{{"district", true}}, {{"city", true}, {"city", false}}, {{"No", true}}}) {
    EXPECT_EQ(ReasonOf(levels_.RunRebuild("district", wrong).status()), v1::INVALID_FIELD);
  }
}

TEST_F(RebuildTest, WhatIsIssuedToUnitsOfTheNodeItselfIsIssuedAnew) {
  Publish(district(), "district2", "units/d-office", {"区卫生局", "一街道"});
  Draft(district(), "draft1", {"区卫生局"});
  levels_.Settle();
  Tick();
  SignAll(district(), "units/ward");
  const Entities before = All();
  Lose();
  MustRun();
  Reopen();
  levels_.Settle();
  EXPECT_EQ(List(district(), "units/ward").at(0).state(), A::ISSUED);
  const std::string ward = List(district(), "units/ward").at(0).name();
  EXPECT_THAT(Differences(before, All()),
              ElementsAre("changed district assignment plans/district2/deliveries/district",
                          StrCat("gone district assignment ", ward, "/execution"), "gone district plan plans/draft1"));
}

// An order to units of two nodes: neither of them holds more of it than its own part.
class RebuildInPartsTest : public RebuildTest {
 protected:
  RebuildInPartsTest() {
    LoadDirectory(district_, "d-port,区港航局,部门,,harbour,\nd-fish,区渔业局,部门,,harbour,\n");
    levels_.Settle();
    v1::CreateUnitGroupRequest group;
    group.set_group_id("coast");
    group.mutable_group()->set_display_name("沿海各单位");
    for (const char* unit : {"units/d-health", "units/d-port", "units/d-fish", "units/ward"}) {
      group.mutable_group()->add_members()->set_unit(unit);
    }
    Do(district_.directory(), &DirectoryCore::CreateUnitGroup, group);
    Publish(district_, "district2", "units/d-office", {"沿海各单位"});
    levels_.Settle();
    Tick();
    SignAll(harbour_, "units/d-port");
    Submit(harbour_, List(harbour_, "units/d-port").at(0));
    levels_.Settle();
    const A submitted = List(district_, "units/d-port").at(0);
    order_ = OrderName(submitted.task());
    Review(district_, submitted, v1::Review::RETURNED);
    levels_.Settle();
    Tick();
  }

  absl::StatusOr<v1::RebuildReport> RebuildFrom(const std::vector<std::string>& given_up) {
    return levels_.RunRebuild("district", {{"city", true}, {"bureau", false}, {"harbour", false}}, 1 << 20, 0,
                              given_up);
  }
  v1::Order OrderOf(TestLevel& level) {
    return level.store("assignment")->TakeSnapshot()->Need<v1::Order>(order_)->value;
  }
  std::vector<std::string> AddresseesAt(TestLevel& level) {
    const auto snapshot = level.store("assignment")->TakeSnapshot();
    const auto list = snapshot->Need<v1::AddresseeList>(OrderOf(level).addressee_list());
    std::vector<std::string> units;
    for (const auto& addressee : list->value.addressees()) units.push_back(addressee.unit());
    return units;
  }

  std::string order_;
  TestLevel& harbour_ = levels_.Add("harbour", {"district"});
};

TEST_F(RebuildInPartsTest, NeighboursHoldTheirOwnPartsAndTogetherWithThePlanTheyAreTheWhole) {
  EXPECT_THAT(AddresseesAt(harbour_), ElementsAre("units/d-fish", "units/d-port"));
  EXPECT_THAT(AddresseesAt(bureau_), ElementsAre("units/d-health"));
  const v1::Order before = OrderOf(district_);
  Lose();
  ASSERT_TRUE(RebuildFrom({})->finished());
  Reopen();
  // What comes back is written at once; who works at the node itself is added when the plan is expanded again.
  EXPECT_THAT(AddresseesAt(district_), ElementsAre("units/d-fish", "units/d-health", "units/d-port"));
  levels_.Settle();
  EXPECT_THAT(AddresseesAt(district_), ElementsAre("units/d-fish", "units/d-health", "units/d-port", "units/ward"));
  EXPECT_EQ(OrderOf(district_).issue_time().SerializeAsString(), before.issue_time().SerializeAsString());
  EXPECT_EQ(OrderOf(district_).addressee_list(), before.addressee_list());
  EXPECT_EQ(OrderOf(harbour_).SerializeAsString(), OrderOf(district_).SerializeAsString());
  const A returned = List(district_, "units/d-port").at(0);
  EXPECT_EQ(returned.oversight().reviews_size(), 1);
  EXPECT_EQ(returned.state(), A::RECEIVED);
  ExpectBothSidesAgree();
}

TEST_F(RebuildInPartsTest, ThePartOfANodeThatIsGivenUpIsIssuedAnew) {
  Lose();
  harbour_.Close();
  ASSERT_TRUE(RebuildFrom({"harbour"})->finished());
  Reopen();
  levels_.Settle();
  EXPECT_THAT(AddresseesAt(district_), ElementsAre("units/d-fish", "units/d-health", "units/d-port", "units/ward"));
  EXPECT_EQ(List(district_, "units/d-port").at(0).state(), A::ISSUED);
}

TEST_F(RebuildTest, AWithdrawnPlanKeepsNoOpenAssignment) {
  bureau_.follows().clear();
  v1::WithdrawPlanRequest withdraw;
  withdraw.set_name("plans/district1");
  withdraw.set_reason("情况有变");
  Do(district().plans(), &PlanCore::WithdrawPlan, withdraw);
  levels_.Settle();
  bureau_.Close();
  ASSERT_TRUE(bureau_.Open().ok());
  // The plan's withdrawal comes down, and not that of what was made of it.
  for (Node::Follow& follow : bureau_.follows()) {
    if (follow.hop->name() != "district_plan") continue;
    const auto request = follow.hop->Prepare(absl::ZeroDuration());
    ASSERT_TRUE(follow.hop->Deliver(district_.node().feed("plan")->TryFetch(*request)).ok());
  }
  EXPECT_NE(List(bureau(), "units/d-health").at(0).state(), A::CANCELLED);
  Lose();
  MustRun();
  Reopen();
  levels_.Settle();
  EXPECT_EQ(List(district(), "units/d-health").at(0).state(), A::CANCELLED);
  EXPECT_EQ(List(bureau(), "units/d-health").at(0).state(), A::CANCELLED);
}

TEST_F(RebuildTest, RemindersOfATimeWhenItWasAtWorkAreNotSentAgain) {
  // The lost node planned, and sent, what was due a working day before the deadline.
  levels_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 7), 10 * 60));
  Report(district(), List(district(), "units/east").at(0), "七日");
  levels_.Settle();
  Lose();
  const v1::RebuildReport report = MustRun();
  EXPECT_EQ(FromProto(report.last_sign_of_life()), TimeAt(absl::CivilDay(2024, 3, 7), 10 * 60));
  Reopen();
  levels_.Settle();
  v1::LeaseRemindersRequest lease;
  EXPECT_THAT(Do(district().notifications(), &NotificationCore::LeaseReminders, lease).reminders(), IsEmpty());
  levels_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 8), 10 * 60));
  EXPECT_GT(Do(district().notifications(), &NotificationCore::LeaseReminders, lease).reminders_size(), 0);
}

TEST_F(RebuildTest, NodesOfTheDirectoryThatWereNotAskedAreNamed) {
  LoadDirectory(district(), "d-other,区水务局,部门,,water,\n");
  levels_.Settle();
  Lose();
  EXPECT_THAT(MustRun().not_asked(), ElementsAre("water"));
}

TEST_F(RebuildTest, TheListOfWhatIsLostNamesWhatNoNeighbourHas) {
  Lose();
  const v1::RebuildReport report = MustRun();
  std::set<std::string> kinds;
  for (const auto& lost : report.lost()) {
    kinds.insert(lost.kind());
    EXPECT_FALSE(lost.text_zh().empty() || lost.text_en().empty()) << lost.kind();
  }
  EXPECT_TRUE(kinds.contains("drafts") && kinds.contains("leases") && kinds.contains("policies") &&
              kinds.contains("requests"));
}

// What a neighbour gives: only what the caller owns, all of it over pages of any size.
TEST_F(RebuildTest, ANeighbourGivesTheCallersOwnAndNothingElse) {
  for (const int page_bytes : {1, 0}) {
    v1::GiveBackRequest request;
    request.set_feed("plan");
    request.set_node("district");
    request.set_max_bytes(page_bytes);
    std::vector<std::string> names;
    v1::GiveBackResponse page;
    do {
      page.Clear();
      ASSERT_TRUE(bureau_.node().feed("plan")->GiveBack(request, &page).ok());
      EXPECT_LE(page.entities_size(), page_bytes == 1 ? 1 : 100);
      for (const auto& entity : page.entities()) names.push_back(entity.entity());
      request.set_after(page.after());
    } while (!page.complete());
    EXPECT_THAT(names, ElementsAre("groups/all", "plans/district1", "units/d-health", "units/d-office", "units/ward"));
  }
  v1::GiveBackRequest self;
  self.set_feed("plan");
  self.set_node("bureau");
  v1::GiveBackResponse page;
  EXPECT_EQ(ReasonOf(bureau_.node().feed("plan")->GiveBack(self, &page)), v1::NOT_OWNER);
}

}  // namespace
}  // namespace duban
