//! A small shop with a password login, written the way a customer would: `two_step` and `notices`
//! are all that Nidan adds to a host. `demo_phone` is for the demo alone.

mod accounts;
mod acts;
mod approve;
mod browser;
mod demo_phone;
mod manage;
mod notices;
mod routes;
mod session;
mod set_up;
mod staff;
mod support;
mod two_step;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use accounts::Accounts;
use two_step::TwoStep;

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set {name} (`cargo xtask demo` does it for you)"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let listen: SocketAddr = variable("SHOP_LISTEN")?.parse()?;
    let accounts = Accounts::open(&PathBuf::from(variable("SHOP_DATABASE")?))?;
    let two_step = TwoStep::new(
        variable("TWO_STEP_URL")?,
        variable("TWO_STEP_ISSUER")?,
        variable("TWO_STEP_API_KEY")?,
    );
    let phone = demo_phone::router(variable("TWO_STEP_URL")?, variable("TWO_STEP_API_KEY")?);
    let secret = variable("TWO_STEP_NOTICES_SECRET")?;
    if secret.len() < notices::SECRET_MIN_LEN {
        return Err("TWO_STEP_NOTICES_SECRET: 32 characters and more".into());
    }
    let notices = notices::router(accounts.clone(), secret);
    let shop = routes::Shop {
        accounts,
        two_step,
        origin: variable("SHOP_ORIGIN")?,
    };
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tracing::info!(%listen, "the shop is open");
    axum::serve(
        listener,
        routes::router(shop).nest("/phone", phone).merge(notices),
    )
    .with_graceful_shutdown(async {
        // Without a handler the process ends at once, which does as well.
        let _ended = tokio::signal::ctrl_c().await;
    })
    .await?;
    Ok(())
}
