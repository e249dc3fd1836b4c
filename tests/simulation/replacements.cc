#include "tests/simulation/replacements.h"

#include <iterator>
#include <memory>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban::simulation {
namespace {

// As BackupKeeper copies them.
constexpr const char* kServices[] = {"notification", "assignment", "plan"};
constexpr absl::Duration kLongestCopy = absl::Seconds(5);

}  // namespace

Replacements::Replacements(const Surroundings& around, Work* work, std::function<void(SimNode*)> start)
    : around_(around), world_(*around.world), work_(*work), start_(std::move(start)) {}

void Replacements::BackUp(SimNode* node, Dice& dice) {
  auto copy = std::make_shared<Copy>();
  copy->begun = world_.now();
  // Every choice is drawn at once: what becomes of the copies changes nothing that is drawn later.
  absl::Duration at;
  for (size_t service = 0; service < std::size(kServices); ++service) {
    world_.After(at, [this, node, copy, service] { CopyNext(node, copy, service); });
    at += dice.Between(absl::ZeroDuration(), kLongestCopy);
  }
}

void Replacements::CopyNext(SimNode* node, std::shared_ptr<Copy> copy, size_t service) {
  const bool whole = copy->stores.stores.size() == service;
  if (!whole || !node->up() || node->failed() || !node->Copy(kServices[service], &copy->stores)) return;
  const Promises& now = work_.promises();
  switch (service) {
    case 0:
      copy->promises.confirmed = now.confirmed;
      return;
    case 1:
      copy->promises.receipts = now.receipts;
      copy->promises.reports = now.reports;
      copy->promises.submissions = now.submissions;
      copy->promises.reviews = now.reviews;
      return;
    default:
      copy->promises.published = now.published;
      copy->promises.withdrawn = now.withdrawn;
      copy->promises.newer = now.newer;
      world_.Count("work.backup");
      copies_[node->id()] = std::move(copy);
  }
}

void Replacements::Replace(SimNode* node, How how, absl::Duration delay) {
  lost_ = node;
  held_ = Held();
  gave_.clear();
  const auto copy = how == How::kEmptyAndRebuilt ? nullptr : copies_.at(node->id());
  from_ = copy != nullptr ? copy : std::make_shared<const Copy>();
  copies_.erase(node->id());
  work_.Lost(node, copy != nullptr ? copy->begun : absl::InfinitePast());
  node->LoseMachine();
  world_.After(delay, [this, node, how, copy] {
    if (copy != nullptr) node->Restore(copy->stores);
    if (how == How::kRestored) {
      ++forgot_[node->id()];
      return Return(node, absl::InfinitePast());
    }
    node->RebuildFromNeighbours([this, node](const v1::RebuildReport& report) {
      const bool known = report.has_last_sign_of_life();
      Return(node, known ? FromProto(report.last_sign_of_life()) : absl::InfinitePast());
    });
  });
}

void Replacements::GaveBack(SimNode* by, const std::string& to) {
  if (lost_ == nullptr || lost_->id() != to || !gave_.insert(by->id()).second) return;
  AddHeld(&world_, by, to, &held_);
}

int Replacements::Forgot(const std::string& node) const {
  const auto it = forgot_.find(node);
  return it == forgot_.end() ? 0 : it->second;
}

void Replacements::Return(SimNode* node, absl::Time alive_until) {
  world_.Trace(StrCat("return ", node->id()));
  lost_ = nullptr;
  work_.Returned(node, from_->promises, std::exchange(held_, Held()), alive_until);
  start_(node);
}

}  // namespace duban::simulation
