#include "common/replication/replica.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/pause.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kMostSamples = 4096;

// An old view of the log is soon a newer one.
constexpr int kMostLooksAtHead = 50;
constexpr absl::Duration kLookAgainAfter = absl::Milliseconds(100);

LogPosition EndOf(const Store& store) {
  const v1::FeedPosition head = store.head();
  return {head.sequence(), head.hash()};
}

ElectorOptions ElectorOptionsOf(const ReplicaOptions& options) {
  return {.node = options.node,
          .address = options.address,
          .etcd = options.etcd,
          .clock = options.clock,
          .ids = options.ids,
          .ttl = options.ttl,
          .patience = {.within = options.ttl, .attempt_within = options.ttl / 3}};
}

std::string Words(const absl::Status& status) {
  return std::string(ToStd(status.message()));
}

}  // namespace

void TrimPlan::Note(absl::Duration now, int64_t sequence, int64_t appended) {
  if (!samples_.empty() && samples_.back().sequence == sequence) return;
  samples_.push_back({now, sequence, appended});
  if (samples_.size() < kMostSamples) return;
  // While nothing may be cut off, every other one is enough.
  std::deque<Sample> kept;
  for (size_t i = 1; i < samples_.size(); i += 2) kept.push_back(samples_[i]);
  samples_.swap(kept);
}

int64_t TrimPlan::UpTo(absl::Duration now, int64_t held) const {
  int64_t through = 0;
  for (const Sample& sample : samples_) {
    const bool old = now - sample.at >= kept_ || samples_.back().appended - sample.appended > bytes_;
    // The last commit stays.
    if (!old || sample.sequence > held || sample.sequence == samples_.back().sequence) break;
    through = sample.sequence;
  }
  return through;
}

void TrimPlan::Trimmed(int64_t through) {
  while (!samples_.empty() && samples_.front().sequence <= through) samples_.pop_front();
}

Replica::Replica(ReplicaOptions options) : options_(std::move(options)), elector_(ElectorOptionsOf(options_)) {}

Replica::~Replica() {
  Stop();
}

absl::StatusOr<std::unique_ptr<Replica>> Replica::Open(ReplicaOptions options, std::vector<StoreOptions> stores) {
  std::unique_ptr<Replica> replica(new Replica(std::move(options)));
  const Patience patience{.within = absl::Seconds(30)};
  etcdserverpb::RangeRequest request;
  request.set_key(NodeKeys(replica->options_.node).Term());
  DUBAN_ASSIGN_OR_RETURN(const etcdserverpb::RangeResponse answer,
                         InsistRange(*replica->options_.etcd, patience, *replica->options_.clock, request));
  for (StoreOptions& store : stores) {
    DUBAN_RETURN_IF_ERROR(replica->OpenCopy(std::move(store), answer.header().cluster_id()));
  }
  return replica;
}

absl::Status Replica::OpenCopy(StoreOptions options, uint64_t cluster) {
  auto copy = std::make_unique<Copy>(TrimPlan(options_.log_kept, options_.log_bytes));
  const std::string path = options.path;
  copy->service = options.service;
  EtcdLogOptions log{.node = options_.node, .service = options.service, .etcd = options_.etcd, .clock = options_.clock};
  log.append = {.within = options_.ttl, .attempt_within = options_.ttl / 3};
  log.others = log.append;
  log.poll = options_.poll;
  copy->log = std::make_unique<EtcdLog>(std::move(log));
  const LogName name{copy->log->prefix(), cluster};
  absl::StatusOr<std::unique_ptr<ReplicatedStore>> opened =
      ReplicatedStore::Open(std::move(options), copy->log.get(), name);
  if (!opened.ok()) {
    return absl::Status(opened.status().code(), StrCat("cannot open the store ", path, ": ", Words(opened.status())));
  }
  copy->store = *std::move(opened);
  DUBAN_RETURN_IF_ERROR(BeginLog(*copy));
  copies_.push_back(std::move(copy));
  return absl::OkStatus();
}

