#include "common/access/first_officer.h"

#include <google/protobuf/util/json_util.h>

#include <filesystem>

#include "common/access/key_folder.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr std::string_view kPeople = "people/";

std::string FileOf(const std::string& folder) {
  return folder + "/first_officer.json";
}

bool IsSensible(const storage::v1::FirstOfficer& officer) {
  return officer.name().starts_with(kPeople) && IsResourceId(std::string_view(officer.name()).substr(kPeople.size())) &&
         officer.password_hash().starts_with("$argon2id$");
}

}  // namespace

absl::StatusOr<std::optional<storage::v1::FirstOfficer>> ReadFirstOfficer(const std::string& folder) {
  const std::string path = FileOf(folder);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  DUBAN_RETURN_IF_ERROR(CheckPrivateFile(path));
  DUBAN_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path));
  storage::v1::FirstOfficer officer;
  if (google::protobuf::util::JsonStringToMessage(text, &officer).ok() && IsSensible(officer)) return officer;
  return absl::FailedPreconditionError(
      StrCat(path, " does not say who the first officer is; make it anew, or remove it"));
}

absl::Status WriteFirstOfficer(const std::string& folder, const storage::v1::FirstOfficer& officer) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(officer, &text).ok())
    return absl::InternalError("cannot write JSON");
  return WritePrivateFile(FileOf(folder), text);
}

}  // namespace duban
