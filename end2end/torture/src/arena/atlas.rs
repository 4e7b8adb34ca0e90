//! The stand-in for Atlas: its controls, and what it remembers.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::User;
use crate::history::{Call, Made};

/// The stand-in, without a proxy in between.
#[derive(Clone)]
pub(crate) struct Atlas {
    controls: String,
    client: Client,
}

impl Atlas {
    pub(super) fn new(url: &str) -> Result<Self> {
        let client = Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()?;
        Ok(Self {
            controls: format!("{url}/_control"),
            client,
        })
    }

    /// Replaces what exists there.
    pub(super) async fn replace_world(&self, world: &Value) -> Result<()> {
        self.control(Method::POST, "/world", Some(world)).await?;
        Ok(())
    }

    /// The next request for a certificate of this user goes wrong like this.
    pub(crate) async fn spoil_certificate(&self, user: &User, fault: &Value) -> Result<()> {
        let mut fault = fault.clone();
        fault["match"] =
            json!({ "method": "POST", "pathContains": "/certs", "username": user.username });
        self.control(Method::POST, "/faults", Some(&fault)).await?;
        Ok(())
    }

    /// The next change of this user goes wrong like this.
    pub(crate) async fn spoil_change(&self, user: &User, fault: &Value) -> Result<()> {
        let mut fault = fault.clone();
        fault["match"] = json!({ "method": "PATCH", "username": user.username });
        self.control(Method::POST, "/faults", Some(&fault)).await?;
        Ok(())
    }

    /// The next requests for certificates, whoever's, go wrong like this.
    pub(crate) async fn spoil_any_certificate(&self, fault: &Value) -> Result<()> {
        let mut fault = fault.clone();
        fault["match"] = json!({ "method": "POST", "pathContains": "/certs" });
        self.control(Method::POST, "/faults", Some(&fault)).await?;
        Ok(())
    }

    /// The next request to list this user's certificates goes wrong like this.
    pub(crate) async fn spoil_list(&self, user: &User, fault: &Value) -> Result<()> {
        let mut fault = fault.clone();
        fault["match"] =
            json!({ "method": "GET", "pathContains": "/certs", "username": user.username });
        self.control(Method::POST, "/faults", Some(&fault)).await?;
        Ok(())
    }

    /// From now on nothing goes wrong.
    pub(crate) async fn forget_faults(&self) -> Result<()> {
        self.control(Method::DELETE, "/faults", None).await?;
        Ok(())
    }

    /// Makes a certificate behind the portal's back.
    pub(crate) async fn make_behind(&self, user: &User) -> Result<()> {
        let order = json!({ "groupId": user.project, "username": user.username });
        self.control(Method::POST, "/certs", Some(&order)).await?;
        Ok(())
    }

    /// Every request that changed something, or should have.
    pub(crate) async fn calls(&self) -> Result<Vec<Call>> {
        let journal = self.control(Method::GET, "/journal", None).await?;
        let entries = journal["entries"]
            .as_array()
            .context("the stand-in tells no journal")?;
        let mut calls = Vec::new();
        for entry in entries {
            calls.extend(Call::read(entry)?);
        }
        Ok(calls)
    }

    /// Every certificate it made.
    pub(crate) async fn made(&self) -> Result<Vec<Made>> {
        let answer = self.control(Method::GET, "/certs", None).await?;
        answer["certificates"]
            .as_array()
            .context("the stand-in tells no certificates")?
            .iter()
            .map(Made::read)
            .collect()
    }

    async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}{path}", self.controls);
        let mut request = self.client.request(method, &url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .with_context(|| format!("the stand-in for Atlas refused {path}"))?;
        let text = answer.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
