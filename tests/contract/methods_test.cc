// The tables of the services beside their contracts: what a proto promises is served.

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "duban/v1/access_service.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/feed_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "services/assignment/assignment_module.h"
#include "services/notification/notification_module.h"
#include "services/plan/plan_module.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

// Every method of every service of the contracts.
std::vector<std::string> MethodsOfTheContracts() {
  static const google::protobuf::FileDescriptor* const files[] = {
      v1::PullAssignmentsRequest::descriptor()->file(), v1::GetUnitRequest::descriptor()->file(),
      v1::FetchRequest::descriptor()->file(),           v1::GetNodeStatusRequest::descriptor()->file(),
      v1::GetReminderRequest::descriptor()->file(),     v1::GetPlanRequest::descriptor()->file(),
      v1::SignInRequest::descriptor()->file()};
  std::vector<std::string> names;
  for (const auto* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        names.push_back(StrCat(file->service(s)->full_name(), "/", file->service(s)->method(m)->name()));
      }
    }
  }
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
