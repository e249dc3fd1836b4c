// The same work as `duban-bench office` does, done by PostgreSQL 15 and by Redis (Debian packages `postgresql` and
// `redis`) in their best honest form: synchronous commit or appendfsync always, SKIP LOCKED, set-wise statements,
// scripts. Each runs as a process of its own on this machine, with a folder of its own, stopped by its process id.

#ifndef DUBAN_TOOLS_BENCH_OFFICE_PEERS_H_
#define DUBAN_TOOLS_BENCH_OFFICE_PEERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace duban {

// A store that others would take for this. A number is unset where the peer cannot do the work in any honest way.
// Not thread-safe. What fails ends the program.
class OfficePeer {
 public:
  virtual ~OfficePeer() = default;
  virtual std::string name() const = 0;
  // Milliseconds until all assignments of a plan can be pulled.
  virtual std::optional<double> Publish(int tasks, int units) = 0;
  // Assignments a second, pulled and signed in bulks by as many workers; what was published before is used up.
  virtual std::optional<double> PullAndSign(int workers, int bulk, int64_t most) = 0;
  // Milliseconds of a board by unit, from kept counters.
  virtual std::optional<double> Board(int calls) = 0;
  // Reminders a second, leased and confirmed, `count` due at once.
  virtual std::optional<double> Remind(int jobs, int bulk, int64_t count) = 0;
};

// Null where the packages are not installed.
std::unique_ptr<OfficePeer> StartPostgres(const std::string& folder);
std::unique_ptr<OfficePeer> StartRedis(const std::string& folder);

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_OFFICE_PEERS_H_