// The first replica that opens begins the log with what its copy has; the others had the same copy.
absl::Status Replica::BeginLog(Copy& copy) {
  const absl::StatusOr<LogPosition> head = copy.log->Head();
  if (head.ok() || !absl::IsNotFound(head.status())) return head.status();
  if (copy.store->names_its_log()) {
    return absl::FailedPreconditionError(
        StrCat("the log ", copy.log->prefix(),
               " that this copy goes on from is not in etcd any more. Nothing is begun "
               "in its place; see that --replicated-by names the cluster that has it"));
  }
  const absl::Status begun = copy.log->Begin(EndOf(*copy.store));
  if (!begun.ok() && !absl::IsAlreadyExists(begun)) return begun;
  Log(LogLevel::kWarning, "replica.log_begun",
      {{"service", copy.service}, {"log", copy.log->prefix()}, {"sequence", StrCat(EndOf(*copy.store).sequence)}});
  return absl::OkStatus();
}

CopyEnds Replica::ends() const {
  CopyEnds ends;
  for (const auto& copy : copies_) ends[copy->service] = EndOf(*copy->store);
  return ends;
}

std::shared_ptr<Store> Replica::store(std::string_view service) const {
  for (const auto& copy : copies_) {
    if (copy->service == service) return copy->store;
  }
  return nullptr;
}

void Replica::Start() {
  work_ = std::make_unique<Loop>("replica-work", options_.clock, options_.poll, [this] { return WorkStep(); });
  lease_ = std::make_unique<Loop>("replica-lease", options_.clock, options_.ttl / 3, [this] { return LeaseStep(); });
  for (const auto& copy : copies_) {
    copy->bell = copy->log->OnChange([this] { work_->Wake(); });
  }
  leader_watch_ = options_.etcd->Watch(NodeKeys(options_.node).Leader(), [this] { lease_->Wake(); });
  {
    MutexLock lock(&mu_);
    started_ = true;
  }
  work_->Wake();
}

void Replica::Stop() {
  {
    MutexLock lock(&mu_);
    if (std::exchange(stopped_, true)) return;
  }
  Interrupt();
  // Those that wake the loops go first.
  leader_watch_.reset();
  for (const auto& copy : copies_) copy->bell.reset();
  if (work_ != nullptr) work_->Stop();
  if (lease_ != nullptr) lease_->Stop();
  for (const auto& copy : copies_) {
    copy->log->Follow();
    copy->store->Follow();
  }
  if (const absl::Status resigned = elector_.Resign(); !resigned.ok()) {
    Log(LogLevel::kWarning, "replica.not_resigned", {{"cause", Words(resigned)}});
  }
  for (const auto& copy : copies_) KeepCopy(*copy, false);
}

bool Replica::AwaitLeading() {
  MutexLock lock(&mu_);
  const auto leads = [this] {
    mu_.AssertReaderHeld();
    return interrupted_ || state_ == State::kLeading;
  };
  mu_.Await(absl::Condition(&leads));
  return !interrupted_;
}

void Replica::AwaitNotLeading() {
  MutexLock lock(&mu_);
  const auto does_not = [this] {
    mu_.AssertReaderHeld();
    return interrupted_ || state_ != State::kLeading;
  };
  mu_.Await(absl::Condition(&does_not));
}

void Replica::Interrupt() {
  MutexLock lock(&mu_);
  interrupted_ = true;
}

void Replica::Release() {
  {
    MutexLock lock(&mu_);
    if (state_ == State::kReleasing) state_ = State::kFollowing;
  }
  if (work_ != nullptr) work_->Wake();
}

bool Replica::interrupted() const {
  MutexLock lock(&mu_);
  return interrupted_;
}

bool Replica::stopped() const {
  MutexLock lock(&mu_);
  return stopped_;
}

void Replica::GiveUp(const absl::Status& why) {
  Log(LogLevel::kError, "replica.gives_up", {{"replica", options_.replica}, {"cause", Words(why)}});
  {
    MutexLock lock(&mu_);
    if (broken_.ok()) broken_ = why;
  }
  work_->Wake();
}

std::string Replica::leader_address() const {
  MutexLock lock(&mu_);
  return leader_address_;
}

absl::Status Replica::Live() const {
  for (const auto& copy : copies_) {
    if (absl::Status serving = copy->store->serving(); !serving.ok()) return serving;
  }
  return absl::OkStatus();
}

