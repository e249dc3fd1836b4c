// How fast a whole node does an office's work, over gRPC on loopback, beside what PostgreSQL and Redis do of the same.
//
// The node is a real process with its stores on a real disk, every change synced before it is answered; the callers are
// threads of this process. Everything runs in one run, one after the other, so that the ratios hold on a noisy machine;
// peers run the same work right after it, with the node idle.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/strings.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tools/bench/bench.h"
#include "tools/bench/bench_node.h"
#include "tools/bench/office_peers.h"
#include "tools/bench/office_work.h"

namespace duban {
namespace {

struct Options {
  std::string folder;
  int units = 200;
  int many_units = 3000;
  int tasks = 50;
  int64_t duties = 1'000'000;
  // That peers have due at once.
  int64_t reminders = 1'000'000;
  int workers = 64;
  int jobs = 16;
  int calls = 500;
  bool peers = false;
  bool json = false;
  bool check = false;
};

// What is wanted of a number.
struct Goal {
  enum class Is { kAtMost, kAtLeast } is;
  double value;
};

struct Row {
  std::string work;
  double ours = 0;
  std::string unit;
  std::map<std::string, double> peers;
  Goal goal;
  bool met() const { return goal.is == Goal::Is::kAtMost ? ours <= goal.value : ours >= goal.value; }
};

class OfficeBench {
 public:
  explicit OfficeBench(Options options) : options_(std::move(options)) {}

  int Run() {
    if (options_.peers) {
      peers_.push_back(StartPostgres(options_.folder + "/postgres"));
      peers_.push_back(StartRedis(options_.folder + "/redis"));
      std::erase(peers_, nullptr);
    }
    SmallOffice();
    Disk();
    LargeOffice();
    // Without --json, rows are printed as they come.
    if (options_.json) PrintJson();
    bool all_met = true;
    for (const Row& row : rows_) all_met &= row.met();
    return options_.check && !all_met ? 1 : 0;
  }

 private:
  using PeerWork = std::function<std::optional<double>(OfficePeer&)>;

  void Add(const std::string& work, double ours, const std::string& unit, Goal goal, const PeerWork& peer_work = {}) {
    Row row{work, ours, unit, {}, goal};
    for (const auto& peer : peers_) {
      const std::optional<double> theirs = peer_work ? peer_work(*peer) : std::nullopt;
      if (theirs.has_value()) row.peers[peer->name()] = *theirs;
    }
    rows_.push_back(row);
    if (!options_.json) PrintRow(row);
  }

  // One plan for a few hundred units, and for a few thousand.
  void SmallOffice() {
    for (const int units : {options_.units, options_.many_units}) {
      BenchNode node(StrCat(options_.folder, "/publish-", units), kBenchDay);
      MakeUnits(node, units);
      const int64_t assignments = static_cast<int64_t>(options_.tasks) * units;
      // The first one opens connections and files; the median of three is quoted.
      std::vector<double> milliseconds;
      for (int i = 0; i < 4; ++i) {
        const std::string plan = Draft(node, StrCat("p", i), options_.tasks);
        milliseconds.push_back(absl::ToDoubleMilliseconds(Publish(node, plan, assignments)));
      }
      std::sort(milliseconds.begin() + 1, milliseconds.end());
      const double goal = units == options_.units ? 40 : 400;
      Add(StrCat("publish ", options_.tasks, " tasks to ", units, " units"), milliseconds[2], "ms",
          {Goal::Is::kAtMost, goal}, [&](OfficePeer& peer) { return peer.Publish(options_.tasks, units); });
    }
  }

