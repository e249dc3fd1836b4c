// Who is told of which change, when, and how a watcher who was away goes on, worked off step by step.

#include "common/feed/watch_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TestStore;
using ::testing::UnorderedElementsAre;

// Plans by where they come from; units below others.
struct World final : AccessFacts {
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    ++asked;
    asked_for.emplace_back(name);
    if (!fails.ok()) return fails;
    const auto plan = plans.find(std::string(name));
    return plan == plans.end() ? std::nullopt : std::optional(plan->second);
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay) const override {
    const auto found = above.find(std::string(unit));
    return found == above.end() ? std::vector<std::string>() : std::vector<std::string>{found->second};
  }
  std::map<std::string, Origin> plans;
  std::map<std::string, std::string> above;
  mutable int asked = 0;
  mutable std::vector<std::string> asked_for;
  absl::Status fails;
};

// Whoever watches, and what it has heard.
struct Page final : WatchListener {
  void Tell(const v1::WatchResponse& response) override {
    EXPECT_FALSE(end.has_value()) << "told after the end";
    told.push_back(response);
  }
  void End(const absl::Status& why) override { end = why; }
  void Abort(const absl::Status& why) override {
    aborted = true;
    end = why;
  }
  absl::Status StillCounts() const override {
    ++counted;
    return counts;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const v1::WatchResponse& one : told) all.insert(all.end(), one.names().begin(), one.names().end());
    return all;
  }
  std::vector<v1::WatchResponse> told;
  std::optional<absl::Status> end;
  bool aborted = false;
  absl::Status counts;
  mutable int counted = 0;
};

class WatchTableTest : public ::testing::Test {
 protected:
  WatchTableTest() { Open(); }

  // As a process that begins.
  void Open() {
    table_ = std::make_unique<WatchTable>(&clock_, limits_, [this] { ++stirred_; });
    ASSERT_TRUE(table_->AddFeed("plan", store_.get(), &world_).ok());
  }
  // As a process that has two services.
  void OpenTwo() {
    Open();
    ASSERT_TRUE(table_->AddFeed("assignment", other_.get(), &world_).ok());
  }
  static Caller Holding(const std::string& person, std::vector<Post> posts) {
    Caller caller;
    caller.kind = CallerKind::kPerson;
    caller.person = "people/" + person;
    caller.posts = std::move(posts);
    return caller;
  }
  static Caller Clerk(const std::string& unit) { return Holding(unit, {{"units/" + unit, {v1::CLERK}}}); }

  int64_t Watch(const Caller& caller, const std::shared_ptr<Page>& page, const v1::WatchRequest& request = {}) {
    return table_->Submit(caller, request, page);
  }
  // Watches, and has heard from where on.
  std::shared_ptr<Page> Watching(const Caller& caller) {
    auto page = std::make_shared<Page>();
    const int64_t number = Watch(caller, page);
    table_->Work();
    EXPECT_THAT(page->told, SizeIs(1));
    page->told.clear();
    table_->Ready(number);
    numbers_[page.get()] = number;
    return page;
  }
  void Put(const std::vector<std::string>& names) { PutInto(store_, names); }
  void PutInto(TestStore& store, const std::vector<std::string>& names) {
    ASSERT_TRUE(store
                    ->Run({"test", ""},
                          [&](Transaction& transaction) {
                            for (const std::string& name : names) {
                              v1::Unit unit;
                              unit.set_display_name(StrCat(++version_));
                              DUBAN_RETURN_IF_ERROR(transaction.Put(name, unit, {}).status());
                            }
                            return absl::OkStatus();
                          })
                    .ok());
  }
  static std::vector<std::string> Units(int from, int to) {
    std::vector<std::string> names;
    for (int i = from; i < to; ++i) names.push_back(StrCat("units/", i));
    return names;
  }
  static v1::WatchRequest From(const v1::WatchResponse& told) {
    v1::WatchRequest request;
    *request.mutable_positions() = told.positions();
    return request;
  }

  FakeClock clock_;
  TestStore store_{"plan"};
  TestStore other_{"assignment"};
  World world_;
  WatchLimits limits_;
  std::unique_ptr<WatchTable> table_;
  std::map<const Page*, int64_t> numbers_;
  int stirred_ = 0;
  int version_ = 0;
};

