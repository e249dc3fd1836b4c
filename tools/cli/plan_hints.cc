// `duban plan hints`: what is kept of the layouts of offices' documents, and how to forget it.

#include <memory>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

absl::StatusOr<v1::ListKeptHintsResponse> AllKeptHints(Session& session) {
  v1::ListKeptHintsRequest request;
  request.set_page_size(500);
  v1::ListKeptHintsResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListKeptHintsResponse>("PlanService/ListKeptHints", request));
    all.mutable_kept_hints()->MergeFrom(page.kept_hints());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

std::string LayoutWords(Session& session, v1::ReadingHints::Layout layout) {
  switch (layout) {
    case v1::ReadingHints::PROSE:
      return session.Say({"成段文字", "prose"});
    case v1::ReadingHints::CELLS:
      return session.Say({"一格一行", "cells"});
    case v1::ReadingHints::ROWS:
      return session.Say({"各格连成一行", "rows"});
    default:
      return "";
  }
}

std::string ColumnWords(const v1::ReadingHints& hints) {
  std::string words;
  for (const std::string& column : hints.columns()) StrAppend(&words, words.empty() ? "" : "、", column);
  return words;
}

absl::Status List(Session& session) {
  DUBAN_ASSIGN_OR_RETURN(const v1::ListKeptHintsResponse all, AllKeptHints(session));
  session.printer().Json(all);
  Table table({{session.Say({"单位", "Office"}), false, true},
               {session.Say({"栏目", "Columns"}), false, true},
               {session.Say({"排法", "Layout"}), false, false},
               {session.Say({"来自", "From"}), false, true},
               {session.Say({"时间", "Said"}), false, false}});
  for (const v1::KeptHints& kept : all.kept_hints()) {
    table.Row({kept.issuing_unit(), ColumnWords(kept.hints()), LayoutWords(session, kept.hints().layout()),
               kept.plan_title(), TimeWords(kept.update_time())});
  }
  session.printer().Show(table, {"没有记住任何单位文件的排法", "nothing is kept of any office's layout"});
  return absl::OkStatus();
}

struct RemoveFlags {
  std::string office;
  Mutation mutation;
};

absl::Status Remove(Session& session, const RemoveFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const v1::ListKeptHintsResponse all, AllKeptHints(session));
  v1::DeleteKeptHintsRequest request;
  for (const v1::KeptHints& kept : all.kept_hints()) {
    if (kept.issuing_unit() == flags.office || ShortName(kept.name()) == flags.office) request.set_name(kept.name());
  }
  if (request.name().empty()) {
    return NotFoundError({StrCat("没有记住“", flags.office, "”文件的排法；用 duban plan hints list 列出"),
                          StrCat("nothing is kept of `", flags.office, "`; duban plan hints list lists what is")});
  }
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const auto removed,
                         session.Call<v1::DeleteKeptHintsResponse>("PlanService/DeleteKeptHints", request));
  session.printer().Json(removed);
  session.printer().Line({StrCat("已忘记“", flags.office, "”文件的排法，以后按文件本身读取；已有的草稿不变"),
                          StrCat("forgotten: the layout of `", flags.office, "`; drafts that are there stay")});
  return absl::OkStatus();
}

}  // namespace

void AddPlanHints(Command plan) {
  Command hints = plan.Group("hints", {"记住的各单位文件的排法", "what is kept of the layouts of offices' documents"});
  hints.Leaf("list", {"列出", "list it"}, [](Session& session) { return List(session); });
  auto remove = std::make_shared<RemoveFlags>();
  hints
      .Leaf("remove", {"忘记一个单位文件的排法", "forget that of one office"},
            [remove](Session& session) { return Remove(session, *remove); })
      .Text("OFFICE", &remove->office, {"单位，如列出的名称", "the office, as it is listed"}, kRequired)
      .Changes(&remove->mutation);
}

}  // namespace duban::cli
