// One call of several processes at once, whose messages come as those of one: what a browser, which has few
// connections, watches a node by.
//
// Messages come as they are, one at a time, in no order among the processes. Where one of them ends, all end with it,
// as it did: whoever called calls again, and finds out which of them are there.

#ifndef DUBAN_SERVICES_CONSOLE_MERGED_CALL_H_
#define DUBAN_SERVICES_CONSOLE_MERGED_CALL_H_

#include <memory>
#include <vector>

#include "services/console/backend.h"

namespace duban::console {

// `request` as it goes to each of `processes`, of which there is at least one. The port outlives the call.
std::shared_ptr<BackendCall> MakeMergedCall(BackendPort* port, const BackendRequest& request,
                                            const std::vector<Backend>& processes,
                                            std::shared_ptr<BackendListener> listener);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_MERGED_CALL_H_
