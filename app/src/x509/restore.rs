//! How to put kept authorities back: the file, and the exact commands. Certdesk does not do it by
//! itself; it is a new decision, of people who own the project at Atlas.

use leptos::prelude::*;
use portal::model::{ChangeId, ChangePage, ChangeState, GroupId, ProjectRef};

use crate::{
    components::{CodeBlock, Sheet},
    tr,
};

/// The dated form of Atlas's API in which user security is changed (openapi, `updateUserSecurity`).
const MEDIA_TYPE: &str = "application/vnd.atlas.2023-01-01+json";

/// The way back from a change that Atlas has carried out.
#[component]
pub fn Restore(
    /// The change.
    page: ChangePage,
) -> impl IntoView {
    let gone = matches!(page.row.state, ChangeState::Applying | ChangeState::Done);
    (gone && page.authorities_kept)
        .then(|| view! { <RestoreSheet change=page.row.id project=page.row.project /> })
}

/// The file and the commands.
#[component]
pub fn RestoreSheet(
    /// The change that kept the authorities.
    change: ChangeId,
    /// Whose they are.
    project: ProjectRef,
) -> impl IntoView {
    let (href, file) = (
        format!("/changes/{change}/authorities"),
        project.authorities_file_name(),
    );
    view! {
        <Sheet title=tr!(x509.restore)>
            <div class="body restore">
                <p class="quiet">{tr!(x509.restore_text)}</p>
                <p class="row">
                    <a class="btn" href=href download=file.clone()>
                        {tr!(x509.restore_file)}
                    </a>
                    <span class="faint">{tr!(x509.restore_file_note)}</span>
                </p>
                <CodeBlock text=cli_line(&project.id, &file) label=tr!(x509.restore_cli) />
                <CodeBlock text=curl_lines(&project.id, &file) label=tr!(x509.restore_curl) />
                <p class="faint">{tr!(x509.restore_note)}</p>
            </div>
        </Sheet>
    }
}

/// For the Atlas CLI (docs/command/atlas-security-customerCerts-create).
fn cli_line(project: &GroupId, file: &str) -> String {
    format!("atlas security customerCerts create \\\n  --projectId {project} --casFile {file}")
}

/// For anything else: `updateUserSecurity`, with an API key of a project owner.
fn curl_lines(project: &GroupId, file: &str) -> String {
    format!(
        "jq --null-input --rawfile cas {file} '{{customerX509: {{cas: $cas}}}}' |\n  \
         curl --fail-with-body --request PATCH \\\n    \
         --digest --user \"$PUBLIC_KEY:$PRIVATE_KEY\" \\\n    \
         --header 'Accept: {MEDIA_TYPE}' \\\n    \
         --header 'Content-Type: {MEDIA_TYPE}' \\\n    \
         --data @- \\\n    \
         https://cloud.mongodb.com/api/atlas/v2/groups/{project}/userSecurity"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_can_be_pasted() {
        let project: GroupId = "32b6e34b3d91647abb20e7b8".parse().expect("an id");
        assert_eq!(
            cli_line(&project, "shop-authorities.pem"),
            "atlas security customerCerts create \\\n  \
             --projectId 32b6e34b3d91647abb20e7b8 --casFile shop-authorities.pem"
        );
        let curl = curl_lines(&project, "shop-authorities.pem");
        assert!(curl.starts_with(
            "jq --null-input --rawfile cas shop-authorities.pem '{customerX509: {cas: $cas}}' |\n"
        ));
        assert!(curl.ends_with("/groups/32b6e34b3d91647abb20e7b8/userSecurity"));
        // Every line but the last goes on.
        let lines: Vec<&str> = curl.lines().collect();
        for line in &lines[..lines.len() - 1] {
            assert!(line.ends_with('\\') || line.ends_with('|'), "{line}");
        }
    }
}
