//! The least an axum server can do: one page from memory. `cargo bench-portal` measures it beside the
//! portal, so that its figures mean something on any machine.

use std::net::Ipv4Addr;

use axum::{Router, response::Html, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("which port?")?.parse()?;
    let bytes: usize = arguments.next().ok_or("how long a page?")?.parse()?;
    let page: &'static str = "x".repeat(bytes).leak();
    let router = Router::new().route("/", get(move || async move { Html(page) }));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}
