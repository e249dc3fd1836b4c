#include "tests/simulation/store_checks.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/tally.h"
#include "services/notification/reminder_rows.h"
#include "services/notification/schedule_planner.h"
#include "services/plan/directory/directory.h"
#include "services/plan/directory/indexes.h"
#include "services/plan/indexes.h"

namespace duban::simulation {
namespace {

// How often each entity of a collection stands in an index, which names it last.
using Rows = std::map<std::string, int>;

void Compare(World* world, const std::string& where, const Rows& indexed, const Rows& expected) {
  for (const auto& [name, count] : expected) {
    const auto found = indexed.find(name);
    const int rows = found == indexed.end() ? 0 : found->second;
    if (rows != count) world->Broken("S6", StrCat(where, " has ", rows, " rows of ", name, ", not ", count));
  }
  for (const auto& [name, rows] : indexed) {
    if (!expected.contains(name)) world->Broken("S6", StrCat(where, " has ", rows, " rows of ", name, ", not 0"));
  }
}

// Names of the entities of one type, with how often each has to stand in an index.
template <typename Entity, typename Count>
Rows Expected(World* world, const std::string& where, const ReadView& view, const std::string& collection,
              const Count& count) {
  Rows rows;
  const absl::Status read = view.Scan<Entity>(collection, {}, [&](std::string_view name, const Stored<Entity>& stored) {
    if (const int wanted = count(stored.value); wanted > 0) rows[std::string(name)] = wanted;
    return true;
  });
  if (!read.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(read.message())));
  return rows;
}

void CheckIndex(World* world, const std::string& where, const ReadView& view, Index index, const Rows& expected) {
  Rows indexed;
  const absl::Status read = view.ScanIndex(index, {}, [&](const std::vector<std::string_view>& rest, std::string_view) {
    ++indexed[std::string(rest.back())];
    return true;
  });
  if (!read.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(read.message())));
  Compare(world, StrCat(where, " index ", static_cast<int>(index)), indexed, expected);
}

template <typename Items>
int Distinct(const Items& items) {
  return static_cast<int>(std::set<std::string>(items.begin(), items.end()).size());
}

// The names by which an entry of the directory is found, those that only this node gives it among them.
template <typename Entry>
int NamesOf(const ReadView& view, const Entry& entry) {
  std::set<std::string> names = {NameKey(entry.display_name())};
  const auto add = [&](const auto& given) {
    names.insert(NameKey(given.display_name()));
    for (const std::string& alias : given.aliases()) names.insert(NameKey(alias));
  };
  add(entry);
  const auto learned = view.GetLocal<v1::Unit>(StrCat("learned/", entry.name()));
  if (learned.ok() && learned->has_value()) add(**learned);
  names.erase("");
  return static_cast<int>(names.size());
}

std::set<std::string> UsedBy(const v1::Unit& unit) {
  std::set<std::string> used;
  for (const auto& superior : unit.superiors()) used.insert(superior.unit());
  return used;
}

std::set<std::string> UsedBy(const v1::UnitGroup& group) {
  std::set<std::string> used;
  for (const auto& member : group.members()) used.insert(member.unit());
  for (const auto& selection : group.selections()) used.insert(selection.superior());
  return used;
}

// Whom a plan that is out addresses.
std::set<std::string> UsedBy(const v1::Plan& plan) {
  std::set<std::string> used;
  if (plan.state() == v1::Plan::DRAFT) return used;
  for (const v1::Task& task : plan.tasks()) {
    for (const auto& responsibility : task.responsibilities()) used.insert(responsibility.resolved());
  }
  used.erase("");
  return used;
}

void CheckDirectoryIndexes(World* world, const std::string& where, const ReadView& view) {
  const auto names = [&](const auto& entry) { return NamesOf(view, entry); };
  const auto uses = [](const auto& entity) { return static_cast<int>(UsedBy(entity).size()); };
  Rows named = Expected<v1::Unit>(world, where, view, "units/", names);
  named.merge(Expected<v1::UnitGroup>(world, where, view, "groups/", names));
  CheckIndex(world, where, view, kDirectoryName, named);
  CheckIndex(world, where, view, kUnitBySuperior, Expected<v1::Unit>(world, where, view, "units/", uses));
  Rows used = Expected<v1::Unit>(world, where, view, "units/", uses);
  used.merge(Expected<v1::UnitGroup>(world, where, view, "groups/", uses));
  used.merge(Expected<v1::Plan>(world, where, view, "plans/", uses));
  CheckIndex(world, where, view, kUnitUse, used);
}

