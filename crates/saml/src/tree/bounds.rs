//! What a text's tags may ask of the parser, told before the parser sees them.

use super::InvalidXml;

/// Deepest nesting of elements.
pub(super) const DEPTH: usize = 64;
/// Most attributes of one element, declarations of namespaces among them: the parser compares
/// each with all before it.
pub(super) const ATTRIBUTES: usize = 256;
/// Most declarations of namespaces in one document: what is in force is copied for each element
/// that declares another.
pub(super) const DECLARATIONS: usize = 1024;
/// Most declarations of namespaces on the way to one element: every prefix is looked for among
/// them.
pub(super) const IN_FORCE: usize = 128;

/// What is no tag, and may have the text of tags in it.
const NO_TAGS: [(&str, &str); 3] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];

/// Whether a text stays within the bounds, as far as it is well-formed: up to the first mistake
/// this reads what the parser reads, and the parser reads no further.
pub(super) fn check(text: &str) -> Result<(), InvalidXml> {
    if text.matches("xmlns").count() > DECLARATIONS {
        return Err(InvalidXml::Declarations);
    }
    // How many declarations each open element has, and all of them together.
    let mut open: Vec<usize> = Vec::new();
    let mut in_force = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some((begin, end)) = NO_TAGS.iter().find(|(begin, _)| rest.starts_with(begin)) {
            // What begins it is no part of its end: `<!-->` ends no comment.
            rest = &rest[begin.len()..];
            let Some(at) = rest.find(end) else {
                return Ok(());
            };
            rest = &rest[at + end.len()..];
            continue;
        }
        let (attributes, length) = measure(rest);
        let (tag, behind) = rest.split_at(length);
        rest = behind;
        if attributes > ATTRIBUTES {
            return Err(InvalidXml::Attributes);
        }
        if tag.starts_with("</") {
            in_force = in_force.saturating_sub(open.pop().unwrap_or_default());
            continue;
        }
        let declared = tag.matches("xmlns").count();
        if in_force + declared > IN_FORCE {
            return Err(InvalidXml::InForce);
        }
        if !tag.ends_with("/>") {
            open.push(declared);
            in_force += declared;
        }
        if open.len() > DEPTH {
            return Err(InvalidXml::Depth);
        }
    }
    Ok(())
}

/// How many attributes a tag has, and where it ends; `>` and `=` may stand in the values of
/// attributes.
fn measure(tag: &str) -> (usize, usize) {
    let mut quote = None;
    let mut attributes = 0;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (attributes, at + 1),
            (None, b'=') => attributes += 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    (attributes, tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn depth_has_a_bound_that_nothing_hides() {
        let nested = |levels: usize, within: &str| {
            let (open, close) = ("<a x='>/'>".repeat(levels), "</a>".repeat(levels));
            format!("{open}{within}{close}")
        };
        assert!(Tree::parse(&nested(DEPTH, "x")).is_ok());
        for within in [
            "x",
            "<!-- </a></a> -->",
            "<![CDATA[</a></a>]]>",
            "<?p </a></a>?>",
        ] {
            let text = nested(DEPTH + 1, within);
            assert_eq!(Tree::parse(&text).unwrap_err(), InvalidXml::Depth);
        }
        // Each brings the count back by two, if what begins it is taken for its end.
        for hidden in [
            "<!--></a></a>-->",
            "<!-- --><!--></a></a>-->",
            "<![CDATA[></a></a>]]>",
            "<![CDATA[]></a></a>]]>",
            "<?p></a></a>?>",
        ] {
            let text = format!("<a>{hidden}").repeat(DEPTH + 1) + &"</a>".repeat(DEPTH + 1);
            assert_eq!(
                Tree::parse(&text).unwrap_err(),
                InvalidXml::Depth,
                "{hidden}"
            );
            let text = format!("<a>{hidden}").repeat(DEPTH) + &"</a>".repeat(DEPTH);
            assert!(Tree::parse(&text).is_ok(), "{hidden}");
        }
        // The parser takes it for no instruction, so the text is over for both.
        assert_eq!(check("<a><?></a></a>?>"), Ok(()));
        assert!(Tree::parse("<a><?></a></a>?></a>").is_err());
        let flat = format!("<a>{}</a>", "<b/>".repeat(1000));
        assert!(Tree::parse(&flat).is_ok());
    }

    #[test]
    fn the_attributes_of_an_element_have_a_bound() {
        let attributes = |count: usize| -> String {
            let one = |n| format!(" a{n}='=' ");
            (0..count).map(one).collect()
        };
        for close in ["/>", "></e>"] {
            let text = |count| format!("<e{}{close}", attributes(count));
            assert!(Tree::parse(&text(ATTRIBUTES)).is_ok());
            let refused = Tree::parse(&text(ATTRIBUTES + 1)).unwrap_err();
            assert_eq!(refused, InvalidXml::Attributes);
        }
        // Declarations count, and a tag that doesn't end counts too.
        let text = format!("<e xmlns='n'{}/>", attributes(ATTRIBUTES));
        assert_eq!(Tree::parse(&text).unwrap_err(), InvalidXml::Attributes);
        let text = format!("<e{}", attributes(ATTRIBUTES + 1));
        assert_eq!(Tree::parse(&text).unwrap_err(), InvalidXml::Attributes);
        let many = format!("<e{0}><e{0}/></e>", attributes(ATTRIBUTES));
        assert!(Tree::parse(&many).is_ok());
    }

    #[test]
    fn namespace_declarations_have_a_bound() {
        let text = format!("<a>{}</a>", "<b xmlns:c='d'/>".repeat(DECLARATIONS + 1));
        assert_eq!(Tree::parse(&text).unwrap_err(), InvalidXml::Declarations);
        let text = format!("<a>{}</a>", "<b xmlns:c='d'></b>".repeat(DECLARATIONS));
        assert!(Tree::parse(&text).is_ok());
    }

    #[test]
    fn namespaces_in_force_have_a_bound() {
        let declared = |from: usize, count: usize| -> String {
            let one = |n| format!(" xmlns:n{n}='n'");
            (from..from + count).map(one).collect()
        };
        let half = IN_FORCE / 2;
        let nested = |inner: usize| {
            let (outer, inner) = (declared(0, half), declared(half, inner));
            format!("<a{outer}><b{inner}/><b{inner}><c/></b></a>")
        };
        assert!(Tree::parse(&nested(half)).is_ok());
        let refused = Tree::parse(&nested(half + 1)).unwrap_err();
        assert_eq!(refused, InvalidXml::InForce);
    }
}
