// Whatever happens at three levels, in whatever order, with links down and nodes restarted: once all is exchanged, both
// sides of every assignment say the same, what is counted upwards is what is there, and what is kept is true.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "common/base/strings.h"
#include "tests/support/board_by_hand.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TestOffice;
using A = v1::Assignment;

// City, district and bureau, one above the other; `east` works at the district, `health` at the bureau or, between
// moves, at the district. The district's plans go to three units, two of them at one node, so that they share lists and
// part from them.
class RandomLevels {
 public:
  explicit RandomLevels(uint32_t seed)
      : random_(seed), city_("city", &clock_), district_("district", &clock_), bureau_("bureau", &clock_) {
    for (TestOffice* office : offices_) {
      for (const auto& [id, node] : std::map<std::string, std::string>{{"office", "city"},
                                                                       {"finance", "city"},
                                                                       {"east", "district"},
                                                                       {"roads", "district"},
                                                                       {"parks", "bureau"},
                                                                       {"ward", "bureau"}}) {
        office->Tell(MakeUnit(id, v1::Unit::DEPARTMENT, "", node));
      }
    }
    PlaceHealth("bureau");
  }

  // One thing that could happen on any day.
  void Step() {
    clock_.Advance(absl::Minutes(random_() % 600));
    switch (random_() % 14) {
      case 0:
        return Publish(city_, "c", {"east", "finance"}, "");
      case 1:
        return Publish(district_, "d", {"health", "roads", "parks"}, "c");
      case 2:
        return Publish(bureau_, "b", {"ward"}, "d");
      case 3:
        return PlaceHealth(Chance(2) ? "bureau" : "district");
      case 4:
        return Pick()->Restart();
      case 5:
        return Ok(Pick()->FollowPlans());
      case 6:
        return Ok(bureau_.Exchange(district_));
      case 7:
        return Ok(district_.Exchange(city_));
      case 8:
        return BackUpOrRestore(*Pick());
      default:
        return Work(*Pick());
    }
  }

  void Quiesce() {
    for (int round = 0; round < 4; ++round) {
      for (TestOffice* office : offices_) Ok(office->FollowPlans());
      Ok(bureau_.Exchange(district_));
      Ok(district_.Exchange(city_));
    }
  }

  void ExpectKeptRowsAreTrue() {
    for (TestOffice* office : offices_) office->ExpectKeptRowsAreTrue();
  }

  // So does verification.
  void ExpectVerificationFindsNothing() {
    bureau_.ExpectAgreesWith(district_);
    district_.ExpectAgreesWith(city_);
  }

  // Every assignment is the same at its issuer's and its unit's node, and no list is there that no order names.
  void ExpectBothSidesAgree() {
    for (TestOffice* issuer : offices_) {
      for (const std::string& list : issuer->ExpectListsAreNamed()) {
        EXPECT_TRUE(Upstream(*issuer).store()->TakeSnapshot()->Need<v1::AddresseeList>(list).ok()) << list;
      }
      for (const A& assignment : issuer->All()) {
        if (assignment.issuer_node() != issuer->node() || assignment.unit_node() == issuer->node()) continue;
        TestOffice& executor = *ByNode(assignment.unit_node());
        EXPECT_EQ(executor.Get(assignment.name()).ShortDebugString(), assignment.ShortDebugString());
      }
    }
  }

  // What a node says of its own plans is what its own plans are.
  void ExpectCountsAreTrue() {
    for (TestOffice* office : offices_) {
      const std::vector<A> all = office->All();
      for (const A& assignment : all) {
        if (assignment.issuer_node() == office->node() || assignment.has_cancel_time()) continue;
        EXPECT_EQ(testing::CountedBelow(assignment.decomposition()),
                  testing::CountedBelow(testing::MadeByHand(all, assignment, office->node())))
            << office->node() << " " << assignment.name();
      }
    }
  }

  int assignments() {
    size_t count = 0;
    for (TestOffice* office : offices_) count += office->List().size();
    return static_cast<int>(count);
  }

 private:
  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  bool Chance(int of) { return random_() % of == 0; }
  TestOffice* Pick() { return offices_[random_() % offices_.size()]; }
  TestOffice& Upstream(const TestOffice& office) { return &office == &bureau_ ? district_ : city_; }
  TestOffice* ByNode(const std::string& node) {
    for (TestOffice* office : offices_) {
      if (office->node() == node) return office;
    }
    return nullptr;
  }

