// A library that a victim is started with (LD_PRELOAD): it fails a chosen file call, and keeps what a power cut would
// leave of the victim's files. It knows nothing of RocksDB or of us: what it sees is what the kernel is asked for.
//
//   DUBAN_SHIM_FOLDER  Absolute folder; calls on files elsewhere pass untouched.
//   DUBAN_SHIM_FAULT   KIND:N[:sticky]  the N-th call of a sort that KIND can meet fails, with `sticky` all after it
//                      too. Kinds: eio enospc edquot erofs eintr short stall kill; lie says that a file is synced when
//                      it is not, and cuts the power before the second sync after that (see Meets below).
//   DUBAN_SHIM_STATE   File that holds a ShimState, shared with the harness (io_shim.h).
//   DUBAN_SHIM_SHADOW  Folder on the same file system: gets `journal` and, for each file that was written, its bytes as
//                      of the last sync (`ID`) and its bytes now (`ID.live`, a second name of the same file).
//
// Journal lines, in the order in which things happened: `N ID PATH` a file that was there before is touched; `C ID
// PATH` made; `M PATH` folder made; `R FROM\tTO` renamed; `L FROM\tTO` linked; `U PATH` removed; `D PATH` folder
// synced. Not seen: mmap, stdio writes, io_uring, descriptors made by dup. RocksDB as we use it and our own code use
// none.

#include "tests/crash/io_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using duban::testing::ShimCall;
using duban::testing::ShimState;

constexpr int kMaxDescriptors = 65536;
constexpr useconds_t kStallMicros = 300'000;

enum class Kind { kNone, kEio, kEnospc, kEdquot, kErofs, kEintr, kShort, kStall, kLie, kKill };

// A file that may be changed. Names come and go; this stays.
struct Node {
  int id = 0;
  // Lowest offset that changed since the last sync; none: -1.
  off_t dirty_from = -1;
};

struct Open {
  std::string path;
  std::shared_ptr<Node> node;
  bool writable = false;
};

struct Shim {
  std::string folder, shadow;
  Kind kind = Kind::kNone;
  int64_t nth = 0;
  bool sticky = false;
  ShimState* state = nullptr;
  int journal = -1;

  std::mutex mu;
  std::map<int, Open> open;
  std::map<std::string, std::shared_ptr<Node>> nodes;
  int next_id = 1;
  std::atomic<bool> tracked[kMaxDescriptors] = {};
};

Kind KindOf(const std::string& name) {
  static const std::map<std::string, Kind> kKinds = {
      {"eio", Kind::kEio},     {"enospc", Kind::kEnospc}, {"edquot", Kind::kEdquot},
      {"erofs", Kind::kErofs}, {"eintr", Kind::kEintr},   {"short", Kind::kShort},
      {"stall", Kind::kStall}, {"lie", Kind::kLie},       {"kill", Kind::kKill}};
  auto found = kKinds.find(name);
  return found == kKinds.end() ? Kind::kNone : found->second;
}

Shim* MakeShim() {
  auto* shim = new Shim;
  const auto get = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  shim->folder = get("DUBAN_SHIM_FOLDER");
  shim->shadow = get("DUBAN_SHIM_SHADOW");
  const std::string fault = get("DUBAN_SHIM_FAULT");
  if (const size_t colon = fault.find(':'); colon != std::string::npos) {
    shim->kind = KindOf(fault.substr(0, colon));
    shim->nth = std::atoll(fault.c_str() + colon + 1);
    shim->sticky = fault.ends_with(":sticky");
  }
  if (const std::string path = get("DUBAN_SHIM_STATE"); !path.empty()) {
    const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR | O_CLOEXEC, 0));
    void* shared = mmap(nullptr, sizeof(ShimState), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) shim->state = static_cast<ShimState*>(shared);
    syscall(SYS_close, file);
  }
  if (!shim->shadow.empty()) {
    const std::string path = shim->shadow + "/journal";
    shim->journal =
        static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }
  return shim;
}

Shim& The() {
  static Shim* shim = MakeShim();
  return *shim;
}

