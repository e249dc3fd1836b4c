#include <grpcpp/grpcpp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/feed/follow_hop.h"
#include "common/feed/hop_runner.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_peer.h"
#include "common/rpc/server.h"
#include "common/store/keys.h"
#include "common/store/rocks.h"
#include "common/store/store.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "tools/bench/child.h"
#include "tools/bench/feed_bench.h"
#include "tools/bench/source_module.h"

namespace duban {
namespace {

// Entities that the source writes in one command while it is filled.
constexpr int kFillCommand = 1000;
constexpr int kMaxMessageBytes = 64 << 20;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "duban-bench feed: %s\n", what.c_str());
  std::exit(1);
}

double Seconds() {
  return absl::ToDoubleSeconds(RealClock().Steady());
}

// Bytes that this process's connections to `port` have carried so far, both ways, as the kernel counts them: what
// HTTP/2 adds is in it, what TCP and IP add is not.
int64_t WireBytes(int port) {
  int64_t bytes = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_storage peer = {};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    // The port stands at the same place for both families.
    if (ntohs(reinterpret_cast<sockaddr_in*>(&peer)->sin_port) != port) continue;
    tcp_info info = {};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) continue;
    bytes += static_cast<int64_t>(info.tcpi_bytes_received + info.tcpi_bytes_acked);
  }
  return bytes;
}

int PortOf(const std::string& address) {
  int port = 0;
  if (!ParseNumber(address.substr(address.rfind(':') + 1), &port)) Die(StrCat("no port in ", address));
  return port;
}

struct Work {
  double seconds = 0;
  int64_t wire_bytes = 0;
  int64_t pages = 0;
};

// Does the work once the parent says so.
int Converse(int port, const std::function<Work()>& go) {
  return duban::Converse(port, [&](const std::string& /*line*/) {
    const Work work = go();
    return StrCat("done ", work.seconds, " ", work.wire_bytes, " ", work.pages);
  });
}

