// The process around a server: signals, limits, the words of libraries, the port file, a drain that ends.
//
// To be called on the first thread, in this order.

#ifndef DUBAN_COMMON_RPC_PROCESS_H_
#define DUBAN_COMMON_RPC_PROCESS_H_

#include <signal.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/log.h"

namespace duban {

// A drain that is not over by then aborts the process: a call's code does not return.
inline constexpr absl::Duration kWatchdogTime = absl::Seconds(10);

// A line for whoever started the program.
void Say(std::string_view program, std::string_view message);

// How a line of gRPC's is logged: its errors as warnings, unless it says so at each healthy connection.
LogLevel LevelOfGrpcLine(bool is_error, std::string_view message);

// Before there are other threads: signals that end the process wait for WaitForSignal, logs of libraries go into ours,
// and as many files may be open as the machine allows.
sigset_t PrepareProcess(LogLevel level);

// Whoever waits for the file sees all of it or none.
bool WritePortFile(const std::string& path, int port);

// Waits until the process is told to end, then drains: in a thread of its own, so that a second signal is heard and
// ends what hangs.
void WaitAndDrain(const sigset_t& signals, const std::function<void()>& drain);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_PROCESS_H_
