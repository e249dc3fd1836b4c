// `duban unit alias`: under which other names units are read, and how to take one back.

#include <memory>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/directory_service.pb.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

absl::Status List(Session& session) {
  v1::ListAliasesRequest request;
  request.set_page_size(500);
  v1::ListAliasesResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListAliasesResponse>("DirectoryService/ListAliases", request));
    all.mutable_aliases()->MergeFrom(page.aliases());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  session.printer().Json(all);
  Table table({{session.Say({"又称", "Alias"}), false, true},
               {session.Say({"单位", "Unit"}), false, true},
               {session.Say({"来源", "From"}), false, false}});
  for (const v1::Alias& alias : all.aliases()) {
    table.Row(
        {alias.alias(), alias.entry_display_name(),
         session.Say(alias.only_here() ? Phrase{"仅本节点", "this node alone"} : Phrase{"单位名录", "directory"})});
  }
  session.printer().Show(table, {"没有又称", "no aliases"});
  return absl::OkStatus();
}

struct RemoveFlags {
  std::string alias;
  Mutation mutation;
};

absl::Status Remove(Session& session, const RemoveFlags& flags) {
  v1::RemoveAliasRequest request;
  request.set_alias(flags.alias);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto removed,
                         session.Call<v1::RemoveAliasResponse>("DirectoryService/RemoveAlias", request));
  session.printer().Json(removed);
  if (session.printer().json()) return absl::OkStatus();
  const std::string name = session.NameOf(removed.entry());
  session.printer().Line(
      {StrCat("今后“", flags.alias, "”不再读作“", name, "”；已有的计划不变"),
       StrCat("`", flags.alias, "` is not read as `", name, "` any more; plans that are there stay as they are")});
  return absl::OkStatus();
}

}  // namespace

void AddUnitAliasCommands(Command unit) {
  Command alias = unit.Group("alias", {"又称：计划里的哪些名称读作哪个单位", "other names that units are read under"});
  alias.Leaf("list", {"列出又称", "list aliases"}, [](Session& session) { return List(session); });
  auto remove = std::make_shared<RemoveFlags>();
  alias
      .Leaf("remove", {"撤回一个又称", "take an alias back"},
            [remove](Session& session) { return Remove(session, *remove); })
      .Text("NAME", &remove->alias, {"又称", "the alias"}, kRequired)
      .Changes(&remove->mutation, /*with_etag=*/false);
}

}  // namespace duban::cli
