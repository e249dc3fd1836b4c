// `duban plan create`: a draft from a table instead of a document.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/source/csv_file.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_csv.h"
#include "tools/cli/plan_view.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

constexpr size_t kMaxCsvFile = 3145728;

struct CreateFlags {
  std::string file, plan_id, title;
  std::string issuing_unit, document_number, unit;
  std::optional<int> year;
  Mutation mutation;
};

// The file's text as records; the errors of a file are those of the command line.
absl::StatusOr<std::vector<CsvRecord>> ReadTable(Session& session, const std::string& file) {
  DUBAN_ASSIGN_OR_RETURN(const std::string content, session.ReadFile(file, kMaxCsvFile));
  absl::StatusOr<std::vector<CsvRecord>> records = ReadCsv(content);
  if (records.ok()) return records;
  const Phrase words = ErrorWords(records.status());
  return UsageError({StrCat(file, "：", words.zh), StrCat(file, ": ", words.en)});
}

absl::Status Create(Session& session, const CreateFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<CsvRecord> records, ReadTable(session, flags.file));
  const std::string name = flags.file.substr(flags.file.find_last_of('/') + 1);
  DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Task> tasks, TasksFromCsv(records, name));
  v1::CreatePlanRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_plan_id(flags.plan_id);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), WorkingUnit(session, flags.unit));
  v1::Plan& draft = *request.mutable_plan();
  draft.set_title(flags.title);
  draft.set_year(flags.year.value_or(0));
  draft.set_issuing_unit(flags.issuing_unit);
  draft.set_document_number(flags.document_number);
  draft.set_source_name(flags.file == "-" ? "stdin" : name);
  for (v1::Task& task : tasks) *draft.add_tasks() = std::move(task);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/CreatePlan", request));
  TellDraft(plan, &session.printer());
  return absl::OkStatus();
}

}  // namespace

void AddPlanCreate(Command plan) {
  auto flags = std::make_shared<CreateFlags>();
  plan.Leaf("create", {"由表格（CSV）生成草稿，每行一项任务", "a draft from a table (CSV), a task a line"},
            [flags](Session& session) { return Create(session, *flags); })
      .Text("--from-csv=FILE", &flags->file, {"表格文件；- 为标准输入", "the table; - is standard input"}, kRequired)
      .Text("--title=TEXT", &flags->title, {"计划的标题", "the plan's title"}, kRequired)
      .Number("--year=YEAR", &flags->year, 1990, 2200,
              {"年度；“9月底前”这样的时限须有它", "the year; deadlines such as 9月底前 need it"})
      .Text("--unit=UNIT", &flags->unit,
            {"起草单位；默认取证书的单位，再取 DUBAN_UNIT",
             "whose draft it is; the keys' unit, or DUBAN_UNIT, if left out"})
      .Text("--issuing-unit=TEXT", &flags->issuing_unit, {"发文单位", "issuing office"})
      .Text("--document-number=TEXT", &flags->document_number, {"文号", "document number"})
      .Text("--plan-id=ID", &flags->plan_id,
            {"计划编号；不填则由服务器定", "id of the plan; the server's choice if left out"})
      .Changes(&flags->mutation, /*with_etag=*/false)
      .Footer(CsvColumnsHelp());
}

}  // namespace duban::cli
