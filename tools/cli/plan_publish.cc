// `duban plan preview` and `duban plan publish`: what would be issued, whether a person wants that, and that it was.

#include <algorithm>
#include <memory>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "google/protobuf/repeated_field.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

// Units and tasks that a preview names; of the others it says how many there are.
constexpr int kShownUnits = 12;
constexpr int kShownTasks = 15;
// Issuing takes milliseconds; looked at sooner first, and less often the longer it takes.
constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

using Ids = google::protobuf::RepeatedPtrField<std::string>;

// `第3项、附件1第4项等 20 项`.
Phrase TaskList(const v1::Plan& plan, const Ids& ids) {
  Phrase list;
  for (int i = 0; i < ids.size() && i < kShownTasks; ++i) {
    const Phrase task = TaskWords(plan, ids[i]);
    StrAppend(&list.zh, i == 0 ? "" : "、", task.zh);
    StrAppend(&list.en, i == 0 ? "" : ", ", task.en);
  }
  if (ids.size() <= kShownTasks) return list;
  return {StrCat(list.zh, "等 ", ids.size(), " 项"), StrCat(list.en, " and others, ", ids.size(), " in all")};
}

void PrintTasks(const v1::Plan& plan, const Ids& ids, const Phrase& what, Style style, Printer* printer) {
  if (ids.empty()) return;
  const Phrase list = TaskList(plan, ids);
  printer->Line(
      {StrCat(what.zh, "（", ids.size(), " 项）：", list.zh), StrCat(what.en, " (", ids.size(), "): ", list.en)},
      style);
}

void PrintShares(const v1::PublicationPreview& preview, Printer* printer) {
  const Words& words = printer->words();
  Table table({{words({"单位", "Unit"}), false, true}, {words({"交办事项", "Assignments"}), true, false}});
  for (int i = 0; i < preview.shares_size() && i < kShownUnits; ++i) {
    const auto& share = preview.shares(i);
    table.Row(
        {share.unit_display_name().empty() ? share.unit() : share.unit_display_name(), StrCat(share.assignments())});
  }
  const int others = preview.shares_size() - kShownUnits;
  if (others > 0) table.Note(words({StrCat("另有 ", others, " 个单位"), StrCat("and ", others, " other units")}));
  if (!table.empty()) printer->Show(table, {"", ""});
}

void PrintPreview(const v1::Plan& plan, const v1::PublicationPreview& preview, Printer* printer) {
  const v1::Issuance& issuance = preview.issuance();
  printer->Line({plan.title(), plan.title()}, Style::kBold);
  printer->Line({StrCat("发布后将交办 ", issuance.assignments(), " 项，涉及 ", issuance.units(), " 个单位（",
                        preview.tasks(), " 项任务，按 ", preview.as_of(), " 的单位名录）"),
                 StrCat("publishing would issue ", issuance.assignments(), " assignments to ", issuance.units(),
                        " units (", preview.tasks(), " tasks, by the directory of ", preview.as_of(), ")")});
  PrintShares(preview, printer);
  PrintTasks(plan, preview.unanswered_tasks(), {"没有单位负责的任务", "tasks that nobody answers for"}, Style::kRed,
             printer);
  PrintTasks(plan, preview.tasks_without_lead(), {"没有牵头单位的任务", "tasks that nobody leads"}, Style::kPlain,
             printer);
  PrintTasks(plan, preview.tasks_without_deadline(),
             {"没有时限、不会到期的任务", "tasks without a deadline, which never fall due"}, Style::kYellow, printer);
  PrintTasks(plan, preview.past_tasks(), {"时限已过、发布即逾期的任务", "tasks that are past already"}, Style::kRed,
             printer);
  if (preview.blocking_findings().empty()) return;
  const int count = preview.blocking_findings_size();
  printer->Line({StrCat("还有 ", count, " 项待核实事项阻止发布"), StrCat(count, " open findings block publishing")},
                Style::kRed);
}

void PrintMoves(const v1::Plan& plan, const v1::RevisionMoves& moves, Printer* printer) {
  const Words& words = printer->words();
  printer->Line({StrCat("发布后：新增交办 ", moves.added(), " 项，须重新签收 ", moves.changed(), " 项，撤销 ",
                        moves.cancelled(), " 项，", moves.kept(), " 项不变（已签收、报送、审核的记录都保留）"),
                 StrCat("publishing would issue ", moves.added(), " more assignments, have ", moves.changed(),
                        " signed again, cancel ", moves.cancelled(), " and leave ", moves.kept(),
                        " as they are; receipts, reports and reviews stay")},
                Style::kBold);
  Table table({{words({"单位", "Unit"}), false, true},
               {words({"新增", "Added"}), true, false},
               {words({"重新签收", "Sign again"}), true, false},
               {words({"撤销", "Cancelled"}), true, false}});
  for (int i = 0; i < moves.shares_size() && i < kShownUnits; ++i) {
    const auto& share = moves.shares(i);
    table.Row({share.unit_display_name().empty() ? share.unit() : share.unit_display_name(), StrCat(share.added()),
               StrCat(share.changed()), StrCat(share.cancelled())});
  }
  const int others = moves.shares_size() - kShownUnits;
  if (others > 0) table.Note(words({StrCat("另有 ", others, " 个单位"), StrCat("and ", others, " other units")}));
  if (!table.empty()) printer->Show(table, {"", ""});
  PrintTasks(plan, moves.regrouped_tasks(),
             {"内容未改、因单位集合成员变动而增减单位的任务", "unchanged tasks whose groups have other members today"},
             Style::kYellow, printer);
}

