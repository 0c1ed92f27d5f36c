//! The flags about rendering that `render` and `lint` share.

use clap::ValueEnum;

use crate::gitops::{Programs, external};

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
    /// What may be run; `None` when nothing is to be rendered.
    pub fn programs(self) -> Option<Programs> {
        let kustomize = match self.render {
            Mode::Auto => external::Kustomize::find(),
            Mode::Kustomize => Some(external::Kustomize::Kustomize),
            Mode::Kubectl => Some(external::Kustomize::Kubectl),
            Mode::Native | Mode::None => None,
        };
        (self.render != Mode::None).then_some(Programs { kustomize, helm: self.helm })
    }
}
