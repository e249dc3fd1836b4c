// What browsers are told and what is believed of them: headers, cookies, origins, proxies, pages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "services/console/browser_guard.h"
#include "services/console/http.h"
#include "services/console/page_files.h"
#include "services/console/static_pages.h"
#include "tests/support/temp_folder.h"

namespace duban::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest Asking(HttpHeaders headers, std::string peer = "10.0.0.9") {
  HttpRequest request;
  request.method = "GET";
  request.target = "/";
  request.headers = std::move(headers);
  request.peer = std::move(peer);
  return request;
}

BrowserGuard Guard() {
  return *BrowserGuard::Of({"https://console.example", "http://127.0.0.1:7180"}, {"10.1.1.1", "fd00::1"});
}

TEST(SecurityHeaders, AreTheseAndSayThis) {
  const struct {
    const char* name;
    const char* value;
  } rows[] = {{"x-content-type-options", "nosniff"},
              {"x-frame-options", "DENY"},
              {"referrer-policy", "no-referrer"},
              {"cross-origin-opener-policy", "same-origin"},
              {"cross-origin-resource-policy", "same-origin"},
              {"permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"}};
  HttpHeaders headers;
  AddSecurityHeaders(false, &headers);
  for (const auto& row : rows) EXPECT_EQ(headers.Get(row.name), row.value) << row.name;
  EXPECT_EQ(headers.Count("strict-transport-security"), 0) << "not over plain HTTP";
  HttpHeaders secure;
  AddSecurityHeaders(true, &secure);
  EXPECT_EQ(secure.Get("strict-transport-security"), "max-age=31536000");
}

TEST(SecurityHeaders, PagesRunNothingInlineAndNothingForeign) {
  HttpHeaders headers;
  AddSecurityHeaders(false, &headers);
  std::map<std::string, std::string> policy;
  for (const absl::string_view part : absl::StrSplit(std::string(headers.Get("content-security-policy")), "; ")) {
    const std::pair<std::string, std::string> both = absl::StrSplit(part, absl::MaxSplits(' ', 1));
    policy.insert(both);
  }
  EXPECT_EQ(policy["default-src"], "'none'");
  EXPECT_EQ(policy["frame-ancestors"], "'none'");
  EXPECT_EQ(policy["base-uri"], "'none'");
  for (const char* own : {"script-src", "style-src", "font-src", "connect-src", "worker-src", "form-action"}) {
    EXPECT_EQ(policy[own], "'self'") << own;
  }
  for (const auto& [directive, sources] : policy) {
    for (const char* never : {"unsafe", "http", "*", "//"}) EXPECT_THAT(sources, Not(HasSubstr(never))) << directive;
  }
}

TEST(BrowserGuardTest, OnlyOurOwnHostsCount) {
  for (const char* host : {"console.example", "CONSOLE.example", "127.0.0.1:7180"}) {
    EXPECT_TRUE(Guard().CheckHost(Asking({{"host", host}})).ok()) << host;
  }
  for (const char* host : {"", "evil.example", "console.example:8443", "console.example.evil.example", "127.0.0.1",
                           "127.0.0.1:7181", "x@console.example"}) {
    EXPECT_TRUE(absl::IsPermissionDenied(Guard().CheckHost(Asking({{"host", host}})))) << host;
  }
  EXPECT_FALSE(Guard().CheckHost(Asking({})).ok());
  EXPECT_FALSE(Guard().CheckHost(Asking({{"host", "console.example"}, {"host", "console.example"}})).ok());
}

TEST(BrowserGuardTest, ACallComesFromAPageOfOurs) {
  const struct {
    const char* what;
    HttpHeaders headers;
    bool ours;
  } rows[] = {
      {"a program", {}, true},
      {"our page", {{"origin", "https://console.example"}, {"sec-fetch-site", "same-origin"}}, true},
      {"our page in an old browser", {{"origin", "https://console.example"}}, true},
      {"another page", {{"origin", "https://evil.example"}, {"sec-fetch-site", "cross-site"}}, false},
      {"another page in an old browser", {{"origin", "https://evil.example"}}, false},
      {"a neighbour's page", {{"origin", "https://other.example"}, {"sec-fetch-site", "same-site"}}, false},
      {"a page without an origin", {{"origin", "null"}, {"sec-fetch-site", "cross-site"}}, false},
      {"a sandboxed page in an old browser", {{"origin", "null"}}, false},
      {"a link, or the address bar", {{"sec-fetch-site", "none"}}, false},
      {"our host without encryption", {{"origin", "http://console.example"}}, false},
      {"an origin that begins like ours", {{"origin", "https://console.example.evil.example"}}, false},
      {"two origins", {{"origin", "https://console.example"}, {"origin", "https://evil.example"}}, false},
      {"two tales", {{"sec-fetch-site", "same-origin"}, {"sec-fetch-site", "cross-site"}}, false},
  };
  for (const auto& row : rows) EXPECT_EQ(Guard().CheckOrigin(Asking(row.headers)).ok(), row.ours) << row.what;
}

