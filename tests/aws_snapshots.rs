//! Files of AWS Config as live state: each spelling, what counts as complete, and every recorded file there is.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trueup::state::aws::{Inventory, Item, Properties, Reach, read_snapshot, read_snapshots};

fn read(json: &Value) -> Inventory {
    read_snapshot("test.json", &mut json.to_string().as_bytes())
}

fn only(inventory: &Inventory) -> &Item {
    assert_eq!(inventory.gaps, [], "{inventory:?}");
    assert_eq!(inventory.items.len(), 1);
    &inventory.items[0]
}

/// A bucket as a snapshot holds it.
fn in_a_file() -> Value {
    json!({
        "ARN": "arn:aws:s3:::shop",
        "awsAccountId": "123456789012",
        "awsRegion": "eu-west-1",
        "configuration": {"name": "shop"},
        "configurationItemCaptureTime": "2026-01-02T03:04:05.678Z",
        "configurationItemStatus": "OK",
        "configurationItemVersion": "1.3",
        "configurationStateId": 1_767_323_045_678_u64,
        "resourceCreationTime": "2026-01-01T00:00:00.000Z",
        "resourceId": "shop",
        "resourceName": "shop",
        "resourceType": "AWS::S3::Bucket",
        "supplementaryConfiguration": {
            "AccessControlList": "{\"owner\":{\"id\":\"a\"}}",
            "BucketPolicy": {"policyText": "{\"Version\":\"2012-10-17\"}"},
            "IsRequesterPaysEnabled": false,
        },
        "tags": {"team": "pay"},
    })
}

/// The same bucket as the API answers it.
fn from_the_api() -> Value {
    json!({
        "arn": "arn:aws:s3:::shop",
        "accountId": "123456789012",
        "awsRegion": "eu-west-1",
        "configuration": "{\"name\":\"shop\"}",
        "configurationItemCaptureTime": 1_767_323_045.678,
        "configurationItemStatus": "OK",
        "version": "1.3",
        "configurationStateId": "1767323045678",
        "resourceCreationTime": 1_767_225_600,
        "resourceId": "shop",
        "resourceName": "shop",
        "resourceType": "AWS::S3::Bucket",
        "supplementaryConfiguration": {
            "AccessControlList": "\"{\\\"owner\\\":{\\\"id\\\":\\\"a\\\"}}\"",
            "BucketPolicy": "{\"policyText\":\"{\\\"Version\\\":\\\"2012-10-17\\\"}\"}",
            "IsRequesterPaysEnabled": "false",
        },
        "tags": {"team": "pay"},
    })
}

/// All that an item says.
fn said(item: &Item) -> String {
    let Properties::Config { configuration, supplementary } = &item.properties else {
        panic!("{item:?} has no configuration");
    };
    format!(
        "{} {} {} {:?} {:?} {:?} {} {} {configuration} {supplementary}",
        item.scope, item.kind, item.id, item.name, item.arn, item.tags, item.captured, item.created
    )
}

#[test]
fn both_spellings_and_every_envelope_say_the_same() {
    let expected = concat!(
        r#"123456789012/eu-west-1 AWS::S3::Bucket shop Some("shop") Some("arn:aws:s3:::shop") "#,
        r#"Some({"team": "pay"}) 2026-01-02T03:04:05.678Z 2026-01-01T00:00:00.000Z {"name":"shop"} "#,
        r#"{"AccessControlList":{"owner":{"id":"a"}},"#,
        r#""BucketPolicy":{"policyText":"{\"Version\":\"2012-10-17\"}"},"IsRequesterPaysEnabled":false}"#,
    );
    let mut selected = in_a_file();
    selected["tags"] = json!([{"key": "team", "tag": "team=pay", "value": "pay"}]);
    let event =
        json!({"configurationItem": in_a_file(), "messageType": "ConfigurationItemChangeNotification"});
    let forms = [
        in_a_file(),
        from_the_api(),
        json!([in_a_file()]),
        json!({"fileVersion": "1.0", "configSnapshotId": "1", "configurationItems": [in_a_file()]}),
        json!({"configurationItems": [from_the_api()], "nextToken": "x"}),
        json!({"baseConfigurationItems": [from_the_api()], "unprocessedResourceKeys": []}),
        json!({"BaseConfigurationItems": [from_the_api()]}),
        json!({"Results": [selected.to_string()], "QueryInfo": {"SelectFields": []}}),
        event.clone(),
        json!({"invokingEvent": event.to_string(), "ruleParameters": "{}"}),
        json!({"Type": "Notification", "Message": event.to_string()}),
        json!({"detail-type": "Config Configuration Item Change", "detail": event}),
    ];
    for form in forms {
        let inventory = read(&form);
        assert_eq!(said(only(&inventory)), expected, "{form}");
    }
}

