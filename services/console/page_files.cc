#include "services/console/page_files.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "common/access/key_folder.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban::console {
namespace {

namespace files = std::filesystem;

constexpr char kIndexFile[] = "index.html";

absl::Status Refused(const std::string& folder, std::string_view why) {
  return absl::InvalidArgumentError(StrCat("the pages in ", folder, " cannot be served: ", why));
}

}  // namespace

absl::StatusOr<PageFiles> ReadPageFiles(const std::string& folder) {
  PageFiles pages;
  size_t bytes = 0;
  std::error_code error;
  // Links to folders are not followed.
  files::recursive_directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool hidden = name.starts_with('.');
    if (hidden && entry->is_directory(error)) entry.disable_recursion_pending();
    if (hidden || entry->is_symlink(error) || !entry->is_regular_file(error)) continue;
    if (pages.size() >= kMaxPageFiles) return Refused(folder, StrCat("more than ", kMaxPageFiles, " files"));
    const size_t size = entry->file_size(error);
    if (error || (bytes += size) > kMaxPageBytes) return Refused(folder, StrCat("more than ", kMaxPageBytes, " bytes"));
    DUBAN_ASSIGN_OR_RETURN(std::string content, ReadWholeFile(entry->path().string()));
    pages.emplace(entry->path().lexically_relative(folder).generic_string(), std::move(content));
  }
  if (error) return Refused(folder, error.message());
  if (!pages.contains(kIndexFile))
    return Refused(folder, "there is no index.html; is it the folder of the built pages?");
  return pages;
}

}  // namespace duban::console
