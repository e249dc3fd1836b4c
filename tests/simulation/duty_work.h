// What units and issuers do about assignments: pull, sign, report, hand in, review; one by one and several in one call.
// A1, A2, A3, A5, A6, S7.
//
// Not thread-safe. World, nodes, caller and promises outlive it.

#ifndef DUBAN_TESTS_SIMULATION_DUTY_WORK_H_
#define DUBAN_TESTS_SIMULATION_DUTY_WORK_H_

#include <string>
#include <vector>

#include "tests/simulation/caller.h"
#include "tests/simulation/lease_book.h"
#include "tests/simulation/promises.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

class DutyWork {
 public:
  DutyWork(World* world, const Drawn& drawn, PatientCaller* caller, Promises* promises)
      : world_(*world), drawn_(drawn), caller_(*caller), promises_(*promises), leases_(world, "A1") {}

  // Each is one random act at a node that is up.
  void PullAndSign(SimNode* node);
  void Report(SimNode* node);
  void Submit(SimNode* node);
  void Review(SimNode* node);
  // Two callers read the same state and both write: exactly one may win.
  void Conflict(SimNode* node);

  // A node has lost its disk, and knows nothing of the leases it gave.
  void Lost(SimNode* node) { leases_.Forget(node->id()); }

 private:
  using Assignments = std::vector<v1::Assignment>;

  // One of the units that work at a node, or may.
  std::string AnyUnit(SimNode* node);
  // At most `most` different ones of a node's assignments in a state, at random; of one unit, or of any.
  Assignments Pick(SimNode* node, const std::string& unit, v1::Assignment::State state, int most = 1);
  void Sign(SimNode* node, const v1::Assignment& assignment, const std::string& lease_token);
  void SignAll(SimNode* node, const Assignments& assignments, const std::string& lease_token);
  void TryFormerLease(SimNode* node, const v1::Assignment& assignment);
  void Signed(SimNode* node, const std::string& name, const std::string& signer);
  void SubmitAll(SimNode* node, const Assignments& assignments);
  void ReviewOne(SimNode* node, const v1::Assignment& assignment);
  void ReviewAll(SimNode* node, const Assignments& assignments);
  void CheckReviewed(const v1::Assignment& before, v1::Review::Verdict verdict, v1::Assignment::State after);
  v1::Review::Verdict AnyVerdict();

  // An item that names no assignment is put among the others now and then: it is refused, and nothing else for it.
  bool WithStranger() { return world_.Below(3) == 0; }
  // A6: one answer for each item, in order; a stranger is refused, and what can be done is done. Calls `done` with each
  // item that was.
  template <typename Items, typename Response, typename Done>
  void CheckResults(const std::string& what, const Items& names, const Response& response, const Done& done);

  World& world_;
  const Drawn drawn_;
  PatientCaller& caller_;
  Promises& promises_;
  LeaseBook leases_;
};

// The unit that works at a node, and an office that works as the node's client; its name begins with that of the other.
std::string UnitOf(const std::string& node);
std::string LocalUnit(const std::string& node);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DUTY_WORK_H_
