#include "common/rpc/generic_caller.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <set>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"

namespace duban {
namespace {

// Over which unary calls take turns.
constexpr size_t kUnaryChannels = 4;
// Over one connection; servers take 256 at a time.
constexpr int kStreamsOfChannel = 128;

// A connection of its own, and how many streams it carries.
struct Line {
  explicit Line(std::shared_ptr<grpc::Channel> channel) : stub(std::move(channel)) {}
  grpc::GenericStub stub;
  // Guarded by the lock of its caller.
  int streams = 0;
};

std::string Join(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

class GrpcCaller final : public GenericCaller {
 public:
  explicit GrpcCaller(const GenericCallerOptions& options) : options_(options) {
    for (size_t i = 0; i < kUnaryChannels; ++i) unary_.push_back(NewLine());
  }
  ~GrpcCaller() override { Stop(); }

  std::shared_ptr<GenericCall> MakeCall(GenericRequest request, std::shared_ptr<GenericListener> listener) override;
  int under_way() const override {
    MutexLock lock(&mu_);
    return static_cast<int>(under_way_.size());
  }
  void Stop() override {
    MutexLock lock(&mu_);
    stopped_ = true;
    for (grpc::ClientContext* context : under_way_) context->TryCancel();
    const auto none = [this] {
      mu_.AssertReaderHeld();
      return under_way_.empty();
    };
    mu_.Await(absl::Condition(&none));
  }

 private:
  class Call;

  std::shared_ptr<Line> NewLine() const {
    ChannelOptions channel;
    channel.max_message_bytes = options_.max_message_bytes;
    channel.credentials = options_.credentials;
    channel.shared_connection = false;
    return std::make_shared<Line>(MakeChannel(options_.address, channel));
  }

  // A call begins, over a line of its kind; null where none may any more.
  std::shared_ptr<Line> Enter(grpc::ClientContext* context, bool stream) {
    MutexLock lock(&mu_);
    if (stopped_) return nullptr;
    under_way_.insert(context);
    if (!stream) return unary_[next_++ % unary_.size()];
    for (const std::shared_ptr<Line>& line : streaming_) {
      if (line->streams >= kStreamsOfChannel) continue;
      ++line->streams;
      return line;
    }
    streaming_.push_back(NewLine());
    ++streaming_.back()->streams;
    return streaming_.back();
  }
  void Leave(grpc::ClientContext* context, bool stream, Line& line) {
    MutexLock lock(&mu_);
    if (stream) --line.streams;
    under_way_.erase(context);
  }

  const GenericCallerOptions options_;
  std::vector<std::shared_ptr<Line>> unary_;
  mutable Mutex mu_;
  size_t next_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::set<grpc::ClientContext*> under_way_ ABSL_GUARDED_BY(mu_);
  // As many as there ever were streams for.
  std::vector<std::shared_ptr<Line>> streaming_ ABSL_GUARDED_BY(mu_);
};

// gRPC's own reactor of a stream in both directions, which on the wire is what every other kind of call is, too. The
// one message goes with the end of ours; reads are asked for one at a time.
class GrpcCaller::Call final : public GenericCall,
                               public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                               public std::enable_shared_from_this<GrpcCaller::Call> {
 public:
  Call(GrpcCaller* caller, GenericRequest request, std::shared_ptr<GenericListener> listener)
      : caller_(caller), request_(std::move(request)), listener_(std::move(listener)) {}

  void Start() override {
    line_ = caller_->Enter(&context_, request_.streams);
    if (line_ == nullptr) return listener_->OnDone(absl::CancelledError("the caller stops"));
    self_ = shared_from_this();
    if (!request_.token.empty()) context_.AddMetadata("authorization", StrCat("Bearer ", request_.token));
    if (request_.timeout) context_.set_deadline(absl::ToChronoTime(RealClock().Now() + *request_.timeout));
    const grpc::Slice slice(request_.message);
    outgoing_ = grpc::ByteBuffer(&slice, 1);
    request_.message.clear();
    line_->stub.PrepareBidiStreamingCall(&context_, request_.path, grpc::StubOptions(), this);
    // The listener asks from threads that gRPC does not know of.
    AddHold();
    StartWriteLast(&outgoing_, grpc::WriteOptions());
    StartRead(&incoming_);
    StartCall();
  }

  void Next() override {
    MutexLock lock(&mu_);
    if (!held_ || reading_) return;
    reading_ = true;
    StartRead(&incoming_);
  }

  void Cancel() override {
    context_.TryCancel();
    MutexLock lock(&mu_);
    // Where something is being read, that fails now, and ends the call.
    if (!reading_) LetGo();
  }

  void OnReadDone(bool ok) override {
    {
      MutexLock lock(&mu_);
      reading_ = false;
      if (!ok) return LetGo();
    }
    listener_->OnMessage(Join(incoming_));
    // A unary call has its answer; what comes is the end.
    if (!request_.streams) Next();
  }

  // May destroy this.
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Call> self = std::move(self_);
    const std::shared_ptr<GenericListener> listener = std::move(listener_);
    listener->OnDone(FromGrpcStatus(status));
    caller_->Leave(&context_, request_.streams, *line_);
  }

 private:
  void LetGo() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (std::exchange(held_, false)) RemoveHold();
  }

  GrpcCaller* const caller_;
  GenericRequest request_;
  std::shared_ptr<GenericListener> listener_;
  std::shared_ptr<Line> line_;
  grpc::ClientContext context_;
  grpc::ByteBuffer outgoing_, incoming_;
  // While gRPC works for it.
  std::shared_ptr<Call> self_;
  Mutex mu_;
  bool reading_ ABSL_GUARDED_BY(mu_) = true;
  bool held_ ABSL_GUARDED_BY(mu_) = true;
};

std::shared_ptr<GenericCall> GrpcCaller::MakeCall(GenericRequest request, std::shared_ptr<GenericListener> listener) {
  return std::make_shared<Call>(this, std::move(request), std::move(listener));
}

}  // namespace

std::unique_ptr<GenericCaller> GenericCaller::Make(const GenericCallerOptions& options) {
  return std::make_unique<GrpcCaller>(options);
}

}  // namespace duban
