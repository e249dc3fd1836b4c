// The notification service over real gRPC: a job's walk, and each error that the contract lists.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "duban/v1/notification_service.grpc.pb.h"
#include "services/notification/notification_module.h"
#include "tests/support/fake_clock.h"
#include "tests/support/patience.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_notifier.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using v1::Reminder;
using Stub = v1::NotificationService::Stub;

class NotificationContract : public ::testing::Test {
 protected:
  NotificationContract() { Start(""); }

  // The services it follows are not there; its hops try again in the background, which no caller notices.
  void Start(const std::string& log_channel_file) {
    seeder_.reset();
    server_.reset();
    ServerOptions options;
    options.insecure = true;
    options.program = "test";
    options.node = "city";
    options.data_dir = folder_.path() + "/data";
    options.local_services = {{"plan", "127.0.0.1:1"}, {"assignment", "127.0.0.1:1"}};
    options.log_channel_file = log_channel_file;
    options.log_level = LogLevel::kError;
    ServerPorts ports;
    ports.clock = &RealClock();
    auto started = Server::Start(options, {{"notification", MakeNotificationModule}}, ports);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    stub_ = v1::NotificationService::NewStub(MakeChannel(StrCat("127.0.0.1:", server_->port())));
    seeder_ = std::make_unique<NotificationCore>(
        Ports{.store = server_->store("notification"), .clock = &RealClock(), .ids = &SystemIds(), .node = "city"});
  }

  // Lets reminders be sent on the due day alone, and again how late they may be; `max_attempts` before they are dead.
  void SetPolicy(int max_attempts) {
    v1::UpdateReminderPolicyRequest request;
    request.set_request_id(StrCat("policy-", ++requests_));
    v1::ReminderPolicy& policy = *request.mutable_policy();
    policy.set_name("policies/default");
    policy.set_on_due(true);
    policy.set_max_attempts(max_attempts);
    policy.mutable_catch_up_window()->set_seconds(30 * 86400);
    for (const char* field : {"before_due_working_days", "overdue_working_days", "unsigned_working_days",
                              "escalation_working_days", "on_due", "max_attempts", "catch_up_window"}) {
      request.mutable_update_mask()->add_paths(field);
    }
    const auto updated = UnaryCall(*stub_, &Stub::UpdateReminderPolicy, request);
    ASSERT_TRUE(updated.ok()) << updated.status();
  }

  // Follows an order to one unit whose reminder is due, as the hop does; returns the reminder's name. The due day is
  // far enough back for its last working day to be over.
  std::string Seed(const std::string& task, int max_attempts = 5) {
    SetPolicy(max_attempts);
    const absl::Time now = RealClock().Now();
    testing::Assigned assigned = testing::MakeAssigned(FormatDay(DayOf(now) - 2), task, now - absl::Hours(60 * 24));
    assigned.addressee.set_unit_node("city");
    testing::Sign(assigned, now - absl::Hours(59 * 24));
    v1::AddresseeList list;
    *list.add_addressees() = assigned.addressee;
    std::vector<v1::FeedEntry> entries = testing::TestNotifier::Entries(assigned.order, list);
    entries.push_back(testing::TestNotifier::Entry(ExecutionName(assigned.name()), assigned.execution));
    EXPECT_EQ(testing::ApplyPage(*seeder_, server_->store("notification"), "assignment", entries, "city", now),
              absl::OkStatus());
    v1::ListRemindersRequest list_request;
    list_request.set_assignment(assigned.name());
    const auto listed = UnaryCall(*stub_, &Stub::ListReminders, list_request);
    EXPECT_TRUE(listed.ok() && listed->reminders_size() == 1)
        << listed.status() << (listed.ok() ? listed->ShortDebugString() : "");
    return listed.ok() && listed->reminders_size() > 0 ? listed->reminders(0).name() : "";
  }

  // A reminder whose every attempt failed.
  std::string SeedDead(const std::string& task) {
    const std::string name = Seed(task, /*max_attempts=*/1);
    v1::ConfirmReminderRequest request;
    request.set_request_id(StrCat("fail-", task));
    request.set_name(name);
    request.set_lease_token(Lease(StrCat("lease-", task))->lease_token());
    request.set_error("no answer");
    EXPECT_EQ(UnaryCall(*stub_, &Stub::ConfirmReminder, request)->state(), Reminder::DEAD);
    return name;
  }

  absl::StatusOr<v1::LeaseRemindersResponse> Lease(const std::string& request_id, int max = 0) {
    v1::LeaseRemindersRequest request;
    request.set_request_id(request_id);
    request.set_max_reminders(max);
    return UnaryCall(*stub_, &Stub::LeaseReminders, request);
  }