absl::Status Replica::CheckLeads() const {
  for (const auto& copy : copies_) DUBAN_RETURN_IF_ERROR(copy->store->serving());
  MutexLock lock(&mu_);
  if (state_ == State::kLeading && elector_.leads()) return absl::OkStatus();
  const bool known = !leader_address_.empty() && leader_address_ != options_.address;
  return NotLeader(known ? leader_address_ : "");
}

// Stands for election and keeps the lease, and nothing else: what the work does may take longer than a lease holds.
bool Replica::LeaseStep() {
  bool holds = false, resign = false;
  {
    MutexLock lock(&mu_);
    if (!started_ || stopped_) return false;
    holds = tenure_.has_value();
    resign = resigning_;
  }
  if (resign) {
    // Where nobody answers, it ends by itself.
    elector_.Resign().IgnoreError();
    MutexLock lock(&mu_);
    resigning_ = false;
    return false;
  }
  if (!holds) {
    Campaign();
    return false;
  }
  if (elector_.KeepAlive()) return false;
  {
    MutexLock lock(&mu_);
    tenure_.reset();
  }
  Log(LogLevel::kWarning, "replica.lease_lost", {{"node", options_.node}, {"replica", options_.replica}});
  work_->Wake();
  return false;
}

void Replica::Campaign() {
  const absl::StatusOr<std::optional<storage::v1::LogLeader>> leader = elector_.Leader();
  bool may = false;
  {
    MutexLock lock(&mu_);
    if (leader.ok()) leader_address_ = leader->has_value() ? (*leader)->address() : "";
    may = leader.ok() && !leader->has_value() && state_ == State::kFollowing && caught_up_ && broken_.ok();
  }
  for (const auto& copy : copies_) may = may && copy->store->serving().ok();
  if (!may) return;
  absl::StatusOr<Tenure> tenure = elector_.Campaign(ends());
  if (tenure.ok()) {
    Log(LogLevel::kInfo, "replica.elected", {{"replica", options_.replica}, {"term", StrCat(tenure->term)}});
    campaign_told_.clear();
    MutexLock lock(&mu_);
    tenure_ = *std::move(tenure);
    leader_address_ = options_.address;
  } else if (!absl::IsAborted(tenure.status()) &&
             std::exchange(campaign_told_, Words(tenure.status())) != Words(tenure.status())) {
    Log(LogLevel::kWarning, "replica.not_elected", {{"replica", options_.replica}, {"cause", Words(tenure.status())}});
  }
  work_->Wake();
}

bool Replica::WorkStep() {
  std::optional<Tenure> tenure;
  State state = State::kFollowing;
  {
    MutexLock lock(&mu_);
    if (!started_ || stopped_) return false;
    tenure = tenure_;
    state = state_;
  }
  if (state == State::kLeading) {
    if (!StillLeads()) {
      StepDown("the lease ended, or the log refused");
      return true;
    }
  } else if (state == State::kFollowing && tenure.has_value()) {
    TakeOver(*tenure);
    return true;
  } else {
    const bool caught_up = Follow();
    MutexLock lock(&mu_);
    caught_up_ = caught_up;
  }
  // Each commit rings; a sync and a note in etcd for each would cost more than the commit.
  const absl::Duration now = options_.clock->Steady();
  if (now - kept_at_ < options_.poll) return false;
  kept_at_ = now;
  for (const auto& copy : copies_) KeepCopy(*copy, state == State::kLeading);
  return false;
}

bool Replica::StillLeads() const {
  {
    MutexLock lock(&mu_);
    if (!broken_.ok()) return false;
  }
  return elector_.leads() && std::all_of(copies_.begin(), copies_.end(), [](const auto& copy) {
           return copy->store->leads() && copy->store->serving().ok();
         });
}

absl::Status Replica::LeadStore(ReplicatedStore& store, const LogPosition& head) {
  absl::Status led;
  for (int look = 0; look < kMostLooksAtHead; ++look) {
    led = store.Lead(head);
    if (!absl::IsUnavailable(led) || !elector_.leads()) return led;
    Pause(*options_.clock, kLookAgainAfter);
  }
  return led;
}

