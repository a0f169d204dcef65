//! Session tokens: what they carry comes back, and nothing else is ever honoured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::AccountId;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use session::{
    AccessKeyId, Credentials, Federated, KeyEncryptionKey, KeyId, Keyring, MAX_TOKEN_LEN,
    MintError, Session, SessionKind, SessionPolicies, SessionTag, TokenError,
};

const NOW: i64 = 1_700_000_000;

fn session() -> Session {
    Session {
        account: "111122223333".parse().unwrap(),
        kind: SessionKind::Role {
            role_id: "AROAQNZGKIQY56JQ7WMLA".into(),
        },
        name: "my-session".parse().unwrap(),
        issued_at: NOW,
        expires_at: NOW + 3600,
        source_identity: None,
        tags: Vec::new(),
        policies: SessionPolicies::default(),
        federated: Some(Federated {
            provider: "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/1".into(),
            keys: vec![
                (
                    "oidc.example.com/id/1:sub".into(),
                    vec!["system:serviceaccount:default:app".into()],
                ),
                (
                    "oidc.example.com/id/1:aud".into(),
                    vec!["sts.amazonaws.com".into()],
                ),
            ],
        }),
        mfa: None,
        chained: false,
        attested: Vec::new(),
    }
}

fn minted(ring: &Keyring) -> Credentials {
    ring.mint(&session()).unwrap()
}

#[test]
fn what_was_minted_opens_with_the_same_secret() {
    let ring = Keyring::generate(NOW);
    let credentials = minted(&ring);
    assert!(credentials.access_key_id.as_str().starts_with("ASIA"));
    assert_eq!(credentials.access_key_id.account(), Some(session().account));
    assert_eq!(credentials.secret_access_key.expose().len(), 40);
    assert_eq!(credentials.expires_at, NOW + 3600);
    assert!(
        credentials.session_token.len() < 1024,
        "{}",
        credentials.session_token.len()
    );
    let (opened, secret) = ring
        .open(&credentials.access_key_id, &credentials.session_token, NOW)
        .unwrap();
    assert_eq!(opened, session());
    assert_eq!(secret, credentials.secret_access_key);
    assert_eq!(opened.user_id(), "AROAQNZGKIQY56JQ7WMLA:my-session");
}

#[test]
fn every_bit_flip_of_a_token_is_refused() {
    let ring = Keyring::generate(NOW);
    let Credentials {
        access_key_id,
        session_token,
        ..
    } = minted(&ring);
    // The sealed bytes, header, nonce and tag included.
    let bytes = STANDARD.decode(&session_token).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let opened = ring.open(&access_key_id, &STANDARD.encode(altered), NOW);
        assert_eq!(
            opened,
            Err(TokenError::Invalid),
            "bit {bit} of the sealed bytes"
        );
    }
    // And the text around them.
    for bit in 0..session_token.len() * 8 {
        let mut altered = session_token.clone().into_bytes();
        altered[bit / 8] ^= 1 << (bit % 8);
        let Ok(altered) = String::from_utf8(altered) else {
            continue;
        };
        assert_eq!(
            ring.open(&access_key_id, &altered, NOW),
            Err(TokenError::Invalid),
            "bit {bit} of the text"
        );
    }
}

#[test]
fn cut_or_extended_tokens_are_refused() {
    let ring = Keyring::generate(NOW);
    let Credentials {
        access_key_id,
        session_token,
        ..
    } = minted(&ring);
    for len in 0..session_token.len() {
        assert_eq!(
            ring.open(&access_key_id, &session_token[..len], NOW),
            Err(TokenError::Invalid)
        );
    }
    let huge = "A".repeat(MAX_TOKEN_LEN + 4);
    for other in [
        format!("{session_token}AAAA"),
        format!(" {session_token}"),
        format!("{session_token}\n"),
        huge,
    ] {
        assert_eq!(
            ring.open(&access_key_id, &other, NOW),
            Err(TokenError::Invalid)
        );
    }
}

