"""Keys, signatures and ciphers by OpenSSL's libcrypto, for certificates and handshakes that no tool would make."""

import ctypes
import ctypes.util
import functools

_C = ctypes.CDLL(ctypes.util.find_library('crypto') or 'libcrypto.so.3')

_SIZE = ctypes.c_size_t
_POINTERS = ('BIO_new', 'BIO_s_mem', 'BIO_new_mem_buf', 'PEM_read_bio_PrivateKey', 'EVP_PKEY_Q_keygen',
             'EVP_MD_CTX_new', 'EVP_get_digestbyname', 'EVP_CIPHER_CTX_new', 'EVP_aes_128_gcm', 'EVP_PKEY_CTX_new',
             'd2i_PUBKEY')
for _name in _POINTERS:
    getattr(_C, _name).restype = ctypes.c_void_p

_X25519 = 1034  # NID_X25519
_PSS = 6        # RSA_PKCS1_PSS_PADDING


def _pointer(value):
    if not value:
        raise RuntimeError('libcrypto: no object')
    return ctypes.c_void_p(value)


def _good(result):
    if result <= 0:
        raise RuntimeError('libcrypto: failed')
    return result


class Key:
    """A private key. Kept for the life of the process: nothing is freed."""

    def __init__(self, pointer):
        self._key = pointer
        self.kind = {6: 'rsa', 408: 'ec', 1087: 'ed', _X25519: 'x'}[_C.EVP_PKEY_get_id(pointer)]

    @classmethod
    def from_pem(cls, pem):
        """The key of a PEM text (bytes)."""
        return cls(_pointer(_C.PEM_read_bio_PrivateKey(_pointer(_C.BIO_new_mem_buf(pem, len(pem))), None, None, None)))

    @classmethod
    def generate(cls, kind):
        """A new key: a curve's name, 'ED25519', 'X25519', or a number of bits for RSA."""
        if isinstance(kind, int):
            more = (b'RSA', _SIZE(kind))
        elif kind.endswith('25519'):
            more = (kind.encode(),)
        else:
            more = (b'EC', kind.encode())
        return cls(_pointer(_C.EVP_PKEY_Q_keygen(None, None, *more)))

    def _memory(self, write, *more):
        """What a function writes into a BIO."""
        bio = _pointer(_C.BIO_new(_pointer(_C.BIO_s_mem())))
        _good(write(bio, self._key, *more))
        data = ctypes.create_string_buffer(65536)
        size = _good(_C.BIO_read(bio, data, len(data)))
        _C.BIO_free(bio)
        return data.raw[:size]

    @functools.cached_property
    def pem(self):
        """PKCS #8, PEM."""
        return self._memory(_C.PEM_write_bio_PrivateKey, None, None, 0, None, None)

    @functools.cached_property
    def public(self):
        """SubjectPublicKeyInfo, DER."""
        return self._memory(_C.i2d_PUBKEY_bio)

    @functools.cached_property
    def raw_public(self):
        """The bare public key: of X25519, or of P-256 as a point that is not compressed."""
        return self.public[-32 if self.kind == 'x' else -65:]

    def sign(self, data, digest='sha256', pss=False):
        """A signature over data; of Ed25519 if digest is None."""
        context = _pointer(_C.EVP_MD_CTX_new())
        inner = ctypes.c_void_p()
        named = _pointer(_C.EVP_get_digestbyname(digest.encode())) if digest else None
        _good(_C.EVP_DigestSignInit(context, ctypes.byref(inner), named, None, self._key))
        if pss:
            _good(_C.EVP_PKEY_CTX_set_rsa_padding(inner, _PSS))
            _good(_C.EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, -1))  # As long as the digest.
        signature = ctypes.create_string_buffer(2048)
        size = _SIZE(len(signature))
        _good(_C.EVP_DigestSign(context, signature, ctypes.byref(size), data, _SIZE(len(data))))
        _C.EVP_MD_CTX_free(context)
        return signature.raw[:size.value]

    def exchange(self, peer):
        """The secret that X25519 or P-256 shares with the owner of a bare public key; RuntimeError where there is none,
        or it is all zero."""
        der = self.public.removesuffix(self.raw_public) + peer
        start = ctypes.c_char_p(der)
        other = _pointer(_C.d2i_PUBKEY(None, ctypes.byref(start), ctypes.c_long(len(der))))
        context = _pointer(_C.EVP_PKEY_CTX_new(self._key, None))
        _good(_C.EVP_PKEY_derive_init(context))
        _good(_C.EVP_PKEY_derive_set_peer(context, other))
        secret, size = ctypes.create_string_buffer(32), _SIZE(32)
        _good(_C.EVP_PKEY_derive(context, secret, ctypes.byref(size)))
        return secret.raw


def _gcm(key, nonce, aad, data, tag):
    """One pass of AES-128-GCM: (output, its tag); tag None encrypts."""
    context = _pointer(_C.EVP_CIPHER_CTX_new())
    out, moved = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int()
    _good(_C.EVP_CipherInit_ex(context, _pointer(_C.EVP_aes_128_gcm()), None, key, nonce, int(tag is None)))
    if tag is not None:
        _good(_C.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, tag))  # EVP_CTRL_AEAD_SET_TAG
    _good(_C.EVP_CipherUpdate(context, None, ctypes.byref(moved), aad, len(aad)))
    if data:
        _good(_C.EVP_CipherUpdate(context, out, ctypes.byref(moved), data, len(data)))
    good = _C.EVP_CipherFinal_ex(context, ctypes.create_string_buffer(16), ctypes.byref(moved))
    made = ctypes.create_string_buffer(16)
    if tag is None:
        _good(_C.EVP_CIPHER_CTX_ctrl(context, 0x10, 16, made))  # EVP_CTRL_AEAD_GET_TAG
    _C.EVP_CIPHER_CTX_free(context)
    if good <= 0:
        raise ValueError('not for this key')
    return out.raw[:len(data)], made.raw


def seal(key, nonce, aad, data):
    """Encrypt by AES-128-GCM: ciphertext and tag."""
    return b''.join(_gcm(key, nonce, aad, data, None))


def unseal(key, nonce, aad, data):
    """Decrypt by AES-128-GCM; ValueError if it was made with another key or changed."""
    return _gcm(key, nonce, aad, data[:-16], data[-16:])[0]
