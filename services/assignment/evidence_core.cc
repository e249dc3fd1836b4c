#include "services/assignment/evidence_core.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/desk.h"
#include "services/assignment/evidence_book.h"

namespace duban {
namespace {

using storage::v1::KeptFile;

constexpr char kService[] = "duban.v1.EvidenceService/";
// Assignments that are read at a time for what is asked of their files.
constexpr size_t kMostRequestsAtOnce = 100;

CommandInfo InfoOf(const Caller& caller, const char* method, const std::string& about) {
  return {.method = StrCat(kService, method),
          .request_id = "",
          .caller = caller.label(),
          .session = caller.session,
          .address = caller.address,
          .about = about};
}

// What one field by itself does not say.
absl::Status CheckPiece(const v1::EvidencePiece& piece) {
  FieldErrors errors;
  if (!IsSha256(piece.sha256())) {
    errors.Add("piece.sha256", "has to be 64 lower-case hex digits", "须为64位小写十六进制数字");
  }
  if (piece.content().empty()) errors.Add("piece.content", "is empty", "不能为空");
  if (piece.offset() + static_cast<int64_t>(piece.content().size()) > piece.size_bytes()) {
    errors.Add("piece.content", "reaches behind the size of the file", "超出了文件大小");
  }
  if (piece.file_name().find('/') != std::string::npos) {
    errors.Add("piece.file_name", "has to be a name without folders", "只填文件名，不含目录");
  }
  return errors.ToStatus();
}

absl::Status WorksElsewhere(std::string_view unit, std::string_view node) {
  return Error(v1::NOT_OWNER, StrCat("`", unit, "` works at node `", node, "`; put the file in there"),
               StrCat("“", unit, "”在“", node, "”节点办公，请在该节点上传"), {{"node", std::string(node)}});
}

absl::Status Coming(const std::string& sha256, const std::string& node) {
  return Error(v1::WRONG_STATE,
               StrCat("the file ", sha256, " is at node `", node,
                      "`, which was asked for it and hands it up once it is connected; read it again later"),
               StrCat("材料 ", sha256, " 在“", node, "”节点，已请求调取，待其连接后自动送达；请稍后再读"),
               {{"state", "COMING"}, {"node", node}});
}

absl::Status AtAnotherNode(const std::string& sha256, const std::string& node) {
  return Error(v1::WRONG_STATE, StrCat("the file ", sha256, " is at node `", node, "`; read it there"),
               StrCat("材料 ", sha256, " 在“", node, "”节点，请到该节点查看"),
               {{"state", "ELSEWHERE"}, {"node", node}});
}

absl::Status NeverPutIn(const std::string& sha256, const std::string& unit) {
  return Error(v1::WRONG_STATE,
               StrCat("`", unit, "` named the file ", sha256, " and did not put it in; ask the unit to put it in"),
               StrCat("“", unit, "”只登记了材料 ", sha256, " 的校验值，没有上传文件；请联系该单位补传"),
               {{"state", "MISSING"}, {"unit", unit}});
}

absl::Status IsDamaged(const std::string& sha256, const absl::Status& how) {
  const std::string what(ToStd(how.message()));
  return Error(v1::INVARIANT_BROKEN,
               StrCat(what, "; nothing of it is given out. Have the unit put it in again, and tell the operator"),
               StrCat("材料 ", sha256, " 在本节点的文件已损坏或丢失，不予提供；请承办单位重新上传，并告知系统管理员"),
               {{"cause", "DAMAGED"}, {"sha256", sha256}});
}

v1::EvidenceFile FileOf(const std::string& sha256, const std::string& holder, const KeptFile& row) {
  v1::EvidenceFile file;
  file.set_sha256(sha256);
  file.set_unit(StrCat("units/", holder));
  file.set_size_bytes(row.size_bytes());
  file.set_media_type(row.media_type());
  file.set_file_name(row.file_name());
  *file.mutable_put_time() = row.put_time();
  file.set_state(v1::EvidenceFile::HERE);
  return file;
}

}  // namespace

EvidenceCore::EvidenceCore(Ports ports) : ports_(std::move(ports)), records_(ports_.node), asked_(ports_.node) {
  if (!ports_.files_dir.empty()) files_.emplace(ports_.files_dir, ports_.store->options().min_free_bytes);
}

absl::Status EvidenceCore::CheckKeepsFiles() const {
  if (files_.has_value()) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED, "this node has no disk for files; none are kept", "本节点没有存放材料的磁盘");
}

