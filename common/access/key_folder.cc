#include "common/access/key_folder.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_format.h"
#include "common/access/openssl.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view what, std::string_view path) {
  return absl::FailedPreconditionError(StrCat("cannot ", what, " ", path, ": ", strerror(errno)));
}

absl::Status CheckBelongs(const std::string& folder, const std::string& key_pem, const std::string& certificate_pem) {
  const BioPtr key_in(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const KeyPtr key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
  const BioPtr in(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (key != nullptr && certificate != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      StrCat(KeyFileOf(folder), " is not the key of ", CertificateFileOf(folder), "; put both there anew"));
}

}  // namespace

std::string KeyFileOf(std::string_view folder) {
  return StrCat(folder, "/current/key.pem");
}

std::string CertificateFileOf(std::string_view folder) {
  return StrCat(folder, "/current/certificate.pem");
}

std::string AuthorityFileOf(std::string_view folder) {
  return StrCat(folder, "/current/ca.pem");
}

std::string CrlFolderOf(std::string_view folder) {
  return StrCat(folder, "/crls");
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failed("read", path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// Who else can read a key can be whoever it is the key of.
absl::Status CheckPrivateFile(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return Failed("read", path);
  if ((status.st_mode & 077) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(path, " is a key that others can read (mode ",
                                              absl::StrFormat("%04o", status.st_mode & 07777),
                                              "): chmod 600 it, and have a new one issued where it is not certain that "
                                              "nobody did"));
}

absl::Status MakePrivateFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return Failed("make the folder", path);
}

absl::Status WritePrivateFile(const std::string& path, std::string_view content) {
  const std::string temporary = StrCat(path, ".new");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Failed("write", temporary);
  const bool written = write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                       fchmod(file, 0600) == 0 && fsync(file) == 0;
  if (close(file) != 0 || !written) return Failed("write", temporary);
  if (rename(temporary.c_str(), path.c_str()) != 0) return Failed("write", path);
  return absl::OkStatus();
}

absl::StatusOr<KeyFolder> OpenKeyFolder(const std::string& folder) {
  DUBAN_ASSIGN_OR_RETURN(std::string pem, ReadWholeFile(CertificateFileOf(folder)));
  DUBAN_ASSIGN_OR_RETURN(std::string key, ReadWholeFile(KeyFileOf(folder)));
  DUBAN_ASSIGN_OR_RETURN(std::string root, ReadWholeFile(AuthorityFileOf(folder)));
  DUBAN_RETURN_IF_ERROR(CheckPrivateFile(KeyFileOf(folder)));
  DUBAN_RETURN_IF_ERROR(CheckBelongs(folder, key, pem));
  if (!fs::is_directory(CrlFolderOf(folder))) {
    return absl::FailedPreconditionError(
        StrCat("there is no folder ", CrlFolderOf(folder), "; make it, empty where nothing is revoked yet"));
  }
  KeyFolder opened;
  DUBAN_ASSIGN_OR_RETURN(opened.certificate, ReadCertificate(pem));
  std::optional<Identity> named;
  if (!opened.certificate.uris.empty()) named = ParseIdentity(opened.certificate.uris[0]);
  absl::StatusOr<Identity> identity = IdentityOf(opened.certificate, named ? named->domain : "");
  if (!identity.ok()) {
    return absl::FailedPreconditionError(StrCat(CertificateFileOf(folder), ": ", ToStd(identity.status().message())));
  }
  opened.identity = *std::move(identity);
  return opened;
}

absl::Status InstallKeySet(const std::string& folder, const KeySet& set) {
  const std::string own = StrCat(folder, "/", set.serial);
  for (const std::string& path : {folder, CrlFolderOf(folder), own}) DUBAN_RETURN_IF_ERROR(MakePrivateFolder(path));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(own + "/key.pem", set.key));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(own + "/certificate.pem", set.certificate));
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(own + "/ca.pem", set.root));
  const std::string link = StrCat(folder, "/current.new");
  unlink(link.c_str());
  if (symlink(set.serial.c_str(), link.c_str()) != 0) return Failed("make the link", link);
  const std::string current = StrCat(folder, "/current");
  if (rename(link.c_str(), current.c_str()) != 0) return Failed("replace the link", current);
  return absl::OkStatus();
}

absl::Status InstallCrl(const std::string& crl_folder, const std::string& pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const CrlPtr crl(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
  if (crl == nullptr) return absl::InvalidArgumentError("the revocation list cannot be read; it has to be PEM");
  DUBAN_RETURN_IF_ERROR(MakePrivateFolder(crl_folder));
  const uint64_t hash = X509_NAME_hash_ex(X509_CRL_get_issuer(crl.get()), nullptr, nullptr, nullptr);
  const auto path_of = [&](int number) { return StrCat(crl_folder, "/", absl::StrFormat("%08x.r%d", hash, number)); };
  int number = 0;
  while (fs::exists(path_of(number))) ++number;
  if (number > 0) {
    DUBAN_ASSIGN_OR_RETURN(std::string newest, ReadWholeFile(path_of(number - 1)));
    if (newest == pem) return absl::OkStatus();
  }
  return WritePrivateFile(path_of(number), pem);
}

}  // namespace duban
