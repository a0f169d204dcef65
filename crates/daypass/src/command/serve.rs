//! `daypass serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use federation::{VerifierConfig, chain_thumbprint};
use services::Quotas;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Serve;
use crate::data_dir::DataDir;
use crate::local::Socket;
use crate::server::{Options, Server};
use crate::{accept, logging, tls};

/// Opens the server, listens, and serves until it is asked to stop.
pub(crate) async fn run(options: Serve) -> Result<ExitCode> {
    let _flush = logging::start(options.log_format);
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
        _ => None,
    };
    if tls.is_none() && !options.listen.ip().is_loopback() && !options.allow_plaintext {
        bail!(
            "{} is not a loopback address, and there is no TLS: secrets would cross the network in \
             the clear; give --tls-cert and --tls-key, or --allow-plaintext if something in front \
             of the server speaks TLS",
            options.listen.ip()
        );
    }
    let extra_roots_pem = options
        .issuer_ca
        .as_ref()
        .map(|path| {
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
        })
        .transpose()?;
    let chain = options.tls_cert.as_ref().map(std::fs::read).transpose()?;
    let thumbprint = chain.as_deref().and_then(chain_thumbprint);
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let made_up = endpoint(tls.is_some(), listener.local_addr()?);
    let endpoint = options.endpoint.unwrap_or(made_up);
    let server = Server::open(Options {
        data: DataDir::new(&options.data.dir),
        key_file: options.key_file,
        account: options.account,
        region: options.region,
        issuer: options.issuer,
        verifier: VerifierConfig {
            extra_roots_pem,
            allowed_networks: options.issuer_network,
            private_networks: !options.no_private_issuers,
            max_verified_tokens: options.verified_tokens,
            ..VerifierConfig::default()
        },
        s3_domains: options.s3_domain,
        thumbprint,
        quotas: Quotas::with(&options.quota),
        endpoint: endpoint.clone(),
    })
    .await?;
    let server = Arc::new(server);
    let socket = tokio::spawn(Socket::bind(&server)?.serve(Arc::clone(&server), endpoint.clone()));
    greet(&server, &endpoint);
    accept::serve(Arc::clone(&server), listener, tls, stopped()?).await?;
    socket.abort();
    // Ends when its socket file is gone.
    let _ = socket.await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The URL that clients on this machine can use.
fn endpoint(tls: bool, address: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    match address.ip().is_unspecified() {
        true => format!("{scheme}://localhost:{}", address.port()),
        false => format!("{scheme}://{address}"),
    }
}

fn greet(server: &Server, endpoint: &str) {
    let account = server.door.account();
    let data = server.data.path().display();
    println!("daypass is ready at {endpoint}, account {account}");
    // For people only: standard output is the one line that scripts wait for.
    eprintln!(
        "next:  eval \"$(daypass credentials --data {data})\"  then  aws sts get-caller-identity"
    );
}

/// Resolves at the first SIGINT or SIGTERM.
fn stopped() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