TEST(BrowserGuardTest, WhatProxiesSayCountsOnlyFromThoseThatAreTrusted) {
  const struct {
    const char* peer;
    const char* said;
    const char* client;
  } rows[] = {{"10.0.0.9", "", "10.0.0.9"},
              {"10.0.0.9", "1.2.3.4", "10.0.0.9"},
              {"10.1.1.1", "1.2.3.4", "1.2.3.4"},
              {"10.1.1.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
              {"10.1.1.1", "6.6.6.6, 1.2.3.4, fd00::1", "1.2.3.4"},
              {"10.1.1.1", "2001:db8::7", "2001:db8::7"},
              {"10.1.1.1", "", "10.1.1.1"},
              {"10.1.1.1", "unknown", "10.1.1.1"},
              {"10.1.1.1", "1.2.3.4, <script>", "10.1.1.1"}};
  for (const auto& row : rows) {
    EXPECT_EQ(Guard().ClientOf(Asking({{"x-forwarded-for", row.said}}, row.peer)), row.client) << row.peer << row.said;
  }
  EXPECT_TRUE(Guard().IsSecure(Asking({{"x-forwarded-proto", "https"}}, "10.1.1.1")));
  EXPECT_FALSE(Guard().IsSecure(Asking({{"x-forwarded-proto", "https"}}, "10.0.0.9")));
  EXPECT_FALSE(Guard().IsSecure(Asking({{"x-forwarded-proto", "http"}}, "10.1.1.1")));
}

TEST(BrowserGuardTest, OriginsAndProxiesAreWrittenAsTheyAre) {
  for (const char* wrong :
       {"console.example", "https://", "https://console.example/", "https://a@b", "HTTPS://console.example",
        "ftp://console.example", "https://console.example/path", "https://a b"}) {
    EXPECT_FALSE(BrowserGuard::Of({wrong}, {}).ok()) << wrong;
  }
  for (const char* wrong : {"", "proxy.example", "10.0.0.0/8", "10.1.1"})
    EXPECT_FALSE(BrowserGuard::Of({}, {wrong}).ok());
}

TEST(CookieTest, OneValueOfTheName) {
  EXPECT_EQ(CookieOf("a=1; __Host-duban=xyz; b=2", "__Host-duban"), "xyz");
  EXPECT_EQ(CookieOf("__Host-duban=xyz;__Host-duban=xyz", "__Host-duban"), "xyz");
  EXPECT_EQ(CookieOf("__Host-duban=xyz; __Host-duban=abc", "__Host-duban"), "") << "somebody planted one";
  EXPECT_EQ(CookieOf("x__Host-duban=xyz", "__Host-duban"), "");
  EXPECT_EQ(CookieOf("__host-duban=xyz", "__Host-duban"), "");
  EXPECT_EQ(CookieOf("", "__Host-duban"), "");
}

// The pages of a test: an index, a script with a hash in its name and both its variants, and what does not belong.
StaticPages Pages() {
  return StaticPages(PageFiles{{"index.html", "<html>"},
                               {"favicon.ico", "icon"},
                               {"assets/app-3f2a9c1b.js", "script"},
                               {"assets/app-3f2a9c1b.js.br", "script in brotli"},
                               {"assets/app-3f2a9c1b.js.gz", "script in gzip"},
                               {"assets/plain.css", "style"},
                               {"secrets.pem", "key"}});
}

HttpResponse Get(const std::string& target, HttpHeaders headers = {}) {
  HttpRequest request = Asking(std::move(headers));
  request.target = target;
  return Pages().Answer(request);
}

TEST(StaticPagesTest, EachFileComesAsWhatItIs) {
  const struct {
    const char* target;
    const char* type;
    const char* cached;
  } rows[] = {{"/", "text/html; charset=utf-8", "no-cache"},
              {"/index.html", "text/html; charset=utf-8", "no-cache"},
              {"/favicon.ico", "image/x-icon", "no-cache"},
              {"/assets/app-3f2a9c1b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
              {"/assets/plain.css?x=1", "text/css; charset=utf-8", "no-cache"}};
  for (const auto& row : rows) {
    const HttpResponse response = Get(row.target);
    EXPECT_EQ(response.status, 200) << row.target;
    EXPECT_EQ(response.headers.Get("content-type"), row.type) << row.target;
    EXPECT_EQ(response.headers.Get("cache-control"), row.cached) << row.target;
    EXPECT_EQ(response.headers.Get("vary"), "accept-encoding");
  }
}

TEST(StaticPagesTest, NoPathLeadsOut) {
  for (const char* target : {"/../index.html", "/assets/../index.html", "/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
                             "/assets/%00.js", "//etc/passwd", "/index.html%00.js", "/.index.html", "/secrets.pem",
                             "/assets", "/assets/", "/assets/app-3f2a9c1b.js.br", "/%zz", "\\..\\x.js"}) {
    EXPECT_EQ(Get(target).status, 404) << target;
  }
}

TEST(StaticPagesTest, APathOfThePagesOwnIsTheIndexForWhoWantsAPage) {
  EXPECT_EQ(*Get("/assignments?state=late", {{"accept", "text/html,application/xhtml+xml;q=0.9"}}).body, "<html>");
  EXPECT_EQ(Get("/assignments", {{"accept", "application/json"}}).status, 404);
  EXPECT_EQ(Get("/missing.js", {{"accept", "text/html"}}).status, 404) << "a file that is not there is no page";
  EXPECT_EQ(StaticPages().Answer(Asking({{"accept", "text/html"}})).status, 404);
}

TEST(StaticPagesTest, WhatWasCompressedBeforeGoesToWhoTakesIt) {
  const struct {
    const char* accepts;
    const char* coding;
    const char* body;
  } rows[] = {{"", "", "script"},
              {"gzip, deflate, br", "br", "script in brotli"},
              {"gzip", "gzip", "script in gzip"},
              {"br;q=0, gzip", "gzip", "script in gzip"},
              {"identity", "", "script"}};
  std::set<std::string> tags;
  for (const auto& row : rows) {
    const HttpResponse response = Get("/assets/app-3f2a9c1b.js", {{"accept-encoding", row.accepts}});
    EXPECT_EQ(response.headers.Get("content-encoding"), row.coding) << row.accepts;
    EXPECT_EQ(*response.body, row.body) << row.accepts;
    tags.insert(std::string(response.headers.Get("etag")));
  }
  EXPECT_EQ(tags.size(), 3u) << "each variant is a thing of its own";
}

TEST(StaticPagesTest, WhatTheBrowserHasIsNotSentAgain) {
  const std::string tag(Get("/").headers.Get("etag"));
  for (const std::string& header : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const HttpResponse response = Get("/", {{"if-none-match", header}});
    EXPECT_EQ(response.status, 304) << header;
    EXPECT_EQ(response.body, nullptr);
    EXPECT_EQ(response.headers.Get("etag"), tag);
  }
  EXPECT_EQ(Get("/", {{"if-none-match", "\"other\""}}).status, 200);
}

TEST(PageFilesTest, TheFolderIsReadAndNothingAroundIt) {
  const testing::TempFolder folder;
  const std::string pages = folder.path() + "/pages";
  std::filesystem::create_directories(pages + "/assets");
  std::filesystem::create_directories(pages + "/.git");
  const auto write = [](const std::string& path, const std::string& text) { std::ofstream(path) << text; };
  write(folder.path() + "/outside.txt", "secret");
  write(pages + "/index.html", "<html>");
  write(pages + "/assets/a.js", "a");
  write(pages + "/.env", "secret");
  write(pages + "/.git/config.json", "secret");
  std::filesystem::create_symlink(folder.path() + "/outside.txt", pages + "/link.txt");
  std::filesystem::create_directory_symlink(folder.path(), pages + "/up");
  const auto files = ReadPageFiles(pages);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(*files, (PageFiles{{"index.html", "<html>"}, {"assets/a.js", "a"}}));
}

TEST(PageFilesTest, AFolderThatHoldsNoPagesIsRefused) {
  const testing::TempFolder folder;
  EXPECT_TRUE(absl::IsInvalidArgument(ReadPageFiles(folder.path()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadPageFiles(folder.path() + "/none").status()));
}

}  // namespace
}  // namespace duban::console