  void PlaceHealth(const std::string& node) {
    for (TestOffice* office : offices_) office->Tell(MakeUnit("health", v1::Unit::DEPARTMENT, "", node));
  }

  // A node goes on from a backup now and then; its plan service does not. From each once: what a second history from
  // one backup has to do with the first, nobody can tell.
  void BackUpOrRestore(TestOffice& office) {
    if (backed_up_.contains(&office) && Chance(3)) {
      office.RestoreBackup();
      backed_up_.erase(&office);
    } else {
      office.BackUp();
      backed_up_.insert(&office);
    }
  }

  // Publishes the next revision of a plan, or withdraws it; its tasks take on those of `upstream`.
  void Publish(TestOffice& office, const std::string& id, const std::vector<std::string>& units,
               const std::string& upstream) {
    v1::Plan plan = MakePlan(id, office.node(), "2024-03-04");
    plan.set_revision(++revisions_[id]);
    if (Chance(6)) {
      plan.set_revision(--revisions_[id]);
      plan.set_state(v1::Plan::WITHDRAWN);
    }
    const int tasks = 1 + static_cast<int>(random_() % 3);
    for (int i = 0; i < tasks; ++i) {
      v1::Task* task = AddTask(plan, Chance(2) ? "2024-09-30" : "");
      if (Chance(3)) task->set_number(10 + i);
      for (const std::string& unit : units) {
        if (!Chance(3)) Address(task, StrCat("units/", unit));
      }
      if (!upstream.empty() && !Chance(3)) {
        task->add_aligned_tasks(StrCat("plans/", upstream, "/tasks/body-", 1 + random_() % 3));
      }
    }
    office.Tell(plan);
    Ok(office.FollowPlans());
  }

  // Does something to a random assignment; what its state does not allow is refused, and that is fine.
  void Work(TestOffice& office) {
    const std::vector<A> all = office.List();
    if (all.empty()) return;
    const A& assignment = all[random_() % all.size()];
    A shown;
    const std::string& name = assignment.name();
    absl::Status unused;
    switch (random_() % 4) {
      case 0:
        if (assignment.unit_node() == office.node()) Sign(office, assignment.unit());
        return;
      case 1:
        unused = office.core().ReportProgress(Anybody(), office.ReportOf(name), &shown);
        return;
      case 2:
        unused = office.core().SubmitResult(Anybody(), office.SubmissionOf(name), &shown);
        return;
      default:
        unused = office.core().ReviewSubmission(
            Anybody(),
            office.ReviewOf(name, office.LastSubmission(name), Chance(2) ? v1::Review::ACCEPTED : v1::Review::RETURNED),
            &shown);
    }
  }

  void Sign(TestOffice& office, const std::string& unit) {
    v1::PullAssignmentsResponse pulled;
    if (!office.core().PullAssignments(Anybody(), office.PullOf(unit, 1), &pulled).ok()) return;
    for (const A& assignment : pulled.assignments()) office.Receive(assignment.name(), pulled.lease_token());
  }

  std::mt19937 random_;
  FakeClock clock_;
  TestOffice city_, district_, bureau_;
  std::array<TestOffice*, 3> offices_ = {&city_, &district_, &bureau_};
  std::map<std::string, int> revisions_;
  std::set<TestOffice*> backed_up_;
};

TEST(AssignmentConvergenceTest, LevelsAgreeOnceAllIsExchanged) {
  const char* wished = std::getenv("DUBAN_SEEDS");  // Any number on demand.
  const uint32_t seeds = wished == nullptr ? 20 : static_cast<uint32_t>(std::atoi(wished));
  int assignments = 0;
  for (uint32_t seed = 1; seed <= seeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    RandomLevels levels(seed);
    for (int step = 0; step < 60; ++step) levels.Step();
    levels.ExpectKeptRowsAreTrue();
    levels.Quiesce();
    levels.ExpectKeptRowsAreTrue();
    levels.ExpectBothSidesAgree();
    levels.ExpectVerificationFindsNothing();
    levels.ExpectCountsAreTrue();
    assignments += levels.assignments();
  }
  EXPECT_GT(assignments, 10 * static_cast<int>(seeds));
}

}  // namespace
}  // namespace duban
