//! Paths to projects: what the walk must survive, where repositories begin and end, what Git adds,
//! and what a repository is taken for.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

#[path = "support/git.rs"]
mod git;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use git::git;
use tree::{tree, write};
use trueup::collect::{CollectError, Collected, Options, Project, collect};
use trueup::model::{FileClass, Role, RoleSource, Severity};

fn run(paths: &[PathBuf]) -> Result<Collected, CollectError> {
    collect(&Options { paths: paths.to_vec(), ..Options::default() })
}

fn all(root: &Path) -> Collected {
    run(&[root.to_owned()]).unwrap()
}

/// The only project.
fn one(root: &Path) -> Project {
    let mut collected = all(root);
    assert_eq!(collected.gaps, []);
    assert_eq!(collected.projects.len(), 1);
    collected.projects.remove(0)
}

fn inputs(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| file.in_repo.as_str()).collect()
}

fn listing(project: &Project) -> Vec<&str> {
    project.repository.files.iter().map(|file| file.path.as_str()).collect()
}

/// Gaps as `path below root: reason`.
fn gaps(collected: &Collected, root: &Path) -> Vec<String> {
    let prefix = format!("{}/", root.display());
    let line = |gap: &trueup::model::Gap| {
        format!("{}: {}", gap.subject.strip_prefix(&prefix).unwrap_or(&gap.subject), gap.reason)
    };
    collected.gaps.iter().map(line).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\n";

#[test]
fn inputs_are_files_of_a_known_syntax_that_are_not_noise() {
    let root = tree(&[
        ("a.yaml", ""),
        ("b.yml", ""),
        ("c.json", ""),
        ("d.template", ""),
        ("Dockerfile", ""),
        ("node_modules/x.yaml", ""),
        ("deep/vendor/x.yaml", ""),
        (".terraform/x.json", ""),
        (".venv/x.yaml", ""),
        (".hidden.yaml", ""),
        (".env", "TOKEN=x"),
        ("package-lock.json", "{}"),
        ("pnpm-lock.yaml", ""),
        (".github/workflows/ci.yml", ""),
        (".gitlab-ci.yml", ""),
        (".circleci/config.yml", ""),
        (".buildkite/pipeline.yml", ""),
    ]);
    let project = one(root.path());
    assert_eq!(
        inputs(&project),
        [
            ".buildkite/pipeline.yml",
            ".circleci/config.yml",
            ".github/workflows/ci.yml",
            ".gitlab-ci.yml",
            "a.yaml",
            "b.yml",
            "c.json",
            "d.template"
        ]
    );
    // Rules about names see more than what is read.
    for name in [".env", "Dockerfile", ".hidden.yaml", "package-lock.json"] {
        assert!(listing(&project).contains(&name), "{name}");
    }
    assert!(!project.has_git);
}

#[test]
fn gitignore_holds_with_and_without_git_but_not_for_what_is_named() {
    let files = [
        (".gitignore", "cdk.out\n*.gen.yaml\n"),
        ("a.yaml", ""),
        ("b.gen.yaml", ""),
        ("cdk.out/s.json", "{}"),
    ];
    for git in [false, true] {
        let root = tree(&files);
        if git {
            gix::init(root.path()).unwrap();
        }
        assert_eq!(inputs(&one(root.path())), ["a.yaml"], "git: {git}");
        let named = run(&[root.path().join("cdk.out"), root.path().join("b.gen.yaml")]).unwrap();
        let named: Vec<_> = named.projects.iter().flat_map(inputs).collect();
        if git {
            assert_eq!(named, ["b.gen.yaml", "cdk.out/s.json"]);
        } else {
            assert_eq!(named, ["b.gen.yaml", "s.json"]);
        }
    }
}

#[test]
fn a_gitignore_above_the_repository_hides_nothing() {
    let root = tree(&[(".gitignore", "*\n"), ("repo/a.yaml", ""), ("plain/a.yaml", "")]);
    gix::init(root.path().join("repo")).unwrap();
    assert_eq!(inputs(&one(&root.path().join("repo"))), ["a.yaml"]);
    assert_eq!(inputs(&one(&root.path().join("plain"))), ["a.yaml"]);
}

#[test]
fn a_file_is_reported_once_however_often_it_is_named() {
    let root = tree(&[("a.yaml", ""), ("sub/b.yaml", "")]);
    let paths = ["", "a.yaml", "sub", "sub/../a.yaml", "sub/b.yaml"].map(|path| root.path().join(path));
    let collected = run(&paths).unwrap();
    assert_eq!(collected.projects.len(), 1);
    assert_eq!(inputs(&collected.projects[0]), ["a.yaml", "sub/b.yaml"]);
}

#[test]
fn files_named_outside_any_repository_are_all_there_is() {
    let root = tree(&[("a.yaml", ""), ("b.yaml", ""), ("sub/c.yaml", "")]);
    let collected = run(&[root.path().join("a.yaml"), root.path().join("b.yaml")]).unwrap();
    assert_eq!(collected.projects.len(), 1);
    assert_eq!(inputs(&collected.projects[0]), ["a.yaml", "b.yaml"]);
    assert_eq!(listing(&collected.projects[0]), ["a.yaml", "b.yaml"]);
}

#[test]
fn files_elsewhere_are_shown_as_they_were_named() {
    let root = tree(&[("sub/a.yaml", "")]);
    let given = root.path().join("./sub/../sub/");
    let project = one(&given);
    let shown = format!("{}/sub/../sub", root.path().display());
    assert_eq!(project.display_root, shown);
    assert_eq!(&*project.files[0].display, format!("{shown}/a.yaml"));
}

#[test]
fn a_path_that_does_not_exist_is_an_error() {
    let root = tree(&[]);
    let message = run(&[root.path().join("nowhere")]).unwrap_err().to_string();
    assert!(message.contains("nowhere`: No such file"), "{message}");
}

#[test]
fn a_directory_may_be_called_like_a_file() {
    let root = tree(&[("x.yaml/y.yaml", "")]);
    assert_eq!(inputs(&one(root.path())), ["x.yaml/y.yaml"]);
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_inside_the_tree_lead_to_one_file() {
        let root = tree(&[("real/a.yaml", "")]);
        symlink("real/a.yaml", root.path().join("b.yaml")).unwrap();
        symlink("b.yaml", root.path().join("c.yaml")).unwrap();
        symlink("real", root.path().join("linked")).unwrap();
        write(root.path(), "data", POD);
        symlink("data", root.path().join("named.yaml")).unwrap();
        assert_eq!(inputs(&one(root.path())), ["named.yaml", "real/a.yaml"]);
    }

    #[test]
    fn loops_end_and_broken_links_are_gaps() {
        let root = tree(&[("a.yaml", ""), ("d/b.yaml", "")]);
        symlink("..", root.path().join("d/up")).unwrap();
        symlink("q.yaml", root.path().join("p.yaml")).unwrap();
        symlink("p.yaml", root.path().join("q.yaml")).unwrap();
        symlink("missing.yaml", root.path().join("x.yaml")).unwrap();
        symlink("missing", root.path().join("not-an-input")).unwrap();
        let collected = all(root.path());
        assert_eq!(inputs(&collected.projects[0]), ["a.yaml", "d/b.yaml"]);
        assert_eq!(
            gaps(&collected, root.path()),
            [
                "p.yaml: a link that leads nowhere",
                "q.yaml: a link that leads nowhere",
                "x.yaml: a link that leads nowhere"
            ]
        );
    }

    #[test]
    fn links_out_of_the_tree_are_not_followed() {
        let outside = tree(&[("secret.yaml", ""), ("dir/x.yaml", "")]);
        let root = tree(&[("a.yaml", "")]);
        symlink(outside.path().join("secret.yaml"), root.path().join("out.yaml")).unwrap();
        symlink(outside.path().join("dir"), root.path().join("dir")).unwrap();
        let collected = all(root.path());
        assert_eq!(inputs(&collected.projects[0]), ["a.yaml"]);
        let reason = "a link out of the repository; it was not followed";
        assert_eq!(gaps(&collected, root.path()), [format!("dir: {reason}"), format!("out.yaml: {reason}")]);
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let root = tree(&[("a.yaml", "")]);
        let status =
            std::process::Command::new("mkfifo").arg(root.path().join("pipe.yaml")).status().unwrap();
        assert!(status.success());
        let _listener = UnixListener::bind(root.path().join("socket.yaml")).unwrap();
        symlink("/dev/zero", root.path().join("zero.yaml")).unwrap();
        symlink("pipe.yaml", root.path().join("link.yaml")).unwrap();
        let collected = all(root.path());
        assert_eq!(inputs(&collected.projects[0]), ["a.yaml"]);
        let reason = "not a regular file; it was not opened";
        assert_eq!(
            gaps(&collected, root.path()),
            [
                format!("link.yaml: {reason}"),
                format!("pipe.yaml: {reason}"),
                format!("socket.yaml: {reason}"),
                "zero.yaml: a link out of the repository; it was not followed".to_owned(),
            ]
        );
        let named = run(&[root.path().join("pipe.yaml"), root.path().join("a.yaml")]).unwrap();
        assert_eq!(named.gaps.len(), 1);
        assert_eq!(inputs(&named.projects[0]), ["a.yaml"]);
    }

    #[test]
    fn an_unreadable_directory_is_a_gap() {
        let root = tree(&[("a.yaml", ""), ("closed/b.yaml", "")]);
        let closed = root.path().join("closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let collected = all(root.path());
        let is_root = fs::read_dir(&closed).is_ok();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
        if is_root {
            // No directory is closed to the superuser.
            assert_eq!(inputs(&collected.projects[0]), ["a.yaml", "closed/b.yaml"]);
        } else {
            assert_eq!(inputs(&collected.projects[0]), ["a.yaml"]);
            assert_eq!(gaps(&collected, root.path()), ["closed: Permission denied (os error 13)"]);
        }
    }

    #[test]
    fn odd_names_are_told_apart() {
        let root = tree(&[]);
        let long = format!("{}.yaml", "l".repeat(250));
        let names: [&[u8]; 8] = [
            b"new\nline.yaml",
            b"-rf.yaml",
            b"bad\xFF.yaml",
            b"bad\xFE.yaml",
            long.as_bytes(),
            "🦀.yaml".as_bytes(),
            b"trailing .yaml",
            b"CON.yaml",
        ];
        for name in names {
            fs::write(root.path().join(OsStr::from_bytes(name)), POD).unwrap();
        }
        let project = one(root.path());
        let mut expected = vec![
            "-rf.yaml",
            "CON.yaml",
            "bad\\xFE.yaml",
            "bad\\xFF.yaml",
            long.as_str(),
            "new\nline.yaml",
            "trailing .yaml",
            "🦀.yaml",
        ];
        expected.sort_unstable();
        assert_eq!(inputs(&project), expected);
        assert!(project.files.iter().all(|file| fs::read_to_string(&file.path).unwrap() == POD));
    }
}

#[test]
fn repositories_begin_where_git_or_a_declaration_says() {
    let root = tree(&[
        ("trueup.yaml", "repo: {role: infra, name: outer}\n"),
        ("a.yaml", ""),
        ("plain/trueup.yaml", "failOn: low\n"),
        ("plain/b.yaml", ""),
        ("app/.github/trueup.yaml", "repo: {role: app}\n"),
        ("app/deep/c.yaml", ""),
        ("cloned/d.yaml", ""),
    ]);
    gix::init(root.path().join("cloned")).unwrap();
    let collected = all(root.path());
    let found: Vec<_> = collected
        .projects
        .iter()
        .map(|project| (project.repository.name.as_str(), project.repository.role, inputs(project)))
        .collect();
    assert_eq!(
        found,
        [
            ("outer", Role::Infra, vec!["a.yaml", "plain/b.yaml", "plain/trueup.yaml", "trueup.yaml"]),
            ("app", Role::App, vec![".github/trueup.yaml", "deep/c.yaml"]),
            ("cloned", Role::Unknown, vec!["d.yaml"]),
        ]
    );
    assert_eq!(
        listing(&collected.projects[0]),
        ["a.yaml", "plain/b.yaml", "plain/trueup.yaml", "trueup.yaml"]
    );
    let gaps = gaps(&collected, root.path());
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].starts_with("plain/trueup.yaml: only the configuration at the root"), "{gaps:?}");

    // Where a repository ends does not depend on where one starts to look.
    let part = all(&root.path().join("plain"));
    assert_eq!(part.projects.len(), 1);
    assert_eq!(part.projects[0].repository.name, "outer");
    assert_eq!(inputs(&part.projects[0]), ["plain/b.yaml", "plain/trueup.yaml"]);
    assert_eq!(listing(&part.projects[0]), listing(&collected.projects[0]));
}

