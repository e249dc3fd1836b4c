// `duban reminder`: what a reminder job does, and what its operator looks at.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/notification_service.pb.h"
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
    if (texts == Texts::kOverview && printer->look().width > 0) text = Ellipsize(text, kOverview);
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
  printer.Line(
      {StrCat("凭证（lease token）：", leased.lease_token(), "  有效至 ", TimeWords(leased.lease_expire_time())),
       StrCat("lease token: ", leased.lease_token(), "  until ", TimeWords(leased.lease_expire_time()))});
  printer.Hint(
      {StrCat("下一步：送达后确认  duban reminder confirm 编号… --lease-token=", leased.lease_token()),
       StrCat("next: confirm what was delivered  duban reminder confirm ID... --lease-token=", leased.lease_token())});
  return absl::OkStatus();
}

struct ConfirmFlags {
  std::vector<std::string> names;
  std::string lease_token, error;
  bool all_dead = false;
  Mutation mutation;
};

// Makes `call` for each name, and shows what came of those that went through even where a later one fails.
template <typename MakeCall>
absl::Status ForEach(Session& session, const std::vector<std::string>& names, const ConfirmFlags& flags,
                     const MakeCall& call) {
  v1::ListRemindersResponse done;
  absl::Status status;
  for (const std::string& text : names) {
    const std::string name = FullName(kReminders, text);
    const std::string id =
        names.size() == 1 ? flags.mutation.request_id : session.RequestIdFor(flags.mutation.request_id, name);
    absl::StatusOr<v1::Reminder> reminder = call(name, id);
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

absl::Status Confirm(Session& session, const ConfirmFlags& flags) {
  return ForEach(session, flags.names, flags, [&](const std::string& name, const std::string& id) {
    v1::ConfirmReminderRequest request;
    request.set_name(name);
    request.set_lease_token(flags.lease_token);
    request.set_error(flags.error);
    request.set_request_id(id);
    return session.Call<v1::Reminder>("NotificationService/ConfirmReminder", request);
  });
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
  request.set_assignment(FullName("assignments/", flags.assignment));
  request.set_state(flags.state);
  DUBAN_ASSIGN_OR_RETURN(const v1::ListRemindersResponse all, ListAll(session, request));
  session.printer().Json(all);
  PrintReminders(all.reminders(), Texts::kOverview, {"没有符合条件的提醒", "no such reminders"}, &session.printer());
  return absl::OkStatus();
}

absl::Status Redrive(Session& session, const ConfirmFlags& flags) {
  if (flags.all_dead == !flags.names.empty()) {
    return UsageError({"请写出要重投的编号，或者写 --all-dead", "name what to redrive, or give --all-dead"});
  }
  std::vector<std::string> names = flags.names;
  if (flags.all_dead) {
    v1::ListRemindersRequest request;
    request.set_state(v1::Reminder::DEAD);
    DUBAN_ASSIGN_OR_RETURN(const v1::ListRemindersResponse dead, ListAll(session, request));
    for (const v1::Reminder& reminder : dead.reminders()) names.push_back(reminder.name());
  }
  return ForEach(session, names, flags, [&](const std::string& name, const std::string& id) {
    v1::RedriveReminderRequest request;
    request.set_name(name);
    request.set_request_id(id);
    return session.Call<v1::Reminder>("NotificationService/RedriveReminder", request);
  });
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
      .Leaf("lease", {"领取到点的提醒，得到凭证", "lease the reminders that are due"},
            [lease](Session& session) { return Lease(session, *lease); })
      .Text("--unit=UNIT", &lease->unit, {"只领发给此单位的", "only reminders to this unit"})
      .Number("--max=N", &lease->max, 1, 500, {"最多几条，默认 50", "at most so many; 50 if left out"})
      .Duration("--lease=TIME", &lease->lease, {"保留多久，如 30s、5m；默认 1m", "kept for so long, such as 30s or 5m"})
      .Changes(&lease->mutation, /*with_etag=*/false);

  auto confirm = std::make_shared<ConfirmFlags>();
  reminder
      .Leaf("confirm", {"确认已送达；送不到时写 --error", "confirm delivery, or its failure with --error"},
            [confirm](Session& session) { return Confirm(session, *confirm); })
      .Texts("REMINDER", &confirm->names, {"编号", "reminders"}, kRequired)
      .Text("--lease-token=TOKEN", &confirm->lease_token, {"领取凭证", "what lease gave"}, kRequired)
      .Text("--error=TEXT", &confirm->error, {"没送到的原因；之后会再投", "why it was not delivered; it comes again"})
      .Changes(&confirm->mutation, /*with_etag=*/false);

  auto redrive = std::make_shared<ConfirmFlags>();
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
      .Text("--assignment=ID", &list->assignment, {"只列此交办事项的", "only about this assignment"});

  auto show = std::make_shared<std::string>();
  reminder.Leaf("show", {"查看一条", "show one"}, [show](Session& session) { return Show(session, *show); })
      .Text("REMINDER", show.get(), {"编号", "the reminder"}, kRequired);

  AddReminderPolicy(reminder);
}

}  // namespace duban::cli