  // What a duty takes on disk, untouched and carried to its end.
  void Disk() {
    constexpr int kPlans = 4;
    const int64_t duties = static_cast<int64_t>(kPlans) * options_.tasks * options_.units;
    const auto measure = [&](const std::string& what, bool carry, double goal) {
      BenchNode node(StrCat(options_.folder, carry ? "/carried" : "/untouched"), kBenchDay);
      MakeUnits(node, options_.units);
      for (int i = 0; i < kPlans; ++i) {
        Publish(node, Draft(node, StrCat("p", i), options_.tasks), duties / kPlans);
      }
      if (carry && CarryThrough(node, options_.units, options_.workers) != duties) BenchDie("duties were left over");
      node.Stop();
      Add(StrCat("disk of ", what, ", compacted"),
          static_cast<double>(node.CompactedBytes("assignment")) / static_cast<double>(duties), "B",
          {Goal::Is::kAtMost, goal});
    };
    measure("an untouched duty", /*carry=*/false, 100);
    measure("a duty with receipt, report, submission and review", /*carry=*/true, 1500);
  }

  // A store of many duties: signing while it is small and when it is full, boards, pages, disk.
  void LargeOffice() {
    BenchNode node(options_.folder + "/office", kBenchDay);
    MakeUnits(node, options_.units);
    const int64_t per_plan = static_cast<int64_t>(options_.tasks) * options_.units;
    int64_t issued = 0;
    const auto publish_until = [&](int64_t duties) {
      for (; issued < duties; issued += per_plan) {
        Publish(node, Draft(node, StrCat("plan-", issued / per_plan), options_.tasks), per_plan);
      }
    };
    const int64_t some = 5 * per_plan;
    publish_until(some);
    Boards(node, StrCat(some));
    Signing(node, StrCat(some), some);
    publish_until(options_.duties);
    if (issued > some) {
      Boards(node, StrCat(issued));
      Signing(node, StrCat(issued), issued - some);
    }
    AwaitHops(node);
    node.Stop();
    Reminders();
  }