TEST_F(WatchTableTest, EachIsToldOfWhatTheyMayReadAndOfNothingElse) {
  world_.plans = {{"plans/draft", {"units/gov", false}}, {"plans/out", {"units/gov", true}}};
  world_.above = {{"units/street", "units/gov"}};
  const auto street = Watching(Clerk("street")), school = Watching(Clerk("school"));
  const auto leader = Watching(Holding("li", {{"units/gov", {v1::LEADER}}}));
  const auto planner = Watching(Holding("an", {{"units/other", {v1::PLANNER}}}));
  const auto officer = Watching(Holding("wu", {{"", {v1::SECURITY_OFFICER}}}));
  Put({"plans/draft", "plans/out/tasks/t/order", "plans/out/tasks/t/assignments/street/execution", "people/wang",
       "ended-tokens/7"});
  table_->Work();
  EXPECT_THAT(street->names(), UnorderedElementsAre("plans/out", "plans/out/tasks/t/assignments/street"));
  EXPECT_THAT(school->names(), ElementsAre("plans/out"));
  EXPECT_THAT(leader->names(),
              UnorderedElementsAre("plans/draft", "plans/out", "plans/out/tasks/t/assignments/street"));
  EXPECT_THAT(planner->names(), ElementsAre("plans/out"));
  EXPECT_THAT(officer->names(), ElementsAre("people/wang"));
}

TEST_F(WatchTableTest, WhatARoleMayNotReadOnTheDayItIsNotToldOf) {
  world_.plans = {{"plans/out", {"units/gov", true}}};
  const auto page = Watching(Holding("li", {{"units/east", {v1::LEADER}}}));
  Put({"plans/out/tasks/t/assignments/street/execution"});
  table_->Work();
  EXPECT_THAT(page->told, IsEmpty());
  world_.above = {{"units/street", "units/east"}};
  Put({"plans/out/tasks/t/assignments/street/execution"});
  table_->Work();
  EXPECT_THAT(page->names(), ElementsAre("plans/out/tasks/t/assignments/street")) << "below it from now on";
}

TEST_F(WatchTableTest, OfAPlanThatIsGoneItIsSaidThatOneIs) {
  const auto clerk = Watching(Clerk("street"));
  const auto officer = Watching(Holding("wu", {{"", {v1::SECURITY_OFFICER}}}));
  Put({"plans/discarded"});
  table_->Work();
  EXPECT_THAT(clerk->names(), ElementsAre("plans/-"));
  EXPECT_THAT(officer->told, IsEmpty());
}

TEST_F(WatchTableTest, ASlowOneMissesNothingAndHearsEachNameOnce) {
  const auto page = Watching(Clerk("a"));
  Put({"units/1"});
  table_->Work();
  ASSERT_THAT(page->names(), ElementsAre("units/1"));
  for (int i = 0; i < 3; ++i) {
    Put({"units/2", "units/3"});
    table_->Work();
  }
  ASSERT_THAT(page->told, SizeIs(1)) << "the first has not left yet";
  const int before = stirred_;
  table_->Ready(numbers_[page.get()]);
  EXPECT_GT(stirred_, before);
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(2)) << "at once, whatever else happens";
  EXPECT_THAT(page->told[1].names(), ElementsAre("units/2", "units/3"));
}

TEST_F(WatchTableTest, WhoComesBackHearsWhatHappenedMeanwhile) {
  auto page = std::make_shared<Page>();
  const int64_t number = Watch(Clerk("a"), page);
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_THAT(page->told[0].positions(), SizeIs(1));
  table_->Cancel(number);
  EXPECT_EQ(table_->watching(), 0);
  Put({"units/1"});
  auto again = std::make_shared<Page>();
  Watch(Clerk("a"), again, From(page->told[0]));
  table_->Work();
  ASSERT_THAT(again->told, SizeIs(1));
  EXPECT_THAT(again->names(), ElementsAre("units/1"));
  EXPECT_THAT(again->told[0].start_over(), IsEmpty());
}

