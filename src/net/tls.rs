//! SIP over TLS 1.2 and 1.3: our certificate, whom we believe, and the handshake. Not for: the SM suites of GB 35114
//! and GB/T 38636, which no maintained library of this language offers.
//!
//! Platforms have certificates of their own making as often as ones of an authority. Whoever is named in `tls_ca`
//! itself is believed as it stands; whoever was signed by an authority named there must also bear the right name.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// How long a handshake may take.
pub const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// Handshakes at once; a connection beyond it waits as long as a handshake may take, then it is closed.
pub const MAX_HANDSHAKES: usize = 64;
/// Certificates in one file.
const MAX_CERTIFICATES: usize = 1_000;

/// What is wrong with a PEM file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemTrouble {
    /// There is no certificate in it.
    NoCertificate,
    /// There is no private key in it, or it is encrypted.
    NoKey,
    /// The key is not that of the certificate, or of a kind we cannot use.
    KeyDoesNotFit,
    /// A certificate in it cannot be read.
    Unreadable,
}

/// Why a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The peer's certificate is none we were told to believe.
    #[error("its certificate is not covered by tls_ca ({0})")]
    Untrusted(String),
    /// The peer's certificate bears another name.
    #[error("its certificate is for {0}")]
    OtherName(String),
    /// It speaks another protocol, or another TLS.
    #[error("{0}")]
    Failed(String),
}

/// Our certificate and its key.
#[derive(Clone)]
pub struct Identity(Arc<ServerConfig>);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// From PEM: the certificate with those that lead to its authority, and the key.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_pem(certificate: &[u8], private: &[u8]) -> Result<Self, PemTrouble> {
        let chain = certificates(certificate)?;
        let key = PrivateKeyDer::from_pem_slice(private).map_err(|_| PemTrouble::NoKey)?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|_| PemTrouble::KeyDoesNotFit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|_| PemTrouble::KeyDoesNotFit)?;
        Ok(Self(Arc::new(config)))
    }

    /// The handshake with whoever has connected.
    pub(super) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, TlsError> {
        let accepted = timeout(HANDSHAKE_PATIENCE, TlsAcceptor::from(self.0.clone()).accept(stream)).await;
        let stream = accepted.map_err(|_| late())?.map_err(|e| failed(&e))?;
        Ok(stream.into())
    }
}

/// Whose certificates are believed.
#[derive(Clone)]
pub struct Trust {
    verifier: Arc<Verifier>,
    name: Option<ServerName<'static>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trust({}verified, {:?})", if self.verifies() { "" } else { "not " }, self.name)
    }
}

impl Trust {
    /// Those of a PEM file: the peer's own, or its authority's.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, PemTrouble> {
        let pinned = certificates(pem)?;
        let mut roots = RootCertStore::empty();
        // Not each has to be an authority's: a peer's own is compared as it stands.
        roots.add_parsable_certificates(pinned.iter().cloned());
        let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().ok();
        Ok(Self { verifier: Arc::new(Verifier { pinned, authority, verifies: true, provider: provider() }), name: None })
    }

    /// Anybody's: the way is encrypted and nothing proves who is at its end.
    #[must_use]
    pub fn unverified() -> Self {
        let verifier = Verifier { pinned: Vec::new(), authority: None, verifies: false, provider: provider() };
        Self { verifier: Arc::new(verifier), name: None }
    }

    /// The same, with the name the certificate bears where it is not the address.
    ///
    /// # Errors
    /// When that is no host name and no address.
    pub fn named(self, name: &str) -> Result<Self, InvalidName> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| InvalidName)?;
        Ok(Self { name: Some(name), ..self })
    }

    /// Whether certificates are looked at.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.verifier.verifies
    }

    /// The handshake with whom we have connected to.
    pub(super) async fn connect(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, TlsError> {
        let address = stream.peer_addr().map_err(|e| failed(&e))?;
        let name = self.name.clone().unwrap_or_else(|| ServerName::from(address.ip()));
        let config = ClientConfig::builder_with_provider(self.verifier.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| TlsError::Failed(e.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone())
            .with_no_client_auth();
        let connected = timeout(HANDSHAKE_PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
        let stream = connected.map_err(|_| late())?.map_err(|e| failed(&e))?;
        Ok(stream.into())
    }
}

/// A name that can stand on no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidName;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemTrouble> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(MAX_CERTIFICATES).collect();
    let all = all.map_err(|_| PemTrouble::Unreadable)?;
    if all.is_empty() { Err(PemTrouble::NoCertificate) } else { Ok(all) }
}

fn late() -> TlsError {
    TlsError::Failed(format!("silent for {} s", HANDSHAKE_PATIENCE.as_secs()))
}

fn failed(error: &std::io::Error) -> TlsError {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) => {
            TlsError::OtherName(presented.join(", "))
        }
        Some(Error::InvalidCertificate(why)) => TlsError::Untrusted(format!("{why:?}")),
        // Both ends speak TLS or neither: whatever came is no TLS record.
        Some(Error::InvalidMessage(_)) => TlsError::Failed("not TLS".to_owned()),
        Some(other) => TlsError::Failed(other.to_string()),
        None => TlsError::Failed(error.to_string()),
    }
}

/// Compares with the certificates given, then asks the authorities among them.
#[derive(Debug)]
struct Verifier {
    pinned: Vec<CertificateDer<'static>>,
    authority: Option<Arc<WebPkiServerVerifier>>,
    verifies: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.verifies || self.pinned.iter().any(|known| known == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.authority {
            Some(authority) => authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
