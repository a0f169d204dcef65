//! Rust names for the names of a model.

/// `OpenIDConnectProviderArn` becomes `open_id_connect_provider_arn`.
pub(super) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase)
            });
        if starts_word {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    match out.as_str() {
        // The one keyword among the members of the models.
        "type" => "r#type".to_owned(),
        _ => out,
    }
}

/// `roleNameType` becomes `ROLE_NAME_TYPE`.
pub(super) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// The name with an upper-case first letter.
pub(super) fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_are_one_word() {
        for (name, expected) in [
            ("OpenIDConnectProviderArn", "open_id_connect_provider_arn"),
            ("ClientIDList", "client_id_list"),
            (
                "AddClientIDToOpenIDConnectProviderRequest",
                "add_client_id_to_open_id_connect_provider_request",
            ),
            ("RoleName", "role_name"),
            ("arn", "arn"),
            ("roleNameType", "role_name_type"),
            ("SAMLAssertion", "saml_assertion"),
            ("Type", "r#type"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(screaming("clientIDType"), "CLIENT_ID_TYPE");
        assert_eq!(camel("tagType"), "TagType");
    }
}
