//! Words of a command line that somebody else's shell will read.

/// A word as a shell reads it back: as it is when it has nothing special in it, else in single quotes.
pub(crate) fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// A command line of words.
pub(crate) fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(word).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(
            word("arn:aws:iam::1:role/a+b=c,d@e"),
            "arn:aws:iam::1:role/a+b=c,d@e"
        );
        assert_eq!(word(""), "''");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("a'b"), r"'a'\''b'");
        assert_eq!(word("$HOME"), "'$HOME'");
        assert_eq!(line(["a", "b c"]), "a 'b c'");
    }
}
