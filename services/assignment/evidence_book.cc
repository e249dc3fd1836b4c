#include "services/assignment/evidence_book.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/agreed.h"
#include "common/feed/hop.h"
#include "common/store/kept_files.h"
#include "services/assignment/indexes.h"

namespace duban {
namespace {

using storage::v1::HeldFiles;
using storage::v1::KeptFile;

// In key order.
std::string DueText(const KeptFile& row) {
  return absl::FormatTime("%Y%m%d%H%M%S", FromProto(row.put_time()), absl::UTCTimeZone());
}

std::string DueKey(const KeptFile& row, std::string_view sha256, std::string_view holder) {
  return IndexKey(kFileDue, {DueText(row), sha256, holder});
}

// People write hex digits either way.
void AddNamed(const google::protobuf::RepeatedPtrField<v1::Evidence>& evidence, std::set<std::string>& named) {
  for (const v1::Evidence& item : evidence) {
    std::string sha256 = absl::AsciiStrToLower(item.sha256());
    if (IsSha256(sha256)) named.insert(std::move(sha256));
  }
}

std::set<std::string> FilesOf(const v1::Execution& execution, absl::FunctionRef<bool(const v1::Report&)> counts) {
  std::set<std::string> named;
  for (const v1::Report& report : execution.reports()) {
    if (counts(report)) AddNamed(report.evidence(), named);
  }
  for (const v1::Submission& submission : execution.submissions()) AddNamed(submission.evidence(), named);
  return named;
}

absl::StatusOr<HeldFiles> HeldBy(const ReadView& view, std::string_view holder) {
  DUBAN_ASSIGN_OR_RETURN(const auto held, view.GetLocal<HeldFiles>(HeldFilesName(holder)));
  return held.value_or(HeldFiles());
}

absl::Status AddHeld(Transaction& transaction, std::string_view holder, int64_t files, int64_t size_bytes) {
  DUBAN_ASSIGN_OR_RETURN(HeldFiles held, HeldBy(transaction, holder));
  held.set_files(held.files() + files);
  held.set_size_bytes(held.size_bytes() + size_bytes);
  if (held.files() == 0) {
    transaction.DeleteLocal(HeldFilesName(holder));
  } else {
    transaction.PutLocal(HeldFilesName(holder), held);
  }
  return absl::OkStatus();
}

absl::Status FileRows(const ReadView& view, IndexRowSink sink) {
  absl::Status parsed;
  const std::string begin = LocalKey(kFilePrefix);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    const std::string_view rest = key.substr(begin.size());
    const size_t slash = rest.find('/');
    KeptFile row;
    if (slash == std::string_view::npos || !row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    if (!row.named()) sink(DueKey(row, rest.substr(0, slash), rest.substr(slash + 1)), std::string());
    return true;
  }));
  return parsed;
}

// Writes what is asked for of one assignment; nothing is left of it where that is nothing.
absl::Status PutRequest(Transaction& transaction, v1::EvidenceRequest request,
                        const std::vector<std::string>& holders) {
  const std::string name = WantedName(request.assignment());
  if (request.items().empty()) return transaction.Delete(name);
  Audiences audiences;
  for (v1::EvidenceRequest::Item& item : *request.mutable_items()) {
    // Asked for by an earlier version, which knew the first holder alone.
    if (item.node().empty()) item.set_node(holders.front());
    audiences.insert(NodeAudience(item.node()));
  }
  return transaction.Put(name, request, audiences).status();
}

// What is asked for of an assignment, and where in it a file stands; `items_size` where it is not asked for.
struct Asked {
  v1::EvidenceRequest request;
  int place = 0;
};
absl::StatusOr<Asked> ReadAsked(const ReadView& view, std::string_view assignment, std::string_view sha256) {
  Asked asked;
  DUBAN_ASSIGN_OR_RETURN(const auto stored, view.Get<v1::EvidenceRequest>(WantedName(assignment)));
  if (stored.has_value()) asked.request = stored->value;
  const auto& items = asked.request.items();
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.sha256() == sha256; });
  asked.place = static_cast<int>(found - items.begin());
  return asked;
}

}  // namespace

std::set<std::string> FilesNamedBy(const Duty& duty) {
  return FilesOf(duty.execution, [&](const v1::Report& report) { return !IsRetracted(report, duty.oversight); });
}

