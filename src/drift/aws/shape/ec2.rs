//! Instances, security groups, networks.

use serde_json::{Map, Value as Json, json};

use super::config::{Item, is_state, pascal};

pub(super) fn vpc(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    vec![("CidrBlock", item.get("cidrBlock")), ("InstanceTenancy", item.get("instanceTenancy"))]
}

pub(super) fn subnet(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    vec![
        ("CidrBlock", item.get("cidrBlock")),
        ("VpcId", item.get("vpcId")),
        ("AvailabilityZone", item.get("availabilityZone")),
        ("MapPublicIpOnLaunch", item.get("mapPublicIpOnLaunch")),
        ("AssignIpv6AddressOnCreation", item.get("assignIpv6AddressOnCreation")),
    ]
}

pub(super) fn instance(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let profile = item.get("iamInstanceProfile.arn");
    let name = profile.as_ref().and_then(Json::as_str).and_then(|arn| arn.rsplit('/').next());
    vec![
        ("ImageId", item.get("imageId")),
        ("InstanceType", item.get("instanceType")),
        ("KeyName", item.get("keyName")),
        ("SubnetId", item.get("subnetId")),
        ("SecurityGroupIds", item.each("securityGroups", "groupId")),
        ("EbsOptimized", item.get("ebsOptimized")),
        ("IamInstanceProfile", name.map(Json::from)),
        ("Monitoring", is_state(item.get("monitoring.state"), "enabled")),
        ("SourceDestCheck", item.get("sourceDestCheck")),
        ("Tenancy", item.get("placement.tenancy")),
        ("AvailabilityZone", item.get("placement.availabilityZone")),
        ("PrivateIpAddress", item.get("privateIpAddress")),
        ("MetadataOptions", item.get("metadataOptions").map(pascal)),
    ]
}

pub(super) fn security_group(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    vec![
        ("GroupName", item.get("groupName")),
        ("GroupDescription", item.get("description")),
        ("VpcId", item.get("vpcId")),
        ("SecurityGroupIngress", item.get("ipPermissions").map(|rules| flat(&rules, "Source"))),
        ("SecurityGroupEgress", item.get("ipPermissionsEgress").map(|rules| flat(&rules, "Destination"))),
    ]
}

/// Rules one by one: EC2 groups those of one port.
fn flat(rules: &Json, end: &str) -> Json {
    let mut out = Vec::new();
    let list = |json: &Json, key: &str| match json.get(key) {
        Some(Json::Array(items)) => items.clone(),
        _ => Vec::new(),
    };
    for rule in rules.as_array().into_iter().flatten() {
        let mut add = |name: &str, value: Option<&Json>, description: Option<&Json>| {
            let Some(value) = value else { return };
            let mut flat = Map::new();
            let protocol = rule.get("ipProtocol").cloned().unwrap_or_else(|| json!("-1"));
            flat.insert("IpProtocol".to_owned(), protocol);
            for (own, theirs) in [("FromPort", "fromPort"), ("ToPort", "toPort")] {
                if let Some(port) = rule.get(theirs).filter(|port| !port.is_null()) {
                    flat.insert(own.to_owned(), port.clone());
                }
            }
            flat.insert(name.to_owned(), value.clone());
            if let Some(description) = description.filter(|it| !it.is_null()) {
                flat.insert("Description".to_owned(), description.clone());
            }
            out.push(Json::Object(flat));
        };
        let ranges = list(rule, "ipv4Ranges");
        for range in &ranges {
            add("CidrIp", range.get("cidrIp"), range.get("description"));
        }
        // Older items have the addresses alone.
        for range in list(rule, "ipRanges").iter().filter(|_| ranges.is_empty()) {
            add("CidrIp", range.get("cidrIp").or_else(|| range.is_string().then_some(range)), None);
        }
        for range in list(rule, "ipv6Ranges") {
            add("CidrIpv6", range.get("cidrIpv6"), range.get("description"));
        }
        for prefix in list(rule, "prefixListIds") {
            add(&format!("{end}PrefixListId"), prefix.get("prefixListId"), prefix.get("description"));
        }
        for group in list(rule, "userIdGroupPairs") {
            add(&format!("{end}SecurityGroupId"), group.get("groupId"), group.get("description"));
        }
    }
    Json::Array(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_flattened() {
        let rules = json!([{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
            "ipv4Ranges": [{"cidrIp": "10.0.0.0/8", "description": "office"}], "ipRanges": ["10.0.0.0/8"],
            "ipv6Ranges": [], "prefixListIds": [], "userIdGroupPairs": [{"groupId": "sg-1", "userId": "1"}]}]);
        assert_eq!(
            flat(&rules, "Source"),
            json!([
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "office"},
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": "sg-1"}
            ])
        );
        assert_eq!(
            flat(&json!([{"ipProtocol": "-1", "ipRanges": ["0.0.0.0/0"]}]), "Source")
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}
