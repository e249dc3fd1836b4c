// What the gateway itself refuses, where no reason of the contracts (errors.proto) means it: a code, and words in both
// languages. Errors of the services pass through as they are.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_REFUSAL_H_
#define DUBAN_SERVICES_CONSOLE_REFUSAL_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace duban::console {

// An error with a LocalizedMessage and no reason.
absl::Status Refusal(absl::StatusCode code, std::string_view english, std::string_view chinese);

// RESOURCE_EXHAUSTED: a message of more than `limit` bytes.
absl::Status TooLarge(size_t limit);

// NOT_AUTHENTICATED with cause SESSION: nobody is signed in, or not any more.
absl::Status NotSignedIn();

// OVERLOADED with `lane`: as much of this kind as is taken at once is under way.
absl::Status Busy(std::string_view lane);

// NOT_SERVING: the console stops.
absl::Status ConsoleStops();

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_REFUSAL_H_
