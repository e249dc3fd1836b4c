#include "services/notification/channel/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/notification/channel/channel.h"

namespace duban {
namespace {

constexpr size_t kMostAnswer = 64 << 10;
constexpr long kConnectMillis = 8000;
// What an SMTP server said of itself.
constexpr long kRefusedForGood = 500;

struct CurlCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlCleanup>;
using ListPtr = std::unique_ptr<curl_slist, ListCleanup>;

// libcurl wants to be begun once, before there are threads that use it.
CurlPtr NewHandle() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  return CurlPtr(begun == CURLE_OK ? curl_easy_init() : nullptr);
}

void Append(ListPtr& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  (void)list.release();
  list.reset(longer);
}

size_t TakeAnswer(char* bytes, size_t size, size_t count, void* into) {
  auto* body = static_cast<std::string*>(into);
  const size_t room = kMostAnswer - std::min(body->size(), kMostAnswer);
  body->append(bytes, std::min(room, size * count));
  // Less than was given ends the transfer: nobody needs the rest of an answer that long.
  return size * count <= room ? size * count : 0;
}

size_t GiveText(char* into, size_t size, size_t count, void* from) {
  auto* rest = static_cast<std::string_view*>(from);
  const size_t given = std::min(size * count, rest->size());
  std::memcpy(into, rest->data(), given);
  rest->remove_prefix(given);
  return given;
}

int IsCancelled(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0;
}

// What holds for every transfer.
void Secure(CURL* handle, const std::atomic<bool>* cancelled, const std::string& authorities, const char* protocols) {
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectMillis);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(kSendTime)));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!authorities.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, authorities.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, IsCancelled);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, cancelled);
}

absl::Status ErrorOf(CURLcode code, const char* words) {
  if (code == CURLE_ABORTED_BY_CALLBACK) return absl::CancelledError("the node stops");
  const std::string cause = words[0] != '\0' ? std::string(words) : std::string(curl_easy_strerror(code));
  return absl::UnavailableError(cause);
}

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr v4{};
  return inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

}  // namespace

std::optional<Place> ParsePlace(std::string_view url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  Place place;
  place.scheme = std::string(url.substr(0, scheme_end));
  url.remove_prefix(scheme_end + 3);
  const size_t host_end = std::min(url.find_first_of("/?#"), url.size());
  place.host_and_port = std::string(url.substr(0, host_end));
  place.path = std::string(url.substr(host_end));
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!printable || place.host_and_port.empty() || place.host_and_port.find('@') != std::string::npos) {
    return std::nullopt;
  }
  std::string_view host = place.host_and_port;
  const size_t colon = host.rfind(':');
  int port = 1;
  if (colon != std::string_view::npos && host.back() != ']') {
    if (!ParseNumber(host.substr(colon + 1), &port)) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (host.empty() || port < 1 || port > 65535) return std::nullopt;
  place.loopback = IsLoopbackHost(host);
  return place;
}

absl::StatusOr<HttpAnswer> Transfer::Post(const std::string& url, const Headers& headers, const std::string& body) {
  if (cancelled_) return absl::CancelledError("the node stops");
  const CurlPtr handle = NewHandle();
  if (handle == nullptr) return absl::UnavailableError("libcurl cannot begin");
  Secure(handle.get(), &cancelled_, authorities_, "http,https");
  ListPtr lines;
  for (const auto& [name, value] : headers) Append(lines, StrCat(name, ": ", value));
  // Otherwise curl waits for a go-ahead that many servers do not give.
  Append(lines, "Expect:");
  char words[CURL_ERROR_SIZE] = "";
  HttpAnswer answer;
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, TakeAnswer);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = status;
  const bool long_answer = code == CURLE_WRITE_ERROR && answer.body.size() == kMostAnswer;
  if (code != CURLE_OK && !long_answer) return ErrorOf(code, words);
  return answer;
}

absl::Status Transfer::Send(const Mail& mail, const std::string& server, bool tls_at_once, const std::string& user,
                            const std::string& password) {
  if (cancelled_) return absl::CancelledError("the node stops");
  const CurlPtr handle = NewHandle();
  if (handle == nullptr) return absl::UnavailableError("libcurl cannot begin");
  Secure(handle.get(), &cancelled_, authorities_, "smtp,smtps");
  ListPtr recipients;
  Append(recipients, StrCat("<", mail.recipient, ">"));
  const std::string url = StrCat(tls_at_once ? "smtps://" : "smtp://", server);
  const std::string from = StrCat("<", mail.sender, ">");
  std::string_view rest = mail.text;
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(handle.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_READFUNCTION, GiveText);
  curl_easy_setopt(handle.get(), CURLOPT_READDATA, &rest);
  if (!user.empty()) {
    curl_easy_setopt(handle.get(), CURLOPT_USERNAME, user.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_PASSWORD, password.c_str());
  }
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return absl::OkStatus();
  long reply = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
  absl::Status failed = ErrorOf(code, words);
  // 5xx is an answer for good (RFC 5321, 4.2.1): no such mailbox, say.
  const bool for_good = reply >= kRefusedForGood && code != CURLE_LOGIN_DENIED;
  return for_good && absl::IsUnavailable(failed) ? absl::FailedPreconditionError(failed.message()) : failed;
}

}  // namespace duban
