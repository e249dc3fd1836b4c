// What a server process hosts: the logic of a service, and the table of the RPCs on top of it (method.h).

#ifndef DUBAN_COMMON_RPC_MODULE_H_
#define DUBAN_COMMON_RPC_MODULE_H_

#include <string>
#include <vector>

#include "common/node/service_logic.h"
#include "common/rpc/method.h"

namespace duban {

// A service in a process. Built by the service's `MakeModule(Ports)`; threads as in ServiceLogic.
class Module : public ServiceLogic {
 public:
  // Its RPCs, each with what it costs. They call the module, which outlives them.
  virtual std::vector<Method> methods() = 0;
};

// A module over the logic of a service, which is built by itself too where there is no gRPC.
template <typename Logic>
class ModuleOf : public Module {
 public:
  explicit ModuleOf(const Ports& ports) : logic_(ports) {}
  std::string name() const override { return logic_.name(); }
  HopSpecs hops() override { return logic_.hops(); }
  const AccessFacts* facts() const override { return logic_.facts(); }
  IndexRows index_rows() const override { return logic_.index_rows(); }
  void Begin() override { logic_.Begin(); }
  std::vector<Chore> chores() override { return logic_.chores(); }
  std::vector<Gauge> gauges() override { return logic_.gauges(); }

 protected:
  Logic& logic() { return logic_; }

 private:
  Logic logic_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_MODULE_H_
