#include "services/plan/source/office_archive.h"

#include <zip.h>

#include <algorithm>
#include <set>

#include "common/base/strings.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

absl::Status Refuse(std::string_view zh, std::string_view en) {
  return UnreadableDocument(StrCat("DOCX 或 XLSX 文件", zh, "，请用 Office 或 WPS 打开后重新另存再导入"),
                            StrCat("the DOCX or XLSX file ", en, "; open it in Office or WPS and save it again"));
}

// A name that would leave the folder it is unpacked to. Nothing is written here, but no office program writes such
// names.
bool IsUnsafe(std::string_view name) {
  const bool absolute = !name.empty() && (name.front() == '/' || name.front() == '\\');
  return name.empty() || absolute || name.find("..") != std::string_view::npos ||
         name.find('\\') != std::string_view::npos || (name.size() > 1 && name[1] == ':');
}

}  // namespace

OfficeArchive::~OfficeArchive() {
  if (archive_ != nullptr) zip_discard(archive_);
}

absl::StatusOr<std::unique_ptr<OfficeArchive>> OfficeArchive::Open(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return Refuse("无法打开", "cannot be opened");
  std::unique_ptr<OfficeArchive> opened(new OfficeArchive);
  opened->archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (opened->archive_ == nullptr) {
    zip_source_free(source);
    return Refuse("已损坏或不完整", "is damaged or cut off");
  }
  absl::Status checked = opened->CheckEntries();
  if (!checked.ok()) return checked;
  return opened;
}

absl::Status OfficeArchive::CheckEntries() {
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  if (count > kMaxArchiveEntries) return Refuse("内含文件过多", "holds too many entries");
  std::set<std::string> names;
  uint64_t total_bytes = 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t entry;
    if (zip_stat_index(archive_, static_cast<zip_uint64_t>(i), 0, &entry) != 0 || (entry.valid & ZIP_STAT_NAME) == 0) {
      return Refuse("目录已损坏", "has a damaged directory");
    }
    const std::string name(entry.name);
    if (IsUnsafe(name)) return Refuse("内含不安全的文件名", "holds an unsafe entry name");
    if (!names.insert(name).second) return Refuse("内含重名文件", "holds one name twice");
    if ((entry.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && entry.encryption_method != ZIP_EM_NONE) {
      return UnreadableDocument("文件已加密，请去掉密码另存后导入",
                                "the file is encrypted; save it without a password");
    }
    total_bytes += (entry.valid & ZIP_STAT_SIZE) != 0 ? entry.size : 0;
    if (total_bytes > kMaxUnpackedBytes) return Refuse("解压后过大", "unpacks to too much");
  }
  if (names.contains("word/document.xml")) return absl::OkStatus();
  if (names.contains("xl/workbook.xml")) {
    kind_ = OfficeKind::kXlsx;
    return absl::OkStatus();
  }
  if (names.contains("OFD.xml")) {
    return UnreadableDocument("这是 OFD 版式文件，请导出为 DOCX 或文本后导入",
                              "this is an OFD file; export it as DOCX or text");
  }
  return UnreadableDocument("这不是 DOCX 或 XLSX 文件，请用 Office 或 WPS 另存为 DOCX 或 XLSX 后导入",
                            "this is no DOCX or XLSX file; save it as DOCX or XLSX in Office or WPS");
}

absl::StatusOr<std::optional<std::string>> OfficeArchive::Part(const std::string& name) {
  const zip_int64_t index = zip_name_locate(archive_, name.c_str(), 0);
  if (index < 0) return std::nullopt;
  struct Close {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
  };
  const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive_, static_cast<zip_uint64_t>(index), 0));
  if (file == nullptr) return Refuse(StrCat("中的“", name, "”无法解压"), StrCat("has an unreadable part `", name, "`"));
  std::string content;
  zip_stat_t entry;
  const bool sized =
      zip_stat_index(archive_, static_cast<zip_uint64_t>(index), 0, &entry) == 0 && (entry.valid & ZIP_STAT_SIZE) != 0;
  if (sized) content.reserve(std::min<size_t>(entry.size, kMaxUnpackedBytes));
  char buffer[65536];
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), buffer, sizeof buffer);
    if (got < 0) return Refuse(StrCat("中的“", name, "”已损坏"), StrCat("has a damaged part `", name, "`"));
    if (got == 0) break;
    unpacked_bytes_ += static_cast<size_t>(got);
    if (unpacked_bytes_ > kMaxUnpackedBytes) return Refuse("解压后过大", "unpacks to too much");
    content.append(buffer, static_cast<size_t>(got));
  }
  return content;
}

}  // namespace duban
