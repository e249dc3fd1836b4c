#include "services/assignment/assignment_logic.h"

#include <utility>

#include "services/assignment/assignment_hops.h"

namespace duban {
namespace {

// Binds one of the apply functions to the node.
template <typename Apply>
ApplyEntry AtNode(Apply apply, const std::string& node) {
  return [apply, node](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    return apply(transaction, entry, source, node);
  };
}

}  // namespace

HopSpecs AssignmentHops(const Ports& ports) {
  const std::string& node = ports.node;
  HopSpecs hops;
  FeedSpec feed;
  feed.feed = "assignment";
  feed.store = ports.store;
  feed.audiences_of = DefaultAudiences;
  feed.apply_offer = AtNode(ApplyOfferedEntry, node);
  feed.held_for = [node](const ReadView& view, std::string_view, const google::protobuf::Any& payload,
                         std::string_view owner) { return HalfHeldFor(view, payload, owner, node); };
  hops.feeds.push_back(std::move(feed));

  FollowSpec plans;
  plans.feed = "plan";
  plans.follower = "assignment";
  plans.apply = AtNode(ApplyPlanEntry, node);
  plans.finish_page = [node](Transaction& transaction, const PageEnd& end, const EntrySource& source) {
    return end.at_head ? ExpandPendingPlans(transaction, source, node) : absl::OkStatus();
  };
  plans.held = HeldOfPlans;
  hops.follows.push_back(std::move(plans));

  FollowSpec upstream;
  upstream.feed = "assignment";
  upstream.from_upstream = true;
  upstream.follower = node;
  upstream.apply = AtNode(ApplyUpstreamEntry, node);
  upstream.held = HeldFromIssuer;
  hops.follows.push_back(std::move(upstream));

  hops.offers.push_back({"assignment", HeldByIssuer});

  hops.rebuild.feed = "assignment";
  hops.rebuild.take_back = [node](Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source) {
    return TakeBackHalf(transaction, held, source, node);
  };
  hops.rebuild.take_below = AtNode(TakeInBelow, node);
  hops.rebuild.finish = [node](Transaction& transaction, const RebuildEnd& end) {
    return RecountAll(transaction, end, node);
  };
  return hops;
}

}  // namespace duban
