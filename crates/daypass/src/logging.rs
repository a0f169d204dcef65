//! Log lines on standard error, structured, one a request.

use std::io::stderr;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Starts logging; what is still in memory is written when the guard is dropped.
/// `DAYPASS_LOG` filters, e.g. `debug` or `door=debug,warn`.
///
/// Lines are written by a thread of their own, so that a slow terminal slows no request down
/// as long as there is room; when there is none, requests wait: no line is dropped.
pub(crate) fn start(format: LogFormat) -> WorkerGuard {
    let filter = EnvFilter::try_from_env("DAYPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(stderr());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // Fails only if a logger is there already, and that one stays.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    guard
}
