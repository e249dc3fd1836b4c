#include "common/rpc/address.h"

#include <arpa/inet.h>

#include "common/base/strings.h"

namespace duban {

absl::StatusOr<std::pair<std::string, int>> SplitAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  int port = -1;
  if (colon == std::string_view::npos || host.empty() || (!bracketed && host.find(':') != std::string_view::npos) ||
      host.find_first_of(" ,=/\t") != std::string_view::npos || !ParseNumber(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        StrCat("`", address, "` is no address; write HOST:PORT with a port from 0 to 65535"));
  }
  return std::make_pair(std::string(host), port);
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  in_addr v4{};
  in6_addr v6{};
  const std::string text(host);
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace duban