bool Watched(const char* path) {
  const std::string& folder = The().folder;
  return !folder.empty() && path != nullptr && std::strncmp(path, folder.c_str(), folder.size()) == 0 &&
         (path[folder.size()] == '/' || path[folder.size()] == 0);
}

bool IsTracked(int fd) {
  return fd >= 0 && fd < kMaxDescriptors && The().tracked[fd].load(std::memory_order_relaxed);
}

// Whether a call of this sort is one that the kind of fault can happen to; only those are counted.
bool Meets(Kind kind, ShimCall call) {
  const bool takes_space = call == ShimCall::kCreate || call == ShimCall::kWrite || call == ShimCall::kAllocate ||
                           call == ShimCall::kSync || call == ShimCall::kRename || call == ShimCall::kMakeFolder;
  const bool changes = takes_space || call == ShimCall::kRemove || call == ShimCall::kTruncate ||
                       call == ShimCall::kOpenWrite || call == ShimCall::kSyncFolder;
  switch (kind) {
    case Kind::kNone:
      return false;
    case Kind::kEio:
      return true;
    case Kind::kEnospc:
    case Kind::kEdquot:
      return takes_space;
    case Kind::kErofs:
      return changes && call != ShimCall::kSync && call != ShimCall::kSyncFolder;
    case Kind::kEintr:
      return call == ShimCall::kWrite || call == ShimCall::kRead || call == ShimCall::kSync ||
             call == ShimCall::kOpenRead || call == ShimCall::kOpenWrite || call == ShimCall::kCreate;
    case Kind::kShort:
      return call == ShimCall::kWrite || call == ShimCall::kRead;
    case Kind::kStall:
      return changes || call == ShimCall::kRead;
    case Kind::kLie:
      return call == ShimCall::kSync;
    case Kind::kKill:
      return changes;
  }
  return false;
}

int ErrnoOf(Kind kind) {
  switch (kind) {
    case Kind::kEnospc:
      return ENOSPC;
    case Kind::kEdquot:
      return EDQUOT;
    case Kind::kErofs:
      return EROFS;
    case Kind::kEintr:
      return EINTR;
    default:
      return EIO;
  }
}

// What is to become of this call. `kNone`: nothing special.
Kind Verdict(ShimCall call, const std::string& path) {
  Shim& shim = The();
  ShimState* state = shim.state;
  if (state == nullptr || !Meets(shim.kind, call)) return Kind::kNone;
  // The harness mends the disk while the victim runs.
  if (state->healed.load() != 0) return Kind::kNone;
  const int64_t number = state->calls.fetch_add(1) + 1;
  const bool power_goes = shim.kind == Kind::kLie && number == shim.nth + 2;
  if (number < shim.nth || (number > shim.nth && !shim.sticky && !power_goes)) return Kind::kNone;
  if (number == shim.nth) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    std::strncpy(state->path, path.c_str(), sizeof state->path - 1);
    state->call.store(static_cast<int64_t>(call));
    state->struck_nanos.store(now.tv_sec * 1'000'000'000 + now.tv_nsec);
  }
  if (shim.kind == Kind::kKill || power_goes) {
    syscall(SYS_kill, getpid(), SIGKILL);
    pause();
  }
  if (shim.kind == Kind::kStall) {
    usleep(kStallMicros);  // tidy: allow real-time because a disk that stalls takes real time
    return Kind::kNone;
  }
  return shim.kind;
}

// Fails with the errno of the kind, or says that it did not.
bool Fails(Kind kind) {
  if (kind == Kind::kNone || kind == Kind::kLie) return false;
  errno = ErrnoOf(kind);
  return true;
}

void Note(const std::string& line) {
  if (The().journal < 0) return;
  const std::string text = line + "\n";
  syscall(SYS_write, The().journal, text.data(), text.size());
}

std::string ShadowOf(const Node& node, const char* suffix = "") {
  return The().shadow + "/" + std::to_string(node.id) + suffix;
}

off_t SizeOf(int fd) {
  struct stat found {};
  return fstat(fd, &found) == 0 ? found.st_size : 0;
}

