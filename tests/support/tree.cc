#include "tests/support/tree.h"

#include <string>

namespace duban {

std::string SourceFolder() {
  return DUBAN_SOURCE_DIR;
}

std::string BuildFolder() {
  return DUBAN_BINARY_DIR;
}

}  // namespace duban
