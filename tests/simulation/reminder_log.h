// The outgoing channel of a simulated node: takes due reminders as the built-in log channel writes them, and fails when
// told. N2, N3, N5. Not thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_REMINDER_LOG_H_
#define DUBAN_TESTS_SIMULATION_REMINDER_LOG_H_

#include <map>
#include <string>
#include <string_view>

#include "common/base/line_sink.h"
#include "duban/v1/digest.pb.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// World and node outlive it.
class ReminderLog final : public LineSink {
 public:
  ReminderLog(World* world, std::string id, bool fails);
  void set_node(SimNode* node) { node_ = node; }
  // From now on every line is taken.
  void Mend() { fails_ = false; }
  // The schedules of an order were changed; `order` is its key in the names of reminders.
  void Scheduled(const std::string& order) { since_[order] = world_.now(); }
  absl::Status Append(std::string_view lines) override;

 private:
  void Take(const v1::DigestMessage& message, const v1::Reminder& reminder);
  void CheckInTime(const v1::DigestMessage& message, const v1::Reminder& reminder);

  World& world_;
  Dice& dice_;
  const std::string id_;
  SimNode* node_ = nullptr;
  bool fails_;
  absl::Time failed_ = absl::InfinitePast();
  // By order: since when its reminders wait as they do.
  std::map<std::string, absl::Time> since_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REMINDER_LOG_H_
