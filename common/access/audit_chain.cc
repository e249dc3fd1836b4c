#include "common/access/audit_chain.h"

#include <utility>
#include <vector>

#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {

std::string CommitHash(storage::v1::CommitRecord& commit, int64_t sequence) {
  std::string hash = std::exchange(*commit.mutable_hash(), "");
  std::string bytes = BigEndian(static_cast<uint64_t>(sequence));
  commit.AppendToString(&bytes);
  commit.set_hash(std::move(hash));
  return Sha256(bytes);
}

std::string GenesisHash(std::string_view epoch) {
  return Sha256(epoch);
}

absl::Status AuditChain::Broken(int64_t sequence, std::string_view english, std::string_view chinese) const {
  return Error(
      v1::WRONG_STATE,
      StrCat("the audit of `", service_, "` of node `", node_, "` does not hold at sequence ", sequence, ": ", english),
      StrCat("节点“", node_, "”的“", service_, "”审计记录在序号 ", sequence, " 处不成立：", chinese),
      {{"service", service_}, {"sequence", StrCat(sequence)}});
}

absl::Status AuditChain::CheckBegin(const v1::AuditExport& part) const {
  const int64_t at = part.after().sequence();
  if (!node_.empty()) {
    const bool follows =
        part.node() == node_ && part.service() == service_ && at == end_.sequence && part.after().hash() == end_.hash;
    return follows ? absl::OkStatus()
                   : Broken(end_.sequence, "the next part does not follow on; parts are missing, doubled or mixed up",
                            "后续部分衔接不上，有缺失、重复或次序颠倒");
  }
  const bool first = at == 0;
  if (first && part.after().hash() != GenesisHash(part.after().epoch())) {
    return Broken(0, "it does not begin with its first epoch", "起始处与其首个纪元不符");
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::v1::CommitRecord> AuditChain::CheckCommit(const v1::AuditExport::Commit& commit,
                                                                  const End& end) const {
  storage::v1::CommitRecord record;
  if (!record.ParseFromString(commit.record())) {
    return Broken(commit.sequence(), "a record was altered", "记录已被改动");
  }
  const std::string hash = CommitHash(record, commit.sequence());
  if (hash != record.hash() && !DUBAN_BUG("access.altered_entry_passes")) {
    return Broken(commit.sequence(), "a record was altered", "记录已被改动");
  }
  if (record.first_sequence() != end.sequence + 1 || record.previous_hash() != end.hash ||
      commit.sequence() < record.first_sequence()) {
    return Broken(commit.sequence(), "the record before it is missing, doubled or another",
                  "前一条记录缺失、重复或不是同一条");
  }
  return record;
}

absl::Status AuditChain::Add(const v1::AuditExport& part) {
  DUBAN_RETURN_IF_ERROR(CheckBegin(part));
  End end = node_.empty() ? End{part.after().sequence(), part.after().hash()} : end_;
  int64_t entries = 0;
  std::set<std::string> epochs = {part.head().epoch(), part.after().epoch()};
  std::vector<std::pair<int64_t, std::string>> hashes;
  for (const v1::AuditExport::Commit& commit : part.commits()) {
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::CommitRecord record, CheckCommit(commit, end));
    end = {commit.sequence(), record.hash()};
    entries += record.audits_size();
    epochs.insert(record.epoch());
    hashes.emplace_back(end.sequence, end.hash);
  }
  if (node_.empty()) begin_ = part.after().sequence();
  node_ = part.node();
  service_ = part.service();
  head_ = part.head();
  kept_after_ = part.kept_after();
  end_ = std::move(end);
  entries_ += entries;
  commits_.insert(hashes.begin(), hashes.end());
  epochs_.merge(epochs);
  epochs_.erase("");
  return absl::OkStatus();
}

absl::Status AuditChain::CheckEnd() const {
  if (begin_ > kept_after_) {
    return Broken(begin_, StrCat("it begins behind this, but was kept from ", kept_after_ + 1, " on"),
                  StrCat("记录自此之后才开始，而导出时自序号 ", kept_after_ + 1, " 起均有保存"));
  }
  if (head_.sequence() <= end_.sequence && (head_.sequence() < end_.sequence || head_.hash() == end_.hash)) {
    return absl::OkStatus();
  }
  return Broken(end_.sequence, StrCat("it ends here, but the history went on to ", head_.sequence()),
                StrCat("记录到此为止，而导出时已有 ", head_.sequence(), " 条"));
}

absl::Status AuditChain::Compare(const v1::FeedPosition& seen) const {
  if (seen.sequence() <= begin_) return absl::OkStatus();
  const auto holds = commits_.lower_bound(seen.sequence());
  if (holds == commits_.end()) {
    return Broken(end_.sequence,
                  StrCat("it ends here, but a neighbour has seen sequence ", seen.sequence(),
                         ": the end was cut off, or the history was taken back"),
                  StrCat("记录到此为止，而相邻节点已见过序号 ", seen.sequence(), "：末尾被删，或历史被回退"));
  }
  if (holds->second == seen.hash()) return absl::OkStatus();
  return Broken(seen.sequence(), "a neighbour has seen another history: it was written anew, or taken back",
                "相邻节点所见与此不同：历史被改写或回退过");
}

}  // namespace duban
