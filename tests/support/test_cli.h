// The CLI in a test: a fake connection stands for the servers, strings for the terminal.

#ifndef DUBAN_TESTS_SUPPORT_TEST_CLI_H_
#define DUBAN_TESTS_SUPPORT_TEST_CLI_H_

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tools/cli/cli.h"

namespace duban::cli {

// Servers as a table from method to answer.
class FakeServers {
 public:
  using Handler = std::function<absl::Status(const google::protobuf::Message&, google::protobuf::Message*)>;

  template <typename Request, typename Response>
  void On(const std::string& method, std::function<absl::StatusOr<Response>(const Request&)> handler) {
    handlers_[method] = [handler = std::move(handler)](const google::protobuf::Message& request,
                                                       google::protobuf::Message* response) {
      absl::StatusOr<Response> answer = handler(static_cast<const Request&>(request));
      if (!answer.ok()) return answer.status();
      response->CopyFrom(*answer);
      return absl::OkStatus();
    };
  }

  absl::Status Call(const std::string& address, std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response) {
    const std::string name(method.substr(std::string_view("duban.v1.").size()));
    calls.push_back(name);
    asked.push_back(address);
    const auto it = handlers_.find(name);
    if (it == handlers_.end()) return absl::UnimplementedError(name);
    return it->second(request, response);
  }

  std::vector<std::string> calls;
  std::vector<std::string> asked;

 private:
  std::map<std::string, Handler> handlers_;
};

class FakeConnection : public Connection {
 public:
  FakeConnection(FakeServers* servers, Addresses addresses) : servers_(servers), addresses_(std::move(addresses)) {}
  absl::Status Call(Peer peer, std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, absl::Duration) override {
    return servers_->Call(addresses_.of(peer), method, request, response);
  }

 private:
  FakeServers* const servers_;
  const Addresses addresses_;
};

// A neighbour that holds nothing, or does not answer.
class FakeNeighbour : public FeedPeer {
 public:
  explicit FakeNeighbour(bool answers) : answers_(answers) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    if (!answers_) return absl::UnavailableError("down");
    v1::FetchResponse response;
    *response.mutable_page()->mutable_from() = request.position();
    *response.mutable_page()->mutable_to() = request.position();
    response.mutable_page()->set_at_head(true);
    return response;
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest&) override { return absl::UnimplementedError("no"); }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest&) override {
    if (!answers_) return absl::UnavailableError("down");
    v1::GiveBackResponse response;
    response.set_complete(true);
    return response;
  }
  void Cancel() override {}

 private:
  const bool answers_;
};

class CliTest : public ::testing::Test {
 protected:
  int Run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    Environment environment;
    environment.out = &out_;
    environment.err = &err_;
    environment.in = &in_;
    environment.in_is_terminal = terminal_;
    environment.out_is_terminal = terminal_;
    environment.err_is_terminal = watched_;
    environment.interrupted = [this] { return leaves_; };
    environment.width = width_;
    environment.variable = [this](const std::string& name) { return variables_[name]; };
    environment.clock = &clock_;
    environment.ids = &ids_;
    environment.connect = [this](const Addresses& addresses, const Transport&) {
      return std::make_unique<FakeConnection>(&servers_, addresses);
    };
    environment.feed_peer = [this](const std::string& address, const std::string&, const Transport&) {
      return std::make_shared<FakeNeighbour>(address != silent_neighbour_);
    };
    return RunCli(arguments, environment);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  FakeServers servers_;
  std::map<std::string, std::string> variables_ = {{"DUBAN_PERSON", "王敏"}};
  bool terminal_ = false;
  // A person watches standard error; and wants to leave.
  bool watched_ = false;
  bool leaves_ = false;
  size_t width_ = 0;
  std::string silent_neighbour_;
  std::stringstream in_;

  FakeClock clock_{absl::UnixEpoch()};

 private:
  FakeIds ids_;
  std::ostringstream out_, err_;
};

}  // namespace duban::cli

#endif  // DUBAN_TESTS_SUPPORT_TEST_CLI_H_
