#include "tests/simulation/sim_node.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/hop_runner.h"
#include "common/store/held_snapshots.h"
#include "tests/simulation/sim_call.h"
#include "tests/simulation/watched_logic.h"

namespace duban::simulation {
namespace {

// How often a hop is compared behind an entry.
constexpr double kCompared = 0.02;
// A chore that has not done its work after so many steps never will.
constexpr int kMostSteps = 10'000;

// Commits behind `after`, and how many of them say that they are of `method` and nothing else.
std::pair<int, int> CommitsBehind(const Snapshot& snapshot, int64_t after, const std::string& method) {
  int all = 0, own = 0;
  const absl::Status scanned = snapshot.ScanRows(CommitKey(after + 1), PrefixEnd(CommitKey(0).substr(0, 1)),
                                                 [&](std::string_view, std::string_view value) {
                                                   storage::v1::CommitRecord commit;
                                                   commit.ParseFromArray(value.data(), static_cast<int>(value.size()));
                                                   ++all;
                                                   if (commit.audits_size() == 1 && commit.audits(0).method() == method)
                                                     ++own;
                                                   return true;
                                                 });
  return scanned.ok() ? std::pair(all, own) : std::pair(-1, 0);
}

}  // namespace

SimNode::SimNode(const Surroundings& around, std::string id, std::vector<std::string> upstreams, const NodeKnobs& knobs,
                 LineSink* reminder_log)
    : around_(around),
      world_(*around.world),
      id_(std::move(id)),
      upstreams_(std::move(upstreams)),
      knobs_(knobs),
      reminder_log_(reminder_log),
      dice_(world_.dice(StrCat("node/", id_))),
      compare_dice_(world_.dice(StrCat("compare/", id_))),
      clock_(&world_),
      ids_(&world_.dice(StrCat("ids/", id_))) {}

SimNode::~SimNode() {
  Crash();
}

std::unique_ptr<SimNode::Running> SimNode::Build(bool rebuilding) {
  NodeOptions options;
  options.node = id_;
  options.data_dir = "/";
  options.upstreams = upstreams_;
  options.rebuilding = rebuilding;
  options.store.env = disk_->env();
  options.store.threaded = false;
  options.store.memtable_bytes = knobs_.memtable_bytes;
  if (around_.drawn->short_memos) options.memo_lifetime = absl::Hours(1);
  NodePorts ports;
  ports.clock = &clock_;
  ports.ids = &ids_;
  ports.reminder_log = reminder_log_;
  auto running = std::make_unique<Running>();
  const auto make = [this](auto& logic) {
    return [this, &logic](const Ports& handed) {
      auto made = std::make_unique<std::remove_pointer_t<std::remove_reference_t<decltype(logic)>>>(handed);
      logic = made.get();
      return std::make_unique<WatchedLogic>(std::move(made), [this](const std::string& hop) { CompareBeside(hop); });
    };
  };
  auto node = Node::Open(options, ports,
                         {{"plan", make(running->plan)},
                          {"assignment", make(running->assignment)},
                          {"notification", make(running->notification)}});
  world_.Check("S5", node.ok(), [&] { return StrCat(id_, ": ", ToStd(node.status().message())); });
  if (!node.ok()) return nullptr;
  running->node = *std::move(node);
  return running;
}

void SimNode::Start() {
  ++incarnation_;
  failed_ = false;
  started_ = world_.now();
  world_.Trace(StrCat("start ", id_));
  running_ = Build(false);
  if (running_ == nullptr) return;
  CheckOpened();
  for (const auto& part : running_->node->parts()) Listen(*part);
  for (Node::Follow& follow : running_->node->TakeFollows()) {
    running_->follows.push_back(std::make_unique<Follow>());
    running_->follows.back()->of = std::move(follow);
    CheckPosition(*running_->follows.back()->of.hop);
  }
  for (Node::Offer& offer : running_->node->TakeOffers()) {
    running_->offers.push_back(std::make_unique<Offering>());
    running_->offers.back()->of = std::move(offer);
  }
  running_->node->Begin();
  running_->chores = running_->node->chores();
  for (const Chore& chore : running_->chores) {
    Later(absl::Milliseconds(dice_.Below(1000)), [this, c = &chore] { Do(c); });
  }
  for (auto& follow : running_->follows)
    Later(absl::Milliseconds(dice_.Below(100)), [this, f = follow.get()] { Ask(f); });
  for (auto& offer : running_->offers) {
    Later(absl::Milliseconds(dice_.Below(100)), [this, o = offer.get()] { OfferNext(o); });
  }
}

void SimNode::CheckOpened() {
  for (const auto& part : running_->node->parts()) {
    const v1::FeedPosition head = part->store->head();
    const v1::FeedPosition& shown = shown_[part->service];
    world_.Check("S5", head.epoch() == shown.epoch() ? head.sequence() >= shown.sequence() : shown.epoch().empty(),
                 [&] {
                   return StrCat(id_, " opened its ", part->service, " store at ", head.sequence(), ", ",
                                 shown.sequence(), " was shown");
                 });
    world_.Check("F6", !shown.epoch().empty() || !around_.history->Seen(id_, part->service, head.epoch()), [&] {
      return StrCat(id_, " goes on in an epoch of its ", part->service, " store from before its machine was lost");
    });
    NoteCommits(*part->store);
  }
}

void SimNode::NoteCommits(const Store& store) {
  const std::string& service = store.options().service;
  const int64_t after = shown_[service].sequence();
  const v1::FeedPosition head = store.head();
  if (SamePosition(head, shown_[service])) return;
  shown_[service] = head;
  touched_.insert(service);
  const absl::Status scanned = store.TakeSnapshot()->ScanRows(
      CommitKey(after), PrefixEnd(CommitKey(0).substr(0, 1)), [&](std::string_view key, std::string_view value) {
        storage::v1::CommitRecord commit;
        commit.ParseFromArray(value.data(), static_cast<int>(value.size()));
        v1::FeedPosition position;
        position.set_epoch(store.epoch());
        position.set_sequence(SequenceOfKey(key));
        position.set_hash(commit.hash());
        around_.history->Note(id_, service, position);
        return true;
      });
  if (!scanned.ok()) world_.Broken("F1", StrCat(id_, " cannot be read: ", ToStd(scanned.message())));
}

void SimNode::Listen(Node::Part& part) {
  part.store->OnFailure([this](const absl::Status&) { failed_ = true; });
  // What a commit leaves to RocksDB's threads is done before the next one, whatever their speed.
  running_->listeners.push_back(part.store->OnCommit([this](const Audiences&) { disk_->Quiesce(); }));
  running_->listeners.push_back(part.store->OnCommit([this, &part](const Audiences& touched) {
    Later(absl::ZeroDuration(), [this] { ServeWaiting(); });
    for (auto& offer : running_->offers) {
      if (offer->of.store != part.store.get() || !touched.contains(offer->of.hop->audience())) continue;
      Later(absl::ZeroDuration(), [this, o = offer.get()] { OfferNext(o); });
    }
  }));
}

void SimNode::End() {
  // Whether the knob for small memtables does anything.
  if (disk_->jobs() > 0) world_.Count("work.background_jobs");
  ++incarnation_;
  failed_ = false;
  running_.reset();
  rebuild_.reset();
  rebuilding_.reset();
}

void SimNode::Crash() {
  if (running_ == nullptr && rebuilding_ == nullptr) return;
  world_.Trace(StrCat("crash ", id_));
  End();
  disk_->Heal();
}

void SimNode::PowerCut(uint64_t luck) {
  if (running_ == nullptr && rebuilding_ == nullptr) return;
  world_.Trace(StrCat("power cut ", id_));
  disk_->CutPower();
  End();
  disk_->PowerBack(luck);
}

void SimNode::Stop() {
  if (running_ == nullptr) return;
  world_.Trace(StrCat("stop ", id_));
  while (!running_->waiting.empty()) {
    const FetchReply reply = std::move(running_->waiting.front().reply);
    running_->waiting.pop_front();
    reply(Unavailable("the server is stopping"));
  }
  End();
  disk_->Quiesce();
  world_.Check("R3", running_ == nullptr, [&] { return StrCat(id_, " does not stop"); });
}

void SimNode::Later(absl::Duration delay, std::function<void()> event) {
  world_.After(delay, [this, incarnation = incarnation_, event = std::move(event)] {
    if (incarnation == incarnation_) event();
  });
}

absl::Duration SimNode::PauseAfter(int failures) {
  const absl::Duration full =
      std::min(HopRunner::kFirstPause * (1 << std::min(failures, 10)), HopRunner::kLongestPause);
  return dice_.Between(full / 2, full);
}

Brought& SimNode::BroughtBy(const FollowHop& hop) {
  return brought_.try_emplace(hop.name(), Brought{FeedFold(&world_, StrCat(id_, " ", hop.name())), std::nullopt})
      .first->second;
}

void SimNode::CheckPosition(const FollowHop& hop) {
  Brought& brought = BroughtBy(hop);
  const Store* store = nullptr;
  for (const auto& part : running_->node->parts()) {
    for (const FollowSpec& spec : part->hops.follows) {
      if (spec.feed == hop.spec().feed && spec.follower == hop.spec().follower) store = part->store.get();
    }
  }
  const v1::FeedPosition stored = store->TakeSnapshot()->GetPosition(hop.name()).value_or(v1::FeedPosition());
  const std::optional<v1::FeedPage> unknown = std::exchange(brought.unknown, std::nullopt);
  if (unknown.has_value() && SamePosition(stored, unknown->to())) return brought.fold.Take(*unknown);
  if (stored.sequence() == 0 && stored.epoch() != brought.fold.position().epoch()) {
    return brought.fold.StartOver(stored.epoch());
  }
  world_.Check("F3", SamePosition(stored, brought.fold.position()), [&] {
    return StrCat(id_, " ", hop.name(), " is at ", stored.sequence(), " after a start, it was brought up to ",
                  brought.fold.position().sequence());
  });
}

void SimNode::Ask(Follow* follow) {
  const FollowHop& hop = *follow->of.hop;
  auto request = follow->of.hop->Prepare(hop.at_head() ? HopRunner::kFetchWait : absl::ZeroDuration());
  if (!request.ok()) return world_.Broken("F13", StrCat(id_, " cannot read its position"));
  Fetch(follow, *request);
}

void SimNode::Fetch(Follow* follow, const v1::FetchRequest& prepared) {
  world_.Check("R1", !follow->calling,
               [&] { return StrCat(id_, " ", follow->of.hop->name(), " calls twice at once"); });
  follow->calling = true;
  v1::FetchRequest request = prepared;
  request.set_max_bytes(knobs_.page_bytes);
  CallNode<absl::StatusOr<v1::FetchResponse>>(
      follow->of.source, [request](SimNode* other, FetchReply reply) { other->ServeFetch(request, std::move(reply)); },
      [this, follow](const absl::StatusOr<v1::FetchResponse>& answer) { Answered(follow, answer); });
}

void SimNode::Answered(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer) {
  follow->calling = false;
  if (std::exchange(follow->drop, false)) {
    Later(PauseAfter(follow->failures), [this, follow] { Ask(follow); });
    return;
  }
  // As the runner does: the page behind this one is under way while this one is committed.
  const bool more = answer.ok() && !answer->page().at_head();
  if (more) Fetch(follow, follow->of.hop->PrepareBehind(answer->page()));
  const absl::StatusOr<bool> progress = Deliver(follow, answer);
  const FollowHop& hop = *follow->of.hop;
  world_.Trace(StrCat(id_, " ", hop.name(), " ", hop.position().sequence(), progress.ok() ? "" : " failed"));
  const v1::ErrorReason reason = ReasonOf(progress.status());
  if (!progress.ok() && reason != v1::NOT_SERVING && reason != v1::OUTCOME_UNKNOWN) {
    world_.Broken("F4", StrCat(id_, " ", hop.name(), ": ", ToStd(progress.status().message())));
  }
  if (progress.ok() && *progress && dice_.Chance(0.02)) DeliverAgain(follow, answer);
  follow->failures = progress.ok() ? 0 : follow->failures + 1;
  if (more) {
    follow->drop = !progress.ok();
    return;
  }
  const absl::Duration pause = progress.ok() ? absl::Milliseconds(1) : PauseAfter(follow->failures - 1);
  Later(pause, [this, follow] { Ask(follow); });
}

absl::StatusOr<bool> SimNode::Deliver(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer) {
  FollowHop& hop = *follow->of.hop;
  Store& store = *running_->node->store(follow->of.service);
  const v1::FeedPosition before = hop.position(), head = store.head();
  const absl::StatusOr<bool> progress = hop.Deliver(answer);
  const v1::FeedPosition& after = hop.position();
  world_.Check("F3", before.epoch() != after.epoch() || after.sequence() >= before.sequence(),
               [&] { return StrCat(id_, " ", hop.name(), " went back from ", before.sequence()); });
  Brought& brought = BroughtBy(hop);
  if (!progress.ok()) {
    if (ReasonOf(progress.status()) == v1::OUTCOME_UNKNOWN && answer.ok()) brought.unknown = answer->page();
    return progress;
  }
  if (!answer.ok()) {
    brought.fold.StartOver(after.epoch());
    // What was offered to a source with another history is offered anew; the runner looks every so often by itself.
    for (auto& offer : running_->offers) {
      if (offer->of.upstream != follow->of.source) continue;
      Later(dice_.Between(absl::ZeroDuration(), HopRunner::kLongestPause), [this, o = offer.get()] { OfferNext(o); });
    }
    return progress;
  }
  if (SamePosition(before, after)) {
    world_.Check("F4", answer->page().entries().empty(),
                 [&] { return StrCat(id_, " ", hop.name(), " lets a page with entries go by"); });
    return progress;
  }
  brought.fold.Take(answer->page());
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  const auto [commits, own] = CommitsBehind(*snapshot, head.sequence(), StrCat("follow/", hop.name()));
  const v1::FeedPosition stored = snapshot->GetPosition(hop.name()).value_or(v1::FeedPosition());
  world_.Check("F3", commits == 1 && own == 1 && SamePosition(stored, answer->page().to()), [&, commits = commits] {
    return StrCat(id_, " ", hop.name(), " made ", commits, " commits of a page and stands at ", stored.sequence());
  });
  return progress;
}

// The answer comes once more, behind its time: it must not be taken in.
void SimNode::DeliverAgain(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer) {
  FollowHop& hop = *follow->of.hop;
  // An empty page that ends where it begins, as a call that was replaced gets, brings nothing at any time.
  if (!answer.ok() || failed_ || SamePosition(answer->page().from(), answer->page().to())) return;
  const v1::FeedPosition before = hop.position(), head = running_->node->store(follow->of.service)->head();
  const absl::StatusOr<bool> progress = hop.Deliver(answer);
  const bool same = SamePosition(before, hop.position()) &&
                    head.sequence() == running_->node->store(follow->of.service)->head().sequence();
  world_.Check("F7", same && !progress.ok(), [&] { return StrCat(id_, " ", hop.name(), " took a stale page in"); });
  world_.Count("fault.stale_page");
}

// Reads what another node has, at once and without a network: for comparing.
class SimNode::Glance final : public FeedPeer {
 public:
  Glance(const Surroundings& around, std::string node) : around_(around), node_(std::move(node)) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    SimNode* other = around_.find(node_);
    if (other == nullptr || !other->up()) return Unavailable("the server is down");
    return other->node().feed(request.feed())->TryFetch(request);
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& /*request*/) override {
    return Unavailable("nothing is offered to compare");
  }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    SimNode* other = around_.find(node_);
    if (other == nullptr || !other->up()) return Unavailable("the server is down");
    v1::GiveBackResponse response;
    DUBAN_RETURN_IF_ERROR(other->node().feed(request.feed())->GiveBack(request, &response));
    return response;
  }
  void Cancel() override {}

 private:
  const Surroundings& around_;
  const std::string node_;
};

