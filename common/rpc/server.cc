#include "common/rpc/server.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/cord.h"
#include "common/access/first_officer.h"
#include "common/access/id_token.h"
#include "common/access/sealing_keys.h"
#include "common/access/token_keys.h"
#include "common/backup/node_backup.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/ids.h"
#include "common/base/line_sink.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/base/thread_name.h"
#include "common/feed/feed_server.h"
#include "common/feed/hop_runner.h"
#include "common/node/node.h"
#include "common/node/refusals.h"
#include "common/rpc/admin_server.h"
#include "common/rpc/audit_service.h"
#include "common/rpc/builder.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/connection_guard.h"
#include "common/rpc/edge.h"
#include "common/rpc/feed_service.h"
#include "common/rpc/fetch_queue.h"
#include "common/rpc/front.h"
#include "common/rpc/grpc_peer.h"
#include "common/rpc/health_service.h"
#include "common/rpc/job_keeper.h"
#include "common/rpc/listener.h"
#include "common/rpc/local_peer.h"
#include "common/rpc/machine.h"
#include "common/rpc/metrics.h"
#include "common/rpc/node_service.h"
#include "common/rpc/person_call.h"
#include "common/rpc/reflection_service.h"
#include "common/rpc/status_samples.h"
#include "common/rpc/transport_keys.h"
#include "common/rpc/watch_service.h"
#include "common/store/verification.h"

namespace duban {
namespace {

// How long answers may take to leave, and idle clients to hang up, once no call runs.
constexpr absl::Duration kHangUpTime = absl::Milliseconds(500);
// As the contract of NodeStatus says.
constexpr size_t kMostFollowersShown = 1000;
// Calls that still run are cancelled so long before the drain has to be over: hanging up, and closing the stores.
constexpr absl::Duration kCloseTime = absl::Milliseconds(1500);
// An entry of the audit about a refused call is there so soon.
constexpr absl::Duration kNoteRefusalsEvery = absl::Seconds(1);

// What a process puts on top of a service of its node.
struct Hosted {
  // Owned by the node.
  Module* module = nullptr;
  // Null after the drain.
  Node::Part* part = nullptr;
  // Full names of its gRPC services.
  std::vector<std::string> services;
  // What the log knows of Edge::answers.
  std::atomic<bool> answered{true};
  // Of its calls, those that wait to be put into the audit of its store.
  RefusalBook refusals;
};

// The services of these methods, each once, in the order of their first.
std::vector<std::string> ServicesOf(const std::vector<Method>& methods) {
  std::vector<std::string> services;
  for (const Method& method : methods) {
    const std::string service = method.name.substr(0, method.name.find('/'));
    if (std::find(services.begin(), services.end(), service) == services.end()) services.push_back(service);
  }
  return services;
}

EdgeOptions EdgeOptionsOf(const ServerOptions& options) {
  EdgeOptions edge;
  edge.threads = options.threads;
  edge.expensive_threads = options.expensive_threads;
  edge.calls_per_second = options.calls_per_second;
  edge.sign_ins_per_minute = options.sign_ins_per_minute;
  edge.max_call_time = options.max_call_time;
  return edge;
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const ServerOptions& options, const ServerPorts& ports);
  ~GrpcServer() override { Drain(); }

  absl::Status Begin(const std::vector<ModuleFactory>& factories);

  int port() const override { return listener_ == nullptr ? 0 : listener_->port(); }
  int admin_port() const override { return admin_ == nullptr ? 0 : admin_->port(); }
  void Drain() override;
  Store* store(std::string_view service) override;
  int waiting_fetches() const override { return queue_.waiting(); }

