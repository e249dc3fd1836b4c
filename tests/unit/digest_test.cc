// Digests and their deliveries: what is due to one recipient goes out as one message, over each of its channels.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/failpoint.h"
#include "common/base/line_sink.h"
#include "google/protobuf/util/json_util.h"
#include "services/notification/channel/log_channel.h"
#include "services/notification/contacts.h"
#include "services/notification/delivery_core.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeAddressees;
using testing::MakeAssigned;
using testing::Nine;
using ::testing::SizeIs;
using testing::TestNotifier;
using v1::Reminder;
using v1::ReminderDelivery;

MATCHER_P(FailsWith, reason, "") {
  *result_listener << arg.status();
  return ReasonOf(arg.status()) == reason;
}

// What a fake channel was asked to send.
struct Sent {
  std::string address;
  v1::DigestMessage message;
};

class FakeChannel final : public Channel {
 public:
  FakeChannel(std::string id, v1::Channel::Kind kind) : id_(std::move(id)), kind_(kind) {}
  const std::string& id() const override { return id_; }
  v1::Channel::Kind kind() const override { return kind_; }
  std::string target() const override { return "fake:1"; }
  absl::Status Send(const v1::DigestMessage& message, const std::string& address) override {
    sent.push_back({address, message});
    return answer;
  }
  void Cancel() override {}

  std::vector<Sent> sent;
  absl::Status answer;

 private:
  const std::string id_;
  const v1::Channel::Kind kind_;
};

class DigestTest : public ::testing::Test {
 protected:
  FakeChannel* Add(const std::string& id, v1::Channel::Kind kind) {
    auto channel = std::make_unique<FakeChannel>(id, kind);
    FakeChannel* const added = channel.get();
    channels_.Add(std::move(channel));
    return added;
  }

  DeliveryCore Core() { return DeliveryCore(&notifier_.core->runner(), &channels_); }

  // Everything that nobody calls for.
  void RunAll() {
    notifier_.TendAll();
    DeliveryCore core = Core();
    while (true) {
      const absl::StatusOr<bool> more = core.Gather();
      ASSERT_TRUE(more.ok()) << more.status();
      if (!*more) break;
    }
    for (const auto& channel : channels_.all()) {
      while (true) {
        const absl::StatusOr<bool> more = core.Deliver(*channel);
        ASSERT_TRUE(more.ok()) << more.status();
        if (!*more) break;
      }
    }
    ASSERT_EQ(notifier_.Verify(), absl::OkStatus());
  }

  // `count` orders of one plan, each addressed to `units/u0` to `units/u{units - 1}`.
  void Follow(int count, int units = 1, std::string_view due = "2024-06-20") {
    for (int i = 0; i < count; ++i) {
      testing::Assigned assigned = MakeAssigned(due);
      assigned.order.set_task(StrCat("plans/p1/tasks/body-", i + 1));
      assigned.order.set_name(OrderName(assigned.order.task()));
      notifier_.Follow(assigned.order, MakeAddressees(units, "district"));
    }
  }

  absl::StatusOr<v1::Contact> PutContact(const std::string& unit, const std::vector<std::string>& mails,
                                         const std::vector<std::string>& webhooks = {}, const std::string& etag = "") {
    v1::UpdateContactRequest request;
    request.set_request_id(notifier_.NextRequest());
    request.mutable_contact()->set_name(StrCat("contacts/", unit));
    request.mutable_contact()->set_etag(etag);
    request.mutable_contact()->mutable_mail_addresses()->Assign(mails.begin(), mails.end());
    request.mutable_contact()->mutable_webhooks()->Assign(webhooks.begin(), webhooks.end());
    v1::Contact contact;
    DUBAN_RETURN_IF_ERROR(Core().UpdateContact(Anybody(), request, &contact));
    return contact;
  }

  std::vector<v1::Digest> Digests() {
    v1::ListDigestsResponse response;
    EXPECT_EQ(Core().ListDigests(Anybody(), {}, &response), absl::OkStatus());
    return {response.digests().begin(), response.digests().end()};
  }

