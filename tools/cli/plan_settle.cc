// `duban plan settle`: findings answered one by one, by code, all proposals at once, or in a talk with a person.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/reader/findings.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

constexpr int kMaxAnswers = 500;
// Columns of a task's text beside a question about it.
constexpr size_t kTaskColumns = 120;

struct SettleFlags {
  std::string plan;
  std::vector<std::string> findings;
  std::vector<std::string> codes;
  bool accept = false;
  bool dismiss = false;
  std::optional<std::string> answer;
  bool accept_all = false;
  bool alike = false;
  bool remember = false;
  std::string by;
  Mutation mutation;
};

// What the flags decide; nothing where they decide nothing.
absl::StatusOr<std::optional<v1::Finding::Settlement>> Decision(const SettleFlags& flags) {
  const bool answered = flags.answer.has_value();
  const int given = (flags.accept ? 1 : 0) + (flags.dismiss ? 1 : 0) + (answered ? 1 : 0);
  const bool chosen = !flags.findings.empty() || !flags.codes.empty();
  if (given > 1 || (given == 1 && flags.accept_all)) {
    return UsageError({"--accept、--answer、--dismiss、--accept-all 只能选一个",
                       "choose one of --accept, --answer, --dismiss and --accept-all"});
  }
  if (flags.accept_all && chosen) {
    return UsageError({"--accept-all 处理所有待核实事项，不要同时写 --finding 或 --code；采纳其中几项用 --accept",
                       "--accept-all is about every finding; with --finding or --code use --accept"});
  }
  if (chosen && given == 0) {
    return UsageError({"请写明如何处理：--accept（采纳建议）、--answer=内容（另行答复）或 --dismiss（按原文）",
                       "say how to settle: --accept (the proposal), --answer=TEXT, or --dismiss (as printed)"});
  }
  if (!chosen && given == 1) {
    return UsageError({"请写明处理哪些待核实事项：--finding=f-1 或 --code=代码；全部采纳建议用 --accept-all",
                       "say which findings: --finding=f-1 or --code=CODE; --accept-all takes every proposal"});
  }
  if (flags.alike && flags.findings.empty()) {
    return UsageError({"--alike 须与 --finding 一起用：与它同类的待核实事项一并处理",
                       "--alike goes with --finding: every open finding like it is settled with it"});
  }
  if (!chosen && !flags.accept_all) return std::optional<v1::Finding::Settlement>();
  if (flags.accept || flags.accept_all) return std::optional(v1::Finding::ACCEPTED);
  if (flags.dismiss) return std::optional(v1::Finding::DISMISSED);
  return std::optional(v1::Finding::ANSWERED);
}

absl::StatusOr<v1::Plan> GetPlan(Session& session, const std::string& name) {
  v1::GetPlanRequest request;
  request.set_name(name);
  return session.Call<v1::Plan>("PlanService/GetPlan", request);
}

v1::SettleFindingsRequest NewRequest(const SettleFlags& flags, const std::string& person) {
  v1::SettleFindingsRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("plans/", flags.plan));
  request.set_settled_by(person);
  request.set_etag(flags.mutation.etag);
  return request;
}

void AddAnswer(v1::Finding::Settlement settlement, const std::string& id, const std::string& code,
               const std::string& answer, v1::SettleFindingsRequest* request) {
  auto* entry = request->add_answers();
  entry->set_finding_id(id);
  entry->set_code(code);
  entry->set_settlement(settlement);
  entry->set_answer(answer);
}

// The codes of findings, each once.
absl::StatusOr<std::vector<std::string>> CodesOf(Session& session, const SettleFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, GetPlan(session, FullName("plans/", flags.plan)));
  std::vector<std::string> codes;
  for (const std::string& id : flags.findings) {
    const auto found = std::find_if(plan.findings().begin(), plan.findings().end(),
                                    [&](const v1::Finding& finding) { return finding.finding_id() == id; });
    if (found == plan.findings().end()) {
      return NotFoundError(
          {StrCat("“", flags.plan, "”没有待核实事项“", id, "”；用 duban plan show ", flags.plan, " 列出"),
           StrCat("`", flags.plan, "` has no finding `", id, "`; duban plan show ", flags.plan, " lists them")});
    }
    if (std::find(codes.begin(), codes.end(), found->code()) == codes.end()) codes.push_back(found->code());
  }
  return codes;
}

