#include "common/access/token_keys.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/access/key_folder.h"
#include "common/access/openssl.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLookAgain = absl::Seconds(2);
// Where a token names a key that is not known: it may have been made just now.
constexpr absl::Duration kLookAgainForKey = absl::Milliseconds(100);
constexpr absl::Duration kHalvesKept = absl::Hours(24);
constexpr size_t kMostVerified = 4096;
constexpr int kHalf = 32;

using SignaturePtr = OpensslPtr<ECDSA_SIG, ECDSA_SIG_free>;
using DigestPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;

absl::Status Refused(std::string_view cause) {
  return absl::UnauthenticatedError(StrCat("the token ", cause));
}

std::string PublicFolderOf(std::string_view token_folder) {
  return StrCat(token_folder, "/public");
}

std::string SigningFileOf(std::string_view token_folder) {
  return StrCat(token_folder, "/signing.pem");
}

// The names of the public halves in a token folder, in the order they were made.
std::set<std::string> NamesIn(const std::string& token_folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(PublicFolderOf(token_folder), error)) {
    if (entry.path().extension() == ".pem") names.insert(entry.path().stem());
  }
  return names;
}

// When a key was made, by its name; nothing where it is no such name.
std::optional<absl::Time> MadeTime(const std::string& name) {
  int64_t seconds = 0;
  const size_t dash = name.find('-');
  if (dash == std::string::npos || !absl::SimpleAtoi(name.substr(0, dash), &seconds)) return std::nullopt;
  return absl::FromUnixSeconds(seconds);
}

bool IsP256(EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 && std::string_view(group) == "prime256v1";
}

// {id} of a key's name.
std::string IdOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return "";
  const std::string digest = Sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return absl::BytesToHexString(digest.substr(0, 8));
}

template <typename Write>
std::string Pem(const Write& write) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (out == nullptr || write(out.get()) != 1) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);  // NOLINT(google-runtime-int): OpenSSL's type.
  std::string pem(data, static_cast<size_t>(size));
  OPENSSL_cleanse(data, static_cast<size_t>(size));
  return pem;
}

KeyPtr ReadPublic(const std::string& pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr));
  return IsP256(key.get()) ? std::move(key) : nullptr;
}

KeyPtr ReadPrivate(std::string pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  return IsP256(key.get()) ? std::move(key) : nullptr;
}

// r and s, as JWS has them, out of what OpenSSL writes.
std::string RawSignature(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));  // NOLINT
  std::string raw(2 * kHalf, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  if (signature == nullptr || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kHalf) != kHalf ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kHalf, kHalf) != kHalf) {
    return "";
  }
  return raw;
}

// The other way round.
std::string DerSignature(const std::string& raw) {
  const auto* in = reinterpret_cast<const unsigned char*>(raw.data());
  const SignaturePtr signature(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(in, kHalf, nullptr)), s(BN_bin2bn(in + kHalf, kHalf, nullptr));
  if (signature == nullptr || r == nullptr || s == nullptr) return "";
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return "";
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string SignText(EVP_PKEY* key, const std::string& text) {
  const DigestPtr digest(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (digest == nullptr || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) {
    return "";
  }
  std::string der(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes, text.size()) != 1) {
    return "";
  }
  der.resize(size);
  return RawSignature(der);
}

}  // namespace

// A public half, or the key that signs; its name; and from when on nothing it signed counts.
struct TokenKeys::Key {
  std::string name;
  KeyPtr key;
  absl::Time superseded = absl::InfiniteFuture();
};

std::string TokenFolderOf(std::string_view folder) {
  return StrCat(folder, "/tokens");
}

absl::Status MakeTokenKey(const std::string& token_folder, absl::Time now) {
  for (const std::string& folder : {token_folder, PublicFolderOf(token_folder)}) {
    DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder));
  }
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return absl::InternalError("OpenSSL cannot make a key for tokens");
  const std::string name = StrCat(absl::StrFormat("%010d", absl::ToUnixSeconds(now)), "-", IdOf(key.get()));
  const std::string half = Pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); });
  std::string whole =
      Pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  if (half.empty() || whole.empty()) return absl::InternalError("OpenSSL cannot write a key for tokens");
  DUBAN_RETURN_IF_ERROR(WritePrivateFile(StrCat(PublicFolderOf(token_folder), "/", name, ".pem"), half));
  const absl::Status written = WritePrivateFile(SigningFileOf(token_folder), whole);
  OPENSSL_cleanse(whole.data(), whole.size());
  DUBAN_RETURN_IF_ERROR(written);
  std::string earlier;
  for (const std::string& one : NamesIn(token_folder)) {
    const std::optional<absl::Time> made = MadeTime(one);
    if (!earlier.empty() && made && *made + kHalvesKept < now) {
      fs::remove(StrCat(PublicFolderOf(token_folder), "/", earlier, ".pem"));
    }
    earlier = one;
  }
  return absl::OkStatus();
}

absl::Status CopyTokenKeys(const std::string& from, const std::string& to, bool signing) {
  for (const std::string& folder : {to, PublicFolderOf(to)}) DUBAN_RETURN_IF_ERROR(MakePrivateFolder(folder));
  const std::set<std::string> wanted = NamesIn(from);
  for (const std::string& name : wanted) {
    const std::string file = StrCat("/", name, ".pem");
    DUBAN_ASSIGN_OR_RETURN(std::string half, ReadWholeFile(PublicFolderOf(from) + file));
    DUBAN_RETURN_IF_ERROR(WritePrivateFile(PublicFolderOf(to) + file, half));
  }
  for (const std::string& name : NamesIn(to)) {
    if (!wanted.contains(name)) fs::remove(StrCat(PublicFolderOf(to), "/", name, ".pem"));
  }
  if (!signing) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::string key, ReadWholeFile(SigningFileOf(from)));
  const absl::Status written = WritePrivateFile(SigningFileOf(to), key);
  OPENSSL_cleanse(key.data(), key.size());
  return written;
}

