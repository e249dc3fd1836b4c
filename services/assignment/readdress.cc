#include "services/assignment/readdress.h"

#include <algorithm>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/assignment/plan_to_orders.h"

namespace duban {
namespace {

template <typename Addressees>
auto PlaceOf(Addressees& addressees, std::string_view unit) {
  return std::lower_bound(addressees.begin(), addressees.end(), unit,
                          [](const v1::Addressee& a, std::string_view name) { return a.unit() < name; });
}

template <typename Addressees>
auto Find(Addressees& addressees, std::string_view unit) {
  const auto place = PlaceOf(addressees, unit);
  return place != addressees.end() && place->unit() == unit ? place : addressees.end();
}

// The unit that has it in the place of one that the plan asks; null where that one has it itself.
const v1::Addressee* StandInOf(const std::vector<v1::Addressee>& current, const v1::Addressee& asked) {
  const auto own = Find(current, asked.unit());
  if (own == current.end() || own->readdressed_to().empty() || DUBAN_BUG("assignment.readdressing_undone")) {
    return nullptr;
  }
  const auto found = std::find_if(current.begin(), current.end(), [&](const v1::Addressee& addressee) {
    return addressee.readdressed_from() == asked.unit() && addressee.readdressed_to().empty();
  });
  return found == current.end() ? nullptr : &*found;
}

}  // namespace

std::string ReaddressedReason(std::string_view to, std::string_view words) {
  return StrCat("该单位申请退办，已改交", to, words.empty() ? "" : "：", words);
}

bool HasTask(const std::vector<v1::Addressee>& addressees, std::string_view unit) {
  const auto found = Find(addressees, unit);
  return found != addressees.end() && !found->has_cancel_time();
}

std::vector<v1::Addressee> Readdressed(std::vector<v1::Addressee> addressees, std::string_view from,
                                       const v1::Addressee& to, const std::string& reason,
                                       const google::protobuf::Timestamp& now, std::string_view node) {
  const auto declining = Find(addressees, from);
  // The unit that the plan asks, however many had it in between.
  const std::string origin = declining->readdressed_from().empty() ? declining->unit() : declining->readdressed_from();
  v1::Addressee next = *declining;
  declining->set_readdressed_to(to.unit());
  declining->set_cancel_reason(reason);
  *declining->mutable_cancel_time() = now;
  next.set_unit(to.unit());
  next.set_unit_display_name(to.unit_display_name());
  next.set_unit_node(to.unit_node());
  next.clear_moves();
  next.clear_former_nodes();
  next.set_readdressed_from(origin == to.unit() ? "" : origin);
  *next.mutable_issue_time() = now;
  const auto before = Find(addressees, to.unit());
  if (before == addressees.end()) {
    addressees.insert(PlaceOf(addressees, to.unit()), std::move(next));
    return addressees;
  }
  next.set_moves(before->moves());
  *next.mutable_former_nodes() = before->former_nodes();
  next.set_unit_node(before->unit_node());
  if (to.unit_node() != before->unit_node()) MoveAddressee(to.unit_node(), node, next);
  *before = std::move(next);
  return addressees;
}

std::vector<v1::Addressee> WithStandIns(const std::vector<v1::Addressee>& asked,
                                        const std::vector<v1::Addressee>& current) {
  std::vector<v1::Addressee> all;
  std::vector<v1::Addressee> stand_ins;
  for (const v1::Addressee& addressee : asked) {
    const v1::Addressee* stand_in = StandInOf(current, addressee);
    if (stand_in == nullptr) {
      all.push_back(addressee);
      continue;
    }
    v1::Addressee& next = stand_ins.emplace_back(addressee);
    next.set_unit(stand_in->unit());
    next.set_unit_display_name(stand_in->unit_display_name());
    next.set_unit_node(stand_in->unit_node());
    next.set_readdressed_from(addressee.unit());
  }
  for (v1::Addressee& stand_in : stand_ins) {
    // Whom the plan asks itself, it asks in its own words.
    if (Find(all, stand_in.unit()) != all.end()) continue;
    all.insert(PlaceOf(all, stand_in.unit()), std::move(stand_in));
  }
  return all;
}

std::vector<v1::Addressee> WithThoseWhoStoodAside(const std::vector<v1::Addressee>& known,
                                                  const std::vector<v1::Addressee>& asked) {
  std::vector<v1::Addressee> all = known;
  for (const v1::Addressee& addressee : asked) {
    if (Find(known, addressee.unit()) != known.end()) continue;
    const auto stand_in = std::find_if(known.begin(), known.end(), [&](const v1::Addressee& other) {
      return other.readdressed_from() == addressee.unit() && other.readdressed_to().empty();
    });
    if (stand_in == known.end()) continue;
    v1::Addressee& aside = *all.insert(PlaceOf(all, addressee.unit()), addressee);
    aside.set_readdressed_to(stand_in->unit());
    aside.set_cancel_reason(ReaddressedReason(stand_in->unit_display_name(), ""));
    *aside.mutable_cancel_time() = stand_in->issue_time();
  }
  return all;
}

}  // namespace duban
