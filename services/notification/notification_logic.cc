#include "services/notification/notification_logic.h"

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// How often the queue is looked through, and how soon after its time a reminder is on its way at the latest.
constexpr absl::Duration kTendPause = absl::Seconds(20);
constexpr absl::Duration kDeliverPause = absl::Seconds(5);
constexpr absl::Duration kPurgePause = absl::Hours(1);

// The next round tries again; a store that has failed is reported by the store itself.
void Complain(std::string_view event, const absl::Status& status) {
  Log(LogLevel::kWarning, event, {{"error", std::string(status.message())}});
}

// The settings were read once already, when the server began (CheckChannels): what is wrong since then is said, and the
// node goes on with its log.
std::unique_ptr<Channels> OpenChannels(const Ports& ports) {
  absl::StatusOr<std::unique_ptr<Channels>> channels =
      Channels::Open(ports.reminder_log, ports.channels_file, ports.clock);
  if (channels.ok()) return *std::move(channels);
  Log(LogLevel::kError, "channels.not_opened", {{"error", std::string(ToStd(channels.status().message()))}});
  return std::move(Channels::Open(ports.reminder_log, "", ports.clock)).value();
}

}  // namespace

NotificationLogic::NotificationLogic(const Ports& ports)
    : core_(ports), channels_(OpenChannels(ports)), deliveries_(&core_.runner(), channels_.get()) {}

std::vector<Chore> NotificationLogic::chores() {
  std::vector<Chore> chores = {{"tend_reminders", kTendPause, [this] { return Tend(); }},
                               {"purge_reminders", kPurgePause, [this] { return Purge(); }}};
  if (channels_->all().empty()) return chores;
  chores.push_back({"gather_digests", kDeliverPause, [this] { return Gather(); }});
  for (const auto& channel : channels_->all()) {
    chores.push_back({StrCat("deliver_", channel->id()), kDeliverPause,
                      [this, to = channel.get()] { return Deliver(*to); }, 0, [to = channel.get()] { to->Cancel(); }});
  }
  return chores;
}

std::vector<Gauge> NotificationLogic::gauges() {
  std::vector<Gauge> gauges;
  const auto add = [&](const char* name, const char* help, const std::string& channel, double value) {
    std::vector<std::pair<std::string, std::string>> labels;
    if (!channel.empty()) labels.emplace_back("channel", channel);
    gauges.push_back({name, help, std::move(labels), value});
  };
  const absl::StatusOr<ReminderCounts> counts = core_.Counts();
  if (counts.ok()) {
    add("duban_reminders_due", "Reminders that wait to be sent, of up to 1,000 batches.", "", counts->due);
    add("duban_reminders_late", "Of these, those that wait for more than an hour.", "", counts->late);
    add("duban_reminders_dead", "Reminders that were given up, of up to 1,000 batches.", "", counts->dead);
  }
  v1::ListChannelsResponse channels;
  if (!deliveries_.ListChannels(Caller(), {}, &channels).ok()) return gauges;
  for (const v1::Channel& channel : channels.channels()) {
    const std::string id(LastSegment(channel.name()));
    add("duban_deliveries_waiting", "Messages that wait for a channel or are under way, up to 10,000.", id,
        channel.waiting());
    add("duban_deliveries_dead", "Messages that a channel gave up, up to 10,000.", id, channel.dead());
    add("duban_channel_success_timestamp_seconds", "When a channel last sent a message; 0: not since the start.", id,
        static_cast<double>(channel.success_time().seconds()));
  }
  return gauges;
}

bool NotificationLogic::Tend() {
  const absl::StatusOr<bool> more = core_.Tend();
  if (!more.ok()) Complain("reminders.not_tended", more.status());
  return more.value_or(false);
}

bool NotificationLogic::Purge() {
  bool again = false;
  for (const absl::StatusOr<bool>& more : {core_.Purge(), deliveries_.Purge()}) {
    if (!more.ok()) Complain("reminders.not_purged", more.status());
    again = again || more.value_or(false);
  }
  return again;
}

bool NotificationLogic::Gather() {
  // One morning is one message: first everything that is due comes into being.
  if (Tend()) return true;
  const absl::StatusOr<bool> more = deliveries_.Gather();
  if (!more.ok()) Complain("digests.not_gathered", more.status());
  return more.value_or(false);
}

bool NotificationLogic::Deliver(Channel& channel) {
  const absl::StatusOr<bool> more = deliveries_.Deliver(channel);
  if (!more.ok()) Complain("channel.not_delivered", more.status());
  return more.value_or(false);
}

}  // namespace duban