std::set<std::string> FilesMentionedIn(const v1::Execution& execution) {
  return FilesOf(execution, [](const v1::Report&) { return true; });
}

void NameFiles(Transaction& transaction, std::string_view assignment, const v1::Execution& before,
               const v1::Execution& now) {
  const std::set<std::string> named_before = FilesMentionedIn(before);
  const std::set<std::string> named_now = FilesMentionedIn(now);
  const std::string_view holder = LastSegment(assignment);
  for (const std::string& sha256 : named_now) {
    if (!named_before.contains(sha256)) transaction.PutIndex(kFileNamed, {sha256, holder, assignment});
  }
  for (const std::string& sha256 : named_before) {
    if (!named_now.contains(sha256)) transaction.DeleteIndex(kFileNamed, {sha256, holder, assignment});
  }
}

absl::StatusOr<bool> IsNamed(const ReadView& view, std::string_view sha256, std::string_view holder) {
  bool named = false;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(kFileNamed, {sha256, holder}, [&](const auto&, std::string_view) {
    named = true;
    return false;
  }));
  return named;
}

absl::Status CheckMayHold(const ReadView& view, std::string_view holder, int64_t size_bytes) {
  DUBAN_ASSIGN_OR_RETURN(const HeldFiles held, HeldBy(view, holder));
  const bool fits = held.files() < kMaxFilesOfUnit && held.size_bytes() + size_bytes <= kMaxBytesOfUnit;
  if (fits) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED,
               StrCat("`units/", holder, "` has ", held.files(), " files of ", held.size_bytes() >> 20,
                      " MiB here; at most ", kMaxFilesOfUnit, " files and ", kMaxBytesOfUnit >> 20,
                      " MiB are kept for a unit. Files that no report names go after a week"),
               StrCat("“units/", holder, "”在本节点已有 ", held.files(), " 份材料，共 ", held.size_bytes() >> 20,
                      " MiB；每个单位最多 ", kMaxFilesOfUnit, " 份、", kMaxBytesOfUnit >> 20,
                      " MiB，未被引用的材料一周后自动清理"));
}

absl::StatusOr<HeldFiles> AllHeld(const ReadView& view) {
  HeldFiles all;
  absl::Status parsed;
  const std::string begin = LocalKey(HeldFilesName(""));
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    HeldFiles held;
    if (!held.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    all.set_files(all.files() + held.files());
    all.set_size_bytes(all.size_bytes() + held.size_bytes());
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return all;
}

absl::Status NoteFile(Transaction& transaction, const PutFile& file, const std::vector<std::string>& piece_hashes,
                      absl::Time now) {
  const std::string name = KeptFileName(file.sha256, file.holder);
  DUBAN_ASSIGN_OR_RETURN(const auto before, transaction.GetLocal<KeptFile>(name));
  if (before.has_value()) {
    if (!before->named()) transaction.DeleteRow(DueKey(*before, file.sha256, file.holder));
  } else {
    DUBAN_RETURN_IF_ERROR(CheckMayHold(transaction, file.holder, file.size_bytes));
    DUBAN_RETURN_IF_ERROR(AddHeld(transaction, file.holder, 1, file.size_bytes));
  }
  KeptFile row;
  row.set_size_bytes(file.size_bytes);
  row.set_media_type(file.media_type);
  row.set_file_name(file.file_name);
  *row.mutable_put_time() = ToProto(now);
  for (const std::string& hash : piece_hashes) row.add_piece_hashes(hash);
  row.set_named(before.has_value() && before->named());
  transaction.PutLocal(name, row);
  if (!row.named()) transaction.PutRow(DueKey(row, file.sha256, file.holder), "");
  return absl::OkStatus();
}

absl::StatusOr<std::optional<DueFile>> FirstDue(const ReadView& view, absl::Time before) {
  std::optional<DueFile> due;
  const std::string end = absl::FormatTime("%Y%m%d%H%M%S", before, absl::UTCTimeZone());
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(kFileDue, {}, [&](const std::vector<std::string_view>& rest, std::string_view) {
    if (rest[0] < end) due = DueFile{std::string(rest[1]), std::string(rest[2])};
    return false;
  }));
  return due;
}

