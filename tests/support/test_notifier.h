// The one way to build a notification service in a test: its core on a store in memory, a clock that stands still, and
// orders that say only what the test is about. Not thread-safe.

#ifndef DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_
#define DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/store/indexes.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/order.pb.h"
#include "services/notification/notification_core.h"
#include "services/notification/schedule_planner.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban::testing {

// 09:00, when reminders go out by default.
inline absl::Time Nine(std::string_view day) {
  return TimeAt(ParseDay(day).value(), 9 * 60);
}

// What is known of one unit's assignment: the order, which others may share, and this unit's part.
struct Assigned {
  v1::Order order;
  v1::Addressee addressee;
  v1::Oversight oversight;
  v1::Execution execution;

  std::string name() const { return AssignmentName(order.task(), addressee.unit()); }
};

// A task of the city for its health bureau at node `district`, issued on a Monday at 15:00, due by date.
inline Assigned MakeAssigned(std::string_view due = "2024-09-30", std::string_view task = "t3",
                             absl::Time issued = TimeAt(absl::CivilDay(2024, 3, 4), 15 * 60)) {
  Assigned assigned;
  v1::Order& order = assigned.order;
  order.set_task(StrCat("plans/p1/tasks/", task));
  order.set_name(OrderName(order.task()));
  order.set_plan_title("2024年重点工作");
  order.set_table("body");
  order.set_number(3);
  order.set_text("建成社区服务站十个");
  order.set_year(2024);
  order.set_issuer("units/city-office");
  order.set_issuer_display_name("市政府办公室");
  order.set_issuer_node("city");
  *order.mutable_issue_time() = ToProto(issued);
  if (!due.empty()) {
    order.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    order.mutable_deadline()->set_due(std::string(due));
  }
  order.set_version(1);
  assigned.addressee.set_unit("units/health");
  assigned.addressee.set_unit_display_name("区卫健局");
  assigned.addressee.set_unit_node("district");
  assigned.addressee.set_role(v1::Responsibility::LEAD);
  return assigned;
}

inline void Acted(v1::Execution& execution) {
  execution.set_version(execution.version() + 1);
}

inline void Sign(Assigned& assigned, absl::Time when) {
  Acted(assigned.execution);
  assigned.execution.mutable_receipt()->set_signer("张三");
  *assigned.execution.mutable_receipt()->mutable_receive_time() = ToProto(when);
}

inline void Report(Assigned& assigned, absl::Time when) {
  Acted(assigned.execution);
  v1::Report& report = *assigned.execution.add_reports();
  report.set_text("进展");
  *report.mutable_report_time() = ToProto(when);
}

inline void Submit(Assigned& assigned, std::string_view id, absl::Time when, std::string_view period = "") {
  Acted(assigned.execution);
  v1::Submission& submission = *assigned.execution.add_submissions();
  submission.set_submission_id(std::string(id));
  submission.set_period(std::string(period));
  *submission.mutable_submit_time() = ToProto(when);
}

inline void Judge(Assigned& assigned, std::string_view id, v1::Review::Verdict verdict, absl::Time when) {
  assigned.oversight.set_version(assigned.oversight.version() + 1);
  v1::Review& review = *assigned.oversight.add_reviews();
  review.set_submission_id(std::string(id));
  review.set_verdict(verdict);
  review.set_comment("缺少佐证");
  *review.mutable_review_time() = ToProto(when);
}

// An order addressed to `count` units of node `node`, `units/u0` and so on.
inline v1::AddresseeList MakeAddressees(int count, std::string_view node = "city") {
  v1::AddresseeList list;
  for (int i = 0; i < count; ++i) {
    v1::Addressee& addressee = *list.add_addressees();
    addressee.set_unit(StrCat("units/u", i));
    addressee.set_unit_display_name(StrCat("第", i, "街道"));
    addressee.set_unit_node(std::string(node));
    addressee.set_role(v1::Responsibility::RESPONSIBLE);
  }
  return list;
}

// Hands a page of entries from `node` to the hop of `core` that follows `feed`, as the runner does.
inline absl::Status ApplyPage(NotificationCore& core, Store* store, std::string_view feed,
                              const std::vector<v1::FeedEntry>& entries, const std::string& node, absl::Time now) {
  for (const FollowSpec& spec : core.hops().follows) {
    if (spec.feed != feed) continue;
    return store->Run({.method = "follow/test", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
      const EntrySource source{.node = node, .hop = "test", .now = now};
      for (const v1::FeedEntry& entry : entries) DUBAN_RETURN_IF_ERROR(spec.apply(transaction, entry, source));
      return spec.finish_page ? spec.finish_page(transaction, true, source).status() : absl::OkStatus();
    });
  }
  return absl::NotFoundError("no such hop");
}

class TestNotifier {
 public:
  explicit TestNotifier(std::string node = "district", absl::Time now = TimeAt(absl::CivilDay(2024, 3, 4), 15 * 60))
      : clock(now), store("notification", node, &clock), node_(std::move(node)) {
    Restart();
  }

  // Closes everything and opens it again from disk.
  void Restart() {
    core.reset();
    store.Restart();
    core = std::make_unique<NotificationCore>(
        Ports{.store = store.get(), .clock = &clock, .ids = store.ids(), .node = node_});
  }