#[test]
fn a_token_swapped_between_keys_is_refused() {
    let ring = Keyring::generate(NOW);
    let (one, two) = (minted(&ring), minted(&ring));
    assert_ne!(one.secret_access_key, two.secret_access_key);
    assert_eq!(
        ring.open(&one.access_key_id, &two.session_token, NOW),
        Err(TokenError::Invalid)
    );
    assert_eq!(
        ring.open(&two.access_key_id, &one.session_token, NOW),
        Err(TokenError::Invalid)
    );
}

#[test]
fn a_token_sent_with_a_long_term_key_is_refused() {
    let ring = Keyring::generate(NOW);
    let credentials = minted(&ring);
    let long_term = credentials
        .access_key_id
        .as_str()
        .replacen("ASIA", "AKIA", 1);
    let long_term: AccessKeyId = long_term.parse().unwrap();
    assert_eq!(
        ring.open(&long_term, &credentials.session_token, NOW),
        Err(TokenError::Invalid)
    );
}

#[test]
fn a_session_ends_at_its_very_second_and_only_a_genuine_one_is_told_so() {
    let ring = Keyring::generate(NOW);
    let Credentials {
        access_key_id,
        session_token,
        ..
    } = minted(&ring);
    assert!(
        ring.open(&access_key_id, &session_token, NOW + 3599)
            .is_ok()
    );
    assert_eq!(
        ring.open(&access_key_id, &session_token, NOW + 3600),
        Err(TokenError::Expired)
    );
    assert_eq!(
        ring.open(&access_key_id, &session_token, i64::MAX),
        Err(TokenError::Expired)
    );
    let another = Keyring::generate(NOW);
    assert_eq!(
        another.open(&access_key_id, &session_token, NOW + 3600),
        Err(TokenError::Invalid)
    );
}

#[test]
fn tokens_of_another_server_or_of_nobody_are_refused() {
    let credentials = minted(&Keyring::generate(NOW));
    let ring = Keyring::generate(NOW);
    assert_eq!(
        ring.open(&credentials.access_key_id, &credentials.session_token, NOW),
        Err(TokenError::Invalid)
    );
    // A JSON web token under whatever secret, the shape of the forgeries against other servers.
    let jwt = "eyJhbGciOiJub25lIn0.eyJwb2xpY3kiOiJjb25zb2xlQWRtaW4ifQ.";
    for forged in ["", "AAAA", jwt] {
        assert_eq!(
            ring.open(&credentials.access_key_id, forged, NOW),
            Err(TokenError::Invalid)
        );
    }
}

#[test]
fn sessions_survive_rotation_and_end_with_their_key() {
    let mut ring = Keyring::generate(NOW);
    let old = minted(&ring);
    ring.rotate(NOW + 10);
    let new = minted(&ring);
    let opens = |ring: &Keyring, c: &Credentials| {
        ring.open(&c.access_key_id, &c.session_token, NOW)
            .map(|(_, secret)| secret == c.secret_access_key)
    };
    assert_eq!(opens(&ring, &old), Ok(true));
    assert_eq!(opens(&ring, &new), Ok(true));
    // Stored and opened again, as after a restart.
    let kek = KeyEncryptionKey::generate();
    let mut ring = Keyring::unseal(&kek, &ring.seal(&kek)).unwrap();
    assert_eq!(opens(&ring, &old), Ok(true));
    ring.retire(KeyId(1)).unwrap();
    assert_eq!(opens(&ring, &old), Err(TokenError::Invalid));
    assert_eq!(opens(&ring, &new), Ok(true));
}

#[test]
fn the_secret_is_not_in_the_token_and_follows_from_the_nonce_too() {
    let ring = Keyring::generate(NOW);
    let credentials = minted(&ring);
    let sealed = STANDARD.decode(&credentials.session_token).unwrap();
    let secret = credentials.secret_access_key.expose();
    let raw = STANDARD.decode(secret).unwrap();
    assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    assert!(
        !sealed
            .windows(8)
            .any(|window| raw.windows(8).any(|part| part == window))
    );
    // The same session minted twice: all three parts are fresh.
    let again = minted(&ring);
    assert_ne!(again.access_key_id, credentials.access_key_id);
    assert_ne!(again.secret_access_key, credentials.secret_access_key);
    assert_ne!(again.session_token, credentials.session_token);
}