  absl::StatusOr<Reminder> Confirm(const std::string& request_id, const std::string& name, const std::string& token) {
    v1::ConfirmReminderRequest request;
    request.set_request_id(request_id);
    request.set_name(name);
    request.set_lease_token(token);
    return UnaryCall(*stub_, &Stub::ConfirmReminder, request);
  }

  absl::StatusOr<Reminder> Redrive(const std::string& request_id, const std::string& name) {
    v1::RedriveReminderRequest request;
    request.set_request_id(request_id);
    request.set_name(name);
    return UnaryCall(*stub_, &Stub::RedriveReminder, request);
  }

  absl::StatusOr<v1::ReminderPolicy> GetPolicy(const std::string& name) {
    v1::GetReminderPolicyRequest request;
    request.set_name(name);
    return UnaryCall(*stub_, &Stub::GetReminderPolicy, request);
  }

  absl::StatusOr<v1::ReminderPolicy> SetMinute(const std::string& request_id, int minute, const std::string& etag = "",
                                               const std::string& name = "policies/default") {
    v1::UpdateReminderPolicyRequest request;
    request.set_request_id(request_id);
    request.mutable_policy()->set_name(name);
    request.mutable_policy()->set_etag(etag);
    request.mutable_policy()->set_minute_of_day(minute);
    request.mutable_update_mask()->add_paths("minute_of_day");
    return UnaryCall(*stub_, &Stub::UpdateReminderPolicy, request);
  }

  static std::string FieldOf(const absl::Status& status) { return MetadataOf(status)["field"]; }

  testing::TempFolder folder_;
  std::unique_ptr<Server> server_;
  // A second one on the server's store: what it follows, the server's own finds.
  std::unique_ptr<NotificationCore> seeder_;
  std::unique_ptr<Stub> stub_;
  int requests_ = 0;
};

TEST_F(NotificationContract, AJobLeasesDeliversAndConfirms) {
  const std::string name = Seed("t1");
  const auto leased = Lease("lease");
  ASSERT_TRUE(leased.ok()) << leased.status();
  ASSERT_THAT(leased->reminders(), SizeIs(1));
  EXPECT_EQ(Lease("lease")->SerializeAsString(), leased->SerializeAsString());
  EXPECT_EQ(ReasonOf(Lease("lease", 3).status()), v1::REQUEST_ID_REUSED);
  const auto confirmed = Confirm("confirm", name, leased->lease_token());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->state(), Reminder::CONFIRMED);
  v1::GetReminderRequest get;
  get.set_name(name);
  EXPECT_EQ(UnaryCall(*stub_, &Stub::GetReminder, get)->SerializeAsString(), confirmed->SerializeAsString());
  v1::ListRemindersRequest list;
  list.set_state(Reminder::CONFIRMED);
  list.set_recipient("units/health");
  EXPECT_THAT(UnaryCall(*stub_, &Stub::ListReminders, list)->reminders(), SizeIs(1));
}

TEST_F(NotificationContract, EachErrorOfALeasedReminderIsWhatTheContractSays) {
  const std::string dead = SeedDead("t2");
  const std::string name = Seed("t1");
  EXPECT_EQ(ReasonOf(Confirm("c1", "reminders/none", "t").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Confirm("c2", name, "t").status()), v1::LEASE_NOT_HELD);
  EXPECT_EQ(ReasonOf(Confirm("c3", dead, "t").status()), v1::WRONG_STATE);
  EXPECT_EQ(Confirm("c3", dead, "t").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(Redrive("r1", "reminders/none").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Redrive("r2", name).status()), v1::WRONG_STATE);
  const auto redriven = Redrive("r3", dead);
  ASSERT_TRUE(redriven.ok()) << redriven.status();
  EXPECT_EQ(redriven->state(), Reminder::SCHEDULED);
  EXPECT_EQ(ReasonOf(Redrive("r3", name).status()), v1::REQUEST_ID_REUSED);
  v1::GetReminderRequest get;
  get.set_name("reminders/none");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::GetReminder, get).status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(NotificationContract, DeliveriesOfOneLeaseAreConfirmedTogetherAndEachIsAnswered) {
  const std::string first = Seed("t1"), second = Seed("t2");
  const auto leased = Lease("lease");
  ASSERT_TRUE(leased.ok()) << leased.status();
  ASSERT_THAT(leased->reminders(), SizeIs(2));
  v1::ConfirmRemindersRequest request;
  request.set_request_id("confirm");
  request.set_lease_token(leased->lease_token());
  for (const std::string& name : {first, std::string("reminders/none"), second}) request.add_items()->set_name(name);
  request.mutable_items(2)->set_error("no answer");
  const auto confirmed = UnaryCall(*stub_, &Stub::ConfirmReminders, request);
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  ASSERT_THAT(confirmed->results(), SizeIs(3));
  EXPECT_EQ(confirmed->results(0).state(), Reminder::CONFIRMED);
  EXPECT_EQ(ReasonOf(FromRpcStatus(confirmed->results(1).error())), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(confirmed->results(2).name(), second);
  EXPECT_EQ(confirmed->results(2).state(), Reminder::SCHEDULED);
  const auto again = UnaryCall(*stub_, &Stub::ConfirmReminders, request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ReasonOf(FromRpcStatus(again->results(1).error())), v1::RESOURCE_NOT_FOUND);
  request.mutable_items(2)->clear_error();
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::ConfirmReminders, request).status()), v1::REQUEST_ID_REUSED);
  request.set_request_id("doubled");
  request.add_items()->set_name(first);
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::ConfirmReminders, request).status()), v1::INVALID_FIELD);
}