// How many assignments a tally counts.
int AllOf(const storage::v1::Tally& tally) {
  return static_cast<int>(CountOf(tally, {}, absl::CivilDay()));
}

bool WaitsToBeSigned(const storage::v1::DeskRow& row) {
  return std::find(row.states().begin(), row.states().end(), v1::Assignment::ISSUED) != row.states().end();
}

// What has to be kept of assignments: a row for each unit of a plan, the orders and the sum of each plan, the sum of
// each unit, and where something waits to be signed for.
void CheckDesk(World* world, const std::string& where, const std::string& node, const ReadView& view) {
  std::map<std::string, std::map<std::string, int>> by_plan;
  Rows plans_of_unit, of_unit, orders_of_plan, taken_on, under_plan, waiting;
  const absl::Status read = view.Scan<v1::Order>("plans/", {}, [&](std::string_view name, const auto& stored) {
    const std::string plan(ParseName(name).plan);
    ++orders_of_plan[plan];
    const int tasks = stored.value.issuer_node() == node ? Distinct(stored.value.aligned_tasks()) : 0;
    if (tasks > 0) taken_on[std::string(name)] = tasks;
    const auto list = view.Need<v1::AddresseeList>(stored.value.addressee_list());
    if (!list.ok()) world->Broken("A7", StrCat(where, " has no ", stored.value.addressee_list()));
    if (!list.ok()) return true;
    for (const v1::Addressee& addressee : list->value.addressees()) {
      ++by_plan[plan][addressee.unit()];
      ++of_unit[addressee.unit()];
      ++under_plan[plan];
    }
    return true;
  });
  if (!read.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(read.message())));
  Rows desks, sums, plans, tallies;
  for (const auto& [plan, units] : by_plan) {
    for (const auto& [unit, count] : units) {
      ++plans_of_unit[plan];
      const auto row = ReadDeskRow(view, plan, unit);
      const int there = row.ok() ? row->ordinals_size() : -1;
      if (there != count) {
        world->Broken("S6", StrCat(where, " keeps ", there, " of ", plan, " for ", unit, ", not ", count));
      }
      if (row.ok() && WaitsToBeSigned(*row)) ++waiting[plan];
    }
  }
  CheckIndex(world, where, view, kOrderByAlignment, taken_on);
  CheckIndex(world, where, view, kUnitPlan, plans_of_unit);
  CheckIndex(world, where, view, kWaiting, waiting);
  const auto count = [&](Index index, Rows& rows, auto count_of) {
    const absl::Status scanned = view.ScanIndex(index, {}, [&](const auto& rest, std::string_view value) {
      rows[std::string(rest.front())] += count_of(value);
      return true;
    });
    if (!scanned.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(scanned.message())));
  };
  count(kDesk, desks, [](std::string_view) { return 1; });
  Compare(world, StrCat(where, " desk"), desks, plans_of_unit);
  count(kPlanOrders, plans, [](std::string_view value) {
    storage::v1::PlanOrders orders;
    return orders.ParseFromArray(value.data(), static_cast<int>(value.size())) ? orders.orders_size() : -1;
  });
  Compare(world, StrCat(where, " orders of plans"), plans, orders_of_plan);
  count(kPlanTally, tallies, [](std::string_view value) {
    storage::v1::PlanTally tally;
    tally.ParseFromArray(value.data(), static_cast<int>(value.size()));
    int all = 0;
    for (const storage::v1::Tally& heading : tally.tallies()) all += AllOf(heading);
    return all;
  });
  Compare(world, StrCat(where, " tallies of plans"), tallies, under_plan);
  count(kUnitDesk, sums, [](std::string_view value) {
    storage::v1::UnitDesk desk;
    desk.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return AllOf(desk.tally());
  });
  Compare(world, StrCat(where, " desks of units"), sums, of_unit);
}

