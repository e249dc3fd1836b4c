// Files of evidence at one node and over two: put in by their unit, read through an assignment that names them, fetched
// from the unit's node when somebody at the issuer's reads them, and gone when nothing names them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/contract/names.h"
#include "common/rpc/validate.h"
#include "common/store/kept_files.h"
#include "services/assignment/evidence_book.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_office.h"

namespace duban {
namespace {

using testing::Address;
using testing::AddTask;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakePlan;
using testing::MakeUnit;
using testing::TempFolder;
using testing::TestOffice;
using File = v1::EvidenceFile;

std::string HashOf(const std::string& bytes) {
  return absl::BytesToHexString(Sha256(bytes));
}

// Somebody else comes in between where it is looked at next, as on a machine that does several things at once.
class InterruptedClock : public FakeClock {
 public:
  using FakeClock::FakeClock;
  void InterruptNext(std::function<void()> by) { by_ = std::move(by); }
  absl::Time Now() override {
    if (const std::function<void()> by = std::exchange(by_, nullptr)) by();
    return FakeClock::Now();
  }

 private:
  std::function<void()> by_;
};

// A city with an office of its own, `finance`, and a district with `roads` and `water`; both task `roads` and
// `finance`.
class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() : city_("city", &clock_), district_("district", &clock_) {
    city_.KeepFilesIn(city_files_.path());
    district_.KeepFilesIn(district_files_.path(), &city_);
    for (TestOffice* office : {&city_, &district_}) {
      for (v1::Unit unit : {MakeUnit("office", v1::Unit::GOVERNMENT), MakeUnit("finance"),
                            MakeUnit("roads", v1::Unit::DEPARTMENT, "", "district"),
                            MakeUnit("water", v1::Unit::DEPARTMENT, "", "district")}) {
        unit.set_owner_node("city");
        office->Tell(unit);
      }
    }
    v1::Plan plan = MakePlan("c", "city", "2024-03-04");
    v1::Task* task = AddTask(plan, "2024-09-30");
    for (const char* unit : {"roads", "water", "finance"}) Address(task, StrCat("units/", unit));
    city_.Tell(plan);
    Flow();
    for (const char* unit : {"units/roads", "units/water"}) district_.SignAll(unit);
    city_.SignAll("units/finance");
    Flow();
  }

  void TearDown() override {
    Flow();
    district_.ExpectAgreesWith(city_);
    for (TestOffice* office : {&city_, &district_}) office->ExpectKeptRowsAreTrue();
  }

  void Flow() {
    for (int round = 0; round < 3; ++round) {
      for (TestOffice* office : {&city_, &district_}) ASSERT_TRUE(office->FollowPlans().ok());
      const absl::Status exchanged = district_.Exchange(city_);
      ASSERT_TRUE(exchanged.ok()) << exchanged;
    }
  }
  static std::string Of(const std::string& unit) { return StrCat("plans/c/tasks/body-1/assignments/", unit); }