// In the middle of a page of a hop. What it finds amid changes may be anything; it must leave nothing behind.
void SimNode::CompareBeside(const std::string& hop) {
  if (running_ == nullptr || comparing_ || !around_.drawn->faults.contains("compared")) return;
  if (!compare_dice_.Chance(kCompared)) return;
  comparing_ = true;
  for (const auto& follow : running_->follows) {
    if (follow->of.hop->name() != hop) continue;
    Glance source(around_, follow->of.source);
    follow->of.hop->Compare(source);
    world_.Count("fault.compared");
  }
  comparing_ = false;
}

void SimNode::CompareHops() {
  const auto check = [this](const v1::NodeCheck& found) {
    world_.Check("V1", found.result() == v1::NodeCheck::GOOD, [&] {
      return StrCat(id_, " ", found.hop(), " is found ", v1::NodeCheck::Result_Name(found.result()), ": ",
                    found.finding(), found.entities().empty() ? "" : StrCat(", such as ", found.entities(0)));
    });
  };
  for (const auto& follow : running_->follows) {
    Glance source(around_, follow->of.source);
    check(follow->of.hop->Compare(source));
  }
  for (const auto& offer : running_->offers) {
    Glance above(around_, offer->of.upstream);
    check(offer->of.hop->Compare(above));
  }
}

