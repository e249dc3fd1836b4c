// How much metadata a call may carry: the same limit for every kind of method, refused before anything else happens.
//
// Nothing here depends on gRPC's own limit, whose answer depends on whether the client has seen the server's SETTINGS.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using grpc::reflection::v1::ServerReflection;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using testing::TestBehavior;
using testing::TestServer;

// One method of a server, called once; returns how the call ended.
struct Kind {
  const char* name;
  std::function<grpc::Status(const std::shared_ptr<grpc::Channel>&, grpc::ClientContext*)> call;
};

grpc::Status CallGetUnit(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  v1::GetUnitRequest request;
  request.set_name("units/u1");
  v1::Unit unit;
  return v1::DirectoryService::NewStub(channel)->GetUnit(context, request, &unit);
}

grpc::Status CallFetch(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  v1::FetchRequest request;
  request.set_feed("plan");
  request.set_follower("district");
  request.mutable_position();
  v1::FetchResponse response;
  return v1::FeedService::NewStub(channel)->Fetch(context, request, &response);
}

grpc::Status CallOffer(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  v1::OfferRequest request;
  request.set_feed("plan");
  request.set_node("district");
  request.mutable_page()->mutable_from()->set_epoch("e1");
  request.mutable_page()->mutable_to()->set_epoch("e1");
  v1::OfferResponse response;
  return v1::FeedService::NewStub(channel)->Offer(context, request, &response);
}

grpc::Status CallHealthCheck(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  HealthCheckResponse response;
  return Health::NewStub(channel)->Check(context, HealthCheckRequest(), &response);
}

// Streams end well here once they have answered; a refused one ends by itself.
grpc::Status CallHealthWatch(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  auto stub = Health::NewStub(channel);
  auto watch = stub->Watch(context, HealthCheckRequest());
  HealthCheckResponse response;
  if (!watch->Read(&response)) return watch->Finish();
  context->TryCancel();
  watch->Finish();
  return grpc::Status::OK;
}

grpc::Status CallReflection(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
  auto stub = ServerReflection::NewStub(channel);
  auto stream = stub->ServerReflectionInfo(context);
  ServerReflectionRequest request;
  request.set_list_services("");
  stream->Write(request);
  ServerReflectionResponse response;
  const bool answered = stream->Read(&response);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  return answered ? grpc::Status::OK : status;
}

const Kind kKinds[] = {{"GetUnit", CallGetUnit},
                       {"Fetch", CallFetch},
                       {"Offer", CallOffer},
                       {"HealthCheck", CallHealthCheck},
                       {"HealthWatch", CallHealthWatch},
                       {"Reflection", CallReflection}};

class MetadataTest : public ::testing::TestWithParam<Kind> {
 protected:
  // Calls with one pair of metadata more than the client library adds.
  absl::Status Call(const std::string& key, const std::string& value) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Seconds(60)));
    context.set_wait_for_ready(true);
    context.AddMetadata(key, value);
    return FromGrpcStatus(GetParam().call(channel_, &context));
  }

  // How many bytes the server counts beside `value`, as its refusal says.
  size_t BytesBeside(const std::string& key) {
    const std::string value(kMaxMetadataBytes, 'x');
    const absl::Status refused = Call(key, value);
    EXPECT_EQ(ReasonOf(refused), v1::METADATA_TOO_LARGE) << refused;
    return std::stoul("0" + MetadataOf(refused)["bytes"]) - value.size();
  }

  std::atomic<int> handled_{0};
  TestServer server_{TestBehavior{[this](const v1::GetUnitRequest&, v1::Unit*) {
    ++handled_;
    return absl::OkStatus();
  }}};
  std::shared_ptr<grpc::Channel> channel_ = MakeChannel(server_.address());
};

TEST_P(MetadataTest, AtTheLimitPassesAndOneByteMoreIsRefusedWithDetailsBeforeTheMethod) {
  const size_t beside = BytesBeside("x-large");
  ASSERT_GE(beside, std::string("x-large").size() + kMetadataPairBytes);
  const absl::Status passed = Call("x-large", std::string(kMaxMetadataBytes - beside, 'x'));
  EXPECT_TRUE(passed.ok()) << passed;
  const int handled = handled_;
  const absl::Status refused = Call("x-large", std::string(kMaxMetadataBytes - beside + 1, 'x'));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_EQ(ReasonOf(refused), v1::METADATA_TOO_LARGE);
  EXPECT_EQ(MetadataOf(refused)["bytes"], StrCat(kMaxMetadataBytes + 1));
  EXPECT_EQ(MetadataOf(refused)["limit_bytes"], StrCat(kMaxMetadataBytes));
  EXPECT_NE(ChineseMessage(refused), refused.message());
  EXPECT_EQ(handled_, handled) << "a refused call reached the method";
  EXPECT_TRUE(Call("x-small", "y").ok()) << "a refusal harms the next call";
}

TEST_P(MetadataTest, OddPairsArePassedOver) {
  EXPECT_TRUE(Call("x-nothing", "").ok());
  EXPECT_TRUE(Call("x-bytes-bin", std::string("\0\xFF\n", 3)).ok());
  EXPECT_TRUE(Call("traceparent", "00-zz").ok());
}

INSTANTIATE_TEST_SUITE_P(EveryKindOfMethod, MetadataTest, ::testing::ValuesIn(kKinds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MetadataBytes, CountsKeysValuesAndThirtyTwoForEachPair) {
  std::multimap<grpc::string_ref, grpc::string_ref> metadata;
  EXPECT_EQ(MetadataBytes(metadata), 0u);
  metadata.emplace("ab", "cde");
  EXPECT_EQ(MetadataBytes(metadata), 37u);
  metadata.emplace("ab", "");
  EXPECT_EQ(MetadataBytes(metadata), 71u);
}

}  // namespace
}  // namespace duban
