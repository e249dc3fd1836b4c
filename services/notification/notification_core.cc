#include "services/notification/notification_core.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/access/ended_tokens.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/person.pb.h"
#include "services/notification/duty_copies.h"
#include "services/notification/policy_update.h"
#include "services/notification/reminder_batch.h"
#include "services/notification/reminder_list.h"
#include "services/notification/reminder_purge.h"

namespace duban {
namespace {

using storage::v1::ConfirmMemo;
using storage::v1::LeaseMemo;
using storage::v1::LeaseRow;
using storage::v1::QueueState;
using v1::Reminder;

constexpr int kDefaultLeased = 50;
constexpr absl::Duration kDefaultLease = absl::Minutes(1);
// Steps of schedules, and batches, that one step of tending takes on.
constexpr int kTendSteps = 8;
constexpr int kTendBatches = 64;
// Rows that one step of purging deletes.
constexpr size_t kPurgeStep = 500;
// Batches of which reminders are counted.
constexpr size_t kMostCounted = 1000;
// A changed policy is applied to this many steps of orders before the caller is answered; the rest follows.
constexpr int kReplanStepsWhileWaiting = 20;

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// --- What came of one item, in a byte: the state it is in, and why it was refused ---

constexpr v1::ErrorReason kRefusals[] = {v1::ERROR_REASON_UNSPECIFIED, v1::RESOURCE_NOT_FOUND, v1::LEASE_NOT_HELD,
                                         v1::WRONG_STATE};
constexpr int kStates = 8;

char OutcomeOf(v1::ErrorReason refusal, Reminder::State state) {
  const auto place = std::find(std::begin(kRefusals), std::end(kRefusals), refusal) - std::begin(kRefusals);
  return static_cast<char>(place * kStates + state);
}

void ShowOutcome(char outcome, v1::ConfirmRemindersResponse::Result& result) {
  const auto byte = static_cast<unsigned char>(outcome);
  result.set_state(static_cast<Reminder::State>(byte % kStates));
  const size_t refusal = byte / kStates;
  if (refusal == 0 || refusal >= std::size(kRefusals)) return;
  const std::string& name = result.name();
  *result.mutable_error() = ToRpcStatus(RefusalOf(kRefusals[refusal], name, result.state()));
}

// Whether looking at the clocks now tells something that has to be kept.
bool ClockWasSet(const QueueState& stored, const QueueState& observed) {
  return stored.process() != observed.process() || stored.set_back_micros() != observed.set_back_micros() ||
         stored.excused_until_micros() != observed.excused_until_micros();
}

absl::Status HeldAssignments(const ReadView& view, const EntrySource& /*source*/,
                             absl::FunctionRef<bool(std::string_view name)> visit) {
  bool more = true;
  DUBAN_RETURN_IF_ERROR(VisitOrders(view, "", [&](std::string_view, const storage::v1::OrderPlan& plan) {
    // What was withdrawn is not held any more.
    return more = !plan.has_order() || visit(OrderName(plan.task()));
  }));
  return more ? VisitCopies(view, visit) : absl::OkStatus();
}

absl::Status HeldOfPlans(const ReadView& view, const EntrySource& /*source*/,
                         absl::FunctionRef<bool(std::string_view name)> visit) {
  bool more = true;
  const std::string begin = LocalKey(kUnitRows);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(
      begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) { return more = visit(key.substr(1)); }));
  if (!more) return absl::OkStatus();
  return view.Scan<v1::EndedTokens>(kEndedTokens, "",
                                    [&](std::string_view name, const Stored<v1::EndedTokens>&) { return visit(name); });
}

absl::StatusOr<v1::ReminderPolicy> ShowPolicy(const ReadView& view, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> stored, FindPolicy(view, name));
  if (!stored.has_value()) return NotFound(name);
  stored->value.set_etag(EtagOf(stored->sequence));
  return std::move(stored->value);
}

}  // namespace

