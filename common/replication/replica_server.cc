#include "common/replication/replica_server.h"

#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/cord.h"
#include "common/access/key_folder.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/base/thread_name.h"
#include "common/replication/grpc_etcd.h"
#include "common/replication/replica.h"
#include "common/rpc/address.h"
#include "common/rpc/metrics.h"
#include "common/rpc/stand_in.h"

namespace duban {
namespace {

absl::StatusOr<GrpcEtcdOptions> EtcdOptionsOf(const ReplicationOptions& options, Clock* clock) {
  GrpcEtcdOptions etcd{.endpoints = options.endpoints,
                       .ca_file = options.ca_file,
                       .certificate_file = options.certificate_file,
                       .key_file = options.key_file,
                       .user = options.user,
                       .clock = clock};
  if (options.password_file.empty()) return etcd;
  absl::StatusOr<std::string> password = ReadWholeFile(options.password_file);
  if (!password.ok()) {
    return absl::InvalidArgumentError(
        StrCat("--etcd-password-file=", options.password_file, ": ", ToStd(password.status().message())));
  }
  while (password->ends_with('\n')) password->pop_back();
  etcd.password = *std::move(password);
  return etcd;
}

// The port that was taken first is the one that clients and companions know.
std::string AtPort(const std::string& listen, int port) {
  return StrCat(listen.substr(0, listen.rfind(':')), ":", port);
}

class ReplicaServer final : public Server {
 public:
  ReplicaServer(const ServerOptions& options, const std::vector<ModuleFactory>& modules, const ServerPorts& ports)
      : options_(options), modules_(modules), ports_(ports) {}
  ~ReplicaServer() override { Drain(); }

