// The tables of the services beside their contracts: what a proto promises is served.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
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

// Whether a method only reads, by its name.
bool Reads(std::string_view name) {
  constexpr std::string_view kVerbs[] = {"Compare", "Expand",  "Explain", "Export",  "Fetch",
                                         "Get",     "List",    "Parse",   "Preview", "Propose",
                                         "Read",    "Resolve", "Search",  "Watch",   "WhoAmI"};
  return std::any_of(std::begin(kVerbs), std::end(kVerbs), [&](std::string_view verb) {
    if (!name.starts_with(verb)) return false;
    name.remove_prefix(verb.size());
    return name.empty() || absl::ascii_isupper(static_cast<unsigned char>(name.front()));
  });
}

// What a browser may GET, and whoever lost an answer may ask again without a request id: every method that reads, and
// no other.
TEST(Methods, WhatReadsSaysSo) {
  const std::set<std::string_view> exceptions = {
      // The server notes how far its follower has come, and lets go of what lies behind.
      "duban.v1.FeedService.Fetch",
  };
  std::set<std::string> silent, loud, met;
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) {
    const bool said = method->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
    const bool excepted = exceptions.contains(method->full_name());
    if (excepted) met.insert(method->full_name());
    const bool reads = Reads(method->name()) && !excepted;
    if (reads && !said) silent.insert(method->full_name());
    if (said && !reads) loud.insert(method->full_name());
  }
  EXPECT_THAT(silent, ::testing::IsEmpty()) << "read, and do not say NO_SIDE_EFFECTS";
  EXPECT_THAT(loud, ::testing::IsEmpty()) << "say NO_SIDE_EFFECTS, and are not named as what reads";
  EXPECT_EQ(met.size(), exceptions.size()) << "an exception is no method";
}

}  // namespace
}  // namespace duban