void Fill(Store& store, int entities) {
  for (int first = 0; first < entities; first += kFillCommand) {
    const absl::Status status = store.Run({"fill", ""}, [&](Transaction& transaction) -> absl::Status {
      for (int i = first; i < std::min(first + kFillCommand, entities); ++i) {
        const v1::Assignment entity = FeedBenchEntity(i);
        DUBAN_RETURN_IF_ERROR(transaction.Put(entity.name(), entity, {kDownstreamAudience}).status());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) Die(std::string(ToStd(status.message())));
  }
}

int RunSource(const FeedRole& role) {
  ServerOptions options;
  options.insecure = true;
  options.program = "duban-bench";
  options.node = "source";
  options.data_dir = role.folder;
  options.admin_listen = "";
  auto server = Server::Start(options, {SourceModule::Factory()});
  if (!server.ok()) Die(std::string(ToStd(server.status().message())));
  Fill(*(*server)->store("assignment"), role.entities);
  return Converse((*server)->port(), [] { return Work(); });
}

int RunFollower(const FeedRole& role) {
  StoreOptions options;
  options.path = role.folder;
  options.service = "assignment";
  options.node = "follower";
  auto opened = Store::Open(options);
  if (!opened.ok()) Die(std::string(ToStd(opened.status().message())));
  const std::unique_ptr<Store> store = *std::move(opened);
  return Converse(0, [&] {
    // What a node does with an assignment from above, without its rules.
    FollowSpec spec;
    spec.feed = "assignment";
    spec.from_upstream = true;
    spec.follower = "follower";
    std::atomic<int> applied = 0;
    std::atomic<int> pages = 0;
    spec.apply = [&](Transaction& transaction, const v1::FeedEntry& entry, const EntrySource&) -> absl::Status {
      v1::Assignment entity;
      if (!entry.payload().UnpackTo(&entity)) return InvariantBroken("an entry holds something else");
      ++applied;
      return transaction.Put(entry.entity(), entity, {}).status();
    };
    spec.finish_page = [&](Transaction&, bool, const EntrySource&) {
      ++pages;
      return true;
    };
    HopRunner runner(&RealClock(), &SystemIds());
    const double begin = Seconds();
    runner.Add(std::make_unique<FollowHop>("source_assignment", "source", spec, store.get(), &RealClock()),
               MakeGrpcPeer(role.address));
    runner.Start();
    Mutex mu;
    Work work;
    // A hop is at the head only once the last page is durable.
    while (applied < role.entities || !runner.Status()[0].at_head()) {
      MutexLock lock(&mu);
      RealClock().AwaitWithTimeout(&mu,
                                   absl::Condition(
                                       +[](int*) { return false; }, static_cast<int*>(nullptr)),
                                   absl::Milliseconds(5));
      if (Seconds() > begin + 3600) Die(StrCat("only ", applied.load(), " entities came in an hour"));
    }
    work.seconds = Seconds() - begin;
    work.wire_bytes = WireBytes(PortOf(role.address));
    work.pages = pages;
    runner.Stop();
    return work;
  });
}

// The row of an entity as the follower's store has it.
std::string RowOf(const v1::Assignment& entity, int64_t sequence) {
  storage::v1::EntityRecord record;
  record.set_type(entity.GetTypeName());
  record.set_payload(entity.SerializeAsString());
  record.set_sequence(sequence);
  return record.SerializeAsString();
}

int RunRawStore(const FeedRole& role) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(RocksOptions(nullptr), role.folder, &opened);
  if (!status.ok()) Die(status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(static_cast<size_t>(role.entities));
  for (int i = 0; i < role.entities; ++i) {
    const v1::Assignment entity = FeedBenchEntity(i);
    rows.emplace_back(EntityKey(entity.name()), RowOf(entity, i));
  }
  const int result = Converse(0, [&] {
    Work work;
    const double begin = Seconds();
    for (size_t next = 0; next < rows.size();) {
      rocksdb::WriteBatch batch;
      for (int i = 0; i < role.page && next < rows.size(); ++i, ++next) batch.Put(rows[next].first, rows[next].second);
      batch.Put(PositionKey("source_assignment"), std::string(40, 'p'));
      rocksdb::WriteOptions synced;
      synced.sync = true;
      if (const rocksdb::Status written = db->Write(synced, &batch); !written.ok()) Die(written.ToString());
      ++work.pages;
    }
    work.seconds = Seconds() - begin;
    return work;
  });
  db->Close();
  return result;
}

class RawService final : public v1::FeedService::Service {
 public:
  explicit RawService(int page) {
    for (int i = 0; i < page; ++i) {
      const v1::Assignment entity = FeedBenchEntity(i);
      v1::FeedEntry* entry = answer_.mutable_page()->add_entries();
      entry->set_entity(entity.name());
      entry->set_sequence(i + 1);
      entry->mutable_payload()->PackFrom(entity);
    }
  }
  grpc::Status Fetch(grpc::ServerContext*, const v1::FetchRequest*, v1::FetchResponse* response) override {
    *response = answer_;
    return grpc::Status::OK;
  }

 private:
  v1::FetchResponse answer_;
};

int RunRawServer(const FeedRole& role) {
  RawService service(role.page);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("gRPC cannot start");
  const int result = Converse(port, [] { return Work(); });
  server->Shutdown();
  return result;
}

int RunRawClient(const FeedRole& role) {
  const auto stub = v1::FeedService::NewStub(MakeChannel(role.address, {.max_message_bytes = kMaxMessageBytes}));
  return Converse(0, [&] {
    Work work;
    const double begin = Seconds();
    for (int got = 0; got < role.entities; ++work.pages) {
      grpc::ClientContext context;
      v1::FetchRequest request;
      request.set_feed("assignment");
      v1::FetchResponse response;
      if (const grpc::Status status = stub->Fetch(&context, request, &response); !status.ok()) {
        Die(status.error_message());
      }
      got += response.page().entries_size();
    }
    work.seconds = Seconds() - begin;
    work.wire_bytes = WireBytes(PortOf(role.address));
    return work;
  });
}

}  // namespace

v1::Assignment FeedBenchEntity(int number) {
  v1::Assignment entity;
  entity.set_name(StrCat("assignments/a-", 10'000'000 + number));
  entity.set_task(StrCat("plans/p-2024/tasks/t-", number % 100));
  entity.set_plan_title("全区经济社会发展重点工作任务分解方案");
  entity.set_plan_revision(1);
  entity.set_number(number % 100);
  entity.set_text("完成沿街商铺安全检查，建立台账，逐户销号，每月底前报送进展情况，年底前全部办结。");
  entity.set_unit(StrCat("units/u-", number % 500));
  entity.set_unit_display_name("区应急管理局");
  return entity;
}

int RunFeedRole(const FeedRole& role) {
  SetLogLevel(LogLevel::kError);
  if (role.name == "source") return RunSource(role);
  if (role.name == "follower") return RunFollower(role);
  if (role.name == "raw-store") return RunRawStore(role);
  if (role.name == "raw-server") return RunRawServer(role);
  if (role.name == "raw-client") return RunRawClient(role);
  Die(StrCat("there is no role `", role.name, "`"));
}

}  // namespace duban
