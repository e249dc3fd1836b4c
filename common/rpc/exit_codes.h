// How server programs end; deploy/README.md says what to do about each.

#ifndef DUBAN_COMMON_RPC_EXIT_CODES_H_
#define DUBAN_COMMON_RPC_EXIT_CODES_H_

namespace duban {

inline constexpr int kExitUsage = 2;   // The command line or the configuration is wrong.
inline constexpr int kExitStore = 3;   // A store is damaged, or holds less than it acknowledged.
inline constexpr int kExitListen = 4;  // A port cannot be taken, or a file cannot be written.
inline constexpr int kExitDisk = 5;    // A store's disk fails, is full or read-only; nothing is known to be lost.
inline constexpr int kExitOther = 6;   // A store is in use, of another node or service, or of another format.

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_EXIT_CODES_H_
