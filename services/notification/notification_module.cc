#include "services/notification/notification_module.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "services/notification/log_channel.h"
#include "services/notification/notification_core.h"
#include "services/notification/notification_service.h"

namespace duban {
namespace {

// How often the queue is looked through, and how soon after its time a reminder reaches the log channel at the latest.
constexpr absl::Duration kTendPause = absl::Seconds(20);
constexpr absl::Duration kDeliverPause = absl::Seconds(5);

class NotificationModule : public Module {
 public:
  NotificationModule(const Ports& ports, Edge* edge) : ports_(ports), core_(ports), service_(&core_, edge) {}
  ~NotificationModule() override { StopLoops(); }

  std::string name() const override { return "notification"; }
  std::vector<grpc::Service*> services() override { return {&service_}; }
  HopSpecs hops() override { return core_.hops(); }

  void Start() override {
    tend_.emplace(ports_.clock, kTendPause, [this] { return Tend(); });
    if (ports_.log_channel_file.empty()) return;
    channel_.emplace(&core_, ports_.ids, ports_.clock, ports_.log_channel_file);
    deliver_.emplace(ports_.clock, kDeliverPause, [this] { return Deliver(); });
  }

  void Stop() override { StopLoops(); }

 private:
  void StopLoops() {
    deliver_.reset();
    tend_.reset();
  }

  bool Tend() {
    const absl::StatusOr<bool> more = core_.Tend();
    if (!more.ok()) Complain("reminders.not_tended", more.status());
    return more.value_or(false);
  }

  bool Deliver() {
    const absl::StatusOr<int> taken = channel_->DeliverBatch();
    if (!taken.ok()) Complain("log_channel.not_delivered", taken.status());
    return taken.value_or(0) > 0;
  }

  // The next round tries again; a store that has failed is reported by the store itself.
  static void Complain(std::string_view event, const absl::Status& status) {
    Log(LogLevel::kWarning, event, {{"error", std::string(status.message())}});
  }

  const Ports ports_;
  NotificationCore core_;
  NotificationService service_;
  std::optional<LogChannel> channel_;
  std::optional<Loop> tend_;
  std::optional<Loop> deliver_;
};

}  // namespace

std::unique_ptr<Module> MakeNotificationModule(Ports ports, Edge* edge) {
  return std::make_unique<NotificationModule>(ports, edge);
}

}  // namespace duban