absl::Status EvidenceCore::CheckWorksHere(const ReadView& view, const std::string& unit) const {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> at, records_.NodeOfUnit(view, unit));
  if (at.has_value()) return *at == ports_.node ? absl::OkStatus() : WorksElsewhere(unit, *at);
  // An order can come down before the directory entry of its unit.
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::UnitDesk desk, ReadUnitDesk(view, unit));
  return desk.tally().keys().empty() ? NotFound(unit) : absl::OkStatus();
}

absl::StatusOr<std::optional<KeptFile>> EvidenceCore::Intact(const ReadView& view, std::string_view sha256,
                                                             std::string_view holder) const {
  DUBAN_ASSIGN_OR_RETURN(auto row, view.GetLocal<KeptFile>(KeptFileName(sha256, holder)));
  if (row.has_value() && files_->IsIntact(sha256)) return row;
  return std::nullopt;
}

absl::StatusOr<int64_t> EvidenceCore::TakePiece(const CommandInfo& info, const std::string& from,
                                                const std::string& holder, const v1::EvidencePiece& piece,
                                                absl::FunctionRef<absl::Status(Transaction&)> note) {
  const std::string& sha256 = piece.sha256();
  DUBAN_RETURN_IF_ERROR(CheckMayHold(*ports_.store->TakeSnapshot(), holder, piece.size_bytes()));
  const KeptFiles::Upload upload{from, sha256, piece.size_bytes()};
  DUBAN_ASSIGN_OR_RETURN(const int64_t received, files_->Append(upload, piece.offset(), piece.content()));
  if (received < piece.size_bytes()) return received;
  const PutFile file{sha256, holder, piece.size_bytes(), piece.media_type(), piece.file_name()};
  const auto note_file = [&](const std::vector<std::string>& hashes) {
    return ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
      DUBAN_RETURN_IF_ERROR(NoteFile(transaction, file, hashes, ports_.clock->Now()));
      return note(transaction);
    });
  };
  DUBAN_RETURN_IF_ERROR(files_->Keep(upload, note_file));
  return received;
}