absl::Status NotificationCore::LeaseReminders(const Caller& caller, const v1::LeaseRemindersRequest& request,
                                              v1::LeaseRemindersResponse* response) {
  LeaseMemo memo;
  const std::string token = ports().ids->NextId("lease-");
  const LeaseAsk ask{.max = request.max_reminders() == 0 ? kDefaultLeased : request.max_reminders(),
                     .lease = request.has_lease() ? FromProto(request.lease()) : kDefaultLease,
                     .recipient = request.recipient(),
                     .token = token};
  DUBAN_RETURN_IF_ERROR(runner_.Request({caller, "duban.v1.NotificationService/LeaseReminders", request}, &memo,
                                        [&](Transaction&, QueueWork& work) -> absl::Status {
                                          LeaseRow row;
                                          DUBAN_RETURN_IF_ERROR(work.Lease(ask, row));
                                          if (row.parts().empty()) return absl::OkStatus();
                                          memo.set_token(token);
                                          memo.set_until_micros(absl::ToUnixMicros(work.moment().steady + ask.lease));
                                          return absl::OkStatus();
                                        }));
  if (memo.token().empty()) return absl::OkStatus();
  response->set_lease_token(memo.token());
  const auto snapshot = ports().store->TakeSnapshot();
  ReminderReader reader(*snapshot, runner_.cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_.ReadClock()));
  const absl::Time until = absl::FromUnixMicros(memo.until_micros());
  *response->mutable_lease_expire_time() = ToProto(reader.moment().WallAt(until));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<LeaseRow> row,
                         snapshot->GetLocal<LeaseRow>(LeaseRowName(until, memo.token())));
  if (!row.has_value()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::vector<Reminder> reminders, reader.Leased(*row, memo.token()));
  for (Reminder& reminder : reminders) *response->add_reminders() = std::move(reminder);
  return absl::OkStatus();
}

absl::StatusOr<bool> NotificationCore::HasDue() {
  const auto snapshot = ports().store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(*snapshot));
  DUBAN_ASSIGN_OR_RETURN(const QueueState stored, ReadQueueState(*snapshot));
  const ClockReading clock = runner_.ReadClock();
  const QueueState state = Observed(stored, clock, CatchUpWindow(policy));
  Moment moment = MomentOf(state, clock, policy);
  DUBAN_ASSIGN_OR_RETURN(moment.alive_until, AliveUntil(*snapshot));
  for (const QueuePart part : {QueuePart::kDue, QueuePart::kSchedules, QueuePart::kHeld}) {
    const absl::Time until = part == QueuePart::kHeld ? moment.steady : moment.now;
    const absl::Time from = part == QueuePart::kSchedules ? moment.Earliest() : absl::InfinitePast();
    DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> front, QueueBetween(*snapshot, stored, part, from, until, 1));
    if (!front.empty()) return true;
  }
  return false;
}

absl::StatusOr<ReminderCounts> NotificationCore::Counts() {
  const auto snapshot = ports().store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const QueueState stored, ReadQueueState(*snapshot));
  const absl::Time now = ports().clock->Now();
  ReminderCounts counts;
  for (const QueuePart part : {QueuePart::kDue, QueuePart::kDead}) {
    DUBAN_ASSIGN_OR_RETURN(const auto entries, QueueFront(*snapshot, stored, part, now, kMostCounted));
    for (const QueueEntry& entry : entries) {
      DUBAN_ASSIGN_OR_RETURN(const std::optional<Batch> batch, Batch::Read(*snapshot, entry.place.id));
      for (int i = 0; batch.has_value() && i < batch->size(); ++i) {
        const bool due = part == QueuePart::kDue && IsFree(batch->standing(i));
        counts.due += due ? 1 : 0;
        counts.late += due && now - batch->time() > absl::Hours(1) ? 1 : 0;
        counts.dead += part == QueuePart::kDead && batch->standing(i).state() == Reminder::DEAD ? 1 : 0;
      }
    }
  }
  return counts;
}

absl::Status NotificationCore::ConfirmReminder(const Caller& caller, const v1::ConfirmReminderRequest& request,
                                               Reminder* response) {
  ConfirmMemo memo;
  DUBAN_RETURN_IF_ERROR(runner_.Request({caller, "duban.v1.NotificationService/ConfirmReminder", request}, &memo,
                                        [&](Transaction&, QueueWork& work) -> absl::Status {
                                          DUBAN_RETURN_IF_ERROR(
                                              work.Confirm(request.name(), request.lease_token(), request.error()));
                                          work.Save();
                                          return absl::OkStatus();
                                        }));
  return Show(request.name(), response);
}

absl::Status NotificationCore::ConfirmReminders(const Caller& caller, const v1::ConfirmRemindersRequest& request,
                                                v1::ConfirmRemindersResponse* response) {
  std::set<std::string_view> names;
  for (int i = 0; i < request.items_size(); ++i) {
    if (!names.insert(request.items(i).name()).second) {
      return InvalidField(StrCat("items[", i, "].name"), "was given before; each reminder once",
                          "重复，每条提醒只列一次");
    }
  }
  ConfirmMemo memo;
  DUBAN_RETURN_IF_ERROR(runner_.Request(
      {caller, "duban.v1.NotificationService/ConfirmReminders", request}, &memo,
      [&](Transaction&, QueueWork& work) -> absl::Status {
        for (const auto& item : request.items()) {
          const absl::Status status = work.Confirm(item.name(), request.lease_token(), item.error());
          const v1::ErrorReason reason = ReasonOf(status);
          const bool refused = std::find(std::begin(kRefusals), std::end(kRefusals), reason) != std::end(kRefusals);
          if (!status.ok() && (!refused || reason == v1::ERROR_REASON_UNSPECIFIED)) return status;
          memo.mutable_outcomes()->push_back(OutcomeOf(reason, work.StateOf(item.name())));
        }
        work.Save();
        return absl::OkStatus();
      }));
  for (int i = 0; i < request.items_size(); ++i) {
    auto& result = *response->add_results();
    result.set_name(request.items(i).name());
    if (static_cast<size_t>(i) < memo.outcomes().size()) ShowOutcome(memo.outcomes()[static_cast<size_t>(i)], result);
  }
  return absl::OkStatus();
}

