#include "common/rpc/method.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/validate.h"

namespace duban {

absl::Status ReadRequest(grpc::ByteBuffer* bytes, google::protobuf::Message* request) {
  if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(bytes, request).ok()) {
    const std::string type = request->GetDescriptor()->name();
    return Error(v1::INVALID_FIELD, StrCat("the bytes of the call are no ", type, "; compile the contract again"),
                 StrCat("请求内容不是 ", type, " 消息，请按最新接口定义重新生成客户端"));
  }
  return ValidateRequest(*request);
}

absl::Status WriteResponse(const google::protobuf::Message& response, grpc::ByteBuffer* bytes) {
  // A buffer that holds something stops the process.
  bytes->Clear();
  bool own_buffer = false;
  if (grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(response, bytes, &own_buffer).ok()) {
    return absl::OkStatus();
  }
  return InvariantBroken("the answer cannot be written as bytes");
}

}  // namespace duban
