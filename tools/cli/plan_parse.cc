// `duban plan parse`: what the reader makes of a document, without a server.

#include <memory>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/plan_json.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tools/cli/commands.h"
#include "tools/cli/hint_flags.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

struct ParseFlags {
  std::string file;
  std::string source_name;
  bool printed = false;
  HintFlags hints;
};

absl::Status Parse(Session& session, const ParseFlags& flags) {
  // One byte more than the reader takes, so that it is the reader who says what is too large.
  DUBAN_ASSIGN_OR_RETURN(const std::string bytes, session.ReadFile(flags.file, kMaxDocumentBytes + 1));
  const std::string base = flags.file == "-" ? "" : flags.file.substr(flags.file.find_last_of('/') + 1);
  const std::string name = flags.source_name.empty() ? base : flags.source_name;
  DUBAN_ASSIGN_OR_RETURN(const SourceDocument document, ReadSource(bytes, name));
  ReadContext context;
  DUBAN_ASSIGN_OR_RETURN(context.hints, HintsOf(flags.hints));
  DUBAN_ASSIGN_OR_RETURN(v1::Plan plan, DocumentToPlan(document, context));
  plan.set_source_name(name);
  Printer& printer = session.printer();
  if (printer.json()) {
    printer.RawJson(PlanToJson(plan));
    return absl::OkStatus();
  }
  if (flags.printed) {
    PrintPlanAsPrinted(plan, &printer);
    return absl::OkStatus();
  }
  PrintPlanProperties(plan, "", &printer);
  printer.Gap();
  PrintPlanTasks(plan, "", /*ids=*/false, &printer);
  printer.Gap();
  PrintPlanFindings(plan, Findings::kAll, &printer);
  return absl::OkStatus();
}

}  // namespace

void AddPlanParse(Command plan) {
  auto flags = std::make_shared<ParseFlags>();
  Command parse = plan.Leaf("parse",
                            {"只读文件不入库（不需要服务器），列出读到的任务和待核实事项",
                             "read a document without a server: tasks and findings"},
                            [flags](Session& session) { return Parse(session, *flags); });
  AddHintFlags(parse, &flags->hints);
  parse
      .Text("FILE", &flags->file,
            {"docx、xlsx、csv、html、txt 或有文字的 pdf；- 为标准输入",
             "docx, xlsx, csv, html, txt or pdf with text; - is standard input"},
            kRequired)
      .Text("--name=NAME", &flags->source_name,
            {"原文件名，用于判断格式", "the file's name, which helps to tell its format"})
      .Flag("--printed", &flags->printed, {"按原文的表打印，便于对照", "as the document printed it"})
      .Footer({"有待核实事项也以 0 退出；--format=json 打印一个 JSON 对象。",
               "Findings do not change the exit code; --format=json prints one JSON object."});
}

}  // namespace duban::cli