// Brings the shadow of a file up to what the file is now.
void CopySynced(int fd, Node& node) {
  if (The().shadow.empty()) return;
  const off_t from = std::max<off_t>(node.dirty_from, 0);
  const off_t size = SizeOf(fd);
  const int to =
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, ShadowOf(node).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string live = ShadowOf(node, ".live");
  const int source = static_cast<int>(syscall(SYS_openat, AT_FDCWD, live.c_str(), O_RDONLY | O_CLOEXEC, 0));
  std::vector<char> bytes(1 << 16);
  for (off_t at = from; at < size;) {
    const auto want = std::min(static_cast<size_t>(size - at), bytes.size());
    const ssize_t read = syscall(SYS_pread64, source, bytes.data(), want, at);
    if (read <= 0) break;
    syscall(SYS_pwrite64, to, bytes.data(), static_cast<size_t>(read), at);
    at += read;
  }
  syscall(SYS_ftruncate, to, size);
  syscall(SYS_close, source);
  syscall(SYS_close, to);
  node.dirty_from = -1;
}

void Dirty(Node& node, off_t from) {
  node.dirty_from = node.dirty_from < 0 ? from : std::min(node.dirty_from, from);
}

// The node of a file that is there now. `made`: it was not there a moment ago. Called with the lock held.
std::shared_ptr<Node> NodeOf(const std::string& path, bool made) {
  Shim& shim = The();
  std::shared_ptr<Node>& node = shim.nodes[path];
  if (node != nullptr) return node;
  node = std::make_shared<Node>();
  node->id = shim.next_id++;
  if (shim.shadow.empty()) return node;
  syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, ShadowOf(*node, ".live").c_str(), 0);
  if (!made) {
    const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    CopySynced(file, *node);
    syscall(SYS_close, file);
  }
  Note((made ? "C " : "N ") + std::to_string(node->id) + " " + path);
  return node;
}