#[test]
fn a_configuration_without_a_repository_is_found_upwards() {
    let root =
        tree(&[(".config/trueup.yaml", "exclude: [gen/]\n"), ("k8s/a.yaml", ""), ("k8s/gen/b.yaml", "")]);
    let project = one(&root.path().join("k8s"));
    assert_eq!(inputs(&project), ["k8s/a.yaml"]);
    assert_eq!(project.root, root.path().canonicalize().unwrap());
    assert_eq!(project.config.exclude, ["gen/"]);
    let file = project.config_file.unwrap();
    assert_eq!(file.path, project.root.join(".config/trueup.yaml"));
    assert_eq!(file.directory(), project.root.join(".config"));
}

#[test]
fn include_and_exclude_choose() {
    let root = tree(&[
        ("trueup.yaml", "include: ['clusters/**', '*.json']\nexclude: [testdata/]\n"),
        ("a.yaml", ""),
        ("b.json", ""),
        ("clusters/c.yaml", ""),
        ("clusters/testdata/d.yaml", ""),
        ("testdata/repo/trueup.yaml", "this is: [not valid\n"),
    ]);
    let project = one(root.path());
    assert_eq!(inputs(&project), ["b.json", "clusters/c.yaml"]);
    // A name is known unless it is excluded.
    assert_eq!(listing(&project), ["a.yaml", "b.json", "clusters/c.yaml", "trueup.yaml"]);
    // What is named is read.
    let named = run(&[root.path().join("clusters/testdata/d.yaml")]).unwrap();
    assert_eq!(inputs(&named.projects[0]), ["clusters/testdata/d.yaml"]);
}

