//! One document by HTTPS: bounded in time and bytes, no redirects, certificates checked against the system's.

use super::keys::KeyError;
use axum::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::{error::Error, fmt, pin::pin, sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName},
};

/// How long it may take from the name to the last byte.
pub(super) const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// How long it may be.
const MAX_BYTES: usize = 256 * 1024;

/// Where it is fetched from.
pub(super) struct Source {
    url: Uri,
    host: String,
    tls: TlsConnector,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url)
    }
}

type Failed = Box<dyn Error + Send + Sync>;

impl Source {
    /// An `https` address with a host.
    pub(super) fn new(url: Uri) -> Result<Self, KeyError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let help =
                "install the package ca-certificates, or name a file with certificates in SSL_CERT_FILE";
            return Err(KeyError::new(url.to_string(), "this system trusts no certificates", help));
        }
        // Named, since the program may have another provider besides.
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let versions = config.with_safe_default_protocol_versions();
        let config = versions
            .map_err(|error| KeyError::new(url.to_string(), error.to_string(), "report it: this is a bug"))?;
        let tls = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { url, host, tls })
    }

    /// Fetches it.
    pub(super) async fn get(&self) -> Result<Bytes, Failed> {
        timeout(FETCH_WITHIN, self.exchange()).await.map_err(|_| "no answer in time")?
    }

    async fn exchange(&self) -> Result<Bytes, Failed> {
        let stream = TcpStream::connect((self.host.as_str(), self.url.port_u16().unwrap_or(443))).await?;
        let name = ServerName::try_from(self.host.clone())?;
        let stream = self.tls.connect(name, stream).await?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut answer = pin!(async {
            let answer = sender.send_request(self.request()?).await?;
            if answer.status() != StatusCode::OK {
                return Err(format!("it is answered with {}", answer.status()).into());
            }
            Ok(Limited::new(answer.into_body(), MAX_BYTES).collect().await?.to_bytes())
        });
        tokio::select! {
            answer = &mut answer => answer,
            // What came before the end is still to be had.
            _ = connection => answer.await,
        }
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, axum::http::Error> {
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let host = self.url.authority().map_or("", |authority| authority.as_str());
        let request =
            Request::get(path).header(header::HOST, host).header(header::ACCEPT, "application/json");
        request.header(header::USER_AGENT, "roomcast").body(Empty::new())
    }
}