bool Exists(const char* path) {
  return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

int DoOpen(const char* path, int flags, mode_t mode) {
  if (!Watched(path)) return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  Shim& shim = The();
  const std::lock_guard<std::mutex> lock(shim.mu);
  const bool writable = (flags & O_ACCMODE) != O_RDONLY;
  const bool made = writable && (flags & O_CREAT) != 0 && !Exists(path);
  const ShimCall call = made ? ShimCall::kCreate : writable ? ShimCall::kOpenWrite : ShimCall::kOpenRead;
  if (Fails(Verdict(call, path))) return -1;
  // Before it is cut: what it was.
  if (writable && !made && Exists(path)) NodeOf(path, false);
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (fd < 0 || fd >= kMaxDescriptors) return fd;
  Open open{path, nullptr, writable};
  if (writable) {
    open.node = NodeOf(path, made);
    if ((flags & O_TRUNC) != 0) Dirty(*open.node, 0);
  }
  shim.open[fd] = std::move(open);
  shim.tracked[fd] = true;
  return fd;
}

Open* Find(int fd) {
  auto found = The().open.find(fd);
  return found == The().open.end() ? nullptr : &found->second;
}

void Forget(int fd) {
  if (!IsTracked(fd)) return;
  const std::lock_guard<std::mutex> lock(The().mu);
  The().open.erase(fd);
  The().tracked[fd] = false;
}

bool CloseFails(int fd) {
  if (!IsTracked(fd)) return false;
  const std::lock_guard<std::mutex> lock(The().mu);
  const Open* open = Find(fd);
  return open != nullptr && open->writable && Fails(Verdict(ShimCall::kClose, open->path));
}

// A write at `offset`, or where the descriptor stands for -1.
ssize_t DoWrite(int fd, const void* bytes, size_t size, off_t offset) {
  const auto write = [&](size_t most) {
    return offset < 0 ? syscall(SYS_write, fd, bytes, most) : syscall(SYS_pwrite64, fd, bytes, most, offset);
  };
  if (!IsTracked(fd)) return write(size);
  const std::lock_guard<std::mutex> lock(The().mu);
  Open* open = Find(fd);
  if (open == nullptr || open->node == nullptr) return write(size);
  const Kind verdict = Verdict(ShimCall::kWrite, open->path);
  if (verdict == Kind::kShort) size = (size + 1) / 2;
  if (verdict != Kind::kShort && Fails(verdict)) {
    // A disk that fills up takes a part.
    if (verdict == Kind::kEnospc && size > 1) {
      Dirty(*open->node, offset < 0 ? SizeOf(fd) : offset);
      write(size / 2);
    }
    errno = ErrnoOf(verdict);
    return -1;
  }
  off_t from = offset;
  if (offset < 0) {
    const int flags = static_cast<int>(syscall(SYS_fcntl, fd, F_GETFL));
    from = (flags & O_APPEND) != 0 ? SizeOf(fd) : static_cast<off_t>(syscall(SYS_lseek, fd, 0, SEEK_CUR));
  }
  Dirty(*open->node, from);
  return write(size);
}

int DoSync(int fd, long number) {
  if (!IsTracked(fd)) return static_cast<int>(syscall(number, fd));
  const std::lock_guard<std::mutex> lock(The().mu);
  Open* open = Find(fd);
  struct stat found {};
  const bool folder = fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
  const Kind verdict = Verdict(folder ? ShimCall::kSyncFolder : ShimCall::kSync, open->path);
  if (verdict == Kind::kLie) return 0;
  if (Fails(verdict)) return -1;
  // The machine's own sync is left out: whether the power stays on is ours to say.
  if (folder) Note("D " + open->path);
  if (open->node != nullptr) CopySynced(fd, *open->node);
  return 0;
}

ssize_t DoRead(int fd, void* bytes, size_t size, off_t offset) {
  const auto read = [&](size_t most) {
    return offset < 0 ? syscall(SYS_read, fd, bytes, most) : syscall(SYS_pread64, fd, bytes, most, offset);
  };
  if (!IsTracked(fd)) return read(size);
  const std::lock_guard<std::mutex> lock(The().mu);
  Open* open = Find(fd);
  const Kind verdict = open == nullptr ? Kind::kNone : Verdict(ShimCall::kRead, open->path);
  if (verdict == Kind::kShort) return read((size + 1) / 2);
  return Fails(verdict) ? -1 : read(size);
}

// Calls that take two names.
int Move(long number, char sign, const char* from, const char* to) {
  if (!Watched(from) && !Watched(to)) return static_cast<int>(syscall(number, AT_FDCWD, from, AT_FDCWD, to, 0));
  Shim& shim = The();
  const std::lock_guard<std::mutex> lock(shim.mu);
  if (Fails(Verdict(ShimCall::kRename, from))) return -1;
  const std::shared_ptr<Node> moved = NodeOf(from, false);
  // What it replaces may come back.
  if (Exists(to)) NodeOf(to, false);
  const int result = static_cast<int>(syscall(number, AT_FDCWD, from, AT_FDCWD, to, 0));
  if (result != 0) return result;
  shim.nodes[to] = moved;
  if (sign == 'R') shim.nodes.erase(from);
  Note(std::string(1, sign) + " " + from + "\t" + to);
  return 0;
}

int Remove(const char* path, int flags) {
  if (!Watched(path)) return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, flags));
  Shim& shim = The();
  const std::lock_guard<std::mutex> lock(shim.mu);
  if (Fails(Verdict(ShimCall::kRemove, path))) return -1;
  if (flags == 0 && Exists(path)) NodeOf(path, false);
  const int result = static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, flags));
  if (result != 0) return result;
  shim.nodes.erase(path);
  Note(std::string("U ") + path);
  return 0;
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define DUBAN_EXPORT extern "C" __attribute__((visibility("default")))

DUBAN_EXPORT int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return DoOpen(path, flags, mode);
}

DUBAN_EXPORT int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return DoOpen(path, flags, mode);
}

DUBAN_EXPORT int close(int fd) {
  const bool fails = CloseFails(fd);
  Forget(fd);
  const auto result = static_cast<int>(syscall(SYS_close, fd));
  // As Linux does it: the descriptor is gone all the same.
  if (fails) errno = EIO;
  return fails ? -1 : result;
}

