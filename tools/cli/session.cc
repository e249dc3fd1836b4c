#include "tools/cli/session.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <fstream>
#include <sstream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/access/key_folder.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/pause.h"
#include "common/base/strings.h"
#include "duban/storage/v1/people.pb.h"
#include "duban/v1/access_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "google/protobuf/descriptor.h"

namespace duban::cli {
namespace {

constexpr char kPackage[] = "duban.v1.";
constexpr size_t kMaxSecretBytes = 16400;
// Where a duban-node on this machine listens unless told otherwise.
constexpr char kDefaultServer[] = "127.0.0.1:7100";

// The field `request_id` of a request, where it has one.
const google::protobuf::FieldDescriptor* RequestIdField(const google::protobuf::Message& request) {
  return request.GetDescriptor()->FindFieldByName("request_id");
}

// Types that do not belong to the method are a mistake of this program.
void CheckTypes(const std::string& method, const google::protobuf::Message& request,
                const google::protobuf::Message& response) {
  std::string name = method;
  name[name.find('/')] = '.';
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  assert(descriptor != nullptr && descriptor->input_type() == request.GetDescriptor() &&
         descriptor->output_type() == response.GetDescriptor());
  (void)descriptor;
}

// Those who sign in come with nothing but the keys.
bool IsWithoutToken(std::string_view method) {
  return method == "duban.v1.AccessService/SignIn" || method == "duban.v1.AccessService/ChangePassword" ||
         method == "duban.v1.AccessService/BeginSingleSignOn" || method == "duban.v1.AccessService/SignInWithIdToken";
}

std::string FirstOf(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

}  // namespace

Peer Session::PeerOf(std::string_view method) {
  if (method.rfind("Assignment", 0) == 0) return Peer::kAssignment;
  if (method.rfind("EvidenceService/", 0) == 0) return Peer::kAssignment;
  if (method.rfind("IssuerService/", 0) == 0) return Peer::kAssignment;
  if (method.rfind("NotificationService/", 0) == 0) return Peer::kNotification;
  return Peer::kPlan;
}

bool Session::Pause(absl::Duration time) {
  duban::Pause(*environment_.clock, time);
  return environment_.interrupted == nullptr || !environment_.interrupted();
}

std::optional<std::string> Session::AskPerson(const Phrase& question) {
  *environment_.out << Say(question) << std::flush;
  std::string line;
  if (!std::getline(*environment_.in, line)) return std::nullopt;
  return line;
}

Addresses Session::Servers() const {
  const std::string all = FirstOf(environment_.variable("DUBAN_SERVER"), kDefaultServer);
  const auto pick = [&](const std::string& own, const char* variable) {
    return FirstOf(FirstOf(own, options_.server), FirstOf(environment_.variable(variable), all));
  };
  return Addresses{pick(options_.plan_server, "DUBAN_PLAN_SERVER"),
                   pick(options_.assignment_server, "DUBAN_ASSIGNMENT_SERVER"),
                   pick(options_.notification_server, "DUBAN_NOTIFICATION_SERVER")};
}

Transport Session::Keys() const {
  if (options_.insecure || !options_.keys.empty()) return {options_.keys, options_.insecure};
  return {environment_.variable("DUBAN_KEYS"), environment_.variable("DUBAN_INSECURE") == "true"};
}

std::string Session::OwnUnit() const {
  const Transport transport = Keys();
  if (transport.keys.empty()) return "";
  // Keys that cannot be used are told of by the call they are for.
  const absl::StatusOr<KeyFolder> folder = OpenKeyFolder(transport.keys);
  if (!folder.ok() || folder->identity.part != Identity::Part::kUnit) return "";
  return StrCat("units/", folder->identity.name);
}

absl::Status Session::DoCall(Peer peer, std::string_view method, google::protobuf::Message* request,
                             google::protobuf::Message* response, absl::Duration at_least) {
  if (connection_ == nullptr) {
    addresses_ = Servers();
    connection_ = environment_.connect(addresses_, Keys());
  }
  const std::string& address = addresses_.of(peer);
  const std::string full = StrCat(kPackage, method);
  CheckTypes(full, *request, *response);
  std::string request_id;
  if (const auto* field = RequestIdField(*request); field != nullptr) {
    const auto* reflection = request->GetReflection();
    request_id = reflection->GetString(*request, field);
    if (request_id.empty()) {
      request_id = NewRequestId();
      reflection->SetString(request, field, request_id);
    }
  }
  if (!request_id.empty() && !command_id_.empty()) request_id = command_id_;
  return WithCallDetails(CallOnce(peer, full, *request, response, std::max(options_.timeout, at_least)), address,
                         request_id);
}

absl::Status Session::CallOnce(Peer peer, const std::string& method, const google::protobuf::Message& request,
                               google::protobuf::Message* response, absl::Duration timeout) {
  std::string token;
  if (!IsWithoutToken(method)) {
    DUBAN_ASSIGN_OR_RETURN(token, Token());
  }
  connection_->SetToken(token);
  absl::Status called = connection_->Call(peer, method, request, response, timeout);
  if (token.empty() || ReasonOf(called) != v1::NOT_AUTHENTICATED) return called;
  // Another clock, or a key that was replaced: once more with a new one, where there is one.
  DUBAN_ASSIGN_OR_RETURN(const std::string next, Token(token));
  if (next.empty()) return called;
  connection_->SetToken(next);
  return connection_->Call(peer, method, request, response, timeout);
}

std::optional<SessionFile> Session::SignedIn() const {
  if (options_.as_keys || Keys().insecure) return std::nullopt;
  std::string folder = environment_.variable("XDG_CONFIG_HOME");
  if (folder.empty() && !environment_.variable("HOME").empty()) folder = environment_.variable("HOME") + "/.config";
  if (folder.empty()) return std::nullopt;
  return SessionFile(folder + "/duban", Servers().plan);
}

absl::StatusOr<std::string> Session::Token(std::string_view refused) {
  const std::optional<SessionFile> file = SignedIn();
  if (!file) return std::string();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SavedSession> saved, file->Read());
  if (!saved) return std::string();
  const bool fresh = FromProto(saved->access_until()) > environment_.clock->Now();
  if (fresh && saved->tokens().access_token() != refused) return saved->tokens().access_token();
  return RefreshedToken(*file, refused);
}

absl::StatusOr<std::string> Session::RefreshedToken(const SessionFile& file, std::string_view refused) {
  // Two programs that refreshed with one token would look like a thief and their victim.
  DUBAN_ASSIGN_OR_RETURN(const SessionFile::Lock lock, file.Take());
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SavedSession> saved, file.Read());
  if (!saved) return std::string();
  const bool fresh = FromProto(saved->access_until()) > environment_.clock->Now();
  if (fresh && saved->tokens().access_token() != refused) return saved->tokens().access_token();
  v1::RefreshSessionRequest request;
  request.set_refresh_token(saved->tokens().refresh_token());
  v1::SessionTokens tokens;
  connection_->SetToken("");
  absl::Status refreshed = connection_->Call(Peer::kPlan, StrCat(kPackage, "AccessService/RefreshSession"), request,
                                             &tokens, options_.timeout);
  if (ReasonOf(refreshed) == v1::NOT_AUTHENTICATED) {
    file.Remove();
    return WithCallDetails(refreshed, addresses_.plan, "");
  }
  DUBAN_RETURN_IF_ERROR(WithCallDetails(refreshed, addresses_.plan, ""));
  DUBAN_RETURN_IF_ERROR(file.Write(tokens, environment_.clock->Now()));
  return tokens.access_token();
}

