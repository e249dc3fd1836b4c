#include "tests/simulation/simulator.h"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "tests/simulation/chaos.h"
#include "tests/simulation/commit_watch.h"
#include "tests/simulation/duty_checks.h"
#include "tests/simulation/network.h"
#include "tests/simulation/open_pages.h"
#include "tests/simulation/reminder_checks.h"
#include "tests/simulation/reminder_log.h"
#include "tests/simulation/replacements.h"
#include "tests/simulation/rest_checks.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/store_checks.h"
#include "tests/simulation/store_scan.h"
#include "tests/simulation/system_checks.h"
#include "tests/simulation/work.h"
#include "tests/simulation/world.h"

namespace duban::simulation {
namespace {

constexpr const char* kServices[] = {"plan", "assignment", "notification"};
constexpr absl::Duration kConvergence = absl::Minutes(10);

// A working day in spring, at most a quarter of an hour before the reminders of the day go out.
absl::Time StartOf(uint64_t seed) {
  Dice dice(seed);
  const int day = 4 + dice.Below(5);
  return TimeAt(absl::CivilDay(2024, 3, day), 8 * 60 + 45 + dice.Below(15));
}

// A run in the making. Members are destroyed in reverse order.
class Simulation {
 public:
  explicit Simulation(const RunOptions& options)
      : options_(options),
        world_(options.seed, StartOf(options.seed)),
        drawn_(Draw(world_.dice("draw"), options.faults, options.nodes, options.levels)),
        network_(&world_),
        history_(&world_),
        submissions_(&world_),
        around_{&world_,
                &network_,
                &history_,
                &drawn_,
                [this](const std::string& id) { return Find(id); },
                [this](const std::string& id) { return Below(id); },
                &forged_,
                &refusals_,
                [this](SimNode* by, const std::string& to) { replacements_->GaveBack(by, to); }} {}

  RunResult Go() {
    network_.set_knobs(drawn_.network);
    for (const char* knob : {"small_pages", "small_memtables", "short_leases", "short_memos", "small_merges",
                             "short_history", "small_steps"}) {
      if (drawn_.faults.contains(knob)) world_.Count(StrCat("fault.", knob));
    }
    BuildNodes();
    OpenPagesEverywhere();
    work_ = std::make_unique<Work>(&world_, node_list_, drawn_, options_.acts, [this](SimNode* node) { Again(node); });
    replacements_ = std::make_unique<Replacements>(around_, work_.get(), [this](SimNode* node) { Start(node); });
    chaos_ = std::make_unique<Chaos>(around_, node_list_, replacements_.get(), [this](SimNode* node) { Start(node); });
    world_.set_after_event([this] { AfterEvent(); });
    for (SimNode* node : node_list_) Start(node);
    work_->Begin();
    chaos_->Begin();
    Watch();
    for (auto& [id, pages] : pages_) pages->Begin();
    world_.RunUntil(world_.now() + options_.length);
    Heal();
    if (Converge()) CheckAtRest();
    return Report();
  }

 private:
  NodeKnobs DrawKnobs(Dice& dice) const {
    NodeKnobs knobs;
    static constexpr int kPages[] = {1, 50, 400, 2000, 10000};
    const int page = kPages[dice.Below(5)];
    if (drawn_.small_pages) knobs.page_bytes = page;
    if (drawn_.small_memtables) knobs.memtable_bytes = 64 << 10;
    return knobs;
  }

  void BuildNodes() {
    Dice& dice = world_.dice("nodes");
    std::vector<std::vector<std::string>> by_level(static_cast<size_t>(drawn_.levels));
    for (int i = 0; i < drawn_.nodes; ++i) {
      const int deeper = 1 + dice.Below(std::max(1, drawn_.levels - 1));
      const size_t level = static_cast<size_t>(i < drawn_.levels ? i : std::min(deeper, drawn_.levels - 1));
      const std::string id = StrCat("n", i);
      std::vector<std::string> upstreams;
      if (level > 0) {
        const auto& above = by_level[level - 1];
        const size_t first = static_cast<size_t>(dice.Below(static_cast<int>(above.size())));
        upstreams.push_back(above[first]);
        // Some offices answer to two superiors.
        if (above.size() > 1 && dice.Below(2) == 0) upstreams.push_back(above[(first + 1) % above.size()]);
      }
      by_level[level].push_back(id);
      logs_[id] = std::make_unique<ReminderLog>(&world_, id, drawn_.faults.contains("log_fails"));
      const bool chosen = dice.Below(2) == 0;
      const bool logged = chosen || drawn_.faults.contains("log_fails");
      NodeKnobs knobs = DrawKnobs(dice);
      knobs.watch = DrawWatchLimits(world_.dice("pages"));
      auto node = std::make_unique<SimNode>(around_, id, upstreams, knobs, logged ? logs_[id].get() : nullptr);
      logs_[id]->set_node(node.get());
      node_list_.push_back(node.get());
      nodes_[id] = std::move(node);
      for (const char* service : kServices) WatchCommits(id, service);
    }
  }

