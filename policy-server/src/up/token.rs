//! Tokens for people: those that `up` prints, and `portcullis token` for one more.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use super::UpError;
use super::args::{Args, TokenArgs, Ttl, User};
use super::folder::Folder;
use super::keys::{self, Claims, KeyError, TokenKey};
use super::state::RunState;
use crate::credential::Credential;

/// Prints a new token for a gateway that runs or ran in the folder.
///
/// # Errors
/// Says so when the folder holds no run or no key.
pub fn token(args: &TokenArgs) -> Result<(), UpError> {
    let no_run = || UpError::NoRun(args.dir.clone());
    if !args.dir.exists() {
        return Err(no_run());
    }
    let folder = Folder::existing(&args.dir)?;
    let state = RunState::read(&folder)?.ok_or_else(no_run)?;
    let key = TokenKey::load(&folder.signing_key())?.ok_or_else(no_run)?;
    let agent = args.agent.as_ref().map(|name| name.as_str());
    let token = mint(&key, &state, &args.user, agent, args.ttl)?;
    writeln!(io::stdout(), "{}", token.expose()).map_err(UpError::Print)
}

/// One token a user, by name.
pub(crate) fn for_users(
    key: &TokenKey,
    state: &RunState,
    args: &Args,
) -> Result<BTreeMap<String, Credential>, KeyError> {
    let users = args.users.iter();
    users
        .map(|user| {
            Ok((
                user.name.clone(),
                mint(key, state, user, None, args.token_ttl)?,
            ))
        })
        .collect()
}

fn mint(
    key: &TokenKey,
    state: &RunState,
    user: &User,
    agent: Option<&str>,
    ttl: Ttl,
) -> Result<Credential, KeyError> {
    // A clock before 1970 gives a token that has expired, which is refused.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Ok(key.sign(&Claims {
        iss: &state.issuer,
        aud: &state.audiences,
        sub: &user.name,
        roles: &user.roles,
        agent,
        iat: now,
        exp: now.saturating_add(ttl.0.as_secs()),
        jti: keys::token_id()?,
    }))
}
