//! OIDC providers.

use crate::server::{Server, column};

const URL: &str = "https://oidc.example.com/id/ABC";
const ARN: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/ABC";
const THUMBPRINT: &str = "990f4193972f2becf12ddeda5237f9c952f20d9e";

#[tokio::test]
async fn a_provider_is_shown_without_its_scheme() {
    let server = Server::start().await;
    let parameters = [
        ("Url", URL),
        ("ClientIDList.member.1", "sts.amazonaws.com"),
        ("ClientIDList.member.2", "sts.amazonaws.com"),
        ("ThumbprintList.member.1", THUMBPRINT),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "x"),
    ];
    let created = server.ok("CreateOpenIDConnectProvider", &parameters).await;
    assert_eq!(created["OpenIDConnectProviderArn"], ARN);
    assert_eq!(
        server
            .refused("CreateOpenIDConnectProvider", &[("Url", URL)])
            .await,
        format!("EntityAlreadyExists: Provider with url {URL} already exists.")
    );
    let arn = ("OpenIDConnectProviderArn", ARN);
    let got = server.ok("GetOpenIDConnectProvider", &[arn]).await;
    assert_eq!(got["Url"], "oidc.example.com/id/ABC");
    assert_eq!(
        got["ClientIDList"],
        serde_json::json!(["sts.amazonaws.com"])
    );
    assert_eq!(got["ThumbprintList"], serde_json::json!([THUMBPRINT]));
    assert_eq!(got["Tags"][0]["Key"], "team");
    let listed = server.ok("ListOpenIDConnectProviders", &[]).await;
    let listed = listed["OpenIDConnectProviderList"].as_array().unwrap();
    assert_eq!(column(listed, "Arn"), [ARN]);
    server.ok("DeleteOpenIDConnectProvider", &[arn]).await;
    for action in ["GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"] {
        assert_eq!(
            server.refused(action, &[arn]).await,
            format!("NoSuchEntity: OpenIDConnect Provider not found for arn {ARN}")
        );
    }
}

#[tokio::test]
async fn urls_and_arns_that_are_none() {
    let server = Server::start().await;
    for url in [
        "http://oidc.example.com",
        "https://a@b",
        "https://x?y",
        "oidc",
    ] {
        assert_eq!(
            server
                .refused("CreateOpenIDConnectProvider", &[("Url", url)])
                .await,
            "ValidationError: Invalid Open ID Connect Provider URL"
        );
    }
    let arn = ("OpenIDConnectProviderArn", "oidc.example.com/id/ABC");
    assert_eq!(
        server.refused("GetOpenIDConnectProvider", &[arn]).await,
        "ValidationError: Invalid ARN:  Could not be parsed!"
    );
    // Another case or a slash more is another issuer.
    server
        .ok("CreateOpenIDConnectProvider", &[("Url", URL)])
        .await;
    for other in [
        "https://oidc.example.com/id/abc",
        "https://oidc.example.com/id/ABC/",
    ] {
        server
            .ok("CreateOpenIDConnectProvider", &[("Url", other)])
            .await;
    }
}

#[tokio::test]
async fn client_ids_come_and_go_any_number_of_times() {
    let server = Server::start().await;
    server
        .ok("CreateOpenIDConnectProvider", &[("Url", URL)])
        .await;
    let arn = ("OpenIDConnectProviderArn", ARN);
    let got = server.ok("GetOpenIDConnectProvider", &[arn]).await;
    assert_eq!(got["ThumbprintList"], serde_json::json!([]));
    let change = async |action: &str, id: &str| server.call(action, &[arn, ("ClientID", id)]).await;
    let add = "AddClientIDToOpenIDConnectProvider";
    let remove = "RemoveClientIDFromOpenIDConnectProvider";
    for id in ["a", "b", "a"] {
        change(add, id).await.unwrap();
    }
    change(remove, "b").await.unwrap();
    change(remove, "b").await.unwrap();
    let got = server.ok("GetOpenIDConnectProvider", &[arn]).await;
    assert_eq!(got["ClientIDList"], serde_json::json!(["a"]));
    for n in 1..100 {
        change(add, &format!("id{n}")).await.unwrap();
    }
    change(add, "a").await.unwrap();
    assert_eq!(
        change(add, "one too many").await.unwrap_err().message,
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    );
}

#[tokio::test]
async fn thumbprints_are_few_and_hexadecimal() {
    let server = Server::start().await;
    server
        .ok("CreateOpenIDConnectProvider", &[("Url", URL)])
        .await;
    let names: Vec<_> = (1..=6)
        .map(|n| format!("ThumbprintList.member.{n}"))
        .collect();
    let update = async |count: usize, text: &str| {
        let mut parameters = vec![("OpenIDConnectProviderArn", ARN)];
        parameters.extend(names.iter().take(count).map(|name| (name.as_str(), text)));
        server
            .call("UpdateOpenIDConnectProviderThumbprint", &parameters)
            .await
    };
    update(5, THUMBPRINT).await.unwrap();
    assert_eq!(
        update(6, THUMBPRINT).await.unwrap_err().message,
        "Thumbprint list must contain fewer than 5 entries."
    );
    update(1, &"z".repeat(40)).await.unwrap_err();
}

#[tokio::test]
async fn an_account_has_up_to_a_hundred_providers() {
    let server = Server::start().await;
    for n in 0..100 {
        let url = format!("https://oidc.example.com/{n}");
        server
            .ok("CreateOpenIDConnectProvider", &[("Url", &url)])
            .await;
    }
    assert_eq!(
        server
            .refused("CreateOpenIDConnectProvider", &[("Url", URL)])
            .await,
        "LimitExceeded: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"
    );
}
