//! Access to one region of one account: the clients, how fast they may ask, and until when.

use std::error::Error;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::failure::Failure;
use super::pace::Pace;
use crate::aws::Scope;
use crate::state::aws::permissions::Operation;

/// A region of an account, and the clients to ask it with.
pub struct Session {
    /// Which one.
    pub scope: Scope,
    /// AWS Config.
    pub config: aws_sdk_config::Client,
    /// The tagging API.
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Cloud Control.
    pub control: aws_sdk_cloudcontrol::Client,
    /// CloudTrail.
    pub trail: aws_sdk_cloudtrail::Client,
    pace: Pace,
    /// When everything has to be done.
    deadline: Instant,
    /// Why nothing more is asked: the credentials were refused, here. In a region that is not enabled they are,
    /// and elsewhere they are not.
    refused: Mutex<Option<Failure>>,
}

impl Session {
    /// Clients for a region with the credentials of `sdk`, which are those of its account.
    pub fn new(scope: Scope, sdk: &SdkConfig, deadline: Instant) -> Self {
        let sdk = sdk.to_builder().region(Region::new(scope.region.to_string())).build();
        Self {
            scope,
            config: aws_sdk_config::Client::new(&sdk),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&sdk),
            cloudformation: aws_sdk_cloudformation::Client::new(&sdk),
            control: aws_sdk_cloudcontrol::Client::new(&sdk),
            trail: aws_sdk_cloudtrail::Client::new(&sdk),
            pace: Pace::new(),
            deadline,
            refused: Mutex::new(None),
        }
    }

    /// Sends a request as soon as the limits allow. Once the credentials were refused nothing is sent any more.
    pub async fn ask<T, E>(
        &self,
        operation: Operation,
        request: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let Some(failure) = self.refused().clone() {
            return Err(failure);
        }
        let slot = self.pace.slot(operation.service);
        let paced = async {
            sleep_until(slot).await;
            request.await
        };
        match timeout_at(self.deadline, paced).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(problem)) => {
                let failure = Failure::of(operation, &problem);
                match failure {
                    Failure::Credentials(_) => *self.refused() = Some(failure.clone()),
                    Failure::Throttled => self.pace.slow(operation.service),
                    _ => {}
                }
                Err(failure)
            }
            Err(_) => Err(Failure::Deadline),
        }
    }

    fn refused(&self) -> MutexGuard<'_, Option<Failure>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
