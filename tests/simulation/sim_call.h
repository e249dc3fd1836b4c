// How a simulated node calls another one. Included by what implements SimNode, and by nothing else.

#ifndef DUBAN_TESTS_SIMULATION_SIM_CALL_H_
#define DUBAN_TESTS_SIMULATION_SIM_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

inline constexpr absl::Duration kCallTimeout = absl::Seconds(25);

inline absl::Status Unavailable(std::string_view why) {
  return Error(v1::NOT_SERVING, StrCat("no answer: ", why), StrCat("没有应答：", why));
}

template <typename Response>
void SimNode::CallNode(const std::string& node, std::function<void(SimNode*, std::function<void(Response)>)> serve,
                       std::function<void(Response)> done) {
  auto finished = std::make_shared<bool>(false);
  const auto finish = [this, finished, incarnation = incarnation_, done = std::move(done)](const Response& response) {
    if (*finished || incarnation != incarnation_) return;
    *finished = true;
    done(response);
  };
  Network* const network = around_.network;
  const auto find = around_.find;
  network->Send(Network::Message::kRequest, id_, node, [=, this, serve = std::move(serve)] {
    SimNode* other = find(node);
    const auto reply = [=, this](const Response& response) {
      network->Send(Network::Message::kAnswer, node, id_, [finish, response] { finish(response); });
    };
    if (other == nullptr || !other->up()) return reply(Response(Unavailable("the server is down")));
    serve(other, reply);
  });
  world_.After(kCallTimeout, [finish] { finish(Response(Unavailable("the time is over"))); });
}

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIM_CALL_H_
