//! What is read back from the tables at start. What was edited and cannot be read is left out, but for
//! what would open something.

use portcullis_core::registry::{Registry, Shown, ToolEntry};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::{OpenCall, Restored, SessionRow, call_id, digest};

pub(super) async fn restore(connection: &mut SqliteConnection) -> Result<Restored, sqlx::Error> {
    let mut restored = Restored::default();
    let calls = "SELECT call, decision_seq FROM calls WHERE open = 1 ORDER BY decision_seq";
    for row in sqlx::query(calls).fetch_all(&mut *connection).await? {
        let decision: i64 = row.try_get("decision_seq")?;
        let call = call_id(row.try_get("call")?);
        restored.open.extend(call.map(|call| OpenCall {
            call,
            decision: decision.unsigned_abs(),
        }));
    }
    let sessions =
        "SELECT session, owner, server, opened_at FROM sessions WHERE closed_seq IS NULL";
    for row in sqlx::query(sessions).fetch_all(&mut *connection).await? {
        restored.sessions.extend(session(&row)?);
    }
    let closed = "SELECT session, owner, server, opened_at FROM sessions \
                  WHERE closed_seq IS NOT NULL ORDER BY closed_seq";
    for row in sqlx::query(closed).fetch_all(&mut *connection).await? {
        restored.closed.extend(session(&row)?);
    }
    restored.registry = tools(&mut *connection).await?;
    restored.newest_bundle_s = sqlx::query_scalar("SELECT created FROM bundles")
        .fetch_optional(connection)
        .await?;
    Ok(restored)
}

pub(super) async fn tools(connection: &mut SqliteConnection) -> Result<Registry, sqlx::Error> {
    let mut registry = Registry::default();
    for row in sqlx::query("SELECT * FROM definitions ORDER BY seq")
        .fetch_all(connection)
        .await?
    {
        if let Some((server, tool, shown)) = definition(&row)? {
            registry.restore(server, tool, shown);
        }
    }
    Ok(registry)
}

fn session(row: &sqlx::sqlite::SqliteRow) -> Result<Option<SessionRow>, sqlx::Error> {
    let session = digest(row.try_get("session")?);
    let owner = digest(row.try_get("owner")?);
    let server = ServerName::parse(row.try_get("server")?).ok();
    let opened_us = row.try_get("opened_at")?;
    let (Some(session), Some(owner), Some(server)) = (session, owner, server) else {
        return Ok(None);
    };
    Ok(Some(SessionRow {
        session,
        owner,
        server,
        opened_us,
    }))
}

fn definition(
    row: &sqlx::sqlite::SqliteRow,
) -> Result<Option<(ServerName, Name, Shown)>, sqlx::Error> {
    let server = ServerName::parse(row.try_get("server")?).ok();
    let name = Name::parse(row.try_get("name")?).ok();
    let accepted: Option<Vec<u8>> = row.try_get("definition")?;
    let refused: Option<Vec<u8>> = row.try_get("refused")?;
    // A digest that cannot be read was edited, and keeps the tool in quarantine.
    let digest = |bytes| digest(bytes).unwrap_or(Digest::from_bytes([0; 32]));
    let shown = match accepted.map(String::from_utf8) {
        Some(Ok(json)) => Shown::Accepted(ToolEntry::read(&json)),
        Some(Err(_)) | None => Shown::Refused {
            definition: digest(refused.unwrap_or_default()),
            judged: digest(row.try_get("judged")?),
        },
    };
    let known = server.zip(name);
    Ok(known.map(|(server, name)| (server, name, shown)))
}
