// `duban search`: plans and assignments by their words.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/assignment_search_service.pb.h"
#include "duban/v1/plan_search_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/commands.h"
#include "tools/cli/table_export.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

constexpr int kDefaultLimit = 50;
constexpr int kMostAPage = 200;

struct SearchFlags {
  std::vector<std::string> words;
  std::string in = "plans";
  std::string plan, unit, issuer;
  std::vector<v1::Assignment::State> states;
  v1::Plan::State plan_state = v1::Plan::STATE_UNSPECIFIED;
  std::optional<int> limit;
  ExportFlags exports;
};

int LimitOf(const SearchFlags& flags) {
  return flags.limit.value_or(kDefaultLimit);
}

std::string QueryOf(const SearchFlags& flags) {
  std::string query;
  for (const std::string& word : flags.words) StrAppend(&query, query.empty() ? "" : " ", word);
  return query;
}

// A snippet with the words that were found in brackets, which no terminal and no file loses.
std::string Marked(const v1::SearchMatch& match) {
  const std::u32string text = DecodeUtf8(match.snippet());
  const auto part = [&](size_t begin, size_t end) {
    return EncodeUtf8(std::u32string_view(text).substr(begin, end - begin));
  };
  std::string marked;
  size_t at = 0;
  for (const v1::SearchMatch::Span& span : match.spans()) {
    const auto begin = static_cast<size_t>(span.begin());
    const auto end = static_cast<size_t>(span.end());
    if (begin < at || end < begin || end > text.size()) continue;
    StrAppend(&marked, part(at, begin), "【", part(begin, end), "】");
    at = end;
  }
  return StrCat(marked, part(at, text.size()));
}

std::string NumberWords(const std::string& table, int number) {
  if (number == 0) return "";
  return table.empty() || table == "body" ? StrCat(number) : StrCat(table, "-", number);
}

// `{plan}/{task}`.
std::string TaskWords(const std::string& task) {
  return StrCat(ShortName(ParentName(task)), "/", ShortName(task));
}

// Calls page by page until there are so many hits, or no more. Returns whether there may be more.
template <typename Request, typename Response>
absl::StatusOr<bool> Collect(Session& session, std::string_view method, int limit, Request request, Response* all) {
  do {
    request.set_page_size(std::min(kMostAPage, limit - all->hits_size()));
    DUBAN_ASSIGN_OR_RETURN(const Response page, session.Call<Response>(method, request));
    all->mutable_hits()->MergeFrom(page.hits());
    all->set_indexing(all->indexing() || page.indexing());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && all->hits_size() < limit);
  return !request.page_token().empty();
}

Table PlanTable(const v1::SearchPlansResponse& found, Session& session) {
  Table table({{session.Say({"计划", "Plan"}), false, true},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"序号", "No."}), true, false},
               {session.Say({"出处", "Found in"}), false, false},
               {session.Say({"内容", "Words"}), false, true, 3},
               {session.Say({"编号", "Id"}), false, false}});
  for (const v1::SearchPlansResponse::Hit& hit : found.hits()) {
    const std::string id = ShortName(hit.plan());
    table.Row({hit.plan_title(), session.Say(WordOf(hit.state())), NumberWords(hit.table(), hit.number()),
               session.Say(WordOf(hit.match().place())), Marked(hit.match()),
               hit.task().empty() ? id : StrCat(id, "/", ShortName(hit.task()))});
  }
  return table;
}

std::string UnitsWords(const v1::SearchAssignmentsResponse::Hit& hit, const Session& session) {
  std::string words;
  for (const std::string& unit : hit.units()) StrAppend(&words, words.empty() ? "" : "、", unit);
  if (hit.unit_count() > hit.units_size()) {
    StrAppend(&words,
              session.Say({StrCat("等 ", hit.unit_count(), " 个单位"), StrCat(" and others, ", hit.unit_count())}));
  }
  return words;
}

Table AssignmentTable(const v1::SearchAssignmentsResponse& found, Session& session) {
  Table table({{session.Say({"计划", "Plan"}), false, true},
               {session.Say({"序号", "No."}), true, false},
               {session.Say({"出处", "Found in"}), false, false},
               {session.Say({"内容", "Words"}), false, true, 3},
               {session.Say({"单位", "Unit"}), false, true},
               {session.Say({"期限", "Due"}), false, false},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"编号", "Id"}), false, false}});
  for (const v1::SearchAssignmentsResponse::Hit& hit : found.hits()) {
    const bool one = !hit.assignment().empty();
    table.Row({hit.plan_title(), NumberWords(hit.table(), hit.number()), session.Say(WordOf(hit.match().place())),
               Marked(hit.match()), UnitsWords(hit, session), hit.due(), one ? session.Say(WordOf(hit.state())) : "",
               one ? ShortAssignmentName(hit.assignment()) : TaskWords(hit.task())});
  }
  return table;
}

