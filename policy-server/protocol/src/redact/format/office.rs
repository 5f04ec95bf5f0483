//! Formats of tickets, documents, design, passwords kept for people, and marketing.

use super::alphabet::{
    ALNUM, ANY64, BECH32_UPPER, HEX, HEXES, LOWER, NAME, PADDED, UPPER, URL64, WORD,
};
use super::look::Look;
use super::part::{Part::Is, Part::Run, Part::Uuid, of};
use super::{Format, either, exact, run};

const ATLASSIAN: &str = "secret.atlassian";

pub(super) const TABLE: &[Format] = &[
    either(
        ("atlassian-token", ATLASSIAN),
        &["ATATT3", "ATCTT3", "ATSTT3"],
        // A checksum of eight digits closes those that are new.
        &[
            &[Run(URL64, 80, 400), Is("="), of(HEXES, 8)],
            &[Run(ANY64, 80, 400)],
        ],
    ),
    run(
        ("atlassian-oauth-secret", ATLASSIAN),
        &["ATOA"],
        URL64,
        60,
        100,
    )
    .look(Look::Mixed),
    run(
        ("linear-key", "secret.linear"),
        &["lin_api_", "lin_oauth_", "lin_wh_"],
        ALNUM,
        32,
        64,
    ),
    run(("notion-token", "secret.notion"), &["ntn_"], ALNUM, 43, 50),
    exact(
        ("notion-integration-token", "secret.notion"),
        &["secret_"],
        ALNUM,
        43,
    )
    .look(Look::Mixed),
    either(
        ("airtable-token", "secret.airtable"),
        &["pat"],
        &[&[of(ALNUM, 14), Is("."), of(HEX, 64)]],
    ),
    either(
        ("asana-token", "secret.asana"),
        &["1/1", "2/1", "0/1"],
        &[
            &[Run(super::alphabet::DIGIT, 10, 20), Is(":"), of(HEX, 32)],
            &[
                Run(super::alphabet::DIGIT, 10, 20),
                Is("/"),
                Run(super::alphabet::DIGIT, 10, 20),
                Is(":"),
                of(HEX, 32),
            ],
        ],
    ),
    run(
        ("figma-token", "secret.figma"),
        &["figd_", "figo_", "figor_", "figu_", "figoh_"],
        URL64,
        38,
        50,
    )
    .look(Look::Mixed),
    either(
        ("postman-key", "secret.postman"),
        &["PMAK-"],
        &[&[of(HEXES, 24), Is("-"), of(HEXES, 34)]],
    ),
    exact(
        ("postman-collection-key", "secret.postman"),
        &["PMAT-"],
        ALNUM,
        26,
    ),
    either(
        ("hubspot-token", "secret.hubspot"),
        &["pat-na1-", "pat-na2-", "pat-na3-", "pat-eu1-", "pat-ap1-"],
        &[&[Uuid]],
    ),
    run(
        ("typeform-token", "secret.typeform"),
        &["tfp_"],
        NAME,
        40,
        60,
    )
    .look(Look::Mixed),
    run(
        ("salesforce-token", "secret.salesforce"),
        &["00D"],
        SALESFORCE,
        92,
        280,
    )
    .look(Look::Holds("!")),
    run(
        ("salesforce-refresh-token", "secret.salesforce"),
        &["5Aep861"],
        NAME,
        70,
        120,
    ),
    either(
        ("onepassword-secret-key", "secret.onepassword"),
        &["A3-"],
        &[
            &[
                of(UPPER, 6),
                Is("-"),
                of(UPPER, 11),
                Is("-"),
                of(UPPER, 5),
                Is("-"),
                of(UPPER, 5),
                Is("-"),
                of(UPPER, 5),
            ],
            &[
                of(UPPER, 6),
                Is("-"),
                of(UPPER, 6),
                Is("-"),
                of(UPPER, 5),
                Is("-"),
                of(UPPER, 5),
                Is("-"),
                of(UPPER, 5),
                Is("-"),
                of(UPPER, 5),
            ],
        ],
    ),
    run(
        ("onepassword-token", "secret.onepassword"),
        &["ops_eyJ"],
        ANY64,
        200,
        4_000,
    ),
    exact(
        ("age-key", "secret.age"),
        &["AGE-SECRET-KEY-1"],
        BECH32_UPPER,
        58,
    ),
    run(
        ("age-post-quantum-key", "secret.age"),
        &["AGE-SECRET-KEY-PQ-1"],
        BECH32_UPPER,
        50,
        120,
    ),
    exact(
        ("adobe-client-secret", "secret.adobe"),
        &["p8e-", "p8-"],
        URL64,
        32,
    ),
    exact(("canva-secret", "secret.canva"), &["cnvca"], URL64, 51),
    run(
        ("frameio-token", "secret.frameio"),
        &["fio-u-"],
        URL64,
        64,
        64,
    ),
    exact(("readme-key", "secret.readme"), &["rdme_"], LOWER, 70),
    exact(("rootly-key", "secret.rootly"), &["rootly_"], HEX, 64),
    run(
        ("samsara-token", "secret.samsara"),
        &["samsara_api_"],
        ALNUM,
        26,
        32,
    ),
    exact(
        ("settlemint-token", "secret.settlemint"),
        &["sm_aat_", "sm_pat_", "sm_sat_"],
        ALNUM,
        16,
    )
    .look(Look::Mixed),
    run(
        ("wakatime-key", "secret.wakatime"),
        &["waka_"],
        URL64,
        36,
        64,
    )
    .look(Look::Digit),
    run(
        ("posthog-personal-key", "secret.posthog"),
        &["phx_"],
        ALNUM,
        41,
        52,
    ),
    run(
        ("contentful-token", "secret.contentful"),
        &["CFPAT-"],
        URL64,
        40,
        60,
    ),
    exact(("dropbox-token", "secret.dropbox"), &["sl.u."], URL64, 135),
    run(
        ("dropbox-short-token", "secret.dropbox"),
        &["sl."],
        URL64,
        130,
        2_000,
    )
    .look(Look::Mixed),
    run(("clickup-token", "secret.clickup"), &["pk_"], WORD, 40, 44).look(Look::Digit),
    exact(("klaviyo-key", "secret.klaviyo"), &["pk_"], HEX, 34),
    either(
        ("auth0-token", "secret.auth0"),
        &["v1.M"],
        &[&[Run(URL64, 60, 70)]],
    ),
    run(
        ("workos-key", "secret.workos"),
        &["sk_live_a2V5Xz", "sk_test_a2V5Xz"],
        PADDED,
        60,
        90,
    ),
    run(
        ("workato-token", "secret.workato"),
        &["wrka-eyJ", "wrkaeu-eyJ", "wrkaus-eyJ"],
        NAME,
        100,
        2_000,
    ),
    exact(
        ("intra42-secret", "secret.intra42"),
        &["s-s4t2ud-", "s-s4t2af-"],
        HEX,
        64,
    ),
    either(
        ("zoho-token", "secret.zoho"),
        &["1000."],
        &[&[of(HEX, 32), Is("."), of(HEX, 32)]],
    ),
    run(("okta-token", "secret.okta"), &["SSWS 00"], URL64, 40, 40),
    either(
        ("authress-key", "secret.authress"),
        &["sc_", "ext_", "authress_", "scauth_"],
        &[
            &[
                Run(LOWER, 5, 30),
                Is("."),
                Run(LOWER, 4, 6),
                Is(".acc_"),
                Run(URL64, 10, 32),
                Is("."),
                Run(ANY64, 30, 120),
            ],
            &[
                Run(LOWER, 5, 30),
                Is("."),
                Run(LOWER, 4, 6),
                Is(".acc-"),
                Run(URL64, 10, 32),
                Is("."),
                Run(ANY64, 30, 120),
            ],
        ],
    ),
    run(
        ("mapbox-secret-token", "secret.mapbox"),
        &["sk.eyJ", "tk.eyJ"],
        NAME,
        60,
        400,
    ),
    exact(
        ("stytch-secret", "secret.stytch"),
        &["secret-live-", "secret-test-"],
        ANY64,
        48,
    )
    .look(Look::Mixed),
];

/// What Salesforce writes: `!` parts the organisation from the token.
const SALESFORCE: super::Alphabet = NAME.and(b'!');
