// `duban reminder policy`: when reminders go out.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/notification_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

using Days = google::protobuf::RepeatedField<int32_t>;

struct PolicyFlags {
  std::string policy = "default";
  std::optional<std::string> before_due, overdue, escalation, unsigned_days, time;
  std::optional<bool> on_due;
  std::optional<int> periodic, max_attempts;
  std::optional<absl::Duration> backoff, catch_up;
  Mutation mutation;
};

// A duration as --backoff takes it.
std::string DurationWords(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  if (seconds > 0 && seconds % 86400 == 0) return StrCat(seconds / 86400, "d");
  if (seconds > 0 && seconds % 3600 == 0) return StrCat(seconds / 3600, "h");
  if (seconds > 0 && seconds % 60 == 0) return StrCat(seconds / 60, "m");
  return StrCat(seconds, "s");
}

void PrintPolicy(Session& session, const v1::ReminderPolicy& policy) {
  Printer& printer = session.printer();
  printer.Json(policy);
  const Phrase none = {"不提醒", "none"};
  const auto days = [&](const Days& values, const Phrase& around) {
    if (values.empty()) return session.Say(none);
    const std::string list =
        absl::StrJoin(values, session.printer().words().language() == Language::kChinese ? "、" : ", ");
    return session.Say({StrCat(around.zh, list, " 个工作日"), StrCat(list, " working days ", around.en)});
  };
  Table table({{session.Say({"项目", "What"}), false, false},
               {session.Say({"何时", "When"}), false, true},
               {session.Say({"选项", "Option"}), false, false}});
  table.Row({session.Say({"到期前", "before due"}), days(policy.before_due_working_days(), {"前 ", "before"}),
             "--before-due"});
  table.Row({session.Say({"到期当天", "on the day"}), session.Say(policy.on_due() ? Phrase{"提醒", "yes"} : none),
             "--on-due"});
  table.Row(
      {session.Say({"逾期催办", "overdue"}), days(policy.overdue_working_days(), {"逾期后 ", "after"}), "--overdue"});
  table.Row({session.Say({"逾期报交办单位", "to the issuer"}),
             days(policy.escalation_working_days(), {"逾期后 ", "after"}), "--escalation"});
  table.Row({session.Say({"未签收", "unsigned"}), days(policy.unsigned_working_days(), {"交办后 ", "after issue"}),
             "--unsigned"});
  table.Row({session.Say({"定期报送", "periodic"}),
             policy.periodic_working_days() == 0
                 ? session.Say(none)
                 : session.Say({StrCat("期末前 ", policy.periodic_working_days(), " 个工作日"),
                                StrCat(policy.periodic_working_days(), " working days before the period ends")}),
             "--periodic"});
  table.Row({session.Say({"发送时刻", "time of day"}),
             absl::StrFormat("%02d:%02d", policy.minute_of_day() / 60, policy.minute_of_day() % 60), "--time"});
  table.Row({session.Say({"最多投递", "attempts"}),
             session.Say({StrCat(policy.max_attempts(), " 次"), StrCat(policy.max_attempts())}), "--max-attempts"});
  table.Row({session.Say({"首次重投间隔", "first pause"}), DurationWords(policy.first_backoff()), "--backoff"});
  table.Row({session.Say({"停机补发窗口", "catch-up"}), DurationWords(policy.catch_up_window()), "--catch-up"});
  printer.Line({StrCat(policy.name(), "  版本：", policy.etag()), StrCat(policy.name(), "  etag: ", policy.etag())},
               Style::kBold);
  printer.Show(table, {"", ""});
}

absl::Status Show(Session& session, const PolicyFlags& flags) {
  v1::GetReminderPolicyRequest request;
  request.set_name(FullName("policies/", flags.policy));
  DUBAN_ASSIGN_OR_RETURN(const auto policy,
                         session.Call<v1::ReminderPolicy>("NotificationService/GetReminderPolicy", request));
  PrintPolicy(session, policy);
  return absl::OkStatus();
}

// `5,1` into numbers; an empty text is no days.
absl::Status ReadDays(const std::optional<std::string>& text, const char* path, Days* days,
                      google::protobuf::FieldMask* mask) {
  if (!text.has_value()) return absl::OkStatus();
  mask->add_paths(path);
  if (text->empty()) return absl::OkStatus();
  const std::vector<std::string> parts = absl::StrSplit(*text, ',');
  for (const std::string& part : parts) {
    int32_t value = 0;
    if (!ParseNumber(part, &value)) {
      return UsageError({StrCat("“", *text, "”应为逗号分开的工作日数，如 5,1；留空为不提醒"),
                         StrCat("`", *text, "` has to be working days such as 5,1; empty for none")});
    }
    days->Add(value);
  }
  return absl::OkStatus();
}

