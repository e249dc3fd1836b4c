#include "services/assignment/assignment_module.h"

#include <utility>

#include "services/assignment/assignment_core.h"
#include "services/assignment/assignment_hops.h"
#include "services/assignment/assignment_service.h"

namespace duban {
namespace {

// Binds one of the apply functions to the node.
template <typename Apply>
ApplyEntry AtNode(Apply apply, const std::string& node) {
  return [apply, node](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    return apply(transaction, entry, source, node);
  };
}

class AssignmentModule : public Module {
 public:
  AssignmentModule(Ports ports, Edge* edge) : ports_(ports), core_(ports), service_(&core_, edge) {}

  std::string name() const override { return "assignment"; }
  std::vector<grpc::Service*> services() override { return {&service_}; }
  HopSpecs hops() override { return AssignmentHops(ports_); }

 private:
  const Ports ports_;
  AssignmentCore core_;
  AssignmentService service_;
};

}  // namespace

HopSpecs AssignmentHops(const Ports& ports) {
  const std::string& node = ports.node;
  HopSpecs hops;
  FeedSpec feed;
  feed.feed = "assignment";
  feed.store = ports.store;
  feed.audiences_of = DefaultAudiences;
  feed.apply_offer = AtNode(ApplyOfferedEntry, node);
  hops.feeds.push_back(std::move(feed));

  FollowSpec plans;
  plans.feed = "plan";
  plans.follower = "assignment";
  plans.apply = AtNode(ApplyPlanEntry, node);
  plans.finish_page = [node](Transaction& transaction, bool at_head, const EntrySource& source) {
    return at_head ? ExpandPendingPlans(transaction, source, node) : absl::OkStatus();
  };
  hops.follows.push_back(std::move(plans));

  FollowSpec upstream;
  upstream.feed = "assignment";
  upstream.from_upstream = true;
  upstream.follower = node;
  upstream.apply = AtNode(ApplyUpstreamEntry, node);
  hops.follows.push_back(std::move(upstream));

  hops.offers.push_back({"assignment"});
  return hops;
}

std::unique_ptr<Module> MakeAssignmentModule(Ports ports, Edge* edge) {
  return std::make_unique<AssignmentModule>(std::move(ports), edge);
}

}  // namespace duban
