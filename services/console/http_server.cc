#include "services/console/http_server.h"

#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/base/thread_name.h"

namespace duban::console {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kThreads = 2;
// What is read at a time while nothing, or the next request, is awaited.
constexpr size_t kReadBytes = 4096;
// For the other side to hang up, too, once all is said.
constexpr absl::Duration kHangUpTime = absl::Seconds(2);
// Waiting connections that the kernel keeps.
constexpr int kBacklog = 1024;
constexpr absl::Duration kPauseWithoutFiles = absl::Milliseconds(200);
constexpr absl::Duration kLookAtKeysEvery = absl::Seconds(2);

// Memory that requests and answers share. Thread-safe.
class Memory {
 public:
  explicit Memory(size_t most) : most_(most) {}
  bool Take(size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= most_) return true;
    used_ -= bytes;
    return false;
  }
  // Whatever there is: an answer that has been made is there already.
  void TakeAnyway(size_t bytes) { used_ += bytes; }
  void GiveBack(size_t bytes) { used_ -= bytes; }
  size_t used() const { return used_; }

 private:
  const size_t most_;
  std::atomic<size_t> used_{0};
};

// Connections by address. Thread-safe.
class Door {
 public:
  explicit Door(const HttpServerOptions& options) : options_(options) {}
  bool Enter(const std::string& address) {
    MutexLock lock(&mu_);
    const bool counted =
        std::find(options_.uncounted.begin(), options_.uncounted.end(), address) == options_.uncounted.end();
    int& here = inside_[address];
    const bool full = all_ >= options_.max_connections || (counted && here >= options_.max_connections_of_address);
    if (full) {
      if (here == 0) inside_.erase(address);
      ++turned_away_;
      return false;
    }
    ++here;
    ++all_;
    return true;
  }
  void Leave(const std::string& address) {
    MutexLock lock(&mu_);
    --all_;
    const auto here = inside_.find(address);
    if (--here->second == 0) inside_.erase(here);
  }
  int all() const {
    MutexLock lock(&mu_);
    return all_;
  }
  int64_t turned_away() const {
    MutexLock lock(&mu_);
    return turned_away_;
  }

 private:
  const HttpServerOptions& options_;
  mutable Mutex mu_;
  std::map<std::string, int> inside_ ABSL_GUARDED_BY(mu_);
  int all_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t turned_away_ ABSL_GUARDED_BY(mu_) = 0;
};

class AnyConnection {
 public:
  virtual ~AnyConnection() = default;
  // No further request; at once where there is none.
  virtual void Drain() = 0;
  virtual void Close() = 0;
};

// What connections share. Kept by each of them: whoever still has something to say to one may come late.
struct Shared {
  Shared(const HttpServerOptions& o, HttpHandler* h)
      : options(o), handler(h), door(options), memory(o.max_memory_bytes) {}
  asio::io_context io{kThreads};
  const HttpServerOptions options;
  HttpHandler* const handler;
  Door door;
  Memory memory;
  std::atomic<bool> draining{false};
  std::atomic<int64_t> late{0}, no_room{0};

  Mutex mu;
  std::set<std::shared_ptr<AnyConnection>> connections ABSL_GUARDED_BY(mu);
};

bool MayHaveNoBody(int status) {
  return status == 304 || status == 100;
}

std::string HeadOf(const HttpResponse& response, bool chunked, bool closes) {
  std::string head = StrCat("HTTP/1.1 ", response.status, " ", HttpStatusWords(response.status), "\r\n");
  for (const auto& [name, value] : response.headers.all()) StrAppend(&head, name, ": ", value, "\r\n");
  if (chunked) {
    head += "transfer-encoding: chunked\r\n";
  } else if (!MayHaveNoBody(response.status)) {
    StrAppend(&head, "content-length: ", response.body == nullptr ? 0 : response.body->size(), "\r\n");
  }
  if (closes) head += "connection: close\r\n";
  return head + "\r\n";
}

