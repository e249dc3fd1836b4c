#include "common/rpc/status_samples.h"

#include <string>
#include <utility>

namespace duban {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + 1e-9 * static_cast<double>(duration.nanos());
}

class Samples {
 public:
  void Gauge(const char* name, const char* help, Labels labels, double value) {
    samples_.push_back({name, help, false, std::move(labels), value});
  }
  void Counter(const char* name, const char* help, Labels labels, double value) {
    samples_.push_back({name, help, true, std::move(labels), value});
  }
  std::vector<Sample> Take() { return std::move(samples_); }

 private:
  std::vector<Sample> samples_;
};

void AddStore(const v1::NodeStatus::Store& store, Samples& samples) {
  const Labels labels = {{"service", store.service()}};
  samples.Gauge("duban_store_serving", "1 while the store takes writes.", labels, store.serving() ? 1 : 0);
  samples.Gauge("duban_store_sequence", "Last sequence of the feed.", labels,
                static_cast<double>(store.head().sequence()));
  samples.Gauge("duban_store_size_bytes", "All files of the store.", labels, static_cast<double>(store.size_bytes()));
  samples.Gauge("duban_store_last_sync_seconds", "How long the last synced write took.", labels,
                Seconds(store.last_sync()));
}

const char* WayOf(v1::NodeStatus::Hop::Direction direction) {
  switch (direction) {
    case v1::NodeStatus::Hop::FETCH:
      return "fetch";
    case v1::NodeStatus::Hop::OFFER:
      return "offer";
    default:
      return "take_in";
  }
}

void AddHop(const v1::NodeStatus::Hop& hop, Samples& samples) {
  const Labels labels = {{"hop", hop.name()}, {"direction", WayOf(hop.direction())}};
  samples.Gauge("duban_hop_connected", "1 while the last call was answered.", labels, hop.connected() ? 1 : 0);
  samples.Gauge("duban_hop_at_head", "1 while caught up.", labels, hop.at_head() ? 1 : 0);
  samples.Gauge("duban_hop_sequence", "Position in the feed.", labels, static_cast<double>(hop.position().sequence()));
  samples.Gauge("duban_hop_progress_timestamp_seconds", "When the last page was taken in.", labels,
                static_cast<double>(hop.progress_time().seconds()));
  samples.Counter("duban_hop_failures_total", "Calls of the hop that failed.", labels,
                  static_cast<double>(hop.failures()));
  samples.Gauge("duban_hop_set_aside", "Entries that were set aside so far.", labels,
                static_cast<double>(hop.set_aside()));
  if (hop.has_peer()) {
    samples.Gauge("duban_hop_peer_clock_ahead_seconds", "How far the clock there is ahead; negative: behind.", labels,
                  Seconds(hop.peer_clock_ahead()));
  }
}

void AddFollower(const v1::NodeStatus::Follower& follower, Samples& samples) {
  const Labels labels = {{"feed", follower.feed()}, {"follower", follower.name()}};
  samples.Gauge("duban_follower_behind", "Sequences that a node below is behind.", labels,
                static_cast<double>(follower.behind()));
  samples.Gauge("duban_follower_connected", "1 while a call of a node below is under way.", labels,
                follower.connected() ? 1 : 0);
  samples.Gauge("duban_follower_seen_timestamp_seconds", "When a node below was heard last.", labels,
                static_cast<double>(follower.seen_time().seconds()));
  samples.Gauge("duban_follower_notices", "Things that do not fit about a node below.", labels,
                static_cast<double>(follower.notices_size()));
  if (follower.has_card()) {
    samples.Gauge("duban_follower_clock_ahead_seconds", "How far the clock of a node below is ahead; negative: behind.",
                  labels, Seconds(follower.clock_ahead()));
  }
}

void AddMachine(const v1::NodeStatus::Machine& machine, Samples& samples) {
  samples.Gauge("duban_disk_free_bytes", "Room on the disk that holds the data.", {},
                static_cast<double>(machine.disk_free_bytes()));
  samples.Gauge("duban_disk_bytes", "Size of the disk that holds the data.", {},
                static_cast<double>(machine.disk_bytes()));
  samples.Gauge("duban_disk_keep_free_bytes", "With less room, changes are refused.", {},
                static_cast<double>(machine.keep_free_bytes()));
  samples.Gauge("duban_last_backup_timestamp_seconds", "When the last backup was made; 0: there is none.", {},
                static_cast<double>(machine.last_backup_time().seconds()));
  samples.Gauge("duban_last_verification_timestamp_seconds",
                "When the last verification ended, since this process began; 0: none did.", {},
                static_cast<double>(machine.last_verification_time().seconds()));
  samples.Gauge("duban_last_verification_good", "1 where the last verification found everything in order.", {},
                machine.last_verification_good() ? 1 : 0);
  if (machine.has_certificate_expire_time()) {
    samples.Gauge("duban_certificate_expire_timestamp_seconds",
                  "When the certificate in --keys runs out; 0: it cannot be read.", {},
                  static_cast<double>(machine.certificate_expire_time().seconds()));
  }
}

}  // namespace

std::vector<Sample> SamplesOf(const v1::NodeStatus& status) {
  Samples samples;
  for (const v1::NodeStatus::Store& store : status.stores()) AddStore(store, samples);
  for (const v1::NodeStatus::Hop& hop : status.hops()) AddHop(hop, samples);
  for (const v1::NodeStatus::Follower& follower : status.followers()) {
    if (follower.downstream()) AddFollower(follower, samples);
  }
  AddMachine(status.machine(), samples);
  return samples.Take();
}

}  // namespace duban