absl::Status NotificationCore::RedriveReminder(const Caller& caller, const v1::RedriveReminderRequest& request,
                                               Reminder* response) {
  ConfirmMemo memo;
  DUBAN_RETURN_IF_ERROR(runner_.Request({caller, "duban.v1.NotificationService/RedriveReminder", request}, &memo,
                                        [&](Transaction&, QueueWork& work) -> absl::Status {
                                          DUBAN_RETURN_IF_ERROR(work.Redrive(request.name()));
                                          work.Save();
                                          return absl::OkStatus();
                                        }));
  return Show(request.name(), response);
}

absl::Status NotificationCore::Show(std::string_view name, Reminder* response) {
  const auto snapshot = ports().store->TakeSnapshot();
  ReminderReader reader(*snapshot, runner_.cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_.ReadClock()));
  DUBAN_ASSIGN_OR_RETURN(*response, reader.Need(name));
  return absl::OkStatus();
}

absl::Status NotificationCore::GetReminder(const Caller&, const v1::GetReminderRequest& request, Reminder* response) {
  return Show(request.name(), response);
}

absl::Status NotificationCore::ListReminders(const Caller& caller, const v1::ListRemindersRequest& request,
                                             v1::ListRemindersResponse* response) {
  const auto snapshot = ports().store->TakeSnapshot();
  ReminderReader reader(*snapshot, runner_.cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_.ReadClock()));
  return ListStoredReminders(*snapshot, reader, {ports().page_key, caller.label(), ""}, request, response);
}

absl::Status NotificationCore::GetReminderPolicy(const Caller&, const v1::GetReminderPolicyRequest& request,
                                                 v1::ReminderPolicy* response) {
  DUBAN_ASSIGN_OR_RETURN(*response, ShowPolicy(*ports().store->TakeSnapshot(), request.name()));
  return absl::OkStatus();
}

absl::Status NotificationCore::UpdateReminderPolicy(const Caller& caller,
                                                    const v1::UpdateReminderPolicyRequest& request,
                                                    v1::ReminderPolicy* response) {
  DUBAN_RETURN_IF_ERROR(ports().store->Request(
      {caller, "duban.v1.NotificationService/UpdateReminderPolicy", request}, response,
      [&](Transaction& transaction) -> absl::Status {
        const std::string& name = request.policy().name();
        DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> stored, FindPolicy(transaction, name));
        if (!stored.has_value()) return NotFound(name);
        DUBAN_RETURN_IF_ERROR(CheckEtag(name, request.policy().etag(), EtagOf(stored->sequence)));
        DUBAN_ASSIGN_OR_RETURN(v1::ReminderPolicy policy, UpdatedPolicy(stored->value, request));
        int64_t sequence = stored->sequence;
        if (policy.SerializeAsString() != stored->value.SerializeAsString()) {
          DUBAN_ASSIGN_OR_RETURN(sequence, transaction.Put(name, policy, {}));
          SchedulePlanner::StartReplanning(transaction);
        }
        *response = std::move(policy);
        response->set_etag(EtagOf(sequence));
        return absl::OkStatus();
      },
      RepeatByName<v1::ReminderPolicy>(ShowPolicy)));
  for (int step = 0; step < kReplanStepsWhileWaiting; ++step) {
    const absl::StatusOr<bool> more = Tend();
    // The change itself is durable; the loop goes on with the rest.
    if (!more.ok() || !*more) break;
  }
  return absl::OkStatus();
}