// `09:00` into minutes after midnight.
absl::StatusOr<int> ReadTime(const std::string& text) {
  int hours = 0, minutes = 0;
  const size_t colon = text.find(':');
  const bool ok = colon != std::string::npos && ParseNumber(std::string_view(text).substr(0, colon), &hours) &&
                  ParseNumber(std::string_view(text).substr(colon + 1), &minutes) && hours >= 0 && hours < 24 &&
                  minutes >= 0 && minutes < 60;
  if (ok) return hours * 60 + minutes;
  return UsageError(
      {StrCat("--time 的“", text, "”应写成 09:00"), StrCat("--time `", text, "` has to look like 09:00")});
}

absl::Status Fill(const PolicyFlags& flags, v1::ReminderPolicy* policy, google::protobuf::FieldMask* mask) {
  DUBAN_RETURN_IF_ERROR(
      ReadDays(flags.before_due, "before_due_working_days", policy->mutable_before_due_working_days(), mask));
  DUBAN_RETURN_IF_ERROR(ReadDays(flags.overdue, "overdue_working_days", policy->mutable_overdue_working_days(), mask));
  DUBAN_RETURN_IF_ERROR(
      ReadDays(flags.escalation, "escalation_working_days", policy->mutable_escalation_working_days(), mask));
  DUBAN_RETURN_IF_ERROR(
      ReadDays(flags.unsigned_days, "unsigned_working_days", policy->mutable_unsigned_working_days(), mask));
  if (flags.time.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const int minute, ReadTime(*flags.time));
    policy->set_minute_of_day(minute);
    mask->add_paths("minute_of_day");
  }
  if (flags.on_due.has_value()) {
    policy->set_on_due(*flags.on_due);
    mask->add_paths("on_due");
  }
  if (flags.periodic.has_value()) {
    policy->set_periodic_working_days(*flags.periodic);
    mask->add_paths("periodic_working_days");
  }
  if (flags.max_attempts.has_value()) {
    policy->set_max_attempts(*flags.max_attempts);
    mask->add_paths("max_attempts");
  }
  if (flags.backoff.has_value()) {
    policy->mutable_first_backoff()->set_seconds(absl::ToInt64Seconds(*flags.backoff));
    mask->add_paths("first_backoff");
  }
  if (flags.catch_up.has_value()) {
    policy->mutable_catch_up_window()->set_seconds(absl::ToInt64Seconds(*flags.catch_up));
    mask->add_paths("catch_up_window");
  }
  if (!mask->paths().empty()) return absl::OkStatus();
  return UsageError({"没有写明要改什么；至少给出一项", "nothing to change: give at least one option"});
}

absl::Status Update(Session& session, const PolicyFlags& flags) {
  v1::UpdateReminderPolicyRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(flags, request.mutable_policy(), request.mutable_update_mask()));
  request.mutable_policy()->set_name(FullName("policies/", flags.policy));
  request.mutable_policy()->set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto policy,
                         session.Call<v1::ReminderPolicy>("NotificationService/UpdateReminderPolicy", request));
  PrintPolicy(session, policy);
  return absl::OkStatus();
}

}  // namespace

void AddReminderPolicy(Command reminder) {
  Command policy = reminder.Group("policy", {"提醒策略", "when reminders go out"});
  auto show = std::make_shared<PolicyFlags>();
  policy.Leaf("show", {"查看策略", "show a policy"}, [show](Session& session) { return Show(session, *show); })
      .Text("POLICY", &show->policy, {"策略，默认 default", "the policy; default if left out"});

  auto update = std::make_shared<PolicyFlags>();
  policy
      .Leaf("update", {"修改策略，并重排未发的提醒", "change a policy and plan open reminders anew"},
            [update](Session& session) { return Update(session, *update); })
      .Text("POLICY", &update->policy, {"策略，默认 default", "the policy; default if left out"})
      .Text("--before-due=DAYS", &update->before_due,
            {"到期前几个工作日，如 5,1", "working days before due, such as 5,1"})
      .Switch("--on-due", &update->on_due, {"到期当天提醒", "remind on the day"})
      .Text("--overdue=DAYS", &update->overdue, {"逾期后几个工作日催办", "working days after due"})
      .Text("--escalation=DAYS", &update->escalation,
            {"逾期后几个工作日报交办单位", "working days after due, to the issuer"})
      .Text("--unsigned=DAYS", &update->unsigned_days,
            {"交办后几个工作日催签收", "working days after issue, while unsigned"})
      .Number("--periodic=DAYS", &update->periodic, 0, 60,
              {"定期任务期末前几个工作日；0 为不提醒", "working days before a period ends; 0: none"})
      .Text("--time=HH:MM", &update->time, {"发送时刻", "time of day"})
      .Number("--max-attempts=N", &update->max_attempts, 1, 100, {"最多投递几次", "attempts before it is dead"})
      .Duration("--backoff=TIME", &update->backoff, {"首次重投间隔", "first pause after a failure"})
      .Duration("--catch-up=TIME", &update->catch_up, {"停机多久以内补发", "sent late up to this much"})
      .Changes(&update->mutation);
}

}  // namespace duban::cli