void PrintLeft(const v1::Plan& plan, Printer* printer) {
  PrintPlanFindings(plan, Findings::kOpenInShort, printer);
  const std::string id = ShortName(plan.name());
  if (plan.tasks().empty()) {
    printer->Hint(
        {StrCat("该草稿没有任务，不能发布。可重新导入：duban plan import 文件 --over=", id,
                "；手工添加：duban plan task add ", id, " --text=…；或删除：duban plan delete ", id),
         StrCat("this draft has no tasks and cannot be published. Import again: duban plan import FILE --over=", id,
                "; add tasks: duban plan task add ", id, " --text=...; or discard it: duban plan delete ", id)});
  } else if (OpenBlocking(plan) == 0) {
    printer->Hint({StrCat("可以发布了：duban plan publish ", id, " --issuer=单位"),
                   StrCat("ready to publish: duban plan publish ", id, " --issuer=UNIT")});
  }
}

// Takes every proposal there is. Findings without one stay open and are shown.
absl::Status AcceptAll(Session& session, const SettleFlags& flags, const std::string& person) {
  DUBAN_ASSIGN_OR_RETURN(v1::Plan plan, GetPlan(session, FullName("plans/", flags.plan)));
  v1::SettleFindingsRequest request = NewRequest(flags, person);
  if (request.etag().empty()) request.set_etag(plan.etag());
  int accepted = 0;
  std::vector<std::string> ids;
  for (const v1::Finding* finding : OpenFindings(plan)) {
    if (!finding->proposal().empty()) ids.push_back(finding->finding_id());
  }
  for (size_t begin = 0; begin < ids.size(); begin += kMaxAnswers) {
    request.clear_answers();
    for (size_t i = begin; i < ids.size() && i < begin + kMaxAnswers; ++i) {
      AddAnswer(v1::Finding::ACCEPTED, ids[i], "", "", &request);
    }
    if (begin > 0) request.set_request_id(session.RequestIdFor(flags.mutation.request_id, StrCat(begin)));
    DUBAN_ASSIGN_OR_RETURN(plan, session.Call<v1::Plan>("PlanService/SettleFindings", request));
    request.set_etag(plan.etag());
    accepted += request.answers_size();
  }
  session.printer().Json(plan);
  session.printer().Line({StrCat("已采纳 ", accepted, " 项建议"), StrCat("took ", accepted, " proposals")});
  PrintLeft(plan, &session.printer());
  return absl::OkStatus();
}

// A finding with the task it is about.
void PrintQuestion(const v1::Plan& plan, const v1::Finding& finding, Printer* printer) {
  const auto line = [&](const Phrase& label, const std::string& value) {
    if (!value.empty()) printer->Line({StrCat("  ", label.zh, "：", value), StrCat("  ", label.en, ": ", value)});
  };
  const Phrase where = TaskWords(plan, finding.task());
  printer->Gap();
  printer->Line(
      {StrCat(finding.finding_id(), "  ", finding.code(), "  ", where.zh, finding.blocking() ? "  阻止发布" : ""),
       StrCat(finding.finding_id(), "  ", finding.code(), "  ", where.en,
              finding.blocking() ? "  blocks publishing" : "")},
      Style::kBold);
  printer->Line({"  " + finding.message(), "  " + finding.message()});
  for (const v1::Task& task : plan.tasks()) {
    if (task.task_id() != finding.task()) continue;
    line({"任务", "task"}, Ellipsize(task.text(), kTaskColumns));
    line({"原文单位", "units as printed"}, task.printed_units());
  }
  line({"建议", "proposal"}, finding.proposal());
}

