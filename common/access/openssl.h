// OpenSSL's objects with owners, for the .cc files of this folder.

#ifndef DUBAN_COMMON_ACCESS_OPENSSL_H_
#define DUBAN_COMMON_ACCESS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace duban {

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using OpensslPtr = std::unique_ptr<T, OpensslDeleter<Free>>;

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using CrlPtr = OpensslPtr<X509_CRL, X509_CRL_free>;
using BignumPtr = OpensslPtr<BIGNUM, BN_free>;

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_OPENSSL_H_
