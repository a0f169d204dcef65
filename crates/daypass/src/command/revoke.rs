//! `daypass revoke`: end the sessions of a role.

use std::process::ExitCode;

use anyhow::{Result, bail};
use jiff::{SignedDuration, Timestamp};

use crate::cli::sessions::Revoke;
use crate::command::asker::Asker;
use crate::command::role_sessions::{
    EVERY, Issued, LONGEST, Named, ONE, Role, every_session, server_time,
};

/// Revokes and says what ended.
pub(crate) async fn run(options: &Revoke) -> Result<ExitCode> {
    let asker = Asker::new(&options.data).await?;
    let role = Role::find(&asker, &options.role).await?;
    if options.session.is_empty() {
        every(&asker, &role).await?;
    } else {
        single(&asker, &role, &options.session).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends whatever was issued until the policy is in force. Issue times have whole seconds, so the
/// limit is the second after the server's; and if the clock passes it before the policy is there,
/// it is written anew, for sessions may have been issued in between.
async fn every(asker: &Asker, role: &Role) -> Result<()> {
    let before = loop {
        let before = server_time(asker)?.saturating_add(SignedDuration::from_secs(1))?;
        role.put_policy(asker, EVERY, &every_session(before))
            .await?;
        if server_time(asker)? < before {
            break before;
        }
    };
    println!(
        "every session of {} that was issued before {} has ended; newer ones are not concerned\n\
         Its inline policy {EVERY} says so. Sessions of other roles that were assumed with these \
         live on: `daypass sessions` shows them, role by role.",
        role.arn,
        shown(before),
    );
    Ok(())
}

async fn single(asker: &Asker, role: &Role, wanted: &[String]) -> Result<()> {
    let now = server_time(asker)?;
    let sessions = role.sessions(asker, now).await?;
    let revocations = role.revocations(asker).await?;
    let mut ended: Vec<&Issued> = Vec::new();
    for text in wanted {
        let is_meant = |it: &&Issued| it.access_key_id == *text || it.name == *text;
        let meant: Vec<_> = sessions.iter().filter(is_meant).collect();
        if meant.is_empty() {
            bail!(
                "`{text}` is neither the access key nor the name of a session of {} whose time is \
                 not over; nothing was revoked; `daypass sessions {}` shows them",
                role.arn,
                role.name
            );
        }
        ended.extend(meant);
    }
    let named = |it: &&Issued| Named::of(&role.id, it);
    let new: Vec<Named> = ended
        .iter()
        .map(named)
        .filter(|it| !revocations.hold(it))
        .collect();
    if !new.is_empty() {
        let document = revocations.with(new, now.saturating_sub(LONGEST)?);
        role.put_policy(asker, ONE, &document).await?;
    }
    for session in ended {
        println!(
            "{} ({}), issued at {}, has ended",
            session.access_key_id,
            session.name,
            shown(session.issued)
        );
    }
    Ok(())
}

fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
