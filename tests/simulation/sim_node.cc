#include "tests/simulation/sim_node.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "services/assignment/assignment_module.h"
#include "services/plan/plan_hops.h"
#include "tests/support/memory_file_system.h"

namespace duban::simulation {
namespace {

constexpr absl::Duration kFetchWait = absl::Seconds(15);
constexpr absl::Duration kCallTimeout = absl::Seconds(25);
constexpr absl::Duration kTendEvery = absl::Seconds(20);

absl::Status Unavailable(std::string_view why) {
  return Error(v1::NOT_SERVING, StrCat("no answer: ", why), StrCat("没有应答：", why));
}

}  // namespace

SimNode::Running::Running(const Ports& plan, const Ports& assignment, const Ports& notification)
    : plans(plan), directory(plan), assignments(assignment), notifications(notification) {}

SimNode::SimNode(World* world, Network* network, std::string id, std::vector<std::string> upstreams, Find find,
                 NodeKnobs knobs)
    : world_(*world),
      network_(*network),
      id_(std::move(id)),
      upstreams_(std::move(upstreams)),
      find_(std::move(find)),
      knobs_(knobs),
      clock_(world),
      ids_(world),
      disk_(duban::testing::MakeMemoryEnv()) {}

SimNode::~SimNode() {
  Crash();
}

std::unique_ptr<Store> SimNode::OpenStore(const std::string& service) {
  StoreOptions options;
  options.path = StrCat("/", service);
  options.service = service;
  options.node = id_;
  options.clock = &clock_;
  options.ids = &ids_;
  options.env = disk_.get();
  options.threaded = false;
  auto opened = Store::Open(options);
  if (!opened.ok()) {
    world_.Broken("S5", StrCat(id_, " cannot open ", service, ": ", ToStd(opened.status().message())));
    std::abort();
  }
  return *std::move(opened);
}

void SimNode::Start() {
  ++incarnation_;
  world_.Trace(StrCat("start ", id_));
  std::unique_ptr<Store> plan = OpenStore("plan"), assignment = OpenStore("assignment"),
                         notification = OpenStore("notification");
  const auto ports = [this](Store* store) { return Ports{store, &clock_, &ids_, id_}; };
  const Ports plan_ports = ports(plan.get()), assignment_ports = ports(assignment.get());
  running_ = std::make_unique<Running>(plan_ports, assignment_ports, ports(notification.get()));
  running_->plan_store = std::move(plan);
  running_->assignment_store = std::move(assignment);
  running_->notification_store = std::move(notification);
  AddHops(PlanHops(running_->plan_store.get(), id_), running_->plan_store.get());
  AddHops(AssignmentHops(assignment_ports), running_->assignment_store.get());
  AddHops(running_->notifications.hops(), running_->notification_store.get());
  Listen(running_->plan_store.get());
  Listen(running_->assignment_store.get());
  for (auto& follow : running_->follows)
    Later(absl::Milliseconds(world_.Below(100)), [this, f = follow.get()] { Ask(f); });
  for (auto& offer : running_->offers) {
    Later(absl::Milliseconds(world_.Below(100)), [this, o = offer.get()] { OfferNext(o); });
  }
  Later(kTendEvery, [this] { Tend(); });
}

void SimNode::AddHops(const HopSpecs& specs, Store* store) {
  for (const FeedSpec& feed : specs.feeds) running_->feeds.push_back(std::make_unique<FeedServer>(feed, &clock_));
  for (const FollowSpec& spec : specs.follows) {
    const std::vector<std::string> sources = spec.from_upstream ? upstreams_ : std::vector<std::string>{id_};
    for (const std::string& source : sources) {
      auto follow = std::make_unique<Follow>();
      follow->source = source;
      follow->hop = std::make_unique<FollowHop>(StrCat(source, "_", spec.feed, "_to_", spec.follower), source, spec,
                                                store, &clock_);
      running_->follows.push_back(std::move(follow));
    }
  }
  for (const OfferSpec& spec : specs.offers) {
    for (const std::string& upstream : upstreams_) {
      auto offering = std::make_unique<Offering>();
      offering->upstream = upstream;
      offering->hop = std::make_unique<OfferHop>(spec.feed, id_, upstream, store);
      running_->offers.push_back(std::move(offering));
    }
  }
}

void SimNode::Listen(Store* store) {
  running_->listeners.push_back(store->OnCommit([this](const Audiences& touched) {
    Later(absl::ZeroDuration(), [this] { ServeWaiting(); });
    for (auto& offer : running_->offers) {
      if (!touched.contains(offer->hop->audience())) continue;
      Later(absl::ZeroDuration(), [this, o = offer.get()] { OfferNext(o); });
    }
  }));
}

void SimNode::Crash() {
  if (running_ == nullptr) return;
  world_.Trace(StrCat("stop ", id_));
  ++incarnation_;
  running_->listeners.clear();
  running_->waiting.clear();
  // The services hold pointers to the stores, which the struct destroys last of all if they are moved out first.
  std::unique_ptr<Store> stores[] = {std::move(running_->plan_store), std::move(running_->assignment_store),
                                     std::move(running_->notification_store)};
  running_.reset();
}

void SimNode::LoseDisk() {
  disk_ = duban::testing::MakeMemoryEnv();
}

Store* SimNode::store(const std::string& service) const {
  if (service == "plan") return running_->plan_store.get();
  return service == "assignment" ? running_->assignment_store.get() : running_->notification_store.get();
}

FeedServer* SimNode::FeedOf(const std::string& feed) {
  for (auto& server : running_->feeds) {
    if (server->feed() == feed) return server.get();
  }
  return nullptr;
}

void SimNode::Later(absl::Duration delay, std::function<void()> event) {
  world_.After(delay, [this, incarnation = incarnation_, event = std::move(event)] {
    if (incarnation == incarnation_) event();
  });
}

template <typename Response>
void SimNode::CallNode(const std::string& node, std::function<void(SimNode*, std::function<void(Response)>)> serve,
                       std::function<void(Response)> done) {
  auto finished = std::make_shared<bool>(false);
  const auto finish = [this, finished, incarnation = incarnation_, done = std::move(done)](const Response& response) {
    if (*finished || incarnation != incarnation_) return;
    *finished = true;
    done(response);
  };
  network_.Send(id_, node, [this, node, serve = std::move(serve), finish] {
    SimNode* other = find_(node);
    const auto reply = [this, node, finish](const Response& response) {
      network_.Send(node, id_, [finish, response] { finish(response); });
    };
    if (other == nullptr || !other->up()) return reply(Response(Unavailable("the server is down")));
    serve(other, reply);
  });
  world_.After(kCallTimeout, [finish] { finish(Response(Unavailable("the time is over"))); });
}

absl::Duration SimNode::PauseAfter(int failures) {
  const absl::Duration full = std::min(absl::Milliseconds(100) * (1 << std::min(failures, 10)), absl::Seconds(10));
  return world_.Between(full / 2, full);
}

void SimNode::Ask(Follow* follow) {
  const absl::Duration wait = follow->hop->at_head() ? kFetchWait : absl::ZeroDuration();
  auto request = follow->hop->Prepare(wait);
  if (!request.ok()) return world_.Broken("F13", StrCat(id_, " cannot read its position"));
  request->set_max_bytes(knobs_.page_bytes);
  CallNode<absl::StatusOr<v1::FetchResponse>>(
      follow->source,
      [request = *request](SimNode* other, FetchReply reply) { other->ServeFetch(request, std::move(reply)); },
      [this, follow](const absl::StatusOr<v1::FetchResponse>& answer) { Answered(follow, answer); });
}

void SimNode::Answered(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer) {
  const v1::FeedPosition before = follow->hop->position();
  const absl::StatusOr<bool> progress = follow->hop->Deliver(answer);
  const v1::FeedPosition& after = follow->hop->position();
  if (before.epoch() == after.epoch() && after.sequence() < before.sequence()) {
    world_.Broken("F3", StrCat(id_, " ", follow->hop->name(), " went back from ", before.sequence()));
  }
  world_.Trace(StrCat(id_, " ", follow->hop->name(), " ", after.sequence(), progress.ok() ? "" : " failed"));
  const v1::ErrorReason reason = ReasonOf(progress.status());
  if (!progress.ok() && reason != v1::NOT_SERVING) {
    world_.Broken("F4", StrCat(id_, " ", follow->hop->name(), ": ", ToStd(progress.status().message())));
  }
  follow->failures = progress.ok() ? 0 : follow->failures + 1;
  const absl::Duration pause = progress.ok() ? absl::Milliseconds(1) : PauseAfter(follow->failures - 1);
  Later(pause, [this, follow] { Ask(follow); });
}

void SimNode::ServeFetch(const v1::FetchRequest& request, FetchReply reply) {
  FeedServer* feed = FeedOf(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  auto page = feed->TryFetch(request);
  const absl::Duration wait = absl::Seconds(request.wait().seconds());
  if (!page.ok() || !page->page().entries().empty() || wait == absl::ZeroDuration()) return reply(std::move(page));
  running_->waiting.push_back({request, std::move(reply), world_.now() + wait});
  Later(wait, [this] { ServeWaiting(); });
}

void SimNode::ServeWaiting() {
  for (auto it = running_->waiting.begin(); it != running_->waiting.end();) {
    auto page = FeedOf(it->request.feed())->TryFetch(it->request);
    if (page.ok() && page->page().entries().empty() && world_.now() < it->until) {
      ++it;
      continue;
    }
    const FetchReply reply = std::move(it->reply);
    it = running_->waiting.erase(it);
    reply(std::move(page));
  }
}

void SimNode::OfferNext(Offering* offering) {
  if (offering->calling) return;
  auto request = offering->hop->Prepare();
  if (!request.ok()) return world_.Broken("F13", StrCat(id_, " cannot read what it offers"));
  if (!request->has_value()) return;
  offering->calling = true;
  CallNode<absl::StatusOr<v1::OfferResponse>>(
      offering->upstream,
      [request = **request](SimNode* other, const OfferReply& reply) { other->ServeOffer(request, reply); },
      [this, offering](const absl::StatusOr<v1::OfferResponse>& answer) {
        offering->calling = false;
        const absl::Status status = offering->hop->Deliver(answer);
        world_.Trace(StrCat(id_, " ", offering->hop->name(), " ", offering->hop->position().sequence(),
                            status.ok() ? "" : " failed"));
        if (ReasonOf(status) == v1::NOT_OWNER || ReasonOf(status) == v1::INVARIANT_BROKEN) {
          world_.Broken("F8", StrCat(id_, " ", offering->hop->name(), ": ", ToStd(status.message())));
        }
        offering->failures = status.ok() ? 0 : offering->failures + 1;
        const absl::Duration pause = status.ok() ? absl::Milliseconds(1) : PauseAfter(offering->failures - 1);
        Later(pause, [this, offering] { OfferNext(offering); });
      });
}

void SimNode::ServeOffer(const v1::OfferRequest& request, const OfferReply& reply) {
  FeedServer* feed = FeedOf(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  v1::OfferResponse response;
  const absl::Status status = feed->Offer(request, &response);
  reply(status.ok() ? absl::StatusOr<v1::OfferResponse>(response) : status);
}

void SimNode::Tend() {
  for (bool more = true; more;) {
    const absl::StatusOr<bool> tended = running_->notifications.Tend();
    if (!tended.ok()) world_.Broken("N1", StrCat(id_, " cannot tend: ", ToStd(tended.status().message())));
    more = tended.ok() && *tended;
  }
  Later(kTendEvery, [this] { Tend(); });
}

std::string SimNode::behind() const {
  std::string names;
  for (const auto& follow : running_->follows) {
    if (!follow->hop->at_head()) StrAppend(&names, " ", follow->hop->name());
  }
  for (const auto& offer : running_->offers) {
    auto left = ReadFeedPage(*store("assignment")->TakeSnapshot(), {offer->hop->audience()}, offer->hop->position());
    if (!left.ok() || !left->entries().empty()) StrAppend(&names, " ", offer->hop->name());
  }
  return names;
}

bool SimNode::caught_up() const {
  return behind().empty();
}

}  // namespace duban::simulation