absl::Status EvidenceCore::UploadEvidence(const Caller& caller, const v1::UploadEvidenceRequest& request,
                                          v1::UploadEvidenceResponse* response) {
  const v1::EvidencePiece& piece = request.piece();
  const std::string holder(LastSegment(request.unit()));
  DUBAN_RETURN_IF_ERROR(CheckPiece(piece));
  DUBAN_RETURN_IF_ERROR(CheckKeepsFiles());
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_RETURN_IF_ERROR(CheckWorksHere(*view, request.unit()));
  DUBAN_ASSIGN_OR_RETURN(std::optional<KeptFile> row, Intact(*view, piece.sha256(), holder));
  if (row.has_value()) {
    response->set_received_bytes(row->size_bytes());
  } else {
    const CommandInfo info = InfoOf(caller, "UploadEvidence", request.unit());
    DUBAN_ASSIGN_OR_RETURN(const int64_t received, TakePiece(info, request.unit(), holder, piece,
                                                             [](Transaction&) { return absl::OkStatus(); }));
    response->set_received_bytes(received);
    if (received < piece.size_bytes()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(row, ports_.store->TakeSnapshot()->GetLocal<KeptFile>(KeptFileName(piece.sha256(), holder)));
  }
  if (row.has_value()) *response->mutable_file() = FileOf(piece.sha256(), holder, *row);
  return absl::OkStatus();
}

absl::StatusOr<EvidenceCore::Found> EvidenceCore::Find(const ReadView& view, const std::string& assignment,
                                                       std::string_view sha256) const {
  Found found;
  DUBAN_ASSIGN_OR_RETURN(found.duty, records_.NeedDuty(view, assignment));
  found.sha256 = absl::AsciiStrToLower(absl::string_view(sha256.data(), sha256.size()));
  found.holder = LastSegment(assignment);
  const bool named = FilesNamedBy(found.duty).contains(found.sha256);
  if (!named && !DUBAN_BUG("evidence.any_hash_opens")) return NotFound(StrCat(assignment, "/evidence/", sha256));
  DUBAN_ASSIGN_OR_RETURN(found.row, view.GetLocal<KeptFile>(KeptFileName(found.sha256, found.holder)));
  if (!files_.has_value()) found.row = std::nullopt;
  return found;
}

std::vector<std::string> EvidenceCore::Holders(const Duty& duty) const {
  std::vector<std::string> holders;
  if (duty.order->issuer_node() != ports_.node) return holders;
  const auto add = [&](const std::string& node) {
    const bool known = std::find(holders.begin(), holders.end(), node) != holders.end();
    if (!node.empty() && node != ports_.node && !known) holders.push_back(node);
  };
  add(duty.execution.node());
  if (DUBAN_BUG("evidence.earlier_node_not_asked")) return holders;
  const auto& former = duty.addressee.former_nodes();
  std::for_each(former.rbegin(), former.rend(), add);
  return holders;
}

absl::StatusOr<std::vector<std::string>> EvidenceCore::NeedHolders(const ReadView& view, const std::string& assignment,
                                                                   const std::string& sha256) const {
  DUBAN_ASSIGN_OR_RETURN(const Found found, Find(view, assignment, sha256));
  std::vector<std::string> holders = Holders(found.duty);
  if (holders.empty()) return NotFound(StrCat(assignment, "/evidence/", sha256));
  return holders;
}

std::string EvidenceCore::WhereItIs(const Found& found) const {
  const v1::Execution& carried = found.duty.oversight.carried_execution();
  const v1::Execution& execution = found.duty.execution;
  const bool before = execution.node() == ports_.node && FilesMentionedIn(carried).contains(found.sha256);
  const std::string& owner = before ? carried.node() : execution.node();
  return owner == ports_.node ? "" : owner;
}

absl::StatusOr<v1::EvidenceFile> EvidenceCore::Describe(const ReadView& view, const Found& found) const {
  v1::EvidenceFile file;
  if (found.row.has_value()) {
    file = FileOf(found.sha256, found.holder, *found.row);
    if (files_->Has(found.sha256, found.row->size_bytes())) return file;
    file.set_state(v1::EvidenceFile::DAMAGED);
    return file;
  }
  file.set_sha256(found.sha256);
  file.set_unit(StrCat("units/", found.holder));
  file.set_state(v1::EvidenceFile::MISSING);
  const std::vector<std::string> holders = Holders(found.duty);
  const std::string at = holders.empty() ? WhereItIs(found) : holders.front();
  if (at.empty()) return file;
  file.set_state(v1::EvidenceFile::ELSEWHERE);
  file.set_node(at);
  DUBAN_ASSIGN_OR_RETURN(const auto request, view.Get<v1::EvidenceRequest>(WantedName(found.duty.name)));
  const v1::EvidenceRequest::Item* item = request.has_value() ? FindItem(request->value, found.sha256) : nullptr;
  if (item == nullptr || holders.empty()) return file;
  file.set_state(item->has_missing_time() ? v1::EvidenceFile::MISSING : v1::EvidenceFile::COMING);
  if (!item->node().empty()) file.set_node(item->node());
  if (files_.has_value()) file.set_received_bytes(files_->Received({StrCat("node/", file.node()), found.sha256}));
  return file;
}

absl::Status EvidenceCore::GetEvidenceFile(const Caller&, const v1::GetEvidenceFileRequest& request,
                                           v1::EvidenceFile* response) {
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const Found found, Find(*view, request.name(), request.sha256()));
  DUBAN_ASSIGN_OR_RETURN(*response, Describe(*view, found));
  return absl::OkStatus();
}