void SimNode::CheckFetch(const FeedServer& feed, const v1::FetchRequest& request,
                         const absl::StatusOr<v1::FetchResponse>& page) {
  const std::string& service = feed.store()->options().service;
  NoteCommits(*feed.store());
  const bool known = around_.history->Knows(id_, service, feed.store()->epoch(), request.position());
  world_.Check("F5", page.ok() == known, [&] {
    return StrCat(id_, " ", page.ok() ? "continues" : "refuses", " its feed ", service, " for ", request.follower(),
                  " at ", request.position().sequence(), ", which is ", known ? "" : "not ", "of its history");
  });
  if (!page.ok()) return;
  around_.history->Note(id_, service, page->page().to());
  world_.Check("F12", SamePosition(page->page().from(), request.position()) || request.position().epoch().empty(),
               [&] { return StrCat(id_, " answers ", request.follower(), " with a page from elsewhere"); });
}

void SimNode::ServeFetch(const v1::FetchRequest& request, FetchReply reply) {
  const FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  auto page = feed->TryFetch(request);
  CheckFetch(*feed, request, page);
  const absl::Duration wait = absl::Seconds(request.wait().seconds());
  if (!page.ok() || !page->page().entries().empty() || wait == absl::ZeroDuration()) return reply(std::move(page));
  // A follower has one waiting call: the older one's connection may be gone.
  for (auto it = running_->waiting.begin(); it != running_->waiting.end(); ++it) {
    const bool same = it->request.feed() == request.feed() && it->request.follower() == request.follower() &&
                      it->request.downstream() == request.downstream();
    if (!same) continue;
    // As FetchQueue answers it: with an empty page where it stood itself.
    v1::FetchResponse empty;
    *empty.mutable_page()->mutable_from() = it->request.position();
    *empty.mutable_page()->mutable_to() = it->request.position();
    const FetchReply replaced = std::move(it->reply);
    running_->waiting.erase(it);
    replaced(std::move(empty));
    break;
  }
  running_->waiting.push_back({request, std::move(reply), world_.now() + wait});
  Later(wait, [this] { ServeWaiting(); });
}

