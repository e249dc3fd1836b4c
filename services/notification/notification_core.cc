#include "services/notification/notification_core.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/policy_update.h"
#include "services/notification/reminder_list.h"

namespace duban {
namespace {

using v1::Reminder;

constexpr int kDefaultLeased = 50;
constexpr absl::Duration kDefaultLease = absl::Minutes(1);
// Most reminders that one lease looks at; what it finds missed or dead on its way counts.
constexpr size_t kMaxExamined = 2000;
constexpr size_t kTendStep = 500;
// A changed policy is applied to this many steps of assignments before the caller is answered; the rest follows.
constexpr int kReplanStepsWhileWaiting = 20;

// Puts the stored reminder into an answer.
Reminder Shown(Reminder reminder, int64_t sequence) {
  reminder.set_etag(EtagOf(sequence));
  return reminder;
}

absl::Status WrongState(const Reminder& reminder, std::string_view english, std::string_view chinese) {
  const std::string state = Reminder::State_Name(reminder.state());
  return Error(v1::WRONG_STATE, StrCat("`", reminder.name(), "` is ", state, "; ", english),
               StrCat("提醒“", reminder.name(), "”的状态为", state, "，", chinese),
               {{"name", reminder.name()}, {"state", state}});
}

absl::Status LeaseNotHeld(const Reminder& reminder) {
  return Error(v1::LEASE_NOT_HELD,
               StrCat("the lease token for `", reminder.name(), "` is not the latest one or has run out; lease again"),
               StrCat("提醒“", reminder.name(), "”的领取凭证不是最新的或已过期，请重新领取"),
               {{"name", reminder.name()}});
}

// Visits the local rows of a prefix that the assignment or the plan service once sent.
absl::Status VisitCopies(const ReadView& view, std::string_view prefix,
                         absl::FunctionRef<bool(std::string_view name, std::string_view value)> visit) {
  const std::string begin = LocalKey(prefix);
  return view.ScanRows(begin, PrefixEnd(begin),
                       [&](std::string_view key, std::string_view value) { return visit(key.substr(1), value); });
}

absl::Status HeldAssignments(const ReadView& view, const EntrySource& /*source*/,
                             absl::FunctionRef<bool(std::string_view name)> visit) {
  return VisitCopies(view, "assignments/", [&](std::string_view name, std::string_view value) {
    storage::v1::AssignmentCopy copy;
    // What was withdrawn has no name any more.
    const bool held =
        copy.ParseFromArray(value.data(), static_cast<int>(value.size())) && !copy.assignment().name().empty();
    if (!held) return true;
    return visit(name) && (!copy.assignment().has_execution() || visit(StrCat(name, "/execution")));
  });
}

absl::Status HeldUnits(const ReadView& view, const EntrySource& /*source*/,
                       absl::FunctionRef<bool(std::string_view name)> visit) {
  return VisitCopies(view, "units/", [&](std::string_view name, std::string_view) { return visit(name); });
}

}  // namespace

absl::Status NotificationCore::LeaseReminders(const v1::LeaseRemindersRequest& request,
                                              v1::LeaseRemindersResponse* response) {
  DUBAN_RETURN_IF_ERROR(ObserveClock());
  return ports_.store->Request("duban.v1.NotificationService/LeaseReminders", request.request_id(), request, response,
                               [&](Transaction& transaction) { return Lease(transaction, request, response); });
}

absl::StatusOr<bool> NotificationCore::HasDue() {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> due, DueReminders(*snapshot, ports_.clock->Now(), {}, 1));
  return !due.empty();
}

