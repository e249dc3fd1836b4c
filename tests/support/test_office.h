// The assignment service of one node in a test: its logic and its real hops, in memory, without threads or gRPC. A
// store with what a plan service would have in its feed stands beside it.

#ifndef DUBAN_TESTS_SUPPORT_TEST_OFFICE_H_
#define DUBAN_TESTS_SUPPORT_TEST_OFFICE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/feed/feed_server.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "common/store/backup.h"
#include "common/store/indexes.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/assignment_core.h"
#include "services/assignment/assignment_logic.h"
#include "services/assignment/change.h"
#include "services/assignment/restand.h"
#include "tests/support/direct_peer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_store.h"

namespace duban::testing {

// Not thread-safe. The clock outlives it.
class TestOffice {
 public:
  TestOffice(std::string node, FakeClock* clock)
      : node_(std::move(node)),
        clock_(clock),
        plans_("plan", node_, clock),
        store_("assignment", node_, clock),
        ids_(std::make_unique<FakeIds>()) {
    Begin();
  }

  AssignmentCore& core() { return logic_->core(); }
  EvidenceCore& evidence() { return logic_->evidence(); }
  Store* store() { return store_.get(); }
  const std::string& node() const { return node_; }
  Ports ports() {
    Ports ports = {store_.get(), clock_, ids_.get(), node_};
    ports.files_dir = files_dir_;
    ports.issue_step = issue_step_;
    if (files_to_ != nullptr) ports.evidence_above[files_to_->node()] = std::make_shared<FilesPeer>(files_to_);
    return ports;
  }

  // Keeps files in a folder of the machine from now on, and hands up what `upstream`, where there is one, asks for.
  void KeepFilesIn(const std::string& folder, TestOffice* upstream = nullptr) {
    files_dir_ = folder;
    files_to_ = upstream;
    End();
    Begin();
  }

  // Closes the store and opens it again, with a new core and new hops.
  void Restart() {
    End();
    store_.Restart();
    Begin();
  }

  // Copies the assignment store; puts what was copied last in its place, as a restore from a backup does.
  void BackUp() {
    copy_ = StrCat("/copy-", ++copies_);
    const auto copied = CopyStore(*store_.get(), copy_);
    ASSERT_TRUE(copied.ok()) << copied.status();
  }
  void RestoreBackup() {
    End();
    store_.Close();
    store_.options().path = StrCat("/restored-", ++copies_);
    const auto restored = RestoreStore(store_.options(), copy_);
    ASSERT_TRUE(restored.ok()) << restored.status();
    store_.Open();
    Begin();
  }

  // Puts an entity into the plan service's feed.
  void Tell(const std::string& name, const google::protobuf::Message& value) {
    ASSERT_TRUE(
        plans_
            ->Run({"test", ""},
                  [&](Transaction& tx) { return tx.Put(name, value, {ServiceAudience("assignment")}).status(); })
            .ok());
  }
  void Tell(const v1::Unit& unit) { Tell(unit.name(), unit); }
  void Tell(const v1::UnitGroup& group) { Tell(group.name(), group); }
  void Tell(const v1::Plan& plan) { Tell(plan.name(), plan); }
  void Tell(const v1::Calendar& calendar) { Tell(calendar.name(), calendar); }
  void TellGone(const std::string& name) {
    ASSERT_TRUE(plans_->Run({"test", ""}, [&](Transaction& tx) { return tx.Delete(name); }).ok());
  }

  // Issues so many assignments in one write from now on, and what is more in steps.
  void IssueInStepsOf(size_t most) {
    issue_step_ = most;
    End();
    Begin();
  }

  // Takes one page of the plan service's feed, or goes on with what waited for its head. Returns whether there is more.
  absl::StatusOr<bool> FollowPlansOnce() {
    FollowHop hop("plan_to_assignment", node_, hops_.follows[0], store_.get(), clock_);
    DUBAN_ASSIGN_OR_RETURN(const v1::FetchRequest request, hop.Prepare(absl::ZeroDuration()));
    const FeedSpec spec{"plan", plans_.get(), DefaultAudiences, {}};
    return hop.Deliver(FeedServer(spec, clock_).TryFetch(request));
  }

