#include "common/rpc/call_edge.h"

#include <exception>
#include <string>

#include "absl/strings/str_format.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/validate.h"

namespace duban {
namespace {

absl::Status Overdue() {
  return absl::DeadlineExceededError("the deadline had passed before the call could begin; nothing was changed");
}

}  // namespace

absl::Status WithReason(absl::Status status) {
  if (status.ok() || ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) return status;
  if (absl::IsCancelled(status) || absl::IsDeadlineExceeded(status)) return status;
  return InvariantBroken(StrCat("an error without a reason: ", ToStd(status.message())));
}

absl::Status CallTable::Accepting() const {
  if (!draining_) return absl::OkStatus();
  return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
}

absl::Duration CallTable::Started(std::string_view method) {
  metrics_->Started(method);
  return clock_->Steady();
}

void CallTable::Handled(std::string_view method, std::string_view peer, const absl::Status& status,
                        absl::Duration started) {
  const absl::Duration elapsed = clock_->Steady() - started;
  metrics_->Handled(method, status.code(), elapsed);
  if (status.ok() && !log_calls_) return;
  const bool broken = absl::IsInternal(status) || absl::IsDataLoss(status);
  const LogLevel level = status.ok() ? LogLevel::kDebug : broken ? LogLevel::kError : LogLevel::kWarning;
  const std::string millis = absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(elapsed));
  if (status.ok()) {
    return Log(level, "rpc.handled", {{"method", std::string(method)}, {"peer", std::string(peer)}, {"ms", millis}});
  }
  Log(level, "rpc.failed",
      {{"method", std::string(method)},
       {"peer", std::string(peer)},
       {"ms", millis},
       {"code", absl::StatusCodeToString(status.code())},
       {"reason", v1::ErrorReason_Name(ReasonOf(status))},
       {"message", std::string(status.message())}});
}

void CallTable::Enter(const grpc::ServerContext* context, absl::Duration started) {
  MutexLock lock(&mu_);
  running_[context] = started;
}

void CallTable::Leave(const grpc::ServerContext* context) {
  MutexLock lock(&mu_);
  running_.erase(context);
}

void CallTable::AwaitIdle(absl::Duration timeout) {
  MutexLock lock(&mu_);
  const auto idle = [this] {
    mu_.AssertReaderHeld();
    return running_.empty();
  };
  RealClock().AwaitWithTimeout(&mu_, absl::Condition(&idle), timeout);
}

void CallTable::CancelOverdue() {
  const absl::Duration now = clock_->Steady();
  MutexLock lock(&mu_);
  for (auto& [context, started] : running_) {
    if (now - started <= max_call_time_) continue;
    context->TryCancel();
    started = absl::InfiniteDuration();
  }
}

grpc::Status CallEdge::DoCall(grpc::ServerContext* context, std::string_view method,
                              const google::protobuf::Message& request, absl::FunctionRef<absl::Status()> body) {
  const absl::Duration started = table_->Started(method);
  table_->Enter(context, started);
  DUBAN_FAILPOINT("call.before_run");
  absl::Status status = Run(*context, request, body);
  DUBAN_FAILPOINT("call.before_answer");
  table_->Leave(context);
  status = WithReason(std::move(status));
  table_->Handled(method, context->peer(), status, started);
  return ToGrpcStatus(status);
}

absl::Status CallEdge::Run(const grpc::ServerContext& context, const google::protobuf::Message& request,
                           absl::FunctionRef<absl::Status()> body) const {
  DUBAN_RETURN_IF_ERROR(CheckMetadata(context));
  DUBAN_RETURN_IF_ERROR(table_->Accepting());
  if (store_ != nullptr) DUBAN_RETURN_IF_ERROR(store_->serving());
  // The call may have waited for a thread. Only the edge compares with the machine's clock: a deadline is real time.
  if (absl::FromChrono(context.deadline()) < RealClock().Now()) return Overdue();
  DUBAN_RETURN_IF_ERROR(ValidateRequest(request));
  try {
    return body();
  } catch (const std::exception& e) {
    return InvariantBroken(StrCat("an exception: ", e.what()));
  } catch (...) {
    return InvariantBroken("an exception of unknown type");
  }
}

}  // namespace duban
