//! `daypass policy`, as it is typed. Nothing of it needs a server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use policy::DocumentKind;

/// Commands about policy documents.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Find what is wrong in policies, and what is legal but surely not meant.
    Check(Check),
    /// Show what policies give access to: services, levels of access, resources, conditions.
    Summary(Summary),
    /// Decide cases from standard input, a JSON object a line.
    Decide(Decide),
}

/// How a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What a document is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An inline policy of a user, group or role.
    Identity,
    /// A managed policy.
    Managed,
    /// A permissions boundary.
    Boundary,
    /// A policy passed to AssumeRole*.
    Session,
    /// The trust policy of a role.
    Trust,
    /// A bucket policy.
    Bucket,
    /// The policy of another resource.
    Resource,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

/// The exit code is 0 if there are no errors, 1 if there are, 2 if a file can't be read.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// What the documents are; guessed from their elements when not said.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Take warnings for errors; notes are none.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// `json` prints an object a line, one for each file.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Policy documents; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Summary {
    /// What the documents are; guessed from their elements when not said.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Show every action, not only services.
    #[arg(long)]
    pub(crate) actions: bool,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Policy documents, which are taken together as those of one role; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// Say why, too.
    #[arg(long)]
    pub(crate) explain: bool,
}

impl From<Kind> for DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Managed => Self::Managed,
            Kind::Boundary => Self::Boundary,
            Kind::Session => Self::Session,
            Kind::Trust => Self::Trust,
            Kind::Bucket => Self::Bucket,
            Kind::Resource => Self::Resource,
            Kind::Scp => Self::Scp,
            Kind::Rcp => Self::Rcp,
        }
    }
}
