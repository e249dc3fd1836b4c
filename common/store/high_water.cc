#include "common/store/high_water.h"

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

constexpr uint32_t kMagic = 0x57484244;  // "DBHW", read as little-endian.
constexpr uint32_t kVersion = 1;
constexpr size_t kSlotBytes = 64;
constexpr size_t kSlotDistance = 4096;
constexpr size_t kFileBytes = kSlotDistance + kSlotBytes;

struct Slot {
  uint32_t magic;
  uint32_t version;
  uint64_t counter;
  uint64_t epoch_hash;
  uint64_t sequence;
  uint64_t commit_hash;
  uint64_t zero[2];
  uint64_t check;
};
static_assert(sizeof(Slot) == kSlotBytes);

uint64_t CheckOf(const Slot& slot) {
  return XXH3_64bits(&slot, offsetof(Slot, check));
}

size_t SlotOffset(uint64_t counter) {
  return DUBAN_BUG("store.mark_in_one_slot") ? 0 : (counter % 2) * kSlotDistance;
}

bool IsBlank(const char* bytes) {
  return std::all_of(bytes, bytes + kSlotBytes, [](char c) { return c == 0; });
}

}  // namespace

uint64_t EpochHash(const std::string& epoch) {
  return XXH3_64bits(epoch.data(), epoch.size());
}

absl::StatusOr<std::unique_ptr<HighWaterFile>> HighWaterFile::Open(std::shared_ptr<rocksdb::FileSystem> files,
                                                                   std::string path) {
  std::unique_ptr<HighWaterFile> opened(new HighWaterFile(std::move(files), std::move(path)));
  const rocksdb::Status found = opened->files_->FileExists(opened->path_, {}, nullptr);
  if (found.IsNotFound()) return opened;
  DUBAN_RETURN_IF_ERROR(FromRocks(found, opened->path_));
  DUBAN_RETURN_IF_ERROR(
      FromRocks(opened->files_->NewRandomRWFile(opened->path_, {}, &opened->file_, nullptr), opened->path_));
  DUBAN_RETURN_IF_ERROR(opened->Read());
  return opened;
}

absl::Status HighWaterFile::Check() const {
  DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<HighWaterFile> found, Open(files_, path_));
  if (found->mark_.has_value()) return absl::OkStatus();
  return absl::DataLossError(StrCat("the high-water mark ", path_, " is gone or empty. ", kStoreRemedy));
}

absl::Status HighWaterFile::Make(const std::string& first_slot) {
  // Whole under another name first: a file that is there is never a half-made one.
  const std::string made_path = path_ + ".new";
  const rocksdb::IOOptions io;
  std::string bytes(kFileBytes, '\0');
  bytes.replace(SlotOffset(counter_), kSlotBytes, first_slot);
  std::unique_ptr<rocksdb::FSWritableFile> made;
  DUBAN_RETURN_IF_ERROR(FromRocks(files_->NewWritableFile(made_path, {}, &made, nullptr), made_path));
  DUBAN_RETURN_IF_ERROR(FromRocks(made->Append(bytes, io, nullptr), made_path));
  DUBAN_RETURN_IF_ERROR(FromRocks(made->Fsync(io, nullptr), made_path));
  DUBAN_RETURN_IF_ERROR(FromRocks(made->Close(io, nullptr), made_path));
  DUBAN_FAILPOINT("mark.before_rename");
  DUBAN_RETURN_IF_ERROR(FromRocks(files_->RenameFile(made_path, path_, io, nullptr), path_));
  DUBAN_FAILPOINT("mark.after_rename");
  std::unique_ptr<rocksdb::FSDirectory> folder;
  const std::string parent = path_.substr(0, path_.rfind('/'));
  DUBAN_RETURN_IF_ERROR(FromRocks(files_->NewDirectory(parent, io, &folder, nullptr), parent));
  DUBAN_RETURN_IF_ERROR(FromRocks(folder->Fsync(io, nullptr), parent));
  return FromRocks(files_->NewRandomRWFile(path_, {}, &file_, nullptr), path_);
}

absl::Status HighWaterFile::Read() {
  bool blank = true;
  bool damaged = false;
  for (size_t at : {size_t{0}, kSlotDistance}) {
    char bytes[kSlotBytes] = {};
    rocksdb::Slice result;
    DUBAN_RETURN_IF_ERROR(FromRocks(file_->Read(at, kSlotBytes, {}, &result, bytes, nullptr), path_));
    if (result.size() < kSlotBytes) {
      damaged = true;
      continue;
    }
    Slot slot;
    std::memcpy(&slot, result.data(), kSlotBytes);
    if (IsBlank(result.data())) continue;
    blank = false;
    if (slot.magic != kMagic || slot.version != kVersion || slot.check != CheckOf(slot)) {
      damaged = true;
      continue;
    }
    if (mark_.has_value() && slot.counter <= counter_) continue;
    counter_ = slot.counter;
    mark_ = HighWater{slot.epoch_hash, static_cast<int64_t>(slot.sequence), slot.commit_hash};
  }
  if (mark_.has_value() && damaged) {
    Log(LogLevel::kWarning, "store.high_water_slot_damaged", {{"path", path_}, {"counter", StrCat(counter_)}});
  }
  if (mark_.has_value() || (blank && !damaged)) return absl::OkStatus();
  return absl::DataLossError(StrCat("the high-water mark in ", path_,
                                    " is damaged in both slots; the store is not opened because nothing says what it "
                                    "acknowledged last. ",
                                    kStoreRemedy));
}

absl::Status HighWaterFile::Write(const HighWater& mark) {
  Slot slot = {};
  slot.magic = kMagic;
  slot.version = kVersion;
  slot.counter = ++counter_;
  slot.epoch_hash = mark.epoch_hash;
  slot.sequence = static_cast<uint64_t>(mark.sequence);
  slot.commit_hash = mark.commit_hash;
  slot.check = CheckOf(slot);
  const std::string bytes(reinterpret_cast<const char*>(&slot), sizeof slot);
  if (file_ == nullptr) {
    DUBAN_RETURN_IF_ERROR(Make(bytes));
  } else {
    DUBAN_RETURN_IF_ERROR(FromRocks(file_->Write(SlotOffset(counter_), bytes, {}, nullptr), path_));
    DUBAN_RETURN_IF_ERROR(FromRocks(file_->Sync({}, nullptr), path_));
  }
  mark_ = mark;
  return absl::OkStatus();
}

}  // namespace duban