// First all logs: from then on nobody else's entries come. Then each copy takes what its log had.
absl::Status Replica::Lead(const Tenure& tenure) {
  std::map<std::string, LogPosition> heads;
  for (const auto& copy : copies_) {
    DUBAN_ASSIGN_OR_RETURN(heads[copy->service], copy->log->Lead(tenure));
  }
  for (const auto& copy : copies_) {
    DUBAN_RETURN_IF_ERROR(LeadStore(*copy->store, heads[copy->service]));
    DUBAN_RETURN_IF_ERROR(copy->store->NameLog());
  }
  if (elector_.leads()) return absl::OkStatus();
  return absl::AbortedError("the lease ended meanwhile");
}

void Replica::TakeOver(const Tenure& tenure) {
  for (const auto& copy : copies_) copy->trim.Clear();
  const absl::Status led = Lead(tenure);
  if (!led.ok()) return StepDown(ToStd(led.message()));
  Log(LogLevel::kInfo, "replica.leads", {{"replica", options_.replica}, {"term", StrCat(tenure.term)}});
  MutexLock lock(&mu_);
  state_ = State::kLeading;
}

// The logs first, so that what is on its way is refused, not waited for.
void Replica::StepDown(std::string_view why) {
  Log(LogLevel::kWarning, "replica.steps_down", {{"replica", options_.replica}, {"cause", std::string(why)}});
  {
    MutexLock lock(&mu_);
    state_ = state_ == State::kLeading ? State::kReleasing : State::kFollowing;
    tenure_.reset();
    resigning_ = true;
    caught_up_ = false;
  }
  for (const auto& copy : copies_) copy->log->Follow();
  for (const auto& copy : copies_) copy->store->Follow();
  lease_->Wake();
}

bool Replica::Follow() {
  bool caught_up = true;
  for (const auto& copy : copies_) {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more && !stopped()) more = copy->store->CatchUp();
    if (more.ok() || stopped()) continue;
    caught_up = false;
    // That etcd does not answer passes; another history, or a log that was cut off, does not.
    if (absl::IsUnavailable(more.status())) {
      Tell(*copy, "replica.cannot_read_the_log", more.status());
      continue;
    }
    Tell(*copy, "replica.cannot_follow", more.status());
    MutexLock lock(&mu_);
    broken_ = more.status();
  }
  return caught_up;
}

void Replica::KeepCopy(Copy& copy, bool leads) {
  const absl::StatusOr<int64_t> synced = copy.store->SyncCopy();
  if (!synced.ok() || stopped()) return;
  absl::Status noted;
  if (!copy.registered) {
    noted = copy.log->Register(options_.replica, *synced);
    copy.registered = noted.ok();
  } else if (*synced != copy.noted) {
    noted = copy.log->NoteSynced(options_.replica, *synced);
  }
  if (!noted.ok()) return Tell(copy, "replica.copy_not_noted", noted);
  copy.noted = *synced;
  if (!leads) return;
  copy.trim.Note(options_.clock->Steady(), EndOf(*copy.store).sequence, copy.log->appended_bytes());
  Trim(copy);
}

void Replica::Trim(Copy& copy) {
  const absl::Duration now = options_.clock->Steady();
  if (copy.trim.UpTo(now, copy.noted) == 0) return;
  const absl::StatusOr<int64_t> held = copy.log->HeldByMajority();
  const int64_t through = held.ok() ? copy.trim.UpTo(now, *held) : 0;
  if (through == 0) return;
  const absl::Status trimmed = copy.log->Trim(through);
  if (!trimmed.ok()) return Tell(copy, "replica.log_not_cut_off", trimmed);
  copy.trim.Trimmed(through);
  Log(LogLevel::kInfo, "replica.log_cut_off", {{"service", copy.service}, {"sequence", StrCat(through)}});
}

void Replica::Tell(Copy& copy, std::string_view event, const absl::Status& status) const {
  std::string told = StrCat(event, ": ", Words(status));
  if (told == copy.told) return;
  copy.told = std::move(told);
  Log(LogLevel::kWarning, event, {{"service", copy.service}, {"replica", options_.replica}, {"cause", Words(status)}});
}

}  // namespace duban
