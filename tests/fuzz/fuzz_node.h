// A whole node for fuzz targets: the real cores, hops and stores, in memory, on one thread and a clock that stands
// still; and every RPC of every service, to be called with any request.
//
// Not thread-safe. Promises that do not hold stop the process: that is what a fuzz target is for.

#ifndef DUBAN_TESTS_FUZZ_FUZZ_NODE_H_
#define DUBAN_TESTS_FUZZ_FUZZ_NODE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "services/assignment/assignment_core.h"
#include "services/assignment/evidence_core.h"
#include "services/assignment/records.h"
#include "services/notification/delivery_core.h"
#include "services/notification/notification_core.h"
#include "services/plan/directory/directory_core.h"
#include "services/plan/plan_core.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_store.h"

namespace duban::fuzz {

// Stops the process, and says which promise does not hold, where `holds` is false.
void Require(bool holds, const std::string& promise);
// The same where `status` is not OK; shows it.
void RequireOk(const absl::Status& status, const std::string& what);

class FuzzNode {
 public:
  // The clock outlives the node. `upstreams` are followed and offered to.
  FuzzNode(const std::string& node, FakeClock* clock, std::vector<std::string> upstreams = {});

  // One hop that follows, and where from: this node or one above.
  struct Follow {
    std::string source;
    std::unique_ptr<FollowHop> hop;
  };
  struct Offering {
    std::string upstream;
    std::unique_ptr<OfferHop> hop;
  };

  // Closes all stores and opens them again, with new cores and hops.
  void Restart();

  // The server of a feed of this node; null where there is none.
  FeedServer* FeedOf(std::string_view feed);
  std::vector<Follow>& follows() { return follows_; }
  std::vector<Offering>& offers() { return offers_; }
  std::vector<Store*> stores() { return {plan_store.get(), assignment_store.get(), notification_store.get()}; }

  // One step of a hop: asks the source, of which `page_bytes` limits the answer, and takes it in. Returns whether there
  // was something new.
  absl::StatusOr<bool> Step(Follow& follow, FuzzNode& source, int page_bytes = 0);
  absl::StatusOr<bool> Step(Offering& offering, FuzzNode& upstream);
  // Local hops, and what the services do of themselves, until nothing is new.
  void Settle();
  // One step of what they do of themselves. Returns whether more is to be done.
  absl::StatusOr<bool> Tend();

  // Puts in a directory, a published plan with its assignments and reminders, and a draft with open findings. Ids are
  // the same every time: `units/office`, `units/health`, `groups/streets`, `plans/p1` (published), `plans/p2` (draft).
  void Furnish();

  // Puts in a file of evidence at a furnished node (kFurnishedFile), for a report of `units/office` that names it.
  void FurnishFile();

  // Everything a store promises whatever happened to it: chain, feed and indexes agree with the entities.
  void CheckStores();
  // Every reading RPC answers, and not with a broken promise.
  void ReadEverything();

  const std::string node;
  FakeClock* const clock;
  testing::TestStore plan_store, assignment_store, notification_store;
  DirectoryNamesCache names;
  std::unique_ptr<PlanCore> plans;
  std::unique_ptr<DirectoryCore> directory;
  std::unique_ptr<AssignmentCore> assignments;
  std::unique_ptr<EvidenceCore> evidence;
  std::unique_ptr<NotificationCore> notifications;
  std::unique_ptr<DeliveryCore> deliveries;

 private:
  void Build();
  void AddHops(const HopSpecs& specs, Store* store);

  // Stores are in memory; files of evidence lie on the disk, and go with the node.
  const testing::TempFolder files_;
  // None: what is due waits for jobs.
  Channels channels_;
  const std::vector<std::string> upstreams_;
  const AssignmentRecords records_;
  std::vector<std::unique_ptr<FeedServer>> feeds_;
  std::vector<Follow> follows_;
  std::vector<Offering> offers_;
};

// What FurnishFile puts in.
inline constexpr char kFurnishedFile[] = "统计表";

// Names of everything on a furnished node, and ids and tokens that its methods ask for: words for a mutator.
const std::vector<std::string>& NamesOfAFurnishedNode();

// One RPC.
struct Method {
  // Such as `duban.v1.PlanService/GetPlan`.
  std::string name;
  const google::protobuf::Message* request;
  const google::protobuf::Message* response;
  // Calls the core as the edge does, after validation. Both messages are of the types above.
  std::function<absl::Status(FuzzNode&, const google::protobuf::Message& request, google::protobuf::Message* response)>
      call;
};

// Every method of every service in duban.v1, by name. A method that nobody added here stops the process.
const std::vector<Method>& Methods();

// Validates and calls; checks what every answer promises: an error has a reason, none is a broken promise inside, a
// wrong field is named. Returns the status.
absl::Status CallChecked(FuzzNode& node, const Method& method, const google::protobuf::Message& request,
                         google::protobuf::Message* response);

}  // namespace duban::fuzz

#endif  // DUBAN_TESTS_FUZZ_FUZZ_NODE_H_
