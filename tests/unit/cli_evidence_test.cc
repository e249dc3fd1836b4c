// `duban evidence`, and files that go along with reports: sent in pieces, gone on with, compared when they are read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/evidence_service.pb.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kPiece = 1 << 20;
constexpr char kName[] = "plans/p/tasks/t/assignments/roads";

std::string HashOf(const std::string& bytes) {
  return absl::BytesToHexString(Sha256(bytes));
}

class CliEvidenceTest : public CliTest {
 protected:
  CliEvidenceTest() : path_(folder_.path() + "/说明.pdf"), out_(folder_.path() + "/out") {
    servers_.On<v1::UploadEvidenceRequest, v1::UploadEvidenceResponse>(
        "EvidenceService/UploadEvidence", [this](const v1::UploadEvidenceRequest& request) { return Take(request); });
    servers_.On<v1::GetAssignmentRequest, v1::Assignment>(
        "AssignmentService/GetAssignment",
        [this](const v1::GetAssignmentRequest&) -> absl::StatusOr<v1::Assignment> { return Named(); });
    servers_.On<v1::GetEvidenceFileRequest, v1::EvidenceFile>(
        "EvidenceService/GetEvidenceFile",
        [this](const v1::GetEvidenceFileRequest&) -> absl::StatusOr<v1::EvidenceFile> { return File(); });
    servers_.On<v1::ReadEvidenceRequest, v1::ReadEvidenceResponse>(
        "EvidenceService/ReadEvidence", [this](const v1::ReadEvidenceRequest& request) { return Give(request); });
    servers_.On<v1::ReportProgressRequest, v1::Assignment>(
        "AssignmentService/ReportProgress",
        [this](const v1::ReportProgressRequest& request) -> absl::StatusOr<v1::Assignment> {
          reported_ = request;
          return Named();
        });
  }

  void Write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string Saved() {
    std::stringstream bytes;
    bytes << std::ifstream(out_, std::ios::binary).rdbuf();
    return bytes.str();
  }

  // Ends the pause that the program makes next.
  void LetTimePass() {
    if (time_.joinable()) time_.join();
    time_ = std::thread([this] {
      clock_.WaitForWaiters(1);
      clock_.Advance(absl::Seconds(1));
    });
  }
  ~CliEvidenceTest() override {
    if (time_.joinable()) time_.join();
  }

  absl::StatusOr<v1::UploadEvidenceResponse> Take(const v1::UploadEvidenceRequest& request) {
    const v1::EvidencePiece& piece = request.piece();
    units_.push_back(request.unit());
    if (static_cast<size_t>(piece.offset()) == stored_.size()) stored_ += piece.content();
    v1::UploadEvidenceResponse response;
    response.set_received_bytes(static_cast<int64_t>(stored_.size()));
    if (response.received_bytes() < piece.size_bytes()) return response;
    *response.mutable_file() = File();
    response.mutable_file()->set_file_name(piece.file_name());
    response.mutable_file()->set_media_type(piece.media_type());
    return response;
  }
  absl::StatusOr<v1::ReadEvidenceResponse> Give(const v1::ReadEvidenceRequest& request) {
    if (coming_-- > 0) {
      if (pauses_-- > 0) LetTimePass();
      return Error(v1::WRONG_STATE, "coming", "正在调取", {{"state", "COMING"}, {"node", "district"}});
    }
    v1::ReadEvidenceResponse response;
    response.set_content(given_.substr(static_cast<size_t>(request.offset()), kPiece));
    *response.mutable_file() = File();
    return response;
  }
  v1::EvidenceFile File() {
    v1::EvidenceFile file;
    file.set_sha256(HashOf(stored_));
    file.set_file_name("说明.pdf");
    file.set_size_bytes(static_cast<int64_t>(stored_.size()));
    file.set_state(v1::EvidenceFile::HERE);
    return file;
  }
  v1::Assignment Named() {
    v1::Assignment assignment;
    assignment.set_name(kName);
    v1::Evidence& evidence = *assignment.mutable_execution()->add_reports()->add_evidence();
    evidence.set_title("情况说明");
    evidence.set_sha256(HashOf(stored_));
    return assignment;
  }

  testing::TempFolder folder_;
  const std::string path_, out_;
  // What the server has, and what it gives out.
  std::string stored_, given_;
  // How often it says that the file is on its way, and how often it is waited for then.
  int coming_ = 0;
  int pauses_ = 0;
  std::thread time_;
  std::vector<std::string> units_;
  v1::ReportProgressRequest reported_;
};