absl::Status EvidenceCore::NotHere(const Caller& caller, const Found& found) {
  const std::string& assignment = found.duty.name;
  const absl::Time time = ports_.clock->Now();
  DUBAN_ASSIGN_OR_RETURN(const auto request,
                         ports_.store->TakeSnapshot()->Get<v1::EvidenceRequest>(WantedName(assignment)));
  // Whoever reads again while it is on its way does nothing, and leaves no trace of it in the audit.
  const bool asked = request.has_value() && IsAskedFor(request->value, found.sha256, time);
  if (!Holders(found.duty).empty() && !asked) {
    const CommandInfo info = InfoOf(caller, "ReadEvidence", assignment);
    DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(const auto holders, NeedHolders(transaction, assignment, found.sha256));
      return AskFor(transaction, assignment, found.sha256, ports_.node, holders, time);
    }));
  }
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(Found now, Find(*view, assignment, found.sha256));
  now.row = std::nullopt;
  DUBAN_ASSIGN_OR_RETURN(const v1::EvidenceFile file, Describe(*view, now));
  if (file.state() == v1::EvidenceFile::COMING) return Coming(found.sha256, file.node());
  if (file.state() == v1::EvidenceFile::ELSEWHERE) return AtAnotherNode(found.sha256, file.node());
  return NeverPutIn(found.sha256, file.unit());
}

absl::Status EvidenceCore::ReadEvidence(const Caller& caller, const v1::ReadEvidenceRequest& request,
                                        v1::ReadEvidenceResponse* response) {
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const Found found, Find(*view, request.name(), request.sha256()));
  if (!found.row.has_value()) return NotHere(caller, found);
  if (request.offset() > found.row->size_bytes()) {
    return InvalidField("offset",
                        StrCat("lies behind the end of the file, which has ", found.row->size_bytes(), " bytes"),
                        StrCat("超出文件末尾（共 ", found.row->size_bytes(), " 字节）"));
  }
  absl::StatusOr<std::string> content = files_->ReadPiece(found.sha256, *found.row, request.offset());
  if (!content.ok()) {
    // The unit's node still has what it handed up.
    if (!Holders(found.duty).empty()) return NotHere(caller, found);
    return IsDamaged(found.sha256, content.status());
  }
  response->set_content(*std::move(content));
  *response->mutable_file() = FileOf(found.sha256, found.holder, *found.row);
  return absl::OkStatus();
}

absl::Status EvidenceCore::HandUpEvidence(const Caller& caller, const v1::HandUpEvidenceRequest& request,
                                          v1::HandUpEvidenceResponse* response) {
  const std::string& sha256 = request.piece().sha256();
  DUBAN_RETURN_IF_ERROR(CheckKeepsFiles());
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const Found found, Find(*view, request.name(), sha256));
  DUBAN_ASSIGN_OR_RETURN(const auto wanted, view->Get<v1::EvidenceRequest>(WantedName(request.name())));
  const v1::EvidenceRequest::Item* item = wanted.has_value() ? FindItem(wanted->value, sha256) : nullptr;
  const std::string& asks = item == nullptr || item->node().empty() ? found.duty.execution.node() : item->node();
  const bool known = item != nullptr && !item->has_missing_time() && !Holders(found.duty).empty();
  const bool asked = known && asks == request.node();
  if (!asked && !DUBAN_BUG("evidence.unasked_taken")) return NotFound(StrCat(request.name(), "/evidence/", sha256));
  const CommandInfo info = InfoOf(caller, "HandUpEvidence", request.name());
  const auto come = [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const auto now, NeedHolders(transaction, request.name(), sha256));
    return NoteCome(transaction, request.name(), sha256, now);
  };
  if (request.missing()) {
    response->set_complete(true);
    return ports_.store->Run(info, [&](Transaction& transaction) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(const auto now, NeedHolders(transaction, request.name(), sha256));
      return NoteMissing(transaction, request.name(), sha256, request.node(), now, ports_.clock->Now());
    });
  }
  DUBAN_RETURN_IF_ERROR(CheckPiece(request.piece()));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<KeptFile> row, Intact(*view, sha256, found.holder));
  if (row.has_value()) {
    DUBAN_RETURN_IF_ERROR(ports_.store->Run(info, come));
    response->set_received_bytes(row->size_bytes());
  } else {
    DUBAN_ASSIGN_OR_RETURN(const int64_t received,
                           TakePiece(info, StrCat("node/", request.node()), found.holder, request.piece(), come));
    response->set_received_bytes(received);
  }
  response->set_complete(response->received_bytes() >= request.piece().size_bytes());
  return absl::OkStatus();
}