// For people: what the offices above ask of this node and no task takes on, after this plan as before. Where that
// cannot be asked, as where another node owns the plan, nothing is said: it is in nobody's way.
void ShowUncovered(Session& session, const std::string& name) {
  if (session.printer().json()) return;
  v1::ProposeAlignmentsRequest request;
  request.set_name(name);
  const auto proposals = session.Call<v1::ProposeAlignmentsResponse>("PlanService/ProposeAlignments", request);
  if (!proposals.ok() || proposals->uncovered_tasks().empty()) return;
  const Ids& tasks = proposals->uncovered_tasks();
  Phrase list;
  for (int i = 0; i < tasks.size() && i < kShownTasks; ++i) {
    StrAppend(&list.zh, i == 0 ? "" : "、", tasks[i]);
    StrAppend(&list.en, i == 0 ? "" : ", ", tasks[i]);
  }
  if (tasks.size() > kShownTasks) list = {StrCat(list.zh, "等"), StrCat(list.en, " and others")};
  session.printer().Line({StrCat("无人承接的上级任务（", tasks.size(), " 项）：", list.zh),
                          StrCat("upstream tasks that no task takes on (", tasks.size(), "): ", list.en)},
                         Style::kYellow);
}

// For people, what differs from the revision in force.
absl::Status ShowDifferences(Session& session, const std::string& name) {
  v1::ComparePlanRevisionsRequest request;
  request.set_name(name);
  DUBAN_ASSIGN_OR_RETURN(const auto compared,
                         session.Call<v1::ComparePlanRevisionsResponse>("PlanService/ComparePlanRevisions", request));
  PrintPlanDifferences(compared, &session.printer());
  return absl::OkStatus();
}

// Reads and, for people, prints what publishing would do.
absl::StatusOr<v1::PublicationPreview> ShowPreview(Session& session, const std::string& name) {
  v1::PreviewPublicationRequest request;
  request.set_name(name);
  DUBAN_ASSIGN_OR_RETURN(v1::PublicationPreview preview,
                         session.Call<v1::PublicationPreview>("PlanService/PreviewPublication", request));
  if (session.printer().json()) return preview;
  v1::GetPlanRequest get;
  get.set_name(name);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/GetPlan", get));
  if (preview.has_moves()) DUBAN_RETURN_IF_ERROR(ShowDifferences(session, name));
  PrintPreview(plan, preview, &session.printer());
  if (preview.has_moves()) PrintMoves(plan, preview.moves(), &session.printer());
  ShowUncovered(session, name);
  return preview;
}

absl::Status Preview(Session& session, const std::string& plan) {
  DUBAN_ASSIGN_OR_RETURN(const v1::PublicationPreview preview, ShowPreview(session, FullName("plans/", plan)));
  session.printer().Json(preview);
  const std::string id = ShortName(plan);
  if (preview.blocking_findings().empty()) {
    session.printer().Hint({StrCat("下一步：发布  duban plan publish ", id, " --issuer=单位"),
                            StrCat("next: publish  duban plan publish ", id, " --issuer=UNIT")});
  } else {
    session.printer().Hint({StrCat("下一步：逐项处理待核实事项  duban plan settle ", id),
                            StrCat("next: settle the findings  duban plan settle ", id)});
  }
  return absl::OkStatus();
}

struct PublishFlags {
  std::string plan;
  std::string issuer;
  std::string reason;
  bool yes = false;
  bool wait = false;
  Mutation mutation;
};

// Shows what publishing would do and asks. Sets in `request` which draft was shown. Errors: where there is nobody to
// ask, or they do not want it.
absl::Status Confirm(Session& session, const PublishFlags& flags, v1::PublishPlanRequest* request) {
  const std::string id = ShortName(request->name());
  if (session.printer().json() || !session.environment().in_is_terminal) {
    return UsageError({StrCat("发布前须确认。请先看 duban plan preview ", id, "，确认无误后加 --yes 发布"),
                       StrCat("publishing asks first: look at duban plan preview ", id, ", then add --yes")});
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::PublicationPreview preview, ShowPreview(session, request->name()));
  if (request->etag().empty()) request->set_etag(preview.etag());
  // The server says which, and what to do.
  if (!preview.blocking_findings().empty()) return absl::OkStatus();
  if (preview.has_moves() && request->reason().empty()) {
    request->set_reason(
        session.AskPerson({"修订原因（各有关单位都会看到）：", "why (every unit concerned sees it): "}).value_or(""));
  }
  const auto answer = session.AskPerson({"确认发布？[y/N] ", "publish it? [y/N] "});
  if (answer == "y" || answer == "Y" || answer == "是") return absl::OkStatus();
  return NotNowError({"没有发布；草稿不变", "not published; the draft stays as it is"});
}