void SimNode::ServeWaiting() {
  for (auto it = running_->waiting.begin(); it != running_->waiting.end();) {
    const FeedServer* feed = running_->node->feed(it->request.feed());
    auto page = feed->TryFetch(it->request);
    CheckFetch(*feed, it->request, page);
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
      [this, offering](const absl::StatusOr<v1::OfferResponse>& answer) { Offered(offering, answer); });
}

void SimNode::Offered(Offering* offering, const absl::StatusOr<v1::OfferResponse>& answer) {
  offering->calling = false;
  OfferHop& hop = *offering->of.hop;
  const absl::Status status = hop.Deliver(answer);
  world_.Trace(StrCat(id_, " ", hop.name(), " ", hop.position().sequence(), status.ok() ? "" : " failed"));
  if (ReasonOf(status) == v1::NOT_OWNER || ReasonOf(status) == v1::INVARIANT_BROKEN) {
    world_.Broken("F8", StrCat(id_, " ", hop.name(), ": ", ToStd(status.message())));
  }
  offering->failures = status.ok() ? 0 : offering->failures + 1;
  const absl::Duration pause = status.ok() ? absl::Milliseconds(1) : PauseAfter(offering->failures - 1);
  Later(pause, [this, offering] { OfferNext(offering); });
}

void SimNode::ServeOffer(const v1::OfferRequest& request, const OfferReply& reply) {
  FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  const std::string hop = StrCat("offered_by_", request.node());
  const auto stored = [&] { return feed->store()->TakeSnapshot()->GetPosition(hop).value_or(v1::FeedPosition()); };
  const v1::FeedPosition before = stored();
  v1::OfferResponse response;
  const absl::Status status = feed->Offer(request, &response);
  const v1::FeedPosition after = stored();
  const v1::FeedPage& page = request.page();
  const bool continued = SamePosition(page.from(), before) && SamePosition(after, page.to());
  const bool began =
      page.from().sequence() == 0 && page.to().epoch() != before.epoch() && SamePosition(after, page.to());
  world_.Check("F7", SamePosition(before, after) || continued || began, [&] {
    return StrCat(id_, " took in a page from ", page.from().sequence(), " to ", page.to().sequence(), " where ", hop,
                  " stood at ", before.sequence());
  });
  reply(status.ok() ? absl::StatusOr<v1::OfferResponse>(response) : status);
}

