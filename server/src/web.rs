//! What every layer and route works with.

use std::{ops::Deref, path::PathBuf, sync::Arc};

use app::SiteFiles;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use portal::Portal;

use crate::{
    config::{Limits, Public},
    layers::rates::Rates,
    oidc::Provider,
};

/// The portal with its web side. Cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

/// What a [`Web`] is made of.
pub struct Parts {
    /// The product.
    pub portal: Portal,
    /// Who signs people in.
    pub provider: Arc<Provider>,
    /// Addresses.
    pub public: Public,
    /// How much at once.
    pub limits: Limits,
    /// How often.
    pub rates: Rates,
    /// Names of the files pages load.
    pub files: SiteFiles,
    /// Where those files are.
    pub site_root: PathBuf,
}

impl Web {
    /// Puts it together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Web {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Web> for LeptosOptions {
    fn from_ref(web: &Web) -> Self {
        // Pages name their files by `SiteFiles`; Leptos itself serves none.
        LeptosOptions::builder()
            .output_name("certdesk")
            .site_root(web.site_root.display().to_string())
            .site_pkg_dir("pkg")
            .site_addr(web.public.listen)
            .build()
    }
}
