// Where gRPC hands calls over: a completion queue, with one thread that takes its events in.
//
// One, because nobody is woken then to look whether there is something to do: gRPC's own callback threads take turns at
// every event, and a call costs about twice as much; two queues cost half as much again (tests/RECORD.md). One takes in
// far more calls than the stores behind it can answer.
//
//   Front       the queue and its thread; for each call that comes, an open function gets its wire
//   Wire        one call as gRPC knows it
//   ServerCall  what answers it: reads, writes and finishes through its wire, and hears what became of that
//
// Threads: callbacks come from the thread of the queue, one at a time, and must not block; what starts
// something may be called from any thread, by one at a time.

#ifndef DUBAN_COMMON_RPC_FRONT_H_
#define DUBAN_COMMON_RPC_FRONT_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace duban {

class ServerCall;
class Front;

// Owned by its call from the moment it is taken, until the call is done.
class Wire {
 public:
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Method, metadata, peer and deadline.
  const grpc::GenericServerContext& context() const { return context_; }

 private:
  friend class ServerCall;
  friend class Front;
  struct Event {
    Wire* wire;
    void (Wire::*handle)(bool ok);
  };

  // REQUIRES: the front counts it.
  explicit Wire(Front* front) : front_(front) {}
  void Begin() { ++under_way_; }
  // The last event of a call that is finished ends it.
  void End();
  void OnAccepted(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnOver(bool ok);

  Front* const front_;
  ServerCall* call_ = nullptr;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  // Events to come. Two are certain: that it was finished, and that it is over.
  std::atomic<int> under_way_{2};
  Event accepted_{this, &Wire::OnAccepted};
  Event read_{this, &Wire::OnRead};
  Event written_{this, &Wire::OnWritten};
  Event finished_{this, &Wire::OnFinished};
  Event over_{this, &Wire::OnOver};
};

class ServerCall {
 public:
  explicit ServerCall(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) { wire_->call_ = this; }
  virtual ~ServerCall() = default;
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

 protected:
  // Gone with OnDone, and once the call was finished.
  const grpc::GenericServerContext& context() const { return wire_->context(); }

  // One read and one write at a time; buffers belong to gRPC until OnRead and OnWritten.
  void StartRead(grpc::ByteBuffer* message);
  void StartWrite(const grpc::ByteBuffer& message);
  // Ends the call, once, and behind every write; the second form with an answer and OK. Nothing is started afterwards.
  // `answer` stays until OnDone.
  void Finish(const absl::Status& status);
  void FinishWith(const grpc::ByteBuffer& answer);

  // What was started has come to its end; false: nothing more can be read, or written.
  virtual void OnRead(bool ok) {}
  virtual void OnWritten(bool ok) {}
  // The caller is gone. The call still has to be finished.
  virtual void OnCancelled() {}
  // Finished, and no event comes any more: the wire is gone. May delete this.
  virtual void OnDone() = 0;

 private:
  friend class Wire;
  std::unique_ptr<Wire> wire_;
};

class Front {
 public:
  // Gets each call. Makes a ServerCall of the wire.
  using Open = std::function<void(std::unique_ptr<Wire>)>;

  // `open` is called on the thread of the queue and must not block.
  explicit Front(Open open) : open_(std::move(open)) {}
  // REQUIRES: the gRPC server is gone, or was never made.
  ~Front() { Stop(); }
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Before the server is built; the front outlives it.
  void Register(grpc::ServerBuilder& builder);
  // Once it runs.
  void Start();
  // Once it was shut down. Calls that it cancelled, and what was asked for, come to their end first: gRPC ends the
  // process where something is begun at a queue that is shut down.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  friend class Wire;

  // Asks for the next call.
  void Ask();
  void Loop();

  const Open open_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> events_;
  std::thread thread_;
  Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // That there are: asked for, or of a call.
  int wires_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FRONT_H_