#[test]
fn only_a_whole_snapshot_is_complete_and_only_for_what_is_in_it() {
    let reach = |inventory: &Inventory, kind: Option<&str>| {
        let mut all = inventory.coverage.iter().filter(|covered| covered.kind.as_deref() == kind);
        all.next().map(|covered| covered.reach.clone())
    };
    let bucket = Some("AWS::S3::Bucket");
    let snapshot =
        json!({"fileVersion": "1.0", "configSnapshotId": "1", "configurationItems": [in_a_file()]});
    let whole = read(&snapshot);
    assert_eq!(reach(&whole, bucket), Some(Reach::Complete));
    assert!(matches!(reach(&whole, None), Some(Reach::Unread(_))));

    let history = json!({"fileVersion": "1.0", "configurationItems": [in_a_file()]});
    assert!(matches!(reach(&read(&history), bucket), Some(Reach::Partial(_))));
    let named = "123456789012_Config_eu-west-1_ConfigHistory_AWS::S3::Bucket_20260102T030405Z_1.json";
    let named = read_snapshot(named, &mut snapshot.to_string().as_bytes());
    assert!(matches!(reach(&named, bucket), Some(Reach::Partial(_))));

    let text = snapshot.to_string();
    let cut = read_snapshot("cut.json", &mut &text.as_bytes()[..text.len() - 1]);
    assert_eq!((cut.items.len(), cut.gaps.len()), (1, 1));
    assert!(matches!(reach(&cut, bucket), Some(Reach::Partial(_))));

    let mut unrecorded = in_a_file();
    unrecorded["configurationItemStatus"] = json!("ResourceNotRecorded");
    unrecorded["configuration"] = Value::Null;
    let unrecorded = read(&json!({"configSnapshotId": "1", "configurationItems": [unrecorded]}));
    assert!(matches!(only(&unrecorded).properties, Properties::Failed(_)));
    assert!(matches!(reach(&unrecorded, bucket), Some(Reach::Partial(_))));
}

#[test]
fn what_was_deleted_is_not_there() {
    let mut deleted = in_a_file();
    deleted["configurationItemStatus"] = json!("ResourceDeleted");
    deleted["configuration"] = Value::Null;
    deleted["configurationItemCaptureTime"] = json!("2026-01-03T00:00:00.000Z");
    for order in [[in_a_file(), deleted.clone()], [deleted, in_a_file()]] {
        let inventory = read(&json!({"configSnapshotId": "1", "configurationItems": order}));
        assert_eq!((inventory.items.len(), inventory.gaps.len()), (0, 0));
        // That there are none is known.
        assert!(inventory.coverage.iter().any(|covered| covered.reach == Reach::Complete));
    }
}

#[test]
fn folders_and_compressed_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("AWSLogs/123456789012/Config/eu-west-1/2026/1/2/ConfigSnapshot");
    fs::create_dir_all(&inner).unwrap();
    let path = inner.join("123456789012_Config_eu-west-1_ConfigSnapshot_20260102T030405Z_1.json.gz");
    let mut packed =
        flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
    let mut bare = in_a_file();
    // The name of the file says it.
    bare.as_object_mut().unwrap().retain(|key, _| key != "awsAccountId" && key != "awsRegion");
    write!(packed, "\u{feff}{}", json!({"configSnapshotId": "1", "configurationItems": [bare]})).unwrap();
    packed.finish().unwrap();
    let inventory = read_snapshots(&[folder.path().to_owned()]);
    assert_eq!(only(&inventory).scope.to_string(), "123456789012/eu-west-1");
}