TEST_F(WatchTableTest, AfterARestartOnlyWhoMissedSomethingStartsOver) {
  auto page = std::make_shared<Page>();
  Watch(Clerk("a"), page);
  table_->Work();
  const v1::WatchRequest stood = From(page->told.at(0));
  Open();
  auto same = std::make_shared<Page>();
  Watch(Clerk("a"), same, stood);
  table_->Work();
  EXPECT_THAT(same->told.at(0).start_over(), IsEmpty());
  const auto told = Watching(Clerk("a"));
  Put({"units/0"});
  table_->Work();
  ASSERT_THAT(told->names(), ElementsAre("units/0"));
  Open();
  auto again = std::make_shared<Page>();
  Watch(Clerk("a"), again, From(told->told.at(0)));
  table_->Work();
  EXPECT_THAT(again->told.at(0).start_over(), IsEmpty()) << "it has heard of the last change";
  Put({"units/1"});
  Open();
  auto late = std::make_shared<Page>();
  Watch(Clerk("a"), late, stood);
  table_->Work();
  EXPECT_THAT(late->told.at(0).start_over(), ElementsAre("plan"));
  EXPECT_THAT(late->names(), IsEmpty());
}

TEST_F(WatchTableTest, APositionOfNoHistoryOrTooOldStartsOver) {
  limits_.changes_kept = 3;
  Open();
  auto page = std::make_shared<Page>();
  Watch(Clerk("a"), page);
  table_->Work();
  const v1::WatchRequest stood = From(page->told.at(0));
  const auto starts_over = [&](const v1::WatchRequest& request) {
    auto now = std::make_shared<Page>();
    table_->Cancel(Watch(Clerk("a"), now, request));
    const int64_t number = Watch(Clerk("a"), now, request);
    table_->Work();
    table_->Cancel(number);
    return !now->told.at(0).start_over().empty();
  };
  v1::WatchRequest other = stood;
  other.mutable_positions(0)->set_epoch("another");
  EXPECT_TRUE(starts_over(other));
  other = stood;
  other.mutable_positions(0)->set_sequence(stood.positions(0).sequence() + 100);
  EXPECT_TRUE(starts_over(other)) << "ahead of what there is";
  other.mutable_positions(0)->set_feed("elsewhere");
  EXPECT_FALSE(starts_over(other)) << "another process's";
  Put({"units/1", "units/2", "units/3"});
  EXPECT_FALSE(starts_over(stood)) << "as many as are kept";
  Put({"units/4"});
  EXPECT_TRUE(starts_over(stood)) << "one more";
}

TEST_F(WatchTableTest, MoreThanFitOneAnswerIsToStartOver) {
  limits_.names = 3;
  Open();
  const auto page = Watching(Clerk("a"));
  Put({"units/1", "units/2", "units/3"});
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_THAT(page->told[0].names(), SizeIs(3));
  table_->Ready(numbers_[page.get()]);
  Put({"units/1", "units/2", "units/3", "units/4"});
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(2));
  EXPECT_THAT(page->told[1].names(), IsEmpty());
  EXPECT_THAT(page->told[1].start_over(), ElementsAre("plan"));
}

TEST_F(WatchTableTest, WhereNothingHappensThatIsSaidNowAndThen) {
  const auto page = Watching(Clerk("a"));
  EXPECT_EQ(table_->UntilNextBeat(), limits_.heartbeat);
  clock_.Advance(limits_.heartbeat - absl::Seconds(1));
  table_->Work();
  EXPECT_THAT(page->told, IsEmpty());
  clock_.Advance(absl::Seconds(1));
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_THAT(page->names(), IsEmpty());
  EXPECT_THAT(page->told[0].positions(), SizeIs(1));
}

TEST_F(WatchTableTest, WhoWasJustToldSomethingIsToldInTimeThatThereWasNothing) {
  auto page = std::make_shared<Page>();
  const int64_t number = Watch(Clerk("a"), page);
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_EQ(table_->UntilNextBeat(), limits_.heartbeat) << "what it was told has not left yet, and will soon";
  clock_.Advance(limits_.heartbeat);
  EXPECT_EQ(table_->UntilNextBeat(), limits_.life - limits_.heartbeat) << "it is not ready, and says so when it is";
  const int before = stirred_;
  table_->Ready(number);
  EXPECT_GT(stirred_, before) << "its time has come meanwhile";
  table_->Work();
  EXPECT_THAT(page->told, SizeIs(2));
}

