// `duban plan revise`, `plan revisions` and `plan diff`: a published plan as it is corrected, and how it came to be so.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

// As the contract has it.
constexpr int kMostRevisions = 100;

struct ReviseFlags {
  std::string plan;
  std::string draft_id;
  Mutation mutation;
};

absl::Status Revise(Session& session, const ReviseFlags& flags) {
  v1::RevisePlanRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("plans/", flags.plan));
  request.set_etag(flags.mutation.etag);
  request.set_draft_id(flags.draft_id);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan draft, session.Call<v1::Plan>("PlanService/RevisePlan", request));
  Printer& printer = session.printer();
  printer.Json(draft);
  const std::string id = ShortName(draft.name());
  const std::string issuer = session.NameOf(draft.drafter());
  printer.Line(
      {StrCat("已开出修订稿 ", id, "（据第 ", draft.base_revision(), " 次发布）；发布前，已发布的内容照常有效"),
       StrCat("the draft ", id, " of the next revision is open, made from revision ", draft.base_revision(),
              "; what is published stays in force until it is published")},
      Style::kGreen);
  printer.Hint({StrCat("下一步：修改（duban plan update-task、plan task、plan import 文件 --over=", id,
                       "），核对  duban plan diff ", id, "，再发布  duban plan publish ", id, " --issuer=", issuer,
                       " --reason=修订原因；不改了  duban plan delete ", id),
                StrCat("next: change it (duban plan update-task, plan task, plan import FILE --over=", id,
                       "), look at  duban plan diff ", id, ", and publish it  duban plan publish ", id,
                       " --issuer=", issuer, " --reason=TEXT; or give it up  duban plan delete ", id)});
  return absl::OkStatus();
}

absl::Status Revisions(Session& session, const std::string& plan) {
  v1::ListPlanRevisionsRequest request;
  request.set_name(FullName("plans/", plan));
  DUBAN_ASSIGN_OR_RETURN(const auto listed,
                         session.Call<v1::ListPlanRevisionsResponse>("PlanService/ListPlanRevisions", request));
  Printer& printer = session.printer();
  printer.Json(listed);
  Table table({{session.Say({"第几次", "Revision"}), true, false},
               {session.Say({"发布时间", "Published"}), false, false},
               {session.Say({"发布人", "By"}), false, true},
               {session.Say({"交办", "Assignments"}), true, false},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"修订原因", "Reason"}), false, true}});
  for (const v1::Plan& revision : listed.revisions()) {
    const bool latest = revision.revision() == listed.revisions(0).revision();
    table.Row({StrCat(revision.revision()), TimeWords(revision.publish_time()), revision.publisher(),
               StrCat(revision.issuance().assignments()),
               session.Say(latest ? WordOf(revision.state()) : Phrase{"已被替代", "replaced"}),
               revision.revision_reason()});
  }
  printer.Show(table, {"没有已发布的内容", "nothing is published"});
  return absl::OkStatus();
}

struct DiffFlags {
  std::string plan;
  std::optional<int> from;
  std::optional<int> to;
};

absl::Status Diff(Session& session, const DiffFlags& flags) {
  v1::ComparePlanRevisionsRequest request;
  request.set_name(FullName("plans/", flags.plan));
  request.set_from_revision(flags.from.value_or(0));
  request.set_to_revision(flags.to.value_or(0));
  DUBAN_ASSIGN_OR_RETURN(const auto compared,
                         session.Call<v1::ComparePlanRevisionsResponse>("PlanService/ComparePlanRevisions", request));
  Printer& printer = session.printer();
  printer.Json(compared);
  PrintPlanDifferences(compared, &printer);
  const bool unsure = std::any_of(compared.differences().begin(), compared.differences().end(),
                                  [](const auto& difference) { return difference.unsure(); });
  if (unsure && compared.to_revision() == 0) {
    const std::string id = ShortName(request.name());
    printer.Hint({StrCat("标“存疑”的可能不是同一项任务：如是新任务  duban plan task same ", id,
                         " 任务 --new；如是另一项  --as=原任务编号"),
                  StrCat("what is marked unsure may be another task: if it is new  duban plan task same ", id,
                         " TASK --new; if it is another one  --as=ID")});
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlanRevise(Command plan) {
  auto revise = std::make_shared<ReviseFlags>();
  plan.Leaf("revise", {"修订已发布的计划：开出修订稿", "correct a published plan: opens a draft of its next revision"},
            [revise](Session& session) { return Revise(session, *revise); })
      .Text("PLAN", &revise->plan, {"计划", "the plan"}, kRequired)
      .Text("--draft-id=ID", &revise->draft_id,
            {"修订稿编号；默认为计划编号加 -r2 等", "id of the draft; the plan's with -r2 and so on if left out"})
      .Changes(&revise->mutation);

  auto revisions = std::make_shared<std::string>();
  plan.Leaf("revisions", {"列出历次发布", "list the revisions of a plan"},
            [revisions](Session& session) { return Revisions(session, *revisions); })
      .Text("PLAN", revisions.get(), {"计划", "the plan"}, kRequired);

  auto diff = std::make_shared<DiffFlags>();
  plan.Leaf("diff", {"逐项比较两次发布，或修订稿与已发布的内容", "what differs, task by task, between two revisions"},
            [diff](Session& session) { return Diff(session, *diff); })
      .Text("PLAN", &diff->plan, {"计划或修订稿", "the plan, or the draft of a revision"}, kRequired)
      .Number("--from=N", &diff->from, 1, kMostRevisions,
              {"从第几次发布；默认上一次", "from this revision; the one before if left out"})
      .Number("--to=N", &diff->to, 1, kMostRevisions,
              {"到第几次发布；默认最近一次", "to this revision; the latest if left out"});
}

}  // namespace duban::cli
