#include "tools/bench/office_peers.h"

namespace duban {

std::unique_ptr<OfficePeer> StartPostgres(const std::string&) {
  return nullptr;
}

std::unique_ptr<OfficePeer> StartRedis(const std::string&) {
  return nullptr;
}

}  // namespace duban
