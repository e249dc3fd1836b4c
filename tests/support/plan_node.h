// The plan service of one node without processes and gRPC: its cores on a store in memory, called as the edge calls
// them, and a way to carry its feed to the node below.
//
// Not thread-safe.

#ifndef DUBAN_TESTS_SUPPORT_PLAN_NODE_H_
#define DUBAN_TESTS_SUPPORT_PLAN_NODE_H_

#include <memory>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/rpc/validate.h"
#include "services/plan/plan_hops.h"
#include "services/plan/plan_logic.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban::testing {

class PlanNode {
 public:
  explicit PlanNode(const std::string& node = "city") : node_(node), store_("plan", node, &clock_) { Build(); }

  PlanCore& plans() { return logic_->plans(); }
  DirectoryCore& directory() { return logic_->directory(); }
  FakeClock& clock() { return clock_; }
  duban::Store* store() { return store_.get(); }
  const std::string& node() const { return node_; }

  // Calls an RPC as the edge does: validated first. Requests without an id get one.
  template <typename Core, typename Request, typename Response>
  absl::Status Call(Core& core, absl::Status (Core::*method)(const Caller&, const Request&, Response*), Request request,
                    Response* response) {
    if constexpr (requires { request.request_id(); }) {
      if (request.request_id().empty()) request.set_request_id(StrCat("r", ++requests_));
    }
    response->Clear();
    DUBAN_RETURN_IF_ERROR(ValidateRequest(request));
    return (core.*method)(Anybody(), request, response);
  }
  template <typename Core, typename Request, typename Response>
  absl::Status Call(Core& core, absl::Status (Core::*method)(const Caller&, const Request&, Response*) const,
                    Request request, Response* response) {
    response->Clear();
    DUBAN_RETURN_IF_ERROR(ValidateRequest(request));
    return (core.*method)(Anybody(), request, response);
  }

  // Closes the store and opens it again.
  void Restart() {
    logic_.reset();
    store_.Restart();
    Build();
  }

  // Loads a directory file; the test fails where it is refused.
  void Load(const std::string& csv) {
    v1::ImportDirectoryRequest request;
    request.set_content(csv);
    v1::ImportDirectoryResponse response;
    const absl::Status status = Call(directory(), &DirectoryCore::ImportDirectory, request, &response);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Follows the feed of the node above up to its head. Returns the first error.
  absl::Status Follow(PlanNode& upstream) {
    upstream.DoChores();
    FollowSpec spec = PlanHops(store(), node_).follows.at(0);
    FollowHop hop(upstream.node() + "_plan", upstream.node(), spec, store(), &clock_);
    for (int pages = 0; pages < 1000; ++pages) {
      DUBAN_ASSIGN_OR_RETURN(v1::FetchRequest request, hop.Prepare(absl::ZeroDuration()));
      DUBAN_ASSIGN_OR_RETURN(
          bool more,
          hop.Deliver(FeedServer(PlanHops(upstream.store(), upstream.node()).feeds.at(0), &clock_).TryFetch(request)));
      if (!more && hop.at_head()) return absl::OkStatus();
    }
    return InvariantBroken("the feed has no end");
  }

  // What the service does of itself, until there is nothing left to do.
  void DoChores() {
    for (const Chore& chore : logic_->chores()) {
      while (chore.step()) {
      }
    }
  }

 private:
  void Build() { logic_ = std::make_unique<PlanLogic>(Ports{store_.get(), &clock_, store_.ids(), node_}); }

  const std::string node_;
  FakeClock clock_;
  TestStore store_;
  std::unique_ptr<PlanLogic> logic_;
  int requests_ = 0;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_PLAN_NODE_H_
