// `duban evidence put|get|list`: the files that reports and results name.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/disk_files.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/evidence_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/commands.h"
#include "tools/cli/evidence_calls.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

struct EvidenceFlags {
  std::string path, unit, assignment, out, file;
  std::optional<absl::Duration> wait;
};

// So many digits tell the files of one assignment apart.
constexpr size_t kShownDigits = 12;
// How long a file from another node is waited for.
constexpr absl::Duration kDefaultWait = absl::Minutes(2);

absl::Status Put(Session& session, const EvidenceFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, WorkingUnit(session, flags.unit));
  DUBAN_ASSIGN_OR_RETURN(const v1::EvidenceFile file, PutFileIn(session, unit, flags.path));
  session.printer().Json(file);
  session.printer().Line({StrCat("已上传 ", file.file_name(), "（", SizeWords(file.size_bytes()), "）"),
                          StrCat("put in ", file.file_name(), " (", SizeWords(file.size_bytes()), ")")});
  session.printer().Line({StrCat("校验值：", file.sha256()), StrCat("sha256: ", file.sha256())});
  session.printer().Hint(
      {"报送时用 --evidence=标题=文件 引用；一周内无人引用会自动清理",
       "name it in a report with --evidence=TITLE=FILE; what nothing names is removed after a week"});
  return absl::OkStatus();
}

absl::StatusOr<v1::Assignment> NeedAssignment(Session& session, const std::string& text) {
  v1::GetAssignmentRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), ResolveAssignment(session, text));
  return session.Call<v1::Assignment>("AssignmentService/GetAssignment", request);
}

// The one file that is meant: by the beginning of its SHA-256, or by its name.
absl::StatusOr<v1::EvidenceFile> Chosen(const std::vector<v1::EvidenceFile>& files, const std::string& text) {
  const std::string digits = absl::AsciiStrToLower(text);
  const v1::EvidenceFile* found = nullptr;
  for (const v1::EvidenceFile& file : files) {
    if (!text.empty() && !file.sha256().starts_with(digits) && file.file_name() != text) continue;
    if (found != nullptr) {
      return UsageError({"该事项有多份材料，请用 --file=校验值开头或文件名 指定一份（duban evidence list 可列出）",
                         "the assignment has several such files; choose with --file=SHA256 or its name (duban evidence "
                         "list shows them)"});
    }
    found = &file;
  }
  if (found == nullptr) return NotFoundError({"该事项没有这样的材料文件", "the assignment has no such file"});
  return *found;
}

absl::Status Get(Session& session, const EvidenceFlags& flags) {
  std::error_code error;
  if (std::filesystem::exists(flags.out, error)) {
    return UsageError({StrCat(flags.out, " 已存在，不会覆盖；请换个文件名"),
                       StrCat(flags.out, " is there already and is not written over; choose another name")});
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::Assignment assignment, NeedAssignment(session, flags.assignment));
  DUBAN_ASSIGN_OR_RETURN(const v1::EvidenceFile file, Chosen(FilesOf(session, assignment), flags.file));
  DUBAN_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeEvidence(session, assignment.name(), file.sha256(),
                                                                    flags.wait.value_or(kDefaultWait)));
  if (const absl::Status written = WriteWhole(flags.out, bytes); !written.ok()) {
    const std::string why(ToStd(written.message()));
    return UsageError({StrCat("无法写入 ", flags.out, "：", why), StrCat("cannot write ", flags.out, ": ", why)});
  }
  session.printer().Json(file);
  const std::string size = SizeWords(static_cast<int64_t>(bytes.size()));
  session.printer().Line({StrCat("已保存到 ", flags.out, "（", size, "，校验值相符）"),
                          StrCat("saved as ", flags.out, " (", size, ", its SHA-256 agrees)")});
  return absl::OkStatus();
}

absl::Status List(Session& session, const EvidenceFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const v1::Assignment assignment, NeedAssignment(session, flags.assignment));
  Table table({{session.Say({"校验值", "SHA-256"}), false, false},
               {session.Say({"文件", "File"}), false, true},
               {session.Say({"所在", "Where"}), false, true}});
  v1::EvidenceFileList list;
  for (const v1::EvidenceFile& file : FilesOf(session, assignment)) {
    *list.add_files() = file;
    table.Row({file.sha256().substr(0, kShownDigits), file.file_name(), session.Say(FileWords(file))});
  }
  session.printer().Json(list);
  session.printer().Show(table, {"没有材料文件", "there are no files"});
  return absl::OkStatus();
}

}  // namespace

void AddEvidenceCommands(Command root) {
  Command evidence = root.Group("evidence", {"佐证材料：上传、下载、查看", "files of evidence: put in, get, list"});

  auto put = std::make_shared<EvidenceFlags>();
  evidence
      .Leaf("put", {"上传一份材料，得到其校验值", "put a file in; says its SHA-256"},
            [put](Session& session) { return Put(session, *put); })
      .Text("FILE", &put->path, {"文件，至多 25 MiB", "the file, at most 25 MiB"}, kRequired)
      .Text("--unit=UNIT", &put->unit,
            {"为哪个单位；默认为凭证所属单位", "for which unit; that of the keys if left out"});

  auto get = std::make_shared<EvidenceFlags>();
  evidence
      .Leaf("get",
            {"下载事项所附材料；不在本级的先从承办单位节点调取",
             "save a file of an assignment; what is not here is fetched from the unit's node"},
            [get](Session& session) { return Get(session, *get); })
      .Text("ASSIGNMENT", &get->assignment, AssignmentArgument(), kRequired)
      .Text("OUT", &get->out, {"保存为", "where to save it"}, kRequired)
      .Text("--file=SHA256", &get->file,
            {"哪一份：校验值开头或文件名；只有一份时可省略",
             "which: the beginning of its SHA-256, or its name; not "
             "needed where there is one"})
      .Duration("--wait=TIME", &get->wait,
                {"调取时最多等多久；默认 2m", "how long to wait for one that is fetched; 2m if left out"});

  auto list = std::make_shared<EvidenceFlags>();
  evidence
      .Leaf("list", {"列出事项所附材料", "list the files of an assignment"},
            [list](Session& session) { return List(session, *list); })
      .Text("ASSIGNMENT", &list->assignment, AssignmentArgument(), kRequired);
}

}  // namespace duban::cli
