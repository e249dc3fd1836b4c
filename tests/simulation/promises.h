// What people were told, so that it has to be true from then on, whatever happens; and what is left of it where a disk
// is lost with what only it had.

#ifndef DUBAN_TESTS_SIMULATION_PROMISES_H_
#define DUBAN_TESTS_SIMULATION_PROMISES_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/plan.pb.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

struct Promises {
  // By assignment: the node of the unit that works on it, and the node that issued it.
  std::map<std::string, std::string> worked_at;
  std::map<std::string, std::string> issued_at;
  // Units that somebody has sent to another node. What they did and had not handed up by then does not come along, so
  // that nothing more is promised to them.
  std::set<std::string> moved;
  // By assignment: who signed last, and who signed for what was asked before, in order.
  std::map<std::string, std::string> receipts;
  std::map<std::string, std::vector<std::string>> earlier_receipts;
  // By assignment: how many reports, submissions and reviews were acknowledged.
  std::map<std::string, int> reports;
  std::map<std::string, int> submissions;
  std::map<std::string, int> reviews;
  // By plan: the bytes of each revision as it was published, in order (without what a later withdrawal changes).
  std::map<std::string, std::vector<std::string>> published;
  std::set<std::string> withdrawn;
  // Owners and units with a field that only a newer version knows.
  std::set<std::pair<std::string, std::string>> newer;
  struct Confirmed {
    std::string node;
    // It never goes out again with a time up to then: for good, unless its node has lost its memory of it.
    absl::Time up_to = absl::InfiniteFuture();
  };
  // By reminder.
  std::map<std::string, Confirmed> confirmed;
  // By node that was rebuilt: up to when its reminders count as sent.
  std::map<std::string, absl::Time> alive_until;
};

// What the neighbours of a node hold of its own, read from their rows.
struct Held {
  // By assignment: of those that the neighbour issued, and of those it got.
  std::map<std::string, v1::Execution> executions;
  std::map<std::string, v1::Oversight> oversights;
  // Assignments of which the neighbour holds the order, still addressed to their unit.
  std::set<std::string, std::less<>> shown;
  std::map<std::string, v1::Plan> plans;
  // Service and name of everything.
  std::set<std::pair<std::string, std::string>> names;
  // Units with a field that only a newer version knows.
  std::set<std::string> newer;
};

// Adds what `by` holds of what `owner` owns.
void AddHeld(World* world, SimNode* by, const std::string& owner, Held* held);

// A node lost its disk and came back with what was promised when its backup was made (`copied`, without one nothing),
// and with what its neighbours held where it was rebuilt (`held`, else empty). Nothing else was promised any more: it
// was there only. Reminders of before `alive_until` count as sent (RebuildReport.last_sign_of_life). Returns own plans
// whose withdrawal is lost: people withdraw them again.
std::set<std::string> KeepWhatIsLeft(const std::string& node, const Promises& copied, const Held& held,
                                     absl::Time alive_until, Promises* promises);

// S1: what the neighbours held is there again.
void CheckCameBack(World* world, SimNode* node, const Held& held);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_PROMISES_H_
