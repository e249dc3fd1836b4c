// Reminders of many units, in one process over the notification service's core: how long it takes until those of a
// publication stand, what they weigh while they wait, how soon the first is leased after a restart, and how many a
// second go through jobs that lease and confirm in bulk.
//
// Orders come as the pages of the feed bring them. The wall clock is set to the day before everything is due, and then
// to that day; all else is real: the store with its thread and its disk, and a thread for each job. No gRPC.

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/store/store.h"
#include "duban/v1/order.pb.h"
#include "services/notification/notification_core.h"
#include "tools/bench/bench.h"

namespace duban {
namespace {

constexpr char kNode[] = "city";
// Orders of a page of the feed.
constexpr int kOrdersAtOnce = 50;

struct Settings {
  std::string folder;
  int orders = 3334;
  int units = 3000;
  int due = 1000000;
  int jobs = 16;
  int bulk = 500;
  bool check = false;
};

// The machine's clock, which this program can set.
class SetClock : public Clock {
 public:
  absl::Time Now() override { return RealClock().Now() + absl::Nanoseconds(shift_nanos_.load()); }
  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) override {
    return RealClock().AwaitWithTimeout(mu, condition, timeout);
  }
  absl::Duration Steady() override { return RealClock().Steady(); }
  bool pretended() const override { return true; }
  void Set(absl::Time now) { shift_nanos_ = absl::ToInt64Nanoseconds(now - RealClock().Now()); }

 private:
  std::atomic<int64_t> shift_nanos_{0};
};

// All orders are due on one Thursday, with the built-in calendars.
constexpr absl::CivilDay kDue(2024, 6, 20);

v1::AddresseeList ListOf(int units) {
  v1::AddresseeList list;
  list.set_name("plans/bench/addressees/all");
  list.set_issuer_node(kNode);
  for (int i = 0; i < units; ++i) {
    v1::Addressee& addressee = *list.add_addressees();
    addressee.set_unit(StrCat("units/u-", i));
    addressee.set_unit_display_name(StrCat("第", i, "街道办事处"));
    addressee.set_unit_node(kNode);
    addressee.set_role(v1::Responsibility::RESPONSIBLE);
  }
  return list;
}

v1::Order OrderOf(int number) {
  v1::Order order;
  order.set_task(StrCat("plans/bench/tasks/t", number));
  order.set_name(OrderName(order.task()));
  order.set_plan_title("全区经济社会发展重点工作任务分解方案");
  order.set_table("body");
  order.set_number(number);
  order.set_text("完成沿街商铺安全检查，建立台账，逐户销号，每月底前报送进展情况，年底前全部办结。");
  order.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
  order.mutable_deadline()->set_due(FormatDay(kDue));
  order.set_year(2024);
  order.set_issuer("units/office");
  order.set_issuer_display_name("市政府办公室");
  order.set_issuer_node(kNode);
  *order.mutable_issue_time() = ToProto(TimeAt(absl::CivilDay(2024, 3, 4), 540));
  order.set_addressee_list("plans/bench/addressees/all");
  order.set_version(1);
  return order;
}

v1::FeedEntry EntryOf(std::string_view name, const google::protobuf::Message& value) {
  v1::FeedEntry entry;
  entry.set_entity(std::string(name));
  entry.mutable_payload()->PackFrom(value);
  return entry;
}

// A notification service on a disk.
class Service {
 public:
  explicit Service(const Settings& settings) : settings_(settings) {
    clock_.Set(TimeAt(absl::CivilDay(2024, 3, 4), 600));
    Open();
  }

  void Close() {
    core_.reset();
    store_.reset();
  }

  void Open() {
    StoreOptions options;
    options.path = settings_.folder + "/store";
    options.service = "notification";
    options.node = kNode;
    options.clock = &clock_;
    auto opened = Store::Open(options);
    if (!opened.ok()) Fail(opened.status());
    store_ = *std::move(opened);
    core_ = std::make_unique<NotificationCore>(
        Ports{.store = store_.get(), .clock = &clock_, .ids = &SystemIds(), .node = kNode});
  }

