#include "services/assignment/assignment_logic.h"

#include <memory>
#include <utility>

#include "common/base/errors.h"
#include "common/base/log.h"
#include "services/assignment/assignment_hops.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/order_words.h"
#include "services/assignment/restand.h"

namespace duban {
namespace {

// How often it is asked whether the calendar has changed.
constexpr absl::Duration kRestandPause = absl::Seconds(5);
// How often it is looked for files that can go, and how much that stands back behind calls.
constexpr absl::Duration kTidyPause = absl::Hours(1);
constexpr int kTidyNice = 15;
// How often it is looked for files that a node above asks for: somebody there waits.
constexpr absl::Duration kHandUpPause = absl::Seconds(2);
// Only a store from before words were indexed has anything to do.
constexpr absl::Duration kWordsPause = absl::Minutes(1);
constexpr int kWordsNice = 10;

using RecordsPtr = std::shared_ptr<const AssignmentRecords>;

// Binds one of the apply functions to what is remembered of the store's records.
template <typename Apply>
ApplyEntry With(const RecordsPtr& records, Apply apply) {
  return [records, apply](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    return apply(transaction, entry, source, *records);
  };
}

FeedSpec OwnFeed(const Ports& ports, const RecordsPtr& records) {
  FeedSpec feed;
  feed.feed = "assignment";
  feed.store = ports.store;
  feed.audiences_of = DefaultAudiences;
  feed.apply_offer = With(records, ApplyOfferedEntry);
  feed.held_from_below = [records](const ReadView& view, const EntrySource& source,
                                   absl::FunctionRef<bool(std::string_view name)> visit) {
    return HeldFromBelow(view, source, visit, *records);
  };
  feed.held_for = [records](const ReadView& view, std::string_view, const google::protobuf::Any& payload,
                            std::string_view owner) { return OwnedHeldFor(view, payload, owner, *records); };
  feed.view = [records](const ReadView& view, std::string_view name, const google::protobuf::Any& payload,
                        std::string_view follower,
                        bool downstream) { return ViewForNode(*records, view, name, payload, follower, downstream); };
  feed.view_differs = SeenDifferently;
  return feed;
}

FollowSpec PlansOfThisNode(const RecordsPtr& records, size_t issue_step) {
  FollowSpec plans;
  plans.feed = "plan";
  plans.follower = "assignment";
  plans.apply = With(records, ApplyPlanEntry);
  plans.finish_page = [records, issue_step](Transaction& transaction, bool at_head,
                                            const EntrySource& source) -> absl::StatusOr<bool> {
    if (!at_head) return false;
    return ExpandPendingPlans(transaction, source, *records, issue_step);
  };
  plans.held = HeldOfPlans;
  return plans;
}

FollowSpec OrdersFromAbove(const Ports& ports, const RecordsPtr& records) {
  FollowSpec orders;
  orders.feed = "assignment";
  orders.from_upstream = true;
  orders.follower = ports.node;
  orders.apply = With(records, ApplyUpstreamEntry);
  orders.held = [records](const ReadView& view, const EntrySource& source,
                          absl::FunctionRef<bool(std::string_view name)> visit) {
    return HeldFromIssuer(view, source, visit, *records);
  };
  return orders;
}

RebuildSpec Rebuilding(const RecordsPtr& records) {
  RebuildSpec rebuild;
  rebuild.feed = "assignment";
  rebuild.only_here = {
      {"assignments_at_this_node",
       "本级交办给在本节点办公单位的事项的签收、进展、办结申请和审核；计划已取回的会重新交办",
       "receipts, reports, submissions and reviews of what this node issued to units that work at it; it is issued "
       "anew where the plan came back"},
      {"moved_away", "单位调走之后留在本级的旧事项副本",
       "what stayed here of assignments whose unit had moved to another node"},
      {"evidence_files", "本级单位上传的材料文件；请从备份恢复，或由单位重新上传",
       "files that units of this node put in; restore them from a backup, or have the units put them in again"},
      {"leases", "已领取未签收的领取编号；重新领取即可", "leases of what was pulled and not signed for; pull again"},
  };
  rebuild.take_back = [records](Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source) {
    return TakeBackOwn(transaction, held, source, *records);
  };
  rebuild.take_below = With(records, TakeInBelow);
  rebuild.finish = [records](Transaction& transaction, const RebuildEnd& end) {
    return RecountAll(transaction, end, *records);
  };
  return rebuild;
}

}  // namespace

HopSpecs AssignmentHops(const Ports& ports) {
  const auto records = std::make_shared<const AssignmentRecords>(ports.node);
  HopSpecs hops;
  hops.feeds.push_back(OwnFeed(ports, records));
  hops.follows.push_back(PlansOfThisNode(records, ports.issue_step));
  hops.follows.push_back(OrdersFromAbove(ports, records));
  hops.offers.push_back({"assignment", [records](const ReadView& view, std::string_view name) {
                           return HeldByIssuer(view, name, *records);
                         }});
  hops.rebuild = Rebuilding(records);
  return hops;
}

std::vector<Chore> AssignmentLogic::chores() {
  std::vector<Chore> all = {{"restand_assignments", kRestandPause, [this] { return Restand(); }},
                            {"order_words", kWordsPause, [this] { return IndexWords(); }, kWordsNice}};
  if (ports_.files_dir.empty()) return all;
  all.push_back({"remove_unnamed_files", kTidyPause, [this] { return evidence_.RemoveUnnamed(); }, kTidyNice});
  all.push_back({"sweep_files", kTidyPause, [this] { return evidence_.Sweep(); }, kTidyNice});
  if (ports_.evidence_above.empty()) return all;
  all.push_back(
      {"hand_up_files", kHandUpPause, [this] { return evidence_.HandUp(); }, 0, [this] { evidence_.CancelHandUp(); }});
  return all;
}

void AssignmentLogic::Begin() {
  const auto from_before = [this]() -> absl::StatusOr<bool> {
    const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(const bool keeps, KeepsIssuerWaits(*snapshot));
    DUBAN_ASSIGN_OR_RETURN(const bool any, HasPlans(*snapshot));
    return any && !keeps;
  };
  absl::StatusOr<bool> counts = from_before();
  absl::Status done = counts.status();
  if (done.ok() && *counts) {
    done = ports_.store->Run({"keep_issuer_waits", ""}, [](Transaction& transaction) {
      SetKeepsIssuerWaits(transaction);
      return BeginRestanding(transaction, Restanded::kAll);
    });
  }
  // The next start tries again.
  if (!done.ok()) Log(LogLevel::kError, "assignment.issuer_waits_not_kept", {{"error", std::string(done.message())}});
}

bool AssignmentLogic::IndexWords() {
  const absl::StatusOr<bool> more = IndexMoreOrders(ports_.store, records_);
  if (!more.ok()) {
    Log(LogLevel::kError, "assignment.words_not_indexed", {{"error", std::string(more.status().message())}});
  }
  return more.value_or(false);
}

void AssignmentLogic::AddFileGauges(std::vector<Gauge>& gauges) {
  const absl::StatusOr<EvidenceCore::Counts> counts = evidence_.Count();
  if (!counts.ok()) return;
  const auto add = [&](const char* name, const char* help, int64_t value) {
    gauges.push_back({name, help, {}, static_cast<double>(value)});
  };
  add("duban_evidence_files", "Files of evidence that units have here.", counts->held.files());
  add("duban_evidence_bytes", "Bytes of the files of evidence that units have here.", counts->held.size_bytes());
  add("duban_evidence_coming", "Files asked of nodes below that have not come yet.", counts->asked.coming);
  add("duban_evidence_missing", "Files asked of nodes below that no node has.", counts->asked.missing);
}

std::vector<Gauge> AssignmentLogic::gauges() {
  v1::GetBoardRequest request;
  request.set_group_by(v1::GetBoardRequest::PLAN);
  v1::GetBoardResponse board;
  if (!core_.GetBoard(ThisNode(ports_.node), request, &board).ok()) return {};
  const v1::GetBoardResponse::Row& total = board.total();
  std::vector<Gauge> gauges;
  const auto add = [&](const char* light, int64_t count) {
    gauges.push_back(
        {"duban_assignments", "Assignments at this node, by light.", {{"light", light}}, static_cast<double>(count)});
  };
  add("green", total.green());
  add("yellow", total.yellow());
  add("red", total.red());
  add("grey", total.grey());
  AddFileGauges(gauges);
  return gauges;
}

bool AssignmentLogic::Restand() {
  const absl::StatusOr<bool> more = IsRestanding(*ports_.store->TakeSnapshot());
  if (!more.ok() || !*more) return false;
  const absl::Status done = ports_.store->Run({"restand", ""}, [&](Transaction& transaction) {
    return ContinueRestanding(transaction, records_, ports_.clock->Now());
  });
  // The next round tries again; a store that has failed is reported by the store itself.
  if (!done.ok()) Log(LogLevel::kWarning, "assignment.not_restanding", {{"error", std::string(done.message())}});
  return done.ok();
}

}  // namespace duban
