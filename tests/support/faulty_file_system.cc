#include "tests/support/faulty_file_system.h"

#include <algorithm>
#include <utility>

#include "common/base/mutex.h"

namespace duban::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus ReadWhole(rocksdb::FileSystem* files, const std::string& path, std::string* bytes) {
  bytes->clear();
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  IOStatus status = files->NewSequentialFile(path, {}, &file, nullptr);
  std::vector<char> buffer(1 << 16);
  while (status.ok()) {
    Slice read;
    status = file->Read(buffer.size(), {}, &read, buffer.data(), nullptr);
    if (status.ok() && read.empty()) break;
    bytes->append(read.data(), read.size());
  }
  return status;
}

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

class SequentialFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(FaultyFileSystem* files, std::string path, std::unique_ptr<rocksdb::FSSequentialFile> file)
      : FSSequentialFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
  IOStatus Read(size_t n, const IOOptions& io, Slice* result, char* scratch, IODebugContext* debug) override {
    auto verdict = files_->Meet(FileOp::kRead, path_);
    return verdict.status.ok() ? target()->Read(n, io, result, scratch, debug) : verdict.status;
  }

 private:
  FaultyFileSystem* const files_;
  const std::string path_;
};

class RandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(FaultyFileSystem* files, std::string path, std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& io, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    auto verdict = files_->Meet(FileOp::kRead, path_);
    return verdict.status.ok() ? target()->Read(offset, n, io, result, scratch, debug) : verdict.status;
  }

 private:
  FaultyFileSystem* const files_;
  const std::string path_;
};

class WritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(FaultyFileSystem* files, std::string path, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
  IOStatus Append(const Slice& data, const IOOptions& io, IODebugContext* debug) override {
    auto verdict = files_->Meet(FileOp::kWrite, path_);
    if (verdict.status.ok()) return target()->Append(data, io, debug);
    if (verdict.half) target()->Append(Slice(data.data(), data.size() / 2), io, debug).PermitUncheckedError();
    return verdict.status;
  }
  IOStatus Append(const Slice& data, const IOOptions& io, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, io, debug);
  }
  IOStatus Sync(const IOOptions& io, IODebugContext* debug) override {
    return Synced([&] { return target()->Sync(io, debug); });
  }
  IOStatus Fsync(const IOOptions& io, IODebugContext* debug) override {
    return Synced([&] { return target()->Fsync(io, debug); });
  }

 private:
  template <typename Call>
  IOStatus Synced(Call call) {
    auto verdict = files_->Meet(FileOp::kSync, path_);
    if (!verdict.status.ok()) return verdict.status;
    IOStatus status = call();
    if (status.ok()) files_->NoteSynced(path_);
    return status;
  }

  FaultyFileSystem* const files_;
  const std::string path_;
};

class RandomRWFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  RandomRWFile(FaultyFileSystem* files, std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& io, IODebugContext* debug) override {
    auto verdict = files_->Meet(FileOp::kWrite, path_);
    if (verdict.status.ok()) return target()->Write(offset, data, io, debug);
    if (verdict.half) target()->Write(offset, Slice(data.data(), data.size() / 2), io, debug).PermitUncheckedError();
    return verdict.status;
  }
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& io, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    auto verdict = files_->Meet(FileOp::kRead, path_);
    return verdict.status.ok() ? target()->Read(offset, n, io, result, scratch, debug) : verdict.status;
  }
  IOStatus Sync(const IOOptions& io, IODebugContext* debug) override {
    auto verdict = files_->Meet(FileOp::kSync, path_);
    if (!verdict.status.ok()) return verdict.status;
    IOStatus status = target()->Sync(io, debug);
    if (status.ok()) files_->NoteSynced(path_);
    return status;
  }
  IOStatus Fsync(const IOOptions& io, IODebugContext* debug) override { return Sync(io, debug); }

 private:
  FaultyFileSystem* const files_;
  const std::string path_;
};