  // At each node, of people of units that work there or right below.
  void OpenPagesEverywhere() {
    for (SimNode* node : node_list_) {
      std::vector<std::string> units = {UnitOf(node->id()), LocalUnit(node->id())};
      for (const std::string& below : Below(node->id())) units.push_back(UnitOf(below));
      pages_[node->id()] = std::make_unique<OpenPages>(&world_, node, node->knobs().watch, units);
    }
  }

  void WatchCommits(const std::string& id, const std::string& service) {
    const auto forgot = [this, id](const std::string& owner, bool relayed) {
      int times = replacements_->Forgot(owner);
      if (!relayed) return times;
      for (const std::string& above : Above(id)) times += above == owner ? 0 : replacements_->Forgot(above);
      return times;
    };
    const auto scheduled = [log = logs_.at(id).get()](const std::string& order) { log->Scheduled(order); };
    watches_.try_emplace({id, service}, &world_, StrCat(id, " ", service), &submissions_, forgot, scheduled);
  }

  std::set<std::string> Above(const std::string& id) {
    std::set<std::string> above;
    for (const std::string& upstream : Find(id)->upstreams()) {
      above.insert(upstream);
      above.merge(Above(upstream));
    }
    return above;
  }

  SimNode* Find(const std::string& id) {
    auto it = nodes_.find(id);
    return it == nodes_.end() ? nullptr : it->second.get();
  }

  std::vector<std::string> Below(const std::string& id) const {
    std::vector<std::string> below;
    for (const SimNode* node : node_list_) {
      const auto& up = node->upstreams();
      if (std::find(up.begin(), up.end(), id) != up.end()) below.push_back(node->id());
    }
    return below;
  }

  void Start(SimNode* node) {
    // Whoever replaces the machine starts the node.
    if (replacements_->IsLost(node)) return;
    node->Start();
    if (!node->up()) return;
    Scan(*node);
    CheckAfterStart(&world_, node, work_->promises());
    pages_.at(node->id())->Started();
    work_->Started(node);
  }

  // A caller waits while the node, whose store has failed, starts again.
  void Again(SimNode* node) {
    if (!node->failed()) return;
    node->PowerCut(world_.dice("again").Next());
    Start(node);
  }

  void Scan(SimNode& node) {
    for (const char* service : kServices) {
      ScanStore(&world_, StrCat(node.id(), " ", service), *node.store(service), drawn_.short_memos);
    }
  }

  void AfterEvent() {
    for (SimNode* node : node_list_) {
      node->CheckBetweenEvents();
      OpenPages& pages = *pages_.at(node->id());
      for (const char* service : kServices) {
        if (!node->up() || !node->TakeTouched(service)) continue;
        watches_.at({node->id(), service}).Look(*node->store(service));
        pages.Look(service);
      }
      pages.AfterEvent();
      if (node->failed()) chaos_->Revive(node);
    }
  }

  // Followers that are no services, from some moment on.
  void Watch() {
    Dice& dice = world_.dice("watch");
    for (SimNode* node : node_list_) {
      v1::FetchRequest request;
      request.set_feed(dice.Below(2) == 0 ? "plan" : "assignment");
      request.set_follower(dice.Below(2) == 0 ? "notification" : "assignment");
      if (request.feed() == "assignment") request.set_follower("notification");
      request.set_max_bytes(1 + dice.Below(3000));
      watchers_.push_back(std::make_unique<Watcher>(&world_, node->id(), request));
      world_.After(dice.Between(absl::ZeroDuration(), options_.length),
                   [this, w = watchers_.back().get()] { Look(w); });
    }
  }

  void Look(Watcher* watcher) {
    SimNode* node = Find(watcher->node());
    if (node->up()) watcher->Step(*node->node().feed(watcher->feed()));
    world_.After(world_.dice("watch").Between(absl::Seconds(1), absl::Seconds(40)), [this, watcher] { Look(watcher); });
  }

