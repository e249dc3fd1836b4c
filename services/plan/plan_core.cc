#include "services/plan/plan_core.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/field_mask.h"
#include "common/base/page_token.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/align.h"
#include "services/plan/compare.h"
#include "services/plan/directory/directory.h"
#include "services/plan/draft.h"
#include "services/plan/edit.h"
#include "services/plan/issuance.h"
#include "services/plan/judge.h"
#include "services/plan/kept_hints.h"
#include "services/plan/plan_search.h"
#include "services/plan/plan_source.h"
#include "services/plan/plan_store.h"
#include "services/plan/publish.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/reader/findings.h"
#include "services/plan/revision_moves.h"
#include "services/plan/revisions.h"
#include "services/plan/settle.h"
#include "services/plan/source/read_source.h"
#include "services/plan/task_rows.h"

namespace duban {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMostPage = 500;
// Proposals a task, and how alike a proposed task has to be.
constexpr size_t kMostProposals = 3;
constexpr double kLeastScore = 0.1;

const std::set<std::string>& PlanFields() {
  static const auto* const fields =
      new std::set<std::string>{"title", "issuing_unit", "document_number", "issue_date", "post_date",
                                "year",  "stage",        "implements",      "plan_rules", "decline_working_days"};
  return *fields;
}

const std::set<std::string>& TaskFields() {
  static const auto* const fields = new std::set<std::string>{
      "table",          "number",  "headings", "text",   "title", "printed_units", "responsibilities", "deadline",
      "text_deadlines", "targets", "remark",   "people", "goal",  "measure",       "requirement",      "stages"};
  return *fields;
}

absl::Status WrongState(const v1::Plan& plan, std::string_view english, std::string_view chinese,
                        const ErrorMetadata& more = {}) {
  ErrorMetadata metadata = {{"name", plan.name()}, {"state", v1::Plan::State_Name(plan.state())}};
  metadata.insert(more.begin(), more.end());
  return Error(v1::WRONG_STATE, StrCat("`", plan.name(), "` ", english), StrCat("“", plan.name(), "”", chinese),
               metadata);
}

absl::Status CheckOwner(const v1::Plan& plan, std::string_view node) {
  if (plan.owner_node() == node || DUBAN_BUG("plan.anyone_withdraws")) return absl::OkStatus();
  return Error(v1::NOT_OWNER,
               StrCat("`", plan.name(), "` belongs to node `", plan.owner_node(), "` and is read-only here; ask there"),
               StrCat("“", plan.name(), "”由节点“", plan.owner_node(), "”发布，本节点只读，请在那里修改"),
               {{"name", plan.name()}, {"owner", plan.owner_node()}});
}

absl::Status CheckDraft(const v1::Plan& plan) {
  if (plan.state() == v1::Plan::DRAFT) return absl::OkStatus();
  if (plan.state() == v1::Plan::WITHDRAWN) return WrongState(plan, "is withdrawn", "已撤回，不能再修改");
  return WrongState(plan, "is published; open a draft of its next revision, change that one and publish it",
                    "已发布，不能直接修改：请先开出修订稿，改好后发布修订稿", {{"cause", "NOT_A_DRAFT"}});
}

// Under which name somebody opens or publishes a revision.
std::string NameOf(const Caller& caller) {
  return caller.display_name.empty() ? caller.label() : caller.display_name;
}

// `can_keep`: what is read can become a draft without tasks.
absl::Status NoTaskFound(const std::string& source_name, bool can_keep) {
  return Error(v1::UNREADABLE_DOCUMENT,
               StrCat("no task was found in ", source_name, "; check that it is a plan and the right file",
                      can_keep ? ", or keep it as a draft without tasks and add them" : "; the draft is as it was"),
               StrCat("没有从“", source_name, "”中读出任务：请检查是不是工作要点、分工方案，是否选错了文件；",
                      can_keep ? "也可以保留为没有任务的草稿，再手工添加" : "原草稿未作改动"),
               can_keep ? ErrorMetadata{{"cause", "NO_TASK"}} : ErrorMetadata());
}

// What keeps a plan from being published, as an error; OK where nothing does.
absl::Status CheckNothingBlocks(const v1::Plan& plan) {
  int count = 0;
  std::string first;
  for (const v1::Finding& finding : plan.findings()) {
    if (!Blocks(finding)) continue;
    if (++count > 10) continue;
    StrAppend(&first, first.empty() ? "" : ",", finding.finding_id());
  }
  if (count == 0) return absl::OkStatus();
  return Error(v1::FINDINGS_OPEN,
               StrCat("`", plan.name(), "` has ", count, " open findings that block publishing (", first,
                      "); settle them first"),
               StrCat("“", plan.name(), "”还有 ", count, " 项待核实事项须先处理才能发布（", first, "）"),
               {{"name", plan.name()}, {"count", StrCat(count)}, {"findings", first}});
}

// The entries among `entries` that stand for a unit that works at `node`.
absl::StatusOr<std::set<std::string>> EntriesAt(DirectoryView& directory, const std::set<std::string>& entries,
                                                std::string_view node) {
  std::set<std::string> here;
  for (const std::string& entry : entries) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(entry));
    for (const std::string& name : *units) {
      DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, directory.FindUnit(name));
      if (unit != nullptr && HostNode(*unit) == node) here.insert(entry);
    }
  }
  return here;
}

AlignText TextOf(const v1::Task& task) {
  return {task.name(), StrCat(task.title(), " ", task.text())};
}

