//! Strict mode in the verifier.

use std::pin::Pin;
use std::sync::Mutex;

use super::*;
use crate::review::Review;

/// Answers always the same, and counts.
#[derive(Debug)]
struct Fixed {
    answer: Review,
    asked: Mutex<Vec<(String, String, String)>>,
}

impl Reviewer for Fixed {
    fn review<'a>(
        &'a self,
        token: &'a str,
        subject: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Review> + Send + 'a>> {
        let asked = [token, subject, audience].map(str::to_owned).into();
        self.asked.lock().unwrap().push(asked);
        Box::pin(async { self.answer.clone() })
    }
}

#[tokio::test]
async fn a_reviewer_is_asked_last_and_each_time() {
    let text = signed(&payload(&issuer_url()));
    let (head, _) = text.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", encode([0; 256]));
    let accept = async |verifier: &Verifier, text: &str, audience: &str| {
        let provider = ProviderRef {
            url: &issuer_url(),
            thumbprints: &[],
            pushed: None,
        };
        let token = UnverifiedToken::parse(text).unwrap();
        let audiences = [audience.to_owned()];
        verifier
            .accept(&token, &provider, None, &audiences, now())
            .await
    };
    for (answer, code) in [
        (Review::Authenticated, None),
        (
            Review::Refused("gone".to_owned()),
            Some("InvalidIdentityToken"),
        ),
        (
            Review::Unknown("down".to_owned()),
            Some("IDPCommunicationError"),
        ),
    ] {
        let verifier = verifier();
        // The signature is known before anything is reviewed.
        accept(&verifier, &text, "sts.amazonaws.com").await.unwrap();
        let reviewer = Arc::new(Fixed {
            answer,
            asked: Mutex::default(),
        });
        verifier.review_with(issuer_url(), Arc::clone(&reviewer) as Arc<dyn Reviewer>);
        for _ in 0..2 {
            let result = accept(&verifier, &text, "sts.amazonaws.com").await;
            let verified = result.as_ref().err().and_then(|it| it.verified.as_ref());
            assert_eq!(verified.is_some(), code.is_some());
            assert_eq!(result.as_ref().err().map(|it| it.error.code()), code);
        }
        let subject = "system:serviceaccount:ns:sa".to_owned();
        let one = (text.clone(), subject, "sts.amazonaws.com".to_owned());
        assert_eq!(*reviewer.asked.lock().unwrap(), [one.clone(), one.clone()]);

        accept(&verifier, &forged, "sts.amazonaws.com")
            .await
            .unwrap_err();
        let other = accept(&verifier, &text, "other").await.unwrap_err();
        assert!(other.verified.is_none());
        assert_eq!(reviewer.asked.lock().unwrap().len(), 2);

        // Another issuer's reviewer is not asked.
        let verifier = self::verifier();
        let other = "https://other.example/id".parse().unwrap();
        verifier.review_with(other, Arc::clone(&reviewer) as Arc<dyn Reviewer>);
        accept(&verifier, &text, "sts.amazonaws.com").await.unwrap();
        assert_eq!(reviewer.asked.lock().unwrap().len(), 2);
    }
}
