#include "tools/bench/office_work.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "duban/v1/node_service.grpc.pb.h"

namespace duban {
namespace {

std::atomic<int64_t> requests = 0;

// Calls a method; what fails ends the program.
template <typename Stub, typename Request, typename Response>
grpc::Status Try(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response* response) {
  grpc::ClientContext context;
  response->Clear();
  return (stub.*method)(&context, request, response);
}

template <typename Stub, typename Request, typename Response>
Response Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  Response response;
  const grpc::Status status = Try(stub, method, request, &response);
  if (!status.ok()) {
    BenchDie(
        StrCat(request.GetDescriptor()->name(), " failed: ", status.error_message(), " (", status.error_code(), ")"));
  }
  return response;
}

using Assignments = v1::AssignmentService::Stub;

// Runs `work` on as many threads, each with a connection of its own, and times them together.
Rate Together(BenchNode& node, int workers, const std::function<int64_t(int worker, Assignments& stub)>& work) {
  std::vector<std::unique_ptr<Assignments>> stubs;
  for (int i = 0; i < workers; ++i) stubs.push_back(v1::AssignmentService::NewStub(OpenConnection(node)));
  std::atomic<int64_t> count = 0;
  const absl::Duration used = node.Use().processor_time;
  const absl::Duration begin = RealClock().Steady();
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] { count += work(i, *stubs[static_cast<size_t>(i)]); });
  }
  for (std::thread& thread : threads) thread.join();
  Rate rate;
  rate.seconds = absl::ToDoubleSeconds(RealClock().Steady() - begin);
  rate.count = count;
  rate.processor_time = node.Use().processor_time - used;
  return rate;
}

// The median of the times of `calls` calls, and the server's time for each.
Latency TimeCalls(BenchNode& node, int calls, const std::function<void(int)>& call) {
  for (int i = 0; i < std::min(calls, 20); ++i) call(i);
  std::vector<absl::Duration> times;
  const absl::Duration used = node.Use().processor_time;
  for (int i = 0; i < calls; ++i) {
    const absl::Duration begin = RealClock().Steady();
    call(i);
    times.push_back(RealClock().Steady() - begin);
  }
  std::nth_element(times.begin(), times.begin() + calls / 2, times.end());
  return {times[static_cast<size_t>(calls / 2)], (node.Use().processor_time - used) / calls};
}

v1::ListAssignmentsResponse Page(BenchNode& node, const v1::AssignmentFilter& filter, int size) {
  v1::ListAssignmentsRequest request;
  *request.mutable_filter() = filter;
  request.set_page_size(size);
  return Call(node.assignments(), &Assignments::ListAssignments, request);
}

}  // namespace

std::string UnitName(int index) {
  return StrCat("units/u", index);
}

std::string NextRequest() {
  return StrCat("bench-", ++requests);
}

std::shared_ptr<grpc::Channel> OpenConnection(BenchNode& node) {
  std::shared_ptr<grpc::Channel> channel = node.Connect();
  v1::AssignmentService::Stub stub(channel);
  v1::GetBoardRequest request;
  request.set_group_by(v1::GetBoardRequest::PLAN);
  Call(stub, &Assignments::GetBoard, request);
  return channel;
}

void MakeUnits(BenchNode& node, int units) {
  using Directory = v1::DirectoryService::Stub;
  std::string csv = "编号,名称,类别,上级\noffice,市政府,政府,\n";
  for (int i = 0; i < units; ++i) StrAppend(&csv, "u", i, ",第", i, "街道,街道,市政府\n");
  v1::ImportDirectoryRequest import;
  import.set_request_id(NextRequest());
  import.set_content(csv);
  Call(node.directory(), &Directory::ImportDirectory, import);
  v1::CreateUnitGroupRequest create;
  create.set_request_id(NextRequest());
  create.set_group_id("all");
  create.mutable_group()->set_display_name("各街道");
  v1::UnitGroup::Selection& selection = *create.mutable_group()->add_selections();
  selection.set_superior("units/office");
  selection.add_kinds(v1::Unit::STREET);
  Call(node.directory(), &Directory::CreateUnitGroup, create);
}

