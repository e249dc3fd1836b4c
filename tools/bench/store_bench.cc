// The writer beside raw RocksDB, in one run and in turns, on the same disk.
//
// A command is a client's request: it reads an assignment of about 300 bytes, writes it into one feed, and leaves the
// memo of its answer; every second one changes what the one before made. The raw side is one thread that writes the
// same rows (entity, memo, and one feed row and commit record a group) as synced batches of as many commands as the
// writer's groups had in the round before, with the same RocksDB options; its rows are made beforehand, off the clock.
// It is measured without and with the high-water mark, which the writer always writes.
//
// Behind that: what one entity that names many nodes costs, to write, to change, and to be read by each of them.

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/hop.h"
#include "common/store/commit.h"
#include "common/store/feed_rows.h"
#include "common/store/high_water.h"
#include "common/store/rocks.h"
#include "common/store/store.h"
#include "duban/v1/assignment.pb.h"
#include "tools/bench/bench.h"

namespace duban {
namespace {

constexpr char kMethod[] = "/duban.v1.AssignmentService/ReportProgress";
constexpr char kAudience[] = "service/notification";

struct Settings {
  std::string folder;
  double seconds = 1.0;
  int rounds = 5;
  std::vector<int> callers = {1, 16, 64, 256};
  std::vector<int> named = {1000, 4000, 10'000};
  bool check = false;
};

v1::Assignment BenchAssignment(const std::string& name, int64_t count) {
  v1::Assignment assignment;
  assignment.set_name(name);
  assignment.set_task(StrCat("plans/p-2024/tasks/t-", count % 100));
  assignment.set_plan_title("全区经济社会发展重点工作任务分解方案");
  assignment.set_plan_revision(static_cast<int32_t>(count % 2) + 1);
  assignment.set_number(static_cast<int32_t>(count % 100));
  assignment.set_text("完成沿街商铺安全检查，建立台账，逐户销号，每月底前报送进展情况，年底前全部办结。");
  assignment.set_unit_display_name("区应急管理局");
  return assignment;
}

// The `count`-th command of a caller.
absl::Status RunBenchCommand(Store* store, int caller, int64_t count) {
  v1::Assignment assignment = BenchAssignment(StrCat("assignments/a-", caller, "-", count / 2), count);
  assignment.set_unit(StrCat("units/u-", caller));
  v1::Assignment response;
  return store->Request({Anybody(), kMethod, StrCat("request-", caller, "-", count), assignment}, &response,
                        [&](Transaction& transaction) -> absl::Status {
                          DUBAN_RETURN_IF_ERROR(transaction.Get<v1::Assignment>(assignment.name()).status());
                          response = assignment;
                          return transaction.Put(assignment.name(), assignment, {kAudience}).status();
                        });
}

// Rows in memory, for making the raw side's.
class MemoryView : public ReadView {
 public:
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override {
    auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : std::optional<std::string>(row->second);
  }
  absl::Status ScanRows(std::string_view, std::string_view,
                        absl::FunctionRef<bool(std::string_view, std::string_view)>) const override {
    return InvariantBroken("the benchmark's command does not scan");
  }
  void Apply(const WriteSet& writes) {
    for (const auto& [key, value] : writes) {
      if (value.has_value()) {
        rows_.insert_or_assign(key, *value);
      } else {
        rows_.erase(key);
      }
    }
  }

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

// A store that writes nothing and keeps the rows of its commands, grouped as told.
class RowRecorder : public Store {
 public:
  absl::Status Run(const CommandInfo& info, Body body) override {
    Transaction transaction(&view_, &nothing_, last_sequence_);
    DUBAN_RETURN_IF_ERROR(body(transaction));
    last_sequence_ = transaction.last_sequence();
    view_.Apply(transaction.writes());
    auto* audit = commit_.add_audits();
    audit->set_method(info.method);
    audit->set_request_id(info.request_id);
    audit->set_sequence(last_sequence_);
    for (EntityChange& change : transaction.mutable_changes()) {
      audit->add_entities(change.name);
      changes_.push_back(std::move(change));
    }
    group_.merge(transaction.mutable_writes());
    return absl::OkStatus();
  }

