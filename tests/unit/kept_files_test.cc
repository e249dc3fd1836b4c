// Files beside a store: whole and right or not there, each once, and a row never without its file.

#include "common/store/kept_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string HashOf(const std::string& bytes) {
  return absl::BytesToHexString(Sha256(bytes));
}

// So many bytes, no two pieces alike.
std::string Bytes(int64_t size) {
  std::string bytes;
  while (static_cast<int64_t>(bytes.size()) < size) StrAppend(&bytes, "line ", bytes.size(), "\n");
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

class KeptFilesTest : public ::testing::Test {
 protected:
  static KeptFiles::Upload UploadOf(const std::string& bytes, const std::string& from = "units/roads") {
    return {from, HashOf(bytes), static_cast<int64_t>(bytes.size())};
  }

  // Sends all of it, and keeps it.
  absl::Status Put(const std::string& bytes, const std::string& from = "units/roads") {
    for (size_t at = 0; at < bytes.size(); at += kFilePieceBytes) {
      const auto received =
          files_.Append(UploadOf(bytes, from), static_cast<int64_t>(at), bytes.substr(at, kFilePieceBytes));
      if (!received.ok()) return received.status();
    }
    return Keep(UploadOf(bytes, from));
  }
  absl::Status Keep(const KeptFiles::Upload& upload) {
    return files_.Keep(upload, [&](const std::vector<std::string>& hashes) {
      // Whatever happens from here on, the row has a file.
      EXPECT_TRUE(files_.Has(upload.sha256, upload.size_bytes)) << "a row is written before its file is there";
      row_.Clear();
      row_.set_size_bytes(upload.size_bytes);
      for (const std::string& hash : hashes) row_.add_piece_hashes(hash);
      return note_;
    });
  }
  std::string PathOf(const std::string& bytes) { return KeptFilePath(files_.folder(), HashOf(bytes)); }
  static void Flip(const std::string& path, int64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char was = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(was ^ 1));
  }
  size_t Count() { return ListKeptFiles(files_.folder()).value().size(); }

  testing::TempFolder folder_;
  KeptFiles files_{folder_.path() + "/evidence", 0};
  // What came of the last row, and what writing it says.
  storage::v1::KeptFile row_;
  absl::Status note_;
};

TEST_F(KeptFilesTest, ComesInPiecesAndIsReadInPieces) {
  const std::string bytes = Bytes(2 * kFilePieceBytes + 77);
  ASSERT_TRUE(Put(bytes).ok());
  EXPECT_EQ(row_.piece_hashes_size(), 3);
  std::string read;
  while (static_cast<int64_t>(read.size()) < row_.size_bytes()) {
    const auto piece = files_.ReadPiece(HashOf(bytes), row_, static_cast<int64_t>(read.size()));
    ASSERT_TRUE(piece.ok()) << piece.status();
    ASSERT_FALSE(piece->empty());
    read += *piece;
  }
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(files_.ReadPiece(HashOf(bytes), row_, kFilePieceBytes + 5).value(),
            bytes.substr(kFilePieceBytes + 5, kFilePieceBytes - 5));
  EXPECT_EQ(files_.ReadPiece(HashOf(bytes), row_, row_.size_bytes()).value(), "");
}

TEST_F(KeptFilesTest, TheLargestIsTaken) {
  const std::string bytes = Bytes(kMaxFileBytes);
  ASSERT_TRUE(Put(bytes).ok());
  EXPECT_TRUE(files_.IsIntact(HashOf(bytes)));
}

TEST_F(KeptFilesTest, OtherBytesThanDeclaredAreDropped) {
  const std::string bytes = Bytes(100);
  const KeptFiles::Upload upload = UploadOf(bytes);
  ASSERT_TRUE(files_.Append(upload, 0, std::string(100, 'x')).ok());
  const absl::Status kept = Keep(upload);
  EXPECT_EQ(ReasonOf(kept), v1::INVALID_FIELD) << kept;
  EXPECT_EQ(files_.Received(upload), 0);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(Put(bytes).ok());
}

