#include "services/console/compression.h"

#include <zlib.h>

#include <algorithm>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

// Of zlib: the largest window, and the format of gzip.
constexpr int kGzipWindow = 15 + 16;
// Half the time of the default level, for a few percent more bytes.
constexpr int kLevel = 4;
constexpr int kMemoryLevel = 8;
constexpr size_t kPieceBytes = 16 * 1024;

Bytef* In(std::string_view text) {
  // zlib reads it only.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

absl::StatusOr<std::string> Gunzip(std::string_view compressed, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return InvariantBroken("zlib cannot begin");
  stream.next_in = In(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK && text.size() <= limit) {
    const size_t before = text.size();
    text.resize(before + kPieceBytes);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream.avail_out = kPieceBytes;
    result = inflate(&stream, Z_NO_FLUSH);
    text.resize(text.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (text.size() > limit) return TooLarge(limit);
  if (!whole) return InvalidField("body", "is not one whole gzip member", "不是完整的 gzip 数据");
  return text;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  std::string compressed;
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return compressed;
  compressed.resize(deflateBound(&stream, text.size()));
  stream.next_in = In(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace duban::console