absl::StatusOr<bool> EvidenceCore::MayHandUp(const ReadView& view, const v1::EvidenceRequest& request,
                                             std::string_view sha256) const {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records_.FindDuty(view, request.assignment()));
  if (!duty.has_value() || duty->order->issuer_node() != request.node()) return false;
  DUBAN_ASSIGN_OR_RETURN(const auto execution, view.Get<v1::Execution>(ExecutionName(request.assignment())));
  return execution.has_value() && execution->value.node() == ports_.node &&
         FilesMentionedIn(execution->value).contains(std::string(sha256));
}

absl::StatusOr<v1::HandUpEvidenceRequest> EvidenceCore::NextPiece(const v1::EvidenceRequest& request,
                                                                  const std::string& sha256, int64_t offset) const {
  v1::HandUpEvidenceRequest next;
  next.set_node(ports_.node);
  next.set_name(request.assignment());
  v1::EvidencePiece& piece = *next.mutable_piece();
  piece.set_sha256(sha256);
  const std::string name = KeptFileName(sha256, LastSegment(request.assignment()));
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const bool may, MayHandUp(*view, request, sha256));
  DUBAN_ASSIGN_OR_RETURN(std::optional<KeptFile> row, view->GetLocal<KeptFile>(name));
  // Whoever may not have it hears what they would hear if it were not there, and asks elsewhere.
  if (!may) row = std::nullopt;
  absl::StatusOr<std::string> content = absl::NotFoundError(name);
  // Where all has come and it is not kept yet, any piece asks for that.
  if (row.has_value()) piece.set_offset(offset < row->size_bytes() ? offset : 0);
  if (row.has_value()) content = files_->ReadPiece(sha256, *row, piece.offset());
  next.set_missing(!content.ok());
  // The contract asks for a size of everything that is sent.
  piece.set_size_bytes(row.has_value() ? row->size_bytes() : 1);
  if (!content.ok()) return next;
  piece.set_media_type(row->media_type());
  piece.set_file_name(row->file_name());
  piece.set_content(*std::move(content));
  return next;
}

absl::Status EvidenceCore::HandUpFile(EvidencePeer& above, const v1::EvidenceRequest& request,
                                      const std::string& sha256) {
  // Each piece once, once more where the first call only says how much is there already, and once to keep it.
  constexpr int64_t kMostCalls = kMaxFileBytes / kFilePieceBytes + 3;
  int64_t offset = 0;
  for (int64_t call = 0; call < kMostCalls; ++call) {
    DUBAN_ASSIGN_OR_RETURN(const v1::HandUpEvidenceRequest next, NextPiece(request, sha256, offset));
    const absl::StatusOr<v1::HandUpEvidenceResponse> taken = above.HandUp(next);
    // Not asked for any more; that has still to come down.
    if (absl::IsNotFound(taken.status())) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(taken.status());
    if (taken->complete()) {
      Log(LogLevel::kInfo, next.missing() ? "evidence.missing" : "evidence.handed_up",
          {{"node", request.node()}, {"assignment", request.assignment()}, {"sha256", sha256}});
      return absl::OkStatus();
    }
    offset = taken->received_bytes();
  }
  return absl::UnavailableError(StrCat("`", request.node(), "` does not take the file ", sha256, " to its end"));
}

bool EvidenceCore::IsOpen(const v1::EvidenceRequest::Item& item) const {
  return !item.has_missing_time() && (item.node().empty() || item.node() == ports_.node);
}

absl::StatusOr<std::vector<v1::EvidenceRequest>> EvidenceCore::AskedFromAbove(const std::string& behind) const {
  std::vector<v1::EvidenceRequest> requests;
  const auto take = [&](std::string_view, const Stored<v1::EvidenceRequest>& stored) {
    const auto& items = stored.value.items();
    const bool open = std::any_of(items.begin(), items.end(), [this](const auto& item) { return IsOpen(item); });
    if (open && ports_.evidence_above.contains(stored.value.node())) requests.push_back(stored.value);
    return requests.size() < kMostRequestsAtOnce;
  };
  DUBAN_RETURN_IF_ERROR(ports_.store->TakeSnapshot()->Scan<v1::EvidenceRequest>(kWantedPrefix, behind, take));
  return requests;
}