#[test]
fn a_given_configuration_replaces_those_in_the_tree() {
    let root = tree(&[
        ("trueup.yaml", "repo: {role: app}\nfailOn: low\n"),
        ("sub/trueup.yaml", "repo: {role: infra}\n"),
        ("mine.yaml", "failOn: critical\n"),
    ]);
    let options = Options {
        paths: vec![root.path().to_owned()],
        config: Some(root.path().join("mine.yaml")),
        ..Options::default()
    };
    let collected = collect(&options).unwrap();
    assert_eq!(collected.projects.len(), 1);
    assert_eq!(collected.projects[0].config.fail_on.map(Severity::as_str), Some("critical"));

    let none = Options { no_config: true, role: Some(Role::GitOps), ..options };
    let collected = collect(&none).unwrap();
    assert_eq!(collected.projects.len(), 1);
    let project = &collected.projects[0];
    assert!(project.config.fail_on.is_none() && project.config_file.is_none());
    assert_eq!(
        (project.repository.role, project.repository.role_source),
        (Role::GitOps, RoleSource::Declared)
    );
}

#[test]
fn a_mistake_in_a_configuration_names_its_place() {
    let cases = [
        ("version: 1\npolices: {}\n", ":2:1: unknown key `polices` in trueup.yaml; did you mean `policies`?"),
        ("a: 1\n---\nb: 2\n", ":3:1: a configuration is a single document"),
        ("repo: [\n", ":"),
        ("\u{0}", ":1:1: "),
    ];
    for (text, expected) in cases {
        let root = tree(&[("trueup.yaml", text)]);
        let message = all_err(root.path());
        assert!(message.contains(&format!("trueup.yaml{expected}")), "{message}");
    }
}

