#include "tests/simulation/simulator.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "tests/simulation/network.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/work.h"
#include "tests/simulation/world.h"

namespace duban::simulation {
namespace {

// What a seed draws.
struct Drawn {
  int nodes = 3;
  int levels = 3;
  NetworkFaults network;
  bool crashes = false;
  bool cuts = false;
  bool clock_steps = false;
  bool drift = false;
  NodeKnobs knobs;
};

std::string Describe(const Drawn& drawn) {
  return StrCat("nodes=", drawn.nodes, " levels=", drawn.levels, " loss=", drawn.network.loss,
                " doubling=", drawn.network.doubling, " delay<=", absl::ToInt64Milliseconds(drawn.network.most_delay),
                "ms crashes=", drawn.crashes, " cuts=", drawn.cuts, " clock_steps=", drawn.clock_steps,
                " drift=", drawn.drift, " page_bytes=", drawn.knobs.page_bytes);
}

Drawn Draw(World& world, const RunOptions& options) {
  Drawn drawn;
  drawn.levels = options.levels > 0 ? options.levels : 2 + world.Below(2);
  drawn.nodes = options.nodes > 0 ? options.nodes : drawn.levels + world.Below(3);
  if (world.Below(3) == 0) drawn.knobs.page_bytes = 1 + world.Below(2000);
  if (!options.faults || world.Below(8) == 0) return drawn;
  if (world.Below(2) == 0) drawn.network.loss = 0.3 * world.Below(100) / 100;
  if (world.Below(2) == 0) drawn.network.doubling = 0.5 * world.Below(100) / 100;
  if (world.Below(2) == 0) drawn.network.most_delay = absl::Milliseconds(20 + world.Below(20000));
  drawn.crashes = world.Below(2) == 0;
  drawn.cuts = world.Below(2) == 0;
  drawn.clock_steps = world.Below(3) == 0;
  drawn.drift = world.Below(3) == 0;
  return drawn;
}

// A run in the making. Members are destroyed in reverse order.
class Simulation {
 public:
  explicit Simulation(const RunOptions& options)
      : options_(options), world_(options.seed, TimeAt(absl::CivilDay(2024, 3, 4), 8 * 60)), network_(&world_) {}

  RunResult Go() {
    drawn_ = Draw(world_, options_);
    network_.set_faults(drawn_.network);
    BuildNodes();
    Work work(&world_, node_list_);
    work.Begin();
    ScheduleFaults();
    world_.RunUntil(world_.now() + options_.length);
    chaos_over_ = true;
    work.Stop();
    Heal();
    Converge();
    CheckEverything(work.promises());
    return Report(work);
  }

 private:
  void BuildNodes() {
    std::vector<std::vector<std::string>> by_level(static_cast<size_t>(drawn_.levels));
    for (int i = 0; i < drawn_.nodes; ++i) {
      const size_t level =
          i < drawn_.levels ? static_cast<size_t>(i) : 1 + static_cast<size_t>(world_.Below(drawn_.levels - 1));
      std::string id = StrCat("n", i);
      std::vector<std::string> upstreams;
      if (level > 0) {
        const auto& above = by_level[level - 1];
        upstreams.push_back(above[static_cast<size_t>(world_.Below(static_cast<int>(above.size())))]);
      }
      by_level[level].push_back(id);
      auto node = std::make_unique<SimNode>(
          &world_, &network_, id, upstreams, [this](const std::string& name) { return Find(name); }, drawn_.knobs);
      node_list_.push_back(node.get());
      nodes_[id] = std::move(node);
    }
    for (SimNode* node : node_list_) node->Start();
    if (!drawn_.drift) return;
    for (SimNode* node : node_list_) node->clock().Drift((world_.Below(1000) - 500) * 1e-6);
  }

  SimNode* Find(const std::string& name) {
    auto it = nodes_.find(name);
    return it == nodes_.end() ? nullptr : it->second.get();
  }

  SimNode* RandomNode() { return node_list_[static_cast<size_t>(world_.Below(static_cast<int>(node_list_.size())))]; }

  void ScheduleFaults() {
    if (drawn_.crashes) Every(absl::Minutes(4), [this] { CrashOne(); });
    if (drawn_.cuts) Every(absl::Minutes(5), [this] { CutOne(); });
    if (drawn_.clock_steps) Every(absl::Minutes(10), [this] { StepOne(); });
  }

