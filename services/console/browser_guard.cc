#include "services/console/browser_guard.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

// Nothing inline, nothing from elsewhere, nobody around it.
constexpr char kContentPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

constexpr std::pair<const char*, const char*> kAlways[] = {
    {"content-security-policy", kContentPolicy},
    {"x-content-type-options", "nosniff"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
    {"permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
};
constexpr char kStrictTransport[] = "max-age=31536000";

bool IsAddress(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// `console.example` of `https://console.example`; empty where it is no origin.
std::string HostOfOrigin(std::string_view origin) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!origin.starts_with(scheme)) continue;
    const std::string_view host = origin.substr(scheme.size());
    const bool plain = host.find_first_of("/?#@ ,\t") == std::string_view::npos;
    return plain ? std::string(host) : std::string();
  }
  return {};
}

absl::Status ForeignPage(std::string_view header, std::string_view value) {
  const std::string shown = JsonString(value.substr(0, 200));
  return Refusal(absl::StatusCode::kPermissionDenied,
                 StrCat("a page of another origin makes this call (`", header, "` is ", shown,
                        "); open the console by its own address"),
                 StrCat("调用来自其他网站的页面（“", header, "”为", shown, "），请直接打开控制台"));
}

}  // namespace

absl::StatusOr<BrowserGuard> BrowserGuard::Of(std::vector<std::string> origins, std::vector<std::string> proxies) {
  BrowserGuard guard;
  for (const std::string& origin : origins) {
    const std::string host = HostOfOrigin(origin);
    if (host.empty() || origin != absl::AsciiStrToLower(origin)) {
      return absl::InvalidArgumentError(
          StrCat("`", origin, "` is no origin; write it as browsers do: https://console.example, in small letters"));
    }
    guard.hosts_.push_back(host);
  }
  for (const std::string& proxy : proxies) {
    if (!IsAddress(proxy)) return absl::InvalidArgumentError(StrCat("`", proxy, "` is no address of a proxy"));
  }
  guard.origins_ = std::move(origins);
  guard.proxies_ = std::move(proxies);
  return guard;
}

absl::Status BrowserGuard::CheckHost(const HttpRequest& request) const {
  const std::string host = absl::AsciiStrToLower(ToAbsl(request.headers.Get("host")));
  if (std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end()) return absl::OkStatus();
  const std::string shown = JsonString(std::string_view(host).substr(0, 200));
  return Refusal(absl::StatusCode::kPermissionDenied,
                 StrCat("the console is not at the host ", shown, "; open it by the address that the operator names"),
                 StrCat("控制台的地址不是", shown, "，请用系统管理员告知的地址打开"));
}

absl::Status BrowserGuard::CheckOrigin(const HttpRequest& request) const {
  // As browsers that know it say for every request; `none` is a person's own doing, which never makes a call.
  if (request.headers.Count("sec-fetch-site") > 0 && request.headers.Get("sec-fetch-site") != "same-origin") {
    return ForeignPage("sec-fetch-site", request.headers.Get("sec-fetch-site"));
  }
  if (request.headers.Count("origin") == 0) return absl::OkStatus();
  const std::string_view origin = request.headers.Get("origin");
  if (std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) return absl::OkStatus();
  return ForeignPage("origin", origin);
}

bool BrowserGuard::IsProxy(std::string_view address) const {
  return std::find(proxies_.begin(), proxies_.end(), address) != proxies_.end();
}

std::string BrowserGuard::ClientOf(const HttpRequest& request) const {
  if (!IsProxy(request.peer)) return request.peer;
  // Each proxy puts whom it heard from at the end: from there on back, the first that is none of ours.
  const std::string list = request.headers.List("x-forwarded-for");
  std::vector<std::string> hops;
  for (const absl::string_view hop : absl::StrSplit(list, ',')) hops.emplace_back(TrimSpaces(ToStd(hop)));
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    if (!IsAddress(*hop)) break;
    if (!IsProxy(*hop)) return *hop;
  }
  return request.peer;
}

bool BrowserGuard::IsSecure(const HttpRequest& request) const {
  return request.tls || (IsProxy(request.peer) && request.headers.Get("x-forwarded-proto") == "https");
}

void AddSecurityHeaders(bool secure, HttpHeaders* headers) {
  for (const auto& [name, value] : kAlways) headers->Add(name, value);
  if (secure) headers->Add("strict-transport-security", kStrictTransport);
}

}  // namespace duban::console