  static v1::UploadEvidenceRequest UploadOf(const std::string& unit, const std::string& bytes, size_t offset = 0) {
    v1::UploadEvidenceRequest request;
    request.set_unit(StrCat("units/", unit));
    v1::EvidencePiece& piece = *request.mutable_piece();
    piece.set_sha256(HashOf(bytes));
    piece.set_size_bytes(static_cast<int64_t>(bytes.size()));
    piece.set_file_name("说明.pdf");
    piece.set_media_type("application/pdf");
    piece.set_offset(static_cast<int64_t>(offset));
    piece.set_content(bytes.substr(offset, kFilePieceBytes));
    return request;
  }
  absl::StatusOr<v1::UploadEvidenceResponse> Upload(TestOffice& office, const v1::UploadEvidenceRequest& request) {
    v1::UploadEvidenceResponse response;
    DUBAN_RETURN_IF_ERROR(office.evidence().UploadEvidence(Anybody(), request, &response));
    return response;
  }
  // Puts a whole file in.
  void Put(TestOffice& office, const std::string& unit, const std::string& bytes) {
    v1::UploadEvidenceResponse last;
    for (size_t at = 0; at < bytes.size(); at += kFilePieceBytes) {
      const auto response = Upload(office, UploadOf(unit, bytes, at));
      ASSERT_TRUE(response.ok()) << response.status();
      last = *response;
    }
    ASSERT_EQ(last.file().state(), File::HERE);
    EXPECT_EQ(last.file().sha256(), HashOf(bytes));
  }
  void Report(TestOffice& office, const std::string& unit, const std::string& sha256) {
    v1::ReportProgressRequest request = office.ReportOf(Of(unit));
    v1::Evidence& evidence = *request.mutable_report()->add_evidence();
    evidence.set_title("完成情况说明");
    evidence.set_sha256(sha256);
    v1::Assignment assignment;
    const absl::Status reported = office.core().ReportProgress(Anybody(), request, &assignment);
    ASSERT_TRUE(reported.ok()) << reported;
    Flow();
  }
  void Retract(const std::string& unit) {
    v1::RetractReportRequest request;
    request.set_request_id(district_.NextRequest());
    request.set_name(Of(unit));
    v1::Assignment assignment;
    ASSERT_TRUE(district_.core().RetractReport(Anybody(), request, &assignment).ok());
  }
  absl::StatusOr<std::string> Read(TestOffice& office, const std::string& unit, const std::string& sha256,
                                   int64_t offset = 0) {
    v1::ReadEvidenceRequest request;
    request.set_name(Of(unit));
    request.set_sha256(sha256);
    request.set_offset(offset);
    v1::ReadEvidenceResponse response;
    DUBAN_RETURN_IF_ERROR(office.evidence().ReadEvidence(Anybody(), request, &response));
    return response.content();
  }
  File Look(TestOffice& office, const std::string& unit, const std::string& sha256) {
    v1::GetEvidenceFileRequest request;
    request.set_name(Of(unit));
    request.set_sha256(sha256);
    File file;
    const absl::Status status = office.evidence().GetEvidenceFile(Anybody(), request, &file);
    EXPECT_TRUE(status.ok()) << status;
    return file;
  }
  // Has a node believe that `roads` has so much there.
  static void Hold(TestOffice& office, int64_t files, int64_t size_bytes) {
    storage::v1::HeldFiles held;
    held.set_files(files);
    held.set_size_bytes(size_bytes);
    const auto put = [&](Transaction& tx) {
      tx.PutLocal(HeldFilesName("roads"), held);
      return absl::OkStatus();
    };
    ASSERT_TRUE(office.store()->Run({"test", ""}, put).ok());
  }
  static std::string StateOf(const absl::Status& status) { return MetadataOf(status)["state"]; }
  static size_t Kept(const TempFolder& folder) { return ListKeptFiles(folder.path()).value().size(); }
  static void Flip(const TempFolder& folder, const std::string& sha256) {
    std::ofstream(KeptFilePath(folder.path(), sha256), std::ios::in | std::ios::binary).put('!');
  }
  std::vector<v1::EvidenceRequest> Wanted(TestOffice& office) {
    return office.Stored<v1::EvidenceRequest>(std::string(kWantedPrefix));
  }

