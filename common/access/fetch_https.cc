#include <curl/curl.h>

#include <memory>

#include "absl/status/status.h"
#include "common/access/id_token.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kMostBytes = 256 * 1024;
constexpr long kMillis = 5000;  // NOLINT(google-runtime-int): curl's type.

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

size_t Take(char* data, size_t size, size_t count, void* into) {
  auto* const text = static_cast<std::string*>(into);
  if (text->size() + size * count > kMostBytes) return 0;
  text->append(data, size * count);
  return size * count;
}

}  // namespace

absl::StatusOr<std::string> FetchHttps(const std::string& url) {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  const std::unique_ptr<CURL, CurlDeleter> curl(ready ? curl_easy_init() : nullptr);
  if (curl == nullptr) return absl::UnavailableError("libcurl cannot begin");
  std::string text;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kMillis);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &text);
  const CURLcode done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return absl::UnavailableError(StrCat(url, ": ", curl_easy_strerror(done)));
  long code = 0;  // NOLINT(google-runtime-int): curl's type.
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  // A redirect is none of ours to follow.
  if (code != 200) return absl::UnavailableError(StrCat(url, " answers ", code));
  return text;
}

}  // namespace duban