  void Heal() {
    chaos_->End();
    work_->Stop();
    network_.Heal();
    for (auto& [id, log] : logs_) log->Mend();
    for (auto& [id, pages] : pages_) pages->Calm();
    for (SimNode* node : node_list_) {
      node->clock().SetRight();
      if (node->up()) node->disk().Heal();
      if (!node->up()) Start(node);
    }
    world_.Trace("healed");
  }

  bool Settled() const {
    return std::all_of(node_list_.begin(), node_list_.end(), [](SimNode* n) { return n->up() && n->behind().empty(); });
  }

  // F13: after healing every level catches up within ten virtual minutes.
  bool Converge() {
    const absl::Time end = world_.now() + kConvergence;
    while (world_.now() < end && !Settled()) world_.RunUntil(world_.now() + absl::Seconds(10));
    // Reminders follow by a chore.
    if (Settled()) world_.RunUntil(world_.now() + absl::Minutes(1));
    bool up = true;
    for (SimNode* node : node_list_) {
      const std::string behind = node->up() ? node->behind() : " everything: it does not open";
      world_.Check("F13", behind.empty(), [&] { return StrCat(node->id(), " is behind on", behind); });
      up = up && node->up();
    }
    return up;
  }

  void CheckAtRest() {
    for (const auto& watcher : watchers_) {
      const FeedServer& feed = *Find(watcher->node())->node().feed(watcher->feed());
      for (int pages = 0; pages < 100'000 && (pages == 0 || !watcher->at_head()); ++pages) watcher->Step(feed);
      world_.Check("F11", watcher->at_head(), [&] { return StrCat("a watcher of ", watcher->node(), " never ends"); });
      watcher->CompareWith(feed);
    }
    const bool lossless = !drawn_.faults.contains("old_backup") && !drawn_.faults.contains("replaced_empty");
    CheckAssignments(&world_, node_list_);
    CheckDirectories(&world_, node_list_, work_->promises());
    for (SimNode* node : node_list_) {
      node->CompareFolds();
      node->CheckSetAside();
      node->CompareHops();
      Scan(*node);
      for (const auto& part : node->node().parts()) {
        CheckStoreAtRest(&world_, node->id(), part->service, *part->store, part->logic->index_rows());
      }
      CheckPlans(&world_, node, work_->promises());
      CheckReminders(&world_, node, lossless);
      CheckExpansion(&world_, node);
      CheckPublished(&world_, node, work_->promises());
      CheckViews(&world_, node);
      CheckCounters(&world_, node);
      CheckMadeBelow(&world_, node);
      CheckDueReminders(&world_, node, work_->promises());
      pages_.at(node->id())->CheckAtRest();
    }
    CheckPromises(&world_, node_list_, work_->promises());
    // What was cut off of a history, or was on a disk that is lost, nobody can look for.
    if (lossless && !drawn_.faults.contains("short_history")) CheckRefusals(&world_, node_list_, refusals_);
    for (SimNode* node : node_list_) node->Stop();
  }

  RunResult Report() {
    RunResult result;
    result.trace_hash = world_.trace_hash();
    result.events = world_.events();
    result.acts = work_->acts();
    result.drawn = Describe(drawn_);
    result.faults = drawn_.faults;
    result.counts = world_.counts();
    result.broken.assign(world_.broken().begin(), world_.broken().end());
    if (!result.broken.empty()) result.trace.assign(world_.recent().begin(), world_.recent().end());
    return result;
  }

  const RunOptions options_;
  World world_;
  const Drawn drawn_;
  Network network_;
  FeedHistory history_;
  std::set<std::tuple<std::string, std::string, std::string>> forged_;
  RefusalCounts refusals_;
  SubmissionBook submissions_;
  const Surroundings around_;
  std::map<std::pair<std::string, std::string>, CommitWatch> watches_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::map<std::string, std::unique_ptr<ReminderLog>> logs_;
  std::map<std::string, std::unique_ptr<SimNode>> nodes_;
  std::vector<SimNode*> node_list_;
  std::map<std::string, std::unique_ptr<OpenPages>> pages_;
  std::unique_ptr<Work> work_;
  std::unique_ptr<Replacements> replacements_;
  std::unique_ptr<Chaos> chaos_;
};

}  // namespace

RunResult Simulate(const RunOptions& options) {
  return Simulation(options).Go();
}

}  // namespace duban::simulation
