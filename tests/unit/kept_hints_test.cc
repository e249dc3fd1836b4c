// What a person says of a layout serves the office's next document, too, and says so.

#include "services/plan/kept_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "services/plan/reader/findings.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PlannerTest;
using ::testing::SizeIs;

class KeptHintsTest : public PlannerTest {
 protected:
  // Rows whose cells say nothing of what is what.
  static std::string Rows(const std::string& office, int year) {
    return StrCat(office, year,
                  "年便民服务工作要点分工\n1\n完善办事指南，公布收费清单。\n市财政局\n市教育局\n长期坚持\n",
                  "2\n开设综合窗口，培训窗口人员。\n市教育局\n市卫生健康委\n长期坚持\n");
  }

  absl::Status ImportRows(const std::string& id, const std::string& text, const v1::ReadingHints* hints,
                          bool remember = false) {
    v1::ImportPlanRequest request;
    id_ = id;
    request.set_plan_id(id);
    request.set_source_name("plan.txt");
    request.set_content(text);
    if (hints != nullptr) *request.mutable_hints() = *hints;
    request.set_remember_hints(remember);
    return city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_);
  }

  static v1::ReadingHints Said() {
    v1::ReadingHints hints;
    for (const char* column : {"序号", "任务", "牵头单位", "配合单位", "时限"}) hints.add_columns(column);
    hints.set_layout(v1::ReadingHints::CELLS);
    hints.set_first_line(2);
    return hints;
  }

  std::vector<v1::KeptHints> Kept(int page_size = 0) {
    v1::ListKeptHintsRequest request;
    request.set_page_size(page_size);
    std::vector<v1::KeptHints> all;
    do {
      v1::ListKeptHintsResponse page;
      const absl::Status status = city_.Call(city_.plans(), &PlanCore::ListKeptHints, request, &page);
      EXPECT_TRUE(status.ok()) << status;
      all.insert(all.end(), page.kept_hints().begin(), page.kept_hints().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  absl::Status Forget(const std::string& name) {
    v1::DeleteKeptHintsRequest request;
    request.set_name(name);
    v1::DeleteKeptHintsResponse response;
    return city_.Call(city_.plans(), &PlanCore::DeleteKeptHints, request, &response);
  }

  absl::Status PublishAll() {
    for (const v1::Finding& finding : std::vector<v1::Finding>(plan_.findings().begin(), plan_.findings().end())) {
      if (!IsOpen(finding) || !finding.blocking()) continue;
      const absl::Status settled = Settle(finding.finding_id(), v1::Finding::DISMISSED);
      if (!settled.ok()) return settled;
    }
    return Publish();
  }
};

TEST_F(KeptHintsTest, WhatWasSaidOfAPublishedPlanServesTheNextOneOfTheOfficeAndSaysSo) {
  const v1::ReadingHints said = Said();
  ASSERT_DONE(ImportRows("y2024", Rows("南江市", 2024), &said));
  EXPECT_EQ(Id(kHintsApplied), "") << "said for this document";
  EXPECT_THAT(Kept(), IsEmpty()) << "a draft may come to nothing";
  ASSERT_DONE(PublishAll());
  ASSERT_THAT(Kept(), SizeIs(1));
  const v1::KeptHints kept = Kept()[0];
  EXPECT_EQ(kept.issuing_unit(), "南江市");
  EXPECT_EQ(kept.plan(), "plans/y2024");
  EXPECT_THAT(kept.hints().columns(), SizeIs(5));
  EXPECT_EQ(kept.hints().first_line(), 0) << "lines are other ones next year";

  ASSERT_DONE(ImportRows("y2025", Rows("南江市", 2025), nullptr));
  EXPECT_THAT(Units(0), ElementsAre("市财政局/LEAD", "市教育局/COOPERATE"));
  EXPECT_EQ(plan_.reading_hints().kept(), kept.name());
  ASSERT_NE(Id(kHintsApplied), "");
  const auto applied = std::find_if(plan_.findings().begin(), plan_.findings().end(),
                                    [](const v1::Finding& finding) { return finding.code() == kHintsApplied; });
  EXPECT_FALSE(applied->blocking());
  EXPECT_THAT(applied->message(), HasSubstr("“南江市2024年便民服务工作要点分工”"));
  ASSERT_DONE(Get());
  EXPECT_NE(Id(kHintsApplied), "") << "judged again it stays";

  ASSERT_DONE(ImportRows("other", Rows("北江市", 2025), nullptr));
  EXPECT_EQ(Id(kHintsApplied), "") << "of another office";
  const v1::ReadingHints none;
  ASSERT_DONE(ImportRows("without", Rows("南江市", 2025), &none));
  EXPECT_EQ(Id(kHintsApplied), "") << "none were wanted";
}

TEST_F(KeptHintsTest, WhatIsToBeRememberedIsKeptAtOnceAndForgottenOnDemand) {
  const v1::ReadingHints said = Said();
  ASSERT_DONE(ImportRows("draft", Rows("南江市", 2024), &said, /*remember=*/true));
  ASSERT_THAT(Kept(), SizeIs(1));
  EXPECT_EQ(Kept()[0].plan_title(), "") << "a draft is its own unit's business";
  ASSERT_DONE(ImportRows("next", Rows("南江市", 2025), nullptr));
  EXPECT_NE(Id(kHintsApplied), "");
  ASSERT_DONE(PublishAll());
  EXPECT_EQ(Kept()[0].plan(), "") << "what was only applied was not said anew";
  ASSERT_DONE(Forget(Kept()[0].name()));
  EXPECT_THAT(Kept(), IsEmpty());
  ASSERT_DONE(ImportRows("last", Rows("南江市", 2026), nullptr));
  EXPECT_EQ(Id(kHintsApplied), "");
}

TEST_F(KeptHintsTest, HintsByWhichNothingCanBeReadAreLeftOut) {
  const v1::ReadingHints said = Said();
  ASSERT_DONE(ImportRows("draft", Rows("南江市", 2024), &said, /*remember=*/true));
  const std::string prose =
      "南江市2025年工作要点\n一、加强服务\n1.完善办事指南。（责任单位：市财政局）\n2."
      "开设窗口。（责任单位：市教育局）\n";
  ASSERT_DONE(ImportRows("prose", prose, nullptr));
  EXPECT_THAT(plan_.tasks(), SizeIs(2));
  EXPECT_THAT(Units(0), ElementsAre("市财政局/RESPONSIBLE"));
}

TEST_F(KeptHintsTest, AListInPagesIsTheSameAndTheOldestMakesWay) {
  v1::Plan plan;
  *plan.mutable_reading_hints() = Said();
  plan.set_state(v1::Plan::PUBLISHED);
  const auto keep = [&](int office) {
    plan.set_issuing_unit(StrCat("第", office, "局"));
    return city_.store()->Run({"test", ""}, [&](Transaction& transaction) {
      return KeepHints(transaction, absl::FromUnixSeconds(1700000000 + office), plan);
    });
  };
  for (int office = 1; office <= static_cast<int>(kMostKeptHints); ++office) ASSERT_DONE(keep(office));
  EXPECT_THAT(Kept(200), SizeIs(kMostKeptHints));
  ASSERT_DONE(keep(2));  // Said again it is the same one.
  EXPECT_THAT(Kept(), SizeIs(kMostKeptHints));
  ASSERT_DONE(keep(static_cast<int>(kMostKeptHints) + 1));
  const std::vector<v1::KeptHints> kept = Kept(499);
  EXPECT_THAT(kept, SizeIs(kMostKeptHints));
  EXPECT_TRUE(
      std::none_of(kept.begin(), kept.end(), [](const v1::KeptHints& one) { return one.issuing_unit() == "第1局"; }));
}

}  // namespace
}  // namespace duban
