// Backups over gRPC: what callers get, and what they are told where there is none.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "common/backup/node_backup.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/job_keeper.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/node_service.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;
using testing::TestServer;

class BackupContract : public ::testing::Test {
 protected:
  ~BackupContract() override { SetFailpointHandler("backup.after_copy", nullptr); }

  void Start(const std::string& backup_dir, absl::Duration interval = absl::ZeroDuration()) {
    server_ = std::make_unique<TestServer>(testing::TestBehavior{}, [&](ServerOptions& options) {
      options.backup_dir = backup_dir;
      options.backup_interval = interval;
    });
    stub_ = v1::NodeService::NewStub(MakeChannel(server_->address()));
  }

  absl::StatusOr<v1::Job> StartBackup(const std::string& request_id) {
    v1::StartBackupRequest request;
    request.set_request_id(request_id);
    return UnaryCall(*stub_, &v1::NodeService::Stub::StartBackup, request);
  }

  absl::StatusOr<v1::Job> StartVerification(const std::string& request_id) {
    v1::StartVerificationRequest request;
    request.set_request_id(request_id);
    return UnaryCall(*stub_, &v1::NodeService::Stub::StartVerification, request);
  }

  absl::StatusOr<v1::Job> GetJob(const std::string& name, int wait_seconds = 0) {
    v1::GetJobRequest request;
    request.set_name(name);
    request.mutable_wait()->set_seconds(wait_seconds);
    return UnaryCall(*stub_, &v1::NodeService::Stub::GetJob, request);
  }

  absl::StatusOr<v1::Job> CancelJob(const std::string& name) {
    v1::CancelJobRequest request;
    request.set_name(name);
    return UnaryCall(*stub_, &v1::NodeService::Stub::CancelJob, request);
  }

  // The job once it has ended.
  absl::StatusOr<v1::Job> End(absl::StatusOr<v1::Job> job) {
    while (job.ok() && job->state() == v1::Job::RUNNING) job = GetJob(job->name(), 20);
    return job;
  }

  // Makes a backup; returns it.
  v1::Backup Backup(const std::string& request_id) {
    auto job = End(StartBackup(request_id));
    EXPECT_TRUE(job.ok()) << job.status();
    if (!job.ok()) return {};
    EXPECT_EQ(job->state(), v1::Job::DONE) << job->error().message();
    return job->backup();
  }

  absl::StatusOr<v1::ListBackupsResponse> ListBackups(int page_size = 0) {
    v1::ListBackupsRequest request;
    request.set_page_size(page_size);
    return UnaryCall(*stub_, &v1::NodeService::Stub::ListBackups, request);
  }

  // Waits until the server refuses calls.
  void AwaitDrain() {
    Mutex mu;
    const bool never = false;
    while (ReasonOf(ListBackups().status()) != v1::NOT_SERVING) {
      MutexLock lock(&mu);
      RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Milliseconds(5));
    }
  }

  TempFolder folder_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::NodeService::Stub> stub_;
};

TEST_F(BackupContract, ABackupIsMadeOnceARequestListedAndRestored) {
  Start(folder_.path());
  auto directory = v1::DirectoryService::NewStub(MakeChannel(server_->address()));
  v1::CreateUnitRequest unit;
  unit.set_request_id("r-unit");
  unit.set_unit_id("u1");
  unit.mutable_unit()->set_display_name("单位");
  unit.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
  ASSERT_TRUE(UnaryCall(*directory, &v1::DirectoryService::Stub::CreateUnit, unit).ok());
  const v1::Backup first = Backup("r-1");
  EXPECT_EQ(first.SerializeAsString(), Backup("r-1").SerializeAsString());
  const v1::Backup second = Backup("r-2");
  EXPECT_EQ(first.stores(0).head().epoch(), (*server_)->store("plan")->epoch());
  // That there is a backup is noted in the store.
  EXPECT_GT(second.stores(0).head().sequence(), first.stores(0).head().sequence());
  auto list = ListBackups();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->backups_size(), 2);
  EXPECT_EQ(list->backups(0).folder(), second.folder());
  EXPECT_EQ(ListBackups(1)->backups_size(), 1);
  TempFolder data;
  auto restored = RestoreNode({StrCat(folder_.path(), "/", first.folder())}, data.path(), &RealClock(), &SystemIds());
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->stores(0).backup_head().sequence(), first.stores(0).head().sequence());
}