HopSpecs NotificationCore::hops() {
  HopSpecs specs;
  specs.feeds.push_back({"notification", ports().store, DefaultAudiences, nullptr});
  FollowSpec assignments;
  assignments.feed = "assignment";
  assignments.follower = "notification";
  assignments.apply = [this](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
    return runner_.planner().ApplyAssignment(transaction, entry, source.now);
  };
  assignments.held = HeldAssignments;
  specs.follows.push_back(std::move(assignments));
  FollowSpec plans;
  plans.feed = "plan";
  plans.follower = "notification";
  plans.apply = [this](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource&) {
    return runner_.planner().ApplyPlan(transaction, entry);
  };
  plans.held = HeldOfPlans;
  specs.follows.push_back(std::move(plans));
  // No neighbour holds reminders; only their time is known.
  specs.rebuild.only_here = {
      {"reminders", "提醒的发送记录；能确知节点仍在工作的时刻之前的提醒按已发送处理，不再重发",
       "what became of reminders; those of a time at which the node is known to have been at work count as sent"},
      {"policies", "提醒规则；恢复为默认规则，请重新设置",
       "reminder policies; the default is in force, set them again"},
      {"contacts", "各单位的接收方式（邮箱、机器人），请重新设置", "how units are reached; set it again"},
  };
  specs.rebuild.finish = [](Transaction& transaction, const RebuildEnd& end) {
    return end.alive_until.has_value() ? SchedulePlanner::Rebuilt(transaction, *end.alive_until) : absl::OkStatus();
  };
  return specs;
}

absl::StatusOr<bool> NotificationCore::NeedsTending(const ReadView& view) const {
  DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(view));
  DUBAN_ASSIGN_OR_RETURN(const QueueState stored, ReadQueueState(view));
  const ClockReading clock = runner_.ReadClock();
  const QueueState state = Observed(stored, clock, CatchUpWindow(policy));
  if (ClockWasSet(stored, state)) return true;
  const Moment moment = MomentOf(state, clock, policy);
  DUBAN_ASSIGN_OR_RETURN(const auto schedules, QueueFront(view, stored, QueuePart::kSchedules, moment.now, 1));
  DUBAN_ASSIGN_OR_RETURN(const auto held, QueueFront(view, stored, QueuePart::kHeld, moment.steady, 1));
  DUBAN_ASSIGN_OR_RETURN(const absl::Time alive_until, AliveUntil(view));
  DUBAN_ASSIGN_OR_RETURN(const auto old, QueueFront(view, stored, QueuePart::kDue,
                                                    std::max(moment.now - CatchUpWindow(policy), alive_until), 1));
  return !schedules.empty() || !held.empty() || !old.empty();
}

absl::StatusOr<bool> NotificationCore::TendQueue() {
  bool more = false;
  int missed = 0;
  int dead = 0;
  DUBAN_RETURN_IF_ERROR(runner_.Work("tend/queue", [&](Transaction&, QueueWork& work) -> absl::Status {
    work.NoteClock();
    DUBAN_ASSIGN_OR_RETURN(const int stepped, work.RunSchedules(kTendSteps));
    DUBAN_ASSIGN_OR_RETURN(const int freed, work.FreeHeld(kTendBatches));
    DUBAN_ASSIGN_OR_RETURN(const int marked, work.MarkMissed(kTendBatches));
    more = stepped == kTendSteps || freed == kTendBatches || marked == kTendBatches;
    missed = work.missed();
    dead = work.dead();
    return absl::OkStatus();
  }));
  if (missed > 0) {
    Log(LogLevel::kWarning, "reminders.missed", {{"node", ports().node}, {"count", StrCat(missed)}});
  }
  if (dead > 0) Log(LogLevel::kWarning, "reminders.dead", {{"node", ports().node}, {"count", StrCat(dead)}});
  return more;
}

absl::StatusOr<bool> NotificationCore::Tend() {
  const auto snapshot = ports().store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const bool replanning, SchedulePlanner::IsReplanning(*snapshot));
  if (replanning) {
    DUBAN_RETURN_IF_ERROR(
        ports().store->Run({.method = "tend/replan", .request_id = ""}, [&](Transaction& transaction) {
          return runner_.planner().ContinueReplanning(transaction, ports().clock->Now());
        }));
    return true;
  }
  DUBAN_ASSIGN_OR_RETURN(const bool needed, NeedsTending(*snapshot));
  return needed ? TendQueue() : false;
}

absl::StatusOr<bool> NotificationCore::Purge() {
  const auto snapshot = ports().store->TakeSnapshot();
  const absl::Time now = ports().clock->Now();
  DUBAN_ASSIGN_OR_RETURN(const QueueState state, ReadQueueState(*snapshot));
  const absl::Time reminders_before = now - kReminderLifetime;
  const absl::Time leases_before = now + absl::Microseconds(state.set_back_micros()) - kLeaseLifetime;
  DUBAN_ASSIGN_OR_RETURN(const bool any, HasOld(*snapshot, reminders_before, leases_before));
  if (!any) return false;
  bool more = false;
  DUBAN_RETURN_IF_ERROR(
      ports().store->Run({.method = "purge", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(const bool reminders, PurgeReminders(transaction, reminders_before, kPurgeStep));
        DUBAN_ASSIGN_OR_RETURN(const bool leases, PurgeLeases(transaction, leases_before, kPurgeStep));
        more = reminders || leases;
        return absl::OkStatus();
      }));
  return more;
}

}  // namespace duban
