// Jobs: one of a kind at a time, found again, watched and stopped.

#include "common/rpc/job_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "common/base/errors.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/patience.h"

namespace duban {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;

JobKeeper::Request RequestOf(const std::string& id, v1::Job::Kind kind = v1::Job::BACKUP) {
  JobKeeper::Request request;
  request.kind = kind;
  request.unit = v1::Job::Progress::ROWS;
  request.request_id = id;
  return request;
}

// What a call that waits has got.
struct Awaited {
  JobKeeper::Answer Callback() {
    return [this](absl::StatusOr<v1::Job> answer) {
      job = std::move(answer);
      done.Notify();
    };
  }
  absl::StatusOr<v1::Job> Get() {
    done.WaitForNotification();
    return job;
  }
  absl::StatusOr<v1::Job> job;
  Notification done;
};

class JobKeeperTest : public ::testing::Test {
 protected:
  // Works until it is let go or stopped.
  JobKeeper::Body Held() {
    return [this](Work* work, v1::Job* job) -> absl::Status {
      work->Expect(10);
      work->Advance(4);
      work->SetSubject("plan");
      ++begun_;
      while (!go_on_.HasBeenNotified() && !work->stopped()) std::this_thread::yield();
      job->mutable_backup()->set_folder("city-1");
      return CheckWanted(work);
    };
  }
  // The job once it has ended.
  v1::Job End(const std::string& name) {
    Awaited awaited;
    keeper_.Wait(name, absl::Hours(1), awaited.Callback());
    auto job = awaited.Get();
    EXPECT_TRUE(job.ok()) << job.status();
    return *job;
  }

  FakeClock clock_;
  FakeIds ids_;
  std::atomic<int> begun_{0};
  Notification go_on_;
  JobKeeper keeper_{&clock_, &ids_};
};

TEST_F(JobKeeperTest, AJobIsSeenAtWorkAndWithItsResult) {
  auto begun = keeper_.Begin(RequestOf("r-1"), Held());
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->state(), v1::Job::RUNNING);
  EXPECT_EQ(begun->request_id(), "r-1");
  EXPECT_THAT(begun->name(), ::testing::StartsWith("jobs/"));
  ASSERT_TRUE(Eventually([&] { return begun_ == 1; }));
  const v1::Job seen = *keeper_.Get(begun->name());
  EXPECT_EQ(seen.progress().done(), 4);
  EXPECT_EQ(seen.progress().total(), 10);
  EXPECT_EQ(seen.progress().subject(), "plan");
  EXPECT_FALSE(seen.has_end_time());
  clock_.Step(absl::Minutes(3));
  go_on_.Notify();
  const v1::Job ended = End(begun->name());
  EXPECT_EQ(ended.state(), v1::Job::DONE);
  EXPECT_EQ(ended.backup().folder(), "city-1");
  EXPECT_EQ(ended.end_time().seconds() - ended.start_time().seconds(), 180);
  ASSERT_EQ(keeper_.List().size(), 1u);
  EXPECT_FALSE(keeper_.List()[0].has_backup()) << "lists are without results";
}

TEST_F(JobKeeperTest, TheSameRequestIsTheSameJobAndAnotherOfTheKindHasToWait) {
  auto first = keeper_.Begin(RequestOf("r-1"), Held());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(keeper_.Begin(RequestOf("r-1"), Held())->name(), first->name());
  const absl::Status other = keeper_.Begin(RequestOf("r-2"), Held()).status();
  EXPECT_EQ(ReasonOf(other), v1::WRONG_STATE) << other;
  EXPECT_EQ(MetadataOf(other)["job"], first->name());
  EXPECT_TRUE(keeper_.Begin(RequestOf("r-3", v1::Job::VERIFICATION), Held()).ok()) << "another kind has its own place";
  EXPECT_EQ(ReasonOf(keeper_.Begin(RequestOf("r-3"), Held()).status()), v1::REQUEST_ID_REUSED);
  JobKeeper::Request changed = RequestOf("r-1");
  changed.parameters = "other";
  EXPECT_EQ(ReasonOf(keeper_.Find(changed).status()), v1::REQUEST_ID_REUSED);
  go_on_.Notify();
  End(first->name());
  // The place is free as soon as the end can be seen.
  EXPECT_TRUE(keeper_.Begin(RequestOf("r-2"), Held()).ok());
  EXPECT_EQ(keeper_.Begin(RequestOf("r-1"), Held())->state(), v1::Job::DONE) << "done once";
}

