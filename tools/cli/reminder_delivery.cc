// `duban reminder digests, digest, deliveries, redeliver, channels, contact`: how reminders leave the node.

#include <memory>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "duban/v1/notification_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

constexpr char kDigests[] = "digests/";
constexpr char kDeliveriesOf[] = "/deliveries/";

Style StyleOf(v1::ReminderDelivery::State state) {
  if (state == v1::ReminderDelivery::DEAD) return Style::kRed;
  if (state == v1::ReminderDelivery::WAITING || state == v1::ReminderDelivery::LEASED) return Style::kYellow;
  return state == v1::ReminderDelivery::SENT ? Style::kGreen : Style::kDim;
}

std::string NameOr(const std::string& display_name, const std::string& resource) {
  return display_name.empty() ? resource : display_name;
}

// `d-20261201-.../mail-1`, as tables print it and commands take it.
std::string ShortDelivery(const std::string& name) {
  const size_t at = name.find(kDeliveriesOf);
  const std::string digest = name.substr(0, at);
  return at == std::string::npos ? name
                                 : StrCat(ShortName(digest), "/", name.substr(at + std::string(kDeliveriesOf).size()));
}

std::string LongDelivery(const std::string& text) {
  const size_t slash = text.find('/');
  if (text.starts_with(kDigests) || slash == std::string::npos) return text;
  return StrCat(kDigests, text.substr(0, slash), kDeliveriesOf, text.substr(slash + 1));
}

std::string ChannelWords(const v1::ReminderDelivery& delivery) {
  const std::string channel = ShortName(delivery.channel());
  return delivery.address().empty() ? channel : StrCat(channel, " ", delivery.address());
}

// One line for each delivery of a digest.
std::string DeliveriesWords(const v1::Digest& digest, const Printer& printer) {
  std::string words;
  for (const v1::ReminderDelivery& delivery : digest.deliveries()) {
    StrAppend(&words, words.empty() ? "" : "\n", ChannelWords(delivery), " ", printer.Say(WordOf(delivery.state())));
    if (delivery.has_sent_time()) StrAppend(&words, " ", TimeWords(delivery.sent_time()));
    if (!delivery.last_error().empty() && delivery.state() != v1::ReminderDelivery::SENT) {
      StrAppend(&words, printer.Say({"：", ": "}), delivery.last_error());
    }
  }
  return words.empty() ? printer.Say({"没有渠道", "no channel"}) : words;
}

struct DigestsFlags {
  std::string unit, day;
};

absl::Status ListDigests(Session& session, const DigestsFlags& flags) {
  v1::ListDigestsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_recipient(), session.UnitName(flags.unit));
  request.set_day(flags.day);
  request.set_page_size(500);
  v1::ListDigestsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListDigestsResponse>("NotificationService/ListDigests", request));
    all.mutable_digests()->MergeFrom(page.digests());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  Printer& printer = session.printer();
  printer.Json(all);
  Table table({{session.Say({"时间", "Time"}), false, false},
               {session.Say({"对象", "To"}), false, true},
               {session.Say({"提醒", "Items"}), true, false},
               {session.Say({"投递", "Deliveries"}), false, true, 2},
               {session.Say({"编号", "Id"}), false, false}});
  for (const v1::Digest& digest : all.digests()) {
    table.Row({TimeWords(digest.create_time()), NameOr(digest.recipient_display_name(), digest.recipient()),
               StrCat(digest.reminder_count()), DeliveriesWords(digest, printer), ShortName(digest.name())});
  }
  printer.Show(table, {"当天没有发出消息", "no messages on that day"});
  return absl::OkStatus();
}

absl::Status ShowDigest(Session& session, const std::string& name) {
  v1::GetDigestRequest request;
  request.set_name(FullName(kDigests, name));
  DUBAN_ASSIGN_OR_RETURN(const auto digest, session.Call<v1::Digest>("NotificationService/GetDigest", request));
  Printer& printer = session.printer();
  printer.Json(digest);
  printer.Line({digest.text_zh(), digest.text_en()});
  printer.Line({DeliveriesWords(digest, printer), DeliveriesWords(digest, printer)});
  return absl::OkStatus();
}

