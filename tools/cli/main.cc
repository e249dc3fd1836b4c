// The program `duban`: gives the CLI the real world.

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "tools/cli/cli.h"
#include "tools/cli/grpc_connection.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

// The first Ctrl-C is noted; the second ends the program.
bool Interrupted() {
  static const bool watching = [] {
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    return sigaction(SIGINT, &action, nullptr) == 0;
  }();
  return watching && interrupted != 0;
}

}  // namespace

int main(int argc, char** argv) {
  duban::cli::Environment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.in = &std::cin;
  environment.in_is_terminal = isatty(STDIN_FILENO) != 0;
  environment.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  environment.err_is_terminal = isatty(STDERR_FILENO) != 0;
  environment.interrupted = Interrupted;
  winsize size = {};
  if (environment.out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) environment.width = size.ws_col;
  environment.variable = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
  environment.clock = &duban::RealClock();
  environment.ids = &duban::SystemIds();
  environment.connect = [&](const duban::cli::Addresses& addresses, const duban::cli::Transport& transport) {
    return duban::cli::MakeGrpcConnection(addresses, transport, environment.clock, environment.ids);
  };
  environment.feed_peer = duban::cli::MakeFeedPeer;
  return duban::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc), environment);
}
