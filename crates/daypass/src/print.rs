//! Writing to standard output, which somebody may close before all is read.

use std::io::{self, ErrorKind, Write};

use anyhow::{Error, Result};

/// Prints a text. Unlike `print!`, it does not panic when nobody reads on.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// Whether a command failed only because nobody reads its output any more, as under `| head`.
pub(crate) fn nobody_reads(error: &Error) -> bool {
    let mut causes = error.chain();
    causes.any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
    })
}