TEST_F(KeptFilesTest, ALostDoubledOrLatePieceHeals) {
  const std::string bytes = Bytes(kFilePieceBytes + 10);
  const KeptFiles::Upload upload = UploadOf(bytes);
  EXPECT_EQ(files_.Append(upload, kFilePieceBytes, bytes.substr(kFilePieceBytes)).value(), 0);
  EXPECT_EQ(files_.Append(upload, 0, bytes.substr(0, kFilePieceBytes)).value(), kFilePieceBytes);
  EXPECT_EQ(files_.Append(upload, 0, bytes.substr(0, kFilePieceBytes)).value(), kFilePieceBytes);
  // Another process goes on.
  KeptFiles again(files_.folder(), 0);
  EXPECT_EQ(again.Append(upload, kFilePieceBytes, bytes.substr(kFilePieceBytes)).value(), kFilePieceBytes + 10);
  EXPECT_TRUE(Keep(upload).ok());
  EXPECT_TRUE(files_.IsIntact(upload.sha256));
}

TEST_F(KeptFilesTest, NobodyGoesOnWithWhatAnotherHasSent) {
  const std::string bytes = Bytes(10);
  ASSERT_TRUE(files_.Append(UploadOf(bytes, "units/roads"), 0, "poison").ok());
  EXPECT_EQ(files_.Append(UploadOf(bytes, "units/water"), 6, "more").value(), 0);
  EXPECT_TRUE(Put(bytes, "units/water").ok());
}

TEST_F(KeptFilesTest, ADifferentSizeBeginsAnew) {
  const std::string bytes = Bytes(10);
  KeptFiles::Upload upload = UploadOf(bytes);
  upload.size_bytes = 20;
  ASSERT_EQ(files_.Append(upload, 0, std::string(15, 'x')).value(), 15);
  EXPECT_TRUE(Put(bytes).ok());
}

TEST_F(KeptFilesTest, SoManyAreOnTheirWay) {
  const auto begin = [&](const std::string& from, int number) {
    return ReasonOf(files_.Append({from, HashOf(StrCat(number)), 2}, 0, "x").status());
  };
  for (int i = 0; i < kMaxIncomingOfSender; ++i) ASSERT_EQ(begin("units/u0", i), v1::ERROR_REASON_UNSPECIFIED) << i;
  EXPECT_EQ(begin("units/u0", kMaxIncomingOfSender), v1::LIMIT_REACHED);
  for (int i = kMaxIncomingOfSender; i < kMaxIncomingFiles; ++i) {
    ASSERT_EQ(begin(StrCat("units/u", i), i), v1::ERROR_REASON_UNSPECIFIED) << i;
  }
  EXPECT_EQ(begin("units/more", 0), v1::LIMIT_REACHED);
  // What was begun goes on.
  EXPECT_EQ(files_.Append({"units/u0", HashOf("0"), 2}, 1, "y").value(), 2);
}

TEST_F(KeptFilesTest, ADiskThatIsShortOfRoomTakesNothing) {
  KeptFiles full(files_.folder(), int64_t{1} << 60);
  const absl::Status refused = full.Append(UploadOf("bytes"), 0, "bytes").status();
  EXPECT_EQ(ReasonOf(refused), v1::LIMIT_REACHED);
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("磁盘空间不足"));
}

TEST_F(KeptFilesTest, AnAlteredPieceIsNeverGivenOut) {
  const std::string bytes = Bytes(2 * kFilePieceBytes);
  ASSERT_TRUE(Put(bytes).ok());
  Flip(PathOf(bytes), kFilePieceBytes + 3);
  EXPECT_TRUE(files_.ReadPiece(HashOf(bytes), row_, 0).ok());
  EXPECT_TRUE(absl::IsDataLoss(files_.ReadPiece(HashOf(bytes), row_, kFilePieceBytes).status()));
  EXPECT_FALSE(files_.IsIntact(HashOf(bytes)));
  // Putting it in again mends it.
  ASSERT_TRUE(Put(bytes).ok());
  EXPECT_TRUE(files_.IsIntact(HashOf(bytes)));
  fs::resize_file(PathOf(bytes), 10);
  EXPECT_TRUE(absl::IsDataLoss(files_.ReadPiece(HashOf(bytes), row_, 0).status()));
  EXPECT_FALSE(files_.Has(HashOf(bytes), row_.size_bytes()));
}