 private:
  absl::Status OpenKeys(const std::vector<ModuleFactory>& factories);
  absl::Status OpenSingleSignOn();
  std::string MakePageKey() const;
  absl::Status OpenNode(const std::vector<ModuleFactory>& factories);
  absl::Status AddHops();
  absl::StatusOr<std::shared_ptr<FeedPeer>> PeerOf(const Node::Follow& follow);
  // What calls to a node, its own services included, are made with; null where there are no keys.
  std::shared_ptr<grpc::ChannelCredentials> ForCalling(const std::string& node) const;
  absl::Status Listen();
  absl::Status AddMethods();
  absl::Status StartAdmin();
  // True to the stores and to whether calls are answered: each service, and the process as a whole.
  void PublishHealth();
  void Tick();
  // Puts the refused calls of a service into its audit; `all`: also those whose minute is not over.
  void NoteRefusals(Hosted& hosted, bool all);
  absl::StatusOr<v1::SetLogLevelResponse> ChangeLogLevel(const Caller& caller, const v1::SetLogLevelRequest& request);
  // Ends a change of the log level whose time is over.
  void TendLogLevel();
  absl::Status Live() const;
  absl::Status Ready() const;
  v1::NodeStatus Status() const;
  v1::NodeStatus::Machine MachineStatus() const;
  std::vector<v1::NodeCheck> Verify(bool neighbours, Work* work) const;
  std::vector<Sample> Samples() const;

  const ServerOptions options_;
  const ServerPorts ports_;
  Metrics metrics_;
  ConnectionGuard guard_;
  Edge edge_;
  Front front_{[this](std::unique_ptr<Wire> wire) { edge_.Take(std::move(wire)); }};
  FetchQueue queue_;
  HealthService health_{&guard_};
  ReflectionService reflection_;
  // Null: no TLS.
  std::shared_ptr<TransportKeys> keys_;
  std::unique_ptr<TokenKeys> tokens_;
  std::optional<SealingKeys> sealer_;
  // Null: no single sign-on.
  std::unique_ptr<ConfiguredIssuers> id_tokens_;
  // What page tokens are made with.
  std::string page_key_;
  std::optional<storage::v1::FirstOfficer> first_officer_;
  FeedService feed_service_;
  WatchService watch_service_;
  BackupKeeper backups_;
  JobKeeper jobs_;
  NodeService node_service_;
  AuditService audit_service_;
  std::optional<LineFile> reminder_log_;
  std::vector<std::unique_ptr<Hosted>> hosted_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<HopRunner> hops_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<AdminServer> admin_;
  std::thread ticker_;
  std::vector<std::unique_ptr<Loop>> chores_;
  // Make the chores under way return.
  std::vector<std::function<void()>> cancels_;
  std::atomic<bool> serving_{false};