AnswerKind KindOf(const v1::Finding& finding) {
  const FindingRule* rule = FindFindingRule(finding.code());
  return rule == nullptr ? AnswerKind::kNone : rule->answer;
}

bool IsAboutUnits(const v1::Finding& finding) {
  return KindOf(finding) == AnswerKind::kUnitName || KindOf(finding) == AnswerKind::kUnitList;
}

// How many open findings have the same code; `with_proposal`: those that propose something.
int CountAlike(const v1::Plan& plan, const v1::Finding& finding, bool with_proposal) {
  const auto open = OpenFindings(plan);
  return static_cast<int>(std::count_if(open.begin(), open.end(), [&](const v1::Finding* other) {
    return other->code() == finding.code() && (!with_proposal || !other->proposal().empty());
  }));
}

// What can be done about a finding.
Phrase Choices(const v1::Plan& plan, const v1::Finding& finding) {
  const bool proposes = !finding.proposal().empty();
  Phrase choices =
      proposes ? Phrase{"[a]采纳建议 [n]另行答复", "[a] accept [n] answer"} : Phrase{"[n]答复", "[n] answer"};
  const Phrase dismiss =
      finding.code() == kNoUnit
          ? Phrase{"[d]就这样（没有单位负责这项任务）", "[d] let it be (nobody answers for the task)"}
      : IsAboutUnits(finding)
          ? Phrase{"[d]按原文（不指定单位，该单位不会收到任务）", "[d] as printed (nobody is assigned)"}
          : Phrase{"[d]按原文", "[d] as printed"};
  StrAppend(&choices.zh, " ", dismiss.zh);
  StrAppend(&choices.en, " ", dismiss.en);
  const int proposing = CountAlike(plan, finding, true), alike = CountAlike(plan, finding, false);
  if (proposes && proposing > 1) {
    StrAppend(&choices.zh, " [A]同类全部采纳（", proposing, " 项）");
    StrAppend(&choices.en, " [A] accept all ", proposing, " of the kind");
  }
  if (alike > 1) {
    StrAppend(&choices.zh, " [D]同类全部按原文（", alike, " 项）");
    StrAppend(&choices.en, " [D] all ", alike, " of the kind as printed");
  }
  return {StrCat(choices.zh, " [s]跳过 [q]结束 [?]说明："), StrCat(choices.en, " [s] skip [q] quit [?] help: ")};
}

// What the choices do.
void Explain(const v1::Finding& finding, Printer* printer) {
  const FindingRule* rule = FindFindingRule(finding.code());
  if (rule != nullptr) {
    printer->Line(
        {StrCat("  ", rule->title_zh, rule->blocking ? "：须先处理才能发布。" : "：不处理也能发布，只是提示。"),
         StrCat("  ", rule->title_en,
                rule->blocking ? ": has to be settled before the plan is published."
                               : ": a hint; the plan can be published with it.")});
  }
  const auto line = [&](const Phrase& phrase) { printer->Line({StrCat("  ", phrase.zh), StrCat("  ", phrase.en)}); };
  if (!finding.proposal().empty()) {
    line({StrCat("采纳：改为“", finding.proposal(), "”。"), StrCat("accept: it becomes `", finding.proposal(), "`.")});
  }
  switch (KindOf(finding)) {
    case AnswerKind::kUnitList:
      line({"答复：写出这项任务的全部单位，替换原有的。", "answer: all units of the task, in place of those it has."});
      break;
    case AnswerKind::kUnitName:
      line(
          {"答复：写出这个名称指的单位；计划里所有这个名称一并改。只影响本计划，除非你确认今后也这样读。",
           "answer: the unit that the name means, wherever it stands in this plan; later plans are read so only if you "
           "say so."});
      break;
    case AnswerKind::kDeadline:
      line({"答复：写出时限，如 9月底前、每季度、常态化开展，或 2026-09-30。",
            "answer: the deadline, such as 9月底前, 每季度, 常态化开展 or 2026-09-30."});
      break;
    case AnswerKind::kNumber:
    case AnswerKind::kNone:
      line({"答复：记下你的说明。", "answer: what you say is noted."});
      break;
  }
  if (IsAboutUnits(finding)) {
    line({"按原文：原文照留，不指定单位，所以没有单位因它收到任务。",
          "as printed: the words stay, and nobody is assigned by them."});
  } else {
    line({"按原文：保持现状。", "as printed: it stays as it is."});
  }
  line({"处理之后可以撤回：duban plan reopen 计划 编号。",
        "what is settled can be reopened: duban plan reopen PLAN FINDING."});
}