class Folder : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(FaultyFileSystem* files, std::string path, std::unique_ptr<rocksdb::FSDirectory> folder)
      : FSDirectoryWrapper(std::move(folder)), files_(files), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions& io, IODebugContext* debug) override {
    return FsyncWithDirOptions(io, debug, rocksdb::DirFsyncOptions());
  }
  IOStatus FsyncWithDirOptions(const IOOptions& io, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& options) override {
    auto verdict = files_->Meet(FileOp::kSyncFolder, path_);
    if (!verdict.status.ok()) return verdict.status;
    IOStatus status = FSDirectoryWrapper::FsyncWithDirOptions(io, debug, options);
    if (status.ok()) files_->NoteFolderSynced(path_);
    return status;
  }

 private:
  FaultyFileSystem* const files_;
  const std::string path_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(std::shared_ptr<rocksdb::FileSystem> base)
    : rocksdb::FileSystemWrapper(std::move(base)) {}

FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::FailAt(FileOp op, int64_t nth, Fault fault, bool sticky, std::string part) {
  MutexLock lock(&mu_);
  plan_ = Plan{op, nth, fault, sticky, std::move(part)};
  struck_ = false;
  released_ = false;
}

void FaultyFileSystem::Heal() {
  MutexLock lock(&mu_);
  plan_.reset();
  counts_.clear();
  off_ = false;
  released_ = true;
}

bool FaultyFileSystem::struck() const {
  MutexLock lock(&mu_);
  return struck_;
}

int64_t FaultyFileSystem::Count(FileOp op) const {
  MutexLock lock(&mu_);
  auto it = counts_.find(op);
  return it == counts_.end() ? 0 : it->second;
}

void FaultyFileSystem::WaitForStall() {
  MutexLock lock(&mu_);
  const auto stalled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stalled_ > 0; };
  mu_.Await(absl::Condition(&stalled));
}

void FaultyFileSystem::Release() {
  MutexLock lock(&mu_);
  released_ = true;
}

FaultyFileSystem::Verdict FaultyFileSystem::Meet(FileOp op, const std::string& path) {
  MutexLock lock(&mu_);
  ++counts_[op];
  if (op != FileOp::kRead) ++counts_[FileOp::kChange];
  if (off_) return {Result::IOError(path, "the power is off")};
  if (!plan_.has_value() || path.find(plan_->part) == std::string::npos) return {};
  if (plan_->op != op && (plan_->op != FileOp::kChange || op == FileOp::kRead)) return {};
  --plan_->left;
  if (plan_->left > 0 || (plan_->left < 0 && !plan_->sticky)) return {};
  struck_ = true;
  switch (plan_->fault) {
    case Fault::kError:
      return {Result::IOError(path, "injected")};
    case Fault::kNoSpace:
      return {Result::NoSpace(path, "injected")};
    case Fault::kShortWrite:
      return {Result::IOError(path, "short write"), true};
    case Fault::kStall: {
      ++stalled_;
      const auto released = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return released_; };
      mu_.Await(absl::Condition(&released));
      --stalled_;
      return {};
    }
    case Fault::kPowerCut:
      off_ = true;
      return {Result::IOError(path, "the power is off")};
  }
  return {};
}

std::shared_ptr<FaultyFileSystem::Node> FaultyFileSystem::Track(const std::string& path, bool fresh) {
  auto found = live_.find(path);
  if (found != live_.end() && !fresh) return found->second;
  auto node = std::make_shared<Node>();
  if (fresh) {
    changes_.push_back({{path, node}});
  } else {
    // A file from before this file system was made is durable.
    target()->GetFileSize(path, {}, &node->synced_size, nullptr).PermitUncheckedError();
    durable_[path] = node;
  }
  live_[path] = node;
  return node;
}

void FaultyFileSystem::NoteSynced(const std::string& path) {
  MutexLock lock(&mu_);
  const std::shared_ptr<Node> node = Track(path, false);
  target()->GetFileSize(path, {}, &node->synced_size, nullptr).PermitUncheckedError();
  if (node->synced_bytes.has_value()) {
    ReadWhole(target(), path, &*node->synced_bytes).PermitUncheckedError();
  }
}

void FaultyFileSystem::NoteFolderSynced(const std::string& path) {
  MutexLock lock(&mu_);
  std::erase_if(changes_, [&](const NameChange& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (FolderOf(change.front().first) != path) return false;
    Apply(change, durable_);
    return true;
  });
}

