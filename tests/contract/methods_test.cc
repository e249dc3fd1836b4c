// The tables of the services beside their contracts: what a proto promises is served.

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/access/decision.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "services/assignment/assignment_module.h"
#include "services/notification/notification_module.h"
#include "services/plan/plan_module.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

// Every method of every service of the contracts.
std::vector<std::string> MethodsOfTheContracts() {
  std::vector<std::string> names;
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) names.push_back(WireName(*method));
  return names;
}

TEST(Methods, EveryMethodOfTheContractsIsServed) {
  const testing::TempFolder folder;
  ServerOptions options;
  options.insecure = true;
  options.node = "city";
  options.data_dir = folder.path();
  auto server = Server::Start(
      options,
      {{"plan", MakePlanModule}, {"assignment", MakeAssignmentModule}, {"notification", MakeNotificationModule}});
  ASSERT_TRUE(server.ok()) << server.status();
  grpc::GenericStub stub(MakeChannel(StrCat("127.0.0.1:", (*server)->port())));
  const std::vector<std::string> names = MethodsOfTheContracts();
  EXPECT_GE(names.size(), 45u);
  for (const std::string& name : names) {
    // Bytes that are no message, so that nothing happens beyond reading them.
    const grpc::Slice slice(std::string(1, '\x0A'));
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    grpc::Status status;
    Notification done;
    stub.UnaryCall(&context, "/" + name, {}, &request, &response, [&](grpc::Status ended) {
      status = std::move(ended);
      done.Notify();
    });
    done.WaitForNotification();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name << ": " << status.error_message();
  }
}

}  // namespace
}  // namespace duban
