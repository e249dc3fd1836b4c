// Searching orders and assignments: what is found, of whom, in which order; page by page as all at once.

#include "services/assignment/order_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/indexes.h"
#include "services/assignment/order_words.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using ::testing::SizeIs;
using testing::TestOffice;
using Hit = v1::SearchAssignmentsResponse::Hit;

class OrderSearchTest : public ::testing::Test {
 protected:
  OrderSearchTest() : office_("city", &clock_) {
    for (const char* unit : {"office", "edu", "water"}) office_.Tell(MakeUnit(unit));
    office_.Tell(Named("edu", "市教育局"));
    office_.Tell(Named("water", "市水务局"));
  }

  static v1::Unit Named(const std::string& id, const std::string& name) {
    v1::Unit unit = MakeUnit(id);
    unit.set_display_name(name);
    return unit;
  }
  static v1::Task* Said(v1::Plan& plan, const std::string& text, const std::vector<std::string>& units) {
    v1::Task* task = AddTask(plan, "2024-09-30");
    task->set_text(text);
    for (const std::string& unit : units) Address(task, StrCat("units/", unit));
    return task;
  }
  void Publish(const v1::Plan& plan) {
    office_.Tell(plan);
    ASSERT_TRUE(office_.FollowPlans().ok());
    office_.ExpectKeptRowsAreTrue();
  }
  // Two plans, the younger one of another issuer.
  void PublishTwo() {
    v1::Plan old = MakePlan("old", "city", "2024-03-04");
    Said(old, "检修泵站", {"edu", "water"});
    Said(old, "储备防汛物资", {"water"});
    Publish(old);
    clock_.Advance(absl::Hours(24));
    v1::Plan young = MakePlan("young", "city", "2024-03-05");
    young.set_title("防汛要点");
    young.set_issuer("units/water");
    Said(young, "开展演练", {"edu"});
    Publish(young);
  }