#[test]
fn what_is_no_item_is_a_gap() {
    for text in
        ["{}", "[]", "7", "", "{\"configurationItems\": [", "\u{1f}\u{8b}", "{\"Results\": [\"{\"]}", "[[[["]
    {
        let inventory = read_snapshot("odd.json", &mut text.as_bytes());
        assert_eq!((inventory.items.len(), inventory.gaps.len()), (0, 1), "{text}: {:?}", inventory.gaps);
    }
    let nameless = read(&json!({"configurationItems": [{"resourceType": "AWS::S3::Bucket"}, {"arn": 7}]}));
    assert_eq!(nameless.gaps.len(), 1);
    assert!(nameless.gaps[0].reason.starts_with("2 configuration items are left out"), "{:?}", nameless.gaps);
    let missing = read_snapshots(&["no/such/file.json".into()]);
    assert_eq!(missing.gaps.len(), 1);
    // Nothing was recorded, and that is no gap.
    assert_eq!(read(&json!({"configSnapshotId": "1", "configurationItems": []})).gaps, []);
}

#[test]
fn broken_bytes_do_no_harm() {
    let event = json!({"configurationItem": in_a_file()}).to_string();
    let text = json!({"configSnapshotId": "1", "configurationItems": [from_the_api(), {"Message": event}]})
        .to_string();
    let mut lost = 0;
    for at in 0..text.len() {
        let cut = read_snapshot("cut.json", &mut &text.as_bytes()[..at]);
        assert_eq!(cut.gaps.len(), 1, "{at}");
        for other in [b'"', b'{', b']', b'\\', b'0', b' ', 0xFF] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = other;
            let inventory = read_snapshot("odd.json", &mut bytes.as_slice());
            lost += usize::from(inventory.items.is_empty());
            // What was read to the end is complete, and nothing else.
            let is_complete = inventory.coverage.iter().any(|it| it.reach == Reach::Complete);
            assert!(
                !is_complete || inventory.gaps.iter().all(|gap| gap.reason.contains("are left out")),
                "{at}"
            );
        }
    }
    assert!(lost > 0);
}

#[test]
fn every_recorded_file_loads() {
    let Some(corpus) = corpus::with("live") else { return };
    let mut files = Vec::new();
    for folder in fs::read_dir(corpus.join("live")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.file_name().unwrap().to_string_lossy().starts_with("aws") {
            below(&folder, &mut files);
        }
    }
    files.sort();
    let (mut items, mut with_gaps) = (BTreeMap::new(), 0);
    for file in &files {
        let inventory = read_snapshots(std::slice::from_ref(file));
        for item in &inventory.items {
            assert!(item.kind.starts_with("AWS::") && !item.id.is_empty(), "{item:?}");
            if let Properties::Config { configuration, supplementary } = &item.properties {
                for text in [configuration, supplementary] {
                    assert!(serde_json::from_str::<Value>(text).is_ok(), "{item:?} of {}", file.display());
                }
            }
        }
        let folder = file.strip_prefix(corpus.join("live")).unwrap().iter().next().unwrap();
        *items.entry(folder.to_string_lossy().into_owned()).or_insert(0) += inventory.items.len();
        with_gaps += usize::from(!inventory.gaps.is_empty());
    }
    println!("{} files, {with_gaps} with gaps, items: {items:?}", files.len());
    assert!(files.len() >= 300, "only {} files", files.len());
    for (folder, floor) in [
        ("aws", 8),
        ("aws-api-custodian", 3),
        ("aws-config-events-custodian", 8),
        ("aws-config-items-rdk", 40),
        ("aws-config-snapshot", 43),
    ] {
        assert!(items[folder] >= floor, "{folder}: only {}", items[folder]);
    }
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}