absl::StatusOr<v1::ListDeliveriesResponse> AllDeliveries(Session& session, v1::ReminderDelivery::State state) {
  v1::ListDeliveriesRequest request;
  request.set_state(state);
  request.set_page_size(500);
  v1::ListDeliveriesResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListDeliveriesResponse>("NotificationService/ListDeliveries", request));
    all.mutable_deliveries()->MergeFrom(page.deliveries());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

void PrintDeliveries(const v1::ListDeliveriesResponse& all, const Phrase& nothing, Printer* printer) {
  Table table({{printer->Say({"对象", "To"}), false, true},
               {printer->Say({"提醒", "Items"}), true, false},
               {printer->Say({"渠道", "Channel"}), false, true},
               {printer->Say({"状态", "State"}), false, false},
               {printer->Say({"次数", "Attempts"}), true, false},
               {printer->Say({"下次", "Next"}), false, false},
               {printer->Say({"原因与编号", "Cause and id"}), false, true, 3}});
  for (const v1::ReminderDelivery& delivery : all.deliveries()) {
    table.Row(
        {NameOr(delivery.recipient_display_name(), delivery.recipient()), StrCat(delivery.reminder_count()),
         ChannelWords(delivery), Cell(printer->Say(WordOf(delivery.state())), StyleOf(delivery.state())),
         StrCat(delivery.attempts()), TimeWords(delivery.next_attempt_time()),
         StrCat(delivery.last_error(), delivery.last_error().empty() ? "" : "\n", ShortDelivery(delivery.name()))});
  }
  printer->Show(table, nothing);
}

absl::Status ListDeliveries(Session& session, v1::ReminderDelivery::State state) {
  DUBAN_ASSIGN_OR_RETURN(const v1::ListDeliveriesResponse all, AllDeliveries(session, state));
  session.printer().Json(all);
  PrintDeliveries(all, {"没有待投或失败的消息", "nothing waits and nothing failed"}, &session.printer());
  return absl::OkStatus();
}

struct RedeliverFlags {
  std::vector<std::string> names;
  bool all_dead = false;
  Mutation mutation;
};

absl::StatusOr<std::vector<std::string>> ToRedeliver(Session& session, const RedeliverFlags& flags) {
  if (flags.all_dead == !flags.names.empty()) {
    return UsageError({"请写出要重投的编号，或者写 --all-dead", "name what to send again, or give --all-dead"});
  }
  std::vector<std::string> names;
  for (const std::string& text : flags.names) names.push_back(LongDelivery(text));
  if (!flags.all_dead) return names;
  DUBAN_ASSIGN_OR_RETURN(const v1::ListDeliveriesResponse dead, AllDeliveries(session, v1::ReminderDelivery::DEAD));
  for (const v1::ReminderDelivery& delivery : dead.deliveries()) names.push_back(delivery.name());
  return names;
}

// Shows what came of those that went through even where a later one fails.
absl::Status Redeliver(Session& session, const RedeliverFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ToRedeliver(session, flags));
  const std::string command = session.BeginCommand(flags.mutation.request_id);
  v1::ListDeliveriesResponse done;
  absl::Status status;
  for (const std::string& name : names) {
    v1::RedriveDeliveryRequest request;
    request.set_name(name);
    request.set_request_id(session.RequestIdFor(command, name));
    auto delivery = session.Call<v1::ReminderDelivery>("NotificationService/RedriveDelivery", request);
    if (!delivery.ok()) {
      status = delivery.status();
      break;
    }
    *done.add_deliveries() = *std::move(delivery);
  }
  session.printer().Json(done);
  PrintDeliveries(done, {"一条也没有重投", "none was sent again"}, &session.printer());
  return status;
}

