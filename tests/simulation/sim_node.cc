#include "tests/simulation/sim_node.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "tests/support/memory_file_system.h"

namespace duban::simulation {
namespace {

constexpr absl::Duration kFetchWait = absl::Seconds(15);
constexpr absl::Duration kCallTimeout = absl::Seconds(25);

absl::Status Unavailable(std::string_view why) {
  return Error(v1::NOT_SERVING, StrCat("no answer: ", why), StrCat("没有应答：", why));
}

}  // namespace

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

void SimNode::Build() {
  NodeOptions options;
  options.node = id_;
  options.data_dir = "/";
  options.upstreams = upstreams_;
  options.store.env = disk_.get();
  options.store.threaded = false;
  NodePorts ports;
  ports.clock = &clock_;
  ports.ids = &ids_;
  auto running = std::make_unique<Running>();
  const auto make = [](auto& logic) {
    return [&logic](const Ports& handed) {
      auto made = std::make_unique<std::remove_pointer_t<std::remove_reference_t<decltype(logic)>>>(handed);
      logic = made.get();
      return made;
    };
  };
  auto node = Node::Open(options, ports,
                         {{"plan", make(running->plan)},
                          {"assignment", make(running->assignment)},
                          {"notification", make(running->notification)}});
  if (!node.ok()) {
    world_.Broken("S5", StrCat(id_, ": ", ToStd(node.status().message())));
    std::abort();
  }
  running->node = *std::move(node);
  running_ = std::move(running);
}

void SimNode::Start() {
  ++incarnation_;
  world_.Trace(StrCat("start ", id_));
  Build();
  for (Node::Follow& follow : running_->node->TakeFollows()) {
    running_->follows.push_back(std::make_unique<Follow>());
    running_->follows.back()->of = std::move(follow);
  }
  for (Node::Offer& offer : running_->node->TakeOffers()) {
    running_->offers.push_back(std::make_unique<Offering>());
    running_->offers.back()->of = std::move(offer);
  }
  for (const auto& part : running_->node->parts()) Listen(part->store.get());
  running_->node->Begin();
  running_->chores = running_->node->chores();
  for (const Chore& chore : running_->chores) Later(absl::ZeroDuration(), [this, c = &chore] { Do(c); });
  for (auto& follow : running_->follows)
    Later(absl::Milliseconds(world_.Below(100)), [this, f = follow.get()] { Ask(f); });
  for (auto& offer : running_->offers) {
    Later(absl::Milliseconds(world_.Below(100)), [this, o = offer.get()] { OfferNext(o); });
  }
}

void SimNode::Listen(Store* store) {
  running_->listeners.push_back(store->OnCommit([this](const Audiences& touched) {
    Later(absl::ZeroDuration(), [this] { ServeWaiting(); });
    for (auto& offer : running_->offers) {
      if (!touched.contains(offer->of.hop->audience())) continue;
      Later(absl::ZeroDuration(), [this, o = offer.get()] { OfferNext(o); });
    }
  }));
}

void SimNode::Crash() {
  if (running_ == nullptr) return;
  world_.Trace(StrCat("stop ", id_));
  ++incarnation_;
  running_.reset();
}

void SimNode::LoseDisk() {
  disk_ = duban::testing::MakeMemoryEnv();
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
  const absl::Duration wait = follow->of.hop->at_head() ? kFetchWait : absl::ZeroDuration();
  auto request = follow->of.hop->Prepare(wait);
  if (!request.ok()) return world_.Broken("F13", StrCat(id_, " cannot read its position"));
  request->set_max_bytes(knobs_.page_bytes);
  CallNode<absl::StatusOr<v1::FetchResponse>>(
      follow->of.source,
      [request = *request](SimNode* other, FetchReply reply) { other->ServeFetch(request, std::move(reply)); },
      [this, follow](const absl::StatusOr<v1::FetchResponse>& answer) { Answered(follow, answer); });
}

void SimNode::Answered(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer) {
  const v1::FeedPosition before = follow->of.hop->position();
  const absl::StatusOr<bool> progress = follow->of.hop->Deliver(answer);
  const v1::FeedPosition& after = follow->of.hop->position();
  if (before.epoch() == after.epoch() && after.sequence() < before.sequence()) {
    world_.Broken("F3", StrCat(id_, " ", follow->of.hop->name(), " went back from ", before.sequence()));
  }
  world_.Trace(StrCat(id_, " ", follow->of.hop->name(), " ", after.sequence(), progress.ok() ? "" : " failed"));
  const v1::ErrorReason reason = ReasonOf(progress.status());
  if (!progress.ok() && reason != v1::NOT_SERVING) {
    world_.Broken("F4", StrCat(id_, " ", follow->of.hop->name(), ": ", ToStd(progress.status().message())));
  }
  follow->failures = progress.ok() ? 0 : follow->failures + 1;
  const absl::Duration pause = progress.ok() ? absl::Milliseconds(1) : PauseAfter(follow->failures - 1);
  Later(pause, [this, follow] { Ask(follow); });
}

void SimNode::ServeFetch(const v1::FetchRequest& request, FetchReply reply) {
  FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  auto page = feed->TryFetch(request);
  const absl::Duration wait = absl::Seconds(request.wait().seconds());
  if (!page.ok() || !page->page().entries().empty() || wait == absl::ZeroDuration()) return reply(std::move(page));
  running_->waiting.push_back({request, std::move(reply), world_.now() + wait});
  Later(wait, [this] { ServeWaiting(); });
}

void SimNode::ServeWaiting() {
  for (auto it = running_->waiting.begin(); it != running_->waiting.end();) {
    auto page = running_->node->feed(it->request.feed())->TryFetch(it->request);
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
  auto request = offering->of.hop->Prepare();
  if (!request.ok()) return world_.Broken("F13", StrCat(id_, " cannot read what it offers"));
  if (!request->has_value()) return;
  offering->calling = true;
  CallNode<absl::StatusOr<v1::OfferResponse>>(
      offering->of.upstream,
      [request = **request](SimNode* other, const OfferReply& reply) { other->ServeOffer(request, reply); },
      [this, offering](const absl::StatusOr<v1::OfferResponse>& answer) {
        offering->calling = false;
        const absl::Status status = offering->of.hop->Deliver(answer);
        world_.Trace(StrCat(id_, " ", offering->of.hop->name(), " ", offering->of.hop->position().sequence(),
                            status.ok() ? "" : " failed"));
        if (ReasonOf(status) == v1::NOT_OWNER || ReasonOf(status) == v1::INVARIANT_BROKEN) {
          world_.Broken("F8", StrCat(id_, " ", offering->of.hop->name(), ": ", ToStd(status.message())));
        }
        offering->failures = status.ok() ? 0 : offering->failures + 1;
        const absl::Duration pause = status.ok() ? absl::Milliseconds(1) : PauseAfter(offering->failures - 1);
        Later(pause, [this, offering] { OfferNext(offering); });
      });
}

void SimNode::ServeOffer(const v1::OfferRequest& request, const OfferReply& reply) {
  FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  v1::OfferResponse response;
  const absl::Status status = feed->Offer(request, &response);
  reply(status.ok() ? absl::StatusOr<v1::OfferResponse>(response) : status);
}

void SimNode::Do(const Chore* chore) {
  while (chore->step()) {
  }
  Later(chore->pause, [this, chore] { Do(chore); });
}

std::string SimNode::behind() const {
  std::string names;
  for (const auto& follow : running_->follows) {
    if (!follow->of.hop->at_head()) StrAppend(&names, " ", follow->of.hop->name());
  }
  for (const auto& offer : running_->offers) {
    auto left = ReadFeedPage(*offer->of.store->TakeSnapshot(), {offer->of.hop->audience()}, offer->of.hop->position());
    if (!left.ok() || !left->entries().empty()) StrAppend(&names, " ", offer->of.hop->name());
  }
  return names;
}

bool SimNode::caught_up() const {
  return behind().empty();
}

}  // namespace duban::simulation
