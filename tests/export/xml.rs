//! A reader of XML for tests: elements in document order, or what is wrong.

#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Its own text, entities replaced.
    pub text: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The five entities of XML and `&#39;`; anything else is refused.
fn plain(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (entity, after) = rest[at + 1..].split_once(';').ok_or("a bare &")?;
        out.push_str(&rest[..at]);
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" => '\'',
            other => return Err(format!("&{other}; is not known")),
        });
        rest = after;
    }
    let out = out + rest;
    match out.chars().find(|c| c.is_control() && !['\n', '\t', '\r'].contains(c)) {
        Some(c) => Err(format!("{c:?} may not be in XML")),
        None => Ok(out),
    }
}

fn attributes(mut rest: &str) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    while !rest.trim().is_empty() {
        if !rest.starts_with(char::is_whitespace) {
            return Err(format!("no blank before “{rest}”"));
        }
        let (name, after) = rest.trim_start().split_once("=\"").ok_or_else(|| format!("no value in “{rest}”"))?;
        let (value, after) = after.split_once('"').ok_or("a value does not end")?;
        let fine = |c: char| c.is_ascii_alphanumeric() || "-:_".contains(c);
        if name.is_empty() || !name.chars().all(fine) || value.contains('<') {
            return Err(format!("{name}=\"{value}\""));
        }
        if found.iter().any(|(known, _)| known == name) {
            return Err(format!("{name} stands twice"));
        }
        found.push((name.to_owned(), plain(value)?));
        rest = after;
    }
    Ok(found)
}

/// # Errors
/// What is not well-formed.
pub fn read(text: &str) -> Result<Vec<Element>, String> {
    let (mut all, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let between = plain(&rest[..at])?;
        match open.last() {
            Some(inner) => all[*inner].text.push_str(&between),
            None if between.trim().is_empty() => {}
            None => return Err(format!("“{between}” is in no element")),
        }
        // A quotation mark may hold a closing bracket.
        let mut quoted = false;
        let end = rest[at..].find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = at + end.ok_or("an element does not end")?;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().ok_or("closes what was not open")?;
            if all[closed].name != name {
                return Err(format!("</{name}> closes <{}>", all[closed].name));
            }
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split(char::is_whitespace).next().unwrap_or_default();
        if open.is_empty() && !all.is_empty() {
            return Err(format!("<{name}> is a second root"));
        }
        let attributes = attributes(&tag[name.len()..])?;
        all.push(Element { name: name.to_owned(), attributes, text: String::new() });
        if !empty {
            open.push(all.len() - 1);
        }
    }
    if !rest.trim().is_empty() {
        return Err(format!("“{rest}” follows the root"));
    }
    if open.is_empty() { Ok(all) } else { Err("an element is not closed".to_owned()) }
}

#[test]
fn the_reader_sees_what_is_wrong() {
    assert_eq!(read("<a x=\"1 &gt; 0\"><b/>t&amp;</a>\n").expect("well-formed")[0].text, "t&");
    for wrong in [
        "<a><b></a>",
        "<a x=\"1\" x=\"2\"/>",
        "<a>&nbsp;</a>",
        "<a>1 & 2</a>",
        "<a/><b/>",
        "<a x=1/>",
        "<a x=\"1\"y=\"2\"/>",
        "<a>\u{1}</a>",
        "text",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