  void Every(absl::Duration mean, std::function<void()> fault) {
    world_.After(world_.Between(mean / 4, mean * 2), [this, mean, fault = std::move(fault)] {
      if (chaos_over_) return;
      fault();
      Every(mean, fault);
    });
  }

  void CrashOne() {
    SimNode* node = RandomNode();
    if (!node->up()) return;
    node->Crash();
    world_.After(world_.Between(absl::Milliseconds(100), absl::Minutes(8)), [node] {
      if (!node->up()) node->Start();
    });
  }

  void CutOne() {
    SimNode* node = RandomNode();
    if (node->upstreams().empty()) return;
    const std::string above = node->upstreams()[0];
    const bool down = world_.Below(2) == 0;
    const std::string from = down ? above : node->id(), to = down ? node->id() : above;
    world_.Trace(StrCat("cut ", from, " to ", to));
    network_.Cut(from, to);
    world_.After(world_.Between(absl::Seconds(5), absl::Minutes(15)), [this, from, to] { network_.Mend(from, to); });
  }

  void StepOne() {
    static constexpr int64_t kSteps[] = {-86400, -3600, -1, 1, 3600, 86400};
    SimNode* node = RandomNode();
    const int64_t by = kSteps[world_.Below(6)];
    world_.Trace(StrCat("step ", node->id(), " by ", by, " s"));
    node->clock().Step(absl::Seconds(by));
  }

  void Heal() {
    network_.Heal();
    for (SimNode* node : node_list_) {
      node->clock().SetRight();
      if (!node->up()) node->Start();
    }
    world_.Trace("healed");
  }

  // F13: after healing every level catches up within ten virtual minutes.
  void Converge() {
    const absl::Time end = world_.now() + absl::Minutes(10);
    while (world_.now() < end) {
      world_.RunUntil(world_.now() + absl::Seconds(10));
      const bool all = std::all_of(node_list_.begin(), node_list_.end(), [](SimNode* n) { return n->caught_up(); });
      if (all) return;
    }
    for (SimNode* node : node_list_) {
      if (!node->caught_up()) world_.Broken("F13", StrCat(node->id(), " is behind on", node->behind()));
    }
  }

  void CheckEverything(const Promises& promises) {
    for (SimNode* node : node_list_) {
      CheckAssignments(*node);
      CheckPlans(*node, promises);
      CheckReminders(*node);
    }
    CheckPromises(promises);
  }

  // Every assignment of a node, with both halves.
  std::map<std::string, v1::Assignment> All(SimNode& node) {
    std::map<std::string, v1::Assignment> all;
    v1::ListAssignmentsRequest request;
    request.set_page_size(500);
    while (true) {
      v1::ListAssignmentsResponse page;
      const absl::Status status = node.assignments().ListAssignments(request, &page);
      if (!status.ok()) world_.Broken("S6", StrCat(node.id(), " cannot list: ", ToStd(status.message())));
      for (const v1::Assignment& assignment : page.assignments()) {
        if (!all.emplace(assignment.name(), assignment).second) {
          world_.Broken("S6", StrCat(node.id(), " lists ", assignment.name(), " twice"));
        }
      }
      if (!status.ok() || page.next_page_token().empty()) return all;
      request.set_page_token(page.next_page_token());
    }
  }

  // A4, F4, F8, F14: what a node issued to a unit elsewhere is there, alike in both halves, and nothing else is.
  void CheckAssignments(SimNode& node) {
    for (const auto& [name, mine] : All(node)) {
      if (mine.issuer_node() != node.id() || mine.unit_node() == node.id()) continue;
      SimNode* below = Find(mine.unit_node());
      const auto theirs = All(*below);
      const auto it = theirs.find(name);
      if (it == theirs.end()) {
        world_.Broken("F4", StrCat(name, " of ", node.id(), " is not at ", mine.unit_node()));
        continue;
      }
      v1::Assignment above = mine, at_unit = it->second;
      above.clear_etag();
      at_unit.clear_etag();
      if (above.SerializeAsString() != at_unit.SerializeAsString()) {
        world_.Broken("A4",
                      StrCat(name, " differs between ", node.id(), " (", v1::Assignment::State_Name(above.state()),
                             ") and ", mine.unit_node(), " (", v1::Assignment::State_Name(at_unit.state()), ")"));
      }
    }
  }

