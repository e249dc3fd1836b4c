// Failpoints: named places before and after each durable step, where a test can stop the process or look on.
//
// A process is told by its environment: DUBAN_FAILPOINT="commit.after_write=kill:3" kills it with SIGKILL when it
// reaches the place for the third time. A test in the same process sets a handler instead. Compiled out of release
// packages (-DDUBAN_FAILPOINTS=OFF). Thread-safe.
//
// kFailpoints below has them all; tests/crash/failpoint_table_test.py compares it with the code and with the tests.

#ifndef DUBAN_COMMON_BASE_FAILPOINT_H_
#define DUBAN_COMMON_BASE_FAILPOINT_H_

#include <functional>
#include <string>
#include <string_view>

namespace duban {

// What it takes to come to a place.
enum class FailpointPlace {
  // A store that is made, opened and written to.
  kStore,
  // A store whose log ends in a torn write.
  kTornEnd,
  // A server with one level's services, called and drained.
  kServer,
  // Two levels, the lower one following and offering.
  kLevels,
  // A backup that is made, or a node that is restored from one.
  kBackup,
  // A node that is rebuilt from its neighbours.
  kRebuild,
  // Files beside a store, put in or removed.
  kFiles,
  // A channel of the notification service with a digest to deliver.
  kChannel,
};

struct FailpointInfo {
  const char* name;
  FailpointPlace where;
  const char* meaning;
};

// Names are stable: scripts and the track record use them.
inline constexpr FailpointInfo kFailpoints[] = {
    {"open.begin", FailpointPlace::kStore, "the folder is there, the database is not open yet"},
    {"open.examined", FailpointPlace::kStore, "the database may be opened; nothing is changed yet"},
    {"open.database_opened", FailpointPlace::kStore, "the database is open and recovered"},
    {"open.before_mark", FailpointPlace::kStore, "the mark is behind what was found"},
    {"open.after_mark", FailpointPlace::kStore, "the mark is where the database is"},
    {"open.before_torn_end", FailpointPlace::kTornEnd, "to be opened without the torn end"},
    {"open.after_torn_end", FailpointPlace::kTornEnd, "opened without the torn end"},
    {"create.identity_written", FailpointPlace::kStore, "a new store has its first commit and no mark"},
    {"mark.before_rename", FailpointPlace::kStore, "a new mark is whole under its first name"},
    {"mark.after_rename", FailpointPlace::kStore, "a new mark has its name, which is not synced"},
    {"commit.before_write", FailpointPlace::kStore, "a group is sealed and not on disk"},
    {"commit.after_write", FailpointPlace::kStore, "a group is on disk, its mark is not"},
    {"commit.after_mark", FailpointPlace::kStore, "group and mark are on disk, nobody knows"},
    {"snapshot.published", FailpointPlace::kStore, "readers see the group, its callers are not answered"},
    {"commit.answered", FailpointPlace::kStore, "the callers of a group are answered"},
    {"call.before_run", FailpointPlace::kServer, "a call has arrived"},
    {"call.before_answer", FailpointPlace::kServer, "a call is done, its answer is not sent"},
    {"drain.begin", FailpointPlace::kServer, "a server is told to stop"},
    {"drain.calls_ended", FailpointPlace::kServer, "no call runs any more, the stores are open"},
    {"drain.stores_closed", FailpointPlace::kServer, "everything is closed, the process has not ended"},
    {"follow.before_commit", FailpointPlace::kServer, "a page was fetched and is not applied"},
    {"follow.after_commit", FailpointPlace::kServer, "page and position are committed"},
    {"take_in.before_commit", FailpointPlace::kLevels, "a page was offered and is not applied"},
    {"take_in.after_commit", FailpointPlace::kLevels, "an offered page is committed, the answer is not sent"},
    {"offer.before_send", FailpointPlace::kLevels, "a page is ready to be offered"},
    {"offer.after_send", FailpointPlace::kLevels, "the answer to an offer is here and not looked at"},
    {"offer.after_position", FailpointPlace::kLevels, "the position of an offer is committed"},
    {"backup.after_copy", FailpointPlace::kBackup, "a store is copied, the copy is not read back"},
    {"backup.before_name", FailpointPlace::kBackup, "a backup is whole and has no name"},
    {"copy.before_last", FailpointPlace::kBackup, "a copy has all its rows but the one that makes it whole"},
    {"copy.after_last", FailpointPlace::kBackup, "a copy is whole, its files are not closed"},
    {"restore.after_mark", FailpointPlace::kBackup, "a restored store has its mark and not all of its rows"},
    {"restore.before_moves", FailpointPlace::kBackup, "all stores are restored, none is at its place"},
    {"restore.after_move", FailpointPlace::kBackup, "one of the restored stores is at its place"},
    {"rebuild.before_commit", FailpointPlace::kRebuild, "a page was given back and is not written"},
    {"rebuild.after_commit", FailpointPlace::kRebuild, "a page that was given back is committed"},
    {"rebuild.before_finish", FailpointPlace::kRebuild, "everything is back, a store is still marked"},
    {"files.before_name", FailpointPlace::kFiles, "a file has come whole and has no name"},
    {"files.after_name", FailpointPlace::kFiles, "a file has its name and no row"},
    {"files.after_forget", FailpointPlace::kFiles, "a file that nothing names has lost its row and is still there"},
    {"channel.before_send", FailpointPlace::kChannel, "a delivery is taken and not sent"},
    {"channel.after_send", FailpointPlace::kChannel, "a delivery is sent and not noted"},
};

// Calls `handler` each time `name` is reached, on the thread that reaches it; an empty handler removes it.
void SetFailpointHandler(std::string_view name, std::function<void()> handler);

// Marks the place; use DUBAN_FAILPOINT.
void ReachFailpoint(std::string_view name);

#if DUBAN_FAILPOINTS
#define DUBAN_FAILPOINT(name) ::duban::ReachFailpoint(name)
#else
#define DUBAN_FAILPOINT(name) \
  do {                        \
  } while (false)
#endif

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_FAILPOINT_H_