absl::Status NotificationCore::Lease(Transaction& transaction, const v1::LeaseRemindersRequest& request,
                                     v1::LeaseRemindersResponse* response) {
  const absl::Time now =
      ports_.clock->Now() + (DUBAN_BUG("notification.an_hour_early") ? absl::Hours(1) : absl::ZeroDuration());
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> policy,
                         FindPolicy(transaction, kDefaultPolicy));
  const ClockWatch watch = this->watch();
  const Moment moment{.now = now, .policy = policy->value, .watch = watch};
  const int max = request.max_reminders() == 0 ? kDefaultLeased : request.max_reminders();
  const absl::Duration lease =
      request.has_lease() ? absl::Seconds(request.lease().seconds()) + absl::Nanoseconds(request.lease().nanos())
                          : kDefaultLease;
  const absl::Time expire_time = now + lease;
  const std::string token = ports_.ids->NextId("lease-");
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> due,
                         DueReminders(transaction, now, request.recipient(), kMaxExamined));
  for (const std::string& name : due) {
    if (response->reminders_size() == max) break;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Reminder> leased, LeaseOne(transaction, name, moment, expire_time, token));
    if (leased.has_value()) *response->add_reminders() = *std::move(leased);
  }
  if (response->reminders_size() == 0) return absl::OkStatus();
  response->set_lease_token(token);
  *response->mutable_lease_expire_time() = ToProto(expire_time);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Reminder>> NotificationCore::LeaseOne(Transaction& transaction, const std::string& name,
                                                                   const Moment& moment, absl::Time expire_time,
                                                                   const std::string& token) {
  DUBAN_ASSIGN_OR_RETURN(const bool replanning, ReminderPlanner::IsReplanning(transaction));
  if (replanning) {
    // Never send what a policy that is already in force does not ask for.
    DUBAN_ASSIGN_OR_RETURN(const Stored<Reminder> planned, transaction.Need<Reminder>(name));
    DUBAN_RETURN_IF_ERROR(planner_.Replan(transaction, planned.value.assignment(), moment.now));
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Reminder> before, Settle(transaction, name, moment));
  if (!before.has_value() || before->state() != Reminder::SCHEDULED || *NextTime(*before) > moment.now) {
    return std::nullopt;
  }
  Reminder after = *before;
  after.set_state(Reminder::LEASED);
  after.set_attempts(before->attempts() + 1);
  after.clear_next_attempt_time();
  *after.mutable_lease_expire_time() = ToProto(expire_time);
  after.set_late(moment.now - FromProto(after.remind_time()) > absl::Hours(1));
  DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, PutReminder(transaction, &*before, after, token));
  return Shown(std::move(after), sequence);
}

absl::Status NotificationCore::ConfirmReminder(const v1::ConfirmReminderRequest& request, Reminder* response) {
  DUBAN_RETURN_IF_ERROR(ObserveClock());
  return ports_.store->Request("duban.v1.NotificationService/ConfirmReminder", request.request_id(), request, response,
                               [&](Transaction& transaction) { return Confirm(transaction, request, response); });
}

absl::Status NotificationCore::Confirm(Transaction& transaction, const v1::ConfirmReminderRequest& request,
                                       Reminder* response) {
  const absl::Time now = ports_.clock->Now();
  DUBAN_ASSIGN_OR_RETURN(const Stored<Reminder> stored, transaction.Need<Reminder>(request.name()));
  const Reminder& before = stored.value;
  if (before.state() != Reminder::LEASED && before.state() != Reminder::SCHEDULED) {
    return WrongState(before, "only a leased one can be confirmed; drop it",
                      "只有已领取的提醒可以确认，请放弃本次投递");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string token, LeaseTokenOf(transaction, before));
  const bool held = token == request.lease_token() || DUBAN_BUG("notification.any_lease_token");
  if (!held || FromProto(before.lease_expire_time()) <= now) return LeaseNotHeld(before);
  Reminder after = before;
  after.clear_lease_expire_time();
  if (request.error().empty()) {
    after.set_state(Reminder::CONFIRMED);
    after.clear_last_error();
    *after.mutable_confirm_time() = ToProto(now);
    after.set_late(before.late() || now - FromProto(before.remind_time()) > absl::Hours(1));
  } else {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> policy,
                           FindPolicy(transaction, kDefaultPolicy));
    after.set_last_error(request.error());
    after.set_state(before.attempts() >= policy->value.max_attempts() ? Reminder::DEAD : Reminder::SCHEDULED);
    if (after.state() == Reminder::SCHEDULED) {
      *after.mutable_next_attempt_time() = ToProto(now + BackoffAfter(before.attempts(), policy->value));
    }
  }
  DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, PutReminder(transaction, &before, after));
  *response = Shown(std::move(after), sequence);
  return absl::OkStatus();
}

