// Backups over gRPC: what callers get, and what they are told where there is none.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/backup/node_backup.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/node_service.grpc.pb.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;
using testing::TestServer;

class BackupContract : public ::testing::Test {
 protected:
  ~BackupContract() override { SetFailpointHandler("backup.after_copy", nullptr); }

  void Start(const std::string& backup_dir) {
    server_ = std::make_unique<TestServer>(testing::TestBehavior{},
                                           [&](ServerOptions& options) { options.backup_dir = backup_dir; });
    stub_ = v1::NodeService::NewStub(MakeChannel(server_->address()));
  }

  absl::StatusOr<v1::Backup> CreateBackup(const std::string& request_id) {
    v1::CreateBackupRequest request;
    request.set_request_id(request_id);
    return UnaryCall(*stub_, &v1::NodeService::Stub::CreateBackup, request);
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
  std::thread drain_;
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
  auto first = CreateBackup("r-1");
  auto again = CreateBackup("r-1");
  auto second = CreateBackup("r-2");
  ASSERT_TRUE(first.ok() && again.ok() && second.ok()) << first.status() << again.status() << second.status();
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_EQ(first->stores(0).head().SerializeAsString(), (*server_)->store("plan")->head().SerializeAsString());
  auto list = ListBackups();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->backups_size(), 2);
  EXPECT_EQ(list->backups(0).folder(), second->folder());
  EXPECT_EQ(ListBackups(1)->backups_size(), 1);
  TempFolder data;
  auto restored = RestoreNode({StrCat(folder_.path(), "/", first->folder())}, data.path(), &RealClock(), &SystemIds());
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->stores(0).backup_head().sequence(), first->stores(0).head().sequence());
}

TEST_F(BackupContract, AServerWithoutAFolderSaysHowToGetOne) {
  Start("");
  for (const absl::Status& status : {CreateBackup("r-1").status(), ListBackups().status()}) {
    EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--backup-dir"));
  }
}

TEST_F(BackupContract, FieldsThatBreakTheirRuleAreRefused) {
  Start(folder_.path());
  EXPECT_EQ(ReasonOf(CreateBackup("").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(CreateBackup("../../etc").status()), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(ListBackups(-1).status()), v1::INVALID_FIELD);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(BackupContract, AnotherBackupIsRefusedWhileOneIsMade) {
  Start(folder_.path());
  Notification begun, go_on;
  SetFailpointHandler("backup.after_copy", [&] {
    if (!begun.HasBeenNotified()) begun.Notify();
    go_on.WaitForNotification();
  });
  absl::StatusOr<v1::Backup> first;
  std::thread caller([&] { first = CreateBackup("r-1"); });
  begun.WaitForNotification();
  EXPECT_EQ(ReasonOf(CreateBackup("r-2").status()), v1::OVERLOADED);
  go_on.Notify();
  caller.join();
  EXPECT_TRUE(first.ok()) << first.status();
}

TEST_F(BackupContract, AServerThatStopsRefusesToBegin) {
  Start(folder_.path());
  // Drained within the call: the keeper is told before anything else waits.
  SetFailpointHandler("backup.after_copy", [&] {
    drain_ = std::thread([&] { (*server_)->Drain(); });
    AwaitDrain();
  });
  const absl::Status status = CreateBackup("r-1").status();
  drain_.join();
  EXPECT_EQ(ReasonOf(status), v1::NOT_SERVING) << status;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(BackupContract, AStoreAtWorkIsLookedOver) {
  Start("");
  auto found = UnaryCall(*stub_, &v1::NodeService::Stub::VerifyNode, v1::VerifyNodeRequest());
  ASSERT_TRUE(found.ok()) << found.status();
  // Files, mark, chain, feed and records; the module of this test keeps no index.
  EXPECT_EQ(found->checks_size(), 5);
  for (const v1::NodeCheck& check : found->checks()) {
    EXPECT_EQ(check.service(), "plan");
    EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << check.finding();
  }
}

TEST_F(BackupContract, AFolderThatCannotBeWrittenIsReported) {
  std::ofstream(folder_.path() + "/file") << "not a folder";
  Start(folder_.path() + "/file/backups");
  const absl::Status status = CreateBackup("r-1").status();
  EXPECT_EQ(ReasonOf(status), v1::INVARIANT_BROKEN) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/file"));
}

}  // namespace
}  // namespace duban
