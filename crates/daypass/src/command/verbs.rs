//! Which command a verb and its object are.

use std::process::ExitCode;

use anyhow::Result;

use super::{cluster, iam_service_account, identity};
use crate::cli::verbs::{
    Create, CreateWhat, Delete, DeleteWhat, Describe, DescribeWhat, List, ListWhat, Register,
    RegisterWhat, Test, TestWhat,
};

pub(crate) async fn create(options: &Create) -> Result<ExitCode> {
    let data = &options.data;
    match &options.what {
        CreateWhat::Cluster(what) => cluster::create::run(what, data).await,
        CreateWhat::Iamserviceaccount(what) => iam_service_account::create::run(what, data).await,
    }
}

pub(crate) async fn delete(options: &Delete) -> Result<ExitCode> {
    let data = &options.data;
    match &options.what {
        DeleteWhat::Cluster(what) => cluster::delete::run(what, data).await,
        DeleteWhat::Iamserviceaccount(what) => iam_service_account::delete::run(what, data).await,
    }
}

pub(crate) async fn describe(options: &Describe) -> Result<ExitCode> {
    match &options.what {
        DescribeWhat::Cluster(what) => cluster::describe::run(what, &options.data).await,
    }
}

pub(crate) async fn list(options: &List) -> Result<ExitCode> {
    let data = &options.data;
    match &options.what {
        ListWhat::Clusters(what) => cluster::list::run(what, data).await,
        ListWhat::Iamserviceaccounts(what) => iam_service_account::list::run(what, data).await,
    }
}

pub(crate) async fn register(options: &Register) -> Result<ExitCode> {
    match &options.what {
        RegisterWhat::Cluster(what) => cluster::register::run(what, &options.data).await,
    }
}

pub(crate) async fn test(options: &Test) -> Result<ExitCode> {
    match &options.what {
        TestWhat::Identity(what) => identity::run(what, &options.data).await,
    }
}
