// Searching plans: what is found, in which order, by whom; page by page as all at once.

#include "services/plan/plan_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/search/search_cursor.h"
#include "common/search/words_state.h"
#include "common/store/indexes.h"
#include "services/plan/indexes.h"
#include "services/plan/plan_words.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PlannerTest;
using Hit = v1::SearchPlansResponse::Hit;

class PlanSearchTest : public PlannerTest {
 protected:
  static Caller Officer(const std::string& unit, v1::Role role) {
    Caller caller;
    caller.kind = CallerKind::kPerson;
    caller.person = StrCat("people/", LastSegment(unit), "-", static_cast<int>(role));
    caller.posts = {{unit, {role}}};
    return caller;
  }

  // Everything that is found, in pages of `size`.
  std::vector<Hit> Search(v1::SearchPlansRequest request, const Caller& caller = Anybody(), int size = 200) {
    request.set_page_size(size);
    std::vector<Hit> hits;
    do {
      v1::SearchPlansResponse page;
      const absl::Status status = city_.plans().SearchPlans(caller, request, &page);
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_LE(page.hits_size(), size);
      EXPECT_FALSE(page.indexing());
      hits.insert(hits.end(), page.hits().begin(), page.hits().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return hits;
  }
  static v1::SearchPlansRequest Words(const std::string& words) {
    v1::SearchPlansRequest request;
    request.set_query(words);
    return request;
  }
  // `p/task/place` of what is found.
  static std::vector<std::string> Names(const std::vector<Hit>& hits) {
    std::vector<std::string> names;
    for (const Hit& hit : hits) {
      names.push_back(StrCat(LastSegment(hit.plan()), "/", LastSegment(hit.task()), "/",
                             v1::SearchMatch::Place_Name(hit.match().place())));
    }
    return names;
  }
  absl::Status CreateFor(const std::string& id, const std::string& unit, const std::string& title,
                         const std::vector<v1::Task>& tasks) {
    v1::CreatePlanRequest request;
    id_ = id;
    request.set_plan_id(id);
    request.set_unit(unit);
    request.mutable_plan()->set_title(title);
    request.mutable_plan()->set_year(2024);
    for (const v1::Task& task : tasks) *request.mutable_plan()->add_tasks() = task;
    city_.clock().Advance(absl::Seconds(1));
    return city_.Call(city_.plans(), &PlanCore::CreatePlan, request, &plan_);
  }
  static v1::Task Said(const std::string& heading, const std::string& text) {
    v1::Task task = Task(text, {{"市教育局", R::LEAD}});
    if (!heading.empty()) task.add_headings(heading);
    return task;
  }
  void ExpectIndexIsTrue() {
    const absl::StatusOr<int64_t> rows = VerifyIndexes(*city_.store()->TakeSnapshot(), "city", PlanIndexRows);
    EXPECT_TRUE(rows.ok()) << rows.status();
  }
};

TEST_F(PlanSearchTest, TitlesBeforeHeadingsBeforeTextsAndTheNewestFirst) {
  ASSERT_DONE(
      CreateFor("old", "units/gov", "防汛工作要点", {Said("一、防汛排涝", "检修泵站"), Said("", "储备防汛物资")}));
  ASSERT_DONE(CreateFor("young", "units/gov", "工作要点", {Said("", "开展防汛演练"), Said("防汛", "值守")}));
  EXPECT_THAT(Names(Search(Words("防汛"))), ElementsAre("old//TITLE", "young/body-2/HEADING", "old/body-1/HEADING",
                                                        "young/body-1/TEXT", "old/body-2/TEXT"));
  EXPECT_THAT(Names(Search(Words("防汛 泵站"))), ElementsAre("old/body-1/TEXT"));
  EXPECT_THAT(Names(Search(Words("教育局 演练"))), ElementsAre("young/body-1/TEXT")) << "the units' names, too";
  v1::SearchPlansRequest one = Words("防汛");
  one.set_plan("plans/young");
  EXPECT_THAT(Names(Search(one)), ElementsAre("young/body-2/HEADING", "young/body-1/TEXT"));
  one.set_plan("plans/nothere");
  EXPECT_THAT(Search(one), IsEmpty());
  const Hit hit = Search(Words("储备"))[0];
  EXPECT_EQ(hit.plan_title(), "防汛工作要点");
  EXPECT_EQ(hit.task(), "plans/old/tasks/body-2");
  EXPECT_EQ(hit.number(), 2);
  EXPECT_EQ(hit.match().snippet(), "储备防汛物资");
  EXPECT_EQ(hit.match().spans(0).begin(), 0);
  EXPECT_EQ(hit.match().spans(0).end(), 2);
}

TEST_F(PlanSearchTest, WhatIsEditedRevisedOrDiscardedIsFoundAsItIsNow) {
  ASSERT_DONE(CreateFor("p", "units/gov", "要点", {Said("", "检修泵站"), Said("", "清淤河道")}));
  v1::UpdateTaskRequest update;
  update.mutable_task()->set_name("plans/p/tasks/body-1");
  update.mutable_task()->set_text("巡查堤防");
  update.mutable_update_mask()->add_paths("text");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdateTask, update, &plan_));
  EXPECT_THAT(Search(Words("泵站")), IsEmpty());
  EXPECT_THAT(Names(Search(Words("堤防"))), ElementsAre("p/body-1/TEXT"));
  ExpectIndexIsTrue();
  ASSERT_DONE(Publish());
  v1::SearchPlansRequest drafts = Words("堤防");
  drafts.set_state(v1::Plan::DRAFT);
  EXPECT_THAT(Search(drafts), IsEmpty());
  drafts.set_state(v1::Plan::PUBLISHED);
  EXPECT_THAT(Names(Search(drafts)), ElementsAre("p/body-1/TEXT"));
  ExpectIndexIsTrue();
  city_.clock().Advance(absl::Seconds(1));
  v1::RevisePlanRequest revise;
  revise.set_name("plans/p");
  revise.set_draft_id("r");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::RevisePlan, revise, &plan_));
  EXPECT_THAT(Names(Search(Words("堤防"))), ElementsAre("r/body-1/TEXT", "p/body-1/TEXT"));
  v1::DeletePlanRequest discard;
  discard.set_name("plans/r");
  v1::DeletePlanResponse discarded;
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::DeletePlan, discard, &discarded));
  EXPECT_THAT(Names(Search(Words("堤防"))), ElementsAre("p/body-1/TEXT"));
  ExpectIndexIsTrue();
}