TokenKeys::TokenKeys(std::string folder, std::string node, Clock* clock)
    : folder_(TokenFolderOf(folder)), node_(std::move(node)), clock_(clock) {}

TokenKeys::~TokenKeys() = default;

void TokenKeys::Refresh(absl::Duration at_most_every) {
  const absl::Duration now = clock_->Steady();
  if (now - loaded_ < at_most_every) return;
  loaded_ = now;
  Load();
}

void TokenKeys::Load() {
  const std::set<std::string> names = NamesIn(folder_);
  std::map<std::string, std::shared_ptr<const Key>> keys;
  std::shared_ptr<Key> last;
  for (const std::string& name : names) {
    const std::optional<absl::Time> made = MadeTime(name);
    absl::StatusOr<std::string> pem = ReadWholeFile(StrCat(PublicFolderOf(folder_), "/", name, ".pem"));
    auto key = std::make_shared<Key>();
    key->name = name;
    if (pem.ok()) key->key = ReadPublic(*pem);
    if (!made || key->key == nullptr || !name.ends_with(StrCat("-", IdOf(key->key.get())))) continue;
    if (last != nullptr) last->superseded = *made;
    keys[name] = last = std::move(key);
  }
  const bool changed = !std::equal(keys.begin(), keys.end(), keys_.begin(), keys_.end(),
                                   [](const auto& a, const auto& b) { return a.first == b.first; });
  if (changed) verified_.clear();
  keys_ = std::move(keys);
  signing_ = nullptr;
  absl::StatusOr<std::string> pem = ReadWholeFile(SigningFileOf(folder_));
  if (!pem.ok() || !CheckPrivateFile(SigningFileOf(folder_)).ok()) return;
  auto signing = std::make_shared<Key>();
  signing->key = ReadPrivate(*std::move(pem));
  if (signing->key == nullptr) return;
  // Nobody would take what is signed with a key whose public half is not there.
  const std::string id = IdOf(signing->key.get());
  for (const auto& [name, key] : keys_) {
    if (!name.ends_with(StrCat("-", id))) continue;
    signing->name = name;
    signing_ = signing;
  }
}

absl::StatusOr<std::string> TokenKeys::Sign(const Token& token) {
  std::shared_ptr<const Key> key;
  {
    MutexLock lock(&mu_);
    Refresh(kLookAgain);
    key = signing_;
  }
  if (key == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("there is no key to sign tokens with in ", folder_,
               ", or others can read it; `duban keys issue` or `renew` puts it there"));
  }
  std::string text = TextToSign(key->name, WriteClaims(token));
  const std::string signature = SignText(key->key.get(), text);
  if (signature.empty()) return absl::InternalError("OpenSSL cannot sign a token");
  StrAppend(&text, ".", ToBase64Url(signature));
  if (text.size() > kMaxTokenBytes) return absl::FailedPreconditionError("the person holds more than a token can say");
  return text;
}

std::shared_ptr<const TokenKeys::Key> TokenKeys::Find(const std::string& id) {
  Refresh(kLookAgain);
  auto found = keys_.find(id);
  if (found == keys_.end()) {
    Refresh(kLookAgainForKey);
    found = keys_.find(id);
  }
  return found == keys_.end() ? nullptr : found->second;
}

absl::Status TokenKeys::CheckSignature(const TokenParts& parts, std::shared_ptr<const Key> key) const {
  const DigestPtr digest(EVP_MD_CTX_new());
  const std::string der = DerSignature(parts.signature);
  const int held =
      digest == nullptr || EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key->key.get()) != 1
          ? 0
          : EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                             reinterpret_cast<const unsigned char*>(parts.signed_text.data()),
                             parts.signed_text.size());
  if (held == 1 || DUBAN_BUG("access.signature_not_checked")) return absl::OkStatus();
  return Refused("was altered, or signed by somebody else");
}

absl::StatusOr<Token> TokenKeys::Verify(std::string_view text) {
  const absl::Time now = clock_->Now();
  std::string whole(text);
  {
    MutexLock lock(&mu_);
    Refresh(kLookAgain);
    auto known = verified_.find(whole);
    if (known != verified_.end()) {
      DUBAN_RETURN_IF_ERROR(CheckToken(known->second, node_, now));
      return known->second;
    }
  }
  DUBAN_ASSIGN_OR_RETURN(TokenParts parts, SplitToken(text));
  std::shared_ptr<const Key> key;
  {
    MutexLock lock(&mu_);
    key = Find(parts.key);
  }
  if (key == nullptr) return Refused("was signed with a key that this node does not have");
  DUBAN_RETURN_IF_ERROR(CheckSignature(parts, key));
  DUBAN_ASSIGN_OR_RETURN(Token token, ReadClaims(parts.claims));
  DUBAN_RETURN_IF_ERROR(CheckToken(token, node_, now));
  if (token.issue_time > key->superseded + kTokenSkew) return Refused("was signed with a key that was replaced");
  MutexLock lock(&mu_);
  if (verified_.size() >= kMostVerified) verified_.clear();
  verified_.emplace(std::move(whole), token);
  return token;
}

}  // namespace duban
