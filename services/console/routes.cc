#include "services/console/routes.h"

#include <algorithm>
#include <utility>

#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "grpc/health/v1/health.pb.h"

namespace duban::console {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

struct ServiceRow {
  std::string_view service;
  Backend backend;
  bool of_each_process;
};
// As the modules of the services hand them out.
constexpr ServiceRow kServices[] = {
    {"duban.v1.PlanService", Backend::kPlan, false},
    {"duban.v1.PlanSearchService", Backend::kPlan, false},
    {"duban.v1.PlanSourceService", Backend::kPlan, false},
    {"duban.v1.DirectoryService", Backend::kPlan, false},
    {"duban.v1.AccessService", Backend::kPlan, false},
    {"duban.v1.AssignmentService", Backend::kAssignment, false},
    {"duban.v1.AssignmentSearchService", Backend::kAssignment, false},
    {"duban.v1.EvidenceService", Backend::kAssignment, false},
    {"duban.v1.IssuerService", Backend::kAssignment, false},
    {"duban.v1.NotificationService", Backend::kNotification, false},
    {"duban.v1.FeedService", Backend::kPlan, true},
    {"duban.v1.NodeService", Backend::kPlan, true},
    {"duban.v1.WatchService", Backend::kPlan, true},
    {"duban.v1.AuditService", Backend::kPlan, true},
    {"grpc.health.v1.Health", Backend::kPlan, true},
};

// Streams by which a browser hears of the whole node.
constexpr std::string_view kOfAllProcesses = "duban.v1.WatchService/Watch";

struct DoorRow {
  std::string_view method;
  Door door;
};
constexpr DoorRow kDoors[] = {
    {"duban.v1.AccessService/SignIn", Door::kSignIn},
    {"duban.v1.AccessService/SignInWithIdToken", Door::kSignIn},
    {"duban.v1.AccessService/BeginSingleSignOn", Door::kBefore},
    {"duban.v1.AccessService/ChangePassword", Door::kBefore},
    {"duban.v1.AccessService/SignOut", Door::kSignOut},
    {"duban.v1.AccessService/ConfirmTotp", Door::kConfirmsFactor},
    {"duban.v1.AccessService/RefreshSession", Door::kClosed},
};

Door DoorOf(std::string_view method) {
  for (const DoorRow& row : kDoors) {
    if (row.method == method) return row.door;
  }
  return Door::kPerson;
}

absl::StatusOr<Route> RouteOf(const MethodDescriptor& method, const ServedService& service) {
  if (method.client_streaming()) {
    return InvariantBroken(StrCat("a browser cannot call ", method.full_name(), ", which takes a stream"));
  }
  Route route;
  route.method = &method;
  route.path = StrCat("/", WireName(method));
  route.backend = service.backend;
  route.of_each_process = service.of_each_process;
  route.of_all_processes = WireName(method) == kOfAllProcesses;
  route.door = DoorOf(WireName(method));
  route.streams = method.server_streaming();
  route.by_get = !route.streams && route.door == Door::kPerson &&
                 method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
  return route;
}

}  // namespace

std::string_view BackendName(Backend backend) {
  constexpr std::string_view kNames[kBackends] = {"plan", "assignment", "notification"};
  return kNames[static_cast<size_t>(backend)];
}

absl::StatusOr<Routes> Routes::Of(const std::vector<ServedService>& services) {
  Routes routes;
  for (const ServedService& served : services) {
    for (int i = 0; i < served.service->method_count(); ++i) {
      DUBAN_ASSIGN_OR_RETURN(Route route, RouteOf(*served.service->method(i), served));
      routes.places_.emplace(route.path, routes.routes_.size());
      routes.routes_.push_back(std::move(route));
    }
  }
  return routes;
}

const Route* Routes::Find(std::string_view path) const {
  const auto found = places_.find(ToAbsl(path));
  return found == places_.end() ? nullptr : &routes_[found->second];
}

absl::StatusOr<std::vector<ServedService>> ServicesOfContracts() {
  std::vector<const ServiceDescriptor*> services;
  for (const MethodDescriptor* method : ContractMethods()) {
    if (services.empty() || services.back() != method->service()) services.push_back(method->service());
  }
  services.push_back(grpc::health::v1::HealthCheckRequest::descriptor()->file()->service(0));
  std::vector<ServedService> served;
  for (const ServiceDescriptor* service : services) {
    const auto* row = std::find_if(std::begin(kServices), std::end(kServices),
                                   [&](const ServiceRow& known) { return known.service == service->full_name(); });
    if (row == std::end(kServices)) {
      return InvariantBroken(StrCat("the console does not know which process serves ", service->full_name()));
    }
    served.push_back({service, row->backend, row->of_each_process});
  }
  return served;
}

}  // namespace duban::console