// The plans that `wanted` chooses by their heads.
absl::StatusOr<std::vector<v1::Plan>> ReadPlans(const ReadView& view,
                                                absl::FunctionRef<bool(const v1::Plan& head)> wanted) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(ScanPlans(view, {}, [&](std::string_view, const v1::Plan& head) {
    if (wanted(head)) names.push_back(head.name());
    return true;
  }));
  std::vector<v1::Plan> plans;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(Stored<v1::Plan> plan, view.Need<v1::Plan>(name));
    plans.push_back(std::move(plan.value));
  }
  return plans;
}

// The tasks of plans from above that are addressed to units of `node`.
absl::StatusOr<std::vector<AlignText>> UpstreamTasks(const ReadView& view, std::string_view node) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Plan> plans, ReadPlans(view, [&](const v1::Plan& head) {
                           return head.owner_node() != node && head.state() == v1::Plan::PUBLISHED;
                         }));
  std::vector<AlignText> tasks;
  for (const v1::Plan& plan : plans) {
    DirectoryView directory(view, PublishDay(plan));
    DUBAN_ASSIGN_OR_RETURN(std::set<std::string> here, EntriesAt(directory, AddresseesOf(plan), node));
    for (const v1::Task& task : plan.tasks()) {
      const bool ours = std::any_of(task.responsibilities().begin(), task.responsibilities().end(),
                                    [&](const v1::Responsibility& responsibility) {
                                      return !responsibility.open() && here.contains(responsibility.resolved());
                                    });
      if (ours) tasks.push_back(TextOf(task));
    }
  }
  return tasks;
}

// The tasks of plans from above, read as they are asked for.
class TasksAbove {
 public:
  TasksAbove(const ReadView& view, std::string_view node) : view_(view), node_(node) {}

  // OK where `name` is a task of a plan from above; notes in `read` of which state of the plan that was seen.
  absl::Status Check(const std::string& name, std::map<std::string, std::string>* read) {
    const std::string plan_name(ParentName(name));
    if (seen_.insert(plan_name).second) {
      DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> plan, view_.Get<v1::Plan>(plan_name));
      if (!plan.has_value() || plan->value.owner_node() == node_) return NotFound(name);
      read->emplace(plan_name, EtagOf(plan->sequence));
      for (const v1::Task& task : plan->value.tasks()) tasks_.insert(StrCat(plan_name, "/tasks/", task.task_id()));
    }
    return tasks_.contains(name) ? absl::OkStatus() : NotFound(name);
  }

 private:
  const ReadView& view_;
  const std::string_view node_;
  std::set<std::string> seen_, tasks_;
};

absl::Status Align(const PlanReader& reader, std::string_view node, const v1::AlignTasksRequest& request,
                   PreparedPlan* prepared) {
  TasksAbove above(reader.view, node);
  for (const auto& alignment : request.alignments()) {
    v1::Task* task = FindTask(LastSegment(alignment.task()), &prepared->plan);
    if (task == nullptr || ParentName(alignment.task()) != prepared->plan.name()) return NotFound(alignment.task());
    std::set<std::string> upstream(alignment.upstream_tasks().begin(), alignment.upstream_tasks().end());
    for (const std::string& name : upstream) DUBAN_RETURN_IF_ERROR(above.Check(name, &prepared->read));
    task->mutable_aligned_tasks()->Assign(upstream.begin(), upstream.end());
  }
  return absl::OkStatus();
}

// The plan that the draft of a revision revises, as it is in force; notes that it was read. Errors: WRONG_STATE where
// it was withdrawn meanwhile.
absl::StatusOr<v1::Plan> ReadRevised(const ReadView& view, PreparedPlan* draft) {
  DUBAN_ASSIGN_OR_RETURN(v1::Plan base, ReadPlan(view, draft->plan.revises()));
  draft->read.emplace(base.name(), base.etag());
  if (base.state() == v1::Plan::PUBLISHED) return base;
  return WrongState(base, "was withdrawn, so there is nothing to revise; discard the draft",
                    "已撤回，无从修订，请删除修订稿");
}

// Gives tasks what those with the same text take on.
void KeepAlignments(const v1::Plan& before, v1::Plan* plan) {
  std::map<std::string, const v1::Task*> by_text;
  for (const v1::Task& task : before.tasks()) by_text.emplace(task.text(), &task);
  for (v1::Task& task : *plan->mutable_tasks()) {
    const auto same = by_text.find(task.text());
    if (same != by_text.end()) *task.mutable_aligned_tasks() = same->second->aligned_tasks();
  }
}

// Puts what was read into a draft's place, with the answers to questions that come up again. Of the draft of a revision
// tasks keep their ids.
absl::Status ReadOver(const PlanReader& reader, const v1::Plan& read, const std::function<std::string()>& new_id,
                      PreparedPlan* prepared) {
  const v1::Plan before = prepared->plan;
  v1::Plan& plan = prepared->plan;
  plan = read;
  CopyFields(before,
             {"name", "state", "owner_node", "drafter", "create_time", "etag", "revises", "base_revision", "reviser",
              "retired_tasks"},
             &plan);
  if (plan.revises().empty()) {
    KeepAlignments(before, &plan);
  } else {
    DUBAN_ASSIGN_OR_RETURN(const v1::Plan published, ReadRevised(reader.view, prepared));
    KeepTaskIds(before, published, new_id, &plan);
  }
  NameTasks(&plan);
  prepared->answers.Clear();
  do {
    DUBAN_RETURN_IF_ERROR(JudgeAgain(reader, prepared));
  } while (KeepAnswers(reader, before, prepared) > 0);
  return absl::OkStatus();
}

constexpr std::string_view kService = "duban.v1.PlanService/";

