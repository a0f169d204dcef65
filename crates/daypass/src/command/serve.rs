//! `daypass serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use federation::{VerifierConfig, chain_thumbprint};
use services::Quotas;
use tokio::net::TcpListener;

use crate::cli::Serve;
use crate::data_dir::DataDir;
use crate::local::Socket;
use crate::server::{Options, Server};
use crate::signals::stopped;
use crate::tls::TlsPolicy;
use crate::{accept, logging, tls, token_review, upkeep};

/// Opens the server, listens, and serves until it is asked to stop.
pub(crate) async fn run(options: Serve) -> Result<ExitCode> {
    let _flush = logging::start(options.log_format);
    let files = options.tls_cert.clone().zip(options.tls_key.clone());
    let files = files.map(|(certificate, key)| tls::Files { certificate, key });
    let certificate = match &files {
        Some(files) => Some(tls::Certificate::new(files.read()?)),
        None => None,
    };
    let tls = certificate
        .as_ref()
        .map(|it| it.acceptor(&TlsPolicy::default()));
    let tls = tls.transpose()?;
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
        reviewers: token_review::open(options.token_review).await?,
        s3_domains: options.s3_domain,
        s3_upstream: Some(options.s3_upstream),
        s3_encrypted_storage: options.s3_encrypted_storage,
        sigv2_query: options.allow_sigv2_query,
        thumbprint,
        quotas: Quotas::with(&options.quota),
        endpoint: endpoint.clone(),
    })
    .await?;
    let server = Arc::new(server);
    let socket = tokio::spawn(Socket::bind(&server)?.serve(Arc::clone(&server), endpoint.clone()));
    let follow = certificate
        .zip(files)
        .map(|(it, files)| tokio::spawn(it.follow(files)));
    let last_uses = tokio::spawn(upkeep::last_uses(Arc::clone(&server.door)));
    let lifecycles = upkeep::lifecycles(Arc::clone(&server.objects), Arc::clone(&server.door));
    let lifecycles = tokio::spawn(lifecycles);
    greet(&server, &endpoint);
    accept::serve(Arc::clone(&server), listener, tls, stopped()?).await;
    last_uses.abort();
    lifecycles.abort();
    upkeep::keep(&server.door).await;
    if let Some(follow) = follow {
        follow.abort();
    }
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