fn all_err(root: &Path) -> String {
    run(&[root.to_owned()]).unwrap_err().to_string()
}

#[test]
fn git_says_what_is_tracked_and_where_it_comes_from() {
    let root = tree(&[
        (".gitignore", "*.tmp.yaml\n"),
        ("a.yaml", ""),
        ("forced.tmp.yaml", ""),
        ("src/main.rs", ""),
        ("fixtures/app/trueup.yaml", "repo: {role: app}\n"),
        ("fixtures/app/b.yaml", ""),
        (".aws/credentials", ""),
    ]);
    git(root.path(), &["init", "-q"]);
    git(root.path(), &["add", "-f", "."]);
    git(root.path(), &["remote", "add", "origin", "https://me:s3cret@git.example.com/acme/fleet.git"]);
    write(root.path(), "untracked.yaml", "");
    write(root.path(), "scratch.tmp.yaml", "");

    let collected = all(root.path());
    assert_eq!(collected.gaps, []);
    let [outer, inner] = &collected.projects[..] else { panic!("two projects") };
    assert!(outer.has_git && inner.has_git);
    assert_eq!(
        listing(outer),
        [".aws/credentials", ".gitignore", "a.yaml", "forced.tmp.yaml", "src/main.rs"]
    );
    assert_eq!(inputs(outer), ["a.yaml", "forced.tmp.yaml", "untracked.yaml"]);
    assert_eq!(outer.repository.name, "fleet");
    assert_eq!(outer.repository.remotes.len(), 1);
    assert_eq!(outer.repository.remotes[0].url, "https://git.example.com/acme/fleet.git");
    assert_eq!(listing(inner), ["b.yaml", "trueup.yaml"]);
    assert_eq!((inner.repository.name.as_str(), inner.repository.remotes.len()), ("app", 0));

    // The same from a part of it, and from a linked work tree.
    let part = all(&root.path().join("src"));
    assert_eq!(listing(&part.projects[0]), listing(outer));
    assert_eq!(inputs(&part.projects[0]), [] as [&str; 0]);
    git(root.path(), &["commit", "-qm", "x"]);
    let linked = tempfile::tempdir().unwrap();
    git(root.path(), &["worktree", "add", "-q", linked.path().join("w").to_str().unwrap()]);
    let linked = all(&linked.path().join("w"));
    assert_eq!(listing(&linked.projects[0]), listing(outer));
    assert_eq!(linked.projects[0].repository.remotes, outer.repository.remotes);
}