// Says by what a document was read that nobody said anything about.
void NoteKeptHints(const v1::KeptHints& kept, v1::Plan* plan) {
  plan->mutable_reading_hints()->set_kept(kept.name());
  v1::Finding* finding = FindingAdder(plan).Add(kHintsApplied, "");
  finding->set_subject(kept.issuing_unit());
  finding->set_message(StrCat("按以前", kept.plan_title().empty() ? "" : StrCat("导入“", kept.plan_title(), "”时"),
                              "对“", kept.issuing_unit(),
                              "”文件排法的说明读取。如排法已变，请重新导入并注明不用以前的说明，或删除该说明"));
}

// Reads a document once more by what is kept of its office; where nothing is, or nothing can be read so, it stays.
absl::Status ReadByKeptHints(const ReadView& view, const SourceDocument& document, ReadContext* context,
                             v1::Plan* plan) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<v1::KeptHints> kept, FindKeptHints(view, plan->issuing_unit()));
  if (!kept.has_value()) return absl::OkStatus();
  context->hints = kept->hints();
  absl::StatusOr<v1::Plan> read = DocumentToPlan(document, *context);
  if (!read.ok() || read->tasks().empty()) return absl::OkStatus();
  *plan = *std::move(read);
  NoteKeptHints(*kept, plan);
  return absl::OkStatus();
}

// A request that made or changed a plan is answered again with the plan as it is then.
const Repeat& PlanAgain() {
  static const auto* const again = new Repeat(RepeatByName<v1::Plan>(ReadPlan));
  return *again;
}

}  // namespace

PlanReader PlanCore::ReaderOf(const ReadView& snapshot) const {
  return {snapshot, DayOf(ports_.clock->Now()), names_};
}

absl::StatusOr<PreparedPlan> PlanCore::ReadDocument(const PlanReader& reader, std::string_view content,
                                                    const std::string& source_name,
                                                    const v1::ReadingHints* said) const {
  DUBAN_ASSIGN_OR_RETURN(SourceDocument document, ReadSource(content, source_name));
  DirectoryView directory = reader.directory();
  ReadContext context;
  DUBAN_ASSIGN_OR_RETURN(context.known_units, KnownUnitsOf(directory));
  if (said != nullptr) context.hints = *said;
  context.hints.clear_kept();
  PreparedPlan prepared;
  DUBAN_ASSIGN_OR_RETURN(prepared.plan, DocumentToPlan(document, context));
  if (said == nullptr) DUBAN_RETURN_IF_ERROR(ReadByKeptHints(reader.view, document, &context, &prepared.plan));
  prepared.plan.set_source_name(source_name);
  prepared.plan.set_source_sha256(absl::BytesToHexString(Sha256(content)));
  prepared.source = ShownSource(document, prepared.plan);
  DUBAN_RETURN_IF_ERROR(JudgeAgain(reader, &prepared));
  return prepared;
}

absl::Status PlanCore::StoreDraft(Transaction& transaction, const std::string& plan_id, PreparedPlan prepared,
                                  v1::Plan* response) {
  v1::Plan& plan = prepared.plan;
  const std::string id = plan_id.empty() ? ports_.ids->NextId("p") : plan_id;
  plan.set_name(StrCat("plans/", id));
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Plan>> old, transaction.Get<v1::Plan>(plan.name()));
  if (old.has_value()) {
    return Error(v1::RESOURCE_EXISTS, StrCat("`", plan.name(), "` exists already; choose another id"),
                 StrCat("“", plan.name(), "”已经存在，请换一个编号"), {{"name", plan.name()}, {"by", plan.name()}});
  }
  const absl::Time now = ports_.clock->Now();
  plan.set_state(v1::Plan::DRAFT);
  plan.set_owner_node(ports_.node);
  *plan.mutable_create_time() = ToProto(now);
  NameTasks(&plan);
  DUBAN_RETURN_IF_ERROR(PutPrepared(transaction, {ports_.node, now}, &prepared));
  *response = std::move(plan);
  return absl::OkStatus();
}

template <typename Request>
absl::Status PlanCore::RunChange(const Caller& caller, std::string_view name, const Request& request, Prepare prepare,
                                 v1::Plan* response) {
  const std::string method = StrCat(kService, name);
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, method, request}, response, PlanAgain()));
  if (known) return absl::OkStatus();
  absl::StatusOr<PreparedPlan> prepared;
  {
    const auto snapshot = ports_.store->TakeSnapshot();
    prepared = prepare(ReaderOf(*snapshot));
  }
  const auto put = [&](Transaction& transaction) -> absl::Status {
    const absl::Time now = ports_.clock->Now();
    bool holds = false;
    if (prepared.ok()) {
      DUBAN_ASSIGN_OR_RETURN(holds, StillHolds(transaction, *prepared));
    }
    if (!holds) prepared = prepare({transaction, DayOf(now)});
    DUBAN_RETURN_IF_ERROR(prepared.status());
    DUBAN_RETURN_IF_ERROR(PutPrepared(transaction, {ports_.node, now}, &*prepared));
    *response = std::move(prepared->plan);
    return absl::OkStatus();
  };
  return ports_.store->Request({caller, method, request}, response, put, PlanAgain());
}

