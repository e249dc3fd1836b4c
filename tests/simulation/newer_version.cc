#include "tests/simulation/newer_version.h"

#include <vector>

#include "common/base/civil.h"
#include "common/store/concern.h"

namespace duban::simulation {
namespace {

// No version has this field.
constexpr int kNewField = 2000;

}  // namespace

std::string WriteAsNewerVersion(SimNode* node, Dice& dice) {
  Store* store = node->store("plan");
  std::vector<std::string> own;
  const absl::Status read = store->TakeSnapshot()->Scan<v1::Unit>("units/", "", [&](auto name, const auto& stored) {
    // Not those that come and go: a new one of the same name has no such field.
    const bool lasting = !name.starts_with("units/t-");
    if (lasting && stored.value.owner_node() == node->id()) own.emplace_back(name);
    return true;
  });
  if (!read.ok() || own.empty()) return "";
  const std::string name = dice.Pick(own);
  const absl::Status written = store->Run({"newer_version", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const auto record, transaction.GetRecord(name));
    DUBAN_ASSIGN_OR_RETURN(auto unit, transaction.Need<v1::Unit>(name));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::Concern concern, ReadConcern(transaction, name, *record));
    const Audiences audiences(concern.audiences().begin(), concern.audiences().end());
    // As every change does: of two copies the later one is the newer.
    *unit.value.mutable_update_time() = ToProto(FromProto(unit.value.update_time()) + absl::Microseconds(1));
    unit.value.GetReflection()->MutableUnknownFields(&unit.value)->AddVarint(kNewField, dice.Next());
    return transaction.Put(name, unit.value, audiences).status();
  });
  return written.ok() ? name : "";
}

}  // namespace duban::simulation
