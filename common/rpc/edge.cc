#include "common/rpc/edge.h"

#include <exception>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/access/ended_tokens.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/grpc_status.h"
#include "duban/v1/person.pb.h"

namespace duban {
namespace {

// Who takes calls in and refuses them goes before who works on them, and what is expensive stands back behind what is
// not. Against other programs it changes nothing where each has its share, as under systemd.
constexpr int kOrdinaryNice = 5;
constexpr int kSignInNice = 7;
constexpr int kExpensiveNice = 10;

// How many calls each lane works on and lets wait, beside what EdgeOptions says. Neighbours: a page of each of sixteen
// at once, and as many nodes below as dial at the same moment after a restart wait their turn.
constexpr WorkerPoolOptions kNeighbourLane = {.name = "call-neighbour", .threads = 16, .queue = 256};
// Never asked for a thread.
constexpr WorkerPoolOptions kFrontLane = {};
constexpr WorkerPoolOptions kSignInLane = {.name = "call-sign-in", .threads = 2, .queue = 256, .nice = kSignInNice};
constexpr WorkerPoolOptions kOperatorLane = {.name = "call-operator", .threads = 2, .queue = 30};
constexpr const char* kLaneNames[kLanes] = {"ordinary", "expensive", "neighbour", "operator", "front", "sign-in"};

absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
}

absl::Status StoppedAtWork() {
  return Error(v1::OUTCOME_UNKNOWN, "the server stops while it works on the call; repeat it with the same request id",
               "服务停止时请求仍在处理，是否办成未知；请用同一请求编号重试");
}

absl::Status NeverWhole() {
  return Error(v1::INVALID_FIELD, "the call ended before its request was whole; send one message",
               "请求内容未发送完整，请重新发送");
}

absl::Status DeadlinePassed() {
  return absl::DeadlineExceededError("the deadline had passed before the call could begin; nothing was changed");
}

absl::Status TooLong(absl::Duration limit) {
  return absl::DeadlineExceededError(StrCat("the call took longer than the ", absl::FormatDuration(limit),
                                            " this server gives; repeat it with the same request id"));
}

// The host in an address as gRPC writes it: `10.1.2.3` of `ipv4:10.1.2.3:34756`, `::1` of `ipv6:%5B::1%5D:34756`.
std::string HostOf(std::string_view peer) {
  const size_t scheme = peer.find(':');
  const size_t port = peer.rfind(':');
  if (scheme == std::string_view::npos || port <= scheme) return std::string(peer);
  std::string host(peer.substr(scheme + 1, port - scheme - 1));
  if (host.starts_with("%5B") && host.ends_with("%5D")) host = host.substr(3, host.size() - 6);
  return host;
}

// The id of a request that has one.
std::string RequestIdOf(const google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING) return "";
  return request.GetReflection()->GetString(request, field);
}

absl::Status HungUp() {
  return absl::CancelledError("the caller went away");
}

// How a call that failed is logged. What the caller did is nothing for the operator; what the server could not do is.
LogLevel LevelOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kCancelled:
      return LogLevel::kDebug;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return LogLevel::kError;
    case absl::StatusCode::kDeadlineExceeded:
      return LogLevel::kWarning;
    case absl::StatusCode::kUnavailable:
      // Counted, and logged as a number (Tend): there may be thousands a second.
      return ReasonOf(status) == v1::OVERLOADED ? LogLevel::kDebug : LogLevel::kWarning;
    default:
      return LogLevel::kInfo;
  }
}

// For what nobody here knows, and for whom nobody knows. Deletes itself.
class Refused final : public ServerCall {
 public:
  Refused(std::unique_ptr<Wire> wire, const absl::Status& why) : ServerCall(std::move(wire)) { Finish(why); }
  void OnDone() override { delete this; }
};

}  // namespace