TEST_F(NotificationContract, ABulkConfirmationHasItsLimits) {
  v1::ConfirmRemindersRequest request;
  request.set_request_id("bulk");
  request.set_lease_token("t");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ConfirmReminders, request).status()), "items");
  for (int i = 0; i < 500; ++i) request.add_items()->set_name(StrCat("reminders/r", i));
  const auto most = UnaryCall(*stub_, &Stub::ConfirmReminders, request);
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_THAT(most->results(), SizeIs(500));
  request.add_items()->set_name("reminders/r500");
  request.set_request_id("bulk2");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ConfirmReminders, request).status()), "items");
}

TEST_F(NotificationContract, EachErrorOfAPolicyIsWhatTheContractSays) {
  EXPECT_EQ(ReasonOf(GetPolicy("policies/none").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(SetMinute("u1", 600, "", "policies/none").status()), v1::RESOURCE_NOT_FOUND);
  const auto read = GetPolicy("policies/default");
  ASSERT_TRUE(read.ok()) << read.status();
  const auto changed = SetMinute("u2", 600, read->etag());
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->minute_of_day(), 600);
  EXPECT_NE(changed->etag(), read->etag());
  EXPECT_EQ(SetMinute("u2", 600, read->etag())->etag(), changed->etag());
  EXPECT_EQ(ReasonOf(SetMinute("u2", 601, read->etag()).status()), v1::REQUEST_ID_REUSED);
  EXPECT_EQ(ReasonOf(SetMinute("u3", 601, read->etag()).status()), v1::ETAG_MISMATCH);
  // A policy outlives the process.
  Start("");
  EXPECT_EQ(GetPolicy("policies/default")->minute_of_day(), 600);
  EXPECT_EQ(SetMinute("u2", 600, read->etag())->etag(), changed->etag());
}

TEST_F(NotificationContract, BadInputNamesItsFieldAndChangesNothing) {
  EXPECT_EQ(FieldOf(Lease("").status()), "request_id");
  EXPECT_EQ(FieldOf(Lease("r", 501).status()), "max_reminders");
  EXPECT_TRUE(Lease("r", 500).ok());
  EXPECT_EQ(FieldOf(Confirm("r2", "plans/p1", "t").status()), "name");
  EXPECT_EQ(FieldOf(Confirm("r2", "reminders/r1", "").status()), "lease_token");
  EXPECT_EQ(FieldOf(SetMinute("r3", 1440).status()), "policy.minute_of_day");
  EXPECT_EQ(FieldOf(GetPolicy("").status()), "name");
  v1::ListRemindersRequest list;
  list.set_page_token("x");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListReminders, list).status()), "page_token");
  list.Clear();
  list.set_assignment("units/u1");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListReminders, list).status()), "assignment");
  v1::LeaseRemindersRequest lease;
  lease.set_request_id("r4");
  lease.mutable_lease()->set_seconds(86401);
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::LeaseReminders, lease).status()), "lease");
  EXPECT_EQ(GetPolicy("policies/default")->minute_of_day(), 540);
}

TEST_F(NotificationContract, TheLogChannelDeliversWhereAFileIsNamed) {
  const std::string path = folder_.path() + "/reminders.jsonl";
  const std::string name = Seed("t1");
  Start(path);
  v1::GetReminderRequest get;
  get.set_name(name);
  EXPECT_TRUE(
      testing::Eventually([&] { return UnaryCall(*stub_, &Stub::GetReminder, get)->state() == Reminder::CONFIRMED; }));
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_THAT(line, HasSubstr(name));
}

