// Which calls there are, what serves them, and on what terms a browser may make them: a table made of the contracts'
// descriptors, so that a method that is new there is new here.
//
// Values; thread-safe once made.

#ifndef DUBAN_SERVICES_CONSOLE_ROUTES_H_
#define DUBAN_SERVICES_CONSOLE_ROUTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace duban::console {

// The processes of a node, as their `--listen` has them; all the same one where a node is one process.
enum class Backend { kPlan, kAssignment, kNotification };
inline constexpr int kBackends = 3;
std::string_view BackendName(Backend backend);

// On what terms a method is called.
enum class Door {
  // As the person who is signed in.
  kPerson,
  // Signs a person in: the tokens of the answer stay here, the browser gets a cookie.
  kSignIn,
  // Before anybody has signed in.
  kBefore,
  // Ends the session.
  kSignOut,
  // Makes a second factor count: what the person holds changes with the next token, which is got at once.
  kConfirmsFactor,
  // What the gateway does by itself, and no browser may.
  kClosed,
};

struct Route {
  const google::protobuf::MethodDescriptor* method = nullptr;
  // `/duban.v1.PlanService/GetPlan`.
  std::string path;
  Backend backend = Backend::kPlan;
  // Every process has this service and answers for itself: header `duban-process` says which is asked.
  bool of_each_process = false;
  // Without that header all of them are asked at once, and answer as one (merged_call.h).
  bool of_all_processes = false;
  Door door = Door::kPerson;
  bool streams = false;
  // May be called by GET: the contract says that it changes nothing.
  bool by_get = false;
};

// A service and where it is served.
struct ServedService {
  const google::protobuf::ServiceDescriptor* service = nullptr;
  Backend backend = Backend::kPlan;
  bool of_each_process = false;
};

class Routes {
 public:
  // Of these services. Errors: INVARIANT_BROKEN for methods that take a stream, which HTTP/1.1 cannot carry.
  static absl::StatusOr<Routes> Of(const std::vector<ServedService>& services);

  // Null where there is no such method.
  const Route* Find(std::string_view path) const;
  const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
  // Places in `routes_`, by path.
  absl::flat_hash_map<std::string, size_t> places_;
};

// The services of the contracts, and the standard health service. Errors: INVARIANT_BROKEN where the contracts have one
// that the table does not know.
absl::StatusOr<std::vector<ServedService>> ServicesOfContracts();

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_ROUTES_H_
