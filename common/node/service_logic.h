// What a node hosts of a service: its logic on ports, without gRPC and without threads.
//
// A service is built in layers. Its cores (`services/plan/plan_core.h`, say) hold one method per RPC, on ports only.
// Its ServiceLogic (`plan_logic.h`) puts the cores together with what the service follows and does of itself, as data:
// hops and chores. Whoever drives a node decides what turns them: threads and gRPC in a server, events in a simulation.

#ifndef DUBAN_COMMON_NODE_SERVICE_LOGIC_H_
#define DUBAN_COMMON_NODE_SERVICE_LOGIC_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/access/decision.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/line_sink.h"
#include "common/feed/hop.h"
#include "common/node/evidence_peer.h"
#include "common/store/indexes.h"
#include "common/store/store.h"

namespace duban {

class IdTokens;
class Sealer;
class TokenSigner;
namespace storage::v1 {
class FirstOfficer;
}  // namespace storage::v1

// How many assignments are issued in one write, which has to fit into memory, and for which the acts of others wait: a
// tenth of a second or two.
inline constexpr size_t kIssueStep = 200'000;

// The ports a core is built from. All outlive it.
struct Ports {
  Store* store = nullptr;
  Clock* clock = nullptr;
  IdSource* ids = nullptr;
  // Id of this node.
  std::string node;
  // Where the notification service's log channel puts due reminders; null: no such channel.
  LineSink* reminder_log = nullptr;
  // The settings of the channels that its digests go out over beside the log; empty: none.
  std::string channels_file = {};
  // What page tokens are made with (page_token.h).
  std::string page_key = {};
  // Signs the tokens of people who sign in; null: nobody can.
  TokenSigner* tokens = nullptr;
  // Seals the keys of second factors; null: there are none.
  const Sealer* sealer = nullptr;
  // Knows the issuers of single sign-on; null: there are none.
  IdTokens* id_tokens = nullptr;
  // The first security officer, for a plan service where there is nobody yet; null: nobody is put in.
  const storage::v1::FirstOfficer* first_officer = nullptr;
  // Most assignments that one write issues, give or take an order's; what a plan has more goes in steps. At least 1.
  size_t issue_step = kIssueStep;
  // Folder of the files beside the store; empty: none are kept.
  std::string files_dir = {};
  // The nodes above that files are handed up to, by id.
  std::map<std::string, std::shared_ptr<EvidencePeer>> evidence_above = {};
};

// Work that nobody calls for. Its driver runs the step again and again, never twice at a time: at once while it returns
// true (there is more to do), else after the pause. A step deals with its own errors.
struct Chore {
  std::string name;
  absl::Duration pause;
  std::function<bool()> step;
  // How much its thread stands back behind calls and hops (StandBack): of what nobody waits for.
  int nice = 0;
  // Makes a step under way return soon, where it can wait for somebody else; on any thread. Empty: it never does.
  std::function<void()> cancel = nullptr;
};

// A number about a service's content, read when somebody asks for it.
struct Gauge {
  // Such as `duban_reminders_due`; the same help for all of a name.
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// Built on ports that outlive it; destroyed before its store. One thread, its owner's, calls these methods; what they
// return may be used from any thread.
class ServiceLogic {
 public:
  virtual ~ServiceLogic() = default;
  // `plan`, `assignment` or `notification`: also the name of its store's folder and of its feed.
  virtual std::string name() const = 0;
  virtual HopSpecs hops() = 0;
  // What decisions about its calls have to know; null where it can say nothing. Lives as long as this.
  virtual const AccessFacts* facts() const { return nullptr; }
  // What its indexes are made of; null where it keeps none.
  virtual IndexRows index_rows() const { return nullptr; }
  // Puts in what has to be there before the first call; called once.
  virtual void Begin() {}
  virtual std::vector<Chore> chores() { return {}; }
  // Each returns at once: what it counts is kept, or counted up to a limit. From any thread.
  virtual std::vector<Gauge> gauges() { return {}; }
};

// How the logic of a service is made.
struct LogicFactory {
  std::string service;
  std::function<std::unique_ptr<ServiceLogic>(const Ports&)> make;
};

}  // namespace duban

#endif  // DUBAN_COMMON_NODE_SERVICE_LOGIC_H_