// Of contacts, channels, digests and deliveries, call by call.
TEST_F(NotificationContract, EachErrorOfAContactIsWhatTheContractSays) {
  v1::GetContactRequest get;
  get.set_name("contacts/u1");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::GetContact, get).status()), v1::RESOURCE_NOT_FOUND);
  v1::UpdateContactRequest update;
  update.set_request_id("c1");
  update.mutable_contact()->set_name("contacts/u1");
  update.mutable_contact()->add_mail_addresses("nobody");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::UpdateContact, update).status()), "contact.mail_addresses[0]");
  update.mutable_contact()->set_mail_addresses(0, "a@x.example");
  update.mutable_contact()->add_webhooks("unknown");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::UpdateContact, update).status()), "contact.webhooks[0]");
  update.mutable_contact()->clear_webhooks();
  const auto made = UnaryCall(*stub_, &Stub::UpdateContact, update);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(UnaryCall(*stub_, &Stub::GetContact, get)->mail_addresses(0), "a@x.example");
  // The same id again gives the same; with another body it is refused.
  EXPECT_EQ(UnaryCall(*stub_, &Stub::UpdateContact, update)->etag(), made->etag());
  update.mutable_contact()->set_mail_addresses(0, "b@x.example");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::UpdateContact, update).status()), v1::REQUEST_ID_REUSED);
  update.set_request_id("c2");
  update.mutable_contact()->set_etag("\"s0\"");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::UpdateContact, update).status()), v1::ETAG_MISMATCH);
  v1::ListContactsRequest list;
  list.set_page_token("foreign");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListContacts, list).status()), "page_token");
  list.clear_page_token();
  EXPECT_THAT(UnaryCall(*stub_, &Stub::ListContacts, list)->contacts(), SizeIs(1));
}

TEST_F(NotificationContract, TenThousandUnitsHaveAContactAndOneMoreHasNot) {
  ASSERT_EQ(server_->store("notification")
                ->Run({"test", ""},
                      [](Transaction& transaction) {
                        v1::Contact contact;
                        contact.add_mail_addresses("a@x.example");
                        for (int i = 0; i < 9'999; ++i) {
                          contact.set_name(StrCat("contacts/seeded", i));
                          DUBAN_RETURN_IF_ERROR(transaction.Put(contact.name(), contact, {}).status());
                        }
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  v1::UpdateContactRequest update;
  for (const auto& [unit, reason] : {std::pair("last", v1::ERROR_REASON_UNSPECIFIED), {"more", v1::LIMIT_REACHED}}) {
    update.set_request_id(unit);
    update.mutable_contact()->set_name(StrCat("contacts/", unit));
    update.mutable_contact()->mutable_mail_addresses()->Clear();
    update.mutable_contact()->add_mail_addresses("a@x.example");
    EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::UpdateContact, update).status()), reason) << unit;
  }
}

TEST_F(NotificationContract, EachErrorOfADigestAndItsDeliveriesIsWhatTheContractSays) {
  v1::GetDigestRequest get;
  get.set_name("digests/d-20240304-0123456789abcdef-001");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::GetDigest, get).status()), v1::RESOURCE_NOT_FOUND);
  v1::RedriveDeliveryRequest redrive;
  redrive.set_request_id("d1");
  redrive.set_name("digests/d-20240304-0123456789abcdef-001/deliveries/log-1");
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::RedriveDelivery, redrive).status()), v1::RESOURCE_NOT_FOUND);
  redrive.set_name("digests/");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::RedriveDelivery, redrive).status()), "name");
  v1::ListDigestsRequest digests;
  digests.set_page_token("foreign");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListDigests, digests).status()), "page_token");
  digests.clear_page_token();
  digests.set_day("2024-02-30");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListDigests, digests).status()), "day");
  v1::ListDeliveriesRequest deliveries;
  deliveries.set_page_token("foreign");
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListDeliveries, deliveries).status()), "page_token");
  v1::ListChannelsRequest channels;
  channels.set_page_size(-1);
  EXPECT_EQ(FieldOf(UnaryCall(*stub_, &Stub::ListChannels, channels).status()), "page_size");
  // What was sent is not sent again.
  Seed("t1");
  Start(folder_.path() + "/reminders.jsonl");
  const auto sent = [&] {
    const auto listed = UnaryCall(*stub_, &Stub::ListDigests, v1::ListDigestsRequest());
    const bool any = listed.ok() && listed->digests_size() == 1 && listed->digests(0).deliveries_size() == 1;
    return any && listed->digests(0).deliveries(0).state() == v1::ReminderDelivery::SENT;
  };
  ASSERT_TRUE(testing::Eventually(sent));
  const v1::Digest digest = UnaryCall(*stub_, &Stub::ListDigests, v1::ListDigestsRequest())->digests(0);
  get.set_name(digest.name());
  EXPECT_EQ(UnaryCall(*stub_, &Stub::GetDigest, get)->reminders_size(), 1);
  redrive.set_name(digest.deliveries(0).name());
  EXPECT_EQ(ReasonOf(UnaryCall(*stub_, &Stub::RedriveDelivery, redrive).status()), v1::WRONG_STATE);
  EXPECT_EQ(UnaryCall(*stub_, &Stub::ListChannels, v1::ListChannelsRequest())->channels(0).name(), "channels/log");
}

}  // namespace
}  // namespace duban
