#include "common/rpc/stand_in.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/health_service.h"
#include "duban/v1/plan_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/support/patience.h"

namespace duban {
namespace {

using grpc::health::v1::HealthCheckResponse;

class StandInTest : public ::testing::Test {
 protected:
  StandInTest() {
    options_.node = "city";
    options_.insecure = true;
    options_.admin_listen.clear();
    auto started = StandIn::Start(
        options_,
        [] {
          return Error(v1::NOT_SERVING, "call the one that leads", "请改到主副本", {{"leader", "10.0.0.2:7100"}});
        },
        {});
    EXPECT_TRUE(started.ok()) << started.status();
    stand_in_ = *std::move(started);
    channel_ = grpc::CreateChannel(StrCat("127.0.0.1:", stand_in_->port()), grpc::InsecureChannelCredentials());
  }

  // What a call of any of our methods comes to.
  absl::Status Call() {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + testing::Patience(absl::Seconds(10))));
    v1::ListPlansResponse response;
    return FromGrpcStatus(v1::PlanService::NewStub(channel_)->ListPlans(&context, v1::ListPlansRequest(), &response));
  }
  HealthCheckResponse::ServingStatus Health(const std::string& service) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + testing::Patience(absl::Seconds(10))));
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status = grpc::health::v1::Health::NewStub(channel_)->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  ServerOptions options_;
  std::unique_ptr<StandIn> stand_in_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(StandInTest, SaysWhereToCall) {
  const absl::Status refused = Call();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MetadataOf(refused)["leader"], "10.0.0.2:7100");
}

TEST_F(StandInTest, IsHealthyAtNothing) {
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health(kLeaderHealth), HealthCheckResponse::NOT_SERVING);
}

TEST_F(StandInTest, LeavesItsPortToWhoComesNext) {
  options_.listen = StrCat("127.0.0.1:", stand_in_->port());
  EXPECT_EQ(Call().code(), absl::StatusCode::kUnavailable);
  stand_in_->Stop();
  const auto next = StandIn::Start(options_, [] { return absl::UnavailableError("next"); }, {});
  EXPECT_TRUE(next.ok()) << next.status();
}

}  // namespace
}  // namespace duban