template <typename Request>
absl::Status PlanCore::ChangeDraft(const Caller& caller, std::string_view method, const Request& request,
                                   const std::string& name, const std::string& etag, Change change,
                                   v1::Plan* response) {
  const auto prepare = [&](const PlanReader& reader) -> absl::StatusOr<PreparedPlan> {
    DUBAN_ASSIGN_OR_RETURN(PreparedPlan prepared, ReadForChange(reader, name));
    DUBAN_RETURN_IF_ERROR(CheckOwner(prepared.plan, ports_.node));
    DUBAN_RETURN_IF_ERROR(CheckEtag(name, etag, prepared.plan.etag()));
    if (!DUBAN_BUG("plan.published_is_edited")) DUBAN_RETURN_IF_ERROR(CheckDraft(prepared.plan));
    // Judged before, so that findings have the ids that a reader saw.
    DUBAN_RETURN_IF_ERROR(JudgeIfStale(reader, &prepared));
    DUBAN_RETURN_IF_ERROR(change(reader, &prepared));
    DUBAN_RETURN_IF_ERROR(JudgeAgain(reader, &prepared));
    return prepared;
  };
  return RunChange(caller, method, request, prepare, response);
}

absl::Status PlanCore::ParsePlan(const Caller&, const v1::ParsePlanRequest& request, v1::Plan* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan read, ReadDocument(ReaderOf(*snapshot), request.content(), request.source_name(),
                                                         request.has_hints() ? &request.hints() : nullptr));
  *response = std::move(read.plan);
  return absl::OkStatus();
}

absl::Status PlanCore::ImportPlan(const Caller& caller, const v1::ImportPlanRequest& request, v1::Plan* response) {
  const std::string method = StrCat(kService, "ImportPlan");
  // Reading takes a while: a repeated request is answered without it, and else it is done before the writer's turn.
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, method, request}, response, PlanAgain()));
  if (known) return absl::OkStatus();
  PreparedPlan read;
  {
    const auto snapshot = ports_.store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(read, ReadDocument(ReaderOf(*snapshot), request.content(), request.source_name(),
                                              request.has_hints() ? &request.hints() : nullptr));
  }
  if (read.plan.tasks().empty() && !request.keep_without_tasks()) return NoTaskFound(request.source_name(), true);
  read.plan.set_drafter(request.unit());
  read.keep_hints = request.remember_hints();
  return ports_.store->Request(
      {caller, method, request}, response,
      [&](Transaction& transaction) { return StoreDraft(transaction, request.plan_id(), std::move(read), response); },
      PlanAgain());
}

absl::Status PlanCore::ReimportPlan(const Caller& caller, const v1::ReimportPlanRequest& request, v1::Plan* response) {
  const std::string method = StrCat(kService, "ReimportPlan");
  DUBAN_ASSIGN_OR_RETURN(const bool known, ports_.store->Known({caller, method, request}, response, PlanAgain()));
  if (known) return absl::OkStatus();
  PreparedPlan read;
  {
    const auto snapshot = ports_.store->TakeSnapshot();
    const PlanReader reader = ReaderOf(*snapshot);
    v1::ReadingHints hints = request.hints();
    if (!request.has_hints()) {
      // Whether there is such a plan is told behind whether there is a document.
      absl::StatusOr<PreparedPlan> before = ReadForChange(reader, request.name());
      if (before.ok()) hints.Swap(before->plan.mutable_reading_hints());
    }
    DUBAN_ASSIGN_OR_RETURN(read, ReadDocument(reader, request.content(), request.source_name(), &hints));
  }
  if (read.plan.tasks().empty()) return NoTaskFound(request.source_name(), false);
  const auto change = [&](const PlanReader& reader, PreparedPlan* prepared) {
    prepared->source = read.source;
    return ReadOver(
        reader, read.plan, [&] { return ports_.ids->NextId("t"); }, prepared);
  };
  return ChangeDraft(caller, "ReimportPlan", request, request.name(), request.etag(), change, response);
}

absl::Status PlanCore::CreatePlan(const Caller& caller, const v1::CreatePlanRequest& request, v1::Plan* response) {
  PreparedPlan prepared;
  v1::Plan& plan = prepared.plan;
  CopyFields(request.plan(), PlanFields(), &plan);
  CopyFields(request.plan(), {"tasks", "source_name"}, &plan);
  plan.set_drafter(request.unit());
  FieldErrors errors;
  CompleteRows(&plan, &errors);
  if (TrimSpaces(plan.title()).empty()) errors.Add("plan.title", "is blank", "为空");
  DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  {
    const auto snapshot = ports_.store->TakeSnapshot();
    DUBAN_RETURN_IF_ERROR(JudgeAgain(ReaderOf(*snapshot), &prepared));
  }
  return ports_.store->Request(
      {caller, StrCat(kService, "CreatePlan"), request}, response,
      [&](Transaction& transaction) {
        return StoreDraft(transaction, request.plan_id(), std::move(prepared), response);
      },
      PlanAgain());
}

absl::Status PlanCore::GetPlan(const Caller&, const v1::GetPlanRequest& request, v1::Plan* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  if (request.revision() > 0) {
    DUBAN_ASSIGN_OR_RETURN(*response, ReadRevision(*snapshot, request.name(), request.revision()));
    return absl::OkStatus();
  }
  const PlanReader reader = ReaderOf(*snapshot);
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan read, ReadForChange(reader, request.name()));
  // The directory may have changed since the draft was stored.
  if (read.plan.state() == v1::Plan::DRAFT) DUBAN_RETURN_IF_ERROR(JudgeIfStale(reader, &read));
  *response = std::move(read.plan);
  return absl::OkStatus();
}

namespace {

// A draft without a drafter is every planner's of the node.
bool IsDraftOfOthers(const v1::Plan& plan, const std::string& viewer) {
  return plan.state() == v1::Plan::DRAFT && !plan.drafter().empty() && plan.drafter() != viewer;
}

}  // namespace

