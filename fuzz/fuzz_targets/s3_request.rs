//! S3's request line, headers and body, from a caller who may read everything and write nothing, in a store with one bucket.
#![no_main]

use std::sync::LazyLock;

use daypass_fuzz::Request as Text;
use daypass_fuzz::s3::{BUCKET, DOMAIN, World};
use http::header::HOST;
use http::{StatusCode, Uri};
use libfuzzer_sys::fuzz_target;

/// What an answer shows.
#[derive(Debug)]
struct Seen {
    status: StatusCode,
    event: String,
    code: Option<String>,
}

/// What two spellings of one request have in common. Which of several mistakes is found first may differ.
impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        let refused = |seen: &Self| seen.event == "Refused";
        let same = self.status == other.status && self.code == other.code;
        self.event == other.event && (same || refused(self))
    }
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| {
    let Some(text) = Text::parse(data) else {
        return;
    };
    let host = text.headers.get(HOST).and_then(|it| it.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let seen = answer(&text, &text.uri, &host);

    // The order of the parameters changes nothing.
    let path = text.uri.path();
    let reversed: Vec<&str> = text.query().rsplit('&').collect();
    if reversed.len() > 1
        && let Ok(uri) = format!("{path}?{}", reversed.join("&")).parse()
    {
        assert_eq!(answer(&text, &uri, &host), seen);
    }

    // Both styles name the same thing.
    let rest = path.strip_prefix("/bucket");
    if let Some(rest) = rest.filter(|rest| rest.starts_with('/') && !host.contains(DOMAIN))
        && let Ok(uri) = format!("{rest}?{}", text.query()).parse()
    {
        let host = format!("{BUCKET}.{DOMAIN}");
        assert_eq!(answer(&text, &uri, &host), seen);
    }
});

fn answer(text: &Text<'_>, uri: &Uri, host: &str) -> Seen {
    let outcome = WORLD.call(text, uri, host, &WORLD.reader);
    outcome.check(&text.method);
    // What is classified as one operation needs the actions of that one, and the caller has none that writes.
    let wrote = outcome.status.is_success() && !outcome.event.read_only;
    assert!(!wrote, "{} of a reader", outcome.event.event_name);
    Seen {
        status: outcome.status,
        code: outcome.code().map(str::to_owned),
        event: outcome.event.event_name,
    }
}
