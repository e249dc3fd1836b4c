// Watch over gRPC: what a page of the console sees of it.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"
#include "duban/v1/unit.pb.h"
#include "duban/v1/watch_service.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using testing::Patience;
using testing::TestServer;

void Write(TestServer& server, const std::string& name) {
  v1::Unit unit;
  unit.set_name(name);
  const absl::Status status = server->store("plan")->Run(
      {"test", ""}, [&](Transaction& transaction) { return transaction.Put(unit.name(), unit, {}).status(); });
  ASSERT_TRUE(status.ok()) << status;
}

// A call that reads one answer after the other.
struct Watching {
  explicit Watching(TestServer& server, const v1::WatchRequest& request = {})
      : stub(v1::WatchService::NewStub(MakeChannel(server.address(), {}))) {
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + Patience(absl::Seconds(20))));
    reader = stub->Watch(&context, request);
  }
  v1::WatchResponse Next() {
    v1::WatchResponse response;
    EXPECT_TRUE(reader->Read(&response)) << reader->Finish().error_message();
    return response;
  }
  absl::Status End() {
    v1::WatchResponse response;
    while (reader->Read(&response)) {
    }
    return FromGrpcStatus(reader->Finish());
  }

  std::unique_ptr<v1::WatchService::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader;
};

TEST(Watch, SaysFromWhereOnAtOnceAndThenWhatChanges) {
  TestServer server;
  Watching page(server);
  const v1::WatchResponse first = page.Next();
  EXPECT_EQ(first.names_size(), 0);
  ASSERT_GE(first.positions_size(), 1);
  EXPECT_EQ(first.positions(0).feed(), "plan");
  Write(server, "units/a");
  const v1::WatchResponse second = page.Next();
  ASSERT_EQ(second.names_size(), 1);
  EXPECT_EQ(second.names(0), "units/a");
  EXPECT_GT(second.positions(0).sequence(), first.positions(0).sequence());

  page.context.TryCancel();
  EXPECT_TRUE(absl::IsCancelled(page.End()));
  Write(server, "units/b");
  v1::WatchRequest request;
  *request.mutable_positions() = second.positions();
  Watching again(server, request);
  const v1::WatchResponse missed = again.Next();
  ASSERT_EQ(missed.names_size(), 1);
  EXPECT_EQ(missed.names(0), "units/b");
}

TEST(Watch, TwoHundredChangesAreToldWhoeverReadsSlowly) {
  TestServer server;
  Watching page(server);
  page.Next();
  for (int i = 0; i < 200; ++i) Write(server, StrCat("units/u", i));
  std::set<std::string> heard;
  while (heard.size() < 200) {
    const v1::WatchResponse told = page.Next();
    ASSERT_EQ(told.start_over_size(), 0);
    for (const std::string& name : told.names()) heard.insert(name);
  }
}

TEST(Watch, ADrainEndsItAndSaysWhenToComeAgain) {
  TestServer server;
  Watching page(server);
  page.Next();
  std::thread drain([&] { server->Drain(); });
  const absl::Status end = page.End();
  drain.join();
  EXPECT_EQ(ReasonOf(end), v1::NOT_SERVING) << end;
  EXPECT_TRUE(end.GetPayload(kRetryInfoUrl).has_value());
}

TEST(Watch, EightPositionsAreTakenAndNineAreNot) {
  TestServer server;
  v1::WatchRequest request;
  for (int i = 0; i < 8; ++i) {
    v1::WatchPosition* const position = request.add_positions();
    position->set_feed(StrCat("feed-", i));
    position->set_epoch("e");
  }
  EXPECT_EQ(Watching(server, request).Next().start_over_size(), 0) << "feeds that are not here are passed over";
  *request.add_positions() = request.positions(0);
  const absl::Status end = Watching(server, request).End();
  EXPECT_EQ(ReasonOf(end), v1::INVALID_FIELD) << end;
  EXPECT_EQ(MetadataOf(end)["field"], "positions");
}

TEST(Watch, ABadPositionIsNamed) {
  TestServer server;
  v1::WatchRequest request;
  request.add_positions()->set_feed("plan");
  Watching page(server, request);
  const absl::Status end = page.End();
  EXPECT_EQ(ReasonOf(end), v1::INVALID_FIELD) << end;
  EXPECT_EQ(MetadataOf(end)["field"], "positions[0].epoch");
}

}  // namespace
}  // namespace duban
