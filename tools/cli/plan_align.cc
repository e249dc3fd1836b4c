// `duban plan propose` and `duban plan align`: which upstream tasks the tasks of a plan take on (承接).

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct AlignFlags {
  std::string plan;
  std::string task;
  std::vector<std::string> upstream;
  bool clear = false;
  bool accept_all = false;
  std::string min_score;
  Mutation mutation;
};

// The least likeness that counts, 0 to 1.
absl::StatusOr<double> MinScore(const std::string& text, double fallback) {
  if (text.empty()) return fallback;
  double score = 0;
  if (absl::SimpleAtod(text, &score) && score >= 0 && score <= 1) return score;
  return UsageError({StrCat("--min-score 的“", text, "”应为 0 到 1 的数"),
                     StrCat("--min-score `", text, "` has to be a number from 0 to 1")});
}

absl::StatusOr<v1::ProposeAlignmentsResponse> Proposals(Session& session, const std::string& plan) {
  v1::ProposeAlignmentsRequest request;
  request.set_name(plan);
  return session.Call<v1::ProposeAlignmentsResponse>("PlanService/ProposeAlignments", request);
}

absl::Status Propose(Session& session, const AlignFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const double least, MinScore(flags.min_score, 0));
  const std::string plan = FullName("plans/", flags.plan);
  DUBAN_ASSIGN_OR_RETURN(const v1::ProposeAlignmentsResponse proposals, Proposals(session, plan));
  Printer& printer = session.printer();
  printer.Json(proposals);
  Table table({{session.Say({"任务", "Task"}), false, false},
               {session.Say({"内容", "Text"}), false, true},
               {session.Say({"可承接的上级任务", "Upstream task"}), false, true},
               {session.Say({"相似度", "Likeness"}), true, false}});
  for (const auto& alignment : proposals.alignments()) {
    if (alignment.score() < least) continue;
    table.Row({ShortName(alignment.task()), alignment.task_text(),
               StrCat(alignment.upstream_text(), "\n", alignment.upstream_task()),
               absl::StrFormat("%.2f", alignment.score())});
  }
  printer.Show(table, {"没有可建议的承接关系", "nothing to propose"});
  if (proposals.uncovered_tasks_size() > 0) {
    printer.Gap();
    printer.Line({StrCat("还有 ", proposals.uncovered_tasks_size(), " 项上级任务无人承接："),
                  StrCat(proposals.uncovered_tasks_size(), " upstream tasks that nobody takes on yet:")},
                 Style::kYellow);
    for (const std::string& task : proposals.uncovered_tasks()) printer.Line({"  " + task, "  " + task});
  }
  printer.Hint(
      {StrCat("下一步：确认  duban plan align ", flags.plan, " --task=任务 --upstream=上级任务，或 --accept-all"),
       StrCat("next: confirm  duban plan align ", flags.plan, " --task=TASK --upstream=UPSTREAM, or --accept-all")});
  return absl::OkStatus();
}

// What was passed over, such as `body-1（0.41 < 0.6）`; empty where nothing was.
Phrase LeftWords(const std::vector<const v1::ProposeAlignmentsResponse::Alignment*>& left, double least) {
  Phrase words;
  for (const auto* alignment : left) {
    const std::string task(ShortName(alignment->task()));
    const std::string why = StrCat(absl::StrFormat("%.2f", alignment->score()), " < ", least);
    StrAppend(&words.zh, words.zh.empty() ? "" : "、", task, "（", why, "）");
    StrAppend(&words.en, words.en.empty() ? "" : ", ", task, " (", why, ")");
  }
  return words;
}

