//! Formats of clouds, hosting and networks.

use super::alphabet::{ALNUM, BASE32, HEX, LOWER, NAME, PADDED, UPPER, URL64, WORD};
use super::look::Look;
use super::part::{Part::Is, Part::Run, Part::Uuid, of};
use super::{Before, Format, either, exact, run};

const ALIBABA: &str = "secret.alibaba";
const AWS: &str = "secret.aws";
const CLOUDFLARE: &str = "secret.cloudflare";
const FLY: &str = "secret.fly";
const GCP: &str = "secret.gcp";
const TAILSCALE: &str = "secret.tailscale";
const VERCEL: &str = "secret.vercel";

pub(super) const TABLE: &[Format] = &[
    exact(
        ("aws-access-key-id", AWS),
        &["AKIA", "A3T0", "A3TX"],
        UPPER,
        16,
    ),
    exact(
        ("aws-temporary-key-id", AWS),
        &["ASIA", "ABIA", "ACCA"],
        UPPER,
        16,
    )
    .look(Look::Rare),
    either(
        ("aws-bedrock-key", AWS),
        &["ABSK"],
        &[&[Run(PADDED, 109, 280)]],
    ),
    run(
        ("aws-bedrock-session-key", AWS),
        &["bedrock-api-key-"],
        PADDED,
        40,
        4_000,
    ),
    run(
        ("aws-session-token", AWS),
        &["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"],
        PADDED,
        100,
        4_000,
    ),
    exact(("gcp-api-key", GCP), &["AIza"], URL64, 35).look(Look::Mixed),
    exact(("gcp-gemini-key", GCP), &["AQ.Ab8RN6"], URL64, 44),
    run(("gcp-access-token", GCP), &["ya29."], NAME, 20, 2_048).look(Look::Mixed),
    exact(("gcp-client-secret", GCP), &["GOCSPX-"], URL64, 28),
    run(("gcp-refresh-token", GCP), &["1//0"], URL64, 40, 200).look(Look::Mixed),
    run(("gcp-hmac-key-id", GCP), &["GOOG1E"], UPPER, 55, 60).look(Look::Digit),
    run(("gcp-hmac-key-id-of-user", GCP), &["GOOG"], UPPER, 20, 20).look(Look::Digit),
    exact(
        ("digitalocean-token", "secret.digitalocean"),
        &["dop_v1_"],
        HEX,
        64,
    ),
    exact(
        ("digitalocean-oauth-token", "secret.digitalocean"),
        &["doo_v1_"],
        HEX,
        64,
    ),
    exact(
        ("digitalocean-refresh-token", "secret.digitalocean"),
        &["dor_v1_"],
        HEX,
        64,
    ),
    either(
        ("cloudflare-token", CLOUDFLARE),
        &["cfut_", "cfat_", "cfk_"],
        &[&[of(ALNUM, 40), of(HEX, 8)]],
    ),
    either(
        ("cloudflare-origin-key", CLOUDFLARE),
        &["v1.0-"],
        &[&[of(HEX, 24), Is("-"), of(HEX, 146)]],
    ),
    run(("alibaba-key-id", ALIBABA), &["LTAI"], ALNUM, 12, 26).look(Look::Mixed),
    run(("alibaba-sts-key-id", ALIBABA), &["STS."], ALNUM, 16, 64).look(Look::Mixed),
    run(
        ("tencent-key-id", "secret.tencent"),
        &["AKID"],
        ALNUM,
        32,
        48,
    )
    .look(Look::Mixed),
    run(("yandex-key", "secret.yandex"), &["AQVN"], URL64, 35, 38).look(Look::Mixed),
    exact(
        ("yandex-static-key", "secret.yandex"),
        &["YCA", "YCM", "YCN", "YCO", "YCP"],
        URL64,
        37,
    )
    .look(Look::Digit),
    either(
        ("yandex-token", "secret.yandex"),
        &["t1."],
        &[
            &[Run(URL64, 20, 400), Is("."), of(URL64, 86)],
            &[Run(URL64, 20, 400), Is("=."), of(URL64, 86)],
            &[Run(URL64, 20, 400), Is("==."), of(URL64, 86)],
        ],
    ),
    run(
        ("yandex-oauth-token", "secret.yandex"),
        &["y0_", "y0__"],
        URL64,
        50,
        70,
    )
    .look(Look::Mixed),
    exact(("heroku-key", "secret.heroku"), &["HRKU-"], URL64, 60),
    exact(("heroku-uuid-key", "secret.heroku"), &["HRKU-"], URL64, 36),
    exact(
        ("netlify-token", "secret.netlify"),
        &["nfp_", "nfo_", "nfc_", "nfu_", "nfb_"],
        ALNUM,
        36,
    ),
    exact(("vercel-gateway-key", VERCEL), &["vck_"], URL64, 56),
    exact(
        ("vercel-token", VERCEL),
        &["vca_", "vcr_", "vci_", "vcp_"],
        URL64,
        56,
    ),
    run(
        ("vercel-blob-token", VERCEL),
        &["vercel_blob_rw_"],
        WORD,
        40,
        80,
    ),
    run(
        ("fly-token", FLY),
        &["fm1r_", "fm1a_", "fm2_"],
        PADDED,
        100,
        4_000,
    ),
    exact(("fly-access-token", FLY), &["fo1_"], URL64, 43),
    exact(("render-key", "secret.render"), &["rnd_"], ALNUM, 28),
    run(("vault-token", "secret.vault"), &["hvs."], URL64, 24, 200),
    run(
        ("vault-batch-token", "secret.vault"),
        &["hvb."],
        URL64,
        100,
        400,
    ),
    run(
        ("vault-recovery-token", "secret.vault"),
        &["hvr."],
        URL64,
        24,
        200,
    ),
    run(
        ("doppler-token", "secret.doppler"),
        &["dp.pt.", "dp.ct.", "dp.said.", "dp.scim.", "dp.audit."],
        ALNUM,
        40,
        44,
    ),
    either(
        ("doppler-service-token", "secret.doppler"),
        &["dp.st.", "dp.sa."],
        &[
            &[Run(URL64, 1, 40), Is("."), Run(ALNUM, 40, 44)],
            &[Run(ALNUM, 40, 44)],
        ],
    ),
    run(
        ("infisical-token", "secret.infisical"),
        &["st."],
        NAME,
        60,
        120,
    )
    .before(Before::NoName)
    .look(Look::Mixed),
    exact(("pulumi-token", "secret.pulumi"), &["pul-"], HEX, 40),
    either(
        ("tailscale-key", TAILSCALE),
        &[
            "tskey-api-",
            "tskey-auth-",
            "tskey-client-",
            "tskey-scim-",
            "tskey-webhook-",
            "tskey-",
        ],
        &[&[Run(ALNUM, 8, 24), Is("-"), Run(ALNUM, 20, 40)]],
    ),
    run(("exoscale-key", "secret.exoscale"), &["EXO"], HEX, 24, 32),
    exact(("scaleway-key-id", "secret.scaleway"), &["SCW"], UPPER, 17).look(Look::Digit),
    run(
        ("upcloud-token", "secret.upcloud"),
        &["ucat_"],
        UPPER,
        24,
        32,
    ),
    exact(
        ("openshift-token", "secret.openshift"),
        &["sha256~"],
        URL64,
        43,
    ),
    either(
        ("configcat-key", "secret.configcat"),
        &["configcat-sdk-1/"],
        &[&[of(URL64, 22), Is("/"), of(URL64, 22)]],
    ),
    either(
        ("launchdarkly-key", "secret.launchdarkly"),
        &["sdk-", "api-", "mob-"],
        &[&[Uuid]],
    )
    .before(Before::NoName),
    run(
        ("devcycle-key", "secret.devcycle"),
        &["dvc_server_"],
        URL64,
        8,
        80,
    )
    .look(Look::Mixed),
    either(
        ("zuplo-key", "secret.zuplo"),
        &["zpka_"],
        &[&[of(LOWER, 32), Is("_"), of(HEX, 8)]],
    ),
    run(
        ("unkey-root-key", "secret.unkey"),
        &["unkey_"],
        WORD,
        20,
        40,
    )
    .look(Look::Mixed),
    exact(("runpod-key", "secret.runpod"), &["rpa_"], ALNUM, 46),
    exact(
        ("onesignal-key", "secret.onesignal"),
        &["os_v2_app_", "os_v2_org_"],
        BASE32,
        103,
    ),
];