TEST_F(JobKeeperTest, OneThatFailsSaysWhyInBothLanguages) {
  auto job = keeper_.Begin(
      RequestOf("r-1"), [](Work*, v1::Job*) { return Error(v1::INVARIANT_BROKEN, "the disk is gone", "磁盘不见了"); });
  const v1::Job ended = End(job->name());
  EXPECT_EQ(ended.state(), v1::Job::FAILED);
  EXPECT_EQ(ended.error().reason(), "INVARIANT_BROKEN");
  EXPECT_EQ(ended.error().message(), "the disk is gone");
  EXPECT_EQ(ended.error().message_zh(), "磁盘不见了");
}

TEST_F(JobKeeperTest, CancelStopsAJobAndChangesNoneThatIsOver) {
  auto job = keeper_.Begin(RequestOf("r-1"), Held());
  ASSERT_TRUE(keeper_.Cancel(job->name()).ok());
  EXPECT_EQ(End(job->name()).state(), v1::Job::CANCELLED);
  EXPECT_FALSE(keeper_.Get(job->name())->has_backup());
  EXPECT_EQ(keeper_.Cancel(job->name())->state(), v1::Job::CANCELLED);
  EXPECT_EQ(ReasonOf(keeper_.Cancel("jobs/none").status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(JobKeeperTest, AWaitEndsWhenItsTimeIsOver) {
  auto job = keeper_.Begin(RequestOf("r-1"), Held());
  Awaited at_once, later, forgotten;
  keeper_.Wait(job->name(), absl::ZeroDuration(), at_once.Callback());
  EXPECT_EQ(at_once.Get()->state(), v1::Job::RUNNING);
  keeper_.Wait(job->name(), absl::Seconds(5), later.Callback());
  keeper_.Forget(keeper_.Wait(job->name(), absl::Seconds(5), forgotten.Callback()));
  clock_.Step(absl::Seconds(4));
  EXPECT_FALSE(later.done.HasBeenNotified());
  // Again and again: the keeper may be on its way into its pause.
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return later.done.HasBeenNotified();
  }));
  EXPECT_EQ(later.Get()->state(), v1::Job::RUNNING);
  EXPECT_FALSE(forgotten.done.HasBeenNotified());
  Awaited unknown;
  keeper_.Wait("jobs/none", absl::Seconds(5), unknown.Callback());
  EXPECT_EQ(ReasonOf(unknown.Get().status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(JobKeeperTest, AStopInterruptsAndTellsWhoWaits) {
  auto job = keeper_.Begin(RequestOf("r-1"), Held());
  Awaited waiting;
  keeper_.Wait(job->name(), absl::Hours(1), waiting.Callback());
  keeper_.Stop();
  EXPECT_EQ(waiting.Get()->state(), v1::Job::INTERRUPTED);
  EXPECT_EQ(ReasonOf(keeper_.Begin(RequestOf("r-2"), Held()).status()), v1::NOT_SERVING);
  Awaited late;
  keeper_.Wait(job->name(), absl::Hours(1), late.Callback());
  EXPECT_EQ(late.Get()->state(), v1::Job::INTERRUPTED);
}

TEST_F(JobKeeperTest, KeepsTheLastFiftyAndWhatRuns) {
  auto running = keeper_.Begin(RequestOf("r-long", v1::Job::VERIFICATION), Held());
  for (size_t i = 0; i < kMostJobs + 10; ++i) {
    auto job = keeper_.Begin(RequestOf("r-" + std::to_string(i)), [](Work*, v1::Job*) { return absl::OkStatus(); });
    ASSERT_TRUE(job.ok()) << job.status();
    End(job->name());
  }
  EXPECT_TRUE(keeper_.Get(running->name()).ok());
  go_on_.Notify();
  End(running->name());
  keeper_.Begin(RequestOf("r-last"), [](Work*, v1::Job*) { return absl::OkStatus(); }).IgnoreError();
  EXPECT_EQ(keeper_.List().size(), kMostJobs);
  EXPECT_EQ(keeper_.List()[0].request_id(), "r-last");
}

TEST_F(JobKeeperTest, OneWaitBeyondTheMostIsRefused) {
  auto job = keeper_.Begin(RequestOf("r-1"), Held());
  std::vector<std::unique_ptr<Awaited>> waits;
  for (size_t i = 0; i < kMostJobWaits; ++i) {
    waits.push_back(std::make_unique<Awaited>());
    keeper_.Wait(job->name(), absl::Hours(1), waits.back()->Callback());
  }
  Awaited beyond;
  keeper_.Wait(job->name(), absl::Hours(1), beyond.Callback());
  EXPECT_EQ(ReasonOf(beyond.Get().status()), v1::OVERLOADED);
  go_on_.Notify();
  for (const auto& wait : waits) EXPECT_EQ(wait->Get()->state(), v1::Job::DONE);
}

}  // namespace
}  // namespace duban
