#include "common/access/revocation_lists.h"

#include <filesystem>

#include "common/access/key_folder.h"
#include "common/base/planted_bug.h"

namespace duban {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLookAgain = absl::Seconds(2);

}  // namespace

bool RevocationLists::Contains(const Certificate& certificate) {
  if (DUBAN_BUG("access.revoked_stays_connected")) return false;
  const absl::Duration now = clock_->Steady();
  MutexLock lock(&mu_);
  if (now - loaded_ >= kLookAgain) {
    loaded_ = now;
    Load();
  }
  return revoked_.contains({certificate.issuer, certificate.serial});
}

void RevocationLists::Load() {
  std::set<std::pair<std::string, int64_t>> files;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder_, error)) {
    files.emplace(file.path().string(), file.last_write_time(error).time_since_epoch().count());
  }
  if (files == files_) return;
  files_ = std::move(files);
  revoked_.clear();
  for (const auto& [path, written] : files_) {
    const absl::StatusOr<std::string> pem = ReadWholeFile(path);
    // What is no list revokes nothing; TLS says so of the folder.
    if (pem.ok()) ReadRevoked(*pem, &revoked_);
  }
}

}  // namespace duban