  std::vector<ReminderDelivery> Deliveries(ReminderDelivery::State state = ReminderDelivery::STATE_UNSPECIFIED) {
    v1::ListDeliveriesRequest request;
    request.set_state(state);
    v1::ListDeliveriesResponse response;
    EXPECT_EQ(Core().ListDeliveries(Anybody(), request, &response), absl::OkStatus());
    return {response.deliveries().begin(), response.deliveries().end()};
  }

  absl::StatusOr<ReminderDelivery> Redrive(const std::string& name) {
    v1::RedriveDeliveryRequest request;
    request.set_request_id(notifier_.NextRequest());
    request.set_name(name);
    ReminderDelivery delivery;
    DUBAN_RETURN_IF_ERROR(Core().RedriveDelivery(Anybody(), request, &delivery));
    return delivery;
  }

  int Count(Reminder::State state) { return static_cast<int>(notifier_.InState(state).size()); }

  TestNotifier notifier_;
  Channels channels_{&notifier_.clock};
};

TEST_F(DigestTest, ThirtyNineRemindersOfOneMorningAreOneMessageAndEachIsConfirmedWithIt) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  ASSERT_EQ(PutContact("u0", {"jiaoyu@qu.gov.example"}).status(), absl::OkStatus());
  Follow(39);
  // Unsigned on the first working day behind the issue.
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  ASSERT_THAT(mail->sent, SizeIs(1));
  EXPECT_EQ(mail->sent[0].address, "jiaoyu@qu.gov.example");
  EXPECT_THAT(mail->sent[0].message.reminders(), SizeIs(39));
  EXPECT_EQ(Count(Reminder::CONFIRMED), 39);
  ASSERT_THAT(Digests(), SizeIs(1));
  EXPECT_EQ(Digests()[0].reminder_count(), 39);
  EXPECT_EQ(Digests()[0].deliveries(0).state(), ReminderDelivery::SENT);
  EXPECT_THAT(Deliveries(), IsEmpty());
}

TEST_F(DigestTest, EachRecipientHasItsOwnMessage) {
  FakeChannel* const log = Add("log", v1::Channel::LOG);
  Follow(3, 40);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  ASSERT_THAT(log->sent, SizeIs(40));
  for (const Sent& sent : log->sent) {
    EXPECT_THAT(sent.message.reminders(), SizeIs(3));
    for (const Reminder& reminder : sent.message.reminders()) {
      EXPECT_EQ(reminder.recipient(), sent.message.digest().recipient());
    }
  }
  EXPECT_EQ(Count(Reminder::CONFIRMED), 120);
}

TEST_F(DigestTest, TheMostUrgentComesFirst) {
  FakeChannel* const log = Add("log", v1::Channel::LOG);
  const auto follow = [&](const std::string& task, std::string_view due) {
    testing::Assigned assigned = MakeAssigned(due);
    assigned.order.set_task(StrCat("plans/p1/tasks/", task));
    assigned.order.set_name(OrderName(assigned.order.task()));
    notifier_.Follow(assigned.order, MakeAddressees(1, "district"));
  };
  // On 2024-03-05 one is not signed for, one is due, one was due the working day before, one is due the day after.
  follow("body-1", "2024-06-20");
  follow("body-2", "2024-03-05");
  follow("body-3", "2024-03-04");
  follow("body-4", "2024-03-06");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  std::vector<Reminder::Reason> reasons;
  for (const Sent& sent : log->sent) {
    if (sent.message.digest().recipient() != "units/u0") continue;
    for (const Reminder& reminder : sent.message.reminders()) reasons.push_back(reminder.reason());
  }
  EXPECT_THAT(reasons, ElementsAre(Reminder::OVERDUE, Reminder::DUE, Reminder::BEFORE_DUE, Reminder::UNSIGNED,
                                   Reminder::UNSIGNED, Reminder::UNSIGNED, Reminder::UNSIGNED));
}

