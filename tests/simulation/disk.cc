#include "tests/simulation/disk.h"

#include <rocksdb/env.h>

#include <memory>
#include <random>

#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "tests/support/faulty_file_system.h"

namespace duban::simulation {

using testing::Fault;
using testing::FaultyFileSystem;
using testing::FileOp;

// Counts what RocksDB has handed to background threads and is not done.
class BackgroundJobs : public rocksdb::EnvWrapper {
 public:
  explicit BackgroundJobs(rocksdb::Env* base) : rocksdb::EnvWrapper(base) {}

  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*dropped)(void*)) override {
    {
      MutexLock lock(&mu_);
      ++pending_;
      ++jobs_;
    }
    auto* job = new Job{this, function, argument, dropped};
    target()->Schedule(&Run, job, priority, tag, &Drop);
  }

  int64_t jobs() {
    MutexLock lock(&mu_);
    return jobs_;
  }

  void AwaitNone() {
    MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](int* pending) { return *pending == 0; }, &pending_));
  }

 private:
  struct Job {
    BackgroundJobs* owner;
    void (*function)(void*);
    void* argument;
    void (*dropped)(void*);
  };
  static void Run(void* given) {
    const std::unique_ptr<Job> job(static_cast<Job*>(given));
    job->function(job->argument);
    job->owner->Done();
  }
  static void Drop(void* given) {
    const std::unique_ptr<Job> job(static_cast<Job*>(given));
    if (job->dropped != nullptr) job->dropped(job->argument);
    job->owner->Done();
  }
  void Done() {
    MutexLock lock(&mu_);
    --pending_;
  }

  Mutex mu_;
  int pending_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t jobs_ ABSL_GUARDED_BY(mu_) = 0;
};

Disk::Disk() {
  const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  files_ = std::make_shared<FaultyFileSystem>(memory->GetFileSystem());
  base_ = testing::MakeEnv(files_);
  env_ = std::make_unique<BackgroundJobs>(base_.get());
}

Disk::~Disk() = default;

rocksdb::Env* Disk::env() const {
  return env_.get();
}

void Disk::Quiesce() {
  env_->AwaitNone();
}

int64_t Disk::jobs() const {
  return env_->jobs();
}

void Disk::CutPower() {
  files_->FailAt(FileOp::kChange, 1, Fault::kPowerCut, true);
}

void Disk::PowerBack(uint64_t luck) {
  std::mt19937_64 dice(luck);
  files_->DropUnsynced(luck == 0 ? nullptr : &dice);
}

void Disk::FailCommit(Failure failure, int nth, bool mark) {
  const FileOp op = failure == Failure::kSync ? FileOp::kSync : FileOp::kWrite;
  const Fault fault = failure == Failure::kShortWrite ? Fault::kShortWrite : Fault::kError;
  files_->FailAt(op, nth, fault, false, mark ? "high_water" : ".log");
}

bool Disk::failed() const {
  return files_->struck();
}

void Disk::Heal() {
  files_->Heal();
}

Disk::Files Disk::TakeFiles(const std::string& folder) {
  std::vector<std::string> names;
  env_->GetChildren(folder, &names).PermitUncheckedError();
  Files files;
  for (const std::string& name : names) {
    if (name != "." && name != "..") files[name] = files_->ReadAll(StrCat(folder, "/", name));
  }
  return files;
}

void Disk::PutFiles(const std::string& folder, const Files& files) {
  env_->CreateDirIfMissing(folder.substr(0, folder.rfind('/'))).PermitUncheckedError();
  env_->CreateDirIfMissing(folder).PermitUncheckedError();
  for (const auto& [name, bytes] : files) files_->WriteAll(StrCat(folder, "/", name), bytes);
}

void Disk::Clear(const std::string& folder) {
  for (const auto& [name, bytes] : TakeFiles(folder)) {
    env_->DeleteFile(StrCat(folder, "/", name)).PermitUncheckedError();
  }
}

}  // namespace duban::simulation
