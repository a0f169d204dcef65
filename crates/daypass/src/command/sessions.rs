//! `daypass sessions`: which sessions of a role still work.

use std::process::ExitCode;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::policy::Output;
use crate::cli::sessions::Sessions;
use crate::command::asker::Asker;
use crate::command::columns::columns;
use crate::command::role_sessions::{Issued, Named, Role, server_time};
use crate::print::{nobody_reads, print};

/// Asks and prints, newest first.
pub(crate) async fn run(options: &Sessions) -> Result<ExitCode> {
    let asker = Asker::new(&options.data).await?;
    let role = Role::find(&asker, &options.role).await?;
    let now = server_time(&asker)?;
    let sessions = role.sessions(&asker, now).await?;
    let revocations = role.revocations(&asker).await?;
    let mut listed: Vec<(Issued, bool)> = sessions
        .into_iter()
        .map(|it| (Named::of(&role.id, &it), it))
        .map(|(named, it)| (it, revocations.hold(&named)))
        .collect();
    listed.retain(|(_, revoked)| options.revoked || !revoked);
    let text = match options.output {
        Output::Text if listed.is_empty() => format!("no session of {} works\n", role.arn),
        Output::Text => table(&listed),
        Output::Json => {
            let sessions: Vec<Value> = listed
                .iter()
                .map(|(it, revoked)| it.json(*revoked))
                .collect();
            format!("{}\n", json!({"role": role.arn, "sessions": sessions}))
        }
    };
    match print(&text) {
        Err(error) if !nobody_reads(&error) => Err(error),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn table(sessions: &[(Issued, bool)]) -> String {
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let rows: Vec<[String; 6]> = sessions
        .iter()
        .map(|(it, revoked)| {
            let until = match revoked {
                true => "revoked".to_owned(),
                false => time(it.expires),
            };
            [
                it.access_key_id.clone(),
                it.name.clone(),
                time(it.issued),
                until,
                it.by.clone(),
                it.source_ip.clone(),
            ]
        })
        .collect();
    let titles = [
        "ACCESS KEY",
        "SESSION",
        "ISSUED (UTC)",
        "UNTIL (UTC)",
        "BY",
        "FROM",
    ];
    columns(titles, &rows)
}
