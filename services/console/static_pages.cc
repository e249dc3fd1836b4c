#include "services/console/static_pages.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::console {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kForEver[] = "public, max-age=31536000, immutable";
constexpr char kAskAgain[] = "no-cache";
constexpr char kIndex[] = "/index.html";
constexpr size_t kMinHash = 8;

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".css", "text/css; charset=utf-8"},
    {".gif", "image/gif"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", kPlainText},
    {".wasm", "application/wasm"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
};

std::string_view TypeOf(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return {};
}

// Whether a name has a hash of its content in it: `assets/index-3f2a9c1b.js`.
bool HasHash(std::string_view path) {
  if (!path.starts_with("/assets/")) return false;
  const size_t dot = path.find('.', path.rfind('/'));
  const size_t dash = path.rfind('-', dot);
  if (dot == std::string_view::npos || dash == std::string_view::npos || dot < dash + 1 + kMinHash) return false;
  const std::string_view hash = path.substr(dash + 1, dot - dash - 1);
  return std::all_of(hash.begin(), hash.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

HttpResponse Plain(int status, std::string_view words) {
  HttpResponse response;
  response.status = status;
  response.headers.Add("content-type", kPlainText);
  response.headers.Add("cache-control", "no-store");
  response.SetBody(std::string(words));
  return response;
}

// Whether `if-none-match` names this tag.
bool Matches(std::string_view header, std::string_view etag) {
  for (const absl::string_view part : absl::StrSplit(ToAbsl(header), ',')) {
    std::string_view tag = TrimSpaces(ToStd(part));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

}  // namespace

StaticPages::Variant StaticPages::VariantOf(const std::string& content, std::string_view coding) {
  const std::string digest = absl::BytesToHexString(Sha256(content)).substr(0, 20);
  return {StrCat("\"", digest, coding, "\""), std::make_shared<const std::string>(content)};
}

StaticPages::StaticPages(const PageFiles& files) {
  for (const auto& [path, content] : files) {
    const std::string_view type = TypeOf(path);
    if (type.empty()) continue;
    Page page;
    page.type = type;
    page.for_ever = HasHash(StrCat("/", path));
    page.plain = VariantOf(content, "");
    if (auto brotli = files.find(path + ".br"); brotli != files.end()) page.brotli = VariantOf(brotli->second, "-br");
    if (auto gzip = files.find(path + ".gz"); gzip != files.end()) page.gzip = VariantOf(gzip->second, "-gz");
    pages_.emplace(StrCat("/", path), std::move(page));
  }
}

const StaticPages::Page* StaticPages::Find(const HttpRequest& request) const {
  std::string path;
  if (!DecodePercent(request.path(), false, &path)) return nullptr;
  if (path == "/") path = kIndex;
  if (const auto found = pages_.find(path); found != pages_.end()) return &found->second;
  const bool names_a_file = path.find('.', path.rfind('/') == std::string::npos ? 0 : path.rfind('/')) != path.npos;
  if (names_a_file || !TakesCoding(request.headers.List("accept"), "text/html")) return nullptr;
  const auto index = pages_.find(kIndex);
  return index == pages_.end() ? nullptr : &index->second;
}

HttpResponse StaticPages::Answer(const HttpRequest& request) const {
  const Page* const page = Find(request);
  if (page == nullptr) return Plain(404, "没有此页面 There is no such page\n");
  const Variant* variant = &page->plain;
  std::string_view coding;
  const std::string accepted = request.headers.List("accept-encoding");
  if (page->gzip.content != nullptr && TakesCoding(accepted, "gzip")) {
    variant = &page->gzip;
    coding = "gzip";
  }
  if (page->brotli.content != nullptr && TakesCoding(accepted, "br")) {
    variant = &page->brotli;
    coding = "br";
  }
  HttpResponse response;
  response.headers.Add("etag", variant->etag);
  response.headers.Add("cache-control", page->for_ever ? kForEver : kAskAgain);
  response.headers.Add("vary", "accept-encoding");
  if (Matches(request.headers.List("if-none-match"), variant->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.Add("content-type", std::string(page->type));
  if (!coding.empty()) response.headers.Add("content-encoding", std::string(coding));
  response.body = variant->content;
  return response;
}

}  // namespace duban::console
