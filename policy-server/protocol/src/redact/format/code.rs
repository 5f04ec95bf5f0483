//! Formats of code hosting, registries of packages, and builds.

use super::alphabet::{ALNUM, BASE32, DIGIT, HEX, HEXES, LOWER, NAME, UPPER, URL64};
use super::look::Look;
use super::part::{Part::Is, Part::Run, of};
use super::{Format, either, exact, run};

const GITHUB: &str = "secret.github";
const GITLAB: &str = "secret.gitlab";
const PACKAGIST: &str = "secret.packagist";

pub(super) const TABLE: &[Format] = &[
    run(
        ("github-token", GITHUB),
        &["ghp_", "gho_", "ghu_", "ghr_"],
        ALNUM,
        36,
        251,
    )
    .look(Look::Sealed(36)),
    either(
        ("github-app-token", GITHUB),
        &["ghs_"],
        &[
            &[Run(ALNUM, 36, 251)],
            &[Run(DIGIT, 1, 20), Is("_eyJ"), Run(NAME, 60, 2_000)],
        ],
    )
    .look(Look::Sealed(36)),
    run(
        ("github-fine-grained-token", GITHUB),
        &["github_pat_"],
        super::alphabet::WORD,
        50,
        251,
    )
    .look(Look::Mixed),
    either(("gitlab-token", GITLAB), &["glpat-"], GITLAB_FORMS),
    run(("gitlab-oauth-secret", GITLAB), &["gloas-"], URL64, 64, 80),
    run(("gitlab-deploy-token", GITLAB), &["gldt-"], URL64, 20, 80),
    either(
        ("gitlab-runner-token", GITLAB),
        &["glrt-", "glrtr-"],
        GITLAB_FORMS,
    ),
    either(
        ("gitlab-job-token", GITLAB),
        &["glcbt-"],
        &[
            &[Is("eyJ"), Run(NAME, 60, 4_000)],
            &[Run(ALNUM, 1, 5), Is("_"), Run(URL64, 20, 80)],
            &[Run(URL64, 20, 80)],
        ],
    ),
    exact(("gitlab-trigger-token", GITLAB), &["glptt-"], HEX, 40),
    run(("gitlab-feed-token", GITLAB), &["glft-"], URL64, 20, 80),
    run(("gitlab-mail-token", GITLAB), &["glimt-"], URL64, 25, 80),
    run(
        ("gitlab-agent-token", GITLAB),
        &["glagent-"],
        URL64,
        50,
        120,
    ),
    run(
        ("gitlab-workspace-token", GITLAB),
        &["glwt-"],
        URL64,
        20,
        80,
    ),
    run(("gitlab-scim-token", GITLAB), &["glsoat-"], URL64, 20, 80),
    run(
        ("gitlab-feature-flag-token", GITLAB),
        &["glffct-"],
        URL64,
        20,
        80,
    ),
    run(
        ("gitlab-registration-token", GITLAB),
        &["GR1348941"],
        URL64,
        20,
        40,
    ),
    exact(("gitlab-session", GITLAB), &["_gitlab_session="], LOWER, 32).behind(),
    run(
        ("bitbucket-app-password", "secret.bitbucket"),
        &["ATBB"],
        ALNUM,
        28,
        40,
    ),
    run(
        ("bitbucket-http-token", "secret.bitbucket"),
        &["BBDC-"],
        super::alphabet::PADDED,
        32,
        64,
    ),
    run(("gitea-token", "secret.gitea"), &["gta_"], HEX, 40, 64),
    exact(("npm-token", "secret.npm"), &["npm_"], ALNUM, 36).look(Look::Sealed(36)),
    run(
        ("pypi-token", "secret.pypi"),
        &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZ"],
        URL64,
        40,
        1_000,
    ),
    exact(
        ("rubygems-token", "secret.rubygems"),
        &["rubygems_"],
        HEX,
        48,
    ),
    exact(("crates-io-token", "secret.crates-io"), &["cio"], ALNUM, 32).look(Look::Mixed),
    exact(("nuget-key", "secret.nuget"), &["oy2"], BASE32, 43).look(Look::Digit),
    exact(
        ("clojars-token", "secret.clojars"),
        &["CLOJARS_"],
        LOWER,
        60,
    ),
    exact(
        ("packagist-token", PACKAGIST),
        &["packagist_ort_", "packagist_out_"],
        HEX,
        68,
    ),
    run(
        ("packagist-secret", PACKAGIST),
        &["packagist_acs_"],
        HEX,
        64,
        96,
    ),
    run(
        ("packagist-key", PACKAGIST),
        &["packagist_ack_"],
        HEX,
        28,
        32,
    ),
    exact(("jsr-token", "secret.jsr"), &["jsrp_", "jsrd_"], ALNUM, 40),
    exact(("deno-token", "secret.deno"), &["ddp_", "ddo_"], ALNUM, 36),
    exact(("docker-token", "secret.docker"), &["dckr_pat_"], URL64, 27),
    exact(
        ("docker-organization-token", "secret.docker"),
        &["dckr_oat_"],
        URL64,
        32,
    ),
    either(
        ("docker-swarm-token", "secret.docker"),
        &["SWMTKN-1-"],
        &[&[Run(LOWER, 45, 60), Is("-"), Run(LOWER, 20, 30)]],
    ),
    run(
        ("docker-swarm-key", "secret.docker"),
        &["SWMKEY-1-"],
        super::alphabet::PADDED,
        40,
        52,
    ),
    run(
        ("artifactory-key", "secret.jfrog"),
        &["AKCp"],
        ALNUM,
        60,
        80,
    )
    .look(Look::Mixed),
    exact(("artifactory-token", "secret.jfrog"), &["cmVmd"], ALNUM, 59).look(Look::Mixed),
    either(
        ("cloudsmith-key", "secret.cloudsmith"),
        &["csa_"],
        &[&[of(HEX, 30), of(ALNUM, 6)]],
    ),
    either(
        ("circleci-token", "secret.circleci"),
        &["CCIPAT_", "CCIPRJ_"],
        &[&[of(ALNUM, 22), Is("_"), of(HEX, 40)]],
    ),
    run(
        ("buildkite-token", "secret.buildkite"),
        &["bkua_"],
        LOWER,
        40,
        53,
    ),
    run(
        ("buildkite-service-token", "secret.buildkite"),
        &["bkaa_", "bkar_", "bkct_", "bkpat_", "bkps_"],
        URL64,
        54,
        80,
    ),
    run(
        ("buildkite-job-token", "secret.buildkite"),
        &["bkaj_", "bkpt_"],
        URL64,
        190,
        340,
    ),
    either(
        ("sourcegraph-token", "secret.sourcegraph"),
        &["sgp_"],
        &[
            &[of(HEXES, 16), Is("_"), of(HEXES, 40)],
            &[Is("local_"), of(HEXES, 40)],
            &[of(HEXES, 40)],
        ],
    ),
    either(
        ("octopus-deploy-key", "secret.octopus"),
        &["API-"],
        &[&[of(UPPER, 26)]],
    )
    .look(Look::Digit),
    run(
        ("mergify-key", "secret.mergify"),
        &["mergify_application_key_"],
        URL64,
        40,
        200,
    ),
    exact(("infracost-key", "secret.infracost"), &["ico-"], ALNUM, 32).look(Look::Mixed),
    exact(
        ("prefect-token", "secret.prefect"),
        &["pnu_", "pnb_"],
        ALNUM,
        36,
    ),
    exact(("ionic-token", "secret.ionic"), &["ion_"], ALNUM, 42),
    either(
        ("harness-token", "secret.harness"),
        &["pat.", "sat."],
        &[&[of(URL64, 22), Is("."), of(HEX, 24), Is("."), of(ALNUM, 20)]],
    ),
    run(
        ("scalingo-token", "secret.scalingo"),
        &["tk-us-", "tk-eu-"],
        URL64,
        48,
        48,
    ),
    run(
        ("thunderstore-token", "secret.thunderstore"),
        &["tss_"],
        URL64,
        30,
        80,
    )
    .look(Look::Mixed),
    run(
        ("val-town-token", "secret.val-town"),
        &["vtwn_"],
        URL64,
        20,
        80,
    )
    .look(Look::Mixed),
];

const GITLAB_FORMS: &[&[super::Part]] = &[
    &[
        Run(URL64, 27, 300),
        Is("."),
        of(LOWER, 2),
        Is("."),
        of(LOWER, 9),
    ],
    &[Run(URL64, 27, 300), Is("."), of(LOWER, 9)],
    &[Run(URL64, 20, 300)],
];
