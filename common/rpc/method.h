// What a server answers, as a table: each RPC by its full name, what it costs, and the function behind it.
//
// Modules hand out such tables (module.h); the edge (edge.h) is the one that runs them. A row is made by Rpc, by
// WaitingRpc or by StreamingRpc, which know how bytes become a request and an answer becomes bytes.
//
// Threads: rows are values; what they call has to be thread-safe, and outlives them.

#ifndef DUBAN_COMMON_RPC_METHOD_H_
#define DUBAN_COMMON_RPC_METHOD_H_

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/caller.h"
#include "google/protobuf/message.h"

namespace duban {

// Where a call waits and works. Each lane has places of its own, so that what is slow or many in one leaves the others
// alone; edge.h has their numbers.
enum class Lane {
  // Milliseconds.
  kOrdinary,
  // Up to seconds of processor time: reading a document, say. Few at a time, and none waits.
  kExpensive,
  // What neighbouring nodes and services hand over. Goes on whatever clients do.
  kNeighbour,
  // What an operator asks about the process itself.
  kOperator,
  // A few rows read, some ten microseconds: no lane, but the thread that took the call in. Never where something is
  // written, waited for, or read by the page.
  kFront,
  // Comparing a password: a tenth of a second of processor time and 64 MiB each. Two at a time, and an office that
  // arrives in the morning waits its turn.
  kSignIn,
};
inline constexpr int kLanes = 6;

// A call as the function behind it sees it. Thread-safe; lives until the function has returned.
class CallContext {
 public:
  virtual ~CallContext() = default;
  // Nobody waits for the answer any more: the caller hung up, its deadline has passed, or the edge gave the call up.
  // Work that takes long looks at it between its parts and returns absl::CancelledError.
  virtual bool cancelled() const = 0;
  // Where the call comes from, as gRPC writes addresses: `ipv4:127.0.0.1:34756`.
  virtual const std::string& peer() const = 0;
  // Who calls.
  virtual const Caller& caller() const = 0;
  // OK where its caller may make this call; else NOT_ALLOWED. `request` holds to its rules. The tables below ask it
  // before they hand a request on.
  virtual absl::Status Admit(const google::protobuf::Message& request) const = 0;
};

// Where a call that streams puts its answers. Thread-safe; says nothing more once the call has ended, for whatever
// reason.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // One at a time: the next once `Streaming::written` was called.
  virtual void Write(grpc::ByteBuffer message) = 0;
  virtual void End(const absl::Status& status) = 0;
  // The same, but a message that has not left is given up: whoever reads nothing may keep it for ever. The caller may
  // hear no more than that the call was cancelled.
  virtual void Abort(const absl::Status& status) = 0;
  // OK while the token that the caller came with counts.
  virtual absl::Status StillCounts() const = 0;
};

// What a call that streams calls back, on any thread; both may be null.
struct Streaming {
  // A message has left for the caller.
  std::function<void()> written;
  // The call has ended, whoever ended it: once, if at all, and with no lock of the edge's held.
  std::function<void()> forget;
};

struct Method {
  // Runs on a thread of the lane until it is done. Fills `response` where it returns OK.
  using Run = std::function<absl::Status(const CallContext&, grpc::ByteBuffer* request, grpc::ByteBuffer* response)>;
  // Gives the answer of a call that waits, once, on any thread.
  using Respond = std::function<void(absl::StatusOr<grpc::ByteBuffer>)>;
  // Begins a call that waits without a thread, and returns at once. Returns what makes it forget the call, or null;
  // called once the call has ended, whoever ended it.
  using Wait = std::function<std::function<void()>(const CallContext&, grpc::ByteBuffer* request, Respond)>;
  // Begins a call that answers again and again without a thread, and returns at once. The outlet may be used before
  // that.
  using Stream = std::function<Streaming(const CallContext&, grpc::ByteBuffer* request, std::shared_ptr<Outlet>)>;