TEST_F(CliEvidenceTest, PutsAFileInPieceByPiece) {
  const std::string bytes(2 * kPiece + 5, 'a');
  Write(bytes);
  EXPECT_EQ(Run({"evidence", "put", path_, "--unit=units/roads"}), 0) << err();
  EXPECT_EQ(stored_, bytes);
  EXPECT_EQ(units_, std::vector<std::string>(3, "units/roads"));
  EXPECT_THAT(out(), HasSubstr("已上传 说明.pdf（2.0 MiB）"));
  EXPECT_THAT(out(), HasSubstr(HashOf(bytes)));
}

TEST_F(CliEvidenceTest, GoesOnWhereItWasCutOff) {
  const std::string bytes(2 * kPiece + 5, 'a');
  Write(bytes);
  stored_ = bytes.substr(0, kPiece);
  EXPECT_EQ(Run({"evidence", "put", path_, "--unit=units/roads"}), 0) << err();
  EXPECT_EQ(stored_, bytes);
}

TEST_F(CliEvidenceTest, SaysWhatIsWrongBeforeItCalls) {
  EXPECT_EQ(Run({"evidence", "put", path_, "--unit=units/roads"}), 2);
  Write("");
  EXPECT_EQ(Run({"evidence", "put", path_, "--unit=units/roads"}), 2);
  EXPECT_THAT(err(), HasSubstr("空文件"));
  Write("bytes");
  EXPECT_EQ(Run({"evidence", "put", path_}), 2);
  EXPECT_THAT(err(), HasSubstr("--unit"));
  EXPECT_THAT(servers_.calls, ElementsAre());
}

TEST_F(CliEvidenceTest, AReportTakesAFileAlongAndLeavesAReference) {
  Write("bytes");
  EXPECT_EQ(Run({"assignment", "report", "p/t/roads", "--text=已完成", "--evidence=情况说明=" + path_,
                 "--evidence=会议纪要=档案-01", "--evidence=照片"}),
            0)
      << err();
  const auto& evidence = reported_.report().evidence();
  ASSERT_EQ(evidence.size(), 3);
  EXPECT_EQ(evidence[0].reference(), "说明.pdf");
  EXPECT_EQ(evidence[0].sha256(), HashOf("bytes"));
  EXPECT_EQ(evidence[1].reference(), "档案-01");
  EXPECT_EQ(evidence[1].sha256(), "");
  EXPECT_EQ(evidence[2].title(), "照片");
  EXPECT_EQ(Run({"assignment", "report", "p/t/roads", "--text=已完成", "--evidence=照片=no.jpg"}), 2);
  EXPECT_THAT(err(), HasSubstr("没有文件 no.jpg；如果只登记它在档案里的名称，请写 --evidence=照片=ref:no.jpg"));
  EXPECT_EQ(Run({"assignment", "report", "p/t/roads", "--text=已完成", "--evidence=照片=ref:no.jpg",
                 "--evidence=网页=https://office.example/a.html"}),
            0)
      << err();
  EXPECT_EQ(reported_.report().evidence(0).reference(), "no.jpg");
  EXPECT_EQ(reported_.report().evidence(1).reference(), "https://office.example/a.html");
  EXPECT_THAT(units_, ElementsAre("units/roads"));
}

TEST_F(CliEvidenceTest, GetsAFileAndComparesIt) {
  stored_ = given_ = std::string(kPiece + 7, 'b');
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_}), 0) << err();
  EXPECT_EQ(Saved(), stored_);
  EXPECT_THAT(out(), HasSubstr("校验值相符"));
  // Nothing is written over.
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_}), 2);
}

TEST_F(CliEvidenceTest, OtherBytesAreNotSaved) {
  stored_ = "bytes";
  given_ = "bytez";
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_}), 7);
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(CliEvidenceTest, WaitsForWhatIsFetched) {
  stored_ = given_ = "bytes";
  coming_ = pauses_ = 3;
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_, "--wait=10s"}), 0) << err();
  EXPECT_EQ(Saved(), "bytes");
  coming_ = 100;
  pauses_ = 3;
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_ + "2", "--wait=3s"}), 4);
  EXPECT_THAT(err(), HasSubstr("正在调取"));
}

TEST_F(CliEvidenceTest, ChoosesByDigitsOrName) {
  stored_ = given_ = "bytes";
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_, "--file=" + HashOf("bytes").substr(0, 8)}), 0) << err();
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_ + "2", "--file=说明.pdf"}), 0) << err();
  EXPECT_EQ(Run({"evidence", "get", "p/t/roads", out_ + "3", "--file=other"}), 5);
}

TEST_F(CliEvidenceTest, ShowSaysWhereFilesAre) {
  stored_ = "bytes";
  EXPECT_EQ(Run({"assignment", "show", "p/t/roads"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(StrCat("材料文件 ", HashOf("bytes").substr(0, 12), " 说明.pdf：已在本级 5 B")));
  EXPECT_EQ(Run({"evidence", "list", "p/t/roads"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("已在本级 5 B"));
}

}  // namespace
}  // namespace duban::cli