  // The rows of the commands since the last call, with their commit record.
  WriteSet TakeGroup() {
    Audiences touched;
    AddFeedRows(std::exchange(changes_, {}), group_, touched);
    commit_.set_first_sequence(group_begin_);
    commit_.set_previous_hash(hash_);
    commit_.set_rows_hash(HashBytes(XXH3_64bits(hash_.data(), hash_.size())));
    *commit_.mutable_commit_time() = ToProto(RealClock().Now());
    SealCommit(commit_, ++last_sequence_);
    hash_ = commit_.hash();
    group_[CommitKey(last_sequence_)] = commit_.SerializeAsString();
    group_begin_ = last_sequence_ + 1;
    commit_.Clear();
    return std::exchange(group_, {});
  }

  std::unique_ptr<Snapshot> TakeSnapshot() const override { return nullptr; }
  absl::Status serving() const override { return absl::OkStatus(); }
  absl::Status VerifyFiles() override { return absl::OkStatus(); }
  std::shared_ptr<void> OnCommit(CommitListener) override { return nullptr; }
  std::shared_ptr<void> OnChange(ChangeListener) override { return nullptr; }
  void OnFailure(std::function<void(const absl::Status&)>) override {}
  const std::string& epoch() const override { return options_.path; }
  const StoreOptions& options() const override { return options_; }
  v1::FeedPosition head() const override { return {}; }
  GroupStats group_stats() const override { return {}; }
  int64_t estimated_rows() const override { return 0; }

 private:
  const StoreOptions options_{};
  const WriteSet nothing_{};
  MemoryView view_;
  WriteSet group_;
  std::vector<EntityChange> changes_;
  storage::v1::CommitRecord commit_;
  std::string hash_ = "00000000";
  int64_t last_sequence_ = 0;
  int64_t group_begin_ = 1;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "duban-bench store: %s\n", what.c_str());
  std::exit(1);
}

double Seconds() {
  return absl::ToDoubleSeconds(RealClock().Steady());
}

// Processor time of this process so far, in microseconds.
double CpuMicros() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// One side's round.
struct Measured {
  // Commands a second.
  double rate = 0;
  // Processor time a command, of all threads, in microseconds.
  double cpu = 0;
};

// The writer's side: a store and callers that each wait for their answer.
class WriterSide {
 public:
  WriterSide(const Settings& settings, int callers) : settings_(settings), counts_(callers, 0) {
    StoreOptions options;
    options.path = StrCat(settings.folder, "/writer-", callers);
    options.service = "assignment";
    options.node = "bench";
    auto opened = Store::Open(options);
    if (!opened.ok()) Die(std::string(ToStd(opened.status().message())));
    store_ = *std::move(opened);
  }