  // Publishes orders `begin` to `end` to everybody.
  void Publish(int begin, int end) {
    std::vector<v1::FeedEntry> page;
    if (begin == 0) page.push_back(EntryOf("plans/bench/addressees/all", ListOf(settings_.units)));
    for (int number = begin; number < end; ++number) page.push_back(EntryOf(OrderOf(number).name(), OrderOf(number)));
    const HopSpecs hops = core_->hops();
    Must(store_->Run({.method = "follow/bench", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
      for (const v1::FeedEntry& entry : page) {
        DUBAN_RETURN_IF_ERROR(hops.follows[0].apply(transaction, entry, {kNode, "bench", clock_.Now(), false}));
      }
      return absl::OkStatus();
    }));
  }

  // Only a reminder on the due day, so that as many are due at once as wanted.
  void OnlyOnDue() {
    v1::UpdateReminderPolicyRequest request;
    request.set_request_id(SystemIds().NextId("r-"));
    request.mutable_policy()->set_name("policies/default");
    request.mutable_policy()->set_on_due(true);
    for (const char* path : {"before_due_working_days", "on_due", "overdue_working_days", "escalation_working_days",
                             "unsigned_working_days"}) {
      request.mutable_update_mask()->add_paths(path);
    }
    v1::ReminderPolicy policy;
    Must(core_->UpdateReminderPolicy(Anybody(), request, &policy));
    TendAll();
  }

  void TendAll() {
    while (true) {
      const absl::StatusOr<bool> more = core_->Tend();
      Must(more.status());
      if (!*more) return;
    }
  }

  // One job: leases and confirms in bulk until nothing is left or `wanted` went through. Returns how many of its own.
  int64_t Job(int job, std::atomic<int64_t>& through, int64_t wanted) {
    int64_t own = 0;
    for (int round = 0; through < wanted; ++round) {
      v1::LeaseRemindersRequest lease;
      lease.set_request_id(StrCat("lease-", job, "-", round));
      lease.set_max_reminders(settings_.bulk);
      v1::LeaseRemindersResponse leased;
      Must(core_->LeaseReminders(Anybody(), lease, &leased));
      if (leased.reminders().empty()) return own;
      v1::ConfirmRemindersRequest confirm;
      confirm.set_request_id(StrCat("confirm-", job, "-", round));
      confirm.set_lease_token(leased.lease_token());
      for (const v1::Reminder& reminder : leased.reminders()) confirm.add_items()->set_name(reminder.name());
      v1::ConfirmRemindersResponse confirmed;
      Must(core_->ConfirmReminders(Anybody(), confirm, &confirmed));
      for (const auto& result : confirmed.results()) own += result.state() == v1::Reminder::CONFIRMED ? 1 : 0;
      through += leased.reminders_size();
    }
    return own;
  }

  NotificationCore& core() { return *core_; }
  SetClock& clock() { return clock_; }

 private:
  [[noreturn]] static void Fail(const absl::Status& status) {
    std::fprintf(stderr, "duban-bench reminders: %s\n", status.ToString().c_str());
    std::exit(2);
  }
  static void Must(const absl::Status& status) {
    if (!status.ok()) Fail(status);
  }

