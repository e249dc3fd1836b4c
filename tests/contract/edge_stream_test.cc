// Calls that stream, as the edge holds them: whoever holds one hears of its end, whatever ended it.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/access/ended_tokens.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/edge.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/watch_service.h"
#include "duban/v1/unit.pb.h"
#include "duban/v1/watch_service.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::Eventually;
using testing::Patience;
using testing::TestStore;

constexpr char kMethod[] = "duban.v1.WatchService/Watch";

// An edge behind gRPC, with one method.
class StreamServer {
 public:
  explicit StreamServer(Edge::Served served, Edge::Identify identify = nullptr) {
    EXPECT_TRUE(edge_.Add("test", std::move(served)).ok());
    edge_.SetIdentify(std::move(identify));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    front_.Register(builder);
    grpc_ = builder.BuildAndStart();
    front_.Start();
  }
  ~StreamServer() {
    grpc_->Shutdown(absl::ToChronoTime(RealClock().Now()));
    grpc_->Wait();
    front_.Stop();
    grpc_.reset();
    edge_.Stop();
  }
  std::string address() const { return StrCat("127.0.0.1:", port_); }

 private:
  Metrics metrics_;
  ConnectionGuard guard_{{}};
  Edge edge_{&RealClock(), &metrics_, &guard_, {}};
  Front front_{[this](std::unique_ptr<Wire> wire) { edge_.Take(std::move(wire)); }};
  int port_ = 0;
  std::unique_ptr<grpc::Server> grpc_;
};

// Whoever holds the calls: how many have come, and been forgotten.
struct Holder {
  Edge::Served Method() {
    return {.methods = {StreamingRpc<v1::WatchRequest>(
                kMethod, [this](const CallContext&, const v1::WatchRequest&, std::shared_ptr<Outlet> made) {
                  const std::weak_ptr<Outlet> held = made;
                  const auto say = [this, held] {
                    if (const auto to = held.lock(); to != nullptr && bytes > 0) to->Write(Message(bytes));
                  };
                  {
                    MutexLock lock(&mu);
                    outlet = std::move(made);
                  }
                  say();
                  ++come;
                  return Streaming{say, [this] { ++forgotten; }};
                })}};
  }
  static grpc::ByteBuffer Message(size_t size) {
    v1::WatchResponse response;
    response.add_names(std::string(size, 'x'));
    grpc::ByteBuffer message;
    EXPECT_TRUE(WriteResponse(response, &message).ok());
    return message;
  }
  std::shared_ptr<Outlet> Take() {
    EXPECT_TRUE(Eventually([this] { return come > 0; }));
    MutexLock lock(&mu);
    return std::move(outlet);
  }

  Mutex mu;
  // The last that came.
  std::shared_ptr<Outlet> outlet ABSL_GUARDED_BY(mu);
  // Of the messages that are said as fast as they leave; 0: none.
  size_t bytes = 0;
  std::atomic<int> come{0}, forgotten{0};
};

// A caller.
struct Watching {
  explicit Watching(const std::string& address) : stub(v1::WatchService::NewStub(MakeChannel(address, {}))) {
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + Patience(absl::Seconds(60))));
    reader = stub->Watch(&context, {});
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

TEST(EdgeStream, WhoeverHoldsACallForgetsItAlsoWhereTheServerEndsIt) {
  Holder holder;
  StreamServer server(holder.Method());
  Watching caller(server.address());
  holder.Take()->End(Error(v1::OVERLOADED, "too many", "太多"));
  EXPECT_EQ(ReasonOf(caller.End()), v1::OVERLOADED);
  EXPECT_TRUE(Eventually([&] { return holder.forgotten > 0; }));
  EXPECT_EQ(holder.forgotten, 1);
}