  absl::Status Begin() {
    DUBAN_RETURN_IF_ERROR(CheckServerOptions(options_));
    DUBAN_ASSIGN_OR_RETURN(GrpcEtcdOptions etcd, EtcdOptionsOf(options_.replication, ports_.clock));
    DUBAN_ASSIGN_OR_RETURN(etcd_, MakeGrpcEtcd(std::move(etcd)));
    DUBAN_RETURN_IF_ERROR(OpenReplica());
    DUBAN_RETURN_IF_ERROR(StandInAtPorts());
    port_ = stand_in_->port();
    admin_port_ = stand_in_->admin_port();
    options_.listen = AtPort(options_.listen, port_);
    if (!options_.admin_listen.empty()) options_.admin_listen = AtPort(options_.admin_listen, admin_port_);
    replica_->Start();
    turns_ = std::thread([this] {
      NameThread("replica-turns");
      TakeTurns();
    });
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  int admin_port() const override { return admin_port_; }
  Store* store(std::string_view service) override {
    return replica_ == nullptr ? nullptr : replica_->store(service).get();
  }
  int waiting_fetches() const override {
    MutexLock lock(&mu_);
    return server_ == nullptr ? 0 : server_->waiting_fetches();
  }

  // While it leads, what is on its way is finished before others may lead.
  void Drain() override {
    if (turns_.joinable()) {
      replica_->Interrupt();
      turns_.join();
    }
    stand_in_.reset();
    if (replica_ != nullptr) replica_->Stop();
  }

 private:
  absl::Status OpenReplica() {
    const NodeOptions node = NodeOptionsOf(options_, ports_);
    std::vector<StoreOptions> stores;
    for (const ModuleFactory& module : modules_) {
      stores.push_back(StoreOptionsOf(node, module.service, ports_.clock, ports_.ids));
    }
    ReplicaOptions replica;
    replica.node = options_.node;
    replica.replica = options_.replication.replica;
    replica.address = options_.replication.advertise;
    replica.etcd = etcd_.get();
    replica.clock = ports_.clock;
    replica.ids = ports_.ids;
    replica.log_bytes = static_cast<int64_t>(options_.replication.log_max_mib) << 20;
    absl::StatusOr<std::unique_ptr<Replica>> opened = Replica::Open(std::move(replica), std::move(stores));
    if (!opened.ok()) {
      absl::Status failed = opened.status();
      // Without etcd nothing is known of the stores.
      if (!absl::IsUnavailable(failed)) failed.SetPayload(kStoreFailureUrl, absl::Cord(options_.data_dir));
      return failed;
    }
    replica_ = *std::move(opened);
    return absl::OkStatus();
  }

  absl::Status StandInAtPorts() {
    AdminPages pages;
    Metrics* const metrics = &metrics_;
    pages.metrics = [this, metrics] { return metrics->Text(Samples()); };
    pages.live = [this] { return replica_->Live(); };
    // It is ready to lead, not to be called.
    pages.ready = [this] { return replica_->CheckLeads(); };
    DUBAN_ASSIGN_OR_RETURN(stand_in_, StandIn::Start(
                                          options_, [this] { return replica_->CheckLeads(); }, std::move(pages)));
    return absl::OkStatus();
  }

  std::vector<Sample> Samples() const {
    std::vector<Sample> samples = ProcessSamples();
    samples.push_back(BuildInfo("node", options_.node));
    for (Sample& sample : ReplicaSamples()) samples.push_back(std::move(sample));
    return samples;
  }

  std::vector<Sample> ReplicaSamples() const {
    std::vector<Sample> samples;
    samples.push_back({"duban_replica_leads",
                       "1 where this replica leads.",
                       false,
                       {{"replica", options_.replication.replica}},
                       replica_->CheckLeads().ok() ? 1.0 : 0.0});
    for (const ModuleFactory& module : modules_) {
      samples.push_back({"duban_replica_sequence",
                         "Where this replica's copy ends.",
                         false,
                         {{"service", module.service}},
                         static_cast<double>(replica_->store(module.service)->head().sequence())});
    }
    return samples;
  }

  ServerPorts PortsOfLeader() {
    ServerPorts ports = ports_;
    ports.open_store = [this](const StoreOptions& store) -> absl::StatusOr<std::shared_ptr<Store>> {
      return replica_->store(store.service);
    };
    ports.admit = [this] { return replica_->CheckLeads(); };
    ports.more_samples = [this, more = ports_.more_samples] {
      std::vector<Sample> samples = ReplicaSamples();
      if (!more) return samples;
      for (Sample& sample : more()) samples.push_back(std::move(sample));
      return samples;
    };
    return ports;
  }

  void TakeTurns() {
    while (replica_->AwaitLeading()) {
      stand_in_.reset();
      absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options_, modules_, PortsOfLeader());
      if (server.ok()) {
        Server* const leading = server->get();
        SetServer(*std::move(server));
        replica_->AwaitNotLeading();
        leading->Drain();
        SetServer(nullptr);
      } else {
        replica_->GiveUp(server.status());
        replica_->AwaitNotLeading();
      }
      replica_->Release();
      if (replica_->interrupted()) return;
      if (const absl::Status stands = StandInAtPorts(); !stands.ok()) {
        Log(LogLevel::kError, "replica.cannot_stand_in", {{"cause", std::string(ToStd(stands.message()))}});
      }
    }
  }

  void SetServer(std::unique_ptr<Server> server) {
    MutexLock lock(&mu_);
    server_.swap(server);
  }

  ServerOptions options_;
  const std::vector<ModuleFactory> modules_;
  const ServerPorts ports_;
  Metrics metrics_;
  int port_ = 0, admin_port_ = 0;
  std::unique_ptr<Etcd> etcd_;
  std::unique_ptr<Replica> replica_;
  std::unique_ptr<StandIn> stand_in_;
  mutable Mutex mu_;
  // While it leads.
  std::unique_ptr<Server> server_ ABSL_GUARDED_BY(mu_);
  std::thread turns_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> StartReplica(const ServerOptions& options,
                                                     const std::vector<ModuleFactory>& modules,
                                                     const ServerPorts& ports) {
  auto server = std::make_unique<ReplicaServer>(options, modules, ports);
  DUBAN_RETURN_IF_ERROR(server->Begin());
  return server;
}

}  // namespace duban