TEST_F(DigestTest, ADeliveryOfEachChannelGoesItsOwnWay) {
  FakeChannel* const log = Add("log", v1::Channel::LOG);
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  FakeChannel* const robot = Add("robot", v1::Channel::WECOM);
  ASSERT_EQ(PutContact("u0", {"a@x.example", "b@x.example"}, {"robot"}).status(), absl::OkStatus());
  Follow(2);
  mail->answer = absl::UnavailableError("450 greylisted");
  robot->answer = absl::FailedPreconditionError("errcode 93000 invalid webhook url");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  EXPECT_THAT(log->sent, SizeIs(1));
  EXPECT_EQ(Count(Reminder::CONFIRMED), 2) << "one that arrived is enough";
  ASSERT_THAT(Deliveries(ReminderDelivery::DEAD), SizeIs(1));
  EXPECT_EQ(Deliveries(ReminderDelivery::DEAD)[0].channel(), "channels/robot");
  EXPECT_THAT(Deliveries(ReminderDelivery::DEAD)[0].last_error(), HasSubstr("93000"));
  ASSERT_THAT(Deliveries(ReminderDelivery::WAITING), SizeIs(2));
  EXPECT_EQ(Deliveries(ReminderDelivery::WAITING)[0].attempts(), 1);
  EXPECT_EQ(FromProto(Deliveries(ReminderDelivery::WAITING)[0].next_attempt_time()),
            notifier_.clock.Now() + absl::Minutes(1));
  mail->answer = absl::OkStatus();
  notifier_.clock.Advance(absl::Minutes(1));
  RunAll();
  EXPECT_THAT(mail->sent, SizeIs(4));
  EXPECT_EQ(mail->sent[2].message.attempt(), 2);
  EXPECT_THAT(log->sent, SizeIs(1)) << "what was sent is not sent again";
  EXPECT_THAT(Deliveries(ReminderDelivery::WAITING), IsEmpty());
}

TEST_F(DigestTest, ADeliveryThatIsDeadLeavesTheRemindersToOneThatIsOnItsWay) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  FakeChannel* const robot = Add("robot", v1::Channel::WECOM);
  ASSERT_EQ(PutContact("u0", {"a@x.example"}, {"robot"}).status(), absl::OkStatus());
  Follow(2);
  mail->answer = absl::UnavailableError("450 greylisted");
  robot->answer = absl::FailedPreconditionError("errcode 93000 invalid webhook url");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  ASSERT_THAT(Deliveries(ReminderDelivery::DEAD), SizeIs(1));
  EXPECT_EQ(Count(Reminder::DEAD), 0) << "the mail may still arrive";
  mail->answer = absl::OkStatus();
  notifier_.clock.Advance(absl::Minutes(1));
  RunAll();
  EXPECT_EQ(Count(Reminder::CONFIRMED), 2);
}

TEST_F(DigestTest, WhereNothingArrivesRemindersAreDeadWithTheCauseAndCanBeRedriven) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  ASSERT_EQ(PutContact("u0", {"a@x.example"}).status(), absl::OkStatus());
  Follow(2);
  mail->answer = absl::UnavailableError("connection refused");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  v1::GetReminderPolicyRequest get;
  get.set_name("policies/default");
  v1::ReminderPolicy policy;
  ASSERT_EQ(notifier_.core->GetReminderPolicy(Anybody(), get, &policy), absl::OkStatus());
  for (int attempt = 0; attempt < policy.max_attempts(); ++attempt) {
    RunAll();
    notifier_.clock.Advance(absl::Hours(1));
  }
  EXPECT_THAT(mail->sent, SizeIs(policy.max_attempts()));
  const std::vector<Reminder> dead = notifier_.InState(Reminder::DEAD);
  ASSERT_THAT(dead, SizeIs(2));
  EXPECT_THAT(dead[0].last_error(), HasSubstr("connection refused"));
  ASSERT_THAT(Deliveries(ReminderDelivery::DEAD), SizeIs(1));
  const std::string name = Deliveries(ReminderDelivery::DEAD)[0].name();
  mail->answer = absl::OkStatus();
  const absl::StatusOr<ReminderDelivery> redriven = Redrive(name);
  ASSERT_TRUE(redriven.ok()) << redriven.status();
  EXPECT_EQ(redriven->state(), ReminderDelivery::WAITING);
  EXPECT_EQ(redriven->attempts(), 0);
  RunAll();
  EXPECT_EQ(Count(Reminder::CONFIRMED), 2);
  EXPECT_THAT(Redrive(name), FailsWith(v1::WRONG_STATE));
  EXPECT_THAT(Redrive("digests/d-20240305-0000000000000000-001/deliveries/mail-1"), FailsWith(v1::RESOURCE_NOT_FOUND));
}

