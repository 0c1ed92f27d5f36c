//! The functions Kyverno adds to CEL (<https://kyverno.io/docs/policy-types/cel-libraries/>).
//!
//! One file is one library; a function is one `fn` and one line in [`FUNCTIONS`]. What needs a cluster,
//! a registry or the network is asked of the world and is unknown where nobody can tell. Deliberately
//! absent: `random()`, whose policies would judge the same file differently each time.

mod data;
mod hash;
mod image;
mod live;
mod time;
mod user;
mod x509;

use std::ops::RangeInclusive;

use crate::cel::{CallStyle, Error, HostFunction, Limits, Map, Scope, Value};
use crate::policy::native::host::{Answer, Function, NativeHost};

pub use crate::policy::image::Reference;

/// Every function.
pub static FUNCTIONS: &[Function] = &[
    global("image", 1..=1, image::parse, "The parts of an image reference; the older name."),
    global("parseImageReference", 1..=1, image::parse, "The parts of an image reference."),
    global("isImage", 1..=1, image::is_image, "Whether a text is an image reference."),
    member("containsDigest", image::contains_digest, "Whether an image names a digest."),
    member("registry", image::registry, "The registry of an image."),
    member("repository", image::repository, "The repository of an image."),
    member("identifier", image::identifier, "The tag or digest of an image."),
    member("identifierWithSeparator", image::separated, "The same after its `:` or `@`."),
    member("tag", image::tag, "The tag of an image; empty when it names a digest."),
    member("digest", image::digest, "The digest of an image; empty when it names a tag."),
    global("parseServiceAccount", 1..=1, user::parse, "Namespace and name of a service account's user."),
    global("user.parseServiceAccount", 1..=1, user::parse, "The same under its newer name."),
    global("json.marshal", 1..=1, data::to_json, "A value as JSON."),
    global("json.unmarshal", 1..=1, data::from_json, "The value of a JSON text."),
    global("yaml.parse", 1..=1, data::from_yaml, "The value of a YAML text."),
    global("listObjToMap", 4..=4, data::to_map, "A map from the keys of one list to the values of another."),
    global("md5", 1..=1, hash::md5, "The MD5 digest of a text, in hexadecimal digits."),
    global("sha1", 1..=1, hash::sha1, "The SHA-1 digest of a text, in hexadecimal digits."),
    global("sha256", 1..=1, hash::sha256, "The SHA-256 digest of a text, in hexadecimal digits."),
    global("math.round", 2..=2, data::round, "A number rounded to so many decimal places."),
    global("time.now", 0..=0, time::now, "The time of the evaluation."),
    global("time.truncate", 2..=2, time::truncate, "A time rounded down to a multiple of a duration."),
    global("time.toCron", 1..=1, time::to_cron, "A time as the five fields of a cron schedule."),
    global("resource.Get", 2..=5, live::get, "An object of the cluster."),
    global("resource.List", 1..=4, live::list, "The objects of a resource."),
    global("resource.Post", 3..=4, live::never, "What the API server answers to an object; unknown here."),
    global("resource.ToGVR", 2..=2, live::never, "The resource of a kind; unknown here."),
    global("image.GetMetadata", 1..=1, live::image, "What a registry says of an image."),
    global("globalContext.Get", 2..=2, live::global, "An entry of the global context."),
    global("http.Get", 1..=2, live::http_get, "The answer to a request."),
    global("http.Post", 2..=3, live::http_post, "The answer to a request."),
    global("http.Client", 1..=1, live::http_client, "A client with certificates of its own."),
    method("Get", 1..=2, live::http_get, "The answer to a request of a client."),
    method("Post", 2..=3, live::http_post, "The answer to a request of a client."),
    global("x509.decode", 1..=1, x509::decode, "The fields of a certificate."),
];

type Run = for<'a> fn(&NativeHost<'a>, &[Value<'a>], &Scope<'a>) -> Answer<'a>;

const fn global(name: &'static str, arity: RangeInclusive<usize>, run: Run, doc: &'static str) -> Function {
    Function { function: HostFunction { name, call: CallStyle::Global, arity, doc }, run }
}

const fn member(name: &'static str, run: Run, doc: &'static str) -> Function {
    method(name, 0..=0, run, doc)
}

const fn method(name: &'static str, arity: RangeInclusive<usize>, run: Run, doc: &'static str) -> Function {
    Function { function: HostFunction { name, call: CallStyle::Member, arity, doc }, run }
}

/// A text made by a function, within the limit and paid for.
fn text<'a>(scope: &Scope<'a>, text: &str) -> Answer<'a> {
    if text.len() > Limits::DEFAULT.string {
        return Err(Error::TooLarge);
    }
    scope.spend_bytes(text.len())?;
    Ok(Value::Str(scope.arena().alloc_str(text)))
}

/// A map made by a function, paid for; of a key given twice the last value stays.
fn map<'a>(scope: &Scope<'a>, entries: &[(&'a str, Value<'a>)]) -> Answer<'a> {
    scope.spend(entries.len() as u64)?;
    let mut sorted: Vec<_> =
        entries.iter().enumerate().map(|(at, (key, value))| (*key, at, *value)).collect();
    sorted.sort_by_key(|(key, at, _)| (*key, *at));
    let mut kept: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(sorted.len());
    for pair in sorted.windows(2) {
        if pair[0].0 != pair[1].0 {
            kept.push((Value::Str(pair[0].0), pair[0].2));
        }
    }
    kept.extend(sorted.last().map(|(key, _, value)| (Value::Str(key), *value)));
    Map::new(&kept, scope.arena()).map(Value::Map).ok_or(Error::BadKey)
}
