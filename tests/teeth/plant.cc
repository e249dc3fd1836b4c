#include "tests/teeth/plant.h"

#include <cstdio>
#include <cstdlib>

#include "common/base/planted_bug.h"
#include "tests/teeth/planted_bugs.h"

namespace duban {
namespace teeth {
namespace {

// A name that is no bug's would plant nothing and look as if nothing had been found.
std::string Known(std::string_view name) {
  if (name.empty() || FindBug(name) != nullptr) return std::string(name);
  std::fprintf(stderr, "there is no planted bug `%.*s`; duban-teeth --list-bugs names them\n",
               static_cast<int>(name.size()), name.data());
  std::exit(2);
}

std::string& Current() {
  static auto* const current = [] {
    const char* name = std::getenv("DUBAN_PLANT");
    return new std::string(Known(name == nullptr ? "" : name));
  }();
  return *current;
}

}  // namespace

void Plant(std::string_view name) {
  Current() = Known(name);
}

const std::string& Planted() {
  return Current();
}

}  // namespace teeth

bool BugPlanted(std::string_view name) {
  return teeth::Planted() == name;
}

}  // namespace duban