void FaultyFileSystem::Apply(const NameChange& change, Names& names) const {
  for (const auto& [name, node] : change) {
    if (node == nullptr) {
      names.erase(name);
    } else {
      names[name] = node;
    }
  }
}

FaultyFileSystem::Result FaultyFileSystem::NewSequentialFile(const std::string& path, const Options& options,
                                                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                                             Debug* debug) {
  if (auto verdict = Meet(FileOp::kRead, path); !verdict.status.ok()) return verdict.status;
  Result status = target()->NewSequentialFile(path, options, file, debug);
  if (status.ok()) *file = std::make_unique<SequentialFile>(this, path, std::move(*file));
  return status;
}

FaultyFileSystem::Result FaultyFileSystem::NewRandomAccessFile(const std::string& path, const Options& options,
                                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                                               Debug* debug) {
  if (auto verdict = Meet(FileOp::kRead, path); !verdict.status.ok()) return verdict.status;
  Result status = target()->NewRandomAccessFile(path, options, file, debug);
  if (status.ok()) *file = std::make_unique<RandomAccessFile>(this, path, std::move(*file));
  return status;
}

FaultyFileSystem::Result FaultyFileSystem::NewWritableFile(const std::string& path, const Options& options,
                                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                           Debug* debug) {
  if (auto verdict = Meet(FileOp::kCreate, path); !verdict.status.ok()) return verdict.status;
  Result status = target()->NewWritableFile(path, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<WritableFile>(this, path, std::move(*file));
  MutexLock lock(&mu_);
  Track(path, true);
  return status;
}

FaultyFileSystem::Result FaultyFileSystem::ReopenWritableFile(const std::string& path, const Options& options,
                                                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                              Debug* debug) {
  if (auto verdict = Meet(FileOp::kCreate, path); !verdict.status.ok()) return verdict.status;
  Result status = target()->ReopenWritableFile(path, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<WritableFile>(this, path, std::move(*file));
  MutexLock lock(&mu_);
  Track(path, false);
  return status;
}

FaultyFileSystem::Result FaultyFileSystem::ReuseWritableFile(const std::string& path, const std::string& old,
                                                             const Options& options,
                                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                             Debug* debug) {
  return Result::NotSupported("files are not reused: the store turns log recycling off");
}

FaultyFileSystem::Result FaultyFileSystem::NewRandomRWFile(const std::string& path, const Options& options,
                                                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                                           Debug* debug) {
  if (auto verdict = Meet(FileOp::kCreate, path); !verdict.status.ok()) return verdict.status;
  Result status = target()->NewRandomRWFile(path, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<RandomRWFile>(this, path, std::move(*file));
  MutexLock lock(&mu_);
  const std::shared_ptr<Node> node = Track(path, false);
  if (!node->synced_bytes.has_value()) {
    std::string bytes;
    ReadWhole(target(), path, &bytes).PermitUncheckedError();
    bytes.resize(std::min<size_t>(bytes.size(), node->synced_size));
    node->synced_bytes = std::move(bytes);
  }
  return status;
}

FaultyFileSystem::Result FaultyFileSystem::NewDirectory(const std::string& path, const Io& io,
                                                        std::unique_ptr<rocksdb::FSDirectory>* folder, Debug* debug) {
  Result status = target()->NewDirectory(path, io, folder, debug);
  if (status.ok()) *folder = std::make_unique<Folder>(this, path, std::move(*folder));
  return status;
}

void FaultyFileSystem::SetFreeSpace(uint64_t bytes) {
  MutexLock lock(&mu_);
  free_space_ = bytes;
}

FaultyFileSystem::Result FaultyFileSystem::GetFreeSpace(const std::string& path, const Io& io, uint64_t* free,
                                                        Debug* debug) {
  MutexLock lock(&mu_);
  if (!free_space_.has_value()) return target()->GetFreeSpace(path, io, free, debug);
  *free = *free_space_;
  return Result::OK();
}

FaultyFileSystem::Result FaultyFileSystem::DeleteFile(const std::string& path, const Io& io, Debug* debug) {
  if (auto verdict = Meet(FileOp::kDelete, path); !verdict.status.ok()) return verdict.status;
  MutexLock lock(&mu_);
  auto found = live_.find(path);
  if (found != live_.end()) {
    // Its name comes back in a power cut if the folder is not synced until then.
    ReadWhole(target(), path, &found->second->last_bytes.emplace()).PermitUncheckedError();
    live_.erase(found);
    changes_.push_back({{path, nullptr}});
  }
  return target()->DeleteFile(path, io, debug);
}

FaultyFileSystem::Result FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const Io& io,
                                                      Debug* debug) {
  if (auto verdict = Meet(FileOp::kRename, from); !verdict.status.ok()) return verdict.status;
  MutexLock lock(&mu_);
  if (auto replaced = live_.find(to); replaced != live_.end()) {
    ReadWhole(target(), to, &replaced->second->last_bytes.emplace()).PermitUncheckedError();
  }
  Result status = target()->RenameFile(from, to, io, debug);
  auto moved = live_.find(from);
  if (!status.ok() || moved == live_.end()) return status;
  changes_.push_back({{to, moved->second}, {from, nullptr}});
  live_[to] = moved->second;
  live_.erase(from);
  return status;
}

std::string FaultyFileSystem::AfterPowerCut(const std::string& path, const Node& node, std::mt19937_64* lucky) {
  std::string bytes;
  if (node.last_bytes.has_value()) {
    bytes = *node.last_bytes;
  } else {
    ReadWhole(target(), path, &bytes).PermitUncheckedError();
  }
  if (node.synced_bytes.has_value()) {
    // Bytes inside were overwritten: the old ones, the new ones, or the new ones up to somewhere.
    std::string left = *node.synced_bytes;
    left.resize(bytes.size());
    const size_t keep = lucky == nullptr ? 0 : (*lucky)() % (bytes.size() + 1);
    return bytes.substr(0, keep) + left.substr(keep);
  }
  size_t size = std::min<size_t>(node.synced_size, bytes.size());
  if (lucky != nullptr) size += (*lucky)() % (bytes.size() - size + 1);
  return bytes.substr(0, size);
}

void FaultyFileSystem::DropUnsynced(std::mt19937_64* lucky) {
  MutexLock lock(&mu_);
  Names found = durable_;
  const size_t lasting = lucky == nullptr ? 0 : (*lucky)() % (changes_.size() + 1);
  for (size_t i = 0; i < lasting; ++i) Apply(changes_[i], found);
  // A file may have moved since: its bytes are where it is now.
  std::map<const Node*, std::string> places;
  for (const auto& [path, node] : live_) places[node.get()] = path;
  std::map<std::string, std::string> after;
  for (const auto& [path, node] : found) after[path] = AfterPowerCut(places[node.get()], *node, lucky);
  for (const auto& [path, node] : live_) target()->DeleteFile(path, {}, nullptr).PermitUncheckedError();
  live_.clear();
  durable_.clear();
  changes_.clear();
  for (const auto& [path, bytes] : after) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    target()->NewWritableFile(path, {}, &file, nullptr).PermitUncheckedError();
    file->Append(bytes, {}, nullptr).PermitUncheckedError();
    file->Sync({}, nullptr).PermitUncheckedError();
    file->Close({}, nullptr).PermitUncheckedError();
    Track(path, false);
  }
  plan_.reset();
  counts_.clear();
  off_ = false;
}

std::string FaultyFileSystem::ReadAll(const std::string& path) {
  std::string bytes;
  ReadWhole(target(), path, &bytes).PermitUncheckedError();
  return bytes;
}

void FaultyFileSystem::WriteAll(const std::string& path, const std::string& bytes) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  target()->NewWritableFile(path, {}, &file, nullptr).PermitUncheckedError();
  file->Append(bytes, {}, nullptr).PermitUncheckedError();
  file->Close({}, nullptr).PermitUncheckedError();
}

std::shared_ptr<rocksdb::Env> MakeEnv(std::shared_ptr<rocksdb::FileSystem> files) {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewCompositeEnv(std::move(files)));
}

}  // namespace duban::testing
