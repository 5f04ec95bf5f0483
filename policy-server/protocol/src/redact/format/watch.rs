//! Formats of what watches other systems: logs, metrics, incidents, scans.

use super::alphabet::{ALNUM, ANY64, HEX, HEXES, LOWER, NAME, PADDED, UPPER, URL64};
use super::look::Look;
use super::part::{Part::Is, Part::Run, Part::Uuid, of};
use super::{Format, either, exact, run};

const GRAFANA: &str = "secret.grafana";
const NEW_RELIC: &str = "secret.newrelic";
const SENTRY: &str = "secret.sentry";

pub(super) const TABLE: &[Format] = &[
    run(("grafana-key", GRAFANA), &["eyJrIjoi"], PADDED, 40, 400),
    run(("grafana-cloud-token", GRAFANA), &["glc_"], PADDED, 32, 400).look(Look::Mixed),
    either(
        ("grafana-service-account-token", GRAFANA),
        &["glsa_"],
        &[&[of(ALNUM, 32), Is("_"), of(HEXES, 8)]],
    ),
    exact(("newrelic-user-key", NEW_RELIC), &["NRAK-"], UPPER, 27),
    exact(("newrelic-browser-key", NEW_RELIC), &["NRJS-"], HEX, 19),
    run(
        ("newrelic-insights-key", NEW_RELIC),
        &["NRII-", "NRIQ-"],
        URL64,
        32,
        32,
    ),
    exact(("newrelic-admin-key", NEW_RELIC), &["NRAA-"], HEX, 27),
    run(
        ("newrelic-license-key", NEW_RELIC),
        &["eu01xx", "us01xx"],
        HEX,
        34,
        34,
    ),
    run(
        ("sentry-organization-token", SENTRY),
        &["sntrys_"],
        ANY64,
        60,
        500,
    ),
    exact(
        ("sentry-user-token", SENTRY),
        &["sntryu_", "sntrya_"],
        HEX,
        64,
    ),
    either(
        ("dynatrace-token", "secret.dynatrace"),
        &["dt0c01.", "dt0s01.", "dt0s02.", "dt0s06."],
        &[
            &[of(ALNUM, 24), Is("."), of(ALNUM, 64)],
            &[of(ALNUM, 8), Is("."), of(ALNUM, 64)],
        ],
    ),
    run(
        ("honeycomb-key", "secret.honeycomb"),
        &["hcaik_", "hcbik_", "hcamk_", "hcxik_", "hcxlk_"],
        LOWER,
        58,
        58,
    ),
    exact(
        ("logfire-token", "secret.logfire"),
        &["pylf_v1_us_", "pylf_v1_eu_", "pylf_v2_us_", "pylf_v2_eu_"],
        ALNUM,
        43,
    ),
    run(
        ("axiom-token", "secret.axiom"),
        &["xaat-", "xapt-"],
        HEXES_DASH,
        36,
        36,
    ),
    either(
        ("checkly-key", "secret.checkly"),
        &["cu_"],
        &[&[of(HEX, 32)]],
    ),
    run(
        ("pagerduty-key", "secret.pagerduty"),
        &["pdus+_", "pdeu+_"],
        ANY64,
        20,
        60,
    ),
    run(
        ("statsig-key", "secret.statsig"),
        &["secret-"],
        ALNUM,
        43,
        50,
    )
    .look(Look::Mixed),
    either(
        ("statsig-console-key", "secret.statsig"),
        &["console-"],
        &[&[Run(ALNUM, 43, 50)]],
    )
    .look(Look::Mixed),
    either(("splunk-token", "secret.splunk"), &["Splunk "], &[&[Uuid]]).behind(),
    exact(("segment-token", "secret.segment"), &["sgp_"], ALNUM, 64),
    run(
        ("tinybird-token", "secret.tinybird"),
        &["p.eyJ"],
        super::alphabet::NAME,
        80,
        300,
    ),
    run(
        ("sonarqube-token", "secret.sonarqube"),
        &["squ_", "sqp_", "sqa_", "sqb_"],
        HEX,
        40,
        40,
    ),
    run(
        ("snyk-token", "secret.snyk"),
        &["snyk_uat.", "snyk_sat."],
        NAME,
        40,
        120,
    ),
    run(
        ("aikido-token", "secret.aikido"),
        &["AIK_CI_", "AIK_SECRET_"],
        ALNUM,
        20,
        64,
    ),
    run(
        ("semgrep-token", "secret.semgrep"),
        &["SGWEB_", "semgrep_"],
        HEX,
        64,
        64,
    ),
];

/// `0-9a-fA-F-`
const HEXES_DASH: super::Alphabet = HEXES.and(b'-');