#[test]
fn a_session_too_large_for_a_token_is_not_minted() {
    let mut session = session();
    session.policies.inline = Some("x".repeat(MAX_TOKEN_LEN));
    assert_eq!(
        Keyring::generate(NOW).mint(&session).unwrap_err(),
        MintError::TooLarge
    );
}

#[test]
fn no_secret_shows_in_debug() {
    let ring = Keyring::generate(NOW);
    let credentials = minted(&ring);
    let shown = format!(
        "{ring:?} {credentials:?} {:?}",
        KeyEncryptionKey::generate()
    );
    assert!(
        !shown.contains(credentials.secret_access_key.expose_text().unwrap()),
        "{shown}"
    );
    assert!(!shown.contains(&credentials.session_token), "{shown}");
}

prop_compose! {
    fn any_session()(
        account in 0u64..1_000_000_000_000,
        kind in prop_oneof![
            "[A-Z2-7]{21}".prop_map(|role_id| SessionKind::Role { role_id }),
            "[A-Z2-7]{21}".prop_map(|user_id| SessionKind::User { user_id }),
            "[A-Z2-7]{21}".prop_map(|user_id| SessionKind::FederatedUser { user_id }),
            "[a-zA-Z:/-]{1,80}".prop_map(|task_policy| SessionKind::Root { task_policy }),
        ],
        name in "[A-Za-z0-9_+=,.@-]{2,64}",
        issued_at in any::<i64>(),
        lasts in 1i64..129_600,
        source_identity in option::of("[A-Za-z0-9_+=,.@-]{2,64}"),
        tags in vec(("\\PC{1,20}", "\\PC{0,20}", any::<bool>()), 0..8),
        inline in option::of("\\PC{0,200}"),
        arns in vec("[a-z:/]{20,60}", 0..5),
        federated in option::of(("[a-z:/]{20,60}", vec(("[a-z:.]{1,30}", vec("\\PC{0,20}", 0..3)), 0..4))),
        mfa in option::of(any::<i64>()),
        chained in any::<bool>(),
        attested in vec(("[a-z]{1,20}", "\\PC{0,40}"), 0..6),
    ) -> Session {
        let account: AccountId = format!("{account:012}").parse().unwrap();
        Session {
            account,
            kind,
            name: name.parse().unwrap(),
            issued_at,
            expires_at: issued_at.saturating_add(lasts),
            source_identity: source_identity.map(|text| text.parse().unwrap()),
            tags: tags.into_iter().map(|(key, value, transitive)| SessionTag { key, value, transitive }).collect(),
            policies: SessionPolicies { inline, arns },
            federated: federated.map(|(provider, keys)| Federated { provider, keys }),
            mfa,
            chained,
            attested,
        }
    }
}

proptest! {
    #[test]
    fn every_session_round_trips(session in any_session()) {
        let ring = Keyring::generate(NOW);
        let credentials = ring.mint(&session).unwrap();
        let before_the_end = session.expires_at - 1;
        let (opened, secret) =
            ring.open(&credentials.access_key_id, &credentials.session_token, before_the_end).unwrap();
        prop_assert_eq!(opened, session);
        prop_assert_eq!(secret, credentials.secret_access_key);
    }

    #[test]
    fn arbitrary_tokens_are_refused(token in "[A-Za-z0-9+/=]{0,400}", raw in vec(any::<u8>(), 0..300)) {
        let ring = Keyring::generate(NOW);
        let id: AccessKeyId = "ASIAQNZGKIQY56JQ7WML".parse().unwrap();
        prop_assert_eq!(ring.open(&id, &token, NOW), Err(TokenError::Invalid));
        // With a header that names the right version and key.
        let sealed = [&[1, 0, 0, 0, 1][..], &raw].concat();
        prop_assert_eq!(ring.open(&id, &STANDARD.encode(sealed), NOW), Err(TokenError::Invalid));
    }
}
