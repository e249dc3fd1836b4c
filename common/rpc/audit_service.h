// The RPCs of the audit, for the stores of this process.
//
// Thread-safe; outlives the edge that its methods are added to.

#ifndef DUBAN_COMMON_RPC_AUDIT_SERVICE_H_
#define DUBAN_COMMON_RPC_AUDIT_SERVICE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/method.h"
#include "common/store/store.h"
#include "duban/v1/audit_service.pb.h"

namespace duban {

class AuditService {
 public:
  // Before the server starts. What page tokens are made with.
  void SetPageKey(std::string key) { page_key_ = std::move(key); }
  // Before the server starts. The store outlives the service.
  void AddStore(const Store* store) { stores_[store->options().service] = store; }

  std::vector<Method> methods();

 private:
  absl::Status ListAuditEntries(const Caller& caller, const v1::ListAuditEntriesRequest& request,
                                v1::ListAuditEntriesResponse* response);
  absl::Status ExportAudit(const Caller&, const v1::ExportAuditRequest& request, v1::AuditExport* response);

  absl::StatusOr<const Store*> StoreOf(const std::string& service) const;

  std::string page_key_;
  std::map<std::string, const Store*> stores_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_AUDIT_SERVICE_H_