  static v1::SearchAssignmentsRequest Words(const std::string& words, const std::string& unit = "",
                                            const std::string& issuer = "") {
    v1::SearchAssignmentsRequest request;
    request.set_query(words);
    if (!unit.empty()) request.set_unit(StrCat("units/", unit));
    if (!issuer.empty()) request.set_issuer(StrCat("units/", issuer));
    return request;
  }
  std::vector<Hit> Search(v1::SearchAssignmentsRequest request, int size = 200) {
    request.set_page_size(size);
    std::vector<Hit> hits;
    do {
      v1::SearchAssignmentsResponse page;
      const absl::Status status = office_.core().SearchAssignments(Anybody(), request, &page);
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_LE(page.hits_size(), size);
      hits.insert(hits.end(), page.hits().begin(), page.hits().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return hits;
  }
  static std::vector<std::string> Names(const std::vector<Hit>& hits) {
    std::vector<std::string> names;
    for (const Hit& hit : hits) {
      const std::string_view plan = ParseName(hit.task()).plan;
      names.push_back(StrCat(LastSegment(plan), "/", LastSegment(hit.task()), "/", LastSegment(hit.assignment()), "/",
                             v1::SearchMatch::Place_Name(hit.match().place())));
    }
    return names;
  }
  absl::Status ReportWords(const std::string& name, const std::string& words) {
    v1::ReportProgressRequest request = office_.ReportOf(name);
    request.mutable_report()->set_text(words);
    v1::Assignment assignment;
    return office_.core().ReportProgress(Anybody(), request, &assignment);
  }

  FakeClock clock_;
  TestOffice office_;
};

TEST_F(OrderSearchTest, OrdersAreFoundByTitleTextAndUnitsTheNewestFirst) {
  PublishTwo();
  EXPECT_THAT(Names(Search(Words("防汛"))), ElementsAre("young/body-1//TITLE", "old/body-2//TEXT"));
  EXPECT_THAT(Names(Search(Words("总则"))),
              ElementsAre("young/body-1//HEADING", "old/body-1//HEADING", "old/body-2//HEADING"));
  EXPECT_THAT(Names(Search(Words("市教育局 泵站"))), ElementsAre("old/body-1//TEXT"));
  const Hit hit = Search(Words("泵站"))[0];
  EXPECT_EQ(hit.plan_title(), "计划old");
  EXPECT_THAT(hit.units(), ElementsAre("市教育局", "市水务局"));
  EXPECT_EQ(hit.unit_count(), 2);
  EXPECT_EQ(hit.due(), "2024-09-30");
  EXPECT_EQ(hit.state(), v1::Assignment::STATE_UNSPECIFIED);
}

TEST_F(OrderSearchTest, OfAUnitOnlyItsOwnAreFoundAndSaidHowTheyStand) {
  PublishTwo();
  office_.SignAll("units/water");
  EXPECT_THAT(Names(Search(Words("防汛", "water"))), ElementsAre("old/body-2/water/TEXT"));
  EXPECT_THAT(Names(Search(Words("防汛", "edu"))), ElementsAre("young/body-1/edu/TITLE"));
  // Nor is it found by the other units of its tasks.
  EXPECT_THAT(Search(Words("市水务局 泵站", "edu")), IsEmpty());
  v1::SearchAssignmentsRequest request = Words("泵站", "water");
  const Hit hit = Search(request)[0];
  EXPECT_EQ(hit.state(), v1::Assignment::RECEIVED);
  EXPECT_THAT(hit.units(), ElementsAre("市水务局"));
  request.add_states(v1::Assignment::ISSUED);
  EXPECT_THAT(Search(request), IsEmpty());
  request.add_states(v1::Assignment::RECEIVED);
  EXPECT_THAT(Search(request), SizeIs(1));
  EXPECT_THAT(Search(Words("泵站", "nobody")), IsEmpty());
}

TEST_F(OrderSearchTest, AnOrderIsFoundByTheNamesOfItsFirstUnitsAndByAnyUnitThatIsAskedFor) {
  v1::Plan plan = MakePlan("wide", "city", "2024-03-04");
  std::vector<std::string> units;
  for (int i = 1; i <= kMostUnitsNamed + 1; ++i) {
    units.push_back(StrCat("u-", 100 + i));
    office_.Tell(Named(units.back(), StrCat("第", 100 + i, "街道")));
  }
  Said(plan, "清理河道", units);
  Publish(plan);
  EXPECT_THAT(Names(Search(Words(StrCat("第", 100 + kMostUnitsNamed, "街道")))), ElementsAre("wide/body-1//TEXT"));
  const std::string beyond = StrCat("第", 101 + kMostUnitsNamed, "街道");
  EXPECT_THAT(Names(Search(Words(beyond))), IsEmpty());
  EXPECT_THAT(Names(Search(Words(beyond, units.back()))), ElementsAre(StrCat("wide/body-1/", units.back(), "/TEXT")));
}

TEST_F(OrderSearchTest, OfAnIssuerOnlyWhatItIssued) {
  PublishTwo();
  EXPECT_THAT(Names(Search(Words("防汛", "", "office"))), ElementsAre("old/body-2//TEXT"));
  EXPECT_THAT(Names(Search(Words("防汛", "edu", "water"))), ElementsAre("young/body-1/edu/TITLE"));
  EXPECT_THAT(Search(Words("防汛", "edu", "office")), IsEmpty());
  office_.SignAll("units/edu");
  ASSERT_TRUE(ReportWords("plans/young/tasks/body-1/assignments/edu", "已布置沙袋").ok());
  EXPECT_THAT(Names(Search(Words("沙袋", "", "water"))), ElementsAre("young/body-1/edu/RECORDS"));
  EXPECT_THAT(Search(Words("沙袋", "", "office")), IsEmpty()) << "nor what was written about others'";
  EXPECT_THAT(Search(Words("沙袋", "water")), IsEmpty());
}

TEST_F(OrderSearchTest, WhatWasWrittenIsFoundLastAndOfWhomItIs) {
  PublishTwo();
  for (const char* unit : {"units/water", "units/edu"}) office_.SignAll(unit);
  const std::string edus = "plans/old/tasks/body-1/assignments/edu";
  const std::string waters = "plans/old/tasks/body-1/assignments/water";
  ASSERT_TRUE(ReportWords(edus, "泵站已检修，防汛沙袋到位").ok());
  ASSERT_TRUE(ReportWords(waters, "沙袋到位").ok());
  EXPECT_THAT(Names(Search(Words("沙袋"))), ElementsAre("old/body-1/edu/RECORDS", "old/body-1/water/RECORDS"));
  EXPECT_THAT(Names(Search(Words("沙袋", "water"))), ElementsAre("old/body-1/water/RECORDS"));
  EXPECT_THAT(Names(Search(Words("防汛 泵站"))), ElementsAre("old/body-1/edu/RECORDS")) << "together with the task";
  EXPECT_THAT(Names(Search(Words("泵站"))), ElementsAre("old/body-1//TEXT")) << "once, by the first place";
  v1::SearchAssignmentsRequest of_plan = Words("沙袋");
  of_plan.set_plan("plans/young");
  EXPECT_THAT(Search(of_plan), IsEmpty());
  of_plan.set_plan("plans/nothere");
  EXPECT_THAT(Search(of_plan), IsEmpty());
  // What was taken back is not shown, and so is not found.
  v1::RetractReportRequest retract;
  retract.set_request_id("retract");
  retract.set_name(waters);
  v1::Assignment assignment;
  ASSERT_TRUE(office_.core().RetractReport(Anybody(), retract, &assignment).ok());
  EXPECT_THAT(Names(Search(Words("沙袋"))), ElementsAre("old/body-1/edu/RECORDS"));
  // Results, and what the issuer writes.
  office_.Submit(waters);
  EXPECT_THAT(Names(Search(Words("全部完成"))), ElementsAre("old/body-1/water/RECORDS"));
  v1::ReviewSubmissionRequest review = office_.ReviewOf(waters, office_.LastSubmission(waters), v1::Review::RETURNED);
  review.set_comment("缺照片");
  ASSERT_TRUE(office_.core().ReviewSubmission(Anybody(), review, &assignment).ok());
  EXPECT_THAT(Names(Search(Words("照片"))), ElementsAre("old/body-1/water/RECORDS"));
}

TEST_F(OrderSearchTest, ARevisionIsFoundAsItIsNow) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  for (int i = 0; i < kShelfSize + 2; ++i) Said(plan, StrCat("第", i, "件实事"), {"edu"});
  Publish(plan);
  EXPECT_THAT(Search(Words("实事")), SizeIs(kShelfSize + 2));
  plan.set_revision(2);
  plan.mutable_tasks(3)->set_text("清淤河道");
  plan.mutable_tasks(kShelfSize)->set_text("清淤水库");
  Said(plan, "巡查堤防", {"water"});
  Publish(plan);
  EXPECT_THAT(Search(Words("实事")), SizeIs(kShelfSize));
  EXPECT_THAT(Names(Search(Words("清淤"))), ElementsAre("p/body-4//TEXT", "p/body-33//TEXT"));
  EXPECT_THAT(Names(Search(Words("堤防", "water"))), ElementsAre("p/body-35/water/TEXT"));
}

TEST_F(OrderSearchTest, RequestsThatAreWrongNameTheirField) {
  PublishTwo();
  v1::SearchAssignmentsResponse page;
  const auto field = [&](const v1::SearchAssignmentsRequest& request) {
    return MetadataOf(office_.core().SearchAssignments(Anybody(), request, &page))["field"];
  };
  EXPECT_EQ(field(Words("……")), "query");
  v1::SearchAssignmentsRequest request = Words("防汛");
  request.add_states(v1::Assignment::ISSUED);
  EXPECT_EQ(field(request), "states");
  request = Words("防汛");
  request.set_page_size(1);
  ASSERT_TRUE(office_.core().SearchAssignments(Anybody(), request, &page).ok());
  request.set_page_token(page.next_page_token());
  request.set_issuer("units/office");
  EXPECT_EQ(field(request), "page_token");
}

// A page reads so many orders and records, and not one more; the next one goes on.
TEST_F(OrderSearchTest, APageReadsABoundedNumberOfOrders) {
  v1::Plan plan = MakePlan("p", "city", "2024-03-04");
  // Both parts of the word are there, but not as one: each order has to be read to see that.
  for (int i = 0; i <= kMostOrdersRead; ++i) Said(plan, "防汛与汛期", {"edu"});
  plan.mutable_tasks(kMostOrdersRead)->set_text("防汛期");
  Publish(plan);
  v1::SearchAssignmentsRequest request = Words("防汛期");
  v1::SearchAssignmentsResponse page;
  ASSERT_TRUE(office_.core().SearchAssignments(Anybody(), request, &page).ok());
  EXPECT_THAT(page.hits(), IsEmpty());
  EXPECT_NE(page.next_page_token(), "");
  EXPECT_THAT(Search(request), SizeIs(1));
}

TEST_F(OrderSearchTest, OrdersFromBeforeTheIndexAreIndexedByAndBy) {
  PublishTwo();
  ASSERT_TRUE(office_.store()
                  ->Run({"test", ""},
                        [&](Transaction& transaction) {
                          std::vector<std::string> keys;
                          const std::string begin = IndexKey(kOrderWords, {});
                          const auto collect = [&](std::string_view key, std::string_view) {
                            keys.emplace_back(key);
                            return true;
                          };
                          DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), collect));
                          for (std::string& key : keys) transaction.DeleteRow(std::move(key));
                          transaction.DeleteLocal("words");
                          return absl::OkStatus();
                        })
                  .ok());
  office_.ExpectKeptRowsAreTrue();
  v1::SearchAssignmentsResponse page;
  ASSERT_TRUE(office_.core().SearchAssignments(Anybody(), Words("防汛"), &page).ok());
  EXPECT_TRUE(page.indexing());
  const AssignmentRecords records("city");
  int steps = 0;
  for (; *IndexMoreOrders(office_.store(), records); ++steps) office_.ExpectKeptRowsAreTrue();
  EXPECT_EQ(steps, 2);
  office_.ExpectKeptRowsAreTrue();
  EXPECT_THAT(Names(Search(Words("防汛"))), ElementsAre("young/body-1//TITLE", "old/body-2//TEXT"));
}

