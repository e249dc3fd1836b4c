// Random work by issuers, units and reminder jobs, and what their acknowledgements oblige the system to. What is done
// about assignments is in duty_work.h, drafts and the directory in desk_work.h.

#ifndef DUBAN_TESTS_SIMULATION_WORK_H_
#define DUBAN_TESTS_SIMULATION_WORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/caller.h"
#include "tests/simulation/desk_work.h"
#include "tests/simulation/duty_work.h"
#include "tests/simulation/lease_book.h"
#include "tests/simulation/promises.h"
#include "tests/simulation/request_work.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// Drives the nodes: nodes[0] is the top. Not thread-safe. World and nodes outlive it.
class Work {
 public:
  // At most `acts`. `again` has to start a node anew whose store has failed, while a caller waits.
  Work(World* world, std::vector<SimNode*> nodes, const Drawn& drawn, int64_t acts,
       std::function<void(SimNode*)> again);

  // Puts in the directory of the top; works from then on until Stop.
  void Begin();
  void Stop() { stopped_ = true; }
  const Promises& promises() const { return promises_; }
  // A node has lost its disk; it will be back with what it had at `copied`, if ever.
  void Lost(SimNode* node, absl::Time copied);
  // It is about to be back: with what was promised when its backup was made and, where it was rebuilt, with what its
  // neighbours held.
  void Returned(SimNode* node, const Promises& copied, Held held, absl::Time alive_until);
  // A node has started. Where it has lost its disk before, people put in again what is gone.
  void Started(SimNode* node);
  int64_t acts() const { return acts_; }

 private:
  void Next();
  void Act();
  void PutDirectory();
  // Whether all of them are there.
  bool PutUnits(SimNode* node);
  bool WithdrawAgain(SimNode* node, const std::set<std::string>& plans);
  void Publish(SimNode* node);
  void DrawTask(int number, absl::CivilDay today, const std::vector<std::string>& units, v1::Task& task);
  void RenameUnit(SimNode* node);
  void MoveOffice(SimNode* node);
  void Withdraw(SimNode* node);
  // Opens the draft of a revision of one of a node's plans and changes it, or publishes one that is open.
  void Revise(SimNode* node);
  void ChangeDraft(SimNode* node, const v1::Plan& draft);
  void PublishDraft(SimNode* node, const v1::Plan& draft);
  void Remind(SimNode* node);
  void CheckHandedOut(SimNode* node, const v1::Reminder& reminder);
  void TryFormerLease(SimNode* node, const std::string& reminder);
  void Confirm(SimNode* node, const std::string& reminder, const std::string& lease_token);
  void ConfirmAll(SimNode* node, const std::vector<std::string>& reminders, const std::string& lease_token);
  void Confirmed(SimNode* node, const std::string& reminder, const std::string& error);
  std::string AnyError();
  void Upgrade(SimNode* node);
  // Units that a node addresses: those of the nodes below it, and one without a node of its own.
  std::vector<std::string> UnitsBelow(const SimNode* node) const;

  World& world_;
  const std::vector<SimNode*> nodes_;
  const Drawn drawn_;
  const int64_t most_acts_;
  PatientCaller caller_;
  Promises promises_;
  DutyWork duties_;
  DeskWork desk_;
  RequestWork requests_;
  // What people put in again where a disk was lost: by node.
  struct Gone {
    Held held;
    std::set<std::string> withdrawn;
  };
  std::map<std::string, Gone> gone_;
  LeaseBook reminder_leases_;
  bool stopped_ = false;
  bool directory_done_ = false;
  int64_t acts_ = 0;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_WORK_H_