// What to type as an answer.
Phrase AnswerPrompt(const v1::Finding& finding) {
  if (finding.code() == kNoYear) return {"请填写年份，如 2026：", "the year, such as 2026: "};
  switch (KindOf(finding)) {
    case AnswerKind::kUnitList:
      return {"请填写由谁负责，如 县教育局牵头，县财政局、各镇配合：",
              "who has to act, such as 县教育局牵头，县财政局、各镇配合: "};
    case AnswerKind::kUnitName:
      return {"请填写单位全称，几个单位用、分开：", "full names of units, separated by 、: "};
    case AnswerKind::kDeadline:
      return {"请填写时限，如 9月30日前：", "the deadline, such as 9月30日前: "};
    case AnswerKind::kNumber:
      return {"请填写序号：", "the number: "};
    case AnswerKind::kNone:
      break;
  }
  return {"答复：", "answer: "};
}

// Whether the answer is what a printed name means, which will be printed again.
bool CanBeRemembered(const v1::Finding& finding, const std::string& value) {
  const bool name =
      finding.code() == kUnknownUnit || finding.code() == kBrokenUnit || finding.code() == kUnitNotUnderstood;
  return name && !value.empty() && !finding.subject().empty() && value.find("、") == std::string::npos;
}

// Asks whether later plans shall be read so, too.
bool AskToRemember(Session& session, const v1::Finding& finding, const std::string& value) {
  if (!CanBeRemembered(finding, value)) return false;
  const auto answer = session.AskPerson(
      {StrCat("今后的计划里，“", finding.subject(), "”也都读作“", value, "”吗？[y/N] "),
       StrCat("shall `", finding.subject(), "` be read as `", value, "` in later plans, too? [y/N] ")});
  return answer == "y" || answer == "Y" || answer == "是";
}

// The decision behind what a person typed; nothing where it is none.
std::optional<v1::SettleFindingsRequest::Answer> DecisionOf(Session& session, const std::string& typed,
                                                            const v1::Finding& finding) {
  v1::SettleFindingsRequest::Answer answer;
  const bool all = typed == "A" || typed == "D";
  all ? answer.set_code(finding.code()) : answer.set_finding_id(finding.finding_id());
  if (typed == "d" || typed == "D") answer.set_settlement(v1::Finding::DISMISSED);
  if ((typed == "a" || typed == "A") && !finding.proposal().empty()) {
    answer.set_settlement(v1::Finding::ACCEPTED);
    if (typed == "a") answer.set_remember(AskToRemember(session, finding, finding.proposal()));
  }
  if (typed == "n") {
    answer.set_answer(session.AskPerson(AnswerPrompt(finding)).value_or(""));
    if (answer.answer().empty()) return std::nullopt;
    answer.set_settlement(v1::Finding::ANSWERED);
    answer.set_remember(AskToRemember(session, finding, answer.answer()));
  }
  if (answer.settlement() == v1::Finding::SETTLEMENT_UNSPECIFIED) return std::nullopt;
  return answer;
}

// One finding put to a person; what they decided, or nothing where they skip it. `*stop`: they have had enough.
std::optional<v1::SettleFindingsRequest::Answer> Ask(Session& session, const v1::Plan& plan, const v1::Finding& finding,
                                                     bool* stop) {
  PrintQuestion(plan, finding, &session.printer());
  while (true) {
    const std::optional<std::string> typed = session.AskPerson(Choices(plan, finding));
    if (!typed.has_value() || *typed == "q") {
      *stop = true;
      return std::nullopt;
    }
    if (*typed == "s") return std::nullopt;
    if (*typed == "?" || *typed == "？") {
      Explain(finding, &session.printer());
      continue;
    }
    if (auto answer = DecisionOf(session, *typed, finding); answer.has_value()) return answer;
  }
}