  // What verification says of the plan service's feed and what is held here of it.
  v1::NodeCheck ComparePlans() {
    FeedServer server({"plan", plans_.get(), DefaultAudiences, {}}, clock_);
    DirectPeer peer(&server);
    return FollowHop("plan_to_assignment", node_, hops_.follows[0], store_.get(), clock_).Compare(peer);
  }

  // Follows the plan service to the head of its feed, `max_bytes` a page.
  absl::Status FollowPlans(int max_bytes = 0) {
    const FeedSpec spec{"plan", plans_.get(), DefaultAudiences, {}};
    return Follow(hops_.follows[0], "plan_to_assignment", node_, FeedServer(spec, clock_), max_bytes);
  }

  // Exchanges with a node above until neither has anything new: its orders down, `max_bytes` a page, then what was done
  // up.
  absl::Status Exchange(TestOffice& upstream, int max_bytes = 0) {
    DUBAN_RETURN_IF_ERROR(FollowOrders(upstream, max_bytes));
    return OfferTo(upstream);
  }

  absl::Status FollowOrders(TestOffice& upstream, int max_bytes = 0) {
    const FeedServer server(upstream.hops_.feeds[0], clock_);
    return Follow(hops_.follows[1], StrCat(upstream.node_, "_assignment"), upstream.node_, server, max_bytes);
  }

  absl::Status OfferTo(TestOffice& upstream) {
    FeedServer server(upstream.hops_.feeds[0], clock_);
    OfferHop offer("assignment", node_, upstream.node_, store_.get());
    while (true) {
      DUBAN_ASSIGN_OR_RETURN(std::optional<v1::OfferRequest> request, offer.Prepare());
      if (!request.has_value()) return absl::OkStatus();
      v1::OfferResponse response;
      const absl::Status status = server.Offer(*request, &response);
      DUBAN_RETURN_IF_ERROR(offer.Deliver(status.ok() ? absl::StatusOr<v1::OfferResponse>(response) : status));
    }
  }

  // Verification finds nothing between this node and one above: what was followed, and what was offered.
  void ExpectAgreesWith(TestOffice& upstream) {
    FeedServer server(upstream.hops_.feeds[0], clock_);
    DirectPeer peer(&server);
    const FollowHop follow(StrCat(upstream.node_, "_assignment"), upstream.node_, hops_.follows[1], store_.get(),
                           clock_);
    const OfferHop offer("assignment", node_, upstream.node_, store_.get(), hops_.offers[0].held_above);
    for (const v1::NodeCheck& check : {follow.Compare(peer), offer.Compare(peer)}) {
      EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << node_ << ": " << check.ShortDebugString();
    }
  }

  // Applies one entry as if it came from a neighbour.
  absl::Status Apply(const ApplyEntry& apply, const std::string& from, const v1::FeedEntry& entry) {
    return store_->Run({"test", ""}, [&](Transaction& tx) {
      return apply(tx, entry, EntrySource{from, "test", clock_->Now()});
    });
  }
  absl::Status ApplyFromAbove(const std::string& from, const v1::FeedEntry& entry) {
    return Apply(hops_.follows[1].apply, from, entry);
  }
  absl::Status ApplyFromBelow(const std::string& from, const v1::FeedEntry& entry) {
    return Apply(hops_.feeds[0].apply_offer, from, entry);
  }

  // One step of looking again at how assignments stand; returns whether there may be more.
  bool Restand() { return logic_->chores().at(0).step(); }

  // What is kept for lists, boards and pulls is what the records ask for.
  void ExpectKeptRowsAreTrue() {
    const absl::StatusOr<int64_t> rows = VerifyIndexes(*store_->TakeSnapshot(), node_, AssignmentIndexRows);
    EXPECT_TRUE(rows.ok()) << node_ << ": " << rows.status();
  }

