//! Keys in files: one, or a directory of them, each named after its key, so that an old one and a new one are good at the
//! same time. They are read at the start; a token's `kid` looks them up in memory and never reaches the file system.

use jsonwebtoken::{Algorithm, DecodingKey};
use roomcast::auth::Denied;
use secrecy::{ExposeSecret, SecretSlice};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Keys in one directory.
const MAX_KEYS: usize = 100;
/// Bytes of one key's file.
const MAX_KEY_BYTES: u64 = 64 * 1024;
/// Bytes of a secret (RFC 7518 §3.2: at least as long as the hash).
const MIN_SECRET_BYTES: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .path.display())]
pub struct KeyError {
    path: PathBuf,
    what: String,
    /// What to do about it.
    pub help: &'static str,
}

impl KeyError {
    pub(super) fn new(path: impl Into<PathBuf>, what: impl Into<String>, help: &'static str) -> Self {
        Self { path: path.into(), what: what.into(), help }
    }
}

/// Keys, by name where they have one.
#[derive(Debug)]
pub(super) enum Named<K> {
    /// A file of its own: whatever key a token names, it is this one.
    One(K),
    /// Of a directory.
    Each(BTreeMap<String, K>),
}

/// Keys that signatures are checked with.
pub(super) type Ring = Named<DecodingKey>;
/// Secrets that signatures are made and checked with.
pub(super) type Secrets = Named<SecretSlice<u8>>;

impl<K> Named<K> {
    fn map<T, E>(self, mut f: impl FnMut(K) -> Result<T, E>) -> Result<Named<T>, E> {
        Ok(match self {
            Self::One(key) => Named::One(f(key)?),
            Self::Each(keys) => {
                let keys = keys.into_iter().map(|(name, key)| Ok((name, f(key)?)));
                Named::Each(keys.collect::<Result<_, E>>()?)
            }
        })
    }

    /// The key that a token names. One that names none fits where there is no choice.
    pub(super) fn find(&self, kid: Option<&str>) -> Result<&K, Denied> {
        let found = match (self, kid) {
            (Self::One(key), _) => Some(key),
            (Self::Each(keys), Some(kid)) => keys.get(kid),
            (Self::Each(keys), None) => keys.values().next().filter(|_| keys.len() == 1),
        };
        found.ok_or_else(|| Denied::bad("the token's `kid` names no key that this server has"))
    }

    /// The key to sign with, and its name: the last by name.
    pub(super) fn newest(&self) -> Option<(Option<&str>, &K)> {
        match self {
            Self::One(key) => Some((None, key)),
            Self::Each(keys) => keys.last_key_value().map(|(name, key)| (Some(name.as_str()), key)),
        }
    }
}

impl Secrets {
    /// To check signatures with.
    pub(super) fn ring(self) -> Ring {
        let key = |secret: SecretSlice<u8>| {
            Ok::<_, std::convert::Infallible>(DecodingKey::from_secret(secret.expose_secret()))
        };
        let Ok(ring) = self.map(key);
        ring
    }
}

/// The secret or secrets at a path.
pub(super) fn secrets(path: &Path) -> Result<Secrets, KeyError> {
    files(path)?.map(|(path, content)| {
        let content = trimmed(content.expose_secret());
        if content.len() < MIN_SECRET_BYTES {
            let what =
                format!("the secret has {} bytes, and needs at least {MIN_SECRET_BYTES}", content.len());
            return Err(KeyError::new(
                path,
                what,
                "make one with `openssl rand -base64 48`, here and where tokens are signed",
            ));
        }
        Ok(SecretSlice::from(content.to_vec()))
    })
}

/// The public key or keys at a path.
pub(super) fn public(path: &Path, algorithm: Algorithm) -> Result<Ring, KeyError> {
    files(path)?.map(|(path, pem)| {
        let pem = pem.expose_secret();
        if pem.windows(11).any(|window| window == b"PRIVATE KEY") {
            let help = "keep it with whoever signs tokens, and put its public half here: `openssl pkey -in FILE -pubout`";
            return Err(KeyError::new(path, "this is a private key", help));
        }
        let read = match algorithm {
            Algorithm::RS256 => DecodingKey::from_rsa_pem,
            Algorithm::ES256 => DecodingKey::from_ec_pem,
            _ => DecodingKey::from_ed_pem,
        };
        let what = format!("this is no public key for {algorithm:?} in PEM");
        read(pem).map_err(|_| KeyError::new(path, what, "it begins with -----BEGIN PUBLIC KEY-----; see auth.jwt.algorithm"))
    })
}

/// Of a secret that was written by a shell or an editor: the end of its line is not part of it.
fn trimmed(secret: &[u8]) -> &[u8] {
    let secret = secret.strip_suffix(b"\n").unwrap_or(secret);
    secret.strip_suffix(b"\r").unwrap_or(secret)
}

type File = (PathBuf, SecretSlice<u8>);

