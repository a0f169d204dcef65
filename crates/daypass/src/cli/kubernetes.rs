//! Which cluster's API server is asked, as it is typed.

use std::path::PathBuf;

use clap::Args;

use crate::shell::line;

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KubernetesOptions {
    /// The kubeconfig; KUBECONFIG or ~/.kube/config when not said, and in a pod its own cluster.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig; its current one when not said.
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

impl KubernetesOptions {
    /// `kubectl` with the same options.
    pub(crate) fn kubectl(&self) -> String {
        let mut words = vec!["kubectl".to_owned()];
        if let Some(path) = &self.kubeconfig {
            words.push("--kubeconfig".to_owned());
            words.push(path.display().to_string());
        }
        if let Some(context) = &self.context {
            words.push("--context".to_owned());
            words.push(context.clone());
        }
        line(words.iter().map(String::as_str))
    }

    /// The options, each after a blank, for another command of this program.
    pub(crate) fn words(&self) -> String {
        self.kubectl().trim_start_matches("kubectl").to_owned()
    }
}