TEST_F(DigestTest, WhatIsSettledMeanwhileFallsOutOfTheNextAttempt) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  testing::Assigned assigned = MakeAssigned("2024-06-20");
  notifier_.Follow(assigned);
  const std::string unit(LastSegment(assigned.addressee.unit()));
  ASSERT_EQ(PutContact(unit, {"a@x.example"}).status(), absl::OkStatus());
  mail->answer = absl::UnavailableError("later");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  ASSERT_THAT(mail->sent, SizeIs(1));
  testing::Sign(assigned, notifier_.clock.Now());
  notifier_.Follow(assigned);
  notifier_.clock.Advance(absl::Minutes(2));
  RunAll();
  EXPECT_THAT(mail->sent, SizeIs(1)) << "it was signed for";
  EXPECT_THAT(Deliveries(), IsEmpty());
  EXPECT_EQ(Digests()[0].deliveries(0).state(), ReminderDelivery::CANCELLED);
  EXPECT_EQ(Count(Reminder::CANCELLED), 1);
}

TEST_F(DigestTest, AUnitWithoutContactIsLeftToJobs) {
  Add("mail", v1::Channel::MAIL);
  ASSERT_EQ(PutContact("u0", {"a@x.example"}).status(), absl::OkStatus());
  Follow(1, 2);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  EXPECT_EQ(Count(Reminder::CONFIRMED), 1);
  const v1::LeaseRemindersResponse leased = notifier_.Lease();
  ASSERT_THAT(leased.reminders(), SizeIs(1));
  EXPECT_EQ(leased.reminders(0).recipient(), "units/u1");
}

TEST_F(DigestTest, AStopAtAnyPlaceRepeatsTheSameDigestAndLosesNothing) {
  struct Stopped {};
  FakeChannel* const log = Add("log", v1::Channel::LOG);
  Follow(2);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  for (const char* place : {"channel.before_send", "channel.after_send"}) {
    SetFailpointHandler(place, [] { throw Stopped(); });
    EXPECT_THROW(RunAll(), Stopped);
    SetFailpointHandler(place, {});
    notifier_.Restart();
    RunAll();
    EXPECT_EQ(Count(Reminder::CONFIRMED), 0) << "the attempt may still be under way";
    notifier_.clock.Advance(kAttemptLease);
  }
  RunAll();
  EXPECT_EQ(Count(Reminder::CONFIRMED), 2);
  ASSERT_THAT(log->sent, SizeIs(2));
  EXPECT_EQ(log->sent[0].message.digest().name(), log->sent[1].message.digest().name());
  EXPECT_EQ(log->sent[1].message.attempt(), 3);
}

TEST_F(DigestTest, NothingDueCostsNoWrite) {
  Add("log", v1::Channel::LOG);
  Follow(1);
  const int64_t commands = notifier_.store->group_stats().commands;
  EXPECT_EQ(Core().Gather().value(), false);
  EXPECT_EQ(Core().Deliver(*channels_.all()[0]).value(), false);
  EXPECT_EQ(notifier_.store->group_stats().commands, commands);
}

TEST_F(DigestTest, AChannelThatIsNotConfiguredAnyMoreIsADeadLetterAtOnce) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  ASSERT_EQ(PutContact("u0", {"a@x.example"}).status(), absl::OkStatus());
  Follow(1);
  mail->answer = absl::UnavailableError("later");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  Channels none(&notifier_.clock);
  EXPECT_EQ(DeliveryCore(&notifier_.core->runner(), &none).Purge().value(), false);
  ASSERT_THAT(Deliveries(ReminderDelivery::DEAD), SizeIs(1));
  EXPECT_THAT(Deliveries(ReminderDelivery::DEAD)[0].last_error(), HasSubstr("not configured"));
  EXPECT_EQ(Count(Reminder::DEAD), 1);
  ASSERT_EQ(notifier_.Verify(), absl::OkStatus());
}