  // Such as `duban.v1.PlanService/GetPlan`.
  std::string name;
  // Where it runs; a call that waits or streams has no thread and no lane.
  Lane lane = Lane::kOrdinary;
  // One of the three.
  Run run;
  Wait wait;
  Stream stream;
};

// Parses a request and holds it against the rules of its proto. Errors: INVALID_FIELD; without a field where the bytes
// are no such message.
absl::Status ReadRequest(grpc::ByteBuffer* bytes, google::protobuf::Message* request);

// Errors: INVARIANT_BROKEN where it is larger than 2 GiB.
absl::Status WriteResponse(const google::protobuf::Message& response, grpc::ByteBuffer* bytes);

// A row for a function of a request and a response that also looks at its call.
template <typename Request, typename Response>
Method RpcWithContext(std::string name, Lane lane,
                      std::function<absl::Status(const CallContext&, const Request&, Response*)> body) {
  Method method;
  method.name = std::move(name);
  method.lane = lane;
  method.run = [body = std::move(body)](const CallContext& call, grpc::ByteBuffer* in, grpc::ByteBuffer* out) {
    Request request;
    if (absl::Status read = ReadRequest(in, &request); !read.ok()) return read;
    if (absl::Status admitted = call.Admit(request); !admitted.ok()) return admitted;
    Response response;
    if (absl::Status done = body(call, request, &response); !done.ok()) return done;
    return WriteResponse(response, out);
  };
  return method;
}

// A row for a method of a core: `Rpc("duban.v1.PlanService/GetPlan", &core, &PlanCore::GetPlan)`.
template <typename Core, typename Request, typename Response>
Method Rpc(std::string name, Core* core, absl::Status (Core::*body)(const Caller&, const Request&, Response*),
           Lane lane = Lane::kOrdinary) {
  return RpcWithContext<Request, Response>(
      std::move(name), lane, [core, body](const CallContext& call, const Request& request, Response* response) {
        return (core->*body)(call.caller(), request, response);
      });
}
template <typename Core, typename Request, typename Response>
Method Rpc(std::string name, const Core* core,
           absl::Status (Core::*body)(const Caller&, const Request&, Response*) const, Lane lane = Lane::kOrdinary) {
  return RpcWithContext<Request, Response>(
      std::move(name), lane, [core, body](const CallContext& call, const Request& request, Response* response) {
        return (core->*body)(call.caller(), request, response);
      });
}

// A row for a function whose calls wait. `begin` is handed a request that holds to its rules, and answers through
// `respond`, once, on any thread, before it returns or later; what it returns makes it forget the call. The context is
// gone afterwards. It answers with bytes, because many calls may wait for the same.
template <typename Request>
Method WaitingRpc(std::string name,
                  std::function<std::function<void()>(const CallContext&, const Request&, Method::Respond)> begin) {
  Method method;
  method.name = std::move(name);
  method.wait = [begin = std::move(begin)](const CallContext& call, grpc::ByteBuffer* in,
                                           Method::Respond respond) -> std::function<void()> {
    Request request;
    absl::Status admitted = ReadRequest(in, &request);
    if (admitted.ok()) admitted = call.Admit(request);
    if (!admitted.ok()) {
      respond(admitted);
      return nullptr;
    }
    return begin(call, request, std::move(respond));
  };
  return method;
}

// A row for a function whose calls stream. `begin` is handed a request that holds to its rules.
template <typename Request>
Method StreamingRpc(std::string name,
                    std::function<Streaming(const CallContext&, const Request&, std::shared_ptr<Outlet>)> begin) {
  Method method;
  method.name = std::move(name);
  method.stream = [begin = std::move(begin)](const CallContext& call, grpc::ByteBuffer* in,
                                             std::shared_ptr<Outlet> outlet) -> Streaming {
    Request request;
    absl::Status admitted = ReadRequest(in, &request);
    if (admitted.ok()) admitted = call.Admit(request);
    if (admitted.ok()) return begin(call, request, std::move(outlet));
    outlet->End(admitted);
    return {};
  };
  return method;
}

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_METHOD_H_
