#include "tests/simulation/sim_node.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/store/checkpoint.h"
#include "common/store/held_snapshots.h"
#include "common/store/keys.h"
#include "tests/simulation/sim_call.h"
#include "tests/simulation/watched_logic.h"

namespace duban::simulation {
namespace {

// Each follower has one waiting call, so a queue of so many is never full; where it is, a hop fails with OVERLOADED,
// which is none of the errors that it may have.
constexpr int kMostWaiting = 60;
// Calls that are read in one go, and how long they may have to wait for it.
constexpr size_t kReadAtOnce = 3;
constexpr absl::Duration kReadingTime = absl::Milliseconds(2);
// How often a hop is compared behind an entry.
constexpr double kCompared = 0.02;
// As the service that tells what changes: how long it gathers, and rests at least and at most.
constexpr absl::Duration kGather = absl::Milliseconds(100), kShortestRest = absl::Seconds(1),
                         kLongestRest = absl::Minutes(1);
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
  if (around_.drawn->small_merges) options.store.merge = {2, 5, 20, 4};
  if (around_.drawn->short_memos) options.memo_lifetime = absl::Hours(1);
  if (around_.drawn->short_history) {
    options.memo_lifetime = options.history_kept = absl::Minutes(10);
    options.housekeeping = absl::Minutes(3);
  }
  NodePorts ports;
  ports.clock = &clock_;
  ports.ids = &ids_;
  ports.reminder_log = reminder_log_;
  if (around_.drawn->small_steps) ports.issue_step = 2;
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
  running_->edge = std::make_unique<SimEdge>(id_, around_.refusals);
  running_->table = std::make_unique<FetchTable>(&clock_, kMostWaiting, [this] { PumpSoon(); });
  for (const auto& part : running_->node->parts()) Listen(*part);
  ListenForWatchers();
  const auto add = [this](auto hop, const std::string& other, Store* store) {
    auto turning = std::make_unique<Turning>();
    turning->driver = std::make_unique<HopDriver>(std::move(hop), &clock_, &ids_);
    turning->other = other;
    turning->store = store;
    running_->hops.push_back(std::move(turning));
  };
  for (Node::Follow& follow : running_->node->TakeFollows()) {
    CheckPosition(*follow.hop);
    add(std::move(follow.hop), follow.source, running_->node->store(follow.service));
  }
  for (Node::Offer& offer : running_->node->TakeOffers()) add(std::move(offer.hop), offer.upstream, offer.store);
  running_->node->Begin();
  running_->chores = running_->node->chores();
  for (const Chore& chore : running_->chores) {
    Later(absl::Milliseconds(dice_.Below(1000)), [this, c = &chore] { Do(c); });
  }
  for (auto& hop : running_->hops) Later(absl::Milliseconds(dice_.Below(100)), [this, h = hop.get()] { Turn(h); });
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
  for (const auto& feed : part.feeds) running_->table->AddFeed(feed.get());
  running_->listeners.push_back(part.store->OnCommit([this, &part](const Audiences& touched) {
    for (const auto& feed : part.feeds) running_->table->Touch(feed->feed(), touched);
    for (auto& hop : running_->hops) {
      const OfferHop* offer = hop->driver->offer();
      if (offer != nullptr && hop->store == part.store.get() && touched.contains(offer->audience())) Wake(hop.get());
    }
  }));
}

void SimNode::ListenForWatchers() {
  running_->watch = std::make_unique<WatchTable>(&clock_, knobs_.watch, [this] { TellSoon(); });
  for (const auto& part : running_->node->parts()) {
    const absl::Status added = running_->watch->AddFeed(part->service, part->store.get(), part->logic->facts());
    if (!added.ok()) world_.Broken("W1", StrCat(id_, " tells nobody: ", ToStd(added.message())));
  }
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
  BreakConnections();
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
  running_->table->Drain();
  running_->watch->Drain();
  BreakConnections();
  End();
  disk_->Quiesce();
  world_.Check("R3", running_ == nullptr, [&] { return StrCat(id_, " does not stop"); });
}

void SimNode::Later(absl::Duration delay, std::function<void()> event) {
  world_.After(delay, [this, incarnation = incarnation_, event = std::move(event)] {
    if (incarnation == incarnation_) event();
  });
}

// A process that ends takes its connections with it, and those it called are told, unless a network is in the way.
void SimNode::BreakConnections() {
  if (running_ == nullptr) return;
  for (const auto& hop : running_->hops) {
    const auto service = std::find_if(running_->node->parts().begin(), running_->node->parts().end(),
                                      [&](const auto& part) { return part->store.get() == hop->store; });
    const auto hang_up = [find = around_.find, node = hop->other, instance = (*service)->instance] {
      if (SimNode* other = find(node); other != nullptr) other->HangUp(instance);
    };
    if (hop->other != id_) around_.network->Send(Network::Message::kRequest, id_, hop->other, hang_up);
  }
}

Brought& SimNode::BroughtBy(const FollowHop& hop) {
  return brought_.try_emplace(hop.name(), Brought{FeedFold(&world_, StrCat(id_, " ", hop.name())), std::nullopt})
      .first->second;
}

const FeedFold* SimNode::OrdersFrom(const std::string& above) const {
  const auto it = brought_.find(FollowedFrom(above, "assignment"));
  return it == brought_.end() ? nullptr : &it->second.fold;
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
  const bool other = stored.epoch() != brought.fold.position().epoch() || around_.drawn->short_history;
  if (stored.sequence() == 0 && other) return brought.fold.StartOver(stored.epoch());
  world_.Check("F3", SamePosition(stored, brought.fold.position()), [&] {
    return StrCat(id_, " ", hop.name(), " is at ", stored.sequence(), " after a start, it was brought up to ",
                  brought.fold.position().sequence());
  });
}

void SimNode::Turn(Turning* hop) {
  const HopDriver::Step step = hop->driver->Next();
  if (!step.call.has_value()) {
    hop->until_commit = step.until_commit;
    return Later(step.pause, [this, hop, pause = ++hop->pauses] {
      if (pause == hop->pauses) Turn(hop);
    });
  }
  if (const auto* fetch = std::get_if<v1::FetchRequest>(&*step.call); fetch != nullptr) return Fetch(hop, *fetch);
  CallNode<absl::StatusOr<v1::OfferResponse>>(
      hop->other,
      [from = CertificateOf(id_), request = std::get<v1::OfferRequest>(*step.call)](
          SimNode* other, const OfferReply& reply) { other->ServeOffer(from, request, reply); },
      [this, hop](const absl::StatusOr<v1::OfferResponse>& answer) { Offered(hop, answer); });
}

void SimNode::Wake(Turning* hop) {
  if (!std::exchange(hop->until_commit, false)) return;
  ++hop->pauses;
  Later(absl::ZeroDuration(), [this, hop] { Turn(hop); });
}

void SimNode::Fetch(Turning* hop, const v1::FetchRequest& prepared) {
  world_.Check("R1", !hop->calling, [&] { return StrCat(id_, " ", hop->driver->name(), " calls twice at once"); });
  hop->calling = true;
  v1::FetchRequest request = prepared;
  request.set_max_bytes(knobs_.page_bytes);
  CallNode<absl::StatusOr<v1::FetchResponse>>(
      hop->other,
      [from = CertificateOf(id_), request](SimNode* other, FetchReply reply) {
        other->ServeFetch(from, request, std::move(reply));
      },
      [this, hop](const absl::StatusOr<v1::FetchResponse>& answer) { Fetched(hop, answer); });
}

void SimNode::Fetched(Turning* hop, const absl::StatusOr<v1::FetchResponse>& answer) {
  hop->calling = false;
  const bool dropped = std::exchange(hop->drop, false);
  // As the runner does: the page behind this one is under way while this one is committed.
  const std::optional<v1::FetchRequest> behind = hop->driver->Take(answer);
  if (behind.has_value()) Fetch(hop, *behind);
  const absl::Status committed = dropped ? hop->driver->Commit() : CommitPage(hop, answer);
  world_.Trace(StrCat(id_, " ", hop->driver->name(), " ", hop->driver->follow()->position().sequence(),
                      committed.ok() ? "" : " failed"));
  const v1::ErrorReason reason = ReasonOf(committed);
  const bool expected = reason == v1::NOT_SERVING || reason == v1::OUTCOME_UNKNOWN || reason == v1::NODE_ID_TAKEN;
  if (!committed.ok() && !expected) {
    world_.Broken("F4", StrCat(id_, " ", hop->driver->name(), ": ", ToStd(committed.message())));
  }
  const bool brought = answer.ok() && !answer->page().entries().empty();
  const bool again = !dropped && committed.ok() && brought && !failed_ && dice_.Chance(0.02);
  if (again) TakeAgain(hop, answer);
  // Behind what was refused, as behind what failed, nothing is taken in.
  hop->drop = behind.has_value() && (again || !committed.ok());
  if (!behind.has_value()) Later(absl::Milliseconds(1), [this, hop] { Turn(hop); });
}

absl::Status SimNode::CommitPage(Turning* turning, const absl::StatusOr<v1::FetchResponse>& answer) {
  const FollowHop& hop = *turning->driver->follow();
  Store& store = *turning->store;
  const v1::FeedPosition before = hop.position(), head = store.head();
  const absl::Status committed = turning->driver->Commit();
  const v1::FeedPosition& after = hop.position();
  const bool over = before.epoch() != after.epoch() || MetadataOf(answer.status()).contains("cutOffAt");
  world_.Check("F3", over || after.sequence() >= before.sequence(),
               [&] { return StrCat(id_, " ", hop.name(), " went back from ", before.sequence()); });
  Brought& brought = BroughtBy(hop);
  if (!committed.ok()) {
    if (ReasonOf(committed) == v1::OUTCOME_UNKNOWN && answer.ok()) brought.unknown = answer->page();
    return committed;
  }
  if (!answer.ok()) {
    brought.fold.StartOver(after.epoch());
    return committed;
  }
  if (SamePosition(before, after)) {
    world_.Check("F4", answer->page().entries().empty(),
                 [&] { return StrCat(id_, " ", hop.name(), " lets a page with entries go by"); });
    return committed;
  }
  brought.fold.Take(answer->page());
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  const auto [commits, own] = CommitsBehind(*snapshot, head.sequence(), StrCat("follow/", hop.name()));
  const v1::FeedPosition stored = snapshot->GetPosition(hop.name()).value_or(v1::FeedPosition());
  world_.Check("F3", commits == 1 && own == 1 && SamePosition(stored, answer->page().to()), [&, commits = commits] {
    return StrCat(id_, " ", hop.name(), " made ", commits, " commits of a page and stands at ", stored.sequence());
  });
  return committed;
}

// The answer comes once more, behind its time: it must not be taken in.
void SimNode::TakeAgain(Turning* turning, const absl::StatusOr<v1::FetchResponse>& answer) {
  const FollowHop& hop = *turning->driver->follow();
  const v1::FeedPosition before = hop.position(), head = turning->store->head();
  turning->driver->Take(answer);
  const absl::Status committed = turning->driver->Commit();
  const bool same = SamePosition(before, hop.position()) && head.sequence() == turning->store->head().sequence();
  world_.Check("F7", same && !committed.ok(), [&] { return StrCat(id_, " ", hop.name(), " took a stale page in"); });
  world_.Count("fault.stale_page");
}

// Whoever was heard of since the node started, and within the time that history is kept, is waited for, unless it has
// lost its memory since. What a clock that is set makes of that time nobody promises.
void SimNode::CheckCutOff(const FeedServer& feed, const v1::FetchRequest& request, const absl::Status& outcome) {
  const std::string& service = feed.store()->options().service;
  HeardFollower& heard = running_->heard[{service, request.follower(), request.downstream()}];
  const bool cut_off = MetadataOf(outcome).contains("cutOffAt");
  const bool wronged =
      heard.IsWronged(request.position(), outcome.ok(), cut_off, clock_.Now(), running_->node->options().history_kept);
  const bool behind = wronged && !around_.drawn->faults.contains("clock_step") &&
                      around_.history->Knows(id_, service, feed.store()->epoch(), request.position());
  world_.Check("F10", !behind, [&] {
    return StrCat(id_, " has cut off what ", request.follower(), " still needed of its ", service, " store at ",
                  request.position().sequence());
  });
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
  for (const auto& turning : running_->hops) {
    if (turning->driver->name() != hop) continue;
    Glance source(around_, turning->other);
    turning->driver->Compare(source);
    world_.Count("fault.compared");
  }
  comparing_ = false;
}

void SimNode::CheckSetAside() {
  for (const auto& part : running_->node->parts()) {
    v1::NodeStatus status;
    if (!ShowHops(*part->store->TakeSnapshot(), status).ok()) return world_.Broken("F8", StrCat(id_, " is unreadable"));
    for (const v1::NodeStatus::Hop& hop : status.hops()) {
      for (const v1::SetAside& entry : hop.last_set_aside()) {
        world_.Check("F8", around_.forged->contains({id_, hop.name(), entry.entity()}), [&] {
          return StrCat(id_, " ", hop.name(), " has set ", entry.entity(), " aside: ", entry.message());
        });
      }
    }
  }
}

bool SimNode::SaidElsewhere(const Turning& hop, const std::string& entity) const {
  if (hop.driver->follow() == nullptr) return false;
  return std::any_of(upstreams_.begin(), upstreams_.end(), [&](const std::string& upstream) {
    if (upstream == hop.other) return false;
    const auto snapshot = around_.find(upstream)->store(hop.store->options().service)->TakeSnapshot();
    // What is found may be a row that only follows from entities.
    return snapshot->GetRow(EntityKey(entity)).value_or(std::nullopt).has_value() ||
           snapshot->GetRow(LocalKey(entity)).value_or(std::nullopt).has_value();
  });
}

bool SimNode::IsNamedByNobody(const Turning& hop, const std::string& list) const {
  const std::unique_ptr<Snapshot> snapshot = hop.store->TakeSnapshot();
  const auto there = snapshot->Get<v1::AddresseeList>(list);
  bool named = !there.ok() || !there->has_value();
  const absl::Status read =
      snapshot->Scan<v1::Order>("plans/", "", [&](std::string_view, const Stored<v1::Order>& order) {
        named = named || order.value.addressee_list() == list;
        return !named;
      });
  return read.ok() && !named;
}

void SimNode::CompareHops() {
  for (const auto& hop : running_->hops) {
    Glance other(around_, hop->other);
    const v1::NodeCheck found = hop->driver->Compare(other);
    const bool explained =
        found.result() == v1::NodeCheck::BAD &&
        std::all_of(found.entities().begin(), found.entities().end(), [&](const std::string& entity) {
          return SaidElsewhere(*hop, entity) || IsNamedByNobody(*hop, entity);
        });
    world_.Check("V1", found.result() == v1::NodeCheck::GOOD || explained, [&] {
      return StrCat(id_, " ", found.hop(), " is found ", v1::NodeCheck::Result_Name(found.result()), ": ",
                    found.finding(), ": ", absl::StrJoin(found.entities(), " "));
    });
  }
}

void SimNode::CheckFetch(const FeedServer& feed, const v1::FetchRequest& request,
                         const absl::StatusOr<v1::FetchResponse>& page) {
  const std::string& service = feed.store()->options().service;
  NoteCommits(*feed.store());
  const auto checkpoint = ReadCheckpoint(*feed.store()->TakeSnapshot());
  if (!checkpoint.ok())
    return world_.Broken("F1", StrCat(id_, " has an altered checkpoint in its ", service, " store"));
  const v1::FeedPosition& position = request.position();
  const bool cut_off = position.sequence() > 0 && position.sequence() <= checkpoint->sequence();
  bool known = around_.history->Knows(id_, service, feed.store()->epoch(), position);
  // Of what was cut off only those are known who stand where it ends, or came by since.
  if (cut_off) known = position.epoch() == feed.store()->epoch() && position.hash() == checkpoint->chain_hash();
  CheckCutOff(feed, request, page.status());
  world_.Check("F5", page.ok() == known, [&] {
    return StrCat(id_, " ", page.ok() ? "continues" : "refuses", " its feed ", service, " for ", request.follower(),
                  " at ", request.position().sequence(), ", which is ", known ? "" : "not ", "of its history");
  });
  if (!page.ok()) return;
  if (page->page().to().sequence() > checkpoint->sequence()) around_.history->Note(id_, service, page->page().to());
  world_.Check("F12", SamePosition(page->page().from(), request.position()) || request.position().epoch().empty(),
               [&] { return StrCat(id_, " answers ", request.follower(), " with a page from elsewhere"); });
}

absl::Status SimNode::Admit(const Identity& from, std::string_view method, const google::protobuf::Message& request) {
  const auto now = [this] { return world_.now() - absl::UnixEpoch(); };
  absl::Status admitted = running_->edge->Admit(from, StrCat("duban.v1.FeedService/", method), request, now());
  if (admitted.ok()) return admitted;
  const auto write = [this, now] { running_->edge->Write(store("plan"), now()); };
  // Those that are counted together come when their minute is over.
  Later(absl::Seconds(1), write);
  Later(absl::Seconds(61), write);
  return admitted;
}

void SimNode::ServeFetch(const Identity& from, const v1::FetchRequest& request, FetchReply reply) {
  if (absl::Status admitted = Admit(from, "Fetch", request); !admitted.ok()) return reply(std::move(admitted));
  const FeedServer* feed = running_->node->feed(request.feed());
  auto number = std::make_shared<int64_t>(0);
  const auto answer = [this, feed, request, number,
                       reply = std::move(reply)](const absl::StatusOr<std::shared_ptr<const SharedPage>>& page) {
    if (running_ != nullptr) running_->callers.erase(*number);
    using Fetched = absl::StatusOr<v1::FetchResponse>;
    const Fetched answer = page.ok() ? Fetched((*page)->response()) : Fetched(page.status());
    // Of one that was replaced, or met a drain, nobody has looked at the position.
    const bool judged = page.ok() ? !IsUnread(answer->page()) : ReasonOf(page.status()) == v1::FEED_MISMATCH;
    if (feed != nullptr && judged) CheckFetch(*feed, request, answer);
    reply(answer);
  };
  *number = running_->table->Submit(request, "", answer);
  if (*number > 0) running_->callers[*number] = request.instance();
}

void SimNode::HangUp(const std::string& instance) {
  if (running_ == nullptr) return;
  std::vector<int64_t> gone;
  for (const auto& [number, caller] : running_->callers) {
    if (caller == instance) gone.push_back(number);
  }
  for (const int64_t number : gone) {
    running_->table->Cancel(number);
    running_->callers.erase(number);
  }
}

// As one of the queue's threads: what is ready is collected now and read a moment later, amid other events. Others may
// have read all of it by then.
void SimNode::Pump() {
  running_->pumping = false;
  if (const auto ready = running_->table->Join(); ready != nullptr) {
    return Later(dice_.Between(absl::ZeroDuration(), kReadingTime), [this, left = std::weak_ptr(ready)] {
      const std::shared_ptr<FetchTable::Round> round = left.lock();
      while (round != nullptr && running_->table->Work(*round, kReadAtOnce)) {
      }
      PumpSoon();
    });
  }
  const absl::Duration end = running_->table->UntilNextEnd();
  if (end == absl::InfiniteDuration() || std::exchange(running_->ending, true)) return;
  // Its clock may run slow.
  Later(end * 1.001 + absl::Microseconds(1), [this] {
    running_->ending = false;
    PumpSoon();
  });
}

void SimNode::PumpSoon() {
  if (std::exchange(running_->pumping, true)) return;
  Later(absl::ZeroDuration(), [this] { Pump(); });
}

// As the thread of the service: what comes close behind each other is told together.
void SimNode::TellSoon() {
  if (std::exchange(running_->telling, true)) return;
  Later(kGather, [this] { TellWatchers(); });
}

void SimNode::TellWatchers() {
  running_->telling = false;
  if (before_telling_) before_telling_();
  running_->watch->Work();
  if (behind_telling_) behind_telling_();
  const absl::Duration rest = std::clamp(running_->watch->UntilNextBeat(), kShortestRest, kLongestRest) + kGather;
  const absl::Time ends = world_.now() + rest;
  // One that ends sooner begins the next.
  if (running_->rest_ends > world_.now() && running_->rest_ends <= ends) return;
  running_->rest_ends = ends;
  Later(rest, [this, ends] {
    if (ends == running_->rest_ends && !running_->telling) TellWatchers();
  });
}

void SimNode::Offered(Turning* hop, const absl::StatusOr<v1::OfferResponse>& answer) {
  hop->driver->Take(answer);
  const absl::Status status = hop->driver->Commit();
  const std::string& name = hop->driver->name();
  world_.Trace(StrCat(id_, " ", name, " ", hop->driver->offer()->position().sequence(), status.ok() ? "" : " failed"));
  const v1::ErrorReason reason = ReasonOf(status);
  if (reason == v1::NOT_OWNER || reason == v1::INVALID_FIELD || reason == v1::INVARIANT_BROKEN) {
    world_.Broken("F8", StrCat(id_, " ", name, ": ", ToStd(status.message())));
  }
  if (answer.ok() && answer->set_aside_size() > 0) {
    world_.Broken("F8", StrCat(id_, " ", name, ": ", answer->set_aside(0).message()));
  }
  Later(absl::Milliseconds(1), [this, hop] { Turn(hop); });
}

void SimNode::ServeOffer(const Identity& from, const v1::OfferRequest& request, const OfferReply& reply) {
  if (absl::Status admitted = Admit(from, "Offer", request); !admitted.ok()) return reply(std::move(admitted));
  FeedServer* feed = running_->node->feed(request.feed());
  if (feed == nullptr) return reply(NotFound(request.feed()));
  const std::string hop = StrCat("offered_by_", request.node());
  const auto stored = [&] { return feed->store()->TakeSnapshot()->GetPosition(hop).value_or(v1::FeedPosition()); };
  const v1::FeedPosition before = stored();
  v1::OfferResponse response;
  const absl::Status status = feed->ServeOffer(request, "", &response);
  const v1::FeedPosition after = stored();
  const v1::FeedPage& page = request.page();
  const bool continued = SamePosition(page.from(), before) && SamePosition(after, page.to());
  // Where it stood was of another history, or is no place to go on from.
  const bool elsewhere = page.to().epoch() != before.epoch() || SamePosition(request.instead_of(), before);
  const bool began = page.from().sequence() == 0 && elsewhere && SamePosition(after, page.to());
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
  for (const auto& hop : running_->hops) {
    if (const FollowHop* follow = hop->driver->follow(); follow != nullptr) {
      if (!follow->at_head()) StrAppend(&names, " ", follow->name());
      continue;
    }
    const OfferHop& offer = *hop->driver->offer();
    const std::unique_ptr<Snapshot> snapshot = hop->store->TakeSnapshot();
    auto left = ReadFeedPage(*snapshot, {offer.audience()}, offer.position());
    if (!left.ok() || !left->entries().empty()) StrAppend(&names, " ", offer.name());
  }
  return names;
}

void SimNode::CompareFolds() {
  for (const auto& hop : running_->hops) {
    const FollowHop* follow = hop->driver->follow();
    if (follow == nullptr) continue;
    v1::FetchRequest like;
    like.set_feed(follow->spec().feed);
    like.set_follower(follow->spec().follower);
    like.set_downstream(follow->spec().from_upstream);
    BroughtBy(*follow).fold.CompareWith(*around_.find(hop->other)->node().feed(like.feed()), like);
  }
}

}  // namespace duban::simulation
