#include "tests/simulation/system_checks.h"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/strings.h"

namespace duban::simulation {
namespace {

using Assignments = std::map<std::string, v1::Assignment>;

// Every assignment of a node, with both halves.
Assignments All(World* world, SimNode& node) {
  Assignments all;
  v1::ListAssignmentsRequest request;
  request.set_page_size(500);
  while (true) {
    v1::ListAssignmentsResponse page;
    const absl::Status status = node.assignments().ListAssignments(Anybody(), request, &page);
    if (!status.ok()) world->Broken("S6", StrCat(node.id(), " cannot list: ", ToStd(status.message())));
    for (const v1::Assignment& assignment : page.assignments()) {
      world->Check("S6", all.emplace(assignment.name(), assignment).second,
                   [&] { return StrCat(node.id(), " lists ", assignment.name(), " twice"); });
    }
    if (!status.ok() || page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

SimNode* Find(const std::vector<SimNode*>& nodes, const std::string& id) {
  const auto it = std::find_if(nodes.begin(), nodes.end(), [&](SimNode* node) { return node->id() == id; });
  return it == nodes.end() ? nullptr : *it;
}

bool IsOpen(const v1::Assignment& assignment) {
  return assignment.state() != v1::Assignment::CANCELLED && assignment.state() != v1::Assignment::DONE;
}

template <typename Count>
void CheckCount(World* world, const std::string& what, const Count& have, int promised, bool exactly) {
  world->Check("S1", have >= promised,
               [&] { return StrCat(what, ": ", have, " are there, ", promised, " were acknowledged"); });
  if (!exactly) return;
  world->Check("S4", have <= promised,
               [&] { return StrCat(what, ": ", have, " are there, ", promised, " were acknowledged"); });
}

void CheckPromisesOf(World* world, const v1::Assignment& assignment, const Promises& promises, bool exactly) {
  if (promises.moved.contains(assignment.unit())) return;
  const std::string& name = assignment.name();
  const v1::Execution& execution = assignment.execution();
  if (const auto it = promises.receipts.find(name); it != promises.receipts.end()) {
    world->Check("S1", execution.receipt().signer() == it->second,
                 [&] { return StrCat("the receipt of ", name, " by ", it->second, " is lost"); });
  }
  if (const auto it = promises.earlier_receipts.find(name); it != promises.earlier_receipts.end()) {
    const auto& kept = execution.earlier_receipts();
    const bool all =
        std::equal(it->second.begin(), it->second.end(), kept.begin(), kept.end(),
                   [](const std::string& signer, const auto& receipt) { return receipt.signer() == signer; });
    world->Check("S1", all, [&] { return StrCat("an earlier receipt of ", name, " is lost"); });
  }
  const auto promised = [&](const std::map<std::string, int>& counts) {
    const auto it = counts.find(name);
    return it == counts.end() ? 0 : it->second;
  };
  CheckCount(world, StrCat("reports of ", name), execution.reports_size(), promised(promises.reports), exactly);
  CheckCount(world, StrCat("submissions of ", name), execution.submissions_size(), promised(promises.submissions),
             exactly);
}

void CheckReviewsOf(World* world, const v1::Assignment& assignment, const Promises& promises, bool exactly) {
  const auto it = promises.reviews.find(assignment.name());
  const int promised = it == promises.reviews.end() ? 0 : it->second;
  CheckCount(world, StrCat("reviews of ", assignment.name()), assignment.oversight().reviews_size(), promised, exactly);
}

// An entity of a node's directory.
struct Entry {
  std::string owner;
  std::string bytes;
  // Fields that this version does not know.
  int unknown = 0;
};
using Directory = std::map<std::string, Entry>;

Directory DirectoryOf(SimNode& node) {
  Directory entities;
  const std::unique_ptr<Snapshot> snapshot = node.store("plan")->TakeSnapshot();
  const auto add = [&](const auto& name, const auto& entity) {
    entities[std::string(name)] = {entity.owner_node(), entity.SerializeAsString(),
                                   entity.GetReflection()->GetUnknownFields(entity).field_count()};
    return true;
  };
  (void)snapshot->Scan<v1::Unit>("units/", "", [&](auto name, auto stored) { return add(name, stored.value); });
  (void)snapshot->Scan<v1::UnitGroup>("groups/", "", [&](auto name, auto stored) { return add(name, stored.value); });
  return entities;
}

// All nodes above one.
std::set<std::string> Above(const std::vector<SimNode*>& nodes, const SimNode& node) {
  std::set<std::string> above;
  for (const std::string& upstream : node.upstreams()) {
    above.insert(upstream);
    above.merge(Above(nodes, *Find(nodes, upstream)));
  }
  return above;
}

}  // namespace

void CheckAfterStart(World* world, SimNode* node, const Promises& promises) {
  for (const auto& [name, assignment] : All(world, *node)) {
    if (assignment.unit_node() == node->id()) CheckPromisesOf(world, assignment, promises, false);
    if (assignment.issuer_node() == node->id()) CheckReviewsOf(world, assignment, promises, false);
  }
}

void CheckPromises(World* world, const std::vector<SimNode*>& nodes, const Promises& promises) {
  Assignments at_unit, at_issuer;
  for (SimNode* node : nodes) {
    for (auto& [name, assignment] : All(world, *node)) {
      if (assignment.unit_node() == node->id()) at_unit[name] = assignment;
      if (assignment.issuer_node() == node->id()) at_issuer[name] = assignment;
    }
  }
  std::set<std::string> named;
  for (const auto& [name, signer] : promises.receipts) named.insert(name);
  for (const auto& [name, count] : promises.reports) named.insert(name);
  for (const auto& [name, count] : promises.submissions) named.insert(name);
  for (const std::string& name : named) {
    world->Check("S1", at_unit.contains(name), [&] { return StrCat(name, " is lost"); });
  }
  for (const auto& [name, assignment] : at_unit) CheckPromisesOf(world, assignment, promises, true);
  for (const auto& [name, count] : promises.reviews) {
    world->Check("S1", at_issuer.contains(name), [&, &name = name] { return StrCat(name, " is lost"); });
  }
  for (const auto& [name, assignment] : at_issuer) CheckReviewsOf(world, assignment, promises, true);
}

void CheckAssignments(World* world, const std::vector<SimNode*>& nodes) {
  std::map<std::string, Assignments> by_node;
  for (SimNode* node : nodes) by_node[node->id()] = All(world, *node);
  for (SimNode* node : nodes) {
    std::set<std::tuple<std::string, std::string, int>> duties;
    for (const auto& entry : by_node[node->id()]) {
      // Not a structured binding: clang 14 lets no lambda capture one.
      const auto& name = entry.first;
      const auto& mine = entry.second;
      if (mine.issuer_node() != node->id()) continue;
      const bool sole = duties.emplace(mine.task(), mine.unit(), mine.role()).second;
      world->Check("A1", sole || !IsOpen(mine),
                   [&] { return StrCat(node->id(), " has two assignments of ", mine.task(), " for ", mine.unit()); });
      SimNode* below = Find(nodes, mine.unit_node());
      const bool own = below == node || (below != nullptr && std::count(below->upstreams().begin(),
                                                                        below->upstreams().end(), node->id()) > 0);
      world->Check("A2", own, [&] { return StrCat(name, " of ", node->id(), " is for ", mine.unit_node()); });
      if (below == nullptr || below == node) continue;
      const auto it = by_node[below->id()].find(name);
      world->Check("F4", it != by_node[below->id()].end(),
                   [&] { return StrCat(name, " of ", node->id(), " is not at ", mine.unit_node()); });
      if (it == by_node[below->id()].end()) continue;
      v1::Assignment above = mine, at_unit = it->second;
      above.clear_etag();
      at_unit.clear_etag();
      // Each goes by the working days of its own calendar.
      above.clear_light();
      at_unit.clear_light();
      world->Check("A4", above.SerializeAsString() == at_unit.SerializeAsString(), [&] {
        return StrCat(name, " differs between ", node->id(), " (", above.ShortDebugString(), ") and ", mine.unit_node(),
                      " (", at_unit.ShortDebugString(), ")");
      });
      for (v1::Assignment* side : {&at_unit, &above}) {
        side->clear_execution();
        side->clear_decomposition();
        side->clear_delivery_time();
      }
      world->Check("F8", above.SerializeAsString() == at_unit.SerializeAsString() || above.state() != at_unit.state(),
                   [&] { return StrCat(name, " of ", node->id(), " was changed at ", mine.unit_node()); });
    }
  }
}

void CheckPlans(World* world, SimNode* node, const Promises& promises) {
  for (const auto& [name, revisions] : promises.published) {
    v1::GetPlanRequest request;
    request.set_name(name);
    v1::Plan plan, published;
    published.ParseFromString(revisions.back());
    const bool there = node->plans().GetPlan(Anybody(), request, &plan).ok();
    world->Check("S1", there || published.owner_node() != node->id(),
                 [&, &name = name] { return StrCat("published ", name, " is lost"); });
    if (!there) continue;
    const bool withdrawn = promises.withdrawn.contains(name);
    world->Check("P1", withdrawn == (plan.state() == v1::Plan::WITHDRAWN), [&, &name = name] {
      return StrCat(name, " at ", node->id(), " is ", v1::Plan::State_Name(plan.state()));
    });
    world->Check("P1", plan.tasks_size() == published.tasks_size() && plan.revision() == published.revision(),
                 [&, &name = name] { return StrCat(name, " at ", node->id(), " is not what was published"); });
  }
  for (const auto& [name, assignment] : All(world, *node)) {
    const std::string plan(ParentName(assignment.task()));
    world->Check("P5", !IsOpen(assignment) || !promises.withdrawn.contains(plan),
                 [&, &name = name] { return StrCat(name, " of withdrawn ", plan, " is still open at ", node->id()); });
  }
}

void CheckDirectories(World* world, const std::vector<SimNode*>& nodes, const Promises& promises) {
  std::map<std::string, Directory> by_node;
  for (SimNode* node : nodes) by_node[node->id()] = DirectoryOf(*node);
  for (SimNode* node : nodes) {
    const Directory& mine = by_node[node->id()];
    const std::set<std::string> above = Above(nodes, *node);
    for (const auto& [name, held] : mine) {
      const std::string& owner = held.owner;
      world->Check("F9", held.unknown > 0 || !promises.newer.contains({owner, name}), [&, name = name] {
        return StrCat(node->id(), " has lost the field of ", name, " that this version does not know");
      });
      if (owner == node->id()) continue;
      const Directory& source = by_node[owner];
      const auto it = source.find(name);
      const bool there = it != source.end();
      world->Check("F14", there, [&, name = name] {
        return StrCat(node->id(), " holds ", name, " of ", owner, ", which has deleted it");
      });
      world->Check("F15", !there || it->second.bytes == held.bytes, [&, name = name] {
        return StrCat(name, " at ", node->id(), " is not what its owner ", owner, " has");
      });
    }
    for (const std::string& owner : above) {
      for (const auto& [name, held] : by_node[owner]) {
        if (held.owner != owner) continue;
        world->Check("F2", mine.contains(name),
                     [&, name = name] { return StrCat(node->id(), " has not got ", name, " of ", owner); });
      }
    }
  }
}

}  // namespace duban::simulation