  InterruptedClock clock_{TimeAt(absl::CivilDay(2024, 3, 5), 9 * 60)};
  TempFolder city_files_, district_files_;
  TestOffice city_;
  TestOffice district_;
};

TEST_F(EvidenceTest, IsReadThroughTheAssignmentThatNamesIt) {
  const std::string bytes(kFilePieceBytes + 300, 'a');
  Put(district_, "roads", bytes);
  EXPECT_EQ(ReasonOf(Read(district_, "roads", HashOf(bytes)).status()), v1::RESOURCE_NOT_FOUND);
  Report(district_, "roads", HashOf(bytes));
  EXPECT_EQ(Read(district_, "roads", HashOf(bytes)).value(), bytes.substr(0, kFilePieceBytes));
  EXPECT_EQ(Read(district_, "roads", HashOf(bytes), kFilePieceBytes).value(), bytes.substr(kFilePieceBytes));
  EXPECT_EQ(Read(district_, "roads", HashOf(bytes), kFilePieceBytes + 300).value(), "");
  EXPECT_EQ(ReasonOf(Read(district_, "roads", HashOf(bytes), kFilePieceBytes + 301).status()), v1::INVALID_FIELD);
  const File file = Look(district_, "roads", HashOf(bytes));
  EXPECT_EQ(file.state(), File::HERE);
  EXPECT_EQ(file.unit(), "units/roads");
  EXPECT_EQ(file.size_bytes(), kFilePieceBytes + 300);
  EXPECT_EQ(file.file_name(), "说明.pdf");
  EXPECT_EQ(file.media_type(), "application/pdf");
}

TEST_F(EvidenceTest, UpperCaseDigitsNameTheSameFile) {
  Put(city_, "finance", "bytes");
  Report(city_, "finance", absl::AsciiStrToUpper(HashOf("bytes")));
  EXPECT_EQ(Read(city_, "finance", HashOf("bytes")).value(), "bytes");
}

TEST_F(EvidenceTest, KnowingAHashOpensNoFile) {
  Put(district_, "water", "secret of water");
  Report(district_, "water", HashOf("secret of water"));
  Report(district_, "roads", HashOf("secret of water"));
  const absl::Status refused = Read(district_, "roads", HashOf("secret of water")).status();
  EXPECT_EQ(StateOf(refused), "MISSING") << refused;
  EXPECT_EQ(Look(district_, "roads", HashOf("secret of water")).state(), File::MISSING);
  EXPECT_EQ(Read(district_, "water", HashOf("secret of water")).value(), "secret of water");
}

TEST_F(EvidenceTest, IsKeptOnceForEverybodyWhoPutsItIn) {
  Put(district_, "water", "circular");
  Put(district_, "roads", "circular");
  Put(district_, "roads", "circular");
  EXPECT_EQ(Kept(district_files_), 1u);
  Report(district_, "roads", HashOf("circular"));
  clock_.Advance(kUnnamedKept + absl::Minutes(1));
  while (district_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(district_files_), 1u);
  EXPECT_EQ(Read(district_, "roads", HashOf("circular")).value(), "circular");
}

TEST_F(EvidenceTest, WhatNothingNamesGoesAfterAWeek) {
  Put(district_, "roads", "named");
  Put(district_, "roads", "not named");
  Report(district_, "roads", HashOf("named"));
  clock_.Advance(kUnnamedKept - absl::Minutes(1));
  while (district_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(district_files_), 2u);
  clock_.Advance(absl::Minutes(2));
  while (district_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(district_files_), 1u);
  EXPECT_EQ(Read(district_, "roads", HashOf("named")).value(), "named");
  const auto held = district_.store()->TakeSnapshot()->GetLocal<storage::v1::HeldFiles>(HeldFilesName("roads"));
  EXPECT_EQ(held.value()->files(), 1);
  EXPECT_EQ(held.value()->size_bytes(), 5);
  // Put in again, it is here again.
  Put(district_, "roads", "not named");
}

TEST_F(EvidenceTest, PuttingItInAgainBeginsTheWeekAnew) {
  Put(district_, "roads", "file");
  std::filesystem::remove(KeptFilePath(district_files_.path(), HashOf("file")));
  clock_.Advance(kUnnamedKept - absl::Minutes(1));
  Put(district_, "roads", "file");
  clock_.Advance(absl::Minutes(2));
  while (district_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(district_files_), 1u);
}

TEST_F(EvidenceTest, AReportTakenBackOpensNothingAndItsFileIsKeptWithIt) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  Retract("roads");
  EXPECT_EQ(ReasonOf(Read(district_, "roads", HashOf("file")).status()), v1::RESOURCE_NOT_FOUND);
  clock_.Advance(kUnnamedKept + absl::Minutes(1));
  while (district_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(district_files_), 1u);
}

TEST_F(EvidenceTest, WhatWasReadBeforeItWasTakenBackIsStillHandedUp) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  v1::MarkReportsReadRequest read;
  read.set_request_id(city_.NextRequest());
  read.set_name(Of("roads"));
  read.set_reader("李二");
  v1::Assignment assignment;
  ASSERT_TRUE(city_.core().MarkReportsRead(Anybody(), read, &assignment).ok());
  // That has not come down yet.
  Retract("roads");
  clock_.Advance(kUnnamedKept + absl::Minutes(1));
  while (district_.evidence().RemoveUnnamed()) {
  }
  Flow();
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
}

TEST_F(EvidenceTest, GoesOnWhereItWasCutOff) {
  const std::string bytes(2 * kFilePieceBytes, 'b');
  EXPECT_EQ(Upload(district_, UploadOf("roads", bytes, kFilePieceBytes))->received_bytes(), 0);
  EXPECT_EQ(Upload(district_, UploadOf("roads", bytes))->received_bytes(), kFilePieceBytes);
  district_.Restart();
  EXPECT_EQ(Upload(district_, UploadOf("roads", bytes))->received_bytes(), kFilePieceBytes);
  const auto whole = Upload(district_, UploadOf("roads", bytes, kFilePieceBytes));
  EXPECT_EQ(whole->file().size_bytes(), 2 * kFilePieceBytes);
  // From now on any piece is answered with the whole.
  EXPECT_EQ(Upload(district_, UploadOf("roads", bytes))->received_bytes(), 2 * kFilePieceBytes);
}

