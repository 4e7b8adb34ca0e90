//! Who gets what where the portal is run.

use std::fmt::Write as _;

use http::Method;
use sqlx::PgPool;

use super::{PEOPLE, call, world};

/// Server functions of the operators.
pub(super) const WRITES: &[&str] = &["/api/operations/probe"];

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn running_the_portal_is_for_operators(owner: PgPool) {
    let web = world(owner).await;
    let mut matrix = String::new();
    for path in WRITES {
        writeln!(matrix, "{path}").expect("a string takes any text");
        let nobody = call(&mut web.browser(), Method::POST, path, "csrf=").await;
        write!(matrix, "  nobody {}", nobody.as_u16()).expect("a string takes any text");
        for (who, groups) in PEOPLE {
            let mut browser = web.sign_in_as(who, groups).await;
            let body = format!("csrf={}", browser.csrf);
            let status = call(&mut browser, Method::POST, path, &body).await;
            write!(matrix, ", {who} {}", status.as_u16()).expect("a string takes any text");
            if status.is_success() {
                // A second time within a moment is too often.
                let again = call(&mut browser, Method::POST, path, &body).await;
                write!(matrix, " and then {}", again.as_u16()).expect("a string takes any text");
            }
            web.test.tasks_done().await;
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}
