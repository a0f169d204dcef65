//! The shapes of `RegisterCluster`, in the form that generated ones have.

use jiff::Timestamp;

use super::shapes::SERVICE;
use crate::generated::iam::errors;
use crate::wire::{
    Decode, ErrorShape, Fields, Operation, OperationShape, Shape, ShapeWriter, TextRule,
};

/// The name, or the provider, is another cluster's.
pub(super) const RESOURCE_IN_USE: ErrorShape = ErrorShape {
    code: "ResourceInUse",
    recorded_as: "ResourceInUseException",
    status: 409,
    sender_fault: true,
};

/// Registers a Kubernetes cluster with its OIDC provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegisterCluster;

impl Operation for RegisterCluster {
    type Input = RegisterClusterRequest;
    type Output = RegisterClusterResponse;
    const SHAPE: &'static OperationShape = &OperationShape {
        name: "RegisterCluster",
        service: &SERVICE,
        result_wrapper: Some("RegisterClusterResult"),
        errors: &[
            errors::INVALID_INPUT,
            errors::NO_SUCH_ENTITY,
            errors::LIMIT_EXCEEDED,
            RESOURCE_IN_USE,
            errors::SERVICE_FAILURE,
        ],
    };
}

/// The input of `RegisterCluster`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegisterClusterRequest {
    /// `Name`.
    pub(crate) name: String,
    /// `OpenIDConnectProviderArn`.
    pub(crate) provider_arn: String,
}

impl Decode for RegisterClusterRequest {
    fn decode(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            name: fields.required(NAME, |value| value.text(&TextRule::ANY)),
            provider_arn: fields.required(PROVIDER, |value| value.text(&TextRule::ANY)),
        }
    }
}

impl Shape for RegisterClusterRequest {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.text(NAME, &self.name);
        writer.text(PROVIDER, &self.provider_arn);
    }
}

/// What `RegisterCluster` answers.
#[derive(Clone, Debug)]
pub(crate) struct RegisterClusterResponse {
    /// `Cluster`.
    pub(crate) cluster: Cluster,
}

impl Shape for RegisterClusterResponse {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.structure("Cluster", &self.cluster);
    }
}

/// A registered cluster.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// `Name`.
    pub(crate) name: String,
    /// `Arn`.
    pub(crate) arn: String,
    /// `Issuer`: the URL.
    pub(crate) issuer: String,
    /// `OpenIDConnectProviderArn`.
    pub(crate) provider_arn: String,
    /// `CreatedAt`.
    pub(crate) created: Timestamp,
}

impl Shape for Cluster {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.text(NAME, &self.name);
        writer.text("Arn", &self.arn);
        writer.text("Issuer", &self.issuer);
        writer.text(PROVIDER, &self.provider_arn);
        writer.timestamp("CreatedAt", self.created);
    }
}

const NAME: &str = "Name";
const PROVIDER: &str = "OpenIDConnectProviderArn";