TEST_F(EvidenceTest, RefusesWhatIsNoFile) {
  const auto refused = [&](const v1::UploadEvidenceRequest& request) {
    const absl::Status status = Upload(district_, request).status();
    return ReasonOf(status) == v1::INVALID_FIELD ? std::string(status.message())
                                                 : StrCat("not refused: ", status.ToString());
  };
  v1::UploadEvidenceRequest request = UploadOf("roads", "file");
  request.mutable_piece()->set_sha256(absl::AsciiStrToUpper(HashOf("file")));
  EXPECT_THAT(refused(request), HasSubstr("piece.sha256"));
  request = UploadOf("roads", "file");
  request.mutable_piece()->clear_content();
  EXPECT_THAT(refused(request), HasSubstr("piece.content"));
  request = UploadOf("roads", "file");
  request.mutable_piece()->set_size_bytes(3);
  EXPECT_THAT(refused(request), HasSubstr("piece.content"));
  request = UploadOf("roads", "file");
  request.mutable_piece()->set_file_name("../file");
  EXPECT_THAT(refused(request), HasSubstr("piece.file_name"));
  request = UploadOf("roads", "file");
  request.mutable_piece()->set_content("fill");
  EXPECT_THAT(refused(request), HasSubstr("piece.sha256"));
  EXPECT_EQ(Kept(district_files_), 0u);
}

TEST_F(EvidenceTest, TwentyFiveMebibytesAreTheMost) {
  v1::UploadEvidenceRequest request = UploadOf("roads", "file");
  request.mutable_piece()->set_size_bytes(kMaxFileBytes);
  EXPECT_TRUE(ValidateRequest(request).ok());
  request.mutable_piece()->set_size_bytes(kMaxFileBytes + 1);
  EXPECT_EQ(ReasonOf(ValidateRequest(request)), v1::INVALID_FIELD);
  request = UploadOf("roads", std::string(kFilePieceBytes, 'c'));
  EXPECT_TRUE(ValidateRequest(request).ok());
  request.mutable_piece()->mutable_content()->push_back('c');
  EXPECT_EQ(ReasonOf(ValidateRequest(request)), v1::INVALID_FIELD);
  Put(district_, "roads", std::string(kMaxFileBytes, 'd'));
}

TEST_F(EvidenceTest, AUnitHasItsShareOfTheDisk) {
  const auto holds = [&](int64_t files, int64_t size_bytes) { Hold(district_, files, size_bytes); };
  holds(kMaxFilesOfUnit - 1, kMaxBytesOfUnit - 4);
  Put(district_, "roads", "four");
  EXPECT_EQ(ReasonOf(Upload(district_, UploadOf("roads", "more")).status()), v1::LIMIT_REACHED);
  holds(1, kMaxBytesOfUnit - 3);
  EXPECT_EQ(ReasonOf(Upload(district_, UploadOf("roads", "more")).status()), v1::LIMIT_REACHED);
  EXPECT_TRUE(Upload(district_, UploadOf("water", "more")).ok());
}