absl::Status PlanCore::ListPlans(const Caller& caller, const v1::ListPlansRequest& request,
                                 v1::ListPlansResponse* response) const {
  const Listing listing{
      ports_.page_key, caller.label(),
      StrCat("ListPlans/", static_cast<int>(request.state()), "/", request.owner_node(), "/", request.viewer())};
  DUBAN_ASSIGN_OR_RETURN(std::string cursor, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kDefaultPage, kMostPage);
  const auto snapshot = ports_.store->TakeSnapshot();
  std::string last;
  bool more = false;
  DUBAN_RETURN_IF_ERROR(ScanPlans(*snapshot, cursor, [&](std::string_view key, v1::Plan head) {
    if (request.state() != v1::Plan::STATE_UNSPECIFIED && head.state() != request.state()) return true;
    if (!request.owner_node().empty() && head.owner_node() != request.owner_node()) return true;
    if (!request.viewer().empty() && IsDraftOfOthers(head, request.viewer())) return true;
    more = response->plans_size() == size;
    if (more) return false;
    last = key;
    *response->add_plans() = std::move(head);
    return true;
  }));
  if (more) response->set_next_page_token(MakePageToken(listing, last));
  return absl::OkStatus();
}

absl::Status PlanCore::SearchPlans(const Caller& caller, const v1::SearchPlansRequest& request,
                                   v1::SearchPlansResponse* response) const {
  const Listing listing{ports_.page_key, caller.label(), ""};
  return duban::SearchPlans(*ports_.store->TakeSnapshot(), caller, listing, request, response);
}

absl::Status PlanCore::GetPlanSource(const Caller&, const v1::GetPlanSourceRequest& request,
                                     v1::PlanSource* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, ReadPlan(*snapshot, request.name()));
  DUBAN_ASSIGN_OR_RETURN(*response, ReadSourceOf(*snapshot, plan));
  return absl::OkStatus();
}

absl::Status PlanCore::UpdatePlan(const Caller& caller, const v1::UpdatePlanRequest& request, v1::Plan* response) {
  DUBAN_ASSIGN_OR_RETURN(std::set<std::string> fields,
                         FieldsToChange(request.plan(), request.update_mask(), PlanFields()));
  const auto change = [&](const PlanReader&, PreparedPlan* prepared) {
    v1::Plan* plan = &prepared->plan;
    const int old_year = plan->year();
    CopyFields(request.plan(), fields, plan);
    if (plan->year() != old_year) ReadDeadlinesAgain(old_year, plan);
    FieldErrors errors;
    CheckRules(*plan, "plan.", &errors);
    return errors.ToStatus();
  };
  return ChangeDraft(caller, "UpdatePlan", request, request.plan().name(), request.plan().etag(), change, response);
}

absl::Status PlanCore::UpdateTask(const Caller& caller, const v1::UpdateTaskRequest& request, v1::Plan* response) {
  DUBAN_ASSIGN_OR_RETURN(std::set<std::string> fields,
                         FieldsToChange(request.task(), request.update_mask(), TaskFields()));
  if (fields.contains("deadline")) {
    FieldErrors errors;
    CheckDeadline(request.task().deadline(), "task.deadline", &errors);
    DUBAN_RETURN_IF_ERROR(errors.ToStatus());
  }
  const auto change = [&](const PlanReader&, PreparedPlan* prepared) {
    v1::Task* task = FindTask(LastSegment(request.task().name()), &prepared->plan);
    if (task == nullptr) return NotFound(request.task().name());
    CopyFields(request.task(), fields, task);
    SettleByEdit(task->task_id(), fields, ports_.clock->Now(), &prepared->plan);
    return absl::OkStatus();
  };
  const std::string plan(ParentName(request.task().name()));
  return ChangeDraft(caller, "UpdateTask", request, plan, request.etag(), change, response);
}

absl::Status PlanCore::EditPlan(const Caller& caller, const v1::EditPlanRequest& request, v1::Plan* response) {
  const auto change = [&](const PlanReader& reader, PreparedPlan* prepared) -> absl::Status {
    v1::Plan published;
    if (!prepared->plan.revises().empty()) {
      DUBAN_ASSIGN_OR_RETURN(published, ReadRevised(reader.view, prepared));
    }
    const EditContext context{[&] { return ports_.ids->NextId("t"); }, published};
    return ApplyEdits(request, context, &prepared->plan, &prepared->answers);
  };
  return ChangeDraft(caller, "EditPlan", request, request.name(), request.etag(), change, response);
}

absl::Status PlanCore::DeletePlan(const Caller& caller, const v1::DeletePlanRequest& request,
                                  v1::DeletePlanResponse* response) {
  const std::string method = StrCat(kService, "DeletePlan");
  return ports_.store->Request({caller, method, request}, response, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, ReadPlan(transaction, request.name()));
    DUBAN_RETURN_IF_ERROR(CheckOwner(plan, ports_.node));
    DUBAN_RETURN_IF_ERROR(CheckEtag(plan.name(), request.etag(), plan.etag()));
    if (plan.state() == v1::Plan::DRAFT) return DropDraft(transaction, plan);
    return WrongState(plan, "is not a draft any more; withdraw it instead",
                      "已不是草稿，不能删除；如需停止交办，请撤回");
  });
}

absl::Status PlanCore::SettleFindings(const Caller& caller, const v1::SettleFindingsRequest& request,
                                      v1::Plan* response) {
  DUBAN_ASSIGN_OR_RETURN(const ActingPerson who,
                         InWhoseName(caller, {v1::PLANNER, ""}, request.settled_by(), "settled_by"));
  const auto change = [&](const PlanReader& reader, PreparedPlan* prepared) {
    return ApplyAnswers(reader, ports_.clock->Now(), request, who, prepared);
  };
  return ChangeDraft(caller, "SettleFindings", request, request.name(), request.etag(), change, response);
}

