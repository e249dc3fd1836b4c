#include "common/rpc/call_metadata.h"

#include <grpcpp/grpcpp.h>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {

size_t MetadataBytes(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size() + kMetadataPairBytes;
  return bytes;
}

absl::Status CheckMetadata(const grpc::ServerContextBase& context) {
  const size_t bytes = MetadataBytes(context.client_metadata());
  if (bytes <= kMaxMetadataBytes) return absl::OkStatus();
  return Error(
      v1::METADATA_TOO_LARGE,
      StrCat("the call carries ", bytes, " bytes of metadata; at most ", kMaxMetadataBytes, " are taken; send less"),
      StrCat("调用附带的元数据有", bytes, "字节，最多", kMaxMetadataBytes, "字节，请减少后再试"),
      {{"bytes", StrCat(bytes)}, {"limit_bytes", StrCat(kMaxMetadataBytes)}});
}

}  // namespace duban
