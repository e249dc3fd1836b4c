#include "services/plan/plan_hops.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "services/plan/audience_chore.h"
#include "services/plan/directory/directory.h"
#include "services/plan/plan_store.h"

namespace duban {
namespace {

// Unpacks the entity of an entry.
template <typename Entity>
absl::StatusOr<Entity> Unpack(const v1::FeedEntry& entry) {
  Entity entity;
  if (!entry.payload().UnpackTo(&entity) || entity.name() != entry.entity()) {
    return InvariantBroken(StrCat("the entry `", entry.entity(), "` of a feed from above holds something else"));
  }
  return entity;
}

// What says nothing of its owner belongs to the node it came from.
template <typename Entity>
void OwnBySource(const EntrySource& source, Entity* entity) {
  if (entity->owner_node().empty()) entity->set_owner_node(source.node);
}

// Applies an entry that is there; returns whether it was taken.
absl::StatusOr<bool> Take(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                          std::string_view node) {
  const std::string_view name = entry.entity();
  if (name.starts_with("units/") && entry.payload().Is<v1::Unit>()) {
    DUBAN_ASSIGN_OR_RETURN(v1::Unit unit, Unpack<v1::Unit>(entry));
    OwnBySource(source, &unit);
    return TakeUnit(transaction, node, unit);
  }
  if (name.starts_with("groups/") && entry.payload().Is<v1::UnitGroup>()) {
    DUBAN_ASSIGN_OR_RETURN(v1::UnitGroup group, Unpack<v1::UnitGroup>(entry));
    OwnBySource(source, &group);
    return TakeGroup(transaction, node, group);
  }
  if (name.starts_with("calendars/") && entry.payload().Is<v1::Calendar>()) {
    DUBAN_ASSIGN_OR_RETURN(v1::Calendar calendar, Unpack<v1::Calendar>(entry));
    DUBAN_RETURN_IF_ERROR(TakeCalendar(transaction, node, calendar).status());
    return true;
  }
  if (name.starts_with("plans/") && entry.payload().Is<v1::Plan>()) {
    DUBAN_ASSIGN_OR_RETURN(v1::Plan plan, Unpack<v1::Plan>(entry));
    OwnBySource(source, &plan);
    // A draft is its owner's business, even if it should come.
    if (plan.state() != v1::Plan::PUBLISHED && plan.state() != v1::Plan::WITHDRAWN) return true;
    return TakePlan(transaction, node, source.node, std::move(plan));
  }
  return true;
}

absl::StatusOr<bool> Drop(Transaction& transaction, std::string_view name, std::string_view node) {
  if (name.starts_with("plans/")) return DropTakenPlan(transaction, node, name);
  return DropTaken(transaction, node, name);
}

}  // namespace

absl::Status ApplyPlanFeedEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                                std::string_view node) {
  const std::string_view name = entry.entity();
  DUBAN_ASSIGN_OR_RETURN(bool taken,
                         entry.withdrawn() ? Drop(transaction, name, node) : Take(transaction, entry, source, node));
  if (!taken) {
    Log(LogLevel::kWarning, "plan.own_entry_kept",
        {{"hop", source.hop}, {"entity", entry.entity()}, {"withdrawn", entry.withdrawn() ? "true" : "false"}});
  }
  return absl::OkStatus();
}

namespace {

// What belongs to the node that is followed. What it only relays comes from its owner by another way too, or will be
// sent again once the followed node has it again.
template <typename Entity>
absl::Status VisitOwned(const ReadView& view, std::string_view prefix, const std::string& owner, bool& more,
                        absl::FunctionRef<bool(std::string_view name)> visit) {
  if (!more) return absl::OkStatus();
  return view.Scan<Entity>(prefix, "", [&](std::string_view name, Stored<Entity> entity) {
    more = entity.value.owner_node() != owner || visit(name);
    return more;
  });
}

absl::Status HeldFromOwner(const ReadView& view, const EntrySource& source,
                           absl::FunctionRef<bool(std::string_view name)> visit) {
  bool more = true;
  DUBAN_RETURN_IF_ERROR(VisitOwned<v1::Unit>(view, "units/", source.node, more, visit));
  DUBAN_RETURN_IF_ERROR(VisitOwned<v1::UnitGroup>(view, "groups/", source.node, more, visit));
  return VisitOwned<v1::Plan>(view, "plans/", source.node, more, visit);
}

}  // namespace