absl::Status PlanCore::ReopenFindings(const Caller& caller, const v1::ReopenFindingsRequest& request,
                                      v1::Plan* response) {
  const auto change = [&](const PlanReader&, PreparedPlan* prepared) {
    const int old_year = prepared->plan.year();
    DUBAN_RETURN_IF_ERROR(TakeBackAnswers(request, prepared));
    if (prepared->plan.year() != old_year) ReadDeadlinesAgain(old_year, &prepared->plan);
    return absl::OkStatus();
  };
  return ChangeDraft(caller, "ReopenFindings", request, request.name(), request.etag(), change, response);
}

absl::Status PlanCore::ProposeAlignments(const Caller&, const v1::ProposeAlignmentsRequest& request,
                                         v1::ProposeAlignmentsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::Plan> plan, snapshot->Need<v1::Plan>(request.name()));
  DUBAN_ASSIGN_OR_RETURN(std::vector<AlignText> upstream, UpstreamTasks(*snapshot, ports_.node));
  std::vector<AlignText> tasks;
  for (const v1::Task& task : plan.value.tasks()) tasks.push_back(TextOf(task));
  for (const AlignMatch& match : MatchTasks(tasks, upstream, kLeastScore, kMostProposals)) {
    const auto& aligned = plan.value.tasks(static_cast<int>(match.task)).aligned_tasks();
    const AlignText& above = upstream[match.upstream];
    if (std::find(aligned.begin(), aligned.end(), above.name) != aligned.end()) continue;
    auto* alignment = response->add_alignments();
    alignment->set_task(tasks[match.task].name);
    alignment->set_upstream_task(above.name);
    alignment->set_score(match.score);
    alignment->set_task_text(tasks[match.task].text);
    alignment->set_upstream_text(above.text);
  }
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Plan> published, ReadPlans(*snapshot, [&](const v1::Plan& head) {
                           return head.owner_node() == ports_.node && head.state() == v1::Plan::PUBLISHED;
                         }));
  published.push_back(std::move(plan.value));
  std::set<std::string> covered;
  for (const v1::Plan& own : published) {
    for (const v1::Task& task : own.tasks()) covered.insert(task.aligned_tasks().begin(), task.aligned_tasks().end());
  }
  for (const AlignText& task : upstream) {
    if (!covered.contains(task.name)) response->add_uncovered_tasks(task.name);
  }
  return absl::OkStatus();
}

absl::Status PlanCore::AlignTasks(const Caller& caller, const v1::AlignTasksRequest& request, v1::Plan* response) {
  const auto change = [&](const PlanReader& reader, PreparedPlan* prepared) {
    return Align(reader, ports_.node, request, prepared);
  };
  return ChangeDraft(caller, "AlignTasks", request, request.name(), request.etag(), change, response);
}

absl::Status PlanCore::PreviewPublication(const Caller&, const v1::PreviewPublicationRequest& request,
                                          v1::PublicationPreview* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  const PlanReader reader = ReaderOf(*snapshot);
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan read, ReadForChange(reader, request.name()));
  DUBAN_RETURN_IF_ERROR(CheckOwner(read.plan, ports_.node));
  DUBAN_RETURN_IF_ERROR(CheckDraft(read.plan));
  DUBAN_RETURN_IF_ERROR(JudgeIfStale(reader, &read));
  DirectoryView directory = reader.directory();
  DUBAN_ASSIGN_OR_RETURN(*response, PreviewOf(directory, read.plan));
  if (read.plan.revises().empty()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan base, ReadRevised(*snapshot, &read));
  DUBAN_RETURN_IF_ERROR(CompleteAsIs(directory, &read.plan));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::IssuedGroups groups, IssuedGroupsOf(*snapshot, base.name()));
  DUBAN_ASSIGN_OR_RETURN(*response->mutable_moves(), MovesOf({base, groups}, directory, read.plan));
  return absl::OkStatus();
}

namespace {

// What is asked of publishing the draft of a revision beside what is asked of any.
absl::Status CheckRevision(const v1::Plan& base, const v1::PublishPlanRequest& request) {
  FieldErrors errors;
  if (TrimSpaces(request.reason()).empty()) {
    errors.Add("reason", "is needed for a revision: every unit concerned is told", "为空：发布修订须写明修订原因");
  }
  if (request.issuer() != base.issuer()) {
    errors.Add("issuer", StrCat("has to be `", base.issuer(), "`, which issued the plan"),
               StrCat("须为原发布单位“", base.issuer(), "”"));
  }
  return errors.ToStatus();
}

}  // namespace

