// The one way to build a notification service in a test: its core on a store in memory, a clock that stands still, and
// assignments that say only what the test is about. Not thread-safe.

#ifndef DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_
#define DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/notification_core.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban::testing {

// 09:00, when reminders go out by default.
inline absl::Time Nine(std::string_view day) {
  return TimeAt(ParseDay(day).value(), 9 * 60);
}

// An assignment of the city for its health bureau at node `district`, issued on a Monday at 15:00, due by date.
inline v1::Assignment MakeAssignment(std::string_view due = "2024-09-30", std::string_view id = "a1",
                                     absl::Time issued = TimeAt(absl::CivilDay(2024, 3, 4), 15 * 60)) {
  v1::Assignment assignment;
  assignment.set_name(StrCat("assignments/", id));
  assignment.set_task("plans/p1/tasks/t3");
  assignment.set_plan_title("2024年重点工作");
  assignment.set_table("body");
  assignment.set_number(3);
  assignment.set_text("建成社区服务站十个");
  assignment.set_unit("units/health");
  assignment.set_unit_display_name("区卫健局");
  assignment.set_unit_node("district");
  assignment.set_role(v1::Responsibility::LEAD);
  assignment.set_year(2024);
  assignment.set_issuer("units/city-office");
  assignment.set_issuer_display_name("市政府办公室");
  assignment.set_issuer_node("city");
  *assignment.mutable_issue_time() = ToProto(issued);
  if (!due.empty()) {
    assignment.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    assignment.mutable_deadline()->set_due(std::string(due));
  }
  assignment.set_version(1);
  return assignment;
}

inline void Sign(v1::Assignment& assignment, absl::Time when) {
  assignment.mutable_execution()->set_assignment(assignment.name());
  assignment.mutable_execution()->mutable_receipt()->set_signer("张三");
  *assignment.mutable_execution()->mutable_receipt()->mutable_receive_time() = ToProto(when);
}

inline void Submit(v1::Assignment& assignment, std::string_view id, absl::Time when, std::string_view period = "") {
  v1::Submission& submission = *assignment.mutable_execution()->add_submissions();
  submission.set_submission_id(std::string(id));
  submission.set_period(std::string(period));
  *submission.mutable_submit_time() = ToProto(when);
}

inline void Judge(v1::Assignment& assignment, std::string_view id, v1::Review::Verdict verdict, absl::Time when) {
  v1::Review& review = *assignment.add_reviews();
  review.set_submission_id(std::string(id));
  review.set_verdict(verdict);
  *review.mutable_review_time() = ToProto(when);
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

  // Hands a page of entries to the hop that follows `feed`, as the runner does.
  absl::Status Apply(std::string_view feed, const std::vector<v1::FeedEntry>& entries) {
    for (const FollowSpec& spec : core->hops().follows) {
      if (spec.feed != feed) continue;
      return store->Run({.method = "follow/test", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
        const EntrySource source{.node = node_, .hop = "test", .now = clock.Now()};
        PageEnd end{.at_head = true};
        for (const v1::FeedEntry& entry : entries) {
          DUBAN_RETURN_IF_ERROR(spec.apply(transaction, entry, source));
          end.names.insert(entry.entity());
        }
        return spec.finish_page ? spec.finish_page(transaction, end, source) : absl::OkStatus();
      });
    }
    return absl::NotFoundError("no such hop");
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

  // Both halves, as one page of the feed brings them.
  void Follow(v1::Assignment assignment) {
    const v1::Execution execution = assignment.execution();
    std::vector<v1::FeedEntry> entries;
    if (assignment.has_execution()) entries.push_back(Entry(StrCat(assignment.name(), "/execution"), execution));
    assignment.clear_execution();
    entries.push_back(Entry(assignment.name(), assignment));
    ASSERT_EQ(Apply("assignment", entries), absl::OkStatus());
  }

  void Withdraw(std::string_view feed, std::string_view name) {
    v1::FeedEntry entry;
    entry.set_entity(std::string(name));
    entry.set_withdrawn(true);
    ASSERT_EQ(Apply(feed, {entry}), absl::OkStatus());
  }

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
    EXPECT_EQ(core->LeaseReminders(request, &response), absl::OkStatus());
    return response;
  }

  absl::StatusOr<v1::Reminder> Confirm(std::string_view name, std::string_view token, std::string_view error = "") {
    v1::ConfirmReminderRequest request;
    request.set_request_id(NextRequest());
    request.set_name(std::string(name));
    request.set_lease_token(std::string(token));
    request.set_error(std::string(error));
    v1::Reminder response;
    DUBAN_RETURN_IF_ERROR(core->ConfirmReminder(request, &response));
    return response;
  }

  v1::Reminder Get(std::string_view name) {
    v1::GetReminderRequest request;
    request.set_name(std::string(name));
    v1::Reminder response;
    EXPECT_EQ(core->GetReminder(request, &response), absl::OkStatus());
    return response;
  }

  // All pages.
  std::vector<v1::Reminder> List(v1::ListRemindersRequest request = {}) {
    std::vector<v1::Reminder> all;
    do {
      v1::ListRemindersResponse response;
      const absl::Status status = core->ListReminders(request, &response);
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

  FakeClock clock;
  TestStore store;
  std::unique_ptr<NotificationCore> core;

 private:
  const std::string node_;
  int requests_ = 0;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_NOTIFIER_H_