absl::Status WithReason(absl::Status status) {
  if (status.ok() || ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) return status;
  if (absl::IsCancelled(status) || absl::IsDeadlineExceeded(status)) return status;
  return InvariantBroken(StrCat("an error without a reason: ", ToStd(status.message())));
}

// One call. The front's thread, a worker, whoever answers a waiting call, and Tend may run together; `mu_` decides who
// ends it, and what is not guarded belongs to one of them at a time. The wire dies with the call while a worker may
// still be at it, so that all it is asked is asked at the beginning.
class Edge::Call final : public ServerCall,
                         public CallContext,
                         public Outlet,
                         public Task,
                         public std::enable_shared_from_this<Edge::Call> {
 public:
  Call(Edge* edge, const Bound* bound, std::unique_ptr<Wire> wire)
      : ServerCall(std::move(wire)),
        edge_(edge),
        bound_(bound),
        peer_(context().peer()),
        tally_(edge->guard_->TallyOf(peer_)),
        deadline_(absl::FromChrono(context().deadline())),
        started_(edge->clock_->Steady()) {
    tally_->bytes += kCallBytes + static_cast<int64_t>(MetadataBytes(context().client_metadata()));
  }

  const Bound& bound() const { return *bound_; }
  const std::string& peer() const override { return peer_; }
  const Caller& caller() const override { return caller_; }
  absl::Duration started() const { return started_; }
  bool over() const { return over_; }
  // Has no thread and no lane.
  bool waits() const { return bound_->method.wait != nullptr || streams(); }
  bool streams() const { return bound_->method.stream != nullptr; }

  absl::Status Admit(const google::protobuf::Message& request) const override {
    absl::Status decided = bound_->rule.Decide(caller_, request, bound_->facts, DayOf(edge_->clock_->Now()));
    if (!decided.ok()) {
      about_ = bound_->rule.About(request);
      request_id_ = RequestIdOf(request);
    }
    return decided;
  }

  // Only here a call's deadline is compared with the machine's clock: it is real time whatever the process pretends.
  bool cancelled() const override { return over_ || deadline_ < RealClock().Now(); }

  // On the front's thread, which hears nothing of the call meanwhile.
  void Begin() {
    absl::Status checked = edge_->CheckHeaders(context(), *bound_, &caller_);
    caller_.address = HostOf(peer_);
    if (!checked.ok()) {
      return End(std::move(checked));
    }
    edge_->BeginReading(this);
    StartRead(&request_);
  }

  // Ends the call; only the first time. Whoever calls it holds the call. Whoever has it wait forgets it, however it
  // ends: a message that could not leave is the last that is heard of some callers.
  void End(absl::Status status, grpc::ByteBuffer response) {
    std::function<void()> forget;
    {
      MutexLock lock(&mu_);
      if (over_) return;
      over_ = true;
      forget = std::exchange(forget_, nullptr);
      written_ = nullptr;
    }
    if (forget != nullptr) forget();
    if (!read_) tally_->bytes += kUnreadBytes;
    status = WithReason(std::move(status));
    NoteRefusal(status);
    edge_->Handled(*this, status);
    if (!status.ok() || streams()) return FinishBehindWrite(status);
    response_ = std::move(response);
    FinishWith(response_);
  }
  void End(const absl::Status& status) override { End(status, grpc::ByteBuffer()); }

  // The wire is there as long as a message is on its way.
  void Abort(const absl::Status& status) override {
    End(status);
    MutexLock lock(&mu_);
    if (writing_) context().TryCancel();
  }

  void Write(grpc::ByteBuffer message) override {
    MutexLock lock(&mu_);
    if (over_ || writing_) return;
    writing_ = wrote_ = true;
    response_ = std::move(message);
    StartWrite(response_);
  }

  absl::Status StillCounts() const override { return CheckNotEnded(*bound_, caller_); }

  void OnWritten(bool ok) override {
    std::function<void()> written;
    {
      MutexLock lock(&mu_);
      writing_ = false;
      if (end_.has_value()) return Finish(*end_);
      written = written_;
    }
    if (!ok) return End(HungUp());
    if (written != nullptr) written();
  }

  // Ends a call that cannot be brought to its end.
  void EndUnfinished() { End(begun_ ? StoppedAtWork() : Stopping()); }

  void OnRead(bool ok) override {
    edge_->EndReading(this);
    if (ok) {
      read_ = true;
      tally_->bytes += static_cast<int64_t>(request_.Length()) * 101 / 100;
    }
    if (!ok) return End(NeverWhole());
    if (over_) return;
    if (streams()) return Stream();
    if (waits()) return Wait();
    if (bound_->method.lane == Lane::kFront) {
      status_ = RunMethod();
      return Answer();
    }
    if (!edge_->lane_of(*bound_).pool.Submit(shared_from_this())) End(edge_->Overloaded(*bound_));
  }

  void OnCancelled() override {
    if (!over_) edge_->guard_->Dropped(peer_, *tally_);
    if (!waits()) edge_->lane_of(*bound_).pool.Withdraw(this);
    End(HungUp());
  }

  // May destroy this.
  void OnDone() override { edge_->Remove(this); }

  void Run() override {
    begun_ = true;
    edge_->BeginWork(*bound_);
    DUBAN_FAILPOINT("call.before_run");
    status_ = RunMethod();
    DUBAN_FAILPOINT("call.before_answer");
    edge_->EndWork(*bound_);
  }

  void Answer() override { End(std::move(status_), std::move(answer_)); }

 private:
  // Puts it into the audit where it was refused for who the caller is. A name that did not sign in is there already, in
  // the write that counts it.
  void NoteRefusal(const absl::Status& status) {
    const v1::ErrorReason reason = ReasonOf(status);
    if (bound_->refusals == nullptr || (reason != v1::NOT_ALLOWED && reason != v1::NOT_AUTHENTICATED)) return;
    if (MetadataOf(status)["cause"] == kSignInCause) return;
    bound_->refusals->Note({caller_, bound_->method.name, request_id_, about_, reason}, edge_->clock_->Steady());
  }

  absl::Status RunMethod() {
    if (over_) return HungUp();
    if (cancelled()) return DeadlinePassed();
    try {
      return bound_->method.run(*this, &request_, &answer_);
    } catch (const std::exception& e) {
      return InvariantBroken(StrCat("an exception: ", e.what()));
    } catch (...) {
      return InvariantBroken("an exception of unknown type");
    }
  }

  // The answer may come, and the caller go, before the call knows how to be forgotten.
  void Wait() {
    std::function<void()> forget =
        bound_->method.wait(*this, &request_, [self = shared_from_this()](absl::StatusOr<grpc::ByteBuffer> answer) {
          absl::Status status = answer.status();
          self->End(std::move(status), answer.ok() ? *std::move(answer) : grpc::ByteBuffer());
        });
    {
      MutexLock lock(&mu_);
      if (!over_) return std::swap(forget_, forget);
    }
    if (forget != nullptr) forget();
  }

  // The same of a call that streams; what has left before it knew whom to tell is told now.
  void Stream() {
    Streaming streaming = bound_->method.stream(*this, &request_, shared_from_this());
    bool missed = false;
    {
      MutexLock lock(&mu_);
      missed = !over_ && wrote_ && !writing_;
      if (!over_) written_ = streaming.written;
      if (!over_) std::swap(forget_, streaming.forget);
    }
    if (over_ && streaming.forget != nullptr) streaming.forget();
    if (missed && streaming.written != nullptr) streaming.written();
  }

  void FinishBehindWrite(const absl::Status& status) {
    MutexLock lock(&mu_);
    if (writing_) {
      end_ = status;
    } else {
      Finish(status);
    }
  }

  friend class Edge;

  Edge* const edge_;
  const Bound* const bound_;
  const std::string peer_;
  const std::shared_ptr<ConnectionGuard::Tally> tally_;
  const absl::Time deadline_;
  const absl::Duration started_;
  // What a call that was refused was about. The worker's.
  mutable std::string about_, request_id_;
  // Known once the headers are checked, and of a call that is refused before that as good as nobody.
  Caller caller_;
  // Written with `mu_` held, by whoever ends the call.
  std::atomic<bool> over_{false};
  // The request was read; a worker has begun.
  std::atomic<bool> read_{false}, begun_{false};
  // Where it stands in Edge::reading_, under the edge's lock.
  std::optional<std::list<Call*>::iterator> place_;

  // gRPC's until it was read, then the worker's.
  grpc::ByteBuffer request_;
  // The worker's.
  absl::Status status_;
  grpc::ByteBuffer answer_;
  // gRPC's from the end on.
  grpc::ByteBuffer response_;

  Mutex mu_;
  // Makes whoever holds a waiting call forget it.
  std::function<void()> forget_ ABSL_GUARDED_BY(mu_);
  // Of a call that streams: who is told that a message has left; one is on its way; one ever was; how it ends once the
  // one on its way has left.
  std::function<void()> written_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool wrote_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
};

