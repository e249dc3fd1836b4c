// A hop between two stores: follow a feed, apply a pure arrow, commit effect and position in one write. The same code
// serves the hops between the services of a node and those between levels.
//
// A service describes its hops as data (HopSpec); common/feed runs them. Nothing here knows gRPC: the other side is a
// FeedPeer, a port.

#ifndef DUBAN_COMMON_FEED_HOP_H_
#define DUBAN_COMMON_FEED_HOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "duban/v1/feed_service.pb.h"
#include "google/protobuf/any.pb.h"

namespace duban {

// The other side of a hop. Implementations are thread-safe; calls block until answered, cancelled or timed out.
class FeedPeer {
 public:
  virtual ~FeedPeer() = default;
  virtual absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) = 0;
  virtual absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) = 0;
  virtual absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) = 0;
  // Ends calls that are under way and refuses new ones, for stopping.
  virtual void Cancel() = 0;
};

// Where entries come from, for the code that applies them.
struct EntrySource {
  // The node whose feed it is; this node for a local hop.
  std::string node;
  // Hop name, such as `plan_to_assignment` or `city_assignment`.
  std::string hop;
  // When the page is applied.
  absl::Time now;
  // The source goes on from a backup: it has begun another history, and sends everything again. What it owns is as it
  // says, even where an older version comes than the one held here. That stays so for as long as this history lasts: it
  // counts versions up from the old ones, and those that it uses anew can come long after it has sent everything once.
  bool starts_over = false;
  // The entry is none of the feed, but a withdrawal of what the source, gone on from a backup, did not send again
  // (FollowSpec.held, FeedSpec.held_from_below): not that it left the follower's scope; the source may know nothing of
  // it.
  bool swept = false;
};

// Applies one entry to the follower's store. Runs on the writer's thread. An entry that is already applied changes
// nothing. Returns NOT_OWNER for what the source does not own, and INVALID_FIELD for what cannot be: such an entry is
// set aside (set_aside.h). Any other error stops the hop loudly (it retries with pauses and shows in the node's
// status), because skipping would break the order.
using ApplyEntry = std::function<absl::Status(Transaction&, const v1::FeedEntry&, const EntrySource&)>;

// Runs behind the entries of a page, in the same write. What it decides from lies in the transaction, never in a member
// of its service: comparing a hop applies and finishes pages too, at any time and beside it. `at_head`: nothing more
// was there when the page was read. An entity that changed twice is delivered once, at its latest place, so what needs
// several entities together has to wait for the head. Returns whether all that could be done is done: where more was
// there than one write should carry, it runs again behind the next page, and at the head at once, each time in a write
// of its own; what is left has to be found in the store, so that a restart goes on. Errors stop the hop loudly.
using FinishPage = std::function<absl::StatusOr<bool>(Transaction&, bool at_head, const EntrySource&)>;

// Visits the names of what is held here because the source of this hop once sent it, and of nothing else, until `visit`
// returns false.
using HeldFromSource = std::function<absl::Status(const ReadView&, const EntrySource&,
                                                  absl::FunctionRef<bool(std::string_view name)> visit)>;

// An entity of this store as node `owner` would have it back; nothing where it is not that node's own, or did not come
// from it.
using HeldFor = std::function<absl::StatusOr<std::optional<google::protobuf::Any>>(
    const ReadView&, std::string_view name, const google::protobuf::Any& payload, std::string_view owner)>;

// What one follower may see of an entity of this store, made when a page is read; nothing: the entity is passed over. A
// pure function of the view. It only narrows: which changes of which entities reach a follower is decided by audiences,
// so an entity that shows nothing any more after it has shown something has to leave the follower's audiences, which is
// a withdrawal.
using FollowerView = std::function<absl::StatusOr<std::optional<google::protobuf::Any>>(
    const ReadView&, std::string_view name, const google::protobuf::Any& payload, std::string_view follower,
    bool downstream)>;

// A feed this service offers to followers, and what it takes in when a node below offers its own entries.
struct FeedSpec {
  // `plan`, `assignment` or `notification`.
  std::string feed;
  Store* store = nullptr;
  // The audiences of a follower, by its id: a service of this node, or a node below.
  std::function<Audiences(std::string_view follower, bool downstream)> audiences_of;
  // Takes in what a node below offers; empty where nothing comes up.
  ApplyEntry apply_offer;
  // What is given back to a neighbour that lost its store; empty where nothing of a neighbour's own is held.
  HeldFor held_for = nullptr;
  // Empty: every follower sees entities as they are.
  FollowerView view = nullptr;
  // Whether `view` shows an entity of this name differently to different followers; pages without any such are read
  // once for all of them. Empty: it may be any.
  std::function<bool(std::string_view name)> view_differs = nullptr;
  // What is here because the node below that is the source once offered it. Where that node was restored from a backup,
  // what it does not offer again is withdrawn once it has offered everything. Empty: it stays.
  HeldFromSource held_from_below = nullptr;
};

