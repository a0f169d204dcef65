//! Requests of REST services: `METHOD PATH?QUERY\nBODY`, routed, and decoded as the input of an operation.
#![no_main]

use http::Method;
use libfuzzer_sys::fuzz_target;
use services::generated::{eks, eks_auth};
use services::wire::{Operation, Route, decode, record};

fuzz_target!(|data: &[u8]| {
    let (line, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[][..]),
    };
    let Ok(line) = str::from_utf8(line) else {
        return;
    };
    let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
    let Ok(method) = method.parse::<Method>() else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    for routes in [eks::ROUTES, eks_auth::ROUTES] {
        let Some((route, labels)) = Route::find(routes, &method, path) else {
            continue;
        };
        assert_eq!(labels.len(), route.path.matches('{').count());
        // Operations that are not served are named with their path only.
        assert!(route.labels.is_empty() || route.labels.len() == labels.len());
        assert!(
            labels
                .iter()
                .all(|it| !matches!(it.as_str(), "" | "." | ".."))
        );
        let Ok(tree) = route.tree(labels, query, body) else {
            continue;
        };
        match route.operation {
            "CreatePodIdentityAssociation" => check::<eks::CreatePodIdentityAssociation>(&tree),
            "ListPodIdentityAssociations" => check::<eks::ListPodIdentityAssociations>(&tree),
            "UpdatePodIdentityAssociation" => check::<eks::UpdatePodIdentityAssociation>(&tree),
            "DescribeCluster" => check::<eks::DescribeCluster>(&tree),
            "TagResource" => check::<eks::TagResource>(&tree),
            "UntagResource" => check::<eks::UntagResource>(&tree),
            "AssumeRoleForPodIdentity" => check::<eks_auth::AssumeRoleForPodIdentity>(&tree),
            _ => {}
        }
    }
});

fn check<O: Operation>(tree: &services::wire::Node) {
    match decode::<O>(tree) {
        Ok(input) => {
            let _ = record::of(&input);
        }
        Err(fault) => assert!((400..500).contains(&fault.shape.status), "{fault:?}"),
    }
}
