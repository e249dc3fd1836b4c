// Pages that people have open at a node, which are told what changes (common/feed/watch_table.h). They come and go,
// come again with the positions they were told or as new ones, read at once, late or never, and lose their line when
// the process ends. What each may read and has not been told is owed to it. W1 to W5.
//
// Everything is drawn from dice of its own, so what pages do changes nothing of what else happens in a run. Not
// thread-safe. World and node outlive it.

#ifndef DUBAN_TESTS_SIMULATION_OPEN_PAGES_H_
#define DUBAN_TESTS_SIMULATION_OPEN_PAGES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/feed/watch_table.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// Limits that are reached now and then.
WatchLimits DrawWatchLimits(Dice& dice);

class OpenPages {
 public:
  // `units`: some that work at the node or below.
  OpenPages(World* world, SimNode* node, const WatchLimits& limits, const std::vector<std::string>& units);
  ~OpenPages();

  // People come, within the first minutes.
  void Begin();
  // The node was started.
  void Started();
  // A store of the node has changed.
  void Look(const std::string& service);
  // Behind each event: now and then looks whether everybody was told in time.
  void AfterEvent();
  // From now on nobody goes, and everybody reads at once.
  void Calm() { calm_ = true; }
  // At rest: nothing is owed to anybody. REQUIRES: the node is up.
  void CheckAtRest();

 private:
  struct Change {
    int64_t sequence;
    std::string name;
    absl::Time time;
  };
  // What happened in a store in its present history, as its commits say it.
  struct History {
    std::string epoch;
    int64_t head = 0;
    // Where it stood when the process began: nobody is told of what was before.
    int64_t began_at = 0;
    std::vector<Change> changes;
  };
  // A name that has to be told to a page: of what it is, since when, and the first and the last change of it.
  struct Debt {
    std::string of;
    absl::Time since;
    int64_t first = 0, last = 0;
  };
  // Where a page stands in a store.
  struct Place {
    // The position it goes on from; -1: of no history that there is.
    int64_t from = 0;
    // What changed up to here was looked at: it is owed, or not for this page.
    int64_t seen = 0;
    std::map<std::string, Debt> owed;
  };
  class Ear;
  struct Page {
    std::string label;
    Caller caller;
    bool slow = false;
    // Where it stands by what it has read, by store; and by what it was told and has not read yet.
    std::map<std::string, v1::WatchPosition> read, unread;
    // The call that is open: which one of the page, at which start of the node, its number there.
    bool open = false;
    int64_t call = 0, process = 0, number = 0;
    absl::Time opened, heard, ready_since;
    bool answered = false, ready = false;
    std::map<std::string, Place> places;
  };

  void Draw(const std::vector<std::string>& units);
  void Later(Page& page, absl::Duration delay, void (OpenPages::*act)(Page&));
  void Open(Page& page);
  void Leave(Page& page);
  static void Read(Page& page);
  void MakeReady(Page& page);
  void ComeAgain(Page& page, absl::Duration most);
  void Heard(Page& page, const v1::WatchResponse& response);
  void Ended(Page& page, const absl::Status& why);

  // Right before and behind a round of the table.
  void Before();
  void Behind();
  // Looks at what happened up to `until` behind where a ready page was seen to stand.
  void Owe(Page& page, absl::Time until);
  std::string ToldNow(const Page& page, const std::string& service, const std::string& name) const;
  bool IsOwed(const Page& page, const std::string& service, const std::string& told, const Debt& debt) const {
    return ToldNow(page, service, debt.of) == told;
  }
  bool HasChangedFor(const Page& page, const std::string& told) const;
  bool MayStartOver(const Page& page, const std::string& service) const;
  void CheckPositions(const Page& page, const v1::WatchResponse& response);
  void CheckStartOver(const Page& page, const v1::WatchResponse& response);
  void CheckNames(Page& page, const v1::WatchResponse& response);
  void CheckInTime(Page& page);

  World& world_;
  SimNode& node_;
  const WatchLimits limits_;
  Dice& dice_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::map<std::string, History> histories_;
  // Those whom the round under way has told something.
  std::vector<Page*> told_;
  int64_t process_ = 0;
  absl::Time next_check_ = absl::InfinitePast();
  bool calm_ = false;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_OPEN_PAGES_H_
