// The document a plan was read from: what places in it point at, how long it is kept, and whose it is.

#include "services/plan/plan_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/base/text.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::IsEmpty;
using testing::PlannerTest;
using ::testing::SizeIs;

constexpr char kFirst[] =
    "2024年重点任务\n"
    "1.办好一件事。（责任单位：市教育局；完成时限：2030年6月底前）\n"
    "2.办好两件事。（责任单位：市财政局；完成时限：2030年6月底前）\n";
constexpr char kSecond[] =
    "2024年重点任务\n"
    "1.办好三件事。（责任单位：市教育局；完成时限：2030年6月底前）\n";

class PlanSourceTest : public PlannerTest {
 protected:
  absl::Status Source(const std::string& plan) {
    v1::GetPlanSourceRequest request;
    request.set_name(plan);
    return city_.Call(city_.plans(), &PlanCore::GetPlanSource, request, &source_);
  }
  absl::Status Reimport(const std::string& plan, const std::string& text) {
    v1::ReimportPlanRequest request;
    request.set_name(plan);
    request.set_source_name("plan.txt");
    request.set_content(text);
    return city_.Call(city_.plans(), &PlanCore::ReimportPlan, request, &plan_);
  }
  absl::Status Revise() {
    v1::RevisePlanRequest request;
    request.set_name("plans/p");
    return city_.Call(city_.plans(), &PlanCore::RevisePlan, request, &plan_);
  }
  absl::Status PublishDraft(const std::string& plan) {
    v1::PublishPlanRequest request;
    request.set_name(plan);
    request.set_issuer("units/gov");
    request.set_reason("更正");
    return city_.Call(city_.plans(), &PlanCore::PublishPlan, request, &plan_);
  }

  // All that is shown, a line each; cells of a row behind each other.
  std::string Text() const {
    std::string text;
    for (const auto& block : source_.blocks()) {
      if (block.has_line()) text += block.line().text() + "\n";
      for (const auto& row : block.rows()) {
        for (const auto& cell : row.cells()) {
          for (const auto& line : cell.lines()) text += line.text() + "|";
        }
        text += "\n";
      }
    }
    return text;
  }

  // The words at a place within one line.
  std::string At(const v1::SourceSpan& span) const {
    const auto in = [&](const v1::PlanSource::Line& line) -> std::string {
      const std::u32string printed = DecodeUtf8(line.text());
      const int begin = span.column() - line.column(), end = span.end_column() - line.column();
      const bool here = line.line() == span.line() && span.end_line() == span.line() && begin >= 0 &&
                        end <= static_cast<int>(printed.size());
      return here ? EncodeUtf8(printed.substr(begin, end - begin)) : "";
    };
    std::string found;
    for (const auto& block : source_.blocks()) {
      found += block.has_line() ? in(block.line()) : "";
      for (const auto& row : block.rows()) {
        for (const auto& cell : row.cells()) {
          for (const auto& line : cell.lines()) found += in(line);
        }
      }
    }
    return found;
  }

  v1::PlanSource source_;
};

TEST_F(PlanSourceTest, PlacesPointAtTheWordsTheyWereReadFrom) {
  ASSERT_DONE(Import(kFirst));
  ASSERT_DONE(Source("plans/p"));
  EXPECT_EQ(source_.name(), "plans/p");
  EXPECT_EQ(source_.source_name(), "plan.txt");
  EXPECT_EQ(source_.source_sha256(), plan_.source_sha256());
  EXPECT_FALSE(source_.cut());
  EXPECT_EQ(Text(), kFirst);
  ASSERT_THAT(plan_.tasks(), SizeIs(2));
  EXPECT_THAT(At(plan_.tasks(1).span()), ::testing::HasSubstr("办好两件事。"));
  EXPECT_EQ(At(plan_.tasks(1).responsibilities(0).span()), "市财政局");
}

