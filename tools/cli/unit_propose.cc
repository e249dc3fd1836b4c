// `duban unit propose`: a first directory file out of plan documents, without a server.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/directory_service.pb.h"
#include "services/plan/directory/directory_lines.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct ProposeFlags {
  std::vector<std::string> files;
  std::string issuer;
  std::vector<std::string> nodes;
};

absl::Status Propose(Session& session, const ProposeFlags& flags) {
  DirectoryLinesOptions options;
  options.issuer = flags.issuer;
  for (const std::string& hosted : flags.nodes) {
    const size_t equals = hosted.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == hosted.size()) {
      return UsageError({StrCat("“", hosted, "”应写成 单位=节点"), StrCat("`", hosted, "` has to be UNIT=NODE")});
    }
    options.nodes[hosted.substr(0, equals)] = hosted.substr(equals + 1);
  }
  std::vector<v1::Plan> plans;
  for (const std::string& file : flags.files) {
    DUBAN_ASSIGN_OR_RETURN(const std::string bytes, session.ReadFile(file, kMaxDocumentBytes + 1));
    DUBAN_ASSIGN_OR_RETURN(const SourceDocument document, ReadSource(bytes, file.substr(file.find_last_of('/') + 1)));
    DUBAN_ASSIGN_OR_RETURN(v1::Plan plan, DocumentToPlan(document, ReadContext()));
    plans.push_back(std::move(plan));
  }
  const std::string lines = DirectoryLinesOf(plans, options);
  // For programs: the request that would load it.
  v1::ImportDirectoryRequest request;
  request.set_content(lines);
  session.printer().Json(request);
  session.printer().Block(lines);
  session.printer().Hint({"请核对类别、上级和单位组成员，再用 duban unit import 导入",
                          "check kinds, superiors and members of groups, then load it: duban unit import"});
  return absl::OkStatus();
}

}  // namespace

void AddUnitPropose(Command unit) {
  auto flags = std::make_shared<ProposeFlags>();
  unit.Leaf("propose",
            {"从工作要点生成单位名录文件草稿（不需要服务器）", "draft a directory file from plans, without a server"},
            [flags](Session& session) { return Propose(session, *flags); })
      .Texts("FILE", &flags->files,
             {"docx、xlsx、csv、html、txt、pdf 文件，可多个", "docx, xlsx, csv, html, txt or pdf files"}, kRequired)
      .Text("--issuer=UNIT", &flags->issuer,
            {"发布单位，作为各单位的上级；默认取文件的发文单位",
             "the unit above all others; default: who issued the plan"})
      .Texts("--host=UNIT=NODE", &flags->nodes,
             {"单位在别的节点办公；可多次", "a unit that works at another node; repeat for several"})
      .Footer({"打印 CSV，列的含义见 deploy/samples/README.zh.md。",
               "Prints CSV; the columns are explained in deploy/samples/README.md."});
}

}  // namespace duban::cli