DUBAN_EXPORT int fclose(FILE* file) {
  static const auto next = Next<int (*)(FILE*)>("fclose");
  if (file != nullptr) Forget(fileno(file));
  return next(file);
}

DUBAN_EXPORT ssize_t write(int fd, const void* bytes, size_t size) {
  return DoWrite(fd, bytes, size, -1);
}
DUBAN_EXPORT ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return DoWrite(fd, bytes, size, offset);
}
DUBAN_EXPORT ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return DoWrite(fd, bytes, size, offset);
}
DUBAN_EXPORT ssize_t read(int fd, void* bytes, size_t size) {
  return DoRead(fd, bytes, size, -1);
}
DUBAN_EXPORT ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  return DoRead(fd, bytes, size, offset);
}
DUBAN_EXPORT ssize_t pread64(int fd, void* bytes, size_t size, off64_t offset) {
  return DoRead(fd, bytes, size, offset);
}

// RocksDB reads its logs through a stdio stream.
DUBAN_EXPORT size_t fread_unlocked(void* bytes, size_t size, size_t count, FILE* file) {
  static const auto next = Next<size_t (*)(void*, size_t, size_t, FILE*)>("fread_unlocked");
  if (IsTracked(fileno(file))) {
    const std::lock_guard<std::mutex> lock(The().mu);
    const Open* open = Find(fileno(file));
    // A stream that ends early without an error is its end: no disk does that.
    const Kind verdict = open == nullptr ? Kind::kNone : Verdict(ShimCall::kRead, open->path);
    if (verdict != Kind::kShort && Fails(verdict)) return 0;
  }
  return next(bytes, size, count, file);
}

DUBAN_EXPORT int fsync(int fd) {
  return DoSync(fd, SYS_fsync);
}
DUBAN_EXPORT int fdatasync(int fd) {
  return DoSync(fd, SYS_fdatasync);
}
// Makes nothing durable: it neither flushes the disk's cache nor the file's size.
DUBAN_EXPORT int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  return IsTracked(fd) ? 0 : static_cast<int>(syscall(SYS_sync_file_range, fd, offset, size, flags));
}

DUBAN_EXPORT int ftruncate(int fd, off_t size) {
  if (!IsTracked(fd)) return static_cast<int>(syscall(SYS_ftruncate, fd, size));
  const std::lock_guard<std::mutex> lock(The().mu);
  Open* open = Find(fd);
  if (Fails(Verdict(ShimCall::kTruncate, open->path))) return -1;
  if (open->node != nullptr) Dirty(*open->node, std::min(size, SizeOf(fd)));
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}
DUBAN_EXPORT int fallocate(int fd, int mode, off_t offset, off_t size) {
  if (IsTracked(fd)) {
    const std::lock_guard<std::mutex> lock(The().mu);
    Open* open = Find(fd);
    if (Fails(Verdict(ShimCall::kAllocate, open->path))) return -1;
    if (open->node != nullptr && (mode & FALLOC_FL_KEEP_SIZE) == 0) Dirty(*open->node, std::min(offset, SizeOf(fd)));
  }
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, size));
}

DUBAN_EXPORT int rename(const char* from, const char* to) {
  return Move(SYS_renameat2, 'R', from, to);
}
DUBAN_EXPORT int link(const char* from, const char* to) {
  return Move(SYS_linkat, 'L', from, to);
}
DUBAN_EXPORT int unlink(const char* path) {
  return Remove(path, 0);
}
DUBAN_EXPORT int rmdir(const char* path) {
  return Remove(path, AT_REMOVEDIR);
}
DUBAN_EXPORT int mkdir(const char* path, mode_t mode) {
  if (!Watched(path)) return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  const std::lock_guard<std::mutex> lock(The().mu);
  if (Fails(Verdict(ShimCall::kMakeFolder, path))) return -1;
  const int result = static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  if (result == 0) Note(std::string("M ") + path);
  return result;
}