TEST_F(EvidenceTest, IsPutInWhereTheUnitWorks) {
  const absl::Status elsewhere = Upload(city_, UploadOf("roads", "file")).status();
  EXPECT_EQ(ReasonOf(elsewhere), v1::NOT_OWNER);
  EXPECT_EQ(MetadataOf(elsewhere)["node"], "district");
  EXPECT_EQ(ReasonOf(Upload(city_, UploadOf("nobody", "file")).status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(EvidenceTest, DamageIsSaidAndMendedByPuttingItInAgain) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  Flip(district_files_, HashOf("file"));
  const absl::Status damaged = Read(district_, "roads", HashOf("file")).status();
  EXPECT_EQ(ReasonOf(damaged), v1::INVARIANT_BROKEN) << damaged;
  EXPECT_EQ(MetadataOf(damaged)["cause"], "DAMAGED");
  EXPECT_THAT(ChineseMessage(damaged), HasSubstr("重新上传"));
  std::filesystem::remove(KeptFilePath(district_files_.path(), HashOf("file")));
  EXPECT_EQ(Look(district_, "roads", HashOf("file")).state(), File::DAMAGED);
  Put(district_, "roads", "file");
  EXPECT_EQ(Read(district_, "roads", HashOf("file")).value(), "file");
}

TEST_F(EvidenceTest, IsFetchedFromTheUnitsNodeWhenItIsRead) {
  const std::string bytes(2 * kFilePieceBytes + 5, 'e');
  Put(district_, "roads", bytes);
  Report(district_, "roads", HashOf(bytes));
  EXPECT_EQ(Look(city_, "roads", HashOf(bytes)).state(), File::ELSEWHERE);
  EXPECT_THAT(Wanted(city_), IsEmpty());
  const absl::Status coming = Read(city_, "roads", HashOf(bytes)).status();
  EXPECT_EQ(StateOf(coming), "COMING") << coming;
  EXPECT_EQ(MetadataOf(coming)["node"], "district");
  EXPECT_EQ(Look(city_, "roads", HashOf(bytes)).state(), File::COMING);
  // Nothing is handed up before the district knows, whoever reads again.
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf(bytes)).status()), "COMING");
  district_.evidence().HandUp();
  EXPECT_EQ(Kept(city_files_), 0u);
  Flow();
  EXPECT_EQ(Wanted(district_).size(), 1u);
  district_.evidence().HandUp();
  EXPECT_EQ(Look(city_, "roads", HashOf(bytes)).state(), File::HERE);
  std::string read;
  while (read.size() < bytes.size())
    read += Read(city_, "roads", HashOf(bytes), static_cast<int64_t>(read.size())).value();
  EXPECT_EQ(read, bytes);
  EXPECT_THAT(Wanted(city_), IsEmpty());
  Flow();
  EXPECT_THAT(Wanted(district_), IsEmpty());
  // It stays, because its assignment names it.
  clock_.Advance(kUnnamedKept + absl::Minutes(1));
  while (city_.evidence().RemoveUnnamed()) {
  }
  EXPECT_EQ(Kept(city_files_), 1u);
}

TEST_F(EvidenceTest, WhatIsDamagedAboveIsFetchedAgain) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
    Flow();
    district_.evidence().HandUp();
    Flow();
    EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
    Flip(city_files_, HashOf("file"));
  }
}

TEST_F(EvidenceTest, WhatTheUnitNeverPutInIsSaidAndAskedForAgain) {
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  const absl::Status missing = Read(city_, "roads", HashOf("file")).status();
  EXPECT_EQ(StateOf(missing), "MISSING") << missing;
  EXPECT_THAT(ChineseMessage(missing), HasSubstr("没有上传"));
  EXPECT_EQ(Look(city_, "roads", HashOf("file")).state(), File::MISSING);
  Put(district_, "roads", "file");
  clock_.Advance(kAskAgainAfter - absl::Seconds(1));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "MISSING");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
}

TEST_F(EvidenceTest, WhatIsMissingStandsInNobodysWay) {
  v1::EvidenceRequest missing;
  missing.set_node("city");
  missing.add_items()->set_sha256(HashOf("never put in"));
  *missing.mutable_items(0)->mutable_missing_time() = ToProto(clock_.Now());
  const auto put = [&](bool there) {
    ASSERT_TRUE(district_.store()
                    ->Run({"test", ""},
                          [&](Transaction& tx) -> absl::Status {
                            for (int i = 0; i < 150; ++i) {
                              missing.set_assignment(StrCat("plans/a/tasks/t", i, "/assignments/roads"));
                              const std::string name = WantedName(missing.assignment());
                              DUBAN_RETURN_IF_ERROR(there ? tx.Put(name, missing, {}).status() : tx.Delete(name));
                            }
                            return absl::OkStatus();
                          })
                    .ok());
  };
  put(true);
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
  put(false);
}

TEST_F(EvidenceTest, WhatMayNotBeHandedUpStandsInNobodysWay) {
  const auto put = [&](bool there) {
    return district_.store()->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
      v1::EvidenceRequest request;
      request.set_node("city");
      request.add_items()->set_sha256(HashOf("nobody named it"));
      for (int i = 0; i < 150; ++i) {
        request.set_assignment(StrCat("plans/a/tasks/t", i, "/assignments/roads"));
        const std::string name = WantedName(request.assignment());
        DUBAN_RETURN_IF_ERROR(there ? tx.Put(name, request, {}).status() : tx.Delete(name));
      }
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(put(true).ok());
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
  ASSERT_TRUE(put(false).ok());
}

TEST_F(EvidenceTest, WhoWaitsForAFileIsWrittenDownOnce) {
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  const auto read_again = [&](const char* state) {
    const std::string head = city_.store()->head().SerializeAsString();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), state);
    EXPECT_EQ(city_.store()->head().SerializeAsString(), head);
  };
  read_again("COMING");
  Flow();
  district_.evidence().HandUp();
  read_again("MISSING");
}

