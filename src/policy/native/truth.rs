//! Three-valued logic: what a file can settle, and what only the cluster knows.

/// The answer of a test. Unknown carries why, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// Only the cluster knows.
    Unknown(String),
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// Whether all hold; one that does not settles it, whatever is unknown.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for part in parts {
            match part {
                Self::No => return Self::No,
                Self::Unknown(_) if all == Self::Yes => all = part,
                Self::Yes | Self::Unknown(_) => {}
            }
        }
        all
    }

    /// Whether any holds; one that does settles it, whatever is unknown.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::negated)).negated()
    }

    /// The opposite; what is unknown stays unknown.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown(_) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_matters_only_when_nothing_else_settles_it() {
        let unknown = || Truth::Unknown("why".to_owned());
        assert_eq!(Truth::all([unknown(), Truth::No]), Truth::No);
        assert_eq!(Truth::all([unknown(), Truth::Yes]), unknown());
        assert_eq!(Truth::any([unknown(), Truth::Yes]), Truth::Yes);
        assert_eq!(Truth::any([unknown(), Truth::No]), unknown());
        assert_eq!(Truth::any([]), Truth::No);
        assert_eq!(Truth::all([]), Truth::Yes);
    }
}
