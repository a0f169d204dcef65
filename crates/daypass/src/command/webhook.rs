//! `daypass webhook`.

mod associations;

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use cluster::ServiceAccounts;
use cluster::admission_events::AdmissionEvents;
use cluster::serving_certificate::Place;
use cluster::webhook::{Home, PodIdentitySettings, SHORTEST, Settings};
use kube::Client;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::api_server::configuration;
use crate::cli::kubernetes::KubernetesOptions;
use crate::cli::webhook as cli;
use crate::client::Given;
use crate::command::asker::Asker;
use crate::print::print;
use crate::signals::stopping;
use crate::tls::{Certificate, Files, TlsPolicy};
use crate::webhook::self_signed::SelfSigned;
use crate::webhook::{
    Admission, Metrics, Observation, Webhook, follow_accounts, follow_config_map,
    follow_identities, imds,
};
use crate::{accept, logging};

/// Where upstream's manifests mount the certificate.
const CERTIFICATE: &str = "/etc/webhook/certs/tls.crt";
const KEY: &str = "/etc/webhook/certs/tls.key";

/// How long the server may take to list associations.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves reviews until it is asked to stop.
pub(crate) async fn run(options: cli::Webhook) -> Result<ExitCode> {
    let _flush = logging::start(options.log_format);
    let settings = settings(&options).await?;
    let kubernetes = client(&options).await?;

    let mut tasks = JoinSet::new();
    let certificate = if options.in_cluster && options.tls_cert.is_none() {
        let place = Place {
            namespace: options.namespace.clone(),
            secret: options.tls_secret.clone(),
            service: options.service_name.clone(),
        };
        let configuration = options.webhook_configuration.clone();
        let own = SelfSigned::new(kubernetes.clone(), place, configuration).await?;
        let certificate = own.certificate();
        tasks.spawn(own.look_after());
        certificate
    } else {
        let files = Files {
            certificate: options
                .tls_cert
                .clone()
                .unwrap_or_else(|| CERTIFICATE.into()),
            key: options.tls_key.clone().unwrap_or_else(|| KEY.into()),
        };
        let certificate = Certificate::new(files.read()?);
        tasks.spawn(Arc::clone(&certificate).follow(files));
        certificate
    };
    let acceptor = certificate.acceptor(&TlsPolicy {
        min_version: options.tls_min_version,
        suites: Some(options.tls_cipher_suites.clone()).filter(|it| !it.is_empty()),
    })?;

    let events = options.switches.events.then(|| {
        // In a pod, the pod's name.
        let host = rustix::system::uname();
        let instance = host.nodename().to_string_lossy();
        let (events, writer) = AdmissionEvents::new(kubernetes.clone(), &instance);
        tasks.spawn(writer.run());
        events
    });
    let patience = options.service_account_lookup_grace_period;
    let prefix = &settings.annotation_prefix;
    let webhook = Arc::new(Webhook {
        accounts: ServiceAccounts::new(kubernetes.clone(), prefix, patience),
        settings,
        config_map: ArcSwap::default(),
        pod_identities: ArcSwap::default(),
        associations: ArcSwap::default(),
        metrics: Metrics::new()?,
        events,
        leaving: AtomicBool::new(false),
    });
    tasks.spawn(follow_accounts(Arc::clone(&webhook)));
    if options.switches.watch_config_map {
        let namespace = options.namespace.clone();
        tasks.spawn(follow_config_map(
            Arc::clone(&webhook),
            kubernetes,
            namespace,
        ));
    }
    let file = options.watch_container_credentials_config;
    // An empty name is no file: upstream's default.
    if let Some(file) = file.filter(|it| !it.is_empty()) {
        tasks.spawn(follow_identities(Arc::clone(&webhook), file.into()));
    }

    if let Some(cluster) = options.pod_identity_cluster {
        let given = Given {
            endpoint: options.aws_endpoint_url.clone(),
            patience: Some(PATIENCE),
            ..Given::default()
        };
        let asker = Asker::with(given, &options.data).await?;
        tasks.spawn(associations::follow(Arc::clone(&webhook), asker, cluster));
    }

    let reviews = listener(options.bind_address, options.port).await?;
    let metrics = listener(options.bind_address, options.metrics_port).await?;
    let (at, metrics_at) = (reviews.local_addr()?, metrics.local_addr()?);
    print(&format!(
        "daypass webhook is ready at https://{at}/mutate, metrics at http://{metrics_at}/metrics\n"
    ))?;
    let debugging = options.switches.enable_debugging_handlers;
    let admission = Arc::new(Admission::new(Arc::clone(&webhook), debugging));
    let observation = Arc::new(Observation {
        webhook: Arc::clone(&webhook),
        debugging,
    });
    let (delay, leaving) = (options.shutdown_delay, Arc::clone(&webhook));
    tokio::join!(
        accept::serve(
            admission,
            reviews,
            Some(acceptor),
            stopping(delay, move || leaving.leave())?
        ),
        accept::serve(observation, metrics, None, stopping(delay, || {})?),
    );
    tasks.shutdown().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn client(options: &cli::Webhook) -> Result<Client> {
    let mut config = configuration(&KubernetesOptions {
        kubeconfig: options.kubeconfig.clone(),
        context: None,
    })
    .await?;
    if let Some(server) = &options.kube_api {
        let url = server.parse();
        config.cluster_url = url.with_context(|| format!("--kube-api: `{server}` is not a URL"))?;
    }
    Ok(Client::try_from(config)?)
}

/// At an address, or at all: a cluster's pods may have addresses of one kind alone.
async fn listener(address: Option<IpAddr>, port: u16) -> Result<TcpListener> {
    let at = SocketAddr::new(address.unwrap_or(Ipv6Addr::UNSPECIFIED.into()), port);
    let bound = match TcpListener::bind(at).await {
        // A node without IPv6.
        Err(error)
            if address.is_none()
                && !matches!(
                    error.kind(),
                    ErrorKind::AddrInUse | ErrorKind::PermissionDenied
                ) =>
        {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
        }
        bound => bound,
    };
    bound.with_context(|| format!("cannot listen on {at}"))
}

async fn settings(options: &cli::Webhook) -> Result<Settings> {
    let mut region = Some(options.aws_default_region.clone()).filter(|it| !it.is_empty());
    let home = match (options.switches.compose_role_arn, options.account_id) {
        (false, _) => None,
        (true, Some(account)) => Some(Home::in_region(
            account,
            region.as_deref().unwrap_or_default(),
        )),
        (true, None) => {
            let instance = imds::instance().await?;
            let home = Home::in_region(instance.account, &instance.region);
            region = region.or(Some(instance.region));
            Some(home)
        }
    };
    Ok(Settings {
        annotation_prefix: options.annotation_prefix.clone(),
        audience: options.token_audience.clone(),
        mount_path: options.token_mount_path.clone(),
        token_expiration: options.token_expiration.max(SHORTEST),
        region,
        regional_sts: options.switches.sts_regional_endpoint,
        pod_identity: PodIdentitySettings {
            audience: options.container_credentials_audience.clone(),
            mount_path: options.container_credentials_token_mount_path.clone(),
            volume_name: options.container_credentials_token_volume_name.clone(),
            token_path: options.container_credentials_token_path.clone(),
            full_uri: options.container_credentials_full_uri.clone(),
        },
        home,
        endpoint: options.aws_endpoint_url.clone(),
        ca_bundle: options.aws_ca_bundle_config_map.clone(),
        session_name_from_pod: options.switches.role_session_name,
    })
}
