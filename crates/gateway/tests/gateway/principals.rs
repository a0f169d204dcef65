//! Whom a bucket policy lets in: accounts, users, roles and sessions are different things (P8).

use crate::harness::{ALL, AWAY, HOME, World, session_of};

const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:None","Resource":"*"}]}"#;

fn policy(effect: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}",{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}}]}}"#
    )
}

fn aws(name: &str) -> String {
    format!(r#""Principal":{{"AWS":"{name}"}}"#)
}

#[tokio::test]
async fn each_kind_of_principal_lets_in_whom_it_names() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let guest = world.role(HOME, "guest", NOTHING).await;
    let other = world.role(HOME, "other", NOTHING).await;
    let permitted = world.role(HOME, "permitted", ALL).await;
    let away = world.role(AWAY, "away", ALL).await;
    let away_without = world.role(AWAY, "without", NOTHING).await;
    let second = session_of(&guest, "second", &[]);
    let account = |id: &str| aws(&format!("arn:aws:iam::{id}:root"));
    let role = |id: &str, name: &str| aws(&format!("arn:aws:iam::{id}:role/{name}"));
    let session = aws(&format!("arn:aws:sts::{HOME}:assumed-role/guest/test"));
    // guest, guest's second session, other, away with permission, away without
    for (principal, expected) in [
        // The account only delegates: its own policies must allow too.
        (account(HOME), [false, false, false, false, false]),
        (aws(HOME), [false, false, false, false, false]),
        (account(AWAY), [false, false, false, true, false]),
        (aws(AWAY), [false, false, false, true, false]),
        (role(HOME, "guest"), [true, true, false, false, false]),
        (role(AWAY, "away"), [false, false, false, true, false]),
        (role(AWAY, "without"), [false, false, false, false, false]),
        (session, [true, false, false, false, false]),
    ] {
        let put = world.put("/bkt?policy").body(policy("Allow", &principal));
        put.send().await.ok();
        let callers = [&guest, &second, &other, &away, &away_without];
        for (number, (caller, expected)) in callers.iter().zip(expected).enumerate() {
            let reply = world.get("/bkt/k").by(caller).send().await;
            let allowed = reply.status.is_success();
            assert_eq!(allowed, expected, "{principal} and caller {number}");
        }
        world.get("/bkt/k").by(&permitted).send().await.ok();
        let anonymous = world.get("/bkt/k").anonymously().send().await;
        anonymous.fails(403, "AccessDenied");
    }
}

#[tokio::test]
async fn everybody_but_one_is_denied_by_not_principal() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    let guest = world.role(HOME, "guest", ALL).await;
    let other = world.role(HOME, "other", ALL).await;
    // The session's own ARN and account have to be spared with the role.
    let spared = format!(
        r#""NotPrincipal":{{"AWS":["arn:aws:iam::{HOME}:root","arn:aws:iam::{HOME}:role/guest","arn:aws:sts::{HOME}:assumed-role/guest/test"]}}"#
    );
    let put = world.put("/bkt?policy").body(policy("Deny", &spared));
    put.send().await.ok();
    world.get("/bkt/k").by(&guest).send().await.ok();
    let denied = world.get("/bkt/k").by(&other).send().await;
    denied.fails(403, "AccessDenied");
    let allow = world.put("/bkt?policy").body(policy("Allow", &spared));
    allow.send().await.fails(400, "MalformedPolicy");
}

#[tokio::test]
async fn what_is_no_principal_is_refused() {
    let world = World::with_bucket().await;
    for principal in [
        // An entity that is gone stands in a policy as its unique id, and can't be put back.
        aws("AROAGUEST123456789012"),
        aws(&format!("arn:aws:iam::{HOME}:role/nobody")),
        aws(&format!("arn:aws:iam::{HOME}:user/*")),
        aws(&format!("arn:aws:iam::{HOME}:group/admins")),
        aws("12345678901"),
        r#""Principal":{"AWS":[]}"#.to_owned(),
        r#""Principal":{"Canonical":"x"}"#.to_owned(),
        r#""Principal":{"Service":"nobody"}"#.to_owned(),
    ] {
        let put = world.put("/bkt?policy").body(policy("Allow", &principal));
        let refused = put.send().await;
        assert_eq!(refused.status.as_u16(), 400, "{principal}");
        refused.fails(400, "MalformedPolicy");
    }
}

#[tokio::test]
async fn the_owners_root_user_gets_out_of_any_bucket_policy() {
    let world = World::with_bucket().await;
    let root = world.root(HOME).await;
    let lock = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}]}"#;
    world.put("/bkt?policy").body(lock).send().await.ok();
    // Everybody is locked out, root of everything else too.
    for target in ["/bkt?policy", "/bkt", "/bkt?acl", "/bkt?policyStatus"] {
        world.get(target).send().await.fails(403, "AccessDenied");
    }
    for target in ["/bkt", "/bkt?acl", "/bkt?policyStatus"] {
        let denied = world.get(target).by(&root).send().await;
        denied.fails(403, "AccessDenied");
    }
    let stranger = world.root(AWAY).await;
    for method in [http::Method::GET, http::Method::DELETE] {
        let strange = world.ask(method, "/bkt?policy").by(&stranger);
        strange.send().await.fails(403, "AccessDenied");
    }
    let shown = world.get("/bkt?policy").by(&root).send().await.ok();
    assert_eq!(shown.text(), lock);
    let again = world.put("/bkt?policy").by(&root).body(lock);
    again.send().await.ok();
    world.delete("/bkt?policy").by(&root).send().await.ok();
    world.get("/bkt").send().await.ok();
}
