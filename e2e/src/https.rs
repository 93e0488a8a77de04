//! An issuer's key set behind HTTPS, with a certificate authority of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A server of one document, until it is dropped.
#[derive(Debug)]
pub struct Keys {
    address: SocketAddr,
    files: TempDir,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    document: String,
    status: AtomicU16,
    fetched: AtomicUsize,
}

impl Keys {
    /// Serves it on a free port.
    #[expect(clippy::disallowed_methods, reason = "it ends with the test, when it is dropped")]
    pub async fn serve(document: Value) -> Self {
        let files = TempDir::with_prefix("roomcast-e2e-ca-").expect("a temporary directory");
        let acceptor = acceptor(&files.path().join("ca.pem"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let state = State {
            document: document.to_string(),
            status: AtomicU16::new(200),
            fetched: AtomicUsize::new(0),
        };
        let state = Arc::new(state);
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(acceptor.clone(), stream, shared.clone()));
            }
        });
        Self { address, files, state, task }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/jwks.json", self.address.port())
    }

    /// A file with the certificate of the authority that vouches for it.
    pub fn ca_path(&self) -> String {
        let path: PathBuf = self.files.path().join("ca.pem");
        path.to_string_lossy().into_owned()
    }

    /// Answers with this status from here on.
    pub fn answer_with(&self, status: u16) {
        self.state.status.store(status, Ordering::Release);
    }

    /// How often it was asked.
    pub fn fetched(&self) -> usize {
        self.state.fetched.load(Ordering::Acquire)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// With a certificate for `localhost`; writes that of the authority behind it.
fn acceptor(ca_path: &std::path::Path) -> TlsAcceptor {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let certificate = authority.self_signed(&authority_key).expect("a certificate");
    fs::write(ca_path, certificate.pem()).expect("a file");
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], private).expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream, state: Arc<State>) {
    // A client that trusts nobody here goes away, which is what a test wants of it.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    state.fetched.fetch_add(1, Ordering::AcqRel);
    let (status, length) = (state.status.load(Ordering::Acquire), state.document.len());
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    // The reader may have had enough.
    let _ = stream.write_all((head + &state.document).as_bytes()).await;
    let _ = stream.shutdown().await;
}
