#include "common/access/identity.h"

#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kMaxDomainBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

constexpr std::pair<Identity::Part, std::string_view> kParts[] = {{Identity::Part::kService, "service"},
                                                                  {Identity::Part::kUnit, "unit"},
                                                                  {Identity::Part::kJob, "job"},
                                                                  {Identity::Part::kPerson, "person"}};

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes || label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool IsTrustDomain(std::string_view text) {
  if (text.size() > kMaxDomainBytes) return false;
  for (const std::string_view label : Split(text, '.')) {
    if (!IsLabel(label)) return false;
  }
  return true;
}

std::optional<Identity> ParseIdentityPath(std::string_view domain, std::string_view path) {
  if (path.size() > kMaxIdentityBytes || !IsTrustDomain(domain)) return std::nullopt;
  const std::vector<std::string_view> segments = Split(path, '/');
  if ((segments.size() != 2 && segments.size() != 4) || segments[0] != "node" || !IsResourceId(segments[1])) {
    return std::nullopt;
  }
  Identity identity{std::string(domain), std::string(segments[1]), Identity::Part::kNode, ""};
  if (segments.size() == 2) return identity;
  for (const auto& [part, word] : kParts) {
    if (segments[2] != word || !IsResourceId(segments[3])) continue;
    identity.part = part;
    identity.name = std::string(segments[3]);
    return identity;
  }
  return std::nullopt;
}

std::optional<Identity> ParseIdentity(std::string_view uri) {
  if (uri.size() > kMaxIdentityBytes || !uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return ParseIdentityPath(uri.substr(0, slash), uri.substr(slash + 1));
}

std::string Identity::path() const {
  std::string path = StrCat("node/", node);
  for (const auto& [kind, word] : kParts) {
    if (kind == part) StrAppend(&path, "/", word, "/", name);
  }
  return path;
}

std::string Identity::uri() const {
  return StrCat(kScheme, domain, "/", path());
}

}  // namespace duban
