// The parts of a DOCX or XLSX file: a ZIP archive whose every promise is checked before anything is unpacked.
//
// Not thread-safe; the bytes outlive it. Errors: UNREADABLE_DOCUMENT.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_OFFICE_ARCHIVE_H_
#define DUBAN_SERVICES_PLAN_SOURCE_OFFICE_ARCHIVE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct zip;

namespace duban {

enum class OfficeKind { kDocx, kXlsx };

// Most entries of an archive; Word and Excel write a few dozen.
inline constexpr int kMaxArchiveEntries = 1000;

class OfficeArchive {
 public:
  // Refuses archives that are neither, are encrypted, hold too many entries, names that leave the archive or occur
  // twice, or say they unpack to more than kMaxUnpackedBytes.
  static absl::StatusOr<std::unique_ptr<OfficeArchive>> Open(std::string_view bytes);
  ~OfficeArchive();

  OfficeKind kind() const { return kind_; }
  // Unpacks a part; nothing where there is none. What is unpacked is counted, whatever the archive says of its size.
  absl::StatusOr<std::optional<std::string>> Part(const std::string& name);

 private:
  OfficeArchive() = default;
  absl::Status CheckEntries();

  struct zip* archive_ = nullptr;
  OfficeKind kind_ = OfficeKind::kDocx;
  size_t unpacked_bytes_ = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_OFFICE_ARCHIVE_H_
