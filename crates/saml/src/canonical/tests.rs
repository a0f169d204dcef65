//! Canonical forms that libxml2 makes of the same documents, and the example of the specification.

use super::canonicalize;
use crate::tree::{Tree, elements};

/// The canonical form of the root's first child element, or of the root.
fn canonical(text: &str, of_child: bool, inclusive: &[&str]) -> String {
    let tree = Tree::parse(text).unwrap();
    let mut apex = tree.root();
    if of_child {
        apex = elements(apex).next().unwrap();
    }
    let inclusive: Vec<_> = inclusive.iter().map(|it| (*it).to_owned()).collect();
    let bytes = canonicalize(text, apex, None, &inclusive).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_example_of_the_specification() {
    // Exclusive XML Canonicalization 1.0, section 2.2.
    let text = "<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\">\n  \
                <n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
                <n3:stuff xmlns:n3=\"ftp://example.org\"/>\n  </n1:elem2>\n</n0:local>";
    assert_eq!(
        canonical(text, true, &[]),
        "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
         <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff>\n  </n1:elem2>"
    );
}

#[test]
fn start_and_end_tags_as_in_the_specification() {
    // Canonical XML 1.0, section 3.3, without the part that needs a document type.
    let text = "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
                <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n   <e5 a:attr=\"out\" b:attr=\"sorted\" \
                attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      \
                xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n</doc>";
    assert_eq!(
        canonical(text, false, &[]),
        "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
         <e4 id=\"elem4\" name=\"elem4\"></e4>\n   <e5 xmlns=\"http://example.org\" \
         xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" \
         b:attr=\"sorted\" a:attr=\"out\"></e5>\n</doc>"
    );
}

#[test]
fn character_modifications_as_in_the_specification() {
    // Canonical XML 1.0, section 3.4, without the part that needs a document type.
    let text = "<doc>\r\n   <text>First line&#x0d;&#10;Second line</text>\n   \
                <value>&#x32;</value>\n   <compute><![CDATA[value>\"0\" && value<\"10\" \
                ?\"valid\":\"error\"]]></compute>\n   <compute expr='value>\"0\" &amp;&amp; \
                value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n   \
                <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>";
    assert_eq!(
        canonical(text, false, &[]),
        "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   \
         <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n   \
         <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; \
         ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n   \
         <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>"
    );
}

#[test]
fn forms_that_libxml2_makes() {
    let cases: [(&str, bool, &[&str], &str); 7] = [
        (
            r#"<a xmlns="urn:a" xmlns:x="urn:x" xmlns:y="urn:y"><b y:q="1" q="2" x:q="3"><c xmlns=""><d xmlns="urn:a" xmlns:x="urn:other" x:z="'&quot;&lt;&gt;&amp;&#9;&#10;&#13;"/></c></b></a>"#,
            true,
            &[],
            r#"<b xmlns="urn:a" xmlns:x="urn:x" xmlns:y="urn:y" q="2" x:q="3" y:q="1"><c xmlns=""><d xmlns="urn:a" xmlns:x="urn:other" x:z="'&quot;&lt;>&amp;&#x9;&#xA;&#xD;"></d></c></b>"#,
        ),
        (
            r#"<a xmlns="urn:a" xmlns:x="urn:x" xmlns:y="urn:y"><b><c xmlns:y="urn:2"/></b></a>"#,
            true,
            &["x", "y", ""],
            r#"<b xmlns="urn:a" xmlns:x="urn:x" xmlns:y="urn:y"><c xmlns:y="urn:2"></c></b>"#,
        ),
        (
            "<a xmlns:x=\"urn:x\"><x:b>t&#13;&lt;&gt;&amp;&quot;<![CDATA[<&>]]>é𝄞<?pi  some data ?><?empty?><!-- gone --></x:b></a>",
            true,
            &[],
            "<x:b xmlns:x=\"urn:x\">t&#xD;&lt;&gt;&amp;\"&lt;&amp;&gt;é𝄞<?pi some data ?><?empty?></x:b>",
        ),
        (
            r#"<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:1"><p:c xmlns:p="urn:2"><p:d xmlns:p="urn:1"/></p:c></p:b></p:a>"#,
            false,
            &[],
            r#"<p:a xmlns:p="urn:1"><p:b><p:c xmlns:p="urn:2"><p:d xmlns:p="urn:1"></p:d></p:c></p:b></p:a>"#,
        ),
        (
            "<a  z=\"1\"   b = '2'\n xml:space=\"preserve\" xmlns:c=\"u:c\" c:a=\"x\"\n/>",
            false,
            &[],
            r#"<a xmlns:c="u:c" b="2" z="1" xml:space="preserve" c:a="x"></a>"#,
        ),
        (
            r#"<a xmlns="urn:a"><b xmlns=""><c/></b></a>"#,
            true,
            &[],
            "<b><c></c></b>",
        ),
        (
            r#"<a xmlns:one="urn:s" xmlns:two="urn:s"><b one:x="1" two:y="2"><two:c one:d=""/></b></a>"#,
            true,
            &[],
            r#"<b xmlns:one="urn:s" xmlns:two="urn:s" one:x="1" two:y="2"><two:c one:d=""></two:c></b>"#,
        ),
    ];
    for (text, of_child, inclusive, expected) in cases {
        assert_eq!(canonical(text, of_child, inclusive), expected, "{text}");
    }
}

#[test]
fn the_enveloped_signature_is_left_out() {
    let text = "<a><s>1</s><b/>t</a>";
    let tree = Tree::parse(text).unwrap();
    let omitted = elements(tree.root()).next().map(|it| it.id());
    let bytes = canonicalize(text, tree.root(), omitted, &[]).unwrap();
    assert_eq!(bytes, b"<a><b></b>t</a>");
}

#[test]
fn a_name_whose_prefix_cannot_be_told_is_refused() {
    let text = format!("<a xmlns:b='c' {}='1'/>", "é".repeat(40_000));
    let tree = Tree::parse(&text).unwrap();
    assert_eq!(canonicalize(&text, tree.root(), None, &[]), None);
}