// What has to be kept of schedules: a place in time for each that is not dropped, and in the queue for each that waits.
void CheckSchedules(World* world, const std::string& where, const ReadView& view) {
  Rows by_time, queued;
  const absl::Status read = VisitOrders(view, "", [&](std::string_view order, const storage::v1::OrderPlan& plan) {
    for (const storage::v1::Schedule& schedule : plan.schedules()) {
      const std::string name = StrCat(order, " ", schedule.key());
      if (schedule.phase() != storage::v1::Schedule::DROPPED) by_time[name] = 1;
      if (IsQueued(schedule)) queued[name] = 1;
    }
    return true;
  });
  if (!read.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(read.message())));
  const auto check = [&](Index index, std::initializer_list<std::string_view> parts, const Rows& expected) {
    Rows indexed;
    const absl::Status scanned = view.ScanIndex(index, parts, [&](const auto& rest, std::string_view) {
      ++indexed[StrCat(rest[1], " ", rest[2])];
      return true;
    });
    if (!scanned.ok()) world->Broken("S6", StrCat(where, ": ", ToStd(scanned.message())));
    Compare(world, StrCat(where, " index ", static_cast<int>(index)), indexed, expected);
  };
  check(kScheduleByTime, {}, by_time);
  check(kReminderQueue, {"s"}, queued);
}

}  // namespace

HopStep::HopStep(World* world, std::string where, const Store* store, std::string key)
    : world_(*world),
      where_(std::move(where)),
      store_(*store),
      key_(std::move(key)),
      head_(store->head().sequence()),
      before_(store->TakeSnapshot()->GetPosition(key_).value_or(v1::FeedPosition())) {}

void HopStep::Check(const v1::FeedPosition& said) {
  const std::unique_ptr<Snapshot> snapshot = store_.TakeSnapshot();
  const v1::FeedPosition stored = snapshot->GetPosition(key_).value_or(v1::FeedPosition());
  if (stored.SerializeAsString() != said.SerializeAsString()) {
    world_.Broken("F3", StrCat(where_, " stands at ", said.sequence(), " and has stored ", stored.sequence()));
  }
  if (stored.epoch() == before_.epoch() && stored.sequence() < before_.sequence()) {
    world_.Broken("F3", StrCat(where_, " went back from ", before_.sequence(), " to ", stored.sequence()));
  }
  int commits = 0;
  const absl::Status read = snapshot->ScanRows(CommitKey(head_ + 1), PrefixEnd(CommitKey(0).substr(0, 1)),
                                               [&](std::string_view, std::string_view) { return ++commits < 2; });
  if (!read.ok() || commits > 1) world_.Broken("F3", StrCat(where_, " took one step in several commits"));
}

void CheckStoreAtRest(World* world, const std::string& node, const std::string& service, const Store& store,
                      IndexRows rows) {
  const std::string where = StrCat(node, " ", service);
  if (const absl::Status chain = store.VerifyChain(); !chain.ok()) {
    world->Broken("S3", StrCat(where, ": ", ToStd(chain.message())));
  }
  if (const absl::Status feed = store.VerifyFeed(); !feed.ok()) {
    world->Broken("F2", StrCat(where, ": ", ToStd(feed.message())));
  }
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  const absl::StatusOr<int64_t> verified = VerifyIndexes(*snapshot, node, rows);
  world->Check("S6", verified.ok(), [&] { return StrCat(where, ": ", ToStd(verified.status().message())); });
  const auto once = [](const auto&) { return 1; };
  if (service == "plan") {
    CheckIndex(world, where, *snapshot, kPlanByTime, Expected<v1::Plan>(world, where, *snapshot, "plans/", once));
    CheckDirectoryIndexes(world, where, *snapshot);
  } else if (service == "assignment") {
    CheckDesk(world, where, node, *snapshot);
  } else {
    CheckSchedules(world, where, *snapshot);
  }
}

}  // namespace duban::simulation
