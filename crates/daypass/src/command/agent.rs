//! `daypass agent`: the life of the process.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cluster::agent::{Hosts, Limits};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::agent::provider::Bounds;
use crate::agent::{
    CONNECTIONS, EksAuth, Endpoint, Health, Metrics, PER_PEER, Probe, Provider, listener, renewals,
};
use crate::cli::agent::Agent;
use crate::client::{Connection, Environment, Given};
use crate::data_dir::DataDir;
use crate::logging;
use crate::print::print;
use crate::room::Room;
use crate::signals::stopped;

/// Where SDKs look for the agent. A node without IPv6 need not have the second.
const PODS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23));
const PODS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23));
/// How long the server may take to answer. SDKs wait two seconds and ask again; what comes after
/// that is kept for them.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens, and serves until it is asked to stop.
pub(crate) async fn run(options: Agent) -> Result<ExitCode> {
    let _flush = logging::start(options.log_format);
    let bounds = bounds(&options)?;
    let pods = pod_listeners(&options).await?;
    let probes = bind(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        options.probe_port,
        "--probe-port",
    )
    .await?;
    let metrics_port = bind(
        options.metrics_address,
        options.metrics_port,
        "--metrics-port",
    )
    .await?;

    let given = Given {
        endpoint: options.endpoint,
        ca_bundle: options.ca_bundle,
        patience: Some(PATIENCE),
        rotating_file: options.rotate_credentials,
        region: None,
    };
    let data = DataDir::new(&options.data.dir);
    let connection = Connection::new(given, Environment::of_process(), data).await?;
    warn_without_credentials(&connection).await;
    let server = connection.client.endpoint().to_string();
    let service = EksAuth::new(connection, &options.cluster_name);

    let metrics = Arc::new(Metrics::new()?);
    let provider = Provider::new(service, bounds, Arc::clone(&metrics));
    let addresses = pods.iter().map(TcpListener::local_addr);
    let addresses: Vec<SocketAddr> = addresses.collect::<std::io::Result<_>>()?;
    let hosts = Hosts::new(addresses.iter().map(SocketAddr::ip));
    let endpoint = Arc::new(Endpoint::new(
        Arc::clone(&provider),
        hosts,
        Arc::clone(&metrics),
    ));
    let stopped = stopped()?;

    let (stop, stopping) = watch::channel(false);
    let mut serving = JoinSet::new();
    let room = Room::new(CONNECTIONS, PER_PEER);
    greet(&addresses, &probes, &metrics_port, &server)?;
    for pod_listener in pods {
        let endpoint = Arc::clone(&endpoint);
        let handler = move |request, ends| {
            let endpoint = Arc::clone(&endpoint);
            async move { endpoint.answer(request, ends).await }
        };
        serving.spawn(listener::serve(
            pod_listener,
            room.clone(),
            handler,
            stopping.clone(),
        ));
    }
    let health = Arc::new(Health::new(addresses)?);
    for (probe_listener, metrics) in [(probes, None), (metrics_port, Some(metrics))] {
        let health = Arc::clone(&health);
        let probe = Arc::new(Probe { health, metrics });
        let handler = move |request, _| {
            let probe = Arc::clone(&probe);
            async move { probe.answer(request).await }
        };
        let room = Room::new(CONNECTIONS, PER_PEER);
        serving.spawn(listener::serve(
            probe_listener,
            room,
            handler,
            stopping.clone(),
        ));
    }
    let renewing = tokio::spawn(renewals::run(provider));

    stopped.await;
    tracing::info!("stopping: no new connections");
    // Everybody who listens is still there.
    let _ = stop.send(true);
    while serving.join_next().await.is_some() {}
    renewing.abort();
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn bounds(options: &Agent) -> Result<Bounds> {
    let bounds = Bounds {
        limits: Limits {
            entries: usize::try_from(options.max_cache_size)?,
            retention: options.max_credential_retention_before_renewal,
        },
        service_qps: options.max_service_qps,
    };
    // Upstream's check: all that is kept is renewed in each retention.
    let seconds = bounds.limits.retention.as_secs();
    let renewed = i64::from(options.max_service_qps).saturating_mul(seconds);
    if seconds > 0 && renewed < i64::from(options.max_cache_size) / 2 {
        bail!(
            "{} renewals a second can't keep up with {} tokens whose credentials are renewed every \
             {seconds} s: raise --max-service-qps or \
             --max-credential-retention-before-renewal, or lower --max-cache-size",
            options.max_service_qps,
            options.max_cache_size
        );
    }
    Ok(bounds)
}

/// The listeners that were asked for, all of them; or those where SDKs look.
async fn pod_listeners(options: &Agent) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for host in &options.bind_hosts {
        listeners.push(bind(*host, options.port, "--bind-hosts").await?);
    }
    if !listeners.is_empty() {
        return Ok(listeners);
    }
    let first = bind(PODS, options.port, "--port").await;
    listeners.push(first.context(
        "`daypass node-address` gives the node the addresses where SDKs look for the agent; --bind-hosts names others",
    )?);
    match TcpListener::bind((PODS_V6, options.port)).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() != ErrorKind::AddrInUse => {
            tracing::warn!(%error, "the node does not have {PODS_V6}: pods reach the agent by IPv4 only");
        }
        Err(error) => return Err(error).with_context(|| format!("cannot listen on [{PODS_V6}]")),
    }
    Ok(listeners)
}

async fn bind(address: IpAddr, port: u16, flag: &str) -> Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| {
        let next = match error.kind() {
            ErrorKind::PermissionDenied => "; ports below 1024 need CAP_NET_BIND_SERVICE",
            ErrorKind::AddrInUse => "; another agent runs on this node, or something else has it",
            _ => "",
        };
        anyhow::anyhow!("cannot listen on {address} ({flag}): {error}{next}")
    })
}

/// The agent starts also when the server can't be reached yet; who looks at its log shall know.
async fn warn_without_credentials(connection: &Connection) {
    if let Err(error) = connection.credentials.keys().await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the agent has no credentials of its own yet, and tries again when a pod asks"
        );
    }
}

fn greet(
    pods: &[SocketAddr],
    probes: &TcpListener,
    metrics: &TcpListener,
    server: &str,
) -> Result<()> {
    let urls = pods.iter().map(|it| format!("http://{it}/v1/credentials"));
    let urls: Vec<_> = urls.collect();
    let (probes, metrics) = (probes.local_addr()?, metrics.local_addr()?);
    tracing::info!(%probes, %metrics, server, "listening");
    print(&format!(
        "daypass agent is ready at {}; probes at http://{probes}/readyz, metrics at http://{metrics}/metrics\n",
        urls.join(" and ")
    ))
}