Edge::Edge(Clock* clock, Metrics* metrics, ConnectionGuard* guard, const EdgeOptions& options)
    : clock_(clock),
      metrics_(metrics),
      guard_(guard),
      options_(options),
      budget_(clock, options.calls_per_second),
      sign_ins_(clock, options.sign_ins_per_minute) {
  const WorkerPoolOptions lanes[kLanes] = {
      {.name = "call-ordinary", .threads = options.threads, .queue = options.threads, .nice = kOrdinaryNice},
      {.name = "call-expensive", .threads = options.expensive_threads, .queue = 0, .nice = kExpensiveNice},
      kNeighbourLane,
      kOperatorLane,
      kFrontLane,
      kSignInLane,
  };
  for (size_t i = 0; i < kLanes; ++i) lanes_[i] = std::make_unique<LaneState>(lanes[i]);
}

Edge::~Edge() {
  Stop();
}

absl::Status Edge::Add(const std::string& module, Served served) {
  MutexLock lock(&mu_);
  Module& added = modules_[module];
  added.store = served.store;
  for (Method& method : served.methods) {
    const google::protobuf::MethodDescriptor* const contract = FindMethod(method.name);
    if (contract == nullptr) return InvariantBroken(StrCat(method.name, " is in no contract"));
    DUBAN_ASSIGN_OR_RETURN(MethodRule rule, MethodRule::Of(*contract));
    std::string path = StrCat("/", method.name);
    methods_[path] = {std::move(method), std::move(rule), served.facts, served.ended, served.refusals, &added};
  }
  return absl::OkStatus();
}

