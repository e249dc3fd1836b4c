// The audit over gRPC: what an auditor gets, and what is told to who asks wrongly.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/access/audit_chain.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "duban/v1/audit_service.grpc.pb.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using testing::TestServer;

class AuditContract : public ::testing::Test {
 protected:
  void CreateUnits(int units) {
    auto directory = v1::DirectoryService::NewStub(MakeChannel(server_.address()));
    for (int i = 0; i < units; ++i) {
      v1::CreateUnitRequest request;
      request.set_request_id(StrCat("r-", i));
      request.set_unit_id(StrCat("u", i));
      request.mutable_unit()->set_display_name("局");
      request.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
      ASSERT_TRUE(UnaryCall(*directory, &v1::DirectoryService::Stub::CreateUnit, request).ok());
    }
  }
  absl::StatusOr<v1::ListAuditEntriesResponse> List(const v1::ListAuditEntriesRequest& request) {
    return UnaryCall(*stub_, &v1::AuditService::Stub::ListAuditEntries, request);
  }
  absl::StatusOr<v1::AuditExport> Export(const v1::ExportAuditRequest& request) {
    return UnaryCall(*stub_, &v1::AuditService::Stub::ExportAudit, request);
  }

  TestServer server_;
  std::unique_ptr<v1::AuditService::Stub> stub_ = v1::AuditService::NewStub(MakeChannel(server_.address()));
};

TEST_F(AuditContract, EntriesComeByPagesTheLatestFirst) {
  CreateUnits(5);
  v1::ListAuditEntriesRequest request;
  request.set_service("plan");
  request.mutable_filter()->set_method("duban.v1.DirectoryService/CreateUnit");
  request.set_page_size(2);
  std::vector<std::string> created;
  do {
    const auto page = List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::AuditEntry& entry : page->entries()) {
      EXPECT_EQ(entry.service(), "plan");
      EXPECT_EQ(entry.caller(), "anybody") << "no TLS here";
      EXPECT_EQ(entry.address(), "127.0.0.1");
      created.insert(created.end(), entry.entities().begin(), entry.entities().end());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(created, ElementsAre("units/u4", "units/u3", "units/u2", "units/u1", "units/u0"));
}

TEST_F(AuditContract, APageHasAHundredEntriesAtMostAndFiftyUnlessAsked) {
  CreateUnits(101);
  v1::ListAuditEntriesRequest request;
  request.set_service("plan");
  for (const auto& [asked, given] : {std::pair(0, 50), std::pair(100, 100), std::pair(101, 100)}) {
    request.set_page_size(asked);
    const auto page = List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->entries_size(), given) << asked;
  }
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(List(request).status()), v1::INVALID_FIELD);
}

TEST_F(AuditContract, AListingIsOfOneServiceAndOneFilter) {
  CreateUnits(2);
  v1::ListAuditEntriesRequest request;
  request.set_service("nothing");
  EXPECT_EQ(ReasonOf(List(request).status()), v1::RESOURCE_NOT_FOUND);
  request.set_service("");
  EXPECT_EQ(ReasonOf(List(request).status()), v1::INVALID_FIELD);
  request.set_service("plan");
  request.set_page_size(1);
  const auto page = List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  request.set_page_token(page->next_page_token());
  request.mutable_filter()->set_caller("other");
  EXPECT_EQ(ReasonOf(List(request).status()), v1::INVALID_FIELD) << "a token of another filter";
}

TEST_F(AuditContract, AnExportIsWhatTheStoreHas) {
  CreateUnits(3);
  v1::ExportAuditRequest request;
  request.set_service("plan");
  request.set_max_bytes(1);
  AuditChain chain;
  for (;;) {
    const auto part = Export(request);
    ASSERT_TRUE(part.ok()) << part.status();
    EXPECT_EQ(part->node(), "city");
    ASSERT_EQ(chain.Add(*part), absl::OkStatus());
    if (part->commits().empty()) break;
    EXPECT_EQ(part->commits_size(), 1) << "at least one, whatever its size";
    request.set_after_sequence(part->commits(0).sequence());
  }
  EXPECT_EQ(chain.CheckEnd(), absl::OkStatus());
  EXPECT_EQ(chain.end(), server_->store("plan")->head().sequence());
}

TEST_F(AuditContract, AnExportOfWhatIsNotThereSaysWhereToBegin) {
  v1::ExportAuditRequest request;
  request.set_service("nothing");
  EXPECT_EQ(ReasonOf(Export(request).status()), v1::RESOURCE_NOT_FOUND);
  request.set_service("plan");
  request.set_after_sequence(-1);
  EXPECT_EQ(ReasonOf(Export(request).status()), v1::INVALID_FIELD);
  request.set_after_sequence(1'000'000);
  const absl::Status status = Export(request).status();
  EXPECT_EQ(ReasonOf(status), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(status)["begin"], "0");
}

}  // namespace
}  // namespace duban
