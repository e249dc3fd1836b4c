// `duban reminder`: what a reminder job does, and what its operator looks at.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/notification_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/bulk.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

constexpr char kReminders[] = "reminders/";

Style StyleOf(v1::Reminder::State state) {
  if (state == v1::Reminder::DEAD || state == v1::Reminder::MISSED) return Style::kRed;
  if (state == v1::Reminder::CONFIRMED || state == v1::Reminder::CANCELLED) return Style::kDim;
  return Style::kPlain;
}

// Columns of a reminder's text in an overview.
constexpr size_t kOverview = 56;

enum class Texts { kOverview, kWhole };

void PrintReminders(const google::protobuf::RepeatedPtrField<v1::Reminder>& reminders, Texts texts,
                    const Phrase& nothing, Printer* printer) {
  Table table({{printer->Say({"时间", "Time"}), false, false},
               {printer->Say({"对象", "To"}), false, true},
               {printer->Say({"事由", "Why"}), false, false},
               {printer->Say({"状态", "State"}), false, false},
               {printer->Say({"内容与编号", "Text and id"}), false, true, 3}});
  for (const v1::Reminder& reminder : reminders) {
    const std::string to =
        reminder.recipient_display_name().empty() ? reminder.recipient() : reminder.recipient_display_name();
    std::string text =
        printer->Say({reminder.text_zh(), reminder.text_en().empty() ? reminder.text_zh() : reminder.text_en()});
    if (texts == Texts::kOverview) text = Ellipsize(text, kOverview);
    if (reminder.late()) StrAppend(&text, printer->Say({"（迟发）", " (late)"}));
    if (!reminder.last_error().empty()) {
      StrAppend(&text, "\n",
                printer->Say({StrCat("第 ", reminder.attempts(), " 次失败：", reminder.last_error()),
                              StrCat("attempt ", reminder.attempts(), " failed: ", reminder.last_error())}));
    }
    StrAppend(&text, "\n", ShortName(reminder.name()));
    table.Row({TimeWords(reminder.remind_time()), to, printer->Say(WordOf(reminder.reason())),
               Cell(printer->Say(WordOf(reminder.state())), StyleOf(reminder.state())), text});
  }
  printer->Show(table, nothing);
}

std::vector<std::string> FullNames(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts) names.push_back(FullName(kReminders, text));
  return names;
}

struct LeaseFlags {
  std::string unit;
  std::optional<int> max;
  std::optional<absl::Duration> lease;
  Mutation mutation;
};

absl::Status Lease(Session& session, const LeaseFlags& flags) {
  v1::LeaseRemindersRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_recipient(), session.UnitName(flags.unit));
  request.set_max_reminders(flags.max.value_or(0));
  if (flags.lease.has_value()) request.mutable_lease()->set_seconds(absl::ToInt64Seconds(*flags.lease));
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto leased,
                         session.Call<v1::LeaseRemindersResponse>("NotificationService/LeaseReminders", request));
  Printer& printer = session.printer();
  printer.Json(leased);
  PrintReminders(leased.reminders(), Texts::kWhole, {"现在没有要发的提醒", "no reminder is due"}, &printer);
  if (leased.lease_token().empty()) return absl::OkStatus();
  printer.Gap();
  printer.Line({StrCat("领取编号：", leased.lease_token(), "  有效至 ", TimeWords(leased.lease_expire_time())),
                StrCat("lease: ", leased.lease_token(), "  until ", TimeWords(leased.lease_expire_time()))});
  printer.Hint(
      {StrCat("下一步：送达后确认  duban reminder confirm 编号… --lease-token=", leased.lease_token()),
       StrCat("next: confirm what was delivered  duban reminder confirm ID... --lease-token=", leased.lease_token())});
  return absl::OkStatus();
}

struct ConfirmFlags {
  std::vector<std::string> names;
  std::string lease_token, error;
  Mutation mutation;
};

absl::Status Confirm(Session& session, const ConfirmFlags& flags) {
  v1::ConfirmRemindersRequest request;
  request.set_lease_token(flags.lease_token);
  v1::ConfirmRemindersResponse all;
  const absl::Status called = CallInBulk(
      session, "NotificationService/ConfirmReminders", session.BeginCommand(flags.mutation.request_id), request,
      FullNames(flags.names),
      [&](const std::string& name, v1::ConfirmRemindersRequest* into) {
        v1::ConfirmRemindersRequest::Item& item = *into->add_items();
        item.set_name(name);
        item.set_error(flags.error);
      },
      &all);
  session.printer().Json(all);
  Outcome outcome(&session.printer());
  for (const v1::ConfirmRemindersResponse::Result& result : all.results()) {
    const std::string id = ShortName(result.name());
    const Phrase state = WordOf(result.state());
    if (result.has_error()) {
      outcome.Refused(id, FromRpcStatus(result.error()));
    } else if (flags.error.empty()) {
      outcome.Done({StrCat("已确认送达：", id, "（", state.zh, "）"), StrCat("confirmed: ", id, " (", state.en, ")")});
    } else {
      outcome.Done({StrCat("已登记未送达：", id, "（", state.zh, "）"), StrCat("failed: ", id, " (", state.en, ")")});
    }
  }
  const absl::Status refused = outcome.Finish();
  return called.ok() ? refused : called;
}

struct ListFlags {
  std::string unit, assignment;
  v1::Reminder::State state = v1::Reminder::STATE_UNSPECIFIED;
};

