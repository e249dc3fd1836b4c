#include "common/rpc/metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Seconds; the buckets of OpenTelemetry's rpc.server.call.duration, wide enough for a waiting Fetch.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                 0.25,  0.5,    1,     2.5,  5,     10,   30};

constexpr std::array<const char*, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

prometheus::Labels LabelsOf(std::string_view method) {
  const size_t slash = method.find('/');
  return {{"grpc_type", "unary"},
          {"grpc_service", std::string(method.substr(0, slash))},
          {"grpc_method", slash == std::string_view::npos ? "" : std::string(method.substr(slash + 1))}};
}

// What the counters of one method are.
struct MethodMetrics {
  prometheus::Counter* started = nullptr;
  prometheus::Histogram* latency = nullptr;
  std::array<std::atomic<prometheus::Counter*>, kCodeNames.size()> handled{};
};

}  // namespace

struct Metrics::Rep {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& started =
      prometheus::BuildCounter().Name("grpc_server_started_total").Help("Calls begun, by method.").Register(registry);
  prometheus::Family<prometheus::Counter>& handled = prometheus::BuildCounter()
                                                         .Name("grpc_server_handled_total")
                                                         .Help("Calls ended, by method and code.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Histogram>& latency =
      prometheus::BuildHistogram()
          .Name("grpc_server_handling_seconds")
          .Help("How long calls took at the server, by method; Fetch includes its wait.")
          .Register(registry);
  Mutex mu;
  // Values are never removed, so pointers to them stay good.
  absl::flat_hash_map<std::string, std::unique_ptr<MethodMetrics>> methods ABSL_GUARDED_BY(mu);

  MethodMetrics& Of(std::string_view method) {
    MutexLock lock(&mu);
    std::unique_ptr<MethodMetrics>& made = methods[ToAbsl(method)];
    if (made == nullptr) {
      made = std::make_unique<MethodMetrics>();
      made->started = &started.Add(LabelsOf(method));
      made->latency = &latency.Add(LabelsOf(method), kLatencyBuckets);
    }
    return *made;
  }
};

Metrics::Metrics() : rep_(std::make_unique<Rep>()) {}
Metrics::~Metrics() = default;

void Metrics::Started(std::string_view method) {
  rep_->Of(method).started->Increment();
}

void Metrics::Handled(std::string_view method, absl::StatusCode code, absl::Duration elapsed) {
  MethodMetrics& metrics = rep_->Of(method);
  const auto number = static_cast<size_t>(code);
  const size_t index = number < kCodeNames.size() ? number : static_cast<size_t>(absl::StatusCode::kUnknown);
  prometheus::Counter* counter = metrics.handled[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    prometheus::Labels labels = LabelsOf(method);
    labels["grpc_code"] = kCodeNames[index];
    counter = &rep_->handled.Add(labels);
    metrics.handled[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
  metrics.latency->Observe(absl::ToDoubleSeconds(elapsed));
}

std::string Metrics::Text(const std::vector<Sample>& samples) const {
  std::vector<prometheus::MetricFamily> families = rep_->registry.Collect();
  std::map<std::string, prometheus::MetricFamily> read;
  for (const Sample& sample : samples) {
    prometheus::MetricFamily& family = read[sample.name];
    family.name = sample.name;
    family.help = sample.help;
    family.type = sample.counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    (sample.counter ? metric.counter.value : metric.gauge.value) = sample.value;
  }
  for (auto& [name, family] : read) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

Sample BuildInfo(const std::string& label, const std::string& value) {
  return {"duban_build_info", "1; the labels say what runs.", false, {{"version", DUBAN_VERSION}, {label, value}}, 1};
}

std::vector<Sample> ProcessSamples() {
  std::vector<Sample> samples;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const double seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    samples.push_back({"process_cpu_seconds_total", "User and system CPU time spent.", true, {}, seconds});
  }
  if (std::FILE* statm = std::fopen("/proc/self/statm", "re")) {
    long pages = 0, resident = 0;
    if (std::fscanf(statm, "%ld %ld", &pages, &resident) == 2) {
      const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
      samples.push_back({"process_virtual_memory_bytes", "Virtual memory size.", false, {}, page * pages});
      samples.push_back({"process_resident_memory_bytes", "Resident memory size.", false, {}, page * resident});
    }
    std::fclose(statm);
  }
  if (DIR* folder = opendir("/proc/self/fd")) {
    int open = 0;
    while (const dirent* entry = readdir(folder)) open += entry->d_name[0] != '.';
    closedir(folder);
    samples.push_back({"process_open_fds", "Open file descriptors.", false, {}, static_cast<double>(open - 1)});
  }
  return samples;
}

}  // namespace duban
