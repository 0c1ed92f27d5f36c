"""Types of stacks that moto does not know, or gets wrong."""
import json

from moto.awslambda.models import lambda_backends
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ec2.models.security_groups import SecurityGroupIngress
from moto.kms.models import Key
from moto.s3.models import s3_backends


class BucketPolicy(CloudFormationModel):
    """The policy of a bucket."""

    # moto sorts models by where they stand.
    __module__ = "moto.s3.models"

    def __init__(self, bucket):
        self.physical_resource_id = bucket

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::S3::BucketPolicy"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        document = json.dumps(properties["PolicyDocument"]).encode()
        s3_backends[account_id]["aws"].put_bucket_policy(properties["Bucket"], document)
        return cls(properties["Bucket"])


class NamedRule(SecurityGroupIngress):
    """A rule of a security group that goes by its id."""

    __module__ = "moto.ec2.models.security_groups"

    @classmethod
    def create_from_cloudformation_json(cls, *arguments, **kwargs):
        rule = super().create_from_cloudformation_json(*arguments, **kwargs)
        rule.physical_resource_id = rule.security_group.ingress_rules[-1].id
        return rule


class NamedPermission(CloudFormationModel):
    """A permission that goes by the id of its statement."""

    __module__ = "moto.awslambda.models"

    def __init__(self, statement):
        self.physical_resource_id = statement

    @staticmethod
    def cloudformation_name_type():
        return "Id"

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Permission"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        statement = f"stack-{resource_name}"
        properties = dict(cloudformation_json["Properties"])
        function = lambda_backends[account_id][region_name].get_function(properties.pop("FunctionName"))
        function.policy.add_statement(json.dumps(properties | {"StatementId": statement}))
        return cls(statement)


class TextKey(Key):
    """A key whose policy is kept as text, as moto reads it."""

    __module__ = "moto.kms.models"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        given = {**properties, "KeyPolicy": json.dumps(properties.get("KeyPolicy", {"Statement": []}))}
        rest = {**cloudformation_json, "Properties": given}
        return Key.create_from_cloudformation_json(resource_name, rest, account_id, region_name, **kwargs)


TYPES = {
    "AWS::EC2::SecurityGroupIngress": NamedRule,
    "AWS::KMS::Key": TextKey,
    "AWS::Lambda::Permission": NamedPermission,
    "AWS::S3::BucketPolicy": BucketPolicy,
}


def install():
    """Makes stacks use them."""
    others = parsing.resource_class_from_type
    parsing.resource_class_from_type = lambda kind: TYPES.get(kind) or others(kind)