  // What is stored of a kind under `prefix`, by name.
  template <typename Entity>
  std::vector<Entity> Stored(const std::string& prefix = "plans/") {
    std::vector<Entity> all;
    const absl::Status status =
        store_->TakeSnapshot()->Scan<Entity>(prefix, {}, [&](std::string_view, duban::Stored<Entity> stored) {
          all.push_back(std::move(stored.value));
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  // The addressees of an order, as stored.
  std::vector<v1::Addressee> AddresseesOf(const v1::Order& order) {
    const auto list = store_->TakeSnapshot()->Need<v1::AddresseeList>(order.addressee_list());
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    return {list->value.addressees().begin(), list->value.addressees().end()};
  }

  // Every order names a list that is there, and every list of this node's own is named by an order. Others are there as
  // long as their issuers have them, and those are returned.
  std::set<std::string> ExpectListsAreNamed() {
    std::set<std::string> named, own, others;
    for (const v1::Order& order : Stored<v1::Order>()) named.insert(order.addressee_list());
    for (const v1::AddresseeList& list : Stored<v1::AddresseeList>()) {
      const bool kept = ParseName(list.name()).id.starts_with(kKeptList);
      (kept || list.issuer_node() == node_ ? own : others).insert(list.name());
    }
    for (const std::string& list : named) EXPECT_TRUE(own.contains(list) || others.contains(list)) << node_ << list;
    for (const std::string& list : own) EXPECT_TRUE(named.contains(list)) << node_ << list;
    return others;
  }

  // Every assignment there is, found by orders and their addressees and not by what is kept of them; read one by one.
  std::vector<v1::Assignment> All() {
    std::vector<v1::Assignment> all;
    for (const v1::Order& order : Stored<v1::Order>()) {
      for (const v1::Addressee& addressee : AddresseesOf(order)) {
        all.push_back(Get(AssignmentName(order.task(), addressee.unit())));
      }
    }
    return all;
  }

  // Everything this node has, in list order.
  std::vector<v1::Assignment> List(const v1::AssignmentFilter& filter = {}) {
    std::vector<v1::Assignment> all;
    v1::ListAssignmentsRequest request;
    *request.mutable_filter() = filter;
    do {
      v1::ListAssignmentsResponse response;
      const absl::Status status = core().ListAssignments(Anybody(), request, &response);
      EXPECT_TRUE(status.ok()) << status;
      all.insert(all.end(), response.assignments().begin(), response.assignments().end());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  v1::Assignment Get(const std::string& name) {
    v1::GetAssignmentRequest request;
    request.set_name(name);
    v1::Assignment assignment;
    const absl::Status status = core().GetAssignment(Anybody(), request, &assignment);
    EXPECT_TRUE(status.ok()) << status;
    return assignment;
  }

  // The only assignment of a unit.
  v1::Assignment OnlyOf(const std::string& unit) {
    v1::AssignmentFilter filter;
    filter.set_unit(unit);
    const std::vector<v1::Assignment> found = List(filter);
    EXPECT_EQ(found.size(), 1u) << unit;
    return found.empty() ? v1::Assignment() : found.front();
  }

  // The walk of a unit, each with a request id of its own; failures fail the test.
  v1::PullAssignmentsResponse Pull(const std::string& unit, int most = 0) {
    v1::PullAssignmentsResponse response;
    const absl::Status status = core().PullAssignments(Anybody(), PullOf(unit, most), &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  v1::Assignment Receive(const std::string& name, const std::string& token) {
    v1::Assignment assignment;
    const absl::Status status = core().ReceiveAssignment(Anybody(), ReceiptOf(name, token), &assignment);
    EXPECT_TRUE(status.ok()) << status;
    return assignment;
  }
  // Pulls and signs for up to fifty assignments of a unit, one by one.
  void SignAll(const std::string& unit) {
    const v1::PullAssignmentsResponse pulled = Pull(unit);
    for (const v1::Assignment& assignment : pulled.assignments()) Receive(assignment.name(), pulled.lease_token());
  }
  v1::Assignment Report(const std::string& name, int percent = 50) {
    v1::Assignment assignment;
    const absl::Status status = core().ReportProgress(Anybody(), ReportOf(name, percent), &assignment);
    EXPECT_TRUE(status.ok()) << status;
    return assignment;
  }
  v1::Assignment Submit(const std::string& name, const std::string& period = "") {
    v1::SubmitResultRequest request = SubmissionOf(name);
    request.mutable_submission()->set_period(period);
    v1::Assignment assignment;
    const absl::Status status = core().SubmitResult(Anybody(), request, &assignment);
    EXPECT_TRUE(status.ok()) << status;
    return assignment;
  }
  // Judges what was handed in last.
  v1::Assignment Review(const std::string& name, v1::Review::Verdict verdict) {
    v1::Assignment assignment;
    const absl::Status status =
        core().ReviewSubmission(Anybody(), ReviewOf(name, LastSubmission(name), verdict), &assignment);
    EXPECT_TRUE(status.ok()) << status;
    return assignment;
  }
  // The id of what was handed in last; empty where that is nothing.
  std::string LastSubmission(const std::string& name) {
    const v1::Assignment assignment = Get(name);
    const auto& submissions = assignment.execution().submissions();
    return submissions.empty() ? "" : submissions.rbegin()->submission_id();
  }

  // Requests that are right but for what a test changes.
  v1::PullAssignmentsRequest PullOf(const std::string& unit, int most = 0) {
    v1::PullAssignmentsRequest request;
    request.set_request_id(NextRequest());
    request.set_unit(unit);
    request.set_max_assignments(most);
    return request;
  }
  v1::ReceiveAssignmentRequest ReceiptOf(const std::string& name, const std::string& token) {
    v1::ReceiveAssignmentRequest request;
    request.set_request_id(NextRequest());
    request.set_name(name);
    request.set_lease_token(token);
    request.set_signer("王一");
    return request;
  }
  v1::ReceiveAssignmentsRequest ReceiptsOf(const std::vector<std::string>& names, const std::string& token) {
    v1::ReceiveAssignmentsRequest request;
    request.set_request_id(NextRequest());
    request.mutable_names()->Add(names.begin(), names.end());
    request.set_lease_token(token);
    request.set_signer("王一");
    return request;
  }
  v1::ReportProgressRequest ReportOf(const std::string& name, int percent = 50) {
    v1::ReportProgressRequest request;
    request.set_request_id(NextRequest());
    request.set_name(name);
    request.mutable_report()->set_text("已完成一半");
    request.mutable_report()->set_percent(percent);
    request.mutable_report()->set_reporter("王一");
    return request;
  }
  v1::SubmitResultRequest SubmissionOf(const std::string& name) {
    v1::SubmitResultRequest request;
    request.set_request_id(NextRequest());
    request.set_name(name);
    request.mutable_submission()->set_text("已全部完成");
    request.mutable_submission()->set_submitter("王一");
    return request;
  }
  v1::SubmitResultsRequest SubmissionsOf(const std::vector<std::string>& names) {
    v1::SubmitResultsRequest request;
    request.set_request_id(NextRequest());
    for (const std::string& name : names) {
      v1::SubmitResultsRequest::Item& item = *request.add_items();
      item.set_name(name);
      *item.mutable_submission() = SubmissionOf(name).submission();
    }
    return request;
  }
  // Of what was handed in last.
  v1::ReviewSubmissionsRequest ReviewsOf(const std::vector<std::string>& names, v1::Review::Verdict verdict) {
    v1::ReviewSubmissionsRequest request;
    request.set_request_id(NextRequest());
    request.set_reviewer("李二");
    for (const std::string& name : names) {
      v1::ReviewSubmissionsRequest::Item& item = *request.add_items();
      item.set_name(name);
      item.set_submission_id(LastSubmission(name));
      item.set_verdict(verdict);
      item.set_comment(verdict == v1::Review::RETURNED ? "缺少佐证材料" : "");
    }
    return request;
  }
  v1::ReviewSubmissionRequest ReviewOf(const std::string& name, const std::string& submission,
                                       v1::Review::Verdict verdict) {
    v1::ReviewSubmissionRequest request;
    request.set_request_id(NextRequest());
    request.set_name(name);
    request.set_submission_id(submission);
    request.set_verdict(verdict);
    request.set_comment(verdict == v1::Review::RETURNED ? "缺少佐证材料" : "");
    request.set_reviewer("李二");
    return request;
  }
  std::string NextRequest() { return StrCat("request-", ++requests_); }

 private:
  // Another office, as files are handed up to it.
  class FilesPeer final : public EvidencePeer {
   public:
    explicit FilesPeer(TestOffice* office) : office_(office) {}
    absl::StatusOr<v1::HandUpEvidenceResponse> HandUp(const v1::HandUpEvidenceRequest& request) override {
      v1::HandUpEvidenceResponse response;
      DUBAN_RETURN_IF_ERROR(office_->evidence().HandUpEvidence(Anybody(), request, &response));
      return response;
    }
    void Cancel() override {}

   private:
    TestOffice* const office_;
  };

  void Begin() {
    logic_ = std::make_unique<AssignmentLogic>(ports());
    hops_ = logic_->hops();
    logic_->Begin();
  }
  void End() {
    hops_ = {};
    logic_.reset();
  }

  absl::Status Follow(FollowSpec spec, const std::string& name, const std::string& from, const FeedServer& server,
                      int max_bytes) {
    FollowHop hop(name, from, std::move(spec), store_.get(), clock_);
    do {
      DUBAN_ASSIGN_OR_RETURN(v1::FetchRequest request, hop.Prepare(absl::ZeroDuration()));
      request.set_max_bytes(max_bytes);
      DUBAN_RETURN_IF_ERROR(hop.Deliver(server.TryFetch(request)).status());
    } while (!hop.at_head());
    return absl::OkStatus();
  }

  const std::string node_;
  FakeClock* const clock_;
  TestStore plans_;
  TestStore store_;
  std::unique_ptr<FakeIds> ids_;
  std::unique_ptr<AssignmentLogic> logic_;
  HopSpecs hops_;
  size_t issue_step_ = kIssueStep;
  int requests_ = 0;
  int copies_ = 0;
  std::string copy_;
  std::string files_dir_;
  TestOffice* files_to_ = nullptr;
};

// `units/<id>`, at `node` where that is not empty, under `superior` where that is not empty.
inline v1::Unit MakeUnit(const std::string& id, v1::Unit::Kind kind = v1::Unit::DEPARTMENT,
                         const std::string& superior = "", const std::string& node = "") {
  v1::Unit unit;
  unit.set_name(StrCat("units/", id));
  unit.set_display_name(StrCat("单位", id));
  unit.set_kind(kind);
  unit.set_node(node);
  if (!superior.empty()) unit.add_superiors()->set_unit(StrCat("units/", superior));
  return unit;
}

// A published plan of `units/office` without tasks.
inline v1::Plan MakePlan(const std::string& id, const std::string& node, const std::string& day) {
  v1::Plan plan;
  plan.set_name(StrCat("plans/", id));
  plan.set_title(StrCat("计划", id));
  plan.set_state(v1::Plan::PUBLISHED);
  plan.set_revision(1);
  plan.set_issuer("units/office");
  plan.set_owner_node(node);
  plan.set_publish_date(day);
  const absl::CivilDay published = ParseDay(day).value();
  plan.set_year(static_cast<int>(published.year()));
  *plan.mutable_publish_time() = ToProto(TimeAt(published, 9 * 60));
  return plan;
}

// Adds a task with the next number, addressed to no one yet.
inline v1::Task* AddTask(v1::Plan& plan, const std::string& due = "") {
  const int number = plan.tasks_size() + 1;
  v1::Task* task = plan.add_tasks();
  task->set_task_id(StrCat("body-", number));
  task->set_name(StrCat(plan.name(), "/tasks/body-", number));
  task->set_table("body");
  task->set_number(number);
  task->add_headings("一、总则");
  task->set_text(StrCat("任务", number));
  if (!due.empty()) {
    task->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task->mutable_deadline()->set_due(due);
  }
  return task;
}

// Addresses a task to a unit or group by its resource name, as publishing leaves it.
inline v1::Responsibility* Address(v1::Task* task, const std::string& resolved,
                                   v1::Responsibility::Role role = v1::Responsibility::RESPONSIBLE) {
  v1::Responsibility* entry = task->add_responsibilities();
  entry->set_printed(StrCat("「", resolved, "」"));
  entry->set_unit(resolved);
  entry->set_role(role);
  entry->set_resolved(resolved);
  entry->set_collective(resolved.starts_with("groups/"));
  return entry;
}

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_OFFICE_H_
