#include "services/assignment/asked_files.h"

#include "common/store/keys.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/evidence.pb.h"
#include "services/assignment/evidence_book.h"

namespace duban {
namespace {

constexpr int kMostRows = 1000;

}  // namespace

absl::StatusOr<bool> AskedFiles::GoOn(const ReadView& view, Round* round) const {
  absl::Status parsed;
  int read = 0;
  // Rows, not entities: one that is gone has to be read, too.
  const auto look = [&](std::string_view key, std::string_view value) {
    storage::v1::EntityRecord record;
    v1::EvidenceRequest request;
    const bool whole = record.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                       (record.deleted() || UnpackRecord(record, &request));
    if (!whole) parsed = BrokenRecord(key.substr(1));
    if (request.node() == node_) {
      for (const v1::EvidenceRequest::Item& item : request.items()) {
        ++(item.has_missing_time() ? round->counts.missing : round->counts.coming);
      }
    }
    round->behind = key;
    return ++read < kMostRows && parsed.ok();
  };
  const std::string first = EntityKey(kWantedPrefix);
  const std::string begin = round->behind.empty() ? first : round->behind + '\0';
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(first), look));
  DUBAN_RETURN_IF_ERROR(parsed);
  return read == kMostRows;
}

absl::StatusOr<AskedFiles::Counts> AskedFiles::Count(const ReadView& view) {
  const MutexLock lock(&mutex_);
  DUBAN_ASSIGN_OR_RETURN(const bool more, GoOn(view, &round_));
  if (!more) {
    before_ = round_.counts;
    round_ = Round();
  }
  return before_.value_or(round_.counts);
}

}  // namespace duban