#[test]
fn a_broken_git_directory_is_a_gap_and_no_more() {
    let root = tree(&[(".git/HEAD", "nonsense"), ("a.yaml", "")]);
    let collected = all(root.path());
    let gaps = gaps(&collected, root.path());
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].starts_with(".git: Git cannot be read here: "), "{gaps:?}");
    assert_eq!(inputs(&collected.projects[0]), ["a.yaml"]);
    assert_eq!(listing(&collected.projects[0]), ["a.yaml"]);
    assert!(!collected.projects[0].has_git);
}

/// Role and confidence of a tree of these files.
fn role(files: &[(&str, &str)]) -> (Role, f64) {
    let root = tree(files);
    let project = one(root.path());
    assert_eq!(project.repository.role_source, RoleSource::Inferred);
    (project.repository.role, project.repository.role_confidence)
}

const FLUX: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";
const BUCKET: &str = "AWSTemplateFormatVersion: '2010-09-09'\n";

#[test]
fn single_purpose_repositories_are_recognised() {
    let (app, sure) = role(&[
        ("Dockerfile", ""),
        ("go.mod", ""),
        ("cmd/main.go", ""),
        ("internal/a.go", ""),
        ("internal/b.go", ""),
        ("docs/c.yaml", POD),
        (".github/workflows/ci.yml", ""),
    ]);
    assert_eq!(app, Role::App);
    assert!(sure >= 0.8, "{sure}");

    let (manifests, sure) = role(&[
        ("base/kustomization.yaml", ""),
        ("base/a.yaml", POD),
        ("base/b.yaml", POD),
        ("prod/kustomization.yaml", ""),
        ("scripts/render.py", ""),
        ("charts/x/Chart.yaml", ""),
        ("charts/x/templates/a.yaml", "{{ x }}"),
    ]);
    assert_eq!(manifests, Role::Manifests);
    assert!(sure >= 0.8, "{sure}");

    let (gitops, sure) = role(&[
        ("clusters/prod/apps.yaml", FLUX),
        ("clusters/prod/infra.yaml", FLUX),
        ("clusters/prod/flux-system/gotk-sync.yaml", "# empty\n"),
        ("apps/kustomization.yaml", ""),
        ("apps/namespace.yaml", "apiVersion: v1\nkind: Namespace\n"),
        ("hack/tool.go", ""),
        ("policies/p.rego", ""),
        ("policies/q.lua", ""),
    ]);
    assert_eq!(gitops, Role::GitOps);
    assert!(sure >= 0.8, "{sure}");

    let (infra, sure) = role(&[
        ("network.yaml", BUCKET),
        ("data.json", "{\"AWSTemplateFormatVersion\": \"2010-09-09\"}"),
        ("main.tf", ""),
        ("cdk/cdk.json", "{}"),
        ("cdk/bin/app.ts", ""),
        ("cdk/package.json", "{}"),
        ("pulumi/Pulumi.yaml", ""),
        ("pulumi/index.ts", ""),
    ]);
    assert_eq!(infra, Role::Infra);
    assert!(sure >= 0.8, "{sure}");

    let (library, sure) = role(&[
        ("Cargo.toml", ""),
        ("src/lib.rs", ""),
        ("src/a.rs", ""),
        ("src/b.rs", ""),
        ("src/c.rs", ""),
        ("src/d.rs", ""),
        ("src/e.rs", ""),
        ("src/f.rs", ""),
        ("src/g.rs", ""),
    ]);
    assert_eq!(library, Role::Library);
    assert!(sure >= 0.8, "{sure}");
}