TEST_F(WatchTableTest, WhoDoesNotReadIsGivenUpWhenItsTimeIsOver) {
  auto page = std::make_shared<Page>();
  Watch(Clerk("a"), page);
  table_->Work();
  clock_.Advance(limits_.life - absl::Seconds(1));
  table_->Work();
  EXPECT_FALSE(page->end.has_value());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(table_->UntilNextBeat(), absl::ZeroDuration());
  table_->Work();
  ASSERT_TRUE(page->end.has_value());
  EXPECT_TRUE(page->aborted) << "what it was told will never leave";
  EXPECT_EQ(table_->watching(), 0);
}

TEST_F(WatchTableTest, AChangeThatIsNotForThemCostsThemNoLookIntoTheStore) {
  const auto page = Watching(Clerk("a"));
  const int before = page->counted;
  Put({"people/wang"});
  table_->Work();
  EXPECT_EQ(page->counted, before);
  Put({"units/1"});
  table_->Work();
  EXPECT_EQ(page->counted, before + 1);
  EXPECT_THAT(page->names(), ElementsAre("units/1"));
}

TEST_F(WatchTableTest, WhatNobodyKnowsByANameWakesNobody) {
  const auto page = Watching(Clerk("a"));
  const int before = stirred_;
  Put({"ended-tokens/7", "assignments/x"});
  EXPECT_EQ(stirred_, before);
  Put({"units/1"});
  EXPECT_GT(stirred_, before);
}

TEST_F(WatchTableTest, WhereNobodyKnowsWhoMaySeeItAllWhoHoldTheSameAreTold) {
  const auto one = Watching(Clerk("a")), other = Watching(Clerk("a"));
  world_.fails = Error(v1::NOT_SERVING, "the store has failed", "存储故障");
  Put({"plans/p"});
  table_->Work();
  for (const auto& page : {one, other}) {
    ASSERT_TRUE(page->end.has_value());
    EXPECT_EQ(ReasonOf(*page->end), v1::NOT_SERVING);
  }
}

// An order that is gone says nothing of the others of its plan.
TEST_F(WatchTableTest, WhereAPlanComesFromIsAskedOfThePlan) {
  world_.plans = {{"plans/out", {"units/street", true}}};
  const auto page = Watching(Holding("li", {{"units/street", {v1::REVIEWER}}}));
  Put({"plans/out/tasks/gone/assignments/school", "plans/out/tasks/t/assignments/school"});
  world_.asked_for.clear();
  table_->Work();
  EXPECT_THAT(world_.asked_for, ElementsAre("plans/out"));
  EXPECT_THAT(page->names(),
              ElementsAre("plans/out/tasks/gone/assignments/school", "plans/out/tasks/t/assignments/school"));
}

TEST_F(WatchTableTest, AnAnswerHasEachNameOnceAndNoMoreThanFitOfAllFeedsTogether) {
  limits_.names = 3;
  world_.plans = {{"plans/out", {"units/gov", true}}};
  OpenTwo();
  const auto page = Watching(Clerk("a"));
  PutInto(store_, {"plans/out", "units/1"});
  PutInto(other_, {"plans/out/tasks/t/order", "units/2"});
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_THAT(page->names(), UnorderedElementsAre("plans/out", "units/1", "units/2"));
  EXPECT_THAT(page->told[0].start_over(), IsEmpty());
  page->told.clear();
  table_->Ready(numbers_[page.get()]);
  PutInto(store_, {"units/1", "units/3"});
  PutInto(other_, {"units/1", "units/2", "plans/out/tasks/t/order"});
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1));
  EXPECT_LE(page->names().size(), 3U);
  EXPECT_THAT(page->told[0].start_over(), SizeIs(1)) << "four are too many";
}

TEST_F(WatchTableTest, OnlySoManyNamesAreLookedAtForOnePosition) {
  limits_.names_looked_at = 5;
  Open();
  const auto page = Watching(Clerk("a"));
  Put({"people/1", "people/2", "people/3", "people/4", "people/5", "people/1"});
  table_->Work();
  EXPECT_THAT(page->told, IsEmpty()) << "as many as are looked at, and none is for it";
  Put({"people/1", "people/2", "people/3", "people/4", "people/5", "people/6"});
  table_->Work();
  ASSERT_THAT(page->told, SizeIs(1)) << "one more: nobody knows";
  EXPECT_THAT(page->told[0].start_over(), ElementsAre("plan"));
}

