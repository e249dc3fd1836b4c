// `duban node jobs`, `follow`, `cancel`: long work of the servers, found again.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/node_service.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/node_jobs.h"

namespace duban::cli {
namespace {

std::string ProgressWords(const v1::Job& job) {
  if (job.state() == v1::Job::DONE || job.progress().total() == 0) return "";
  return StrCat(job.progress().done(), "/", job.progress().total());
}

absl::Status List(Session& session) {
  v1::ListJobsResponse all;
  for (const Peer peer : DistinctPeers(session.Servers())) {
    v1::ListJobsRequest request;
    v1::ListJobsResponse list;
    DUBAN_RETURN_IF_ERROR(session.CallAt(peer, "NodeService/ListJobs", &request, &list));
    all.MergeFrom(list);
  }
  session.printer().Json(all);
  Table table({{session.Say({"任务", "Job"}), false, false},
               {session.Say({"内容", "Kind"}), false, false},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"进度", "Progress"}), true, false},
               {session.Say({"开始", "Begun"}), false, false},
               {session.Say({"结束", "Ended"}), false, false},
               {session.Say({"说明", "Note"}), false, true}});
  for (const v1::Job& job : all.jobs()) {
    const std::string note = session.Say({job.error().message_zh(), job.error().message()});
    table.Row({job.name(), session.Say(WordOf(job.kind())), session.Say(WordOf(job.state())), ProgressWords(job),
               TimeWords(job.start_time()), TimeWords(job.end_time()), note});
  }
  session.printer().Show(table, {"没有任务", "no jobs"});
  return absl::OkStatus();
}

// The server that knows a job, and the job.
absl::StatusOr<std::pair<Peer, v1::Job>> Locate(Session& session, const std::string& name) {
  absl::Status unknown;
  for (const Peer peer : DistinctPeers(session.Servers())) {
    v1::GetJobRequest request;
    request.set_name(FullName("jobs/", name));
    v1::Job job;
    unknown = session.CallAt(peer, "NodeService/GetJob", &request, &job);
    if (unknown.ok()) return std::make_pair(peer, std::move(job));
    if (!absl::IsNotFound(unknown)) return unknown;
  }
  return unknown;
}

absl::Status Follow(Session& session, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(auto found, Locate(session, name));
  DUBAN_ASSIGN_OR_RETURN(const v1::Job job, FollowJob(session, found.first, std::move(found.second)));
  if (job.has_verification()) return PrintVerification(session, job.verification());
  v1::ListBackupsResponse made;
  *made.add_backups() = job.backup();
  PrintBackups(session, made);
  return absl::OkStatus();
}

absl::Status Cancel(Session& session, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(const auto found, Locate(session, name));
  v1::CancelJobRequest request;
  request.set_name(found.second.name());
  v1::Job job;
  DUBAN_RETURN_IF_ERROR(session.CallAt(found.first, "NodeService/CancelJob", &request, &job));
  session.printer().Json(job);
  if (job.state() == v1::Job::RUNNING) {
    session.printer().Line({StrCat("正在停止任务 ", job.name()), StrCat("stopping the job ", job.name())});
  } else {
    session.printer().Line({StrCat("任务 ", job.name(), " 已结束：", WordOf(job.state()).zh),
                            StrCat("the job ", job.name(), " is over: ", WordOf(job.state()).en)});
  }
  return absl::OkStatus();
}

}  // namespace

void AddNodeJobs(Command node) {
  node.Leaf("jobs", {"列出备份、核对等任务", "list jobs: backups, verifications"},
            [](Session& session) { return List(session); });
  auto followed = std::make_shared<std::string>();
  node.Leaf("follow", {"继续查看任务，直到结束", "show a job until it has ended"},
            [followed](Session& session) { return Follow(session, *followed); })
      .Text("JOB", followed.get(), {"任务", "the job"}, kRequired);
  auto cancelled = std::make_shared<std::string>();
  node.Leaf("cancel", {"停止任务", "stop a job"}, [cancelled](Session& session) { return Cancel(session, *cancelled); })
      .Text("JOB", cancelled.get(), {"任务", "the job"}, kRequired);
}

}  // namespace duban::cli