TEST_F(EvidenceTest, AReportThatIsTakenBackMeanwhileAsksForNothing) {
  Report(district_, "roads", HashOf("file"));
  clock_.InterruptNext([this] {
    Retract("roads");
    Flow();
  });
  EXPECT_EQ(ReasonOf(Read(city_, "roads", HashOf("file")).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(Wanted(city_), IsEmpty());
}

// `roads` works at the bureau from now on.
class MovedUnitTest : public EvidenceTest {
 protected:
  MovedUnitTest() : bureau_("bureau", &clock_) {
    bureau_.KeepFilesIn(bureau_files_.path(), &city_);
    Put(district_, "roads", "file");
    Report(district_, "roads", HashOf("file"));
    v1::Unit roads = MakeUnit("roads", v1::Unit::DEPARTMENT, "", "bureau");
    roads.set_owner_node("city");
    for (TestOffice* office : {&city_, &district_, &bureau_}) office->Tell(roads);
    FlowAll();
  }
  void FlowAll() {
    Flow();
    ASSERT_TRUE(bureau_.FollowPlans().ok());
    const absl::Status exchanged = bureau_.Exchange(city_);
    ASSERT_TRUE(exchanged.ok()) << exchanged;
  }

  TempFolder bureau_files_;
  TestOffice bureau_;
};

TEST_F(MovedUnitTest, TheNodeWhereItWorkedBeforeIsAskedForWhatItPutInThere) {
  EXPECT_EQ(Look(city_, "roads", HashOf("file")).node(), "district") << "it has done nothing at the bureau yet";
  Put(bureau_, "roads", "more");
  Report(bureau_, "roads", HashOf("more"));
  FlowAll();
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  EXPECT_EQ(Look(city_, "roads", HashOf("file")).node(), "bureau");
  FlowAll();
  bureau_.evidence().HandUp();
  EXPECT_EQ(Look(city_, "roads", HashOf("file")).state(), File::COMING);
  EXPECT_EQ(Look(city_, "roads", HashOf("file")).node(), "district");
  FlowAll();
  EXPECT_THAT(Wanted(bureau_), IsEmpty());
  district_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("more")).status()), "COMING");
  FlowAll();
  bureau_.evidence().HandUp();
  EXPECT_EQ(Read(city_, "roads", HashOf("more")).value(), "more");
  FlowAll();
  EXPECT_THAT(Wanted(city_), IsEmpty());
}

TEST_F(MovedUnitTest, WhoIsAskedIsDecidedWhereItIsWritten) {
  clock_.InterruptNext([this] {
    Report(bureau_, "roads", HashOf("never put in"));
    FlowAll();
  });
  const absl::Status coming = Read(city_, "roads", HashOf("file")).status();
  EXPECT_EQ(StateOf(coming), "COMING") << coming;
  EXPECT_EQ(MetadataOf(coming)["node"], "bureau") << "it works there now, and whoever reads was told before";
  for (TestOffice* office : {&bureau_, &district_}) {
    FlowAll();
    office->evidence().HandUp();
  }
  EXPECT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
  FlowAll();
}

TEST_F(MovedUnitTest, WhatNoneOfItsNodesHasIsMissing) {
  Report(bureau_, "roads", HashOf("never put in"));
  FlowAll();
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("never put in")).status()), "COMING");
  for (TestOffice* office : {&bureau_, &district_}) {
    FlowAll();
    office->evidence().HandUp();
  }
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("never put in")).status()), "MISSING");
  FlowAll();
}

