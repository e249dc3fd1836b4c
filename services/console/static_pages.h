// The built pages, as files to be sent: read once, from one folder, into memory.
//
// What is asked for is looked up among the names that were found there, so that no path of a request ever reaches the
// disk. Beside `app.js` may lie `app.js.br` and `app.js.gz`, the same compressed before, which browsers get that take
// it. Names with a hash of their content in them (`assets/index-3f2a9c1b.js`, as Vite makes them) are kept by browsers
// for ever; everything else is asked for anew each time and answered with 304 while it is the same.
//
// Thread-safe once made.

#ifndef DUBAN_SERVICES_CONSOLE_STATIC_PAGES_H_
#define DUBAN_SERVICES_CONSOLE_STATIC_PAGES_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/console/http.h"

namespace duban::console {

// Most files, and most bytes of them together.
inline constexpr size_t kMaxPageFiles = 5000;
inline constexpr size_t kMaxPageBytes = 64 << 20;

// The content of files by their path within the folder: `assets/app.js`.
using PageFiles = std::map<std::string, std::string>;

class StaticPages {
 public:
  // No pages: everything is not found.
  StaticPages() = default;
  // Files whose kind is not known by their ending are left out.
  explicit StaticPages(const PageFiles& files);

  // Answers a GET or HEAD. A path that is no file's, where the browser wants a page, is one of the pages' own
  // (`/assignments?state=late`): it gets `index.html`.
  HttpResponse Answer(const HttpRequest& request) const;

  size_t files() const { return pages_.size(); }

 private:
  struct Variant {
    std::string etag;
    std::shared_ptr<const std::string> content;
  };
  struct Page {
    std::string_view type;
    bool for_ever = false;
    Variant plain;
    // Without content where there is none.
    Variant brotli, gzip;
  };
  static Variant VariantOf(const std::string& content, std::string_view coding);
  const Page* Find(const HttpRequest& request) const;

  // By path, with the `/` before it.
  std::map<std::string, Page, std::less<>> pages_;
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_STATIC_PAGES_H_