// For each task its best proposal, where that is like enough; the others in `left`.
absl::Status AddBest(Session& session, double least, v1::AlignTasksRequest* request, Phrase* left) {
  DUBAN_ASSIGN_OR_RETURN(const v1::ProposeAlignmentsResponse proposals, Proposals(session, request->name()));
  std::map<std::string, const v1::ProposeAlignmentsResponse::Alignment*> best;
  for (const auto& alignment : proposals.alignments()) {
    auto& mine = best[alignment.task()];
    if (mine == nullptr || alignment.score() > mine->score()) mine = &alignment;
  }
  std::vector<const v1::ProposeAlignmentsResponse::Alignment*> passed_over;
  for (const auto& [task, alignment] : best) {
    if (alignment->score() < least) {
      passed_over.push_back(alignment);
      continue;
    }
    auto* entry = request->add_alignments();
    entry->set_task(task);
    entry->add_upstream_tasks(alignment->upstream_task());
  }
  *left = LeftWords(passed_over, least);
  if (!request->alignments().empty()) return absl::OkStatus();
  const Phrase found = left->zh.empty() ? Phrase() : Phrase{StrCat("：", left->zh), StrCat(": ", left->en)};
  return NotFoundError(
      {StrCat("没有相似度达到 ", least, " 的建议", found.zh, "；可用 --min-score 放宽，或用 --task 和 --upstream 指明"),
       StrCat("no proposal reaches ", least, found.en, "; lower --min-score, or name --task and --upstream")});
}

absl::Status Align(Session& session, const AlignFlags& flags) {
  v1::AlignTasksRequest request;
  request.set_name(FullName("plans/", flags.plan));
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  const bool named = !flags.task.empty() && (flags.clear != !flags.upstream.empty());
  if (named == flags.accept_all) {
    return UsageError({"请写 --task=任务 加 --upstream=上级任务（或 --clear），或者写 --accept-all",
                       "give --task=TASK with --upstream=UPSTREAM (or --clear), or --accept-all"});
  }
  Phrase left;
  if (flags.accept_all) {
    DUBAN_ASSIGN_OR_RETURN(const double least, MinScore(flags.min_score, 0.6));
    DUBAN_RETURN_IF_ERROR(AddBest(session, least, &request, &left));
  } else {
    auto* entry = request.add_alignments();
    entry->set_task(FullName(StrCat(request.name(), "/tasks/"), flags.task));
    for (const std::string& upstream : flags.upstream) entry->add_upstream_tasks(upstream);
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/AlignTasks", request));
  session.printer().Json(plan);
  for (const auto& entry : request.alignments()) {
    for (const std::string& upstream : entry.upstream_tasks()) {
      session.printer().Line({StrCat(ShortName(entry.task()), " 承接 ", upstream),
                              StrCat(ShortName(entry.task()), " takes on ", upstream)});
    }
    if (entry.upstream_tasks().empty()) {
      session.printer().Line({StrCat(ShortName(entry.task()), " 不再承接上级任务"),
                              StrCat(ShortName(entry.task()), " takes on nothing any more")});
    }
  }
  if (!left.zh.empty()) {
    session.printer().Line({StrCat("未采纳：", left.zh, "；是的话用 --task 和 --upstream 确认"),
                            StrCat("left: ", left.en, "; where it is right, confirm with --task and --upstream")},
                           Style::kYellow);
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlanAlign(Command plan) {
  auto propose = std::make_shared<AlignFlags>();
  plan.Leaf("propose",
            {"建议承接关系，并列出无人承接的上级任务", "propose upstream tasks, and name those nobody takes on"},
            [propose](Session& session) { return Propose(session, *propose); })
      .Text("PLAN", &propose->plan, {"计划", "the plan"}, kRequired)
      .Text("--min-score=SCORE", &propose->min_score,
            {"只列相似度不低于此值的，0 到 1", "only from this likeness up, 0 to 1"});

  auto align = std::make_shared<AlignFlags>();
  plan.Leaf("align", {"确认承接关系", "record which upstream tasks are taken on"},
            [align](Session& session) { return Align(session, *align); })
      .Text("PLAN", &align->plan, {"计划", "the plan"}, kRequired)
      .Text("--task=TASK", &align->task, {"本计划的任务，如 body-3", "a task of this plan, such as body-3"})
      .Texts("--upstream=NAME", &align->upstream,
             {"上级任务 plans/…/tasks/…；可多次", "an upstream task plans/.../tasks/...; may be repeated"})
      .Flag("--clear", &align->clear, {"清除该任务的承接关系", "the task takes on nothing"})
      .Flag("--accept-all", &align->accept_all, {"采纳每项任务最好的建议", "take the best proposal for each task"})
      .Text("--min-score=SCORE", &align->min_score,
            {"--accept-all 的最低相似度，默认 0.6", "least likeness for --accept-all, 0.6 if left out"})
      .Changes(&align->mutation);
}

}  // namespace duban::cli
