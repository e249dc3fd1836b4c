// Any text as the name in a certificate: what is taken is exactly what such a name is written as, and no other node's.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/access/certificate.h"
#include "common/access/identity.h"
#include "common/base/strings.h"
#include "tests/fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Bytes bytes(data, size);
  const std::string uri = bytes.LongText();
  const std::string subject = bytes.Rest();
  const std::optional<duban::Identity> identity = duban::ParseIdentity(uri);
  const std::string domain = identity ? identity->domain : "gov.example";
  const bool believed = duban::IdentityOf(uri, subject, domain).ok();
  if (!identity) {
    assert(!believed);
    return 0;
  }
  // One writing for one name: nothing that is compared as text can be written in two ways.
  assert(identity->uri() == uri);
  assert(duban::ParseIdentityPath(identity->domain, identity->path()) == identity);
  assert(uri.find_first_of("%\\?#@: \t", 9) == std::string::npos);
  if (believed) assert(subject.ends_with(duban::StrCat("OU=", identity->node, ",O=", identity->domain)));
  return 0;
}
