//! Parameters of Query calls: `QUERY\nBODY`, decoded as the input of several operations and shown as the audit record shows them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use services::generated::{iam, sts};
use services::wire::{Encoding, Node, Operation, decode, envelope, record};

fuzz_target!(|data: &[u8]| {
    let (query, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&[][..], data),
    };
    let Ok(parameters) = Node::from_form(query, body) else {
        return;
    };
    // Where a parameter stands makes no difference.
    let swapped = Node::from_form(body, query).expect("the same parameters");
    assert!(swapped == parameters, "{parameters:?}");
    let _ = format!("{parameters:?}");
    check::<sts::GetCallerIdentity>(&parameters);
    check::<sts::AssumeRole>(&parameters);
    check::<sts::AssumeRoleWithWebIdentity>(&parameters);
    check::<iam::CreateRole>(&parameters);
    check::<iam::CreatePolicy>(&parameters);
    check::<iam::CreateOpenIDConnectProvider>(&parameters);
    check::<iam::ListRoles>(&parameters);
    check::<iam::TagRole>(&parameters);
    check::<iam::UntagRole>(&parameters);
});

fn check<O: Operation>(parameters: &Node) {
    match decode::<O>(parameters) {
        Ok(input) => {
            let _ = record::of(&input);
        }
        Err(fault) => {
            assert!((400..500).contains(&fault.shape.status), "{fault:?}");
            for encoding in [Encoding::QueryXml, Encoding::QueryJson] {
                let answer = envelope::failure(O::SHAPE.service, encoding, "id", &fault);
                assert!(str::from_utf8(answer.body()).is_ok());
            }
        }
    }
}
