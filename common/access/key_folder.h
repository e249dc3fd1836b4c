// The folder that a program takes its keys from, and how a new set gets into it while programs run.
//
//   FOLDER/current          link to the set in use, replaced in one step
//   FOLDER/{serial}/        a set: key.pem (0600), certificate.pem (with the authorities between it and the root),
//   ca.pem FOLDER/crls/            revocation lists, named as OpenSSL looks for them: {hash of the issuer}.r{number}
//
// Who has authorities of another make puts their files there by hand; `current` may be a plain folder.
// Thread-safe towards programs that read; one process writes at a time.

#ifndef DUBAN_COMMON_ACCESS_KEY_FOLDER_H_
#define DUBAN_COMMON_ACCESS_KEY_FOLDER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/certificate.h"

namespace duban {

// Where the parts lie.
std::string KeyFileOf(std::string_view folder);
std::string CertificateFileOf(std::string_view folder);
std::string AuthorityFileOf(std::string_view folder);
std::string CrlFolderOf(std::string_view folder);

// What a folder holds.
struct KeyFolder {
  Certificate certificate;
  Identity identity;
};

// Reads the certificate and looks whether a program can start with it: the files are there, the key belongs to the
// certificate and can be read by nobody but its owner, and the name is one of ours. The domain is the name's own.
absl::StatusOr<KeyFolder> OpenKeyFolder(const std::string& folder);

// A key, its certificates and the root, as PEM.
struct KeySet {
  std::string key;
  std::string certificate;
  std::string root;
  // Of the certificate.
  std::string serial;
};

// Puts a set in and makes it the current one. Programs see the old set or the new, never parts of both.
absl::Status InstallKeySet(const std::string& folder, const KeySet& set);

// Puts a revocation list in behind those that are there of its issuer: programs that run take it in at the next
// handshake. Nothing happens where the newest one is the same.
absl::Status InstallCrl(const std::string& crl_folder, const std::string& pem);

// OK where nobody but its owner can read a file.
absl::Status CheckPrivateFile(const std::string& path);
// Writes a file whole, for its owner alone, with what is in it made durable before it gets its name.
absl::Status WritePrivateFile(const std::string& path, std::string_view content);
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);
// Makes a folder for its owner alone; one that is there is left as it is.
absl::Status MakePrivateFolder(const std::string& path);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_KEY_FOLDER_H_