TEST_F(WatchTableTest, ARoundLooksAtSoMuchAndTheNextGoesOnWithWhoWasLeft) {
  limits_.round = 10;
  Open();
  std::vector<std::shared_ptr<Page>> pages;
  for (int i = 0; i < 5; ++i) pages.push_back(Watching(Clerk(StrCat("u", i))));
  Put(Units(0, 5));
  const auto told = [&] {
    std::vector<size_t> all;
    for (const auto& page : pages) all.push_back(page->told.size());
    return all;
  };
  int before = stirred_;
  table_->Work();
  EXPECT_THAT(told(), ElementsAre(1, 1, 0, 0, 0));
  EXPECT_GT(stirred_, before) << "there is more to do";
  for (const auto& page : pages) table_->Ready(numbers_[page.get()]);
  // Whoever comes first does not come first for ever.
  Put(Units(5, 10));
  table_->Work();
  EXPECT_THAT(told(), ElementsAre(1, 1, 1, 0, 0)) << "ten names behind its position";
  table_->Work();
  EXPECT_THAT(told(), ElementsAre(1, 1, 1, 1, 0));
  table_->Work();
  table_->Work();
  EXPECT_THAT(told(), ElementsAre(2, 2, 1, 1, 1));
  before = stirred_;
  table_->Work();
  EXPECT_EQ(stirred_, before) << "nobody is left";
  for (const auto& page : pages) EXPECT_THAT(page->names(), SizeIs(10));
}

TEST_F(WatchTableTest, ARoundStopsBetweenTwoWatchersWhenItIsToldTo) {
  const auto one = Watching(Clerk("a")), other = Watching(Clerk("b"));
  Put({"units/1"});
  int asked = 0;
  table_->Work([&] { return asked++ == 1; });
  EXPECT_THAT(one->told, SizeIs(1));
  EXPECT_THAT(other->told, IsEmpty());
  table_->Work();
  EXPECT_THAT(other->names(), ElementsAre("units/1")) << "nothing is lost by it";
}

TEST_F(WatchTableTest, AWatchLastsItsTimeAndNoLongerThanItsToken) {
  const auto page = Watching(Clerk("a")), ended = Watching(Clerk("b"));
  ended->counts = Error(v1::NOT_AUTHENTICATED, "over", "失效");
  Put({"units/1"});
  table_->Work();
  EXPECT_THAT(ended->told, IsEmpty()) << "nothing more is told";
  ASSERT_TRUE(ended->end.has_value());
  EXPECT_EQ(ReasonOf(*ended->end), v1::NOT_AUTHENTICATED);
  EXPECT_EQ(table_->watching(), 1);
  table_->Ready(numbers_[page.get()]);
  clock_.Advance(limits_.life);
  table_->Work();
  ASSERT_TRUE(page->end.has_value());
  EXPECT_TRUE(page->end->ok()) << *page->end;
  EXPECT_EQ(table_->watching(), 0);
  EXPECT_EQ(table_->UntilNextBeat(), absl::InfiniteDuration());
}

TEST_F(WatchTableTest, SoManyWatchAndSoManyUnderOneName) {
  limits_.watchers = 3;
  limits_.of_caller = 2;
  Open();
  const auto refused = [&](const std::string& unit) {
    auto page = std::make_shared<Page>();
    Watch(Clerk(unit), page);
    return page->end.has_value() ? v1::ErrorReason_Name(ReasonOf(*page->end)) + " " + MetadataOf(*page->end)["limit"]
                                 : "";
  };
  EXPECT_EQ(refused("a"), "");
  EXPECT_EQ(refused("a"), "");
  EXPECT_EQ(refused("a"), "OVERLOADED 2");
  EXPECT_EQ(refused("b"), "");
  EXPECT_EQ(refused("c"), "OVERLOADED 3");
  table_->Drain();
  EXPECT_EQ(refused("a"), "NOT_SERVING ");
}