absl::StatusOr<v1::ListRemindersResponse> ListAll(Session& session, v1::ListRemindersRequest request) {
  v1::ListRemindersResponse all;
  request.set_page_size(500);
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListRemindersResponse>("NotificationService/ListReminders", request));
    all.mutable_reminders()->MergeFrom(page.reminders());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status List(Session& session, const ListFlags& flags) {
  v1::ListRemindersRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_recipient(), session.UnitName(flags.unit));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_assignment(), ResolveAssignment(session, flags.assignment));
  request.set_state(flags.state);
  DUBAN_ASSIGN_OR_RETURN(const v1::ListRemindersResponse all, ListAll(session, request));
  session.printer().Json(all);
  PrintReminders(all.reminders(), Texts::kOverview, {"没有符合条件的提醒", "no such reminders"}, &session.printer());
  return absl::OkStatus();
}

struct RedriveFlags {
  std::vector<std::string> names;
  bool all_dead = false;
  Mutation mutation;
};

absl::StatusOr<std::vector<std::string>> ToRedrive(Session& session, const RedriveFlags& flags) {
  if (flags.all_dead == !flags.names.empty()) {
    return UsageError({"请写出要重投的编号，或者写 --all-dead", "name what to redrive, or give --all-dead"});
  }
  if (!flags.all_dead) return FullNames(flags.names);
  v1::ListRemindersRequest request;
  request.set_state(v1::Reminder::DEAD);
  DUBAN_ASSIGN_OR_RETURN(const v1::ListRemindersResponse dead, ListAll(session, request));
  std::vector<std::string> names;
  for (const v1::Reminder& reminder : dead.reminders()) names.push_back(reminder.name());
  return names;
}

// Shows what came of those that went through even where a later one fails.
absl::Status Redrive(Session& session, const RedriveFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ToRedrive(session, flags));
  const std::string command = session.BeginCommand(flags.mutation.request_id);
  v1::ListRemindersResponse done;
  absl::Status status;
  for (const std::string& name : names) {
    v1::RedriveReminderRequest request;
    request.set_name(name);
    request.set_request_id(session.RequestIdFor(command, name));
    absl::StatusOr<v1::Reminder> reminder = session.Call<v1::Reminder>("NotificationService/RedriveReminder", request);
    if (!reminder.ok()) {
      status = reminder.status();
      break;
    }
    *done.add_reminders() = *std::move(reminder);
  }
  session.printer().Json(done);
  PrintReminders(done.reminders(), Texts::kOverview, {"一条也没有办成", "none went through"}, &session.printer());
  return status;
}

absl::Status Show(Session& session, const std::string& name) {
  v1::GetReminderRequest request;
  request.set_name(FullName(kReminders, name));
  v1::ListRemindersResponse one;
  DUBAN_ASSIGN_OR_RETURN(*one.add_reminders(), session.Call<v1::Reminder>("NotificationService/GetReminder", request));
  session.printer().Json(one.reminders(0));
  PrintReminders(one.reminders(), Texts::kWhole, {"", ""}, &session.printer());
  return absl::OkStatus();
}

void AddJob(Command reminder) {
  auto lease = std::make_shared<LeaseFlags>();
  reminder
      .Leaf("lease", {"领取到点的提醒，得到领取编号", "lease the reminders that are due"},
            [lease](Session& session) { return Lease(session, *lease); })
      .Text("--unit=UNIT", &lease->unit, {"只领发给此单位的", "only reminders to this unit"})
      .Number("--max=N", &lease->max, 1, 500, {"最多几条，默认 50", "at most so many; 50 if left out"})
      .Duration("--lease=TIME", &lease->lease, {"保留多久，如 30s、5m；默认 1m", "kept for so long, such as 30s or 5m"})
      .Changes(&lease->mutation, /*with_etag=*/false);

  auto confirm = std::make_shared<ConfirmFlags>();
  reminder
      .Leaf("confirm",
            {"确认已送达，可一次多条；送不到时写 --error", "confirm deliveries, or their failure with --error"},
            [confirm](Session& session) { return Confirm(session, *confirm); })
      .Texts("REMINDER", &confirm->names, {"编号", "reminders"}, kRequired)
      .Text("--lease-token=TOKEN", &confirm->lease_token, {"领取编号", "what lease gave"}, kRequired)
      .Text("--error=TEXT", &confirm->error, {"没送到的原因；之后会再投", "why it was not delivered; it comes again"})
      .Changes(&confirm->mutation, /*with_etag=*/false);

  auto redrive = std::make_shared<RedriveFlags>();
  reminder
      .Leaf("redrive", {"重投投递失败的提醒", "try dead reminders again"},
            [redrive](Session& session) { return Redrive(session, *redrive); })
      .Texts("REMINDER", &redrive->names, {"编号", "reminders"})
      .Flag("--all-dead", &redrive->all_dead, {"所有投递失败的", "all that are dead"})
      .Changes(&redrive->mutation, /*with_etag=*/false);
}

}  // namespace

void AddReminderCommands(Command root) {
  Command reminder =
      root.Group("reminder", {"提醒：领取、确认、查看、策略", "reminders: lease, confirm, list, policy"});
  AddJob(reminder);

  auto list = std::make_shared<ListFlags>();
  reminder.Leaf("list", {"列出提醒", "list reminders"}, [list](Session& session) { return List(session, *list); })
      .Enum("--state", &list->state, {"只列此状态", "only this state"})
      .Text("--unit=UNIT", &list->unit, {"只列发给此单位的", "only reminders to this unit"})
      .Text("--assignment=PLAN/TASK/UNIT", &list->assignment, {"只列此交办事项的", "only about this assignment"});

  auto show = std::make_shared<std::string>();
  reminder.Leaf("show", {"查看一条", "show one"}, [show](Session& session) { return Show(session, *show); })
      .Text("REMINDER", show.get(), {"编号", "the reminder"}, kRequired);

  AddReminderDelivery(reminder);
  AddReminderPolicy(reminder);
}

}  // namespace duban::cli
