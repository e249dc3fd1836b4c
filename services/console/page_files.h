// Reads the folder of the built pages.
//
// Thread-safe; keeps nothing.

#ifndef DUBAN_SERVICES_CONSOLE_PAGE_FILES_H_
#define DUBAN_SERVICES_CONSOLE_PAGE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/console/static_pages.h"

namespace duban::console {

// The regular files below a folder; links, and whatever begins with a dot, are left out. Errors: INVALID_ARGUMENT where
// it is no folder, has no `index.html`, holds more than kMaxPageFiles or kMaxPageBytes, or cannot be read.
absl::StatusOr<PageFiles> ReadPageFiles(const std::string& folder);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_PAGE_FILES_H_