fn files(path: &Path) -> Result<Named<File>, KeyError> {
    if !path.is_dir() {
        return read(path).map(Named::One);
    }
    let help = "check the directory and its permissions: each file in it is a key, named after its `kid`";
    let failed = |what: String| KeyError::new(path, what, help);
    let mut keys = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(|error| failed(error.to_string()))? {
        let entry = entry.map_err(|error| failed(error.to_string()))?;
        let name =
            entry.file_name().into_string().map_err(|_| failed("a name in it is not UTF-8".to_owned()))?;
        // Hidden files, and the links by which Kubernetes changes secrets, are nobody's keys.
        if !name.starts_with('.') {
            keys.insert(name, read(&entry.path())?);
        }
    }
    match keys.len() {
        0 => Err(failed("there is no key in this directory".to_owned())),
        n if n > MAX_KEYS => {
            Err(failed(format!("there are {n} keys in this directory, {MAX_KEYS} are the most")))
        }
        _ => Ok(Named::Each(keys)),
    }
}

fn read(path: &Path) -> Result<File, KeyError> {
    let help = "check the path and its permissions; auth.jwt.secret_file and auth.jwt.public_key_file say where keys are";
    let failed = |what: String| KeyError::new(path, what, help);
    let size = fs::metadata(path).map_err(|error| failed(format!("the key cannot be read: {error}")))?.len();
    if size > MAX_KEY_BYTES {
        return Err(failed("this is too large for a key".to_owned()));
    }
    let content = fs::read(path).map_err(|error| failed(format!("the key cannot be read: {error}")))?;
    Ok((path.to_owned(), content.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, content)| fs::write(directory.path().join(name), content).unwrap());
        directory
    }

    #[test]
    fn s12_a_secret_that_is_missing_or_short_is_refused() {
        let dir = directory(&[
            ("short", &[b'x'; 31]),
            ("ends", b"0123456789012345678901234567890\r\n"),
            ("good", &[b'x'; 32]),
            ("line", &[b"y".repeat(32), b"\n".to_vec()].concat()),
        ]);
        let told =
            |name: &str| secrets(&dir.path().join(name)).map(|_| ()).map_err(|error| error.to_string());
        assert!(told("nowhere").unwrap_err().contains("cannot be read"));
        assert!(told("short").unwrap_err().contains("has 31 bytes"));
        assert!(told("ends").unwrap_err().contains("has 31 bytes"), "the line's end does not count");
        assert_eq!((told("good"), told("line")), (Ok(()), Ok(())));
        assert!(secrets(dir.path()).is_err(), "one bad key is a mistake");
    }

    #[test]
    fn s10_a_kid_is_looked_up_among_the_files_that_were_read_and_nowhere_else() {
        let dir = directory(&[("2025", &[b'a'; 32]), ("2026", &[b'b'; 32]), (".hidden", b"short")]);
        let ring = secrets(dir.path()).unwrap().ring();
        assert!(ring.find(Some("2025")).is_ok() && ring.find(Some("2026")).is_ok());
        for kid in [
            None,
            Some(""),
            Some("."),
            Some("../2026"),
            Some(".hidden"),
            Some("2026\0"),
            Some("' OR 1=1 --"),
            Some("/dev/null"),
        ] {
            assert!(ring.find(kid).is_err(), "{kid:?}");
        }
        assert_eq!(secrets(dir.path()).unwrap().newest().unwrap().0, Some("2026"));
        let alone = directory(&[("2026", &[b'b'; 32])]);
        assert!(secrets(alone.path()).unwrap().ring().find(None).is_ok(), "no choice");
    }

    #[test]
    fn directories_without_a_key_or_with_too_many_are_refused() {
        let told = |dir: &tempfile::TempDir| secrets(dir.path()).unwrap_err().to_string();
        assert!(told(&directory(&[])).contains("no key"));
        let many = directory(&[]);
        (0..=MAX_KEYS).for_each(|n| fs::write(many.path().join(n.to_string()), [b'x'; 32]).unwrap());
        assert!(told(&many).contains("101 keys"));
        let large = directory(&[("large", &vec![b'x'; 64 * 1024 + 1])]);
        assert!(told(&large).contains("too large"));
    }

    #[test]
    fn s8_a_private_key_and_a_key_of_another_kind_are_refused() {
        let private =
            directory(&[("key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]);
        let told = |dir: &tempfile::TempDir| {
            public(&dir.path().join("key.pem"), Algorithm::RS256).unwrap_err().to_string()
        };
        assert!(told(&private).contains("private key"));
        assert!(told(&directory(&[("key.pem", b"nonsense")])).contains("no public key for RS256"));
    }

    #[test]
    fn s43_secrets_do_not_show_themselves() {
        let dir = directory(&[("a", b"canary-canary-canary-canary-canary")]);
        let secrets = secrets(dir.path()).unwrap();
        assert!(!format!("{secrets:?}").contains("canary"));
        assert!(!format!("{:?}", secrets.ring()).contains("canary"));
    }
}
