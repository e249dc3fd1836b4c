// The program `duban`: gives the CLI the real world.

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/rpc/grpc_peer.h"
#include "tools/cli/cli.h"
#include "tools/cli/grpc_connection.h"

int main(int argc, char** argv) {
  duban::cli::Environment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.in = &std::cin;
  environment.in_is_terminal = isatty(STDIN_FILENO) != 0;
  environment.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  winsize size = {};
  if (environment.out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) environment.width = size.ws_col;
  environment.variable = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
  environment.clock = &duban::RealClock();
  environment.ids = &duban::SystemIds();
  environment.connect = [&](const duban::cli::Addresses& addresses) {
    return duban::cli::MakeGrpcConnection(addresses, environment.clock, environment.ids);
  };
  environment.feed_peer = duban::MakeGrpcPeer;
  return duban::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc), environment);
}
