//! Types that AWS Config calls otherwise than CloudFormation, and types that have no region.

/// Config's name and CloudFormation's.
const OTHERWISE: &[(&str, &str)] = &[
    ("AWS::ACM::Certificate", "AWS::CertificateManager::Certificate"),
    ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"),
    ("AWS::OpenSearch::Domain", "AWS::OpenSearchService::Domain"),
];

/// The name of CloudFormation for a type of AWS Config.
pub fn from_config(kind: &str) -> &str {
    OTHERWISE.iter().find(|(config, _)| *config == kind).map_or(kind, |(_, own)| own)
}

/// The name of AWS Config for a type of CloudFormation; `None` when Config's type of that name is another.
pub fn to_config(kind: &str) -> Option<&str> {
    match OTHERWISE.iter().find(|(_, own)| *own == kind) {
        Some((config, _)) => Some(config),
        None => (!OTHERWISE.iter().any(|(config, _)| *config == kind)).then_some(kind),
    }
}

/// Whether resources of a type belong to the account, not to a region.
pub fn is_global(kind: &str) -> bool {
    let service = kind.split("::").nth(1).unwrap_or_default();
    matches!(
        service,
        "IAM"
            | "CloudFront"
            | "Route53"
            | "Organizations"
            | "GlobalAccelerator"
            | "NetworkManager"
            | "Shield"
            | "Budgets"
            | "CE"
    ) || kind == "AWS::S3::AccountPublicAccessBlock"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_go_there_and_back() {
        assert_eq!(from_config("AWS::IAM::Policy"), "AWS::IAM::ManagedPolicy");
        assert_eq!(to_config("AWS::IAM::ManagedPolicy"), Some("AWS::IAM::Policy"));
        // An inline policy is no resource of its own to Config.
        assert_eq!(to_config("AWS::IAM::Policy"), None);
        assert_eq!(from_config("AWS::S3::Bucket"), "AWS::S3::Bucket");
        assert_eq!(to_config("AWS::S3::Bucket"), Some("AWS::S3::Bucket"));
    }

    #[test]
    fn some_types_have_no_region() {
        assert!(is_global("AWS::IAM::Role"));
        assert!(!is_global("AWS::S3::Bucket"));
        assert!(!is_global("x"));
    }
}