TEST_F(MovedUnitTest, AtItsNewNodeWhatItPutInBeforeIsSaidToBeElsewhere) {
  Report(bureau_, "roads", HashOf("never put in"));
  EXPECT_EQ(Look(bureau_, "roads", HashOf("file")).state(), File::ELSEWHERE);
  const absl::Status elsewhere = Read(bureau_, "roads", HashOf("file")).status();
  EXPECT_EQ(StateOf(elsewhere), "ELSEWHERE") << elsewhere;
  EXPECT_EQ(MetadataOf(elsewhere)["node"], "district");
  EXPECT_EQ(StateOf(Read(bureau_, "roads", HashOf("never put in")).status()), "MISSING");
  // Put in again, it is here.
  Put(bureau_, "roads", "file");
  EXPECT_EQ(Read(bureau_, "roads", HashOf("file")).value(), "file");
  FlowAll();
}

TEST_F(EvidenceTest, WhatThereIsOfFilesIsCounted) {
  Put(district_, "roads", "four");
  Put(district_, "water", "four");
  Report(district_, "roads", HashOf("four"));
  Report(district_, "water", HashOf("never put in"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("four")).status()), "COMING");
  EXPECT_EQ(StateOf(Read(city_, "water", HashOf("never put in")).status()), "COMING");
  EvidenceCore::Counts counts = city_.evidence().Count().value();
  EXPECT_EQ(counts.asked.coming, 2);
  Flow();
  EXPECT_EQ(district_.evidence().Count()->asked.coming, 0) << "what others ask for is theirs to count";
  district_.evidence().HandUp();
  counts = city_.evidence().Count().value();
  EXPECT_EQ(counts.asked.coming, 0);
  EXPECT_EQ(counts.asked.missing, 1);
  EXPECT_EQ(counts.held.files(), 1);
  counts = district_.evidence().Count().value();
  EXPECT_EQ(counts.held.files(), 2);
  EXPECT_EQ(counts.held.size_bytes(), 8);
}