// Waits until the assignment service has issued a published plan.
absl::Status WaitForIssuance(Session& session, const v1::Plan& plan) {
  v1::GetIssuanceRequest request;
  request.set_plan(plan.name());
  request.set_issuer(plan.issuer());
  const absl::Duration end = session.environment().clock->Steady() + session.patience();
  absl::Duration pause = kFirstPause;
  while (true) {
    DUBAN_ASSIGN_OR_RETURN(const auto issued,
                           session.Call<v1::GetIssuanceResponse>("AssignmentService/GetIssuance", request));
    if (issued.revision() >= plan.revision()) return absl::OkStatus();
    if (session.environment().clock->Steady() >= end || !session.Pause(pause)) {
      return LeftError({"计划已发布，交办还在进行，稍后即可看到；用 duban node status 查看同步情况",
                        "the plan is published and is still being issued; duban node status shows how far it is"});
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::Status Publish(Session& session, const PublishFlags& flags) {
  v1::PublishPlanRequest request;
  request.set_name(FullName("plans/", flags.plan));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_issuer(), session.UnitName(flags.issuer));
  request.set_request_id(session.BeginCommand(flags.mutation.request_id));
  request.set_etag(flags.mutation.etag);
  request.set_reason(flags.reason);
  if (!flags.yes) DUBAN_RETURN_IF_ERROR(Confirm(session, flags, &request));
  const absl::StatusOr<v1::Plan> published = session.Call<v1::Plan>("PlanService/PublishPlan", request);
  Printer& printer = session.printer();
  if (!published.ok()) {
    // Repeated, it has to be the same request, and nobody is asked again.
    const bool again = ExitCodeOf(published.status()) == ExitCode::kUnreachable && !flags.yes;
    const std::string reason = request.reason().empty() ? "" : StrCat(" --reason='", request.reason(), "'");
    const std::string options = StrCat("--yes --etag='", request.etag(), "'", reason);
    if (again) printer.Hint({StrCat("重试时另加 ", options), StrCat("to repeat it, also add ", options)});
    return published.status();
  }
  const v1::Plan& plan = *published;
  if (flags.wait) DUBAN_RETURN_IF_ERROR(WaitForIssuance(session, plan));
  printer.Json(plan);
  const v1::Issuance& issuance = plan.issuance();
  printer.Line(
      {StrCat("已发布：", plan.title(), "（第 ", plan.revision(), " 次发布，", plan.tasks_size(), " 项任务）",
              flags.wait ? "，已交办 " : "，交办 ", issuance.assignments(), " 项，涉及 ", issuance.units(), " 个单位"),
       StrCat("published: ", plan.title(), " (revision ", plan.revision(), ", ", plan.tasks_size(), " tasks); ",
              issuance.assignments(), " assignments to ", issuance.units(),
              flags.wait ? " units are issued" : " units are being issued")},
      Style::kGreen);
  // Whoever confirmed it has seen it.
  if (flags.yes) ShowUncovered(session, plan.name());
  const std::string id = ShortName(plan.name());
  printer.Hint({StrCat("下一步：看交办情况  duban assignment board --plan=", id),
                StrCat("next: see how it goes  duban assignment board --plan=", id)});
  return absl::OkStatus();
}

}  // namespace

void AddPlanPublish(Command plan) {
  auto previewed = std::make_shared<std::string>();
  plan.Leaf("preview", {"看发布后会交办什么，不作改动", "what publishing would issue; changes nothing"},
            [previewed](Session& session) { return Preview(session, *previewed); })
      .Text("PLAN", previewed.get(), {"计划", "the plan"}, kRequired);

  auto publish = std::make_shared<PublishFlags>();
  plan.Leaf("publish",
            {"发布草稿，随即交办；先列出将交办什么并请确认", "publish a draft; shows what is issued, and asks first"},
            [publish](Session& session) { return Publish(session, *publish); })
      .Text("PLAN", &publish->plan, {"计划", "the plan"}, kRequired)
      .Text("--issuer=UNIT", &publish->issuer,
            {"发布单位：名称或 units/编号", "the unit that publishes: name or units/ID"}, kRequired)
      .Text("--reason=TEXT", &publish->reason,
            {"修订原因，发布修订稿时必填；各有关单位都会看到",
             "why, needed for a revision; every unit concerned sees it"})
      .Flag("--yes", &publish->yes, {"不再询问", "do not ask"})
      .Flag("--wait", &publish->wait, {"等到交办完成", "wait until it is issued"})
      .Changes(&publish->mutation);
}

}  // namespace duban::cli