absl::StatusOr<Caller> Edge::Identified(const grpc::GenericServerContext& context) const {
  return identify_ == nullptr ? Anybody() : identify_(context);
}

absl::Status Edge::CheckHeaders(const grpc::GenericServerContext& context, const Bound& bound, Caller* caller) {
  if (absl::Status checked = CheckMetadata(context); !checked.ok()) return checked;
  DUBAN_ASSIGN_OR_RETURN(*caller, Identified(context));
  if (draining_) return Stopping();
  if (admit_ != nullptr) DUBAN_RETURN_IF_ERROR(admit_());
  if (bound.module->store != nullptr) {
    if (absl::Status serving = bound.module->store->serving(); !serving.ok()) return serving;
  }
  DUBAN_RETURN_IF_ERROR(TakeOffBudget(bound, HostOf(context.peer()), *caller));
  DUBAN_RETURN_IF_ERROR(CheckNotEnded(bound, *caller));
  if (bound.method.run != nullptr && !lane_of(bound).pool.has_room()) return Overloaded(bound);
  return absl::OkStatus();
}

absl::Status Edge::TakeOffBudget(const Bound& bound, const std::string& address, const Caller& caller) {
  if (bound.method.lane != Lane::kSignIn) return budget_.Take(caller);
  DUBAN_RETURN_IF_ERROR(budget_.Take(caller, kSignInCalls));
  return sign_ins_.Take(caller, address);
}

