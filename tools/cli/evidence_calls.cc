#include "tools/cli/evidence_calls.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/evidence_service.pb.h"

namespace duban::cli {
namespace {

// What stands in front of a reference that looks like a file and is none.
constexpr std::string_view kReference = "ref:";

// As the contract has it.
constexpr size_t kMostBytes = 25 << 20;
constexpr size_t kPieceBytes = 1 << 20;
// How long one piece may take over a slow line.
constexpr absl::Duration kPieceTime = absl::Seconds(60);
// How often it is asked whether a file has come.
constexpr absl::Duration kAskEvery = absl::Seconds(1);

std::string HexOf(const std::string& bytes) {
  return absl::BytesToHexString(Sha256(bytes));
}

// What is commonly put in; others go without.
std::string MediaTypeOf(const std::string& file_name) {
  static constexpr std::pair<std::string_view, const char*> kTypes[] = {
      {".csv", "text/csv"},
      {".doc", "application/msword"},
      {".jpeg", "image/jpeg"},
      {".jpg", "image/jpeg"},
      {".pdf", "application/pdf"},
      {".png", "image/png"},
      {".txt", "text/plain"},
      {".zip", "application/zip"},
      {".xls", "application/vnd.ms-excel"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
  const std::string extension = absl::AsciiStrToLower(std::filesystem::path(file_name).extension().string());
  for (const auto& [known, type] : kTypes) {
    if (extension == known) return type;
  }
  return "";
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

void TellProgress(Session& session, const Phrase& what, int64_t done, int64_t all) {
  session.printer().Progress({StrCat(what.zh, " ", SizeWords(done), " / ", SizeWords(all)),
                              StrCat(what.en, " ", SizeWords(done), " / ", SizeWords(all))});
}

// Whether it was meant as a file of this machine: a path, or a name with an ending such as `.pdf`.
bool LooksLikeFile(const std::string& reference) {
  if (reference.find('/') != std::string::npos) return reference.find("://") == std::string::npos;
  const size_t dot = reference.rfind('.');
  if (dot == std::string::npos || dot == 0) return false;
  const std::string_view ending = std::string_view(reference).substr(dot + 1);
  const auto is_of_ending = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); };
  return ending.size() >= 2 && ending.size() <= 5 && std::all_of(ending.begin(), ending.end(), is_of_ending);
}

absl::Status NoSuchFile(const std::string& title, const std::string& path) {
  return UsageError(
      {StrCat("没有文件 ", path, "；如果只登记它在档案里的名称，请写 --evidence=", title, "=", kReference, path),
       StrCat("there is no file ", path, "; to name it as it is called in the archive, write --evidence=", title, "=",
              kReference, path)});
}

absl::Status NotTaken(const std::string& path) {
  return Error(v1::NOT_SERVING, StrCat("the server does not take ", path, " to its end; repeat the command"),
               StrCat("服务器未能收完 ", path, "，请重试"));
}

absl::Status OtherBytes(const std::string& sha256) {
  return Error(v1::INVARIANT_BROKEN,
               StrCat("what was read has another SHA-256 than ", sha256, "; nothing was kept of it"),
               StrCat("读到的内容与校验值 ", sha256, " 不符，未保存"));
}

// Whether reading again later may help.
bool IsComing(const absl::Status& status) {
  ErrorMetadata metadata = MetadataOf(status);
  return ReasonOf(status) == v1::WRONG_STATE && metadata["state"] == "COMING";
}

// One piece; waits until it has come, at most so long.
absl::StatusOr<v1::ReadEvidenceResponse> ReadPiece(Session& session, v1::ReadEvidenceRequest& request,
                                                   absl::Duration& wait) {
  while (true) {
    auto piece = session.Call<v1::ReadEvidenceResponse>("EvidenceService/ReadEvidence", request, kPieceTime);
    if (piece.ok() || !IsComing(piece.status()) || wait <= absl::ZeroDuration()) return piece;
    const std::string node = MetadataOf(piece.status())["node"];
    session.printer().Progress({StrCat("正在从“", node, "”节点调取"), StrCat("being fetched from node ", node)});
    if (!session.Pause(kAskEvery)) return piece;
    wait -= kAskEvery;
  }
}

absl::StatusOr<v1::EvidenceFile> SendAll(Session& session, v1::UploadEvidenceRequest& request,
                                         const std::string& bytes) {
  v1::EvidencePiece& piece = *request.mutable_piece();
  size_t offset = 0;
  // Each piece once, and once more for the first where something has come already, and for the last.
  for (size_t call = 0; call < bytes.size() / kPieceBytes + 3; ++call) {
    piece.set_offset(static_cast<int64_t>(offset));
    piece.set_content(bytes.substr(offset, kPieceBytes));
    DUBAN_ASSIGN_OR_RETURN(const auto taken, session.Call<v1::UploadEvidenceResponse>("EvidenceService/UploadEvidence",
                                                                                      request, kPieceTime));
    TellProgress(session, {"已上传", "sent"}, taken.received_bytes(), piece.size_bytes());
    if (taken.has_file()) return taken.file();
    offset = static_cast<size_t>(std::clamp<int64_t>(taken.received_bytes(), 0, piece.size_bytes()));
    if (offset == bytes.size()) offset = 0;
  }
  return NotTaken(piece.file_name());
}

}  // namespace

std::string SizeWords(int64_t bytes) {
  if (bytes < 1024) return StrCat(bytes, " B");
  if (bytes < 1024 * 1024) return absl::StrFormat("%.1f KiB", static_cast<double>(bytes) / 1024);
  return absl::StrFormat("%.1f MiB", static_cast<double>(bytes) / (1024 * 1024));
}

Phrase FileWords(const v1::EvidenceFile& file) {
  const std::string size = file.size_bytes() > 0 ? StrCat(" ", SizeWords(file.size_bytes())) : "";
  switch (file.state()) {
    case v1::EvidenceFile::HERE:
      return {StrCat("已在本级", size), StrCat("here", size)};
    case v1::EvidenceFile::ELSEWHERE:
      return {StrCat("在“", file.node(), "”节点，读取时调取"),
              StrCat("at node ", file.node(), ", fetched when it is read")};
    case v1::EvidenceFile::COMING:
      return {StrCat("正在从“", file.node(), "”节点调取，已到 ", SizeWords(file.received_bytes())),
              StrCat("being fetched from node ", file.node(), ", ", SizeWords(file.received_bytes()), " so far")};
    case v1::EvidenceFile::MISSING:
      return {"未上传，请联系承办单位补传", "never put in; ask the unit to put it in"};
    case v1::EvidenceFile::DAMAGED:
      return {"文件已损坏，请承办单位重新上传", "damaged; have the unit put it in again"};
    default:
      return {"？", "?"};
  }
}

absl::StatusOr<v1::EvidenceFile> PutFileIn(Session& session, const std::string& unit, const std::string& path) {
  if (unit.empty()) {
    return UsageError(
        {"请用 --unit=单位 写明为哪个单位上传", "say with --unit=UNIT for which unit the file is put in"});
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string bytes, session.ReadFile(path, kMostBytes));
  if (bytes.empty()) return UsageError({StrCat(path, " 是空文件"), StrCat(path, " is empty")});
  v1::UploadEvidenceRequest request;
  request.set_unit(unit);
  v1::EvidencePiece& piece = *request.mutable_piece();
  piece.set_sha256(HexOf(bytes));
  piece.set_size_bytes(static_cast<int64_t>(bytes.size()));
  piece.set_file_name(std::filesystem::path(path).filename().string());
  piece.set_media_type(MediaTypeOf(path));
  absl::StatusOr<v1::EvidenceFile> file = SendAll(session, request, bytes);
  session.printer().EndProgress();
  return file;
}

absl::Status FillEvidence(Session& session, const std::vector<std::string>& texts, const std::string& unit,
                          google::protobuf::RepeatedPtrField<v1::Evidence>* out) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    v1::Evidence* item = out->Add();
    item->set_title(text.substr(0, equals));
    if (equals == std::string::npos) continue;
    const std::string reference = text.substr(equals + 1);
    item->set_reference(reference);
    if (reference.rfind(kReference, 0) == 0) {
      item->set_reference(reference.substr(kReference.size()));
      continue;
    }
    if (!IsFile(reference)) {
      if (LooksLikeFile(reference)) return NoSuchFile(item->title(), reference);
      continue;
    }
    DUBAN_ASSIGN_OR_RETURN(const v1::EvidenceFile file, PutFileIn(session, unit, reference));
    item->set_reference(file.file_name());
    item->set_sha256(file.sha256());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadWholeEvidence(Session& session, const std::string& assignment,
                                              const std::string& sha256, absl::Duration wait) {
  v1::ReadEvidenceRequest request;
  request.set_name(assignment);
  request.set_sha256(sha256);
  std::string bytes;
  absl::Status failed;
  while (true) {
    request.set_offset(static_cast<int64_t>(bytes.size()));
    absl::StatusOr<v1::ReadEvidenceResponse> piece = ReadPiece(session, request, wait);
    failed = piece.status();
    if (!piece.ok() || piece->content().empty()) break;
    bytes += piece->content();
    TellProgress(session, {"已读取", "read"}, static_cast<int64_t>(bytes.size()), piece->file().size_bytes());
    if (static_cast<int64_t>(bytes.size()) >= piece->file().size_bytes()) break;
  }
  session.printer().EndProgress();
  DUBAN_RETURN_IF_ERROR(failed);
  if (HexOf(bytes) != sha256) return OtherBytes(sha256);
  return bytes;
}

std::vector<v1::EvidenceFile> FilesOf(Session& session, const v1::Assignment& assignment) {
  std::set<std::string> named;
  const auto add = [&](const auto& items) {
    for (const auto& item : items) {
      for (const v1::Evidence& evidence : item.evidence()) named.insert(absl::AsciiStrToLower(evidence.sha256()));
    }
  };
  add(assignment.execution().reports());
  add(assignment.execution().submissions());
  named.erase("");
  std::vector<v1::EvidenceFile> files;
  for (const std::string& sha256 : named) {
    v1::GetEvidenceFileRequest request;
    request.set_name(assignment.name());
    request.set_sha256(sha256);
    auto file = session.Call<v1::EvidenceFile>("EvidenceService/GetEvidenceFile", request);
    if (file.ok()) files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace duban::cli