void SimNode::Do(const Chore* chore) {
  int steps = 0;
  while (chore->step() && !failed_) {
    if (++steps < kMostSteps) continue;
    return world_.Broken("R1", StrCat(id_, " never ends to ", chore->name));
  }
  Later(chore->pause, [this, chore] { Do(chore); });
}

void SimNode::CheckBetweenEvents() {
  disk_->Quiesce();
  if (running_ == nullptr) return;
  for (const auto& part : running_->node->parts()) {
    NoteCommits(*part->store);
    world_.Check("R2", HeldSnapshots(*part->store) == 0,
                 [&] { return StrCat(id_, " holds ", HeldSnapshots(*part->store), " snapshots of ", part->service); });
  }
}

std::string SimNode::behind() const {
  std::string names;
  for (const auto& follow : running_->follows) {
    if (!follow->of.hop->at_head()) StrAppend(&names, " ", follow->of.hop->name());
  }
  for (const auto& offer : running_->offers) {
    const std::unique_ptr<Snapshot> snapshot = offer->of.store->TakeSnapshot();
    auto left = ReadFeedPage(*snapshot, {offer->of.hop->audience()}, offer->of.hop->position());
    if (!left.ok() || !left->entries().empty()) StrAppend(&names, " ", offer->of.hop->name());
  }
  return names;
}

void SimNode::CompareFolds() {
  for (const auto& follow : running_->follows) {
    FollowHop& hop = *follow->of.hop;
    SimNode* source = around_.find(follow->of.source);
    auto like = hop.Prepare(absl::ZeroDuration());
    if (!like.ok()) return world_.Broken("F2", StrCat(id_, " cannot read its position"));
    BroughtBy(hop).fold.CompareWith(*source->node().feed(hop.spec().feed), *like);
  }
}

}  // namespace duban::simulation
