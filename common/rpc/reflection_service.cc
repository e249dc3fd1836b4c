#include "common/rpc/reflection_service.h"

#include <set>
#include <utility>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/method.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace duban {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>& seen, ServerReflectionResponse& response) {
  if (!seen.insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), seen, response);
}

void AnswerFile(const FileDescriptor* file, std::string_view asked, ServerReflectionResponse& response) {
  if (file == nullptr) {
    response.mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
    response.mutable_error_response()->set_error_message(
        StrCat("`", asked.substr(0, 200), "` is not known here; list_services names what is"));
    return;
  }
  std::set<const FileDescriptor*> seen;
  AddFile(file, seen, response);
}

void AnswerExtensions(const std::string& type, ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const Descriptor* message = pool->FindMessageTypeByName(type);
  if (message == nullptr) return AnswerFile(nullptr, type, response);
  std::vector<const FieldDescriptor*> extensions;
  pool->FindAllExtensions(message, &extensions);
  response.mutable_all_extension_numbers_response()->set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) {
    response.mutable_all_extension_numbers_response()->add_extension_number(extension->number());
  }
}

absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; ask again later", "服务正在停止，请稍后重试");
}

}  // namespace

ServerReflectionResponse ReflectionService::Answer(const ServerReflectionRequest& request) const {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : names_) response.mutable_list_services_response()->add_service()->set_name(name);
      break;
    case ServerReflectionRequest::kFileByFilename:
      AnswerFile(pool->FindFileByName(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      AnswerFile(pool->FindFileContainingSymbol(request.file_containing_symbol()), request.file_containing_symbol(),
                 response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& asked = request.file_containing_extension();
      const Descriptor* type = pool->FindMessageTypeByName(asked.containing_type());
      const FieldDescriptor* extension =
          type == nullptr ? nullptr : pool->FindExtensionByNumber(type, asked.extension_number());
      AnswerFile(extension == nullptr ? nullptr : extension->file(), asked.containing_type(), response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      AnswerExtensions(request.all_extension_numbers_of_type(), response);
      break;
    default:
      response.mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
      response.mutable_error_response()->set_error_message("the request asks nothing; set one of message_request");
  }
  return response;
}

// One stream: read, answer, read. `mu_` makes one state machine of the callbacks and End; Finish is called once.
class ReflectionService::Stream : public ServerCall {
 public:
  Stream(ReflectionService* service, std::unique_ptr<Wire> wire) : ServerCall(std::move(wire)), service_(service) {}

  void Begin() {
    if (const absl::Status checked = CheckMetadata(context()); !checked.ok()) return End(checked);
    StartRead(&request_);
  }

  void End(const absl::Status& status) {
    MutexLock lock(&mu_);
    FinishOnce(status);
  }

  void OnRead(bool ok) override {
    MutexLock lock(&mu_);
    if (!ok) return FinishOnce(absl::OkStatus());
    if (finished_) return;
    ServerReflectionRequest request;
    absl::Status status = ReadRequest(&request_, &request);
    if (status.ok()) status = WriteResponse(service_->Answer(request), &response_);
    if (!status.ok()) return FinishOnce(status);
    StartWrite(response_);
  }

  void OnWritten(bool ok) override {
    MutexLock lock(&mu_);
    if (!ok) return FinishOnce(absl::OkStatus());
    if (!finished_) StartRead(&request_);
  }

  void OnCancelled() override {
    MutexLock lock(&mu_);
    FinishOnce(absl::CancelledError("the caller went away"));
  }

  // May destroy this.
  void OnDone() override { service_->Remove(this); }

 private:
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  ReflectionService* const service_;
  // Belong to gRPC while a read or write is under way.
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

ReflectionService::ReflectionService() = default;
ReflectionService::~ReflectionService() = default;

void ReflectionService::Drain() {
  MutexLock lock(&mu_);
  draining_ = true;
  for (const std::shared_ptr<Stream>& stream : streams_) stream->End(Stopping());
}

const std::vector<std::string>& ReflectionService::paths() {
  static const auto* const kPaths =
      new std::vector<std::string>{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                   "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};
  return *kPaths;
}

void ReflectionService::Serve(std::unique_ptr<Wire> wire) {
  auto stream = std::make_shared<Stream>(this, std::move(wire));
  MutexLock lock(&mu_);
  streams_.insert(stream);
  draining_ ? stream->End(Stopping()) : stream->Begin();
}

void ReflectionService::Remove(Stream* stream) {
  std::shared_ptr<Stream> last;
  MutexLock lock(&mu_);
  for (auto it = streams_.begin(); it != streams_.end(); ++it) {
    if (it->get() != stream) continue;
    last = *it;
    streams_.erase(it);
    return;
  }
}

}  // namespace duban
