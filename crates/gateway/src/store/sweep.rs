//! What a crash left behind.

use std::collections::HashSet;
use std::fs;
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnection;

use super::{FileId, Files};

/// Removes data files that no row names, and reports rows whose file is gone. One shard at a
/// time, so memory doesn't grow with the number of objects.
pub(super) async fn sweep(db: &mut SqliteConnection, files: &Files) -> Result<(), sqlx::Error> {
    for shard in 0..=u8::MAX {
        let prefix = format!("{shard:02x}");
        // `g` sorts after every hex digit.
        let named: Vec<String> = sqlx::query_scalar(
            "SELECT file FROM object WHERE file >= ?1 AND file < ?1 || 'g'
             UNION ALL SELECT file FROM version WHERE file >= ?1 AND file < ?1 || 'g'
             UNION ALL SELECT file FROM part WHERE file >= ?1 AND file < ?1 || 'g'",
        )
        .bind(&prefix)
        .fetch_all(&mut *db)
        .await?;
        let mut named: HashSet<FileId> = named
            .iter()
            .filter_map(|name| FileId::from_str(name).ok())
            .collect();
        if let Ok(entries) = fs::read_dir(files.root().join(&prefix)) {
            for entry in entries.flatten() {
                let id = entry.file_name().to_str().and_then(|n| n.parse().ok());
                // What isn't ours by its name is left alone.
                if let Some(id) = id
                    && !named.remove(&id)
                {
                    tracing::info!(file = %id, "removing an object file that was never acknowledged");
                    files.remove(id);
                }
            }
        }
        for id in named {
            tracing::error!(path = %files.path(id).display(), "the file of an object is missing; reading it will fail");
        }
    }
    Ok(())
}