absl::StatusOr<std::optional<google::protobuf::Any>> PlanEntityHeldFor(std::string_view name,
                                                                       const google::protobuf::Any& payload,
                                                                       std::string_view owner) {
  const auto held = [&](auto entity) -> absl::StatusOr<std::optional<google::protobuf::Any>> {
    if (!payload.UnpackTo(&entity)) return BrokenRecord(name);
    if (entity.owner_node() != owner) return std::nullopt;
    return payload;
  };
  if (payload.Is<v1::Unit>()) return held(v1::Unit());
  if (payload.Is<v1::UnitGroup>()) return held(v1::UnitGroup());
  if (payload.Is<v1::Calendar>()) return held(v1::Calendar());
  if (payload.Is<v1::Plan>()) return held(v1::Plan());
  return std::nullopt;
}

absl::StatusOr<TakenBack> TakeBackPlanEntity(Transaction& transaction, const v1::HeldEntity& held,
                                             std::string_view node) {
  const auto unpack = [&](auto* entity) {
    return held.payload().UnpackTo(entity) && entity->name() == held.entity() && entity->owner_node() == node;
  };
  v1::Unit unit;
  v1::UnitGroup group;
  v1::Calendar calendar;
  v1::Plan plan;
  if (unpack(&unit)) return TakeBackUnit(transaction, unit);
  if (unpack(&group)) return TakeBackGroup(transaction, group);
  if (unpack(&calendar)) return TakeBackCalendar(transaction, calendar);
  const bool taken = unpack(&plan) && (plan.state() == v1::Plan::PUBLISHED || plan.state() == v1::Plan::WITHDRAWN);
  if (taken) return TakeBackPlan(transaction, node, std::move(plan));
  return TakenBack::kRefused;
}

HopSpecs PlanHops(Store* store, const std::string& node) {
  HopSpecs hops;
  FeedSpec feed;
  feed.feed = "plan";
  feed.store = store;
  feed.audiences_of = DefaultAudiences;
  feed.held_for = [](const ReadView&, std::string_view name, const google::protobuf::Any& payload,
                     std::string_view owner) { return PlanEntityHeldFor(name, payload, owner); };
  hops.feeds.push_back(std::move(feed));

  FollowSpec upstream;
  upstream.feed = "plan";
  upstream.from_upstream = true;
  upstream.follower = node;
  upstream.apply = [node](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    return ApplyPlanFeedEntry(transaction, entry, source, node);
  };
  upstream.held = HeldFromOwner;
  hops.follows.push_back(std::move(upstream));

  hops.rebuild.feed = "plan";
  hops.rebuild.only_here = {
      {"drafts", "未发布的计划草稿，包括其中的待核实事项和处理结果",
       "drafts that were not published, with their findings and how they were settled"},
      {"plan_findings", "已发布计划的待核实事项和处理记录（计划正文已取回）",
       "findings of published plans and how they were settled (the plans themselves come back)"},
      {"earlier_revisions", "已发布计划以前各次发布的内容和正在修订的草稿（最近一次发布的已取回）",
       "earlier revisions of published plans, and drafts of the next (the latest come back)"},
      {"plans_without_addressees_below", "没有发给任何下级节点的已发布或已撤回计划",
       "published and withdrawn plans that were addressed to no node below"},
      {"directory_without_nodes_below", "本级单位名录、集合和工作日历：没有下级节点时",
       "this node's directory, groups and calendars, where it has no node below"},
      {"people", "人员、角色和登录会话；只剩首任安全管理员，请在服务器上用节点证书重置其密码，再录入人员并授予角色",
       "people, what they were granted, and their sessions; the first security officer is there alone: reset their "
       "password with the node's keys, and take the others in again"},
      {"learned_names", "本级为上级单位条目记下的别名",
       "names that this node had learned for entries of the directory above"},
  };
  hops.rebuild.nodes_below = [node](const ReadView& view, absl::FunctionRef<void(const std::string&)> visit) {
    return view.Scan<v1::Unit>("units/", "", [&](std::string_view, const Stored<v1::Unit>& unit) {
      if (unit.value.owner_node() == node && !unit.value.node().empty()) visit(unit.value.node());
      return true;
    });
  };
  hops.rebuild.take_back = [node](Transaction& transaction, const v1::HeldEntity& held, const EntrySource&) {
    return TakeBackPlanEntity(transaction, held, node);
  };
  hops.rebuild.finish = [node](Transaction& transaction, const RebuildEnd&) {
    return FollowAllMovedEntries(transaction, node);
  };
  return hops;
}

}  // namespace duban
