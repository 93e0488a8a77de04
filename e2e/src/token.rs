//! Tokens made by hand (RFC 7515 §3.1), so that they can be wrong on purpose: whoever signs here is not the library that the
//! server checks with.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Something to sign with.
#[derive(Debug)]
pub enum Key {
    /// HS256.
    Secret(Vec<u8>),
    /// RS256.
    Rsa(Box<rsa::KeyPair>),
    /// ES256.
    Ec(Box<EcdsaKeyPair>),
    /// EdDSA.
    Ed(Box<Ed25519KeyPair>),
    /// An empty signature.
    None,
}

impl Key {
    /// A secret that is long enough.
    pub fn secret(text: &str) -> Self {
        assert!(text.len() >= 32, "the server asks for 32 bytes");
        Self::Secret(text.into())
    }

    /// A new key pair for RS256.
    pub fn rsa() -> Self {
        Self::Rsa(Box::new(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key")))
    }

    /// A new key pair for ES256.
    pub fn ec() -> Self {
        Self::Ec(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")))
    }

    /// A new key pair for EdDSA.
    pub fn ed() -> Self {
        Self::Ed(Box::new(Ed25519KeyPair::generate().expect("a key")))
    }

    /// Its algorithm, as a header names it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
            Self::None => "none",
        }
    }

    /// A token with an honest header.
    pub fn token(&self, claims: &Value) -> String {
        self.with_header(&json!({"alg": self.algorithm(), "typ": "JWT"}), claims)
    }

    /// A token with any header.
    pub fn with_header(&self, header: &Value, claims: &Value) -> String {
        self.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A token of these bytes.
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
            Self::Ec(key) => key.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::None => Vec::new(),
        }
    }

    /// The public half in PEM.
    pub fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Rsa(key) => key.public_key().as_der(),
            Self::Ec(key) => key.public_key().as_der(),
            Self::Ed(key) => key.public_key().as_der(),
            Self::Secret(_) | Self::None => panic!("there is no public half"),
        }
        .expect("a public key has this form");
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// The public half as a JSON Web Key (RFC 7517) of this name.
    pub fn jwk(&self, kid: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(key) => {
                let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": encode(n), "e": encode(e)})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
            Self::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": encode(key.public_key().as_ref())})
            }
            Self::Secret(_) | Self::None => panic!("there is no public half"),
        }
    }
}

/// What a token of this user says, good for so many seconds (or bad since so many).
#[expect(clippy::disallowed_methods, reason = "a token is good by the real clock")]
pub fn claims(sub: &str, seconds: i64) -> Value {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    json!({"sub": sub, "iat": now, "exp": now.saturating_add_signed(seconds)})
}

/// Claims with some more, or others.
pub fn with(mut claims: Value, more: &Value) -> Value {
    let more = more.as_object().expect("claims are an object");
    claims.as_object_mut().expect("claims are an object").extend(more.clone());
    claims
}
