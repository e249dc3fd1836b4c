// What browsers talk to, in a process of its own.

#include "services/console/console_module.h"

int main(int argc, char** argv) {
  return duban::console::ConsoleMain("duban-console", argc, argv);
}
