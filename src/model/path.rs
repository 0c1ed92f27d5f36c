//! The way from a document's root to a node, as people write it: `spec.containers[0].image`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Into a mapping.
    Key(Box<str>),
    /// Into a sequence, from 0.
    Index(usize),
}

/// A path; empty means the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Segment>);

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_plain(key) && position == 0 => f.write_str(key)?,
                Segment::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                Segment::Key(key) => write!(f, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?,
            }
        }
        Ok(())
    }
}

impl Path {
    /// The path as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        self.joined(|index| index.to_string())
    }

    /// The path as a pointer with `-` for every index: the same wherever an item of a list moves.
    pub fn without_indices(&self) -> String {
        self.joined(|_| "-".to_owned())
    }

    fn joined(&self, index: impl Fn(usize) -> String) -> String {
        let mut out = String::new();
        for segment in &self.0 {
            out.push('/');
            match segment {
                Segment::Key(key) => out.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(at) => out.push_str(&index(*at)),
            }
        }
        out
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_person_writes() {
        let key = |text: &str| Segment::Key(text.into());
        let path =
            Path(vec![key("metadata"), key("labels"), key("app.kubernetes.io/name"), Segment::Index(0)]);
        assert_eq!(path.to_string(), r#"metadata.labels["app.kubernetes.io/name"][0]"#);
        assert_eq!(path.pointer(), "/metadata/labels/app.kubernetes.io~1name/0");
        assert_eq!(path.without_indices(), "/metadata/labels/app.kubernetes.io~1name/-");
    }
}
