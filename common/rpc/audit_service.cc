#include "common/rpc/audit_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/store/audit.h"

namespace duban {
namespace {

constexpr int32_t kPresetPage = 50;
constexpr int32_t kMostPage = 100;
constexpr int32_t kPresetBytes = 1 << 20;
constexpr int32_t kMostBytes = 4 << 20;

// A listing is of one service and one filter.
std::string ScopeOf(const v1::ListAuditEntriesRequest& request) {
  return StrCat("ListAuditEntries\n", request.service(), "\n", request.filter().SerializeAsString());
}

std::string CursorOf(const AuditPlace& place) {
  return StrCat(place.commit, " ", place.entries);
}

// Nothing where the cursor is none of ours.
std::optional<AuditPlace> PlaceOf(const std::string& cursor) {
  const std::vector<std::string> parts = absl::StrSplit(cursor, ' ');
  AuditPlace place;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &place.commit) || !absl::SimpleAtoi(parts[1], &place.entries)) {
    return std::nullopt;
  }
  return place;
}

}  // namespace

std::vector<Method> AuditService::methods() {
  return {
      Rpc("duban.v1.AuditService/ListAuditEntries", this, &AuditService::ListAuditEntries, Lane::kOperator),
      Rpc("duban.v1.AuditService/ExportAudit", this, &AuditService::ExportAudit, Lane::kOperator),
  };
}

absl::StatusOr<const Store*> AuditService::StoreOf(const std::string& service) const {
  auto it = stores_.find(service);
  if (it != stores_.end()) return it->second;
  std::vector<std::string> served;
  for (const auto& [name, store] : stores_) served.push_back(name);
  return Error(v1::RESOURCE_NOT_FOUND,
               StrCat("this process has no store of a service `", service, "`; it has: ", absl::StrJoin(served, ", ")),
               StrCat("本进程没有服务“", service, "”的存储，现有：", absl::StrJoin(served, "、")), {{"name", service}});
}

absl::Status AuditService::ListAuditEntries(const Caller& caller, const v1::ListAuditEntriesRequest& request,
                                            v1::ListAuditEntriesResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const Store* store, StoreOf(request.service()));
  const std::unique_ptr<Snapshot> snapshot = store->TakeSnapshot();
  const Listing listing{page_key_, caller.label(), ScopeOf(request)};
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(listing, request.page_token()));
  AuditQuery query;
  query.filter = request.filter();
  query.before = {snapshot->head().sequence() + 1, 0};
  if (!cursor.empty()) {
    const std::optional<AuditPlace> place = PlaceOf(cursor);
    if (!place) return InvalidField("page_token", "was altered; begin again without it", "已损坏，请从第一页重新查询");
    query.before = *place;
  }
  query.most = PageSize(request.page_size(), kPresetPage, kMostPage);
  DUBAN_ASSIGN_OR_RETURN(AuditPage page, ReadAudit(*snapshot, query));
  for (v1::AuditEntry& entry : page.entries) {
    entry.set_service(request.service());
    *response->add_entries() = std::move(entry);
  }
  if (page.next) response->set_next_page_token(MakePageToken(listing, CursorOf(*page.next)));
  return absl::OkStatus();
}

absl::Status AuditService::ExportAudit(const Caller&, const v1::ExportAuditRequest& request,
                                       v1::AuditExport* response) {
  DUBAN_ASSIGN_OR_RETURN(const Store* store, StoreOf(request.service()));
  const int32_t bytes = request.max_bytes() == 0 ? kPresetBytes : std::min(request.max_bytes(), kMostBytes);
  DUBAN_ASSIGN_OR_RETURN(*response,
                         duban::ExportAudit(*store, *store->TakeSnapshot(), request.after_sequence(), bytes));
  return absl::OkStatus();
}

}  // namespace duban