absl::Status ListChannels(Session& session) {
  v1::ListChannelsRequest request;
  DUBAN_ASSIGN_OR_RETURN(const auto all,
                         session.Call<v1::ListChannelsResponse>("NotificationService/ListChannels", request));
  Printer& printer = session.printer();
  printer.Json(all);
  Table table({{session.Say({"渠道", "Channel"}), false, false},
               {session.Say({"类型", "Kind"}), false, false},
               {session.Say({"目标", "Target"}), false, true},
               {session.Say({"待投", "Waiting"}), true, false},
               {session.Say({"失败", "Dead"}), true, false},
               {session.Say({"最近成功", "Last success"}), false, false},
               {session.Say({"最近失败", "Last failure"}), false, true, 2}});
  for (const v1::Channel& channel : all.channels()) {
    std::string failure = TimeWords(channel.failure_time());
    if (!channel.last_error().empty()) StrAppend(&failure, " ", channel.last_error());
    table.Row({ShortName(channel.name()), session.Say(WordOf(channel.kind())), channel.target(),
               StrCat(channel.waiting()),
               Cell(StrCat(channel.dead()), channel.dead() > 0 ? Style::kRed : Style::kPlain),
               TimeWords(channel.success_time()), failure});
  }
  printer.Show(table, {"没有配置渠道：提醒由外部作业领取，见 deploy/README.md",
                       "no channel is configured: jobs lease reminders; see deploy/README.md"});
  return absl::OkStatus();
}

// --- Contacts ---

std::string ContactOf(const std::string& unit) {
  return StrCat("contacts/", ShortName(unit));
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& values) {
  std::string text;
  for (const std::string& value : values) StrAppend(&text, text.empty() ? "" : "\n", value);
  return text;
}

void PrintContacts(const google::protobuf::RepeatedPtrField<v1::Contact>& contacts, Printer* printer) {
  Table table({{printer->Say({"单位", "Unit"}), false, true},
               {printer->Say({"邮箱", "Mail"}), false, true},
               {printer->Say({"机器人", "Webhooks"}), false, true}});
  for (const v1::Contact& contact : contacts) {
    table.Row({NameOr(contact.unit_display_name(), contact.name()), Joined(contact.mail_addresses()),
               Joined(contact.webhooks())});
  }
  printer->Show(table, {"没有设置接收方式", "no contacts"});
}

absl::Status ListContacts(Session& session) {
  v1::ListContactsRequest request;
  request.set_page_size(500);
  v1::ListContactsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListContactsResponse>("NotificationService/ListContacts", request));
    all.mutable_contacts()->MergeFrom(page.contacts());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  PrintContacts(all.contacts(), &session.printer());
  return absl::OkStatus();
}

absl::Status ShowContact(Session& session, const std::string& unit) {
  v1::GetContactRequest request;
  DUBAN_ASSIGN_OR_RETURN(const std::string name, session.UnitName(unit));
  request.set_name(ContactOf(name));
  v1::ListContactsResponse one;
  DUBAN_ASSIGN_OR_RETURN(*one.add_contacts(), session.Call<v1::Contact>("NotificationService/GetContact", request));
  session.printer().Json(one.contacts(0));
  PrintContacts(one.contacts(), &session.printer());
  return absl::OkStatus();
}

struct ContactFlags {
  std::string unit;
  std::vector<std::string> mails, webhooks;
  bool none = false;
  Mutation mutation;
};