  // One round; `group` is told the mean size of the groups.
  Measured Round(double& group) {
    const GroupStats before = store_->group_stats();
    const double cpu_before = CpuMicros();
    const double begin = Seconds();
    const double end = begin + settings_.seconds;
    std::vector<std::thread> threads;
    for (size_t caller = 0; caller < counts_.size(); ++caller) {
      threads.emplace_back([this, caller, end] {
        while (Seconds() < end) {
          const absl::Status status = RunBenchCommand(store_.get(), static_cast<int>(caller), counts_[caller]++);
          if (!status.ok()) Die(status.ToString());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const double took = Seconds() - begin;
    const GroupStats after = store_->group_stats();
    const double commands = static_cast<double>(after.commands - before.commands);
    group = commands / static_cast<double>(after.groups - before.groups);
    return {commands / took, (CpuMicros() - cpu_before) / commands};
  }

 private:
  const Settings& settings_;
  std::unique_ptr<Store> store_;
  std::vector<int64_t> counts_;
};

// The raw side: one thread, one database, batches made beforehand.
class RawSide {
 public:
  RawSide(const Settings& settings, int callers, bool with_mark) : settings_(settings), counts_(callers, 0) {
    const std::string folder = StrCat(settings.folder, "/raw-", callers, with_mark ? "-mark" : "");
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(RocksOptions(nullptr), folder, &db);
    if (!status.ok()) Die(status.ToString());
    db_.reset(db);
    if (!with_mark) return;
    auto mark = HighWaterFile::Open(rocksdb::FileSystem::Default(), StrCat(folder, "/high_water"));
    if (!mark.ok()) Die(mark.status().ToString());
    mark_ = *std::move(mark);
  }
  ~RawSide() { db_->Close(); }

  // One round in batches of `group` commands; `expected` is about how many commands a second that will be.
  Measured Round(int group, double expected) {
    const int batches = std::max(1, static_cast<int>(1.2 * expected * settings_.seconds / group));
    std::vector<WriteSet> made;
    for (int i = 0; i < batches; ++i) {
      for (int j = 0; j < group; ++j) {
        const size_t caller = next_caller_++ % counts_.size();
        const absl::Status status = RunBenchCommand(&recorder_, static_cast<int>(caller), counts_[caller]++);
        if (!status.ok()) Die(status.ToString());
      }
      made.push_back(recorder_.TakeGroup());
    }
    const double cpu_before = CpuMicros();
    const double begin = Seconds();
    int64_t written = 0;
    for (const WriteSet& rows : made) {
      Write(rows);
      written += group;
      if (Seconds() >= begin + settings_.seconds) break;
    }
    const auto commands = static_cast<double>(written);
    return {commands / (Seconds() - begin), (CpuMicros() - cpu_before) / commands};
  }

 private:
  void Write(const WriteSet& rows) {
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : rows) value.has_value() ? batch.Put(key, *value) : batch.Delete(key);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status status = db_->Write(synced, &batch);
    if (!status.ok()) Die(status.ToString());
    if (mark_ == nullptr) return;
    if (absl::Status marked = mark_->Write({1, ++marks_, 1}); !marked.ok()) Die(marked.ToString());
  }

  const Settings& settings_;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<HighWaterFile> mark_;
  RowRecorder recorder_;
  std::vector<int64_t> counts_;
  size_t next_caller_ = 0;
  int64_t marks_ = 0;
};

// Appends of 4 KiB a second, each synced.
double SyncRound(const Settings& settings) {
  const std::string path = StrCat(settings.folder, "/sync");
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) Die(StrCat("cannot write ", path));
  const std::string block(4096, 'x');
  const double begin = Seconds();
  const double end = begin + settings.seconds / 4;
  int64_t count = 0;
  while (Seconds() < end) {
    if (write(fd, block.data(), block.size()) != 4096 || fdatasync(fd) != 0) Die(StrCat("cannot sync ", path));
    ++count;
  }
  const double rate = static_cast<double>(count) / (Seconds() - begin);
  close(fd);
  return rate;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

struct Result {
  double group;
  Measured writer, raw, raw_mark;
  double ratio, ratio_mark;
};

Measured MedianOf(const std::vector<Measured>& rounds) {
  std::vector<double> rates, cpus;
  for (const Measured& round : rounds) {
    rates.push_back(round.rate);
    cpus.push_back(round.cpu);
  }
  return {Median(rates), Median(cpus)};
}

Result MeasureCallers(const Settings& settings, int callers, std::vector<double>& syncs) {
  WriterSide writer(settings, callers);
  RawSide raw(settings, callers, false);
  RawSide raw_mark(settings, callers, true);
  std::vector<double> groups, ratios, ratio_marks;
  std::vector<Measured> writers, raws, raw_marks;
  double expected = 20'000;
  for (int round = 0; round < settings.rounds; ++round) {
    double group = 0;
    const Measured through_writer = writer.Round(group);
    const int size = std::max(1, static_cast<int>(group + 0.5));
    const Measured without = raw.Round(size, expected);
    const Measured with = raw_mark.Round(size, expected);
    expected = std::max({through_writer.rate, without.rate, with.rate});
    syncs.push_back(SyncRound(settings));
    groups.push_back(group);
    writers.push_back(through_writer);
    raws.push_back(without);
    raw_marks.push_back(with);
    ratios.push_back(through_writer.rate / without.rate);
    ratio_marks.push_back(through_writer.rate / with.rate);
  }
  return {Median(groups), MedianOf(writers), MedianOf(raws), MedianOf(raw_marks), Median(ratios), Median(ratio_marks)};
}

// One entity that concerns `nodes` nodes, one by one, and is changed once; then each of them reads its feed.
void MeasureNamed(const Settings& settings, int nodes) {
  StoreOptions options;
  options.path = StrCat(settings.folder, "/named-", nodes);
  options.service = "plan";
  options.node = "bench";
  auto store = Store::Open(options);
  if (!store.ok()) Die(std::string(ToStd(store.status().message())));
  Audiences audiences;
  for (int i = 0; i < nodes; ++i) audiences.insert(NodeAudience(StrCat("n-", i)));
  const auto put = [&](int64_t count) {
    const double begin = Seconds();
    const absl::Status status = (*store)->Run({kMethod, ""}, [&](Transaction& transaction) -> absl::Status {
      return transaction.Put("plans/p-2024", BenchAssignment("plans/p-2024", count), audiences).status();
    });
    if (!status.ok()) Die(status.ToString());
    return Seconds() - begin;
  };
  const double written = put(0);
  const double changed = put(1);
  const double begin = Seconds();
  for (int i = 0; i < nodes; ++i) {
    const auto page = ReadFeedPage(*(*store)->TakeSnapshot(), DefaultAudiences(StrCat("n-", i), true), {});
    if (!page.ok() || page->entries_size() != 1) Die(StrCat("node ", i, " does not get the entity"));
  }
  const double read = Seconds() - begin;
  std::printf("%8d %12.1f %12.1f %12.1f %14.1f\n", nodes, 1e3 * written, 1e3 * changed, 1e3 * read,
              1e6 * (written + changed + read) / nodes);
  std::fflush(stdout);
}

}  // namespace

int RunStoreBench(int argc, char** argv) {
  Settings settings;
  std::string parent = std::filesystem::temp_directory_path();
  CLI::App app("Commands a second through the writer, beside raw RocksDB and the bare disk", "duban-bench store");
  app.add_option("--dir", parent, "Folder on the disk to measure")->capture_default_str();
  app.add_option("--seconds", settings.seconds, "Length of one side's round")
      ->check(CLI::Range(0.05, 60.0))
      ->capture_default_str();
  app.add_option("--rounds", settings.rounds, "Rounds for each number of callers")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--callers", settings.callers, "Numbers of callers")->check(CLI::Range(1, 4096))->delimiter(',');
  app.add_option("--named", settings.named, "Numbers of nodes that one entity names")
      ->check(CLI::Range(1, 100'000))
      ->delimiter(',');
  app.add_flag("--check", settings.check, "Exit 1 where the writer has less than 0.8 of raw at 64 callers or more");
  CLI11_PARSE(app, argc, argv);

  settings.folder = StrCat(parent, "/duban-bench-", getpid());
  std::filesystem::create_directories(settings.folder);
  std::vector<double> syncs;
  bool reached = true;
  std::printf("medians of %d rounds of %.2f s, in turns; ratios are medians of the rounds' ratios\n", settings.rounds,
              settings.seconds);
  std::printf("%8s %8s %12s %12s %12s %11s %16s %15s %12s\n", "callers", "group", "writer/s", "raw/s", "raw+mark/s",
              "writer/raw", "writer/raw+mark", "writer CPU us", "raw CPU us");
  for (int callers : settings.callers) {
    const Result result = MeasureCallers(settings, callers, syncs);
    std::printf("%8d %8.1f %12.0f %12.0f %12.0f %11.2f %16.2f %15.1f %12.1f\n", callers, result.group,
                result.writer.rate, result.raw.rate, result.raw_mark.rate, result.ratio, result.ratio_mark,
                result.writer.cpu, result.raw.cpu);
    std::fflush(stdout);
    reached = reached && (callers < 64 || result.ratio >= 0.8);
  }
  std::printf("fdatasync of 4 KiB appends: %.0f/s (median)\n", Median(syncs));
  std::printf("\none entity that names many nodes\n%8s %12s %12s %12s %14s\n", "nodes", "written ms", "changed ms",
              "read ms", "us a node");
  for (int nodes : settings.named) MeasureNamed(settings, nodes);
  std::filesystem::remove_all(settings.folder);
  return settings.check && !reached ? 1 : 0;
}

}  // namespace duban
