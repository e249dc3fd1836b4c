#include "common/rpc/front.h"

#include <utility>

#include "common/base/clock.h"
#include "common/base/thread_name.h"
#include "common/rpc/grpc_status.h"

namespace duban {
namespace {

// Calls that may come at one moment before one waits within gRPC until it was asked for.
constexpr int kCallsAskedFor = 64;
// How long calls that were cancelled may take to come to their end.
constexpr absl::Duration kLastCalls = absl::Seconds(1);

}  // namespace

Wire::~Wire() {
  MutexLock lock(&front_->mu_);
  --front_->wires_;
}

void Wire::End() {
  if (--under_way_ > 0) return;
  // The call may go with OnDone; what gRPC holds of it goes last.
  ServerCall* const call = call_;
  const std::unique_ptr<Wire> self = std::move(call->wire_);
  call->OnDone();
}

void Wire::OnAccepted(bool ok) {
  std::unique_ptr<Wire> self(this);
  if (!ok) return;
  front_->Ask();
  front_->open_(std::move(self));
}

void Wire::OnRead(bool ok) {
  call_->OnRead(ok);
  End();
}

void Wire::OnWritten(bool ok) {
  call_->OnWritten(ok);
  End();
}

void Wire::OnFinished(bool /*ok*/) {
  End();
}

void Wire::OnOver(bool /*ok*/) {
  if (context_.IsCancelled()) call_->OnCancelled();
  End();
}

void ServerCall::StartRead(grpc::ByteBuffer* message) {
  wire_->Begin();
  wire_->stream_.Read(message, &wire_->read_);
}

void ServerCall::StartWrite(const grpc::ByteBuffer& message) {
  wire_->Begin();
  wire_->stream_.Write(message, &wire_->written_);
}

void ServerCall::Finish(const absl::Status& status) {
  wire_->stream_.Finish(ToGrpcStatus(status), &wire_->finished_);
}

void ServerCall::FinishWith(const grpc::ByteBuffer& answer) {
  wire_->stream_.WriteAndFinish(answer, grpc::WriteOptions(), grpc::Status::OK, &wire_->finished_);
}

void Front::Register(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  events_ = builder.AddCompletionQueue();
}

void Front::Start() {
  for (int call = 0; call < kCallsAskedFor; ++call) Ask();
  thread_ = std::thread([this] { Loop(); });
}

void Front::Ask() {
  MutexLock lock(&mu_);
  // A queue that is shut down takes nothing any more.
  if (stopping_) return;
  // gRPC hands it back as the tag of its first event.
  Wire* const wire = new Wire(this);
  ++wires_;
  wire->context_.AsyncNotifyWhenDone(&wire->over_);
  service_.RequestCall(&wire->context_, &wire->stream_, events_.get(), events_.get(), &wire->accepted_);
}

void Front::Loop() {
  NameThread("front");
  void* tag = nullptr;
  bool ok = false;
  while (events_->Next(&tag, &ok)) {
    const Wire::Event event = *static_cast<Wire::Event*>(tag);
    (event.wire->*event.handle)(ok);
  }
}

void Front::Stop() {
  {
    MutexLock lock(&mu_);
    if (std::exchange(stopping_, true) || events_ == nullptr) return;
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return wires_ == 0; };
    // gRPC lives in real time, whatever the process takes for it.
    RealClock().AwaitWithTimeout(&mu_, absl::Condition(&none), kLastCalls);
  }
  events_->Shutdown();
  // A server that could not start has no thread.
  thread_.joinable() ? thread_.join() : Loop();
}

}  // namespace duban