  // P1, P5: a published plan never changes, here or below; a withdrawn one leaves no open assignment.
  void CheckPlans(SimNode& node, const Promises& promises) {
    for (const auto& [name, bytes] : promises.published) {
      v1::GetPlanRequest request;
      request.set_name(name);
      v1::Plan plan, published;
      published.ParseFromString(bytes);
      if (!node.plans().GetPlan(request, &plan).ok()) {
        if (published.owner_node() == node.id()) world_.Broken("S1", StrCat("published ", name, " is lost"));
        continue;
      }
      const bool withdrawn = promises.withdrawn.contains(name);
      if (withdrawn != (plan.state() == v1::Plan::WITHDRAWN)) {
        world_.Broken("P1", StrCat(name, " at ", node.id(), " is ", v1::Plan::State_Name(plan.state())));
      }
      if (plan.tasks_size() != published.tasks_size() || plan.revision() != published.revision()) {
        world_.Broken("P1", StrCat(name, " at ", node.id(), " is not what was published"));
      }
    }
    for (const auto& [name, assignment] : All(node)) {
      const std::string plan(ParentName(assignment.task()));
      const bool open = assignment.state() != v1::Assignment::CANCELLED && assignment.state() != v1::Assignment::DONE;
      if (open && promises.withdrawn.contains(plan)) {
        world_.Broken("P5", StrCat(name, " of withdrawn ", plan, " is still open at ", node.id()));
      }
    }
  }

  // N4: nothing is planned any more for what is closed.
  void CheckReminders(SimNode& node) {
    const auto all = All(node);
    v1::ListRemindersRequest request;
    request.set_state(v1::Reminder::SCHEDULED);
    request.set_page_size(500);
    v1::ListRemindersResponse page;
    if (!node.notifications().ListReminders(request, &page).ok()) return;
    for (const v1::Reminder& reminder : page.reminders()) {
      const auto it = all.find(reminder.assignment());
      if (it == all.end()) {
        world_.Broken("N8", StrCat(node.id(), " plans ", reminder.name(), " for an assignment it does not know"));
      } else if (it->second.state() == v1::Assignment::DONE || it->second.state() == v1::Assignment::CANCELLED) {
        world_.Broken("N4", StrCat(node.id(), " still plans ", reminder.name(), " for closed ", it->first));
      }
    }
  }

  // S1: what was acknowledged is there.
  void CheckPromises(const Promises& promises) {
    std::map<std::string, v1::Assignment> at_unit;
    for (SimNode* node : node_list_) {
      for (auto& [name, assignment] : All(*node)) {
        if (assignment.unit_node() == node->id()) at_unit[name] = assignment;
      }
    }
    for (const auto& [name, signer] : promises.receipts) {
      if (at_unit[name].execution().receipt().signer() != signer) {
        world_.Broken("S1", StrCat("the receipt of ", name, " by ", signer, " is lost"));
      }
    }
    for (const auto& [name, count] : promises.reports) {
      if (at_unit[name].execution().reports_size() != count) {
        world_.Broken("S1", StrCat(name, " has ", at_unit[name].execution().reports_size(), " reports, ", count,
                                   " were acknowledged"));
      }
    }
    for (const auto& [name, count] : promises.submissions) {
      if (at_unit[name].execution().submissions_size() != count) {
        world_.Broken("S1", StrCat(name, " has ", at_unit[name].execution().submissions_size(), " submissions, ", count,
                                   " were acknowledged"));
      }
    }
  }

  RunResult Report(const Work& work) {
    RunResult result;
    result.trace_hash = world_.trace_hash();
    result.events = world_.events();
    result.acts = work.acts();
    result.drawn = Describe(drawn_);
    result.broken.assign(world_.broken().begin(), world_.broken().end());
    if (!result.broken.empty()) result.trace.assign(world_.recent().begin(), world_.recent().end());
    return result;
  }

  const RunOptions options_;
  World world_;
  Network network_;
  Drawn drawn_;
  std::map<std::string, std::unique_ptr<SimNode>> nodes_;
  std::vector<SimNode*> node_list_;
  bool chaos_over_ = false;
};

}  // namespace

RunResult Simulate(const RunOptions& options) {
  return Simulation(options).Go();
}

}  // namespace duban::simulation
