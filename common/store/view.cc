#include "common/store/view.h"

#include <algorithm>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {

std::string EtagOf(int64_t sequence) {
  // Without quotes: people type it into shells.
  return StrCat("s", sequence);
}

absl::Status BrokenRecord(std::string_view name) {
  return InvariantBroken(StrCat("the stored record `", name, "` does not parse"));
}

google::protobuf::Any PayloadOf(storage::v1::EntityRecord record) {
  google::protobuf::Any payload;
  payload.set_type_url(StrCat("type.googleapis.com/", record.type()));
  payload.set_value(std::move(*record.mutable_payload()));
  return payload;
}

bool UnpackRecord(const storage::v1::EntityRecord& record, google::protobuf::Message* value) {
  return record.type() == value->GetDescriptor()->full_name() && value->ParseFromString(record.payload());
}

absl::StatusOr<std::optional<storage::v1::EntityRecord>> ReadView::GetRecord(std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, GetRow(EntityKey(name)));
  if (!row.has_value()) return std::nullopt;
  storage::v1::EntityRecord record;
  if (!record.ParseFromString(*row)) return BrokenRecord(name);
  return record;
}

absl::Status ReadView::ScanIndex(
    Index index, std::initializer_list<std::string_view> parts,
    absl::FunctionRef<bool(const std::vector<std::string_view>& rest, std::string_view value)> visit,
    std::string_view after_key) const {
  std::string prefix = IndexKey(index, parts);
  if (parts.size() > 0 && DUBAN_BUG("store.index_prefix_open")) prefix.pop_back();
  std::string begin = prefix;
  if (!after_key.empty()) begin = std::max(begin, std::string(after_key) + '\0');
  return ScanRows(begin, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    std::vector<std::string_view> rest;
    key.remove_prefix(prefix.size());
    for (size_t end = key.find('\0'); end != std::string_view::npos; end = key.find('\0')) {
      rest.push_back(key.substr(0, end));
      key.remove_prefix(end + 1);
    }
    return visit(rest, value);
  });
}

absl::StatusOr<std::optional<std::string>> ReadView::GetIndex(Index index,
                                                              std::initializer_list<std::string_view> parts) const {
  return GetRow(IndexKey(index, parts));
}

absl::StatusOr<v1::FeedPosition> ReadView::GetPosition(std::string_view hop) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, GetRow(PositionKey(hop)));
  v1::FeedPosition position;
  if (row.has_value() && !position.ParseFromString(*row)) return BrokenRecord(hop);
  return position;
}

}  // namespace duban
