#include "services/console/http.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::console {
namespace {

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = absl::ascii_tolower(static_cast<unsigned char>(c));
  if (small >= 'a' && small <= 'f') return small - 'a' + 10;
  return std::nullopt;
}

}  // namespace

void HttpHeaders::Add(std::string_view name, std::string value) {
  all_.emplace_back(absl::AsciiStrToLower(ToAbsl(name)), std::move(value));
}

std::string_view HttpHeaders::Get(std::string_view name) const {
  std::string_view found;
  for (const auto& [key, value] : all_) {
    if (key != name) continue;
    if (found.data() != nullptr) return {};
    found = value;
  }
  return found;
}

int HttpHeaders::Count(std::string_view name) const {
  return static_cast<int>(std::count_if(all_.begin(), all_.end(), [&](const auto& one) { return one.first == name; }));
}

std::string HttpHeaders::List(std::string_view name) const {
  std::string list;
  for (const auto& [key, value] : all_) {
    if (key == name) StrAppend(&list, list.empty() ? "" : ",", value);
  }
  return list;
}

std::string_view HttpStatusWords(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

bool DecodePercent(std::string_view text, bool plus, std::string* decoded) {
  decoded->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded->push_back(plus && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const std::optional<int> high = i + 1 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const std::optional<int> low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
    if (!high || !low) return false;
    decoded->push_back(static_cast<char>(*high * 16 + *low));
    i += 2;
  }
  return true;
}

std::string_view CookieOf(std::string_view header, std::string_view name) {
  std::string_view found;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(header), ';')) {
    const std::string_view cookie = TrimSpaces(ToStd(part));
    if (cookie.size() <= name.size() || cookie[name.size()] != '=' || !cookie.starts_with(name)) continue;
    const std::string_view value = cookie.substr(name.size() + 1);
    if (found.data() != nullptr && found != value) return {};
    found = value;
  }
  return found;
}

bool TakesCoding(std::string_view header, std::string_view coding) {
  for (const absl::string_view part : absl::StrSplit(ToAbsl(header), ',')) {
    const std::vector<absl::string_view> words = absl::StrSplit(part, ';');
    if (TrimSpaces(ToStd(words[0])) != coding) continue;
    if (words.size() == 1) return true;
    double weight = 0;
    const std::string_view said = TrimSpaces(ToStd(words[1]));
    return said.starts_with("q=") && absl::SimpleAtod(ToAbsl(said.substr(2)), &weight) && weight > 0;
  }
  return false;
}

}  // namespace duban::console
