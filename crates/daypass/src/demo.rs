//! `daypass demo`: the whole way before the reader's eyes, each step as the `aws` command
//! that does it and the server's real answer.

mod show;
mod walk;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use federation::VerifierConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::Demo;
use crate::data_dir::DataDir;
use crate::server::{Options, Server};
use crate::{accept, upkeep};

/// Runs a server of its own on a free port and walks.
pub(crate) async fn run(options: &Demo) -> Result<ExitCode> {
    let own;
    let dir = match &options.dir {
        Some(dir) => dir.as_path(),
        None => {
            own = tempfile::Builder::new()
                .prefix("daypass-demo-")
                .tempdir()
                .context("cannot create a directory for the demo")?;
            own.path()
        }
    };
    let data = DataDir::new(dir);
    if data.directory_database().exists() {
        bail!(
            "`{}` has been used already, and the demo begins with nothing; name a new directory, \
             or serve this one with `daypass serve --data {}`",
            dir.display(),
            dir.display()
        );
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let server = Server::open(Options {
        data,
        key_file: None,
        account: None,
        region: "us-east-2".to_owned(),
        issuer: None,
        verifier: VerifierConfig::default(),
        reviewers: Vec::new(),
        s3_domains: Vec::new(),
        s3_upstream: None,
        s3_encrypted_storage: false,
        sigv2_query: false,
        thumbprint: None,
        quotas: services::Quotas::default(),
        endpoint: endpoint.clone(),
    })
    .await?;
    let server = Arc::new(server);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(accept::serve(
        Arc::clone(&server),
        listener,
        None,
        async move {
            // A walk that failed dropped its end, which stops the server as well.
            let _ = stopped.await;
        },
    ));
    let walked = walk::walk(&server, &endpoint).await;
    drop(stop);
    serving.await?;
    upkeep::keep(&server.door).await;
    walked?;
    show::next_steps(options.dir.as_deref());
    Ok(ExitCode::SUCCESS)
}