absl::Status SetContact(Session& session, const ContactFlags& flags) {
  const bool any = !flags.mails.empty() || !flags.webhooks.empty();
  if (any == flags.none) {
    return UsageError({"请用 --mail、--webhook 写明接收方式，或者写 --none 取消",
                       "give --mail or --webhook, or --none to take the contact away"});
  }
  v1::UpdateContactRequest request;
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, session.UnitName(flags.unit));
  request.mutable_contact()->set_name(ContactOf(unit));
  request.mutable_contact()->set_etag(flags.mutation.etag);
  request.mutable_contact()->mutable_mail_addresses()->Assign(flags.mails.begin(), flags.mails.end());
  request.mutable_contact()->mutable_webhooks()->Assign(flags.webhooks.begin(), flags.webhooks.end());
  request.set_request_id(flags.mutation.request_id);
  v1::ListContactsResponse one;
  DUBAN_ASSIGN_OR_RETURN(*one.add_contacts(), session.Call<v1::Contact>("NotificationService/UpdateContact", request));
  session.printer().Json(one.contacts(0));
  if (!flags.none) PrintContacts(one.contacts(), &session.printer());
  if (flags.none) session.printer().Line({"已取消该单位的接收方式", "the contact was taken away"});
  return absl::OkStatus();
}

void AddContacts(Command reminder) {
  Command contact = reminder.Group("contact", {"接收方式：各单位的邮箱和机器人", "contacts: how units are reached"});
  contact.Leaf("list", {"列出", "list contacts"}, [](Session& session) { return ListContacts(session); });

  auto show = std::make_shared<std::string>();
  contact
      .Leaf("show", {"查看一个单位的", "show a unit's"},
            [show](Session& session) { return ShowContact(session, *show); })
      .Text("UNIT", show.get(), {"单位", "the unit"}, kRequired);

  auto set = std::make_shared<ContactFlags>();
  contact
      .Leaf("set", {"设置一个单位的接收方式（整体替换）", "say how a unit is reached; replaces what was there"},
            [set](Session& session) { return SetContact(session, *set); })
      .Text("UNIT", &set->unit, {"单位", "the unit"}, kRequired)
      .Texts("--mail=ADDRESS", &set->mails, {"邮箱，可写多次", "a mail address; several times"})
      .Texts("--webhook=CHANNEL", &set->webhooks,
             {"服务器上配置的机器人，见 duban reminder channels",
              "a webhook of the server, as `reminder channels` lists it"})
      .Flag("--none", &set->none, {"取消接收方式", "take the contact away"})
      .Changes(&set->mutation);
}

}  // namespace

void AddReminderDelivery(Command reminder) {
  auto digests = std::make_shared<DigestsFlags>();
  reminder
      .Leaf("digests",
            {"列出某天发出的消息（每个对象每天早上一条）", "list the messages of a day, one for each recipient"},
            [digests](Session& session) { return ListDigests(session, *digests); })
      .Text("--day=YYYY-MM-DD", &digests->day, {"哪天，默认今天", "which day; today if left out"})
      .Text("--unit=UNIT", &digests->unit, {"只列发给此单位的", "only those to this unit"});

  auto digest = std::make_shared<std::string>();
  reminder
      .Leaf("digest", {"查看一条消息", "show a message"},
            [digest](Session& session) { return ShowDigest(session, *digest); })
      .Text("DIGEST", digest.get(), {"编号", "the message"}, kRequired);

  auto state = std::make_shared<v1::ReminderDelivery::State>(v1::ReminderDelivery::STATE_UNSPECIFIED);
  reminder
      .Leaf("deliveries", {"列出待投和投递失败的消息及原因", "list deliveries that wait or are dead, with the cause"},
            [state](Session& session) { return ListDeliveries(session, *state); })
      .Enum("--state", state.get(), {"只列此状态", "only this state"});

  auto redeliver = std::make_shared<RedeliverFlags>();
  reminder
      .Leaf("redeliver", {"重投投递失败的消息", "send dead deliveries again"},
            [redeliver](Session& session) { return Redeliver(session, *redeliver); })
      .Texts("DELIVERY", &redeliver->names, {"编号，如 d-20261201-…-001/mail-1", "deliveries"})
      .Flag("--all-dead", &redeliver->all_dead, {"所有投递失败的", "all that are dead"})
      .Changes(&redeliver->mutation, /*with_etag=*/false);

  reminder.Leaf("channels", {"列出服务器的渠道及其状况", "list the server's channels and how they are"},
                [](Session& session) { return ListChannels(session); });
  AddContacts(reminder);
}

}  // namespace duban::cli
