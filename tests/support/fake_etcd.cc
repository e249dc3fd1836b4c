#include "tests/support/fake_etcd.h"

#include <cstdlib>

#include "common/base/clock.h"
#include "common/base/strings.h"

namespace duban::testing {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

struct FakeEtcd::Service : etcdserverpb::KV::Service,
                           etcdserverpb::Lease::Service,
                           etcdserverpb::Watch::Service,
                           etcdserverpb::Auth::Service {
  explicit Service(FakeEtcd* etcd) : fake(*etcd) {}

  grpc::Status Authenticate(grpc::ServerContext*, const etcdserverpb::AuthenticateRequest* request,
                            etcdserverpb::AuthenticateResponse* response) override {
    fake.Wait();
    MutexLock lock(&fake.mu_);
    if (request->name() != fake.user_ || request->password() != fake.password_) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "etcdserver: authentication failed, invalid user ID or password"};
    }
    response->set_token(fake.token_);
    return grpc::Status::OK;
  }

  grpc::Status Range(grpc::ServerContext* context, const etcdserverpb::RangeRequest* request,
                     etcdserverpb::RangeResponse* response) override {
    fake.Wait();
    if (const grpc::Status signed_in = fake.CheckToken(*context); !signed_in.ok()) return signed_in;
    MutexLock lock(&fake.mu_);
    response->mutable_header()->set_cluster_id(fake.cluster_id_);
    FakeEtcd::Range(fake.frozen_.has_value() ? *fake.frozen_ : fake.keys_, *request, response);
    return grpc::Status::OK;
  }

  grpc::Status Txn(grpc::ServerContext*, const TxnRequest* request, TxnResponse* response) override {
    return fake.Txn(*request, response);
  }

  grpc::Status Compact(grpc::ServerContext*, const etcdserverpb::CompactionRequest*,
                       etcdserverpb::CompactionResponse*) override {
    return grpc::Status::OK;
  }

  grpc::Status LeaseGrant(grpc::ServerContext*, const etcdserverpb::LeaseGrantRequest* request,
                          etcdserverpb::LeaseGrantResponse* response) override {
    MutexLock lock(&fake.mu_);
    response->set_id(fake.next_lease_++);
    response->set_ttl(request->ttl());
    fake.leases_[response->id()] = request->ttl();
    return grpc::Status::OK;
  }

  grpc::Status LeaseRevoke(grpc::ServerContext*, const etcdserverpb::LeaseRevokeRequest* request,
                           etcdserverpb::LeaseRevokeResponse*) override {
    MutexLock lock(&fake.mu_);
    fake.leases_.erase(request->id());
    std::erase_if(fake.keys_, [&](const auto& row) { return row.second.lease == request->id(); });
    return grpc::Status::OK;
  }

  grpc::Status LeaseKeepAlive(grpc::ServerContext*,
                              grpc::ServerReaderWriter<etcdserverpb::LeaseKeepAliveResponse,
                                                       etcdserverpb::LeaseKeepAliveRequest>* stream) override {
    etcdserverpb::LeaseKeepAliveRequest request;
    while (stream->Read(&request)) {
      etcdserverpb::LeaseKeepAliveResponse response;
      response.set_id(request.id());
      {
        MutexLock lock(&fake.mu_);
        const auto lease = fake.leases_.find(request.id());
        response.set_ttl(lease == fake.leases_.end() ? 0 : lease->second);
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status Watch(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<etcdserverpb::WatchResponse, etcdserverpb::WatchRequest>* stream) override {
    etcdserverpb::WatchRequest request;
    if (!stream->Read(&request)) return grpc::Status::OK;
    etcdserverpb::WatchResponse response;
    response.set_created(true);
    int64_t told = 0;
    while (stream->Write(response) && !context->IsCancelled()) {
      response.Clear();
      MutexLock lock(&fake.mu_);
      if (told == 0) told = fake.revision_;
      // A client that leaves tells nobody who waits on a condition: looked at now and then.
      auto moved = [&] {
        fake.mu_.AssertReaderHeld();
        return fake.revision_ > told;
      };
      while (!RealClock().AwaitWithTimeout(&fake.mu_, absl::Condition(&moved), absl::Milliseconds(5))) {
        if (context->IsCancelled()) return grpc::Status::CANCELLED;
      }
      told = fake.revision_;
    }
    return grpc::Status::OK;
  }

  FakeEtcd& fake;
};

FakeEtcd::FakeEtcd() : service_(std::make_unique<Service>(this)) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(16 << 20);
  builder.RegisterService(static_cast<etcdserverpb::KV::Service*>(service_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Lease::Service*>(service_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Watch::Service*>(service_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Auth::Service*>(service_.get()));
  server_ = builder.BuildAndStart();
  address_ = StrCat("127.0.0.1:", port);
}

FakeEtcd::~FakeEtcd() {
  server_->Shutdown(absl::ToChronoTime(RealClock().Now()));
}

void FakeEtcd::NextTxns(std::initializer_list<Fate> fates) {
  MutexLock lock(&mu_);
  fates_.assign(fates);
}

void FakeEtcd::AllTxns(Fate fate) {
  MutexLock lock(&mu_);
  fate_of_all_ = fate;
}

void FakeEtcd::ApplyLate() {
  MutexLock lock(&mu_);
  ApplyAllLate();
}

void FakeEtcd::ApplyAllLate() {
  for (const TxnRequest& request : late_) {
    TxnResponse response;
    Apply(request, &response);
  }
  late_.clear();
}

void FakeEtcd::Freeze() {
  MutexLock lock(&mu_);
  frozen_ = keys_;
}

void FakeEtcd::Thaw() {
  MutexLock lock(&mu_);
  frozen_.reset();
}

void FakeEtcd::SetFull(bool full) {
  MutexLock lock(&mu_);
  full_ = full;
}

void FakeEtcd::SetDelay(absl::Duration delay) {
  MutexLock lock(&mu_);
  delay_ = delay;
}

void FakeEtcd::SetClusterId(uint64_t id) {
  MutexLock lock(&mu_);
  cluster_id_ = id;
}

void FakeEtcd::Wait() const {
  const bool never = false;
  MutexLock lock(&mu_);
  RealClock().AwaitWithTimeout(&mu_, absl::Condition(&never), delay_);
}

void FakeEtcd::RequireUser(const std::string& name, const std::string& password) {
  MutexLock lock(&mu_);
  user_ = name;
  password_ = password;
  token_ += "t";
}

grpc::Status FakeEtcd::CheckToken(const grpc::ServerContext& context) const {
  MutexLock lock(&mu_);
  const auto token = context.client_metadata().find("token");
  if (user_.empty() || (token != context.client_metadata().end() && token->second == token_)) return grpc::Status::OK;
  return {grpc::StatusCode::UNAUTHENTICATED, "etcdserver: invalid auth token"};
}

void FakeEtcd::EndLeases() {
  MutexLock lock(&mu_);
  leases_.clear();
  std::erase_if(keys_, [](const auto& row) { return row.second.lease != 0; });
}

void FakeEtcd::SetKey(const std::string& key, const std::string& value) {
  MutexLock lock(&mu_);
  keys_[key] = {value, 0};
  ++revision_;
}

void FakeEtcd::RemoveKey(const std::string& key) {
  MutexLock lock(&mu_);
  keys_.erase(key);
}

std::optional<std::string> FakeEtcd::Key(const std::string& key) const {
  MutexLock lock(&mu_);
  const auto found = keys_.find(key);
  return found == keys_.end() ? std::nullopt : std::optional<std::string>(found->second.value);
}

std::vector<std::string> FakeEtcd::KeysBegin(const std::string& prefix) const {
  MutexLock lock(&mu_);
  std::vector<std::string> found;
  for (const auto& [key, value] : keys_) {
    if (key.starts_with(prefix)) found.push_back(key);
  }
  return found;
}

int64_t FakeEtcd::txns() const {
  MutexLock lock(&mu_);
  return txns_;
}

bool FakeEtcd::Holds(const Compare& compare) const {
  const auto found = keys_.find(compare.key());
  const bool there = found != keys_.end();
  // A key that is not there has version 0 and no value at all.
  if (compare.target() == Compare::VERSION) {
    if (compare.version() != 0) std::abort();
    return compare.result() == Compare::EQUAL ? !there : there;
  }
  if (!there) return false;
  const int order = found->second.value.compare(compare.value());
  if (compare.result() == Compare::EQUAL) return order == 0;
  if (compare.result() == Compare::GREATER) return order > 0;
  std::abort();
}

void FakeEtcd::Range(const Keys& keys, const etcdserverpb::RangeRequest& request,
                     etcdserverpb::RangeResponse* response) {
  auto at = keys.lower_bound(request.key());
  const std::string end = request.range_end().empty() ? request.key() + '\0' : request.range_end();
  for (; at != keys.end() && at->first < end; ++at) {
    if (request.limit() > 0 && response->kvs_size() == request.limit()) {
      response->set_more(true);
      return;
    }
    auto* row = response->add_kvs();
    row->set_key(at->first);
    row->set_value(at->second.value);
  }
}

void FakeEtcd::Apply(const TxnRequest& request, TxnResponse* response) {
  response->set_succeeded(true);
  for (const Compare& compare : request.compare()) {
    if (!Holds(compare)) response->set_succeeded(false);
  }
  for (const RequestOp& op : response->succeeded() ? request.success() : request.failure()) {
    auto* answer = response->add_responses();
    if (op.has_range()) Range(keys_, op.range(), answer->mutable_range());
    if (op.has_put()) {
      keys_[op.put().key()] = {op.put().value(), op.put().lease()};
      answer->mutable_put();
      ++revision_;
    }
    if (op.has_delete_range()) {
      keys_.erase(keys_.lower_bound(op.delete_range().key()), keys_.lower_bound(op.delete_range().range_end()));
      answer->mutable_delete_range();
      ++revision_;
    }
  }
  response->mutable_header()->set_revision(revision_);
}

grpc::Status FakeEtcd::Txn(const TxnRequest& request, TxnResponse* response) {
  Wait();
  MutexLock lock(&mu_);
  ++txns_;
  Fate fate = fate_of_all_;
  if (!fates_.empty()) {
    fate = fates_.front();
    fates_.pop_front();
  }
  bool puts = false;
  for (const RequestOp& op : request.success()) puts = puts || op.has_put();
  if (full_ && puts && fate == Fate::kAnswered) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"};
  }
  if (fate == Fate::kTooBusy) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "etcdserver: too many requests"};
  if (fate == Fate::kTooLarge) return {grpc::StatusCode::INVALID_ARGUMENT, "etcdserver: request is too large"};
  if (fate == Fate::kLate) late_.push_back(request);
  if (fate == Fate::kBehindLate) ApplyAllLate();
  const bool answered = fate == Fate::kAnswered || fate == Fate::kBehindLate;
  if (answered || fate == Fate::kAppliedAnswerLost) Apply(request, response);
  if (answered) return grpc::Status::OK;
  return {grpc::StatusCode::UNAVAILABLE, "etcdserver: request timed out"};
}

}  // namespace duban::testing
