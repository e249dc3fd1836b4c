#include "tools/cli/node_jobs.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tools/cli/table.h"

namespace duban::cli {
namespace {

// One look at a job; a person who leaves is noticed this soon.
constexpr absl::Duration kLook = absl::Seconds(1);
constexpr int kBarColumns = 24;

// `[████████░░░░]  42%`.
std::string Bar(int64_t done, int64_t total) {
  // Totals are estimates: a job that runs is never shown as done.
  const int percent = static_cast<int>(std::min<int64_t>(99, 100 * std::min(done, total) / total));
  const int full = kBarColumns * percent / 100;
  std::string bar = "[";
  for (int i = 0; i < kBarColumns; ++i) StrAppend(&bar, i < full ? "█" : "░");
  return StrCat(bar, "] ", absl::StrFormat("%3d", percent), "%");
}

Phrase UnitWord(v1::Job::Progress::Unit unit) {
  if (unit == v1::Job::Progress::ROWS) return {"行", "rows"};
  if (unit == v1::Job::Progress::CHECKS) return {"项", "checks"};
  return {"", ""};
}

void ShowProgress(Session& session, const v1::Job& job) {
  const v1::Job::Progress& progress = job.progress();
  const Phrase kind = WordOf(job.kind());
  // Until the work is known there is nothing to count.
  if (progress.total() <= 0) return session.printer().Progress({StrCat(kind.zh, "…"), StrCat(kind.en, "...")});
  const Phrase unit = UnitWord(progress.unit());
  const std::string counts =
      StrCat(" ", Bar(progress.done(), progress.total()), " ", progress.done(), "/", progress.total(), " ");
  session.printer().Progress({StrCat(kind.zh, counts, unit.zh, " ", progress.subject()),
                              StrCat(kind.en, counts, unit.en, " ", progress.subject())});
}

Phrase HowToFind(const v1::Job& job) {
  return {StrCat("任务 ", job.name(), " 在服务器上继续进行：duban node follow ", job.name(),
                 " 继续查看，duban node cancel ", job.name(), " 停止"),
          StrCat("the job ", job.name(), " goes on at the server: duban node follow ", job.name(),
                 " shows it again, "
                 "duban node cancel ",
                 job.name(), " stops it")};
}

// What became of a job that is over.
absl::StatusOr<v1::Job> Outcome(v1::Job job) {
  switch (job.state()) {
    case v1::Job::DONE:
      return job;
    case v1::Job::FAILED: {
      v1::ErrorReason reason = v1::INVARIANT_BROKEN;
      v1::ErrorReason_Parse(job.error().reason(), &reason);
      return Error(reason, job.error().message(), job.error().message_zh());
    }
    case v1::Job::CANCELLED:
      return NotNowError({StrCat("任务 ", job.name(), " 已被取消"), StrCat("the job ", job.name(), " was cancelled")});
    default:
      return LeftError({StrCat("服务停止，任务 ", job.name(), " 中断，未留下任何内容；服务恢复后请重新开始"),
                        StrCat("the server stopped, and the job ", job.name(),
                               " with it; nothing of it is left. Begin "
                               "it again once the server is back")});
  }
}

}  // namespace

std::vector<Peer> DistinctPeers(const Addresses& servers, const std::vector<Peer>& peers) {
  std::vector<Peer> distinct;
  std::vector<std::string> asked;
  for (const Peer peer : peers) {
    if (std::find(asked.begin(), asked.end(), servers.of(peer)) != asked.end()) continue;
    asked.push_back(servers.of(peer));
    distinct.push_back(peer);
  }
  return distinct;
}

std::vector<Peer> DistinctPeers(const Addresses& servers) {
  return DistinctPeers(servers, {Peer::kNotification, Peer::kAssignment, Peer::kPlan});
}

absl::StatusOr<v1::Job> FollowJob(Session& session, Peer peer, v1::Job job) {
  const auto left = [&] { return session.environment().interrupted != nullptr && session.environment().interrupted(); };
  while (job.state() == v1::Job::RUNNING) {
    ShowProgress(session, job);
    if (left()) {
      session.printer().EndProgress();
      return LeftError(HowToFind(job));
    }
    v1::GetJobRequest request;
    request.set_name(job.name());
    request.mutable_wait()->set_seconds(absl::ToInt64Seconds(kLook));
    if (absl::Status got = session.CallAt(peer, "NodeService/GetJob", &request, &job); !got.ok()) {
      session.printer().EndProgress();
      // The answer may have emptied the job; the request has its name.
      job.set_name(request.name());
      if (ExitCodeOf(got) == ExitCode::kUnreachable) session.printer().Hint(HowToFind(job));
      return got;
    }
  }
  session.printer().EndProgress();
  return Outcome(std::move(job));
}

void HintDetached(Session& session, const v1::Job& job) {
  session.printer().Hint(HowToFind(job));
}

}  // namespace duban::cli
