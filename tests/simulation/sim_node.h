// One node of a simulation: a real node (common/node/node.h) whose hops, feeds and chores are turned by events instead
// of threads and gRPC, on a disk in memory.

#ifndef DUBAN_TESTS_SIMULATION_SIM_NODE_H_
#define DUBAN_TESTS_SIMULATION_SIM_NODE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/feed/fetch_table.h"
#include "common/feed/hop_driver.h"
#include "common/feed/rebuild.h"
#include "common/feed/watch_table.h"
#include "common/node/node.h"
#include "services/assignment/assignment_logic.h"
#include "services/notification/notification_logic.h"
#include "services/plan/plan_logic.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/feed_watch.h"
#include "tests/simulation/network.h"
#include "tests/simulation/sim_edge.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// What the nodes of a run share; all outlive them.
struct Surroundings {
  World* world = nullptr;
  Network* network = nullptr;
  FeedHistory* history = nullptr;
  const Drawn* drawn = nullptr;
  // The node of an id; null where there is none.
  std::function<class SimNode*(const std::string& node)> find;
  // Ids of the nodes directly below one.
  std::function<std::vector<std::string>(const std::string& node)> below;
  // Entries that were offered by whoever does not own them: taking node, its hop, entity.
  std::set<std::tuple<std::string, std::string, std::string>>* forged = nullptr;
  // What nodes have refused to callers that may not what they asked for.
  RefusalCounts* refusals;
  // Called when a node has given back to another what it holds of it.
  std::function<void(class SimNode* by, const std::string& to)> gave_back;
};

// What a hop was brought, over restarts; and a page whose commit has an unknown outcome.
struct Brought {
  FeedFold fold;
  std::optional<v1::FeedPage> unknown;
};

// Copies of the stores of a node, kept elsewhere, each made as `duban node backup` makes it; and what the node's hops
// had been brought at that time.
struct NodeCopy {
  std::map<std::string, Disk::Files> stores;
  std::map<std::string, v1::FeedPosition> heads;
  std::map<std::string, Brought> brought;
};

// Not thread-safe.
class SimNode {
 public:
  // `reminder_log` may be null, and outlives the node.
  SimNode(const Surroundings& around, std::string id, std::vector<std::string> upstreams, const NodeKnobs& knobs,
          LineSink* reminder_log);
  ~SimNode();

  // Opens the stores, builds the services, and begins to follow, to offer, and to do its chores.
  void Start();
  // Ends the process without a word: calls under way are never answered.
  void Crash();
  // Ends the machine; of what was not synced a random part is left, or nothing with a `luck` of 0.
  void PowerCut(uint64_t luck);
  // Stops in good order: who waits is answered.
  void Stop();
  // The machine ends for good, with its disk; another one takes its place, with an empty disk.
  void LoseMachine();

  // Adds a copy of a service's store. Returns whether it could be made.
  bool Copy(const std::string& service, NodeCopy* copy);
  // Tells the stores that copies of them are kept.
  void NoteBackup(const NodeCopy& copy);
  // Makes the stores of an empty machine out of copies.
  void Restore(const NodeCopy& copy);
  // Gets back what the neighbours hold, on an empty or restored machine that is not started yet: run after run of what
  // `duban node rebuild` does, until all of them have given everything. Then calls `done`.
  using Rebuilt = std::function<void(const v1::RebuildReport& report)>;
  void RebuildFromNeighbours(Rebuilt done);

  bool up() const { return running_ != nullptr; }
  // The pages of assignments that this node was brought from one above; null where there are none.
  const FeedFold* OrdersFrom(const std::string& above) const;
  // A store has stopped serving: the process has to be started again.
  bool failed() const { return failed_; }
  // When it was started last.
  absl::Time started() const { return started_; }
  const std::string& id() const { return id_; }
  const NodeKnobs& knobs() const { return knobs_; }
  const std::vector<std::string>& upstreams() const { return upstreams_; }
  NodeClock& clock() { return clock_; }
  Disk& disk() { return *disk_; }
  Node& node() { return *running_->node; }
  Store* store(const std::string& service) const { return running_->node->store(service); }

  // The services; only while up.
  PlanCore& plans() { return running_->plan->plans(); }
  DirectoryCore& directory() { return running_->plan->directory(); }
  AssignmentCore& assignments() { return running_->assignment->core(); }
  NotificationCore& notifications() { return running_->notification->core(); }

  // Serves a call of whoever has the certificate `from`. `reply` may run later, or never.
  using FetchReply = std::function<void(absl::StatusOr<v1::FetchResponse>)>;
  using OfferReply = std::function<void(absl::StatusOr<v1::OfferResponse>)>;
  void ServeFetch(const Identity& from, const v1::FetchRequest& request, FetchReply reply);
  void ServeOffer(const Identity& from, const v1::OfferRequest& request, const OfferReply& reply);
  // The process that presented `instance` is gone, and its connections with it.
  void HangUp(const std::string& instance);
  using GiveBackReply = std::function<void(absl::StatusOr<v1::GiveBackResponse>)>;
  void ServeGiveBack(const Identity& from, const v1::GiveBackRequest& request, const GiveBackReply& reply);

  // Those who are told what changes here; null while it is down.
  WatchTable* watch() { return running_ == nullptr ? nullptr : running_->watch.get(); }
  // Tells whoever is ready. Whoever looks on is called right before and behind it.
  void TellWatchers();
  void OnTelling(std::function<void()> before, std::function<void()> behind) {
    before_telling_ = std::move(before);
    behind_telling_ = std::move(behind);
  }