// What became of an entity that a neighbour gave back.
enum class TakenBack {
  // Written: nothing was here, or an older version.
  kTaken,
  // The same version with the same content was here.
  kSame,
  // A newer version was here, and stays.
  kOlder,
  // Not this node's own, or not that neighbour's to give; nothing is written.
  kRefused,
};

// Whether version `given`, which a neighbour sends of an entity of its own, can follow version `own` here (0: nothing
// is here): a version counts changes, and nobody makes more than a million between two that are heard of. One that
// leaps further would keep every true one out for good.
inline constexpr int64_t kMostVersionLeap = 1'000'000;
bool PlausibleVersion(int64_t given, int64_t own);
// The error for one that is not: INVALID_FIELD of `version`.
absl::Status ImplausibleVersion(std::string_view name, int64_t given, int64_t own);

// What to do with version `given` of an own entity where version `own` is here: kTaken says write it. Errors:
// INVARIANT_BROKEN where one version has two contents.
absl::StatusOr<TakenBack> CompareVersions(std::string_view name, int64_t given, int64_t own, bool same_content);

// When the rebuilding of a store ends.
struct RebuildEnd {
  absl::Time now;
  // The last moment at which the lost node is known to have been at work; nothing where none is known.
  std::optional<absl::Time> alive_until;
};

// Something that no neighbour ever holds, for the report of a rebuild.
struct OnlyHere {
  const char* kind;
  const char* chinese;
  const char* english;
};

// How a service whose store was lost, or made from a backup, gets back what its neighbours hold. Each function runs on
// the writer's thread; an empty one has nothing to do.
struct RebuildSpec {
  // Which feed of the neighbours; empty: they hold nothing for this service.
  std::string feed;
  // Writes an own entity that a neighbour gave back as it is, and computes nothing from it. Errors: INVARIANT_BROKEN
  // where the same version is here with other content.
  std::function<absl::StatusOr<TakenBack>(Transaction&, const v1::HeldEntity&, const EntrySource&)> take_back;
  // Takes in again what a node below owns and had handed up; computes nothing from it.
  ApplyEntry take_below;
  // Computes what depends on all of it together. Once, when every neighbour has given what it holds.
  std::function<absl::Status(Transaction&, const RebuildEnd&)> finish;
  // What of the service no neighbour ever holds.
  std::vector<OnlyHere> only_here;
  // Visits the nodes below that entities of the store name, so that the report can say who was not asked.
  std::function<absl::Status(const ReadView&, absl::FunctionRef<void(const std::string& node)> visit)> nodes_below;
};

// One feed this service follows.
struct FollowSpec {
  // Which feed, `plan` or `assignment`.
  std::string feed;
  // Over levels: from each upstream. Else: from the service `feed` of this node.
  bool from_upstream = false;
  // How this follower calls itself: its service name, or its node where `from_upstream`.
  std::string follower;
  ApplyEntry apply;
  // Empty where nothing waits for the head of the feed.
  FinishPage finish_page;
  // Where a source was restored from a backup, what it does not send again is withdrawn at the head of the feed: it may
  // know nothing of it. Empty: it stays. It also stays where the source has another history altogether.
  HeldFromSource held = nullptr;
};

// Whether a node above still has to hold an own entity that was offered to it.
using HeldAbove = std::function<absl::StatusOr<bool>(const ReadView&, std::string_view name)>;

// Own entries this service offers to its upstreams: those of audience `node/<upstream>`.
struct OfferSpec {
  std::string feed;
  // Empty: what was offered stays there.
  HeldAbove held_above = nullptr;
};

// Everything a service has to do with feeds. The store outlives it.
struct HopSpecs {
  std::vector<FeedSpec> feeds;
  std::vector<FollowSpec> follows;
  std::vector<OfferSpec> offers;
  RebuildSpec rebuild;
};

// Names of hops, which are the keys of their positions: a feed of a node above followed (`city_plan`), entries offered
// to it (`offered_to_city`), entries of a node below taken in (`offered_by_bureau`).
std::string FollowedFrom(std::string_view upstream, std::string_view feed);
std::string OfferedTo(std::string_view upstream);
std::string OfferedBy(std::string_view downstream);

// A position that moved by so many sequences past what concerns nobody is worth a write of its own: history is kept
// from the slowest position on (Store::Trim).
inline constexpr int64_t kWorthAWrite = 10'000;

// Local row that is there where the source of a hop goes on from a backup (EntrySource.starts_over).
std::string StartedOverName(std::string_view hop);

// Names of audiences.
std::string ServiceAudience(std::string_view service);  // `service/assignment`
std::string NodeAudience(std::string_view node);        // `node/district`
inline constexpr char kDownstreamAudience[] = "downstream";

// The usual choice: a service follows its own audience; a node follows its own and `downstream`.
Audiences DefaultAudiences(std::string_view follower, bool downstream);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_HOP_H_