TEST_F(BackupContract, ARequestOfBeforeARestartIsAJobThatIsDone) {
  Start(folder_.path());
  const v1::Backup made = Backup("r-1");
  server_.reset();
  Start(folder_.path());
  auto job = StartBackup("r-1");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::Job::DONE);
  EXPECT_EQ(job->backup().folder(), made.folder());
  EXPECT_EQ(GetJob(job->name())->backup().folder(), made.folder());
  EXPECT_EQ(ListBackups()->backups_size(), 1);
}

TEST_F(BackupContract, AServerWithoutAFolderSaysHowToGetOne) {
  Start("");
  for (const absl::Status& status : {StartBackup("r-1").status(), ListBackups().status()}) {
    EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--backup-dir"));
  }
}

TEST_F(BackupContract, FieldsThatBreakTheirRuleAreRefused) {
  Start(folder_.path());
  EXPECT_EQ(ReasonOf(StartBackup("").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(StartBackup("../../etc").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(StartVerification("").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(ListBackups(-1).status()), v1::INVALID_FIELD);
  v1::ListJobsRequest jobs;
  jobs.set_page_size(-1);
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &v1::NodeService::Stub::ListJobs, jobs).status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(GetJob("plans/p1").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(GetJob("jobs/j1", 21).status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(CancelJob("").status()), v1::INVALID_FIELD);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(BackupContract, WhatIsNotThereIsNotFound) {
  Start(folder_.path());
  EXPECT_EQ(ReasonOf(GetJob("jobs/j1").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(CancelJob("jobs/j1").status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(BackupContract, AnotherBackupIsRefusedWhileOneIsMadeAndThatOneIsFoundAgain) {
  Start(folder_.path());
  Notification begun, go_on;
  SetFailpointHandler("backup.after_copy", [&] {
    if (!begun.HasBeenNotified()) begun.Notify();
    go_on.WaitForNotification();
  });
  auto first = StartBackup("r-1");
  ASSERT_TRUE(first.ok()) << first.status();
  begun.WaitForNotification();
  const absl::Status second = StartBackup("r-2").status();
  EXPECT_EQ(ReasonOf(second), v1::WRONG_STATE) << second;
  EXPECT_EQ(MetadataOf(second)["job"], first->name());
  EXPECT_EQ(ReasonOf(StartVerification("r-1").status()), v1::REQUEST_ID_REUSED);
  // On another connection, by its request and by its name.
  stub_ = v1::NodeService::NewStub(MakeChannel(server_->address()));
  EXPECT_EQ(StartBackup("r-1")->name(), first->name());
  auto seen = GetJob(first->name(), 1);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->state(), v1::Job::RUNNING);
  EXPECT_EQ(seen->progress().subject(), "plan");
  EXPECT_GT(seen->progress().total(), 0);
  auto jobs = UnaryCall(*stub_, &v1::NodeService::Stub::ListJobs, v1::ListJobsRequest());
  ASSERT_TRUE(jobs.ok());
  ASSERT_EQ(jobs->jobs_size(), 1);
  EXPECT_EQ(jobs->jobs(0).name(), first->name());
  go_on.Notify();
  EXPECT_EQ(End(GetJob(first->name()))->state(), v1::Job::DONE);
}

TEST_F(BackupContract, MoreThanAHundredWhoWaitForJobsAreTooMany) {
  Start(folder_.path());
  Notification begun, go_on;
  SetFailpointHandler("backup.after_copy", [&] {
    begun.Notify();
    go_on.WaitForNotification();
  });
  auto job = StartBackup("r-1");
  begun.WaitForNotification();
  std::atomic<int> ended{0};
  std::vector<std::thread> callers;
  for (size_t i = 0; i < kMostJobWaits; ++i) {
    callers.emplace_back([&] {
      // The one below may have taken the last place for a moment.
      absl::StatusOr<v1::Job> got;
      do {
        got = GetJob(job->name(), 20);
      } while (ReasonOf(got.status()) == v1::OVERLOADED);
      ended += got.ok() && got->state() == v1::Job::DONE ? 1 : 0;
    });
  }
  // The hundred are on their way; whoever comes when all of them wait is refused.
  EXPECT_TRUE(testing::Eventually([&] { return ReasonOf(GetJob(job->name(), 1).status()) == v1::OVERLOADED; }));
  go_on.Notify();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ended, kMostJobWaits);
}

TEST_F(BackupContract, ACancelledBackupEndsAndLeavesNothingBehind) {
  Start(folder_.path());
  Notification begun, go_on;
  SetFailpointHandler("backup.after_copy", [&] {
    begun.Notify();
    go_on.WaitForNotification();
  });
  auto job = StartBackup("r-1");
  begun.WaitForNotification();
  EXPECT_EQ(CancelJob(job->name())->state(), v1::Job::RUNNING);
  go_on.Notify();
  EXPECT_EQ(End(GetJob(job->name()))->state(), v1::Job::CANCELLED);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(BackupContract, TheNextBackupHasToWait) {
  Start(folder_.path(), absl::Minutes(30));
  const v1::Backup good = Backup("r-1");
  for (int i = 0; i < 7; ++i) {
    const absl::Status refused = StartBackup(StrCat("r-other-", i)).status();
    EXPECT_EQ(ReasonOf(refused), v1::WRONG_STATE) << refused;
    EXPECT_EQ(MetadataOf(refused)["state"], "BACKUP_TOO_RECENT");
  }
  EXPECT_EQ(Backup("r-1").folder(), good.folder()) << "the request that made it is answered as before";
  EXPECT_EQ(ListBackups()->backups_size(), 1);
}

TEST_F(BackupContract, ADrainInterruptsABackupAndTellsWhoWaits) {
  Start(folder_.path());
  Notification begun;
  SetFailpointHandler("backup.after_copy", [&] {
    begun.Notify();
    // Goes on once the server drains: the job is told before anything else waits.
    AwaitDrain();
    EXPECT_EQ(ReasonOf(StartBackup("r-2").status()), v1::NOT_SERVING);
    EXPECT_EQ(ReasonOf(StartVerification("r-3").status()), v1::NOT_SERVING);
  });
  auto job = StartBackup("r-1");
  ASSERT_TRUE(job.ok()) << job.status();
  absl::StatusOr<v1::Job> ended;
  std::thread caller([&] { ended = GetJob(job->name(), 20); });
  begun.WaitForNotification();
  std::thread drain([&] { (*server_)->Drain(); });
  caller.join();
  drain.join();
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->state(), v1::Job::INTERRUPTED);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(BackupContract, AStoreAtWorkIsLookedOverByOneJobHoweverManyAsk) {
  Start("");
  auto job = StartVerification("r-1");
  ASSERT_TRUE(job.ok()) << job.status();
  auto found = End(job);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::Job::DONE);
  // Files, mark, chain, feed and records; the module of this test keeps no index.
  EXPECT_EQ(found->verification().checks_size(), 5);
  EXPECT_EQ(found->progress().done(), 5);
  EXPECT_EQ(found->progress().total(), 5);
  for (const v1::NodeCheck& check : found->verification().checks()) {
    EXPECT_EQ(check.service(), "plan");
    EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  }
}

TEST_F(BackupContract, AFolderThatCannotBeWrittenIsReported) {
  std::ofstream(folder_.path() + "/file") << "not a folder";
  Start(folder_.path() + "/file/backups");
  auto job = End(StartBackup("r-1"));
  // Where the folder cannot even be listed, the call itself says so.
  const std::string message = job.ok() ? job->error().message() : std::string(job.status().message());
  EXPECT_THAT(message, HasSubstr("/file"));
  EXPECT_EQ(job.ok() ? job->error().reason() : v1::ErrorReason_Name(ReasonOf(job.status())), "INVARIANT_BROKEN");
}

TEST_F(BackupContract, SetLogLevelChangesWhatIsLoggedAndItsRequestIdCountsOnce) {
  Start(folder_.path() + "/backups");
  v1::SetLogLevelRequest request;
  request.set_request_id("level-1");
  request.set_level(v1::LOG_LEVEL_ERROR);
  auto set = UnaryCall(*stub_, &v1::NodeService::Stub::SetLogLevel, request);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->level(), v1::LOG_LEVEL_ERROR);
  EXPECT_FALSE(set->has_end_time());
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kError);
  EXPECT_TRUE(UnaryCall(*stub_, &v1::NodeService::Stub::SetLogLevel, request).ok()) << "a repeat";
  request.set_level(v1::LOG_LEVEL_INFO);
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &v1::NodeService::Stub::SetLogLevel, request).status()), v1::REQUEST_ID_REUSED);
  for (const int64_t seconds : {int64_t{0}, int64_t{86'401}}) {
    request.set_request_id(StrCat("level-", seconds));
    request.mutable_duration()->set_seconds(seconds);
    EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &v1::NodeService::Stub::SetLogLevel, request).status()), v1::INVALID_FIELD);
  }
  request.mutable_duration()->set_seconds(86'400);
  auto day = UnaryCall(*stub_, &v1::NodeService::Stub::SetLogLevel, request);
  ASSERT_TRUE(day.ok()) << day.status();
  EXPECT_TRUE(day->has_end_time());
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kInfo);
}

}  // namespace
}  // namespace duban