// One connection, on a strand of its own: every member is touched there alone. It awaits a request, reads it, hands it
// on, sends the answer, and awaits the next. All the while it reads ahead, a little, to hear when the browser goes.
template <typename Stream>
class Connection final : public AnyConnection, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(std::shared_ptr<Shared> shared, Stream stream, std::string address)
      : shared_(std::move(shared)),
        stream_(std::move(stream)),
        executor_(stream_.get_executor()),
        timer_(executor_),
        address_(std::move(address)) {}
  // Others may keep it for long after it was closed.
  ~Connection() override { LeaveRoom(); }

  void Start() {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] { self->Shake(); });
  }
  void Drain() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
      self->closes_ = true;
      if (self->awaiting_) self->CloseNow();
    });
  }
  void Close() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] { self->CloseNow(); });
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, tcp::socket>;

  // The side of a request that is handed on: posts what is said to the strand, and is deaf once the answer has ended.
  class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
   public:
    Exchange(std::shared_ptr<Connection> connection, bool head) : connection_(std::move(connection)), head_(head) {}

    void Respond(HttpResponse response) override {
      Post([response = std::move(response)](Connection& c, Exchange& self) mutable {
        c.SendWhole(std::move(response), self.head_);
      });
    }
    void Begin(HttpResponse response) override {
      Post([response = std::move(response)](Connection& c, Exchange&) {
        c.Send(HeadOf(response, true, c.closes_), {});
      });
    }
    void Write(std::string piece, std::function<void()> written) override {
      Post([piece = std::move(piece), written = std::move(written)](Connection& c, Exchange&) mutable {
        char size[24];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        c.Send(StrCat(size, piece, "\r\n"), std::move(written));
      });
    }
    void End() override {
      Post([](Connection& c, Exchange& self) {
        self.BeOver(false);
        c.exchange_ = nullptr;
        c.Send("0\r\n\r\n", {});
      });
    }
    void OnGone(std::function<void()> gone) override {
      {
        MutexLock lock(&mu_);
        if (!over_) {
          gone_ = std::move(gone);
          return;
        }
        if (!went_) return;
      }
      gone();
    }

    // On the strand: nothing more is sent. `went`: because the browser has gone.
    void BeOver(bool went) {
      std::function<void()> gone;
      {
        MutexLock lock(&mu_);
        if (std::exchange(over_, true)) return;
        went_ = went;
        gone = std::move(gone_);
        gone_ = nullptr;
      }
      if (went && gone) gone();
    }

   private:
    template <typename What>
    void Post(What what) {
      {
        MutexLock lock(&mu_);
        if (over_) return;
      }
      asio::post(connection_->executor_, [self = this->shared_from_this(), what = std::move(what)]() mutable {
        Connection& connection = *self->connection_;
        // It is the answer to what is asked now, and the browser is there.
        if (connection.exchange_ == self && !connection.closed_) what(connection, *self);
      });
    }

    const std::shared_ptr<Connection> connection_;
    const bool head_;
    Mutex mu_;
    bool over_ ABSL_GUARDED_BY(mu_) = false;
    bool went_ ABSL_GUARDED_BY(mu_) = false;
    std::function<void()> gone_ ABSL_GUARDED_BY(mu_);
  };
  friend class Exchange;

  // Something to be sent, and who wants to know when it was.
  struct Outgoing {
    std::string head;
    std::shared_ptr<const std::string> body;
    std::function<void()> sent;
    size_t size = 0;
    // Of the memory that all share.
    size_t charged = 0;
  };

  tcp::socket& wire() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void Shake() {
    if constexpr (kTls) {
      Within(shared_->options.header_time);
      stream_.async_handshake(ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        error ? self->CloseNow() : self->AwaitRequest();
      });
    } else {
      AwaitRequest();
    }
  }

  // From now on the connection has so long for what it is at.
  void Within(absl::Duration time) {
    timer_.expires_after(std::chrono::milliseconds(absl::ToInt64Milliseconds(time)));
    timer_.async_wait([weak = this->weak_from_this(), turn = ++turn_](error_code error) {
      const auto self = weak.lock();
      // It may have run out just before it was set anew.
      if (error || !self || self->closed_ || self->turn_ != turn) return;
      if (!self->hanging_) ++self->shared_->late;
      self->CloseNow();
    });
  }
  void WithoutEnd() {
    ++turn_;
    timer_.cancel();
  }

  void AwaitRequest() {
    if (closed_ || hanging_) return;
    if (closes_ || shared_->draining) return Hang();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_->options.max_header_bytes));
    parser_->body_limit(shared_->options.max_body_bytes);
    awaiting_ = true;
    if (buffer_.size() > 0 && !reading_) return ReadHeader();
    Within(asked_ ? shared_->options.idle_time : shared_->options.header_time);
    ReadAhead();
  }

  // One read that is always there while nothing else reads: of the next request, or of the end.
  void ReadAhead() {
    if (reading_ || closed_ || buffer_.size() > 0) return;
    reading_ = true;
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = this->shared_from_this()](error_code error, size_t got) {
                              self->reading_ = false;
                              if (error) return self->CloseNow();
                              if (self->hanging_) return self->Discard();
                              self->buffer_.commit(got);
                              if (self->awaiting_) self->ReadHeader();
                            });
  }

  void ReadHeader() {
    if (closed_) return;
    awaiting_ = false;
    asked_ = true;
    Within(shared_->options.header_time);
    http::async_read_header(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, size_t) {
      error ? self->RefuseBroken(error) : self->OnHeader();
    });
  }

  void OnHeader() {
    const auto& request = parser_->get();
    if (request.version() != 11) return RefuseHere(505);
    const auto length = parser_->content_length();
    if (length && *length > shared_->options.max_body_bytes) return RefuseHere(413);
    // A body whose length is not said may become as large as any.
    const size_t room = length               ? static_cast<size_t>(*length)
                        : parser_->chunked() ? shared_->options.max_body_bytes
                                             : 0;
    if (!shared_->memory.Take(room)) {
      ++shared_->no_room;
      return RefuseHere(503);
    }
    charged_ += room;
    Within(shared_->options.body_time);
    if (request[http::field::expect] == "100-continue") {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kContinue), [self = this->shared_from_this()](error_code error, size_t) {
        error ? self->CloseNow() : self->ReadBody();
      });
    } else {
      ReadBody();
    }
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, size_t) {
      error ? self->RefuseBroken(error) : self->OnRequest();
    });
  }

  void OnRequest() {
    WithoutEnd();
    auto message = parser_->release();
    parser_.reset();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) request.headers.Add(std::string(field.name_string()), std::string(field.value()));
    request.body = std::move(message.body());
    request.peer = address_;
    request.tls = kTls;
    closes_ = closes_ || !message.keep_alive();
    exchange_ = std::make_shared<Exchange>(this->shared_from_this(), request.method == "HEAD");
    ReadAhead();
    shared_->handler->Handle(std::move(request), exchange_);
  }

  // What no handler sees: the request cannot be read.
  void RefuseHere(int status) {
    closes_ = true;
    exchange_ = nullptr;
    SendWhole(shared_->handler->Refuse(status), false);
  }

  void RefuseBroken(error_code error) {
    if (error == http::error::header_limit) return RefuseHere(431);
    if (error == http::error::body_limit) return RefuseHere(413);
    // Beast's own errors are of what was said; all others are of the connection.
    const bool said = error.category() == http::make_error_code(http::error::bad_method).category() &&
                      error != http::error::end_of_stream && error != http::error::partial_message;
    said ? RefuseHere(400) : CloseNow();
  }

  void SendWhole(HttpResponse response, bool head) {
    if (exchange_) exchange_->BeOver(false);
    exchange_ = nullptr;
    shared_->memory.GiveBack(std::exchange(charged_, 0));
    closes_ = closes_ || shared_->draining;
    Outgoing outgoing;
    outgoing.head = HeadOf(response, false, closes_);
    if (!head) outgoing.body = std::move(response.body);
    Push(std::move(outgoing));
  }

  void Send(std::string bytes, std::function<void()> sent) {
    if (!exchange_) shared_->memory.GiveBack(std::exchange(charged_, 0));
    Outgoing outgoing;
    outgoing.head = std::move(bytes);
    outgoing.sent = std::move(sent);
    Push(std::move(outgoing));
  }

  void Push(Outgoing outgoing) {
    outgoing.size = outgoing.head.size() + (outgoing.body == nullptr ? 0 : outgoing.body->size());
    // A page that many read is in memory once, and not theirs.
    outgoing.charged = outgoing.body.use_count() > 1 ? outgoing.head.size() : outgoing.size;
    shared_->memory.TakeAnyway(outgoing.charged);
    outgoing_.push_back(std::move(outgoing));
    if (!std::exchange(writing_, true)) WriteSome();
  }

  // Some of the first that is to be sent; each time some of it goes, the reader has more time for the rest.
  void WriteSome() {
    const Outgoing& first = outgoing_.front();
    std::vector<asio::const_buffer> rest;
    if (sent_ < first.head.size()) rest.push_back(asio::buffer(first.head) + sent_);
    if (first.body != nullptr) {
      rest.push_back(asio::buffer(*first.body) + (std::max(sent_, first.head.size()) - first.head.size()));
    }
    Within(shared_->options.write_time);
    stream_.async_write_some(rest, [self = this->shared_from_this()](error_code error, size_t sent) {
      if (error) return self->CloseNow();
      self->OnSent(sent);
    });
  }

  void OnSent(size_t sent) {
    if (closed_) return;
    sent_ += sent;
    if (sent_ < outgoing_.front().size) return WriteSome();
    const Outgoing first = std::move(outgoing_.front());
    outgoing_.pop_front();
    sent_ = 0;
    shared_->memory.GiveBack(first.charged);
    if (first.sent) first.sent();
    if (!outgoing_.empty()) return WriteSome();
    writing_ = false;
    WithoutEnd();
    if (!exchange_) AwaitRequest();
  }

  // Says goodbye: what was sent still arrives, because the connection is closed once the other side has hung up, too.
  void Hang() {
    hanging_ = true;
    Within(kHangUpTime);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->CloseNow(); });
    } else {
      error_code ignored;
      wire().shutdown(tcp::socket::shutdown_send, ignored);
      Discard();
    }
  }
  void Discard() {
    buffer_.clear();
    ReadAhead();
  }

  // Gives back what it took of what all share.
  void LeaveRoom() {
    if (std::exchange(left_, true)) return;
    shared_->memory.GiveBack(std::exchange(charged_, 0));
    shared_->door.Leave(address_);
  }

  void CloseNow() {
    if (std::exchange(closed_, true)) return;
    LeaveRoom();
    timer_.cancel();
    error_code ignored;
    wire().close(ignored);
    for (const Outgoing& outgoing : outgoing_) shared_->memory.GiveBack(outgoing.charged);
    // The buffers of a write that is under way stay until it has ended.
    if (!writing_) outgoing_.clear();
    if (exchange_) exchange_->BeOver(true);
    exchange_ = nullptr;
    MutexLock lock(&shared_->mu);
    shared_->connections.erase(this->shared_from_this());
  }

  const std::shared_ptr<Shared> shared_;
  Stream stream_;
  typename Stream::executor_type executor_;
  asio::steady_timer timer_;
  const std::string address_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  // Of the request that is being answered.
  std::shared_ptr<Exchange> exchange_;
  std::deque<Outgoing> outgoing_;
  // Bytes of the first of them that have gone.
  size_t sent_ = 0;
  // Memory of the request.
  size_t charged_ = 0;
  bool reading_ = false;
  bool awaiting_ = false;
  bool writing_ = false;
  // A request has begun before.
  bool asked_ = false;
  // No further request after this one.
  bool closes_ = false;
  bool closed_ = false;
  bool left_ = false;
  // All is said.
  bool hanging_ = false;
  // Which of the times that Within gave counts.
  uint64_t turn_ = 0;
};

