// The logic of DirectoryService, one method an RPC, on ports only. Requests have passed ValidateRequest; errors are
// those listed in directory_service.proto.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_CORE_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_CORE_H_

#include <utility>

#include "absl/status/status.h"
#include "common/node/service_logic.h"
#include "duban/v1/directory_service.pb.h"
#include "services/plan/directory/directory_names.h"

namespace duban {

class DirectoryCore {
 public:
  // `names` outlives it.
  DirectoryCore(Ports ports, DirectoryNamesCache* names) : ports_(std::move(ports)), names_(names) {}

  absl::Status GetUnit(const Caller& caller, const v1::GetUnitRequest& request, v1::Unit* response) const;
  absl::Status ListUnits(const Caller& caller, const v1::ListUnitsRequest& request,
                         v1::ListUnitsResponse* response) const;
  absl::Status CreateUnit(const Caller& caller, const v1::CreateUnitRequest& request, v1::Unit* response);
  absl::Status UpdateUnit(const Caller& caller, const v1::UpdateUnitRequest& request, v1::Unit* response);
  absl::Status DeleteUnit(const Caller& caller, const v1::DeleteUnitRequest& request, v1::DeleteUnitResponse* response);

  absl::Status GetUnitGroup(const Caller& caller, const v1::GetUnitGroupRequest& request,
                            v1::UnitGroup* response) const;
  absl::Status ListUnitGroups(const Caller& caller, const v1::ListUnitGroupsRequest& request,
                              v1::ListUnitGroupsResponse* response) const;
  absl::Status CreateUnitGroup(const Caller& caller, const v1::CreateUnitGroupRequest& request,
                               v1::UnitGroup* response);
  absl::Status UpdateUnitGroup(const Caller& caller, const v1::UpdateUnitGroupRequest& request,
                               v1::UnitGroup* response);
  absl::Status DeleteUnitGroup(const Caller& caller, const v1::DeleteUnitGroupRequest& request,
                               v1::DeleteUnitGroupResponse* response);
  absl::Status ExpandUnitGroup(const Caller& caller, const v1::ExpandUnitGroupRequest& request,
                               v1::ExpandUnitGroupResponse* response) const;

  absl::Status ImportDirectory(const Caller& caller, const v1::ImportDirectoryRequest& request,
                               v1::ImportDirectoryResponse* response);
  absl::Status ListAliases(const Caller& caller, const v1::ListAliasesRequest& request,
                           v1::ListAliasesResponse* response) const;
  absl::Status RemoveAlias(const Caller& caller, const v1::RemoveAliasRequest& request,
                           v1::RemoveAliasResponse* response);
  absl::Status ResolveUnit(const Caller& caller, const v1::ResolveUnitRequest& request,
                           v1::ResolveUnitResponse* response) const;

  absl::Status ListCalendars(const Caller& caller, const v1::ListCalendarsRequest& request,
                             v1::ListCalendarsResponse* response) const;
  absl::Status UpdateCalendar(const Caller& caller, const v1::UpdateCalendarRequest& request, v1::Calendar* response);

  // Puts in the calendars the software came with, for the years that have none. Called when the service starts.
  absl::Status LoadDefaultCalendars();

 private:
  const Ports ports_;
  DirectoryNamesCache* const names_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_CORE_H_
