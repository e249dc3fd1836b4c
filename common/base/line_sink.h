// Where an outgoing channel puts its lines, as a port: a file for real, a recorder in a test or a simulation.

#ifndef DUBAN_COMMON_BASE_LINE_SINK_H_
#define DUBAN_COMMON_BASE_LINE_SINK_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace duban {

// Threads: one at a time. Ownership: outlives whoever writes to it.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // Takes whole lines, each with its line end, and makes them durable before it returns. Errors: what could not be
  // done and why; then any part of the lines may have been taken.
  virtual absl::Status Append(std::string_view lines) = 0;
  // Where they go, for people.
  virtual std::string where() const { return "recorder"; }
};

// Lines at the end of a file. The file is opened for every batch, so that it can be rotated.
class LineFile final : public LineSink {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  absl::Status Append(std::string_view lines) override;
  std::string where() const override { return path_; }

 private:
  const std::string path_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_LINE_SINK_H_