const v1::Finding* FindOpen(const v1::Plan& plan, const std::string& id) {
  for (const v1::Finding* finding : OpenFindings(plan)) {
    if (finding->finding_id() == id) return finding;
  }
  return nullptr;
}

// Asks about one finding until its answer is stored or passed over. `*stop`: the person has had enough.
absl::Status SettleOne(Session& session, const SettleFlags& flags, const std::string& person, const std::string& id,
                       v1::Plan* plan, bool* stop) {
  // An answer before it can settle this one too.
  while (const v1::Finding* finding = FindOpen(*plan, id)) {
    const auto answer = Ask(session, *plan, *finding, stop);
    if (!answer.has_value()) return absl::OkStatus();
    v1::SettleFindingsRequest request = NewRequest(flags, person);
    request.set_request_id(session.RequestIdFor(flags.mutation.request_id, answer->SerializeAsString()));
    request.set_etag(plan->etag());
    *request.add_answers() = *answer;
    auto settled = session.Call<v1::Plan>("PlanService/SettleFindings", request);
    if (settled.ok()) {
      *plan = *std::move(settled);
      continue;
    }
    if (ExitCodeOf(settled.status()) == ExitCode::kUnreachable) return settled.status();
    session.printer().Error(settled.status());
    DUBAN_ASSIGN_OR_RETURN(*plan, GetPlan(session, request.name()));
  }
  return absl::OkStatus();
}

// Puts the open findings to a person, one after the other; each answer is stored at once.
absl::Status Talk(Session& session, const SettleFlags& flags, const std::string& person) {
  Printer& printer = session.printer();
  DUBAN_ASSIGN_OR_RETURN(v1::Plan plan, GetPlan(session, FullName("plans/", flags.plan)));
  std::vector<std::string> ids;
  for (const v1::Finding* finding : OpenFindings(plan)) ids.push_back(finding->finding_id());
  bool stop = false;
  for (const std::string& id : ids) {
    DUBAN_RETURN_IF_ERROR(SettleOne(session, flags, person, id, &plan, &stop));
    if (stop) break;
  }
  printer.Gap();
  if (!stop) {
    PrintLeft(plan, &printer);
    return absl::OkStatus();
  }
  const size_t open = OpenFindings(plan).size();
  printer.Line({StrCat("还有 ", open, " 项待核实事项未处理，其中 ", OpenBlocking(plan), " 项阻止发布"),
                StrCat(open, " findings are open, ", OpenBlocking(plan), " of them block publishing")});
  return absl::OkStatus();
}

absl::Status Settle(Session& session, const SettleFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<v1::Finding::Settlement> decision, Decision(flags));
  DUBAN_ASSIGN_OR_RETURN(const std::string person, session.Person(flags.by));
  if (flags.accept_all) return AcceptAll(session, flags, person);
  if (!decision.has_value()) {
    if (session.environment().in_is_terminal && !session.printer().json()) return Talk(session, flags, person);
    return UsageError(
        {"请写明处理哪些待核实事项（--finding 或 --code）和如何处理，或用 --accept-all；在终端里可以逐条问答",
         "say which findings (--finding or --code) and how, or --accept-all; a terminal asks one by one"});
  }
  v1::SettleFindingsRequest request = NewRequest(flags, person);
  std::vector<std::string> codes = flags.codes;
  if (flags.alike) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> alike, CodesOf(session, flags));
    codes.insert(codes.end(), alike.begin(), alike.end());
  } else {
    for (const std::string& id : flags.findings) AddAnswer(*decision, id, "", flags.answer.value_or(""), &request);
  }
  for (const std::string& code : codes) AddAnswer(*decision, "", code, flags.answer.value_or(""), &request);
  for (auto& answer : *request.mutable_answers()) answer.set_remember(flags.remember);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/SettleFindings", request));
  session.printer().Json(plan);
  PrintLeft(plan, &session.printer());
  return absl::OkStatus();
}