std::string Draft(BenchNode& node, const std::string& id, int tasks) {
  v1::CreatePlanRequest create;
  create.set_request_id(NextRequest());
  create.set_plan_id(id);
  create.set_unit("units/office");
  create.mutable_plan()->set_title(StrCat("2024年", id, "重点工作分工方案"));
  create.mutable_plan()->set_year(2024);
  for (int i = 0; i < tasks; ++i) {
    v1::Task& task = *create.mutable_plan()->add_tasks();
    task.add_headings(StrCat("第", i % 10 + 1, "部分"));
    task.set_text(
        StrCat("第", i + 1, "项：梳理本单位事项清单，逐项明确责任人和完成时限，按月自查，年底前形成总结材料。"));
    task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task.mutable_deadline()->set_due(kBenchDue);
    task.mutable_deadline()->set_printed("12月底前");
    v1::Responsibility& all = *task.add_responsibilities();
    all.set_unit("各街道");
    all.set_printed("各街道");
    all.set_role(v1::Responsibility::RESPONSIBLE);
    all.set_collective(true);
  }
  return Call(node.plans(), &v1::PlanService::Stub::CreatePlan, create).name();
}

absl::Duration Publish(BenchNode& node, const std::string& plan, int64_t assignments) {
  v1::PublishPlanRequest publish;
  publish.set_request_id(NextRequest());
  publish.set_name(plan);
  publish.set_issuer("units/office");
  v1::GetBoardRequest board;
  board.set_group_by(v1::GetBoardRequest::PLAN);
  board.mutable_filter()->set_plan(plan);
  const absl::Duration begin = RealClock().Steady();
  Call(node.plans(), &v1::PlanService::Stub::PublishPlan, publish);
  while (Call(node.assignments(), &Assignments::GetBoard, board).total().counts().issued() < assignments) {
    if (RealClock().Steady() - begin > absl::Minutes(5)) BenchDie(StrCat(plan, " was not issued within five minutes"));
  }
  return RealClock().Steady() - begin;
}

namespace {

// All assignments of a unit in one state.
v1::ListAssignmentsResponse AllOf(Assignments& stub, const std::string& unit, v1::Assignment::State state) {
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_unit(unit);
  request.mutable_filter()->set_state(state);
  request.set_page_size(500);
  const auto page = Call(stub, &Assignments::ListAssignments, request);
  if (!page.next_page_token().empty()) BenchDie(StrCat(unit, " has more than a page to carry through"));
  return page;
}

void Settled(const google::protobuf::RepeatedPtrField<v1::ActResult>& results) {
  for (const v1::ActResult& result : results) {
    if (result.has_error()) BenchDie(StrCat(result.name(), ": ", result.error().message()));
  }
}

void ReportAndSubmit(Assignments& stub, const std::string& unit) {
  v1::SubmitResultsRequest submit;
  submit.set_request_id(NextRequest());
  const auto signed_for = AllOf(stub, unit, v1::Assignment::RECEIVED);
  for (const v1::Assignment& duty : signed_for.assignments()) {
    v1::ReportProgressRequest report;
    report.set_request_id(NextRequest());
    report.set_name(duty.name());
    report.mutable_report()->set_text(
        "已完成事项清单梳理，明确责任人12名，本月自查问题3个，已整改2个，其余月底前完成。");
    report.mutable_report()->set_percent(60);
    report.mutable_report()->set_reporter("王一");
    Call(stub, &Assignments::ReportProgress, report);
    auto& item = *submit.add_items();
    item.set_name(duty.name());
    item.mutable_submission()->set_text("全年任务已完成，清单、台账和总结材料已归档，自查发现的问题全部整改到位。");
    item.mutable_submission()->set_submitter("王一");
  }
  Settled(Call(stub, &Assignments::SubmitResults, submit).results());
}

int64_t Accept(Assignments& stub, const std::string& unit) {
  v1::ReviewSubmissionsRequest review;
  review.set_request_id(NextRequest());
  review.set_reviewer("李二");
  const auto handed_in = AllOf(stub, unit, v1::Assignment::UNDER_REVIEW);
  for (const v1::Assignment& duty : handed_in.assignments()) {
    auto& item = *review.add_items();
    item.set_name(duty.name());
    item.set_submission_id(duty.execution().submissions(0).submission_id());
    item.set_verdict(v1::Review::ACCEPTED);
    item.set_comment("同意办结。");
  }
  Settled(Call(stub, &Assignments::ReviewSubmissions, review).results());
  return review.items_size();
}

}  // namespace