absl::Status NotificationCore::RedriveReminder(const v1::RedriveReminderRequest& request, Reminder* response) {
  return ports_.store->Request(
      "duban.v1.NotificationService/RedriveReminder", request.request_id(), request, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(const Stored<Reminder> stored, transaction.Need<Reminder>(request.name()));
        const Reminder& before = stored.value;
        if (before.state() != Reminder::DEAD) {
          return WrongState(before, "only a DEAD one can be sent again", "只有投递失败（DEAD）的提醒可以重新投递");
        }
        Reminder after = before;
        after.set_state(Reminder::SCHEDULED);
        after.set_attempts(0);
        *after.mutable_next_attempt_time() = ToProto(ports_.clock->Now());
        DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, PutReminder(transaction, &before, after));
        *response = Shown(std::move(after), sequence);
        return absl::OkStatus();
      });
}

absl::Status NotificationCore::GetReminder(const v1::GetReminderRequest& request, Reminder* response) {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(Stored<Reminder> stored, snapshot->Need<Reminder>(request.name()));
  *response = Shown(std::move(stored.value), stored.sequence);
  return absl::OkStatus();
}

absl::Status NotificationCore::ListReminders(const v1::ListRemindersRequest& request,
                                             v1::ListRemindersResponse* response) {
  const auto snapshot = ports_.store->TakeSnapshot();
  return ListStoredReminders(*snapshot, request, response);
}

absl::Status NotificationCore::GetReminderPolicy(const v1::GetReminderPolicyRequest& request,
                                                 v1::ReminderPolicy* response) {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> stored, FindPolicy(*snapshot, request.name()));
  if (!stored.has_value()) return NotFound(request.name());
  *response = std::move(stored->value);
  response->set_etag(EtagOf(stored->sequence));
  return absl::OkStatus();
}

absl::Status NotificationCore::UpdateReminderPolicy(const v1::UpdateReminderPolicyRequest& request,
                                                    v1::ReminderPolicy* response) {
  DUBAN_RETURN_IF_ERROR(ports_.store->Request(
      "duban.v1.NotificationService/UpdateReminderPolicy", request.request_id(), request, response,
      [&](Transaction& transaction) -> absl::Status {
        const std::string& name = request.policy().name();
        DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> stored, FindPolicy(transaction, name));
        if (!stored.has_value()) return NotFound(name);
        DUBAN_RETURN_IF_ERROR(CheckEtag(name, request.policy().etag(), EtagOf(stored->sequence)));
        DUBAN_ASSIGN_OR_RETURN(v1::ReminderPolicy policy, UpdatedPolicy(stored->value, request));
        int64_t sequence = stored->sequence;
        if (policy.SerializeAsString() != stored->value.SerializeAsString()) {
          DUBAN_ASSIGN_OR_RETURN(sequence, transaction.Put(name, policy, {}));
          ReminderPlanner::StartReplanning(transaction);
        }
        *response = std::move(policy);
        response->set_etag(EtagOf(sequence));
        return absl::OkStatus();
      }));
  for (int step = 0; step < kReplanStepsWhileWaiting; ++step) {
    const absl::StatusOr<bool> more = Tend();
    // The change itself is durable; the loop goes on with the rest.
    if (!more.ok() || !*more) break;
  }
  return absl::OkStatus();
}

