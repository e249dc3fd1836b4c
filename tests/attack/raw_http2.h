// HTTP/2 by hand: what no proper client sends. A connection that says what it likes and reads nothing.
//
// Not thread-safe.

#ifndef DUBAN_TESTS_ATTACK_RAW_HTTP2_H_
#define DUBAN_TESTS_ATTACK_RAW_HTTP2_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace duban::testing {

class RawHttp2 {
 public:
  // Connects to a port of this machine and says the preface; never acknowledges the server's settings.
  explicit RawHttp2(int port);
  ~RawHttp2();
  RawHttp2(const RawHttp2&) = delete;
  RawHttp2& operator=(const RawHttp2&) = delete;

  // Sends bytes; false once the server has hung up, or takes nothing for two seconds.
  bool Send(std::string_view bytes);

  // A number for the next stream.
  uint32_t NextStream() { return stream_ += 2; }

 private:
  int socket_ = -1;
  uint32_t stream_ = static_cast<uint32_t>(-1);
};

// The header block of a gRPC call.
std::string CallHeaders(std::string_view path);
// A header field, literally.
std::string HeaderField(std::string_view name, std::string_view value);
// Frames. `ends` flags: HEADERS that end their block, DATA that ends the stream.
std::string HeadersFrame(uint32_t stream, std::string_view block, bool ends_block);
std::string ContinuationFrame(uint32_t stream, std::string_view block);
std::string DataFrame(uint32_t stream, std::string_view bytes, bool ends_stream);
std::string ResetFrame(uint32_t stream);
// A gRPC message in its five-byte envelope.
std::string GrpcMessage(std::string_view bytes);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_RAW_HTTP2_H_