// Shows what was found, and says where that may not be all.
absl::Status Give(Session& session, const SearchFlags& flags, const Table& table,
                  const google::protobuf::Message& found, bool more, bool indexing) {
  Printer& printer = session.printer();
  if (flags.exports.any()) {
    DUBAN_RETURN_IF_ERROR(Export(table, flags.exports, {"检索结果", "What was found"}, {}, &printer));
  } else {
    printer.Json(found);
    const std::string query = QueryOf(flags);
    printer.Show(table, {StrCat("没有找到“", query, "”；可减少词语或换一种说法"),
                         StrCat("nothing holds `", query, "`; try fewer or other words")});
  }
  if (more) {
    printer.Hint({StrCat("只列出前 ", LimitOf(flags), " 条；可增加词语，或用 --limit 多列"),
                  StrCat("only the first ", LimitOf(flags), "; name more words, or list more with --limit")});
  }
  if (indexing) {
    printer.Hint(
        {"本节点升级后正在建立检索，结果可能不全，请过几分钟再查",
         "this node is still indexing what it had before its upgrade: this may not be all; search again soon"});
  }
  return absl::OkStatus();
}

absl::Status SearchPlans(Session& session, const SearchFlags& flags) {
  if (!flags.unit.empty() || !flags.issuer.empty() || !flags.states.empty()) {
    return UsageError({"--unit、--issuer、--state 用于检索交办事项，请同时写 --in=assignments",
                       "--unit, --issuer and --state are about assignments; add --in=assignments"});
  }
  v1::SearchPlansRequest request;
  request.set_query(QueryOf(flags));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_viewer(), WorkingUnit(session, ""));
  request.set_plan(FullName("plans/", flags.plan));
  request.set_state(flags.plan_state);
  v1::SearchPlansResponse all;
  DUBAN_ASSIGN_OR_RETURN(const bool more,
                         Collect(session, "PlanSearchService/SearchPlans", LimitOf(flags), request, &all));
  return Give(session, flags, PlanTable(all, session), all, more, all.indexing());
}

absl::Status SearchAssignments(Session& session, const SearchFlags& flags) {
  if (flags.plan_state != v1::Plan::STATE_UNSPECIFIED) {
    return UsageError({"--plan-state 用于检索计划；事项的状态用 --state",
                       "--plan-state is about plans; for assignments there is --state"});
  }
  v1::SearchAssignmentsRequest request;
  request.set_query(QueryOf(flags));
  request.set_plan(FullName("plans/", flags.plan));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), session.UnitName(flags.unit));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_issuer(), session.UnitName(flags.issuer));
  if (request.unit().empty() && request.issuer().empty() && request.plan().empty()) {
    DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), WorkingUnit(session, ""));
  }
  if (!flags.states.empty() && request.unit().empty()) {
    return UsageError({"--state 按某一单位的事项筛选，请同时写 --unit",
                       "--state is of the assignments of one unit; name it with --unit"});
  }
  for (const v1::Assignment::State state : flags.states) request.add_states(state);
  v1::SearchAssignmentsResponse all;
  DUBAN_ASSIGN_OR_RETURN(const bool more,
                         Collect(session, "AssignmentSearchService/SearchAssignments", LimitOf(flags), request, &all));
  return Give(session, flags, AssignmentTable(all, session), all, more, all.indexing());
}

absl::Status Search(Session& session, const SearchFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, session.printer()));
  return flags.in == "plans" ? SearchPlans(session, flags) : SearchAssignments(session, flags);
}

}  // namespace

void AddSearchCommand(Command root) {
  auto flags = std::make_shared<SearchFlags>();
  Command search =
      root.Leaf("search", {"按词语检索计划、任务和交办事项", "find plans, tasks and assignments by their words"},
                [flags](Session& session) { return Search(session, *flags); });
  search
      .Texts("WORDS", &flags->words, {"词语；写几个，就找都有的", "words; what is found holds all of them"}, kRequired)
      .Choice(
          "--in", &flags->in, {"plans", "assignments"},
          {"检索计划（草稿和现行版本），或交办事项（任务、承办单位、进展、办结材料、审核意见）；默认计划",
           "plans (drafts, and revisions in force), or assignments (tasks, units, reports, results, reviews); plans "
           "if left out"})
      .Text("--plan=PLAN", &flags->plan, {"只查此计划", "only this plan"})
      .Enum("--plan-state", &flags->plan_state, {"只查此状态的计划", "only plans in this state"})
      .Text("--unit=UNIT", &flags->unit,
            {"只查此单位承办的事项；未写 --issuer 和 --plan 时默认证书的单位",
             "only assignments of this unit; that of the keys where neither --issuer nor --plan is given"})
      .Text("--issuer=UNIT", &flags->issuer, {"只查此单位交办的事项", "only what this unit issued"})
      .Enums("--state", &flags->states,
             {"只查此状态的事项；可多次；须写 --unit", "only assignments in this state; may be repeated; needs --unit"})
      .Number("--limit=N", &flags->limit, 1, 10000, {"最多列几条；默认 50", "at most so many; 50 if left out"});
  AddExports(search, &flags->exports);
  search.Footer(
      {"题目中有的在前，其次标题、正文、办理记录；同等的，新计划在前。数字和英文按整词查。\n"
       "按单位名称查，只查每项任务的前 64 个单位；查某个单位的全部事项，请加 --unit。",
       "What has them in its title comes first, then in headings, text and records; of equal ones the newest "
       "plan. Numbers and Latin words are compared whole.\n"
       "By names of units a task is found for the first 64 of its units; all of one unit's: --unit."});
}

}  // namespace duban::cli