#[test]
fn mixed_repositories_are_asked_about() {
    let (monorepo, sure) = role(&[
        ("services/a/Dockerfile", ""),
        ("services/a/main.go", ""),
        ("services/b/Dockerfile", ""),
        ("services/b/main.go", ""),
        ("deploy/a.yaml", POD),
        ("deploy/b.yaml", POD),
        ("infra/main.tf", ""),
        ("infra/vpc.tf", ""),
    ]);
    assert_eq!(monorepo, Role::Monorepo);
    assert!(sure < 0.8, "{sure}");

    let (app, sure) = role(&[
        ("Dockerfile", ""),
        ("go.mod", ""),
        ("main.go", ""),
        ("server.go", ""),
        ("k8s/deployment.yaml", POD),
        ("k8s/service.yaml", POD),
    ]);
    assert_eq!(app, Role::App);
    assert!(sure < 0.8, "{sure}");
}

#[test]
fn little_to_go_by_is_no_guess() {
    assert_eq!(role(&[]), (Role::Unknown, 0.0));
    assert_eq!(role(&[("README.md", ""), ("x.yaml", "a: 1\n")]), (Role::Unknown, 0.0));
    let (role, sure) = role(&[("main.go", ""), ("a.yaml", POD), ("b.tf", "")]);
    assert_eq!(role, Role::Unknown);
    assert!(sure < 0.5, "{sure}");
}

#[test]
fn files_are_classified_by_path_when_the_role_is_declared() {
    let root = tree(&[
        ("trueup.yaml", "repo: {role: gitops}\n"),
        ("src/main.go", ""),
        ("go.mod", ""),
        ("scripts/x.py", ""),
        ("tests/x.py", ""),
        ("policies/x.rego", ""),
        ("docs/x.py", ""),
        ("vendor.go", ""),
        ("k8s/pod.yaml", POD),
        ("clusters/x/flux-system/a.yaml", ""),
        ("chart/Chart.yaml", ""),
        ("chart/templates/_helpers.tpl", ""),
        ("stack.template.json", "{}"),
        (".github/workflows/ci.yml", ""),
        ("pod.yaml", POD),
    ]);
    let project = one(root.path());
    let class = |path: &str| project.repository.files.iter().find(|file| file.path == path).unwrap().class;
    assert_eq!(class("src/main.go"), FileClass::Source);
    assert_eq!(class("vendor.go"), FileClass::Source);
    assert_eq!(class("go.mod"), FileClass::Build);
    for aside in ["scripts/x.py", "tests/x.py", "policies/x.rego", "pod.yaml"] {
        assert_eq!(class(aside), FileClass::Other, "{aside}");
    }
    assert_eq!(class("docs/x.py"), FileClass::Docs);
    assert_eq!(class("k8s/pod.yaml"), FileClass::Manifest);
    assert_eq!(class("clusters/x/flux-system/a.yaml"), FileClass::GitOps);
    assert_eq!(class("chart/templates/_helpers.tpl"), FileClass::Chart);
    assert_eq!(class("stack.template.json"), FileClass::Infra);
    assert_eq!(class(".github/workflows/ci.yml"), FileClass::Pipeline);
}
