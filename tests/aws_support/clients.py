"""Clients for whoever asks: boto3 sent back to the server, in the same account and region."""

import functools

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
ENDPOINT = AGENT = ""
USED = set()


def is_used(service):
    """Whether a test has used a service; a stack may use any."""
    return service in USED or "cloudformation" in USED


class Here:
    """An account and a region, by the credentials of a request."""

    def __init__(self, key, token, region):
        self.key, self.token, self.region = key, token, region
        self.account = account_of(key, token)

    def client(self, service):
        return client(service, self.key, self.token, self.region)


@functools.lru_cache(maxsize=None)
def client(service, key, token, region, agent=None):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key="test",
        aws_session_token=token,
        config=Config(user_agent_extra=agent or AGENT, retries={"total_max_attempts": 1}),
    )


@functools.lru_cache(maxsize=None)
def account_of(key, token):
    return client("sts", key, token, "us-east-1").get_caller_identity()["Account"]


def tester(service, region="us-east-1", account=None):
    """A client of the test itself."""
    there = elsewhere(account or ACCOUNT, region)
    return client(service, there.key, there.token, region, "tester")


@functools.lru_cache(maxsize=None)
def elsewhere(account, region):
    """Another account, by a role in it."""
    if account == ACCOUNT:
        return Here("test", None, region)
    role = f"arn:aws:iam::{account}:role/reader"
    given = client("sts", "test", None, region).assume_role(RoleArn=role, RoleSessionName="played")[
        "Credentials"
    ]
    return Here(given["AccessKeyId"], given["SessionToken"], region)


def maybe(call, *path, **arguments):
    """A part of an answer; None when there is nothing to answer."""
    try:
        answer = call(**arguments)
    except ClientError:
        return None
    for key in path:
        answer = answer.get(key) if answer else None
    return answer


def pages(client, operation, key, **arguments):
    if not client.can_paginate(operation):
        return getattr(client, operation)(**arguments).get(key, [])
    return [it for page in client.get_paginator(operation).paginate(**arguments) for it in page.get(key, [])]


def tags(pairs):
    """Tags in any spelling as a map."""
    if isinstance(pairs, dict):
        return pairs
    return {
        it.get("Key", it.get("key", it.get("TagKey"))): it.get("Value", it.get("value", it.get("TagValue")))
        for it in pairs or []
    }