absl::Status EvidenceCore::HandUpAsked(EvidencePeer& above, const v1::EvidenceRequest& request) {
  for (const v1::EvidenceRequest::Item& item : request.items()) {
    if (IsOpen(item)) DUBAN_RETURN_IF_ERROR(HandUpFile(above, request, item.sha256()));
  }
  return absl::OkStatus();
}

bool EvidenceCore::HandUp() {
  absl::Status failed;
  // One that does not answer is not asked again now.
  std::set<std::string> silent;
  std::string behind;
  for (bool more = true; more;) {
    const absl::StatusOr<std::vector<v1::EvidenceRequest>> page = AskedFromAbove(behind);
    if (!page.ok()) failed = page.status();
    more = page.ok() && page->size() == kMostRequestsAtOnce;
    for (size_t i = 0; page.ok() && i < page->size(); ++i) {
      const v1::EvidenceRequest& request = (*page)[i];
      behind = WantedName(request.assignment());
      if (silent.contains(request.node())) continue;
      const absl::Status done = HandUpAsked(*ports_.evidence_above.at(request.node()), request);
      if (done.ok()) continue;
      failed = done;
      const bool silence = absl::IsUnavailable(done) || absl::IsDeadlineExceeded(done) || absl::IsCancelled(done);
      if (silence) silent.insert(request.node());
    }
  }
  if (!failed.ok()) Log(LogLevel::kInfo, "evidence.not_handed_up", {{"cause", std::string(ToStd(failed.message()))}});
  return false;
}

absl::StatusOr<EvidenceCore::Counts> EvidenceCore::Count() {
  const std::unique_ptr<Snapshot> view = ports_.store->TakeSnapshot();
  Counts counts;
  DUBAN_ASSIGN_OR_RETURN(counts.held, AllHeld(*view));
  DUBAN_ASSIGN_OR_RETURN(counts.asked, asked_.Count(*view));
  return counts;
}

void EvidenceCore::CancelHandUp() {
  for (const auto& [node, above] : ports_.evidence_above) above->Cancel();
}

bool EvidenceCore::RemoveUnnamed() {
  const absl::Time before = ports_.clock->Now() - kUnnamedKept;
  const absl::StatusOr<std::optional<DueFile>> due = FirstDue(*ports_.store->TakeSnapshot(), before);
  if (!due.ok() || !due->has_value()) return false;
  const DueFile& file = **due;
  bool gone = false;
  const auto forget = [&]() -> absl::StatusOr<bool> {
    DUBAN_RETURN_IF_ERROR(ports_.store->Run({"remove_evidence", ""}, [&](Transaction& transaction) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(gone, ForgetUnnamed(transaction, file, before));
      return absl::OkStatus();
    }));
    if (!gone) return false;
    DUBAN_ASSIGN_OR_RETURN(const bool held, IsFileNamed(*ports_.store->TakeSnapshot(), file.sha256));
    return !held;
  };
  const absl::Status removed = files_->Remove(file.sha256, forget);
  if (!removed.ok())
    Log(LogLevel::kWarning, "evidence.not_removed", {{"cause", std::string(ToStd(removed.message()))}});
  // Where it stays the first, something is wrong with it; the rest waits for the next round.
  const absl::StatusOr<std::optional<DueFile>> next = FirstDue(*ports_.store->TakeSnapshot(), before);
  return removed.ok() && next.ok() && next->has_value() &&
         ((*next)->sha256 != file.sha256 || (*next)->holder != file.holder);
}

bool EvidenceCore::Sweep() {
  const absl::StatusOr<int> gone = files_->Sweep(
      ports_.clock->Now(), [&](std::string_view sha256) { return IsFileNamed(*ports_.store->TakeSnapshot(), sha256); });
  if (!gone.ok())
    Log(LogLevel::kWarning, "evidence.not_swept", {{"cause", std::string(ToStd(gone.status().message()))}});
  return false;
}

}  // namespace duban