TEST_F(DigestTest, OnlyDeliveriesOverChannelsThatAreGoneAreDead) {
  for (const char* id : {"alpha", "mail", "zeta"}) {
    const bool is_mail = std::string_view(id) == "mail";
    Add(id, is_mail ? v1::Channel::MAIL : v1::Channel::WECOM)->answer = absl::UnavailableError("later");
  }
  ASSERT_EQ(PutContact("u0", {"a@x.example"}, {"alpha", "zeta"}).status(), absl::OkStatus());
  Follow(1);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  Channels mail_alone(&notifier_.clock);
  mail_alone.Add(std::make_unique<FakeChannel>("mail", v1::Channel::MAIL));
  EXPECT_EQ(DeliveryCore(&notifier_.core->runner(), &mail_alone).Purge().value(), false);
  EXPECT_THAT(Deliveries(ReminderDelivery::DEAD), SizeIs(2)) << "before and behind the one that is there";
  ASSERT_THAT(Deliveries(ReminderDelivery::WAITING), SizeIs(1));
  EXPECT_EQ(Deliveries(ReminderDelivery::WAITING)[0].channel(), "channels/mail");
}

TEST_F(DigestTest, DigestsAreDeletedWithTheirReminders) {
  Add("log", v1::Channel::LOG);
  Follow(1);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  notifier_.clock.Advance(kReminderLifetime - absl::Hours(24));
  EXPECT_EQ(Core().Purge().value(), false);
  v1::ListDigestsRequest that_day;
  that_day.set_day("2024-03-05");
  v1::ListDigestsResponse before, after;
  ASSERT_EQ(Core().ListDigests(Anybody(), that_day, &before), absl::OkStatus());
  EXPECT_THAT(before.digests(), SizeIs(1));
  notifier_.clock.Advance(absl::Hours(48));
  EXPECT_EQ(Core().Purge().value(), false);
  ASSERT_EQ(Core().ListDigests(Anybody(), that_day, &after), absl::OkStatus());
  EXPECT_THAT(after.digests(), IsEmpty());
}

TEST_F(DigestTest, ContactsAreKeptByUnitWithAnEtagAndDeletedWhenEmpty) {
  Add("mail", v1::Channel::MAIL);
  Add("robot", v1::Channel::WECOM);
  const absl::StatusOr<v1::Contact> first = PutContact("u0", {"a@x.example"}, {"robot"});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(PutContact("u0", {"b@x.example"}, {}, "stale"), FailsWith(v1::ETAG_MISMATCH));
  EXPECT_THAT(PutContact("u0", {"no address"}), FailsWith(v1::INVALID_FIELD));
  EXPECT_THAT(PutContact("u0", {"a@x.example", "a@x.example"}), FailsWith(v1::INVALID_FIELD));
  const absl::StatusOr<v1::Contact> unknown = PutContact("u0", {}, {"nowhere"});
  EXPECT_THAT(unknown, FailsWith(v1::INVALID_FIELD));
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("robot")) << "it says which there are";
  ASSERT_EQ(PutContact("u0", {}, {}, first->etag()).status(), absl::OkStatus());
  v1::GetContactRequest get;
  get.set_name("contacts/u0");
  v1::Contact gone;
  EXPECT_EQ(ReasonOf(Core().GetContact(Anybody(), get, &gone)), v1::RESOURCE_NOT_FOUND);
}