TEST(EdgeStream, ACallerWhoGoesWhileAMessageIsOnItsWayIsForgotten) {
  Holder holder;
  holder.bytes = 100'000;
  StreamServer server(holder.Method());
  constexpr int kCallers = 100;
  for (int i = 0; i < kCallers; ++i) {
    Watching caller(server.address());
    v1::WatchResponse response;
    EXPECT_TRUE(caller.reader->Read(&response));
    caller.context.TryCancel();
    EXPECT_TRUE(absl::IsCancelled(caller.End()));
  }
  EXPECT_TRUE(Eventually([&] { return holder.forgotten == kCallers; })) << holder.forgotten;
}

TEST(EdgeStream, WhoReadsNothingIsGivenUp) {
  Holder holder;
  // More than the windows of a connection hold.
  holder.bytes = 16 << 20;
  StreamServer server(holder.Method());
  Watching caller(server.address());
  std::shared_ptr<Outlet> outlet = holder.Take();
  const std::weak_ptr<Outlet> call = outlet;
  outlet->Abort(absl::CancelledError("does not read"));
  outlet.reset();
  EXPECT_TRUE(Eventually([&] { return call.expired(); })) << "gRPC is done with it";
  EXPECT_EQ(holder.forgotten, 1);
}

// What was on its way is found not to have left, and the call is finished, while the server stops.
TEST(EdgeStream, AServerStopsInGoodOrderWhoeverDoesNotRead) {
  for (int i = 0; i < 50; ++i) {
    Holder holder;
    holder.bytes = 16 << 20;
    StreamServer server(holder.Method());
    Watching caller(server.address());
    holder.Take()->End(absl::OkStatus());
  }
}

// Tokens are looked at as long as something is told.
TEST(EdgeStream, AWatchEndsWithItsToken) {
  TestStore store("plan");
  WatchService watch(&RealClock(), {});
  ASSERT_TRUE(watch.AddFeed("plan", store.get(), nullptr).ok());
  watch.Start();
  StreamServer server({.methods = watch.methods(), .ended = store.get()}, [](const grpc::ServerContextBase&) {
    Caller caller;
    caller.kind = CallerKind::kPerson;
    caller.person = "people/wang";
    caller.session = "people/wang/sessions/s1";
    caller.posts = {{"units/a", {v1::CLERK}}};
    return caller;
  });
  Watching caller(server.address());
  v1::WatchResponse response;
  ASSERT_TRUE(caller.reader->Read(&response));
  const auto put = [&](const std::string& name, const google::protobuf::Message& message) {
    ASSERT_TRUE(
        store->Run({"test", ""}, [&](Transaction& transaction) { return transaction.Put(name, message, {}).status(); })
            .ok());
  };
  v1::EndedTokens ended;
  AddEnded("people/wang/sessions/s1", 0, RealClock().Now(), &ended);
  put(EndedTokensOf("people/wang"), ended);
  put("units/a", v1::Unit());
  const absl::Status end = caller.End();
  EXPECT_EQ(ReasonOf(end), v1::NOT_AUTHENTICATED) << end;
  EXPECT_EQ(MetadataOf(end)["cause"], "TOKEN");
  EXPECT_TRUE(Eventually([&] { return watch.watching() == 0; }));
  watch.Drain();
}

TEST(EdgeStream, AWatcherHearsInTimeThatThereWasNothing) {
  TestStore store("plan");
  WatchService watch(&RealClock(), {.heartbeat = absl::Milliseconds(200)});
  ASSERT_TRUE(watch.AddFeed("plan", store.get(), nullptr).ok());
  watch.Start();
  StreamServer server({.methods = watch.methods()});
  const absl::Duration begin = RealClock().Steady();
  Watching caller(server.address());
  for (int i = 0; i < 3; ++i) {
    v1::WatchResponse response;
    ASSERT_TRUE(caller.reader->Read(&response)) << i;
  }
  EXPECT_LT(RealClock().Steady() - begin, Patience(absl::Seconds(30))) << "not when the pump next looks by itself";
  watch.Drain();
}

}  // namespace
}  // namespace duban