  absl::Status Apply(std::string_view feed, const std::vector<v1::FeedEntry>& entries) {
    return ApplyPage(*core, store.get(), feed, entries, node_, clock.Now());
  }

  static v1::FeedEntry Entry(std::string_view name, const google::protobuf::Message& value) {
    v1::FeedEntry entry;
    entry.set_entity(std::string(name));
    entry.mutable_payload()->PackFrom(value);
    return entry;
  }

  void Follow(std::string_view feed, std::string_view name, const google::protobuf::Message& value) {
    ASSERT_EQ(Apply(feed, {Entry(name, value)}), absl::OkStatus());
  }

  // An order with everybody it is addressed to, as a page of the feed brings them. The list is named by its content.
  static std::vector<v1::FeedEntry> Entries(v1::Order order, v1::AddresseeList list) {
    list.set_issuer_node(order.issuer_node());
    const std::string_view plan = ParseName(order.task()).plan;
    list.set_name(AddresseeListName(plan, ComputedId("l-", {list.SerializeAsString()})));
    order.set_addressee_list(list.name());
    return {Entry(list.name(), list), Entry(order.name(), order)};
  }

  void Follow(const v1::Order& order, const v1::AddresseeList& list) {
    ASSERT_EQ(Apply("assignment", Entries(order, list)), absl::OkStatus());
  }

  // An order to one unit, and what was done about it.
  void Follow(const Assigned& assigned) {
    v1::AddresseeList list;
    *list.add_addressees() = assigned.addressee;
    std::vector<v1::FeedEntry> entries = Entries(assigned.order, list);
    if (assigned.execution.version() > 0) {
      entries.push_back(Entry(ExecutionName(assigned.name()), assigned.execution));
    }
    if (assigned.oversight.version() > 0) {
      entries.push_back(Entry(OversightName(assigned.name()), assigned.oversight));
    }
    ASSERT_EQ(Apply("assignment", entries), absl::OkStatus());
  }

  void Withdraw(std::string_view feed, std::string_view name) {
    v1::FeedEntry entry;
    entry.set_entity(std::string(name));
    entry.set_withdrawn(true);
    ASSERT_EQ(Apply(feed, {entry}), absl::OkStatus());
  }

  // Everything that nobody calls for, until nothing is left to do.
  void TendAll() {
    while (true) {
      const absl::StatusOr<bool> more = core->Tend();
      ASSERT_TRUE(more.ok()) << more.status();
      if (!*more) return;
    }
  }

  std::string NextRequest() { return StrCat("r-", ++requests_); }

  v1::LeaseRemindersResponse Lease(int max = 0, absl::Duration lease = absl::Minutes(1),
                                   std::string_view recipient = "") {
    v1::LeaseRemindersRequest request;
    request.set_request_id(NextRequest());
    request.set_max_reminders(max);
    request.mutable_lease()->set_seconds(absl::ToInt64Seconds(lease));
    request.set_recipient(std::string(recipient));
    v1::LeaseRemindersResponse response;
    EXPECT_EQ(core->LeaseReminders(Anybody(), request, &response), absl::OkStatus());
    return response;
  }

  absl::StatusOr<v1::Reminder> Confirm(std::string_view name, std::string_view token, std::string_view error = "") {
    v1::ConfirmReminderRequest request;
    request.set_request_id(NextRequest());
    request.set_name(std::string(name));
    request.set_lease_token(std::string(token));
    request.set_error(std::string(error));
    v1::Reminder response;
    DUBAN_RETURN_IF_ERROR(core->ConfirmReminder(Anybody(), request, &response));
    return response;
  }

  absl::StatusOr<v1::ConfirmRemindersResponse> ConfirmAll(const v1::LeaseRemindersResponse& leased,
                                                          std::string_view error = "") {
    v1::ConfirmRemindersRequest request;
    request.set_request_id(NextRequest());
    request.set_lease_token(leased.lease_token());
    for (const v1::Reminder& reminder : leased.reminders()) {
      auto& item = *request.add_items();
      item.set_name(reminder.name());
      item.set_error(std::string(error));
    }
    v1::ConfirmRemindersResponse response;
    DUBAN_RETURN_IF_ERROR(core->ConfirmReminders(Anybody(), request, &response));
    return response;
  }

  v1::Reminder Get(std::string_view name) {
    v1::GetReminderRequest request;
    request.set_name(std::string(name));
    v1::Reminder response;
    EXPECT_EQ(core->GetReminder(Anybody(), request, &response), absl::OkStatus());
    return response;
  }

  // All pages.
  std::vector<v1::Reminder> List(v1::ListRemindersRequest request = {}) {
    std::vector<v1::Reminder> all;
    do {
      v1::ListRemindersResponse response;
      const absl::Status status = core->ListReminders(Anybody(), request, &response);
      EXPECT_EQ(status, absl::OkStatus());
      if (!status.ok()) break;
      all.insert(all.end(), response.reminders().begin(), response.reminders().end());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  std::vector<v1::Reminder> InState(v1::Reminder::State state) {
    v1::ListRemindersRequest request;
    request.set_state(state);
    return List(request);
  }

  // Recounts what is kept by what it is kept of.
  absl::Status Verify() { return VerifyIndexes(*store->TakeSnapshot(), node_, ReminderIndexRows).status(); }

  FakeClock clock;
  TestStore store;
  std::unique_ptr<NotificationCore> core;

 private:
  const std::string node_;
  int requests_ = 0;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_