// The certificate that browsers see, read again when its files have changed.
class TlsKeys {
 public:
  TlsKeys(std::string certificate, std::string key) : certificate_(std::move(certificate)), key_(std::move(key)) {}

  absl::Status Load() {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION);
    // A connection that waits keeps no buffers.
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context->native_handle(), ChooseHttp11, nullptr);
    context->use_certificate_chain_file(certificate_, error);
    if (!error) context->use_private_key_file(key_, ssl::context::pem, error);
    if (!error && SSL_CTX_check_private_key(context->native_handle()) != 1) {
      return absl::InvalidArgumentError(
          StrCat("the key in ", key_, " is not that of the certificate in ", certificate_));
    }
    if (error) {
      return absl::InvalidArgumentError(
          StrCat("certificate or key cannot be used (", certificate_, ", ", key_, "): ", error.message()));
    }
    context_ = std::move(context);
    changed_ = Changed();
    return absl::OkStatus();
  }

  // For the next connection.
  const std::shared_ptr<ssl::context>& Current(absl::Duration now) {
    if (now - looked_ < kLookAtKeysEvery) return context_;
    looked_ = now;
    if (Changed() == changed_) return context_;
    if (const absl::Status loaded = Load(); !loaded.ok()) {
      Log(LogLevel::kError, "console.tls_keys_not_taken", {{"cause", std::string(ToStd(loaded.message()))}});
      changed_ = Changed();
    }
    return context_;
  }

 private:
  static int ChooseHttp11(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
                          unsigned int in_length, void*) {
    static constexpr unsigned char kHttp11[] = "\x08http/1.1";
    const int chosen =
        SSL_select_next_proto(const_cast<unsigned char**>(out), length, kHttp11, sizeof kHttp11 - 1, in, in_length);
    return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  // When the files were changed.
  std::pair<int64_t, int64_t> Changed() const {
    struct stat certificate {
    }, key{};
    stat(certificate_.c_str(), &certificate);
    stat(key_.c_str(), &key);
    const auto nanos = [](const struct stat& file) {
      return file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec;
    };
    return {nanos(certificate), nanos(key)};
  }

  const std::string certificate_, key_;
  std::shared_ptr<ssl::context> context_;
  std::pair<int64_t, int64_t> changed_;
  absl::Duration looked_ = -absl::InfiniteDuration();
};

