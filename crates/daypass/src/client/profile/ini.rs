//! The form of `~/.aws/config` and `~/.aws/credentials`, as botocore reads it.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// The settings of one section, by their names in lower case.
pub(super) type Section = HashMap<String, Zeroizing<String>>;

/// The number of a line that is neither a section's head nor a setting. What is in it is not
/// told: it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnreadableLine(pub(super) usize);

/// The settings of every section, by what is in its brackets.
///
/// A line that begins with white space goes on with the setting above it: nested settings, such as
/// those of `s3 =`, are none of the profile's own. Of two settings of one name the later counts.
pub(super) fn sections(text: &str) -> Result<HashMap<String, Section>, UnreadableLine> {
    let mut sections: HashMap<String, Section> = HashMap::new();
    let mut current: Option<String> = None;
    for (place, line) in text.lines().enumerate() {
        let unreadable = UnreadableLine(place + 1);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) && current.is_some() {
            continue;
        }
        if let Some(head) = trimmed.strip_prefix('[') {
            let (name, _) = head.split_once(']').ok_or(unreadable)?;
            let name = name.trim().to_owned();
            sections.entry(name.clone()).or_default();
            current = Some(name);
            continue;
        }
        let (name, value) = trimmed.split_once('=').ok_or(UnreadableLine(place + 1))?;
        let section = current.as_ref().and_then(|it| sections.get_mut(it));
        let value = Zeroizing::new(value.trim().to_owned());
        section
            .ok_or(unreadable)?
            .insert(name.trim().to_ascii_lowercase(), value);
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_comments_and_nested_ones() {
        let text = "# made by hand\n[default]\nRegion = us-east-2\ns3 =\n  endpoint_url = nested\n\
                    ; old\naws_secret_access_key=a=b # c\n\n[profile  dev]\n";
        let read = sections(text).unwrap();
        let default = &read["default"];
        assert_eq!(default["region"].as_str(), "us-east-2");
        assert_eq!(default["aws_secret_access_key"].as_str(), "a=b # c");
        assert!(!default.contains_key("endpoint_url"));
        assert!(read["profile  dev"].is_empty());
    }

    #[test]
    fn an_unreadable_line_is_told_by_its_number_only() {
        assert_eq!(
            sections("[default]\nwJalrXUtnFEMI").unwrap_err(),
            UnreadableLine(2)
        );
        assert_eq!(sections("[default\n").unwrap_err(), UnreadableLine(1));
        assert_eq!(sections("region = x\n").unwrap_err(), UnreadableLine(1));
    }
}