// Plans of more tasks than one shelf holds shrink: what is gone leaves nothing.
TEST_F(PlanSearchTest, AllShelvesOfAPlanFollowItsTasks) {
  std::vector<v1::Task> tasks;
  for (int i = 0; i < 2 * kShelfSize; ++i) tasks.push_back(Said("", StrCat("第", i, "件实事")));
  ASSERT_DONE(CreateFor("p", "units/gov", "要点", tasks));
  EXPECT_THAT(Search(Words("实事")), ::testing::SizeIs(2 * kShelfSize));
  EXPECT_THAT(Names(Search(Words("63"))), ElementsAre("p/body-64/TEXT"));
  ExpectIndexIsTrue();
  v1::EditPlanRequest edit;
  edit.set_name("plans/p");
  for (int i = 10; i < 2 * kShelfSize; ++i)
    edit.add_edits()->mutable_remove_task()->set_task_id(StrCat("body-", i + 1));
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::EditPlan, edit, &plan_));
  EXPECT_THAT(Search(Words("实事")), ::testing::SizeIs(10));
  ExpectIndexIsTrue();
}

// The rule of drafts once more, by itself: theirs who may read them, and nobody learns of others.
TEST_F(PlanSearchTest, DraftsAreFoundByThoseWhoMayReadThem) {
  ASSERT_DONE(CreateFor("open", "units/gov", "公开防汛要点", {Said("", "防汛")}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(CreateFor("edus", "units/edu", "教育防汛草稿", {Said("", "防汛")}));
  ASSERT_DONE(CreateFor("finances", "units/finance", "财政防汛草稿", {Said("", "防汛")}));
  ASSERT_DONE(CreateFor("nobodys", "", "防汛草稿", {Said("", "防汛")}));
  const std::string units[] = {"units/edu", "units/finance", "units/health"};
  const v1::Role roles[] = {v1::PLANNER, v1::REVIEWER, v1::LEADER, v1::CLERK};
  for (const std::string& unit : units) {
    for (const v1::Role role : roles) {
      for (const v1::Plan::State state : {v1::Plan::STATE_UNSPECIFIED, v1::Plan::DRAFT, v1::Plan::PUBLISHED}) {
        v1::SearchPlansRequest request = Words("防汛");
        request.set_viewer(unit);
        request.set_state(state);
        std::set<std::string> expected;
        if (state != v1::Plan::DRAFT) expected.insert("plans/open");
        if (state != v1::Plan::PUBLISHED && role != v1::CLERK) {
          expected.insert("plans/nobodys");
          if (unit != "units/health") expected.insert(StrCat("plans/", LastSegment(unit), "s"));
        }
        for (const int size : {1, 200}) {
          std::set<std::string> found;
          for (const Hit& hit : Search(request, Officer(unit, role), size)) found.insert(hit.plan());
          EXPECT_EQ(found, expected) << unit << " " << role << " " << state;
        }
        // Nor do they learn of one by its name.
        request.set_plan("plans/finances");
        EXPECT_EQ(Search(request, Officer(unit, role)).empty(), !expected.contains("plans/finances"));
      }
    }
  }
  // Whoever looks for another unit than their own finds none of its drafts.
  v1::SearchPlansRequest others = Words("防汛草稿");
  others.set_viewer("units/edu");
  others.set_state(v1::Plan::DRAFT);
  EXPECT_THAT(Names(Search(others, Officer("units/finance", v1::PLANNER))), ElementsAre("nobodys//TITLE"));
}

TEST_F(PlanSearchTest, PagesAreOfOneRequestAndOneCaller) {
  ASSERT_DONE(CreateFor("p", "units/gov", "要点", {Said("", "防汛甲"), Said("", "防汛乙")}));
  v1::SearchPlansRequest request = Words("防汛");
  request.set_page_size(1);
  v1::SearchPlansResponse page;
  ASSERT_DONE(city_.plans().SearchPlans(Anybody(), request, &page));
  request.set_page_token(page.next_page_token());
  ASSERT_DONE(city_.plans().SearchPlans(Anybody(), request, &page));
  EXPECT_EQ(ReasonOf(city_.plans().SearchPlans(Officer("units/gov", v1::CLERK), request, &page)), v1::INVALID_FIELD);
  request.set_query("汛");
  EXPECT_EQ(ReasonOf(city_.plans().SearchPlans(Anybody(), request, &page)), v1::INVALID_FIELD);
  request = Words("，");
  EXPECT_EQ(ReasonOf(city_.Call(city_.plans(), &PlanCore::SearchPlans, request, &page)), v1::INVALID_FIELD);
}

// A page reads so many plans and not one more; the next one goes on.
TEST_F(PlanSearchTest, APageReadsABoundedNumberOfPlans) {
  for (int i = 0; i <= kMostPlansRead; ++i) {
    // Both parts of the word are there, but not as one: the plan has to be read to see that.
    ASSERT_DONE(CreateFor(StrCat("p", i), "units/gov", "要点", {Said("", i == 0 ? "防汛期" : "防汛与汛期")}));
  }
  v1::SearchPlansRequest request = Words("防汛期");
  v1::SearchPlansResponse page;
  ASSERT_DONE(city_.plans().SearchPlans(Anybody(), request, &page));
  EXPECT_THAT(page.hits(), IsEmpty());
  EXPECT_NE(page.next_page_token(), "");
  EXPECT_THAT(Names(Search(request)), ElementsAre("p0/body-1/TEXT"));
}

// An old store: nothing is found of a plan before its words are indexed, that is said, and verification agrees.
TEST_F(PlanSearchTest, PlansFromBeforeTheIndexAreIndexedByAndBy) {
  for (const char* id : {"a", "b"}) ASSERT_DONE(CreateFor(id, "units/gov", "要点", {Said("", "防汛")}));
  ASSERT_DONE(city_.store()->Run({"test", ""}, [&](Transaction& transaction) -> absl::Status {
    for (const char* id : {"plans/a", "plans/b"}) {
      DUBAN_ASSIGN_OR_RETURN(const Stored<v1::Plan> plan, transaction.Need<v1::Plan>(id));
      DUBAN_RETURN_IF_ERROR(DropWords(transaction, plan.value));
    }
    transaction.DeleteLocal("words");
    return absl::OkStatus();
  }));
  ExpectIndexIsTrue();
  v1::SearchPlansResponse page;
  ASSERT_DONE(city_.plans().SearchPlans(Anybody(), Words("防汛"), &page));
  EXPECT_TRUE(page.indexing());
  EXPECT_THAT(page.hits(), IsEmpty());
  ASSERT_TRUE(*IndexMorePlans(city_.store()));
  city_.Restart();
  page.Clear();
  ASSERT_DONE(city_.plans().SearchPlans(Anybody(), Words("防汛"), &page));
  EXPECT_TRUE(page.indexing());
  EXPECT_EQ(page.hits_size(), 1);
  ExpectIndexIsTrue();
  city_.DoChores();
  EXPECT_THAT(Names(Search(Words("防汛"))), ElementsAre("b/body-1/TEXT", "a/body-1/TEXT"));
  ExpectIndexIsTrue();
}

// Against a search that looks at everything: random plans of few characters, any words, pages of any size.
TEST_F(PlanSearchTest, FindsWhatLookingAtEverythingFinds) {
  std::mt19937 random(7);
  const std::string characters[] = {"防", "汛", "排", "涝", "，"};
  const auto text = [&](int most) {
    std::string made = characters[random() % 4];
    for (int length = static_cast<int>(random() % static_cast<unsigned>(most)); length > 0; --length) {
      made += characters[random() % 5];
    }
    return made;
  };
  std::vector<v1::Plan> plans;
  for (int i = 0; i < 12; ++i) {
    std::vector<v1::Task> tasks;
    for (int t = static_cast<int>(random() % 40); t >= 0; --t)
      tasks.push_back(Said(random() % 2 ? text(3) : "", text(8)));
    ASSERT_DONE(CreateFor(StrCat("p", i), "units/gov", text(4), tasks));
    plans.insert(plans.begin(), plan_);
  }
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> words;
    std::string query;
    for (size_t w = 0; w <= random() % 2; ++w) {
      words.push_back(StrCat(characters[random() % 4], random() % 2 ? characters[random() % 4] : ""));
      StrAppend(&query, " ", words.back());
    }
    std::vector<std::string> expected;
    for (const v1::SearchMatch::Place place :
         {v1::SearchMatch::TITLE, v1::SearchMatch::HEADING, v1::SearchMatch::TEXT}) {
      for (const v1::Plan& plan : plans) {
        for (int thing = 0; thing < ThingsOf(plan); ++thing) {
          int found_at = 0;
          for (const std::string& word : words) {
            int first = v1::SearchMatch::RECORDS;
            for (const SearchField& field : WordsOf(plan, thing)) {
              const bool holds = field.text.find(word) != std::string_view::npos;
              if (holds) first = std::min<int>(first, field.place);
            }
            found_at = std::max(found_at, first);
          }
          const std::string task = thing == 0 ? "" : std::string(LastSegment(plan.tasks(thing - 1).name()));
          if (found_at == place) {
            expected.push_back(StrCat(LastSegment(plan.name()), "/", task, "/", v1::SearchMatch::Place_Name(place)));
          }
        }
      }
    }
    EXPECT_EQ(Names(Search(Words(query), Anybody(), 1 + static_cast<int>(random() % 30))), expected) << query;
  }
}

}  // namespace
}  // namespace duban