class AsioServer final : public HttpServer {
 public:
  AsioServer(const HttpServerOptions& options, HttpHandler* handler, Clock* clock)
      : clock_(clock), shared_(std::make_shared<Shared>(options, handler)) {}
  ~AsioServer() override { Drain(absl::ZeroDuration()); }

  absl::Status Begin() {
    const HttpServerOptions& options = shared_->options;
    if (!options.tls_certificate.empty()) {
      keys_.emplace(options.tls_certificate, options.tls_key);
      if (absl::Status loaded = keys_->Load(); !loaded.ok()) return loaded;
    }
    error_code error;
    const asio::ip::address address =
        asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
    const tcp::endpoint endpoint(address, static_cast<unsigned short>(options.port));
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error) {
      return absl::UnavailableError(StrCat("the console cannot listen on ", options.host, ":", options.port, ": ",
                                           error.message(),
                                           "; is the address one of this machine, and the port free?"));
    }
    port_ = acceptor_.local_endpoint().port();
    Accept();
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] {
        NameThread("console-http");
        shared_->io.run();
      });
    }
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  HttpServerCounts counts() const override {
    return {shared_->door.all(), shared_->door.turned_away(), shared_->late, shared_->no_room, shared_->memory.used()};
  }

  void Drain(absl::Duration time) override {
    if (std::exchange(drained_, true)) return;
    shared_->draining = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    for (const auto& connection : Connections()) connection->Drain();
    {
      MutexLock lock(&shared_->mu);
      const auto gone = [this] {
        shared_->mu.AssertReaderHeld();
        return shared_->connections.empty();
      };
      clock_->AwaitWithTimeout(&shared_->mu, absl::Condition(&gone), time);
    }
    for (const auto& connection : Connections()) connection->Close();
    work_.reset();
    // What is still to be said to connections that are closed now finds nobody, and ends.
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::shared_ptr<AnyConnection>> Connections() {
    MutexLock lock(&shared_->mu);
    return {shared_->connections.begin(), shared_->connections.end()};
  }

  void Accept() {
    acceptor_.async_accept(asio::make_strand(shared_->io), [this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error) Welcome(std::move(socket));
      if (error != asio::error::no_descriptors && error != asio::error::no_memory) return Accept();
      pause_.expires_after(std::chrono::milliseconds(absl::ToInt64Milliseconds(kPauseWithoutFiles)));
      pause_.async_wait([this](error_code stopped) {
        if (!stopped) Accept();
      });
    });
  }

  void Welcome(tcp::socket socket) {
    error_code error;
    const tcp::endpoint from = socket.remote_endpoint(error);
    if (error) return;
    asio::ip::address host = from.address();
    if (host.is_v6() && host.to_v6().is_v4_mapped())
      host = asio::ip::make_address_v4(asio::ip::v4_mapped, host.to_v6());
    std::string address = host.to_string();
    if (!shared_->door.Enter(address)) return;
    socket.set_option(tcp::no_delay(true), error);
    if (!keys_) return Take(std::make_shared<Connection<tcp::socket>>(shared_, std::move(socket), std::move(address)));
    const std::shared_ptr<ssl::context>& context = keys_->Current(clock_->Steady());
    // The connection keeps what it needs of the context.
    Take(std::make_shared<Connection<ssl::stream<tcp::socket>>>(
        shared_, ssl::stream<tcp::socket>(std::move(socket), *context), std::move(address)));
  }

  template <typename One>
  void Take(std::shared_ptr<One> connection) {
    {
      MutexLock lock(&shared_->mu);
      shared_->connections.insert(connection);
    }
    connection->Start();
    if (shared_->draining) connection->Drain();
  }

  Clock* const clock_;
  const std::shared_ptr<Shared> shared_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{shared_->io.get_executor()};
  tcp::acceptor acceptor_{asio::make_strand(shared_->io)};
  asio::steady_timer pause_{acceptor_.get_executor()};
  std::optional<TlsKeys> keys_;
  int port_ = 0;
  bool drained_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options, HttpHandler* handler,
                                                              Clock* clock) {
  auto server = std::make_unique<AsioServer>(options, handler, clock);
  if (absl::Status begun = server->Begin(); !begun.ok()) return begun;
  return server;
}

}  // namespace duban::console