absl::StatusOr<std::string> Session::Secret(const std::string& file, const Phrase& prompt) {
  if (file.empty()) {
    if (environment_.ask_secret != nullptr) return environment_.ask_secret(Say(prompt));
    return UsageError({"没有终端可以输入密码，请用密码文件（如 --password-file）",
                       "there is no terminal to ask for the password; name a file, as --password-file does"});
  }
  DUBAN_ASSIGN_OR_RETURN(std::string line, ReadFile(file, kMaxSecretBytes));
  if (const size_t end = line.find_first_of("\r\n"); end != std::string::npos) line.resize(end);
  return line;
}

absl::StatusOr<std::string> Session::Resolve(std::string_view text, std::string_view collection) {
  if (text.empty()) return std::string();
  if (text.rfind(collection, 0) == 0 || IsResourceId(text)) return FullName(collection, text);
  v1::ResolveUnitRequest request;
  request.set_text(std::string(text));
  DUBAN_ASSIGN_OR_RETURN(const v1::ResolveUnitResponse found,
                         Call<v1::ResolveUnitResponse>("DirectoryService/ResolveUnit", request));
  if (found.match().rfind(std::string(collection), 0) == 0) return found.match();
  if (!found.match().empty()) {
    return UsageError(
        {StrCat("“", text, "”在单位名录里是 ", found.match(), "，此处需要 ", collection, "…"),
         StrCat("`", text, "` is ", found.match(), " in the directory; ", collection, "... is wanted here")});
  }
  const std::string nearest = absl::StrJoin(found.nearest(), "、");
  return NotFoundError({StrCat("单位名录里没有“", text, "”", nearest.empty() ? "" : "，相近的有：", nearest),
                        StrCat("the directory has no `", text, "`", nearest.empty() ? "" : "; near to it: ", nearest)});
}