absl::StatusOr<PreparedPlan> PlanCore::PreparePublication(const PlanReader& reader, const Caller& caller,
                                                          const v1::PublishPlanRequest& request) const {
  const absl::Time now = ports_.clock->Now();
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan prepared, ReadForChange(reader, request.name()));
  v1::Plan& plan = prepared.plan;
  DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> issuer, reader.view.Need<v1::Unit>(request.issuer()));
  if (!HoldsOn(issuer.value.valid_from(), issuer.value.valid_to(), FormatDay(reader.day))) {
    return NotFound(request.issuer());
  }
  DUBAN_RETURN_IF_ERROR(CheckOwner(plan, ports_.node));
  if (HostNode(issuer.value) != ports_.node) {
    return Error(v1::NOT_OWNER,
                 StrCat("`", request.issuer(), "` works at node `", HostNode(issuer.value),
                        "`; publish there, or name a unit of this node"),
                 StrCat("“", issuer.value.display_name(), "”在节点“", HostNode(issuer.value),
                        "”办公，请在那里发布，或选择本节点的单位"),
                 {{"name", request.issuer()}, {"owner", HostNode(issuer.value)}});
  }
  DUBAN_RETURN_IF_ERROR(CheckEtag(plan.name(), request.etag(), plan.etag()));
  DirectoryView directory = reader.directory();
  if (plan.state() == v1::Plan::DRAFT) {
    if (!plan.revises().empty()) {
      DUBAN_ASSIGN_OR_RETURN(prepared.replaced, ReadRevised(reader.view, &prepared));
      DUBAN_RETURN_IF_ERROR(CheckRevision(*prepared.replaced, request));
    }
    DUBAN_RETURN_IF_ERROR(JudgeIfStale(reader, &prepared));
    DUBAN_RETURN_IF_ERROR(CheckNothingBlocks(plan));
    DUBAN_RETURN_IF_ERROR(CompleteForOrders(directory, &plan));
    DUBAN_ASSIGN_OR_RETURN(*plan.mutable_issuance(), IssuanceOf(directory, plan));
    DUBAN_ASSIGN_OR_RETURN(prepared.issued_groups, GroupsOf(directory, plan));
  }
  if (!DUBAN_BUG("plan.published_again")) DUBAN_RETURN_IF_ERROR(CheckDraft(plan));
  if (plan.tasks().empty()) return WrongState(plan, "has no tasks", "没有任务，不能发布");
  if (prepared.replaced.has_value()) {
    prepared.published_draft = plan;
    plan = NextRevision(*prepared.replaced, std::move(plan), {now, request.reason(), NameOf(caller)});
  } else {
    plan.set_state(v1::Plan::PUBLISHED);
    plan.set_revision(1);
    plan.set_issuer(request.issuer());
    plan.set_publisher(NameOf(caller));
    *plan.mutable_publish_time() = ToProto(now);
  }
  plan.set_publish_date(FormatDay(reader.day));
  prepared.keep_hints = true;
  DUBAN_ASSIGN_OR_RETURN(prepared.audiences, AudiencesOf(directory, ports_.node, plan));
  return prepared;
}

absl::Status PlanCore::PublishPlan(const Caller& caller, const v1::PublishPlanRequest& request, v1::Plan* response) {
  const auto prepare = [&](const PlanReader& reader) { return PreparePublication(reader, caller, request); };
  return RunChange(caller, "PublishPlan", request, prepare, response);
}

namespace {

// The name for the draft of a plan's next revision; empty where the server has to make one up. Errors: RESOURCE_EXISTS
// where the id that was asked for is taken.
absl::StatusOr<std::string> NameOfDraft(const ReadView& view, const v1::Plan& published, const std::string& asked) {
  constexpr size_t kLongestId = 63;
  const std::string id = asked.empty() ? StrCat(LastSegment(published.name()), "-r", published.revision() + 1) : asked;
  const std::string name = StrCat("plans/", id);
  DUBAN_ASSIGN_OR_RETURN(const auto record, view.GetRecord(name));
  const bool taken = record.has_value() && !record->deleted();
  if (taken && !asked.empty()) {
    return Error(v1::RESOURCE_EXISTS, StrCat("`", name, "` exists already; choose another id"),
                 StrCat("“", name, "”已经存在，请换一个编号"), {{"name", name}, {"by", name}});
  }
  return taken || id.size() > kLongestId ? std::string() : name;
}

}  // namespace

absl::StatusOr<PreparedPlan> PlanCore::PrepareDraftOfRevision(const PlanReader& reader, const Caller& caller,
                                                              const v1::RevisePlanRequest& request) const {
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan prepared, ReadForChange(reader, request.name()));
  const v1::Plan published = prepared.plan;
  DUBAN_RETURN_IF_ERROR(CheckOwner(published, ports_.node));
  DUBAN_RETURN_IF_ERROR(CheckEtag(published.name(), request.etag(), published.etag()));
  if (published.state() != v1::Plan::PUBLISHED) {
    return WrongState(published, "is not published, so there is nothing to revise", "不是已发布的计划，无需修订");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string open, OpenDraftOf(reader.view, published.name()));
  if (!open.empty()) {
    return Error(v1::RESOURCE_EXISTS, StrCat("`", published.name(), "` is being revised in `", open, "`; go on there"),
                 StrCat("“", published.name(), "”正在修订，请继续修改修订稿“", open, "”"),
                 {{"name", published.name()}, {"by", open}});
  }
  if (published.revision() >= kMaxRevisions) {
    return Error(v1::LIMIT_REACHED,
                 StrCat("`", published.name(), "` has ", kMaxRevisions, " revisions; make a plan of its own"),
                 StrCat("“", published.name(), "”已修订 ", kMaxRevisions, " 次，请另建计划"),
                 {{"name", published.name()}, {"limit", StrCat(kMaxRevisions)}});
  }
  prepared.plan = DraftOfNextRevision(published);
  prepared.opens_revision = true;
  v1::Plan& draft = prepared.plan;
  draft.set_reviser(NameOf(caller));
  DUBAN_ASSIGN_OR_RETURN(const std::string name, NameOfDraft(reader.view, published, request.draft_id()));
  draft.set_name(name.empty() ? StrCat("plans/", ports_.ids->NextId("p")) : name);
  *draft.mutable_create_time() = ToProto(ports_.clock->Now());
  NameTasks(&draft);
  DUBAN_RETURN_IF_ERROR(JudgeAgain(reader, &prepared));
  return prepared;
}