// As the contract has them.
TEST_F(WatchTableTest, SixtyFourWatchUnderOneNameAndTenThousandInAll) {
  const auto refused = [&](const std::string& unit) {
    auto page = std::make_shared<Page>();
    Watch(Clerk(unit), page);
    return page->end.has_value() ? MetadataOf(*page->end)["limit"] : "";
  };
  for (int i = 0; i < 64; ++i) ASSERT_EQ(refused("a"), "");
  EXPECT_EQ(refused("a"), "64");
  for (int i = 64; i < 10'000; ++i) ASSERT_EQ(refused(StrCat("u", i / 60)), "");
  EXPECT_EQ(refused("b"), "10000");
}

TEST_F(WatchTableTest, ADrainEndsThemAndTheStoreIsLetGo) {
  const auto page = Watching(Clerk("a"));
  table_->Drain();
  ASSERT_TRUE(page->end.has_value());
  EXPECT_EQ(ReasonOf(*page->end), v1::NOT_SERVING);
  EXPECT_TRUE(page->end->GetPayload(kRetryInfoUrl).has_value());
  Put({"units/1"});
  table_->Work();
  EXPECT_THAT(page->told, IsEmpty());
}

TEST_F(WatchTableTest, WhatThoseWhoHoldTheSameGetIsFoundOutOnce) {
  world_.plans = {{"plans/out", {"units/gov", true}}};
  std::vector<std::shared_ptr<Page>> pages;
  for (int i = 0; i < 50; ++i) pages.push_back(Watching(Holding(StrCat("p", i), {{"units/street", {v1::CLERK}}})));
  Put({"plans/out", "plans/out/tasks/t/order"});
  world_.asked = 0;
  table_->Work();
  EXPECT_EQ(world_.asked, 1);
  for (const auto& page : pages) EXPECT_THAT(page->names(), ElementsAre("plans/out"));
}

// Whatever comes in between, each watcher hears of every change after it began, by the positions it was told.
TEST_F(WatchTableTest, NobodyMissesAnythingHoweverTheyComeAndGo) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    limits_.changes_kept = 40;
    Open();
    v1::WatchRequest stood;
    std::set<std::string> owed;
    auto page = std::make_shared<Page>();
    int64_t number = 0;
    const auto hear = [&] {
      for (const v1::WatchResponse& told : page->told) {
        for (const std::string& name : told.names()) owed.erase(name);
        if (!told.start_over().empty()) owed.clear();
        stood = From(told);
      }
      page->told.clear();
    };
    for (int step = 0; step < 300; ++step) {
      switch (random() % 6) {
        case 0:
          page = std::make_shared<Page>();
          table_->Cancel(number);
          number = Watch(Clerk("a"), page, stood);
          break;
        case 1:
          if (random() % 10 == 0) Open();
          break;
        case 2:
          table_->Ready(number);
          break;
        case 3:
          table_->Work();
          hear();
          break;
        default:
          const std::string name = StrCat("units/", random() % 50);
          Put({name});
          // Only who knows where they stand can be owed anything.
          if (!stood.positions().empty()) owed.insert(name);
      }
    }
    table_->Cancel(number);
    page = std::make_shared<Page>();
    Watch(Clerk("a"), page, stood);
    table_->Work();
    hear();
    EXPECT_THAT(owed, IsEmpty()) << "seed " << seed;
  }
}

TEST(ResourceOf, IsWhatPeopleKnowSomethingBy) {
  const std::pair<const char*, const char*> kNames[] = {
      {"plans/p", "plans/p"},
      {"plans/p/tasks/t/order", "plans/p"},
      {"plans/p/addressees/abc", "plans/p"},
      {"plans/p/deliveries/north", "plans/p"},
      {"plans/p/tasks/t/assignments/u/execution", "plans/p/tasks/t/assignments/u"},
      {"plans/p/tasks/t/assignments/u", "plans/p/tasks/t/assignments/u"},
      {"plans/assignments/tasks/t/order", "plans/assignments"},
      {"plans/p/tasks/assignments/assignments/u/execution", "plans/p/tasks/assignments/assignments/u"},
      {"wanted/plans/p/tasks/t/assignments/u", "plans/p/tasks/t/assignments/u"},
      {"units/u", "units/u"},
      {"people/wang/grants/g1", "people/wang"},
      {"ended-tokens/3", ""},
      {"assignments/x", ""},
      {"plans", ""},
      {"", ""},
  };
  for (const auto& [entity, resource] : kNames) EXPECT_EQ(ResourceOf(entity), resource) << entity;
}

}  // namespace
}  // namespace duban