absl::Status Edge::CheckNotEnded(const Bound& bound, const Caller& caller) {
  if (caller.kind != CallerKind::kPerson || bound.ended == nullptr) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto ended,
                         bound.ended->TakeSnapshot()->Get<v1::EndedTokens>(EndedTokensOf(caller.person)));
  if (!ended || !IsEnded(ended->value, caller)) return absl::OkStatus();
  return Error(v1::NOT_AUTHENTICATED,
               "the token counts no more: its session ended, or what its person may do has "
               "changed; refresh it, or sign in again",
               "登录凭证已失效：会话已结束，或权限有变动；请刷新凭证或重新登录", {{"cause", "TOKEN"}});
}

absl::Status Edge::Overloaded(const Bound& bound) {
  ++lane_of(bound).refused;
  const char* const lane = kLaneNames[static_cast<size_t>(bound.method.lane)];
  return Error(v1::OVERLOADED,
               StrCat("the server is busy: as many ", lane, " calls as it takes are under way; repeat it in a second"),
               "服务器繁忙，请一秒后重试", {{"lane", lane}});
}

void Edge::Take(std::unique_ptr<Wire> wire) {
  const std::string& path = wire->context().method();
  auto found = methods_.find(path);
  if (found == methods_.end()) {
    absl::Status why = Identified(wire->context()).status();
    auto stream = streams_.find(path);
    if (why.ok() && stream != streams_.end()) return stream->second(std::move(wire));
    if (why.ok()) why = absl::UnimplementedError(StrCat("there is no method ", path.substr(0, 200), " here"));
    guard_->TallyOf(wire->context().peer())->bytes += kCallBytes + kUnreadBytes;
    // gRPC keeps it until it is done.
    new Refused(std::move(wire), why);
    return;
  }
  const Bound& bound = found->second;
  metrics_->Started(bound.method.name);
  auto call = std::make_shared<Call>(this, &bound, std::move(wire));
  {
    MutexLock lock(&mu_);
    calls_[call.get()] = call;
    ++open_;
  }
  call->Begin();
}

void Edge::BeginReading(Call* call) {
  std::shared_ptr<Call> evicted;
  {
    MutexLock lock(&mu_);
    call->place_ = reading_.insert(reading_.end(), call);
    ++call->tally_->bodies;
    if (reading_.size() > kMaxReadingCalls) evicted = calls_.at(reading_.front());
  }
  if (evicted == nullptr) return;
  EndReading(evicted.get());
  evicted->End(Overloaded(evicted->bound()));
}

void Edge::EndReading(Call* call) {
  MutexLock lock(&mu_);
  if (!call->place_) return;
  reading_.erase(*call->place_);
  call->place_.reset();
  --call->tally_->bodies;
}

void Edge::BeginWork(const Bound& bound) {
  if (bound.method.lane != Lane::kOrdinary) return;
  MutexLock lock(&mu_);
  if (bound.module->working++ == 0) bound.module->silent_since = clock_->Steady();
}

void Edge::EndWork(const Bound& bound) {
  if (bound.method.lane != Lane::kOrdinary) return;
  MutexLock lock(&mu_);
  --bound.module->working;
  bound.module->silent_since = clock_->Steady();
}

bool Edge::answers(const std::string& module) const {
  MutexLock lock(&mu_);
  auto found = modules_.find(module);
  return found == modules_.end() || found->second.working == 0 ||
         clock_->Steady() - found->second.silent_since <= options_.stuck_after;
}