absl::Status PlanCore::RevisePlan(const Caller& caller, const v1::RevisePlanRequest& request, v1::Plan* response) {
  const auto prepare = [&](const PlanReader& reader) { return PrepareDraftOfRevision(reader, caller, request); };
  return RunChange(caller, "RevisePlan", request, prepare, response);
}

absl::Status PlanCore::ListPlanRevisions(const Caller&, const v1::ListPlanRevisionsRequest& request,
                                         v1::ListPlanRevisionsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, ReadPlan(*snapshot, request.name()));
  if (plan.state() == v1::Plan::DRAFT) return NotFound(StrCat(plan.name(), "/revisions"));
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Plan> heads, RevisionHeads(*snapshot, plan));
  for (v1::Plan& head : heads) *response->add_revisions() = std::move(head);
  return absl::OkStatus();
}

absl::Status PlanCore::ComparePlanRevisions(const Caller&, const v1::ComparePlanRevisionsRequest& request,
                                            v1::ComparePlanRevisionsResponse* response) const {
  const auto snapshot = ports_.store->TakeSnapshot();
  const PlanReader reader = ReaderOf(*snapshot);
  DUBAN_ASSIGN_OR_RETURN(PreparedPlan read, ReadForChange(reader, request.name()));
  v1::Plan& plan = read.plan;
  const bool draft = plan.state() == v1::Plan::DRAFT;
  if (draft) {
    if (plan.revises().empty()) {
      return WrongState(plan, "revises no published plan, so there is nothing to compare it with",
                        "不是修订稿，没有可以比较的已发布计划");
    }
    if (request.to_revision() > 0) return NotFound(StrCat(plan.name(), "/revisions/", request.to_revision()));
    DUBAN_RETURN_IF_ERROR(JudgeIfStale(reader, &read));
    DirectoryView directory = reader.directory();
    DUBAN_RETURN_IF_ERROR(CompleteAsIs(directory, &plan));
  } else if (request.to_revision() > 0) {
    DUBAN_ASSIGN_OR_RETURN(plan, ReadRevision(*snapshot, request.name(), request.to_revision()));
  }
  const int before = draft ? plan.base_revision() : plan.revision() - 1;
  const int from = request.from_revision() > 0 ? request.from_revision() : before;
  if (from == 0) {
    return WrongState(plan, "is the first revision; there is none before it", "是首次发布，没有更早的版本可以比较");
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan base, ReadRevision(*snapshot, draft ? plan.revises() : plan.name(), from));
  *response = ComparePlans(base, plan);
  return absl::OkStatus();
}

absl::Status PlanCore::WithdrawPlan(const Caller& caller, const v1::WithdrawPlanRequest& request, v1::Plan* response) {
  const auto prepare = [&](const PlanReader& reader) -> absl::StatusOr<PreparedPlan> {
    DUBAN_ASSIGN_OR_RETURN(PreparedPlan prepared, ReadForChange(reader, request.name()));
    v1::Plan& plan = prepared.plan;
    DUBAN_RETURN_IF_ERROR(CheckOwner(plan, ports_.node));
    DUBAN_RETURN_IF_ERROR(CheckEtag(plan.name(), request.etag(), plan.etag()));
    if (plan.state() != v1::Plan::PUBLISHED) {
      return WrongState(plan, "is not published, so there is nothing to withdraw", "不是已发布的计划，无从撤回");
    }
    plan.set_state(v1::Plan::WITHDRAWN);
    plan.set_withdraw_reason(request.reason());
    *plan.mutable_withdraw_time() = ToProto(ports_.clock->Now());
    DUBAN_ASSIGN_OR_RETURN(prepared.judged, StampOf(reader.view, reader.day));
    DirectoryView directory(reader.view, PublishDay(plan));
    DUBAN_ASSIGN_OR_RETURN(prepared.audiences, AudiencesOf(directory, ports_.node, plan));
    return prepared;
  };
  return RunChange(caller, "WithdrawPlan", request, prepare, response);
}

absl::Status PlanCore::ListKeptHints(const Caller& caller, const v1::ListKeptHintsRequest& request,
                                     v1::ListKeptHintsResponse* response) const {
  const Listing listing = {ports_.page_key, caller.label(), "ListKeptHints"};
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kDefaultPage, kMostPage);
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::KeptHints> all, AllKeptHints(*ports_.store->TakeSnapshot()));
  const auto place = [](const v1::KeptHints& kept) { return StrCat(kept.issuing_unit(), "\n", kept.name()); };
  for (v1::KeptHints& kept : all) {
    if (!cursor.empty() && place(kept) <= cursor) continue;
    if (response->kept_hints_size() == size) {
      response->set_next_page_token(MakePageToken(listing, place(response->kept_hints(size - 1))));
      break;
    }
    *response->add_kept_hints() = std::move(kept);
  }
  return absl::OkStatus();
}

absl::Status PlanCore::DeleteKeptHints(const Caller& caller, const v1::DeleteKeptHintsRequest& request,
                                       v1::DeleteKeptHintsResponse* response) {
  const std::string method = StrCat(kService, "DeleteKeptHints");
  return ports_.store->Request({caller, method, request}, response, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const Stored<v1::KeptHints> kept, transaction.Need<v1::KeptHints>(request.name()));
    DUBAN_RETURN_IF_ERROR(CheckEtag(request.name(), request.etag(), EtagOf(kept.sequence)));
    return transaction.Delete(request.name());
  });
}

}  // namespace duban