HopSpecs NotificationCore::hops() {
  HopSpecs specs;
  specs.feeds.push_back({"notification", ports_.store, DefaultAudiences, nullptr});
  FollowSpec assignments;
  assignments.feed = "assignment";
  assignments.follower = "notification";
  assignments.apply = [this](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource&) {
    return planner_.ApplyAssignment(transaction, entry);
  };
  assignments.finish_page = [this](Transaction& transaction, const PageEnd& end, const EntrySource& source) {
    return planner_.FinishAssignments(transaction, end.names, source.now);
  };
  assignments.held = HeldAssignments;
  specs.follows.push_back(std::move(assignments));
  FollowSpec plans;
  plans.feed = "plan";
  plans.follower = "notification";
  plans.apply = [this](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource&) {
    return planner_.ApplyPlan(transaction, entry);
  };
  plans.held = HeldUnits;
  specs.follows.push_back(std::move(plans));
  // No neighbour holds reminders; only their time is known.
  specs.rebuild.finish = [](Transaction& transaction, const RebuildEnd& end) {
    return end.alive_until.has_value() ? ReminderPlanner::Rebuilt(transaction, *end.alive_until) : absl::OkStatus();
  };
  return specs;
}

ClockWatch NotificationCore::watch() {
  MutexLock lock(&mu_);
  return watch_;
}

absl::Status NotificationCore::ObserveClock() {
  const absl::Time now = ports_.clock->Now();
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> policy, FindPolicy(*snapshot, kDefaultPolicy));
  const absl::Duration window = absl::Seconds(policy->value.catch_up_window().seconds());
  absl::Duration back;
  {
    MutexLock lock(&mu_);
    const absl::Duration wall = now - absl::UnixEpoch();
    back = watch_.Observe(now, DUBAN_BUG("notification.wall_for_steady") ? wall : ports_.clock->Steady(), window);
    if (back == absl::ZeroDuration() && rebased_) return absl::OkStatus();
    rebased_ = true;
  }
  int changed = 0;
  DUBAN_RETURN_IF_ERROR(ports_.store->Run({.method = "tend/clock", .request_id = ""}, [&](Transaction& transaction) {
    const absl::StatusOr<int> result = Rebase(transaction, ports_.clock->Now(), back);
    changed = result.value_or(0);
    return result.status();
  }));
  if (back != absl::ZeroDuration()) {
    Log(LogLevel::kWarning, "reminders.clock_set_back",
        {{"by", absl::FormatDuration(back)}, {"brought_forward", StrCat(changed)}});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> NotificationCore::Tend() {
  DUBAN_RETURN_IF_ERROR(ObserveClock());
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const bool replanning, ReminderPlanner::IsReplanning(*snapshot));
  if (replanning) {
    DUBAN_RETURN_IF_ERROR(ports_.store->Run({.method = "tend/replan", .request_id = ""}, [&](Transaction& transaction) {
      return planner_.ContinueReplanning(transaction, ports_.clock->Now());
    }));
    return true;
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::ReminderPolicy>> policy, FindPolicy(*snapshot, kDefaultPolicy));
  const ClockWatch watch = this->watch();
  const Moment moment{.now = ports_.clock->Now(), .policy = policy->value, .watch = watch};
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> stale, StaleReminders(*snapshot, moment, kTendStep));
  if (stale.empty()) return false;
  int missed = 0;
  int dead = 0;
  DUBAN_RETURN_IF_ERROR(
      ports_.store->Run({.method = "tend/queue", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
        for (const std::string& name : stale) {
          DUBAN_ASSIGN_OR_RETURN(const std::optional<Reminder> settled, Settle(transaction, name, moment));
          if (!settled.has_value()) continue;
          missed += settled->state() == Reminder::MISSED ? 1 : 0;
          dead += settled->state() == Reminder::DEAD ? 1 : 0;
        }
        return absl::OkStatus();
      }));
  if (missed > 0) {
    Log(LogLevel::kWarning, "reminders.missed", {{"node", ports_.node}, {"count", StrCat(missed)}});
  }
  if (dead > 0) Log(LogLevel::kWarning, "reminders.dead", {{"node", ports_.node}, {"count", StrCat(dead)}});
  return stale.size() == kTendStep;
}

}  // namespace duban
