//! Formats of databases, and of services that keep and search data.

use super::alphabet::{ALNUM, ANY64, DIGIT, HEX, NAME, URL64};
use super::look::Look;
use super::part::{Part::Is, Part::Run, of};
use super::{Format, either, exact, run};

pub(super) const TABLE: &[Format] = &[
    exact(("neon-key", "secret.neon"), &["napi_"], ALNUM, 64),
    exact(("supabase-token", "secret.supabase"), &["sbp_"], HEX, 40),
    run(
        ("supabase-oauth-token", "secret.supabase"),
        &["sbp_oauth_", "sbp_v0_"],
        HEX,
        40,
        40,
    ),
    exact(
        ("supabase-secret-key", "secret.supabase"),
        &["sb_secret_"],
        URL64,
        31,
    ),
    run(
        ("planetscale-token", "secret.planetscale"),
        &["pscale_tkn_"],
        NAME,
        32,
        64,
    ),
    run(
        ("planetscale-oauth-token", "secret.planetscale"),
        &["pscale_oauth_"],
        NAME,
        32,
        64,
    ),
    run(
        ("planetscale-password", "secret.planetscale"),
        &["pscale_pw_"],
        NAME,
        32,
        64,
    ),
    either(
        ("datastax-token", "secret.datastax"),
        &["AstraCS:"],
        &[
            &[of(ALNUM, 24), Is(":"), of(HEX, 64)],
            &[Run(ALNUM, 20, 40)],
        ],
    )
    .look(Look::Mixed),
    either(
        ("cockroach-key", "secret.cockroach"),
        &["CCDB1_"],
        &[&[of(ALNUM, 22), Is("_"), of(ALNUM, 40)]],
    ),
    exact(
        ("mongodb-atlas-secret", "secret.mongodb"),
        &["mdb_sa_sk_"],
        URL64,
        40,
    ),
    either(
        ("databricks-token", "secret.databricks"),
        &["dapi"],
        &[&[of(HEX, 32), Is("-"), Run(DIGIT, 1, 2)], &[of(HEX, 32)]],
    ),
    exact(
        ("databricks-client-secret", "secret.databricks"),
        &["dose"],
        HEX,
        32,
    ),
    run(
        ("elastic-cloud-key", "secret.elastic"),
        &["essu_"],
        ANY64,
        60,
        200,
    ),
    either(
        ("pinecone-key", "secret.pinecone"),
        &["pcsk_"],
        &[&[Run(ALNUM, 5, 6), Is("_"), of(ALNUM, 63)]],
    ),
];
