// What every server promises, whatever it serves.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/base/errors.h"
#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "duban/v1/node_service.grpc.pb.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using testing::TestServer;

v1::GetUnitRequest UnitCalled(std::string name) {
  v1::GetUnitRequest request;
  request.set_name(std::move(name));
  return request;
}

TEST(Server, AnswersAfterStartAndStopsWithinASecondWhenIdle) {
  TestServer server;
  auto stub = v1::DirectoryService::NewStub(MakeChannel(server.address()));
  absl::StatusOr<v1::Unit> unit = UnaryCall(*stub, &v1::DirectoryService::Stub::GetUnit, UnitCalled("units/u1"));
  ASSERT_TRUE(unit.ok()) << unit.status();
  EXPECT_EQ(unit->name(), "units/u1");
  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  EXPECT_LT(RealClock().Steady() - begin, absl::Seconds(1));
}

}  // namespace
}  // namespace duban