  // The day everything is due: what waited for months comes at once. `office` is the store that LargeOffice left.
  void Reminders() {
    const absl::Duration begin = RealClock().Steady();
    BenchNode node(options_.folder + "/office", kBenchDue);
    const int64_t first = LeaseOnce(node);
    Add("restart to the first lease", absl::ToDoubleSeconds(RealClock().Steady() - begin), "s", {Goal::Is::kAtMost, 2});
    const Rate rate = LeaseAndConfirm(node, options_.jobs, 500);
    Add(StrCat("lease and confirm, ", rate.count + first, " due at once"), rate.per_second(), "/s",
        {Goal::Is::kAtLeast, 60'000},
        [&](OfficePeer& peer) { return peer.Remind(options_.jobs, 500, options_.reminders); });
    Add("resident memory of the node", static_cast<double>(node.Use().resident_bytes) / (1 << 20), "MiB",
        {Goal::Is::kAtMost, 256});
  }

  void Signing(BenchNode& node, const std::string& where, int64_t left) {
    struct Case {
      int bulk;
      double goal;
      int64_t share;
    };
    for (const Case& one : {Case{1, 8'000, 10}, Case{10, 30'000, 4}, Case{100, 60'000, 2}}) {
      const Rate rate = PullAndSign(node, options_.units, options_.workers, one.bulk, left / one.share);
      Add(StrCat("pull and sign, bulks of ", one.bulk, ", ", where, " duties"), rate.per_second(), "/s",
          {Goal::Is::kAtLeast, one.goal},
          [&](OfficePeer& peer) { return peer.PullAndSign(options_.workers, one.bulk, left / one.share); });
    }
  }

  void Boards(BenchNode& node, const std::string& where) {
    const auto milliseconds = [](const Latency& latency) { return absl::ToDoubleMilliseconds(latency.median); };
    for (const auto& [name, group_by] :
         {std::pair("unit", v1::GetBoardRequest::UNIT), std::pair("plan", v1::GetBoardRequest::PLAN),
          std::pair("heading", v1::GetBoardRequest::HEADING)}) {
      Add(StrCat("board by ", name, ", ", where, " duties"), milliseconds(TimeBoard(node, group_by, options_.calls)),
          "ms", {Goal::Is::kAtMost, 2}, [&](OfficePeer& peer) { return peer.Board(options_.calls); });
    }
    v1::AssignmentFilter unit;
    unit.set_unit(UnitName(options_.units / 2));
    const Latency page = TimePage(node, unit, options_.calls);
    Add(StrCat("page of 100 of a unit, ", where, " duties"), milliseconds(page), "ms", {Goal::Is::kAtMost, 2});
    Add(StrCat("page of 100, processor time, ", where, " duties"), absl::ToDoubleMilliseconds(page.processor_time),
        "ms", {Goal::Is::kAtMost, 1});
    v1::AssignmentFilter state;
    state.set_state(v1::Assignment::ISSUED);
    Add(StrCat("page of 100 by state, ", where, " duties"), milliseconds(TimePage(node, state, options_.calls)), "ms",
        {Goal::Is::kAtMost, 2});
    const Latency get = TimeGet(node, options_.units, options_.calls);
    Add(StrCat("GetAssignment, processor time, ", where, " duties"), absl::ToDoubleMicroseconds(get.processor_time),
        "us", {Goal::Is::kAtMost, 120});
  }

  static std::string Sign(const Goal& goal) { return goal.is == Goal::Is::kAtMost ? "<=" : ">="; }

  static void PrintRow(const Row& row) {
    std::string peers;
    for (const auto& [name, value] : row.peers) absl::StrAppendFormat(&peers, "  %s %.5g", name, value);
    std::printf("%-56s %10.4g %-3s %s %-8.4g %-4s%s\n", row.work.c_str(), row.ours, row.unit.c_str(),
                Sign(row.goal).c_str(), row.goal.value, row.met() ? "met" : "MISS", peers.c_str());
    std::fflush(stdout);
  }

  void PrintJson() const {
    google::protobuf::Struct report;
    auto& list = *(*report.mutable_fields())["rows"].mutable_list_value();
    for (const Row& row : rows_) {
      auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
      fields["work"].set_string_value(row.work);
      fields["ours"].set_number_value(row.ours);
      fields["unit"].set_string_value(row.unit);
      auto& peers = *fields["peers"].mutable_struct_value()->mutable_fields();
      for (const auto& [name, value] : row.peers) peers[name].set_number_value(value);
      fields["goal"].set_string_value(StrCat(Sign(row.goal), " ", row.goal.value));
      fields["met"].set_bool_value(row.met());
    }
    std::string text;
    if (!google::protobuf::util::MessageToJsonString(report, &text).ok()) BenchDie("the report is no JSON");
    std::printf("%s\n", text.c_str());
  }

  const Options options_;
  std::vector<std::unique_ptr<OfficePeer>> peers_;
  std::vector<Row> rows_;
};

}  // namespace

int RunOfficeBench(int argc, char** argv) {
  Options options;
  CLI::App app("A whole node at an office's work, over gRPC on loopback", "duban-bench office");
  app.add_option("--dir", options.folder, "Folder on the disk to measure; a new one below it is used and removed");
  app.add_option("--units", options.units, "Units of the office")->check(CLI::Range(1, 10000));
  app.add_option("--many-units", options.many_units, "Units of the large publication")->check(CLI::Range(1, 10000));
  app.add_option("--tasks", options.tasks, "Tasks of a plan")->check(CLI::Range(1, 2000));
  app.add_option("--duties", options.duties, "Duties in the full store")->check(CLI::Range(1, 100'000'000));
  app.add_option("--workers", options.workers, "Workers that sign at once")->check(CLI::Range(1, 1000));
  app.add_option("--calls", options.calls, "Calls of which the median is taken")->check(CLI::Range(10, 100000));
  app.add_flag("--peers", options.peers, "PostgreSQL and Redis do the same work; they have to be installed");
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("--check", options.check, "Exit with 1 where a goal is missed");
  CLI11_PARSE(app, argc, argv);
  const std::filesystem::path base =
      options.folder.empty() ? std::filesystem::temp_directory_path().string() : options.folder;
  std::string made = (base / "duban-office-XXXXXX").string();
  if (mkdtemp(made.data()) == nullptr) BenchDie(StrCat("no folder can be made in ", base.string()));
  options.folder = made;
  const int code = OfficeBench(options).Run();
  std::filesystem::remove_all(made);
  return code;
}

}  // namespace duban
