//! The flags about rendering that `render` and `lint` share.

use clap::ValueEnum;

use crate::collect::Project;
use crate::gitops::{Options, Programs, external};

/// How kustomizations and charts are rendered.
#[derive(Clone, Copy, Debug, clap::Args)]
#[group(id = "rendering")]
pub struct Args {
    /// Who builds kustomizations
    #[arg(long, value_enum, default_value_t = Mode::Native, value_name = "MODE", env = "TRUEUP_RENDER")]
    pub render: Mode,
    /// Render charts that lie in the repository with `helm template`
    #[arg(long)]
    pub helm: bool,
}

/// Who builds kustomizations. Nobody goes to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// trueup; what it refuses goes to the kustomize or kubectl on the PATH
    Auto,
    /// trueup alone
    Native,
    /// `kustomize build` for what trueup refuses
    Kustomize,
    /// `kubectl kustomize` for what trueup refuses
    Kubectl,
    /// Nobody: files are taken as they stand
    None,
}

impl Args {
    /// The options for a project.
    pub fn options(self, project: &Project) -> Options {
        let kustomize = match self.render {
            Mode::Auto => external::Kustomize::find(),
            Mode::Kustomize => Some(external::Kustomize::Kustomize),
            Mode::Kubectl => Some(external::Kustomize::Kubectl),
            Mode::Native | Mode::None => None,
        };
        Options {
            remotes: project.repository.remotes.iter().map(|remote| remote.url.clone()).collect(),
            cluster_path: None,
            programs: Programs { kustomize, helm: self.helm },
        }
    }
}
