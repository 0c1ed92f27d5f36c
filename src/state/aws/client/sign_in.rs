//! Who asks, and how to get from there into every account.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use super::session::Session;
use super::{Access, AwsError};
use crate::aws::{Scope, arn};
use crate::state::aws::permissions::{ASSUME_ROLE, IDENTITY};

/// Attempts for each request: the waits between them add up to about ten seconds.
const ATTEMPTS: u32 = 5;

/// How long one request may take, all attempts together.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A session for every account and region.
pub async fn sessions(access: &Access) -> Result<Vec<Arc<Session>>, AwsError> {
    let deadline = Instant::now() + access.deadline;
    let sdk = configuration(access).await;
    let mut regions = if access.regions.is_empty() {
        let region = sdk.region().ok_or(AwsError::NoRegion)?;
        vec![region.as_ref().to_owned()]
    } else {
        access.regions.clone()
    };
    let mut seen = BTreeSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    // Tokens of the identity service of another partition, or of a region that is off, are worth nothing.
    let Some(home) = regions.first().cloned() else { return Err(AwsError::NoRegion) };
    let sdk = sdk.to_builder().region(Region::new(home.clone())).build();
    let own = identity(&sdk, deadline).await.map_err(|failure| AwsError::Identity(failure.to_string()))?;
    let mut accounts = access.accounts.clone();
    if accounts.is_empty() {
        accounts.push(super::Account { id: own.clone(), role: None });
    }
    let mut sessions = Vec::new();
    for account in &accounts {
        let role = account.role.as_ref().or(access.role.as_ref().filter(|_| account.id != own));
        let sdk = match role {
            Some(role) => assume(&sdk, &home, &account.id, role, deadline).await?,
            None if account.id == own => sdk.clone(),
            None => return Err(AwsError::OtherAccount { expected: account.id.clone(), found: own }),
        };
        for region in &regions {
            sessions.push(Arc::new(Session::new(Scope::new(&account.id, region), &sdk, deadline)));
        }
    }
    Ok(sessions)
}

async fn configuration(access: &Access) -> SdkConfig {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().operation_timeout(TIMEOUT).build());
    if let Ok(name) = AppName::new("trueup") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(file) = &access.config_file {
        let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Config, file).build();
        loader = loader.profile_files(files);
    }
    if let Some(region) = access.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

/// The account of the credentials.
async fn identity(sdk: &SdkConfig, deadline: Instant) -> Result<String, Failure> {
    let client = aws_sdk_sts::Client::new(sdk);
    let answer = timeout_at(deadline, client.get_caller_identity().send())
        .await
        .map_err(|_| Failure::Deadline)?
        .map_err(|problem| Failure::of(IDENTITY, &problem))?;
    answer.account.ok_or(Failure::Unreadable(200))
}

/// The configuration of an account by way of a role in it.
async fn assume(
    sdk: &SdkConfig,
    region: &str,
    account: &str,
    role: &str,
    deadline: Instant,
) -> Result<SdkConfig, AwsError> {
    let role = if role.starts_with("arn:") {
        role.to_owned()
    } else {
        format!("arn:{}:iam::{account}:role/{role}", arn::partition_of(region))
    };
    let provider =
        AssumeRoleProvider::builder(&role).session_name("trueup-audit").configure(sdk).build().await;
    let assumed = sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
    let failed = |reason: String| AwsError::Role { role: role.clone(), reason };
    let found = identity(&assumed, deadline).await.map_err(|failure| {
        failed(match failure {
            Failure::Credentials(reason) => format!("{reason} (it needs `{}`)", ASSUME_ROLE.action),
            other => other.to_string(),
        })
    })?;
    if found == account { Ok(assumed) } else { Err(failed(format!("it leads into the account {found}"))) }
}
