// A server in this process with a module whose methods a test decides.

#ifndef DUBAN_TESTS_SUPPORT_TEST_SERVER_H_
#define DUBAN_TESTS_SUPPORT_TEST_SERVER_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/feed/hop.h"
#include "common/rpc/server.h"
#include "duban/v1/directory_service.pb.h"
#include "tests/support/temp_folder.h"

namespace duban::testing {

// What the methods of TestModule do. Called on serving threads.
struct TestBehavior {
  std::function<absl::Status(const v1::GetUnitRequest&, v1::Unit*)> get_unit = [](const v1::GetUnitRequest& request,
                                                                                  v1::Unit* unit) {
    unit->set_name(request.name());
    return absl::OkStatus();
  };
};

// A module with one gRPC service: GetUnit does what the test says, CreateUnit writes to the store, for every follower,
// and GetUnitGroup is answered where it comes in (Lane::kFront).
class TestModule final : public Module {
 public:
  TestModule(std::string name, Ports ports, const TestBehavior* behavior)
      : name_(std::move(name)), ports_(ports), behavior_(behavior) {}

  std::string name() const override { return name_; }
  std::vector<Method> methods() override {
    return {Rpc("duban.v1.DirectoryService/GetUnit", this, &TestModule::GetUnit),
            Rpc("duban.v1.DirectoryService/CreateUnit", this, &TestModule::CreateUnit),
            Rpc("duban.v1.DirectoryService/GetUnitGroup", this, &TestModule::GetUnitGroup, Lane::kFront)};
  }
  HopSpecs hops() override {
    HopSpecs specs;
    FeedSpec feed;
    feed.feed = name_;
    feed.store = ports_.store;
    feed.audiences_of = DefaultAudiences;
    feed.apply_offer = [](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& /*source*/) {
      v1::Unit unit;
      if (entry.payload().UnpackTo(&unit)) transaction.PutLocal(entry.entity(), unit);
      return absl::OkStatus();
    };
    feed.held_for = [](const ReadView&, std::string_view, const google::protobuf::Any& payload, std::string_view) {
      return std::optional<google::protobuf::Any>(payload);
    };
    specs.feeds.push_back(std::move(feed));
    return specs;
  }

  absl::Status GetUnit(const Caller&, const v1::GetUnitRequest& request, v1::Unit* response) {
    return behavior_->get_unit(request, response);
  }
  absl::Status GetUnitGroup(const Caller&, const v1::GetUnitGroupRequest& request, v1::UnitGroup* response) {
    response->set_name(request.name());
    return absl::OkStatus();
  }
  absl::Status CreateUnit(const Caller& caller, const v1::CreateUnitRequest& request, v1::Unit* response) {
    return ports_.store->Request({caller, "duban.v1.DirectoryService/CreateUnit", request}, response,
                                 [&](Transaction& transaction) -> absl::Status {
                                   *response = request.unit();
                                   response->set_name("units/" + request.unit_id());
                                   return transaction.Put(response->name(), *response, {kDownstreamAudience}).status();
                                 });
  }

 private:
  const std::string name_;
  const Ports ports_;
  const TestBehavior* const behavior_;
};

// A running server with a TestModule as the plan service, on free ports, and a channel to it.
class TestServer {
 public:
  explicit TestServer(TestBehavior behavior = {}, std::function<void(ServerOptions&)> adjust = {},
                      ServerPorts ports = {})
      : behavior_(std::move(behavior)) {
    options_.program = "test";
    options_.node = "city";
    options_.data_dir = folder_.path();
    options_.log_level = LogLevel::kError;
    options_.insecure = true;
    if (adjust) adjust(options_);
    absl::StatusOr<std::unique_ptr<Server>> started = Server::Start(options_, {Factory(&behavior_)}, ports);
    EXPECT_TRUE(started.ok()) << started.status();
    if (started.ok()) server_ = *std::move(started);
  }

  static ModuleFactory Factory(const TestBehavior* behavior) {
    return {"plan", [behavior](const Ports& ports) { return std::make_unique<TestModule>("plan", ports, behavior); }};
  }

  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  const ServerOptions& options() const { return options_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  // Destroys the server.
  void Stop() { server_.reset(); }

 private:
  TempFolder folder_;
  TestBehavior behavior_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_SERVER_H_
