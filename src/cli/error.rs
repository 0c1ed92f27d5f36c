//! What went wrong, for people: what, where, what now; and the exit code that goes with it.

use super::exit;

/// A failed command.
#[derive(Debug)]
pub struct CliError {
    message: String,
    hint: Option<String>,
    code: u8,
}

impl CliError {
    /// A mistake in the command line, the configuration or a policy.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: exit::USAGE }
    }

    /// A failure to write or to start what is needed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: exit::INCOMPLETE }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The process' exit code.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl From<crate::lint::policies::PolicyError> for CliError {
    fn from(problem: crate::lint::policies::PolicyError) -> Self {
        Self::usage(problem.to_string())
    }
}

impl From<crate::collect::CollectError> for CliError {
    fn from(problem: crate::collect::CollectError) -> Self {
        Self::usage(problem.to_string())
    }
}

impl From<rayon::ThreadPoolBuildError> for CliError {
    fn from(problem: rayon::ThreadPoolBuildError) -> Self {
        Self::failed(format!("cannot start threads: {problem}"))
    }
}

impl From<std::io::Error> for CliError {
    fn from(problem: std::io::Error) -> Self {
        // Whoever closed the pipe has read enough (`trueup lint | head`).
        if problem.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { message: String::new(), hint: None, code: exit::CLEAN };
        }
        Self::failed(problem.to_string())
    }
}