absl::StatusOr<std::string> Session::UnitName(std::string_view text) {
  return Resolve(text, "units/");
}

absl::StatusOr<std::string> Session::GroupName(std::string_view text) {
  return Resolve(text, "groups/");
}

std::string Session::NameOf(const std::string& entry) {
  const auto known = names_.find(entry);
  if (known != names_.end()) return known->second;
  std::string name;
  if (entry.rfind("groups/", 0) == 0) {
    v1::GetUnitGroupRequest request;
    request.set_name(entry);
    const auto group = Call<v1::UnitGroup>("DirectoryService/GetUnitGroup", request);
    if (group.ok()) name = group->display_name();
  } else if (!entry.empty()) {
    v1::GetUnitRequest request;
    request.set_name(entry);
    const auto unit = Call<v1::Unit>("DirectoryService/GetUnit", request);
    if (unit.ok()) name = unit->display_name();
  }
  return names_[entry] = name.empty() ? ShortName(entry) : name;
}

std::string Session::BeginCommand(const std::string& given) {
  command_id_ = given.empty() ? NewRequestId() : given;
  return command_id_;
}

std::string Session::RequestIdFor(std::string_view command_id, std::string_view part) {
  return command_id.empty() ? NewRequestId() : ComputedId("r", {command_id, part});
}

std::string Session::NewRequestId() {
  const uint64_t high = (environment_.ids->Next() & 0xFFFFFFFFFFFF0FFFu) | 0x4000u;
  const uint64_t low = (environment_.ids->Next() & 0x3FFFFFFFFFFFFFFFu) | 0x8000000000000000u;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                         low & 0xFFFFFFFFFFFFu);
}

absl::StatusOr<std::string> Session::ReadFile(const std::string& path, size_t max_bytes) {
  std::ifstream file;
  std::istream* in = environment_.in;
  if (path != "-") {
    file.open(path, std::ios::binary);
    in = &file;
    // A directory opens, but nothing can be read from it.
    if (!file || (file.peek(), file.bad())) {
      return UsageError({StrCat("读不了文件 ", path, "，请检查路径和权限"),
                         StrCat("cannot read ", path, "; check the path and its permissions")});
    }
    file.clear();
  }
  std::string bytes;
  char chunk[65536];
  while (in->read(chunk, sizeof(chunk)), in->gcount() > 0) {
    bytes.append(chunk, static_cast<size_t>(in->gcount()));
    if (bytes.size() > max_bytes) {
      return UsageError({StrCat("文件 ", path, " 超过 ", max_bytes, " 字节的上限，请拆分后再试"),
                         StrCat(path, " is larger than ", max_bytes, " bytes; split it")});
    }
  }
  if (in->bad()) {
    return UsageError({StrCat("读文件 ", path, " 中途出错"), StrCat("reading ", path, " failed half-way")});
  }
  return bytes;
}

absl::StatusOr<std::string> Session::Person(const std::string& person) const {
  if (!person.empty()) return person;
  if (const std::optional<SessionFile> file = SignedIn()) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::SavedSession> saved, file->Read());
    if (saved) return std::string();
  }
  const std::string out = environment_.variable("DUBAN_PERSON");
  if (!out.empty()) return out;
  return UsageError(
      {"没有写明经办人：请登录（duban sign-in），或加 --by=姓名，或设置环境变量 DUBAN_PERSON",
       "nobody is named: sign in (duban sign-in), add --by=NAME, or set DUBAN_PERSON in the environment"});
}

std::string FullName(std::string_view collection, std::string_view text) {
  if (text.empty() || text.rfind(collection, 0) == 0) return std::string(text);
  return StrCat(collection, text);
}

std::string ShortName(std::string_view name) {
  return std::string(LastSegment(name));
}

}  // namespace duban::cli
