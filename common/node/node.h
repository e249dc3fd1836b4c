// A node built from ports: the stores, logic, feeds and hops of the services it hosts, one or all three.
//
// The one way to build one, for servers, tests and simulations. Nothing here runs by itself: whoever drives the node
// answers Fetch and Offer with its feeds, turns its hops, and runs its chores.
//
// Threads: built, taken apart and destroyed by one thread; stores, logic and feeds may be used from any thread in
// between. Ownership: the ports outlive the node; what a driver took from it goes before it.

#ifndef DUBAN_COMMON_NODE_NODE_H_
#define DUBAN_COMMON_NODE_NODE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "common/node/service_logic.h"
#include "common/store/store.h"

namespace duban {

// How often a node forgets answers to requests that are older than promised, and how many in one command.
inline constexpr absl::Duration kHousekeepingEvery = absl::Hours(1);
inline constexpr int kMemosAtOnce = 1000;
// How often it looks for feeds whose rows are worth merging, and for followers whose position is worth a note.
inline constexpr absl::Duration kMergeEvery = absl::Minutes(5);
inline constexpr absl::Duration kNoteFollowersEvery = absl::Minutes(1);
// Of one follower so many notes are made in the time that history is kept: one a day.
inline constexpr int kNotesInHistory = 180;
// How often a node reads all its files through, so that damage is found while neighbours and backups still hold what
// was there.
inline constexpr absl::Duration kVerifyEvery = absl::Hours(24);

struct NodeOptions {
  // Id of this node.
  std::string node;
  // Folder of the stores, one sub-folder a service.
  std::string data_dir;
  // Ids of the nodes above.
  std::vector<std::string> upstreams;
  // How long answers to requests are remembered.
  absl::Duration memo_lifetime = kMemoLifetime;
  // How long commits are kept at least, and how often a node looks for what is older than that.
  absl::Duration history_kept = kHistoryKept;
  absl::Duration housekeeping = kHousekeepingEvery;
  // The node is opened to be rebuilt from its neighbours, not to serve: see common/feed/rebuild.h.
  bool rebuilding = false;
  // How the stores are opened; path, service, node, clock and ids are filled in.
  StoreOptions store;
};

// How a store of the node is opened.
using StoreOpener = std::function<absl::StatusOr<std::shared_ptr<Store>>(const StoreOptions&)>;

struct NodePorts {
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
  // Null: due reminders wait for jobs that lease them, and are put into no log.
  LineSink* reminder_log = nullptr;
  // As in Ports.
  std::string channels_file = {};
  // As in Ports.
  std::string page_key;
  TokenSigner* tokens = nullptr;
  const Sealer* sealer = nullptr;
  IdTokens* id_tokens = nullptr;
  const storage::v1::FirstOfficer* first_officer = nullptr;
  size_t issue_step = kIssueStep;
  std::map<std::string, std::shared_ptr<EvidencePeer>> evidence_above = {};
  // Null: Store::Open.
  StoreOpener open_store = nullptr;
};

// Marks errors of Node::Open that come from a store; the payload is the service.
inline constexpr char kStoreFailureUrl[] = "duban.store";
absl::Status StoreFailure(const StoreOptions& store, const absl::Status& cause);

// How the store of a service of the node is opened.
StoreOptions StoreOptionsOf(const NodeOptions& node, std::string_view service, Clock* clock, IdSource* ids);

class Node {
 public:
  // A hosted service.
  struct Part {
    std::string service;
    std::shared_ptr<Store> store;
    // This process, to those whom the service follows or offers to.
    std::string instance;
    std::unique_ptr<ServiceLogic> logic;
    HopSpecs hops;
    std::vector<std::unique_ptr<FeedServer>> feeds;
    // How far merging its feeds has come in this pass (Store::MergeFeeds).
    std::string merge_at;
  };
  // A feed this node follows.
  struct Follow {
    std::unique_ptr<FollowHop> hop;
    // Whose feed: this node itself, or one above.
    std::string source;
    // The following service.
    std::string service;
  };
  // Own entries this node offers to one above.
  struct Offer {
    std::unique_ptr<OfferHop> hop;
    std::string feed;
    std::string upstream;
    Store* store = nullptr;
  };

  // Opens the stores and builds everything on them. Errors: INVALID_ARGUMENT for an `issue_step` of 0; those of
  // Store::Open, and FAILED_PRECONDITION (WRONG_STATE) for a store whose rebuild is not over unless the node is opened
  // for that; with payload kStoreFailureUrl.
  static absl::StatusOr<std::unique_ptr<Node>> Open(const NodeOptions& options, const NodePorts& ports,
                                                    const std::vector<LogicFactory>& services);
  ~Node();

  const NodeOptions& options() const { return options_; }
  const std::vector<std::unique_ptr<Part>>& parts() const { return parts_; }
  // Null where it is not hosted.
  Part* part(std::string_view service) const;
  Store* store(std::string_view service) const;
  FeedServer* feed(std::string_view feed) const;

  // Lets each service put in what has to be there before the first call.
  void Begin();
  // The hops, once: their driver keeps them from now on, and destroys them before the node.
  std::vector<Follow> TakeFollows() { return std::move(follows_); }
  std::vector<Offer> TakeOffers() { return std::move(offers_); }
  // What the services do of themselves, and the housekeeping of the stores.
  std::vector<Chore> chores();
  // OK, or UNAVAILABLE with the first store that takes no writes.
  absl::Status serving() const;

 private:
  Node(const NodeOptions& options, const NodePorts& ports) : options_(options), ports_(ports) {}
  absl::Status OpenStore(const LogicFactory& service);
  void Build(Part& part, const LogicFactory& service);
  void PlanHops(const Part& part);
  bool KeepHouse();
  bool MergeFeeds();
  bool NoteFollowers();
  bool VerifyFiles();

  const NodeOptions options_;
  const NodePorts ports_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Follow> follows_;
  std::vector<Offer> offers_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_NODE_NODE_H_