absl::StatusOr<bool> ForgetUnnamed(Transaction& transaction, const DueFile& file, absl::Time before) {
  const std::string name = KeptFileName(file.sha256, file.holder);
  DUBAN_ASSIGN_OR_RETURN(auto row, transaction.GetLocal<KeptFile>(name));
  // It was put in again, or is gone.
  if (!row.has_value() || row->named() || FromProto(row->put_time()) >= before) return false;
  DUBAN_ASSIGN_OR_RETURN(const bool named, IsNamed(transaction, file.sha256, file.holder));
  transaction.DeleteRow(DueKey(*row, file.sha256, file.holder));
  if (named && !DUBAN_BUG("evidence.named_file_removed")) {
    row->set_named(true);
    transaction.PutLocal(name, *row);
    return false;
  }
  transaction.DeleteLocal(name);
  DUBAN_RETURN_IF_ERROR(AddHeld(transaction, file.holder, -1, -row->size_bytes()));
  return true;
}

absl::Status EvidenceIndexRows(const ReadView& view, IndexRowSink sink) {
  const auto give = [&](std::string_view, const Stored<v1::Execution>& execution) {
    const std::string& assignment = execution.value.assignment();
    for (const std::string& sha256 : FilesMentionedIn(execution.value)) {
      sink(IndexKey(kFileNamed, {sha256, LastSegment(assignment), assignment}), std::string());
    }
    return true;
  };
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Execution>("plans/", {}, give));
  return FileRows(view, sink);
}

std::string WantedName(std::string_view assignment) {
  return StrCat(kWantedPrefix, assignment);
}

const v1::EvidenceRequest::Item* FindItem(const v1::EvidenceRequest& request, std::string_view sha256) {
  for (const v1::EvidenceRequest::Item& item : request.items()) {
    if (item.sha256() == sha256) return &item;
  }
  return nullptr;
}

bool IsAskedFor(const v1::EvidenceRequest& request, std::string_view sha256, absl::Time now) {
  const v1::EvidenceRequest::Item* item = FindItem(request, sha256);
  if (item == nullptr || !item->has_ask_time()) return false;
  return !item->has_missing_time() || now - FromProto(item->missing_time()) < kAskAgainAfter;
}

absl::Status AskFor(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                    const std::string& node, const std::vector<std::string>& holders, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(Asked asked, ReadAsked(transaction, assignment, sha256));
  v1::EvidenceRequest& request = asked.request;
  if (IsAskedFor(request, sha256, now)) return absl::OkStatus();
  if (asked.place == request.items_size()) {
    if (request.items_size() >= kMaxWanted) {
      return Error(v1::LIMIT_REACHED,
                   StrCat(kMaxWanted, " files of `", assignment, "` were asked for and have not come; wait for those"),
                   StrCat("“", assignment, "”已有 ", kMaxWanted, " 份材料正在调取，请等这些到达后再试"));
    }
    request.add_items()->set_sha256(std::string(sha256));
  }
  v1::EvidenceRequest::Item& item = *request.mutable_items(asked.place);
  *item.mutable_ask_time() = ToProto(now);
  item.clear_missing_time();
  item.set_node(holders.front());
  request.set_assignment(std::string(assignment));
  request.set_node(node);
  return PutRequest(transaction, std::move(request), holders);
}

absl::Status NoteMissing(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                         const std::string& from, const std::vector<std::string>& holders, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(Asked asked, ReadAsked(transaction, assignment, sha256));
  if (asked.place == asked.request.items_size()) return absl::OkStatus();
  v1::EvidenceRequest::Item& item = *asked.request.mutable_items(asked.place);
  if (!item.node().empty() && item.node() != from) return absl::OkStatus();
  const auto holder = std::find(holders.begin(), holders.end(), from);
  if (holder != holders.end() && holder + 1 != holders.end()) {
    item.set_node(*(holder + 1));
  } else {
    *item.mutable_missing_time() = ToProto(now);
  }
  return PutRequest(transaction, std::move(asked.request), holders);
}

absl::Status NoteCome(Transaction& transaction, std::string_view assignment, std::string_view sha256,
                      const std::vector<std::string>& holders) {
  DUBAN_ASSIGN_OR_RETURN(Asked asked, ReadAsked(transaction, assignment, sha256));
  if (asked.place == asked.request.items_size()) return absl::OkStatus();
  asked.request.mutable_items()->DeleteSubrange(asked.place, 1);
  return PutRequest(transaction, std::move(asked.request), holders);
}

}  // namespace duban