TEST_F(PlanSourceTest, TablesAreShownAsTables) {
  ASSERT_DONE(
      Import("序号,任务,责任单位,时限\n1,办好一件事,市教育局,2030年6月底前\n2,办好两件事,市财政局,2030年6月底前\n",
             "plan.csv"));
  ASSERT_DONE(Source("plans/p"));
  ASSERT_THAT(source_.blocks(), SizeIs(1));
  ASSERT_THAT(source_.blocks(0).rows(), SizeIs(3));
  EXPECT_THAT(source_.blocks(0).rows(0).cells(), SizeIs(4));
  EXPECT_EQ(source_.blocks(0).rows(0).cells(0).row_span(), 1);
  EXPECT_EQ(At(plan_.tasks(0).responsibilities(0).span()), "市教育局");
}

TEST_F(PlanSourceTest, IsThatOfTheLastReadingAndGoesWithTheDraft) {
  ASSERT_DONE(Import(kFirst));
  ASSERT_DONE(Reimport("plans/p", kSecond));
  ASSERT_DONE(Source("plans/p"));
  EXPECT_EQ(Text(), kSecond);
  v1::DeletePlanRequest request;
  request.set_name("plans/p");
  v1::DeletePlanResponse deleted;
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::DeletePlan, request, &deleted));
  EXPECT_EQ(ReasonOf(Source("plans/p")), v1::RESOURCE_NOT_FOUND);
  // Another plan under the same name has nothing of the first one.
  ASSERT_DONE(Create({Task("办好一件事", {{"市教育局", v1::Responsibility::LEAD}})}));
  ASSERT_DONE(Source("plans/p"));
  EXPECT_THAT(source_.blocks(), IsEmpty());
  EXPECT_EQ(source_.name(), "plans/p");
}

TEST_F(PlanSourceTest, StaysWithWhatIsPublishedAndChangesWithItsRevision) {
  ASSERT_DONE(Import(kFirst));
  ASSERT_DONE(Publish());
  ASSERT_DONE(Source("plans/p"));
  EXPECT_EQ(Text(), kFirst);
  ASSERT_DONE(Revise());
  const std::string draft = plan_.name();
  ASSERT_DONE(Source(draft));
  EXPECT_EQ(Text(), kFirst) << "a draft that was opened of a plan is read from nothing of its own";
  EXPECT_EQ(source_.name(), draft);
  ASSERT_DONE(Reimport(draft, kSecond));
  ASSERT_DONE(Source(draft));
  EXPECT_EQ(Text(), kSecond);
  ASSERT_DONE(Source("plans/p"));
  EXPECT_EQ(Text(), kFirst);
  ASSERT_DONE(PublishDraft(draft));
  ASSERT_DONE(Source("plans/p"));
  EXPECT_EQ(Text(), kSecond);
}

TEST(ShownSourceTest, IsCutBehindItsLimit) {
  const auto shown = [](size_t bytes) {
    SourceDocument document;
    document.blocks.push_back(MakeLineBlock(MakeSourceLine(std::u32string(bytes - 1, U'a'), 1)));
    document.blocks.push_back(MakeLineBlock(MakeSourceLine(U"b", 2)));
    document.blocks.push_back(MakeLineBlock(MakeSourceLine(U"", 3)));
    return ShownSource(document, v1::Plan());
  };
  EXPECT_THAT(shown(kMaxSourceBytes).blocks(), SizeIs(3));
  EXPECT_FALSE(shown(kMaxSourceBytes).cut());
  const v1::PlanSource cut = shown(kMaxSourceBytes + 1);
  EXPECT_THAT(cut.blocks(), SizeIs(1)) << "what stands behind what is left out is left out, too";
  EXPECT_TRUE(cut.cut());
}

TEST(ShownSourceTest, ATableIsCutBetweenRows) {
  SourceBlock block;
  block.kind = SourceBlock::Kind::kTable;
  for (const size_t bytes : {kMaxSourceBytes - 10, size_t{10}, size_t{1}}) {
    SourceCell cell;
    cell.lines.push_back(MakeSourceLine(std::u32string(bytes, U'a'), 1));
    block.table.rows.push_back({cell});
  }
  SourceDocument document;
  document.blocks = {block};
  const v1::PlanSource cut = ShownSource(document, v1::Plan());
  ASSERT_THAT(cut.blocks(), SizeIs(1));
  EXPECT_THAT(cut.blocks(0).rows(), SizeIs(2));
  EXPECT_TRUE(cut.cut());
}

}  // namespace
}  // namespace duban
