// Numbers of one server process, for Prometheus.
//
// Names of RPC metrics are those of the usual gRPC dashboards (`grpc_server_started_total` and so on); ours begin with
// `duban_`. Labels take few values: method names, codes, services, hops. Thread-safe; owned by the server.

#ifndef DUBAN_COMMON_RPC_METRICS_H_
#define DUBAN_COMMON_RPC_METRICS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace duban {

// A number that is read when the page is made.
struct Sample {
  // Such as `duban_store_groups_total`; the same help and kind for all samples of a name.
  std::string name;
  std::string help;
  bool counter = false;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A call of `method` (`duban.v1.PlanService/GetPlan`) has begun. Methods come from code, never from callers.
  void Started(std::string_view method);
  // It ended with `code` after `elapsed`.
  void Handled(std::string_view method, absl::StatusCode code, absl::Duration elapsed);

  // Everything counted and `samples`, in Prometheus' text format 0.0.4.
  std::string Text(const std::vector<Sample>& samples) const;

 private:
  struct Rep;
  const std::unique_ptr<Rep> rep_;
};

// Memory, CPU time and open files of this process, under Prometheus' usual names.
std::vector<Sample> ProcessSamples();

// Which version this process is, with one label that says what it runs, such as `node` and its name.
Sample BuildInfo(const std::string& label, const std::string& value);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_METRICS_H_