  Mutex mu_;
  bool drained_ ABSL_GUARDED_BY(mu_) = false;
  // Something to do for the ticker.
  bool stirred_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // When the log level is again what the options say; infinite: it stays.
  absl::Time log_level_end_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
};

GrpcServer::GrpcServer(const ServerOptions& options, const ServerPorts& ports)
    : options_(options),
      ports_(ports),
      guard_({options.max_connections, options.max_message_bytes}),
      edge_(ports.clock, &metrics_, &guard_, EdgeOptionsOf(options)),
      queue_(ports.clock, options.max_waiting_fetches),
      feed_service_(&queue_),
      watch_service_(ports.clock, {}),
      backups_({options.backup_dir, options.keep_backups, options.backup_interval, options.node, ports.clock}),
      jobs_(ports.clock, ports.ids),
      node_service_({[this] { return Status(); },
                     [this](bool neighbours, Work* work) { return Verify(neighbours, work); },
                     [this](const Caller& caller, const v1::SetLogLevelRequest& request) {
                       return ChangeLogLevel(caller, request);
                     },
                     &backups_, &jobs_}),
      hops_(std::make_unique<HopRunner>(ports.clock, ports.ids)) {}

// The certificate has to say what the process is: a node that serves under another's name would be hung up on by all.
absl::Status GrpcServer::OpenKeys(const std::vector<ModuleFactory>& factories) {
  page_key_ = MakePageKey();
  if (options_.keys.empty()) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<TransportKeys>> keys = TransportKeys::Open(options_.keys);
  if (!keys.ok()) {
    return absl::InvalidArgumentError(StrCat("--keys=", options_.keys, ": ", ToStd(keys.status().message())));
  }
  const Identity& who = (*keys)->identity();
  const bool whole = who.part == Identity::Part::kNode;
  const bool service =
      who.part == Identity::Part::kService && factories.size() == 1 && who.name == factories[0].service;
  if (who.node != options_.node || (!whole && !service)) {
    return absl::InvalidArgumentError(StrCat("--keys=", options_.keys, " are those of ", who.path(),
                                             ", and not of the node ", options_.node, " or of what it serves here"));
  }
  keys_ = *std::move(keys);
  tokens_ = std::make_unique<TokenKeys>(options_.keys, options_.node, ports_.clock);
  sealer_.emplace(options_.keys);
  DUBAN_RETURN_IF_ERROR(OpenSingleSignOn());
  absl::StatusOr<std::optional<storage::v1::FirstOfficer>> officer = ReadFirstOfficer(options_.keys);
  if (!officer.ok()) {
    return absl::InvalidArgumentError(StrCat("--keys=", options_.keys, ": ", ToStd(officer.status().message())));
  }
  first_officer_ = *std::move(officer);
  return absl::OkStatus();
}

absl::Status GrpcServer::OpenSingleSignOn() {
  if (options_.single_sign_on.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ConfiguredIssuers>> issuers =
      ConfiguredIssuers::Open(options_.single_sign_on, ports_.clock);
  if (!issuers.ok()) {
    return absl::InvalidArgumentError(StrCat("--single-sign-on: ", ToStd(issuers.status().message())));
  }
  id_tokens_ = *std::move(issuers);
  return absl::OkStatus();
}

// Page tokens of a process with keys outlive it, until its certificate is renewed; without, they end with it.
std::string GrpcServer::MakePageKey() const {
  const absl::StatusOr<std::string> own = ReadWholeFile(KeyFileOf(options_.keys));
  if (!options_.keys.empty() && own.ok()) return HmacSha256(*own, "page tokens");
  std::string key;
  for (int i = 0; i < 4; ++i) key += BigEndian(ports_.ids->Next());
  return key;
}

absl::Status GrpcServer::OpenNode(const std::vector<ModuleFactory>& factories) {
  if (absl::Status restored = CheckNotRestoring(options_.data_dir); !restored.ok()) {
    restored.SetPayload(kStoreFailureUrl, absl::Cord(options_.data_dir));
    return restored;
  }
  if (!options_.log_channel_file.empty()) reminder_log_.emplace(options_.log_channel_file);
  std::vector<LogicFactory> services;
  for (const ModuleFactory& factory : factories) {
    services.push_back({factory.service, [this, &factory](const Ports& ports) {
                          auto hosted = std::make_unique<Hosted>();
                          std::unique_ptr<Module> module = factory.make(ports);
                          hosted->module = module.get();
                          hosted_.push_back(std::move(hosted));
                          return module;
                        }});
  }
  NodePorts ports;
  ports.clock = ports_.clock;
  ports.ids = ports_.ids;
  ports.reminder_log = reminder_log_ ? &*reminder_log_ : nullptr;
  ports.channels_file = options_.channels_file;
  ports.page_key = page_key_;
  ports.tokens = tokens_.get();
  ports.sealer = sealer_ ? &*sealer_ : nullptr;
  ports.id_tokens = id_tokens_.get();
  ports.first_officer = first_officer_ ? &*first_officer_ : nullptr;
  ports.open_store = ports_.open_store;
  for (const UpstreamOptions& upstream : options_.upstreams) {
    const std::string address = ServerOptions::AddressOf(upstream, "assignment");
    if (address.empty()) continue;
    ports.evidence_above[upstream.node] = MakeGrpcEvidencePeer(address, ForCalling(upstream.node));
  }
  DUBAN_ASSIGN_OR_RETURN(node_, Node::Open(NodeOptionsOf(options_, ports_), ports, services));
  for (size_t i = 0; i < hosted_.size(); ++i) {
    Hosted& hosted = *hosted_[i];
    hosted.part = node_->parts()[i].get();
    backups_.AddStore(hosted.part->store.get());
    audit_service_.AddStore(hosted.part->store.get());
    // The store has logged it; the ticker tells the health service.
    hosted.part->store->OnFailure([this](const absl::Status& /*failure*/) {
      MutexLock lock(&mu_);
      stirred_ = true;
    });
    for (const auto& feed : hosted.part->feeds) {
      queue_.AddFeed(feed.get());
      feed_service_.AddFeed(feed.get());
    }
    DUBAN_RETURN_IF_ERROR(
        watch_service_.AddFeed(hosted.part->service, hosted.part->store.get(), hosted.module->facts()));
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::ChannelCredentials> GrpcServer::ForCalling(const std::string& node) const {
  return keys_ == nullptr ? nullptr : keys_->ForCalling(node);
}

absl::StatusOr<std::shared_ptr<FeedPeer>> GrpcServer::PeerOf(const Node::Follow& follow) {
  const std::string& feed = follow.hop->spec().feed;
  if (follow.source != options_.node) {
    for (const UpstreamOptions& upstream : options_.upstreams) {
      if (upstream.node != follow.source) continue;
      const std::string address = ServerOptions::AddressOf(upstream, feed);
      if (!address.empty()) return MakeGrpcPeer(address, ForCalling(upstream.node));
    }
    return absl::InvalidArgumentError(
        StrCat("--upstream=", follow.source, " gives no address for its ", feed, " service"));
  }
  if (FeedServer* server = node_->feed(feed); server != nullptr) {
    return std::make_shared<LocalPeer>(server, ports_.clock);
  }
  auto it = options_.local_services.find(feed);
  if (it != options_.local_services.end()) return MakeGrpcPeer(it->second, ForCalling(options_.node));
  return absl::InvalidArgumentError(StrCat("the ", follow.service, " service follows the ", feed,
                                           " service of this node; say where it listens: --", feed,
                                           "-address=HOST:PORT"));
}

absl::Status GrpcServer::AddHops() {
  for (Node::Follow& follow : node_->TakeFollows()) {
    absl::StatusOr<std::shared_ptr<FeedPeer>> peer = PeerOf(follow);
    if (!peer.ok()) return peer.status();
    hops_->Add(std::move(follow.hop), *std::move(peer));
  }
  for (Node::Offer& offer : node_->TakeOffers()) {
    for (const UpstreamOptions& upstream : options_.upstreams) {
      const std::string address = ServerOptions::AddressOf(upstream, offer.feed);
      if (upstream.node != offer.upstream || address.empty()) continue;
      hops_->Add(std::move(offer.hop), offer.store, MakeGrpcPeer(address, ForCalling(upstream.node)));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status GrpcServer::AddMethods() {
  std::vector<std::string> names;
  const auto add = [&](const std::string& module, Edge::Served served) {
    const std::vector<std::string> services = ServicesOf(served.methods);
    names.insert(names.end(), services.begin(), services.end());
    return edge_.Add(module, std::move(served));
  };
  for (const auto& hosted : hosted_) {
    std::vector<Method> methods = hosted->module->methods();
    hosted->services = ServicesOf(methods);
    DUBAN_RETURN_IF_ERROR(add(hosted->part->service, {.methods = std::move(methods),
                                                      .store = hosted->part->store.get(),
                                                      .facts = hosted->module->facts(),
                                                      .ended = hosted->part->store.get(),
                                                      .refusals = &hosted->refusals}));
  }
  // What is about the process and no service in particular is in the audit of its first one.
  RefusalBook* const refusals = &hosted_.front()->refusals;
  const Store* const ended = hosted_.front()->part->store.get();
  audit_service_.SetPageKey(page_key_);
  DUBAN_RETURN_IF_ERROR(add("feed", {.methods = feed_service_.methods(), .ended = ended, .refusals = refusals}));
  DUBAN_RETURN_IF_ERROR(add("watch", {.methods = watch_service_.methods(), .ended = ended, .refusals = refusals}));
  DUBAN_RETURN_IF_ERROR(add("node", {.methods = node_service_.methods(), .ended = ended, .refusals = refusals}));
  DUBAN_RETURN_IF_ERROR(add("audit", {.methods = audit_service_.methods(), .ended = ended, .refusals = refusals}));
  edge_.SetAdmit(ports_.admit);
  edge_.SetIdentify([this](const grpc::ServerContextBase& context) -> absl::StatusOr<Caller> {
    Caller carrier = Anybody();
    if (keys_ != nullptr) {
      DUBAN_ASSIGN_OR_RETURN(carrier, keys_->CallerOf(*context.auth_context(), RealClock().Now()));
    }
    return CallerOfCall(carrier, context.client_metadata(), tokens_.get());
  });
  names.push_back("grpc.health.v1.Health");
  names.push_back("grpc.reflection.v1.ServerReflection");
  reflection_.SetServices(std::move(names));
  for (const char* path : {HealthService::kCheckPath, HealthService::kWatchPath}) {
    edge_.AddStream(path, [this](std::unique_ptr<Wire> wire) { health_.Serve(std::move(wire)); });
  }
  for (const std::string& path : ReflectionService::paths()) {
    edge_.AddStream(path, [this](std::unique_ptr<Wire> wire) { reflection_.Serve(std::move(wire)); });
  }
  return absl::OkStatus();
}

absl::Status GrpcServer::Listen() {
  absl::StatusOr<std::pair<std::string, int>> address = SplitAddress(options_.listen);
  if (!address.ok()) return address.status();
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Open(address->first, address->second);
  if (!listener.ok()) return listener.status();
  grpc::ServerBuilder builder;
  acceptor_ =
      ConfigureBuilder(options_, keys_ == nullptr ? grpc::InsecureServerCredentials() : keys_->ForServer(), builder);
  DUBAN_RETURN_IF_ERROR(AddMethods());
  front_.Register(builder);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) return absl::UnavailableError("gRPC cannot start; its log says why");
  front_.Start();
  listener_ = *std::move(listener);
  TakeConnections(*listener_, guard_, *acceptor_);
  return absl::OkStatus();
}

absl::Status GrpcServer::StartAdmin() {
  if (options_.admin_listen.empty()) return absl::OkStatus();
  absl::StatusOr<std::pair<std::string, int>> address = SplitAddress(options_.admin_listen);
  if (!address.ok()) return address.status();
  AdminPages pages;
  pages.metrics = [this] { return metrics_.Text(Samples()); };
  pages.live = [this] { return Live(); };
  pages.ready = [this] { return Ready(); };
  absl::StatusOr<std::unique_ptr<AdminServer>> admin =
      AdminServer::Start(address->first, address->second, std::move(pages));
  if (!admin.ok()) return admin.status();
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

absl::Status GrpcServer::Begin(const std::vector<ModuleFactory>& factories) {
  DUBAN_RETURN_IF_ERROR(CheckServerOptions(options_));
  for (const ModuleFactory& factory : factories) {
    if (factory.check) DUBAN_RETURN_IF_ERROR(factory.check(options_));
  }
  DUBAN_RETURN_IF_ERROR(OpenKeys(factories));
  DUBAN_RETURN_IF_ERROR(OpenNode(factories));
  DUBAN_RETURN_IF_ERROR(AddHops());
  queue_.Start(options_.fetch_threads);
  watch_service_.Start();
  DUBAN_RETURN_IF_ERROR(Listen());
  DUBAN_RETURN_IF_ERROR(StartAdmin());
  node_->Begin();
  for (Chore& chore : node_->chores()) {
    if (chore.cancel) cancels_.push_back(std::move(chore.cancel));
    chores_.push_back(std::make_unique<Loop>("chore", ports_.clock, chore.pause, std::move(chore.step), chore.nice));
  }
  for (const auto& hosted : hosted_) {
    chores_.push_back(std::make_unique<Loop>("audit", ports_.clock, kNoteRefusalsEvery, [this, hosted = hosted.get()] {
      NoteRefusals(*hosted, false);
      return false;
    }));
  }
  hops_->Start();
  ticker_ = std::thread([this] {
    NameThread("ticker");
    Tick();
  });
  serving_ = true;
  PublishHealth();
  Log(LogLevel::kInfo, "server.serving", {{"port", StrCat(port())}, {"admin_port", StrCat(admin_port())}});
  return absl::OkStatus();
}

void GrpcServer::PublishHealth() {
  bool all = true;
  std::map<std::string, bool> health;
  for (const auto& hosted : hosted_) {
    const bool stores = hosted->part->store->serving().ok();
    const bool answers = edge_.answers(hosted->part->service);
    if (hosted->answered.exchange(answers) != answers) {
      Log(LogLevel::kWarning, answers ? "server.answers_again" : "server.does_not_answer",
          {{"service", hosted->part->service}});
    }
    all = all && stores && answers;
    for (const std::string& service : hosted->services) health[service] = stores && answers;
    if (!stores) {
      for (const auto& feed : hosted->part->feeds) queue_.FailFeed(feed->feed());
    }
  }
  health["duban.v1.FeedService"] = all;
  health["duban.v1.WatchService"] = all;
  health["duban.v1.NodeService"] = true;
  health[""] = all;
  if (ports_.admit != nullptr) health[kLeaderHealth] = ports_.admit().ok();
  // Together: a service that has failed in a whole that has not would be a lie.
  health_.Set(health);
}

void GrpcServer::Tick() {
  while (true) {
    {
      MutexLock lock(&mu_);
      const auto due = [this] {
        mu_.AssertReaderHeld();
        return stirred_ || stopping_;
      };
      ports_.clock->AwaitWithTimeout(&mu_, absl::Condition(&due), absl::Seconds(1));
      if (stopping_) return;
      stirred_ = false;
    }
    edge_.Tend();
    TendLogLevel();
    PublishHealth();
  }
}

absl::StatusOr<v1::SetLogLevelResponse> GrpcServer::ChangeLogLevel(const Caller& caller,
                                                                   const v1::SetLogLevelRequest& request) {
  v1::SetLogLevelResponse response;
  const ClientRequest audited(caller, "duban.v1.NodeService/SetLogLevel", request);
  DUBAN_RETURN_IF_ERROR(node_->parts().front()->store->Request(audited, &response, [&](Transaction&) -> absl::Status {
    response.set_level(request.level());
    const absl::Duration duration = absl::Seconds(request.duration().seconds());
    if (request.has_duration()) *response.mutable_end_time() = ToProto(ports_.clock->Now() + duration);
    return absl::OkStatus();
  }));
  MutexLock lock(&mu_);
  log_level_end_ = response.has_end_time() ? FromProto(response.end_time()) : absl::InfiniteFuture();
  // The values of the two count alike, but for the contract's first.
  SetLogLevel(static_cast<LogLevel>(response.level() - 1));
  Log(LogLevel::kWarning, "log.level_set",
      {{"level", v1::LogLevel_Name(response.level())},
       {"by", caller.label()},
       {"end", absl::FormatTime(log_level_end_)}});
  return response;
}

void GrpcServer::TendLogLevel() {
  MutexLock lock(&mu_);
  if (ports_.clock->Now() < log_level_end_) return;
  log_level_end_ = absl::InfiniteFuture();
  SetLogLevel(options_.log_level);
}

absl::Status GrpcServer::Live() const {
  return node_->serving();
}

absl::Status GrpcServer::Ready() const {
  if (!serving_) return absl::UnavailableError("starting or stopping");
  for (const auto& hosted : hosted_) {
    if (!edge_.answers(hosted->part->service)) {
      return absl::UnavailableError(StrCat("calls of the ", hosted->part->service, " service are not answered"));
    }
  }
  return Live();
}

v1::NodeStatus GrpcServer::Status() const {
  v1::NodeStatus status;
  status.set_node(options_.node);
  status.set_version(DUBAN_VERSION);
  *status.mutable_server_time() = ToProto(ports_.clock->Now());
  status.set_pretended_time(ports_.clock->pretended());
  for (const auto& part : node_->parts()) {
    v1::NodeStatus::Store* store = status.add_stores();
    const absl::Status serving = part->store->serving();
    store->set_service(part->service);
    store->set_serving(serving.ok());
    store->set_failure(std::string(serving.message()));
    *store->mutable_head() = part->store->head();
    store->set_format_version(kFormatVersion);
    store->set_size_bytes(SizeOf(part->store->options().path));
    const int64_t nanos = absl::ToInt64Nanoseconds(part->store->group_stats().last_sync);
    store->mutable_last_sync()->set_seconds(nanos / 1'000'000'000);
    store->mutable_last_sync()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  }
  *status.mutable_machine() = MachineStatus();
  for (v1::NodeStatus::Hop& hop : hops_->Status()) *status.add_hops() = std::move(hop);
  for (const auto& part : node_->parts()) {
    if (absl::Status shown = ShowHops(*part->store->TakeSnapshot(), status); !shown.ok()) {
      Log(LogLevel::kWarning, "status.incomplete",
          {{"service", part->service}, {"cause", std::string(ToStd(shown.message()))}});
    }
    for (const auto& feed : part->feeds) {
      const size_t room = kMostFollowersShown - static_cast<size_t>(status.followers_size());
      for (auto& follower : feed->ListFollowers(room)) *status.add_followers() = std::move(follower);
    }
  }
  return status;
}

v1::NodeStatus::Machine GrpcServer::MachineStatus() const {
  v1::NodeStatus::Machine machine;
  const DiskRoom room = RoomOf(options_.data_dir);
  machine.set_disk_free_bytes(room.free_bytes);
  machine.set_disk_bytes(room.all_bytes);
  machine.set_keep_free_bytes(static_cast<int64_t>(options_.keep_free_mib) << 20);
  if (keys_ != nullptr) {
    // One that cannot be read shows as long run out.
    const absl::StatusOr<absl::Time> end = keys_->ExpireTime();
    *machine.mutable_certificate_expire_time() = ToProto(end.ok() ? *end : absl::UnixEpoch());
  }
  machine.set_makes_backups(!options_.backup_dir.empty());
  const absl::StatusOr<std::vector<v1::Backup>> backups = backups_.List();
  if (backups.ok() && !backups->empty()) *machine.mutable_last_backup_time() = backups->front().create_time();
  for (const v1::Job& job : jobs_.List()) {
    if (job.kind() != v1::Job::VERIFICATION || job.state() != v1::Job::DONE) continue;
    *machine.mutable_last_verification_time() = job.end_time();
    const absl::StatusOr<v1::Job> whole = jobs_.Get(job.name());
    const auto is_good = [](const v1::NodeCheck& check) { return check.result() == v1::NodeCheck::GOOD; };
    machine.set_last_verification_good(whole.ok() && std::all_of(whole->verification().checks().begin(),
                                                                 whole->verification().checks().end(), is_good));
    break;
  }
  machine.set_log_level(static_cast<v1::LogLevel>(static_cast<int>(CurrentLogLevel()) + 1));
  machine.set_insecure(options_.insecure);
  return machine;
}

std::vector<Sample> GrpcServer::Samples() const {
  std::vector<Sample> samples = ProcessSamples();
  samples.push_back(BuildInfo("node", options_.node));
  samples.push_back(
      {"duban_waiting_fetches", "Fetch calls that wait.", false, {}, static_cast<double>(queue_.waiting())});
  samples.push_back(
      {"duban_watching", "Watch calls that are open.", false, {}, static_cast<double>(watch_service_.watching())});
  samples.push_back({"duban_connections_refused_total",
                     "Connections closed because file descriptors ran short.",
                     true,
                     {},
                     static_cast<double>(listener_ == nullptr ? 0 : listener_->refused())});
  samples.push_back({"duban_connections", "Open connections.", false, {}, static_cast<double>(guard_.connections())});
  samples.push_back({"duban_connections_cut_total",
                     "Connections hung up on because they cost more than they ask for.",
                     true,
                     {},
                     static_cast<double>(guard_.cut())});
  for (Sample& sample : edge_.Samples()) samples.push_back(std::move(sample));
  for (const auto& part : node_->parts()) {
    const std::vector<std::pair<std::string, std::string>> labels = {{"service", part->service}};
    const GroupStats groups = part->store->group_stats();
    samples.push_back({"duban_store_groups_total", "Synced writes.", true, labels, static_cast<double>(groups.groups)});
    samples.push_back(
        {"duban_store_commands_total", "Commands made durable.", true, labels, static_cast<double>(groups.commands)});
    samples.push_back({"duban_store_sync_seconds_total", "How long synced writes took.", true, labels,
                       absl::ToDoubleSeconds(groups.synced)});
    for (Gauge& gauge : part->logic->gauges()) {
      samples.push_back({std::move(gauge.name), std::move(gauge.help), false, std::move(gauge.labels), gauge.value});
    }
  }
  for (Sample& sample : SamplesOf(Status())) samples.push_back(std::move(sample));
  if (!ports_.more_samples) return samples;
  for (Sample& sample : ports_.more_samples()) samples.push_back(std::move(sample));
  return samples;
}

std::vector<v1::NodeCheck> GrpcServer::Verify(bool neighbours, Work* work) const {
  std::vector<v1::NodeCheck> checks;
  const auto add = [&](const std::vector<v1::NodeCheck>& more) {
    checks.insert(checks.end(), more.begin(), more.end());
  };
  for (const auto& part : node_->parts()) work->Expect(ChecksOfStore(part->logic->index_rows()));
  if (neighbours) work->Expect(hops_->hops());
  for (const auto& part : node_->parts()) {
    work->SetSubject(part->service);
    add(VerifyStore(*part->store, part->logic->index_rows(), work));
  }
  if (neighbours) add(hops_->Compare(work));
  return checks;
}

Store* GrpcServer::store(std::string_view service) {
  return node_ == nullptr ? nullptr : node_->store(service);
}

void GrpcServer::NoteRefusals(Hosted& hosted, bool all) {
  for (const RefusedCall& call : hosted.refusals.Take(ports_.clock->Steady(), all)) {
    const absl::Status noted = WriteRefusal(hosted.part->store.get(), call);
    if (noted.ok()) continue;
    Log(LogLevel::kError, "audit.refusal_lost",
        {{"caller", call.caller.label()}, {"method", call.method}, {"cause", std::string(noted.message())}});
  }
}

void GrpcServer::Drain() {
  {
    MutexLock lock(&mu_);
    if (std::exchange(drained_, true)) return;
    stopping_ = true;
  }
  // Whatever the process takes for the time, callers and gRPC live in real time.
  const absl::Duration end = RealClock().Steady() + kDrainTime - kCloseTime;
  DUBAN_FAILPOINT("drain.begin");
  serving_ = false;
  jobs_.Interrupt();
  edge_.SetDraining();
  health_.Drain();
  reflection_.Drain();
  queue_.Drain();
  watch_service_.Drain();
  hops_->Stop();
  for (const auto& cancel : cancels_) cancel();
  for (const auto& chore : chores_) chore->Stop();
  if (ticker_.joinable()) ticker_.join();
  if (grpc_ != nullptr) {
    // gRPC cancels calls that come in once it shuts down; before that, ours tells them to come again later.
    edge_.AwaitIdle(std::max(end - RealClock().Steady(), absl::ZeroDuration()));
    if (listener_ != nullptr) listener_->Stop();
    guard_.Stop();
    grpc_->Shutdown(absl::ToChronoTime(RealClock().Now() + kHangUpTime));
    grpc_->Wait();
    front_.Stop();
    grpc_.reset();
  }
  // Calls that were left, and jobs, are answered; their code still has to return.
  edge_.Stop();
  jobs_.Stop();
  DUBAN_FAILPOINT("drain.calls_ended");
  if (admin_ != nullptr) admin_->Stop();
  // From here on nothing calls in. What uses a store goes before it.
  hops_.reset();
  chores_.clear();
  cancels_.clear();
  for (const auto& hosted : hosted_) NoteRefusals(*hosted, true);
  // A store of a replica goes on without this server.
  for (const auto& hosted : hosted_) hosted->part->store->OnFailure(nullptr);
  node_.reset();
  hosted_.clear();
  DUBAN_FAILPOINT("drain.stores_closed");
  Log(LogLevel::kInfo, "server.stopped", {{"node", options_.node}});
}

}  // namespace

NodeOptions NodeOptionsOf(const ServerOptions& options, const ServerPorts& ports) {
  NodeOptions node;
  node.node = options.node;
  node.data_dir = options.data_dir;
  for (const UpstreamOptions& upstream : options.upstreams) node.upstreams.push_back(upstream.node);
  node.store.env = ports.env;
  node.store.min_free_bytes = static_cast<int64_t>(options.keep_free_mib) << 20;
  node.store.block_cache_bytes = static_cast<int64_t>(options.block_cache_mib) << 20;
  node.history_kept = absl::Hours(24 * options.history_days);
  return node;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<ModuleFactory>& modules,
                                                      const ServerPorts& ports) {
  auto server = std::make_unique<GrpcServer>(options, ports);
  DUBAN_RETURN_IF_ERROR(server->Begin(modules));
  return server;
}

}  // namespace duban