TEST_F(DigestTest, TenThousandUnitsHaveAContactAndOneMoreHasNot) {
  Add("mail", v1::Channel::MAIL);
  ASSERT_EQ(notifier_.store->Run({.method = "test", .request_id = ""},
                                 [](Transaction& transaction) -> absl::Status {
                                   for (int i = 1; i < kMostContacts; ++i) {
                                     v1::Contact contact;
                                     contact.set_name(StrCat("contacts/v", i));
                                     contact.add_mail_addresses("a@x.example");
                                     DUBAN_RETURN_IF_ERROR(transaction.Put(contact.name(), contact, {}).status());
                                   }
                                   return absl::OkStatus();
                                 }),
            absl::OkStatus());
  EXPECT_EQ(PutContact("u0", {"a@x.example"}).status(), absl::OkStatus());
  v1::UpdateContactRequest request;
  request.set_request_id(notifier_.NextRequest());
  request.mutable_contact()->set_name("contacts/u1");
  request.mutable_contact()->add_mail_addresses("a@x.example");
  v1::Contact contact;
  EXPECT_EQ(ReasonOf(Core().UpdateContact(Anybody(), request, &contact)), v1::LIMIT_REACHED);
  EXPECT_EQ(PutContact("u0", {"b@x.example"}).status(), absl::OkStatus()) << "those that are there can change";
}

TEST_F(DigestTest, PagesOfContactsAndDeliveriesGoToTheEnd) {
  FakeChannel* const mail = Add("mail", v1::Channel::MAIL);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(PutContact(StrCat("u", i), {"a@x.example"}).status(), absl::OkStatus());
  Follow(1, 5);
  mail->answer = absl::FailedPreconditionError("550 no such user");
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  v1::ListContactsRequest contacts;
  contacts.set_page_size(2);
  v1::ListDeliveriesRequest deliveries;
  deliveries.set_page_size(2);
  int found_contacts = 0, found_deliveries = 0, pages = 0;
  do {
    v1::ListContactsResponse page;
    ASSERT_EQ(Core().ListContacts(Anybody(), contacts, &page), absl::OkStatus());
    found_contacts += page.contacts_size();
    contacts.set_page_token(page.next_page_token());
    ++pages;
  } while (!contacts.page_token().empty());
  do {
    v1::ListDeliveriesResponse page;
    ASSERT_EQ(Core().ListDeliveries(Anybody(), deliveries, &page), absl::OkStatus());
    found_deliveries += page.deliveries_size();
    deliveries.set_page_token(page.next_page_token());
    ++pages;
  } while (!deliveries.page_token().empty());
  EXPECT_EQ(found_contacts, 5);
  EXPECT_EQ(found_deliveries, 5);
  EXPECT_EQ(pages, 6);
}

// --- The log ---

TEST_F(DigestTest, TheLogHasOneJsonObjectALineWithOriginalFieldNames) {
  testing::TempFolder folder;
  const std::string path = folder.path() + "/reminders.jsonl";
  LineFile file(path);
  channels_.Add(std::make_unique<LogChannel>(&file));
  // A line that a crash cut off does not swallow the next.
  std::ofstream(path) << "{\"type\":\"rem";
  Follow(2);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  ASSERT_THAT(lines, SizeIs(2));
  v1::DigestMessage written;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[1], &written).ok()) << lines[1];
  EXPECT_EQ(written.type(), "reminders.digest");
  EXPECT_THAT(written.reminders(), SizeIs(2));
  EXPECT_EQ(written.reminders(0).state(), Reminder::LEASED);
  EXPECT_THAT(lines[1], HasSubstr("\"recipient_display_name\":"));
}

TEST_F(DigestTest, ALogThatCannotBeWrittenIsAFailedAttemptThatSaysWhy) {
  testing::TempFolder folder;
  const std::string missing = folder.path() + "/none/reminders.jsonl";
  LineFile nowhere(missing);
  channels_.Add(std::make_unique<LogChannel>(&nowhere));
  Follow(1);
  notifier_.clock.AdvanceTo(Nine("2024-03-05"));
  RunAll();
  ASSERT_THAT(Deliveries(ReminderDelivery::WAITING), SizeIs(1));
  EXPECT_THAT(Deliveries()[0].last_error(), HasSubstr(missing));
  EXPECT_THAT(Deliveries()[0].last_error(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace duban