TEST_F(KeptFilesTest, AFileWhoseRowWasNotWrittenIsPutInAgainOrSwept) {
  const std::string bytes = Bytes(10);
  note_ = absl::UnavailableError("cut off");
  EXPECT_EQ(Put(bytes), note_);
  EXPECT_EQ(Count(), 1u);
  note_ = absl::OkStatus();
  EXPECT_TRUE(Put(bytes).ok());
  EXPECT_EQ(Count(), 1u);
  const auto nothing = [](std::string_view) -> absl::StatusOr<bool> { return false; };
  EXPECT_EQ(files_.Sweep(RealClock().Now(), nothing).value(), 0);
  const auto named = [](std::string_view) -> absl::StatusOr<bool> { return true; };
  const absl::Time later = RealClock().Now() + kIncomingKept + absl::Minutes(1);
  EXPECT_EQ(files_.Sweep(later, named).value(), 0);
  EXPECT_EQ(files_.Sweep(later, nothing).value(), 1);
  EXPECT_EQ(Count(), 0u);
}

TEST_F(KeptFilesTest, WhatIsNeverFinishedGoesAfterADay) {
  const KeptFiles::Upload upload = UploadOf(Bytes(10));
  ASSERT_TRUE(files_.Append(upload, 0, "x").ok());
  const auto named = [](std::string_view) -> absl::StatusOr<bool> { return true; };
  EXPECT_EQ(files_.Sweep(RealClock().Now() + kIncomingKept - absl::Minutes(1), named).value(), 0);
  EXPECT_EQ(files_.Received(upload), 1);
  EXPECT_EQ(files_.Sweep(RealClock().Now() + kIncomingKept + absl::Minutes(1), named).value(), 1);
  EXPECT_EQ(files_.Received(upload), 0);
}

TEST_F(KeptFilesTest, AFileGoesOnlyWithItsLastRow) {
  const std::string bytes = Bytes(10);
  ASSERT_TRUE(Put(bytes).ok());
  ASSERT_TRUE(files_.Remove(HashOf(bytes), []() -> absl::StatusOr<bool> { return false; }).ok());
  EXPECT_EQ(Count(), 1u);
  const absl::Status failed = absl::UnavailableError("no");
  EXPECT_EQ(files_.Remove(HashOf(bytes), [&]() -> absl::StatusOr<bool> { return failed; }), failed);
  EXPECT_EQ(Count(), 1u);
  ASSERT_TRUE(files_.Remove(HashOf(bytes), []() -> absl::StatusOr<bool> { return true; }).ok());
  EXPECT_EQ(Count(), 0u);
}

TEST_F(KeptFilesTest, VerificationFindsWhatIsMissingOrAltered) {
  testing::TestStore store("assignment");
  const std::string one = Bytes(10), two = Bytes(2000);
  for (const std::string& bytes : {one, two}) {
    ASSERT_TRUE(Put(bytes).ok());
    ASSERT_TRUE(store
                    ->Run({"test", ""},
                          [&](Transaction& tx) {
                            tx.PutLocal(KeptFileName(HashOf(bytes), "roads"), row_);
                            tx.PutLocal(KeptFileName(HashOf(bytes), "water"), row_);
                            return absl::OkStatus();
                          })
                    .ok());
  }
  EXPECT_EQ(VerifyKeptFiles(*store->TakeSnapshot(), files_.folder()).value(), 2);
  Flip(PathOf(two), 1999);
  EXPECT_THAT(std::string(VerifyKeptFiles(*store->TakeSnapshot(), files_.folder()).status().message()),
              HasSubstr(StrCat("1 of 2 files are not what was put in: ", HashOf(two), " was altered")));
  fs::remove(PathOf(two));
  EXPECT_THAT(std::string(VerifyKeptFiles(*store->TakeSnapshot(), files_.folder()).status().message()),
              HasSubstr(StrCat(HashOf(two), " is missing")));
}

}  // namespace
}  // namespace duban