struct ReopenFlags {
  std::string plan;
  // As arguments, and as `plan settle` takes them.
  std::vector<std::string> findings, named;
  Mutation mutation;
};

// What is to be reopened, each once.
std::vector<std::string> FindingsOf(const ReopenFlags& flags) {
  std::vector<std::string> findings;
  for (const auto* given : {&flags.findings, &flags.named}) {
    for (const std::string& id : *given) {
      if (std::find(findings.begin(), findings.end(), id) == findings.end()) findings.push_back(id);
    }
  }
  return findings;
}

absl::Status Reopen(Session& session, const ReopenFlags& flags) {
  const std::vector<std::string> findings = FindingsOf(flags);
  if (findings.empty()) {
    return UsageError(
        {"请写明撤回哪些待核实事项的处理，如 f-3 或 --finding=f-3", "say which findings: f-3, or --finding=f-3"});
  }
  v1::ReopenFindingsRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("plans/", flags.plan));
  request.mutable_finding_ids()->Assign(findings.begin(), findings.end());
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/ReopenFindings", request));
  session.printer().Json(plan);
  session.printer().Line(
      {StrCat("已撤回 ", findings.size(), " 项处理"), StrCat("took back ", findings.size(), " answers")});
  PrintLeft(plan, &session.printer());
  return absl::OkStatus();
}

}  // namespace

void AddPlanSettle(Command plan) {
  auto flags = std::make_shared<SettleFlags>();
  plan.Leaf("settle",
            {"处理待核实事项：逐项、按代码、全部采纳，或在终端里问答",
             "settle findings: one by one, by code, all, or in a talk"},
            [flags](Session& session) { return Settle(session, *flags); })
      .Text("PLAN", &flags->plan, {"计划", "the plan"}, kRequired)
      .Texts("--finding=ID", &flags->findings,
             {"待核实事项的编号，如 f-3；可多次", "a finding, such as f-3; may be repeated"})
      .Texts("--code=CODE", &flags->codes,
             {"此代码的所有待核实事项；可多次", "every open finding with this code; may be repeated"})
      .Flag("--accept", &flags->accept, {"采纳建议", "take the proposal"})
      .Text("--answer=TEXT", &flags->answer,
            {"另行答复；多个单位用、分开", "another answer; units are separated by 、"})
      .Flag("--dismiss", &flags->dismiss, {"按原文保留", "leave it as printed"})
      .Flag("--accept-all", &flags->accept_all, {"采纳全部建议", "take every proposal"})
      .Flag("--alike", &flags->alike, {"与 --finding 同类的一并处理", "settle every open finding like it, too"})
      .Flag("--remember", &flags->remember,
            {"今后的计划也这样读这个名称（unit alias list 列出，unit alias remove 撤回）",
             "read the name so in later plans, too (unit alias list and remove)"})
      .Text("--by=PERSON", &flags->by, {"经办人；默认取 DUBAN_PERSON", "who settles; DUBAN_PERSON if left out"})
      .Changes(&flags->mutation)
      .Footer({"不写处理方式时，在终端里逐条问答。处理只影响本计划，可用 duban plan reopen 撤回。",
               "Without a decision, a terminal asks for each finding. An answer is about this plan; duban plan reopen "
               "takes it back."});

  auto reopen = std::make_shared<ReopenFlags>();
  plan.Leaf("reopen", {"撤回待核实事项的处理，重新来过", "take back how findings were settled"},
            [reopen](Session& session) { return Reopen(session, *reopen); })
      .Text("PLAN", &reopen->plan, {"计划", "the plan"}, kRequired)
      .Texts("FINDING", &reopen->findings, {"待核实事项的编号，如 f-3；可多个", "findings, such as f-3"})
      .Texts("--finding=ID", &reopen->named, {"同上；可多次", "the same; may be repeated"})
      .Changes(&reopen->mutation);
}

}  // namespace duban::cli