  const Settings& settings_;
  SetClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<NotificationCore> core_;
};

double ResidentMiB() {
  std::ifstream status("/proc/self/statm");
  long total = 0;
  long resident = 0;
  status >> total >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double Seconds(absl::Duration duration) {
  return absl::ToDoubleSeconds(duration);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

bool Row(const char* work, double ours, const char* unit, double goal, bool at_least) {
  const bool met = at_least ? ours >= goal : ours <= goal;
  std::printf("%-58s %12.1f %-10s %s %g: %s\n", work, ours, unit, at_least ? ">=" : "<=", goal, met ? "met" : "missed");
  std::fflush(stdout);
  return met;
}

// Everything waits: nine reminders a unit and order.
bool MeasureWaiting(const Settings& settings) {
  Service service(settings);
  const absl::Duration begin = RealClock().Steady();
  for (int order = 0; order < settings.orders; order += kOrdersAtOnce) {
    service.Publish(order, std::min(settings.orders, order + kOrdersAtOnce));
  }
  const absl::Duration published = RealClock().Steady() - begin;
  const double waiting = 9.0 * settings.orders * settings.units;
  std::printf("%.0f reminders of %d orders to %d units wait\n", waiting, settings.orders, settings.units);
  bool met = Row("until they stand", Seconds(published), "s", 20, false);
  service.Close();
  // 09:00 of the first day on which somebody has to be told something.
  service.clock().Set(TimeAt(absl::CivilDay(2024, 3, 5), 9 * 60 + 1));
  const absl::Duration closed = RealClock().Steady();
  service.Open();
  v1::LeaseRemindersRequest lease;
  lease.set_request_id("first");
  lease.set_max_reminders(settings.bulk);
  v1::LeaseRemindersResponse leased;
  const absl::Status status = service.core().LeaseReminders(Anybody(), lease, &leased);
  if (!status.ok() || leased.reminders().empty()) std::printf("no lease: %s\n", status.ToString().c_str());
  met = Row("restart to the first lease", Seconds(RealClock().Steady() - closed), "s", 2, false) && met;
  met = Row("resident", ResidentMiB(), "MiB", 256, false) && met;
  service.Close();
  return met;
}

// Many are due at once.
bool MeasureJobs(const Settings& settings) {
  Service service(settings);
  service.OnlyOnDue();
  const int orders = (settings.due + settings.units - 1) / settings.units;
  for (int order = 0; order < orders; order += kOrdersAtOnce) {
    service.Publish(order, std::min(orders, order + kOrdersAtOnce));
  }
  service.clock().Set(TimeAt(kDue, 541));
  std::atomic<int64_t> through{0};
  std::vector<int64_t> confirmed(static_cast<size_t>(settings.jobs));
  std::vector<std::thread> jobs;
  const absl::Duration begin = RealClock().Steady();
  const double cpu = CpuSeconds();
  for (int job = 0; job < settings.jobs; ++job) {
    jobs.emplace_back([&, job] {
      int64_t& count = confirmed[static_cast<size_t>(job)];
      count = service.Job(job, through, int64_t{orders} * settings.units);
    });
  }
  for (std::thread& job : jobs) job.join();
  const double seconds = Seconds(RealClock().Steady() - begin);
  int64_t all = 0;
  for (const int64_t own : confirmed) all += own;
  std::printf("%lld of %lld due at once, %d jobs, %d at a time; %.1f us of processor time each\n",
              static_cast<long long>(all), static_cast<long long>(orders) * settings.units, settings.jobs,
              settings.bulk, (CpuSeconds() - cpu) * 1e6 / static_cast<double>(all));
  const bool met = Row("leased and confirmed", static_cast<double>(all) / seconds, "/s", 60000, true);
  service.Close();
  return met && all == int64_t{orders} * settings.units;
}

}  // namespace

int RunReminderBench(int argc, char** argv) {
  Settings settings;
  std::string parent = std::filesystem::temp_directory_path();
  CLI::App app("Reminders that wait for many units, and jobs that take them in bulk", "duban-bench reminders");
  app.add_option("--dir", parent, "Folder on the disk to measure")->capture_default_str();
  app.add_option("--orders", settings.orders, "Orders whose reminders wait")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--units", settings.units, "Units each order is addressed to")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--due", settings.due, "Reminders due at once")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--jobs", settings.jobs, "Jobs at once")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--bulk", settings.bulk, "Reminders of a call")->check(CLI::Range(1, 500))->capture_default_str();
  app.add_flag("--check", settings.check, "Exit 1 where a goal is missed");
  CLI11_PARSE(app, argc, argv);

  settings.folder = StrCat(parent, "/duban-bench-", getpid());
  std::filesystem::create_directories(settings.folder);
  bool met = MeasureWaiting(settings);
  std::filesystem::remove_all(settings.folder);
  std::filesystem::create_directories(settings.folder);
  met = MeasureJobs(settings) && met;
  std::filesystem::remove_all(settings.folder);
  return settings.check && !met ? 1 : 0;
}

}  // namespace duban
