// What a request says of where it comes from, and whether that may be: hosts, origins, proxies; and the headers that
// tell browsers what our pages may do.
//
// Why a page of another origin cannot act for whoever is signed in: the cookie is SameSite=Strict, so that browsers do
// not send it along; a call needs a content type and a header that no form can send, and a script only after asking
// (CORS), which is never granted; and what browsers say of the origin (Origin, Sec-Fetch-Site) has to be ours. Each
// would do by itself.
//
// Values; thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_BROWSER_GUARD_H_
#define DUBAN_SERVICES_CONSOLE_BROWSER_GUARD_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/console/http.h"

namespace duban::console {

class BrowserGuard {
 public:
  // `origins`: those that browsers know the console by, `https://console.example`, `http://127.0.0.1:7180`, without a
  // path. `proxies`: addresses of machines, `10.1.2.3`, whose `x-forwarded-for` and `x-forwarded-proto` are believed.
  // Errors: INVALID_ARGUMENT for what is neither.
  static absl::StatusOr<BrowserGuard> Of(std::vector<std::string> origins, std::vector<std::string> proxies);

  // Whether the request is for one of our origins, by its `host`: another name that leads here (DNS rebinding) does
  // not count. PERMISSION_DENIED, and to be answered with 421.
  absl::Status CheckHost(const HttpRequest& request) const;

  // Whether a call comes from a page of ours, or from a program that is no browser. PERMISSION_DENIED.
  absl::Status CheckOrigin(const HttpRequest& request) const;

  // The address that the request comes from: that of the connection, or what trusted proxies say of it.
  std::string ClientOf(const HttpRequest& request) const;

  // Whether the browser's side of the connection is encrypted, as far as we know.
  bool IsSecure(const HttpRequest& request) const;

 private:
  bool IsProxy(std::string_view address) const;

  std::vector<std::string> origins_;
  // `console.example`, `127.0.0.1:7180`.
  std::vector<std::string> hosts_;
  std::vector<std::string> proxies_;
};

// What every answer carries. `secure`: the browser came over TLS, and is told to do so from now on.
void AddSecurityHeaders(bool secure, HttpHeaders* headers);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_BROWSER_GUARD_H_