  // What is checked between two events.
  void CheckBetweenEvents();
  // Names of the hops that are not at the head of their feeds, or have something left to send; empty: none.
  std::string behind() const;
  // At rest: what the hops brought, against the feeds they follow.
  void CompareFolds();
  // At rest: nothing was set aside but what was forged.
  void CheckSetAside();
  // At rest: both ends of every hop, as `duban node verify` compares them.
  void CompareHops();
  // Whether a commit has happened since it was last asked.
  bool TakeTouched(const std::string& service) { return touched_.erase(service) > 0; }

 private:
  // A hop, turned by events as HopRunner turns it with a thread.
  struct Turning {
    std::unique_ptr<HopDriver> driver;
    // The node that it calls.
    std::string other;
    Store* store = nullptr;
    bool calling = false;
    // The page under way belongs behind one that was not stored.
    bool drop = false;
    // It pauses, and a commit that concerns it ends that; which pause.
    bool until_commit = false;
    int64_t pauses = 0;
  };
  // Everything that a crash takes away. Members are destroyed in reverse order: hops before the node.
  struct Running {
    std::unique_ptr<Node> node;
    std::unique_ptr<SimEdge> edge;
    // Owned by the node.
    PlanLogic* plan = nullptr;
    AssignmentLogic* assignment = nullptr;
    NotificationLogic* notification = nullptr;
    std::vector<Chore> chores;
    // Followers that were heard of, by service, follower and whether it is a node.
    std::map<std::tuple<std::string, std::string, bool>, HeardFollower> heard;
    std::unique_ptr<FetchTable> table;
    // Whose calls are in it, by number.
    std::map<int64_t, std::string> callers;
    // An event is on its way that works it off; that ends a wait.
    bool pumping = false;
    bool ending = false;
    std::unique_ptr<WatchTable> watch;
    // An event is on its way that tells watchers; another one comes when the rest ends.
    bool telling = false;
    absl::Time rest_ends;
    std::vector<std::unique_ptr<Turning>> hops;
    std::vector<std::shared_ptr<void>> listeners;
  };
  // Null where it does not open.
  std::unique_ptr<Running> Build(bool rebuilding);
  void Listen(Node::Part& part);
  void CheckOpened();
  // Every commit becomes a place of the history, also one that its caller was never told of.
  void NoteCommits(const Store& store);
  void End();
  StoreOptions OptionsOf(const std::string& service);

  void RunRebuild();
  void AskToRebuild();
  void RebuildAnswered(const Rebuild::Call& call, const absl::StatusOr<Rebuild::Answer>& answer);
  // What hops bring is followed here, too, where it comes by way of a rebuild.
  void NoteRebuilt(const Rebuild::Call& call, const absl::StatusOr<Rebuild::Answer>& answer, const absl::Status& taken);
  void BreakOffRebuild(const absl::Status& why);

  class Glance;
  void CompareBeside(const std::string& hop);
  // Another node above says something of an entity, too: whichever said it last is believed.
  bool SaidElsewhere(const Turning& hop, const std::string& entity) const;
  // A list of addressees whose order never came: its issuer has lost both with its disk since, and nobody misses it.
  bool IsNamedByNobody(const Turning& hop, const std::string& list) const;

  Brought& BroughtBy(const FollowHop& hop);
  void CheckPosition(const FollowHop& hop);
  void Turn(Turning* hop);
  void Wake(Turning* hop);
  void Fetch(Turning* hop, const v1::FetchRequest& prepared);
  void Fetched(Turning* hop, const absl::StatusOr<v1::FetchResponse>& answer);
  absl::Status CommitPage(Turning* turning, const absl::StatusOr<v1::FetchResponse>& answer);
  void TakeAgain(Turning* turning, const absl::StatusOr<v1::FetchResponse>& answer);
  void Offered(Turning* hop, const absl::StatusOr<v1::OfferResponse>& answer);
  void CheckCutOff(const FeedServer& feed, const v1::FetchRequest& request, const absl::Status& outcome);
  void CheckFetch(const FeedServer& feed, const v1::FetchRequest& request,
                  const absl::StatusOr<v1::FetchResponse>& page);
  // Whether the edge lets a call in; what it refuses is soon in the audit.
  absl::Status Admit(const Identity& from, std::string_view method, const google::protobuf::Message& request);
  void Pump();
  void PumpSoon();
  void ListenForWatchers();
  void TellSoon();
  void BreakConnections();
  void Do(const Chore* chore);
  // Runs `event` later, unless the node was stopped in between.
  void Later(absl::Duration delay, std::function<void()> event);
  // Calls another node; `done` runs once, with UNAVAILABLE when no answer comes in time.
  template <typename Response>
  void CallNode(const std::string& node, std::function<void(SimNode*, std::function<void(Response)>)> serve,
                std::function<void(Response)> done);

  const Surroundings around_;
  World& world_;
  const std::string id_;
  const std::vector<std::string> upstreams_;
  const NodeKnobs knobs_;
  LineSink* const reminder_log_;
  Dice& dice_;
  Dice& compare_dice_;
  bool comparing_ = false;
  NodeClock clock_;
  WorldIds ids_;
  std::unique_ptr<Disk> disk_ = std::make_unique<Disk>();
  int64_t incarnation_ = 0;
  bool failed_ = false;
  absl::Time started_;
  // By service: the last head that anybody was shown.
  std::map<std::string, v1::FeedPosition> shown_;
  std::map<std::string, Brought> brought_;
  std::set<std::string> touched_;
  std::function<void()> before_telling_, behind_telling_;
  std::unique_ptr<Running> running_;
  // While it is rebuilt: the node, opened for that, and what runs over it.
  std::unique_ptr<Running> rebuilding_;
  std::unique_ptr<Rebuild> rebuild_;
  Rebuilt rebuild_done_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIM_NODE_H_