void Edge::Handled(const Call& call, const absl::Status& status) {
  const std::string& method = call.bound().method.name;
  const absl::Duration elapsed = clock_->Steady() - call.started();
  metrics_->Handled(method, status.code(), elapsed);
  {
    MutexLock lock(&mu_);
    --open_;
  }
  if (status.ok() && !IsLogged(LogLevel::kDebug)) return;
  const std::string millis = absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(elapsed));
  if (status.ok()) {
    return Log(LevelOf(status), "rpc.handled",
               {{"method", method}, {"peer", call.peer()}, {"caller", call.caller().label()}, {"ms", millis}});
  }
  Log(LevelOf(status), "rpc.failed",
      {{"method", method},
       {"peer", call.peer()},
       {"caller", call.caller().label()},
       {"ms", millis},
       {"code", absl::StatusCodeToString(status.code())},
       {"reason", v1::ErrorReason_Name(ReasonOf(status))},
       {"message", std::string(status.message())}});
}

void Edge::Remove(Call* call) {
  EndReading(call);
  // Destroyed behind the lock.
  std::shared_ptr<Call> last;
  MutexLock lock(&mu_);
  auto it = calls_.find(call);
  last = std::move(it->second);
  calls_.erase(it);
}

std::vector<std::shared_ptr<Edge::Call>> Edge::OpenCalls() const {
  std::vector<std::shared_ptr<Call>> open;
  MutexLock lock(&mu_);
  for (const auto& [pointer, call] : calls_) {
    if (!call->over()) open.push_back(call);
  }
  return open;
}

void Edge::AwaitIdle(absl::Duration timeout) {
  {
    MutexLock lock(&mu_);
    const auto idle = [this] {
      mu_.AssertReaderHeld();
      return open_ == 0;
    };
    RealClock().AwaitWithTimeout(&mu_, absl::Condition(&idle), timeout);
  }
  for (const std::shared_ptr<Call>& call : OpenCalls()) call->EndUnfinished();
}

void Edge::Stop() {
  for (const auto& lane : lanes_) lane->pool.Stop();
}

void Edge::Tend() {
  const absl::Duration now = clock_->Steady();
  for (const std::shared_ptr<Call>& call : OpenCalls()) {
    if (!call->waits() && now - call->started() > options_.max_call_time) call->End(TooLong(options_.max_call_time));
  }
  budget_.Tend();
  sign_ins_.Tend();
  if (const int64_t over = budget_.refused(); over != over_budget_logged_) {
    Log(LogLevel::kWarning, "edge.over_budget", {{"refused", StrCat(over - over_budget_logged_)}});
    over_budget_logged_ = over;
  }
  for (size_t i = 0; i < kLanes; ++i) {
    LaneState& lane = *lanes_[i];
    const int64_t refused = lane.refused;
    if (refused == lane.logged) continue;
    Log(LogLevel::kWarning, "edge.overloaded",
        {{"lane", kLaneNames[i]},
         {"refused", StrCat(refused - lane.logged)},
         {"busy", StrCat(lane.pool.busy())},
         {"waiting", StrCat(lane.pool.waiting())}});
    lane.logged = refused;
  }
}

std::vector<Sample> Edge::Samples() const {
  std::vector<Sample> samples = {{"duban_calls_over_budget_total",
                                  "Calls refused because their caller makes too many.",
                                  true,
                                  {},
                                  static_cast<double>(budget_.refused())}};
  for (size_t i = 0; i < kLanes; ++i) {
    const LaneState& lane = *lanes_[i];
    const std::vector<std::pair<std::string, std::string>> labels = {{"lane", kLaneNames[i]}};
    samples.push_back(
        {"duban_calls_working", "Calls that threads work on.", false, labels, static_cast<double>(lane.pool.busy())});
    samples.push_back({"duban_calls_queued", "Calls that wait for a thread.", false, labels,
                       static_cast<double>(lane.pool.waiting())});
    samples.push_back({"duban_calls_refused_total", "Calls refused because the lane was full.", true, labels,
                       static_cast<double>(lane.refused)});
  }
  return samples;
}

}  // namespace duban