// Pages of whatever size give what one page gives, over everything that can be asked.
TEST_F(OrderSearchTest, PagesOfAnySizeGiveTheSame) {
  PublishTwo();
  v1::Plan plan = MakePlan("long", "city", "2024-03-06");
  for (int i = 0; i < 40; ++i) Said(plan, i % 3 == 0 ? "防汛演练" : "泵站", {"edu", "water"});
  Publish(plan);
  for (const char* unit : {"units/edu", "units/water"}) office_.SignAll(unit);
  for (int i = 1; i <= 40; ++i) {
    const std::string unit = i % 2 == 0 ? "edu" : "water";
    ASSERT_TRUE(ReportWords(StrCat("plans/long/tasks/body-", i, "/assignments/", unit), "防汛已毕").ok());
    if (i % 5 != 0) continue;
    ASSERT_TRUE(ReportWords(StrCat("plans/long/tasks/body-", i, "/assignments/edu"), "防汛再毕").ok());
  }
  for (const v1::SearchAssignmentsRequest& request :
       {Words("防汛"), Words("泵站 防汛"), Words("防汛", "edu"), Words("防汛", "", "office"), Words("毕", "water")}) {
    const std::vector<std::string> all = Names(Search(request));
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size()) << "each once";
    EXPECT_GT(all.size(), 10u);
    for (const int size : {1, 2, 7}) EXPECT_EQ(Names(Search(request, size)), all) << size;
  }
}

}  // namespace
}  // namespace duban
