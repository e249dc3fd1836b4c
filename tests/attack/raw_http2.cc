#include "tests/attack/raw_http2.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace duban::testing {
namespace {

enum FrameType : char { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kContinuation = 9 };
constexpr char kEndStream = 1, kEndHeaders = 4;

std::string Frame(FrameType type, char flags, uint32_t stream, std::string_view payload) {
  const auto size = static_cast<uint32_t>(payload.size());
  std::string frame = {static_cast<char>(size >> 16),
                       static_cast<char>(size >> 8),
                       static_cast<char>(size),
                       static_cast<char>(type),
                       flags,
                       static_cast<char>(stream >> 24),
                       static_cast<char>(stream >> 16),
                       static_cast<char>(stream >> 8),
                       static_cast<char>(stream)};
  return frame.append(payload);
}

// A string of HPACK, not compressed: its length as a number with a prefix of seven bits.
std::string HpackString(std::string_view text) {
  std::string out;
  size_t size = text.size();
  if (size < 127) {
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(127);
    for (size -= 127; size >= 128; size >>= 7) out.push_back(static_cast<char>(0x80 | (size & 0x7F)));
    out.push_back(static_cast<char>(size));
  }
  return out.append(text);
}

}  // namespace

RawHttp2::RawHttp2(int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(port));
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {2, 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return;
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "");
  Send(preface);
}

RawHttp2::~RawHttp2() {
  close(socket_);
}

bool RawHttp2::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string HeaderField(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + HpackString(name) + HpackString(value);
}

std::string CallHeaders(std::string_view path) {
  // POST and http are in the static table.
  return "\x83\x86" + HeaderField(":path", path) + HeaderField(":authority", "x") +
         HeaderField("content-type", "application/grpc") + HeaderField("te", "trailers");
}

std::string HeadersFrame(uint32_t stream, std::string_view block, bool ends_block) {
  return Frame(kHeaders, ends_block ? kEndHeaders : 0, stream, block);
}

std::string ContinuationFrame(uint32_t stream, std::string_view block) {
  return Frame(kContinuation, 0, stream, block);
}

std::string DataFrame(uint32_t stream, std::string_view bytes, bool ends_stream) {
  return Frame(kData, ends_stream ? kEndStream : 0, stream, bytes);
}

std::string ResetFrame(uint32_t stream) {
  return Frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
}

std::string GrpcMessage(std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  std::string out = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                     static_cast<char>(size)};
  return out.append(bytes);
}

}  // namespace duban::testing
