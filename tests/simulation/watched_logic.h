// The logic of a service with somebody looking on while its hops take entries in.

#ifndef DUBAN_TESTS_SIMULATION_WATCHED_LOGIC_H_
#define DUBAN_TESTS_SIMULATION_WATCHED_LOGIC_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/node/service_logic.h"

namespace duban::simulation {

// Not thread-safe.
class WatchedLogic final : public ServiceLogic {
 public:
  // Called behind each entry, in the middle of its page, with the hop that takes it in.
  using Watch = std::function<void(const std::string& hop)>;

  WatchedLogic(std::unique_ptr<ServiceLogic> logic, Watch watch) : logic_(std::move(logic)), watch_(std::move(watch)) {}

  std::string name() const override { return logic_->name(); }
  HopSpecs hops() override {
    HopSpecs specs = logic_->hops();
    for (FollowSpec& follow : specs.follows) {
      follow.apply = [watch = watch_, apply = std::move(follow.apply)](
                         Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
        const absl::Status applied = apply(transaction, entry, source);
        watch(source.hop);
        return applied;
      };
    }
    return specs;
  }
  IndexRows index_rows() const override { return logic_->index_rows(); }
  const AccessFacts* facts() const override { return logic_->facts(); }
  void Begin() override { logic_->Begin(); }
  std::vector<Chore> chores() override { return logic_->chores(); }

 private:
  const std::unique_ptr<ServiceLogic> logic_;
  const Watch watch_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_WATCHED_LOGIC_H_
