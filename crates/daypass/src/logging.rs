//! Log lines on standard error, structured, one a request.

use std::io::stderr;

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Starts logging. `DAYPASS_LOG` filters, e.g. `debug` or `door=debug,warn`.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("DAYPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    // Fails only if a logger is there already, and that one stays.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