int64_t CarryThrough(BenchNode& node, int units, int workers) {
  PullAndSign(node, units, workers, 100, INT64_MAX);
  return Together(node, workers,
                  [&](int worker, Assignments& stub) {
                    int64_t accepted = 0;
                    for (int unit = worker; unit < units; unit += workers) {
                      ReportAndSubmit(stub, UnitName(unit));
                      accepted += Accept(stub, UnitName(unit));
                    }
                    return accepted;
                  })
      .count;
}

Latency TimeGet(BenchNode& node, int units, int calls) {
  std::vector<std::string> names;
  for (int unit = 0; unit < std::min(units, 50); ++unit) {
    v1::AssignmentFilter filter;
    filter.set_unit(UnitName(unit));
    const v1::ListAssignmentsResponse page = Page(node, filter, 20);
    for (const v1::Assignment& one : page.assignments()) names.push_back(one.name());
  }
  return TimeCalls(node, calls, [&](int i) {
    v1::GetAssignmentRequest request;
    request.set_name(names[static_cast<size_t>(i) * 7919 % names.size()]);
    Call(node.assignments(), &Assignments::GetAssignment, request);
  });
}

Latency TimePage(BenchNode& node, const v1::AssignmentFilter& filter, int calls) {
  return TimeCalls(node, calls, [&](int) { Page(node, filter, 100); });
}

Latency TimeBoard(BenchNode& node, v1::GetBoardRequest::GroupBy group_by, int calls) {
  return TimeCalls(node, calls, [&](int) {
    v1::GetBoardRequest request;
    request.set_group_by(group_by);
    Call(node.assignments(), &Assignments::GetBoard, request);
  });
}

void AwaitHops(BenchNode& node) {
  const std::unique_ptr<v1::NodeService::Stub> stub = v1::NodeService::NewStub(node.Connect());
  const absl::Duration begin = RealClock().Steady();
  const auto behind = [&] {
    const auto status = Call(*stub, &v1::NodeService::Stub::GetNodeStatus, v1::GetNodeStatusRequest());
    return std::any_of(status.hops().begin(), status.hops().end(), [](const auto& hop) { return !hop.at_head(); });
  };
  while (behind()) {
    if (RealClock().Steady() - begin > absl::Minutes(5)) BenchDie("the services do not follow each other");
  }
}

namespace {

using Reminders = v1::NotificationService::Stub;

// Leases a bulk and confirms it; returns how many there were.
int64_t LeaseAndConfirmOnce(Reminders& stub, int bulk) {
  v1::LeaseRemindersRequest lease;
  lease.set_request_id(NextRequest());
  lease.set_max_reminders(bulk);
  const auto leased = Call(stub, &Reminders::LeaseReminders, lease);
  if (leased.reminders().empty()) return 0;
  v1::ConfirmRemindersRequest confirm;
  confirm.set_request_id(NextRequest());
  confirm.set_lease_token(leased.lease_token());
  for (const v1::Reminder& reminder : leased.reminders()) confirm.add_items()->set_name(reminder.name());
  const auto confirmed = Call(stub, &Reminders::ConfirmReminders, confirm);
  for (const auto& result : confirmed.results()) {
    if (result.has_error()) BenchDie(StrCat("confirming ", result.name(), " failed: ", result.error().message()));
  }
  return confirmed.results_size();
}

}  // namespace

int64_t LeaseOnce(BenchNode& node) {
  const absl::Duration begin = RealClock().Steady();
  while (true) {
    if (const int64_t count = LeaseAndConfirmOnce(node.reminders(), 1); count > 0) return count;
    if (RealClock().Steady() - begin > absl::Minutes(1)) BenchDie("no reminder is due");
  }
}

Rate LeaseAndConfirm(BenchNode& node, int jobs, int bulk) {
  return Together(node, jobs, [&](int, Assignments&) {
    const std::unique_ptr<Reminders> stub = v1::NotificationService::NewStub(node.Connect());
    int64_t done = 0;
    // Reminders come into being in steps, so one empty answer is not the end.
    for (int empty = 0; empty < 20;) {
      const int64_t count = LeaseAndConfirmOnce(*stub, bulk);
      empty = count == 0 ? empty + 1 : 0;
      done += count;
    }
    return done;
  });
}

}  // namespace duban
