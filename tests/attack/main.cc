// `duban-attack NAME [OPTIONS]`: attacks a node that it starts itself, on loopback, for a bounded time.

#include <cstdio>
#include <string_view>

#include "tests/attack/attack.h"

namespace {

struct Attack {
  std::string_view name;
  int (*run)(int argc, char** argv);
  const char* what;
};

constexpr Attack kAttacks[] = {
    {"overload", duban::testing::RunOverload, "many more callers than the server takes"},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    for (const Attack& attack : kAttacks) {
      if (attack.name == argv[1]) return attack.run(argc - 1, argv + 1);
    }
  }
  std::fprintf(stderr, "usage: duban-attack NAME [OPTIONS]; NAME --help tells its options\n");
  for (const Attack& attack : kAttacks) {
    std::fprintf(stderr, "  %-10.*s %s\n", static_cast<int>(attack.name.size()), attack.name.data(), attack.what);
  }
  return 2;
}
