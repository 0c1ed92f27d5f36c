//! Why a request to AWS failed, in words that say what to do.
//!
//! Services and what stands before them answer errors in many forms: a code, a page of HTML, XML where JSON
//! was asked for. Where there is no code the HTTP status decides.

use std::error::Error;
use std::fmt;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

use crate::state::aws::permissions::Operation;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The role lacks an IAM action.
    Denied(String),
    /// AWS asks to slow down, still after waiting.
    Throttled,
    /// The credentials are not or no longer accepted; what AWS says.
    Credentials(String),
    /// What was asked for is not there.
    Missing,
    /// The token of the next page is too old.
    TokenExpired,
    /// The service cannot do that; what it says.
    Unsupported(String),
    /// The same page was offered again.
    Loop,
    /// The time for the whole run is up.
    Deadline,
    /// The service is unavailable, by its HTTP status.
    Unavailable(u16),
    /// The answer is not what the service should answer, by its HTTP status.
    Unreadable(u16),
    /// There was no answer; why.
    Unreachable(String),
    /// Any other error: its code and what it says.
    Refused(String, String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(action) => write!(f, "access is denied; the role needs `{action}`"),
            Self::Throttled => f.write_str("AWS limits how often it may be asked; try again later"),
            Self::Credentials(message) => write!(f, "the credentials are not accepted: {message}"),
            Self::Missing => f.write_str("it is not there"),
            Self::TokenExpired => {
                f.write_str("the list could not be read to the end before its token expired")
            }
            Self::Unsupported(message) => write!(f, "the service cannot read it: {message}"),
            Self::Loop => f.write_str("the service offers the same page again and again"),
            Self::Deadline => f.write_str("the time for the audit was up"),
            Self::Unavailable(status) => write!(f, "the service is unavailable (HTTP {status})"),
            Self::Unreadable(status) => write!(f, "the answer could not be understood (HTTP {status})"),
            Self::Unreachable(reason) => write!(f, "no answer: {reason}"),
            Self::Refused(code, message) => write!(f, "{code}: {message}"),
        }
    }
}

impl Failure {
    /// What a failed request means.
    pub fn of<E>(operation: Operation, problem: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ConstructionFailure(_) =
            problem
        {
            let text = innermost(problem);
            let is_credentials = chain(problem).any(|cause| cause.to_string().contains("credential"));
            return if is_credentials { Self::Credentials(text) } else { Self::Unreachable(text) };
        }
        let status = problem.raw_response().map_or(0, |raw| raw.status().as_u16());
        let message = problem.message().unwrap_or_default();
        match problem.code() {
            Some(code) => Self::coded(operation, code, message, status),
            None => match status {
                401 | 403 => Self::Denied(operation.action.to_owned()),
                429 => Self::Throttled,
                500.. => Self::Unavailable(status),
                _ => Self::Unreadable(status),
            },
        }
    }

    fn coded(operation: Operation, code: &str, message: &str, status: u16) -> Self {
        match code {
            "AccessDenied"
            | "AccessDeniedException"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "UnauthorizedException"
            | "UnauthorizedOperation" => Self::denied(operation, message),
            "LimitExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException" => Self::Throttled,
            "AuthFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "MissingAuthenticationToken"
            | "OptInRequired"
            | "RequestExpired"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => Self::Credentials(format!("{code}: {message}")),
            "ResourceNotDiscoveredException" | "ResourceNotFoundException" => Self::Missing,
            "InvalidNextTokenException" | "PaginationTokenExpiredException" => Self::TokenExpired,
            "PrivateTypeException" | "TypeNotFoundException" | "UnsupportedActionException" => {
                Self::Unsupported(message.to_owned())
            }
            // Cloud Control wraps what the service behind a type answered.
            _ if message.contains("not authorized to perform") || message.contains("AccessDenied") => {
                Self::denied(operation, message)
            }
            _ if status >= 500 => Self::Unavailable(status),
            _ => Self::Refused(code.to_owned(), message.to_owned()),
        }
    }

    /// The action that is missing: the one the message names, or else the one of the request.
    fn denied(operation: Operation, message: &str) -> Self {
        let named = message.split_once("not authorized to perform: ").and_then(|(_, rest)| {
            let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
            rest.get(..end)
        });
        let named = named.filter(|action| action.contains(':')).unwrap_or(operation.action);
        Self::Denied(named.to_owned())
    }
}

fn chain<'e>(problem: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(problem), |&cause| cause.source())
}

/// The innermost cause, which says most: the client's own messages lead with its types.
pub fn innermost(problem: &(dyn Error + 'static)) -> String {
    chain(problem).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::aws::permissions::GET;

    #[test]
    fn the_action_that_is_missing_is_named() {
        let wrapped = "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:GetBucketAcl on \
                       resource: x (Service: S3, Status Code: 403)";
        let failure = Failure::coded(GET, "HandlerFailureException", wrapped, 400);
        assert_eq!(failure, Failure::Denied("s3:GetBucketAcl".to_owned()));
        assert_eq!(failure.to_string(), "access is denied; the role needs `s3:GetBucketAcl`");
        let bare = Failure::coded(GET, "AccessDeniedException", "", 400);
        assert_eq!(bare, Failure::Denied("cloudformation:GetResource".to_owned()));
    }

    #[test]
    fn codes_say_more_than_the_status() {
        assert_eq!(Failure::coded(GET, "ThrottlingException", "", 400), Failure::Throttled);
        assert_eq!(Failure::coded(GET, "ResourceNotFoundException", "", 400), Failure::Missing);
        assert_eq!(Failure::coded(GET, "ServiceInternalError", "", 500), Failure::Unavailable(500));
        assert!(matches!(Failure::coded(GET, "ExpiredToken", "", 403), Failure::Credentials(_)));
        assert!(matches!(Failure::coded(GET, "InvalidRequestException", "x", 400), Failure::Refused(..)));
    }
}
