#include "common/base/digest.h"

#include <openssl/sha.h>

namespace duban {

static_assert(kDigestBytes == SHA256_DIGEST_LENGTH);

std::string Sha256(std::string_view bytes) {
  std::string digest(kDigestBytes, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string BigEndian(uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

}  // namespace duban