// Whoever watches a node asks every few seconds, and the nodes above may ask it for anything.
TEST_F(EvidenceTest, AThousandRequestsAreReadAtATimeWhoeverMakesThem) {
  const auto ask = [&](const std::string& node, const std::string& plan, int count, bool there) {
    return city_.store()->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
      v1::EvidenceRequest request;
      request.set_node(node);
      request.add_items()->set_sha256(HashOf("file"));
      for (int i = 0; i < count; ++i) {
        request.set_assignment(StrCat("plans/", plan, "/tasks/t", i, "/assignments/roads"));
        const std::string name = WantedName(request.assignment());
        DUBAN_RETURN_IF_ERROR(there ? tx.Put(name, request, {}).status() : tx.Delete(name));
      }
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(ask("province", "a", 1500, true).ok());
  ASSERT_TRUE(ask("city", "b", 2, true).ok());
  EXPECT_EQ(city_.evidence().Count()->asked.coming, 0) << "these stand behind a thousand others";
  EXPECT_EQ(city_.evidence().Count()->asked.coming, 2);
  ASSERT_TRUE(ask("city", "b", 1, false).ok());
  EXPECT_EQ(city_.evidence().Count()->asked.coming, 2) << "the next round has not come to them";
  EXPECT_EQ(city_.evidence().Count()->asked.coming, 1);
}

TEST_F(EvidenceTest, OnlyWhatIsAskedForIsTaken) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  v1::HandUpEvidenceRequest request;
  request.set_node("district");
  request.set_name(Of("roads"));
  *request.mutable_piece() = UploadOf("roads", "file").piece();
  v1::HandUpEvidenceResponse response;
  const auto hand_up = [&] { return ReasonOf(city_.evidence().HandUpEvidence(Anybody(), request, &response)); };
  EXPECT_EQ(hand_up(), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  request.set_node("bureau");
  EXPECT_EQ(hand_up(), v1::RESOURCE_NOT_FOUND);
  request.set_node("district");
  request.set_name(Of("water"));
  EXPECT_EQ(hand_up(), v1::RESOURCE_NOT_FOUND);
  request.set_name(Of("roads"));
  request.mutable_piece()->set_content("fill");
  EXPECT_EQ(hand_up(), v1::INVALID_FIELD);
  EXPECT_EQ(Kept(city_files_), 0u);
  request.mutable_piece()->set_content("file");
  Hold(city_, 1, kMaxBytesOfUnit - 3);
  EXPECT_EQ(hand_up(), v1::LIMIT_REACHED);
  Hold(city_, 1, kMaxBytesOfUnit - 4);
  EXPECT_EQ(hand_up(), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_TRUE(response.complete());
  EXPECT_EQ(hand_up(), v1::RESOURCE_NOT_FOUND);
}

TEST_F(EvidenceTest, ANodeHandsUpOnlyWhatTheIssuerMayHave) {
  Put(district_, "water", "secret of water");
  v1::EvidenceRequest request;
  request.set_node("city");
  request.set_assignment(Of("roads"));
  request.add_items()->set_sha256(HashOf("secret of water"));
  v1::FeedEntry entry;
  entry.set_entity(WantedName(Of("roads")));
  entry.mutable_payload()->PackFrom(request);
  EXPECT_EQ(ReasonOf(district_.ApplyFromAbove("province", entry)), v1::NOT_OWNER);
  ASSERT_TRUE(district_.ApplyFromAbove("city", entry).ok());
  district_.evidence().HandUp();
  EXPECT_EQ(Kept(city_files_), 0u);
  entry.clear_payload();
  entry.set_withdrawn(true);
  ASSERT_TRUE(district_.ApplyFromAbove("province", entry).ok());
  EXPECT_EQ(Wanted(district_).size(), 1u);
  ASSERT_TRUE(district_.ApplyFromAbove("city", entry).ok());
  EXPECT_THAT(Wanted(district_), IsEmpty());
}

// A node above that takes whatever is handed up.
class TakesAll final : public EvidencePeer {
 public:
  absl::StatusOr<v1::HandUpEvidenceResponse> HandUp(const v1::HandUpEvidenceRequest& request) override {
    handed_up.push_back(request);
    v1::HandUpEvidenceResponse response;
    response.set_complete(true);
    return response;
  }
  void Cancel() override {}

  std::vector<v1::HandUpEvidenceRequest> handed_up;
};

// Whoever stands above the issuer sees counts, and no papers: neither of the issuer nor past it of the unit's node.
TEST_F(EvidenceTest, AFileComesUpOneLevel) {
  Put(district_, "roads", "file");
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(StateOf(Read(city_, "roads", HashOf("file")).status()), "COMING");
  Flow();
  district_.evidence().HandUp();
  ASSERT_EQ(Read(city_, "roads", HashOf("file")).value(), "file");
  v1::EvidenceRequest request;
  request.set_node("province");
  request.set_assignment(Of("roads"));
  request.add_items()->set_sha256(HashOf("file"));
  v1::FeedEntry entry;
  entry.set_entity(WantedName(Of("roads")));
  entry.mutable_payload()->PackFrom(request);
  const auto province = std::make_shared<TakesAll>();
  for (TestOffice* office : {&city_, &district_}) {
    EXPECT_EQ(ReasonOf(office->ApplyFromAbove("province", entry)), v1::NOT_OWNER);
    // Even where the request stood here.
    const auto put = [&](bool there) {
      return office->store()->Run({"test", ""}, [&](Transaction& tx) {
        return there ? tx.Put(entry.entity(), request, {}).status() : tx.Delete(entry.entity());
      });
    };
    ASSERT_TRUE(put(true).ok());
    Ports ports = office->ports();
    ports.evidence_above["province"] = province;
    EvidenceCore(ports).HandUp();
    ASSERT_TRUE(put(false).ok());
  }
  ASSERT_EQ(province->handed_up.size(), 2u);
  for (const v1::HandUpEvidenceRequest& told : province->handed_up) {
    EXPECT_TRUE(told.missing());
    EXPECT_EQ(told.piece().content(), "");
  }
}

TEST_F(EvidenceTest, AHundredFilesOfOneAssignmentAreAskedFor) {
  const auto ask = [&](int number) {
    return city_.store()->Run({"test", ""}, [&](Transaction& tx) {
      return AskFor(tx, Of("roads"), HashOf(StrCat(number)), "city", {"district"}, clock_.Now());
    });
  };
  for (int i = 0; i < kMaxWanted; ++i) ASSERT_TRUE(ask(i).ok());
  EXPECT_EQ(ReasonOf(ask(kMaxWanted)), v1::LIMIT_REACHED);
  EXPECT_TRUE(ask(0).ok());
  Report(district_, "roads", HashOf("file"));
  EXPECT_EQ(ReasonOf(Read(city_, "roads", HashOf("file")).status()), v1::LIMIT_REACHED);
}

TEST_F(EvidenceTest, ANodeWithoutADiskForFilesSaysSo) {
  TestOffice office("bureau", &clock_);
  EXPECT_EQ(ReasonOf(Upload(office, UploadOf("roads", "file")).status()), v1::LIMIT_REACHED);
}

}  // namespace
}  // namespace duban
