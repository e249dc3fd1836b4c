#include "common/node/refusals.h"

namespace duban {

absl::Status WriteRefusal(Store* store, const RefusedCall& call) {
  return store->Run({.method = call.method,
                     .request_id = call.request_id,
                     .caller = call.caller.label(),
                     .session = call.caller.session,
                     .address = call.caller.address,
                     .refused = call.reason,
                     .about = call.about,
                     .times = call.times},
                    [](Transaction&) { return absl::OkStatus(); });
}

}  // namespace duban
